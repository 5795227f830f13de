#include "engine/base/table.h"

#include "tests/support/check.h"
#include "tests/support/random.h"

enum { KEYS = 300 };

static void table_agrees_with_an_array_under_random_changes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random random = {.state = seed};
        struct slab slab;
        assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
        struct table table;
        table_init(&table, &slab);
        uint64_t expected[KEYS + 1] = {0};
        bool is_there[KEYS + 1] = {false};
        size_t count = 0;
        for (int i = 0; i < 3000; i++) {
            const uint64_t key = 1 + random_below(&random, KEYS);
            if (random_below(&random, 3) == 0) {
                table_remove(&table, key);
                count -= is_there[key];
                is_there[key] = false;
            } else {
                bool is_new;
                uint64_t *const value = table_put(&table, key, &is_new);
                assert_non_null(value);
                assert_int_equal(is_new, !is_there[key]);
                count += is_new;
                is_there[key] = true;
                *value = expected[key] = random_next(&random);
            }
            assert_int_equal(table.count, count);
        }
        for (uint64_t key = 1; key <= KEYS; key++) {
            const uint64_t *const value = table_get(&table, key);
            assert_int_equal(value != NULL, is_there[key]);
            if (value != NULL && *value != expected[key])
                fail_msg("seed %llu: key %llu", (unsigned long long)seed, (unsigned long long)key);
        }
        table_deinit(&table);
        assert_int_equal(slab.bytes_taken, 0);
        slab_deinit(&slab);
    }
}

static void table_refuses_when_its_memory_is_used_up(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 4096), STATUS_OK);
    struct table table;
    table_init(&table, &slab);
    uint64_t key = 1;
    while (table_put(&table, key, NULL) != NULL)
        key++;
    assert_true(key > 32);
    assert_non_null(table_get(&table, 1));
    assert_null(table_get(&table, key));
    slab_deinit(&slab);
}

static void table_never_holds_key_0(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 16), STATUS_OK);
    struct table table;
    table_init(&table, &slab);
    assert_null(table_get(&table, 0));
    assert_non_null(table_put(&table, 1, NULL)); /* now there are free slots, whose key is 0 */
    assert_null(table_get(&table, 0));
    slab_deinit(&slab);
}

static void slab_reuses_what_is_given_back(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 4096), STATUS_OK);
    void *const first = slab_take(&slab, 100);
    assert_non_null(first);
    assert_int_equal(slab.bytes_taken, 128);
    slab_give(&slab, first, 100);
    assert_int_equal(slab.bytes_taken, 0);
    assert_ptr_equal(slab_take(&slab, 120), first);
    assert_null(slab_take(&slab, 8192));
    slab_deinit(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_agrees_with_an_array_under_random_changes),
        cmocka_unit_test(table_refuses_when_its_memory_is_used_up),
        cmocka_unit_test(table_never_holds_key_0),
        cmocka_unit_test(slab_reuses_what_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
