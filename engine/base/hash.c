#include "engine/base/hash.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>

struct hash_key hash_key_random(void)
{
    struct hash_key key;
    if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
        key.k0 = hash_mix((uint64_t)(uintptr_t)&key);
        key.k1 = hash_mix(key.k0 ^ (uint64_t)(uintptr_t)&hash_key_random);
    }
    return key;
}

struct hash_key hash_key_fixed(void)
{
    /* The first 128 bits of the fraction of pi, as a number nobody chose. */
    return (struct hash_key){.k0 = UINT64_C(0x243f6a8885a308d3),
                             .k1 = UINT64_C(0x13198a2e03707344)};
}

static inline uint64_t rotate(uint64_t value, int count)
{
    return (value << count) | (value >> (64 - count));
}

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *sip)
{
    sip->v0 += sip->v1;
    sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
    sip->v0 = rotate(sip->v0, 32);
    sip->v2 += sip->v3;
    sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
    sip->v0 += sip->v3;
    sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
    sip->v2 += sip->v1;
    sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
    sip->v2 = rotate(sip->v2, 32);
}

uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t count)
{
    struct sip sip = {
        .v0 = key.k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = key.k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key.k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key.k1 ^ UINT64_C(0x7465646279746573),
    };
    const unsigned char *at = bytes;
    const unsigned char *const whole_end = at + (count & ~(size_t)7);
    for (; at != whole_end; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        sip.v3 ^= word;
        sip_round(&sip);
        sip.v0 ^= word;
    }
    uint64_t last = (uint64_t)(count & 0xff) << 56;
    if (count >= 8 && (count & 7) != 0) {
        /* The rest, out of the last eight bytes. */
        uint64_t word;
        memcpy(&word, at + (count & 7) - 8, sizeof(word));
        last |= le64toh(word) >> (64 - 8 * (count & 7));
    } else {
        for (size_t i = 0; i < (count & 7); i++)
            last |= (uint64_t)at[i] << (8 * i);
    }
    sip.v3 ^= last;
    sip_round(&sip);
    sip.v0 ^= last;
    sip.v2 ^= 0xff;
    sip_round(&sip);
    sip_round(&sip);
    sip_round(&sip);
    return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}
