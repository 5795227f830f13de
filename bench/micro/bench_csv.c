/*
 * Micro benchmark of the CSV splitter and reader: rows of the portal's download, 41 columns and
 * about 800 bytes each, of which seven cells are wanted; on one core, from 64 MB in memory and
 * "cached" over and over from one block of 256 KiB, as in the pipeline.
 *
 * "doubled" has a cell of JSON with its quotes doubled, as the audit log's export; "odd" has rows
 * that are left to libcsv: one of a hundred, and all. Beside every speed stand the rows and cells
 * found, which must be the same for all tiers. Each figure is the fastest of nine runs.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/csv.h"

enum { TEXT_BYTES = 64 * 1024 * 1024, ROW_BYTES_MAX = 8192, RUNS = 9, CACHED_PASSES = 64 };

static const char header_row[] =
    "Date (UTC),Request ID,Correlation ID,User ID,User,Username,User type,Cross tenant access type,"
    "Incoming token type,Authentication Protocol,Unique token identifier,Original transfer method,"
    "Client credential type,Application,Application ID ,Resource,Resource ID ,Resource tenant ID,"
    "Home tenant ID,Home tenant name,IP address,Location,Status,Sign-in error code,Failure reason,"
    "Client app,Device ID,Browser,Operating System,Compliant,Managed,Join Type,"
    "Multifactor authentication result,Multifactor authentication auth method,"
    "Multifactor authentication auth detail,Authentication requirement,Sign-in identifier,"
    "Session ID,User agent,Latency,Conditional Access\r\n";

static const struct record_path wanted[] = {
    {"Date (UTC)", 0}, {"Username", 1},       {"IP address", 2}, {"Sign-in error code", 3},
    {"User agent", 4}, {"Application ID", 5}, {"Location", 6},
};
enum { WANTED_COUNT = sizeof(wanted) / sizeof(wanted[0]) };

struct text {
    char *start;
    size_t bytes, capacity;
    uint64_t seed;
};

/* SplitMix64. */
static uint64_t draw(struct text *text)
{
    uint64_t z = text->seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static __attribute__((format(printf, 2, 3))) void put(struct text *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int written =
        vsnprintf(text->start + text->bytes, text->capacity - text->bytes, format, values);
    va_end(values);
    if (written > 0)
        text->bytes += (size_t)written;
}

static void put_guid(struct text *text)
{
    const uint64_t high = draw(text), low = draw(text);
    put(text, "%08x-%04x-4%03x-9%03x-%012" PRIx64 ",", (unsigned)(high >> 32),
        (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff), (unsigned)(low >> 52),
        low & UINT64_C(0xffffffffffff));
}

enum kind { PLAIN, DOUBLED, ODD };

static void put_application(struct text *text, enum kind kind)
{
    if (kind == DOUBLED) {
        put(text, "\"{");
        for (unsigned i = 0; i < 24; i++)
            put(text, "%s\"\"Key%u\"\":\"\"some value %u\"\"", i > 0 ? "," : "", i, i);
        put(text, "}\",");
    } else {
        put_guid(text);
    }
}

static void put_row(struct text *text, enum kind kind)
{
    static const char *const countries[] = {"US", "DE", "GB", "NL", "BR"};
    const uint64_t dice = draw(text);
    const unsigned minute = (unsigned)(dice % 60), user = (unsigned)(dice >> 8) % 50000;
    const unsigned address = (unsigned)(dice >> 32) % 65536;
    const bool failed = (dice >> 60) == 0;
    put(text, "2024-02-01T09:%02u:07Z,", minute);
    put_guid(text);
    put_guid(text);
    put_guid(text);
    put(text, "Person %u,person%u@contoso.example,Member,none,none,none,%016" PRIx64 ",none,none,",
        user, user, draw(text));
    put(text, "Office 365 Exchange Online,");
    put_application(text, kind);
    put(text, "Microsoft Graph,");
    put_guid(text);
    put_guid(text);
    put_guid(text);
    put(text, ",203.0.%u.%u,\"Springfield, Some State, %s\",%s,%s,%s,Browser,,%s,Windows10,",
        address >> 8, address & 255, countries[dice % 5], failed ? "Failure" : "Success",
        failed ? "50126" : "0",
        failed ? "Error validating credentials due to invalid username or password." : "Other.",
        kind == ODD ? " \"Chrome\" " : "Chrome 120.0.0");
    put(text,
        "False,False,,,,,Single-factor authentication,person%u@contoso.example,,\"Mozilla/5.0 "
        "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 "
        "Safari/537.36\",%u,Success\r\n",
        user, 100 + (unsigned)(dice >> 20) % 30, (unsigned)(dice >> 40) % 900);
}

/* Every n-th row is of `kind`. Follows the padding that the reader asks for. */
static struct text make_text(enum kind kind, unsigned every)
{
    struct text text = {
        .start = malloc(TEXT_BYTES + ROW_BYTES_MAX + LIMIT_VECTOR_PADDING),
        .capacity = TEXT_BYTES + ROW_BYTES_MAX,
        .seed = 1,
    };
    if (text.start == NULL)
        abort();
    memset(text.start, 0, text.capacity + LIMIT_VECTOR_PADDING);
    for (unsigned i = 0; text.bytes < TEXT_BYTES - ROW_BYTES_MAX; i++)
        put_row(&text, i % every == 0 ? kind : PLAIN);
    return text;
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct found {
    uint64_t records, fields, bytes;
};

struct source {
    const struct source_view *view;
    const struct csv_paths *paths; /* NULL: split only */
    struct csv_scratch *scratch;
    enum json_tier tier;
};

static void read_block(const struct source *source, const struct block *block, struct found *found)
{
    static struct record record;
    struct csv_reader reader;
    csv_reader_init(&reader, source->paths, source->scratch, source->tier, LIMIT_LINE_BYTES, block);
    for (;;) {
        const enum record_result result = csv_reader_next(&reader, &record);
        if (result == RECORD_END)
            break;
        found->records += result == RECORD_FOUND;
        found->fields += (uint64_t)__builtin_popcountll(record.present);
        found->bytes += record.values[4].text.bytes;
    }
}

static struct found run(const struct source *source, struct slice text)
{
    struct found found = {0};
    struct csv_split split;
    csv_split_init(&split, source->view->header, LIMIT_LINE_BYTES);
    split.tier = source->tier;
    split.header_bytes = 0;
    for (size_t at = 0, end = 0; at < text.bytes;) {
        end = end + LIMIT_BLOCK_BYTES < text.bytes ? end + LIMIT_BLOCK_BYTES : text.bytes;
        const bool at_end = end == text.bytes;
        for (;;) {
            const struct record_cut cut =
                csv_split_next(&split, slice_of(text.start + at, end - at), at_end);
            const struct block block = {
                .view = source->view,
                .bytes = cut.bytes,
                .text = (char *)(uintptr_t)text.start + at + cut.skip,
            };
            if (source->paths != NULL)
                read_block(source, &block, &found);
            else
                found.bytes += cut.bytes;
            at += cut.skip + cut.bytes;
            if (cut.skip + cut.bytes == 0 || at == end)
                break;
        }
        if (at_end)
            break;
    }
    return found;
}

static void measure(const char *what, const struct source *source, struct slice text,
                    unsigned passes)
{
    double fastest = 0;
    struct found found = {0};
    for (size_t i = 0; i < RUNS; i++) {
        const double start = now_seconds();
        for (unsigned pass = 0; pass < passes; pass++)
            found = run(source, text);
        const double seconds = now_seconds() - start;
        fastest = i == 0 || seconds < fastest ? seconds : fastest;
    }
    printf("%-22s %-7s %6.2f GB/s   rows %" PRIu64 ", cells %" PRIu64 ", bytes %" PRIu64 "\n", what,
           json_tier_name(source->tier), (double)text.bytes * passes / fastest * 1e-9,
           found.records, found.fields, found.bytes);
}

static struct slice whole(const struct text *text)
{
    return slice_of(text->start, text->bytes);
}

int main(void)
{
    const struct source_view view = {.header = slice_from_string(header_row)};
    struct csv_paths *paths = NULL;
    struct csv_scratch *scratch = NULL;
    if (csv_paths_create(&paths, wanted, WANTED_COUNT) != STATUS_OK ||
        csv_scratch_create(&scratch, LIMIT_LINE_BYTES) != STATUS_OK)
        return EXIT_FAILURE;
    struct text plain = make_text(PLAIN, 1), doubled = make_text(DOUBLED, 1);
    struct text hundredth = make_text(ODD, 100), odd = make_text(ODD, 1);
    const struct slice cached = slice_of(plain.start, LIMIT_BLOCK_BYTES);

    for (int i = (int)json_tier_best(); i >= 0; i--) {
        const struct source splitting = {.view = &view, .tier = (enum json_tier)i};
        const struct source reading = {&view, paths, scratch, (enum json_tier)i};
        measure("split, cached", &splitting, cached, CACHED_PASSES);
        measure("split and read, cached", &reading, cached, CACHED_PASSES);
        measure("split", &splitting, whole(&plain), 1);
        measure("split and read", &reading, whole(&plain), 1);
        measure("doubled quotes", &reading, whole(&doubled), 1);
        measure("odd, 1 of 100", &reading, whole(&hundredth), 1);
        measure("odd, all", &reading, whole(&odd), 1);
    }
    free(plain.start);
    free(doubled.start);
    free(hundredth.start);
    free(odd.start);
    csv_paths_destroy(paths);
    csv_scratch_destroy(scratch);
    return EXIT_SUCCESS;
}
