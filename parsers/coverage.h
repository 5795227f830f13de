/*
 * Coverage: which fields of records the fields of events are read from, by dataset.
 *
 * For people who ask what a rule can see of a log; nothing on the event path asks. A pure function
 * of the schemas, any thread. The set must have been made with SCHEMA_WANTED_ALL, since the paths
 * of fields that nobody wants are not kept.
 */
#pragma once

#include "parsers/schema_set.h"

enum { COVERAGE_PATHS_MAX = 32 };

/* A field that is made of another one, such as the outcome of the code, has the paths of that. */
enum event_field coverage_origin(enum event_field field);

/* The distinct paths, as schemas write them, that records of the dataset are asked for the field
 * in, in the order of schemas and shapes; further ones than COVERAGE_PATHS_MAX are left out. Gives
 * their number. */
size_t coverage_paths(const struct schema_set *set, size_t dataset, enum event_field field,
                      const char *paths[COVERAGE_PATHS_MAX]);
