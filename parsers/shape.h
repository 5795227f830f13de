/*
 * A shape: one way in which a vendor's records are laid out, compiled from a schema file.
 *
 * Filled at start-up, immutable afterwards, any thread. It says how to know the records, which
 * slots of a record hold which field of the event, and how the vendor tells whether the password
 * was met. Texts are lent by the document it was read from.
 */
#pragma once

#include "parsers/codes.h"
#include "parsers/path.h"
#include "parsers/telltale.h"

enum {
    SHAPE_PATHS_MAX = 8,
    SHAPE_JOINED_MAX = 4,    /* parts of a joined code or id */
    SHAPE_DATASETS_MAX = 48, /* dataset values of one shape */
    SHAPE_ABSENT_MAX = 16,
    PROOF_KEYS_MAX = 8,
    PROOF_RULES_MAX = 32,
    PROOF_TESTS_MAX = 4, /* tests of one rule */
    DATASETS_MAX = 128,  /* of all schemas together */
    DATASET_NONE = DATASETS_MAX,
};

/* One kind of sign-in log. */
struct dataset {
    const char *name;
    bool has_interactive, interactive;
    uint8_t success_verdict; /* VERDICT_COUNT: what the code table says */
    uint32_t wanted;         /* fields of its events that others' need not have: a bit mask */
};

struct datasets {
    size_t count;
    struct dataset items[DATASETS_MAX];
};

/* Texts that stand for nothing. */
struct absent_texts {
    uint64_t lengths; /* bit n: one of them has n bytes */
    size_t count;
    struct slice items[SHAPE_ABSENT_MAX];
};

/* Where a field of the event is looked for: the first slot that holds something. */
struct field_paths {
    uint8_t count; /* 0: the field is not wanted, or the shape does not have it */
    bool only_on_failure;
    bool once_per_address;
    uint8_t slots[SHAPE_PATHS_MAX];
    struct slice otherwise;            /* what it is when no slot holds anything; empty: absent */
    const struct absent_texts *absent; /* beside those of the schema; NULL: none */
};

/* Of a joined field, the parts behind the first, which is that of `shape.fields`; of a joined time,
 * all. */
struct field_join {
    size_t count;
    struct field_paths parts[SHAPE_JOINED_MAX - 1];
};

struct proof_test {
    uint8_t key;    /* slot of the element's record */
    bool is_prefix; /* it was written with a `*` at its end */
    struct slice text;
};

struct proof_rule {
    uint8_t verdict;
    uint8_t tests_count;
    struct proof_test tests[PROOF_TESTS_MAX];
};

/* A list in the record whose elements tell how the password was met. */
struct proof {
    struct json_paths *paths; /* of one element; owned; NULL: the shape has no proof */
    uint8_t slot;             /* of the list */
    size_t keys_count; /* of an element that some rule looks at: slots 0, 1, … of its record */
    size_t rules_count;
    struct proof_rule rules[PROOF_RULES_MAX];
};

struct shape {
    struct slice name;
    const struct codes *codes;
    const struct absent_texts *absent;
    struct telltales telltales;

    bool is_no_sign_in; /* its records are known, and nothing to look at */
    bool has_dataset_slot;
    uint8_t dataset_slot;
    uint8_t dataset_otherwise; /* DATASET_NONE: the record is of another kind */
    size_t dataset_values_count;
    struct {
        struct slice value;
        uint8_t dataset;
    } dataset_values[SHAPE_DATASETS_MAX];

    struct field_paths fields[FIELD_COUNT];
    uint32_t
        local_times; /* bit n: the n-th path of @timestamp has times of --tz when they name none */
    struct field_join code_join, id_join;
    struct field_join
        time_join;      /* date, time and zone, when no path of @timestamp holds anything */
    size_t texts_count; /* plain text fields: the wanted ones only */
    uint8_t texts[FIELD_COUNT];
    struct slice quiet_code; /* empty: none */
    uint8_t witness_flags;   /* EVENT_BY_HOST, EVENT_BY_AUTHORITY, or 0 */
    struct proof proof;
};

/* What all shapes of a schema file share, and where they put what they need. */
struct shape_surroundings {
    const struct codes *codes;
    const struct code_tables *tables;
    const struct absent_texts *absent;
    const struct datasets *datasets;
    struct path_slots *slots;
    struct path_slots *unused; /* where the paths of fields go that nobody wants */
    bool is_mapping;           /* the user's own: a shape may say nothing about its records, … */
    uint32_t wanted;           /* bit mask over enum event_field */
};

/* Reads a list of texts that stand for nothing; there must be room for them. */
void absent_read(struct absent_texts *absent, const struct reading *reading,
                 const struct node *node);

/* Reads one item of `shapes:`. Mistakes become diagnostics; STATUS_NO_MEMORY is the only failure.
 * The shape must be given to `shape_deinit` in any case. */
STATUS_CHECKED enum status shape_read(struct shape *shape, const struct reading *reading,
                                      const struct node *node,
                                      const struct shape_surroundings *surroundings);
void shape_deinit(struct shape *shape);

/* When the record's reading may stop for this shape (see `json_stop`). `slots` are those that it
 * was read with. */
struct json_stop shape_stop(const struct shape *shape, const struct path_slots *slots);

/* The text of `dataset:` for records that are recognised and known to be no sign-ins. */
#define SHAPE_NO_DATASET "none"
