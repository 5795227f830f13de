/*
 * A table from 64-bit keys to 64-bit values, in memory from a slab.
 *
 * Open addressing with linear probing, load at most 1/2, removal by shifting back; so a look-up is
 * one or two cache lines and nothing is ever left behind. Keys are hashes or indices that nobody
 * outside can choose; 0 is no key. One thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/slab.h"

struct table_slot {
    uint64_t key, value;
};

struct table {
    struct slab *slab;
    struct table_slot *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
};

/* Takes no memory yet. */
void table_init(struct table *table, struct slab *slab);
void table_deinit(struct table *table);

/* NULL: the key is not there. The pointer is valid until the next put or remove. */
uint64_t *table_get(const struct table *table, uint64_t key);

/* The value of `key`, added as 0 when it is new (`*is_new`, may be NULL). NULL: no memory. */
uint64_t *table_put(struct table *table, uint64_t key, bool *is_new);

void table_remove(struct table *table, uint64_t key);

/* Asks the CPU to fetch the slot of a key. */
void table_prefetch(const struct table *table, uint64_t key);
