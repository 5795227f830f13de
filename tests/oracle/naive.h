/*
 * The naive detector: what `engine/detect.c` must say, found the slow way.
 *
 * It keeps every attempt for ever and, for each new one, counts everything again by looking at all
 * of them: no sliding windows, no sets, no partitions, no memory cap. Only what a window remembers
 * of its own past (is an episode open, when did it fire) is kept from one attempt to the next. It
 * shares no code with detection, only the types. For tests; one thread.
 */
#pragma once

#include "engine/detect.h"

struct naive;

/* Stops the program when there is no memory, here and below. */
struct naive *naive_create(const struct ruleset *ruleset);
void naive_destroy(struct naive *naive);

/* Appends what the attempt leads to, in the order of detectors and their keys. In place of
 * `window_id` stands a number that is the same exactly for findings of one detector and key. */
void naive_take(struct naive *naive, const struct attempt *attempt, struct findings *findings);
