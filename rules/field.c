#include "rules/field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/limits.h"

enum { PASS_KEYS_MAX = 200 }; /* of one pass; the JSON reader follows up to 256 */

/* ---- the table ---------------------------------------------------------------------------- */

enum status field_table_init(struct field_table *table)
{
    *table = (struct field_table){
        .fields = calloc(RULE_FIELDS_MAX, sizeof(*table->fields)),
        .passes = calloc(FIELD_PASSES_MAX, sizeof(*table->passes)),
    };
    return table->fields != NULL && table->passes != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

void field_table_deinit(struct field_table *table)
{
    for (size_t i = 0; i < table->passes_count; i++) {
        for (int format = 0; format < FORMATS_COUNT; format++)
            format_paths_destroy(&table->passes[i].compiled[format]);
    }
    for (size_t i = 0; i < table->fields_count; i++) {
        for (unsigned j = 0; j < table->fields[i].ways_count; j++)
            json_paths_destroy(table->fields[i].ways[j].rest);
    }
    free(table->fields);
    free(table->passes);
    *table = (struct field_table){0};
}

/* Writes the path to `name`: with `is_whole` a single key, else one at each dot. */
static size_t path_write(char *to, struct slice name, bool is_whole)
{
    size_t bytes = 0;
    for (size_t i = 0; i < name.bytes; i++) {
        const char byte = name.start[i];
        if (strchr("[]{}\\", byte) != NULL || (byte == '.' && is_whole))
            to[bytes++] = '\\';
        to[bytes++] = byte;
    }
    to[bytes] = '\0';
    return bytes;
}

static size_t keys_of(const char *path)
{
    size_t keys = 1;
    for (; *path != '\0'; path++) {
        if (*path == '\\' && path[1] != '\0')
            path++;
        else
            keys += *path == '.';
    }
    return keys;
}

/* A slot for the path in some pass. */
static enum status table_take_path(struct field_table *table, struct arena *arena, const char *path,
                                   struct field_way *way)
{
    for (size_t i = 0; i < table->passes_count; i++) {
        for (size_t j = 0; j < table->passes[i].count; j++) {
            /* Readers compare keys without case. */
            if (strcasecmp(table->passes[i].paths[j].path, path) == 0) {
                *way = (struct field_way){.pass = (uint8_t)i, .slot = (uint16_t)j};
                return STATUS_OK;
            }
        }
    }
    const size_t keys = keys_of(path);
    struct field_pass *pass =
        table->passes_count > 0 ? &table->passes[table->passes_count - 1] : NULL;
    if (pass == NULL || pass->count == RECORD_FIELDS_MAX ||
        pass->keys_count + keys > PASS_KEYS_MAX) {
        if (table->passes_count == FIELD_PASSES_MAX)
            return STATUS_CONFIG;
        pass = &table->passes[table->passes_count++];
    }
    const char *const kept = arena_copy(arena, slice_from_string(path));
    if (kept == NULL)
        return STATUS_NO_MEMORY;
    pass->keys_count += keys;
    pass->paths[pass->count] = (struct record_path){.path = kept, .slot = (unsigned)pass->count};
    *way = (struct field_way){.pass = (uint8_t)(table->passes_count - 1),
                              .slot = (uint16_t)pass->count++};
    return STATUS_OK;
}

static enum status field_add_path(struct field_table *table, struct arena *arena,
                                  struct raw_field *field, const char *path)
{
    if (field->ways_count == FIELD_WAYS_MAX)
        return STATUS_CONFIG;
    const enum status status = table_take_path(table, arena, path, &field->ways[field->ways_count]);
    field->ways_count += status == STATUS_OK;
    return status;
}

/* A list of objects under the first `split` bytes of the name; what follows lies in each. */
static enum status field_add_list(struct field_table *table, struct arena *arena,
                                  struct raw_field *field, struct slice name, size_t split)
{
    char head[2 * RULE_FIELD_NAME_BYTES_MAX + 1], tail[2 * RULE_FIELD_NAME_BYTES_MAX + 1];
    path_write(head, slice_of(name.start, split), false);
    path_write(tail, slice_from(name, split + 1), false);
    if (field->ways_count == FIELD_WAYS_MAX)
        return STATUS_CONFIG;
    struct field_way way;
    enum status status = table_take_path(table, arena, head, &way);
    if (status != STATUS_OK)
        return status;
    const struct record_path inner = {.path = tail, .slot = 0};
    status = json_paths_create(&way.rest, &inner, 1, NULL, 0);
    if (status == STATUS_OK)
        field->ways[field->ways_count++] = way;
    return status;
}

/* The ways to a name in records: its own key, its keys at the dots, lists at the first dots. */
static enum status field_add_name(struct field_table *table, struct arena *arena,
                                  struct raw_field *field, struct slice name)
{
    char path[2 * RULE_FIELD_NAME_BYTES_MAX + 1];
    path_write(path, name, true);
    enum status status = field_add_path(table, arena, field, path);
    const size_t dot = slice_find(name, '.');
    if (dot == name.bytes || dot == 0 || name.start[name.bytes - 1] == '.' || status != STATUS_OK)
        return status;
    for (size_t i = 0; i + 1 < name.bytes; i++) {
        if (name.start[i] == '.' && name.start[i + 1] == '.')
            return status; /* no key is empty */
    }
    path_write(path, name, false);
    status = field_add_path(table, arena, field, path);
    for (size_t i = dot; i < name.bytes && status == STATUS_OK; i++) {
        if (name.start[i] == '.')
            status = field_add_list(table, arena, field, name, i);
    }
    return status;
}

static enum status field_add_alias(struct field_table *table, struct arena *arena,
                                   struct raw_field *field, struct slice alias)
{
    const enum event_field event = field_by_name(alias);
    if (event == FIELD_COUNT)
        return alias.bytes <= RULE_FIELD_NAME_BYTES_MAX ? field_add_name(table, arena, field, alias)
                                                        : STATUS_CONFIG;
    if (field->ways_count == FIELD_WAYS_MAX)
        return STATUS_CONFIG;
    field->ways[field->ways_count++] = (struct field_way){.is_event = true, .event = event};
    return STATUS_OK;
}

/* What the field is looked for by, the name itself first. */
static bool field_keep_names(struct raw_field *field, struct arena *arena,
                             const struct slice *aliases, size_t aliases_count)
{
    field->names = arena_take(arena, aliases_count + 1, sizeof(*field->names));
    if (field->names == NULL || field->name == NULL)
        return false;
    field->names[field->names_count++] = field->name;
    for (size_t i = 0; i < aliases_count; i++) {
        const char *const name = arena_copy(arena, aliases[i]);
        if (name == NULL)
            return false;
        field->names[field->names_count++] = name;
    }
    return true;
}

enum status field_table_take(struct field_table *table, struct arena *arena, struct slice name,
                             const void *scope, const struct slice *aliases, size_t aliases_count,
                             unsigned *field)
{
    const enum event_field event = field_by_name(name);
    if (event != FIELD_COUNT) {
        *field = event;
        return STATUS_OK;
    }
    for (size_t i = 0; i < table->fields_count; i++) {
        const struct raw_field *const known = &table->fields[i];
        if (known->scope == scope && slice_equals(slice_from_string(known->name), name)) {
            *field = RULE_FIELD_RAW + (unsigned)i;
            return STATUS_OK;
        }
    }
    if (name.bytes > RULE_FIELD_NAME_BYTES_MAX || memchr(name.start, 0, name.bytes) != NULL ||
        RULE_FIELD_RAW + table->fields_count == RULE_FIELDS_MAX)
        return STATUS_CONFIG;
    struct raw_field *const added = &table->fields[table->fields_count];
    *added = (struct raw_field){.name = arena_copy(arena, name), .scope = scope};
    if (!field_keep_names(added, arena, aliases, aliases_count))
        return STATUS_NO_MEMORY;
    table->fields_count++;
    /* The name as it stands comes first: an alias is for records that do not have it. */
    enum status status = field_add_name(table, arena, added, name);
    for (size_t i = 0; i < aliases_count && status == STATUS_OK; i++)
        status = field_add_alias(table, arena, added, aliases[i]);
    *field = RULE_FIELD_RAW + (unsigned)(added - table->fields);
    return status;
}

/* The paths of a pass that records of the format can have: what cannot be written in one is absent
 * from all its records. */
static enum status pass_compile(struct field_pass *pass, enum format format)
{
    struct format_paths *const compiled = &pass->compiled[format];
    struct record_path kept[RECORD_FIELDS_MAX];
    size_t count = 0;
    enum status status =
        format_paths_create(compiled, 1u << format, pass->paths, pass->count, NULL, 0);
    if (status != STATUS_CONFIG)
        return status;
    for (size_t i = 0; i < pass->count; i++) {
        struct format_paths tried;
        kept[count] = pass->paths[i];
        status = format_paths_create(&tried, 1u << format, kept, count + 1, NULL, 0);
        if (status == STATUS_OK)
            count++;
        else if (status != STATUS_CONFIG)
            return status;
        if (status == STATUS_OK)
            format_paths_destroy(&tried);
    }
    return format_paths_create(compiled, 1u << format, kept, count, NULL, 0);
}

enum status field_table_build(struct field_table *table)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < table->passes_count && status == STATUS_OK; i++) {
        for (int format = 0; format < FORMATS_COUNT && status == STATUS_OK; format++)
            status = pass_compile(&table->passes[i], (enum format)format);
    }
    return status;
}

const char *field_table_name(const struct field_table *table, unsigned field)
{
    if (field < FIELD_COUNT)
        return field_name((enum event_field)field);
    if (field < RULE_FIELD_RAW)
        return field == RULE_FIELD_RECORD ? "the record" : "two fields";
    return table->fields[field - RULE_FIELD_RAW].name;
}

uint32_t field_table_event_fields(const struct field_table *table)
{
    uint32_t fields = 0;
    for (size_t i = 0; i < table->fields_count; i++) {
        for (unsigned j = 0; j < table->fields[i].ways_count; j++) {
            if (table->fields[i].ways[j].is_event)
                fields |= UINT32_C(1) << table->fields[i].ways[j].event;
        }
    }
    return fields;
}

/* ---- reading ------------------------------------------------------------------------------ */

struct field_reader {
    const struct field_table *table;
    struct subject subject;
    uint64_t passes_read; /* bit n: pass n of this record is in records[n] */
    struct record *records;
    struct format_scratch *scratch; /* one for each pass: cells may lie in it */
    size_t scratch_count;
    char buffer[EVENT_VALUE_BYTES];
    char text[FIELD_TEXT_BYTES + 8];
    char element[FIELD_TEXT_BYTES + 8];
    struct record inner;
};

_Static_assert(FIELD_PASSES_MAX <= 64, "passes_read has a bit for each");

enum status field_reader_create(struct field_reader **out, const struct field_table *table)
{
    struct field_reader *const reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return STATUS_NO_MEMORY;
    reader->table = table;
    reader->records = calloc(table->passes_count + 1, sizeof(*reader->records));
    reader->scratch = calloc(table->passes_count + 1, sizeof(*reader->scratch));
    enum status status =
        reader->records != NULL && reader->scratch != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; i < table->passes_count && status == STATUS_OK; i++) {
        status = format_scratch_init(&reader->scratch[i], LIMIT_LINE_BYTES);
        reader->scratch_count += status == STATUS_OK;
    }
    if (status != STATUS_OK) {
        field_reader_destroy(reader);
        return status;
    }
    *out = reader;
    return STATUS_OK;
}

void field_reader_destroy(struct field_reader *reader)
{
    if (reader == NULL)
        return;
    for (size_t i = 0; i < reader->scratch_count; i++)
        format_scratch_deinit(&reader->scratch[i]);
    free(reader->scratch);
    free(reader->records);
    free(reader);
}

void field_reader_begin(struct field_reader *reader, const struct subject *subject)
{
    reader->subject = *subject;
    reader->passes_read = 0;
}

static const struct record *reader_pass(struct field_reader *reader, unsigned pass)
{
    struct record *const record = &reader->records[pass];
    const uint64_t bit = UINT64_C(1) << pass;
    if ((reader->passes_read & bit) != 0)
        return record;
    reader->passes_read |= bit;
    record->present = 0;
    if (reader->subject.text.bytes == 0)
        return record;
    struct format_reader format;
    const struct format_paths *const paths =
        &reader->table->passes[pass].compiled[format_of_layout(reader->subject.layout)];
    format_reader_init_record(&format, paths, &reader->scratch[pass], reader->subject.view,
                              reader->subject.layout, reader->subject.text);
    if (format_reader_next(&format, record) != RECORD_FOUND)
        record->present = 0;
    return record;
}

static struct rule_value value_of(const struct field_value *value, char *scratch)
{
    struct rule_value result = {.exists = true};
    switch (value->kind) {
    case VALUE_ABSENT:
        return (struct rule_value){0};
    case VALUE_NULL:
        result.is_null = true;
        result.text = SLICE("");
        return result;
    case VALUE_NESTED:
        result.text = value->text;
        result.is_list = value->text.bytes > 0 && value->text.start[0] == '[';
        return result;
    case VALUE_NUMBER:
        result.is_number = true;
        break;
    case VALUE_TRUE:
        result.text = SLICE("true");
        return result;
    case VALUE_FALSE:
        result.text = SLICE("false");
        return result;
    case VALUE_TEXT:
    case VALUE_TIME:
        break;
    }
    result.text = format_text(value, scratch, FIELD_TEXT_BYTES);
    return result;
}

/* Whether one of the objects in a list has the field that `rest` leads to. */
static bool objects_have(struct field_reader *reader, struct slice list,
                         const struct json_paths *rest)
{
    struct json_reader json;
    json_reader_init_array(&json, rest, JSON_TIER_BEST, list);
    for (;;) {
        const enum record_result result = json_reader_next(&json, &reader->inner);
        if (result == RECORD_END)
            return false;
        if (result == RECORD_FOUND && (reader->inner.present & 1) != 0)
            return true;
    }
}

static struct rule_value way_value(struct field_reader *reader, const struct field_way *way,
                                   struct dataset_names datasets)
{
    if (way->is_event) {
        const struct slice text =
            event_value_text(reader->subject.event, way->event, datasets, reader->buffer);
        return (struct rule_value){.text = text,
                                   .exists = text.bytes > 0,
                                   .is_number = event_value_is_numeric(way->event)};
    }
    const struct record *const record = reader_pass(reader, way->pass);
    if ((record->present >> way->slot & 1) == 0)
        return (struct rule_value){0};
    struct rule_value value = value_of(&record->values[way->slot], reader->text);
    if (way->rest != NULL && (!value.is_list || !objects_have(reader, value.text, way->rest)))
        return (struct rule_value){0};
    value.rest = way->rest;
    return value;
}

struct rule_value field_reader_value(struct field_reader *reader, unsigned field,
                                     struct dataset_names datasets)
{
    const struct raw_field *const raw = &reader->table->fields[field - RULE_FIELD_RAW];
    for (unsigned i = 0; i < raw->ways_count; i++) {
        const struct rule_value value = way_value(reader, &raw->ways[i], datasets);
        if (value.exists)
            return value;
    }
    return (struct rule_value){0};
}

/* ---- lists -------------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The end of a JSON text that begins with a quote at `at`. */
static size_t string_end(struct slice text, size_t at)
{
    for (at++; at < text.bytes && text.start[at] != '"'; at++)
        at += text.start[at] == '\\';
    return at < text.bytes ? at + 1 : text.bytes;
}

/* The end of the value that begins at `at`: the reader has seen that brackets match. */
static size_t value_end(struct slice text, size_t at)
{
    size_t depth = 0;
    while (at < text.bytes) {
        const char byte = text.start[at];
        if (byte == '"') {
            at = string_end(text, at);
            if (depth == 0)
                return at;
            continue;
        }
        if (byte == '[' || byte == '{')
            depth++;
        if (byte == ']' || byte == '}') {
            if (depth == 0)
                return at;
            if (--depth == 0)
                return at + 1;
        }
        if (depth == 0 && (byte == ',' || is_blank(byte)))
            return at;
        at++;
    }
    return at;
}

static struct field_value element_of(struct slice text)
{
    struct field_value value = {.text = text, .kind = VALUE_NUMBER};
    switch (text.start[0]) {
    case '"':
        value.kind = VALUE_TEXT;
        value.text = slice_of(text.start + 1, text.bytes >= 2 ? text.bytes - 2 : 0);
        value.escaped = slice_find(value.text, '\\') < value.text.bytes;
        value.escapes = ESCAPES_JSON;
        break;
    case '[':
    case '{':
        value.kind = VALUE_NESTED;
        break;
    case 't':
        value.kind = VALUE_TRUE;
        break;
    case 'f':
        value.kind = VALUE_FALSE;
        break;
    case 'n':
        value.kind = VALUE_NULL;
        break;
    default:
        break;
    }
    return value;
}

/* Elements that are no lists themselves; `depth` ends with the reader's own bound of nesting. */
static void each_element(struct field_reader *reader, struct slice list, unsigned depth,
                         void (*take)(void *, const struct rule_value *), void *self)
{
    if (depth > LIMIT_JSON_DEPTH)
        return;
    size_t at = 1;
    for (;;) {
        while (at < list.bytes && (is_blank(list.start[at]) || list.start[at] == ','))
            at++;
        if (at >= list.bytes || list.start[at] == ']')
            return;
        const size_t end = value_end(list, at);
        if (end == at)
            return;
        const struct field_value element = element_of(slice_of(list.start + at, end - at));
        at = end;
        if (element.kind == VALUE_NESTED && element.text.start[0] == '[') {
            each_element(reader, element.text, depth + 1, take, self);
            continue;
        }
        const struct rule_value value = value_of(&element, reader->element);
        take(self, &value);
    }
}

static void each_object(struct field_reader *reader, const struct rule_value *list,
                        void (*take)(void *, const struct rule_value *), void *self)
{
    struct json_reader json;
    json_reader_init_array(&json, list->rest, JSON_TIER_BEST, list->text);
    for (;;) {
        const enum record_result result = json_reader_next(&json, &reader->inner);
        if (result == RECORD_END)
            return;
        if (result != RECORD_FOUND || (reader->inner.present & 1) == 0)
            continue;
        const struct rule_value value = value_of(&reader->inner.values[0], reader->element);
        if (value.is_list)
            each_element(reader, value.text, 1, take, self);
        else
            take(self, &value);
    }
}

void field_reader_each(struct field_reader *reader, const struct rule_value *list,
                       void (*take)(void *self, const struct rule_value *value), void *self)
{
    if (list->rest != NULL)
        each_object(reader, list, take, self);
    else
        each_element(reader, list->text, 1, take, self);
}
