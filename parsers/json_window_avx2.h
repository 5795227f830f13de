/* Windows of 64 bytes with AVX2: two registers. */
#pragma once

#include <immintrin.h>

#include "parsers/json_tier.h"

struct window {
    __m256i low, high;
};

static inline struct window window_load(const char *start)
{
    return (struct window){
        _mm256_loadu_si256((const __m256i *)(const void *)start),
        _mm256_loadu_si256((const __m256i *)(const void *)(start + 32)),
    };
}

static inline uint64_t window_mask(__m256i low, __m256i high)
{
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32 |
           (uint32_t)_mm256_movemask_epi8(low);
}

static inline uint64_t window_equal(struct window window, char byte)
{
    const __m256i wanted = _mm256_set1_epi8(byte);
    return window_mask(_mm256_cmpeq_epi8(window.low, wanted),
                       _mm256_cmpeq_epi8(window.high, wanted));
}

/* Bytes that are `byte` once their bit 5 is set: `{` is `[` with it, `}` is `]`. */
static inline uint64_t window_equal_folded(struct window window, char byte)
{
    const __m256i bit = _mm256_set1_epi8(0x20);
    const struct window folded = {_mm256_or_si256(window.low, bit),
                                  _mm256_or_si256(window.high, bit)};
    return window_equal(folded, byte);
}

static inline uint64_t window_below(struct window window, char byte)
{
    const __m256i most = _mm256_set1_epi8((char)(byte - 1));
    return window_mask(_mm256_cmpeq_epi8(_mm256_max_epu8(window.low, most), most),
                       _mm256_cmpeq_epi8(_mm256_max_epu8(window.high, most), most));
}

static inline uint64_t window_prefix_xor(uint64_t mask)
{
    const __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)mask), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

static inline __m256i window_lower(__m256i bytes)
{
    /* Signed comparison: 'A' is moved to the lowest value, so that only letters are below 26. */
    const __m256i moved = _mm256_sub_epi8(bytes, _mm256_set1_epi8((char)('A' + 128)));
    const __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26 - 128), moved);
    return _mm256_add_epi8(bytes, _mm256_and_si256(upper, _mm256_set1_epi8(0x20)));
}

/* Whether the first `bytes` bytes, up to 64, at `text` are `folded` without regard to case. Reads
 * 64 bytes from both. */
static inline bool window_key_equal(const char *text, const char *folded, size_t bytes)
{
    const struct window written = window_load(text), wanted = window_load(folded);
    const uint64_t same = window_mask(_mm256_cmpeq_epi8(window_lower(written.low), wanted.low),
                                      _mm256_cmpeq_epi8(window_lower(written.high), wanted.high));
    return _bzhi_u64(~same, (unsigned)bytes) == 0;
}

struct window_lens {
    __m256i low[JSON_FILTER_BYTES], high[JSON_FILTER_BYTES];
};

static inline __m256i window_twice(const uint8_t *bytes)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

static inline struct window_lens window_lens_make(const struct json_filter *filter)
{
    struct window_lens lens;
    for (int i = 0; i < JSON_FILTER_BYTES; i++) {
        lens.low[i] = window_twice(filter->bytes[i].low);
        lens.high[i] = window_twice(filter->bytes[i].high);
    }
    return lens;
}

/* The bits that both halves of each byte have in common. */
static inline __m256i window_half_bits(__m256i bytes, __m256i low, __m256i high)
{
    const __m256i half = _mm256_set1_epi8(15);
    return _mm256_and_si256(
        _mm256_shuffle_epi8(low, _mm256_and_si256(bytes, half)),
        _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half)));
}

/* Which strings that open in 32 bytes are no wanted keys. */
static inline __m256i window_filter_out(const struct window_lens *lens, const char *start)
{
    __m256i common = _mm256_set1_epi8(-1);
    for (int i = 0; i < JSON_FILTER_BYTES; i++) {
        const __m256i bytes =
            _mm256_loadu_si256((const __m256i *)(const void *)(start + 1 + 2 * i));
        common = _mm256_and_si256(common, window_half_bits(bytes, lens->low[i], lens->high[i]));
    }
    return _mm256_cmpeq_epi8(common, _mm256_setzero_si256());
}

static inline struct window_sight window_look(const struct window_lens *lens, const char *start)
{
    const struct window window = window_load(start);
    return (struct window_sight){
        .quotes = window_equal(window, '"'),
        .backslashes = window_equal(window, '\\'),
        .opens = window_equal_folded(window, '{'),
        .closes = window_equal_folded(window, '}'),
        .low = window_below(window, 0x20),
        .colons = window_equal(window, ':'),
        .keys = ~window_mask(window_filter_out(lens, start), window_filter_out(lens, start + 32)),
    };
}
