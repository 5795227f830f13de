#include "engine/readout.h"

#include <stdlib.h>

struct readout {
    struct intake intake;
    struct schema_scratch *scratch;
    struct block block;
    bool has_block;
    bool is_drop_told;
    uint64_t line_base; /* line ends of the source before the block */
    uint32_t source;
    struct format_reader reader;
    struct record record;
    struct event event;
};

enum status readout_create(struct readout **out, const struct intake_words *words,
                           struct diagnostics *diagnostics)
{
    struct readout *const readout = calloc(1, sizeof(*readout));
    if (readout == NULL)
        return STATUS_NO_MEMORY;
    const struct intake_options options = {.words = *words};
    enum status status = intake_init(&readout->intake, &options, diagnostics);
    if (status == STATUS_OK)
        status = input_block_init(&readout->block, readout->intake.input);
    if (status == STATUS_OK)
        status = schema_scratch_create(&readout->scratch, LIMIT_LINE_BYTES);
    if (status != STATUS_OK) {
        readout_destroy(readout);
        return status;
    }
    *out = readout;
    return STATUS_OK;
}

void readout_destroy(struct readout *readout)
{
    if (readout == NULL)
        return;
    if (readout->scratch != NULL)
        schema_scratch_destroy(readout->scratch);
    if (readout->block.text != NULL)
        input_block_deinit(&readout->block);
    intake_deinit(&readout->intake);
    free(readout);
}

enum status readout_status(const struct readout *readout)
{
    return input_status(readout->intake.input);
}

const struct schema_set *readout_schemas(const struct readout *readout)
{
    return readout->intake.schemas;
}

const struct input *readout_input(const struct readout *readout)
{
    return readout->intake.input;
}

const char *readout_layout_text(enum layout layout)
{
    static const char *const texts[LAYOUT_COUNT] = {
        [LAYOUT_JSON_LINES] = "one JSON object a line",
        [LAYOUT_JSON_STREAM] = "JSON objects of any shape",
        [LAYOUT_CSV] = "rows of CSV below a row of column names",
        [LAYOUT_XML_EVENTS] = "Windows events as XML",
    };
    return texts[layout] != NULL ? texts[layout] : format_name(format_of_layout(layout));
}

/* ---- One record after another -------------------------------------------------------------- */

static bool begin_block(struct readout *readout)
{
    struct block *const block = &readout->block;
    if (input_next(readout->intake.input, block) != INPUT_BLOCK)
        return false;
    if (block->source != readout->source) {
        readout->source = block->source;
        readout->line_base = 0;
    }
    readout->line_base += block->newlines_skipped;
    readout->has_block = true;
    readout->is_drop_told = block->records_too_long == 0 && block->records_broken == 0;
    format_reader_init(
        &readout->reader, schema_set_paths(readout->intake.schemas, block->view, block->layout),
        schema_scratch_formats(readout->scratch), JSON_TIER_BEST, LIMIT_LINE_BYTES, block);
    return true;
}

static void end_block(struct readout *readout)
{
    readout->line_base += format_reader_newlines(&readout->reader);
    readout->has_block = false;
}

static struct readout_item item_begin(const struct readout *readout)
{
    const struct block *const block = &readout->block;
    return (struct readout_item){
        .source = block->source,
        .position =
            {
                .path = input_source_path(readout->intake.input, block->source),
                .offset = block->offset,
                .line = readout->line_base + 1,
            },
        .view = block->view,
        .layout = block->layout,
    };
}

static void reject(struct readout_item *item, enum reject_reason reason)
{
    item->kind = READOUT_REJECTED;
    item->reason = reason;
}

static void apply(struct readout *readout, struct readout_item *item)
{
    const struct schema_counters before = schema_counters(readout->scratch);
    const enum schema_result result =
        schema_set_apply(readout->intake.schemas, readout->scratch, readout->block.view,
                         readout->block.layout, &readout->record, &readout->event);
    const struct schema_counters after = schema_counters(readout->scratch);
    switch (result) {
    case SCHEMA_EVENT:
        item->kind = READOUT_SIGN_IN;
        item->event = &readout->event;
        item->is_code_unknown = after.codes_unknown != before.codes_unknown;
        item->is_address_malformed = after.addresses_malformed != before.addresses_malformed;
        break;
    case SCHEMA_NO_TIME:
        reject(item, REJECT_NO_TIME);
        break;
    case SCHEMA_BAD_TIME:
        reject(item, REJECT_BAD_TIME);
        break;
    case SCHEMA_NO_OUTCOME:
        reject(item, REJECT_NO_OUTCOME);
        break;
    case SCHEMA_NOT_SIGN_IN:
    case SCHEMA_FOREIGN:
    case SCHEMA_RESULT_COUNT:
        item->kind = READOUT_NOT_SIGN_IN;
        break;
    }
}

/* False: the block has no more records. */
static bool next_record(struct readout *readout, struct readout_item *item)
{
    const enum record_result result = format_reader_next(&readout->reader, &readout->record);
    if (result == RECORD_END)
        return false;
    item->record = &readout->record;
    item->position.offset += readout->record.offset;
    item->position.line += readout->record.newlines;
    switch (result) {
    case RECORD_BROKEN:
        reject(item, REJECT_BROKEN_JSON);
        break;
    case RECORD_TOO_DEEP:
        reject(item, REJECT_TOO_DEEP);
        break;
    case RECORD_TOO_LONG:
        reject(item, REJECT_TOO_LONG);
        break;
    case RECORD_RAGGED:
        reject(item, REJECT_RAGGED);
        break;
    case RECORD_FOUND:
    case RECORD_END:
        apply(readout, item);
        break;
    }
    return true;
}

bool readout_next(struct readout *readout, struct readout_item *item)
{
    for (;;) {
        if (!readout->has_block && !begin_block(readout))
            return false;
        *item = item_begin(readout);
        if (!readout->is_drop_told) {
            readout->is_drop_told = true;
            item->kind = READOUT_DROPPED;
            item->too_long = readout->block.records_too_long;
            item->broken = readout->block.records_broken;
            item->newlines_dropped = readout->block.newlines_skipped;
            return true;
        }
        if (next_record(readout, item))
            return true;
        end_block(readout);
    }
}
