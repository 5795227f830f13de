#include "parsers/csv.h"

#include <assert.h>

#include "parsers/csv_machine.h"
#include "parsers/csv_tier.h"

/*
 * The splitter is at one of these places:
 *
 *   header -> rows -- a sound row ---------------------> rows
 *               |---- damage: first line, of several --> damage (the lines up to where it showed)
 *               '---- damage, of a single line --------> dropped line -- its end --> rows
 *   damage -- the last line that begins in it ---------> rows
 *
 * The text of a call begins with a row, of which `scanned` bytes have been looked at before: by the
 * vector loop, or when that met something odd, from the row's start again by the machine. A row is
 * never looked at beyond line_bytes_max bytes and its line end, and every decision hangs on the
 * position of bytes in the text alone; therefore the division into calls changes nothing.
 */
enum place { PLACE_HEADER, PLACE_ROWS, PLACE_DAMAGE, PLACE_DROPPED_LINE };

static const struct csv_scan scan_at_row = {.after_separator = 1};

static void begin_row(struct csv_split *split)
{
    split->scanned = 0;
    split->scan = scan_at_row;
    split->is_odd = false;
    split->machine = CSV_AT_ROW;
}

void csv_split_init(struct csv_split *split, struct slice header, bool is_told,
                    size_t line_bytes_max)
{
    struct csv_front front;
    const bool is_front = csv_front_read(&front, header);
    assert(is_front);
    (void)is_front;
    *split = (struct csv_split){
        .delimiter = front.delimiter,
        .names_count = front.names_count,
        .line_bytes_max = line_bytes_max,
        .tier = json_tier_best(),
        .place = PLACE_HEADER,
        .header_bytes = is_told ? 0 : front.bytes,
    };
    begin_row(split);
}

static size_t find_line_end(struct slice text)
{
    const size_t newline = slice_find(text, '\n');
    return slice_find(slice_of(text.start, newline), '\r');
}

/* ---- Sound rows ---------------------------------------------------------------------------- */

enum row_end {
    ROW_MORE,  /* it does not end in these bytes */
    ROW_ENDS,  /* at `*end` is the first byte behind a line end */
    ROW_BREAKS /* before `*end` is what cannot stand there */
};

/* Goes on with a row that the machine reads. */
static enum row_end step_row(struct csv_split *split, struct slice row, size_t *end)
{
    enum csv_place place = (enum csv_place)split->machine;
    for (size_t at = split->scanned; at < row.bytes; at++) {
        place = csv_step(place, row.start[at], split->delimiter);
        if (place < CSV_ROW_ENDED)
            continue;
        *end = at + 1;
        return place == CSV_ROW_ENDED ? ROW_ENDS : ROW_BREAKS;
    }
    split->machine = (uint8_t)place;
    split->scanned = row.bytes;
    return ROW_MORE;
}

/* Goes on with a row, and with the rows behind it as long as all is plain. */
static enum row_end scan_plain(struct csv_split *split, struct slice row, size_t *end)
{
    const struct slice rest = slice_from(row, split->scanned);
    size_t rows_end;
    const size_t certain =
        csv_code(split->tier)
            ->rows(&split->scan, split->delimiter, rest.start, rest.bytes, &rows_end);
    const bool is_odd = certain < rest.bytes;
    *end = split->scanned + rows_end;
    split->scanned = row.bytes - (rows_end > 0 ? *end : 0);
    if (is_odd) {
        begin_row(split);
        split->is_odd = true;
    }
    return rows_end > 0 ? ROW_ENDS : ROW_MORE;
}

/* Damage showed before `bytes` of the text that begins with the row. */
static void enter_damage(struct csv_split *split, size_t bytes)
{
    split->place = PLACE_DAMAGE;
    split->damage_bytes = bytes;
    split->is_damage_counted = false;
    begin_row(split);
}

static bool is_open(const struct csv_split *split)
{
    return split->is_odd ? split->machine == CSV_IN_QUOTED : split->scan.inside != 0;
}

/* The whole rows at the front; gives their length. */
static size_t take_rows(struct csv_split *split, struct slice text, bool at_end)
{
    size_t row = 0;
    for (;;) {
        const struct slice rest = slice_from(text, row);
        const bool is_limited = rest.bytes > split->line_bytes_max;
        const struct slice there =
            slice_of(rest.start, is_limited ? split->line_bytes_max + 1 : rest.bytes);
        const bool was_odd = split->is_odd;
        size_t end = 0;
        switch (was_odd ? step_row(split, there, &end) : scan_plain(split, there, &end)) {
        case ROW_ENDS:
            row += end;
            if (was_odd)
                begin_row(split);
            continue;
        case ROW_BREAKS:
            enter_damage(split, end);
            return row;
        case ROW_MORE:
            break;
        }
        if (split->is_odd && !was_odd)
            continue;
        if (is_limited || (at_end && is_open(split))) {
            enter_damage(split, there.bytes);
            return row;
        }
        if (at_end) {
            begin_row(split);
            return text.bytes;
        }
        return row;
    }
}

/* ---- Damage -------------------------------------------------------------------------------- */

/* Whether a line, without its end, is a row by itself, as long as the header. */
static bool is_whole_row(const struct csv_split *split, struct slice line)
{
    enum csv_place place = CSV_AT_ROW;
    size_t cells = 1;
    for (size_t at = 0; at < line.bytes; at++) {
        const enum csv_place next = csv_step(place, line.start[at], split->delimiter);
        cells += next == CSV_AT_CELL && line.start[at] == split->delimiter;
        if (next == CSV_DAMAGED)
            return false;
        place = next;
    }
    return place != CSV_IN_QUOTED && cells == split->names_count;
}

/* Passes over the first line of the damaged row; gives its length. */
static size_t drop_first_line(struct csv_split *split, struct slice text, struct record_cut *cut)
{
    split->is_damage_counted = true;
    const size_t length = find_line_end(slice_of(text.start, split->damage_bytes));
    if (length < split->damage_bytes) {
        cut->records_broken++;
        split->damage_bytes -= length + 1;
        return length + 1;
    }
    if (split->damage_bytes > split->line_bytes_max)
        cut->records_too_long++;
    else
        cut->records_broken++;
    split->place = PLACE_DROPPED_LINE;
    return length;
}

/* The records among the lines up to where the damage showed. Damage is looked at only once all of
 * it is there, as it was when it showed. */
static void take_damage(struct csv_split *split, struct slice text, struct record_cut *cut)
{
    size_t at = 0;
    if (!split->is_damage_counted)
        at = cut->skip = drop_first_line(split, text, cut);
    while (split->place == PLACE_DAMAGE) {
        const size_t length = find_line_end(slice_of(text.start + at, split->damage_bytes));
        if (length == split->damage_bytes) {
            split->place = PLACE_ROWS;
            return;
        }
        const bool is_row = is_whole_row(split, slice_of(text.start + at, length));
        if (!is_row && cut->bytes > 0)
            return;
        at += length + 1;
        split->damage_bytes -= length + 1;
        if (is_row)
            cut->bytes += length + 1;
        else
            cut->skip = at;
    }
}

static void drop_line(struct csv_split *split, struct slice text, bool at_end,
                      struct record_cut *cut)
{
    const size_t length = find_line_end(text);
    cut->skip = length < text.bytes ? length + 1 : length;
    if (length < text.bytes || at_end)
        split->place = PLACE_ROWS;
}

static void pass_header(struct csv_split *split, struct slice text, struct record_cut *cut)
{
    cut->skip = text.bytes < split->header_bytes ? text.bytes : split->header_bytes;
    split->header_bytes -= cut->skip;
    if (split->header_bytes == 0)
        split->place = PLACE_ROWS;
}

/* One step from the place where the splitter is; it may give nothing but move on to another. */
static void take_step(struct csv_split *split, struct slice text, bool at_end,
                      struct record_cut *cut)
{
    switch (split->place) {
    case PLACE_HEADER:
        pass_header(split, text, cut);
        break;
    case PLACE_ROWS:
        cut->bytes = take_rows(split, text, at_end);
        break;
    case PLACE_DAMAGE:
        take_damage(split, text, cut);
        break;
    default:
        drop_line(split, text, at_end, cut);
        break;
    }
}

struct record_cut csv_split_next(struct csv_split *split, struct slice text, bool at_end)
{
    struct record_cut cut = {0};
    for (int place = -1; cut.skip + cut.bytes == 0 && place != split->place;) {
        place = split->place;
        take_step(split, text, at_end, &cut);
    }
    for (size_t at = 0;
         (at += slice_find(slice_of(text.start + at, cut.skip - at), '\n')) < cut.skip; at++)
        cut.newlines_skipped++;
    return cut;
}
