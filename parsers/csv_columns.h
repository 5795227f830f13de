/*
 * Which cells fill which slots.
 *
 * Internal to the CSV module; what `csv_columns_create` makes. Immutable once created, shared by
 * all workers.
 */
#pragma once

#include "parsers/csv.h"

struct csv_wanted {
    uint16_t column;
    uint8_t slot;
};

struct csv_columns {
    const struct csv_header *header;
    size_t ends_max; /* columns up to the last wanted one */
    size_t wanted_count;
    struct csv_wanted wanted[]; /* by column */
};
