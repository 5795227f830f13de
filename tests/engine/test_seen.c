#include "engine/seen.h"

#include "engine/base/hash.h"
#include "tests/support/check.h"

/* Ids are keyed hashes; these are as good. */
static uint64_t id(uint64_t number)
{
    return hash_mix(number + 1) | 1;
}

static void seen_knows_an_id_the_second_time(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(seen_init(&seen, 1 << 20), STATUS_OK);
    for (uint64_t i = 0; i < 10000; i++) {
        assert_false(seen_before(&seen, id(i)));
        assert_true(seen_before(&seen, id(i)));
    }
    for (uint64_t i = 0; i < 10000; i++)
        assert_true(seen_before(&seen, id(i)));
    seen_deinit(&seen);
}

static void seen_grows_before_it_forgets(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(seen_init(&seen, 6 << 20), STATUS_OK);
    const uint64_t ids = seen.capacity_max / 2;
    for (uint64_t i = 0; i < ids; i++)
        assert_false(seen_before(&seen, id(i)));
    for (uint64_t i = 0; i < ids; i++)
        assert_true(seen_before(&seen, id(i)));
    assert_int_equal(seen.capacity[0], seen.capacity_max);
    seen_deinit(&seen);
}

/* However many have come, the last half of a generation's slots are known. */
static void seen_knows_the_last_generation_whole(void **state)
{
    (void)state;
    struct seen seen;
    assert_int_equal(seen_init(&seen, 0), STATUS_OK); /* the smallest there is */
    const uint64_t known = seen.capacity_max / 2;
    uint64_t forgotten = 0;
    for (uint64_t i = 0; i < 20 * known; i++) {
        assert_false(seen_before(&seen, id(i)));
        if (i >= known)
            assert_true(seen_before(&seen, id(i - known)));
    }
    for (uint64_t i = 0; i < 10 * known; i++)
        forgotten += !seen_before(&seen, id(i));
    assert_int_equal(forgotten, 10 * known);
    seen_deinit(&seen);
}

static void seen_keeps_within_its_share_of_memory(void **state)
{
    (void)state;
    static const size_t shares[] = {200 << 10, 1 << 20, 5 << 20};
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        struct seen seen;
        assert_int_equal(seen_init(&seen, shares[i]), STATUS_OK);
        for (uint64_t number = 0; number < 600000; number++)
            (void)seen_before(&seen, id(number));
        assert_true(seen.memory.bytes_taken <= shares[i]);
        seen_deinit(&seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seen_knows_an_id_the_second_time),
        cmocka_unit_test(seen_grows_before_it_forgets),
        cmocka_unit_test(seen_knows_the_last_generation_whole),
        cmocka_unit_test(seen_keeps_within_its_share_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
