/*
 * Detectors: the `correlation` and `spraywatch` blocks of a document that has both.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled. Which documents
 * the `rules` name is resolved by the caller, who knows them all.
 */
#pragma once

#include "rules/diagnosis.h"
#include "rules/ruleset.h"

/* Fills kind, type, keys, spans, counted field, condition and parameters; not the names, and not
 * `rules`. Every mistake is told; false when there was one. `extension` is the `spraywatch` block.
 */
bool detector_read(struct detector *detector, const struct diagnosis *diagnosis,
                   const struct node *correlation, const struct node *extension);
