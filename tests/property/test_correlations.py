#!/usr/bin/env python3
"""The engine and a slow correlator agree: test_correlations.py [--program FILE] [--runs N]

Random correlations of every type, with aliases, conditions of text, chains and `generate`, are put
over random records, in files out of order and as a stream that is out of order within its lateness.
What `scan` tells must be what tests/oracle/correlate.py says, in the same order, with the same
groups and records, for every number of threads. All choices come from the seeds, which are printed.
"""
import argparse
import collections
import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from oracle import correlate  # noqa: E402 pylint: disable=wrong-import-position
from support import runner  # noqa: E402 pylint: disable=wrong-import-position

RUNS = 60
CORRELATIONS = 40  # of one run
RECORDS = 90
LATENESS = 1800
SIGNALS_PER_HOUR = 100  # docs/rules.md: "told of at most 100 times in an hour"
START = datetime.datetime(2024, 2, 1, 9, tzinfo=datetime.timezone.utc)

MARKS = ["a", "b", "c", "d"]  # each the name of a rule, which matches records that have it
FIELDS = ["zone", "unit", "user.name", "source.ip", "event.code", "amount"]
EVENT_FIELDS = {
    "user.name": lambda record: record["userPrincipalName"],
    "source.ip": lambda record: record["ipAddress"],
    "event.code": lambda record: record["status"]["errorCode"],
}
TYPES = [
    *("event_count", "value_count", "value_sum", "value_avg", "value_median", "value_percentile"),
    *("temporal", "temporal_ordered"),
]
SPANS = ["1s", "5s", "30s", "1m", "10m", "1h", "2h", "1d"]
STEPS = [0, 0, 1, 1, 5, 29, 30, 60, 300, 600, 3600]


def field_of(record, name):
    return EVENT_FIELDS[name](record) if name in EVENT_FIELDS else record.get(name)


# --- records ----------------------------------------------------------------------------------


def random_record(choose, number, time):
    zone = choose.choice(["north", "south", "Nord", "", None, 7, ["north", "x"], [None, "south"]])
    amounts = [1, 5, -3, 0.25, "12.5", "x", None, 0.1234567, 100, 9200000000001, "1e3", True]
    record = {
        "id": f"{number:032x}",
        "createdDateTime": (START + datetime.timedelta(seconds=time)).strftime("%FT%TZ"),
        "userPrincipalName": f"user{choose.randrange(4)}@fabrikam.example",
        "appId": "1b730954-1685-4b74-9bfd-dac224a7b894",
        "ipAddress": f"192.0.2.{choose.randrange(3)}",
        "status": {"errorCode": choose.choice([0, 50126, 50053, 50034])},
        "marks": choose.sample(MARKS, choose.choice([0, 1, 1, 1, 2, 3])),
        "amount": choose.choice(amounts),
        "unit": choose.choice(["x", "y"]),
        "zone": zone,
        "time": time,
    }
    if choose.random() < 0.1:
        del record[choose.choice(["zone", "amount", "unit"])]
    return record


def random_records(choose):
    time, records = 0, []
    for number in range(RECORDS):
        time += choose.choice(STEPS)
        records.append(random_record(choose, number, time))
    return records


# --- correlations -----------------------------------------------------------------------------


class Names:
    """Chooses fields that every one of the counted rules has."""

    def __init__(self, choose, rules, inner):
        self.choose, self.rules, self.inner = choose, rules, inner
        self.aliases = {}

    def fields_of(self, rule):
        return self.inner[rule] if rule in self.inner else FIELDS

    def take(self):
        """A field or an alias; None when some rule has none."""
        shared = [name for name in FIELDS if all(name in self.fields_of(r) for r in self.rules)]
        if shared and self.choose.random() < 0.6:
            return self.choose.choice(shared)
        if not all(self.fields_of(rule) for rule in self.rules):
            return None
        alias = f"alias_{len(self.aliases)}"
        self.aliases[alias] = {r: self.choose.choice(self.fields_of(r)) for r in self.rules}
        return alias


def random_bounds(choose, low, high):
    number = choose.randint(low, high)
    kind = choose.choice(["gte", "gte", "gte", "gt", "gt", "lt", "lte", "eq", "neq", "range"])
    if kind == "range":
        return {"gte": number, "lte": number + choose.randint(0, 3)}
    return {kind: number + (kind in ("lt", "lte", "eq"))}


def random_text(choose, rules):
    text = rules[0]
    for rule in rules[1:]:
        one = choose.choice(["", "", "not "]) + rule
        text = choose.choice([f"{text} and {one}", f"{text} or {one}", f"({text}) and {one}"])
    return text


def random_order(choose, rules):
    """Each of the rules once or twice, in some order; one may be behind a `not`."""
    named = rules + choose.sample(rules, choose.randrange(2))
    choose.shuffle(named)
    text = named[0]
    for rule in named[1:]:
        text = choose.choice([f"{text} and {rule}", f"({text} or {rule})", f"{rule} and ({text})"])
    return f"{text} and not {choose.choice(rules)}" if choose.random() < 0.3 else text


def random_condition(choose, kind, names, rules):
    if kind == "temporal":
        if choose.random() < 0.4:
            return random_text(choose, rules)
        return choose.choice([None, random_bounds(choose, 1, len(rules) - 1)])
    if kind == "temporal_ordered":
        return choose.choice([None, " and ".join(rules), random_order(choose, rules)])
    if kind == "event_count":
        return random_bounds(choose, 1, 5)
    fields = [names.take() for _ in range(2 if kind == "value_count" and choose.random() < 0.2 else 1)]
    if None in fields:
        return None
    fields = list(dict.fromkeys(fields))
    condition = {"field": fields if len(fields) > 1 else fields[0]}
    if kind == "value_count":
        return {**condition, **random_bounds(choose, 1, 3)}
    if kind == "value_percentile" and choose.random() < 0.8:
        condition["percentile"] = choose.choice([0, 1, 25, 50, 90, 99, 100])
    for sign, bound in random_bounds(choose, -3, 30).items():
        condition[sign] = bound + choose.choice([0, 0.5, 0.123457])
    if {"gte", "lte"} <= condition.keys():
        condition["lte"] = max(condition["gte"], condition["lte"])
    return condition


def random_correlation(choose, number, inner):
    """A document that may count those in `inner` (name -> what it groups by)."""
    kind = choose.choice(TYPES)
    candidates = MARKS + (list(inner) if choose.random() < 0.4 else [])
    few = 2 if kind.startswith("temporal") else 1
    rules = choose.sample(candidates, choose.randint(few, 3))
    names = Names(choose, rules, inner)
    group_by = []
    for _ in range(choose.choice([0, 1, 1, 1, 2])):
        name = names.take()
        if name is not None and name not in group_by:
            group_by.append(name)
    condition = random_condition(choose, kind, names, rules)
    counted = condition.get("field") if isinstance(condition, dict) else None
    counts_nothing = kind == "value_count" and set(correlate.listed(counted)) <= set(group_by)
    if kind.startswith("value_") and (condition is None or counts_nothing):
        kind, condition = "event_count", random_bounds(choose, 1, 5)
        counted = None
    used = set(group_by) | set(correlate.listed(counted))
    block = {"type": kind, "timespan": choose.choice(SPANS)}
    if not isinstance(condition, str) or choose.random() < 0.5:
        block["rules"] = rules
    if group_by:
        block["group-by"] = group_by
    if condition is not None:
        block["condition"] = condition
    if used & names.aliases.keys():
        block["aliases"] = {name: names.aliases[name] for name in names.aliases if name in used}
    if choose.random() < 0.5:
        block["generate"] = choose.random() < 0.7
    return {"title": f"Correlation {number}", "name": f"n{number}", "correlation": block}


def random_correlations(choose):
    documents, inner = [], {}
    for number in range(CORRELATIONS):
        document = random_correlation(choose, number, inner)
        documents.append(document)
        if len(inner) < 10:
            inner[document["name"]] = correlate.listed(document["correlation"].get("group-by"))
    return documents


# --- both of them -----------------------------------------------------------------------------


def rules_text(documents):
    rules = [
        {"title": f"Mark {m}", "name": m, "detection": {"s": {"marks": m}, "condition": "s"}}
        for m in MARKS
    ]
    return "\n---\n".join(json.dumps(document) for document in rules + documents)


def wanted(documents, lines):
    """What the oracle says of the records in the order of a file: signals as `told` gives them."""
    numbered = [{**record, "line": at} for at, record in enumerate(lines, 1)]
    numbered.sort(key=lambda record: record["time"])
    rules = {mark: lambda record, mark=mark: mark in record["marks"] for mark in MARKS}
    correlator = correlate.Correlator(rules, documents)
    group_by = {document["title"]: document["correlation"].get("group-by") for document in documents}
    signals, rates = [], {}
    for time, title, key, record, is_told in correlator.run(
        numbered, lambda record: record["time"], field_of
    ):
        begin, count = rates.get(title, (None, 0))
        if not is_told:
            continue
        if begin is None or time - begin >= 3600:
            begin, count = time, 0
        rates[title] = begin, count + 1
        if count < SIGNALS_PER_HOUR:
            group = dict(zip(correlate.listed(group_by[title]), key))
            signals.append((time, title, group, record["line"]))
    matches = collections.Counter(
        f"Mark {mark}" for record in lines for mark in record["marks"] if correlator.told(mark)
    )
    return signals, matches


def told(program, directory, lines, options):
    """What the program says, but for the matches of rules, which are counted."""
    log = Path(directory) / "log.json"
    records = [{name: value for name, value in one.items() if name != "time"} for one in lines]
    log.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    command = [program, "scan", "--quiet", "--format", "jsonl", "--rules", f"{directory}/rules"]
    done = subprocess.run([*command, *options, log], capture_output=True, check=False, text=True)
    if done.returncode != 0:
        raise runner.Failure(f"{' '.join(options)}: status {done.returncode}\n{done.stderr}")
    signals, matches = [], collections.Counter()
    for line in done.stdout.splitlines():
        one = json.loads(line)
        own = one["spraywatch"]
        if one["event"]["kind"] != "signal":
            continue
        if own["kind"] == "rule":
            matches[one["rule"]["name"]] += 1
            continue
        time = datetime.datetime.fromisoformat(one["@timestamp"].replace("Z", "+00:00"))
        seconds = int((time - START).total_seconds())
        signals.append(
            (seconds, one["rule"]["name"], own["correlation"]["group"], own["evidence"]["line"])
        )
    return signals, matches


def compare(name, expected, actual):
    for number, (one, other) in enumerate(zip(expected[0] + [None], actual[0] + [None])):
        if one != other:
            raise runner.Failure(f"{name}: signal {number} is {other}, should be {one}")
    if expected[1] != actual[1]:
        raise runner.Failure(f"{name}: matches {actual[1]}, should be {expected[1]}")


def run(program, seed):
    """The number of signals by type of correlation."""
    choose = random.Random(seed)
    documents = random_correlations(choose)
    records = random_records(choose)
    shuffled = choose.sample(records, len(records))
    disordered = sorted(records, key=lambda one: one["time"] + choose.randrange(LATENESS))
    with tempfile.TemporaryDirectory(prefix="spraywatch-correlations-") as directory:
        rules = Path(directory) / "rules"
        rules.mkdir()
        (rules / "rules.yml").write_text(rules_text(documents), encoding="utf-8")
        try:
            for name, lines, options in (
                ("in order", records, ["--threads", "1"]),
                ("shuffled", shuffled, ["--threads", "3", "--block-size", "4096"]),
                ("stream", disordered, ["--order", "stream", "--lateness", f"{LATENESS}s"]),
            ):
                expected = wanted(documents, lines)
                compare(name, expected, told(program, directory, lines, options))
        except runner.Failure as failure:
            kept = Path(tempfile.mkdtemp(prefix="spraywatch-correlations-kept-"))
            for file in (rules / "rules.yml", Path(directory) / "log.json"):
                (kept / file.name).write_bytes(file.read_bytes())
            raise runner.Failure(f"seed {seed}: {failure}; rules and log are in {kept}") from None
    kinds = {document["title"]: document["correlation"]["type"] for document in documents}
    return collections.Counter(kinds[title] for _, title, _, _ in expected[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("--runs", type=int, default=int(os.environ.get("CORRELATION_RUNS", RUNS)))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.program is None:
        parser.error("which program? --program or $SPRAYWATCH")
    seeds = range(arguments.seed, arguments.seed + arguments.runs)
    print("1..1")
    try:
        total = collections.Counter()
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
            for counts in executor.map(lambda seed: run(arguments.program, seed), seeds):
                total += counts
        rare = [kind for kind in TYPES if total[kind] < arguments.runs]
        if rare:
            raise runner.Failure(f"hardly anything is found by {', '.join(rare)}: {dict(total)}")
    except runner.Failure as failure:
        print("\n".join(f"# {line}" for line in str(failure).splitlines()))
        print("not ok 1 - correlations agree with the slow correlator")
        return 1
    count = arguments.runs * CORRELATIONS
    print(f"ok 1 - {count} correlations from seed {arguments.seed} on: {dict(total)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
