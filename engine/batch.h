/*
 * Batches: what travels through the rings between parsing, order, detection and report.
 *
 * A parse worker fills a `struct batch` with the updates of one block, or of a part of it when the
 * batch is full; the order stage turns them into a `struct span` of attempts in time order.
 * Both come from fixed pools and go back to them, so nothing is allocated per event. Where a batch
 * or span happens to end never changes a result.
 */
#pragma once

#include "engine/counters.h"
#include "engine/note.h"
#include "engine/spine.h"

enum {
    BATCH_UPDATES_MAX = 512,
    BATCH_TEXT_BYTES = 256 * 1024,
    SPAN_ATTEMPTS_MAX = 512,
};

struct batch {
    uint64_t sequence; /* of the block */
    bool is_last_part; /* of the block */
    bool is_end;       /* no block: this worker has closed */
    unsigned worker;   /* whose it is */
    uint32_t source;
    uint64_t block_offset;     /* of the block in its source */
    uint64_t newlines_skipped; /* before the block */
    uint64_t newlines;         /* in the whole block; valid in the last part */
    struct counters counters;  /* of this part */
    uint32_t updates_count;
    uint32_t text_bytes;
    struct update updates[BATCH_UPDATES_MAX];
    char text[BATCH_TEXT_BYTES];
};

_Static_assert(BATCH_TEXT_BYTES >= 64 * 1024, "holds the texts of many events");

struct span {
    uint64_t sequence;
    bool is_end;        /* the last span: nothing follows */
    struct notes notes; /* of these attempts; taken by the first detection thread */
    uint32_t count;
    struct attempt attempts[SPAN_ATTEMPTS_MAX];
};
