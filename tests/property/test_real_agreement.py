#!/usr/bin/env python3
"""What the program reads in real logs against what others say of them, field by field.

Looks into ../shared/data/real (or $SPRAYWATCH_DATA/real) beside the project: the tests of other
projects (tests/support/peers.py), and the counts in its manifest. Where we say something else, it
stands in real_differences.toml with the reason and how often; any other difference fails, and so does
one that is listed and not there any more. Without the data, all is skipped.

The tables of docs/sources.md are printed by --table, and must be those.
"""
import argparse
import fnmatch
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import peers  # noqa: E402 pylint: disable=wrong-import-position

PROGRAM = os.environ.get("SPRAYWATCH", str(ROOT / "build/release/spraywatch"))
DATA = Path(os.environ.get("SPRAYWATCH_DATA", ROOT.parent / "shared" / "data")) / "real"
DOCUMENT = ROOT / "docs" / "sources.md"
KNOWN = Path(__file__).with_name("real_differences.toml")

# ---- What the program says -------------------------------------------------------------------------


def normalize(*arguments):
    done = subprocess.run(
        [PROGRAM, "normalize", *map(str, arguments)], capture_output=True, check=False
    )
    if done.returncode not in (0, 65, 66):
        raise RuntimeError(f"normalize {arguments}: {done.returncode}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def says(event):
    source, user = event.get("source", {}), event.get("user", {})
    return {
        "attempt": True,
        "failed": event["event"]["outcome"] == "failure",
        "outcome": event["event"]["outcome"],
        "address": source.get("ip") or source.get("domain"),
        "account": user.get("name"),
        "time": event["@timestamp"],
        "agent": event.get("user_agent", {}).get("original"),
    }


def read_stream(stream):
    """What the program says of each case of a stream; None of one that is no attempt."""
    with tempfile.NamedTemporaryFile("w", suffix=stream.suffix, encoding="utf-8") as log:
        log.write("\n".join(case.text for case in stream.cases) + "\n")
        log.flush()
        events, _ = normalize(log.name)
    found = [None] * len(stream.cases)
    for event in reversed(events):
        found[event["spraywatch"]["line"] - 1 if stream.has_lines else 0] = says(event)
    return found


# ---- Comparing -------------------------------------------------------------------------------------


def canonical(field, value):
    if field == "address" and value is not None:
        try:
            address = ipaddress.ip_address(value)
            return str(getattr(address, "ipv4_mapped", None) or address)
        except ValueError:
            return value.lower()
    if field == "account" and value is not None:
        return value.rpartition("\\")[2].lower()
    return value


def is_same(field, peer, ours):
    if field == "time" and ours is not None:
        ours = ours if peer[4] == "-" else ours[5:]
        return ours.startswith(peer.removesuffix("Z")[: len("2024-01-01T00:00:00.000")])
    if field == "account":
        return canonical(field, ours) in [canonical(field, name) for name in peer]
    return canonical(field, peer) == canonical(field, ours)


def differences(case, ours):
    """(field, the peer's, ours) where both say something and not the same; and how many fields."""
    if ours is None:
        ours = {"attempt": False, "failed": False}
    asked = {field: value for field, value in case.says.items() if field in ours}
    if case.says.get("attempt") is False:
        asked = {"attempt": False}
    pairs = [(field, value, ours[field]) for field, value in asked.items()]
    return [pair for pair in pairs if not is_same(*pair)], len(pairs)


class Known:
    """The differences that are explained, and which of them were seen."""

    def __init__(self, entries):
        self.entries = entries
        self.seen = Counter()

    def take(self, group, case, difference):
        for number, entry in enumerate(self.entries):
            if (
                entry["set"] == group
                and difference[0] in entry["fields"]
                and fnmatch.fnmatchcase(case.name, entry.get("cases", "*"))
                and fnmatch.fnmatchcase(case.text, entry.get("text", "*"))
            ):
                self.seen[number] += 1
                return True
        return False

    def problems(self, group):
        return [
            f"{entry['about']}, {entry['fields']}: "
            f"{self.seen[number]} differences, {entry['count']} are explained"
            for number, entry in enumerate(self.entries)
            if entry["set"] == group and self.seen[number] != entry["count"]
        ]


def compare(group, known):
    """Problems of a set, and its figures."""
    figures, problems = Counter(), []
    for stream in peers.PEERS[group](DATA / group):
        for case, ours in zip(stream.cases, read_stream(stream)):
            found, fields = differences(case, ours)
            figures.update(records=bool(case.says), fields=fields, attempts=ours is not None)
            for difference in found:
                figures["differ"] += 1
                if not known.take(group, case, difference):
                    field, peer, mine = difference
                    problems.append(f"{case.name}: {field}: {mine!r}, the peer says {peer!r}")
    return problems + known.problems(group), figures


# ---- The counts of the manifest --------------------------------------------------------------------

ROW = re.compile(r"^\| (\S+) \| [^|]* \| \d+ \| \w+ \|(?:[^|]|\\\|)*\|(?:[^|]|\\\|)*\|((?:[^|]|\\\|)*)\|")
FACTS = re.compile(
    r"(?:(?P<records>\d+) (?:JSON lines|JSON records|CSV rows|XML events); )?"
    r"(?P<sign_ins>\d+) sign-in events?: (?P<failed>\d+) failed, (?P<ok>\d+) ok, \d+ other; "
    r"(?P<accounts>\d+) users?; (?P<addresses>\d+) source IPs?"
)
NONE = re.compile(r"(?:(?P<records>\d+) (?:JSON lines|JSON records|XML events); )?no sign-in events")


def manifest_facts():
    """{file: {what: count}} of all files whose sign-ins the manifest counted."""
    facts = {}
    for line in (DATA / "MANIFEST.md").read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        found = row and (FACTS.search(row[2]) or NONE.search(row[2]))
        if found:
            nothing = dict.fromkeys(("sign_ins", "failed", "ok", "accounts", "addresses"), 0)
            counted = {key: int(value) for key, value in found.groupdict().items() if value}
            facts[row[1]] = nothing | counted
    return facts


def our_facts(name):
    events, stderr = normalize(DATA / name)
    outcomes = Counter(event["event"]["outcome"] for event in events)
    records = re.search(r"records: (\d+) read", stderr)
    return {
        "records": int(records[1]),
        "sign_ins": len(events),
        "failed": outcomes["failure"],
        "ok": outcomes["success"],
        "accounts": len({e["user"]["name"] for e in events if "name" in e.get("user", {})}),
        "addresses": len({e["source"]["ip"] for e in events if "ip" in e.get("source", {})}),
    }


def count(name, counted, known):
    """Problems of a file whose counts differ from the manifest, other than is explained."""
    ours = our_facts(name)
    differ = {key: ours[key] for key, value in counted.items() if ours[key] != value}
    explained = known.get(name, {}).get("ours", {})
    problems = [
        f"{key}: {ours[key]}, counted {counted[key]}, explained {explained.get(key)}"
        for key in counted
        if explained.get(key, counted[key]) != ours[key]
    ]
    if set(explained) - set(differ):
        problems.append(f"{sorted(set(explained) - set(differ))}: no difference any more")
    return problems


# ---- Reports ---------------------------------------------------------------------------------------


def print_test(number, name, problems):
    print(f"{'not ok' if problems else 'ok'} {number} - {name}", flush=True)
    for problem in problems:
        print(f"#   {problem}")


def run_tests(known, counts):
    facts = manifest_facts()
    print(f"1..{len(peers.PEERS) + len(facts) + 1}")
    failed = False
    for number, group in enumerate(peers.PEERS, 1):
        problems, _ = compare(group, known)
        print_test(number, f"{group} is read as its own tests say", problems)
        failed |= bool(problems)
    for number, (name, counted) in enumerate(facts.items(), len(peers.PEERS) + 1):
        problems = count(name, counted, counts)
        print_test(number, f"{name} has what the manifest counted", problems)
        failed |= bool(problems)
    problems = undocumented(known.entries, counts)
    print_test(len(peers.PEERS) + len(facts) + 1, "docs/sources.md has these figures", problems)
    return failed or bool(problems)


def undocumented(entries, counts):
    """Lines of the tables that the documentation does not have."""
    documented = DOCUMENT.read_text(encoding="utf-8").splitlines()
    return [line for line in table(Known(entries), counts) if line not in documented]


def share(part, whole):
    return f"{part / whole:.1%}"


def table(known, counts):
    """The lines of the tables of docs/sources.md."""
    yield "| set | records | attempts | fields compared | the same | explained |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for group in peers.PEERS:
        _, figures = compare(group, known)
        fields, differ = figures["fields"], figures["differ"]
        same = f"{fields - differ} ({share(fields - differ, fields)})"
        yield (
            f"| {group} | {figures['records']} | {figures['attempts']} | {fields} "
            f"| {same} | {differ} |"
        )
    yield from ("", "| set | field | differences | of | why |", "| --- | --- | --- | --- | --- |")
    for entry in known.entries:
        yield (
            f"| {entry['set']} | {', '.join(entry['fields'])} | {entry['count']} "
            f"| {entry['about']} | {entry['reason']} |"
        )
    yield from ("", "| file | manifest | ours | why |", "| --- | --- | --- | --- |")
    facts = manifest_facts()
    for name, explained in counts.items():
        ours = explained["ours"]
        counted = ", ".join(f"{facts[name][key]} {key.replace('_', '-')}" for key in ours)
        found = ", ".join(map(str, ours.values()))
        yield f"| {name} | {counted} | {found} | {explained['reason']} |"
    yield from ("", f"Of {len(facts)} files, the other {len(facts) - len(counts)} have all counts.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        print("1..0 # SKIP there is no ../shared/data/real, nor SPRAYWATCH_DATA")
        return 0
    stated = tomllib.loads(KNOWN.read_text(encoding="utf-8"))
    known = Known(stated["fields"])
    counts = {
        name: {"reason": entry["reason"], "ours": ours}
        for entry in stated["counts"]
        for name, ours in entry["ours"].items()
    }
    if arguments.table:
        print("\n".join(table(known, counts)))
        return 0
    return run_tests(known, counts)


sys.exit(main())
