#include "parsers/json_window_avx512.h"

#include "parsers/json_walk.inc"
#include "parsers/json_object.inc"

const struct json_code json_code_avx512 = {
    .walk = walk_record,
    .extent = find_extent,
    .newlines = count_newlines,
    .object = scan_object,
};
