/*
 * A generated log in memory, for measuring: nothing of what is measured waits for a disk.
 *
 * Owned by the caller, one thread. Other processes read it by its path as long as they have
 * inherited its descriptor, which is not closed on exec for that reason.
 */
#pragma once

#include "bench/gen.h"

enum { LOG_PATH_BYTES = 32 };

struct log {
    int fd;
    char path[LOG_PATH_BYTES]; /* good in this process and in the ones it starts */
    struct gen *gen;           /* knows what the log holds; NULL in a compressed one */
    uint64_t events, bytes;    /* of its text, also when it is compressed */
};

/* Storage that `log_deinit` may be given. */
static inline struct log log_none(void)
{
    return (struct log){.fd = -1};
}

STATUS_CHECKED enum status log_init(struct log *log, const struct gen_options *options,
                                    struct diagnostics *diagnostics);

/* The text of `from` through a command that compresses standard input, `zstd -qc` for instance.
 * STATUS_NO_INPUT when it cannot be run, without a diagnostic. */
STATUS_CHECKED enum status log_init_compressed(struct log *log, const struct log *from,
                                               const char *const *command);

void log_deinit(struct log *log);
