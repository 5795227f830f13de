/*
 * Normalized events as documents of the Open Cybersecurity Schema Framework: one sign-in, one line
 * of JSON, class Authentication (3002).
 *
 * The counterpart of `engine/normalize.h`. Names and numbers follow OCSF 1.8.0, which has whole
 * milliseconds: the exact time, and all that OCSF has no word for, stand under `unmapped`. What the
 * schema requires and the event does not have is "Unknown", which OCSF recommends for it. A pure
 * function; any thread that owns the writer.
 */
#pragma once

#include "engine/normalize.h"

#define OCSF_VERSION "1.8.0"

/* Appends one document and a line end. */
void ocsf_event(struct json_write *json, const struct schema_set *schemas,
                const struct event *event, const struct event_position *position);
