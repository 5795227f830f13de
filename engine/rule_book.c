#include "engine/rule_book.h"

#include <stdlib.h>
#include <string.h>

#include "rules/correlation.h"
#include "rules/extension.h"

enum status rules_bind_schemas(struct ruleset *ruleset, const struct schema_set *schemas)
{
    const char *names[DATASETS_MAX];
    const size_t count = schema_set_datasets_count(schemas);
    for (size_t i = 0; i < count; i++)
        names[i] = schema_set_dataset_name(schemas, i);
    return ruleset_bind_datasets(ruleset, names, count);
}

enum status rule_book_init(struct rule_book *book, const struct ruleset_options *options,
                           struct diagnostics *diagnostics)
{
    const struct schema_set_options schema_options = {.wanted = SCHEMA_WANTED_ALL};
    *book = (struct rule_book){0};
    enum status status = ruleset_create_with(&book->ruleset, options, diagnostics);
    if (status == STATUS_OK)
        status = schema_set_create(&book->schemas, &schema_options, diagnostics);
    if (status == STATUS_OK)
        status = rules_bind_schemas(book->ruleset, book->schemas);
    if (status == STATUS_OK)
        status = matcher_create(&book->matcher, book->ruleset);
    return status;
}

void rule_book_deinit(struct rule_book *book)
{
    matcher_destroy(book->matcher);
    if (book->schemas != NULL)
        schema_set_destroy(book->schemas);
    ruleset_destroy(book->ruleset);
    *book = (struct rule_book){0};
}

const char *rule_entry_handle(const struct rule_entry *entry)
{
    const struct rule_head *const head = entry->head;
    return head->name[0] != '\0' ? head->name : head->id[0] != '\0' ? head->id : head->title;
}

const struct rule_entry *rule_entry_find(const struct ruleset *ruleset, struct slice word)
{
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(ruleset, &count);
    const struct rule_entry *by_title = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct rule_head *const head = entries[i].head;
        if (slice_equals(slice_from_string(head->name), word) ||
            slice_equals_folded(slice_from_string(head->id), word))
            return &entries[i];
        if (by_title == NULL && slice_equals(slice_from_string(head->title), word))
            by_title = &entries[i];
    }
    return by_title;
}

const char *rule_entry_nearest(const struct ruleset *ruleset, struct slice word)
{
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(ruleset, &count);
    const char **const known = calloc(count + 1, sizeof(*known));
    for (size_t i = 0; known != NULL && i < count; i++)
        known[i] = rule_entry_handle(&entries[i]);
    const char *const nearest = known != NULL ? nearest_word(word, known) : NULL;
    free(known);
    return nearest;
}

const struct detector *rule_book_detector(const struct rule_book *book,
                                          const struct rule_entry *entry)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(book->ruleset, &count);
    return entry->sort == SORT_DETECTOR ? &detectors[entry->index] : NULL;
}

const struct correlation *rule_book_correlation(const struct rule_book *book,
                                                const struct rule_entry *entry)
{
    size_t count;
    const struct correlation *const correlations = ruleset_correlations(book->ruleset, &count);
    return entry->sort == SORT_CORRELATION ? &correlations[entry->index] : NULL;
}

bool rule_book_counts(const struct rule_book *book, const struct rule_entry *counting,
                      const struct rule_entry *counted)
{
    const struct detector *const detector = rule_book_detector(book, counting);
    if (detector != NULL)
        return counted->sort == SORT_RULE && survey_counts(book->ruleset, detector, counted->index);
    const struct correlation *const correlation = rule_book_correlation(book, counting);
    for (unsigned i = 0; correlation != NULL && i < correlation->sources_count; i++) {
        const struct correlation_source *const source = &correlation->sources[i];
        const enum rule_sort sort = source->is_correlation ? SORT_CORRELATION : SORT_RULE;
        if (counted->sort == sort && counted->index == source->index)
            return true;
    }
    return false;
}

bool rule_book_reports(const struct rule_book *book, const struct rule_entry *entry)
{
    const struct correlation *const correlation = rule_book_correlation(book, entry);
    if (correlation != NULL)
        return correlation->reports;
    return entry->sort == SORT_DETECTOR ||
           (entry->sort == SORT_RULE && ruleset_rule_reports(book->ruleset, entry->index));
}

const char *rule_book_kind(const struct rule_book *book, const struct rule_entry *entry)
{
    const struct detector *const detector = rule_book_detector(book, entry);
    const struct correlation *const correlation = rule_book_correlation(book, entry);
    if (detector != NULL)
        return detector_kind_name(detector->kind);
    if (correlation != NULL)
        return correlation_type_name(correlation->type);
    return entry->sort == SORT_RULE ? "rule" : "filter";
}

bool rule_book_is_for(const struct rule_book *book, const struct rule_entry *entry,
                      unsigned dataset)
{
    if (entry->sort == SORT_RULE)
        return matcher_dataset_can(book->matcher, entry->expression, dataset);
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(book->ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if (rule_book_counts(book, entry, &entries[i]) &&
            rule_book_is_for(book, &entries[i], dataset))
            return true;
    }
    return false;
}

size_t rule_book_datasets(const struct rule_book *book, const struct rule_entry *entry,
                          bool *is_all)
{
    const size_t all = schema_set_datasets_count(book->schemas);
    size_t count = 0;
    for (size_t i = 0; i < all; i++)
        count += rule_book_is_for(book, entry, (unsigned)i);
    *is_all = count == all;
    return count;
}

size_t rule_book_fields(const struct rule_book *book, const struct rule_entry *entry,
                        unsigned fields[RULE_FIELDS_MAX])
{
    const struct detector *const detector = rule_book_detector(book, entry);
    const struct correlation *const correlation = rule_book_correlation(book, entry);
    if (correlation != NULL)
        return survey_draws(book->ruleset, correlation, fields);
    if (detector == NULL)
        return survey_fields(book->ruleset, entry->expression, fields);
    const field_set set = detector_fields(detector);
    size_t count = 0;
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        if ((set >> field & 1) != 0)
            fields[count++] = field;
    }
    return count;
}
