/*
 * Keyed hashing for everything that an attacker can choose.
 *
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; the 1-3 variant as
 * in the Rust and Python standard libraries) with a key drawn at start from getrandom(2): whoever
 * writes log records cannot make their names collide. The key never reaches any output, and no
 * output depends on the order of a hash table, so results stay a function of the input alone.
 * All functions are pure and may be called from any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hash_key {
    uint64_t k0, k1;
};

/* A key from the system's random numbers. Falls back to address-space randomness when it fails. */
struct hash_key hash_key_random(void);

/* A fixed key, for identifiers that must be the same in every run (campaign ids). */
struct hash_key hash_key_fixed(void);

uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t count);

/* Mixes a 64-bit value that is already unpredictable or small (an index); not keyed.
 * The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t hash_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}
