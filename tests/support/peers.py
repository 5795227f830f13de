"""What other projects say of the logs in their own tests, in one shape.

Each reader yields streams: a list of cases that one run of the program reads. A case is a record as
written, and what the peer says of it: a mapping of some of

  attempt   whether it is an attempt to sign in
  failed    false: it is no failed attempt, whatever else it is
  outcome   success or failure
  address   where from: an address, or a host name
  account   who: a list of names, any of which will do
  time      in UTC, ISO 8601; one without year begins at the month
  agent     the user agent

What the peer says nothing about is not in it. Nothing is judged here.
"""
import csv
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo


@dataclass
class Case:
    name: str
    text: str
    says: dict


@dataclass
class Stream:
    cases: list
    has_lines: bool  # one case a line; else the one case is all of it
    suffix: str = ".log"


def without_nothing(says):
    return {key: value for key, value in says.items() if value not in (None, "", "-", [])}


def in_utc(time):
    """A time with a zone of its own, as UTC; any other as it is."""
    if time is None or not re.search(r"[+-]\d\d:\d\d$", time):
        return time
    moved = datetime.fromisoformat(time).astimezone(timezone.utc)
    return moved.replace(tzinfo=None).isoformat(timespec="milliseconds")


# ---- SEKOIA: one file per event, and its normalization in ECS ------------------------------------

# Their log comes with the header already taken off.
HEADERS = {"openssh": "2024-01-01T00:00:00Z host sshd[1]: "}


def sekoia_says(ecs):
    event, user = ecs.get("event", {}), ecs.get("user", {})
    target = user.get("target", {}).get("name")
    names = [target] if target else [user.get("name"), user.get("email")]
    outcome = event.get("outcome", "").lower()
    category = event.get("category")
    return without_nothing(
        {
            "attempt": None if category is None else "authentication" in category,
            "outcome": outcome if outcome in ("success", "failure") else None,
            "address": ecs.get("source", {}).get("ip"),
            "account": [name for name in names if name],
            "time": ecs.get("@timestamp"),
            "agent": ecs.get("user_agent", {}).get("original"),
        }
    )


def sekoia(folder):
    for path in sorted(folder.glob("*/*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        text = case["input"]["message"]
        kind = path.parent.name
        if kind in HEADERS and not re.match(r"[A-Z][a-z]{2} +\d+ ", text):
            text = HEADERS[kind] + text.strip()
        yield Stream([Case(f"{kind}/{path.stem}", text, sekoia_says(case["expected"]))], False)


# ---- CrowdSec: assertions about parsed lines and about what overflowed ----------------------------

CROWDSEC_OUTCOMES = {
    "ssh_failed-auth": "failure",
    "auth_success": "success",
    "auth_failed": "failure",
    "imap": "failure",
    "smb_failed_auth": "failure",
    "windows_failed_auth": "failure",
    "LOGIN_ERROR": "failure",
    "aws-cloudtrail": "failure",
}
PARSED = re.compile(
    r'^results\["s01-parse"\]\["[^"]+"\]\[(\d+)\]\.(Success|Evt\.Meta\["(\w+)"\]) == (.+)$'
)
OVERFLOWED = re.compile(
    r'^results\[(\d+)\]\.Overflow\.Alert\.Events\[(\d+)\]\.GetMeta\("(\w+)"\) == (.+)$'
)


def crowdsec_says(meta):
    outcome = CROWDSEC_OUTCOMES.get(meta.get("log_type"))
    accounts = [meta[key] for key in ("target_user", "username", "user") if key in meta]
    return without_nothing(
        {
            "attempt": outcome is not None,
            "outcome": outcome,
            "address": meta.get("source_ip") if outcome else None,
            "account": accounts if outcome else None,
            "time": in_utc(meta.get("timestamp")),
        }
    )


def assertions(path, pattern):
    """What is said of each event: {its number or numbers: {key: value}}."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = pattern.match(line)
        if match:
            *key, name, value = match.groups()
            found.setdefault(tuple(key), {})[name] = json.loads(value)
    return found


def crowdsec_lines(folder, log):
    """Of each line what the parsers say: a line that none takes is no attempt."""
    by_line = {}
    for line in (folder / "parser.assert").read_text(encoding="utf-8").splitlines():
        match = PARSED.match(line)
        if match:
            meta = by_line.setdefault(int(match[1]), {})
            if match[3]:
                meta[match[3]] = json.loads(match[4])
    return [
        Case(f"{folder.name}:{number}", text, crowdsec_says(by_line.get(number - 1, {})))
        for number, text in enumerate(log, 1)
    ]


def crowdsec_overflows(folder, log):
    """The events that overflowed, each found in the log by what it holds: every assertion takes the
    first line behind the last one with the same address and account."""
    cases, taken = {}, {}
    for (overflow, _), meta in assertions(folder / "scenario.assert", OVERFLOWED).items():
        says = crowdsec_says(meta)
        held = [says.get("address", ""), *says.get("account", [])]
        for number, text in enumerate(log, 1):
            if number > taken.get(overflow, 0) and all(holds(text, part) for part in held):
                taken[overflow] = number
                cases[number] = Case(f"{folder.name}:{number}", text, says)
                break
        else:
            raise ValueError(f"{folder.name}: no line for {says}")
    return [cases.get(n, Case(f"{folder.name}:{n}", text, {})) for n, text in enumerate(log, 1)]


def holds(text, part):
    return re.search(rf"(?<![\w.]){re.escape(part)}(?![\w])", text, re.IGNORECASE) is not None


def crowdsec(folder):
    for test in sorted(path for path in folder.iterdir() if path.is_dir()):
        log = next(test.glob("*.log")).read_text(encoding="utf-8").splitlines()
        has_parsed = (test / "parser.assert").exists()
        yield Stream(crowdsec_lines(test, log) if has_parsed else crowdsec_overflows(test, log), True)


# ---- fail2ban: a comment above each line -----------------------------------------------------------

# Where their tests run; a time with a zone is written as the clock there showed it.
FAIL2BAN_ZONE = ZoneInfo("Europe/Zurich")
HAS_ZONE = re.compile(r"^(?:<\d+>1 )?\d{4}-\S+(Z|[+-]\d\d:?\d\d)\s")


def fail2ban_time(said, text):
    if said is None:
        return None
    if HAS_ZONE.match(text):
        local = datetime.fromisoformat(said).replace(tzinfo=FAIL2BAN_ZONE)
        return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return said if said[:4] in text.split("[")[0] else said[5:]


def fail2ban_says(comment, text):
    if not comment["match"]:
        return {"failed": False}
    return without_nothing(
        {
            "attempt": True,
            "outcome": "failure",
            "address": comment.get("host"),
            "account": [comment["user"]] if "user" in comment else None,
            "time": fail2ban_time(comment.get("time"), text),
        }
    )


def fail2ban(folder):
    for path in sorted(folder.glob("*.log")):
        cases, comment = [], None
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = re.match(r"# failJSON: (\{.*\})", text)
            if match:
                comment = json.loads(match[1])
            elif text and not text.startswith("#"):
                says = fail2ban_says(comment, text) if comment else {}
                cases.append(Case(f"{path.stem}:{number}", text, says))
                comment = None
        yield Stream(cases, True)


# ---- Wazuh: lines with the rule that they must, or must not, trigger -------------------------------

# Those of their rules that mean an attempt, or surely none; the others say nothing here.
WAZUH_RULES = {
    "5710": {"attempt": True, "outcome": "failure"},  # log in using a non-existent user
    "5716": {"attempt": True, "outcome": "failure"},  # authentication failed
    "5503": {"attempt": True, "outcome": "failure"},  # PAM: user login failed
    "5501": {"failed": False},  # PAM: session opened
    "5502": {"failed": False},  # PAM: session closed
}


def wazuh(folder):
    for path in sorted(folder.glob("*.ini")):
        cases, logs, section = [], [], ""
        for text in path.read_text(encoding="utf-8").splitlines():
            log = re.match(r"log (\d+) pass = (.*)", text)
            rule = re.match(r"rule = (\d+)", text)
            if text.startswith("["):
                section, logs = text.strip("[]"), []
            elif log:
                logs.append(log.groups())
            elif rule and rule[1] in WAZUH_RULES:
                says = WAZUH_RULES[rule[1]]
                cases += [Case(f"{path.stem}: {section} {n}", line, says) for n, line in logs]
        yield Stream(cases, True)


# ---- Tenzir and OCSF: events of class 3002 ---------------------------------------------------------


def ocsf_says(event):
    user = event.get("user") or event.get("actor", {}).get("user") or {}
    when = event.get("time")
    if isinstance(when, int):
        epoch = datetime(1970, 1, 1) + timedelta(milliseconds=when)
        when = epoch.isoformat(timespec="milliseconds")
    return without_nothing(
        {
            "attempt": event.get("class_uid") == 3002,
            "outcome": {1: "success", 2: "failure"}.get(event.get("status_id")),
            "address": (event.get("src_endpoint") or {}).get("ip"),
            "account": [user[key] for key in ("name", "email_addr") if user.get(key)],
            "time": str(when) if when else None,
            "agent": (event.get("http_request") or {}).get("user_agent"),
        }
    )


# One row of an event as Tenzir prints it: JSON but for bare keys, bare values and a comma at the end.
TQL_ROW = re.compile(r'^\s*(?:("[^"]*"|[\w.@-]+): )?(.*?)(,?)$')
TQL_PLAIN = re.compile(r'true|false|null|-?\d+(\.\d+)?|["{\[\]}].*')


def tql_row(row):
    key, value, comma = TQL_ROW.match(row).groups()
    name = "" if key is None else (key if key.startswith('"') else f'"{key}"') + ": "
    return name + (value if TQL_PLAIN.fullmatch(value) else json.dumps(value)) + comma


def tql_events(text):
    rows = "\n".join(tql_row(row) for row in text.strip().splitlines())
    listed = re.sub(r"\n}\n{", "\n},\n{", rows)
    return json.loads("[" + re.sub(r",(\s*[}\]])", r"\1", listed) + "]")


def tenzir_keys(event):
    """By which of its texts a record can be found again."""
    metadata = event.get("metadata", {})
    loggers = [logger.get("event_uid") for logger in metadata.get("loggers") or []]
    return [key for key in (metadata.get("original_event_uid"), metadata.get("uid"), *loggers) if key]


def tenzir(folder):
    for expected, records in (
        ("graph_sign-ins.expected.txt", "graph_sign-ins.ndjson"),
        ("okta_ocsf_authentication.expected.txt", "okta_system-log.ndjson"),
    ):
        events = tql_events((folder / expected).read_text(encoding="utf-8"))
        cases = []
        for number, text in enumerate((folder / records).read_text(encoding="utf-8").splitlines(), 1):
            event = next((e for e in events if any(f'"{k}"' in text for k in tenzir_keys(e))), None)
            says = ocsf_says(event) if event else {"attempt": False}
            cases.append(Case(f"{records}:{number}", text, says))
        yield Stream(cases, True)


def ocsf(folder):
    for path in sorted(folder.glob("*.ocsf.json")):
        text = path.read_text(encoding="utf-8")
        try:
            says = ocsf_says(json.loads(text))
        except ValueError:
            says = {"attempt": False}  # broken as it lies there
        yield Stream([Case(path.name, text, says)], False)
        raw = next(path.parent.glob(path.name.replace(".ocsf.json", ".raw.*")))
        yield Stream([Case(raw.name, raw.read_text(encoding="utf-8"), says)], False)


# ---- Loghub: the published parse of a log ----------------------------------------------------------

# Templates that tell of an attempt, as their parse names them.
LOGHUB_ATTEMPT = re.compile(r"^(?:message repeated <\*> times: \[ )?(Failed|Accepted) ")


def loghub(folder):
    with (folder / "OpenSSH_2k.log_structured.csv").open(encoding="utf-8", newline="") as parse:
        rows = list(csv.DictReader(parse))
    texts = (folder / "OpenSSH_2k.log").read_text(encoding="utf-8").splitlines()
    cases = []
    for number, (row, text) in enumerate(zip(rows, texts, strict=True), 1):
        match = LOGHUB_ATTEMPT.match(row["EventTemplate"])
        says = {"attempt": match is not None}
        if match:
            says["outcome"] = "success" if match[1] == "Accepted" else "failure"
        cases.append(Case(f"OpenSSH_2k.log:{number}", text, says))
    yield Stream(cases, True)


PEERS = {
    "sekoia_intake_formats": sekoia,
    "crowdsec_hub": crowdsec,
    "fail2ban": fail2ban,
    "wazuh_ruleset": wazuh,
    "tenzir_library": tenzir,
    "ocsf_examples": ocsf,
    "loghub": loghub,
}
