/*
 * `spraywatch scan`: rules, schema, input and pipeline put together, and what a person is told.
 *
 * Owns everything for one run. Called from the main thread.
 */
#pragma once

#include "engine/options.h"

/* Runs a scan as the options say. Gives the exit status of the program. */
int scan_run(const struct options *options);
