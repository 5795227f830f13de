/*
 * Any text as a source of any format, from its detection to its events: what `scan` and `explain`
 * make of it. The first byte chooses: bits 0 and 1 the format, the rest a schema that is named with
 * -i, or none.
 *
 * All fields wanted or as few as there can be give the same attempts; an event has a shape, and
 * what is no sign-in has none.
 */
#include <assert.h>
#include <stdlib.h>

#include "engine/normalize.h"
#include "engine/ocsf.h"
#include "parsers/schema_trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

enum { TEXT_BYTES_MAX = 64 * 1024, LINE_BYTES_MAX = 4096, RECORDS_MAX = 4096 };

/* What both readings must agree in. */
struct attempt_read {
    enum schema_result result;
    int64_t time_ns;
    struct address source;
    uint8_t outcome, dataset;
    size_t account_bytes;
};

struct reading_of_all {
    size_t count;
    struct attempt_read items[RECORDS_MAX];
};

static bool is_same(const struct attempt_read *a, const struct attempt_read *b)
{
    return a->result == b->result && a->time_ns == b->time_ns && a->outcome == b->outcome &&
           a->dataset == b->dataset && a->account_bytes == b->account_bytes &&
           memcmp(a->source.bytes, b->source.bytes, sizeof(a->source.bytes)) == 0;
}

static struct schema_set *create(uint32_t wanted)
{
    struct schema_set *set = NULL;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status =
        schema_set_create(&set, &(struct schema_set_options){.wanted = wanted}, &diagnostics);
    assert(status == STATUS_OK);
    (void)status;
    diagnostics_deinit(&diagnostics);
    return set;
}

static void check_written(const struct schema_set *set, const struct event *event)
{
    const struct event_position position = {.path = "-", .line = 1};
    struct json_write json;
    json_write_init(&json);
    normalize_event(&json, set, event, &position);
    ocsf_event(&json, set, event, &position);
    const struct slice text = json_write_text(&json);
    assert(json_write_ok(&json) && text.bytes > 0 && text.start[text.bytes - 1] == '\n');
    json_write_deinit(&json);
}

static void check_trace(const struct schema_set *set, struct schema_scratch *scratch,
                        const struct source_view *view, const struct record *record,
                        enum schema_result result)
{
    static struct schema_trace trace;
    schema_trace(&trace, set, scratch, view, view->layout, record);
    assert((trace.shape == NULL) == (result == SCHEMA_NOT_SIGN_IN));
    assert(trace.shape == NULL || trace.misses_count == 0);
}

/* The records of one block. */
static void read_block(const struct schema_set *set, struct schema_scratch *scratch,
                       struct schema_scratch *again, const struct source_view *view,
                       struct slice text, struct reading_of_all *all)
{
    static struct record record;
    const struct block block = {.layout = view->layout,
                                .view = view,
                                .text = (char *)(uintptr_t)text.start, /* only read */
                                .bytes = text.bytes};
    struct format_reader reader;
    format_reader_init(&reader, schema_set_paths(set, view, view->layout),
                       schema_scratch_formats(scratch), JSON_TIER_BEST, LINE_BYTES_MAX, &block);
    enum record_result found;
    while ((found = format_reader_next(&reader, &record)) != RECORD_END) {
        if (found != RECORD_FOUND || all->count == RECORDS_MAX)
            continue;
        struct event event;
        struct attempt_read *const read = &all->items[all->count++];
        *read = (struct attempt_read){
            .result = schema_set_apply(set, scratch, view, view->layout, &record, &event)};
        if (again != NULL)
            check_trace(set, again, view, &record, read->result);
        if (read->result != SCHEMA_EVENT)
            continue;
        read->time_ns = event.time_ns;
        read->source = event.source;
        read->outcome = event.outcome;
        read->dataset = event.dataset;
        read->account_bytes = event.text[TEXT_ACCOUNT].bytes;
        if (again != NULL)
            check_written(set, &event);
    }
}

/* The whole text: its view, then what the splitter gives of it. */
static void read_text(const struct schema_set *set, bool is_explained, enum layout layout,
                      uint8_t schema, struct slice text, struct reading_of_all *all)
{
    struct schema_scratch *scratch, *again = NULL;
    if (schema_scratch_create(&scratch, LINE_BYTES_MAX) != STATUS_OK)
        return;
    if (is_explained && schema_scratch_create(&again, LINE_BYTES_MAX) != STATUS_OK) {
        schema_scratch_destroy(scratch);
        return;
    }
    struct source_view view = {
        .layout = layout,
        .schema = schema,
        .is_forced = schema != SCHEMA_NONE,
        .header = format_header(layout, text),
        .date = {.year = 2023, .month = 1, .day = 1},
    };
    if (!view.is_forced)
        view.schema = schema_set_recognise(set, scratch, &view, text);
    schema_set_tell_columns(set, scratch, &view, text);
    if (view.schema != SCHEMA_NONE)
        view.is_day_first = schema_set_is_day_first(set, scratch, &view, text);
    struct format_split split;
    format_split_init(&split, &view, LINE_BYTES_MAX);
    all->count = 0;
    for (;;) {
        const struct record_cut cut = format_split_next(&split, text, true);
        assert(cut.skip + cut.bytes <= text.bytes);
        if (cut.skip + cut.bytes == 0)
            break;
        text = slice_from(text, cut.skip);
        if (cut.bytes > 0)
            read_block(set, scratch, again, &view, slice_of(text.start, cut.bytes), all);
        text = slice_from(text, cut.bytes);
    }
    schema_scratch_destroy(scratch);
    schema_scratch_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    static struct schema_set *whole, *some;
    static struct reading_of_all of_whole, of_some;
    if (whole == NULL) {
        whole = create(SCHEMA_WANTED_ALL);
        some = create(0);
    }
    if (bytes_count < 2 || bytes_count > TEXT_BYTES_MAX)
        return 0;
    const enum format format = (enum format)(bytes[0] % FORMATS_COUNT);
    uint8_t schema = bytes[0] / FORMATS_COUNT;
    if (schema >= schema_set_count(whole) || !(schema_set_at(whole, schema)->formats >> format & 1))
        schema = SCHEMA_NONE;
    const size_t text_bytes = bytes_count - 1;
    char *const text = calloc(1, text_bytes + LIMIT_VECTOR_PADDING);
    if (text == NULL)
        return 0;
    memcpy(text, bytes + 1, text_bytes);
    enum layout layout;
    if (format_detect_as(format, slice_of(text, text_bytes), &layout)) {
        read_text(whole, true, layout, schema, slice_of(text, text_bytes), &of_whole);
        read_text(some, false, layout, schema, slice_of(text, text_bytes), &of_some);
        assert(of_whole.count == of_some.count);
        for (size_t i = 0; i < of_whole.count; i++)
            assert(is_same(&of_whole.items[i], &of_some.items[i]));
    }
    free(text);
    return 0;
}
