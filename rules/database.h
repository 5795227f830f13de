/*
 * A pattern database: regular expressions compiled to be searched for together.
 *
 * The inside of the matcher's use of Hyperscan, for the compiler of rules; implemented in
 * rules/match.c. Immutable once built, so any thread may scan with it; the scratch space of a scan
 * belongs to a matcher.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/status.h"

struct cache; /* rules/cache.h */
struct pattern_database;

struct pattern {
    const char *expression; /* PCRE syntax as far as Hyperscan goes; over bytes */
    bool ignores_case, is_multiline, dot_is_all;
    bool is_rough; /* Hyperscan finds more than matches: see rules/regex.h */
    unsigned id;   /* given to whoever scans */
};

/* What Hyperscan or PCRE2 does not like. */
struct pattern_error {
    char text[240];
    size_t pattern; /* index of the pattern; SIZE_MAX: of them all */
    size_t offset;  /* in its expression, when that is known, else 0 */
};

/* STATUS_CONFIG, with `error` filled, when a pattern cannot be compiled. What `cache` holds is not
 * compiled, what it does not hold is put into it; NULL: there is none. */
STATUS_CHECKED enum status pattern_database_create(struct pattern_database **out,
                                                   const struct pattern *patterns, size_t count,
                                                   struct cache *cache,
                                                   struct pattern_error *error);
void pattern_database_destroy(struct pattern_database *database);

/* Whether one pattern compiles, which makes it rough if there is no other way, and whether it finds
 * something in texts as unlike each other as can be, so that it hardly tells anything apart. */
STATUS_CHECKED enum status pattern_check(struct pattern *pattern, struct cache *cache,
                                         bool *matches_everything, struct pattern_error *error);

/* What compiled patterns depend on beside themselves: the environment of a cache of them. Room for
 * PATTERN_ENVIRONMENT_BYTES. */
enum { PATTERN_ENVIRONMENT_BYTES = 128 };
STATUS_CHECKED enum status pattern_environment(char *text);
