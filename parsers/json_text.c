#include "parsers/json.h"

#include <string.h>

/* What stands for text that cannot be decoded: U+FFFD. */
static const struct slice replacement = {.start = "\xef\xbf\xbd", .bytes = 3};

/* The text written so far; `full` once a character did not fit. */
struct writer {
    char *start;
    size_t bytes, capacity;
    bool full;
};

static void write_bytes(struct writer *out, const char *start, size_t bytes)
{
    if (out->full || bytes > out->capacity - out->bytes) {
        out->full = true;
        return;
    }
    memcpy(out->start + out->bytes, start, bytes);
    out->bytes += bytes;
}

static void write_replacement(struct writer *out)
{
    write_bytes(out, replacement.start, replacement.bytes);
}

static void write_code_point(struct writer *out, uint32_t code)
{
    char text[4];
    size_t bytes;
    if (code < 0x80) {
        text[0] = (char)code;
        bytes = 1;
    } else if (code < 0x800) {
        text[0] = (char)(0xc0 | code >> 6);
        text[1] = (char)(0x80 | (code & 0x3f));
        bytes = 2;
    } else if (code < 0x10000) {
        text[0] = (char)(0xe0 | code >> 12);
        text[1] = (char)(0x80 | (code >> 6 & 0x3f));
        text[2] = (char)(0x80 | (code & 0x3f));
        bytes = 3;
    } else {
        text[0] = (char)(0xf0 | code >> 18);
        text[1] = (char)(0x80 | (code >> 12 & 0x3f));
        text[2] = (char)(0x80 | (code >> 6 & 0x3f));
        text[3] = (char)(0x80 | (code & 0x3f));
        bytes = 4;
    }
    write_bytes(out, text, bytes);
}

/* The second byte of a sequence has a narrower range after some first bytes, so that overlong
 * forms, surrogates and values above U+10FFFF do not exist (The Unicode Standard, table 3-7). */
struct sequence {
    unsigned char bytes, second_min, second_max;
};

static struct sequence sequence_of(unsigned char first)
{
    if (first >= 0xc2 && first <= 0xdf)
        return (struct sequence){2, 0x80, 0xbf};
    if (first >= 0xe0 && first <= 0xef)
        return (struct sequence){3, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf};
    if (first >= 0xf0 && first <= 0xf4)
        return (struct sequence){4, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf};
    return (struct sequence){1, 0, 0};
}

/* The length of the character at the front of `text`, which is no ASCII one, or of the maximal part
 * that can begin no character (`valid` is false then). */
static size_t measure_character(struct slice text, bool *valid)
{
    const struct sequence sequence = sequence_of((unsigned char)text.start[0]);
    size_t length = 1;
    while (length < sequence.bytes && length < text.bytes) {
        const unsigned char byte = (unsigned char)text.start[length];
        const unsigned char low = length == 1 ? sequence.second_min : 0x80;
        const unsigned char high = length == 1 ? sequence.second_max : 0xbf;
        if (byte < low || byte > high)
            break;
        length++;
    }
    *valid = sequence.bytes > 1 && length == sequence.bytes;
    return length;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    const char folded = (char)(byte | 0x20);
    return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

/* Reads `\uXXXX` at the front of `text`; false when it is not there in full. */
static bool read_unit(struct slice text, uint32_t *unit)
{
    if (text.bytes < 6 || text.start[0] != '\\' || text.start[1] != 'u')
        return false;
    uint32_t value = 0;
    for (size_t i = 2; i < 6; i++) {
        const int digit = hex_digit(text.start[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (uint32_t)digit;
    }
    *unit = value;
    return true;
}

static size_t decode_unit(struct slice text, struct writer *out)
{
    uint32_t high, low;
    if (!read_unit(text, &high)) {
        write_replacement(out);
        return 2;
    }
    if (high >= 0xd800 && high < 0xdc00 && read_unit(slice_from(text, 6), &low) && low >= 0xdc00 &&
        low < 0xe000) {
        write_code_point(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        return 12;
    }
    /* U+0000 would end the text for any reader in C. */
    if (high == 0 || (high >= 0xd800 && high < 0xe000))
        write_replacement(out);
    else
        write_code_point(out, high);
    return 6;
}

/* Decodes the escape at the front of `text`; gives its length. */
static size_t decode_escape(struct slice text, struct writer *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";

    if (text.bytes < 2) {
        write_replacement(out);
        return 1;
    }
    if (text.start[1] == 'u')
        return decode_unit(text, out);
    const char *name = memchr(names, text.start[1], sizeof(names) - 1);
    if (name != NULL) {
        write_bytes(out, &meanings[name - names], 1);
        return 2;
    }
    /* No such escape. Only an ASCII character goes with it: others are looked at by themselves. */
    write_replacement(out);
    return (unsigned char)text.start[1] < 0x80 ? 2 : 1;
}

/* The length of the front part that is ASCII and has no escape or NUL in it. */
static size_t measure_plain(struct slice text, bool escaped)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t at = 0;
    while (!escaped && text.bytes - at >= 8) {
        uint64_t word;
        memcpy(&word, text.start + at, sizeof(word));
        if (((word | (word - ones)) & (ones << 7)) != 0)
            break;
        at += 8;
    }
    while (at < text.bytes && (signed char)text.start[at] > 0 &&
           !(escaped && text.start[at] == '\\'))
        at++;
    return at;
}

/* One character, escape or bad part at the front of `text`; gives its length. */
static size_t decode_one(struct slice text, bool escaped, struct writer *out)
{
    if (escaped && text.start[0] == '\\')
        return decode_escape(text, out);
    bool valid = false;
    const size_t length = (unsigned char)text.start[0] < 0x80 ? 1 : measure_character(text, &valid);
    if (valid)
        write_bytes(out, text.start, length);
    else
        write_replacement(out);
    return length;
}

static struct slice decode(struct slice text, bool escaped, char *scratch, size_t scratch_bytes)
{
    struct writer out = {.start = scratch, .capacity = scratch_bytes};
    size_t at = 0;
    while (at < text.bytes && !out.full) {
        const struct slice rest = slice_from(text, at);
        const size_t plain = measure_plain(rest, escaped);
        const size_t room = out.capacity - out.bytes;
        if (plain == 0) {
            at += decode_one(rest, escaped, &out);
        } else {
            write_bytes(&out, rest.start, plain < room ? plain : room);
            out.full = plain > room;
            at += plain;
        }
    }
    return slice_of(scratch, out.bytes);
}

/* Valid UTF-8 without NUL bytes. */
static bool is_clean(struct slice text)
{
    size_t at = measure_plain(text, false);
    while (at < text.bytes) {
        bool valid = false;
        if (text.start[at] == '\0')
            return false;
        at += measure_character(slice_from(text, at), &valid);
        if (!valid)
            return false;
        at += measure_plain(slice_from(text, at), false);
    }
    return true;
}

/* `text` is valid UTF-8: a character is never cut in two. */
static struct slice cut(struct slice text, size_t bytes)
{
    if (text.bytes <= bytes)
        return text;
    while (bytes > 0 && ((unsigned char)text.start[bytes] & 0xc0) == 0x80)
        bytes--;
    return slice_of(text.start, bytes);
}

struct slice json_text(const struct field_value *value, char *scratch, size_t scratch_bytes)
{
    if (value->kind != VALUE_TEXT)
        return value->text;
    if (!value->escaped && is_clean(value->text))
        return cut(value->text, scratch_bytes);
    return decode(value->text, value->escaped, scratch, scratch_bytes);
}
