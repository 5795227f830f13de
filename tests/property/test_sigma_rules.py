#!/usr/bin/env python3
"""Other people's Sigma rules, kept beside the project and not in it.

Each file of the data's folder `sigma` either loads, or is refused for a reason that can be confirmed
without us: the manifest calls it an old aggregation, the text holds what Sigma has removed, it names
a placeholder or an identifier that is not there. Correlations that ask for more than
docs/rules.md promises are refused with a code for correlations. A file with placeholders loads once
they are defined.

Each file is also tried in other clothes: what means the same must be judged the same, and what a slip
of the pen has spoilt must be refused at that place. So the verdicts do not rest on how these files
happen to be written. Looks into $SPRAYWATCH_DATA, else ../shared/data; skipped without the data.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES_MIN = 100  # fewer files would prove little


def data_folder():
    chosen = os.environ.get("SPRAYWATCH_DATA")
    return Path(chosen) if chosen else ROOT.parent / "shared" / "data"


def kinds_by_file(manifest):
    """What the manifest's table says the documents of each file are."""
    rows = re.findall(r"^\| \S+ \| `([^`]+)` \|.*\| ([^|]+) \|$", manifest, re.MULTILINE)
    return {path: kind.strip() for path, kind in rows}


def validate(program, content, placeholders):
    with tempfile.TemporaryDirectory(prefix="spraywatch-sigma-") as directory:
        (Path(directory) / "rules").mkdir()
        (Path(directory) / "rules" / "rule.yml").write_bytes(content)
        command = [program, "validate"]
        if placeholders:
            listed = "".join(f"{name}: [one, two]\n" for name in sorted(placeholders))
            (Path(directory) / "values.yml").write_text(listed, encoding="utf-8")
            command += ["--placeholders", f"{directory}/values.yml"]
        done = subprocess.run(
            [*command, f"{directory}/rules"], capture_output=True, check=False, text=True
        )
    return done.returncode, done.stderr


def is_confirmed(code, message, text, kind):
    """Whether the file itself, or the manifest, gives the reason for an error."""
    if code == "R309":
        return kind == "old-aggregation" or re.search(r"condition:.*\|", text)
    if code == "R222":
        return re.search(r"^\s+timeframe:", text, re.MULTILINE)
    if code == "R116":
        return re.search(r"^taxonomy:", text, re.MULTILINE)
    if code == "R305":
        name = re.search(r"`([^`]+)` is not defined", message)
        return name and not re.search(rf"^\s+{re.escape(name[1])}\s*:", text, re.MULTILINE)
    if code == "R303":
        return kind == "old-aggregation" or "R305" in message
    if code == "R405":
        # The rule stands in another file.
        name = re.search(r"unknown rule `([^`]+)`", message)
        own = rf"^(id|name):\s*{re.escape(name[1])}\s*$" if name else ""
        return name and not re.search(own, text, re.MULTILINE)
    return code.startswith("R4") and "correlation:" in text


def codes_of(said):
    """The codes of errors and warnings, in order."""
    return sorted(re.findall(r": (?:error|warning)\[([RD]\d+)\]: ", said))


def same_in_other_words(text):
    """The same rules, written otherwise."""
    yield "line ends of Windows", text.replace("\r\n", "\n").replace("\n", "\r\n")
    yield "a byte order mark", "\ufeff" + text
    yield "marks of documents", "---\n" + text.rstrip("\n") + "\n---\n"
    yield "keys of one's own", re.sub(r"^title:", "x-origin: {a: [b]}\ntitle:", text, flags=re.MULTILINE)
    yield "comments", re.sub(r"^(title:.*)$", r"\1 # said so", text, flags=re.MULTILINE)


SLIPS = [
    ("a modifier", r"^( *(?:- )?[\w.]+\|)(contains|endswith|startswith)\b", r"\1\2x", "R206"),
    ("a level", r"^level: *\w+", "level: hihg", "R107"),
    ("an identifier", r"^( +condition: *(?:not )?\(*)(selection\w*)", r"\1x\2", "R305"),
    ("the condition's key", r"^( +)condition:", r"\1conditoin:", "R301"),
    ("the title", r"^title:.*$", "title: [a]", "R103"),
    ("a type", r"^( +type: *)(event|value)_count", r"\1\2_cuont", "R402"),
    ("a parenthesis", r"^( +condition: *)(selection\w*) *$", r"\1(\2", "R304"),
]


def spoilt(text):
    """The same rules with one slip: what it is, the text, the code, and the line."""
    for name, pattern, replacement, code in SLIPS:
        found = re.search(pattern, text, re.MULTILINE)
        if not found or (code == "R301" and re.search(r"^correlation:", text, re.MULTILINE)):
            continue
        changed = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
        yield name, changed, code, text.count("\n", 0, found.start()) + 1


def judge_variants(program, path, text, placeholders, said):
    """Problems of a file in other clothes, against what was said of it as it is."""
    for name, changed in same_in_other_words(text):
        _, other = validate(program, changed.encode(), placeholders)
        if codes_of(other) != codes_of(said):
            yield f"{path} with {name}: {other or 'nothing said'}"
    for name, changed, code, line in spoilt(text):
        status, other = validate(program, changed.encode(), placeholders)
        # Of a key that is gone, the mapping around it is told.
        places = re.findall(rf":(\d+):\d+: error\[{code}\]", other)
        if status != 78 or not any(int(place) in (line, line - 1) or code == "R301" for place in places):
            yield f"{path} with a slip in {name}, line {line}, {code}: {other or 'nothing said'}"


def judge(program, path, kind):
    """Problems of one file, and whether it was loaded."""
    text = path.read_text("utf-8")
    status, said = validate(program, path.read_bytes(), set())
    wanted = set(re.findall(r"the placeholder `%([^%]+)%` is not defined", said))
    if wanted:
        if "|expand" not in text:
            return [f"{path}: placeholders without `expand`"], False
        status, said = validate(program, path.read_bytes(), wanted)
    variants = list(judge_variants(program, path, text, wanted, said))
    if status == 0:
        old = [f"{path}: an old aggregation was loaded"] if kind == "old-aggregation" else []
        return old + variants, True
    errors = re.findall(r"^\S+?:(\d+):(\d+): error\[([RD]\d+)\]: (.*)$", said, re.MULTILINE)
    if status != 78 or not errors:
        return [f"{path}: status {status} without a reason: {said}"], False
    problems = [
        f"{path}:{line}: {code} {message}"
        for line, _, code, message in errors
        if not is_confirmed(code, message + said, text, kind)
    ]
    return problems + variants, False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    program = str(Path(parser.parse_args().program).resolve())
    folder = data_folder() / "sigma"
    if not folder.is_dir():
        print(f"1..0 # SKIP there is no {folder}")
        return
    kinds = kinds_by_file((folder / "MANIFEST.md").read_text("utf-8"))
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".yml", ".yaml"))
    if len(files) < RULES_MIN:
        sys.exit(f"only {len(files)} rules in {folder}")
    with ThreadPoolExecutor(2) as executor:
        results = list(
            executor.map(
                lambda path: judge(program, path, kinds.get(str(path.relative_to(folder)), "")),
                files,
            )
        )
    problems = [problem for found, _ in results for problem in found]
    loaded = sum(is_loaded for _, is_loaded in results)
    print("1..1")
    for problem in problems:
        print(f"# {problem}")
    print(
        f"{'not ok' if problems else 'ok'} 1 - {len(files)} files: {loaded} loaded, "
        f"{len(files) - loaded} refused with a reason"
    )
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
