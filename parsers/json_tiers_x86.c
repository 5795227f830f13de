#include "parsers/json_tier.h"

enum json_tier json_tier_best(void)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("pclmul") ||
        !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2") ||
        !__builtin_cpu_supports("popcnt"))
        return JSON_SCALAR;
    /* VBMI came with Ice Lake and Zen 4 (and Cannon Lake), which run 512-bit code at full clock. */
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512vbmi"))
        return JSON_AVX2;
    return JSON_AVX512;
}

const struct json_code *json_code(enum json_tier tier)
{
    static const struct json_code *const codes[] = {
        [JSON_SCALAR] = &json_code_scalar,
        [JSON_AVX2] = &json_code_avx2,
        [JSON_AVX512] = &json_code_avx512,
    };
    return codes[tier];
}
