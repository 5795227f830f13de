#include "rules/match.h"

#include <stdlib.h>
#include <string.h>

#include <hs.h>

#include "engine/base/hash.h"
#include "rules/compiled.h"
#include "rules/memory.h"

/* ---- pattern databases -------------------------------------------------------------------- */

struct pattern_database {
    hs_database_t *database;
};

static unsigned pattern_flags(const struct pattern *pattern)
{
    /* Whether a pattern matches is all that counts, and it may match the empty text. */
    return HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY |
           (pattern->ignores_case ? (unsigned)HS_FLAG_CASELESS : 0) |
           (pattern->is_multiline ? (unsigned)HS_FLAG_MULTILINE : 0) |
           (pattern->dot_is_all ? (unsigned)HS_FLAG_DOTALL : 0);
}

static enum status pattern_fail(hs_error_t result, hs_compile_error_t *compile_error,
                                struct pattern_error *error)
{
    if (result != HS_COMPILER_ERROR)
        return result == HS_NOMEM ? STATUS_NO_MEMORY : STATUS_INTERNAL;
    const bool has_text = compile_error != NULL && compile_error->message != NULL;
    snprintf(error->text, sizeof(error->text), "%s",
             has_text ? compile_error->message : "no reason given");
    error->pattern = compile_error != NULL && compile_error->expression >= 0
                         ? (size_t)compile_error->expression
                         : SIZE_MAX;
    hs_free_compile_error(compile_error);
    return STATUS_CONFIG;
}

/* The columns of a table of patterns, as Hyperscan takes them. */
struct pattern_columns {
    const char **expressions;
    unsigned *flags, *ids;
};

static bool pattern_columns_init(struct pattern_columns *columns, const struct pattern *patterns,
                                 size_t count)
{
    *columns = (struct pattern_columns){
        .expressions = calloc(count + 1, sizeof(*columns->expressions)),
        .flags = calloc(count + 1, sizeof(*columns->flags)),
        .ids = calloc(count + 1, sizeof(*columns->ids)),
    };
    if (columns->expressions == NULL || columns->flags == NULL || columns->ids == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        columns->expressions[i] = patterns[i].expression;
        columns->flags[i] = pattern_flags(&patterns[i]);
        columns->ids[i] = patterns[i].id;
    }
    return true;
}

static void pattern_columns_deinit(struct pattern_columns *columns)
{
    free(columns->expressions);
    free(columns->flags);
    free(columns->ids);
}

enum status pattern_database_create(struct pattern_database **out, const struct pattern *patterns,
                                    size_t count, struct pattern_error *error)
{
    struct pattern_database *const database = calloc(1, sizeof(*database));
    struct pattern_columns columns = {0};
    enum status status = STATUS_NO_MEMORY;
    if (database != NULL && pattern_columns_init(&columns, patterns, count)) {
        hs_compile_error_t *compile_error = NULL;
        const hs_error_t result =
            hs_compile_multi(columns.expressions, columns.flags, columns.ids, (unsigned)count,
                             HS_MODE_BLOCK, NULL, &database->database, &compile_error);
        status = result == HS_SUCCESS ? STATUS_OK : pattern_fail(result, compile_error, error);
    }
    pattern_columns_deinit(&columns);
    if (status == STATUS_OK)
        *out = database;
    else
        free(database);
    return status;
}

void pattern_database_destroy(struct pattern_database *database)
{
    if (database == NULL)
        return;
    hs_free_database(database->database);
    free(database);
}

static int probe_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *found)
{
    (void)id, (void)from, (void)to, (void)flags;
    *(bool *)found = true;
    return 1;
}

static enum status probe_all(const struct pattern_database *database, bool *matches_everything)
{
    /* No two of them share a byte or a length, and none looks like anything in a log. */
    static const char *const probes[] = {"q", "\x7f~", "0\t;", "\xc3\x9f Z@"};
    hs_scratch_t *scratch = NULL;
    if (hs_alloc_scratch(database->database, &scratch) != HS_SUCCESS)
        return STATUS_NO_MEMORY;
    bool found_all = true;
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]) && found_all; i++) {
        bool found = false;
        (void)hs_scan(database->database, probes[i], (unsigned)strlen(probes[i]), 0, scratch,
                      probe_found, &found);
        found_all = found;
    }
    hs_free_scratch(scratch);
    *matches_everything = found_all;
    return STATUS_OK;
}

enum status pattern_check(const struct pattern *pattern, bool *matches_everything,
                          struct pattern_error *error)
{
    struct pattern_database *database = NULL;
    enum status status = pattern_database_create(&database, pattern, 1, error);
    if (status == STATUS_OK)
        status = probe_all(database, matches_everything);
    pattern_database_destroy(database);
    return status;
}

/* ---- matchers ----------------------------------------------------------------------------- */

enum { ENUMERATED_MAX = 256 }; /* values of fields that are a number below this */

/* How a matcher keeps the answers of one field. */
enum field_access {
    ACCESS_UNUSED,
    ACCESS_ENUMERATED, /* few values: all rows are made at the start */
    ACCESS_REMEMBERED, /* by distinct value */
    ACCESS_DIRECT,     /* made for each event: values hardly repeat */
};

struct matcher_field {
    enum field_access access;
    size_t row_words;
    uint64_t *enumerated; /* rows by value; the last for an absent value */
    uint64_t *absent;     /* a row */
    uint64_t *scratch;    /* a row, for values that are not remembered */
    uint64_t *hits;       /* a bit for each test */
    size_t hits_words;
    struct memory memory;
};

/* What outcome and password verdict alone decide: rules that match, and rules still open. */
struct settled {
    uint64_t matched, open;
};

struct matcher {
    const struct ruleset *ruleset;
    hs_scratch_t *scratch; /* NULL when there are no patterns */
    struct settled settled[OUTCOME_COUNT][VERDICT_COUNT];
    struct matcher_field fields[FIELD_COUNT];
    const uint64_t *rows[FIELD_COUNT]; /* of the current event, for the fields in `known` */
    field_set known;
    struct matcher_counters counters;
};

static int pattern_found(unsigned id, unsigned long long from, unsigned long long to,
                         unsigned flags, void *hits)
{
    (void)from, (void)to, (void)flags;
    bits_set(hits, id);
    return 0;
}

/* Makes the row of predicates for a value, the slow way. */
static void field_judge(struct matcher *matcher, enum event_field field, const struct event *event,
                        struct slice text, uint64_t *row)
{
    struct matcher_field *const at = &matcher->fields[field];
    const struct field_predicates *const predicates = &matcher->ruleset->predicates.fields[field];
    memset(at->hits, 0, at->hits_words * sizeof(*at->hits));
    field_predicates_test(predicates, event, field, text, at->hits);
    if (predicates->database != NULL && text.bytes > 0) {
        /* Cannot fail: scratch and database belong together, and lengths are bounded. */
        (void)hs_scan(predicates->database->database, text.start, (unsigned)text.bytes, 0,
                      matcher->scratch, pattern_found, at->hits);
        matcher->counters.scans++;
    }
    field_predicates_conclude(predicates, at->hits, row);
}

/* The value of an enumerated field; ENUMERATED_MAX: absent. */
static size_t enumerated_value(const struct event *event, enum event_field field)
{
    switch (field) {
    case FIELD_OUTCOME:
    case FIELD_OUTCOME_ECS:
        return event->outcome;
    case FIELD_VERDICT:
        return event->verdict;
    case FIELD_DATASET:
        return event->dataset;
    case FIELD_INTERACTIVE:
        return event->flags & (EVENT_INTERACTIVE | EVENT_NONINTERACTIVE);
    default:
        return ENUMERATED_MAX;
    }
}

static struct slice of_bytes(const void *bytes, size_t count)
{
    return slice_of(bytes, count);
}

/* What a field's text is a function of, cheaper to have than the text itself; empty: absent. */
static struct slice field_identity(const struct event *event, enum event_field field)
{
    switch (field) {
    case FIELD_SOURCE:
    case FIELD_SOURCE_24:
    case FIELD_SOURCE_64:
    case FIELD_SOURCE_48:
        return (event->flags & EVENT_HAS_SOURCE) != 0
                   ? of_bytes(&event->source, sizeof(event->source))
                   : (struct slice){0};
    case FIELD_ASN:
        return event->asn != 0 ? of_bytes(&event->asn, sizeof(event->asn)) : (struct slice){0};
    case FIELD_COUNTRY:
        return event->country != 0 ? of_bytes(&event->country, sizeof(event->country))
                                   : (struct slice){0};
    case FIELD_CODE:
        /* A code without its text cannot be told from a text of four bytes: it is judged anew. */
        return event->text[TEXT_CODE];
    default:
        return event->text[field_text(field)];
    }
}

/* Kept out of line, as is the next one: the way of a value that is remembered stays short. */
__attribute__((noinline)) static const uint64_t *
field_row_direct(struct matcher *matcher, const struct event *event, enum event_field field)
{
    struct matcher_field *const at = &matcher->fields[field];
    char buffer[EVENT_VALUE_BYTES];
    const struct slice text = event_value_text(event, field, matcher->ruleset->datasets, buffer);
    field_judge(matcher, field, event, text, at->scratch);
    return at->scratch;
}

__attribute__((noinline)) static const uint64_t *field_row_new(struct matcher *matcher,
                                                               const struct event *event,
                                                               enum event_field field,
                                                               struct slice identity, uint64_t hash)
{
    struct matcher_field *const at = &matcher->fields[field];
    const uint64_t *const row = field_row_direct(matcher, event, field);
    uint64_t *const kept = memory_add(&at->memory, identity, hash);
    if (kept != NULL)
        memcpy(kept, row, at->row_words * sizeof(*kept));
    return row;
}

static inline const uint64_t *
field_row_remembered(struct matcher *matcher, const struct event *event, enum event_field field)
{
    struct matcher_field *const at = &matcher->fields[field];
    const struct slice identity = field_identity(event, field);
    if (identity.bytes == 0)
        return field == FIELD_CODE ? field_row_direct(matcher, event, field) : at->absent;
    const uint64_t hash = memory_hash(&at->memory, identity);
    const uint64_t *const found = memory_find(&at->memory, identity, hash);
    if (found == NULL)
        return field_row_new(matcher, event, field, identity, hash);
    matcher->counters.remembered++;
    return found;
}

static const uint64_t *field_row(struct matcher *matcher, const struct event *event,
                                 enum event_field field)
{
    const struct matcher_field *const at = &matcher->fields[field];
    switch (at->access) {
    case ACCESS_ENUMERATED:
        return at->enumerated + enumerated_value(event, field) * at->row_words;
    case ACCESS_REMEMBERED:
        return field_row_remembered(matcher, event, field);
    default:
        return field_row_direct(matcher, event, field);
    }
}

static bool program_run(struct matcher *matcher, const struct program *program,
                        const struct event *event)
{
    uint16_t at = (uint16_t)(program->steps_count - 1);
    do {
        const struct step *const step = &program->steps[at];
        const field_set field_bit = (field_set)1 << step->field;
        if ((matcher->known & field_bit) == 0) {
            matcher->rows[step->field] = field_row(matcher, event, (enum event_field)step->field);
            matcher->known |= field_bit;
        }
        const bool is_true = (matcher->rows[step->field][step->bit / 64] >> (step->bit % 64)) & 1;
        at = is_true ? step->if_true : step->if_false;
    } while (at < PROGRAM_REJECT);
    return at == PROGRAM_ACCEPT;
}

uint64_t matcher_match(struct matcher *matcher, const struct event *event)
{
    const struct settled *const settled = &matcher->settled[event->outcome][event->verdict];
    uint64_t matched = settled->matched;
    if (settled->open == 0)
        return matched;
    matcher->known = 0;
    for (uint64_t open = settled->open; open != 0; open &= open - 1) {
        const unsigned rule = (unsigned)__builtin_ctzll(open);
        if (program_run(matcher, &matcher->ruleset->rules[rule].program, event))
            matched |= UINT64_C(1) << rule;
    }
    return matched;
}

struct matcher_counters matcher_counters(const struct matcher *matcher)
{
    return matcher->counters;
}

/* ---- settling by outcome and verdict -------------------------------------------------------- */

enum { REACH_REJECT = 1, REACH_ACCEPT = 2 };

static unsigned way_reach(const uint8_t *reach, uint16_t way)
{
    return way == PROGRAM_ACCEPT ? REACH_ACCEPT : way == PROGRAM_REJECT ? REACH_REJECT : reach[way];
}

static bool is_settling(uint8_t field)
{
    return field == FIELD_OUTCOME || field == FIELD_OUTCOME_ECS || field == FIELD_VERDICT;
}

/* Which ends the program can come to when only outcome and verdict are known. Steps lead to earlier
 * ones alone, so one pass in order is enough. */
static unsigned program_reach(struct matcher *matcher, const struct program *program,
                              const struct event *event, uint8_t *reach)
{
    for (size_t i = 0; i < program->steps_count; i++) {
        const struct step *const step = &program->steps[i];
        const unsigned if_true = way_reach(reach, step->if_true);
        const unsigned if_false = way_reach(reach, step->if_false);
        if (!is_settling(step->field)) {
            reach[i] = (uint8_t)(if_true | if_false);
            continue;
        }
        const uint64_t *const row = field_row(matcher, event, (enum event_field)step->field);
        const bool is_true = (row[step->bit / 64] >> (step->bit % 64)) & 1;
        reach[i] = (uint8_t)(is_true ? if_true : if_false);
    }
    return reach[program->steps_count - 1];
}

static struct settled settle(struct matcher *matcher, const struct event *event, uint8_t *reach)
{
    struct settled settled = {0};
    for (size_t i = 0; i < matcher->ruleset->rules_count; i++) {
        const unsigned ends =
            program_reach(matcher, &matcher->ruleset->rules[i].program, event, reach);
        if (ends == REACH_ACCEPT)
            settled.matched |= UINT64_C(1) << i;
        else if (ends == (REACH_ACCEPT | REACH_REJECT))
            settled.open |= UINT64_C(1) << i;
    }
    return settled;
}

static enum status matcher_settle(struct matcher *matcher)
{
    uint8_t *const reach = calloc(PROGRAM_STEPS_MAX, sizeof(*reach));
    if (reach == NULL)
        return STATUS_NO_MEMORY;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
            const struct event event = {.outcome = (uint8_t)outcome, .verdict = (uint8_t)verdict};
            matcher->settled[outcome][verdict] = settle(matcher, &event, reach);
        }
    }
    free(reach);
    return STATUS_OK;
}

/* ---- creation ------------------------------------------------------------------------------- */

static enum field_access field_access(enum event_field field)
{
    switch (field) {
    case FIELD_OUTCOME:
    case FIELD_OUTCOME_ECS:
    case FIELD_VERDICT:
    case FIELD_DATASET:
    case FIELD_INTERACTIVE:
        return ACCESS_ENUMERATED;
    case FIELD_TIME:
    case FIELD_EVENT_ID:
    case FIELD_CORRELATION_ID:
        return ACCESS_DIRECT;
    default:
        return ACCESS_REMEMBERED;
    }
}

/* An event that has the given value of an enumerated field; false when there is no such value. */
static bool enumerated_event(struct event *event, enum event_field field, size_t value)
{
    *event = (struct event){0};
    switch (field) {
    case FIELD_OUTCOME:
    case FIELD_OUTCOME_ECS:
        event->outcome = (uint8_t)value;
        return value < OUTCOME_COUNT;
    case FIELD_VERDICT:
        event->verdict = (uint8_t)value;
        return value < VERDICT_COUNT;
    case FIELD_DATASET:
        event->dataset = (uint8_t)value;
        return value < ENUMERATED_MAX;
    case FIELD_INTERACTIVE:
        event->flags = (uint8_t)value;
        return value <= (EVENT_INTERACTIVE | EVENT_NONINTERACTIVE);
    default:
        return false;
    }
}

static enum status field_enumerate(struct matcher *matcher, enum event_field field)
{
    struct matcher_field *const at = &matcher->fields[field];
    at->enumerated = calloc(ENUMERATED_MAX * at->row_words, sizeof(*at->enumerated));
    if (at->enumerated == NULL)
        return STATUS_NO_MEMORY;
    for (size_t value = 0; value < ENUMERATED_MAX; value++) {
        struct event event;
        if (!enumerated_event(&event, field, value))
            break;
        memcpy(at->enumerated + value * at->row_words, field_row_direct(matcher, &event, field),
               at->row_words * sizeof(*at->enumerated));
    }
    return STATUS_OK;
}

static enum status field_init(struct matcher *matcher, enum event_field field)
{
    const struct field_predicates *const predicates = &matcher->ruleset->predicates.fields[field];
    struct matcher_field *const at = &matcher->fields[field];
    if (predicates->predicates_count == 0)
        return STATUS_OK;
    at->access = field_access(field);
    at->row_words = field_predicates_words(predicates);
    at->hits_words = (predicates->tests_count + 63) / 64;
    at->absent = calloc(at->row_words, sizeof(*at->absent));
    at->scratch = calloc(at->row_words, sizeof(*at->scratch));
    at->hits = calloc(at->hits_words, sizeof(*at->hits));
    if (at->absent == NULL || at->scratch == NULL || at->hits == NULL)
        return STATUS_NO_MEMORY;
    const struct event nothing = {0};
    field_judge(matcher, field, &nothing, (struct slice){0}, at->absent);
    if (at->access == ACCESS_ENUMERATED)
        return field_enumerate(matcher, field);
    if (at->access == ACCESS_REMEMBERED)
        return memory_init(&at->memory, at->row_words, hash_key_random().k0);
    return STATUS_OK;
}

/* One scratch serves all databases, since they are searched one after the other. */
static enum status scratch_init(struct matcher *matcher)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        const struct pattern_database *const database =
            matcher->ruleset->predicates.fields[i].database;
        if (database == NULL)
            continue;
        const hs_error_t result = hs_alloc_scratch(database->database, &matcher->scratch);
        if (result != HS_SUCCESS)
            return result == HS_NOMEM ? STATUS_NO_MEMORY : STATUS_INTERNAL;
    }
    return STATUS_OK;
}

enum status matcher_create(struct matcher **out, const struct ruleset *ruleset)
{
    struct matcher *const matcher = calloc(1, sizeof(*matcher));
    if (matcher == NULL)
        return STATUS_NO_MEMORY;
    matcher->ruleset = ruleset;
    enum status status = scratch_init(matcher);
    for (int i = 0; status == STATUS_OK && i < FIELD_COUNT; i++)
        status = field_init(matcher, (enum event_field)i);
    if (status == STATUS_OK)
        status = matcher_settle(matcher);
    if (status != STATUS_OK) {
        matcher_destroy(matcher);
        return status;
    }
    matcher->counters = (struct matcher_counters){0}; /* of events only */
    *out = matcher;
    return STATUS_OK;
}

void matcher_destroy(struct matcher *matcher)
{
    if (matcher == NULL)
        return;
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct matcher_field *const at = &matcher->fields[i];
        free(at->enumerated);
        free(at->absent);
        free(at->scratch);
        free(at->hits);
        memory_deinit(&at->memory);
    }
    hs_free_scratch(matcher->scratch);
    free(matcher);
}
