#include "parsers/coverage.h"

#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char table_yaml[] = "code-table: t\n"
                                 "sources: {s: a source}\n"
                                 "table:\n"
                                 "  - {code: 1, outcome: success, password: right, source: s}\n";

static const char schema_yaml[] = "schema: v\n"
                                  "code-table: t\n"
                                  "datasets: [{name: v.login}, {name: v.other}, {name: v.none}]\n"
                                  "shapes:\n"
                                  "  - name: one\n"
                                  "    when: [{has: [kind]}]\n"
                                  "    dataset: {path: kind, values: {a: v.login, b: v.other}}\n"
                                  "    fields:\n"
                                  "      '@timestamp': [when]\n"
                                  "      user.name: [mail, 'who{}.name']\n"
                                  "      source.ip: [ip]\n"
                                  "      event.code: {join: [[result], [detail]]}\n"
                                  "  - name: two\n"
                                  "    when: [{has: [sort]}]\n"
                                  "    dataset: {otherwise: v.login}\n"
                                  "    fields:\n"
                                  "      '@timestamp': [when]\n"
                                  "      user.name: [login, mail]\n"
                                  "      event.code: [code]\n"
                                  "  - name: three\n"
                                  "    when: [{has: [group]}]\n"
                                  "    dataset: none\n";

static struct schema_set *set;

static int create(void **state)
{
    (void)state;
    const struct schema_text texts[] = {{"v.yml", slice_from_string(schema_yaml)},
                                        {"t.yml", slice_from_string(table_yaml)}};
    const struct schema_set_options options = {.wanted = SCHEMA_WANTED_ALL};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status =
        schema_set_create_from_texts(&set, texts, COUNT(texts), &options, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    return status == STATUS_OK ? 0 : -1;
}

static int destroy(void **state)
{
    (void)state;
    schema_set_destroy(set);
    return 0;
}

static void coverage_has_the_paths_of_all_shapes_of_a_dataset_once(void **state)
{
    (void)state;
    static const struct {
        size_t dataset;
        enum event_field field;
        const char *paths[5];
    } cases[] = {
        {0, FIELD_ACCOUNT, {"mail", "who{}.name", "login"}},
        {1, FIELD_ACCOUNT, {"mail", "who{}.name"}},
        {2, FIELD_ACCOUNT, {NULL}},
        {0, FIELD_CODE, {"result", "detail", "code"}},
        {0, FIELD_OUTCOME, {"result", "detail", "code"}},
        {1, FIELD_VERDICT, {"result", "detail"}},
        {1, FIELD_SOURCE_24, {"ip"}},
        {0, FIELD_REASON, {NULL}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *paths[COVERAGE_PATHS_MAX];
        const size_t count = coverage_paths(set, cases[i].dataset, cases[i].field, paths);
        size_t wanted = 0;
        while (cases[i].paths[wanted] != NULL)
            wanted++;
        assert_int_equal(count, wanted);
        for (size_t j = 0; j < count; j++)
            assert_string_equal(paths[j], cases[i].paths[j]);
    }
}

static void coverage_knows_what_is_made_of_what(void **state)
{
    (void)state;
    assert_int_equal(coverage_origin(FIELD_OUTCOME_ECS), FIELD_CODE);
    assert_int_equal(coverage_origin(FIELD_SOURCE_48), FIELD_SOURCE);
    assert_int_equal(coverage_origin(FIELD_ACCOUNT), FIELD_ACCOUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverage_has_the_paths_of_all_shapes_of_a_dataset_once),
        cmocka_unit_test(coverage_knows_what_is_made_of_what),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
