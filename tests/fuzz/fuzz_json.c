/*
 * Any bytes as JSON. Every tier must read the same records from them, splitting them must not
 * depend on the division into calls, and nothing may be read that is not there.
 *
 * The first byte chooses: bit 0 the layout, bit 1 a stop, bit 2 a short line limit, the rest how
 * many bytes the splitter is given at a time.
 */
#include <assert.h>
#include <stdlib.h>

#include "engine/base/hash.h"
#include "parsers/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static const struct record_path paths[] = {
    {"time", 0}, {"user.name", 1}, {"user", 2}, {"a.b.c", 3}, {"list", 4}, {"x", 5},
};
enum { PATHS_COUNT = sizeof(paths) / sizeof(paths[0]) };

/* A digest of all that was found, in order. */
struct finds {
    uint64_t digest;
    uint64_t newlines, broken, too_long;
};

static void finds_add(struct finds *finds, const void *start, size_t count)
{
    finds->digest = finds->digest * UINT64_C(0x9e3779b97f4a7c15) + count;
    if (count > 0)
        finds->digest ^= hash_bytes(hash_key_fixed(), start, count);
}

static void add_value(struct finds *finds, const struct field_value *value)
{
    char scratch[LIMIT_TEXT_BYTES];
    const struct slice text = json_text(value, scratch, sizeof(scratch));
    assert(value->kind != VALUE_TEXT || text.bytes <= sizeof(scratch));
    assert(value->kind != VALUE_TEXT || memchr(text.start, '\0', text.bytes) == NULL);
    finds_add(finds, &value->kind, sizeof(value->kind));
    finds_add(finds, &value->escaped, sizeof(value->escaped));
    finds_add(finds, value->text.start, value->text.bytes);
    finds_add(finds, text.start, text.bytes);
}

static void add_record(struct finds *finds, enum record_result result, const struct record *record)
{
    finds->broken += result == RECORD_BROKEN;
    finds->too_long += result == RECORD_TOO_LONG;
    if (result == RECORD_TOO_LONG)
        return; /* the splitter may have dropped it instead */
    finds_add(finds, &result, sizeof(result));
    finds_add(finds, record->text.start, record->text.bytes);
    for (size_t slot = 0; slot < PATHS_COUNT; slot++) {
        if ((record->present >> slot & 1) != 0)
            add_value(finds, &record->values[slot]);
    }
}

static void read_array(const struct json_paths *compiled, enum json_tier tier, struct slice array,
                       struct finds *finds)
{
    struct json_reader reader;
    struct record record;
    json_reader_init_array(&reader, compiled, tier, array);
    for (enum record_result result; (result = json_reader_next(&reader, &record)) != RECORD_END;)
        add_record(finds, result, &record);
}

static void read_text(const struct json_paths *compiled, enum json_tier tier, enum layout layout,
                      size_t line_bytes_max, struct slice text, struct finds *finds)
{
    char *copy = calloc(1, text.bytes + LIMIT_VECTOR_PADDING);
    assert(copy != NULL);
    if (text.bytes > 0)
        memcpy(copy, text.start, text.bytes);
    const struct block block = {.layout = layout, .bytes = text.bytes, .text = copy};
    struct json_reader reader;
    struct record record;
    json_reader_init(&reader, compiled, tier, line_bytes_max, &block);
    for (enum record_result result; (result = json_reader_next(&reader, &record)) != RECORD_END;) {
        assert(record.text.start >= copy && record.text.start == copy + record.offset &&
               record.text.start + record.text.bytes <= copy + text.bytes);
        add_record(finds, result, &record);
        if ((record.present >> 4 & 1) != 0 && record.values[4].text.start[0] == '[')
            read_array(compiled, tier, record.values[4].text, finds);
    }
    assert(reader.at == reader.end);
    finds->newlines += reader.newlines;
    free(copy);
}

static void split_text(const struct json_paths *compiled, enum json_tier tier, enum layout layout,
                       size_t line_bytes_max, struct slice text, size_t step, struct finds *finds)
{
    struct json_split split;
    json_split_init(&split, layout, line_bytes_max);
    split.tier = tier;
    size_t at = 0, end = 0;
    do {
        end = text.bytes - end > step ? end + step : text.bytes;
        for (struct record_cut cut = {.skip = 1}; cut.skip + cut.bytes > 0;) {
            /* In memory of just this size: the splitter reads nothing behind. */
            char *copy = malloc(end - at + 1);
            assert(copy != NULL);
            if (end > at)
                memcpy(copy, text.start + at, end - at);
            cut = json_split_next(&split, slice_of(copy, end - at), end == text.bytes);
            free(copy);
            finds->newlines += cut.newlines_skipped;
            finds->broken += cut.records_broken;
            finds->too_long += cut.records_too_long;
            const struct slice records = slice_of(text.start + at + cut.skip, cut.bytes);
            if (cut.bytes > 0)
                read_text(compiled, tier, layout, line_bytes_max, records, finds);
            at += cut.skip + cut.bytes;
        }
    } while (end < text.bytes);
    assert(at == text.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count == 0)
        return 0;
    const uint8_t choice = bytes[0];
    const struct slice text = slice_of((const char *)bytes + 1, bytes_count - 1);
    const enum layout layout = (choice & 1) != 0 ? LAYOUT_JSON_STREAM : LAYOUT_JSON_LINES;
    const size_t line_bytes_max = (choice & 4) != 0 ? 40 : LIMIT_LINE_BYTES;
    const struct json_stop stop = {
        .always = 1 << 0, .otherwise = 1 << 1, .quiet_slot = 5, .quiet_text = SLICE("0")};
    struct json_paths *compiled = NULL;
    if (json_paths_create(&compiled, paths, PATHS_COUNT, &stop, (choice & 2) != 0) != STATUS_OK)
        abort();

    struct finds whole = {0}, first = {0};
    split_text(compiled, json_tier_best(), layout, line_bytes_max, text, text.bytes + 1, &whole);
    for (int i = 0; i <= (int)json_tier_best(); i++) {
        const enum json_tier tier = (enum json_tier)i;
        struct finds finds = {0}, divided = {0};
        read_text(compiled, tier, layout, line_bytes_max, text, &finds);
        if (i == 0)
            first = finds;
        assert(memcmp(&finds, &first, sizeof(finds)) == 0);
        split_text(compiled, tier, layout, line_bytes_max, text, 1 + (choice >> 3), &divided);
        assert(memcmp(&divided, &whole, sizeof(whole)) == 0);
    }
    enum layout detected;
    (void)json_detect_layout(text, &detected);
    json_paths_destroy(compiled);
    return 0;
}
