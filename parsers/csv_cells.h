/*
 * The cells of one row, read by libcsv: slow, and the authority on what is in them.
 *
 * Internal to the CSV module. One for each worker that reads; its memory is taken when it is
 * created.
 */
#pragma once

#include "engine/base/slice.h"
#include "engine/base/status.h"

struct csv_cells;

/* For rows of up to `row_bytes_max` bytes. */
STATUS_CHECKED enum status csv_cells_create(struct csv_cells **out, size_t row_bytes_max);
void csv_cells_destroy(struct csv_cells *cells);

/* Calls `take` for each cell of `row`, a sound row without its line end and without byte order
 * mark. The text is valid during the call only. A row of blanks has no cell. Gives the number of
 * cells. */
size_t csv_cells_read(struct csv_cells *cells, char delimiter, struct slice row,
                      void (*take)(void *taker, size_t column, struct slice text), void *taker);
