#include "rules/pair.h"

#include <stdlib.h>

enum status pair_set_add(struct pair_set *set, const struct pair *pair, unsigned *bit)
{
    if (set->count == PAIRS_MAX)
        return STATUS_CONFIG;
    if (set->count == set->capacity) {
        const size_t capacity = 2 * set->capacity + 8;
        struct pair *const items = reallocarray(set->items, capacity, sizeof(*items));
        if (items == NULL)
            return STATUS_NO_MEMORY;
        set->items = items;
        set->capacity = capacity;
    }
    *bit = (unsigned)set->count;
    set->items[set->count++] = *pair;
    return STATUS_OK;
}

void pair_set_deinit(struct pair_set *set)
{
    free(set->items);
    *set = (struct pair_set){0};
}

static bool equals(struct slice a, struct slice b, bool is_cased)
{
    return is_cased ? slice_equals(a, b) : slice_equals_folded(a, b);
}

/* Both are at most a few kilobytes, and few rules ask. */
static bool contains(struct slice text, struct slice part, bool is_cased)
{
    for (size_t at = 0; at + part.bytes <= text.bytes; at++) {
        if (equals(slice_of(text.start + at, part.bytes), part, is_cased))
            return true;
    }
    return false;
}

bool pair_holds(const struct pair *pair, struct slice left, struct slice right)
{
    if (right.bytes > left.bytes)
        return false;
    switch (pair->kind) {
    case PAIR_EQUALS:
        return equals(left, right, pair->is_cased);
    case PAIR_CONTAINS:
        return contains(left, right, pair->is_cased);
    case PAIR_STARTS_WITH:
        return equals(slice_of(left.start, right.bytes), right, pair->is_cased);
    case PAIR_ENDS_WITH:
        return equals(slice_from(left, left.bytes - right.bytes), right, pair->is_cased);
    }
    return false;
}
