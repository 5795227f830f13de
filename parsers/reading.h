/*
 * Reading a schema's YAML: what every part of it needs to take values from nodes and to complain.
 *
 * Start-up only. A reading lends its path and diagnostics; every function adds a message with the
 * node's position when it does not get what it wants (codes S1xx), so that all mistakes of a file
 * are said at once.
 *
 * | code | what is wrong                                             |
 * | S101 | a key that has no meaning here                            |
 * | S102 | a key that must be there is not                           |
 * | S103 | a value of the wrong kind                                 |
 * | S104 | no event field that a schema can fill                     |
 * | S105 | an unknown outcome, password verdict, dataset, code table |
 * | S106 | something is said twice                                   |
 * | S107 | more of something than there is room for                  |
 * | S108 | a path that the JSON reader cannot follow                 |
 */
#pragma once

#include "engine/base/document.h"

struct reading {
    const char *path;
    struct diagnostics *diagnostics;
};

void reading_complain(const struct reading *reading, const struct node *node, const char *code,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Complains that `word` is no `what`, with the nearest of `known` (ended by NULL). */
void reading_complain_unknown(const struct reading *reading, const struct node *word,
                              const char *code, const char *what, const char *const *known);

/* True when `node` is a mapping all of whose keys are among `known` (ended by NULL). */
bool reading_mapping(const struct reading *reading, const struct node *node, const char *what,
                     const char *const *known);

/* The value of a key that must be there. */
const struct node *reading_get(const struct reading *reading, const struct node *mapping,
                               const char *key);

/* A scalar's text, zero-terminated, not empty. */
bool reading_text(const struct reading *reading, const struct node *node, const char *what,
                  struct slice *text);

bool reading_sequence(const struct reading *reading, const struct node *node, const char *what,
                      size_t count_max);
bool reading_bool(const struct reading *reading, const struct node *node, const char *what,
                  bool *value);
