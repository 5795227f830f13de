/*
 * Placeholders: what `%name%` in a value with the modifier `expand` stands for.
 *
 * Read from a YAML file that the user gives, a mapping of names to a value or a list of values.
 * Owned by whoever compiles rules; one thread.
 */
#pragma once

#include "engine/base/arena.h"
#include "rules/diagnosis.h"

struct placeholders {
    struct document_file *file; /* NULL: none were given */
    char *text;
    const struct node *root; /* a mapping */
};

/* STATUS_CONFIG when the file cannot be read or is no such mapping, which has been told. */
STATUS_CHECKED enum status placeholders_read(struct placeholders *placeholders, const char *path,
                                             struct diagnostics *diagnostics);
void placeholders_deinit(struct placeholders *placeholders);

enum { PLACEHOLDER_VALUES_MAX = 65536 }; /* that one value may come to */

/* All that `node`'s text comes to, in the order of the lists, in `*texts` (in `arena`). `\%` is a
 * percent sign. STATUS_CONFIG: a placeholder that is not defined, or too many values; told. */
STATUS_CHECKED enum status placeholders_expand(const struct placeholders *placeholders,
                                               const struct diagnosis *diagnosis,
                                               struct arena *arena, const struct node *node,
                                               struct slice **texts, size_t *count);
