/*
 * How a record was read: its schema and shape, and where each field's value came from.
 *
 * For `explain` and `classify`, which tell people; nothing on the event path asks for it. It goes
 * by the same tables as `schema_apply`, over the whole record. Values are as they stand in the
 * record, valid until the next call with this scratch; give it a scratch of its own, for the
 * event's texts lie in the one that made the event.
 */
#pragma once

#include "parsers/schema_set.h"

struct traced_field {
    bool is_asked;          /* the shape has this field */
    const char *path;       /* of the value, as in the schema; NULL: no path held anything */
    struct slice otherwise; /* what it is then; empty: absent */
    struct field_value value;
};

/* Why a shape makes no event of the record. */
struct traced_miss {
    const struct shape *shape;
    const struct telltale *condition; /* that does not hold; NULL: all do, … */
    const char *path;                /* … and it has no dataset for what this path holds; or, with
                                        `path` NULL, its records are no sign-ins */
    const struct field_value *value; /* of the condition's or dataset's path; NULL: absent */
};

enum { TRACED_PARTS_MAX = SHAPE_JOINED_MAX - 1 };

struct schema_trace {
    const struct schema *schema; /* NULL: no schema knows the record */
    const struct shape *shape;   /* NULL: the schema knows it, but as no sign-in */
    struct traced_field fields[FIELD_COUNT];
    /* Of a joined field, what stands behind the first part, which is that of `fields`. */
    struct traced_parts {
        size_t count;
        struct traced_field items[TRACED_PARTS_MAX];
    } code_parts, time_parts;
    /* Of a record that no shape makes an event of: the shapes that were asked, those of the schema,
     * or else of its source's schema. */
    const struct schema *asked;
    const struct record *record; /* as it was read for them; NULL: it cannot be read */
    size_t misses_count;
    struct traced_miss misses[SCHEMA_SHAPES_MAX];
};

void schema_trace(struct schema_trace *trace, const struct schema_set *set,
                  struct schema_scratch *scratch, const struct source_view *view,
                  enum layout layout, const struct record *record);
