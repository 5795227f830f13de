#include "tests/support/check.h"
#include "tests/support/csv_text.h"
#include "tests/support/random.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ROUNDS = 4000, TEXT_MAX = 600, LINE_MAX = 4096 };

/* ---- The header --------------------------------------------------------------------------- */

static bool read_front(const char *text, struct csv_front *front)
{
    return csv_front_read(front, slice_from_string(text));
}

static void the_delimiter_is_the_one_that_gives_most_columns(void **state)
{
    static const struct {
        const char *text;
        char delimiter;
        size_t columns;
    } cases[] = {
        {"a,b,c\n1,2,3\n", ',', 3},
        {"a;b;c\n", ';', 3},
        {"a\tb\tc\n", '\t', 3},
        {"a,b;c;d\n", ';', 3},
        {"\"a;b;c\",d\n", ',', 2},
        {"Date (UTC),\"User; agent\",x\r\n", ',', 3},
        {"a, b\tc\n", ',', 2},
        {"sep=;\na,b,c;d\n", ';', 2},
        {"SEP=\t\r\na,b,c\td\r\n", '\t', 2},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csv_front front;
        assert_true(read_front(cases[i].text, &front));
        assert_int_equal(front.delimiter, cases[i].delimiter);
        assert_int_equal(front.names_count, cases[i].columns);
    }
}

static void a_header_is_passed_over_with_what_stands_before_it(void **state)
{
    static const struct {
        const char *text;
        size_t bytes;
    } cases[] = {
        {"a,b\n1,2\n", 4},
        {"a,b\r\n1,2\n", 5},
        {"a,b\r1,2\r", 4},
        {"\xef\xbb\xbf"
         "a,b\n1,2\n",
         7},
        {"#TYPE Deserialized.Thing\r\n\"a\",\"b\"\r\n1,2\r\n", 35},
        {"\n\n sep=,\na,b\n1,2\n", 13},
        {"\"a\nx\",b\n1,2\n", 8},
        {"a,b", 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct csv_front front;
        assert_true(read_front(cases[i].text, &front));
        assert_int_equal(front.bytes, cases[i].bytes);
        assert_int_equal(csv_header(slice_from_string(cases[i].text)).bytes, cases[i].bytes);
    }
}

static void what_is_no_csv_has_no_header(void **state)
{
    static const char *const texts[] = {
        "",        "\n\n",     "one column\n1\n", "{\"a\":1,\"b\":2}\n",
        "[1,2]\n", "<a>,b\n",  "a,\"b\n1,2\n",    "a,\"b\"x\n",
        ",,,\n",   "a,\x01\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(read_front(texts[i], &(struct csv_front){0}));
}

static void a_header_row_must_end_within_the_head(void **state)
{
    static char text[CSV_HEAD_BYTES];
    struct csv_front front;
    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text, "a,b,c", 5);
    assert_false(csv_front_read(&front, slice_of(text, sizeof(text))));
    assert_true(csv_front_read(&front, slice_of(text, sizeof(text) - 1)));
    text[sizeof(text) - 1] = '\n';
    assert_true(csv_front_read(&front, slice_of(text, sizeof(text))));
}

static void more_columns_than_there_is_room_for_are_no_header(void **state)
{
    static char text[2 * CSV_COLUMNS_MAX + 8];
    (void)state;
    for (size_t columns = CSV_COLUMNS_MAX; columns <= CSV_COLUMNS_MAX + 1; columns++) {
        for (size_t i = 0; i < columns; i++)
            memcpy(text + 2 * i, i + 1 < columns ? "x," : "x\n", 3);
        assert_int_equal(read_front(text, &(struct csv_front){0}), columns == CSV_COLUMNS_MAX);
    }
}

/* ---- Rows --------------------------------------------------------------------------------- */

/* Reads `text`, header included, with columns a, b, c in slots 0, 1, 2; shows records as
 * "a|b|c" joined by "/". */
struct shown {
    char text[4096];
    struct csv_dump counts;
};

static void show_record(struct shown *shown, const struct record *record)
{
    size_t at = strlen(shown->text);
    for (size_t slot = 0; slot < 3; slot++) {
        char joined[LIMIT_TEXT_BYTES];
        const struct field_value *const value = &record->values[slot];
        struct slice text = {"", 0};
        if ((record->present >> slot & 1) != 0)
            text = value->escaped ? csv_text(value, joined, sizeof(joined)) : value->text;
        at += (size_t)snprintf(shown->text + at, sizeof(shown->text) - at, "%s%.*s",
                               slot > 0 ? "|" : "", (int)text.bytes, text.start);
    }
    (void)snprintf(shown->text + at, sizeof(shown->text) - at, "/");
}

static void show_block(struct shown *shown, const struct csv_way *way, struct slice text)
{
    static struct record record;
    char *const held = csv_hold(text);
    const struct source_view view = {.layout = LAYOUT_CSV, .header = way->header};
    const struct block block = {.view = &view, .bytes = text.bytes, .text = held};
    struct csv_reader reader;
    csv_reader_init(&reader, way->paths, way->scratch, way->tier, way->line_bytes_max, &block);
    for (enum record_result result; (result = csv_reader_next(&reader, &record)) != RECORD_END;) {
        shown->counts.broken += result == RECORD_BROKEN;
        shown->counts.ragged += result == RECORD_RAGGED;
        shown->counts.too_long += result == RECORD_TOO_LONG;
        if (result == RECORD_FOUND)
            show_record(shown, &record);
    }
    shown->counts.newlines += reader.newlines;
    free(held);
}

static struct csv_paths *make_paths(const struct record_path *wanted, size_t count)
{
    struct csv_paths *paths = NULL;
    assert_int_equal(csv_paths_create(&paths, wanted, count), STATUS_OK);
    return paths;
}

static void show_columns(struct shown *shown, struct csv_way *way, struct slice text,
                         const struct record_path *wanted, size_t count)
{
    struct csv_paths *const paths = make_paths(wanted, count);
    struct csv_split split;
    *shown = (struct shown){0};
    way->paths = paths;
    way->header = csv_header(text);
    assert_true(way->header.bytes > 0);
    assert_int_equal(csv_scratch_create(&way->scratch, way->line_bytes_max), STATUS_OK);
    csv_split_init(&split, way->header, false, way->line_bytes_max);
    for (size_t at = 0; at < text.bytes;) {
        const struct record_cut cut = csv_split_next(&split, slice_from(text, at), true);
        shown->counts.broken += cut.records_broken;
        shown->counts.too_long += cut.records_too_long;
        shown->counts.newlines += cut.newlines_skipped;
        show_block(shown, way, slice_of(text.start + at + cut.skip, cut.bytes));
        assert_true(cut.skip + cut.bytes > 0);
        at += cut.skip + cut.bytes;
    }
    csv_paths_destroy(paths);
    csv_scratch_destroy(way->scratch);
}

static void show(struct shown *shown, struct csv_way *way, struct slice text)
{
    static const struct record_path wanted[] = {{"a", 0}, {"b", 1}, {"c", 2}};
    show_columns(shown, way, text, wanted, COUNT(wanted));
}

static void names_are_compared_without_case_and_with_any_blanks(void **state)
{
    static const struct record_path wanted[] = {
        {"Application ID", 0}, {"autonomous  system NUMBER", 1}, {"Zeit \\[UTC\\]", 2}};
    (void)state;
    struct csv_way way = {.tier = json_tier_best(), .line_bytes_max = LINE_MAX};
    struct shown shown;
    show_columns(
        &shown, &way,
        SLICE("x,Application ID ,\"Autonomous system  number\",application id,zeit [utc]\r\n"
              "1,2,3,4,5\r\n1,,3,4,5\r\n"),
        wanted, COUNT(wanted));
    assert_string_equal(shown.text, "2|3|5/4|3|5/");
}

static void rows_are_read_by_the_rules(void **state)
{
    static const struct {
        const char *text;
        const char *records;
        unsigned broken, ragged;
    } cases[] = {
        {"a,b,c\n1,2,3\n4,5,6\n", "1|2|3/4|5|6/", 0, 0},
        {"C,x,A,b\n1,2,3,4\n", "3|4|1/", 0, 0},
        {"a,b,c\n1,2,3", "1|2|3/", 0, 0},
        {"a,b,c\r\n1,2,3\r\n\r\n4,5,6\r\r\n", "1|2|3/4|5|6/", 0, 0},
        {"a,b,c\r1,2,3\r4,5,6\r", "1|2|3/4|5|6/", 0, 0},
        {"a,b,c\n \t\n1,2,3\n  \n", "1|2|3/", 0, 0},
        {"a,b,c\n\"1,1\",\"2\n2\",\"3\r\n3\"\n", "1,1|2\n2|3\r\n3/", 0, 0},
        {"a,b,c\n\"1\"\"1\",\"\"\"\",\"\"\n", "1\"1|\"|/", 0, 0},
        {"a,b,c\n  1 ,\t\"2\" , \" 3 \"\n", "1|2| 3 /", 0, 0},
        {"a,b,c\n1\"1,2\"\"2,\"3\"\n", "1\"1|2\"\"2|3/", 0, 0},
        {"a\tb\tc\n1\t\t 3 \n\t\"2\t2\"\t\n", "1||3/|2\t2|/", 0, 0},
        {"a;b;c\n1,1;\"2;2\";3\n", "1,1|2;2|3/", 0, 0},

        /* A column twice: the first that holds something. */
        {"a,b,a,c\n1,2,9,3\n,2,8,3\n\"\",2,7,3\n", "1|2|3/8|2|3/7|2|3/", 0, 0},
        {"a,b,a,c\n \"1\",2,9,3\n \"\",2,8,3\n", "1|2|3/8|2|3/", 0, 0},

        /* Ragged rows. */
        {"a,b,c\n1\n1,2\n1,2,3\n", "1||/1|2|/1|2|3/", 0, 0},
        {"a,b,c\n1,2,3,\n1,2,3,,\"\"\n1,2,3,4\n1,2,3,\"4\"\n5,6,7\n", "1|2|3/1|2|3/5|6|7/", 0, 2},

        /* The header once more, with and without byte order mark, and what only looks like it. */
        {"a,b,c\n1,2,3\na,b,c\n4,5,6\n", "1|2|3/4|5|6/", 0, 0},
        {"\xef\xbb\xbf"
         "a,b,c\n1,2,3\n\xef\xbb\xbf\"A\", b ,\"c\"\n4,5,6\n",
         "1|2|3/4|5|6/", 0, 0},
        {"a,b,c\na,b,d\na,b\n\xef\xbb\xbf"
         "7,8,9\n",
         "a|b|d/a|b|/7|8|9/", 0, 0},

        /* Damage: the row is dropped, not the rows around it. */
        {"a,b,c\n1,2,3\n4,\"5\"x,6\n7,8,9\n", "1|2|3/7|8|9/", 1, 0},
        {"a,b,c\n1,\"2,3\n4,5,6\n7,\"8\",9\n10,11,12\n", "4|5|6/7|8|9/10|11|12/", 1, 0},
        {"a,b,c\n1,2,3\n1,\"2,3\n4,5,6\n7,8,9\n", "1|2|3/4|5|6/7|8|9/", 1, 0},
        {"a,b,c\n1,\"2,3\n4\n4,5,6\n7,8,9,10\n11,12,13", "4|5|6/11|12|13/", 1, 0},
        {"a,b,c\n1,2,\"3", "", 1, 0},
        {"a,b,c\n\"1\"x,\"2\n\",3\n4,5,6\n", "4|5|6/", 2, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int tier = 0; tier <= (int)json_tier_best(); tier++) {
            struct csv_way way = {.tier = (enum json_tier)tier, .line_bytes_max = LINE_MAX};
            struct shown shown;
            show(&shown, &way, slice_from_string(cases[i].text));
            if (strcmp(shown.text, cases[i].records) != 0)
                fail_msg("case %zu: \"%s\", not \"%s\"", i, shown.text, cases[i].records);
            if (shown.counts.broken != cases[i].broken || shown.counts.ragged != cases[i].ragged)
                fail_msg("case %zu: %u broken, %u ragged", i, (unsigned)shown.counts.broken,
                         (unsigned)shown.counts.ragged);
            uint64_t newlines = 0;
            for (const char *at = cases[i].text; *at != '\0'; at++)
                newlines += *at == '\n';
            assert_int_equal(shown.counts.newlines, newlines);
        }
    }
}

static void a_record_knows_its_place(void **state)
{
    static const struct record_path wanted[] = {{"b", 0}};
    const struct slice text = SLICE("1,\"2\n2\"\n\n3,4\n");
    const struct source_view view = {.layout = LAYOUT_CSV, .header = SLICE("a,b\n")};
    struct csv_paths *const paths = make_paths(wanted, COUNT(wanted));
    struct csv_scratch *scratch = NULL;
    static struct record record;
    struct csv_reader reader;
    (void)state;
    assert_int_equal(csv_scratch_create(&scratch, LINE_MAX), STATUS_OK);
    char *const held = csv_hold(text);
    const struct block block = {.view = &view, .bytes = text.bytes, .text = held};
    csv_reader_init(&reader, paths, scratch, JSON_TIER_BEST, LINE_MAX, &block);
    assert_int_equal(csv_reader_next(&reader, &record), RECORD_FOUND);
    assert_int_equal(record.offset, 0);
    assert_int_equal(record.newlines, 0);
    assert_int_equal(record.text.bytes, 7);
    assert_int_equal(csv_reader_next(&reader, &record), RECORD_FOUND);
    assert_int_equal(record.offset, 9);
    assert_int_equal(record.newlines, 3);
    assert_int_equal(record.text.bytes, 3);
    assert_int_equal(csv_reader_next(&reader, &record), RECORD_END);
    assert_int_equal(reader.newlines, 4);
    free(held);
    csv_paths_destroy(paths);
    csv_scratch_destroy(scratch);
}

/* So that what kind of rows a source has can be told by its header. */
static void a_slot_is_present_when_it_has_a_column(void **state)
{
    static const struct record_path wanted[] = {{"b", 5}, {"missing", 6}, {"c", 7}};
    const struct source_view view = {.layout = LAYOUT_CSV, .header = SLICE("a,b,c\n")};
    const struct slice text = SLICE("1,,\n2\n");
    struct csv_paths *const paths = make_paths(wanted, COUNT(wanted));
    struct csv_scratch *scratch = NULL;
    static struct record record;
    struct csv_reader reader;
    (void)state;
    assert_int_equal(csv_scratch_create(&scratch, LINE_MAX), STATUS_OK);
    char *const held = csv_hold(text);
    const struct block block = {.view = &view, .bytes = text.bytes, .text = held};
    csv_reader_init(&reader, paths, scratch, JSON_TIER_BEST, LINE_MAX, &block);
    for (int row = 0; row < 2; row++) {
        assert_int_equal(csv_reader_next(&reader, &record), RECORD_FOUND);
        assert_int_equal(record.present, 1 << 5 | 1 << 7);
        assert_int_equal(record.values[5].text.bytes, 0);
        assert_int_equal(record.values[7].text.bytes, 0);
    }
    free(held);
    csv_paths_destroy(paths);
    csv_scratch_destroy(scratch);
}

static void paths_that_mean_the_same_are_refused(void **state)
{
    static const struct record_path twice[] = {{"b  c", 5}, {"B C ", 6}};
    static const struct record_path same_slot[] = {{"a", 5}, {"b", 5}};
    struct csv_paths *paths = NULL;
    (void)state;
    assert_int_equal(csv_paths_create(&paths, twice, 2), STATUS_CONFIG);
    assert_int_equal(csv_paths_create(&paths, same_slot, 2), STATUS_CONFIG);
}

/* One scratch, many headers and paths, more than it keeps. */
static void columns_of_one_source_are_not_taken_for_those_of_another(void **state)
{
    enum { SOURCES = 20 };
    struct csv_scratch *scratch = NULL;
    (void)state;
    assert_int_equal(csv_scratch_create(&scratch, LINE_MAX), STATUS_OK);
    for (int round = 0; round < 3 * SOURCES; round++) {
        const int source = round % SOURCES;
        char names[64], rows[64];
        (void)snprintf(names, sizeof(names), "%sk%d,b\n", source % 2 ? "z," : "", source / 2);
        (void)snprintf(rows, sizeof(rows), "%s7,8\n", source % 2 ? "9," : "");
        const struct record_path wanted[] = {{names + (source % 2 ? 2 : 0), 3}};
        names[strlen(names) - 3] = '\0'; /* the path is the name alone, for now */
        struct csv_paths *const paths = make_paths(wanted, 1);
        names[strlen(names)] = ',';
        const struct source_view view = {.header = slice_from_string(names)};
        char *const held = csv_hold(slice_from_string(rows));
        const struct block block = {.view = &view, .bytes = strlen(rows), .text = held};
        static struct record record;
        struct csv_reader reader;
        csv_reader_init(&reader, paths, scratch, JSON_TIER_BEST, LINE_MAX, &block);
        assert_int_equal(csv_reader_next(&reader, &record), RECORD_FOUND);
        assert_int_equal(record.present, 1 << 3);
        assert_memory_equal(record.values[3].text.start, "7", 1);
        free(held);
        csv_paths_destroy(paths);
    }
    csv_scratch_destroy(scratch);
}

/* ---- Long rows ----------------------------------------------------------------------------- */

static void a_row_as_long_as_the_limit_is_read_and_a_longer_one_is_not(void **state)
{
    (void)state;
    for (int is_quoted = 0; is_quoted < 2; is_quoted++) {
        for (size_t extra = 0; extra < 2; extra++) {
            char text[512] = "a,b,c\n";
            size_t at = strlen(text);
            at += (size_t)snprintf(text + at, sizeof(text) - at, is_quoted ? "1,2,\"" : "1,2,");
            const size_t filling = 100 + extra - (is_quoted ? 6 : 4);
            memset(text + at, 'x', filling);
            at += filling;
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n4,5,6\n",
                                   is_quoted ? "\"" : "");
            struct csv_way way = {.tier = json_tier_best(), .line_bytes_max = 100};
            struct shown shown;
            show(&shown, &way, slice_of(text, at));
            assert_int_equal(shown.counts.too_long, extra);
            assert_int_equal(shown.counts.broken, 0);
            assert_true((strstr(shown.text, "xxx") != NULL) == (extra == 0));
            assert_non_null(strstr(shown.text, "4|5|6/"));
        }
    }
}

static void a_quote_left_open_costs_one_row_however_long_the_rest_is(void **state)
{
    enum { ROWS = 1000 };
    static char text[ROWS * 16];
    size_t at = (size_t)snprintf(text, sizeof(text), "a,b,c\n1,\"2,3\n");
    (void)state;
    for (int i = 0; i < ROWS; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%d,5,6\n", i);
    for (int tier = 0; tier <= (int)json_tier_best(); tier++) {
        struct csv_way way = {.tier = (enum json_tier)tier, .line_bytes_max = 200};
        struct shown shown;
        show(&shown, &way, slice_of(text, at));
        assert_int_equal(shown.counts.broken, 1);
        assert_int_equal(shown.counts.newlines, ROWS + 2);
        assert_non_null(strstr(shown.text, "0|5|6/1|5|6/"));
    }
}

/* Each line opens a quote that the next one closes behind text, or that stays open: the worst that
 * can be done to a splitter that goes back. */
static void damage_in_every_line_takes_no_longer_than_its_bytes(void **state)
{
    static const char *const lines[] = {"a\",\"\n", "\"a\"x\n", "a,\"b\n", "\"\"\"\n", ",\",\"\n"};
    enum { BYTES = 4 * 1024 * 1024 };
    (void)state;
    char *const text = malloc(BYTES);
    assert_non_null(text);
    for (size_t i = 0; i < COUNT(lines); i++) {
        const size_t length = strlen(lines[i]);
        size_t bytes = (size_t)snprintf(text, BYTES, "a,b,c\n");
        for (; bytes + length <= BYTES; bytes += length)
            memcpy(text + bytes, lines[i], length);
        struct csv_split split;
        uint64_t calls = 0;
        csv_split_init(&split, SLICE("a,b,c\n"), false, LIMIT_LINE_BYTES);
        for (size_t at = 0; at < bytes; calls++) {
            const struct record_cut cut =
                csv_split_next(&split, slice_of(text + at, bytes - at), true);
            assert_true(cut.skip + cut.bytes > 0);
            at += cut.skip + cut.bytes;
        }
        assert_true(calls <= 2 * bytes / length + 2);
    }
    free(text);
}

/* ---- Against libcsv ------------------------------------------------------------------------ */

static size_t make_text(struct random *random, char *text, char delimiter)
{
    /* Mostly cells of the header's number, quoted as they should be; sometimes anything. */
    static const char odd[] = "\"\"\"\n\r ,;\tab";
    const size_t bytes_max = random_below(random, TEXT_MAX - 80);
    const bool is_wild = random_below(random, 4) == 0;
    size_t bytes = 0;
    while (bytes < bytes_max) {
        const bool is_quoted = random_below(random, 3) == 0;
        if (is_wild && random_below(random, 4) == 0)
            text[bytes++] = odd[random_below(random, sizeof(odd) - 1)];
        if (is_quoted)
            text[bytes++] = '"';
        for (size_t i = random_below(random, 30); i > 0; i--) {
            const uint32_t dice = random_below(random, 40);
            if (!is_quoted || dice > 3)
                text[bytes++] = (char)('a' + dice % 26);
            else if (dice == 0)
                text[bytes++] = delimiter;
            else if (dice == 1)
                text[bytes++] = '\n';
            else
                bytes += (size_t)snprintf(text + bytes, 3, "\"\"");
        }
        if (is_quoted)
            text[bytes++] = '"';
        if (random_below(random, 3) != 0)
            text[bytes++] = delimiter;
        else
            bytes += (size_t)snprintf(text + bytes, 3, random_below(random, 2) ? "\n" : "\r\n");
    }
    return bytes;
}

static void every_tier_reads_what_libcsv_reads(void **state)
{
    static const struct record_path wanted[] = {{"aa", 0}, {"b", 1}, {"c", 2}};
    static const char *const column_names[] = {"aa", "b", "c"};
    static const char delimiters[] = ",;\t";
    struct random random = {.state = 20240611};
    size_t sound = 0, damaged = 0;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const char delimiter = delimiters[random_below(&random, 3)];
        char text[TEXT_MAX * 2], names[16];
        const size_t bytes = make_text(&random, text, delimiter);
        (void)snprintf(names, sizeof(names), "aa%cb%cc\n", delimiter, delimiter);
        struct csv_paths *const paths = make_paths(wanted, COUNT(wanted));
        struct csv_way way = {
            .header = slice_from_string(names), .paths = paths, .line_bytes_max = LINE_MAX};
        assert_int_equal(csv_scratch_create(&way.scratch, LINE_MAX), STATUS_OK);
        struct csv_dump theirs = {0}, strict = {0};
        const bool is_strict = csv_oracle_read(column_names, 3, delimiter, slice_of(text, bytes),
                                               CSV_STRICT | CSV_STRICT_FINI, &strict);
        csv_oracle_read(column_names, 3, delimiter, slice_of(text, bytes), 0, &theirs);
        for (int tier = 0; tier <= (int)json_tier_best(); tier++) {
            struct csv_dump ours = {0};
            way.tier = (enum json_tier)tier;
            csv_read_text(&way, slice_of(text, bytes), 1 + random_below(&random, 700), &ours);
            if ((is_strict && ours.broken > 0) ||
                (ours.broken == 0 && !csv_dump_equal(&ours, &theirs)))
                fail_msg("round %d, tier %d: %.*s", round, tier, (int)bytes, text);
            sound += ours.broken == 0;
            damaged += ours.broken > 0;
            csv_dump_deinit(&ours);
        }
        csv_dump_deinit(&theirs);
        csv_dump_deinit(&strict);
        csv_paths_destroy(paths);
        csv_scratch_destroy(way.scratch);
    }
    assert_true(sound > ROUNDS);
    assert_true(damaged > ROUNDS / 10);
}

/* The promise of no quadratic time and of bytes that cannot move a boundary: text that a user
 * chooses, quoted as RFC 4180 says, is in the cell as it was given, and the cells around it are. */
static void no_text_in_a_cell_moves_its_boundaries(void **state)
{
    static const char alphabet[] = "\"\"\"\n\r,;\t 'ab\\{}";
    struct random random = {.state = 7};
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        char chosen[64], text[256] = "a,b,c\n1,\"", expected[128];
        const size_t length = random_below(&random, sizeof(chosen));
        size_t at = strlen(text);
        for (size_t i = 0; i < length; i++) {
            chosen[i] = alphabet[random_below(&random, sizeof(alphabet) - 1)];
            if (chosen[i] == '"')
                text[at++] = '"';
            text[at++] = chosen[i];
        }
        at += (size_t)snprintf(text + at, sizeof(text) - at, "\",3\n4,5,6\n");
        (void)snprintf(expected, sizeof(expected), "1|%.*s|3/4|5|6/", (int)length, chosen);
        for (int tier = 0; tier <= (int)json_tier_best(); tier++) {
            struct csv_way way = {.tier = (enum json_tier)tier, .line_bytes_max = LINE_MAX};
            struct shown shown;
            show(&shown, &way, slice_of(text, at));
            if (strcmp(shown.text, expected) != 0)
                fail_msg("%s\nis read as\n%s", text, shown.text);
            assert_int_equal(shown.counts.broken, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_delimiter_is_the_one_that_gives_most_columns),
        cmocka_unit_test(a_header_is_passed_over_with_what_stands_before_it),
        cmocka_unit_test(what_is_no_csv_has_no_header),
        cmocka_unit_test(a_header_row_must_end_within_the_head),
        cmocka_unit_test(more_columns_than_there_is_room_for_are_no_header),
        cmocka_unit_test(rows_are_read_by_the_rules),
        cmocka_unit_test(a_record_knows_its_place),
        cmocka_unit_test(a_slot_is_present_when_it_has_a_column),
        cmocka_unit_test(paths_that_mean_the_same_are_refused),
        cmocka_unit_test(columns_of_one_source_are_not_taken_for_those_of_another),
        cmocka_unit_test(names_are_compared_without_case_and_with_any_blanks),
        cmocka_unit_test(a_row_as_long_as_the_limit_is_read_and_a_longer_one_is_not),
        cmocka_unit_test(a_quote_left_open_costs_one_row_however_long_the_rest_is),
        cmocka_unit_test(damage_in_every_line_takes_no_longer_than_its_bytes),
        cmocka_unit_test(every_tier_reads_what_libcsv_reads),
        cmocka_unit_test(no_text_in_a_cell_moves_its_boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
