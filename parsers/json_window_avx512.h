/* Windows of 64 bytes with AVX-512 BW and VBMI2: one register, comparisons give masks at once. */
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

/* Tells braces, which have it, from brackets. */
static inline uint64_t window_has_bit5(struct window window)
{
    return _mm512_test_epi8_mask(window.bytes, _mm512_set1_epi8(0x20));
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

enum { WINDOW_LIST_ROOM = 64 }; /* entries that may be written beyond the last one */

static __attribute__((noinline)) void window_list_rest(uint32_t *list, __m512i packed, __m512i base)
{
    _mm512_storeu_si512(
        list + 16,
        _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 1))));
    _mm512_storeu_si512(
        list + 32,
        _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 2))));
    _mm512_storeu_si512(
        list + 48,
        _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(packed, 3))));
}

/* Writes `offset` plus the number of each bit of `mask`, and garbage behind. */
static inline void window_list(uint32_t *list, uint64_t mask, uint32_t offset)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m512i packed = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(numbers));
    const __m512i base = _mm512_set1_epi32((int)offset);
    _mm512_storeu_si512(
        list, _mm512_add_epi32(base, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed))));
    if (__builtin_expect(_mm_popcnt_u64(mask) > 16, 0))
        window_list_rest(list, packed, base);
}
