#include "rules/survey.h"

#include "rules/match.h"
#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char rules_yaml[] = "title: One\n"
                                 "name: one\n"
                                 "id: 0d6dca6c-5c0c-4b9b-9d11-b4ef7c2f1f51\n"
                                 "license: DRL-1.1\n"
                                 "references: https://rules.example\n"
                                 "logsource: {product: azure, service: signinlogs}\n"
                                 "detection:\n"
                                 "  s:\n"
                                 "    ResultType|contains|all: [a, b]\n"
                                 "    user.name|fieldref: user.email\n"
                                 "    Odd|re|neq: x\n"
                                 "  f: [word, other]\n"
                                 "  condition: [s and not f, f]\n"
                                 "---\n"
                                 "title: Two\n"
                                 "name: two\n"
                                 "correlation:\n"
                                 "  type: event_count\n"
                                 "  rules: [one]\n"
                                 "  group-by: source.ip\n"
                                 "  timespan: 1m\n"
                                 "  condition: {gte: 2}\n"
                                 "spraywatch: {kind: count}\n"
                                 "---\n"
                                 "title: Three\n"
                                 "filter:\n"
                                 "  rules: any\n"
                                 "  f: {source.ip: 192.0.2.1}\n"
                                 "  condition: not f\n";

static struct ruleset *ruleset;

static int create(void **state)
{
    (void)state;
    static const char *const datasets[] = {"entra.signin", "okta.system"};
    const struct rule_text text = {"r.yml", slice_from_string(rules_yaml)};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    enum status status = ruleset_create_from_texts(&ruleset, &text, 1, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    if (status == STATUS_OK)
        status = ruleset_bind_datasets(ruleset, datasets, COUNT(datasets));
    return status == STATUS_OK ? 0 : -1;
}

static int destroy(void **state)
{
    (void)state;
    ruleset_destroy(ruleset);
    return 0;
}

static void every_document_has_an_entry(void **state)
{
    (void)state;
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(ruleset, &count);
    assert_int_equal(count, 3);
    assert_int_equal(entries[0].sort, SORT_RULE);
    assert_string_equal(entries[0].head->license, "DRL-1.1");
    assert_int_equal(entries[0].head->references.count, 1);
    assert_string_equal(entries[0].head->references.items[0], "https://rules.example");
    assert_string_equal(entries[0].head->product, "azure");
    assert_string_equal(entries[0].head->category, "");
    assert_string_equal(entries[0].head->path, "r.yml");
    assert_int_equal(entries[0].conditions.count, 2);
    assert_string_equal(entries[0].conditions.items[0], "s and not f");
    assert_int_equal(entries[1].sort, SORT_DETECTOR);
    assert_int_equal(entries[1].head->line, 15);
    assert_string_equal(entries[1].rules.items[0], "one");
    assert_int_equal(entries[2].sort, SORT_FILTER);
    assert_string_equal(entries[2].rules.items[0], "any");
    size_t detectors_count;
    assert_true(survey_counts(ruleset, ruleset_detectors(ruleset, &detectors_count), 0));
}

static void a_survey_names_the_fields_behind_all_items(void **state)
{
    (void)state;
    size_t entries_count;
    unsigned fields[RULE_FIELDS_MAX];
    const struct rule_entry *const entry = ruleset_entries(ruleset, &entries_count);
    static const char *const names[] = {"user.name",  "user.email", "source.ip",
                                        "the record", "ResultType", "Odd"};
    const size_t count = survey_fields(ruleset, entry->expression, fields);
    assert_int_equal(count, COUNT(names));
    for (size_t i = 0; i < count; i++)
        assert_string_equal(survey_field(ruleset, fields[i]).name, names[i]);
    const struct surveyed_field result = survey_field(ruleset, fields[4]);
    assert_int_equal(result.event, FIELD_COUNT);
    assert_int_equal(result.names_count, 2);
    assert_string_equal(result.names[0], "ResultType");
    assert_string_equal(result.names[1], "event.code");
    assert_int_equal(survey_field(ruleset, fields[0]).event, FIELD_ACCOUNT);
}

/* The items of an expression in order, and how many `not` and labels stand above each. */
static void collect(const struct expression *expression, unsigned nots, const char *label,
                    char *text, size_t room)
{
    label = expression->label != NULL ? expression->label : label;
    if (expression->item != NULL) {
        const size_t used = strlen(text);
        snprintf(text + used, room - used, "%s%s/%s=%s(%zu) ", nots % 2 == 1 ? "!" : "", label,
                 expression->item->key, expression->item->values[0],
                 expression->item->values_count);
        return;
    }
    nots += expression->kind == EXPRESSION_NOT;
    for (size_t i = 0; i < expression->children_count; i++)
        collect(expression->children[i], nots, label, text, room);
}

static void an_expression_says_what_it_was_made_of(void **state)
{
    (void)state;
    char text[1024] = "";
    size_t count;
    collect(ruleset_entries(ruleset, &count)->expression, 0, "", text, sizeof(text));
    assert_string_equal(text, "/logsource=entra.*(1) "
                              "s/ResultType|contains|all=a(2) "
                              "s/user.name|fieldref=user.email(1) "
                              "s/Odd|re|neq=x(1) "
                              "!f/=word(2) "
                              "f/=word(2) "
                              "!f/source.ip=192.0.2.1(1) ");
}

static void a_matcher_says_which_part_holds(void **state)
{
    (void)state;
    struct matcher *matcher = NULL;
    size_t count;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    const struct expression *const whole = ruleset_entries(ruleset, &count)->expression;
    assert_true(matcher_dataset_can(matcher, whole, 0));
    assert_false(matcher_dataset_can(matcher, whole, 1));
    struct event event = {.dataset = 0};
    event.text[TEXT_ACCOUNT] = SLICE("bob");
    event.text[TEXT_ACCOUNT_RAW] = SLICE("BOB");
    event.text[TEXT_CODE] = SLICE("xax");
    const struct subject subject = {.event = &event};
    matcher_look(matcher, &subject);
    const struct expression *const of_rule = whole->children[0];
    assert_false(matcher_holds(matcher, whole));
    assert_true(matcher_holds(matcher, of_rule->children[0]));  /* the log source */
    assert_false(matcher_holds(matcher, of_rule->children[1])); /* the conditions */
    char buffer[EVENT_VALUE_BYTES];
    assert_int_equal(matcher_value(matcher, FIELD_ACCOUNT, buffer).text.bytes, 3);
    event.text[TEXT_CODE] = SLICE("xabx");
    matcher_look(matcher, &subject);
    assert_true(matcher_holds(matcher, whole));
    assert_true(matcher_match_rule(matcher, &subject, 0));
    matcher_destroy(matcher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_has_an_entry),
        cmocka_unit_test(a_survey_names_the_fields_behind_all_items),
        cmocka_unit_test(an_expression_says_what_it_was_made_of),
        cmocka_unit_test(a_matcher_says_which_part_holds),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
