#include "engine/decide.h"

#include <math.h>

#include "engine/base/civil.h"

/* Scales a median absolute deviation to a standard deviation of a normal distribution. */
#define MAD_TO_SIGMA 1.4826

static bool in_range(struct count_range range, uint32_t count)
{
    return range.min <= (int64_t)count && (int64_t)count <= range.max;
}

static uint32_t range_floor(struct count_range range)
{
    return range.min <= 0 ? 0 : range.min > UINT32_MAX ? UINT32_MAX : (uint32_t)range.min;
}

struct decision decide_count(const struct detector *detector, const struct window_counts *counts)
{
    const uint32_t count =
        detector->type == CORRELATION_EVENT_COUNT ? counts->attempts : counts->values;
    return (struct decision){.is_true = in_range(detector->condition, count),
                             .threshold = range_floor(detector->condition)};
}

struct decision decide_source_fanout(const struct detector *detector,
                                     const struct window_counts *counts)
{
    const struct detector_params *const params = &detector->params;
    const double population = counts->known_good;
    double threshold = fmax(range_floor(detector->condition), params->known_good_floor);
    threshold = fmax(threshold, params->known_good_sqrt * sqrt(population));
    threshold = ceil(fmax(threshold, params->known_good_share * population));
    return (struct decision){
        .is_true = counts->values >= threshold && counts->values > counts->succeeded &&
                   counts->attempts <= params->attempts_per_account_max * counts->values,
        .threshold = (uint32_t)threshold,
    };
}

/* Fills in what was expected. At least one attempt is, so a new key has a finite ratio. */
static void decide_against_baseline(struct decision *decision, int64_t span_ns,
                                    const struct window_counts *counts)
{
    const double scale = (double)span_ns / (double)counts->baseline_ns;
    const double median = counts->baseline.median * scale;
    decision->expected = fmax(median, 1);
    decision->ratio = counts->attempts / decision->expected;
    const double spread =
        MAD_TO_SIGMA * counts->baseline.deviation * scale + sqrt(decision->expected);
    decision->z = (counts->attempts - median) / spread;
}

struct decision decide_distributed(const struct detector *detector, unsigned span,
                                   const struct window_counts *counts)
{
    const struct detector_params *const params = &detector->params;
    struct decision decision = {.threshold = range_floor(detector->condition)};
    if (params->accounts_min > (int64_t)decision.threshold)
        decision.threshold = (uint32_t)params->accounts_min;
    if (counts->values < decision.threshold || (int64_t)counts->sources < params->sources_min ||
        counts->attempts > params->attempts_per_account_max * counts->values ||
        counts->sources < params->sources_per_account_min * counts->values)
        return decision;
    if ((double)counts->successes >
        params->success_share_max * ((double)counts->successes + counts->attempts))
        return decision;
    /* Before a baseline has been learned the shape alone decides. */
    if (counts->history_ns < params->history_min_ns || counts->baseline.samples == 0) {
        decision.is_true = true;
        return decision;
    }
    decide_against_baseline(&decision, detector->spans_ns[span], counts);
    decision.is_true = decision.ratio >= params->ratio_min;
    return decision;
}

struct decision decide_surge(const struct detector *detector, unsigned span,
                             const struct window_counts *counts)
{
    const struct detector_params *const params = &detector->params;
    struct decision decision = {.threshold = range_floor(detector->condition)};
    if (params->accounts_min > (int64_t)decision.threshold)
        decision.threshold = (uint32_t)params->accounts_min;
    if (counts->values < decision.threshold || counts->history_ns < params->history_min_ns ||
        counts->baseline.samples == 0)
        return decision;
    decide_against_baseline(&decision, detector->spans_ns[span], counts);
    if (decision.z < params->z_min || decision.ratio < params->ratio_elevated)
        return decision;
    decision.is_true = true;
    decision.is_weak = decision.ratio < params->ratio_min;
    return decision;
}

static bool is_success_share_low(const struct detector_params *params,
                                 const struct window_counts *counts)
{
    return (double)counts->successes <=
           params->success_share_max * ((double)counts->successes + counts->attempts);
}

struct decision decide_low_and_slow(const struct detector *detector, unsigned span,
                                    const struct window_counts *counts)
{
    const struct detector_params *const params = &detector->params;
    const double days = fmax(1, (double)detector->spans_ns[span] / (double)CIVIL_DAY_NS);
    struct decision decision = {
        .threshold = span == 0 ? range_floor(detector->condition)
                               : (uint32_t)fmin((double)params->accounts_longer, UINT32_MAX)};
    if (counts->attempts > params->attempts_per_account_max * counts->values * days ||
        !is_success_share_low(params, counts))
        return decision;
    decision.is_true = counts->values >= decision.threshold;
    /* Few accounts mean something only where sprays have come from before. */
    if (!decision.is_true && span == 0 && (int64_t)counts->values >= params->accounts_known)
        decision.is_true = decision.is_weak = true;
    return decision;
}

struct decision decide_enumeration(const struct detector *detector,
                                   const struct window_counts *counts)
{
    const struct detector_params *const params = &detector->params;
    struct decision decision = {.threshold = range_floor(detector->condition)};
    decision.is_true = counts->values >= decision.threshold &&
                       counts->values >= params->unknown_share_min * counts->attempts;
    return decision;
}

struct decision decide_lockout_storm(const struct detector *detector, unsigned span,
                                     const struct window_counts *counts)
{
    struct decision decision = {.threshold = range_floor(detector->condition)};
    if (counts->values < decision.threshold)
        return decision;
    decision.is_true = true;
    if (counts->history_ns < detector->params.history_min_ns || counts->baseline.samples == 0)
        return decision;
    decide_against_baseline(&decision, detector->spans_ns[span], counts);
    decision.is_true = decision.ratio >= detector->params.ratio_min;
    return decision;
}

struct decision decide_shift(const struct detector *detector, unsigned span,
                             const struct window_counts *counts)
{
    const struct detector_params *const params = &detector->params;
    struct decision decision = {.threshold = range_floor(detector->condition)};
    if (counts->values < decision.threshold || counts->history_ns < params->history_min_ns ||
        counts->cusum < params->cusum_alarm ||
        counts->attempts > params->attempts_per_account_max * counts->values)
        return decision;
    decision.is_true = true;
    decide_against_baseline(&decision, detector->spans_ns[span], counts);
    return decision;
}

int64_t decide_values_min(const struct detector *detector)
{
    const struct detector_params *const params = &detector->params;
    int64_t least = detector->condition.min;
    if (detector->kind != DETECTOR_LOW_AND_SLOW)
        return params->accounts_min > least ? params->accounts_min : least;
    if (params->accounts_longer < least)
        least = params->accounts_longer;
    return params->accounts_known < least ? params->accounts_known : least;
}
