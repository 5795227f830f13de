#include "engine/latest.h"

#include <assert.h>
#include <string.h>

enum { CAPACITY_MIN = 4 };

void latest_init(struct latest *latest, struct slab *slab)
{
    *latest = (struct latest){0};
    table_init(&latest->positions, slab);
}

void latest_deinit(struct latest *latest)
{
    struct slab *const slab = latest->positions.slab;
    slab_give(slab, latest->entries, latest->capacity * sizeof(*latest->entries));
    table_deinit(&latest->positions);
    latest_init(latest, slab);
}

static struct latest_entry *entry_at(const struct latest *latest, uint32_t position)
{
    return &latest->entries[position - 1];
}

static void entry_unlink(struct latest *latest, uint32_t position)
{
    const struct latest_entry *const entry = entry_at(latest, position);
    if (entry->newer != 0)
        entry_at(latest, entry->newer)->older = entry->older;
    else
        latest->newest = entry->older;
    if (entry->older != 0)
        entry_at(latest, entry->older)->newer = entry->newer;
    else
        latest->oldest = entry->newer;
}

static void entry_link(struct latest *latest, uint32_t position)
{
    struct latest_entry *const entry = entry_at(latest, position);
    entry->newer = 0;
    entry->older = latest->newest;
    if (latest->newest != 0)
        entry_at(latest, latest->newest)->newer = position;
    else
        latest->oldest = position;
    latest->newest = position;
}

void latest_drop(struct latest *latest)
{
    const uint32_t position = latest->oldest;
    assert(position != 0);
    struct latest_entry *const entry = entry_at(latest, position);
    entry_unlink(latest, position);
    table_remove(&latest->positions, entry->value);
    entry->older = latest->free;
    latest->free = position;
    latest->count--;
}

void latest_expire(struct latest *latest, int64_t since_ns)
{
    while (latest->count > 0 && entry_at(latest, latest->oldest)->time_ns < since_ns)
        latest_drop(latest);
}

/* Room for one more entry. */
static bool entries_reserve(struct latest *latest)
{
    if (latest->free != 0 || latest->used < latest->capacity)
        return true;
    struct slab *const slab = latest->positions.slab;
    const uint32_t capacity = latest->capacity == 0 ? CAPACITY_MIN : 2 * latest->capacity;
    struct latest_entry *const larger = slab_take(slab, capacity * sizeof(*larger));
    if (larger == NULL)
        return false;
    if (latest->used > 0)
        memcpy(larger, latest->entries, latest->used * sizeof(*larger));
    slab_give(slab, latest->entries, latest->capacity * sizeof(*larger));
    latest->entries = larger;
    latest->capacity = capacity;
    return true;
}

bool latest_add(struct latest *latest, uint64_t value, int64_t time_ns, uint32_t count_max)
{
    const uint64_t *const known = table_get(&latest->positions, value);
    if (known != NULL) {
        const uint32_t position = (uint32_t)*known;
        entry_at(latest, position)->time_ns = time_ns;
        entry_unlink(latest, position);
        entry_link(latest, position);
        return true;
    }
    if (latest->count == count_max)
        latest_drop(latest);
    if (!entries_reserve(latest))
        return false;
    uint64_t *const kept = table_put(&latest->positions, value, NULL);
    if (kept == NULL)
        return false;
    uint32_t position = latest->free;
    if (position != 0)
        latest->free = entry_at(latest, position)->older;
    else
        position = ++latest->used;
    *kept = position;
    *entry_at(latest, position) = (struct latest_entry){.value = value, .time_ns = time_ns};
    entry_link(latest, position);
    latest->count++;
    return true;
}
