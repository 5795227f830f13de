#!/usr/bin/env python3
"""Labelled attacks in real logs are found, and everything else there stays quiet.

Scans each log of ../shared/data/real (or $SPRAYWATCH_DATA/real) by itself, and all of a folder at once.
Which are attacks is what the manifest's labels say; without the data, all is skipped.
"""
import fnmatch
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SPRAYWATCH", str(ROOT / "build/release/spraywatch"))
DATA = Path(os.environ.get("SPRAYWATCH_DATA", ROOT.parent / "shared" / "data")) / "real"
NO_LOGS = ("*.assert", "*.expected.*", "*.md", "*/LICENSE", "sekoia_intake_formats/*/*")

# Which campaigns a log holds: (from where, accounts). Not found, and so no part of it:
# - loghub, 5.188.10.180: seven accounts in two minutes, half of the attempts on one of them;
# - o365, 80.114.221.214: four accounts in half a minute, among 52 sign-ins from there ("weak");
# - crowdsec_hub/ssh-*: `Invalid user` lines are no attempts, and six names would be too few.
# - crowdsec_hub/*-bf, evtx_to_mitre_attack/*bruteforce*: one account each, which is no spray.
# 183.62.140.253 is labelled a brute force of root: it tried ten names once before.
CAMPAIGNS = {
    "crowdsec_hub/authelia-bf/*": [("1.1.1.1 1.1.1.2", 12), ("5.5.5.5 5.5.5.6", 12)],
    "crowdsec_hub/keycloak-bf/*": [("192.168.1.2", 10)],
    "deepbluecli/*": [("172.16.144.128", 41)],
    "evtx_to_mitre_attack/kerberos_user_enumeration_kerbrute.*": [("10.23.123.11", 22)],
    "invictus_o365_dataset/*": [("178.85.138.132", 6)],
    "loghub/OpenSSH_2k.log": [
        ("103.99.0.122", 19),
        ("183.62.140.253", 10),
        ("187.141.143.180", 28),
    ],
    "otrf_security_datasets/*": [("WORKSTATION5", 7)],
}


def campaigns(*files):
    """(from where, accounts) of each campaign, in order."""
    done = subprocess.run(
        [PROGRAM, "scan", "--format", "jsonl", "-q", *files], capture_output=True, check=False
    )
    last = {}
    for line in done.stdout.splitlines():
        finding = json.loads(line)
        last[finding["event"]["id"]] = finding
    found = []
    for finding in last.values():
        told = finding["spraywatch"]
        if told.get("closed_by") != "merged":
            hosts = finding["related"].get("ip") or [told["key"].get("source.domain")]
            found.append((" ".join(sorted(hosts)), told["accounts"]))
    return sorted(found)


def expected(name):
    for pattern, wanted in CAMPAIGNS.items():
        if fnmatch.fnmatch(name, pattern):
            return wanted
    return []


def main():
    if not DATA.is_dir():
        print("1..0 # SKIP there is no ../shared/data/real, nor SPRAYWATCH_DATA")
        return 0
    names = sorted(str(path.relative_to(DATA)) for path in DATA.rglob("*") if path.is_file())
    names = [name for name in names if not any(fnmatch.fnmatch(name, no) for no in NO_LOGS)]
    print(f"1..{len(names) + 1}")
    failed = False
    for number, name in enumerate(names, 1):
        wanted, found = expected(name), campaigns(DATA / name)
        failed |= wanted != found
        kind = "its attacks are found" if wanted else "quiet"
        print(f"{'ok' if wanted == found else 'not ok'} {number} - {name}: {kind}")
        if wanted != found:
            print(f"#   found {found}, expected {wanted}")
    quiet = [DATA / name for name in names if not expected(name)]
    found = campaigns(*quiet)
    failed |= bool(found)
    print(f"{'not ok' if found else 'ok'} {len(names) + 1} - {len(quiet)} quiet logs at once")
    for one in found:
        print(f"#   found {one}")
    return int(failed)


sys.exit(main())
