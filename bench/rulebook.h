/*
 * A directory of generated rules, to measure what more rules and longer windows cost.
 *
 * Owned by the caller, who removes it; one thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/status.h"

struct rulebook {
    char path[64]; /* of the directory, below the system's for temporary files; "": none */
};

/* So many rules, each looking for a word of its own in the user agent (two of three) or the account
 * name. Few or none of a log's records match. */
STATUS_CHECKED enum status rulebook_create_words(struct rulebook *rulebook, unsigned rules_count);

/* One correlation over the failed sign-ins: distinct accounts within so many seconds, of each
 * source or of all together, more than there can be. */
STATUS_CHECKED enum status rulebook_create_window(struct rulebook *rulebook, unsigned seconds,
                                                  bool is_by_source);

/* A rule that every sign-in matches, told of at most 100 times in an hour of the log. */
STATUS_CHECKED enum status rulebook_create_every(struct rulebook *rulebook);

void rulebook_remove(struct rulebook *rulebook);
