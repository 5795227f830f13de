#include "engine/cusum.h"

#include <math.h>

#include "engine/base/civil.h"

/* Nobody is ever expected: a tenant in which nothing ever fails would alarm at the first mistake.
 */
#define RATE_MIN (1.0 / 24)

/* Scales a median absolute deviation to a standard deviation of a normal distribution. */
#define MAD_TO_SIGMA 1.4826

void cusum_init(struct cusum *cusum, int64_t time_ns)
{
    *cusum =
        (struct cusum){.rate = RATE_MIN, .dispersion = 1, .rate_hour = INT64_MIN, .at_ns = time_ns};
}

bool cusum_wants_rate(const struct cusum *cusum, int64_t time_ns)
{
    return cusum->rate_hour != civil_units(time_ns, CIVIL_HOUR_NS);
}

void cusum_set_rate(struct cusum *cusum, int64_t time_ns, const struct baseline_stats *days,
                    const struct baseline_stats *hours)
{
    cusum->rate_hour = civil_units(time_ns, CIVIL_HOUR_NS);
    cusum->rate = RATE_MIN;
    cusum->dispersion = 1;
    if (days->samples > 0) {
        const double sigma = MAD_TO_SIGMA * days->deviation;
        cusum->rate = fmax(cusum->rate, days->median / 24);
        if (days->median > 0)
            cusum->dispersion = fmax(1, sigma * sigma / days->median);
    }
    if (hours->samples > 0)
        cusum->rate = fmax(cusum->rate, hours->median);
}

void cusum_note(struct cusum *cusum, int64_t time_ns, bool is_event, double rise, double alarm)
{
    if (time_ns > cusum->at_ns) {
        const double hours = ((double)time_ns - (double)cusum->at_ns) / (double)CIVIL_HOUR_NS;
        cusum->sum = fmax(0, cusum->sum - cusum->rate * (rise - 1) / cusum->dispersion * hours);
        cusum->at_ns = time_ns;
    }
    if (is_event)
        cusum->sum = fmin(2 * alarm, cusum->sum + log(rise) / cusum->dispersion);
}
