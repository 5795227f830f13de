/*
 * Seconds on a clock that only goes forward, for measuring how long something took. Nothing that is
 * detected asks it: event time only.
 */
#pragma once

#include <time.h>

static inline double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
