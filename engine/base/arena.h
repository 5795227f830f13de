/*
 * An arena: memory that is allocated forward and freed at once.
 *
 * Owned by whoever initialised it; one thread at a time may allocate. What it gave stays where it
 * is until `arena_deinit`. For start-up data (documents, rules), not for the event path.
 */
#pragma once

#include <stddef.h>

#include "engine/base/slice.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* the newest first */
    size_t used;                /* of the newest */
};

static inline void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

void arena_deinit(struct arena *arena);

/* Zeroed memory for `count` items of `size` bytes, aligned for any type; NULL when there is none.
 * Zero items give a pointer that is not NULL. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* A zero-terminated copy; NULL when there is no memory. */
char *arena_copy(struct arena *arena, struct slice text);
