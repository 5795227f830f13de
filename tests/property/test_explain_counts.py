#!/usr/bin/env python3
"""What `explain` says of counts, against counting by hand.

A random log out of order, some of whose records come twice, two detectors of counts, and correlations
of every type. For some of its records, the counts that `explain` tells and the lines that they hold
must be those of the definition: the matches of the rules with the same key, no older than the span and
no newer than the record, each attempt once; or all since the window began, for those that are judged at
its end.
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

PLAIN_RULES = """
title: A right password
name: right
detection: {s: {spraywatch.outcome: success}, condition: s}
---
title: Little was asked for
name: little
detection: {s: {amount|lt: 5}, condition: s}
"""

# Of each correlation: its type, rules, field, span in seconds, condition, and whether it is so.
PLAIN = {
    "events": ("event_count", ["wrong"], None, 300, {"gte": 2}),
    "few_events": ("event_count", ["wrong"], None, 300, {"lte": 2}),
    "values": ("value_count", ["wrong", "right"], "user.name", 600, {"gt": 3}),
    "sum": ("value_sum", ["wrong"], "amount", 600, {"gte": 12.5}),
    "mean": ("value_avg", ["wrong"], "amount", 600, {"gt": 4}),
    "rank": ("value_percentile", ["wrong"], "amount", 600, {"gte": 4, "percentile": 75}),
    "together": ("temporal", ["wrong", "right", "little"], None, 300, None),
    "in_order": ("temporal_ordered", ["little", "wrong", "right"], None, 300, None),
}
MATCHES = {
    "wrong": lambda record: record[4] == 50126,
    "right": lambda record: record[4] == 0,
    "little": lambda record: record[5] is not None and record[5] < 5,
}


def make_records(rng):
    """Records as (id, second, account, address, code), a line each."""
    records = []
    for number in range(RECORDS):
        if records and rng.random() < 0.1:
            records.append(rng.choice(records))
            continue
        account, address = f"user{rng.randrange(12)}", f"203.0.113.{rng.randrange(4)}"
        code = 0 if rng.random() < 0.2 else 50126
        amount = rng.choice([None, 0.25, 1, 3.5, 4, 7, 20])
        records.append((f"id{number}", rng.randrange(3600), account, address, code, amount))
    return records


def as_line(record):
    number, second, account, address, code, amount = record
    return json.dumps(
        {
            "id": number,
            "createdDateTime": (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "userPrincipalName": f"{account}@fabrikam.example",
            "ipAddress": address,
            "status": {"errorCode": code},
            **({} if amount is None else {"amount": amount}),
        }
    )


def counted(records, line, key, counts):
    """What counts with the key of a record, up to it: second and line, in the order of time."""
    own = records[line - 1]
    first = {}
    for number, record in enumerate(records, 1):
        first.setdefault(record[0], number)
    return sorted(
        (record[1], number)
        for number, record in enumerate(records, 1)
        if first[record[0]] == number
        and counts(record)
        and record[key] == own[key]
        and (record[1], number) <= (own[1], line)
    )


def held(records, line, span, key, counts=MATCHES["wrong"]):
    """The lines in the window of the record's key when it has just been counted."""
    begin = records[line - 1][1] - span
    return [number for second, number in counted(records, line, key, counts) if begin <= second]


def held_since_first(records, line, span, key, counts):
    """The same in a window that begins with the first record that was in none before."""
    begin, lines = None, []
    for second, number in counted(records, line, key, counts):
        if begin is None or second > begin + span:
            begin, lines = second, []
        lines.append(number)
    return lines


def in_order(rules, rows):
    """Whether rows of each rule follow each other, none earlier than the one before it."""
    earliest = 0
    for rule in rules:
        later = [row[1] for row in rows if MATCHES[rule](row) and row[1] >= earliest]
        if not later:
            return False
        earliest = min(later)
    return True


def wanted_plain(records, line, name):
    """What `explain` should say of a plain correlation: number, truth, lines, number before them."""
    kind, rules, field, span, condition = PLAIN[name]
    window = held_since_first if "lte" in (condition or {}) else held

    def counts(record):
        return any(MATCHES[rule](record) for rule in rules) and not (
            field == "amount" and record[5] is None
        )

    if not counts(records[line - 1]):
        return None
    lines = window(records, line, span, 3, counts)
    rows = [records[number - 1] for number in lines]
    amounts = sorted(row[5] for row in rows) if field == "amount" else []
    seen = [rule for rule in rules if any(MATCHES[rule](row) for row in rows)]
    number = {
        "event_count": lambda: len(rows),
        "value_count": lambda: len({row[2] for row in rows}),
        "value_sum": lambda: sum(amounts),
        "value_avg": lambda: sum(amounts) / len(amounts),
        "value_percentile": lambda: amounts[max(1, -(-len(amounts) * 75 // 100)) - 1],
        "temporal": lambda: len(seen),
        "temporal_ordered": lambda: len(seen),
    }[kind]()
    if kind == "temporal":
        is_true = len(seen) == len(rules)
    elif kind == "temporal_ordered":
        is_true = in_order(rules, rows)
    elif "lte" in condition:
        is_true = None
    else:
        is_true = number >= condition["gte"] if "gte" in condition else number > condition["gt"]
    return f"{number:.15g}", is_true, lines[-TOLD:], max(len(lines) - TOLD, 0)


def explained_plain(said, name):
    found = re.search(
        rf"^count +{name} for source.ip \S+ within \w+: (?:\D+ is |percentile 75 of amount is )?"
        r"([\d.]+).* needed: (true|not true|judged when its window ends, at \S+Z); "
        r"holds lines?((?: \d+,?)+)(?: and (\d+) before)?$",
        said,
        re.MULTILINE,
    )
    if not found:
        return None
    is_true = None if found[2].startswith("judged") else found[2] == "true"
    lines = [int(word) for word in re.findall(r"\d+", found[3])]
    return found[1], is_true, lines, int(found[4] or 0)


def plain_text():
    """The plain correlations as documents."""
    documents = [PLAIN_RULES]
    for name, (kind, rules, field, span, condition) in PLAIN.items():
        block = {"type": kind, "rules": rules, "group-by": ["source.ip"], "timespan": f"{span}s"}
        if condition is not None:
            block["condition"] = {**condition, **({"field": field} if field else {})}
        documents.append(json.dumps({"title": name, "name": name, "correlation": block}))
    return "\n---\n".join(documents)


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
    problems = [
        f"line {line}, {name}: {explained(done.stdout, name)}, not {expected}"
        for name, expected in wanted.items()
        if explained(done.stdout, name) != expected
    ]
    for name in PLAIN:
        expected, said = wanted_plain(records, line, name), explained_plain(done.stdout, name)
        if said != expected:
            problems.append(f"line {line}, {name}: {said}, not {expected}")
    return problems


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
        Path(directory, "rules", "own.yml").write_text(
            RULES + "---" + plain_text(), "utf-8"
        )
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
