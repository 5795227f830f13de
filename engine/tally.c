#include "engine/tally.h"

#include <assert.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"

_Static_assert(offsetof(struct member, time_ns) == offsetof(struct tally_entry, time_ns) &&
                   offsetof(struct member, sequence) == offsetof(struct tally_entry, sequence) &&
                   offsetof(struct member, counted) == offsetof(struct tally_entry, counted) &&
                   offsetof(struct member, source) == offsetof(struct tally_entry, source),
               "a member begins like a tally entry");

enum { LOG_START = 4, SET_START = 4 };

void tally_init(struct tally *tally, uint32_t entry_bytes, uint32_t spans_count)
{
    assert(spans_count <= TALLY_SPANS_MAX);
    *tally =
        (struct tally){.entry_bytes = entry_bytes, .spans_count = spans_count, .now_ns = INT64_MIN};
}

static void set_deinit(struct tally_set *set, struct slab *slab)
{
    slab_give(slab, set->values, set->capacity * sizeof(struct tally_value));
    *set = (struct tally_set){0};
}

void tally_deinit(struct tally *tally, struct slab *slab)
{
    slab_give(slab, tally->log, (size_t)tally->log_capacity * tally->entry_bytes);
    tally->log = NULL;
    tally->log_capacity = tally->log_count = 0;
    set_deinit(&tally->values, slab);
    set_deinit(&tally->sources, slab);
}

/* ---- distinct values ------------------------------------------------------------------------ */

static uint32_t set_home(const struct tally_set *set, uint32_t value)
{
    return (uint32_t)hash_mix(value) & (set->capacity - 1);
}

static struct tally_value *set_find(const struct tally_set *set, uint32_t value)
{
    if (set->capacity == 0)
        return NULL;
    uint32_t at = set_home(set, value);
    while (set->values[at].value != 0 && set->values[at].value != value)
        at = (at + 1) & (set->capacity - 1);
    return &set->values[at];
}

static bool set_reserve(struct tally_set *set, struct slab *slab)
{
    if (2 * (set->count + 1) <= set->capacity)
        return true;
    struct tally_set larger = {.capacity = set->capacity == 0 ? SET_START : 2 * set->capacity,
                               .count = set->count};
    const size_t bytes = larger.capacity * sizeof(struct tally_value);
    larger.values = slab_take(slab, bytes);
    if (larger.values == NULL)
        return false;
    memset(larger.values, 0, bytes);
    for (uint32_t i = 0; i < set->capacity; i++) {
        if (set->values[i].value != 0)
            *set_find(&larger, set->values[i].value) = set->values[i];
    }
    slab_give(slab, set->values, set->capacity * sizeof(struct tally_value));
    *set = larger;
    return true;
}

static void set_remove(struct tally_set *set, struct tally_value *value)
{
    const uint32_t mask = set->capacity - 1;
    uint32_t hole = (uint32_t)(value - set->values);
    for (uint32_t at = (hole + 1) & mask; set->values[at].value != 0; at = (at + 1) & mask) {
        const uint32_t home = set_home(set, set->values[at].value);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            set->values[hole] = set->values[at];
            hole = at;
        }
    }
    set->values[hole] = (struct tally_value){0};
    set->count--;
}

static bool value_is_latest(const struct tally_value *value, const struct tally_entry *entry)
{
    return value->value != 0 && value->last_ns == entry->time_ns &&
           value->sequence == (uint32_t)entry->sequence;
}

/* ---- the log -------------------------------------------------------------------------------- */

static char *log_at(const struct tally *tally, uint32_t position)
{
    const uint32_t index = (tally->log_start + position) & (tally->log_capacity - 1);
    return tally->log + (size_t)index * tally->entry_bytes;
}

static const struct tally_entry *entry_at(const struct tally *tally, uint32_t position)
{
    return (const struct tally_entry *)log_at(tally, position);
}

static bool log_reserve(struct tally *tally, struct slab *slab)
{
    if (tally->log_count < tally->log_capacity)
        return true;
    const uint32_t capacity = tally->log_capacity == 0 ? LOG_START : 2 * tally->log_capacity;
    char *const larger = slab_take(slab, (size_t)capacity * tally->entry_bytes);
    if (larger == NULL)
        return false;
    for (uint32_t i = 0; i < tally->log_count; i++)
        memcpy(larger + (size_t)i * tally->entry_bytes, log_at(tally, i), tally->entry_bytes);
    slab_give(slab, tally->log, (size_t)tally->log_capacity * tally->entry_bytes);
    tally->log = larger;
    tally->log_capacity = capacity;
    tally->log_start = 0;
    return true;
}

/* ---- leaving --------------------------------------------------------------------------------- */

/* The first entry of a span leaves it. */
static void span_leave(struct tally *tally, unsigned span)
{
    const struct tally_entry *const entry = entry_at(tally, tally->span_start[span]);
    struct tally_counts *const counts = &tally->counts[span];
    counts->attempts--;
    const struct tally_value *const value =
        entry->counted != 0 ? set_find(&tally->values, entry->counted) : NULL;
    if (value != NULL && value_is_latest(value, entry))
        counts->values--;
    const struct tally_value *const source =
        entry->source != 0 ? set_find(&tally->sources, entry->source) : NULL;
    if (source != NULL && value_is_latest(source, entry))
        counts->sources--;
    tally->span_start[span]++;
}

/* The first entry of the log is in no span any more. */
static void log_drop(struct tally *tally)
{
    const struct tally_entry *const entry = entry_at(tally, 0);
    struct tally_value *const value =
        entry->counted != 0 ? set_find(&tally->values, entry->counted) : NULL;
    if (value != NULL && value_is_latest(value, entry))
        set_remove(&tally->values, value);
    struct tally_value *const source =
        entry->source != 0 ? set_find(&tally->sources, entry->source) : NULL;
    if (source != NULL && value_is_latest(source, entry))
        set_remove(&tally->sources, source);
    tally->log_start = (tally->log_start + 1) & (tally->log_capacity - 1);
    tally->log_count--;
    for (unsigned span = 0; span < tally->spans_count; span++)
        tally->span_start[span]--;
}

static void log_drop_unused(struct tally *tally)
{
    for (;;) {
        if (tally->log_count == 0)
            return;
        for (unsigned span = 0; span < tally->spans_count; span++) {
            if (tally->span_start[span] == 0)
                return;
        }
        log_drop(tally);
    }
}

/* The oldest entry leaves before its time. */
static void log_forget(struct tally *tally)
{
    for (unsigned span = 0; span < tally->spans_count; span++) {
        if (tally->span_start[span] == 0)
            span_leave(tally, span);
    }
    log_drop(tally);
}

void tally_advance(struct tally *tally, struct slab *slab, const int64_t *spans_ns, int64_t now_ns)
{
    if (now_ns <= tally->now_ns)
        return;
    tally->now_ns = now_ns;
    if (tally->log_count == 0)
        return;
    for (unsigned span = 0; span < tally->spans_count; span++) {
        const int64_t oldest_ns = civil_minus(now_ns, spans_ns[span]);
        while (tally->span_start[span] < tally->log_count &&
               entry_at(tally, tally->span_start[span])->time_ns < oldest_ns)
            span_leave(tally, span);
    }
    log_drop_unused(tally);
    if (tally->log_count == 0)
        tally_deinit(tally, slab);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* Counts the value in every span that the entry lies in and the value's latest entry does not. */
static void set_note(struct tally_set *set, uint32_t value, const struct tally_entry *entry,
                     const int64_t *spans_ns, const struct tally *tally,
                     bool enters[TALLY_SPANS_MAX])
{
    struct tally_value *const at = set_find(set, value);
    const bool is_new = at->value == 0;
    for (unsigned span = 0; span < tally->spans_count; span++) {
        const int64_t oldest_ns = civil_minus(tally->now_ns, spans_ns[span]);
        enters[span] = entry->time_ns >= oldest_ns && (is_new || at->last_ns < oldest_ns);
    }
    if (is_new)
        set->count++;
    if (is_new || entry->time_ns >= at->last_ns)
        *at = (struct tally_value){
            .last_ns = entry->time_ns, .sequence = (uint32_t)entry->sequence, .value = value};
}

/* Where the entry belongs: behind all that are not later. At the end, but for late entries. */
static uint32_t log_position(const struct tally *tally, int64_t time_ns)
{
    uint32_t position = tally->log_count;
    while (position > 0 && entry_at(tally, position - 1)->time_ns > time_ns)
        position--;
    return position;
}

static void log_insert(struct tally *tally, uint32_t position, const void *entry)
{
    for (uint32_t at = tally->log_count; at > position; at--)
        memcpy(log_at(tally, at), log_at(tally, at - 1), tally->entry_bytes);
    memcpy(log_at(tally, position), entry, tally->entry_bytes);
    tally->log_count++;
}

static bool tally_reserve(struct tally *tally, struct slab *slab, const struct tally_entry *entry)
{
    return log_reserve(tally, slab) && (entry->counted == 0 || set_reserve(&tally->values, slab)) &&
           (entry->source == 0 || set_reserve(&tally->sources, slab));
}

unsigned tally_add(struct tally *tally, struct slab *slab, const int64_t *spans_ns,
                   const void *entry_bytes)
{
    const struct tally_entry *const entry = entry_bytes;
    tally_advance(tally, slab, spans_ns, entry->time_ns);
    bool is_in_any = false;
    for (unsigned span = 0; span < tally->spans_count; span++)
        is_in_any |= entry->time_ns >= civil_minus(tally->now_ns, spans_ns[span]);
    if (!is_in_any)
        return 0; /* so late that no window reaches back to it */

    unsigned forgotten = 0;
    while (!tally_reserve(tally, slab, entry)) {
        forgotten++;
        if (tally->log_count == 0)
            return forgotten;
        log_forget(tally);
    }

    const uint32_t position = log_position(tally, entry->time_ns);
    log_insert(tally, position, entry_bytes);
    bool value_enters[TALLY_SPANS_MAX] = {false}, source_enters[TALLY_SPANS_MAX] = {false};
    if (entry->counted != 0)
        set_note(&tally->values, entry->counted, entry, spans_ns, tally, value_enters);
    if (entry->source != 0)
        set_note(&tally->sources, entry->source, entry, spans_ns, tally, source_enters);
    for (unsigned span = 0; span < tally->spans_count; span++) {
        if (entry->time_ns < civil_minus(tally->now_ns, spans_ns[span])) {
            tally->span_start[span]++; /* it lies before the span */
            continue;
        }
        tally->counts[span].attempts++;
        tally->counts[span].values += value_enters[span];
        tally->counts[span].sources += source_enters[span];
    }
    return forgotten;
}

const void *tally_entry_at(const struct tally *tally, unsigned span, uint32_t index)
{
    return log_at(tally, tally->span_start[span] + index);
}
