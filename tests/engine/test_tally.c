#include "engine/tally.h"

#include "tests/support/check.h"
#include "tests/support/random.h"

#define SECOND INT64_C(1000000000)
#define SPANS 3

static const int64_t spans_ns[SPANS] = {10 * SECOND, 60 * SECOND, 300 * SECOND};

static struct tally_entry entry(int64_t seconds, uint64_t sequence, uint32_t value, uint32_t source)
{
    return (struct tally_entry){
        .time_ns = seconds * SECOND, .sequence = sequence, .counted = value, .source = source};
}

static void add(struct tally *tally, struct slab *slab, struct tally_entry added)
{
    assert_int_equal(tally_add(tally, slab, spans_ns, &added), 0);
}

static void tally_counts_an_entry_exactly_one_span_old(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct tally tally;
    tally_init(&tally, sizeof(struct tally_entry), SPANS);
    add(&tally, &slab, entry(100, 0, 1, 1));
    add(&tally, &slab, entry(110, 1, 2, 1));
    assert_int_equal(tally.counts[0].attempts, 2);
    assert_int_equal(tally.counts[0].values, 2);
    assert_int_equal(tally.counts[0].sources, 1);
    tally_advance(&tally, &slab, spans_ns, 110 * SECOND + 1);
    assert_int_equal(tally.counts[0].attempts, 1);
    assert_int_equal(tally.counts[0].values, 1);
    assert_int_equal(tally.counts[1].attempts, 2);
    slab_deinit(&slab);
}

static void tally_keeps_a_value_while_its_latest_entry_stays(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct tally tally;
    tally_init(&tally, sizeof(struct tally_entry), SPANS);
    add(&tally, &slab, entry(100, 0, 7, 1));
    add(&tally, &slab, entry(105, 1, 7, 2));
    tally_advance(&tally, &slab, spans_ns, 112 * SECOND);
    assert_int_equal(tally.counts[0].attempts, 1);
    assert_int_equal(tally.counts[0].values, 1);
    assert_int_equal(tally.counts[0].sources, 1);
    slab_deinit(&slab);
}

static void tally_gives_all_its_memory_back_when_it_is_empty(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct tally tally;
    tally_init(&tally, sizeof(struct member), SPANS);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct member member = {
            .time_ns = i * SECOND, .sequence = i, .counted = i + 1, .source = 9};
        assert_int_equal(tally_add(&tally, &slab, spans_ns, &member), 0);
    }
    assert_true(slab.bytes_taken > 0);
    tally_advance(&tally, &slab, spans_ns, 10000 * SECOND);
    assert_true(tally_is_empty(&tally));
    assert_int_equal(slab.bytes_taken, 0);
    slab_deinit(&slab);
}

static void tally_forgets_the_oldest_when_memory_is_used_up(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 16384), STATUS_OK);
    struct tally tally;
    tally_init(&tally, sizeof(struct tally_entry), SPANS);
    unsigned forgotten = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        const struct tally_entry added = entry(100, i, i + 1, i + 1);
        forgotten += tally_add(&tally, &slab, spans_ns, &added);
        assert_int_equal(tally.counts[0].attempts, tally.counts[0].values);
        assert_int_equal(tally.counts[2].attempts, tally.log_count);
    }
    assert_int_equal(forgotten + tally.log_count, 5000);
    assert_true(tally.log_count > 50);
    /* What is left are the newest. */
    const struct tally_entry *const oldest = tally_entry_at(&tally, 2, 0);
    assert_int_equal(oldest->sequence, 5000 - tally.log_count);
    slab_deinit(&slab);
}

/* The page-long way: keep every entry for ever and count again. */
struct naive {
    struct tally_entry entries[512];
    unsigned count;
    int64_t now_ns;
};

static struct tally_counts naive_count(const struct naive *naive, int64_t span_ns)
{
    struct tally_counts counts = {0};
    for (unsigned i = 0; i < naive->count; i++) {
        if (naive->entries[i].time_ns < naive->now_ns - span_ns)
            continue;
        counts.attempts++;
        bool is_new_value = naive->entries[i].counted != 0;
        bool is_new_source = naive->entries[i].source != 0;
        for (unsigned j = 0; j < i; j++) {
            if (naive->entries[j].time_ns < naive->now_ns - span_ns)
                continue;
            is_new_value &= naive->entries[j].counted != naive->entries[i].counted;
            is_new_source &= naive->entries[j].source != naive->entries[i].source;
        }
        counts.values += is_new_value;
        counts.sources += is_new_source;
    }
    return counts;
}

static void tally_agrees_with_counting_again(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct random random = {.state = seed};
        struct slab slab;
        assert_int_equal(slab_init(&slab, 1 << 22), STATUS_OK);
        struct tally tally;
        tally_init(&tally, sizeof(struct tally_entry), SPANS);
        struct naive naive = {.now_ns = INT64_MIN + 1000 * SECOND};
        const uint32_t values = 1 + random_below(&random, 20);
        int64_t seconds = 1000;
        for (unsigned i = 0; i < 512; i++) {
            seconds += random_below(&random, 4) == 0 ? random_below(&random, 40) : 0;
            /* Now and then one comes late, sometimes too late for every window. */
            const int64_t back = random_below(&random, 8) == 0 ? random_below(&random, 400) : 0;
            const struct tally_entry added =
                entry(seconds - back, i, random_below(&random, values + 1),
                      random_below(&random, values + 1));
            if (added.time_ns > naive.now_ns)
                naive.now_ns = added.time_ns;
            if (added.time_ns >= naive.now_ns - spans_ns[2])
                naive.entries[naive.count++] = added;
            add(&tally, &slab, added);
            for (unsigned span = 0; span < SPANS; span++) {
                const struct tally_counts expected = naive_count(&naive, spans_ns[span]);
                if (memcmp(&expected, &tally.counts[span], sizeof(expected)) != 0)
                    fail_msg("seed %llu, entry %u, span %u", (unsigned long long)seed, i, span);
            }
        }
        tally_deinit(&tally, &slab);
        assert_int_equal(slab.bytes_taken, 0);
        slab_deinit(&slab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tally_counts_an_entry_exactly_one_span_old),
        cmocka_unit_test(tally_keeps_a_value_while_its_latest_entry_stays),
        cmocka_unit_test(tally_gives_all_its_memory_back_when_it_is_empty),
        cmocka_unit_test(tally_forgets_the_oldest_when_memory_is_used_up),
        cmocka_unit_test(tally_agrees_with_counting_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
