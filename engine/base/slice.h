/*
 * A slice is a pointer and a length: a view of text that somebody else owns.
 *
 * It never owns, never allocates and is not terminated by a zero byte. It stays valid as long as
 * the text it points into (a block, a scratch buffer, an arena). Any thread may use one as long
 * as it may read that text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *start;
    size_t bytes;
};

/* A slice over a string literal. */
#define SLICE(literal) ((struct slice){.start = (literal), .bytes = sizeof(literal) - 1})

static inline struct slice slice_of(const char *start, size_t bytes)
{
    return (struct slice){.start = start, .bytes = bytes};
}

static inline struct slice slice_from_string(const char *text)
{
    return slice_of(text, strlen(text));
}

static inline bool slice_is_empty(struct slice text)
{
    return text.bytes == 0;
}

static inline bool slice_equals(struct slice a, struct slice b)
{
    return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.start, b.start, a.bytes) == 0);
}

/* Lower case for ASCII letters only; other bytes pass unchanged, whatever the locale. */
static inline unsigned char slice_fold_byte(unsigned char byte)
{
    return (unsigned char)(byte - 'A') < 26 ? (unsigned char)(byte | 0x20) : byte;
}

/* Equal when ASCII letters are compared without case. */
static inline bool slice_equals_folded(struct slice a, struct slice b)
{
    if (a.bytes != b.bytes)
        return false;
    for (size_t i = 0; i < a.bytes; i++) {
        if (slice_fold_byte((unsigned char)a.start[i]) !=
            slice_fold_byte((unsigned char)b.start[i]))
            return false;
    }
    return true;
}

static inline bool slice_starts_with(struct slice text, struct slice prefix)
{
    return text.bytes >= prefix.bytes && memcmp(text.start, prefix.start, prefix.bytes) == 0;
}

static inline bool slice_ends_with(struct slice text, struct slice suffix)
{
    return text.bytes >= suffix.bytes &&
           memcmp(text.start + text.bytes - suffix.bytes, suffix.start, suffix.bytes) == 0;
}

/* The part of `text` from `offset` on; empty when it is shorter. */
static inline struct slice slice_from(struct slice text, size_t offset)
{
    const size_t at = offset < text.bytes ? offset : text.bytes;
    if (at == 0)
        return text; /* of nothing at all not even 0 bytes may be passed over */
    return slice_of(text.start + at, text.bytes - at);
}

/* Takes `prefix` from the front; false: it does not stand there. */
static inline bool slice_skip(struct slice *text, struct slice prefix)
{
    if (!slice_starts_with(*text, prefix))
        return false;
    *text = slice_from(*text, prefix.bytes);
    return true;
}

/* Without blanks, tabs and line ends at both ends. */
static inline struct slice slice_trim(struct slice text)
{
    while (text.bytes > 0 &&
           (text.start[0] == ' ' || (text.start[0] >= '\t' && text.start[0] <= '\r'))) {
        text.start++;
        text.bytes--;
    }
    while (text.bytes > 0 &&
           (text.start[text.bytes - 1] == ' ' ||
            (text.start[text.bytes - 1] >= '\t' && text.start[text.bytes - 1] <= '\r')))
        text.bytes--;
    return text;
}

/* The offset of the first `byte`, or `text.bytes` when there is none. */
static inline size_t slice_find(struct slice text, char byte)
{
    const char *found = text.bytes > 0 ? memchr(text.start, byte, text.bytes) : NULL;
    return found != NULL ? (size_t)(found - text.start) : text.bytes;
}
