/*
 * Samples: the repeated measurements of one thing, and whether two of them really differ.
 *
 * A difference is called one only when chance alone would bring it in at most one of a hundred
 * comparisons, and when it is large enough to matter. No distribution is assumed: times on a shared
 * machine have none that holds. Plain data, pure functions.
 */
#pragma once

#include <stddef.h>

enum { SAMPLE_ROUNDS_MAX = 101 };

/* A value is a cost: smaller is better. */
struct sample {
    double values[SAMPLE_ROUNDS_MAX]; /* in the order of the rounds */
    unsigned count;
};

enum sample_change {
    SAMPLE_SAME,    /* no difference beyond noise */
    SAMPLE_BETTER,  /* the new one costs less */
    SAMPLE_WORSE,   /* … more */
    SAMPLE_UNCLEAR, /* too few rounds to say anything */
};

/* Differences below this share of the median are not worth a word. */
#define SAMPLE_SHARE_MIN 0.02

/* Asserts that there is room. */
void sample_add(struct sample *sample, double value);

/* The middle value, or the mean of the middle two; 0 for an empty sample. */
double sample_median(const struct sample *sample);

/* (largest - smallest) / median. */
double sample_spread(const struct sample *sample);

/* Two samples taken at different times: they differ when every value of one lies beyond every value
 * of the other. Of n + m values in random order that happens with probability 2 / C(n + m, n). */
enum sample_change sample_compare(const struct sample *old, const struct sample *new);

/* Two samples taken in turns, round by round: the sign test over their rounds, so that what a
 * machine does over minutes falls on both. `ratio`: the median of new / old. */
enum sample_change sample_compare_pairs(const struct sample *old, const struct sample *new,
                                        double *ratio);

const char *sample_change_name(enum sample_change change);

/* The smallest of `count` (not 0) values that a share of them (0.99) does not exceed. Sorts them.
 */
double numbers_quantile(double *values, size_t count, double share);
