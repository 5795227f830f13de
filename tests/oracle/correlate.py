"""Correlations the slow way, for comparison with the engine.

Takes rule documents as the values that JSON gives, and records, and says which hits there are. Every
judgement is made anew from the list of all events of a group, as docs/rules.md words it; nothing is
kept up to date, nothing is clever, and nothing is shared with the engine.
"""
import ast
import re
import statistics
from fractions import Fraction

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}
NUMBER_MAX = 9200000000000


def listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def text_of(value):
    """The text of a record's field; None when there is none."""
    if isinstance(value, list):
        for item in value:
            if text_of(item) is not None:
                return text_of(item)
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value or None
    return None if value is None else repr(value)


def number_of(text):
    """A plain decimal, cut behind the sixth digit of its fraction; None when it is none."""
    if text is None or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        return None
    whole, _, fraction = text.partition(".")
    number = Fraction(f"{whole}.{fraction[:6] or '0'}")
    return number if abs(int(whole)) < NUMBER_MAX else None


class Event:
    """What one correlation counts: an attempt, or a hit of another correlation."""

    def __init__(self, time, sources, value, record):
        self.time, self.sources, self.value, self.record = time, sources, value, record


class Correlation:
    def __init__(self, document):
        self.name, self.title = document["name"], document["title"]
        block = document["correlation"]
        self.type = block["type"]
        condition = block.get("condition")
        self.text = condition if isinstance(condition, str) else None
        self.bounds = dict(condition) if isinstance(condition, dict) else {}
        self.fields = listed(self.bounds.pop("field", None))
        self.percentile = self.bounds.pop("percentile", 50)
        words = re.findall(r"\w+", self.text or "")
        named = [word for word in words if word not in ("and", "or", "not")]
        self.rules = list(dict.fromkeys(listed(block.get("rules")) or named))
        self.group_by = listed(block.get("group-by"))
        self.aliases = block.get("aliases", {})
        self.generates = block.get("generate", False)
        self.span = int(block["timespan"][:-1]) * UNITS[block["timespan"][-1]]
        self.at_end = "not" in words or not set(self.bounds) <= {"gt", "gte"}
        self.groups = {}  # key -> all its events
        self.held = {}  # key -> when the condition held last
        self.windows = {}  # key -> its open window: begin and events, in the order of opening

    def field_of(self, name, rule):
        return self.aliases.get(name, {}).get(rule, name)

    # ---- judging a list of events -----------------------------------------------------------------

    def compares(self, number):
        signs = {
            "gt": number.__gt__, "gte": number.__ge__, "lt": number.__lt__, "lte": number.__le__,
            "eq": number.__eq__, "neq": number.__ne__,
        }  # fmt: skip
        return all(signs[sign](Fraction(str(bound))) for sign, bound in self.bounds.items())

    def in_order(self, events):
        """Whether events follow each other as the text asks; without one, of each rule in turn."""
        text = ast.parse(self.text or " and ".join(self.rules), mode="eval").body
        asked = text.values if is_joined(text, ast.And) else [text]
        seen = {rule: any(rule in event.sources for event in events) for rule in self.rules}
        for part in asked:
            if isinstance(part, ast.UnaryOp) and eval(ast.unparse(part.operand), {}, seen):
                return False
        earliest = min((event.time for event in events), default=0)
        for part in asked:
            if not isinstance(part, ast.UnaryOp):
                earliest = first_end(part, events, earliest)
        return earliest is not None

    def holds(self, events):
        if self.type == "event_count":
            return self.compares(Fraction(len(events)))
        if self.type == "value_count":
            return self.compares(Fraction(len({event.value for event in events})))
        if self.type.startswith("value_"):
            numbers = sorted(event.value for event in events)
            rank = max(1, -(-len(numbers) * self.percentile // 100))
            return self.compares(
                sum(numbers) if self.type == "value_sum"
                else sum(numbers) / len(numbers) if self.type == "value_avg"
                else statistics.median_low(numbers) if self.type == "value_median"
                else numbers[rank - 1]
            )  # fmt: skip
        seen = {rule for event in events for rule in event.sources}
        if self.type == "temporal_ordered":
            return self.in_order(events)
        if self.text is not None:
            return eval(self.text, {}, {rule: rule in seen for rule in self.rules})
        if not self.bounds:
            return len(seen) == len(self.rules)
        return self.compares(Fraction(len(seen)))


def is_joined(text, operator):
    return isinstance(text, ast.BoolOp) and isinstance(text.op, operator)


def first_end(text, events, earliest):
    """When what the text asks for has happened at the earliest, from a time on; None: never."""
    if earliest is None:
        return None
    if isinstance(text, ast.Name):
        times = [e.time for e in events if text.id in e.sources and e.time >= earliest]
        return min(times, default=None)
    if is_joined(text, ast.And):
        for part in text.values:
            earliest = first_end(part, events, earliest)
        return earliest
    ends = [first_end(part, events, earliest) for part in text.values]
    return min((end for end in ends if end is not None), default=None)


class Correlator:
    """Rules are functions of a record, by name; documents stand behind those that they count."""

    def __init__(self, rules, documents):
        self.rules = rules
        self.correlations = [Correlation(document) for document in documents]
        self.hits = []  # (time, title, key, record, whether it is told)

    def told(self, name):
        users = [one for one in self.correlations if name in one.rules]
        return all(one.generates for one in users)

    # ---- events -----------------------------------------------------------------------------------

    def value_of(self, correlation, texts):
        """What is counted, given the texts of the counted fields."""
        if correlation.type == "value_count":
            return None if None in texts else tuple(texts)
        if correlation.type.startswith("value_"):
            return number_of(texts[0])
        return ()

    def happen(self, correlation, key, event):
        if event.value is None:
            return
        if correlation.at_end:
            correlation.windows.setdefault(key, (event.time, []))[1].append(event)
            return
        events = correlation.groups.setdefault(key, [])
        events.append(event)
        if not correlation.holds([e for e in events if e.time >= event.time - correlation.span]):
            return
        before = correlation.held.get(key)
        correlation.held[key] = event.time
        if before is None or event.time - before > correlation.span:
            self.hit(correlation, key, event.time, event.record)

    def hit(self, correlation, key, time, record):
        self.hits.append((time, correlation.title, key, record, self.told(correlation.name)))
        carried = dict(zip(correlation.group_by, key))
        for user in self.correlations:
            if correlation.name in user.rules:
                names = [user.field_of(name, correlation.name) for name in user.group_by]
                texts = [carried[user.field_of(name, correlation.name)] for name in user.fields]
                event = Event(time, {correlation.name}, self.value_of(user, texts), record)
                self.happen(user, tuple(carried[name] for name in names), event)

    def attempt(self, correlation, time, record, fields):
        events = {}
        for rule in correlation.rules:
            if rule not in self.rules or not self.rules[rule](record):
                continue
            key = tuple(fields(correlation.field_of(n, rule)) for n in correlation.group_by)
            if None in key:
                continue
            texts = [fields(correlation.field_of(name, rule)) for name in correlation.fields]
            value = self.value_of(correlation, texts)
            event = events.setdefault(key, Event(time, set(), value, record))
            event.sources.add(rule)
            event.value = value if event.value is None else event.value
        for key, event in events.items():
            self.happen(correlation, key, event)

    # ---- time -------------------------------------------------------------------------------------

    def end_windows(self, before):
        """Windows that ended before a time (None: all), first those that ended first."""
        while True:
            ends = [
                (begin + one.span, at, key)
                for at, one in enumerate(self.correlations)
                for key, (begin, _) in one.windows.items()
            ]
            first = min(ends, key=lambda end: end[:2], default=None)
            if first is None or (before is not None and first[0] >= before):
                return
            correlation = self.correlations[first[1]]
            _, events = correlation.windows.pop(first[2])
            if correlation.holds(events):
                self.hit(correlation, first[2], first[0], events[-1].record)

    def run(self, records, time_of, field_of):
        """Records in the order of time; `field_of` gives the value of one's field by its name."""
        for record in records:
            self.end_windows(time_of(record))
            for correlation in self.correlations:
                self.attempt(
                    correlation, time_of(record), record,
                    lambda name, of=record: text_of(field_of(of, name)),
                )  # fmt: skip
        self.end_windows(None)
        return self.hits
