/*
 * Watched: from when to when the log was watched, forged times aside.
 *
 * The newest time says what is too old to be kept, and the oldest how long a baseline has been
 * learned, so neither may follow a single event. Attempts come in the order of time; where one lies
 * further ahead than a gap, WATCHED_JUMP of them in a row must say so. Plain data, one thread.
 */
#pragma once

#include <stdint.h>

/* A gap in a log; logs of small places have them, and a month too much does little harm. */
#define WATCHED_GAP_NS (INT64_C(30) * 86400 * 1000000000)

enum { WATCHED_JUMP = 64 };

struct watched {
    uint64_t count; /* attempts; 0: none, and no times */
    int64_t oldest_ns, newest_ns;
    unsigned jump_count;
    int64_t jump_ns;
};

/* What earlier runs have watched. */
void watched_resume(struct watched *watched, int64_t oldest_ns, int64_t newest_ns);

void watched_note(struct watched *watched, int64_t time_ns);
