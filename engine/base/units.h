/*
 * Sizes and durations as people write them. Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

/* "4096", "64K", "64KiB", "256kb", "1.5G": binary multiples (1K = 1024). False: not a size, or one
 * beyond 2^63. */
bool units_parse_size(struct slice text, uint64_t *bytes);

/* "500ms", "90s", "15m", "24h", "7d", "2w", "0": nanoseconds. A number without unit is refused, but
 * for 0. False: not a duration, negative, or beyond 2^63 ns. */
bool units_parse_duration(struct slice text, int64_t *duration_ns);
