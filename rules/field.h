/*
 * Fields as rules name them: the ECS fields of an event, and every other name as it stands in the
 * original record.
 *
 * A name that is no ECS field becomes a slot of a `field_table`, with the ways to its value: an
 * alias of the rule's log source (rules/logsource.h), the key of exactly this name, the path with a
 * key at each dot. The first way that leads somewhere counts. Only records of matched rules' fields
 * are read, RECORD_FIELDS_MAX paths at a time (a *pass*), and only when a rule asks.
 *
 * The table is filled while rules are compiled (one thread), then immutable and shared. A
 * `field_reader` belongs to one matcher.
 */
#pragma once

#include "engine/base/arena.h"
#include "parsers/format.h"
#include "rules/event_value.h"

enum {
    RULE_FIELD_RECORD = FIELD_COUNT,    /* the whole record as written: keywords */
    RULE_FIELD_PAIRS = FIELD_COUNT + 1, /* comparisons of two fields: see rules/pair.h */
    RULE_FIELD_RAW = FIELD_COUNT + 2,   /* and all that follow */
    RULE_FIELDS_MAX = 1024,
    RULE_FIELD_NAME_BYTES_MAX = 200,
    FIELD_WAYS_MAX = 32, /* a name or alias with n dots has 2 + n */
    FIELD_PASSES_MAX = 40,
    FIELD_TEXT_BYTES = 16 * 1024, /* a raw value longer than this is cut, on a character */
};

struct field_way {
    bool is_event; /* the ECS field `event` … */
    uint8_t pass;  /* … or this slot of this pass */
    uint16_t slot;
    enum event_field event;
    struct json_paths *rest; /* not NULL: the slot holds a list of objects; this is in each */
};

struct raw_field {
    const char *name;
    const void *scope;  /* the aliases it was found with; NULL: none */
    const char **names; /* the name and its aliases, for people */
    size_t names_count;
    unsigned ways_count;
    struct field_way ways[FIELD_WAYS_MAX];
};

struct field_pass {
    size_t count, keys_count;
    struct record_path paths[RECORD_FIELDS_MAX];
    struct format_paths compiled[FORMATS_COUNT]; /* each for its format alone */
};

struct field_table {
    size_t fields_count; /* raw ones */
    struct raw_field *fields;
    size_t passes_count;
    struct field_pass *passes;
};

STATUS_CHECKED enum status field_table_init(struct field_table *table);
void field_table_deinit(struct field_table *table);

/* The slot of a name: an event field, or a new or old raw one. `aliases` are further names for it,
 * ECS or raw, asked first; `scope` tells apart the same name with other aliases. STATUS_CONFIG: the
 * table is full or the name too long. */
STATUS_CHECKED enum status field_table_take(struct field_table *table, struct arena *arena,
                                            struct slice name, const void *scope,
                                            const struct slice *aliases, size_t aliases_count,
                                            unsigned *field);

/* Compiles the passes, when all fields are known. */
STATUS_CHECKED enum status field_table_build(struct field_table *table);

/* The name of any rule field, for messages. */
const char *field_table_name(const struct field_table *table, unsigned field);

/* The event fields that raw ones can lead to. */
uint32_t field_table_event_fields(const struct field_table *table);

/* ---- reading ------------------------------------------------------------------------------ */

/* One record with the event made of it. Without a record (`text` empty), raw fields are absent. */
struct subject {
    const struct event *event;
    struct slice text; /* the whole record, followed by LIMIT_VECTOR_PADDING readable bytes */
    const struct source_view *view;
    enum layout layout;
};

/* A value of a field. A list gives one after the other. */
struct rule_value {
    struct slice text;
    bool exists;                   /* the key is there … */
    bool is_null;                  /* … but holds nothing */
    bool is_number;                /* written without quotes */
    bool is_list;                  /* `text` is a JSON list of values */
    const struct json_paths *rest; /* of a list of objects: where in each the value is */
};

struct field_reader;
STATUS_CHECKED enum status field_reader_create(struct field_reader **out,
                                               const struct field_table *table);
void field_reader_destroy(struct field_reader *reader);

/* Forgets the record before. */
void field_reader_begin(struct field_reader *reader, const struct subject *subject);

/* The value of a raw field; its text is valid until the next call. */
struct rule_value field_reader_value(struct field_reader *reader, unsigned field,
                                     struct dataset_names datasets);

/* The values of a list: calls `take` for each. Lists within it are taken apart too. */
void field_reader_each(struct field_reader *reader, const struct rule_value *list,
                       void (*take)(void *self, const struct rule_value *value), void *self);
