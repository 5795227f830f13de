/*
 * Detection: attempts in time order in, findings out.
 *
 * The windows of all detectors are divided over PARTITIONS_COUNT partitions by a hash of detector
 * and key, a number that does not depend on the threads. A `struct detect` owns some partitions;
 * every `struct detect` reads every span and applies what concerns its own. So partitions share
 * nothing, and each sees the same attempts in the same order whatever the number of threads.
 *
 * Decisions are pure functions of the window's counts; see docs/detection.md for the mathematics of
 * each kind. One thread per `struct detect`.
 */
#pragma once

#include "engine/batch.h"
#include "engine/crowd.h"
#include "rules/ruleset.h"

enum { PARTITIONS_COUNT = 8 };

/* What a span's attempts led to, in the order of the attempts. Grows as needed; reused. */
struct findings {
    uint64_t sequence; /* of the span */
    bool is_end;
    bool has_failed; /* no memory: the list is incomplete */
    struct finding *items;
    size_t count, capacity;
    struct member *members;
    size_t members_count, members_capacity;
    int64_t time_ns;    /* highest event time so far */
    struct notes notes; /* of the span, in one of its parts */
};

struct detect_counters {
    uint64_t windows;           /* live now */
    uint64_t windows_evicted;   /* quiet windows dropped before their time: memory cap */
    uint64_t entries_forgotten; /* attempts that left a window early: memory cap */
    uint64_t crowd_refused;     /* (source, account) pairs not learned: memory cap */
    uint64_t bytes;             /* in use by windows and populations */
};

struct detect;

/* Owns the partitions `first`, `first + step`, `first + 2 * step` …; `bytes_max` is the share of
 * all PARTITIONS_COUNT partitions together. Reads `ruleset` for as long as it lives. */
STATUS_CHECKED enum status detect_create(struct detect **out, const struct ruleset *ruleset,
                                         unsigned first, unsigned step, size_t bytes_max);
void detect_destroy(struct detect *detect);

/* Applies a span; appends to `findings`, which the caller has emptied. */
void detect_span(struct detect *detect, const struct span *span, struct findings *findings);

struct detect_counters detect_counters(const struct detect *detect);

void findings_clear(struct findings *findings);
void findings_deinit(struct findings *findings);
