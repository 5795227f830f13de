#include "parsers/json_window_avx2.h"

#include "parsers/csv_rows.inc"

const struct csv_code csv_code_avx2 = {
    .rows = scan_rows,
    .row = scan_row,
};
