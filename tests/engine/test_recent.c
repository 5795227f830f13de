#include "engine/recent.h"

#include "tests/support/check.h"

enum { KEYS = 7, ENTRIES = 5000 };

static struct slab slab;
static struct recent recent;

static int setup(void **state)
{
    (void)state;
    if (slab_init(&slab, 4 << 20) != STATUS_OK)
        return -1;
    recent_init(&recent, &slab);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    slab_deinit(&slab);
    return 0;
}

/* An entry of key `n % KEYS`, met at time n. */
static struct recent_entry entry_of(uint64_t n)
{
    return (struct recent_entry){
        .id = (n % KEYS + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1,
        .time_ns = (int64_t)n - 3,
        .met_ns = (int64_t)n,
        .sequence = n,
        .account = (uint32_t)n + 2,
    };
}

static void recent_recalls_a_key_oldest_first(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < ENTRIES; n++) {
        const struct recent_entry entry = entry_of(n);
        assert_int_equal(recent_add(&recent, &entry, INT64_MIN), 0);
    }
    for (uint64_t key = 0; key < KEYS; key++) {
        const size_t count = recent_recall(&recent, entry_of(key).id, INT64_MIN);
        assert_int_equal(count, (ENTRIES - key + KEYS - 1) / KEYS);
        for (size_t i = 0; i < count; i++) {
            const struct recent_entry *const entry = recent_recalled(&recent, i);
            assert_int_equal(entry->sequence, key + i * KEYS);
            assert_int_equal(entry->account, entry->sequence + 2);
        }
    }
    assert_int_equal(recent_recall(&recent, 12345, INT64_MIN), 0);
}

static void recent_forgets_what_was_met_before(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < ENTRIES; n++) {
        const struct recent_entry entry = entry_of(n);
        assert_int_equal(recent_add(&recent, &entry, (int64_t)n - 70), 0);
    }
    /* What is kept needs no more room than one span's entries. */
    assert_true(recent.capacity <= 128);
    const size_t count = recent_recall(&recent, entry_of(ENTRIES - 1).id, ENTRIES - 1 - 70);
    assert_int_equal(count, 11);
    assert_int_equal(recent_recalled(&recent, 10)->sequence, ENTRIES - 1);
    assert_int_equal(recent_recalled(&recent, 0)->sequence, ENTRIES - 1 - 70);
    assert_int_equal(recent_recall(&recent, entry_of(0).id, ENTRIES), 0);
}

static void recent_lets_the_oldest_go_when_memory_ends(void **state)
{
    (void)state;
    struct slab small;
    struct recent bounded;
    assert_int_equal(slab_init(&small, 32 << 10), STATUS_OK);
    recent_init(&bounded, &small);
    unsigned forgotten = 0;
    for (uint64_t n = 0; n < ENTRIES; n++) {
        const struct recent_entry entry = entry_of(n);
        forgotten += recent_add(&bounded, &entry, INT64_MIN);
    }
    const uint64_t kept = bounded.end - bounded.first;
    assert_true(kept >= 64);
    assert_int_equal(forgotten, ENTRIES - kept);
    const size_t count = recent_recall(&bounded, entry_of(ENTRIES - 1).id, INT64_MIN);
    assert_true(count > 0 && count <= kept / KEYS + 1);
    assert_int_equal(recent_recalled(&bounded, count - 1)->sequence, ENTRIES - 1);
    slab_deinit(&small);
}

static void recent_without_any_memory_counts_what_it_loses(void **state)
{
    (void)state;
    struct slab none;
    struct recent empty;
    assert_int_equal(slab_init(&none, 1), STATUS_OK);
    recent_init(&empty, &none);
    const struct recent_entry entry = entry_of(1);
    assert_int_equal(recent_add(&empty, &entry, INT64_MIN), 1);
    assert_int_equal(recent_recall(&empty, entry.id, INT64_MIN), 0);
    slab_deinit(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(recent_recalls_a_key_oldest_first, setup, teardown),
        cmocka_unit_test_setup_teardown(recent_forgets_what_was_met_before, setup, teardown),
        cmocka_unit_test_setup_teardown(recent_lets_the_oldest_go_when_memory_ends, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(recent_without_any_memory_counts_what_it_loses, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
