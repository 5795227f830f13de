/*
 * A glob: a Sigma string value after its escapes are read, as literal bytes and wildcards.
 *
 * `*` is any run of characters, none included; `?` is one character of UTF-8. A backslash makes
 * `*`, `?` and itself literal and stands for itself before anything else. Lives in the arena it was
 * read into; pure data.
 */
#pragma once

#include "engine/base/arena.h"

/* Symbols beside the 256 literal bytes. GLOB_DASH is any of the dashes that `windash` means. */
enum { GLOB_ANY = 256, GLOB_ONE = 257, GLOB_DASH = 258 };

struct glob {
    uint16_t *symbols;
    size_t count;
    size_t ones_count; /* GLOB_ONE symbols */
    size_t wildcards_count;
    size_t escaped_at; /* offset of the first `\*` or `\?` behind the start; 0: none */
};

/* `any_before` and `any_after` add `*` at the ends, as `contains` and its kin do. False: no memory.
 */
bool glob_read(struct glob *glob, struct arena *arena, struct slice text, bool any_before,
               bool any_after);

/* The same for bytes in which nothing is a wildcard. */
bool glob_of_bytes(struct glob *glob, struct arena *arena, struct slice bytes, bool any_before,
                   bool any_after);

/* Makes each `-` or `/` that begins a word any dash: the modifier `windash`. */
void glob_open_dashes(struct glob *glob);

/* Only `*`: any value at all. */
static inline bool glob_is_any(const struct glob *glob)
{
    return glob->count == 1 && glob->symbols[0] == GLOB_ANY;
}

/* The text of a glob without wildcards; start is NULL when there is no memory. */
struct slice glob_literal(const struct glob *glob, struct arena *arena);

/* A regular expression (Hyperscan's, over bytes, with DOTALL) that finds what the glob matches as a
 * whole; NULL when there is no memory. With `in_record`, found anywhere in a record as written: a
 * backslash, quote or slash may have the backslash before it that JSON asks for. */
char *glob_expression(const struct glob *glob, struct arena *arena, bool in_record);
