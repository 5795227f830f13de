#!/usr/bin/env python3
"""Findings documents keep their promises: test_findings.py [--program FILE]

Generated logs with every attack, shape and order are scanned. Every document must follow
docs/findings.schema.json and the values that the Elastic Common Schema allows, its parts must agree
with each other, and the documents of a campaign must make one story.
"""
import argparse
import copy
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support import json_schema, runner  # noqa: E402 pylint: disable=wrong-import-position

try:
    import jsonschema  # the reference, where it is installed
except ImportError:
    jsonschema = None

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA = json.loads((ROOT / "docs" / "findings.schema.json").read_text("utf-8"))

# Allowed values of Elastic Common Schema 9.4: fields event.kind, .category, .type and .outcome, and
# the types that are expected of a category.
ECS_KINDS = {
    *("alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"),
}
ECS_TYPES_OF_CATEGORY = {
    "authentication": {"start", "end", "info"},
    "intrusion_detection": {"allowed", "denied", "info"},
}
ECS_OUTCOMES = {"failure", "success", "unknown"}

GEN = ["gen", "--people", "200", "--noise", "all"]
LOGS = {
    "bursts and single addresses": [
        *("--days", "5", "--attack", "fasthttp:start=1", "--attack", "msolspray:start=2"),
        *("--attack", "o365spray:start=3,accounts=150", "--attack", "go365:start=4"),
    ],
    "distributed": [
        *("--days", "12", "--attack", "credmaster:start=9", "--attack", "botnet:start=2"),
        *("--attack", "midnight_blizzard:start=3", "--shape", "graph"),
    ],
    "clouds and a surge": [
        *("--days", "14", "--attack", "teamfiltration:start=2", "--attack", "trevorspray:start=11"),
        *("--attack", "peach_sandstorm:start=9", "--disorder", "600", "--duplicates", "1%"),
    ],
    "not interactive, over IPv6": [
        *("--days", "6", "--attack", "noninteractive_botnet:start=2"),
        *("--attack", "trevorspray:start=3,ipv6=1,sources=40,rate=120"),
    ],
}
SCANS = {
    "": [],
    ", as a stream": ["--order", "stream", "--lateness", "20m"],
    ", campaigns end early": ["--quiet-after", "6h"],
    ", little memory": ["--memory", "4M"],
    ", all of it allowed": ["--rules", "RULES", "--allowed", "ALLOWED"],
}

# What hides everything, so that all campaigns are told where hidden ones are.
ALLOW = """
allow:
  - name: everybody
    source.ip: [0.0.0.0/0, "::/0"]
    from: 2000-01-01
    until: 2100-01-01
    reason: to be seen in another file
"""


def scan(program, log, options):
    """The documents of a scan."""
    with tempfile.TemporaryDirectory(prefix="spraywatch-findings-") as directory:
        summary = Path(directory) / "summary.json"
        rules, hidden = Path(directory) / "rules", Path(directory) / "hidden.jsonl"
        rules.mkdir()
        (rules / "allow.yml").write_text(ALLOW, "utf-8")
        places = {"RULES": rules, "ALLOWED": hidden}
        options = [places.get(option, option) for option in options]
        command = [program, "scan", "--quiet", "--summary-json", summary, *options, log]
        found = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        if hidden in options:
            if found:
                raise runner.Failure(f"not hidden: {found.decode()}")
            found = hidden.read_bytes()
        events = json.loads(summary.read_bytes())["events"]
    documents = [json.loads(line) for line in found.splitlines()]
    if not documents and "--memory" not in options:
        raise runner.Failure("nothing was found, so nothing was tested")
    return documents, events


def scan_all(program, directory):
    """Every log scanned in every way: name -> documents and times of the log."""
    logs = {name: Path(directory) / f"{number}.json" for number, name in enumerate(LOGS)}

    def generate(name):
        subprocess.run([program, *GEN, *LOGS[name], "--output", logs[name]], check=True)

    def scan_one(task):
        name, how = task
        return name + how, scan(program, logs[name], SCANS[how])

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
        list(executor.map(generate, LOGS))
        return dict(executor.map(scan_one, itertools.product(LOGS, SCANS)))


# --- one document -----------------------------------------------------------------------------


def document_errors(document):
    yield from json_schema.errors(SCHEMA, document)
    event, own, related = document["event"], document["spraywatch"], document["related"]
    if event["kind"] not in ECS_KINDS:
        yield f"event.kind {event['kind']}"
    for category in event["category"]:
        if not set(event["type"]) <= ECS_TYPES_OF_CATEGORY[category]:
            yield f"event.type {event['type']} for {category}"
    agreements = {
        "an action `closed` has a reason": (event["action"] == "closed") == ("closed_by" in own),
        "start is not behind end": event["start"] <= event["end"],
        "outcomes add up to attempts": sum(own["outcomes"].values()) == own["attempts"],
        "no more accounts than attempts": own["accounts"] <= own["attempts"],
        "no more sources than attempts": own["sources"] <= own["attempts"],
        "related.user and what it lacks": len(related["user"]) + own["truncated"]["user"]
        == own["accounts"],
        "related.ip and what it lacks": len(related["ip"]) + own["truncated"]["ip"]
        == own["sources"],
        "source only of one": ("source" in document) == (own["sources"] == 1),
        "the source is the related one": document.get("source", {}).get("ip") in [None]
        + related["ip"],
        "confirmed users twice": [one["user"] for one in own["confirmed"]]
        == own["confirmed_users"],
        "the stage says whether there are any": (own["stage"] == "confirmed")
        == bool(own["confirmed"]),
        "and so does the detector": ("confirmed_password" in own["detectors"])
        == bool(own["confirmed"]),
        "evidence is of attempts": len(own["evidence"]) <= own["attempts"],
        "it opened at its threshold": own["when_opened"]["accounts"]
        >= own["when_opened"]["threshold"],
        "sign-ins have an order": all(one["at"] <= one["last"] for one in own["confirmed"]),
    }
    for name, holds in agreements.items():
        if not holds:
            yield f"broken: {name}"


def check_documents(documents, events):
    reference = jsonschema.Draft202012Validator(SCHEMA) if jsonschema is not None else None
    for number, document in enumerate(documents, 1):
        text = "\n".join(document_errors(document))
        if document["event"]["start"][:19] < events["first"][:19]:
            text += f"\nbegins at {document['event']['start']}, the log at {events['first']}"
        if text:
            raise runner.Failure(f"document {number}: {json.dumps(document)}\n{text}")
        for error in reference.iter_errors(document) if reference is not None else []:
            raise runner.Failure(f"document {number}: the reference refuses it: {error.message}")


# --- the documents of one campaign ------------------------------------------------------------


def story_errors(before, document):
    """What does not follow from the campaign's document before."""
    event, own = document["event"], document["spraywatch"]
    if before is None:
        if event["action"] != "opened":
            yield f"begins with {event['action']}"
        return
    if event["action"] == "opened":
        yield "opened twice"
    if before["event"]["action"] == "closed":
        yield "goes on after its end"
    # A campaign is called after the severest of its detectors, which may come late.
    if document["rule"] == before["rule"]:
        if document.get("threat") != before.get("threat"):
            yield "threat has changed"
        for name in ["kind", "key", "window", "when_opened"]:
            if own[name] != before["spraywatch"][name]:
                yield f"{name} has changed"
    if document["@timestamp"] < before["@timestamp"]:
        yield "goes back in time"
    if own["confirmed_users"][: len(before["spraywatch"]["confirmed_users"])] != (
        before["spraywatch"]["confirmed_users"]
    ):
        yield "has lost confirmed users"
    if not set(before["spraywatch"]["detectors"]) <= set(own["detectors"]):
        yield "has lost detectors"


def check_stories(documents, _):
    last = {}
    time = ""
    for number, document in enumerate(documents, 1):
        text = "\n".join(story_errors(last.get(document["event"]["id"]), document))
        if document["@timestamp"] < time:
            text += f"\nis of {document['@timestamp']}, after one of {time}"
        if text:
            raise runner.Failure(f"document {number}: {json.dumps(document)}\n{text}")
        last[document["event"]["id"]] = document
        time = document["@timestamp"]
    for document in last.values():
        if document["event"]["action"] != "closed":
            raise runner.Failure(f"never closed: {json.dumps(document)}")


# --- the schema -------------------------------------------------------------------------------


def names_in(value, path="$"):
    if isinstance(value, dict):
        for name, part in value.items():
            yield f"{path}.{name}"
            yield from names_in(part, f"{path}.{name}")
    if isinstance(value, list):
        for item in value:
            yield from names_in(item, f"{path}[]")


def check_schema_is_used(all_documents):
    """What the schema tells of occurs, so it is tested."""
    seen = {name for document in all_documents for name in names_in(document)}
    # Outcomes that no shipped rule counts, and the end of all memory.
    rare = r"\$\.spraywatch\.(outcomes\.|incomplete$)"
    missing = [
        name
        for name in json_schema.paths(SCHEMA)
        if name not in seen and not re.match(rare, name)
    ]
    if missing:
        raise runner.Failure(f"never seen: {missing}")


def check_schema_is_strict(all_documents):
    """A document that lacks something, has something more or something else is refused."""
    document = max(all_documents, key=lambda one: len(json.dumps(one)))

    def refuses(change, name):
        changed = copy.deepcopy(document)
        change(changed)
        if not list(json_schema.errors(SCHEMA, changed)):
            raise runner.Failure(f"not refused: {name}")

    for name in SCHEMA["required"]:
        refuses(lambda one, name=name: one.pop(name), f"without {name}")
    for name in SCHEMA["properties"]["spraywatch"]["required"]:
        refuses(lambda one, name=name: one["spraywatch"].pop(name), f"without spraywatch.{name}")
    refuses(lambda one: one["event"].update(extra=1), "an unknown field")
    refuses(lambda one: one["event"].update(kind="signal"), "another kind")
    refuses(lambda one: one["event"].update(severity="73"), "a severity as text")
    refuses(lambda one: one["event"].update(severity=101), "a severity above 100")
    refuses(lambda one: one["spraywatch"].update(attempts=True), "attempts as a truth value")
    refuses(lambda one: one["spraywatch"].update(attempts=1.5), "half an attempt")
    refuses(lambda one: one["related"]["ip"].append("10.0.0"), "half an address")
    refuses(lambda one: one.update({"@timestamp": "2024-02-01 09:00:00"}), "a time without zone")


# --- the events of `normalize` ----------------------------------------------------------------


def check_normalized(program):
    with tempfile.TemporaryDirectory(prefix="spraywatch-findings-") as directory:
        log = Path(directory) / "log.json"
        options = ["--days", "2", "--attack", "fasthttp:start=1", "--output", log]
        subprocess.run([program, *GEN, *options], check=True)
        command = [program, "normalize", "--quiet", log]
        lines = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    if not lines:
        raise runner.Failure("no events")
    time = re.compile(SCHEMA["$defs"]["time"]["pattern"])
    outcomes = set()
    for line in lines:
        event = json.loads(line)
        ecs = event["event"]
        outcomes.add(ecs["outcome"])
        if not (
            time.match(event["@timestamp"])
            and ecs["kind"] in ECS_KINDS
            and ecs["outcome"] in ECS_OUTCOMES
            and set(ecs["type"]) <= ECS_TYPES_OF_CATEGORY["authentication"]
            and ecs["category"] == ["authentication"]
            and (ecs["outcome"] == "success") == (event["spraywatch"]["outcome"] == "success")
        ):
            raise runner.Failure(line.decode())
    if outcomes < {"success", "failure"}:
        raise runner.Failure(f"only {outcomes}")


def main():
    parser = argparse.ArgumentParser(description="Findings documents keep their promises.")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    program = str(Path(options.program).resolve())

    with tempfile.TemporaryDirectory(prefix="spraywatch-findings-") as directory:
        scans = scan_all(program, directory)
    everything = [document for documents, _ in scans.values() for document in documents]
    checks = {
        "the schema tells of what occurs": lambda: check_schema_is_used(everything),
        "the schema refuses what is wrong": lambda: check_schema_is_strict(everything),
        "normalized events have the values of ECS": lambda: check_normalized(program),
    }
    for name, found in scans.items():
        checks[f"documents: {name}"] = lambda found=found: check_documents(*found)
        checks[f"campaigns: {name}"] = lambda found=found: check_stories(*found)
    return runner.report(list(checks), lambda name: checks[name]())


sys.exit(main())
