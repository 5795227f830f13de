#include "rules/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"

/* The file: a head, the environment with its closing zero, entries; each padded to CACHE_ALIGN.
 * Numbers stand in the machine's own order, and a cache of another machine has another checksum. */
enum { CACHE_ALIGN = 8, CACHE_PATH_BYTES = 4096 };

static const char cache_magic[8] = "swcache1";

struct cache_head {
    char magic[8];
    uint64_t checksum; /* of all that follows */
    uint64_t environment_bytes;
};

struct cache_entry_head {
    struct cache_key key;
    uint64_t bytes;
};

struct cache_entry {
    struct cache_key key;
    struct slice bytes; /* in the file's text, or owned */
    bool is_owned, is_used;
};

struct cache {
    char path[CACHE_PATH_BYTES];
    char directory[CACHE_PATH_BYTES];
    const char *environment;
    struct diagnostics *diagnostics;
    char *text; /* of the file that was read; NULL: none */
    struct cache_entry *entries;
    size_t entries_count, entries_capacity;
    bool is_new; /* holds something that the file does not */
};

static void complain(const struct cache *cache, enum rule_code code, const char *text)
{
    const struct diagnosis diagnosis = {.diagnostics = cache->diagnostics, .path = cache->path};
    diagnosis_add(&diagnosis, code, NULL, "%s", text);
}

static size_t padded(size_t bytes)
{
    return (bytes + CACHE_ALIGN - 1) / CACHE_ALIGN * CACHE_ALIGN;
}

static uint64_t checksum_of(const char *text, size_t bytes)
{
    return hash_bytes(hash_key_fixed(), text, bytes);
}

struct cache_key cache_key_of(struct cache_key before, const void *bytes, size_t count)
{
    struct hash_key key = hash_key_fixed();
    for (int i = 0; i < 2; i++) {
        key.k1 += (uint64_t)i;
        before.halves[i] = hash_mix(before.halves[i] ^ hash_bytes(key, bytes, count)) + count;
    }
    return before;
}

/* ---- entries ------------------------------------------------------------------------------ */

static struct cache_entry *entry_find(const struct cache *cache, struct cache_key key)
{
    for (size_t i = 0; i < cache->entries_count; i++) {
        if (memcmp(&cache->entries[i].key, &key, sizeof(key)) == 0)
            return &cache->entries[i];
    }
    return NULL;
}

static struct cache_entry *entry_add(struct cache *cache, struct cache_key key)
{
    if (cache->entries_count == cache->entries_capacity) {
        const size_t capacity = 2 * cache->entries_capacity + 32;
        struct cache_entry *const entries =
            reallocarray(cache->entries, capacity, sizeof(*entries));
        if (entries == NULL)
            return NULL;
        cache->entries = entries;
        cache->entries_capacity = capacity;
    }
    struct cache_entry *const entry = &cache->entries[cache->entries_count++];
    *entry = (struct cache_entry){.key = key};
    return entry;
}

static void entry_set(struct cache_entry *entry, struct slice bytes, bool is_owned)
{
    if (entry->is_owned)
        free((char *)entry->bytes.start);
    entry->bytes = bytes;
    entry->is_owned = is_owned;
}

struct slice cache_find(struct cache *cache, struct cache_key key)
{
    struct cache_entry *const entry = entry_find(cache, key);
    if (entry == NULL)
        return (struct slice){0};
    entry->is_used = true;
    return entry->bytes;
}

void cache_put(struct cache *cache, struct cache_key key, struct slice bytes)
{
    char *const copy = malloc(bytes.bytes + 1);
    struct cache_entry *entry = entry_find(cache, key);
    if (entry == NULL && copy != NULL)
        entry = entry_add(cache, key);
    if (entry == NULL || copy == NULL) {
        free(copy);
        return;
    }
    memcpy(copy, bytes.start, bytes.bytes);
    entry_set(entry, slice_of(copy, bytes.bytes), true);
    entry->is_used = true;
    cache->is_new = true;
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The whole file; NULL, with errno, when it cannot be read. */
static char *file_read(int descriptor, size_t bytes)
{
    char *const text = malloc(bytes + 1);
    size_t used = 0;
    while (text != NULL && used < bytes) {
        const ssize_t got = read(descriptor, text + used, bytes - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            free(text);
            errno = got == 0 ? EIO : errno;
            return NULL;
        }
        used += (size_t)got;
    }
    return text;
}

/* NULL, or why the file is not to be trusted. */
static const char *file_problem(const struct stat *about)
{
    if (!S_ISREG(about->st_mode))
        return "the cache of patterns is not used: it is no file";
    if (about->st_uid != geteuid() || (about->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return "the cache of patterns is not used: other users can write it";
    if (about->st_size > CACHE_BYTES_MAX)
        return "the cache of patterns is not used: it is too large";
    return NULL;
}

/* Takes the entries of the text; NULL, or what is wrong with it. */
static const char *text_take(struct cache *cache, size_t bytes)
{
    static const char damaged[] = "the cache of patterns is damaged and made anew";
    struct cache_head head;
    if (bytes < sizeof(head))
        return damaged;
    memcpy(&head, cache->text, sizeof(head));
    if (memcmp(head.magic, cache_magic, sizeof(head.magic)) != 0 ||
        head.checksum != checksum_of(cache->text + offsetof(struct cache_head, environment_bytes),
                                     bytes - offsetof(struct cache_head, environment_bytes)))
        return damaged;
    const size_t wanted = strlen(cache->environment) + 1;
    if (head.environment_bytes != wanted || bytes - sizeof(head) < padded(wanted) ||
        memcmp(cache->text + sizeof(head), cache->environment, wanted) != 0)
        return "the cache of patterns was made by another version or for another processor, and is "
               "made anew";
    for (size_t at = sizeof(head) + padded(wanted); at < bytes;) {
        struct cache_entry_head entry;
        if (bytes - at < sizeof(entry))
            return damaged;
        memcpy(&entry, cache->text + at, sizeof(entry));
        at += sizeof(entry);
        if (entry.bytes > bytes - at || padded(entry.bytes) > bytes - at)
            return damaged;
        struct cache_entry *const added = entry_add(cache, entry.key);
        if (added != NULL)
            added->bytes = slice_of(cache->text + at, entry.bytes);
        at += padded(entry.bytes);
    }
    return NULL;
}

static void cache_read(struct cache *cache)
{
    const int descriptor = open(cache->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) {
        if (errno != ENOENT)
            complain(cache, RULE_CACHE_UNUSED, strerror(errno));
        return;
    }
    struct stat about;
    const char *problem =
        fstat(descriptor, &about) == 0 ? file_problem(&about) : "the cache of patterns is not used";
    if (problem == NULL) {
        cache->text = file_read(descriptor, (size_t)about.st_size);
        problem = cache->text == NULL ? strerror(errno) : text_take(cache, (size_t)about.st_size);
    }
    close(descriptor);
    if (problem == NULL)
        return;
    complain(cache, RULE_CACHE_UNUSED, problem);
    cache->entries_count = 0;
}

enum status cache_open(struct cache **out, const char *directory, const char *environment,
                       struct diagnostics *diagnostics)
{
    struct cache *const cache = calloc(1, sizeof(*cache));
    if (cache == NULL)
        return STATUS_NO_MEMORY;
    cache->environment = environment;
    cache->diagnostics = diagnostics;
    /* A name that does not fit cannot be opened either, which is told then. */
    snprintf(cache->directory, sizeof(cache->directory), "%s", directory);
    snprintf(cache->path, sizeof(cache->path), "%s/patterns.cache", directory);
    cache_read(cache);
    *out = cache;
    return STATUS_OK;
}

/* ---- writing ------------------------------------------------------------------------------ */

static void put_padded(FILE *stream, const void *bytes, size_t count)
{
    static const char zeros[CACHE_ALIGN];
    fwrite(bytes, 1, count, stream);
    fwrite(zeros, 1, padded(count) - count, stream);
}

static void text_write(const struct cache *cache, FILE *stream)
{
    struct cache_head head = {.environment_bytes = strlen(cache->environment) + 1};
    memcpy(head.magic, cache_magic, sizeof(head.magic));
    fwrite(&head, sizeof(head), 1, stream);
    put_padded(stream, cache->environment, head.environment_bytes);
    for (size_t i = 0; i < cache->entries_count; i++) {
        const struct cache_entry *const entry = &cache->entries[i];
        if (!entry->is_used)
            continue;
        const struct cache_entry_head about = {.key = entry->key, .bytes = entry->bytes.bytes};
        fwrite(&about, sizeof(about), 1, stream);
        put_padded(stream, entry->bytes.start, entry->bytes.bytes);
    }
}

/* The text of the file with its checksum, to be freed; NULL when there is no memory. */
static char *text_make(const struct cache *cache, size_t *bytes)
{
    char *text = NULL;
    FILE *const stream = open_memstream(&text, bytes);
    if (stream == NULL)
        return NULL;
    text_write(cache, stream);
    const bool is_good = ferror(stream) == 0;
    if (fclose(stream) != 0 || !is_good) {
        free(text);
        return NULL;
    }
    const size_t summed = offsetof(struct cache_head, environment_bytes);
    const uint64_t checksum = checksum_of(text + summed, *bytes - summed);
    memcpy(text + offsetof(struct cache_head, checksum), &checksum, sizeof(checksum));
    return text;
}

/* All bytes into a new file, down to the disk; false, with errno. */
static bool file_write(const char *path, const char *text, size_t bytes)
{
    const int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return false;
    size_t written = 0;
    while (written < bytes) {
        const ssize_t put = write(descriptor, text + written, bytes - written);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            break;
        written += (size_t)put;
    }
    const bool is_good = written == bytes && fsync(descriptor) == 0;
    return close(descriptor) == 0 && is_good;
}

static bool cache_replace(const struct cache *cache, const char *text, size_t bytes)
{
    char path[CACHE_PATH_BYTES + 32];
    snprintf(path, sizeof(path), "%s.%ld", cache->path, (long)getpid());
    if (file_write(path, text, bytes) && rename(path, cache->path) == 0)
        return true;
    const int reason = errno;
    (void)unlink(path);
    errno = reason;
    return false;
}

void cache_save(struct cache *cache)
{
    bool has_unused = false;
    for (size_t i = 0; i < cache->entries_count; i++)
        has_unused |= !cache->entries[i].is_used;
    if (!cache->is_new && !has_unused)
        return;
    if (mkdir(cache->directory, 0700) != 0 && errno != EEXIST) {
        complain(cache, RULE_CACHE_UNWRITTEN, strerror(errno));
        return;
    }
    size_t bytes = 0;
    char *const text = text_make(cache, &bytes);
    if (text == NULL || !cache_replace(cache, text, bytes))
        complain(cache, RULE_CACHE_UNWRITTEN, strerror(errno));
    free(text);
}

void cache_close(struct cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->entries_count; i++)
        entry_set(&cache->entries[i], (struct slice){0}, false);
    free(cache->entries);
    free(cache->text);
    free(cache);
}
