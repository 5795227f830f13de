#include "parsers/format.h"

#include <assert.h>

static const char *const names[FORMATS_COUNT] = {
    [FORMAT_OF_JSON] = "json",
    [FORMAT_OF_XML] = "xml",
    [FORMAT_OF_SYSLOG] = "syslog",
    [FORMAT_OF_CSV] = "csv",
};

static const enum format formats_by_layout[LAYOUT_COUNT] = {
    [LAYOUT_JSON_LINES] = FORMAT_OF_JSON,
    [LAYOUT_JSON_STREAM] = FORMAT_OF_JSON,
    [LAYOUT_CSV] = FORMAT_OF_CSV,
    [LAYOUT_XML_EVENTS] = FORMAT_OF_XML,
    [LAYOUT_SYSLOG_LINES] = FORMAT_OF_SYSLOG,
    [LAYOUT_SYSLOG_FRAMES] = FORMAT_OF_SYSLOG,
};

const char *format_name(enum format format)
{
    return names[format];
}

enum format format_by_name(struct slice name)
{
    for (int i = 0; i < FORMATS_COUNT; i++) {
        if (slice_equals(name, slice_from_string(names[i])))
            return (enum format)i;
    }
    return FORMATS_COUNT;
}

enum format format_of_layout(enum layout layout)
{
    return formats_by_layout[layout];
}

/* ---- Layout of a source ------------------------------------------------------------------- */

/* A line that is a whole object settles it; what begins like a larger thing does not. */
static bool json_detect_line(struct slice line, enum layout *layout)
{
    return json_detect_layout(line, layout) && *layout == LAYOUT_JSON_LINES;
}

bool format_detect_line_as(enum format format, struct slice line, enum layout *layout)
{
    switch (format) {
    case FORMAT_OF_JSON:
        return json_detect_line(line, layout);
    case FORMAT_OF_XML:
        return xml_event_detect_layout(line, layout);
    case FORMAT_OF_SYSLOG:
        return syslog_detect_layout(line, layout);
    case FORMAT_OF_CSV: /* whose rows they are is seen from the rows */
    case FORMATS_COUNT:
        break;
    }
    return false;
}

bool format_detect_as(enum format format, struct slice head, enum layout *layout)
{
    switch (format) {
    case FORMAT_OF_JSON:
        return json_detect_layout(head, layout);
    case FORMAT_OF_XML:
        return xml_event_detect_layout(head, layout);
    case FORMAT_OF_SYSLOG:
        return syslog_detect_layout(head, layout);
    case FORMAT_OF_CSV:
        return csv_detect_layout(head, layout);
    case FORMATS_COUNT:
        break;
    }
    return false;
}

/* From the most telling to the least: the order of enum format. */
bool format_detect_line(struct slice line, enum layout *layout)
{
    for (int i = 0; i < FORMATS_COUNT; i++) {
        if (format_detect_line_as((enum format)i, line, layout))
            return true;
    }
    return false;
}

bool format_detect(struct slice head, enum layout *layout)
{
    for (int i = 0; i < FORMATS_COUNT; i++) {
        if (format_detect_as((enum format)i, head, layout))
            return true;
    }
    return false;
}

struct slice format_header(enum layout layout, struct slice head)
{
    switch (format_of_layout(layout)) {
    case FORMAT_OF_CSV:
        return csv_header(head);
    case FORMAT_OF_JSON:
    case FORMAT_OF_XML:
    case FORMAT_OF_SYSLOG:
    case FORMATS_COUNT:
        break;
    }
    return slice_of(head.start, 0);
}

bool format_first_date(enum layout layout, struct slice head, struct source_date *date)
{
    return format_of_layout(layout) == FORMAT_OF_SYSLOG && syslog_first_date(head, date);
}

/* ---- Splitting ---------------------------------------------------------------------------- */

void format_split_init(struct format_split *split, const struct source_view *view,
                       size_t line_bytes_max)
{
    const enum layout layout = view->layout;
    split->layout = layout;
    switch (format_of_layout(layout)) {
    case FORMAT_OF_JSON:
        json_split_init(&split->json, layout, line_bytes_max);
        return;
    case FORMAT_OF_CSV:
        csv_split_init(&split->csv, view->header, view->is_header_told, line_bytes_max);
        return;
    case FORMAT_OF_XML:
        xml_event_split_init(&split->xml, line_bytes_max);
        return;
    case FORMAT_OF_SYSLOG:
        syslog_split_init(&split->syslog, layout, line_bytes_max);
        return;
    case FORMATS_COUNT:
        break;
    }
    assert(!"a layout without format");
}

struct record_cut format_split_next(struct format_split *split, struct slice text, bool at_end)
{
    switch (format_of_layout(split->layout)) {
    case FORMAT_OF_JSON:
        return json_split_next(&split->json, text, at_end);
    case FORMAT_OF_CSV:
        return csv_split_next(&split->csv, text, at_end);
    case FORMAT_OF_XML:
        return xml_event_split_next(&split->xml, text, at_end);
    case FORMAT_OF_SYSLOG:
        return syslog_split_next(&split->syslog, text, at_end);
    case FORMATS_COUNT:
        break;
    }
    return (struct record_cut){.skip = text.bytes};
}

/* ---- Reading ------------------------------------------------------------------------------ */

enum status format_paths_create(struct format_paths *paths, unsigned formats,
                                const struct record_path *wanted, size_t count,
                                const struct json_stop *stops, size_t stops_count)
{
    *paths = (struct format_paths){0};
    enum status status = STATUS_OK;
    if (formats >> FORMAT_OF_JSON & 1)
        status = json_paths_create(&paths->json, wanted, count, stops, stops_count);
    if (status == STATUS_OK && formats >> FORMAT_OF_CSV & 1)
        status = csv_paths_create(&paths->csv, wanted, count);
    if (status == STATUS_OK && formats >> FORMAT_OF_XML & 1)
        status = xml_event_paths_create(&paths->xml, wanted, count);
    if (status == STATUS_OK && formats >> FORMAT_OF_SYSLOG & 1)
        status = syslog_paths_create(&paths->syslog, wanted, count);
    if (status != STATUS_OK)
        format_paths_destroy(paths);
    return status;
}

void format_paths_destroy(struct format_paths *paths)
{
    json_paths_destroy(paths->json);
    csv_paths_destroy(paths->csv);
    xml_event_paths_destroy(paths->xml);
    syslog_paths_destroy(paths->syslog);
    *paths = (struct format_paths){0};
}

enum status format_scratch_init(struct format_scratch *scratch, size_t line_bytes_max)
{
    *scratch = (struct format_scratch){0};
    const enum status status = csv_scratch_create(&scratch->csv, line_bytes_max);
    if (status != STATUS_OK)
        return status;
    return xml_event_scratch_create(&scratch->xml, line_bytes_max);
}

void format_scratch_deinit(struct format_scratch *scratch)
{
    csv_scratch_destroy(scratch->csv);
    xml_event_scratch_destroy(scratch->xml);
    *scratch = (struct format_scratch){0};
}

void format_reader_init(struct format_reader *reader, const struct format_paths *paths,
                        struct format_scratch *scratch, enum json_tier tier, size_t line_bytes_max,
                        const struct block *block)
{
    reader->format = format_of_layout(block->layout);
    switch (reader->format) {
    case FORMAT_OF_JSON:
        json_reader_init(&reader->json, paths->json, tier, line_bytes_max, block);
        return;
    case FORMAT_OF_CSV:
        csv_reader_init(&reader->csv, paths->csv, scratch->csv, tier, line_bytes_max, block);
        return;
    case FORMAT_OF_XML:
        xml_event_reader_init(&reader->xml, paths->xml, scratch->xml, line_bytes_max, block);
        return;
    case FORMAT_OF_SYSLOG:
        syslog_reader_init(&reader->syslog, paths->syslog, &scratch->syslog, line_bytes_max, block);
        return;
    case FORMATS_COUNT:
        break;
    }
    assert(!"a layout without format");
}

void format_reader_init_record(struct format_reader *reader, const struct format_paths *paths,
                               struct format_scratch *scratch, const struct source_view *view,
                               enum layout layout, struct slice text)
{
    const struct block block = {
        .layout = layout == LAYOUT_JSON_LINES ? LAYOUT_JSON_STREAM : layout,
        .view = view,
        .text = (char *)(uintptr_t)text.start, /* only read */
        .bytes = text.bytes,
    };
    format_reader_init(reader, paths, scratch, JSON_TIER_BEST, LIMIT_LINE_BYTES_MAX, &block);
}

enum record_result format_reader_next_other(struct format_reader *reader, struct record *record)
{
    switch (reader->format) {
    case FORMAT_OF_JSON:
        return json_reader_next(&reader->json, record);
    case FORMAT_OF_CSV:
        return csv_reader_next(&reader->csv, record);
    case FORMAT_OF_XML:
        return xml_event_reader_next(&reader->xml, record);
    case FORMAT_OF_SYSLOG:
        return syslog_reader_next(&reader->syslog, record);
    case FORMATS_COUNT:
        break;
    }
    return RECORD_END;
}

uint64_t format_reader_newlines(const struct format_reader *reader)
{
    switch (reader->format) {
    case FORMAT_OF_JSON:
        return reader->json.newlines;
    case FORMAT_OF_CSV:
        return reader->csv.newlines;
    case FORMAT_OF_XML:
        return reader->xml.newlines;
    case FORMAT_OF_SYSLOG:
        return reader->syslog.newlines;
    case FORMATS_COUNT:
        break;
    }
    return 0;
}

struct slice format_text(const struct field_value *value, char *scratch, size_t scratch_bytes)
{
    switch ((enum value_escapes)value->escapes) {
    case ESCAPES_CSV:
        if (value->escaped)
            return csv_text(value, scratch, scratch_bytes);
        break;
    case ESCAPES_JSON:
    case ESCAPES_XML:
        break;
    }
    return json_text(value, scratch, scratch_bytes);
}
