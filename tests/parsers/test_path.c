#include "parsers/path.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/containers.h"
#include "parsers/format.h"
#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Takes one path into fresh slots. */
static bool take(struct path_slots *slots, struct diagnostics *diagnostics, const char *path,
                 uint8_t *slot)
{
    const struct reading reading = {"test.yml", diagnostics};
    const struct node node = {
        .kind = NODE_SCALAR, .line = 1, .column = 1, .text = slice_from_string(path)};
    *slots = (struct path_slots){0};
    return path_slots_take(slots, &reading, &node, slot);
}

/* The text that `path` finds in `json`; the caller frees it, NULL: nothing. */
static char *follow(const char *path, const char *json)
{
    static struct container_room room;
    static struct record record;
    static struct path_slots slots;
    struct diagnostics diagnostics;
    struct record_path list[RECORD_FIELDS_MAX];
    struct format_paths compiled;
    uint8_t slot;
    const char *wrong;
    size_t count = 0;
    diagnostics_init(&diagnostics);
    if (!take(&slots, &diagnostics, path, &slot))
        fail_msg("%s is no path", path);
    for (size_t i = 0; i < slots.count; i++) {
        if (!slots.items[i].is_inner)
            list[count++] = (struct record_path){slots.items[i].path, (unsigned)i};
    }
    assert_int_equal(path_slots_finish(&slots, &wrong), STATUS_OK);
    assert_int_equal(format_paths_create(&compiled, 1u << FORMAT_OF_JSON, list, count, NULL, 0),
                     STATUS_OK);
    const size_t bytes = strlen(json);
    char *const text = calloc(1, bytes + LIMIT_VECTOR_PADDING);
    assert_non_null(text);
    memcpy(text, json, bytes);
    const struct block block = {.layout = LAYOUT_JSON_STREAM, .text = text, .bytes = bytes};
    struct format_reader reader;
    format_reader_init(&reader, &compiled, NULL, JSON_TIER_BEST, LIMIT_LINE_BYTES, &block);
    assert_int_equal(format_reader_next(&reader, &record), RECORD_FOUND);
    room.used = 0;
    containers_open(&slots, &room, &record);
    char *found = NULL, scratch[LIMIT_TEXT_BYTES];
    if (record.present >> slot & 1) {
        const struct slice value = format_text(&record.values[slot], scratch, sizeof(scratch));
        found = strndup(value.start, value.bytes);
    }
    format_paths_destroy(&compiled);
    path_slots_deinit(&slots);
    diagnostics_deinit(&diagnostics);
    free(text);
    return found;
}

static void paths_go_through_lists_strings_and_texts(void **state)
{
    (void)state;
    static const struct {
        const char *path, *json, *expected;
    } cases[] = {
        {"a.b", "{\"A\":{\"b\":1}}", "1"},
        {"a\\.b", "{\"a\":{\"b\":1},\"a.b\":2}", "2"},
        {"a\\[\\].b", "{\"a[]\":{\"b\":1}}", "1"},
        {"a[].b", "{\"a\":[{\"b\":1},{\"b\":2}]}", "1"},
        {"a[].b", "{\"a\":{\"b\":1}}", "1"},
        {"a[].b", "{\"a\":[5,{\"b\":1}]}", "1"},
        {"a[].b", "{\"a\":[]}", NULL},
        {"a[].b", "{\"a\":\"[{\\\"b\\\":\\\"x\\\\\\\"y\\\"}]\"}", "x\"y"},
        {"a[]", "{\"a\":[64500,64501]}", "64500"},
        {"a[]", "{\"a\":[\"x\\u0041\",\"y\"]}", "xA"},
        {"a[]", "{\"a\":\"alone\"}", "alone"},
        {"a[]", "{\"a\":[{\"b\":1}]}", NULL},
        {"a[k=v].b", "{\"a\":[{\"k\":\"u\",\"b\":1},{\"K\":\"V\",\"b\":2},{\"k\":\"v\",\"b\":3}]}",
         "2"},
        {"a[k=5].b", "{\"a\":[{\"b\":1,\"k\":5}]}", "1"},
        {"a[k=v].b", "{\"a\":[{\"k\":\"v\"},{\"k\":\"v\",\"b\":3}]}", NULL},
        {"a[].b[k=v].c[]", "{\"a\":[{\"b\":[{\"k\":\"v\",\"c\":[\"deep\"]}]}]}", "deep"},
        {"a{}.b.c", "{\"a\":{\"b\":{\"c\":1}}}", "1"},
        {"a{}.b.c", "{\"a\":\"{\\\"b\\\":{\\\"c\\\":1}}\"}", "1"},
        {"a{}.b", "{\"a\":\"\"}", NULL},
        {"a{}.b", "{\"a\":\"no JSON\"}", NULL},
        {"a{}.b", "{\"a\":[{\"b\":1}]}", NULL},
        {"a{}.b[k=v].c", "{\"a\":\"{\\\"b\\\":[{\\\"k\\\":\\\"v\\\",\\\"c\\\":\\\"x\\\"}]}\"}",
         "x"},
        {"a(k=)", "{\"a\":\"type=X, k=v, k=w\"}", "v"},
        {"a(k=)", "{\"a\":\"type=\\\"k=u\\\", k=\\\"a, b\\\"\"}", "a, b"},
        {"a(k=)", "{\"a\":\"j=\\\"x\\\\\\\", k=u\\\" k=v\"}", "v"},
        {"a(k=)", "{\"a\":\"nothing\"}", NULL},
        {"a(k=)(u |')", "{\"a\":\"j=1 k=\\\"by u x' y'\\\" u z'\"}", "x' y"},
        {"a(k=)(u |')", "{\"a\":\"k=none u x'\"}", NULL},
        {"a(by '|':)", "{\"a\":\"by 'x': y': z\"}", "x': y"},
        {"a(: |)", "{\"a\":\"one: two: three\"}", "three"},
        {"a(| by)", "{\"a\":\"done by x by y\"}", "done"},
        {"a(x|y)", "{\"a\":\"y x\"}", NULL},
        {"a(x|)", "{\"a\":\"ends with x\"}", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const found = follow(cases[i].path, cases[i].json);
        if ((found == NULL) != (cases[i].expected == NULL) ||
            (found != NULL && strcmp(found, cases[i].expected) != 0))
            fail_msg("%s in %s is %s", cases[i].path, cases[i].json, found ? found : "nothing");
        free(found);
    }
}

static void what_is_no_path_is_told(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",       ".",    "a.",   ".a",   "a..b",   "[]",      "a[",       "a]",
        "a}",     "a)",   "a[]b", "a{}",  "a{x}.b", "a[k].b",  "a[=v].b",  "a[k=].b",
        "a[k=v]", "a[].", "a()",  "a(k)", "a(=)",   "a(k=).b", "a(x|y)[]",
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        static struct path_slots slots;
        struct diagnostics diagnostics;
        uint8_t slot;
        diagnostics_init(&diagnostics);
        if (take(&slots, &diagnostics, cases[i], &slot))
            fail_msg("%s is taken for a path", cases[i]);
        assert_int_equal(diagnostics.errors_count, 1);
        path_slots_deinit(&slots);
        diagnostics_deinit(&diagnostics);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_go_through_lists_strings_and_texts),
        cmocka_unit_test(what_is_no_path_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
