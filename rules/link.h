/*
 * Links correlations with the rules and correlations that they count, and says what has to be drawn
 * from their events.
 */
#pragma once

#include "rules/compilation.h"

enum { LINK_DEPTH_MAX = 16 }; /* correlations of correlations of … */

/* Takes all correlations that are no detectors into the ruleset, each behind those that it counts.
 * Rules are compiled by then. Mistakes are told; other failures are returned. */
STATUS_CHECKED enum status link_correlations(struct compilation *compilation);
