#include "tests/support/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/sources.h"

/* A directory of its own for each test; the test runs inside it, so paths are short. */
struct place {
    char path[64];
    int before; /* descriptor of the directory we came from */
};

static int place_enter(void **state)
{
    struct place *const place = calloc(1, sizeof(*place));
    if (place == NULL)
        return -1;
    strcpy(place->path, "/tmp/test_sources.XXXXXX");
    FILE *const here = fopen(".", "r"); /* a directory can be opened for reading */
    place->before = here != NULL ? dup(fileno(here)) : -1;
    if (here != NULL)
        fclose(here);
    *state = place;
    return mkdtemp(place->path) != NULL && chdir(place->path) == 0 ? 0 : -1;
}

static int place_leave(void **state)
{
    struct place *const place = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf '%s'", place->path);
    const int failed = fchdir(place->before) != 0 || system(command) != 0;
    close(place->before);
    free(place);
    return failed;
}

static void file_make(const char *path)
{
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void assert_sources(const char *const *paths, size_t paths_count,
                           enum status expected_status, const char *expected,
                           const char *expected_codes)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct sources sources = {0};
    assert_int_equal(sources_init(&sources, paths, paths_count, &diagnostics), expected_status);

    char list[1024] = "", codes[1024] = "";
    for (size_t i = 0; i < sources.count; i++) {
        strcat(list, i > 0 ? " " : "");
        strcat(list, sources.paths[i]);
    }
    for (size_t i = 0; i < diagnostics.count; i++) {
        strcat(codes, i > 0 ? " " : "");
        strcat(codes, diagnostics.items[i].code);
        strcat(codes, ":");
        strcat(codes, diagnostics.items[i].file);
    }
    assert_string_equal(list, expected);
    assert_string_equal(codes, expected_codes);
    sources_deinit(&sources);
    diagnostics_deinit(&diagnostics);
}

#define ASSERT_SOURCES(status, expected, codes, ...)                                               \
    assert_sources((const char *const[]){__VA_ARGS__},                                             \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), status, expected,  \
                   codes)

static void sources_are_standard_input_without_paths(void **state)
{
    (void)state;
    assert_sources(NULL, 0, STATUS_OK, "-", "");
}

static void sources_walk_directories_in_byte_order_of_names(void **state)
{
    (void)state;
    mkdir("d", 0700);
    mkdir("d/b", 0700);
    mkdir("d/.hidden", 0700);
    static const char *const files[] = {"d/b.json", "d/a",         "d/B",  "d/b/2",
                                        "d/b/10",   "d/.hidden/x", "d/.y", "d/\xc3\xa4"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        file_make(files[i]);
    ASSERT_SOURCES(STATUS_OK, "d/B d/a d/b/10 d/b/2 d/b.json d/\xc3\xa4", "", "d");
    ASSERT_SOURCES(STATUS_OK, "d/b/10 d/b/2 d/a - d/.y", "", "d/b/", "d/a", "-", "d/.y");
}

static void sources_end_at_symbolic_link_loops(void **state)
{
    (void)state;
    mkdir("d", 0700);
    mkdir("d/e", 0700);
    file_make("d/e/f");
    assert_int_equal(symlink("..", "d/e/up"), 0);
    assert_int_equal(symlink("e", "d/z"), 0);
    assert_int_equal(symlink("self", "d/self"), 0);
    ASSERT_SOURCES(STATUS_OK, "d/e/f", "I103:d/self", "d");
}

static void sources_take_a_file_once_below_a_directory_and_twice_when_named_twice(void **state)
{
    (void)state;
    mkdir("d", 0700);
    file_make("d/today");
    assert_int_equal(symlink("today", "d/current"), 0);
    assert_int_equal(link("d/today", "d/zzz"), 0);
    ASSERT_SOURCES(STATUS_OK, "d/current", "", "d");
    ASSERT_SOURCES(STATUS_OK, "d/current d/today d/today", "", "d", "d/today", "d/today");
}

static void sources_pass_over_pipes_and_dangling_links_below_a_directory(void **state)
{
    (void)state;
    mkdir("d", 0700);
    assert_int_equal(mkfifo("d/pipe", 0600), 0);
    assert_int_equal(symlink("nowhere", "d/link"), 0);
    file_make("d/log");
    ASSERT_SOURCES(STATUS_OK, "d/log", "I103:d/link", "d");
    ASSERT_SOURCES(STATUS_OK, "d/pipe", "", "d/pipe");
}

static void sources_name_everything_that_is_missing(void **state)
{
    (void)state;
    file_make("a");
    ASSERT_SOURCES(STATUS_NO_INPUT, "", "I101:x I101:a/y", "x", "a", "a/y");
}

static void sources_warn_about_a_directory_without_files(void **state)
{
    (void)state;
    mkdir("d", 0700);
    file_make("d/.hidden");
    ASSERT_SOURCES(STATUS_OK, "", "I104:d", "d");
}

/* Root may read everything, so it becomes somebody else for the while. */
static void sources_refuse_what_may_not_be_read(void **state)
{
    (void)state;
    const uid_t nobody = 65534;
    const bool is_root = geteuid() == 0;
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(mkdir("d", 0755), 0);
    assert_int_equal(mkdir("d/closed", 0), 0);
    file_make("d/secret");
    assert_int_equal(chmod("d", 0755), 0);
    assert_int_equal(chmod("d/secret", 0), 0);
    if (is_root)
        assert_int_equal(seteuid(nobody), 0);
    ASSERT_SOURCES(STATUS_NO_INPUT, "", "I102:d/closed I101:d/secret", "d");
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod("d/closed", 0700), 0);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_enter, place_leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(sources_are_standard_input_without_paths),
        PLACE_TEST(sources_walk_directories_in_byte_order_of_names),
        PLACE_TEST(sources_end_at_symbolic_link_loops),
        PLACE_TEST(sources_take_a_file_once_below_a_directory_and_twice_when_named_twice),
        PLACE_TEST(sources_pass_over_pipes_and_dangling_links_below_a_directory),
        PLACE_TEST(sources_name_everything_that_is_missing),
        PLACE_TEST(sources_warn_about_a_directory_without_files),
        PLACE_TEST(sources_refuse_what_may_not_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
