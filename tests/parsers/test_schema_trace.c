#include "parsers/schema_trace.h"

#include <stdlib.h>

#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char table_yaml[] =
    "code-table: t\n"
    "sources: {s: a source, o: another one}\n"
    "table:\n"
    "  - {code: 0x18, outcome: wrong_password, password: wrong, source: s, note: why}\n"
    "  - {code: OK, outcome: success, password: right, source: o}\n"
    "  - {code: 'FAIL*', outcome: locked, password: unknown, source: s, note: any}\n";

static const char schema_yaml[] = "schema: v\n"
                                  "code-table: t\n"
                                  "absent: ['-']\n"
                                  "datasets: [{name: v.login}]\n"
                                  "shapes:\n"
                                  "  - name: one\n"
                                  "    when: [{has: [kind]}]\n"
                                  "    dataset: {otherwise: v.login}\n"
                                  "    fields:\n"
                                  "      '@timestamp': [when]\n"
                                  "      user.name: [mail, 'who{}.name']\n"
                                  "      event.code: [result]\n"
                                  "  - name: other\n"
                                  "    when: [{has: [other]}]\n"
                                  "    dataset: none\n";

static struct schema_set *set;
static struct schema_scratch *scratch;
static struct schema_trace trace;

static int create(void **state)
{
    (void)state;
    const struct schema_text texts[] = {{"v.yml", slice_from_string(schema_yaml)},
                                        {"t.yml", slice_from_string(table_yaml)}};
    const struct schema_set_options options = {.wanted = SCHEMA_WANTED_ALL};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    enum status status =
        schema_set_create_from_texts(&set, texts, COUNT(texts), &options, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    if (status == STATUS_OK)
        status = schema_scratch_create(&scratch, LIMIT_LINE_BYTES);
    return status == STATUS_OK ? 0 : -1;
}

static int destroy(void **state)
{
    (void)state;
    schema_scratch_destroy(scratch);
    schema_set_destroy(set);
    return 0;
}

/* Traces a record whose source begins with the records of `schema`. The text is freed by the
 * caller, when nothing of the trace is looked at any more. */
static char *trace_text(const char *json, uint8_t schema)
{
    const size_t bytes = strlen(json);
    char *const text = calloc(1, bytes + LIMIT_VECTOR_PADDING);
    assert_non_null(text);
    memcpy(text, json, bytes);
    const struct source_view view = {.layout = LAYOUT_JSON_STREAM, .schema = schema};
    const struct record record = {.text = slice_of(text, bytes)};
    schema_trace(&trace, set, scratch, &view, view.layout, &record);
    return text;
}

static void check_field(enum event_field field, const char *path, const char *value)
{
    const struct traced_field *const traced = &trace.fields[field];
    assert_true(traced->is_asked);
    if (path == NULL) {
        assert_null(traced->path);
        return;
    }
    assert_non_null(traced->path);
    assert_string_equal(traced->path, path);
    if (!slice_equals(traced->value.text, slice_from_string(value)))
        fail_msg("%s is '%.*s', not '%s'", path, (int)traced->value.text.bytes,
                 traced->value.text.start, value);
}

static void trace_names_the_path_that_held_something(void **state)
{
    (void)state;
    static const struct {
        const char *json, *path, *value;
    } cases[] = {
        {"{\"kind\":1,\"when\":\"x\",\"mail\":\"Ada@a.example\"}", "mail", "Ada@a.example"},
        {"{\"kind\":1,\"mail\":\"-\",\"who\":{\"name\":\"bob\"}}", "who{}.name", "bob"},
        {"{\"kind\":1,\"mail\":\"n/a\",\"who\":{\"name\":\"bob\"}}", "who{}.name", "bob"},
        {"{\"kind\":1,\"mail\":\"\",\"who\":{}}", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const text = trace_text(cases[i].json, 0);
        assert_non_null(trace.schema);
        assert_non_null(trace.shape);
        assert_true(slice_equals(trace.shape->name, SLICE("one")));
        check_field(FIELD_ACCOUNT, cases[i].path, cases[i].value);
        assert_false(trace.fields[FIELD_SOURCE].is_asked);
        free(text);
    }
}

static void trace_tells_unknown_records_from_other_kinds_of_a_schema(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool has_schema, has_shape;
    } cases[] = {
        {"{\"kind\":1}", true, true},
        {"{\"other\":1}", true, false},
        {"{\"nothing\":1}", false, false},
    };
    static const uint8_t schemas[] = {0, SCHEMA_NONE}; /* of the source's first records */
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t j = 0; j < COUNT(schemas); j++) {
            char *const text = trace_text(cases[i].json, schemas[j]);
            assert_int_equal(trace.schema != NULL, cases[i].has_schema);
            assert_int_equal(trace.shape != NULL, cases[i].has_shape);
            free(text);
        }
    }
}

static void codes_tell_the_row_its_source_and_note(void **state)
{
    (void)state;
    static const struct {
        const char *written;
        uint32_t line; /* 0: no row */
        const char *source, *note;
    } cases[] = {
        {"24", 4, "a source", "why"},   {"0x18", 4, "a source", "why"},
        {"ok", 5, "another one", ""},   {"FAILED", 6, "a source", "any"},
        {"fail", 6, "a source", "any"}, {"25", 0, "", ""},
        {"no such result", 0, "", ""},  {"", 0, "", ""},
    };
    const struct codes *const codes = schema_set_at(set, 0)->codes;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct code_row row;
        const bool is_found = codes_row(codes, slice_from_string(cases[i].written), &row);
        assert_int_equal(is_found, cases[i].line != 0);
        if (!is_found)
            continue;
        assert_int_equal(row.line, cases[i].line);
        assert_true(slice_equals(row.source, slice_from_string(cases[i].source)));
        assert_true(slice_equals(row.note, slice_from_string(cases[i].note)));
    }
}

static void trace_says_what_each_shape_misses(void **state)
{
    (void)state;
    /* Known as no sign-in: up to the shape that knows it. */
    char *text = trace_text("{\"other\":1}", 0);
    assert_null(trace.shape);
    assert_ptr_equal(trace.asked, trace.schema);
    assert_int_equal(trace.misses_count, 2);
    assert_string_equal(trace.misses[0].shape->name.start, "one");
    assert_non_null(trace.misses[0].condition);
    assert_string_equal(trace.misses[0].path, "kind");
    assert_null(trace.misses[0].value);
    assert_true(trace.misses[1].shape->is_no_sign_in);
    assert_null(trace.misses[1].condition);
    assert_null(trace.misses[1].path);
    free(text);

    /* Known to no schema: those of the source's. */
    text = trace_text("{\"nothing\":1}", 0);
    assert_null(trace.schema);
    assert_non_null(trace.asked);
    assert_int_equal(trace.misses_count, 2);
    assert_non_null(trace.misses[1].condition);
    free(text);

    /* The source has none, either. */
    text = trace_text("{\"nothing\":1}", SCHEMA_NONE);
    assert_null(trace.asked);
    assert_int_equal(trace.misses_count, 0);
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(trace_names_the_path_that_held_something),
        cmocka_unit_test(trace_tells_unknown_records_from_other_kinds_of_a_schema),
        cmocka_unit_test(trace_says_what_each_shape_misses),
        cmocka_unit_test(codes_tell_the_row_its_source_and_note),
    };
    return cmocka_run_group_tests(tests, create, destroy);
}
