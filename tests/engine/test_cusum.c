#include "engine/cusum.h"

#include <math.h>

#include "tests/support/check.h"

#define MINUTE (INT64_C(60) * 1000000000)
#define HOUR (60 * MINUTE)
#define START (INT64_C(19000) * 24 * HOUR)

#define RISE 3.0
#define ALARM 12.0

static struct cusum started(double per_day, double deviation)
{
    struct cusum cusum;
    cusum_init(&cusum, START);
    const struct baseline_stats days = {.samples = 14, .median = per_day, .deviation = deviation};
    const struct baseline_stats hours = {0};
    cusum_set_rate(&cusum, START, &days, &hours);
    return cusum;
}

/* Events at an even pace; the hours until the alarm, or -1. */
static int hours_until_alarm(struct cusum cusum, int64_t gap_ns, int hours_max)
{
    for (int64_t time_ns = START; time_ns < START + hours_max * HOUR; time_ns += gap_ns) {
        cusum_note(&cusum, time_ns, true, RISE, ALARM);
        if (cusum.sum >= ALARM)
            return (int)((time_ns - START) / HOUR);
    }
    return -1;
}

static void cusum_stays_low_at_the_usual_rate(void **state)
{
    (void)state;
    assert_int_equal(hours_until_alarm(started(24, 0), HOUR, 24 * 365), -1);
    /* Nor at half as many again: ln 3 an event is less than 2/1.5. */
    assert_int_equal(hours_until_alarm(started(24, 0), 40 * MINUTE, 24 * 365), -1);
}

static void cusum_alarms_the_sooner_the_larger_the_rise(void **state)
{
    (void)state;
    const int threefold = hours_until_alarm(started(24, 0), 20 * MINUTE, 1000);
    const int tenfold = hours_until_alarm(started(24, 0), 6 * MINUTE, 1000);
    assert_in_range(threefold, 5, 12);
    assert_in_range(tenfold, 1, 2);
}

static void cusum_is_slower_where_days_differ_much(void **state)
{
    (void)state;
    const int calm = hours_until_alarm(started(24, 0), 10 * MINUTE, 1000);
    const int restless = hours_until_alarm(started(24, 10), 10 * MINUTE, 1000);
    assert_true(calm > 0 && restless > 5 * calm);
}

static void cusum_comes_down_when_the_rise_is_over(void **state)
{
    (void)state;
    struct cusum cusum = started(24, 0);
    for (int i = 0; i < 10000; i++)
        cusum_note(&cusum, START + i * MINUTE, true, RISE, ALARM);
    assert_true(cusum.sum == 2 * ALARM);
    const int64_t end_ns = START + 9999 * MINUTE;
    cusum_note(&cusum, end_ns + 6 * HOUR, false, RISE, ALARM); /* 2 * 1 an hour */
    assert_true(fabs(cusum.sum - ALARM) < 1e-9);
    cusum_note(&cusum, end_ns + 100 * HOUR, false, RISE, ALARM);
    assert_true(cusum.sum == 0);
}

static void cusum_takes_a_late_event_as_one_of_now(void **state)
{
    (void)state;
    struct cusum cusum = started(24, 0);
    cusum_note(&cusum, START + HOUR, true, RISE, ALARM);
    cusum_note(&cusum, START, true, RISE, ALARM);
    assert_true(cusum.at_ns == START + HOUR);
    assert_true(fabs(cusum.sum - 2 * log(RISE)) < 1e-9);
}

static void cusum_takes_the_larger_of_day_and_hour_and_never_nothing(void **state)
{
    (void)state;
    struct cusum cusum;
    cusum_init(&cusum, START);
    assert_true(cusum_wants_rate(&cusum, START));
    const struct baseline_stats none = {0}, day = {.samples = 7, .median = 48},
                                hour = {.samples = 4, .median = 5};
    cusum_set_rate(&cusum, START, &none, &none);
    assert_false(cusum_wants_rate(&cusum, START + HOUR - 1));
    assert_true(cusum_wants_rate(&cusum, START + HOUR));
    assert_true(cusum.rate == 1.0 / 24 && cusum.dispersion == 1);
    cusum_set_rate(&cusum, START, &day, &none);
    assert_true(cusum.rate == 2);
    cusum_set_rate(&cusum, START, &day, &hour);
    assert_true(cusum.rate == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cusum_stays_low_at_the_usual_rate),
        cmocka_unit_test(cusum_alarms_the_sooner_the_larger_the_rise),
        cmocka_unit_test(cusum_is_slower_where_days_differ_much),
        cmocka_unit_test(cusum_comes_down_when_the_rise_is_over),
        cmocka_unit_test(cusum_takes_a_late_event_as_one_of_now),
        cmocka_unit_test(cusum_takes_the_larger_of_day_and_hour_and_never_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
