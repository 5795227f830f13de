#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/commands.h"
#include "engine/options.h"
#include "engine/printed.h"
#include "engine/rule_print.h"
#include "engine/rule_write.h"

static const char usage[] = "usage: spraywatch rules list [option]...\n"
                            "       spraywatch rules show [option]... NAME|ID\n\n"
                            "list: the rules in force, shipped ones and those of --rules, each "
                            "with its kind, level, status,\n"
                            "author, ATT&CK techniques, file, and which logs and fields it reads.\n"
                            "show: the whole of one rule as it is understood.\n\n"
                            "  -r, --rules DIR          as in spraywatch scan\n"
                            "      --placeholders FILE  as in spraywatch scan\n"
                            "  -f, --format NAME        table, jsonl, or auto: for people on a "
                            "terminal, JSON Lines elsewhere\n";

struct rules_options {
    struct ruleset_options rules;
    enum output_format format;
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
    const struct rule_entry *const entry = rule_book_find(book, word);
    if (entry == NULL) {
        const char *const nearest = rule_book_nearest(book, word);
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

/* ---- Command line --------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum status (*act)(const struct rule_book *, const struct rules_options *);
    int arguments_count;
    const char *wrong; /* for another number of arguments */
} actions[] = {
    {"list", list, 0, "list takes no argument but options"},
    {"show", show, 1, "show takes the name or id of one rule"},
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
            return with_book(&options, actions[i].act);
        (void)complain(actions[i].wrong);
        return status_exit_code(STATUS_USAGE);
    }
    (void)complain("say list or show; see spraywatch rules --help");
    return status_exit_code(STATUS_USAGE);
}
