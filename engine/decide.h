/*
 * Decisions: when do the counts of a window amount to a finding?
 *
 * Pure functions, one per kind of detector; docs/detection.md explains them and says what they
 * miss. Any thread.
 */
#pragma once

#include "engine/baseline.h"
#include "rules/ruleset.h"

/* What a window holds when an attempt has just been added to it. */
struct window_counts {
    uint32_t attempts; /* in the span */
    uint32_t values;   /* distinct counted values: most often accounts */
    uint32_t sources;
    uint32_t succeeded;  /* distinct accounts that signed in, in the span (source fan-out) */
    uint64_t successes;  /* sign-ins, in the span (distributed) */
    uint32_t known_good; /* accounts known to sign in from there (source fan-out) */
    int64_t history_ns;  /* how long the stream has been watched */
    struct baseline_stats baseline; /* attempts per span_baseline_ns */
    int64_t baseline_ns;            /* what the baseline counts: a day or an hour */
    double cusum;                   /* the sum of what was too much (shift) */
};

struct decision {
    bool is_true;
    bool is_weak;       /* worth telling a campaign, not worth opening one */
    uint32_t threshold; /* values that were needed */
    double expected;    /* attempts for the span, by the baseline; 0: none */
    double ratio;       /* attempts / expected; 0: none */
    double z;
};

struct decision decide_count(const struct detector *detector, const struct window_counts *counts);
struct decision decide_source_fanout(const struct detector *detector,
                                     const struct window_counts *counts);
struct decision decide_distributed(const struct detector *detector, unsigned span,
                                   const struct window_counts *counts);
struct decision decide_surge(const struct detector *detector, unsigned span,
                             const struct window_counts *counts);
struct decision decide_low_and_slow(const struct detector *detector, unsigned span,
                                    const struct window_counts *counts);
struct decision decide_enumeration(const struct detector *detector,
                                   const struct window_counts *counts);
struct decision decide_lockout_storm(const struct detector *detector, unsigned span,
                                     const struct window_counts *counts);
struct decision decide_shift(const struct detector *detector, unsigned span,
                             const struct window_counts *counts);

/* The fewest values for which a detector of this kind can be true: a cheap look before the others.
 */
int64_t decide_values_min(const struct detector *detector);
