/*
 * Signals: what rules and correlations that report for themselves have to say.
 *
 * Takes attempts in time order with the rules that matched them, and the hits of correlations among
 * them, and writes a document (or a line for people) for each, within a bound: a rule is told of at
 * most SIGNALS_PER_HOUR times in an hour of event time, counted from its first match; what is held
 * back is counted in the rule's next document and in the summary. One thread, in the order stage.
 * Takes its memory at creation.
 */
#pragma once

#include "engine/alert.h"
#include "engine/correlate.h"
#include "engine/note.h"
#include "engine/options.h"

enum { SIGNALS_PER_HOUR = 100 };

struct signals;

struct signals_options {
    const struct ruleset *ruleset;
    const struct names *names;
    const char *const *files;
    enum output_format format;
};

struct signals_counters {
    uint64_t matches; /* of rules and correlations that report for themselves */
    uint64_t told, held_back;
    uint64_t lost; /* events whose matches had no room: memory cap */
};

STATUS_CHECKED enum status signals_create(struct signals **out,
                                          const struct signals_options *options);
void signals_destroy(struct signals *signals);

/* Every attempt, in the order in which it goes to detection: what is taken next is told with it. */
void signals_begin(struct signals *signals, const struct attempt *attempt);

/* The rules that the attempt matched, or NULL. */
void signals_take(struct signals *signals, const struct attempt *attempt, struct hits *hits,
                  struct notes *notes);

/* A hit of a correlation. */
void signals_take_hit(struct signals *signals, const struct correlate_hit *hit,
                      struct notes *notes);

struct signals_counters signals_counters(const struct signals *signals);
