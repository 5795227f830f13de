#include "parsers/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/json_oracle.h"

enum { ROUNDS = 20000, TEXT_MAX = 16384, RESULTS_MAX = 512 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct record_path paths[] = {
    {"time", 0},    {"user.name", 1}, {"user", 2},     {"status.errorCode", 3},
    {"a.b.c", 4},   {"list", 5},      {"x", 6},        {"Key With Spaces", 7},
    {"user.ip", 8}, {"a.b.d", 9},     {"empty.z", 10},
};

/* ---- Randomness: SplitMix64, the seed is printed ----------------------------------------------
 */

static uint64_t seed = 20240201;

static uint64_t draw(void)
{
    uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t draw_below(size_t limit)
{
    return (size_t)(draw() % limit);
}

static bool draw_one_in(size_t n)
{
    return draw_below(n) == 0;
}

/* ---- Text under construction ------------------------------------------------------------------
 */

struct text {
    char bytes[TEXT_MAX];
    size_t length;
};

/* What does not fit is left out. */
static void put_bytes(struct text *text, const char *bytes, size_t count)
{
    if (count > TEXT_MAX - text->length)
        return;
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
}

static void put(struct text *text, const char *string)
{
    put_bytes(text, string, strlen(string));
}

/* ---- What reading a block gives ------------------------------------------------------------- */

struct reading {
    size_t count;
    enum record_result results[RESULTS_MAX];
    struct record records[RESULTS_MAX];
    uint64_t newlines;
};

/* A block in memory of just the promised size, with hostile padding behind its text. */
static struct block hold_block(enum layout layout, const char *bytes, size_t count)
{
    static const char padding[] = "\"}]:,{[ \n\\0\"";
    char *text = malloc(count + LIMIT_VECTOR_PADDING);
    assert_non_null(text);
    memcpy(text, bytes, count);
    for (size_t i = 0; i < LIMIT_VECTOR_PADDING; i++)
        text[count + i] = padding[(i + count) % (sizeof(padding) - 1)];
    return (struct block){.layout = layout, .bytes = count, .text = text};
}

static void read_all(struct reading *reading, const struct json_paths *compiled,
                     enum json_tier tier, size_t line_bytes_max, const struct block *block)
{
    struct json_reader reader;
    json_reader_init(&reader, compiled, tier, line_bytes_max, block);
    reading->count = 0;
    for (;;) {
        assert_true(reading->count < RESULTS_MAX);
        struct record *record = &reading->records[reading->count];
        memset(record, 0, sizeof(*record));
        const enum record_result result = json_reader_next(&reader, record);
        if (result == RECORD_END)
            break;
        reading->results[reading->count++] = result;
    }
    assert_ptr_equal(reader.at, reader.end);
    reading->newlines = reader.newlines;
}

static struct json_paths *compile(const struct json_stop *stops, size_t stops_count)
{
    struct json_paths *compiled = NULL;
    assert_int_equal(json_paths_create(&compiled, paths, COUNT(paths), stops, stops_count),
                     STATUS_OK);
    return compiled;
}

/* ---- A naive parser: one byte at a time, recursive, all of the grammar -------------------------
 */

struct naive {
    const char *at, *end;
    bool lines;
};

static bool naive_is_blank(const struct naive *naive, char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || (byte == '\n' && !naive->lines);
}

static void naive_blanks(struct naive *naive)
{
    while (naive->at < naive->end && naive_is_blank(naive, *naive->at))
        naive->at++;
}

static bool naive_is(const struct naive *naive, char byte)
{
    return naive->at < naive->end && *naive->at == byte;
}

static bool naive_hex(const char *at, const char *end, unsigned *unit)
{
    char digits[5] = {0};
    if (end - at < 4)
        return false;
    memcpy(digits, at, 4);
    if (strspn(digits, "0123456789abcdefABCDEF") != 4)
        return false;
    *unit = (unsigned)strtoul(digits, NULL, 16);
    return true;
}

/* What jansson says of escapes and UTF-8 in a string. */
static bool naive_string_is_strict(struct slice text)
{
    const char *end = text.start + text.bytes;
    for (const char *at = text.start; at < end; at++) {
        unsigned high, low;
        if (*at != '\\')
            continue;
        at++;
        if (*at != 'u') {
            if (strchr("\"\\/bfnrt", *at) == NULL)
                return false;
            continue;
        }
        if (!naive_hex(at + 1, end, &high))
            return false;
        at += 4;
        if (high >= 0xdc00 && high < 0xe000)
            return false;
        if (high >= 0xd800 && high < 0xdc00) {
            if (end - at < 7 || at[1] != '\\' || at[2] != 'u' || !naive_hex(at + 3, end, &low) ||
                low < 0xdc00 || low >= 0xe000)
                return false;
            at += 6;
        }
    }
    const struct field_value raw = {.text = text, .kind = VALUE_TEXT};
    char scratch[TEXT_MAX];
    return json_text(&raw, scratch, sizeof(scratch)).start == text.start;
}

static bool naive_string(struct naive *naive, struct slice *text, bool *escaped)
{
    const char *start = ++naive->at;
    *escaped = false;
    for (; naive->at < naive->end; naive->at++) {
        if ((unsigned char)*naive->at < 0x20)
            return false;
        if (*naive->at == '"') {
            *text = slice_of(start, (size_t)(naive->at++ - start));
            return true;
        }
        if (*naive->at == '\\') {
            *escaped = true;
            naive->at++;
            if (naive->at == naive->end || (unsigned char)*naive->at < 0x20)
                return false;
        }
    }
    return false;
}

static size_t naive_digits(struct naive *naive)
{
    const char *start = naive->at;
    while (naive->at < naive->end && *naive->at >= '0' && *naive->at <= '9')
        naive->at++;
    return (size_t)(naive->at - start);
}

/* The longest number at the front: what follows it is looked at by itself. */
static bool naive_number(struct naive *naive)
{
    naive->at += naive_is(naive, '-');
    const bool is_zero = naive_is(naive, '0');
    const size_t whole = naive_digits(naive);
    if (whole == 0 || (whole > 1 && is_zero))
        return false;
    if (naive_is(naive, '.')) {
        naive->at++;
        if (naive_digits(naive) == 0)
            return false;
    }
    if (naive_is(naive, 'e') || naive_is(naive, 'E')) {
        naive->at++;
        naive->at += naive_is(naive, '+') || naive_is(naive, '-');
        if (naive_digits(naive) == 0)
            return false;
    }
    return true;
}

static bool naive_word(struct naive *naive, const char *word)
{
    const size_t length = strlen(word);
    if ((size_t)(naive->end - naive->at) < length || memcmp(naive->at, word, length) != 0)
        return false;
    naive->at += length;
    return true;
}

static enum record_result naive_scalar(struct naive *naive, struct field_value *value)
{
    const char *start = naive->at;
    if (naive_is(naive, '"')) {
        value->kind = VALUE_TEXT;
        return naive_string(naive, &value->text, &value->escaped) ? RECORD_FOUND : RECORD_BROKEN;
    }
    if (naive_word(naive, "true"))
        value->kind = VALUE_TRUE;
    else if (naive_word(naive, "false"))
        value->kind = VALUE_FALSE;
    else if (naive_word(naive, "null"))
        value->kind = VALUE_NULL;
    else if (naive_number(naive))
        value->kind = VALUE_NUMBER;
    else
        return RECORD_BROKEN;
    value->text = slice_of(start, (size_t)(naive->at - start));
    return RECORD_FOUND;
}

static bool naive_accepts_value(struct naive *naive);

/* The members of an object, or the elements of an array, behind its opening bracket. */
static bool naive_accepts_members(struct naive *naive, char close)
{
    naive_blanks(naive);
    if (naive_is(naive, close)) {
        naive->at++;
        return true;
    }
    for (;;) {
        struct slice text;
        bool escaped;
        if (close == '}') {
            if (!naive_is(naive, '"') || !naive_string(naive, &text, &escaped) ||
                !naive_string_is_strict(text))
                return false;
            naive_blanks(naive);
            if (!naive_is(naive, ':'))
                return false;
            naive->at++;
            naive_blanks(naive);
        }
        if (!naive_accepts_value(naive))
            return false;
        naive_blanks(naive);
        const bool is_last = naive_is(naive, close);
        if (!is_last && !naive_is(naive, ','))
            return false;
        naive->at++;
        if (is_last)
            return true;
        naive_blanks(naive);
    }
}

static bool naive_accepts_value(struct naive *naive)
{
    struct field_value value = {0};
    if (naive_is(naive, '{') || naive_is(naive, '['))
        return naive_accepts_members(naive, *naive->at++ == '{' ? '}' : ']');
    return naive_scalar(naive, &value) == RECORD_FOUND &&
           (value.kind != VALUE_TEXT || naive_string_is_strict(value.text));
}

/* ---- A naive reader: the contract of parsers/json.h, one byte at a time ------------------------
 */

/* An object or array that is of interest. */
struct naive_open {
    const char *start;
    int slot;           /* for its text; -1: none */
    bool has_keys;      /* keys directly in it may be wanted */
    char path[128];     /* of these keys, without the last; folded, \1 for dots inside keys */
    char seen[64][128]; /* paths that were there */
    size_t seen_count;
};

struct naive_reader {
    struct naive text;
    struct record *record;
    const struct json_stop *stops;
    size_t stops_count;
    bool stopped;
    size_t level; /* of the innermost of interest */
    struct naive_open open[LIMIT_JSON_DEPTH + 2];
};

/* The slot of a path; -1: none. `inside`: longer paths go on from it. */
static int naive_slot(const char *path, bool *inside)
{
    int slot = -1;
    *inside = false;
    const size_t length = strlen(path);
    for (size_t i = 0; i < COUNT(paths); i++) {
        if (strcasecmp(paths[i].path, path) == 0)
            slot = (int)paths[i].slot;
        else if (strncasecmp(paths[i].path, path, length) == 0 && paths[i].path[length] == '.')
            *inside = true;
    }
    return slot;
}

static void naive_fill(struct naive_reader *reader, int slot, struct field_value value)
{
    struct record *record = reader->record;
    if (slot < 0)
        return;
    record->values[slot] = value;
    record->present |= UINT64_C(1) << slot;
    for (size_t i = 0; i < reader->stops_count; i++) {
        const struct json_stop *stop = &reader->stops[i];
        const bool quiet = stop->quiet_text.bytes > 0 &&
                           (record->present >> stop->quiet_slot & 1) != 0 &&
                           slice_equals(record->values[stop->quiet_slot].text, stop->quiet_text);
        if ((stop->always & ~record->present) == 0 &&
            ((stop->otherwise & ~record->present) == 0 || quiet))
            reader->stopped = true;
    }
}

static void naive_path(char path[128], const struct naive_open *open, struct slice text,
                       bool escaped)
{
    const struct field_value key = {.text = text, .kind = VALUE_TEXT, .escaped = escaped};
    char scratch[64];
    struct slice name = escaped ? json_text(&key, scratch, sizeof(scratch)) : text;
    if (name.bytes > 40)
        name.bytes = 40;
    char *end = stpcpy(path, open->path);
    if (end != path)
        *end++ = '.';
    for (size_t i = 0; i < name.bytes; i++) {
        const unsigned char byte = slice_fold_byte((unsigned char)name.start[i]);
        *end++ = byte == '.' || byte == '\0' ? '\1' : (char)byte;
    }
    *end = '\0';
}

static void naive_enter(struct naive_reader *reader, const char *start, int slot, bool has_keys,
                        const char *path)
{
    struct naive_open *open = &reader->open[++reader->level];
    *open = (struct naive_open){.start = start, .slot = slot, .has_keys = has_keys};
    strcpy(open->path, path);
}

/* The string at `text.at`, which lies directly in the innermost object of interest, as a key. The
 * reader goes on behind the string whatever it is; false: damaged. */
static bool naive_key(struct naive_reader *reader)
{
    struct naive look = reader->text;
    struct naive_open *open = &reader->open[reader->level];
    struct slice text;
    bool escaped, inside;
    char path[128];
    if (!naive_string(&look, &text, &escaped))
        return true; /* found by who passes over it */
    naive_path(path, open, text, escaped);
    const int slot = naive_slot(path, &inside);
    naive_blanks(&look);
    if ((slot < 0 && !inside) || !naive_is(&look, ':'))
        return true;
    look.at++;
    naive_blanks(&look);
    if (look.at == look.end)
        return false;
    for (size_t i = 0; i < open->seen_count; i++) {
        if (strcmp(open->seen[i], path) == 0)
            return true;
    }
    strcpy(open->seen[open->seen_count++], path);

    struct field_value value = {0};
    if (naive_is(&look, '{') && inside) {
        naive_enter(reader, look.at, slot, true, path);
        return true;
    }
    if (naive_is(&look, '{') || naive_is(&look, '[')) {
        if (slot >= 0)
            naive_enter(reader, look.at, slot, false, path);
        return true;
    }
    if (naive_scalar(&look, &value) != RECORD_FOUND)
        return false;
    naive_blanks(&look);
    if (!naive_is(&look, ',') && !naive_is(&look, '}'))
        return false;
    naive_fill(reader, slot, value);
    if (reader->stopped)
        reader->text.at = look.at; /* where the rest begins */
    return true;
}

static bool naive_leave(struct naive_reader *reader, const char *at)
{
    const struct naive_open *open = &reader->open[reader->level--];
    if (*at != (*open->start == '{' ? '}' : ']'))
        return false;
    naive_fill(reader, open->slot,
               (struct field_value){.text = slice_of(open->start, (size_t)(at + 1 - open->start)),
                                    .kind = VALUE_NESTED});
    return true;
}

/* Reads the record at `text.at`; afterwards that is behind it, or in lines where reading stopped.
 */
static enum record_result naive_object(struct naive_reader *reader)
{
    struct naive *text = &reader->text;
    size_t depth = 0;
    reader->level = 0;
    naive_enter(reader, text->at, -1, true, "");
    for (; text->at < text->end; text->at++) {
        const char byte = *text->at;
        const bool is_over = reader->stopped;
        if (byte == '"') {
            struct slice string;
            bool escaped;
            if (!is_over && depth == reader->level && reader->open[reader->level].has_keys &&
                text->at[-1] != ':' && !naive_key(reader))
                return RECORD_BROKEN;
            if (reader->stopped && text->lines)
                return RECORD_FOUND;
            if (reader->stopped && !is_over) {
                text->at--; /* it was moved to what follows the value */
                continue;
            }
            if (!naive_string(text, &string, &escaped))
                return RECORD_BROKEN;
            text->at--;
        } else if (byte == '\\' || (byte == '\n' && text->lines)) {
            return RECORD_BROKEN;
        } else if (byte == '{' || byte == '[') {
            if (++depth > LIMIT_JSON_DEPTH)
                return RECORD_TOO_DEEP;
        } else if (byte == '}' || byte == ']') {
            depth--;
            if (!is_over && depth < reader->level && !naive_leave(reader, text->at))
                return RECORD_BROKEN;
            if (depth == 0) {
                const bool is_sound = !is_over || byte == '}';
                text->at++;
                return is_sound ? RECORD_FOUND : RECORD_BROKEN;
            }
            if (reader->stopped && text->lines) {
                text->at++;
                return RECORD_FOUND;
            }
        }
    }
    return RECORD_BROKEN;
}

static const char *naive_line_end(const char *at, const char *end)
{
    while (at < end && *at != '\n')
        at++;
    return at;
}

static enum record_result naive_line(struct naive_reader *reader, const char *start,
                                     const char *line_end)
{
    reader->text.at = start;
    reader->text.end = line_end;
    const enum record_result result =
        naive_is(&reader->text, '{') ? naive_object(reader) : RECORD_BROKEN;
    if (result != RECORD_FOUND)
        return result;
    const char *last = line_end;
    while (last > reader->text.at && naive_is_blank(&reader->text, last[-1]))
        last--;
    if (reader->stopped ? last == reader->text.at || last[-1] != '}' : last != reader->text.at)
        return RECORD_BROKEN;
    reader->record->text = slice_of(start, (size_t)(last - start));
    return RECORD_FOUND;
}

/* The end of the object at `start` by its brackets alone; NULL, and where the damage is. */
static const char *naive_extent(const char *start, const char *end, const char **damage)
{
    struct naive text = {.at = start, .end = end};
    size_t depth = 0;
    for (; text.at < end; text.at++) {
        struct slice string;
        bool escaped;
        if (*text.at == '\\')
            break;
        if (*text.at == '"') {
            if (!naive_string(&text, &string, &escaped))
                break;
            text.at--;
        } else if (*text.at == '{' || *text.at == '[') {
            depth++;
        } else if ((*text.at == '}' || *text.at == ']') && --depth == 0) {
            return text.at + 1;
        }
    }
    *damage = text.at;
    return NULL;
}

static enum record_result naive_stream_object(struct naive_reader *reader, const char *start,
                                              const char *end)
{
    reader->text.at = start;
    reader->text.end = end;
    const enum record_result result = naive_object(reader);
    if (result == RECORD_FOUND)
        return result;
    const char *damage = end;
    const char *behind = naive_extent(start, end, &damage);
    if (behind != NULL) {
        reader->text.at = behind;
        return result;
    }
    for (const char *at = damage > start ? damage : start + 1; at < end; at++) {
        at = naive_line_end(at, end);
        if (at + 1 < end && at[1] == '{') {
            reader->text.at = at + 1;
            return result;
        }
    }
    reader->text.at = end;
    return result;
}

static void naive_finish(struct reading *reading, enum record_result result, const char *start,
                         const char *end, size_t length, size_t length_max)
{
    struct record *record = &reading->records[reading->count];
    if (length > length_max)
        result = RECORD_TOO_LONG;
    if (result != RECORD_FOUND) {
        record->text = slice_of(start, (size_t)(end - start));
        record->present = 0;
        memset(record->values, 0, sizeof(record->values));
    }
    reading->results[reading->count++] = result;
}

static void naive_read_all(struct reading *reading, const struct json_stop *stops,
                           size_t stops_count, size_t line_bytes_max, const struct block *block)
{
    static struct naive_reader naive;
    const char *at = block->text, *end = block->text + block->bytes;
    reading->count = 0;
    reading->newlines = 0;
    while (at < end) {
        struct record *record = &reading->records[reading->count];
        memset(record, 0, sizeof(*record));
        naive = (struct naive_reader){
            .text.lines = block->layout == LAYOUT_JSON_LINES,
            .stops = stops,
            .stops_count = stops_count,
            .record = record,
        };
        if (naive.text.lines) {
            const char *line_end = naive_line_end(at, end), *start = at;
            if (end - start >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
                start += 3;
            while (start < line_end && naive_is_blank(&naive.text, *start))
                start++;
            const size_t length = (size_t)(line_end - at);
            if (start < line_end || length > line_bytes_max) {
                record->offset = (uint64_t)(start - block->text);
                record->newlines = reading->newlines;
                const enum record_result result = naive_line(&naive, start, line_end);
                naive_finish(reading, result, start, line_end, length, line_bytes_max);
            }
            reading->newlines += line_end < end;
            at = line_end + (line_end < end);
            continue;
        }
        if (naive_is_blank(&naive.text, *at) || *at == ',') {
            reading->newlines += *at++ == '\n';
            continue;
        }
        record->offset = (uint64_t)(at - block->text);
        record->newlines = reading->newlines;
        enum record_result result = RECORD_BROKEN;
        const char *start = at;
        size_t length = 0;
        if (*at == '{') {
            result = naive_stream_object(&naive, at, end);
            at = naive.text.at;
            length = (size_t)(at - start);
            record->text = slice_of(start, length);
        } else {
            while (at < end && *at != '{') {
                if (*at++ != '"')
                    continue;
                for (; at < end && *at != '"'; at++)
                    at += *at == '\\' && at + 1 < end;
                at += at < end;
            }
        }
        for (const char *byte = start; byte < at; byte++)
            reading->newlines += *byte == '\n';
        naive_finish(reading, result, start, at, length, line_bytes_max);
    }
}

/* ---- Comparing ---------------------------------------------------------------------------- */

static void fail_with(const char *what, const struct block *block)
{
    print_error("%s in %zu bytes: %.*s\n", what, block->bytes, (int)block->bytes, block->text);
    fail();
}

static void compare_readings(const struct reading *a, const struct reading *b,
                             const struct block *block)
{
    if (a->count != b->count)
        fail_with("different number of records", block);
    if (a->newlines != b->newlines)
        fail_with("different newlines", block);
    for (size_t i = 0; i < a->count; i++) {
        const struct record *x = &a->records[i], *y = &b->records[i];
        if (a->results[i] != b->results[i]) {
            print_error("record %zu: result %d, expected %d\n", i, (int)a->results[i],
                        (int)b->results[i]);
            fail_with("different result", block);
        }
        if (x->text.start != y->text.start || x->text.bytes != y->text.bytes)
            fail_with("different extent", block);
        if (x->offset != y->offset || x->newlines != y->newlines)
            fail_with("different position", block);
        if (x->present != y->present)
            fail_with("different fields", block);
        for (size_t slot = 0; slot < RECORD_FIELDS_MAX; slot++) {
            const struct field_value *v = &x->values[slot], *w = &y->values[slot];
            if ((x->present >> slot & 1) == 0)
                continue;
            if (v->kind != w->kind || v->text.start != w->text.start ||
                v->text.bytes != w->text.bytes || v->escaped != w->escaped)
                fail_with("different value", block);
        }
    }
}

static struct reading ours, theirs;

static void check_block(const struct block *block, const struct json_stop *stops,
                        size_t stops_count, size_t line_bytes_max)
{
    struct json_paths *compiled = compile(stops, stops_count);
    naive_read_all(&theirs, stops, stops_count, line_bytes_max, block);
    for (int tier = 0; tier <= (int)json_tier_best(); tier++) {
        read_all(&ours, compiled, (enum json_tier)tier, line_bytes_max, block);
        compare_readings(&ours, &theirs, block);
    }
    json_paths_destroy(compiled);
}

/* ---- Random documents --------------------------------------------------------------------- */

/* How one document is written. */
struct manner {
    bool blanks, newlines, odd_strings, damaged_scalars, long_strings, distinct_keys;
};

static void put_blanks(struct text *text, const struct manner *manner)
{
    if (!manner->blanks || !draw_one_in(3))
        return;
    for (size_t i = draw_one_in(20) ? draw_below(150) : draw_below(4); i > 0; i--)
        put(text, draw_one_in(6) ? "\t" : draw_one_in(8) && manner->newlines ? "\n" : " ");
}

static void put_string_part(struct text *text, const struct manner *manner)
{
    static const char *const plain[] = {
        "a", "Mozilla/5.0 ",    "{", "}", "[", "]", ":", ",", "x y z", "\xc3\xa9", "0",
        "-", "\xf0\x9f\x98\x80"};
    static const char *const escapes[] = {"\\\"",           "\\\\",   "\\/", "\\n",
                                          "\\u0041",        "\\b",    "\\t", "\\u00e9",
                                          "\\uD83D\\uDE00", "\\u20ac"};
    static const char *const odd[] = {"\\u0000", "\\x",      "\\ud800", "\\udc00x",
                                      "\\u12",   "\xff",     "\xc3",    "\xed\xa0\x80",
                                      "\x7f",    "\\\\\\\"", "\\\\\\\\"};
    if (manner->odd_strings && draw_one_in(4))
        put(text, odd[draw_below(COUNT(odd))]);
    else if (draw_one_in(5))
        put(text, escapes[draw_below(COUNT(escapes))]);
    else
        put(text, plain[draw_below(COUNT(plain))]);
}

static void put_string(struct text *text, const struct manner *manner)
{
    put(text, "\"");
    for (size_t i = draw_below(manner->long_strings && draw_one_in(8) ? 120 : 6); i > 0; i--)
        put_string_part(text, manner);
    put(text, "\"");
}

static void put_key(struct text *text, const struct manner *manner)
{
    static const char *const keys[] = {"time",
                                       "TIME",
                                       "user",
                                       "User",
                                       "name",
                                       "ip",
                                       "status",
                                       "errorCode",
                                       "a",
                                       "b",
                                       "c",
                                       "d",
                                       "list",
                                       "x",
                                       "X",
                                       "key with spaces",
                                       "empty",
                                       "z",
                                       "other",
                                       "errorC",
                                       "t",
                                       "a.b",
                                       "",
                                       "\\u0074ime",
                                       "\\u0061",
                                       "us\\u0065r",
                                       "a very long key that nobody wants and that takes up space",
                                       "userPrincipalNameAndMore"};
    if (draw_one_in(12)) {
        put_string(text, manner);
        return;
    }
    put(text, "\"");
    put(text, keys[draw_below(COUNT(keys))]);
    put(text, "\"");
}

static void put_number(struct text *text, const struct manner *manner)
{
    static const char *const numbers[] = {"0",   "50126", "-1",          "1.5",    "-0.0",
                                          "1e5", "1E-2",  "12345678901", "2.5e+3", "7"};
    static const char *const damaged[] = {"01",  "1.",    ".5",   "-", "+1",  "1e",       "0x1",
                                          "tru", "nulll", "TRUE", "",  "1 2", "truefalse"};
    if (manner->damaged_scalars && draw_one_in(12))
        put(text, damaged[draw_below(COUNT(damaged))]);
    else
        put(text, numbers[draw_below(COUNT(numbers))]);
}

static void put_object(struct text *text, const struct manner *manner, size_t depth);

static void put_value(struct text *text, const struct manner *manner, size_t depth)
{
    const size_t choice = draw_below(depth > 5 ? 5 : 8);
    if (choice == 7) {
        put(text, "[");
        put_blanks(text, manner);
        for (size_t i = 0, count = draw_below(4); i < count; i++) {
            put(text, i > 0 ? "," : "");
            put_blanks(text, manner);
            put_value(text, manner, depth + 1);
            put_blanks(text, manner);
        }
        put(text, "]");
    } else if (choice >= 5) {
        put_object(text, manner, depth + 1);
    } else if (choice == 4) {
        put_number(text, manner);
    } else if (choice == 3) {
        put(text, draw_one_in(3) ? "true" : draw_one_in(2) ? "false" : "null");
    } else {
        put_string(text, manner);
    }
}

/* The n-th key of an object that has no key twice. */
static void put_distinct_key(struct text *text, size_t n)
{
    static const char *const keys[] = {
        "\"time\"",    "\"USER\"", "\"name\"",  "\"ip\"",  "\"status\"", "\"errorCode\"",
        "\"\\u0061\"", "\"b\"",    "\"c\"",     "\"d\"",   "\"list\"",   "\"X\"",
        "\"empty\"",   "\"z\"",    "\"other\"", "\"a.b\"", "\"\"",       "\"Key with Spaces\""};
    put(text, keys[n % COUNT(keys)]);
}

static void put_object(struct text *text, const struct manner *manner, size_t depth)
{
    const size_t first = draw_below(18);
    put(text, "{");
    put_blanks(text, manner);
    for (size_t i = 0, count = draw_below(depth == 0 ? 14 : 5); i < count; i++) {
        put(text, i > 0 ? "," : "");
        put_blanks(text, manner);
        if (manner->distinct_keys)
            put_distinct_key(text, first + i);
        else
            put_key(text, manner);
        put_blanks(text, manner);
        put(text, ":");
        put_blanks(text, manner);
        put_value(text, manner, depth);
        put_blanks(text, manner);
    }
    put(text, "}");
}

static struct manner draw_manner(void)
{
    return (struct manner){
        .blanks = draw_one_in(2),
        .newlines = draw_one_in(2),
        .odd_strings = draw_one_in(3),
        .damaged_scalars = draw_one_in(3),
        .long_strings = draw_one_in(2),
        .distinct_keys = draw_one_in(2),
    };
}

static void damage(struct text *text)
{
    static const char bytes[] = "{}[]\",:\\\n \x01"
                                "a0\xff\0";
    for (size_t i = 1 + draw_below(3); i > 0 && text->length > 0; i--) {
        const size_t at = draw_below(text->length);
        const char byte = bytes[draw_below(sizeof(bytes) - 1)];
        const size_t choice = draw_below(4);
        if (choice == 0) {
            text->bytes[at] = byte;
        } else if (choice == 1) {
            memmove(text->bytes + at, text->bytes + at + 1, text->length - at - 1);
            text->length--;
        } else if (choice == 2 && text->length < TEXT_MAX) {
            memmove(text->bytes + at + 1, text->bytes + at, text->length - at);
            text->bytes[at] = byte;
            text->length++;
        } else if (draw_one_in(4)) {
            text->length = at;
        }
    }
}

static struct json_stop draw_stop(void)
{
    const uint64_t mask = (UINT64_C(1) << COUNT(paths)) - 1;
    struct json_stop stop = {.always = draw() & draw() & draw() & mask,
                             .otherwise = draw() & draw() & mask};
    if (draw_one_in(2)) {
        stop.quiet_slot = draw_one_in(2) ? 3 : 0;
        stop.quiet_text = draw_one_in(2) ? SLICE("0") : SLICE("50126");
    }
    return stop;
}

static void random_records_read_as_the_naive_reader_reads_them(void **state)
{
    (void)state;
    static struct text text;
    for (size_t round = 0; round < ROUNDS; round++) {
        const struct manner manner = draw_manner();
        text.length = 0;
        for (size_t i = draw_below(5); i > 0; i--) {
            put_object(&text, &manner, 0);
            put(&text, draw_one_in(5) ? "" : draw_one_in(5) ? ",\n" : "\n");
        }
        if (draw_one_in(2))
            damage(&text);
        struct json_stop stops[2] = {draw_stop(), draw_stop()};
        const enum layout layout = draw_one_in(2) ? LAYOUT_JSON_LINES : LAYOUT_JSON_STREAM;
        const struct block held = hold_block(layout, text.bytes, text.length);
        check_block(&held, stops, draw_below(3), draw_one_in(4) ? draw_below(300) : SIZE_MAX);
        free(held.text);
    }
}

/* Whatever a record holds, a reader with a memory makes of it what one without does, but for the
 * slot that need not be read again. */
static void memory_changes_nothing_but_the_slot_read_once(void **state)
{
    (void)state;
    static struct text text;
    static struct json_memory full;
    full.key = hash_key_fixed();
    size_t left_out = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        const struct manner manner = draw_manner();
        text.length = 0;
        for (size_t i = 1 + draw_below(3); i > 0; i--) {
            put_object(&text, &manner, 0);
            put(&text, "\n");
        }
        if (draw_one_in(2))
            damage(&text);
        struct json_stop stop = draw_stop();
        if (!draw_one_in(4))
            stop.always = stop.otherwise = 0;
        stop.has_once = true;
        stop.once_slot = (unsigned)draw_below(COUNT(paths));
        stop.once_by = (unsigned)draw_below(COUNT(paths));
        const uint64_t once = UINT64_C(1) << stop.once_slot;
        stop.always |= once | UINT64_C(1) << stop.once_by;
        stop.otherwise &= ~once;
        struct json_paths *compiled = compile(&stop, 1);
        const enum layout layout = draw_one_in(2) ? LAYOUT_JSON_LINES : LAYOUT_JSON_STREAM;
        const struct block held = hold_block(layout, text.bytes, text.length);
        read_all(&theirs, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
        for (size_t i = 0; i < theirs.count; i++) {
            if (theirs.records[i].present >> stop.once_by & 1)
                json_memory_keep(&full, theirs.records[i].values[stop.once_by].text);
        }
        struct json_reader reader;
        json_reader_init(&reader, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
        reader.memory = &full;
        for (size_t i = 0; i < theirs.count; i++) {
            struct record *const with = &ours.records[i];
            const struct record *const without = &theirs.records[i];
            assert_int_equal(json_reader_next(&reader, with), theirs.results[i]);
            if (with->text.start != without->text.start || with->text.bytes != without->text.bytes)
                fail_with("memory changes the extent", &held);
            if (((with->present ^ without->present) & ~once) != 0)
                fail_with("memory changes the fields", &held);
            left_out += with->present != without->present;
        }
        assert_int_equal(json_reader_next(&reader, &ours.records[0]), RECORD_END);
        json_paths_destroy(compiled);
        free(held.text);
    }
    assert_true(left_out > 100);
}

/* ---- Against jansson --------------------------------------------------------------------------
 */

static bool jansson_cannot_say(const json_error_t *error)
{
    const enum json_error_code code = json_error_code(error);
    return code == json_error_numeric_overflow || code == json_error_null_byte_in_key;
}

static bool has_duplicates(json_t *object)
{
    const char *key, *other;
    json_t *value, *other_value;
    json_object_foreach(object, key, value)
    {
        json_object_foreach(object, other, other_value)
        {
            if (key != other && strcasecmp(key, other) == 0)
                return true;
        }
    }
    return false;
}

/* The value at a dotted path; `*unsure` when keys repeat on the way, as jansson keeps the last. */
static json_t *jansson_find(json_t *root, const char *path, bool *unsure)
{
    json_t *value = root;
    while (value != NULL && json_is_object(value)) {
        const size_t length = strcspn(path, ".");
        const char *key;
        json_t *item, *found = NULL;
        *unsure |= has_duplicates(value);
        json_object_foreach(value, key, item)
        {
            if (strlen(key) == length && strncasecmp(key, path, length) == 0)
                found = item;
        }
        value = found;
        path += length;
        if (*path++ == '\0')
            return value;
    }
    return NULL;
}

static bool same_value(const struct record *record, size_t slot, json_t *expected)
{
    const struct field_value *value = &record->values[slot];
    static char scratch[TEXT_MAX];
    if ((record->present >> slot & 1) == 0 || expected == NULL)
        return (record->present >> slot & 1) == 0 && expected == NULL;
    const struct slice text = json_text(value, scratch, sizeof(scratch));
    switch (value->kind) {
    case VALUE_TEXT:
        /* A NUL becomes U+FFFD with us. */
        if (json_is_string(expected) &&
            memchr(json_string_value(expected), '\0', json_string_length(expected)) != NULL)
            return true;
        return json_is_string(expected) &&
               slice_equals(text,
                            slice_of(json_string_value(expected), json_string_length(expected)));
    case VALUE_NUMBER:
        return json_is_number(expected) && json_number_value(expected) == strtod(text.start, NULL);
    case VALUE_TRUE:
        return json_is_true(expected);
    case VALUE_FALSE:
        return json_is_false(expected);
    case VALUE_NULL:
        return json_is_null(expected);
    default:
        break;
    }
    json_t *nested = json_loadb(text.start, text.bytes, JSON_ALLOW_NUL, NULL);
    const bool same = nested != NULL && json_equal(nested, expected) == 1;
    json_decref(nested);
    return same;
}

/* Whether the naive parser takes `text` as one object. */
static bool naive_accepts(struct slice text)
{
    struct naive naive = {.at = text.start, .end = text.start + text.bytes};
    naive_blanks(&naive);
    if (!naive_is(&naive, '{') || !naive_accepts_value(&naive))
        return false;
    naive_blanks(&naive);
    return naive.at == naive.end;
}

static void accepted_records_and_their_values_are_those_of_jansson(void **state)
{
    (void)state;
    static struct text text;
    struct json_paths *compiled = compile(NULL, 0);
    size_t accepted = 0, refused = 0, compared = 0, duplicates = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        const struct manner manner = draw_manner();
        text.length = 0;
        put_object(&text, &manner, 0);
        if (draw_one_in(2))
            damage(&text);
        const struct block held = hold_block(LAYOUT_JSON_STREAM, text.bytes, text.length);
        json_error_t error;
        json_t *root = json_loadb(held.text, text.length, JSON_ALLOW_NUL, &error);
        /* jansson passes over raw NUL bytes as if they were not there. */
        if (memchr(text.bytes, '\0', text.length) != NULL) {
            json_decref(root);
            free(held.text);
            continue;
        }
        const bool is_object = root != NULL && json_is_object(root);
        const struct slice all = slice_of(held.text, text.length);
        if (root != NULL || !jansson_cannot_say(&error)) {
            if (naive_accepts(all) != is_object)
                fail_with(is_object ? "only jansson accepts" : "jansson refuses", &held);
        }
        if (is_object) {
            read_all(&ours, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
            if (ours.count != 1 || ours.results[0] != RECORD_FOUND)
                fail_with("refused what jansson accepts", &held);
            accepted++;
            for (size_t i = 0; i < COUNT(paths); i++) {
                bool unsure = false;
                json_t *expected = jansson_find(root, paths[i].path, &unsure);
                /* jansson drops a key that repeats exactly without a trace. */
                json_t *strict =
                    json_loadb(all.start, all.bytes, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
                unsure |= strict == NULL;
                json_decref(strict);
                duplicates += unsure;
                compared += !unsure && expected != NULL;
                if (!unsure && !same_value(&ours.records[0], paths[i].slot, expected))
                    fail_with(paths[i].path, &held);
            }
        } else {
            refused++;
        }
        json_decref(root);
        free(held.text);
    }
    print_message("# accepted %zu, refused %zu, values compared %zu, with repeated keys %zu\n",
                  accepted, refused, compared, duplicates);
    assert_true(accepted > ROUNDS / 4 && refused > ROUNDS / 8 && compared > ROUNDS / 4);
    json_paths_destroy(compiled);
}

/* ---- Records by example --------------------------------------------------------------------- */

/* Results as letters: r(ecord), b(roken), d(eep), l(ong); `values` as `slot=text` of the first
 * record, by semicolons. */
struct reading_case {
    const char *name;
    enum layout layout;
    const char *text;
    const char *results;
    const char *values;
};

#define LINES LAYOUT_JSON_LINES
#define STREAM LAYOUT_JSON_STREAM

static const struct reading_case reading_cases[] = {
    {"nothing", LINES, "", "", ""},
    {"empty object", LINES, "{}", "r", ""},
    {"blank lines", LINES, "\n  \n\r\n{}\n\n", "r", ""},
    {"any case", LINES, "{\"TIME\":\"t\",\"uSeR\":{\"NAME\":\"n\"}}\n", "r",
     "0=t;1=n;2={\"NAME\":\"n\"}"},
    {"first of duplicates", LINES, "{\"x\":1,\"X\":2}", "r", "6=1"},
    {"first of duplicate objects", LINES, "{\"user\":{\"ip\":1},\"user\":{\"name\":2}}", "r",
     "2={\"ip\":1};8=1"},
    {"first of duplicates of other kind", LINES, "{\"a\":1,\"a\":{\"b\":{\"c\":2}}}", "r", ""},
    {"kinds", LINES, "{\"x\":true,\"time\":null,\"list\":[1,[2]],\"a\":{\"b\":{\"c\":-1.5e3}}}",
     "r", "0=null;4=-1.5e3;5=[1,[2]];6=true"},
    {"escaped key", LINES, "{\"\\u0078\":\"y\"}", "r", "6=y"},
    {"raw escapes", LINES, "{\"x\":\"a\\\"b\\\\\"}", "r", "6=a\\\"b\\\\"},
    {"brackets in strings", LINES, "{\"q\":[\"]}\",{\"w\":\"{[\"}],\"x\":1}", "r", "6=1"},
    {"key with dots is no path", LINES, "{\"user.name\":1,\"x\":2}", "r", "6=2"},
    {"byte order mark", LINES, "\xef\xbb\xbf{\"x\":1}", "r", "6=1"},
    {"carriage returns", LINES, "{\"x\":1}\r\n{}\r\n", "rr", "6=1"},
    {"blanks around", LINES, " \t{ \"x\" : 1 } \t\n", "r", "6=1"},
    {"no object", LINES, "[1]\n{}\n12\nabc\n", "brbb", NULL},
    {"truncated", LINES, "{\"x\":\"a\n{}\n", "br", NULL},
    {"truncated after a value", LINES, "{\"x\":1\n{}", "br", NULL},
    {"text behind", LINES, "{} x\n{}{}\n{},\n{}", "bbbr", NULL},
    {"line end inside", LINES, "{\"x\":\n1}\n", "bb", NULL},
    {"line end inside unwanted", LINES, "{\"q\":[\n]}\n", "bb", NULL},
    {"control character", LINES, "{\"x\":\"\x01\"}\n{\"q\":[\"\t\"]}\n{}", "bbr", NULL},
    {"brackets of another kind", LINES, "{\"list\":[1}}\n{\"q\":{]}\n{\"q\":1]\n", "brb", NULL},
    {"leading zero", LINES, "{\"x\":01}\n{\"q\":01}\n{\"q\":0}", "brr", NULL},
    {"commas and colons", LINES, "{\"x\":1,}\n{,}\n{\"x\"}\n{\"x\":}\n{\"x\" 1}\n{\"x\":1 \"q\":2}",
     "rrrbrb", "6=1"},
    {"value that reads like a key", LINES, "{\"q\":\"x\",\"time\":\"user\",\"x\":2}", "r",
     "0=user;6=2"},
    {"backslash outside", LINES, "{\\\"x\":1}\n{\"q\":[\\\"]}\n", "bb", NULL},
    {"concatenated", STREAM, "{\"x\":1}{\"x\":2}, {\"x\":3}\n\n{\n}", "rrrr", "6=1"},
    {"pretty", STREAM, "{\n  \"x\": 1,\n  \"user\": {\n    \"name\": \"n\"\n  }\n}\n", "r",
     "1=n;2={\n    \"name\": \"n\"\n  };6=1"},
    {"damage ends with its brackets", STREAM, "{\"x\":1 2,\"q\":{}}{\"x\":2}", "br", NULL},
    {"damage ends with a line", STREAM, "{\"x\":1\n{\"x\":2}\n{}", "b", NULL},
    {"garbage", STREAM, "12 \"{\" {}", "br", NULL},
};

static struct slice field_text(const struct record *record, unsigned slot)
{
    return record->values[slot].text;
}

static void check_values(const struct reading_case *c, const struct record *record)
{
    static char found[1024];
    size_t length = 0;
    for (unsigned slot = 0; slot < RECORD_FIELDS_MAX; slot++) {
        if ((record->present >> slot & 1) == 0)
            continue;
        const struct slice text = field_text(record, slot);
        length += (size_t)snprintf(found + length, sizeof(found) - length, "%s%u=%.*s",
                                   length > 0 ? ";" : "", slot, (int)text.bytes, text.start);
    }
    found[length] = '\0';
    if (strcmp(found, c->values) != 0) {
        print_error("%s: %s, expected %s\n", c->name, found, c->values);
        fail();
    }
}

static void records_are_read_as_the_examples_say(void **state)
{
    (void)state;
    struct json_paths *compiled = compile(NULL, 0);
    for (size_t i = 0; i < COUNT(reading_cases); i++) {
        const struct reading_case *c = &reading_cases[i];
        const struct block held = hold_block(c->layout, c->text, strlen(c->text));
        check_block(&held, NULL, 0, SIZE_MAX);
        read_all(&ours, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
        char results[RESULTS_MAX + 1] = "";
        for (size_t n = 0; n < ours.count; n++)
            results[n] = "r?bdl"[ours.results[n]];
        if (strcmp(results, c->results) != 0) {
            print_error("%s: %s, expected %s\n", c->name, results, c->results);
            fail();
        }
        if (c->values != NULL && ours.count > 0)
            check_values(c, &ours.records[0]);
        free(held.text);
    }
    json_paths_destroy(compiled);
}

static void put_nested(struct text *text, const char *front, const char *open, size_t levels)
{
    text->length = 0;
    put(text, front);
    for (size_t i = 0; i < levels; i++)
        put_bytes(text, open, 1);
    for (size_t i = 0; i < levels; i++)
        put_bytes(text, *open == '[' ? "]" : "}", 1);
    put(text, "}\n{\"x\":1}\n");
}

static void nesting_beyond_the_limit_is_reported_and_passed(void **state)
{
    (void)state;
    static struct text text;
    struct json_paths *compiled = compile(NULL, 0);
    for (size_t levels = 1; levels < 200; levels++) {
        put_nested(&text, "{\"q\":", "[", levels);
        for (int layout = 0; layout < 2; layout++) {
            const struct block held = hold_block((enum layout)layout, text.bytes, text.length);
            check_block(&held, NULL, 0, SIZE_MAX);
            read_all(&ours, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
            assert_int_equal(ours.count, 2);
            assert_int_equal(ours.results[0],
                             levels + 1 > LIMIT_JSON_DEPTH ? RECORD_TOO_DEEP : RECORD_FOUND);
            assert_int_equal(ours.results[1], RECORD_FOUND);
            free(held.text);
        }
    }
    json_paths_destroy(compiled);
}

static void lines_longer_than_the_limit_are_too_long_whatever_they_hold(void **state)
{
    (void)state;
    static const char text[] = "{\"x\":1}\n{\"x\":11}\n        \n       \nabcdefgh\n{\"x\":12}";
    const struct block held = hold_block(LAYOUT_JSON_LINES, text, sizeof(text) - 1);
    struct json_paths *compiled = compile(NULL, 0);
    read_all(&ours, compiled, JSON_TIER_BEST, 7, &held);
    assert_int_equal(ours.count, 5);
    assert_int_equal(ours.results[0], RECORD_FOUND);
    for (size_t i = 1; i < 5; i++)
        assert_int_equal(ours.results[i], RECORD_TOO_LONG);
    json_paths_destroy(compiled);
    free(held.text);
}

static void reading_stops_once_the_wanted_fields_are_known(void **state)
{
    (void)state;
    /* Behind the stop only the record's end is looked at. */
    static const struct {
        const char *text;
        struct json_stop stop;
        enum record_result result;
        uint64_t present;
    } cases[] = {
        {"{\"x\":1,\"time\":2 nonsense }", {.always = 1 << 6}, RECORD_FOUND, 1 << 6},
        {"{\"x\":1,\"time\":2 nonsense", {.always = 1 << 6}, RECORD_BROKEN, 0},
        {"{\"x\":1", {.always = 1 << 6}, RECORD_BROKEN, 0},
        {"{\"a\":{\"b\":{\"c\":1}", {.always = 1 << 4}, RECORD_FOUND, 1 << 4},
        {"{\"x\":0,\"time\":2 nonsense}",
         {.always = 1 << 6, .otherwise = 1, .quiet_slot = 6, .quiet_text = SLICE("0")},
         RECORD_FOUND,
         1 << 6},
        {"{\"x\":\"0\",\"time\":2 nonsense}",
         {.always = 1 << 6, .otherwise = 1, .quiet_slot = 6, .quiet_text = SLICE("0")},
         RECORD_FOUND,
         1 << 6},
        {"{\"x\":1,\"time\":2, nonsense}",
         {.always = 1 << 6, .otherwise = 1, .quiet_slot = 6, .quiet_text = SLICE("0")},
         RECORD_FOUND,
         1 << 6 | 1},
        {"{\"x\":1,\"list\":2 nonsense}",
         {.always = 1 << 6, .otherwise = 1, .quiet_slot = 6, .quiet_text = SLICE("0")},
         RECORD_BROKEN,
         0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct block held =
            hold_block(LAYOUT_JSON_LINES, cases[i].text, strlen(cases[i].text));
        check_block(&held, &cases[i].stop, 1, SIZE_MAX);
        struct json_paths *compiled = compile(&cases[i].stop, 1);
        read_all(&ours, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
        assert_int_equal(ours.count, 1);
        assert_int_equal(ours.results[0], cases[i].result);
        assert_int_equal(ours.records[0].present, cases[i].present);
        json_paths_destroy(compiled);
        free(held.text);
    }
}

static void what_is_remembered_is_not_waited_for(void **state)
{
    (void)state;
    static const char text[] = "{\"x\":\"a\",\"list\":2,\"time\":3}\n"
                               "{\"x\":\"b\",\"list\":2,\"time\":3}\n";
    const struct json_stop stop = {
        .always = 1 << 6 | 1 << 0, .has_once = true, .once_slot = 0, .once_by = 6};
    const struct block held = hold_block(LAYOUT_JSON_LINES, text, sizeof(text) - 1);
    struct json_paths *compiled = compile(&stop, 1);
    static struct json_memory memory;
    memory.key = hash_key_fixed();
    static const uint64_t all = 1 << 0 | 1 << 6; /* `list` stands where it is not wanted any more */
    static const struct {
        const char *kept;
        uint64_t present[2];
    } cases[] = {{NULL, {all, all}}, {"a", {1 << 6, all}}, {"b", {1 << 6, 1 << 6}}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].kept != NULL)
            json_memory_keep(&memory, slice_from_string(cases[i].kept));
        struct json_reader reader;
        struct record record;
        json_reader_init(&reader, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
        reader.memory = &memory;
        for (int n = 0; n < 2; n++) {
            assert_int_equal(json_reader_next(&reader, &record), RECORD_FOUND);
            assert_int_equal(record.present, cases[i].present[n]);
        }
    }
    json_memory_clear(&memory);
    assert_false(json_memory_holds(&memory, SLICE("a")));
    json_paths_destroy(compiled);
    free(held.text);
}

static void absent_values_are_marked_so(void **state)
{
    (void)state;
    static const char text[] = "{\"x\":1}\n{\"time\":2}\n";
    const struct block held = hold_block(LAYOUT_JSON_LINES, text, sizeof(text) - 1);
    struct json_paths *compiled = compile(NULL, 0);
    struct json_reader reader;
    struct record record;
    json_reader_init(&reader, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
    assert_int_equal(json_reader_next(&reader, &record), RECORD_FOUND);
    assert_int_equal(record.values[6].kind, VALUE_NUMBER);
    assert_int_equal(json_reader_next(&reader, &record), RECORD_FOUND);
    assert_int_equal(record.values[6].kind, VALUE_ABSENT);
    assert_int_equal(record.values[6].text.bytes, 0);
    assert_int_equal(record.values[0].kind, VALUE_NUMBER);
    json_paths_destroy(compiled);
    free(held.text);
}

static void elements_of_an_array_are_read_as_records(void **state)
{
    (void)state;
    static const char text[] = "{\"list\":[ {\"x\":1}, 5, {\"x\":{\"list\":[]}} , {} ]}";
    const struct block held = hold_block(LAYOUT_JSON_LINES, text, sizeof(text) - 1);
    struct json_paths *compiled = compile(NULL, 0);
    read_all(&ours, compiled, JSON_TIER_BEST, SIZE_MAX, &held);
    assert_int_equal(ours.records[0].values[5].kind, VALUE_NESTED);
    static const enum record_result expected[] = {RECORD_FOUND, RECORD_BROKEN, RECORD_FOUND,
                                                  RECORD_FOUND, RECORD_END};
    struct json_reader reader;
    struct record record;
    json_reader_init_array(&reader, compiled, JSON_TIER_BEST, ours.records[0].values[5].text);
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(json_reader_next(&reader, &record), expected[i]);
        if (i == 0)
            assert_true(slice_equals(record.values[6].text, SLICE("1")));
    }
    json_paths_destroy(compiled);
    free(held.text);
}

/* ---- Paths ------------------------------------------------------------------------------------
 */

static void paths_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static char deep[2 * LIMIT_JSON_DEPTH], wide[400];
    for (size_t i = 0; i + 2 < sizeof(deep); i += 2)
        memcpy(deep + i, "a.", 2);
    deep[sizeof(deep) - 2] = 'a';
    memset(wide, 'k', sizeof(wide) - 1);
    const struct {
        struct record_path paths[2];
        enum status status;
    } cases[] = {
        {{{"a", 0}, {"b", 1}}, STATUS_OK},
        {{{"a", 0}, {"a.b", 63}}, STATUS_OK},
        {{{"a b/c$[0]", 0}, {"\xc3\xa9", 1}}, STATUS_OK},
        {{{"a", 0}, {"b", 0}}, STATUS_CONFIG},
        {{{"a", 0}, {"A", 1}}, STATUS_CONFIG},
        {{{"a", 0}, {"b", 64}}, STATUS_CONFIG},
        {{{"", 0}, {"b", 1}}, STATUS_CONFIG},
        {{{"a..b", 0}, {"b", 1}}, STATUS_CONFIG},
        {{{"a.", 0}, {"b", 1}}, STATUS_CONFIG},
        {{{deep, 0}, {"b", 1}}, STATUS_CONFIG},
        {{{wide, 0}, {"b", 1}}, STATUS_CONFIG},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_paths *compiled = NULL;
        assert_int_equal(json_paths_create(&compiled, cases[i].paths, 2, NULL, 0), cases[i].status);
        json_paths_destroy(compiled);
    }
}

static void keys_longer_than_a_vector_are_found(void **state)
{
    (void)state;
    static struct text text;
    char key[200], path[200];
    for (size_t length = 1; length < 150; length++) {
        memset(key, 'K', length);
        memset(path, 'k', length);
        key[length] = path[length] = '\0';
        const struct record_path wanted = {path, 5};
        struct json_paths *compiled = NULL;
        assert_int_equal(json_paths_create(&compiled, &wanted, 1, NULL, 0), STATUS_OK);
        text.length = 0;
        put(&text, "{\"kk");
        put(&text, key);
        put(&text, "\":1,\"");
        put(&text, key);
        put(&text, "\":2}");
        const struct block held = hold_block(LAYOUT_JSON_LINES, text.bytes, text.length);
        for (int tier = 0; tier <= (int)json_tier_best(); tier++) {
            read_all(&ours, compiled, (enum json_tier)tier, SIZE_MAX, &held);
            assert_int_equal(ours.records[0].present, 1 << 5);
            assert_true(slice_equals(ours.records[0].values[5].text, SLICE("2")));
        }
        free(held.text);
        json_paths_destroy(compiled);
    }
}

/* ---- Text
 * ---------------------------------------------------------------------------------------- */

#define FFFD "\xef\xbf\xbd"

static void text_is_decoded_and_made_valid(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        bool escaped;
        const char *text;
    } cases[] = {
        {"plain", false, "plain"},
        {"", false, ""},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", false,
         "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", true, "\"\\/\b\f\n\r\t"},
        {"\\u0041\\u00e9\\u20AC", true, "A\xc3\xa9\xe2\x82\xac"},
        {"\\ud83d\\ude00!", true, "\xf0\x9f\x98\x80!"},
        {"\\uDBFF\\uDFFF", true, "\xf4\x8f\xbf\xbf"},
        {"\\ud83d", true, FFFD},
        {"\\ude00x", true, FFFD "x"},
        {"\\ud83dx", true, FFFD "x"},
        {"\\ud83d\\u0041", true, FFFD "A"},
        {"\\ud83d\\ud83d\\ude00", true, FFFD "\xf0\x9f\x98\x80"},
        {"\\u0000", true, FFFD},
        {"\\u12", true, FFFD "12"},
        {"\\u", true, FFFD},
        {"\\", true, FFFD},
        {"\\x41", true, FFFD "41"},
        {"\\\xc3\xa9", true, FFFD "\xc3\xa9"},
        {"a\xff"
         "b",
         false, "a" FFFD "b"},
        {"\xc3", false, FFFD},
        {"\xc3(", false, FFFD "("},
        {"\x80\x80", false, FFFD FFFD},
        {"\xc0\xaf", false, FFFD FFFD},
        {"\xe2\x82", false, FFFD},
        {"\xe2\x82x", false, FFFD "x"},
        {"\xe0\x80\x80", false, FFFD FFFD FFFD},
        {"\xed\xa0\x80", false, FFFD FFFD FFFD},
        {"\xf0\x9f\x98", false, FFFD},
        {"\xf0\x9f\x98\xc3\xa9", false, FFFD "\xc3\xa9"},
        {"\xf4\x90\x80\x80", false, FFFD FFFD FFFD FFFD},
        {"\xf5\x80", false, FFFD FFFD},
        {"12345678\\n12345678abcdefgh\xff", true, "12345678\n12345678abcdefgh" FFFD},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char scratch[LIMIT_TEXT_BYTES];
        const struct field_value value = {.text = slice_from_string(cases[i].raw),
                                          .kind = VALUE_TEXT,
                                          .escaped = cases[i].escaped};
        const struct slice text = json_text(&value, scratch, sizeof(scratch));
        if (!slice_equals(text, slice_from_string(cases[i].text))) {
            print_error("case %zu: %.*s\n", i, (int)text.bytes, text.start);
            fail();
        }
    }
    const struct field_value nul = {.text = slice_of("a\0b", 3), .kind = VALUE_TEXT};
    char scratch[16];
    assert_true(slice_equals(json_text(&nul, scratch, sizeof(scratch)), SLICE("a" FFFD "b")));
}

static void text_is_cut_on_a_character(void **state)
{
    (void)state;
    static const char *const raws[] = {"ab\xe2\x82\xac"
                                       "cd",
                                       "ab\\u20ac"
                                       "cd",
                                       "ab\xff"
                                       "cd"};
    static const size_t lengths[] = {0, 1, 2, 2, 2, 5, 6, 7, 7};
    for (size_t i = 0; i < COUNT(raws); i++) {
        for (size_t room = 0; room < COUNT(lengths); room++) {
            char scratch[16];
            const struct field_value value = {
                .text = slice_from_string(raws[i]), .kind = VALUE_TEXT, .escaped = i == 1};
            assert_int_equal(json_text(&value, scratch, room).bytes, lengths[room]);
        }
    }
}

static void values_that_are_no_text_pass_as_they_are(void **state)
{
    (void)state;
    const struct field_value value = {.text = SLICE("[\"\\u0041\xff\"]"), .kind = VALUE_NESTED};
    char scratch[4];
    assert_ptr_equal(json_text(&value, scratch, sizeof(scratch)).start, value.text.start);
    assert_int_equal(json_text(&value, scratch, sizeof(scratch)).bytes, value.text.bytes);
}

/* ---- Layout ---------------------------------------------------------------------------------- */

static void layouts_are_told_from_the_first_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int layout; /* -1: no JSON */
    } cases[] = {
        {"", -1},
        {"  \n", -1},
        {"time,user\n", -1},
        {"\"x\"", -1},
        {"{\"a\":1}\n{\"a\":2}\n", LINES},
        {"\xef\xbb\xbf{\"a\":1}\n", LINES},
        {"\n\n{\"a\":1}", LINES},
        {"{\"a\":1} \r\n", LINES},
        {"{\"a\":{\"value\":[{}]}}\n", LINES},
        {"{\"value\":[1]}\n", LINES},
        {"{\"value\":\"[\"}\n", LINES},
        {"{\"a\":\"unfinished", LINES},
        {"{\"a\":\"cut off\n{\"a\":1}\n", LINES},
        {"{\"a\":1,\n{\"a\":1}\n", LINES},
        {"[{\"a\":1}]", STREAM},
        {"  [\n", STREAM},
        {"{\n  \"a\": 1\n}\n", STREAM},
        {"{\n  \"a\": 1,", STREAM},
        {"{\"a\":1,\n \"b\":2}", STREAM},
        {"{\"a\":1}{\"a\":2}", STREAM},
        {"{\"a\":1},\n{\"a\":2}", STREAM},
        {"{\"value\":[{\"a\":1}]}\n", STREAM},
        {"{\"Records\": [ {", STREAM},
        {"{\"@odata.context\":\"x\",\"value\":[]}", STREAM},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum layout layout = LINES;
        const bool is_json = json_detect_layout(slice_from_string(cases[i].head), &layout);
        if (is_json != (cases[i].layout >= 0) || (is_json && (int)layout != cases[i].layout)) {
            print_error("%s: %d %d\n", cases[i].head, (int)is_json, (int)layout);
            fail();
        }
    }
}

/* ---- Splitting ------------------------------------------------------------------------------- */

struct splitting {
    struct text records; /* their texts, each behind a letter for its result */
    uint64_t newlines, too_long, broken;
    size_t blocks_bytes;
};

static void read_cut(struct splitting *splitting, const struct json_paths *compiled,
                     const struct block *block, size_t line_bytes_max)
{
    static struct reading reading;
    read_all(&reading, compiled, JSON_TIER_BEST, line_bytes_max, block);
    splitting->blocks_bytes += block->bytes;
    splitting->newlines += reading.newlines;
    for (size_t i = 0; i < reading.count; i++) {
        splitting->too_long += reading.results[i] == RECORD_TOO_LONG;
        splitting->broken += reading.results[i] == RECORD_BROKEN;
        if (reading.results[i] == RECORD_TOO_LONG)
            continue;
        put_bytes(&splitting->records, &"r?bdl"[reading.results[i]], 1);
        put_bytes(&splitting->records, reading.records[i].text.start,
                  reading.records[i].text.bytes);
        put(&splitting->records, "\n");
    }
}

/* Splits `text`, giving `step` further bytes at a time; 0: a random number of them. */
static void split_all(struct splitting *splitting, const struct json_paths *compiled,
                      enum layout layout, enum json_tier tier, size_t line_bytes_max,
                      struct slice text, size_t step)
{
    struct json_split split;
    json_split_init(&split, layout, line_bytes_max);
    split.tier = tier;
    memset(splitting, 0, sizeof(*splitting));
    size_t at = 0, end = 0;
    bool at_end = false;
    while (!at_end || at < end) {
        const size_t more = step > 0 ? step : draw_below(draw_one_in(4) ? 400 : 20);
        if (!at_end && text.bytes - end <= more) {
            /* Sometimes the end shows only when nothing more comes. */
            at_end = end == text.bytes || draw_one_in(2);
            end = text.bytes;
        } else if (!at_end) {
            end += more;
        }
        for (;;) {
            /* Memory of just this size: the splitter reads nothing behind. */
            char *copy = malloc(end - at + 1);
            assert_non_null(copy);
            memcpy(copy, text.start + at, end - at);
            const struct record_cut cut = json_split_next(&split, slice_of(copy, end - at), at_end);
            free(copy);
            assert_true(cut.skip + cut.bytes <= end - at);
            splitting->newlines += cut.newlines_skipped;
            splitting->too_long += cut.records_too_long;
            splitting->broken += cut.records_broken;
            if (cut.bytes > 0) {
                const struct block held = hold_block(layout, text.start + at + cut.skip, cut.bytes);
                read_cut(splitting, compiled, &held, line_bytes_max);
                free(held.text);
            }
            at += cut.skip + cut.bytes;
            if (cut.skip + cut.bytes == 0) {
                assert_true(end - at <= line_bytes_max || end - at < 4);
                assert_true(!at_end || at == end);
                break;
            }
        }
    }
}

/* What comes out: records by semicolons; then broken and too long ones. */
struct splitting_case {
    const char *name;
    const char *text;
    const char *records;
    unsigned broken, too_long;
};

static const struct splitting_case splitting_cases[] = {
    {"nothing", "", "", 0, 0},
    {"blanks", " \n\t\r\n ", "", 0, 0},
    {"array", "[{\"a\":1},{\"a\":2}]", "{\"a\":1};{\"a\":2}", 0, 0},
    {"empty array", "[]", "", 0, 0},
    {"envelope", "{\"value\":[{\"a\":1},{\"a\":2}]}", "{\"a\":1};{\"a\":2}", 0, 0},
    {"other keys",
     "{\"@odata.context\":\"]}\",\"n\":[1,{}],\"value\":[{\"a\":1}],\"@odata.next\":\"[{\"}",
     "{\"a\":1}", 0, 0},
    {"any case", "{ \"RECORDS\" : [ {\"a\":1} ] }", "{\"a\":1}", 0, 0},
    {"empty envelope", "{\"value\":[]}\n{\"a\":1}", "{\"a\":1}", 0, 0},
    {"two arrays of records", "{\"value\":[{\"a\":1}],\"records\":[{\"a\":2}]}",
     "{\"a\":1};{\"a\":2}", 0, 0},
    {"an envelope a line",
     "{\"records\":[{\"a\":1},{\"a\":2}]}\n{\"records\":[{\"a\":3}]}\n{\"a\":4}\n",
     "{\"a\":1};{\"a\":2};{\"a\":3};{\"a\":4}", 0, 0},
    {"array of envelopes", "[{\"value\":[{\"a\":1}]},{\"value\":[{\"a\":2}]}]",
     "{\"a\":1};{\"a\":2}", 0, 0},
    {"value that is no record", "{\"value\":[\"x\"],\"a\":{\"value\":[{}]}}",
     "{\"value\":[\"x\"],\"a\":{\"value\":[{}]}}", 0, 0},
    {"escaped quote before the name", "{\"x\\\"value\":[{}]}", "{\"x\\\"value\":[{}]}", 0, 0},
    {"byte order mark", "\xef\xbb\xbf[{\"a\":1}]", "{\"a\":1}", 0, 0},
    {"concatenated", "{\"a\":1}{\"a\":2}\n{\n \"a\":3\n}", "{\"a\":1};{\"a\":2};{\n \"a\":3\n}", 0,
     0},
    {"strings hide brackets", "[{\"a\":\"}]{[\\\"\"},{\"b\":\"\\\\\"}]",
     "{\"a\":\"}]{[\\\"\"};{\"b\":\"\\\\\"}", 0, 0},
    {"unfinished", "[{\"a\":1},{\"a\":", "{\"a\":1}", 1, 0},
    {"unfinished envelope", "{\"value\":[{\"a\":1}", "{\"a\":1}", 1, 0},
    {"unfinished end of envelope", "{\"value\":[{\"a\":1}]", "{\"a\":1}", 1, 0},
    {"cut off on lines", "[\n  {\"a\":{\"b\":1},\n  {\"a\":2},\n  {\"a\":3}\n]",
     "{\"a\":2};{\"a\":3}", 1, 0},
    {"cut off in a string", "{\"a\":1}\n{\"a\":\"x\n{\"a\":2}\n", "{\"a\":1};{\"a\":2}", 1, 0},
    {"two cut off in a row", "{\"a\":1}\n{\"a\":\"x\n{\"a\":{\n{\"a\":2}\n", "{\"a\":1};{\"a\":2}",
     2, 0},
    {"cut off in one line", "[{\"a\":1},{\"a\":{\"b\":2},{\"a\":3},{\"a\":4}]",
     "{\"a\":1};{\"a\":3};{\"a\":4}", 1, 0},
    {"cut off in a string in one line", "[{\"a\":1},{\"a\":\"x{\"a\":3},{\"a\":4}]",
     "{\"a\":1};{\"a\":4}", 1, 0},
    {"bracket too many", "[{\"a\":1}},{\"a\":2}]", "{\"a\":1};{\"a\":2}", 1, 0},
    {"closed too early", "[{\"a\":{\"b\":1}},\"c\":{\"d\":2}},{\"a\":3}]",
     "{\"a\":{\"b\":1}};{\"a\":3}", 1, 0},
    {"mismatch", "[\n {\"a\":[1},\n {\"a\":2}\n]", "{\"a\":2}", 1, 0},
    {"scalars between", "[1,{\"a\":1},null,true,{\"a\":2}]", "{\"a\":1};{\"a\":2}", 2, 0},
    {"pretty, damaged",
     "{\n  \"value\": [\n    {\n      \"a\": {\n        \"b\": 1\n    },\n    {\n"
     "      \"a\": 2\n    }\n  ]\n}\n",
     "{\n      \"a\": 2\n    }", 1, 0},
    {"too long",
     "[{\"a\":1},{\"a\":\"0123456789012345678901234567890123456789012345678901234567\",\"b\":[{"
     "\"c\":1},{\"d\":[2]}]},{\"a\":2}]",
     "{\"a\":1};{\"a\":2}", 0, 1},
    {"too long and never closed",
     "{\"a\":1}\n{\"a\":[\"0123456789012345678901234567890123456789012345678901234567\"\n{\"a\":2}"
     "\n",
     "{\"a\":1};{\"a\":2}", 0, 1},
    {"garbage lines", "hello\n{\"a\":1}\nworld \"x\n{\"a\":2}\n", "{\"a\":1};{\"a\":2}", 2, 0},
};

static void put_expected(struct text *text, const char *records)
{
    text->length = 0;
    while (*records != '\0') {
        const size_t length = strcspn(records, ";");
        put(text, "r");
        put_bytes(text, records, length);
        put(text, "\n");
        records += length + (records[length] == ';');
    }
}

static void streams_are_split_as_the_examples_say(void **state)
{
    (void)state;
    static struct splitting splitting;
    static struct text expected;
    struct json_paths *compiled = compile(NULL, 0);
    for (size_t i = 0; i < COUNT(splitting_cases); i++) {
        const struct splitting_case *c = &splitting_cases[i];
        const struct slice text = slice_from_string(c->text);
        put_expected(&expected, c->records);
        for (size_t step = 1; step <= text.bytes + 1; step++) {
            split_all(&splitting, compiled, STREAM, json_tier_best(), 64, text, step);
            if (splitting.records.length != expected.length ||
                memcmp(splitting.records.bytes, expected.bytes, expected.length) != 0 ||
                splitting.broken != c->broken || splitting.too_long != c->too_long) {
                print_error("%s, step %zu: broken %llu, too long %llu, records:\n%.*s\n", c->name,
                            step, (unsigned long long)splitting.broken,
                            (unsigned long long)splitting.too_long, (int)splitting.records.length,
                            splitting.records.bytes);
                fail();
            }
        }
    }
    json_paths_destroy(compiled);
}

static void lines_are_split_at_their_ends(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":1}\n\n{\"a\":\"too long by far\"}\n  {\"a\":2}\nbroken\n{\"a\":3}";
    static struct splitting splitting;
    static struct text expected;
    struct json_paths *compiled = compile(NULL, 0);
    put_expected(&expected, "{\"a\":1};{\"a\":2}");
    put(&expected, "bbroken\nr{\"a\":3}\n");
    for (size_t step = 1; step <= sizeof(text); step++) {
        split_all(&splitting, compiled, LINES, json_tier_best(), 12, slice_from_string(text), step);
        assert_int_equal(splitting.records.length, expected.length);
        assert_memory_equal(splitting.records.bytes, expected.bytes, expected.length);
        assert_int_equal(splitting.broken, 1);
        assert_int_equal(splitting.too_long, 1);
        assert_int_equal(splitting.newlines, 5);
    }
    json_paths_destroy(compiled);
}

/* A source of any layout, sometimes damaged. */
static void put_source(struct text *text)
{
    const struct manner manner = draw_manner();
    const size_t style = draw_below(5);
    text->length = 0;
    for (size_t round = 1 + draw_below(3); round > 0; round--) {
        if (style == 0)
            put(text,
                draw_one_in(2) ? "{\"@odata.context\":\"a\",\"value\":[" : "{\"Records\": [\n  ");
        else if (style == 1)
            put(text, "[");
        for (size_t i = draw_below(6); i > 0; i--) {
            put_object(text, &manner, 1);
            put(text, style == 2                     ? "\n"
                      : style == 3 && draw_one_in(2) ? ""
                      : i > 1                        ? ",\n  "
                                                     : "\n");
        }
        if (style == 0)
            put(text, draw_one_in(2) ? "]}\n" : "],\"@odata.nextLink\":\"b\",\"n\":[{}]}");
        else if (style == 1)
            put(text, "]\n");
    }
    if (draw_one_in(2))
        damage(text);
}

static void compare_splittings(const struct splitting *a, const struct splitting *b,
                               const struct text *text)
{
    if (a->records.length == b->records.length &&
        memcmp(a->records.bytes, b->records.bytes, a->records.length) == 0 &&
        a->newlines == b->newlines && a->too_long == b->too_long && a->broken == b->broken)
        return;
    print_error("newlines %llu %llu, too long %llu %llu, broken %llu %llu\n%.*s\n--- first:\n%.*s\n"
                "--- second:\n%.*s\n",
                (unsigned long long)a->newlines, (unsigned long long)b->newlines,
                (unsigned long long)a->too_long, (unsigned long long)b->too_long,
                (unsigned long long)a->broken, (unsigned long long)b->broken, (int)text->length,
                text->bytes, (int)a->records.length, a->records.bytes, (int)b->records.length,
                b->records.bytes);
    fail();
}

static void splitting_does_not_depend_on_the_division_into_calls(void **state)
{
    (void)state;
    static struct text text;
    static struct splitting whole, divided;
    struct json_paths *compiled = compile(NULL, 0);
    for (size_t round = 0; round < ROUNDS / 8; round++) {
        put_source(&text);
        const enum layout layout = draw_one_in(3) ? LINES : STREAM;
        const size_t line_bytes_max = draw_one_in(2) ? 4 + draw_below(300) : SIZE_MAX / 2;
        const struct slice all = slice_of(text.bytes, text.length);
        split_all(&whole, compiled, layout, json_tier_best(), line_bytes_max, all, TEXT_MAX);
        uint64_t newlines = 0;
        for (size_t i = 0; i < text.length; i++)
            newlines += text.bytes[i] == '\n';
        assert_int_equal(whole.newlines, newlines);
        for (size_t i = 0; i < 3; i++) {
            const enum json_tier tier = (enum json_tier)draw_below((size_t)json_tier_best() + 1);
            split_all(&divided, compiled, layout, tier, line_bytes_max, all,
                      draw_one_in(4) ? 1 + draw_below(70) : 0);
            compare_splittings(&whole, &divided, &text);
        }
    }
    json_paths_destroy(compiled);
}

static void sound_envelopes_give_exactly_their_records(void **state)
{
    (void)state;
    static struct text text, expected;
    static struct splitting splitting;
    struct json_paths *compiled = compile(NULL, 0);
    for (size_t round = 0; round < ROUNDS / 8; round++) {
        const struct manner manner = {.blanks = draw_one_in(2), .newlines = draw_one_in(2)};
        const size_t style = draw_below(4);
        text.length = expected.length = 0;
        for (size_t envelope = draw_below(3); envelope > 0; envelope--) {
            put(&text, style == 0   ? "{\"count\":{\"value\":[1]},\"value\" : ["
                       : style == 1 ? "["
                                    : "");
            for (size_t i = draw_below(5); i > 0; i--) {
                const size_t start = text.length;
                put_object(&text, &manner, 1);
                put(&expected, "r");
                put_bytes(&expected, text.bytes + start, text.length - start);
                put(&expected, "\n");
                put_blanks(&text, &manner);
                put(&text, style < 2 && i > 1 ? "," : style == 2 ? "\n" : "");
            }
            put(&text, style == 0 ? "],\"rest\":\"]}{\"}" : style == 1 ? "]" : "");
        }
        assert_true(text.length < TEXT_MAX);
        split_all(&splitting, compiled, STREAM, json_tier_best(), SIZE_MAX / 2,
                  slice_of(text.bytes, text.length), 0);
        assert_int_equal(splitting.broken, 0);
        assert_int_equal(splitting.records.length, expected.length);
        assert_memory_equal(splitting.records.bytes, expected.bytes, expected.length);
    }
    json_paths_destroy(compiled);
}

/* Takes another seed as its argument. */
int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 10);
    print_message("# seed %llu\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_as_the_examples_say),
        cmocka_unit_test(nesting_beyond_the_limit_is_reported_and_passed),
        cmocka_unit_test(lines_longer_than_the_limit_are_too_long_whatever_they_hold),
        cmocka_unit_test(reading_stops_once_the_wanted_fields_are_known),
        cmocka_unit_test(what_is_remembered_is_not_waited_for),
        cmocka_unit_test(memory_changes_nothing_but_the_slot_read_once),
        cmocka_unit_test(absent_values_are_marked_so),
        cmocka_unit_test(elements_of_an_array_are_read_as_records),
        cmocka_unit_test(paths_that_cannot_be_are_refused),
        cmocka_unit_test(keys_longer_than_a_vector_are_found),
        cmocka_unit_test(text_is_decoded_and_made_valid),
        cmocka_unit_test(text_is_cut_on_a_character),
        cmocka_unit_test(values_that_are_no_text_pass_as_they_are),
        cmocka_unit_test(layouts_are_told_from_the_first_bytes),
        cmocka_unit_test(streams_are_split_as_the_examples_say),
        cmocka_unit_test(lines_are_split_at_their_ends),
        cmocka_unit_test(random_records_read_as_the_naive_reader_reads_them),
        cmocka_unit_test(accepted_records_and_their_values_are_those_of_jansson),
        cmocka_unit_test(splitting_does_not_depend_on_the_division_into_calls),
        cmocka_unit_test(sound_envelopes_give_exactly_their_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
