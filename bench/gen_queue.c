#include "bench/gen_queue.h"

#include <stdlib.h>

void gen_queue_init(struct gen_queue *queue, int64_t end, int64_t disorder)
{
    *queue = (struct gen_queue){.end = end, .disorder = disorder};
}

void gen_queue_deinit(struct gen_queue *queue)
{
    free(queue->heap);
    free(queue->signins);
    free(queue->free);
    *queue = (struct gen_queue){0};
}

static bool queue_grow(struct gen_queue *queue)
{
    const size_t capacity = queue->capacity > 0 ? queue->capacity * 2 : 1024;
    struct gen_queue_entry *heap = realloc(queue->heap, capacity * sizeof *heap);
    if (heap != NULL)
        queue->heap = heap;
    struct gen_signin *signins = realloc(queue->signins, capacity * sizeof *signins);
    if (signins != NULL)
        queue->signins = signins;
    uint32_t *unused = realloc(queue->free, capacity * sizeof *unused);
    if (unused != NULL)
        queue->free = unused;
    if (heap == NULL || signins == NULL || unused == NULL)
        return false;
    for (size_t i = queue->capacity; i < capacity; i++)
        queue->free[i] = (uint32_t)i;
    queue->capacity = capacity;
    return true;
}

static inline bool entry_before(const struct gen_queue_entry *a, const struct gen_queue_entry *b)
{
    return a->arrival != b->arrival ? a->arrival < b->arrival : a->sequence < b->sequence;
}

static void queue_insert(struct gen_queue *queue, const struct gen_signin *signin)
{
    if (queue->count == queue->capacity && !queue_grow(queue)) {
        queue->is_out_of_memory = true;
        return;
    }
    const struct gen_queue_entry entry = {
        .arrival = signin->arrival,
        .sequence = queue->sequence++,
        .index = queue->free[queue->count],
    };
    queue->signins[entry.index] = *signin;
    size_t at = queue->count++;
    while (at > 0 && entry_before(&entry, &queue->heap[(at - 1) / 2])) {
        queue->heap[at] = queue->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->heap[at] = entry;
}

void gen_queue_push(struct gen_queue *queue, const struct gen_signin *signin)
{
    if (signin->time >= queue->end)
        return;
    struct gen_signin copy = *signin;
    copy.arrival = copy.time;
    if (queue->disorder > 0)
        copy.arrival += (int64_t)(gen_mix(copy.salt, 7) % (uint64_t)(queue->disorder + 1));
    queue_insert(queue, &copy);
}

void gen_queue_push_duplicate(struct gen_queue *queue, const struct gen_signin *signin,
                              int64_t arrival)
{
    struct gen_signin copy = *signin;
    copy.arrival = arrival;
    copy.flags |= GEN_SIGNIN_DUPLICATE;
    queue_insert(queue, &copy);
}

bool gen_queue_pop(struct gen_queue *queue, int64_t limit, struct gen_signin *signin)
{
    if (queue->count == 0 || queue->heap[0].arrival >= limit)
        return false;
    *signin = queue->signins[queue->heap[0].index];
    const struct gen_queue_entry last = queue->heap[--queue->count];
    queue->free[queue->count] = queue->heap[0].index;
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= queue->count)
            break;
        if (child + 1 < queue->count && entry_before(&queue->heap[child + 1], &queue->heap[child]))
            child++;
        if (!entry_before(&queue->heap[child], &last))
            break;
        queue->heap[at] = queue->heap[child];
        at = child;
    }
    if (queue->count > 0)
        queue->heap[at] = last;
    return true;
}
