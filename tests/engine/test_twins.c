#include "engine/twins.h"

#include <stdio.h>
#include <string.h>

#include "engine/names.h"
#include "tests/support/check.h"

#define SECOND INT64_C(1000000000)

/* An attempt as a letter and numbers: `h` of a host or `a` of an authority or `n` of neither, its
 * account, source, host name and outcome. */
struct record_of {
    char witness;
    double seconds;
    uint32_t account, source, source_host;
    uint8_t outcome;
};

static struct attempt attempt_of(const struct record_of *record, uint64_t sequence)
{
    struct attempt attempt = {
        .time_ns = (int64_t)(record->seconds * 1e9),
        .sequence = sequence,
        .source = record->source,
        .outcome = record->outcome,
        .flags = record->witness == 'h'   ? EVENT_BY_HOST
                 : record->witness == 'a' ? EVENT_BY_AUTHORITY
                                          : 0,
    };
    attempt.name[TEXT_ACCOUNT] = record->account;
    attempt.name[TEXT_SOURCE_HOST] = record->source_host;
    return attempt;
}

enum { WRONG = OUTCOME_WRONG_PASSWORD, OK = OUTCOME_SUCCESS, RECORDS_MAX = 8, A = 100, B = 101 };

static const struct {
    const char *name;
    struct record_of records[RECORDS_MAX];
    const char *left; /* the numbers of those that are left, in order */
} cases[] = {
    {"host first", {{'h', 1, A, 7, 0, WRONG}, {'a', 1.5, A, 0, 0, WRONG}}, "0"},
    {"authority first", {{'a', 1, A, 0, 0, WRONG}, {'h', 1.5, A, 7, 0, WRONG}}, "1"},
    {"neither has an address", {{'a', 1, A, 0, 3, WRONG}, {'h', 1.5, A, 0, 3, WRONG}}, "1"},
    {"only the authority's has one", {{'h', 1, A, 0, 0, WRONG}, {'a', 1.5, A, 7, 0, WRONG}}, "1"},
    {"both have the same", {{'a', 1, A, 7, 0, WRONG}, {'h', 1, A, 7, 0, WRONG}}, "1"},
    {"they have different ones", {{'a', 1, A, 7, 0, WRONG}, {'h', 1, A, 8, 0, WRONG}}, "01"},
    {"different host names", {{'a', 1, A, 0, 3, WRONG}, {'h', 1, A, 0, 4, WRONG}}, "01"},
    {"different accounts", {{'a', 1, A, 0, 0, WRONG}, {'h', 1, B, 0, 0, WRONG}}, "01"},
    {"different classes", {{'a', 1, A, 0, 0, OK}, {'h', 1, A, 0, 0, WRONG}}, "01"},
    {"other failures", {{'a', 1, A, 0, 0, OUTCOME_LOCKED}, {'h', 1, A, 0, 0, WRONG}}, "1"},
    {"at the span's end", {{'a', 1, A, 0, 0, WRONG}, {'h', 3, A, 0, 0, WRONG}}, "1"},
    {"behind the span", {{'a', 1, A, 0, 0, WRONG}, {'h', 3.001, A, 0, 0, WRONG}}, "01"},
    {"two of one witness", {{'h', 1, A, 7, 0, WRONG}, {'h', 1, A, 7, 0, WRONG}}, "01"},
    {"no witness", {{'n', 1, A, 7, 0, WRONG}, {'n', 1, A, 7, 0, WRONG}}, "01"},
    {"nobody's account",
     {{'a', 1, NAME_NONE, 7, 0, WRONG}, {'h', 1, NAME_NONE, 7, 0, WRONG}},
     "01"},
    {"two attempts, two records each",
     {{'a', 1, A, 0, 0, WRONG},
      {'h', 1.1, A, 7, 0, WRONG},
      {'a', 1.2, A, 0, 0, WRONG},
      {'h', 1.3, A, 7, 0, WRONG}},
     "13"},
    {"one witness saw one more",
     {{'a', 1, A, 0, 0, WRONG}, {'h', 1.1, A, 7, 0, WRONG}, {'a', 1.2, A, 0, 0, WRONG}},
     "12"},
    {"others stay in order",
     {{'n', 0, B, 1, 0, OK},
      {'a', 1, A, 0, 0, WRONG},
      {'n', 1.1, B, 1, 0, OK},
      {'h', 1.2, A, 7, 0, WRONG},
      {'n', 9, B, 1, 0, OK}},
     "0234"},
    {"late ones are matched by their own time",
     {{'h', 9, A, 7, 0, WRONG}, {'n', 90, B, 7, 0, OK}, {'a', 8, A, 0, 0, WRONG}},
     "01"},
};

static size_t pop_all(struct twins *twins, bool is_end, char *left, size_t count)
{
    struct attempt attempt;
    enum twins_result result;
    while ((result = twins_pop(twins, is_end, &attempt)) != TWINS_NONE) {
        if (result == TWINS_GOES_ON)
            left[count++] = (char)('0' + attempt.sequence);
    }
    return count;
}

static void two_records_of_one_attempt_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct twins twins;
        char left[RECORDS_MAX + 1] = {0};
        size_t count = 0, pushed = 0;
        assert_int_equal(twins_init(&twins), STATUS_OK);
        for (; pushed < RECORDS_MAX && cases[i].records[pushed].witness != 0; pushed++) {
            const struct attempt attempt = attempt_of(&cases[i].records[pushed], pushed);
            count = pop_all(&twins, false, left, count);
            twins_push(&twins, &attempt);
        }
        count = pop_all(&twins, true, left, count);
        if (strcmp(left, cases[i].left) != 0)
            print_message("%s: %s\n", cases[i].name, left);
        assert_string_equal(left, cases[i].left);
        assert_int_equal(twins.removed, pushed - count);
        twins_deinit(&twins);
    }
}

static void only_what_may_find_a_twin_waits(void **state)
{
    (void)state;
    struct twins twins;
    struct attempt attempt = attempt_of(&(struct record_of){'h', 1, A, 7, 0, WRONG}, 0), out;
    assert_int_equal(twins_init(&twins), STATUS_OK);
    twins_push(&twins, &attempt);
    assert_int_equal(twins_pop(&twins, false, &out), TWINS_GOES_ON);
    attempt = attempt_of(&(struct record_of){'n', 1, A, 7, 0, WRONG}, 1);
    assert_false(twins_concern(&twins, &attempt));
    attempt = attempt_of(&(struct record_of){'a', 1, B, 7, 0, WRONG}, 2);
    assert_true(twins_concern(&twins, &attempt));
    twins_push(&twins, &attempt);
    assert_int_equal(twins_pop(&twins, false, &out), TWINS_NONE);
    attempt = attempt_of(&(struct record_of){'n', 4, A, 7, 0, WRONG}, 3);
    assert_true(twins_concern(&twins, &attempt));
    twins_push(&twins, &attempt);
    assert_int_equal(twins_pop(&twins, false, &out), TWINS_GOES_ON);
    assert_int_equal(out.sequence, 2);
    assert_int_equal(twins_pop(&twins, false, &out), TWINS_GOES_ON);
    assert_int_equal(out.sequence, 3);
    twins_deinit(&twins);
}

static void more_than_there_is_room_for_goes_unmatched_and_nothing_is_lost(void **state)
{
    (void)state;
    enum { COUNT = 3 * TWINS_NOTES_MAX };
    struct twins twins;
    struct attempt out;
    uint64_t next = 0;
    assert_int_equal(twins_init(&twins), STATUS_OK);
    for (uint64_t i = 0; i < COUNT; i++) {
        const struct attempt attempt =
            attempt_of(&(struct record_of){'a', 1, (uint32_t)(A + i % 9), 0, 0, WRONG}, i);
        while (twins_pop(&twins, false, &out) == TWINS_GOES_ON)
            assert_int_equal(out.sequence, next++);
        assert_true(twins.end - twins.first < TWINS_HELD_MAX);
        twins_push(&twins, &attempt);
    }
    while (twins_pop(&twins, true, &out) == TWINS_GOES_ON)
        assert_int_equal(out.sequence, next++);
    assert_int_equal(next, COUNT);
    twins_deinit(&twins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_records_of_one_attempt_are_one),
        cmocka_unit_test(only_what_may_find_a_twin_waits),
        cmocka_unit_test(more_than_there_is_room_for_goes_unmatched_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
