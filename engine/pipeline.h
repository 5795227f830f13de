/*
 * The pipeline: joins the stages with rings and gives them threads.
 *
 * The only file that knows about threads. With one thread the same stages are called in a plain
 * loop through the same functions; the result is byte for byte the same for every number of threads
 * and every block size.
 */
#pragma once

#include <signal.h>

#include "engine/covered.h"
#include "engine/detect.h"
#include "engine/input.h"
#include "engine/order.h"
#include "engine/parse.h"
#include "engine/report.h"
#include "engine/signals.h"
#include "engine/state_dir.h"

struct pipeline_options {
    unsigned threads;
    struct input *input;              /* lent; read by the calling thread */
    const struct schema_set *schemas; /* lent, shared, read only */
    const struct ruleset *ruleset;    /* lent, shared, read only */
    const char *const *files;         /* paths of the sources, for evidence */
    size_t line_bytes_max;
    enum json_tier tier;
    size_t memory_bytes; /* the cap of --memory */
    int64_t lateness_ns, skew_ns_max, quiet_ns;
    bool is_history;    /* order all of the input by time */
    bool expects_order; /* with it: the input can be read again, and is expected to be in order */
    const char *spill_directory; /* for runs of events on disk; NULL: the usual one */
    int fd;                      /* output */
    enum output_format format;
    unsigned width;
    bool is_colored;
    struct state_dir *state;     /* what lasts between runs; NULL: nothing does */
    int64_t state_every_ns;      /* of a stream: how often it is saved before the end; 0: never */
    int hidden_fd;               /* where what allow entries hide goes; -1: nowhere */
    struct trials *trials;       /* settings to be tried; nothing is written then. NULL: none */
    volatile sig_atomic_t *stop; /* set when nobody reads the output any more */
};

/* What one allow entry has covered, and what of it would have been found without. */
struct pipeline_allowed {
    struct covered_entry covered;
    struct campaigns_counters campaigns;
};

/* What a run did, for the summary. */
struct pipeline_result {
    struct counters counters;
    struct detect_counters detect;
    struct campaigns_counters campaigns;
    uint64_t accounts, addresses; /* distinct */
    struct signals_counters signals;
    struct correlate_counters correlate;
    uint64_t names_refused;    /* names over the memory cap */
    uint64_t released_early;   /* events ordered less than asked: memory cap */
    struct runs_counters runs; /* events put aside on disk: memory cap */
    struct pipeline_allowed allowed[ALLOWANCES_MAX]; /* by number - 1 */
    uint64_t state_refused;    /* facts of the state not loaded or not saved: memory cap */
    uint64_t saves_failed;     /* states that could not be saved before the end */
    int64_t first_ns, last_ns; /* event times; first > last: no event */
    bool is_unread;            /* the reader of the output has gone */
    bool is_unordered;         /* history could not be ordered: not all was detected */
    bool is_abandoned;         /* with `expects_order`: it was in vain, and nothing was written;
                                  read the input again without */
};

/* How the memory cap is divided; the parts add up to one. With correlations among the rules, they
 * and what they need of the events held back take from the detectors' part. With allow entries,
 * what is kept apart for them takes from the parts for the same of all others. */
#define SHARE_NAMES 0.25
#define SHARE_FAMILIAR 0.125
#define SHARE_FAMILIAR_BESIDE_APART 0.09375
#define SHARE_FAMILIAR_APART 0.03125 /* with allow entries */
#define SHARE_SEEN 0.0625
#define SHARE_ORDER 0.25
#define SHARE_ORDER_BESIDE_VISITS 0.1875
#define SHARE_VISITS 0.0625 /* with a state */
#define SHARE_DETECT 0.21875
#define SHARE_HITS 0.03125
#define SHARE_CORRELATE 0.0625
#define SHARE_HITS_DRAWN 0.03125 /* beside SHARE_HITS */
#define SHARE_CAMPAIGNS 0.0546875
#define SHARE_CAMPAIGNS_BESIDE_HIDDEN 0.03125
#define SHARE_HIDDEN 0.015625        /* with allow entries: their campaigns, … */
#define SHARE_HIDDEN_HELD 0.00390625 /* … what is told of these, while it is held back, … */
#define SHARE_COVERED 0.00390625     /* … and the accounts that they cover */
#define SHARE_HELD 0.0078125 /* output, while it is not known whether the input is in order */

static inline size_t pipeline_share(size_t memory_bytes, double share)
{
    return (size_t)((double)memory_bytes * share);
}

/* Those that depend on whether there are correlations. */
size_t pipeline_share_of_detect(const struct ruleset *ruleset, size_t memory_bytes);
size_t pipeline_share_of_hits(const struct ruleset *ruleset, size_t memory_bytes);

/* The one that depends on whether there are allow entries. */
size_t pipeline_share_of_familiar(const struct ruleset *ruleset, size_t memory_bytes);

/* Runs until the input ends. STATUS_OK even when the input was damaged (see `input_status`);
 * STATUS_IO or STATUS_NO_MEMORY when findings may be missing. */
STATUS_CHECKED enum status pipeline_run(const struct pipeline_options *options,
                                        struct pipeline_result *result);
