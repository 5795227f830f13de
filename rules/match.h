/*
 * The matcher: which base rules does an event satisfy?
 *
 * Wraps Hyperscan. The pattern database belongs to the ruleset and is shared read-only; a matcher
 * holds one worker's scratch space and its memory of match results per distinct string, so that a
 * user agent is scanned once, not once per event. One thread per matcher.
 */
#pragma once

#include "rules/ruleset.h"

struct matcher;

/* The matcher reads `ruleset` for as long as it lives. Takes all its memory here. */
STATUS_CHECKED enum status matcher_create(struct matcher **out, const struct ruleset *ruleset);
void matcher_destroy(struct matcher *matcher);

/* Bit n is set when base rule n matches. Never allocates, cannot fail. */
uint64_t matcher_match(struct matcher *matcher, const struct event *event);

/* Strings scanned, and strings answered from memory, since creation. */
struct matcher_counters {
    uint64_t scans, remembered;
};
struct matcher_counters matcher_counters(const struct matcher *matcher);
