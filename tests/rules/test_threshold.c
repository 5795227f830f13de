#include "rules/threshold.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/shipped.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct detector shipped(const char *name)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(shipped_ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(detectors[i].name, name) == 0)
            return detectors[i];
    }
    fail_msg("no detector is called %s", name);
    return (struct detector){0};
}

/* All thresholds in one line: `condition.gte+known-good.floor attempts-per-account.lte …`. */
static void write_thresholds(const struct detector *detector, char *text, size_t text_bytes)
{
    struct threshold threshold;
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; threshold_of(detector, i, &threshold); i++) {
        at += (size_t)snprintf(text + at, text_bytes - at, "%s%s.%s", i > 0 ? " " : "",
                               threshold.key, threshold.part);
        if (threshold.floor_key != NULL)
            at += (size_t)snprintf(text + at, text_bytes - at, "+%s.%s", threshold.floor_key,
                                   threshold.floor_part);
    }
}

static void thresholds_are_the_bound_of_the_condition_and_numbers_of_the_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name, *thresholds;
    } cases[] = {
        {"source_fanout", "condition.gte+known-good.floor attempts-per-account.lte known-good.sqrt "
                          "known-good.share"},
        {"low_and_slow", "condition.gte attempts-per-account.lte success-share.lte accounts.longer "
                         "accounts.known"},
        {"surge_tenant", "condition.gte+accounts.gte ratio.gte ratio.elevated z.gte"},
        {"lockout_storm", "condition.gte ratio.gte"}, /* and no `history`, which is a span */
        {"host_burst", "condition.gte"},
        {"confirmed_password", ""},
        {"known_source", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct detector detector = shipped(cases[i].name);
        char text[512];
        write_thresholds(&detector, text, sizeof(text));
        assert_string_equal(text, cases[i].thresholds);
    }
}

static void each_threshold_is_set_alone_and_read_back(void **state)
{
    (void)state;
    size_t count;
    const struct detector *const detectors = ruleset_detectors(shipped_ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        struct threshold before, after;
        for (size_t j = 0; threshold_of(&detectors[i], j, &before); j++) {
            struct detector detector = detectors[i];
            const double number = before.number + 1 <= before.max ? before.number + 1 : before.min;
            threshold_set(&detector, j, number);
            for (size_t k = 0; threshold_of(&detector, k, &after); k++) {
                assert_true(threshold_of(&detectors[i], k, &before));
                assert_true(after.number == (k == j ? number : before.number));
            }
        }
    }
}

static void the_floor_beside_a_condition_is_set_with_it(void **state)
{
    (void)state;
    struct detector detector = shipped("source_fanout");
    struct threshold threshold;
    /* The larger of both holds. */
    detector.condition.min = 5;
    detector.params.known_good_floor = 11.5;
    assert_true(threshold_of(&detector, 0, &threshold));
    assert_true(threshold.number == 12);
    threshold_set(&detector, 0, 4);
    assert_int_equal(detector.condition.min, 4);
    assert_true(detector.params.known_good_floor == 4);
}

static void only_what_a_rule_may_say_is_admitted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t index;
        double number;
        bool is_admitted;
    } cases[] = {
        {"source_fanout", 0, 2, true},
        {"source_fanout", 0, 1, false},
        {"source_fanout", 0, 2.5, false},
        {"source_fanout", 1, 2.5, true},
        {"source_fanout", 1, 0.5, false},
        {"low_and_slow", 2, 1, true},
        {"low_and_slow", 2, 1.01, false}, /* a share */
        {"surge_tenant", 1, 4, true},
        {"surge_tenant", 1, 3.9, false}, /* not below `elevated` */
        {"surge_tenant", 2, 10, true},
        {"surge_tenant", 2, 10.1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct detector detector = shipped(cases[i].name);
        struct threshold threshold;
        assert_true(threshold_of(&detector, cases[i].index, &threshold));
        assert_int_equal(threshold_admits(&threshold, cases[i].number), cases[i].is_admitted);
    }
}

static void a_condition_without_lower_bound_is_no_threshold(void **state)
{
    (void)state;
    struct detector detector = shipped("host_burst");
    struct threshold threshold;
    detector.condition.min = INT64_MIN;
    assert_false(threshold_of(&detector, 0, &threshold));
    detector.condition = (struct count_range){.min = 6, .max = 7};
    assert_true(threshold_of(&detector, 0, &threshold));
    assert_true(threshold_admits(&threshold, 7));
    assert_false(threshold_admits(&threshold, 8));
}

static void ladders_go_from_half_to_three_times(void **state)
{
    (void)state;
    static const struct {
        struct threshold threshold;
        size_t count;
        double ladder[THRESHOLD_LADDER_MAX];
    } cases[] = {
        {{.is_whole = true, .number = 10, .min = 2, .max = 1e9}, 6, {5, 8, 10, 15, 20, 30}},
        /* each number once, and not below what is admitted */
        {{.is_whole = true, .number = 2, .min = 2, .max = 1e9}, 4, {2, 3, 4, 6}},
        {{.is_whole = true, .number = 1, .min = 1, .max = 1e9}, 3, {1, 2, 3}},
        {{.number = 0.05, .min = 0, .max = 1}, 6, {0.025, 0.0375, 0.05, 0.075, 0.1, 0.15}},
        {{.number = 0.5, .min = 0, .max = 1}, 5, {0.25, 0.375, 0.5, 0.75, 1}},
        {{.number = 0, .min = 0, .max = 1}, 1, {0}},
        /* what holds is there even where a rule could not say so */
        {{.is_whole = true, .number = 9, .min = 1, .max = 8}, 3, {5, 7, 9}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double ladder[THRESHOLD_LADDER_MAX];
        assert_int_equal(threshold_ladder(&cases[i].threshold, ladder), cases[i].count);
        for (size_t j = 0; j < cases[i].count; j++)
            assert_true(ladder[j] == cases[i].ladder[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds_are_the_bound_of_the_condition_and_numbers_of_the_kind),
        cmocka_unit_test(each_threshold_is_set_alone_and_read_back),
        cmocka_unit_test(the_floor_beside_a_condition_is_set_with_it),
        cmocka_unit_test(only_what_a_rule_may_say_is_admitted),
        cmocka_unit_test(a_condition_without_lower_bound_is_no_threshold),
        cmocka_unit_test(ladders_go_from_half_to_three_times),
    };
    return cmocka_run_group_tests(tests, shipped_create, shipped_destroy);
}
