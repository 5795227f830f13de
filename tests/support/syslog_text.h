/*
 * Syslog text split and read as the program does it, for unit tests and the fuzz target: every
 * record as a line of text, and all that was counted.
 */
#pragma once

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/syslog.h"

enum { SYSLOG_TEST_FIELDS = 12 };

static const char *const syslog_test_fields[SYSLOG_TEST_FIELDS] = {
    "time",         "host",          "program",      "pid",        "login.service", "login.result",
    "login.method", "login.account", "login.source", "login.host", "login.port",    "login.id",
};

struct syslog_dump {
    char *text; /* owned; fields with a bar between them, a line end behind each record */
    size_t bytes, capacity;
    uint64_t newlines, broken, too_long, records;
};

static inline void syslog_dump_put(struct syslog_dump *dump, const char *text, size_t bytes)
{
    if (dump->capacity - dump->bytes < bytes + 1) {
        dump->capacity = (dump->capacity + bytes + 64) * 2;
        dump->text = realloc(dump->text, dump->capacity);
        if (dump->text == NULL)
            abort();
    }
    if (bytes > 0)
        memcpy(dump->text + dump->bytes, text, bytes);
    dump->bytes += bytes;
    dump->text[dump->bytes] = '\0';
}

static inline void syslog_dump_deinit(struct syslog_dump *dump)
{
    free(dump->text);
    *dump = (struct syslog_dump){0};
}

static inline struct syslog_paths *syslog_test_paths(void)
{
    struct record_path wanted[SYSLOG_TEST_FIELDS];
    struct syslog_paths *paths = NULL;
    for (unsigned i = 0; i < SYSLOG_TEST_FIELDS; i++)
        wanted[i] = (struct record_path){syslog_test_fields[i], i};
    if (syslog_paths_create(&paths, wanted, SYSLOG_TEST_FIELDS) != STATUS_OK)
        abort();
    return paths;
}

static inline void syslog_dump_record(struct syslog_dump *dump, const struct record *record)
{
    for (unsigned slot = 0; slot < SYSLOG_TEST_FIELDS; slot++) {
        const struct field_value *const value = &record->values[slot];
        if (slot > 0)
            syslog_dump_put(dump, "|", 1);
        if ((record->present >> slot & 1) == 0)
            continue;
        if (value->kind == VALUE_TIME) {
            char seconds[32];
            const int bytes = snprintf(seconds, sizeof(seconds), "%lld",
                                       (long long)(record->time_ns / 1000000000));
            syslog_dump_put(dump, seconds, (size_t)bytes);
            continue;
        }
        assert(value->kind == VALUE_TEXT && value->text.bytes > 0);
        syslog_dump_put(dump, value->text.start, value->text.bytes);
    }
    syslog_dump_put(dump, "\n", 1);
}

struct syslog_way {
    const struct syslog_paths *paths;
    struct source_view view;
    size_t line_bytes_max;
};

static inline void syslog_read_block(const struct syslog_way *way, struct slice text,
                                     struct syslog_dump *dump)
{
    static _Thread_local struct record record;
    char *const held = malloc(text.bytes + LIMIT_VECTOR_PADDING);
    if (held == NULL)
        abort();
    memset(held, '7', text.bytes + LIMIT_VECTOR_PADDING);
    if (text.bytes > 0)
        memcpy(held, text.start, text.bytes);
    const struct block block = {
        .layout = way->view.layout, .view = &way->view, .bytes = text.bytes, .text = held};
    struct syslog_reader reader;
    struct syslog_scratch scratch;
    syslog_reader_init(&reader, way->paths, &scratch, way->line_bytes_max, &block);
    for (enum record_result result;
         (result = syslog_reader_next(&reader, &record)) != RECORD_END;) {
        assert(record.text.start == held + record.offset &&
               record.text.start + record.text.bytes <= held + text.bytes);
        dump->broken += result == RECORD_BROKEN;
        dump->too_long += result == RECORD_TOO_LONG;
        dump->records++;
        if (result == RECORD_FOUND)
            syslog_dump_record(dump, &record);
    }
    assert(reader.at == reader.end);
    dump->newlines += reader.newlines;
    free(held);
}

/* Splits the text as the input stage does, `step` bytes at a time, and reads what comes out. */
static inline void syslog_read_text(const struct syslog_way *way, struct slice text, size_t step,
                                    struct syslog_dump *dump)
{
    struct syslog_split split;
    syslog_split_init(&split, way->view.layout, way->line_bytes_max);
    size_t at = 0, end = 0;
    do {
        end = text.bytes - end > step ? end + step : text.bytes;
        for (struct record_cut cut = {.skip = 1}; cut.skip + cut.bytes > 0;) {
            /* In memory of just this size: the splitter reads nothing behind. */
            char *const held = malloc(end - at + 1);
            if (held == NULL)
                abort();
            memcpy(held, text.start + at, end - at);
            cut = syslog_split_next(&split, slice_of(held, end - at), end == text.bytes);
            free(held);
            dump->newlines += cut.newlines_skipped;
            dump->broken += cut.records_broken;
            dump->too_long += cut.records_too_long;
            dump->records += cut.records_too_long + cut.records_broken;
            assert(cut.skip + cut.bytes <= end - at);
            syslog_read_block(way, slice_of(text.start + at + cut.skip, cut.bytes), dump);
            at += cut.skip + cut.bytes;
        }
        assert(end - at <= way->line_bytes_max || end == text.bytes);
    } while (end < text.bytes);
    assert(at == text.bytes);
}
