/*
 * The program's entrance: finds the sub-command and calls it. The only file of the engine that
 * knows the benchmarks and the generator.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/command_bench.h"
#include "bench/command_gen.h"
#include "engine/commands.h"
#include "engine/scan.h"

static int command_scan(int argc, char **argv)
{
    struct options options;
    const enum status status = options_parse(&options, OPTIONS_SCAN, argc, argv);
    if (status != STATUS_OK)
        return status_exit_code(status);
    if (options.help) {
        options_print_help(OPTIONS_SCAN);
        return 0;
    }
    return scan_run(&options);
}

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("spraywatch %s (%s)\n", SPRAYWATCH_VERSION, json_tier_name(json_tier_best()));
    return 0;
}

static int command_help(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"scan", command_scan, "find spraying campaigns in sign-in logs (the default)"},
    {"normalize", command_normalize, "print sign-ins as JSON Lines in ECS names, or as OCSF"},
    {"classify", command_classify, "say which format files have, and how well they can be read"},
    {"tune", command_tune, "say what other thresholds would have told, and missed"},
    {"explain", command_explain, "say how a record was read, and whether it counts"},
    {"rules", command_rules, "list rules, show one as it is understood, or test them"},
    {"validate", command_validate, "check rules: what start-up would say"},
    {"state", command_state, "show, verify or merge what runs leave with --state"},
    {"gen", command_gen, "generate labelled sign-in logs"},
    {"bench", command_bench, "measure the pipeline on this machine"},
    {"version", command_version, "print the version and the vector unit in use"},
    {"help", command_help, "print this"},
};

enum { COMMANDS_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int command_help(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("usage: spraywatch COMMAND [option]... [argument]...\n\n");
    for (int i = 0; i < COMMANDS_COUNT; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    printf(
        "\nspraywatch COMMAND --help tells more.\n"
        "Exit status: 0 done; 1 campaigns found, with --exit-code, or a case of rules failed;\n"
        "2 usage; 65 damaged data; 66 no input; 70 internal; 74 input/output; 78 configuration.\n");
    return 0;
}

/* Runs a command, whose name is argv[0]. getopt begins its messages with that. */
static int run_command(int index, int argc, char **argv)
{
    static char title[64];
    snprintf(title, sizeof(title), "spraywatch: %s", commands[index].name);
    argv[0] = title;
    return commands[index].run(argc, argv);
}

static int run(int argc, char **argv)
{
    if (argc > 1) {
        if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
            return command_help(argc, argv);
        if (strcmp(argv[1], "--version") == 0)
            return command_version(argc, argv);
        for (int i = 0; i < COMMANDS_COUNT; i++) {
            if (strcmp(argv[1], commands[i].name) == 0)
                return run_command(i, argc - 1, argv + 1);
        }
    }
    return command_scan(argc, argv);
}

int main(int argc, char **argv)
{
    const int status = run(argc, argv);
    /* What was printed last may not have been written yet; who failed has said why. */
    if ((fflush(stdout) == 0 && !ferror(stdout)) || status != 0)
        return status;
    fprintf(stderr, "spraywatch: cannot write: %s\n", strerror(errno));
    return status_exit_code(STATUS_IO);
}
