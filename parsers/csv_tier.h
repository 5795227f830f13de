/*
 * What is compiled once for every vector unit: the loops over 64 bytes at a time.
 *
 * Internal to the CSV module; see `parsers/json_tier.h`, whose windows these loops use. Inside
 * quotes is what lies behind an odd number of quotes (the prefix sum of Langdale and Lemire,
 * "Parsing gigabytes of JSON per second", section 3.1.1). That is true as long as every quote
 * stands where RFC 4180 allows it: an opening one directly behind a delimiter, a line end or a
 * closing one (then both are a quote in the text), a closing one directly before one of these. A
 * row where some quote does not is odd, and everything before that place is still right.
 */
#pragma once

#include "parsers/csv.h"

enum { CSV_ENDS_ROOM = 64 }; /* entries written beyond the last one */

/* What `row` finds in a row. */
struct csv_row {
    size_t bytes;      /* up to its line end */
    size_t cells;      /* some of it may not be in the list */
    uint64_t newlines; /* inside quotes */
    bool has_doubled;  /* quotes within quotes */
    bool is_odd;       /* nothing above is valid */
};

struct csv_code {
    /* Goes on with splitting: looks at `bytes` bytes, of which `scan` is the state before. Gives
     * how many of them are certain: fewer when there is something odd then. `*rows_end` is behind
     * the last line end among the certain ones that ends a row, 0 when there is none. Reads no
     * further. */
    size_t (*rows)(struct csv_scan *scan, char delimiter, const char *start, size_t bytes,
                   size_t *rows_end);

    /* The row at `start`, which ends at `end` at the latest. `ends` gets where the first
     * `ends_max` cells end, and up to CSV_ENDS_ROOM more. Reads up to 64 bytes behind the end. */
    void (*row)(struct csv_row *row, char delimiter, const char *start, const char *end,
                uint32_t *ends, size_t ends_max);
};

extern const struct csv_code csv_code_scalar;
extern const struct csv_code csv_code_avx2;
extern const struct csv_code csv_code_avx512;

/* The code of a tier that this CPU runs. */
const struct csv_code *csv_code(enum json_tier tier);
