/*
 * A bounded ring of pointers between exactly one producer thread and one consumer thread.
 *
 * Wraps Concurrency Kit's ck_ring. Pushing gives the object away: the producer does not look at it
 * again until it comes back through another ring. A full ring refuses, an empty one gives NULL;
 * neither waits (see `wait.h`). The store of the producer's counter in `ck_ring_enqueue_spsc` pairs
 * with its load in `ck_ring_dequeue_spsc`, so everything written to the object before the push is
 * seen after the pop.
 *
 * ck_ring keeps its counters with inline assembly that ThreadSanitizer cannot see; the notes in
 * `ring_sanitizer.h` tell it of the same hand-over and of nothing else.
 */
#pragma once

#include <ck_ring.h>
#include <stdbool.h>
#include <stdlib.h>

#include "engine/base/ring_sanitizer.h"
#include "engine/base/status.h"

struct ring {
    struct ck_ring counters; /* head and tail lie on separate cache lines */
    struct ck_ring_buffer *slots;
};

/* `capacity` objects fit; rounded up so that capacity + 1 is a power of two (ck_ring keeps one slot
 * free). */
STATUS_CHECKED static inline enum status ring_init(struct ring *ring, unsigned capacity)
{
    unsigned slots = 2;
    while (slots < capacity + 1)
        slots *= 2;
    ring->slots = calloc(slots, sizeof(*ring->slots));
    if (ring->slots == NULL)
        return STATUS_NO_MEMORY;
    ck_ring_init(&ring->counters, slots);
    return STATUS_OK;
}

static inline void ring_deinit(struct ring *ring)
{
    free(ring->slots);
    ring->slots = NULL;
}

/* Producer only. False: the ring is full and the object is still the caller's. */
static inline bool ring_push(struct ring *ring, void *object)
{
    ring_sanitizer_give(ring);
    ring_sanitizer_slots_begin();
    const bool pushed = ck_ring_enqueue_spsc(&ring->counters, ring->slots, object);
    ring_sanitizer_slots_end();
    return pushed;
}

/* Consumer only. NULL: the ring is empty. */
static inline void *ring_pop(struct ring *ring)
{
    void *object = NULL;
    ring_sanitizer_slots_begin();
    const bool popped = ck_ring_dequeue_spsc(&ring->counters, ring->slots, &object);
    ring_sanitizer_slots_end();
    if (!popped)
        return NULL;
    ring_sanitizer_take(ring);
    return object;
}

/* Producer only: room for one more? The consumer can only make more room. */
static inline bool ring_has_room(const struct ring *ring)
{
    return ck_ring_size(&ring->counters) + 1 < ck_ring_capacity(&ring->counters);
}

/* Objects in the ring, as either side sees it now. */
static inline unsigned ring_count(const struct ring *ring)
{
    return ck_ring_size(&ring->counters);
}
