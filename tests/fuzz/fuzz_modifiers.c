/*
 * Any modifiers of an item: the first line is what stands behind the field's `|`, the second the
 * item's value, the rest what a record has in the field. The item is refused with a message, or it
 * holds for the record just when its `neq` and its `not` do not.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/json_write.h"
#include "rules/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

enum { BYTES_MAX = 2048 };

/* Takes a line off the front. */
static struct slice line_take(struct slice *text)
{
    const size_t end = slice_find(*text, '\n');
    const struct slice line = slice_of(text->start, end);
    *text = slice_from(*text, end < text->bytes ? end + 1 : end);
    return line;
}

/* Numbers and words that YAML knows stand plain, all else in quotes. */
static void write_value(struct json_write *json, struct slice value)
{
    char text[64] = "";
    char *end = text;
    if (value.bytes > 0 && value.bytes < sizeof(text))
        memcpy(text, value.start, value.bytes);
    const double number = strtod(text, &end);
    if (slice_equals(value, SLICE("null")))
        json_write_null(json);
    else if (slice_equals(value, SLICE("true")) || slice_equals(value, SLICE("false")))
        json_write_bool(json, value.start[0] == 't');
    else if (text[0] != '\0' && end == text + value.bytes)
        json_write_double(json, number);
    else
        json_write_string(json, value);
}

/* JSON is YAML. */
static void write_rule(struct json_write *json, struct slice modifiers, const char *suffix,
                       struct slice value, const char *condition)
{
    char key[BYTES_MAX + 16];
    const int bytes = snprintf(key, sizeof(key), "field%s%.*s%s", modifiers.bytes > 0 ? "|" : "",
                               (int)modifiers.bytes, modifiers.start, suffix);
    json_write_init(json);
    json_write_object_begin(json);
    json_write_key_cstring(json, "title", "R");
    json_write_key_object(json, "detection");
    json_write_key_object(json, "s");
    json_write_key_slice(json, slice_of(key, (size_t)bytes));
    write_value(json, value);
    json_write_object_end(json);
    json_write_key_cstring(json, "condition", condition);
    json_write_object_end(json);
    json_write_object_end(json);
}

/* The item and its contrary; NULL: refused. */
static struct ruleset *compile(struct slice modifiers, const char *suffix, struct slice value)
{
    static const char *const datasets[] = {"entra.signin"};
    struct json_write rules[2];
    write_rule(&rules[0], modifiers, suffix, value, "s");
    write_rule(&rules[1], modifiers, suffix, value, "not s");
    const struct rule_text texts[] = {{.path = "s.yml", .text = json_write_text(&rules[0])},
                                      {.path = "not.yml", .text = json_write_text(&rules[1])}};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    const enum status status = ruleset_create_from_texts(&ruleset, texts, 2, &diagnostics);
    assert(status == STATUS_OK || status == STATUS_CONFIG);
    assert((status == STATUS_OK) == (diagnostics.errors_count == 0));
    diagnostics_deinit(&diagnostics);
    json_write_deinit(&rules[0]);
    json_write_deinit(&rules[1]);
    if (ruleset != NULL && ruleset_bind_datasets(ruleset, datasets, 1) != STATUS_OK)
        abort();
    return ruleset;
}

/* Whether the first rule matches; the second, which says the contrary, must not. */
static bool match(const struct ruleset *ruleset, struct slice record)
{
    const struct event event = {.dataset = 0};
    const struct subject subject = {.event = &event, .text = record, .layout = LAYOUT_JSON_LINES};
    struct matcher *matcher = NULL;
    if (matcher_create(&matcher, ruleset) != STATUS_OK)
        abort();
    const bool matches = matcher_match_rule(matcher, &subject, 0);
    assert(matcher_match_rule(matcher, &subject, 1) != matches);
    assert(matcher_match_rule(matcher, &subject, 0) == matches);
    matcher_destroy(matcher);
    return matches;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    char padded[8 * BYTES_MAX]; /* readers look beyond the end */
    if (bytes_count > BYTES_MAX)
        return 0;
    struct slice rest = slice_of((const char *)bytes, bytes_count);
    const struct slice modifiers = line_take(&rest), value = line_take(&rest);
    struct ruleset *const ruleset = compile(modifiers, "", value);
    struct ruleset *const negated = compile(modifiers, "|neq", value);
    struct json_write record;
    json_write_init_bounded(&record, padded, sizeof(padded) - LIMIT_VECTOR_PADDING);
    json_write_object_begin(&record);
    json_write_key(&record, "field");
    write_value(&record, rest);
    json_write_object_end(&record);
    if (ruleset != NULL) {
        const bool matches = match(ruleset, json_write_text(&record));
        assert(negated == NULL || match(negated, json_write_text(&record)) == !matches);
    }
    json_write_deinit(&record);
    ruleset_destroy(negated);
    ruleset_destroy(ruleset);
    return 0;
}
