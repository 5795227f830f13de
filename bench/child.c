#include "bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/text_file.h"
#include "engine/base/clock.h"
#include "engine/base/document.h"
#include "engine/base/hash.h"

extern char **environ;

enum { ARGUMENTS_MAX = 20, TEXT_BYTES = 64 };

struct arguments {
    const char *items[ARGUMENTS_MAX]; /* ended by NULL */
    unsigned count;
};

static void add(struct arguments *arguments, const char *item)
{
    if (item != NULL && arguments->count < ARGUMENTS_MAX - 1)
        arguments->items[arguments->count++] = item;
}

static void add_common(struct arguments *arguments, const struct child_options *options,
                       const char *threads)
{
    add(arguments, options->program);
    add(arguments, "scan");
    add(arguments, "--quiet");
    add(arguments, "--format");
    add(arguments, "jsonl");
    add(arguments, "--threads");
    add(arguments, threads);
    if (options->rules_directory != NULL) {
        add(arguments, "--rules");
        add(arguments, options->rules_directory);
    }
}

static enum status fail(struct diagnostics *diagnostics, const char *program, const char *what)
{
    diagnostics_add(diagnostics, SEVERITY_ERROR, "B100", program, 0, 0, "%s", what);
    return STATUS_IO;
}

static enum status wait_for(pid_t child, int *ended, struct rusage *usage)
{
    while (wait4(child, ended, 0, usage) < 0) {
        if (errno != EINTR)
            return STATUS_IO;
    }
    return STATUS_OK;
}

/* ---- what it says ---------------------------------------------------------------------------- */

static uint64_t number_at(const struct node *root, const char *object, const char *key)
{
    const struct node *const node = node_get(node_get(root, object), key);
    int64_t value = 0;
    return node != NULL && node_to_integer(node, &value) ? (uint64_t)value : 0;
}

static enum status read_summary(struct child_run *run, int fd, struct diagnostics *diagnostics)
{
    size_t bytes = 0;
    char *text = NULL;
    struct document_file *file = NULL;
    enum status status = text_file_read(fd, &text, &bytes);
    if (status == STATUS_OK)
        status = document_parse(&file, "summary", slice_of(text, bytes), diagnostics);
    if (status == STATUS_OK) {
        const struct node *const root = document_count(file) == 1 ? document_root(file, 0) : NULL;
        run->memory_peak = number_at(root, "memory", "peak_bytes");
        run->accounts = number_at(root, "events", "accounts");
        run->addresses = number_at(root, "events", "addresses");
        document_destroy(file);
    }
    free(text);
    return status;
}

static enum status read_findings(struct child_run *run, int fd)
{
    size_t bytes = 0;
    char *text = NULL;
    const enum status status = text_file_read(fd, &text, &bytes);
    if (status == STATUS_OK)
        run->findings_hash = hash_bytes(hash_key_fixed(), text, bytes);
    free(text);
    return status;
}

/* ---- a file ---------------------------------------------------------------------------------- */

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static enum status run_to_end(struct child_run *run, const struct arguments *arguments,
                              struct diagnostics *diagnostics)
{
    const double start = clock_seconds();
    pid_t child;
    if (posix_spawn(&child, arguments->items[0], NULL, NULL, (char *const *)arguments->items,
                    environ) != 0)
        return fail(diagnostics, arguments->items[0], "cannot be run");
    int ended = 0;
    struct rusage usage;
    if (wait_for(child, &ended, &usage) != STATUS_OK || !WIFEXITED(ended) ||
        WEXITSTATUS(ended) != 0)
        return fail(diagnostics, arguments->items[0], "failed while it was measured");
    run->seconds = clock_seconds() - start;
    run->cpu_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    return STATUS_OK;
}

enum status child_scan(struct child_run *run, const struct child_options *options,
                       struct diagnostics *diagnostics)
{
    *run = (struct child_run){0};
    char threads[TEXT_BYTES], summary_path[TEXT_BYTES], findings_path[TEXT_BYTES];
    const int summary = memfd_create("summary", 0);
    if (summary < 0)
        return STATUS_IO;
    snprintf(threads, sizeof(threads), "%u", options->threads);
    snprintf(summary_path, sizeof(summary_path), "/proc/self/fd/%d", summary);
    snprintf(findings_path, sizeof(findings_path), "/proc/self/fd/%d", options->findings_fd);
    struct arguments arguments = {0};
    add_common(&arguments, options, threads);
    add(&arguments, "--summary-json");
    add(&arguments, summary_path);
    add(&arguments, "--output");
    add(&arguments, findings_path);
    if (options->is_stream) {
        add(&arguments, "--order");
        add(&arguments, "stream");
    }
    add(&arguments, options->path);
    enum status status = run_to_end(run, &arguments, diagnostics);
    if (status == STATUS_OK)
        status = read_summary(run, summary, diagnostics);
    if (status == STATUS_OK)
        status = read_findings(run, options->findings_fd);
    close(summary);
    return status;
}

/* ---- a pipe ---------------------------------------------------------------------------------- */

static enum status start(struct child_stream *stream, const struct arguments *arguments,
                         const int input[2], const int output[2])
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return STATUS_NO_MEMORY;
    int result = posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    if (result == 0)
        result = posix_spawn(&stream->pid, arguments->items[0], &actions, NULL,
                             (char *const *)arguments->items, environ);
    posix_spawn_file_actions_destroy(&actions);
    return result == 0 ? STATUS_OK : STATUS_IO;
}

enum status child_stream_start(struct child_stream *stream, const struct child_options *options,
                               struct diagnostics *diagnostics)
{
    char threads[TEXT_BYTES];
    snprintf(threads, sizeof(threads), "%u", options->threads);
    struct arguments arguments = {0};
    add_common(&arguments, options, threads);
    add(&arguments, "--lateness");
    add(&arguments, "0");
    add(&arguments, "-");
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC) != 0)
        return fail(diagnostics, options->program, "no pipe for it");
    if (pipe2(output, O_CLOEXEC) != 0) {
        close(input[0]);
        close(input[1]);
        return fail(diagnostics, options->program, "no pipe for it");
    }
    *stream = (struct child_stream){.to = input[1], .from = output[0]};
    const enum status status = start(stream, &arguments, input, output);
    close(input[0]);
    close(output[1]);
    if (status != STATUS_OK) {
        close(stream->to);
        close(stream->from);
        return fail(diagnostics, options->program, "cannot be run");
    }
    return STATUS_OK;
}

enum status child_stream_end(struct child_stream *stream)
{
    if (stream->to >= 0)
        close(stream->to);
    close(stream->from);
    int ended = 0;
    if (wait_for(stream->pid, &ended, &(struct rusage){0}) != STATUS_OK)
        return STATUS_IO;
    return WIFEXITED(ended) && WEXITSTATUS(ended) == 0 ? STATUS_OK : STATUS_IO;
}
