#include "parsers/country.h"

#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void country_is_a_code_or_an_english_name(void **state)
{
    (void)state;
    static const struct {
        const char *written, *code;
    } cases[] = {
        {"DE", "DE"},
        {"de", "DE"},
        {"UK", "GB"},
        {"gb", "GB"},
        {"ZZ", "ZZ"}, /* what a provider gives as a code is passed on */
        {"Germany", "DE"},
        {"GERMANY", "DE"},
        {"United States", "US"},
        {"united states of america", "US"},
        {"USA", "US"},
        {"South Korea", "KR"},
        {"Niger", "NE"},
        {"Nigeria", "NG"},
        {"Guinea-Bissau", "GW"},
        {"Afghanistan", "AF"},   /* the first row of the table … */
        {"Åland Islands", "AX"}, /* … and the last */
        {"T\xc3\xbcrkiye", "TR"},
        {"Kosovo", "XK"},
        {"Deutschland", ""},
        {"United", ""},
        {"Germany ", ""},
        {"D1", ""},
        {"D", ""},
        {"DEU", ""},
        {"", ""},
        {"\xff\xff", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const uint16_t code = country_parse(slice_from_string(cases[i].written));
        const char text[] = {(char)(code >> 8), (char)code, '\0'};
        assert_string_equal(text, cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(country_is_a_code_or_an_english_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
