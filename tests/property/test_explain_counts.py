#!/usr/bin/env python3
"""What `explain` says of counts, against counting by hand.

A random log out of order, some of whose records come twice, and two detectors of counts. For some of
its records, the counts that `explain` tells and the lines that they hold must be those of the
definition: the matches of the rule with the same key, no older than the span and no newer than the
record, each attempt once.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

RECORDS = 300
ASKED = 40
TOLD = 20  # the newest lines of a count that `explain` names; of those before, it says how many
START = datetime(2024, 2, 1, 9, tzinfo=timezone.utc)

RULES = """
title: A wrong password
name: wrong
detection: {s: {spraywatch.outcome: wrong_password}, condition: s}
---
title: Accounts of an address
name: by_source
correlation:
  type: value_count
  rules: [wrong]
  group-by: [source.ip]
  timespan: 10m
  condition: {field: user.name, gte: 4}
spraywatch: {kind: count}
---
title: Attempts on an account
name: by_account
correlation:
  type: event_count
  rules: [wrong]
  group-by: [user.name]
  timespan: 3m
  condition: {gte: 2, lte: 3}
spraywatch: {kind: count}
"""


def make_records(rng):
    """Records as (id, second, account, address, code), a line each."""
    records = []
    for number in range(RECORDS):
        if records and rng.random() < 0.1:
            records.append(rng.choice(records))
            continue
        account, address = f"user{rng.randrange(12)}", f"203.0.113.{rng.randrange(4)}"
        code = 0 if rng.random() < 0.2 else 50126
        records.append((f"id{number}", rng.randrange(3600), account, address, code))
    return records


def as_line(record):
    number, second, account, address, code = record
    return json.dumps(
        {
            "id": number,
            "createdDateTime": (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "userPrincipalName": f"{account}@fabrikam.example",
            "ipAddress": address,
            "status": {"errorCode": code},
        }
    )


def held(records, line, span, key):
    """The lines in the window of the record's key when it has just been counted."""
    own = records[line - 1]
    first = {}
    for number, record in enumerate(records, 1):
        first.setdefault(record[0], number)
    attempts = sorted(
        (record[1], number)
        for number, record in enumerate(records, 1)
        if first[record[0]] == number and record[4] == 50126 and record[key] == own[key]
    )
    return [
        number
        for second, number in attempts
        if own[1] - span <= second and (second, number) <= (own[1], line)
    ]


def explained(said, name):
    """The count, whether it is true, the lines and the number before them that `explain` tells."""
    found = re.search(
        rf"^count +{name} for .* within \w+: (\d+) .*: (true|not true); "
        r"holds lines?((?: \d+,?)+)(?: and (\d+) before)?$",
        said,
        re.MULTILINE,
    )
    if not found:
        return None
    lines = [int(word) for word in re.findall(r"\d+", found[3])]
    return int(found[1]), found[2] == "true", lines, int(found[4] or 0)


def judge(program, directory, records, line):
    done = subprocess.run(
        [program, "explain", "--line", str(line), "--rules", f"{directory}/rules", "log"],
        cwd=directory,
        capture_output=True,
        check=True,
        text=True,
    )
    by_source, by_account = held(records, line, 600, 3), held(records, line, 180, 2)
    accounts = len({records[number - 1][2] for number in by_source})
    wanted = {
        name: (count, is_true, lines[-TOLD:], max(len(lines) - TOLD, 0))
        for name, count, is_true, lines in (
            ("by_source", accounts, accounts >= 4, by_source),
            ("by_account", len(by_account), 2 <= len(by_account) <= 3, by_account),
        )
    }
    return [
        f"line {line}, {name}: {explained(done.stdout, name)}, not {expected}"
        for name, expected in wanted.items()
        if explained(done.stdout, name) != expected
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("--seed", type=int, default=3152478500)
    options = parser.parse_args()
    program = str(Path(options.program).resolve())
    rng = random.Random(options.seed)
    records = make_records(rng)
    seen = set()
    countable = []
    for line, record in enumerate(records, 1):
        if record[4] == 50126 and record[0] not in seen:
            countable.append(line)
        seen.add(record[0])
    with tempfile.TemporaryDirectory(prefix="spraywatch-explain-") as directory:
        Path(directory, "rules").mkdir()
        Path(directory, "rules", "own.yml").write_text(RULES, "utf-8")
        Path(directory, "log").write_text("".join(as_line(row) + "\n" for row in records), "utf-8")
        with ThreadPoolExecutor(2) as executor:
            judged = executor.map(
                lambda line: judge(program, directory, records, line),
                rng.sample(countable, ASKED),
            )
            problems = [problem for found in judged for problem in found]
    print("1..1")
    for problem in problems:
        print(f"# {problem}")
    print(f"{'not ok' if problems else 'ok'} 1 - {ASKED} records, seed {options.seed}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
