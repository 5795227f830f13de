#include "bench/latency.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/rulebook.h"
#include "bench/sample.h"
#include "engine/base/clock.h"
#include "engine/base/slice.h"

enum {
    WARM_LINES = 64,          /* more than the order stage wants before anything is late */
    SILENCE_SECONDS_MAX = 30, /* without any document or room in the pipe: something is wrong */
    PIPE_BYTES = 1024 * 1024, /* a write at a time, and what a pipe takes where it may be asked */
    OUTPUT_BYTES = 256 * 1024,
};

/* The log's lines, and when each was written. */
struct lines {
    const char *text;
    size_t bytes, written;
    size_t *ends;    /* offset behind line n */
    double *sent_at; /* 0: not yet */
    uint64_t count, sent;
};

struct course {
    struct lines lines;
    struct child_stream stream;
    double *latencies;
    uint64_t measured, latencies_max;
    char output[OUTPUT_BYTES];
    size_t output_bytes;
    bool has_output, is_ended;
    double start, last_document;
};

/* ---- the lines ------------------------------------------------------------------------------- */

static void lines_deinit(struct lines *lines)
{
    if (lines->text != NULL)
        munmap((void *)(uintptr_t)lines->text, lines->bytes);
    free(lines->ends);
    free(lines->sent_at);
}

/* Whatever comes of it, the lines are to be deinitialized. */
static enum status lines_init(struct lines *lines, const struct log *log, uint64_t events_max)
{
    *lines = (struct lines){.bytes = log->bytes};
    void *const text = mmap(NULL, log->bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, log->fd, 0);
    if (text == MAP_FAILED)
        return STATUS_IO;
    lines->text = text;
    /* A row of column names comes on top. */
    const uint64_t max = (events_max < log->events ? events_max : log->events) + 1;
    lines->ends = malloc(max * sizeof(*lines->ends));
    lines->sent_at = calloc(max, sizeof(*lines->sent_at));
    if (lines->ends == NULL || lines->sent_at == NULL)
        return STATUS_NO_MEMORY;
    for (size_t at = 0; at < lines->bytes && lines->count < max;) {
        const char *const end = memchr(lines->text + at, '\n', lines->bytes - at);
        at = end == NULL ? lines->bytes : (size_t)(end - lines->text) + 1;
        lines->ends[lines->count++] = at;
    }
    return STATUS_OK;
}

/* Gives the pipe what it takes of the lines before `due`. False: it is broken. */
static bool lines_write(struct lines *lines, int to, uint64_t due)
{
    const size_t end = lines->ends[due - 1];
    while (lines->written < end) {
        const size_t left = end - lines->written;
        const double now = clock_seconds();
        const ssize_t bytes =
            write(to, lines->text + lines->written, left < PIPE_BYTES ? left : PIPE_BYTES);
        if (bytes < 0)
            return errno == EAGAIN || errno == EINTR;
        lines->written += (size_t)bytes;
        while (lines->sent < lines->count && lines->ends[lines->sent] <= lines->written)
            lines->sent_at[lines->sent++] = now;
    }
    return true;
}

/* ---- the documents --------------------------------------------------------------------------- */

/* The line that a document of a rule names, from 1; 0: it is another document. */
static uint64_t document_line(struct slice document)
{
    static const char key[] = "\"evidence\":{\"file\":\"-\",\"line\":";
    const char *const found = memmem(document.start, document.bytes, key, sizeof(key) - 1);
    return found == NULL ? 0 : strtoull(found + sizeof(key) - 1, NULL, 10);
}

static void take_document(struct course *course, struct slice document, double now)
{
    course->has_output = true;
    course->last_document = now;
    const uint64_t line = document_line(document);
    if (line <= WARM_LINES || line > course->lines.sent ||
        course->measured == course->latencies_max)
        return;
    course->latencies[course->measured++] = now - course->lines.sent_at[line - 1];
}

/* False: reading failed. */
static bool take_output(struct course *course)
{
    const ssize_t bytes = read(course->stream.from, course->output + course->output_bytes,
                               OUTPUT_BYTES - course->output_bytes);
    if (bytes <= 0) {
        course->is_ended = bytes == 0;
        return bytes == 0 || errno == EAGAIN || errno == EINTR;
    }
    const double now = clock_seconds();
    course->output_bytes += (size_t)bytes;
    size_t at = 0;
    for (;;) {
        const struct slice rest = slice_of(course->output + at, course->output_bytes - at);
        const size_t end = slice_find(rest, '\n');
        if (end == rest.bytes)
            break;
        take_document(course, slice_of(rest.start, end), now);
        at += end + 1;
    }
    /* A document longer than the buffer is none of those that are measured. */
    if (at == 0 && course->output_bytes == OUTPUT_BYTES)
        at = OUTPUT_BYTES;
    memmove(course->output, course->output + at, course->output_bytes - at);
    course->output_bytes -= at;
    return true;
}

/* ---- the course of time ---------------------------------------------------------------------- */

static uint64_t lines_due(const struct course *course, double per_second)
{
    if (!course->has_output && per_second > 0)
        return WARM_LINES;
    if (per_second <= 0)
        return course->lines.count;
    const double due = WARM_LINES + 1 + (clock_seconds() - course->start) * per_second;
    return due < (double)course->lines.count ? (uint64_t)due : course->lines.count;
}

static struct timespec time_to(double seconds)
{
    const double left = seconds > 0 ? seconds : 0;
    return (struct timespec){.tv_sec = (time_t)left,
                             .tv_nsec = (long)((left - (double)(time_t)left) * 1e9)};
}

static enum status course_step(struct course *course, double per_second)
{
    struct lines *const lines = &course->lines;
    const bool had_output = course->has_output;
    const uint64_t due = lines_due(course, per_second);
    const bool wants_to_write = course->stream.to >= 0 && lines->written < lines->ends[due - 1];
    double wait = SILENCE_SECONDS_MAX;
    if (!wants_to_write && due < lines->count && course->has_output && per_second > 0)
        wait = course->start + (double)(due - WARM_LINES) / per_second - clock_seconds();
    struct pollfd polls[] = {
        {.fd = course->stream.from, .events = POLLIN},
        {.fd = wants_to_write ? course->stream.to : -1, .events = POLLOUT},
    };
    const struct timespec timeout = time_to(wait);
    const int ready = ppoll(polls, 2, &timeout, NULL);
    if (ready < 0 && errno != EINTR)
        return STATUS_IO;
    if (ready == 0 && wait >= SILENCE_SECONDS_MAX)
        return STATUS_IO;
    if (ready > 0 && polls[1].revents != 0 && !lines_write(lines, course->stream.to, due))
        return STATUS_IO;
    if (ready > 0 && polls[0].revents != 0 && !take_output(course))
        return STATUS_IO;
    if (course->has_output && !had_output)
        course->start = clock_seconds();
    if (lines->written == lines->ends[lines->count - 1] && course->stream.to >= 0) {
        close(course->stream.to);
        course->stream.to = -1;
    }
    return STATUS_OK;
}

static enum status course_run(struct course *course, double per_second)
{
    if (fcntl(course->stream.to, F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(course->stream.from, F_SETFL, O_NONBLOCK) != 0)
        return STATUS_IO;
    /* A wish: an unprivileged user may be refused, and then the pipe is slower. */
    (void)fcntl(course->stream.to, F_SETPIPE_SZ, PIPE_BYTES);
    course->start = clock_seconds();
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !course->is_ended)
        status = course_step(course, per_second);
    return status;
}

static void course_result(const struct course *course, struct latency *latency)
{
    const double seconds = course->last_document - course->start;
    *latency = (struct latency){
        .count = (unsigned)course->measured,
        .rate = seconds > 0 ? (double)course->lines.count / seconds : 0,
    };
    if (course->measured == 0)
        return;
    latency->p99 = numbers_quantile(course->latencies, course->measured, 0.99);
}

static void course_destroy(struct course *course)
{
    if (course == NULL)
        return;
    lines_deinit(&course->lines);
    free(course->latencies);
    free(course);
}

static enum status course_create(struct course **out, const struct latency_options *options)
{
    struct course *const course = calloc(1, sizeof(*course));
    if (course == NULL)
        return STATUS_NO_MEMORY;
    enum status status = lines_init(&course->lines, options->log, options->events_max);
    course->latencies_max = course->lines.count;
    if (status == STATUS_OK)
        course->latencies = malloc(course->latencies_max * sizeof(*course->latencies));
    if (status == STATUS_OK && (course->latencies == NULL || course->lines.count <= WARM_LINES))
        status = course->latencies == NULL ? STATUS_NO_MEMORY : STATUS_INTERNAL;
    if (status != STATUS_OK) {
        course_destroy(course);
        return status;
    }
    *out = course;
    return STATUS_OK;
}

enum status latency_measure(struct latency *latency, const struct latency_options *options,
                            struct diagnostics *diagnostics)
{
    struct rulebook rules;
    struct course *course = NULL;
    enum status status = rulebook_create_every(&rules);
    if (status != STATUS_OK)
        return status;
    status = course_create(&course, options);
    const struct child_options child = {
        .program = options->program, .threads = options->threads, .rules_directory = rules.path};
    if (status == STATUS_OK)
        status = child_stream_start(&course->stream, &child, diagnostics);
    if (status == STATUS_OK) {
        status = course_run(course, options->events_per_second);
        const enum status ended = child_stream_end(&course->stream);
        status = status == STATUS_OK ? ended : status;
        course_result(course, latency);
    }
    course_destroy(course);
    rulebook_remove(&rules);
    return status;
}
