#include "bench/command_bench.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/score.h"
#include "engine/base/clock.h"
#include "engine/input.h"
#include "engine/parse.h"
#include "engine/scan.h"

enum { CHUNK_BYTES = 1 << 20, ROUNDS_DEFAULT = 5, ROUNDS_MAX = 101 };

struct bench {
    uint64_t bytes, seed;
    unsigned threads, rounds;
    const char *shape; /* of the records; NULL: the generator's default */
    struct gen *gen;
    const struct schema_set *schemas; /* NULL until there are any */
    int log_fd, findings_fd;
    char log_path[64];
};

static int number_order(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), number_order);
    return values[count / 2];
}

/* The attacks of the benchmark: one of each shape that this version detects. */
static const char *const attacks[] = {
    "msolspray:accounts=500,found=2",
    "trevorspray:accounts=400,ipv6=1",
    "fasthttp:accounts=300",
};

static enum status generate(struct bench *bench, struct diagnostics *diagnostics)
{
    struct gen_options options;
    gen_options_init(&options);
    options.seed = bench->seed;
    options.people_count = 5000;
    options.bytes_max = bench->bytes;
    options.days = 0;
    options.traps = GEN_TRAPS_ALL;
    enum status status = bench->shape != NULL
                             ? gen_options_set_shape(&options, bench->shape, diagnostics)
                             : STATUS_OK;
    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]) && status == STATUS_OK; i++)
        status = gen_options_add_attack(&options, attacks[i], diagnostics);
    if (status == STATUS_OK)
        status = gen_create(&bench->gen, &options, diagnostics);
    gen_options_deinit(&options);
    char *const chunk = malloc(CHUNK_BYTES);
    if (status == STATUS_OK && chunk == NULL)
        status = STATUS_NO_MEMORY;
    double seconds = 0;
    while (status == STATUS_OK) {
        const double start = clock_seconds();
        const size_t bytes = gen_next(bench->gen, chunk, CHUNK_BYTES);
        seconds += clock_seconds() - start;
        if (bytes == 0)
            break;
        for (size_t done = 0; done < bytes && status == STATUS_OK;) {
            const ssize_t written = write(bench->log_fd, chunk + done, bytes - done);
            if (written > 0)
                done += (size_t)written;
            else if (written < 0 && errno != EINTR)
                status = STATUS_IO;
        }
    }
    free(chunk);
    if (status == STATUS_OK)
        status = gen_status(bench->gen);
    if (status == STATUS_OK) {
        const struct gen_counters counters = gen_counters(bench->gen);
        printf("%-28s %12.0f events/s %9.0f MB/s  (%llu records, %.1f MB)\n", "generate",
               (double)counters.records / seconds, (double)counters.bytes / seconds / 1e6,
               (unsigned long long)counters.records, (double)counters.bytes / 1e6);
    }
    return status;
}

static void print_stage(const char *name, const struct bench *bench, double *seconds)
{
    const struct gen_counters counters = gen_counters(bench->gen);
    const double typical = median(seconds, bench->rounds);
    printf("%-28s %12.0f events/s %9.0f MB/s  (median of %u, %.0f %% spread)\n", name,
           (double)counters.records / typical, (double)counters.bytes / typical / 1e6,
           bench->rounds, (seconds[bench->rounds - 1] - seconds[0]) / typical * 100);
}

/* Reads and cuts the log; with a parser also finds the fields and matches the rules. */
static enum status read_once(const struct bench *bench, struct parser *parser, struct batch *batch,
                             struct diagnostics *diagnostics)
{
    const char *const path = bench->log_path;
    const struct input_options options = {
        .paths = &path, .paths_count = 1, .schemas = bench->schemas};
    struct input *input;
    struct block block = {0};
    enum status status = input_create(&input, &options, diagnostics);
    if (status != STATUS_OK)
        return status;
    status = input_block_init(&block, input);
    while (status == STATUS_OK && input_next(input, &block) == INPUT_BLOCK) {
        if (parser == NULL)
            continue;
        parser_begin(parser, &block);
        while (!parser_fill(parser, batch))
            continue;
    }
    if (status == STATUS_OK)
        status = input_status(input);
    if (block.text != NULL)
        input_block_deinit(&block);
    input_destroy(input);
    return status;
}

static enum status measure_reading(const struct bench *bench, const char *name,
                                   struct parser *parser, struct batch *batch,
                                   struct diagnostics *diagnostics)
{
    double seconds[ROUNDS_MAX];
    for (unsigned round = 0; round < bench->rounds; round++) {
        const double start = clock_seconds();
        const enum status status = read_once(bench, parser, batch, diagnostics);
        if (status != STATUS_OK)
            return status;
        seconds[round] = clock_seconds() - start;
    }
    print_stage(name, bench, seconds);
    return STATUS_OK;
}

static enum status measure_stages(struct bench *bench, struct diagnostics *diagnostics)
{
    enum status status = measure_reading(bench, "read", NULL, NULL, diagnostics);
    struct ruleset *ruleset = NULL;
    struct schema_set *schemas = NULL;
    struct parser *parser = NULL;
    struct batch *const batch = malloc(sizeof(*batch));
    if (status == STATUS_OK && batch == NULL)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = ruleset_create(&ruleset, NULL, diagnostics);
    if (status == STATUS_OK)
        status = schema_set_create(
            &schemas, &(struct schema_set_options){.wanted = ruleset_fields(ruleset)}, diagnostics);
    bench->schemas = schemas;
    if (status == STATUS_OK) {
        const struct parser_options options = {.schemas = schemas,
                                               .ruleset = ruleset,
                                               .key = hash_key_random(),
                                               .line_bytes_max = LIMIT_LINE_BYTES,
                                               .tier = JSON_TIER_BEST};
        status = parser_create(&parser, &options);
    }
    if (status == STATUS_OK)
        status = measure_reading(bench, "read, parse, match", parser, batch, diagnostics);
    parser_destroy(parser);
    bench->schemas = NULL;
    if (schemas != NULL)
        schema_set_destroy(schemas);
    if (ruleset != NULL)
        ruleset_destroy(ruleset);
    free(batch);
    return status;
}

static enum status measure_scan(const struct bench *bench, unsigned threads,
                                struct summary *summary)
{
    const char *const path = bench->log_path;
    struct options options;
    options_defaults(&options);
    options.words.paths = &path;
    options.words.paths_count = 1;
    options.threads = threads;
    options.format = FORMAT_JSONL;
    double seconds[ROUNDS_MAX];
    for (unsigned round = 0; round < bench->rounds; round++) {
        if (ftruncate(bench->findings_fd, 0) != 0 || lseek(bench->findings_fd, 0, SEEK_SET) != 0)
            return STATUS_IO;
        const enum status status = scan_measure(&options, bench->findings_fd, summary);
        if (status != STATUS_OK)
            return status;
        seconds[round] = summary->seconds;
    }
    char name[64];
    snprintf(name, sizeof(name), "whole pipeline, %u thread%s", threads, threads > 1 ? "s" : "");
    print_stage(name, bench, seconds);
    return STATUS_OK;
}

static enum status print_score(const struct bench *bench)
{
    const off_t bytes = lseek(bench->findings_fd, 0, SEEK_END);
    if (bytes < 0)
        return STATUS_IO;
    char *const documents = calloc(1, (size_t)bytes + LIMIT_VECTOR_PADDING);
    if (documents == NULL)
        return STATUS_NO_MEMORY;
    struct score score;
    enum status status = STATUS_IO;
    if (pread(bench->findings_fd, documents, (size_t)bytes, 0) == bytes)
        status = score_documents(&score, bench->gen, slice_of(documents, (size_t)bytes));
    free(documents);
    if (status == STATUS_OK)
        printf("attacks: %u of %u found, %u missed; campaigns: %u told, %u false\n"
               "passwords: %u of %u found accounts told, %u told wrongly\n",
               score.found, score.attacks, score.missed, score.campaigns, score.false_campaigns,
               score.confirmed_found, score.confirmed, score.confirmed_false);
    return status;
}

static enum status bench_run(struct bench *bench, struct diagnostics *diagnostics)
{
    bench->log_fd = memfd_create("log", MFD_CLOEXEC);
    bench->findings_fd = memfd_create("findings", MFD_CLOEXEC);
    if (bench->log_fd < 0 || bench->findings_fd < 0)
        return STATUS_IO;
    snprintf(bench->log_path, sizeof(bench->log_path), "/proc/self/fd/%d", bench->log_fd);
    enum status status = generate(bench, diagnostics);
    if (status == STATUS_OK)
        status = measure_stages(bench, diagnostics);
    struct summary summary;
    if (status == STATUS_OK)
        status = measure_scan(bench, 1, &summary);
    if (status == STATUS_OK && bench->threads > 1)
        status = measure_scan(bench, bench->threads, &summary);
    if (status == STATUS_OK) {
        printf("peak memory, log included: %.1f MB\n", (double)summary.memory_peak / 1e6);
        status = print_score(bench);
    }
    return status;
}

static void print_help(void)
{
    printf("usage: spraywatch bench [option]...\n\n"
           "Generates a labelled log in memory and measures the stages over it.\n\n"
           "      --bytes SIZE           length of the log [512M]\n"
           "      --rounds N             runs of each measurement; the median counts [5]\n"
           "      --seed N               of the generator [1]\n"
           "      --shape SHAPE          of its records, as spraywatch gen --help lists them\n"
           "  -j, --threads N            for the second run of the whole pipeline [all cores]\n");
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    return gen_parse_count(text, max, value) && *value >= min;
}

int command_bench(int argc, char **argv)
{
    static const struct option long_options[] = {{"bytes", required_argument, NULL, 'b'},
                                                 {"rounds", required_argument, NULL, 'r'},
                                                 {"seed", required_argument, NULL, 's'},
                                                 {"threads", required_argument, NULL, 'j'},
                                                 {"shape", required_argument, NULL, 'S'},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {0}};
    struct options defaults;
    options_defaults(&defaults);
    struct bench bench = {.bytes = UINT64_C(512) << 20,
                          .seed = 1,
                          .threads = defaults.threads,
                          .rounds = ROUNDS_DEFAULT,
                          .log_fd = -1,
                          .findings_fd = -1};
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "j:h", long_options, NULL)) != -1) {
        uint64_t number = 0;
        bool is_good = true;
        switch (found) {
        case 'b':
            is_good = gen_parse_size(optarg, &bench.bytes) && bench.bytes > 0;
            break;
        case 'r':
            is_good = parse_number(optarg, 1, ROUNDS_MAX, &number);
            bench.rounds = (unsigned)number;
            break;
        case 's':
            is_good = parse_number(optarg, 0, UINT64_MAX, &bench.seed);
            break;
        case 'j':
            is_good = parse_number(optarg, 1, LIMIT_THREADS, &number);
            bench.threads = (unsigned)number;
            break;
        case 'S':
            bench.shape = optarg;
            break;
        case 'h':
            print_help();
            return 0;
        default:
            return status_exit_code(STATUS_USAGE); /* getopt has said why */
        }
        if (!is_good) {
            fprintf(stderr, "spraywatch: bench does not understand '%s'; see --help\n", optarg);
            return status_exit_code(STATUS_USAGE);
        }
    }
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status = bench_run(&bench, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    if (status != STATUS_OK)
        fprintf(stderr, "spraywatch: the benchmark could not be finished\n");
    diagnostics_deinit(&diagnostics);
    gen_destroy(bench.gen);
    if (bench.log_fd >= 0)
        close(bench.log_fd);
    if (bench.findings_fd >= 0)
        close(bench.findings_fd);
    return status_exit_code(status);
}
