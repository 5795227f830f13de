/*
 * A replay: the sign-ins of an input through the stages of a scan, up to one of them.
 *
 * For `explain`, which wants to know what the windows hold when a certain attempt has just been
 * counted. The stages are those of the pipeline, in one thread and one after the other, and the
 * input is history: read whole, then counted in the order of time. Nothing is reported.
 *
 * Owned and used by one thread. `ruleset` is lent until the end, and its datasets are bound.
 */
#pragma once

#include "engine/detect.h"
#include "engine/intake.h"
#include "engine/journal.h"
#include "engine/names.h"

struct replay;

/* A plain correlation that became true. */
struct replay_hit {
    uint32_t correlation; /* index in the ruleset */
    uint64_t line;        /* of the record that made it so, or of the last in its window */
};

struct replay_options {
    struct intake_words words;
    const struct ruleset *ruleset;
    size_t memory_bytes;         /* as --memory */
    const char *spill_directory; /* as --spill; NULL: the usual one */
    bool keeps_journal;          /* of what correlations count */
};

/* Reads all of the input. Mistakes become diagnostics, which are lent until the end. */
STATUS_CHECKED enum status replay_create(struct replay **out, const struct replay_options *options,
                                         struct diagnostics *diagnostics);
void replay_destroy(struct replay *replay);

/* Counts the next attempt in the order of time, and what that led to is in `*findings`. NULL: there
 * is none, or `replay_status` says why not. Both valid until the next call. */
const struct attempt *replay_step(struct replay *replay, const struct findings **findings);

/* The correlations that became true in the last step; after the last, those whose windows it ends.
 * `*count` is SIZE_MAX when there was no memory for them. Valid until the next step. */
const struct replay_hit *replay_hits(const struct replay *replay, size_t *count);

/* Counts attempt after attempt until the one whose record stands at `offset` of source `file` has
 * been counted. NULL: it is none that counts, such as a duplicate, and all have been. Valid until
 * the end. */
const struct attempt *replay_until(struct replay *replay, uint32_t file, uint64_t offset);

/* STATUS_OK, or why there are attempts that have not been counted; it was said on stderr. */
STATUS_CHECKED enum status replay_status(const struct replay *replay);

/* The windows as they stand, and the names behind indices. */
struct detect *replay_detect(struct replay *replay);
const struct correlate *replay_correlate(const struct replay *replay);
const struct journal *replay_journal(const struct replay *replay);
const struct names *replay_names(const struct replay *replay);
