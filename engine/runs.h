/*
 * Runs: attempts that were sorted and put aside on disk, and come back merged.
 *
 * Whenever the memory for attempts held back is full, they are added as one sorted run; at the end
 * all runs are merged. Merging takes a piece of memory for each run. Of more runs than there is
 * memory for, the oldest are merged into one first, and that until the memory will do. The keys of
 * attempts are all different (engine/order_key.h), so what comes out is one sequence, whatever the
 * runs are.
 *
 * An attempt on disk is what it was in memory, with the rules that it matched behind it: names are
 * indices, and those stay. It is read back by the same run of the program and by no other, so its
 * form is nobody else's business.
 *
 * Owned and used by one thread. What goes wrong with the disk is told by the spill and kept: from
 * then on nothing is written, and nothing comes back.
 */
#pragma once

#include "engine/base/region.h"
#include "engine/base/slab.h"
#include "engine/order_key.h"
#include "engine/spill.h"
#include "engine/spine.h"

enum {
    RUNS_MERGED_MAX = 256, /* at once: a disk that seeks should read long pieces */
    RUNS_PIECE_BYTES_MIN = 16 * 1024,
    RUNS_PIECE_BYTES_MAX = 1024 * 1024,
    RUNS_MEMORY_MIN = 2 * RUNS_PIECE_BYTES_MIN, /* for merging two */
};

struct run {
    uint64_t begin, end; /* bytes of the spill */
};

/* An attempt as it is on disk. `rules_count` > 0: its hits follow, without their head. */
struct run_record {
    struct attempt attempt; /* without a pointer to hits */
    uint32_t rules_count, values_count;
};

/* Reads one run. */
struct run_reader {
    struct run left;           /* pieces not read yet */
    struct spill_piece *piece; /* of the memory for merging */
    size_t taken;              /* bytes of it */
    struct run_record head;    /* of the next attempt; its hits have not been read */
};

struct runs_counters {
    uint64_t runs;   /* written when memory was full, and the last one */
    uint64_t merged; /* runs made of others */
    uint64_t bytes;  /* written, all together */
};

struct runs {
    struct spill spill;
    struct slab *hits; /* lent: memory for those of the attempts that come back */
    enum status status;
    size_t piece_bytes;    /* with its head */
    struct region writing; /* one piece, being filled */
    struct run *items;     /* those before `first` are in others */
    size_t first, count, capacity;
    char *memory; /* lent for merging */
    size_t readers_max;
    struct run_reader readers[RUNS_MERGED_MAX];
    struct order_key heads[RUNS_MERGED_MAX]; /* a heap; the slot is the reader's */
    size_t heads_count;
    uint64_t hits_lost; /* attempts that came back when there was no memory for their hits */
    struct runs_counters counters;
};

/* Bytes of a piece, where so much memory will be lent for merging. */
size_t runs_piece_bytes(size_t memory_bytes);

/* `memory_bytes`, at least RUNS_MEMORY_MIN, is what will be lent to `runs_merge`. Takes a piece of
 * its own. `hits` and `directory` are lent until the end; the latter as for `spill_init`. */
STATUS_CHECKED enum status runs_init(struct runs *runs, const char *directory, size_t memory_bytes,
                                     struct slab *hits);
void runs_deinit(struct runs *runs);

/* Something was put aside, or should have been. */
static inline bool runs_are_there(const struct runs *runs)
{
    return runs->count > 0 || runs->status != STATUS_OK;
}

/* All attempts have come back. */
static inline bool runs_are_out(const struct runs *runs)
{
    return runs->heads_count == 0 && runs->status == STATUS_OK;
}

/* STATUS_OK, or what went wrong first. */
static inline enum status runs_status(const struct runs *runs)
{
    return runs->status;
}

/* Writes a run: begin, its attempts in the order of their keys, end. */
void runs_begin(struct runs *runs);
void runs_add(struct runs *runs, const struct attempt *attempt);
void runs_end(struct runs *runs);

/* All runs are written. `memory`, aligned for any type and of the size told at the start, is lent
 * until the end. */
void runs_merge(struct runs *runs, void *memory);

/* The next attempt, whose hits are of the slab; false: there is none, or none that can be read. */
bool runs_next(struct runs *runs, struct attempt *attempt);

struct runs_counters runs_counters(const struct runs *runs);
