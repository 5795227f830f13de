#include "tests/support/check.h"

#include "engine/base/units.h"

enum { REFUSED = -1 };

struct row {
    const char *text;
    int64_t value; /* REFUSED: not to be understood */
};

static void units_read_sizes_in_binary_multiples(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"0", 0},
        {"4096", 4096},
        {"64k", 64 << 10},
        {"64K", 64 << 10},
        {"256KiB", 256 << 10},
        {"256kb", 256 << 10},
        {"1M", 1 << 20},
        {"1GiB", 1 << 30},
        {"1.5G", INT64_C(3) << 29},
        {"0.001k", 1},
        {"2T", INT64_C(2) << 40},
        {"7B", 7},
        {"9223372036854775807", INT64_MAX},
        {"9223372036854775808", REFUSED},
        {"18446744073709551616", REFUSED},
        {"8388608T", REFUSED},
        {"", REFUSED},
        {".", REFUSED},
        {"k", REFUSED},
        {"1.2.3k", REFUSED},
        {"-1", REFUSED},
        {" 1", REFUSED},
        {"1 k", REFUSED},
        {"1kk", REFUSED},
        {"1KiBs", REFUSED},
        {"1e3", REFUSED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t bytes = 12345;
        const bool is_size = units_parse_size(slice_from_string(rows[i].text), &bytes);
        if (is_size != (rows[i].value != REFUSED))
            fail_msg("\"%s\" is %s", rows[i].text, is_size ? "taken" : "refused");
        if (is_size)
            assert_int_equal(bytes, rows[i].value);
    }
}

static void units_read_durations_with_their_unit(void **state)
{
    (void)state;
    static const int64_t second = 1000000000;
    const struct row rows[] = {
        {"0", 0},
        {"500ms", second / 2},
        {"90s", 90 * second},
        {"1.5s", second + second / 2},
        {"15m", 900 * second},
        {"24h", 86400 * second},
        {"7d", 7 * 86400 * second},
        {"2w", 14 * 86400 * second},
        {"106751d", 106751 * (86400 * second)},
        {"106752d", REFUSED},
        {"15", REFUSED},
        {"m", REFUSED},
        {"15M", REFUSED},
        {"-15m", REFUSED},
        {"15min", REFUSED},
        {"1h30m", REFUSED},
        {"", REFUSED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t duration_ns = 12345;
        const bool is_duration =
            units_parse_duration(slice_from_string(rows[i].text), &duration_ns);
        if (is_duration != (rows[i].value != REFUSED))
            fail_msg("\"%s\" is %s", rows[i].text, is_duration ? "taken" : "refused");
        if (is_duration)
            assert_int_equal(duration_ns, rows[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_read_sizes_in_binary_multiples),
        cmocka_unit_test(units_read_durations_with_their_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
