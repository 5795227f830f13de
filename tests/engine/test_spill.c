#include "engine/spill.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"
#include "tests/support/disk.h"
#include "tests/support/random.h"

enum { PIECES_MAX = 40, PAYLOAD_MAX = 5000 };

static char directory[] = "/tmp/spraywatch-spill-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) != NULL ? 0 : -1;
}

/* Only an empty directory can be removed: nothing may stay behind. */
static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static int reset_disk(void **state)
{
    (void)state;
    disk = (struct disk){0};
    return 0;
}

static size_t files_count(void)
{
    size_t count = 0;
    DIR *const listed = opendir(directory);
    assert_non_null(listed);
    for (const struct dirent *entry = readdir(listed); entry != NULL; entry = readdir(listed))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(listed);
    return count;
}

static struct spill_piece *piece_new(void)
{
    struct spill_piece *const piece = malloc(sizeof(*piece) + PAYLOAD_MAX);
    assert_non_null(piece);
    return piece;
}

/* The bytes of a piece follow from its number. */
static void piece_make(struct spill_piece *piece, uint64_t number)
{
    struct random random = {.state = number};
    piece->bytes = 1 + random_below(&random, PAYLOAD_MAX);
    for (uint64_t i = 0; i < piece->bytes; i++)
        piece->payload[i] = (char)random_next(&random);
}

static void spill_gives_back_what_was_put_aside(void **state)
{
    (void)state;
    struct spill_piece *const piece = piece_new(), *const wanted = piece_new();
    for (int way = 0; way < 4; way++) {
        disk.is_jerky = (way & 1) != 0;
        disk.has_no_unnamed_files = (way & 2) != 0;
        struct spill spill;
        uint64_t offsets[PIECES_MAX];
        spill_init(&spill, directory);
        for (uint64_t i = 0; i < PIECES_MAX; i++) {
            offsets[i] = spill.bytes;
            piece_make(piece, i);
            assert_int_equal(spill_append(&spill, piece), STATUS_OK);
            assert_int_equal(spill.bytes, offsets[i] + sizeof(*piece) + piece->bytes);
        }
        assert_int_equal(files_count(), 0);
        struct random random = {.state = 1};
        for (int i = 0; i < 3 * PIECES_MAX; i++) {
            const uint32_t number = random_below(&random, PIECES_MAX);
            piece_make(wanted, number);
            memset(piece, 0, sizeof(*piece) + PAYLOAD_MAX);
            assert_int_equal(spill_read(&spill, offsets[number], piece, PAYLOAD_MAX), STATUS_OK);
            assert_int_equal(piece->bytes, wanted->bytes);
            assert_memory_equal(piece->payload, wanted->payload, wanted->bytes);
        }
        spill_deinit(&spill);
    }
    free(piece);
    free(wanted);
}

static void spill_says_when_it_cannot_write(void **state)
{
    (void)state;
    struct spill_piece *const piece = piece_new();
    piece_make(piece, 1);
    struct spill spill;
    spill_init(&spill, directory);
    disk.full_at = 2;
    assert_int_equal(spill_append(&spill, piece), STATUS_OK);
    assert_int_equal(spill_append(&spill, piece), STATUS_IO);
    spill_deinit(&spill);
    free(piece);
}

static void spill_says_when_it_cannot_read(void **state)
{
    (void)state;
    struct spill_piece *const piece = piece_new();
    piece_make(piece, 1);
    struct spill spill;
    spill_init(&spill, directory);
    assert_int_equal(spill_append(&spill, piece), STATUS_OK);
    disk.unreadable_at = 2;
    assert_int_equal(spill_read(&spill, 0, piece, PAYLOAD_MAX), STATUS_IO);
    assert_int_equal(spill_read(&spill, 0, piece, PAYLOAD_MAX), STATUS_OK);
    spill_deinit(&spill);
    free(piece);
}

/* Flips one byte after the other, reads pieces where none begin, and one that was moved. */
static void spill_refuses_what_was_not_written_there(void **state)
{
    (void)state;
    struct spill_piece *const piece = piece_new();
    struct spill spill;
    spill_init(&spill, directory);
    for (uint64_t i = 0; i < 2; i++) {
        *piece = (struct spill_piece){.bytes = 100};
        memset(piece->payload, 'x', 100);
        assert_int_equal(spill_append(&spill, piece), STATUS_OK);
    }
    for (off_t at = 0; at < (off_t)(sizeof(*piece) + 100); at++) {
        char byte;
        assert_int_equal(pread(spill.fd, &byte, 1, at), 1);
        byte ^= 1;
        assert_int_equal(pwrite(spill.fd, &byte, 1, at), 1);
        assert_int_equal(spill_read(&spill, 0, piece, PAYLOAD_MAX), STATUS_IO);
        byte ^= 1;
        assert_int_equal(pwrite(spill.fd, &byte, 1, at), 1);
    }
    assert_int_equal(spill_read(&spill, 0, piece, PAYLOAD_MAX), STATUS_OK);
    assert_int_equal(spill_read(&spill, 1, piece, PAYLOAD_MAX), STATUS_IO);
    assert_int_equal(spill_read(&spill, spill.bytes - 1, piece, PAYLOAD_MAX), STATUS_IO);
    assert_int_equal(spill_read(&spill, spill.bytes, piece, PAYLOAD_MAX), STATUS_IO);
    assert_int_equal(spill_read(&spill, 0, piece, 99), STATUS_IO);
    const off_t second = (off_t)(sizeof(*piece) + 100);
    assert_int_equal(pread(spill.fd, piece, (size_t)second, 0), second);
    assert_int_equal(pwrite(spill.fd, piece, (size_t)second, second), second);
    assert_int_equal(spill_read(&spill, (uint64_t)second, piece, PAYLOAD_MAX), STATUS_IO);
    spill_deinit(&spill);
    free(piece);
}

static void spill_asks_for_a_directory(void **state)
{
    (void)state;
    assert_int_equal(spill_try(directory), STATUS_OK);
    assert_int_equal(spill_try("/nowhere/at/all"), STATUS_IO);
    assert_int_equal(spill_try("/dev/null"), STATUS_IO);
    disk.has_no_unnamed_files = true;
    assert_int_equal(spill_try(directory), STATUS_OK);
    assert_int_equal(spill_try("/nowhere/at/all"), STATUS_IO);
}

#define CASE(name) cmocka_unit_test_setup(name, reset_disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(spill_gives_back_what_was_put_aside), CASE(spill_says_when_it_cannot_write),
        CASE(spill_says_when_it_cannot_read),      CASE(spill_refuses_what_was_not_written_there),
        CASE(spill_asks_for_a_directory),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
