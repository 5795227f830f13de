/*
 * Attacks: spraying tools and campaigns after the behaviour that others have described.
 *
 * A profile is a row of a table; an attack is a profile with its numbers, its list of accounts and
 * its place in it. It gives one attempt after the other, so its memory does not grow with time.
 * What it has really done is counted when a record is written (`gen_attack_count`).
 */
#pragma once

#include "bench/gen.h"
#include "bench/gen_queue.h"

enum gen_pacing {
    GEN_PACING_ROUNDS, /* one password after the other, each over all accounts */
    GEN_PACING_STEADY, /* so many attempts a day, spread over it */
};

enum gen_origin_kind {
    GEN_FROM_HOSTER,
    GEN_FROM_RELAY,
    GEN_FROM_CLOUD,
    GEN_FROM_RESIDENTIAL,
    GEN_FROM_OFFICE, /* a machine of the tenant itself */
};

struct gen_profile {
    const char *name;
    const char *text;
    uint8_t pacing;  /* enum gen_pacing */
    uint8_t from;    /* enum gen_origin_kind */
    bool is_fresh;   /* every attempt from the next source; else sources are drawn or rotated */
    bool is_rotated; /* round robin over the sources */
    bool has_chosen_accounts; /* dormant and test accounts come first */
    bool workdays;
    uint8_t hour_first, hour_end; /* UTC; both 0: around the clock */
    uint16_t flags;               /* enum gen_signin_flags */
    uint8_t agents[3], agents_count;
    uint8_t apps[5], apps_count;
    uint32_t rate_per_day;    /* attempts a day while it runs */
    uint32_t jitter_permille; /* of the gap between two attempts */
    uint32_t wait_minutes;    /* between two rounds */
    uint32_t wait_jitter_minutes;
    uint32_t days; /* STEADY: how long */
    uint32_t accounts_count, sources_count, passwords_count, unknown_count;
    uint32_t yield_ppm, locked_ppm;
    uint32_t locked_max; /* stops after so many lockouts; 0: never */
    uint32_t results[4], results_count;
};

enum { GEN_PROFILES = 16 };
extern const struct gen_profile gen_profiles[GEN_PROFILES];

/* The most sources that a profile's kind of network can give. */
uint32_t gen_profile_sources_max(const struct gen_profile *profile, bool ipv6);

struct gen_target {
    uint32_t account;
    uint8_t kind; /* enum gen_account_kind */
    bool is_disabled;
    bool is_tried;  /* a record has been written */
    bool is_found;  /* … with the right password: not tried again */
    uint32_t found; /* 1 + index into `found`; 0: its password is not on the list */
};

/* An account whose password the attack finds, and what it does with it afterwards. */
struct gen_found {
    int64_t due;   /* STEADY: the first attempt from here on is the right one */
    int64_t reuse; /* when it is used next; INT64_MAX: no more */
    uint32_t target;
    uint32_t round; /* ROUNDS: the right password */
    uint8_t code;
    uint8_t uses;
};

struct gen_attack {
    const struct gen_profile *profile;
    const struct gen_population *population;
    struct gen_attack_options options; /* without defaults: all numbers are set */
    uint32_t tenant;
    uint32_t origin;
    uint64_t campaign; /* seed of targets, sources and fingerprint */
    int64_t start, end;
    struct gen_random random;
    struct gen_target *targets; /* the accounts, then the names that do not exist */
    uint32_t targets_count;
    struct gen_found *found;
    uint32_t found_count;
    uint32_t locked_count;

    int64_t next; /* of the next attempt; INT64_MAX: none */
    int64_t next_reuse;
    uint64_t ordinal;        /* attempts made */
    uint64_t position;       /* in the day or round */
    uint32_t round;          /* or day */
    uint32_t factor, offset; /* order of the accounts in this day or round */

    /* Counted when written. */
    uint64_t attempts_count, followups_count, accounts_count, sources_count;
    int64_t first_time, last_time;
    uint64_t codes_count[GEN_CODES];
    uint64_t *sources_seen; /* bit set */
    struct gen_confirmed *confirmed;
    uint32_t confirmed_count;
};

/* `options` with defaults already filled in by `gen_attack_resolve`. */
STATUS_CHECKED enum status gen_attack_init(struct gen_attack *attack,
                                           const struct gen_attack_options *options,
                                           const struct gen_population *population, uint32_t tenant,
                                           uint32_t origin, int64_t log_end);
void gen_attack_deinit(struct gen_attack *attack);

/* Fills in the profile's defaults and checks the numbers against the population. */
STATUS_CHECKED enum status gen_attack_resolve(struct gen_attack_options *attack, size_t index,
                                              const struct gen_options *options,
                                              struct diagnostics *diagnostics);

/* Queues the attempts of the minute from `start` on. */
void gen_attack_minute(struct gen_attack *attack, int64_t start, struct gen_queue *queue);

/* A sign-in of this attack has been written. */
void gen_attack_count(struct gen_attack *attack, const struct gen_signin *signin);

/* The address of a source, for the truth. */
struct gen_source gen_attack_source(const struct gen_attack *attack, uint32_t index);
