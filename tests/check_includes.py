#!/usr/bin/env python3
"""Includes point one way: check_includes.py

Reads the include lines of all sources and fails when

  - a file includes one of a higher layer, or one that does not exist (LAYERS);
  - a project include is not written from the root of the tree;
  - a .c file with a header of its own does not include it first;
  - a library's headers are included by more than one file. The product may have one such file, the
    tests another, for they use a library as an oracle, and the peers of the benchmark a third
    (LIBRARIES);
  - a header lacks `#pragma once`.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# From the ground up; the first pattern that matches counts. A file may include its own layer and
# those below.
LAYERS = [
    ("base", r"engine/base/"),
    ("spine", r"engine/(spine|vocabulary)\."),
    ("parsers", r"parsers/"),
    ("rules", r"rules/"),
    ("engine", r"engine/(?!main\.c$|roof/)"),
    ("bench", r"bench/"),
    ("roof", r"engine/(main\.c$|roof/)"),
    ("tests", r"tests/"),
]

LIBRARIES = {
    "libyaml": r"yaml\.h",
    "libzstd": r"zstd\w*\.h|zdict\.h",
    "ISA-L": r"isa-l(/\w+)?\.h",
    "zlib": r"zlib\.h",
    "libcsv": r"csv\.h",
    "Hyperscan": r"(hs/)?hs\w*\.h",
    "PCRE2": r"pcre2\w*\.h",
    "Concurrency Kit": r"(ck/)?ck_\w+\.h",
    "cmocka": r"cmocka\.h",
    "jansson": r"jansson\w*\.h",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def sources():
    for top in ("engine", "parsers", "rules", "bench", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if "node_modules" in path.parts:
                continue
            if path.suffix in (".c", ".h", ".inc") and path.is_file():
                yield path.relative_to(ROOT).as_posix()


def layer_of(name):
    for index, (_, pattern) in enumerate(LAYERS):
        if re.match(pattern, name):
            return index
    raise AssertionError(f"{name} belongs to no layer")


def check_project_include(name, included):
    if not (ROOT / included).is_file():
        yield f'{name}: "{included}" is not a file; includes are written from the root'
        return
    mine, theirs = layer_of(name), layer_of(included)
    if theirs > mine:
        yield f'{name} ({LAYERS[mine][0]}) includes "{included}" ({LAYERS[theirs][0]}): upwards'


def check_source(name, includes, text):
    for bracket, included in includes:
        if bracket == '"' and "/" in included:
            yield from check_project_include(name, included)
        elif bracket == '"':
            yield f'{name}: "{included}" is not written from the root'
    header = name[:-2] + ".h"
    if name.endswith(".c") and (ROOT / header).is_file() and includes[:1] != [('"', header)]:
        yield f'{name} does not include "{header}" first'
    if name.endswith(".h") and not re.search(r"^#pragma once$", text, re.M):
        yield f"{name} lacks #pragma once"


def main():
    problems = []
    users = defaultdict(list)
    for name in sources():
        text = (ROOT / name).read_text("utf-8")
        includes = INCLUDE.findall(text)
        problems += check_source(name, includes, text)
        side = next((side for side in ("tests/", "bench/peers/") if name.startswith(side)), "product")
        for library, pattern in LIBRARIES.items():
            if any(re.fullmatch(pattern, included) for _, included in includes):
                users[library, side].append(name)
    for (library, _), names in users.items():
        if len(names) > 1:
            problems.append(f"{library} is included by more than one file: {', '.join(names)}")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


sys.exit(main())
