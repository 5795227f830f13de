/*
 * The cache of compiled patterns: what was made of them by an earlier start, in a file.
 *
 * An entry is some bytes under a key, which is a hash of all that the bytes depend on: patterns,
 * flags, ids. The whole file belongs to an *environment*, a text that names what else they depend
 * on: the library's version, the features of the processor. A file that is damaged, cut off, of
 * another environment, or that somebody else could have written is passed over with a warning. The
 * file is replaced at once and as a whole, so programs that start together do not disturb each
 * other. What the last start did not ask for is left out.
 *
 * The bytes are code in all but name: a checksum finds accidents, not malice. So only a file of the
 * same user that nobody else can write is read. One thread; no entry outlives the cache.
 */
#pragma once

#include "engine/base/slice.h"
#include "engine/base/status.h"
#include "rules/diagnosis.h"

enum { CACHE_BYTES_MAX = 256 * 1024 * 1024 };

struct cache;

struct cache_key {
    uint64_t halves[2];
};

/* Reads the file in `directory`, if there is one. Whatever is wrong with it is told to
 * `diagnostics`, which the cache keeps; there is no failure but want of memory. */
STATUS_CHECKED enum status cache_open(struct cache **out, const char *directory,
                                      const char *environment, struct diagnostics *diagnostics);

/* Writes the file when it would not be the one that was read, making the directory if need be. A
 * failure is told. */
void cache_save(struct cache *cache);
void cache_close(struct cache *cache);

/* The bytes under a key; start is NULL when there are none. */
struct slice cache_find(struct cache *cache, struct cache_key key);

/* Puts a copy of the bytes under the key, in place of what was there. Without memory the entry is
 * left out. */
void cache_put(struct cache *cache, struct cache_key key, struct slice bytes);

/* A key of some text, mixed with one of what came before. */
struct cache_key cache_key_of(struct cache_key before, const void *bytes, size_t count);
