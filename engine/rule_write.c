#include "engine/rule_write.h"

#include "engine/alert.h"
#include "parsers/coverage.h"
#include "rules/correlation.h"
#include "rules/extension.h"

static void write_texts(struct json_write *json, const char *key, const char *const *texts,
                        size_t count)
{
    json_write_key_array(json, key);
    for (size_t i = 0; i < count; i++)
        json_write_string(json, slice_from_string(texts[i]));
    json_write_array_end(json);
}

static void write_attack(struct json_write *json, const struct rule_head *head)
{
    char technique[16];
    json_write_key_array(json, "attack");
    for (unsigned i = 0; i < head->tags_count; i++) {
        if (alert_technique(head->tags[i], technique))
            json_write_string(json, slice_from_string(technique));
    }
    json_write_array_end(json);
}

static void write_logsource(struct json_write *json, const struct rule_head *head)
{
    json_write_key_object(json, "logsource");
    if (head->category[0] != '\0')
        json_write_key_cstring(json, "category", head->category);
    if (head->product[0] != '\0')
        json_write_key_cstring(json, "product", head->product);
    if (head->service[0] != '\0')
        json_write_key_cstring(json, "service", head->service);
    json_write_object_end(json);
}

static void write_datasets(struct json_write *json, const struct rule_book *book,
                           const struct rule_entry *entry)
{
    bool is_all;
    (void)rule_book_datasets(book, entry, &is_all);
    json_write_key_array(json, "datasets");
    if (is_all)
        json_write_string(json, SLICE("*"));
    for (size_t i = 0; !is_all && i < schema_set_datasets_count(book->schemas); i++) {
        if (rule_book_is_for(book, entry, (unsigned)i))
            json_write_string(json, slice_from_string(schema_set_dataset_name(book->schemas, i)));
    }
    json_write_array_end(json);
}

static void write_field_names(struct json_write *json, const struct rule_book *book,
                              const struct rule_entry *entry)
{
    unsigned fields[RULE_FIELDS_MAX];
    const size_t count = rule_book_fields(book, entry, fields);
    json_write_key_array(json, "fields");
    for (size_t i = 0; i < count; i++)
        json_write_string(json, slice_from_string(survey_field(book->ruleset, fields[i]).name));
    json_write_array_end(json);
}

/* What `list` and `show` have in common. */
static void write_common(struct json_write *json, const struct rule_book *book,
                         const struct rule_entry *entry)
{
    const struct rule_head *const head = entry->head;
    json_write_key_cstring(json, "kind", rule_book_kind(book, entry));
    json_write_key_cstring(json, "name", head->name);
    json_write_key_cstring(json, "id", head->id);
    json_write_key_cstring(json, "title", head->title);
    json_write_key_cstring(json, "level", head->level);
    json_write_key_unsigned(json, "severity", head->severity);
    json_write_key_cstring(json, "status", head->status);
    json_write_key_cstring(json, "author", head->author);
    json_write_key_cstring(json, "license", head->license);
    write_attack(json, head);
    write_texts(json, "tags", head->tags, head->tags_count);
    write_logsource(json, head);
    write_datasets(json, book, entry);
    write_field_names(json, book, entry);
    write_texts(json, "rules", entry->rules.items, entry->rules.count);
    json_write_key_bool(json, "reports", rule_book_reports(book, entry));
    json_write_key_cstring(json, "file", head->path);
    json_write_key_unsigned(json, "line", head->line);
}

void rule_write_row(struct json_write *json, const struct rule_book *book,
                    const struct rule_entry *entry)
{
    json_write_object_begin(json);
    write_common(json, book, entry);
    json_write_object_end(json);
    json_write_newline(json);
}

/* ---- conditions ----------------------------------------------------------------------------- */

/* An outline, a row for each part: a condition may be deeper than a JSON document should be. */
static void write_rows(struct json_write *json, const struct expression *expression, unsigned depth)
{
    static const char *const kinds[] = {[EXPRESSION_PREDICATE] = "item",
                                        [EXPRESSION_AND] = "all",
                                        [EXPRESSION_OR] = "any",
                                        [EXPRESSION_NOT] = "not"};
    const struct item_text *const item = expression->item;
    json_write_object_begin(json);
    json_write_key_unsigned(json, "depth", depth);
    json_write_key_cstring(json, "is", item != NULL ? "item" : kinds[expression->kind]);
    if (expression->label != NULL)
        json_write_key_cstring(json, "name", expression->label);
    if (item != NULL) {
        json_write_key_cstring(json, "field", item->key);
        write_texts(json, "values", (const char *const *)item->values, item->values_count);
        json_write_key_unsigned(json, "line", item->line);
    }
    json_write_object_end(json);
    for (size_t i = 0; item == NULL && i < expression->children_count; i++)
        write_rows(json, expression->children[i], depth + 1);
}

/* ---- fields --------------------------------------------------------------------------------- */

static void write_paths(struct json_write *json, const struct rule_book *book,
                        const struct rule_entry *entry, enum event_field field)
{
    const char *paths[COVERAGE_PATHS_MAX];
    json_write_key_object(json, field_name(field));
    for (size_t i = 0; i < schema_set_datasets_count(book->schemas); i++) {
        if (entry->sort != SORT_FILTER && !rule_book_is_for(book, entry, (unsigned)i))
            continue;
        const size_t count = coverage_paths(book->schemas, i, field, paths);
        if (count > 0)
            write_texts(json, schema_set_dataset_name(book->schemas, i), paths, count);
    }
    json_write_object_end(json);
}

static void write_field(struct json_write *json, const struct rule_book *book,
                        const struct rule_entry *entry, unsigned field)
{
    const struct surveyed_field surveyed = survey_field(book->ruleset, field);
    json_write_object_begin(json);
    json_write_key_cstring(json, "field", surveyed.name);
    if (surveyed.names_count > 0)
        write_texts(json, "record", (const char *const *)surveyed.names, surveyed.names_count);
    json_write_key_object(json, "paths");
    if (surveyed.event != FIELD_COUNT)
        write_paths(json, book, entry, surveyed.event);
    for (size_t i = 0; i < surveyed.names_count; i++) {
        const enum event_field event = field_by_name(slice_from_string(surveyed.names[i]));
        if (event != FIELD_COUNT)
            write_paths(json, book, entry, event);
    }
    json_write_object_end(json);
    json_write_object_end(json);
}

static void write_reads(struct json_write *json, const struct rule_book *book,
                        const struct rule_entry *entry)
{
    unsigned fields[RULE_FIELDS_MAX];
    const size_t count = rule_book_fields(book, entry, fields);
    json_write_key_array(json, "reads");
    for (size_t i = 0; i < count; i++)
        write_field(json, book, entry, fields[i]);
    json_write_array_end(json);
}

/* ---- correlations --------------------------------------------------------------------------- */

static void write_keys(struct json_write *json, const struct detector *detector)
{
    json_write_key_array(json, "group_by");
    for (unsigned i = 0; i < detector->keys_count; i++) {
        json_write_array_begin(json);
        for (unsigned j = 0; j < detector->keys[i].fields_count; j++)
            json_write_string(json, slice_from_string(field_name(detector->keys[i].fields[j])));
        json_write_array_end(json);
    }
    json_write_array_end(json);
    json_write_key_array(json, "timespans");
    for (unsigned i = 0; i < detector->spans_count; i++) {
        char span[KEY_TEXT_BYTES];
        span_text(detector->spans_ns[i], span);
        json_write_string(json, slice_from_string(span));
    }
    json_write_array_end(json);
}

static void write_count(struct json_write *json, const struct detector *detector)
{
    json_write_key_object(json, "count");
    if (detector->type == CORRELATION_VALUE_COUNT)
        json_write_key_cstring(json, "field", field_name(detector->counted));
    if (detector->condition.min != INT64_MIN)
        json_write_key_integer(json, "gte", detector->condition.min);
    if (detector->condition.max != INT64_MAX)
        json_write_key_integer(json, "lte", detector->condition.max);
    json_write_object_end(json);
}

static void write_bound(struct json_write *json, const struct correlation *correlation,
                        const char *key, int64_t number)
{
    const double unit = correlation_has_numbers(correlation->type) ? 1e6 : 1;
    json_write_key_double(json, key, (double)number / unit);
}

static void write_correlation(struct json_write *json, const struct rule_entry *entry,
                              const struct correlation *correlation)
{
    const struct correlation_bounds *const bounds = &correlation->bounds;
    char span[KEY_TEXT_BYTES];
    span_text(correlation->span_ns, span);
    write_texts(json, "group_by", correlation->parts, correlation->parts_count);
    json_write_key_cstring(json, "timespan", span);
    json_write_key_object(json, "bounds");
    if (bounds->min != INT64_MIN)
        write_bound(json, correlation, bounds->min_is_open ? "gt" : "gte", bounds->min);
    if (bounds->max != INT64_MAX)
        write_bound(json, correlation, bounds->max_is_open ? "lt" : "lte", bounds->max);
    if (bounds->has_neq)
        write_bound(json, correlation, "neq", bounds->neq);
    if (correlation->type == CORRELATION_VALUE_PERCENTILE)
        json_write_key_unsigned(json, "percentile", correlation->percentile);
    json_write_object_end(json);
    write_texts(json, "conditions", entry->conditions.items, entry->conditions.count);
    json_write_key_bool(json, "judged_at_end", correlation->is_judged_at_end);
}

/* Parts of one parameter stand together. */
static void write_parameters(struct json_write *json, const struct detector *detector)
{
    struct extension_parameter parameter;
    const char *open = NULL;
    json_write_key_object(json, "parameters");
    for (size_t i = 0; extension_parameter(detector, i, &parameter); i++) {
        if (open != NULL && strcmp(open, parameter.key) != 0) {
            json_write_object_end(json);
            open = NULL;
        }
        if (parameter.is_span) {
            char span[KEY_TEXT_BYTES];
            span_text(parameter.span_ns, span);
            json_write_key_cstring(json, parameter.key, span);
            continue;
        }
        if (open == NULL)
            json_write_key_object(json, parameter.key);
        open = parameter.key;
        json_write_key_double(json, parameter.part, parameter.number);
    }
    if (open != NULL)
        json_write_object_end(json);
    json_write_object_end(json);
}

void rule_write_whole(struct json_write *json, const struct rule_book *book,
                      const struct rule_entry *entry)
{
    const struct rule_head *const head = entry->head;
    const struct detector *const detector = rule_book_detector(book, entry);
    const struct correlation *const correlation = rule_book_correlation(book, entry);
    json_write_object_begin(json);
    write_common(json, book, entry);
    json_write_key_cstring(json, "description", head->description);
    json_write_key_cstring(json, "date", head->date);
    json_write_key_cstring(json, "modified", head->modified);
    write_texts(json, "references", head->references.items, head->references.count);
    if (detector != NULL) {
        write_keys(json, detector);
        write_count(json, detector);
        write_parameters(json, detector);
    } else if (correlation != NULL) {
        write_correlation(json, entry, correlation);
    } else {
        write_texts(json, "conditions", entry->conditions.items, entry->conditions.count);
        json_write_key_array(json, "understood");
        write_rows(json, entry->expression, 0);
        json_write_array_end(json);
    }
    write_reads(json, book, entry);
    json_write_object_end(json);
    json_write_newline(json);
}
