#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/commands.h"
#include "engine/junit.h"
#include "engine/options.h"
#include "engine/printed.h"
#include "engine/rule_print.h"
#include "engine/rule_write.h"

static const char usage[] =
    "usage: spraywatch rules list [option]...\n"
    "       spraywatch rules show [option]... NAME|ID\n"
    "       spraywatch rules test [option]... DIR\n\n"
    "list: the rules in force, shipped ones and those of --rules, each with its kind, level,\n"
    "status, author, ATT&CK techniques, file, and which logs and fields it reads.\n"
    "show: the whole of one rule as it is understood.\n"
    "test: runs the cases in DIR, directories with a case.yml, and says which rules did not find\n"
    "what they should. Exit status 1 when a case failed, 78 when one could not be run.\n\n"
    "  -r, --rules DIR          as in spraywatch scan; for cases that bring none\n"
    "      --placeholders FILE  as in spraywatch scan\n"
    "  -f, --format NAME        table, jsonl, or auto: for people on a terminal, JSON Lines\n"
    "                           elsewhere\n"
    "      --junit FILE         write the results of test as JUnit's XML\n";

struct rules_options {
    struct ruleset_options rules;
    enum output_format format;
    const char *junit; /* a file for the results of test; NULL: none */
    bool help;
    const char *const *arguments; /* behind the options, into argv */
    int arguments_count;
};

static bool complain(const char *text)
{
    fprintf(stderr, "spraywatch: rules: %s\n", text);
    return false;
}

static bool format_parse(const char *text, enum output_format *format)
{
    if (strcmp(text, "auto") == 0)
        *format = FORMAT_AUTO;
    else if (strcmp(text, "table") == 0)
        *format = FORMAT_TABLE;
    else if (strcmp(text, "jsonl") == 0)
        *format = FORMAT_JSONL;
    else
        return complain("--format is table, jsonl or auto");
    return true;
}

/* False: the command line cannot be understood, which has been told. */
static bool options_read(struct rules_options *options, int argc, char **argv)
{
    static const struct option long_options[] = {
        {.name = "rules", .has_arg = required_argument, .val = 'r'},
        {.name = "placeholders", .has_arg = required_argument, .val = 'p'},
        {.name = "format", .has_arg = required_argument, .val = 'f'},
        {.name = "junit", .has_arg = required_argument, .val = 'j'},
        {.name = "help", .val = 'h'},
        {0}};
    *options = (struct rules_options){.format = FORMAT_AUTO};
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "r:f:h", long_options, NULL)) != -1) {
        switch (found) {
        case 'r':
            options->rules.directory = optarg;
            break;
        case 'p':
            options->rules.placeholders = optarg;
            break;
        case 'f':
            if (!format_parse(optarg, &options->format))
                return false;
            break;
        case 'j':
            options->junit = optarg;
            break;
        case 'h':
            options->help = true;
            break;
        default:
            return false; /* getopt has said why */
        }
    }
    if (options->format == FORMAT_AUTO)
        options->format = isatty(STDOUT_FILENO) ? FORMAT_TABLE : FORMAT_JSONL;
    options->arguments = (const char *const *)(argv + optind);
    options->arguments_count = argc - optind;
    return true;
}

/* ---- list and show -------------------------------------------------------------------------- */

static enum status json_print(const struct json_write *json)
{
    const struct slice text = json_write_text(json);
    if (!json_write_ok(json))
        return STATUS_NO_MEMORY;
    return fwrite(text.start, 1, text.bytes, stdout) == text.bytes ? STATUS_OK : STATUS_IO;
}

static enum status list(const struct rule_book *book, const struct rules_options *options)
{
    if (options->format == FORMAT_TABLE) {
        rule_print_table(book);
        return STATUS_OK;
    }
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(book->ruleset, &count);
    struct json_write json;
    json_write_init(&json);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        json_write_reset(&json);
        rule_write_row(&json, book, &entries[i]);
        status = json_print(&json);
    }
    json_write_deinit(&json);
    return status;
}

static enum status show(const struct rule_book *book, const struct rules_options *options)
{
    const struct slice word = slice_from_string(options->arguments[0]);
    const struct rule_entry *const entry = rule_entry_find(book->ruleset, word);
    if (entry == NULL) {
        const char *const nearest = rule_entry_nearest(book->ruleset, word);
        fprintf(stderr, "spraywatch: rules: no rule is called '%s'%s%s%s\n", options->arguments[0],
                nearest != NULL ? "; did you mean '" : "; `spraywatch rules list` names them",
                nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
        return STATUS_USAGE;
    }
    if (options->format == FORMAT_TABLE) {
        rule_print_whole(book, entry);
        return STATUS_OK;
    }
    struct json_write json;
    json_write_init(&json);
    rule_write_whole(&json, book, entry);
    const enum status status = json_print(&json);
    json_write_deinit(&json);
    return status;
}

static int with_book(const struct rules_options *options,
                     enum status (*act)(const struct rule_book *, const struct rules_options *))
{
    struct diagnostics diagnostics;
    struct rule_book book;
    diagnostics_init(&diagnostics);
    enum status status = rule_book_init(&book, &options->rules, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    if (status == STATUS_OK)
        status = act(&book, options);
    if (status == STATUS_NO_MEMORY)
        fprintf(stderr, "spraywatch: out of memory\n");
    rule_book_deinit(&book);
    diagnostics_deinit(&diagnostics);
    if (status == STATUS_OK && !printed_flush())
        status = STATUS_IO;
    return status_exit_code(status);
}

/* ---- test ----------------------------------------------------------------------------------- */

static void case_print(const struct rule_case *rule_case)
{
    const bool has_passed = rule_case->failures[0] == '\0';
    printf("%s ", has_passed ? "ok    " : rule_case->is_broken ? "broken" : "FAILED");
    printed_quote(slice_from_string(rule_case->directory), 4096);
    if (rule_case->title[0] != '\0') {
        fputs(" ", stdout);
        printed_quote(slice_from_string(rule_case->title), 256);
    }
    putchar('\n');
    struct slice rest = slice_from_string(rule_case->failures);
    while (rest.bytes > 0) {
        const size_t end = slice_find(rest, '\n');
        fputs("       ", stdout);
        printed_column(slice_of(rest.start, end), 0, 4096);
        putchar('\n');
        rest = slice_from(rest, end + (end < rest.bytes));
    }
}

static enum status case_write(const struct rule_case *rule_case)
{
    struct json_write json;
    json_write_init(&json);
    json_write_object_begin(&json);
    json_write_key_cstring(&json, "case", rule_case->directory);
    json_write_key_cstring(&json, "title", rule_case->title);
    json_write_key_cstring(&json, "result",
                           rule_case->is_broken             ? "broken"
                           : rule_case->failures[0] == '\0' ? "passed"
                                                            : "failed");
    json_write_key_unsigned(&json, "checks", rule_case->checks);
    json_write_key_array(&json, "failures");
    struct slice rest = slice_from_string(rule_case->failures);
    while (rest.bytes > 0) {
        const size_t end = slice_find(rest, '\n');
        json_write_string(&json, slice_of(rest.start, end));
        rest = slice_from(rest, end + (end < rest.bytes));
    }
    json_write_array_end(&json);
    json_write_object_end(&json);
    json_write_newline(&json);
    const enum status status = json_print(&json);
    json_write_deinit(&json);
    return status;
}

static enum status junit_save(const char *path, const char *name, const struct rule_cases *cases)
{
    FILE *const file = fopen(path, "we");
    if (file != NULL)
        junit_write(file, name, cases);
    const bool has_failed = file == NULL || ferror(file);
    if ((file != NULL && fclose(file) != 0) || has_failed) {
        fprintf(stderr, "spraywatch: cannot write to %s: %s\n", path, strerror(errno));
        return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status cases_run(struct rule_cases *cases, const struct rules_options *options,
                             struct diagnostics *diagnostics)
{
    const struct rule_case_options case_options = {.rules = &options->rules};
    enum status worst = STATUS_OK;
    for (size_t i = 0; i < cases->count; i++) {
        const enum status status = rule_case_run(&cases->items[i], &case_options, diagnostics);
        if (worst == STATUS_OK)
            worst = status;
        if (options->format == FORMAT_TABLE)
            case_print(&cases->items[i]);
        else if (case_write(&cases->items[i]) != STATUS_OK)
            return STATUS_IO;
    }
    return worst;
}

/* Gives the exit status of the program: 1 when a case has failed. */
static int test(const struct rules_options *options)
{
    struct diagnostics diagnostics;
    struct rule_cases cases;
    diagnostics_init(&diagnostics);
    enum status status = rule_cases_find(&cases, options->arguments[0], &diagnostics);
    if (status == STATUS_OK)
        status = cases_run(&cases, options, &diagnostics);
    const struct rule_cases_result result = rule_cases_result(&cases);
    diagnostics_print(&diagnostics, stderr);
    if (cases.count > 0)
        fprintf(options->format == FORMAT_TABLE ? stdout : stderr,
                "%zu %s: %zu passed, %zu failed, %zu could not be run\n", cases.count,
                cases.count == 1 ? "case" : "cases", result.passed, result.failed, result.broken);
    if (options->junit != NULL && cases.count > 0) {
        const enum status saved = junit_save(options->junit, options->arguments[0], &cases);
        if (status == STATUS_OK)
            status = saved;
    }
    rule_cases_deinit(&cases);
    diagnostics_deinit(&diagnostics);
    if (!printed_flush() && status == STATUS_OK)
        status = STATUS_IO;
    return status == STATUS_OK && result.failed > 0 ? 1 : status_exit_code(status);
}

/* ---- Command line --------------------------------------------------------------------------- */

static int act_list(const struct rules_options *options)
{
    return with_book(options, list);
}

static int act_show(const struct rules_options *options)
{
    return with_book(options, show);
}

static const struct {
    const char *name;
    int (*act)(const struct rules_options *);
    int arguments_count;
    const char *wrong; /* for another number of arguments */
} actions[] = {
    {"list", act_list, 0, "list takes no argument but options"},
    {"show", act_show, 1, "show takes the name or id of one rule"},
    {"test", test, 1, "test takes one directory of cases"},
};

int command_rules(int argc, char **argv)
{
    struct rules_options options;
    if (!options_read(&options, argc, argv))
        return status_exit_code(STATUS_USAGE);
    if (options.help) {
        fputs(usage, stdout);
        return 0;
    }
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (options.arguments_count == 0 || strcmp(options.arguments[0], actions[i].name) != 0)
            continue;
        options.arguments++;
        options.arguments_count--;
        if (options.arguments_count == actions[i].arguments_count)
            return actions[i].act(&options);
        (void)complain(actions[i].wrong);
        return status_exit_code(STATUS_USAGE);
    }
    (void)complain("say list, show or test; see spraywatch rules --help");
    return status_exit_code(STATUS_USAGE);
}
