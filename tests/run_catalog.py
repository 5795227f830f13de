#!/usr/bin/env python3
"""Runs the shipped rules over their logs: run_catalog.py [--update] [--program FILE] [RULE...]

tests/catalog/<rule>/ belongs to the rule file rules/catalog/<rule>.yml and holds

  attack.ndjson    a log on which the rule fires
  expected.jsonl   its campaigns, one a line, in the order in which they open
  lookalike*.ndjson  logs on which no campaign may open

A log may also be made by a script: attack.cmd, lookalike*.cmd are run by bash with $SPRAYWATCH and
must print NDJSON. Of a campaign, the last document the program wrote counts. A line of
expected.jsonl names the fields that matter: objects are compared field by field, other fields of
the document are free.

Every rule file with a detector must have all three. --update rewrites expected.jsonl with the
fields listed in SELECTED.
"""
import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import runner  # noqa: E402 pylint: disable=wrong-import-position

CASES = Path(__file__).resolve().parent / "catalog"
RULES = Path(__file__).resolve().parent.parent / "rules" / "catalog"

# What an analyst would act on. The rest (positions, ids, texts) is for the command-line cases.
SELECTED = {
    "event": ["action", "severity", "start", "end"],
    "rule": ["name"],
    "spraywatch": [
        "kind",
        "stage",
        "key",
        "attempts",
        "accounts",
        "sources",
        "confirmed_users",
        "detectors",
    ],
}


def log_command(log):
    return f"bash '{log}'" if log.suffix == ".cmd" else f"cat '{log}'"


def scan(log, program):
    """The final documents of the campaigns in a log, in the order in which they opened."""
    with tempfile.TemporaryDirectory(prefix="spraywatch-catalog-") as directory:
        stdout, stderr, status = runner.run_shell(
            f"set -o pipefail; {log_command(log)} |"
            ' "$SPRAYWATCH" scan --format jsonl --summary-json summary.json -',
            directory,
            {"SPRAYWATCH": str(program), "CASE": str(log.parent)},
        )
        if status != 0:
            raise runner.Failure(f"exit status {status}\n" + "".join(runner.lines_of(stderr)))
        records = runner.check_accounting(Path(directory) / "summary.json")
    # A log that is not understood would keep any rule quiet.
    if records["normalized"] == 0 or records["rejected"] > 0:
        raise runner.Failure(f"{log.name} is not a log of sign-ins: {records}")
    campaigns = {}
    for line in stdout.splitlines():
        document = json.loads(line)
        campaigns[document["event"]["id"]] = document
    return list(campaigns.values())


def as_lines(documents):
    return "".join(json.dumps(document) + "\n" for document in documents).encode()


def selected(document):
    return {
        part: {name: document[part][name] for name in names if name in document[part]}
        for part, names in SELECTED.items()
        if part in document
    }


def mismatches(expected, actual, path=""):
    """Where `actual` lacks what `expected` says, a line each."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            if name not in actual:
                yield f"{path}{name}: missing, not {json.dumps(value)}"
            else:
                yield from mismatches(value, actual[name], f"{path}{name}.")
    elif expected != actual:
        yield f"{path[:-1]}: {json.dumps(actual)}, not {json.dumps(expected)}"


def check_attack(log, program):
    lines = (log.parent / "expected.jsonl").read_bytes().splitlines()
    expected = [json.loads(line) for line in lines]
    if not expected:
        raise runner.Failure("expected.jsonl is empty: the rule must fire")
    actual = scan(log, program)
    if len(actual) != len(expected):
        found = as_lines(map(selected, actual)).decode()
        raise runner.Failure(f"{len(actual)} campaigns, not {len(expected)}:\n{found}")
    text = "".join(
        f"campaign {number}: {line}\n"
        for number, (wanted, found) in enumerate(zip(expected, actual), 1)
        for line in mismatches(wanted, found)
    )
    if text:
        raise runner.Failure(text)


def check_lookalike(log, program):
    campaigns = scan(log, program)
    if campaigns:
        found = as_lines(map(selected, campaigns)).decode()
        raise runner.Failure(f"{len(campaigns)} campaigns where there is none:\n{found}")


def check_complete(rule):
    missing = [
        name
        for name, pattern in [
            ("an attack", "attack.*"),
            ("expected.jsonl", "expected.jsonl"),
            ("a look-alike", "lookalike*"),
        ]
        if not list((CASES / rule).glob(pattern))
    ]
    if missing:
        raise runner.Failure(f"tests/catalog/{rule} lacks {', '.join(missing)}")


def update(log, program):
    campaigns = [selected(document) for document in scan(log, program)]
    (log.parent / "expected.jsonl").write_bytes(as_lines(campaigns))


def rules_with_detectors():
    """Names of the rule files that can fire: those with a correlation."""
    return [
        path.stem
        for path in sorted(RULES.glob("*.yml"))
        if any(line.startswith("correlation:") for line in path.read_text("utf-8").splitlines())
    ]


def main():
    parser = argparse.ArgumentParser(description="Runs the shipped rules over tests/catalog.")
    parser.add_argument("--update", action="store_true", help="rewrite the expectations")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("rules", nargs="*", help="names of rule files; all without")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    program = Path(options.program).resolve()

    checks = {}
    directories = {path.name for path in CASES.glob("*") if path.is_dir()}
    for rule in options.rules or sorted(directories | set(rules_with_detectors())):
        attacks = sorted((CASES / rule).glob("attack.*"))
        for log in attacks:
            checks[f"{rule}/{log.name}"] = (update if options.update else check_attack, log)
        for log in sorted((CASES / rule).glob("lookalike*")):
            checks[f"{rule}/{log.name}"] = (check_lookalike, log)
        if not options.update:
            checks[f"{rule}: an attack and a look-alike"] = (check_complete, rule)

    def check(name):
        act, subject = checks[name]
        return act(subject) if act is check_complete else act(subject, program)

    return runner.report(list(checks), check)


sys.exit(main())
