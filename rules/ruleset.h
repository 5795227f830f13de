/*
 * A ruleset: all rule documents, checked and compiled. Immutable after `ruleset_create`, shared by
 * all threads; one `struct matcher` (see `rules/match.h`) per worker reads it.
 *
 * Rules are Sigma documents (docs/rules.md). Base rules say which events count; detectors are Sigma
 * correlations over base rules, most with the `spraywatch:` block that chooses a kind and its
 * parameters.
 */
#pragma once

#include "engine/base/status.h"
#include "engine/vocabulary.h"

enum {
    RULE_DOCUMENTS_MAX = 16384,
    RULES_MAX = 64, /* base rules of detectors: their matches are one 64-bit mask */
    DETECTORS_MAX = 64,
    DETECTOR_KEY_FIELDS_MAX = 4,
    DETECTOR_KEYS_MAX = 6,
    DETECTOR_SPANS_MAX = 4,
    CORRELATION_SOURCES_MAX = 64, /* rules of one correlation: their bits are one 64-bit mask */
    CORRELATION_PARTS_MAX = 8,    /* fields of `group-by` */
    CORRELATION_COUNTED_MAX = 4,  /* fields counted together */
    DRAWS_MAX = 128,
    DRAW_WORDS = DRAWS_MAX / 64,
    ALLOWANCES_MAX = 127, /* an attempt keeps the number of one in seven bits */
};

enum detector_kind {
    DETECTOR_COUNT,              /* the correlation's own condition and nothing else */
    DETECTOR_SOURCE_FANOUT,      /* D1 */
    DETECTOR_DISTRIBUTED,        /* D3 */
    DETECTOR_CONFIRMED_PASSWORD, /* D5 */
    DETECTOR_SURGE,              /* D6 */
    DETECTOR_LOW_AND_SLOW,       /* D2 */
    DETECTOR_ENUMERATION,        /* D4 */
    DETECTOR_LOCKOUT_STORM,      /* D7 */
    DETECTOR_KNOWN_SOURCE,       /* D8 */
    DETECTOR_SHIFT,              /* a tenant's level of foreign failures changes */
};

/* Detectors are of the first two alone. */
enum correlation_type {
    CORRELATION_EVENT_COUNT,
    CORRELATION_VALUE_COUNT,
    CORRELATION_VALUE_SUM,
    CORRELATION_VALUE_AVG,
    CORRELATION_VALUE_MEDIAN,
    CORRELATION_VALUE_PERCENTILE,
    CORRELATION_TEMPORAL,
    CORRELATION_TEMPORAL_ORDERED,
};

/* What a window is kept for: the values of these fields together. */
struct detector_key {
    enum event_field fields[DETECTOR_KEY_FIELDS_MAX];
    unsigned fields_count;
};

/* `min` and `max` are inclusive; INT64_MIN and INT64_MAX stand for "no bound". */
struct count_range {
    int64_t min, max;
};

/* Parameters of the `spraywatch:` block, by kind; the defaults are one table in rules/extension.c
 * and stand in docs/rules.md. */
struct detector_params {
    double attempts_per_account_max; /* attempts-per-account: { lte } */
    double known_good_floor;  /* known-good: { floor, sqrt, share } : D1's threshold is      */
    double known_good_sqrt;   /*   max(floor, sqrt * √P, share * P) accounts, P = accounts   */
    double known_good_share;  /*   that have signed in from the source before                */
    double success_share_max; /* success-share: { lte } : succeeded / (succeeded + failed)   */
    int64_t sources_min;      /* sources: { gte } */
    double sources_per_account_min; /* sources-per-account: { gte } */
    double ratio_min;               /* ratio: { gte } over the key's own baseline */
    double ratio_elevated;          /* ratio: { elevated } */
    double z_min;                   /* z: { gte } robust z-score */
    int64_t accounts_min;           /* accounts: { gte } floor of distinct accounts */
    int64_t accounts_longer;        /* accounts: { longer } in the spans after the first */
    int64_t accounts_known;         /* accounts: { known } from sources of earlier campaigns */
    double unknown_share_min;       /* unknown-share: { gte } : attempts on unknown accounts */
    double cusum_rise;              /* cusum: { rise } : the factor it is tuned to */
    double cusum_alarm;             /* cusum: { alarm } : the sum at which it fires */
    int64_t history_min_ns;         /* history: how long a baseline must have been learned */
    int64_t memory_ns;              /* memory: how long an account stays watched after an attempt */
};

/* Texts owned by the set. */
struct rule_texts {
    const char *const *items;
    size_t count;
};

struct detector {
    const char *id, *name, *title, *description, *author,
        *level; /* "" when absent; owned by the set */
    const char *const *tags;
    unsigned tags_count;
    /* Whom a finding names: its own author and those of the rules that it counts. Of these, people
     * are told of the authors of given rules, not of shipped ones. */
    struct rule_texts authors, given_authors;
    unsigned severity; /* 0…100, from the level: see rules/header.c */
    enum detector_kind kind;
    enum correlation_type type;
    uint64_t rules;                              /* base rules whose matches count */
    struct detector_key keys[DETECTOR_KEYS_MAX]; /* group-by first, then also-by */
    unsigned keys_count;
    int64_t spans_ns[DETECTOR_SPANS_MAX]; /* timespan first, then also-timespan */
    unsigned spans_count;
    enum event_field counted; /* value_count: the field whose distinct values count */
    struct count_range condition;
    struct detector_params params;
};

/* A set of event fields, as a bit mask over `enum event_field`. */
typedef uint32_t field_set;
_Static_assert(FIELD_COUNT <= 32, "field_set has a bit for every field");

/* What a rule says of itself. Texts are "" when absent and owned by the set. */
struct rule_head {
    const char *id, *name, *title, *description, *author, *level;
    const char *status, *license, *date, *modified;
    const char *product, *service, *category; /* of its log source */
    const char *const *tags;
    unsigned tags_count;
    struct rule_texts references;
    unsigned severity; /* 0…100, from the level: see rules/header.c */
    const char *path;  /* of its file; "builtin:NAME.yml" for a shipped one */
    uint32_t line;     /* where its document begins */
};

struct expression; /* rules/condition.h */

enum rule_sort { SORT_RULE, SORT_CORRELATION, SORT_DETECTOR, SORT_FILTER };

/* One document of the set, for people: what no other replaces. */
struct rule_entry {
    const struct rule_head *head;
    enum rule_sort sort;
    size_t index;                 /* of the rule, correlation or detector */
    struct rule_texts conditions; /* of a rule or filter, as written; several: one must hold */
    struct rule_texts rules;      /* that others than rules name, as written */
    const struct expression *expression; /* of a rule, with its filters, or of a filter */
};

/* ---- correlations that are no detectors ---------------------------------------------------- */

/* A value that workers draw from the events of certain rules, for correlations. */
struct draw {
    unsigned field; /* a rule field (rules/field.h) */
    bool is_number;
};

/* What a condition says of a number: a count; or for sums, means and percentiles, millionths. A
 * bound is inclusive unless it is open; INT64_MIN and INT64_MAX stand for "none". */
struct correlation_bounds {
    int64_t min, max;
    bool min_is_open, max_is_open; /* of means alone: all else is whole */
    bool has_neq;
    int64_t neq;
};

/* One of the `rules`. Where the parts of the key and the counted values come from: for a rule,
 * draws; for a correlation, parts of its own key. */
struct correlation_source {
    bool is_correlation;
    uint32_t index; /* of the rule or the correlation */
    uint16_t parts[CORRELATION_PARTS_MAX];
    uint16_t counted[CORRELATION_COUNTED_MAX];
};

/* How sources may follow each other in time (rules/row.h): from a place one goes on to those that
 * have it among `before`, which stand behind it. */
struct correlation_row {
    unsigned places_count;
    uint64_t first, last;               /* where a way begins and ends, a bit for each place */
    const struct expression *forbidden; /* over sources seen in the window; NULL: nothing is */
    struct {
        uint8_t source; /* position among the sources */
        uint64_t before;
    } places[CORRELATION_SOURCES_MAX];
};

struct correlation {
    struct rule_head head;
    struct rule_texts authors, given_authors; /* as of a detector */
    enum correlation_type type;
    bool reports;          /* false: others count it, and none of them has `generate: true` */
    bool is_judged_at_end; /* of its windows; else at each event */
    int64_t span_ns;
    struct correlation_bounds bounds;
    unsigned percentile;                 /* 0 … 100 */
    const struct expression *expression; /* temporal: over sources, by bit; NULL: bounds */
    const struct correlation_row *row;   /* temporal_ordered */
    const char *const *parts;            /* names of the key's fields, as written */
    unsigned parts_count;
    const char *const *counted; /* names of the counted fields, as written */
    unsigned counted_count;
    struct correlation_source *sources;
    unsigned sources_count;
};

/* ---- what is allowed ------------------------------------------------------------------------- */

/* An entry of `allow`. Its attempts raise no alert; what they would have raised is told apart from
 * the rest. Known by its number, which is 1 for the first; 0 stands for none. */
struct allowance {
    const char *name; /* "" when absent; owned by the set, as all texts */
    const char *reason;
    const char *path; /* of its file */
    uint32_t line;
    int64_t from_ns, until_ns; /* in force at event times from … until, both included; INT64_MIN and
                                  INT64_MAX stand for "no bound" */
    const struct expression *expression; /* whose attempts */
};

struct ruleset; /* opaque: compiled predicates and patterns */

/* One text to compile rules from, for messages and replacement by name. */
struct rule_text {
    const char *path; /* shown in messages; "builtin:NAME.yml" for shipped rules */
    struct slice text;
};

/*
 * Compiles the shipped rules and then `directory`'s (NULL: none), whose documents add to them or
 * replace those with the same `id` or `name`. Every mistake of every document is added to
 * `diagnostics`; STATUS_CONFIG when there was an error, and then `*out` is not set. This is the
 * one path for start-up and for `validate`.
 */
STATUS_CHECKED enum status ruleset_create(struct ruleset **out, const char *directory,
                                          struct diagnostics *diagnostics);

struct ruleset_options {
    const char *directory;    /* of the user's own rules; NULL: none */
    const char *placeholders; /* a file with what `%name%` stands for; NULL: none */
    const char *cache;        /* a directory for the cache of compiled patterns; NULL: none */
};

/* The same, with all that can be asked for. */
STATUS_CHECKED enum status ruleset_create_with(struct ruleset **out,
                                               const struct ruleset_options *options,
                                               struct diagnostics *diagnostics);

/* The same over texts given by the caller only (tests, single files). */
STATUS_CHECKED enum status ruleset_create_from_texts(struct ruleset **out,
                                                     const struct rule_text *texts, size_t count,
                                                     struct diagnostics *diagnostics);
void ruleset_destroy(struct ruleset *ruleset);

/* Gives the names behind `event.dataset` to rules that ask for `event.dataset`; the names are
 * copied. Called once, before any matcher is created; without it events have no dataset as far as
 * rules can see. */
STATUS_CHECKED enum status ruleset_bind_datasets(struct ruleset *ruleset, const char *const *names,
                                                 size_t count);

/* The fields of a detector's keys, and the one that it counts. */
field_set detector_fields(const struct detector *detector);

const struct detector *ruleset_detectors(const struct ruleset *ruleset, size_t *count);

/* All documents in force, shipped ones first, each file's in its order. */
const struct rule_entry *ruleset_entries(const struct ruleset *ruleset, size_t *count);

/* The number of rules with a detection, and the name of one. */
size_t ruleset_rules_count(const struct ruleset *ruleset);
const char *ruleset_rule_name(const struct ruleset *ruleset, size_t rule_index);
const struct rule_head *ruleset_rule_head(const struct ruleset *ruleset, size_t rule_index);

/* Correlations, each behind those that it counts. */
const struct correlation *ruleset_correlations(const struct ruleset *ruleset, size_t *count);

/* What workers draw for them, and for one rule: a bit for each draw. */
const struct draw *ruleset_draws(const struct ruleset *ruleset, size_t *count);
const uint64_t *ruleset_rule_draws(const struct ruleset *ruleset, size_t rule_index);

/* All entries of `allow`, in the order in which they are asked: the first that covers an attempt
 * has it. */
const struct allowance *ruleset_allowances(const struct ruleset *ruleset, size_t *count);

/* Whether an entry is in force at an event's time. */
static inline bool allowance_is_in_force(const struct allowance *allowance, int64_t time_ns)
{
    return time_ns >= allowance->from_ns && time_ns <= allowance->until_ns;
}

/* True when matches of the rule are findings themselves, not only counted by others. */
bool ruleset_rule_reports(const struct ruleset *ruleset, size_t rule_index);
