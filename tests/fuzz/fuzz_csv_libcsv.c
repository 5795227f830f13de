/*
 * Our splitter and reader against libcsv, on rows of three columns.
 *
 * When we find no damage, both must have found the same rows and cells; when libcsv's strict mode
 * finds none, neither may we. The first byte chooses: bits 0 and 1 the delimiter, the rest how many
 * bytes the splitter is given at a time.
 */
#include "tests/support/csv_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static const struct json_path paths[] = {{"aa", 0}, {"b", 1}, {"c", 2}};

static void compare(const struct csv_way *way, struct slice text, size_t step)
{
    struct csv_dump ours = {0}, theirs = {0}, strict = {0};
    csv_read_text(way, text, step, &ours);
    const bool is_sound = csv_oracle_read(way->header, text, CSV_STRICT | CSV_STRICT_FINI, &strict);
    assert(ours.too_long == 0);
    assert(!is_sound || ours.broken == 0);
    if (ours.broken == 0) {
        csv_oracle_read(way->header, text, 0, &theirs);
        assert(csv_dump_equal(&ours, &theirs));
        assert(ours.ragged == theirs.ragged && ours.rows_short == theirs.rows_short);
    }
    csv_dump_deinit(&ours);
    csv_dump_deinit(&theirs);
    csv_dump_deinit(&strict);
}

/* libcsv knows no byte order mark. */
static bool has_mark(struct slice text)
{
    return memmem(text.start, text.bytes, "\xef\xbb\xbf", 3) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    static const char *const headers[] = {"aa,b,c\n", "aa;b;c\n", "aa\tb\tc\n"};
    if (bytes_count == 0)
        return 0;
    const uint8_t choice = bytes[0];
    const struct slice text = slice_of((const char *)bytes + 1, bytes_count - 1);
    if (has_mark(text))
        return 0;
    struct csv_way way = {.line_bytes_max = text.bytes + 1};
    struct csv_header *header = NULL;
    struct csv_columns *columns = NULL;
    uint64_t found;
    if (csv_header_create(&header, slice_from_string(headers[(choice & 3) % 3]), true) !=
            STATUS_OK ||
        csv_columns_create(&columns, header, paths, 3, &found) != STATUS_OK ||
        csv_scratch_create(&way.scratch, way.line_bytes_max) != STATUS_OK)
        abort();
    header->bytes = 0;
    way.header = header;
    way.columns = columns;
    for (int i = 0; i <= (int)json_tier_best(); i++) {
        way.tier = (enum json_tier)i;
        compare(&way, text, 1 + (choice >> 2));
        compare(&way, text, text.bytes + 1);
    }
    csv_columns_destroy(columns);
    csv_scratch_destroy(way.scratch);
    csv_header_destroy(header);
    return 0;
}
