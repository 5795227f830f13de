/*
 * A baseline: how many attempts a key saw per hour and per day before.
 *
 * Counts per UTC day for BASELINE_DAYS days and, where asked, per hour for BASELINE_HOURS hours.
 * What is expected is the median of earlier completed days (or of the same hour of the week and its
 * neighbours), its spread the median absolute deviation: both ignore up to half of bad values.
 * Days and hours in which the detector fired are left out, so an attack does not become normal.
 *
 * Pure data; memory from the owner's slab; one thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/slab.h"

enum {
    BASELINE_DAYS = 64,
    BASELINE_DAYS_USED = 28,
    BASELINE_IDLE_DAYS = 35,      /* after so long without attempt it is dropped */
    BASELINE_HOURS = 28 * 24 + 2, /* four weeks back, the hours beside it, and this hour */
};

struct baseline_stats {
    unsigned samples;         /* 0: nothing is known */
    double median, deviation; /* median absolute deviation */
};

/* Statistics stay the same until time or the past changes. */
struct baseline_kept {
    bool is_valid;
    int64_t start_ns, unit; /* what they were asked for: the day or hour of `now_ns` */
    struct baseline_stats stats;
};

struct baseline {
    int64_t day_last;             /* day number of the newest slot */
    uint64_t days_alerted;        /* bit n: slot n is left out */
    uint32_t days[BASELINE_DAYS]; /* slot: day number modulo BASELINE_DAYS */
    int64_t hour_last;
    uint16_t *hours; /* saturating; bit 15: left out. NULL: not kept */
    struct baseline_kept kept_days, kept_hours;
};

/* Keeps hours too when there is memory for them. */
void baseline_init(struct baseline *baseline, int64_t time_ns);
void baseline_keep_hours(struct baseline *baseline, struct slab *slab);
void baseline_deinit(struct baseline *baseline, struct slab *slab);

/* One attempt. */
void baseline_note(struct baseline *baseline, int64_t time_ns);

/* The detector fired: this day and hour are no baseline. */
void baseline_mark_alert(struct baseline *baseline, int64_t time_ns);

/* One day or hour, as it lasts beyond a run; outside of what is kept there is nothing. */
struct baseline_slot {
    uint32_t count;
    bool is_alerted;
};
struct baseline_slot baseline_day_at(const struct baseline *baseline, int64_t day);
struct baseline_slot baseline_hour_at(const struct baseline *baseline, int64_t hour);
void baseline_add_day(struct baseline *baseline, int64_t day, struct baseline_slot more);
void baseline_add_hour(struct baseline *baseline, int64_t hour, struct baseline_slot more);

/* Of the completed days before `now_ns` that began at or after `start_ns`, the newest first, at
 * most BASELINE_DAYS_USED of them. */
struct baseline_stats baseline_days(struct baseline *baseline, int64_t start_ns, int64_t now_ns);

/* Of the same hour of the week, and the hours beside it, in the weeks before. */
struct baseline_stats baseline_hours(struct baseline *baseline, int64_t start_ns, int64_t now_ns);
