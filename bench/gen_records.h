/*
 * Records: a sign-in as JSON text or a row, in the order of the real exports; lines of a server are
 * written by bench/gen_lines.c.
 *
 * Texts that do not change are copied from literals and from the population's prepared fragments;
 * only times, ids and addresses are made anew. One writer belongs to one thread.
 */
#pragma once

#include "bench/gen_signin.h"

struct gen_date {
    int64_t day;   /* since the epoch */
    char text[10]; /* as the shape's times begin */
};

struct gen_writer {
    const struct gen_population *population;
    enum gen_shape shape;
    bool is_graph;
    struct gen_date date; /* of the last time written: most share it */
};

void gen_writer_init(struct gen_writer *writer, const struct gen_population *population,
                     enum gen_shape shape);

/* Writes one JSON object, row or group of lines without the last line end; less than
 * GEN_RECORD_BYTES_MAX bytes. */
void gen_writer_signin(struct gen_writer *writer, const struct gen_signin *signin,
                       struct gen_text *text);

/* "2024-01-31T09:30:00.1234567" without a zone. */
void gen_writer_time(struct gen_date *date, int64_t ticks, struct gen_text *text);

/* In the form of RFC 5952. */
void gen_writer_address(const struct address *address, struct gen_text *text);
