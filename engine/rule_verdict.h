/*
 * The verdict of the rules on one record, for people: what matches, what nearly does and why not,
 * and where the counts stand that it is part of.
 *
 * Prints to standard output. Values of records and of rules are printed as JSON would have them.
 * Main thread.
 */
#pragma once

#include "engine/replay.h"
#include "rules/match.h"

/* The allow entries that cover the sign-in, when there are entries: which one has it, and which are
 * not in force at its time or come behind. */
void rule_verdict_print_allowances(const struct ruleset *ruleset, struct matcher *matcher,
                                   const struct subject *subject);

/* Rules that match, and those that one condition keeps from it. */
void rule_verdict_print(const struct ruleset *ruleset, struct matcher *matcher,
                        const struct subject *subject);

/* Of each window that the sign-in at `offset` of source `file` is counted in: what it stood at just
 * then, what it needs, and which records it holds. The input is read once more. */
STATUS_CHECKED enum status rule_verdict_print_counts(const struct replay_options *options,
                                                     uint32_t file, uint64_t offset,
                                                     struct diagnostics *diagnostics);
