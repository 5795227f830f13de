/*
 * The plan: from what a machine was measured to do to what a company needs. Pure.
 *
 *   busiest second  events of a day / 86,400 * PLAN_PEAK
 *   threads         the fewest that were measured to take it at PLAN_LOAD of their rate
 *   memory          base + people * bytes a person + the events of --lateness at that second
 *
 * The base and the bytes of a person come from two scans that differ in the number of people: a
 * straight line through two points. Everything but the base lies within --memory.
 */
#pragma once

#include <stdint.h>

/* Assumed: the busiest hour of a working day holds a sixth of its sign-ins. */
#define PLAN_PEAK 4.0
/* Of what was measured: the rest is for what nobody has foreseen. */
#define PLAN_LOAD 0.8

enum {
    PLAN_THREADS_MAX = 8, /* numbers of threads measured */
    PLAN_NEEDS_MAX = 8,
    PLAN_LATENESS_SECONDS = 15 * 60, /* default of --lateness */
    PLAN_EVENTS_PER_PERSON = 20,     /* a day, refreshed tokens included, where none are named */
};

struct plan_rate {
    unsigned threads;
    double events_per_second, bytes_per_second;
};

/* What stands on one line of the sizing table. */
struct plan_need {
    uint64_t people, events_per_day;
    double events_per_second; /* in the busiest hour */
    unsigned threads;         /* 0: more than were measured */
    uint64_t memory_bytes;
};

struct plan {
    struct plan_rate rates[PLAN_THREADS_MAX]; /* of files, by threads, ascending */
    unsigned rates_count;
    uint64_t base_bytes;  /* of memory, without people */
    double person_bytes;  /* more for each person */
    uint64_t event_bytes; /* of an event that is held back */
    struct plan_need needs[PLAN_NEEDS_MAX];
    unsigned needs_count;
};

/* Takes the line through (accounts, peak memory) of two scans. */
void plan_set_memory(struct plan *plan, uint64_t accounts_few, uint64_t bytes_few,
                     uint64_t accounts_many, uint64_t bytes_many);

/* Adds a line to the sizing table, from the rates and the memory set before. */
void plan_add_need(struct plan *plan, uint64_t people, uint64_t events_per_day);
