#include "engine/rule_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/alert.h"
#include "engine/printed.h"
#include "parsers/coverage.h"
#include "rules/correlation.h"
#include "rules/extension.h"

enum {
    NAME_COLUMNS_MAX = 40,
    TEXT_BYTES_MAX = 4096,
    CELL_BYTES_MAX = 72,
    VALUE_BYTES_MAX = 200,
};

/* The Detection Rule License wants its text to be linked to: github.com/SigmaHQ. */
static const char drl_link[] = "https://github.com/SigmaHQ/Detection-Rule-License";

static void print_quoted(const char *text)
{
    printed_quote(slice_from_string(text), TEXT_BYTES_MAX);
}

static void print_line(const char *what, const char *text)
{
    if (text[0] == '\0')
        return;
    printf("%-9s ", what);
    print_quoted(text);
    putchar('\n');
}

/* ---- the table ------------------------------------------------------------------------------ */

static void print_datasets_cell(const struct rule_book *book, const struct rule_entry *entry)
{
    bool is_all;
    char cell[CELL_BYTES_MAX];
    const size_t count = rule_book_datasets(book, entry, &is_all);
    if (entry->sort == SORT_FILTER)
        snprintf(cell, sizeof(cell), "of its rules");
    else if (is_all)
        snprintf(cell, sizeof(cell), "all logs");
    else
        snprintf(cell, sizeof(cell), "%zu %s", count, count == 1 ? "log" : "logs");
    printed_column(slice_from_string(cell), 12, CELL_BYTES_MAX);
}

static void print_cell(const char *text, size_t width)
{
    printed_column(slice_from_string(text[0] != '\0' ? text : "-"), width, CELL_BYTES_MAX);
}

static void print_row(const struct rule_book *book, const struct rule_entry *entry, size_t width)
{
    const struct rule_head *const head = entry->head;
    char technique[16] = "-";
    print_cell(rule_entry_handle(entry), width);
    print_cell(rule_book_kind(book, entry), 18);
    print_cell(head->level, 13);
    print_cell(head->status, 12);
    print_datasets_cell(book, entry);
    for (unsigned i = 0; i < head->tags_count; i++) {
        if (alert_technique(head->tags[i], technique))
            break;
    }
    print_cell(technique, 9);
    print_cell(head->path, 30);
    print_quoted(head->title);
    if (head->author[0] != '\0') {
        fputs(" by ", stdout);
        print_quoted(head->author);
    }
    putchar('\n');
}

void rule_print_table(const struct rule_book *book)
{
    size_t count, width = 4;
    const struct rule_entry *const entries = ruleset_entries(book->ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        const size_t bytes = strlen(rule_entry_handle(&entries[i]));
        width = bytes > width ? bytes : width;
    }
    if (width > NAME_COLUMNS_MAX)
        width = NAME_COLUMNS_MAX;
    for (size_t i = 0; i < count; i++)
        print_row(book, &entries[i], width);
}

/* ---- one rule: conditions ------------------------------------------------------------------- */

void rule_print_item(const struct item_text *item)
{
    printed_column(slice_from_string(item->key[0] != '\0' ? item->key : "keywords"), 0,
                   VALUE_BYTES_MAX);
    const char *before = ": ";
    for (size_t i = 0; i < item->values_count; i++) {
        fputs(before, stdout);
        printed_quote(slice_from_string(item->values[i]), VALUE_BYTES_MAX);
        before = item->is_logsource ? " or " : ", ";
    }
}

static void print_expression(const struct expression *expression, unsigned depth)
{
    printf("%*s", (int)(2 * depth + 2), "");
    if (expression->item != NULL) {
        rule_print_item(expression->item);
        printf("  (line %" PRIu32 ")\n", expression->item->line);
        return;
    }
    if (expression->label != NULL)
        printed_column(slice_from_string(expression->label), 0, VALUE_BYTES_MAX);
    else
        fputs(expression->kind == EXPRESSION_NOT   ? "not"
              : expression->kind == EXPRESSION_AND ? "all of"
                                                   : "any of",
              stdout);
    putchar('\n');
    for (size_t i = 0; i < expression->children_count; i++)
        print_expression(expression->children[i], depth + 1);
}

static void print_conditions(const struct rule_entry *entry)
{
    for (size_t i = 0; i < entry->conditions.count; i++) {
        fputs("condition ", stdout);
        print_quoted(entry->conditions.items[i]);
        putchar('\n');
    }
    puts("understood as");
    print_expression(entry->expression, 0);
}

/* ---- one rule: fields ----------------------------------------------------------------------- */

static void print_paths(const struct rule_book *book, const struct rule_entry *entry,
                        enum event_field field)
{
    const char *paths[COVERAGE_PATHS_MAX];
    for (size_t i = 0; i < schema_set_datasets_count(book->schemas); i++) {
        if (entry->sort != SORT_FILTER && !rule_book_is_for(book, entry, (unsigned)i))
            continue;
        const size_t count = coverage_paths(book->schemas, i, field, paths);
        if (count == 0)
            continue;
        printf("    %-26s ", schema_set_dataset_name(book->schemas, i));
        for (size_t j = 0; j < count; j++)
            printf("%s%s", j > 0 ? ", " : "", paths[j]);
        putchar('\n');
    }
}

static void print_field(const struct rule_book *book, const struct rule_entry *entry,
                        unsigned field)
{
    const struct surveyed_field surveyed = survey_field(book->ruleset, field);
    fputs("  ", stdout);
    printed_column(slice_from_string(surveyed.name), 0, VALUE_BYTES_MAX);
    const enum event_field origin =
        surveyed.event != FIELD_COUNT ? coverage_origin(surveyed.event) : FIELD_COUNT;
    if (origin != surveyed.event)
        printf(", made of %s", field_name(origin));
    const char *before = ", in records ";
    for (size_t i = 0; i < surveyed.names_count; i++) {
        fputs(before, stdout);
        printed_quote(slice_from_string(surveyed.names[i]), VALUE_BYTES_MAX);
        before = ", else ";
    }
    putchar('\n');
    if (surveyed.event != FIELD_COUNT)
        print_paths(book, entry, surveyed.event);
    for (size_t i = 0; i < surveyed.names_count; i++) {
        const enum event_field event = field_by_name(slice_from_string(surveyed.names[i]));
        if (event == FIELD_COUNT)
            continue;
        printf("    %s:\n", field_name(event));
        print_paths(book, entry, event);
    }
}

static void print_fields(const struct rule_book *book, const struct rule_entry *entry)
{
    unsigned fields[RULE_FIELDS_MAX];
    const size_t count = rule_book_fields(book, entry, fields);
    puts("fields");
    for (size_t i = 0; i < count; i++)
        print_field(book, entry, fields[i]);
}

/* ---- one rule: correlations ----------------------------------------------------------------- */

static void print_range(const struct detector *detector)
{
    fputs("counts    ", stdout);
    if (detector->type == CORRELATION_VALUE_COUNT)
        printf("distinct values of %s", field_name(detector->counted));
    else
        fputs("events", stdout);
    if (detector->condition.min != INT64_MIN)
        printf(", at least %" PRId64, detector->condition.min);
    if (detector->condition.max != INT64_MAX)
        printf(", at most %" PRId64, detector->condition.max);
    putchar('\n');
}

static void print_parameters(const struct detector *detector)
{
    struct extension_parameter parameter;
    char span[KEY_TEXT_BYTES];
    for (size_t i = 0; extension_parameter(detector, i, &parameter); i++) {
        span_text(parameter.span_ns, span);
        if (parameter.is_span)
            printf("parameter %s: %s\n", parameter.key, span);
        else
            printf("parameter %s: {%s: %g}\n", parameter.key, parameter.part, parameter.number);
    }
}

static void print_sources(const struct rule_book *book, const struct rule_entry *entry)
{
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(book->ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if (!rule_book_counts(book, entry, &entries[i]))
            continue;
        fputs("of rule   ", stdout);
        printed_column(slice_from_string(rule_entry_handle(&entries[i])), 0, VALUE_BYTES_MAX);
        putchar('\n');
    }
}

static void print_number(const struct correlation *correlation, const char *word, int64_t number)
{
    const double unit = correlation_has_numbers(correlation->type) ? 1e6 : 1;
    printf(", %s %.15g", word, (double)number / unit);
}

void rule_print_counted(const struct correlation *correlation)
{
    for (unsigned i = 0; i < correlation->counted_count; i++) {
        fputs(i > 0 ? " and " : " of ", stdout);
        printed_column(slice_from_string(correlation->counted[i]), 0, VALUE_BYTES_MAX);
    }
}

void rule_print_bounds(const struct correlation *correlation)
{
    const struct correlation_bounds *const bounds = &correlation->bounds;
    if (bounds->min != INT64_MIN)
        print_number(correlation, bounds->min_is_open ? "more than" : "at least", bounds->min);
    if (bounds->max != INT64_MAX)
        print_number(correlation, bounds->max_is_open ? "less than" : "at most", bounds->max);
    if (bounds->has_neq)
        print_number(correlation, "not", bounds->neq);
}

static void print_correlation(const struct rule_book *book, const struct rule_entry *entry,
                              const struct correlation *correlation)
{
    printf("judges    %s", correlation_type_name(correlation->type));
    if (correlation->type == CORRELATION_VALUE_PERCENTILE)
        printf(" %u", correlation->percentile);
    rule_print_counted(correlation);
    rule_print_bounds(correlation);
    puts(correlation->is_judged_at_end ? ", at the end of a window" : ", at each event");
    for (size_t i = 0; i < entry->conditions.count; i++)
        print_line("condition", entry->conditions.items[i]);
    print_sources(book, entry);
    for (unsigned i = 0; i < correlation->parts_count; i++)
        print_line("for each", correlation->parts[i]);
    char span[KEY_TEXT_BYTES];
    span_text(correlation->span_ns, span);
    printf("within    %s\n", span);
}

static void print_detector(const struct rule_book *book, const struct rule_entry *entry,
                           const struct detector *detector)
{
    print_range(detector);
    print_sources(book, entry);
    for (unsigned i = 0; i < detector->keys_count; i++) {
        fputs("for each  ", stdout);
        for (unsigned j = 0; j < detector->keys[i].fields_count; j++)
            printf("%s%s", j > 0 ? " and " : "", field_name(detector->keys[i].fields[j]));
        putchar('\n');
    }
    for (unsigned i = 0; i < detector->spans_count; i++) {
        char span[KEY_TEXT_BYTES];
        span_text(detector->spans_ns[i], span);
        printf("within    %s\n", span);
    }
    print_parameters(detector);
}

/* ---- one rule ------------------------------------------------------------------------------- */

/* The author, the licence and where the rule comes from: what the Detection Rule License wants kept
 * with every message. */
static void print_origin(const struct rule_head *head)
{
    printf("source    ");
    print_quoted(head->path);
    printf(", line %" PRIu32 "\n", head->line);
    print_line("author", head->author);
    print_line("licence", head->license);
    if (strncmp(head->license, "DRL", 3) == 0)
        printf("          %s\n", drl_link);
    for (size_t i = 0; i < head->references.count; i++)
        print_line("reference", head->references.items[i]);
}

static void print_attack(const struct rule_head *head)
{
    char technique[16];
    const char *before = "attack    ";
    for (unsigned i = 0; i < head->tags_count; i++) {
        if (!alert_technique(head->tags[i], technique))
            continue;
        printf("%s%s", before, technique);
        before = ", ";
    }
    if (before[0] == ',')
        putchar('\n');
}

static void print_logs(const struct rule_book *book, const struct rule_entry *entry)
{
    bool is_all;
    const size_t count = rule_book_datasets(book, entry, &is_all);
    if (entry->sort == SORT_FILTER)
        return;
    printf("logs      %s", is_all ? "all" : count == 0 ? "none that is read here" : "");
    const char *before = "";
    for (size_t i = 0; !is_all && i < schema_set_datasets_count(book->schemas); i++) {
        if (!rule_book_is_for(book, entry, (unsigned)i))
            continue;
        printf("%s%s", before, schema_set_dataset_name(book->schemas, i));
        before = ", ";
    }
    putchar('\n');
}

static void print_counted_by(const struct rule_book *book, const struct rule_entry *entry)
{
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(book->ruleset, &count);
    if (rule_book_reports(book, entry))
        puts("told      each match, for itself");
    for (size_t i = 0; i < count; i++) {
        if (!rule_book_counts(book, &entries[i], entry))
            continue;
        fputs("counted   by ", stdout);
        printed_column(slice_from_string(rule_entry_handle(&entries[i])), 0, VALUE_BYTES_MAX);
        putchar('\n');
    }
}

void rule_print_whole(const struct rule_book *book, const struct rule_entry *entry)
{
    const struct rule_head *const head = entry->head;
    const struct detector *const detector = rule_book_detector(book, entry);
    const struct correlation *const correlation = rule_book_correlation(book, entry);
    printf("%-9s ", rule_book_kind(book, entry));
    print_quoted(head->title);
    putchar('\n');
    print_line("name", head->name);
    print_line("id", head->id);
    print_origin(head);
    print_line("level", head->level);
    print_line("status", head->status);
    print_attack(head);
    print_line("about", head->description);
    print_logs(book, entry);
    for (size_t i = 0; i < entry->rules.count && entry->sort == SORT_FILTER; i++)
        print_line("narrows", entry->rules.items[i]);
    if (detector != NULL)
        print_detector(book, entry, detector);
    else if (correlation != NULL)
        print_correlation(book, entry, correlation);
    else
        print_conditions(entry);
    if (entry->sort == SORT_RULE || entry->sort == SORT_CORRELATION)
        print_counted_by(book, entry);
    print_fields(book, entry);
}
