/*
 * Trials: what a scan would tell if one threshold of one detector were set otherwise.
 *
 * No detector knows of another one's windows. So one run detects with the detectors of the ruleset
 * and, beside them, with each setting that is tried, as a detector of its own; and for each setting
 * there are campaigns that take what those of a scan with it would take: the findings of all loaded
 * detectors but the one that is replaced, and in their place the setting's own. All else, from the
 * first byte read to the rules of campaigns, is a scan's.
 *
 * Owned by whoever tries; lent to the pipeline for one run, where the report stage has it.
 */
#pragma once

#include "engine/detect.h"
#include "engine/screen.h"
#include "rules/threshold.h"

enum {
    TRIALS_MAX = 12, /* settings of one run */
    /* The windows of all settings have so many times the memory of a scan's: each is of one
     * detector of many. */
    TRIALS_WINDOWS = 6,
};

/* A threshold of a detector at another number. */
struct setting {
    size_t detector;  /* in the ruleset */
    size_t threshold; /* of the detector: rules/threshold.h */
    double number;
};

enum {
    /* The members of a set with the smallest hashes, when it has more: then sets that overlap have
     * these in common in the same measure (Broder, "On the resemblance and containment of
     * documents", 1997). */
    TRIAL_SAMPLE_MAX = 4096,
};

struct trial_sample {
    uint64_t *hashes; /* ascending, each once; owned */
    uint32_t count;
    bool is_all; /* the set has no others */
};

/* A campaign that has ended, and what is needed to find it again in another trial. */
struct trial_campaign {
    uint64_t id[2];
    uint32_t number;
    unsigned severity;
    uint64_t detectors;       /* bit n: detector n of the ruleset, or the setting in its place */
    int64_t start_ns, end_ns; /* of its attempts */
    int64_t opened_ns;        /* when it was first told */
    uint64_t attempts;
    size_t accounts, sources;
    uint32_t confirmed;                                /* accounts whose password was found */
    char what[SCREEN_WHAT_BYTES];                      /* rule and key for a person, escaped */
    struct trial_sample account_sample, source_sample; /* the confirmed among them */
};

/* All that was told. */
struct trial {
    struct trial_campaign *campaigns; /* in the order in which they ended */
    size_t count, capacity;
    uint32_t *confirmed; /* accounts with found passwords, ascending, each once */
    size_t confirmed_count, confirmed_capacity;
    uint64_t untold; /* what campaigns have not kept for want of memory */
};

struct trials;

/* How many settings a run has room for, beside the detectors of the ruleset: TRIALS_MAX, or what is
 * left of DETECTORS_MAX. */
size_t trials_room(const struct ruleset *ruleset);

/* Copies at most so many settings; the ruleset is lent until the end. */
STATUS_CHECKED enum status trials_create(struct trials **out, const struct ruleset *ruleset,
                                         const struct setting *settings, size_t settings_count);
void trials_destroy(struct trials *trials);

/* What is to be detected with: the detectors of the ruleset, then one for each setting. */
struct detectors trials_detectors(const struct trials *trials);

/* ---- for the report stage ------------------------------------------------------------------- */

/* Makes the campaigns of all settings, each with `bytes_max` of memory; those of the loaded
 * detectors are the report's own, and `trials_hear_loaded` listens to them, with `trials`. Of
 * `options` neither the slab nor the listener is used.
 * `context` is lent until `trials_end`. */
STATUS_CHECKED enum status trials_begin(struct trials *trials,
                                        const struct campaigns_options *options, size_t bytes_max,
                                        const struct alert_context *context);
void trials_hear_loaded(void *trials, const struct campaign *campaign, enum campaign_action action,
                        enum campaign_end end, int64_t time_ns);

/* The detector of the ruleset that has found it or whose place the setting takes. */
size_t trials_detector(const struct trials *trials, const struct finding *finding);

/* Findings of loaded detectors are the report's own campaigns', too. What allow entries hide is not
 * told at any setting. */
void trials_take(struct trials *trials, const struct finding *finding,
                 const struct member *members);
void trials_advance(struct trials *trials, int64_t now_ns);

/* Nothing follows, and the report's own campaigns have ended. STATUS_NO_MEMORY: some are missing.
 */
STATUS_CHECKED enum status trials_end(struct trials *trials);

/* ---- afterwards ------------------------------------------------------------------------------ */

const struct trial *trials_loaded(const struct trials *trials);
const struct trial *trials_of(const struct trials *trials, size_t setting_index);
