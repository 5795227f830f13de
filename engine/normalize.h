/*
 * Normalized events as text: one sign-in, one line of JSON in ECS names.
 *
 * A pure function over an event and where it was found; any thread that owns the writer. What the
 * event does not have is left out, never written as an empty text or a zero.
 */
#pragma once

#include "engine/base/json_write.h"
#include "parsers/schema_set.h"

/* The version of the Elastic Common Schema that names and values follow. */
#define NORMALIZE_ECS_VERSION "9.4.0"

/* Where an event was found: file, byte offset in its (decompressed) text, and line from 1. */
struct event_position {
    const char *path;
    uint64_t offset;
    uint64_t line;
};

/* Appends one document and a line end. */
void normalize_event(struct json_write *json, const struct schema_set *schemas,
                     const struct event *event, const struct event_position *position);
