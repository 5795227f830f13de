#include "bench/gen_attacks.h"

#include <stdlib.h>

enum {
    REUSES = 4,                           /* times that a confirmed account is used afterwards */
    SOURCES_MAX = 1 << 20,                /* a bit for each */
    CHOSEN_SPECIALS = GEN_SPECIAL_BACKUP, /* the special accounts before the services */
    MINUTES_PER_DAY = 1440,
};

/* Defaults of the tools as their source code has them, campaigns as vendors report them. */
const struct gen_profile gen_profiles[GEN_PROFILES] = {
    {.name = "msolspray",
     .text = "one address, serial, no delay, PowerShell; stops after ten lockouts",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_HOSTER,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_POWERSHELL},
     .agents_count = 1,
     .apps = {GEN_APP_AAD_POWERSHELL},
     .apps_count = 1,
     .rate_per_day = 50 * MINUTES_PER_DAY,
     .jitter_permille = 300,
     .wait_minutes = 60,
     .accounts_count = 400,
     .sources_count = 1,
     .passwords_count = 1,
     .yield_ppm = 7000,
     .locked_ppm = 3000,
     .locked_max = 10,
     .results = {50076, 0, 50055},
     .results_count = 3},
    {.name = "o365spray",
     .text = "one address, ten at once, names tried first, a password each quarter of an hour",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_HOSTER,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_CHROME_104, GEN_AGENT_AUTODISCOVER},
     .agents_count = 2,
     .apps = {GEN_APP_AAD_POWERSHELL_GRAPH, GEN_APP_OFFICE, GEN_APP_TEAMS, GEN_APP_AZURE_CLI,
              GEN_APP_OUTLOOK_MOBILE},
     .apps_count = 5,
     .rate_per_day = 400 * MINUTES_PER_DAY,
     .jitter_permille = 900,
     .wait_minutes = 15,
     .wait_jitter_minutes = 2,
     .accounts_count = 400,
     .sources_count = 1,
     .passwords_count = 3,
     .unknown_count = 250,
     .yield_ppm = 7000,
     .locked_ppm = 4000,
     .results = {50076, 53003, 0},
     .results_count = 3},
    {.name = "trevorspray",
     .text = "thirty seconds between attempts, round robin over proxies or one IPv6 /64",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_HOSTER,
     .is_rotated = true,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_AZUREAD_PROVIDER},
     .agents_count = 1,
     .apps = {GEN_APP_AAD_PASSTHROUGH},
     .apps_count = 1,
     .rate_per_day = 2469, /* a delay of 30 s and up to 10 s of jitter */
     .jitter_permille = 140,
     .wait_minutes = 1,
     .accounts_count = 500,
     .sources_count = 5,
     .passwords_count = 2,
     .yield_ppm = 6000,
     .locked_ppm = 3000,
     .results = {50076, 0, 53003},
     .results_count = 3},
    {.name = "teamfiltration",
     .text = "an hour or more between rounds, cloud regions shuffled, afternoons only",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_CLOUD,
     .hour_first = 13,
     .hour_end = 22,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_TEAMS_OLD},
     .agents_count = 1,
     .apps = {GEN_APP_TEAMS, GEN_APP_OUTLOOK_MOBILE, GEN_APP_OFFICE, GEN_APP_ONEDRIVE,
              GEN_APP_AZURE_CLI},
     .apps_count = 5,
     .rate_per_day = 12 * MINUTES_PER_DAY,
     .jitter_permille = 800,
     .wait_minutes = 60,
     .wait_jitter_minutes = 40,
     .accounts_count = 300,
     .sources_count = 60,
     .passwords_count = 6,
     .yield_ppm = 10000,
     .locked_ppm = 4000,
     .results = {50076, 0, 50074, 53003},
     .results_count = 4},
    {.name = "credmaster",
     .text = "every request from a new address of one cloud provider, in working hours",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_CLOUD,
     .is_fresh = true,
     .workdays = true,
     .hour_first = 9,
     .hour_end = 17,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_FIREFOX_OLD},
     .agents_count = 1,
     .apps = {GEN_APP_O365_SUITE},
     .apps_count = 1,
     .rate_per_day = 3 * MINUTES_PER_DAY,
     .jitter_permille = 900,
     .wait_minutes = 60,
     .wait_jitter_minutes = 30,
     .accounts_count = 300,
     .sources_count = 1 << 16,
     .passwords_count = 4,
     .yield_ppm = 10000,
     .locked_ppm = 4000,
     .results = {50076, 0, 53003},
     .results_count = 3},
    {.name = "go365",
     .text = "one address, an hour between passwords, an old browser's user agent",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_HOSTER,
     .is_rotated = true,
     .flags = GEN_SIGNIN_BASIC,
     .agents = {GEN_AGENT_MSIE_10},
     .agents_count = 1,
     .apps = {GEN_APP_EXCHANGE},
     .apps_count = 1,
     .rate_per_day = 30 * MINUTES_PER_DAY,
     .jitter_permille = 200,
     .wait_minutes = 60,
     .accounts_count = 300,
     .sources_count = 1,
     .passwords_count = 5,
     .yield_ppm = 7000,
     .locked_ppm = 8000,
     .results = {50076, 53003, 0},
     .results_count = 3},
    {.name = "botnet",
     .text = "8,000 residential addresses, one attempt per account and day, around the clock",
     .pacing = GEN_PACING_STEADY,
     .from = GEN_FROM_RESIDENTIAL,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_CHROME_80_WIN7, GEN_AGENT_FIREFOX_OLD, GEN_AGENT_CHROME_79},
     .agents_count = 3,
     .apps = {GEN_APP_AZURE_CLI},
     .apps_count = 1,
     .rate_per_day = 300,
     .days = 60,
     .accounts_count = 300,
     .sources_count = 8000,
     .yield_ppm = 10000,
     .locked_ppm = 2000,
     .results = {50076, 0, 53003},
     .results_count = 3},
    {.name = "midnight_blizzard",
     .text = "few chosen accounts, dormant and test ones too, a residential address per attempt",
     .pacing = GEN_PACING_STEADY,
     .from = GEN_FROM_RESIDENTIAL,
     .is_fresh = true,
     .has_chosen_accounts = true,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_CHROME_79},
     .agents_count = 1,
     .apps = {GEN_APP_AAD_POWERSHELL_GRAPH},
     .apps_count = 1,
     .rate_per_day = 60,
     .days = 30,
     .accounts_count = 60,
     .sources_count = SOURCES_MAX,
     .yield_ppm = 17000,
     .locked_ppm = 3000,
     .results = {0, 50076, 53003},
     .results_count = 3},
    {.name = "fasthttp",
     .text = "bursts from a few hundred hosted addresses; many lockouts and many hits",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_HOSTER,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_FASTHTTP},
     .agents_count = 1,
     .apps = {GEN_APP_AAD_POWERSHELL_GRAPH},
     .apps_count = 1,
     .rate_per_day = 200 * MINUTES_PER_DAY,
     .jitter_permille = 950,
     .wait_minutes = 240,
     .wait_jitter_minutes = 60,
     .accounts_count = 300,
     .sources_count = 200,
     .passwords_count = 3,
     .yield_ppm = 370000,
     .locked_ppm = 210000,
     .results = {53003, 50076, 53003, 0},
     .results_count = 4},
    {.name = "peach_sandstorm",
     .text = "exits of an anonymising network, go-http-client, working hours of a foreign zone",
     .pacing = GEN_PACING_STEADY,
     .from = GEN_FROM_RELAY,
     .workdays = true,
     .hour_first = 5,
     .hour_end = 13,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_GO_CLIENT},
     .agents_count = 1,
     .apps = {GEN_APP_AAD_POWERSHELL_GRAPH},
     .apps_count = 1,
     .rate_per_day = 500,
     .days = 20,
     .accounts_count = 500,
     .sources_count = 60,
     .yield_ppm = 6000,
     .locked_ppm = 3000,
     .results = {50076, 0, 53003},
     .results_count = 3},
    {.name = "noninteractive_botnet",
     .text = "basic authentication in the non-interactive log from very many devices",
     .pacing = GEN_PACING_STEADY,
     .from = GEN_FROM_RESIDENTIAL,
     .flags = GEN_SIGNIN_BASIC | GEN_SIGNIN_NONINTERACTIVE,
     .agents = {GEN_AGENT_FASTHTTP},
     .agents_count = 1,
     .apps = {GEN_APP_EXCHANGE},
     .apps_count = 1,
     .rate_per_day = 400,
     .days = 30,
     .accounts_count = 300,
     .sources_count = 130000,
     .yield_ppm = 7000,
     .locked_ppm = 3000,
     .results = {0, 53003},
     .results_count = 2},
    {.name = "browser_botnet",
     .text = "residential addresses, current browsers and a common client, once a day per account",
     .pacing = GEN_PACING_STEADY,
     .from = GEN_FROM_RESIDENTIAL,
     .is_fresh = true,
     .flags = GEN_SIGNIN_BROWSER,
     .agents = {GEN_AGENT_EDGE_WINDOWS, GEN_AGENT_CHROME_WINDOWS},
     .agents_count = 2,
     .apps = {GEN_APP_TEAMS_WEB},
     .apps_count = 1,
     .rate_per_day = 300,
     .days = 15,
     .accounts_count = 300,
     .sources_count = SOURCES_MAX,
     .yield_ppm = 10000,
     .locked_ppm = 2000,
     .results = {50076, 0, 53003},
     .results_count = 3},
    {.name = "single_slow",
     .text = "one address, an attempt every half hour, each account at most once a day",
     .pacing = GEN_PACING_STEADY,
     .from = GEN_FROM_HOSTER,
     .is_rotated = true,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_CHROME_WINDOWS},
     .agents_count = 1,
     .apps = {GEN_APP_OFFICE},
     .apps_count = 1,
     .rate_per_day = 48,
     .days = 14,
     .accounts_count = 100,
     .sources_count = 1,
     .yield_ppm = 10000,
     .locked_ppm = 2000,
     .results = {50076, 0, 53003},
     .results_count = 3},
    {.name = "stuffing",
     .text = "name and password pairs, one attempt a name, many names that do not exist",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_RESIDENTIAL,
     .is_fresh = true,
     .flags = GEN_SIGNIN_BROWSER,
     .agents = {GEN_AGENT_CHROME_131, GEN_AGENT_FIREFOX_OLD, GEN_AGENT_CHROME_104},
     .agents_count = 3,
     .apps = {GEN_APP_MY_APPS},
     .apps_count = 1,
     .rate_per_day = 4 * MINUTES_PER_DAY,
     .jitter_permille = 900,
     .wait_minutes = 60,
     .accounts_count = 300,
     .sources_count = 1 << 16,
     .passwords_count = 1,
     .unknown_count = 600,
     .yield_ppm = 10000,
     .locked_ppm = 2000,
     .results = {50076, 0, 53003},
     .results_count = 3},
    {.name = "internal_host",
     .text = "one machine of the company itself, names tried first, a password each half hour",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_OFFICE,
     .flags = GEN_SIGNIN_ROPC,
     .agents = {GEN_AGENT_POWERSHELL},
     .agents_count = 1,
     .apps = {GEN_APP_AAD_POWERSHELL},
     .apps_count = 1,
     .rate_per_day = 60 * MINUTES_PER_DAY,
     .jitter_permille = 300,
     .wait_minutes = 30,
     .accounts_count = 300,
     .sources_count = 1,
     .passwords_count = 3,
     .unknown_count = 100,
     .yield_ppm = 10000,
     .locked_ppm = 4000,
     .results = {0, 50055},
     .results_count = 2},
    {.name = "slow_pool",
     .text = "five hundred hosted addresses, an attempt every eight hours each, names of a list",
     .pacing = GEN_PACING_ROUNDS,
     .from = GEN_FROM_HOSTER,
     .is_rotated = true,
     .flags = GEN_SIGNIN_BASIC,
     .agents = {GEN_AGENT_NONE},
     .agents_count = 1,
     .apps = {GEN_APP_EXCHANGE},
     .apps_count = 1,
     .rate_per_day = 1500,
     .jitter_permille = 500,
     .wait_minutes = 60,
     .accounts_count = 200,
     .sources_count = 500,
     .passwords_count = 3,
     .unknown_count = 800,
     .yield_ppm = 5000,
     .locked_ppm = 1000,
     .results = {50076, 0},
     .results_count = 2},
};

/* ---- sources ----------------------------------------------------------------------------- */

uint32_t gen_profile_sources_max(const struct gen_profile *profile, bool ipv6)
{
    if (ipv6)
        return SOURCES_MAX;
    switch ((enum gen_origin_kind)profile->from) {
    case GEN_FROM_HOSTER:
        return GEN_HOSTERS << 8; /* the smallest hoster has 256 addresses */
    case GEN_FROM_RELAY:
        return GEN_RELAYS << 8;
    case GEN_FROM_CLOUD:
        return GEN_CLOUDS << 17;
    case GEN_FROM_OFFICE:
        return 1;
    case GEN_FROM_RESIDENTIAL:
        break;
    }
    return SOURCES_MAX;
}

/* The index-th of a block's hosts in an order of the campaign's own; no host comes twice, because
 * an odd factor permutes the numbers below a power of two. */
static uint32_t host_at(uint64_t campaign, uint32_t index, uint32_t bits)
{
    const uint32_t factor = (uint32_t)campaign | 1;
    return (index * factor + (uint32_t)(campaign >> 32)) & ((1u << bits) - 1);
}

struct gen_source gen_attack_source(const struct gen_attack *attack, uint32_t index)
{
    const uint64_t campaign = attack->campaign;
    const uint32_t turn = (uint32_t)(campaign >> 20);
    if (attack->options.ipv6)
        return gen_source_ipv6(GEN_NETWORK_HOSTER + turn % GEN_HOSTERS, campaign >> 8,
                               hash_mix(campaign ^ index));
    switch ((enum gen_origin_kind)attack->profile->from) {
    case GEN_FROM_HOSTER:
        return gen_source_network(GEN_NETWORK_HOSTER + (turn + index) % GEN_HOSTERS,
                                  host_at(campaign, index / GEN_HOSTERS, 8));
    case GEN_FROM_RELAY:
        return gen_source_network(GEN_NETWORK_RELAY + (turn + index) % GEN_RELAYS,
                                  host_at(campaign, index / GEN_RELAYS, 8));
    case GEN_FROM_CLOUD:
        return gen_source_network(GEN_NETWORK_CLOUD + (turn + index) % GEN_CLOUDS,
                                  host_at(campaign, index / GEN_CLOUDS, 17));
    case GEN_FROM_OFFICE:
        return gen_source_office_host(attack->population,
                                      attack->population->tenants[attack->tenant].sites_first,
                                      GEN_OFFICE_SERVER);
    case GEN_FROM_RESIDENTIAL:
        break;
    }
    /* The odd hosts: people live at the even ones. */
    return gen_source_network(GEN_NETWORK_RESIDENTIAL + (turn + index) % GEN_RESIDENTIAL,
                              host_at(campaign, index / GEN_RESIDENTIAL, 19) * 2 + 1);
}

static uint32_t source_choose(struct gen_attack *attack)
{
    const uint32_t count = attack->options.sources_count;
    if (attack->profile->is_fresh || attack->profile->is_rotated || attack->options.ipv6)
        return (uint32_t)(attack->ordinal % count);
    return gen_random_below(&attack->random, count);
}

/* ---- the list of accounts ---------------------------------------------------------------- */

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A factor and an offset that walk `count` numbers in an order that looks random, each once. */
static void order_draw(uint64_t salt, uint32_t count, uint32_t *factor, uint32_t *offset)
{
    uint32_t a = (uint32_t)(salt % count);
    while (common_divisor(a, count) != 1)
        a = a + 1 < count ? a + 1 : 1;
    *factor = a;
    *offset = (uint32_t)((salt >> 32) % count);
}

static uint32_t order_at(uint64_t index, uint32_t count, uint32_t factor, uint32_t offset)
{
    return (uint32_t)((index % count * factor + offset) % count);
}

static void targets_init(struct gen_attack *attack)
{
    const struct gen_tenant *tenant = &attack->population->tenants[attack->tenant];
    const uint32_t accounts = attack->options.accounts_count;
    const uint32_t specials = attack->profile->has_chosen_accounts ? CHOSEN_SPECIALS : 0;
    uint32_t factor, offset;
    order_draw(attack->campaign, tenant->people_count, &factor, &offset);
    for (uint32_t i = 0; i < attack->targets_count; i++) {
        struct gen_target *target = &attack->targets[i];
        if (i >= accounts) {
            target->kind = GEN_ACCOUNT_UNKNOWN;
            target->account = 10 + (i - accounts);
        } else if (i < specials) {
            target->kind = GEN_ACCOUNT_SPECIAL;
            target->account = i;
            target->is_disabled = i == GEN_SPECIAL_OLD_ADMIN;
        } else {
            target->kind = GEN_ACCOUNT_PERSON;
            target->account = order_at(i - specials, tenant->people_count, factor, offset);
            target->is_disabled =
                attack->population->people[tenant->people_first + target->account].has_left;
        }
    }
}

/* The legacy test account is the first to fall when it is on the list, the others are drawn among
 * the accounts that are not disabled. There may be fewer of these than were to be found. */
static void found_init(struct gen_attack *attack)
{
    const uint32_t accounts = attack->options.accounts_count;
    const uint32_t wanted = attack->found_count;
    const int64_t span = attack->end - attack->start;
    uint32_t factor, offset;
    order_draw(hash_mix(attack->campaign), accounts, &factor, &offset);
    attack->found_count = 0;
    for (uint32_t drawn = 0; drawn < accounts && attack->found_count < wanted; drawn++) {
        const uint32_t i = attack->found_count;
        uint32_t target = order_at(drawn, accounts, factor, offset);
        if (i == 0 && attack->profile->has_chosen_accounts)
            target = GEN_SPECIAL_LEGACY_TEST;
        if (attack->targets[target].found != 0 || attack->targets[target].is_disabled)
            continue;
        attack->targets[target].found = i + 1;
        attack->found_count++;
        const uint32_t code = attack->options.results[i % attack->options.results_count];
        attack->found[i] = (struct gen_found){
            .due = attack->start + span / (wanted + 2) * (i + 1),
            .reuse = INT64_MAX,
            .target = target,
            .round = i % attack->options.passwords_count,
            .code = (uint8_t)gen_code_find(code),
        };
    }
}

/* ---- time -------------------------------------------------------------------------------- */

static bool has_hours(const struct gen_profile *profile)
{
    return profile->hour_end > profile->hour_first;
}

/* Moves a time into the hours and days at which the attackers work. */
static int64_t into_hours(const struct gen_profile *profile, int64_t time)
{
    if (!has_hours(profile))
        return time;
    const int64_t day = time / GEN_TICKS_PER_DAY * GEN_TICKS_PER_DAY;
    const int64_t open = day + profile->hour_first * GEN_TICKS_PER_HOUR;
    const int64_t close = day + profile->hour_end * GEN_TICKS_PER_HOUR;
    if (time < open)
        time = open;
    else if (time >= close)
        time = open + GEN_TICKS_PER_DAY;
    /* 1970-01-01 was a Thursday; Saturday and Sunday are the fifth and sixth day from Monday. */
    while (profile->workdays && (time / GEN_TICKS_PER_DAY + 3) % 7 >= 5)
        time = (time / GEN_TICKS_PER_DAY + 1) * GEN_TICKS_PER_DAY +
               profile->hour_first * GEN_TICKS_PER_HOUR;
    return time;
}

static void round_begin(struct gen_attack *attack, uint32_t round)
{
    attack->round = round;
    attack->position = 0;
    order_draw(gen_mix(attack->campaign, UINT64_C(0x0de7) + round), attack->options.accounts_count,
               &attack->factor, &attack->offset);
}

/* Attempts of one day at most: nobody is tried more than twice. */
static uint32_t steady_per_day(const struct gen_attack *attack)
{
    const uint32_t twice = 2 * attack->options.accounts_count;
    return attack->options.rate_per_day < twice ? attack->options.rate_per_day : twice;
}

/* The day is cut into as many slots as it has attempts; each lies somewhere in its slot. */
static int64_t steady_time(struct gen_attack *attack)
{
    const struct gen_profile *profile = attack->profile;
    const int64_t day = attack->start + (int64_t)attack->round * GEN_TICKS_PER_DAY;
    const int64_t hours = has_hours(profile) ? profile->hour_end - profile->hour_first : 24;
    const int64_t slot = hours * GEN_TICKS_PER_HOUR / steady_per_day(attack);
    const int64_t begin = has_hours(profile) ? day / GEN_TICKS_PER_DAY * GEN_TICKS_PER_DAY +
                                                   profile->hour_first * GEN_TICKS_PER_HOUR
                                             : day;
    return begin + (int64_t)attack->position * slot +
           gen_random_between(&attack->random, 0, slot - 1);
}

static void steady_advance(struct gen_attack *attack)
{
    if (++attack->position >= steady_per_day(attack))
        round_begin(attack, attack->round + 1);
    while (attack->profile->workdays &&
           (attack->start / GEN_TICKS_PER_DAY + attack->round + 3) % 7 >= 5)
        round_begin(attack, attack->round + 1);
    attack->next = steady_time(attack);
}

/* Names that may not exist are all tried in round 0, before the passwords begin. */
static uint32_t round_length(const struct gen_attack *attack)
{
    const uint32_t accounts = attack->options.accounts_count;
    return attack->round == 0 ? accounts + attack->options.unknown_count : accounts;
}

static void rounds_advance(struct gen_attack *attack)
{
    const int64_t gap = GEN_TICKS_PER_DAY / attack->options.rate_per_day;
    const int64_t jitter = gap * attack->profile->jitter_permille / 1000;
    attack->next += gap + gen_random_between(&attack->random, -jitter, jitter);
    if (++attack->position >= round_length(attack)) {
        if (attack->round + 1 >= attack->options.passwords_count) {
            attack->next = INT64_MAX;
            return;
        }
        round_begin(attack, attack->round + 1);
        attack->next +=
            attack->options.wait_minutes * GEN_TICKS_PER_MINUTE +
            gen_random_between(&attack->random, 0,
                               attack->profile->wait_jitter_minutes * GEN_TICKS_PER_MINUTE);
    }
    attack->next = into_hours(attack->profile, attack->next);
}

static void advance(struct gen_attack *attack)
{
    if (attack->profile->pacing == GEN_PACING_STEADY)
        steady_advance(attack);
    else
        rounds_advance(attack);
    if (attack->next >= attack->end)
        attack->next = INT64_MAX;
}

/* ---- attempts ---------------------------------------------------------------------------- */

/* In the round with unknown names, existing ones lie evenly among them. */
static uint32_t target_choose(const struct gen_attack *attack)
{
    const uint32_t accounts = attack->options.accounts_count;
    uint64_t index = attack->position;
    if (attack->profile->pacing == GEN_PACING_ROUNDS && attack->round == 0) {
        const uint64_t length = round_length(attack);
        const uint64_t before = index * accounts / length;
        if ((index + 1) * accounts / length == before)
            return accounts + (uint32_t)(index - before);
        index = before;
    }
    return order_at(index, accounts, attack->factor, attack->offset);
}

static bool is_due(const struct gen_attack *attack, const struct gen_found *found)
{
    return attack->profile->pacing == GEN_PACING_STEADY ? attack->next >= found->due
                                                        : attack->round >= found->round;
}

static uint8_t answer(struct gen_attack *attack, struct gen_target *target)
{
    if (target->kind == GEN_ACCOUNT_UNKNOWN)
        return GEN_CODE_UNKNOWN_USER;
    if (target->is_disabled)
        return GEN_CODE_DISABLED;
    if (target->found != 0 && is_due(attack, &attack->found[target->found - 1])) {
        target->is_found = true;
        return attack->found[target->found - 1].code;
    }
    if (gen_random_chance(&attack->random, attack->profile->locked_ppm)) {
        attack->locked_count++;
        return GEN_CODE_LOCKED;
    }
    return GEN_CODE_WRONG_PASSWORD;
}

/* A confirmed account is used after a few hours, then again after days. */
static void reuse_plan(struct gen_attack *attack, struct gen_found *found, int64_t after)
{
    static const uint8_t hours[REUSES] = {3, 26, 74, 170};
    found->reuse = INT64_MAX;
    if (found->uses < REUSES)
        found->reuse = after + hours[found->uses] * GEN_TICKS_PER_HOUR +
                       gen_random_between(&attack->random, 0, 2 * GEN_TICKS_PER_HOUR);
    if (found->reuse < attack->next_reuse)
        attack->next_reuse = found->reuse;
}

static void attempt_push(struct gen_attack *attack, struct gen_queue *queue)
{
    const struct gen_profile *profile = attack->profile;
    const uint32_t index = target_choose(attack);
    struct gen_target *target = &attack->targets[index];
    if (target->is_found)
        return;
    const uint32_t source = source_choose(attack);
    const uint64_t draw = gen_random_next(&attack->random);
    struct gen_signin signin = {
        .time = attack->next,
        .salt = gen_random_next(&attack->random),
        .chain = gen_random_next(&attack->random),
        .source = gen_attack_source(attack, source),
        .tenant = attack->tenant,
        .account = target->account,
        .kind = target->kind,
        .origin = attack->origin,
        .target = index,
        .source_index = source,
        .flags = profile->flags,
        .code = answer(attack, target),
        .app = profile->apps[draw % profile->apps_count],
        .agent = profile->agents[(draw >> 32) % profile->agents_count],
    };
    gen_queue_push(queue, &signin);
    attack->ordinal++;
    if (target->is_found && signin.code == GEN_CODE_SUCCESS)
        reuse_plan(attack, &attack->found[target->found - 1], signin.time);
    if (profile->locked_max > 0 && attack->locked_count >= profile->locked_max)
        attack->end = attack->next;
}

/* Somebody signs in with the confirmed account, from one more residential address, in a browser. */
static void reuse_push(struct gen_attack *attack, struct gen_found *found, struct gen_queue *queue)
{
    static const uint8_t apps[REUSES] = {GEN_APP_OUTLOOK_WEB, GEN_APP_OFFICE_HOME,
                                         GEN_APP_AZURE_PORTAL, GEN_APP_OUTLOOK_WEB};
    const struct gen_target *target = &attack->targets[found->target];
    const uint64_t draw = gen_random_next(&attack->random);
    const struct gen_signin signin = {
        .time = found->reuse,
        .salt = gen_random_next(&attack->random),
        .chain = gen_random_next(&attack->random),
        .source = gen_source_network(GEN_NETWORK_RESIDENTIAL + (uint32_t)draw % GEN_RESIDENTIAL,
                                     (uint32_t)(draw >> 40) | 1),
        .tenant = attack->tenant,
        .account = target->account,
        .kind = target->kind,
        .origin = attack->origin,
        .target = found->target,
        .flags = GEN_SIGNIN_BROWSER | GEN_SIGNIN_FOLLOWUP,
        .code = GEN_CODE_SUCCESS,
        .app = apps[found->uses],
        .agent = GEN_AGENT_CHROME_WINDOWS,
    };
    gen_queue_push(queue, &signin);
    found->uses++;
}

static void reuses_push(struct gen_attack *attack, int64_t limit, struct gen_queue *queue)
{
    if (attack->next_reuse >= limit)
        return;
    attack->next_reuse = INT64_MAX;
    for (uint32_t i = 0; i < attack->found_count; i++) {
        struct gen_found *found = &attack->found[i];
        if (found->reuse < limit) {
            const int64_t used = found->reuse;
            reuse_push(attack, found, queue);
            reuse_plan(attack, found, used);
        } else if (found->reuse < attack->next_reuse) {
            attack->next_reuse = found->reuse;
        }
    }
}

void gen_attack_minute(struct gen_attack *attack, int64_t start, struct gen_queue *queue)
{
    const int64_t limit = start + GEN_TICKS_PER_MINUTE;
    reuses_push(attack, limit, queue);
    while (attack->next < limit) {
        attempt_push(attack, queue);
        advance(attack);
    }
}

/* ---- life -------------------------------------------------------------------------------- */

static uint32_t found_number(const struct gen_attack_options *options)
{
    if (options->none_found)
        return 0;
    if (options->found_count > 0)
        return options->found_count;
    return (uint32_t)(((uint64_t)options->accounts_count * options->yield_ppm + 500000) / 1000000);
}

static void schedule_init(struct gen_attack *attack, int64_t log_end)
{
    attack->start = attack->options.start_s * GEN_TICKS_PER_SECOND;
    attack->end = attack->options.days > 0
                      ? attack->start + (int64_t)attack->options.days * GEN_TICKS_PER_DAY
                      : INT64_MAX / 2;
    if (log_end < attack->end)
        attack->end = log_end > attack->start ? log_end : attack->start;
    attack->next_reuse = INT64_MAX;
    round_begin(attack, 0);
    if (attack->profile->pacing == GEN_PACING_STEADY) {
        while (attack->profile->workdays &&
               (attack->start / GEN_TICKS_PER_DAY + attack->round + 3) % 7 >= 5)
            round_begin(attack, attack->round + 1);
        attack->next = steady_time(attack);
    } else {
        attack->next = into_hours(attack->profile, attack->start);
    }
    /* Hours count from midnight, so the first day can begin before the attack. */
    while (attack->next < attack->start)
        steady_advance(attack);
    if (attack->next >= attack->end)
        attack->next = INT64_MAX;
}

enum status gen_attack_init(struct gen_attack *attack, const struct gen_attack_options *options,
                            const struct gen_population *population, uint32_t tenant,
                            uint32_t origin, int64_t log_end)
{
    const uint32_t found_count = found_number(options);
    const uint32_t targets_count = options->accounts_count + options->unknown_count;
    *attack = (struct gen_attack){
        .profile = &gen_profiles[options->profile],
        .population = population,
        .options = *options,
        .tenant = tenant,
        .origin = origin,
        .campaign = gen_mix(population->seed, options->campaign),
        .targets_count = targets_count,
        .targets = calloc(targets_count, sizeof *attack->targets),
        .found_count = found_count,
        .found = calloc(found_count + 1, sizeof *attack->found),
        .confirmed = calloc(found_count + 1, sizeof *attack->confirmed),
        .sources_seen = calloc((options->sources_count + 63) / 64, sizeof(uint64_t)),
    };
    if (attack->targets == NULL || attack->found == NULL || attack->confirmed == NULL ||
        attack->sources_seen == NULL) {
        gen_attack_deinit(attack);
        return STATUS_NO_MEMORY;
    }
    gen_random_init(&attack->random, attack->campaign, (uint64_t)tenant << 32 | origin);
    targets_init(attack);
    schedule_init(attack, log_end);
    found_init(attack);
    return STATUS_OK;
}

void gen_attack_deinit(struct gen_attack *attack)
{
    free(attack->targets);
    free(attack->found);
    free(attack->confirmed);
    free(attack->sources_seen);
    *attack = (struct gen_attack){0};
}

void gen_attack_count(struct gen_attack *attack, const struct gen_signin *signin)
{
    if ((signin->flags & GEN_SIGNIN_FOLLOWUP) != 0) {
        attack->followups_count++;
        return;
    }
    struct gen_target *target = &attack->targets[signin->target];
    if (attack->attempts_count++ == 0 || signin->time < attack->first_time)
        attack->first_time = signin->time;
    if (signin->time > attack->last_time)
        attack->last_time = signin->time;
    attack->codes_count[signin->code]++;
    attack->accounts_count += !target->is_tried;
    target->is_tried = true;
    uint64_t *word = &attack->sources_seen[signin->source_index / 64];
    const uint64_t bit = UINT64_C(1) << signin->source_index % 64;
    attack->sources_count += (*word & bit) == 0;
    *word |= bit;
    if (target->kind != GEN_ACCOUNT_UNKNOWN && gen_codes[signin->code].right)
        attack->confirmed[attack->confirmed_count++] = (struct gen_confirmed){
            .time_ns = signin->time * 100,
            .account = signin->target,
            .code = gen_codes[signin->code].code,
        };
}

/* ---- defaults and checks ----------------------------------------------------------------- */

static void fill(uint32_t *value, uint32_t fallback, uint32_t most)
{
    if (*value == 0)
        *value = fallback < most ? fallback : most;
}

static uint32_t people_of_smallest(const struct gen_options *options,
                                   const struct gen_attack_options *attack)
{
    uint32_t least = UINT32_MAX;
    for (uint32_t t = attack->tenant; t < attack->tenant + attack->tenants_count; t++) {
        const uint64_t people = options->people_count;
        const uint32_t count = (uint32_t)(people * (t + 1) / options->tenants_count) -
                               (uint32_t)(people * t / options->tenants_count);
        least = count < least ? count : least;
    }
    return least;
}

/* One day of ordinary life first, where the log is long enough; tools start in the morning. */
static int64_t start_default(const struct gen_options *options,
                             const struct gen_attack_options *attack)
{
    const struct gen_profile *profile = &gen_profiles[attack->profile];
    const bool is_short = options->days == 1;
    const int64_t morning = profile->pacing == GEN_PACING_ROUNDS ? 10 * 3600 : 0;
    const int64_t day = attack->has_start_day ? attack->start_day : is_short ? 0 : 1;
    return options->start_s + day * 86400 + morning;
}

enum status gen_attack_resolve(struct gen_attack_options *attack, size_t index,
                               const struct gen_options *options, struct diagnostics *diagnostics)
{
    const struct gen_profile *profile = &gen_profiles[attack->profile];
    if (attack->tenants_count == 0)
        attack->tenants_count = 1;
    if (attack->tenant >= options->tenants_count ||
        attack->tenants_count > options->tenants_count - attack->tenant) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G105", NULL, 0, 0,
                        "attack %zu (%s) is on tenants %u to %u, but the log has %u (--tenants)",
                        index + 1, profile->name, attack->tenant,
                        attack->tenant + attack->tenants_count - 1, options->tenants_count);
        return STATUS_USAGE;
    }
    const uint32_t specials = profile->has_chosen_accounts ? CHOSEN_SPECIALS : 0;
    const uint32_t accounts_max = people_of_smallest(options, attack) + specials;
    fill(&attack->accounts_count, profile->accounts_count, accounts_max);
    if (attack->accounts_count > accounts_max) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G106", NULL, 0, 0,
                        "attack %zu (%s) is on %u accounts, but its tenant has %u (--people)",
                        index + 1, profile->name, attack->accounts_count, accounts_max);
        return STATUS_USAGE;
    }
    const uint32_t sources_max = gen_profile_sources_max(profile, attack->ipv6);
    fill(&attack->sources_count, attack->ipv6 ? SOURCES_MAX : profile->sources_count, sources_max);
    if (attack->sources_count > sources_max) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G107", NULL, 0, 0,
                        "attack %zu (%s) wants %u sources; at most %u are possible", index + 1,
                        profile->name, attack->sources_count, sources_max);
        return STATUS_USAGE;
    }
    fill(&attack->rate_per_day, profile->rate_per_day, UINT32_MAX);
    fill(&attack->passwords_count,
         profile->pacing == GEN_PACING_ROUNDS ? profile->passwords_count : 1, UINT32_MAX);
    fill(&attack->wait_minutes, profile->wait_minutes, UINT32_MAX);
    fill(&attack->days, profile->days, UINT32_MAX);
    fill(&attack->unknown_count, profile->unknown_count, UINT32_MAX);
    fill(&attack->yield_ppm, profile->yield_ppm, UINT32_MAX);
    if (attack->results_count == 0) {
        memcpy(attack->results, profile->results, sizeof attack->results);
        attack->results_count = profile->results_count;
    }
    if (attack->found_count > attack->accounts_count)
        attack->found_count = attack->accounts_count;
    if (attack->start_s == 0)
        attack->start_s = start_default(options, attack);
    if (attack->start_s < options->start_s) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G108", NULL, 0, 0,
                        "attack %zu (%s) starts before the log does (--start)", index + 1,
                        profile->name);
        return STATUS_USAGE;
    }
    if (attack->unknown_count > 0 && profile->pacing != GEN_PACING_ROUNDS) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G109", NULL, 0, 0,
                        "attack %zu: %s tries no names that do not exist", index + 1,
                        profile->name);
        return STATUS_USAGE;
    }
    if (attack->campaign == 0)
        attack->campaign =
            UINT64_C(0x100000000) + (uint64_t)attack->profile * GEN_ATTACKS_MAX + index;
    return STATUS_OK;
}
