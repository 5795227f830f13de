/*
 * Thresholds: the numbers of a detector that decide when it fires, to be tried at other values.
 *
 * Those are the lower bound of its condition and the parameters of its kind that are numbers, by
 * the bounds that rules have to keep. What is set here is what a rule with that number would be
 * compiled to. Pure; any thread.
 */
#pragma once

#include "rules/ruleset.h"

enum { THRESHOLD_LADDER_MAX = 6 };

/* `key: {part: number}`, as rules write it. */
struct threshold {
    const char *key, *part;
    /* The floor that the condition's bound is compared with: the larger of both is needed, so both
     * are set together. NULL: there is none. */
    const char *floor_key, *floor_part;
    bool is_whole;   /* no number between two others */
    double number;   /* as it holds */
    double min, max; /* inclusive */
};

/* The threshold number `index` of a detector; false: there are no more. A detector of which all is
 * decided in the report (confirmed passwords, known sources) has none. */
bool threshold_of(const struct detector *detector, size_t index, struct threshold *threshold);

/* Whether a rule could say so. */
bool threshold_admits(const struct threshold *threshold, double number);

/* Sets the threshold number `index` to what it admits. */
void threshold_set(struct detector *detector, size_t index, double number);

/* Numbers worth trying, ascending, the one that holds among them: half of it, three quarters, one
 * and a half times, twice and three times as much, where these are admitted and differ. Returns how
 * many. */
size_t threshold_ladder(const struct threshold *threshold, double ladder[THRESHOLD_LADDER_MAX]);
