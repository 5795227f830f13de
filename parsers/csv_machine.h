/*
 * The rules of a row's structure, a byte at a time: where cells and rows end.
 *
 * Internal to the CSV module. This machine and libcsv divide every row alike that this machine does
 * not find damaged; the vector loops know the part of it that plain rows need.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum csv_place {
    CSV_AT_ROW,    /* nothing of the row so far, but perhaps blanks */
    CSV_AT_MARK_1, /* … and the first byte of a byte order mark */
    CSV_AT_MARK_2,
    CSV_AT_CELL, /* behind a delimiter and perhaps blanks */
    CSV_IN_PLAIN,
    CSV_IN_QUOTED,
    CSV_AT_CLOSING,     /* behind a quote that may be the first of two */
    CSV_BEHIND_CLOSING, /* and blanks */
    CSV_ROW_ENDED,      /* the byte was its line end */
    CSV_DAMAGED,        /* the byte cannot stand there */
};

static inline bool csv_is_line_end(char byte)
{
    return byte == '\n' || byte == '\r';
}

static inline bool csv_is_blank(char byte, char delimiter)
{
    return byte == ' ' || (byte == '\t' && byte != delimiter);
}

static inline enum csv_place csv_step_plain(char byte, char delimiter)
{
    if (byte == delimiter)
        return CSV_AT_CELL;
    return csv_is_line_end(byte) ? CSV_ROW_ENDED : CSV_IN_PLAIN;
}

static inline enum csv_place csv_step_begin(enum csv_place place, char byte, char delimiter)
{
    if (csv_is_blank(byte, delimiter))
        return place;
    if (byte == '"')
        return CSV_IN_QUOTED;
    if (place == CSV_AT_ROW && byte == '\xef')
        return CSV_AT_MARK_1;
    return csv_step_plain(byte, delimiter);
}

static inline enum csv_place csv_step_closing(enum csv_place place, char byte, char delimiter)
{
    if (byte == '"' && place == CSV_AT_CLOSING)
        return CSV_IN_QUOTED;
    if (csv_is_blank(byte, delimiter))
        return CSV_BEHIND_CLOSING;
    const enum csv_place next = csv_step_plain(byte, delimiter);
    return next == CSV_IN_PLAIN ? CSV_DAMAGED : next;
}

/* `place` is none of the two that end a row. */
static inline enum csv_place csv_step(enum csv_place place, char byte, char delimiter)
{
    switch (place) {
    case CSV_AT_ROW:
    case CSV_AT_CELL:
        return csv_step_begin(place, byte, delimiter);
    case CSV_AT_MARK_1:
        return byte == '\xbb' ? CSV_AT_MARK_2 : csv_step_plain(byte, delimiter);
    case CSV_AT_MARK_2:
        return byte == '\xbf' ? CSV_AT_ROW : csv_step_plain(byte, delimiter);
    case CSV_IN_QUOTED:
        return byte == '"' ? CSV_AT_CLOSING : CSV_IN_QUOTED;
    case CSV_AT_CLOSING:
    case CSV_BEHIND_CLOSING:
        return csv_step_closing(place, byte, delimiter);
    default:
        return csv_step_plain(byte, delimiter);
    }
}
