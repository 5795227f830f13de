/*
 * Items: one `field|modifiers: values` of a detection, as a predicate.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/condition.h"
#include "rules/predicate.h"

/* Where the compilation of one detection puts things. */
struct item_scope {
    struct predicate_set *predicates;
    struct arena *arena;
    const struct diagnosis *diagnosis;
    enum status status; /* the worst so far */
};

/* NULL after a mistake, which has been told, or a failure; either is in `scope->status`. */
const struct expression *item_compile(struct item_scope *scope, const struct node *key,
                                      const struct node *value);

/* Keeps the worse of two: a failure of the system outranks a mistake. */
void item_scope_fail(struct item_scope *scope, enum status status);

/* The ECS names of all event fields, ended by NULL. */
void item_field_names(const char *names[FIELD_COUNT + 1]);
