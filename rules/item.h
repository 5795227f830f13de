/*
 * Items: one `field|modifiers: values` of a detection, as a predicate.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/condition.h"
#include "rules/field.h"
#include "rules/logsource.h"
#include "rules/pair.h"
#include "rules/placeholder.h"
#include "rules/predicate.h"

/* Where the compilation of one detection puts things. */
struct item_scope {
    struct predicate_set *predicates;
    struct pair_set *pairs;
    struct field_table *fields;
    const struct logsources *logsources;
    const struct placeholders *placeholders;
    struct cache *cache;             /* of compiled patterns; NULL: none */
    struct rule_logsource logsource; /* the rule's: its fields may have other names */
    struct arena *arena;
    const struct diagnosis *diagnosis;
    const struct item_text *item; /* what is being compiled, for people */
    enum status status;           /* the worst so far */
};

/* NULL after a mistake, which has been told, or a failure; either is in `scope->status`. */
const struct expression *item_compile(struct item_scope *scope, const struct node *key,
                                      const struct node *value);

/* One field of an allow entry, without modifiers: of `source.ip` addresses and networks, of other
 * fields text with wildcards; one value, or a list of which any holds. */
const struct expression *item_compile_plain(struct item_scope *scope, enum event_field field,
                                            const struct node *key, const struct node *value);

/* Values without a field, to be found anywhere in the record: `value` is one or a list. */
const struct expression *item_compile_keywords(struct item_scope *scope, const struct node *value);

/* Of the datasets that the rule's logsource means. `*expression` is NULL when that is all of them.
 * False after a mistake or failure. */
bool item_compile_logsource(struct item_scope *scope, const struct node *node,
                            const struct expression **expression);

/* The rule field of a name; false after a mistake, which has been told. */
bool item_field(struct item_scope *scope, const struct node *node, struct slice name,
                unsigned *field);

/* Keeps the worse of two: a failure of the system outranks a mistake. */
void item_scope_fail(struct item_scope *scope, enum status status);

/* The ECS names of all event fields, ended by NULL. */
void item_field_names(const char *names[FIELD_COUNT + 1]);
