/*
 * Feed: the raw bytes of one source, as its descriptor gives them.
 *
 * A thin layer over read(2) for the input stage: it knows about interrupted calls, waiting, pipes
 * and the stop flag, and nothing about what the bytes mean. Plain storage of whoever reads the
 * source, used by one thread; the descriptor stays the caller's to close.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct feed {
    int descriptor;
    bool is_file;                      /* a regular file: reading never waits for a writer */
    const volatile sig_atomic_t *stop; /* checked around every read; may be NULL */
    uint64_t bytes_read;
    int error; /* errno of the read that failed */
};

enum feed_result {
    FEED_BYTES,   /* at least one byte came */
    FEED_END,     /* nothing more, ever */
    FEED_STOPPED, /* the stop flag is set */
    FEED_FAILED,  /* `error` says why */
};

/* Takes an open descriptor and asks the system to read ahead (a file) or for a large buffer (a
 * pipe). Both are wishes: a refusal changes nothing but speed. */
void feed_init(struct feed *feed, int descriptor, const volatile sig_atomic_t *stop);

/* One read of at most `bytes` (not 0) bytes; waits when there is none. */
enum feed_result feed_read(struct feed *feed, char *to, size_t bytes, size_t *got);

/* True when a read would not wait: something is there, or the end is. */
bool feed_is_ready(const struct feed *feed);
