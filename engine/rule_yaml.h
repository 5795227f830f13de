/*
 * A detector as a rule document, for whoever wants to keep it with another number.
 *
 * The document says all that is in force, defaults included, so that what it is compiled to is the
 * detector given. Writes to a stream; main thread.
 */
#pragma once

#include <stdio.h>

#include "engine/base/status.h"
#include "rules/ruleset.h"

/* `detector` is the one of `entry`, or a copy with other numbers. STATUS_NO_MEMORY: the document is
 * not whole. */
STATUS_CHECKED enum status rule_yaml_print(FILE *stream, const struct rule_entry *entry,
                                           const struct detector *detector);
