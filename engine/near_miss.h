/*
 * Near misses: of a rule that does not match a record, the one condition that kept it from it.
 *
 * A rule nearly matches when one of its items, decided the other way, would make it match, and some
 * other item that it asks for does hold: a rule of another log source never does, nor one that asks
 * for a single thing. Pure functions of the matcher's record; main thread.
 */
#pragma once

#include "rules/condition.h"
#include "rules/match.h"

/* An item that was decided the wrong way. Where several stand, each alone would do. */
struct missed_item {
    const struct item_text *item;
    const char *label; /* the search identifier or filter that it belongs to */
    bool must_hold;    /* it does not, and should; else it does, and should not */
};

enum { MISSED_ITEMS_MAX = 8 };

/* Fills `missed` with up to MISSED_ITEMS_MAX items and gives how many there are; 0: the rule
 * matches or is further away than that. The matcher looks at the record (`matcher_look`). */
size_t near_miss(struct matcher *matcher, const struct expression *rule,
                 struct missed_item missed[MISSED_ITEMS_MAX]);
