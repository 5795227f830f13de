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

#include "engine/baseline.h"
#include "engine/batch.h"
#include "engine/decide.h"
#include "engine/tally.h"
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

/* Some detectors, of which none knows of the others; lent for as long as they are detected with. */
struct detectors {
    const struct detector *items;
    size_t count; /* at most DETECTORS_MAX */
};

struct detectors detectors_of(const struct ruleset *ruleset);

/* Owns the partitions `first`, `first + step`, `first + 2 * step` …; `bytes_max` is the share of
 * all PARTITIONS_COUNT partitions together. */
STATUS_CHECKED enum status detect_create(struct detect **out, struct detectors detectors,
                                         unsigned first, unsigned step, size_t bytes_max);
void detect_destroy(struct detect *detect);

/* Applies a span; appends to `findings`, which the caller has emptied. */
void detect_span(struct detect *detect, const struct span *span, struct findings *findings);

/* ---- for whoever explains ----------------------------------------------------------------- */

enum look_state {
    LOOK_HELD,      /* the attempt is in the window */
    LOOK_BESIDE,    /* it is no evidence of its own: a retry, or from a network in use */
    LOOK_FAMILIAR,  /* it is no evidence: the account signs in from there, or others do */
    LOOK_NO_KEY,    /* a field that the windows are kept by is absent */
    LOOK_NO_WINDOW, /* the kind keeps none, or the window is gone: memory cap */
};

/* What the window of one key and span of a detector holds, and how it is judged, when an attempt
 * has just been applied. */
struct detect_look {
    enum look_state state;
    struct finding finding; /* which window, and its key; of LOOK_HELD and LOOK_BESIDE */
    struct window_counts counts;
    struct decision decision;
    const struct tally *held; /* the attempts counted */
};

/* Looks at a detector's window for `attempt`, the last that was applied, which the detector's rules
 * match. `detect` owns all partitions. */
struct detect_look detect_look(struct detect *detect, const struct attempt *attempt,
                               size_t detector, unsigned key_index, unsigned span_index);

/* One of `counts.attempts` attempts, oldest first. */
const struct member *detect_look_member(const struct detect_look *look, uint32_t index);

struct detect_counters detect_counters(const struct detect *detect);

/* ---- what lasts beyond a run ---------------------------------------------------------------- */

/* Sign-ins of a key per bucket of GOODS_NS. */
struct goods;

#define GOODS_NS (INT64_C(900) * 1000000000)
enum { GOODS_BUCKETS = 96 }; /* a day of quarter-hours, or a longer span in as many parts */

/* The count of a bucket (a time divided by GOODS_NS); 0 where it is not kept any more. */
uint32_t goods_at(const struct goods *goods, int64_t bucket);
void goods_add(struct goods *goods, int64_t bucket, uint32_t count);

/* What a window with a baseline has learned. All is lent, and may be written. */
struct lasting {
    size_t detector;
    unsigned key_index;
    const uint32_t *key; /* FINDING_KEY_PARTS_MAX values */
    int64_t last_ns;     /* when it was last used */
    uint32_t *events;
    struct baseline *baseline;
    struct goods *goods;           /* NULL: it counts none, or coarser */
    struct cusum *cusum;           /* NULL: it has none */
    struct baseline_stats *frozen; /* the last baseline of enough days; no samples: none yet */
};

/* Lends every window with a baseline, in no order; but for those of attempts that are allowed,
 * which teach nothing that lasts. */
typedef void detect_visitor(void *visitor, const struct lasting *lasting);
void detect_visit(const struct detect *detect, detect_visitor *visit, void *visitor);

/* Before the first span: makes a window that was last used at `last_ns`. False: its partition is
 * another's, or there is no memory. */
bool detect_restore(struct detect *detect, size_t detector, unsigned key_index,
                    const uint32_t key[FINDING_KEY_PARTS_MAX], int64_t last_ns,
                    struct lasting *lasting);

/* Before the first span: the log has been watched since then. */
void detect_set_start(struct detect *detect, int64_t start_ns);

/* A sign-in of an earlier run, of which tenant, source and account are set: who is known where. */
void detect_restore_visit(struct detect *detect, const struct attempt *visit);

/* When `events` has been set: keeps hours, where there are some or attempts enough for them. */
void detect_restore_hours(struct detect *detect, const struct lasting *lasting, bool has_hours);

void findings_clear(struct findings *findings);
void findings_deinit(struct findings *findings);
