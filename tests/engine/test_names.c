#include "engine/names.h"

#include <stdio.h>

#include "parsers/address.h"
#include "tests/support/check.h"

static uint32_t intern(struct names *names, enum event_text kind, const char *text)
{
    const struct text_ref ref = {.hash = hash_bytes(names->key, text, strlen(text)),
                                 .bytes = (uint32_t)strlen(text)};
    return names_intern(names, kind, text, &ref);
}

static struct address address(const char *text)
{
    struct address address;
    assert_int_equal(address_parse(slice_from_string(text), &address), ADDRESS_OK);
    return address;
}

static uint32_t intern_address(struct names *names, const char *text)
{
    const struct address interned = address(text);
    return names_intern_address(names, &interned, names_address_hash(names->key, &interned, 128));
}

static int setup(void **state)
{
    static struct names names;
    *state = &names;
    return names_init(&names, hash_key_fixed(), 16 << 20) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state)
{
    names_deinit(*state);
    return 0;
}

static void names_give_equal_texts_equal_indices(void **state)
{
    struct names *const names = *state;
    const uint32_t alice = intern(names, TEXT_ACCOUNT, "alice@example.com");
    const uint32_t bob = intern(names, TEXT_ACCOUNT, "bob@example.com");
    assert_true(alice > NAME_OTHER && bob > NAME_OTHER && alice != bob);
    assert_int_equal(intern(names, TEXT_ACCOUNT, "alice@example.com"), alice);
    const struct slice text = names_text(names, TEXT_ACCOUNT, alice);
    assert_true(slice_equals(text, SLICE("alice@example.com")));
    assert_int_equal(names_count(names, TEXT_ACCOUNT), 2);
    assert_int_equal(names_count(names, TEXT_TENANT), 0);
}

static void names_keep_kinds_apart(void **state)
{
    struct names *const names = *state;
    intern(names, TEXT_ACCOUNT, "a");
    const uint32_t account = intern(names, TEXT_ACCOUNT, "same");
    const uint32_t tenant = intern(names, TEXT_TENANT, "same");
    assert_true(slice_equals(names_text(names, TEXT_ACCOUNT, account), SLICE("same")));
    assert_true(slice_equals(names_text(names, TEXT_TENANT, tenant), SLICE("same")));
    assert_int_equal(names_count(names, TEXT_TENANT), 1);
}

static void names_have_texts_for_the_reserved_indices(void **state)
{
    struct names *const names = *state;
    assert_int_equal(intern(names, TEXT_ACCOUNT, ""), NAME_NONE);
    assert_int_equal(names_text(names, TEXT_ACCOUNT, NAME_NONE).bytes, 0);
    assert_true(names_text(names, TEXT_ACCOUNT, NAME_OTHER).bytes > 0);
}

static void names_survive_growth(void **state)
{
    struct names *const names = *state;
    enum { MANY = 20000 };
    static uint32_t indices[MANY];
    char text[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "user%d@example.com", i);
        indices[i] = intern(names, TEXT_ACCOUNT, text);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "user%d@example.com", i);
        assert_int_equal(intern(names, TEXT_ACCOUNT, text), indices[i]);
        assert_true(
            slice_equals(names_text(names, TEXT_ACCOUNT, indices[i]), slice_from_string(text)));
    }
    assert_int_equal(names_count(names, TEXT_ACCOUNT), MANY);
    assert_int_equal(names->refused, 0);
}

static void names_do_not_trust_the_hash_alone(void **state)
{
    struct names *const names = *state;
    const struct text_ref one = {.hash = 42, .bytes = 3}, two = {.hash = 42, .bytes = 3};
    const uint32_t first = names_intern(names, TEXT_ACCOUNT, "one", &one);
    const uint32_t second = names_intern(names, TEXT_ACCOUNT, "two", &two);
    assert_int_not_equal(first, second);
    assert_int_equal(names_intern(names, TEXT_ACCOUNT, "one", &one), first);
    assert_int_equal(names_intern(names, TEXT_ACCOUNT, "two", &two), second);
}

static void names_refuse_what_is_over_the_cap_and_count_it(void **state)
{
    (void)state;
    enum { CAP = 512 << 10, MANY = 50000 };
    struct names names;
    assert_int_equal(names_init(&names, hash_key_fixed(), CAP), STATUS_OK);
    char text[32];
    uint32_t known = 0, first_refused = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "user%u@example.com", i);
        if (intern(&names, TEXT_ACCOUNT, text) > NAME_OTHER)
            known++;
        else if (first_refused == 0)
            first_refused = i;
    }
    assert_true(known > 1000 && known < MANY);
    assert_int_equal(known, names_count(&names, TEXT_ACCOUNT));
    assert_int_equal(known + names.refused, MANY);
    assert_true(names_bytes(&names) <= CAP + 4096);
    /* What was known stays known, and what was refused is not taken for it. */
    assert_true(intern(&names, TEXT_ACCOUNT, "user0@example.com") > NAME_OTHER);
    snprintf(text, sizeof(text), "user%u@example.com", first_refused);
    assert_int_equal(intern(&names, TEXT_ACCOUNT, text), NAME_OTHER);
    names_deinit(&names);
}

static void names_leave_every_kind_some_room_at_the_cap(void **state)
{
    (void)state;
    struct names names;
    assert_int_equal(names_init(&names, hash_key_fixed(), 256 << 10), STATUS_OK);
    char text[32];
    for (uint32_t i = 0; i < 50000; i++) {
        snprintf(text, sizeof(text), "user%u@example.com", i);
        intern(&names, TEXT_ACCOUNT, text);
    }
    assert_true(names.refused > 0);
    assert_true(intern(&names, TEXT_TENANT, "tenant") > NAME_OTHER);
    assert_true(intern_address(&names, "198.51.100.1") > NAME_OTHER);
    names_deinit(&names);
}

static void names_give_addresses_their_network_and_site(void **state)
{
    struct names *const names = *state;
    static const struct {
        const char *address, *network, *site;
        unsigned network_bits;
    } cases[] = {
        {"198.51.100.7", "198.51.100.0", "198.51.100.0", 120},
        {"198.51.100.255", "198.51.100.0", "198.51.100.0", 120},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1::", 64},
        {"2001:db8:1:ffff::1", "2001:db8:1:ffff::", "2001:db8:1::", 64},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const uint32_t index = intern_address(names, cases[i].address);
        assert_int_equal(intern_address(names, cases[i].address), index);
        const struct address_entry *const entry = names_address(names, index);
        const struct address_entry *const network = names_address(names, entry->network);
        const struct address_entry *const site = names_address(names, entry->site);
        const struct address expected = address(cases[i].address),
                             expected_network = address(cases[i].network),
                             expected_site = address(cases[i].site);
        assert_true(address_equals(&entry->address, &expected));
        assert_true(address_equals(&network->address, &expected_network));
        assert_true(address_equals(&site->address, &expected_site));
        assert_int_equal(entry->prefix_bits, 128);
        assert_int_equal(network->prefix_bits, cases[i].network_bits);
        assert_int_equal(network->network, entry->network);
    }
}

static void names_share_networks_and_sites_between_addresses(void **state)
{
    struct names *const names = *state;
    const struct address_entry *const one =
        names_address(names, intern_address(names, "2001:db8:1:2::1"));
    const struct address_entry *const two =
        names_address(names, intern_address(names, "2001:db8:1:2::2"));
    const struct address_entry *const three =
        names_address(names, intern_address(names, "2001:db8:1:3::1"));
    assert_int_equal(one->network, two->network);
    assert_int_equal(one->site, three->site);
    assert_int_not_equal(one->network, three->network);
    assert_int_not_equal(one->network, one->site);
}

static void names_tell_an_address_from_the_network_of_its_name(void **state)
{
    struct names *const names = *state;
    const uint32_t host = intern_address(names, "198.51.100.0");
    const struct address_entry *const entry = names_address(names, host);
    assert_int_not_equal(entry->network, host);
    assert_int_equal(names_address(names, entry->network)->prefix_bits, 120);
    /* An IPv4 address and its mapped form are one. */
    assert_int_equal(intern_address(names, "::ffff:198.51.100.0"), host);
}

static void names_count_addresses_without_their_networks(void **state)
{
    struct names *const names = *state;
    intern_address(names, "198.51.100.1");
    intern_address(names, "198.51.100.2");
    intern_address(names, "2001:db8::1");
    assert_int_equal(names_address_count(names), 3);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void names_keep_the_first_asn_of_an_address_and_file(void **state)
{
    struct names *const names = *state;
    const uint32_t index = intern_address(names, "203.0.113.9");
    const struct {
        uint32_t file, told, expected;
    } cases[] = {
        {0, 0, 0}, {0, 64500, 64500}, {0, 64501, 64500}, {0, 0, 64500},
        {1, 0, 0}, {1, 64502, 64502}, {1, 0, 64502},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(names_address_asn(names, index, cases[i].file, cases[i].told),
                         cases[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(names_give_equal_texts_equal_indices),
        test(names_keep_kinds_apart),
        test(names_have_texts_for_the_reserved_indices),
        test(names_survive_growth),
        test(names_do_not_trust_the_hash_alone),
        cmocka_unit_test(names_refuse_what_is_over_the_cap_and_count_it),
        cmocka_unit_test(names_leave_every_kind_some_room_at_the_cap),
        test(names_give_addresses_their_network_and_site),
        test(names_share_networks_and_sites_between_addresses),
        test(names_tell_an_address_from_the_network_of_its_name),
        test(names_count_addresses_without_their_networks),
        test(names_keep_the_first_asn_of_an_address_and_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
