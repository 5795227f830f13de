/*
 * Which cells of a source's rows fill which slots.
 *
 * Internal to the CSV module. Found from the header and the wanted names; kept in the scratch of a
 * worker, which reads many blocks with the same header.
 */
#pragma once

#include "parsers/csv.h"
#include "parsers/csv_cells.h"

struct csv_paths {
    uint64_t fingerprint; /* of names and slots */
    uint64_t slots;
    size_t count;
    struct {
        struct slice name; /* without runs of blanks */
        uint8_t slot;
    } items[RECORD_FIELDS_MAX];
    char text[]; /* of the names */
};

struct csv_wanted {
    uint16_t column;
    uint8_t slot;
    bool is_again; /* a column before it has the same slot */
};

struct csv_columns {
    /* What it was found from. */
    uint64_t fingerprint; /* of the paths; 0: nothing is here yet */
    size_t header_bytes;
    char header[CSV_HEAD_BYTES];

    struct csv_front front;
    uint64_t found;  /* slots that have a column */
    size_t ends_max; /* columns up to the last wanted one */
    size_t wanted_count;
    struct csv_wanted wanted[CSV_COLUMNS_MAX]; /* by column */
    struct slice names[CSV_COLUMNS_MAX];       /* without runs of blanks */
    char text[CSV_HEAD_BYTES];                 /* of the names */
};

/* Whether these are the columns of that header and those paths. */
bool csv_columns_are(const struct csv_columns *columns, const struct csv_paths *paths,
                     struct slice header);

/* Finds them; `header` must be one. */
void csv_columns_find(struct csv_columns *columns, const struct csv_paths *paths,
                      struct slice header, struct csv_cells *cells);

/* Whether a row is the header once more. */
bool csv_columns_are_header(const struct csv_columns *columns, struct slice row,
                            struct csv_cells *cells);

/* `row` without the byte order marks and blanks that it may begin with. */
struct slice csv_pass_marks(struct slice row, char delimiter);
