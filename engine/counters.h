/*
 * Counters: every record is accounted for.
 *
 *   read = normalized + not_sign_in + rejected + duplicate + filtered      (the identity)
 *
 * and late is counted beside them. Each stage counts what it decides; the pipeline adds up at the
 * end. Plain data, owned by whoever counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Why a record was rejected: data that could not be read, never a matter of content. */
enum reject_reason {
    REJECT_BROKEN_JSON,
    REJECT_TOO_DEEP,
    REJECT_TOO_LONG,
    REJECT_RAGGED, /* a row with more cells than columns */
    REJECT_NO_TIME,
    REJECT_BAD_TIME,
    REJECT_NO_OUTCOME,
    REJECT_COUNT
};

const char *reject_reason_name(enum reject_reason reason); /* "broken_json", … */

struct counters {
    uint64_t read;
    uint64_t normalized;
    uint64_t not_sign_in;
    uint64_t rejected[REJECT_COUNT];
    uint64_t duplicate;
    uint64_t filtered;
    uint64_t late;          /* normalized, but older than the watermark when they came */
    uint64_t future;        /* normalized, but too far ahead to move the watermark */
    uint64_t codes_unknown; /* sign-ins with a code that no table knows, duplicates included */
    uint64_t addresses_malformed; /* sign-ins left without source: it was no address */
    uint64_t searches_given_up;   /* for expressions of rules, of sign-ins with duplicates */
};

void counters_add(struct counters *sum, const struct counters *more);
uint64_t counters_rejected(const struct counters *counters);
bool counters_hold(const struct counters *counters); /* the identity */
