#include <getopt.h>
#include <stdio.h>

#include "engine/commands.h"
#include "parsers/schema.h"
#include "rules/ruleset.h"

int command_validate(int argc, char **argv)
{
    static const struct option long_options[] = {{.name = "help", .val = 'h'}, {0}};
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (found != 'h')
            return status_exit_code(STATUS_USAGE); /* getopt has said why */
        printf("usage: spraywatch validate [DIR]\n\n"
               "Compiles the shipped rules, and those of DIR as --rules would, and prints every\n"
               "mistake with file, line and column. Exit status 78 when there is one.\n");
        return 0;
    }
    if (argc - optind > 1) {
        fprintf(stderr, "spraywatch: validate takes one directory of rules\n");
        return status_exit_code(STATUS_USAGE);
    }
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    struct schema *schema = NULL;
    enum status status =
        ruleset_create(&ruleset, optind < argc ? argv[optind] : NULL, &diagnostics);
    if (status == STATUS_OK)
        status = schema_create(&schema, ruleset_fields(ruleset), &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    if (status == STATUS_OK) {
        size_t detectors_count;
        ruleset_detectors(ruleset, &detectors_count);
        printf("%zu base rules, %zu detectors: no mistake found\n", ruleset_rules_count(ruleset),
               detectors_count);
    } else {
        printf("%zu mistakes\n", diagnostics.errors_count);
    }
    if (schema != NULL)
        schema_destroy(schema);
    if (ruleset != NULL)
        ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
    return status_exit_code(status);
}
