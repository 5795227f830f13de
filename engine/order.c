#include "engine/order.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/prefetch.h"
#include "engine/hits.h"
#include "rules/ruleset.h"

enum {
    KEYS_PER_SLOT = 2, /* those that are out may stay in the list until they are as many again */
    HITS_BYTES_MIN = 64 * 1024,
    FLOW_EVENTS_MIN = 4096, /* go on together: stages that take turns seldom keep their caches */
    FAMILIAR_AHEAD = 16,    /* attempts whose history is fetched before they are judged */
    SLOTS_MIN = RUNS_MEMORY_MIN / sizeof(struct attempt) + 1, /* their memory merges the runs */
    BYTES_PER_EVENT =
        sizeof(struct attempt) + KEYS_PER_SLOT * sizeof(struct order_key) + sizeof(uint32_t),
};

enum status order_init(struct order *order, const struct order_options *options,
                       struct names *names, struct familiar *familiar, struct seen *seen)
{
    *order = (struct order){
        .options = *options,
        .names = names,
        .familiar = familiar,
        .seen = seen,
        .high_ns = INT64_MIN,
        .forced_ns = INT64_MIN,
        .is_heap = !options->is_history,
        .first_ns = INT64_MAX,
        .last_ns = INT64_MIN,
    };
    const size_t piece_bytes = runs_piece_bytes(options->bytes_max); /* at most, being written */
    const size_t slots_max =
        options->bytes_max > piece_bytes ? (options->bytes_max - piece_bytes) / BYTES_PER_EVENT : 0;
    order->slots_max = slots_max < SLOTS_MIN    ? SLOTS_MIN
                       : slots_max > UINT32_MAX ? UINT32_MAX
                                                : (uint32_t)slots_max;
    const size_t slots_bytes = order->slots_max * sizeof(struct attempt);
    enum status status = region_init(&order->slots, slots_bytes);
    if (status == STATUS_OK)
        status = region_init(&order->free_slots, order->slots_max * sizeof(uint32_t));
    if (status == STATUS_OK)
        status =
            region_init(&order->keys, KEYS_PER_SLOT * order->slots_max * sizeof(struct order_key));
    if (status == STATUS_OK)
        status = slab_init(&order->hits, options->hits_bytes_max > HITS_BYTES_MIN
                                             ? options->hits_bytes_max
                                             : HITS_BYTES_MIN);
    if (status == STATUS_OK)
        status = runs_init(&order->runs, options->spill_directory, slots_bytes, &order->hits);
    if (status == STATUS_OK)
        status = twins_init(&order->twins);
    if (status != STATUS_OK)
        order_deinit(order);
    return status;
}

void order_deinit(struct order *order)
{
    region_deinit(&order->slots);
    region_deinit(&order->free_slots);
    region_deinit(&order->keys);
    slab_deinit(&order->hits);
    runs_deinit(&order->runs);
    twins_deinit(&order->twins);
}

static struct attempt *slot_at(const struct order *order, uint32_t slot)
{
    return (struct attempt *)order->slots.start + slot;
}

static struct order_key *key_at(const struct order *order, size_t index)
{
    return (struct order_key *)order->keys.start + index;
}

/* ---- watermark ----------------------------------------------------------------------------- */

static bool is_settled(const struct order *order)
{
    return order->settle_count == ORDER_SETTLE_EVENTS;
}

/* The watermark by lateness alone. INT64_MIN: there is none yet. */
static int64_t watermark_by_lateness(const struct order *order)
{
    const bool is_there =
        order->options.is_history ? order->options.expects_order : is_settled(order);
    return is_there ? civil_minus(order->high_ns, order->options.lateness_ns) : INT64_MIN;
}

/* Events up to this time may go: one that comes later with the very same time stands behind them.
 */
static int64_t watermark(const struct order *order)
{
    const int64_t mark = watermark_by_lateness(order);
    return mark > order->forced_ns ? mark : order->forced_ns;
}

static int time_compare(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The first events decide where time stands: the highest that is not far ahead of their median,
 * so that one forged time at the start makes nothing late. */
static void watermark_settle(struct order *order, int64_t time_ns)
{
    order->settle_ns[order->settle_count++] = time_ns;
    if (!is_settled(order))
        return;
    qsort(order->settle_ns, ORDER_SETTLE_EVENTS, sizeof(int64_t), time_compare);
    const int64_t limit =
        civil_plus(order->settle_ns[ORDER_SETTLE_EVENTS / 2], order->options.skew_ns_max);
    for (int i = 0; i < ORDER_SETTLE_EVENTS; i++) {
        if (order->settle_ns[i] <= limit)
            order->high_ns = order->settle_ns[i];
        else
            order->counters.future++;
    }
}

static void watermark_move(struct order *order, int64_t time_ns)
{
    if (order->options.is_history) {
        /* Nothing is late in history; where order is expected, any time ahead makes disorder. */
        if (time_ns > order->high_ns)
            order->high_ns = time_ns;
        return;
    }
    if (!is_settled(order)) {
        watermark_settle(order, time_ns);
        return;
    }
    if (time_ns <= order->high_ns) {
        order->jump_count = 0;
        return;
    }
    if (time_ns <= civil_plus(order->high_ns, order->options.skew_ns_max)) {
        order->high_ns = time_ns;
        order->jump_count = 0;
        return;
    }
    /* Too far ahead. A gap in the log looks the same, but then all that follows agrees. */
    order->counters.future++;
    if (order->jump_count == 0 || time_ns < order->jump_ns)
        order->jump_ns = time_ns;
    if (++order->jump_count == ORDER_JUMP_EVENTS) {
        order->high_ns = order->jump_ns;
        order->jump_count = 0;
    }
}

/* ---- what may go --------------------------------------------------------------------------- */

static size_t order_waiting(const struct order *order)
{
    return order->keys_count - order->keys_given;
}

/* Drops from the list what is out. */
static void keys_drop(struct order *order)
{
    memmove(key_at(order, 0), key_at(order, order->keys_given),
            order_waiting(order) * sizeof(struct order_key));
    order->keys_count -= order->keys_given;
    order->keys_sorted -= order->keys_given;
    order->keys_given = 0;
}

static void keys_sort(struct order *order)
{
    keys_drop(order);
    order->keys_sorted = order->keys_count;
    order->ripe_ns = watermark(order);
    order_keys_sort(key_at(order, 0), order->keys_count);
}

static void list_push(struct order *order, struct order_key key)
{
    if (order->keys_count == KEYS_PER_SLOT * (size_t)order->slots_max)
        keys_drop(order);
    *key_at(order, order->keys_count++) = key;
}

static const struct order_key *order_first(const struct order *order)
{
    return key_at(order, order->is_heap ? 0 : order->keys_given);
}

static bool order_may_give(const struct order *order)
{
    if (order_waiting(order) == 0)
        return false;
    if (order->is_ended)
        return true;
    if (order->is_heap)
        return order_first(order)->time_ns <= watermark(order);
    return order->keys_given < order->keys_sorted && order_first(order)->time_ns < order->ripe_ns;
}

/* ---- taking in ----------------------------------------------------------------------------- */

static void order_let_go(struct order *order, uint32_t slot)
{
    ((uint32_t *)order->free_slots.start)[order->free_count++] = slot;
}

/* True when nothing more can be held back. */
static bool order_is_full(const struct order *order)
{
    return order->free_count == 0 && order->slots_count == order->slots_max;
}

/* What does not fit into memory goes to disk: nothing has to go before the end. */
static bool order_spills(const struct order *order)
{
    return order->options.is_history && !order->options.expects_order;
}

/* The same for one that spills, which also has to keep the rules that the update matches. */
static bool order_is_full_for(const struct order *order, const struct update *update)
{
    return order_is_full(order) ||
           (update->hits_count > 0 && order_waiting(order) > 0 &&
            !slab_has_room(&order->hits, hits_bytes(update->hits_count, update->drawn_count)));
}

static uint32_t order_slot(struct order *order)
{
    if (order->free_count > 0)
        return ((uint32_t *)order->free_slots.start)[--order->free_count];
    return order->slots_count++;
}

static struct hit_value hit_value_of(struct order *order, const struct drawn *drawn,
                                     const char *text)
{
    const struct text_ref ref = {.hash = drawn->hash, .bytes = drawn->bytes};
    return (struct hit_value){.number = drawn->number,
                              .draw = drawn->draw,
                              .name = names_intern(order->names, NAMES_DRAWN, text, &ref)};
}

static struct hits *hits_keep(struct order *order, const struct batch *batch,
                              const struct update *update)
{
    if (update->hits_count == 0)
        return NULL;
    struct hits *const hits =
        slab_take(&order->hits, hits_bytes(update->hits_count, update->drawn_count));
    if (hits == NULL) {
        order->hits_lost++;
        return NULL;
    }
    *hits = (struct hits){.rules_count = update->hits_count, .values_count = update->drawn_count};
    const char *at = batch->text + update->hits_offset;
    memcpy(hits_rules(hits), at, update->hits_count * sizeof(uint32_t));
    at += update->hits_count * sizeof(uint32_t);
    const char *text = at + update->drawn_count * sizeof(struct drawn);
    for (uint32_t i = 0; i < update->drawn_count; i++) {
        struct drawn drawn;
        memcpy(&drawn, at + i * sizeof(drawn), sizeof(drawn));
        hits->values[i] = hit_value_of(order, &drawn, text);
        text += drawn.bytes;
    }
    return hits;
}

size_t order_bytes_spare(const struct order *order)
{
    return (size_t)(order->slots_max - order->slots_count) * BYTES_PER_EVENT;
}

void order_release_hits(struct order *order, struct attempt *attempt)
{
    if (attempt->hits != NULL)
        slab_give(&order->hits, attempt->hits,
                  hits_bytes(attempt->hits->rules_count, attempt->hits->values_count));
    attempt->hits = NULL;
}

static void attempt_fill(struct order *order, struct attempt *attempt, const struct batch *batch,
                         const struct update *update)
{
    /* Field by field: compilers clear a whole struct with a slow instruction. */
    attempt->time_ns = update->time_ns;
    attempt->sequence = order->sequence;
    attempt->rules = update->rules;
    attempt->offset = update->offset;
    attempt->line = order->line_base + update->newlines + 1;
    attempt->hits = hits_keep(order, batch, update);
    attempt->file = batch->source;
    attempt->source = attempt->source_network = attempt->source_site = NAME_NONE;
    attempt->asn = update->asn;
    attempt->code = update->code;
    attempt->country = update->country;
    attempt->dataset = update->dataset;
    attempt->outcome = update->outcome;
    attempt->verdict = update->verdict;
    attempt->flags = update->flags;
    attempt->familiar = 0;
    attempt->is_late = 0;
    attempt->allowance = update->allowance & ALLOWANCES_MAX; /* all the bits that there are */
    for (int kind = 0; kind < TEXT_COUNTED; kind++)
        attempt->name[kind] =
            names_intern(order->names, (enum event_text)kind,
                         batch->text + update->text[kind].offset, &update->text[kind]);
    if ((update->flags & EVENT_HAS_SOURCE) != 0) {
        attempt->source = names_intern_address(order->names, &update->source, update->source_hash);
        const struct address_entry *const entry = names_address(order->names, attempt->source);
        attempt->source_network = attempt->source == NAME_OTHER ? NAME_OTHER : entry->network;
        attempt->source_site = attempt->source == NAME_OTHER ? NAME_OTHER : entry->site;
        if (attempt->source_site != attempt->source_network)
            attempt->flags |= EVENT_SOURCE_IPV6;
        attempt->asn =
            attempt->source == NAME_OTHER
                ? 0
                : names_address_asn(order->names, attempt->source, batch->source, update->asn);
    }
}

/* A duplicate may be the one record from which the worker has read the ASN. */
static void order_learn_asn(struct order *order, const struct batch *batch,
                            const struct update *update)
{
    if (update->asn == 0 || (update->flags & EVENT_HAS_SOURCE) == 0)
        return;
    const uint32_t source =
        names_intern_address(order->names, &update->source, update->source_hash);
    if (source != NAME_OTHER)
        names_address_asn(order->names, source, batch->source, update->asn);
}

static void order_take_update(struct order *order, const struct batch *batch,
                              const struct update *update)
{
    if (update->id_hash != 0 && seen_before(order->seen, update->id_hash)) {
        order->counters.duplicate++;
        order_learn_asn(order, batch, update);
        return;
    }
    order->counters.normalized++;
    if (update->time_ns < order->first_ns)
        order->first_ns = update->time_ns;
    if (update->time_ns > order->last_ns)
        order->last_ns = update->time_ns;

    const uint32_t slot = order_slot(order);
    struct attempt *const attempt = slot_at(order, slot);
    attempt_fill(order, attempt, batch, update);

    struct order_key key = {
        .time_ns = update->time_ns, .sequence = order->sequence++, .slot = slot};
    const int64_t mark = watermark(order);
    if (update->time_ns < mark) {
        attempt->is_late = 1;
        order->counters.late++;
        /* As if everything up to the watermark had gone already: behind it, before the rest. */
        key.time_ns = mark;
    }
    if (order->is_heap)
        order_keys_push(key_at(order, 0), &order->keys_count, key);
    else
        list_push(order, key);
    watermark_move(order, update->time_ns);
}

/* Where memory for held-back events is used up, the oldest go before their time. */
static void order_force(struct order *order)
{
    if (!order->is_heap) {
        keys_sort(order); /* a sorted list is a heap */
        order->is_heap = true;
    }
    const int64_t oldest_ns = key_at(order, 0)->time_ns;
    if (oldest_ns > order->forced_ns)
        order->forced_ns = oldest_ns;
}

/* Puts all that is held back aside, as one run. */
static void order_spill(struct order *order)
{
    keys_sort(order);
    runs_begin(&order->runs);
    for (size_t i = 0; i < order->keys_count; i++)
        runs_add(&order->runs, slot_at(order, key_at(order, i)->slot));
    runs_end(&order->runs);
    order->keys_count = order->keys_sorted = 0;
    order->slots_count = 0;
    slab_clear(&order->hits);
}

enum { AHEAD = 4 }; /* updates between the steps of fetching */

static void prefetch_slots(const struct order *order, const struct update *update)
{
    seen_prefetch(order->seen, update->id_hash);
    names_prefetch_slot(&order->names->tables[TEXT_ACCOUNT], update->text[TEXT_ACCOUNT].hash);
    names_prefetch_slot(&order->names->addresses, update->source_hash);
}

static void prefetch_entries(const struct order *order, const struct update *update)
{
    names_prefetch_entry(&order->names->tables[TEXT_ACCOUNT], update->text[TEXT_ACCOUNT].hash,
                         sizeof(struct name_entry));
    names_prefetch_entry(&order->names->addresses, update->source_hash,
                         sizeof(struct address_entry));
}

/* What the updates ahead of `at` will look up is fetched in steps, so that each finds what the one
 * before has fetched: slots, entries, texts. Of the texts only accounts are many. */
static void order_prefetch(const struct order *order, const struct batch *batch, uint32_t at)
{
    const struct update *const updates = &batch->updates[at];
    const uint32_t left = batch->updates_count - at;
    if (left > AHEAD)
        names_prefetch_text(order->names, &order->names->tables[TEXT_ACCOUNT],
                            updates[AHEAD].text[TEXT_ACCOUNT].hash);
    if (left > 2 * AHEAD)
        prefetch_entries(order, &updates[2 * AHEAD]);
    if (left > 3 * AHEAD)
        prefetch_slots(order, &updates[3 * AHEAD]);
}

/* The same for the first updates of a batch, which have nothing before them. */
static void order_prefetch_first(const struct order *order, const struct batch *batch)
{
    for (uint32_t i = 0; i < 3 * AHEAD && i < batch->updates_count; i++)
        prefetch_slots(order, &batch->updates[i]);
    for (uint32_t i = 0; i < 2 * AHEAD && i < batch->updates_count; i++)
        prefetch_entries(order, &batch->updates[i]);
}

void order_begin(struct order *order, const struct batch *batch)
{
    if (!order->has_source || order->source != batch->source) {
        order->has_source = true;
        order->source = batch->source;
        order->line_base = 0;
    }
    order->line_base += batch->newlines_skipped;
    counters_add(&order->counters, &batch->counters);
    order_prefetch_first(order, batch);
}

/* Where order is expected, what has come in is sorted whenever much of it is new. */
static void order_flow(struct order *order)
{
    const size_t fresh = order->keys_count - order->keys_sorted;
    if (fresh >= FLOW_EVENTS_MIN && fresh >= order_waiting(order) / 4)
        keys_sort(order);
}

uint32_t order_take(struct order *order, const struct batch *batch, uint32_t from)
{
    uint32_t at = from;
    for (; at < batch->updates_count; at++) {
        if (order_spills(order)) {
            if (order_is_full_for(order, &batch->updates[at]))
                order_spill(order);
        } else if (order_is_full(order)) {
            /* What the watermark has passed goes first; only when that is not enough is it moved.
             * So the moment does not depend on how often `order_give` was called. */
            if (order->options.expects_order && !order->is_heap)
                keys_sort(order);
            if (!order_may_give(order))
                order_force(order);
            return at;
        }
        order_prefetch(order, batch, at);
        order_take_update(order, batch, &batch->updates[at]);
    }
    if (batch->is_last_part)
        order->line_base += batch->newlines;
    if (order->options.expects_order && !order->is_heap)
        order_flow(order);
    return at;
}

void order_end(struct order *order)
{
    order->is_ended = true;
    if (runs_are_there(&order->runs)) {
        /* All in one way: what is still in memory becomes a run too, and its memory is lent. */
        order_spill(order);
        runs_merge(&order->runs, order->slots.start);
    } else if (!order->is_heap) {
        keys_sort(order);
    }
}

/* ---- giving out ---------------------------------------------------------------------------- */

/* Sorted history shows what comes next. */
static void order_prefetch_next(const struct order *order)
{
    enum { STEP = 4 };
    const size_t next = order->keys_given + STEP;
    if (next >= order->keys_count)
        return;
    const char *const attempt = (const char *)slot_at(order, key_at(order, next)->slot);
    for (size_t at = 0; at < sizeof(struct attempt); at += 64)
        prefetch(attempt + at);
}

/* The first of what is held back, which may go. */
static struct order_key order_pop(struct order *order)
{
    if (order->is_heap)
        return order_keys_pop(key_at(order, 0), &order->keys_count);
    order_prefetch_next(order);
    return *key_at(order, order->keys_given++);
}

/* The next attempt that waits for no twin; false: there is none for now. */
static bool order_pop_twins(struct order *order, bool is_end, struct attempt *next)
{
    enum twins_result result;
    while ((result = twins_pop(&order->twins, is_end, next)) == TWINS_REMOVED)
        order_release_hits(order, next);
    return result == TWINS_GOES_ON;
}

/* The next attempt of the runs that goes on; false: there is none. */
static bool order_next_of_runs(struct order *order, struct attempt *next)
{
    struct twins *const twins = &order->twins;
    while (!order_pop_twins(order, runs_are_out(&order->runs), next)) {
        if (!runs_next(&order->runs, next))
            return false;
        if (!twins_concern(twins, next))
            return true;
        twins_push(twins, next);
    }
    return true;
}

/* The next attempt that goes on, after twins were removed; false: there is none for now. */
static bool order_next(struct order *order, struct attempt *next)
{
    struct twins *const twins = &order->twins;
    while (!order_pop_twins(order, order->is_ended && order_waiting(order) == 0, next)) {
        if (!order_may_give(order))
            return false;
        const struct order_key key = order_pop(order);
        struct attempt *const attempt = slot_at(order, key.slot);
        if (!order->is_ended && !order->options.is_history && attempt->is_late == 0 &&
            key.time_ns > watermark_by_lateness(order))
            order->released_early++;
        const bool concerns_twins = twins_concern(twins, attempt);
        if (concerns_twins)
            twins_push(twins, attempt);
        else
            *next = *attempt;
        order_let_go(order, key.slot);
        if (!concerns_twins)
            return true;
    }
    return true;
}

/* Twins were counted as they came in. */
static void order_count_twins(struct order *order, uint64_t removed)
{
    order->counters.normalized -= removed;
    order->counters.duplicate += removed;
}

static void order_judge(struct order *order, struct attempt *attempt)
{
    if (attempt->allowance == 0) {
        attempt->familiar = familiar_judge(order->familiar, attempt);
        familiar_learn(order->familiar, attempt);
        return;
    }
    /* What is allowed teaches nothing about what is not; the other way round it does, since both
     * would have been known without the entry. */
    attempt->familiar =
        familiar_judge(order->familiar, attempt) | familiar_judge(order->options.apart, attempt);
    familiar_learn(order->options.apart, attempt);
}

bool order_give(struct order *order, struct span *span)
{
    const uint64_t removed_before = order->twins.removed;
    bool (*const next)(struct order * order, struct attempt * next) =
        order->is_ended && runs_are_there(&order->runs) ? order_next_of_runs : order_next;
    bool has_next = true;
    while (span->count < SPAN_ATTEMPTS_MAX && has_next) {
        uint32_t end = span->count;
        while (end < SPAN_ATTEMPTS_MAX && end < span->count + FAMILIAR_AHEAD && has_next) {
            has_next = next(order, &span->attempts[end]);
            if (has_next)
                familiar_prefetch(order->familiar, &span->attempts[end++]);
        }
        for (; span->count < end; span->count++)
            order_judge(order, &span->attempts[span->count]);
    }
    order_count_twins(order, order->twins.removed - removed_before);
    return has_next;
}
