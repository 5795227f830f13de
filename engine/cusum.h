/*
 * A cumulative sum: has the rate of events risen, and stayed risen?
 *
 * Page's test (Biometrika 41, 1954) for a Poisson process whose rate mu may become rise * mu. Each
 * event adds ln(rise), and time takes away mu * (rise - 1), which is the log-likelihood ratio of
 * the two rates; the sum never falls below 0. Where days differ more than Poisson's law allows,
 * both are divided by how much more. A chance fluctuation lifts the sum to h about once in e^h
 * events; a lasting rise lifts it steadily, however small it is in a single hour. The sum is capped
 * at twice the alarm, so that it comes down in time when the rise is over.
 *
 * Pure data; one thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/baseline.h"

struct cusum {
    double sum;
    double rate;       /* expected events per hour, for `rate_hour` */
    double dispersion; /* variance / mean of days, at least 1 */
    int64_t rate_hour; /* number of the hour that `rate` is for; INT64_MIN: none yet */
    int64_t at_ns;     /* when `sum` was true */
};

void cusum_init(struct cusum *cusum, int64_t time_ns);

/* Is it another hour than that of the rate? Then the rate must be set. */
bool cusum_wants_rate(const struct cusum *cusum, int64_t time_ns);
void cusum_set_rate(struct cusum *cusum, int64_t time_ns, const struct baseline_stats *days,
                    const struct baseline_stats *hours);

/* Time has come to `time_ns`; `is_event`: something happened. Late times count as now. */
void cusum_note(struct cusum *cusum, int64_t time_ns, bool is_event, double rise, double alarm);
