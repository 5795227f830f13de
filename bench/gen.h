/*
 * Gen: a seeded generator of realistic sign-in logs, of Entra ID or of servers, with labelled
 * attacks.
 *
 * `gen_create` builds a population (tenants, offices, people, devices, home networks) from the
 * options; `gen_next` then writes whole records, in event-time order, until the scenario ends. The
 * same options give the same bytes in every run and on every machine: no clock, no floating point.
 * Memory depends on the population and the attacks, never on the length of the log.
 *
 * One `struct gen` belongs to one thread. What the log holds is known in advance: every attack and
 * every noise trap (an innocent look-alike) has an entry in the truth, counted over the records
 * that have really been written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/base/status.h"

enum {
    GEN_RECORD_BYTES_MAX = 8 * 1024, /* no record is longer, with its separator and envelope */
    GEN_PEOPLE_MAX = 10 * 1000 * 1000,
    GEN_TENANTS_MAX = 4096, /* each has up to four offices, each with its own block of addresses */
    GEN_ATTACKS_MAX = 4096,
    GEN_DAYS_MAX = 36500,
    GEN_ACCOUNT_BYTES_MAX = 128, /* of an account name, with its closing zero */
};

enum gen_shape {
    GEN_SHAPE_AZURE,       /* Azure Monitor diagnostic export, one record a line */
    GEN_SHAPE_GRAPH,       /* Microsoft Graph signIn (beta), one record a line */
    GEN_SHAPE_GRAPH_ARRAY, /* Graph records in one JSON array */
    GEN_SHAPE_GRAPH_VALUE, /* Graph records in {"value":[…]} */
    GEN_SHAPE_RECORDS,     /* Azure Monitor records in {"records":[…]} */
    GEN_SHAPE_CSV,         /* download of the Entra admin center: all kinds of users in one */
    GEN_SHAPE_SSHD,        /* sshd's lines with times of RFC 3164, which name no year */
    GEN_SHAPE_SSHD_ISO,    /* the same with times of RFC 3339 */
    GEN_SHAPE_COUNT
};

/* The innocent look-alikes. The order is that of `--list`. */
enum gen_trap {
    GEN_TRAP_NAT_MONDAY,      /* one egress address for a whole company */
    GEN_TRAP_CARRIER_NAT,     /* all phones behind two addresses of each carrier */
    GEN_TRAP_EXPIRY_DAY,      /* one morning on which a quarter of the passwords expire */
    GEN_TRAP_STALE_PHONE,     /* a phone that retries an old password every five minutes */
    GEN_TRAP_SERVICE_SECRET,  /* a service account and a service principal with a rotated secret */
    GEN_TRAP_VPN_CHANGE,      /* everybody moves to new egress addresses one morning */
    GEN_TRAP_IDP_OUTAGE,      /* every sign-in fails with one error for 40 minutes */
    GEN_TRAP_GUEST_NETWORK,   /* a conference: people of all tenants behind one address */
    GEN_TRAP_TERMINAL_SERVER, /* two hundred people with one address and one user agent */
    GEN_TRAP_LOCKOUT_ECHO,    /* locked people whose devices go on trying */
    GEN_TRAP_COUNT
};

enum { GEN_TRAPS_ALL = (1u << GEN_TRAP_COUNT) - 1 };

/* One attack. Fields that are 0 take the profile's default. */
struct gen_attack_options {
    uint32_t profile;       /* index: see gen_profile_name */
    uint32_t tenant;        /* the first tenant attacked */
    uint32_t tenants_count; /* one attack for each of so many tenants, from the same sources */
    int64_t start_s;        /* seconds since the epoch; 0: see the next two */
    bool has_start_day;
    uint32_t start_day; /* days after the log's start; without one, the second day */
    uint32_t days;
    uint32_t accounts_count;
    uint32_t rate_per_day; /* attempts a day while it is under way */
    uint32_t sources_count;
    uint32_t passwords_count; /* rounds over all accounts */
    uint32_t wait_minutes;    /* between two rounds */
    uint32_t unknown_count;   /* names tried first that do not exist */
    uint32_t yield_ppm;       /* accounts whose password is found, in parts per million */
    uint32_t found_count;     /* the same as a number; wins over the yield */
    uint32_t results[4];      /* codes with which found passwords answer, in turn */
    uint32_t results_count;
    uint64_t campaign; /* attacks with the same number share targets and fingerprint */
    bool none_found;   /* found=0 or yield=0 was said */
    bool ipv6;         /* sources are the addresses of one /64 */
};

struct gen_options {
    uint64_t seed;
    uint32_t people_count;
    uint32_t tenants_count;
    int64_t start_s;                /* seconds since the epoch, UTC */
    uint32_t days;                  /* 0: as long as bytes and events last */
    uint64_t bytes_max;             /* 0: no bound */
    uint64_t events_max;            /* 0: no bound */
    uint32_t signins_per_day_milli; /* per person, in thousandths */
    uint32_t noninteractive_ppm;    /* share of the people's sign-ins that are token refreshes */
    uint32_t disorder_s;            /* records arrive up to so many seconds late */
    uint32_t duplicates_ppm;        /* share of records that come twice */
    enum gen_shape shape;
    uint32_t traps;                     /* bit n: enum gen_trap n */
    struct gen_attack_options *attacks; /* owned */
    size_t attacks_count;
};

/* Defaults: 2,000 people in one tenant from 2024-01-01 on, 7 days unless bounded otherwise, no
 * noise, no attack. */
void gen_options_init(struct gen_options *options);
void gen_options_deinit(struct gen_options *options);

/* Each of these reads one value as written on the command line. On STATUS_USAGE the diagnostics say
 * what is wrong and what would be right, and the options are unchanged. */
STATUS_CHECKED enum status gen_options_add_attack(struct gen_options *options, const char *text,
                                                  struct diagnostics *diagnostics);
STATUS_CHECKED enum status gen_options_set_noise(struct gen_options *options, const char *text,
                                                 struct diagnostics *diagnostics);
STATUS_CHECKED enum status gen_options_set_shape(struct gen_options *options, const char *text,
                                                 struct diagnostics *diagnostics);

/* Sets a whole scenario: people, days, noise and attacks. `scale_milli` is in thousandths. */
STATUS_CHECKED enum status gen_options_set_scenario(struct gen_options *options, const char *name,
                                                    uint32_t scale_milli,
                                                    struct diagnostics *diagnostics);

/* "500", "64K", "1.5G" in bytes (K is 1024); "2024-01-31" or "2024-01-31T09:30" in seconds; "0.05"
 * or "5%" in parts per million; "1.25" in thousandths. False when the text is something else. */
bool gen_parse_count(const char *text, uint64_t max, uint64_t *out);
bool gen_parse_size(const char *text, uint64_t *out);
bool gen_parse_date(const char *text, int64_t *out);
bool gen_parse_share(const char *text, uint32_t *out);
bool gen_parse_milli(const char *text, uint32_t max, uint32_t *out);

/* Names and one-line descriptions for `--list`; NULL beyond the last. */
const char *gen_profile_name(size_t profile);
const char *gen_profile_text(size_t profile);
const char *gen_trap_name(enum gen_trap trap);
const char *gen_trap_text(enum gen_trap trap);
const char *gen_scenario_name(size_t scenario);
const char *gen_scenario_text(size_t scenario);
const char *gen_shape_name(enum gen_shape shape);

struct gen;

/* Checks the options (more accounts than people, an attack beyond the last tenant, …) and builds
 * the population. Keeps no pointer into `options`. */
STATUS_CHECKED enum status gen_create(struct gen **out, const struct gen_options *options,
                                      struct diagnostics *diagnostics);
void gen_destroy(struct gen *gen);

/* From now on writes a line of JSON to `stream` for each attempt of an attack whose record is
 * written: which attack (index of its truth), when, on which account, from where, and whether the
 * password was right. The stream stays the caller's, who also looks for its errors. */
void gen_label(struct gen *gen, FILE *stream);

/* Writes whole records to `buffer` and returns their bytes; 0: the scenario has ended. `capacity`
 * is at least GEN_RECORD_BYTES_MAX. The bytes do not depend on how they are cut into calls. */
size_t gen_next(struct gen *gen, char *buffer, size_t capacity);

/* STATUS_OK, or STATUS_NO_MEMORY when the log ended early for that. */
enum status gen_status(const struct gen *gen);

struct gen_counters {
    uint64_t records;    /* written, duplicates included */
    uint64_t duplicates; /* records that repeat an earlier one */
    uint64_t bytes;
    uint64_t successes; /* records with code 0, duplicates not counted */
};
struct gen_counters gen_counters(const struct gen *gen);

/* An account whose password an attack has shown to be right. */
struct gen_confirmed {
    int64_t time_ns;
    uint32_t account; /* index into the attack's accounts */
    uint32_t code;
};

/* What the log holds, counted over the records written so far without duplicates. */
struct gen_truth {
    const char *name; /* of the profile or trap; static */
    const char *tenant;
    bool is_attack;
    int64_t start_ns; /* of the first and last record; 0: none written */
    int64_t end_ns;
    uint64_t attempts;
    uint64_t accounts_count; /* distinct accounts of these records */
    uint64_t sources_count;  /* distinct addresses; for traps, 0 */
    uint64_t followups;      /* later use of confirmed accounts; not among the attempts */
    const struct gen_confirmed *confirmed; /* attacks only; owned by the generator */
    size_t confirmed_count;
};
size_t gen_truth_count(const struct gen *gen);
struct gen_truth gen_truth_at(const struct gen *gen, size_t index);

/* The accounts that an attack has on its list, tried or not; the names that do not exist follow
 * them. Writes a zero-ended name and returns true when account `n` has been tried. */
size_t gen_truth_accounts_total(const struct gen *gen, size_t index);
bool gen_truth_account(const struct gen *gen, size_t index, size_t n,
                       char name[GEN_ACCOUNT_BYTES_MAX]);

/* The truth as JSON Lines, one object per attack and per trap. */
STATUS_CHECKED enum status gen_write_truth(const struct gen *gen, FILE *stream);
