#include "bench/sample.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static const double chance_max = 0.01;

void sample_add(struct sample *sample, double value)
{
    assert(sample->count < SAMPLE_ROUNDS_MAX);
    sample->values[sample->count++] = value;
}

static int number_order(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static struct sample sample_sorted(const struct sample *sample)
{
    struct sample sorted = *sample;
    qsort(sorted.values, sorted.count, sizeof(sorted.values[0]), number_order);
    return sorted;
}

double sample_median(const struct sample *sample)
{
    if (sample->count == 0)
        return 0;
    const struct sample sorted = sample_sorted(sample);
    const unsigned middle = sorted.count / 2;
    return sorted.count % 2 != 0 ? sorted.values[middle]
                                 : (sorted.values[middle - 1] + sorted.values[middle]) / 2;
}

double sample_spread(const struct sample *sample)
{
    if (sample->count == 0)
        return 0;
    const struct sample sorted = sample_sorted(sample);
    return (sorted.values[sorted.count - 1] - sorted.values[0]) / sample_median(sample);
}

/* n over k. */
static double choose(unsigned n, unsigned k)
{
    double ways = 1;
    for (unsigned i = 1; i <= k; i++)
        ways = ways * (n - k + i) / i;
    return ways;
}

static bool is_worth_a_word(double ratio)
{
    return ratio <= 1 - SAMPLE_SHARE_MIN || ratio >= 1 + SAMPLE_SHARE_MIN;
}

enum sample_change sample_compare(const struct sample *old, const struct sample *new)
{
    if (2 / choose(old->count + new->count, old->count) > chance_max)
        return SAMPLE_UNCLEAR;
    const struct sample a = sample_sorted(old), b = sample_sorted(new);
    if (!is_worth_a_word(sample_median(new) / sample_median(old)))
        return SAMPLE_SAME;
    if (b.values[b.count - 1] < a.values[0])
        return SAMPLE_BETTER;
    return b.values[0] > a.values[a.count - 1] ? SAMPLE_WORSE : SAMPLE_SAME;
}

/* That of n tosses of a coin at most k fall on one side, whichever. */
static double sign_chance(unsigned n, unsigned k)
{
    double chance = 0, all = 1;
    for (unsigned i = 0; i < n; i++)
        all *= 2;
    for (unsigned i = 0; i <= k; i++)
        chance += 2 * choose(n, i) / all;
    return chance;
}

enum sample_change sample_compare_pairs(const struct sample *old, const struct sample *new,
                                        double *ratio)
{
    assert(old->count == new->count);
    const unsigned rounds = old->count;
    struct sample ratios = {0};
    unsigned lower = 0, higher = 0;
    for (unsigned i = 0; i < rounds; i++) {
        sample_add(&ratios, new->values[i] / old->values[i]);
        lower += new->values[i] < old->values[i];
        higher += new->values[i] > old->values[i];
    }
    *ratio = sample_median(&ratios);
    if (sign_chance(rounds, 0) > chance_max)
        return SAMPLE_UNCLEAR;
    const unsigned fewer = lower < higher ? lower : higher;
    if (!is_worth_a_word(*ratio) || lower + higher < rounds ||
        sign_chance(rounds, fewer) > chance_max)
        return SAMPLE_SAME;
    return *ratio < 1 ? SAMPLE_BETTER : SAMPLE_WORSE;
}

const char *sample_change_name(enum sample_change change)
{
    static const char *const names[] = {
        [SAMPLE_SAME] = "the same",
        [SAMPLE_BETTER] = "faster",
        [SAMPLE_WORSE] = "slower",
        [SAMPLE_UNCLEAR] = "unclear: too few rounds",
    };
    return names[change];
}

double numbers_quantile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof(values[0]), number_order);
    size_t at = 0;
    while (at + 1 < count && (double)(at + 1) < share * (double)count)
        at++;
    return values[at];
}
