/*
 * The whole state of a generator; seen by gen.c, which makes the log, and gen_truth.c, which says
 * what is in it.
 */
#pragma once

#include "bench/gen_attacks.h"
#include "bench/gen_noise.h"
#include "bench/gen_records.h"

/* What a trap has really sent. */
struct gen_trap_count {
    uint64_t records;
    uint64_t accounts_count;
    int64_t first_time, last_time;
    uint64_t *accounts_seen; /* bit set over people, special accounts and applications */
};

struct gen {
    struct gen_options options;
    struct gen_population population;
    struct gen_calendar calendar;
    struct gen_queue queue;
    struct gen_people people;
    struct gen_noise noise;
    struct gen_writer writer;
    struct gen_attack *attacks;
    size_t attacks_count;
    struct gen_trap_count traps[GEN_TRAP_COUNT];
    struct gen_counters counters;
    FILE *labels;   /* lent; NULL: none are wanted */
    int64_t minute; /* everything before it has been queued */
    int64_t end;
    bool has_begun; /* the envelope is open */
    bool has_ended;
};

/* A sign-in has been written: counts it for its attack or trap. */
void gen_truth_count_signin(struct gen *gen, const struct gen_signin *signin);
