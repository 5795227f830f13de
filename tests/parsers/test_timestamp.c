#include "parsers/timestamp.h"

#include <stdio.h>
#include <time.h>

#include "engine/base/civil.h"
#include "tests/support/check.h"

struct good_case {
    const char *text;
    int64_t seconds;
    int64_t fraction_ns;
};

static void check_good(const struct good_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t time_ns = 0;
        const enum timestamp_result result =
            timestamp_parse(slice_from_string(cases[i].text), &time_ns);
        if (result != TIMESTAMP_OK ||
            time_ns != cases[i].seconds * 1000000000 + cases[i].fraction_ns)
            fail_msg("'%s' gave result %d and %lld", cases[i].text, (int)result,
                     (long long)time_ns);
    }
}

static void check_refused(const char *const *texts, size_t count, enum timestamp_result expected)
{
    for (size_t i = 0; i < count; i++) {
        int64_t time_ns = 42;
        const enum timestamp_result result = timestamp_parse(slice_from_string(texts[i]), &time_ns);
        if (result != expected || time_ns != 42)
            fail_msg("'%s' gave result %d and %lld", texts[i], (int)result, (long long)time_ns);
    }
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void timestamp_reads_rfc_3339_and_its_relatives(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"2024-02-01T09:31:07Z", 1706779867, 0},
        {"2024-02-01T09:31:07.120Z", 1706779867, 120000000},
        {"2024-02-01T09:31:07.1234567Z", 1706779867, 123456700},
        {"2024-02-01T09:31:07.1234567+00:00", 1706779867, 123456700},
        {"2024-02-01T09:31:07+00:00", 1706779867, 0},
        {"2024-02-01T09:31:07-00:00", 1706779867, 0},
        {"2024-02-01T04:31:07-05:00", 1706779867, 0},
        {"2024-02-01T04:31:07.5-05:00", 1706779867, 500000000},
        {"2024-02-01 20:31:07+11:00", 1706779867, 0},
        {"2024-02-01T15:01:07+0530", 1706779867, 0},
        {"2024-02-01T10:31:07+01", 1706779867, 0},
        {"2024-02-01T09:31:07", 1706779867, 0},
        {"2024-02-01 09:31:07.456", 1706779867, 456000000},
        {"2024-02-01 09:31:07,456", 1706779867, 456000000},
        {"2024-02-01 09:31:07.160562400", 1706779867, 160562400},
        {"2024-02-01 04:31:07.801612-0500", 1706779867, 801612000},
        {"2024-02-01 09:31:07 UTC", 1706779867, 0},
        {"2024-02-01t09:31:07z", 1706779867, 0},
        {"  2024-02-01T09:31:07Z ", 1706779867, 0},
        {"1969-12-31T23:59:59.999999999Z", -1, 999999999},
        {"1970-01-01T00:00:00Z", 0, 0},
        {"2000-02-29T00:00:00Z", 951782400, 0},
    };
    check_good(cases, COUNT(cases));
}

static void timestamp_reads_any_number_of_fraction_digits(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"2024-02-01T09:31:07.1Z", 1706779867, 100000000},
        {"2024-02-01T09:31:07.12Z", 1706779867, 120000000},
        {"2024-02-01T09:31:07.123Z", 1706779867, 123000000},
        {"2024-02-01T09:31:07.1234Z", 1706779867, 123400000},
        {"2024-02-01T09:31:07.12345Z", 1706779867, 123450000},
        {"2024-02-01T09:31:07.123456Z", 1706779867, 123456000},
        {"2024-02-01T09:31:07.1234567Z", 1706779867, 123456700},
        {"2024-02-01T09:31:07.12345678Z", 1706779867, 123456780},
        {"2024-02-01T09:31:07.123456789Z", 1706779867, 123456789},
        {"2024-02-01T09:31:07.1234567899Z", 1706779867, 123456789},
        {"2024-02-01T09:31:07.123456789999999999999Z", 1706779867, 123456789},
    };
    check_good(cases, COUNT(cases));
}

static void timestamp_reads_the_month_first_form(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"5/18/2021 9:13:33 PM", 1621372413, 0},
        {"5/18/2021 9:13:33\xe2\x80\xafPM", 1621372413, 0},
        {"5/18/2021, 9:13:33\xc2\xa0pm", 1621372413, 0},
        {"5/18/2021 21:13", 1621372380, 0},
        {"5/18/2021 9:13 PM", 1621372380, 0},
        {"05/18/2021 09:13:33 pm", 1621372413, 0},
        {"4/28/2021, 2:08:45.221 PM", 1619618925, 221000000},
        {"12/12/2025 3:03:58 PM", 1765551838, 0},
        {"12/12/2025 12:03:58 AM", 1765497838, 0},
        {"12/12/2025 12:03:58 PM", 1765541038, 0},
        {"01/09/2007 09:41:00", 1168335660, 0},
        {"1/9/2007 10:41:00 AM +01:00", 1168335660, 0},
        {"1/9/2007 21:41:00", 1168378860, 0},
        {"1/9/2007 21:41:00Z", 1168378860, 0},
    };
    check_good(cases, COUNT(cases));
}

static void timestamp_tells_the_unit_of_a_number_by_its_size(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"1700000000", 1700000000, 0},
        {"1700000000.25", 1700000000, 250000000},
        {"999999999", 999999999, 0},
        {"1700000000123", 1700000000, 123000000},
        {"1700000000123456", 1700000000, 123456000},
        {"1700000000123456789", 1700000000, 123456789},
    };
    static const char *const refused[] = {
        "0",           "20240201", "17000000000000000000", "1700000000123.5",
        "-1700000000", "1.7e9",    "1700000000."};
    check_good(cases, COUNT(cases));
    check_refused(refused, COUNT(refused), TIMESTAMP_UNREADABLE);
}

static void timestamp_refuses_what_cannot_be(void **state)
{
    (void)state;
    static const char *const impossible[] = {
        "2023-10-10T17:08:65",       "2023-10-10T17:08:65Z",      "2023-13-01T00:00:00Z",
        "2023-00-01T00:00:00Z",      "2023-02-30T00:00:00Z",      "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",      "2023-04-31T00:00:00Z",      "2023-01-00T00:00:00Z",
        "2023-01-32T00:00:00Z",      "2023-01-01T24:00:00Z",      "2023-01-01T00:60:00Z",
        "2023-01-01T00:00:00+24:00", "2023-01-01T00:00:00+00:60", "13/1/2021 1:00:00 PM",
        "1.13.2021 13:00:00",        "1/1/2021 13:00:00 PM",      "1/1/2021 0:00:00 AM",
        "99/99/2021 9:13:33",
    };
    check_refused(impossible, COUNT(impossible), TIMESTAMP_IMPOSSIBLE);
}

static void timestamp_reads_the_day_first_form_with_points(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"18.05.2021 21:13:33", 1621372413, 0},
        {"18.5.2021, 21:13:33", 1621372413, 0},
        {"18.05.2021 21:13", 1621372380, 0},
        {"18.05.2021 21:13:33.5 +01:00", 1621368813, 500000000},
    };
    check_good(cases, COUNT(cases));
}

static void timestamp_refuses_other_forms(void **state)
{
    (void)state;
    static const char *const unreadable[] = {
        "",
        " ",
        "redacted",
        "-",
        "2024",
        "2024-02-01",
        "2024-02-01T",
        "2024-02-01T09:31",
        "2024-02-01T09:31:07.Z",
        "2024-02-01T09:31:07Zx",
        "2024-02-01T09:31:07+",
        "2024-02-01T09:31:07+1:00",
        "2024-02-01T09:31:07+01:000",
        "2024-02-01T9:31:07Z",
        "2024-02-01X09:31:07Z",
        "2024/02/01 09:31:07",
        "24-02-01T09:31:07Z",
        "2o24-02-01T09:31:07Z",
        "5/18/21 9:13:33 PM",
        "5/18/2021",
        "5/18/2021 9:13:33 XM",
        "18.5.21 21:13:33",
        "18.5.2021",
        "18.5.2021 21",
        "1.2.3",
        "Mon Jan  2 15:04:05 2006",
    };
    check_refused(unreadable, COUNT(unreadable), TIMESTAMP_UNREADABLE);
}

static void timestamp_accepts_second_60_only_where_a_leap_second_can_be(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"2016-12-31T23:59:60Z", 1483228800, 0},
        {"2016-12-31T23:59:60.5Z", 1483228800, 500000000},
        {"2017-01-01T00:59:60+01:00", 1483228800, 0},
        {"2015-06-30T23:59:60Z", 1435708800, 0},
    };
    static const char *const impossible[] = {"2016-12-30T23:59:60Z",      "2016-12-31T22:59:60Z",
                                             "2016-12-31T23:59:60+01:00", "2016-12-31T23:59:61Z",
                                             "2023-03-31T23:59:60Z",      "1969-03-31T23:59:60Z"};
    check_good(cases, COUNT(cases));
    check_refused(impossible, COUNT(impossible), TIMESTAMP_IMPOSSIBLE);
}

static void timestamp_refuses_years_that_nanoseconds_cannot_hold(void **state)
{
    (void)state;
    static const struct good_case cases[] = {
        {"1678-01-01T00:00:00Z", -9214560000, 0},
        {"2261-12-31T23:59:59.999999999Z", 9214646399, 999999999},
        {"2261-12-31T23:59:59.999999999-23:59", 9214646399 + 86340, 999999999},
    };
    static const char *const outside[] = {"1677-12-31T23:59:59Z", "2262-01-01T00:00:00Z",
                                          "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
                                          "1/1/1601 0:00:00",     "99999999999",
                                          "9300000000000"};
    check_good(cases, COUNT(cases));
    check_refused(outside, COUNT(outside), TIMESTAMP_OUT_OF_RANGE);
}

/* Every day of the range against the C library's calendar, read in both forms and written back. */
static void timestamp_agrees_with_timegm_on_every_day(void **state)
{
    (void)state;
    for (int64_t day = -106650; day <= 106650; day += 1) {
        const time_t seconds = (time_t)(day * 86400 + 45296);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        char text[64], month_first[64], again[CIVIL_TEXT_BYTES];
        snprintf(text, sizeof(text), "%04d-%02d-%02dT12:34:56.789Z", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday);
        snprintf(month_first, sizeof(month_first), "%d/%d/%04d 12:34:56.789 PM", tm.tm_mon + 1,
                 tm.tm_mday, tm.tm_year + 1900);
        int64_t time_ns = 0, month_first_ns = 0;
        assert_int_equal(timestamp_parse(slice_from_string(text), &time_ns), TIMESTAMP_OK);
        assert_int_equal(timestamp_parse(slice_from_string(month_first), &month_first_ns),
                         TIMESTAMP_OK);
        assert_int_equal(time_ns, (int64_t)timegm(&tm) * 1000000000 + 789000000);
        assert_int_equal(month_first_ns, time_ns);
        assert_int_equal(civil_format(time_ns, again), 24);
        assert_string_equal(again, text);
    }
}

static void timestamp_goes_by_the_habits_of_its_source(void **state)
{
    (void)state;
    struct zone *zone;
    assert_int_equal(zone_create(&zone, "+02:00"), STATUS_OK);
    static const struct {
        const char *text;
        bool is_day_first;
        int64_t seconds; /* 0: refused */
    } cases[] = {
        {"1/2/2024 09:31:07", false, 1704187867 - 7200},
        {"1/2/2024 09:31:07", true, 1706779867 - 7200},
        {"1/2/2024 09:31:07 Z", true, 1706779867},
        {"31/1/2024 09:31:07", false, 0},
        {"1/31/2024 09:31:07", true, 0},
        {"1.2.2024 09:31:07", false, 1706779867 - 7200},
        {"2024-02-01 09:31:07", true, 1706779867 - 7200},
        {"2024-02-01T09:31:07Z", true, 1706779867},
        {"2024-02-01T09:31:07+01", true, 1706776267},
        {"1706779867", true, 1706779867},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct timestamp_habits habits = {cases[i].is_day_first, zone};
        int64_t time_ns = 0;
        const enum timestamp_result result =
            timestamp_parse_as(slice_from_string(cases[i].text), &habits, &time_ns);
        assert_int_equal(result, cases[i].seconds != 0 ? TIMESTAMP_OK : TIMESTAMP_IMPOSSIBLE);
        if (time_ns != cases[i].seconds * 1000000000)
            fail_msg("'%s' gave %lld", cases[i].text, (long long)time_ns);
    }
    zone_destroy(zone);
}

static void timestamp_order_needs_a_number_that_is_no_month(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum timestamp_order order;
    } cases[] = {
        {"13/1/2024", TIMESTAMP_DAY_FIRST},
        {" 31/12/2024 10:00", TIMESTAMP_DAY_FIRST},
        {"1/13/2024 1:00 PM", TIMESTAMP_MONTH_FIRST},
        {"12/12/2024 10:00", TIMESTAMP_EITHER_FIRST},
        {"13/13/2024 10:00", TIMESTAMP_EITHER_FIRST},
        {"2024-01-13", TIMESTAMP_NO_ORDER},
        {"13.1.2024", TIMESTAMP_NO_ORDER},
        {"131/1/2024", TIMESTAMP_NO_ORDER},
        {"13/1/24", TIMESTAMP_NO_ORDER},
        {"", TIMESTAMP_NO_ORDER},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(timestamp_order(slice_from_string(cases[i].text)), cases[i].order);
}

static void civil_format_keeps_what_a_shorter_fraction_would_lose(void **state)
{
    (void)state;
    static const struct {
        int64_t time_ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1500000000, "1970-01-01T00:00:01.500Z"},
        {1000001000, "1970-01-01T00:00:01.000001Z"},
        {1, "1970-01-01T00:00:00.000000001Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CIVIL_TEXT_BYTES];
        assert_int_equal(civil_format(cases[i].time_ns, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timestamp_reads_rfc_3339_and_its_relatives),
        cmocka_unit_test(timestamp_reads_any_number_of_fraction_digits),
        cmocka_unit_test(timestamp_reads_the_month_first_form),
        cmocka_unit_test(timestamp_reads_the_day_first_form_with_points),
        cmocka_unit_test(timestamp_tells_the_unit_of_a_number_by_its_size),
        cmocka_unit_test(timestamp_refuses_what_cannot_be),
        cmocka_unit_test(timestamp_refuses_other_forms),
        cmocka_unit_test(timestamp_accepts_second_60_only_where_a_leap_second_can_be),
        cmocka_unit_test(timestamp_refuses_years_that_nanoseconds_cannot_hold),
        cmocka_unit_test(timestamp_agrees_with_timegm_on_every_day),
        cmocka_unit_test(timestamp_goes_by_the_habits_of_its_source),
        cmocka_unit_test(timestamp_order_needs_a_number_that_is_no_month),
        cmocka_unit_test(civil_format_keeps_what_a_shorter_fraction_would_lose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
