#include "bench/result.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/text_file.h"
#include "engine/base/civil.h"
#include "engine/base/document.h"

struct figure *result_add(struct result *result, const char *name)
{
    assert(result->figures_count < FIGURES_MAX);
    struct figure *const figure = &result->figures[result->figures_count++];
    *figure = (struct figure){0};
    snprintf(figure->name, sizeof(figure->name), "%s", name);
    return figure;
}

const struct figure *result_find(const struct result *result, const char *name)
{
    for (unsigned i = 0; i < result->figures_count; i++) {
        if (strcmp(result->figures[i].name, name) == 0)
            return &result->figures[i];
    }
    return NULL;
}

/* ---- for a person ---------------------------------------------------------------------------- */

static void print_machine(const struct result *result, FILE *stream)
{
    const struct machine *const machine = &result->machine;
    char time[CIVIL_TEXT_BYTES];
    civil_format((int64_t)machine->time * 1000000000, time);
    fprintf(stream,
            "%s, %u cores, %.0f GB, %s, %s\n"
            "%s, %.2f threads busy with other things, %u rounds, seed %" PRIu64 "\n\n",
            machine->cpu, machine->cores, (double)machine->memory_bytes / 1e9, machine->system,
            result->tier, time, machine->load, result->rounds, result->seed);
}

static void print_pass(const struct figure *figure, FILE *stream)
{
    const double seconds = sample_median(&figure->seconds);
    fprintf(stream, "%-30s %11.0f %7.2f %9.4f %5.0f %%", figure->name,
            (double)figure->events / seconds, (double)figure->bytes / seconds / 1e9, seconds,
            sample_spread(&figure->seconds) * 100);
    if (figure->cpu_seconds.count > 0)
        fprintf(stream, " %8.2f %8.1f",
                sample_median(&figure->cpu_seconds) / (double)figure->events * 1e6,
                (double)figure->memory_peak / 1e6);
    fputc('\n', stream);
}

static void print_passes(const struct result *result, FILE *stream)
{
    fprintf(stream, "%-30s %11s %7s %9s %7s %8s %8s\n", "whole process, median", "events/s", "GB/s",
            "seconds", "spread", "us/event", "peak MB");
    for (unsigned i = 0; i < result->figures_count; i++) {
        if (!result->figures[i].is_latency)
            print_pass(&result->figures[i], stream);
    }
}

static void print_latencies(const struct result *result, FILE *stream)
{
    for (unsigned i = 0; i < result->figures_count; i++) {
        const struct figure *const figure = &result->figures[i];
        if (figure->is_latency)
            fprintf(stream,
                    "%s: 99 of 100 findings within %.2f ms of their line (%" PRIu64
                    " measured, %.0f events/s)\n",
                    figure->name, sample_median(&figure->seconds) * 1e3, figure->events,
                    figure->events_per_second);
    }
}

static void print_score(const struct score *score, FILE *stream)
{
    fprintf(stream,
            "attacks: %u of %u found, %u missed; campaigns: %u told, %u false\n"
            "passwords: %u of %u found accounts told, %u told wrongly\n",
            score->found, score->attacks, score->missed, score->campaigns, score->false_campaigns,
            score->confirmed_found, score->confirmed, score->confirmed_false);
}

static void print_plan(const struct plan *plan, FILE *stream)
{
    fprintf(stream, "\nSustained at %.0f %% load\n", PLAN_LOAD * 100);
    for (unsigned i = 0; i < plan->rates_count; i++)
        fprintf(stream, "%3u thread%s %11.0f events/s %7.2f GB/s\n", plan->rates[i].threads,
                plan->rates[i].threads == 1 ? " " : "s",
                plan->rates[i].events_per_second * PLAN_LOAD,
                plan->rates[i].bytes_per_second * PLAN_LOAD / 1e9);
    fprintf(stream, "\n%10s %14s %14s %8s %10s\n", "people", "events a day", "busiest second",
            "threads", "memory");
    for (unsigned i = 0; i < plan->needs_count; i++) {
        const struct plan_need *const need = &plan->needs[i];
        char threads[16] = "more";
        if (need->threads > 0)
            snprintf(threads, sizeof(threads), "%u", need->threads);
        fprintf(stream, "%10" PRIu64 " %14" PRIu64 " %14.0f %8s %7.0f MB\n", need->people,
                need->events_per_day, need->events_per_second, threads,
                (double)need->memory_bytes / 1e6);
    }
    fprintf(
        stream,
        "The busiest second is %.0f times the day's average. Threads: the fewest that take it at "
        "%.0f %% of\nwhat was measured. Memory: %.0f MB, %.0f bytes a person, and %" PRIu64
        " bytes for each event of\n%d minutes of that second (--lateness).\n",
        PLAN_PEAK, PLAN_LOAD * 100, (double)plan->base_bytes / 1e6, plan->person_bytes,
        plan->event_bytes, PLAN_LATENESS_SECONDS / 60);
}

static void print_others(const struct result *result, FILE *stream)
{
    bool is_first = true;
    for (unsigned i = 0; i < result->figures_count; i++) {
        const struct figure *const figure = &result->figures[i];
        if (figure->other.count == 0)
            continue;
        if (is_first)
            fprintf(stream, "\n%-30s %9s %9s %7s\n", "against the other program", "its s", "our s",
                    "ratio");
        is_first = false;
        double ratio;
        const enum sample_change change =
            sample_compare_pairs(&figure->other, &figure->seconds, &ratio);
        fprintf(stream, "%-30s %9.4f %9.4f %7.3f  %s%s\n", figure->name,
                sample_median(&figure->other), sample_median(&figure->seconds), ratio,
                sample_change_name(change),
                figure->has_other_findings ? "; it finds something else" : "");
    }
}

void result_print(const struct result *result, FILE *stream)
{
    print_machine(result, stream);
    print_passes(result, stream);
    print_latencies(result, stream);
    if (result->has_score)
        print_score(&result->score, stream);
    if (result->has_plan)
        print_plan(&result->plan, stream);
    print_others(result, stream);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static void write_sample(struct json_write *json, const char *key, const struct sample *sample)
{
    if (sample->count == 0)
        return;
    json_write_key_array(json, key);
    for (unsigned i = 0; i < sample->count; i++)
        json_write_double(json, sample->values[i]);
    json_write_array_end(json);
}

static void write_machine(const struct result *result, struct json_write *json)
{
    const struct machine *const machine = &result->machine;
    json_write_key_object(json, "machine");
    json_write_key_cstring(json, "cpu", machine->cpu);
    json_write_key_cstring(json, "system", machine->system);
    json_write_key_unsigned(json, "cores", machine->cores);
    json_write_key_unsigned(json, "memory_bytes", machine->memory_bytes);
    json_write_key_double(json, "load", machine->load);
    json_write_key_cstring(json, "vector_unit", result->tier);
    json_write_object_end(json);
}

static void write_figure(const struct figure *figure, struct json_write *json)
{
    json_write_object_begin(json);
    json_write_key_cstring(json, "name", figure->name);
    json_write_key_cstring(json, "cost", figure->is_latency ? "latency" : "pass");
    json_write_key_unsigned(json, "events", figure->events);
    json_write_key_unsigned(json, "bytes", figure->bytes);
    if (figure->is_latency)
        json_write_key_double(json, "events_per_second", figure->events_per_second);
    json_write_key_double(json, "median", sample_median(&figure->seconds));
    json_write_key_double(json, "spread", sample_spread(&figure->seconds));
    write_sample(json, "seconds", &figure->seconds);
    write_sample(json, "cpu_seconds", &figure->cpu_seconds);
    write_sample(json, "other_seconds", &figure->other);
    if (figure->memory_peak > 0)
        json_write_key_unsigned(json, "memory_peak", figure->memory_peak);
    if (figure->accounts > 0) {
        json_write_key_unsigned(json, "accounts", figure->accounts);
        json_write_key_unsigned(json, "addresses", figure->addresses);
    }
    json_write_object_end(json);
}

static void write_score(const struct score *score, struct json_write *json)
{
    json_write_key_object(json, "score");
    json_write_key_unsigned(json, "attacks", score->attacks);
    json_write_key_unsigned(json, "found", score->found);
    json_write_key_unsigned(json, "missed", score->missed);
    json_write_key_unsigned(json, "campaigns", score->campaigns);
    json_write_key_unsigned(json, "false_campaigns", score->false_campaigns);
    json_write_key_unsigned(json, "confirmed", score->confirmed);
    json_write_key_unsigned(json, "confirmed_found", score->confirmed_found);
    json_write_key_unsigned(json, "confirmed_false", score->confirmed_false);
    json_write_object_end(json);
}

static void write_plan(const struct plan *plan, struct json_write *json)
{
    json_write_key_object(json, "plan");
    json_write_key_double(json, "load", PLAN_LOAD);
    json_write_key_double(json, "peak", PLAN_PEAK);
    json_write_key_unsigned(json, "base_bytes", plan->base_bytes);
    json_write_key_double(json, "person_bytes", plan->person_bytes);
    json_write_key_unsigned(json, "event_bytes", plan->event_bytes);
    json_write_key_array(json, "needs");
    for (unsigned i = 0; i < plan->needs_count; i++) {
        const struct plan_need *const need = &plan->needs[i];
        json_write_object_begin(json);
        json_write_key_unsigned(json, "people", need->people);
        json_write_key_unsigned(json, "events_per_day", need->events_per_day);
        json_write_key_double(json, "events_per_second", need->events_per_second);
        json_write_key_unsigned(json, "threads", need->threads);
        json_write_key_unsigned(json, "memory_bytes", need->memory_bytes);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    json_write_object_end(json);
}

void result_write(const struct result *result, struct json_write *json)
{
    json_write_object_begin(json);
    json_write_key_integer(json, "version", RESULT_VERSION);
    json_write_key_time(json, "time", (int64_t)result->machine.time * 1000000000);
    write_machine(result, json);
    json_write_key_unsigned(json, "rounds", result->rounds);
    json_write_key_unsigned(json, "seed", result->seed);
    json_write_key_array(json, "figures");
    for (unsigned i = 0; i < result->figures_count; i++)
        write_figure(&result->figures[i], json);
    json_write_array_end(json);
    if (result->has_score)
        write_score(&result->score, json);
    if (result->has_plan)
        write_plan(&result->plan, json);
    json_write_object_end(json);
    json_write_newline(json);
}

/* ---- an earlier one -------------------------------------------------------------------------- */

static enum status refuse(struct diagnostics *diagnostics, const char *path,
                          const struct node *node, const char *text)
{
    diagnostics_add(diagnostics, SEVERITY_ERROR, "B101", path, node != NULL ? node->line : 0,
                    node != NULL ? node->column : 0, "%s", text);
    return STATUS_CONFIG;
}

static bool read_sample(struct sample *sample, const struct node *node)
{
    if (node == NULL || node->kind != NODE_SEQUENCE || node->count > SAMPLE_ROUNDS_MAX)
        return false;
    for (size_t i = 0; i < node->count; i++) {
        double value;
        if (!node_to_double(node->items[i], &value) || !(value > 0))
            return false;
        sample_add(sample, value);
    }
    return sample->count > 0;
}

static enum status read_figure(struct result *result, const struct node *node, const char *path,
                               struct diagnostics *diagnostics)
{
    const struct node *const name = node_get(node, "name");
    if (name == NULL || name->kind != NODE_SCALAR || name->text.bytes >= FIGURE_NAME_BYTES)
        return refuse(diagnostics, path, node, "a figure without a name that can be read");
    if (result->figures_count == FIGURES_MAX)
        return refuse(diagnostics, path, node, "more figures than this program knows");
    struct figure *const figure = result_add(result, name->text.start);
    if (!read_sample(&figure->seconds, node_get(node, "seconds")))
        return refuse(diagnostics, path, node, "a figure without a list of seconds");
    return STATUS_OK;
}

static enum status read_document(struct result *result, const struct document_file *file,
                                 const char *path, struct diagnostics *diagnostics)
{
    const struct node *const root = document_count(file) == 1 ? document_root(file, 0) : NULL;
    const struct node *const version = node_get(root, "version");
    const struct node *const figures = node_get(root, "figures");
    int64_t number = 0;
    if (version == NULL || !node_to_integer(version, &number) || figures == NULL ||
        figures->kind != NODE_SEQUENCE)
        return refuse(diagnostics, path, root, "this is no result of spraywatch bench --json");
    if (number != RESULT_VERSION)
        return refuse(diagnostics, path, version,
                      "a result of another version; measure it again with this program");
    enum status status = STATUS_OK;
    for (size_t i = 0; i < figures->count && status == STATUS_OK; i++)
        status = read_figure(result, figures->items[i], path, diagnostics);
    return status;
}

enum status result_read(struct result *result, const char *path, struct diagnostics *diagnostics)
{
    *result = (struct result){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse(diagnostics, path, NULL, strerror(errno));
    char *text = NULL;
    size_t bytes = 0;
    struct document_file *file = NULL;
    enum status status = text_file_read(fd, &text, &bytes);
    close(fd);
    if (status == STATUS_IO)
        status = refuse(diagnostics, path, NULL, "cannot be read");
    if (status == STATUS_OK)
        status = document_parse(&file, path, slice_of(text, bytes), diagnostics);
    if (status == STATUS_OK) {
        status = read_document(result, file, path, diagnostics);
        document_destroy(file);
    }
    free(text);
    return status;
}

void result_compare(const struct result *old, const struct result *new, FILE *stream)
{
    fprintf(stream, "\n%-30s %9s %9s %7s\n", "since the other run", "its s", "our s", "ratio");
    for (unsigned i = 0; i < new->figures_count; i++) {
        const struct figure *const figure = &new->figures[i];
        const struct figure *const before = result_find(old, figure->name);
        if (before == NULL) {
            fprintf(stream, "%-30s is new\n", figure->name);
            continue;
        }
        const double then = sample_median(&before->seconds), now = sample_median(&figure->seconds);
        fprintf(stream, "%-30s %9.4f %9.4f %7.3f  %s\n", figure->name, then, now, now / then,
                sample_change_name(sample_compare(&before->seconds, &figure->seconds)));
    }
}
