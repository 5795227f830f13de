/*
 * Our splitter and reader against libcsv, on rows of three columns.
 *
 * When we find no damage, both must have found the same rows and cells; when libcsv's strict mode
 * finds none, neither may we. The first byte chooses: bits 0 and 1 the delimiter, the rest how many
 * bytes the splitter is given at a time.
 */
#include "tests/support/csv_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static const char *const names[] = {"aa", "b", "c"};
static const char delimiters[] = {',', ';', '\t'};

static void compare(const struct csv_way *way, char delimiter, struct slice text, size_t step)
{
    struct csv_dump ours = {0}, theirs = {0}, strict = {0};
    csv_read_text(way, text, step, &ours);
    const bool is_sound =
        csv_oracle_read(names, 3, delimiter, text, CSV_STRICT | CSV_STRICT_FINI, &strict);
    assert(ours.too_long == 0);
    assert(!is_sound || ours.broken == 0);
    if (ours.broken == 0) {
        csv_oracle_read(names, 3, delimiter, text, 0, &theirs);
        assert(csv_dump_equal(&ours, &theirs));
        assert(ours.ragged == theirs.ragged);
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
    static const struct record_path wanted[] = {{"aa", 0}, {"b", 1}, {"c", 2}};
    if (bytes_count == 0)
        return 0;
    const uint8_t choice = bytes[0];
    const char delimiter = delimiters[(choice & 3) % sizeof(delimiters)];
    const struct slice text = slice_of((const char *)bytes + 1, bytes_count - 1);
    if (has_mark(text))
        return 0;
    char header[] = {'a', 'a', delimiter, 'b', delimiter, 'c', '\n'};
    struct csv_paths *paths = NULL;
    struct csv_way way = {.header = {header, sizeof(header)}, .line_bytes_max = text.bytes + 1};
    if (csv_paths_create(&paths, wanted, 3) != STATUS_OK ||
        csv_scratch_create(&way.scratch, way.line_bytes_max) != STATUS_OK)
        abort();
    way.paths = paths;
    for (int i = 0; i <= (int)json_tier_best(); i++) {
        way.tier = (enum json_tier)i;
        compare(&way, delimiter, text, 1 + (choice >> 2));
        compare(&way, delimiter, text, text.bytes + 1);
    }
    csv_paths_destroy(paths);
    csv_scratch_destroy(way.scratch);
    return 0;
}
