#include "engine/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/screen.h"

struct report {
    struct report_options options;
    struct alert_context context;
    struct campaigns *campaigns;
    struct json_write json;
    struct screen screen;
    struct order_item {
        const struct finding *finding;
        const struct member *members;
    } * order;
    size_t order_capacity;
    char *held; /* output, with `held_bytes_max` */
    size_t held_bytes;
    bool is_overfull;
    enum status status;
    bool is_unread;
};

static void report_listen(void *listener, const struct campaign *campaign,
                          enum campaign_action action, enum campaign_end end, int64_t time_ns)
{
    struct report *const report = listener;
    if (report->options.format == FORMAT_JSONL)
        alert_write(&report->json, &report->context, campaign, action, end, time_ns);
    else
        screen_tell(&report->screen, &report->context, campaign, action, end, time_ns);
}

enum status report_create(struct report **out, const struct report_options *options)
{
    /* Accounts that a campaign has tried, and sign-ins, are remembered for as long as the rule for
     * confirmed passwords asks. */
    int64_t memory_ns = 0;
    size_t count;
    const struct detector *const detectors = ruleset_detectors(options->ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if (detectors[i].kind == DETECTOR_CONFIRMED_PASSWORD &&
            detectors[i].params.memory_ns > memory_ns)
            memory_ns = detectors[i].params.memory_ns;
    }

    struct report *const report = calloc(1, sizeof(*report));
    if (report == NULL)
        return STATUS_NO_MEMORY;
    report->options = *options;
    report->context = (struct alert_context){
        .ruleset = options->ruleset, .names = options->names, .files = options->files};
    json_write_init(&report->json);
    screen_init(&report->screen, options->width, options->is_colored);
    const struct campaigns_options campaigns_options = {
        .quiet_ns = options->quiet_ns,
        .memory_ns = memory_ns,
        .bytes_max = options->bytes_max,
        .listen = report_listen,
        .listener = report,
    };
    const enum status status =
        campaigns_create(&report->campaigns, &campaigns_options, options->ruleset, options->names);
    if (status != STATUS_OK) {
        report_destroy(report);
        return status;
    }
    if (options->held_bytes_max > 0 && (report->held = malloc(options->held_bytes_max)) == NULL) {
        report_destroy(report);
        return STATUS_NO_MEMORY;
    }
    *out = report;
    return STATUS_OK;
}

void report_destroy(struct report *report)
{
    if (report == NULL)
        return;
    campaigns_destroy(report->campaigns);
    json_write_deinit(&report->json);
    screen_deinit(&report->screen);
    free(report->order);
    free(report->held);
    free(report);
}

static void report_write(struct report *report, const char *text, size_t bytes)
{
    while (bytes > 0 && report->status == STATUS_OK && !report->is_unread) {
        const ssize_t written = write(report->options.fd, text, bytes);
        if (written >= 0) {
            text += written;
            bytes -= (size_t)written;
        } else if (errno == EPIPE) {
            report->is_unread = true;
        } else if (errno != EINTR) {
            fprintf(stderr, "spraywatch: cannot write the findings: %s\n", strerror(errno));
            report->status = STATUS_IO;
        }
    }
}

/* Holds the text back or writes it. */
static void report_put(struct report *report, const char *text, size_t bytes)
{
    if (report->held == NULL) {
        report_write(report, text, bytes);
    } else if (bytes > report->options.held_bytes_max - report->held_bytes || report->is_overfull) {
        report->is_overfull = true;
    } else if (bytes > 0) {
        memcpy(report->held + report->held_bytes, text, bytes);
        report->held_bytes += bytes;
    }
}

void report_release(struct report *report)
{
    report_write(report, report->held, report->held_bytes);
    report->held_bytes = 0;
}

bool report_is_overfull(const struct report *report)
{
    return report->is_overfull;
}

static void report_flush(struct report *report)
{
    if (!json_write_ok(&report->json) || report->screen.has_failed) {
        fprintf(stderr, "spraywatch: out of memory while writing findings\n");
        report->status = STATUS_NO_MEMORY;
    }
    const struct slice documents = json_write_text(&report->json);
    report_put(report, documents.start, documents.bytes);
    json_write_reset(&report->json);
    report_put(report, report->screen.text, report->screen.bytes);
    report->screen.bytes = 0;
}

static int item_order(const void *left, const void *right)
{
    const struct finding *const a = ((const struct order_item *)left)->finding;
    const struct finding *const b = ((const struct order_item *)right)->finding;
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    if (a->detector != b->detector)
        return a->detector < b->detector ? -1 : 1;
    return (a->key_index > b->key_index) - (a->key_index < b->key_index);
}

static bool report_reserve(struct report *report, size_t count)
{
    if (count <= report->order_capacity)
        return true;
    struct order_item *const order = reallocarray(report->order, count, sizeof(*order));
    if (order == NULL) {
        report->status = STATUS_NO_MEMORY;
        return false;
    }
    report->order = order;
    report->order_capacity = count;
    return true;
}

static void report_note(struct report *report, const struct note *note, const char *text)
{
    /* Campaigns that fell quiet before it are told before it. */
    campaigns_advance(report->campaigns, note->now_ns);
    report_flush(report);
    report_put(report, text, note->bytes);
}

/* Findings, which are in order, and notes, each before the findings of later attempts. */
static void report_merge(struct report *report, size_t count, struct findings *const *parts,
                         size_t parts_count)
{
    const struct notes *notes = &parts[0]->notes;
    for (size_t i = 1; i < parts_count; i++) {
        if (parts[i]->notes.count > 0)
            notes = &parts[i]->notes;
    }
    if (notes->has_failed)
        report->status = STATUS_NO_MEMORY;
    size_t note = 0, bytes = 0;
    for (size_t i = 0; i <= count; i++) {
        const uint64_t position = i < count ? report->order[i].finding->position : UINT64_MAX;
        for (; note < notes->count && notes->items[note].position < position; note++) {
            report_note(report, &notes->items[note], notes->text + bytes);
            bytes += notes->items[note].bytes;
        }
        if (i < count)
            campaigns_take(report->campaigns, report->order[i].finding, report->order[i].members);
    }
}

void report_take(struct report *report, struct findings *const *parts, size_t parts_count)
{
    size_t count = 0;
    int64_t now_ns = INT64_MIN;
    for (size_t i = 0; i < parts_count; i++) {
        count += parts[i]->count;
        if (parts[i]->has_failed)
            report->status = STATUS_NO_MEMORY;
        if (parts[i]->time_ns > now_ns)
            now_ns = parts[i]->time_ns;
    }
    if (count > 0 && report_reserve(report, count)) {
        size_t at = 0;
        for (size_t i = 0; i < parts_count; i++) {
            for (size_t j = 0; j < parts[i]->count; j++)
                report->order[at++] = (struct order_item){
                    .finding = &parts[i]->items[j],
                    .members = parts[i]->members + parts[i]->items[j].first_member};
        }
        qsort(report->order, count, sizeof(*report->order), item_order);
    } else {
        count = 0;
    }
    report_merge(report, count, parts, parts_count);
    if (now_ns != INT64_MIN)
        campaigns_advance(report->campaigns, now_ns);
    report_flush(report);
}

void report_end(struct report *report)
{
    campaigns_end(report->campaigns);
    if (report->options.format == FORMAT_TABLE)
        screen_table(&report->screen);
    report_flush(report);
}

enum status report_status(const struct report *report)
{
    return report->status;
}

bool report_is_unread(const struct report *report)
{
    return report->is_unread;
}

struct campaigns *report_campaigns(struct report *report)
{
    return report->campaigns;
}

struct campaigns_counters report_counters(const struct report *report)
{
    return campaigns_counters(report->campaigns);
}
