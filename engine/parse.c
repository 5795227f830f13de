#include "engine/parse.h"

#include <stdlib.h>

#include "engine/names.h"

struct parser {
    struct parser_options options;
    struct schema_scratch *scratch;
    struct matcher *matcher; /* NULL: `normalize`, which asks no rule */
    struct format_reader reader;
    const struct block *block;
    bool is_first_part;
    bool asks_asn;    /* a rule or entry asks for the AS number of each event */
    bool has_pending; /* an event that did not fit into the last batch */
    struct event pending;
    struct matches matches;        /* of the event at hand */
    struct drawn drawn[DRAWS_MAX]; /* for them */
    uint32_t drawn_count;
    size_t drawn_bytes; /* of the texts */
    char drawn_text[DRAWS_MAX * LIMIT_TEXT_BYTES];
    struct record record;
};

_Static_assert(DRAWS_MAX *(LIMIT_TEXT_BYTES + sizeof(struct drawn)) +
                       TEXT_COUNTED * LIMIT_TEXT_BYTES + RULE_DOCUMENTS_MAX * sizeof(uint32_t) <=
                   BATCH_TEXT_BYTES,
               "an event fits into an empty batch");

enum status parser_create(struct parser **out, const struct parser_options *options)
{
    struct parser *const parser = calloc(1, sizeof(*parser));
    if (parser == NULL)
        return STATUS_NO_MEMORY;
    parser->options = *options;
    if (parser->options.tier == JSON_TIER_BEST)
        parser->options.tier = json_tier_best();
    enum status status = schema_scratch_create(&parser->scratch, options->line_bytes_max);
    if (status == STATUS_OK && options->ruleset != NULL)
        status = matcher_create(&parser->matcher, options->ruleset);
    parser->asks_asn =
        status == STATUS_OK && parser->matcher != NULL && matcher_asks(parser->matcher, FIELD_ASN);
    if (status != STATUS_OK) {
        parser_destroy(parser);
        return status;
    }
    *out = parser;
    return STATUS_OK;
}

void parser_destroy(struct parser *parser)
{
    if (parser == NULL)
        return;
    if (parser->matcher != NULL)
        matcher_destroy(parser->matcher);
    if (parser->scratch != NULL)
        schema_scratch_destroy(parser->scratch);
    free(parser);
}

void parser_begin(struct parser *parser, const struct block *block)
{
    parser->block = block;
    parser->is_first_part = true;
    parser->has_pending = false;
    format_reader_init(&parser->reader,
                       schema_set_paths(parser->options.schemas, block->view, block->layout),
                       schema_scratch_formats(parser->scratch), parser->options.tier,
                       parser->options.line_bytes_max, block);
    if (!parser->asks_asn)
        format_reader_remember(&parser->reader, schema_memory(parser->scratch, block->source));
}

static void count_rejected(struct counters *counters, enum reject_reason reason, uint64_t count)
{
    counters->read += count;
    counters->rejected[reason] += count;
}

bool parser_next_event(struct parser *parser, struct counters *counters, struct event *event,
                       const struct record **record)
{
    for (;;) {
        switch (format_reader_next(&parser->reader, &parser->record)) {
        case RECORD_END:
            return false;
        case RECORD_BROKEN:
            count_rejected(counters, REJECT_BROKEN_JSON, 1);
            continue;
        case RECORD_TOO_DEEP:
            count_rejected(counters, REJECT_TOO_DEEP, 1);
            continue;
        case RECORD_TOO_LONG:
            count_rejected(counters, REJECT_TOO_LONG, 1);
            continue;
        case RECORD_RAGGED:
            count_rejected(counters, REJECT_RAGGED, 1);
            continue;
        case RECORD_FOUND:
            break;
        }
        switch (schema_set_apply(parser->options.schemas, parser->scratch, parser->block->view,
                                 parser->block->layout, &parser->record, event)) {
        case SCHEMA_EVENT:
            counters->read++;
            *record = &parser->record;
            return true;
        case SCHEMA_FOREIGN:
        case SCHEMA_NOT_SIGN_IN:
            counters->read++;
            counters->not_sign_in++;
            continue;
        case SCHEMA_NO_TIME:
            count_rejected(counters, REJECT_NO_TIME, 1);
            continue;
        case SCHEMA_BAD_TIME:
            count_rejected(counters, REJECT_BAD_TIME, 1);
            continue;
        case SCHEMA_NO_OUTCOME:
            count_rejected(counters, REJECT_NO_OUTCOME, 1);
            continue;
        case SCHEMA_RESULT_COUNT:
            continue;
        }
    }
}

/* ---- updates --------------------------------------------------------------------------------- */

static size_t event_text_bytes(const struct event *event)
{
    size_t bytes = 0;
    for (int kind = 0; kind < TEXT_COUNTED; kind++)
        bytes += event->text[kind].bytes;
    return bytes;
}

/* Of the rules that matched and what was drawn for them. */
static size_t event_hits_bytes(const struct parser *parser)
{
    return parser->matches.rules_count * sizeof(*parser->matches.rules) +
           parser->drawn_count * sizeof(*parser->drawn) + parser->drawn_bytes;
}

static void bytes_add(struct batch *batch, const void *bytes, size_t count)
{
    memcpy(batch->text + batch->text_bytes, bytes, count);
    batch->text_bytes += (uint32_t)count;
}

static struct text_ref text_ref_add(const struct parser *parser, struct batch *batch,
                                    struct slice text)
{
    if (text.bytes == 0)
        return (struct text_ref){0};
    const struct text_ref ref = {
        .hash = hash_bytes(parser->options.key, text.start, text.bytes),
        .offset = batch->text_bytes,
        .bytes = (uint32_t)text.bytes,
    };
    memcpy(batch->text + batch->text_bytes, text.start, text.bytes);
    batch->text_bytes += ref.bytes;
    return ref;
}

/* Ids are unique within one dataset's kind of record; the dataset goes into the hash. */
static uint64_t event_id_hash(const struct parser *parser, const struct event *event)
{
    const struct slice id = event->text[TEXT_EVENT_ID];
    if (id.bytes == 0)
        return 0;
    struct hash_key key = parser->options.key;
    key.k1 ^= event->dataset + UINT64_C(1);
    const uint64_t hash = hash_bytes(key, id.start, id.bytes);
    return hash != 0 ? hash : 1;
}

static void update_fill(const struct parser *parser, struct batch *batch, const struct event *event,
                        const struct record *record)
{
    struct update *const update = &batch->updates[batch->updates_count++];
    update->time_ns = event->time_ns;
    update->id_hash = event_id_hash(parser, event);
    update->rules = parser->matches.mask;
    update->hits_count = (uint32_t)parser->matches.rules_count;
    update->hits_offset = batch->text_bytes;
    update->drawn_count = parser->drawn_count;
    if (update->hits_count > 0) {
        bytes_add(batch, parser->matches.rules,
                  update->hits_count * sizeof(*parser->matches.rules));
        bytes_add(batch, parser->drawn, update->drawn_count * sizeof(*parser->drawn));
        bytes_add(batch, parser->drawn_text, parser->drawn_bytes);
    }
    update->offset = parser->block->offset + record->offset;
    update->newlines = record->newlines;
    update->source = event->source;
    update->source_hash = (event->flags & EVENT_HAS_SOURCE) != 0
                              ? names_address_hash(parser->options.key, &event->source, 128)
                              : 0;
    update->asn = event->asn;
    update->code = event->code;
    update->country = event->country;
    update->dataset = event->dataset;
    update->outcome = event->outcome;
    update->verdict = event->verdict;
    update->flags = event->flags;
    update->allowance = parser->matches.allowance;
    for (int kind = 0; kind < TEXT_COUNTED; kind++)
        update->text[kind] = text_ref_add(parser, batch, event->text[kind]);
}

static bool has_room(const struct parser *parser, const struct batch *batch)
{
    return batch->updates_count < BATCH_UPDATES_MAX &&
           batch->text_bytes + event_text_bytes(&parser->pending) + event_hits_bytes(parser) <=
               BATCH_TEXT_BYTES;
}

static void value_draw(struct parser *parser, unsigned draw)
{
    size_t count;
    const bool is_number = ruleset_draws(parser->options.ruleset, &count)[draw].is_number;
    const struct slice text = matcher_draw(parser->matcher, draw);
    struct drawn drawn = {.draw = draw};
    if (text.bytes == 0 || (is_number && !millionths_from_text(text, &drawn.number)))
        return;
    if (!is_number) {
        drawn.hash = hash_bytes(parser->options.key, text.start, text.bytes);
        drawn.bytes = (uint32_t)text.bytes;
        memcpy(parser->drawn_text + parser->drawn_bytes, text.start, text.bytes);
        parser->drawn_bytes += text.bytes;
    }
    parser->drawn[parser->drawn_count++] = drawn;
}

/* What correlations need of the event: the draws of the rules that matched. */
static void values_draw(struct parser *parser)
{
    uint64_t wanted[DRAW_WORDS] = {0};
    parser->drawn_count = 0;
    parser->drawn_bytes = 0;
    for (size_t i = 0; i < parser->matches.rules_count; i++) {
        const uint64_t *const draws =
            ruleset_rule_draws(parser->options.ruleset, parser->matches.rules[i]);
        for (unsigned word = 0; word < DRAW_WORDS; word++)
            wanted[word] |= draws[word];
    }
    for (unsigned word = 0; word < DRAW_WORDS; word++) {
        for (uint64_t open = wanted[word]; open != 0; open &= open - 1)
            value_draw(parser, 64 * word + (unsigned)__builtin_ctzll(open));
    }
}

static void parser_match(struct parser *parser, const struct record *record)
{
    const struct subject subject = {
        .event = &parser->pending,
        .text = record->text,
        .view = parser->block->view,
        .layout = parser->block->layout,
    };
    parser->matches = matcher_match_record(parser->matcher, &subject);
    values_draw(parser);
}

/* False: the batch is full and an event waits for the next one. */
static bool fill_updates(struct parser *parser, struct batch *batch)
{
    const struct record *record;
    while (parser_next_event(parser, &batch->counters, &parser->pending, &record)) {
        parser_match(parser, record);
        if (!has_room(parser, batch)) {
            parser->has_pending = true;
            return false;
        }
        update_fill(parser, batch, &parser->pending, record);
    }
    batch->is_last_part = true;
    batch->newlines = format_reader_newlines(&parser->reader);
    return true;
}

bool parser_fill(struct parser *parser, struct batch *batch)
{
    batch->sequence = parser->block->sequence;
    batch->source = parser->block->source;
    batch->block_offset = parser->block->offset;
    batch->is_last_part = false;
    batch->is_end = false;
    batch->newlines_skipped = 0;
    batch->counters = (struct counters){0};
    batch->updates_count = 0;
    batch->text_bytes = 0;
    if (parser->is_first_part) {
        parser->is_first_part = false;
        batch->newlines_skipped = parser->block->newlines_skipped;
        count_rejected(&batch->counters, REJECT_TOO_LONG, parser->block->records_too_long);
        count_rejected(&batch->counters, REJECT_BROKEN_JSON, parser->block->records_broken);
    }
    if (parser->has_pending) {
        parser->has_pending = false;
        update_fill(parser, batch, &parser->pending, &parser->record);
    }
    const struct schema_counters before = schema_counters(parser->scratch);
    const uint64_t given_up = matcher_counters(parser->matcher).given_up;
    const bool is_done = fill_updates(parser, batch);
    batch->counters.searches_given_up = matcher_counters(parser->matcher).given_up - given_up;
    const struct schema_counters after = schema_counters(parser->scratch);
    batch->counters.codes_unknown = after.codes_unknown - before.codes_unknown;
    batch->counters.addresses_malformed = after.addresses_malformed - before.addresses_malformed;
    return is_done;
}
