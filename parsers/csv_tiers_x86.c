#include "parsers/csv_tier.h"

const struct csv_code *csv_code(enum json_tier tier)
{
    static const struct csv_code *const codes[] = {
        [JSON_SCALAR] = &csv_code_scalar,
        [JSON_AVX2] = &csv_code_avx2,
        [JSON_AVX512] = &csv_code_avx512,
    };
    return codes[tier];
}
