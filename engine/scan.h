/*
 * `spraywatch scan`: rules, schema, input and pipeline put together, and what a person is told.
 *
 * Owns everything for one run. Its parts are for `tune`, which scans again and again. Called from
 * the main thread.
 */
#pragma once

#include "engine/options.h"
#include "engine/pipeline.h"

/* What a scan owns; all NULL at first. */
struct scan {
    struct diagnostics diagnostics; /* of rules, input and damage */
    struct ruleset *ruleset;
    struct intake intake;
    const char **files;
    struct state_dir *state;
};

/* Rules and input as the options say, which are lent until the end. To be given to `scan_deinit` in
 * any case. */
STATUS_CHECKED enum status scan_init(struct scan *scan, const struct options *options);
void scan_deinit(struct scan *scan);

/* The input once more from its beginning, as if it had not been read: of what there was to say,
 * only the first `diagnostics_count` are kept. */
STATUS_CHECKED enum status scan_reopen(struct scan *scan, size_t diagnostics_count);

/* Can the input be read twice, and is it likely to be in order? */
bool scan_expects_order(const struct options *options);

/* Where a scan writes. */
struct scan_outputs {
    int findings;
    int hidden; /* what allow entries hide; -1: nowhere */
};

/* For a run over the input. */
struct pipeline_options scan_pipeline(const struct scan *scan, const struct options *options,
                                      const struct scan_outputs *outputs, bool expects_order);

/* The largest resident size so far, in bytes. */
uint64_t scan_memory_peak(void);

/* Columns of the terminal behind `fd`; a wide one where there is none. */
unsigned scan_terminal_width(int fd);

/* Runs a scan as the options say. Gives the exit status of the program. */
int scan_run(const struct options *options);
