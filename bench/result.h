/*
 * The result of a benchmark: figures of one machine and one program, as text for a person, as JSON,
 * and held against an earlier one.
 *
 * Owned by the caller; one thread.
 */
#pragma once

#include <stdio.h>

#include "bench/machine.h"
#include "bench/plan.h"
#include "bench/sample.h"
#include "bench/score.h"
#include "engine/base/json_write.h"

enum { FIGURES_MAX = 64, FIGURE_NAME_BYTES = 48, RESULT_VERSION = 1 };

struct figure {
    char name[FIGURE_NAME_BYTES];
    bool is_latency;           /* the cost is one of a single event, not of all */
    uint64_t events, bytes;    /* of text, in one run; of a latency: documents measured */
    double events_per_second;  /* of a latency: how many were written */
    struct sample seconds;     /* of a run; of a latency: its 99th percentile */
    struct sample other;       /* of the program it is held against, in the same rounds; or empty */
    struct sample cpu_seconds; /* of all threads; empty for what runs inside the benchmark */
    uint64_t memory_peak;      /* largest of all rounds; 0: not known */
    uint64_t accounts, addresses; /* distinct, where a whole scan was run */
    uint64_t findings_hash;       /* of a whole scan */
    bool has_other_findings;      /* the other program found something else */
};

struct result {
    struct machine machine;
    const char *tier; /* vector unit in use */
    unsigned rounds;
    uint64_t seed;
    struct figure figures[FIGURES_MAX];
    unsigned figures_count;
    struct score score;
    bool has_score;
    struct plan plan;
    bool has_plan;
};

/* Asserts that there is room. The figure stays where it is. */
struct figure *result_add(struct result *result, const char *name);

/* NULL: there is none of that name. */
const struct figure *result_find(const struct result *result, const char *name);

void result_print(const struct result *result, FILE *stream);

/* One JSON object; its keys stand in docs/performance.md. */
void result_write(const struct result *result, struct json_write *json);

/* Reads the figures of a document that `result_write` has made; the rest of `result` is empty.
 * STATUS_CONFIG with diagnostics when it is none. */
STATUS_CHECKED enum status result_read(struct result *result, const char *path,
                                       struct diagnostics *diagnostics);

/* What has changed since `old`, figure by figure. */
void result_compare(const struct result *old, const struct result *new, FILE *stream);
