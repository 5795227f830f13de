/*
 * Time stamps, as sign-in logs write them, to nanoseconds since the epoch.
 *
 * Pure functions, any thread. Read are
 * - RFC 3339 and its relatives: `2023-10-24T20:01:11.9490387+00:00`, a blank for the T, `,` for the
 *   point, any number of fraction digits (what lies beyond the nanosecond is cut), `Z`, `+hh:mm`,
 *   `+hhmm`, `+hh`, a blank before the zone, `UTC`, or no zone at all, which means UTC;
 * - the United States' form, month first: `5/18/2021 9:13:33 PM`, `4/28/2021, 2:08:45.221 PM`,
 *   `01/09/2007 09:41:00` (24 hours without AM or PM), with an optional zone, or without seconds,
 *   as spreadsheets write it; where a source is known for it, day first: `18/5/2021 21:13:33`. A
 *   thirteenth month is no day: such a time is refused;
 * - with points, day first: `18.05.2021 21:13:33`;
 * - numbers of seconds, milliseconds, microseconds or nanoseconds since the epoch, told apart by
 *   their size: `1700000000`, `1700000000123`. Seconds may have a fraction.
 *
 * What cannot be is refused, never mended: a thirteenth month, the 30th of February, second 65.
 * Second 60 is accepted where a leap second can be, at 23:59 UTC on the last day of June or
 * December, and is the next day's first second, as in POSIX time. Written years run from 1678 to
 * 2261, so that nanoseconds fit 64 bits whatever the zone.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/slice.h"
#include "parsers/zone.h"

/* What a source's times do not say themselves. All zero: month first, UTC. */
struct timestamp_habits {
    bool is_day_first;       /* of two numbers with slashes, the first is the day */
    const struct zone *zone; /* of times that name none; NULL: UTC */
};

/* What a date with slashes tells of the order of its numbers. */
enum timestamp_order {
    TIMESTAMP_NO_ORDER,     /* it is no such date */
    TIMESTAMP_EITHER_FIRST, /* both numbers may be months, or none */
    TIMESTAMP_DAY_FIRST,    /* the first is above twelve */
    TIMESTAMP_MONTH_FIRST,  /* the second is */
};

enum timestamp_result {
    TIMESTAMP_OK,
    TIMESTAMP_UNREADABLE, /* none of the forms above */
    TIMESTAMP_IMPOSSIBLE, /* a form above, but no such time exists */
    TIMESTAMP_OUT_OF_RANGE,
};

/* Writes `*time_ns` on TIMESTAMP_OK only. */
enum timestamp_result timestamp_parse(struct slice text, int64_t *time_ns);

/* The same, of a source with these habits. */
enum timestamp_result timestamp_parse_as(struct slice text, const struct timestamp_habits *habits,
                                         int64_t *time_ns);

enum timestamp_order timestamp_order(struct slice text);
