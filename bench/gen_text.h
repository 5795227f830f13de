/*
 * Writing text fast: a cursor that only moves forward over memory known to be large enough.
 *
 * The caller guarantees GEN_RECORD_BYTES_MAX free bytes per record, so nothing here checks.
 */
#pragma once

#include <stdint.h>
#include <string.h>

#include "engine/base/slice.h"

struct gen_text {
    char *at;
};

#define GEN_PUT(text, literal) gen_text_bytes((text), (literal), sizeof(literal) - 1)

static inline void gen_text_bytes(struct gen_text *text, const char *bytes, size_t count)
{
    memcpy(text->at, bytes, count);
    text->at += count;
}

static inline void gen_text_slice(struct gen_text *text, struct slice slice)
{
    if (slice.bytes > 0)
        gen_text_bytes(text, slice.start, slice.bytes);
}

static inline void gen_text_string(struct gen_text *text, const char *string)
{
    gen_text_bytes(text, string, strlen(string));
}

static inline void gen_text_byte(struct gen_text *text, char byte)
{
    *text->at++ = byte;
}

/* Exactly `width` decimal digits, zeros in front. */
static inline void gen_text_digits(struct gen_text *text, uint32_t value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        text->at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    text->at += width;
}

/* `hh:mm:ss` of a second of the day. */
static inline void gen_text_clock(struct gen_text *text, uint32_t second)
{
    gen_text_digits(text, second / 3600, 2);
    gen_text_byte(text, ':');
    gen_text_digits(text, second / 60 % 60, 2);
    gen_text_byte(text, ':');
    gen_text_digits(text, second % 60, 2);
}

static inline void gen_text_number(struct gen_text *text, uint64_t value)
{
    char digits[20];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0)
        *text->at++ = digits[--count];
}

static inline void gen_text_hex(struct gen_text *text, uint64_t value, int digits)
{
    static const char hex[] = "0123456789abcdef";
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
        *text->at++ = hex[(value >> shift) & 15];
}

/* A random (version 4) UUID made of two 64-bit values. */
static inline void gen_text_uuid(struct gen_text *text, uint64_t high, uint64_t low)
{
    gen_text_hex(text, high >> 32, 8);
    gen_text_byte(text, '-');
    gen_text_hex(text, high >> 16, 4);
    gen_text_byte(text, '-');
    gen_text_hex(text, 0x4000 | (high & 0x0fff), 4);
    gen_text_byte(text, '-');
    gen_text_hex(text, 0x8000 | ((low >> 48) & 0x3fff), 4);
    gen_text_byte(text, '-');
    gen_text_hex(text, low, 12);
}
