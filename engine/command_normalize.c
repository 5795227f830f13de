#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/commands.h"
#include "engine/intake.h"
#include "engine/normalize.h"
#include "engine/ocsf.h"
#include "engine/parse.h"

enum { WRITE_AT_BYTES = 64 * 1024 };

/* What an event is written as. */
typedef void event_writer(struct json_write *json, const struct schema_set *schemas,
                          const struct event *event, const struct event_position *position);

static const struct {
    const char *name;
    event_writer *write;
} forms[] = {
    {"ecs", normalize_event},
    {"ocsf", ocsf_event},
};

struct normalizing {
    event_writer *write;
    struct diagnostics diagnostics;
    struct intake intake;
    struct parser *parser;
    struct block block;
    struct json_write json;
    struct counters counters;
    uint64_t line_base; /* line ends of the source before the block */
    uint32_t source;
};

static enum status normalizing_init(struct normalizing *normalizing, event_writer *write,
                                    const struct intake_words *words)
{
    *normalizing = (struct normalizing){.write = write};
    diagnostics_init(&normalizing->diagnostics);
    json_write_init(&normalizing->json);
    const struct intake_options options = {.words = *words};
    enum status status = intake_init(&normalizing->intake, &options, &normalizing->diagnostics);
    if (status == STATUS_OK)
        status = input_block_init(&normalizing->block, normalizing->intake.input);
    if (status == STATUS_OK) {
        const struct parser_options parser_options = {.schemas = normalizing->intake.schemas,
                                                      .line_bytes_max = LIMIT_LINE_BYTES,
                                                      .tier = JSON_TIER_BEST};
        status = parser_create(&normalizing->parser, &parser_options);
    }
    return status;
}

static void normalizing_deinit(struct normalizing *normalizing)
{
    parser_destroy(normalizing->parser);
    if (normalizing->block.text != NULL)
        input_block_deinit(&normalizing->block);
    intake_deinit(&normalizing->intake);
    json_write_deinit(&normalizing->json);
    diagnostics_deinit(&normalizing->diagnostics);
}

static enum status normalizing_flush(struct normalizing *normalizing)
{
    const struct slice text = json_write_text(&normalizing->json);
    const bool is_written =
        json_write_ok(&normalizing->json) &&
        (text.bytes == 0 || fwrite(text.start, 1, text.bytes, stdout) == text.bytes);
    json_write_reset(&normalizing->json);
    return is_written ? STATUS_OK : STATUS_IO;
}

static void count_lines(struct normalizing *normalizing)
{
    const struct block *const block = &normalizing->block;
    if (block->source != normalizing->source) {
        normalizing->source = block->source;
        normalizing->line_base = 0;
    }
    normalizing->line_base += block->newlines_skipped;
}

static uint64_t newlines_in(const struct block *block)
{
    uint64_t count = 0;
    struct slice rest = slice_of(block->text, block->bytes);
    for (;;) {
        const size_t at = slice_find(rest, '\n');
        if (at == rest.bytes)
            return count;
        count++;
        rest = slice_from(rest, at + 1);
    }
}

static enum status normalize_block(struct normalizing *normalizing)
{
    count_lines(normalizing);
    const struct block *const block = &normalizing->block;
    normalizing->counters.read += block->records_too_long + block->records_broken;
    normalizing->counters.rejected[REJECT_TOO_LONG] += block->records_too_long;
    normalizing->counters.rejected[REJECT_BROKEN_JSON] += block->records_broken;
    parser_begin(normalizing->parser, block);
    struct event event;
    const struct record *record;
    while (parser_next_event(normalizing->parser, &normalizing->counters, &event, &record)) {
        normalizing->counters.normalized++;
        const struct event_position position = {
            .path = input_source_path(normalizing->intake.input, block->source),
            .offset = block->offset + record->offset,
            .line = normalizing->line_base + record->newlines + 1,
        };
        normalizing->write(&normalizing->json, normalizing->intake.schemas, &event, &position);
        if (normalizing->json.bytes >= WRITE_AT_BYTES) {
            const enum status status = normalizing_flush(normalizing);
            if (status != STATUS_OK)
                return status;
        }
    }
    normalizing->line_base += newlines_in(block);
    /* A reader at the other end of a pipe does not wait for more. */
    const enum status status = normalizing_flush(normalizing);
    return status == STATUS_OK && fflush(stdout) != 0 ? STATUS_IO : status;
}

static void print_counts(const struct counters *counters)
{
    fprintf(stderr, "records: %llu read, %llu sign-ins, %llu not sign-ins, %llu rejected\n",
            (unsigned long long)counters->read, (unsigned long long)counters->normalized,
            (unsigned long long)counters->not_sign_in,
            (unsigned long long)counters_rejected(counters));
}

/* NULL, with a message, when there is no form of that name. */
static event_writer *find_form(const char *name)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(name, forms[i].name) == 0)
            return forms[i].write;
    }
    fprintf(stderr, "spraywatch: normalize: --to takes 'ecs' or 'ocsf'\n");
    return NULL;
}

int command_normalize(int argc, char **argv)
{
    static const struct option long_options[] = {
        INTAKE_LONG_OPTIONS,
        {.name = "help", .val = 'h'},
        {.name = "quiet", .val = 'q'},
        {.name = "to", .has_arg = required_argument, .val = 't'},
        {0}};
    struct intake_words words = {0};
    bool is_quiet = false;
    event_writer *write = normalize_event;
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "hi:q", long_options, NULL)) != -1) {
        if (found == 'h') {
            printf(
                "usage: spraywatch normalize [-q] [-i NAME] [--to ecs|ocsf] [--tz ZONE]\n"
                "                            [--year YEAR] [FILE|DIR|-]...\n\n"
                "Prints every sign-in as one line of JSON in ECS names, or as an OCSF document of\n"
                "class Authentication (3002). Duplicates are kept.\n"
                "-i, --tz and --year say what the input is, as in spraywatch scan.\n");
            return 0;
        }
        if (found == 't' && (write = find_form(optarg)) == NULL)
            return status_exit_code(STATUS_USAGE);
        if (found == 'q')
            is_quiet = true;
        else if (found != 't' && intake_words_take(&words, found, optarg) != STATUS_OK)
            return status_exit_code(STATUS_USAGE);
    }
    words.paths = (const char *const *)(argv + optind);
    words.paths_count = (size_t)(argc - optind);
    struct normalizing normalizing;
    enum status status = normalizing_init(&normalizing, write, &words);
    while (status == STATUS_OK &&
           input_next(normalizing.intake.input, &normalizing.block) == INPUT_BLOCK)
        status = normalize_block(&normalizing);
    if (status == STATUS_IO)
        fprintf(stderr, "spraywatch: cannot write: %s\n", strerror(errno));
    if (status == STATUS_OK)
        status = input_status(normalizing.intake.input);
    diagnostics_print(&normalizing.diagnostics, stderr);
    if (!is_quiet)
        print_counts(&normalizing.counters);
    normalizing_deinit(&normalizing);
    return status_exit_code(status);
}
