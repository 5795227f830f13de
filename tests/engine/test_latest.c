#include "engine/latest.h"

#include "tests/support/check.h"
#include "tests/support/random.h"

enum { VALUES = 40, EVENTS = 20000 };

static struct slab slab;
static struct latest latest;

static int setup(void **state)
{
    (void)state;
    if (slab_init(&slab, 1 << 20) != STATUS_OK)
        return -1;
    latest_init(&latest, &slab);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    latest_deinit(&latest);
    const bool has_all_back = slab.bytes_taken == 0;
    slab_deinit(&slab);
    return has_all_back ? 0 : -1;
}

/* Distinct values among the last events that are not before `since_ns`, at most `max`. */
static uint32_t count_naively(const int64_t last_ns[VALUES + 1], int64_t since_ns, uint32_t max)
{
    uint32_t count = 0;
    for (int value = 1; value <= VALUES; value++)
        count += last_ns[value] >= since_ns;
    return count < max ? count : max;
}

static void latest_counts_distinct_values_up_to_what_is_needed(void **state)
{
    (void)state;
    struct random random = {.state = 7};
    static const uint32_t needs[] = {1, 2, 5, 30, 100};
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        int64_t last_ns[VALUES + 1];
        int64_t now_ns = 1000;
        for (int value = 0; value <= VALUES; value++)
            last_ns[value] = -1;
        for (int event = 0; event < EVENTS; event++) {
            const uint32_t value = 1 + random_below(&random, VALUES);
            now_ns += random_below(&random, 4);
            last_ns[value] = now_ns;
            latest_expire(&latest, now_ns - 60);
            assert_true(latest_add(&latest, value, now_ns, needs[i]));
            assert_int_equal(latest.count, count_naively(last_ns, now_ns - 60, needs[i]));
        }
        latest_deinit(&latest);
    }
}

static void latest_keeps_no_more_than_is_needed(void **state)
{
    (void)state;
    for (uint64_t value = 1; value <= EVENTS; value++)
        assert_true(latest_add(&latest, value, (int64_t)value, 10));
    assert_int_equal(latest.count, 10);
    assert_true(latest.capacity <= 16);
    assert_true(slab.bytes_taken < 4096);
}

static void latest_says_when_there_is_no_memory(void **state)
{
    (void)state;
    uint64_t value = 1;
    while (latest_add(&latest, value, (int64_t)value, UINT32_MAX))
        value++;
    assert_true(value > 1000);
    /* What was there still is, and can make room. */
    assert_int_equal(latest.count, value - 1);
    latest_drop(&latest);
    assert_true(latest_add(&latest, value, (int64_t)value, UINT32_MAX));
    assert_int_equal(latest.count, value - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(latest_counts_distinct_values_up_to_what_is_needed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(latest_keeps_no_more_than_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(latest_says_when_there_is_no_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
