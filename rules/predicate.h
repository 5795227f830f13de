/*
 * Predicates: what rules ask of one field of an event.
 *
 * A predicate is one item of a Sigma detection, for instance `user_agent.original|contains: [a,
 * b]`: some tests of one field, of which one or all must hold. Its answer depends on the value of
 * that field alone, so the answers to all predicates of a field are remembered as a row of bits per
 * distinct value. Exact values are found by hash, patterns by one Hyperscan scan per field, the
 * rest one by one.
 *
 * Built by the compiler of rules (one thread), then immutable and shared.
 */
#pragma once

#include "engine/base/arena.h"
#include "engine/base/document.h"
#include "engine/base/limits.h"
#include "rules/database.h"
#include "rules/diagnosis.h"
#include "rules/event_value.h"
#include "rules/field.h"
#include "rules/regex.h"

enum {
    PREDICATES_MAX = 16384,  /* of one field, all different */
    FIELD_TESTS_MAX = 65536, /* of one field */
};

enum test_kind {
    TEST_NEVER,
    TEST_PRESENT,      /* a value that is not null */
    TEST_EXISTS,       /* the key is there */
    TEST_ABSENT,       /* it is not */
    TEST_NULL,         /* no value: absent, null, an empty list */
    TEST_EMPTY,        /* '' */
    TEST_EQUALS,       /* text, folded; or number, if it has one */
    TEST_EQUALS_CASED, /* text */
    TEST_PATTERN,      /* pattern */
    TEST_LESS,         /* number */
    TEST_LESS_OR_EQUAL,
    TEST_GREATER,
    TEST_GREATER_OR_EQUAL,
    TEST_NETWORK, /* network */
};

/* What a number is compared with: the value itself, or a part of the time that it is (in UTC). */
enum value_part {
    PART_WHOLE,
    PART_MINUTE,
    PART_HOUR,
    PART_DAY,  /* of the month */
    PART_WEEK, /* of the year, ISO 8601 */
    PART_MONTH,
    PART_YEAR,
};

struct test {
    enum test_kind kind;
    enum value_part part;
    bool has_number;
    struct slice text;
    double number;
    struct network network;
    struct pattern pattern;
    const struct node *node; /* for messages while compiling */
    const char *path;
};

struct predicate {
    uint32_t first_test, tests_count;
    bool needs_all; /* of its tests, not any */
    uint64_t hash;  /* of its tests: equal predicates are one */
    uint32_t uses;  /* how often rules ask for it */
};

/* A hash table of the exact values of a field: `slots` hold 1 + the first test of a text, `next`
 * 1 + the next test with the same text. Most texts are known to be none by their length. */
struct exact_table {
    uint32_t *slots, *next;
    size_t slots_count; /* a power of two */
    uint64_t lengths;   /* of the texts, a bit for each, the last for all that are longer */
};

struct field_predicates {
    struct predicate *predicates;
    size_t predicates_count, predicates_capacity;
    struct test *tests;
    size_t tests_count, tests_capacity;
    uint32_t *owners; /* by test: the predicate that it is part of */
    struct exact_table folded, cased;
    uint32_t *others; /* tests that are neither exact texts nor patterns, and exact numbers */
    size_t others_count;
    struct pattern_database *database; /* NULL: no patterns */
    struct regex **regexes;            /* by test, for patterns that are rough; NULL: none is */
};

struct predicate_set {
    struct field_predicates fields[RULE_FIELDS_MAX]; /* by rule field */
    unsigned fields_count;                           /* those behind have none */
};

void predicate_set_init(struct predicate_set *set);
void predicate_set_deinit(struct predicate_set *set);

/* Gives the bit of a predicate of `field`, which is added unless rules have asked for the same
 * before. STATUS_CONFIG: too many. */
STATUS_CHECKED enum status predicate_set_add(struct predicate_set *set, unsigned field,
                                             const struct test *tests, size_t tests_count,
                                             bool needs_all, unsigned *bit);

/* Builds tables and pattern databases, these from `cache` (NULL: none) where it has them; nothing
 * can be added afterwards. Patterns that cannot be
 * compiled together are told to `diagnostics` (STATUS_CONFIG). */
STATUS_CHECKED enum status predicate_set_build(struct predicate_set *set, struct cache *cache,
                                               struct diagnostics *diagnostics);

static inline size_t field_predicates_words(const struct field_predicates *field)
{
    return (field->predicates_count + 63) / 64;
}

/* Sets the bit of every test, patterns aside, that holds for a value of `field`. `hits` has a bit
 * for each test of the field. A list is not taken apart here. */
void field_predicates_test(const struct field_predicates *predicates, const struct event *event,
                           unsigned field, const struct rule_value *value, uint64_t *hits);

/* The bits of predicates from those of their tests. What it takes does not grow with the predicates
 * whose tests have failed, but for the words of the bits. */
void field_predicates_conclude(const struct field_predicates *predicates, const uint64_t *hits,
                               uint64_t *bits);

static inline void bits_set(uint64_t *bits, size_t index)
{
    bits[index / 64] |= UINT64_C(1) << (index % 64);
}
