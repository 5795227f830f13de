/*
 * Any text as an account and as a country: what is canonical stays so, is no longer than what was
 * written, and says the same of the text in other letters.
 */
#include <assert.h>

#include "engine/base/limits.h"
#include "parsers/account.h"
#include "parsers/country.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static void check_account(struct slice written)
{
    char first_text[LIMIT_TEXT_BYTES], second_text[LIMIT_TEXT_BYTES];
    const struct slice first = account_canonical(written, first_text);
    assert(first.bytes <= written.bytes);
    for (size_t i = 0; i < first.bytes; i++)
        assert(first.start[i] < 'A' || first.start[i] > 'Z');
    (void)account_canonical(first, second_text);
}

static void check_country(struct slice written)
{
    char small[LIMIT_TEXT_BYTES];
    const uint16_t code = country_parse(written);
    const char letters[] = {(char)(code >> 8), (char)code};
    assert(code == 0 || country_parse(slice_of(letters, sizeof(letters))) == code);
    for (size_t i = 0; i < written.bytes; i++)
        small[i] = (char)slice_fold_byte((unsigned char)written.start[i]);
    assert(country_parse(slice_of(small, written.bytes)) == code);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count > LIMIT_TEXT_BYTES)
        return 0;
    const struct slice text = slice_of((const char *)bytes, bytes_count);
    check_account(text);
    check_country(text);
    return 0;
}
