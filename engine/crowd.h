/*
 * The crowd: how many different accounts have signed in through each source so far.
 *
 * An office or carrier address with thousands of people behind it sees many mistyped passwords; its
 * learned good population raises the threshold of the source fan-out detector. Exact: a set of
 * (source, account) pairs at 8 bytes a slot, and a count per source. When memory is used up nothing
 * more is learned, which is counted. One thread.
 */
#pragma once

#include "engine/base/table.h"

struct crowd {
    struct slab *slab;
    uint64_t *pairs; /* open addressing; 0: free */
    size_t pairs_capacity, pairs_count;
    struct table sizes; /* key -> accounts */
    uint64_t refused;
};

void crowd_init(struct crowd *crowd, struct slab *slab);
void crowd_deinit(struct crowd *crowd);

/* A success of `account` through `key` (any hash of detector and key values). */
void crowd_add(struct crowd *crowd, uint64_t key, uint32_t account);

/* Asks the CPU to fetch what `crowd_add` will look at. */
void crowd_prefetch(const struct crowd *crowd, uint64_t key, uint32_t account);

/* Accounts known to sign in through `key`. */
uint32_t crowd_size(const struct crowd *crowd, uint64_t key);
