"""A slow matcher of Sigma detection rules: what `rules/` must say, found the plain way.

Says again what docs/rules.md says. A rule becomes a tree of Python functions that are asked about one
record after the other; nothing is compiled together, hashed, remembered or left out. Only what the
program takes is understood: whether it takes a rule is for others to test.

The values of ECS fields are those of `spraywatch normalize`, since how records become events is not
what is tested here; fields of records are read from the record's own text. The names of log sources
and their aliases come from rules/logsources.yml, which is data.
"""
import base64
import datetime
import fnmatch
import ipaddress
import itertools
import json
import re
from collections import namedtuple

import yaml

# ---- records ------------------------------------------------------------------------------------

# `kind`: text, number, bool, null, object or list. `text`: what a rule compares; for a list or an
# object the JSON as it stands. `inside`: elements, or pairs of key and value.
Value = namedtuple("Value", "kind text inside")

BLANK = re.compile(r"[ \t\n\r]*")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.S)
OTHER = re.compile(r"[^\s,\]}]+")


def skip(text, at):
    return BLANK.match(text, at).end()


def read_json(text, at=0):
    """The value that begins at `at`, and where it ends."""
    at = skip(text, at)
    if text[at] == '"':
        end = STRING.match(text, at).end()
        return Value("text", json.loads(text[at:end], strict=False), None), end
    if text[at] in "[{":
        return read_nested(text, at)
    end = OTHER.match(text, at).end()
    word = text[at:end]
    kind = {"true": "bool", "false": "bool", "null": "null"}.get(word, "number")
    return Value(kind, "" if kind == "null" else word, None), end


def read_nested(text, at):
    begin, is_object, inside = at, text[at] == "{", []
    at = skip(text, at + 1)
    while text[at] not in "]}":
        key = None
        if is_object:
            key, at = read_json(text, at)
            at = skip(text, at) + 1  # the colon
        value, at = read_json(text, at)
        inside.append((key.text, value) if is_object else value)
        at = skip(text, at)
        if text[at] == ",":
            at = skip(text, at + 1)
    return Value("object" if is_object else "list", text[begin : at + 1], inside), at + 1


LOWER = {ord(upper): ord(upper) + 32 for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def lower(text):
    """Case is that of ASCII."""
    return text.translate(LOWER)


def member(value, key):
    """Keys compare without case; of several the first counts."""
    if value is not None and value.kind == "object":
        for name, inner in value.inside:
            if lower(name) == lower(key):
                return inner
    return None


def walk(value, keys):
    for key in keys:
        value = member(value, key)
    return value


def elements(value):
    """What a value consists of: a list's elements, however deep, or itself."""
    if value.kind != "list":
        return [value]
    return [inner for element in value.inside for inner in elements(element)]


class Subject:
    """A record's text (None: the event alone) with the ECS fields made of it."""

    def __init__(self, text, event):
        self.text = text
        self.record = read_json(text)[0] if text is not None else None
        self.event = dict(flat("", event))
        time = self.event["@timestamp"]
        self.event["@timestamp"] = time[: len("2024-02-01T09:31:07.120")] + "Z"

    def event_field(self, name):
        """The values of an ECS field; None when it is absent."""
        text = self.event.get(name)
        if name.startswith("source.ip/"):
            text = network_of(self.event.get("source.ip"), int(name[len("source.ip/") :]))
        if not text:
            return None
        is_number = name in ("@timestamp", "event.code", "source.as.number")
        return [Value("number" if is_number else "text", text, None)]

    def raw_field(self, name):
        """The values of a field of the record; None when it is absent."""
        whole = member(self.record, name)
        if whole is not None:
            return elements(whole)
        keys = name.split(".")
        if "" in keys:
            return None
        found = walk(self.record, keys)
        if found is not None and len(keys) > 1:
            return elements(found)
        for split in range(1, len(keys)):
            objects = walk(self.record, keys[:split])
            if objects is None or objects.kind != "list":
                continue
            inner = [walk(element, keys[split:]) for element in objects.inside]
            inner = [value for value in inner if value is not None]
            if inner:
                return [element for value in inner for element in elements(value)]
        return None

    def field(self, name, aliases):
        if name in EVENT_FIELDS:
            return self.event_field(name)
        for way in [name, *aliases]:
            values = self.event_field(way) if way in EVENT_FIELDS else self.raw_field(way)
            if values is not None:
                return values
        return None


def flat(prefix, value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(f"{prefix}.{key}" if prefix else key, inner)
    elif isinstance(value, bool):
        yield prefix, "true" if value else "false"
    else:
        yield prefix, str(value)


def network_of(text, bits):
    if text is None:
        return None
    address = ipaddress.ip_address(text)
    if address.version != (4 if bits == 24 else 6):
        return None
    return str(ipaddress.ip_network((address, bits), strict=False))


EVENT_FIELDS = {
    *("@timestamp", "user.name", "user.email", "user.id", "source.ip", "source.ip/24"),
    *("source.ip/64", "source.ip/48", "source.domain", "source.as.number"),
    *("source.geo.country_iso_code", "user_agent.original", "spraywatch.client.id"),
    *("spraywatch.client.name", "spraywatch.resource.name", "spraywatch.protocol"),
    *("spraywatch.interactive", "organization.id", "event.dataset", "event.outcome"),
    *("spraywatch.outcome", "spraywatch.password", "event.code", "event.reason", "event.id"),
    *("spraywatch.correlation.id", "spraywatch.session.id"),
}

# ---- texts with wildcards -----------------------------------------------------------------------

ANY, ONE, DASH = object(), object(), object()
DASHES = "-/\u2013\u2014\u2015"


def read_escapes(text):
    """The symbols of a rule's text: characters, ANY for `*`, ONE for `?`."""
    symbols, at = [], 0
    while at < len(text):
        character = text[at]
        following = text[at + 1] if at + 1 < len(text) else ""
        if character == "\\" and following and following in "*?\\":
            symbols.append(following)
            at += 1
        else:
            symbols.append({"*": ANY, "?": ONE}.get(character, character))
        at += 1
    return symbols


def is_word(symbol):
    if not isinstance(symbol, str):
        return False
    return symbol == "_" or symbol.isascii() and symbol.isalnum() or not symbol.isascii()


def open_dashes(symbols):
    """Each dash or slash that begins a word becomes any dash."""
    opened = list(symbols)
    for at, symbol in enumerate(symbols):
        begins = at == 0 or not is_word(symbols[at - 1])
        if symbol in ("-", "/") and begins and at + 1 < len(symbols) and is_word(symbols[at + 1]):
            opened[at] = DASH
    return opened


def fits(symbols, text):
    """Whether all of the text fits: every set of places where the symbols so far can end."""
    places = {0}
    for symbol in symbols:
        if symbol is ANY:
            places = set(range(min(places), len(text) + 1))
        elif symbol is ONE:
            places = {at + 1 for at in places if at < len(text)}
        elif symbol is DASH:
            places = {at + 1 for at in places if text[at : at + 1] and text[at] in DASHES}
        else:
            places = {at + len(symbol) for at in places if text.startswith(symbol, at)}
        if not places:
            return False
    return len(text) in places


def in_record(symbols):
    """The ways to write symbols in JSON: a quote, slash or backslash with or without a backslash
    before it."""
    ways = [[]]
    for symbol in symbols:
        if symbol in ("\\", '"', "/"):
            ways = [way + [more + symbol] for way in ways for more in ("", "\\")]
        else:
            ways = [way + [symbol] for way in ways]
    return ways


# ---- tests of one value -------------------------------------------------------------------------


def number_of(text):
    return float(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) and len(text) < 48 else None


def rule_number(node):
    """A rule's number: plain, decimal, without leading zeros."""
    is_number = node.style is None and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", node.value)
    return float(node.value) if is_number else None


def address_of(text):
    """An address as logs write it: with a port, brackets or a zone."""
    text = re.sub(r"^ipv[46]:", "", text.strip(), flags=re.I)
    bracketed = re.fullmatch(r"\[([^\]]*)\](:\d+)?", text)
    if bracketed:
        text = bracketed[1]
    elif re.fullmatch(r"[0-9.]+:\d+", text):
        text = text.split(":")[0]
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    return None if address.is_unspecified else address


def time_of(text):
    """A time as logs write it. Only what the tests generate is read."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?", text)
    if not found:
        return None
    zone = (found[4] or "Z").replace("Z", "+00:00")
    try:
        time = datetime.datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}")
    except ValueError:
        return None
    return time.astimezone(datetime.timezone.utc)


PARTS = {
    "minute": lambda time: time.minute,
    "hour": lambda time: time.hour,
    "day": lambda time: time.day,
    "week": lambda time: time.isocalendar()[1],
    "month": lambda time: time.month,
    "year": lambda time: time.year,
}
COMPARISONS = {
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
}


def has_value(value):
    return value.kind != "null"


def test_of_time(node, modifiers):
    part = next((PARTS[name] for name in PARTS if name in modifiers), None)
    compare = next((COMPARISONS[name] for name in COMPARISONS if name in modifiers), None)
    compare = compare or (lambda a, b: a == b)
    wanted = float(node.value)

    def test(name, value):
        if part is not None:
            time = time_of(value.text)
            return time is not None and compare(part(time), wanted)
        number = number_of(value.text)
        if name == "@timestamp":
            time = time_of(value.text)
            number = time.timestamp() * 1000 + int(value.text[20:23])
        return number is not None and compare(number, wanted)

    return test


def test_of_network(text):
    network = ipaddress.ip_network(text)
    if network.version == 6 and network.network_address.ipv4_mapped and network.prefixlen >= 96:
        network = ipaddress.ip_network(
            (network.network_address.ipv4_mapped, network.prefixlen - 96)
        )

    def test(_, value):
        address = address_of(value.text)
        return address is not None and address.version == network.version and address in network

    return test


def test_of_regex(text, modifiers):
    names = [({"i", "ignorecase"}, re.I), ({"m", "multiline"}, re.M), ({"s", "dotall"}, re.S)]
    expression = re.compile(text.encode(), sum(flag for words, flag in names if modifiers & words))
    return lambda _, value: expression.search(value.text.encode()) is not None


def encoded(text, modifiers):
    """What stands for a text that is encoded: all its symbols are literal."""
    literal = "".join(read_escapes(text)).encode()
    if modifiers & {"wide", "utf16le"}:
        literal = literal.decode().encode("utf-16-le")
    elif "utf16be" in modifiers:
        literal = literal.decode().encode("utf-16-be")
    elif "utf16" in modifiers:
        literal = b"\xff\xfe" + literal.decode().encode("utf-16-le")
    if "base64" in modifiers:
        return [base64.b64encode(literal)]
    if "base64offset" not in modifiers:
        return [literal]
    found = []
    for offset, front in enumerate((0, 2, 3)):
        whole = base64.b64encode(b" " * offset + literal)
        back = {0: 0, 1: 3, 2: 2}[(len(literal) + offset) % 3]
        found.append(whole[front : len(whole) - back])
    return found


def address_form(text):
    """An address in its usual form; any other text as it is."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return str(getattr(address, "ipv4_mapped", None) or address)


def forms_of(text, modifiers):
    """The symbols of a text; of an encoded one, those of each form it can take."""
    if not modifiers & ENCODINGS:
        return [read_escapes(text)]
    # Bytes that are no text fit only what holds the same bytes, which no text does.
    return [list(form.decode("utf-8", "surrogateescape")) for form in encoded(text, modifiers)]


def test_of_symbols(symbols, modifiers, number):
    fold = (lambda text: text) if "cased" in modifiers else lower
    wanted = [fold(symbol) if isinstance(symbol, str) else symbol for symbol in symbols]

    def test(_, value):
        if number is not None and value.kind == "number" and number_of(value.text) == number:
            return True
        return fits(wanted, fold(value.text))

    return test


def test_of_text(name, node, text, modifiers):
    tests = []
    for symbols in forms_of(text, modifiers):
        if modifiers & {"contains", "endswith"}:
            symbols = [ANY, *symbols]
        if modifiers & {"contains", "startswith"}:
            symbols = [*symbols, ANY]
        if "windash" in modifiers:
            symbols = open_dashes(symbols)
        is_exact = all(isinstance(symbol, str) for symbol in symbols)
        if is_exact and name == "source.ip":
            symbols = list(address_form("".join(symbols)))
        number = rule_number(node) if is_exact and not modifiers & ENCODINGS else None
        tests.append(test_of_symbols(symbols, modifiers, number))
    return lambda name, value: any(test(name, value) for test in tests)


ENCODINGS = {"wide", "utf16", "utf16le", "utf16be", "base64", "base64offset"}

# ---- rules --------------------------------------------------------------------------------------


def is_null(node):
    words = ("", "~", "null", "Null", "NULL")
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in words


class Compiler:
    """Turns the parts of one document into functions of a subject."""

    def __init__(self, logsource, sources, placeholders):
        self.logsource = logsource
        self.sources = sources
        self.placeholders = placeholders

    def aliases(self, name):
        return self.sources.aliases(self.logsource, name)

    def expand(self, text):
        """The texts that a text with placeholders stands for."""
        parts, plain, at = [], "", 0
        while at < len(text):
            name = re.compile(r"%([A-Za-z0-9_.-]+)%").match(text, at)
            if text.startswith("\\%", at):
                plain, at = plain + "%", at + 2
            elif name:
                values = self.placeholders[name[1]]
                parts += [[plain], values if isinstance(values, list) else [values]]
                plain, at = "", name.end()
            else:
                plain, at = plain + text[at], at + 1
        return ["".join(way) for way in itertools.product(*parts, [plain])]

    def value_test(self, name, node, modifiers):
        """A function of a field's name and one of its values."""
        texts = self.expand(node.value) if "expand" in modifiers else [node.value]
        if modifiers & (set(PARTS) | set(COMPARISONS)):
            return test_of_time(node, modifiers)
        if "cidr" in modifiers:
            tests = [test_of_network(text) for text in texts]
        elif "re" in modifiers:
            tests = [test_of_regex(text, modifiers) for text in texts]
        else:
            tests = [test_of_text(name, node, text, modifiers) for text in texts]
        return lambda name, value: any(test(name, value) for test in tests)

    def field_value(self, name, node, modifiers):
        """Whether one value of a rule holds, as a function of a subject."""
        aliases = self.aliases(name)
        if "fieldref" in modifiers:
            return self.reference(name, node.value, modifiers)
        if "exists" in modifiers:
            wanted = node.value == "true"
            return lambda subject: (subject.field(name, aliases) is not None) == wanted
        if is_null(node):

            def is_nothing(subject):
                values = subject.field(name, aliases)
                return not values or any(value.kind == "null" for value in values)

            return is_nothing
        test = self.value_test(name, node, modifiers)

        def holds(subject):
            values = subject.field(name, aliases) or []
            return any(has_value(value) and test(name, value) for value in values)

        return holds

    def reference(self, left, right, modifiers):
        fold = (lambda text: text) if "cased" in modifiers else lower
        compare = (
            (lambda a, b: b in a)
            if "contains" in modifiers
            else str.startswith
            if "startswith" in modifiers
            else str.endswith
            if "endswith" in modifiers
            else str.__eq__
        )
        left_aliases, right_aliases = self.aliases(left), self.aliases(right)

        def holds(subject):
            lefts = subject.field(left, left_aliases) or []
            rights = subject.field(right, right_aliases) or []
            return any(
                has_value(a) and has_value(b) and compare(fold(a.text), fold(b.text))
                for a in lefts
                for b in rights
            )

        return holds

    def keyword(self, node, modifiers):
        texts = self.expand(node.value) if "expand" in modifiers else [node.value]
        fold = (lambda text: text) if "cased" in modifiers else lower
        ways = []
        for text in texts:
            for symbols in forms_of(text, modifiers):
                symbols = open_dashes(symbols) if "windash" in modifiers else symbols
                ways += in_record(symbols)
        folded = [[fold(s) if isinstance(s, str) else s for s in way] for way in ways]
        return lambda subject: subject.text is not None and any(
            fits([ANY, *way, ANY], fold(subject.text)) for way in folded
        )

    def item(self, key, node):
        name, *modifiers = key.split("|")
        modifiers = set(modifiers)
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if name:
            tests = [self.field_value(name, value, modifiers) for value in nodes]
        else:
            tests = [self.keyword(value, modifiers) for value in nodes]
        gather = all if "all" in modifiers else any
        is_negated = "neq" in modifiers
        return lambda subject: gather(test(subject) for test in tests) != is_negated

    def definition(self, node):
        if isinstance(node, yaml.MappingNode):
            items = [self.item(key.value, value) for key, value in node.value]
            return lambda subject: all(item(subject) for item in items)
        if isinstance(node, yaml.SequenceNode):
            if all(isinstance(element, yaml.ScalarNode) for element in node.value):
                return self.item("", node)
            ways = [self.definition(element) for element in node.value]
            return lambda subject: any(way(subject) for way in ways)
        return self.item("", node)

    def block(self, node, passed_over):
        """A `detection`, or a `filter` without its `rules`."""
        identifiers, conditions = {}, []
        for key, value in node.value:
            if key.value == "condition":
                is_list = isinstance(value, yaml.SequenceNode)
                conditions = [part.value for part in (value.value if is_list else [value])]
            elif key.value not in passed_over:
                identifiers[key.value] = self.definition(value)
        ways = [Condition(text, identifiers).read() for text in conditions]
        return lambda subject: any(way(subject) for way in ways)


class Condition:
    """Reads a condition from left to right."""

    def __init__(self, text, identifiers):
        self.words = re.findall(r"[()]|[^\s()]+", text)
        self.identifiers = identifiers

    def take(self):
        return self.words.pop(0)

    def next_is(self, word):
        return bool(self.words) and self.words[0].lower() == word

    def read(self):
        found = self.either()
        assert not self.words, self.words
        return found

    def either(self):
        ways = [self.both()]
        while self.next_is("or"):
            self.take()
            ways.append(self.both())
        return lambda subject: any(way(subject) for way in ways)

    def both(self):
        parts = [self.negated()]
        while self.next_is("and"):
            self.take()
            parts.append(self.negated())
        return lambda subject: all(part(subject) for part in parts)

    def negated(self):
        if not self.next_is("not"):
            return self.primary()
        self.take()
        inner = self.negated()
        return lambda subject: not inner(subject)

    def primary(self):
        word = self.take()
        if word == "(":
            inner = self.either()
            assert self.take() == ")"
            return inner
        if word.lower() in ("1", "any", "all") and self.next_is("of"):
            self.take()
            return self.several(all if word.lower() == "all" else any, self.take())
        return self.identifiers[word]

    def several(self, gather, pattern):
        pattern = "*" if pattern.lower() == "them" else pattern
        chosen = [
            test
            for name, test in self.identifiers.items()
            if fnmatch.fnmatchcase(name, pattern)
            and (pattern.startswith("_") or not name.startswith("_"))
        ]
        return lambda subject: gather(test(subject) for test in chosen)


class Sources:
    """Log sources: the datasets that a rule is for, and further names of its fields."""

    KEYS = ("product", "service", "category")

    def __init__(self, path):
        self.entries = yaml.safe_load(path.read_text("utf-8"))["logsources"]

    def covered(self, logsource):
        wanted = {key: logsource[key].lower() for key in self.KEYS if logsource.get(key)}
        return [
            entry
            for entry in self.entries
            if all(str(entry.get(key, "")).lower() == wanted[key] for key in wanted)
        ]

    def aliases(self, logsource, name):
        if not any(logsource.get(key) for key in self.KEYS):
            return []
        for entry in self.covered(logsource):
            if name in entry.get("aliases", {}):
                return entry["aliases"][name]
        return []

    def applies(self, logsource, dataset):
        if not any(logsource.get(key) for key in self.KEYS):
            return True
        return any(
            fnmatch.fnmatchcase(dataset, pattern)
            for entry in self.covered(logsource)
            for pattern in entry["datasets"]
        )


def scalars(node):
    """The keys of a mapping that have a plain value."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {
        key.value: value.value
        for key, value in node.value
        if isinstance(value, yaml.ScalarNode) and not is_null(value)
    }


def child(node, name):
    return next((value for key, value in node.value if key.value == name), None)


class Rule:
    def __init__(self, root, sources, placeholders):
        head = scalars(root)
        self.title, self.names = head["title"], {head.get("name"), head.get("id", "").lower()}
        self.logsource = scalars(child(root, "logsource"))
        self.sources = sources
        compiler = Compiler(self.logsource, sources, placeholders)
        self.detects = compiler.block(child(root, "detection"), {"timeframe"})
        self.filters = []

    def matches(self, subject):
        return (
            self.sources.applies(self.logsource, subject.event["event.dataset"])
            and self.detects(subject)
            and all(passes(subject) for passes in self.filters)
        )


def covers(wide, narrow):
    return all(
        narrow.get(key, "").lower() == wide[key].lower() for key in Sources.KEYS if wide.get(key)
    )


def documents_of(text):
    """The roots of a YAML text's documents; scalars keep their text and style."""
    return [root for root in yaml.compose_all(text, Loader=yaml.BaseLoader) if root is not None]


def rules_of(text, sources, placeholders):
    """The rules of a YAML text with any number of documents, with the filters in it. Correlations
    are left out."""
    roots = documents_of(text)
    rules = [
        Rule(root, sources, placeholders) for root in roots if child(root, "detection") is not None
    ]
    for root in roots:
        node = child(root, "filter")
        if node is None:
            continue
        logsource = scalars(child(root, "logsource"))
        wanted = child(node, "rules")
        passes = Compiler(logsource, sources, placeholders).block(node, {"rules"})
        for rule in rules:
            if isinstance(wanted, yaml.ScalarNode) and wanted.value == "any":
                is_meant = covers(logsource, rule.logsource)
            else:
                names = wanted.value if isinstance(wanted, yaml.SequenceNode) else [wanted]
                named = {name.value for name in names} | {name.value.lower() for name in names}
                is_meant = bool(rule.names & named)
            if is_meant:
                rule.filters.append(passes)
    return rules
