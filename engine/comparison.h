/*
 * Comparisons: what one setting of a threshold would tell beside what the loaded rules tell.
 *
 * Campaigns of two trials are the same attack when they overlap in time and share half of the
 * accounts and half of the sources of the one that has fewer of them: ids and counts may differ,
 * since a stricter setting notices later and a laxer one joins more. Pure; one thread.
 */
#pragma once

#include "engine/trials.h"

/* Campaigns that one trial has and the other has not. */
struct comparison_list {
    const struct trial_campaign **items; /* those that matter most first; owned, lent campaigns */
    size_t count;
    uint64_t attempts;  /* of all, … */
    uint64_t accounts;  /* … an account counted once for each, … */
    uint64_t confirmed; /* … and passwords found */
};

struct comparison {
    size_t campaigns;              /* that the setting tells */
    size_t by_detector;            /* which its detector has found, alone or with others … */
    size_t by_it_alone;            /* … and without which there would be none */
    struct comparison_list missed; /* the loaded rules tell them, the setting does not */
    struct comparison_list added;  /* the setting tells them, the loaded rules do not */
    size_t later;                  /* campaigns that both tell and the setting tells later … */
    int64_t later_ns_max;          /* … by so much at most */
    size_t confirmed;              /* accounts with found passwords */
    size_t confirmed_missed;       /* those that only the loaded rules find */
    size_t confirmed_added;        /* those that only the setting finds */
};

/* Whether two campaigns, of one trial or of two of the same run, are the same attack. */
bool comparison_is_same(const struct trial_campaign *a, const struct trial_campaign *b);

/* Compares the trial of a setting of detector number `detector` with that of the loaded rules,
 * which may be the same. Both are lent for as long as the comparison is used. */
STATUS_CHECKED enum status comparison_init(struct comparison *comparison,
                                           const struct ruleset *ruleset, size_t detector,
                                           const struct trial *loaded, const struct trial *tried);
void comparison_deinit(struct comparison *comparison);
