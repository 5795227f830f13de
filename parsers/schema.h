/*
 * A schema: one vendor's fields to event fields, from one YAML file of parsers/schemas/.
 *
 * Made by `schema_set` (`parsers/schema_set.h`), which knows all of them; immutable afterwards and
 * shared by all workers. `schema_apply` is a pure function of record and schema; its scratch
 * belongs to one worker. `docs/schemas.md` is how to write one.
 */
#pragma once

#include "engine/base/status.h"
#include "engine/vocabulary.h"
#include "parsers/containers.h"
#include "parsers/format.h"
#include "parsers/shape.h"
#include "parsers/timestamp.h"

enum { SCHEMA_SHAPES_MAX = 48 };

struct schema {
    struct slice name;
    unsigned formats; /* bit n: its records come in enum format n */
    /* Of CSV whose first row is a record: a row of names for each delimiter, with
     * LIMIT_VECTOR_PADDING readable bytes behind; empty: the first row has the names. */
    struct slice columns[CSV_DELIMITERS_COUNT];
    bool whole;       /* all fields are wanted: nothing is only for failures */
    bool reads_whole; /* records are read to their end */
    struct path_slots slots;
    struct format_paths paths;       /* reading stops when all wanted fields are known */
    struct format_paths paths_whole; /* the same slots, and records are read to their end */
    size_t shapes_count;
    struct shape *shapes;
    struct absent_texts absent;
    const struct codes *codes;
    const struct datasets *datasets; /* of all schemas */
};

/* What all schemas of a set share. */
struct schema_surroundings {
    struct code_tables *tables;
    struct datasets *datasets;
    struct path_slots *unused; /* scratch */
    bool is_mapping;           /* shapes need not say by what their records are recognised */
    uint32_t wanted;           /* bit mask over enum event_field */
    /* Wanted beside these of a dataset's records; NULL: nothing. */
    uint32_t (*wanted_of)(void *self, struct slice dataset);
    void *self;
};

/* Fills a zeroed schema, whose `whole` and `reads_whole` are set, from a document. Mistakes become
 * diagnostics; STATUS_NO_MEMORY is the only failure. It must be given to `schema_deinit` in any
 * case. */
STATUS_CHECKED enum status schema_read(struct schema *schema, const struct reading *reading,
                                       const struct node *root,
                                       const struct schema_surroundings *surroundings);

/* Compiles the paths of a schema without mistakes. STATUS_CONFIG, with a diagnostic, when one of
 * them cannot be followed. */
STATUS_CHECKED enum status schema_compile(struct schema *schema, const struct reading *reading);
void schema_deinit(struct schema *schema);

enum schema_result {
    SCHEMA_EVENT,
    SCHEMA_NOT_SIGN_IN, /* another kind of record, for instance an audit event */
    SCHEMA_NO_TIME,     /* a sign-in without any time */
    SCHEMA_BAD_TIME,    /* its time cannot be read, or is no real time */
    SCHEMA_NO_OUTCOME,  /* neither code nor result: cannot be judged */
    SCHEMA_FOREIGN,     /* no record of this schema; never an answer of `schema_set_apply` */
    SCHEMA_RESULT_COUNT
};
const char *schema_result_name(enum schema_result result); /* "no_time", … for the summary */

/* Scratch of one worker: decoded texts of the current event. */
struct schema_scratch;
STATUS_CHECKED enum status schema_scratch_create(struct schema_scratch **out,
                                                 size_t line_bytes_max);
void schema_scratch_destroy(struct schema_scratch *scratch);

/* What the reader may remember between the records of one source; forgotten when `source` is
 * another one than at the call before. For json_reader.memory. */
const struct json_memory *schema_memory(struct schema_scratch *scratch, uint32_t source);

/* What schemas met with this scratch, in events. */
struct schema_counters {
    uint64_t addresses_malformed; /* left without source: what stood there is no address */
    uint64_t codes_unknown;       /* their code or result is not in the code table */
};
struct schema_counters schema_counters(const struct schema_scratch *scratch);

/* Fills `event` from `record`, which was read with the schema's `paths`; slots that come out of
 * containers are added to it. The view, which may be NULL, says what times leave out. The event's
 * slices are valid until the next call with this scratch and as long as the record's block. A code
 * that the table does not know is OUTCOME_OTHER_FAILURE.
 */
enum schema_result schema_apply(const struct schema *schema, struct schema_scratch *scratch,
                                const struct source_view *view, struct record *record,
                                struct event *event);

/* The same for a record that was read with other paths: its text is read once more. */
enum schema_result schema_apply_anew(const struct schema *schema, struct schema_scratch *scratch,
                                     const struct source_view *view, enum layout layout,
                                     const struct record *record, struct event *event);

/* ---- For whoever explains how a record is read (`parsers/schema_trace.h`) ------------------ */

/* The whole record's slots, containers opened, valid until the next call with this scratch. NULL:
 * it cannot be read again. */
const struct record *schema_reread(const struct schema *schema, struct schema_scratch *scratch,
                                   const struct source_view *view, enum layout layout,
                                   struct slice text);

/* The shape that makes an event of the record; NULL: none does. `*is_known`: it is a record of this
 * schema all the same. */
const struct shape *schema_shape_of(const struct schema *schema, struct schema_scratch *scratch,
                                    const struct record *record, bool *is_known);

/* The slot that a field's value is taken from; SLOT_NONE when none holds anything. */
unsigned schema_slot_of(const struct shape *shape, struct schema_scratch *scratch,
                        const struct record *record, enum event_field field,
                        const struct field_paths *paths);

/* What the record's time tells of the order of day and month, if it is a sign-in. */
enum timestamp_order schema_time_order(const struct schema *schema, struct schema_scratch *scratch,
                                       struct record *record);

/* Room for whoever looks at a record before it has a schema. */
struct container_room *schema_scratch_room(struct schema_scratch *scratch);
struct record *schema_scratch_record(struct schema_scratch *scratch);
struct format_scratch *schema_scratch_formats(struct schema_scratch *scratch);
