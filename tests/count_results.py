#!/usr/bin/env python3
"""Adds up a test run: count_results.py STEPS TESTLOG...

STEPS holds the steps outside meson, a line each: `passed NAME`, `skipped NAME` or `failed NAME`.
A TESTLOG is meson's testlog.json. A test that speaks TAP counts by its subtests, any other as one;
a program that ends badly without having said which subtest failed is one more failure.
Shows what failed; the last line is `N passed, N failed, N skipped`.
"""
import json
import re
import sys
from collections import Counter
from pathlib import Path

SUBTEST = re.compile(r"(not )?ok\b(?:\s+\d+)?(?:\s+-)?\s*([^#]*)(#\s*(?:SKIP|TODO)\b)?", re.I)


def subtests(stdout):
    """(result, name) of each line of TAP. cmocka 1.1.5 marks a skipped test as `not ok # SKIP`."""
    for line in stdout.splitlines():
        match = SUBTEST.match(line)
        if match:
            result = "skipped" if match[3] else "failed" if match[1] else "passed"
            yield result, match[2].strip()


def results_of(test):
    results = [result for result, _ in subtests(test.get("stdout", ""))]
    if test["result"] == "SKIP":
        return results or ["skipped"]
    if test["result"] in ("OK", "EXPECTEDFAIL"):
        return results or ["passed"]
    ended_badly = test["returncode"] != 0 or not results
    if ended_badly and "failed" not in results:
        results.append("failed")
    return results


def show_failure(build, test):
    print(f"\n-- {build}: {test['name']}: {test['result']}, status {test['returncode']}")
    # A program that fails may have said a lot; its beginning and its end tell most.
    lines = (test.get("stdout", "") + test.get("stderr", "")).splitlines()
    shown = lines if len(lines) <= 300 else lines[:200] + ["[…]"] + lines[-100:]
    print("\n".join(shown))


def main():
    counts = Counter()
    failures = []
    for line in Path(sys.argv[1]).read_text("utf-8").splitlines():
        result, name = line.split(" ", 1)
        counts[result] += 1
        if result == "failed":
            failures.append(name)
    for path in map(Path, sys.argv[2:]):
        build = path.parent.parent.name
        if not path.exists():
            counts["failed"] += 1
            failures.append(f"{build}: no test has run")
            continue
        for line in path.read_text("utf-8").splitlines():
            test = json.loads(line)
            test["name"] = test["name"].split(" / ")[-1]  # without project and suite
            results = Counter(results_of(test))
            counts += results
            if results["failed"]:
                failures.append(f"{build}: {test['name']}, {results['failed']} failed")
                show_failure(build, test)
    print()
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


sys.exit(main())
