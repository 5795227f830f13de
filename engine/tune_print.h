/*
 * What other thresholds would tell, as tables for a person at a terminal.
 *
 * Writes lines into a screen, which the caller prints. Main thread.
 */
#pragma once

#include "engine/screen.h"
#include "engine/tuned.h"

/* How long the log is, and what the loaded rules tell of it. */
void tune_print_log(struct screen *screen, const struct tuned_log *log);

/* Above the thresholds of a detector. */
void tune_print_detector(struct screen *screen, const struct detector *detector);

/* A table of the settings, one line where none differs; below it the campaigns that a setting
 * misses, or tells beside the loaded ones, where one nearer to the loaded setting does not. */
void tune_print(struct screen *screen, const struct tuned_log *log, const struct tuned *tuned);
