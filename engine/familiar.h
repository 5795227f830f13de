/*
 * Familiarity: what every account's own successful sign-ins looked like so far.
 *
 * A mistyped password from where the account always signs in is no evidence of spraying, and a
 * success from a place, program and network that are all new to the account is the sign of a found
 * password. And a device that repeats an old password is one failure, not hundreds. These questions
 * are answered here, once per attempt and in order of event time, for all detectors.
 *
 * Owned by the order stage. Indexed by account and by network, so a look-up costs two memory
 * accesses. An account keeps the last FAMILIAR_PLACES_MAX networks and agents it has used, the
 * oldest forgotten first.
 */
#pragma once

#include "engine/base/civil.h"
#include "engine/base/prefetch.h"
#include "engine/base/table.h"
#include "engine/spine.h"

/* A failure from the network of the account's last one, so soon after it, is the same retried. */
#define FAMILIAR_RETRY_NS (INT64_C(86400) * 1000000000)

/* In the first week of its history everything about an account is new. */
#define FAMILIAR_SETTLED_NS (INT64_C(7) * 86400 * 1000000000)

enum {
    FAMILIAR_PLACES_MAX = 8,
    FAMILIAR_PROVIDERS_MAX = 4,
    FAMILIAR_COMMON_SIGN_INS = 20, /* from familiar networks, that make a program an ordinary one */
};

struct familiar_account {
    uint32_t networks[FAMILIAR_PLACES_MAX];     /* address indices of /24 or /64; newest first */
    uint32_t agents[FAMILIAR_PLACES_MAX];       /* mixed hash of user agent and client */
    uint32_t providers[FAMILIAR_PROVIDERS_MAX]; /* ASN, or country where there is none */
    bool has_signed_in;
    int64_t first_ns;  /* its first sign-in */
    int64_t failed_ns; /* its last failed attempt, and from where */
    uint32_t failed_network;
};

/* When each of an account's places was last used, in the order of its lists; seconds since the
 * epoch. Kept only where it lasts beyond the run. */
struct familiar_times {
    uint32_t networks[FAMILIAR_PLACES_MAX];
    uint32_t agents[FAMILIAR_PLACES_MAX];
    uint32_t providers[FAMILIAR_PROVIDERS_MAX];
    int64_t last_ns; /* its last sign-in */
};

enum familiar_use { FAMILIAR_UNUSED, FAMILIAR_USED, FAMILIAR_USED_BEFORE /* in an earlier run */ };

struct familiar {
    struct region accounts; /* of struct familiar_account, by account index */
    struct region times;    /* of struct familiar_times, by account index; none: not kept */
    size_t accounts_max;
    struct slab slab;
    struct table agents; /* agent -> sign-ins with it from networks familiar to the account; in the
                            upper half, how many of them in earlier runs */
    struct table pairs;  /* agent -> user agent and client; where it lasts beyond the run */
    struct region used; /* enum familiar_use per address index: somebody has signed in from there */
    size_t bytes_max;
};

STATUS_CHECKED enum status familiar_init(struct familiar *familiar, size_t bytes_max);
void familiar_deinit(struct familiar *familiar);

/* Before the first attempt: what is learned is to last, which takes more memory for each account.
 */
STATUS_CHECKED enum status familiar_keep_times(struct familiar *familiar);

/* NULL: the account has no index, or one beyond this module's share of memory. */
struct familiar_account *familiar_account_at(const struct familiar *familiar, uint32_t account);
/* A time in the unit of `struct familiar_times`: what lies outside is the nearest there is. */
static inline uint32_t familiar_seconds(int64_t time_ns)
{
    const int64_t seconds = time_ns / CIVIL_SECOND_NS;
    return seconds < 0 ? 0 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

struct familiar_times *familiar_times_at(const struct familiar *familiar, uint32_t account);

/* How a user agent and a client are written together; 0: both are absent. And back: false, unknown.
 */
uint32_t familiar_agent(uint32_t user_agent, uint32_t client);
bool familiar_agent_pair(const struct familiar *familiar, uint32_t agent, uint32_t *user_agent,
                         uint32_t *client);

/* What earlier runs have learned; called for a place at most once. */
void familiar_restore_place(uint32_t *list, uint32_t *times, size_t count, uint32_t value,
                            uint32_t seconds);
void familiar_restore_agent(struct familiar *familiar, uint32_t user_agent, uint32_t client,
                            uint32_t sign_ins);
void familiar_restore_network(struct familiar *familiar, uint32_t network);

/* How the attempt compares with what was learned before it (a mask of enum familiarity). */
uint8_t familiar_judge(const struct familiar *familiar, const struct attempt *attempt);

/* Learns from an attempt, after it has been judged. */
void familiar_learn(struct familiar *familiar, const struct attempt *attempt);

/* Asks the CPU to fetch what judging an attempt will look at. */
static inline void familiar_prefetch(const struct familiar *familiar, const struct attempt *attempt)
{
    const char *const account =
        familiar->accounts.start + attempt->name[TEXT_ACCOUNT] * sizeof(struct familiar_account);
    prefetch_to_write(account);
    prefetch_to_write(account + 64);
    prefetch_to_write(familiar->used.start + attempt->source_network);
}
