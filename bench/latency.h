/*
 * Latency through a pipe: from the write that gave a sign-in's last byte to the read that gave the
 * document it led to.
 *
 * A rule matches sign-ins of the log and reports for itself, and what it says names the line; so
 * each match is a measurement, through all stages, without any mark in the log. A start is not part
 * of it: some lines are written first, and the clock runs from their first document on. One thread.
 */
#pragma once

#include "bench/log.h"

struct latency_options {
    const char *program;
    const struct log *log; /* JSON Lines in the order of time. (Of rows of cells, the first
                              64 KiB are waited for: engine/input.h.) */
    unsigned threads;
    double events_per_second; /* 0: as fast as they are taken */
    uint64_t events_max;      /* ends after them, or with the log */
};

struct latency {
    double p99;     /* seconds; 0 without a measurement */
    unsigned count; /* documents measured */
    double rate;    /* events a second, from the first write to the last document */
};

STATUS_CHECKED enum status latency_measure(struct latency *latency,
                                           const struct latency_options *options,
                                           struct diagnostics *diagnostics);
