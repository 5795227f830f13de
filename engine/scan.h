/*
 * `spraywatch scan`: rules, schema, input and pipeline put together, and what a person is told.
 *
 * Owns everything for one run. Called from the main thread.
 */
#pragma once

#include "engine/options.h"
#include "engine/summary.h"

/* Runs a scan as the options say. Gives the exit status of the program. */
int scan_run(const struct options *options);

/* The same for callers that want the figures (`bench`): diagnostics go to stderr, findings to `fd`,
 * and no summary is printed. */
STATUS_CHECKED enum status scan_measure(const struct options *options, int fd,
                                        struct summary *summary);
