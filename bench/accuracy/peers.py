"""What published detection rules tell of a log, for the table beside ours.

Each rule is the published logic of a product's spray rule, said again over normalized sign-ins: the
codes, the window, the key, the distinct counts and thresholds. The sources are the public rule
repositories of Microsoft Sentinel (Azure/Azure-Sentinel), Elastic (elastic/detection-rules), Splunk
(splunk/security_content) and Sigma (SigmaHQ/sigma).

The benefit of the doubt is theirs: a rule that forgets the bucket it has made is given it back, windows
tumble as the queries do, and what a rule says again of the same key within a day is one alert, as if
somebody had switched suppression on.
"""

import collections
import datetime
import functools
import json
import subprocess

MINUTE = 60 * 10**9
DAY = 24 * 60 * MINUTE

# A rule is told of once a day for each key.
SUPPRESSION = DAY

# Sign-ins that got in, or were stopped behind the right password, as Sentinel's rule lists them.
SENTINEL_RIGHT = {0, 50055, 50057, 50155, 50105, 50133, 50005, 50076, 50079, 50173, 50158, 50072,
                  50074, 53003, 53000, 53001, 50129}
PASSWORD_FAILURES = {50126, 50053, 50055, 50056, 50034, 50064, 50057}


class Bucket:
    """What a key did in one window."""

    def __init__(self):
        self.events = 0
        self.users, self.ips, self.codes, self.right = set(), set(), set(), set()

    def add(self, event):
        self.events += 1
        self.users.add(event["user"])
        self.ips.add(event["ip"])
        self.codes.add(event["code"])


class Rule:
    """`key` gives an event's group, `fails` its codes, `fires` judges a bucket."""

    def __init__(self, name, window, fails, key, fires, right=frozenset()):
        self.name, self.window, self.fails = name, window, fails
        self.key, self.fires, self.right = key, fires, right

    def alerts(self, events):
        buckets = collections.defaultdict(Bucket)
        for event in events:
            place = (self.key(event), event["time"] // self.window)
            if event["code"] in self.right:
                buckets[place].right.add(event["user"])
            if event["code"] in self.fails:
                buckets[place].add(event)
        found = {}
        for (key, number), bucket in sorted(buckets.items(), key=lambda item: item[0][1]):
            if bucket.events == 0 or not self.fires(bucket):
                continue
            opened = (number + 1) * self.window  # a query runs when its window is over
            last = found.get(key, [])
            if not last or opened - last[-1]["end"] > SUPPRESSION:
                found.setdefault(key, []).append({
                    "opened": opened, "start": number * self.window, "end": opened, "attempts": 0,
                    "users": set(), "ips": set(), "confirmed": set(), "name": self.name,
                    "detectors": [self.name]})
            alert = found[key][-1]
            alert["end"] = opened
            alert["attempts"] += bucket.events
            alert["users"] |= bucket.users
            alert["ips"] |= bucket.ips
            alert["confirmed"] |= bucket.right
        return [alert for alerts in found.values() for alert in alerts]


RULES = (
    Rule("Sentinel: spray against an app", 20 * MINUTE, {50053, 50126, 50055},
         lambda event: (event["ip"], event["app"]),
         lambda bucket: len(bucket.users) >= 5 and len(bucket.users) > len(bucket.right),
         SENTINEL_RIGHT),
    Rule("Elastic: Entra brute force", 15 * MINUTE, PASSWORD_FAILURES - {50053},
         lambda event: event["tenant"],
         lambda bucket: len(bucket.users) >= 15 and bucket.events >= 15 and len(bucket.codes) == 1),
    Rule("Splunk: users from one address", 5 * MINUTE, {50126}, lambda event: event["ip"],
         lambda bucket: len(bucket.users) > 30),
    Rule("Splunk: users, many addresses", 5 * MINUTE, PASSWORD_FAILURES,
         lambda event: event["tenant"],
         lambda bucket: len(bucket.users) > 20 and len(bucket.ips) > 20),
    Rule("Sigma: bad passwords, one address", DAY, {50126}, lambda event: event["ip"],
         lambda bucket: len(bucket.users) > 10),
)


@functools.lru_cache(maxsize=1 << 16)
def whole_seconds(text):
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp())


def nanoseconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    return whole_seconds(whole) * 10**9 + int((fraction + "0" * 9)[:9])


def read_events(spraywatch, log):
    """The log's sign-ins, as the rules ask for them."""
    with subprocess.Popen([spraywatch, "normalize", log], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        for line in process.stdout:
            document = json.loads(line)
            spray = document["spraywatch"]
            yield {
                "time": nanoseconds(document["@timestamp"]),
                "user": document.get("user", {}).get("name", ""),
                "ip": document.get("source", {}).get("ip", ""),
                "app": spray.get("client", {}).get("name", ""),
                "tenant": document.get("organization", {}).get("id", ""),
                "code": int(document["event"]["code"]),
            }
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, "normalize")


def alerts(spraywatch, log):
    """What each rule tells of the log, by its name. All events count for each rule."""
    wanted = SENTINEL_RIGHT | PASSWORD_FAILURES
    events = [event for event in read_events(spraywatch, log) if event["code"] in wanted]
    return {rule.name: rule.alerts(events) for rule in RULES}
