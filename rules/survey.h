/*
 * Surveys: what a rule reads, for people.
 *
 * Answers from a ruleset about its rules and fields; nothing on the event path asks. Pure functions
 * of an immutable ruleset, any thread.
 */
#pragma once

#include "rules/condition.h"
#include "rules/field.h"
#include "rules/ruleset.h"

/* A rule field. */
struct surveyed_field {
    const char *name;         /* as rules write it */
    enum event_field event;   /* that it is; FIELD_COUNT: a field of records, or none */
    const char *const *names; /* of a field of records: where it is looked for, in this order */
    size_t names_count;       /* each a name in records or the ECS name of an event's field */
};
struct surveyed_field survey_field(const struct ruleset *ruleset, unsigned field);

/* The rule fields that an expression reads, ascending, but for what its log source asks. A
 * comparison of two fields gives both. Gives their number. */
size_t survey_fields(const struct ruleset *ruleset, const struct expression *expression,
                     unsigned fields[RULE_FIELDS_MAX]);

/* The rule fields that a correlation groups by and counts in events of its rules, ascending. */
size_t survey_draws(const struct ruleset *ruleset, const struct correlation *correlation,
                    unsigned fields[RULE_FIELDS_MAX]);

/* Whether the detector at `detector` counts the rule at `rule_index`. */
bool survey_counts(const struct ruleset *ruleset, const struct detector *detector,
                   size_t rule_index);
