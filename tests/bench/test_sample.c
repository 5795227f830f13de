#include "tests/support/check.h"

#include "bench/sample.h"

static struct sample of(const double *values, unsigned count)
{
    struct sample sample = {0};
    for (unsigned i = 0; i < count; i++)
        sample_add(&sample, values[i]);
    return sample;
}

#define SAMPLE(...)                                                                                \
    of((const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void median_and_spread_do_not_depend_on_the_order(void **state)
{
    (void)state;
    const struct sample odd = SAMPLE(3, 1, 2), even = SAMPLE(4, 1, 3, 2), none = {0};
    assert_float_equal(sample_median(&odd), 2, 1e-9);
    assert_float_equal(sample_spread(&odd), 1, 1e-9);
    assert_float_equal(sample_median(&even), 2.5, 1e-9);
    assert_float_equal(sample_median(&none), 0, 1e-9);
    assert_float_equal(sample_spread(&none), 0, 1e-9);
}

static void a_quantile_is_a_value_that_was_measured(void **state)
{
    (void)state;
    double values[100];
    for (unsigned i = 0; i < 100; i++)
        values[i] = 100 - i;
    assert_float_equal(numbers_quantile(values, 100, 0.5), 50, 1e-9);
    assert_float_equal(numbers_quantile(values, 100, 0.99), 99, 1e-9);
    assert_float_equal(numbers_quantile(values, 100, 1), 100, 1e-9);
    assert_float_equal(numbers_quantile(values, 1, 0.99), 1, 1e-9);
}

static void samples_that_lie_apart_differ(void **state)
{
    (void)state;
    const struct sample low = SAMPLE(1.0, 1.1, 1.2, 1.1, 1.0),
                        high = SAMPLE(1.4, 1.3, 1.3, 1.5, 1.4);
    const struct sample across = SAMPLE(1.4, 1.3, 1.15, 1.5, 1.4);
    const struct sample few = SAMPLE(1.4, 1.3, 1.3), near = SAMPLE(1.21, 1.21, 1.21, 1.21, 1.21);
    const struct sample steady = SAMPLE(1.2, 1.2, 1.2, 1.2, 1.2);
    assert_int_equal(sample_compare(&low, &high), SAMPLE_WORSE);
    assert_int_equal(sample_compare(&high, &low), SAMPLE_BETTER);
    assert_int_equal(sample_compare(&low, &low), SAMPLE_SAME);
    assert_int_equal(sample_compare(&low, &across),
                     SAMPLE_SAME); /* one round would do for chance */
    assert_int_equal(sample_compare(&low, &few), SAMPLE_UNCLEAR);
    assert_int_equal(sample_compare(&steady, &near), SAMPLE_SAME); /* apart, but by 1 % */
}

static void pairs_differ_when_nearly_all_rounds_say_the_same(void **state)
{
    (void)state;
    /* The machine grows slower from round to round; each pair still tells. */
    const struct sample old = SAMPLE(1, 2, 3, 4, 5, 6, 7, 8);
    const struct sample new = SAMPLE(1.1, 2.2, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8);
    const struct sample twice = SAMPLE(0.9, 1.8, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8);
    const struct sample five = SAMPLE(1, 2, 3, 4, 5), six = SAMPLE(2, 3, 4, 5, 6);
    double ratio = 0;
    assert_int_equal(sample_compare_pairs(&old, &new, &ratio), SAMPLE_WORSE);
    assert_float_equal(ratio, 1.1, 1e-9);
    assert_int_equal(sample_compare_pairs(&new, &old, &ratio), SAMPLE_BETTER);
    assert_int_equal(sample_compare_pairs(&old, &twice, &ratio), SAMPLE_SAME);
    assert_int_equal(sample_compare_pairs(&old, &old, &ratio), SAMPLE_SAME);
    assert_int_equal(sample_compare_pairs(&five, &six, &ratio), SAMPLE_UNCLEAR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median_and_spread_do_not_depend_on_the_order),
        cmocka_unit_test(a_quantile_is_a_value_that_was_measured),
        cmocka_unit_test(samples_that_lie_apart_differ),
        cmocka_unit_test(pairs_differ_when_nearly_all_rounds_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
