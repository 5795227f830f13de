/*
 * JUnit's XML, as build servers read it: the results of `rules test`.
 *
 * Pure: writes to the given stream, whose errors the caller looks for. Text is escaped, and what
 * XML 1.0 cannot hold (most control characters, bad UTF-8) becomes U+FFFD. Main thread.
 */
#pragma once

#include <stdio.h>

#include "engine/rule_case.h"

/* All cases as one suite called `name`. */
void junit_write(FILE *stream, const char *name, const struct rule_cases *cases);
