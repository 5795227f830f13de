#include "parsers/csv.h"

#include "parsers/csv_machine.h"

enum {
    NAMES_MIN = 2,
    NAME_BYTES_MAX = 256,
};

static const struct slice byte_order_mark = {.start = "\xef\xbb\xbf", .bytes = 3};
const char csv_delimiters[CSV_DELIMITERS_COUNT] = {',', ';', '\t'};

/* ---- Where the header row is --------------------------------------------------------------- */

static struct slice pass_blank(struct slice text)
{
    for (;;) {
        if (slice_starts_with(text, byte_order_mark))
            text = slice_from(text, byte_order_mark.bytes);
        else if (text.bytes > 0 && (csv_is_line_end(text.start[0]) || text.start[0] == ' '))
            text = slice_from(text, 1);
        else
            return text;
    }
}

static struct slice first_line(struct slice text)
{
    const size_t newline = slice_find(text, '\n');
    return slice_of(text.start, slice_find(slice_of(text.start, newline), '\r'));
}

static bool is_delimiter(char byte)
{
    return memchr(csv_delimiters, byte, sizeof(csv_delimiters)) != NULL;
}

/* Behind what stands before the header row; `*named` is the delimiter that a line `sep=X` names. */
static struct slice pass_preamble(struct slice text, char *named)
{
    static const struct slice naming = {.start = "sep=", .bytes = 4};
    static const struct slice fields = {.start = "#Fields:", .bytes = 8};
    for (;;) {
        text = pass_blank(text);
        const struct slice line = first_line(text);
        const bool is_naming = line.bytes == naming.bytes + 1 &&
                               slice_equals_folded(slice_of(line.start, naming.bytes), naming) &&
                               is_delimiter(line.start[naming.bytes]);
        if (is_naming)
            *named = line.start[naming.bytes];
        else if (slice_starts_with(line, fields))
            return pass_blank(slice_from(text, fields.bytes));
        else if (line.bytes == 0 || line.start[0] != '#')
            return text;
        text = slice_from(text, line.bytes);
    }
}

/* ---- What it holds ------------------------------------------------------------------------- */

struct measure {
    size_t bytes; /* without line end */
    size_t cells, named_cells;
    bool has_text_only;
};

static bool is_text(struct slice name)
{
    for (size_t i = 0; i < name.bytes; i++) {
        const unsigned char byte = (unsigned char)name.start[i];
        if ((byte < ' ' && (byte < '\t' || byte > '\r')) || byte == 0x7f)
            return false;
    }
    return name.bytes <= NAME_BYTES_MAX;
}

/* A cell with its quotes, if any. */
static void measure_cell(struct measure *measure, struct slice cell)
{
    cell = slice_trim(cell);
    if (cell.bytes >= 2 && cell.start[0] == '"')
        cell = slice_trim(slice_of(cell.start + 1, cell.bytes - 2));
    measure->cells++;
    measure->named_cells += cell.bytes > 0;
    measure->has_text_only = measure->has_text_only && is_text(cell);
}

/* The row at the front of `text` with this delimiter. False when it is not there as a whole, or
 * damaged. */
static bool measure_row(struct measure *measure, struct slice text, char delimiter, bool at_end)
{
    enum csv_place place = CSV_AT_ROW;
    size_t cell = 0, at = 0;
    *measure = (struct measure){.has_text_only = true};
    for (; at < text.bytes; at++) {
        place = csv_step(place, text.start[at], delimiter);
        if (place == CSV_DAMAGED)
            return false;
        if (place == CSV_ROW_ENDED)
            break;
        if (place == CSV_AT_CELL && text.start[at] == delimiter) {
            measure_cell(measure, slice_of(text.start + cell, at - cell));
            cell = at + 1;
        }
    }
    if (at == text.bytes && (!at_end || place == CSV_IN_QUOTED))
        return false;
    measure_cell(measure, slice_of(text.start + cell, at - cell));
    measure->bytes = at;
    return true;
}

/* Of all delimiters, the one that gives the row most cells. */
static bool find_row(struct csv_front *front, struct slice text, char named, bool at_end,
                     struct measure *best)
{
    *best = (struct measure){0};
    for (size_t i = 0; i < CSV_DELIMITERS_COUNT; i++) {
        struct measure measure;
        if ((named != '\0' && csv_delimiters[i] != named) ||
            !measure_row(&measure, text, csv_delimiters[i], at_end) || measure.cells <= best->cells)
            continue;
        front->delimiter = csv_delimiters[i];
        *best = measure;
    }
    return best->named_cells >= NAMES_MIN && best->cells <= CSV_COLUMNS_MAX && best->has_text_only;
}

bool csv_front_read(struct csv_front *front, struct slice head)
{
    char named = '\0';
    const struct slice text = pass_preamble(head, &named);
    const bool at_end = head.bytes < CSV_HEAD_BYTES;
    struct measure row;
    if (text.bytes == 0 || memchr("{[<", text.start[0], 3) != NULL ||
        !find_row(front, text, named, at_end, &row))
        return false;
    const char *end = text.start + row.bytes;
    end += end < head.start + head.bytes && *end == '\r';
    end += end < head.start + head.bytes && *end == '\n';
    front->names_count = row.cells;
    front->row_start = (size_t)(text.start - head.start);
    front->row_bytes = row.bytes;
    front->bytes = (size_t)(end - head.start);
    return true;
}

bool csv_detect_layout(struct slice head, enum layout *layout)
{
    struct csv_front front;
    if (!csv_front_read(&front, head))
        return false;
    *layout = LAYOUT_CSV;
    return true;
}

struct slice csv_header(struct slice head)
{
    struct csv_front front;
    return slice_of(head.start, csv_front_read(&front, head) ? front.bytes : 0);
}
