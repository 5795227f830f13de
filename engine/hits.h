/*
 * Hits: the rules that an attempt matched, and what was drawn for them, in one piece of memory.
 *
 * Made by the order stage and lent to those that it calls; one thread.
 */
#pragma once

#include "engine/spine.h"

static inline size_t hits_bytes(size_t rules_count, size_t values_count)
{
    return sizeof(struct hits) + values_count * sizeof(struct hit_value) +
           rules_count * sizeof(uint32_t);
}

static inline uint32_t *hits_rules(struct hits *hits)
{
    return (uint32_t *)(hits->values + hits->values_count);
}
