/*
 * Window keys and spans as rules write them: fields that windows are kept by, and times.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/diagnosis.h"
#include "rules/ruleset.h"

/* A field that attempts carry to the windows; FIELD_COUNT after a mistake, which has been told. */
enum event_field window_key_field(const struct diagnosis *diagnosis, const struct node *node);

/* One field or a list of them. False after a mistake, which has been told. */
bool window_key_read(struct detector_key *key, const struct diagnosis *diagnosis,
                     const struct node *node);

bool window_key_has(const struct detector_key *key, enum event_field field);
bool window_key_equals(const struct detector_key *a, const struct detector_key *b);

/* True when all events of one key have the same value of `field`, so that counting its distinct
 * values always gives one. */
bool window_key_fixes(const struct detector_key *key, enum event_field field);

/* `10m`: a whole number of s, m, h, d, w, M or y. False after a mistake, which has been told. */
bool window_span_read(int64_t *span_ns, const struct diagnosis *diagnosis, enum rule_code code,
                      const struct node *node);
