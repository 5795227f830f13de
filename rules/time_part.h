/*
 * Parts of a time, as the modifiers `minute`, `hour`, `day`, `week`, `month` and `year` ask for.
 *
 * Pure functions, any thread. All in UTC: Sigma provides for no conversion.
 */
#pragma once

#include "rules/predicate.h"

/* A time as logs write it; a bare number is none, since it could be anything. */
bool time_of_text(struct slice text, int64_t *time_ns);

double time_part(int64_t time_ns, enum value_part part);
