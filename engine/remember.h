/*
 * Remembering: what the stages have learned becomes facts at the end of a run, and facts become
 * what the stages know at the start of the next.
 *
 * docs/detection.md says what is remembered and what is not. Loading adds what it names to `names`
 * and the windows; saving joins this run's facts with those of the generation that it began with,
 * so it can be done again and again. While nobody else uses what is lent.
 */
#pragma once

#include "engine/campaign.h"
#include "engine/detect.h"
#include "engine/familiar.h"
#include "engine/names.h"
#include "engine/state_dir.h"
#include "engine/visits.h"
#include "engine/watched.h"

struct remember {
    const struct ruleset *ruleset;
    struct names *names;
    struct detect *const *detects;
    size_t detects_count;
    struct familiar *familiar;
    struct visits *visits;
    struct campaigns *campaigns;
    struct watched *watched;
    uint64_t refused; /* facts that were not loaded or not saved: memory cap */
};

/* STATUS_IO or STATUS_DAMAGED, said on stderr, when the generation cannot be read any more. */
STATUS_CHECKED enum status remember_load(struct remember *remember, struct state_dir *dir);

/* Writes and commits the next generation; `bytes_max` is what putting it together may take. */
STATUS_CHECKED enum status remember_save(struct remember *remember, struct state_dir *dir,
                                         size_t bytes_max);

/* The same in the middle of a run: a state that lacks something for want of memory is not written.
 * Gives whether one was. */
bool remember_save_early(const struct remember *remember, struct state_dir *dir, size_t bytes_max);
