/*
 * Any bytes as Windows events: splitting must not depend on the division into calls, nothing may be
 * read that is not there, and all of the input is taken.
 *
 * The first byte chooses: bit 0 a short line limit, the rest how many bytes the splitter is given
 * at a time.
 */
#include <assert.h>
#include <stdlib.h>

#include "engine/base/hash.h"
#include "parsers/xml_event.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static const struct record_path paths[] = {
    {"Event.System.EventID", 0},           {"Event.System.TimeCreated.#attributes.SystemTime", 1},
    {"Event.EventData.TargetUserName", 2}, {"Event.EventData.Data", 3},
    {"Event.EventData.Data.#text", 4},     {"Event.a.b", 5},
};
enum { PATHS_COUNT = sizeof(paths) / sizeof(paths[0]) };

struct finds {
    uint64_t digest, newlines, broken, too_long;
};

static void finds_add(struct finds *finds, const void *start, size_t count)
{
    finds->digest = finds->digest * UINT64_C(0x9e3779b97f4a7c15) + count;
    if (count > 0)
        finds->digest ^= hash_bytes(hash_key_fixed(), start, count);
}

static void read_text(const struct xml_event_paths *compiled, struct xml_event_scratch *scratch,
                      size_t line_bytes_max, struct slice text, struct finds *finds)
{
    const struct block block = {
        .layout = LAYOUT_XML_EVENTS, .bytes = text.bytes, .text = (char *)(uintptr_t)text.start};
    struct xml_event_reader reader;
    struct record record;
    xml_event_reader_init(&reader, compiled, scratch, line_bytes_max, &block);
    for (enum record_result result;
         (result = xml_event_reader_next(&reader, &record)) != RECORD_END;) {
        assert(record.text.start == text.start + record.offset);
        assert(record.offset + record.text.bytes <= text.bytes);
        finds_add(finds, &result, sizeof(result));
        finds_add(finds, record.text.start, record.text.bytes);
        for (size_t slot = 0; slot < PATHS_COUNT; slot++) {
            if (record.present >> slot & 1)
                finds_add(finds, record.values[slot].text.start, record.values[slot].text.bytes);
        }
    }
    assert(reader.at == reader.end);
    finds->newlines += reader.newlines;
}

static void split_text(const struct xml_event_paths *compiled, struct xml_event_scratch *scratch,
                       size_t line_bytes_max, struct slice text, size_t step, struct finds *finds)
{
    struct xml_event_split split;
    xml_event_split_init(&split, line_bytes_max);
    size_t at = 0, end = 0;
    do {
        end = text.bytes - end > step ? end + step : text.bytes;
        for (struct record_cut cut = {.skip = 1}; cut.skip + cut.bytes > 0;) {
            char *const copy = malloc(end - at + 1);
            assert(copy != NULL);
            memcpy(copy, text.start + at, end - at);
            cut = xml_event_split_next(&split, slice_of(copy, end - at), end == text.bytes);
            finds->newlines += cut.newlines_skipped;
            finds->broken += cut.records_broken;
            finds->too_long += cut.records_too_long;
            if (cut.bytes > 0)
                read_text(compiled, scratch, line_bytes_max, slice_of(copy + cut.skip, cut.bytes),
                          finds);
            at += cut.skip + cut.bytes;
            free(copy);
        }
        assert(end == text.bytes || end - at <= line_bytes_max + 16);
    } while (end < text.bytes);
    assert(at == text.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count == 0)
        return 0;
    const uint8_t choice = bytes[0];
    const struct slice text = slice_of((const char *)bytes + 1, bytes_count - 1);
    const size_t line_bytes_max = choice & 1 ? 64 : LIMIT_LINE_BYTES;
    struct xml_event_paths *compiled;
    struct xml_event_scratch *scratch;
    if (xml_event_paths_create(&compiled, paths, PATHS_COUNT) != STATUS_OK ||
        xml_event_scratch_create(&scratch, LIMIT_LINE_BYTES) != STATUS_OK)
        abort();
    struct finds whole = {0}, divided = {0};
    split_text(compiled, scratch, line_bytes_max, text, text.bytes + 1, &whole);
    split_text(compiled, scratch, line_bytes_max, text, 1 + (choice >> 1), &divided);
    assert(memcmp(&whole, &divided, sizeof(whole)) == 0);
    enum layout layout;
    (void)xml_event_detect_layout(text, &layout);
    struct record record;
    (void)xml_event_read(compiled, scratch, text, &record);
    xml_event_scratch_destroy(scratch);
    xml_event_paths_destroy(compiled);
    return 0;
}
