#include "engine/base/json_write.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"
#include "tests/support/json_oracle.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_text(const struct json_write *json, const char *expected)
{
    const struct slice text = json_write_text(json);
    assert_true(json_write_ok(json));
    if (!slice_equals(text, slice_from_string(expected)))
        fail_msg("wrote %.*s\nnot   %s", (int)text.bytes, text.start, expected);
}

static void json_write_nests_and_separates(void **state)
{
    (void)state;
    struct json_write json;
    json_write_init(&json);
    json_write_object_begin(&json);
    json_write_key_object(&json, "empty");
    json_write_object_end(&json);
    json_write_key_array(&json, "list");
    json_write_integer(&json, 1);
    json_write_array_begin(&json);
    json_write_array_end(&json);
    json_write_object_begin(&json);
    json_write_key_bool(&json, "yes", true);
    json_write_key_bool(&json, "no", false);
    json_write_object_end(&json);
    json_write_null(&json);
    json_write_array_end(&json);
    json_write_key_string(&json, "text", SLICE("a\"b"));
    json_write_key_integer(&json, "low", INT64_MIN);
    json_write_key_unsigned(&json, "high", UINT64_MAX);
    json_write_key_double(&json, "half", 0.5);
    json_write_key_time(&json, "@timestamp", 1706779867120000000);
    json_write_object_end(&json);
    json_write_newline(&json);
    json_write_array_begin(&json);
    json_write_array_end(&json);
    json_write_newline(&json);
    check_text(&json, "{\"empty\":{},\"list\":[1,[],{\"yes\":true,\"no\":false},null],"
                      "\"text\":\"a\\\"b\",\"low\":-9223372036854775808,"
                      "\"high\":18446744073709551615,\"half\":0.5,"
                      "\"@timestamp\":\"2024-02-01T09:31:07.120Z\"}\n[]\n");
    json_write_reset(&json);
    check_text(&json, "");
    json_write_deinit(&json);
}

static void json_write_escapes_what_could_trick_a_reader(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        const char *json;
    } cases[] = {
        {SLICE(""), "\"\""},
        {SLICE("plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91"),
         "\"plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x91\""},
        {SLICE("\"\\/"), "\"\\\"\\\\/\""},
        {SLICE("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {SLICE("\0\x01\x1b[31m\x1f"), "\"\\u0000\\u0001\\u001b[31m\\u001f\""},
        {SLICE("\x7f"), "\"\\u007f\""},
        {SLICE("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\"\\u0080\\u009b\\u009f\xc2\xa0\""},
        {SLICE("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\""},
        {SLICE("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae"),
         "\"\\u202a\\u202b\\u202c\\u202d\\u202e\""},
        {SLICE("\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"),
         "\"\\u2066\\u2069\\u200e\\u200f\\u061c\""},
        {SLICE("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"),
         "\"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa\""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_write json;
        json_write_init(&json);
        json_write_string(&json, cases[i].text);
        check_text(&json, cases[i].json);
        json_write_deinit(&json);
    }
}

static void json_write_replaces_each_maximal_bad_part(void **state)
{
    (void)state;
#define BAD "\xef\xbf\xbd"
    static const struct {
        struct slice text;
        const char *json;
    } cases[] = {
        {SLICE("a\x80z"), "\"a" BAD "z\""},
        {SLICE("\xc0\xaf"), "\"" BAD BAD "\""},
        {SLICE("\xe0\x80\xaf"), "\"" BAD BAD BAD "\""},
        {SLICE("\xed\xa0\x80"), "\"" BAD BAD BAD "\""},
        {SLICE("\xf4\x90\x80\x80"), "\"" BAD BAD BAD BAD "\""},
        {SLICE("\xf0\x80\x80\x80"), "\"" BAD BAD BAD BAD "\""},
        {SLICE("\xff"), "\"" BAD "\""},
        {SLICE("\xe2\x82"), "\"" BAD "\""},
        {SLICE("\xf0\x9f\x94"), "\"" BAD "\""},
        {SLICE("\xf0\x9f\x94\"x"), "\"" BAD "\\\"x\""},
        {SLICE("\xe2\x82\xe2\x82\xac"), "\"" BAD "\xe2\x82\xac\""},
    };
#undef BAD
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_write json;
        json_write_init(&json);
        json_write_string(&json, cases[i].text);
        check_text(&json, cases[i].json);
        json_write_deinit(&json);
    }
}

static void json_write_prints_doubles_as_ecmascript_does(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-12, "-12"},
        {148.6, "148.6"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {100, "100"},
        {123456789012345680000.0, "123456789012345680000"},
        {1e21, "1e+21"},
        {1.5e300, "1.5e+300"},
        {0.000001, "0.000001"},
        {0.0000001, "1e-7"},
        {1.25e-9, "1.25e-9"},
        {5e-324, "5e-324"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {9007199254740993.0, "9007199254740992"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct json_write json;
        json_write_init(&json);
        json_write_double(&json, cases[i].value);
        check_text(&json, cases[i].text);
        json_write_deinit(&json);
    }
}

static void json_write_doubles_read_back_the_same(void **state)
{
    (void)state;
    struct json_write json;
    unsigned seed = 3;
    json_write_init(&json);
    for (int round = 0; round < 50000; round++) {
        uint64_t bits = 0;
        for (int i = 0; i < 5; i++)
            bits = bits << 15 ^ (uint64_t)rand_r(&seed);
        double value, again;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        json_write_reset(&json);
        json_write_double(&json, value);
        const struct slice text = json_write_text(&json);
        char copy[64];
        memcpy(copy, text.start, text.bytes);
        copy[text.bytes] = '\0';
        again = strtod(copy, NULL);
        assert_memory_equal(&value, &again, sizeof(value));
    }
    json_write_deinit(&json);
}

static void json_write_does_not_follow_the_locale(void **state)
{
    (void)state;
    static const char *const with_comma[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8",
                                             "nl_NL.UTF-8"};
    bool found = false;
    for (size_t i = 0; i < COUNT(with_comma) && !found; i++)
        found = setlocale(LC_ALL, with_comma[i]) != NULL;
    if (!found)
        print_message("# no locale with a decimal comma is installed: only \"C\" is tried\n");
    struct json_write json;
    json_write_init(&json);
    json_write_double(&json, 1234.5);
    setlocale(LC_ALL, "C");
    check_text(&json, "1234.5");
    json_write_deinit(&json);
}

static void json_write_into_a_bounded_buffer_is_all_or_nothing(void **state)
{
    (void)state;
    static const char expected[] = "{\"key\":[\"a\\nb\",-17,2.5]}\n";
    for (size_t capacity = 0; capacity < sizeof(expected) + 4; capacity++) {
        struct json_write json;
        char *const buffer = malloc(capacity + (capacity == 0));
        assert_non_null(buffer);
        json_write_init_bounded(&json, buffer, capacity);
        json_write_object_begin(&json);
        json_write_key_array(&json, "key");
        json_write_string(&json, SLICE("a\nb"));
        json_write_integer(&json, -17);
        json_write_double(&json, 2.5);
        json_write_array_end(&json);
        json_write_object_end(&json);
        json_write_newline(&json);
        assert_int_equal(json_write_ok(&json), capacity >= sizeof(expected) - 1);
        if (json_write_ok(&json))
            check_text(&json, expected);
        else
            assert_int_equal(json_write_text(&json).bytes, 0);
        json_write_deinit(&json);
        free(buffer);
    }
}

/* Whatever bytes go in, a strict reader takes what comes out, and nothing in it needs care. */
static void json_write_makes_valid_json_of_random_bytes(void **state)
{
    (void)state;
    static const unsigned char favoured[] = {'"',  '\\', 0xc2, 0x80, 0xe2, 0x80,
                                             0xa8, 0xed, 0xa0, 0xf0, 0x9f, 0};
    struct json_write json;
    unsigned seed = 4;
    json_write_init(&json);
    for (int round = 0; round < 20000; round++) {
        char text[64];
        const size_t bytes = (size_t)rand_r(&seed) % sizeof(text);
        for (size_t i = 0; i < bytes; i++)
            text[i] = rand_r(&seed) % 2 ? (char)(rand_r(&seed) >> 4)
                                        : (char)favoured[(size_t)rand_r(&seed) % sizeof(favoured)];
        json_write_reset(&json);
        json_write_array_begin(&json);
        json_write_string(&json, slice_of(text, bytes));
        json_write_array_end(&json);
        const struct slice written = json_write_text(&json);
        for (size_t i = 0; i < written.bytes; i++)
            assert_true((unsigned char)written.start[i] >= 0x20 && written.start[i] != 0x7f);
        json_error_t error;
        json_t *const read = json_loadb(written.start, written.bytes, JSON_ALLOW_NUL, &error);
        if (read == NULL)
            fail_msg("%s: %.*s", error.text, (int)written.bytes, written.start);
        json_decref(read);
    }
    json_write_deinit(&json);
}

static void json_write_grows(void **state)
{
    (void)state;
    struct json_write json;
    json_write_init(&json);
    json_write_array_begin(&json);
    for (int i = 0; i < 100000; i++)
        json_write_integer(&json, i);
    json_write_array_end(&json);
    const struct slice text = json_write_text(&json);
    json_t *const read = json_loadb(text.start, text.bytes, 0, NULL);
    assert_non_null(read);
    assert_int_equal(json_array_size(read), 100000);
    assert_int_equal(json_integer_value(json_array_get(read, 99999)), 99999);
    json_decref(read);
    json_write_deinit(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_write_nests_and_separates),
        cmocka_unit_test(json_write_escapes_what_could_trick_a_reader),
        cmocka_unit_test(json_write_replaces_each_maximal_bad_part),
        cmocka_unit_test(json_write_prints_doubles_as_ecmascript_does),
        cmocka_unit_test(json_write_doubles_read_back_the_same),
        cmocka_unit_test(json_write_does_not_follow_the_locale),
        cmocka_unit_test(json_write_into_a_bounded_buffer_is_all_or_nothing),
        cmocka_unit_test(json_write_makes_valid_json_of_random_bytes),
        cmocka_unit_test(json_write_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
