/*
 * UTF-8, as far as we need it: the next character of a text that may hold anything, and back.
 *
 * Pure functions over the caller's bytes, any thread. What is no valid UTF-8 is divided into its
 * maximal bad parts, each standing for one U+FFFD ("U+FFFD Substitution of Maximal Subparts", The
 * Unicode Standard, section 3.9), so every reader of one text sees the same characters.
 */
#pragma once

#include "engine/base/slice.h"

enum { UTF8_REPLACEMENT = 0xfffd, UTF8_BYTES_MAX = 4 };

struct utf8_character {
    uint32_t code;  /* UTF8_REPLACEMENT for a bad part */
    unsigned bytes; /* of the text that it takes: 1 to 4 */
    bool valid;
};

/* The character at the front of `text`, which must not be empty. Overlong forms, surrogates and
 * what lies beyond U+10FFFF are bad: the second byte's range says so (table 3-7 of the standard).
 */
static inline struct utf8_character utf8_first(struct slice text)
{
    const unsigned char *at = (const unsigned char *)text.start;
    const unsigned lead = at[0];
    if (lead < 0x80)
        return (struct utf8_character){.code = lead, .bytes = 1, .valid = true};

    unsigned following, low = 0x80, high = 0xbf;
    uint32_t code;
    if (lead >= 0xc2 && lead <= 0xdf) {
        following = 1;
        code = lead & 0x1f;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        following = 2;
        code = lead & 0x0f;
        low = lead == 0xe0 ? 0xa0 : low;
        high = lead == 0xed ? 0x9f : high;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        following = 3;
        code = lead & 0x07;
        low = lead == 0xf0 ? 0x90 : low;
        high = lead == 0xf4 ? 0x8f : high;
    } else {
        return (struct utf8_character){.code = UTF8_REPLACEMENT, .bytes = 1};
    }
    for (unsigned i = 1; i <= following; i++) {
        if (i >= text.bytes || at[i] < low || at[i] > high)
            return (struct utf8_character){.code = UTF8_REPLACEMENT, .bytes = i};
        code = code << 6 | (at[i] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    return (struct utf8_character){.code = code, .bytes = following + 1, .valid = true};
}

/* Writes a character, which must be one (no surrogate, at most U+10FFFF), and gives its bytes: 1 to
 * 4 (table 3-6 of the standard). */
static inline size_t utf8_encode(uint32_t code, char to[UTF8_BYTES_MAX])
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        to[0] = (char)(0xe0 | code >> 12);
        to[1] = (char)(0x80 | (code >> 6 & 0x3f));
        to[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | code >> 18);
    to[1] = (char)(0x80 | (code >> 12 & 0x3f));
    to[2] = (char)(0x80 | (code >> 6 & 0x3f));
    to[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* The longest front of a valid text that has at most `bytes_max` bytes and ends with a whole
 * character. */
static inline struct slice utf8_cut(struct slice text, size_t bytes_max)
{
    if (text.bytes <= bytes_max)
        return text;
    size_t bytes = bytes_max;
    while (bytes > 0 && ((unsigned char)text.start[bytes] & 0xc0) == 0x80)
        bytes--;
    return slice_of(text.start, bytes);
}

/* True when every byte is below 0x80; such a text is valid whatever it says. */
static inline bool utf8_is_ascii(struct slice text)
{
    uint64_t high = 0, word;
    if (text.bytes < sizeof(word)) {
        for (size_t i = 0; i < text.bytes; i++)
            high |= (uint64_t)(unsigned char)text.start[i];
        return high < 0x80;
    }
    for (size_t i = 0; i + sizeof(word) < text.bytes; i += sizeof(word)) {
        memcpy(&word, text.start + i, sizeof(word));
        high |= word;
    }
    /* The last word may overlap the one before. */
    memcpy(&word, text.start + text.bytes - sizeof(word), sizeof(word));
    high |= word;
    return (high & UINT64_C(0x8080808080808080)) == 0;
}
