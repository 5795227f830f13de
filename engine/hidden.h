/*
 * Hidden: the campaigns that allow entries keep from being told.
 *
 * What an entry covers is detected like everything else, but apart: each entry has campaigns of its
 * own, which join with no other's. They are written as alerts are, with the entry that hides them,
 * for whoever asks what the entries hide. Owned by the report stage; takes findings in the order of
 * event time, so all of it is a function of the input alone.
 */
#pragma once

#include "engine/alert.h"

struct hidden;

struct hidden_options {
    const struct ruleset *ruleset;
    const struct names *names;
    const char *const *files;
    struct json_write *json;     /* lent: gets the documents; NULL: campaigns are counted only */
    int64_t quiet_ns, memory_ns; /* as of other campaigns */
    size_t bytes_max;            /* for the campaigns of all entries */
};

/* The ruleset has allow entries. */
STATUS_CHECKED enum status hidden_create(struct hidden **out, const struct hidden_options *options);
void hidden_destroy(struct hidden *hidden);

/* A finding whose `allowance` is not 0, with its members. */
void hidden_take(struct hidden *hidden, const struct finding *finding,
                 const struct member *members);

/* Event time has come to `now_ns`. */
void hidden_advance(struct hidden *hidden, int64_t now_ns);

/* Nothing follows. */
void hidden_end(struct hidden *hidden);

/* What one entry, by number - 1, has hidden. */
struct campaigns_counters hidden_counters(const struct hidden *hidden, size_t entry);
