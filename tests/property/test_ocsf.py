#!/usr/bin/env python3
"""Sign-ins as OCSF documents: test_ocsf.py [--program FILE]

Every log below tests/sources is normalized twice. The OCSF documents must be as many as the ECS ones
and say the same, and follow the class Authentication; where the published schema and the package
jsonschema are there, in every word of it.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

try:
    import jsonschema
except ImportError:
    jsonschema = None

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = Path(os.environ.get("SPRAYWATCH_DATA", ROOT.parent / "shared" / "data"))
PUBLISHED = DATA / "schemas" / "ocsf-1.8.0-authentication.schema.json"
STATUS = {"success": 1, "failure": 2, "unknown": 0}


def normalized(program, path, *options):
    result = subprocess.run(
        [program, "normalize", "-q", *options, path], capture_output=True, check=False
    )
    if result.returncode != 0:
        raise AssertionError(f"{path}: status {result.returncode}: {result.stderr.decode()}")
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def check_same(ecs, ocsf):
    """What both say must agree, and the required fields of the class must be there."""
    assert ocsf["class_uid"] == 3002 and ocsf["category_uid"] == 3
    assert ocsf["type_uid"] == 3002 * 100 + ocsf["activity_id"]
    assert ocsf["severity_id"] == 1 and ocsf["metadata"]["version"] == "1.8.0"
    assert ocsf["status_id"] == STATUS[ecs["event"]["outcome"]]
    assert ocsf.get("status_code") == ecs["event"].get("code")
    assert ocsf["metadata"].get("uid") == ecs["event"].get("id")
    assert ocsf["metadata"]["log_name"] == ecs["event"]["dataset"]
    assert ocsf["unmapped"]["time"] == ecs["@timestamp"]
    assert ocsf["unmapped"]["line"] == ecs["spraywatch"]["line"]
    user = ecs.get("user", {})
    expected = user.get("name", None if "id" in user else "Unknown")
    assert ocsf["user"].get("name") == expected
    assert ocsf.get("src_endpoint", {}).get("ip") == ecs.get("source", {}).get("ip")
    assert ocsf["service"]["name"]


def logs():
    """All files beside a case's expectations."""
    for path in sorted((ROOT / "tests" / "sources").glob("*/*")):
        if path.is_file() and path.name.startswith("input"):
            yield path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"))
    program = parser.parse_args().program
    published = None
    if jsonschema is not None and PUBLISHED.is_file():
        published = jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text("utf-8")))
    paths = list(logs())
    print(f"1..{len(paths) + 1}")
    failures = checked = 0
    for number, path in enumerate(paths, 1):
        name = path.relative_to(ROOT)
        try:
            ecs = normalized(program, path)
            ocsf = normalized(program, path, "--to", "ocsf")
            assert len(ecs) == len(ocsf), f"{len(ecs)} documents in ECS, {len(ocsf)} in OCSF"
            for one, other in zip(ecs, ocsf):
                check_same(one, other)
                if published is not None:
                    published.validate(other)
            checked += len(ocsf)
            print(f"ok {number} - {name}: {len(ocsf)} documents")
        except Exception as failure:  # pylint: disable=broad-except
            failures += 1
            print(f"not ok {number} - {name}")
            print("".join(f"# {line}\n" for line in repr(failure).splitlines()), end="")
    skipped = "" if published is not None else " # SKIP there is no published schema to ask"
    is_ok = checked > 0
    print(f"{'ok' if is_ok else 'not ok'} {len(paths) + 1} - documents checked: {checked}{skipped}")
    return 1 if failures or not is_ok else 0


if __name__ == "__main__":
    sys.exit(main())
