#include "parsers/json.h"

#include "parsers/json_tier.h"

#include <assert.h>

static const struct slice byte_order_mark = {.start = "\xef\xbb\xbf", .bytes = 3};

/* A tier above the best that this CPU runs is that best one. */
static enum json_tier usable_tier(enum json_tier tier)
{
    const enum json_tier best = json_tier_best();
    return tier < best ? tier : best;
}

const char *json_tier_name(enum json_tier tier)
{
    static const char *const names[] = {
        [JSON_SCALAR] = "scalar", [JSON_AVX2] = "avx2", [JSON_AVX512] = "avx512"};
    return names[tier == JSON_TIER_BEST ? json_tier_best() : tier];
}

void json_reader_init(struct json_reader *reader, const struct json_paths *paths,
                      enum json_tier tier, size_t line_bytes_max, const struct block *block)
{
    *reader = (struct json_reader){
        .paths = paths,
        .tier = usable_tier(tier),
        .layout = block->layout,
        .line_bytes_max = line_bytes_max,
        .start = block->text,
        .at = block->text,
        .end = block->text + block->bytes,
    };
}

void json_reader_init_array(struct json_reader *reader, const struct json_paths *paths,
                            enum json_tier tier, struct slice array)
{
    assert(array.bytes >= 2);
    *reader = (struct json_reader){
        .paths = paths,
        .tier = usable_tier(tier),
        .layout = LAYOUT_JSON_STREAM,
        .line_bytes_max = SIZE_MAX,
        .start = array.start,
        .at = array.start + 1,
        .end = array.start + array.bytes - 1,
    };
}

void json_reader_init_object(struct json_reader *reader, const struct json_paths *paths,
                             enum json_tier tier, struct slice object)
{
    *reader = (struct json_reader){
        .paths = paths,
        .tier = usable_tier(tier),
        .layout = LAYOUT_JSON_STREAM,
        .line_bytes_max = SIZE_MAX,
        .start = object.start,
        .at = object.start,
        .end = object.start + object.bytes,
    };
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static const char *pass_line_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

static const char *find_line_end(const char *at, const char *end)
{
    const char *found = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    return found != NULL ? found : end;
}

static void begin_record(const struct json_reader *reader, const char *start, struct record *record)
{
    record->offset = (uint64_t)(start - reader->start);
    record->newlines = reader->newlines;
    record->present = 0;
}

/* ---- A record a line --------------------------------------------------------------------- */

/* What the walk found is a whole record only when it ends its line. */
static enum record_result check_line_end(const char *start, const char *line_end,
                                         const struct json_walk *walk, struct record *record)
{
    const char *last = line_end;
    while (last > walk->behind && is_blank(last[-1]))
        last--;
    const bool is_whole =
        walk->stopped ? last > walk->behind && last[-1] == '}' : last == walk->behind;
    if (!is_whole)
        return RECORD_BROKEN;
    record->text = slice_of(start, (size_t)(last - start));
    return RECORD_FOUND;
}

/* Reads the record at `start`, whose line began at `line`, and takes the line. */
static enum record_result read_line(struct json_reader *reader, const char *line, const char *start,
                                    struct record *record)
{
    struct json_walk walk = {.behind = start};
    enum record_result result = RECORD_BROKEN;
    begin_record(reader, start, record);
    if (start < reader->end && *start == '{')
        result = json_code(reader->tier)->walk(reader, start, record, &walk);

    const char *line_end = find_line_end(walk.behind, reader->end);
    if (result == RECORD_FOUND)
        result = check_line_end(start, line_end, &walk, record);
    if ((size_t)(line_end - line) > reader->line_bytes_max)
        result = RECORD_TOO_LONG;
    if (result != RECORD_FOUND) {
        record->text = slice_of(start, (size_t)(line_end - start));
        record->present = 0;
    }
    reader->newlines += line_end < reader->end;
    reader->at = line_end < reader->end ? line_end + 1 : line_end;
    return result;
}

static const char *pass_byte_order_mark(const char *at, const char *end)
{
    const struct slice rest = slice_of(at, (size_t)(end - at));
    return slice_starts_with(rest, byte_order_mark) ? at + byte_order_mark.bytes : at;
}

static enum record_result next_line(struct json_reader *reader, struct record *record)
{
    while (reader->at < reader->end) {
        const char *line = reader->at;
        const char *start = pass_line_blanks(pass_byte_order_mark(line, reader->end), reader->end);
        const bool is_blank_line = start == reader->end || *start == '\n';
        if (!is_blank_line || (size_t)(start - line) > reader->line_bytes_max)
            return read_line(reader, line, start, record);
        reader->newlines += start < reader->end;
        reader->at = start < reader->end ? start + 1 : start;
    }
    return RECORD_END;
}

/* ---- Records of any shape ---------------------------------------------------------------- */

/* Behind blanks and commas; counts the line ends among them. */
static const char *pass_separators(struct json_reader *reader)
{
    const char *at = reader->at;
    for (; at < reader->end; at++) {
        if (*at == '\n')
            reader->newlines++;
        else if (!is_blank(*at) && *at != ',')
            break;
    }
    return at;
}

static const char *pass_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if (*at == '\\' && at + 1 < end)
            at++;
    }
    return at < end ? at + 1 : end;
}

/* What is no object is passed over up to the next one. */
static const char *pass_garbage(const char *at, const char *end)
{
    while (at < end && *at != '{')
        at = *at == '"' ? pass_string(at, end) : at + 1;
    return at;
}

/* A damaged record ends with its brackets; when these are damaged, before the next line that begins
 * with one. */
static const char *pass_damaged(const struct json_code *code, const char *start, const char *end)
{
    const char *damage = end;
    const char *behind = code->extent(start, end, &damage);
    if (behind != NULL)
        return behind;
    for (const char *at = damage > start ? damage : start + 1; at < end; at++) {
        at = find_line_end(at, end);
        if (at < end && at + 1 < end && at[1] == '{')
            return at + 1;
    }
    return end;
}

static enum record_result next_object(struct json_reader *reader, struct record *record)
{
    const struct json_code *code = json_code(reader->tier);
    const char *start = pass_separators(reader);
    reader->at = start;
    if (start == reader->end)
        return RECORD_END;

    struct json_walk walk = {.behind = start};
    enum record_result result = RECORD_BROKEN;
    begin_record(reader, start, record);
    if (*start == '{') {
        result = code->walk(reader, start, record, &walk);
        if (result != RECORD_FOUND)
            walk.behind = pass_damaged(code, start, reader->end);
        if ((size_t)(walk.behind - start) > reader->line_bytes_max)
            result = RECORD_TOO_LONG;
    } else {
        walk.behind = pass_garbage(start, reader->end);
    }
    if (result != RECORD_FOUND)
        record->present = 0;
    record->text = slice_of(start, (size_t)(walk.behind - start));
    reader->newlines += code->newlines(start, walk.behind);
    reader->at = walk.behind;
    return result;
}

enum record_result json_reader_next(struct json_reader *reader, struct record *record)
{
    return reader->layout == LAYOUT_JSON_LINES ? next_line(reader, record)
                                               : next_object(reader, record);
}
