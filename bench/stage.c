#include "bench/stage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/decompress.h"
#include "engine/input.h"
#include "engine/input_choice.h"

enum status stages_init(struct stages *stages, struct diagnostics *diagnostics)
{
    const struct input_choice any = {0};
    uint8_t schema;
    *stages = (struct stages){0};
    enum status status = ruleset_create(&stages->ruleset, NULL, diagnostics);
    if (status == STATUS_OK)
        status =
            input_choice_schemas(&any, stages->ruleset, &stages->schemas, &schema, diagnostics);
    struct parser_options options = {.schemas = stages->schemas,
                                     .key = hash_key_random(),
                                     .line_bytes_max = LIMIT_LINE_BYTES,
                                     .tier = JSON_TIER_BEST};
    if (status == STATUS_OK)
        status = parser_create(&stages->plain, &options);
    options.ruleset = stages->ruleset;
    if (status == STATUS_OK)
        status = parser_create(&stages->matching, &options);
    stages->batch = malloc(sizeof(*stages->batch));
    return status == STATUS_OK && stages->batch == NULL ? STATUS_NO_MEMORY : status;
}

void stages_deinit(struct stages *stages)
{
    free(stages->batch);
    parser_destroy(stages->matching);
    parser_destroy(stages->plain);
    if (stages->schemas != NULL)
        schema_set_destroy(stages->schemas);
    if (stages->ruleset != NULL)
        ruleset_destroy(stages->ruleset);
}

static enum status decompress_all(const struct log *log)
{
    static char text[LIMIT_BLOCK_BYTES];
    struct decompress *decompress = NULL;
    enum status status = decompress_create(&decompress);
    if (status != STATUS_OK)
        return status;
    const int fd = open(log->path, O_RDONLY | O_CLOEXEC);
    status = fd < 0 ? STATUS_IO : STATUS_OK;
    if (status == STATUS_OK) {
        struct feed feed;
        feed_init(&feed, fd, NULL);
        decompress_begin(decompress, &feed);
        size_t bytes;
        enum decompress_result result;
        do
            result = decompress_read(decompress, text, sizeof(text), &bytes);
        while (result == DECOMPRESS_BYTES);
        if (result != DECOMPRESS_END)
            status = decompress_failure(decompress)->status;
        close(fd);
    }
    decompress_destroy(decompress);
    return status;
}

static void take_block(const struct stages *stages, enum stage_kind kind, const struct block *block)
{
    struct parser *const parser = kind == STAGE_MATCH ? stages->matching : stages->plain;
    if (kind == STAGE_READ)
        return;
    parser_begin(parser, block);
    if (kind == STAGE_MATCH) {
        while (!parser_fill(parser, stages->batch))
            continue;
        return;
    }
    struct counters counters = {0};
    struct event event;
    const struct record *record;
    while (parser_next_event(parser, &counters, &event, &record))
        continue;
}

static enum status read_all(const struct stages *stages, enum stage_kind kind,
                            const struct log *log, struct diagnostics *diagnostics)
{
    const char *const path = log->path;
    const struct input_options options = {
        .paths = &path, .paths_count = 1, .schemas = stages->schemas};
    struct input *input;
    struct block block = {0};
    enum status status = input_create(&input, &options, diagnostics);
    if (status != STATUS_OK)
        return status;
    status = input_block_init(&block, input);
    while (status == STATUS_OK && input_next(input, &block) == INPUT_BLOCK)
        take_block(stages, kind, &block);
    if (status == STATUS_OK)
        status = input_status(input);
    if (block.text != NULL)
        input_block_deinit(&block);
    input_destroy(input);
    return status;
}

enum status stages_run(const struct stages *stages, enum stage_kind kind, const struct log *log,
                       double *seconds, struct diagnostics *diagnostics)
{
    const double start = clock_seconds();
    const enum status status =
        kind == STAGE_DECOMPRESS ? decompress_all(log) : read_all(stages, kind, log, diagnostics);
    *seconds = clock_seconds() - start;
    return status;
}
