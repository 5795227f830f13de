#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/civil.h"
#include "engine/commands.h"
#include "engine/options.h"
#include "engine/printed.h"
#include "engine/readout.h"
#include "engine/rule_verdict.h"
#include "parsers/schema_trace.h"
#include "rules/event_value.h"
#include "rules/match.h"

enum {
    SHOWN_VALUE_BYTES = 200,
    SHOWN_RECORD_BYTES = 4096,
    SHOWN_TEXTS = 8, /* of a condition */
};

static const char usage[] =
    "usage: spraywatch explain (--line N | --offset N) [-i NAME] [--tz ZONE] [--year YEAR]\n"
    "                          [--rules DIR] [--placeholders FILE] [--spill DIR] FILE\n\n"
    "Says how the record at that line (from 1) or byte (of the decompressed text) was read: its\n"
    "schema, where each field came from, what its code means and who says so, whether it counts\n"
    "and why, which rules match it and which one condition keeps from it, and where each count\n"
    "stood when it had been counted, with the records that were in it. The options are those of\n"
    "spraywatch scan.\n";

struct explain_options {
    bool has_line, has_offset;
    uint64_t line, offset;
    struct ruleset_options rules;
    const char *spill_directory; /* NULL: the usual one */
    struct intake_words words;
};

struct explaining {
    const struct explain_options *options;
    struct diagnostics diagnostics;
    struct readout *readout;
    struct ruleset *ruleset;
    struct matcher *matcher;
    const char *datasets[DATASETS_MAX];
    size_t datasets_count;
    struct schema_scratch *scratch; /* the event's texts lie in the readout's */
    struct schema_trace trace;
};

static enum status explaining_init(struct explaining *explaining,
                                   const struct explain_options *options)
{
    *explaining = (struct explaining){.options = options};
    diagnostics_init(&explaining->diagnostics);
    enum status status =
        ruleset_create_with(&explaining->ruleset, &options->rules, &explaining->diagnostics);
    if (status == STATUS_OK)
        status = readout_create(&explaining->readout, &options->words, &explaining->diagnostics);
    if (status == STATUS_OK) {
        const struct schema_set *const schemas = readout_schemas(explaining->readout);
        explaining->datasets_count = schema_set_datasets_count(schemas);
        for (size_t i = 0; i < explaining->datasets_count; i++)
            explaining->datasets[i] = schema_set_dataset_name(schemas, i);
        status = ruleset_bind_datasets(explaining->ruleset, explaining->datasets,
                                       explaining->datasets_count);
    }
    if (status == STATUS_OK)
        status = matcher_create(&explaining->matcher, explaining->ruleset);
    if (status == STATUS_OK)
        status = schema_scratch_create(&explaining->scratch, LIMIT_LINE_BYTES);
    return status;
}

static void explaining_deinit(struct explaining *explaining)
{
    if (explaining->scratch != NULL)
        schema_scratch_destroy(explaining->scratch);
    if (explaining->matcher != NULL)
        matcher_destroy(explaining->matcher);
    readout_destroy(explaining->readout);
    if (explaining->ruleset != NULL)
        ruleset_destroy(explaining->ruleset);
    diagnostics_deinit(&explaining->diagnostics);
}

/* ---- Finding the record -------------------------------------------------------------------- */

static uint64_t newlines_in(struct slice text)
{
    uint64_t count = 0;
    for (size_t at = slice_find(text, '\n'); at < text.bytes; at = slice_find(text, '\n')) {
        count++;
        text = slice_from(text, at + 1);
    }
    return count;
}

/* Whether the item reaches up to the place asked for, or lies behind it. */
static bool is_at_or_behind(const struct explain_options *options, const struct readout_item *item)
{
    if (item->kind == READOUT_DROPPED)
        return options->has_line ? item->position.line > options->line
                                 : item->position.offset > options->offset;
    const struct slice text = item->record->text;
    if (options->has_line)
        return item->position.line + newlines_in(slice_trim(text)) >= options->line;
    return item->position.offset + text.bytes > options->offset;
}

static bool is_behind(const struct explain_options *options, const struct readout_item *item)
{
    return options->has_line ? item->position.line > options->line
                             : item->position.offset > options->offset;
}

/* ---- What is said of it -------------------------------------------------------------------- */

static const char *reject_text(enum reject_reason reason)
{
    static const char *const texts[REJECT_COUNT] = {
        [REJECT_BROKEN_JSON] = "it is damaged and cannot be read",
        [REJECT_TOO_DEEP] = "its objects lie within each other too deeply",
        [REJECT_TOO_LONG] = "it is longer than --max-line",
        [REJECT_RAGGED] = "the row has more cells than there are columns",
        [REJECT_NO_TIME] = "it is a sign-in without any time",
        [REJECT_BAD_TIME] = "its time cannot be read, or is no real time",
        [REJECT_NO_OUTCOME] = "it has neither a code nor a result",
    };
    return texts[reason];
}

/* What a field of the event has become; texts that the event does not hold go into `buffer`. Rules
 * see times cut to milliseconds, people the whole one. */
static struct slice event_field_value(const struct explaining *explaining,
                                      const struct event *event, enum event_field field,
                                      char buffer[EVENT_VALUE_BYTES])
{
    const struct dataset_names datasets = {explaining->datasets, explaining->datasets_count};
    _Static_assert((int)EVENT_VALUE_BYTES >= (int)CIVIL_TEXT_BYTES, "room for a time");
    return field == FIELD_TIME ? slice_of(buffer, civil_format(event->time_ns, buffer))
                               : event_value_text(event, field, datasets, buffer);
}

static void print_origin(const struct traced_field *traced, struct slice value)
{
    if (traced->path == NULL) {
        fputs(traced->otherwise.bytes > 0 ? "  what it is when nothing is said\n" : "\n", stdout);
        return;
    }
    printf("  from %s", traced->path);
    if (!slice_equals(traced->value.text, value)) {
        fputs(": ", stdout);
        printed_quote(traced->value.text, SHOWN_VALUE_BYTES);
    }
    putchar('\n');
}

static void print_fields(const struct explaining *explaining, const struct event *event)
{
    char buffer[EVENT_VALUE_BYTES];
    for (int i = 0; i < FIELD_COUNT; i++) {
        const enum event_field field = (enum event_field)i;
        const struct traced_field *const traced = &explaining->trace.fields[i];
        if (!traced->is_asked)
            continue;
        const struct slice value = event_field_value(explaining, event, field, buffer);
        printf("  %-28s ", field_name(field));
        if (value.bytes > 0)
            printed_quote(value, SHOWN_VALUE_BYTES);
        else
            fputs("absent", stdout);
        print_origin(traced, value);
        const struct traced_parts *const parts = field == FIELD_CODE ? &explaining->trace.code_parts
                                                 : field == FIELD_TIME
                                                     ? &explaining->trace.time_parts
                                                     : NULL;
        for (size_t part = 0; parts != NULL && part < parts->count; part++) {
            printf("  %-28s and", "");
            print_origin(&parts->items[part], slice_of("", 0));
        }
    }
}

static void print_code(const struct explaining *explaining, const struct readout_item *item)
{
    const struct event *const event = item->event;
    const struct codes *const codes = explaining->trace.shape->codes;
    const struct slice code = event->text[TEXT_CODE];
    struct code_row row;
    printf("outcome   %s, password %s", outcome_name((enum outcome)event->outcome),
           verdict_name((enum verdict)event->verdict));
    if (event->flags & EVENT_VERDICT_PROVEN)
        fputs(", which the record itself says", stdout);
    fputs("\ncode      ", stdout);
    printed_quote(code, SHOWN_VALUE_BYTES);
    if (!codes_row(codes, code, &row)) {
        fputs(" is in no row of the code table: some other failure\n", stdout);
        return;
    }
    if (codes->name.bytes > 0)
        printf(": code table %s, line %u", codes->name.start, row.line);
    else
        printf(": results of the schema, line %u", row.line);
    if (row.source.bytes > 0)
        printf("; source: %s", row.source.start);
    if (row.note.bytes > 0)
        printf("; note: %s", row.note.start);
    putchar('\n');
}

static enum status print_rules(struct explaining *explaining, const struct readout_item *item)
{
    const struct subject subject = {
        .event = item->event,
        .text = item->record->text,
        .view = item->view,
        .layout = item->layout,
    };
    struct options defaults;
    options_defaults(&defaults);
    const struct replay_options options = {
        .words = explaining->options->words,
        .ruleset = explaining->ruleset,
        .memory_bytes = defaults.memory_bytes,
        .spill_directory = explaining->options->spill_directory,
        .keeps_journal = true,
    };
    rule_verdict_print_allowances(explaining->ruleset, explaining->matcher, &subject);
    rule_verdict_print(explaining->ruleset, explaining->matcher, &subject);
    return rule_verdict_print_counts(&options, item->source, item->position.offset,
                                     &explaining->diagnostics);
}

/* Whether an earlier record has the same id: events are told apart by dataset and id. The file is
 * read once more, up to this record. `*line` is that of the first one, 0 when there is none. */
static enum status find_first(struct explaining *explaining, const struct readout_item *item,
                              uint64_t *line)
{
    const struct slice id = item->event->text[TEXT_EVENT_ID];
    struct readout *again = NULL;
    struct readout_item other;
    *line = 0;
    if (id.bytes == 0)
        return STATUS_OK;
    const enum status status =
        readout_create(&again, &explaining->options->words, &explaining->diagnostics);
    if (status != STATUS_OK)
        return status;
    while (*line == 0 && readout_next(again, &other) &&
           other.position.offset < item->position.offset) {
        if (other.kind == READOUT_SIGN_IN && other.event->dataset == item->event->dataset &&
            slice_equals(other.event->text[TEXT_EVENT_ID], id))
            *line = other.position.line;
    }
    readout_destroy(again);
    return STATUS_OK;
}

static enum status print_counted(struct explaining *explaining, const struct readout_item *item)
{
    uint64_t first_line;
    switch (item->kind) {
    case READOUT_REJECTED:
        printf("counted   no: rejected as %s, %s", reject_reason_name(item->reason),
               reject_text(item->reason));
        if (item->reason == REJECT_BAD_TIME)
            print_origin(&explaining->trace.fields[FIELD_TIME], slice_of("", 0));
        else
            putchar('\n');
        return STATUS_OK;
    case READOUT_NOT_SIGN_IN:
        printf("counted   no: not a sign-in; %s\n",
               explaining->trace.schema == NULL ? "no schema knows records like this one"
                                                : "the schema knows it as another kind of record");
        return STATUS_OK;
    case READOUT_SIGN_IN: {
        const enum status status = find_first(explaining, item, &first_line);
        if (status != STATUS_OK)
            return status;
        if (first_line > 0)
            printf("counted   no: a duplicate; line %llu has the same event.id\n",
                   (unsigned long long)first_line);
        else
            puts("counted   yes: a sign-in");
        return STATUS_OK;
    }
    case READOUT_DROPPED:
        break;
    }
    return STATUS_OK;
}

static void print_schema(const struct explaining *explaining, const struct readout_item *item)
{
    const struct schema_trace *const trace = &explaining->trace;
    printf("layout    %s\n", readout_layout_text(item->layout));
    if (trace->schema == NULL)
        return;
    printf("schema    %s", trace->schema->name.start);
    if (trace->shape != NULL && trace->shape->name.bytes > 0)
        printf(", shape %s", trace->shape->name.start);
    if (item->view != NULL && item->view->is_forced)
        fputs(", because -i says so", stdout);
    else if (item->view != NULL && item->view->schema != SCHEMA_NONE &&
             schema_set_at(readout_schemas(explaining->readout), item->view->schema) ==
                 trace->schema)
        fputs(", as the file's first records", stdout);
    else
        fputs(", by what the record itself has", stdout);
    putchar('\n');
}

/* The texts of a condition, in quotes. */
static void print_texts(const struct telltales *telltales, const struct telltale *condition)
{
    for (unsigned i = 0; i < condition->texts_count; i++) {
        if (i == SHOWN_TEXTS) {
            printf(" and %u others", condition->texts_count - i);
            return;
        }
        const unsigned text = condition->texts_first + i;
        printf("%s%s", i > 0 ? ", " : " ", telltales->texts[text].is_suffix ? "*" : "");
        printed_quote(telltales->texts[text].text, SHOWN_VALUE_BYTES);
        fputs(telltales->texts[text].is_prefix ? "*" : "", stdout);
    }
}

static void print_paths(const struct schema *schema, uint64_t slots)
{
    for (const char *before = " "; slots != 0; slots &= slots - 1, before = ", ")
        printf("%s%s", before, schema->slots.items[__builtin_ctzll(slots)].path);
}

static void print_value(const struct traced_miss *miss)
{
    if (miss->value == NULL) {
        fputs(": it is absent", stdout);
        return;
    }
    fputs(": it is ", stdout);
    printed_quote(miss->value->text, SHOWN_VALUE_BYTES);
}

static void print_condition(const struct schema *schema, const struct traced_miss *miss)
{
    switch (miss->condition->kind) {
    case TELLTALE_HAS:
        fputs("needs one of", stdout);
        print_paths(schema, miss->condition->slots);
        fputs(": absent", stdout);
        return;
    case TELLTALE_LACKS:
        printf("must lack %s", miss->path);
        break;
    case TELLTALE_IS:
    case TELLTALE_IS_NOT:
        printf("needs %s to be %s", miss->path,
               miss->condition->kind == TELLTALE_IS ? "one of" : "other than");
        print_texts(&miss->shape->telltales, miss->condition);
        break;
    }
    print_value(miss);
}

/* By which of its values the record is one of a shape's that are no sign-ins. */
static void print_no_sign_in(const struct schema_trace *trace, const struct shape *shape)
{
    fputs("it is one of these, which are no sign-ins", stdout);
    const char *before = ": ";
    for (size_t i = 0; i < shape->telltales.count; i++) {
        const struct telltale *const condition = &shape->telltales.items[i];
        if (condition->kind != TELLTALE_IS)
            continue;
        printf("%s%s is ", before, trace->asked->slots.items[condition->slot].path);
        printed_quote(trace->record->values[condition->slot].text, SHOWN_VALUE_BYTES);
        before = ", ";
    }
}

/* Of each shape that could have made a sign-in of the record, what it lacks for it. */
static void print_misses(const struct schema_trace *trace)
{
    if (trace->misses_count > 0)
        puts("shapes    that make no sign-in of it");
    for (size_t i = 0; i < trace->misses_count; i++) {
        const struct traced_miss *const miss = &trace->misses[i];
        if (miss->shape->is_no_sign_in && miss->condition != NULL)
            continue;
        printf("  %s, shape %s: ", trace->asked->name.start,
               miss->shape->name.bytes > 0 ? miss->shape->name.start : "without name");
        if (miss->condition != NULL)
            print_condition(trace->asked, miss);
        else if (miss->path == NULL)
            print_no_sign_in(trace, miss->shape);
        else {
            printf("has no dataset for this %s", miss->path);
            print_value(miss);
        }
        putchar('\n');
    }
}

static enum status explain_record(struct explaining *explaining, const struct readout_item *item)
{
    schema_trace(&explaining->trace, readout_schemas(explaining->readout), explaining->scratch,
                 item->view, item->layout, item->record);
    fputs("record    ", stdout);
    printed_quote(slice_from_string(item->position.path), SHOWN_RECORD_BYTES);
    printf(", line %llu, byte %llu, %zu bytes long\n", (unsigned long long)item->position.line,
           (unsigned long long)item->position.offset, item->record->text.bytes);
    print_schema(explaining, item);
    enum status status = print_counted(explaining, item);
    if (item->kind == READOUT_NOT_SIGN_IN)
        print_misses(&explaining->trace);
    if (item->kind == READOUT_SIGN_IN && explaining->trace.shape != NULL) {
        print_code(explaining, item);
        if (status == STATUS_OK)
            status = print_rules(explaining, item);
        puts("fields");
        print_fields(explaining, item->event);
    }
    fputs("text      ", stdout);
    printed_quote(item->record->text, SHOWN_RECORD_BYTES);
    putchar('\n');
    return status;
}

static void explain_nothing(const struct explain_options *options, const char *why)
{
    printf("record    none at %s %llu: %s\n", options->has_line ? "line" : "byte",
           (unsigned long long)(options->has_line ? options->line : options->offset), why);
}

static enum status explain(struct explaining *explaining)
{
    const struct explain_options *const options = explaining->options;
    struct readout_item item;
    while (readout_next(explaining->readout, &item)) {
        if (!is_at_or_behind(options, &item))
            continue;
        if (item.kind == READOUT_DROPPED) {
            explain_nothing(options,
                            item.too_long > 0
                                ? "before the next record, text was passed over that is longer "
                                  "than --max-line"
                                : "before the next record, damaged text was passed over");
            return STATUS_OK;
        }
        if (!is_behind(options, &item))
            return explain_record(explaining, &item);
        explain_nothing(options, "what stands there belongs to no record, such as an empty line, "
                                 "a row of column names or an envelope");
        return STATUS_OK;
    }
    explain_nothing(options, "the file ends before");
    return readout_status(explaining->readout);
}

/* ---- Command line -------------------------------------------------------------------------- */

static bool read_number(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

static bool complain(const char *text)
{
    fprintf(stderr, "spraywatch: explain: %s\n", text);
    return false;
}

static bool check_options(const struct explain_options *options)
{
    const size_t paths_count = options->words.paths_count;
    struct stat about;
    if (options->has_line == options->has_offset)
        return complain("give either --line N or --offset N");
    if (options->has_line && options->line == 0)
        return complain("lines count from 1");
    if (paths_count != 1 || strcmp(options->words.paths[0], "-") == 0)
        return complain("give one file; what is piped in cannot be read twice");
    if (stat(options->words.paths[0], &about) == 0 && !S_ISREG(about.st_mode))
        return complain("give one file; this is a directory or a device");
    return true;
}

int command_explain(int argc, char **argv)
{
    static const struct option long_options[] = {
        INTAKE_LONG_OPTIONS,
        {.name = "help", .val = 'h'},
        {.name = "line", .has_arg = required_argument, .val = 'l'},
        {.name = "offset", .has_arg = required_argument, .val = 'o'},
        {.name = "rules", .has_arg = required_argument, .val = 'r'},
        {.name = "placeholders", .has_arg = required_argument, .val = 'p'},
        {.name = "spill", .has_arg = required_argument, .val = 's'},
        {0}};
    struct explain_options options = {0};
    bool is_number = true;
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "hi:", long_options, NULL)) != -1) {
        switch (found) {
        case 'h':
            fputs(usage, stdout);
            return printed_flush() ? 0 : status_exit_code(STATUS_IO);
        case 'l':
            options.has_line = true;
            is_number &= read_number(optarg, &options.line);
            break;
        case 'o':
            options.has_offset = true;
            is_number &= read_number(optarg, &options.offset);
            break;
        case 'r':
            options.rules.directory = optarg;
            break;
        case 'p':
            options.rules.placeholders = optarg;
            break;
        case 's':
            options.spill_directory = optarg;
            break;
        default:
            if (intake_words_take(&options.words, found, optarg) != STATUS_OK)
                return status_exit_code(STATUS_USAGE);
        }
    }
    options.words.paths = (const char *const *)(argv + optind);
    options.words.paths_count = (size_t)(argc - optind);
    if (!is_number)
        complain("--line and --offset take a whole number");
    if (!is_number || !check_options(&options))
        return status_exit_code(STATUS_USAGE);

    struct explaining explaining;
    enum status status = explaining_init(&explaining, &options);
    if (status == STATUS_OK)
        status = explain(&explaining);
    if (!printed_flush())
        status = STATUS_IO;
    diagnostics_print(&explaining.diagnostics, stderr);
    explaining_deinit(&explaining);
    return status_exit_code(status);
}
