#include "engine/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "tests/support/check.h"
#include "tests/support/shipped.h"

static int hash_order(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* A sample of the names from `first` on, as a trial keeps it. */
static struct trial_sample sample_of(uint32_t first, uint32_t count)
{
    uint64_t *const hashes = calloc(count + 1, sizeof(*hashes));
    assert_non_null(hashes);
    for (uint32_t i = 0; i < count; i++)
        hashes[i] = hash_mix(first + i);
    qsort(hashes, count, sizeof(*hashes), hash_order);
    return (struct trial_sample){
        .hashes = hashes,
        .count = count < TRIAL_SAMPLE_MAX ? count : TRIAL_SAMPLE_MAX,
        .is_all = count < TRIAL_SAMPLE_MAX,
    };
}

/* Hours, accounts and sources of a campaign: from …, to or how many. */
struct shape {
    int64_t start, end;
    uint32_t account, accounts, source, sources;
};

static struct trial_campaign campaign_of(struct shape shape)
{
    return (struct trial_campaign){
        .start_ns = shape.start,
        .end_ns = shape.end,
        .opened_ns = shape.start,
        .accounts = shape.accounts,
        .sources = shape.sources,
        .attempts = shape.accounts,
        .account_sample = sample_of(shape.account, shape.accounts),
        .source_sample = sample_of(shape.source, shape.sources),
    };
}

static void campaign_free(struct trial_campaign *campaign)
{
    free(campaign->account_sample.hashes);
    free(campaign->source_sample.hashes);
}

static void campaigns_are_the_same_by_time_accounts_and_sources(void **state)
{
    (void)state;
    static const struct {
        struct shape a, b;
        bool is_same;
    } cases[] = {
        {{0, 9, 100, 20, 500, 1}, {0, 9, 100, 20, 500, 1}, true},
        /* seen later, so with fewer accounts; or grown together with more */
        {{0, 9, 100, 20, 500, 1}, {5, 9, 110, 10, 500, 1}, true},
        {{0, 9, 100, 20, 500, 10}, {0, 9, 50, 200, 400, 300}, true},
        /* another time, touching ones aside */
        {{0, 9, 100, 20, 500, 1}, {10, 12, 100, 20, 500, 1}, false},
        {{0, 9, 100, 20, 500, 1}, {9, 12, 100, 20, 500, 1}, true},
        /* the same accounts from elsewhere, others from the same place */
        {{0, 9, 100, 20, 500, 1}, {0, 9, 100, 20, 501, 1}, false},
        {{0, 9, 100, 20, 500, 1}, {0, 9, 120, 20, 500, 1}, false},
        /* half of the smaller one, and less */
        {{0, 9, 100, 20, 500, 1}, {0, 9, 110, 20, 500, 1}, true},
        {{0, 9, 100, 20, 500, 1}, {0, 9, 111, 20, 500, 1}, false},
        /* logs without addresses */
        {{0, 9, 100, 20, 0, 0}, {0, 9, 100, 20, 0, 0}, true},
        {{0, 9, 100, 20, 0, 0}, {0, 9, 300, 20, 0, 0}, false},
        /* more than a sample holds */
        {{0, 9, 100, 20000, 500, 9000}, {0, 9, 8100, 20000, 500, 9000}, true},
        {{0, 9, 100, 20000, 500, 9000}, {0, 9, 14100, 20000, 500, 9000}, false},
        {{0, 9, 100, 20000, 500, 1}, {0, 9, 150, 30, 500, 1}, true},
        {{0, 9, 100, 20000, 500, 1}, {0, 9, 30000, 3000, 500, 1}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct trial_campaign a = campaign_of(cases[i].a), b = campaign_of(cases[i].b);
        if (comparison_is_same(&a, &b) != cases[i].is_same ||
            comparison_is_same(&b, &a) != cases[i].is_same)
            fail_msg("case %zu", i);
        campaign_free(&a);
        campaign_free(&b);
    }
}

static size_t detector_named(const char *name)
{
    size_t count, i = 0;
    const struct detector *const detectors = ruleset_detectors(shipped_ruleset, &count);
    while (i < count && strcmp(detectors[i].name, name) != 0)
        i++;
    assert_true(i < count);
    return i;
}

static uint64_t bit(const char *name)
{
    return UINT64_C(1) << detector_named(name);
}

/* Three attacks; of the setting the first comes later, the second is missed, the third has lost a
 * password, and a fourth is new. */
static void a_setting_is_told_beside_the_loaded_one(void **state)
{
    (void)state;
    struct trial_campaign loaded_campaigns[] = {
        campaign_of((struct shape){0, 100, 10, 20, 1000, 1}),
        campaign_of((struct shape){0, 100, 40, 20, 1001, 1}),
        campaign_of((struct shape){0, 100, 70, 20, 1002, 1}),
    };
    struct trial_campaign tried_campaigns[] = {
        campaign_of((struct shape){0, 100, 70, 20, 1002, 1}),
        campaign_of((struct shape){30, 100, 10, 20, 1000, 1}),
        campaign_of((struct shape){50, 60, 200, 5, 1003, 1}),
    };
    loaded_campaigns[1].confirmed = 1;
    loaded_campaigns[2].confirmed = 2;
    tried_campaigns[0].confirmed = 1;
    tried_campaigns[0].detectors = bit("source_fanout") | bit("confirmed_password");
    tried_campaigns[1].detectors = bit("source_fanout") | bit("low_and_slow");
    tried_campaigns[2].detectors = bit("low_and_slow");
    uint32_t loaded_confirmed[] = {40, 70, 71}, tried_confirmed[] = {70};
    const struct trial loaded = {.campaigns = loaded_campaigns,
                                 .count = 3,
                                 .confirmed = loaded_confirmed,
                                 .confirmed_count = 3};
    const struct trial tried = {.campaigns = tried_campaigns,
                                .count = 3,
                                .confirmed = tried_confirmed,
                                .confirmed_count = 1};
    struct comparison comparison;
    assert_int_equal(comparison_init(&comparison, shipped_ruleset, detector_named("source_fanout"),
                                     &loaded, &tried),
                     STATUS_OK);
    assert_int_equal(comparison.campaigns, 3);
    assert_int_equal(comparison.by_detector, 2);
    assert_int_equal(comparison.by_it_alone, 1);
    assert_int_equal(comparison.missed.count, 1);
    assert_ptr_equal(comparison.missed.items[0], &loaded_campaigns[1]);
    assert_int_equal(comparison.missed.confirmed, 1);
    assert_int_equal(comparison.added.count, 1);
    assert_ptr_equal(comparison.added.items[0], &tried_campaigns[2]);
    assert_int_equal(comparison.added.accounts, 5);
    assert_int_equal(comparison.later, 1);
    assert_int_equal(comparison.later_ns_max, 30);
    assert_int_equal(comparison.confirmed, 1);
    assert_int_equal(comparison.confirmed_missed, 2);
    assert_int_equal(comparison.confirmed_added, 0);
    comparison_deinit(&comparison);
    for (size_t i = 0; i < 3; i++) {
        campaign_free(&loaded_campaigns[i]);
        campaign_free(&tried_campaigns[i]);
    }
}

static void what_matters_most_comes_first(void **state)
{
    (void)state;
    struct trial_campaign campaigns[] = {
        {.number = 1, .severity = 50, .accounts = 10, .start_ns = 0, .end_ns = 9},
        {.number = 2, .severity = 50, .accounts = 30, .start_ns = 0, .end_ns = 9},
        {.number = 3, .severity = 70, .accounts = 10, .start_ns = 0, .end_ns = 9},
        {.number = 4, .severity = 20, .accounts = 1, .confirmed = 1, .start_ns = 0, .end_ns = 9},
        {.number = 5, .severity = 50, .accounts = 10, .start_ns = 0, .end_ns = 9},
    };
    static const uint32_t order[] = {4, 3, 2, 1, 5};
    const struct trial loaded = {.campaigns = campaigns, .count = 5}, tried = {0};
    struct comparison comparison;
    assert_int_equal(comparison_init(&comparison, shipped_ruleset, 0, &loaded, &tried), STATUS_OK);
    assert_int_equal(comparison.missed.count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(comparison.missed.items[i]->number, order[i]);
    comparison_deinit(&comparison);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(campaigns_are_the_same_by_time_accounts_and_sources),
        cmocka_unit_test(a_setting_is_told_beside_the_loaded_one),
        cmocka_unit_test(what_matters_most_comes_first),
    };
    return cmocka_run_group_tests(tests, shipped_create, shipped_destroy);
}
