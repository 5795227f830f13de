#include "engine/runs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hits.h"

enum { PAGE = 4096 };

size_t runs_piece_bytes(size_t memory_bytes)
{
    const size_t bytes = memory_bytes / RUNS_MERGED_MAX / PAGE * PAGE;
    return bytes < RUNS_PIECE_BYTES_MIN   ? RUNS_PIECE_BYTES_MIN
           : bytes > RUNS_PIECE_BYTES_MAX ? RUNS_PIECE_BYTES_MAX
                                          : bytes;
}

enum status runs_init(struct runs *runs, const char *directory, size_t memory_bytes,
                      struct slab *hits)
{
    assert(memory_bytes >= RUNS_MEMORY_MIN);
    *runs = (struct runs){.hits = hits, .piece_bytes = runs_piece_bytes(memory_bytes)};
    spill_init(&runs->spill, directory);
    const size_t pieces = memory_bytes / runs->piece_bytes;
    runs->readers_max = pieces < RUNS_MERGED_MAX ? pieces : RUNS_MERGED_MAX;
    return region_init(&runs->writing, runs->piece_bytes);
}

void runs_deinit(struct runs *runs)
{
    spill_deinit(&runs->spill);
    region_deinit(&runs->writing);
    free(runs->items);
    runs->items = NULL;
}

static size_t payload_max(const struct runs *runs)
{
    return runs->piece_bytes - sizeof(struct spill_piece);
}

/* Bytes of an attempt's hits on disk. */
static size_t hits_bytes_behind(const struct run_record *record)
{
    return record->rules_count == 0
               ? 0
               : hits_bytes(record->rules_count, record->values_count) - sizeof(struct hits);
}

/* ---- writing ---------------------------------------------------------------------------------
 */

static struct spill_piece *piece_written(const struct runs *runs)
{
    return (struct spill_piece *)runs->writing.start;
}

static void piece_flush(struct runs *runs)
{
    struct spill_piece *const piece = piece_written(runs);
    if (runs->status == STATUS_OK && piece->bytes > 0)
        runs->status = spill_append(&runs->spill, piece);
    piece->bytes = 0;
}

static void put(struct runs *runs, const void *bytes, size_t count)
{
    struct spill_piece *const piece = piece_written(runs);
    const char *at = bytes;
    while (count > 0) {
        const size_t room = payload_max(runs) - piece->bytes;
        const size_t part = count < room ? count : room;
        memcpy(piece->payload + piece->bytes, at, part);
        piece->bytes += part;
        at += part;
        count -= part;
        if (piece->bytes == payload_max(runs))
            piece_flush(runs);
    }
}

void runs_begin(struct runs *runs)
{
    if (runs->status != STATUS_OK)
        return;
    if (runs->count == runs->capacity) {
        const size_t capacity = 2 * runs->capacity + 16;
        struct run *const items = reallocarray(runs->items, capacity, sizeof(*items));
        if (items == NULL) {
            fprintf(stderr, "spraywatch: out of memory for one more run of events on disk\n");
            runs->status = STATUS_NO_MEMORY;
            return;
        }
        runs->items = items;
        runs->capacity = capacity;
    }
    runs->items[runs->count++] = (struct run){.begin = runs->spill.bytes};
}

void runs_add(struct runs *runs, const struct attempt *attempt)
{
    const struct hits *const hits = attempt->hits;
    struct run_record record = {.attempt = *attempt};
    record.attempt.hits = NULL;
    if (hits != NULL) {
        record.rules_count = hits->rules_count;
        record.values_count = hits->values_count;
    }
    put(runs, &record, sizeof(record));
    if (hits != NULL)
        put(runs, hits->values, hits_bytes_behind(&record));
}

static void run_close(struct runs *runs)
{
    piece_flush(runs);
    if (runs->status == STATUS_OK)
        runs->items[runs->count - 1].end = runs->spill.bytes;
}

void runs_end(struct runs *runs)
{
    run_close(runs);
    runs->counters.runs += runs->status == STATUS_OK;
}

/* ---- reading ---------------------------------------------------------------------------------
 */

/* True: the piece has something left. */
static bool reader_fill(struct runs *runs, struct run_reader *reader)
{
    if (reader->taken < reader->piece->bytes)
        return true;
    if (runs->status != STATUS_OK || reader->left.begin == reader->left.end)
        return false;
    runs->status = spill_read(&runs->spill, reader->left.begin, reader->piece, payload_max(runs));
    if (runs->status != STATUS_OK)
        return false;
    reader->left.begin += sizeof(*reader->piece) + reader->piece->bytes;
    reader->taken = 0;
    return true;
}

/* Takes the next bytes; NULL: passes over them. Pieces have checksums, so that what was begun also
 * has its end; false: it cannot be read. */
static bool get(struct runs *runs, struct run_reader *reader, void *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        if (!reader_fill(runs, reader))
            return false;
        const size_t there = reader->piece->bytes - reader->taken;
        const size_t part = count - done < there ? count - done : there;
        if (bytes != NULL)
            memcpy((char *)bytes + done, reader->piece->payload + reader->taken, part);
        reader->taken += part;
        done += part;
    }
    return true;
}

/* Reads the head of the reader's next attempt, if there is one, and puts its key on the heap. */
static void reader_advance(struct runs *runs, uint32_t index)
{
    struct run_reader *const reader = &runs->readers[index];
    if (!reader_fill(runs, reader) || !get(runs, reader, &reader->head, sizeof(reader->head)))
        return;
    order_keys_push(runs->heads, &runs->heads_count,
                    (struct order_key){.time_ns = reader->head.attempt.time_ns,
                                       .sequence = reader->head.attempt.sequence,
                                       .slot = index});
}

/* ---- merging ---------------------------------------------------------------------------------
 */

/* Begins with the `count` oldest runs. */
static void merge_open(struct runs *runs, size_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct run_reader *const reader = &runs->readers[i];
        *reader = (struct run_reader){
            .left = runs->items[runs->first++],
            .piece = (struct spill_piece *)(runs->memory + i * runs->piece_bytes),
        };
        reader->piece->bytes = 0;
        reader_advance(runs, i);
    }
}

/* The reader of the first attempt of all. */
static uint32_t merge_take(struct runs *runs)
{
    return order_keys_pop(runs->heads, &runs->heads_count).slot;
}

static void record_copy(struct runs *runs, struct run_reader *reader)
{
    put(runs, &reader->head, sizeof(reader->head));
    char some[1024];
    for (size_t left = hits_bytes_behind(&reader->head); left > 0;) {
        const size_t part = left < sizeof(some) ? left : sizeof(some);
        if (!get(runs, reader, some, part))
            return;
        put(runs, some, part);
        left -= part;
    }
}

/* Makes one run of the `count` oldest. */
static void merge_into_one(struct runs *runs, size_t count)
{
    merge_open(runs, count);
    runs_begin(runs);
    while (runs->heads_count > 0 && runs->status == STATUS_OK) {
        const uint32_t index = merge_take(runs);
        record_copy(runs, &runs->readers[index]);
        reader_advance(runs, index);
    }
    run_close(runs);
    runs->counters.merged += runs->status == STATUS_OK;
}

void runs_merge(struct runs *runs, void *memory)
{
    runs->memory = memory;
    size_t left;
    while ((left = runs->count - runs->first) > runs->readers_max && runs->status == STATUS_OK) {
        /* No more than needed, where that is fewer: what is merged now is read and written twice.
         */
        const size_t spare = left - runs->readers_max + 1;
        merge_into_one(runs, spare < runs->readers_max ? spare : runs->readers_max);
    }
    if (runs->status == STATUS_OK)
        merge_open(runs, left);
}

/* The hits of an attempt that has come back; NULL: none, or no memory for them. */
static struct hits *hits_read(struct runs *runs, struct run_reader *reader)
{
    const struct run_record *const head = &reader->head;
    if (head->rules_count == 0)
        return NULL;
    struct hits *const hits =
        slab_take(runs->hits, hits_bytes(head->rules_count, head->values_count));
    if (hits == NULL)
        runs->hits_lost++;
    else
        *hits = (struct hits){.rules_count = head->rules_count, .values_count = head->values_count};
    (void)get(runs, reader, hits != NULL ? hits->values : NULL, hits_bytes_behind(head));
    return hits;
}

bool runs_next(struct runs *runs, struct attempt *attempt)
{
    if (runs->heads_count == 0 || runs->status != STATUS_OK)
        return false;
    const uint32_t index = merge_take(runs);
    struct run_reader *const reader = &runs->readers[index];
    *attempt = reader->head.attempt;
    attempt->hits = hits_read(runs, reader);
    reader_advance(runs, index);
    return runs->status == STATUS_OK;
}

struct runs_counters runs_counters(const struct runs *runs)
{
    struct runs_counters counters = runs->counters;
    counters.bytes = runs->spill.bytes;
    return counters;
}
