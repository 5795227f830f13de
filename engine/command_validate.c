#include <getopt.h>
#include <stdio.h>

#include "engine/commands.h"
#include "engine/input_choice.h"
#include "rules/ruleset.h"

int command_validate(int argc, char **argv)
{
    static const struct option long_options[] = {
        {.name = "help", .val = 'h'},
        {.name = "input", .has_arg = required_argument, .val = 'i'},
        {.name = "placeholders", .has_arg = required_argument, .val = 'p'},
        {0}};
    const char *input = NULL;
    struct ruleset_options rules = {0};
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "hi:", long_options, NULL)) != -1) {
        if (found == 'i') {
            input = optarg;
            continue;
        }
        if (found == 'p') {
            rules.placeholders = optarg;
            continue;
        }
        if (found != 'h')
            return status_exit_code(STATUS_USAGE); /* getopt has said why */
        printf("usage: spraywatch validate [-i FORMAT:FILE] [--placeholders FILE] [DIR]\n\n"
               "Compiles the shipped rules, and those of DIR as --rules would, and the mapping\n"
               "file of -i, and prints every mistake with file, line and column. Exit status 78\n"
               "when there is one.\n");
        return 0;
    }
    if (argc - optind > 1) {
        fprintf(stderr, "spraywatch: validate takes one directory of rules\n");
        return status_exit_code(STATUS_USAGE);
    }
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    struct schema_set *schemas = NULL;
    struct input_choice choice;
    uint8_t schema;
    rules.directory = optind < argc ? argv[optind] : NULL;
    enum status status = ruleset_create_with(&ruleset, &rules, &diagnostics);
    const enum status chosen = input_choice_init(&choice, input, &diagnostics);
    if (status == STATUS_OK)
        status = chosen;
    /* All fields are asked for, so that all paths are followed. */
    if (chosen == STATUS_OK) {
        const enum status made =
            input_choice_schemas(&choice, NULL, &schemas, &schema, &diagnostics);
        if (status == STATUS_OK)
            status = made;
    }
    diagnostics_print(&diagnostics, stderr);
    if (status == STATUS_OK) {
        size_t detectors_count;
        ruleset_detectors(ruleset, &detectors_count);
        size_t correlations_count;
        ruleset_correlations(ruleset, &correlations_count);
        size_t allowances_count;
        ruleset_allowances(ruleset, &allowances_count);
        printf("%zu rules, %zu correlations, %zu detectors", ruleset_rules_count(ruleset),
               correlations_count, detectors_count);
        if (allowances_count > 0)
            printf(", %zu allow %s", allowances_count, allowances_count == 1 ? "entry" : "entries");
        puts(": no mistake found");
    } else {
        printf("%zu %s\n", diagnostics.errors_count,
               diagnostics.errors_count == 1 ? "mistake" : "mistakes");
    }
    if (schemas != NULL)
        schema_set_destroy(schemas);
    input_choice_deinit(&choice);
    if (ruleset != NULL)
        ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
    return status_exit_code(status);
}
