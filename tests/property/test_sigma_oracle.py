#!/usr/bin/env python3
"""The matcher agrees with a slow one: test_sigma_oracle.py [--program FILE] [--seed N]

Random rules with every modifier, escape and condition are asked about random events; so is every
rule of $SPRAYWATCH_DATA/sigma (else ../shared/data/sigma) that loads, about events made of its own
values. What the program tells of in its signals must be what tests/oracle/sigma.py finds, rule by
rule and event by event. Events lie a minute apart, so that no signal is held back.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

try:
    import yaml
except ImportError:
    print("1..0 # SKIP python3-yaml is not installed")
    sys.exit(0)

from oracle import sigma  # noqa: E402 pylint: disable=wrong-import-position

SOURCES = sigma.Sources(ROOT / "rules" / "logsources.yml")
PLACEHOLDERS = {"admins": ["root", "adm*", "Bob"], "one": "a?c", "net": ["10.0.0.0/8", "fe80::/10"]}

RUNS, RULES, EVENTS = 9, 120, 100  # the rules and events are those of one run of the program
PAIRS_MIN = 100000
FILES_MIN = 100
SHOWN_MAX = 20

# ---- asking both --------------------------------------------------------------------------------


def run(program, *arguments):
    done = subprocess.run([program, *arguments], capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{arguments}: status {done.returncode}: {done.stderr.decode()[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def write_rules(directory, texts, placeholders):
    """Each text a file of its own; and the file of placeholders."""
    rules, values = Path(directory) / "rules", Path(directory) / "values.yml"
    rules.mkdir()
    for number, text in enumerate(texts):
        (rules / f"{number:05}.yml").write_text(text, encoding="utf-8")
    values.write_text(json.dumps(placeholders), encoding="utf-8")
    return rules, values


def ask(program, texts, records, placeholders):
    """(rule title, line) of what the program finds, and of what the oracle finds. Titles differ."""
    with tempfile.TemporaryDirectory(prefix="spraywatch-oracle-") as directory:
        rules, values = write_rules(directory, texts, placeholders)
        log = Path(directory) / "log.ndjson"
        log.write_text("".join(record + "\n" for record in records), encoding="utf-8")
        events = run(program, "normalize", "--quiet", log)
        scan = ["scan", "--quiet", "--format", "jsonl", "--rules", rules]
        documents = run(program, *scan, "--placeholders", values, log)
    found = {
        (document["rule"]["name"], document["spraywatch"]["evidence"]["line"])
        for document in documents
        if document["event"]["kind"] == "signal"
    }
    subjects = [
        (line, sigma.Subject(records[line - 1], event))
        for line, event in ((event["spraywatch"]["line"], event) for event in events)
    ]
    expected = {
        (rule.title, line)
        for text in texts
        for rule in sigma.rules_of(text, SOURCES, placeholders)
        for line, subject in subjects
        if rule.matches(subject)
    }
    return found, expected, len(subjects)


# ---- random texts, records and rules ------------------------------------------------------------

PIECES = [
    *("a", "A", "b", "B", "c", "ab", "adm", "Root", "bob", "1", "50053", ".", "-", "/", "\\"),
    *("\\\\", '"', "*", "?", "%", " ", "\t", "\n", "é", "É", "–", "—", "日本", "\U0001f511", "_"),
    *("-x", " /y", "[", "(", "$", "^", "{", "YWI=", "+", "|"),
]
WORDS = [
    *("", "a", "ab", "AB", "root", "Admin", "bob", "true", "null", "0", "50053", "-1", "3.50", "é")
]
ADDRESSES = [
    *("10.1.2.3", "10.0.0.1:8080", "192.0.2.7", "::ffff:10.9.9.9", "[fe80::1]:443"),
    *("fe80::2%eth0", "2001:db8::1", "0.0.0.0", "not-an-address", "010.1.1.1", "300.1.1.1"),
]
OWN_ADDRESSES = ["10.1.2.3", "192.0.2.7", "2001:db8::1", "::ffff:10.0.0.9"]
NETWORKS = [
    *("10.0.0.0/8", "10.1.2.3", "fe80::/10", "::/0", "0.0.0.0/0", "2001:db8::/32"),
    "::ffff:10.0.0.0/104",
]
TIMES = ["2024-02-01T09:31:07Z", "2024-12-30 23:59:59", "2021-01-01T00:30:00+01:00", "2020-02-30"]
NUMBERS = ["0", "7", "-7", "7.0", "7e0", "50053", "3.5", "123456789012345678", "-0.5"]

RAW_FIELDS = [
    *("f1", "f2", "f3", "F4", "n.a", "n.b.c", "dotted.key", "list", "objects.x", "n.objects.y.z"),
    *("nothing", "mixed", "number", "address", "when"),
]
TEXT_FIELDS = ["user.name", "user.email", "user_agent.original", "spraywatch.client.name"]
EVENT_FIELDS = [*TEXT_FIELDS, "source.ip", "event.code", "source.as.number", "event.dataset"]


def random_text(draw):
    if draw.random() < 0.3:
        return draw.choice(WORDS)
    return "".join(draw.choice(PIECES) for _ in range(draw.randrange(5)))


def random_scalar(draw):
    kind = draw.randrange(10)
    if kind < 6:
        return random_text(draw)
    if kind < 8:
        return Number(draw.choice(NUMBERS))
    return draw.choice([True, False, None])


def random_value(draw):
    kind = draw.randrange(12)
    if kind == 0:
        return [random_scalar(draw) for _ in range(draw.randrange(4))]
    if kind == 1:
        return [[random_scalar(draw)], random_scalar(draw)]
    if kind == 2:
        return {"k": random_scalar(draw)}
    return random_scalar(draw)


class Number(str):
    """A number as it is to be written."""


def json_text(draw, value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        blank = draw.choice(["", " "])
        pairs = [f"{json.dumps(key)}:{blank}{json_text(draw, part)}" for key, part in value.items()]
        return "{" + f",{blank}".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + draw.choice([",", ", "]).join(json_text(draw, inner) for inner in value) + "]"
    text = json.dumps(value, ensure_ascii=draw.random() < 0.3)
    return text.replace("/", "\\/") if isinstance(value, str) and draw.random() < 0.3 else text


def time_at(number):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1706778000 + 60 * number))


def random_record(draw, number):
    """A sign-in of Entra ID, with further fields. Keys come in any order."""
    record = {
        "id": f"request-{number}",
        "createdDateTime": time_at(number) + draw.choice(["Z", ".5Z", ".123456Z"]),
        "userPrincipalName": draw.choice(["bob@x.org", "Ada.B@X.org", random_text(draw)]),
        "appDisplayName": draw.choice(["Portal", random_text(draw)]),
        "ipAddress": draw.choice(OWN_ADDRESSES),
        "clientAppUsed": "Browser",
        "userAgent": random_text(draw),
        "autonomousSystemNumber": draw.choice([64500, 7]),
        "status": {"errorCode": Number(draw.choice(["0", "50053", "50126", "53003"]))},
    }
    choices = {
        **{name: random_value(draw) for name in ("f1", "f2", "f3", "mixed")},
        draw.choice(["f4", "F4"]): random_value(draw),
        "n": {
            "a": random_value(draw),
            "b": {"c": random_value(draw)},
            "objects": [
                {"y": {"z": random_value(draw)}} if draw.random() < 0.7 else {}
                for _ in range(draw.randrange(3))
            ],
        },
        "dotted.key": random_value(draw),
        "dotted": {"key": random_value(draw)},
        "list": [random_scalar(draw) for _ in range(draw.randrange(4))],
        "objects": [
            {"x": random_value(draw)} if draw.random() < 0.7 else random_scalar(draw)
            for _ in range(draw.randrange(3))
        ],
        "number": Number(draw.choice(NUMBERS)) if draw.random() < 0.7 else draw.choice(NUMBERS),
        "address": draw.choice(ADDRESSES),
        "when": draw.choice(TIMES),
    }
    record.update({key: value for key, value in choices.items() if draw.random() < 0.7})
    keys = list(record)
    draw.shuffle(keys)
    return json_text(draw, {key: record[key] for key in keys})


def yaml_text(value):
    if isinstance(value, dict):
        pairs = [f"{json.dumps(key)}: {yaml_text(inner)}" for key, inner in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(yaml_text(inner) for inner in value) + "]"
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def escaped(draw, text):
    """A text that a rule may hold for a value: its specials literal, or not."""
    return "".join("\\" + c if c in "*?\\" and draw.random() < 0.6 else c for c in text)


def rule_text(draw, pool):
    """A value of a rule, mostly near to one of the events."""
    text = draw.choice(pool) if draw.random() < 0.85 else random_text(draw)
    text = escaped(draw, text)
    kind = draw.randrange(8)
    if kind == 0:
        text = text.swapcase()
    elif kind == 1 and text:
        at = draw.randrange(len(text))
        wild = draw.choice(["*", "?", "**", "\\*", "\\?", "\\", "\\\\*"])
        text = text[:at] + wild + text[at + 1 :]
    elif kind == 2:
        text = draw.choice(["*", ""]) + text + draw.choice(["*", "?", ""])
    elif kind == 3 and len(text) > 1:
        begin = draw.randrange(len(text))
        text = text[begin : begin + draw.randrange(1, 5)]
    return text


ATOMS = [
    *("a", "b", "A", "1", "é", ".", "[ab]", "[^a]", r"\d", r"\w", r"\s", r"\.", r"\\", "-", r"\b"),
    *("(?=a)", "(?!b)", "(?<=a)", "(?<!b)", "(?=.*b)", "(?!.*1)"),  # what PCRE2 confirms
]


def random_regex(draw, depth=2):
    parts = []
    for _ in range(draw.randrange(1, 4)):
        atom = draw.choice(ATOMS)
        if depth > 0 and draw.random() < 0.25:
            atom = draw.choice(["(?:", "("]) + random_regex(draw, depth - 1) + ")"
        if atom != r"\b" and not atom.startswith("(?") and draw.random() < 0.35:
            atom += draw.choice(["*", "+", "?", "{1,2}", "{2}", "*?", "+?"])
        parts.append(atom)
    text = "".join(parts)
    if depth == 2 and draw.random() < 0.1:
        text = f"({draw.choice(['a', '.', '[ab]+'])}){text}\\1"
    if depth == 2 and draw.random() < 0.3:
        text = draw.choice(["^", ""]) + text + draw.choice(["$", ""])
    if draw.random() < 0.2:
        text += "|" + random_regex(draw, 0)
    return text


# Each gives the modifiers of an item and makes its values; None: one value without a list.


def by_text(draw, pool):
    place = draw.choice(["", "|contains", "|startswith", "|endswith"])
    return place + draw.choice(["", "", "|cased"]), lambda: rule_text(draw, pool)


def by_scalar(draw, _):
    scalars = [Number("7"), Number("50053"), Number("3.5"), True, False, None, ""]
    return "", lambda: draw.choice(scalars)


def by_regex(draw, _):
    flags = ["", "|i", "|s", "|i|s", "|ignorecase", "|dotall", "|contains"]
    return "|re" + draw.choice(flags), lambda: random_regex(draw)


def by_network(draw, _):
    return "|cidr", lambda: draw.choice(NETWORKS)


def by_order(draw, _):
    operator = draw.choice(["|lt", "|lte", "|gt", "|gte"])
    return operator, lambda: Number(draw.choice(["7", "-7", "3.5", "50053", "0"]))


def by_time(draw, _):
    part = draw.choice(["|minute", "|hour", "|day", "|week", "|month", "|year"])
    numbers = ["0", "1", "9", "12", "23", "30", "31", "53", "2021", "2024"]
    return part + draw.choice(["", "|gte", "|lt"]), lambda: Number(draw.choice(numbers))


def by_encoding(draw, pool):
    wide = draw.choice(["", "|wide", "|utf16be", "|utf16", "|utf16le"])
    encoding = draw.choice(["|base64", "|base64offset"]) + "|contains"
    plain = lambda: draw.choice(pool).replace("*", "").replace("?", "")  # noqa: E731
    return wide + encoding + draw.choice(["", "|cased"]), plain


def by_dash(draw, pool):
    place = draw.choice(["", "|contains", "|startswith", "|endswith"])
    return "|windash" + place, lambda: rule_text(draw, pool)


def by_placeholder(draw, _):
    wanted = ["%admins%", "x%admins%", "%one%", "\\%one%", "%one%%admins%", "50%"]
    place = draw.choice(["", "|contains", "|startswith", "|endswith"])
    return "|expand" + place, lambda: draw.choice(wanted)


def by_reference(draw, _):
    place = draw.choice(["", "|contains", "|startswith", "|endswith"])
    cased = draw.choice(["", "|cased"])
    return "|fieldref" + place + cased, lambda: draw.choice(RAW_FIELDS + TEXT_FIELDS)


WAYS = [
    *([by_text] * 6 + [by_scalar] * 2 + [by_regex] * 2 + [by_time] * 2),
    *(by_network, by_order, by_encoding, by_dash, by_placeholder, by_reference),
]


def random_item(draw, pools):
    """A key and its value, as JSON has them."""
    name = draw.choice([*RAW_FIELDS, *RAW_FIELDS, *EVENT_FIELDS, "@timestamp"])
    pool = pools[name] or WORDS
    kind = draw.randrange(24)
    if kind == 0:
        return f"{name}|exists", draw.random() < 0.5
    if kind == 1:
        return name + draw.choice(["", "|neq"]), None
    if kind == 2:
        return "|all" + draw.choice(["", "|cased"]), [draw.choice(pool) or "a", "o"]
    modifiers, make = draw.choice(WAYS)(draw, pool)
    count = draw.choice([1, 1, 1, 2, 3])
    values = [make() for _ in range(count)]
    modifiers += draw.choice(["", "", "", "|neq"])
    modifiers += "|all" if count > 1 and draw.random() < 0.4 else ""
    return name + modifiers, values if count > 1 or draw.random() < 0.2 else values[0]


KEYWORDS = ["bob", "50053", "a/b", "\\\\", 'x"', "adm*1", "é", "request-1?", "\\*", "x"]
PATTERNS = ["them", "sel*", "*_1", "_hidden*", "sel_*"]


def random_definition(draw, pools, depth=1):
    kind = draw.randrange(8)
    if kind == 0:
        return [draw.choice(KEYWORDS) for _ in range(draw.randrange(1, 3))]
    if kind == 1 and depth:
        return [*(random_definition(draw, pools, 0) for _ in range(2)), {"f1": "a"}]
    return dict(random_item(draw, pools) for _ in range(draw.choice([1, 1, 2])))


def random_condition(draw, names, depth=2):
    kind = draw.randrange(8) if depth else 0
    if kind < 3:
        return draw.choice(names)
    inner = random_condition(draw, names, depth - 1)
    if kind == 3:
        return f"not {inner}"
    if kind == 4:
        return f"({inner})"
    if kind == 5:
        return f"{draw.choice(['1', 'any', 'all'])} of {draw.choice(PATTERNS)}"
    return f"{inner} {draw.choice(['and', 'or'])} {random_condition(draw, names, depth - 1)}"


def random_rule(draw, pools, number):
    names = ["sel", "sel_1", "filter_1", "_hidden_1"]
    detection = {name: random_definition(draw, pools) for name in names}
    detection["condition"] = random_condition(draw, names)
    if draw.random() < 0.1:
        detection["condition"] = [detection["condition"], random_condition(draw, names)]
    head = {"title": f"r{number}", "name": f"r{number}", "logsource": ANY_LOG}
    documents = [{**head, "detection": detection}]
    if draw.random() < 0.1:
        narrowed = {"rules": [f"r{number}"], "sel": random_definition(draw, pools)}
        narrowed["condition"] = draw.choice(["not sel", "sel"])
        documents.append({"title": "f", "logsource": ANY_LOG, "filter": narrowed})
    return "---\n".join(yaml_text(document) + "\n" for document in documents)


ANY_LOG = {"category": "authentication"}


def pool_of(values):
    return [value.text for value in values or [] if value.text and len(value.text) < 40]


def pools_of(program, records):
    """What each field holds in the records."""
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson", encoding="utf-8") as log:
        log.write("".join(record + "\n" for record in records))
        log.flush()
        events = run(program, "normalize", "--quiet", log.name)
    subjects = [sigma.Subject(records[event["spraywatch"]["line"] - 1], event) for event in events]
    return {
        name: [text for subject in subjects for text in pool_of(subject.field(name, []))]
        for name in (*RAW_FIELDS, *EVENT_FIELDS, "@timestamp")
    }


def that_load(program, texts, placeholders):
    """The rules that the program takes. Each is a file of its own."""
    with tempfile.TemporaryDirectory(prefix="spraywatch-oracle-") as directory:
        rules, values = write_rules(directory, texts, placeholders)
        command = [program, "validate", "--placeholders", values, rules]
        done = subprocess.run(command, capture_output=True, check=False, text=True)
    refused = {int(name) for name in re.findall(r"/(\d+)\.yml:\d+:\d+: error", done.stderr)}
    if done.returncode != (78 if refused else 0):
        sys.exit(f"validate: status {done.returncode}: {done.stderr}")
    return [text for number, text in enumerate(texts) if number not in refused]


def disagreements(found, expected, texts, records):
    """One a rule."""
    first = {title: line for title, line in sorted(found ^ expected, reverse=True)}
    for title, line in list(first.items())[:SHOWN_MAX]:
        who = "the program" if (title, line) in found else "the oracle"
        text = next(text for text in texts if title in text)
        yield f"{title} matches only for {who}: {text.strip()}\n  {records[line - 1]}"


def random_run(program, seed):
    draw = random.Random(seed)
    records = [random_record(draw, number) for number in range(EVENTS)]
    pools = pools_of(program, records)
    made = [random_rule(draw, pools, number) for number in range(RULES)]
    texts = that_load(program, made, PLACEHOLDERS)
    found, expected, subjects = ask(program, texts, records, PLACEHOLDERS)
    problems = list(disagreements(found, expected, texts, records))
    return problems, len(texts) * subjects, len(expected)


# ---- other people's rules -----------------------------------------------------------------------

AT = "@TIME@"
BASES = [
    {
        "id": "@ID@",
        "createdDateTime": AT,
        "userPrincipalName": "bob@example.com",
        "ipAddress": "192.0.2.7",
        "status": {"errorCode": 50126},
    },
    {
        "time": AT,
        "operationName": "Sign-in activity",
        "category": "SignInLogs",
        "tenantId": "t",
        "resultType": "50126",
        "callerIpAddress": "192.0.2.7",
        "properties": {
            "id": "@ID@",
            "createdDateTime": AT,
            "userPrincipalName": "bob@example.com",
            "ipAddress": "192.0.2.7",
            "status": {"errorCode": 50126},
        },
    },
    {
        "uuid": "@ID@",
        "published": AT,
        "eventType": "user.session.start",
        "actor": {"id": "00u1", "alternateId": "bob@example.com"},
        "client": {"ipAddress": "192.0.2.7"},
        "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
    },
    {
        "eventTime": AT,
        "eventID": "@ID@",
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": {"type": "IAMUser", "accountId": "1", "userName": "bob"},
        "responseElements": {"ConsoleLogin": "Failure"},
        "eventType": "AwsConsoleSignIn",
        "recipientAccountId": "1",
    },
    {
        "@timestamp": AT,
        "winlog": {
            "channel": "Security",
            "provider_name": "Microsoft-Windows-Security-Auditing",
            "event_id": 4625,
            "record_id": "@ID@",
            "computer_name": "dc1",
            "event_data": {
                "TargetUserName": "bob",
                "TargetDomainName": "CORP",
                "Status": "0xc000006d",
                "SubStatus": "0xc000006a",
                "LogonType": "3",
                "IpAddress": "192.0.2.7",
            },
        },
    },
    {
        "CreationTime": AT,
        "Id": "@ID@",
        "Operation": "UserLoginFailed",
        "OrganizationId": "o",
        "RecordType": 15,
        "Workload": "AzureActiveDirectory",
        "ClientIP": "192.0.2.7",
        "UserId": "bob@example.com",
        "ErrorNumber": "50126",
    },
]
FILE_EVENTS = 80


def wishes(node):
    """(field, values) of all items below a node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and not isinstance(value, yaml.MappingNode):
                nodes = value.value if isinstance(value, yaml.SequenceNode) else [value]
                texts = [part.value for part in nodes if isinstance(part, yaml.ScalarNode)]
                yield key.value.split("|")[0], texts
            yield from wishes(value)
    elif isinstance(node, yaml.SequenceNode):
        texts = [part.value for part in node.value if isinstance(part, yaml.ScalarNode)]
        if texts:
            yield "", texts
        for part in node.value:
            yield from wishes(part)


def close_value(draw, text):
    """A value that fits the rule's text, or nearly."""
    text = re.sub(r"%[\w.-]+%", lambda _: draw.choice(["one", "two", "x"]), text)
    runs = {sigma.ANY: ["", "x", "ab "], sigma.ONE: ["x"]}
    made = "".join(draw.choice(runs.get(symbol, [symbol])) for symbol in sigma.read_escapes(text))
    kind = draw.randrange(8)
    if kind == 0:
        return made.swapcase()
    if kind == 1:
        return made + draw.choice(["x", " ", "/"])
    if kind == 2:
        return "y" + made
    if kind == 3:
        return [draw.choice(["z", None]), made]
    if kind == 4:
        return draw.choice([None, "", [], True, Number("0")])
    if kind == 5 and re.fullmatch(r"0|[1-9][0-9]*", made):
        return Number(made)
    return made


def put(record, keys, value):
    for key in keys[:-1]:
        if not isinstance(record.get(key), dict):
            record[key] = {}
        record = record[key]
    record[keys[-1]] = value


def record_for(draw, wanted, logsource, number):
    """A record of some log, with values for a few of the fields that rules ask for."""
    text = json.dumps(draw.choice(BASES))
    record = json.loads(text.replace("@ID@", f"id-{number}").replace(AT, time_at(number) + "Z"))
    for name, texts in draw.sample(wanted, min(len(wanted), draw.randrange(6))):
        ways = [name, *SOURCES.aliases(logsource, name)] if name else ["message"]
        ways = [way for way in ways if way not in sigma.EVENT_FIELDS] or ["message"]
        way = draw.choice(ways)
        keys = [way] if draw.random() < 0.2 else way.split(".")
        put(record, keys, close_value(draw, draw.choice(texts or [""])))
    return json_text(draw, record)


def without_correlations(text):
    parts = [part for part in re.split(r"^---.*$", text, flags=re.M) if part.strip()]
    return "---\n".join(part for part in parts if not re.search(r"^correlation:\s*$", part, re.M))


def for_every_log(text):
    """The same rules, for all logs."""
    own = re.compile(r"^logsource:\s*\n(?:[ \t]+.*\n|[ \t]*#.*\n)+", re.M)
    return own.sub("logsource:\n  category: authentication\n", text)


def file_run(program, path, seed):
    """Problems, pairs and matches of a file; None when the program does not take it."""
    draw = random.Random(f"{seed} {path.name}")
    own = without_correlations(path.read_text("utf-8"))
    placeholders = {name: ["one", "two*"] for name in re.findall(r"%([\w.-]+)%", own)}
    problems, pairs, matches = [], 0, 0
    for text in (own, for_every_log(own)):
        if not that_load(program, [text], placeholders):
            return None
        if not text.strip():
            continue
        roots = sigma.documents_of(text)
        bodies = [sigma.child(root, "detection") or sigma.child(root, "filter") for root in roots]
        wanted = [wish for body in bodies for wish in wishes(body) if wish[0] != "condition"]
        logsource = sigma.scalars(sigma.child(roots[0], "logsource"))
        records = [record_for(draw, wanted, logsource, number) for number in range(FILE_EVENTS)]
        found, expected, subjects = ask(program, [text], records, placeholders)
        problems += disagreements(found, expected, [text], records)
        pairs += subjects
        matches += len(expected)
    return problems, pairs, matches


# ---- the tests ----------------------------------------------------------------------------------


def report(number, name, problems):
    print(f"{'not ok' if problems else 'ok'} {number} - {name}")
    for problem in problems:
        for line in problem.splitlines():
            print(f"# {line}")
    return bool(problems)


def test_random(program, seed, runs):
    problems, pairs, matches = [], 0, 0
    for number in range(runs):
        found, asked, matched = random_run(program, f"{seed} {number}")
        problems += [f"run {number}: {problem}" for problem in found]
        pairs, matches = pairs + asked, matches + matched
    if runs >= RUNS and pairs < PAIRS_MIN:
        problems.append("too few rules were taken to prove much")
    return report(1, f"{pairs} random rules and events, {matches} matches, seed {seed}", problems)


def test_files(program, seed, folder, most):
    if not folder.is_dir():
        print(f"ok 2 - other people's rules # SKIP there is no {folder}")
        return False
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".yml", ".yaml"))
    if most is not None:
        paths = sorted(random.Random(seed).sample(paths, min(most, len(paths))))
    with ThreadPoolExecutor(2) as executor:
        results = list(executor.map(lambda path: file_run(program, path, seed), paths))
    taken = [result for result in results if result is not None]
    problems = [problem for found, _, _ in taken for problem in found]
    if most is None and len(taken) < FILES_MIN:
        problems.append("too few files were taken to prove much")
    pairs, matches = sum(pairs for _, pairs, _ in taken), sum(matches for *_, matches in taken)
    name = f"{len(taken)} of {len(paths)} files, {pairs} rules and events, {matches} matches"
    return report(2, f"{name}, seed {seed}", problems)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--files", type=int, help="so many of them, drawn by the seed")
    options = parser.parse_args()
    program = str(Path(options.program).resolve())
    folder = Path(os.environ.get("SPRAYWATCH_DATA") or ROOT.parent / "shared" / "data") / "sigma"
    print("1..2")
    has_failed = test_random(program, options.seed, options.runs)
    has_failed |= test_files(program, options.seed, folder, options.files)
    sys.exit(1 if has_failed else 0)


if __name__ == "__main__":
    main()
