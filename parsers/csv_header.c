#include "parsers/csv.h"

#include <stdlib.h>

#include "parsers/csv_cells.h"
#include "parsers/csv_machine.h"
#include "parsers/csv_names.h"

enum {
    NAMES_MIN = 2,
    NAME_BYTES_MAX = 256,
};

static const struct slice byte_order_mark = {.start = "\xef\xbb\xbf", .bytes = 3};
static const char delimiters[] = {',', ';', '\t'};

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
    return memchr(delimiters, byte, sizeof(delimiters)) != NULL;
}

/* Behind what stands before the header row; `*named` is the delimiter that a line `sep=X` names. */
static struct slice pass_preamble(struct slice text, char *named)
{
    static const struct slice naming = {.start = "sep=", .bytes = 4};
    for (;;) {
        text = pass_blank(text);
        const struct slice line = first_line(text);
        const bool is_naming = line.bytes == naming.bytes + 1 &&
                               slice_equals_folded(slice_of(line.start, naming.bytes), naming) &&
                               is_delimiter(line.start[naming.bytes]);
        if (is_naming)
            *named = line.start[naming.bytes];
        else if (line.bytes == 0 || line.start[0] != '#')
            return text;
        text = slice_from(text, line.bytes);
    }
}

/* The row at the front of `text` with this delimiter: its length without line end, and its cells.
 * False when it is not there as a whole, or damaged. */
static bool measure_row(struct slice text, char delimiter, bool at_end, size_t *bytes,
                        size_t *cells)
{
    enum csv_place place = CSV_AT_ROW;
    *cells = 1;
    for (size_t at = 0; at < text.bytes; at++) {
        const enum csv_place next = csv_step(place, text.start[at], delimiter);
        if (next == CSV_DAMAGED)
            return false;
        if (next == CSV_ROW_ENDED) {
            *bytes = at;
            return true;
        }
        *cells += next == CSV_AT_CELL && text.start[at] == delimiter;
        place = next;
    }
    *bytes = text.bytes;
    return at_end && place != CSV_IN_QUOTED;
}

/* The delimiter that gives the row most cells. */
static bool find_row(struct csv_header *header, struct slice text, char named, bool at_end,
                     size_t *row_bytes)
{
    for (size_t i = 0; i < sizeof(delimiters); i++) {
        size_t bytes, cells;
        if ((named != '\0' && delimiters[i] != named) ||
            !measure_row(text, delimiters[i], at_end, &bytes, &cells) ||
            cells <= header->names_count)
            continue;
        header->delimiter = delimiters[i];
        header->names_count = cells;
        *row_bytes = bytes;
    }
    return header->names_count >= NAMES_MIN && header->names_count <= CSV_COLUMNS_MAX;
}

/* ---- The names ----------------------------------------------------------------------------- */

struct naming {
    struct csv_header *header;
    char *text_end;
    size_t named_count; /* columns whose name is not empty */
    bool is_sound;
};

static bool is_text(struct slice name)
{
    for (size_t i = 0; i < name.bytes; i++) {
        if ((unsigned char)name.start[i] < ' ' || name.start[i] == '\x7f')
            return false;
    }
    return name.bytes <= NAME_BYTES_MAX;
}

static void take_name(void *taker, size_t column, struct slice text)
{
    struct naming *const naming = taker;
    const struct slice name = csv_name_write(naming->text_end, text);
    naming->text_end += name.bytes;
    naming->named_count += name.bytes > 0;
    naming->is_sound = naming->is_sound && is_text(name);
    naming->header->names[column] = name;
}

static enum status read_names(struct csv_header *header, struct slice row, bool *is_header)
{
    struct csv_cells *cells = NULL;
    struct naming naming = {.header = header, .is_sound = true};
    header->names = calloc(header->names_count, sizeof(*header->names));
    header->text = malloc(row.bytes);
    if (header->names == NULL || header->text == NULL)
        return STATUS_NO_MEMORY;
    naming.text_end = header->text;
    const enum status status = csv_cells_create(&cells, row.bytes);
    if (status != STATUS_OK)
        return status;
    csv_cells_read(cells, header->delimiter, row, take_name, &naming);
    csv_cells_destroy(cells);
    *is_header = naming.is_sound && naming.named_count >= NAMES_MIN;
    return STATUS_OK;
}

static void count_bytes(struct csv_header *header, struct slice head, const char *row_end)
{
    const char *const end = head.start + head.bytes;
    if (row_end < end && *row_end == '\r')
        row_end++;
    if (row_end < end && *row_end == '\n')
        row_end++;
    header->bytes = (size_t)(row_end - head.start);
    for (const char *at = head.start; at < row_end; at++)
        header->newlines += *at == '\n';
}

static enum status fill(struct csv_header *header, struct slice head, bool at_end, bool *is_header)
{
    char named = '\0';
    const struct slice text = pass_preamble(head, &named);
    size_t row_bytes = 0;
    *is_header = false;
    if (text.bytes == 0 || memchr("{[<", text.start[0], 3) != NULL ||
        !find_row(header, text, named, at_end, &row_bytes))
        return STATUS_OK;
    count_bytes(header, head, text.start + row_bytes);
    return read_names(header, slice_of(text.start, row_bytes), is_header);
}

enum status csv_header_create(struct csv_header **out, struct slice head, bool at_end)
{
    struct csv_header *const header = calloc(1, sizeof(*header));
    if (header == NULL)
        return STATUS_NO_MEMORY;
    bool is_header;
    const enum status status = fill(header, head, at_end, &is_header);
    if (status != STATUS_OK || !is_header)
        csv_header_destroy(header);
    if (status == STATUS_OK)
        *out = is_header ? header : NULL;
    return status;
}

void csv_header_destroy(struct csv_header *header)
{
    if (header == NULL)
        return;
    free(header->names);
    free(header->text);
    free(header);
}

size_t csv_header_find(const struct csv_header *header, struct slice name)
{
    size_t column = 0;
    while (column < header->names_count && !csv_name_is(header->names[column], name))
        column++;
    return column;
}
