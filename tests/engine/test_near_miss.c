#include "engine/near_miss.h"

#include <string.h>

#include "tests/support/check.h"

static const char head[] = "title: T\nname: t\ndetection:\n";

/* The items that kept a rule from an event whose account is bob, from 192.0.2.1 by curl: their
 * labels, with `!` before those that should not have held. */
static const struct {
    const char *detection, *missed;
} cases[] = {
    /* two items, one of them wrong */
    {"  s: {user.name: bob, user.email: x}\n  condition: s", "s"},
    /* it matches */
    {"  s: {user.name: bob}\n  condition: s", ""},
    /* a single thing is asked for, and it is not there: that is no near miss */
    {"  s: {user.name: eve}\n  condition: s", ""},
    /* two steps away */
    {"  s: {user.name: bob, user.email: x, user.id: y}\n  condition: s", ""},
    /* what is excluded */
    {"  s: {user.name: bob}\n  f: {source.ip|cidr: 192.0.2.0/24}\n  condition: s and not f", "!f"},
    {"  s: {user.name: bob}\n  f: {source.ip: 192.0.2.1, user.name: bob}\n"
     "  condition: s and not f",
     "!f!f"},
    /* one of several would do */
    {"  s: {user.name: bob}\n  a: {user.email: x}\n  b: {user.id: y}\n  condition: s and (a or b)",
     "ab"},
    {"  s: {user.name: bob}\n  a: {user.email: x}\n  b: {user.id: y}\n  condition: s and 1 of a*",
     "a"},
    {"  s: {user.name: bob}\n  a: {user.email: x}\n  b: {user.id: y}\n  condition: s and a and b",
     ""},
    /* `neq` is a part of its item */
    {"  s: {user.name: bob, source.ip|neq: 192.0.2.1}\n  condition: s", "s"},
    /* a list of values is one item, and `all` of them too */
    {"  s: {user.name: bob, user_agent.original|contains|all: [cur, x, y]}\n  condition: s", "s"},
    /* keywords */
    {"  s: {user.name: bob}\n  k: [word]\n  condition: s and k", "k"},
    /* the log source is never near */
    {"  s: {user.name: bob, user.email: x}\n  condition: s\n"
     "logsource: {product: okta, service: okta}",
     ""},
    {"  s: {user.name: bob, user.email: x}\n  condition: s\n"
     "logsource: {product: azure, service: signinlogs}",
     "s"},
    /* not not */
    {"  s: {user.name: bob}\n  f: {user.email: x}\n  condition: s and not (not f)", "f"},
};

static void near_misses_are_one_item_away(void **state)
{
    (void)state;
    static const char *const datasets[] = {"entra.signin", "okta.system"};
    struct event event = {.dataset = 0, .flags = EVENT_HAS_SOURCE};
    const uint8_t source[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
    memcpy(event.source.bytes, source, sizeof(source));
    event.text[TEXT_ACCOUNT] = SLICE("bob");
    event.text[TEXT_USER_AGENT] = SLICE("curl");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[1024], found[64] = "";
        snprintf(text, sizeof(text), "%s%s\n", head, cases[i].detection);
        const struct rule_text rules = {"t.yml", slice_from_string(text)};
        struct diagnostics diagnostics;
        struct ruleset *ruleset = NULL;
        struct matcher *matcher = NULL;
        size_t count;
        diagnostics_init(&diagnostics);
        const enum status status = ruleset_create_from_texts(&ruleset, &rules, 1, &diagnostics);
        diagnostics_print(&diagnostics, stderr);
        diagnostics_deinit(&diagnostics);
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(ruleset_bind_datasets(ruleset, datasets, 2), STATUS_OK);
        assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
        const struct subject subject = {.event = &event};
        struct missed_item missed[MISSED_ITEMS_MAX];
        matcher_look(matcher, &subject);
        const size_t missed_count =
            near_miss(matcher, ruleset_entries(ruleset, &count)->expression, missed);
        for (size_t j = 0; j < missed_count; j++) {
            strcat(found, missed[j].must_hold ? "" : "!");
            strcat(found, missed[j].label);
        }
        assert_string_equal(found, cases[i].missed);
        matcher_destroy(matcher);
        ruleset_destroy(ruleset);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_misses_are_one_item_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
