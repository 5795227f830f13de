#include "engine/crowd.h"

#include "engine/base/hash.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

static void crowd_counts_each_account_of_a_source_once(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct crowd crowd;
    crowd_init(&crowd, &slab);
    assert_int_equal(crowd_size(&crowd, 77), 0);
    for (int again = 0; again < 3; again++) {
        crowd_add(&crowd, 77, 5);
        crowd_add(&crowd, 77, 6);
        crowd_add(&crowd, 78, 5);
    }
    assert_int_equal(crowd_size(&crowd, 77), 2);
    assert_int_equal(crowd_size(&crowd, 78), 1);
    assert_int_equal(crowd_size(&crowd, 79), 0);
    assert_int_equal(crowd.refused, 0);
    crowd_deinit(&crowd);
    assert_int_equal(slab.bytes_taken, 0);
    slab_deinit(&slab);
}

/* Like the ids of windows: mixed more than once. */
static uint64_t source_key(uint32_t number)
{
    return hash_mix(hash_mix(number + 1)) | 1;
}

static void crowd_agrees_with_an_array_when_it_grows(void **state)
{
    (void)state;
    enum { KEYS = 20, ACCOUNTS = 2000 };
    static bool is_known[KEYS][ACCOUNTS];
    struct random random = {.state = 1};
    struct slab slab;
    assert_int_equal(slab_init(&slab, 8 << 20), STATUS_OK);
    struct crowd crowd;
    crowd_init(&crowd, &slab);
    uint32_t sizes[KEYS] = {0};
    for (int i = 0; i < 50000; i++) {
        const uint32_t key = random_below(&random, KEYS), account = random_below(&random, ACCOUNTS);
        sizes[key] += !is_known[key][account];
        is_known[key][account] = true;
        crowd_add(&crowd, source_key(key), account + 2);
    }
    for (uint32_t key = 0; key < KEYS; key++)
        assert_int_equal(crowd_size(&crowd, source_key(key)), sizes[key]);
    slab_deinit(&slab);
}

static void crowd_learns_no_more_when_memory_is_used_up(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 20000), STATUS_OK);
    struct crowd crowd;
    crowd_init(&crowd, &slab);
    for (uint32_t account = 2; account < 5002; account++)
        crowd_add(&crowd, 9, account);
    const uint32_t size = crowd_size(&crowd, 9);
    assert_true(size > 500);
    assert_int_equal(size + crowd.refused, 5000);
    /* What is known stays known. */
    crowd_add(&crowd, 9, 2);
    assert_int_equal(size + crowd.refused, 5000);
    slab_deinit(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crowd_counts_each_account_of_a_source_once),
        cmocka_unit_test(crowd_agrees_with_an_array_when_it_grows),
        cmocka_unit_test(crowd_learns_no_more_when_memory_is_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
