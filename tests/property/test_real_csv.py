#!/usr/bin/env python3
"""CSV exports of real tenants: their sign-ins, counted, against what their collection says of them.

Looks for the collection in ../shared/data or $SPRAYWATCH_DATA; without it, all is skipped.
"""
import collections
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("SPRAYWATCH", str(ROOT / "build/release/spraywatch"))

AUDIT = {
    "sign-ins": 381,
    "ids": 222,
    "users": 10,
    "addresses": 6,
    "codes": {"0": 298, "50126": 53, "50140": 17, "50072": 13},
    "first": "2021-03-24T12:52:56.000Z",
    "last": "2021-06-17T06:18:52.000Z",
}
FACTS = {
    "sentinel_training/sign-in_adelete.csv": {
        "read": 56,
        "sign-ins": 56,
        "ids": 56,
        "users": 1,
        "addresses": 1,
        "codes": {"0": 53, "16000": 2, "50058": 1},
        "first": "2021-04-28T14:08:45.221Z",
        "last": "2021-04-28T15:19:08.373Z",
    },
    "invictus_o365_dataset/ual_signins_dev.csv": dict(AUDIT, read=381),
    "invictus_o365_dataset/ual_splunk_export_dev.csv.zst": dict(AUDIT, read=2935),
}


def data_folder():
    for folder in (os.environ.get("SPRAYWATCH_DATA"), ROOT.parent / "shared/data"):
        if folder and (Path(folder) / "real").is_dir():
            return Path(folder) / "real"
    return None


def measure(path):
    run = subprocess.run([PROGRAM, "normalize", str(path)], capture_output=True, check=True)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    words = run.stderr.decode().split()  # records: N read, …
    times = sorted(event["@timestamp"] for event in events)
    return {
        "read": int(words[words.index("records:") + 1]),
        "sign-ins": len(events),
        "ids": len({event["event"]["id"] for event in events}),
        "users": len({event["user"]["name"] for event in events}),
        "addresses": len({event["source"]["ip"] for event in events}),
        "codes": dict(collections.Counter(event["event"]["code"] for event in events)),
        "first": times[0],
        "last": times[-1],
    }


def main():
    folder = data_folder()
    print(f"1..{len(FACTS)}")
    failed = 0
    for number, (name, facts) in enumerate(FACTS.items(), 1):
        if folder is None or not (folder / name).exists():
            print(f"ok {number} - {name} # SKIP no such file")
            continue
        found = measure(folder / name)
        wrong = {key: (found[key], value) for key, value in facts.items() if found[key] != value}
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
        for key, (got, wanted) in wrong.items():
            print(f"#   {key}: {got}, not {wanted}")
        failed += bool(wrong)
    return 1 if failed else 0


sys.exit(main())
