/*
 * Recent sign-ins: what came through each key of a partition within the last span of stream time.
 *
 * Nine of ten attempts are sign-ins, and nearly all through places where nothing ever fails. So no
 * window is kept for them: they are noted here, and a window that a failure begins recalls its own.
 *
 * A ring of entries in the order they were met, each linked to the one before it in the same bucket
 * of a hash table of heads. Links into what has left the ring end a chain, so nothing is ever
 * removed. Memory comes from the owner's slab; when it gives none, the oldest entry leaves early.
 * One thread.
 */
#pragma once

#include "engine/base/slab.h"
#include "engine/spine.h"

struct recent_entry {
    uint64_t id; /* of the window it would belong to */
    int64_t time_ns;
    int64_t met_ns; /* the stream's time when it came */
    uint64_t sequence;
    uint64_t older; /* position of the entry before it in its bucket */
    uint32_t account;
};

struct recent {
    struct slab *slab;
    struct recent_entry *ring;
    uint64_t *heads;     /* per bucket: position of its newest entry */
    uint64_t *recalled;  /* scratch for `recent_recall` */
    uint64_t capacity;   /* of each of these; 0 or a power of two */
    uint64_t first, end; /* positions; an entry's place is its position modulo the capacity */
};

/* Takes no memory yet. The owner of the slab frees it. */
void recent_init(struct recent *recent, struct slab *slab);

/* Notes a sign-in; those met before `oldest_ns` leave. Gives how many left early for want of
 * memory, the new one included when there is none at all. */
unsigned recent_add(struct recent *recent, const struct recent_entry *entry, int64_t oldest_ns);

/* The sign-ins of a key that were met at `oldest_ns` or later, oldest first. The list is valid
 * until the next call. */
size_t recent_recall(struct recent *recent, uint64_t id, int64_t oldest_ns);
const struct recent_entry *recent_recalled(const struct recent *recent, size_t index);

/* Asks the CPU to fetch what `recent_add` will look at. */
void recent_prefetch(const struct recent *recent, uint64_t id);
