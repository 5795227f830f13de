/*
 * A region: address space reserved once, memory used only as far as it is touched.
 *
 * Arrays that grow but must never move (other threads read them by index) live in regions, and so
 * does everything that counts against the memory cap: a region says at creation how much it may
 * become. Owned by one thread for growing; reading follows the hand-over of indices through rings.
 */
#pragma once

#include "engine/base/status.h"

struct region {
    char *start;
    size_t bytes_max;
    size_t bytes_used;
};

STATUS_CHECKED enum status region_init(struct region *region, size_t bytes_max);
void region_deinit(struct region *region);

/* `bytes` more, aligned to `alignment` (a power of two), zeroed; NULL when the region is full. */
void *region_take(struct region *region, size_t bytes, size_t alignment);
