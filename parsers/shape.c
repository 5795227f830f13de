#include "parsers/shape.h"

#include <stdlib.h>
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

static bool is_no_dataset(const struct node *node)
{
    return node->kind == NODE_SCALAR && slice_equals(node->text, SLICE(SHAPE_NO_DATASET));
}

static void read_dataset(struct shape *shape, const struct reading *reading,
                         const struct node *node, const struct shape_surroundings *surroundings)
{
    static const char *const keys[] = {"path", "values", "otherwise", NULL};
    if (node == NULL || is_no_dataset(node) || !reading_mapping(reading, node, "dataset", keys))
        return;
    const struct node *const path = node_get(node, "path"), *const values =
                                                                node_get(node, "values");
    const struct node *const otherwise = node_get(node, "otherwise");
    if ((path == NULL) != (values == NULL) || (path == NULL && otherwise == NULL))
        reading_complain(reading, node, "S102",
                         "a dataset has 'path' and 'values', or 'otherwise', or all of them");
    if (path != NULL)
        shape->has_dataset_slot =
            path_slots_take(surroundings->slots, reading, path, &shape->dataset_slot);
    if (values != NULL)
        read_dataset_values(shape, reading, values, surroundings->datasets);
    if (otherwise != NULL)
        shape->dataset_otherwise = read_dataset_name(reading, otherwise, surroundings->datasets);
}

/* ---- What is wanted ------------------------------------------------------------------------- */

static uint32_t field_bit(enum event_field field)
{
    return UINT32_C(1) << field;
}

/* Fields that follow from others ask for those. */
static uint32_t complete_wanted(uint32_t wanted)
{
    static const struct {
        enum event_field derived, from;
    } derived[] = {
        {FIELD_ACCOUNT_RAW, FIELD_ACCOUNT}, {FIELD_SOURCE_24, FIELD_SOURCE},
        {FIELD_SOURCE_64, FIELD_SOURCE},    {FIELD_SOURCE_48, FIELD_SOURCE},
        {FIELD_OUTCOME, FIELD_CODE},        {FIELD_OUTCOME_ECS, FIELD_CODE},
        {FIELD_VERDICT, FIELD_CODE},
    };
    static const enum event_field always[] = {FIELD_TIME, FIELD_ACCOUNT, FIELD_SOURCE, FIELD_CODE,
                                              FIELD_EVENT_ID};
    for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        if (wanted & field_bit(derived[i].derived))
            wanted |= field_bit(derived[i].from);
    }
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        wanted |= field_bit(always[i]);
    return wanted;
}

/* Of the records of all datasets that the shape may be of. */
static uint32_t wanted_of(const struct shape *shape, const struct shape_surroundings *surroundings)
{
    const struct dataset *const datasets = surroundings->datasets->items;
    uint32_t wanted = surroundings->wanted;
    if (shape->dataset_otherwise != DATASET_NONE)
        wanted |= datasets[shape->dataset_otherwise].wanted;
    for (size_t i = 0; i < shape->dataset_values_count; i++) {
        if (shape->dataset_values[i].dataset != DATASET_NONE)
            wanted |= datasets[shape->dataset_values[i].dataset].wanted;
    }
    return complete_wanted(wanted);
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

void absent_read(struct absent_texts *absent, const struct reading *reading,
                 const struct node *node)
{
    if (!reading_sequence(reading, node, "absent", SHAPE_ABSENT_MAX))
        return;
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != NODE_SCALAR || node->items[i]->text.bytes == 0 ||
            node->items[i]->text.bytes > 63) {
            reading_complain(reading, node->items[i], "S103",
                             "what is absent must be a text of 1 to 63 bytes");
            continue;
        }
        absent->items[absent->count++] = node->items[i]->text;
        absent->lengths |= UINT64_C(1) << node->items[i]->text.bytes;
    }
}

static void read_field_absent(struct field_paths *paths, const struct reading *reading,
                              const struct node *node, struct path_slots *slots)
{
    struct absent_texts *const absent = arena_take(&slots->arena, 1, sizeof(*absent));
    if (absent == NULL)
        return;
    absent_read(absent, reading, node);
    paths->absent = absent;
}

/* What a field's mapping says beside its paths. */
static void read_field_options(struct field_paths *paths, const struct reading *reading,
                               const struct node *node, struct path_slots *slots)
{
    const struct node *const only = node_get(node, "only-on-failure");
    const struct node *const otherwise = node_get(node, "otherwise");
    const struct node *const absent = node_get(node, "absent");
    const struct node *const once = node_get(node, "once-per-address");
    if (only != NULL)
        reading_bool(reading, only, "only-on-failure", &paths->only_on_failure);
    if (otherwise != NULL)
        reading_text(reading, otherwise, "otherwise", &paths->otherwise);
    if (absent != NULL)
        read_field_absent(paths, reading, absent, slots);
    if (once != NULL)
        reading_bool(reading, once, "once-per-address", &paths->once_per_address);
}

static void read_path_list(struct field_paths *paths, const struct reading *reading,
                           const struct node *list, struct path_slots *slots)
{
    if (!reading_sequence(reading, list, "the paths of a field", SHAPE_PATHS_MAX))
        return;
    if (list->count == 0)
        reading_complain(reading, list, "S103", "a field has at least one path");
    for (size_t i = 0; i < list->count; i++) {
        if (path_slots_take(slots, reading, list->items[i], &paths->slots[paths->count]))
            paths->count++;
    }
}

static bool is_text_of(const struct node *list, struct slice text)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (list->items[i]->kind == NODE_SCALAR && slice_equals(list->items[i]->text, text))
            return true;
    }
    return false;
}

/* Those paths of the time whose times are of the place where the log was written, when they name no
 * zone: the listed ones. A mapping's user has named the zone for it, so there it is all of them. */
static void read_local(struct shape *shape, const struct reading *reading, const struct node *local,
                       const struct node *paths, bool is_mapping)
{
    if (local == NULL) {
        shape->local_times = is_mapping ? UINT32_MAX : 0;
        return;
    }
    if (!reading_sequence(reading, local, "local", SHAPE_PATHS_MAX))
        return;
    for (size_t i = 0; i < local->count; i++) {
        if (local->items[i]->kind != NODE_SCALAR || !is_text_of(paths, local->items[i]->text))
            reading_complain(reading, local->items[i], "S103", "'local' lists some of the paths");
    }
    for (size_t i = 0; paths != NULL && i < paths->count && i < SHAPE_PATHS_MAX; i++)
        shape->local_times |= (uint32_t)is_text_of(local, paths->items[i]->text) << i;
}

/* Parts of a code or id that the vendor tells in several fields. */
static void read_join(struct field_join *join, const struct reading *reading,
                      const struct node *parts, struct field_paths *first, struct path_slots *slots)
{
    if (!reading_sequence(reading, parts, "join", SHAPE_JOINED_MAX))
        return;
    if (parts->count < 2)
        reading_complain(reading, parts, "S103", "join needs two parts or more");
    for (size_t i = 0; i < parts->count; i++) {
        struct field_paths *const part = i == 0 ? first : &join->parts[i - 1];
        if (i > 0)
            part->absent = first->absent;
        read_path_list(part, reading, parts->items[i], slots);
        join->count = i;
    }
}

/* A time that the vendor tells in several fields. */
static void read_time_join(struct field_join *join, const struct reading *reading,
                           const struct node *parts, const struct field_paths *options,
                           struct path_slots *slots)
{
    if (!reading_sequence(reading, parts, "join", SHAPE_JOINED_MAX - 1))
        return;
    if (parts->count < 2)
        reading_complain(reading, parts, "S103", "join needs a date and a time");
    for (size_t i = 0; i < parts->count; i++) {
        join->parts[i].absent = options->absent;
        read_path_list(&join->parts[i], reading, parts->items[i], slots);
    }
    join->count = parts->count;
}

static void read_field(struct shape *shape, const struct reading *reading, const struct node *key,
                       const struct node *value, uint32_t wanted_fields,
                       const struct shape_surroundings *surroundings)
{
    static const char *const keys[] = {"paths",  "only-on-failure",  "otherwise",
                                       "absent", "once-per-address", NULL};
    static const char *const joined_keys[] = {"paths", "join", "otherwise", "absent", NULL};
    static const char *const time_keys[] = {"paths", "join", "absent", "local", NULL};
    const enum event_field field = read_field_name(reading, key);
    if (field == FIELD_COUNT)
        return;
    /* Paths of fields that nobody wants take no slots, but are checked all the same. */
    const bool wanted = wanted_fields >> field & 1;
    struct path_slots *const slots = wanted ? surroundings->slots : surroundings->unused;
    surroundings->unused->count = surroundings->unused->containers_count = 0;

    struct field_paths paths = {0};
    const struct node *list = value, *join = NULL, *local = NULL;
    if (value->kind == NODE_MAPPING) {
        const bool can_join = field == FIELD_CODE || field == FIELD_EVENT_ID;
        if (!reading_mapping(reading, value, "a field",
                             field == FIELD_TIME ? time_keys
                             : can_join          ? joined_keys
                                                 : keys))
            return;
        read_field_options(&paths, reading, value, slots);
        local = node_get(value, "local");
        join = node_get(value, "join");
        if (join == NULL)
            list = reading_get(reading, value, "paths");
        else
            list = field == FIELD_TIME ? node_get(value, "paths") : NULL;
    }
    if (field == FIELD_TIME)
        read_local(shape, reading, local, list, surroundings->is_mapping);
    if (join != NULL && field == FIELD_TIME)
        read_time_join(&shape->time_join, reading, join, &paths, slots);
    else if (join != NULL)
        read_join(field == FIELD_CODE ? &shape->code_join : &shape->id_join, reading, join, &paths,
                  slots);
    if (list != NULL)
        read_path_list(&paths, reading, list, slots);
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
    const uint32_t wanted = wanted_of(shape, surroundings);
    for (size_t i = 0; i < fields->count; i++)
        read_field(shape, reading, node_key(fields, i), node_value(fields, i), wanted,
                   surroundings);
    static const enum event_field needed[] = {FIELD_TIME, FIELD_ACCOUNT, FIELD_CODE};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        reading_get(reading, fields, field_name(needed[i]));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (i != FIELD_ASN && shape->fields[i].once_per_address)
            reading_complain(reading, fields, "S103",
                             "only source.as.number may be read once per address");
    }
}

/* ---- proof: -------------------------------------------------------------------------------- */

/* The keys of a list's elements that some rule looks at. */
struct proof_keys {
    size_t count;
    struct record_path paths[PROOF_KEYS_MAX];
};

static bool take_key(struct proof_keys *keys, const struct reading *reading,
                     const struct node *node, uint8_t *slot)
{
    struct slice path;
    if (!reading_text(reading, node, "a key of an element", &path))
        return false;
    for (size_t i = 0; i < keys->count; i++) {
        if (strcasecmp(keys->paths[i].path, path.start) == 0) {
            *slot = (uint8_t)i;
            return true;
        }
    }
    if (keys->count == PROOF_KEYS_MAX) {
        reading_complain(reading, node, "S107", "more than %d keys of an element", PROOF_KEYS_MAX);
        return false;
    }
    *slot = (uint8_t)keys->count;
    keys->paths[keys->count] = (struct record_path){path.start, (unsigned)keys->count};
    keys->count++;
    return true;
}

static bool read_proof_test(struct proof_rule *rule, const struct reading *reading,
                            struct proof_keys *keys, const struct node *key,
                            const struct node *value)
{
    struct proof_test *const test = &rule->tests[rule->tests_count];
    if (!take_key(keys, reading, key, &test->key) ||
        !reading_text(reading, value, "the text of a test", &test->text))
        return false;
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
                            struct proof_keys *keys, const struct node *node)
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
    struct proof_keys keys = {0};
    if (node == NULL || !reading_mapping(reading, node, "proof", known))
        return STATUS_OK;
    const struct node *const path = reading_get(reading, node, "path");
    const struct node *const rules = reading_get(reading, node, "rules");
    if (path == NULL || rules == NULL || !path_slots_take(slots, reading, path, &proof->slot) ||
        !reading_sequence(reading, rules, "the rules of a proof", PROOF_RULES_MAX))
        return STATUS_OK;
    for (size_t i = 0; i < rules->count; i++)
        read_proof_rule(proof, reading, &keys, rules->items[i]);

    proof->keys_count = keys.count;
    const enum status status = json_paths_create(&proof->paths, keys.paths, keys.count, NULL, 0);
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status;
    reading_complain(reading, rules, "S108", "the keys of an element cannot be followed");
    return STATUS_OK;
}

/* ---- The whole ----------------------------------------------------------------------------- */

/* Its own code table, or that of the schema. */
static void read_table(struct shape *shape, const struct reading *reading, const struct node *name,
                       const struct shape_surroundings *surroundings)
{
    shape->codes = surroundings->codes;
    if (name != NULL)
        shape->codes = code_tables_find(surroundings->tables, reading, name);
}

/* Who writes these records, when somebody else writes of the same attempts, too. */
static void read_witness(struct shape *shape, const struct reading *reading,
                         const struct node *node)
{
    static const char *const known[] = {"host", "authority", NULL};
    if (node == NULL)
        return;
    if (node->kind == NODE_SCALAR && slice_equals(node->text, SLICE("host")))
        shape->witness_flags = EVENT_BY_HOST;
    else if (node->kind == NODE_SCALAR && slice_equals(node->text, SLICE("authority")))
        shape->witness_flags = EVENT_BY_AUTHORITY;
    else
        reading_complain_unknown(reading, node, "S105", "witness", known);
}

enum status shape_read(struct shape *shape, const struct reading *reading, const struct node *node,
                       const struct shape_surroundings *surroundings)
{
    static const char *const keys[] = {"name",  "when",       "dataset", "code-table", "fields",
                                       "proof", "quiet-code", "witness", NULL};
    *shape = (struct shape){
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
    const struct node *const when =
        surroundings->is_mapping ? node_get(node, "when") : reading_get(reading, node, "when");
    telltales_read(&shape->telltales, reading, when, surroundings->slots);
    const struct node *const dataset = reading_get(reading, node, "dataset");
    shape->is_no_sign_in = dataset != NULL && is_no_dataset(dataset);
    if (shape->is_no_sign_in)
        return STATUS_OK;
    read_dataset(shape, reading, dataset, surroundings);
    read_table(shape, reading, node_get(node, "code-table"), surroundings);
    const struct node *const fields = reading_get(reading, node, "fields");
    if (fields != NULL)
        read_fields(shape, reading, fields, surroundings);
    read_witness(shape, reading, node_get(node, "witness"));
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

static uint64_t join_slots(const struct field_join *join, const struct path_slots *slots)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < join->count; i++) {
        if (join->parts[i].count > 0)
            bits |= path_slots_root(slots, join->parts[i].slots[0]);
    }
    return bits;
}

struct json_stop shape_stop(const struct shape *shape, const struct path_slots *slots)
{
    struct json_stop stop = {.always = telltales_certain(&shape->telltales, slots)};
    if (shape->has_dataset_slot)
        stop.always |= path_slots_root(slots, shape->dataset_slot);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct field_paths *const paths = &shape->fields[i];
        if (paths->count == 0)
            continue;
        const uint64_t bit = path_slots_root(slots, paths->slots[0]);
        if (paths->only_on_failure)
            stop.otherwise |= bit;
        else
            stop.always |= bit;
    }
    stop.always |= join_slots(&shape->code_join, slots) | join_slots(&shape->id_join, slots);
    if (shape->fields[FIELD_TIME].count == 0)
        stop.always |= join_slots(&shape->time_join, slots);
    if (shape->proof.paths != NULL)
        stop.otherwise |= path_slots_root(slots, shape->proof.slot);
    const struct field_paths *const asn = &shape->fields[FIELD_ASN];
    if (asn->count == 1 && asn->once_per_address && shape->fields[FIELD_SOURCE].count > 0 &&
        !slots->items[asn->slots[0]].is_inner &&
        !slots->items[shape->fields[FIELD_SOURCE].slots[0]].is_inner) {
        stop.has_once = true;
        stop.once_slot = asn->slots[0];
        stop.once_by = shape->fields[FIELD_SOURCE].slots[0];
    }
    const struct field_paths *const code = &shape->fields[FIELD_CODE];
    if (code->count > 0 && !slots->items[code->slots[0]].is_inner) {
        stop.quiet_slot = code->slots[0];
        stop.quiet_text = shape->quiet_code;
    }
    return stop;
}
