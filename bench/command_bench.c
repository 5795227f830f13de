#include "bench/command_bench.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/groups.h"
#include "engine/options.h"
#include "parsers/json.h"

enum { PATH_BYTES = 4096, ROUNDS_DEFAULT = 5 };

struct bench {
    struct groups_options groups;
    const char *out;     /* --out; NULL: nothing is kept */
    const char *compare; /* --compare; NULL: none */
    uint64_t people_count, events_per_day;
    bool is_json;
};

/* ---- the command line ------------------------------------------------------------------------ */

enum option_key {
    OPTION_BYTES = 1,
    OPTION_ROUNDS,
    OPTION_SEED,
    OPTION_SHAPE,
    OPTION_ONLY,
    OPTION_AGAINST,
    OPTION_PEOPLE,
    OPTION_EVENTS,
    OPTION_JSON,
    OPTION_COMPARE,
    OPTION_OUT
};

static void print_help(void)
{
    printf(
        "usage: spraywatch bench [option]...\n\n"
        "Measures this machine over generated logs in memory, and says what it is enough for.\n\n"
        "      --only GROUP           measure this alone; repeatable\n"
        "      --bytes SIZE           length of the main log [512M]\n"
        "      --rounds N             runs of each measurement; the median counts [5]\n"
        "      --seed N               of the generator [1]\n"
        "      --shape SHAPE          of its records, as spraywatch gen --help lists them\n"
        "  -j, --threads N            the most threads that are measured [all cores]\n"
        "      --people N             size for so many people ...\n"
        "      --events-per-day N     ... with so many sign-ins a day [20 each]\n"
        "      --json                 the result as JSON\n"
        "      --compare FILE         hold it against an earlier result (--json or --out)\n"
        "      --against PROGRAM      run another spraywatch in turns with this one\n"
        "      --out DIR              keep the result in DIR/<day>-<processor>/\n\n"
        "Groups:\n");
    for (size_t i = 0; groups_name(i) != NULL; i++)
        printf("  %-12s %s\n", groups_name(i), groups_text(i));
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    return gen_parse_count(text, max, value) && *value >= min;
}

static bool parse_group(const char *text, uint32_t *wanted)
{
    for (size_t i = 0; groups_name(i) != NULL; i++) {
        if (strcmp(groups_name(i), text) == 0) {
            *wanted |= UINT32_C(1) << i;
            return true;
        }
    }
    return false;
}

static bool parse_value(struct bench *bench, int key, const char *text)
{
    struct groups_options *const groups = &bench->groups;
    uint64_t number = 0;
    bool is_good = true;
    switch (key) {
    case OPTION_BYTES:
        return gen_parse_size(text, &groups->bytes) && groups->bytes > 0;
    case OPTION_ROUNDS:
        is_good = parse_number(text, 1, SAMPLE_ROUNDS_MAX, &number);
        groups->rounds = (unsigned)number;
        return is_good;
    case OPTION_SEED:
        return parse_number(text, 0, UINT64_MAX, &groups->seed);
    case 'j':
        is_good = parse_number(text, 1, LIMIT_THREADS, &number);
        groups->threads = (unsigned)number;
        return is_good;
    case OPTION_ONLY:
        return parse_group(text, &groups->wanted);
    case OPTION_PEOPLE:
        return parse_number(text, 1, UINT32_MAX, &bench->people_count);
    case OPTION_EVENTS:
        return parse_number(text, 1, UINT64_C(1) << 50, &bench->events_per_day);
    case OPTION_SHAPE:
        groups->shape = text;
        return true;
    case OPTION_AGAINST:
        groups->other = text;
        return true;
    case OPTION_COMPARE:
        bench->compare = text;
        return true;
    case OPTION_OUT:
        bench->out = text;
        return true;
    default:
        bench->is_json = true;
        return true;
    }
}

/* STATUS_USAGE when it cannot be understood, which has been said then. */
static enum status parse(struct bench *bench, int argc, char **argv, bool *wants_help)
{
    static const struct option long_options[] = {
        {"only", required_argument, NULL, OPTION_ONLY},
        {"bytes", required_argument, NULL, OPTION_BYTES},
        {"rounds", required_argument, NULL, OPTION_ROUNDS},
        {"seed", required_argument, NULL, OPTION_SEED},
        {"shape", required_argument, NULL, OPTION_SHAPE},
        {"threads", required_argument, NULL, 'j'},
        {"people", required_argument, NULL, OPTION_PEOPLE},
        {"events-per-day", required_argument, NULL, OPTION_EVENTS},
        {"json", no_argument, NULL, OPTION_JSON},
        {"compare", required_argument, NULL, OPTION_COMPARE},
        {"against", required_argument, NULL, OPTION_AGAINST},
        {"out", required_argument, NULL, OPTION_OUT},
        {"help", no_argument, NULL, 'h'},
        {0}};
    optind = 1;
    int key;
    while ((key = getopt_long(argc, argv, "j:h", long_options, NULL)) != -1) {
        if (key == '?')
            return STATUS_USAGE; /* getopt has said why */
        *wants_help |= key == 'h';
        if (key != 'h' && !parse_value(bench, key, optarg)) {
            fprintf(stderr, "spraywatch: bench does not understand '%s'; see --help\n", optarg);
            return STATUS_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "spraywatch: bench takes no '%s'; see --help\n", argv[optind]);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void size(const struct bench *bench, struct plan *plan)
{
    static const uint64_t usual[] = {1000, 10000, 100000, 1000000};
    if (bench->people_count > 0 || bench->events_per_day > 0) {
        const uint64_t people = bench->people_count > 0
                                    ? bench->people_count
                                    : bench->events_per_day / PLAN_EVENTS_PER_PERSON;
        const uint64_t events = bench->events_per_day > 0
                                    ? bench->events_per_day
                                    : bench->people_count * PLAN_EVENTS_PER_PERSON;
        plan_add_need(plan, people, events);
        return;
    }
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        plan_add_need(plan, usual[i], usual[i] * PLAN_EVENTS_PER_PERSON);
}

static enum status print_json(const struct result *result, FILE *stream)
{
    struct json_write json;
    json_write_init(&json);
    result_write(result, &json);
    const struct slice text = json_write_text(&json);
    const bool is_written =
        json_write_ok(&json) && fwrite(text.start, 1, text.bytes, stream) == text.bytes;
    json_write_deinit(&json);
    return is_written ? STATUS_OK : STATUS_IO;
}

static enum status keep_file(const struct result *result, const char *directory, const char *name)
{
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *const file = fopen(path, "we");
    enum status status = file == NULL ? STATUS_IO : STATUS_OK;
    if (status == STATUS_OK && strcmp(name, "result.json") == 0)
        status = print_json(result, file);
    else if (status == STATUS_OK)
        result_print(result, file);
    if (file != NULL && (ferror(file) | (fclose(file) != 0)) != 0)
        status = STATUS_IO;
    if (status != STATUS_OK)
        fprintf(stderr, "spraywatch: cannot write %s: %s\n", path, strerror(errno));
    return status;
}

static enum status keep(const struct result *result, const char *out)
{
    char name[160], directory[PATH_BYTES];
    machine_name(&result->machine, name, sizeof(name));
    snprintf(directory, sizeof(directory), "%s/%s", out, name);
    if ((mkdir(out, 0777) != 0 && errno != EEXIST) ||
        (mkdir(directory, 0777) != 0 && errno != EEXIST)) {
        fprintf(stderr, "spraywatch: cannot make %s: %s\n", directory, strerror(errno));
        return STATUS_IO;
    }
    enum status status = keep_file(result, directory, "result.txt");
    if (status == STATUS_OK)
        status = keep_file(result, directory, "result.json");
    if (status == STATUS_OK)
        fprintf(stderr, "kept in %s\n", directory);
    return status;
}

static enum status bench_run(struct bench *bench, struct result *old, struct result *result,
                             struct diagnostics *diagnostics)
{
    enum status status = STATUS_OK;
    if (bench->compare != NULL)
        status = result_read(old, bench->compare, diagnostics);
    if (status != STATUS_OK)
        return status;
    machine_read(&result->machine);
    result->tier = json_tier_name(json_tier_best());
    result->rounds = bench->groups.rounds;
    result->seed = bench->groups.seed;
    status = groups_run(result, &bench->groups, diagnostics);
    if (status != STATUS_OK)
        return status;
    if (result->has_plan)
        size(bench, &result->plan);
    if (bench->is_json)
        status = print_json(result, stdout);
    else
        result_print(result, stdout);
    if (bench->compare != NULL)
        result_compare(old, result, bench->is_json ? stderr : stdout);
    if (status == STATUS_OK && bench->out != NULL)
        status = keep(result, bench->out);
    return status;
}

int command_bench(int argc, char **argv)
{
    struct options defaults;
    options_defaults(&defaults);
    char program[PATH_BYTES] = "";
    struct bench bench = {.groups = {.program = program,
                                     .bytes = UINT64_C(512) << 20,
                                     .seed = 1,
                                     .rounds = ROUNDS_DEFAULT,
                                     .threads = defaults.threads}};
    bool wants_help = false;
    enum status status = parse(&bench, argc, argv, &wants_help);
    if (status != STATUS_OK)
        return status_exit_code(status);
    if (wants_help) {
        print_help();
        return 0;
    }
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct result *const result = calloc(1, sizeof(*result)), *const old = calloc(1, sizeof(*old));
    if (result == NULL || old == NULL)
        status = STATUS_NO_MEMORY;
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
        status = STATUS_IO;
    if (status == STATUS_OK)
        status = bench_run(&bench, old, result, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    if (status != STATUS_OK)
        fprintf(stderr, "spraywatch: the benchmark could not be finished\n");
    diagnostics_deinit(&diagnostics);
    free(old);
    free(result);
    return status_exit_code(status);
}
