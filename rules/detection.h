/*
 * Detections: the `detection` block of a rule document and the `filter` block of a filter document,
 * compiled to predicates and an expression.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/item.h"

/* Every mistake is told. STATUS_CONFIG when there was one, and then `*expression` is not set.
 * `scope` says where things go; `node` must live until the predicates are built. */
STATUS_CHECKED enum status detection_compile(const struct expression **expression,
                                             struct item_scope *scope, const struct node *node);

/* The same for a filter, whose `rules` are not looked at. `*has_not`: its condition excludes. */
STATUS_CHECKED enum status filter_compile(const struct expression **expression,
                                          struct item_scope *scope, const struct node *node,
                                          bool *has_not);
