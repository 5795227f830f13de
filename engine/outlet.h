/*
 * An outlet: a file that lines go to, at once, or all together when it is known that they may.
 *
 * Holding back is for a run that may turn out to be in vain: it has room for so much, and when
 * there is more, nothing is held any more and nothing was written. One thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

struct outlet {
    int fd;
    const char *what; /* "the findings": what cannot be written, when it cannot */
    char *held;       /* NULL: nothing is held back */
    size_t held_bytes, held_bytes_max;
    bool is_overfull;
    bool
        is_unread; /* the reader has gone away (EPIPE): no error, but there is no use in going on */
    enum status status; /* STATUS_IO: it cannot be written; what follows is ignored */
};

/* `held_bytes_max`: how much to hold back; 0: nothing. `fd` and `what` are lent. */
STATUS_CHECKED enum status outlet_init(struct outlet *outlet, int fd, const char *what,
                                       size_t held_bytes_max);
void outlet_deinit(struct outlet *outlet);

/* Holds the text back or writes it. */
void outlet_put(struct outlet *outlet, struct slice text);

/* Writes what was held back. Once, when nothing follows. */
void outlet_release(struct outlet *outlet);
