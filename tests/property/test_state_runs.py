#!/usr/bin/env python3
"""What lasts between runs, seen from outside: test_state_runs.py [--program FILE]

A month scanned after another, with a state, gives the same campaigns as both scanned together, for
every number of threads; the state is the same bytes for every number of threads and every block
size; whenever a run is killed, a whole state is left, the one before or the one after; a full disk
changes nothing but the exit status.
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support import runner  # noqa: E402 pylint: disable=wrong-import-position

# Attacks in the first days, and again so much later that no window is left of them; ordinary life, and
# what looks like an attack, on all days.
LOG = [
    *("--people", "150", "--days", "48", "--noise", "all"),
    *("--attack", "botnet:start=1,days=2,accounts=120", "--attack", "msolspray:start=0,accounts=80"),
    *("--attack", "go365:start=2,accounts=60", "--attack", "fasthttp:start=38,accounts=90"),
    *("--attack", "msolspray:start=41,accounts=80", "--attack", "botnet:start=36,days=5,accounts=120"),
]
CUT = b"2024-02-01"
THREADS = [1, 2, 3, 8]


def line_time(line):
    return re.search(rb'"createdDateTime":"([^"]*)"', line).group(1)


class Months:
    """Two months in two files, and a program to scan them."""

    def __init__(self, program, directory, seed):
        self.program = program
        self.directory = Path(directory) / str(seed)
        self.directory.mkdir()
        whole = self.directory / "whole.json"
        command = [program, "gen", *LOG, "--seed", str(seed), "--output", whole]
        subprocess.run(command, check=True)
        lines = sorted(whole.read_bytes().splitlines(keepends=True), key=line_time)
        self.first = self.write("first", [line for line in lines if line_time(line) < CUT])
        self.second = self.write("second", [line for line in lines if line_time(line) >= CUT])

    def write(self, name, lines):
        path = self.directory / f"{name}.json"
        path.write_bytes(b"".join(lines))
        return path

    def fresh(self, name):
        """A directory for the cases, which run at the same time, each with its own name."""
        path = self.directory / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def command(self, *arguments):
        return [self.program, "scan", "--quiet", *map(str, arguments)]

    def scan(self, *arguments):
        run = subprocess.run(self.command(*arguments), capture_output=True, check=False)
        if run.returncode != 0 or run.stderr:
            raise runner.Failure(f"status {run.returncode} of {arguments}\n{run.stderr.decode()}")
        return run.stdout


def campaigns_of_second(found):
    """The documents of campaigns that opened in the second month. They are numbered from the start of
    the run, and their ids follow from that."""
    documents = [json.loads(line) for line in found.splitlines()]
    opened, ids = {}, {}
    for document in documents:
        opened.setdefault(document["event"]["id"], document["@timestamp"])
    kept = []
    for document in documents:
        event = document["event"]
        if opened[event["id"]] >= CUT.decode():
            event["id"] = ids.setdefault(event["id"], len(ids))
            kept.append(document)
    return kept


def same_months(months):
    together = campaigns_of_second(months.scan(months.first, months.second))
    alone = campaigns_of_second(months.scan(months.second))
    if len(together) < 20 or alone == together:
        raise runner.Failure("the second month does not depend on the first")
    for threads in THREADS:
        state = months.fresh("apart")
        options = ["--threads", threads, "--state", state]
        months.scan(*options, months.first)
        apart = campaigns_of_second(months.scan(*options, months.second))
        for wanted, found in zip(together, apart):
            if wanted != found:
                raise runner.Failure(f"{threads} threads: {found}\nnot {wanted}")
        if len(together) != len(apart):
            raise runner.Failure(f"{threads} threads: {len(apart)}, not {len(together)} documents")


def same_bytes(months):
    wanted = None
    for threads in THREADS:
        for block in ["997", "256K"]:
            state = months.fresh("bytes")
            options = ["--threads", threads, "--block-size", block, "--state", state]
            months.scan(*options, months.first)
            months.scan(*options, months.second)
            found = [(state / name).read_bytes() for name in ("state", "state.previous")]
            if wanted is not None and found != wanted:
                raise runner.Failure(f"another state with {options}")
            wanted = found


def killed(months):
    """Killed anywhere, most often while the state is written."""
    state = months.fresh("killed")
    months.scan("--state", state, months.first)
    before = (state / "state").read_bytes()
    copy = months.fresh("lives")
    shutil.copytree(state, copy)
    begin = time.monotonic()
    months.scan("--state", copy, months.second)
    seconds = time.monotonic() - begin
    after = (copy / "state").read_bytes()
    generator = random.Random(1)
    for _ in range(40):
        shutil.rmtree(state)
        state.mkdir()
        (state / "state").write_bytes(before)
        command = months.command("--state", state, months.second)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            if generator.random() < 0.7:
                while run.poll() is None and not (state / "state.new").exists():
                    time.sleep(0.0005)
                time.sleep(generator.random() * 0.01)
            else:
                time.sleep(generator.random() * seconds)
            run.kill()
        names = [name for name in ("state", "state.previous") if (state / name).exists()]
        if not names or (state / names[0]).read_bytes() not in (before, after):
            raise runner.Failure(f"what is left is no state: {names}")
        run = subprocess.run(months.command("--state", state, os.devnull), check=False)
        if run.returncode != 0:
            raise runner.Failure(f"status {run.returncode} after a kill")


def mounted(disk):
    """A small disk, where one may be mounted."""
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]
    return subprocess.run(mount, capture_output=True, check=False).returncode == 0


def full_disk(months, disk):
    try:
        small = months.write("small", months.first.read_bytes().splitlines(keepends=True)[:200])
        months.scan("--state", disk / "kept", small)
        before = (disk / "kept" / "state").read_bytes()
        run = subprocess.run(
            months.command("--state", disk / "kept", months.first), capture_output=True, check=False
        )
        if run.returncode != 74 or b"No space left on device" not in run.stderr or not run.stdout:
            raise runner.Failure(f"status {run.returncode}: {run.stderr.decode()}")
        left = sorted(path.name for path in (disk / "kept").iterdir())
        if (disk / "kept" / "state").read_bytes() != before or "state.new" in left:
            raise runner.Failure(f"the state has changed: {left}")
    finally:
        subprocess.run(["umount", disk], check=True)


def main():
    parser = argparse.ArgumentParser(description="What lasts between runs, seen from outside.")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    with tempfile.TemporaryDirectory(prefix="spraywatch-state-") as directory:
        program = str(Path(options.program).resolve())
        months = {seed: Months(program, directory, seed) for seed in (1, 2)}
        named = {
            f"one month after another, seed {seed}": lambda seed=seed: same_months(months[seed])
            for seed in months
        }
        named["the same bytes"] = lambda: same_bytes(months[1])
        named["killed at any moment"] = lambda: killed(months[1])
        disk = Path(directory) / "disk"
        if mounted(disk):
            named["a full disk"] = lambda: full_disk(months[1], disk)
        else:
            named["a full disk # SKIP no small disk can be mounted"] = lambda: None
        return runner.report(list(named), lambda name: named[name]())


sys.exit(main())
