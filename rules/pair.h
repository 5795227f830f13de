/*
 * Pairs: comparisons of two fields of one event, Sigma's `fieldref`.
 *
 * Their answer depends on two values, so it is never remembered. Built by the compiler of rules,
 * then immutable and shared.
 */
#pragma once

#include "engine/base/slice.h"
#include "engine/base/status.h"

enum { PAIRS_MAX = 1024 };

enum pair_kind { PAIR_EQUALS, PAIR_CONTAINS, PAIR_STARTS_WITH, PAIR_ENDS_WITH };

struct pair {
    unsigned left, right; /* rule fields */
    enum pair_kind kind;
    bool is_cased;
};

struct pair_set {
    struct pair *items;
    size_t count, capacity;
};

/* STATUS_CONFIG: too many. */
STATUS_CHECKED enum status pair_set_add(struct pair_set *set, const struct pair *pair,
                                        unsigned *bit);
void pair_set_deinit(struct pair_set *set);

/* Whether two values that are there compare so. */
bool pair_holds(const struct pair *pair, struct slice left, struct slice right);
