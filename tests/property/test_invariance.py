#!/usr/bin/env python3
"""The same input gives the same output: test_invariance.py [--program FILE]

Generated logs with attacks, look-alikes, copies and damaged lines are scanned in every way there is:
thread counts, block sizes, vector units, plain and packed, from a pipe and from files, whole and in
pieces, in order and shuffled. The findings must be the same bytes, and the counts the same numbers.
Where a log is cut into other files or put into another order, the positions of the evidence may
differ, and nothing else.

All choices come from fixed seeds. Where a run takes long, as it does under a sanitizer, a sample of
the combinations is run; INVARIANCE_RUNS says how many runs one group of them may have.
"""
import argparse
import itertools
import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support import runner  # noqa: E402 pylint: disable=wrong-import-position

THREADS = [1, 2, 3, 4, 8]
BLOCKS = ["1", "7", "64", "4096", "40000", "256K", "4M"]
UNITS = ["scalar", "avx2", "avx512"]
PACKINGS = {"plain": "", "zstd": ".zst", "gzip": ".gz"}
WAYS = ["file", "pipe"]
GROUP_SECONDS = 5  # roughly what one group of combinations may take

# A distributed attack, a noisy one, a slow one and one that finds passwords, among all look-alikes.
LOG = [
    *("--people", "150", "--days", "3", "--noise", "all", "--duplicates", "2%", "--seed", "7"),
    *("--attack", "fasthttp:start=0,accounts=120", "--attack", "go365:start=1,accounts=60"),
    *("--attack", "botnet:start=0,accounts=150", "--attack", "msolspray:start=2,accounts=80"),
]
# Many sign-ins of few names, so that of all memory only that for events held back is too little: people
# at work, and a spray that finds a password. No two at the same moment.
LONG_LOG = [
    "count=24000 step=40 code=0 user=user{n%5}@fabrikam.example ip=198.51.100.{n%3} agent=at1",
    "count=60 start=2024-02-05T09:00:07Z step=60 ip=203.0.113.9",
    "code=0 start=2024-02-05T12:00:07Z user=user17@fabrikam.example ip=203.0.113.9",
]
# With a rule that is asked for by a correlation, which draws a value: both are held back, too.
LONG_LOG_RULES = """
title: A wrong password
name: wrong_password
status: test
level: low
logsource: {category: authentication}
detection:
  selection: {event.code: 50126}
  condition: selection
---
title: Many accounts from one address
correlation:
  type: value_count
  rules: [wrong_password]
  group-by: [source.ip]
  timespan: 1h
  condition: {field: user.name, gte: 5}
level: medium
"""
# The same without copies: which of two copies counts depends on the order.
LOG_WITHOUT_COPIES = [word if word != "2%" else "0" for word in LOG]


class Logs:
    """The generated logs and their packed twins, in one directory."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = Path(directory)
        azure = self.generate("azure", LOG)
        self.sorted = self.generate("sorted", LOG_WITHOUT_COPIES)
        self.lines = sorted(self.sorted.read_bytes().splitlines(keepends=True), key=line_time)
        self.sorted.write_bytes(b"".join(self.lines))
        self.by_name = {
            "azure": azure,
            "damaged": self.write("damaged", damage(azure.read_bytes())),
            "array": self.generate("array", LOG + ["--shape", "graph-array"]),
            "records": self.generate("records", LOG + ["--shape", "records"]),
            "csv": self.generate("csv", LOG + ["--shape", "csv"]),
            "sshd": self.generate("sshd", LOG + ["--shape", "sshd"]),
        }
        damaged_csv = damage(self.by_name["csv"].read_bytes(), first=1)
        self.by_name["damaged_csv"] = self.write("damaged_csv", damaged_csv)
        pretty = json.dumps(json.loads(self.by_name["array"].read_bytes()), indent=1)
        self.by_name["pretty"] = self.write("pretty", pretty.encode())
        for path in self.by_name.values():
            self.pack(path)

    def generate(self, name, options):
        path = self.directory / f"{name}.json"
        subprocess.run([self.program, "gen", *options, "--output", path], check=True)
        return path

    def write(self, name, content):
        path = self.directory / f"{name}.json"
        path.write_bytes(content)
        return path

    def long_log(self):
        """Its lines in the order of time, and a directory with its rules."""
        rules = self.directory / "rules"
        rules.mkdir(exist_ok=True)
        (rules / "rules.yml").write_text(LONG_LOG_RULES, encoding="utf-8")
        command = [sys.executable, runner.SUPPORT / "signins.py", *LONG_LOG]
        made = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return made.stdout.splitlines(keepends=True), rules

    def pack(self, path):
        """Several frames or members, cut anywhere."""
        content = path.read_bytes()
        generator = random.Random(len(content))
        cuts = sorted(generator.randrange(len(content)) for _ in range(5))
        with open(f"{path}.zst", "wb") as frames, open(f"{path}.gz", "wb") as members:
            for begin, end in zip([0, *cuts], [*cuts, len(content)]):
                frame = subprocess.run(
                    ["zstd", "-q", "-c"], input=content[begin:end], stdout=subprocess.PIPE, check=True
                )
                frames.write(frame.stdout)
                members.write(gzip.compress(content[begin:end], 6))


def line_time(line):
    return re.search(rb'"createdDateTime":"([^"]*)"', line).group(1)


def damage(content, first=0):
    """Every twentieth line cut off, lengthened, doubled, emptied or torn apart."""
    generator = random.Random(5)
    lines = content.splitlines(keepends=True)
    for at in range(first, len(lines), 20):
        line = lines[at]
        cut = generator.randrange(len(line))
        lines[at] = generator.choice(
            [
                line[:cut] + b"\n",
                line[:-2] + b"}}\n",
                line[:cut] + b"\n" + line[cut:],
                b"\n\r\n",
                line[:-1] + line,
                line[:cut] + b'"' + line[cut:],
                b'{"filler":"' + b"x" * 20000 + b'",' + line[1:],
            ]
        )
    return b"".join(lines)


def feed(stream, content, seed):
    """Writes in pieces of any size; with a seed, never twice in the same."""
    generator = random.Random(seed)
    at = 0
    try:
        while at < len(content):
            size = generator.choice([1, 100, 5000, 65536, 300000]) if seed else len(content)
            stream.write(content[at : at + size])
            stream.flush()
            at += size
        stream.close()
    except BrokenPipeError:
        pass


def run(program, options, paths=(), stdin=None, seed=0):
    """What a scan prints, but for the names of files, and its summary."""
    with tempfile.TemporaryDirectory(prefix="spraywatch-invariance-") as directory:
        summary = Path(directory) / "summary.json"
        process = subprocess.Popen(
            [program, "scan", "--quiet", "--summary-json", summary, *options, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        feeder = threading.Thread(target=feed, args=(process.stdin, stdin or b"", seed))
        feeder.start()
        said = []
        listener = threading.Thread(target=lambda: said.append(process.stderr.read()))
        listener.start()
        found = process.stdout.read()
        status = process.wait()
        feeder.join()
        listener.join()
        if status != 0:
            raise runner.Failure(f"exit status {status} with {options}\n{said[0].decode()}")
        told = json.loads(summary.read_bytes())
        runner.check_accounting(summary)
    return re.sub(rb'"file":"[^"]*"', b'"file":""', found), told


def counts_of(summary):
    return {part: summary[part] for part in ["records", "events", "found"]}


def scan(program, options, paths=(), stdin=None, seed=0):
    """What a scan prints and the counts of its summary."""
    found, summary = run(program, options, paths, stdin, seed)
    return found, counts_of(summary)


def without_positions(outcome):
    found, counts = outcome
    found = re.sub(rb'"evidence":\[[^]]*\]', b'"evidence":[]', found)
    return re.sub(rb'"file":"","offset":[0-9]+,"line":[0-9]+', b"", found), counts


def expect_same(wanted, outcome, how):
    """Fails with the first difference; `how` says what differs in the input."""
    if outcome == wanted:
        return
    text = f"{how}\n"
    if outcome[1] != wanted[1]:
        text += f"counts {outcome[1]}\nnot    {wanted[1]}\n"
    for number, (new, old) in enumerate(
        itertools.zip_longest(outcome[0].splitlines(), wanted[0].splitlines()), 1
    ):
        if new != old:
            text += f"line {number}: {new}\nnot {' ' * len(str(number))}  {old}\n"
            break
    raise runner.Failure(text)


class Checks:
    def __init__(self, logs):
        self.logs = logs
        self.program = logs.program
        self.units = [unit for unit in UNITS if self.has_unit(unit)]
        begin = time.monotonic()
        self.wanted = {
            name: scan(self.program, self.fixed("history"), [path])
            for name, path in logs.by_name.items()
        }
        run_seconds = (time.monotonic() - begin) / len(self.wanted)
        self.runs_max = int(
            os.environ.get("INVARIANCE_RUNS", max(6, int(GROUP_SECONDS / run_seconds)))
        )
        self.in_order = scan(self.program, self.fixed("history"), [logs.sorted])

    @staticmethod
    def fixed(order):
        """What all others are compared with: the plainest way of all."""
        return ["--threads", "1", "--cpu", "scalar", "--order", order, "--max-line", "16K"]

    def has_unit(self, unit):
        command = [self.program, "scan", "--quiet", "--cpu", unit]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        return done.returncode == 0

    def sample(self, name, *axes):
        """All combinations, or as many as there is time for: always the same."""
        combinations = list(itertools.product(*axes))
        if len(combinations) > self.runs_max:
            combinations = random.Random(name).sample(combinations, self.runs_max)
        return combinations

    # --- the checks ---------------------------------------------------------------------------

    def findings_are_worth_comparing(self):
        for name, (found, counts) in [*self.wanted.items(), ("sorted", self.in_order)]:
            wanted = {"source_fanout", "distributed_client", "confirmed_password"}
            if name == "sshd":  # names no client
                wanted.remove("distributed_client")
            expect_detectors(found, wanted)
            if name not in ("pretty", "sorted") and counts["records"]["duplicate"] == 0:
                raise runner.Failure(f"{name}: no copies in {counts}")
        if self.wanted["damaged"][1]["records"]["rejected"] == 0:
            raise runner.Failure(f"nothing is damaged: {self.wanted['damaged'][1]}")

    def combinations(self, log):
        path = self.logs.by_name[log]
        for threads, block, unit, packing, way in self.sample(
            log, THREADS, BLOCKS, self.units, list(PACKINGS), WAYS
        ):
            options = ["--threads", str(threads), "--block-size", block, "--cpu", unit]
            options += ["--order", "history", "--max-line", "16K"]
            source = Path(f"{path}{PACKINGS[packing]}")
            if way == "file":
                outcome = scan(self.program, options, [source])
            else:
                outcome = scan(self.program, options, stdin=source.read_bytes())
            expect_same(self.wanted[log], outcome, f"{packing} {way} {' '.join(options)}")

    def stream(self, log):
        """The same for streams, where blocks also depend on how the pipe is filled."""
        content = self.logs.by_name[log].read_bytes()
        wanted = scan(self.program, self.fixed("stream"), [self.logs.by_name[log]])
        seeds = [0, 1, 2]
        for threads, block, unit, seed in self.sample(log, THREADS, BLOCKS, self.units, seeds):
            options = ["--threads", str(threads), "--block-size", block, "--cpu", unit]
            options += ["--order", "stream", "--max-line", "16K"]
            outcome = scan(self.program, options, stdin=content, seed=seed)
            expect_same(wanted, outcome, f"pieces {seed} {' '.join(options)}")

    def repetition(self):
        for number in range(5):
            for order in ["history", "stream"]:
                options = ["--threads", "8", "--order", order, "--max-line", "16K"]
                outcome = scan(self.program, options, [self.logs.by_name["azure"]])
                if order == "history":
                    expect_same(self.wanted["azure"], outcome, f"repetition {number}")
                else:
                    self.stream_wanted = getattr(self, "stream_wanted", outcome)
                    expect_same(self.stream_wanted, outcome, f"repetition {number}, {order}")

    def table(self):
        path = self.logs.by_name["azure"]
        wanted = scan(self.program, [*self.fixed("history"), "--format", "table"], [path])
        for threads, block in self.sample("table", THREADS, BLOCKS):
            options = ["--format", "table", "--threads", str(threads), "--block-size", block]
            outcome = scan(self.program, [*options, "--max-line", "16K"], [path])
            expect_same(wanted, outcome, " ".join(options))

    def files(self):
        """One file or many, some of them packed, in any order on the command line."""
        wanted = without_positions(self.in_order)
        for pieces, threads in self.sample("files", [2, 7, 60], [1, 3, 8]):
            generator = random.Random(pieces)
            lines = self.logs.lines
            cuts = sorted(generator.sample(range(1, len(lines)), pieces - 1))
            with tempfile.TemporaryDirectory(prefix="spraywatch-invariance-") as directory:
                paths = []
                for begin, end in zip([0, *cuts], [*cuts, len(lines)]):
                    path = Path(directory) / f"{begin}.json"
                    path.write_bytes(b"".join(lines[begin:end]))
                    if begin % 2 == 1:
                        subprocess.run(["zstd", "-q", "--rm", path], check=True)
                        path = Path(f"{path}.zst")
                    paths.append(path)
                options = ["--threads", str(threads)]
                as_directory = scan(self.program, options, [directory])
                generator.shuffle(paths)
                as_files = scan(self.program, options, paths)
            expect_same(wanted, without_positions(as_directory), f"a directory of {pieces}")
            expect_same(wanted, without_positions(as_files), f"{pieces} files in any order")

    def shuffled_history(self):
        wanted = without_positions(self.in_order)
        for seed, threads in self.sample("shuffled", [1, 2, 3, 4], [1, 4]):
            lines = list(self.logs.lines)
            random.Random(seed).shuffle(lines)
            options = ["--order", "history", "--threads", str(threads)]
            outcome = scan(self.program, options, stdin=b"".join(lines))
            expect_same(wanted, without_positions(outcome), f"shuffled with seed {seed}")

    def shuffled_stream(self):
        """Events of a stream that come less than the lateness late change nothing."""
        options = ["--order", "stream", "--lateness", "20m"]
        in_order = b"".join(self.logs.lines)
        wanted = without_positions(scan(self.program, options, stdin=in_order))
        expect_same(without_positions(self.in_order), wanted, "a stream in order, and history")
        for seed, threads in self.sample("late", [1, 2, 3, 4], [1, 4]):
            generator = random.Random(seed)
            late = sorted(
                (seconds_of(line) + generator.uniform(0, 19 * 60), line) for line in self.logs.lines
            )
            content = b"".join(line for _, line in late)
            outcome = scan(
                self.program, [*options, "--threads", str(threads)], stdin=content, seed=seed
            )
            expect_same(wanted, without_positions(outcome), f"late with seed {seed}")

    def little_memory(self):
        """Where memory is used up, what goes first depends on the input alone, too."""
        path = self.logs.by_name["azure"]
        for memory in ["1M", "3M"]:
            fixed = [*self.fixed("history"), "--memory", memory]
            wanted = scan(self.program, fixed, [path])
            for threads, block in self.sample("memory", THREADS, BLOCKS):
                options = ["--memory", memory, "--threads", str(threads), "--block-size", block]
                outcome = scan(self.program, [*options, "--max-line", "16K"], [path])
                expect_same(wanted, outcome, " ".join(options))

    def past_the_memory_cap(self):
        """History that does not fit into memory is merged from runs on disk, to the same answer."""
        lines, rules = self.logs.long_log()
        shuffled = list(lines)
        random.Random(1).shuffle(shuffled)
        content = b"".join(shuffled)
        fixed = ["--rules", rules, "--order", "history", "--max-line", "16K"]
        wanted, summary = run(self.program, [*fixed, "--threads", "1"], stdin=content)
        expect_spilled(summary, runs=0, merged=0)
        expect_detectors(wanted, {"source_fanout", "low_and_slow", "confirmed_password"})
        if b'"name":"Many accounts from one address"' not in wanted:
            raise runner.Failure("the correlation has told nothing")
        for threads, block in self.sample("cap", THREADS, BLOCKS):
            options = ["--memory", "4M", "--threads", str(threads), "--block-size", block]
            options += ["--spill", self.logs.directory]
            found, small = run(self.program, [*fixed, *options], stdin=content)
            expect_spilled(small, runs=4, merged=0)
            expect_same((wanted, counts_of(summary)), (found, counts_of(small)), options)
        if any(self.logs.directory.glob("spraywatch-*")):
            raise runner.Failure("runs have stayed behind")

    def far_past_the_memory_cap(self):
        """The same with more runs than can be merged at once. There is so little memory then that
        windows are dropped as well: which, follows from the order in which names come first. So that
        is kept, and the log is held against itself in order, as a stream, which holds nothing back."""
        lines, _ = self.logs.long_log()
        fixed = ["--memory", "1M", "--max-line", "16K"]
        options = ["--order", "stream", "--lateness", "0s"]
        wanted, summary = run(self.program, [*fixed, *options], stdin=b"".join(lines))
        expect_spilled(summary, runs=0, merged=0)
        if not wanted:
            raise runner.Failure("nothing was found")
        first, rest = lines_with_new_names(lines)
        random.Random(2).shuffle(rest)
        content = b"".join(first + rest)
        wanted = without_positions((wanted, counts_of(summary)))
        for threads, block in self.sample("passes", THREADS, BLOCKS):
            options = ["--order", "history", "--threads", str(threads), "--block-size", block]
            found, summary = run(self.program, [*fixed, *options], stdin=content)
            expect_spilled(summary, runs=12, merged=1)
            expect_same(wanted, without_positions((found, counts_of(summary))), options)


def lines_with_new_names(lines):
    """The lines that have a name which no line before them has, and all others."""
    seen = set()
    first, rest = [], []
    for line in lines:
        record = json.loads(line)
        names = {(name, record[name]) for name in ["userPrincipalName", "ipAddress", "userAgent"]}
        (rest if names <= seen else first).append(line)
        seen |= names
    return first, rest


def expect_spilled(summary, runs, merged):
    """At least so many runs, or none; and that nothing was lost."""
    spilled = summary["memory"]
    for name, least in [("runs_spilled", runs), ("runs_merged", merged)]:
        if spilled[name] < least or (least == 0 and spilled[name] > 0):
            raise runner.Failure(f"{name} should be {least}: {spilled}")
    if spilled["released_early"] > 0 or summary["rules"]["lost"] > 0:
        raise runner.Failure(f"something went early: {summary}")


def expect_detectors(found, wanted):
    fired = set()
    for line in found.splitlines():
        fired.update(json.loads(line)["spraywatch"].get("detectors", []))
    if not wanted <= fired:
        raise runner.Failure(f"only {sorted(fired)} fired")


def seconds_of(line):
    text = line_time(line).decode()
    clock = time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return clock.tm_yday * 86400 + clock.tm_hour * 3600 + clock.tm_min * 60 + clock.tm_sec


def main():
    parser = argparse.ArgumentParser(description="The same input gives the same output.")
    parser.add_argument("--program", default=os.environ.get("SPRAYWATCH"), help="or $SPRAYWATCH")
    options = parser.parse_args()
    if not options.program:
        parser.error("which program? --program FILE, or SPRAYWATCH=FILE in the environment")
    with tempfile.TemporaryDirectory(prefix="spraywatch-invariance-") as directory:
        checks = Checks(Logs(str(Path(options.program).resolve()), directory))
        named = {
            "the findings are worth comparing": checks.findings_are_worth_comparing,
            "five runs are one": checks.repetition,
            "the table does not depend on threads and blocks": checks.table,
            "one file or many": checks.files,
            "a shuffled history": checks.shuffled_history,
            "a stream shuffled within the lateness": checks.shuffled_stream,
            "little memory": checks.little_memory,
            "history past the memory cap": checks.past_the_memory_cap,
            "history far past the memory cap": checks.far_past_the_memory_cap,
        }
        for log in checks.logs.by_name:
            named[f"every way to read {log}"] = lambda log=log: checks.combinations(log)
            named[f"every way to stream {log}"] = lambda log=log: checks.stream(log)
        return runner.report(list(named), lambda name: named[name]())


sys.exit(main())
