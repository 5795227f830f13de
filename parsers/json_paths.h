/*
 * Compiled paths: a tree of wanted keys that the walk of a record follows.
 *
 * Internal to the JSON module. A node stands for one object of a record; it holds the wanted keys
 * of that object, lower-cased, in a small hash table whose lookups nearly always end at the first
 * test (most keys of a record are not wanted). Immutable once created, shared by all workers.
 */
#pragma once

#include <endian.h>

#include "parsers/json.h"

enum {
    JSON_KEYS_MAX = 256,      /* over all nodes: one bit each in the walk's set of seen keys */
    JSON_KEY_BYTES_MAX = 256, /* of one key of a path */
    JSON_KEY_VECTOR = 64,     /* keys up to this length are compared in one step */
    JSON_BUCKETS = 64,
    JSON_LENGTHS = 64,
    JSON_NO_SLOT = 0xff,
};

struct json_node;

struct json_key {
    char folded[JSON_KEY_VECTOR];  /* the first bytes, lower-cased, zeros behind */
    struct slice text;             /* all of it, lower-cased */
    const struct json_node *child; /* its object when keys inside are wanted too */
    const struct json_key *next;   /* in the same bucket */
    uint16_t index;                /* among all keys */
    uint8_t slot;                  /* JSON_NO_SLOT: only the way to other keys */
};

struct json_node {
    /* By length (the last one: that or more), a bit for each first byte modulo 32. Few keys that
     * are not wanted get past this, whatever their case. */
    uint32_t firsts[JSON_LENGTHS];
    const struct json_key *buckets[JSON_BUCKETS];
    const struct json_key *key;     /* whose object this is; NULL for the record itself */
    const struct json_node *parent; /* NULL for the record itself */
    unsigned depth;                 /* 1 for the record itself */
};

/*
 * Which strings may be wanted keys, by their first, third and fifth byte, whatever their case: a
 * string may be one when all of these have a bit in common. Each bit stands for some of the keys.
 * The bytes are looked up by their low six bits; `low` and `high` are the same for units that look
 * up four bits at a time, and let a little more pass.
 */
enum { JSON_FILTER_BYTES = 3 };

struct json_filter {
    struct json_filter_byte {
        uint8_t six[64];
        uint8_t low[16], high[16]; /* by bits 0 to 3, by bits 4 and 5 */
    } bytes[JSON_FILTER_BYTES];
};

struct json_paths {
    struct json_filter filter;
    struct json_node *nodes; /* nodes[0] is the record itself */
    size_t nodes_count;
    struct json_key *keys;
    size_t keys_count;
    char *text;                           /* of all keys */
    uint64_t slots;                       /* all that can be filled */
    uint64_t stops_least[JSON_STOPS_MAX]; /* the slots that each stop waits for in any case */
    size_t stops_count;
    struct json_stop stops[JSON_STOPS_MAX];
    char *quiet_text; /* of all stops */
};

static inline size_t json_length_class(size_t bytes)
{
    return bytes < JSON_LENGTHS ? bytes : JSON_LENGTHS - 1;
}

/* False when no key of `bytes` bytes that begins with `first` is wanted. */
static inline bool json_node_may_want(const struct json_node *node, char first, size_t bytes)
{
    return (node->firsts[json_length_class(bytes)] >> (first & 31) & 1) != 0;
}

/* The bucket of a key, without regard to case. Reads eight bytes. */
static inline unsigned json_key_bucket(const char *text, size_t bytes)
{
    uint64_t head;
    memcpy(&head, text, sizeof(head));
    head = le64toh(head) | UINT64_C(0x2020202020202020);
    if (bytes < 8)
        head &= (UINT64_C(1) << 8 * bytes) - 1;
    /* Multipliers from SplitMix64's finalizer: any odd numbers with well-mixed bits will do. */
    return (unsigned)(((head ^ (bytes * UINT64_C(0xbf58476d1ce4e5b9))) *
                       UINT64_C(0x94d049bb133111eb)) >>
                      58);
}

/* False when what a record has given so far cannot be enough. */
static inline bool json_paths_may_be_satisfied(const struct json_paths *paths, uint64_t present)
{
    for (size_t i = 0; i < paths->stops_count; i++) {
        if ((paths->stops_least[i] & ~present) == 0)
            return true;
    }
    return false;
}

enum json_need {
    JSON_NEEDS_MORE,
    JSON_NEEDS_ONCE, /* only the slot `*once_slot`, which no memory holds */
    JSON_NEEDS_NOTHING,
};

/* What is still to be read of a record that has given `present` so far. */
enum json_need json_paths_need(const struct json_paths *paths, const struct json_memory *memory,
                               const struct record *record, uint64_t present, unsigned *once_slot);

/* The wanted key written with backslash escapes as `text`; NULL when it is none. */
const struct json_key *json_node_find_escaped(const struct json_node *node, struct slice text);
