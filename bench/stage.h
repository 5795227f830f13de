/*
 * The stages of a scan up to detection, each measured on one thread of this process. What a stage
 * takes holds that of the stages before it, for none can run without them: reading and cutting;
 * with parsing; with matching the rules and hashing the names.
 *
 * Owned by the caller; one thread.
 */
#pragma once

#include "bench/log.h"
#include "engine/parse.h"

enum stage_kind {
    STAGE_DECOMPRESS, /* the bytes alone, without looking for records */
    STAGE_READ,
    STAGE_PARSE,
    STAGE_MATCH,
};

struct stages {
    struct ruleset *ruleset;
    struct schema_set *schemas;
    struct parser *plain, *matching;
    struct batch *batch;
};

STATUS_CHECKED enum status stages_init(struct stages *stages, struct diagnostics *diagnostics);
void stages_deinit(struct stages *stages);

/* Once over the log. `seconds`: how long it took. */
STATUS_CHECKED enum status stages_run(const struct stages *stages, enum stage_kind kind,
                                      const struct log *log, double *seconds,
                                      struct diagnostics *diagnostics);
