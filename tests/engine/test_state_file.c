#include "engine/state_file.h"

#include "tests/support/state_make.h"

static void state_file_gives_back_what_was_written(void **state)
{
    (void)state;
    enum { ENTRIES = 3000 };
    struct state_bytes made = {0};
    FILE *stream = open_memstream(&made.start, &made.bytes);
    struct state_writer *writer;
    assert_int_equal(state_writer_create(&writer, stream), STATUS_OK);
    char key[128];
    for (int i = 0; i < ENTRIES; i++) {
        /* Of different lengths, with much in common; more than a frame of them. */
        const int bytes = snprintf(key, sizeof(key), "common front %08d%.*s", i, i % 80,
                                   "----------------------------------------------------------"
                                   "--------------------------------------");
        const struct state_entry entry = {
            .key = slice_of(key, (size_t)bytes),
            .values = {i, -i, INT64_MIN},
            .values_count = (unsigned)i % 4,
        };
        state_writer_add(writer, &entry);
    }
    assert_int_equal(state_writer_end(writer), STATUS_OK);
    state_writer_destroy(writer);
    fclose(stream);

    stream = fmemopen(made.start, made.bytes, "r");
    struct state_reader *reader;
    struct state_entry entry;
    assert_int_equal(state_reader_create(&reader, stream), STATUS_OK);
    for (int i = 0; i < ENTRIES; i++) {
        assert_true(state_reader_next(reader, &entry));
        assert_int_equal(entry.key.bytes, 21 + i % 80);
        assert_int_equal(strtol(entry.key.start + 13, NULL, 10), i);
        assert_int_equal(entry.values_count, (unsigned)i % 4);
        assert_true(entry.values_count < 1 || entry.values[0] == i);
        assert_true(entry.values_count < 2 || entry.values[1] == -i);
        assert_true(entry.values_count < 3 || entry.values[2] == INT64_MIN);
    }
    assert_false(state_reader_next(reader, &entry));
    assert_int_equal(state_reader_status(reader), STATUS_OK);
    state_reader_destroy(reader);
    fclose(stream);
    free(made.start);
}

static void state_file_refuses_every_flipped_bit(void **state)
{
    (void)state;
    struct random random = {.state = 3};
    const struct state_bytes made = state_random(&random);
    for (size_t bit = 0; bit < 8 * made.bytes; bit++) {
        made.start[bit / 8] ^= (char)(1 << bit % 8);
        if (state_read(made, NULL) == STATUS_OK)
            fail_msg("bit %zu of %zu bytes", bit, made.bytes);
        made.start[bit / 8] ^= (char)(1 << bit % 8);
    }
    assert_int_equal(state_read(made, NULL), STATUS_OK);
    free(made.start);
}

static void state_file_refuses_every_other_length(void **state)
{
    (void)state;
    struct random random = {.state = 4};
    const struct state_bytes made = state_random(&random);
    for (size_t bytes = 0; bytes < made.bytes; bytes++)
        assert_int_equal(state_read((struct state_bytes){made.start, bytes}, NULL), STATUS_DAMAGED);
    char *const longer = calloc(1, made.bytes + 1);
    memcpy(longer, made.start, made.bytes);
    assert_int_equal(state_read((struct state_bytes){longer, made.bytes + 1}, NULL),
                     STATUS_DAMAGED);
    free(longer);
    free(made.start);
}

static void state_file_refuses_keys_out_of_order(void **state)
{
    (void)state;
    static const char *const keys[][2] = {{"b", "a"}, {"a", "a"}, {"ab", "a"}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct state_bytes made = {0};
        FILE *const stream = open_memstream(&made.start, &made.bytes);
        struct state_writer *writer;
        assert_int_equal(state_writer_create(&writer, stream), STATUS_OK);
        for (int k = 0; k < 2; k++) {
            const struct state_entry entry = {.key = slice_from_string(keys[i][k])};
            state_writer_add(writer, &entry);
        }
        assert_int_equal(state_writer_end(writer), STATUS_OK);
        state_writer_destroy(writer);
        fclose(stream);
        assert_int_equal(state_read(made, NULL), STATUS_DAMAGED);
        free(made.start);
    }
}

static void state_file_says_when_it_cannot_be_written(void **state)
{
    (void)state;
    FILE *const full = fopen("/dev/full", "we");
    assert_non_null(full);
    struct state_writer *writer;
    assert_int_equal(state_writer_create(&writer, full), STATUS_OK);
    assert_int_equal(state_writer_end(writer), STATUS_IO);
    state_writer_destroy(writer);
    fclose(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_file_gives_back_what_was_written),
        cmocka_unit_test(state_file_refuses_every_flipped_bit),
        cmocka_unit_test(state_file_refuses_every_other_length),
        cmocka_unit_test(state_file_refuses_keys_out_of_order),
        cmocka_unit_test(state_file_says_when_it_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
