#!/usr/bin/env python3
"""Real logs of JSON sources against what their manifest counted: sign-ins, accounts, addresses.

Reads ../shared/data/real (or $SPRAYWATCH_DATA/real) beside the project; without it, every test is
skipped. Where we count otherwise than the manifest, the difference is stated here and explained in
docs/sources.md: no other difference passes.
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REAL = Path(os.environ.get("SPRAYWATCH_DATA", ROOT.parent / "shared" / "data")) / "real"

# file: (sign-ins, accounts, addresses); None: as the manifest counted
FILES = {
    "invictus_o365_dataset/ual_signins_dev.ndjson": None,
    "invictus_aws_dataset/cloudtrail_20230710T1225Z.json": None,
    "invictus_aws_dataset/cloudtrail_20230710T1215Z_nosignin.json": (0, 0, 0),
    "splunk_security_content/google_workspace_login.ndjson": None,
    "splunk_security_content/azure_monitor_aad.ndjson": None,
    "panther_analysis/azure_monitor_tests.ndjson": None,
    "tenzir_library/graph_sign-ins.ndjson": None,
    "ocsf_examples/aws_authentication_v1.0.0-rc.2.raw.json": None,
    "ocsf_examples/aws_authentication_v1.1.0.raw.json": None,
    "ocsf_examples/windows_4624_0.ocsf.json": None,
    "ocsf_examples/windows_4625_0.ocsf.json": None,
    # actor.user counts as the account, where the manifest saw none
    "ocsf_examples/aws_authentication_v1.0.0-rc.2.ocsf.json": (1, 1, 1),
    "ocsf_examples/aws_authentication_v1.1.0.ocsf.json": (1, 1, 1),
    # the manifest takes UpdateLoginProfile for one; the hidden name is no account
    "splunk_security_content/aws_cloudtrail.ndjson": (1, 0, 1),
    # second 65 does not exist: rejected as bad_time
    "splunk_security_content/o365_management_activity.ndjson": (0, 0, 0),
    # of one login, the start of the session counts
    "tenzir_library/okta_system-log.ndjson": (1, 1, 1),
    # records without a time are rejected
    "panther_analysis/duo_authentication_tests.ndjson": (0, 0, 0),
    "panther_analysis/m365_audit_tests.ndjson": None,
}

FACTS = re.compile(r"(\d+) sign-in events?: .*?; (\d+) users?; (\d+) source IPs?")


def manifest_facts(name):
    for line in (REAL / "MANIFEST.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"| {name} |"):
            found = FACTS.search(line)
            return tuple(int(number) for number in found.groups()) if found else None
    return None


def our_facts(name):
    done = subprocess.run(
        [os.environ["SPRAYWATCH"], "normalize", "-q", str(REAL / name)],
        capture_output=True,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    users = {event["user"]["name"] for event in events if "name" in event.get("user", {})}
    addresses = {event["source"]["ip"] for event in events if "ip" in event.get("source", {})}
    return len(events), len(users), len(addresses)


def main():
    print(f"1..{len(FILES)}")
    is_good = True
    for number, (name, stated) in enumerate(FILES.items(), 1):
        if not (REAL / name).is_file():
            print(f"ok {number} - {name} # SKIP there is no such data")
            continue
        expected = stated if stated is not None else manifest_facts(name)
        found = our_facts(name)
        is_good &= found == expected
        print(f"{'ok' if found == expected else 'not ok'} {number} - {name}")
        if found != expected:
            print(f"# sign-ins, accounts, addresses: {found}, expected {expected}")
    return 0 if is_good else 1


sys.exit(main())
