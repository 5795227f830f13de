/*
 * What is compiled once for every vector unit: the loops over 64 bytes at a time.
 *
 * Internal to the JSON module. `json_walk.inc` and `json_object.inc` hold these loops; each tier's
 * file gives them its vector primitives and exports one `struct json_code`. All tiers look at the
 * same windows of 64 bytes and share all decisions, so they cannot give different answers.
 */
#pragma once

#include "parsers/json_paths.h"

enum { JSON_WINDOW = 64 };

/* What a window holds, a bit for each of its 64 bytes. */
struct window_sight {
    uint64_t quotes, backslashes, colons;
    uint64_t opens, closes; /* brackets and braces */
    uint64_t low;           /* control characters */
    uint64_t keys;          /* where a wanted key may open; five bytes behind the window are read */
};

/* One walk over a record. */
struct json_walk {
    const char *behind; /* of RECORD_FOUND: behind its last brace, or where the walk stopped */
    bool stopped;       /* all wanted fields are known; only in LAYOUT_JSON_LINES */
};

/* How far an object, or the rest of an envelope, has been looked at by the splitter. */
struct json_object {
    size_t scanned;     /* bytes of it already classified */
    uint64_t in_string; /* all ones when the next byte is inside a string */
    uint64_t escape;    /* 1 when the next byte is escaped */
    size_t depth;
    uint64_t kinds;     /* bit n: level n + 1 is an object, else an array; up to 64 levels */
    bool holds_records; /* an array under `value` or `records` makes it an envelope */
};

enum json_object_end {
    OBJECT_GOES_ON,  /* so far it is sound; never a final answer */
    OBJECT_MORE,     /* it does not end in these bytes */
    OBJECT_DONE,     /* `at`: its length */
    OBJECT_ENVELOPE, /* `at`: behind the bracket that opens the array of records */
    OBJECT_DAMAGED,  /* `at`: the first byte that cannot stand where it does */
};

struct json_code {
    /* Reads the record whose `{` is at `start` and fills `record->values` and `present`. */
    enum record_result (*walk)(const struct json_reader *reader, const char *start,
                               struct record *record, struct json_walk *walk);

    /* The end of the object at `start` by its brackets alone; NULL when it has none before `end`
     * or is damaged at `*damage`. */
    const char *(*extent)(const char *start, const char *end, const char **damage);

    uint64_t (*newlines)(const char *start, const char *end);

    /* Goes on with `object`, which begins at `start`, of which `bytes` are there. Reads no further.
     * `object->scanned` is where to go on after OBJECT_MORE. */
    enum json_object_end (*object)(struct json_object *object, const char *start, size_t bytes,
                                   size_t *at);
};

extern const struct json_code json_code_scalar;
extern const struct json_code json_code_avx2;
extern const struct json_code json_code_avx512;

/* The code of a tier that this CPU runs. */
const struct json_code *json_code(enum json_tier tier);

/* The bits below the lowest one of `mask`; all when it is 0. */
static inline uint64_t json_below_lowest(uint64_t mask)
{
    return (mask & -mask) - 1;
}

/* Which bytes are escaped by a backslash before them, where backslashes escape each other
 * (Langdale and Lemire, "Parsing gigabytes of JSON per second", section 3.1.1). */
static inline uint64_t json_escaped(uint64_t backslashes, uint64_t *carry)
{
    static const uint64_t even = UINT64_C(0x5555555555555555);
    if (backslashes == 0) {
        const uint64_t escaped = *carry;
        *carry = 0;
        return escaped;
    }
    backslashes &= ~*carry;
    const uint64_t follows = backslashes << 1 | *carry;
    const uint64_t odd_starts = backslashes & ~even & ~follows;
    uint64_t even_runs;
    *carry = __builtin_add_overflow(odd_starts, backslashes, &even_runs);
    return (even ^ (even_runs << 1)) & follows;
}
