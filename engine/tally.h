/*
 * A tally: exact counts over sliding windows of event time, for one key.
 *
 * How many attempts, how many distinct values (mostly accounts) and how many distinct sources lie
 * within the last 15 minutes, hour, day …? Up to DETECTOR_SPANS_MAX spans share one log of entries
 * in time order. An entry enters all spans when it is added and leaves each when it is older than
 * now - span; a value is distinct in a span exactly while its *latest* entry is in it, so nothing
 * is ever recounted: the cost of an attempt does not grow with the window or its number of values.
 *
 * The window is closed at both ends: an entry exactly `span` old still counts. `now` is the highest
 * time the tally was told of; a late entry is put in its place and counts where it still belongs.
 *
 * Pure data structure: no clock, no rules. Memory comes from the owner's slab. When it gives none,
 * the oldest entry leaves early and `forgotten` is counted.
 */
#pragma once

#include "engine/base/slab.h"
#include "engine/spine.h"

enum { TALLY_SPANS_MAX = 4 };

/* Entries are `struct member`, or only its first fields: */
struct tally_entry {
    int64_t time_ns;
    uint64_t sequence;
    uint32_t counted; /* 0: no value, counts as attempt only */
    uint32_t source;  /* 0: no source */
};

struct tally_value {
    int64_t last_ns;   /* time of its latest entry */
    uint32_t sequence; /* lower half of that entry's sequence: tells it from its equals in time */
    uint32_t value;    /* 0: free slot */
};

struct tally_set {
    struct tally_value *values; /* open addressing */
    uint32_t capacity, count;
};

struct tally_counts {
    uint32_t attempts, values, sources;
};

struct tally {
    char *log;             /* ring of entries */
    uint32_t log_capacity; /* 0 or a power of two */
    uint32_t log_start, log_count;
    uint32_t entry_bytes;
    uint32_t spans_count;
    struct tally_set values, sources;
    uint32_t span_start[TALLY_SPANS_MAX]; /* position, from log_start, of the span's first entry */
    struct tally_counts counts[TALLY_SPANS_MAX];
    int64_t now_ns;
};

/* `entry_bytes`: sizeof(struct tally_entry) or sizeof(struct member). Takes no memory yet. */
void tally_init(struct tally *tally, uint32_t entry_bytes, uint32_t spans_count);
void tally_deinit(struct tally *tally, struct slab *slab);

/* Lets leave what is older than `now_ns` - span. `spans_ns`: longest last is not required, but the
 * longest span decides how long entries are kept. Time never goes back. */
void tally_advance(struct tally *tally, struct slab *slab, const int64_t *spans_ns, int64_t now_ns);

/* Adds an entry; advances to its time first. Gives how many entries left early for want of memory,
 * counting the new one when there was no room for it at all. */
unsigned tally_add(struct tally *tally, struct slab *slab, const int64_t *spans_ns,
                   const void *entry);

/* The entry at `index` of a span, oldest first; `index` < counts[span].attempts. */
const void *tally_entry_at(const struct tally *tally, unsigned span, uint32_t index);

static inline bool tally_is_empty(const struct tally *tally)
{
    return tally->log_count == 0;
}
