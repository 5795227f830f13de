#include "parsers/csv.h"

#include <stdlib.h>

#include "parsers/csv_cells.h"
#include "parsers/csv_columns.h"
#include "parsers/csv_machine.h"
#include "parsers/csv_names.h"
#include "parsers/csv_tier.h"

enum { COLUMNS_KEPT = 8 };

struct csv_scratch {
    struct csv_cells *cells;
    size_t line_bytes_max;
    uint32_t ends[CSV_COLUMNS_MAX + CSV_ENDS_ROOM]; /* where the cells of a row end, in the row */
    size_t text_bytes;                              /* of cells that libcsv has read */
    char *text;
    struct csv_columns columns[COLUMNS_KEPT];
    size_t columns_next; /* to be replaced */
};

enum status csv_scratch_create(struct csv_scratch **out, size_t line_bytes_max)
{
    struct csv_scratch *const scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    /* Header rows are read with it, too. */
    const size_t row_bytes_max = line_bytes_max > CSV_HEAD_BYTES ? line_bytes_max : CSV_HEAD_BYTES;
    scratch->line_bytes_max = line_bytes_max;
    scratch->text = calloc(1, line_bytes_max + LIMIT_VECTOR_PADDING);
    if (scratch->text == NULL || csv_cells_create(&scratch->cells, row_bytes_max) != STATUS_OK) {
        csv_scratch_destroy(scratch);
        return STATUS_NO_MEMORY;
    }
    *out = scratch;
    return STATUS_OK;
}

void csv_scratch_destroy(struct csv_scratch *scratch)
{
    if (scratch == NULL)
        return;
    csv_cells_destroy(scratch->cells);
    free(scratch->text);
    free(scratch);
}

static struct csv_columns *find_columns(struct csv_scratch *scratch, const struct csv_paths *paths,
                                        struct slice header)
{
    for (size_t i = 0; i < COLUMNS_KEPT; i++) {
        if (csv_columns_are(&scratch->columns[i], paths, header))
            return &scratch->columns[i];
    }
    struct csv_columns *const columns = &scratch->columns[scratch->columns_next];
    scratch->columns_next = (scratch->columns_next + 1) % COLUMNS_KEPT;
    csv_columns_find(columns, paths, header, scratch->cells);
    return columns;
}

void csv_reader_init(struct csv_reader *reader, const struct csv_paths *paths,
                     struct csv_scratch *scratch, enum json_tier tier, size_t line_bytes_max,
                     const struct block *block)
{
    *reader = (struct csv_reader){
        .columns = find_columns(scratch, paths, block->view->header),
        .scratch = scratch,
        .tier = tier == JSON_TIER_BEST ? json_tier_best() : tier,
        .line_bytes_max =
            line_bytes_max < scratch->line_bytes_max ? line_bytes_max : scratch->line_bytes_max,
        .start = block->text,
        .at = block->text,
        .end = block->text + block->bytes,
    };
}

/* ---- Cells -------------------------------------------------------------------------------- */

static const struct field_value empty_value = {.text = {"", 0}, .kind = VALUE_TEXT};

/* All slots that have a column, empty. */
static void clear_record(const struct csv_columns *columns, struct record *record)
{
    for (size_t i = 0; i < columns->wanted_count; i++)
        record->values[columns->wanted[i].slot] = empty_value;
}

static inline struct slice trim_cell(struct slice cell, char delimiter)
{
    if (cell.bytes == 0 || (cell.start[0] > ' ' && cell.start[cell.bytes - 1] > ' '))
        return cell;
    while (cell.bytes > 0 && csv_is_blank(cell.start[0], delimiter))
        cell = slice_from(cell, 1);
    while (cell.bytes > 0 && csv_is_blank(cell.start[cell.bytes - 1], delimiter))
        cell.bytes--;
    return cell;
}

/* A cell of a plain row, as written: quotes stand at both ends or not at all. */
static inline struct slice plain_cell(const uint32_t *ends, struct slice row, size_t column,
                                      char delimiter)
{
    const size_t start = column > 0 ? ends[column - 1] + 1 : 0;
    const struct slice cell = slice_of(row.start + start, ends[column] - start);
    return trim_cell(column == 0 ? csv_pass_marks(cell, delimiter) : cell, delimiter);
}

/* Every slot that has a column gets a value; of a slot with several, the first that holds something
 * counts. */
static void fill_plain(struct csv_reader *reader, const struct csv_row *found,
                       struct record *record)
{
    const struct csv_columns *const columns = reader->columns;
    const uint32_t *const ends = reader->scratch->ends;
    const char delimiter = columns->front.delimiter;
    for (size_t i = 0; i < columns->wanted_count; i++) {
        const struct csv_wanted wanted = columns->wanted[i];
        struct field_value *const value = &record->values[wanted.slot];
        if (wanted.is_again && value->text.bytes > 0)
            continue;
        *value = empty_value;
        if (wanted.column >= found->cells)
            continue;
        struct slice cell = plain_cell(ends, record->text, wanted.column, delimiter);
        if (cell.bytes == 0)
            continue;
        const bool is_quoted = cell.start[0] == '"';
        if (is_quoted)
            cell = slice_of(cell.start + 1, cell.bytes - 2);
        if (cell.bytes == 0)
            continue;
        value->text = cell;
        value->escaped = is_quoted && found->has_doubled && slice_find(cell, '"') < cell.bytes;
        value->escapes = ESCAPES_CSV;
    }
}

/* ---- Rows that are left to libcsv ---------------------------------------------------------- */

struct taking {
    struct csv_scratch *scratch;
    const struct csv_columns *columns;
    struct record *record;
    size_t next; /* wanted one */
    bool has_surplus;
};

static void take_cell(void *taker, size_t column, struct slice text)
{
    struct taking *const taking = taker;
    const struct csv_columns *const columns = taking->columns;
    struct csv_scratch *const scratch = taking->scratch;
    if (column >= columns->front.names_count && text.bytes > 0)
        taking->has_surplus = true;
    if (taking->next == columns->wanted_count || columns->wanted[taking->next].column != column)
        return;
    struct field_value *const value = &taking->record->values[columns->wanted[taking->next++].slot];
    if (text.bytes == 0 || value->text.bytes > 0)
        return;
    /* All cells fit the scratch, for they are no longer than the row. */
    char *const copy = scratch->text + scratch->text_bytes;
    memcpy(copy, text.start, text.bytes);
    scratch->text_bytes += text.bytes;
    value->text = slice_of(copy, text.bytes);
}

/* Gives the number of cells. */
static size_t fill_odd(struct csv_reader *reader, struct record *record, bool *has_surplus)
{
    const char delimiter = reader->columns->front.delimiter;
    struct taking taking = {
        .scratch = reader->scratch,
        .columns = reader->columns,
        .record = record,
    };
    const size_t cells =
        csv_cells_read(reader->scratch->cells, delimiter, csv_pass_marks(record->text, delimiter),
                       take_cell, &taking);
    *has_surplus = taking.has_surplus;
    return cells;
}

/* ---- The header once more ------------------------------------------------------------------ */

/* Whether it is worth to look closer. */
static bool may_be_header(const struct csv_columns *columns, struct slice row)
{
    struct slice text = csv_pass_marks(row, columns->front.delimiter);
    if (text.bytes > 0 && text.start[0] == '"')
        text = slice_from(text, 1);
    text = slice_trim(text);
    const struct slice name = columns->names[0];
    return text.bytes >= name.bytes &&
           (name.bytes == 0 || slice_fold_byte((unsigned char)text.start[0]) ==
                                   slice_fold_byte((unsigned char)name.start[0]));
}

/* ---- Rows --------------------------------------------------------------------------------- */

/* The end of the row at `start`, a byte at a time; NULL when it is damaged. */
static const char *find_row_end(const struct csv_reader *reader, const char *start,
                                uint64_t *newlines)
{
    const char delimiter = reader->columns->front.delimiter;
    enum csv_place place = CSV_AT_ROW;
    *newlines = 0;
    for (const char *at = start; at < reader->end; at++) {
        place = csv_step(place, *at, delimiter);
        if (place == CSV_ROW_ENDED)
            return at;
        if (place == CSV_DAMAGED)
            return NULL;
        *newlines += *at == '\n';
    }
    return place != CSV_IN_QUOTED ? reader->end : NULL;
}

static const char *find_line_end(const char *start, const char *end)
{
    while (start < end && !csv_is_line_end(*start))
        start++;
    return start;
}

static void end_row(struct csv_reader *reader, struct record *record, const char *end,
                    uint64_t newlines)
{
    record->text.bytes = (size_t)(end - record->text.start);
    reader->newlines += newlines;
    reader->at = end;
}

enum row_kind { ROW_RECORD, ROW_NONE, ROW_BROKEN, ROW_RAGGED, ROW_TOO_LONG };

static enum row_kind read_odd(struct csv_reader *reader, struct record *record, size_t *cells)
{
    uint64_t newlines;
    const char *const start = record->text.start;
    const char *const end = find_row_end(reader, start, &newlines);
    if (end == NULL) {
        end_row(reader, record, find_line_end(start, reader->end), 0);
        return ROW_BROKEN;
    }
    end_row(reader, record, end, newlines);
    if (record->text.bytes > reader->line_bytes_max)
        return ROW_TOO_LONG;
    clear_record(reader->columns, record);
    bool has_surplus;
    *cells = fill_odd(reader, record, &has_surplus);
    if (*cells == 0)
        return ROW_NONE;
    return has_surplus ? ROW_RAGGED : ROW_RECORD;
}

static bool is_blank_row(const struct csv_reader *reader, struct slice row)
{
    return csv_pass_marks(row, reader->columns->front.delimiter).bytes == 0;
}

static enum row_kind read_row(struct csv_reader *reader, struct record *record)
{
    const struct csv_columns *const columns = reader->columns;
    const char *const start = record->text.start;
    struct csv_row row;
    csv_code(reader->tier)
        ->row(&row, columns->front.delimiter, start, reader->end, reader->scratch->ends,
              columns->ends_max);
    reader->scratch->text_bytes = 0;
    enum row_kind kind = ROW_RECORD;
    /* Surplus cells are looked at one by one, too. */
    if (__builtin_expect(row.is_odd || row.cells > columns->front.names_count, 0)) {
        kind = read_odd(reader, record, &row.cells);
    } else {
        end_row(reader, record, start + row.bytes, row.newlines);
        if (row.bytes > reader->line_bytes_max)
            kind = ROW_TOO_LONG;
        else if (row.cells == 1 && is_blank_row(reader, record->text))
            kind = ROW_NONE;
        else
            fill_plain(reader, &row, record);
    }
    if (kind != ROW_RECORD)
        return kind;
    const bool is_header = may_be_header(columns, record->text) &&
                           csv_columns_are_header(columns, record->text, reader->scratch->cells);
    return is_header ? ROW_NONE : ROW_RECORD;
}

/* Passes over line ends; false at the end of the block. */
static bool find_row(struct csv_reader *reader)
{
    for (; reader->at < reader->end && csv_is_line_end(*reader->at); reader->at++)
        reader->newlines += *reader->at == '\n';
    return reader->at < reader->end;
}

enum record_result csv_reader_next(struct csv_reader *reader, struct record *record)
{
    static const enum record_result results[] = {
        [ROW_RECORD] = RECORD_FOUND,
        [ROW_BROKEN] = RECORD_BROKEN,
        [ROW_RAGGED] = RECORD_RAGGED,
        [ROW_TOO_LONG] = RECORD_TOO_LONG,
    };
    while (find_row(reader)) {
        record->text = slice_of(reader->at, 0);
        record->offset = (uint64_t)(reader->at - reader->start);
        record->newlines = reader->newlines;
        record->present = reader->columns->found;
        const enum row_kind kind = read_row(reader, record);
        if (kind == ROW_NONE)
            continue;
        if (kind != ROW_RECORD)
            record->present = 0;
        return results[kind];
    }
    return RECORD_END;
}

/* ---- Values ------------------------------------------------------------------------------- */

/* The text between two quotes. False when no more fits. */
static bool add_piece(struct slice piece, char *scratch, size_t scratch_bytes, size_t *bytes)
{
    const struct field_value value = {.text = piece, .kind = VALUE_TEXT};
    const size_t room = scratch_bytes - *bytes;
    const struct slice text = json_text(&value, scratch + *bytes, room);
    const bool is_repaired = text.start != piece.start;
    if (!is_repaired && text.bytes > 0)
        memcpy(scratch + *bytes, text.start, text.bytes);
    *bytes += text.bytes;
    /* What had to be repaired has grown; with less room left than a character takes, it may have
     * been cut. */
    return is_repaired ? room - text.bytes >= 4 : text.bytes == piece.bytes;
}

struct slice csv_text(const struct field_value *value, char *scratch, size_t scratch_bytes)
{
    struct slice written = value->text;
    size_t bytes = 0;
    for (;;) {
        const size_t length = slice_find(written, '"');
        if (!add_piece(slice_of(written.start, length), scratch, scratch_bytes, &bytes) ||
            length == written.bytes || bytes == scratch_bytes)
            return slice_of(scratch, bytes);
        scratch[bytes++] = '"';
        written = slice_from(written, length + 2);
    }
}
