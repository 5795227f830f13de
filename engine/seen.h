/*
 * Event ids seen: removes duplicates before anything is counted.
 *
 * Two generations of a set of 64-bit keyed hashes. When the current one is full it becomes the
 * previous one, so at least the last `ids_max` ids are always known, at 16 bytes each. Owned by the
 * order stage; asks in input order, so the answer is a function of the input.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/prefetch.h"
#include "engine/base/slab.h"

struct seen {
    struct slab memory;
    uint64_t *ids[2];   /* current, previous; open addressing, 0 is free */
    size_t capacity[2]; /* slots */
    size_t count;       /* in the current generation */
    bool has_previous;  /* there was one before it */
    size_t capacity_max;
};

STATUS_CHECKED enum status seen_init(struct seen *seen, size_t bytes_max);
void seen_deinit(struct seen *seen);

/* True when `id` was seen before; remembers it otherwise. `id` is not 0. */
bool seen_before(struct seen *seen, uint64_t id);

static inline void seen_prefetch(const struct seen *seen, uint64_t id)
{
    prefetch_to_write(&seen->ids[0][id & (seen->capacity[0] - 1)]);
}
