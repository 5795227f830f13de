#include "parsers/json_window_avx512.h"

#include "parsers/csv_rows.inc"

const struct csv_code csv_code_avx512 = {
    .rows = scan_rows,
    .row = scan_row,
};
