#include "engine/alert.h"

#include "engine/familiar.h"
#include "tests/support/attack.h"
#include "tests/support/check.h"
#include "tests/support/json_oracle.h"

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

static const struct tries twelve = {
    .first_account = 1, .accounts = 12, .first_source = 7, .sources = 1, .agent = "curl/8.1"};

/* One document, read by a reader that refuses what is no JSON or says a thing twice. */
static json_t *read_document(const struct telling *told)
{
    const size_t bytes = strlen(told->document);
    assert_true(bytes > 0 && told->document[bytes - 1] == '\n');
    assert_ptr_equal(strchr(told->document, '\n'), told->document + bytes - 1);
    json_error_t error;
    json_t *const document = json_loads(told->document, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL)
        fail_msg("%s: %s", error.text, told->document);
    return document;
}

/* The value at a path such as "event.severity" or "related.user.0"; keys with a dot in them are
 * written with a slash: "spraywatch.key.source/ip". */
static const json_t *at(const json_t *document, const char *path)
{
    char part[64];
    while (*path != '\0' && document != NULL) {
        const size_t bytes = strcspn(path, ".");
        assert_true(bytes < sizeof(part));
        for (size_t i = 0; i < bytes; i++)
            part[i] = path[i] == '/' ? '.' : path[i];
        part[bytes] = '\0';
        path += bytes + (path[bytes] == '.');
        document = json_is_array(document) ? json_array_get(document, (size_t)atoi(part))
                                           : json_object_get(document, part);
    }
    return document;
}

static void require_text(const json_t *document, const char *path, const char *expected)
{
    const json_t *const value = at(document, path);
    if (value == NULL || !json_is_string(value))
        fail_msg("%s is no text", path);
    if (strcmp(json_string_value(value), expected) != 0)
        fail_msg("%s is `%s`, not `%s`", path, json_string_value(value), expected);
}

static void require_number(const json_t *document, const char *path, double expected)
{
    const json_t *const value = at(document, path);
    if (value == NULL || !json_is_number(value))
        fail_msg("%s is no number", path);
    if (json_number_value(value) != expected)
        fail_msg("%s is %g, not %g", path, json_number_value(value), expected);
}

static void require_size(const json_t *document, const char *path, size_t expected)
{
    const json_t *const value = at(document, path);
    if (value == NULL || !json_is_array(value) || json_array_size(value) != expected)
        fail_msg("%s is no list of %zu", path, expected);
}

static void require_absent(const json_t *document, const char *path)
{
    if (at(document, path) != NULL)
        fail_msg("%s is there", path);
}

static void alert_has_the_fields_of_an_opened_campaign(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &twelve);
    json_t *const document = read_document(attack_last(&attack));
    static const struct {
        const char *path, *text;
    } texts[] = {
        {"@timestamp", "2024-02-01T00:00:11.000Z"},
        {"ecs.version", "9.4.0"},
        {"event.kind", "alert"},
        {"event.category.0", "authentication"},
        {"event.category.1", "intrusion_detection"},
        {"event.type.0", "info"},
        {"event.action", "opened"},
        {"event.start", "2024-02-01T00:00:00.000Z"},
        {"event.end", "2024-02-01T00:00:11.000Z"},
        {"event.module", "spraywatch"},
        {"event.dataset", "spraywatch.campaign"},
        {"rule.id", "11111111-1111-4111-8111-111111111111"},
        {"rule.name", "One source, many accounts"},
        {"rule.author.0", "somebody"},
        {"threat.framework", "MITRE ATT&CK"},
        {"threat.tactic.id.0", "TA0006"},
        {"threat.technique.id.0", "T1110"},
        {"threat.technique.subtechnique.id.0", "T1110.003"},
        {"source.ip", "198.51.100.7"},
        {"related.ip.0", "198.51.100.7"},
        {"related.user.0", "user1@example.com"},
        {"related.user.11", "user12@example.com"},
        {"spraywatch.kind", "source_fanout"},
        {"spraywatch.stage", "spray"},
        {"spraywatch.key.source/ip", "198.51.100.7"},
        {"spraywatch.window", "10m"},
        {"spraywatch.when_opened.at", "2024-02-01T00:00:11.000Z"},
        {"spraywatch.detectors.0", "fanout"},
        {"spraywatch.agents.0.user_agent", "curl/8.1"},
        {"spraywatch.evidence.0.file", "sign-ins.jsonl"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        require_text(document, texts[i].path, texts[i].text);
    static const struct {
        const char *path;
        double number;
    } numbers[] = {
        {"event.severity", 73},
        {"spraywatch.attempts", 12},
        {"spraywatch.accounts", 12},
        {"spraywatch.sources", 1},
        {"spraywatch.outcomes.wrong_password", 12},
        {"spraywatch.when_opened.attempts", 12},
        {"spraywatch.when_opened.accounts", 12},
        {"spraywatch.when_opened.threshold", 10},
        {"spraywatch.when_opened.known_good", 0},
        {"spraywatch.agents.0.attempts", 12},
        {"spraywatch.evidence.1.offset", 1000},
        {"spraywatch.evidence.1.line", 2},
        {"spraywatch.truncated.ip", 0},
        {"spraywatch.truncated.user", 0},
    };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        require_number(document, numbers[i].path, numbers[i].number);
    require_size(document, "spraywatch.confirmed", 0);
    require_size(document, "spraywatch.confirmed_users", 0);
    require_size(document, "spraywatch.evidence", CAMPAIGN_EVIDENCE_MAX);
    require_absent(document, "spraywatch.closed_by");
    require_absent(document, "spraywatch.baseline");
    require_absent(document, "spraywatch.incomplete");
    require_absent(document, "spraywatch.key.organization/id"); /* the log names no tenant */
    json_decref(document);
}

static void alert_says_who_was_confirmed_and_why(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &twelve);
    attack_sign_in(&attack, 3, 7, "curl/8.1", 60, OUTCOME_MFA_REQUIRED, FAMILIAR_HISTORY);
    json_t *document = read_document(attack_last(&attack));
    require_text(document, "event.action", "updated");
    require_text(document, "spraywatch.stage", "confirmed");
    require_number(document, "event.severity", 85);
    require_text(document, "spraywatch.confirmed_users.0", "user3@example.com");
    require_text(document, "spraywatch.confirmed.0.user", "user3@example.com");
    require_text(document, "spraywatch.confirmed.0.at", "2024-02-01T00:01:00.000Z");
    require_text(document, "spraywatch.confirmed.0.ip", "198.51.100.7");
    require_text(document, "spraywatch.confirmed.0.outcome", "mfa_required");
    require_text(document, "spraywatch.confirmed.0.because", "campaign_source");
    require_text(document, "spraywatch.confirmed.0.stopped_by", "mfa");
    require_number(document, "spraywatch.confirmed.0.sign_ins", 1);
    assert_true(json_is_false(at(document, "spraywatch.confirmed.0.proven")));
    require_absent(document, "spraywatch.confirmed.0.code");
    json_decref(document);

    attack_sign_in(&attack, 3, 7, "curl/8.1", 61, OUTCOME_SUCCESS, FAMILIAR_HISTORY);
    document = read_document(attack_last(&attack));
    require_number(document, "event.severity", 95);
    require_text(document, "spraywatch.confirmed.0.stopped_by", "none");
    require_size(document, "spraywatch.confirmed", 1);
    json_decref(document);
}

static void alert_names_no_single_source_when_there_are_several(void **state)
{
    (void)state;
    struct tries tries = twelve;
    tries.sources = 6;
    attack_spray(&attack, "distributed", 1, &tries);
    json_t *const document = read_document(attack_last(&attack));
    require_absent(document, "source");
    require_size(document, "related.ip", 6);
    require_text(document, "spraywatch.key.user_agent/original", "curl/8.1");
    require_text(document, "spraywatch.window", "15m");
    require_size(document, "rule.author", 0);
    require_absent(document, "threat"); /* the rule has no tags */
    require_absent(document, "spraywatch.when_opened.known_good");
    json_decref(document);
}

static void alert_cuts_long_lists_and_says_by_how_much(void **state)
{
    (void)state;
    struct tries tries = twelve;
    tries.accounts = 250;
    tries.sources = 130;
    attack_spray(&attack, "distributed", 1, &tries);
    json_t *const document = read_document(attack_last(&attack));
    require_size(document, "related.ip", CAMPAIGN_LIST_MAX);
    require_size(document, "related.user", CAMPAIGN_LIST_MAX);
    require_number(document, "spraywatch.accounts", 250);
    require_number(document, "spraywatch.sources", 130);
    require_number(document, "spraywatch.truncated.user", 150);
    require_number(document, "spraywatch.truncated.ip", 30);
    json_decref(document);
}

static void alert_lists_the_most_frequent_programs_first(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &twelve);
    for (uint32_t i = 0; i < 40; i++) {
        char agent[16];
        snprintf(agent, sizeof(agent), "agent %u", i % 8);
        const struct member member =
            attack_member(&attack, 1, 7, i < 8 || i % 8 < 2 ? agent : "curl/8.1", 20 + i);
        attack_grow(&attack, "fanout", 1, &member);
    }
    campaigns_end(attack.campaigns);
    json_t *const document = read_document(attack_last(&attack));
    require_size(document, "spraywatch.agents", 5);
    require_text(document, "spraywatch.agents.0.user_agent", "curl/8.1");
    require_number(document, "spraywatch.agents.0.attempts", 36);
    require_text(document, "spraywatch.agents.1.user_agent", "agent 0");
    require_number(document, "spraywatch.agents.1.attempts", 5);
    require_text(document, "spraywatch.agents.2.user_agent", "agent 1");
    require_number(document, "spraywatch.agents.3.attempts", 1);
    require_text(document, "event.action", "closed");
    require_text(document, "spraywatch.closed_by", "end_of_input");
    json_decref(document);
}

static void alert_tells_the_strongest_rise(void **state)
{
    (void)state;
    struct member members[16];
    const uint32_t count = attack_tries(&attack, &twelve, members);
    struct finding finding = attack_finding(&attack, "distributed", 1, members, count);
    finding.baseline = 2;
    finding.ratio = 6;
    campaigns_take(attack.campaigns, &finding, members);
    finding = attack_finding(&attack, "surge", 2, members, count);
    finding.baseline = 0.5;
    finding.ratio = 24;
    campaigns_take(attack.campaigns, &finding, members);
    json_t *const document = read_document(attack_last(&attack));
    require_number(document, "spraywatch.baseline.value", 0.5);
    require_number(document, "spraywatch.baseline.ratio", 24);
    require_text(document, "spraywatch.baseline.window", "1h");
    require_text(document, "spraywatch.baseline.detector", "surge");
    require_size(document, "spraywatch.detectors", 2);
    require_number(document, "event.severity", 78); /* high, and one more agrees */
    json_decref(document);
}

static void alert_keeps_one_id_over_all_documents(void **state)
{
    (void)state;
    attack_spray(&attack, "fanout", 1, &twelve);
    attack_sign_in(&attack, 3, 7, "curl/8.1", 60, OUTCOME_SUCCESS, FAMILIAR_HISTORY);
    campaigns_end(attack.campaigns);
    assert_int_equal(attack.tellings_count, 3);
    json_t *const first = read_document(&attack.tellings[0]);
    const char *const id = json_string_value(at(first, "event.id"));
    assert_int_equal(strlen(id), 32);
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    for (size_t i = 1; i < attack.tellings_count; i++) {
        json_t *const document = read_document(&attack.tellings[i]);
        require_text(document, "event.id", id);
        json_decref(document);
    }
    json_decref(first);
}

static void alert_escapes_whatever_a_log_may_hold(void **state)
{
    (void)state;
    static const char *const agents[] = {
        "\"},{\"event\":1}\n", "\x1b[2J", "a\xe2\x80\xaezed", "\\\"\\", "\x7f\x01",
    };
    for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++) {
        struct tries tries = twelve;
        tries.agent = agents[i];
        tries.first_source = (uint32_t)(20 + i);
        tries.first_account = (uint32_t)(20 + 20 * i);
        attack_spray(&attack, "distributed", i, &tries);
        json_t *const document = read_document(attack_last(&attack));
        require_text(document, "spraywatch.key.user_agent/original", agents[i]);
        json_decref(document);
        for (const char *byte = attack_last(&attack)->document; byte[1] != '\0'; byte++)
            assert_true((unsigned char)*byte >= 0x20 && (unsigned char)*byte < 0x7f);
    }
}

static void alert_writes_spans_as_rules_do(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {1, "1s"},      {90, "90s"},    {600, "10m"},   {3600, "1h"},   {5400, "90m"},
        {86400, "24h"}, {172800, "2d"}, {604800, "7d"}, {90000, "25h"}, {86460, "1441m"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[KEY_TEXT_BYTES];
        span_text(cases[i].seconds * ATTACK_SECOND, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void alert_shows_each_kind_of_key(void **state)
{
    (void)state;
    const uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2};
    struct address address;
    memcpy(address.bytes, bytes, 16);
    address.bytes[15] = 1;
    const uint32_t source = names_intern_address(
        &attack.names, &address, names_address_hash(attack.names.key, &address, 128));
    const struct address_entry *const entry = names_address(&attack.names, source);
    const uint32_t ipv4 = attack_address(&attack, 7);
    const struct {
        enum event_field field;
        uint32_t value;
        const char *text;
    } cases[] = {
        {FIELD_SOURCE, source, "2001:db8:1:2::1"},
        {FIELD_SOURCE_64, entry->network, "2001:db8:1:2::/64"},
        {FIELD_SOURCE_48, entry->site, "2001:db8:1::/48"},
        {FIELD_SOURCE, ipv4, "198.51.100.7"},
        {FIELD_SOURCE_24, names_address(&attack.names, ipv4)->network, "198.51.100.0/24"},
        {FIELD_ASN, 64500, "64500"},
        {FIELD_COUNTRY, 'D' << 8 | 'E', "DE"},
        {FIELD_OUTCOME, OUTCOME_LOCKED + 1, "locked"},
        {FIELD_OUTCOME_ECS, OUTCOME_OTHER_FAILURE + 1, "failure"},
        {FIELD_VERDICT, VERDICT_WRONG + 1, "wrong"},
        {FIELD_CODE, 50126 + 1, "50126"},
        {FIELD_ACCOUNT, attack_user(&attack, 1), "user1@example.com"},
        {FIELD_TENANT, NAME_NONE, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct detector_key key = {.fields = {cases[i].field}, .fields_count = 1};
        const struct finding finding = {.key = {cases[i].value}};
        char buffer[KEY_TEXT_BYTES];
        const struct slice text = key_part_text(&attack.names, &key, &finding, 0, buffer);
        if (!slice_equals(text, slice_from_string(cases[i].text)))
            fail_msg("`%.*s`, not `%s`", (int)text.bytes, text.start, cases[i].text);
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(alert_has_the_fields_of_an_opened_campaign),
        test(alert_says_who_was_confirmed_and_why),
        test(alert_names_no_single_source_when_there_are_several),
        test(alert_cuts_long_lists_and_says_by_how_much),
        test(alert_lists_the_most_frequent_programs_first),
        test(alert_tells_the_strongest_rise),
        test(alert_keeps_one_id_over_all_documents),
        test(alert_escapes_whatever_a_log_may_hold),
        test(alert_writes_spans_as_rules_do),
        test(alert_shows_each_kind_of_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
