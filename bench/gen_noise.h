/*
 * Noise: the innocent look-alikes that send sign-ins of their own.
 *
 * The others (NAT, VPN change, outage) only change what people do and live in `gen_people`. All are
 * functions of the calendar: nothing is kept from one minute to the next.
 */
#pragma once

#include "bench/gen_people.h"

struct gen_noise {
    const struct gen_population *population;
    const struct gen_calendar *calendar;
    struct gen_people *people;
    struct gen_queue *queue;
};

/* Queues what the traps send in the minute from `start` on. */
void gen_noise_minute(struct gen_noise *noise, int64_t start);
