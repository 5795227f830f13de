/*
 * What is measured, in groups: each makes its logs, runs its cases in turns, round by round, and
 * lets its logs go. The figures of a group can be held against each other, for whatever the machine
 * did meanwhile fell on all of them.
 *
 * One thread; everything belongs to the caller.
 */
#pragma once

#include "bench/result.h"

struct groups_options {
    const char *program; /* path of this executable */
    const char *other;   /* of another one that every whole scan is run with too; NULL: none */
    const char *shape;   /* of the records, where a group does not ask for a certain one; NULL: the
                            generator's own */
    uint64_t bytes;      /* of the main log; those of other groups are a quarter of it */
    uint64_t seed;
    unsigned rounds;
    unsigned threads; /* the most that are measured */
    uint32_t wanted;  /* bit n: group n; 0: all */
};

/* Names and one-line descriptions; NULL beyond the last. */
const char *groups_name(size_t group);
const char *groups_text(size_t group);

/* Adds to `result`. STATUS_INTERNAL when findings depend on what they must not depend on. */
STATUS_CHECKED enum status groups_run(struct result *result, const struct groups_options *options,
                                      struct diagnostics *diagnostics);
