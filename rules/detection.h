/*
 * Detections: the `detection` block of a rule document, compiled to predicates and a program.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/condition.h"
#include "rules/predicate.h"

/* Every mistake is told. STATUS_CONFIG when there was one, and then `program` is not set. `arena`
 * must live as long as `predicates`, `node` until the predicates are built. */
STATUS_CHECKED enum status detection_compile(struct program *program,
                                             struct predicate_set *predicates, struct arena *arena,
                                             const struct diagnosis *diagnosis,
                                             const struct node *node);
