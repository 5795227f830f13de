#!/usr/bin/env python3
"""Runs the command-line cases: run_cli.py [--update] [--program FILE] [CASE...]

A case is a directory tests/cli/<case>/ with

  cmd      what to run: bash, in an empty temporary directory, with
             $SPRAYWATCH  the program
             $CASE        the case's directory, for its input files
             $SUPPORT     tests/support: signins.py makes records, brief.py shortens findings
  stdin    what it reads; without the file, nothing
  stdout   what it must print; without the file, nothing
  stderr   what it must say; without the file, anything
  status   its exit status; without the file, 0

Paths that differ from run to run are compared as $SPRAYWATCH, $CASE and $DIR (the temporary
directory). Whatever else varies, the case itself leaves out, with sed for instance. Every
summary*.json that a case leaves in the temporary directory must account for all records.

--update rewrites stdout, status and, where there is one, stderr with what the program did.
"""
import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from support import runner  # noqa: E402 pylint: disable=wrong-import-position

CASES = Path(__file__).resolve().parent / "cli"


def read_or(path, default):
    return path.read_bytes() if path.exists() else default


def run_case(case, program):
    """What the case prints, says and returns, with the paths that vary replaced by their names."""
    if not (case / "cmd").is_file():
        raise runner.Failure("there is no file `cmd`")
    with tempfile.TemporaryDirectory(prefix="spraywatch-cli-") as directory:
        stdout, stderr, status = runner.run_shell(
            (case / "cmd").read_text(encoding="utf-8"),
            directory,
            {"SPRAYWATCH": str(program), "CASE": str(case), "SUPPORT": str(runner.SUPPORT)},
            read_or(case / "stdin", b""),
        )
        accounting = ""
        for summary in sorted(Path(directory).glob("**/summary*.json")):
            try:
                runner.check_accounting(summary)
            except runner.Failure as failure:
                accounting += f"{failure}\n"
    places = {"$CASE": case, "$SUPPORT": runner.SUPPORT, "$SPRAYWATCH": program, "$DIR": directory}
    for name, path in places.items():
        stdout = stdout.replace(os.fsencode(path), name.encode())
        stderr = stderr.replace(os.fsencode(path), name.encode())
    return stdout, stderr, f"{status}\n".encode(), accounting


def check_case(case, program):
    stdout, stderr, status, accounting = run_case(case, program)
    text = accounting
    text += runner.difference("stdout", read_or(case / "stdout", b""), stdout)
    wrong_status = runner.difference("status", read_or(case / "status", b"0\n"), status)
    text += wrong_status
    if (case / "stderr").exists():
        text += runner.difference("stderr", (case / "stderr").read_bytes(), stderr)
    elif wrong_status:
        text += "stderr:\n" + "".join(runner.lines_of(stderr))
    if text:
        raise runner.Failure(text)


def update_case(case, program):
    stdout, stderr, status, accounting = run_case(case, program)
    (case / "stdout").write_bytes(stdout)
    (case / "status").write_bytes(status)
    if (case / "stderr").exists():
        (case / "stderr").write_bytes(stderr)
    if accounting:
        raise runner.Failure(accounting)


def main():
    parser = argparse.ArgumentParser(description="Runs the command-line cases of tests/cli.")
    parser.add_argument("--update", action="store_true", help="rewrite the expectations")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    parser.add_argument("cases", nargs="*", help="names of cases; all without")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    program = Path(options.program).resolve()
    names = options.cases or sorted(path.name for path in CASES.glob("*") if path.is_dir())
    act = update_case if options.update else check_case
    return runner.report(names, lambda name: act(CASES / name, program))


sys.exit(main())
