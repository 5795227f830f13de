/*
 * Ordinary people: what they do in a minute of their day, and what goes wrong on the way.
 *
 * A visit is a chain of sign-ins that belong together: mistyped passwords, interrupts and second
 * factors, then mostly a success. All of it is drawn from one stream of random numbers.
 */
#pragma once

#include "bench/gen_calendar.h"
#include "bench/gen_queue.h"

struct gen_people {
    const struct gen_population *population;
    const struct gen_calendar *calendar;
    struct gen_queue *queue;
    struct gen_random random;
    uint32_t noninteractive_ppm;
    uint64_t rates[168]; /* visits per person and minute, 32.32 fixed point, by hour of the week */
};

void gen_people_init(struct gen_people *people, const struct gen_population *population,
                     const struct gen_calendar *calendar, struct gen_queue *queue,
                     const struct gen_options *options);

/* Queues what all people and service accounts do in the minute from `start` on. */
void gen_people_minute(struct gen_people *people, int64_t start);

/* Where a visit takes place when the person does not choose. */
struct gen_setting {
    struct gen_source source;
    uint32_t origin;
    uint8_t agent;
};

/* One visit, unless the person has left the company; `setting` may be NULL. */
void gen_people_visit(struct gen_people *people, uint32_t person, int64_t time,
                      const struct gen_setting *setting);

/* A sign-in of a person's laptop or phone, to be completed and pushed by the caller. */
struct gen_signin gen_people_laptop(const struct gen_people *people, uint32_t person, int64_t time,
                                    uint64_t salt);
struct gen_signin gen_people_phone(const struct gen_people *people, uint32_t person, int64_t time,
                                   uint64_t salt);
