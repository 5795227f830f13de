/*
 * Notes: lines for the report that are no campaigns, with their place among the attempts.
 *
 * Rules that report for themselves are heard in the order stage, where the stream is one sequence;
 * their lines travel with the span to the report, which puts them where they belong. A list of
 * lines grows as needed and is reused; one thread has it at a time.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/slice.h"

struct note {
    uint64_t position; /* of the attempt that caused it, as in `struct finding` */
    int64_t now_ns;    /* highest event time so far */
    uint32_t bytes;    /* of its text, line end included */
};

struct notes {
    struct note *items;
    size_t count, capacity;
    char *text; /* of all, one behind the other */
    size_t bytes, bytes_capacity;
    bool has_failed; /* no memory: some are missing */
};

void notes_add(struct notes *notes, uint64_t position, int64_t now_ns, struct slice text);
void notes_clear(struct notes *notes);
void notes_deinit(struct notes *notes);
