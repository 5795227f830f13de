#include "parsers/json.h"

#include <string.h>

#include "engine/base/utf8.h"

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

static void write_code_point(struct writer *out, uint32_t code)
{
    char text[UTF8_BYTES_MAX];
    write_bytes(out, text, utf8_encode(code, text));
}

/* Stands for text that cannot be decoded. */
static void write_replacement(struct writer *out)
{
    write_code_point(out, UTF8_REPLACEMENT);
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
    /* An ASCII character that is not plain is a NUL, which would end the text for a reader in C. */
    const struct utf8_character character = utf8_first(text);
    if (character.valid && character.code != 0)
        write_bytes(out, text.start, character.bytes);
    else
        write_replacement(out);
    return character.bytes;
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
        const struct utf8_character character = utf8_first(slice_from(text, at));
        if (!character.valid || character.code == 0)
            return false;
        at += character.bytes;
        at += measure_plain(slice_from(text, at), false);
    }
    return true;
}

struct slice json_text(const struct field_value *value, char *scratch, size_t scratch_bytes)
{
    if (value->kind != VALUE_TEXT)
        return value->text;
    if (!value->escaped && is_clean(value->text))
        return utf8_cut(value->text, scratch_bytes);
    return decode(value->text, value->escaped, scratch, scratch_bytes);
}
