#include "engine/base/table.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/prefetch.h"

enum { CAPACITY_MIN = 8 };

void table_init(struct table *table, struct slab *slab)
{
    *table = (struct table){.slab = slab};
}

void table_deinit(struct table *table)
{
    slab_give(table->slab, table->slots, table->capacity * sizeof(struct table_slot));
    *table = (struct table){.slab = table->slab};
}

static size_t table_home(const struct table *table, uint64_t key)
{
    return hash_mix(key) & (table->capacity - 1);
}

/* The slot of the key, or the free one where it belongs. */
static size_t table_find(const struct table *table, uint64_t key)
{
    size_t at = table_home(table, key);
    while (table->slots[at].key != 0 && table->slots[at].key != key)
        at = (at + 1) & (table->capacity - 1);
    return at;
}

uint64_t *table_get(const struct table *table, uint64_t key)
{
    if (table->count == 0 || key == 0)
        return NULL;
    struct table_slot *const slot = &table->slots[table_find(table, key)];
    return slot->key == key ? &slot->value : NULL;
}

void table_prefetch(const struct table *table, uint64_t key)
{
    if (table->capacity > 0)
        prefetch(&table->slots[table_home(table, key)]);
}

static bool table_grow(struct table *table)
{
    const size_t capacity = table->capacity == 0 ? CAPACITY_MIN : 2 * table->capacity;
    struct table larger = *table;
    larger.capacity = capacity;
    larger.slots = slab_take(table->slab, capacity * sizeof(struct table_slot));
    if (larger.slots == NULL)
        return false;
    memset(larger.slots, 0, capacity * sizeof(struct table_slot));
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].key != 0)
            larger.slots[table_find(&larger, table->slots[i].key)] = table->slots[i];
    }
    slab_give(table->slab, table->slots, table->capacity * sizeof(struct table_slot));
    *table = larger;
    return true;
}

uint64_t *table_put(struct table *table, uint64_t key, bool *is_new)
{
    if (is_new != NULL)
        *is_new = false;
    if (table->capacity > 0) {
        struct table_slot *const slot = &table->slots[table_find(table, key)];
        if (slot->key == key)
            return &slot->value;
    }
    if (2 * (table->count + 1) > table->capacity && !table_grow(table))
        return NULL;
    struct table_slot *const slot = &table->slots[table_find(table, key)];
    *slot = (struct table_slot){.key = key};
    table->count++;
    if (is_new != NULL)
        *is_new = true;
    return &slot->value;
}

void table_remove(struct table *table, uint64_t key)
{
    if (table->count == 0)
        return;
    const size_t mask = table->capacity - 1;
    size_t hole = table_find(table, key);
    if (table->slots[hole].key != key)
        return;
    table->count--;
    /* Whoever stands behind the hole and could stand in it moves up (Knuth, TAOCP 3, 6.4 R). */
    for (size_t at = (hole + 1) & mask; table->slots[at].key != 0; at = (at + 1) & mask) {
        const size_t home = table_home(table, table->slots[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole] = (struct table_slot){0};
}
