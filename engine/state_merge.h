/*
 * Merging: facts of several sources, each in order, become those of one state.
 *
 * What several of them say is joined (`engine/state_fact.h`); what is too old is left out, counted
 * back from the newest time that any of them knows. Leaving out and joining can be done in any
 * order with the same result, so merging is commutative, associative and idempotent, byte for byte.
 *
 * Reads and writes as it goes, in little memory. One thread.
 */
#pragma once

#include "engine/state_fact.h"

enum { STATE_SOURCES_MAX = 64 };

struct state_source {
    bool (*next)(void *self, struct state_entry *entry); /* false: no more */
    void *self;
};

/* A source that is a file; whether it was read to its end, `state_reader_status` says. */
struct state_source state_source_of(struct state_reader *reader);

STATUS_CHECKED enum status state_merge(const struct state_source *sources, size_t count,
                                       struct state_writer *writer);
