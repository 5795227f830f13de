/*
 * A sign-in of the generator: everything that its record depends on, in fixed size.
 *
 * People, traps and attacks make them; the queue puts them in order. The record is a pure function
 * of the sign-in and the population, so that a duplicate has the same bytes. Times are counted in
 * ticks of 100 ns since the epoch, the resolution of Entra's own time stamps.
 */
#pragma once

#include <stdint.h>

#include "bench/gen_population.h"

#define GEN_TICKS_PER_SECOND INT64_C(10000000)
#define GEN_TICKS_PER_MINUTE (60 * GEN_TICKS_PER_SECOND)
#define GEN_TICKS_PER_HOUR (3600 * GEN_TICKS_PER_SECOND)
#define GEN_TICKS_PER_DAY (86400 * GEN_TICKS_PER_SECOND)

enum gen_signin_flags {
    GEN_SIGNIN_MFA_DONE = 1u << 0,       /* a second factor was given just now */
    GEN_SIGNIN_MFA_CLAIM = 1u << 1,      /* an earlier one still counts */
    GEN_SIGNIN_NONINTERACTIVE = 1u << 2, /* a token refresh */
    GEN_SIGNIN_ROPC = 1u << 3,           /* user name and password sent by a program */
    GEN_SIGNIN_BASIC = 1u << 4,          /* basic authentication of an old client */
    GEN_SIGNIN_MANAGED = 1u << 5,        /* from a device that the directory knows */
    GEN_SIGNIN_PHONE = 1u << 6,
    GEN_SIGNIN_DUPLICATE = 1u << 7,
    GEN_SIGNIN_FOLLOWUP = 1u << 8, /* an attacker uses a confirmed account */
    GEN_SIGNIN_BROWSER = 1u << 9,
    GEN_SIGNIN_FIRST_CLAIM = 1u << 10, /* the password was typed earlier and still counts */
};

enum { GEN_ORIGIN_NONE = 0 }; /* otherwise 1 + the index of an entry of the truth */

struct gen_signin {
    int64_t arrival; /* when it is written; differs from `time` with --disorder */
    int64_t time;
    uint64_t salt;  /* of this record: its ids, latencies, export time */
    uint64_t chain; /* of the attempts that belong together: correlation, session */
    struct gen_source source;
    uint32_t tenant;
    uint32_t account;
    uint32_t origin;
    uint32_t target;       /* attacks: index into the targets */
    uint32_t source_index; /* attacks: index of the source */
    uint16_t flags;        /* enum gen_signin_flags */
    uint8_t kind;          /* enum gen_account_kind */
    uint8_t code;          /* enum gen_code_index */
    uint8_t app;           /* enum gen_app_index */
    uint8_t agent;         /* enum gen_agent_index */
    uint8_t version_lag;
};
