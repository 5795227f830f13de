/*
 * The summary: what a run read, kept, left out and found, for a person (stderr) and for a program
 * (--summary-json). Pure but for writing to the given stream.
 */
#pragma once

#include <stdio.h>

#include "engine/base/json_write.h"
#include "engine/pipeline.h"

struct summary {
    struct pipeline_result result;
    struct input_counters input;
    size_t sources;       /* files, or 1 for standard input */
    double seconds;       /* wall time of the run */
    uint64_t memory_peak; /* bytes */
    enum status status;
    const struct ruleset *ruleset; /* lent, for what its allow entries say; NULL: there is none */
};

/* Some lines of text; what is zero and unremarkable is left out. */
void summary_print(const struct summary *summary, FILE *stream);

/* One JSON object; its keys are documented in docs/ARCHITECTURE.md. */
void summary_write(const struct summary *summary, struct json_write *json);
