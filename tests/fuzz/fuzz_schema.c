/*
 * Any text as sign-in records, read whole and read as scanning does, and printed. When the text
 * holds no record it is tried as a schema file beside a good code table, and as a code table.
 */
#include <assert.h>
#include <stdlib.h>

#include "engine/normalize.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

enum { TEXT_BYTES_MAX = 64 * 1024 };

static struct schema_set *create(uint32_t wanted)
{
    struct schema_set *schema = NULL;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status =
        schema_set_create(&schema, &(struct schema_set_options){.wanted = wanted}, &diagnostics);
    assert(status == STATUS_OK);
    diagnostics_deinit(&diagnostics);
    return schema;
}

static void check_event(const struct schema_set *schema, const struct event *event,
                        struct json_write *json)
{
    assert(event->outcome < OUTCOME_COUNT && event->verdict < VERDICT_COUNT);
    assert(event->dataset < schema_set_datasets_count(schema));
    for (int i = 0; i < TEXT_COUNT; i++)
        assert(event->text[i].bytes <= LIMIT_TEXT_BYTES);
    json_write_reset(json);
    normalize_event(json, schema, event, &(struct event_position){.path = "-", .line = 1});
    const struct slice line = json_write_text(json);
    assert(json_write_ok(json) && line.bytes > 0 && line.start[line.bytes - 1] == '\n');
    assert(slice_find(line, '\n') == line.bytes - 1);
}

static size_t read_records(const struct schema_set *schema, const struct block *block,
                           const struct source_view *view)
{
    static struct record record;
    struct schema_scratch *scratch;
    struct format_reader reader;
    struct json_write json;
    struct event event;
    size_t records_count = 0;
    json_write_init(&json);
    if (schema_scratch_create(&scratch, LIMIT_LINE_BYTES) != STATUS_OK)
        return 0;
    format_reader_init(&reader, schema_set_paths(schema, view, block->layout), NULL, JSON_TIER_BEST,
                       LIMIT_LINE_BYTES, block);
    enum record_result result;
    while ((result = format_reader_next(&reader, &record)) != RECORD_END) {
        if (result != RECORD_FOUND)
            continue;
        records_count++;
        if (schema_set_apply(schema, scratch, view, block->layout, &record, &event) == SCHEMA_EVENT)
            check_event(schema, &event, &json);
    }
    schema_scratch_destroy(scratch);
    json_write_deinit(&json);
    return records_count;
}

static void read_as_files(struct slice text)
{
    static const char table[] = "code-table: entra\nsources: {s: x}\ntable: []\n";
    const struct schema_text as_schema[] = {{"table", slice_from_string(table)}, {"input", text}};
    for (size_t first = 0; first < 2; first++) {
        struct schema_set *schema = NULL;
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        const enum status status = schema_set_create_from_texts(
            &schema, as_schema + first, 2 - first,
            &(struct schema_set_options){.wanted = SCHEMA_WANTED_ALL}, &diagnostics);
        assert((status == STATUS_OK) == (schema != NULL));
        assert(status == STATUS_OK || diagnostics.errors_count > 0);
        schema_set_destroy(schema);
        diagnostics_deinit(&diagnostics);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    static struct schema_set *whole, *some;
    if (whole == NULL) {
        whole = create(SCHEMA_WANTED_ALL);
        some = create(0);
    }
    if (bytes_count > TEXT_BYTES_MAX)
        return 0;
    char *const text = calloc(1, bytes_count + LIMIT_VECTOR_PADDING);
    if (text == NULL)
        return 0;
    if (bytes_count > 0)
        memcpy(text, bytes, bytes_count);
    struct block block = {.layout = LAYOUT_JSON_LINES, .text = text, .bytes = bytes_count};
    size_t records_count = read_records(whole, &block, NULL);
    for (size_t i = 0; i < schema_set_count(some); i++) {
        if (!(schema_set_at(some, i)->formats >> FORMAT_OF_JSON & 1))
            continue; /* the input never gives it such a block */
        const struct source_view view = {.schema = (uint8_t)i, .is_forced = i % 2 == 0};
        records_count += read_records(some, &block, &view);
    }
    block.layout = LAYOUT_JSON_STREAM;
    records_count += read_records(whole, &block, &(struct source_view){.schema = 0});
    if (records_count == 0)
        read_as_files(slice_of(text, bytes_count));
    free(text);
    return 0;
}
