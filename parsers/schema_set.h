/*
 * The schema set: every vendor's schema, and which of them a record belongs to.
 *
 * Made at start-up from the YAML files of parsers/schemas/, which are part of the program, and at
 * most one mapping of the user's own; immutable afterwards and shared by all threads.
 *
 * Which schema reads a record is a function of the head of its source and the record alone:
 *
 * - The input stage asks `schema_set_recognise` whose records a source begins with, and puts the
 *   answer into the `source_view` that travels with its blocks.
 * - A record that this schema knows (the telltales of one of its shapes hold) is read by it.
 * - Any other record is asked for the telltales of all schemas of its format, in the order of
 *   parsers/schemas/meson.build, and read once more by the first that knows it. So streams that mix
 *   vendors are read in full; they only take longer.
 * - A schema that the user has named reads all records of all sources, and no other is asked.
 *
 * Datasets are numbered over all schemas: `event.dataset` is an index into the one list.
 */
#pragma once

#include "parsers/schema.h"

struct schema_set;

/* All event fields: whoever wants these gets records that were read whole. */
#define SCHEMA_WANTED_ALL ((UINT32_C(1) << FIELD_COUNT) - 1)

/* One schema or code table, for messages and tests. */
struct schema_text {
    const char *path; /* shown in messages; "builtin:NAME.yml" for shipped files */
    struct slice text;
};

struct schema_set_options {
    /* The event fields that somebody needs (a bit mask over enum event_field); only their paths are
     * extracted. Time, account, source, event id, code and outcome are always wanted.
     *
     * What an event says does not depend on which fields are wanted beside it, with one exception
     * that is a choice for speed. A success is read no further than its fields of every day: those
     * that the schema marks `only-on-failure` (the reason) are absent from it, and its verdict is
     * that of its code, `right`. With SCHEMA_WANTED_ALL they are read, and a success whose first
     * factor came from an earlier sign-in has the verdict `untested`. Failures are always read in
     * full. */
    uint32_t wanted;

    /* What is needed of the records of one dataset beside those; NULL: nothing. Asked while the set
     * is made. */
    uint32_t (*wanted_of)(void *self, struct slice dataset);
    void *self;

    /* A mapping that the user wrote: the grammar of a schema, but shapes need no `when`. Its
     * records have the format given, whatever it says of formats. NULL: none. */
    const struct schema_text *mapping;
    enum format mapping_format;
};

STATUS_CHECKED enum status schema_set_create(struct schema_set **out,
                                             const struct schema_set_options *options,
                                             struct diagnostics *diagnostics);

/* The same over texts given by the caller only. */
STATUS_CHECKED enum status schema_set_create_from_texts(struct schema_set **out,
                                                        const struct schema_text *texts,
                                                        size_t count,
                                                        const struct schema_set_options *options,
                                                        struct diagnostics *diagnostics);
void schema_set_destroy(struct schema_set *set);

/* Names of datasets ("entra.signin", …); `event.dataset` is an index into them. */
size_t schema_set_datasets_count(const struct schema_set *set);
const char *schema_set_dataset_name(const struct schema_set *set, size_t dataset);

/* Schemas in the order they are asked in. The user's mapping is the last one. */
size_t schema_set_count(const struct schema_set *set);
const struct schema *schema_set_at(const struct schema_set *set, size_t index);

/* SCHEMA_NONE when there is none of that name. */
uint8_t schema_set_find(const struct schema_set *set, struct slice name);

/* Whose record the text of a source begins with: the first schema that knows one of the first
 * records of `head`, which has LIMIT_VECTOR_PADDING readable bytes behind it. SCHEMA_NONE: no
 * schema knows any. */
uint8_t schema_set_recognise(const struct schema_set *set, struct schema_scratch *scratch,
                             const struct source_view *view, struct slice head);

/* Of a source of CSV whose first row is a record: puts the columns that its schema tells, and the
 * schema, into the view. Nothing changes when the schema that is in the view finds a column of its
 * own in the first row, or when no schema with such columns knows the first records. */
void schema_set_tell_columns(const struct schema_set *set, struct schema_scratch *scratch,
                             struct source_view *view, struct slice head);

/* Whether dates with slashes have the day first, in a source of which `head` is the beginning: at
 * least one of its sign-ins has a first number above twelve, and none a second one. The view has a
 * schema. */
bool schema_set_is_day_first(const struct schema_set *set, struct schema_scratch *scratch,
                             const struct source_view *view, struct slice head);

/* Whose record this is, by the telltales of all schemas. `record` was read with any paths. */
uint8_t schema_set_classify(const struct schema_set *set, struct schema_scratch *scratch,
                            const struct source_view *view, enum layout layout,
                            const struct record *record);

/* The paths to read a block's records with. `view` may be NULL. */
const struct format_paths *schema_set_paths(const struct schema_set *set,
                                            const struct source_view *view, enum layout layout);

/* Fills `event` from a record that was read with these paths; see `schema_apply`. */
enum schema_result schema_set_apply(const struct schema_set *set, struct schema_scratch *scratch,
                                    const struct source_view *view, enum layout layout,
                                    struct record *record, struct event *event);

/* The schema that a record is read by: what `schema_set_apply` goes by. NULL: none knows it. */
const struct schema *schema_set_schema_of(const struct schema_set *set,
                                          struct schema_scratch *scratch,
                                          const struct source_view *view, enum layout layout,
                                          const struct record *record);
