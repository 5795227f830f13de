#include "engine/crowd.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/prefetch.h"

enum { PAIRS_START = 1024 };

void crowd_init(struct crowd *crowd, struct slab *slab)
{
    *crowd = (struct crowd){.slab = slab};
    table_init(&crowd->sizes, slab);
}

void crowd_deinit(struct crowd *crowd)
{
    slab_give(crowd->slab, crowd->pairs, crowd->pairs_capacity * sizeof(uint64_t));
    table_deinit(&crowd->sizes);
}

/* Bit 0 is set in every pair. */
static size_t pair_home(size_t capacity, uint64_t pair)
{
    return pair >> 1 & (capacity - 1);
}

static uint64_t *pair_slot(uint64_t *pairs, size_t capacity, uint64_t pair)
{
    size_t at = pair_home(capacity, pair);
    while (pairs[at] != 0 && pairs[at] != pair)
        at = (at + 1) & (capacity - 1);
    return &pairs[at];
}

/* Load at most 3/4. */
static bool pairs_reserve(struct crowd *crowd)
{
    if (4 * (crowd->pairs_count + 1) <= 3 * crowd->pairs_capacity)
        return true;
    const size_t capacity = crowd->pairs_capacity == 0 ? PAIRS_START : 2 * crowd->pairs_capacity;
    uint64_t *const larger = slab_take(crowd->slab, capacity * sizeof(uint64_t));
    if (larger == NULL)
        return false;
    memset(larger, 0, capacity * sizeof(uint64_t));
    for (size_t i = 0; i < crowd->pairs_capacity; i++) {
        if (crowd->pairs[i] != 0)
            *pair_slot(larger, capacity, crowd->pairs[i]) = crowd->pairs[i];
    }
    slab_give(crowd->slab, crowd->pairs, crowd->pairs_capacity * sizeof(uint64_t));
    crowd->pairs = larger;
    crowd->pairs_capacity = capacity;
    return true;
}

static uint64_t pair_of(uint64_t key, uint32_t account)
{
    return hash_mix(key ^ hash_mix(account)) | 1;
}

void crowd_prefetch(const struct crowd *crowd, uint64_t key, uint32_t account)
{
    if (crowd->pairs_capacity > 0)
        prefetch(&crowd->pairs[pair_home(crowd->pairs_capacity, pair_of(key, account))]);
}

void crowd_add(struct crowd *crowd, uint64_t key, uint32_t account)
{
    const uint64_t pair = pair_of(key, account);
    if (crowd->pairs_capacity > 0 && *pair_slot(crowd->pairs, crowd->pairs_capacity, pair) == pair)
        return;
    uint64_t *const size = pairs_reserve(crowd) ? table_put(&crowd->sizes, key, NULL) : NULL;
    if (size == NULL) {
        crowd->refused++;
        return;
    }
    *pair_slot(crowd->pairs, crowd->pairs_capacity, pair) = pair;
    crowd->pairs_count++;
    (*size)++;
}

uint32_t crowd_size(const struct crowd *crowd, uint64_t key)
{
    const uint64_t *const size = table_get(&crowd->sizes, key);
    return size != NULL ? (uint32_t)*size : 0;
}
