/*
 * What every reader of a record layout takes and gives, whatever the layout: the words that
 * `parsers/format.h` and the readers behind it have in common. Data only.
 */
#pragma once

#include "engine/spine.h"

/* One wanted field: where it lies in a record, and the index of `record.values` it goes to. What a
 * path means is said by the layout's reader: keys of nested objects, the name of a column, … It is
 * written as in a schema file, so a backslash takes the next byte as it is, and `\n` is a line end.
 */
struct record_path {
    const char *path;
    unsigned slot;
};

/* Writes `path` (or one key of it) without its backslashes; gives how many bytes that are. `to` has
 * room for as many as it has. */
static inline size_t record_path_unescape(struct slice path, char *to)
{
    size_t bytes = 0;
    for (size_t i = 0; i < path.bytes; i++) {
        const bool is_escaped = path.start[i] == '\\' && i + 1 < path.bytes;
        i += is_escaped;
        to[bytes++] = is_escaped && path.start[i] == 'n' ? '\n' : path.start[i];
    }
    return bytes;
}

/* What a splitter found at the front of the given bytes: first `skip` bytes of no record (blanks,
 * separators, envelope, dropped text), then `bytes` of whole records. Both 0: more bytes are
 * needed. */
struct record_cut {
    size_t skip;
    size_t bytes;
    uint64_t newlines_skipped; /* line ends within `skip` */
    uint64_t records_too_long; /* records ended within `skip` for exceeding line_bytes_max */
    uint64_t records_broken;   /* damaged pieces within `skip` */
};

enum record_result {
    RECORD_FOUND,
    RECORD_END,    /* no further record in the block */
    RECORD_BROKEN, /* a damaged record; record->text is what was passed over */
    RECORD_TOO_DEEP,
    RECORD_TOO_LONG, /* longer than line_bytes_max */
    RECORD_RAGGED,   /* a row with more cells than columns */
};
