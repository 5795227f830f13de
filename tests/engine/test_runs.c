#include "engine/runs.h"

#include <stdlib.h>
#include <string.h>

#include "engine/hits.h"
#include "tests/support/check.h"
#include "tests/support/disk.h"
#include "tests/support/random.h"

enum { HITS_BYTES = 1 << 20, VALUES_MAX = 40, RULES_MAX = 2000 };

static struct rig {
    struct slab hits;
    struct runs runs;
    char *memory;
} rig;

static void rig_init(size_t memory_bytes)
{
    assert_int_equal(slab_init(&rig.hits, HITS_BYTES), STATUS_OK);
    assert_int_equal(runs_init(&rig.runs, "/tmp", memory_bytes, &rig.hits), STATUS_OK);
    rig.memory = malloc(memory_bytes);
    assert_non_null(rig.memory);
}

static void rig_deinit(void)
{
    runs_deinit(&rig.runs);
    slab_deinit(&rig.hits);
    free(rig.memory);
}

static int reset_disk(void **state)
{
    (void)state;
    disk = (struct disk){0};
    return 0;
}

/* An attempt all of which follows from its number, as does what it holds: most hold nothing, some
 * more than a piece. */
static struct attempt attempt_make(uint64_t number, struct slab *hits)
{
    struct random random = {.state = number};
    struct attempt attempt = {.time_ns = (int64_t)(number / 3), .sequence = number};
    attempt.offset = random_next(&random);
    attempt.source = (uint32_t)random_next(&random);
    attempt.name[TEXT_ACCOUNT] = (uint32_t)random_next(&random);
    attempt.outcome = (uint8_t)random_below(&random, OUTCOME_COUNT);
    if (random_below(&random, 4) > 0)
        return attempt;
    const bool is_large = random_below(&random, 50) == 0;
    const uint32_t rules_count = 1 + random_below(&random, is_large ? RULES_MAX : 3);
    const uint32_t values_count = random_below(&random, is_large ? VALUES_MAX : 3);
    attempt.hits = slab_take(hits, hits_bytes(rules_count, values_count));
    assert_non_null(attempt.hits);
    *attempt.hits = (struct hits){.rules_count = rules_count, .values_count = values_count};
    for (uint32_t i = 0; i < values_count; i++)
        attempt.hits->values[i] = (struct hit_value){.number = (int64_t)random_next(&random),
                                                     .draw = i,
                                                     .name = (uint32_t)random_next(&random)};
    for (uint32_t i = 0; i < rules_count; i++)
        hits_rules(attempt.hits)[i] = (uint32_t)random_next(&random);
    return attempt;
}

static void attempt_release(struct attempt *attempt, struct slab *hits)
{
    if (attempt->hits != NULL)
        slab_give(hits, attempt->hits,
                  hits_bytes(attempt->hits->rules_count, attempt->hits->values_count));
    attempt->hits = NULL;
}

static void assert_attempt(struct attempt *attempt, uint64_t number, struct slab *hits)
{
    struct attempt wanted = attempt_make(number, hits);
    assert_int_equal(attempt->hits == NULL, wanted.hits == NULL);
    if (wanted.hits != NULL) {
        assert_int_equal(attempt->hits->rules_count, wanted.hits->rules_count);
        assert_int_equal(attempt->hits->values_count, wanted.hits->values_count);
        assert_memory_equal(attempt->hits, wanted.hits,
                            hits_bytes(wanted.hits->rules_count, wanted.hits->values_count));
    }
    attempt_release(attempt, hits);
    attempt_release(&wanted, hits);
    assert_memory_equal(attempt, &wanted, sizeof(wanted));
}

/* Deals the numbers from 0 to before `count` to the runs, by chance. */
static void write_runs(uint64_t seed, uint32_t runs_count, uint64_t count)
{
    for (uint32_t run = 0; run < runs_count; run++) {
        struct random random = {.state = seed};
        runs_begin(&rig.runs);
        for (uint64_t number = 0; number < count; number++) {
            if (random_below(&random, runs_count) != run)
                continue;
            struct attempt attempt = attempt_make(number, &rig.hits);
            runs_add(&rig.runs, &attempt);
            attempt_release(&attempt, &rig.hits);
        }
        runs_end(&rig.runs);
    }
}

static void runs_come_back_as_one_sequence(void **state)
{
    (void)state;
    static const struct {
        uint32_t runs_count;
        size_t memory_bytes;
        uint64_t count;
        uint64_t merged; /* runs made of others */
        bool is_jerky;
    } cases[] = {
        {1, RUNS_MEMORY_MIN, 0, 0, false},
        {1, RUNS_MEMORY_MIN, 5000, 0, false},
        {2, RUNS_MEMORY_MIN, 5000, 0, true},
        {3, RUNS_MEMORY_MIN, 5000, 1, false},
        {30, RUNS_MEMORY_MIN, 20, 28, false}, /* some are empty */
        {30, RUNS_MEMORY_MIN, 5000, 28, true},
        {30, 4 * RUNS_PIECE_BYTES_MIN, 5000, 9, false},
        {30, 29 * RUNS_PIECE_BYTES_MIN, 5000, 1, false},
        {30, 30 * RUNS_PIECE_BYTES_MIN, 5000, 0, false},
        {300, RUNS_MERGED_MAX * RUNS_PIECE_BYTES_MIN, 5000, 1, false},
        {7, RUNS_MERGED_MAX * RUNS_PIECE_BYTES_MAX, 20000, 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        disk.is_jerky = cases[i].is_jerky;
        rig_init(cases[i].memory_bytes);
        write_runs(i, cases[i].runs_count, cases[i].count);
        assert_true(runs_are_there(&rig.runs));
        runs_merge(&rig.runs, rig.memory);
        struct attempt attempt;
        for (uint64_t number = 0; number < cases[i].count; number++) {
            assert_false(runs_are_out(&rig.runs));
            assert_true(runs_next(&rig.runs, &attempt));
            assert_attempt(&attempt, number, &rig.hits);
        }
        assert_true(runs_are_out(&rig.runs));
        assert_false(runs_next(&rig.runs, &attempt));
        assert_int_equal(runs_status(&rig.runs), STATUS_OK);
        assert_int_equal(rig.hits.bytes_taken, 0);
        assert_int_equal(rig.runs.hits_lost, 0);
        const struct runs_counters counters = runs_counters(&rig.runs);
        assert_int_equal(counters.runs, cases[i].runs_count);
        assert_int_equal(counters.merged, cases[i].merged);
        assert_true(counters.bytes >= cases[i].count * sizeof(struct run_record));
        rig_deinit();
    }
}

/* Merges seven runs with a disk of which one call fails; false: there are no so many calls. */
static bool fails_at(uint64_t write, uint64_t read)
{
    enum { COUNT = 3000 };
    disk = (struct disk){.full_at = write, .unreadable_at = read};
    rig_init(RUNS_MEMORY_MIN);
    write_runs(1, 7, COUNT);
    runs_merge(&rig.runs, rig.memory);
    struct attempt attempt;
    uint64_t number = 0;
    while (runs_next(&rig.runs, &attempt))
        assert_attempt(&attempt, number++, &rig.hits);
    const bool has_failed = runs_status(&rig.runs) != STATUS_OK;
    assert_int_equal(has_failed, number < COUNT);
    assert_int_equal(has_failed, !runs_are_out(&rig.runs));
    if (write != 0 && has_failed)
        assert_int_equal(number, 0); /* nothing was written any more when the first came out */
    rig_deinit();
    return has_failed;
}

static void runs_end_where_the_disk_fails(void **state)
{
    (void)state;
    uint64_t writes = 1, reads = 1;
    while (fails_at(writes, 0))
        writes++;
    while (fails_at(0, reads))
        reads++;
    assert_in_range(writes, 50, 1000);
    assert_in_range(reads, writes, 1000);
}

static void runs_count_the_hits_that_have_no_room(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    rig_init(RUNS_MEMORY_MIN);
    write_runs(1, 2, COUNT);
    slab_clear(&rig.hits);
    while (slab_take(&rig.hits, 1) != NULL)
        ;
    runs_merge(&rig.runs, rig.memory);
    struct attempt attempt;
    uint64_t count = 0;
    while (runs_next(&rig.runs, &attempt)) {
        assert_null(attempt.hits);
        assert_int_equal(attempt.sequence, count++);
    }
    assert_int_equal(count, COUNT);
    assert_in_range(rig.runs.hits_lost, COUNT / 8, COUNT / 2);
    rig_deinit();
}

static void runs_have_pieces_of_a_fitting_size(void **state)
{
    (void)state;
    assert_int_equal(runs_piece_bytes(RUNS_MEMORY_MIN), RUNS_PIECE_BYTES_MIN);
    assert_int_equal(runs_piece_bytes((size_t)64 << 20), 256 << 10);
    assert_int_equal(runs_piece_bytes((size_t)1 << 40), RUNS_PIECE_BYTES_MAX);
}

#define CASE(name) cmocka_unit_test_setup(name, reset_disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(runs_come_back_as_one_sequence),
        CASE(runs_end_where_the_disk_fails),
        CASE(runs_count_the_hits_that_have_no_room),
        CASE(runs_have_pieces_of_a_fitting_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
