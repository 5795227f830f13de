#include "bench/command_gen.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/gen.h"

enum { OUTPUT_BYTES = 1024 * 1024 };

static const char help[] =
    "Usage: spraywatch gen [OPTION]…\n"
    "Write a generated sign-in log of Entra ID or of servers, with labelled attacks.\n"
    "The same options give the same bytes, in every run and on every machine.\n"
    "\n"
    "What:\n"
    "  --scenario NAME         people, days, noise and attacks of a scenario (see --list);\n"
    "                          options beside it change or add to it\n"
    "  --scale FACTOR          a larger or smaller scenario (default 1)\n"
    "  --attack PROFILE[:KEY=VALUE,…]\n"
    "                          add an attack; repeatable. Keys: tenant, tenants, start, days,\n"
    "                          accounts, rate, sources, passwords, wait, unknown, yield, found,\n"
    "                          results, campaign, ipv6\n"
    "  --noise LIST            innocent look-alikes: names joined by commas, all or none\n"
    "  --seed N                another log of the same kind (default 1)\n"
    "\n"
    "How much:\n"
    "  --people N              people of all tenants (default 2000)\n"
    "  --tenants N             companies (default 1)\n"
    "  --start DATE            first day, UTC (default 2024-01-01)\n"
    "  --days D                length in days (default 7, without --bytes and --events)\n"
    "  --bytes SIZE            stop before SIZE bytes are exceeded; K, M, G, T are understood\n"
    "  --events N              stop after N records\n"
    "  --signins-per-day R     of each person, over all days of the week (default 2)\n"
    "  --non-interactive SHARE of them are token refreshes (default 0)\n"
    "\n"
    "How:\n"
    "  --shape SHAPE           azure (default; a JSON record a line), graph, graph-array,\n"
    "                          graph-value, records, csv (portal download), sshd (RFC 3164, no\n"
    "                          year) or sshd-iso\n"
    "  --disorder SECONDS      records arrive up to so many seconds late\n"
    "  --duplicates SHARE      of the records come twice, within a minute\n"
    "  --truth FILE            what the log holds, as JSON Lines: one object per attack and noise\n"
    "  --labels FILE           each attempt of an attack, as JSON Lines\n"
    "  --output FILE           write to FILE instead of standard output\n"
    "  --list                  print scenarios, attack profiles and noise\n"
    "  --help                  print this\n"
    "\n"
    "SHARE is a fraction (0.01) or a percentage (1%).\n";

enum option_key {
    OPTION_SCENARIO = 1,
    OPTION_SCALE,
    OPTION_ATTACK,
    OPTION_NOISE,
    OPTION_SEED,
    OPTION_PEOPLE,
    OPTION_TENANTS,
    OPTION_START,
    OPTION_DAYS,
    OPTION_BYTES,
    OPTION_EVENTS,
    OPTION_SIGNINS,
    OPTION_NONINTERACTIVE,
    OPTION_SHAPE,
    OPTION_DISORDER,
    OPTION_DUPLICATES,
    OPTION_TRUTH,
    OPTION_LABELS,
    OPTION_OUTPUT,
    OPTION_LIST,
    OPTION_HELP,
};

static const struct option long_options[] = {
    {"scenario", required_argument, NULL, OPTION_SCENARIO},
    {"scale", required_argument, NULL, OPTION_SCALE},
    {"attack", required_argument, NULL, OPTION_ATTACK},
    {"noise", required_argument, NULL, OPTION_NOISE},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"people", required_argument, NULL, OPTION_PEOPLE},
    {"tenants", required_argument, NULL, OPTION_TENANTS},
    {"start", required_argument, NULL, OPTION_START},
    {"days", required_argument, NULL, OPTION_DAYS},
    {"bytes", required_argument, NULL, OPTION_BYTES},
    {"events", required_argument, NULL, OPTION_EVENTS},
    {"signins-per-day", required_argument, NULL, OPTION_SIGNINS},
    {"non-interactive", required_argument, NULL, OPTION_NONINTERACTIVE},
    {"shape", required_argument, NULL, OPTION_SHAPE},
    {"disorder", required_argument, NULL, OPTION_DISORDER},
    {"duplicates", required_argument, NULL, OPTION_DUPLICATES},
    {"truth", required_argument, NULL, OPTION_TRUTH},
    {"labels", required_argument, NULL, OPTION_LABELS},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"list", no_argument, NULL, OPTION_LIST},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* What the command line says; lives as long as `argv`. */
struct command {
    struct gen_options options;
    const char *scenario;
    const char *truth;
    const char *labels;
    const char *output;
    uint32_t scale_milli;
    bool wants_list;
    bool wants_help;
};

/* ---- options ----------------------------------------------------------------------------- */

static enum status wrong_value(const char *name, const char *value, const char *wanted,
                               struct diagnostics *diagnostics)
{
    diagnostics_add(diagnostics, SEVERITY_ERROR, "G100", NULL, 0, 0, "--%s %s: wanted is %s", name,
                    value, wanted);
    return STATUS_USAGE;
}

static bool number_read(const char *text, uint32_t max, uint32_t *out)
{
    uint64_t value;
    if (!gen_parse_count(text, max, &value) || value == 0)
        return false;
    *out = (uint32_t)value;
    return true;
}

static enum status option_set(struct command *command, int key, const char *value,
                              struct diagnostics *diagnostics)
{
    struct gen_options *options = &command->options;
    switch ((enum option_key)key) {
    case OPTION_SCENARIO: /* read first, see scenario_find */
    case OPTION_SCALE:
        return STATUS_OK;
    case OPTION_ATTACK:
        return gen_options_add_attack(options, value, diagnostics);
    case OPTION_NOISE:
        return gen_options_set_noise(options, value, diagnostics);
    case OPTION_SHAPE:
        return gen_options_set_shape(options, value, diagnostics);
    case OPTION_SEED:
        if (!gen_parse_count(value, UINT64_MAX, &options->seed))
            return wrong_value("seed", value, "a whole number", diagnostics);
        return STATUS_OK;
    case OPTION_PEOPLE:
        if (!number_read(value, GEN_PEOPLE_MAX, &options->people_count))
            return wrong_value("people", value, "a number from 1 to 10000000", diagnostics);
        return STATUS_OK;
    case OPTION_TENANTS:
        if (!number_read(value, GEN_TENANTS_MAX, &options->tenants_count))
            return wrong_value("tenants", value, "a number from 1 to 4096", diagnostics);
        return STATUS_OK;
    case OPTION_START:
        if (!gen_parse_date(value, &options->start_s))
            return wrong_value("start", value, "a date such as 2024-01-31 or 2024-01-31T09:30",
                               diagnostics);
        return STATUS_OK;
    case OPTION_DAYS:
        if (!number_read(value, GEN_DAYS_MAX, &options->days))
            return wrong_value("days", value, "a number from 1 to 36500", diagnostics);
        return STATUS_OK;
    case OPTION_BYTES:
        if (!gen_parse_size(value, &options->bytes_max) || options->bytes_max == 0)
            return wrong_value("bytes", value, "a size such as 500K, 64M or 1.5G", diagnostics);
        return STATUS_OK;
    case OPTION_EVENTS:
        if (!gen_parse_count(value, UINT64_MAX, &options->events_max) || options->events_max == 0)
            return wrong_value("events", value, "a whole number above 0", diagnostics);
        return STATUS_OK;
    case OPTION_SIGNINS:
        if (!gen_parse_milli(value, 1000000, &options->signins_per_day_milli))
            return wrong_value("signins-per-day", value, "a number up to 1000, such as 1.5",
                               diagnostics);
        return STATUS_OK;
    case OPTION_NONINTERACTIVE:
        if (!gen_parse_share(value, &options->noninteractive_ppm))
            return wrong_value("non-interactive", value, "a share such as 0.6 or 60%", diagnostics);
        return STATUS_OK;
    case OPTION_DUPLICATES:
        if (!gen_parse_share(value, &options->duplicates_ppm))
            return wrong_value("duplicates", value, "a share such as 0.01 or 1%", diagnostics);
        return STATUS_OK;
    case OPTION_DISORDER: {
        uint64_t seconds;
        if (!gen_parse_count(value, 86400, &seconds))
            return wrong_value("disorder", value, "seconds, up to 86400", diagnostics);
        options->disorder_s = (uint32_t)seconds;
        return STATUS_OK;
    }
    case OPTION_TRUTH:
        command->truth = value;
        return STATUS_OK;
    case OPTION_LABELS:
        command->labels = value;
        return STATUS_OK;
    case OPTION_OUTPUT:
        command->output = value;
        return STATUS_OK;
    case OPTION_LIST:
        command->wants_list = true;
        return STATUS_OK;
    case OPTION_HELP:
        command->wants_help = true;
        return STATUS_OK;
    }
    return STATUS_INTERNAL;
}

static enum status unknown_option(char **argv, int key, struct diagnostics *diagnostics)
{
    const char *word = argv[optind - 1];
    if (key == ':')
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G100", NULL, 0, 0,
                        "%s needs a value; see spraywatch gen --help", word);
    else
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G100", NULL, 0, 0,
                        "unknown option %s; see spraywatch gen --help", word);
    return STATUS_USAGE;
}

/* The scenario comes first wherever it stands, so that options beside it change it. */
static enum status scenario_find(struct command *command, int argc, char **argv,
                                 struct diagnostics *diagnostics)
{
    int key;
    optind = 0; /* glibc: start anew */
    while ((key = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        if (key == '?' || key == ':')
            return unknown_option(argv, key, diagnostics);
        if (key == OPTION_SCENARIO)
            command->scenario = optarg;
        else if (key == OPTION_SCALE && (!gen_parse_milli(optarg, 1000000, &command->scale_milli) ||
                                         command->scale_milli == 0))
            return wrong_value("scale", optarg, "a factor such as 0.5 or 4", diagnostics);
    }
    if (optind < argc) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G100", NULL, 0, 0,
                        "unexpected argument %s; see spraywatch gen --help", argv[optind]);
        return STATUS_USAGE;
    }
    if (command->scenario == NULL)
        return STATUS_OK;
    return gen_options_set_scenario(&command->options, command->scenario, command->scale_milli,
                                    diagnostics);
}

static enum status command_parse(struct command *command, int argc, char **argv,
                                 struct diagnostics *diagnostics)
{
    opterr = 0;
    enum status status = scenario_find(command, argc, argv, diagnostics);
    if (status != STATUS_OK)
        return status;
    int key;
    optind = 0;
    while ((key = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
        status = option_set(command, key, optarg, diagnostics);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- output ------------------------------------------------------------------------------ */

static void io_error(struct diagnostics *diagnostics, const char *path, const char *what, int error)
{
    diagnostics_add(diagnostics, SEVERITY_ERROR, "G120", path, 0, 0, "%s: %s", what,
                    strerror(error));
}

/* False when writing is over; `errno` says why. */
static bool write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        const ssize_t written = write(fd, bytes, count);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

/* A reader that has seen enough (`| head`) closes the pipe: that is no error. */
static enum status log_write(struct gen *gen, int fd, const char *path,
                             struct diagnostics *diagnostics)
{
    char *buffer = malloc(OUTPUT_BYTES);
    if (buffer == NULL)
        return STATUS_NO_MEMORY;
    enum status status = STATUS_OK;
    size_t bytes;
    while ((bytes = gen_next(gen, buffer, OUTPUT_BYTES)) > 0) {
        if (write_all(fd, buffer, bytes))
            continue;
        if (errno != EPIPE) {
            io_error(diagnostics, path, "cannot write the log", errno);
            status = STATUS_IO;
        }
        break;
    }
    free(buffer);
    return status == STATUS_OK ? gen_status(gen) : status;
}

static enum status labels_close(FILE *stream, const char *path, struct diagnostics *diagnostics)
{
    const bool has_failed = ferror(stream) != 0;
    if (fclose(stream) == 0 && !has_failed)
        return STATUS_OK;
    io_error(diagnostics, path, "cannot write the labels", errno);
    return STATUS_IO;
}

static enum status truth_write(const struct gen *gen, FILE *stream, const char *path,
                               struct diagnostics *diagnostics)
{
    const enum status status = gen_write_truth(gen, stream);
    const int error = errno;
    if (fclose(stream) != 0 || status != STATUS_OK) {
        io_error(diagnostics, path, "cannot write the truth", status != STATUS_OK ? error : errno);
        return STATUS_IO;
    }
    return STATUS_OK;
}

/* All files are opened before the work begins: a wrong path is known at once. */
static enum status files_write(struct gen *gen, const struct command *command,
                               struct diagnostics *diagnostics)
{
    FILE *truth = NULL, *labels = NULL;
    if (command->truth != NULL && (truth = fopen(command->truth, "we")) == NULL) {
        io_error(diagnostics, command->truth, "cannot write the truth", errno);
        return STATUS_IO;
    }
    if (command->labels != NULL && (labels = fopen(command->labels, "we")) == NULL) {
        io_error(diagnostics, command->labels, "cannot write the labels", errno);
        if (truth != NULL)
            fclose(truth);
        return STATUS_IO;
    }
    gen_label(gen, labels);
    int fd = STDOUT_FILENO;
    if (command->output != NULL)
        fd = open(command->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    enum status status = STATUS_IO;
    if (fd < 0)
        io_error(diagnostics, command->output, "cannot write the log", errno);
    else
        status = log_write(gen, fd, command->output, diagnostics);
    if (fd >= 0 && fd != STDOUT_FILENO && close(fd) != 0 && status == STATUS_OK) {
        io_error(diagnostics, command->output, "cannot write the log", errno);
        status = STATUS_IO;
    }
    if (labels != NULL) {
        const enum status written = labels_close(labels, command->labels, diagnostics);
        status = status == STATUS_OK ? written : status;
    }
    if (truth != NULL) {
        const enum status written = truth_write(gen, truth, command->truth, diagnostics);
        status = status == STATUS_OK ? written : status;
    }
    return status;
}

/* ---- the command ------------------------------------------------------------------------- */

static void list_print(FILE *stream)
{
    fputs("Scenarios:\n", stream);
    for (size_t i = 0; gen_scenario_name(i) != NULL; i++)
        fprintf(stream, "  %-22s %s\n", gen_scenario_name(i), gen_scenario_text(i));
    fputs("\nAttack profiles:\n", stream);
    for (size_t i = 0; gen_profile_name(i) != NULL; i++)
        fprintf(stream, "  %-22s %s\n", gen_profile_name(i), gen_profile_text(i));
    fputs("\nNoise:\n", stream);
    for (int i = 0; i < GEN_TRAP_COUNT; i++)
        fprintf(stream, "  %-22s %s\n", gen_trap_name((enum gen_trap)i),
                gen_trap_text((enum gen_trap)i));
}

static enum status stdout_flush(struct diagnostics *diagnostics)
{
    if (fflush(stdout) == 0 || errno == EPIPE)
        return STATUS_OK;
    io_error(diagnostics, NULL, "cannot write", errno);
    return STATUS_IO;
}

static enum status command_run(struct command *command, int argc, char **argv,
                               struct diagnostics *diagnostics)
{
    enum status status = command_parse(command, argc, argv, diagnostics);
    if (status != STATUS_OK)
        return status;
    if (command->wants_help || command->wants_list) {
        if (command->wants_help)
            fputs(help, stdout);
        else
            list_print(stdout);
        return stdout_flush(diagnostics);
    }
    struct gen *gen = NULL;
    status = gen_create(&gen, &command->options, diagnostics);
    if (status != STATUS_OK)
        return status;
    status = files_write(gen, command, diagnostics);
    gen_destroy(gen);
    return status;
}

int command_gen(int argc, char **argv)
{
    struct diagnostics diagnostics;
    struct command command = {.scale_milli = 1000};
    diagnostics_init(&diagnostics);
    gen_options_init(&command.options);
    /* A closed pipe then is an error of write(2) and the truth is still written. */
    signal(SIGPIPE, SIG_IGN);
    const enum status status = command_run(&command, argc, argv, &diagnostics);
    if (status == STATUS_NO_MEMORY && diagnostics.count == 0)
        diagnostics_add(&diagnostics, SEVERITY_ERROR, "G121", NULL, 0, 0, "out of memory");
    diagnostics_print(&diagnostics, stderr);
    gen_options_deinit(&command.options);
    diagnostics_deinit(&diagnostics);
    return status_exit_code(status);
}
