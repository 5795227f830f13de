#include "engine/seen.h"

#include <string.h>

enum { SLOTS_START = 4096 };

static uint64_t *slots_take(struct seen *seen, size_t capacity)
{
    uint64_t *const slots = slab_take(&seen->memory, capacity * sizeof(*slots));
    if (slots != NULL)
        memset(slots, 0, capacity * sizeof(*slots));
    return slots;
}

enum status seen_init(struct seen *seen, size_t bytes_max)
{
    *seen = (struct seen){0};
    /* Two generations of the largest size, and what growing to it leaves behind. */
    seen->capacity_max = SLOTS_START;
    while (seen->capacity_max * 2 * sizeof(uint64_t) * 3 <= bytes_max)
        seen->capacity_max *= 2;
    enum status status = slab_init(&seen->memory, seen->capacity_max * sizeof(uint64_t) * 4);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < 2; i++) {
        seen->capacity[i] = SLOTS_START;
        seen->ids[i] = slots_take(seen, SLOTS_START);
        if (seen->ids[i] == NULL) {
            seen_deinit(seen);
            return STATUS_NO_MEMORY;
        }
    }
    return STATUS_OK;
}

void seen_deinit(struct seen *seen)
{
    slab_deinit(&seen->memory);
}

/* The slot of `id`, or the free slot where it belongs. */
static uint64_t *slot_of(uint64_t *slots, size_t capacity, uint64_t id)
{
    size_t at = id & (capacity - 1);
    while (slots[at] != 0 && slots[at] != id)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

/* Twice the room, or a new generation when that is not to be had. */
static void seen_make_room(struct seen *seen)
{
    const size_t capacity = seen->capacity[0];
    uint64_t *const larger = capacity < seen->capacity_max ? slots_take(seen, 2 * capacity) : NULL;
    if (larger != NULL) {
        for (size_t i = 0; i < capacity; i++) {
            if (seen->ids[0][i] != 0)
                *slot_of(larger, 2 * capacity, seen->ids[0][i]) = seen->ids[0][i];
        }
        slab_give(&seen->memory, seen->ids[0], capacity * sizeof(uint64_t));
        seen->ids[0] = larger;
        seen->capacity[0] = 2 * capacity;
        return;
    }
    uint64_t *const oldest = seen->ids[1];
    const size_t oldest_capacity = seen->capacity[1];
    seen->ids[1] = seen->ids[0];
    seen->capacity[1] = seen->capacity[0];
    seen->ids[0] = oldest;
    seen->capacity[0] = oldest_capacity;
    memset(oldest, 0, oldest_capacity * sizeof(*oldest));
    seen->count = 0;
    seen->has_previous = true;
}

bool seen_before(struct seen *seen, uint64_t id)
{
    uint64_t *slot = slot_of(seen->ids[0], seen->capacity[0], id);
    if (*slot == id || (seen->has_previous && *slot_of(seen->ids[1], seen->capacity[1], id) == id))
        return true;
    if (2 * (seen->count + 1) > seen->capacity[0]) {
        seen_make_room(seen);
        slot = slot_of(seen->ids[0], seen->capacity[0], id);
    }
    *slot = id;
    seen->count++;
    return false;
}
