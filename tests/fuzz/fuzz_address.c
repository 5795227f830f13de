/*
 * Any text as an address: what is read, written and read again is the same, and every prefix keeps
 * its family.
 */
#include "parsers/address.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    struct address address, again;
    char text[ADDRESS_TEXT_BYTES];
    if (address_parse(slice_of((const char *)bytes, bytes_count), &address) != ADDRESS_OK)
        return 0;
    const size_t text_bytes = address_format(&address, text);
    assert(text_bytes > 1 && text_bytes < sizeof(text));
    assert(address_parse(slice_of(text, text_bytes), &again) == ADDRESS_OK);
    assert(address_equals(&address, &again));
    for (unsigned bits = 0; bits <= 128; bits++) {
        const struct address prefix = address_prefix(&address, bits);
        const struct address twice = address_prefix(&prefix, bits);
        assert(!address_is_ipv4(&address) || address_is_ipv4(&prefix));
        assert(address_is_ipv4(&prefix) != address_is_ipv4(&address) ||
               address_equals(&prefix, &twice));
    }
    return 0;
}
