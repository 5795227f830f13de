/*
 * Merging random states: commutative, associative and idempotent, byte for byte.
 */
#include "tests/support/state_make.h"

enum { ROUNDS = 400 };

static struct state_bytes pair(struct state_bytes a, struct state_bytes b)
{
    return state_merged((const struct state_bytes[]){a, b}, 2);
}

static void state_merge_is_commutative_associative_and_idempotent(void **state)
{
    (void)state;
    size_t shared = 0;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        struct random random = {.state = seed};
        const struct state_bytes a = state_random(&random), b = state_random(&random),
                                 c = state_random(&random);
        const struct state_bytes ab = pair(a, b), ba = pair(b, a), bc = pair(b, c);
        const struct state_bytes left = pair(ab, c), right = pair(a, bc);
        const struct state_bytes again = pair(ab, a), itself = pair(a, a);
        const struct state_bytes whole = state_merged((const struct state_bytes[]){c, a, b, a}, 4);
        const struct state_bytes alone = state_merged(&a, 1);
        const bool holds = state_is_same(ab, ba) && state_is_same(left, right) &&
                           state_is_same(again, ab) && state_is_same(itself, a) &&
                           state_is_same(whole, left) && state_is_same(alone, a);
        if (!holds)
            fail_msg("seed %llu", (unsigned long long)seed);
        size_t in_a, in_b, in_ab;
        assert_int_equal(state_read(a, &in_a), STATUS_OK);
        assert_int_equal(state_read(b, &in_b), STATUS_OK);
        assert_int_equal(state_read(ab, &in_ab), STATUS_OK);
        shared += in_ab < in_a + in_b;
        const struct state_bytes all[] = {a,    b,     c,     ab,     ba,    bc,
                                          left, right, again, itself, whole, alone};
        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
            free(all[i].start);
    }
    assert_true(shared > ROUNDS / 2); /* what is tested did happen */
}

/* The counts of a state are taken off what a run has counted on top of them. */
static void state_list_keeps_what_is_new(void **state)
{
    (void)state;
    static const int64_t newest_ns = INT64_C(19700) * 86400 * 1000000000;
    struct state_bytes made[2];
    for (int run = 0; run < 2; run++) {
        struct state_list *const list = malloc(sizeof(*list));
        struct state_key *const key = malloc(sizeof(*key));
        assert_int_equal(state_list_init(list, 1 << 20), STATUS_OK);
        state_key_begin(key, STATE_SPAN);
        state_list_about(list, key);
        state_list_add(list, STATE_SPAN_NEWEST, 0, &newest_ns);
        state_key_begin(key, STATE_WINDOW);
        state_key_count(key, 0);
        state_key_text(key, SLICE("surge"));
        state_list_about(list, key);
        state_list_add(list, STATE_WINDOW_USED, 0, &newest_ns);
        state_list_add(list, STATE_WINDOW_DAYS, 19700, (const int64_t[]){run == 0 ? 5 : 12, 1});
        state_list_add(list, STATE_WINDOW_DAYS, 19699, (const int64_t[]){7, 0});
        state_list_sort(list);
        FILE *stream = NULL;
        struct state_reader *reader = NULL;
        if (run == 1) {
            stream = fmemopen(made[0].start, made[0].bytes, "r");
            assert_int_equal(state_reader_create(&reader, stream), STATUS_OK);
            assert_int_equal(state_list_subtract(list, reader), STATUS_OK);
            fclose(stream);
            state_reader_destroy(reader);
        }
        state_list_sign(list);
        assert_int_equal(list->count, run == 0 ? 4 : 3); /* nothing new on the day before */
        struct state_entry entry;
        while (state_list_next(list, &entry)) {
            struct state_fact fact;
            assert_true(state_fact_read(&fact, &entry));
            if (run == 1 && fact.aspect == STATE_WINDOW_DAYS && fact.kind == STATE_WINDOW) {
                assert_int_equal(fact.number, 19700);
                assert_int_equal(entry.values[0], 7);
                assert_int_equal(entry.values[1], 0); /* known to be left out */
            }
        }
        list->given = 0;
        const struct state_source source = {.next = state_list_next, .self = list};
        made[run] = state_of_sources(&source, 1);
        state_list_deinit(list);
        free(list);
        free(key);
    }
    free(made[0].start);
    free(made[1].start);
}

/* What does not fit is counted, and what does is a state. */
static void state_list_counts_what_has_no_room(void **state)
{
    (void)state;
    enum { NAMES = 1000 };
    static const int64_t newest_ns = INT64_C(19700) * 86400 * 1000000000;
    struct state_list *const list = malloc(sizeof(*list));
    struct state_key *const key = malloc(sizeof(*key));
    assert_int_equal(state_list_init(list, 32 << 10), STATUS_OK);
    state_key_begin(key, STATE_SPAN);
    state_list_about(list, key);
    state_list_add(list, STATE_SPAN_NEWEST, 0, &newest_ns);
    for (int i = 0; i < NAMES; i++) {
        char text[32];
        snprintf(text, sizeof(text), "network %d", i);
        state_key_begin(key, STATE_NETWORK);
        state_key_text(key, slice_from_string(text));
        state_list_about(list, key);
        state_list_add(list, STATE_PLACE_LAST, 0, &newest_ns);
    }
    assert_true(list->count > 100);
    assert_int_equal(list->count + list->refused, NAMES + 1);
    assert_true(list->texts.bytes_used + list->items.bytes_used <= 32 << 10);
    state_list_sort(list);
    state_list_sign(list);
    const struct state_source source = {.next = state_list_next, .self = list};
    const struct state_bytes made = state_of_sources(&source, 1);
    size_t count;
    assert_int_equal(state_read(made, &count), STATUS_OK);
    assert_int_equal(count, NAMES + 1 - list->refused);
    free(made.start);
    state_list_deinit(list);
    free(list);
    free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_merge_is_commutative_associative_and_idempotent),
        cmocka_unit_test(state_list_keeps_what_is_new),
        cmocka_unit_test(state_list_counts_what_has_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
