#include "parsers/account.h"

#include <stdlib.h>

#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void account_has_one_canonical_form(void **state)
{
    (void)state;
    static const struct {
        const char *written, *canonical;
    } cases[] = {
        {"alice@example.com", "alice@example.com"},
        {"Alice@Example.COM", "alice@example.com"},
        {"  Alice@Example.COM\t", "alice@example.com"},
        {"alice@example.com.", "alice@example.com"},
        {"ALICE@EXAMPLE.COM.", "alice@example.com"},
        {"CORP\\Alice", "alice"},
        {"corp.example\\alice", "alice"},
        {".\\alice", "alice"},
        {"NT AUTHORITY\\system", "system"},
        {"CORP\\\\alice", "alice"},
        {"a\\b\\alice", "a\\b\\alice"},
        {"a@b\\alice", "a@b\\alice"},
        {"quote\"\\alice", "quote\"\\alice"},
        {"CORP\\alice@example.com", "alice@example.com"},
        {"CORP\\", "corp\\"},
        {"\\alice", "\\alice"},
        {"CORP\\-", ""},
        {"alice@CORP.EXAMPLE", "alice@corp.example"},
        {"SERVER01$", "server01$"},
        {"bob_example.org#EXT#@tenant.onmicrosoft.com",
         "bob_example.org#ext#@tenant.onmicrosoft.com"},
        {"A", "a"},
        {"Z", "z"},
        {"@[`{AZaz", "@[`{azaz"},
        {"JOSÉ@EXAMPLE.COM", "josÉ@example.com"},
        {"ANONYMIZED", "anonymized"},
        {".", "."},
        {"-", ""},
        {" - ", ""},
        {"N/A", ""},
        {"null", ""},
        {"NULL", ""},
        {"(null)", ""},
        {"", ""},
        {"   ", ""},
        {"00000000-0000-0000-0000-000000000000", ""},
        {"00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001"},
        {"--", "--"},
        {"nobody", "nobody"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char scratch[128];
        const struct slice account =
            account_canonical(slice_from_string(cases[i].written), scratch);
        if (!slice_equals(account, slice_from_string(cases[i].canonical)))
            fail_msg("'%s' became '%.*s'", cases[i].written, (int)account.bytes, account.start);
    }
}

static void account_leaves_a_canonical_name_where_it_is(void **state)
{
    (void)state;
    static const char written[] = "  alice@example.com";
    char scratch[64];
    const struct slice account = account_canonical(slice_from_string(written), scratch);
    assert_ptr_equal(account.start, written + 2);
}

/* Every length around the word size, every byte, in memory of exactly the size of the text. */
static void account_folds_ascii_letters_and_nothing_else(void **state)
{
    (void)state;
    for (size_t bytes = 1; bytes <= 40; bytes++) {
        char *const written = malloc(bytes), *const scratch = malloc(bytes);
        assert_non_null(written);
        assert_non_null(scratch);
        for (unsigned byte = 0x21; byte < 0x100; byte++) {
            if (byte == '\\') /* the end of a domain */
                continue;
            memset(written, 'x', bytes);
            written[byte % bytes] = (char)byte;
            const struct slice account = account_canonical(slice_of(written, bytes), scratch);
            const bool dot = byte == '.' && byte % bytes == bytes - 1 && bytes > 1;
            if (account.bytes == 0) {
                assert_true(bytes == 1 && byte == '-');
                continue;
            }
            assert_int_equal(account.bytes, bytes - dot);
            for (size_t i = 0; i < account.bytes; i++)
                assert_int_equal((unsigned char)account.start[i],
                                 slice_fold_byte((unsigned char)written[i]));
        }
        free(written);
        free(scratch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(account_has_one_canonical_form),
        cmocka_unit_test(account_leaves_a_canonical_name_where_it_is),
        cmocka_unit_test(account_folds_ascii_letters_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
