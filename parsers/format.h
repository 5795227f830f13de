/*
 * Formats: every record layout behind one interface, so that nothing else needs to know them.
 *
 * A format gives four things, named after it (`parsers/json.h` is the model):
 *
 *   X_detect_layout  is this the head of such a source, and which layout has it?
 *   X_split          whole records at the front of raw bytes, for the input stage
 *   X_reader         the wanted fields of one record after another, for a parse worker
 *   X_text           a value that is not written plainly, as text
 *
 * This file pair is the only place where they meet: a new format is a layout in `engine/spine.h`, a
 * row in `format.c` and a member in the unions below. What is asked per record goes straight to the
 * JSON reader; only others take the way over a table.
 *
 * Splitting and reading are each used by one thread; compiled paths are immutable and shared.
 */
#pragma once

#include "parsers/csv.h"
#include "parsers/json.h"
#include "parsers/syslog.h"
#include "parsers/xml_event.h"

/* What a schema's records can be written in. One format may have several layouts. */
enum format { FORMAT_OF_JSON, FORMAT_OF_XML, FORMAT_OF_SYSLOG, FORMAT_OF_CSV, FORMATS_COUNT };

const char *format_name(enum format format);   /* "json", … as in schema files and `-i` */
enum format format_by_name(struct slice name); /* FORMATS_COUNT when there is none */
enum format format_of_layout(enum layout layout);

/* ---- Input stage -------------------------------------------------------------------------- */

/* The layout of a source from its first bytes; false when no format knows it. `head` is either the
 * first line with its line end (for live sources; then no more than a first guess: true only when
 * it settles the layout), or up to 64 KiB. The formats are asked in a fixed order. */
bool format_detect_line(struct slice line, enum layout *layout);
bool format_detect(struct slice head, enum layout *layout);

/* The same among the layouts of one format, for a user who has named it. */
bool format_detect_line_as(enum format format, struct slice line, enum layout *layout);
bool format_detect_as(enum format format, struct slice head, enum layout *layout);

/* What goes before all records at the front of `head`, such as a row of column names, and belongs
 * into `source_view.header`; empty: nothing. The splitter passes over it by itself. */
struct slice format_header(enum layout layout, struct slice head);

/* The day on which a source begins, for layouts whose times may have no year; a year of 0: `head`
 * names none. False: there is no need of it, or no such day. */
bool format_first_date(enum layout layout, struct slice head, struct source_date *date);

/* State of one source's splitting; plain data. */
struct format_split {
    enum layout layout;
    union {
        struct json_split json;
        struct csv_split csv;
        struct xml_event_split xml;
        struct syslog_split syslog;
    };
};

/* The view's header is looked at in this call only. The first bytes to be split are those of the
 * header, if the source has one. */
void format_split_init(struct format_split *split, const struct source_view *view,
                       size_t line_bytes_max);

/* The contract of `json_split_next`. */
struct record_cut format_split_next(struct format_split *split, struct slice text, bool at_end);

/* ---- Parse workers ------------------------------------------------------------------------ */

/* Wanted paths, compiled for the formats that may hold them; those of other formats are NULL. */
struct format_paths {
    struct json_paths *json;
    struct csv_paths *csv;
    struct xml_event_paths *xml;
    struct syslog_paths *syslog;
};

/* `formats`: bit n for enum format n. STATUS_CONFIG when a format cannot follow a path. */
STATUS_CHECKED enum status format_paths_create(struct format_paths *paths, unsigned formats,
                                               const struct record_path *wanted, size_t count,
                                               const struct json_stop *stops, size_t stops_count);
void format_paths_destroy(struct format_paths *paths);

/* A worker's memory for the readers of those formats that need any. */
struct format_scratch {
    struct csv_scratch *csv;
    struct xml_event_scratch *xml;
    struct syslog_scratch syslog;
};

STATUS_CHECKED enum status format_scratch_init(struct format_scratch *scratch,
                                               size_t line_bytes_max);
void format_scratch_deinit(struct format_scratch *scratch);

/* One worker's position in one block. Plain data; block and scratch must outlive it. What it gives
 * lies in these two, so it stays when the reader itself is gone; when another reads with the same
 * scratch, it is gone. */
struct format_reader {
    enum format format;
    union {
        struct json_reader json;
        struct csv_reader csv;
        struct xml_event_reader xml;
        struct syslog_reader syslog;
    };
};

/* The block's text must be followed by LIMIT_VECTOR_PADDING readable bytes, and `paths` be compiled
 * for the format of its layout. `scratch` may be NULL for JSON. */
void format_reader_init(struct format_reader *reader, const struct format_paths *paths,
                        struct format_scratch *scratch, enum json_tier tier, size_t line_bytes_max,
                        const struct block *block);

/* The same over the text of a single record that was read before. */
void format_reader_init_record(struct format_reader *reader, const struct format_paths *paths,
                               struct format_scratch *scratch, const struct source_view *view,
                               enum layout layout, struct slice text);

/* What the reader may leave out of records because it was read before, where its format can. */
static inline void format_reader_remember(struct format_reader *reader,
                                          const struct json_memory *memory)
{
    if (reader->format == FORMAT_OF_JSON)
        reader->json.memory = memory;
}

enum record_result format_reader_next_other(struct format_reader *reader, struct record *record);

static inline enum record_result format_reader_next(struct format_reader *reader,
                                                    struct record *record)
{
    if (__builtin_expect(reader->format == FORMAT_OF_JSON, 1))
        return json_reader_next(&reader->json, record);
    return format_reader_next_other(reader, record);
}

/* Line ends passed so far. */
uint64_t format_reader_newlines(const struct format_reader *reader);

/* A value's text with its escapes read: the contract of `json_text`, for values of all formats. */
struct slice format_text(const struct field_value *value, char *scratch, size_t scratch_bytes);
