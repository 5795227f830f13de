/* Windows of 64 bytes with AVX-512 BW and VBMI: one register, comparisons give masks at once. */
#pragma once

#include <immintrin.h>

#include "parsers/json_tier.h"

struct window {
    __m512i bytes;
};

static inline struct window window_load(const char *start)
{
    return (struct window){_mm512_loadu_si512(start)};
}

static inline uint64_t window_equal(struct window window, char byte)
{
    return _mm512_cmpeq_epi8_mask(window.bytes, _mm512_set1_epi8(byte));
}

/* Bytes that are `byte` once their bit 5 is set: `{` is `[` with it, `}` is `]`. */
static inline uint64_t window_equal_folded(struct window window, char byte)
{
    return _mm512_cmpeq_epi8_mask(_mm512_or_si512(window.bytes, _mm512_set1_epi8(0x20)),
                                  _mm512_set1_epi8(byte));
}

static inline uint64_t window_below(struct window window, char byte)
{
    return _mm512_cmplt_epu8_mask(window.bytes, _mm512_set1_epi8(byte));
}

static inline uint64_t window_prefix_xor(uint64_t mask)
{
    const __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)mask), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

/* Whether the first `bytes` bytes, up to 64, at `text` are `folded` without regard to case. Reads
 * 64 bytes from both. */
static inline bool window_key_equal(const char *text, const char *folded, size_t bytes)
{
    const __m512i written = _mm512_loadu_si512(text);
    const __mmask64 upper = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(written, _mm512_set1_epi8('A')),
                                                   _mm512_set1_epi8(26));
    const __m512i lower = _mm512_mask_add_epi8(written, upper, written, _mm512_set1_epi8(0x20));
    const uint64_t differ = _mm512_cmpneq_epi8_mask(lower, _mm512_loadu_si512(folded));
    return _bzhi_u64(differ, (unsigned)bytes) == 0;
}

/* What `window_look` compares with, kept in registers. */
struct window_lens {
    __m512i quote, backslash, bit5, open, close, colon;
    __m512i first, third, fifth; /* see `struct json_filter` */
};

/* Compilers would make these anew in every window, and would turn comparisons and what is done with
 * their masks into masked comparisons, which wait for each other. This keeps a value what it is. */
#define WINDOW_KEEP(value) __asm__("" : "+v"(value))
#define WINDOW_KEEP_MASK(mask) __asm__("" : "+r"(mask))

static inline __attribute__((always_inline)) struct window_lens
window_lens_make(const struct json_filter *filter)
{
    struct window_lens lens = {
        .quote = _mm512_set1_epi8('"'),
        .backslash = _mm512_set1_epi8('\\'),
        .bit5 = _mm512_set1_epi8(0x20),
        .open = _mm512_set1_epi8('{'),
        .close = _mm512_set1_epi8('}'),
        .colon = _mm512_set1_epi8(':'),
        .first = _mm512_loadu_si512(filter->bytes[0].six),
        .third = _mm512_loadu_si512(filter->bytes[1].six),
        .fifth = _mm512_loadu_si512(filter->bytes[2].six),
    };
    WINDOW_KEEP(lens.quote);
    WINDOW_KEEP(lens.backslash);
    WINDOW_KEEP(lens.bit5);
    WINDOW_KEEP(lens.open);
    WINDOW_KEEP(lens.close);
    WINDOW_KEEP(lens.colon);
    WINDOW_KEEP(lens.first);
    WINDOW_KEEP(lens.third);
    WINDOW_KEEP(lens.fifth);
    return lens;
}

static inline __attribute__((always_inline)) struct window_sight
window_look(const struct window_lens *lens, const char *start)
{
    const __m512i bytes = _mm512_loadu_si512(start);
    const __m512i folded = _mm512_or_si512(bytes, lens->bit5);
    const __m512i first = _mm512_permutexvar_epi8(_mm512_loadu_si512(start + 1), lens->first);
    const __m512i third = _mm512_permutexvar_epi8(_mm512_loadu_si512(start + 3), lens->third);
    const __m512i fifth = _mm512_permutexvar_epi8(_mm512_loadu_si512(start + 5), lens->fifth);
    struct window_sight sight = {
        .quotes = _mm512_cmpeq_epi8_mask(bytes, lens->quote),
        .backslashes = _mm512_cmpeq_epi8_mask(bytes, lens->backslash),
        .opens = _mm512_cmpeq_epi8_mask(folded, lens->open),
        .closes = _mm512_cmpeq_epi8_mask(folded, lens->close),
        .low = _mm512_cmplt_epu8_mask(bytes, lens->bit5),
        .colons = _mm512_cmpeq_epi8_mask(bytes, lens->colon),
        .keys = _mm512_test_epi8_mask(_mm512_and_si512(first, third), fifth),
    };
    WINDOW_KEEP_MASK(sight.quotes);
    WINDOW_KEEP_MASK(sight.backslashes);
    WINDOW_KEEP_MASK(sight.opens);
    WINDOW_KEEP_MASK(sight.closes);
    WINDOW_KEEP_MASK(sight.low);
    WINDOW_KEEP_MASK(sight.colons);
    WINDOW_KEEP_MASK(sight.keys);
    return sight;
}
