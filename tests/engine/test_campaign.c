#include "engine/campaign.h"

#include "engine/familiar.h"
#include "tests/support/attack.h"
#include "tests/support/check.h"

/* Where an account is at home. */
enum {
    AT_HOME = FAMILIAR_HISTORY | FAMILIAR_SETTLED | FAMILIAR_NETWORK | FAMILIAR_AGENT |
              FAMILIAR_ASN | FAMILIAR_SOURCE_USED,
    ALL_NEW = FAMILIAR_HISTORY | FAMILIAR_SETTLED,
};

static struct attack attack;

static int setup(void **state)
{
    (void)state;
    attack_init(&attack);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    attack_deinit(&attack);
    return 0;
}

/* Ten accounts from one address. */
static const struct tries ten = {
    .first_account = 1, .accounts = 10, .first_source = 1, .sources = 1, .agent = "curl"};

/* Twenty accounts, each from an address of its own. */
static const struct tries twenty = {
    .first_account = 1, .accounts = 20, .first_source = 1, .sources = 20, .agent = "sprayer"};

/* ---- opening and growing --------------------------------------------------------------------- */

static void campaign_opens_with_the_first_finding(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &ten);
    assert_int_equal(attack.tellings_count, 1);
    const struct telling *const told = attack_last(&attack);
    assert_int_equal(told->action, CAMPAIGN_OPENED);
    assert_int_equal(told->campaign.number, 1);
    assert_int_equal(told->campaign.attempts, 10);
    assert_int_equal(told->campaign.outcomes[OUTCOME_WRONG_PASSWORD], 10);
    assert_int_equal(told->accounts, 10);
    assert_int_equal(told->sources, 1);
    assert_true(told->campaign.start_ns == ATTACK_START);
    assert_true(told->campaign.end_ns == ATTACK_START + 9 * ATTACK_SECOND);
    assert_true(told->time_ns == told->campaign.end_ns);
    assert_int_equal(told->campaign.evidence_count, 10);
}

static void campaign_is_not_opened_by_a_weak_finding(void **state)
{
    (void)state;
    struct member members[32];
    const uint32_t count = attack_tries(&attack, &twenty, members);
    struct finding finding = attack_finding(&attack, "surge", 1, members, count);
    finding.is_weak = true;
    campaigns_take(attack.campaigns, &finding, members);
    assert_int_equal(attack.tellings_count, 0);
    /* But it joins one that others have opened. */
    attack_open(&attack, "distributed", 2, members, count);
    finding.position = ++attack.position;
    finding.ratio = 6;
    finding.baseline = 3;
    campaigns_take(attack.campaigns, &finding, members);
    assert_int_equal(attack_opened(&attack), 1);
    assert_int_equal(attack_last(&attack)->action, CAMPAIGN_UPDATED);
    assert_true(attack_last(&attack)->campaign.strongest.ratio == 6);
}

static void campaign_takes_no_attempts_from_a_surge_that_joins(void **state)
{
    (void)state;
    struct member members[64];
    const uint32_t sprayed = attack_tries(&attack, &twenty, members);
    attack_open(&attack, "distributed", 1, members, sprayed);
    const uint32_t others = attack_tries(&attack,
                                         &(struct tries){.first_account = 60,
                                                         .accounts = 30,
                                                         .first_source = 60,
                                                         .sources = 30,
                                                         .agent = "",
                                                         .seconds = 60},
                                         members + sprayed);
    attack_open(&attack, "surge", 2, members, sprayed + others);
    attack_grow(&attack, "surge", 2, &members[sprayed]);
    assert_int_equal(attack_opened(&attack), 1);
    campaigns_end(attack.campaigns);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 20);
    assert_int_equal(__builtin_popcountll(attack_last(&attack)->campaign.detectors), 2);
}

static void campaign_counts_an_attempt_of_two_findings_once(void **state)
{
    (void)state;
    struct member members[32];
    const uint32_t count = attack_tries(&attack, &ten, members);
    attack_open(&attack, "fanout", 1, members, count);
    attack_open(&attack, "fanout", 2, members, count); /* the /24, say */
    attack_grow(&attack, "fanout", 1, &members[9]);
    const struct member next = attack_member(&attack, 11, 1, "curl", 20);
    attack_grow(&attack, "fanout", 1, &next);
    attack_grow(&attack, "fanout", 2, &next);
    campaigns_end(attack.campaigns);
    assert_int_equal(attack_opened(&attack), 1);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 11);
    assert_int_equal(attack_last(&attack)->accounts, 11);
}

static void campaign_tells_when_it_has_doubled(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &ten);
    for (uint32_t i = 0; i < 30; i++) {
        const struct member next = attack_member(&attack, 11 + i, 1, "curl", 20 + i);
        attack_grow(&attack, "fanout", 1, &next);
        const size_t told = i < 9 ? 1 : i < 29 ? 2 : 3; /* at 20 and 40 attempts */
        assert_int_equal(attack.tellings_count, told);
    }
    assert_int_equal(attack_last(&attack)->action, CAMPAIGN_UPDATED);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 40);
}

/* Whoever draws a new program for every attempt is still one attack, and costs no more. */
static void campaign_takes_attempts_of_many_programs(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct member members[12];
    char agent[32];
    for (uint32_t i = 0; i < 12; i++) {
        snprintf(agent, sizeof(agent), "agent %u", i);
        members[i] = attack_member(&attack, 1 + i, 1 + i, agent, i);
    }
    attack_open(&attack, "distributed", 1, members, 12);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 12);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(agent, sizeof(agent), "agent %u", 100 + i);
        const struct member next =
            attack_member(&attack, 100 + i % 500, 1 + i % 500, agent, 20 + i);
        attack_grow(&attack, "distributed", 1, &next);
    }
    campaigns_end(attack.campaigns);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 12 + MANY);
    assert_int_equal(attack_opened(&attack), 1);
}

static void campaign_ignores_growth_of_windows_it_does_not_know(void **state)
{
    (void)state;
    const struct member member = attack_member(&attack, 1, 1, "curl", 0);
    attack_grow(&attack, "fanout", 1, &member);
    assert_int_equal(attack.tellings_count, 0);
    assert_int_equal(attack_opened(&attack), 0);
}

/* ---- joining --------------------------------------------------------------------------------- */

/* A second finding after one of twenty attempts: how many of its ten attempts are among those, how
 * many come from those addresses, and is window or program the same? */
static void campaign_is_joined_by_what_it_shares(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t events, sources;
        bool same_window, same_agent;
        uint8_t familiar;
        bool joins;
    } cases[] = {
        {.name = "nothing"},
        {.name = "three of ten attempts", .events = 3, .joins = true},
        {.name = "two of ten attempts", .events = 2},
        {.name = "half of the sources", .sources = 5, .joins = true},
        {.name = "fewer sources", .sources = 4},
        {.name = "the window", .same_window = true, .joins = true},
        {.name = "the program", .same_agent = true, .joins = true},
        {.name = "a program that its accounts use",
         .same_agent = true,
         .familiar = FAMILIAR_HISTORY | FAMILIAR_AGENT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        attack_deinit(&attack);
        attack_init(&attack);
        struct member first[32], second[10];
        /* Shared attempts must not bring a program along. */
        struct tries tries = twenty;
        if (!cases[i].same_agent)
            tries.agent = "";
        attack_open(&attack, "distributed", 1, first, attack_tries(&attack, &tries, first));
        for (uint32_t j = 0; j < 10; j++) {
            second[j] = attack_member(&attack, 100 + j, j < cases[i].sources ? 1 + j : 100 + j,
                                      cases[i].same_agent ? "sprayer" : "", 60 + j);
            second[j].familiar = cases[i].familiar;
            if (j < cases[i].events)
                second[j] = first[j];
        }
        attack_open(&attack, "distributed", cases[i].same_window ? 1 : 2, second, 10);
        if ((attack_opened(&attack) == 1) != cases[i].joins)
            fail_msg("%s: %d campaigns", cases[i].name, (int)attack_opened(&attack));
    }
}

static void campaign_of_one_program_stays_apart_from_another(void **state)
{
    (void)state;
    attack_spray(&attack, "distributed", 1, &twenty);
    struct tries other = twenty;
    other.agent = "another";
    other.seconds = 60; /* the same sources and accounts */
    attack_spray(&attack, "distributed", 2, &other);
    assert_int_equal(attack_opened(&attack), 2);
    assert_int_equal(campaigns_counters(attack.campaigns).merged, 0);
}

static void campaign_once_closed_is_not_joined(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &ten);
    struct tries later = ten;
    later.seconds = 80 * ATTACK_HOUR;
    attack_spray(&attack, "fanout", 1, &later);
    assert_int_equal(attack_opened(&attack), 2);
    assert_int_equal(attack_last(&attack)->campaign.number, 2);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 10);
}

/* ---- merging --------------------------------------------------------------------------------- */

/* A tool at work while a wave of other failures is told of as a surge. */
static void campaign_leaves_a_surge_that_knew_no_better(void **state)
{
    (void)state;
    struct member members[64];
    const uint32_t others = attack_tries(&attack,
                                         &(struct tries){.first_account = 60,
                                                         .accounts = 30,
                                                         .first_source = 60,
                                                         .sources = 30,
                                                         .agent = "browser"},
                                         members);
    struct tries tool = ten;
    tool.seconds = 40;
    const uint32_t sprayed = attack_tries(&attack, &tool, members + others);
    attack_open(&attack, "surge", 1, members, others);
    for (uint32_t i = 0; i < sprayed; i++)
        attack_grow(&attack, "surge", 1, &members[others + i]);
    attack_open(&attack, "fanout", 2, members + others, sprayed);
    assert_int_equal(attack_opened(&attack), 2);
    assert_int_equal(attack_last(&attack)->campaign.number, 2);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 10);
    /* The window over everything sees the next attempt first; it is the tool's all the same. */
    const struct member next = attack_member(&attack, 20, 1, "curl", 60);
    attack_grow(&attack, "surge", 1, &next);
    attack_grow(&attack, "fanout", 2, &next);
    campaigns_end(attack.campaigns);
    assert_int_equal(attack_last(&attack)->campaign.number, 2);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 11);
    assert_int_equal(attack.tellings[attack.tellings_count - 2].campaign.attempts, 30);
}

/* A surge that is nothing but the tool becomes its campaign. */
static void campaign_of_a_surge_is_the_attack_that_made_it(void **state)
{
    (void)state;
    struct member members[32];
    const uint32_t count = attack_tries(&attack, &twenty, members);
    attack_open(&attack, "surge", 1, members, count);
    attack_open(&attack, "distributed", 2, members, count);
    campaigns_end(attack.campaigns);
    assert_int_equal(attack_opened(&attack), 1);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 20);
}

/* One program that takes turns between addresses, each of which is found by itself. */
static void campaign_of_a_program_is_found_by_another_address(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &ten);
    struct tries other = ten;
    other.first_source = 2, other.first_account = 30, other.seconds = 60;
    attack_spray(&attack, "fanout", 2, &other);
    assert_int_equal(attack_opened(&attack), 1);
    /* Not with another program. */
    struct member members[32];
    other.first_source = 3, other.first_account = 60, other.seconds = 25 * 3600;
    other.agent = "wget";
    const uint32_t count = attack_tries(&attack, &other, members);
    attack_open(&attack, "fanout", 3, members, count);
    assert_int_equal(attack_opened(&attack), 2);
}

static void campaign_says_when_it_reached_each_stage(void **state)
{
    (void)state;
    struct member members[30];
    struct tries part = ten;
    attack_tries(&attack, &part, members);
    attack_open(&attack, "enumeration", 1, members, 10);
    const int64_t *const stages = attack_last(&attack)->campaign.stages_ns;
    assert_true(stages[STAGE_ENUMERATION] == members[9].time_ns);
    assert_true(stages[STAGE_SPRAY] == STAGE_NEVER);

    part.first_account = 11, part.seconds = 60;
    attack_tries(&attack, &part, members + 10);
    attack_open(&attack, "fanout", 2, members + 10, 10);
    part.first_account = 21, part.seconds = 120;
    attack_tries(&attack, &part, members + 20);
    attack_open(&attack, "fanout", 3, members + 20, 10);
    attack_sign_in(&attack, 15, 1, "curl", 200, OUTCOME_SUCCESS, ALL_NEW);
    assert_int_equal(attack_opened(&attack), 1);
    const struct telling *const told = attack_last(&attack);
    assert_true(told->campaign.stages_ns[STAGE_ENUMERATION] == members[9].time_ns);
    assert_true(told->campaign.stages_ns[STAGE_SPRAY] == members[19].time_ns); /* the first time */
    assert_true(told->campaign.stages_ns[STAGE_LOCKOUTS] == STAGE_NEVER);
    assert_true(told->campaign.stages_ns[STAGE_CONFIRMED] == told->confirmed[0].first.time_ns);
}

static void campaign_takes_in_the_younger_when_they_are_one_attack(void **state)
{
    (void)state;
    struct member members[40];
    struct tries part = {.accounts = 10, .sources = 1, .agent = ""};
    part.first_account = 1, part.first_source = 1;
    attack_tries(&attack, &part, members);
    attack_open(&attack, "fanout", 1, members, 10);
    part.first_account = 11, part.first_source = 2, part.seconds = 20;
    attack_tries(&attack, &part, members + 10);
    attack_open(&attack, "fanout", 2, members + 10, 10);
    assert_int_equal(attack_opened(&attack), 2);
    /* Now the window over the whole network holds both. */
    attack_open(&attack, "fanout", 3, members, 20);
    assert_int_equal(attack_opened(&attack), 2);
    assert_int_equal(campaigns_counters(attack.campaigns).merged, 1);

    const struct telling *const merged = &attack.tellings[attack.tellings_count - 2];
    assert_int_equal(merged->action, CAMPAIGN_CLOSED);
    assert_int_equal(merged->end, CAMPAIGN_MERGED);
    assert_int_equal(merged->campaign.number, 2);
    assert_int_equal(merged->accounts, 10);
    const struct telling *const told = attack_last(&attack);
    assert_int_equal(told->action, CAMPAIGN_UPDATED);
    assert_int_equal(told->campaign.number, 1);
    assert_int_equal(told->campaign.attempts, 20);
    assert_int_equal(told->accounts, 20);
    assert_int_equal(told->sources, 2);
    assert_true(told->campaign.start_ns == members[0].time_ns);
    assert_true(told->campaign.end_ns == members[19].time_ns);

    /* What belonged to the younger belongs to the older now. */
    const struct member next = attack_member(&attack, 30, 2, "curl", 40);
    attack_grow(&attack, "fanout", 2, &next);
    campaigns_end(attack.campaigns);
    assert_int_equal(attack_last(&attack)->campaign.number, 1);
    assert_int_equal(attack_last(&attack)->campaign.attempts, 21);
}

static void campaign_keeps_confirmed_accounts_of_the_one_it_takes_in(void **state)
{
    (void)state;
    struct member members[40];
    struct tries part = ten;
    part.agent = ""; /* nothing to know one another by */
    attack_tries(&attack, &part, members);
    attack_open(&attack, "fanout", 1, members, 10);
    part.first_account = 11, part.first_source = 2, part.seconds = 20;
    attack_tries(&attack, &part, members + 10);
    attack_open(&attack, "fanout", 2, members + 10, 10);
    attack_sign_in(&attack, 15, 2, "curl", 40, OUTCOME_SUCCESS, ALL_NEW);
    assert_int_equal(attack_last(&attack)->campaign.number, 2);
    attack_open(&attack, "fanout", 3, members, 20);
    const struct telling *const told = attack_last(&attack);
    assert_int_equal(told->campaign.number, 1);
    assert_int_equal(told->campaign.confirmed_count, 1);
    assert_int_equal(told->confirmed[0].first.account, attack_user(&attack, 15));
    assert_int_equal(attack_confirmed(&attack), 1);
}

static void campaign_adds_up_what_two_knew_of_one_account(void **state)
{
    (void)state;
    struct member members[40];
    struct tries part = ten;
    part.agent = ""; /* nothing to know one another by */
    attack_tries(&attack, &part, members);
    attack_open(&attack, "fanout", 1, members, 10);
    attack_sign_in(&attack, 5, 1, "curl", 15, OUTCOME_MFA_REQUIRED, ALL_NEW);
    part.first_source = 2; /* the same accounts from another address */
    part.seconds = 20;
    attack_tries(&attack, &part, members + 10);
    attack_open(&attack, "fanout", 2, members + 10, 10);
    attack_sign_in(&attack, 5, 2, "curl", 40, OUTCOME_SUCCESS, ALL_NEW);
    assert_int_equal(attack_last(&attack)->campaign.number, 2);
    attack_open(&attack, "fanout", 3, members, 20);
    const struct telling *const told = attack_last(&attack);
    assert_int_equal(told->campaign.number, 1);
    assert_int_equal(told->campaign.confirmed_count, 1);
    assert_int_equal(told->confirmed[0].sign_ins, 2);
    assert_true(told->confirmed[0].is_unstopped);
    assert_true(told->confirmed[0].last_ns == ATTACK_START + 40 * ATTACK_SECOND);
}

/* ---- confirmed passwords --------------------------------------------------------------------- */

struct sign_in_case {
    const char *name;
    const char *agent;
    uint32_t user, source;
    int64_t seconds;
    uint8_t familiar;
    bool confirms;
};

/* Each after the same attack, told anew. */
static void require_confirmations(const char *detector, const struct tries *tries,
                                  const struct sign_in_case *cases, size_t count,
                                  enum confirmed_by by)
{
    for (size_t i = 0; i < count; i++) {
        attack_deinit(&attack);
        attack_init(&attack);
        attack_spray(&attack, detector, 1, tries);
        attack_sign_in(&attack, cases[i].user, cases[i].source, cases[i].agent, cases[i].seconds,
                       OUTCOME_SUCCESS, cases[i].familiar);
        if ((attack_confirmed(&attack) == 1) != cases[i].confirms)
            fail_msg("%s: %d confirmed", cases[i].name, (int)attack_confirmed(&attack));
        if (!cases[i].confirms) {
            assert_int_equal(attack.tellings_count, 1);
            continue;
        }
        const struct telling *const told = attack_last(&attack);
        assert_int_equal(told->action, CAMPAIGN_UPDATED);
        assert_int_equal(told->campaign.confirmed_count, 1);
        assert_int_equal(told->confirmed[0].first.account, attack_user(&attack, cases[i].user));
        assert_int_equal(told->confirmed[0].by, by);
        assert_true(told->campaign.detectors >> attack_detector(&attack, "confirmed") & 1);
    }
}

static void campaign_confirms_what_comes_from_its_sources(void **state)
{
    (void)state;
    static const struct sign_in_case cases[] = {
        {"a tried account", "curl", 3, 1, 60, AT_HOME & ~FAMILIAR_SOURCE_USED, true},
        {"one that was not tried", "browser", 70, 1, 60, ALL_NEW | FAMILIAR_AGENT, true},
        {"from another source", "browser", 3, 2, 60, AT_HOME, false},
        {"where others sign in, with the program", "curl", 3, 1, 60, AT_HOME, true},
        {"where others sign in, with another", "browser", 3, 1, 60, AT_HOME, false},
        {"where others sign in, with none", "", 3, 1, 60, AT_HOME, false},
        {"long after", "curl", 3, 1, 72 * ATTACK_HOUR, AT_HOME & ~FAMILIAR_SOURCE_USED, true},
    };
    require_confirmations("fanout", &ten, cases, sizeof(cases) / sizeof(cases[0]),
                          CONFIRMED_BY_SOURCE);
}

static void campaign_confirms_nothing_after_it_has_closed(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &ten);
    attack_sign_in(&attack, 3, 1, "curl", 73 * ATTACK_HOUR, OUTCOME_SUCCESS, ALL_NEW);
    assert_int_equal(attack_confirmed(&attack), 0);
}

/* Every source of this campaign has tried one account only, as somebody does who mistypes. */
static void campaign_takes_a_typo_before_a_success_for_no_confirmation(void **state)
{
    (void)state;
    static const struct sign_in_case typos[] = {
        {"their own program", "browser", 3, 3, 60, AT_HOME & ~FAMILIAR_SOURCE_USED, false},
        {"on a new network", "browser", 3, 3, 60,
         FAMILIAR_HISTORY | FAMILIAR_SETTLED | FAMILIAR_AGENT, false},
        {"in their first week", "browser", 3, 3, 60, FAMILIAR_HISTORY, false},
        {"on their first day", "browser", 3, 3, 60, FAMILIAR_NO_HISTORY, false},
    };
    require_confirmations("distributed", &twenty, typos, sizeof(typos) / sizeof(typos[0]),
                          CONFIRMED_BY_SOURCE);
    static const struct sign_in_case others[] = {
        {"another account than was tried from there", "browser", 4, 3, 60,
         AT_HOME & ~FAMILIAR_SOURCE_USED, true},
    };
    require_confirmations("distributed", &twenty, others, 1, CONFIRMED_BY_SOURCE);
}

static void campaign_confirms_what_uses_its_program(void **state)
{
    (void)state;
    static const struct sign_in_case cases[] = {
        {"a tried account", "sprayer", 3, 100, 60, FAMILIAR_HISTORY | FAMILIAR_ASN, true},
        {"a program it knows", "sprayer", 3, 100, 60,
         FAMILIAR_HISTORY | FAMILIAR_ASN | FAMILIAR_AGENT, false},
        {"a program in common use", "sprayer", 3, 100, 60,
         FAMILIAR_HISTORY | FAMILIAR_ASN | FAMILIAR_AGENT_COMMON, false},
        {"another program", "browser", 3, 100, 60, FAMILIAR_HISTORY | FAMILIAR_ASN, false},
        {"not tried, new operator", "sprayer", 80, 100, 60, FAMILIAR_HISTORY, true},
        {"not tried, known operator", "sprayer", 80, 100, 60, FAMILIAR_HISTORY | FAMILIAR_ASN,
         false},
        {"no source", "sprayer", 3, 0, 60, FAMILIAR_HISTORY | FAMILIAR_ASN, true},
    };
    require_confirmations("distributed", &twenty, cases, sizeof(cases) / sizeof(cases[0]),
                          CONFIRMED_BY_AGENT);
}

static void campaign_of_one_source_has_no_program_to_confirm_by(void **state)
{
    (void)state;
    static const struct sign_in_case cases[] = {
        {"its program elsewhere", "curl", 3, 100, 60, FAMILIAR_HISTORY | FAMILIAR_ASN, false},
    };
    require_confirmations("fanout", &ten, cases, 1, CONFIRMED_BY_AGENT);
}

static void campaign_confirms_what_is_new_in_every_way(void **state)
{
    (void)state;
    static const struct sign_in_case cases[] = {
        {"all is new", "browser", 3, 100, 60, ALL_NEW, true},
        {"it was never tried", "browser", 80, 100, 60, ALL_NEW, false},
        {"a network it knows", "browser", 3, 100, 60, ALL_NEW | FAMILIAR_NETWORK, false},
        {"a program it knows", "browser", 3, 100, 60, ALL_NEW | FAMILIAR_AGENT, false},
        {"an operator it knows", "browser", 3, 100, 60, ALL_NEW | FAMILIAR_ASN, false},
        {"a network that others use", "browser", 3, 100, 60, ALL_NEW | FAMILIAR_SOURCE_USED, false},
        {"in its first week", "browser", 3, 100, 60, FAMILIAR_HISTORY, false},
        {"its first sign-in, in the log's first week", "browser", 3, 100, 60, FAMILIAR_NO_HISTORY,
         false},
    };
    require_confirmations("distributed", &twenty, cases, sizeof(cases) / sizeof(cases[0]),
                          CONFIRMED_BY_NEWNESS);
}

static void campaign_confirms_a_first_sign_in_once_the_log_is_a_week_old(void **state)
{
    (void)state;
    attack_wait(&attack, 0);
    struct tries later = twenty;
    later.seconds = 8 * ATTACK_DAY;
    attack_spray(&attack, "distributed", 1, &later);
    attack_sign_in(&attack, 3, 100, "browser", 8 * ATTACK_DAY + 60, OUTCOME_SUCCESS,
                   FAMILIAR_NO_HISTORY);
    assert_int_equal(attack_confirmed(&attack), 1);
}

static void campaign_confirms_what_was_found_before_it_was_noticed(void **state)
{
    (void)state;
    /* From a source that goes on to try others. */
    attack_sign_in(&attack, 3, 1, "curl", 0, OUTCOME_SUCCESS, ALL_NEW);
    assert_int_equal(attack_confirmed(&attack), 0);
    struct tries after = ten;
    after.seconds = 60;
    attack_spray(&attack, "fanout", 1, &after);
    assert_int_equal(attack_confirmed(&attack), 1);
    campaigns_end(attack.campaigns);
    assert_int_equal(attack_last(&attack)->campaign.confirmed_count, 1);
    assert_true(attack_last(&attack)->confirmed[0].first.time_ns == ATTACK_START);
}

/* A new exit of a large network: thousands sign in, then somebody sprays from there. */
static void campaign_looks_back_at_the_latest_sign_ins_of_a_busy_source(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    for (uint32_t i = 0; i < MANY; i++)
        attack_sign_in(&attack, 10000 + i, 1, "browser", 0, OUTCOME_SUCCESS,
                       FAMILIAR_HISTORY | FAMILIAR_SOURCE_USED | FAMILIAR_AGENT);
    attack_sign_in(&attack, 3, 1, "curl", 30, OUTCOME_SUCCESS, ALL_NEW | FAMILIAR_SOURCE_USED);
    struct tries after = ten;
    after.seconds = 60;
    attack_spray(&attack, "fanout", 1, &after);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct member next = attack_member(&attack, 20 + i, 1, "curl", 100);
        attack_grow(&attack, "fanout", 1, &next);
    }
    assert_int_equal(attack_confirmed(&attack), 1); /* the one with the program */
}

static void campaign_forgets_sign_ins_after_a_while(void **state)
{
    (void)state;
    attack_sign_in(&attack, 3, 1, "curl", 0, OUTCOME_SUCCESS, ALL_NEW);
    struct tries after = ten;
    after.seconds = 73 * ATTACK_HOUR;
    attack_spray(&attack, "fanout", 1, &after);
    assert_int_equal(attack_confirmed(&attack), 0);
}

static void campaign_confirms_each_account_once_and_tells_of_its_first_full_success(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &ten);
    const uint8_t familiar = ALL_NEW;
    attack_sign_in(&attack, 3, 1, "curl", 60, OUTCOME_MFA_REQUIRED, familiar);
    assert_int_equal(attack.tellings_count, 2);
    assert_string_equal(confirmed_stopped_by(&attack_last(&attack)->confirmed[0]), "mfa");
    attack_sign_in(&attack, 3, 1, "curl", 61, OUTCOME_MFA_REQUIRED, familiar);
    assert_int_equal(attack.tellings_count, 2);
    attack_sign_in(&attack, 3, 1, "curl", 62, OUTCOME_SUCCESS, familiar);
    assert_int_equal(attack.tellings_count, 3);
    assert_string_equal(confirmed_stopped_by(&attack_last(&attack)->confirmed[0]), "none");
    attack_sign_in(&attack, 3, 1, "curl", 63, OUTCOME_SUCCESS, familiar);
    assert_int_equal(attack.tellings_count, 3);
    assert_int_equal(attack_confirmed(&attack), 1);
    campaigns_end(attack.campaigns);
    const struct confirmed *const confirmed = &attack_last(&attack)->confirmed[0];
    assert_int_equal(confirmed->sign_ins, 4);
    assert_true(confirmed->last_ns == ATTACK_START + 63 * ATTACK_SECOND);
    assert_true(confirmed->first.time_ns == ATTACK_START + 60 * ATTACK_SECOND);
}

static void campaign_counts_later_use_of_a_found_password(void **state)
{
    (void)state;
    enum { ELSEWHERE = 300 }; /* in another /24 than the campaign's sources */
    static const struct sign_in_case cases[] = {
        {"from the same network", "browser", 3, 1, 600, AT_HOME, true},
        {"with the campaign's program", "sprayer", 3, ELSEWHERE, 600, AT_HOME, true},
        {"from where all is new", "browser", 3, ELSEWHERE, 600, ALL_NEW, true},
        {"at home", "browser", 3, ELSEWHERE, 600, AT_HOME & ~FAMILIAR_NETWORK, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        attack_deinit(&attack);
        attack_init(&attack);
        attack_spray(&attack, "distributed", 1, &twenty);
        attack_sign_in(&attack, 3, 4, "sprayer", 60, OUTCOME_SUCCESS, ALL_NEW);
        assert_int_equal(attack_confirmed(&attack), 1);
        attack_sign_in(&attack, cases[i].user, cases[i].source, cases[i].agent, cases[i].seconds,
                       OUTCOME_SUCCESS, cases[i].familiar);
        campaigns_end(attack.campaigns);
        const uint32_t sign_ins = attack_last(&attack)->confirmed[0].sign_ins;
        if (sign_ins != (cases[i].confirms ? 2 : 1))
            fail_msg("%s: %u sign-ins", cases[i].name, sign_ins);
    }
}

static void campaign_says_what_stopped_a_sign_in(void **state)
{
    (void)state;
    static const struct {
        enum outcome outcome;
        bool is_unstopped;
        const char *text;
    } cases[] = {
        {OUTCOME_SUCCESS, true, "none"},
        {OUTCOME_MFA_REQUIRED, false, "mfa"},
        {OUTCOME_MFA_FAILED, false, "mfa"},
        {OUTCOME_BLOCKED_BY_POLICY, false, "policy"},
        {OUTCOME_EXPIRED_PASSWORD, false, "expired"},
        {OUTCOME_DISABLED, false, "disabled"},
        {OUTCOME_OTHER_FAILURE, false, "other"},
        {OUTCOME_MFA_REQUIRED, true, "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct confirmed confirmed = {.first = {.outcome = (uint8_t)cases[i].outcome},
                                            .is_unstopped = cases[i].is_unstopped};
        assert_string_equal(confirmed_stopped_by(&confirmed), cases[i].text);
    }
}

/* ---- closing --------------------------------------------------------------------------------- */

/* Three campaigns that fall quiet in another order than they opened. */
static void open_three(void)
{
    for (uint32_t i = 0; i < 3; i++) {
        const struct tries tries = {.first_account = 1 + 20 * i,
                                    .accounts = 10,
                                    .first_source = 1 + i,
                                    .sources = 1,
                                    .agent = "",
                                    .seconds = 100 * i};
        attack_spray(&attack, "fanout", i, &tries);
    }
    const struct member last = attack_member(&attack, 1, 1, "", ATTACK_HOUR);
    attack_grow(&attack, "fanout", 0, &last);
}

static void require_closed(const struct telling *told, uint32_t number, int64_t quiet_seconds)
{
    assert_int_equal(told->action, CAMPAIGN_CLOSED);
    assert_int_equal(told->end, CAMPAIGN_QUIET);
    assert_int_equal(told->campaign.number, number);
    assert_true(told->time_ns == ATTACK_START + (quiet_seconds + 72 * ATTACK_HOUR) * ATTACK_SECOND);
}

static void campaign_closes_when_and_in_the_order_in_which_it_fell_quiet(void **state)
{
    (void)state;
    /* In one leap, and second by second around the moments. */
    for (int step_by_step = 0; step_by_step < 2; step_by_step++) {
        attack_deinit(&attack);
        attack_init(&attack);
        open_three();
        const size_t told = attack.tellings_count;
        attack_wait(&attack, 72 * ATTACK_HOUR + 109);
        assert_int_equal(attack.tellings_count, told);
        for (int64_t at = 110; step_by_step && at < 300; at++)
            attack_wait(&attack, 72 * ATTACK_HOUR + at);
        attack_wait(&attack, 100 * ATTACK_HOUR);
        assert_int_equal(attack.tellings_count, told + 3);
        require_closed(&attack.tellings[told], 2, 109);
        require_closed(&attack.tellings[told + 1], 3, 209);
        require_closed(&attack.tellings[told + 2], 1, ATTACK_HOUR);
    }
}

static void campaign_is_closed_by_the_end_of_input(void **state)
{
    (void)state;
    open_three();
    const size_t told = attack.tellings_count;
    campaigns_end(attack.campaigns);
    assert_int_equal(attack.tellings_count, told + 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(attack.tellings[told + i].action, CAMPAIGN_CLOSED);
        assert_int_equal(attack.tellings[told + i].end, CAMPAIGN_END_OF_INPUT);
        assert_int_equal(attack.tellings[told + i].campaign.number, i + 1);
        assert_true(attack.tellings[told + i].time_ns ==
                    ATTACK_START + ATTACK_HOUR * ATTACK_SECOND);
    }
}

/* ---- ids ------------------------------------------------------------------------------------- */

static void require_ids(uint64_t ids[3][2])
{
    for (size_t i = 0; i < 3; i++) {
        ids[i][0] = attack.tellings[i].campaign.id[0];
        ids[i][1] = attack.tellings[i].campaign.id[1];
        assert_int_equal(attack.tellings[i].action, CAMPAIGN_OPENED);
    }
}

static void campaign_has_the_same_id_in_every_run(void **state)
{
    (void)state;
    uint64_t first[3][2], second[3][2];
    open_three();
    require_ids(first);
    campaigns_end(attack.campaigns);
    for (size_t i = 3; i < attack.tellings_count; i++)
        assert_memory_equal(attack.tellings[i].campaign.id,
                            first[attack.tellings[i].campaign.number - 1], sizeof(first[0]));

    /* Another hash key, and other indices for the same names. */
    attack_deinit(&attack);
    attack_init(&attack);
    for (uint32_t i = 0; i < 1000; i++) {
        attack_user(&attack, 5000 + i);
        attack_address(&attack, 5000 + i);
    }
    open_three();
    require_ids(second);
    assert_memory_equal(first, second, sizeof(first));
    assert_memory_not_equal(first[0], first[1], sizeof(first[0]));
    assert_memory_not_equal(first[1], first[2], sizeof(first[0]));
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void campaign_says_that_it_is_incomplete_when_memory_runs_out(void **state)
{
    (void)state;
    attack_deinit(&attack);
    attack_init_within(&attack, 16 << 10);
    attack_spray(&attack, "fanout", 1, &ten);
    for (uint32_t i = 0; i < 2000; i++) {
        const struct member next = attack_member(&attack, 100 + i, 1 + i, "curl", 20 + i);
        attack_grow(&attack, "fanout", 1, &next);
    }
    campaigns_end(attack.campaigns);
    assert_true(campaigns_counters(attack.campaigns).untold > 0);
    assert_int_equal(attack_last(&attack)->action, CAMPAIGN_CLOSED);
    assert_true(attack_last(&attack)->campaign.is_incomplete);
    assert_non_null(strstr(attack_last(&attack)->document, "\"incomplete\":true"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(campaign_opens_with_the_first_finding),
        test(campaign_is_not_opened_by_a_weak_finding),
        test(campaign_takes_no_attempts_from_a_surge_that_joins),
        test(campaign_counts_an_attempt_of_two_findings_once),
        test(campaign_tells_when_it_has_doubled),
        test(campaign_takes_attempts_of_many_programs),
        test(campaign_ignores_growth_of_windows_it_does_not_know),
        test(campaign_is_joined_by_what_it_shares),
        test(campaign_of_one_program_stays_apart_from_another),
        test(campaign_once_closed_is_not_joined),
        test(campaign_leaves_a_surge_that_knew_no_better),
        test(campaign_of_a_surge_is_the_attack_that_made_it),
        test(campaign_of_a_program_is_found_by_another_address),
        test(campaign_says_when_it_reached_each_stage),
        test(campaign_takes_in_the_younger_when_they_are_one_attack),
        test(campaign_keeps_confirmed_accounts_of_the_one_it_takes_in),
        test(campaign_adds_up_what_two_knew_of_one_account),
        test(campaign_confirms_what_comes_from_its_sources),
        test(campaign_confirms_nothing_after_it_has_closed),
        test(campaign_takes_a_typo_before_a_success_for_no_confirmation),
        test(campaign_confirms_what_uses_its_program),
        test(campaign_of_one_source_has_no_program_to_confirm_by),
        test(campaign_confirms_what_is_new_in_every_way),
        test(campaign_confirms_a_first_sign_in_once_the_log_is_a_week_old),
        test(campaign_confirms_what_was_found_before_it_was_noticed),
        test(campaign_looks_back_at_the_latest_sign_ins_of_a_busy_source),
        test(campaign_forgets_sign_ins_after_a_while),
        test(campaign_confirms_each_account_once_and_tells_of_its_first_full_success),
        test(campaign_counts_later_use_of_a_found_password),
        test(campaign_says_what_stopped_a_sign_in),
        test(campaign_closes_when_and_in_the_order_in_which_it_fell_quiet),
        test(campaign_is_closed_by_the_end_of_input),
        test(campaign_has_the_same_id_in_every_run),
        test(campaign_says_that_it_is_incomplete_when_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
