#!/usr/bin/env python3
"""Windows events of real machines: what they become, and whether that is an attack.

Looks for ../shared/data beside the tree (or SPRAYWATCH_DATA) and says so when there is none. Nothing
of these files is in the tree: only how many records they have, and of which kind.
"""
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ["SPRAYWATCH"]).resolve()
DATA = Path(os.environ.get("SPRAYWATCH_DATA", ROOT.parent / "shared" / "data")) / "real"

MITRE = "evtx_to_mitre_attack/"
# file, records, outcomes of those that are attempts, duplicates in a scan, is there a campaign
LOGS = [
    ("crowdsec_hub/windows-bf/windows-bf.log", 6, {"unknown_account": 6}, 0, False),
    ("deepbluecli/password-spray.4648.xml", 295, {"interrupted": 294}, 0, True),
    (
        "evtx_attack_samples/chrome_4624_4625_logontype2.xml",
        4,
        {"wrong_password": 1, "success": 2},
        0,
        False,
    ),
    (MITRE + "kerberos_bruteforce_one_valid_user.4771.xml", 54, {"wrong_password": 54}, 0, False),
    (
        MITRE + "kerberos_user_enumeration_kerbrute.4768_4771.xml",
        42,
        {"wrong_password": 22, "disabled": 15, "success": 5},
        0,
        True,
    ),
    (
        MITRE + "openssh_bruteforce_non_existing_user.4625_4776.xml",
        20,
        {"unknown_account": 10, "interrupted": 1},
        5,
        False,
    ),
    (
        "otrf_security_datasets/purplesharp_ad_playbook_I.logon_events.nxlog.ndjson",
        203,
        {"wrong_password": 14, "success": 19},
        7,
        True,
    ),
    ("sigma_regression/win_security_4648_evtx_dump.json", 1, {"interrupted": 1}, 0, False),
    (
        "splunk_security_content/windows_security_xml.log",
        4,
        {"wrong_password": 2, "disabled": 1, "interrupted": 1},
        0,
        False,
    ),
    ("msticpy/host_logons.csv", 14, {"success": 1}, 0, False),
]
# The same events in both layouts of the event log.
PAIRS = [name for name, *_ in LOGS if name.endswith(".xml")]


number = 0


def report(name, problems):
    global number  # pylint: disable=global-statement
    number += 1
    print(f"{'not ok' if problems else 'ok'} {number} - {name}")
    for problem in problems:
        print(f"#   {problem}")
    return bool(problems)


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, check=False)
    return done.stdout.decode(), done.stderr.decode()


def normalize(path):
    stdout, stderr = run("normalize", path)
    return [json.loads(line) for line in stdout.splitlines()], stderr


def differ(what, expected, actual):
    return [] if expected == actual else [f"{what}: expected {expected}, got {actual}"]


def check_log(name, records, outcomes, duplicates, has_campaign):
    events, stderr = normalize(DATA / name)
    problems = differ("outcomes", outcomes, Counter(e["spraywatch"]["outcome"] for e in events))
    problems += differ("records", True, f"records: {records} read" in stderr)
    stdout, stderr = run("scan", "--format", "jsonl", DATA / name)
    problems += differ("duplicates", True, f" {duplicates} duplicate" in stderr)
    return problems + differ("campaign", has_campaign, bool(stdout))


def told(event):
    """What does not depend on where the event stands, and how exporters write times."""
    source = event.get("source", {})
    return (
        event["@timestamp"][:23],
        event.get("user", {}).get("name"),
        source.get("ip"),
        source.get("domain"),
        event["event"]["code"],
        event["event"]["id"].rsplit(":", 3)[0],
    )


def check_pair(name):
    xml = [told(e) for e in normalize(DATA / name)[0]]
    json_ = [told(e) for e in normalize(DATA / name.replace(".xml", ".evtxdump.ndjson"))[0]]
    return differ("events", json_, xml)


def main():
    if not DATA.is_dir():
        print("1..0 # SKIP there is no ../shared/data, nor SPRAYWATCH_DATA")
        return 0
    print(f"1..{len(LOGS) + len(PAIRS)}")
    failed = False
    for log in LOGS:
        failed |= report(log[0], check_log(*log))
    for name in PAIRS:
        failed |= report(f"{name} is read like its JSON", check_pair(name))
    return failed


sys.exit(main())
