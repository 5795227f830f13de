#include "engine/rule_yaml.h"

#include <string.h>

#include "engine/alert.h"
#include "engine/base/json_write.h"
#include "rules/extension.h"

/* Values are written as JSON, which is YAML: whatever stands in a text needs no further thought. */
struct yaml {
    FILE *stream;
    struct json_write json;
    bool has_failed;
};

/* `key: ` and the value that has been written. */
static void print_value(struct yaml *yaml, unsigned depth, const char *key)
{
    const struct slice text = json_write_text(&yaml->json);
    fprintf(yaml->stream, "%*s%s: %.*s\n", (int)(2 * depth), "", key, (int)text.bytes, text.start);
    yaml->has_failed |= !json_write_ok(&yaml->json);
    json_write_reset(&yaml->json);
}

static void print_text(struct yaml *yaml, unsigned depth, const char *key, const char *text)
{
    if (text[0] == '\0')
        return;
    json_write_string(&yaml->json, slice_from_string(text));
    print_value(yaml, depth, key);
}

static void print_texts(struct yaml *yaml, unsigned depth, const char *key,
                        const char *const *texts, size_t count)
{
    if (count == 0)
        return;
    json_write_array_begin(&yaml->json);
    for (size_t i = 0; i < count; i++)
        json_write_string(&yaml->json, slice_from_string(texts[i]));
    json_write_array_end(&yaml->json);
    print_value(yaml, depth, key);
}

static void write_span(struct json_write *json, int64_t span_ns)
{
    char span[KEY_TEXT_BYTES];
    span_text(span_ns, span);
    json_write_string(json, slice_from_string(span));
}

static void write_key(struct json_write *json, const struct detector_key *key)
{
    json_write_array_begin(json);
    for (unsigned i = 0; i < key->fields_count; i++)
        json_write_string(json, slice_from_string(field_name(key->fields[i])));
    json_write_array_end(json);
}

static void print_head(struct yaml *yaml, const struct rule_head *head)
{
    print_text(yaml, 0, "title", head->title);
    print_text(yaml, 0, "id", head->id);
    print_text(yaml, 0, "name", head->name);
    print_text(yaml, 0, "status", head->status);
    print_text(yaml, 0, "description", head->description);
    print_texts(yaml, 0, "references", head->references.items, head->references.count);
    print_text(yaml, 0, "author", head->author);
    print_text(yaml, 0, "license", head->license);
    print_text(yaml, 0, "date", head->date);
    print_text(yaml, 0, "modified", head->modified);
    print_text(yaml, 0, "level", head->level);
    print_texts(yaml, 0, "tags", head->tags, head->tags_count);
}

static void print_correlation(struct yaml *yaml, const struct rule_entry *entry,
                              const struct detector *detector)
{
    const bool counts_values = detector->type == CORRELATION_VALUE_COUNT;
    fputs("correlation:\n", yaml->stream);
    print_text(yaml, 1, "type", counts_values ? "value_count" : "event_count");
    print_texts(yaml, 1, "rules", entry->rules.items, entry->rules.count);
    write_key(&yaml->json, &detector->keys[0]);
    print_value(yaml, 1, "group-by");
    write_span(&yaml->json, detector->spans_ns[0]);
    print_value(yaml, 1, "timespan");
    json_write_object_begin(&yaml->json);
    if (counts_values)
        json_write_key_cstring(&yaml->json, "field", field_name(detector->counted));
    if (detector->condition.min != INT64_MIN)
        json_write_key_integer(&yaml->json, "gte", detector->condition.min);
    if (detector->condition.max != INT64_MAX)
        json_write_key_integer(&yaml->json, "lte", detector->condition.max);
    json_write_object_end(&yaml->json);
    print_value(yaml, 1, "condition");
}

/* Parts of one parameter stand together. */
static void print_parameters(struct yaml *yaml, const struct detector *detector)
{
    struct extension_parameter parameter, next;
    for (size_t i = 0; extension_parameter(detector, i, &parameter); i++) {
        if (parameter.is_span) {
            write_span(&yaml->json, parameter.span_ns);
            print_value(yaml, 1, parameter.key);
            continue;
        }
        json_write_object_begin(&yaml->json);
        json_write_key_double(&yaml->json, parameter.part, parameter.number);
        for (; extension_parameter(detector, i + 1, &next) && strcmp(next.key, parameter.key) == 0;
             i++)
            json_write_key_double(&yaml->json, next.part, next.number);
        json_write_object_end(&yaml->json);
        print_value(yaml, 1, parameter.key);
    }
}

static void print_extension(struct yaml *yaml, const struct detector *detector)
{
    fputs("spraywatch:\n", yaml->stream);
    print_text(yaml, 1, "kind", detector_kind_name(detector->kind));
    if (detector->keys_count > 1) {
        json_write_array_begin(&yaml->json);
        for (unsigned i = 1; i < detector->keys_count; i++)
            write_key(&yaml->json, &detector->keys[i]);
        json_write_array_end(&yaml->json);
        print_value(yaml, 1, "also-by");
    }
    if (detector->spans_count > 1) {
        json_write_array_begin(&yaml->json);
        for (unsigned i = 1; i < detector->spans_count; i++)
            write_span(&yaml->json, detector->spans_ns[i]);
        json_write_array_end(&yaml->json);
        print_value(yaml, 1, "also-timespan");
    }
    print_parameters(yaml, detector);
}

enum status rule_yaml_print(FILE *stream, const struct rule_entry *entry,
                            const struct detector *detector)
{
    struct yaml yaml = {.stream = stream};
    json_write_init(&yaml.json);
    print_head(&yaml, entry->head);
    print_correlation(&yaml, entry, detector);
    print_extension(&yaml, detector);
    json_write_deinit(&yaml.json);
    return yaml.has_failed ? STATUS_NO_MEMORY : STATUS_OK;
}
