/*
 * Visits: which accounts have signed in from which addresses, for whoever asks in a later run.
 *
 * Within a run the populations of sources are counts behind hashes (`engine/place.h`). What is to
 * last must be told by content, so here is the set itself: 16 bytes a place, only kept where there
 * is a state. When memory is used up nothing more is learned, which is counted. Owned by the order
 * stage.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/slab.h"
#include "engine/spine.h"

struct visit {
    uint32_t account; /* 0: the place is free */
    uint32_t source;  /* address */
    uint32_t tenant;
    uint32_t day; /* of the last sign-in in this run, since the epoch, and 1; 0: in earlier runs */
};

struct visits {
    struct slab slab;
    struct visit *places; /* open addressing */
    size_t capacity, count;
    uint64_t refused;
};

STATUS_CHECKED enum status visits_init(struct visits *visits, size_t bytes_max);
void visits_deinit(struct visits *visits);

/* Learns from an attempt, whatever came of it. */
void visits_learn(struct visits *visits, const struct attempt *attempt);

/* One of an earlier run. */
void visits_restore(struct visits *visits, uint32_t tenant, uint32_t source, uint32_t account);
