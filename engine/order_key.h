/*
 * Order keys: by time, then by position in the input; and a heap of them, the first on top.
 *
 * Plain functions on an array of the caller's. No two keys are equal, so sorted is sorted in one
 * way only. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order_key {
    int64_t time_ns; /* a late event stands where it came in */
    uint64_t sequence;
    uint32_t slot; /* where the caller keeps what the key stands for */
};

static inline bool order_key_is_before(const struct order_key *a, const struct order_key *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->sequence < b->sequence;
}

/* Sorts; what is sorted already, as history mostly is, costs only a look. A sorted array is a heap.
 */
void order_keys_sort(struct order_key *keys, size_t count);

/* Adds a key to the heap of `*count` keys; there is room for one more. */
void order_keys_push(struct order_key *keys, size_t *count, struct order_key key);

/* Takes the first key from the heap of `*count` keys, which is not empty. */
struct order_key order_keys_pop(struct order_key *keys, size_t *count);
