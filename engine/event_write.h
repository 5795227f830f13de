/*
 * The texts of an event as JSON, for the documents that `engine/normalize.c` and `engine/ocsf.c`
 * make of it.
 *
 * Pure functions; any thread that owns the writer. What the event does not have is left out.
 */
#pragma once

#include "engine/base/json_write.h"
#include "engine/spine.h"

static inline bool event_has_text(const struct event *event, enum event_text text)
{
    return event->text[text].bytes > 0;
}

/* `"key":"…"`. */
void event_write_text(struct json_write *json, const char *key, const struct event *event,
                      enum event_text text);

/* `"outer":{"inner":"…"}`, for the objects that hold a single text. */
void event_write_nested_text(struct json_write *json, const char *outer, const char *inner,
                             const struct event *event, enum event_text text);

/* `"key":"198.51.100.7"`. */
void event_write_source(struct json_write *json, const char *key, const struct event *event);

/* `"outer":{"inner":64500}`. */
void event_write_asn(struct json_write *json, const char *outer, const char *inner,
                     const struct event *event);

/* `"outer":{"inner":"DE"}`. */
void event_write_country(struct json_write *json, const char *outer, const char *inner,
                         const struct event *event);
