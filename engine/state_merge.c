#include "engine/state_merge.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/base/civil.h"

static bool reader_next(void *self, struct state_entry *entry)
{
    return state_reader_next(self, entry);
}

struct state_source state_source_of(struct state_reader *reader)
{
    return (struct state_source){.next = reader_next, .self = reader};
}

/* Is the fact new enough? That depends on the fact alone and on the newest time, which only grows,
 * so it does not matter whether it is asked before joining or after. A fact beyond the newest time
 * is of a forged one. */
static bool is_needed(const struct state_fact *fact, const struct state_entry *entry,
                      int64_t newest_ns)
{
    const struct state_aspect *const traits = fact->traits;
    if (traits->keep_ns == 0)
        return true;
    const int64_t unit_ns = traits->number_ns > 0 ? traits->number_ns : 1;
    const int64_t number = traits->number_ns > 0 ? fact->number : entry->values[0];
    const int64_t newest = civil_units(newest_ns, unit_ns);
    return number <= newest && civil_elapsed(newest, number) < traits->keep_ns / unit_ns;
}

/* Of some aspects only the newest are kept: they wait here until all about one thing have come.
 * Among equals the first keys stay. Who is not among the newest of some states is not among those
 * of more.
 */
struct newest_place {
    struct state_entry entry;
    char key[STATE_KEY_MAX];
};

struct newest {
    struct newest_place *order[STATE_MOST_MAX + 1]; /* in the order of their keys */
    unsigned count;
    size_t front_bytes;
    char front[STATE_KEY_MAX];
    struct newest_place places[STATE_MOST_MAX + 1];
};

static void newest_begin(struct newest *newest, struct slice front)
{
    newest->count = 0;
    memcpy(newest->front, front.start, front.bytes);
    newest->front_bytes = front.bytes;
    for (size_t i = 0; i <= STATE_MOST_MAX; i++)
        newest->order[i] = &newest->places[i];
}

static void newest_add(struct newest *newest, const struct state_entry *entry, unsigned most)
{
    struct newest_place *const added = newest->order[newest->count];
    added->entry = *entry;
    memcpy(added->key, entry->key.start, entry->key.bytes);
    added->entry.key.start = added->key;
    if (++newest->count <= most)
        return;
    unsigned oldest = 0;
    for (unsigned i = 1; i < newest->count; i++) {
        if (newest->order[i]->entry.values[0] <= newest->order[oldest]->entry.values[0])
            oldest = i;
    }
    struct newest_place *const gone = newest->order[oldest];
    newest->count--;
    memmove(&newest->order[oldest], &newest->order[oldest + 1],
            (newest->count - oldest) * sizeof(newest->order[0]));
    newest->order[newest->count] = gone;
}

static void newest_write(struct newest *newest, struct state_writer *writer)
{
    for (unsigned i = 0; i < newest->count; i++)
        state_writer_add(writer, &newest->order[i]->entry);
    newest->count = 0;
    newest->front_bytes = 0;
}

/* Writes a fact, when its turn has come. */
static void fact_write(struct newest *newest, const struct state_fact *fact,
                       const struct state_entry *entry, struct state_writer *writer)
{
    const struct slice front = slice_of(newest->front, newest->front_bytes);
    if (front.bytes > 0 && !slice_equals(front, fact->front))
        newest_write(newest, writer);
    if (fact->traits->most == 0) {
        state_writer_add(writer, entry);
        return;
    }
    if (newest->front_bytes == 0)
        newest_begin(newest, fact->front);
    newest_add(newest, entry, fact->traits->most);
}

struct head {
    struct state_entry entry;
    bool is_there;
};

/* The source whose next key comes first; `count`: all are at their end. */
static size_t first_of(const struct head *heads, size_t count)
{
    size_t first = count;
    for (size_t i = 0; i < count; i++) {
        if (heads[i].is_there &&
            (first == count || state_key_order(heads[i].entry.key, heads[first].entry.key) < 0))
            first = i;
    }
    return first;
}

/* Joins what all sources say about the first's key, and marks them. False: a source is no state. */
static bool heads_join(struct head *heads, size_t count, size_t first, struct state_fact *fact,
                       struct state_entry *joined, bool is_part[STATE_SOURCES_MAX])
{
    *joined = heads[first].entry;
    if (!state_fact_read(fact, joined))
        return false;
    for (size_t i = 0; i < count; i++) {
        is_part[i] = heads[i].is_there && slice_equals(heads[i].entry.key, joined->key);
        if (is_part[i] && heads[i].entry.values_count != joined->values_count)
            return false;
        if (is_part[i])
            state_join(fact->traits, joined->values, heads[i].entry.values);
    }
    return true;
}

static enum status merge(const struct state_source *sources, size_t count, struct newest *newest,
                         struct state_writer *writer)
{
    int64_t newest_ns = INT64_MIN; /* comes before all that it says something about */
    struct head heads[STATE_SOURCES_MAX];
    for (size_t i = 0; i < count; i++)
        heads[i].is_there = sources[i].next(sources[i].self, &heads[i].entry);
    size_t first;
    while ((first = first_of(heads, count)) < count) {
        struct state_fact fact;
        struct state_entry joined;
        bool is_part[STATE_SOURCES_MAX];
        if (!heads_join(heads, count, first, &fact, &joined, is_part))
            return STATUS_DAMAGED;
        if (fact.kind == STATE_SPAN && fact.aspect == STATE_SPAN_NEWEST)
            newest_ns = joined.values[0];
        if (is_needed(&fact, &joined, newest_ns))
            fact_write(newest, &fact, &joined, writer);
        for (size_t i = 0; i < count; i++) {
            if (is_part[i])
                heads[i].is_there = sources[i].next(sources[i].self, &heads[i].entry);
        }
    }
    newest_write(newest, writer);
    return STATUS_OK;
}

enum status state_merge(const struct state_source *sources, size_t count,
                        struct state_writer *writer)
{
    assert(count <= STATE_SOURCES_MAX);
    struct newest *const newest = calloc(1, sizeof(*newest));
    if (newest == NULL)
        return STATUS_NO_MEMORY;
    const enum status status = merge(sources, count, newest, writer);
    free(newest);
    return status;
}
