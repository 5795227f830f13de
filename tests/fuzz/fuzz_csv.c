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

/* Slot n is column n, as far as there are slots and the names differ. */
static struct csv_columns *make_columns(const struct csv_header *header)
{
    struct json_path paths[RECORD_FIELDS_MAX] = {0};
    char *names[RECORD_FIELDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < header->names_count && count < RECORD_FIELDS_MAX; i++) {
        const struct slice name = header->names[i];
        if (csv_header_find(header, name) < i || memchr(name.start, '\0', name.bytes) != NULL)
            continue;
        names[count] = strndup(name.start, name.bytes);
        paths[count] = (struct json_path){.path = names[count], .slot = (unsigned)count};
        count++;
    }
    struct csv_columns *columns = NULL;
    uint64_t found = 0;
    if (csv_columns_create(&columns, header, paths, count, &found) != STATUS_OK)
        abort();
    assert(found == (count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX));
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    return columns;
}

static void assert_same(const struct csv_dump *a, const struct csv_dump *b)
{
    assert(csv_dump_equal(a, b));
    assert(a->newlines == b->newlines && a->broken == b->broken && a->ragged == b->ragged &&
           a->too_long == b->too_long && a->rows_short == b->rows_short);
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
    struct csv_way way = {.line_bytes_max = (choice & 1) != 0 ? 40 : 4096};
    struct csv_header *header = NULL, *three = NULL;
    if (csv_header_create(&header, text, true) != STATUS_OK ||
        csv_header_create(&three, three_columns, true) != STATUS_OK ||
        csv_scratch_create(&way.scratch, way.line_bytes_max) != STATUS_OK)
        abort();
    three->bytes = 0;
    way.header = header != NULL ? header : three;
    struct csv_columns *const columns = make_columns(way.header);
    way.columns = columns;
    read_text(&way, text, 1 + (choice >> 1));
    csv_columns_destroy(columns);
    csv_scratch_destroy(way.scratch);
    csv_header_destroy(header);
    csv_header_destroy(three);
    return 0;
}
