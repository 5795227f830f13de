#include "engine/familiar.h"

#include "engine/names.h"
#include "tests/support/check.h"

#define HOUR (INT64_C(3600) * 1000000000)
#define DAY (24 * HOUR)
#define START (19000 * DAY)

/* Indices as the name tables give them: 0 is absent, 1 stands for names over the memory cap. */
enum { ALICE = 2, BOB, HOME = 2, HOTEL, BROWSER = 2, SCRIPT, APP = 2 };

static struct attempt attempt(uint32_t account, uint32_t network, uint32_t agent, uint32_t asn)
{
    return (struct attempt){
        .time_ns = START,
        .outcome = OUTCOME_SUCCESS,
        .source = network,
        .source_network = network,
        .asn = asn,
        .name = {[TEXT_ACCOUNT] = account, [TEXT_USER_AGENT] = agent, [TEXT_CLIENT_ID] = APP},
    };
}

static struct attempt failure(uint32_t account, uint32_t network, int64_t time_ns)
{
    struct attempt failed = attempt(account, network, SCRIPT, 9);
    failed.outcome = OUTCOME_WRONG_PASSWORD;
    failed.time_ns = time_ns;
    return failed;
}

/* As the order stage does it: judged first, then learned from. */
static uint8_t pass(struct familiar *familiar, struct attempt passed)
{
    passed.familiar = familiar_judge(familiar, &passed);
    familiar_learn(familiar, &passed);
    return passed.familiar;
}

static int setup(void **state)
{
    static struct familiar familiar;
    *state = &familiar;
    return familiar_init(&familiar, 1 << 20) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state)
{
    familiar_deinit(*state);
    return 0;
}

static void familiar_knows_nothing_before_the_first_sign_in(void **state)
{
    struct familiar *const familiar = *state;
    assert_int_equal(pass(familiar, attempt(ALICE, HOME, BROWSER, 7)), FAMILIAR_NO_HISTORY);
    assert_int_equal(pass(familiar, attempt(ALICE, HOME, BROWSER, 7)),
                     FAMILIAR_HISTORY | FAMILIAR_NETWORK | FAMILIAR_AGENT | FAMILIAR_ASN |
                         FAMILIAR_SOURCE_USED);
}

static void familiar_tells_what_is_new_from_what_is_not(void **state)
{
    struct familiar *const familiar = *state;
    pass(familiar, attempt(ALICE, HOME, BROWSER, 7));
    static const struct {
        const char *name;
        uint32_t account, network, agent, asn;
        uint8_t familiar;
    } cases[] = {
        {"all is new", ALICE, HOTEL, SCRIPT, 8, FAMILIAR_HISTORY},
        {"another network", ALICE, HOTEL, BROWSER, 7,
         FAMILIAR_HISTORY | FAMILIAR_AGENT | FAMILIAR_ASN},
        {"another program", ALICE, HOME, SCRIPT, 7,
         FAMILIAR_HISTORY | FAMILIAR_NETWORK | FAMILIAR_ASN | FAMILIAR_SOURCE_USED},
        {"another operator", ALICE, HOTEL, SCRIPT, 7, FAMILIAR_HISTORY | FAMILIAR_ASN},
        {"no source", ALICE, NAME_NONE, BROWSER, 0, FAMILIAR_HISTORY | FAMILIAR_AGENT},
        {"somebody else at the same place", BOB, HOME, BROWSER, 7, FAMILIAR_SOURCE_USED},
        {"nobody", NAME_NONE, HOME, BROWSER, 7, FAMILIAR_SOURCE_USED},
        {"an account over the cap", 1, HOTEL, BROWSER, 7, FAMILIAR_NO_HISTORY},
        {"a network over the cap", ALICE, 1, SCRIPT, 8, FAMILIAR_HISTORY},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct attempt asked =
            attempt(cases[i].account, cases[i].network, cases[i].agent, cases[i].asn);
        if (familiar_judge(familiar, &asked) != cases[i].familiar)
            fail_msg("%s: %#x", cases[i].name, familiar_judge(familiar, &asked));
    }
}

static void familiar_never_makes_names_over_the_cap_familiar(void **state)
{
    struct familiar *const familiar = *state;
    pass(familiar, attempt(ALICE, 1, BROWSER, 7));
    assert_int_equal(pass(familiar, attempt(ALICE, 1, BROWSER, 7)),
                     FAMILIAR_HISTORY | FAMILIAR_AGENT | FAMILIAR_ASN);
    pass(familiar, attempt(1, HOME, BROWSER, 7));
    assert_int_equal(pass(familiar, attempt(1, HOME, BROWSER, 7)), FAMILIAR_SOURCE_USED);
}

static void familiar_takes_the_country_where_the_log_knows_no_operator(void **state)
{
    struct familiar *const familiar = *state;
    struct attempt german = attempt(ALICE, HOME, BROWSER, 0);
    german.country = 'D' << 8 | 'E';
    pass(familiar, german);
    german.source_network = HOTEL;
    assert_true(familiar_judge(familiar, &german) & FAMILIAR_ASN);
    german.country = 'F' << 8 | 'R';
    assert_false(familiar_judge(familiar, &german) & FAMILIAR_ASN);
    /* The number of an operator is no country. */
    german.asn = 'D' << 8 | 'E';
    assert_false(familiar_judge(familiar, &german) & FAMILIAR_ASN);
}

static void familiar_forgets_the_place_unused_for_longest(void **state)
{
    struct familiar *const familiar = *state;
    enum { FIRST = 100 };
    for (uint32_t i = 0; i < FAMILIAR_PLACES_MAX; i++)
        pass(familiar, attempt(ALICE, FIRST + i, BROWSER, 7));
    pass(familiar, attempt(ALICE, FIRST, BROWSER, 7)); /* used again: now the newest */
    pass(familiar, attempt(ALICE, HOTEL, BROWSER, 7));
    for (uint32_t i = 0; i < FAMILIAR_PLACES_MAX; i++) {
        const struct attempt asked = attempt(ALICE, FIRST + i, BROWSER, 7);
        assert_int_equal((familiar_judge(familiar, &asked) & FAMILIAR_NETWORK) != 0, i != 1);
    }
}

static void familiar_learns_nothing_good_from_failures(void **state)
{
    struct familiar *const familiar = *state;
    static const uint8_t outcomes[] = {OUTCOME_WRONG_PASSWORD, OUTCOME_LOCKED, OUTCOME_MFA_REQUIRED,
                                       OUTCOME_INTERRUPTED, OUTCOME_BLOCKED_BY_POLICY};
    for (size_t i = 0; i < sizeof(outcomes); i++) {
        struct attempt failed = attempt(ALICE, HOME, BROWSER, 7);
        failed.outcome = outcomes[i];
        pass(familiar, failed);
    }
    assert_int_equal(pass(familiar, attempt(ALICE, HOTEL, BROWSER, 7)), FAMILIAR_NO_HISTORY);
}

static void familiar_calls_a_failure_a_retry_for_a_day(void **state)
{
    struct familiar *const familiar = *state;
    assert_false(pass(familiar, failure(ALICE, HOTEL, START)) & FAMILIAR_RETRY);
    assert_true(pass(familiar, failure(ALICE, HOTEL, START + DAY)) & FAMILIAR_RETRY);
    assert_false(pass(familiar, failure(ALICE, HOTEL, START + 2 * DAY + 1)) & FAMILIAR_RETRY);
    assert_false(pass(familiar, failure(BOB, HOTEL, START + 2 * DAY + 1)) & FAMILIAR_RETRY);
    assert_false(pass(familiar, failure(ALICE, HOME, START + 2 * DAY + 2)) & FAMILIAR_RETRY);
    /* The last failure counts, not the one before. */
    assert_false(pass(familiar, failure(ALICE, HOTEL, START + 2 * DAY + 3)) & FAMILIAR_RETRY);
}

static void familiar_sees_no_retry_without_a_source(void **state)
{
    struct familiar *const familiar = *state;
    for (int i = 0; i < 3; i++) {
        assert_false(pass(familiar, failure(ALICE, NAME_NONE, START)) & FAMILIAR_RETRY);
        assert_false(pass(familiar, failure(ALICE, 1, START)) & FAMILIAR_RETRY);
    }
}

static void familiar_calls_an_account_settled_after_a_week(void **state)
{
    struct familiar *const familiar = *state;
    pass(familiar, attempt(ALICE, HOME, BROWSER, 7));
    struct attempt later = attempt(ALICE, HOTEL, SCRIPT, 8);
    later.time_ns = START + FAMILIAR_SETTLED_NS - 1;
    assert_false(familiar_judge(familiar, &later) & FAMILIAR_SETTLED);
    later.time_ns++;
    assert_true(familiar_judge(familiar, &later) & FAMILIAR_SETTLED);
}

static void familiar_calls_a_program_common_when_people_use_it_at_home(void **state)
{
    struct familiar *const familiar = *state;
    for (uint32_t i = 0; i <= FAMILIAR_COMMON_SIGN_INS; i++) {
        const struct attempt asked = attempt(BOB, HOTEL, BROWSER, 7);
        assert_false(familiar_judge(familiar, &asked) & FAMILIAR_AGENT_COMMON);
        pass(familiar, attempt(ALICE, HOME, BROWSER, 7)); /* the first is not yet at home */
    }
    const struct attempt asked = attempt(BOB, HOTEL, BROWSER, 7);
    assert_true(familiar_judge(familiar, &asked) & FAMILIAR_AGENT_COMMON);
    /* A sprayer that gets in, each time somewhere else, makes its program no common one. */
    for (uint32_t i = 0; i < 5 * FAMILIAR_COMMON_SIGN_INS; i++)
        pass(familiar, attempt(100 + i, HOTEL, SCRIPT, 8));
    const struct attempt sprayer = attempt(BOB, HOTEL, SCRIPT, 8);
    assert_false(familiar_judge(familiar, &sprayer) & FAMILIAR_AGENT_COMMON);
}

static void familiar_leaves_alone_what_lies_beyond_its_memory(void **state)
{
    (void)state;
    struct familiar familiar;
    assert_int_equal(familiar_init(&familiar, 64 << 10), STATUS_OK);
    static const uint32_t beyond[] = {1 << 12, 1 << 20, UINT32_MAX};
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
        const struct attempt far = attempt(beyond[i], beyond[i], BROWSER, 7);
        pass(&familiar, far);
        assert_false(familiar_judge(&familiar, &far) & FAMILIAR_HISTORY);
    }
    familiar_deinit(&familiar);
}

static void familiar_restores_places_in_the_order_of_their_use(void **state)
{
    (void)state;
    static const uint32_t used[] = {50, 20, 90, 20, 70, 10, 60, 80, 40, 30};
    uint32_t list[FAMILIAR_PLACES_MAX] = {0}, times[FAMILIAR_PLACES_MAX] = {0};
    for (uint32_t i = 0; i < sizeof(used) / sizeof(used[0]); i++)
        familiar_restore_place(list, times, FAMILIAR_PLACES_MAX, 100 + i, used[i]);
    static const uint32_t wanted_list[] = {102, 107, 104, 106, 100, 108, 109, 101};
    static const uint32_t wanted_times[] = {90, 80, 70, 60, 50, 40, 30, 20};
    assert_memory_equal(list, wanted_list, sizeof(list));
    assert_memory_equal(times, wanted_times, sizeof(times));
}

static void familiar_knows_when_places_were_used_where_that_lasts(void **state)
{
    struct familiar *const familiar = *state;
    assert_null(familiar_times_at(familiar, ALICE));
    assert_int_equal(familiar_keep_times(familiar), STATUS_OK);
    static const uint32_t networks[] = {HOME, HOTEL, HOME};
    for (int i = 0; i < 3; i++) {
        struct attempt sign_in = attempt(ALICE, networks[i], BROWSER, 7);
        sign_in.time_ns += i * HOUR;
        pass(familiar, sign_in);
    }
    const struct familiar_times *const times = familiar_times_at(familiar, ALICE);
    const uint32_t start = START / (INT64_C(1000000000));
    assert_int_equal(times->networks[0], start + 7200); /* as the list: HOME, HOTEL */
    assert_int_equal(times->networks[1], start + 3600);
    assert_int_equal(times->agents[0], start + 7200);
    assert_int_equal(times->providers[0], start + 7200);
    assert_true(times->last_ns == START + 2 * HOUR);
    uint32_t user_agent, client;
    assert_true(familiar_agent_pair(familiar, familiar_agent(BROWSER, APP), &user_agent, &client));
    assert_int_equal(user_agent, BROWSER);
    assert_int_equal(client, APP);
    assert_false(familiar_agent_pair(familiar, familiar_agent(SCRIPT, APP), &user_agent, &client));
}

static void familiar_goes_on_counting_where_earlier_runs_have_stopped(void **state)
{
    struct familiar *const familiar = *state;
    assert_int_equal(familiar_keep_times(familiar), STATUS_OK);
    familiar_restore_agent(familiar, BROWSER, APP, FAMILIAR_COMMON_SIGN_INS / 2);
    familiar_restore_agent(familiar, BROWSER, APP, FAMILIAR_COMMON_SIGN_INS / 2 - 1);
    familiar_restore_network(familiar, HOTEL);
    struct attempt asked = attempt(BOB, HOTEL, BROWSER, 8);
    assert_int_equal(familiar_judge(familiar, &asked), FAMILIAR_SOURCE_USED);
    assert_int_equal(familiar->used.start[HOTEL], FAMILIAR_USED_BEFORE);
    pass(familiar, attempt(ALICE, HOTEL, BROWSER, 7));
    pass(familiar, attempt(ALICE, HOTEL, BROWSER, 7)); /* at home now */
    assert_true(familiar_judge(familiar, &asked) & FAMILIAR_AGENT_COMMON);
    assert_int_equal(familiar->used.start[HOTEL], FAMILIAR_USED);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(familiar_knows_nothing_before_the_first_sign_in),
        test(familiar_tells_what_is_new_from_what_is_not),
        test(familiar_never_makes_names_over_the_cap_familiar),
        test(familiar_takes_the_country_where_the_log_knows_no_operator),
        test(familiar_forgets_the_place_unused_for_longest),
        test(familiar_learns_nothing_good_from_failures),
        test(familiar_calls_a_failure_a_retry_for_a_day),
        test(familiar_sees_no_retry_without_a_source),
        test(familiar_calls_an_account_settled_after_a_week),
        test(familiar_calls_a_program_common_when_people_use_it_at_home),
        cmocka_unit_test(familiar_leaves_alone_what_lies_beyond_its_memory),
        cmocka_unit_test(familiar_restores_places_in_the_order_of_their_use),
        test(familiar_knows_when_places_were_used_where_that_lasts),
        test(familiar_goes_on_counting_where_earlier_runs_have_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
