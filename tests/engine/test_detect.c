#include "engine/detect.h"

#include <stdio.h>

#include "engine/names.h"
#include "tests/support/check.h"

/* What counting again cannot show (tests/property/test_detect.c does that): which attempts are told
 * at all, what happens at the memory cap, and that no time is too strange. */

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define START (19700 * DAY)

enum { FIRST = 2 }; /* the first index of a name table that is a name */

/* One rule, "failed"; the detector is what each test is about. */
#define BASE                                                                                       \
    "title: Failed\n"                                                                              \
    "name: failed\n"                                                                               \
    "detection: {s: {spraywatch.outcome: wrong_password}, condition: s}\n"                         \
    "---\n"                                                                                        \
    "title: Detector\n"                                                                            \
    "correlation:\n"                                                                               \
    "  rules: [failed]\n"

#define FANOUT                                                                                     \
    BASE "  type: value_count\n"                                                                   \
         "  group-by: [organization.id, source.ip]\n"                                              \
         "  timespan: 10m\n"                                                                       \
         "  condition: {field: user.name, gte: 3}\n"                                               \
         "spraywatch: {kind: source_fanout, known-good: {floor: 3},\n"                             \
         "             also-by: [source.ip/24, source.ip/64, source.ip/48]}\n"

#define DISTRIBUTED                                                                                \
    BASE "  type: value_count\n"                                                                   \
         "  group-by: [organization.id, user_agent.original]\n"                                    \
         "  timespan: 15m\n"                                                                       \
         "  condition: {field: user.name, gte: 3}\n"                                               \
         "spraywatch: {kind: distributed, sources: {gte: 1}, sources-per-account: {gte: 0}}\n"

#define COUNT(keys)                                                                                \
    BASE "  type: event_count\n"                                                                   \
         "  group-by: [" keys "]\n"                                                                \
         "  timespan: 10m\n"                                                                       \
         "  condition: {gte: 2}\n"                                                                 \
         "spraywatch: {kind: count}\n"

#define CONFIRMED                                                                                  \
    BASE "  type: value_count\n"                                                                   \
         "  group-by: [organization.id]\n"                                                         \
         "  timespan: 24h\n"                                                                       \
         "  condition: {field: user.name, gte: 1}\n"                                               \
         "spraywatch: {kind: confirmed_password}\n"

struct rig {
    struct ruleset *ruleset;
    struct detect *detect;
    struct findings findings;
    uint64_t sequence;
};

static struct span span;

static struct rig rig_with(const char *yaml, size_t bytes_max)
{
    struct rig rig = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const struct rule_text text = {.path = "test.yml", .text = slice_from_string(yaml)};
    const enum status status = ruleset_create_from_texts(&rig.ruleset, &text, 1, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(detect_create(&rig.detect, detectors_of(rig.ruleset), 0, 1, bytes_max),
                     STATUS_OK);
    return rig;
}

static struct rig rig_of(const char *yaml)
{
    return rig_with(yaml, 64 << 20);
}

static void rig_deinit(struct rig *rig)
{
    findings_deinit(&rig->findings);
    detect_destroy(rig->detect);
    ruleset_destroy(rig->ruleset);
}

static struct attempt failure(uint32_t account, uint32_t source, int64_t time_ns)
{
    return (struct attempt){
        .time_ns = time_ns,
        .rules = 1,
        .outcome = OUTCOME_WRONG_PASSWORD,
        .verdict = VERDICT_WRONG,
        .source = source,
        .source_network = 1000,
        .source_site = 1000,
        .name = {[TEXT_ACCOUNT] = account, [TEXT_USER_AGENT] = FIRST, [TEXT_TENANT] = FIRST},
    };
}

static struct attempt success(uint32_t account, uint32_t source, int64_t time_ns)
{
    struct attempt attempt = failure(account, source, time_ns);
    attempt.rules = 0;
    attempt.outcome = OUTCOME_SUCCESS;
    attempt.verdict = VERDICT_RIGHT;
    return attempt;
}

/* The number of findings that the attempt led to. */
static size_t pass(struct rig *rig, struct attempt attempt)
{
    attempt.sequence = rig->sequence++;
    span.count = 1;
    span.attempts[0] = attempt;
    const size_t before = rig->findings.count;
    detect_span(rig->detect, &span, &rig->findings);
    assert_false(rig->findings.has_failed);
    return rig->findings.count - before;
}

static size_t count_of(const struct rig *rig, enum finding_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->findings.count; i++)
        count += rig->findings.items[i].type == type;
    return count;
}

static const struct finding *last(const struct rig *rig)
{
    assert_true(rig->findings.count > 0);
    return &rig->findings.items[rig->findings.count - 1];
}

/* ---- episodes -------------------------------------------------------------------------------- */

static void detect_opens_once_and_tells_of_each_further_attempt(void **state)
{
    (void)state;
    struct rig rig = rig_of(COUNT("source.ip"));
    assert_int_equal(pass(&rig, failure(FIRST, 7, START)), 0);
    assert_int_equal(pass(&rig, failure(FIRST, 7, START + 10 * MINUTE)), 1);
    assert_int_equal(last(&rig)->type, FINDING_OPENED);
    assert_int_equal(last(&rig)->members_count, 2);
    assert_int_equal(last(&rig)->key[0], 7);
    assert_int_equal(last(&rig)->position, 2);
    assert_int_equal(pass(&rig, failure(FIRST, 7, START + 15 * MINUTE)), 1);
    assert_int_equal(last(&rig)->type, FINDING_GREW);
    assert_int_equal(last(&rig)->members_count, 1);
    assert_int_equal(last(&rig)->window_id, rig.findings.items[0].window_id);
    rig_deinit(&rig);
}

static void detect_ends_an_episode_when_nothing_was_true_for_a_span(void **state)
{
    (void)state;
    static const struct {
        int64_t pause_ns;
        enum finding_type type;
        size_t findings;
    } cases[] = {
        {10 * MINUTE, FINDING_GREW, 1},       /* with the last one it is two again */
        {10 * MINUTE + 1, FINDING_OPENED, 0}, /* alone, and over */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig = rig_of(COUNT("source.ip"));
        pass(&rig, failure(FIRST, 7, START));
        pass(&rig, failure(FIRST, 7, START));
        assert_int_equal(pass(&rig, failure(FIRST, 7, START + cases[i].pause_ns)),
                         cases[i].findings);
        if (cases[i].findings > 0)
            assert_int_equal(last(&rig)->type, cases[i].type);
        rig_deinit(&rig);
    }
}

/* ---- allow entries ----------------------------------------------------------------------------
 */

static size_t pass_allowed(struct rig *rig, struct attempt attempt, uint8_t allowance)
{
    attempt.allowance = allowance & ALLOWANCES_MAX;
    return pass(rig, attempt);
}

/* Neither helps the other across the threshold, and both cross it by themselves. */
static void detect_keeps_what_entries_cover_apart(void **state)
{
    (void)state;
    struct rig rig = rig_of(FANOUT);
    for (uint8_t allowance = 0; allowance < 3; allowance++) {
        assert_int_equal(pass_allowed(&rig, failure(FIRST, 7, START), allowance), 0);
        assert_int_equal(pass_allowed(&rig, failure(FIRST + 1, 7, START), allowance), 0);
    }
    uint64_t windows[3];
    for (uint8_t allowance = 0; allowance < 3; allowance++) {
        const size_t before = rig.findings.count;
        assert_true(pass_allowed(&rig, failure(FIRST + 2, 7, START), allowance) > 0);
        for (size_t i = before; i < rig.findings.count; i++) {
            assert_int_equal(rig.findings.items[i].allowance, allowance);
            assert_int_equal(rig.findings.items[i].accounts, 3);
        }
        windows[allowance] = rig.findings.items[before].window_id;
    }
    assert_true(windows[0] != windows[1] && windows[1] != windows[2] && windows[0] != windows[2]);
    rig_deinit(&rig);
}

static void count_windows(void *visitor, const struct lasting *lasting)
{
    (void)lasting;
    ++*(size_t *)visitor;
}

/* Successes that are allowed raise no threshold but their own, and no baseline of theirs lasts. */
static void detect_learns_nothing_from_what_entries_cover(void **state)
{
    (void)state;
    struct rig rig = rig_of(FANOUT);
    for (uint32_t account = FIRST; account < FIRST + 500; account++)
        pass_allowed(&rig, success(account, 7, START), 1);
    for (uint32_t account = FIRST; account < FIRST + 3; account++) {
        pass(&rig, failure(account, 7, START));
        pass_allowed(&rig, failure(account, 7, START), 1);
    }
    assert_true(count_of(&rig, FINDING_OPENED) > 0);
    for (size_t i = 0; i < rig.findings.count; i++)
        assert_int_equal(rig.findings.items[i].allowance, 0);
    rig_deinit(&rig);

    rig = rig_of(DISTRIBUTED);
    size_t count = 0;
    pass_allowed(&rig, failure(FIRST, 7, START), 1);
    detect_visit(rig.detect, count_windows, &count);
    assert_int_equal(count, 0);
    pass(&rig, failure(FIRST, 7, START));
    detect_visit(rig.detect, count_windows, &count);
    assert_int_equal(count, 1);
    rig_deinit(&rig);
}

static void detect_tells_whose_right_password_it_is(void **state)
{
    (void)state;
    struct rig rig = rig_of(CONFIRMED);
    struct attempt right = success(FIRST, 7, START);
    right.rules = 1;
    assert_int_equal(pass_allowed(&rig, right, 5), 1);
    assert_int_equal(last(&rig)->type, FINDING_SIGN_IN);
    assert_int_equal(last(&rig)->allowance, 5);
    assert_int_equal(pass(&rig, right), 1);
    assert_int_equal(last(&rig)->allowance, 0);
    rig_deinit(&rig);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void detect_makes_no_window_for_what_is_absent_or_over_the_cap(void **state)
{
    (void)state;
    static const struct {
        const char *name, *yaml;
        uint32_t source, agent, tenant;
        bool is_key;
    } cases[] = {
        {"a source", COUNT("source.ip"), 7, 5, 6, true},
        {"no source", COUNT("source.ip"), NAME_NONE, 5, 6, false},
        {"a source over the cap", COUNT("source.ip"), 1, 5, 6, false},
        {"no agent", COUNT("user_agent.original"), 7, NAME_NONE, 6, false},
        {"an agent over the cap", COUNT("user_agent.original"), 7, 1, 6, false},
        {"no tenant, which is one tenant", COUNT("organization.id"), 7, 5, NAME_NONE, true},
        {"a tenant over the cap", COUNT("organization.id"), 7, 5, 1, false},
        {"an operator of number 1", COUNT("source.as.number"), 7, 5, 6, true},
        {"an outcome", COUNT("event.outcome"), 7, 5, 6, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig = rig_of(cases[i].yaml);
        for (int again = 0; again < 2; again++) {
            struct attempt attempt = failure(FIRST, cases[i].source, START);
            attempt.name[TEXT_USER_AGENT] = cases[i].agent;
            attempt.name[TEXT_TENANT] = cases[i].tenant;
            attempt.asn = 1;
            pass(&rig, attempt);
        }
        if ((rig.findings.count == 1) != cases[i].is_key)
            fail_msg("%s: %zu findings", cases[i].name, rig.findings.count);
        assert_int_equal(detect_counters(rig.detect).windows, cases[i].is_key);
        rig_deinit(&rig);
    }
}

static void detect_groups_outcomes_as_ecs_does(void **state)
{
    (void)state;
    struct rig rig = rig_of(COUNT("event.outcome"));
    struct attempt attempt = failure(FIRST, 7, START);
    pass(&rig, attempt);
    attempt.outcome = OUTCOME_INTERRUPTED; /* unknown */
    assert_int_equal(pass(&rig, attempt), 0);
    attempt.outcome = OUTCOME_SUCCESS;
    assert_int_equal(pass(&rig, attempt), 0);
    attempt.outcome = OUTCOME_LOCKED; /* a failure, too */
    assert_int_equal(pass(&rig, attempt), 1);
    rig_deinit(&rig);
}

static void detect_asks_for_the_prefixes_of_the_address_family(void **state)
{
    (void)state;
    for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
        struct rig rig = rig_of(FANOUT);
        for (uint32_t i = 0; i < 3; i++) {
            struct attempt attempt = failure(FIRST + i, 100 + i, START);
            attempt.flags = is_ipv6 ? EVENT_SOURCE_IPV6 : 0;
            attempt.source_site = is_ipv6 ? 2000 : 1000;
            pass(&rig, attempt);
        }
        /* No address has tried three accounts; the /24 has, or the /64 and the /48. */
        assert_int_equal(rig.findings.count, is_ipv6 ? 2 : 1);
        assert_int_equal(rig.findings.items[0].key_index, is_ipv6 ? 2 : 1);
        assert_int_equal(rig.findings.items[0].key[1], 1000);
        if (is_ipv6)
            assert_int_equal(rig.findings.items[1].key[1], 2000);
        rig_deinit(&rig);
    }
}

/* ---- what counts ----------------------------------------------------------------------------- */

static void detect_counts_familiar_attempts_and_retries_by_kind(void **state)
{
    (void)state;
    static const struct {
        const char *name, *yaml;
        uint8_t familiar;
        size_t opened;
    } cases[] = {
        {"a source, unfamiliar", FANOUT, 0, 2},
        {"a source, familiar", FANOUT, FAMILIAR_HISTORY | FAMILIAR_NETWORK, 2},
        {"a source, retries", FANOUT, FAMILIAR_RETRY, 2},
        {"a program, unfamiliar", DISTRIBUTED, FAMILIAR_HISTORY | FAMILIAR_AGENT, 1},
        {"a program, familiar", DISTRIBUTED, FAMILIAR_HISTORY | FAMILIAR_NETWORK, 0},
        {"a program, retries", DISTRIBUTED, FAMILIAR_RETRY, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig = rig_of(cases[i].yaml);
        for (uint32_t account = 0; account < 5; account++) {
            struct attempt attempt = failure(FIRST + account, 100, START);
            attempt.familiar = cases[i].familiar;
            pass(&rig, attempt);
        }
        if (count_of(&rig, FINDING_OPENED) != cases[i].opened)
            fail_msg("%s: %zu", cases[i].name, count_of(&rig, FINDING_OPENED));
        rig_deinit(&rig);
    }
}

static void detect_tells_of_retries_while_a_window_is_open(void **state)
{
    (void)state;
    struct rig rig = rig_of(DISTRIBUTED);
    for (uint32_t account = 0; account < 3; account++)
        pass(&rig, failure(FIRST + account, 100 + account, START));
    assert_int_equal(count_of(&rig, FINDING_OPENED), 1);
    struct attempt retry = failure(FIRST, 100, START + MINUTE);
    retry.familiar = FAMILIAR_RETRY;
    assert_int_equal(pass(&rig, retry), 1);
    assert_int_equal(last(&rig)->type, FINDING_GREW);
    /* They do not keep it open. */
    retry.time_ns = START + 15 * MINUTE + 1;
    assert_int_equal(pass(&rig, retry), 0);
    rig_deinit(&rig);
}

static void detect_raises_the_threshold_by_those_who_have_signed_in(void **state)
{
    (void)state;
    struct rig rig = rig_of(FANOUT);
    for (uint32_t i = 0; i < 4; i++) {
        pass(&rig, success(500 + i, 100, START));
        pass(&rig, success(500 + i, 100, START + SECOND)); /* each counts once */
    }
    for (uint32_t i = 0; i < 6; i++) /* 3 * sqrt(4), and more than have signed in */
        assert_int_equal(pass(&rig, failure(FIRST + i, 100, START + DAY)), i < 5 ? 0 : 2);
    assert_int_equal(last(&rig)->known_good, 4);
    assert_int_equal(last(&rig)->threshold, 6);
    rig_deinit(&rig);
}

static void detect_tells_of_right_passwords_from_unfamiliar_networks(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t account, source;
        uint8_t familiar;
        bool is_told;
    } cases[] = {
        {"nothing known", FIRST, 100, 0, true},
        {"all but the network known", FIRST, 100, FAMILIAR_HISTORY | FAMILIAR_AGENT, true},
        {"network and agent known", FIRST, 100,
         FAMILIAR_HISTORY | FAMILIAR_NETWORK | FAMILIAR_AGENT, false},
        {"a known network, an agent in common use", FIRST, 100,
         FAMILIAR_HISTORY | FAMILIAR_NETWORK | FAMILIAR_AGENT_COMMON, false},
        {"a known network, an agent that is nobody's", FIRST, 100,
         FAMILIAR_HISTORY | FAMILIAR_NETWORK, true},
        {"no source", FIRST, NAME_NONE, FAMILIAR_HISTORY, true},
        {"no account", NAME_NONE, 100, 0, false},
        {"an account over the cap", 1, 100, 0, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig = rig_of(CONFIRMED);
        struct attempt attempt = success(cases[i].account, cases[i].source, START);
        attempt.rules = 1;
        attempt.familiar = cases[i].familiar;
        if ((pass(&rig, attempt) == 1) != cases[i].is_told)
            fail_msg("%s", cases[i].name);
        if (cases[i].is_told) {
            assert_int_equal(last(&rig)->type, FINDING_SIGN_IN);
            assert_int_equal(last(&rig)->key[0], cases[i].account);
            assert_int_equal(rig.findings.members[0].account, cases[i].account);
        }
        rig_deinit(&rig);
    }
}

/* So they are told of when memory is used up, too, and no window goes for them. */
static void detect_takes_no_memory_for_right_passwords(void **state)
{
    (void)state;
    struct rig rig = rig_of(CONFIRMED);
    struct attempt attempt = success(FIRST, 100, START);
    attempt.rules = 1;
    for (int i = 0; i < 100; i++) {
        attempt.name[TEXT_TENANT] = FIRST + (uint32_t)i;
        assert_int_equal(pass(&rig, attempt), 1);
    }
    assert_int_equal(detect_counters(rig.detect).bytes, 0);
    rig_deinit(&rig);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* A feed that lags behind the others: all its events are late. */
static void detect_sees_late_events_together(void **state)
{
    (void)state;
    struct rig rig = rig_of(FANOUT);
    for (uint32_t i = 0; i < 3; i++) {
        struct attempt in_time = success(900, 500, START + DAY + i * SECOND);
        in_time.source_network = in_time.source_site = 2000;
        pass(&rig, in_time); /* another feed */
        struct attempt attempt = failure(FIRST + i, 100, START + i * SECOND);
        attempt.is_late = 1;
        pass(&rig, attempt);
    }
    assert_int_equal(count_of(&rig, FINDING_OPENED), 2);
    assert_int_equal(last(&rig)->attempts, 3);
    assert_true(last(&rig)->time_ns == START + DAY + 2 * SECOND);
    rig_deinit(&rig);
}

static void detect_counts_late_sign_ins_against_late_failures(void **state)
{
    (void)state;
    struct rig rig = rig_of(FANOUT);
    pass(&rig, success(900, 500, START + DAY));
    for (uint32_t i = 0; i < 4; i++) {
        struct attempt attempt = success(FIRST + 10 + i, 100, START + i * SECOND);
        attempt.source_network = attempt.source_site = 2000;
        pass(&rig, attempt);
    }
    for (uint32_t i = 0; i < 4; i++) {
        struct attempt attempt = failure(FIRST + i, 100, START + MINUTE + i * SECOND);
        attempt.source_network = attempt.source_site = 2000;
        assert_int_equal(pass(&rig, attempt), 0);
    }
    rig_deinit(&rig);
}

static void detect_bears_the_first_and_the_last_time_there_is(void **state)
{
    (void)state;
    /* 1678-01-01 and 2261-12-31: further apart than 64 bits of nanoseconds. */
    static const int64_t times[] = {INT64_C(-9214560000) * SECOND, START,
                                    INT64_C(9214646399) * SECOND};
    static const char *const yamls[] = {FANOUT, DISTRIBUTED, COUNT("source.ip"), CONFIRMED};
    for (size_t i = 0; i < sizeof(yamls) / sizeof(yamls[0]); i++) {
        for (int order = 0; order < 6; order++) {
            struct rig rig = rig_of(yamls[i]);
            for (uint32_t j = 0; j < 30; j++) {
                const int64_t time_ns = times[(j + (uint32_t)order) * (order < 3 ? 1 : 2) % 3];
                pass(&rig, failure(FIRST + j, 100, time_ns));
                pass(&rig, success(FIRST + j, 100, time_ns));
            }
            rig_deinit(&rig);
        }
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void detect_drops_windows_in_which_nothing_can_count_any_more(void **state)
{
    (void)state;
    struct rig rig = rig_of(COUNT("source.ip"));
    for (uint32_t i = 0; i < 5000; i++)
        pass(&rig, failure(FIRST, FIRST + i, START + i * SECOND));
    /* Ten minutes of them are needed; the others go as new ones come. */
    const struct detect_counters counters = detect_counters(rig.detect);
    assert_true(counters.windows >= 600 && counters.windows < 800);
    assert_int_equal(counters.windows_evicted, 0);
    rig_deinit(&rig);
}

/* A window with a baseline is kept for weeks; those of another detector do not wait for it. */
static void detect_drops_windows_behind_one_that_is_kept_for_long(void **state)
{
    (void)state;
    struct rig rig = rig_of(DISTRIBUTED "---\n"
                                        "title: Another\n"
                                        "correlation:\n"
                                        "  rules: [failed]\n"
                                        "  type: event_count\n"
                                        "  group-by: [source.ip]\n"
                                        "  timespan: 10m\n"
                                        "  condition: {gte: 2}\n"
                                        "spraywatch: {kind: count}\n");
    for (uint32_t i = 0; i < 5000; i++) {
        struct attempt attempt = failure(FIRST, FIRST + i, START + i * SECOND);
        if (i < 100)
            attempt.name[TEXT_USER_AGENT] = 100 + i; /* windows in every partition */
        pass(&rig, attempt);
    }
    assert_true(detect_counters(rig.detect).windows < 1000);
    rig_deinit(&rig);
}

static void detect_stays_within_its_memory_and_counts_what_it_lost(void **state)
{
    (void)state;
    enum { CAP = 1 << 20 };
    struct rig rig = rig_with(FANOUT, CAP);
    for (uint32_t i = 0; i < 20000; i++) {
        struct attempt attempt = failure(FIRST + i % 50, FIRST + i, START + i * SECOND / 1000);
        attempt.source_network = attempt.source_site = 100000 + i;
        pass(&rig, attempt);
    }
    struct detect_counters counters = detect_counters(rig.detect);
    assert_true(counters.windows_evicted > 1000);
    assert_true(counters.bytes <= CAP);
    /* What is new is still seen. */
    for (uint32_t i = 0; i < 3; i++)
        pass(&rig, failure(FIRST + i, 5, START + HOUR));
    assert_true(count_of(&rig, FINDING_OPENED) > 0);
    rig_deinit(&rig);
}

static void detect_keeps_open_windows_when_it_must_drop_some(void **state)
{
    (void)state;
    struct rig rig = rig_with(COUNT("source.ip"), 1 << 20);
    pass(&rig, failure(FIRST, 5, START));
    pass(&rig, failure(FIRST, 5, START));
    for (uint32_t i = 0; i < 20000; i++)
        pass(&rig, failure(FIRST, 100 + i, START + SECOND));
    assert_true(detect_counters(rig.detect).windows_evicted > 1000);
    assert_int_equal(pass(&rig, failure(FIRST, 5, START + MINUTE)), 1);
    assert_int_equal(last(&rig)->type, FINDING_GREW);
    rig_deinit(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detect_opens_once_and_tells_of_each_further_attempt),
        cmocka_unit_test(detect_keeps_what_entries_cover_apart),
        cmocka_unit_test(detect_learns_nothing_from_what_entries_cover),
        cmocka_unit_test(detect_tells_whose_right_password_it_is),
        cmocka_unit_test(detect_ends_an_episode_when_nothing_was_true_for_a_span),
        cmocka_unit_test(detect_makes_no_window_for_what_is_absent_or_over_the_cap),
        cmocka_unit_test(detect_groups_outcomes_as_ecs_does),
        cmocka_unit_test(detect_asks_for_the_prefixes_of_the_address_family),
        cmocka_unit_test(detect_counts_familiar_attempts_and_retries_by_kind),
        cmocka_unit_test(detect_tells_of_retries_while_a_window_is_open),
        cmocka_unit_test(detect_raises_the_threshold_by_those_who_have_signed_in),
        cmocka_unit_test(detect_tells_of_right_passwords_from_unfamiliar_networks),
        cmocka_unit_test(detect_takes_no_memory_for_right_passwords),
        cmocka_unit_test(detect_sees_late_events_together),
        cmocka_unit_test(detect_counts_late_sign_ins_against_late_failures),
        cmocka_unit_test(detect_bears_the_first_and_the_last_time_there_is),
        cmocka_unit_test(detect_drops_windows_in_which_nothing_can_count_any_more),
        cmocka_unit_test(detect_drops_windows_behind_one_that_is_kept_for_long),
        cmocka_unit_test(detect_stays_within_its_memory_and_counts_what_it_lost),
        cmocka_unit_test(detect_keeps_open_windows_when_it_must_drop_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
