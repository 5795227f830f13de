#include "engine/base/units.h"

struct unit {
    struct slice name;
    uint64_t factor;
};

/* A plain decimal number with at most nine digits behind the point, times the unit's factor. */
static bool scaled(struct slice number, uint64_t factor, uint64_t *result)
{
    uint64_t whole = 0, part = 0, part_scale = 1;
    bool is_part = false, has_digit = false;
    for (size_t i = 0; i < number.bytes; i++) {
        const char c = number.start[i];
        if (c == '.' && !is_part) {
            is_part = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        has_digit = true;
        if (!is_part) {
            if (__builtin_mul_overflow(whole, 10, &whole) ||
                __builtin_add_overflow(whole, (uint64_t)(c - '0'), &whole))
                return false;
        } else if (part_scale < 1000000000) {
            part = part * 10 + (uint64_t)(c - '0');
            part_scale *= 10;
        }
    }
    if (!has_digit || __builtin_mul_overflow(whole, factor, &whole))
        return false;
    const uint64_t fraction = (uint64_t)((double)part / (double)part_scale * (double)factor + 0.5);
    return !__builtin_add_overflow(whole, fraction, result) && *result <= INT64_MAX;
}

static size_t number_bytes(struct slice text)
{
    size_t bytes = 0;
    while (bytes < text.bytes &&
           ((text.start[bytes] >= '0' && text.start[bytes] <= '9') || text.start[bytes] == '.'))
        bytes++;
    return bytes;
}

static bool parse(struct slice text, const struct unit *units, size_t units_count, uint64_t *result)
{
    const size_t digits = number_bytes(text);
    const struct slice unit = slice_from(text, digits);
    for (size_t i = 0; i < units_count; i++) {
        if (slice_equals(unit, units[i].name))
            return scaled(slice_of(text.start, digits), units[i].factor, result);
    }
    return false;
}

bool units_parse_size(struct slice text, uint64_t *bytes)
{
    static const struct {
        char letter;
        uint64_t factor;
    } multiples[] = {{'k', UINT64_C(1) << 10},
                     {'m', UINT64_C(1) << 20},
                     {'g', UINT64_C(1) << 30},
                     {'t', UINT64_C(1) << 40}};
    const size_t digits = number_bytes(text);
    struct slice unit = slice_from(text, digits);
    uint64_t factor = 1;
    for (size_t i = 0; i < sizeof(multiples) / sizeof(multiples[0]) && unit.bytes > 0; i++) {
        if (slice_fold_byte((unsigned char)unit.start[0]) == multiples[i].letter) {
            factor = multiples[i].factor;
            unit = slice_from(unit, 1);
            if (unit.bytes > 0 && slice_fold_byte((unsigned char)unit.start[0]) == 'i')
                unit = slice_from(unit, 1);
            break;
        }
    }
    if (unit.bytes > 0 && slice_fold_byte((unsigned char)unit.start[0]) == 'b')
        unit = slice_from(unit, 1);
    return unit.bytes == 0 && scaled(slice_of(text.start, digits), factor, bytes);
}

bool units_parse_duration(struct slice text, int64_t *duration_ns)
{
    static const struct unit units[] = {
        {SLICE("ms"), UINT64_C(1000000)},           {SLICE("s"), UINT64_C(1000000000)},
        {SLICE("m"), UINT64_C(60) * 1000000000},    {SLICE("h"), UINT64_C(3600) * 1000000000},
        {SLICE("d"), UINT64_C(86400) * 1000000000}, {SLICE("w"), UINT64_C(604800) * 1000000000},
    };
    uint64_t result;
    if (slice_equals(text, SLICE("0"))) {
        *duration_ns = 0;
        return true;
    }
    if (!parse(text, units, sizeof(units) / sizeof(units[0]), &result))
        return false;
    *duration_ns = (int64_t)result;
    return true;
}
