/* Windows of 64 bytes with plain 64-bit arithmetic: eight words of eight bytes. */
#pragma once

#include <endian.h>

#include "parsers/json_tier.h"

struct window {
    uint64_t words[8];
};

static const uint64_t window_ones = UINT64_C(0x0101010101010101);
static const uint64_t window_lows = UINT64_C(0x7f7f7f7f7f7f7f7f);

static inline struct window window_load(const char *start)
{
    struct window window;
    memcpy(window.words, start, sizeof(window.words));
    for (size_t i = 0; i < 8; i++)
        window.words[i] = le64toh(window.words[i]);
    return window;
}

/* Gathers bit 7 of each byte; the lowest byte's comes first. */
static inline uint64_t window_gather(uint64_t word)
{
    return ((word >> 7 & window_ones) * UINT64_C(0x0102040810204080)) >> 56;
}

static inline uint64_t window_equal(struct window window, char byte)
{
    const uint64_t wanted = window_ones * (unsigned char)byte;
    uint64_t mask = 0;
    for (size_t i = 0; i < 8; i++) {
        const uint64_t differ = window.words[i] ^ wanted;
        mask |= window_gather(~(((differ & window_lows) + window_lows) | differ)) << 8 * i;
    }
    return mask;
}

/* Bytes that are `byte` once their bit 5 is set: `{` is `[` with it, `}` is `]`. */
static inline uint64_t window_equal_folded(struct window window, char byte)
{
    for (size_t i = 0; i < 8; i++)
        window.words[i] |= window_ones * 0x20;
    return window_equal(window, byte);
}

/* `byte` is at most 128. */
static inline uint64_t window_below(struct window window, char byte)
{
    const uint64_t rise = window_ones * (128u - (unsigned char)byte);
    uint64_t mask = 0;
    for (size_t i = 0; i < 8; i++) {
        const uint64_t word = window.words[i];
        mask |= window_gather(~(((word & window_lows) + rise) | word)) << 8 * i;
    }
    return mask;
}

static inline uint64_t window_prefix_xor(uint64_t mask)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        mask ^= mask << shift;
    return mask;
}

/* Whether the first `bytes` bytes, up to 64, at `text` are `folded` without regard to case. */
static inline bool window_key_equal(const char *text, const char *folded, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (slice_fold_byte((unsigned char)text[i]) != (unsigned char)folded[i])
            return false;
    }
    return true;
}

struct window_lens {
    const struct json_filter *filter;
};

static inline struct window_lens window_lens_make(const struct json_filter *filter)
{
    return (struct window_lens){filter};
}

static inline struct window_sight window_look(const struct window_lens *lens, const char *start)
{
    const struct window window = window_load(start);
    struct window_sight sight = {
        .quotes = window_equal(window, '"'),
        .backslashes = window_equal(window, '\\'),
        .opens = window_equal_folded(window, '{'),
        .closes = window_equal_folded(window, '}'),
        .low = window_below(window, 0x20),
        .colons = window_equal(window, ':'),
    };
    for (unsigned i = 0; i < 64; i++) {
        unsigned common = UINT8_MAX;
        for (int n = 0; n < JSON_FILTER_BYTES; n++)
            common &= lens->filter->bytes[n].six[start[i + 1 + 2 * (unsigned)n] & 63];
        sight.keys |= (uint64_t)(common != 0) << i;
    }
    return sight;
}
