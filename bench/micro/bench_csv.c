/*
 * Micro benchmark of the CSV splitter and reader: rows of the portal's download, 41 columns and
 * about 800 bytes each, of which seven cells are wanted; on one core, from 64 MB in memory and
 * "cached" over and over from one block of 256 KiB, as in the pipeline.
 *
 * "doubled" has a cell of JSON with its quotes doubled, as the audit log's export; "odd" has rows
 * that are left to libcsv: one of a hundred, and all.
 */
#include "bench/micro/micro.h"

#include "parsers/csv.h"

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

static void put_guid(struct micro_text *text)
{
    micro_put_guid(text);
    micro_put(text, ",");
}

enum kind { PLAIN, DOUBLED, ODD };

static void put_application(struct micro_text *text, enum kind kind)
{
    if (kind == DOUBLED) {
        micro_put(text, "\"{");
        for (unsigned i = 0; i < 24; i++)
            micro_put(text, "%s\"\"Key%u\"\":\"\"some value %u\"\"", i > 0 ? "," : "", i, i);
        micro_put(text, "}\",");
    } else {
        put_guid(text);
    }
}

static void put_row(struct micro_text *text, enum kind kind)
{
    static const char *const countries[] = {"US", "DE", "GB", "NL", "BR"};
    const uint64_t dice = micro_draw(text);
    const unsigned minute = (unsigned)(dice % 60), user = (unsigned)(dice >> 8) % 50000;
    const unsigned address = (unsigned)(dice >> 32) % 65536;
    const bool failed = (dice >> 60) == 0;
    micro_put(text, "2024-02-01T09:%02u:07Z,", minute);
    put_guid(text);
    put_guid(text);
    put_guid(text);
    micro_put(text,
              "Person %u,person%u@contoso.example,Member,none,none,none,%016" PRIx64 ",none,none,",
              user, user, micro_draw(text));
    micro_put(text, "Office 365 Exchange Online,");
    put_application(text, kind);
    micro_put(text, "Microsoft Graph,");
    put_guid(text);
    put_guid(text);
    put_guid(text);
    micro_put(text, ",203.0.%u.%u,\"Springfield, Some State, %s\",%s,%s,%s,Browser,,%s,Windows10,",
              address >> 8, address & 255, countries[dice % 5], failed ? "Failure" : "Success",
              failed ? "50126" : "0",
              failed ? "Error validating credentials due to invalid username or password."
                     : "Other.",
              kind == ODD ? " \"Chrome\" " : "Chrome 120.0.0");
    micro_put(
        text,
        "False,False,,,,,Single-factor authentication,person%u@contoso.example,,\"Mozilla/5.0 "
        "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 "
        "Safari/537.36\",%u,Success\r\n",
        user, 100 + (unsigned)(dice >> 20) % 30, (unsigned)(dice >> 40) % 900);
}

/* Every n-th row is of `kind`. */
static struct micro_text make_text(enum kind kind, unsigned every)
{
    struct micro_text text = micro_text_create();
    for (unsigned i = 0; !micro_text_is_full(&text); i++)
        put_row(&text, i % every == 0 ? kind : PLAIN);
    return text;
}

struct source {
    const struct source_view *view;
    const struct csv_paths *paths; /* NULL: split only */
    struct csv_scratch *scratch;
    enum json_tier tier;
    struct slice text;
};

static void read_block(const struct source *source, const struct block *block,
                       struct micro_found *found)
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

static struct micro_found run(const void *what)
{
    const struct source *const source = what;
    const struct slice text = source->text;
    struct micro_found found = {0};
    struct csv_split split;
    csv_split_init(&split, source->view->header, false, LIMIT_LINE_BYTES);
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

static void measure(const char *name, struct source source, struct slice text, unsigned passes)
{
    source.text = text;
    micro_measure(name, json_tier_name(source.tier), run, &source, text.bytes, passes);
}

int main(void)
{
    const struct source_view view = {.header = slice_from_string(header_row)};
    struct csv_paths *paths = NULL;
    struct csv_scratch *scratch = NULL;
    if (csv_paths_create(&paths, wanted, WANTED_COUNT) != STATUS_OK ||
        csv_scratch_create(&scratch, LIMIT_LINE_BYTES) != STATUS_OK)
        return EXIT_FAILURE;
    struct micro_text plain = make_text(PLAIN, 1), doubled = make_text(DOUBLED, 1);
    struct micro_text hundredth = make_text(ODD, 100), odd = make_text(ODD, 1);
    const struct slice cached = slice_of(plain.start, LIMIT_BLOCK_BYTES);

    for (int i = (int)json_tier_best(); i >= 0; i--) {
        const struct source splitting = {.view = &view, .tier = (enum json_tier)i};
        const struct source reading = {&view, paths, scratch, (enum json_tier)i};
        measure("split, cached", splitting, cached, MICRO_CACHED_PASSES);
        measure("split and read, cached", reading, cached, MICRO_CACHED_PASSES);
        measure("split", splitting, micro_text_slice(&plain), 1);
        measure("split and read", reading, micro_text_slice(&plain), 1);
        measure("doubled quotes", reading, micro_text_slice(&doubled), 1);
        measure("odd, 1 of 100", reading, micro_text_slice(&hundredth), 1);
        measure("odd, all", reading, micro_text_slice(&odd), 1);
    }
    free(plain.start);
    free(doubled.start);
    free(hundredth.start);
    free(odd.start);
    csv_paths_destroy(paths);
    csv_scratch_destroy(scratch);
    return EXIT_SUCCESS;
}
