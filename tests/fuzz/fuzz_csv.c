/*
 * Any bytes as CSV, the header too. Every tier must read the same records from them, splitting them
 * must not depend on the division into calls, and nothing may be read that is not there.
 *
 * The first byte chooses: bit 0 a short line limit, the rest how many bytes the splitter is given
 * at a time. Without a header in the bytes they are rows of three columns.
 */
#include "tests/support/csv_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static const struct slice three_columns = {.start = "a,b,c\n", .bytes = 6};

/* Wanted are columns called a, b, c, "Date (UTC)" and "Application ID". */
static struct csv_paths *make_paths(void)
{
    static const struct record_path wanted[] = {
        {"a", 0}, {"b", 1}, {"c", 2}, {"Date (UTC)", 3}, {"application  id", 63},
    };
    struct csv_paths *paths = NULL;
    if (csv_paths_create(&paths, wanted, sizeof(wanted) / sizeof(wanted[0])) != STATUS_OK)
        abort();
    return paths;
}

static void assert_same(const struct csv_dump *a, const struct csv_dump *b)
{
    assert(csv_dump_equal(a, b));
    assert(a->newlines == b->newlines && a->broken == b->broken && a->ragged == b->ragged &&
           a->too_long == b->too_long);
}

static void read_text(struct csv_way *way, struct slice text, size_t step)
{
    struct csv_dump whole = {0}, first = {0};
    way->tier = json_tier_best();
    csv_read_text(way, text, text.bytes + 1, &whole);
    for (int i = 0; i <= (int)json_tier_best(); i++) {
        struct csv_dump unsplit = {0}, divided = {0};
        way->tier = (enum json_tier)i;
        csv_read_block(way, text, &unsplit);
        if (i == 0)
            csv_read_block(way, text, &first);
        assert_same(&unsplit, &first);
        csv_read_text(way, text, step, &divided);
        assert_same(&divided, &whole);
        csv_dump_deinit(&unsplit);
        csv_dump_deinit(&divided);
    }
    csv_dump_deinit(&whole);
    csv_dump_deinit(&first);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count == 0)
        return 0;
    const uint8_t choice = bytes[0];
    const struct slice text = slice_of((const char *)bytes + 1, bytes_count - 1);
    const struct slice head =
        slice_of(text.start, text.bytes < CSV_HEAD_BYTES ? text.bytes : CSV_HEAD_BYTES);
    const struct slice header = csv_header(head);
    struct csv_paths *const paths = make_paths();
    struct csv_way way = {
        .line_bytes_max = (choice & 1) != 0 ? 40 : 4096,
        .header = header.bytes > 0 ? header : three_columns,
        .is_header_in_text = header.bytes > 0,
        .paths = paths,
    };
    if (csv_scratch_create(&way.scratch, way.line_bytes_max) != STATUS_OK)
        abort();
    read_text(&way, text, 1 + (choice >> 1));
    csv_scratch_destroy(way.scratch);
    csv_paths_destroy(paths);
    return 0;
}
