/*
 * The parse worker: a block in, batches of updates out.
 *
 * Drives the record reader, the schemas and the matcher, and hashes the names that detection
 * counts. Nothing survives a block but scratch memory. One thread per parser; schemas and ruleset
 * are shared and read only.
 */
#pragma once

#include "engine/base/hash.h"
#include "engine/batch.h"
#include "parsers/schema_set.h"
#include "rules/match.h"

struct parser;

struct parser_options {
    const struct schema_set *schemas;
    const struct ruleset *ruleset;
    struct hash_key key; /* for names and ids; the same for all workers of a run */
    size_t line_bytes_max;
    enum json_tier tier; /* JSON_TIER_BEST, or a certain one for tests */
};

STATUS_CHECKED enum status parser_create(struct parser **out, const struct parser_options *options);
void parser_destroy(struct parser *parser);

/* Starts on a block, which must stay until `parser_fill` has said that it is done. */
void parser_begin(struct parser *parser, const struct block *block);

/* Fills a batch with what follows. True: the block is done and this was its last part. */
bool parser_fill(struct parser *parser, struct batch *batch);

/* One record as an event, for `normalize` and `explain`; steps over records that are none and
 * counts them. False: the block is done. */
bool parser_next_event(struct parser *parser, struct counters *counters, struct event *event,
                       const struct record **record);
