#include "rules/cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/check.h"

/* A directory with nothing in it but a cache. */
struct place {
    char directory[64];
    char file[96];
};

static struct place place_make(void)
{
    struct place place = {.directory = "/tmp/spraywatch-cache-XXXXXX"};
    assert_non_null(mkdtemp(place.directory));
    snprintf(place.file, sizeof(place.file), "%s/patterns.cache", place.directory);
    return place;
}

static void place_remove(const struct place *place)
{
    (void)unlink(place->file);
    assert_int_equal(rmdir(place->directory), 0); /* nothing else has been left behind */
}

static struct cache_key key_of(const char *text)
{
    return cache_key_of((struct cache_key){0}, text, strlen(text));
}

/* Opens the cache; `warnings` is how many there must be. */
static struct cache *open_telling(const struct place *place, const char *environment,
                                  struct diagnostics *diagnostics, size_t warnings)
{
    struct cache *cache = NULL;
    diagnostics_init(diagnostics);
    assert_int_equal(cache_open(&cache, place->directory, environment, diagnostics), STATUS_OK);
    assert_int_equal(diagnostics->count, warnings);
    return cache;
}

static void close_all(struct cache *cache, struct diagnostics *diagnostics)
{
    cache_close(cache);
    diagnostics_deinit(diagnostics);
}

/* A cache of two entries. */
static void write_two(const struct place *place)
{
    struct diagnostics diagnostics;
    struct cache *const cache = open_telling(place, "here", &diagnostics, 0);
    assert_null(cache_find(cache, key_of("a")).start);
    cache_put(cache, key_of("a"), SLICE("first"));
    cache_put(cache, key_of("b"), SLICE("another one"));
    assert_int_equal(cache_find(cache, key_of("a")).bytes, 5);
    cache_save(cache);
    assert_int_equal(diagnostics.count, 0);
    close_all(cache, &diagnostics);
}

static void cache_gives_back_what_was_put(void **state)
{
    (void)state;
    const struct place place = place_make();
    write_two(&place);
    struct diagnostics diagnostics;
    struct cache *const cache = open_telling(&place, "here", &diagnostics, 0);
    assert_true(slice_equals(cache_find(cache, key_of("a")), SLICE("first")));
    assert_true(slice_equals(cache_find(cache, key_of("b")), SLICE("another one")));
    assert_null(cache_find(cache, key_of("c")).start);
    close_all(cache, &diagnostics);
    place_remove(&place);
}

static void cache_leaves_out_what_is_not_asked_for(void **state)
{
    (void)state;
    const struct place place = place_make();
    write_two(&place);
    struct diagnostics diagnostics;
    struct cache *cache = open_telling(&place, "here", &diagnostics, 0);
    (void)cache_find(cache, key_of("b"));
    cache_save(cache);
    close_all(cache, &diagnostics);
    cache = open_telling(&place, "here", &diagnostics, 0);
    assert_null(cache_find(cache, key_of("a")).start);
    assert_non_null(cache_find(cache, key_of("b")).start);
    close_all(cache, &diagnostics);
    place_remove(&place);
}

static void cache_of_another_environment_is_passed_over(void **state)
{
    (void)state;
    const struct place place = place_make();
    write_two(&place);
    struct diagnostics diagnostics;
    struct cache *const cache = open_telling(&place, "elsewhere", &diagnostics, 1);
    assert_string_equal(diagnostics.items[0].code, "R120");
    assert_null(cache_find(cache, key_of("a")).start);
    close_all(cache, &diagnostics);
    place_remove(&place);
}

/* Cut off at every length, and with every byte changed. */
static void cache_that_is_damaged_is_passed_over(void **state)
{
    (void)state;
    const struct place place = place_make();
    write_two(&place);
    char text[512];
    FILE *file = fopen(place.file, "rb");
    const size_t bytes = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_true(bytes > 64 && bytes < sizeof(text));
    for (size_t i = 0; i < 2 * bytes; i++) {
        const size_t length = i < bytes ? i : bytes;
        file = fopen(place.file, "wb");
        if (i >= bytes)
            text[i - bytes] ^= 0x10;
        assert_int_equal(fwrite(text, 1, length, file), length);
        if (i >= bytes)
            text[i - bytes] ^= 0x10;
        fclose(file);
        struct diagnostics diagnostics;
        struct cache *const cache = open_telling(&place, "here", &diagnostics, 1);
        assert_string_equal(diagnostics.items[0].code, "R120");
        assert_null(cache_find(cache, key_of("a")).start);
        close_all(cache, &diagnostics);
    }
    place_remove(&place);
}

static void cache_that_others_can_write_is_passed_over(void **state)
{
    (void)state;
    const struct place place = place_make();
    write_two(&place);
    assert_int_equal(chmod(place.file, 0620), 0);
    struct diagnostics diagnostics;
    struct cache *cache = open_telling(&place, "here", &diagnostics, 1);
    assert_null(cache_find(cache, key_of("a")).start);
    close_all(cache, &diagnostics);
    assert_int_equal(unlink(place.file), 0);
    assert_int_equal(mkdir(place.file, 0700), 0);
    cache = open_telling(&place, "here", &diagnostics, 1);
    cache_put(cache, key_of("a"), SLICE("first"));
    cache_save(cache); /* a directory cannot be replaced by a file */
    assert_int_equal(diagnostics.count, 2);
    assert_string_equal(diagnostics.items[1].code, "R121");
    close_all(cache, &diagnostics);
    assert_int_equal(rmdir(place.file), 0);
    place_remove(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cache_gives_back_what_was_put),
        cmocka_unit_test(cache_leaves_out_what_is_not_asked_for),
        cmocka_unit_test(cache_of_another_environment_is_passed_over),
        cmocka_unit_test(cache_that_is_damaged_is_passed_over),
        cmocka_unit_test(cache_that_others_can_write_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
