/*
 * Aggregations: what stood behind the `|` of a condition in old Sigma, and what to write instead.
 *
 * Pure functions for messages; used by one thread, while rules are compiled.
 */
#pragma once

#include "engine/base/document.h"

enum { AGGREGATION_TEXT_BYTES = 768 };

/* What says the same in today's Sigma, in words: `text` is all behind the `|`, and `timeframe` the
 * detection's, or NULL. */
void aggregation_advice(struct slice text, const struct node *timeframe,
                        char advice[AGGREGATION_TEXT_BYTES]);
