/*
 * The report: findings of all partitions in, campaigns out, in one order.
 *
 * For every span each detection thread hands over its findings; the report puts them in the order
 * of the attempts that caused them, lets the campaigns take them and writes what is new. It is the
 * only stage that writes to the output. With trials it writes nothing: they hear of the campaigns,
 * and have some of their own. One thread.
 */
#pragma once

#include "engine/alert.h"
#include "engine/detect.h"
#include "engine/options.h"
#include "engine/trials.h"

struct report;

struct report_options {
    const struct ruleset *ruleset;
    const struct names *names;
    const char *const *files;
    int fd;                    /* where documents or the table go */
    enum output_format format; /* FORMAT_TABLE or FORMAT_JSONL */
    unsigned width;            /* columns, for the table */
    bool is_colored;
    int64_t quiet_ns;
    size_t bytes_max;
    size_t held_bytes_max; /* of output to hold back until `report_release`; 0: hold nothing back */
    /* With allow entries: where what they hide goes, -1: nowhere; and memory for it. */
    int hidden_fd;
    size_t hidden_bytes_max, hidden_held_bytes_max;
    struct trials *trials; /* hear of all campaigns, and nothing is written; or NULL */
};

STATUS_CHECKED enum status report_create(struct report **out, const struct report_options *options);
void report_destroy(struct report *report);

/* All parts belong to one span. Written at once, so that no alert waits for the next. */
void report_take(struct report *report, struct findings *const *parts, size_t parts_count);

/* Nothing follows: open campaigns are told a last time, and the table is written. */
void report_end(struct report *report);

/* With `held_bytes_max`: writes what was held back. Once, when nothing follows. */
void report_release(struct report *report);

/* There was more to hold back than was allowed. Nothing more is held, and nothing was written. */
bool report_is_overfull(const struct report *report);

/* STATUS_IO when an output cannot be written, STATUS_NO_MEMORY when something was lost. */
enum status report_status(const struct report *report);

/* The reader of the findings has gone away (EPIPE): no error, but there is no use in going on. */
bool report_is_unread(const struct report *report);

/* Lent, before the first span and after the end. */
struct campaigns *report_campaigns(struct report *report);

struct campaigns_counters report_counters(const struct report *report);

/* The same of what an allow entry hides, by its number - 1. */
struct campaigns_counters report_hidden_counters(const struct report *report, size_t entry);
