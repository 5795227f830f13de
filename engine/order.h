/*
 * Order: updates in input order in, attempts in event-time order out.
 *
 * The one place where the stream is a single sequence. It removes duplicates, replaces names by
 * indices, holds events back until the watermark has reached them, and says for each how familiar
 * it looks. Everything behind it may assume non-decreasing time, but for late events, which say so.
 *
 * The watermark is the highest time seen minus the lateness. An event at the watermark may go, for
 * what comes later with the same time stands behind it; so without lateness each goes at once.
 * Times that run ahead by more than the skew do not move it, until so many in a row agree that time
 * has really moved on. Files are history: they are held back to the end and sorted whole, so their
 * order does not matter. Most are in order, though, but for some minutes; such history need not be
 * held back (`expects_order`).
 *
 * When the memory for what is held back is used up, a stream lets its oldest events go early;
 * history is put aside as a sorted run on disk (engine/runs.h).
 *
 * What comes out, and in which order, depends on the input alone: not on how it was cut into
 * batches nor on when `order_give` is called, and of history not on the memory either. One thread.
 * No clock; no input or output but those runs.
 */
#pragma once

#include "engine/batch.h"
#include "engine/familiar.h"
#include "engine/names.h"
#include "engine/order_key.h"
#include "engine/runs.h"
#include "engine/seen.h"
#include "engine/twins.h"

struct order_options {
    int64_t lateness_ns;
    int64_t skew_ns_max;
    bool is_history;    /* all of it is to come out sorted: hold everything back to the end … */
    bool expects_order; /* … or, with `is_history`, only as long as the lateness says, because
                           it is expected to be in order. If it is not (`order_is_disordered`),
                           what comes out is not what is wanted */
    size_t bytes_max;   /* for the events held back */
    size_t hits_bytes_max;       /* for the rules that they matched */
    const char *spill_directory; /* for the runs of history; lent. NULL: the usual one */
    struct familiar *apart; /* lent: what attempts that an allow entry covers look like and teach,
                               apart from all others; NULL: there are no entries */
};

enum {
    ORDER_SETTLE_EVENTS = 32, /* events from which the first watermark is taken */
    ORDER_JUMP_EVENTS = 64,   /* events in a row that prove a jump ahead of the skew */
};

struct order {
    struct order_options options;
    struct names *names;
    struct familiar *familiar;
    struct seen *seen;

    struct twins twins;
    struct region slots;      /* of struct attempt */
    struct region free_slots; /* of uint32_t: a stack */
    uint32_t slots_count, slots_max, free_count;
    struct region keys; /* of struct order_key: a heap, or a plain list for history */
    size_t keys_count;
    size_t keys_given, keys_sorted; /* of the list: keys before the first are out, and those before
                                       the second sorted */
    int64_t ripe_ns;                /* the watermark when they were */
    bool is_heap, is_ended;

    uint64_t sequence; /* events seen, duplicates left out */
    int64_t high_ns;   /* highest time that counts */
    int64_t forced_ns; /* watermark forced up by the memory cap */
    int64_t settle_ns[ORDER_SETTLE_EVENTS];
    unsigned settle_count;
    unsigned jump_count;
    int64_t jump_ns;

    uint32_t source; /* whose lines are being counted */
    bool has_source;
    uint64_t line_base;

    struct counters counters;
    struct slab hits;          /* of the attempts held back */
    struct runs runs;          /* of history that is not expected to be in order */
    uint64_t hits_lost;        /* events whose matches had no room */
    uint64_t released_early;   /* events of a stream let go before their time by the memory cap */
    int64_t first_ns, last_ns; /* event times of what was normalized */
};

STATUS_CHECKED enum status order_init(struct order *order, const struct order_options *options,
                                      struct names *names, struct familiar *familiar,
                                      struct seen *seen);
void order_deinit(struct order *order);

/* With `expects_order`: an event was later than expected, or what it held had no room. */
static inline bool order_is_disordered(const struct order *order)
{
    return order->options.expects_order && (order->counters.late > 0 || order->hits_lost > 0);
}

/* STATUS_OK, or why history cannot be ordered; it was said on stderr. What comes in then still
 * counts as read, and nothing more comes out. */
static inline enum status order_status(const struct order *order)
{
    return runs_status(&order->runs);
}

/* Before the updates of a batch are taken: its counters and where its lines lie. Once a batch. */
void order_begin(struct order *order, const struct batch *batch);

/*
 * Takes in the updates of a batch from index `from` on. Gives the index of the first that was not
 * taken: less than `updates_count` only when the memory for held-back events of a stream, or of
 * history that is expected to be in order, is full; then `order_give` makes room and the call is
 * repeated from there.
 */
uint32_t order_take(struct order *order, const struct batch *batch, uint32_t from);

/* Bytes of the share for events held back that have never been used. */
size_t order_bytes_spare(const struct order *order);

/* The memory of an attempt's `hits`, which are gone then. */
void order_release_hits(struct order *order, struct attempt *attempt);

/* No batch follows: everything may go. Runs are merged as far as needed. */
void order_end(struct order *order);

/* Appends to `span` what may go, as far as there is room. True: there is more that may go. */
bool order_give(struct order *order, struct span *span);
