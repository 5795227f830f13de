#!/usr/bin/env python3
"""The accuracy matrix: labelled attacks among ordinary life, and what was found of them.

    matrix.py SPRAYWATCH [--set NAME] [--json] [--jobs N] [--only WORD] [--peers]

Every scenario is generated, scanned and scored; nothing depends on the clock. `--set quick` is the
part that runs as a test (--check), with the bounds of `scenarios.py`. `--peers` asks published rules of
other products about the same logs (`peers.py`) and puts them beside ours.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peers  # noqa: E402
import scenarios  # noqa: E402
import score  # noqa: E402


def run(spraywatch, scenario, with_peers):
    with tempfile.TemporaryDirectory(prefix="spraywatch-accuracy-") as folder:
        log, labels, findings, summary = (os.path.join(folder, name) for name in (
            "log.ndjson", "labels.jsonl", "findings.jsonl", "summary.json"))
        subprocess.run([spraywatch, "gen", *scenario["gen"], "--labels", labels, "--output", log],
                       check=True)
        with open(findings, "wb") as output:
            subprocess.run([spraywatch, "scan", "--format", "jsonl", "-j", "1", "--quiet",
                            "--summary-json", summary, log], stdout=output, check=True)
        attacks = score.read_attacks(labels)
        with open(summary, encoding="utf-8") as stream:
            events = json.load(stream)["records"]["normalized"]
        result = {"scenario": scenario["name"], "group": scenario["group"], "events": events,
                  "days": scenario["days"],
                  "spraywatch": score.score(attacks, score.read_findings(findings))}
        if with_peers:
            result["peers"] = {name: score.score(attacks, alerts)
                               for name, alerts in peers.alerts(spraywatch, log).items()}
        return result


def share(part, whole):
    return part / whole if whole else None


def totals(results, pick):
    """Sums over results of what `pick` gives of each."""
    sums = collections.Counter()
    attempts, seconds = [], []
    for result in results:
        scored = pick(result)
        sums["events"] += result["events"]
        sums["days"] += result["days"]
        sums["false"] += len(scored["false"])
        sums["confirmed_false"] += scored["confirmed_false"]
        for row in scored["attacks"]:
            sums["attacks"] += 1
            sums["found"] += row["found"]
            sums["fragments"] += row["fragments"]
            sums["merged"] += row["merged"]
            sums["confirmed"] += row["confirmed"]
            sums["confirmed_found"] += row["confirmed_found"]
            if row["found"]:
                attempts.append(row["attempts_until_found"])
                seconds.append(row["seconds_until_found"])
    attempts.sort()
    seconds.sort()
    return {
        "attacks": sums["attacks"], "found": sums["found"],
        "found_share": share(sums["found"], sums["attacks"]),
        "attempts_median": attempts[len(attempts) // 2] if attempts else None,
        "hours_median": seconds[len(seconds) // 2] / 3600 if seconds else None,
        "hours_most": seconds[-1] / 3600 if seconds else None,
        "confirmed": sums["confirmed"], "confirmed_found": sums["confirmed_found"],
        "confirmed_false": sums["confirmed_false"], "false": sums["false"],
        "false_per_million": share(1e6 * sums["false"], sums["events"]),
        "false_per_30_days": share(30 * sums["false"], sums["days"]),
        "fragments": share(sums["fragments"], sums["found"]), "merged": sums["merged"],
    }


def shown(value, form):
    return "-" if value is None else format(value, form)


def print_row(name, total):
    print(f"{name:34} {total['found']:4}/{total['attacks']:<4}"
          f" {shown(total['attempts_median'], '6d')} {shown(total['hours_median'], '7.1f')}"
          f" {shown(total['hours_most'], '7.1f')}"
          f" {total['confirmed_found']:4}/{total['confirmed']:<4} {total['confirmed_false']:3}"
          f" {total['false']:5} {shown(total['false_per_million'], '7.2f')}"
          f" {shown(total['false_per_30_days'], '6.2f')} {shown(total['fragments'], '5.2f')}"
          f" {total['merged']:4}")


def print_head(title):
    print(f"{title:34} {'found':9} {'tries':>6} {'hours':>7} {'worst':>7} {'passwords':>9}"
          f" {'not':>3} {'false':>5} {'/10^6':>7} {'/30 d':>6} {'parts':>5} {'mixed':>5}")


def print_tables(results, want_details):
    groups = collections.OrderedDict()
    for result in results:
        groups.setdefault(result["group"], []).append(result)
    print_head("scenarios")
    for name, members in groups.items():
        print_row(name, totals(members, lambda result: result["spraywatch"]))
    print_row("all", totals(results, lambda result: result["spraywatch"]))
    if not want_details:
        return
    print()
    for result in results:
        for row in result["spraywatch"]["attacks"]:
            if not row["found"] or row["fragments"] > 1 or row["merged"] or \
                    row["confirmed_found"] < row["confirmed"]:
                print(f"{result['scenario']}: {row['profile']} of {row['attempts']} attempts:"
                      f" {'found' if row['found'] else 'MISSED'}, {row['fragments']} parts,"
                      f" {row['confirmed_found']}/{row['confirmed']} passwords"
                      f"{', mixed' if row['merged'] else ''}")
        for alert in result["spraywatch"]["false"]:
            print(f"{result['scenario']}: false: {alert['name']}, {alert['attempts']} attempts,"
                  f" {len(alert['users'])} accounts, {len(alert['ips'])} sources, "
                  f"{' '.join(alert['detectors'])}")


def print_peers(results):
    """One row a rule, over all scenarios."""
    print()
    print_head("all scenarios")
    print_row("spraywatch", totals(results, lambda result: result["spraywatch"]))
    for name in results[0]["peers"]:
        print_row(name, totals(results, lambda result, name=name: result["peers"][name]))


def jsonable(value):
    return sorted(value) if isinstance(value, set) else str(value)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spraywatch")
    parser.add_argument("--set", default="full", choices=sorted(scenarios.SETS))
    parser.add_argument("--only", default="", help="scenarios whose name holds this word")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--peers", action="store_true", help="published rules beside ours")
    parser.add_argument("--check", action="store_true", help="fail beyond the bounds of the set")
    arguments = parser.parse_args()
    wanted = [scenario for scenario in scenarios.SETS[arguments.set]()
              if arguments.only in scenario["name"]]
    if not wanted:
        parser.error(f"no scenario of this set has '{arguments.only}' in its name")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(
            lambda scenario: run(arguments.spraywatch, scenario, arguments.peers), wanted))
    if arguments.json:
        json.dump(results, sys.stdout, indent=1, default=jsonable)
        print()
    else:
        print_tables(results, not arguments.check)
        if arguments.peers:
            print_peers(results)
    if arguments.check:
        broken = scenarios.broken_bounds(
            totals(results, lambda result: result["spraywatch"]))
        for text in broken:
            print(f"bound broken: {text}", file=sys.stderr)
        return 1 if broken else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
