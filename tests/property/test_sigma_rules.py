#!/usr/bin/env python3
"""Other people's Sigma rules, kept beside the project and not in it.

Each file of the data's folder `sigma` either loads, or is refused for a reason that can be confirmed
without us: the manifest calls it an old aggregation, the text holds what Sigma has removed, it names
a placeholder or an identifier that is not there. Correlations that ask for more than
docs/rules.md promises are refused with a code for correlations. A file with placeholders loads once
they are defined. Looks into $SPRAYWATCH_DATA, else ../shared/data; skipped without the data.
"""
import argparse
import os
import re
import shutil
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


def validate(program, path, placeholders):
    with tempfile.TemporaryDirectory(prefix="spraywatch-sigma-") as directory:
        (Path(directory) / "rules").mkdir()
        shutil.copy(path, Path(directory) / "rules" / "rule.yml")
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


def judge(program, path, kind):
    """Problems of one file, and whether it was loaded."""
    text = path.read_text("utf-8")
    status, said = validate(program, path, set())
    wanted = set(re.findall(r"the placeholder `%([^%]+)%` is not defined", said))
    if wanted:
        if "|expand" not in text:
            return [f"{path}: placeholders without `expand`"], False
        status, said = validate(program, path, wanted)
    if status == 0:
        return ([f"{path}: an old aggregation was loaded"] if kind == "old-aggregation" else []), True
    errors = re.findall(r"^\S+?:(\d+):(\d+): error\[([RD]\d+)\]: (.*)$", said, re.MULTILINE)
    if status != 78 or not errors:
        return [f"{path}: status {status} without a reason: {said}"], False
    problems = [
        f"{path}:{line}: {code} {message}"
        for line, _, code, message in errors
        if not is_confirmed(code, message + said, text, kind)
    ]
    return problems, False


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
