#include "engine/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/hidden.h"
#include "engine/outlet.h"
#include "engine/screen.h"

struct report {
    struct report_options options;
    struct alert_context context;
    struct slab slab; /* of the campaigns */
    struct campaigns *campaigns;
    struct hidden *hidden; /* NULL: there are no allow entries */
    struct json_write json, hidden_json;
    struct screen screen;
    struct order_item {
        const struct finding *finding;
        const struct member *members;
        size_t detector; /* of the ruleset */
    } * order;
    size_t order_capacity;
    struct outlet findings;
    struct outlet hidden_findings; /* with `hidden_fd` */
    enum status status;
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

/* Accounts that a campaign has tried, and sign-ins, are remembered for as long as the rule for
 * confirmed passwords asks. */
static int64_t memory_ns_of(const struct ruleset *ruleset)
{
    int64_t memory_ns = 0;
    size_t count;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if (detectors[i].kind == DETECTOR_CONFIRMED_PASSWORD &&
            detectors[i].params.memory_ns > memory_ns)
            memory_ns = detectors[i].params.memory_ns;
    }
    return memory_ns;
}

static enum status report_init_campaigns(struct report *report)
{
    const struct report_options *const options = &report->options;
    const struct campaigns_options campaigns_options = {
        .quiet_ns = options->quiet_ns,
        .memory_ns = memory_ns_of(options->ruleset),
        .slab = &report->slab,
        .sign_ins_max = CAMPAIGN_SIGN_INS_MAX,
        .listen = options->trials != NULL ? trials_hear_loaded : report_listen,
        .listener = options->trials != NULL ? (void *)options->trials : report,
    };
    enum status status = slab_init(&report->slab, options->bytes_max);
    if (status == STATUS_OK)
        status = campaigns_create(&report->campaigns, &campaigns_options, options->ruleset,
                                  options->names);
    if (status == STATUS_OK && options->trials != NULL)
        status =
            trials_begin(options->trials, &campaigns_options, options->bytes_max, &report->context);
    return status;
}

static enum status report_init_hidden(struct report *report)
{
    const struct report_options *const options = &report->options;
    const struct hidden_options hidden_options = {
        .ruleset = options->ruleset,
        .names = options->names,
        .files = options->files,
        .json = options->hidden_fd >= 0 ? &report->hidden_json : NULL,
        .quiet_ns = options->quiet_ns,
        .memory_ns = memory_ns_of(options->ruleset),
        .bytes_max = options->hidden_bytes_max,
    };
    size_t count;
    (void)ruleset_allowances(options->ruleset, &count);
    enum status status = STATUS_OK;
    if (count > 0)
        status = hidden_create(&report->hidden, &hidden_options);
    if (status == STATUS_OK && count > 0 && options->hidden_fd >= 0)
        status = outlet_init(&report->hidden_findings, options->hidden_fd,
                             "what allow entries hide", options->hidden_held_bytes_max);
    return status;
}

enum status report_create(struct report **out, const struct report_options *options)
{
    struct report *const report = calloc(1, sizeof(*report));
    if (report == NULL)
        return STATUS_NO_MEMORY;
    report->options = *options;
    report->context = (struct alert_context){
        .ruleset = options->ruleset, .names = options->names, .files = options->files};
    json_write_init(&report->json);
    json_write_init(&report->hidden_json);
    screen_init(&report->screen, options->width, options->is_colored);
    enum status status =
        outlet_init(&report->findings, options->fd, "the findings", options->held_bytes_max);
    if (status == STATUS_OK)
        status = report_init_campaigns(report);
    if (status == STATUS_OK)
        status = report_init_hidden(report);
    if (status != STATUS_OK) {
        report_destroy(report);
        return status;
    }
    *out = report;
    return STATUS_OK;
}

void report_destroy(struct report *report)
{
    if (report == NULL)
        return;
    campaigns_destroy(report->campaigns);
    slab_deinit(&report->slab);
    hidden_destroy(report->hidden);
    json_write_deinit(&report->json);
    json_write_deinit(&report->hidden_json);
    screen_deinit(&report->screen);
    free(report->order);
    outlet_deinit(&report->findings);
    outlet_deinit(&report->hidden_findings);
    free(report);
}

void report_release(struct report *report)
{
    outlet_release(&report->findings);
    outlet_release(&report->hidden_findings);
}

bool report_is_overfull(const struct report *report)
{
    return report->findings.is_overfull || report->hidden_findings.is_overfull;
}

static void report_flush(struct report *report)
{
    if (!json_write_ok(&report->json) || !json_write_ok(&report->hidden_json) ||
        report->screen.has_failed) {
        fprintf(stderr, "spraywatch: out of memory while writing findings\n");
        report->status = STATUS_NO_MEMORY;
    }
    outlet_put(&report->findings, json_write_text(&report->json));
    json_write_reset(&report->json);
    outlet_put(&report->findings, slice_of(report->screen.text, report->screen.bytes));
    report->screen.bytes = 0;
    outlet_put(&report->hidden_findings, json_write_text(&report->hidden_json));
    json_write_reset(&report->hidden_json);
}

static int item_order(const void *left, const void *right)
{
    const struct order_item *const a = left, *const b = right;
    if (a->finding->position != b->finding->position)
        return a->finding->position < b->finding->position ? -1 : 1;
    if (a->detector != b->detector)
        return a->detector < b->detector ? -1 : 1;
    return (a->finding->key_index > b->finding->key_index) -
           (a->finding->key_index < b->finding->key_index);
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

static void report_advance(struct report *report, int64_t now_ns)
{
    campaigns_advance(report->campaigns, now_ns);
    if (report->hidden != NULL)
        hidden_advance(report->hidden, now_ns);
    if (report->options.trials != NULL)
        trials_advance(report->options.trials, now_ns);
}

static void report_note(struct report *report, const struct note *note, const char *text)
{
    if (report->options.trials != NULL)
        return; /* it is about no detector */
    /* Campaigns that fell quiet before it are told before it. */
    report_advance(report, note->now_ns);
    report_flush(report);
    outlet_put(&report->findings, slice_of(text, note->bytes));
}

static void report_give(struct report *report, const struct order_item *item)
{
    struct trials *const trials = report->options.trials;
    const bool is_loaded = item->detector == item->finding->detector;
    if (is_loaded && item->finding->allowance == 0)
        campaigns_take(report->campaigns, item->finding, item->members);
    else if (is_loaded)
        hidden_take(report->hidden, item->finding, item->members);
    if (trials != NULL)
        trials_take(trials, item->finding, item->members);
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
            report_give(report, &report->order[i]);
    }
}

static struct order_item report_item(const struct report *report, const struct findings *part,
                                     const struct finding *finding)
{
    return (struct order_item){
        .finding = finding,
        .members = part->members + finding->first_member,
        .detector = report->options.trials != NULL
                        ? trials_detector(report->options.trials, finding)
                        : finding->detector,
    };
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
                report->order[at++] = report_item(report, parts[i], &parts[i]->items[j]);
        }
        qsort(report->order, count, sizeof(*report->order), item_order);
    } else {
        count = 0;
    }
    report_merge(report, count, parts, parts_count);
    if (now_ns != INT64_MIN)
        report_advance(report, now_ns);
    report_flush(report);
}

void report_end(struct report *report)
{
    campaigns_end(report->campaigns);
    if (report->hidden != NULL)
        hidden_end(report->hidden);
    if (report->options.trials != NULL) {
        if (trials_end(report->options.trials) != STATUS_OK)
            report->status = STATUS_NO_MEMORY;
        return;
    }
    if (report->options.format == FORMAT_TABLE)
        screen_table(&report->screen);
    report_flush(report);
}

enum status report_status(const struct report *report)
{
    return report->status != STATUS_OK            ? report->status
           : report->findings.status != STATUS_OK ? report->findings.status
                                                  : report->hidden_findings.status;
}

bool report_is_unread(const struct report *report)
{
    return report->findings.is_unread;
}

struct campaigns *report_campaigns(struct report *report)
{
    return report->campaigns;
}

struct campaigns_counters report_counters(const struct report *report)
{
    return campaigns_counters(report->campaigns);
}

struct campaigns_counters report_hidden_counters(const struct report *report, size_t entry)
{
    return hidden_counters(report->hidden, entry);
}
