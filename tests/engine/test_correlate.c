#include "engine/correlate.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/hits.h"
#include "tests/support/check.h"

#define SECOND INT64_C(1000000000)

enum { HITS_MAX = 4096, VALUES_MAX = 8 };

/* Rules `a` and `b`: 0 and 1, whose events have a zone and an amount. */
#define RULES                                                                                      \
    "title: A\nname: a\ndetection: {s: {user.name: a}, condition: s}\n---\n"                       \
    "title: B\nname: b\ndetection: {s: {user.name: b}, condition: s}\n---\n"

struct rig {
    struct ruleset *ruleset;
    struct names names;
    struct correlate *correlate;
    size_t told_count;
    struct {
        uint32_t correlation, key;
        int64_t time_ns;
        double number;
        uint64_t line;
    } told[HITS_MAX];
};

static struct rig rig;

static void tell(void *self, const struct correlate_hit *hit)
{
    assert_ptr_equal(self, &rig);
    assert_true(rig.told_count < HITS_MAX);
    rig.told[rig.told_count].correlation = hit->correlation;
    rig.told[rig.told_count].key = hit->key[0];
    rig.told[rig.told_count].time_ns = hit->time_ns;
    rig.told[rig.told_count].number = hit->number;
    rig.told[rig.told_count].line = hit->evidence.line;
    rig.told_count++;
}

static void rig_init(const char *correlations, size_t bytes_max)
{
    char *yaml = NULL;
    assert_true(asprintf(&yaml, "%s%s", RULES, correlations) > 0);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const struct rule_text text = {.path = "test.yml", .text = slice_from_string(yaml)};
    const enum status status = ruleset_create_from_texts(&rig.ruleset, &text, 1, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    free(yaml);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(names_init(&rig.names, hash_key_fixed(), 64 << 20), STATUS_OK);
    const struct correlate_options options = {.ruleset = rig.ruleset,
                                              .names = &rig.names,
                                              .bytes_max = bytes_max,
                                              .tell = tell,
                                              .self = &rig};
    assert_int_equal(correlate_create(&rig.correlate, &options), STATUS_OK);
    rig.told_count = 0;
}

static int teardown(void **state)
{
    (void)state;
    correlate_destroy(rig.correlate);
    names_deinit(&rig.names);
    ruleset_destroy(rig.ruleset);
    return 0;
}

/* An event of one rule, with the same number and name behind every draw: what a correlation groups
 * by and counts lies in the draws in the order in which it names them. */
static void pass(uint32_t rule, int64_t second, const uint32_t *drawn, uint32_t drawn_count)
{
    static uint64_t line;
    _Alignas(8) char memory[sizeof(struct hits) + VALUES_MAX * sizeof(struct hit_value) + 4];
    struct hits *const hits = (struct hits *)memory;
    const struct attempt attempt = {.time_ns = second * SECOND, .line = ++line};
    *hits = (struct hits){.rules_count = 1, .values_count = drawn_count};
    for (uint32_t i = 0; i < drawn_count; i++)
        hits->values[i] =
            (struct hit_value){.draw = i, .name = drawn[i], .number = INT64_C(1000000) * drawn[i]};
    hits_rules(hits)[0] = rule;
    correlate_take(rig.correlate, &attempt, hits);
}

#define PASS(rule, second, ...)                                                                    \
    pass(rule, second, (const uint32_t[]){__VA_ARGS__},                                            \
         sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

#define COUNT(condition)                                                                           \
    "title: C\nname: c\ncorrelation: {type: event_count, rules: a, group-by: zone,\n"              \
    "  timespan: 10s, condition: {" condition "}}\n"

static void windows_are_closed_at_both_ends(void **state)
{
    (void)state;
    rig_init(COUNT("gte: 2"), 1 << 20);
    PASS(0, 100, 5);
    PASS(0, 111, 5);
    assert_int_equal(rig.told_count, 0);
    PASS(0, 121, 5);
    assert_int_equal(rig.told_count, 1);
    assert_true(rig.told[0].time_ns == 121 * SECOND);
    assert_int_equal(rig.told[0].key, 5);
}

static void an_episode_is_told_once_and_ends_when_nothing_held_for_a_span(void **state)
{
    (void)state;
    rig_init(COUNT("gte: 2"), 1 << 20);
    for (int64_t second = 100; second <= 160; second += 10)
        PASS(0, second, 5);
    assert_int_equal(rig.told_count, 1);
    PASS(0, 171, 5); /* alone in its window, which held last 11 seconds ago */
    PASS(0, 172, 5);
    assert_int_equal(rig.told_count, 2);
    PASS(0, 172, 6);
    PASS(0, 172, 6);
    assert_int_equal(rig.told_count, 3);
    assert_int_equal(rig.told[2].key, 6);
}

static void windows_with_an_upper_bound_are_judged_when_they_end(void **state)
{
    (void)state;
    rig_init(COUNT("gte: 2, lt: 4"), 1 << 20);
    PASS(0, 100, 5);
    PASS(0, 110, 5); /* in it: the end is inclusive */
    correlate_advance(rig.correlate, 110 * SECOND);
    assert_int_equal(rig.told_count, 0);
    correlate_advance(rig.correlate, 111 * SECOND);
    assert_int_equal(rig.told_count, 1);
    assert_true(rig.told[0].time_ns == 110 * SECOND && rig.told[0].number == 2);
    for (int i = 0; i < 4; i++)
        PASS(0, 200, 5); /* too many */
    PASS(0, 300, 5);     /* too few */
    PASS(0, 400, 6);
    PASS(0, 401, 6);
    correlate_end(rig.correlate);
    assert_int_equal(rig.told_count, 2);
    assert_int_equal(rig.told[1].key, 6);
}

static void a_late_event_counts_while_a_window_reaches_back_to_it(void **state)
{
    (void)state;
    rig_init(COUNT("gte: 2"), 1 << 20);
    PASS(0, 100, 5);
    PASS(0, 95, 5);
    assert_int_equal(rig.told_count, 1);
    assert_true(rig.told[0].time_ns == 100 * SECOND);
    PASS(0, 89, 6);
    PASS(0, 89, 6);
    assert_int_equal(rig.told_count, 1);
    assert_int_equal(correlate_counters(rig.correlate).too_late, 2);
}

static void events_without_a_field_of_the_key_are_told_of(void **state)
{
    (void)state;
    rig_init(COUNT("gte: 1"), 1 << 20);
    pass(0, 100, NULL, 0);
    PASS(0, 100, NAME_OTHER);
    assert_int_equal(rig.told_count, 0);
    assert_int_equal(correlate_counters(rig.correlate).without_key, 2);
    PASS(1, 100, 5); /* of a rule that nobody counts */
    assert_int_equal(rig.told_count, 0);
}

static void rules_in_order_may_be_interleaved(void **state)
{
    (void)state;
    rig_init("title: C\nname: c\ncorrelation: {type: temporal_ordered, rules: [a, b],\n"
             "  group-by: zone, timespan: 10s}\n",
             1 << 20);
    PASS(1, 100, 5);
    PASS(0, 101, 5);
    assert_int_equal(rig.told_count, 0);
    PASS(1, 101, 5); /* one time is any order */
    assert_int_equal(rig.told_count, 1);
    PASS(0, 130, 5);
    PASS(1, 141, 5); /* further apart than the window */
    assert_int_equal(rig.told_count, 1);
}

static void a_row_is_read_from_its_text(void **state)
{
    (void)state;
    rig_init("title: C\nname: c\ncorrelation: {type: temporal_ordered,\n"
             "  group-by: zone, timespan: 10s, condition: a and b and a}\n"
             "---\ntitle: D\nname: d\ncorrelation: {type: temporal_ordered,\n"
             "  group-by: zone, timespan: 10s, condition: (b or a) and b}\n",
             1 << 20);
    PASS(0, 100, 5);
    PASS(0, 102, 5);
    assert_int_equal(rig.told_count, 0);
    PASS(1, 104, 5);
    assert_int_equal(rig.told_count, 1);
    assert_int_equal(rig.told[0].correlation, 1);
    PASS(0, 113, 5); /* 100 is too long ago, 102 is not */
    assert_int_equal(rig.told_count, 1);
    PASS(0, 112, 6);
    PASS(1, 112, 6); /* one time is any order, and one event may stand at several places */
    assert_int_equal(rig.told_count, 3);
}

static void what_a_row_forbids_is_judged_at_the_end(void **state)
{
    (void)state;
    rig_init("title: C\nname: c\ncorrelation: {type: temporal_ordered,\n"
             "  group-by: zone, timespan: 10s, condition: a and not b}\n",
             1 << 20);
    PASS(0, 100, 5);
    PASS(0, 100, 6);
    PASS(1, 110, 6);
    correlate_advance(rig.correlate, 111 * SECOND);
    assert_int_equal(rig.told_count, 1);
    assert_int_equal(rig.told[0].key, 5);
}

static void a_mean_compares_exactly(void **state)
{
    (void)state;
    rig_init("title: C\nname: c\ncorrelation: {type: value_avg, rules: a, group-by: zone,\n"
             "  timespan: 10s, condition: {field: amount, gt: 2.5}}\n",
             1 << 20);
    PASS(0, 100, 5, 2);
    PASS(0, 101, 5, 3); /* 2.5 */
    assert_int_equal(rig.told_count, 0);
    PASS(0, 111, 5, 3); /* 3: the first has left */
    assert_int_equal(rig.told_count, 1);
    assert_true(rig.told[0].number == 3);
}

static void chains_count_hits(void **state)
{
    (void)state;
    rig_init(COUNT("gte: 2") "---\ntitle: D\nname: d\ncorrelation: {type: value_count, rules: c,\n"
                             "  timespan: 1h, condition: {field: zone, gte: 3}}\n",
             1 << 20);
    for (uint32_t zone = 5; zone < 8; zone++) {
        PASS(0, 100 * zone, zone);
        PASS(0, 100 * zone, zone);
    }
    assert_int_equal(rig.told_count, 4);
    assert_int_equal(rig.told[3].correlation, 1);
    assert_true(rig.told[3].number == 3);
}

/* ---- memory --------------------------------------------------------------------------------- */

static void the_quietest_group_goes_when_memory_is_used_up(void **state)
{
    (void)state;
    rig_init("title: C\nname: c\ncorrelation: {type: event_count, rules: a, group-by: zone,\n"
             "  timespan: 1d, condition: {gte: 3}}\n",
             64 << 10);
    for (uint32_t zone = 0; zone < 1000; zone++) {
        PASS(0, zone, 10 + zone);
        PASS(0, zone, 2); /* never quiet */
    }
    const struct correlate_counters counters = correlate_counters(rig.correlate);
    assert_true(counters.groups_evicted > 500 && counters.groups_evicted < 1000);
    assert_int_equal(counters.events_forgotten, 0);
    assert_int_equal(rig.told_count, 1);
    assert_int_equal(rig.told[0].key, 2);
    PASS(0, 1000, 10 + 999); /* the newest are still there */
    PASS(0, 1000, 10 + 999);
    assert_int_equal(rig.told_count, 2);
    PASS(0, 1000, 10); /* and the oldest began anew */
    PASS(0, 1000, 10);
    assert_int_equal(rig.told_count, 2);
}

static void the_oldest_events_of_the_only_group_go(void **state)
{
    (void)state;
    rig_init("title: C\nname: c\ncorrelation: {type: value_sum, rules: a,\n"
             "  timespan: 1d, condition: {field: amount, gte: 100000}}\n",
             64 << 10);
    for (uint32_t i = 0; i < 100000; i++)
        PASS(0, 1 + i / 10, 1);
    const struct correlate_counters counters = correlate_counters(rig.correlate);
    assert_true(counters.events_forgotten > 90000 && counters.events_forgotten < 100000);
    assert_int_equal(counters.groups_evicted, 0);
    assert_int_equal(rig.told_count, 0);
}

static void many_events_take_no_more_memory_than_the_condition_needs(void **state)
{
    (void)state;
    rig_init("title: C\nname: c\ncorrelation: {type: value_count, rules: a,\n"
             "  timespan: 1d, condition: {field: zone, gte: 100}}\n"
             "---\ntitle: D\nname: d\ncorrelation: {type: event_count, rules: a,\n"
             "  timespan: 1d, condition: {gte: 100}}\n"
             "---\ntitle: E\nname: e\ncorrelation: {type: value_avg, rules: a,\n"
             "  timespan: 1d, condition: {field: zone, lt: 1}}\n",
             64 << 10);
    for (uint32_t i = 0; i < 50000; i++)
        PASS(0, 1 + i / 10, 2 + i, 5);
    const struct correlate_counters counters = correlate_counters(rig.correlate);
    assert_int_equal(counters.events_forgotten, 0);
    assert_int_equal(counters.groups_evicted, 0);
    assert_int_equal(rig.told_count, 2);
    assert_true(rig.told[0].number == 100 && rig.told[1].number == 100);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_teardown(test, teardown)
    const struct CMUnitTest tests[] = {
        CASE(windows_are_closed_at_both_ends),
        CASE(an_episode_is_told_once_and_ends_when_nothing_held_for_a_span),
        CASE(windows_with_an_upper_bound_are_judged_when_they_end),
        CASE(a_late_event_counts_while_a_window_reaches_back_to_it),
        CASE(events_without_a_field_of_the_key_are_told_of),
        CASE(rules_in_order_may_be_interleaved),
        CASE(a_row_is_read_from_its_text),
        CASE(what_a_row_forbids_is_judged_at_the_end),
        CASE(a_mean_compares_exactly),
        CASE(chains_count_hits),
        CASE(the_quietest_group_goes_when_memory_is_used_up),
        CASE(the_oldest_events_of_the_only_group_go),
        CASE(many_events_take_no_more_memory_than_the_condition_needs),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
