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

/* Tells braces, which have it, from brackets. */
static inline uint64_t window_has_bit5(struct window window)
{
    return window_mask(_mm256_slli_epi16(window.low, 2), _mm256_slli_epi16(window.high, 2));
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

enum { WINDOW_LIST_ROOM = 8 }; /* entries that may be written beyond the last one */

/* Writes `offset` plus the number of each bit of `mask`, and garbage behind. Eight at a time: how
 * many there are is then hardly ever a surprise to the branch predictor. */
static inline void window_list(uint32_t *list, uint64_t mask, uint32_t offset)
{
    for (; mask != 0; list += 8) {
        for (unsigned i = 0; i < 8; i++) {
            list[i] = (offset + (uint32_t)_tzcnt_u64(mask));
            mask &= mask - 1;
        }
    }
}
