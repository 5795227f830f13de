#!/usr/bin/env python3
"""One scenario, whatever the log is written like: test_shapes.py [--program FILE]

The generator writes the same people, attacks and accidents as JSON, as the portal's CSV and as lines
of sshd. All that a shape has room for must be read from it alike:

- of every sign-in the second, the account, the address, and the outcome as far as sshd tells outcomes
  apart;
- the same campaigns in the end, wherever the facts are the same: CSV lacks the fraction of the second
  and the steps that prove a password, lines of RFC 3164 the fraction. On the way to the end a fraction
  can matter: within ten seconds there may be one account more;
- of an attack from one address, which needs no application and no user agent to be seen, the same
  campaign from JSON and from sshd. Its accounts are more: of a disabled account, and of a password
  that a policy refused, sshd says that the password failed.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

LOG = [
    *("--people", "600", "--days", "9", "--noise", "all", "--seed", "11"),
    *("--attack", "fasthttp:start=2,accounts=120", "--attack", "go365:start=4,accounts=60"),
    *("--attack", "botnet:start=3,accounts=150"),
    *("--attack", "msolspray:start=5,accounts=200,found=2"),
]
# One address, so that sshd's lines hold all that makes it an attack; no look-alikes.
ONE_SOURCE = [
    *("--people", "600", "--days", "9", "--seed", "12"),
    *("--attack", "msolspray:start=5,accounts=200,found=2,results=0+50076"),
]
SHAPES = ["azure", "csv", "sshd", "sshd-iso"]
YEAR = ["--year", "2024"]  # lines of RFC 3164 do not name it

# What sshd makes of Entra's codes, as bench/gen_lines.c does it: outcome; None: nothing is shown.
SSHD = {
    **dict.fromkeys(["0", "50055", "50144"], "success"),
    **dict.fromkeys(["50126", "50053", "50057", "7000215"], "wrong_password"),
    **dict.fromkeys(["53003", "53000", "50105"], "wrong_password"),
    "50034": "unknown_account",
    **dict.fromkeys(["50074", "50076", "50079", "500121"], "mfa_required"),
    **dict.fromkeys(["50097", "50140", "50058", "65001", "70043"], "interrupted"),
    "90033": None,
}


def run(program, *arguments):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, check=True).stdout


def generate(program, directory, name, options):
    """Paths by shape."""
    paths = {}
    for shape in SHAPES:
        paths[shape] = Path(directory) / f"{name}.{shape}"
        run(program, "gen", *options, "--shape", shape, "--output", paths[shape])
    return paths


def facts(program, path, reduce):
    """How often each sign-in is there, of all the shapes have in common."""
    count = collections.Counter()
    for line in run(program, "normalize", "-q", *YEAR, path).splitlines():
        event = json.loads(line)
        outcome = event["spraywatch"]["outcome"]
        if reduce:
            outcome = SSHD[event["event"]["code"]]
        # An application that signs in by itself has a name at a server, and none at Entra ID.
        account = event.get("user", {}).get("name")
        if outcome is not None and account is not None and "@" in account:
            count[event["@timestamp"][:19], account, event["source"]["ip"], outcome] += 1
    return count


def campaigns(program, path):
    """All that a scan says last of each campaign, but where the records stand, proof, and fractions of
    seconds; and ids, which depend on these, with the order of what is said at one time."""
    text = run(program, "scan", "-q", "--format", "jsonl", *YEAR, path).decode()
    text = re.sub(r'"evidence":\[[^]]*\]', '"evidence":[]', text)
    text = re.sub(r'"file":"[^"]*","offset":\d+,"line":\d+|"proven":(true|false)', '"":0', text)
    text = re.sub(r"(\d\d:\d\d:\d\d)[.]\d+Z", r"\1Z", text)
    lines = re.sub(r'"id":"[0-9a-f]{32}"', '"":0', text).splitlines()
    return sorted(line for line in lines if '"action":"closed"' in line)


def fanouts(program, path):
    """The last word on every campaign of one address: where from, when, and on how many."""
    found = {}
    for line in run(program, "scan", "-q", "--format", "jsonl", *YEAR, path).splitlines():
        document = json.loads(line)
        if document["spraywatch"]["kind"] == "source_fanout":
            when = document["event"]["start"][:19], document["event"]["end"][:19]
            accounts = document["spraywatch"]["accounts"]
            found[document["event"]["id"]] = (document["related"]["ip"], when, accounts)
    return list(found.values())


def differences(left, right):
    missing, surplus = left - right, right - left
    return f"{sum(missing.values())} missing, {sum(surplus.values())} too many: " + repr(
        [*missing.most_common(3), *surplus.most_common(3)]
    )


def checks(program, directory):
    """Name, whether it holds, and what to say when it does not."""
    paths = generate(program, directory, "all", LOG)
    own = {shape: facts(program, paths[shape], False) for shape in ["sshd", "sshd-iso"]}
    reduced = {shape: facts(program, paths[shape], True) for shape in ["azure", "csv"]}
    count = sum(own["sshd"].values())
    yield "there are sign-ins", count > 5000, count
    yield "csv has the sign-ins of json", reduced["csv"] == reduced["azure"], differences(
        reduced["azure"], reduced["csv"]
    )
    for shape in ["sshd", "sshd-iso"]:
        yield f"{shape} has the sign-ins of json", own[shape] == reduced["azure"], differences(
            reduced["azure"], own[shape]
        )
    found = {shape: campaigns(program, paths[shape]) for shape in SHAPES}
    yield "campaigns are found", all(found.values()), {k: len(v) for k, v in found.items()}
    for left, right in [("azure", "csv"), ("sshd", "sshd-iso")]:
        yield f"{right} has the campaigns of {left}", found[left] == found[right], "they differ"
    one = generate(program, directory, "one", ONE_SOURCE)
    expected = fanouts(program, one["azure"])
    yield "an attack from one address is found", len(expected) == 1, expected
    for shape in SHAPES[1:]:
        actual = fanouts(program, one[shape])
        is_same = len(actual) == 1 and actual[0][:2] == expected[0][:2]
        is_same = is_same and actual[0][2] >= expected[0][2]
        is_same = is_same and (shape != "csv" or actual == expected)
        yield f"{shape} has the same attack from one address", is_same, actual


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"))
    program = parser.parse_args().program
    failures = number = 0
    with tempfile.TemporaryDirectory(prefix="spraywatch-shapes-") as directory:
        for name, holds, told in checks(program, directory):
            number += 1
            failures += not holds
            print(f"{'ok' if holds else 'not ok'} {number} - {name}")
            if not holds:
                print(f"# {told}")
    print(f"1..{number}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
