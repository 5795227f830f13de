/*
 * Sources: the files to read, in the order they are read in.
 *
 * Made once from the paths of the command line, before anything is opened, and immutable from then
 * on. A directory stands for the files below it: entries in byte order of their names, whatever the
 * locale, each directory in place of its name. Names that begin with a dot, and what is neither
 * file nor directory, are passed over. Symbolic links are followed, but below one named path every
 * file and every directory is taken once: a loop ends, and a link `current` beside the file it
 * points to does not count that file's records twice. A path that is named twice is read twice.
 */
#pragma once

#include <stddef.h>

#include "engine/base/status.h"

struct sources {
    char **paths; /* owned; "-" is standard input */
    size_t count;
    size_t capacity;
};

/* Collects what `paths` stand for; no path at all means standard input. Whatever is missing or
 * unreadable is named in `diagnostics`, all of it and not only the first: STATUS_NO_INPUT. */
STATUS_CHECKED enum status sources_init(struct sources *sources, const char *const *paths,
                                        size_t paths_count, struct diagnostics *diagnostics);
void sources_deinit(struct sources *sources);
