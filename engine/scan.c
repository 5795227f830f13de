#include "engine/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/intake.h"
#include "engine/rule_book.h"
#include "engine/spill.h"
#include "engine/summary.h"

enum { WIDTH_UNKNOWN = 160 };

/* Set by the handler of SIGINT, SIGTERM and, from the report stage, SIGUSR1: the input ends. */
static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
    /* Whoever asks a second time does not want to wait for the end of the report. */
    if (stop != 0 && signal != SIGUSR1)
        _exit(128 + signal);
    stop = 1;
}

static void signals_init(void)
{
    struct sigaction action = {.sa_handler = on_stop}; /* no SA_RESTART: a waiting read returns */
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_handler = SIG_IGN; /* writing to a closed pipe is an error, not an end */
    sigaction(SIGPIPE, &action, NULL);
}

/* The largest resident size so far. getrusage(2) begins with that of the process which has started
 * us, so it is asked only where /proc does not tell. */
uint64_t scan_memory_peak(void)
{
    FILE *const file = fopen("/proc/self/status", "re");
    uint64_t kib = 0;
    char line[128];
    while (file != NULL && kib == 0 && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtoull(line + 6, NULL, 10);
    }
    if (file != NULL)
        fclose(file);
    if (kib > 0)
        return kib * 1024;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

static bool is_stdin_only(const struct options *options)
{
    for (size_t i = 0; i < options->words.paths_count; i++) {
        if (strcmp(options->words.paths[i], "-") != 0)
            return false;
    }
    return true;
}

static bool is_history(const struct options *options)
{
    return options->order == ORDER_HISTORY ||
           (options->order == ORDER_AUTO && !is_stdin_only(options));
}

/* Can the input be read twice, and is it likely to be in order? Of several paths each may hold the
 * same time; one file, or one directory in the order of its names, mostly goes with time. */
bool scan_expects_order(const struct options *options)
{
    struct stat about;
    return is_history(options) && options->words.paths_count == 1 &&
           stat(options->words.paths[0], &about) == 0 &&
           (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
}

unsigned scan_terminal_width(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : WIDTH_UNKNOWN;
}

void scan_deinit(struct scan *scan)
{
    intake_deinit(&scan->intake);
    if (scan->ruleset != NULL)
        ruleset_destroy(scan->ruleset);
    state_dir_close(scan->state);
    free(scan->files);
    diagnostics_deinit(&scan->diagnostics);
}

/* For evidence: the paths that the sources have in the input. */
static enum status scan_name_files(struct scan *scan)
{
    const size_t count = input_sources_count(scan->intake.input);
    const char **const files = reallocarray(scan->files, count + 1, sizeof(*files));
    if (files == NULL)
        return STATUS_NO_MEMORY;
    scan->files = files;
    for (size_t i = 0; i < count; i++)
        files[i] = input_source_path(scan->intake.input, i);
    return STATUS_OK;
}

/* What is wrong with the state is said at once: a stream may have no end. */
static enum status scan_open_state(struct scan *scan, const char *path)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status = state_dir_open(&scan->state, path, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    return status;
}

enum status scan_init(struct scan *scan, const struct options *options)
{
    *scan = (struct scan){0};
    diagnostics_init(&scan->diagnostics);
    const struct ruleset_options rules = {
        .directory = options->rules_directory,
        .placeholders = options->placeholders_path,
        .cache = options->cache_directory,
    };
    enum status status = ruleset_create_with(&scan->ruleset, &rules, &scan->diagnostics);
    if (status == STATUS_OK) {
        const struct intake_options intake = {
            .words = options->words,
            .ruleset = scan->ruleset,
            .block_bytes = options->block_bytes,
            .line_bytes_max = options->line_bytes_max,
            .stop = &stop,
        };
        status = intake_init(&scan->intake, &intake, &scan->diagnostics);
    }
    if (status == STATUS_OK)
        status = rules_bind_schemas(scan->ruleset, scan->intake.schemas);
    if (status == STATUS_OK)
        status = scan_name_files(scan);
    if (status == STATUS_OK && options->state_path != NULL)
        status = scan_open_state(scan, options->state_path);
    if (status == STATUS_OK && options->spill_directory != NULL)
        status = spill_try(options->spill_directory);
    return status;
}

enum status scan_reopen(struct scan *scan, size_t diagnostics_count)
{
    /* What there is to say of the input is said again. */
    diagnostics_forget(&scan->diagnostics, diagnostics_count);
    const enum status status = intake_reopen(&scan->intake, &scan->diagnostics);
    return status == STATUS_OK ? scan_name_files(scan) : status;
}

static enum output_format format_of(const struct options *options, int fd)
{
    if (options->format != FORMAT_AUTO)
        return options->format;
    return isatty(fd) ? FORMAT_TABLE : FORMAT_JSONL;
}

struct pipeline_options scan_pipeline(const struct scan *scan, const struct options *options,
                                      const struct scan_outputs *outputs, bool expects_order)
{
    const int fd = outputs->findings;
    return (struct pipeline_options){
        .threads = options->threads,
        .input = scan->intake.input,
        .schemas = scan->intake.schemas,
        .ruleset = scan->ruleset,
        .files = scan->files,
        .line_bytes_max = options->line_bytes_max,
        .tier = options->tier,
        .memory_bytes = options->memory_bytes,
        .lateness_ns = options->lateness_ns,
        .skew_ns_max = options->skew_ns_max,
        .quiet_ns = options->quiet_ns,
        .is_history = is_history(options),
        .expects_order = expects_order,
        .spill_directory = options->spill_directory,
        .fd = fd,
        .format = format_of(options, fd),
        .width = scan_terminal_width(fd),
        .is_colored = isatty(fd) != 0 && getenv("NO_COLOR") == NULL,
        .state = scan->state,
        .state_every_ns = options->state_every_ns,
        .hidden_fd = outputs->hidden,
        .stop = &stop,
    };
}

static enum status scan_run_pipeline(struct scan *scan, const struct options *options,
                                     const struct scan_outputs *outputs, bool expects_order,
                                     struct summary *summary)
{
    const struct pipeline_options pipeline_options =
        scan_pipeline(scan, options, outputs, expects_order);
    enum status status = pipeline_run(&pipeline_options, &summary->result);
    if (status == STATUS_OK)
        status = input_status(scan->intake.input);
    summary->input = input_counters(scan->intake.input);
    summary->sources = input_sources_count(scan->intake.input);
    return status;
}

/* Reads all of the input, a second time when it was not in order as expected. */
static enum status scan_read(struct scan *scan, const struct options *options,
                             const struct scan_outputs *outputs, struct summary *summary)
{
    const size_t said = scan->diagnostics.count;
    enum status status =
        scan_run_pipeline(scan, options, outputs, scan_expects_order(options), summary);
    if (!summary->result.is_abandoned)
        return status;
    status = scan_reopen(scan, said);
    return status == STATUS_OK ? scan_run_pipeline(scan, options, outputs, false, summary) : status;
}

/* Diagnostics go to stderr; what it was like, into the summary, which reads the scan's rules. */
static enum status scan_measure(struct scan *scan, const struct options *options,
                                const struct scan_outputs *outputs, struct summary *summary)
{
    *summary = (struct summary){.result = {.first_ns = INT64_MAX, .last_ns = INT64_MIN}};
    const double start = clock_seconds();
    enum status status = scan_init(scan, options);
    if (status == STATUS_OK)
        status = scan_read(scan, options, outputs, summary);
    else if (status == STATUS_NO_MEMORY)
        fprintf(stderr, "spraywatch: out of memory at start\n");
    diagnostics_print(&scan->diagnostics, stderr);
    summary->ruleset = scan->ruleset;
    summary->status = status;
    summary->seconds = clock_seconds() - start;
    summary->memory_peak = scan_memory_peak();
    return status;
}

static enum status summary_save(const struct summary *summary, const char *path)
{
    struct json_write json;
    json_write_init(&json);
    summary_write(summary, &json);
    const struct slice text = json_write_text(&json);
    FILE *const file = fopen(path, "we");
    const bool is_saved = file != NULL && json_write_ok(&json) &&
                          fwrite(text.start, 1, text.bytes, file) == text.bytes;
    if ((file != NULL && fclose(file) != 0) || !is_saved) {
        fprintf(stderr, "spraywatch: cannot write the summary to %s: %s\n", path, strerror(errno));
        json_write_deinit(&json);
        return STATUS_IO;
    }
    json_write_deinit(&json);
    return STATUS_OK;
}

/* A path of NULL is `otherwise`, "-" standard output. A failure is told. */
static enum status output_open(int *fd, const char *path, int otherwise)
{
    *fd = path == NULL ? otherwise : STDOUT_FILENO;
    if (path == NULL || strcmp(path, "-") == 0)
        return STATUS_OK;
    *fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (*fd >= 0)
        return STATUS_OK;
    fprintf(stderr, "spraywatch: cannot write to %s: %s\n", path, strerror(errno));
    return STATUS_IO;
}

/* What the system says only now that it could not write is told, too. */
static enum status output_close(int fd, const char *path)
{
    if (fd < 0 || fd == STDOUT_FILENO || close(fd) == 0)
        return STATUS_OK;
    fprintf(stderr, "spraywatch: cannot write to %s: %s\n", path, strerror(errno));
    return STATUS_IO;
}

static enum status outputs_open(struct scan_outputs *outputs, const struct options *options)
{
    enum status status = output_open(&outputs->findings, options->output_path, STDOUT_FILENO);
    if (status != STATUS_OK)
        return status;
    status = output_open(&outputs->hidden, options->allowed_path, -1);
    if (status != STATUS_OK)
        (void)output_close(outputs->findings, options->output_path);
    return status;
}

static enum status outputs_close(const struct scan_outputs *outputs, const struct options *options)
{
    const enum status status = output_close(outputs->findings, options->output_path);
    const enum status hidden_status = output_close(outputs->hidden, options->allowed_path);
    return status != STATUS_OK ? status : hidden_status;
}

/* What people and programs are told of the run. */
static enum status scan_sum_up(const struct options *options, const struct summary *summary)
{
    /* Nothing was read when the configuration was wrong or no input could be opened. */
    if (!options->quiet && summary->status != STATUS_CONFIG)
        summary_print(summary, stderr);
    return options->summary_path != NULL ? summary_save(summary, options->summary_path) : STATUS_OK;
}

int scan_run(const struct options *options)
{
    signals_init();
    struct scan_outputs outputs;
    enum status status = outputs_open(&outputs, options);
    if (status != STATUS_OK)
        return status_exit_code(status);
    struct scan scan;
    struct summary summary;
    status = scan_measure(&scan, options, &outputs, &summary);
    const enum status closed = outputs_close(&outputs, options);
    if (status == STATUS_OK)
        status = summary.status = closed;
    const enum status summed_up = scan_sum_up(options, &summary);
    if (status == STATUS_OK)
        status = summed_up;
    scan_deinit(&scan);
    if (status == STATUS_OK && options->exit_code && summary.result.campaigns.opened > 0)
        return 1;
    return status_exit_code(status);
}
