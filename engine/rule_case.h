/*
 * Rule cases: a log, the rules it is for, and what they should find in it.
 *
 * A case is a directory with a `case.yml`, whose keys docs/rules.md describes. What rules match is
 * asked of the matcher over all records of the log; when correlations become true, and what a scan
 * reports, of the stages of a scan. Owned by the command that runs them; main thread.
 */
#pragma once

#include "rules/ruleset.h"

struct rule_case_options {
    const struct ruleset_options *rules; /* for cases that do not name their own */
};

struct rule_case {
    char *directory; /* owned */
    char *title;     /* owned; of the case file, "" without one */
    char *failures;  /* owned; what was otherwise than expected, a line each, or why it could not be
                        run; "" when all is well */
    size_t checks;   /* expectations looked at */
    bool is_broken;  /* it could not be run: told in the diagnostics */
};

struct rule_cases {
    struct rule_case *items; /* in the order of their paths' bytes */
    size_t count, capacity;
};

/* Finds the cases in `path`: it, or directories below it, that have a `case.yml`. STATUS_CONFIG
 * when there are none, told. */
STATUS_CHECKED enum status rule_cases_find(struct rule_cases *cases, const char *path,
                                           struct diagnostics *diagnostics);
void rule_cases_deinit(struct rule_cases *cases);

struct rule_cases_result {
    size_t passed, failed, broken;
};
struct rule_cases_result rule_cases_result(const struct rule_cases *cases);

/* Runs one. STATUS_OK when it could be run, whatever came of it; else the reason is told. */
STATUS_CHECKED enum status rule_case_run(struct rule_case *rule_case,
                                         const struct rule_case_options *options,
                                         struct diagnostics *diagnostics);
