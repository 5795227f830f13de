/*
 * Waiting for another thread to have done something: spin, then yield, then sleep. And a flag, for
 * what all threads are to know and nobody waits for.
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

/* Is raised once and stays so. Says nothing about other memory. All zero: not raised. */
struct flag {
    _Atomic bool is_raised;
};

static inline void flag_raise(struct flag *flag)
{
    atomic_store_explicit(&flag->is_raised, true, memory_order_relaxed);
}

static inline bool flag_is_raised(const struct flag *flag)
{
    return atomic_load_explicit(&flag->is_raised, memory_order_relaxed);
}
