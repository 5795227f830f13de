#include "engine/watched.h"

#include "tests/support/check.h"

#define DAY (INT64_C(86400) * 1000000000)

static void note(struct watched *watched, int64_t time_ns, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        watched_note(watched, time_ns);
}

static void watched_follows_time_over_gaps(void **state)
{
    (void)state;
    struct watched watched = {0};
    note(&watched, 100 * DAY, 1);
    note(&watched, 129 * DAY, 1);
    note(&watched, 128 * DAY, 1); /* late */
    assert_true(watched.oldest_ns == 100 * DAY);
    assert_true(watched.newest_ns == 129 * DAY);
}

static void watched_does_not_follow_a_forged_time(void **state)
{
    (void)state;
    struct watched watched = {0};
    note(&watched, 100 * DAY, 10);
    note(&watched, 90000 * DAY, WATCHED_JUMP - 1);
    note(&watched, 101 * DAY, 1);
    note(&watched, 90000 * DAY, WATCHED_JUMP - 1);
    assert_true(watched.newest_ns == 101 * DAY);
    note(&watched, 90000 * DAY, 1); /* so many are no forgery */
    assert_true(watched.newest_ns == 90000 * DAY);
}

static void watched_forgets_a_forged_beginning(void **state)
{
    (void)state;
    struct watched watched = {0};
    note(&watched, 0, 3);
    note(&watched, 19000 * DAY, WATCHED_JUMP);
    assert_true(watched.oldest_ns == 19000 * DAY);
    assert_true(watched.newest_ns == 19000 * DAY);
}

static void watched_goes_on_from_earlier_runs(void **state)
{
    (void)state;
    struct watched watched;
    watched_resume(&watched, 100 * DAY, 130 * DAY);
    note(&watched, 90000 * DAY, 1);
    assert_true(watched.newest_ns == 130 * DAY);
    note(&watched, 140 * DAY, 1);
    assert_true(watched.oldest_ns == 100 * DAY);
    assert_true(watched.newest_ns == 140 * DAY);
    note(&watched, 10 * DAY, 1);
    assert_true(watched.oldest_ns == 100 * DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watched_follows_time_over_gaps),
        cmocka_unit_test(watched_does_not_follow_a_forged_time),
        cmocka_unit_test(watched_forgets_a_forged_beginning),
        cmocka_unit_test(watched_goes_on_from_earlier_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
