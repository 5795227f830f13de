#!/usr/bin/env python3
"""The JSON schemas of the Sigma specification and `validate`, over the same documents.

Every shipped rule must please both. Beside these stand documents of our own, each with the verdict of
the schema and with ours; where the two differ, docs/rules.md says why, under the word given here. So
neither can change its mind unnoticed. The schemas lie in the data's folder `schemas`
($SPRAYWATCH_DATA, else ../shared/data); skipped without them, or without jsonschema or PyYAML.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"1..0 # SKIP {missing}")
    sys.exit(0)

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "detection": "sigma-detection-rule-schema.json",
    "correlation": "sigma-correlation-rules-schema.json",
    "filter": "sigma-filters-schema.json",
}

# What correlations and filters refer to.
BASE = """
title: A failure
name: base_rule
logsource: {product: azure, service: signinlogs}
detection: {selection: {ResultType: 50126}, condition: selection}
"""

RULE = """
title: {title}
{head}
logsource: {{product: azure, service: signinlogs}}
detection:
  {detection}
"""

CORRELATION = """
title: A count
correlation: {{type: {type}, rules: {rules}, group-by: {group_by}, timespan: {timespan}, condition: {condition}}}
"""

FILTER = """
title: Ours
{logsource}
filter: {body}
"""


def rule(head="", detection="selection: {ResultType: 5}\n  condition: selection", title="A rule"):
    return RULE.format(head=head, detection=detection, title=title)


def correlation(**parts):
    wanted = {
        "type": "event_count",
        "rules": "[base_rule]",
        "group_by": "[source.ip]",
        "timespan": "10m",
        "condition": "{gte: 5}",
    }
    return CORRELATION.format(**{**wanted, **parts})


def sigma_filter(body, logsource="logsource: {product: azure, service: signinlogs}"):
    return FILTER.format(body=body, logsource=logsource)


OWN = "{rules: [base_rule], selection: {user.name: svc}, condition: not selection}"

# A name; a document; whether the schema takes it; whether we do; why, when these differ.
DOCUMENTS = [
    ("rule", rule(), True, True, None),
    ("head", rule("status: test\nlevel: high\ndate: 2024-02-01\ntags: [attack.t1110]"), True, True, None),
    ("list of maps", rule(detection="s: [{ResultType: 5}, {Location: DE}]\n  condition: s"), True, True, None),
    ("keywords", rule(detection="s: [word, other]\n  condition: s"), True, True, None),
    ("own keys", rule("remarks: mine"), True, True, None),
    ("no title", rule().replace("title: A rule\n", ""), False, False, None),
    ("long title", rule(title="x" * 257), False, False, None),
    ("title no text", rule(title="[a]"), False, False, None),
    ("no condition", rule(detection="s: {ResultType: 5}"), False, False, None),
    ("level", rule("level: hihg"), False, False, None),
    ("tags no list", rule("tags: attack.t1110"), False, False, None),
    ("author no text", rule("author: [a]"), False, False, None),
    ("condition no text", rule(detection="s: {ResultType: 5}\n  condition: {a: b}"), False, False, None),
    ("no logsource", rule().replace("logsource: {product: azure, service: signinlogs}\n", ""), False, True, "any-log"),
    ("status", rule("status: stabel"), False, True, "lenient-head"),
    ("date", rule("date: 2024/02/01"), False, True, "lenient-head"),
    ("reference", rule("references: https://rules.example"), False, True, "lenient-head"),
    ("tag", rule("tags: [nothing]"), False, True, "lenient-head"),
    ("conditions", rule(detection="s: {ResultType: 5}\n  condition: [s, not s]"), False, True, "short-forms"),
    ("keyword", rule(detection="s: word\n  condition: s"), False, True, "short-forms"),
    ("identifier", rule(detection="s: {ResultType: 5}\n  condition: t"), True, False, "meaning"),
    ("syntax", rule(detection="s: {ResultType: 5}\n  condition: s s"), True, False, "meaning"),
    ("pipe", rule(detection="s: {ResultType: 5}\n  condition: s | count() > 5"), True, False, "meaning"),
    ("modifier", rule(detection="s: {ResultType|contian: 5}\n  condition: s"), True, False, "meaning"),
    ("value", rule(detection="s: {ResultType: {a: b}}\n  condition: s"), True, False, "meaning"),
    ("empty", rule(detection="s: {}\n  condition: s"), True, False, "meaning"),
    ("expression", rule(detection="s: {ResultType|re: '(a'}\n  condition: s"), True, False, "meaning"),
    ("network", rule(detection="s: {source.ip|cidr: 10.0.0.1/8}\n  condition: s"), True, False, "meaning"),
    ("taxonomy", rule("taxonomy: ours"), True, False, "meaning"),
    ("correlation", correlation(), True, True, None),
    ("values", correlation(type="value_count", condition="{field: user.name, gte: 5}"), True, True, None),
    ("range", correlation(condition="{gte: 5, lt: 9}"), True, True, None),
    ("type", correlation(type="event_cuont"), False, False, None),
    ("no type", correlation().replace("type: event_count, ", ""), False, False, None),
    ("no rules", correlation().replace("rules: [base_rule], ", ""), False, False, None),
    ("no timespan", correlation().replace("timespan: 10m, ", ""), False, False, None),
    ("no count", correlation().replace(", condition: {gte: 5}", ""), False, False, None),
    ("count no map", correlation(condition="[5]"), False, False, None),
    ("one rule", correlation(rules="base_rule"), False, True, "short-forms"),
    ("one group", correlation(group_by="source.ip"), False, True, "short-forms"),
    ("median", correlation(type="value_median", condition="{field: event.code, gte: 5}"), False, True, "beyond"),
    ("order", correlation(type="temporal_ordered", condition="base_rule and base_rule"), False, True, "beyond"),
    ("rules twice", correlation(rules="[base_rule, base_rule]"), False, True, "named-twice"),
    ("no such rule", correlation(rules="[base_rlue]"), True, False, "meaning"),
    ("operator", correlation(condition="{gtee: 5}"), True, False, "meaning"),
    ("timespan", correlation(timespan="ten"), True, False, "meaning"),
    ("no values", correlation(type="value_count", condition="{gte: 5}"), True, False, "meaning"),
    ("same", correlation(type="value_count", condition="{field: source.ip, gte: 5}"), True, False, "meaning"),
    ("filter", sigma_filter(OWN), True, True, None),
    ("filter no rules", sigma_filter("{selection: {user.name: svc}, condition: not selection}"), False, False, None),
    ("filter no condition", sigma_filter("{rules: [base_rule], selection: {user.name: svc}}"), False, False, None),
    ("filter no title", sigma_filter(OWN).replace("title: Ours\n", ""), False, False, None),
    ("filter of any log", sigma_filter(OWN, ""), False, True, "any-log"),
    ("any rule", sigma_filter(OWN.replace("[base_rule]", "any")), False, True, "short-forms"),
    ("other name", sigma_filter(OWN.replace("selection", "svc")), False, True, "short-forms"),
    ("filter of none", sigma_filter(OWN.replace("base_rule", "no_rule")), True, False, "meaning"),
]


class Loader(yaml.SafeLoader):  # pylint: disable=too-many-ancestors
    """YAML as Sigma reads it: a date is text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def sort_of(document):
    return next(sort for sort in ("correlation", "filter", "detection") if sort in document)


def pleases_schema(validators, document):
    return validators[sort_of(document)].is_valid(document)


def pleases_us(program, text):
    with tempfile.TemporaryDirectory(prefix="spraywatch-schemas-") as directory:
        Path(directory, "base.yml").write_text(BASE, "utf-8")
        Path(directory, "tested.yml").write_text(text, "utf-8")
        done = subprocess.run(
            [program, "validate", directory], capture_output=True, check=False, text=True
        )
    if done.returncode not in (0, 78):
        raise RuntimeError(f"exit status {done.returncode}: {done.stderr}")
    return done.returncode == 0


def judge(program, validators, row, explained):
    name, text, schema_takes, we_take, why = row
    problems = []
    if pleases_schema(validators, yaml.load(text, Loader)) != schema_takes:
        problems.append(f"{name}: the schema {'refuses' if schema_takes else 'takes'} it")
    if pleases_us(program, text) != we_take:
        problems.append(f"{name}: `validate` {'refuses' if we_take else 'takes'} it")
    if (schema_takes == we_take) != (why is None):
        problems.append(f"{name}: a reason is for a disagreement")
    if why is not None and f"| `{why}` |" not in explained:
        problems.append(f"{name}: docs/rules.md does not explain `{why}`")
    return problems


def judge_shipped(validators):
    for path in sorted((ROOT / "rules" / "catalog").glob("*.yml")):
        for document in yaml.load_all(path.read_text("utf-8"), Loader):
            for error in validators[sort_of(document)].iter_errors(document):
                yield f"{path.name}, {document['title']}: {error.message}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    program = str(Path(parser.parse_args().program).resolve())
    data = os.environ.get("SPRAYWATCH_DATA")
    folder = (Path(data) if data else ROOT.parent / "shared" / "data") / "schemas"
    if not all((folder / name).is_file() for name in FILES.values()):
        print(f"1..0 # SKIP there are no schemas of Sigma in {folder}")
        return
    validators = {
        sort: jsonschema.Draft202012Validator(json.loads((folder / name).read_text("utf-8")))
        for sort, name in FILES.items()
    }
    explained = (ROOT / "docs" / "rules.md").read_text("utf-8")
    with ThreadPoolExecutor(2) as executor:
        judged = executor.map(lambda row: judge(program, validators, row, explained), DOCUMENTS)
        problems = [problem for found in judged for problem in found]
    shipped = list(judge_shipped(validators))
    print("1..2")
    for number, (found, name) in enumerate(
        [(problems, f"{len(DOCUMENTS)} documents"), (shipped, "the shipped rules")], 1
    ):
        for problem in found:
            print(f"# {problem}")
        print(f"{'not ok' if found else 'ok'} {number} - {name}")
    sys.exit(1 if problems or shipped else 0)


if __name__ == "__main__":
    main()
