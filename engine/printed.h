/*
 * Text for people on standard output, from logs that may hold anything.
 *
 * Whatever stood in a log or in a file's name is printed between quotes and escaped as in JSON, so
 * that a terminal shows it and never obeys it. Main thread.
 */
#pragma once

#include "engine/base/slice.h"

/* Prints `text` in quotes; what is longer than `bytes_max` is cut, with dots behind. */
void printed_quote(struct slice text, size_t bytes_max);

/* The same without the quotes. With a `width`, in a column at least so wide and a blank behind it.
 */
void printed_column(struct slice text, size_t width, size_t bytes_max);

/* `share` of `all` as a percentage that says 0 and 100 only when it is. */
void printed_share(uint64_t share, uint64_t all);

/* True when all that was printed has been written. */
bool printed_flush(void);
