/*
 * Gates: which rules can match an event at all, found without running them.
 *
 * Most rules need some item to hold. A gate of a rule is a set of predicates of which at least one
 * is true whenever the rule matches; the cheapest is taken. The rows of predicate bits that a
 * matcher has for an event then name the rules worth running, so the cost of an event hardly grows
 * with the number of rules. Rules without a gate are always run.
 *
 * Made for one dataset, of the rules that apply to it; immutable, owned by a matcher.
 */
#pragma once

#include "rules/compiled.h"

/* The rules behind one predicate. */
struct gate_bit {
    uint32_t first, count; /* in gates.rules */
};

struct gate_field {
    unsigned field; /* a rule field */
    size_t words;
    uint64_t *mask;        /* predicates that are gates */
    struct gate_bit *bits; /* by predicate */
};

struct gates {
    struct gate_field *fields;
    size_t fields_count;
    uint32_t *rules;
    size_t rules_count;
    uint32_t *always; /* rules without a gate */
    size_t always_count;
};

/* `applies`: for each rule of the set, whether it is to be found. */
STATUS_CHECKED enum status gates_init(struct gates *gates, const struct ruleset *ruleset,
                                      const bool *applies);
void gates_deinit(struct gates *gates);

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_OPEN };

/* What the expression comes to when only the rows of `field` are known. */
enum truth expression_known(const struct expression *expression, unsigned field,
                            const uint64_t *row);
