/*
 * The latest distinct values of one group: are there at least n within the window?
 *
 * There are when the n-th latest of the distinct values was last seen within the window. So no more
 * than n are kept, each with the time it was last seen, in that order; the cost of an event grows
 * neither with the window nor with the values in it. Exact. One thread; memory is the owner's slab.
 */
#pragma once

#include "engine/base/table.h"

struct latest_entry {
    uint64_t value; /* 0 is no value */
    int64_t time_ns;
    uint32_t newer, older; /* positions, from 1; 0: none */
};

struct latest {
    struct table positions; /* value -> position */
    struct latest_entry *entries;
    uint32_t capacity, used; /* entries that ever held a value */
    uint32_t count;
    uint32_t newest, oldest;
    uint32_t free; /* a list by `older` */
};

/* Takes no memory yet. */
void latest_init(struct latest *latest, struct slab *slab);
void latest_deinit(struct latest *latest);

/* `value` is seen at `time_ns`, which never goes back. Beyond `count_max` the oldest leaves. False:
 * no memory, nothing has changed. */
bool latest_add(struct latest *latest, uint64_t value, int64_t time_ns, uint32_t count_max);

/* What was last seen before `since_ns` leaves. */
void latest_expire(struct latest *latest, int64_t since_ns);

/* The oldest leaves; there is one. */
void latest_drop(struct latest *latest);
