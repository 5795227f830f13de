#include "engine/order_key.h"

#include <stdlib.h>

static int key_compare(const void *left, const void *right)
{
    return order_key_is_before(left, right) ? -1 : 1;
}

void order_keys_sort(struct order_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (order_key_is_before(&keys[i], &keys[i - 1])) {
            qsort(keys, count, sizeof(*keys), key_compare);
            return;
        }
    }
}

void order_keys_push(struct order_key *keys, size_t *count, struct order_key key)
{
    size_t at = (*count)++;
    while (at > 0) {
        const size_t parent = (at - 1) / 2;
        if (!order_key_is_before(&key, &keys[parent]))
            break;
        keys[at] = keys[parent];
        at = parent;
    }
    keys[at] = key;
}

struct order_key order_keys_pop(struct order_key *keys, size_t *count)
{
    const struct order_key first = keys[0];
    const struct order_key moved = keys[--*count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= *count)
            break;
        if (child + 1 < *count && order_key_is_before(&keys[child + 1], &keys[child]))
            child++;
        if (!order_key_is_before(&keys[child], &moved))
            break;
        keys[at] = keys[child];
        at = child;
    }
    if (*count > 0)
        keys[at] = moved;
    return first;
}
