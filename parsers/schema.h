/*
 * A schema: vendor fields to event fields, driven by the YAML files of parsers/schemas/.
 *
 * `schema_create` reads the embedded files once; the result is immutable and shared by all workers.
 * `schema_apply` is a pure function of record and schema; its scratch belongs to one worker.
 */
#pragma once

#include "engine/base/status.h"
#include "engine/vocabulary.h"
#include "parsers/json.h"

struct schema;

/* All event fields: whoever wants these gets records that were read whole. */
#define SCHEMA_WANTED_ALL ((UINT32_C(1) << FIELD_COUNT) - 1)

/* `wanted`: the event fields that somebody needs (a bit mask over enum event_field); only their
 * paths are extracted. Time, account, source, event id, code and outcome are always wanted.
 *
 * What an event says does not depend on which fields are wanted beside it, with one exception that
 * is a choice for speed. A success is read no further than its fields of every day: those that the
 * schema marks `only-on-failure` (the reason) are absent from it, and its verdict is that of its
 * code, `right`. With SCHEMA_WANTED_ALL they are read, and a success whose first factor came from
 * an earlier sign-in has the verdict `untested`. Failures are always read in full. */
STATUS_CHECKED enum status schema_create(struct schema **out, uint32_t wanted,
                                         struct diagnostics *diagnostics);

/* One schema or code table, for messages and tests. */
struct schema_text {
    const char *path; /* shown in messages; "builtin:NAME.yml" for shipped files */
    struct slice text;
};

/* The same over texts given by the caller only. */
STATUS_CHECKED enum status schema_create_from_texts(struct schema **out,
                                                    const struct schema_text *texts, size_t count,
                                                    uint32_t wanted,
                                                    struct diagnostics *diagnostics);
void schema_destroy(struct schema *schema);

const struct json_paths *schema_paths(const struct schema *schema);

/* Names of datasets ("entra.signin", …); `event.dataset` is an index into them. */
size_t schema_datasets_count(const struct schema *schema);
const char *schema_dataset_name(const struct schema *schema, size_t dataset);

enum schema_result {
    SCHEMA_EVENT,
    SCHEMA_NOT_SIGN_IN, /* another kind of record, for instance an audit event */
    SCHEMA_NO_TIME,     /* a sign-in without any time */
    SCHEMA_BAD_TIME,    /* its time cannot be read, or is no real time */
    SCHEMA_NO_OUTCOME,  /* neither code nor result: cannot be judged */
    SCHEMA_RESULT_COUNT
};
const char *schema_result_name(enum schema_result result); /* "no_time", … for the summary */

/* Scratch of one worker: decoded texts of the current event. */
struct schema_scratch;
STATUS_CHECKED enum status schema_scratch_create(struct schema_scratch **out);
void schema_scratch_destroy(struct schema_scratch *scratch);

/* What `schema_apply` met with this scratch, in events. */
struct schema_counters {
    uint64_t addresses_malformed; /* left without source: what stood there is no address */
    uint64_t codes_unknown;       /* their code or result is not in the code table */
};
struct schema_counters schema_counters(const struct schema_scratch *scratch);

/* Fills `event` from `record`; its slices are valid until the next call with this scratch and as
 * long as the record's block. A code that the table does not know is OUTCOME_OTHER_FAILURE. */
enum schema_result schema_apply(const struct schema *schema, struct schema_scratch *scratch,
                                const struct record *record, struct event *event);
