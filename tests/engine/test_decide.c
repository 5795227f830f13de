#include "engine/decide.h"

#include <math.h>

#include "tests/support/check.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define DAY (24 * HOUR)

/* ---- plain counts ---------------------------------------------------------------------------- */

static void decide_count_holds_within_both_bounds(void **state)
{
    (void)state;
    static const struct {
        struct count_range range;
        uint32_t count;
        bool is_true;
    } cases[] = {
        {{10, INT64_MAX}, 9, false},
        {{10, INT64_MAX}, 10, true},
        {{10, INT64_MAX}, 11, true},
        {{INT64_MIN, 5}, 0, true},
        {{INT64_MIN, 5}, 5, true},
        {{INT64_MIN, 5}, 6, false},
        {{3, 3}, 2, false},
        {{3, 3}, 3, true},
        {{3, 3}, 4, false},
        {{0, INT64_MAX}, 0, true},
        {{INT64_MAX, INT64_MAX}, UINT32_MAX, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct detector detector = {.type = CORRELATION_VALUE_COUNT, .condition = cases[i].range};
        const struct window_counts values = {.attempts = 77, .values = cases[i].count};
        assert_int_equal(decide_count(&detector, &values).is_true, cases[i].is_true);
        detector.type = CORRELATION_EVENT_COUNT;
        const struct window_counts attempts = {.attempts = cases[i].count, .values = 77};
        assert_int_equal(decide_count(&detector, &attempts).is_true, cases[i].is_true);
    }
}

static void decide_count_tells_the_lower_bound_as_threshold(void **state)
{
    (void)state;
    static const struct {
        int64_t min;
        uint32_t threshold;
    } cases[] = {{INT64_MIN, 0}, {-1, 0}, {0, 0}, {12, 12}, {INT64_MAX, UINT32_MAX}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct detector detector = {.condition = {cases[i].min, INT64_MAX}};
        assert_int_equal(decide_count(&detector, &(struct window_counts){0}).threshold,
                         cases[i].threshold);
    }
}

/* ---- source fan-out -------------------------------------------------------------------------- */

static const struct detector fanout = {
    .kind = DETECTOR_SOURCE_FANOUT,
    .condition = {10, INT64_MAX},
    .params = {.attempts_per_account_max = 8,
               .known_good_floor = 10,
               .known_good_sqrt = 3,
               .known_good_share = 0.05},
};

static void decide_source_fanout_holds_at_the_edge_of_each_condition(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct window_counts counts;
        bool is_true;
    } cases[] = {
        {"ten accounts", {.attempts = 10, .values = 10}, true},
        {"nine accounts", {.attempts = 9, .values = 9}, false},
        {"as many signed in", {.attempts = 10, .values = 10, .succeeded = 10}, false},
        {"one fewer signed in", {.attempts = 10, .values = 10, .succeeded = 9}, true},
        {"eight attempts each", {.attempts = 80, .values = 10}, true},
        {"one attempt more", {.attempts = 81, .values = 10}, false},
        {"no accounts at all", {.attempts = 100}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct decision decision = decide_source_fanout(&fanout, &cases[i].counts);
        if (decision.is_true != cases[i].is_true)
            fail_msg("%s: %d", cases[i].name, decision.is_true);
        assert_false(decision.is_weak);
    }
}

static void decide_source_fanout_asks_for_more_where_more_people_are(void **state)
{
    (void)state;
    static const struct {
        uint32_t known_good, threshold;
    } cases[] = {
        {0, 10},     {11, 10},       {12, 11},                 /* 3 * sqrt(12) = 10.4 */
        {16, 12},    {100, 30},      {2000, 135}, {3600, 180}, /* both terms are 180 */
        {3700, 185}, {100000, 5000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint32_t threshold = cases[i].threshold;
        const struct window_counts enough = {
            .attempts = threshold, .values = threshold, .known_good = cases[i].known_good};
        const struct window_counts too_few = {
            .attempts = threshold, .values = threshold - 1, .known_good = cases[i].known_good};
        assert_int_equal(decide_source_fanout(&fanout, &enough).threshold, threshold);
        assert_true(decide_source_fanout(&fanout, &enough).is_true);
        assert_false(decide_source_fanout(&fanout, &too_few).is_true);
    }
}

/* ---- distributed ----------------------------------------------------------------------------- */

static const struct detector distributed = {
    .kind = DETECTOR_DISTRIBUTED,
    .condition = {15, INT64_MAX},
    .spans_ns = {HOUR, DAY},
    .spans_count = 2,
    .params = {.attempts_per_account_max = 2,
               .sources_min = 5,
               .sources_per_account_min = 0.5,
               .success_share_max = 0.2,
               .ratio_min = 5,
               .history_min_ns = 48 * HOUR},
};

static void decide_distributed_holds_at_the_edge_of_each_condition(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct window_counts counts;
        bool is_true;
    } cases[] = {
        {"fifteen accounts", {.attempts = 15, .values = 15, .sources = 8}, true},
        {"fourteen accounts", {.attempts = 14, .values = 14, .sources = 8}, false},
        {"half as many sources", {.attempts = 16, .values = 16, .sources = 8}, true},
        {"fewer than half", {.attempts = 17, .values = 17, .sources = 8}, false},
        {"two attempts each", {.attempts = 30, .values = 15, .sources = 8}, true},
        {"one attempt more", {.attempts = 31, .values = 15, .sources = 8}, false},
        {"a fifth signs in", {.attempts = 20, .values = 15, .sources = 8, .successes = 5}, true},
        {"more than a fifth", {.attempts = 20, .values = 15, .sources = 8, .successes = 6}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (decide_distributed(&distributed, 0, &cases[i].counts).is_true != cases[i].is_true)
            fail_msg("%s", cases[i].name);
    }
    struct detector few = distributed;
    few.params.sources_per_account_min = 0;
    const struct window_counts five = {.attempts = 15, .values = 15, .sources = 5};
    const struct window_counts four = {.attempts = 15, .values = 15, .sources = 4};
    assert_true(decide_distributed(&few, 0, &five).is_true);
    assert_false(decide_distributed(&few, 0, &four).is_true);
}

static struct window_counts spray(uint32_t attempts, int64_t history_ns, unsigned samples,
                                  double median, double deviation)
{
    return (struct window_counts){
        .attempts = attempts,
        .values = attempts,
        .sources = attempts,
        .history_ns = history_ns,
        .baseline = {.samples = samples, .median = median, .deviation = deviation},
        .baseline_ns = DAY,
    };
}

static void decide_distributed_asks_for_a_rise_once_it_has_a_history(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned span;
        uint32_t attempts;
        int64_t history_ns;
        unsigned samples;
        double median;
        bool is_true;
        double expected;
    } cases[] = {
        {"too short a history", 1, 20, 48 * HOUR - 1, 2, 20, true, 0},
        {"no sample", 1, 20, 48 * HOUR, 0, 0, true, 0},
        {"as ever", 1, 20, 48 * HOUR, 2, 20, false, 20},
        {"five times", 1, 100, 48 * HOUR, 2, 20, true, 20},
        {"not five times", 1, 99, 48 * HOUR, 2, 20, false, 20},
        {"a day's median, scaled to an hour", 0, 25, 48 * HOUR, 2, 120, true, 5},
        {"and a little less", 0, 24, 48 * HOUR, 2, 120, false, 5},
        {"at least one is expected", 1, 15, 48 * HOUR, 2, 0, true, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct window_counts counts =
            spray(cases[i].attempts, cases[i].history_ns, cases[i].samples, cases[i].median, 0);
        const struct decision decision = decide_distributed(&distributed, cases[i].span, &counts);
        if (decision.is_true != cases[i].is_true ||
            fabs(decision.expected - cases[i].expected) > 1e-9)
            fail_msg("%s: %d, %g expected", cases[i].name, decision.is_true, decision.expected);
        if (decision.expected > 0)
            assert_true(fabs(decision.ratio * decision.expected - cases[i].attempts) < 1e-6);
    }
}

/* ---- surge ----------------------------------------------------------------------------------- */

static const struct detector surge = {
    .kind = DETECTOR_SURGE,
    .condition = {20, INT64_MAX},
    .spans_ns = {DAY},
    .spans_count = 1,
    .params = {.ratio_min = 10,
               .ratio_elevated = 4,
               .z_min = 6,
               .accounts_min = 20,
               .history_min_ns = 7 * DAY},
};

static void decide_surge_holds_at_the_edge_of_each_condition(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t attempts;
        int64_t history_ns;
        unsigned samples;
        double median, deviation;
        bool is_true, is_weak;
    } cases[] = {
        {"ten times", 100, 7 * DAY, 7, 10, 1, true, false},
        {"not ten times", 99, 7 * DAY, 7, 10, 1, true, true},
        {"four times", 40, 7 * DAY, 7, 10, 1, true, true},
        {"not four times", 39, 7 * DAY, 7, 10, 1, false, false},
        {"too short a history", 100, 7 * DAY - 1, 7, 10, 1, false, false},
        {"no sample", 100, 7 * DAY, 0, 0, 0, false, false},
        {"too few accounts", 19, 7 * DAY, 7, 0, 0, false, false},
        {"enough accounts where there were none", 20, 7 * DAY, 7, 0, 0, true, false},
        /* z = (100 - 10) / (1.4826 * MAD + sqrt(10)) = 6 for a MAD of 7.98 */
        {"as large a spread as may be", 100, 7 * DAY, 7, 10, 7.9, true, false},
        {"too large a spread", 100, 7 * DAY, 7, 10, 8.0, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct window_counts counts =
            spray(cases[i].attempts, cases[i].history_ns, cases[i].samples, cases[i].median,
                  cases[i].deviation);
        const struct decision decision = decide_surge(&surge, 0, &counts);
        if (decision.is_true != cases[i].is_true || decision.is_weak != cases[i].is_weak)
            fail_msg("%s: %d %d, z %g", cases[i].name, decision.is_true, decision.is_weak,
                     decision.z);
    }
}

static void decide_surge_asks_for_the_larger_of_its_two_floors(void **state)
{
    (void)state;
    struct detector detector = surge;
    detector.condition.min = 30;
    const struct window_counts counts = spray(29, 7 * DAY, 7, 0, 0);
    assert_int_equal(decide_surge(&detector, 0, &counts).threshold, 30);
    assert_false(decide_surge(&detector, 0, &counts).is_true);
    detector.condition.min = 5;
    assert_int_equal(decide_surge(&detector, 0, &counts).threshold, 20);
    assert_true(decide_surge(&detector, 0, &counts).is_true);
}

/* ---- low and slow ---------------------------------------------------------------------------- */

static void decide_low_and_slow_holds_at_the_edge_of_each_condition(void **state)
{
    (void)state;
    const struct detector detector = {
        .kind = DETECTOR_LOW_AND_SLOW,
        .condition = {8, INT64_MAX},
        .spans_ns = {DAY, 7 * DAY},
        .spans_count = 2,
        .params = {.accounts_longer = 15,
                   .accounts_known = 3,
                   .attempts_per_account_max = 2,
                   .success_share_max = 0.1},
    };
    static const struct {
        const char *name;
        unsigned span;
        struct window_counts counts;
        bool is_true, is_weak;
    } cases[] = {
        {"eight in a day", 0, {.attempts = 8, .values = 8}, true, false},
        {"seven in a day", 0, {.attempts = 7, .values = 7}, true, true},
        {"three in a day", 0, {.attempts = 3, .values = 3}, true, true},
        {"two in a day", 0, {.attempts = 2, .values = 2}, false, false},
        {"fifteen in a week", 1, {.attempts = 15, .values = 15}, true, false},
        {"fourteen in a week", 1, {.attempts = 14, .values = 14}, false, false},
        {"two a day on each", 0, {.attempts = 16, .values = 8}, true, false},
        {"more than two a day on each", 0, {.attempts = 17, .values = 8}, false, false},
        {"two a day on each for a week", 1, {.attempts = 210, .values = 15}, true, false},
        {"more for a week", 1, {.attempts = 211, .values = 15}, false, false},
        {"a tenth signs in", 0, {.attempts = 9, .values = 9, .successes = 1}, true, false},
        {"more sign in", 0, {.attempts = 9, .values = 9, .successes = 2}, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct decision decision =
            decide_low_and_slow(&detector, cases[i].span, &cases[i].counts);
        if (decision.is_true != cases[i].is_true || decision.is_weak != cases[i].is_weak)
            fail_msg("%s: %d %d", cases[i].name, decision.is_true, decision.is_weak);
    }
    assert_int_equal(decide_values_min(&detector), 3);
}

/* ---- enumeration, lockouts, shift --------------------------------------------------------------
 */

static void decide_enumeration_asks_for_a_share_of_unknown_names(void **state)
{
    (void)state;
    const struct detector detector = {.kind = DETECTOR_ENUMERATION,
                                      .condition = {10, INT64_MAX},
                                      .params = {.unknown_share_min = 0.5}};
    static const struct {
        uint32_t unknown, attempts;
        bool is_true;
    } cases[] = {{9, 9, false}, {10, 10, true}, {10, 20, true}, {10, 21, false}, {11, 21, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct window_counts counts = {.values = cases[i].unknown,
                                             .attempts = cases[i].attempts};
        assert_int_equal(decide_enumeration(&detector, &counts).is_true, cases[i].is_true);
    }
}

static void decide_lockout_storm_asks_for_a_rise_once_it_has_a_history(void **state)
{
    (void)state;
    const struct detector detector = {.kind = DETECTOR_LOCKOUT_STORM,
                                      .condition = {10, INT64_MAX},
                                      .spans_ns = {HOUR},
                                      .spans_count = 1,
                                      .params = {.ratio_min = 5, .history_min_ns = 2 * DAY}};
    struct window_counts counts = {.values = 9, .attempts = 9, .baseline_ns = DAY};
    assert_false(decide_lockout_storm(&detector, 0, &counts).is_true);
    counts.values = counts.attempts = 10;
    assert_true(decide_lockout_storm(&detector, 0, &counts).is_true);
    counts.history_ns = 2 * DAY;
    counts.baseline = (struct baseline_stats){.samples = 2, .median = 48}; /* two an hour */
    assert_true(decide_lockout_storm(&detector, 0, &counts).is_true);
    counts.baseline.median = 49;
    assert_false(decide_lockout_storm(&detector, 0, &counts).is_true);
}

static void decide_shift_holds_at_the_edge_of_each_condition(void **state)
{
    (void)state;
    const struct detector detector = {
        .kind = DETECTOR_SHIFT,
        .condition = {12, INT64_MAX},
        .spans_ns = {DAY},
        .spans_count = 1,
        .params = {.cusum_alarm = 12, .attempts_per_account_max = 2, .history_min_ns = 7 * DAY}};
    const struct window_counts good = {.values = 12,
                                       .attempts = 24,
                                       .cusum = 12,
                                       .history_ns = 7 * DAY,
                                       .baseline = {.samples = 7, .median = 6},
                                       .baseline_ns = DAY};
    const struct decision decision = decide_shift(&detector, 0, &good);
    assert_true(decision.is_true && !decision.is_weak);
    assert_true(decision.ratio == 4);
    struct window_counts bad = good;
    bad.values = 11;
    assert_false(decide_shift(&detector, 0, &bad).is_true);
    bad = good, bad.attempts = 25;
    assert_false(decide_shift(&detector, 0, &bad).is_true);
    bad = good, bad.cusum = 11.9;
    assert_false(decide_shift(&detector, 0, &bad).is_true);
    bad = good, bad.history_ns = 7 * DAY - 1;
    assert_false(decide_shift(&detector, 0, &bad).is_true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decide_count_holds_within_both_bounds),
        cmocka_unit_test(decide_count_tells_the_lower_bound_as_threshold),
        cmocka_unit_test(decide_source_fanout_holds_at_the_edge_of_each_condition),
        cmocka_unit_test(decide_source_fanout_asks_for_more_where_more_people_are),
        cmocka_unit_test(decide_distributed_holds_at_the_edge_of_each_condition),
        cmocka_unit_test(decide_distributed_asks_for_a_rise_once_it_has_a_history),
        cmocka_unit_test(decide_surge_holds_at_the_edge_of_each_condition),
        cmocka_unit_test(decide_surge_asks_for_the_larger_of_its_two_floors),
        cmocka_unit_test(decide_low_and_slow_holds_at_the_edge_of_each_condition),
        cmocka_unit_test(decide_enumeration_asks_for_a_share_of_unknown_names),
        cmocka_unit_test(decide_lockout_storm_asks_for_a_rise_once_it_has_a_history),
        cmocka_unit_test(decide_shift_holds_at_the_edge_of_each_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
