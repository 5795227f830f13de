/*
 * A match memory: what was found for each distinct value of one field.
 *
 * An open-addressing table of texts, each with a row of bits, of fixed size: when it is full it
 * forgets everything at once and starts again, so an answer never depends on what else was asked.
 * Texts are compared in full; the hash only chooses where to look, keyed so that nobody can make
 * many texts meet, and a look-up visits a bounded number of slots even if somebody could. Owned by
 * one matcher. Takes all its memory at creation; pages are touched as they are used.
 */
#pragma once

#include "engine/base/limits.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

enum {
    MEMORY_SLOTS = 16384, /* a power of two */
    MEMORY_PROBES_MAX = 32,
    MEMORY_USED_MAX = MEMORY_SLOTS / 4 * 3,
    MEMORY_TEXT_BYTES = 1024 * 1024,
    MEMORY_ROWS_BYTES_MAX = 1024 * 1024, /* bounds the slots when rows are long */
};

struct memory_slot {
    uint64_t hash;
    uint32_t generation; /* another one than the table's: free */
    uint32_t offset, bytes;
};

struct memory {
    struct memory_slot *slots;
    uint64_t *rows; /* row_words for each slot */
    char *text;
    size_t row_words, slots_count, used_max;
    size_t used, text_used;
    uint64_t seed;
    uint32_t generation;
};

STATUS_CHECKED enum status memory_init(struct memory *memory, size_t row_words, uint64_t seed);
void memory_deinit(struct memory *memory);

uint64_t memory_hash(const struct memory *memory, struct slice text);

/* The row of `text`, whose hash is given; NULL when it is not remembered. Valid until the next
 * `memory_add`. */
const uint64_t *memory_find(const struct memory *memory, struct slice text, uint64_t hash);

/* A row to fill for a text that is not remembered; NULL when it is too long to be. */
uint64_t *memory_add(struct memory *memory, struct slice text, uint64_t hash);
