/*
 * The score: findings documents held against the truth of a generated log.
 *
 * A campaign belongs to an attack when most of the accounts it names were the attack's. An attack
 * without campaign is missed, a campaign without attack is false. One thread; owned by the caller.
 */
#pragma once

#include <stdint.h>

#include "bench/gen.h"
#include "engine/base/slice.h"

struct score {
    uint32_t attacks; /* in the log, with at least one attempt */
    uint32_t found;   /* of them, seen as a campaign */
    uint32_t missed;
    uint32_t campaigns; /* told by the program */
    uint32_t false_campaigns;
    uint32_t confirmed;       /* accounts whose password was found, by the truth */
    uint32_t confirmed_found; /* of them, told by the program */
    uint32_t confirmed_false; /* told, but no attack has found their password */
};

/* `documents`: JSON Lines as `scan` writes them, followed by LIMIT_VECTOR_PADDING readable bytes.
 * The log must have been generated to its end. */
STATUS_CHECKED enum status score_documents(struct score *score, const struct gen *gen,
                                           struct slice documents);
