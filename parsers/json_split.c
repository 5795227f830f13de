#include "parsers/json.h"

#include "parsers/json_tier.h"

#include <assert.h>

/*
 * The splitter is a machine that can stop behind any byte. In LAYOUT_JSON_LINES it knows only line
 * ends. In LAYOUT_JSON_STREAM it stands in one of these places:
 *
 *   between -- `{` --> object -- sound end ------------------------> between
 *                        |------ its array of records opens -------> between, in an envelope
 *                        |------ damaged --------------------------> damage
 *                        '------ longer than line_bytes_max -------> dropped object
 *   between -- `]` of an envelope --> object (the rest of the envelope), then as above
 *   dropped object -- its end, or a line that looks like a record --> between
 *   damage -- what looks like the next record ----------------------> between
 *
 * Only in an object are bytes kept for later calls: it is given as a whole or not at all. How much
 * of it has been looked at is remembered, so long records in small pieces cost no more. An object
 * is never looked at beyond line_bytes_max bytes, and every decision hangs on the position of bytes
 * in the text alone; therefore the division into calls changes nothing.
 */
enum place {
    PLACE_LINES,
    PLACE_DROPPED_LINE,
    PLACE_BETWEEN,
    PLACE_OBJECT,
    PLACE_DROPPED_OBJECT,
    PLACE_DAMAGE,
};

/* One call. The records found so far are contiguous but for blanks and commas. */
struct cutting {
    struct json_split *split;
    struct slice text;
    bool at_end;
    size_t at;                         /* all before it is decided */
    size_t object_start;               /* in PLACE_OBJECT */
    size_t records_start, records_end; /* equal: none yet */
    struct record_cut cut;
};

void json_split_init(struct json_split *split, enum layout layout, size_t line_bytes_max)
{
    *split = (struct json_split){
        .layout = layout,
        .line_bytes_max = line_bytes_max,
        .tier = json_tier_best(),
        .place = layout == LAYOUT_JSON_LINES ? PLACE_LINES : PLACE_BETWEEN,
        .line_is_blank = true,
    };
}

/* ---- A record a line --------------------------------------------------------------------- */

static struct record_cut cut_lines(struct json_split *split, struct slice text, bool at_end)
{
    struct record_cut cut = {0};
    if (split->place == PLACE_DROPPED_LINE) {
        cut.skip = slice_find(text, '\n');
        if (cut.skip == text.bytes)
            return cut;
        cut.skip++;
        cut.newlines_skipped = 1;
        split->place = PLACE_LINES;
    }
    const struct slice rest = slice_from(text, cut.skip);
    const char *last = rest.bytes > 0 ? memrchr(rest.start, '\n', rest.bytes) : NULL;
    if (last != NULL) {
        cut.bytes = (size_t)(last - rest.start) + 1;
    } else if (rest.bytes > split->line_bytes_max) {
        cut.skip = text.bytes;
        cut.records_too_long = 1;
        split->place = at_end ? PLACE_LINES : PLACE_DROPPED_LINE;
    } else if (at_end) {
        cut.bytes = rest.bytes;
    }
    return cut;
}

/* ---- Where lines and records begin -------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Remembers what decides whether the next byte can begin a record. */
static void note_byte(struct json_split *split, char byte)
{
    if (byte == '\n') {
        split->line_is_blank = true;
        split->indent = 0;
    } else if (is_blank(byte)) {
        split->indent++;
    } else {
        split->line_is_blank = false;
        split->last_but_one = split->last;
        split->last = (uint8_t)byte;
    }
}

/* Whether a `{` here begins its line no deeper than records do. */
static bool begins_record_line(const struct json_split *split)
{
    return split->line_is_blank && split->has_indent && split->indent <= split->record_indent;
}

/* Whether a `{` here follows another record on its line, as the last one did. */
static bool follows_record(const struct json_split *split)
{
    return split->begins_midline && split->last == ',' && split->last_but_one == '}';
}

/* ---- Records of any shape ---------------------------------------------------------------- */

static bool has_records(const struct cutting *cutting)
{
    return cutting->records_end > cutting->records_start;
}

/* Ends the call behind the records found: what follows them is looked at in the next one. True when
 * there are any. */
static bool give_records(struct cutting *cutting)
{
    if (!has_records(cutting))
        return false;
    struct json_split *split = cutting->split;
    cutting->at = cutting->records_end;
    split->place = PLACE_BETWEEN;
    split->line_is_blank = false;
    split->last = '}';
    return true;
}

static void count_broken(struct cutting *cutting)
{
    cutting->cut.records_broken += !cutting->split->in_damage;
    cutting->split->in_damage = true;
}

static void enter_object(struct cutting *cutting)
{
    struct json_split *split = cutting->split;
    cutting->object_start = cutting->at;
    split->begins_midline = !split->line_is_blank;
    if (split->line_is_blank) {
        split->record_indent = split->indent;
        split->has_indent = true;
    }
    memset(&split->object, 0, sizeof(split->object));
    split->place = PLACE_OBJECT;
}

/* The rest of an envelope, from the `]` that closes its records. */
static void enter_envelope_rest(struct cutting *cutting)
{
    struct json_split *split = cutting->split;
    cutting->object_start = cutting->at;
    memset(&split->object, 0, sizeof(split->object));
    split->object.depth = 2;
    split->object.kinds = 1; /* an array inside an object */
    split->in_envelope = false;
    split->in_tail = true;
    split->place = PLACE_OBJECT;
}

/* A byte between records that is neither blank, comma nor `{`. */
static void pass_between_byte(struct cutting *cutting, char byte)
{
    struct json_split *split = cutting->split;
    if (byte == ']' && split->in_envelope) {
        enter_envelope_rest(cutting);
        return;
    }
    if (byte == '"' || byte == ':' || byte == '\\') {
        /* The inside of an object: what opens there is no record. */
        count_broken(cutting);
        split->place = PLACE_DAMAGE;
        return;
    }
    const bool is_byte_order_mark = byte == '\xef' || byte == '\xbb' || byte == '\xbf';
    if (!is_byte_order_mark) {
        if (byte == '[' && !split->in_envelope)
            split->arrays++;
        else if (byte == ']' && split->arrays > 0)
            split->arrays--;
        else
            count_broken(cutting);
        note_byte(split, byte);
    }
    cutting->at++;
}

/* Nothing follows: what is still open was cut off. */
static void end_between(struct cutting *cutting)
{
    struct json_split *split = cutting->split;
    if (split->in_envelope || split->arrays > 0)
        count_broken(cutting);
    split->in_envelope = false;
    split->arrays = 0;
}

static bool pass_between(struct cutting *cutting)
{
    struct json_split *split = cutting->split;
    while (cutting->at < cutting->text.bytes) {
        const char byte = cutting->text.start[cutting->at];
        if (byte == '{') {
            enter_object(cutting);
            return true;
        }
        if (!is_blank(byte) && byte != ',') {
            if (give_records(cutting))
                return false;
            pass_between_byte(cutting, byte);
            if (split->place != PLACE_BETWEEN)
                return true;
            continue;
        }
        note_byte(split, byte);
        cutting->at++;
    }
    if (cutting->at_end)
        end_between(cutting);
    give_records(cutting);
    return false;
}

static bool end_object(struct cutting *cutting, size_t length)
{
    struct json_split *split = cutting->split;
    const size_t end = cutting->object_start + length;
    if (!split->in_tail) {
        if (!has_records(cutting))
            cutting->records_start = cutting->object_start;
        cutting->records_end = end;
    }
    cutting->at = end;
    split->in_tail = false;
    split->in_damage = false;
    split->after_damage = false;
    note_byte(split, '}');
    split->place = PLACE_BETWEEN;
    return true;
}

static bool open_envelope(struct cutting *cutting, size_t length)
{
    struct json_split *split = cutting->split;
    if (give_records(cutting))
        return false;
    cutting->at = cutting->object_start + length;
    split->in_envelope = true;
    split->in_tail = false;
    note_byte(split, '[');
    split->place = PLACE_BETWEEN;
    return true;
}

static bool leave_damaged_object(struct cutting *cutting, size_t length)
{
    struct json_split *split = cutting->split;
    if (give_records(cutting))
        return false;
    count_broken(cutting);
    cutting->at = cutting->object_start + length;
    for (size_t i = cutting->object_start; i < cutting->at; i++)
        note_byte(split, cutting->text.start[i]);
    split->place = PLACE_DAMAGE;
    return true;
}

/* The text ends inside the object, or it is too long. */
static bool suspend_object(struct cutting *cutting, bool is_too_long)
{
    struct json_split *split = cutting->split;
    if (give_records(cutting))
        return false;
    cutting->at = cutting->object_start;
    if (is_too_long) {
        cutting->cut.records_too_long++;
        split->in_damage = true;
        memset(&split->object, 0, sizeof(split->object));
        split->object.depth = split->in_tail ? 2 : 0;
        split->place = PLACE_DROPPED_OBJECT;
        return true;
    }
    if (cutting->at_end) {
        count_broken(cutting);
        cutting->at = cutting->text.bytes;
        split->in_envelope = split->in_tail = false;
        split->arrays = 0;
        split->place = PLACE_BETWEEN;
    }
    return false;
}

static bool take_object(struct cutting *cutting)
{
    struct json_split *split = cutting->split;
    struct json_object object = {
        .scanned = split->object.scanned,
        .in_string = split->object.in_string,
        .escape = split->object.escape,
        .depth = split->object.depth,
        .kinds = split->object.kinds,
        .holds_records = !split->in_envelope || split->after_damage,
    };
    const struct slice there = slice_from(cutting->text, cutting->object_start);
    const bool is_longer = there.bytes > split->line_bytes_max;
    size_t length;
    const enum json_object_end end =
        json_code(split->tier)
            ->object(&object, there.start, is_longer ? split->line_bytes_max : there.bytes,
                     &length);
    split->object.scanned = object.scanned;
    split->object.in_string = object.in_string;
    split->object.escape = object.escape;
    split->object.depth = object.depth;
    split->object.kinds = object.kinds;

    switch (end) {
    case OBJECT_DONE:
        return end_object(cutting, length);
    case OBJECT_ENVELOPE:
        return open_envelope(cutting, length);
    case OBJECT_DAMAGED:
        return leave_damaged_object(cutting, length);
    case OBJECT_MORE:
    case OBJECT_GOES_ON:
        break;
    }
    return suspend_object(cutting, is_longer);
}

/* A byte inside a string of a dropped object. */
static void pass_dropped_text(struct json_split *split, char byte)
{
    if (split->object.escape != 0)
        split->object.escape = 0;
    else if (byte == '\\')
        split->object.escape = 1;
    else if (byte == '"')
        split->object.in_string = 0;
    else if ((unsigned char)byte < ' ')
        split->place = PLACE_DAMAGE;
}

/* A byte of a dropped object outside its strings. */
static void pass_dropped_structure(struct json_split *split, char byte)
{
    if (byte == '"') {
        split->object.in_string = 1;
    } else if (byte == '\\') {
        split->place = PLACE_DAMAGE;
    } else if (byte == '{' || byte == '[') {
        if (byte == '{' && split->object.depth > 0 && begins_record_line(split))
            split->place = PLACE_DAMAGE;
        else
            split->object.depth++;
    } else if (byte == '}' || byte == ']') {
        if (--split->object.depth == 0) {
            split->in_tail = false;
            split->in_damage = false;
            split->place = PLACE_BETWEEN;
        }
    }
}

/* Follows a record that is too long to its end, by its brackets. */
static bool pass_dropped_object(struct cutting *cutting)
{
    struct json_split *split = cutting->split;
    for (; cutting->at < cutting->text.bytes; cutting->at++) {
        const char byte = cutting->text.start[cutting->at];
        if (split->object.in_string != 0)
            pass_dropped_text(split, byte);
        else
            pass_dropped_structure(split, byte);
        if (split->place == PLACE_DAMAGE)
            return true;
        note_byte(split, byte);
        if (split->place == PLACE_BETWEEN) {
            cutting->at++;
            return true;
        }
    }
    return false;
}

/* Looks for what may be the next record. */
static bool pass_damage(struct cutting *cutting)
{
    struct json_split *split = cutting->split;
    for (; cutting->at < cutting->text.bytes; cutting->at++) {
        const char byte = cutting->text.start[cutting->at];
        if (byte == '{' && (begins_record_line(split) || follows_record(split))) {
            /* A line that begins like a record is one. A `{` elsewhere may lie inside the damaged
             * record, so that damage in what it opens is still the same. */
            if (split->line_is_blank)
                split->in_damage = false;
            split->after_damage = true;
            split->in_tail = false;
            split->place = PLACE_BETWEEN;
            return true;
        }
        note_byte(split, byte);
    }
    return false;
}

static bool take_step(struct cutting *cutting)
{
    switch (cutting->split->place) {
    case PLACE_OBJECT:
        return take_object(cutting);
    case PLACE_DROPPED_OBJECT:
        return pass_dropped_object(cutting);
    case PLACE_DAMAGE:
        return pass_damage(cutting);
    default:
        return pass_between(cutting);
    }
}

static struct record_cut cut_stream(struct json_split *split, struct slice text, bool at_end)
{
    struct cutting cutting = {.split = split, .text = text, .at_end = at_end};
    while (take_step(&cutting))
        continue;
    struct record_cut cut = cutting.cut;
    const bool gives_records = has_records(&cutting);
    cut.skip = gives_records ? cutting.records_start : cutting.at;
    cut.bytes = gives_records ? cutting.records_end - cutting.records_start : 0;
    for (size_t at = 0;
         (at += slice_find(slice_of(text.start + at, cut.skip - at), '\n')) < cut.skip; at++)
        cut.newlines_skipped++;
    return cut;
}

struct record_cut json_split_next(struct json_split *split, struct slice text, bool at_end)
{
    return split->layout == LAYOUT_JSON_LINES ? cut_lines(split, text, at_end)
                                              : cut_stream(split, text, at_end);
}

/* ---- The layout of a source ---------------------------------------------------------------- */

static struct slice trim_front(struct slice text)
{
    while (text.bytes > 0 && is_blank(text.start[0]))
        text = slice_from(text, 1);
    return text;
}

/* Whether `text` goes on with nothing but a line end. */
static bool line_ends_here(struct slice text)
{
    while (text.bytes > 0 && is_blank(text.start[0]) && text.start[0] != '\n')
        text = slice_from(text, 1);
    return text.bytes == 0 || text.start[0] == '\n';
}

/* The layout when the first object, at the front of `head`, does not end there or is damaged within
 * its first `sound` bytes. A line that was cut off is followed by another `{`; so is none of a
 * pretty-printed object's. */
static enum layout layout_of_unfinished(struct slice head, size_t sound)
{
    const size_t line_bytes = slice_find(head, '\n');
    if (line_bytes >= sound)
        return LAYOUT_JSON_LINES;
    const struct slice next = trim_front(slice_from(head, line_bytes));
    return next.bytes > 0 && next.start[0] == '{' ? LAYOUT_JSON_LINES : LAYOUT_JSON_STREAM;
}

bool json_detect_layout(struct slice head, enum layout *layout)
{
    if (slice_starts_with(head, SLICE("\xef\xbb\xbf")))
        head = slice_from(head, 3);
    head = trim_front(head);
    if (head.bytes == 0 || (head.start[0] != '{' && head.start[0] != '['))
        return false;
    if (head.start[0] == '[') {
        *layout = LAYOUT_JSON_STREAM;
        return true;
    }

    struct json_object object = {.holds_records = true};
    size_t length = head.bytes;
    switch (json_code(json_tier_best())->object(&object, head.start, head.bytes, &length)) {
    case OBJECT_ENVELOPE:
        *layout = LAYOUT_JSON_STREAM;
        break;
    case OBJECT_DONE:
        *layout = slice_find(head, '\n') < length || !line_ends_here(slice_from(head, length))
                      ? LAYOUT_JSON_STREAM
                      : LAYOUT_JSON_LINES;
        break;
    case OBJECT_MORE:
        *layout = layout_of_unfinished(head, head.bytes);
        break;
    case OBJECT_DAMAGED:
    case OBJECT_GOES_ON:
        *layout = layout_of_unfinished(head, length);
        break;
    }
    return true;
}
