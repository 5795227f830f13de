#include "parsers/json_paths.h"

#include <assert.h>
#include <stdlib.h>

/* The length of the key that a path begins with. A backslash takes the next byte into the key. */
static size_t key_length(const char *path)
{
    size_t length = 0;
    while (path[length] != '\0' && path[length] != '.')
        length += path[length] == '\\' && path[length + 1] != '\0' ? 2 : 1;
    return length;
}

/* The number of keys in a path and of bytes in all of them; false when the path is not one. */
static bool measure_path(const char *path, size_t *keys, size_t *bytes)
{
    size_t depth = 0;
    for (const char *at = path;; at++) {
        const size_t length = key_length(at);
        if (length == 0 || length > JSON_KEY_BYTES_MAX || ++depth >= LIMIT_JSON_DEPTH)
            return false;
        *bytes += length;
        at += length;
        if (*at == '\0')
            break;
    }
    *keys += depth;
    return true;
}

static const struct json_key *node_find_folded(const struct json_node *node, struct slice text,
                                               unsigned bucket)
{
    const struct json_key *key = node->buckets[bucket];
    while (key != NULL && !slice_equals_folded(key->text, text))
        key = key->next;
    return key;
}

static unsigned bucket_of(struct slice text)
{
    char head[8] = {0};
    memcpy(head, text.start, text.bytes < sizeof(head) ? text.bytes : sizeof(head));
    return json_key_bucket(head, text.bytes);
}

/* The key of this name in `node`, added when it is not there yet. */
static struct json_key *node_add(struct json_paths *paths, struct json_node *node,
                                 struct slice name, char **text_end)
{
    const unsigned bucket = bucket_of(name);
    const struct json_key *known = node_find_folded(node, name, bucket);
    if (known != NULL)
        return &paths->keys[known->index];

    char *text = *text_end;
    *text_end += name.bytes;
    for (size_t i = 0; i < name.bytes; i++)
        text[i] = (char)slice_fold_byte((unsigned char)name.start[i]);

    struct json_key *key = &paths->keys[paths->keys_count];
    *key = (struct json_key){
        .text = slice_of(text, name.bytes),
        .next = node->buckets[bucket],
        .index = (uint16_t)paths->keys_count++,
        .slot = JSON_NO_SLOT,
    };
    memcpy(key->folded, text, name.bytes < JSON_KEY_VECTOR ? name.bytes : JSON_KEY_VECTOR);
    node->buckets[bucket] = key;
    node->firsts[json_length_class(name.bytes)] |= UINT32_C(1) << (text[0] & 31);
    return key;
}

static struct json_node *key_child(struct json_paths *paths, struct json_node *node,
                                   struct json_key *key)
{
    if (key->child != NULL)
        return &paths->nodes[key->child - paths->nodes];
    struct json_node *child = &paths->nodes[paths->nodes_count++];
    child->key = key;
    child->parent = node;
    child->depth = node->depth + 1;
    key->child = child;
    return child;
}

/* False when another path already leads to the same key. */
static bool add_path(struct json_paths *paths, const struct record_path *path, char **text_end)
{
    struct json_node *node = &paths->nodes[0];
    for (const char *at = path->path;; at++) {
        char scratch[JSON_KEY_BYTES_MAX];
        const size_t length = key_length(at);
        const struct slice name =
            slice_of(scratch, record_path_unescape(slice_of(at, length), scratch));
        struct json_key *key = node_add(paths, node, name, text_end);
        at += length;
        if (*at == '\0') {
            if (key->slot != JSON_NO_SLOT)
                return false;
            key->slot = (uint8_t)path->slot;
            paths->slots |= UINT64_C(1) << path->slot;
            return true;
        }
        node = key_child(paths, node, key);
    }
}

static bool check_paths(const struct record_path *paths, size_t count, size_t *keys, size_t *bytes)
{
    uint64_t slots = 0;
    for (size_t i = 0; i < count; i++) {
        if (paths[i].slot >= RECORD_FIELDS_MAX || (slots >> paths[i].slot & 1) != 0 ||
            !measure_path(paths[i].path, keys, bytes))
            return false;
        slots |= UINT64_C(1) << paths[i].slot;
    }
    return true;
}

static bool check_stops(const struct json_stop *stops, size_t count, size_t *bytes)
{
    if (count > JSON_STOPS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if ((stops[i].quiet_text.bytes > 0 && stops[i].quiet_slot >= RECORD_FIELDS_MAX) ||
            stops[i].once_slot >= RECORD_FIELDS_MAX || stops[i].once_by >= RECORD_FIELDS_MAX)
            return false;
        *bytes += stops[i].quiet_text.bytes;
    }
    return true;
}

static void copy_stops(struct json_paths *paths, const struct json_stop *stops, size_t count)
{
    char *text = paths->quiet_text;
    paths->stops_count = count;
    for (size_t i = 0; i < count; i++) {
        paths->stops[i] = stops[i];
        paths->stops_least[i] =
            stops[i].always & ~(stops[i].has_once ? UINT64_C(1) << stops[i].once_slot : 0);
        const size_t bytes = stops[i].quiet_text.bytes;
        if (bytes > 0)
            memcpy(text, stops[i].quiet_text.start, bytes);
        paths->stops[i].quiet_text = slice_of(text, bytes);
        text += bytes;
    }
}

/* What lets a byte of a key pass, in either case. */
static void filter_add(struct json_filter_byte *tables, unsigned char folded, uint8_t bit)
{
    const unsigned char cases[] = {
        folded, folded >= 'a' && folded <= 'z' ? (unsigned char)(folded - 0x20) : folded};
    for (size_t i = 0; i < sizeof(cases); i++) {
        const unsigned index = cases[i] & 63u;
        tables->six[index] |= bit;
        tables->low[index & 15] |= bit;
        /* The vector unit takes bits 4 to 7 as the index. */
        for (unsigned upper = 0; upper < 4; upper++)
            tables->high[upper * 4 + (index >> 4)] |= bit;
    }
}

static int key_text_compare(const void *left, const void *right)
{
    const struct json_key *const a = *(const struct json_key *const *)left;
    const struct json_key *const b = *(const struct json_key *const *)right;
    const size_t bytes = a->text.bytes < b->text.bytes ? a->text.bytes : b->text.bytes;
    const int order = memcmp(a->text.start, b->text.start, bytes);
    return order != 0 ? order : (a->text.bytes > b->text.bytes) - (a->text.bytes < b->text.bytes);
}

/* Keys that are next to each other in the alphabet share a bit: that lets the fewest others pass.
 */
static void make_filter(struct json_paths *paths)
{
    const struct json_key *sorted[JSON_KEYS_MAX + 1];
    for (size_t i = 0; i < paths->keys_count; i++)
        sorted[i] = &paths->keys[i];
    qsort(sorted, paths->keys_count, sizeof(sorted[0]), key_text_compare);
    for (size_t i = 0; i < paths->keys_count; i++) {
        const struct slice text = sorted[i]->text;
        const uint8_t bit = (uint8_t)(1u << i * 8 / paths->keys_count);
        for (size_t n = 0; n < JSON_FILTER_BYTES; n++) {
            const size_t at = 2 * n;
            if (at <= text.bytes) {
                filter_add(&paths->filter.bytes[n],
                           at == text.bytes ? '"' : (unsigned char)text.start[at], bit);
                continue;
            }
            for (unsigned any = 0; any < 64; any++) /* what lies behind the key */
                filter_add(&paths->filter.bytes[n], (unsigned char)any, bit);
        }
    }
}

enum status json_paths_create(struct json_paths **out, const struct record_path *paths,
                              size_t paths_count, const struct json_stop *stops, size_t stops_count)
{
    size_t keys_count = 0, text_bytes = 0, quiet_bytes = 0;
    if (!check_paths(paths, paths_count, &keys_count, &text_bytes) ||
        !check_stops(stops, stops_count, &quiet_bytes))
        return STATUS_CONFIG;

    struct json_paths *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->nodes = calloc(keys_count + 1, sizeof(*made->nodes));
    made->keys = calloc(keys_count + 1, sizeof(*made->keys));
    made->text = malloc(text_bytes + 1);
    made->quiet_text = malloc(quiet_bytes + 1);
    if (made->nodes == NULL || made->keys == NULL || made->text == NULL ||
        made->quiet_text == NULL) {
        json_paths_destroy(made);
        return STATUS_NO_MEMORY;
    }

    made->nodes_count = 1;
    made->nodes[0].depth = 1;
    char *text_end = made->text;
    for (size_t i = 0; i < paths_count; i++) {
        if (!add_path(made, &paths[i], &text_end) || made->keys_count > JSON_KEYS_MAX) {
            json_paths_destroy(made);
            return STATUS_CONFIG;
        }
    }
    copy_stops(made, stops, stops_count);
    make_filter(made);
    *out = made;
    return STATUS_OK;
}

void json_paths_destroy(struct json_paths *paths)
{
    if (paths == NULL)
        return;
    free(paths->nodes);
    free(paths->keys);
    free(paths->text);
    free(paths->quiet_text);
    free(paths);
}

/* ---- Whether it is enough -------------------------------------------------------------------- */

static bool has_otherwise(const struct json_stop *stop, const struct record *record,
                          uint64_t present)
{
    if ((present & stop->otherwise) == stop->otherwise)
        return true;
    return stop->quiet_text.bytes > 0 && (present >> stop->quiet_slot & 1) != 0 &&
           slice_equals(record->values[stop->quiet_slot].text, stop->quiet_text);
}

/* Whether the slot that is read once can be done without. */
static bool is_remembered(const struct json_stop *stop, const struct json_memory *memory,
                          const struct record *record, uint64_t present)
{
    return memory != NULL && (present >> stop->once_by & 1) != 0 &&
           json_memory_holds(memory, record->values[stop->once_by].text);
}

static enum json_need stop_need(const struct json_stop *stop, const struct json_memory *memory,
                                const struct record *record, uint64_t present)
{
    const uint64_t missing = stop->always & ~present;
    const uint64_t once = stop->has_once ? UINT64_C(1) << stop->once_slot : 0;
    if ((missing & ~once) != 0 || !has_otherwise(stop, record, present))
        return JSON_NEEDS_MORE;
    return missing == 0 || is_remembered(stop, memory, record, present) ? JSON_NEEDS_NOTHING
                                                                        : JSON_NEEDS_ONCE;
}

enum json_need json_paths_need(const struct json_paths *paths, const struct json_memory *memory,
                               const struct record *record, uint64_t present, unsigned *once_slot)
{
    enum json_need least = JSON_NEEDS_MORE;
    for (size_t i = 0; i < paths->stops_count && least != JSON_NEEDS_NOTHING; i++) {
        const enum json_need need = stop_need(&paths->stops[i], memory, record, present);
        if (need <= least)
            continue;
        least = need;
        *once_slot = paths->stops[i].once_slot;
    }
    return least;
}

static size_t memory_place(uint64_t hash)
{
    return hash % JSON_MEMORY_PLACES;
}

static uint64_t memory_hash(const struct json_memory *memory, struct slice text)
{
    return hash_bytes(memory->key, text.start, text.bytes) | 1;
}

void json_memory_clear(struct json_memory *memory)
{
    memset(memory->hashes, 0, sizeof(memory->hashes));
}

void json_memory_keep(struct json_memory *memory, struct slice text)
{
    const uint64_t hash = memory_hash(memory, text);
    memory->hashes[memory_place(hash >> 1)] = hash;
}

bool json_memory_holds(const struct json_memory *memory, struct slice text)
{
    const uint64_t hash = memory_hash(memory, text);
    return memory->hashes[memory_place(hash >> 1)] == hash;
}

const struct json_key *json_node_find_escaped(const struct json_node *node, struct slice text)
{
    /* Longer than any key of a path, so that a key cut here equals none of them. */
    char scratch[JSON_KEY_BYTES_MAX + 8];
    const struct field_value written = {.text = text, .kind = VALUE_TEXT, .escaped = true};
    const struct slice name = json_text(&written, scratch, sizeof(scratch));
    if (name.bytes == 0)
        return NULL;
    return node_find_folded(node, name, bucket_of(name));
}
