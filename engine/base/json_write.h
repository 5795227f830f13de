/*
 * A JSON writer: one document after another into a buffer that grows, or into a bounded one.
 *
 * Owned and used by one thread. Commas and colons are the writer's work; the caller says what comes
 * next, in order. Whatever a log may hold comes out as valid JSON in valid UTF-8 that a terminal, a
 * log viewer or a line-based reader cannot be tricked by: control characters (C0, DEL, C1), line
 * and paragraph separators and the bidirectional controls leave as \u escapes, and each maximal bad
 * part of UTF-8 as U+FFFD. Output depends on the calls alone, never on the locale.
 *
 * There is one failure, no room: a bounded buffer is full, or the system gives no memory. It is
 * kept and what follows is ignored, so a caller checks `json_write_ok` once, at the end of a
 * document.
 */
#pragma once

#include "engine/base/slice.h"

enum { JSON_WRITE_DEPTH_MAX = 64 }; /* open objects and arrays; one bit each */

struct json_write {
    char *text;
    size_t bytes;
    size_t capacity;
    bool owned;         /* the buffer is ours and grows */
    bool failed;        /* there was no room */
    bool after_key;     /* a value is due: no comma before it */
    unsigned depth;     /* open objects and arrays */
    uint64_t has_items; /* bit n: the container at depth n + 1 holds something already */
};

/* A growing buffer, empty at first. */
void json_write_init(struct json_write *json);
/* The caller's buffer, never grown. */
void json_write_init_bounded(struct json_write *json, char *buffer, size_t capacity);
void json_write_deinit(struct json_write *json);

/* Forgets all text and any failure, keeps the memory. */
void json_write_reset(struct json_write *json);

/* True when everything since init or reset is there. */
bool json_write_ok(const struct json_write *json);

/* What has been written; valid until the next call. Empty after a failure: half a document is none.
 */
struct slice json_write_text(const struct json_write *json);

void json_write_object_begin(struct json_write *json);
void json_write_object_end(struct json_write *json);
void json_write_array_begin(struct json_write *json);
void json_write_array_end(struct json_write *json);

/* The key of the next value; inside objects only. */
void json_write_key(struct json_write *json, const char *key);
void json_write_key_slice(struct json_write *json, struct slice key);

void json_write_string(struct json_write *json, struct slice text);
void json_write_integer(struct json_write *json, int64_t value);
void json_write_unsigned(struct json_write *json, uint64_t value);
void json_write_bool(struct json_write *json, bool value);
void json_write_null(struct json_write *json);

/* The shortest decimal that reads back as the same double, laid out like ECMAScript's
 * Number::toString (12, 0.5, 1e+21, 1e-7). What is no number (NaN, infinities) becomes null. */
void json_write_double(struct json_write *json, double value);

/* Nanoseconds since the epoch as an RFC 3339 string in UTC (see `civil_format`). */
void json_write_time(struct json_write *json, int64_t time_ns);

/* Ends a line between documents; outside all objects and arrays only. */
void json_write_newline(struct json_write *json);

/* ---- A key and its value, for readable callers --------------------------------------------- */

static inline void json_write_key_object(struct json_write *json, const char *key)
{
    json_write_key(json, key);
    json_write_object_begin(json);
}

static inline void json_write_key_array(struct json_write *json, const char *key)
{
    json_write_key(json, key);
    json_write_array_begin(json);
}

static inline void json_write_key_string(struct json_write *json, const char *key,
                                         struct slice text)
{
    json_write_key(json, key);
    json_write_string(json, text);
}

static inline void json_write_key_cstring(struct json_write *json, const char *key,
                                          const char *text)
{
    json_write_key_string(json, key, slice_from_string(text));
}

static inline void json_write_key_integer(struct json_write *json, const char *key, int64_t value)
{
    json_write_key(json, key);
    json_write_integer(json, value);
}

static inline void json_write_key_unsigned(struct json_write *json, const char *key, uint64_t value)
{
    json_write_key(json, key);
    json_write_unsigned(json, value);
}

static inline void json_write_key_double(struct json_write *json, const char *key, double value)
{
    json_write_key(json, key);
    json_write_double(json, value);
}

static inline void json_write_key_bool(struct json_write *json, const char *key, bool value)
{
    json_write_key(json, key);
    json_write_bool(json, value);
}

static inline void json_write_key_time(struct json_write *json, const char *key, int64_t time_ns)
{
    json_write_key(json, key);
    json_write_time(json, time_ns);
}
