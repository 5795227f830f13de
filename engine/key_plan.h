/*
 * Key plans: how the keys of detectors are read from an attempt.
 *
 * Several detectors have the same key: a tenant's address, a network, a program. The values that an
 * attempt has for such a key are a *place* (engine/place.h), and are read and hashed once for all
 * of these detectors. Immutable once made; any thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/spine.h"
#include "rules/ruleset.h"

enum { KEY_PLANS_MAX = DETECTORS_MAX * DETECTOR_KEYS_MAX };

/* One field of a key. */
struct key_part {
    enum event_field field;
    uint16_t name_offset; /* 0: it is no name, ask by field */
    bool needs_ipv4, needs_ipv6, may_be_absent;
};

struct key_plan {
    uint64_t seed;      /* of the ids of its places */
    uint64_t detectors; /* that have this key: a bit each */
    uint8_t detectors_count;
    uint8_t parts_count;
    struct key_part parts[FINDING_KEY_PARTS_MAX];
    uint8_t key_index[DETECTORS_MAX]; /* by detector: which of its keys this is … */
    uint8_t rank[DETECTORS_MAX];      /* … and how many detectors have it before this one */
};

/* The different keys of all detectors, in the order in which they are first met. */
struct key_plans {
    size_t count;
    struct key_plan items[KEY_PLANS_MAX];
    uint16_t of[DETECTORS_MAX][DETECTOR_KEYS_MAX]; /* of each detector's keys */
};

void key_plans_make(struct key_plans *plans, const struct detector *detectors, size_t count);

/* The value of a field as a number that is the same exactly when the field is. 0: absent. */
uint32_t attempt_value(const struct attempt *attempt, enum event_field field);

/* The values of a key's fields; false when one is missing. Names over the memory cap are no key:
 * their attempts do not belong together. */
bool key_plan_read(const struct key_plan *plan, const struct attempt *attempt,
                   uint32_t parts[FINDING_KEY_PARTS_MAX]);

/* What the place of these values is known by; never 0. The top bits are as good as random. */
uint64_t key_plan_place(const struct key_plan *plan, const uint32_t parts[FINDING_KEY_PARTS_MAX]);
