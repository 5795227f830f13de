#include "engine/recent.h"

#include <assert.h>
#include <string.h>

#include "engine/base/prefetch.h"

enum { CAPACITY_START = 64 };

/* Position 0 is before every entry, so that zeroed heads are empty. */
enum { POSITION_START = 1 };

void recent_init(struct recent *recent, struct slab *slab)
{
    *recent = (struct recent){.slab = slab, .first = POSITION_START, .end = POSITION_START};
}

static struct recent_entry *entry_at(const struct recent *recent, uint64_t position)
{
    return &recent->ring[position & (recent->capacity - 1)];
}

/* Ids are mixed hashes; windows are found by other bits of another mix of them. */
static uint64_t *head_of(const struct recent *recent, uint64_t id)
{
    return &recent->heads[id >> 1 & (recent->capacity - 1)];
}

static void link_entry(struct recent *recent, uint64_t position)
{
    struct recent_entry *const entry = entry_at(recent, position);
    uint64_t *const head = head_of(recent, entry->id);
    entry->older = *head;
    *head = position;
}

static void arrays_give(struct recent *recent)
{
    slab_give(recent->slab, recent->ring, recent->capacity * sizeof(*recent->ring));
    slab_give(recent->slab, recent->heads, recent->capacity * sizeof(*recent->heads));
    slab_give(recent->slab, recent->recalled, recent->capacity * sizeof(*recent->recalled));
}

static bool recent_grow(struct recent *recent)
{
    struct recent larger = *recent;
    larger.capacity = recent->capacity == 0 ? CAPACITY_START : 2 * recent->capacity;
    larger.ring = slab_take(recent->slab, larger.capacity * sizeof(*larger.ring));
    larger.heads = slab_take(recent->slab, larger.capacity * sizeof(*larger.heads));
    larger.recalled = slab_take(recent->slab, larger.capacity * sizeof(*larger.recalled));
    if (larger.ring == NULL || larger.heads == NULL || larger.recalled == NULL) {
        arrays_give(&larger);
        return false;
    }
    memset(larger.heads, 0, larger.capacity * sizeof(*larger.heads));
    for (uint64_t position = recent->first; position < recent->end; position++) {
        *entry_at(&larger, position) = *entry_at(recent, position);
        link_entry(&larger, position);
    }
    arrays_give(recent);
    *recent = larger;
    return true;
}

static void forget_before(struct recent *recent, int64_t oldest_ns)
{
    while (recent->first < recent->end && entry_at(recent, recent->first)->met_ns < oldest_ns)
        recent->first++;
}

unsigned recent_add(struct recent *recent, const struct recent_entry *entry, int64_t oldest_ns)
{
    forget_before(recent, oldest_ns);
    unsigned forgotten = 0;
    if (recent->end - recent->first == recent->capacity && !recent_grow(recent)) {
        forgotten = 1;
        if (recent->capacity == 0)
            return forgotten;
        recent->first++;
    }
    *entry_at(recent, recent->end) = *entry;
    link_entry(recent, recent->end++);
    return forgotten;
}

size_t recent_recall(struct recent *recent, uint64_t id, int64_t oldest_ns)
{
    size_t count = 0;
    if (recent->capacity == 0)
        return 0;
    forget_before(recent, oldest_ns);
    for (uint64_t position = *head_of(recent, id); position >= recent->first;
         position = entry_at(recent, position)->older) {
        if (entry_at(recent, position)->id == id)
            recent->recalled[count++] = position;
    }
    for (size_t i = 0; i < count / 2; i++) {
        const uint64_t newer = recent->recalled[i];
        recent->recalled[i] = recent->recalled[count - 1 - i];
        recent->recalled[count - 1 - i] = newer;
    }
    return count;
}

const struct recent_entry *recent_recalled(const struct recent *recent, size_t index)
{
    return entry_at(recent, recent->recalled[index]);
}

void recent_prefetch(const struct recent *recent, uint64_t id)
{
    if (recent->capacity > 0)
        prefetch_to_write(head_of(recent, id));
}
