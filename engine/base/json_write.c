#include "engine/base/json_write.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/utf8.h"

enum { CAPACITY_FIRST = 4096 };

/* ---- Life ---------------------------------------------------------------------------------- */

void json_write_init(struct json_write *json)
{
    *json = (struct json_write){.owned = true};
}

void json_write_init_bounded(struct json_write *json, char *buffer, size_t capacity)
{
    *json = (struct json_write){.text = buffer, .capacity = capacity};
}

void json_write_deinit(struct json_write *json)
{
    if (json->owned)
        free(json->text);
    *json = (struct json_write){0};
}

void json_write_reset(struct json_write *json)
{
    json->bytes = 0;
    json->failed = false;
    json->after_key = false;
    json->depth = 0;
    json->has_items = 0;
}

bool json_write_ok(const struct json_write *json)
{
    return !json->failed;
}

struct slice json_write_text(const struct json_write *json)
{
    return json->failed ? SLICE("") : slice_of(json->text, json->bytes);
}

/* ---- Room ---------------------------------------------------------------------------------- */

static bool grow(struct json_write *json, size_t bytes)
{
    if (!json->owned || bytes > SIZE_MAX / 4 || json->bytes > SIZE_MAX / 4) {
        json->failed = true;
        return false;
    }
    size_t capacity = json->capacity > 0 ? json->capacity : CAPACITY_FIRST;
    while (capacity - json->bytes < bytes)
        capacity *= 2;
    char *text = realloc(json->text, capacity);
    if (text == NULL) {
        json->failed = true;
        return false;
    }
    json->text = text;
    json->capacity = capacity;
    return true;
}

/* Room for `bytes` more; NULL when there is none. The caller writes there and adds to
 * `json->bytes`. */
static inline char *reserve(struct json_write *json, size_t bytes)
{
    if (json->failed)
        return NULL;
    if (json->capacity - json->bytes < bytes && !grow(json, bytes))
        return NULL;
    return json->text + json->bytes;
}

static inline void put(struct json_write *json, const char *text, size_t bytes)
{
    char *at = reserve(json, bytes);
    if (at == NULL || bytes == 0)
        return;
    memcpy(at, text, bytes);
    json->bytes += bytes;
}

static inline void put_byte(struct json_write *json, char byte)
{
    char *at = reserve(json, 1);
    if (at == NULL)
        return;
    *at = byte;
    json->bytes++;
}

/* ---- Structure ----------------------------------------------------------------------------- */

/* What stands before a key or an array's item. */
static inline void put_separator(struct json_write *json)
{
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->depth == 0)
        return;
    const uint64_t bit = UINT64_C(1) << (json->depth - 1);
    if (json->has_items & bit)
        put_byte(json, ',');
    json->has_items |= bit;
}

static void open_container(struct json_write *json, char bracket)
{
    assert(json->depth < JSON_WRITE_DEPTH_MAX);
    put_separator(json);
    put_byte(json, bracket);
    json->has_items &= ~(UINT64_C(1) << json->depth);
    json->depth++;
}

static void close_container(struct json_write *json, char bracket)
{
    assert(json->depth > 0 && !json->after_key);
    json->depth--;
    put_byte(json, bracket);
}

void json_write_object_begin(struct json_write *json)
{
    open_container(json, '{');
}

void json_write_object_end(struct json_write *json)
{
    close_container(json, '}');
}

void json_write_array_begin(struct json_write *json)
{
    open_container(json, '[');
}

void json_write_array_end(struct json_write *json)
{
    close_container(json, ']');
}

void json_write_newline(struct json_write *json)
{
    assert(json->depth == 0 && !json->after_key);
    put_byte(json, '\n');
}

/* ---- Strings ------------------------------------------------------------------------------- */

/* Characters that are valid in JSON but can break a line, hide text or turn its direction: C1
 * controls, line and paragraph separators, and Unicode's Bidi_Control property. */
static bool is_deceptive(uint32_t code)
{
    return (code >= 0x80 && code <= 0x9f) || code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void put_u_escape(struct json_write *json, uint32_t code)
{
    static const char digits[] = "0123456789abcdef";
    const char escape[6] = {
        '\\',
        'u',
        digits[code >> 12 & 15],
        digits[code >> 8 & 15],
        digits[code >> 4 & 15],
        digits[code & 15],
    };
    put(json, escape, sizeof(escape));
}

static void put_ascii_escape(struct json_write *json, unsigned char byte)
{
    static const char short_forms[128] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    if (short_forms[byte] == 0) {
        put_u_escape(json, byte);
        return;
    }
    const char escape[2] = {'\\', short_forms[byte]};
    put(json, escape, sizeof(escape));
}

static inline bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Writes what is not plain at the front of `text` and returns how many bytes it took. */
static size_t put_special(struct json_write *json, struct slice text)
{
    const unsigned char byte = (unsigned char)text.start[0];
    if (byte < 0x80) {
        put_ascii_escape(json, byte);
        return 1;
    }
    const struct utf8_character character = utf8_first(text);
    if (!character.valid)
        put(json, "\xef\xbf\xbd", 3);
    else if (is_deceptive(character.code))
        put_u_escape(json, character.code);
    else
        put(json, text.start, character.bytes);
    return character.bytes;
}

static void put_quoted(struct json_write *json, struct slice text)
{
    put_byte(json, '"');
    size_t i = 0;
    while (i < text.bytes) {
        const size_t plain = i;
        while (i < text.bytes && is_plain((unsigned char)text.start[i]))
            i++;
        put(json, text.start + plain, i - plain);
        if (i < text.bytes)
            i += put_special(json, slice_from(text, i));
    }
    put_byte(json, '"');
}

void json_write_key_slice(struct json_write *json, struct slice key)
{
    assert(json->depth > 0 && !json->after_key);
    put_separator(json);
    put_quoted(json, key);
    put_byte(json, ':');
    json->after_key = true;
}

void json_write_key(struct json_write *json, const char *key)
{
    json_write_key_slice(json, slice_from_string(key));
}

void json_write_string(struct json_write *json, struct slice text)
{
    put_separator(json);
    put_quoted(json, text);
}

/* ---- Other values -------------------------------------------------------------------------- */

enum { INTEGER_TEXT_BYTES = 20 }; /* of UINT64_MAX */

static void put_digits(struct json_write *json, uint64_t value, bool negative)
{
    char text[INTEGER_TEXT_BYTES + 1];
    char *at = text + sizeof(text);
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    if (negative)
        *--at = '-';
    put(json, at, (size_t)(text + sizeof(text) - at));
}

void json_write_integer(struct json_write *json, int64_t value)
{
    put_separator(json);
    put_digits(json, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
}

void json_write_unsigned(struct json_write *json, uint64_t value)
{
    put_separator(json);
    put_digits(json, value, false);
}

void json_write_bool(struct json_write *json, bool value)
{
    put_separator(json);
    put(json, value ? "true" : "false", value ? 4 : 5);
}

void json_write_null(struct json_write *json)
{
    put_separator(json);
    put(json, "null", 4);
}

enum { DOUBLE_DIGITS_MAX = 17 }; /* enough for every double (DBL_DECIMAL_DIG) */

/* A decimal: 0.d1d2d3… times ten to the power of `point`. */
struct decimal {
    char digits[DOUBLE_DIGITS_MAX];
    int digits_count;
    int point;
};

/* The shortest decimal that reads back as `value`, which is finite and above zero. Printing and
 * reading back happen in the same locale, and only digits are taken from the text, so the locale's
 * decimal point does not matter. */
static struct decimal decimal_from_double(double value)
{
    char text[64];
    for (int digits = 1; digits <= DOUBLE_DIGITS_MAX; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            break;
    }
    struct decimal decimal = {0};
    const char *at = text;
    for (; *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9')
            decimal.digits[decimal.digits_count++] = *at;
    }
    decimal.point = atoi(at + 1) + 1;
    while (decimal.digits_count > 1 && decimal.digits[decimal.digits_count - 1] == '0')
        decimal.digits_count--;
    return decimal;
}

static void put_zeros(struct json_write *json, int count)
{
    for (int i = 0; i < count; i++)
        put_byte(json, '0');
}

/* The four layouts of ECMA-262, Number::toString, steps 6 to 10. */
static void put_decimal(struct json_write *json, const struct decimal *decimal)
{
    const size_t count = (size_t)decimal->digits_count;
    const int point = decimal->point;
    if (point >= decimal->digits_count && point <= 21) {
        put(json, decimal->digits, count);
        put_zeros(json, point - decimal->digits_count);
    } else if (point > 0 && point <= 21) {
        put(json, decimal->digits, (size_t)point);
        put_byte(json, '.');
        put(json, decimal->digits + point, count - (size_t)point);
    } else if (point > -6 && point <= 0) {
        put(json, "0.", 2);
        put_zeros(json, -point);
        put(json, decimal->digits, count);
    } else {
        const int exponent = point - 1;
        put(json, decimal->digits, 1);
        if (count > 1) {
            put_byte(json, '.');
            put(json, decimal->digits + 1, count - 1);
        }
        put(json, exponent < 0 ? "e-" : "e+", 2);
        put_digits(json, (uint64_t)abs(exponent), false);
    }
}

void json_write_double(struct json_write *json, double value)
{
    if (!isfinite(value)) {
        json_write_null(json);
        return;
    }
    put_separator(json);
    if (value == 0) {
        put_byte(json, '0');
        return;
    }
    if (value < 0)
        put_byte(json, '-');
    const struct decimal decimal = decimal_from_double(fabs(value));
    put_decimal(json, &decimal);
}

void json_write_time(struct json_write *json, int64_t time_ns)
{
    char text[CIVIL_TEXT_BYTES];
    const size_t bytes = civil_format(time_ns, text);
    json_write_string(json, slice_of(text, bytes));
}
