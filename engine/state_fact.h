/*
 * Facts: what a state says, and what two states that say it differently say together.
 *
 * A fact's key is its kind, what it is about (texts, each behind its length), its aspect and, where
 * there is more than one of them, a number (a day, an hour) and an origin. What it is about is told
 * by content, never by index, so that facts of different runs and machines can be joined.
 *
 * Joining takes the larger of two values, or the smaller, or the newer: it never adds. So it does
 * not matter in which order states are joined, nor how often (they form a semilattice). Counts,
 * which must add up over runs, are kept apart by origin, one for each run, and are added when they
 * are used.
 *
 * Pure functions, any thread.
 */
#pragma once

#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/limits.h"
#include "engine/state_file.h"

enum state_kind {
    STATE_SPAN = 1, /* of the log that was watched; must come first: it says what is too old */
    STATE_WINDOW,   /* what a window with a baseline has learned */
    STATE_ACCOUNT,  /* where an account is at home */
    STATE_PROGRAM,  /* user agent and client: how many use it where they are at home */
    STATE_NETWORK,  /* somebody has signed in from there */
    STATE_VISIT,    /* tenant, address, account: it has signed in from there */
    STATE_KNOWN,    /* an address of a campaign that is over */
    STATE_KINDS_END
};

enum state_span_aspect { STATE_SPAN_NEWEST, STATE_SPAN_OLDEST, STATE_SPAN_ASPECTS };

enum state_window_aspect {
    STATE_WINDOW_USED,   /* when last; must come first: it says whether the rest is of use */
    STATE_WINDOW_FROZEN, /* as of when; median and deviation, the bits of a double */
    STATE_WINDOW_SUM,    /* as of when; the cumulative sum, the bits of a double */
    STATE_WINDOW_DAYS,   /* by day and origin: attempts; whether it is left out */
    STATE_WINDOW_HOURS,  /* by hour and origin: the same */
    STATE_WINDOW_GOODS,  /* by bucket and origin: sign-ins */
    STATE_WINDOW_ASPECTS
};

/* Aspects with texts of their own come last, so that a list can sort their keys as wholes. */
enum state_account_aspect {
    STATE_ACCOUNT_SIGNED_IN, /* when last, and when first with its bits turned */
    STATE_ACCOUNT_FAILED,    /* when last, and the network from which, as two numbers */
    STATE_ACCOUNT_NETWORKS,  /* and a network: when it was last used */
    STATE_ACCOUNT_AGENTS,    /* and a user agent and a client: the same */
    STATE_ACCOUNT_PROVIDERS, /* and the number of an AS or a country: the same */
    STATE_ACCOUNT_ASPECTS
};

enum state_program_aspect {
    STATE_PROGRAM_SIGN_INS, /* by month and origin */
    STATE_PROGRAM_ASPECTS
};

/* Networks, visits and known addresses: when last. */
enum state_place_aspect { STATE_PLACE_LAST, STATE_PLACE_ASPECTS };

#define STATE_MONTH_NS (30 * CIVIL_DAY_NS)

enum {
    STATE_TEXTS_MAX = 9, /* of a window: its detector, then names and values of its key's fields */
    STATE_ORIGIN_BYTES = 8,
    STATE_MOST_MAX = 8,       /* the largest `most` */
    STATE_ADDRESS_BYTES = 17, /* network order, then how many bits of it count */
};

enum state_join {
    STATE_LARGEST, /* each value by itself */
    STATE_SMALLEST,
    STATE_NEWEST, /* all values of the one whose first is larger; the others break ties */
};

struct state_aspect {
    enum state_join join;
    unsigned values_count;
    int64_t number_ns; /* unit of the number; 0: there is none */
    int64_t keep_ns; /* so long before the newest time it is kept; 0: for ever. The fact's own time
                        is its number, else its first value */
    bool has_origin;
    bool is_total;        /* what a stage knows holds what earlier runs have counted */
    unsigned texts_count; /* of its own, behind it */
    unsigned most;        /* so many are kept, those with the largest first value; 0: all */
};

struct state_fact {
    enum state_kind kind;
    struct slice about; /* the key's front: kind and texts, … */
    struct slice front; /* … and aspect */
    struct slice texts[STATE_TEXTS_MAX];
    unsigned texts_count;
    unsigned aspect;
    const struct state_aspect *traits;
    int64_t number;
};

/* What an entry says; texts lie in it. False: it says nothing that a state can say. */
bool state_fact_read(struct state_fact *fact, const struct state_entry *entry);

/* Joins what another says of the same key into `values`. */
void state_join(const struct state_aspect *traits, int64_t *values, const int64_t *more);

const struct state_aspect *state_aspect_of(enum state_kind kind, unsigned aspect);

/* A double among the values is there by its bits. */
static inline int64_t state_bits_of(double value)
{
    int64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline double state_double_of(int64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* ---- making keys ---------------------------------------------------------------------------- */

struct state_key {
    size_t bytes;
    unsigned char at[STATE_KEY_MAX];
};

void state_key_begin(struct state_key *key, enum state_kind kind);
void state_key_text(struct state_key *key, struct slice text);

/* Of an aspect with texts of its own, which follow. */
void state_key_aspect(struct state_key *key, unsigned aspect);

/* How many pairs of texts follow: of a window, the fields of its key. */
void state_key_count(struct state_key *key, unsigned pairs);

/* Where a number stands for a text. */
void state_key_number(struct state_key *key, uint64_t number);

/* What `state_key_number` has put there; false: it is none. */
bool state_number_of(struct slice text, uint64_t *number);

/* The key's end, without origin; at most STATE_TAIL_MAX bytes. Gives their number. */
enum { STATE_TAIL_MAX = 9 };
size_t state_tail(unsigned char tail[STATE_TAIL_MAX], enum state_kind kind, unsigned aspect,
                  int64_t number);

/* Where the aspect has one, the origin ends the key. */
void state_key_origin(struct state_key *key, uint64_t origin);
