/*
 * The matcher: which rules does an event satisfy?
 *
 * Wraps Hyperscan. The pattern database belongs to the ruleset and is shared read-only; a matcher
 * holds one worker's scratch space and its memory of match results per distinct string, so that a
 * user agent is scanned once, not once per event. One thread per matcher.
 */
#pragma once

#include "rules/field.h"
#include "rules/ruleset.h"

struct matcher;

/* The matcher reads `ruleset` for as long as it lives. Takes all its memory here. */
STATUS_CHECKED enum status matcher_create(struct matcher **out, const struct ruleset *ruleset);
void matcher_destroy(struct matcher *matcher);

/* What matches. */
struct matches {
    uint64_t mask;         /* bit n: the rule with that bit in the detectors' mask */
    const uint32_t *rules; /* those asked for by index (`ruleset_rule_is_listed`), ascending */
    size_t rules_count;    /* `rules` is valid until the next call */
    uint8_t allowance;     /* number of the first entry in force that covers it; 0: none */
};

/* Never allocates, cannot fail. */
struct matches matcher_match_record(struct matcher *matcher, const struct subject *subject);

/* The value of a draw (rules/ruleset.h) for the event that was matched last, cut to
 * LIMIT_TEXT_BYTES on a character; empty: it has none. Of a list, the first. Valid until the next
 * call. */
struct slice matcher_draw(struct matcher *matcher, size_t draw_index);

/* The mask alone, for an event without its record: other fields than the event's are absent. */
uint64_t matcher_match(struct matcher *matcher, const struct event *event);

/* Whether one rule matches, whoever asks for it. */
bool matcher_match_rule(struct matcher *matcher, const struct subject *subject, size_t rule_index);

/* ---- for whoever explains ----------------------------------------------------------------- */

/* Looks at a record; what follows is asked of it, until the next record or match. */
void matcher_look(struct matcher *matcher, const struct subject *subject);

/* Whether a rule's condition, or a part of it, holds. */
bool matcher_holds(struct matcher *matcher, const struct expression *expression);

/* What stands in a field, which is neither the whole record nor two fields; valid until the next
 * question. */
struct rule_value matcher_value(struct matcher *matcher, unsigned field,
                                char buffer[EVENT_VALUE_BYTES]);

/* The values of one that is a list: calls `take` for each. */
void matcher_values(struct matcher *matcher, const struct rule_value *list,
                    void (*take)(void *self, const struct rule_value *value), void *self);

/* Whether any event of the dataset can satisfy the expression. */
bool matcher_dataset_can(struct matcher *matcher, const struct expression *expression,
                         unsigned dataset);

/* Whether a rule, an allow entry or a plain correlation asks for the field's value in each event.
 * What only detectors read are keys and counts, which the order stage knows better. */
bool matcher_asks(const struct matcher *matcher, enum event_field field);

/* The event fields that some rule or detector reads of a dataset's events; nothing else needs to be
 * extracted. What cannot match such an event reads nothing of it. The datasets need not be bound.
 */
field_set matcher_fields(struct matcher *matcher, struct slice dataset);

/* Since creation. */
struct matcher_counters {
    uint64_t scans;      /* of strings */
    uint64_t remembered; /* strings answered from memory */
    uint64_t given_up;   /* searches for an expression, which then counts as not found */
};
struct matcher_counters matcher_counters(const struct matcher *matcher);
