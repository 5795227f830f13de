"""What the runners of the command-line and catalog cases share."""
import difflib
import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
TIMEOUT_S = 300  # of one case; generous, for the sanitizers slow things down


class Failure(Exception):
    """Says what is wrong with a case, over as many lines as it takes."""


def run_shell(command, cwd, variables, stdin=b""):
    """Runs a bash command in a group of its own and gives (stdout, stderr, status)."""
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC", **variables}
    process = subprocess.Popen(
        ["bash", "-c", command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        stdout, stderr = process.communicate(stdin, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Failure(f"still running after {TIMEOUT_S} s") from None
    return stdout, stderr, process.returncode


def lines_of(content):
    return content.decode("utf-8", "backslashreplace").splitlines(keepends=True)


def difference(name, expected, actual):
    """The unified difference of two byte strings; empty when they are equal."""
    if expected == actual:
        return ""
    lines = difflib.unified_diff(
        lines_of(expected), lines_of(actual), f"{name} (expected)", f"{name} (actual)"
    )
    text = "".join(line if line.endswith("\n") else line + "\n(no line end)\n" for line in lines)
    return text or f"{name}: the bytes differ in a way that text does not show\n"


def check_accounting(summary_path):
    """Asserts that every record that was read is accounted for.

    The summary (--summary-json) holds, all of them counts:

      records.read                everything that looked like a record
      records.normalized          became an event and was counted
      records.not_sign_in         a record of another kind
      records.rejected            could not be read; the sum of records.rejected_by_reason
      records.duplicate           a copy of an event seen before
      records.filtered            left out on request
      records.late                normalized, but older than the watermark; counted beside the rest

    so read = normalized + not_sign_in + rejected + duplicate + filtered. Gives `records`.
    """
    name = Path(summary_path).name
    try:
        records = json.loads(Path(summary_path).read_bytes())["records"]
        parts = ["normalized", "not_sign_in", "rejected", "duplicate", "filtered"]
        total = sum(records[part] for part in parts)
        reasons = sum(records["rejected_by_reason"].values())
        late = records["late"]
        read = records["read"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"{name} is not a summary: {error!r}") from None
    if read != total:
        raise Failure(f"{name}: {read} records read, {total} accounted for: {records}")
    if reasons != records["rejected"]:
        raise Failure(f"{name}: {records['rejected']} rejected, {reasons} by reason: {records}")
    if late > records["normalized"]:
        raise Failure(f"{name}: more late events than events: {records}")
    return records


def report(names, check):
    """Calls check(name) for every name, some at a time; prints TAP; gives the exit status."""

    def outcome(name):
        try:
            check(name)
        except Failure as failure:
            return str(failure)
        except Exception as error:  # pylint: disable=broad-except # one case must not end the run
            return f"the case itself is broken: {error!r}"
        return ""

    print(f"1..{len(names)}" if names else "1..0 # SKIP no cases", flush=True)
    failed = 0
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as executor:
        for number, (name, text) in enumerate(zip(names, executor.map(outcome, names)), 1):
            print(f"{'not ' if text else ''}ok {number} - {name}")
            for line in text.splitlines():
                print(f"#   {line}")
            failed += bool(text)
    return 1 if failed else 0
