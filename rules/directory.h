/*
 * Rule files of a directory: the one place where the compiler of rules touches files.
 *
 * Owned and used by one thread.
 */
#pragma once

#include "rules/diagnosis.h"
#include "rules/ruleset.h"

struct directory_file {
    char *path; /* owned */
    char *text; /* owned */
    size_t bytes;
};

struct directory {
    struct directory_file *files; /* in the order of their paths' bytes */
    size_t count, capacity;
};

/* `directory/name`, the caller's to free; NULL: no memory. */
char *directory_join(const char *directory, const char *name);

/* Reads every `*.yml` and `*.yaml` below `path`, but nothing whose name begins with a dot. Whatever
 * cannot be read, and an empty directory, is told to `diagnostics` (STATUS_CONFIG). */
STATUS_CHECKED enum status directory_read(struct directory *directory, const char *path,
                                          struct diagnostics *diagnostics);
/* One file; `*text` is the caller's to free. */
STATUS_CHECKED enum status directory_read_file(const char *path, char **text, size_t *bytes,
                                               struct diagnostics *diagnostics);
void directory_deinit(struct directory *directory);
