/*
 * The inside of a ruleset, for its compiler and its matcher only.
 */
#pragma once

#include "rules/condition.h"
#include "rules/predicate.h"
#include "rules/ruleset.h"

struct base_rule {
    const char *name;
    struct program program;
};

struct ruleset {
    struct arena arena; /* texts of detectors and rules */
    struct predicate_set predicates;
    struct base_rule rules[RULES_MAX];
    size_t rules_count;
    struct detector detectors[DETECTORS_MAX];
    size_t detectors_count;
    field_set fields;
    struct dataset_names datasets;
};
