/*
 * An attack told to the campaigns by hand: findings and sign-ins made from plain names, and all
 * that the campaigns said about them.
 *
 * For tests of what stands behind detection. Times are given in seconds from ATTACK_START.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "engine/alert.h"
#include "parsers/address.h"
#include "tests/support/check.h"

#define ATTACK_SECOND INT64_C(1000000000)
#define ATTACK_MINUTE 60
#define ATTACK_HOUR (60 * ATTACK_MINUTE)
#define ATTACK_DAY (24 * ATTACK_HOUR)
#define ATTACK_START (INT64_C(1706745600) * ATTACK_SECOND) /* 2024-02-01T00:00:00Z */

enum { ATTACK_TELLINGS_MAX = 64, ATTACK_CONFIRMED_MAX = 16 };

/* What the campaigns said once. */
struct telling {
    enum campaign_action action;
    enum campaign_end end;
    int64_t time_ns;
    struct campaign campaign; /* its tables and list of confirmed accounts are gone */
    size_t accounts, sources;
    struct confirmed confirmed[ATTACK_CONFIRMED_MAX];
    char *document;
};

struct attack {
    struct ruleset *ruleset;
    struct names names;
    struct slab slab; /* the campaigns' */
    struct campaigns *campaigns;
    struct telling tellings[ATTACK_TELLINGS_MAX];
    size_t tellings_count;
    campaign_listener *listen; /* hears, too, when it is not NULL */
    void *listener;
    uint64_t sequence, position;
};

/* A group of attempts, all alike but for the account and source. */
struct tries {
    uint32_t first_account, accounts; /* "user7@example.com" … */
    uint32_t first_source, sources;   /* 198.51.100.7 …, each in turn */
    const char *agent;                /* "": none */
    int64_t seconds;                  /* of the first; one second between two */
    uint8_t familiar;
};

static const char attack_rules[] =
    "title: Failed\n"
    "name: failed\n"
    "detection: {s: {spraywatch.outcome: wrong_password}, condition: s}\n"
    "---\n"
    "title: Right\n"
    "name: right\n"
    "detection: {s: {spraywatch.password: right}, condition: s}\n"
    "---\n"
    "title: One source, many accounts\n"
    "id: 11111111-1111-4111-8111-111111111111\n"
    "name: fanout\n"
    "author: somebody\n"
    "level: high\n"
    "tags: [attack.credential-access, attack.t1110.003]\n"
    "correlation:\n"
    "  type: value_count\n"
    "  rules: [failed]\n"
    "  group-by: [organization.id, source.ip]\n"
    "  timespan: 10m\n"
    "  condition: {field: user.name, gte: 10}\n"
    "spraywatch: {kind: source_fanout, also-by: [source.ip/24]}\n"
    "---\n"
    "title: Many sources, one tool\n"
    "id: 22222222-2222-4222-8222-222222222222\n"
    "name: distributed\n"
    "level: high\n"
    "correlation:\n"
    "  type: value_count\n"
    "  rules: [failed]\n"
    "  group-by: [organization.id, user_agent.original]\n"
    "  timespan: 15m\n"
    "  condition: {field: user.name, gte: 15}\n"
    "spraywatch: {kind: distributed, also-timespan: [24h]}\n"
    "---\n"
    "title: A surge\n"
    "id: 33333333-3333-4333-8333-333333333333\n"
    "name: surge\n"
    "level: medium\n"
    "correlation:\n"
    "  type: value_count\n"
    "  rules: [failed]\n"
    "  group-by: [organization.id]\n"
    "  timespan: 1h\n"
    "  condition: {field: user.name, gte: 20}\n"
    "spraywatch: {kind: surge}\n"
    "---\n"
    "title: A password was right\n"
    "id: 44444444-4444-4444-8444-444444444444\n"
    "name: confirmed\n"
    "level: critical\n"
    "correlation:\n"
    "  type: value_count\n"
    "  rules: [right]\n"
    "  group-by: [organization.id]\n"
    "  timespan: 24h\n"
    "  condition: {field: user.name, gte: 1}\n"
    "spraywatch: {kind: confirmed_password, memory: 72h}\n"
    "---\n"
    "title: Names that do not exist\n"
    "name: enumeration\n"
    "level: medium\n"
    "correlation:\n"
    "  type: value_count\n"
    "  rules: [failed]\n"
    "  group-by: [organization.id, source.ip]\n"
    "  timespan: 10m\n"
    "  condition: {field: user.name, gte: 10}\n"
    "spraywatch: {kind: enumeration}\n";

static const char *const attack_files[] = {"sign-ins.jsonl"};

static inline struct alert_context attack_context(const struct attack *attack)
{
    return (struct alert_context){
        .ruleset = attack->ruleset, .names = &attack->names, .files = attack_files};
}

static inline void attack_listen(void *listener, const struct campaign *campaign,
                                 enum campaign_action action, enum campaign_end end,
                                 int64_t time_ns)
{
    struct attack *const attack = listener;
    assert_true(attack->tellings_count < ATTACK_TELLINGS_MAX);
    struct telling *const telling = &attack->tellings[attack->tellings_count++];
    *telling = (struct telling){.action = action,
                                .end = end,
                                .time_ns = time_ns,
                                .campaign = *campaign,
                                .accounts = campaign->accounts.count,
                                .sources = campaign->sources.count};
    for (uint32_t i = 0; i < campaign->confirmed_count && i < ATTACK_CONFIRMED_MAX; i++)
        telling->confirmed[i] = campaign->confirmed[i];

    struct json_write json;
    json_write_init(&json);
    const struct alert_context context = attack_context(attack);
    alert_write(&json, &context, campaign, action, end, time_ns);
    assert_true(json_write_ok(&json));
    const struct slice text = json_write_text(&json);
    telling->document = strndup(text.start, text.bytes);
    assert_non_null(telling->document);
    json_write_deinit(&json);
    if (attack->listen != NULL)
        attack->listen(attack->listener, campaign, action, end, time_ns);
}

static inline void attack_init_within(struct attack *attack, size_t bytes_max)
{
    *attack = (struct attack){0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const struct rule_text text = {.path = "attack.yml", .text = slice_from_string(attack_rules)};
    const enum status status = ruleset_create_from_texts(&attack->ruleset, &text, 1, &diagnostics);
    if (status != STATUS_OK)
        diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(names_init(&attack->names, hash_key_random(), 16 << 20), STATUS_OK);
    assert_int_equal(slab_init(&attack->slab, bytes_max), STATUS_OK);
    const struct campaigns_options options = {
        .quiet_ns = 72 * ATTACK_HOUR * ATTACK_SECOND,
        .memory_ns = 72 * ATTACK_HOUR * ATTACK_SECOND,
        .slab = &attack->slab,
        .sign_ins_max = CAMPAIGN_SIGN_INS_MAX,
        .listen = attack_listen,
        .listener = attack,
    };
    assert_int_equal(
        campaigns_create(&attack->campaigns, &options, attack->ruleset, &attack->names), STATUS_OK);
}

static inline void attack_init(struct attack *attack)
{
    attack_init_within(attack, 64 << 20);
}

static inline void attack_deinit(struct attack *attack)
{
    for (size_t i = 0; i < attack->tellings_count; i++)
        free(attack->tellings[i].document);
    campaigns_destroy(attack->campaigns);
    slab_deinit(&attack->slab);
    names_deinit(&attack->names);
    ruleset_destroy(attack->ruleset);
}

/* ---- names ----------------------------------------------------------------------------------- */

static inline uint32_t attack_name(struct attack *attack, enum event_text kind, const char *text)
{
    const struct text_ref ref = {.hash = hash_bytes(attack->names.key, text, strlen(text)),
                                 .bytes = (uint32_t)strlen(text)};
    return names_intern(&attack->names, kind, text, &ref);
}

static inline uint32_t attack_user(struct attack *attack, uint32_t number)
{
    char text[64];
    snprintf(text, sizeof(text), "user%u@example.com", number);
    return attack_name(attack, TEXT_ACCOUNT, text);
}

static inline uint32_t attack_address(struct attack *attack, uint32_t number)
{
    const uint8_t bytes[4] = {198, 51, (uint8_t)(100 + number / 256), (uint8_t)number};
    const struct address address = address_from_ipv4(bytes);
    return names_intern_address(&attack->names, &address,
                                names_address_hash(attack->names.key, &address, 128));
}

static inline uint8_t attack_detector(const struct attack *attack, const char *name)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(attack->ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(detectors[i].name, name) == 0)
            return (uint8_t)i;
    }
    fail_msg("no detector %s", name);
    return 0;
}

/* ---- what happens ---------------------------------------------------------------------------- */

/* One attempt of its own; `source` 0 is none. */
static inline struct member attack_member(struct attack *attack, uint32_t user, uint32_t source,
                                          const char *agent, int64_t seconds)
{
    struct member member = {
        .time_ns = ATTACK_START + seconds * ATTACK_SECOND,
        .sequence = attack->sequence,
        .account = attack_user(attack, user),
        .counted = attack_user(attack, user),
        .user_agent = attack_name(attack, TEXT_USER_AGENT, agent),
        .outcome = OUTCOME_WRONG_PASSWORD,
        .verdict = VERDICT_WRONG,
        .offset = 1000 * attack->sequence,
        .line = attack->sequence + 1,
    };
    attack->sequence++;
    if (source == 0)
        return member;
    member.source = attack_address(attack, source);
    member.source_network = names_address(&attack->names, member.source)->network;
    return member;
}

/* Fills `members` with one attempt on each account. */
static inline uint32_t attack_tries(struct attack *attack, const struct tries *tries,
                                    struct member *members)
{
    for (uint32_t i = 0; i < tries->accounts; i++) {
        members[i] = attack_member(attack, tries->first_account + i,
                                   tries->first_source + i % tries->sources, tries->agent,
                                   tries->seconds + i);
        members[i].familiar = tries->familiar;
    }
    return tries->accounts;
}

/* A detector's condition became true of these attempts. `window` names its window. */
static inline struct finding attack_finding(struct attack *attack, const char *detector,
                                            uint64_t window, const struct member *members,
                                            uint32_t count)
{
    struct finding finding = {
        .position = ++attack->position,
        .time_ns = members[count - 1].time_ns,
        .type = FINDING_OPENED,
        .detector = attack_detector(attack, detector),
        .window_id = window << 1 | 1,
        .members_count = count,
        .attempts = count,
        .accounts = count,
        .sources = count,
        .threshold = 10,
    };
    if (strcmp(detector, "fanout") == 0 || strcmp(detector, "enumeration") == 0)
        finding.key[1] = members[0].source;
    else if (strcmp(detector, "distributed") == 0)
        finding.key[1] = members[0].user_agent;
    return finding;
}

static inline void attack_open(struct attack *attack, const char *detector, uint64_t window,
                               const struct member *members, uint32_t count)
{
    const struct finding finding = attack_finding(attack, detector, window, members, count);
    campaigns_take(attack->campaigns, &finding, members);
}

/* The same, with attempts of its own. */
static inline void attack_spray(struct attack *attack, const char *detector, uint64_t window,
                                const struct tries *tries)
{
    struct member members[256];
    assert_true(tries->accounts <= 256);
    attack_open(attack, detector, window, members, attack_tries(attack, tries, members));
}

static inline void attack_grow(struct attack *attack, const char *detector, uint64_t window,
                               const struct member *member)
{
    struct finding finding = attack_finding(attack, detector, window, member, 1);
    finding.type = FINDING_GREW;
    finding.attempts = finding.accounts = finding.sources = finding.threshold = 0;
    campaigns_take(attack->campaigns, &finding, member);
}

/* A right password that may matter. */
static inline void attack_sign_in(struct attack *attack, uint32_t user, uint32_t source,
                                  const char *agent, int64_t seconds, enum outcome outcome,
                                  uint8_t familiar)
{
    struct member member = attack_member(attack, user, source, agent, seconds);
    member.outcome = (uint8_t)outcome;
    member.verdict = VERDICT_RIGHT;
    member.familiar = familiar;
    struct finding finding = attack_finding(attack, "confirmed", 0, &member, 1);
    finding.type = FINDING_SIGN_IN;
    finding.window_id = 0;
    campaigns_take(attack->campaigns, &finding, &member);
}

static inline void attack_wait(struct attack *attack, int64_t seconds)
{
    campaigns_advance(attack->campaigns, ATTACK_START + seconds * ATTACK_SECOND);
}

/* ---- what was said --------------------------------------------------------------------------- */

static inline const struct telling *attack_last(const struct attack *attack)
{
    assert_true(attack->tellings_count > 0);
    return &attack->tellings[attack->tellings_count - 1];
}

static inline uint64_t attack_opened(const struct attack *attack)
{
    return campaigns_counters(attack->campaigns).opened;
}

static inline uint64_t attack_confirmed(const struct attack *attack)
{
    return campaigns_counters(attack->campaigns).confirmed_accounts;
}
