/*
 * Waiting for another thread to have done something: spin, then yield, then sleep.
 *
 * A `struct bell` is shared by all threads of a pipeline. Whoever made progress rings it; whoever
 * found nothing to do waits for the next ring. Lost wake-ups cannot happen: the waiter remembers
 * the count it saw *before* it looked for work, and sleeps only while the count is still the same.
 * Here and in `ring.h` are the only atomics of the program.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct bell {
    _Alignas(64) _Atomic uint32_t rings;
    _Alignas(64) _Atomic uint32_t sleepers;
};

void bell_init(struct bell *bell);

/* The count to remember before looking for work. Pairs with the release in `bell_ring`. */
static inline uint32_t bell_count(struct bell *bell)
{
    return atomic_load_explicit(&bell->rings, memory_order_acquire);
}

/* Tells everybody that something has changed. */
void bell_ring(struct bell *bell);

/* Returns when the bell has been rung since `bell_count` gave `seen`. */
void bell_wait(struct bell *bell, uint32_t seen);
