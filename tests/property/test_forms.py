#!/usr/bin/env python3
"""A record means the same in whatever form it is written: test_forms.py [--program FILE] [SOURCE...]

The log of every source in tests/sources is written anew: with its keys or columns in another order
and in other letters, with more of them than are known, with other blanks, escapes, quotes and line
ends, pretty-printed, in arrays and envelopes, with lengths before its lines, in UTF-16, and packed in
pieces. The events must be the same but for their positions, and as many records must be read.

All choices come from fixed seeds.
"""
import argparse
import csv
import gzip
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support import runner  # noqa: E402 pylint: disable=wrong-import-position

CASES = Path(__file__).resolve().parent.parent / "sources"
MARK = b"\xef\xbb\xbf"


class Pairs(list):
    """A JSON object: its keys may occur twice, and their order is ours to change."""


def formats_of(case):
    path = case / "formats"
    return path.read_text(encoding="utf-8").split() if path.exists() else ["json"]


# --- JSON -------------------------------------------------------------------------------------


def read_json(text):
    """All values that stand one after the other in a text; None when it holds anything else."""
    decoder = json.JSONDecoder(object_pairs_hook=Pairs, parse_float=Number, parse_int=Number)
    values = []
    at = 0
    text = text.lstrip("\ufeff")
    while at < len(text):
        if text[at] in " \t\r\n,":
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return None
        values.append(value)
    return values


class Number(str):
    """As it was written."""


def write_json(value, ascii_only=False, comma=",", colon=":", line="", depth=0):
    """JSON text; with `line` each member stands on a line of its own."""
    inner = f"\n{line * (depth + 1)}" if line else ""
    outer = f"\n{line * depth}" if line else ""
    options = {"ascii_only": ascii_only, "comma": comma, "colon": colon, "line": line}
    if isinstance(value, Pairs):
        members = [
            inner + json.dumps(key, ensure_ascii=ascii_only) + colon
            + write_json(member, depth=depth + 1, **options)
            for key, member in value
        ]
        return "{" + comma.join(members) + (outer if members else "") + "}"
    if isinstance(value, list):
        members = [inner + write_json(member, depth=depth + 1, **options) for member in value]
        return "[" + comma.join(members) + (outer if members else "") + "]"
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=ascii_only)


def map_objects(value, change):
    """The value with `change` applied to the pairs of each object in it."""
    if isinstance(value, Pairs):
        return Pairs(change([(key, map_objects(member, change)) for key, member in value]))
    if isinstance(value, list):
        return [map_objects(member, change) for member in value]
    return value


def shuffle_keys(pairs):
    """Another order; of two equal keys the first stays the first."""
    order = random.Random(len(pairs)).sample(range(len(pairs)), len(pairs))
    by_key = {}
    for key, member in pairs:
        by_key.setdefault(key.lower(), []).append((key, member))
    return [by_key[pairs[at][0].lower()].pop(0) for at in order]


def add_keys(pairs):
    """What no schema knows, in front and behind."""
    return [("x_before", Pairs([("x", [Number("1"), "a,\"b\n"])])), *pairs, ("x_after", None)]


def lines(values, **options):
    return "".join(write_json(value, **options) + "\n" for value in values)


def unwrapped(values):
    """Arrays opened; None when there is an envelope."""
    records = []
    for value in values:
        members = value if isinstance(value, list) and not isinstance(value, Pairs) else [value]
        records += members
    known = {"value", "records"}
    for record in records:
        if not isinstance(record, Pairs) or known & {key.lower() for key, _ in record}:
            return None
    return records


def json_forms(text):
    values = read_json(text)
    if values is None:
        return
    records = unwrapped(values)
    yield "as it is", lines(values)
    yield "escaped", lines(values, ascii_only=True)
    yield "blanks", lines(values, comma=" ,\t", colon=" : ")
    yield "pretty", lines(values, line="  ")
    yield "shuffled", lines([map_objects(value, shuffle_keys) for value in values])
    yield "more keys", lines([map_objects(value, add_keys) for value in values])
    for name, letters in (("capitals", str.upper), ("small", str.lower)):
        yield name, lines(
            [map_objects(value, lambda p, l=letters: [(l(k), m) for k, m in p]) for value in values]
        )
    yield "end to end", "".join(write_json(value) for value in values)
    if records is None:
        return
    yield "array", write_json(records)
    yield "pretty array", write_json(records, line="\t")
    yield "trailing comma", write_json(records)[:-1] + ",]"
    for key in ("value", "Records", "records"):
        yield f"envelope {key}", write_json(Pairs([("@odata.context", "x"), (key, records)]))
        yield f"pretty {key}", write_json(
            Pairs([(key, records), ("@odata.nextLink", "https://x")]), line=" "
        )


# --- CSV --------------------------------------------------------------------------------------


def read_rows(text):
    """The delimiter, header and rows; None when a row is not like the header."""
    text = text.lstrip("\ufeff")
    while text.startswith(("#", "sep=")) and not text.startswith("#Fields:"):
        text = text.split("\n", 1)[1].lstrip("\ufeff")
    text = text.removeprefix("#Fields:")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    rows = [row for row in rows if row]
    if any(len(row) > len(rows[0]) for row in rows):
        return None
    return [row + [""] * (len(rows[0]) - len(row)) for row in rows]


def write_rows(rows, delimiter=",", quoting=csv.QUOTE_MINIMAL, line="\r\n"):
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=line).writerows(rows)
    return written.getvalue()


def shuffled_columns(rows):
    """Another order of columns; of two of one name the first stays the first."""
    order = sorted(range(len(rows[0])), key=lambda at: (hash_of(rows[0][at]), at))
    return [[row[at] for at in order] for row in rows]


def hash_of(name):
    return random.Random(name.strip().lower()).random()


def csv_forms(text):
    rows = read_rows(text)
    if rows is None:
        return
    yield "as it is", write_rows(rows)
    yield "all quoted", write_rows(rows, quoting=csv.QUOTE_ALL)
    yield "lines", write_rows(rows, line="\n")
    yield "semicolons", write_rows(rows, delimiter=";")
    yield "tabs", write_rows(rows, delimiter="\t")
    yield "named delimiter", "sep=;\r\n" + write_rows(rows, delimiter=";")
    yield "shuffled", write_rows(shuffled_columns(rows))
    yield "capitals", write_rows([[name.upper() for name in rows[0]], *rows[1:]])
    yield "blanks in names", write_rows([[f" {name}  " for name in rows[0]], *rows[1:]])
    more = [["x before", *rows[0], "x after"]] + [["a,b\n\"", *row, "1"] for row in rows[1:]]
    yield "more columns", write_rows(more)
    yield "header again", write_rows([*rows, rows[0]])


# --- Syslog and XML ---------------------------------------------------------------------------


def syslog_forms(text):
    if re.match(r"\d+ <", text):
        return
    yield "blank lines", text.replace("\n", "\n\n")
    whole = [line for line in text.split("\n") if line]
    if all(line.startswith("<") for line in whole):
        yield "lengths", "".join(f"{len(line.encode())} {line}" for line in whole)


def xml_forms(text):
    yield "blanks between tags", re.sub(r">\s*<", ">\n\t<", text)


# --- Bytes ------------------------------------------------------------------------------------


def pieces(content, seed):
    """The content in a few pieces, some of them empty."""
    cuts = sorted(random.Random(seed).choices(range(len(content) + 1), k=5))
    return [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)])]


def packed_zstd(content):
    return subprocess.run(["zstd", "-qc"], input=content, capture_output=True, check=True).stdout


def byte_forms(content):
    """Any log may come like this."""
    plain = content[len(MARK):] if content.startswith(MARK) else content
    yield "byte order mark", MARK + plain
    yield "no last line end", plain.rstrip(b"\r\n")
    if b"\r" not in plain:
        yield "CRLF", plain.replace(b"\n", b"\r\n")
    text = plain.decode("utf-8", "surrogatepass")
    yield "UTF-16", b"\xff\xfe" + text.encode("utf-16-le")
    yield "UTF-16, big", b"\xfe\xff" + text.encode("utf-16-be")
    yield "gzip in members", b"".join(gzip.compress(piece) for piece in pieces(content, 1))
    yield "zstd in frames", b"".join(packed_zstd(piece) for piece in pieces(content, 2))


def forms_of(case):
    content = (case / "input").read_bytes()
    for name, changed in byte_forms(content) if is_utf8(content) else []:
        yield name, changed
    by_format = {"json": json_forms, "csv": csv_forms, "syslog": syslog_forms, "xml": xml_forms}
    text = content.decode("utf-8", "surrogateescape")
    for name in formats_of(case):
        for form, changed in by_format[name](text):
            yield form, changed.encode("utf-8", "surrogateescape")


def is_utf8(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


# --- Comparing --------------------------------------------------------------------------------


def without_position(line):
    event = json.loads(line)
    del event["log"], event["spraywatch"]["line"]
    return json.dumps(event, sort_keys=True, ensure_ascii=False) + "\n"


def normalize(program, path):
    done = subprocess.run([program, "normalize", path], capture_output=True, check=False)
    events = "".join(map(without_position, done.stdout.decode().splitlines()))
    return events + f"status {done.returncode}\n" + done.stderr.decode()


def check_case(case, program):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "input"
        path.write_bytes((case / "input").read_bytes())
        expected = normalize(program, path)
        text = ""
        for form, content in forms_of(case):
            path.write_bytes(content)
            actual = normalize(program, path)
            text += runner.difference(form, expected.encode(), actual.encode())
    if text:
        raise runner.Failure(text)


def main():
    parser = argparse.ArgumentParser(description="The same records in every form.")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("cases", nargs="*", help="names of sources; all without")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    program = Path(options.program).resolve()
    names = options.cases or sorted(path.name for path in CASES.glob("*") if path.is_dir())
    return runner.report(names, lambda name: check_case(CASES / name, program))


sys.exit(main())
