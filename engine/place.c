#include "engine/place.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/prefetch.h"

enum { PAIRS_START = 1024 };

void places_init(struct places *places, struct slab *slab)
{
    *places = (struct places){.slab = slab};
    table_init(&places->table, slab);
}

/* ---- places -------------------------------------------------------------------------------- */

static size_t place_bytes(unsigned windows_count)
{
    return sizeof(struct place) + windows_count * sizeof(struct window *);
}

struct place *places_find(const struct places *places, uint64_t id)
{
    const uint64_t *const found = table_get(&places->table, id);
    return found != NULL ? (struct place *)(uintptr_t)*found : NULL;
}

struct place *places_need(struct places *places, uint64_t id, unsigned windows_count)
{
    struct place *place = places_find(places, id);
    if (place != NULL)
        return place;
    place = slab_take(places->slab, place_bytes(windows_count));
    uint64_t *const slot = place != NULL ? table_put(&places->table, id, NULL) : NULL;
    if (slot == NULL) {
        slab_give(places->slab, place, place_bytes(windows_count));
        return NULL;
    }
    memset(place, 0, place_bytes(windows_count));
    place->id = id;
    place->windows_count = (uint16_t)windows_count;
    *slot = (uint64_t)(uintptr_t)place;
    return place;
}

void places_let_go(struct places *places, struct place *place)
{
    if (place->is_held || place->live != 0 || place->accounts > 0)
        return;
    table_remove(&places->table, place->id);
    slab_give(places->slab, place, place_bytes(place->windows_count));
}

void places_prefetch(const struct places *places, uint64_t id)
{
    table_prefetch(&places->table, id);
}

/* ---- populations --------------------------------------------------------------------------- */

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
static bool pairs_reserve(struct places *places)
{
    if (4 * (places->pairs_count + 1) <= 3 * places->pairs_capacity)
        return true;
    const size_t capacity = places->pairs_capacity == 0 ? PAIRS_START : 2 * places->pairs_capacity;
    uint64_t *const larger = slab_take(places->slab, capacity * sizeof(uint64_t));
    if (larger == NULL)
        return false;
    memset(larger, 0, capacity * sizeof(uint64_t));
    for (size_t i = 0; i < places->pairs_capacity; i++) {
        if (places->pairs[i] != 0)
            *pair_slot(larger, capacity, places->pairs[i]) = places->pairs[i];
    }
    slab_give(places->slab, places->pairs, places->pairs_capacity * sizeof(uint64_t));
    places->pairs = larger;
    places->pairs_capacity = capacity;
    return true;
}

static uint64_t pair_of(uint64_t id, uint32_t account)
{
    return hash_mix(id ^ hash_mix(account)) | 1;
}

void places_prefetch_pair(const struct places *places, uint64_t id, uint32_t account)
{
    if (places->pairs_capacity > 0)
        prefetch(&places->pairs[pair_home(places->pairs_capacity, pair_of(id, account))]);
}

void places_learn(struct places *places, uint64_t id, unsigned windows_count, uint32_t account)
{
    const uint64_t pair = pair_of(id, account);
    if (places->pairs_capacity > 0 &&
        *pair_slot(places->pairs, places->pairs_capacity, pair) == pair)
        return;
    struct place *const place =
        pairs_reserve(places) ? places_need(places, id, windows_count) : NULL;
    if (place == NULL) {
        places->refused++;
        return;
    }
    *pair_slot(places->pairs, places->pairs_capacity, pair) = pair;
    places->pairs_count++;
    place->accounts++;
}
