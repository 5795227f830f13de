/*
 * Random numbers of the generator: fast, seeded, and the same on every machine.
 *
 * xoshiro256** 1.0 by Blackman and Vigna (public domain, 2018), seeded by SplitMix64 as they
 * recommend. Every part of the generator has a stream of its own, so that adding an attack does not
 * change what people do. Integers only: shares are parts per million, never floating point.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/hash.h"

struct gen_random {
    uint64_t s[4];
};

static inline uint64_t gen_mix(uint64_t a, uint64_t b)
{
    return hash_mix(hash_mix(a + UINT64_C(0x9e3779b97f4a7c15)) ^
                    (b * UINT64_C(0xd1342543de82ef95) + UINT64_C(0x632be59bd9b4e019)));
}

static inline uint64_t gen_splitmix(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return hash_mix(*state);
}

static inline void gen_random_init(struct gen_random *random, uint64_t seed, uint64_t stream)
{
    uint64_t state = gen_mix(seed, stream);
    for (int i = 0; i < 4; i++)
        random->s[i] = gen_splitmix(&state);
}

static inline uint64_t gen_random_rotate(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static inline uint64_t gen_random_next(struct gen_random *random)
{
    uint64_t *s = random->s;
    const uint64_t result = gen_random_rotate(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = gen_random_rotate(s[3], 45);
    return result;
}

/* Uniform in [0, bound), bound > 0; the bias of the multiplication (below 2^-32) does not matter
 * here. */
static inline uint32_t gen_random_below(struct gen_random *random, uint32_t bound)
{
    return (uint32_t)(((gen_random_next(random) >> 32) * bound) >> 32);
}

/* Uniform in [low, high]. */
static inline int64_t gen_random_between(struct gen_random *random, int64_t low, int64_t high)
{
    return low + (int64_t)(gen_random_next(random) % (uint64_t)(high - low + 1));
}

static inline bool gen_random_chance(struct gen_random *random, uint32_t ppm)
{
    return gen_random_below(random, 1000000) < ppm;
}

/* How many of an expected `rate` events (32.32 fixed point) happen: binomial with four times as
 * many trials, each with chance one in four, so that the spread is close to that of a Poisson
 * process without a logarithm. */
static inline uint32_t gen_random_events(struct gen_random *random, uint64_t rate)
{
    const uint64_t trials_fixed = rate * 4;
    uint64_t trials = trials_fixed >> 32;
    if ((gen_random_next(random) >> 32) < (trials_fixed & UINT32_MAX))
        trials++;
    uint32_t count = 0;
    while (trials > 0) {
        const uint64_t take = trials < 64 ? trials : 64;
        const uint64_t mask = UINT64_MAX >> (64 - take);
        const uint64_t hits = gen_random_next(random) & gen_random_next(random) & mask;
        count += (uint32_t)__builtin_popcountll(hits);
        trials -= take;
    }
    return count;
}
