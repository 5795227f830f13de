#include "parsers/schema.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/embedded.h"
#include "engine/base/utf8.h"
#include "parsers/account.h"
#include "parsers/address.h"
#include "parsers/shape.h"
#include "parsers/timestamp.h"

enum {
    SHAPES_MAX = JSON_STOPS_MAX, /* one stop each */
    TABLES_MAX = 8,
    TEXTS_MAX = 16,     /* schema files and code tables together */
    PROOF_BYTES = 8192, /* of a proof that is JSON within a string */
    PATH_BYTES = 128,
};

extern const struct embedded_file embedded_schemas[];
extern const size_t embedded_schemas_count;

struct schema {
    bool whole;               /* records are read to their end: nothing is only for failures */
    struct json_paths *paths; /* of each field the first only; reading stops early */
    struct json_paths
        *paths_whole; /* the same slots and all others; records are read to their end */
    size_t shapes_count;
    struct shape shapes[SHAPES_MAX];
    struct datasets datasets;
    size_t tables_count;
    struct codes *tables[TABLES_MAX];
    size_t absent_count;
    struct absent_texts absent[TEXTS_MAX];
    size_t files_count;
    struct document_file *files[TEXTS_MAX]; /* they own the texts that all of this points to */
};

struct schema_scratch {
    struct schema_counters counters;
    bool preferred_empty; /* a field's first path held nothing, and there are others */
    char texts[TEXT_COUNT][LIMIT_TEXT_BYTES];
    char value[LIMIT_TEXT_BYTES]; /* of what becomes no text: time, address, numbers */
    struct record element;        /* of a proof's list */
    struct record reread;
    char element_texts[PROOF_KEYS_MAX][LIMIT_TEXT_BYTES];
    char proof[PROOF_BYTES + LIMIT_VECTOR_PADDING];
};

/* ---- Creating ------------------------------------------------------------------------------ */

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

static enum status add_table(struct schema *schema, const struct reading *reading,
                             const struct node *root)
{
    if (schema->tables_count == TABLES_MAX) {
        reading_complain(reading, root, "S107", "more than %d code tables", TABLES_MAX);
        return STATUS_OK;
    }
    struct codes *const table = calloc(1, sizeof(*table));
    if (table == NULL)
        return STATUS_NO_MEMORY;
    schema->tables[schema->tables_count++] = table;
    codes_read(table, reading, root);
    return STATUS_OK;
}

static const struct codes *find_table(const struct schema *schema, const struct reading *reading,
                                      const struct node *name)
{
    const char *known[TABLES_MAX + 1] = {0};
    size_t known_count = 0;
    for (size_t i = 0; i < schema->tables_count; i++) {
        const struct codes *const table = schema->tables[i];
        if (table->name.bytes == 0)
            continue;
        known[known_count++] = table->name.start;
        if (name->kind == NODE_SCALAR && slice_equals(name->text, table->name))
            return table;
    }
    reading_complain_unknown(reading, name, "S105", "code table", known);
    return NULL;
}

static void read_absent(struct absent_texts *absent, const struct reading *reading,
                        const struct node *node)
{
    if (!reading_sequence(reading, node, "absent", SHAPE_ABSENT_MAX))
        return;
    for (size_t i = 0; i < node->count; i++) {
        struct slice *const text = &absent->items[absent->count];
        if (node->items[i]->kind != NODE_SCALAR || node->items[i]->text.bytes == 0 ||
            node->items[i]->text.bytes > 63) {
            reading_complain(reading, node->items[i], "S103",
                             "what is absent must be a text of 1 to 63 bytes");
            continue;
        }
        *text = node->items[i]->text;
        absent->lengths |= UINT64_C(1) << text->bytes;
        absent->count++;
    }
}

static void read_dataset(struct datasets *datasets, const struct reading *reading,
                         const struct node *node)
{
    static const char *const keys[] = {"name", "interactive", "password", NULL};
    struct slice name;
    if (!reading_mapping(reading, node, "a dataset", keys))
        return;
    const struct node *const name_node = reading_get(reading, node, "name");
    if (name_node == NULL || !reading_text(reading, name_node, "name", &name))
        return;
    for (size_t i = 0; i < datasets->count; i++) {
        if (slice_equals(name, slice_from_string(datasets->items[i].name)))
            reading_complain(reading, name_node, "S106", "dataset '%s' is listed twice",
                             name.start);
    }
    if (datasets->count == DATASETS_MAX) {
        reading_complain(reading, node, "S107", "more than %d datasets", DATASETS_MAX);
        return;
    }
    struct dataset *const dataset = &datasets->items[datasets->count++];
    *dataset = (struct dataset){.name = name.start, .success_verdict = VERDICT_COUNT};
    const struct node *const interactive = node_get(node, "interactive");
    if (interactive != NULL)
        dataset->has_interactive =
            reading_bool(reading, interactive, "interactive", &dataset->interactive);
    const struct node *const password = node_get(node, "password");
    if (password == NULL)
        return;
    dataset->success_verdict =
        (uint8_t)(password->kind == NODE_SCALAR ? verdict_by_name(password->text) : VERDICT_COUNT);
    if (dataset->success_verdict == VERDICT_COUNT)
        reading_complain(reading, password, "S105", "password must be a verdict");
}

static enum status add_shapes(struct schema *schema, const struct reading *reading,
                              const struct node *shapes,
                              const struct shape_surroundings *surroundings)
{
    if (!reading_sequence(reading, shapes, "shapes", SHAPES_MAX - schema->shapes_count))
        return STATUS_OK;
    for (size_t i = 0; i < shapes->count; i++) {
        struct shape *const shape = &schema->shapes[schema->shapes_count++];
        const enum status status = shape_read(shape, reading, shapes->items[i], surroundings);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status add_schema(struct schema *schema, const struct reading *reading,
                              const struct node *root, uint32_t wanted, struct path_slots *slots)
{
    static const char *const keys[] = {"schema",   "code-table", "absent",
                                       "datasets", "shapes",     NULL};
    struct absent_texts *const absent = &schema->absent[schema->absent_count++];
    struct slice name;
    if (!reading_mapping(reading, root, "a schema", keys) && root->kind != NODE_MAPPING)
        return STATUS_OK;
    const struct node *const name_node = reading_get(reading, root, "schema");
    if (name_node != NULL)
        reading_text(reading, name_node, "schema", &name);
    const struct node *const table = reading_get(reading, root, "code-table");
    const struct node *const datasets = reading_get(reading, root, "datasets");
    const struct node *const shapes = reading_get(reading, root, "shapes");
    const struct node *const absent_node = node_get(root, "absent");
    if (absent_node != NULL)
        read_absent(absent, reading, absent_node);
    if (table == NULL || datasets == NULL || shapes == NULL)
        return STATUS_OK;
    const struct codes *const codes = find_table(schema, reading, table);
    if (reading_sequence(reading, datasets, "datasets", DATASETS_MAX)) {
        for (size_t i = 0; i < datasets->count; i++)
            read_dataset(&schema->datasets, reading, datasets->items[i]);
    }
    return add_shapes(schema, reading, shapes,
                      &(struct shape_surroundings){
                          .codes = codes,
                          .absent = absent,
                          .datasets = &schema->datasets,
                          .slots = slots,
                          .wanted = wanted,
                      });
}

/* Code tables and schemas look alike from far: a schema says so. */
static bool is_schema(const struct node *root)
{
    return node_get(root, "schema") != NULL || node_get(root, "shapes") != NULL;
}

static enum status parse_files(struct schema *schema, const struct schema_text *texts, size_t count,
                               struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < count; i++) {
        const enum status status = document_parse(&schema->files[schema->files_count],
                                                  texts[i].path, texts[i].text, diagnostics);
        if (status == STATUS_OK)
            schema->files_count++;
        else if (status != STATUS_CONFIG)
            return status;
    }
    return STATUS_OK;
}

/* Tables first: schemas name them. */
static enum status read_files(struct schema *schema, uint32_t wanted, struct path_slots *slots,
                              struct diagnostics *diagnostics)
{
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < schema->files_count; i++) {
            const struct document_file *const file = schema->files[i];
            const struct reading reading = {document_path(file), diagnostics};
            if (document_count(file) != 1) {
                if (pass == 0)
                    diagnostics_add(diagnostics, SEVERITY_ERROR, "S103", reading.path, 1, 1,
                                    "there must be one document");
                continue;
            }
            const struct node *const root = document_root(file, 0);
            enum status status = STATUS_OK;
            if (pass == 0 && !is_schema(root))
                status = add_table(schema, &reading, root);
            else if (pass == 1 && is_schema(root))
                status = add_schema(schema, &reading, root, wanted, slots);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

/* The slots without which a record cannot be told or its fields' first paths not be read. */
static uint64_t preferred_slots(const struct schema *schema)
{
    uint64_t slots = 0;
    for (size_t i = 0; i < schema->shapes_count; i++) {
        const struct shape *const shape = &schema->shapes[i];
        const struct json_stop stop = shape_stop(shape);
        slots |= stop.always | stop.otherwise;
        for (size_t condition = 0; condition < shape->conditions_count; condition++)
            slots |= shape->conditions[condition].slots;
    }
    return slots;
}

static enum status compile_paths(struct schema *schema, const struct path_slots *slots)
{
    struct json_path all[RECORD_FIELDS_MAX], preferred[RECORD_FIELDS_MAX];
    struct json_stop stops[SHAPES_MAX];
    const uint64_t wanted = schema->whole ? UINT64_MAX : preferred_slots(schema);
    size_t preferred_count = 0;
    for (size_t i = 0; i < slots->count; i++) {
        all[i] = (struct json_path){.path = slots->paths[i], .slot = (unsigned)i};
        if (wanted >> i & 1)
            preferred[preferred_count++] = all[i];
    }
    for (size_t i = 0; i < schema->shapes_count; i++)
        stops[i] = shape_stop(&schema->shapes[i]);
    const enum status status = json_paths_create(&schema->paths, preferred, preferred_count, stops,
                                                 schema->whole ? 0 : schema->shapes_count);
    if (status != STATUS_OK)
        return status;
    return json_paths_create(&schema->paths_whole, all, slots->count, NULL, 0);
}

static enum status fill(struct schema *schema, const struct schema_text *texts, size_t count,
                        uint32_t wanted, struct diagnostics *diagnostics)
{
    struct path_slots slots = {0};
    const size_t errors_before = diagnostics->errors_count;
    if (count > TEXTS_MAX)
        return STATUS_INTERNAL;
    enum status status = parse_files(schema, texts, count, diagnostics);
    if (status == STATUS_OK)
        status = read_files(schema, complete_wanted(wanted), &slots, diagnostics);
    if (status == STATUS_OK && diagnostics->errors_count > errors_before)
        status = STATUS_CONFIG;
    if (status != STATUS_OK)
        return status;
    status = compile_paths(schema, &slots);
    if (status == STATUS_CONFIG)
        diagnostics_add(diagnostics, SEVERITY_ERROR, "S108", texts[0].path, 0, 0,
                        "a path is empty, too long, or both a value and the way to another");
    return status;
}

enum status schema_create_from_texts(struct schema **out, const struct schema_text *texts,
                                     size_t count, uint32_t wanted, struct diagnostics *diagnostics)
{
    struct schema *const schema = calloc(1, sizeof(*schema));
    if (schema == NULL)
        return STATUS_NO_MEMORY;
    schema->whole = (wanted & SCHEMA_WANTED_ALL) == SCHEMA_WANTED_ALL;
    const enum status status = fill(schema, texts, count, wanted, diagnostics);
    if (status != STATUS_OK) {
        schema_destroy(schema);
        return status;
    }
    *out = schema;
    return STATUS_OK;
}

enum status schema_create(struct schema **out, uint32_t wanted, struct diagnostics *diagnostics)
{
    struct schema_text texts[TEXTS_MAX];
    char paths[TEXTS_MAX][PATH_BYTES];
    if (embedded_schemas_count > TEXTS_MAX)
        return STATUS_INTERNAL;
    for (size_t i = 0; i < embedded_schemas_count; i++) {
        const struct embedded_file *const file = &embedded_schemas[i];
        snprintf(paths[i], sizeof(paths[i]), "builtin:%s", file->path);
        texts[i] = (struct schema_text){paths[i], slice_of(file->text, file->bytes)};
    }
    return schema_create_from_texts(out, texts, embedded_schemas_count, wanted, diagnostics);
}

void schema_destroy(struct schema *schema)
{
    if (schema == NULL)
        return;
    for (size_t i = 0; i < schema->shapes_count; i++)
        shape_deinit(&schema->shapes[i]);
    for (size_t i = 0; i < schema->tables_count; i++)
        free(schema->tables[i]);
    for (size_t i = 0; i < schema->files_count; i++)
        document_destroy(schema->files[i]);
    json_paths_destroy(schema->paths);
    json_paths_destroy(schema->paths_whole);
    free(schema);
}

const struct json_paths *schema_paths(const struct schema *schema)
{
    return schema->paths;
}

size_t schema_datasets_count(const struct schema *schema)
{
    return schema->datasets.count;
}

const char *schema_dataset_name(const struct schema *schema, size_t dataset)
{
    return schema->datasets.items[dataset].name;
}

const char *schema_result_name(enum schema_result result)
{
    static const char *const names[SCHEMA_RESULT_COUNT] = {
        [SCHEMA_EVENT] = "event",           [SCHEMA_NOT_SIGN_IN] = "not_sign_in",
        [SCHEMA_NO_TIME] = "no_time",       [SCHEMA_BAD_TIME] = "bad_time",
        [SCHEMA_NO_OUTCOME] = "no_outcome",
    };
    return names[result];
}

enum status schema_scratch_create(struct schema_scratch **out)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

void schema_scratch_destroy(struct schema_scratch *scratch)
{
    free(scratch);
}

struct schema_counters schema_counters(const struct schema_scratch *scratch)
{
    return scratch->counters;
}

/* ---- Values of a record -------------------------------------------------------------------- */

/* A scalar's text, decoded into `scratch` (LIMIT_TEXT_BYTES) when it has to be; empty when there is
 * none. Never longer than LIMIT_TEXT_BYTES, always valid UTF-8. */
static inline struct slice value_text(const struct field_value *value, char *scratch)
{
    if (value->kind == VALUE_TEXT) {
        if (!value->escaped && value->text.bytes <= LIMIT_TEXT_BYTES && utf8_is_ascii(value->text))
            return value->text;
        return utf8_cut(json_text(value, scratch, LIMIT_TEXT_BYTES), LIMIT_TEXT_BYTES);
    }
    if (value->kind == VALUE_NUMBER || value->kind == VALUE_TRUE || value->kind == VALUE_FALSE)
        return slice_of(value->text.start, value->text.bytes < LIMIT_TEXT_BYTES ? value->text.bytes
                                                                                : LIMIT_TEXT_BYTES);
    return slice_of("", 0);
}

static inline bool is_absent(const struct absent_texts *absent, struct slice text)
{
    if (text.bytes == 0)
        return true;
    if (text.bytes > 63 || !(absent->lengths >> text.bytes & 1))
        return false;
    for (size_t i = 0; i < absent->count; i++) {
        if (slice_equals_folded(text, absent->items[i]))
            return true;
    }
    return false;
}

/* Called when a field has no value. Had its first path been missing, the record would have been
 * read to its end; but the path was there, so reading may have stopped before another one. */
static inline void note_empty(struct schema_scratch *scratch, const struct field_paths *paths)
{
    scratch->preferred_empty |= paths->count > 1;
}

/* The text of the first slot that holds something, decoded into `decoded` when it has to be; empty
 * when none does. */
static inline struct slice first_text(const struct shape *shape, struct schema_scratch *scratch,
                                      const struct record *record, const struct field_paths *paths,
                                      char *decoded)
{
    for (unsigned i = 0; i < paths->count; i++) {
        const unsigned slot = paths->slots[i];
        if (!(record->present >> slot & 1))
            continue;
        const struct slice text = value_text(&record->values[slot], decoded);
        if (!is_absent(shape->absent, text))
            return text;
    }
    note_empty(scratch, paths);
    return slice_of("", 0);
}

/* ---- What kind of record ------------------------------------------------------------------- */

static bool conditions_hold(const struct shape *shape, const struct record *record)
{
    for (size_t i = 0; i < shape->conditions_count; i++) {
        const struct shape_condition *const condition = &shape->conditions[i];
        if (((record->present & condition->slots) != 0) == condition->lacks)
            return false;
    }
    return true;
}

/* The first string of a list, as written between its quotes. */
static struct slice first_of_list(struct slice list)
{
    const struct slice text = slice_from(list, slice_find(list, '"') + 1);
    return slice_of(text.start, slice_find(text, '"'));
}

static uint8_t find_dataset(const struct shape *shape, const struct record *record, char *scratch)
{
    if (!shape->has_dataset_slot || !(record->present >> shape->dataset_slot & 1))
        return shape->dataset_otherwise;
    const struct field_value *const value = &record->values[shape->dataset_slot];
    const struct slice text =
        value->kind == VALUE_NESTED ? first_of_list(value->text) : value_text(value, scratch);
    for (size_t i = 0; i < shape->dataset_values_count; i++) {
        if (slice_equals(text, shape->dataset_values[i].value))
            return shape->dataset_values[i].dataset;
    }
    for (size_t i = 0; i < shape->dataset_values_count; i++) {
        if (slice_equals_folded(text, shape->dataset_values[i].value))
            return shape->dataset_values[i].dataset;
    }
    return shape->dataset_otherwise;
}

static const struct shape *find_shape(const struct schema *schema, struct schema_scratch *scratch,
                                      const struct record *record, uint8_t *dataset)
{
    for (size_t i = 0; i < schema->shapes_count; i++) {
        const struct shape *const shape = &schema->shapes[i];
        if (!conditions_hold(shape, record))
            continue;
        *dataset = find_dataset(shape, record, scratch->value);
        if (*dataset != DATASET_NONE)
            return shape;
    }
    return NULL;
}

/* ---- Fields of the event ------------------------------------------------------------------- */

static enum schema_result apply_time(const struct shape *shape, struct schema_scratch *scratch,
                                     const struct record *record, struct event *event)
{
    const struct slice text =
        first_text(shape, scratch, record, &shape->fields[FIELD_TIME], scratch->value);
    if (text.bytes == 0)
        return SCHEMA_NO_TIME;
    return timestamp_parse(text, &event->time_ns) == TIMESTAMP_OK ? SCHEMA_EVENT : SCHEMA_BAD_TIME;
}

/* The account goes through its own idea of absence, so each slot is tried in full. */
static void apply_account(const struct shape *shape, struct schema_scratch *scratch,
                          const struct record *record, struct event *event)
{
    const struct field_paths *const paths = &shape->fields[FIELD_ACCOUNT];
    for (unsigned i = 0; i < paths->count; i++) {
        const unsigned slot = paths->slots[i];
        if (!(record->present >> slot & 1))
            continue;
        const struct slice written =
            value_text(&record->values[slot], scratch->texts[TEXT_ACCOUNT_RAW]);
        if (is_absent(shape->absent, written))
            continue;
        const struct slice account = account_canonical(written, scratch->texts[TEXT_ACCOUNT]);
        if (account.bytes == 0)
            continue;
        event->text[TEXT_ACCOUNT] = account;
        event->text[TEXT_ACCOUNT_RAW] = written;
        return;
    }
    note_empty(scratch, paths);
}

static void apply_source(const struct shape *shape, struct schema_scratch *scratch,
                         const struct record *record, struct event *event)
{
    const struct slice text =
        first_text(shape, scratch, record, &shape->fields[FIELD_SOURCE], scratch->value);
    switch (address_parse(text, &event->source)) {
    case ADDRESS_OK:
        event->flags |= EVENT_HAS_SOURCE;
        break;
    case ADDRESS_MALFORMED:
        scratch->counters.addresses_malformed++;
        break;
    case ADDRESS_ABSENT:
        break;
    }
}

static enum schema_result apply_code(const struct shape *shape, struct schema_scratch *scratch,
                                     const struct record *record, struct event *event)
{
    const struct slice text =
        first_text(shape, scratch, record, &shape->fields[FIELD_CODE], scratch->texts[TEXT_CODE]);
    struct code_meaning meaning;
    bool known;
    if (text.bytes == 0)
        return SCHEMA_NO_OUTCOME;
    if (codes_number(shape->codes, text, &event->code)) {
        event->flags |= EVENT_HAS_CODE;
        known = codes_find_number(shape->codes, event->code, &meaning);
    } else {
        known = codes_find_word(shape->codes, text, &meaning);
    }
    scratch->counters.codes_unknown += !known;
    event->text[TEXT_CODE] = text;
    event->outcome = meaning.outcome;
    event->verdict = meaning.verdict;
    return SCHEMA_EVENT;
}

static void apply_texts(const struct shape *shape, struct schema_scratch *scratch,
                        const struct record *record, bool quiet, struct event *event)
{
    for (size_t i = 0; i < shape->texts_count; i++) {
        const enum event_field field = shape->texts[i];
        const struct field_paths *const paths = &shape->fields[field];
        if (quiet && paths->only_on_failure)
            continue;
        const enum event_text place = field_text(field);
        event->text[place] = first_text(shape, scratch, record, paths, scratch->texts[place]);
    }
}

static uint32_t read_asn(struct slice text)
{
    uint64_t number = 0;
    if (text.bytes > 2 && slice_equals_folded(slice_of(text.start, 2), SLICE("as")))
        text = slice_from(text, 2);
    for (size_t i = 0; i < text.bytes; i++) {
        const unsigned digit = (unsigned char)(text.start[i] - '0');
        number = number * 10 + digit;
        if (digit > 9 || number > UINT32_MAX)
            return 0;
    }
    return (uint32_t)number;
}

static uint16_t read_country(struct slice text)
{
    if (text.bytes != 2)
        return 0;
    const unsigned char first = slice_fold_byte((unsigned char)text.start[0]);
    const unsigned char second = slice_fold_byte((unsigned char)text.start[1]);
    if (first < 'a' || first > 'z' || second < 'a' || second > 'z')
        return 0;
    return (uint16_t)((first - 0x20) << 8 | (second - 0x20));
}

static void apply_interactive(const struct shape *shape, struct schema_scratch *scratch,
                              const struct record *record, const struct dataset *dataset,
                              struct event *event)
{
    const struct slice text =
        first_text(shape, scratch, record, &shape->fields[FIELD_INTERACTIVE], scratch->value);
    if (slice_equals_folded(text, SLICE("true")))
        event->flags |= EVENT_INTERACTIVE;
    else if (slice_equals_folded(text, SLICE("false")))
        event->flags |= EVENT_NONINTERACTIVE;
    else if (dataset->has_interactive)
        event->flags |= dataset->interactive ? EVENT_INTERACTIVE : EVENT_NONINTERACTIVE;
}

static void apply_numbers(const struct shape *shape, struct schema_scratch *scratch,
                          const struct record *record, bool quiet, struct event *event)
{
    const struct field_paths *const asn = &shape->fields[FIELD_ASN];
    if (!(quiet && asn->only_on_failure))
        event->asn = read_asn(first_text(shape, scratch, record, asn, scratch->value));
    const struct field_paths *const country = &shape->fields[FIELD_COUNTRY];
    if (!(quiet && country->only_on_failure))
        event->country = read_country(first_text(shape, scratch, record, country, scratch->value));
}

/* ---- How the password was met -------------------------------------------------------------- */

static bool rule_holds(const struct proof_rule *rule, const struct slice *texts)
{
    for (unsigned i = 0; i < rule->tests_count; i++) {
        const struct proof_test *const test = &rule->tests[i];
        struct slice text = texts[test->key];
        if (test->is_prefix && text.bytes > test->text.bytes)
            text.bytes = test->text.bytes;
        if (!slice_equals_folded(text, test->text))
            return false;
    }
    return true;
}

/* One bit for each verdict that an element of the list speaks for. */
static unsigned judge_element(const struct proof *proof, struct schema_scratch *scratch)
{
    struct slice texts[PROOF_KEYS_MAX];
    unsigned verdicts = 0;
    for (size_t i = 0; i < proof->keys_count; i++) {
        texts[i] = scratch->element.present >> i & 1
                       ? value_text(&scratch->element.values[i], scratch->element_texts[i])
                       : slice_of("", 0);
    }
    for (size_t i = 0; i < proof->rules_count; i++) {
        if (rule_holds(&proof->rules[i], texts))
            verdicts |= 1u << proof->rules[i].verdict;
    }
    return verdicts;
}

/* The list itself, or the list that a string holds as JSON. */
static struct slice proof_list(const struct field_value *value, struct schema_scratch *scratch)
{
    if (value->kind == VALUE_NESTED)
        return value->text;
    if (value->kind != VALUE_TEXT || value->text.bytes < 2)
        return slice_of("", 0);
    const struct slice text = json_text(value, scratch->proof, PROOF_BYTES);
    const size_t bytes = text.bytes < PROOF_BYTES ? text.bytes : PROOF_BYTES;
    memmove(scratch->proof, text.start, bytes);
    memset(scratch->proof + bytes, 0, LIMIT_VECTOR_PADDING);
    return slice_of(scratch->proof, bytes);
}

/* The verdicts of all elements; once the password is known to be right, no other matters. */
static unsigned judge_elements(const struct proof *proof, struct schema_scratch *scratch,
                               struct slice list)
{
    struct json_reader reader;
    enum json_result result;
    unsigned verdicts = 0;
    json_reader_init_array(&reader, proof->paths, JSON_TIER_BEST, list);
    while (!(verdicts >> VERDICT_RIGHT & 1) &&
           (result = json_reader_next(&reader, &scratch->element)) != JSON_END) {
        if (result == JSON_RECORD)
            verdicts |= judge_element(proof, scratch);
    }
    return verdicts;
}

static void apply_proof(const struct proof *proof, struct schema_scratch *scratch,
                        const struct record *record, struct event *event)
{
    static const enum verdict by_rank[] = {VERDICT_RIGHT, VERDICT_WRONG, VERDICT_UNTESTED,
                                           VERDICT_UNKNOWN};
    if (proof->paths == NULL || !(record->present >> proof->slot & 1))
        return;
    const struct slice list = proof_list(&record->values[proof->slot], scratch);
    if (list.bytes <= 2) /* [] */
        return;
    const unsigned verdicts = judge_elements(proof, scratch, list);
    for (size_t i = 0; i < sizeof(by_rank) / sizeof(by_rank[0]); i++) {
        if (verdicts >> by_rank[i] & 1) {
            event->verdict = (uint8_t)by_rank[i];
            event->flags |= EVENT_VERDICT_PROVEN;
            return;
        }
    }
}

/* ---- The whole event ----------------------------------------------------------------------- */

/* All zero. In small steps, because compilers turn one large one into `rep stos`, whose start alone
 * takes as long as reading the time stamp. */
static inline void event_clear(struct event *event)
{
    const size_t head_bytes = offsetof(struct event, text);
    memset(event, 0, head_bytes);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        event->text[i] = (struct slice){0};
        __asm__("" : "+m"(event->text[i])); /* keep the loop a loop */
    }
}

static enum schema_result apply_record(const struct schema *schema, struct schema_scratch *scratch,
                                       const struct record *record, struct event *event)
{
    uint8_t dataset_index;
    const struct shape *const shape = find_shape(schema, scratch, record, &dataset_index);
    if (shape == NULL)
        return SCHEMA_NOT_SIGN_IN;

    event_clear(event);
    event->dataset = dataset_index;
    enum schema_result result = apply_time(shape, scratch, record, event);
    if (result == SCHEMA_EVENT)
        result = apply_code(shape, scratch, record, event);
    if (result != SCHEMA_EVENT)
        return result;

    const struct dataset *const dataset = &schema->datasets.items[dataset_index];
    const bool quiet = !schema->whole && slice_equals(event->text[TEXT_CODE], shape->quiet_code);
    if (event->outcome == OUTCOME_SUCCESS && dataset->success_verdict != VERDICT_COUNT)
        event->verdict = dataset->success_verdict;
    apply_account(shape, scratch, record, event);
    apply_source(shape, scratch, record, event);
    apply_interactive(shape, scratch, record, dataset, event);
    apply_numbers(shape, scratch, record, quiet, event);
    apply_texts(shape, scratch, record, quiet, event);
    if (!quiet)
        apply_proof(&shape->proof, scratch, record, event);
    return SCHEMA_EVENT;
}

/* Reads the whole record once more. Its text lies in the block, with the block's padding behind. */
static bool reread(const struct schema *schema, struct schema_scratch *scratch,
                   const struct record *record)
{
    struct json_reader reader;
    const struct block block = {
        .layout = LAYOUT_JSON_STREAM,
        .text = (char *)(uintptr_t)record->text.start, /* only read */
        .bytes = record->text.bytes,
    };
    json_reader_init(&reader, schema->paths_whole, JSON_TIER_BEST, LIMIT_LINE_BYTES_MAX, &block);
    return json_reader_next(&reader, &scratch->reread) == JSON_RECORD;
}

enum schema_result schema_apply(const struct schema *schema, struct schema_scratch *scratch,
                                const struct record *record, struct event *event)
{
    const struct schema_counters before = scratch->counters;
    scratch->preferred_empty = false;
    const enum schema_result result = apply_record(schema, scratch, record, event);
    if (!scratch->preferred_empty || schema->whole || !reread(schema, scratch, record))
        return result;
    scratch->counters = before;
    return apply_record(schema, scratch, &scratch->reread, event);
}
