/*
 * The calendar: hours of the week, and when each noise trap is open.
 *
 * Pure functions of the log's start and length. Traps that do not last come back every 28 days, so
 * that a log of any length holds them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/gen.h"
#include "bench/gen_signin.h"

struct gen_calendar {
    uint32_t traps; /* bit n: enum gen_trap n is wanted */
    int64_t start_day;
    int64_t vpn_change; /* in ticks */
};

struct gen_window {
    int64_t begin, end; /* in ticks */
};

void gen_calendar_init(struct gen_calendar *calendar, const struct gen_options *options);

bool gen_calendar_has(const struct gen_calendar *calendar, enum gen_trap trap);

/* The window of a trap in the 28 days that `time` lies in, shifted by the `hours` of a place; empty
 * when the trap is not wanted. For traps that last (NAT, terminal server) it is not defined. */
struct gen_window gen_calendar_window(const struct gen_calendar *calendar, enum gen_trap trap,
                                      int64_t time, int hours);

/* Is that window open at `time`? */
bool gen_calendar_open(const struct gen_calendar *calendar, enum gen_trap trap, int64_t time);

/* Have the offices moved to their new egress addresses? */
bool gen_calendar_is_after_vpn_change(const struct gen_calendar *calendar, int64_t time);

/* Hours since Monday 00:00, at a place with that offset from UTC: 0 to 167. */
uint32_t gen_calendar_hour_of_week(int64_t time, int hours);

/* How busy that hour is, in relation to the others. */
uint32_t gen_calendar_weight(uint32_t hour_of_week);
uint32_t gen_calendar_weight_sum(void);

bool gen_calendar_is_workday(uint32_t hour_of_week);
