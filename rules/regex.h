/*
 * Regular expressions that Hyperscan knows only roughly: those with look-around, back-references,
 * atomic groups, possessive quantifiers or conditions.
 *
 * Wraps PCRE2. Hyperscan finds where such an expression may match (HS_FLAG_PREFILTER: what it finds
 * is a superset), and `regex_search` says whether it does. Expressions are read as Hyperscan reads
 * them: byte by byte, case of ASCII alone.
 *
 * PCRE2 goes back and tries again, so a text can be made for which it takes for ever. A search
 * therefore ends after a fixed number of steps; it is given up then, and whoever asked counts it.
 * The interpreter is used, not the compiler to machine code, so that the same searches are given up
 * on every machine.
 *
 * A regex is immutable and shared; a scratch belongs to one thread.
 */
#pragma once

#include "engine/base/slice.h"
#include "rules/database.h"

enum {
    /* Room for honest expressions: a `.*` behind every place of a value of 400 bytes. */
    REGEX_STEPS_MAX = 100000,
    /* A step may look at all of the text, so the text has a bound too. */
    REGEX_TEXT_BYTES_MAX = 16 * 1024,
    REGEX_MEMORY_KIB_MAX = 1024, /* for ways to go back to, per scratch */
};

struct regex;

/* STATUS_CONFIG, with `error` filled, when the expression is none. */
STATUS_CHECKED enum status regex_create(struct regex **out, const struct pattern *pattern,
                                        struct pattern_error *error);
void regex_destroy(struct regex *regex);

struct regex_scratch;

STATUS_CHECKED enum status regex_scratch_create(struct regex_scratch **out);
void regex_scratch_destroy(struct regex_scratch *scratch);

enum regex_result {
    REGEX_NONE,
    REGEX_FOUND,
    REGEX_GIVEN_UP, /* too many steps, or too long a text */
};

/* Anywhere in the text. The scratch may grow, up to its bound. */
enum regex_result regex_search(const struct regex *regex, struct regex_scratch *scratch,
                               struct slice text);
