#include "engine/replay.h"

#include <stdlib.h>

#include "engine/order.h"
#include "engine/parse.h"
#include "engine/pipeline.h"

struct replay {
    struct intake intake;
    struct block block;
    struct parser *parser;
    struct batch batch;
    struct names names;
    struct familiar familiar, apart; /* the second where there are allow entries */
    struct seen seen;
    struct order order;
    struct span given; /* by the order stage */
    uint32_t given_taken;
    uint32_t batch_taken;      /* updates of the batch */
    bool has_batch, has_block; /* that is not done */
    bool may_give;             /* the order stage may have something */
    bool is_ended;             /* no block follows */
    struct span single;
    struct detect *detect;
    struct findings findings;
    struct correlate *correlate;
    struct journal journal;
    struct replay_hit *hits;
    size_t hits_count, hits_capacity;
    bool has_failed; /* no memory: hits are missing */
};

static void hit_take(void *self, const struct correlate_hit *hit)
{
    struct replay *const replay = self;
    if (replay->hits_count == replay->hits_capacity) {
        const size_t capacity = 2 * replay->hits_capacity + 16;
        struct replay_hit *const hits = reallocarray(replay->hits, capacity, sizeof(*hits));
        if (hits == NULL) {
            replay->has_failed = true;
            return;
        }
        replay->hits = hits;
        replay->hits_capacity = capacity;
    }
    replay->hits[replay->hits_count++] =
        (struct replay_hit){.correlation = hit->correlation, .line = hit->evidence.line};
}

static void counted_take(void *self, const struct correlate_counted *counted)
{
    struct replay *const replay = self;
    journal_add(&replay->journal, counted);
}

static enum status stages_init(struct replay *replay, const struct replay_options *options)
{
    const struct hash_key key = hash_key_random();
    const size_t bytes = options->memory_bytes;
    enum status status = names_init(&replay->names, key, pipeline_share(bytes, SHARE_NAMES));
    if (status == STATUS_OK)
        status =
            familiar_init(&replay->familiar, pipeline_share_of_familiar(options->ruleset, bytes));
    size_t allowances_count;
    (void)ruleset_allowances(options->ruleset, &allowances_count);
    if (status == STATUS_OK && allowances_count > 0)
        status = familiar_init(&replay->apart, pipeline_share(bytes, SHARE_FAMILIAR_APART));
    if (status == STATUS_OK)
        status = seen_init(&replay->seen, pipeline_share(bytes, SHARE_SEEN));
    const struct order_options order_options = {
        .is_history = true,
        .bytes_max = pipeline_share(bytes, SHARE_ORDER),
        .hits_bytes_max = pipeline_share_of_hits(options->ruleset, bytes),
        .spill_directory = options->spill_directory,
        .apart = allowances_count > 0 ? &replay->apart : NULL,
    };
    if (status == STATUS_OK)
        status = order_init(&replay->order, &order_options, &replay->names, &replay->familiar,
                            &replay->seen);
    const struct parser_options parser_options = {
        .schemas = replay->intake.schemas,
        .ruleset = options->ruleset,
        .key = key,
        .line_bytes_max = LIMIT_LINE_BYTES,
        .tier = JSON_TIER_BEST,
    };
    if (status == STATUS_OK)
        status = parser_create(&replay->parser, &parser_options);
    if (status == STATUS_OK)
        status = input_block_init(&replay->block, replay->intake.input);
    if (status == STATUS_OK)
        status = detect_create(&replay->detect, detectors_of(options->ruleset), 0, 1,
                               pipeline_share_of_detect(options->ruleset, bytes));
    journal_init(&replay->journal, options->ruleset, pipeline_share(bytes, SHARE_CORRELATE));
    const struct correlate_options correlate_options = {
        .ruleset = options->ruleset,
        .names = &replay->names,
        .bytes_max = pipeline_share(bytes, SHARE_CORRELATE),
        .counted = options->keeps_journal ? counted_take : NULL,
        .tell = hit_take,
        .self = replay,
    };
    if (status == STATUS_OK)
        status = correlate_create(&replay->correlate, &correlate_options);
    return status;
}

enum status replay_create(struct replay **out, const struct replay_options *options,
                          struct diagnostics *diagnostics)
{
    struct replay *const replay = calloc(1, sizeof(*replay));
    if (replay == NULL)
        return STATUS_NO_MEMORY;
    const struct intake_options intake_options = {
        .words = options->words,
        .ruleset = options->ruleset,
    };
    enum status status = intake_init(&replay->intake, &intake_options, diagnostics);
    if (status == STATUS_OK)
        status = stages_init(replay, options);
    if (status != STATUS_OK) {
        replay_destroy(replay);
        return status;
    }
    *out = replay;
    return STATUS_OK;
}

void replay_destroy(struct replay *replay)
{
    if (replay == NULL)
        return;
    findings_deinit(&replay->findings);
    correlate_destroy(replay->correlate);
    journal_deinit(&replay->journal);
    free(replay->hits);
    detect_destroy(replay->detect);
    parser_destroy(replay->parser);
    if (replay->block.text != NULL)
        input_block_deinit(&replay->block);
    order_deinit(&replay->order);
    seen_deinit(&replay->seen);
    familiar_deinit(&replay->familiar);
    familiar_deinit(&replay->apart);
    names_deinit(&replay->names);
    intake_deinit(&replay->intake);
    free(replay);
}

/* ---- the stages ----------------------------------------------------------------------------- */

static void order_step(struct replay *replay)
{
    struct span *const given = &replay->given;
    given->count = 0;
    replay->given_taken = 0;
    replay->may_give = order_give(&replay->order, given);
}

/* What is left of the batch when the order stage had no room gives it out first. */
static void batch_step(struct replay *replay)
{
    replay->batch_taken = order_take(&replay->order, &replay->batch, replay->batch_taken);
    replay->has_batch = replay->batch_taken < replay->batch.updates_count;
    replay->may_give = true;
}

static void block_step(struct replay *replay)
{
    replay->has_block = !parser_fill(replay->parser, &replay->batch);
    replay->has_batch = true;
    replay->batch_taken = 0;
    order_begin(&replay->order, &replay->batch);
}

static void input_step(struct replay *replay)
{
    if (input_next(replay->intake.input, &replay->block) == INPUT_BLOCK) {
        replay->has_block = true;
        parser_begin(replay->parser, &replay->block);
        return;
    }
    replay->is_ended = true;
    replay->may_give = true;
    order_end(&replay->order);
}

/* The next attempt in the order of time; NULL: there is none. */
static struct attempt *replay_next(struct replay *replay)
{
    while (replay->given_taken == replay->given.count) {
        if (replay->may_give)
            order_step(replay);
        else if (replay->has_batch)
            batch_step(replay);
        else if (replay->has_block)
            block_step(replay);
        else if (!replay->is_ended)
            input_step(replay);
        else
            return NULL;
    }
    return &replay->given.attempts[replay->given_taken++];
}

const struct attempt *replay_step(struct replay *replay, const struct findings **findings)
{
    struct attempt *const attempt = replay_next(replay);
    replay->hits_count = 0;
    if (attempt == NULL) {
        correlate_end(replay->correlate);
        return NULL;
    }
    if (attempt->allowance == 0)
        correlate_take(replay->correlate, attempt, attempt->hits);
    else
        correlate_advance(replay->correlate, attempt->time_ns);
    order_release_hits(&replay->order, attempt);
    replay->single.count = 1;
    replay->single.attempts[0] = *attempt;
    findings_clear(&replay->findings);
    detect_span(replay->detect, &replay->single, &replay->findings);
    *findings = &replay->findings;
    return &replay->single.attempts[0];
}

const struct replay_hit *replay_hits(const struct replay *replay, size_t *count)
{
    *count = replay->has_failed ? SIZE_MAX : replay->hits_count;
    return replay->hits;
}

const struct attempt *replay_until(struct replay *replay, uint32_t file, uint64_t offset)
{
    const struct attempt *attempt;
    const struct findings *findings;
    do {
        attempt = replay_step(replay, &findings);
    } while (attempt != NULL && (attempt->file != file || attempt->offset != offset));
    return attempt;
}

enum status replay_status(const struct replay *replay)
{
    return order_status(&replay->order);
}

struct detect *replay_detect(struct replay *replay)
{
    return replay->detect;
}

const struct correlate *replay_correlate(const struct replay *replay)
{
    return replay->correlate;
}

const struct journal *replay_journal(const struct replay *replay)
{
    return &replay->journal;
}

const struct names *replay_names(const struct replay *replay)
{
    return &replay->names;
}
