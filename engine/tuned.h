/*
 * What `tune` has found of one threshold of a detector: what is told at each of some settings.
 * Data only.
 */
#pragma once

#include "engine/comparison.h"
#include "engine/options.h"

struct tuned_setting {
    double number;
    bool is_loaded; /* what the rules say */
    struct comparison comparison;
    bool is_incomplete; /* the memory cap has cost something: a scan may tell otherwise */
};

struct tuned {
    const struct detector *detector; /* of the ruleset */
    size_t detector_index, threshold_index;
    struct threshold threshold;
    struct tuned_setting settings[OPTIONS_SETTINGS_MAX + 1]; /* ascending, the loaded one there */
    size_t settings_count;
};

/* The log, and what the loaded rules tell of it. */
struct tuned_log {
    const struct ruleset *ruleset;
    int64_t first_ns, last_ns; /* event times; first > last: there is none */
    double days;               /* 1 at least: a part of a day says nothing about a day */
    size_t campaigns, confirmed;
};
