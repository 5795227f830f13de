/*
 * The sign-ins to come, in order of arrival; of those that arrive together the first pushed.
 *
 * A binary heap of small entries over a table of sign-ins. It holds what one minute brings and the
 * next attempts of people who are at it, so its size does not grow with the length of the log.
 */
#pragma once

#include "bench/gen_signin.h"

struct gen_queue_entry {
    int64_t arrival;
    uint64_t sequence;
    uint32_t index;
};

struct gen_queue {
    struct gen_queue_entry *heap;
    struct gen_signin *signins;
    uint32_t *free; /* from `count` on: the unused indices of `signins` */
    size_t count;
    size_t capacity;
    uint64_t sequence;
    int64_t end;      /* sign-ins at or after this time are not part of the log */
    int64_t disorder; /* how late a sign-in can arrive, in ticks */
    bool is_out_of_memory;
};

void gen_queue_init(struct gen_queue *queue, int64_t end, int64_t disorder);
void gen_queue_deinit(struct gen_queue *queue);

/* Copies the sign-in in; it arrives at its time, or with disorder some time later. */
void gen_queue_push(struct gen_queue *queue, const struct gen_signin *signin);

/* Copies it in once more, to arrive at `arrival`. */
void gen_queue_push_duplicate(struct gen_queue *queue, const struct gen_signin *signin,
                              int64_t arrival);

/* The next one that arrives before `limit`; false when there is none. */
bool gen_queue_pop(struct gen_queue *queue, int64_t limit, struct gen_signin *signin);
