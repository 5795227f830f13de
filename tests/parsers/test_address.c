#include "parsers/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_text(const char *text, const char *expected)
{
    struct address address;
    char again[ADDRESS_TEXT_BYTES];
    const enum address_result result = address_parse(slice_from_string(text), &address);
    if (result != ADDRESS_OK)
        fail_msg("'%s' gave result %d", text, (int)result);
    const size_t bytes = address_format(&address, again);
    assert_int_equal(bytes, strlen(again));
    if (strcmp(again, expected) != 0)
        fail_msg("'%s' became '%s', not '%s'", text, again, expected);
}

static void address_reads_what_logs_write(void **state)
{
    (void)state;
    static const struct {
        const char *text, *canonical;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4"},
        {"255.255.255.255", "255.255.255.255"},
        {"0.1.2.3", "0.1.2.3"},
        {"10.0.0.0", "10.0.0.0"},
        {" 1.2.3.4\t", "1.2.3.4"},
        {"1.2.3.4:8085", "1.2.3.4"},
        {"ipv4:1.2.3.4:62419", "1.2.3.4"},
        {"::ffff:1.2.3.4", "1.2.3.4"},
        {"::ffff:1.2.3.4:50222", "1.2.3.4"},
        {"::FFFF:1.2.3.4:1", "1.2.3.4"},
        {"::FFFF:102:304", "1.2.3.4"},
        {"[::ffff:1.2.3.4]:443", "1.2.3.4"},
        {"::1", "::1"},
        {"[::1]:443", "::1"},
        {"[::1]", "::1"},
        {"ipv6:[2001:db8::1]:443", "2001:db8::1"},
        {"ipv6:2001:db8::1", "2001:db8::1"},
        {"fe80::1%eth0", "fe80::1"},
        {"[fe80::1%25eth0]:22", "fe80::1"},
        {"2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"1::", "1::"},
        {"::1:0:0", "::1:0:0"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"2601:646:a000:200:6419:f55c:946d:17d1", "2601:646:a000:200:6419:f55c:946d:17d1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        check_text(cases[i].text, cases[i].canonical);
}

static void check_result(const char *const *texts, size_t count, enum address_result expected)
{
    for (size_t i = 0; i < count; i++) {
        struct address address = {{42}};
        const enum address_result result = address_parse(slice_from_string(texts[i]), &address);
        if (result != expected || address.bytes[0] != 42)
            fail_msg("'%s' gave result %d", texts[i], (int)result);
    }
}

static void address_knows_what_stands_for_none(void **state)
{
    (void)state;
    static const char *const absent[] = {
        "",        " ",         "-",  "N/A",  "null",    "none",   "Unknown",
        "0.0.0.0", "0.0.0.0:0", "::", "[::]", "[::]:80", "(null)", "::ffff:0.0.0.0"};
    check_result(absent, COUNT(absent), ADDRESS_ABSENT);
}

static void address_refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "225.01.00.16",
        "001:db8::g",
        "01.2.3.4",
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.4:",
        "1.2.3.4:65536",
        "1.2.3.4:http",
        "1.2.3.4/24",
        "1.2.3.4%eth0",
        "77777777-7777-7777-7777-777777777777",
        "host.example.com",
        ":",
        ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::8",
        "1::2::3",
        "12345::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3",
        "::1.2.3.04",
        "1.2.3.4::",
        "fe80::1%",
        "[::1",
        "[::1]443",
        "[1.2.3.4]",
        "::1]",
        "1:",
        ":1",
        "ipv4:",
        "[",
        "[]",
    };
    check_result(malformed, COUNT(malformed), ADDRESS_MALFORMED);
}

static void address_cuts_prefixes_in_its_own_family(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned bits;
        const char *prefix;
    } cases[] = {
        {"1.2.3.4", 24, "1.2.3.0"},
        {"1.2.3.4", 32, "1.2.3.4"},
        {"1.2.255.4", 20, "1.2.240.0"},
        {"1.2.3.4", 0, "0.0.0.0"},
        {"1.2.3.4", 64, "1.2.3.4"},
        {"2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::"},
        {"2001:db8:1:2:3::", 48, "2001:db8:1::"},
        {"2001:db8:1:2:3::", 33, "2001:db8::"},
        {"2001:db8:1::", 128, "2001:db8:1::"},
        {"2001:db8:1::", 200, "2001:db8:1::"},
        {"2001:db8:1::", 0, "::"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address address;
        char text[ADDRESS_TEXT_BYTES];
        assert_int_equal(address_parse(slice_from_string(cases[i].text), &address), ADDRESS_OK);
        const struct address prefix = address_prefix(&address, cases[i].bits);
        address_format(&prefix, text);
        assert_string_equal(text, cases[i].prefix);
    }
}

/* The sixteen bytes that the C library reads; false when it reads none. */
static bool read_with_libc(const char *text, struct address *address)
{
    uint8_t ipv4[4];
    if (inet_pton(AF_INET, text, ipv4) == 1) {
        *address = address_from_ipv4(ipv4);
        return true;
    }
    return inet_pton(AF_INET6, text, address->bytes) == 1;
}

static bool is_unspecified(const struct address *address)
{
    static const struct address none = {{0}};
    static const struct address none_mapped = {{[10] = 0xff, [11] = 0xff}};
    return address_equals(address, &none) || address_equals(address, &none_mapped);
}

static void check_like_libc(const char *text)
{
    struct address ours, theirs;
    const enum address_result result = address_parse(slice_from_string(text), &ours);
    const bool theirs_ok = read_with_libc(text, &theirs);
    const enum address_result expected = !theirs_ok                ? ADDRESS_MALFORMED
                                         : is_unspecified(&theirs) ? ADDRESS_ABSENT
                                                                   : ADDRESS_OK;
    if (result != expected || (result == ADDRESS_OK && !address_equals(&ours, &theirs)))
        fail_msg("'%s' gave result %d, the C library %d", text, (int)result, theirs_ok);
}

static void address_agrees_with_inet_pton_on_random_texts(void **state)
{
    (void)state;
    /* No bracket, port or zone, which the C library does not read; "1.2.3.4:5" cannot arise, as the
     * pieces hold at most one dot before a colon. */
    static const char *const pieces[] = {"0", "1", "ffff", "ab",   "::",  ":",
                                         ":", ":", "12",   "fe80", "0db8"};
    unsigned seed = 1;
    for (int round = 0; round < 200000; round++) {
        char text[128] = "";
        const int count = 1 + rand_r(&seed) % 16;
        for (int i = 0; i < count; i++)
            strcat(text, pieces[(size_t)rand_r(&seed) % COUNT(pieces)]);
        if (rand_r(&seed) % 4 == 0)
            strcat(text, ":1.2.3.4");
        check_like_libc(text);
    }
    for (int round = 0; round < 200000; round++) {
        char text[64];
        snprintf(text, sizeof(text), "%d.%d.%d.%d", rand_r(&seed) % 300, rand_r(&seed) % 300,
                 rand_r(&seed) % 260, rand_r(&seed) % 260);
        check_like_libc(text);
    }
}

static void address_prints_like_inet_ntop(void **state)
{
    (void)state;
    unsigned seed = 2;
    for (int round = 0; round < 200000; round++) {
        struct address address, again;
        char ours[ADDRESS_TEXT_BYTES], theirs[INET6_ADDRSTRLEN];
        for (size_t i = 0; i < 16; i += 2) {
            const int draw = rand_r(&seed);
            address.bytes[i] = draw % 3 == 0 ? (uint8_t)(draw >> 8) : 0;
            address.bytes[i + 1] = draw % 2 == 0 ? (uint8_t)(draw >> 16) : 0;
        }
        address.bytes[0] |= 0x20; /* the C library prints ::1.2.3.4, RFC 5952 does not ask for it */
        address_format(&address, ours);
        inet_ntop(AF_INET6, address.bytes, theirs, sizeof(theirs));
        assert_string_equal(ours, theirs);
        assert_int_equal(address_parse(slice_from_string(ours), &again), ADDRESS_OK);
        assert_true(address_equals(&address, &again));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_reads_what_logs_write),
        cmocka_unit_test(address_knows_what_stands_for_none),
        cmocka_unit_test(address_refuses_what_is_none),
        cmocka_unit_test(address_cuts_prefixes_in_its_own_family),
        cmocka_unit_test(address_agrees_with_inet_pton_on_random_texts),
        cmocka_unit_test(address_prints_like_inet_ntop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
