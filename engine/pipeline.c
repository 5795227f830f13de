/*
 * Why this cannot deadlock, and why the output does not depend on the threads.
 *
 *   input -> worker 0…W-1 -> order -> detection 0…D-1 -> report
 *
 * Stages never wait inside a step. A step takes something from a ring only when it already holds
 * all it needs to pass its result on: rings towards the next stage have room for everything their
 * pool holds, so the only thing that can be missing is a free object, and free objects come back
 * from further down. The report gives everything back that it takes and needs nothing; so detection
 * always gets findings objects back, then order its spans, then the workers their batches, then the
 * input its blocks. Each thread tries its stages from the end of the pipeline to the front and
 * sleeps only when none can go on; whoever makes progress rings the bell for all.
 *
 * Blocks carry numbers. Workers take whatever block they are dealt, but the order stage takes
 * batches strictly by block number, so from there on everything is the input's sequence. Detection
 * is divided over a fixed number of partitions, each seeing all spans in order; the report takes
 * the parts of a span together and puts them in the order of the attempts. Nothing else passes
 * between threads.
 */
#include "engine/pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/ring.h"
#include "engine/base/wait.h"
#include "engine/remember.h"

enum {
    BLOCKS_PER_WORKER = 4,
    BATCHES_PER_WORKER = 4,
    SPANS = 8,
    FINDINGS_PER_DETECTION = 4,
    WORKER_QUEUE = 2, /* blocks dealt ahead to a worker of another thread */
    STAGES_PER_THREAD = 8,
};

_Static_assert(PARTITIONS_COUNT >= 1, "detection threads own whole partitions");

struct worker {
    struct pipeline *pipeline;
    unsigned index;
    bool is_beside_input; /* runs on the thread that reads */
    struct parser *parser;
    struct ring blocks, blocks_back;   /* input -> worker -> input */
    struct ring batches, batches_back; /* worker -> order -> worker */
    struct block *block;               /* being parsed */
    bool is_done;
    unsigned dealt; /* blocks the input has dealt and not got back */
    struct block block_pool[BLOCKS_PER_WORKER];
    struct block *blocks_free[BLOCKS_PER_WORKER]; /* the input's */
    unsigned blocks_free_count;
    struct batch *batch_pool[BATCHES_PER_WORKER];
    struct batch *batch_head; /* the order stage's: taken from the ring, not yet its turn */
    bool has_ended;           /* the order stage has seen its end */
};

struct shared_span {
    struct span span;
    unsigned returns; /* detection threads that have given it back; the order stage's */
};

struct detection {
    struct pipeline *pipeline;
    struct detect *detect;
    struct ring spans, spans_back;       /* order -> detection -> order */
    struct ring findings, findings_back; /* detection -> report -> detection */
    struct findings findings_pool[FINDINGS_PER_DETECTION];
    struct shared_span *span; /* being worked on */
    struct findings *head;    /* the report's: taken from the ring, waiting for its peers */
    bool is_done;
};

struct stage {
    bool (*step)(void *self); /* true: something was done */
    void *self;
    const bool *is_done;
};

struct host {
    struct pipeline *pipeline;
    struct stage stages[STAGES_PER_THREAD]; /* the end of the pipeline first */
    unsigned stages_count;
    pthread_t thread;
};

struct pipeline {
    struct pipeline_options options;
    struct bell bell;
    pthread_t input_thread;
    pthread_mutex_t start;    /* held until it is known whether all threads could be started */
    bool is_cancelled;        /* they could not; read under `start` */
    struct flag is_abandoned; /* with `expects_order`: it was not, or too much has come of it;
                                 else: it cannot be ordered */

    unsigned workers_count, detections_count;
    struct worker *workers;
    struct detection *detections;
    struct host *hosts;

    /* input stage */
    bool input_is_done;
    uint64_t blocks_dealt;
    struct block end_block; /* what tells a worker that no block follows */

    /* order stage */
    struct names names;
    struct familiar familiar, apart; /* the second where there are allow entries, as the next is */
    struct covered covered;
    struct seen seen;
    struct order order;
    struct signals *signals;
    struct correlate *correlate;
    struct shared_span span_pool[SPANS];
    struct shared_span *spans_free[SPANS];
    unsigned spans_free_count;
    struct shared_span *span; /* being filled */
    uint64_t spans_sent;
    struct batch *batch; /* being taken in */
    uint32_t batch_taken;
    struct watched watched;
    struct visits visits; /* where there is a state */
    uint64_t block_next;  /* number of the block whose batches come next */
    bool may_give;        /* there may be attempts to give out */
    bool order_is_ended, order_is_done;
    struct detect *detects[PARTITIONS_COUNT];
    struct remember remember;
    int64_t save_ns; /* when the state of a stream is saved next; INT64_MIN: no event yet */
    bool is_saving;  /* no more is given out until all that was is detected and reported */
    uint64_t saves_failed;

    /* report stage */
    struct report *report;
    uint64_t spans_reported;
    bool report_is_done;
};

/* ---- input ----------------------------------------------------------------------------------- */

static void input_collect(struct worker *worker)
{
    struct block *block;
    while ((block = ring_pop(&worker->blocks_back)) != NULL) {
        worker->blocks_free[worker->blocks_free_count++] = block;
        worker->dealt--;
    }
}

/* The worker that is to get the next block: one of another thread that runs dry, else our own. */
static struct worker *input_choose(struct pipeline *pipeline)
{
    struct worker *chosen = NULL;
    for (unsigned i = 0; i < pipeline->workers_count; i++) {
        struct worker *const worker = &pipeline->workers[i];
        input_collect(worker);
        const unsigned queue = worker->is_beside_input ? 1 : WORKER_QUEUE;
        if (worker->blocks_free_count == 0 || worker->dealt >= queue)
            continue;
        /* The worker beside us comes last: while it parses, nobody reads. */
        if (chosen == NULL || chosen->is_beside_input ||
            (!worker->is_beside_input && worker->dealt < chosen->dealt))
            chosen = worker;
    }
    return chosen;
}

static void input_end(struct pipeline *pipeline)
{
    for (unsigned i = 0; i < pipeline->workers_count; i++) {
        const bool has_pushed = ring_push(&pipeline->workers[i].blocks, &pipeline->end_block);
        assert(has_pushed);
        (void)has_pushed;
    }
    pipeline->input_is_done = true;
}

static bool input_step(void *self)
{
    struct pipeline *const pipeline = self;
    if (pipeline->input_is_done)
        return false;
    /* Reading may wait long for a pipe: never while the worker on this thread holds a block. */
    if (pipeline->workers[0].dealt > 0) {
        input_collect(&pipeline->workers[0]);
        if (pipeline->workers[0].dealt > 0)
            return false;
    }
    struct worker *const worker = input_choose(pipeline);
    if (worker == NULL)
        return false;
    struct block *const block = worker->blocks_free[worker->blocks_free_count - 1];
    if (flag_is_raised(&pipeline->is_abandoned) ||
        input_next(pipeline->options.input, block) == INPUT_END) {
        input_end(pipeline);
        return true;
    }
    block->sequence = pipeline->blocks_dealt++;
    worker->blocks_free_count--;
    worker->dealt++;
    const bool has_pushed = ring_push(&worker->blocks, block);
    assert(has_pushed);
    (void)has_pushed;
    return true;
}

/* ---- parse workers ----------------------------------------------------------------------------
 */

static bool worker_step(void *self)
{
    struct worker *const worker = self;
    if (worker->is_done)
        return false;
    if (worker->block == NULL) {
        worker->block = ring_pop(&worker->blocks);
        if (worker->block == NULL)
            return false;
        if (worker->block != &worker->pipeline->end_block)
            parser_begin(worker->parser, worker->block);
    }
    struct batch *const batch = ring_pop(&worker->batches_back);
    if (batch == NULL)
        return false;
    if (worker->block == &worker->pipeline->end_block) {
        batch->is_end = true;
        worker->is_done = true;
    } else if (parser_fill(worker->parser, batch)) {
        const bool has_pushed = ring_push(&worker->blocks_back, worker->block);
        assert(has_pushed);
        (void)has_pushed;
        worker->block = NULL;
    }
    const bool has_pushed = ring_push(&worker->batches, batch);
    assert(has_pushed);
    (void)has_pushed;
    return true;
}

/* ---- order ------------------------------------------------------------------------------------
 */

static void order_collect_spans(struct pipeline *pipeline)
{
    for (unsigned i = 0; i < pipeline->detections_count; i++) {
        struct shared_span *span;
        while ((span = ring_pop(&pipeline->detections[i].spans_back)) != NULL) {
            if (++span->returns == pipeline->detections_count)
                pipeline->spans_free[pipeline->spans_free_count++] = span;
        }
    }
}

/* The next batch in the sequence of blocks; NULL: its worker has not got to it yet. */
static struct batch *order_next_batch(struct pipeline *pipeline)
{
    for (unsigned i = 0; i < pipeline->workers_count; i++) {
        struct worker *const worker = &pipeline->workers[i];
        if (worker->batch_head == NULL && !worker->has_ended) {
            worker->batch_head = ring_pop(&worker->batches);
            if (worker->batch_head != NULL && worker->batch_head->is_end) {
                worker->batch_head = NULL; /* its last; it is not needed any more */
                worker->has_ended = true;
            }
        }
        if (worker->batch_head != NULL && worker->batch_head->sequence == pipeline->block_next) {
            struct batch *const batch = worker->batch_head;
            worker->batch_head = NULL;
            return batch;
        }
    }
    return NULL;
}

static bool order_all_ended(const struct pipeline *pipeline)
{
    for (unsigned i = 0; i < pipeline->workers_count; i++) {
        if (!pipeline->workers[i].has_ended || pipeline->workers[i].batch_head != NULL)
            return false;
    }
    return true;
}

static void order_send(struct pipeline *pipeline, bool is_end)
{
    struct shared_span *const span = pipeline->span;
    pipeline->span = NULL;
    span->span.sequence = pipeline->spans_sent++;
    span->span.is_end = is_end;
    span->returns = 0;
    for (unsigned i = 0; i < pipeline->detections_count; i++) {
        const bool has_pushed = ring_push(&pipeline->detections[i].spans, span);
        assert(has_pushed);
        (void)has_pushed;
    }
}

static bool order_has_span(struct pipeline *pipeline)
{
    if (pipeline->span != NULL)
        return true;
    order_collect_spans(pipeline);
    if (pipeline->spans_free_count == 0)
        return false;
    pipeline->span = pipeline->spans_free[--pipeline->spans_free_count];
    pipeline->span->span.count = 0;
    notes_clear(&pipeline->span->span.notes);
    return true;
}

/* The input ends as on a signal, also when it waits for a pipe. */
static void input_interrupt(struct pipeline *pipeline)
{
    if (pipeline->options.stop != NULL)
        pthread_kill(pipeline->input_thread, SIGUSR1); /* its handler sets *stop */
}

/* When history cannot be ordered, nothing is worth reading or telling any more. */
static void order_check(struct pipeline *pipeline)
{
    if (order_status(&pipeline->order) == STATUS_OK || flag_is_raised(&pipeline->is_abandoned))
        return;
    flag_raise(&pipeline->is_abandoned);
    input_interrupt(pipeline);
}

/* Takes in what is left of the batch; gives it back when that was all. */
static void order_take_batch(struct pipeline *pipeline)
{
    struct batch *const batch = pipeline->batch;
    pipeline->batch_taken = order_take(&pipeline->order, batch, pipeline->batch_taken);
    if (order_is_disordered(&pipeline->order))
        flag_raise(&pipeline->is_abandoned);
    order_check(pipeline);
    pipeline->may_give = true;
    if (pipeline->batch_taken < batch->updates_count)
        return; /* no memory to hold more back: give out first */
    if (batch->is_last_part)
        pipeline->block_next++;
    pipeline->batch = NULL;
    pipeline->batch_taken = 0;
    const bool has_pushed = ring_push(&pipeline->workers[batch->worker].batches_back, batch);
    assert(has_pushed);
    (void)has_pushed;
}

static void order_tell_hit(void *self, const struct correlate_hit *hit)
{
    struct pipeline *const pipeline = self;
    signals_take_hit(pipeline->signals, hit, &pipeline->span->span.notes);
}

/* The state of a stream is saved whenever so much time has passed since the last time, or since the
 * first event: a stream may have no end. */
static void order_watch(struct pipeline *pipeline, const struct attempt *attempt)
{
    watched_note(&pipeline->watched, attempt->time_ns);
    const int64_t newest_ns = pipeline->watched.newest_ns;
    if (pipeline->options.is_history || pipeline->options.state_every_ns == 0 ||
        newest_ns < pipeline->save_ns)
        return;
    pipeline->is_saving |= pipeline->save_ns != INT64_MIN;
    pipeline->save_ns = civil_plus(newest_ns, pipeline->options.state_every_ns);
}

/* Once all that was given out has been detected and reported, nobody but the order stage has
 * anything to do with what is saved: the detection threads have given their spans back, and the
 * report is on this thread. */
static bool order_save(struct pipeline *pipeline)
{
    order_collect_spans(pipeline);
    if (pipeline->spans_free_count < SPANS || pipeline->spans_reported < pipeline->spans_sent)
        return false;
    pipeline->is_saving = false;
    if (report_is_unread(pipeline->report) || report_status(pipeline->report) != STATUS_OK)
        return true; /* a run of which not all was told has learned nothing */
    if (!remember_save_early(&pipeline->remember, pipeline->options.state,
                             order_bytes_spare(&pipeline->order)))
        pipeline->saves_failed++;
    return true;
}

/* What an allow entry covers is counted for it, and heard by nobody else. */
static void order_hear_allowed(struct pipeline *pipeline, struct attempt *attempt)
{
    if (pipeline->options.state != NULL)
        order_watch(pipeline, attempt);
    signals_begin(pipeline->signals, attempt);
    correlate_advance(pipeline->correlate, attempt->time_ns);
    covered_take(&pipeline->covered, attempt);
    order_release_hits(&pipeline->order, attempt);
}

/* What rules and correlations that report for themselves say about the attempts given out from
 * `from` on. */
static void order_hear(struct pipeline *pipeline, uint32_t from)
{
    struct span *const span = &pipeline->span->span;
    for (uint32_t i = from; i < span->count; i++) {
        struct attempt *const attempt = &span->attempts[i];
        if (attempt->allowance != 0) {
            order_hear_allowed(pipeline, attempt);
            continue;
        }
        if (pipeline->options.state != NULL) {
            order_watch(pipeline, attempt);
            visits_learn(&pipeline->visits, attempt);
        }
        signals_begin(pipeline->signals, attempt);
        correlate_advance(pipeline->correlate, attempt->time_ns);
        signals_take(pipeline->signals, attempt, attempt->hits, &span->notes);
        correlate_take(pipeline->correlate, attempt, attempt->hits);
        order_release_hits(&pipeline->order, attempt);
    }
}

static bool order_step(void *self)
{
    struct pipeline *const pipeline = self;
    if (pipeline->order_is_done)
        return false;
    if (pipeline->is_saving)
        return order_save(pipeline);
    if (pipeline->may_give) {
        if (!order_has_span(pipeline))
            return false;
        const uint32_t from = pipeline->span->span.count;
        pipeline->may_give = order_give(&pipeline->order, &pipeline->span->span);
        order_check(pipeline);
        order_hear(pipeline, from);
        if (pipeline->span->span.count == SPAN_ATTEMPTS_MAX || pipeline->is_saving)
            order_send(pipeline, false);
        return true;
    }
    if (pipeline->batch == NULL) {
        pipeline->batch = order_next_batch(pipeline);
        if (pipeline->batch != NULL)
            order_begin(&pipeline->order, pipeline->batch);
    }
    if (pipeline->batch != NULL) {
        order_take_batch(pipeline);
        return true;
    }
    if (!pipeline->order_is_ended && order_all_ended(pipeline)) {
        order_end(&pipeline->order);
        order_check(pipeline);
        pipeline->order_is_ended = true;
        pipeline->may_give = true;
        return true;
    }
    if (pipeline->order_is_ended) {
        if (!order_has_span(pipeline))
            return false;
        correlate_end(pipeline->correlate);
        order_send(pipeline, true);
        pipeline->order_is_done = true;
        return true;
    }
    /* Nothing more has come for now: what there is does not wait for a full span. */
    if (pipeline->span != NULL && pipeline->span->span.count > 0) {
        order_send(pipeline, false);
        return true;
    }
    return false;
}

/* ---- detection ---------------------------------------------------------------------------------
 */

static bool detection_step(void *self)
{
    struct detection *const detection = self;
    if (detection->is_done)
        return false;
    if (detection->span == NULL)
        detection->span = ring_pop(&detection->spans);
    if (detection->span == NULL)
        return false;
    struct findings *const findings = ring_pop(&detection->findings_back);
    if (findings == NULL)
        return false;
    findings_clear(findings);
    detect_span(detection->detect, &detection->span->span, findings);
    if (detection == &detection->pipeline->detections[0]) {
        /* The first takes the notes along; no other detection thread looks at them. */
        const struct notes empty = findings->notes;
        findings->notes = detection->span->span.notes;
        detection->span->span.notes = empty;
    }
    detection->is_done = findings->is_end;
    bool has_pushed = ring_push(&detection->spans_back, detection->span);
    detection->span = NULL;
    has_pushed = ring_push(&detection->findings, findings) && has_pushed;
    assert(has_pushed);
    return true;
}

/* ---- report ------------------------------------------------------------------------------------
 */

static bool report_step(void *self)
{
    struct pipeline *const pipeline = self;
    if (pipeline->report_is_done)
        return false;
    struct findings *parts[PARTITIONS_COUNT];
    bool has_all = true;
    for (unsigned i = 0; i < pipeline->detections_count; i++) {
        struct detection *const detection = &pipeline->detections[i];
        if (detection->head == NULL)
            detection->head = ring_pop(&detection->findings);
        parts[i] = detection->head;
        has_all = has_all && parts[i] != NULL;
    }
    if (!has_all)
        return false;
    const bool was_unread = report_is_unread(pipeline->report);
    report_take(pipeline->report, parts, pipeline->detections_count);
    pipeline->spans_reported++;
    if (parts[0]->is_end) {
        if (!flag_is_raised(&pipeline->is_abandoned))
            report_end(pipeline->report);
        pipeline->report_is_done = true;
    }
    if (report_is_overfull(pipeline->report))
        flag_raise(&pipeline->is_abandoned);
    if (!was_unread && report_is_unread(pipeline->report))
        input_interrupt(pipeline);
    for (unsigned i = 0; i < pipeline->detections_count; i++) {
        struct detection *const detection = &pipeline->detections[i];
        const bool has_pushed = ring_push(&detection->findings_back, detection->head);
        assert(has_pushed);
        (void)has_pushed;
        detection->head = NULL;
    }
    return true;
}

/* ---- threads ------------------------------------------------------------------------------------
 */

static bool host_is_done(const struct host *host)
{
    for (unsigned i = 0; i < host->stages_count; i++) {
        if (!*host->stages[i].is_done)
            return false;
    }
    return true;
}

static bool host_step(struct host *host)
{
    for (unsigned i = 0; i < host->stages_count; i++) {
        if (host->stages[i].step(host->stages[i].self))
            return true;
    }
    return false;
}

static void host_run(struct host *host)
{
    struct bell *const bell = &host->pipeline->bell;
    while (!host_is_done(host)) {
        const uint32_t seen = bell_count(bell);
        if (host_step(host))
            bell_ring(bell);
        else
            bell_wait(bell, seen);
    }
}

static void *host_thread(void *self)
{
    struct host *const host = self;
    pthread_mutex_lock(&host->pipeline->start);
    const bool is_cancelled = host->pipeline->is_cancelled;
    pthread_mutex_unlock(&host->pipeline->start);
    if (!is_cancelled)
        host_run(host);
    return NULL;
}

static void host_add(struct host *host, bool (*step)(void *), void *self, const bool *is_done)
{
    assert(host->stages_count < STAGES_PER_THREAD);
    host->stages[host->stages_count++] =
        (struct stage){.step = step, .self = self, .is_done = is_done};
}

/* Every thread has a worker, which gets what time the stages before it in its list leave. The first
 * thread reads; the last orders and reports; detection is on the last and those before it. */
static void pipeline_place(struct pipeline *pipeline)
{
    const unsigned threads = pipeline->options.threads;
    struct host *const last = &pipeline->hosts[threads - 1];
    host_add(last, report_step, pipeline, &pipeline->report_is_done);
    for (unsigned i = 0; i < pipeline->detections_count; i++) {
        host_add(&pipeline->hosts[threads - 1 - i], detection_step, &pipeline->detections[i],
                 &pipeline->detections[i].is_done);
    }
    host_add(last, order_step, pipeline, &pipeline->order_is_done);
    for (unsigned i = 0; i < threads; i++)
        host_add(&pipeline->hosts[i], worker_step, &pipeline->workers[i],
                 &pipeline->workers[i].is_done);
    host_add(&pipeline->hosts[0], input_step, pipeline, &pipeline->input_is_done);
}

/* ---- life ---------------------------------------------------------------------------------------
 */

static enum status worker_init(struct pipeline *pipeline, unsigned index)
{
    struct worker *const worker = &pipeline->workers[index];
    worker->pipeline = pipeline;
    worker->index = index;
    worker->is_beside_input = index == 0;
    enum status status = ring_init(&worker->blocks, BLOCKS_PER_WORKER + 1);
    if (status == STATUS_OK)
        status = ring_init(&worker->blocks_back, BLOCKS_PER_WORKER);
    if (status == STATUS_OK)
        status = ring_init(&worker->batches, BATCHES_PER_WORKER);
    if (status == STATUS_OK)
        status = ring_init(&worker->batches_back, BATCHES_PER_WORKER);
    for (unsigned i = 0; i < BLOCKS_PER_WORKER && status == STATUS_OK; i++) {
        status = input_block_init(&worker->block_pool[i], pipeline->options.input);
        if (status == STATUS_OK)
            worker->blocks_free[worker->blocks_free_count++] = &worker->block_pool[i];
    }
    for (unsigned i = 0; i < BATCHES_PER_WORKER && status == STATUS_OK; i++) {
        struct batch *const batch = malloc(sizeof(*batch));
        if (batch == NULL)
            return STATUS_NO_MEMORY;
        batch->worker = index;
        worker->batch_pool[i] = batch;
        if (!ring_push(&worker->batches_back, batch))
            return STATUS_INTERNAL;
    }
    return status;
}

static void worker_deinit(struct worker *worker)
{
    parser_destroy(worker->parser);
    ring_deinit(&worker->blocks);
    ring_deinit(&worker->blocks_back);
    ring_deinit(&worker->batches);
    ring_deinit(&worker->batches_back);
    for (unsigned i = 0; i < BLOCKS_PER_WORKER; i++)
        input_block_deinit(&worker->block_pool[i]);
    for (unsigned i = 0; i < BATCHES_PER_WORKER; i++)
        free(worker->batch_pool[i]);
}

static enum status detection_init(struct pipeline *pipeline, unsigned index, size_t bytes_max)
{
    struct detection *const detection = &pipeline->detections[index];
    detection->pipeline = pipeline;
    enum status status = ring_init(&detection->spans, SPANS);
    if (status == STATUS_OK)
        status = ring_init(&detection->spans_back, SPANS);
    if (status == STATUS_OK)
        status = ring_init(&detection->findings, FINDINGS_PER_DETECTION);
    if (status == STATUS_OK)
        status = ring_init(&detection->findings_back, FINDINGS_PER_DETECTION);
    for (unsigned i = 0; i < FINDINGS_PER_DETECTION && status == STATUS_OK; i++) {
        if (!ring_push(&detection->findings_back, &detection->findings_pool[i]))
            status = STATUS_INTERNAL;
    }
    if (status == STATUS_OK)
        status = detect_create(&detection->detect,
                               pipeline->options.trials != NULL
                                   ? trials_detectors(pipeline->options.trials)
                                   : detectors_of(pipeline->options.ruleset),
                               index, pipeline->detections_count, bytes_max);
    return status;
}

static void detection_deinit(struct detection *detection)
{
    detect_destroy(detection->detect);
    ring_deinit(&detection->spans);
    ring_deinit(&detection->spans_back);
    ring_deinit(&detection->findings);
    ring_deinit(&detection->findings_back);
    for (unsigned i = 0; i < FINDINGS_PER_DETECTION; i++)
        findings_deinit(&detection->findings_pool[i]);
}

static size_t share_of(const struct pipeline *pipeline, double share)
{
    return pipeline_share(pipeline->options.memory_bytes, share);
}

static size_t order_bytes(const struct pipeline *pipeline)
{
    return share_of(pipeline,
                    pipeline->options.state != NULL ? SHARE_ORDER_BESIDE_VISITS : SHARE_ORDER);
}

static bool has_correlations(const struct ruleset *ruleset)
{
    size_t count;
    (void)ruleset_correlations(ruleset, &count);
    return count > 0;
}

size_t pipeline_share_of_detect(const struct ruleset *ruleset, size_t memory_bytes)
{
    return pipeline_share(memory_bytes, has_correlations(ruleset)
                                            ? SHARE_DETECT - SHARE_CORRELATE - SHARE_HITS_DRAWN
                                            : SHARE_DETECT);
}

size_t pipeline_share_of_hits(const struct ruleset *ruleset, size_t memory_bytes)
{
    return pipeline_share(memory_bytes,
                          has_correlations(ruleset) ? SHARE_HITS + SHARE_HITS_DRAWN : SHARE_HITS);
}

static bool has_allowances(const struct ruleset *ruleset)
{
    size_t count;
    (void)ruleset_allowances(ruleset, &count);
    return count > 0;
}

size_t pipeline_share_of_familiar(const struct ruleset *ruleset, size_t memory_bytes)
{
    return pipeline_share(memory_bytes,
                          has_allowances(ruleset) ? SHARE_FAMILIAR_BESIDE_APART : SHARE_FAMILIAR);
}

static size_t detect_bytes(const struct pipeline_options *options)
{
    const size_t bytes = pipeline_share_of_detect(options->ruleset, options->memory_bytes);
    return options->trials != NULL ? TRIALS_WINDOWS * bytes : bytes;
}

static enum status order_stage_init(struct pipeline *pipeline, struct hash_key key)
{
    const struct pipeline_options *const options = &pipeline->options;
    enum status status = names_init(&pipeline->names, key, share_of(pipeline, SHARE_NAMES));
    if (status == STATUS_OK)
        status = familiar_init(&pipeline->familiar,
                               pipeline_share_of_familiar(options->ruleset, options->memory_bytes));
    const bool is_allowing = has_allowances(options->ruleset);
    if (status == STATUS_OK && is_allowing)
        status = familiar_init(&pipeline->apart, share_of(pipeline, SHARE_FAMILIAR_APART));
    if (status == STATUS_OK && is_allowing)
        status =
            covered_init(&pipeline->covered, options->ruleset, share_of(pipeline, SHARE_COVERED));
    if (status == STATUS_OK && options->state != NULL)
        status = familiar_keep_times(&pipeline->familiar);
    if (status == STATUS_OK && options->state != NULL)
        status = visits_init(&pipeline->visits, share_of(pipeline, SHARE_VISITS));
    if (status == STATUS_OK)
        status = seen_init(&pipeline->seen, share_of(pipeline, SHARE_SEEN));
    if (status == STATUS_OK) {
        const struct order_options order_options = {
            .lateness_ns = options->lateness_ns,
            .skew_ns_max = options->skew_ns_max,
            .is_history = options->is_history,
            .expects_order = options->expects_order,
            .bytes_max = order_bytes(pipeline),
            .hits_bytes_max = pipeline_share_of_hits(options->ruleset, options->memory_bytes),
            .spill_directory = options->spill_directory,
            .apart = is_allowing ? &pipeline->apart : NULL,
        };
        status = order_init(&pipeline->order, &order_options, &pipeline->names, &pipeline->familiar,
                            &pipeline->seen);
    }
    const struct signals_options signals_options = {
        .ruleset = options->ruleset,
        .names = &pipeline->names,
        .files = options->files,
        .format = options->format,
    };
    if (status == STATUS_OK)
        status = signals_create(&pipeline->signals, &signals_options);
    const struct correlate_options correlate_options = {
        .ruleset = options->ruleset,
        .names = &pipeline->names,
        .bytes_max = has_correlations(options->ruleset) ? share_of(pipeline, SHARE_CORRELATE) : 0,
        .tell = order_tell_hit,
        .self = pipeline,
    };
    if (status == STATUS_OK)
        status = correlate_create(&pipeline->correlate, &correlate_options);
    for (unsigned i = 0; i < SPANS; i++)
        pipeline->spans_free[pipeline->spans_free_count++] = &pipeline->span_pool[i];
    return status;
}

static void pipeline_destroy(struct pipeline *pipeline)
{
    for (unsigned i = 0; pipeline->workers != NULL && i < pipeline->workers_count; i++)
        worker_deinit(&pipeline->workers[i]);
    for (unsigned i = 0; pipeline->detections != NULL && i < pipeline->detections_count; i++)
        detection_deinit(&pipeline->detections[i]);
    report_destroy(pipeline->report);
    signals_destroy(pipeline->signals);
    correlate_destroy(pipeline->correlate);
    for (unsigned i = 0; i < SPANS; i++)
        notes_deinit(&pipeline->span_pool[i].span.notes);
    order_deinit(&pipeline->order);
    seen_deinit(&pipeline->seen);
    familiar_deinit(&pipeline->familiar);
    familiar_deinit(&pipeline->apart);
    covered_deinit(&pipeline->covered);
    visits_deinit(&pipeline->visits);
    names_deinit(&pipeline->names);
    free(pipeline->workers);
    free(pipeline->detections);
    free(pipeline->hosts);
    pthread_mutex_destroy(&pipeline->start);
    free(pipeline);
}

/* Every thread takes part in detecting history. A stream is detected by a quarter of the threads;
 * never by the one that reads, which may wait long for a pipe. */
static unsigned detections_for(const struct pipeline_options *options)
{
    const unsigned count = options->is_history    ? options->threads
                           : options->threads < 8 ? 1
                                                  : options->threads / 4;
    return count < PARTITIONS_COUNT ? count : PARTITIONS_COUNT;
}

static enum status pipeline_create(struct pipeline **out, const struct pipeline_options *options)
{
    struct pipeline *const pipeline = calloc(1, sizeof(*pipeline));
    if (pipeline == NULL)
        return STATUS_NO_MEMORY;
    pipeline->options = *options;
    bell_init(&pipeline->bell);
    pthread_mutex_init(&pipeline->start, NULL);
    pipeline->input_thread = pthread_self();
    pipeline->workers_count = options->threads;
    pipeline->detections_count = detections_for(options);
    pipeline->workers = calloc(pipeline->workers_count, sizeof(*pipeline->workers));
    pipeline->detections = calloc(pipeline->detections_count, sizeof(*pipeline->detections));
    pipeline->hosts = calloc(options->threads, sizeof(*pipeline->hosts));
    enum status status =
        pipeline->workers == NULL || pipeline->detections == NULL || pipeline->hosts == NULL
            ? STATUS_NO_MEMORY
            : STATUS_OK;
    const struct hash_key key = hash_key_random();
    if (status == STATUS_OK)
        status = order_stage_init(pipeline, key);
    const struct parser_options parser_options = {
        .schemas = options->schemas,
        .ruleset = options->ruleset,
        .key = key,
        .line_bytes_max = options->line_bytes_max,
        .tier = options->tier,
    };
    for (unsigned i = 0; i < pipeline->workers_count && status == STATUS_OK; i++) {
        status = worker_init(pipeline, i);
        if (status == STATUS_OK)
            status = parser_create(&pipeline->workers[i].parser, &parser_options);
    }
    for (unsigned i = 0; i < pipeline->detections_count && status == STATUS_OK; i++)
        status = detection_init(pipeline, i, detect_bytes(options));
    const bool is_allowing = has_allowances(options->ruleset);
    const struct report_options report_options = {
        .ruleset = options->ruleset,
        .names = &pipeline->names,
        .files = options->files,
        .fd = options->fd,
        .format = options->format,
        .width = options->width,
        .is_colored = options->is_colored,
        .quiet_ns = options->quiet_ns,
        .bytes_max =
            share_of(pipeline, is_allowing ? SHARE_CAMPAIGNS_BESIDE_HIDDEN : SHARE_CAMPAIGNS),
        .held_bytes_max = options->expects_order ? share_of(pipeline, SHARE_HELD) : 0,
        .hidden_fd = options->hidden_fd,
        .hidden_bytes_max = share_of(pipeline, SHARE_HIDDEN),
        .hidden_held_bytes_max = options->expects_order ? share_of(pipeline, SHARE_HIDDEN_HELD) : 0,
        .trials = options->trials,
    };
    if (status == STATUS_OK)
        status = report_create(&pipeline->report, &report_options);
    if (status != STATUS_OK) {
        pipeline_destroy(pipeline);
        return status;
    }
    for (unsigned i = 0; i < options->threads; i++)
        pipeline->hosts[i].pipeline = pipeline;
    pipeline_place(pipeline);
    *out = pipeline;
    return STATUS_OK;
}

static void result_fill(const struct pipeline *pipeline, struct pipeline_result *result)
{
    *result = (struct pipeline_result){
        .is_abandoned = pipeline->options.expects_order && flag_is_raised(&pipeline->is_abandoned),
        .is_unordered = order_status(&pipeline->order) != STATUS_OK,
        .counters = pipeline->order.counters,
        .campaigns = report_counters(pipeline->report),
        .accounts = names_count(&pipeline->names, TEXT_ACCOUNT),
        .addresses = names_address_count(&pipeline->names),
        .signals = signals_counters(pipeline->signals),
        .correlate = correlate_counters(pipeline->correlate),
        .names_refused = pipeline->names.refused,
        .released_early = pipeline->order.released_early,
        .saves_failed = pipeline->saves_failed,
        .runs = runs_counters(&pipeline->order.runs),
        .first_ns = pipeline->order.first_ns,
        .last_ns = pipeline->order.last_ns,
        .is_unread = report_is_unread(pipeline->report),
    };
    result->signals.lost = pipeline->order.hits_lost + pipeline->order.runs.hits_lost;
    size_t allowances_count;
    (void)ruleset_allowances(pipeline->options.ruleset, &allowances_count);
    for (size_t i = 0; i < allowances_count; i++)
        result->allowed[i] = (struct pipeline_allowed){
            .covered = pipeline->covered.entries[i],
            .campaigns = report_hidden_counters(pipeline->report, i),
        };
    for (unsigned i = 0; i < pipeline->detections_count; i++) {
        const struct detect_counters more = detect_counters(pipeline->detections[i].detect);
        result->detect.windows += more.windows;
        result->detect.windows_evicted += more.windows_evicted;
        result->detect.entries_forgotten += more.entries_forgotten;
        result->detect.crowd_refused += more.crowd_refused;
        result->detect.bytes += more.bytes;
    }
    assert(counters_hold(&result->counters)); /* every record is accounted for */
}

/* Starts all threads but this one, or none. Signals are for the thread that reads: there they
 * interrupt a read that waits. */
static enum status threads_start(struct pipeline *pipeline)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_mutex_lock(&pipeline->start);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    unsigned started = 1;
    while (started < pipeline->options.threads &&
           pthread_create(&pipeline->hosts[started].thread, NULL, host_thread,
                          &pipeline->hosts[started]) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pipeline->is_cancelled = started < pipeline->options.threads;
    pthread_mutex_unlock(&pipeline->start);
    if (!pipeline->is_cancelled)
        return STATUS_OK;
    for (unsigned i = 1; i < started; i++)
        pthread_join(pipeline->hosts[i].thread, NULL);
    fprintf(stderr, "spraywatch: the system gives only %u of %u threads; use --threads %u\n",
            started, pipeline->options.threads, started);
    return STATUS_INTERNAL;
}

/* What lasts between runs: loaded before any thread runs, saved after all have ended, and that of a
 * stream meanwhile too. */
static void remember_init(struct pipeline *pipeline)
{
    for (unsigned i = 0; i < pipeline->detections_count; i++)
        pipeline->detects[i] = pipeline->detections[i].detect;
    pipeline->save_ns = INT64_MIN;
    pipeline->remember = (struct remember){
        .ruleset = pipeline->options.ruleset,
        .names = &pipeline->names,
        .detects = pipeline->detects,
        .detects_count = pipeline->detections_count,
        .familiar = &pipeline->familiar,
        .visits = &pipeline->visits,
        .campaigns = report_campaigns(pipeline->report),
        .watched = &pipeline->watched,
    };
}

/* A run of which not all was told has learned nothing: it will be run again. */
static enum status pipeline_save(struct pipeline *pipeline, struct pipeline_result *result)
{
    if (pipeline->options.state == NULL || result->is_unread || result->is_abandoned)
        return STATUS_OK;
    order_deinit(&pipeline->order); /* its share of memory is what the state is put together in */
    const enum status status =
        remember_save(&pipeline->remember, pipeline->options.state, order_bytes(pipeline));
    result->state_refused = pipeline->remember.refused;
    return status;
}

enum status pipeline_run(const struct pipeline_options *options, struct pipeline_result *result)
{
    assert(options->threads >= 1);
    struct pipeline *pipeline;
    enum status status = pipeline_create(&pipeline, options);
    if (status != STATUS_OK)
        return status;
    remember_init(pipeline);
    if (options->state != NULL)
        status = remember_load(&pipeline->remember, options->state);
    if (status == STATUS_OK)
        status = threads_start(pipeline);
    if (status == STATUS_OK) {
        host_run(&pipeline->hosts[0]);
        for (unsigned i = 1; i < options->threads; i++)
            pthread_join(pipeline->hosts[i].thread, NULL);
        if (options->expects_order && !flag_is_raised(&pipeline->is_abandoned))
            report_release(pipeline->report);
        result_fill(pipeline, result);
        status = report_status(pipeline->report);
        if (status == STATUS_OK)
            status = order_status(&pipeline->order);
        if (status == STATUS_OK)
            status = pipeline_save(pipeline, result);
    }
    pipeline_destroy(pipeline);
    return status;
}
