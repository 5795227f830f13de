/*
 * Signals: what rules that report for themselves have to say.
 *
 * Takes attempts in time order with the rules that matched them and writes a document (or a line
 * for people) for each match, within a bound: a rule is told of at most SIGNALS_PER_HOUR times in
 * an hour of event time, counted from its first match; what is held back is counted in the rule's
 * next document and in the summary. One thread, in the order stage. Takes its memory at creation.
 */
#pragma once

#include "engine/alert.h"
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
    uint64_t matches; /* of rules that report for themselves */
    uint64_t told, held_back;
    uint64_t lost; /* events whose matches had no room: memory cap */
};

STATUS_CHECKED enum status signals_create(struct signals **out,
                                          const struct signals_options *options);
void signals_destroy(struct signals *signals);

/* Every attempt, in the order in which it goes to detection. `hits` are the rules that it matched,
 * as the matcher gave them, or NULL. */
void signals_take(struct signals *signals, const struct attempt *attempt, const uint32_t *hits,
                  size_t hits_count, struct notes *notes);

struct signals_counters signals_counters(const struct signals *signals);
