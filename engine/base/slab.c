#include "engine/base/slab.h"

#include <assert.h>
#include <string.h>

/* The class of a size: log2 of the power of two that holds it. */
static unsigned slab_class(size_t bytes)
{
    const unsigned log2 =
        bytes <= 1 ? 0 : (unsigned)(64 - __builtin_clzll((unsigned long long)bytes - 1));
    return log2 < SLAB_BYTES_MIN_LOG2 ? 0 : log2 - SLAB_BYTES_MIN_LOG2;
}

static size_t slab_class_bytes(unsigned class)
{
    return (size_t)1 << (class + SLAB_BYTES_MIN_LOG2);
}

enum status slab_init(struct slab *slab, size_t bytes_max)
{
    *slab = (struct slab){0};
    return region_init(&slab->region, bytes_max);
}

void slab_deinit(struct slab *slab)
{
    region_deinit(&slab->region);
}

bool slab_has_room(const struct slab *slab, size_t bytes)
{
    const unsigned class = slab_class(bytes);
    return class < SLAB_CLASSES &&
           (slab->free[class] != NULL ||
            slab_class_bytes(class) <= slab->region.bytes_max - slab->region.bytes_used);
}

void slab_clear(struct slab *slab)
{
    slab->region.bytes_used = 0;
    memset(slab->free, 0, sizeof(slab->free));
    slab->bytes_taken = 0;
}

void *slab_take(struct slab *slab, size_t bytes)
{
    const unsigned class = slab_class(bytes);
    if (class >= SLAB_CLASSES)
        return NULL;
    void *piece = slab->free[class];
    if (piece != NULL)
        slab->free[class] = slab->free[class]->next;
    else
        piece = region_take(&slab->region, slab_class_bytes(class), 32);
    if (piece != NULL)
        slab->bytes_taken += slab_class_bytes(class);
    return piece;
}

void slab_give(struct slab *slab, void *piece, size_t bytes)
{
    if (piece == NULL)
        return;
    const unsigned class = slab_class(bytes);
    assert(class < SLAB_CLASSES);
    struct slab_piece *const given = piece;
    given->next = slab->free[class];
    slab->free[class] = given;
    slab->bytes_taken -= slab_class_bytes(class);
}
