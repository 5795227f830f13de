#!/usr/bin/env python3
"""spraywatch and others over the same input, in turns: run.py SPRAYWATCH CSV_ROWS [option]...

The others answer query Q: failed sign-ins, for each source address and clock hour those with at least
20 distinct accounts; printed are how many groups these are and how many accounts together. All who can
say that must say the same. spraywatch does all that it does: every shipped detector, campaigns and all;
what it finds must not depend on the threads.

Each round runs everyone once; a ratio is the median of those of the rounds. Who is missing is listed
with the reason. `--root DIR` says where packages of Debian were unpacked (dpkg -x) that are not installed.
"""

import argparse
import collections
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import inputs  # noqa: E402

PIPE_BYTES = 1 << 20

# `command` is for bash; `answers`: it prints the answer of query Q, `finds`: it is ours. `needs`: the
# commands without which it cannot run. `share`: of the input that it was given, when not all.
Contestant = collections.namedtuple(
    "Contestant", "group name command needs answers finds share pipe", defaults=(True, False, 1, None))

# A row of the issue that this project holds itself to: the median of over/under, at least or at most.
Goal = collections.namedtuple("Goal", "text over under at_least must moonshot")


def quote(*words):
    return " ".join(shlex.quote(str(word)) for word in words)


class Tools:
    """Where commands are: on PATH, or below the root of unpacked packages."""

    def __init__(self, root, rows):
        self.root = root
        self.rows = rows  # the program csv_rows

    def find(self, name):
        found = shutil.which(name)
        if found is None and self.root is not None:
            for folder in ("usr/bin", "usr/sbin"):
                path = os.path.join(self.root, folder, name)
                if os.access(path, os.X_OK):
                    return path
        return found

    def missing(self, contestant):
        for need in contestant.needs:
            if os.sep in need:
                if not os.path.exists(need):
                    return f"{os.path.relpath(need, HERE)} is not there (npm ci in bench/peers)"
            elif self.find(need) is None:
                return f"{need} is not installed"
        return None


def awk(script):
    return "mawk -f " + quote(os.path.join(HERE, script))


GROUP = awk("group.awk")
CODES = "'\"errorCode\":(50126|50053|50034)'"


def databases(group, form, path):
    for name, package in (("DuckDB", "@duckdb/node-api"), ("ClickHouse (chDB)", "chdb")):
        script = "duckdb.mjs" if name == "DuckDB" else "clickhouse.mjs"
        yield Contestant(group, name, quote("node", os.path.join(HERE, script), form, path, 2),
                         ["node", os.path.join(HERE, "node_modules", package)])


def ours(group, spraywatch, path, threads=2, name=None, extra=(), **more):
    command = quote(spraywatch, "scan", "-q", "-j", threads, "--format", "jsonl", *extra, path)
    return Contestant(group, name or f"spraywatch, {threads} threads", command, [],
                      answers=False, finds=True, **more)


def plain(group, name, command, *needs, **more):
    return Contestant(group, name, command, list(needs), answers=False, **more)


def ndjson(spraywatch, files, tools):
    path = files.ndjson()
    yield ours("ndjson", spraywatch, path, name="spraywatch")
    yield ours("ndjson", spraywatch, path, 1, "spraywatch, 1 thread")
    yield ours("ndjson", spraywatch, path, name="spraywatch, 1,000 rules more",
               extra=["--rules", files.rules(1000)])
    yield plain("ndjson", "wc -l", quote("wc", "-l", path))
    yield from databases("ndjson", "ndjson", path)
    yield Contestant("ndjson", "grep -E | mawk *", f"grep -E {CODES} {quote(path)} | "
                     f"{awk('ndjson.awk')} | {GROUP}", ["mawk"])
    yield Contestant("ndjson", "mawk *", f"{awk('ndjson.awk')} {quote(path)} | {GROUP}", ["mawk"])
    yield Contestant("ndjson", "rg | mawk *", f"{quote(tools.find('rg') or 'rg')} --no-config {CODES} "
                     f"{quote(path)} | {awk('ndjson.awk')} | {GROUP}", ["rg", "mawk"])
    yield plain("ndjson", "jq | mawk (a tenth)",
                f"jq -rf {quote(os.path.join(HERE, 'failed.jq'), files.ndjson_tenth())} | {GROUP}",
                "jq", "mawk", share=0.1)


def zstd(spraywatch, files, _):
    zst = files.zstd()
    yield ours("zstd", spraywatch, zst, name="spraywatch")
    yield plain("zstd", "zstd -dc", quote("zstd", "-dc", zst), "zstd")
    yield from databases("zstd", "ndjson", zst)
    yield Contestant("zstd", "zstd -dc | grep -E | mawk *", f"zstd -dc {quote(zst)} | "
                     f"grep -E {CODES} | {awk('ndjson.awk')} | {GROUP}", ["zstd", "mawk"])
    both = quote(spraywatch, "scan", "-q", "-j", 2, "--format", "jsonl", zst, files.second_zstd())
    yield plain("zstd", "spraywatch, two files", both, finds=True, share=2)


def gzip(spraywatch, files, tools):
    gz = files.gzip()
    yield ours("gzip", spraywatch, gz, name="spraywatch")
    yield plain("gzip", "igzip -dc", quote(tools.find("igzip") or "igzip", "-dc", gz), "igzip")
    yield plain("gzip", "gzip -dc", quote("gzip", "-dc", gz))
    yield from databases("gzip", "ndjson", gz)


def pipe(spraywatch, files, _):
    scan = quote(spraywatch, "scan", "-q", "-j", 2, "--format", "jsonl", "-")
    yield plain("pipe", "cat | spraywatch", scan, pipe=files.ndjson())
    yield plain("pipe", "cat | wc -l", "wc -l", pipe=files.ndjson())


def csv(spraywatch, files, tools):
    path, rows = files.csv(), tools.rows
    yield ours("csv", spraywatch, path, name="spraywatch")
    yield from databases("csv", "csv", path)
    yield Contestant("csv", "libcsv alone", f"{quote(rows, path)} | {GROUP}", [rows, "mawk"])


def sshd(spraywatch, files, tools):
    path, head = files.sshd(), files.sshd_head()
    share = 100000 / count_lines(path)
    yield ours("sshd", spraywatch, path, name="spraywatch")
    yield from databases("sshd", "sshd", path)
    yield Contestant("sshd", "grep -E | mawk *", f"grep -E 'Failed password' {quote(path)} | "
                     f"{awk('sshd.awk')} | {GROUP}", ["mawk"])
    root = tools.root or ""
    libraries = ":".join(f"{root}/usr/lib/{part}" for part in
                         ("syslog-ng", "x86_64-linux-gnu", "aarch64-linux-gnu"))
    state = files.path("syslog-ng")
    os.makedirs(state, exist_ok=True)
    modules = next((os.path.join(f"{root}/usr/lib/syslog-ng", name) for name in
                    sorted(os.listdir(f"{root}/usr/lib/syslog-ng")) if name[0].isdigit()),
                   "") if os.path.isdir(f"{root}/usr/lib/syslog-ng") else ""
    yield plain("sshd", "syslog-ng grouping-by",
                f"cat {quote(path)} | LD_LIBRARY_PATH={quote(libraries)} " + quote(
                    tools.find("syslog-ng") or "syslog-ng", f"--module-path={modules}", "-F",
                    "--no-caps", "-f", os.path.join(HERE, "syslog-ng.conf"), "-R", f"{state}/persist",
                    "-p", f"{state}/pid", "-c", f"{state}/control"), "syslog-ng")
    yield plain("sshd", "CrowdSec (100,000 lines)",
                quote("sh", os.path.join(HERE, "crowdsec.sh"), head, root), "crowdsec", "cscli",
                share=share)


def keys(spraywatch, files, _):
    for count in (10, 100000):
        yield ours("keys", spraywatch, files.accounts(count), name=f"spraywatch, {count} accounts")
    for count in (1000, 1000000):
        yield ours("keys", spraywatch, files.sources(count), name=f"spraywatch, {count} sources")


GROUPS = {"ndjson": ndjson, "zstd": zstd, "gzip": gzip, "pipe": pipe, "csv": csv, "sshd": sshd,
          "keys": keys}

GOALS = [
    Goal("Entra NDJSON: ours / wc -l", "ndjson/spraywatch", "ndjson/wc -l", False, 1.6, 1.0),
    Goal("same: DuckDB / ours", "ndjson/DuckDB", "ndjson/spraywatch", True, 6, 8),
    Goal("same: ClickHouse / ours", "ndjson/ClickHouse (chDB)", "ndjson/spraywatch", True, 4, 5.5),
    Goal("zstd, one frame: ours / zstd -dc", "zstd/spraywatch", "zstd/zstd -dc", False, 1.0, 0.75),
    Goal("two zstd files: GB/s / one file's", "zstd/spraywatch", "zstd/spraywatch, two files", True,
         1.6, 1.9),
    Goal("gzip: ours / igzip -dc", "gzip/spraywatch", "gzip/igzip -dc", False, 1.3, 1.0),
    Goal("portal CSV: DuckDB / ours", "csv/DuckDB", "csv/spraywatch", True, 4, 6),
    Goal("same: ClickHouse / ours", "csv/ClickHouse (chDB)", "csv/spraywatch", True, 2.5, 4),
    Goal("same: libcsv alone / ours", "csv/libcsv alone", "csv/spraywatch", True, 6, 10),
    Goal("sshd: grep -E | mawk / ours", "sshd/grep -E | mawk *", "sshd/spraywatch", True, 1.5, 3),
    Goal("same: syslog-ng / ours", "sshd/syslog-ng grouping-by", "sshd/spraywatch", True, 20, 50),
    Goal("same: CrowdSec / ours", "sshd/CrowdSec (100,000 lines)", "sshd/spraywatch", True, 500, 2000),
    Goal("pipe: cat | ours / cat | wc -l", "pipe/cat | spraywatch", "pipe/cat | wc -l", False, 1.3,
         1.0),
    Goal("Entra NDJSON: 1 thread / 2", "ndjson/spraywatch, 1 thread", "ndjson/spraywatch", True, 1.6,
         1.85),
    Goal("1,000 rules more: with / without", "ndjson/spraywatch, 1,000 rules more",
         "ndjson/spraywatch", False, 1.10, 1.03),
    Goal("accounts 10 to 100,000: throughput kept", "keys/spraywatch, 10 accounts",
         "keys/spraywatch, 100000 accounts", True, 0.85, 0.95),
    Goal("sources 1,000 to 1,000,000: throughput kept", "keys/spraywatch, 1000 sources",
         "keys/spraywatch, 1000000 sources", True, 0.60, 0.75),
]


def count_lines(path):
    with open(path, "rb") as stream:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))


class Run:
    """One run: seconds of the wall, of the processors, peak memory, and what was printed."""

    def __init__(self, contestant):
        command = ["bash", "-o", "pipefail", "-c", contestant.command]
        with open(os.devnull, "rb") as nothing:
            start = time.perf_counter()
            if contestant.pipe is not None:
                process, feeder = self._fed(command, contestant.pipe)
            else:
                process = subprocess.Popen(command, stdin=nothing, stdout=subprocess.PIPE)
                feeder = None
            digest, self.output = hashlib.sha256(), b""
            while chunk := process.stdout.read(1 << 20):
                digest.update(chunk)
                self.output = self.output or chunk[:200]
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if feeder is not None:
                feeder.wait()
            self.seconds = (time.perf_counter() - start) / contestant.share
        self.cpu = (usage.ru_utime + usage.ru_stime) / contestant.share
        self.memory = usage.ru_maxrss * 1024
        self.digest = digest.hexdigest()
        if process.returncode != 0:
            raise SystemExit(f"{contestant.name} ended with {process.returncode}: {contestant.command}")

    @staticmethod
    def _fed(command, path):
        """`cat FILE |` it, through a pipe of the same size for everyone."""
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        feeder = subprocess.Popen(["cat", path], stdout=writer)
        os.close(writer)
        process = subprocess.Popen(command, stdin=reader, stdout=subprocess.PIPE)
        os.close(reader)
        return process, feeder


def measure(contestants, rounds):
    runs = collections.defaultdict(list)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for contestant in contestants:
            runs[f"{contestant.group}/{contestant.name}"].append(Run(contestant))
    return runs


def check(contestants, runs):
    """What makes the comparison void: different answers, or findings that vary."""
    answers, problems = {}, []
    for contestant in contestants:
        of = runs[f"{contestant.group}/{contestant.name}"]
        if contestant.finds and len({run.digest for run in of}) != 1:
            problems.append(f"{contestant.group}: {contestant.name} found different things in two runs")
        if contestant.answers:
            family = "ndjson" if contestant.group in ("zstd", "gzip") else contestant.group
            said = of[0].output.decode().strip()
            if answers.setdefault(family, said) != said:
                problems.append(f"{contestant.group}: {contestant.name} says {said}, not "
                                f"{answers[family]}")
    same = [runs[name][0].digest for name in ("ndjson/spraywatch", "ndjson/spraywatch, 1 thread")
            if name in runs]
    if len(set(same)) > 1:
        problems.append("the threads have changed what spraywatch finds")
    return answers, problems


def median(values):
    return statistics.median(values)


def ratio(runs, over, under):
    """Of each round, then the median."""
    return median(a.seconds / b.seconds for a, b in zip(runs[over], runs[under]))


def print_runs(contestants, runs, sizes):
    print(f"\n{'':34}{'seconds':>9}{'spread':>8}{'CPU s':>8}{'GB/s':>7}{'peak MB':>9}{'/ ours':>8}")
    for group in dict.fromkeys(contestant.group for contestant in contestants):
        print(group)
        for contestant in contestants:
            name = f"{group}/{contestant.name}"
            if contestant.group != group or name not in runs:
                continue
            seconds = [run.seconds for run in runs[name]]
            us = next((key for key in runs if key.startswith(f"{group}/") and "spraywatch" in key))
            print(f"  {contestant.name:32}{median(seconds):9.3f}"
                  f"{(max(seconds) - min(seconds)) / median(seconds):8.0%}"
                  f"{median(run.cpu for run in runs[name]):8.2f}"
                  f"{sizes[group] / median(seconds) / 1e9:7.2f}"
                  f"{max(run.memory for run in runs[name]) / 1e6:9.1f}"
                  f"{ratio(runs, name, us):8.2f}")
    print("* looks at text, not at structure: a key within a string is a key to it\n"
          "Peak memory is that of the largest process, and no less than that of this script.")


def judged(value, goal):
    sign = 1 if goal.at_least else -1
    if sign * value >= sign * goal.moonshot:
        return "moonshot"
    return "reached" if sign * value >= sign * goal.must else "MISSED"


def goals(runs, missing):
    for goal in GOALS:
        if goal.over in runs and goal.under in runs:
            value = ratio(runs, goal.over, goal.under)
            yield goal, value, judged(value, goal)
        else:
            gone = {missing[key] for name in (goal.over, goal.under)
                    for key in (name, name.split("/")[0]) if key in missing}
            if gone:
                yield goal, None, "not here: " + "; ".join(sorted(gone))


def print_goals(runs, missing):
    print(f"\n{'goal':46}{'must':>8}{'moonshot':>10}{'measured':>10}")
    for goal, value, verdict in goals(runs, missing):
        sign = ">=" if goal.at_least else "<="
        print(f"{goal.text:46}{sign + f'{goal.must:g}':>8}{sign + f'{goal.moonshot:g}':>10}"
              f"{'' if value is None else f'{value:.2f}':>10}  {verdict}")


def print_memory(spraywatch, path):
    """As the program itself tells: what the system tells of a child begins with our own size."""
    command = [spraywatch, "scan", "-q", "-j", "2", "--output", os.devnull, "--summary-json",
               "/dev/stdout", path]
    said = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    peak = said["memory"]["peak_bytes"] / 1e6
    goal = Goal("Entra NDJSON: peak memory, MB", None, None, False, 96, 32)
    print(f"{goal.text:46}{f'<={goal.must}':>8}{f'<={goal.moonshot}':>10}{peak:10.1f}  "
          f"{judged(peak, goal)}")


def instructions(spraywatch, path, events):
    """The companion without noise, where the machine counts instructions."""
    command = ["perf", "stat", "-x,", "-e", "instructions:u", spraywatch, "scan", "-q", "-j", "1",
               "--output", os.devnull, path]
    try:
        said = subprocess.run(command, stderr=subprocess.PIPE, check=True).stderr.decode()
        return f"{int(said.split(',')[0]) / events:,.0f}"
    except (OSError, subprocess.CalledProcessError, ValueError):
        return "not here: perf stat counts no instructions on this machine"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("spraywatch")
    parser.add_argument("rows", help="the program made of bench/peers/csv_rows.c")
    parser.add_argument("--directory", default="build/peers", help="where inputs are kept")
    parser.add_argument("--size", type=int, default=10**9, help="bytes of the main input")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=GROUPS, help="this group; repeatable")
    parser.add_argument("--root", help="where packages were unpacked")
    parser.add_argument("--json", metavar="FILE", help="keep the figures")
    options = parser.parse_args()
    spraywatch = os.path.abspath(options.spraywatch)
    directory = os.path.abspath(options.directory)
    files = inputs.Inputs(spraywatch, directory, options.size)
    tools = Tools(options.root, os.path.abspath(options.rows))
    everyone, missing = [], {}
    for name, group in GROUPS.items():
        if options.only and name not in options.only:
            continue
        try:
            everyone += group(spraywatch, files, tools)
        except subprocess.CalledProcessError as failure:
            missing[name] = f"its input could not be made: {quote(*failure.cmd)}"
    missing.update({f"{one.group}/{one.name}": reason for one in everyone
                    if (reason := tools.missing(one)) is not None})
    present = [one for one in everyone if f"{one.group}/{one.name}" not in missing]
    load = os.getloadavg()[0]
    runs = measure(present, options.rounds)
    answers, problems = check(present, runs)
    sizes = {"ndjson": options.size, "zstd": options.size, "gzip": options.size,
             "pipe": options.size, "csv": options.size, "sshd": options.size // 2,
             "keys": options.size // 4}
    print(f"{options.rounds} rounds, {options.size / 1e9:g} GB, {len(os.sched_getaffinity(0))} "
          f"processors, {load:.1f} threads busy with other things before")
    print_runs(present, runs, sizes)
    for name, reason in missing.items():
        print(f"not here: {name} ({reason})")
    print("answers of query Q: " + "; ".join(f"{name}: {said}" for name, said in answers.items()))
    print_goals(runs, missing)
    if any(one.group == "ndjson" for one in present):
        print_memory(spraywatch, files.ndjson())
        print("instructions an event, 1 thread: "
              + instructions(spraywatch, files.ndjson(), count_lines(files.ndjson())))
    for problem in problems:
        print(f"void: {problem}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as output:
            json.dump({"rounds": options.rounds, "bytes": options.size, "load": load,
                       "seconds": {name: [run.seconds for run in of] for name, of in runs.items()},
                       "memory": {name: max(run.memory for run in of) for name, of in runs.items()},
                       "missing": missing, "answers": answers}, output, indent=1)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
