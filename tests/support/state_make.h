/*
 * States in memory, for tests: random ones, merged ones, and what reading says of bytes.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "engine/state_list.h"
#include "engine/state_merge.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

struct state_bytes {
    char *start;
    size_t bytes;
};

/* Writes what the sources say together. */
static inline struct state_bytes state_of_sources(const struct state_source *sources, size_t count)
{
    struct state_bytes made = {0};
    FILE *const stream = open_memstream(&made.start, &made.bytes);
    struct state_writer *writer;
    assert_non_null(stream);
    assert_int_equal(state_writer_create(&writer, stream), STATUS_OK);
    assert_int_equal(state_merge(sources, count, writer), STATUS_OK);
    assert_int_equal(state_writer_end(writer), STATUS_OK);
    state_writer_destroy(writer);
    fclose(stream);
    return made;
}

static inline struct state_bytes state_merged(const struct state_bytes *states, size_t count)
{
    FILE *streams[STATE_SOURCES_MAX];
    struct state_reader *readers[STATE_SOURCES_MAX];
    struct state_source sources[STATE_SOURCES_MAX];
    for (size_t i = 0; i < count; i++) {
        streams[i] = fmemopen(states[i].start, states[i].bytes, "r");
        assert_int_equal(state_reader_create(&readers[i], streams[i]), STATUS_OK);
        sources[i] = state_source_of(readers[i]);
    }
    const struct state_bytes made = state_of_sources(sources, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(state_reader_status(readers[i]), STATUS_OK);
        state_reader_destroy(readers[i]);
        fclose(streams[i]);
    }
    return made;
}

static inline bool state_is_same(struct state_bytes a, struct state_bytes b)
{
    return a.bytes == b.bytes && memcmp(a.start, b.start, a.bytes) == 0;
}

/* Reads to the end; counts the entries when `count` is not NULL. */
static inline enum status state_read(struct state_bytes state, size_t *count)
{
    /* A buffer of exactly its size, so that the address sanitizer sees the first byte too many. */
    FILE *const stream =
        state.bytes > 0 ? fmemopen(state.start, state.bytes, "r") : fopen("/dev/null", "re");
    struct state_reader *reader;
    struct state_entry entry;
    assert_non_null(stream);
    assert_int_equal(state_reader_create(&reader, stream), STATUS_OK);
    size_t entries = 0;
    while (state_reader_next(reader, &entry))
        entries++;
    const enum status status = state_reader_status(reader);
    assert_true((state_reader_problem(reader) != NULL) == (status != STATUS_OK));
    state_reader_destroy(reader);
    fclose(stream);
    if (count != NULL)
        *count = entries;
    return status;
}

static inline void list_add_window(struct state_list *list, struct random *random,
                                   int64_t newest_ns)
{
    static const int64_t day_ns = INT64_C(86400) * 1000000000;
    struct state_key *const key = malloc(sizeof(*key));
    char name[16];
    state_key_begin(key, STATE_WINDOW);
    state_key_count(key, 1);
    state_key_text(key, SLICE("surge"));
    state_key_text(key, SLICE("organization.id"));
    snprintf(name, sizeof(name), "tenant %u", random_below(random, 4));
    state_key_text(key, slice_from_string(name));
    state_list_about(list, key);
    free(key);
    const int64_t times[3] = {newest_ns - random_below(random, 90) * day_ns,
                              random_below(random, 9), random_below(random, 9)};
    state_list_add(list, STATE_WINDOW_USED, 0, times);
    state_list_add(list, STATE_WINDOW_FROZEN, 0, times);
    state_list_add(list, STATE_WINDOW_SUM, 0, times);
    for (int i = 0; i < 5; i++) {
        const int64_t ago = random_below(random, 80);
        const int64_t counts[2] = {random_below(random, 3), random_below(random, 2)};
        state_list_add(list, STATE_WINDOW_DAYS, newest_ns / day_ns - ago, counts);
        state_list_add(list, STATE_WINDOW_HOURS, newest_ns / day_ns * 24 - 9 * ago, counts);
        state_list_add(list, STATE_WINDOW_GOODS, newest_ns / day_ns * 96 - 2 * ago, counts);
    }
}

/* An account with more places than are kept. */
static inline void list_add_account(struct state_list *list, struct random *random,
                                    int64_t newest_ns)
{
    struct state_key *const key = malloc(sizeof(*key));
    char text[STATE_ADDRESS_BYTES] = "2001:db8 network";
    state_key_begin(key, STATE_ACCOUNT);
    snprintf(text, sizeof(text), "account %u", random_below(random, 3));
    state_key_text(key, slice_from_string(text));
    state_list_about(list, key);
    const size_t about_bytes = key->bytes;
    const int64_t times[3] = {newest_ns - random_below(random, 50), -newest_ns, -1};
    state_list_add(list, STATE_ACCOUNT_SIGNED_IN, 0, times);
    state_list_add(list, STATE_ACCOUNT_FAILED, 0, times);
    for (uint32_t i = random_below(random, 14); i > 0; i--) {
        key->bytes = about_bytes;
        state_key_aspect(key, STATE_ACCOUNT_NETWORKS);
        snprintf(text, sizeof(text), "network %u", random_below(random, 20));
        state_key_text(key, slice_from_string(text));
        state_list_about(list, key);
        /* So few times that some are equal. */
        state_list_add(list, STATE_ACCOUNT_NETWORKS, 0,
                       (const int64_t[]){newest_ns - random_below(random, 6)});
    }
    state_key_begin(key, STATE_PROGRAM);
    snprintf(text, sizeof(text), "browser %u", random_below(random, 3));
    state_key_text(key, slice_from_string(text));
    state_key_text(key, SLICE("client"));
    state_list_about(list, key);
    const int64_t sign_ins = random_below(random, 30);
    state_list_add(list, STATE_PROGRAM_SIGN_INS, newest_ns / STATE_MONTH_NS, &sign_ins);
    free(key);
}

/* Few keys, so that states have some in common; times of some months. */
static inline struct state_bytes state_random(struct random *random)
{
    struct state_list *const list = malloc(sizeof(*list));
    struct state_key *const key = malloc(sizeof(*key));
    assert_int_equal(state_list_init(list, 1 << 20), STATUS_OK);
    const int64_t newest_ns =
        (INT64_C(19700) + random_below(random, 100)) * 86400 * INT64_C(1000000000);
    const int64_t oldest_ns = newest_ns - random_below(random, 1000000);
    state_key_begin(key, STATE_SPAN);
    state_list_about(list, key);
    state_list_add(list, STATE_SPAN_NEWEST, 0, &newest_ns);
    state_list_add(list, STATE_SPAN_OLDEST, 0, &oldest_ns);
    for (uint32_t i = random_below(random, 6); i > 0; i--)
        list_add_window(list, random, newest_ns);
    for (uint32_t i = random_below(random, 4); i > 0; i--)
        list_add_account(list, random, newest_ns);
    state_list_sort(list);
    state_list_sign(list);
    const struct state_source source = {.next = state_list_next, .self = list};
    const struct state_bytes made = state_of_sources(&source, 1);
    assert_int_equal(list->refused, 0);
    state_list_deinit(list);
    free(list);
    free(key);
    return made;
}
