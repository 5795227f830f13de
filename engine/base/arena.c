#include "engine/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_CHUNK_BYTES = 16 * 1024 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t capacity;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_deinit(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;
    while (chunk != NULL) {
        struct arena_chunk *const next = chunk->next;
        free(chunk);
        chunk = next;
    }
    *arena = (struct arena){0};
}

static struct arena_chunk *arena_grow(struct arena *arena, size_t bytes)
{
    const size_t capacity = bytes > ARENA_CHUNK_BYTES ? bytes : ARENA_CHUNK_BYTES;
    if (capacity > SIZE_MAX - sizeof(struct arena_chunk))
        return NULL;
    struct arena_chunk *const chunk = calloc(1, sizeof(*chunk) + capacity);
    if (chunk == NULL)
        return NULL;
    chunk->capacity = capacity;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->used = 0;
    return chunk;
}

void *arena_take(struct arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - alignof(max_align_t))
        return NULL;
    bytes = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->capacity - arena->used < bytes) {
        chunk = arena_grow(arena, bytes);
        if (chunk == NULL)
            return NULL;
    }
    void *const taken = chunk->bytes + arena->used;
    arena->used += bytes;
    return taken;
}

char *arena_copy(struct arena *arena, struct slice text)
{
    if (text.bytes == SIZE_MAX)
        return NULL;
    char *const copy = arena_take(arena, text.bytes + 1, 1);
    if (copy != NULL && text.bytes > 0)
        memcpy(copy, text.start, text.bytes);
    return copy;
}
