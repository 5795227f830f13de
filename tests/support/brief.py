#!/usr/bin/env python3
"""Says in a line each what the program wrote: brief.py [FILE...], standard input without.

Of a findings document the time, action, rule, key and counts; of a summary the counts of records
that are not zero.
"""
import json
import sys


def finding_line(document):
    event, own = document["event"], document["spraywatch"]
    key = ",".join(value for name, value in own["key"].items() if name != "organization.id")
    closed = f" ({own['closed_by']})" if "closed_by" in own else ""
    confirmed = [f"{found['user']} ({found['because']})" for found in own["confirmed"]]
    return (
        f"{document['@timestamp']} {event['action']}{closed} {own['kind']} {key or 'tenant'}:"
        f" {own['attempts']} attempts, {own['accounts']} accounts, {own['sources']} sources,"
        f" severity {event['severity']}" + "".join(f", confirmed {found}" for found in confirmed)
    )


def summary_line(summary):
    records = dict(summary["records"])
    records.update(records.pop("rejected_by_reason"))
    counts = ", ".join(f"{name} {count}" for name, count in records.items() if count > 0)
    return (
        f"records: {counts or 'none'}; campaigns {summary['found']['campaigns']},"
        f" confirmed accounts {summary['found']['confirmed_accounts']},"
        f" exit status {summary['exit_status']}"
    )


def main():
    files = [open(path, encoding="utf-8") for path in sys.argv[1:]] or [sys.stdin]
    for file in files:
        for line in file:
            document = json.loads(line)
            print(summary_line(document) if "records" in document else finding_line(document))


main()
