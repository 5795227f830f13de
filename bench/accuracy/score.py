"""Scores what a detector told of a generated log against the labels of that log.

An alert is a dictionary: `opened` (ns), `start`, `end` (ns), `users`, `ips` (sets), `confirmed`
(set). Ours are read from findings documents; peers' rules make them themselves.
"""

import collections
import datetime
import json

# An attack owns an alert of which it explains this share …
OWNS = 0.5
# … and an alert that explains so much of a second attack has merged the two wrongly.
MERGES = 0.2


def nanoseconds(text):
    """`2024-01-31T09:30:00.1234567Z` in nanoseconds since the epoch."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole + "+00:00")
    return int(moment.timestamp()) * 10**9 + int((fraction + "0" * 9)[:9])


def read_lines(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Attack:
    """One attack as the labels tell it."""

    def __init__(self, profile):
        self.profile = profile
        self.times, self.users, self.ips, self.right = [], set(), set(), set()

    def add(self, label):
        self.times.append(nanoseconds(label["time"]))
        self.users.add(label["user"])
        self.ips.add(label["ip"])
        if label["right"]:
            self.right.add(label["user"])


def read_attacks(path):
    """The attacks that made at least one attempt; later use of found passwords is none."""
    attacks = collections.OrderedDict()
    for label in read_lines(path):
        if label["followup"]:
            continue
        attacks.setdefault(label["attack"], Attack(label["profile"])).add(label)
    for attack in attacks.values():
        attack.times.sort()
    return list(attacks.values())


def read_findings(path):
    """Our findings documents as alerts: campaigns that were not merged into others."""
    opened, alerts = {}, []
    for document in read_lines(path):
        event, spray = document["event"], document["spraywatch"]
        if event["action"] == "opened":
            opened[event["id"]] = nanoseconds(document["@timestamp"])
        if event["action"] != "closed" or spray["closed_by"] == "merged":
            continue
        alerts.append({
            "opened": opened[event["id"]],
            "start": nanoseconds(event["start"]), "end": nanoseconds(event["end"]),
            "users": set(document["related"]["user"]), "ips": set(document["related"]["ip"]),
            "confirmed": set(spray["confirmed_users"]), "name": document["rule"]["name"],
            "detectors": spray["detectors"], "attempts": spray["attempts"],
            "ratio": spray.get("baseline", {}).get("ratio"),
        })
    return alerts


def shares(alert, attacks):
    """Which share of what the alert names is each attack's: addresses tell more than accounts,
    since two attacks may try the same people."""
    found = []
    for attack in attacks:
        if attack.times[-1] < alert["start"] or attack.times[0] > alert["end"]:
            found.append(0.0)
            continue
        users = len(alert["users"] & attack.users) / max(1, len(alert["users"]))
        ips = len(alert["ips"] & attack.ips) / len(alert["ips"]) if alert["ips"] else users
        found.append(min(users, ips) if len(attacks) > 1 else users)
    return found


def score(attacks, alerts):
    rows = [{"profile": a.profile, "attempts": len(a.times), "found": False, "fragments": 0,
             "attempts_until_found": None, "seconds_until_found": None, "confirmed": len(a.right),
             "confirmed_found": 0, "merged": False, "detectors": []} for a in attacks]
    false = []
    told = set()
    for alert in alerts:
        told |= alert["confirmed"]
        found = shares(alert, attacks)
        owners = [i for i, share in enumerate(found) if share >= MERGES]
        if not found or max(found) < OWNS and sum(found) < OWNS:
            false.append(alert)
            continue
        for i in owners[:]:
            row = rows[i]
            row["merged"] |= len(owners) > 1
            if found[i] < OWNS and found[i] < max(found):
                continue
            row["fragments"] += 1
            row["detectors"] = sorted(set(row["detectors"]) | set(alert.get("detectors", [])))
            before = sum(1 for time in attacks[i].times if time <= alert["opened"])
            if not row["found"] or before < row["attempts_until_found"]:
                row["attempts_until_found"] = before
                row["seconds_until_found"] = max(0, alert["opened"] - attacks[i].times[0]) / 1e9
            row["found"] = True
    everyone = set().union(*(attack.right for attack in attacks)) if attacks else set()
    for row, attack in zip(rows, attacks):
        row["confirmed_found"] = len(attack.right & told)
    return {"attacks": rows, "false": false, "confirmed_false": len(told - everyone),
            "campaigns": len(alerts)}
