#include "engine/journal.h"

#include <stdlib.h>

#include "engine/base/civil.h"
#include "rules/correlation.h"

enum { CAPACITY_MIN = 1024 };

void journal_init(struct journal *journal, const struct ruleset *ruleset, size_t bytes_max)
{
    size_t count;
    *journal = (struct journal){
        .correlations = ruleset_correlations(ruleset, &count),
        .capacity_max = bytes_max / sizeof(*journal->entries),
        .lost_ns = INT64_MIN,
    };
    for (size_t i = 0; i < count; i++) {
        if (journal->correlations[i].span_ns > journal->span_ns)
            journal->span_ns = journal->correlations[i].span_ns;
    }
}

void journal_deinit(struct journal *journal)
{
    free(journal->entries);
}

static struct journal_entry *entry_at(const struct journal *journal, size_t position)
{
    return &journal->entries[(journal->start + position) % journal->capacity];
}

static void oldest_drop(struct journal *journal)
{
    journal->start = (journal->start + 1) % journal->capacity;
    journal->count--;
}

static bool journal_grow(struct journal *journal)
{
    const size_t capacity = journal->capacity > 0 ? 2 * journal->capacity : CAPACITY_MIN;
    if (capacity > journal->capacity_max)
        return false;
    struct journal_entry *const entries = calloc(capacity, sizeof(*entries));
    if (entries == NULL)
        return false;
    for (size_t i = 0; i < journal->count; i++)
        entries[i] = *entry_at(journal, i);
    free(journal->entries);
    journal->entries = entries;
    journal->capacity = capacity;
    journal->start = 0;
    return true;
}

void journal_add(struct journal *journal, const struct correlate_counted *counted)
{
    const int64_t since_ns = civil_minus(counted->time_ns, journal->span_ns);
    while (journal->count > 0 && entry_at(journal, 0)->time_ns < since_ns)
        oldest_drop(journal);
    if (journal->count == journal->capacity && !journal_grow(journal)) {
        journal->lost_ns = journal->count > 0 ? entry_at(journal, 0)->time_ns : counted->time_ns;
        if (journal->count == 0)
            return;
        oldest_drop(journal);
    }
    journal->count++;
    *entry_at(journal, journal->count - 1) = (struct journal_entry){
        .group = counted->group,
        .time_ns = counted->time_ns,
        .sources = counted->sources,
        .value = counted->value,
        .number = counted->number,
        .line = counted->evidence->line,
        .offset = counted->evidence->offset,
        .file = counted->evidence->file,
        .correlation = counted->correlation,
    };
}

const struct journal_entry *journal_newest(const struct journal *journal, size_t position)
{
    return position < journal->count ? entry_at(journal, journal->count - 1 - position) : NULL;
}

/* ---- windows -------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right)
{
    const struct journal_entry *const a = left, *const b = right;
    return (a->value > b->value) - (a->value < b->value);
}

static int by_number(const void *left, const void *right)
{
    const struct journal_entry *const a = left, *const b = right;
    return (a->number > b->number) - (a->number < b->number);
}

/* Of entries in any order, which are put in another one. */
static double number_of(const struct correlation *rule, struct journal_entry *entries, size_t count)
{
    __int128 sum = 0;
    size_t distinct = 0;
    qsort(entries, count, sizeof(*entries),
          correlation_has_numbers(rule->type) ? by_number : by_value);
    for (size_t i = 0; i < count; i++) {
        sum += entries[i].number;
        distinct += i == 0 || entries[i].value != entries[i - 1].value;
    }
    switch (rule->type) {
    case CORRELATION_VALUE_COUNT:
        return (double)distinct;
    case CORRELATION_VALUE_SUM:
        return (double)sum / 1e6;
    case CORRELATION_VALUE_AVG:
        return (double)sum / 1e6 / (double)count;
    case CORRELATION_VALUE_MEDIAN:
    case CORRELATION_VALUE_PERCENTILE:
        return (double)entries[correlation_rank(rule, (int64_t)count) - 1].number / 1e6;
    case CORRELATION_EVENT_COUNT:
    case CORRELATION_TEMPORAL:
    case CORRELATION_TEMPORAL_ORDERED:
        break;
    }
    return (double)count;
}

static bool is_in(const struct journal_entry *entry, const struct journal_entry *of,
                  int64_t since_ns)
{
    return entry->correlation == of->correlation && entry->group == of->group &&
           entry->time_ns >= since_ns;
}

enum status journal_window_init(struct journal_window *window, const struct journal *journal,
                                const struct journal_entry *of, int64_t since_ns)
{
    *window = (struct journal_window){.is_incomplete = journal->lost_ns >= since_ns};
    size_t count = 0;
    for (size_t i = 0; i < journal->count; i++)
        count += is_in(entry_at(journal, i), of, since_ns);
    window->entries = calloc(count, 2 * sizeof(*window->entries)); /* a copy to put in order */
    if (window->entries == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < journal->count; i++) {
        const struct journal_entry *const entry = entry_at(journal, i);
        if (!is_in(entry, of, since_ns))
            continue;
        window->sources |= entry->sources;
        window->entries[count + window->count] = *entry;
        window->entries[window->count++] = *entry;
    }
    window->number =
        number_of(&journal->correlations[of->correlation], window->entries + count, count);
    return STATUS_OK;
}

void journal_window_deinit(struct journal_window *window)
{
    free(window->entries);
}
