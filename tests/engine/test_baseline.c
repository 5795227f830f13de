#include "engine/baseline.h"

#include "tests/support/check.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define DAY (24 * HOUR)
#define FIRST_DAY 19000

static void note(struct baseline *baseline, int64_t time_ns, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        baseline_note(baseline, time_ns);
}

/* Attempts on consecutive days from FIRST_DAY on, at noon. */
static struct baseline of_days(const unsigned *counts, size_t days)
{
    struct baseline baseline;
    baseline_init(&baseline, FIRST_DAY * DAY);
    for (size_t i = 0; i < days; i++)
        note(&baseline, (FIRST_DAY + (int64_t)i) * DAY + 12 * HOUR, counts[i]);
    return baseline;
}

static void baseline_days_are_the_median_of_completed_days(void **state)
{
    (void)state;
    static const struct {
        unsigned counts[6];
        size_t days;
        unsigned samples;
        double median, deviation;
    } cases[] = {
        {{5}, 1, 0, 0, 0}, /* today is not over */
        {{5, 100}, 2, 1, 5, 0},
        {{5, 9, 100}, 3, 2, 7, 2},
        {{5, 9, 6, 100}, 4, 3, 6, 1},
        {{5, 0, 0, 100}, 4, 3, 0, 0},
        {{1, 2, 3, 4, 1000, 7}, 6, 5, 3, 1}, /* one bad day changes little */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct baseline baseline = of_days(cases[i].counts, cases[i].days);
        const struct baseline_stats stats = baseline_days(
            &baseline, FIRST_DAY * DAY, (FIRST_DAY + (int64_t)cases[i].days - 1) * DAY + 13 * HOUR);
        assert_int_equal(stats.samples, cases[i].samples);
        assert_true(stats.median == cases[i].median);
        assert_true(stats.deviation == cases[i].deviation);
    }
}

static void baseline_days_end_at_midnight(void **state)
{
    (void)state;
    struct baseline baseline;
    baseline_init(&baseline, FIRST_DAY * DAY);
    note(&baseline, (FIRST_DAY + 1) * DAY - 1, 3);
    note(&baseline, (FIRST_DAY + 1) * DAY, 4);
    assert_int_equal(baseline_days(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 1) * DAY - 1).samples,
                     0);
    const struct baseline_stats stats =
        baseline_days(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 1) * DAY);
    assert_int_equal(stats.samples, 1);
    assert_true(stats.median == 3);
}

static void baseline_days_leave_out_the_day_on_which_the_stream_began(void **state)
{
    (void)state;
    struct baseline baseline = of_days((const unsigned[]){1, 8, 9}, 3);
    const int64_t now_ns = (FIRST_DAY + 2) * DAY + 13 * HOUR;
    assert_int_equal(baseline_days(&baseline, FIRST_DAY * DAY, now_ns).samples, 2);
    const struct baseline_stats stats = baseline_days(&baseline, FIRST_DAY * DAY + 1, now_ns);
    assert_int_equal(stats.samples, 1);
    assert_true(stats.median == 8);
}

static void baseline_days_leave_out_days_that_alerted(void **state)
{
    (void)state;
    struct baseline baseline = of_days((const unsigned[]){10, 10, 5000, 12, 1}, 5);
    baseline_mark_alert(&baseline, (FIRST_DAY + 2) * DAY + 12 * HOUR);
    const struct baseline_stats stats =
        baseline_days(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 4) * DAY + 13 * HOUR);
    assert_int_equal(stats.samples, 3);
    assert_true(stats.median == 10);
}

static void baseline_days_reach_past_alerts_for_28_samples(void **state)
{
    (void)state;
    unsigned counts[50];
    for (unsigned i = 0; i < 50; i++)
        counts[i] = i;
    struct baseline baseline = of_days(counts, 50);
    const int64_t now_ns = (FIRST_DAY + 49) * DAY + 13 * HOUR;
    /* Days 21 to 48. */
    struct baseline_stats stats = baseline_days(&baseline, FIRST_DAY * DAY, now_ns);
    assert_int_equal(stats.samples, BASELINE_DAYS_USED);
    assert_true(stats.median == 34.5);
    for (int day = 39; day < 49; day++)
        baseline_mark_alert(&baseline, (FIRST_DAY + day) * DAY);
    /* Days 11 to 38. */
    stats = baseline_days(&baseline, FIRST_DAY * DAY, now_ns);
    assert_int_equal(stats.samples, BASELINE_DAYS_USED);
    assert_true(stats.median == 24.5);
}

static void baseline_days_without_attempts_count_as_none(void **state)
{
    (void)state;
    struct baseline baseline = of_days((const unsigned[]){6, 6}, 2);
    const struct baseline_stats stats =
        baseline_days(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 5) * DAY);
    assert_int_equal(stats.samples, 5);
    assert_true(stats.median == 0);
}

static void baseline_forgets_days_over_which_a_long_gap_has_rolled(void **state)
{
    (void)state;
    struct baseline baseline = of_days((const unsigned[]){50, 50, 50}, 3);
    baseline_mark_alert(&baseline, FIRST_DAY * DAY);
    const int64_t later_ns = (FIRST_DAY + 500) * DAY;
    note(&baseline, later_ns, 1);
    const struct baseline_stats stats = baseline_days(&baseline, FIRST_DAY * DAY, later_ns + DAY);
    assert_int_equal(stats.samples, BASELINE_DAYS_USED);
    assert_true(stats.median == 0);
    assert_int_equal(baseline.days_alerted, 0);
}

static void baseline_puts_late_attempts_on_their_own_day(void **state)
{
    (void)state;
    struct baseline baseline = of_days((const unsigned[]){1, 1, 1}, 3);
    note(&baseline, FIRST_DAY * DAY, 4);
    const int64_t now_ns = (FIRST_DAY + 2) * DAY;
    assert_true(baseline_days(&baseline, FIRST_DAY * DAY, now_ns).median == 3);
    /* One from before all days that are kept falls on none. */
    note(&baseline, (FIRST_DAY + 2 - BASELINE_DAYS) * DAY, 100);
    assert_true(baseline_days(&baseline, FIRST_DAY * DAY, now_ns).median == 3);
}

static void baseline_knows_days_before_1970(void **state)
{
    (void)state;
    struct baseline baseline;
    baseline_init(&baseline, -3 * DAY);
    note(&baseline, -3 * DAY, 5);
    note(&baseline, -2 * DAY - 1, 5);
    note(&baseline, -2 * DAY, 20);
    note(&baseline, -1, 30);
    const struct baseline_stats stats = baseline_days(&baseline, -3 * DAY, 0);
    assert_int_equal(stats.samples, 3);
    assert_true(stats.median == 20);
}

/* ---- hours ----------------------------------------------------------------------------------- */

/* Five weeks with 10 + week attempts in one hour of the week, and many half a day later. */
static void fill_weeks(struct baseline *baseline, struct slab *slab)
{
    baseline_init(baseline, FIRST_DAY * DAY);
    baseline_keep_hours(baseline, slab);
    assert_non_null(baseline->hours);
    for (int week = 0; week < 5; week++) {
        const int64_t hour_ns = (FIRST_DAY + 7 * week) * DAY + 9 * HOUR;
        note(baseline, hour_ns - HOUR, 10 + (unsigned)week);
        note(baseline, hour_ns, 10 + (unsigned)week);
        if (week == 4)
            break; /* that is now */
        note(baseline, hour_ns + HOUR, 10 + (unsigned)week);
        note(baseline, hour_ns + 12 * HOUR, 300);
    }
}

static void baseline_hours_are_those_of_the_week_and_beside(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 16), STATUS_OK);
    struct baseline baseline;
    fill_weeks(&baseline, &slab);
    const struct baseline_stats stats =
        baseline_hours(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 28) * DAY + 9 * HOUR + HOUR / 2);
    assert_int_equal(stats.samples, 12);
    assert_true(stats.median == 11.5);
    baseline_deinit(&baseline, &slab);
    assert_int_equal(slab.bytes_taken, 0);
    slab_deinit(&slab);
}

static void baseline_hours_leave_out_hours_that_alerted(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 16), STATUS_OK);
    struct baseline baseline;
    fill_weeks(&baseline, &slab);
    for (int beside = -1; beside <= 1; beside++)
        baseline_mark_alert(&baseline, (FIRST_DAY + 21) * DAY + (9 + beside) * HOUR);
    const struct baseline_stats stats =
        baseline_hours(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 28) * DAY + 9 * HOUR);
    assert_int_equal(stats.samples, 9);
    assert_true(stats.median == 11);
    slab_deinit(&slab);
}

static void baseline_hours_begin_with_the_stream(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 16), STATUS_OK);
    struct baseline baseline;
    fill_weeks(&baseline, &slab);
    const int64_t now_ns = (FIRST_DAY + 28) * DAY + 9 * HOUR;
    const int64_t start_ns = (FIRST_DAY + 21) * DAY + 9 * HOUR;
    assert_int_equal(baseline_hours(&baseline, start_ns, now_ns).samples, 2);
    assert_int_equal(baseline_hours(&baseline, start_ns + 1, now_ns).samples, 1);
    assert_int_equal(baseline_hours(&baseline, now_ns - DAY, now_ns).samples, 0);
    slab_deinit(&slab);
}

static void baseline_hours_are_unknown_where_none_are_kept(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 4096), STATUS_OK);
    while (slab_take(&slab, 1024) != NULL)
        ;
    struct baseline baseline;
    baseline_init(&baseline, FIRST_DAY * DAY);
    baseline_keep_hours(&baseline, &slab);
    assert_null(baseline.hours);
    note(&baseline, FIRST_DAY * DAY, 10);
    baseline_mark_alert(&baseline, FIRST_DAY * DAY);
    assert_int_equal(baseline_hours(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 8) * DAY).samples, 0);
    baseline_deinit(&baseline, &slab);
    slab_deinit(&slab);
}

static void baseline_hours_count_no_further_than_they_can(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 16), STATUS_OK);
    struct baseline baseline;
    baseline_init(&baseline, FIRST_DAY * DAY);
    baseline_keep_hours(&baseline, &slab);
    for (int beside = -1; beside <= 1; beside++)
        note(&baseline, (FIRST_DAY + 1) * DAY + beside * HOUR, 70000);
    note(&baseline, (FIRST_DAY + 8) * DAY, 1);
    const struct baseline_stats stats =
        baseline_hours(&baseline, FIRST_DAY * DAY, (FIRST_DAY + 8) * DAY);
    assert_int_equal(stats.samples, 3);
    assert_true(stats.median == 0x7fff);
    slab_deinit(&slab);
}

static void baseline_is_the_same_from_its_days_and_hours(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct baseline before, after;
    const int64_t now_ns = (FIRST_DAY + 40) * DAY + 12 * HOUR;
    baseline_init(&before, FIRST_DAY * DAY);
    baseline_keep_hours(&before, &slab);
    for (int day = 0; day < 40; day++)
        note(&before, (FIRST_DAY + day) * DAY + (day * 5 % 24) * HOUR, 1 + (unsigned)(day * 7) % 5);
    baseline_mark_alert(&before, (FIRST_DAY + 30) * DAY + 6 * HOUR);
    baseline_init(&after, now_ns);
    baseline_keep_hours(&after, &slab);
    for (int64_t day = FIRST_DAY; day <= FIRST_DAY + 40; day++)
        baseline_add_day(&after, day, baseline_day_at(&before, day));
    for (int64_t hour = FIRST_DAY * 24; hour <= (FIRST_DAY + 40) * 24 + 12; hour++)
        baseline_add_hour(&after, hour, baseline_hour_at(&before, hour));
    for (int64_t at_ns = now_ns; at_ns < now_ns + 20 * DAY; at_ns += 5 * HOUR) {
        const struct baseline_stats wanted[] = {
            baseline_days(&before, FIRST_DAY * DAY, at_ns),
            baseline_hours(&before, FIRST_DAY * DAY, at_ns),
        };
        const struct baseline_stats found[] = {
            baseline_days(&after, FIRST_DAY * DAY, at_ns),
            baseline_hours(&after, FIRST_DAY * DAY, at_ns),
        };
        for (int i = 0; i < 2; i++) {
            assert_int_equal(found[i].samples, wanted[i].samples);
            assert_true(found[i].median == wanted[i].median);
            assert_true(found[i].deviation == wanted[i].deviation);
        }
    }
    slab_deinit(&slab);
}

static void baseline_counts_of_several_runs_add_up_to_the_most_there_can_be(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct baseline baseline;
    baseline_init(&baseline, FIRST_DAY * DAY);
    baseline_keep_hours(&baseline, &slab);
    for (int i = 0; i < 3; i++) {
        baseline_add_day(&baseline, FIRST_DAY, (struct baseline_slot){UINT32_MAX / 2, i == 1});
        baseline_add_hour(&baseline, FIRST_DAY * 24, (struct baseline_slot){20000, i == 1});
    }
    assert_true(baseline_day_at(&baseline, FIRST_DAY).count == UINT32_MAX);
    assert_true(baseline_day_at(&baseline, FIRST_DAY).is_alerted);
    assert_int_equal(baseline_hour_at(&baseline, FIRST_DAY * 24).count, 0x7fff);
    assert_true(baseline_hour_at(&baseline, FIRST_DAY * 24).is_alerted);
    assert_int_equal(baseline_day_at(&baseline, FIRST_DAY + 1).count, 0);
    assert_int_equal(baseline_hour_at(&baseline, FIRST_DAY * 24 - 1).count, 0);
    slab_deinit(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(baseline_days_are_the_median_of_completed_days),
        cmocka_unit_test(baseline_days_end_at_midnight),
        cmocka_unit_test(baseline_days_leave_out_the_day_on_which_the_stream_began),
        cmocka_unit_test(baseline_days_leave_out_days_that_alerted),
        cmocka_unit_test(baseline_days_reach_past_alerts_for_28_samples),
        cmocka_unit_test(baseline_days_without_attempts_count_as_none),
        cmocka_unit_test(baseline_forgets_days_over_which_a_long_gap_has_rolled),
        cmocka_unit_test(baseline_puts_late_attempts_on_their_own_day),
        cmocka_unit_test(baseline_knows_days_before_1970),
        cmocka_unit_test(baseline_hours_are_those_of_the_week_and_beside),
        cmocka_unit_test(baseline_hours_leave_out_hours_that_alerted),
        cmocka_unit_test(baseline_hours_begin_with_the_stream),
        cmocka_unit_test(baseline_hours_are_unknown_where_none_are_kept),
        cmocka_unit_test(baseline_hours_count_no_further_than_they_can),
        cmocka_unit_test(baseline_is_the_same_from_its_days_and_hours),
        cmocka_unit_test(baseline_counts_of_several_runs_add_up_to_the_most_there_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
