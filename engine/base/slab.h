/*
 * A slab: pieces of power-of-two sizes from one region, given back and reused by size.
 *
 * Windows grow and shrink; their arrays come from here, so that detection never calls malloc and
 * never uses more than its share of the memory cap. One thread. Pieces are not zeroed.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/region.h"

enum {
    SLAB_BYTES_MIN_LOG2 = 5,  /* 32 bytes */
    SLAB_BYTES_MAX_LOG2 = 30, /* 1 GiB */
    SLAB_CLASSES = SLAB_BYTES_MAX_LOG2 - SLAB_BYTES_MIN_LOG2 + 1,
};

struct slab_piece {
    struct slab_piece *next;
};

struct slab {
    struct region region;
    struct slab_piece *free[SLAB_CLASSES];
    size_t bytes_taken; /* in pieces that are out now */
};

STATUS_CHECKED enum status slab_init(struct slab *slab, size_t bytes_max);
void slab_deinit(struct slab *slab);

/* Whether `slab_take` would give so much. */
bool slab_has_room(const struct slab *slab, size_t bytes);

/* Takes all pieces back at once. */
void slab_clear(struct slab *slab);

/* At least `bytes`; NULL when the share of memory is used up. */
void *slab_take(struct slab *slab, size_t bytes);

/* `bytes` as given to slab_take. */
void slab_give(struct slab *slab, void *piece, size_t bytes);
