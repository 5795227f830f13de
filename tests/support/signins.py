#!/usr/bin/env python3
"""Writes sign-in records for the tests: signins.py [OPTION]... GROUP...

A group is one text of NAME=VALUE settings and stands for `count` records:

  count=12 start=2024-02-01T09:00:00Z step=20 user=user{n}@fabrikam.example ip=192.0.2.7

In every value {n} is the number of the record, from 1, and {n/5}, {n%5} are that divided by 5. What
a group does not set comes from DEFAULTS; a value of nothing leaves the field out. The records of all
groups are put in the order of their times, unless --as-given.
"""
import argparse
import datetime
import hashlib
import json
import re
import shlex
import sys

DEFAULTS = {
    "count": "1",
    "start": "2024-02-01T09:00:00Z",
    "step": "20",  # seconds between two records
    "user": "user{n}@fabrikam.example",
    "ip": "192.0.2.7",
    "code": "50126",  # wrong password
    "agent": "sprayer/1.0",
    "client": "1b730954-1685-4b74-9bfd-dac224a7b894",
    "asn": "64500",
    "country": "DE",
    "tenant": "5a6f3a52-0b6c-4f0e-8a53-0d0f6e1c7a11",
    "id": "",  # made up from the place of the record when empty
    "password": "",  # what authenticationDetails says of it
}
NAME_CASES = {"as-is": str, "lower": str.lower, "upper": str.upper}


def fill(text, number):
    def place(match):
        operator, by = match.group(1), int(match.group(2) or 1)
        return str(number // by if operator == "/" else number % by if operator == "%" else number)

    return re.sub(r"\{n(?:([/%])([0-9]+))?\}", place, text)


def expand(group_number, text):
    settings = dict(DEFAULTS)
    for word in shlex.split(text):
        name, _, value = word.partition("=")
        if name not in settings:
            sys.exit(f"signins.py: no setting is called '{name}'")
        settings[name] = value
    start = datetime.datetime.fromisoformat(settings["start"].replace("Z", "+00:00"))
    for number in range(1, int(settings["count"]) + 1):
        record = {name: fill(value, number) for name, value in settings.items()}
        record["time"] = start + datetime.timedelta(seconds=(number - 1) * float(settings["step"]))
        if not record["id"]:
            record["id"] = hashlib.md5(f"{group_number} {number}".encode()).hexdigest()
        yield record


def without_nothing(fields):
    return {name: value for name, value in fields.items() if value not in ("", None)}


def time_text(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def graph(record):
    details = [{"authenticationStepResultDetail": record["password"]}] if record["password"] else ""
    return without_nothing(
        {
            "id": record["id"],
            "createdDateTime": time_text(record["time"]),
            "userPrincipalName": record["user"],
            "appId": record["client"],
            "appDisplayName": "Office",
            "ipAddress": record["ip"],
            "autonomousSystemNumber": int(record["asn"]) if record["asn"] else None,
            "userAgent": record["agent"],
            "isInteractive": True,
            "status": {"errorCode": int(record["code"])},
            "location": {"countryOrRegion": record["country"]},
            "homeTenantId": record["tenant"],
            "authenticationDetails": details,
        }
    )


def azure(record):
    exported = record["time"] + datetime.timedelta(minutes=4)
    return without_nothing(
        {
            "time": time_text(exported),
            "category": "SignInLogs",
            "tenantId": record["tenant"],
            "resultType": record["code"],
            "callerIpAddress": record["ip"],
            "properties": graph(record),
        }
    )


def with_names(value, change):
    """The same value with every key rewritten."""
    if isinstance(value, dict):
        return {change(name): with_names(part, change) for name, part in value.items()}
    if isinstance(value, list):
        return [with_names(part, change) for part in value]
    return value


def document(records, options):
    indent = 2 if options.pretty else None
    if options.wrap == "lines":
        return "".join(json.dumps(record, indent=indent) + "\n" for record in records)
    if options.wrap == "array":
        return json.dumps(records, indent=indent) + "\n"
    return json.dumps({options.wrap: records}, indent=indent) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Writes sign-in records for the tests.")
    parser.add_argument("--shape", choices=["graph", "azure"], default="graph")
    parser.add_argument("--wrap", choices=["lines", "array", "value", "records"], default="lines")
    parser.add_argument("--pretty", action="store_true")
    parser.add_argument("--names", choices=list(NAME_CASES), default="as-is")
    parser.add_argument("--as-given", action="store_true")
    parser.add_argument("groups", nargs="+")
    options = parser.parse_args()
    records = [
        record for number, text in enumerate(options.groups) for record in expand(number, text)
    ]
    if not options.as_given:
        records.sort(key=lambda record: record["time"])
    shape = {"graph": graph, "azure": azure}[options.shape]
    change = NAME_CASES[options.names]
    records = [with_names(shape(record), change) for record in records]
    sys.stdout.write(document(records, options))


main()
