#include "engine/order.h"

#include <stdlib.h>

#include "engine/hits.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)

enum { EVENTS_MAX = 20000, HITS_MAX = 400 };

struct rig {
    struct names names;
    struct familiar familiar;
    struct seen seen;
    struct order order;
};

static void rig_init(struct rig *rig, struct order_options options)
{
    const struct hash_key key = hash_key_fixed();
    assert_int_equal(names_init(&rig->names, key, 1 << 20), STATUS_OK);
    assert_int_equal(familiar_init(&rig->familiar, 1 << 20), STATUS_OK);
    assert_int_equal(seen_init(&rig->seen, 1 << 20), STATUS_OK);
    assert_int_equal(order_init(&rig->order, &options, &rig->names, &rig->familiar, &rig->seen),
                     STATUS_OK);
}

static void rig_deinit(struct rig *rig)
{
    order_deinit(&rig->order);
    seen_deinit(&rig->seen);
    familiar_deinit(&rig->familiar);
    names_deinit(&rig->names);
}

struct arrival {
    int64_t time_ns;
    uint64_t id;
    uint8_t flags;
    uint32_t hits_count; /* that many rules, 0, 1, 2 … */
};

struct released {
    int64_t times[EVENTS_MAX];
    uint64_t sequences[EVENTS_MAX];
    bool is_late[EVENTS_MAX];
    uint32_t hits[EVENTS_MAX]; /* how many rules; all the right ones */
    size_t count;
};

static struct span span;
static struct batch batch;

static uint32_t hits_check(const struct hits *hits)
{
    for (uint32_t i = 0; hits != NULL && i < hits->rules_count; i++)
        assert_int_equal(hits_rules((struct hits *)hits)[i], i);
    return hits != NULL ? hits->rules_count : 0;
}

static void drain(struct rig *rig, struct released *released)
{
    bool has_more;
    do {
        span.count = 0;
        has_more = order_give(&rig->order, &span);
        for (uint32_t i = 0; i < span.count; i++) {
            released->times[released->count] = span.attempts[i].time_ns;
            released->is_late[released->count] = span.attempts[i].is_late;
            released->hits[released->count] = hits_check(span.attempts[i].hits);
            order_release_hits(&rig->order, &span.attempts[i]);
            released->sequences[released->count++] = span.attempts[i].sequence;
        }
    } while (has_more);
}

/* Feeds the arrivals in batches of random size. */
static void feed(struct rig *rig, struct random *random, const struct arrival *arrivals,
                 size_t count, struct released *released)
{
    released->count = 0;
    for (size_t at = 0; at < count;) {
        batch = (struct batch){.is_last_part = true, .text_bytes = HITS_MAX * sizeof(uint32_t)};
        for (uint32_t i = 0; i < HITS_MAX; i++)
            memcpy(batch.text + i * sizeof(i), &i, sizeof(i));
        memcpy(batch.text + batch.text_bytes, "ann", 3);
        const uint32_t size = 1 + random_below(random, 60);
        while (batch.updates_count < size && at < count) {
            struct update *const update = &batch.updates[batch.updates_count++];
            *update = (struct update){.time_ns = arrivals[at].time_ns,
                                      .id_hash = arrivals[at].id,
                                      .flags = arrivals[at].flags,
                                      .hits_count = arrivals[at].hits_count};
            if (arrivals[at].flags != 0) /* has a witness, and so an account */
                update->text[TEXT_ACCOUNT] =
                    (struct text_ref){.hash = 77, .offset = batch.text_bytes, .bytes = 3};
            at++;
        }
        uint32_t taken = 0;
        order_begin(&rig->order, &batch);
        do {
            taken = order_take(&rig->order, &batch, taken);
            if (taken < batch.updates_count || random_below(random, 3) == 0)
                drain(rig, released);
        } while (taken < batch.updates_count);
    }
    order_end(&rig->order);
    drain(rig, released);
}

static struct order_options options_of(int64_t lateness_ns, bool is_history)
{
    return (struct order_options){.lateness_ns = lateness_ns,
                                  .skew_ns_max = 24 * HOUR,
                                  .is_history = is_history,
                                  .bytes_max = 1 << 22};
}

static void order_sorts_what_is_disordered_within_the_lateness(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct random random = {.state = seed};
        struct arrival arrivals[1000];
        for (size_t i = 0; i < 1000; i++)
            arrivals[i].time_ns =
                ((int64_t)i + 1000) * SECOND - random_below(&random, 200) * SECOND,
            arrivals[i].id = 0;
        struct rig rig;
        rig_init(&rig, options_of(200 * SECOND, false));
        struct released released;
        feed(&rig, &random, arrivals, 1000, &released);
        assert_int_equal(released.count, 1000);
        for (size_t i = 1; i < 1000; i++)
            assert_true(released.times[i - 1] <= released.times[i]);
        assert_int_equal(rig.order.counters.late, 0);
        rig_deinit(&rig);
    }
}

static void order_gives_the_same_for_every_cutting_into_batches(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random random = {.state = seed};
        const bool is_history = random_below(&random, 3) == 0;
        struct order_options options = options_of(random_below(&random, 100) * SECOND, is_history);
        if (random_below(&random, 2) == 0)
            options.bytes_max = 1; /* the least memory there is */
        static struct arrival arrivals[2000];
        int64_t now = 1000 * SECOND;
        for (size_t i = 0; i < 2000; i++) {
            now += random_below(&random, 3) * SECOND;
            const bool is_far = random_below(&random, 200) == 0;
            arrivals[i] = (struct arrival){
                .time_ns = now - random_below(&random, 300) * SECOND + (is_far ? 1000 * HOUR : 0),
                .id = random_below(&random, 10) == 0 ? 1 + random_below(&random, 500) : 0,
            };
        }
        struct released first, second;
        struct rig rig;
        rig_init(&rig, options);
        feed(&rig, &random, arrivals, 2000, &first);
        const struct counters counters = rig.order.counters;
        const uint64_t released_early = rig.order.released_early;
        rig_deinit(&rig);
        rig_init(&rig, options);
        feed(&rig, &random, arrivals, 2000, &second);
        if (first.count != second.count ||
            memcmp(first.sequences, second.sequences, first.count * sizeof(uint64_t)) != 0 ||
            memcmp(first.is_late, second.is_late, first.count * sizeof(bool)) != 0)
            fail_msg("seed %llu: another order", (unsigned long long)seed);
        assert_memory_equal(&counters, &rig.order.counters, sizeof(counters));
        assert_int_equal(released_early, rig.order.released_early);
        assert_int_equal(first.count, counters.normalized);
        rig_deinit(&rig);
    }
}

static void order_sorts_history_whatever_its_order(void **state)
{
    (void)state;
    struct random random = {.state = 5};
    static struct arrival arrivals[3000];
    for (size_t i = 0; i < 3000; i++)
        arrivals[i] = (struct arrival){.time_ns = random_below(&random, 100000) * SECOND};
    struct rig rig;
    rig_init(&rig, options_of(0, true));
    struct released released;
    feed(&rig, &random, arrivals, 3000, &released);
    assert_int_equal(released.count, 3000);
    for (size_t i = 1; i < 3000; i++)
        assert_true(released.times[i - 1] < released.times[i] ||
                    (released.times[i - 1] == released.times[i] &&
                     released.sequences[i - 1] < released.sequences[i]));
    assert_int_equal(rig.order.counters.late, 0);
    rig_deinit(&rig);
}

/* In order but for `jitter` seconds. */
static void arrivals_jitter(struct random *random, struct arrival *arrivals, size_t count,
                            uint32_t jitter)
{
    for (size_t i = 0; i < count; i++)
        arrivals[i] = (struct arrival){
            .time_ns = ((int64_t)i + 1000 - random_below(random, jitter)) * SECOND};
}

static void order_gives_expected_history_early_and_sorted(void **state)
{
    (void)state;
    static struct arrival arrivals[EVENTS_MAX];
    static struct released held, early;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct random random = {.state = seed};
        arrivals_jitter(&random, arrivals, EVENTS_MAX, seed % 2 == 0 ? 1 : 900);
        struct order_options options = options_of(900 * SECOND, true);
        struct rig rig;
        rig_init(&rig, options);
        feed(&rig, &random, arrivals, EVENTS_MAX, &held);
        assert_int_equal(rig.order.slots_count, EVENTS_MAX);
        rig_deinit(&rig);
        options.expects_order = true;
        if (seed > 4)
            options.bytes_max /= 16; /* hardly more than what the lateness holds */
        rig_init(&rig, options);
        feed(&rig, &random, arrivals, EVENTS_MAX, &early);
        assert_false(order_is_disordered(&rig.order));
        assert_int_equal(rig.order.released_early, 0);
        assert_in_range(rig.order.slots_count, 1, EVENTS_MAX / 2);
        assert_int_equal(early.count, EVENTS_MAX);
        assert_memory_equal(held.sequences, early.sequences, sizeof(held.sequences));
        rig_deinit(&rig);
    }
}

static void order_tells_that_history_is_not_as_expected(void **state)
{
    (void)state;
    static struct arrival arrivals[EVENTS_MAX];
    static struct released released;
    static const size_t places[] = {950, EVENTS_MAX / 2, EVENTS_MAX - 1};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct random random = {.state = i + 1};
        arrivals_jitter(&random, arrivals, EVENTS_MAX, 1);
        for (int64_t late = 900; late <= 901; late++) {
            arrivals[places[i]].time_ns = arrivals[places[i] - 1].time_ns - late * SECOND;
            struct order_options options = options_of(900 * SECOND, true);
            options.expects_order = true;
            struct rig rig;
            rig_init(&rig, options);
            feed(&rig, &random, arrivals, EVENTS_MAX, &released);
            assert_int_equal(order_is_disordered(&rig.order), late > 900);
            rig_deinit(&rig);
        }
    }
}

static void released_compare(const struct released *one, const struct released *other)
{
    assert_int_equal(one->count, other->count);
    assert_memory_equal(one->times, other->times, one->count * sizeof(one->times[0]));
    assert_memory_equal(one->sequences, other->sequences, one->count * sizeof(one->sequences[0]));
    assert_memory_equal(one->hits, other->hits, one->count * sizeof(one->hits[0]));
}

/* Copies, equal times, twins, and matched rules that use their memory up before the events do. */
static void order_gives_the_same_history_whatever_the_memory(void **state)
{
    (void)state;
    static struct arrival arrivals[EVENTS_MAX];
    static struct released held, merged;
    static const struct {
        size_t bytes_max;
        uint32_t hits_max; /* of an event */
        bool has_passes;   /* there are more runs than can be merged at once */
    } cases[] = {
        {1, 2, true},        {1, HITS_MAX, true},        {1 << 18, 2, true},
        {1 << 19, 2, false}, {1 << 19, HITS_MAX, false}, {1 << 24, HITS_MAX, false},
    };
    for (size_t at = 0; at < sizeof(cases) / sizeof(cases[0]); at++) {
        struct random random = {.state = at};
        for (size_t i = 0; i < EVENTS_MAX; i++)
            arrivals[i] = (struct arrival){
                .time_ns = random_below(&random, 10000) * SECOND,
                .id = 1 + random_below(&random, 10 * EVENTS_MAX),
                .flags = (uint8_t)(random_below(&random, 9) > 0   ? 0
                                   : random_below(&random, 2) > 0 ? EVENT_BY_HOST
                                                                  : EVENT_BY_AUTHORITY),
                .hits_count =
                    random_below(&random, 5) > 0 ? 0 : random_below(&random, cases[at].hits_max),
            };
        struct order_options options = options_of(0, true);
        options.hits_bytes_max = (size_t)1 << 24;
        struct rig rig;
        rig_init(&rig, options);
        feed(&rig, &random, arrivals, EVENTS_MAX, &held);
        const struct counters counters = rig.order.counters;
        assert_false(runs_are_there(&rig.order.runs));
        assert_true(rig.order.twins.removed > 0);
        assert_int_equal(rig.order.hits_lost, 0);
        rig_deinit(&rig);
        options.bytes_max = cases[at].bytes_max;
        options.hits_bytes_max = (size_t)1 << 21;
        rig_init(&rig, options);
        feed(&rig, &random, arrivals, EVENTS_MAX, &merged);
        released_compare(&held, &merged);
        assert_memory_equal(&counters, &rig.order.counters, sizeof(counters));
        const struct runs_counters runs = runs_counters(&rig.order.runs);
        assert_true(runs.runs >= 2);
        assert_int_equal(runs.merged > 0, cases[at].has_passes);
        assert_int_equal(rig.order.hits.bytes_taken, 0);
        assert_int_equal(rig.order.hits_lost + rig.order.runs.hits_lost, 0);
        assert_int_equal(rig.order.released_early, 0);
        assert_int_equal(order_status(&rig.order), STATUS_OK);
        rig_deinit(&rig);
    }
}

/* Sign-ins of one account, from addresses, covered by an entry or not. */
static void order_learns_apart_from_what_is_allowed(void **state)
{
    (void)state;
    static const struct {
        uint8_t source, allowance, outcome, familiar; /* the last: does it come from home? */
    } cases[] = {
        {1, 1, OUTCOME_SUCCESS, false},
        {1, 0, OUTCOME_WRONG_PASSWORD, false}, /* what was allowed has taught it nothing */
        {1, 2, OUTCOME_WRONG_PASSWORD, true},
        {2, 0, OUTCOME_SUCCESS, false},
        {2, 0, OUTCOME_WRONG_PASSWORD, true},
        {2, 1, OUTCOME_WRONG_PASSWORD, true}, /* without the entry it would be known, too */
        {1, 0, OUTCOME_WRONG_PASSWORD, false},
    };
    enum { COUNT = sizeof(cases) / sizeof(cases[0]) };
    struct familiar apart;
    struct order_options options = options_of(0, false);
    struct rig rig;
    assert_int_equal(familiar_init(&apart, 1 << 20), STATUS_OK);
    options.apart = &apart;
    rig_init(&rig, options);
    batch = (struct batch){.is_last_part = true, .updates_count = COUNT, .text_bytes = 3};
    memcpy(batch.text, "ann", 3);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct address source = {.bytes = {[10] = 0xff, [11] = 0xff, 192, 0, cases[i].source, 1}};
        batch.updates[i] = (struct update){
            .time_ns = (i + 1) * HOUR,
            .source = source,
            .source_hash = names_address_hash(hash_key_fixed(), &source, 128),
            .flags = EVENT_HAS_SOURCE,
            .outcome = cases[i].outcome,
            .allowance = cases[i].allowance,
            .text = {[TEXT_ACCOUNT] = {.hash = 77, .bytes = 3}},
        };
    }
    order_begin(&rig.order, &batch);
    assert_int_equal(order_take(&rig.order, &batch, 0), COUNT);
    order_end(&rig.order);
    span.count = 0;
    order_give(&rig.order, &span);
    assert_int_equal(span.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(span.attempts[i].allowance, cases[i].allowance);
        assert_int_equal((span.attempts[i].familiar & FAMILIAR_NETWORK) != 0, cases[i].familiar);
    }
    rig_deinit(&rig);
    familiar_deinit(&apart);
}

static void order_gives_nothing_where_history_cannot_be_put_aside(void **state)
{
    (void)state;
    struct random random = {.state = 3};
    static struct arrival arrivals[EVENTS_MAX];
    static struct released released;
    arrivals_jitter(&random, arrivals, EVENTS_MAX, 900);
    struct order_options options = options_of(0, true);
    options.bytes_max = 1;
    options.spill_directory = "/nowhere/at/all";
    struct rig rig;
    rig_init(&rig, options);
    feed(&rig, &random, arrivals, EVENTS_MAX, &released);
    assert_int_equal(order_status(&rig.order), STATUS_IO);
    assert_int_equal(released.count, 0);
    assert_int_equal(rig.order.counters.normalized, EVENTS_MAX);
    rig_deinit(&rig);
}

static void order_is_not_moved_by_times_far_ahead(void **state)
{
    (void)state;
    struct random random = {.state = 9};
    static struct arrival arrivals[500];
    for (size_t i = 0; i < 500; i++)
        arrivals[i].time_ns = (1000 + (int64_t)i) * SECOND;
    arrivals[0].time_ns = 500000 * HOUR; /* even as the first of all */
    arrivals[100].time_ns = 500000 * HOUR;
    struct rig rig;
    rig_init(&rig, options_of(10 * SECOND, false));
    struct released released;
    feed(&rig, &random, arrivals, 500, &released);
    assert_int_equal(rig.order.counters.late, 0);
    assert_int_equal(rig.order.counters.future, 2);
    rig_deinit(&rig);
}

static void order_follows_a_gap_that_all_events_agree_on(void **state)
{
    (void)state;
    struct random random = {.state = 10};
    static struct arrival arrivals[400];
    for (size_t i = 0; i < 400; i++)
        arrivals[i].time_ns = (1000 + (int64_t)i) * SECOND + (i >= 200 ? 72 * HOUR : 0);
    struct rig rig;
    rig_init(&rig, options_of(10 * SECOND, false));
    struct released released;
    feed(&rig, &random, arrivals, 400, &released);
    assert_true(rig.order.high_ns >= 72 * HOUR);
    assert_int_equal(rig.order.counters.late, 0);
    assert_int_equal(rig.order.counters.future, ORDER_JUMP_EVENTS);
    rig_deinit(&rig);
}

static void order_counts_late_events_and_lets_them_pass(void **state)
{
    (void)state;
    struct random random = {.state = 11};
    static struct arrival arrivals[200];
    for (size_t i = 0; i < 200; i++)
        arrivals[i].time_ns = (1000 + (int64_t)i) * SECOND;
    arrivals[150].time_ns = 1001 * SECOND;
    struct rig rig;
    rig_init(&rig, options_of(10 * SECOND, false));
    struct released released;
    feed(&rig, &random, arrivals, 200, &released);
    assert_int_equal(released.count, 200);
    assert_int_equal(rig.order.counters.late, 1);
    size_t at = 0;
    while (!released.is_late[at])
        at++;
    assert_int_equal(released.times[at], 1001 * SECOND);
    assert_int_equal(released.times[at - 1], (1149 - 10) * SECOND);
    rig_deinit(&rig);
}

static void order_lets_an_event_go_at_once_without_lateness(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, options_of(0, false));
    struct released released = {0};
    for (size_t i = 0; i < 2 * ORDER_SETTLE_EVENTS; i++) {
        batch = (struct batch){.is_last_part = true, .updates_count = 1};
        batch.updates[0] = (struct update){.time_ns = (1000 + (int64_t)i / 2) * SECOND};
        order_begin(&rig.order, &batch);
        assert_int_equal(order_take(&rig.order, &batch, 0), 1);
        drain(&rig, &released);
        assert_int_equal(released.count, i + 1 < ORDER_SETTLE_EVENTS ? 0 : i + 1);
    }
    assert_int_equal(rig.order.counters.late, 0);
    rig_deinit(&rig);
}

static void order_removes_duplicates_before_counting(void **state)
{
    (void)state;
    struct random random = {.state = 12};
    static struct arrival arrivals[300];
    for (size_t i = 0; i < 300; i++)
        arrivals[i] = (struct arrival){.time_ns = (int64_t)i * SECOND, .id = 1 + i % 100};
    struct rig rig;
    rig_init(&rig, options_of(0, true));
    struct released released;
    feed(&rig, &random, arrivals, 300, &released);
    assert_int_equal(rig.order.counters.duplicate, 200);
    assert_int_equal(rig.order.counters.normalized, 100);
    assert_int_equal(released.count, 100);
    rig_deinit(&rig);
}

static void order_counts_lines_over_batches_of_one_source(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, options_of(0, true));
    batch = (struct batch){.updates_count = 1, .newlines_skipped = 2};
    batch.updates[0] = (struct update){.time_ns = 1, .newlines = 3};
    order_begin(&rig.order, &batch);
    assert_int_equal(order_take(&rig.order, &batch, 0), 1);
    batch = (struct batch){.updates_count = 1, .is_last_part = true, .newlines = 10};
    batch.updates[0] = (struct update){.time_ns = 2, .newlines = 7};
    order_begin(&rig.order, &batch);
    assert_int_equal(order_take(&rig.order, &batch, 0), 1);
    batch = (struct batch){.updates_count = 1, .is_last_part = true, .newlines = 1};
    batch.updates[0] = (struct update){.time_ns = 3};
    order_begin(&rig.order, &batch);
    assert_int_equal(order_take(&rig.order, &batch, 0), 1);
    batch = (struct batch){.source = 1, .updates_count = 1, .is_last_part = true};
    batch.updates[0] = (struct update){.time_ns = 4};
    order_begin(&rig.order, &batch);
    assert_int_equal(order_take(&rig.order, &batch, 0), 1);
    order_end(&rig.order);
    span.count = 0;
    assert_false(order_give(&rig.order, &span));
    static const uint64_t lines[] = {6, 10, 13, 1};
    assert_int_equal(span.count, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(span.attempts[i].line, lines[i]);
    rig_deinit(&rig);
}

/* An update of one account that a rule has matched: its hits stand at the start of the text. */
static struct update update_with_hits(int64_t time_ns, uint8_t flags)
{
    return (struct update){.time_ns = time_ns,
                           .flags = flags,
                           .hits_count = 1,
                           .text[TEXT_ACCOUNT] = {.hash = 77, .offset = 4, .bytes = 3}};
}

static void order_gives_back_what_a_removed_twin_has_held(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, options_of(0, true));
    batch = (struct batch){.is_last_part = true, .updates_count = 2, .text = "\0\0\0\0ann"};
    batch.updates[0] = update_with_hits(1 * SECOND, EVENT_BY_AUTHORITY);
    batch.updates[1] = update_with_hits(2 * SECOND, EVENT_BY_HOST);
    order_begin(&rig.order, &batch);
    assert_int_equal(order_take(&rig.order, &batch, 0), 2);
    order_end(&rig.order);
    span.count = 0;
    assert_false(order_give(&rig.order, &span));
    assert_int_equal(span.count, 1);
    assert_int_equal(rig.order.counters.duplicate, 1);
    assert_true(rig.order.hits.bytes_taken > 0);
    order_release_hits(&rig.order, &span.attempts[0]);
    assert_int_equal(rig.order.hits.bytes_taken, 0);
    rig_deinit(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_sorts_what_is_disordered_within_the_lateness),
        cmocka_unit_test(order_gives_the_same_for_every_cutting_into_batches),
        cmocka_unit_test(order_sorts_history_whatever_its_order),
        cmocka_unit_test(order_gives_expected_history_early_and_sorted),
        cmocka_unit_test(order_tells_that_history_is_not_as_expected),
        cmocka_unit_test(order_gives_the_same_history_whatever_the_memory),
        cmocka_unit_test(order_learns_apart_from_what_is_allowed),
        cmocka_unit_test(order_gives_nothing_where_history_cannot_be_put_aside),
        cmocka_unit_test(order_is_not_moved_by_times_far_ahead),
        cmocka_unit_test(order_follows_a_gap_that_all_events_agree_on),
        cmocka_unit_test(order_counts_late_events_and_lets_them_pass),
        cmocka_unit_test(order_lets_an_event_go_at_once_without_lateness),
        cmocka_unit_test(order_removes_duplicates_before_counting),
        cmocka_unit_test(order_counts_lines_over_batches_of_one_source),
        cmocka_unit_test(order_gives_back_what_a_removed_twin_has_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
