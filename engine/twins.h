/*
 * Twins: two records of one attempt, by two witnesses. The computer that somebody signs in to
 * writes one (4625), and the domain controller that it asked writes another (4776, 4771). They
 * count once.
 *
 * Which records have a witness is said by the schema (`witness:` of a shape). Two are twins when
 * - one is the host's and the other the authority's,
 * - the account is the same,
 * - both succeeded or both failed,
 * - their times are at most TWINS_SPAN_NS apart,
 * - address and host name of the source are the same, where both have one.
 * Each has at most one twin, so as many attempts are left as each witness has seen: two attempts on
 * one account are two records of the host's and two of the authority's. The record with an address
 * stays, else the host's.
 *
 * Sits between the order of time and all that counts. An attempt that may still find a twin, and
 * would then be the one to go, is held back for the span, and what follows it too; nothing else is.
 * What is held is bounded: when there is no more room, the oldest goes without its twin. All of it
 * follows from the attempts in the order of time, so it is the same for any number of threads and
 * any order of files. One thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/status.h"
#include "engine/spine.h"

#define TWINS_SPAN_NS (INT64_C(2) * 1000000000) /* clocks of a domain and the way of a request */

enum {
    TWINS_HELD_MAX = 4096,    /* attempts held back, a power of two */
    TWINS_NOTES_MAX = 8192,   /* attempts with a witness that are remembered, a power of two */
    TWINS_LOOKED_AT_MAX = 64, /* of one account, the newest first: an account can be hammered */
};

struct twins_held;
struct twins_note;

struct twins {
    struct twins_held *held; /* a ring: the attempts from `first` to before `end` */
    uint64_t first, end;
    struct twins_note *notes; /* a ring; an entry's place is its position modulo the size */
    uint64_t notes_end;       /* positions begin at 1 */
    uint64_t *heads;          /* by account: position of its newest note; 0: none */
    int64_t now_ns;           /* the highest time that came */
    uint64_t removed;         /* attempts that were the other's twin */
};

STATUS_CHECKED enum status twins_init(struct twins *twins);
void twins_deinit(struct twins *twins);

/* Does this attempt have to go through `twins_push`? */
static inline bool twins_concern(const struct twins *twins, const struct attempt *attempt)
{
    return twins->first != twins->end ||
           (attempt->flags & (EVENT_BY_HOST | EVENT_BY_AUTHORITY)) != 0;
}

/* Takes an attempt, after `twins_pop` has given TWINS_NONE. Attempts come in the order of time;
 * late ones may be older. */
void twins_push(struct twins *twins, const struct attempt *attempt);

enum twins_result {
    TWINS_NONE,    /* there is none for now */
    TWINS_GOES_ON, /* it may go on */
    TWINS_REMOVED, /* it was the other's twin: what it holds is to be released */
};

/* Gives the next attempt that waits for nobody. `is_end`: no more will be pushed. */
enum twins_result twins_pop(struct twins *twins, bool is_end, struct attempt *attempt);
