#!/usr/bin/env python3
"""What allow entries cover is as if it were not in the log: test_allowed.py [--program FILE]

Entries are drawn at random from the sign-ins of generated logs: addresses, networks, accounts, user
agents, clients, tenants, numbers of networks, with and without a beginning and an end. A page below
says again, from the output of `normalize`, which entry covers which record. Then, for several numbers
of threads and block sizes,

- findings and signals are those of the log without the covered records, but for the places of the
  evidence, and the state is the same bytes;
- what entries hide is the same bytes each time, follows the schema of findings, and the summary counts
  what the page below counts;
- with one entry for everybody nothing is found, and what it hides is what is found without it.
"""
import argparse
import ipaddress
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

from support import json_schema, runner  # noqa: E402 pylint: disable=wrong-import-position

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((ROOT / "docs" / "findings.schema.json").read_text("utf-8"))

LOG = [
    *("--people", "300", "--days", "12", "--noise", "all", "--tenants", "2", "--signins-per-day", "1"),
    *("--attack", "msolspray:start=2,accounts=80", "--attack", "botnet:start=4,accounts=120"),
    *("--attack", "fasthttp:start=8,accounts=90", "--attack", "go365:start=9,accounts=60"),
    *("--attack", "stuffing:start=6,accounts=140", "--attack", "single_slow:start=1,accounts=40"),
]
SEEDS = [1, 2]
WAYS = [(1, "256K"), (2, "4K"), (3, "40000"), (8, "997")]
FIELDS = {
    "source.ip": ("source", "ip"),
    "user.name": ("user", "name"),
    "user_agent.original": ("user_agent", "original"),
    "spraywatch.client.id": ("spraywatch", "client", "id"),
    "organization.id": ("organization", "id"),
    "source.as.number": ("source", "as", "number"),
}
RULES = """title: A right password
detection: {s: {spraywatch.password: right}, condition: s}
---
title: A failure
name: failure
detection: {s: {event.outcome: failure}, condition: s}
---
title: Many failures of a client
correlation:
  type: value_count
  rules: [failure]
  group-by: [spraywatch.client.id]
  timespan: 1h
  condition: {field: user.name, gte: 12}
---
"""


# --- which entry covers a sign-in ---------------------------------------------------------------


def value_of(event, field):
    for part in FIELDS[field]:
        event = event.get(part, {})
    return event if event != {} else None


def value_holds(field, wanted, value):
    if value is None:
        return False
    if field == "source.ip":
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted)
    if field == "source.as.number":
        return value == wanted
    pattern = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in wanted)
    return re.fullmatch(pattern, value, re.S | re.I | re.A) is not None


def covers(entry, event):
    time = event["@timestamp"]
    if not entry.get("from", "") <= time or not time[:10] <= entry["until"].replace("never", "9"):
        return False
    return all(
        any(value_holds(field, wanted, value_of(event, field)) for wanted in values)
        for field, values in entry["who"].items()
    )


def covering(entries, event):
    """The index of the first entry that covers it, or None."""
    return next((i for i, entry in enumerate(entries) if covers(entry, event)), None)


# --- entries ------------------------------------------------------------------------------------


def draw_value(random_, field, events):
    while True:
        value = value_of(random_.choice(events), field)
        if value is not None:
            break
    if field == "source.ip" and random_.random() < 0.4:
        bits = random_.choice([16, 20, 24, 28]) if "." in value else random_.choice([48, 64])
        return str(ipaddress.ip_network(f"{value}/{bits}", strict=False))
    if field == "user.name" and random_.random() < 0.4:
        return value[: random_.randrange(1, 4)] + "*"
    if field == "user_agent.original" and random_.random() < 0.5:
        return "*" + value[-random_.randrange(5, 15) :].replace(value[-3], "?")
    return value


def draw_entry(random_, events):
    first, last = events[0]["@timestamp"], events[-1]["@timestamp"]
    # An attack covers many records: some entries are drawn from failures alone.
    failures = [event for event in events if event["event"]["outcome"] == "failure"]
    pool = random_.choice([events, failures])
    names = random_.sample(sorted(FIELDS), random_.choice([1, 1, 2]))
    entry = {"until": "never", "who": {}}
    for field in names:
        count = random_.choice([1, 1, 2, 5, 20])
        values = {draw_value(random_, field, pool) for _ in range(count)}
        entry["who"][field] = sorted(values)
    days = sorted({event["@timestamp"][:10] for event in events})
    if random_.random() < 0.5:
        entry["from"] = random_.choice(days[: len(days) // 2 + 1])
    if random_.random() < 0.5:
        entry["until"] = random_.choice(days[len(days) // 2 :])
    # The log is watched from its first record to its last one, whoever's they are.
    return entry if not covers(entry, events[0]) and not covers(entry, events[-1]) else None


def draw_entries(random_, events):
    entries = []
    wanted = random_.randrange(1, 8)
    while len(entries) < wanted:
        entry = draw_entry(random_, events)
        if entry is not None:
            entries.append(entry)
    return entries


def entries_text(entries):
    """JSON is YAML."""
    lines = []
    for number, entry in enumerate(entries):
        keys = {"name": f"e{number}", "reason": "because", "until": entry["until"], **entry["who"]}
        if "from" in entry:
            keys["from"] = entry["from"]
        lines.append(json.dumps(keys))
    return "allow:\n" + "".join(f"  - {line}\n" for line in lines)


# --- runs ---------------------------------------------------------------------------------------


class Case:
    """A log in the order of time, and a place for files."""

    def __init__(self, program, directory, seed):
        self.program = program
        self.directory = Path(directory) / str(seed)
        self.directory.mkdir()
        self.seed = seed
        drawn = self.directory / "drawn.json"
        subprocess.run([program, "gen", *LOG, "--seed", str(seed), "--output", drawn], check=True)
        lines = drawn.read_bytes().splitlines(keepends=True)
        lines.sort(key=lambda line: re.search(rb'"createdDateTime":"([^"]*)"', line).group(1))
        self.lines = lines
        self.log = self.write("log.json", b"".join(lines))
        normalized = subprocess.run(
            [program, "normalize", "--quiet", self.log], capture_output=True, check=True
        ).stdout
        self.events = [json.loads(line) for line in normalized.splitlines()]
        if [event["spraywatch"]["line"] for event in self.events] != list(
            range(1, len(lines) + 1)
        ):
            raise runner.Failure("not every record is a sign-in")

    def write(self, name, content):
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def rules(self, name, entries):
        text = RULES + (entries_text(entries) if entries else "")
        return self.write(f"{name}/rules.yml", text.encode()).parent

    def scan(self, name, rules, log, *options):
        """What is found and hidden, the summary and the state."""
        place = self.directory / name
        place.mkdir()
        outputs = ["--allowed", place / "hidden", "--summary-json", place / "summary.json"]
        command = [self.program, "scan", "--quiet", "--rules", rules, *outputs]
        command += ["--state", place / "state", *map(str, options), log]
        run = subprocess.run(command, capture_output=True, check=False)
        if run.returncode != 0:
            raise runner.Failure(f"status {run.returncode} of {command}\n{run.stderr.decode()}")
        runner.check_accounting(place / "summary.json")
        return {
            "found": run.stdout,
            "hidden": (place / "hidden").read_bytes(),
            "state": (place / "state" / "state").read_bytes(),
            "summary": json.loads((place / "summary.json").read_bytes()),
        }


def without_places(documents):
    """Documents without what depends on where their records stand in the file."""
    kept = []
    for line in documents.splitlines():
        document = json.loads(line)
        own = document["spraywatch"]
        if document["event"]["kind"] == "signal":
            document["event"].pop("id")  # made of the place
        own.pop("evidence")
        for confirmed in own.get("confirmed", []):
            for name in ("file", "offset", "line"):
                confirmed.pop(name)
        kept.append(document)
    return kept


def same(what, wanted, found):
    if wanted == found:
        return
    where = f": {found}, not {wanted}" if isinstance(wanted, dict) else ""
    if isinstance(wanted, list):
        at = next((i for i, both in enumerate(zip(wanted, found)) if both[0] != both[1]), None)
        where = f": {len(wanted)} and {len(found)} documents"
        if at is not None:
            where += f"; number {at}:\n{json.dumps(found[at])}\nnot\n{json.dumps(wanted[at])}"
    raise runner.Failure(what + where)


def check_counts(case, entries, numbers, summary):
    for number, told in enumerate(summary["allowed"]["entries"]):
        events = [case.events[i] for i, covered in enumerate(numbers) if covered == number]
        wanted = {
            "sign_ins": len(events),
            "accounts": len({value_of(event, "user.name") for event in events}),
            # A scan does not read of a success how the password was met, so this may be more.
            "right_passwords": max(
                told["right_passwords"],
                sum(event["spraywatch"]["password"] == "right" for event in events),
            ),
            "rule_matches": told["right_passwords"],
        }
        same(f"entry {number} {entries[number]}", wanted, {name: told[name] for name in wanted})


def check_hidden(hidden, summary):
    opened = {}
    for line in hidden.splitlines():
        document = json.loads(line)
        for error in json_schema.errors(SCHEMA, document):
            raise runner.Failure(f"{error}: {line.decode()}")
        if document["event"]["kind"] != "event":
            raise runner.Failure(f"not told as hidden: {line.decode()}")
        entry = document["spraywatch"]["allowed_by"]["name"]
        opened.setdefault(entry, {})[document["event"]["id"]] = document["spraywatch"]
    for told in summary["allowed"]["entries"]:
        last = opened.get(told["name"], {}).values()
        count = sum(own.get("closed_by") != "merged" for own in last)
        same(f"campaigns of {told['name']}", {"told": told["campaigns"]}, {"told": count})


def check_draw(case, number):
    random_ = random.Random(100 * case.seed + number)
    entries = draw_entries(random_, case.events)
    numbers = [covering(entries, event) for event in case.events]
    rest = b"".join(line for line, covered in zip(case.lines, numbers) if covered is None)
    name = f"draw{number}"
    bare = case.rules(f"{name}.bare", [])
    rules = case.rules(f"{name}.rules", entries)
    wanted = case.scan(f"{name}.rest", bare, case.write(f"{name}.json", rest))
    runs = [
        case.scan(f"{name}.{way}", rules, case.log, "--threads", threads, "--block-size", block)
        for way, (threads, block) in enumerate(WAYS)
    ]
    for run, way in zip(runs, WAYS):
        what = f"{way} {entries}"
        same(f"found, {what}", without_places(wanted["found"]), without_places(run["found"]))
        if run["state"] != wanted["state"]:
            raise runner.Failure(f"another state, {what}")
        if run["hidden"] != runs[0]["hidden"] or run["found"] != runs[0]["found"]:
            raise runner.Failure(f"other bytes, {what}")
        check_counts(case, entries, numbers, run["summary"])
        check_hidden(run["hidden"], run["summary"])
    return sum(covered is not None for covered in numbers), runs[0]["hidden"].count(b"\n")


def check_everybody(case):
    """All addresses of both families."""
    entries = [{"until": "never", "who": {"source.ip": ["0.0.0.0/0", "::/0"]}}]
    if any(covering(entries, event) is None for event in case.events):
        raise runner.Failure("a sign-in without address")
    bare = case.rules("everybody.bare", [])
    rules = case.rules("everybody.rules", entries)
    plain = case.scan("everybody.plain", bare, case.log)
    for threads in (1, 3):
        run = case.scan(f"everybody.{threads}", rules, case.log, "--threads", threads)
        if run["found"]:
            raise runner.Failure(f"found all the same: {run['found'][:500]!r}")
        hidden = [json.loads(line) for line in run["hidden"].splitlines()]
        for document in hidden:
            document["event"]["kind"] = "alert"
            document["spraywatch"].pop("allowed_by")
        found = [json.loads(line) for line in plain["found"].splitlines()]
        same("what is hidden", [one for one in found if one["event"]["kind"] == "alert"], hidden)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH", "spraywatch"))
    parser.add_argument("--draws", type=int, default=3, help="sets of entries for each log")
    options = parser.parse_args()
    program = Path(options.program).resolve()
    with tempfile.TemporaryDirectory(prefix="spraywatch-allowed-") as directory:
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
            cases = list(executor.map(lambda seed: Case(program, directory, seed), SEEDS))
        checks = {f"seed {case.seed}, everybody": (check_everybody, case) for case in cases}
        for case in cases:
            for number in range(options.draws):
                checks[f"seed {case.seed}, draw {number}"] = (check_draw, case, number)
        covered = []

        def check(name):
            function, *arguments = checks[name]
            covered.append(function(*arguments))

        status = runner.report(list(checks), check)
    counts = [one for one in covered if one is not None]
    print(f"# {sum(one[0] for one in counts)} sign-ins covered, {sum(one[1] for one in counts)} documents")
    return status


if __name__ == "__main__":
    sys.exit(main())
