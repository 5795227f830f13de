/*
 * Covered: what each allow entry has covered, counted.
 *
 * A sign-in that an entry covers (rules/ruleset.h: allowance) is counted here and for nothing else
 * that is told. The order stage's, which sees each attempt once; no clock, no input or output.
 */
#pragma once

#include "engine/base/table.h"
#include "engine/spine.h"
#include "rules/ruleset.h"

struct covered_entry {
    uint64_t sign_ins;
    uint64_t right_passwords;  /* of them, those whose password was right */
    uint64_t accounts;         /* distinct; a lower bound when `is_incomplete` */
    uint64_t rule_matches;     /* of rules that report for themselves: not told */
    int64_t first_ns, last_ns; /* event times; where there was none, first > last */
    bool is_incomplete;        /* memory cap: not all accounts were told apart */
};

struct covered {
    const struct ruleset *ruleset;
    struct slab slab;
    struct table accounts;                        /* entry and account -> 1 */
    struct covered_entry entries[ALLOWANCES_MAX]; /* by number - 1 */
};

STATUS_CHECKED enum status covered_init(struct covered *covered, const struct ruleset *ruleset,
                                        size_t bytes_max);
void covered_deinit(struct covered *covered);

/* An attempt whose `allowance` is not 0, with the rules that it matched. */
void covered_take(struct covered *covered, const struct attempt *attempt);
