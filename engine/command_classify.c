#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/commands.h"
#include "engine/printed.h"
#include "engine/readout.h"
#include "parsers/schema_trace.h"

enum {
    CODES_LISTED_MAX = 32, /* unknown ones of a source; further ones are only counted */
    CODE_BYTES_MAX = 64,
    SHOWN_PATH_BYTES = 4096,
};

static const char usage[] =
    "usage: spraywatch classify [--json] [-i NAME] [--tz ZONE] [--year YEAR] [FILE|DIR|-]...\n\n"
    "Says of every file how it is compressed and encoded, which layout and schema it has, how "
    "many\n"
    "of its records are sign-ins, in what share of them each field was found, which codes no "
    "table\n"
    "knows, and shows the first sign-in as `spraywatch normalize` prints it. --json: one object a\n"
    "file. -i, --tz and --year say what the input is, as in spraywatch scan.\n";

struct unknown_code {
    char text[CODE_BYTES_MAX];
    size_t bytes;
    uint64_t count;
};

/* What is known of one source. */
struct classified {
    bool has_items;
    enum layout layout;
    uint8_t schema; /* of its first records; SCHEMA_NONE: none knows them */
    bool is_forced;
    bool is_day_first;
    struct counters counters;
    uint64_t datasets[DATASETS_MAX];
    uint64_t schemas[UINT8_MAX + 1]; /* sign-ins by the schema that read them */
    uint64_t found[FIELD_COUNT];
    uint64_t asked[FIELD_COUNT];
    uint64_t codes_unlisted; /* sign-ins with an unknown code that there was no room for */
    size_t codes_count;
    struct unknown_code codes[CODES_LISTED_MAX];
    char *sample; /* owned */
};

struct classifying {
    bool is_json;
    struct diagnostics diagnostics;
    struct readout *readout;
    struct schema_scratch *scratch;
    struct schema_trace trace;
    size_t sources_count;
    struct classified *sources;
};

/* ---- Counting ------------------------------------------------------------------------------ */

static void count_code(struct classified *classified, struct slice code)
{
    if (code.bytes > CODE_BYTES_MAX)
        code.bytes = CODE_BYTES_MAX;
    for (size_t i = 0; i < classified->codes_count; i++) {
        struct unknown_code *const known = &classified->codes[i];
        if (slice_equals(slice_of(known->text, known->bytes), code)) {
            known->count++;
            return;
        }
    }
    if (classified->codes_count == CODES_LISTED_MAX) {
        classified->codes_unlisted++;
        return;
    }
    struct unknown_code *const added = &classified->codes[classified->codes_count++];
    memcpy(added->text, code.start, code.bytes);
    added->bytes = code.bytes;
    added->count = 1;
}

static enum status keep_sample(struct classifying *classifying, struct classified *classified,
                               const struct readout_item *item)
{
    struct json_write json;
    json_write_init(&json);
    normalize_event(&json, readout_schemas(classifying->readout), item->event, &item->position);
    const struct slice text = json_write_text(&json);
    classified->sample = text.bytes > 0 ? strndup(text.start, text.bytes - 1) : NULL;
    json_write_deinit(&json);
    return classified->sample != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static uint8_t schema_index(const struct schema_set *set, const struct schema *schema)
{
    return (uint8_t)(schema - schema_set_at(set, 0));
}

static enum status count_sign_in(struct classifying *classifying, struct classified *classified,
                                 const struct readout_item *item)
{
    const struct schema_set *const schemas = readout_schemas(classifying->readout);
    struct schema_trace *const trace = &classifying->trace;
    classified->counters.normalized++;
    classified->counters.codes_unknown += item->is_code_unknown;
    classified->counters.addresses_malformed += item->is_address_malformed;
    classified->datasets[item->event->dataset]++;
    if (item->is_code_unknown)
        count_code(classified, item->event->text[TEXT_CODE]);
    schema_trace(trace, schemas, classifying->scratch, item->view, item->layout, item->record);
    if (trace->schema != NULL)
        classified->schemas[schema_index(schemas, trace->schema)]++;
    for (int field = 0; field < FIELD_COUNT; field++) {
        classified->asked[field] += trace->fields[field].is_asked;
        classified->found[field] += trace->fields[field].path != NULL;
    }
    return classified->sample == NULL ? keep_sample(classifying, classified, item) : STATUS_OK;
}

static enum status count_item(struct classifying *classifying, const struct readout_item *item)
{
    struct classified *const classified = &classifying->sources[item->source];
    struct counters *const counters = &classified->counters;
    if (!classified->has_items) {
        classified->has_items = true;
        classified->layout = item->layout;
        classified->schema = item->view != NULL ? item->view->schema : SCHEMA_NONE;
        classified->is_forced = item->view != NULL && item->view->is_forced;
        classified->is_day_first = item->view != NULL && item->view->is_day_first;
    }
    counters->read += item->kind == READOUT_DROPPED ? item->too_long + item->broken : 1;
    switch (item->kind) {
    case READOUT_DROPPED:
        counters->rejected[REJECT_TOO_LONG] += item->too_long;
        counters->rejected[REJECT_BROKEN_JSON] += item->broken;
        break;
    case READOUT_REJECTED:
        counters->rejected[item->reason]++;
        break;
    case READOUT_NOT_SIGN_IN:
        counters->not_sign_in++;
        break;
    case READOUT_SIGN_IN:
        return count_sign_in(classifying, classified, item);
    }
    return STATUS_OK;
}

/* ---- For people ---------------------------------------------------------------------------- */

static void print_records(const struct counters *counters)
{
    printf("  records   %llu: %llu sign-ins, %llu other, %llu rejected",
           (unsigned long long)counters->read, (unsigned long long)counters->normalized,
           (unsigned long long)counters->not_sign_in,
           (unsigned long long)counters_rejected(counters));
    const char *before = " (";
    for (int i = 0; i < REJECT_COUNT; i++) {
        if (counters->rejected[i] == 0)
            continue;
        printf("%s%s %llu", before, reject_reason_name((enum reject_reason)i),
               (unsigned long long)counters->rejected[i]);
        before = ", ";
    }
    puts(before[0] == ',' ? ")" : "");
}

static void print_schema(const struct schema_set *set, const struct classified *classified)
{
    if (classified->schema == SCHEMA_NONE)
        fputs("  schema    none knows its first records", stdout);
    else
        printf("  schema    %s, %s", schema_set_at(set, classified->schema)->name.start,
               classified->is_forced ? "because -i says so" : "by its first records");
    const char *before = "; also ";
    for (size_t i = 0; i < schema_set_count(set); i++) {
        if (i == classified->schema || classified->schemas[i] == 0)
            continue;
        printf("%s%s %llu", before, schema_set_at(set, i)->name.start,
               (unsigned long long)classified->schemas[i]);
        before = ", ";
    }
    putchar('\n');
}

static void print_datasets(const struct schema_set *set, const struct classified *classified)
{
    const char *before = "  datasets  ";
    for (size_t i = 0; i < schema_set_datasets_count(set); i++) {
        if (classified->datasets[i] == 0)
            continue;
        printf("%s%s %llu", before, schema_set_dataset_name(set, i),
               (unsigned long long)classified->datasets[i]);
        before = ", ";
    }
    if (before[0] == ',')
        putchar('\n');
}

static void print_fields(const struct classified *classified)
{
    puts("  fields    in this share of the sign-ins");
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (classified->asked[i] == 0)
            continue;
        printf("    %-28s ", field_name((enum event_field)i));
        printed_share(classified->found[i], classified->counters.normalized);
        putchar('\n');
    }
}

static void print_codes(const struct classified *classified)
{
    if (classified->codes_count == 0)
        return;
    puts("  codes     that no row of the table has");
    for (size_t i = 0; i < classified->codes_count; i++) {
        const struct unknown_code *const code = &classified->codes[i];
        fputs("    ", stdout);
        printed_quote(slice_of(code->text, code->bytes), CODE_BYTES_MAX);
        printf(" %llu\n", (unsigned long long)code->count);
    }
    if (classified->codes_unlisted > 0)
        printf("    others: %llu\n", (unsigned long long)classified->codes_unlisted);
}

static void print_form(struct input_form form)
{
    if (form.encoding == NULL)
        return;
    printf("  encoding  %s%s", form.encoding, form.has_mark ? " with a byte order mark" : "");
    if (strcmp(form.compression, "none") != 0)
        printf(", compressed with %s", form.compression);
    putchar('\n');
}

static void print_source(const struct classifying *classifying, size_t source)
{
    const struct schema_set *const schemas = readout_schemas(classifying->readout);
    const struct classified *const classified = &classifying->sources[source];
    printed_quote(slice_from_string(input_source_path(readout_input(classifying->readout), source)),
                  SHOWN_PATH_BYTES);
    putchar('\n');
    print_form(input_source_form(readout_input(classifying->readout), source));
    if (!classified->has_items) {
        puts("  no record was found in it");
        return;
    }
    printf("  layout    %s\n", readout_layout_text(classified->layout));
    print_schema(schemas, classified);
    print_records(&classified->counters);
    if (classified->is_day_first)
        puts("  dates     with slashes have the day first");
    if (classified->counters.normalized == 0)
        return;
    print_datasets(schemas, classified);
    print_fields(classified);
    if (classified->counters.addresses_malformed > 0)
        printf("  addresses %llu that cannot be read\n",
               (unsigned long long)classified->counters.addresses_malformed);
    print_codes(classified);
    printf("  sample    %s\n", classified->sample);
}

/* ---- For programs -------------------------------------------------------------------------- */

static void write_records(struct json_write *json, const struct counters *counters)
{
    json_write_key_object(json, "records");
    json_write_key_unsigned(json, "read", counters->read);
    json_write_key_unsigned(json, "sign_ins", counters->normalized);
    json_write_key_unsigned(json, "not_sign_in", counters->not_sign_in);
    json_write_key_unsigned(json, "rejected", counters_rejected(counters));
    json_write_key_object(json, "rejected_by_reason");
    for (int i = 0; i < REJECT_COUNT; i++) {
        if (counters->rejected[i] > 0)
            json_write_key_unsigned(json, reject_reason_name((enum reject_reason)i),
                                    counters->rejected[i]);
    }
    json_write_object_end(json);
    json_write_key_unsigned(json, "addresses_malformed", counters->addresses_malformed);
    json_write_key_unsigned(json, "codes_unknown", counters->codes_unknown);
    json_write_object_end(json);
}

static void write_counts(struct json_write *json, const struct schema_set *set,
                         const struct classified *classified)
{
    json_write_key_object(json, "schemas");
    for (size_t i = 0; i < schema_set_count(set); i++) {
        if (classified->schemas[i] > 0)
            json_write_key_unsigned(json, schema_set_at(set, i)->name.start,
                                    classified->schemas[i]);
    }
    json_write_object_end(json);
    json_write_key_object(json, "datasets");
    for (size_t i = 0; i < schema_set_datasets_count(set); i++) {
        if (classified->datasets[i] > 0)
            json_write_key_unsigned(json, schema_set_dataset_name(set, i), classified->datasets[i]);
    }
    json_write_object_end(json);
    json_write_key_object(json, "fields");
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (classified->asked[i] > 0)
            json_write_key_unsigned(json, field_name((enum event_field)i), classified->found[i]);
    }
    json_write_object_end(json);
}

static void write_codes(struct json_write *json, const struct classified *classified)
{
    json_write_key_array(json, "unknown_codes");
    for (size_t i = 0; i < classified->codes_count; i++) {
        json_write_object_begin(json);
        json_write_key_string(json, "code",
                              slice_of(classified->codes[i].text, classified->codes[i].bytes));
        json_write_key_unsigned(json, "count", classified->codes[i].count);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    json_write_key_unsigned(json, "unknown_codes_unlisted", classified->codes_unlisted);
}

static void write_form(struct json_write *json, struct input_form form)
{
    if (form.encoding == NULL)
        return;
    json_write_key_cstring(json, "compression", form.compression);
    json_write_key_cstring(json, "encoding", form.encoding);
    json_write_key_bool(json, "byte_order_mark", form.has_mark);
}

static enum status write_source(const struct classifying *classifying, size_t source)
{
    const struct schema_set *const schemas = readout_schemas(classifying->readout);
    const struct classified *const classified = &classifying->sources[source];
    const char *const path = input_source_path(readout_input(classifying->readout), source);
    struct json_write json;
    json_write_init(&json);
    json_write_object_begin(&json);
    json_write_key_cstring(&json, "file", path);
    write_form(&json, input_source_form(readout_input(classifying->readout), source));
    if (classified->has_items) {
        json_write_key_cstring(&json, "layout", readout_layout_text(classified->layout));
        if (classified->schema != SCHEMA_NONE)
            json_write_key_string(&json, "schema",
                                  schema_set_at(schemas, classified->schema)->name);
        json_write_key_bool(&json, "day_first", classified->is_day_first);
    }
    write_records(&json, &classified->counters);
    write_counts(&json, schemas, classified);
    write_codes(&json, classified);
    json_write_object_end(&json);
    json_write_newline(&json);
    const struct slice text = json_write_text(&json);
    const bool is_whole = json_write_ok(&json);
    fwrite(text.start, 1, text.bytes, stdout); /* `printed_flush` tells whether it was written */
    json_write_deinit(&json);
    return is_whole ? STATUS_OK : STATUS_NO_MEMORY;
}

/* ---- Command line -------------------------------------------------------------------------- */

static enum status classifying_init(struct classifying *classifying,
                                    const struct intake_words *words)
{
    diagnostics_init(&classifying->diagnostics);
    enum status status = readout_create(&classifying->readout, words, &classifying->diagnostics);
    if (status == STATUS_OK)
        status = schema_scratch_create(&classifying->scratch, LIMIT_LINE_BYTES);
    if (status != STATUS_OK)
        return status;
    classifying->sources_count = input_sources_count(readout_input(classifying->readout));
    classifying->sources = calloc(classifying->sources_count + 1, sizeof(*classifying->sources));
    return classifying->sources != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static void classifying_deinit(struct classifying *classifying)
{
    for (size_t i = 0; i < classifying->sources_count && classifying->sources != NULL; i++)
        free(classifying->sources[i].sample);
    free(classifying->sources);
    if (classifying->scratch != NULL)
        schema_scratch_destroy(classifying->scratch);
    readout_destroy(classifying->readout);
    diagnostics_deinit(&classifying->diagnostics);
}

static enum status classify(struct classifying *classifying)
{
    enum status status = STATUS_OK;
    struct readout_item item;
    while (status == STATUS_OK && readout_next(classifying->readout, &item))
        status = count_item(classifying, &item);
    for (size_t i = 0; status == STATUS_OK && i < classifying->sources_count; i++) {
        if (classifying->is_json)
            status = write_source(classifying, i);
        else
            print_source(classifying, i);
    }
    return status == STATUS_OK ? readout_status(classifying->readout) : status;
}

int command_classify(int argc, char **argv)
{
    static const struct option long_options[] = {
        INTAKE_LONG_OPTIONS, {.name = "help", .val = 'h'}, {.name = "json", .val = 'j'}, {0}};
    struct classifying classifying = {0};
    struct intake_words words = {0};
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "hi:", long_options, NULL)) != -1) {
        if (found == 'h') {
            fputs(usage, stdout);
            return status_exit_code(printed_flush() ? STATUS_OK : STATUS_IO);
        }
        if (found == 'j')
            classifying.is_json = true;
        else if (intake_words_take(&words, found, optarg) != STATUS_OK)
            return status_exit_code(STATUS_USAGE);
    }
    words.paths = (const char *const *)(argv + optind);
    words.paths_count = (size_t)(argc - optind);
    enum status status = classifying_init(&classifying, &words);
    if (status == STATUS_OK)
        status = classify(&classifying);
    if (!printed_flush())
        status = STATUS_IO;
    diagnostics_print(&classifying.diagnostics, stderr);
    classifying_deinit(&classifying);
    return status_exit_code(status);
}
