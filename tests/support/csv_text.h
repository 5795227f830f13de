/*
 * What a CSV text says, written out so that two ways of reading it can be compared: with our
 * splitter and reader, and with libcsv alone.
 */
#pragma once

#include <assert.h>
#include <csv.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/csv.h"
#include "parsers/csv_names.h"

/* ---- A text that grows --------------------------------------------------------------------- */

struct csv_dump {
    char *start;
    size_t bytes, capacity;
    uint64_t newlines, broken, ragged, too_long;
};

static inline void csv_dump_put(struct csv_dump *dump, const void *start, size_t bytes)
{
    if (bytes > dump->capacity - dump->bytes) {
        dump->capacity = (dump->capacity + bytes) * 2 + 64;
        dump->start = realloc(dump->start, dump->capacity);
        if (dump->start == NULL)
            abort();
    }
    if (bytes > 0)
        memcpy(dump->start + dump->bytes, start, bytes);
    dump->bytes += bytes;
}

static inline void csv_dump_cell(struct csv_dump *dump, size_t column, struct slice text)
{
    char front[64];
    const int length = snprintf(front, sizeof(front), "%zu:%zu:", column, text.bytes);
    csv_dump_put(dump, front, (size_t)length);
    csv_dump_put(dump, text.start, text.bytes);
}

static inline bool csv_dump_equal(const struct csv_dump *a, const struct csv_dump *b)
{
    return a->bytes == b->bytes && (a->bytes == 0 || memcmp(a->start, b->start, a->bytes) == 0);
}

static inline void csv_dump_deinit(struct csv_dump *dump)
{
    free(dump->start);
    *dump = (struct csv_dump){0};
}

/* ---- Read by us ---------------------------------------------------------------------------- */

/* The bytes in memory of just the promised size, with hostile padding behind. */
static inline char *csv_hold(struct slice text)
{
    static const char padding[] = "\",\n\r;\t \"\"a\n\"";
    char *const held = malloc(text.bytes + LIMIT_VECTOR_PADDING);
    if (held == NULL)
        abort();
    if (text.bytes > 0)
        memcpy(held, text.start, text.bytes);
    for (size_t i = 0; i < LIMIT_VECTOR_PADDING; i++)
        held[text.bytes + i] = padding[(i + text.bytes) % (sizeof(padding) - 1)];
    return held;
}

/* What is empty is left out; all else must be a text of the cell's length or less. */
static inline void csv_dump_value(struct csv_dump *dump, size_t column,
                                  const struct field_value *value)
{
    assert(value->kind == VALUE_TEXT);
    struct slice text = value->text;
    char *const joined = malloc(text.bytes + 1);
    if (joined == NULL)
        abort();
    if (value->escaped) {
        assert(value->escapes == ESCAPES_CSV);
        size_t bytes = 0;
        for (size_t i = 0; i < text.bytes; i++) {
            joined[bytes++] = text.start[i];
            i += text.start[i] == '"';
        }
        text = slice_of(joined, bytes);
    }
    if (text.bytes > 0)
        csv_dump_cell(dump, column, text);
    free(joined);
}

struct csv_way {
    struct slice header; /* as written */
    const struct csv_paths *paths;
    struct csv_scratch *scratch;
    enum json_tier tier;
    size_t line_bytes_max;
    bool is_header_in_text;
};

static inline void csv_read_block(const struct csv_way *way, struct slice text,
                                  struct csv_dump *dump)
{
    static _Thread_local struct record record;
    char *const held = csv_hold(text);
    const struct source_view view = {.layout = LAYOUT_CSV, .header = way->header};
    const struct block block = {.view = &view, .bytes = text.bytes, .text = held};
    struct csv_reader reader;
    csv_reader_init(&reader, way->paths, way->scratch, way->tier, way->line_bytes_max, &block);
    for (enum record_result result; (result = csv_reader_next(&reader, &record)) != RECORD_END;) {
        assert(record.text.start == held + record.offset &&
               record.text.start + record.text.bytes <= held + text.bytes);
        dump->broken += result == RECORD_BROKEN;
        dump->ragged += result == RECORD_RAGGED;
        dump->too_long += result == RECORD_TOO_LONG;
        if (result != RECORD_FOUND)
            continue;
        csv_dump_put(dump, "row ", 4);
        for (size_t slot = 0; slot < RECORD_FIELDS_MAX; slot++) {
            if ((record.present >> slot & 1) != 0)
                csv_dump_value(dump, slot, &record.values[slot]);
        }
    }
    assert(reader.at == reader.end);
    dump->newlines += reader.newlines;
    free(held);
}

/* Splits the text as the input stage does, `step` bytes at a time, and reads what comes out. */
static inline void csv_read_text(const struct csv_way *way, struct slice text, size_t step,
                                 struct csv_dump *dump)
{
    struct csv_split split;
    csv_split_init(&split, way->header, false, way->line_bytes_max);
    split.header_bytes = way->is_header_in_text ? split.header_bytes : 0;
    split.tier = way->tier;
    size_t at = 0, end = 0;
    do {
        end = text.bytes - end > step ? end + step : text.bytes;
        for (struct record_cut cut = {.skip = 1}; cut.skip + cut.bytes > 0;) {
            /* In memory of just this size: the splitter reads nothing behind. */
            char *const held = malloc(end - at + 1);
            if (held == NULL)
                abort();
            memcpy(held, text.start + at, end - at);
            cut = csv_split_next(&split, slice_of(held, end - at), end == text.bytes);
            free(held);
            dump->newlines += cut.newlines_skipped;
            dump->broken += cut.records_broken;
            dump->too_long += cut.records_too_long;
            assert(cut.skip + cut.bytes <= end - at);
            csv_read_block(way, slice_of(text.start + at + cut.skip, cut.bytes), dump);
            at += cut.skip + cut.bytes;
        }
    } while (end < text.bytes);
    assert(at == text.bytes);
}

/* ---- Read by libcsv ------------------------------------------------------------------------ */

struct csv_oracle {
    const char *const *names;
    size_t names_count;
    struct csv_dump *dump;
    size_t column;
    size_t row_start; /* in the dump */
    bool has_surplus, is_header;
};

static inline void csv_oracle_cell(void *start, size_t bytes, void *taker)
{
    struct csv_oracle *const oracle = taker;
    const struct slice text = slice_of(start, bytes);
    const size_t column = oracle->column++;
    if (column >= oracle->names_count) {
        oracle->has_surplus = oracle->has_surplus || bytes > 0;
        return;
    }
    oracle->is_header =
        oracle->is_header && csv_name_is(slice_from_string(oracle->names[column]), text);
    if (bytes > 0)
        csv_dump_cell(oracle->dump, column, text);
}

static inline void csv_oracle_begin(struct csv_oracle *oracle)
{
    oracle->column = 0;
    oracle->row_start = oracle->dump->bytes;
    oracle->has_surplus = false;
    oracle->is_header = true;
    csv_dump_put(oracle->dump, "row ", 4);
}

static inline void csv_oracle_row(int line_end, void *taker)
{
    struct csv_oracle *const oracle = taker;
    (void)line_end;
    const bool is_header = oracle->is_header && oracle->column == oracle->names_count;
    if (is_header || oracle->has_surplus)
        oracle->dump->bytes = oracle->row_start;
    oracle->dump->ragged += oracle->has_surplus;
    csv_oracle_begin(oracle);
}

/* The rows of `text`, which begins behind a header of these names, each one word; slot n is column
 * n. False when libcsv's strict mode finds fault with it. */
static inline bool csv_oracle_read(const char *const *names, size_t names_count, char delimiter,
                                   struct slice text, unsigned char options, struct csv_dump *dump)
{
    struct csv_parser parser;
    struct csv_oracle oracle = {.names = names, .names_count = names_count, .dump = dump};
    if (csv_init(&parser, options) != 0)
        abort();
    csv_set_delim(&parser, (unsigned char)delimiter);
    csv_oracle_begin(&oracle);
    const bool is_parsed = csv_parse(&parser, text.start, text.bytes, csv_oracle_cell,
                                     csv_oracle_row, &oracle) == text.bytes;
    const bool is_sound =
        is_parsed && csv_fini(&parser, csv_oracle_cell, csv_oracle_row, &oracle) == 0;
    csv_free(&parser);
    dump->bytes = oracle.row_start;
    return is_sound;
}
