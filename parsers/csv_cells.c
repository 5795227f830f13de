#include "parsers/csv_cells.h"

#include <assert.h>
#include <csv.h>
#include <stdlib.h>

struct csv_cells {
    struct csv_parser parser;
    size_t row_bytes_max;
    size_t column;
    void (*take)(void *taker, size_t column, struct slice text);
    void *taker;
};

static void ignore_cell(void *taker, size_t column, struct slice text)
{
    (void)taker;
    (void)column;
    (void)text;
}

static void take_cell(void *text, size_t bytes, void *cells_taken)
{
    struct csv_cells *const cells = cells_taken;
    cells->take(cells->taker, cells->column++, slice_of(text, bytes));
}

/* libcsv enlarges its memory by this many bytes whenever a cell has filled it. With room for the
 * longest row that happens once, here. */
static enum status reserve(struct csv_cells *cells)
{
    csv_set_blk_size(&cells->parser, cells->row_bytes_max + 1);
    return csv_cells_read(cells, ',', SLICE("a"), ignore_cell, NULL) == 1 ? STATUS_OK
                                                                          : STATUS_NO_MEMORY;
}

enum status csv_cells_create(struct csv_cells **out, size_t row_bytes_max)
{
    struct csv_cells *const cells = calloc(1, sizeof(*cells));
    if (cells == NULL)
        return STATUS_NO_MEMORY;
    cells->row_bytes_max = row_bytes_max;
    if (csv_init(&cells->parser, 0) != 0 || reserve(cells) != STATUS_OK) {
        csv_cells_destroy(cells);
        return STATUS_NO_MEMORY;
    }
    *out = cells;
    return STATUS_OK;
}

void csv_cells_destroy(struct csv_cells *cells)
{
    if (cells == NULL)
        return;
    csv_free(&cells->parser);
    free(cells);
}

size_t csv_cells_read(struct csv_cells *cells, char delimiter, struct slice row,
                      void (*take)(void *taker, size_t column, struct slice text), void *taker)
{
    assert(row.bytes <= cells->row_bytes_max);
    cells->column = 0;
    cells->take = take;
    cells->taker = taker;
    csv_set_delim(&cells->parser, (unsigned char)delimiter);
    csv_parse(&cells->parser, row.start, row.bytes, take_cell, NULL, cells);
    csv_fini(&cells->parser, take_cell, NULL, cells);
    return cells->column;
}
