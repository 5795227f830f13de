/*
 * Correlate: plain Sigma correlations over sliding windows of event time.
 *
 * Takes attempts in time order with the rules that they matched, keeps a group for each key of each
 * correlation, and tells when one's condition becomes true. What it keeps follows from the
 * condition, so that no event costs more for a longer window or more values in it:
 *
 * | condition                        | kept of a group                                   |
 * | at least n events                | the times of the last n                           |
 * | at least n distinct values       | the last n, each with its time (engine/latest.h)  |
 * | a sum, mean or percentile, least | numbers and times in the window, running totals   |
 * | rules together                   | the time each rule was last seen                  |
 * | rules in order                   | of each place, the latest start of a way up to it |
 * | anything judged at the end       | totals; distinct values where those count         |
 *
 * A percentile is never computed: by nearest rank it is at least x just when fewer values than the
 * rank lie below x, so counting those below each bound decides. Numbers are whole millionths, and
 * so sums are exact and do not depend on their order.
 *
 * Windows are closed at both ends. A condition without upper bound is judged at each event and told
 * once per episode, which ends when it has not held at an event for a whole time span. All others
 * are judged when a window ends that began with its group's first event outside the one before.
 * A late event counts as of now, while the window that ends now reaches back to its time.
 *
 * When its memory is used up, the group that was quiet longest goes; where there is but one, its
 * oldest event. One thread, in the order stage; no clock, no input or output.
 */
#pragma once

#include "engine/names.h"
#include "rules/ruleset.h"

struct correlate;

/* The event that made a condition true, or the last one of a window. */
struct correlate_evidence {
    int64_t time_ns;
    uint64_t line, offset;
    uint32_t file, source, account;
    uint8_t outcome;
};

struct correlate_evidence correlate_evidence_of(const struct attempt *attempt);

struct correlate_hit {
    uint32_t correlation; /* index in the ruleset */
    int64_t time_ns;      /* of the event, or the end of the window */
    const uint32_t *key;  /* names drawn by rules, one for each part */
    double number;        /* that the condition was about; a percentile is not known */
    struct correlate_evidence evidence;
};

/* What a correlation has just counted: an attempt, or the hit of another correlation. */
struct correlate_counted {
    uint32_t correlation; /* index in the ruleset */
    uint64_t group;       /* in which: see `correlate_look` */
    int64_t time_ns;
    uint64_t sources; /* those of its rules that this comes from, a bit for each */
    uint64_t value;   /* of the counted fields together: equal for equal ones */
    int64_t number;   /* of the counted field, in millionths */
    const struct correlate_evidence *evidence;
};

struct correlate_options {
    const struct ruleset *ruleset;
    const struct names *names;
    size_t bytes_max;
    /* Told of all that is counted, before it is judged; NULL: nobody is. */
    void (*counted)(void *self, const struct correlate_counted *counted);
    /* Told of each hit, whether or not the correlation reports; `hit` is valid for the call. */
    void (*tell)(void *self, const struct correlate_hit *hit);
    void *self;
};

struct correlate_counters {
    uint64_t without_key;    /* events that lack a field of the key, or whose value was not kept */
    uint64_t too_late;       /* late events that no window reached back to */
    uint64_t groups_evicted; /* memory cap */
    uint64_t events_forgotten; /* memory cap: left early, or were not counted at all */
};

STATUS_CHECKED enum status correlate_create(struct correlate **out,
                                            const struct correlate_options *options);
void correlate_destroy(struct correlate *correlate);

/* Time has come to `time_ns`: windows that ended before it are judged. */
void correlate_advance(struct correlate *correlate, int64_t time_ns);

/* An attempt with the rules that it matched; NULL: none. Advances to its time first. */
void correlate_take(struct correlate *correlate, const struct attempt *attempt, struct hits *hits);

/* No attempt follows: windows that are open end. */
void correlate_end(struct correlate *correlate);

struct correlate_counters correlate_counters(const struct correlate *correlate);

/* ---- for whoever explains ----------------------------------------------------------------- */

/* How a group stands. */
struct correlate_look {
    const uint32_t *key; /* names drawn by rules, one for each part */
    int64_t since_ns;    /* where its window begins */
    int64_t end_ns;      /* when it is judged; INT64_MAX: at each event, and `is_true` says how */
    bool is_true;
};

/* False: the group is gone. Valid until the next attempt. */
bool correlate_look(const struct correlate *correlate, uint32_t index, uint64_t group,
                    struct correlate_look *look);

enum correlate_miss {
    MISS_NO_RULE,  /* none of its rules has matched the attempt */
    MISS_TOO_LATE, /* its window is over */
    MISS_NO_KEY,   /* a field that groups are kept by is absent */
    MISS_NO_VALUE, /* a counted field is absent, or no number */
    MISS_NOTHING,  /* it has been counted, unless there was no memory */
};

/* Why a correlation may not have counted `attempt`, the last that was taken. */
enum correlate_miss correlate_miss(const struct correlate *correlate, uint32_t index,
                                   const struct attempt *attempt);
