#!/usr/bin/env python3
"""Runs the shipped rules over their logs: run_catalog.py [--update] [--program FILE] [RULE...]

tests/catalog/<rule>/ belongs to the detector of that name in rules/catalog and holds

  attack*.ndjson     logs on which the rule fires
  expected*.jsonl    their campaigns, one a line, in the order in which they open
  lookalike*.ndjson  logs on which no campaign may open

A log may also be made by a script: attack*.cmd, lookalike*.cmd are run by bash with $SPRAYWATCH,
$SUPPORT (tests/support) and $CASE (the directory), and must print NDJSON. The campaigns of
attack-low.cmd are in expected-low.jsonl. Of a campaign, the last document that the program wrote
counts; campaigns that were merged into another one do not. A line of expected.jsonl names the fields
that matter: objects are compared field by field, other fields of the document are free. A log from
the generator wants few of them, so that a change of the generator changes no expectation; a log
written out in the script wants all.

Every detector must have all three. --update rewrites the expectations with the fields they name; a
campaign that is new gets those listed in SELECTED.
"""
import argparse
import itertools
import json
import os
import re
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
            {
                "SPRAYWATCH": str(program),
                "SUPPORT": str(runner.SUPPORT),
                "CASE": str(log.parent),
            },
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
    # What was merged into another campaign is told by that one.
    return [
        document
        for document in campaigns.values()
        if document["spraywatch"].get("closed_by") != "merged"
    ]


def as_lines(documents):
    return "".join(json.dumps(document) + "\n" for document in documents).encode()


def selected(document, like=None):
    """The fields that `like` names, or those of SELECTED."""
    names = {part: list(fields) for part, fields in like.items()} if like else SELECTED
    return {
        part: {name: document[part][name] for name in fields if name in document[part]}
        for part, fields in names.items()
        if part in document
    }


def expectation_of(log):
    """attack.cmd has expected.jsonl, attack-low.cmd has expected-low.jsonl."""
    return log.parent / f"{log.stem.replace('attack', 'expected', 1)}.jsonl"


def expected_of(log):
    path = expectation_of(log)
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


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
    expected = expected_of(log)
    if not expected:
        raise runner.Failure(f"{expectation_of(log).name} is empty: the rule must fire")
    actual = scan(log, program)
    if len(actual) != len(expected):
        found = as_lines(map(selected, actual)).decode()
        raise runner.Failure(f"{len(actual)} campaigns, not {len(expected)}:\n{found}")
    text = "".join(
        f"campaign {number}: {line}\n"
        for number, (wanted, found) in enumerate(zip(expected, actual), 1)
        for line in mismatches(wanted, found)
    )
    rule = log.parent.name
    if not any(rule in campaign["spraywatch"]["detectors"] for campaign in actual):
        text += f"no campaign names {rule} among its detectors\n"
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
            ("an attack", "attack*"),
            ("what is expected of it", "expected*.jsonl"),
            ("a look-alike", "lookalike*"),
        ]
        if not list((CASES / rule).glob(pattern))
    ]
    if missing:
        raise runner.Failure(f"tests/catalog/{rule} lacks {', '.join(missing)}")


def update(log, program):
    likes = itertools.chain(expected_of(log), itertools.repeat(None))
    campaigns = [selected(document, like) for document, like in zip(scan(log, program), likes)]
    expectation_of(log).write_bytes(as_lines(campaigns))


def detectors():
    """Names of the shipped rules that can fire: those with a correlation."""
    names = []
    for path in sorted(RULES.glob("*.yml")):
        for document in path.read_text("utf-8").split("\n---\n"):
            if re.search(r"^correlation:", document, re.MULTILINE):
                names.append(re.search(r"^name: *(\S+)", document, re.MULTILINE).group(1))
    return names


def main():
    parser = argparse.ArgumentParser(description="Runs the shipped rules over tests/catalog.")
    parser.add_argument("--update", action="store_true", help="rewrite the expectations")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("rules", nargs="*", help="names of detectors; all without")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    program = Path(options.program).resolve()

    checks = {}
    directories = {path.name for path in CASES.glob("*") if path.is_dir()}
    for rule in options.rules or sorted(directories | set(detectors())):
        attacks = sorted((CASES / rule).glob("attack*"))
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
