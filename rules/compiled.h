/*
 * The inside of a ruleset, for its compiler and its matcher only.
 */
#pragma once

#include "rules/condition.h"
#include "rules/field.h"
#include "rules/pair.h"
#include "rules/predicate.h"
#include "rules/ruleset.h"

enum { RULE_NO_BIT = 0xff };

struct base_rule {
    const char *name; /* what others call it by */
    struct rule_head head;
    const struct expression *expression; /* what the program was made of; in the arena */
    struct program program;
    bool reports;               /* its matches are findings of their own */
    bool is_counted;            /* correlations beside the detectors count them */
    uint64_t draws[DRAW_WORDS]; /* what those need of its events */
    uint8_t detector_bit;       /* in the mask of rules that detectors read; RULE_NO_BIT: in none */
};

struct ruleset {
    struct arena arena; /* texts of detectors and rules */
    struct predicate_set predicates;
    struct pair_set pairs;
    struct field_table fields_of_rules;
    struct base_rule *rules;
    size_t rules_count, rules_capacity;
    unsigned bits_count; /* of the detectors' mask */
    struct detector detectors[DETECTORS_MAX];
    size_t detectors_count;
    struct rule_entry *entries; /* in the arena */
    size_t entries_count;
    struct correlation *correlations;
    size_t correlations_count;
    struct draw draws[DRAWS_MAX];
    size_t draws_count;
    struct allowance allowances[ALLOWANCES_MAX];
    struct program allowance_programs[ALLOWANCES_MAX]; /* of their expressions */
    size_t allowances_count;
    struct dataset_names datasets;
};
