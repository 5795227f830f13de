/*
 * The readout: every record of the input, one after another, with what became of it.
 *
 * For the commands that explain instead of detecting: `classify` and `explain`. It drives the same
 * input, readers and schemas as the pipeline does, in one thread, and with all fields wanted. What
 * an item points to is valid until the next call.
 */
#pragma once

#include "engine/counters.h"
#include "engine/intake.h"
#include "engine/normalize.h"

enum readout_kind {
    READOUT_SIGN_IN,
    READOUT_NOT_SIGN_IN,
    READOUT_REJECTED, /* a record that could not be read, for `reason` */
    READOUT_DROPPED,  /* no record: what the splitter passed over before `position` */
};

struct readout_item {
    enum readout_kind kind;
    enum reject_reason reason;
    uint32_t source;                /* index of the source */
    struct event_position position; /* where it begins */
    const struct source_view *view; /* may be NULL */
    enum layout layout;
    const struct record *record; /* NULL for READOUT_DROPPED */
    const struct event *event;   /* of READOUT_SIGN_IN */
    bool is_code_unknown;        /* of READOUT_SIGN_IN: no row of the table has its code … */
    bool is_address_malformed;   /* … what stands in place of its source is no address */
    uint64_t too_long, broken;   /* of READOUT_DROPPED: pieces */
    uint64_t newlines_dropped;   /* of READOUT_DROPPED: line ends before `position` */
};

struct readout;

/* Mistakes become diagnostics, which are lent until the end. */
STATUS_CHECKED enum status readout_create(struct readout **out, const struct intake_words *words,
                                          struct diagnostics *diagnostics);
void readout_destroy(struct readout *readout);

/* False: nothing more; then `readout_status` says how it ended. */
bool readout_next(struct readout *readout, struct readout_item *item);
enum status readout_status(const struct readout *readout);

const struct schema_set *readout_schemas(const struct readout *readout);
const struct input *readout_input(const struct readout *readout);

/* A layout in words, for people. */
const char *readout_layout_text(enum layout layout);
