#include "parsers/schema_set.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/embedded.h"

enum {
    SCHEMAS_MAX = 64,
    TEXTS_MAX = 128, /* schema files and code tables together */
    PATH_BYTES = 128,
    TABLES_MAX = 8,        /* of telltales, for one format */
    TABLE_SLOTS_FREE = 16, /* a shape whose telltales may not fit begins another table */
    RECOGNISERS_MAX = 256, /* over all shapes and formats */
    HEAD_RECORDS_MAX = 16, /* looked at to recognise a source */
};

extern const struct embedded_file embedded_schemas[];
extern const size_t embedded_schemas_count;

/* By what a shape's records are told from all others. */
struct recogniser {
    uint8_t schema;
    struct telltales telltales;
};

/* Telltales whose paths fit into one record, so that it is read once for all of them. */
struct recogniser_table {
    struct path_slots slots;
    struct format_paths paths;
    size_t first, count; /* among the recognisers */
};

/* The tables of one format, in the order in which they are asked. */
struct classifier {
    size_t tables_count;
    struct recogniser_table tables[TABLES_MAX];
};

struct schema_set {
    size_t schemas_count;
    struct schema schemas[SCHEMAS_MAX];
    bool has_mapping; /* the last schema */
    struct datasets datasets;
    struct code_tables tables;
    struct classifier classifiers[FORMATS_COUNT];
    size_t recognisers_count;
    struct recogniser recognisers[RECOGNISERS_MAX];
    size_t files_count;
    struct document_file *files[TEXTS_MAX]; /* they own the texts that all of this points to */
    struct path_slots unused;
};

/* ---- Creating ------------------------------------------------------------------------------ */

/* What the reading of all documents has in common. */
struct making {
    struct schema_set *set;
    const struct schema_set_options *options;
    struct diagnostics *diagnostics;
};

/* Parses one text; a text with mistakes is left out, for they were told. */
static enum status parse_text(struct making *making, const struct schema_text *text)
{
    struct schema_set *const set = making->set;
    if (set->files_count == TEXTS_MAX)
        return STATUS_INTERNAL;
    const enum status status =
        document_parse(&set->files[set->files_count], text->path, text->text, making->diagnostics);
    if (status == STATUS_OK)
        set->files_count++;
    return status == STATUS_CONFIG ? STATUS_OK : status;
}

/* Code tables and schemas look alike from far: a schema says so. */
static bool is_schema(const struct node *root)
{
    return node_get(root, "schema") != NULL || node_get(root, "shapes") != NULL;
}

static enum status add_table(struct making *making, const struct reading *reading,
                             const struct node *root)
{
    const size_t errors = making->diagnostics->errors_count;
    struct codes *const table = code_tables_add(&making->set->tables, reading, root);
    if (table == NULL)
        return making->diagnostics->errors_count > errors ? STATUS_OK : STATUS_NO_MEMORY;
    codes_read(table, reading, root);
    return STATUS_OK;
}

static void check_name(struct making *making, const struct reading *reading,
                       const struct node *root, const struct schema *schema)
{
    const struct schema_set *const set = making->set;
    for (size_t i = 0; i + 1 < set->schemas_count; i++) {
        if (schema->name.bytes > 0 && slice_equals(schema->name, set->schemas[i].name))
            reading_complain(reading, root, "S106", "there is another schema '%s'",
                             schema->name.start);
    }
}

static enum status add_schema(struct making *making, const struct reading *reading,
                              const struct node *root, bool is_mapping)
{
    struct schema_set *const set = making->set;
    const uint32_t wanted = making->options->wanted;
    if (set->schemas_count == SCHEMAS_MAX) {
        reading_complain(reading, root, "S107", "more than %d schemas", SCHEMAS_MAX);
        return STATUS_OK;
    }
    struct schema *const schema = &set->schemas[set->schemas_count++];
    schema->whole = (wanted & SCHEMA_WANTED_ALL) == SCHEMA_WANTED_ALL;
    schema->reads_whole = schema->whole || is_mapping;
    const size_t errors = making->diagnostics->errors_count;
    enum status status = schema_read(schema, reading, root,
                                     &(struct schema_surroundings){
                                         .tables = &set->tables,
                                         .datasets = &set->datasets,
                                         .unused = &set->unused,
                                         .is_mapping = is_mapping,
                                         .wanted = wanted,
                                         .wanted_of = making->options->wanted_of,
                                         .self = making->options->self,
                                     });
    check_name(making, reading, root, schema);
    if (is_mapping)
        schema->formats = 1u << making->options->mapping_format;
    if (status == STATUS_OK && making->diagnostics->errors_count == errors)
        status = schema_compile(schema, reading);
    return status == STATUS_CONFIG ? STATUS_OK : status;
}

/* Reads the documents of a file that are, or are no, schemas. */
static enum status read_documents(struct making *making, const struct document_file *file,
                                  bool schemas, bool is_mapping)
{
    const struct reading reading = {document_path(file), making->diagnostics};
    for (size_t i = 0; i < document_count(file); i++) {
        const struct node *const root = document_root(file, i);
        if (is_schema(root) != schemas)
            continue;
        const enum status status = schemas ? add_schema(making, &reading, root, is_mapping)
                                           : add_table(making, &reading, root);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Tables first: schemas name them. The mapping's file is the last one. */
static enum status read_files(struct making *making)
{
    struct schema_set *const set = making->set;
    for (int schemas = 0; schemas < 2; schemas++) {
        for (size_t i = 0; i < set->files_count; i++) {
            const bool is_mapping = set->has_mapping && i + 1 == set->files_count;
            const enum status status =
                read_documents(making, set->files[i], schemas == 1, is_mapping);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

static enum status read_mapping(struct making *making)
{
    struct schema_set *const set = making->set;
    if (making->options->mapping == NULL)
        return STATUS_OK;
    const size_t files_before = set->files_count;
    const enum status status = parse_text(making, making->options->mapping);
    set->has_mapping = set->files_count > files_before;
    return status;
}

static void check_mapping(struct making *making, size_t builtin_schemas)
{
    const struct schema_set *const set = making->set;
    if (set->has_mapping && set->schemas_count != builtin_schemas + 1)
        diagnostics_add(making->diagnostics, SEVERITY_ERROR, "S103", making->options->mapping->path,
                        1, 1, "a mapping file holds one schema, with its own code tables if any");
}

static size_t count_schemas(const struct schema_set *set, size_t files_count)
{
    size_t count = 0;
    for (size_t i = 0; i < files_count; i++) {
        for (size_t j = 0; j < document_count(set->files[i]); j++)
            count += is_schema(document_root(set->files[i], j));
    }
    return count;
}

/* ---- Telltales of all schemas --------------------------------------------------------------- */

static struct recogniser_table *table_for_more(struct classifier *classifier, size_t recognisers)
{
    if (classifier->tables_count > 0) {
        struct recogniser_table *const last = &classifier->tables[classifier->tables_count - 1];
        if (last->slots.count + TABLE_SLOTS_FREE <= RECORD_FIELDS_MAX &&
            last->slots.containers_count + TABLE_SLOTS_FREE / 2 <= CONTAINERS_MAX)
            return last;
    }
    if (classifier->tables_count == TABLES_MAX)
        return NULL;
    struct recogniser_table *const table = &classifier->tables[classifier->tables_count++];
    table->first = recognisers;
    return table;
}

static bool add_recogniser(struct schema_set *set, struct classifier *classifier,
                           const struct reading *reading, uint8_t schema, const struct node *when)
{
    struct recogniser_table *const table = table_for_more(classifier, set->recognisers_count);
    if (table == NULL || set->recognisers_count == RECOGNISERS_MAX) {
        reading_complain(reading, when, "S107", "there are too many conditions in all schemas");
        return false;
    }
    struct recogniser *const recogniser = &set->recognisers[set->recognisers_count++];
    recogniser->schema = schema;
    telltales_read(&recogniser->telltales, reading, when, &table->slots);
    table->count++;
    return true;
}

/* The shapes of one document, for one format. */
static void add_shapes(struct schema_set *set, struct classifier *classifier,
                       const struct reading *reading, uint8_t schema, const struct node *root)
{
    const struct node *const shapes = node_get(root, "shapes");
    for (size_t i = 0; i < shapes->count; i++) {
        if (!add_recogniser(set, classifier, reading, schema, node_get(shapes->items[i], "when")))
            return;
    }
}

static enum status classifier_compile(struct classifier *classifier, enum format format)
{
    enum status status = STATUS_OK;
    if (classifier->tables_count == 0)
        classifier->tables_count = 1; /* an empty one: records can be read, nobody knows them */
    for (size_t i = 0; status == STATUS_OK && i < classifier->tables_count; i++) {
        struct recogniser_table *const table = &classifier->tables[i];
        struct record_path paths[RECORD_FIELDS_MAX];
        const char *wrong;
        size_t count = 0;
        for (size_t slot = 0; slot < table->slots.count; slot++) {
            if (!table->slots.items[slot].is_inner)
                paths[count++] =
                    (struct record_path){table->slots.items[slot].path, (unsigned)slot};
        }
        status = path_slots_finish(&table->slots, &wrong);
        if (status == STATUS_OK)
            status = format_paths_create(&table->paths, 1u << format, paths, count, NULL, 0);
    }
    return status;
}

/* The documents have no mistakes: those of the schemas were told before. */
static enum status make_classifier(struct making *making, enum format format)
{
    struct schema_set *const set = making->set;
    uint8_t schema = 0;
    for (size_t i = 0; i < set->files_count - set->has_mapping; i++) {
        const struct reading reading = {document_path(set->files[i]), making->diagnostics};
        for (size_t j = 0; j < document_count(set->files[i]); j++) {
            const struct node *const root = document_root(set->files[i], j);
            if (!is_schema(root))
                continue;
            if (set->schemas[schema].formats >> format & 1)
                add_shapes(set, &set->classifiers[format], &reading, schema, root);
            schema++;
        }
    }
    return classifier_compile(&set->classifiers[format], format);
}

static enum status make_classifiers(struct making *making)
{
    for (int format = 0; format < FORMATS_COUNT; format++) {
        const enum status status = make_classifier(making, (enum format)format);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- The whole ------------------------------------------------------------------------------ */

static enum status fill(struct making *making, const struct schema_text *texts, size_t count)
{
    const size_t errors_before = making->diagnostics->errors_count;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = parse_text(making, &texts[i]);
    const size_t builtin_schemas = count_schemas(making->set, making->set->files_count);
    if (status == STATUS_OK)
        status = read_mapping(making);
    if (status == STATUS_OK)
        status = read_files(making);
    if (status != STATUS_OK)
        return status;
    check_mapping(making, builtin_schemas);
    if (making->diagnostics->errors_count == errors_before)
        status = make_classifiers(making);
    return making->diagnostics->errors_count > errors_before ? STATUS_CONFIG : status;
}

enum status schema_set_create_from_texts(struct schema_set **out, const struct schema_text *texts,
                                         size_t count, const struct schema_set_options *options,
                                         struct diagnostics *diagnostics)
{
    struct schema_set *const set = calloc(1, sizeof(*set));
    if (set == NULL)
        return STATUS_NO_MEMORY;
    struct making making = {.set = set, .options = options, .diagnostics = diagnostics};
    const enum status status = fill(&making, texts, count);
    path_slots_deinit(&set->unused);
    if (status != STATUS_OK) {
        schema_set_destroy(set);
        return status;
    }
    *out = set;
    return STATUS_OK;
}

enum status schema_set_create(struct schema_set **out, const struct schema_set_options *options,
                              struct diagnostics *diagnostics)
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
    return schema_set_create_from_texts(out, texts, embedded_schemas_count, options, diagnostics);
}

static void classifier_deinit(struct classifier *classifier)
{
    for (size_t i = 0; i < TABLES_MAX; i++) {
        path_slots_deinit(&classifier->tables[i].slots);
        format_paths_destroy(&classifier->tables[i].paths);
    }
}

void schema_set_destroy(struct schema_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->schemas_count; i++)
        schema_deinit(&set->schemas[i]);
    for (int format = 0; format < FORMATS_COUNT; format++)
        classifier_deinit(&set->classifiers[format]);
    code_tables_deinit(&set->tables);
    path_slots_deinit(&set->unused);
    for (size_t i = 0; i < set->files_count; i++)
        document_destroy(set->files[i]);
    free(set);
}

size_t schema_set_datasets_count(const struct schema_set *set)
{
    return set->datasets.count;
}

const char *schema_set_dataset_name(const struct schema_set *set, size_t dataset)
{
    return set->datasets.items[dataset].name;
}

size_t schema_set_count(const struct schema_set *set)
{
    return set->schemas_count;
}

const struct schema *schema_set_at(const struct schema_set *set, size_t index)
{
    return &set->schemas[index];
}

uint8_t schema_set_find(const struct schema_set *set, struct slice name)
{
    for (size_t i = 0; i < set->schemas_count; i++) {
        if (slice_equals(set->schemas[i].name, name))
            return (uint8_t)i;
    }
    return SCHEMA_NONE;
}

/* ---- Whose record ---------------------------------------------------------------------------- */

/* `record` was read with the table's paths. */
static uint8_t ask_table(const struct schema_set *set, const struct recogniser_table *table,
                         struct schema_scratch *scratch, struct record *record)
{
    char text[LIMIT_TEXT_BYTES];
    struct container_room *const room = schema_scratch_room(scratch);
    room->used = 0;
    if (table->slots.containers_count > 0)
        containers_open(&table->slots, room, record);
    for (size_t i = table->first; i < table->first + table->count; i++) {
        const struct recogniser *const recogniser = &set->recognisers[i];
        if (telltales_hold(&recogniser->telltales, record, text))
            return recogniser->schema;
    }
    return SCHEMA_NONE;
}

uint8_t schema_set_classify(const struct schema_set *set, struct schema_scratch *scratch,
                            const struct source_view *view, enum layout layout,
                            const struct record *record)
{
    const struct classifier *const classifier = &set->classifiers[format_of_layout(layout)];
    struct record *const again = schema_scratch_record(scratch);
    uint8_t schema = SCHEMA_NONE;
    for (size_t i = 0; schema == SCHEMA_NONE && i < classifier->tables_count; i++) {
        struct format_reader reader;
        format_reader_init_record(&reader, &classifier->tables[i].paths,
                                  schema_scratch_formats(scratch), view, layout, record->text);
        if (format_reader_next(&reader, again) == RECORD_FOUND)
            schema = ask_table(set, &classifier->tables[i], scratch, again);
    }
    return schema;
}

static struct block block_of(const struct source_view *view, struct slice head)
{
    return (struct block){
        .layout = view->layout,
        .view = view,
        .text = (char *)(uintptr_t)head.start, /* only read */
        .bytes = head.bytes,
    };
}

uint8_t schema_set_recognise(const struct schema_set *set, struct schema_scratch *scratch,
                             const struct source_view *view, struct slice head)
{
    const struct classifier *const classifier = &set->classifiers[format_of_layout(view->layout)];
    const struct block block = block_of(view, head);
    struct record record;
    struct format_reader reader;
    format_reader_init(&reader, &classifier->tables[0].paths, schema_scratch_formats(scratch),
                       JSON_TIER_BEST, LIMIT_LINE_BYTES_MAX, &block);
    for (int i = 0; i < HEAD_RECORDS_MAX; i++) {
        const enum record_result result = format_reader_next(&reader, &record);
        if (result == RECORD_END)
            break;
        if (result != RECORD_FOUND)
            continue;
        const uint8_t schema = schema_set_classify(set, scratch, view, view->layout, &record);
        if (schema != SCHEMA_NONE)
            return schema;
    }
    return SCHEMA_NONE;
}

/* Whether the first row names a column that the schema asks for. What columns there are decides
 * which slots a row has. */
static bool has_columns(const struct schema *schema, struct schema_scratch *scratch,
                        const struct source_view *view, struct slice head)
{
    const struct block block = block_of(view, head);
    struct record record;
    struct format_reader reader;
    format_reader_init(&reader, &schema->paths, schema_scratch_formats(scratch), JSON_TIER_BEST,
                       LIMIT_LINE_BYTES_MAX, &block);
    return format_reader_next(&reader, &record) == RECORD_FOUND && record.present != 0;
}

void schema_set_tell_columns(const struct schema_set *set, struct schema_scratch *scratch,
                             struct source_view *view, struct slice head)
{
    struct csv_front front;
    if (view->layout != LAYOUT_CSV || (view->schema != SCHEMA_NONE && !view->is_forced) ||
        !csv_front_read(&front, head))
        return;
    const size_t delimiter =
        (size_t)((const char *)memchr(csv_delimiters, front.delimiter, sizeof(csv_delimiters)) -
                 csv_delimiters);
    for (size_t i = 0; i < set->schemas_count; i++) {
        const struct schema *const schema = &set->schemas[i];
        if (schema->columns[delimiter].bytes == 0 || (view->is_forced && i != view->schema))
            continue;
        struct source_view told = *view;
        told.schema = (uint8_t)i;
        told.header = schema->columns[delimiter];
        told.is_header_told = true;
        if (view->is_forced ? has_columns(schema, scratch, view, head)
                            : schema_set_recognise(set, scratch, &told, head) != i)
            continue;
        *view = told;
        return;
    }
}

bool schema_set_is_day_first(const struct schema_set *set, struct schema_scratch *scratch,
                             const struct source_view *view, struct slice head)
{
    const struct block block = block_of(view, head);
    const struct schema *const schema = &set->schemas[view->schema];
    struct record record;
    struct format_reader reader;
    bool is_day_first = false;
    size_t others = 0; /* sign-ins whose times are written otherwise */
    format_reader_init(&reader, &schema->paths, schema_scratch_formats(scratch), JSON_TIER_BEST,
                       LIMIT_LINE_BYTES_MAX, &block);
    while (others < HEAD_RECORDS_MAX) {
        const enum record_result result = format_reader_next(&reader, &record);
        if (result == RECORD_END)
            break;
        if (result != RECORD_FOUND)
            continue;
        const enum timestamp_order order = schema_time_order(schema, scratch, &record);
        if (order == TIMESTAMP_MONTH_FIRST)
            return false;
        is_day_first |= order == TIMESTAMP_DAY_FIRST;
        others += order == TIMESTAMP_NO_ORDER;
    }
    return is_day_first;
}

static const struct schema *schema_of(const struct schema_set *set, const struct source_view *view)
{
    return view != NULL && view->schema != SCHEMA_NONE ? &set->schemas[view->schema] : NULL;
}

const struct format_paths *schema_set_paths(const struct schema_set *set,
                                            const struct source_view *view, enum layout layout)
{
    const struct schema *const schema = schema_of(set, view);
    return schema != NULL ? &schema->paths
                          : &set->classifiers[format_of_layout(layout)].tables[0].paths;
}

static enum schema_result apply_foreign(const struct schema_set *set,
                                        struct schema_scratch *scratch,
                                        const struct source_view *view, enum layout layout,
                                        const struct record *record, struct event *event)
{
    const uint8_t schema = schema_set_classify(set, scratch, view, layout, record);
    if (schema == SCHEMA_NONE)
        return SCHEMA_NOT_SIGN_IN;
    const enum schema_result result =
        schema_apply_anew(&set->schemas[schema], scratch, view, layout, record, event);
    return result == SCHEMA_FOREIGN ? SCHEMA_NOT_SIGN_IN : result;
}

enum schema_result schema_set_apply(const struct schema_set *set, struct schema_scratch *scratch,
                                    const struct source_view *view, enum layout layout,
                                    struct record *record, struct event *event)
{
    const struct schema *const schema = schema_of(set, view);
    if (schema != NULL) {
        const enum schema_result result = schema_apply(schema, scratch, view, record, event);
        if (result != SCHEMA_FOREIGN)
            return result;
        if (view->is_forced)
            return SCHEMA_NOT_SIGN_IN;
    }
    return apply_foreign(set, scratch, view, layout, record, event);
}

const struct schema *schema_set_schema_of(const struct schema_set *set,
                                          struct schema_scratch *scratch,
                                          const struct source_view *view, enum layout layout,
                                          const struct record *record)
{
    const struct schema *const schema = schema_of(set, view);
    bool is_known = false;
    if (schema != NULL) {
        const struct record *const whole =
            schema_reread(schema, scratch, view, layout, record->text);
        if (whole != NULL)
            schema_shape_of(schema, scratch, whole, &is_known);
        if (is_known || view->is_forced)
            return schema;
    }
    const uint8_t other = schema_set_classify(set, scratch, view, layout, record);
    return other != SCHEMA_NONE ? &set->schemas[other] : NULL;
}
