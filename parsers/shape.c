#include "parsers/shape.h"

#include <strings.h>

/* The fields that a schema fills; the others follow from these. */
static const bool can_be_filled[FIELD_COUNT] = {
    [FIELD_TIME] = true,        [FIELD_ACCOUNT] = true,       [FIELD_ACCOUNT_ID] = true,
    [FIELD_SOURCE] = true,      [FIELD_SOURCE_HOST] = true,   [FIELD_ASN] = true,
    [FIELD_COUNTRY] = true,     [FIELD_USER_AGENT] = true,    [FIELD_CLIENT_ID] = true,
    [FIELD_CLIENT_NAME] = true, [FIELD_RESOURCE_NAME] = true, [FIELD_PROTOCOL] = true,
    [FIELD_INTERACTIVE] = true, [FIELD_TENANT] = true,        [FIELD_CODE] = true,
    [FIELD_REASON] = true,      [FIELD_EVENT_ID] = true,      [FIELD_CORRELATION_ID] = true,
    [FIELD_SESSION_ID] = true,
};

/* Text fields that are more than a copy of the record's text. */
static bool is_plain_text(enum event_field field)
{
    return field_text(field) != TEXT_COUNT && field != FIELD_ACCOUNT && field != FIELD_CODE;
}

/* ---- Slots --------------------------------------------------------------------------------- */

/* The slot of a path, a new one when no other field has it. False, with a complaint, when there are
 * no more. */
static bool take_slot(struct path_slots *slots, const struct reading *reading,
                      const struct node *node, uint8_t *slot)
{
    struct slice path;
    if (!reading_text(reading, node, "a path", &path))
        return false;
    for (size_t i = 0; i < slots->count; i++) {
        if (strcasecmp(slots->paths[i], path.start) == 0) {
            *slot = (uint8_t)i;
            return true;
        }
    }
    if (slots->count == RECORD_FIELDS_MAX) {
        reading_complain(reading, node, "S107", "more than %d different paths", RECORD_FIELDS_MAX);
        return false;
    }
    *slot = (uint8_t)slots->count;
    slots->paths[slots->count++] = path.start;
    return true;
}

/* ---- when: --------------------------------------------------------------------------------- */

static void read_condition(struct shape *shape, const struct reading *reading,
                           const struct node *node, struct path_slots *slots)
{
    static const char *const keys[] = {"has", "lacks", NULL};
    if (!reading_mapping(reading, node, "a condition", keys))
        return;
    const struct node *const has = node_get(node, "has"), *const lacks = node_get(node, "lacks");
    if ((has == NULL) == (lacks == NULL)) {
        reading_complain(reading, node, "S102", "a condition is either 'has' or 'lacks'");
        return;
    }
    const struct node *const paths = has != NULL ? has : lacks;
    if (!reading_sequence(reading, paths, "the paths of a condition", RECORD_FIELDS_MAX))
        return;
    struct shape_condition condition = {.lacks = lacks != NULL};
    for (size_t i = 0; i < paths->count; i++) {
        uint8_t slot;
        if (take_slot(slots, reading, paths->items[i], &slot))
            condition.slots |= UINT64_C(1) << slot;
    }
    shape->conditions[shape->conditions_count++] = condition;
}

static void read_conditions(struct shape *shape, const struct reading *reading,
                            const struct node *when, struct path_slots *slots)
{
    if (when == NULL || !reading_sequence(reading, when, "when", SHAPE_CONDITIONS_MAX))
        return;
    for (size_t i = 0; i < when->count; i++)
        read_condition(shape, reading, when->items[i], slots);
}

/* ---- dataset: ------------------------------------------------------------------------------ */

static uint8_t read_dataset_name(const struct reading *reading, const struct node *node,
                                 const struct datasets *datasets)
{
    const char *known[DATASETS_MAX + 1] = {0};
    for (size_t i = 0; i < datasets->count; i++) {
        known[i] = datasets->items[i].name;
        if (node->kind == NODE_SCALAR && slice_equals(node->text, slice_from_string(known[i])))
            return (uint8_t)i;
    }
    reading_complain_unknown(reading, node, "S105", "dataset", known);
    return DATASET_NONE;
}

static void read_dataset_values(struct shape *shape, const struct reading *reading,
                                const struct node *values, const struct datasets *datasets)
{
    if (values->kind != NODE_MAPPING) {
        reading_complain(reading, values, "S103", "values must be a mapping of text to dataset");
        return;
    }
    if (values->count > SHAPE_DATASETS_MAX) {
        reading_complain(reading, values, "S107", "more than %d values", SHAPE_DATASETS_MAX);
        return;
    }
    for (size_t i = 0; i < values->count; i++) {
        struct slice value;
        if (!reading_text(reading, node_key(values, i), "a value", &value))
            continue;
        const size_t place = shape->dataset_values_count++;
        shape->dataset_values[place].value = value;
        shape->dataset_values[place].dataset =
            read_dataset_name(reading, node_value(values, i), datasets);
    }
}

static void read_dataset(struct shape *shape, const struct reading *reading,
                         const struct node *node, const struct shape_surroundings *surroundings)
{
    static const char *const keys[] = {"path", "values", "otherwise", NULL};
    if (node == NULL || !reading_mapping(reading, node, "dataset", keys))
        return;
    const struct node *const path = node_get(node, "path"), *const values =
                                                                node_get(node, "values");
    const struct node *const otherwise = node_get(node, "otherwise");
    if ((path == NULL) != (values == NULL) || (path == NULL && otherwise == NULL))
        reading_complain(reading, node, "S102",
                         "a dataset has 'path' and 'values', or 'otherwise', or all of them");
    if (path != NULL)
        shape->has_dataset_slot =
            take_slot(surroundings->slots, reading, path, &shape->dataset_slot);
    if (values != NULL)
        read_dataset_values(shape, reading, values, surroundings->datasets);
    if (otherwise != NULL)
        shape->dataset_otherwise = read_dataset_name(reading, otherwise, surroundings->datasets);
}

/* ---- fields: ------------------------------------------------------------------------------- */

static enum event_field read_field_name(const struct reading *reading, const struct node *node)
{
    const char *known[FIELD_COUNT + 1] = {0};
    size_t known_count = 0;
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (!can_be_filled[i])
            continue;
        known[known_count++] = field_name((enum event_field)i);
        if (node->kind == NODE_SCALAR &&
            slice_equals(node->text, slice_from_string(field_name((enum event_field)i))))
            return (enum event_field)i;
    }
    reading_complain_unknown(reading, node, "S104", "field that a schema can fill", known);
    return FIELD_COUNT;
}

/* A list of paths, or a mapping that has one and says more. */
static const struct node *read_field_options(struct field_paths *paths,
                                             const struct reading *reading, const struct node *node)
{
    static const char *const keys[] = {"paths", "only-on-failure", NULL};
    if (node->kind != NODE_MAPPING)
        return node;
    if (!reading_mapping(reading, node, "a field", keys))
        return NULL;
    const struct node *const only = node_get(node, "only-on-failure");
    if (only != NULL)
        reading_bool(reading, only, "only-on-failure", &paths->only_on_failure);
    return reading_get(reading, node, "paths");
}

static void read_field(struct shape *shape, const struct reading *reading, const struct node *key,
                       const struct node *value, const struct shape_surroundings *surroundings)
{
    struct field_paths paths = {0};
    const enum event_field field = read_field_name(reading, key);
    const struct node *const list = read_field_options(&paths, reading, value);
    if (field == FIELD_COUNT || list == NULL ||
        !reading_sequence(reading, list, "the paths of a field", SHAPE_PATHS_MAX))
        return;
    if (list->count == 0)
        reading_complain(reading, list, "S103", "a field has at least one path");
    /* Paths of fields that nobody wants take no slots, but are checked all the same. */
    struct path_slots unused = {0};
    const bool wanted = surroundings->wanted >> field & 1;
    struct path_slots *const slots = wanted ? surroundings->slots : &unused;
    for (size_t i = 0; i < list->count; i++) {
        if (take_slot(slots, reading, list->items[i], &paths.slots[paths.count]))
            paths.count++;
    }
    if (!wanted)
        return;
    shape->fields[field] = paths;
    if (is_plain_text(field))
        shape->texts[shape->texts_count++] = (uint8_t)field;
}

static void read_fields(struct shape *shape, const struct reading *reading,
                        const struct node *fields, const struct shape_surroundings *surroundings)
{
    if (fields->kind != NODE_MAPPING) {
        reading_complain(reading, fields, "S103", "fields must be a mapping of field to paths");
        return;
    }
    for (size_t i = 0; i < fields->count; i++)
        read_field(shape, reading, node_key(fields, i), node_value(fields, i), surroundings);
    static const enum event_field needed[] = {FIELD_TIME, FIELD_ACCOUNT, FIELD_CODE};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        reading_get(reading, fields, field_name(needed[i]));
    if (shape->fields[FIELD_CODE].only_on_failure)
        reading_complain(reading, fields, "S103",
                         "event.code tells a failure, so it is always read");
}

/* ---- proof: -------------------------------------------------------------------------------- */

static bool read_proof_test(struct proof_rule *rule, const struct reading *reading,
                            struct path_slots *keys, const struct node *key,
                            const struct node *value)
{
    struct proof_test *const test = &rule->tests[rule->tests_count];
    if (!take_slot(keys, reading, key, &test->key) ||
        !reading_text(reading, value, "the text of a test", &test->text))
        return false;
    if (keys->count > PROOF_KEYS_MAX) {
        reading_complain(reading, key, "S107", "more than %d keys of an element", PROOF_KEYS_MAX);
        return false;
    }
    test->is_prefix = slice_ends_with(test->text, SLICE("*"));
    test->text.bytes -= test->is_prefix;
    rule->tests_count++;
    return true;
}

static enum verdict read_verdict(const struct reading *reading, const struct node *node)
{
    const char *known[VERDICT_COUNT + 1] = {0};
    for (int i = 0; i < VERDICT_COUNT; i++)
        known[i] = verdict_name((enum verdict)i);
    const enum verdict verdict =
        node->kind == NODE_SCALAR ? verdict_by_name(node->text) : VERDICT_COUNT;
    if (verdict == VERDICT_COUNT)
        reading_complain_unknown(reading, node, "S105", "password verdict", known);
    return verdict;
}

static void read_proof_rule(struct proof *proof, const struct reading *reading,
                            struct path_slots *keys, const struct node *node)
{
    static const char *const known[] = {"when", "password", NULL};
    if (!reading_mapping(reading, node, "a rule of the proof", known))
        return;
    const struct node *const when = reading_get(reading, node, "when");
    const struct node *const password = reading_get(reading, node, "password");
    if (when == NULL || password == NULL)
        return;
    if (when->kind != NODE_MAPPING || when->count == 0 || when->count > PROOF_TESTS_MAX) {
        reading_complain(reading, when, "S103", "when must be a mapping of one to %d keys to texts",
                         PROOF_TESTS_MAX);
        return;
    }
    struct proof_rule *const rule = &proof->rules[proof->rules_count];
    rule->verdict = (uint8_t)read_verdict(reading, password);
    for (size_t i = 0; i < when->count; i++) {
        if (!read_proof_test(rule, reading, keys, node_key(when, i), node_value(when, i)))
            return;
    }
    proof->rules_count++;
}

static enum status read_proof(struct shape *shape, const struct reading *reading,
                              const struct node *node, struct path_slots *slots)
{
    static const char *const known[] = {"path", "rules", NULL};
    struct proof *const proof = &shape->proof;
    struct path_slots keys = {0};
    if (node == NULL || !reading_mapping(reading, node, "proof", known))
        return STATUS_OK;
    const struct node *const path = reading_get(reading, node, "path");
    const struct node *const rules = reading_get(reading, node, "rules");
    if (path == NULL || rules == NULL || !take_slot(slots, reading, path, &proof->slot) ||
        !reading_sequence(reading, rules, "the rules of a proof", PROOF_RULES_MAX))
        return STATUS_OK;
    for (size_t i = 0; i < rules->count; i++)
        read_proof_rule(proof, reading, &keys, rules->items[i]);

    proof->keys_count = keys.count < PROOF_KEYS_MAX ? keys.count : PROOF_KEYS_MAX;
    struct json_path paths[RECORD_FIELDS_MAX];
    for (size_t i = 0; i < keys.count; i++)
        paths[i] = (struct json_path){.path = keys.paths[i], .slot = (unsigned)i};
    const enum status status = json_paths_create(&proof->paths, paths, keys.count, NULL, 0);
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status;
    reading_complain(reading, rules, "S108", "the keys of an element cannot be followed");
    return STATUS_OK;
}

/* ---- The whole ----------------------------------------------------------------------------- */

enum status shape_read(struct shape *shape, const struct reading *reading, const struct node *node,
                       const struct shape_surroundings *surroundings)
{
    static const char *const keys[] = {"name",  "when",       "dataset", "fields",
                                       "proof", "quiet-code", NULL};
    *shape = (struct shape){
        .codes = surroundings->codes,
        .absent = surroundings->absent,
        .dataset_otherwise = DATASET_NONE,
    };
    if (node->kind != NODE_MAPPING) {
        reading_complain(reading, node, "S103", "a shape must be a mapping");
        return STATUS_OK;
    }
    reading_mapping(reading, node, "a shape", keys);
    const struct node *const name = reading_get(reading, node, "name");
    if (name != NULL)
        reading_text(reading, name, "name", &shape->name);
    read_conditions(shape, reading, node_get(node, "when"), surroundings->slots);
    read_dataset(shape, reading, reading_get(reading, node, "dataset"), surroundings);
    const struct node *const fields = reading_get(reading, node, "fields");
    if (fields != NULL)
        read_fields(shape, reading, fields, surroundings);
    const struct node *const quiet = node_get(node, "quiet-code");
    if (quiet != NULL)
        reading_text(reading, quiet, "quiet-code", &shape->quiet_code);
    return read_proof(shape, reading, node_get(node, "proof"), surroundings->slots);
}

void shape_deinit(struct shape *shape)
{
    json_paths_destroy(shape->proof.paths);
    shape->proof.paths = NULL;
}

struct json_stop shape_stop(const struct shape *shape)
{
    struct json_stop stop = {0};
    if (shape->has_dataset_slot)
        stop.always |= UINT64_C(1) << shape->dataset_slot;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_paths *const paths = &shape->fields[i];
        if (paths->count == 0)
            continue;
        const uint64_t bit = UINT64_C(1) << paths->slots[0];
        if (paths->only_on_failure)
            stop.otherwise |= bit;
        else
            stop.always |= bit;
    }
    if (shape->proof.paths != NULL)
        stop.otherwise |= UINT64_C(1) << shape->proof.slot;
    if (shape->fields[FIELD_CODE].count > 0) {
        stop.quiet_slot = shape->fields[FIELD_CODE].slots[0];
        stop.quiet_text = shape->quiet_code;
    }
    return stop;
}
