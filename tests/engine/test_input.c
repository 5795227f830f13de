#include "tests/support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/support/capture.h"
#include "tests/support/zstd_frames.h"

enum { LINE_BYTES = 3000 }; /* line_bytes_max of these tests */

/* ---- Sources ------------------------------------------------------------------------------ */

/* A file in memory, with a path to open it by. */
struct memory_file {
    int descriptor;
    char path[64];
};

static struct memory_file memory_file_of(const char *bytes, size_t count)
{
    struct memory_file file = {.descriptor = memfd_create("test_input", MFD_CLOEXEC)};
    assert_true(file.descriptor >= 0);
    assert_int_equal(write(file.descriptor, bytes, count), count);
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.descriptor);
    return file;
}

static struct capture capture_bytes(struct slice stored, size_t block_bytes, struct slice original)
{
    const struct memory_file file = memory_file_of(stored.start, stored.bytes);
    const struct capture capture = capture_read(file.path, block_bytes, LINE_BYTES, original);
    close(file.descriptor);
    return capture;
}

static void assert_message(const struct capture *capture, size_t index, const char *code,
                           const char *part)
{
    assert_true(index < capture->diagnostics.count);
    const struct diagnostic *const message = &capture->diagnostics.items[index];
    assert_string_equal(message->code, code);
    if (strstr(message->text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", message->text, part);
}

static void assert_same(const struct capture *expected, struct capture *capture, const char *how,
                        size_t number)
{
    const char *const difference = capture_difference(expected, capture);
    if (difference != NULL)
        fail_msg("%s %zu: different %s", how, number, difference);
    capture_deinit(capture);
}

/* A small generator of its own (xorshift64, Marsaglia 2003), so that a seed means the same text
 * everywhere. */
static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Objects of 20 to 500 bytes, now and then of nearly LINE_BYTES or more, with brackets, quotes and
 * line ends where a careless reader would stumble. */
static void write_object(FILE *to, uint64_t *state, bool pretty)
{
    static const char *const values[] = {"\\\"}{", "]},[{", "\\\\", "caf\xc3\xa9", "\\n", "a,b"};
    const char *const gap = pretty ? "\n  " : " ";
    fprintf(to, "{%s\"n\":%u", gap, (unsigned)(random_next(state) % 1000));
    const unsigned odd = (unsigned)(random_next(state) % 40);
    if (odd < 2)
        fprintf(to, ",%s\"long\":\"%0*d\"", gap, odd == 0 ? LINE_BYTES - 300 : LINE_BYTES + 700, 0);
    for (uint64_t i = random_next(state) % 20; i > 0; i--)
        fprintf(to, ",%s\"k\":[{\"v\":\"%s\"}]", gap, values[random_next(state) % 6]);
    fprintf(to, "%s}", pretty ? "\n" : "");
}

struct byte_shape {
    const char *name, *before, *between, *after;
    bool pretty;
};

static const struct byte_shape shapes[] = {
    {"lines", "", "\n", "\n", false},
    {"lines without last line end", "", "\n", "", false},
    {"lines ended by CR LF", "", "\r\n", "\r\n", false},
    {"lines with mark and blank lines", "\xef\xbb\xbf\n \n", "\n\n", "\n\n\n", false},
    {"lines with damage", "", "\n{\"cut\":\"\n]\nword\n", "\n", false},
    {"array", "[", ",", "]", false},
    {"array over lines", "\xef\xbb\xbf\n[\n", ",\n", "\n]\n", false},
    {"envelope", "{\"@odata.context\":\"x\",\"value\":[", ",", "]}", false},
    {"pretty envelope", "{\n \"records\": [\n", ",\n", "\n ]\n}\n", true},
    {"pretty objects", "", "\n", "\n", true},
    {"array without end", "[\n", ",\n", ",\n{\"cut\":{", false},
    {"array with damage", "[\n", ",\n]word{},\n", "]", false},
};
enum { SHAPES_COUNT = sizeof(shapes) / sizeof(shapes[0]) };

static char *shape_write(const struct byte_shape *shape, unsigned records_count, uint64_t seed,
                         size_t *bytes)
{
    char *text = NULL;
    FILE *const to = open_memstream(&text, bytes);
    assert_non_null(to);
    fputs(shape->before, to);
    for (unsigned i = 0; i < records_count; i++) {
        if (i > 0)
            fputs(shape->between, to);
        write_object(to, &seed, shape->pretty);
    }
    fputs(shape->after, to);
    fclose(to);
    return text;
}

/* The text as several frames, empty ones and skippable ones among them. */
static char *frames_write(struct slice text, uint64_t seed, size_t *bytes)
{
    char *frames = NULL;
    FILE *const to = open_memstream(&frames, bytes);
    assert_non_null(to);
    zstd_write_skippable(to, 0, "not text", 8);
    for (size_t at = 0; at < text.bytes;) {
        const size_t share = 1 + (size_t)(random_next(&seed) % text.bytes);
        const size_t count = share < text.bytes - at ? share : text.bytes - at;
        zstd_write_frame(to, text.start + at, count, 1 + (size_t)(random_next(&seed) % 5000));
        zstd_write_skippable(to, (unsigned)(random_next(&seed) % 16), "", 0);
        zstd_write_frame(to, "", 0, 0);
        at += count;
    }
    fclose(to);
    return frames;
}

/* ---- A writer at the other end of a pipe --------------------------------------------------- */

struct writer {
    int descriptor;
    struct slice text;
    uint64_t seed;
    pthread_t thread;
};

static void *writer_run(void *argument)
{
    struct writer *const writer = argument;
    for (size_t at = 0; at < writer->text.bytes;) {
        const size_t piece = (size_t)(random_next(&writer->seed) % 1500) + 1;
        const size_t left = writer->text.bytes - at;
        const ssize_t count =
            write(writer->descriptor, writer->text.start + at, piece < left ? piece : left);
        if (count < 0)
            break;
        at += (size_t)count;
    }
    close(writer->descriptor);
    return NULL;
}

static struct capture capture_piped(struct slice stored, size_t block_bytes, struct slice original,
                                    uint64_t seed)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct writer writer = {.descriptor = ends[1], .text = stored, .seed = seed};
    const int standard_input = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    assert_int_equal(pthread_create(&writer.thread, NULL, writer_run, &writer), 0);

    const struct capture capture = capture_read("-", block_bytes, LINE_BYTES, original);
    pthread_join(writer.thread, NULL);
    dup2(standard_input, STDIN_FILENO);
    close(standard_input);
    return capture;
}

/* ---- Same records however they are read ---------------------------------------------------- */

static const size_t block_sizes[] = {1, 2, 3, 7, 64, 4096, 0};
enum { BLOCK_SIZES_COUNT = sizeof(block_sizes) / sizeof(block_sizes[0]) };

static void check_all_ways(const struct byte_shape *shape, unsigned records_count, uint64_t seed)
{
    size_t bytes, frames_bytes;
    char *const text = shape_write(shape, records_count, seed, &bytes);
    const struct slice original = slice_of(text, bytes);
    char *const frames = frames_write(original, seed, &frames_bytes);
    const struct slice compressed = slice_of(frames, frames_bytes);

    struct capture expected = capture_bytes(original, 0, original);
    assert_int_equal(expected.status, STATUS_OK);
    assert_true(expected.bytes > 0);
    for (size_t i = 0; i < BLOCK_SIZES_COUNT; i++) {
        struct capture plain = capture_bytes(original, block_sizes[i], original);
        assert_same(&expected, &plain, shape->name, block_sizes[i]);
        struct capture packed = capture_bytes(compressed, block_sizes[i], original);
        assert_same(&expected, &packed, shape->name, block_sizes[i]);
        struct capture piped = capture_piped(original, block_sizes[i], original, seed + i);
        assert_same(&expected, &piped, shape->name, block_sizes[i]);
        struct capture both = capture_piped(compressed, block_sizes[i], original, seed + i);
        assert_same(&expected, &both, shape->name, block_sizes[i]);
    }
    capture_deinit(&expected);
    free(frames);
    free(text);
}

static void input_gives_the_same_for_every_block_size_compression_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHAPES_COUNT; i++) {
        check_all_ways(&shapes[i], 3, 7 + i);
        check_all_ways(&shapes[i], 400, 1000 + i);
    }
}

static void input_gives_every_record_of_lines(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":1}\n{\"b\":2}\n\n{\"c\":3}";
    struct capture capture = capture_bytes(slice_from_string(text), 4, slice_from_string(text));
    assert_int_equal(capture.bytes, strlen(text));
    assert_memory_equal(capture.text, "{\"a\":1}\0{\"b\":2}\0\0{\"c\":3}", capture.bytes);
    assert_int_equal(capture.status, STATUS_OK);
    capture_deinit(&capture);
}

static void input_lets_a_longest_line_through_and_counts_a_longer_one_once(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes;
    FILE *const to = open_memstream(&text, &bytes);
    /* The braces and quotes around the zeros are 8 bytes. */
    fprintf(to, "{\"k\":\"%0*d\"}\n", LINE_BYTES - 8, 0);
    const size_t longest_bytes = LINE_BYTES;
    fprintf(to, "{\"k\":\"%0*d\"}\n", 200 * LINE_BYTES, 0);
    fprintf(to, "{\"k\":\"%0*d\"}\n{}\n", LINE_BYTES - 7, 0);
    fclose(to);
    for (size_t i = 0; i < BLOCK_SIZES_COUNT; i++) {
        struct capture capture =
            capture_bytes(slice_of(text, bytes), block_sizes[i], slice_of(text, bytes));
        assert_memory_equal(capture.text, text, longest_bytes);
        assert_int_equal(capture.text[longest_bytes + 1], 0);
        assert_int_equal(capture.too_long, 2);
        assert_memory_equal(capture.text + bytes - 3, "{}", 2);
        capture_deinit(&capture);
    }
    free(text);
}

static void input_takes_an_empty_or_blank_source_for_nothing(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", " \r\n\t ", "\xef\xbb\xbf", "\xef\xbb\xbf\n\n"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct capture capture =
            capture_bytes(slice_from_string(texts[i]), 0, slice_from_string(texts[i]));
        assert_int_equal(capture.status, STATUS_OK);
        assert_int_equal(capture.blocks, 0);
        assert_int_equal(capture.diagnostics.count, 0);
        capture_deinit(&capture);
    }
}

static void input_passes_over_any_number_of_leading_blanks(void **state)
{
    (void)state;
    char *text = NULL;
    size_t bytes;
    FILE *const to = open_memstream(&text, &bytes);
    for (unsigned i = 0; i < 300000; i++)
        fputs(" \n", to);
    fputs("{\"a\":1}\n", to);
    fclose(to);
    struct capture capture = capture_bytes(slice_of(text, bytes), 0, slice_of(text, bytes));
    assert_int_equal(capture.status, STATUS_OK);
    assert_memory_equal(capture.text + bytes - 8, "{\"a\":1}", 7);
    capture_deinit(&capture);
    free(text);
}

/* ---- Sources that are refused --------------------------------------------------------------- */

static void input_refuses_what_it_cannot_read_and_says_why(void **state)
{
    (void)state;
    static const struct {
        struct slice bytes;
        const char *code, *part;
    } rows[] = {
        {SLICE("\xff\xfeh\0i\0"), "I114", "hi"},
        {SLICE("\xfe\xff\0h\0i"), "I114", "hi"},
        {SLICE("192.0.2.7 - root GET /login\n"), "I114", "\"192.0.2.7 - root\""},
        {SLICE("\x1b[2J\"\\\xc3\n"), "I114", "\"\\x1b[2J\\x22\\x5c\\xc3\\x0a\""},
        {SLICE("\x1f"), "I114", "\\x1f"},
        {SLICE("("), "I114", "("},
        {SLICE("\xef"), "I114", "\\xef"},
        {SLICE("h\0i\0"), "I114", "\"hi\""},
        {SLICE("\0h\0i"), "I114", "\"hi\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t j = 0; j < BLOCK_SIZES_COUNT; j++) {
            struct capture capture =
                capture_bytes(rows[i].bytes, block_sizes[j], slice_of(NULL, 0));
            assert_int_equal(capture.status, STATUS_NO_INPUT);
            assert_int_equal(capture.blocks, 0);
            assert_int_equal(capture.diagnostics.count, 1);
            assert_message(&capture, 0, rows[i].code, rows[i].part);
            capture_deinit(&capture);
        }
    }
}

static void input_refuses_a_frame_with_a_window_beyond_128_mib(void **state)
{
    (void)state;
    static const struct {
        unsigned window_log;
        enum status status;
    } rows[] = {{10, STATUS_OK}, {27, STATUS_OK}, {28, STATUS_NO_INPUT}, {31, STATUS_NO_INPUT}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *frame = NULL;
        size_t bytes;
        FILE *const to = open_memstream(&frame, &bytes);
        zstd_write_window(to, "{}\n", 3, rows[i].window_log);
        fclose(to);
        struct capture capture = capture_bytes(slice_of(frame, bytes), 0, SLICE("{}\n"));
        assert_int_equal(capture.status, rows[i].status);
        assert_int_equal(capture.blocks, rows[i].status == STATUS_OK);
        if (rows[i].status != STATUS_OK)
            assert_message(&capture, 0, "I113", "128 MiB");
        capture_deinit(&capture);
        free(frame);
    }
}

static void input_says_which_read_failed(void **state)
{
    (void)state;
    /* Reading address 0 of a process is an input/output error: proc(5). */
    struct capture capture = capture_read("/proc/self/mem", 0, 0, slice_of(NULL, 0));
    assert_int_equal(capture.status, STATUS_IO);
    assert_message(&capture, 0, "I121", "at byte 0: Input/output error");
    capture_deinit(&capture);
}

/* ---- Damage --------------------------------------------------------------------------------- */

/* Three frames of lines, each of several blocks; `ends` are where the frames end. */
static char *lines_compressed(char **text, size_t *text_bytes, size_t *bytes, size_t ends[3],
                              size_t text_ends[3])
{
    FILE *const lines = open_memstream(text, text_bytes);
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned j = 0; j < 8; j++)
            fprintf(lines, "{\"frame\":%u,\"line\":%u,\"x\":%u}\n", i, j, (i * 7919 + j) * 104729);
        fflush(lines);
        text_ends[i] = *text_bytes;
    }
    fclose(lines);

    char *frames = NULL;
    FILE *const to = open_memstream(&frames, bytes);
    for (unsigned i = 0; i < 3; i++) {
        const size_t start = i > 0 ? text_ends[i - 1] : 0;
        zstd_write_frame(to, *text + start, text_ends[i] - start, 50);
        fflush(to);
        ends[i] = *bytes;
    }
    fclose(to);
    return frames;
}

static void input_counts_what_comes_before_the_cut_at_every_length(void **state)
{
    (void)state;
    size_t text_bytes, bytes, ends[3], text_ends[3], covered_before = 0;
    char *text;
    char *const frames = lines_compressed(&text, &text_bytes, &bytes, ends, text_ends);
    for (size_t length = 0; length < bytes; length++) {
        struct capture expected = capture_bytes(slice_of(frames, length), 0, slice_of(NULL, 0));
        const bool is_whole = length == 0 || length == ends[0] || length == ends[1];
        const enum status status = is_whole      ? STATUS_OK
                                   : length == 1 ? STATUS_NO_INPUT /* could be text */
                                                 : STATUS_DAMAGED;
        assert_int_equal(expected.status, status);
        assert_true(expected.bytes >= covered_before);
        covered_before = expected.bytes;
        for (unsigned i = 0; i < 3; i++)
            assert_true(length < ends[i] || expected.bytes >= text_ends[i]);
        for (size_t i = 0; i < expected.bytes; i++)
            assert_true(expected.text[i] == 0 || expected.text[i] == text[i]);
        if (status == STATUS_DAMAGED) {
            char at[64];
            snprintf(at, sizeof(at), "at byte %zu", length);
            assert_message(&expected, 0, "I131", at);
        }
        for (size_t i = 0; i < BLOCK_SIZES_COUNT; i++) {
            struct capture capture =
                capture_bytes(slice_of(frames, length), block_sizes[i], slice_of(NULL, 0));
            assert_same(&expected, &capture, "cut at", length);
        }
        capture_deinit(&expected);
    }
    free(frames);
    free(text);
}

static void input_notices_every_changed_byte_and_says_the_same_each_time(void **state)
{
    (void)state;
    size_t text_bytes, bytes, ends[3], text_ends[3];
    char *text;
    char *const frames = lines_compressed(&text, &text_bytes, &bytes, ends, text_ends);
    struct capture whole = capture_bytes(slice_of(frames, bytes), 0, slice_of(text, text_bytes));
    for (size_t at = 0; at < bytes; at++) {
        frames[at] = (char)(frames[at] ^ 0x55);
        struct capture expected = capture_bytes(slice_of(frames, bytes), 0, slice_of(NULL, 0));
        /* A few bits of a frame mean nothing: the checksum then finds the text unchanged. */
        if (expected.status == STATUS_OK)
            assert_null(capture_difference(&whole, &expected));
        for (unsigned i = 0; i + 1 < 3; i++)
            assert_true(at < ends[i] || expected.bytes >= text_ends[i]);
        for (size_t i = 0; i < BLOCK_SIZES_COUNT; i++) {
            struct capture capture =
                capture_bytes(slice_of(frames, bytes), block_sizes[i], slice_of(NULL, 0));
            assert_same(&expected, &capture, "changed at", at);
        }
        struct capture piped = capture_piped(slice_of(frames, bytes), 7, slice_of(NULL, 0), at + 1);
        assert_same(&expected, &piped, "changed and piped at", at);
        capture_deinit(&expected);
        frames[at] = (char)(frames[at] ^ 0x55);
    }
    capture_deinit(&whole);
    free(frames);
    free(text);
}

static void input_reports_bytes_behind_the_last_frame(void **state)
{
    (void)state;
    static const char *const tails[] = {"x", "(\xb5", "garbage", "\n", "{\"a\":1}\n"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char *frame = NULL, at[64];
        size_t bytes;
        FILE *const to = open_memstream(&frame, &bytes);
        zstd_write_frame(to, "{\"a\":1}\n", 8, 0);
        fflush(to);
        snprintf(at, sizeof(at), "byte %zu", bytes);
        fputs(tails[i], to);
        fclose(to);
        struct capture capture = capture_bytes(slice_of(frame, bytes), 0, SLICE("{\"a\":1}\n"));
        assert_int_equal(capture.status, STATUS_DAMAGED);
        assert_int_equal(capture.blocks, 1);
        assert_message(&capture, 0, i == 1 ? "I131" : "I132", at);
        capture_deinit(&capture);
        free(frame);
    }
}

static void input_goes_on_with_the_next_source_after_damage(void **state)
{
    (void)state;
    char *frame = NULL;
    size_t bytes;
    FILE *const to = open_memstream(&frame, &bytes);
    zstd_write_frame(to, "{\"a\":1}\n{\"a\":2}\n", 16, 8);
    fclose(to);
    const struct memory_file files[] = {
        memory_file_of(frame, bytes - 6),
        memory_file_of("text", 4),
        memory_file_of("", 0),
        memory_file_of("{\"a\":3}\n", 8),
    };
    const char *const paths[] = {files[0].path, files[1].path, files[2].path, files[3].path};

    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct input *input;
    struct block block;
    assert_int_equal(input_create(&input, &(struct input_options){.paths = paths, .paths_count = 4},
                                  &diagnostics),
                     STATUS_OK);
    assert_int_equal(input_block_init(&block, input), STATUS_OK);
    assert_int_equal(input_sources_count(input), 4);
    assert_string_equal(input_source_path(input, 3), files[3].path);

    assert_int_equal(input_next(input, &block), INPUT_BLOCK);
    assert_int_equal(block.source, 0);
    assert_memory_equal(block.text, "{\"a\":1}", 7);
    assert_int_equal(input_next(input, &block), INPUT_BLOCK);
    while (block.source == 0)
        assert_int_equal(input_next(input, &block), INPUT_BLOCK);
    assert_int_equal(input_status(input), STATUS_NO_INPUT);
    assert_int_equal(block.source, 3);
    assert_int_equal(block.offset, 0);
    assert_int_equal(block.newlines_skipped, 0);
    assert_memory_equal(block.text, "{\"a\":3}", 7);
    assert_int_equal(input_next(input, &block), INPUT_END);
    assert_int_equal(diagnostics.count, 2);
    assert_string_equal(diagnostics.items[0].code, "I131");
    assert_string_equal(diagnostics.items[0].file, files[0].path);
    assert_string_equal(diagnostics.items[1].code, "I114");
    assert_int_equal(input_counters(input).bytes_read, bytes - 6 + 4 + 8);

    input_block_deinit(&block);
    input_destroy(input);
    diagnostics_deinit(&diagnostics);
    for (size_t i = 0; i < 4; i++)
        close(files[i].descriptor);
    free(frame);
}

/* ---- Live pipes ------------------------------------------------------------------------------ */

/* A pipe, an input that reads it, and a block. */
struct live {
    int ends[2];
    char path[64];
    struct diagnostics diagnostics;
    struct input *input;
    struct block block;
};

static volatile sig_atomic_t stop;

static void on_alarm(int number)
{
    (void)number;
    stop = 1;
}

static void live_init(struct live *live)
{
    assert_int_equal(pipe(live->ends), 0);
    snprintf(live->path, sizeof(live->path), "/proc/self/fd/%d", live->ends[0]);
    diagnostics_init(&live->diagnostics);
    const char *const path = live->path;
    stop = 0;
    assert_int_equal(
        input_create(&live->input,
                     &(struct input_options){.paths = &path, .paths_count = 1, .stop = &stop},
                     &live->diagnostics),
        STATUS_OK);
    assert_int_equal(input_block_init(&live->block, live->input), STATUS_OK);
}

static void live_deinit(struct live *live)
{
    input_block_deinit(&live->block);
    input_destroy(live->input);
    diagnostics_deinit(&live->diagnostics);
    close(live->ends[0]);
    close(live->ends[1]);
}

static void live_write(struct live *live, struct slice text)
{
    assert_int_equal(write(live->ends[1], text.start, text.bytes), text.bytes);
}

static void input_gives_a_line_without_waiting_for_the_next(void **state)
{
    (void)state;
    struct live live;
    live_init(&live);
    live_write(&live, SLICE("{\"a\":1}\n"));
    assert_int_equal(input_next(live.input, &live.block), INPUT_BLOCK);
    assert_int_equal(live.block.bytes, 8);
    live_write(&live, SLICE("{\"a\":2}\n{\"a\":3}\n{\"a\""));
    assert_int_equal(input_next(live.input, &live.block), INPUT_BLOCK);
    assert_int_equal(live.block.bytes, 16);
    assert_int_equal(live.block.offset, 8);
    live_write(&live, SLICE(":4}\n"));
    assert_int_equal(input_next(live.input, &live.block), INPUT_BLOCK);
    assert_memory_equal(live.block.text, "{\"a\":4}\n", 8);
    live_deinit(&live);
}

static void input_gives_a_flushed_zstd_block_without_waiting_for_the_next(void **state)
{
    (void)state;
    char *frame = NULL;
    size_t bytes;
    FILE *const to = open_memstream(&frame, &bytes);
    zstd_write_frame(to, "{\"a\":1}\n{\"a\":2}\n", 16, 8);
    fclose(to);
    struct live live;
    live_init(&live);
    live_write(&live, slice_of(frame, bytes - 9)); /* without the last byte of the second block */
    assert_int_equal(input_next(live.input, &live.block), INPUT_BLOCK);
    assert_int_equal(live.block.bytes, 8);
    live_write(&live, slice_of(frame + bytes - 9, 9));
    assert_int_equal(input_next(live.input, &live.block), INPUT_BLOCK);
    assert_int_equal(live.block.bytes, 8);
    live_deinit(&live);
    free(frame);
}

static void input_fills_a_block_when_plenty_is_waiting(void **state)
{
    (void)state;
    struct live live;
    live_init(&live);
    for (unsigned i = 0; i < 1000; i++)
        live_write(&live, SLICE("{\"a\":1}\n"));
    assert_int_equal(input_next(live.input, &live.block), INPUT_BLOCK);
    assert_int_equal(live.block.bytes, 8000);
    live_deinit(&live);
}

static void input_stops_a_blocked_read_and_forgets_the_unfinished_record(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm}, before;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    struct live live;
    live_init(&live);
    live_write(&live, SLICE("{\"a\":1}\n{\"a\":"));
    assert_int_equal(input_next(live.input, &live.block), INPUT_BLOCK);
    assert_int_equal(live.block.bytes, 8);

    const struct itimerval soon = {.it_value = {.tv_usec = 20000}};
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(input_next(live.input, &live.block), INPUT_END);
    assert_int_equal(stop, 1);
    assert_int_equal(input_next(live.input, &live.block), INPUT_END);
    assert_int_equal(input_status(live.input), STATUS_OK);
    assert_int_equal(input_counters(live.input).records_broken, 0);
    live_deinit(&live);
    sigaction(SIGALRM, &before, NULL);
}

static void *stop_soon(void *argument)
{
    usleep(20000);
    stop = 1;
    return argument;
}

/* No call of the reading thread is interrupted then. */
static void input_stops_when_another_thread_takes_the_signal(void **state)
{
    (void)state;
    struct live live;
    live_init(&live);
    live_write(&live, SLICE("{\"a\":"));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, NULL), 0);
    assert_int_equal(input_next(live.input, &live.block), INPUT_END);
    assert_int_equal(stop, 1);
    pthread_join(thread, NULL);
    live_deinit(&live);
}

static void input_waits_on_a_pipe_that_somebody_made_non_blocking(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    const int standard_input = dup(STDIN_FILENO);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct writer writer = {.descriptor = ends[1], .text = SLICE("{\"a\":1}\n"), .seed = 1};
    usleep(1000);
    assert_int_equal(pthread_create(&writer.thread, NULL, writer_run, &writer), 0);
    struct capture capture = capture_read("-", 0, 0, SLICE("{\"a\":1}\n"));
    pthread_join(writer.thread, NULL);
    dup2(standard_input, STDIN_FILENO);
    close(standard_input);
    assert_int_equal(capture.status, STATUS_OK);
    assert_int_equal(capture.blocks, 1);
    capture_deinit(&capture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_gives_the_same_for_every_block_size_compression_and_read),
        cmocka_unit_test(input_gives_every_record_of_lines),
        cmocka_unit_test(input_lets_a_longest_line_through_and_counts_a_longer_one_once),
        cmocka_unit_test(input_takes_an_empty_or_blank_source_for_nothing),
        cmocka_unit_test(input_passes_over_any_number_of_leading_blanks),
        cmocka_unit_test(input_refuses_what_it_cannot_read_and_says_why),
        cmocka_unit_test(input_refuses_a_frame_with_a_window_beyond_128_mib),
        cmocka_unit_test(input_says_which_read_failed),
        cmocka_unit_test(input_counts_what_comes_before_the_cut_at_every_length),
        cmocka_unit_test(input_notices_every_changed_byte_and_says_the_same_each_time),
        cmocka_unit_test(input_reports_bytes_behind_the_last_frame),
        cmocka_unit_test(input_goes_on_with_the_next_source_after_damage),
        cmocka_unit_test(input_gives_a_line_without_waiting_for_the_next),
        cmocka_unit_test(input_gives_a_flushed_zstd_block_without_waiting_for_the_next),
        cmocka_unit_test(input_fills_a_block_when_plenty_is_waiting),
        cmocka_unit_test(input_stops_a_blocked_read_and_forgets_the_unfinished_record),
        cmocka_unit_test(input_stops_when_another_thread_takes_the_signal),
        cmocka_unit_test(input_waits_on_a_pipe_that_somebody_made_non_blocking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
