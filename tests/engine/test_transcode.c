#include "engine/transcode.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/slice.h"
#include "tests/support/check.h"

enum { TEXT_MAX = 256 * 1024 };

/* All of a source that holds `bytes`, read `at_a_time`. */
static size_t read_all(struct slice bytes, size_t at_a_time, char *to)
{
    const int descriptor = memfd_create("source", MFD_CLOEXEC);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes.start, bytes.bytes), bytes.bytes);
    assert_int_equal(lseek(descriptor, 0, SEEK_SET), 0);
    struct decompress *decompress;
    struct transcode *transcode;
    assert_int_equal(decompress_create(&decompress), STATUS_OK);
    assert_int_equal(transcode_create(&transcode), STATUS_OK);
    struct feed feed;
    feed_init(&feed, descriptor, NULL);
    decompress_begin(decompress, &feed);
    transcode_begin(transcode, decompress);
    size_t count = 0, got;
    enum decompress_result result;
    while ((result = transcode_read(transcode, to + count, at_a_time, &got)) == DECOMPRESS_BYTES) {
        assert_true(got > 0 && got <= at_a_time);
        count += got;
        assert_true(count < TEXT_MAX - at_a_time);
    }
    assert_int_equal(result, DECOMPRESS_END);
    assert_int_equal(transcode_read(transcode, to, at_a_time, &got), DECOMPRESS_END);
    transcode_destroy(transcode);
    decompress_destroy(decompress);
    close(descriptor);
    return count;
}

static void texts_become_utf8_whatever_they_are_written_in(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice bytes, text;
    } rows[] = {
        {"nothing", SLICE(""), SLICE("")},
        {"one byte", SLICE("{"), SLICE("{")},
        {"ASCII", SLICE("{\"a\":1}"), SLICE("{\"a\":1}")},
        {"UTF-8 with a mark", SLICE("\xef\xbb\xbf{}"), SLICE("\xef\xbb\xbf{}")},
        {"Latin-1 passes", SLICE("\xe9{}"), SLICE("\xe9{}")},
        {"little-endian", SLICE("{\0}\0\n\0"), SLICE("{}\n")},
        {"big-endian", SLICE("\0{\0}\0\n"), SLICE("{}\n")},
        {"little-endian mark", SLICE("\xff\xfe{\0"), SLICE("\xef\xbb\xbf{")},
        {"big-endian mark", SLICE("\xfe\xff\0{"), SLICE("\xef\xbb\xbf{")},
        {"only a mark", SLICE("\xff\xfe"), SLICE("\xef\xbb\xbf")},
        {"one character without a mark is not told", SLICE("{\0"), SLICE("{\0")},
        {"two, three and four bytes", SLICE("\xff\xfe\xe9\0\xac\x20\x3d\xd8\x00\xde"),
         SLICE("\xef\xbb\xbf\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")},
        {"first half alone", SLICE("\xff\xfe\x3d\xd8{\0"), SLICE("\xef\xbb\xbf\xef\xbf\xbd{")},
        {"second half alone", SLICE("\xff\xfe\x00\xde{\0"), SLICE("\xef\xbb\xbf\xef\xbf\xbd{")},
        {"first half twice", SLICE("\xff\xfe\x3d\xd8\x3d\xd8\x00\xde"),
         SLICE("\xef\xbb\xbf\xef\xbf\xbd\xf0\x9f\x98\x80")},
        {"first half at the end", SLICE("\xff\xfe{\0\x3d\xd8"), SLICE("\xef\xbb\xbf{\xef\xbf\xbd")},
        {"half a character at the end", SLICE("{\0}\0\n"), SLICE("{}\xef\xbf\xbd")},
    };
    static const size_t sizes[] = {1, 2, 3, 7, 4096};
    static char text[TEXT_MAX];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
            const size_t count = read_all(rows[i].bytes, sizes[size], text);
            if (!slice_equals(slice_of(text, count), rows[i].text)) {
                print_error("%s, %zu at a time\n", rows[i].name, sizes[size]);
                fail();
            }
        }
    }
}

static void long_texts_are_transcoded_piece_by_piece(void **state)
{
    (void)state;
    enum { CHARACTERS = 50000 };
    static char wide[2 * CHARACTERS], text[TEXT_MAX];
    for (size_t i = 0; i < CHARACTERS; i++) {
        const unsigned code = i < 4 ? '{' : (unsigned)(0x21 + i % 0x900);
        wide[2 * i] = (char)(code & 0xff);
        wide[2 * i + 1] = (char)(code >> 8);
    }
    const size_t count = read_all(slice_of(wide, sizeof(wide)), 1000, text);
    size_t at = 0;
    for (size_t i = 0; i < CHARACTERS; i++) {
        const unsigned code = i < 4 ? '{' : (unsigned)(0x21 + i % 0x900);
        const unsigned char first = (unsigned char)text[at];
        const unsigned bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : 3;
        unsigned read = bytes == 1 ? first : first & (0xffu >> (bytes + 1));
        for (unsigned n = 1; n < bytes; n++)
            read = read << 6 | (text[at + n] & 0x3f);
        assert_int_equal(read, code);
        at += bytes;
    }
    assert_int_equal(at, count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_utf8_whatever_they_are_written_in),
        cmocka_unit_test(long_texts_are_transcoded_piece_by_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
