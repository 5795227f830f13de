/*
 * A time zone: from what a clock on a wall shows to UTC, for logs whose times name no zone.
 *
 * Made at start-up from `--tz`, immutable afterwards and shared by all threads. The rules of named
 * zones are those of the C library's data base, asked once for every day from 1970 to 2099; before
 * and after, the first and the last rule hold.
 *
 * When clocks are put forward, the times left out are read by the rule before (as mktime does).
 * When they are put back, an hour is there twice: it is read as the first of the two, since nothing
 * in such a log tells which one it was.
 */
#pragma once

#include <stdint.h>

#include "engine/base/status.h"

struct zone;

/* `name`: `UTC`, an offset (`+02:00`, `-0530`, `+9`) or a name of the IANA data base
 * (`Europe/Berlin`). STATUS_CONFIG when it is none. Changes TZ for a moment: call it before there
 * are other threads. */
STATUS_CHECKED enum status zone_create(struct zone **out, const char *name);
void zone_destroy(struct zone *zone);

/* Seconds of the wall clock, counted as if it were in UTC, to seconds since the epoch. NULL: UTC.
 */
int64_t zone_to_utc(const struct zone *zone, int64_t wall_seconds);
