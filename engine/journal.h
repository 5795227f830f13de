/*
 * A journal of what correlations have counted, for people: which records a window holds, and what
 * their number comes to.
 *
 * Correlations themselves keep no more than their conditions ask for (engine/correlate.h), so
 * `explain` keeps this beside them. Entries that no window can reach back to leave, and within its
 * memory cap the oldest ones; then it says that a window is incomplete. One thread.
 */
#pragma once

#include "engine/correlate.h"

struct journal_entry {
    uint64_t group;
    int64_t time_ns;
    uint64_t sources;
    uint64_t value;
    int64_t number;
    uint64_t line, offset;
    uint32_t file, correlation;
};

struct journal {
    const struct correlation *correlations;
    struct journal_entry *entries; /* a ring, oldest first */
    size_t capacity, start, count;
    size_t capacity_max;
    int64_t span_ns; /* the longest window */
    int64_t lost_ns; /* the latest that left for want of memory; INT64_MIN: none */
};

/* `ruleset` is lent until the end. */
void journal_init(struct journal *journal, const struct ruleset *ruleset, size_t bytes_max);
void journal_deinit(struct journal *journal);

void journal_add(struct journal *journal, const struct correlate_counted *counted);

/* One of the entries, the newest first; NULL: there is none. Valid until the next is added. */
const struct journal_entry *journal_newest(const struct journal *journal, size_t position);

/* What the window of an entry holds that reaches back to `since_ns`, oldest first; the entry itself
 * at least. */
struct journal_window {
    struct journal_entry *entries;
    size_t count;
    double number;    /* events, distinct values, or what the type makes of the numbers */
    uint64_t sources; /* those of the rules that have an entry */
    bool is_incomplete;
};

STATUS_CHECKED enum status journal_window_init(struct journal_window *window,
                                               const struct journal *journal,
                                               const struct journal_entry *of, int64_t since_ns);
void journal_window_deinit(struct journal_window *window);
