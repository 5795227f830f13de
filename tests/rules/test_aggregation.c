#include "rules/aggregation.h"

#include <string.h>

#include "tests/support/check.h"

/* What stood behind the `|`, and the correlation that the advice names. */
static const struct {
    const char *text, *correlation;
} cases[] = {
    {" count() by source.ip > 5",
     "`correlation: {type: event_count, rules: [NAME], group-by: [source.ip], timespan: 10m, "
     "condition: {gt: 5}}`"},
    {"count(TargetUserName) by IpAddress, Computer >= 10",
     "`correlation: {type: value_count, rules: [NAME], group-by: [IpAddress, Computer], timespan: "
     "10m, condition: {field: TargetUserName, gte: 10}}`"},
    {"  COUNT ( x ) BY  y  <  3 ",
     "`correlation: {type: value_count, rules: [NAME], group-by: [y], timespan: 10m, condition: "
     "{field: x, lt: 3}}`"},
    {"count() > 100", "`correlation: {type: event_count, rules: [NAME], timespan: 10m, condition: "
                      "{gt: 100}}`"},
    {"sum(bytes) by host == 7", "{type: value_sum, rules: [NAME], group-by: [host], timespan: 10m, "
                                "condition: {field: bytes, eq: 7}}"},
    {"avg(bytes) by host <= 7", "{type: value_avg, rules: [NAME], group-by: [host], timespan: 10m, "
                                "condition: {field: bytes, lte: 7}}"},
    {"min(bytes) by host > 7", "no correlation does what `min` did"},
    {"near a and b", "`correlation: {type: temporal, rules: [NAME, NAME], timespan: 10m}`"},
    /* what cannot be read gets the general form */
    {"", "event_count or value_count"},
    {"count", "event_count or value_count"},
    {"count( by x > 1", "event_count or value_count"},
    {"count() by > 1", "event_count or value_count"},
    {"count() by a, > 1", "event_count or value_count"},
    {"count() by a > ", "event_count or value_count"},
    {"count() by a > 1 or b", "event_count or value_count"},
};

static void advice_names_the_correlation_that_does_the_same(void **state)
{
    (void)state;
    char advice[AGGREGATION_TEXT_BYTES];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        aggregation_advice(slice_from_string(cases[i].text), NULL, advice);
        if (strstr(advice, cases[i].correlation) == NULL)
            fprintf(stderr, "%s\n", advice);
        assert_non_null(strstr(advice, cases[i].correlation));
    }
}

static void advice_takes_the_timeframe(void **state)
{
    (void)state;
    char advice[AGGREGATION_TEXT_BYTES];
    const struct node timeframe = {.kind = NODE_SCALAR, .text = SLICE("24h")};
    aggregation_advice(SLICE("count() by a > 1"), &timeframe, advice);
    assert_non_null(strstr(advice, "timespan: 24h,"));
}

static void advice_has_room_for_the_longest_words(void **state)
{
    (void)state;
    char text[4096], advice[AGGREGATION_TEXT_BYTES];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text, "count(", 6);
    memcpy(text + 1000, ") by ", 5);
    memcpy(text + 3000, " > 5", 5);
    aggregation_advice(slice_from_string(text), NULL, advice);
    assert_non_null(strstr(advice, "gt: 5}}`"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advice_names_the_correlation_that_does_the_same),
        cmocka_unit_test(advice_takes_the_timeframe),
        cmocka_unit_test(advice_has_room_for_the_longest_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
