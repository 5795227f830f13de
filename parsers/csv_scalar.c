#include "parsers/json_window_scalar.h"

#include "parsers/csv_rows.inc"

const struct csv_code csv_code_scalar = {
    .rows = scan_rows,
    .row = scan_row,
};
