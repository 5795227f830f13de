#include "engine/base/hash.h"

#include "tests/support/check.h"

static void hash_bytes_is_a_function_of_key_and_bytes(void **state)
{
    (void)state;
    const struct hash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    unsigned char bytes[64];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    for (unsigned length = 0; length < sizeof(bytes); length++) {
        const uint64_t hash = hash_bytes(key, bytes, length);
        assert_int_equal(hash, hash_bytes(key, bytes, length));
        struct hash_key other = key;
        other.k1 ^= 1;
        assert_int_not_equal(hash, hash_bytes(other, bytes, length));
        if (length > 0) {
            bytes[length - 1] ^= 0x80;
            assert_int_not_equal(hash, hash_bytes(key, bytes, length));
            bytes[length - 1] ^= 0x80;
        }
        assert_int_not_equal(hash, hash_bytes(key, bytes, (length + 1) % sizeof(bytes)));
    }
}

static void hash_bytes_equals_the_published_siphash_1_3(void **state)
{
    (void)state;
    /* From the 1-3 test vectors of the Rust standard library's hasher (rust-lang/rust,
     * library/core/tests/hash/sip.rs): little-endian bytes of the results for 0 to 3 bytes. */
    static const uint64_t expected[] = {
        UINT64_C(0xabac0158050fc4dc),
        UINT64_C(0xc9f49bf37d57ca93),
        UINT64_C(0x82cb9b024dc7d44d),
        UINT64_C(0x8bf80ab8e7ddf7fb),
    };
    const struct hash_key key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    static const unsigned char bytes[] = {0, 1, 2};
    for (size_t length = 0; length < sizeof(expected) / sizeof(expected[0]); length++)
        assert_int_equal(hash_bytes(key, bytes, length), expected[length]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_bytes_is_a_function_of_key_and_bytes),
        cmocka_unit_test(hash_bytes_equals_the_published_siphash_1_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
