#include "parsers/schema.h"

#include <stdlib.h>

#include "engine/base/utf8.h"
#include "parsers/account.h"
#include "parsers/address.h"
#include "parsers/country.h"

enum {
    PROOF_BYTES = 8192, /* of a proof that is JSON within a string */
    CODES_SEEN = 16,
    CODE_SEEN_BYTES = 40,
    JOINED_TIME_BYTES = 64, /* longer than any time that can be read */
};

/* A code as it is written, and what the table says of it. A log has few of them. */
struct code_seen {
    const struct codes *codes; /* NULL: nothing is here yet */
    size_t bytes;
    char text[CODE_SEEN_BYTES];
    bool is_known, is_number;
    int32_t number;
    struct code_meaning meaning;
};

struct schema_scratch {
    struct schema_counters counters;
    bool preferred_empty; /* a field's first path held nothing, and there are others */
    char texts[TEXT_COUNT][LIMIT_TEXT_BYTES];
    char value[LIMIT_TEXT_BYTES]; /* of what becomes no text: time, address, numbers */
    struct record element;        /* of a proof's list */
    struct record reread;
    struct container_room room;
    struct format_scratch formats;
    uint32_t memory_source;
    struct json_memory memory; /* addresses whose AS number was read */
    struct code_seen codes_seen[CODES_SEEN];
    char element_texts[PROOF_KEYS_MAX][LIMIT_TEXT_BYTES];
    char proof[PROOF_BYTES + LIMIT_VECTOR_PADDING];
};

/* ---- Creating ------------------------------------------------------------------------------ */

static void read_dataset(struct datasets *datasets, size_t first_own, const struct reading *reading,
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
        if (!slice_equals(name, slice_from_string(datasets->items[i].name)))
            continue;
        if (i >= first_own)
            reading_complain(reading, name_node, "S106", "dataset '%s' is listed twice",
                             name.start);
        return; /* another schema has it: the same log in another form */
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

static enum status read_shapes(struct schema *schema, const struct reading *reading,
                               const struct node *shapes,
                               const struct shape_surroundings *surroundings)
{
    if (!reading_sequence(reading, shapes, "shapes", SCHEMA_SHAPES_MAX))
        return STATUS_OK;
    schema->shapes = calloc(shapes->count + 1, sizeof(*schema->shapes));
    if (schema->shapes == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < shapes->count; i++) {
        struct shape *const shape = &schema->shapes[schema->shapes_count++];
        const enum status status = shape_read(shape, reading, shapes->items[i], surroundings);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Names that go into a row as they are. */
static bool is_column_name(const struct node *node)
{
    static const char outside[] = ",;\t\"\r\n#";
    if (node->kind != NODE_SCALAR || node->text.bytes == 0)
        return false;
    for (size_t i = 0; i < node->text.bytes; i++) {
        if (memchr(outside, node->text.start[i], sizeof(outside)) != NULL)
            return false;
    }
    return true;
}

static void write_columns(char *to, const struct node *names, char delimiter)
{
    for (size_t i = 0; i < names->count; i++) {
        memcpy(to, names->items[i]->text.start, names->items[i]->text.bytes);
        to += names->items[i]->text.bytes;
        *to++ = i + 1 < names->count ? delimiter : '\n';
    }
}

/* Rows of the names, as if the log had one. */
static void read_columns(struct schema *schema, const struct reading *reading,
                         const struct node *node)
{
    size_t bytes = 0;
    if (!reading_sequence(reading, node, "columns", CSV_COLUMNS_MAX))
        return;
    for (size_t i = 0; i < node->count; i++) {
        if (!is_column_name(node->items[i])) {
            reading_complain(reading, node->items[i], "S103",
                             "a column's name is a text without delimiters, quotes and line ends");
            return;
        }
        bytes += node->items[i]->text.bytes + 1;
    }
    if (node->count < 2 || bytes > CSV_HEAD_BYTES) {
        reading_complain(reading, node, "S103", "there are two columns or more, within %d bytes",
                         CSV_HEAD_BYTES);
        return;
    }
    for (size_t i = 0; i < CSV_DELIMITERS_COUNT; i++) {
        char *const row = arena_take(&schema->slots.arena, bytes + LIMIT_VECTOR_PADDING, 1);
        if (row == NULL)
            return;
        write_columns(row, node, csv_delimiters[i]);
        schema->columns[i] = slice_of(row, bytes);
    }
}

static void read_formats(struct schema *schema, const struct reading *reading,
                         const struct node *node)
{
    const char *known[FORMATS_COUNT + 1] = {0};
    for (int i = 0; i < FORMATS_COUNT; i++)
        known[i] = format_name((enum format)i);
    schema->formats = 1u << FORMAT_OF_JSON;
    if (node == NULL || !reading_sequence(reading, node, "formats", FORMATS_COUNT))
        return;
    schema->formats = 0;
    for (size_t i = 0; i < node->count; i++) {
        const enum format format = node->items[i]->kind == NODE_SCALAR
                                       ? format_by_name(node->items[i]->text)
                                       : FORMATS_COUNT;
        if (format == FORMATS_COUNT)
            reading_complain_unknown(reading, node->items[i], "S105", "format", known);
        else
            schema->formats |= 1u << format;
    }
    if (node->count == 0)
        reading_complain(reading, node, "S103", "a schema has at least one format");
}

/* The table that it names, or its own results. */
static enum status read_codes(struct schema *schema, const struct reading *reading,
                              const struct node *root, struct code_tables *tables)
{
    const struct node *const name = node_get(root, "code-table");
    const struct node *const results = node_get(root, "results");
    if ((name == NULL) == (results == NULL)) {
        reading_complain(reading, root, "S102",
                         name == NULL ? "'code-table' is missing, or 'results' in its place"
                                      : "either 'code-table' or 'results' says what codes mean");
        return STATUS_OK;
    }
    if (name != NULL) {
        schema->codes = code_tables_find(tables, reading, name);
        return STATUS_OK;
    }
    const size_t errors = reading->diagnostics->errors_count;
    struct codes *const codes = code_tables_add(tables, reading, results);
    if (codes == NULL)
        return reading->diagnostics->errors_count > errors ? STATUS_OK : STATUS_NO_MEMORY;
    codes_read_results(codes, reading, results);
    schema->codes = codes;
    return STATUS_OK;
}

static void read_datasets(const struct schema_surroundings *surroundings,
                          const struct reading *reading, const struct node *datasets)
{
    struct datasets *const all = surroundings->datasets;
    if (!reading_sequence(reading, datasets, "datasets", DATASETS_MAX))
        return;
    const size_t first_own = all->count;
    for (size_t i = 0; i < datasets->count; i++)
        read_dataset(all, first_own, reading, datasets->items[i]);
    for (size_t i = first_own; surroundings->wanted_of != NULL && i < all->count; i++)
        all->items[i].wanted =
            surroundings->wanted_of(surroundings->self, slice_from_string(all->items[i].name));
}

enum status schema_read(struct schema *schema, const struct reading *reading,
                        const struct node *root, const struct schema_surroundings *surroundings)
{
    static const char *const keys[] = {"schema", "formats",  "columns", "code-table", "results",
                                       "absent", "datasets", "shapes",  NULL};
    if (!reading_mapping(reading, root, "a schema", keys) && root->kind != NODE_MAPPING)
        return STATUS_OK;
    const struct node *const name = reading_get(reading, root, "schema");
    if (name != NULL)
        reading_text(reading, name, "schema", &schema->name);
    read_formats(schema, reading, node_get(root, "formats"));
    const enum status status = read_codes(schema, reading, root, surroundings->tables);
    const struct node *const datasets = reading_get(reading, root, "datasets");
    const struct node *const shapes = reading_get(reading, root, "shapes");
    const struct node *const absent = node_get(root, "absent");
    const struct node *const columns = node_get(root, "columns");
    if (columns != NULL)
        read_columns(schema, reading, columns);
    schema->datasets = surroundings->datasets;
    if (absent != NULL)
        absent_read(&schema->absent, reading, absent);
    if (status != STATUS_OK || datasets == NULL || shapes == NULL)
        return status;
    read_datasets(surroundings, reading, datasets);
    return read_shapes(schema, reading, shapes,
                       &(struct shape_surroundings){
                           .codes = schema->codes,
                           .tables = surroundings->tables,
                           .absent = &schema->absent,
                           .datasets = surroundings->datasets,
                           .slots = &schema->slots,
                           .unused = surroundings->unused,
                           .is_mapping = surroundings->is_mapping,
                           .wanted = surroundings->wanted,
                       });
}

/* The slots without which a record cannot be told or its fields' first paths not be read. */
static uint64_t preferred_slots(const struct schema *schema)
{
    uint64_t slots = 0;
    for (size_t i = 0; i < schema->shapes_count; i++) {
        const struct shape *const shape = &schema->shapes[i];
        const struct json_stop stop = shape_stop(shape, &schema->slots);
        slots |= stop.always | stop.otherwise | telltales_slots(&shape->telltales, &schema->slots);
    }
    return slots;
}

/* Compiles what the format's reader looks for: the slots of `wanted` that come from it. Columns
 * have names, not paths. */
static enum status compile_format(struct schema *schema, struct format_paths *paths,
                                  unsigned formats, uint64_t wanted, const struct json_stop *stops,
                                  size_t stops_count)
{
    struct record_path list[RECORD_FIELDS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < schema->slots.count; i++) {
        if (!schema->slots.items[i].is_inner && wanted >> i & 1)
            list[count++] = (struct record_path){schema->slots.items[i].path, (unsigned)i};
    }
    return format_paths_create(paths, formats, list, count, stops, stops_count);
}

enum status schema_compile(struct schema *schema, const struct reading *reading)
{
    struct json_stop stops[SCHEMA_SHAPES_MAX];
    const char *wrong = NULL;
    enum status status = path_slots_finish(&schema->slots, &wrong);
    /* Only the JSON reader can stop early, and only for so many shapes. */
    schema->reads_whole |=
        schema->shapes_count > JSON_STOPS_MAX || schema->formats != 1u << FORMAT_OF_JSON;
    const uint64_t preferred = schema->reads_whole ? UINT64_MAX : preferred_slots(schema);
    for (size_t i = 0; i < schema->shapes_count; i++)
        stops[i] = shape_stop(&schema->shapes[i], &schema->slots);
    if (status == STATUS_OK)
        status = compile_format(schema, &schema->paths, schema->formats, preferred, stops,
                                schema->reads_whole ? 0 : schema->shapes_count);
    if (status == STATUS_OK)
        status = compile_format(schema, &schema->paths_whole, schema->formats, UINT64_MAX, NULL, 0);
    if (status == STATUS_CONFIG)
        diagnostics_add(reading->diagnostics, SEVERITY_ERROR, "S108", reading->path, 0, 0,
                        "%s%sa path is empty, too long, or both a value and the way to another",
                        wrong != NULL ? wrong : "", wrong != NULL ? ": " : "");
    return status;
}

void schema_deinit(struct schema *schema)
{
    for (size_t i = 0; i < schema->shapes_count; i++)
        shape_deinit(&schema->shapes[i]);
    free(schema->shapes);
    format_paths_destroy(&schema->paths);
    format_paths_destroy(&schema->paths_whole);
    path_slots_deinit(&schema->slots);
    *schema = (struct schema){0};
}

const struct json_memory *schema_memory(struct schema_scratch *scratch, uint32_t source)
{
    if (scratch->memory_source != source)
        json_memory_clear(&scratch->memory);
    scratch->memory_source = source;
    return &scratch->memory;
}

const char *schema_result_name(enum schema_result result)
{
    static const char *const names[SCHEMA_RESULT_COUNT] = {
        [SCHEMA_EVENT] = "event",           [SCHEMA_NOT_SIGN_IN] = "not_sign_in",
        [SCHEMA_NO_TIME] = "no_time",       [SCHEMA_BAD_TIME] = "bad_time",
        [SCHEMA_NO_OUTCOME] = "no_outcome", [SCHEMA_FOREIGN] = "foreign",
    };
    return names[result];
}

enum status schema_scratch_create(struct schema_scratch **out, size_t line_bytes_max)
{
    struct schema_scratch *const scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    scratch->memory.key = hash_key_random();
    enum status status = format_scratch_init(&scratch->formats, line_bytes_max);
    if (status == STATUS_OK)
        status = container_room_init(&scratch->room);
    if (status != STATUS_OK) {
        schema_scratch_destroy(scratch);
        return status;
    }
    *out = scratch;
    return STATUS_OK;
}

void schema_scratch_destroy(struct schema_scratch *scratch)
{
    if (scratch == NULL)
        return;
    format_scratch_deinit(&scratch->formats);
    container_room_deinit(&scratch->room);
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
        return utf8_cut(format_text(value, scratch, LIMIT_TEXT_BYTES), LIMIT_TEXT_BYTES);
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

static inline bool is_absent_in(const struct shape *shape, const struct field_paths *paths,
                                struct slice text)
{
    return is_absent(shape->absent, text) ||
           (paths->absent != NULL && is_absent(paths->absent, text));
}

/* Called when a field has no value. Had its first path been missing, the record would have been
 * read to its end; but the path was there, so reading may have stopped before another one. */
static inline void note_empty(struct schema_scratch *scratch, const struct field_paths *paths)
{
    scratch->preferred_empty |= paths->count > 1;
}

/* The text of the first slot that holds something, decoded into `decoded` when it has to be; what
 * it is otherwise when none does. */
static inline struct slice first_text(const struct shape *shape, struct schema_scratch *scratch,
                                      const struct record *record, const struct field_paths *paths,
                                      char *decoded)
{
    for (unsigned i = 0; i < paths->count; i++) {
        const unsigned slot = paths->slots[i];
        if (!(record->present >> slot & 1))
            continue;
        const struct slice text = value_text(&record->values[slot], decoded);
        if (!is_absent_in(shape, paths, text))
            return text;
    }
    note_empty(scratch, paths);
    return paths->otherwise;
}

/* ---- What kind of record ------------------------------------------------------------------- */

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

/* The record's shape; NULL: none. `*is_known`: the record is one of this schema's, though perhaps
 * no sign-in. */
static const struct shape *find_shape(const struct schema *schema, struct schema_scratch *scratch,
                                      const struct record *record, uint8_t *dataset, bool *is_known)
{
    *is_known = false;
    for (size_t i = 0; i < schema->shapes_count; i++) {
        const struct shape *const shape = &schema->shapes[i];
        if (!telltales_hold(&shape->telltales, record, scratch->value))
            continue;
        *is_known = true;
        if (shape->is_no_sign_in)
            return NULL;
        *dataset = find_dataset(shape, record, scratch->value);
        if (*dataset != DATASET_NONE)
            return shape;
    }
    return NULL;
}

/* ---- Fields of the event ------------------------------------------------------------------- */

/* The parts of a time with a blank between; empty when date or time is absent. Zones may be. */
static struct slice joined_time(const struct shape *shape, struct schema_scratch *scratch,
                                const struct record *record, char joined[JOINED_TIME_BYTES])
{
    size_t bytes = 0;
    for (size_t i = 0; i < shape->time_join.count; i++) {
        const struct slice part = slice_trim(
            first_text(shape, scratch, record, &shape->time_join.parts[i], scratch->value));
        if (part.bytes == 0 && i < 2)
            return slice_of(joined, 0);
        if (part.bytes == 0 || bytes + 1 + part.bytes > JOINED_TIME_BYTES)
            continue;
        if (i > 0)
            joined[bytes++] = ' ';
        memcpy(joined + bytes, part.start, part.bytes);
        bytes += part.bytes;
    }
    return slice_of(joined, bytes);
}

static enum schema_result apply_time(const struct shape *shape, struct schema_scratch *scratch,
                                     const struct source_view *view, const struct record *record,
                                     struct event *event)
{
    const struct field_paths *const paths = &shape->fields[FIELD_TIME];
    struct slice text = slice_of("", 0);
    char joined[JOINED_TIME_BYTES];
    unsigned path = 0;
    for (; path < paths->count; path++) {
        const struct field_value *const value = &record->values[paths->slots[path]];
        if (!(record->present >> paths->slots[path] & 1))
            continue;
        if (value->kind == VALUE_TIME) {
            event->time_ns = record->time_ns;
            return SCHEMA_EVENT;
        }
        text = value_text(value, scratch->value);
        if (!is_absent_in(shape, paths, text))
            break;
    }
    const bool is_joined = path == paths->count;
    if (is_joined)
        text = joined_time(shape, scratch, record, joined);
    if (is_joined && text.bytes == 0) {
        note_empty(scratch, paths);
        return SCHEMA_NO_TIME;
    }
    const bool is_local = is_joined || (shape->local_times >> path & 1) != 0;
    const struct timestamp_habits habits = {
        .is_day_first = view != NULL && view->is_day_first,
        .zone = view != NULL && is_local ? view->zone : NULL,
    };
    return timestamp_parse_as(text, &habits, &event->time_ns) == TIMESTAMP_OK ? SCHEMA_EVENT
                                                                              : SCHEMA_BAD_TIME;
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
        if (is_absent_in(shape, paths, written))
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
    /* Of a list, as proxies write it, the first is the client's. */
    const struct slice first = slice_of(text.start, slice_find(text, ','));
    switch (address_parse(first, &event->source)) {
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

/* Copies up to LIMIT_TEXT_BYTES bytes. Written out, because compilers that know the bound turn
 * memcpy into `rep movs`, whose start alone takes longer than the short texts that parts are. */
static inline void copy_part(char *to, struct slice part)
{
    uint64_t word;
    size_t at = 0;
    for (; at + sizeof(word) <= part.bytes; at += sizeof(word)) {
        memcpy(&word, part.start + at, sizeof(word));
        memcpy(to + at, &word, sizeof(word));
        __asm__("" : "+r"(at)); /* keep the loop a loop */
    }
    for (; at < part.bytes; at++) {
        to[at] = part.start[at];
        __asm__("" : "+r"(at));
    }
}

/* The parts of a field, without blanks around them, with a colon between, written to `joined`. What
 * is absent leaves its place empty, but no colons at the end. `*found_all`: nothing is absent. */
static struct slice join_parts(const struct shape *shape, struct schema_scratch *scratch,
                               const struct record *record, const struct field_paths *first,
                               const struct field_join *join, char *joined, bool *found_all)
{
    size_t bytes = 0, used = 0;
    *found_all = true;
    for (size_t i = 0; i <= join->count && bytes < LIMIT_TEXT_BYTES; i++) {
        const struct field_paths *const paths = i == 0 ? first : &join->parts[i - 1];
        if (i > 0)
            joined[bytes++] = ':';
        const struct slice part =
            slice_trim(first_text(shape, scratch, record, paths, scratch->value));
        const struct slice text = utf8_cut(part, LIMIT_TEXT_BYTES - bytes);
        *found_all &= text.bytes > 0;
        if (text.bytes == 0)
            continue;
        copy_part(joined + bytes, text);
        bytes += text.bytes;
        used = bytes;
    }
    return slice_of(joined, used);
}

static struct slice code_text(const struct shape *shape, struct schema_scratch *scratch,
                              const struct record *record)
{
    const struct field_paths *const paths = &shape->fields[FIELD_CODE];
    char *const text = scratch->texts[TEXT_CODE];
    bool found_all;
    if (shape->code_join.count == 0)
        return first_text(shape, scratch, record, paths, text);
    return join_parts(shape, scratch, record, paths, &shape->code_join, text, &found_all);
}

/* An id of which a part is missing may be that of another record, too: it is none. */
static void apply_id(const struct shape *shape, struct schema_scratch *scratch,
                     const struct record *record, struct event *event)
{
    bool found_all;
    if (shape->id_join.count == 0)
        return;
    const struct slice id = join_parts(shape, scratch, record, &shape->fields[FIELD_EVENT_ID],
                                       &shape->id_join, scratch->texts[TEXT_EVENT_ID], &found_all);
    event->text[TEXT_EVENT_ID] = found_all ? id : slice_of("", 0);
}

/* `text` is not empty. What is given is the scratch's, until the next call. */
static const struct code_seen *read_code(const struct codes *codes, struct schema_scratch *scratch,
                                         struct slice text)
{
    const size_t place = (text.bytes ^ (unsigned char)text.start[0]) % CODES_SEEN;
    struct code_seen *const seen = &scratch->codes_seen[place];
    if (seen->codes == codes && slice_equals(text, slice_of(seen->text, seen->bytes)))
        return seen;
    const bool has_room = text.bytes <= CODE_SEEN_BYTES;
    seen->codes = has_room ? codes : NULL;
    seen->bytes = has_room ? text.bytes : 0;
    memcpy(seen->text, text.start, seen->bytes);
    seen->number = 0;
    seen->is_number = codes_number(codes, text, &seen->number);
    seen->is_known = seen->is_number ? codes_find_number(codes, seen->number, &seen->meaning)
                                     : codes_find_word(codes, text, &seen->meaning);
    return seen;
}

static enum schema_result apply_code(const struct shape *shape, struct schema_scratch *scratch,
                                     const struct record *record, struct event *event)
{
    const struct slice text = code_text(shape, scratch, record);
    if (text.bytes == 0)
        return SCHEMA_NO_OUTCOME;
    const struct code_seen *const seen = read_code(shape->codes, scratch, text);
    event->code = seen->number;
    event->flags |= seen->is_number ? EVENT_HAS_CODE : 0;
    scratch->counters.codes_unknown += !seen->is_known;
    event->text[TEXT_CODE] = text;
    event->outcome = seen->meaning.outcome;
    event->verdict = seen->meaning.verdict;
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

/* Further records with this address, written like this, may be read without their AS number. */
static void remember_asn(const struct shape *shape, struct schema_scratch *scratch,
                         const struct record *record, const struct event *event)
{
    if (event->asn == 0 || (event->flags & EVENT_HAS_SOURCE) == 0 ||
        !shape->fields[FIELD_ASN].once_per_address)
        return;
    const unsigned slot = shape->fields[FIELD_SOURCE].slots[0];
    if ((record->present >> slot & 1) != 0 && !is_absent(shape->absent, record->values[slot].text))
        json_memory_keep(&scratch->memory, record->values[slot].text);
}

static void apply_numbers(const struct shape *shape, struct schema_scratch *scratch,
                          const struct record *record, bool quiet, struct event *event)
{
    const struct field_paths *const asn = &shape->fields[FIELD_ASN];
    if (!(quiet && asn->only_on_failure))
        event->asn = read_asn(first_text(shape, scratch, record, asn, scratch->value));
    remember_asn(shape, scratch, record, event);
    const struct field_paths *const country = &shape->fields[FIELD_COUNTRY];
    if (!(quiet && country->only_on_failure))
        event->country = country_parse(first_text(shape, scratch, record, country, scratch->value));
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
    const struct slice text = format_text(value, scratch->proof, PROOF_BYTES);
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
    enum record_result result;
    unsigned verdicts = 0;
    json_reader_init_array(&reader, proof->paths, JSON_TIER_BEST, list);
    while (!(verdicts >> VERDICT_RIGHT & 1) &&
           (result = json_reader_next(&reader, &scratch->element)) != RECORD_END) {
        if (result == RECORD_FOUND)
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
                                       const struct source_view *view, const struct record *record,
                                       struct event *event)
{
    uint8_t dataset_index;
    bool is_known;
    const struct shape *const shape =
        find_shape(schema, scratch, record, &dataset_index, &is_known);
    if (shape == NULL)
        return is_known ? SCHEMA_NOT_SIGN_IN : SCHEMA_FOREIGN;

    event_clear(event);
    event->dataset = dataset_index;
    event->flags = shape->witness_flags;
    enum schema_result result = apply_time(shape, scratch, view, record, event);
    if (result == SCHEMA_EVENT)
        result = apply_code(shape, scratch, record, event);
    if (result != SCHEMA_EVENT)
        return result;

    const struct dataset *const dataset = &schema->datasets->items[dataset_index];
    const bool quiet = !schema->whole && slice_equals(event->text[TEXT_CODE], shape->quiet_code);
    if (event->outcome == OUTCOME_SUCCESS && dataset->success_verdict != VERDICT_COUNT)
        event->verdict = dataset->success_verdict;
    apply_account(shape, scratch, record, event);
    apply_source(shape, scratch, record, event);
    apply_interactive(shape, scratch, record, dataset, event);
    apply_numbers(shape, scratch, record, quiet, event);
    apply_texts(shape, scratch, record, quiet, event);
    apply_id(shape, scratch, record, event);
    if (!quiet)
        apply_proof(&shape->proof, scratch, record, event);
    return SCHEMA_EVENT;
}

/* Opens the containers, then makes the event. */
static enum schema_result apply_opened(const struct schema *schema, struct schema_scratch *scratch,
                                       const struct source_view *view, struct record *record,
                                       struct event *event)
{
    if (schema->slots.containers_count > 0)
        containers_open(&schema->slots, &scratch->room, record);
    return apply_record(schema, scratch, view, record, event);
}

/* Reads the whole record once more. Its text lies in the block, with the block's padding behind. */
static bool reread(const struct schema *schema, struct schema_scratch *scratch,
                   const struct source_view *view, enum layout layout, struct slice text)
{
    struct format_reader reader;
    format_reader_init_record(&reader, &schema->paths_whole, &scratch->formats, view, layout, text);
    return format_reader_next(&reader, &scratch->reread) == RECORD_FOUND;
}

enum schema_result schema_apply(const struct schema *schema, struct schema_scratch *scratch,
                                const struct source_view *view, struct record *record,
                                struct event *event)
{
    const struct schema_counters before = scratch->counters;
    scratch->preferred_empty = false;
    scratch->room.used = 0;
    const enum schema_result result = apply_opened(schema, scratch, view, record, event);
    if (!scratch->preferred_empty || schema->reads_whole ||
        !reread(schema, scratch, NULL, LAYOUT_JSON_STREAM, record->text))
        return result;
    scratch->counters = before;
    scratch->room.used = 0;
    return apply_opened(schema, scratch, view, &scratch->reread, event);
}

enum schema_result schema_apply_anew(const struct schema *schema, struct schema_scratch *scratch,
                                     const struct source_view *view, enum layout layout,
                                     const struct record *record, struct event *event)
{
    scratch->room.used = 0;
    if (!reread(schema, scratch, view, layout, record->text))
        return SCHEMA_FOREIGN;
    return apply_opened(schema, scratch, view, &scratch->reread, event);
}

/* ---- Explaining ---------------------------------------------------------------------------- */

const struct record *schema_reread(const struct schema *schema, struct schema_scratch *scratch,
                                   const struct source_view *view, enum layout layout,
                                   struct slice text)
{
    scratch->room.used = 0;
    if (!reread(schema, scratch, view, layout, text))
        return NULL;
    if (schema->slots.containers_count > 0)
        containers_open(&schema->slots, &scratch->room, &scratch->reread);
    return &scratch->reread;
}

const struct shape *schema_shape_of(const struct schema *schema, struct schema_scratch *scratch,
                                    const struct record *record, bool *is_known)
{
    uint8_t dataset;
    return find_shape(schema, scratch, record, &dataset, is_known);
}

unsigned schema_slot_of(const struct shape *shape, struct schema_scratch *scratch,
                        const struct record *record, enum event_field field,
                        const struct field_paths *paths)
{
    for (unsigned i = 0; i < paths->count; i++) {
        const unsigned slot = paths->slots[i];
        if (!(record->present >> slot & 1))
            continue;
        if (record->values[slot].kind == VALUE_TIME)
            return slot;
        const struct slice text = value_text(&record->values[slot], scratch->value);
        if (is_absent_in(shape, paths, text))
            continue;
        if (field == FIELD_ACCOUNT &&
            account_canonical(text, scratch->texts[TEXT_ACCOUNT]).bytes == 0)
            continue;
        return slot;
    }
    return SLOT_NONE;
}

enum timestamp_order schema_time_order(const struct schema *schema, struct schema_scratch *scratch,
                                       struct record *record)
{
    bool is_known;
    scratch->room.used = 0;
    if (schema->slots.containers_count > 0)
        containers_open(&schema->slots, &scratch->room, record);
    const struct shape *const shape = schema_shape_of(schema, scratch, record, &is_known);
    if (shape == NULL)
        return TIMESTAMP_EITHER_FIRST;
    const struct field_paths *const paths = &shape->fields[FIELD_TIME];
    const unsigned slot = schema_slot_of(shape, scratch, record, FIELD_TIME, paths);
    char joined[JOINED_TIME_BYTES];
    if (slot == SLOT_NONE)
        return timestamp_order(joined_time(shape, scratch, record, joined));
    return record->values[slot].kind != VALUE_TIME
               ? timestamp_order(value_text(&record->values[slot], scratch->value))
               : TIMESTAMP_EITHER_FIRST;
}

struct container_room *schema_scratch_room(struct schema_scratch *scratch)
{
    return &scratch->room;
}

struct record *schema_scratch_record(struct schema_scratch *scratch)
{
    return &scratch->reread;
}

struct format_scratch *schema_scratch_formats(struct schema_scratch *scratch)
{
    return &scratch->formats;
}
