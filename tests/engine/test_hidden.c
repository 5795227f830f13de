#include "engine/hidden.h"

#include <string.h>

#include "tests/support/attack.h"

enum { ENTRIES = 3 };

/* Three entries; who they cover does not matter here. */
static const char allow_rules[] = "---\n"
                                  "allow:\n"
                                  "  - {name: one, user.name: a, reason: r, until: never}\n"
                                  "  - {name: two, user.name: b, reason: r, until: never}\n"
                                  "  - {name: three, user.name: c, reason: r, until: never}\n";

struct rig {
    struct attack attack; /* names and attempts */
    struct ruleset *ruleset;
    struct json_write json;
    struct hidden *hidden;
};

static void rig_init(struct rig *rig, bool is_told)
{
    attack_init(&rig->attack);
    char yaml[sizeof(attack_rules) + sizeof(allow_rules)];
    snprintf(yaml, sizeof(yaml), "%s%s", attack_rules, allow_rules);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const struct rule_text text = {.path = "test.yml", .text = slice_from_string(yaml)};
    assert_int_equal(ruleset_create_from_texts(&rig->ruleset, &text, 1, &diagnostics), STATUS_OK);
    diagnostics_deinit(&diagnostics);
    json_write_init(&rig->json);
    const struct hidden_options options = {
        .ruleset = rig->ruleset,
        .names = &rig->attack.names,
        .files = attack_files,
        .json = is_told ? &rig->json : NULL,
        .quiet_ns = 72 * ATTACK_HOUR * ATTACK_SECOND,
        .memory_ns = 72 * ATTACK_HOUR * ATTACK_SECOND,
        .bytes_max = 16 << 20,
    };
    assert_int_equal(hidden_create(&rig->hidden, &options), STATUS_OK);
}

static void rig_deinit(struct rig *rig)
{
    hidden_destroy(rig->hidden);
    json_write_deinit(&rig->json);
    ruleset_destroy(rig->ruleset);
    attack_deinit(&rig->attack);
}

/* Ten accounts from address 7, all covered by the entry of that number. */
static void spray(struct rig *rig, uint8_t allowance, int64_t seconds)
{
    static const struct tries tries = {
        .first_account = 1, .accounts = 10, .first_source = 7, .sources = 1, .agent = "sprayer"};
    struct tries at = tries;
    struct member members[10];
    at.seconds = seconds;
    const uint32_t count = attack_tries(&rig->attack, &at, members);
    struct finding finding = attack_finding(&rig->attack, "fanout", allowance, members, count);
    finding.allowance = allowance;
    hidden_take(rig->hidden, &finding, members);
}

static void advance(struct rig *rig, int64_t seconds)
{
    hidden_advance(rig->hidden, ATTACK_START + seconds * ATTACK_SECOND);
}

/* "opened one, closed two": of each document the action, and the entry by its name. */
static void told(struct rig *rig, char *text, size_t capacity)
{
    const struct slice documents = json_write_text(&rig->json);
    static const char *const names[ENTRIES] = {"one", "two", "three"};
    static const char *const actions[] = {"opened", "updated", "closed"};
    size_t bytes = 0;
    text[0] = '\0';
    for (size_t at = 0; at < documents.bytes;) {
        const struct slice rest = slice_from(documents, at);
        const size_t line = slice_find(rest, '\n');
        char *const document = strndup(rest.start, line);
        assert_non_null(document);
        for (size_t i = 0; i < ENTRIES * 3; i++) {
            char action[32], name[32];
            snprintf(action, sizeof(action), "\"action\":\"%s\"", actions[i % 3]);
            snprintf(name, sizeof(name), "\"allowed_by\":{\"name\":\"%s\"", names[i / 3]);
            if (strstr(document, action) != NULL && strstr(document, name) != NULL)
                bytes += (size_t)snprintf(text + bytes, capacity - bytes, "%s%s %s",
                                          bytes > 0 ? ", " : "", actions[i % 3], names[i / 3]);
        }
        assert_non_null(strstr(document, "\"kind\":\"event\""));
        free(document);
        at += line + 1;
    }
}

static void hidden_campaigns_of_different_entries_do_not_join(void **state)
{
    (void)state;
    struct rig rig;
    char text[256];
    rig_init(&rig, true);
    spray(&rig, 2, 0);
    spray(&rig, 1, 60);
    hidden_end(rig.hidden);
    told(&rig, text, sizeof(text));
    assert_string_equal(text, "opened two, opened one, closed one, closed two");
    for (size_t entry = 0; entry < ENTRIES; entry++)
        assert_int_equal(hidden_counters(rig.hidden, entry).opened, entry < 2);
    rig_deinit(&rig);
}

/* Three sprays, of which the first to end is the last entry's. */
static void sprays(struct rig *rig, int64_t step)
{
    advance(rig, 0);
    spray(rig, 3, 0);
    spray(rig, 1, ATTACK_HOUR);
    spray(rig, 2, 2 * ATTACK_HOUR);
    for (int64_t at = 0; at <= 80 * ATTACK_HOUR; at += step)
        advance(rig, at);
    spray(rig, 2, 81 * ATTACK_HOUR);
    hidden_end(rig->hidden);
}

static void hidden_closes_in_order_of_time_however_often_it_is_asked(void **state)
{
    (void)state;
    static const int64_t steps[] = {7 * ATTACK_MINUTE, ATTACK_HOUR, 40 * ATTACK_HOUR,
                                    80 * ATTACK_HOUR};
    char *wanted = NULL;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct rig rig;
        char text[256];
        rig_init(&rig, true);
        sprays(&rig, steps[i]);
        told(&rig, text, sizeof(text));
        assert_string_equal(text, "opened three, opened one, opened two, closed three, closed one, "
                                  "closed two, opened two, closed two");
        const struct slice documents = json_write_text(&rig.json);
        if (wanted == NULL)
            wanted = strndup(documents.start, documents.bytes);
        assert_int_equal(strlen(wanted), documents.bytes);
        assert_memory_equal(wanted, documents.start, documents.bytes);
        rig_deinit(&rig);
    }
    free(wanted);
}

/* What comes so late that it had been quiet for long when it came closes when time goes on. */
static void hidden_closes_what_came_too_late(void **state)
{
    (void)state;
    struct rig rig;
    char text[256];
    rig_init(&rig, true);
    advance(&rig, 0);
    advance(&rig, 100 * ATTACK_HOUR);
    spray(&rig, 1, ATTACK_HOUR);
    spray(&rig, 2, 99 * ATTACK_HOUR);
    advance(&rig, 100 * ATTACK_HOUR);
    told(&rig, text, sizeof(text));
    assert_string_equal(text, "opened one, opened two");
    advance(&rig, 300 * ATTACK_HOUR);
    told(&rig, text, sizeof(text));
    assert_string_equal(text, "opened one, opened two, closed one, closed two");
    rig_deinit(&rig);
}

static void hidden_counts_what_nobody_wants_told(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    sprays(&rig, ATTACK_HOUR);
    assert_int_equal(json_write_text(&rig.json).bytes, 0);
    assert_int_equal(hidden_counters(rig.hidden, 0).opened, 1);
    assert_int_equal(hidden_counters(rig.hidden, 1).opened, 2);
    rig_deinit(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_campaigns_of_different_entries_do_not_join),
        cmocka_unit_test(hidden_closes_in_order_of_time_however_often_it_is_asked),
        cmocka_unit_test(hidden_closes_what_came_too_late),
        cmocka_unit_test(hidden_counts_what_nobody_wants_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
