/*
 * Encodings that rules ask for: base64 and UTF-16, as the texts that values turn into.
 *
 * Pure functions; results lie in the arena they are given.
 */
#pragma once

#include "engine/base/arena.h"

enum { ENCODE_OFFSETS = 3 };

/* Each character as two bytes, the low one first unless `is_big`; with `has_mark` after FF FE. What
 * is no UTF-8 is taken byte for byte. start is NULL when there is no memory, here and below. */
struct slice encode_utf16(struct arena *arena, struct slice text, bool is_big, bool has_mark);

/* RFC 4648, section 4, with padding. */
struct slice encode_base64(struct arena *arena, struct slice bytes);

/* What is sure to stand in the base64 text of something that holds `bytes` at an offset that is
 * `offset` modulo 3: the characters that depend on nothing else. Sigma's `base64offset`. */
struct slice encode_base64_offset(struct arena *arena, struct slice bytes, unsigned offset);
