/*
 * Places: what is known of each value of a key that detectors have: a tenant's address, a network,
 * a program.
 *
 * A place has the windows that detectors keep for it, and the number of different accounts that
 * have signed in through it so far: an office or carrier address with thousands of people behind it
 * sees many mistyped passwords, and its learned good population raises the threshold of the source
 * fan-out detectors. The population is exact: a set of (place, account) pairs at 8 bytes a slot. It
 * is never forgotten; when memory is used up nothing more is learned, which is counted.
 *
 * The places of one partition, in memory from its slab. One thread.
 */
#pragma once

#include "engine/base/table.h"

struct window; /* of a detector; the places' owner knows it */

struct place {
    uint64_t id;
    uint64_t live;     /* detectors that have a window here: a bit each */
    uint32_t accounts; /* that have signed in through it */
    uint16_t windows_count;
    bool is_held; /* somebody works with it: it stays even when nothing is known of it */
    struct window *windows[];
};

struct places {
    struct slab *slab;
    struct table table; /* id -> struct place * */
    uint64_t *pairs;    /* open addressing; 0: free */
    size_t pairs_capacity, pairs_count;
    uint64_t refused; /* pairs not learned */
};

/* Takes no memory yet. The owner of the slab frees it. */
void places_init(struct places *places, struct slab *slab);

/* NULL: nothing is known of it. `id` is a mixed hash that nobody outside can choose, and not 0. */
struct place *places_find(const struct places *places, uint64_t id);

/* The same, made with room for that many windows when it is new. NULL: no memory. */
struct place *places_need(struct places *places, uint64_t id, unsigned windows_count);

/* Frees the place when nothing is known of it and nobody holds it. */
void places_let_go(struct places *places, struct place *place);

/* A sign-in of `account` through the place `id`; makes it. */
void places_learn(struct places *places, uint64_t id, unsigned windows_count, uint32_t account);

/* Ask the CPU to fetch what `places_find` and `places_learn` will look at first. */
void places_prefetch(const struct places *places, uint64_t id);
void places_prefetch_pair(const struct places *places, uint64_t id, uint32_t account);
