/*
 * A whole `spraywatch scan` in a process of its own, as a user runs it: what it took and what it
 * found. Beside every speed stands whether the output was right, so every run's is hashed.
 *
 * One thread; blocks until the child has ended.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/status.h"

struct child_options {
    const char *program; /* path of the executable */
    const char *path;    /* of the log; not read by `child_stream_start` */
    unsigned threads;
    const char *rules_directory; /* NULL: shipped rules only */
    bool is_stream;              /* order as for a pipe, not as for files */
    int findings_fd;             /* a file whose content becomes what the scan has found */
};

struct child_run {
    double seconds;       /* from its start to its end */
    double cpu_seconds;   /* of all its threads, user and system */
    uint64_t memory_peak; /* bytes */
    uint64_t accounts, addresses;
    uint64_t findings_hash;
};

/* STATUS_IO with a diagnostic when the child could not be run or failed. */
STATUS_CHECKED enum status child_scan(struct child_run *run, const struct child_options *options,
                                      struct diagnostics *diagnostics);

/* A scan of standard input without lateness, which writes JSON Lines. */
struct child_stream {
    pid_t pid;
    int to, from; /* our ends of its pipes; `to` may be closed, and set to -1, to end its input */
};

STATUS_CHECKED enum status child_stream_start(struct child_stream *stream,
                                              const struct child_options *options,
                                              struct diagnostics *diagnostics);

/* Closes both ends and waits. STATUS_IO when the child failed. */
STATUS_CHECKED enum status child_stream_end(struct child_stream *stream);
