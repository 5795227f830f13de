#!/usr/bin/env python3
"""Normalizes a log of every source: run_sources.py [--update] [--program FILE] [SOURCE...]

A case is a directory tests/sources/<source>/ with

  input           records as the source writes them; written for this test, no copies of real ones
  expected.jsonl  what `spraywatch normalize input` must print
  counts          what it must say at the end: how many records of which kind
  schema          the name of the one schema that knows its records; without the file, that of the
                  directory. Empty: records of several
  formats         the formats that the input may be taken for, of those that schemas know; without
                  the file, json

Every case is also read as each other schema of its format would read it (`-i`): no other may claim a
record as its own sign-in. And its own must give the same as when it is found out.

--update rewrites expected.jsonl and counts with what the program did.
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import runner  # noqa: E402 pylint: disable=wrong-import-position

TESTS = Path(__file__).resolve().parent
CASES = TESTS / "sources"
SCHEMAS = TESTS.parent / "parsers" / "schemas"


def schemas_of(formats):
    """The names of all schemas for one of these formats."""
    names = []
    for path in sorted(SCHEMAS.glob("*.yml")):
        text = path.read_text(encoding="utf-8")
        name = re.search(r"^schema: *(\S+)", text, re.M)
        listed = re.search(r"^formats: *\[(.*)\]", text, re.M)
        own = [word.strip() for word in listed.group(1).split(",")] if listed else ["json"]
        if name and set(own) & set(formats):
            names.append(name.group(1))
    return names


def normalize(program, case, *options):
    done = subprocess.run(
        [program, "normalize", *options, "input"], cwd=case, capture_output=True, check=False
    )
    return done.stdout, done.stderr, done.returncode


def read_or(path, default):
    return path.read_text(encoding="utf-8").split() if path.exists() else default


def check_others(case, program, events):
    """No other schema takes a record of this source for its own."""
    own = read_or(case / "schema", [case.name])
    if not own:
        return ""
    text = ""
    for name in schemas_of(read_or(case / "formats", ["json"])):
        stdout, stderr, _ = normalize(program, case, "-i", name)
        if name in own:
            text += runner.difference(f"as {name}", events, stdout)
        elif stdout:
            text += f"{name} claims records, too:\n{stdout.decode()}{stderr.decode()}"
    return text


def check_case(case, program):
    stdout, stderr, status = normalize(program, case)
    text = runner.difference("expected.jsonl", (case / "expected.jsonl").read_bytes(), stdout)
    text += runner.difference("counts", (case / "counts").read_bytes(), stderr)
    if status != 0:
        text += f"exit status {status}\n"
    text += check_others(case, program, stdout)
    if text:
        raise runner.Failure(text)


def update_case(case, program):
    stdout, stderr, _ = normalize(program, case)
    (case / "expected.jsonl").write_bytes(stdout)
    (case / "counts").write_bytes(stderr)


def main():
    parser = argparse.ArgumentParser(description="Normalizes a log of every source.")
    parser.add_argument("--update", action="store_true", help="rewrite the expectations")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("cases", nargs="*", help="names of sources; all without")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    program = Path(options.program).resolve()
    names = options.cases or sorted(path.name for path in CASES.glob("*") if path.is_dir())
    act = update_case if options.update else check_case
    return runner.report(names, lambda name: act(CASES / name, program))


sys.exit(main())
