#include "engine/state_list.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/base/hash.h"

struct state_item {
    const char *about;
    uint16_t about_bytes;
    uint8_t kind, aspect, tail_bytes;
    unsigned char tail[STATE_TAIL_MAX];
    int64_t values[STATE_VALUES_MAX];
};

_Static_assert(STATE_KEY_MAX <= UINT16_MAX, "about_bytes is two bytes");

enum status state_list_init(struct state_list *list, size_t bytes_max)
{
    list->bytes_max = bytes_max;
    list->count = list->given = 0;
    list->refused = list->origin = 0;
    list->about = NULL;
    list->items = (struct region){0};
    enum status status = region_init(&list->texts, bytes_max);
    if (status == STATUS_OK)
        status = region_init(&list->items, bytes_max);
    if (status != STATUS_OK)
        state_list_deinit(list);
    return status;
}

void state_list_deinit(struct state_list *list)
{
    region_deinit(&list->texts);
    region_deinit(&list->items);
}

static const struct state_aspect *item_traits(const struct state_item *item)
{
    return state_aspect_of((enum state_kind)item->kind, item->aspect);
}

static struct state_item *item_at(const struct state_list *list, size_t index)
{
    return (struct state_item *)list->items.start + index;
}

/* NULL: there is no room for both texts and facts. */
static void *list_take(struct state_list *list, struct region *region, size_t bytes)
{
    const size_t used = list->texts.bytes_used + list->items.bytes_used;
    return bytes <= list->bytes_max - used ? region_take(region, bytes, 1) : NULL;
}

void state_list_about(struct state_list *list, const struct state_key *key)
{
    char *const about = list_take(list, &list->texts, key->bytes);
    if (about != NULL)
        memcpy(about, key->at, key->bytes);
    list->about = about;
    list->about_bytes = key->bytes;
    list->kind = (enum state_kind)key->at[0];
}

void state_list_add(struct state_list *list, unsigned aspect, int64_t number, const int64_t *values)
{
    struct state_item *const item =
        list->about != NULL ? list_take(list, &list->items, sizeof(*item)) : NULL;
    if (item == NULL) {
        list->refused++;
        return;
    }
    *item = (struct state_item){
        .about = list->about,
        .about_bytes = (uint16_t)list->about_bytes,
        .kind = (uint8_t)list->kind,
        .aspect = (uint8_t)aspect,
    };
    item->tail_bytes = (uint8_t)state_tail(item->tail, list->kind, aspect, number);
    memcpy(item->values, values,
           state_aspect_of(list->kind, aspect)->values_count * sizeof(*values));
    list->count++;
}

/* Keys tell their own length, so where two are about the same, and only there, their tails decide.
 */
static int item_order(const void *left, const void *right)
{
    const struct state_item *const a = left, *const b = right;
    const int order = a->about == b->about ? 0
                                           : state_key_order(slice_of(a->about, a->about_bytes),
                                                             slice_of(b->about, b->about_bytes));
    return order != 0 ? order
                      : state_key_order(slice_of((const char *)a->tail, a->tail_bytes),
                                        slice_of((const char *)b->tail, b->tail_bytes));
}

void state_list_sort(struct state_list *list)
{
    if (list->count > 1)
        qsort(list->items.start, list->count, sizeof(struct state_item), item_order);
    /* Detectors may go by one name; what they say is joined. */
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct state_item *const item = item_at(list, i);
        if (kept > 0 && item_order(item_at(list, kept - 1), item) == 0)
            state_join(item_traits(item), item_at(list, kept - 1)->values, item->values);
        else
            *item_at(list, kept++) = *item;
    }
    list->count = kept;
}

/* An item's key without origin, as another key would have to be to be of the same. */
static int item_key_order(const struct state_item *item, struct slice key)
{
    const size_t common = key.bytes < item->about_bytes ? key.bytes : item->about_bytes;
    const int order = memcmp(item->about, key.start, common);
    if (order != 0)
        return order;
    if (common < item->about_bytes)
        return 1;
    return state_key_order(slice_of((const char *)item->tail, item->tail_bytes),
                           slice_from(key, item->about_bytes));
}

static void item_subtract(struct state_item *item, const struct state_entry *known)
{
    for (unsigned i = 0; i < known->values_count; i++)
        item->values[i] =
            item->values[i] > known->values[i] ? item->values[i] - known->values[i] : 0;
}

static bool item_says_nothing(const struct state_item *item)
{
    if (!item_traits(item)->has_origin)
        return false;
    for (unsigned i = 0; i < STATE_VALUES_MAX; i++) {
        if (item->values[i] != 0)
            return false;
    }
    return true;
}

enum status state_list_subtract(struct state_list *list, struct state_reader *reader)
{
    struct state_entry known;
    struct state_fact fact;
    size_t at = 0;
    while (at < list->count && state_reader_next(reader, &known)) {
        if (!state_fact_read(&fact, &known) || !fact.traits->is_total)
            continue;
        const struct slice key = slice_of(known.key.start, known.key.bytes - STATE_ORIGIN_BYTES);
        while (at < list->count && item_key_order(item_at(list, at), key) < 0)
            at++;
        if (at < list->count && item_key_order(item_at(list, at), key) == 0)
            item_subtract(item_at(list, at), &known);
    }
    return state_reader_status(reader);
}

void state_list_sign(struct state_list *list)
{
    struct hash_key chain = hash_key_fixed();
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct state_item *const item = item_at(list, i);
        if (item_says_nothing(item))
            continue;
        chain.k0 = hash_bytes(chain, item->about, item->about_bytes);
        chain.k0 = hash_bytes(chain, item->tail, item->tail_bytes);
        chain.k0 = hash_bytes(chain, item->values, sizeof(item->values));
        *item_at(list, kept++) = *item;
    }
    list->count = kept;
    list->origin = chain.k0 | 1;
}

bool state_list_next(void *self, struct state_entry *entry)
{
    struct state_list *const list = self;
    if (list->given == list->count)
        return false;
    const struct state_item *const item = item_at(list, list->given++);
    struct state_key *const key = &list->key;
    memcpy(key->at, item->about, item->about_bytes);
    memcpy(key->at + item->about_bytes, item->tail, item->tail_bytes);
    key->bytes = (size_t)item->about_bytes + item->tail_bytes;
    if (item_traits(item)->has_origin) {
        assert(list->origin != 0);
        state_key_origin(key, list->origin);
    }
    entry->key = slice_of((const char *)key->at, key->bytes);
    entry->values_count = item_traits(item)->values_count;
    memcpy(entry->values, item->values, sizeof(entry->values));
    return true;
}
