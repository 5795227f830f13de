/*
 * Rows: in which orders the rules of a `temporal_ordered` correlation may follow each other.
 *
 * Without a condition, all of them in the order of the list. A condition that is text is read from
 * left to right: `and` joins what follows each other, `or` what takes each other's place, and what
 * stands behind a `not` of the outermost `and` must have no event in the window at all.
 *
 * A row is the automaton of places that Glushkov's construction makes of an expression without
 * repetition: https://doi.org/10.1070/RM1961v016n05ABEH004112. Every name as it is written is a
 * place, and all ways lead from left to right.
 *
 * Pure but for the messages; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/condition.h"
#include "rules/ruleset.h"

/* All sources in the order of the list. */
void row_of_all(struct correlation_row *row, unsigned sources_count);

/* What `expression`, over sources by bit and read from `node`, asks for. STATUS_CONFIG after a
 * mistake, which has been told. */
STATUS_CHECKED enum status row_read(struct correlation_row *row, struct arena *arena,
                                    const struct diagnosis *diagnosis, const struct node *node,
                                    const struct expression *expression);
