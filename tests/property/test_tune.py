#!/usr/bin/env python3
"""Figures of `tune` are those of scans: test_tune.py [--program FILE]

For settings of several thresholds of several kinds of detectors, the rule that `tune --rule` prints with
the setting is put into a directory, and a scan with it must tell as many campaigns, found by the same detectors and
with as many found passwords, as `tune` says; what is missed and new must carry the ids of the scans
without and with that rule. The same for every number of threads, and each line fits its schema.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from support import json_schema, runner  # noqa: E402 pylint: disable=wrong-import-position

SCHEMA = json.loads((ROOT.parent / "docs" / "tuning.schema.json").read_bytes())

LOG = [
    *("gen", "--people", "250", "--days", "9", "--noise", "all", "--seed", "11"),
    *("--attack", "msolspray:start=2,accounts=30", "--attack", "botnet:start=1,accounts=90"),
    *("--attack", "single_slow:start=1,accounts=60", "--attack", "fasthttp:start=7,accounts=80"),
    *("--attack", "internal_host:start=4,accounts=25,unknown=10"),
]

# Which threshold of which detector, and the settings that are tried.
TRIED = [
    ("source_fanout", "condition", "gte", [4, 7, 25, 60]),
    ("source_fanout", "attempts-per-account", "lte", [1, 1.25]),
    ("low_and_slow", "condition", "gte", [4, 20, 50]),
    ("low_and_slow", "success-share", "lte", [0.02, 0.5]),
    ("distributed_client", "condition", "gte", [6, 25, 80]),
    ("distributed_client", "sources", "gte", [2, 40]),
    ("enumeration", "condition", "gte", [3, 40]),
    ("lockout_storm", "condition", "gte", [2, 4]),
    ("surge_tenant", "condition", "gte", [5, 40]),
    ("surge_tenant", "ratio", "gte", [4, 5, 30]),
    ("surge_tenant", "ratio", "elevated", [1.5, 8]),
    ("shift_tenant", "cusum", "alarm", [2.5, 40]),
    ("source_burst", "condition", "gte", [3, 12]),
]


def rule_with(program, detector, threshold, setting):
    """What `tune` prints as a rule with the setting."""
    command = [program, "tune", "--rule", "--detector", detector, "--threshold", threshold]
    command += ["--settings", str(setting)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def scan(program, log, options):
    command = [program, "scan", "--quiet", "--format", "jsonl", *options, log]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    closed = [json.loads(line) for line in lines]
    return [
        one
        for one in closed
        if one["event"]["action"] == "closed" and one["spraywatch"]["closed_by"] != "merged"
    ]


def figures(campaigns, detector):
    """What `tune` says of a scan, by the scan's own documents."""
    found_by = [set(one["spraywatch"]["detectors"]) - {"confirmed_password"} for one in campaigns]
    users = {user for one in campaigns for user in one["spraywatch"]["confirmed_users"]}
    return {
        "campaigns": len(campaigns),
        "by_detector": sum(detector in found for found in found_by),
        "by_detector_alone": sum(found == {detector} for found in found_by),
        "confirmed": len(users),
    }, users


def tune(program, log, detector, threshold, settings, options):
    numbers = ",".join(str(number) for number in settings)
    command = [program, "tune", "--quiet", "--format", "jsonl", "--detector", detector]
    command += ["--threshold", threshold, "--settings", numbers, *options, log]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def check_setting(line, loaded, tried, detector):
    """Compares a line of `tune` with the campaigns of the scans without and with its rule."""
    own = line["spraywatch"]
    wanted, users = figures(tried, detector)
    loaded_users = figures(loaded, detector)[1]
    wanted["confirmed_missed"] = len(loaded_users - users)
    wanted["confirmed_added"] = len(users - loaded_users)
    told = {name: own[name] for name in wanted}
    if told != wanted:
        raise runner.Failure(f"setting {own['setting']}: tune says {told}, scan says {wanted}")
    for key, campaigns in (("missed", loaded), ("added", tried)):
        by_id = {one["event"]["id"]: one for one in campaigns}
        for one in own[key]["largest"]:
            found = by_id.get(one["id"])
            if found is None:
                raise runner.Failure(f"{key}: no campaign of the scan has the id {one['id']}")
            for name in ("attempts", "accounts", "sources"):
                if one[name] != found["spraywatch"][name]:
                    raise runner.Failure(f"{key}: other {name} of {one['id']}")
    if own["is_loaded"] and own["missed"]["campaigns"] + own["added"]["campaigns"] > 0:
        raise runner.Failure("the loaded setting misses something of itself")


def check_threshold(program, log, directory, row):
    detector, key, part, settings = row
    name = f"{key}.{part}"
    told = tune(program, log, detector, name, settings, ["--threads", "1"])
    for threads in ("2", "5"):
        if tune(program, log, detector, name, settings, ["--threads", threads]) != told:
            raise runner.Failure(f"{threads} threads tell otherwise")
    lines = [json.loads(line) for line in told.splitlines()]
    for line in lines:
        for error in json_schema.errors(SCHEMA, line):
            raise runner.Failure(error)
    if [line["spraywatch"]["setting"] for line in lines if not line["spraywatch"]["is_loaded"]] != settings:
        raise runner.Failure("not each setting has its line")
    loaded = scan(program, log, [])
    for line in lines:
        own = line["spraywatch"]
        if own["incomplete"]:
            raise runner.Failure("memory was too short, so nothing was tested")
        rules = directory / f"{detector} {name} {own['setting']}"
        rules.mkdir()
        (rules / "rule.yml").write_bytes(rule_with(program, detector, name, own["setting"]))
        check_setting(line, loaded, scan(program, log, ["--rules", rules]), detector)
    return lines


def check_together(program, log):
    """All thresholds in runs of several tell what each tells alone."""
    command = [program, "tune", "--quiet", "--format", "jsonl", "--detector", "source_fanout", log]
    together = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    for name in ("condition", "attempts-per-account", "known-good.share"):
        alone = subprocess.run(
            [*command[:-1], "--threshold", name, log], stdout=subprocess.PIPE, check=True
        ).stdout
        if not alone or not alone in together:
            raise runner.Failure(f"{name} alone tells otherwise than with the others")


def main():
    parser = argparse.ArgumentParser(description="Compares `tune` with scans.")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("--thresholds", type=int, default=len(TRIED), help="only so many of them")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    program = Path(options.program).resolve()
    with tempfile.TemporaryDirectory(prefix="spraywatch-tune-") as name:
        directory = Path(name)
        log = directory / "log.json"
        subprocess.run([program, *LOG, "--output", log], check=True)
        differing = []

        def check(name):
            if name == "thresholds together":
                check_together(program, log)
                return
            row = next(row for row in TRIED if f"{row[0]} {row[1]}.{row[2]}" == name)
            for line in check_threshold(program, log, directory, row):
                own = line["spraywatch"]
                differing.append((own["missed"]["campaigns"], own["added"]["campaigns"]))

        names = [f"{row[0]} {row[1]}.{row[2]}" for row in TRIED[: options.thresholds]]
        status = runner.report([*names, "thresholds together"], check)
        is_whole = options.thresholds >= len(TRIED)
        if is_whole and not all(any(one) for one in zip(*differing)):
            print("# no setting misses a campaign, or none adds one: nothing was tested")
            status = 1
        return status


sys.exit(main())
