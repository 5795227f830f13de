#include "engine/base/document.h"

#include <stdlib.h>

#include "tests/support/check.h"

static struct document_file *parse(const char *text)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct document_file *file = NULL;
    const enum status status =
        document_parse(&file, "test.yml", slice_from_string(text), &diagnostics);
    if (status != STATUS_OK)
        diagnostics_print(&diagnostics, stderr);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(diagnostics.count, 0);
    diagnostics_deinit(&diagnostics);
    return file;
}

static void document_keeps_scalars_as_written_with_their_style(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *text;
        bool quoted, verbatim;
    } cases[] = {
        {"k: 50053", "50053", false, true},
        {"k: 0x18", "0x18", false, true},
        {"k: '0x18'", "0x18", true, true},
        {"k: \"a\\tb\"", "a\tb", true, false},
        {"k: 'it''s'", "it's", true, false},
        {"k: a b", "a b", false, true},
        {"k: |\n  line\n", "line\n", true, false},
        {"k: >-\n  one\n  two\n", "one two", true, false},
        {"k: one\n  two", "one two", false, false},
        {"k: \xc3\xa4\xc3\xb6", "\xc3\xa4\xc3\xb6", false, true},
        {"k: 2024-01-01", "2024-01-01", false, true},
        {"k: 12:30:45", "12:30:45", false, true},
        {"k:", "", false, true},
        {"k: ''", "", true, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct document_file *const file = parse(cases[i].yaml);
        const struct node *const node = node_get(document_root(file, 0), "k");
        assert_non_null(node);
        assert_int_equal(node->kind, NODE_SCALAR);
        assert_true(slice_equals(node->text, slice_from_string(cases[i].text)));
        assert_int_equal(node->text.start[node->text.bytes], 0);
        assert_int_equal(node->quoted, cases[i].quoted);
        assert_int_equal(node->verbatim, cases[i].verbatim);
        document_destroy(file);
    }
}

static void document_nodes_know_their_line_and_column(void **state)
{
    (void)state;
    struct document_file *const file = parse("# a comment\n"
                                             "list:\n"
                                             "  - one\n"
                                             "  - {a: b, c: 'd'}\n"
                                             "\xc3\xa4: x\n");
    const struct node *const root = document_root(file, 0);
    assert_int_equal(root->kind, NODE_MAPPING);
    assert_int_equal(root->count, 2);
    assert_int_equal(root->line, 2);
    assert_int_equal(root->column, 1);
    const struct node *const list = node_value(root, 0);
    assert_int_equal(list->kind, NODE_SEQUENCE);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->items[0]->line, 3);
    assert_int_equal(list->items[0]->column, 5);
    const struct node *const d = node_get(list->items[1], "c");
    assert_int_equal(d->line, 4);
    assert_int_equal(d->column, 15);
    /* Columns count characters, and begin behind the quote within a quoted scalar. */
    assert_int_equal(node_column(d, 0), 16);
    assert_int_equal(node_value(root, 1)->column, 4);
    assert_null(node_get(root, "lis"));
    assert_null(node_get(list, "list"));
    assert_null(node_get(NULL, "list"));
    assert_string_equal(document_path(file), "test.yml");
    document_destroy(file);
}

static void document_holds_several_documents(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        size_t count;
    } cases[] = {
        {"", 0},           {"# nothing\n", 0},
        {"a: b\n", 1},     {"a: b\n---\nc: d\n", 2},
        {"---\n---\n", 2}, {"--- a\n...\n--- b\n...\n", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct document_file *const file = parse(cases[i].yaml);
        assert_int_equal(document_count(file), cases[i].count);
        document_destroy(file);
    }
}

static void aliases_stand_for_what_their_anchors_do(void **state)
{
    (void)state;
    struct document_file *const file =
        parse("base: &base {code: 5, name: &name x}\nagain: *base\nname: *name\n"
              "more: {<<: *base, name: y, list: [*name]}\n"
              "both: {'<<': 1, <<: [{code: 6}, *base]}\n");
    const struct node *const root = document_root(file, 0);
    assert_ptr_equal(node_get(root, "again"), node_get(root, "base"));
    assert_true(node_is_word(node_get(root, "name"), "x"));
    const struct node *const more = node_get(root, "more"), *const both = node_get(root, "both");
    assert_int_equal(more->count, 3);
    assert_true(node_is_word(node_get(more, "code"), "5"));
    assert_true(node_is_word(node_get(more, "name"), "y"));
    assert_int_equal(both->count, 3);
    assert_true(node_is_word(node_get(both, "code"), "6"));
    assert_true(node_is_word(node_get(both, "<<"), "1"));
    document_destroy(file);
}

static void document_tells_mistakes_with_code_and_position(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *code;
        uint32_t line, column;
    } cases[] = {
        {"a: [1, 2", "D101", 2, 1},
        {"a: b\nc: \x01\n", "D101", 2, 4},
        {"\xc3\xa4: \xff\n", "D101", 1, 4},
        {"a: 'b", "D101", 1, 6},
        {"a:\n\tb: c\n", "D101", 2, 1},
        {"a: b: c\n", "D101", 1, 5},
        {"x: 1\ny: 2\nx: 3\n", "D102", 3, 1},
        {"m: {k: 1, 'k': 2}\n", "D102", 1, 11},
        {"a: &x 1\nb: *y\n", "D103", 2, 4},
        {"a: &x 1\n---\nb: *x\n", "D103", 3, 4},
        {"a: &x [1, *x]\n", "D103", 1, 11},
        {"a:\n  <<: b\n", "D104", 2, 3},
        {"a: {<<: [{b: c}, d]}\n", "D104", 1, 5},
        {"a: {b: &x [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]],\n  c: [[[[[[[[[[[[[[[*x]]]]]]]]]]]]]]]}\n",
         "D106", 2, 21},
        {"a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
         "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
         "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
         "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
         "f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n",
         "D107", 6, 36},
        {"a: !!str 5\n", "D105", 1, 4},
        {"a: !custom {b: c}\n", "D105", 1, 4},
        {"? [a, b]\n: c\n", "D108", 1, 3},
        {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", "D106", 1, 33},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        struct document_file *file = NULL;
        assert_int_equal(
            document_parse(&file, "bad.yml", slice_from_string(cases[i].yaml), &diagnostics),
            STATUS_CONFIG);
        assert_null(file);
        assert_true(diagnostics.count >= 1);
        const struct diagnostic *const told = &diagnostics.items[0];
        assert_string_equal(told->code, cases[i].code);
        assert_string_equal(told->file, "bad.yml");
        assert_int_equal(told->line, cases[i].line);
        assert_int_equal(told->column, cases[i].column);
        diagnostics_deinit(&diagnostics);
    }
}

static void document_tells_all_mistakes_up_to_broken_syntax(void **state)
{
    (void)state;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct document_file *file = NULL;
    const char *const text = "a: 1\na: 2\na: 3\nb: *nowhere\nc: !x y\nd: [\n";
    assert_int_equal(document_parse(&file, "bad.yml", slice_from_string(text), &diagnostics),
                     STATUS_CONFIG);
    /* The alias, the tag and the end of the text; keys are judged when a mapping ends. */
    assert_int_equal(diagnostics.errors_count, 3);
    diagnostics_deinit(&diagnostics);
}

static void document_refuses_what_exceeds_its_bounds(void **state)
{
    (void)state;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct document_file *file = NULL;
    const size_t bytes = DOCUMENT_BYTES_MAX + 1;
    char *const text = calloc(bytes, 1);
    assert_non_null(text);
    assert_int_equal(document_parse(&file, "big.yml", slice_of(text, bytes), &diagnostics),
                     STATUS_CONFIG);
    assert_string_equal(diagnostics.items[0].code, "D109");

    const size_t items = DOCUMENT_NODES_MAX + 10;
    text[0] = '[';
    for (size_t i = 0; i < items; i++)
        memcpy(text + 1 + 2 * i, "1,", 2);
    text[1 + 2 * items] = ']';
    assert_int_equal(document_parse(&file, "many.yml", slice_of(text, 2 + 2 * items), &diagnostics),
                     STATUS_CONFIG);
    assert_string_equal(diagnostics.items[1].code, "D107");
    free(text);
    diagnostics_deinit(&diagnostics);
}

static void nodes_convert_plain_scalars_only(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        bool is_null, is_bool, is_integer, is_double;
        int64_t integer;
        double number;
    } cases[] = {
        {"~", true, false, false, false, 0, 0},
        {"null", true, false, false, false, 0, 0},
        {"NULL", true, false, false, false, 0, 0},
        {"Null", true, false, false, false, 0, 0},
        {"nULL", false, false, false, false, 0, 0},
        {"'null'", false, false, false, false, 0, 0},
        {"''", false, false, false, false, 0, 0},
        {"true", false, true, false, false, 1, 0},
        {"false", false, true, false, false, 0, 0},
        {"'true'", false, false, false, false, 0, 0},
        {"yes", false, false, false, false, 0, 0},
        {"True", false, false, false, false, 0, 0},
        {"0", false, false, true, true, 0, 0},
        {"-0", false, false, true, true, 0, 0},
        {"42", false, false, true, true, 42, 42},
        {"-42", false, false, true, true, -42, -42},
        {"+42", false, false, false, false, 0, 0},
        {"042", false, false, false, false, 0, 0},
        {"0x10", false, false, false, false, 0, 0},
        {"'42'", false, false, false, false, 0, 0},
        {"1_000", false, false, false, false, 0, 0},
        {"1e3", false, false, false, false, 0, 0},
        {"0.05", false, false, false, true, 0, 0.05},
        {"-1.5", false, false, false, true, 0, -1.5},
        {"1.", false, false, false, false, 0, 0},
        {".5", false, false, false, false, 0, 0},
        {"1.2.3", false, false, false, false, 0, 0},
        {"9223372036854775807", false, false, true, true, INT64_MAX, 9223372036854775807.0},
        {"-9223372036854775808", false, false, true, true, INT64_MIN, -9223372036854775808.0},
        {"9223372036854775808", false, false, false, true, 0, 9223372036854775808.0},
        {"[1]", false, false, false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct document_file *const file = parse(cases[i].yaml);
        const struct node *const node = document_root(file, 0);
        bool truth = false;
        int64_t integer = 0;
        double number = 0;
        assert_int_equal(node_is_null(node), cases[i].is_null);
        assert_int_equal(node_to_bool(node, &truth), cases[i].is_bool);
        assert_int_equal(node_to_integer(node, &integer), cases[i].is_integer);
        assert_int_equal(node_to_double(node, &number), cases[i].is_double);
        if (cases[i].is_bool)
            assert_int_equal(truth, cases[i].integer);
        if (cases[i].is_integer)
            assert_true(integer == cases[i].integer);
        if (cases[i].is_double)
            assert_true(number == cases[i].number);
        document_destroy(file);
    }
}

static void nearest_word_finds_slips_and_no_more(void **state)
{
    (void)state;
    static const char *const known[] = {"group-by",  "timespan", "condition", "source.ip",
                                        "user.name", "gt",       NULL};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"group_by", "group-by"},
        {"groupby", "group-by"},
        {"timepsan", "timespan"},
        {"Timespan", "timespan"},
        {"condtion", "condition"},
        {"source.ipp", "source.ip"},
        {"user.nmae", "user.name"},
        {"gte", "gt"},
        {"x", NULL},
        {"", NULL},
        {"something", NULL},
        {"ab", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const nearest = nearest_word(slice_from_string(cases[i].word), known);
        if (cases[i].nearest == NULL)
            assert_null(nearest);
        else
            assert_string_equal(nearest, cases[i].nearest);
    }
    char longest[200];
    memset(longest, 'a', sizeof(longest));
    assert_null(nearest_word(slice_of(longest, sizeof(longest)), known));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_keeps_scalars_as_written_with_their_style),
        cmocka_unit_test(document_nodes_know_their_line_and_column),
        cmocka_unit_test(document_holds_several_documents),
        cmocka_unit_test(aliases_stand_for_what_their_anchors_do),
        cmocka_unit_test(document_tells_mistakes_with_code_and_position),
        cmocka_unit_test(document_tells_all_mistakes_up_to_broken_syntax),
        cmocka_unit_test(document_refuses_what_exceeds_its_bounds),
        cmocka_unit_test(nodes_convert_plain_scalars_only),
        cmocka_unit_test(nearest_word_finds_slips_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
