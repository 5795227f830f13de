#include "rules/match.h"

#include <stdlib.h>
#include <string.h>

#include <hs.h>

#include "engine/base/hash.h"
#include "engine/base/utf8.h"
#include "rules/cache.h"
#include "rules/compiled.h"
#include "rules/gate.h"
#include "rules/memory.h"
#include "rules/regex.h"

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
           (pattern->dot_is_all ? (unsigned)HS_FLAG_DOTALL : 0) |
           (pattern->is_rough ? (unsigned)HS_FLAG_PREFILTER : 0);
}

static enum status pattern_fail(hs_error_t result, hs_compile_error_t *compile_error,
                                struct pattern_error *error)
{
    if (result != HS_COMPILER_ERROR)
        return result == HS_NOMEM ? STATUS_NO_MEMORY : STATUS_INTERNAL;
    const bool has_text = compile_error != NULL && compile_error->message != NULL;
    *error = (struct pattern_error){
        .pattern = compile_error != NULL && compile_error->expression >= 0
                       ? (size_t)compile_error->expression
                       : SIZE_MAX,
    };
    snprintf(error->text, sizeof(error->text), "%s",
             has_text ? compile_error->message : "no reason given");
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

static enum status database_compile(hs_database_t **out, const struct pattern *patterns,
                                    size_t count, struct pattern_error *error)
{
    struct pattern_columns columns = {0};
    enum status status = STATUS_NO_MEMORY;
    if (pattern_columns_init(&columns, patterns, count)) {
        hs_compile_error_t *compile_error = NULL;
        const hs_error_t result =
            hs_compile_multi(columns.expressions, columns.flags, columns.ids, (unsigned)count,
                             HS_MODE_BLOCK, NULL, out, &compile_error);
        status = result == HS_SUCCESS ? STATUS_OK : pattern_fail(result, compile_error, error);
    }
    pattern_columns_deinit(&columns);
    return status;
}

/* ---- what is remembered from start to start ------------------------------------------------- */

enum cached { CACHED_DATABASE, CACHED_CHECK };

static struct cache_key patterns_key(enum cached kind, const struct pattern *patterns, size_t count)
{
    struct cache_key key = cache_key_of((struct cache_key){0}, &kind, sizeof(kind));
    for (size_t i = 0; i < count; i++) {
        const unsigned numbers[] = {pattern_flags(&patterns[i]), patterns[i].id};
        key = cache_key_of(key, numbers, sizeof(numbers));
        key = cache_key_of(key, patterns[i].expression, strlen(patterns[i].expression));
    }
    return key;
}

enum status pattern_environment(char *text)
{
    hs_platform_info_t platform;
    if (hs_populate_platform(&platform) != HS_SUCCESS)
        return STATUS_INTERNAL;
    snprintf(text, PATTERN_ENVIRONMENT_BYTES, "%s, tuned for %u, features %llx", hs_version(),
             platform.tune, platform.cpu_features);
    return STATUS_OK;
}

static bool database_from_cache(hs_database_t **out, struct cache *cache, struct cache_key key)
{
    const struct slice bytes = cache_find(cache, key);
    return bytes.start != NULL &&
           hs_deserialize_database(bytes.start, bytes.bytes, out) == HS_SUCCESS;
}

static void database_to_cache(const hs_database_t *database, struct cache *cache,
                              struct cache_key key)
{
    char *text = NULL;
    size_t bytes = 0;
    if (hs_serialize_database(database, &text, &bytes) == HS_SUCCESS)
        cache_put(cache, key, slice_of(text, bytes));
    free(text);
}

enum status pattern_database_create(struct pattern_database **out, const struct pattern *patterns,
                                    size_t count, struct cache *cache, struct pattern_error *error)
{
    struct pattern_database *const database = calloc(1, sizeof(*database));
    if (database == NULL)
        return STATUS_NO_MEMORY;
    const struct cache_key key =
        cache != NULL ? patterns_key(CACHED_DATABASE, patterns, count) : (struct cache_key){0};
    enum status status = STATUS_OK;
    if (cache == NULL || !database_from_cache(&database->database, cache, key)) {
        status = database_compile(&database->database, patterns, count, error);
        if (status == STATUS_OK && cache != NULL)
            database_to_cache(database->database, cache, key);
    }
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

/* Whether PCRE2 knows the pattern and Hyperscan knows it roughly. Of an expression that is none,
 * PCRE2 says why; of one that Hyperscan cannot even prefilter, Hyperscan. */
static enum status rough_pattern_check(struct pattern *pattern, struct pattern_error *error)
{
    struct regex *regex = NULL;
    struct pattern_database *database = NULL;
    enum status status = regex_create(&regex, pattern, error);
    if (status != STATUS_OK)
        return status;
    regex_destroy(regex);
    pattern->is_rough = true;
    status = pattern_database_create(&database, pattern, 1, NULL, error);
    pattern_database_destroy(database);
    return status;
}

static enum status pattern_check_anew(struct pattern *pattern, bool *matches_everything,
                                      struct pattern_error *error)
{
    struct pattern_database *database = NULL;
    enum status status = pattern_database_create(&database, pattern, 1, NULL, error);
    if (status == STATUS_CONFIG)
        return rough_pattern_check(pattern, error);
    if (status == STATUS_OK)
        status = probe_all(database, matches_everything);
    pattern_database_destroy(database);
    return status;
}

enum status pattern_check(struct pattern *pattern, struct cache *cache, bool *matches_everything,
                          struct pattern_error *error)
{
    if (cache == NULL)
        return pattern_check_anew(pattern, matches_everything, error);
    const struct cache_key key = patterns_key(CACHED_CHECK, pattern, 1);
    const struct slice known = cache_find(cache, key);
    if (known.bytes == 2) {
        pattern->is_rough = known.start[0] != 0;
        *matches_everything = known.start[1] != 0;
        return STATUS_OK;
    }
    const enum status status = pattern_check_anew(pattern, matches_everything, error);
    const char found[2] = {pattern->is_rough, *matches_everything};
    if (status == STATUS_OK)
        cache_put(cache, key, slice_of(found, sizeof(found)));
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

enum {
    KNOWN_WORDS = RULE_FIELDS_MAX / 64,
    DATASETS_MAX = 256, /* `event.dataset` is a byte */
    IDENTITY_BYTES = LIMIT_TEXT_BYTES + 2,
};

struct matcher {
    const struct ruleset *ruleset;
    hs_scratch_t *scratch; /* NULL when there are no patterns */
    struct regex_scratch *regex_scratch;
    struct settled settled[OUTCOME_COUNT][VERDICT_COUNT];
    uint32_t mask_rules[RULES_MAX]; /* by bit of the mask */
    struct matcher_field *fields;   /* by rule field */
    unsigned fields_count;
    const uint64_t **rows; /* of the current event, for the fields in `known` */
    uint64_t known[KNOWN_WORDS];
    unsigned known_words;
    const struct subject *subject; /* the current one */
    struct field_reader *reader;
    struct gates *gates[DATASETS_MAX]; /* NULL: the dataset has no listed rules */
    uint64_t *candidates;              /* a bit for each rule */
    size_t candidates_words;
    uint32_t *found;
    char identity[IDENTITY_BYTES];
    char left[FIELD_TEXT_BYTES + 8]; /* of a pair */
    struct slice drawn;
    char event_value[EVENT_VALUE_BYTES];
    struct matcher_counters counters;
};

/* One text that is searched for the patterns of a field. */
struct search {
    struct matcher *matcher;
    const struct field_predicates *predicates;
    struct slice text;
    uint64_t *hits;
};

/* What Hyperscan has found roughly, PCRE2 confirms. */
static bool search_confirms(struct search *search, const struct regex *regex)
{
    const enum regex_result result =
        regex_search(regex, search->matcher->regex_scratch, search->text);
    search->matcher->counters.given_up += result == REGEX_GIVEN_UP;
    return result == REGEX_FOUND;
}

static int pattern_found(unsigned id, unsigned long long from, unsigned long long to,
                         unsigned flags, void *context)
{
    (void)from, (void)to, (void)flags;
    struct search *const search = context;
    const struct regex *const regex =
        search->predicates->regexes != NULL ? search->predicates->regexes[id] : NULL;
    if (regex == NULL || search_confirms(search, regex))
        bits_set(search->hits, id);
    return 0;
}

/* Sets the bits of the tests that hold for one value that is no list. */
static void value_test(struct matcher *matcher, unsigned field, const struct event *event,
                       const struct rule_value *value)
{
    struct matcher_field *const at = &matcher->fields[field];
    const struct field_predicates *const predicates = &matcher->ruleset->predicates.fields[field];
    field_predicates_test(predicates, event, field, value, at->hits);
    const bool is_value =
        field < FIELD_COUNT ? value->text.bytes > 0 : value->exists && !value->is_null;
    if (predicates->database != NULL && is_value) {
        struct search search = {matcher, predicates, value->text, at->hits};
        /* Cannot fail: scratch and database belong together, and lengths are bounded. */
        (void)hs_scan(predicates->database->database, value->text.start,
                      (unsigned)value->text.bytes, 0, matcher->scratch, pattern_found, &search);
        matcher->counters.scans++;
    }
}

struct element_test {
    struct matcher *matcher;
    unsigned field;
    const struct event *event;
    bool has_any;
};

static void element_take(void *self, const struct rule_value *value)
{
    struct element_test *const test = self;
    test->has_any = true;
    value_test(test->matcher, test->field, test->event, value);
}

/* Makes the row of predicates for a value, the slow way. A list matches by any of its elements;
 * an empty one is there, but holds nothing. */
static void field_judge(struct matcher *matcher, unsigned field, const struct event *event,
                        const struct rule_value *value, uint64_t *row)
{
    struct matcher_field *const at = &matcher->fields[field];
    memset(at->hits, 0, at->hits_words * sizeof(*at->hits));
    if (value->is_list) {
        struct element_test test = {.matcher = matcher, .field = field, .event = event};
        field_reader_each(matcher->reader, value, element_take, &test);
        const struct rule_value nothing = {.exists = true, .is_null = true};
        if (!test.has_any)
            value_test(matcher, field, event, &nothing);
    } else {
        value_test(matcher, field, event, value);
    }
    field_predicates_conclude(&matcher->ruleset->predicates.fields[field], at->hits, row);
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

static struct rule_value event_value(const struct matcher *matcher, const struct event *event,
                                     enum event_field field, char buffer[EVENT_VALUE_BYTES])
{
    const struct slice text = event_value_text(event, field, matcher->ruleset->datasets, buffer);
    return (struct rule_value){.text = text,
                               .exists = text.bytes > 0,
                               .is_null = text.bytes == 0,
                               .is_number = event_value_is_numeric(field)};
}

/* Keeps the row in `scratch`, unless a search was given up for it: each event that meets such a
 * value counts it anew, whichever worker it comes to. `given_up` is the counter from before. */
static void row_remember(struct matcher *matcher, unsigned field, struct slice identity,
                         uint64_t hash, uint64_t given_up)
{
    struct matcher_field *const at = &matcher->fields[field];
    if (matcher->counters.given_up != given_up)
        return;
    uint64_t *const kept = memory_add(&at->memory, identity, hash);
    if (kept != NULL)
        memcpy(kept, at->scratch, at->row_words * sizeof(*kept));
}

/* Kept out of line, as is the next one: the way of a value that is remembered stays short. */
__attribute__((noinline)) static const uint64_t *
field_row_direct(struct matcher *matcher, const struct event *event, enum event_field field)
{
    struct matcher_field *const at = &matcher->fields[field];
    char buffer[EVENT_VALUE_BYTES];
    const struct rule_value value = event_value(matcher, event, field, buffer);
    field_judge(matcher, field, event, &value, at->scratch);
    return at->scratch;
}

__attribute__((noinline)) static const uint64_t *field_row_new(struct matcher *matcher,
                                                               const struct event *event,
                                                               enum event_field field,
                                                               struct slice identity, uint64_t hash)
{
    const uint64_t given_up = matcher->counters.given_up;
    const uint64_t *const row = field_row_direct(matcher, event, field);
    row_remember(matcher, field, identity, hash, given_up);
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

/* ---- other fields than the event's ---------------------------------------------------------- */

/* What a value's row is a function of: its text, and behind a NUL, which no text holds, what it is
 * when it is no plain text. start is NULL when it is too long to be remembered. */
static struct slice value_identity(struct matcher *matcher, const struct rule_value *value)
{
    const bool is_plain =
        value->text.bytes > 0 && !value->is_null && !value->is_number && !value->is_list;
    if (is_plain)
        return value->text;
    if (value->text.bytes > LIMIT_TEXT_BYTES || value->rest != NULL)
        return (struct slice){0};
    memcpy(matcher->identity, value->text.start, value->text.bytes);
    matcher->identity[value->text.bytes] = '\0';
    matcher->identity[value->text.bytes + 1] = value->is_null     ? 'n'
                                               : value->is_number ? '0'
                                               : value->is_list   ? 'l'
                                                                  : 'e';
    const size_t bytes = value->text.bytes + 2;
    return bytes <= LIMIT_TEXT_BYTES ? slice_of(matcher->identity, bytes) : (struct slice){0};
}

static const uint64_t *raw_row(struct matcher *matcher, unsigned field)
{
    struct matcher_field *const at = &matcher->fields[field];
    const struct event *const event = matcher->subject->event;
    const struct rule_value value =
        field_reader_value(matcher->reader, field, matcher->ruleset->datasets);
    if (!value.exists)
        return at->absent;
    const struct slice identity = value_identity(matcher, &value);
    if (identity.start == NULL) {
        field_judge(matcher, field, event, &value, at->scratch);
        return at->scratch;
    }
    const uint64_t hash = memory_hash(&at->memory, identity);
    const uint64_t *const found = memory_find(&at->memory, identity, hash);
    if (found != NULL) {
        matcher->counters.remembered++;
        return found;
    }
    const uint64_t given_up = matcher->counters.given_up;
    field_judge(matcher, field, event, &value, at->scratch);
    row_remember(matcher, field, identity, hash, given_up);
    return at->scratch;
}

static const uint64_t *record_row(struct matcher *matcher)
{
    struct matcher_field *const at = &matcher->fields[RULE_FIELD_RECORD];
    const struct slice text = matcher->subject->text;
    const struct rule_value value = {.text = text, .exists = text.bytes > 0};
    field_judge(matcher, RULE_FIELD_RECORD, matcher->subject->event, &value, at->scratch);
    return at->scratch;
}

static struct rule_value any_value(struct matcher *matcher, unsigned field,
                                   char buffer[EVENT_VALUE_BYTES])
{
    return field < FIELD_COUNT
               ? event_value(matcher, matcher->subject->event, (enum event_field)field, buffer)
               : field_reader_value(matcher->reader, field, matcher->ruleset->datasets);
}

/* A pair whose one side is fixed, while the other side's values come one by one. */
struct pair_test {
    struct matcher *matcher;
    const struct pair *pair;
    struct slice left; /* a copy */
    bool holds;
};

static void pair_take_right(void *self, const struct rule_value *value)
{
    struct pair_test *const test = self;
    if (value->exists && !value->is_null)
        test->holds = test->holds || pair_holds(test->pair, test->left, value->text);
}

static void pair_take_left(void *self, const struct rule_value *value)
{
    struct pair_test *const test = self;
    struct matcher *const matcher = test->matcher;
    if (!value->exists || value->is_null || value->text.bytes > FIELD_TEXT_BYTES)
        return;
    memcpy(matcher->left, value->text.start, value->text.bytes);
    test->left = slice_of(matcher->left, value->text.bytes);
    char buffer[EVENT_VALUE_BYTES];
    const struct rule_value right = any_value(matcher, test->pair->right, buffer);
    if (right.is_list)
        field_reader_each(matcher->reader, &right, pair_take_right, test);
    else
        pair_take_right(test, &right);
}

static bool pair_is_true(struct matcher *matcher, const struct pair *pair)
{
    struct pair_test test = {.matcher = matcher, .pair = pair};
    char buffer[EVENT_VALUE_BYTES];
    const struct rule_value left = any_value(matcher, pair->left, buffer);
    if (!left.is_list)
        pair_take_left(&test, &left);
    else
        field_reader_each(matcher->reader, &left, pair_take_left, &test);
    return test.holds;
}

static const uint64_t *pairs_row(struct matcher *matcher)
{
    struct matcher_field *const at = &matcher->fields[RULE_FIELD_PAIRS];
    const struct pair_set *const pairs = &matcher->ruleset->pairs;
    memset(at->scratch, 0, at->row_words * sizeof(*at->scratch));
    for (size_t i = 0; i < pairs->count; i++) {
        if (pair_is_true(matcher, &pairs->items[i]))
            bits_set(at->scratch, i);
    }
    return at->scratch;
}

/* ---- programs ------------------------------------------------------------------------------- */

static const uint64_t *field_row(struct matcher *matcher, const struct event *event, unsigned field)
{
    const struct matcher_field *const at = &matcher->fields[field];
    if (__builtin_expect(field >= FIELD_COUNT, 0))
        return field == RULE_FIELD_RECORD  ? record_row(matcher)
               : field == RULE_FIELD_PAIRS ? pairs_row(matcher)
                                           : raw_row(matcher, field);
    switch (at->access) {
    case ACCESS_ENUMERATED:
        return at->enumerated + enumerated_value(event, (enum event_field)field) * at->row_words;
    case ACCESS_REMEMBERED:
        return field_row_remembered(matcher, event, (enum event_field)field);
    default:
        return field_row_direct(matcher, event, (enum event_field)field);
    }
}

static inline const uint64_t *known_row(struct matcher *matcher, const struct event *event,
                                        unsigned field)
{
    const uint64_t bit = UINT64_C(1) << (field % 64);
    if ((matcher->known[field / 64] & bit) == 0) {
        matcher->rows[field] = field_row(matcher, event, field);
        matcher->known[field / 64] |= bit;
    }
    return matcher->rows[field];
}

static bool program_run(struct matcher *matcher, const struct program *program,
                        const struct event *event)
{
    uint16_t at = (uint16_t)(program->steps_count - 1);
    do {
        const struct step *const step = &program->steps[at];
        const uint64_t *const row = known_row(matcher, event, step->field);
        const bool is_true = (row[step->bit / 64] >> (step->bit % 64)) & 1;
        at = is_true ? step->if_true : step->if_false;
    } while (at < PROGRAM_REJECT);
    return at == PROGRAM_ACCEPT;
}

static void matcher_begin(struct matcher *matcher, const struct subject *subject)
{
    matcher->subject = subject;
    memset(matcher->known, 0, matcher->known_words * sizeof(*matcher->known));
    field_reader_begin(matcher->reader, subject);
}

static uint64_t mask_match(struct matcher *matcher, const struct event *event)
{
    const struct settled *const settled = &matcher->settled[event->outcome][event->verdict];
    uint64_t matched = settled->matched;
    for (uint64_t open = settled->open; open != 0; open &= open - 1) {
        const unsigned bit = (unsigned)__builtin_ctzll(open);
        const uint32_t rule = matcher->mask_rules[bit];
        if (program_run(matcher, &matcher->ruleset->rules[rule].program, event))
            matched |= UINT64_C(1) << bit;
    }
    return matched;
}

/* Marks the rules that the event's rows let through. */
static void candidates_mark(struct matcher *matcher, const struct gates *gates,
                            const struct event *event)
{
    memset(matcher->candidates, 0, matcher->candidates_words * sizeof(*matcher->candidates));
    for (size_t i = 0; i < gates->always_count; i++)
        bits_set(matcher->candidates, gates->always[i]);
    for (size_t i = 0; i < gates->fields_count; i++) {
        const struct gate_field *const at = &gates->fields[i];
        const uint64_t *const row = known_row(matcher, event, at->field);
        for (size_t word = 0; word < at->words; word++) {
            for (uint64_t open = row[word] & at->mask[word]; open != 0; open &= open - 1) {
                const struct gate_bit bit = at->bits[64 * word + (unsigned)__builtin_ctzll(open)];
                for (uint32_t rule = 0; rule < bit.count; rule++)
                    bits_set(matcher->candidates, gates->rules[bit.first + rule]);
            }
        }
    }
}

static size_t listed_match(struct matcher *matcher, const struct gates *gates,
                           const struct event *event)
{
    size_t count = 0;
    candidates_mark(matcher, gates, event);
    for (size_t word = 0; word < matcher->candidates_words; word++) {
        for (uint64_t open = matcher->candidates[word]; open != 0; open &= open - 1) {
            const uint32_t rule = (uint32_t)(64 * word) + (unsigned)__builtin_ctzll(open);
            if (program_run(matcher, &matcher->ruleset->rules[rule].program, event))
                matcher->found[count++] = rule;
        }
    }
    return count;
}

static uint8_t allowance_match(struct matcher *matcher, const struct event *event)
{
    const struct ruleset *const ruleset = matcher->ruleset;
    for (size_t i = 0; i < ruleset->allowances_count; i++) {
        if (allowance_is_in_force(&ruleset->allowances[i], event->time_ns) &&
            program_run(matcher, &ruleset->allowance_programs[i], event))
            return (uint8_t)(i + 1);
    }
    return 0;
}

struct matches matcher_match_record(struct matcher *matcher, const struct subject *subject)
{
    const struct event *const event = subject->event;
    const struct gates *const gates = matcher->gates[event->dataset];
    const struct settled *const settled = &matcher->settled[event->outcome][event->verdict];
    struct matches matches = {.mask = settled->matched, .rules = matcher->found};
    if (settled->open == 0 && gates == NULL)
        return matches;
    matcher_begin(matcher, subject);
    matches.mask = mask_match(matcher, event);
    if (gates != NULL) {
        matches.rules_count = listed_match(matcher, gates, event);
        matches.allowance = allowance_match(matcher, event);
    }
    return matches;
}

/* ---- drawing values ------------------------------------------------------------------------ */

/* The first value of a list that is one. */
static void draw_take(void *self, const struct rule_value *value)
{
    struct matcher *const matcher = self;
    if (matcher->drawn.bytes > 0 || !value->exists || value->is_null)
        return;
    const struct slice text = utf8_cut(value->text, LIMIT_TEXT_BYTES);
    memcpy(matcher->left, text.start, text.bytes);
    matcher->drawn = slice_of(matcher->left, text.bytes);
}

struct slice matcher_draw(struct matcher *matcher, size_t draw_index)
{
    const struct rule_value value =
        any_value(matcher, matcher->ruleset->draws[draw_index].field, matcher->event_value);
    matcher->drawn = (struct slice){0};
    if (value.is_list)
        field_reader_each(matcher->reader, &value, draw_take, matcher);
    else if (value.exists && !value.is_null)
        matcher->drawn = value.text;
    return utf8_cut(matcher->drawn, LIMIT_TEXT_BYTES);
}

/* ---- matching ------------------------------------------------------------------------------ */

bool matcher_match_rule(struct matcher *matcher, const struct subject *subject, size_t rule_index)
{
    matcher_begin(matcher, subject);
    return program_run(matcher, &matcher->ruleset->rules[rule_index].program, subject->event);
}

void matcher_look(struct matcher *matcher, const struct subject *subject)
{
    matcher_begin(matcher, subject);
}

bool matcher_holds(struct matcher *matcher, const struct expression *expression)
{
    if (expression->kind == EXPRESSION_PREDICATE) {
        const uint64_t *const row = known_row(matcher, matcher->subject->event, expression->field);
        return (row[expression->bit / 64] >> (expression->bit % 64) & 1) != 0;
    }
    if (expression->kind == EXPRESSION_NOT)
        return !matcher_holds(matcher, expression->children[0]);
    const bool decisive = expression->kind == EXPRESSION_OR;
    for (size_t i = 0; i < expression->children_count; i++) {
        if (matcher_holds(matcher, expression->children[i]) == decisive)
            return decisive;
    }
    return !decisive;
}

struct rule_value matcher_value(struct matcher *matcher, unsigned field,
                                char buffer[EVENT_VALUE_BYTES])
{
    return any_value(matcher, field, buffer);
}

void matcher_values(struct matcher *matcher, const struct rule_value *list,
                    void (*take)(void *self, const struct rule_value *value), void *self)
{
    field_reader_each(matcher->reader, list, take, self);
}

bool matcher_dataset_can(struct matcher *matcher, const struct expression *expression,
                         unsigned dataset)
{
    const struct event event = {.dataset = (uint8_t)dataset};
    if (matcher->fields[FIELD_DATASET].access == ACCESS_UNUSED)
        return true;
    return expression_known(expression, FIELD_DATASET, field_row(matcher, &event, FIELD_DATASET)) !=
           TRUTH_FALSE;
}

/* ---- what is to be extracted ----------------------------------------------------------------- */

/* The row of `event.dataset` for a dataset; NULL: no rule asks for it. */
static const uint64_t *dataset_row(struct matcher *matcher, struct slice dataset)
{
    const struct event event = {0};
    const struct rule_value value = {.text = dataset, .exists = true};
    if (matcher->fields[FIELD_DATASET].access == ACCESS_UNUSED)
        return NULL;
    field_judge(matcher, FIELD_DATASET, &event, &value, matcher->fields[FIELD_DATASET].scratch);
    return matcher->fields[FIELD_DATASET].scratch;
}

static field_set field_bit(unsigned field)
{
    return field < FIELD_COUNT ? (field_set)1 << field : 0;
}

/* What is read of events whatever their dataset: through other names, in pairs, by correlations. */
static field_set common_fields(const struct ruleset *ruleset)
{
    field_set fields = field_table_event_fields(&ruleset->fields_of_rules);
    for (size_t i = 0; i < ruleset->pairs.count; i++)
        fields |=
            field_bit(ruleset->pairs.items[i].left) | field_bit(ruleset->pairs.items[i].right);
    for (size_t i = 0; i < ruleset->draws_count; i++)
        fields |= field_bit(ruleset->draws[i].field);
    return fields;
}

static field_set program_fields(const struct program *program)
{
    field_set fields = 0;
    for (size_t i = 0; i < program->steps_count; i++)
        fields |= field_bit(program->steps[i].field);
    return fields;
}

bool matcher_asks(const struct matcher *matcher, enum event_field field)
{
    return matcher->fields[field].access != ACCESS_UNUSED ||
           (common_fields(matcher->ruleset) & field_bit(field)) != 0;
}

field_set matcher_fields(struct matcher *matcher, struct slice dataset)
{
    const struct ruleset *const ruleset = matcher->ruleset;
    const uint64_t *const row = dataset_row(matcher, dataset);
    field_set fields = common_fields(ruleset);
    uint64_t mask = 0; /* of the rules that can match */
    for (size_t i = 0; i < ruleset->allowances_count; i++)
        fields |= program_fields(&ruleset->allowance_programs[i]);
    for (size_t i = 0; i < ruleset->rules_count; i++) {
        const struct base_rule *const rule = &ruleset->rules[i];
        if (row != NULL && expression_known(rule->expression, FIELD_DATASET, row) == TRUTH_FALSE)
            continue;
        fields |= program_fields(&rule->program);
        if (rule->detector_bit != RULE_NO_BIT)
            mask |= UINT64_C(1) << rule->detector_bit;
    }
    for (size_t i = 0; i < ruleset->detectors_count; i++) {
        const struct detector *const detector = &ruleset->detectors[i];
        /* All kinds but this one may count sign-ins, too, which their rules do not match. */
        if (detector->kind != DETECTOR_COUNT || (detector->rules & mask) != 0)
            fields |= detector_fields(detector);
    }
    return fields;
}

/* ---- matching without a record --------------------------------------------------------------- */

uint64_t matcher_match(struct matcher *matcher, const struct event *event)
{
    const struct settled *const settled = &matcher->settled[event->outcome][event->verdict];
    if (settled->open == 0)
        return settled->matched;
    const struct subject subject = {.event = event};
    matcher_begin(matcher, &subject);
    return mask_match(matcher, event);
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

static bool is_settling(unsigned field)
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
        const uint64_t *const row = field_row(matcher, event, step->field);
        const bool is_true = (row[step->bit / 64] >> (step->bit % 64)) & 1;
        reach[i] = (uint8_t)(is_true ? if_true : if_false);
    }
    return reach[program->steps_count - 1];
}

static struct settled settle(struct matcher *matcher, const struct event *event, uint8_t *reach)
{
    struct settled settled = {0};
    for (unsigned bit = 0; bit < matcher->ruleset->bits_count; bit++) {
        const uint32_t rule = matcher->mask_rules[bit];
        const unsigned ends =
            program_reach(matcher, &matcher->ruleset->rules[rule].program, event, reach);
        if (ends == REACH_ACCEPT)
            settled.matched |= UINT64_C(1) << bit;
        else if (ends == (REACH_ACCEPT | REACH_REJECT))
            settled.open |= UINT64_C(1) << bit;
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

static enum field_access field_access(unsigned field)
{
    switch (field) {
    case RULE_FIELD_RECORD:
    case RULE_FIELD_PAIRS:
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

static size_t field_predicates_count(const struct ruleset *ruleset, unsigned field)
{
    return field == RULE_FIELD_PAIRS ? ruleset->pairs.count
                                     : ruleset->predicates.fields[field].predicates_count;
}

static enum status field_init(struct matcher *matcher, unsigned field)
{
    const struct field_predicates *const predicates = &matcher->ruleset->predicates.fields[field];
    struct matcher_field *const at = &matcher->fields[field];
    const size_t predicates_count = field_predicates_count(matcher->ruleset, field);
    if (predicates_count == 0)
        return STATUS_OK;
    at->access = field_access(field);
    at->row_words = (predicates_count + 63) / 64;
    at->hits_words = (predicates->tests_count + 63) / 64;
    at->absent = calloc(at->row_words, sizeof(*at->absent));
    at->scratch = calloc(at->row_words, sizeof(*at->scratch));
    at->hits = calloc(at->hits_words + 1, sizeof(*at->hits));
    if (at->absent == NULL || at->scratch == NULL || at->hits == NULL)
        return STATUS_NO_MEMORY;
    if (field == RULE_FIELD_PAIRS)
        return STATUS_OK;
    const struct event nothing = {0};
    const struct rule_value absent = {0};
    field_judge(matcher, field, &nothing, &absent, at->absent);
    if (at->access == ACCESS_ENUMERATED)
        return field_enumerate(matcher, (enum event_field)field);
    if (at->access == ACCESS_REMEMBERED)
        return memory_init(&at->memory, at->row_words, hash_key_random().k0);
    return STATUS_OK;
}

/* One scratch serves all databases, since they are searched one after the other. */
static enum status scratch_init(struct matcher *matcher)
{
    for (unsigned i = 0; i < matcher->ruleset->predicates.fields_count; i++) {
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

static enum status fields_init(struct matcher *matcher)
{
    const struct ruleset *const ruleset = matcher->ruleset;
    matcher->fields_count = ruleset->predicates.fields_count > RULE_FIELD_RAW
                                ? ruleset->predicates.fields_count
                                : RULE_FIELD_RAW;
    matcher->known_words = (matcher->fields_count + 63) / 64;
    matcher->fields = calloc(matcher->fields_count, sizeof(*matcher->fields));
    matcher->rows = calloc(matcher->fields_count, sizeof(*matcher->rows));
    if (matcher->fields == NULL || matcher->rows == NULL)
        return STATUS_NO_MEMORY;
    enum status status = field_reader_create(&matcher->reader, &ruleset->fields_of_rules);
    for (unsigned i = 0; status == STATUS_OK && i < matcher->fields_count; i++)
        status = field_init(matcher, i);
    return status;
}

/* Which listed rules can match an event of the dataset; false: none. */
static bool dataset_rules(struct matcher *matcher, unsigned dataset, bool *applies)
{
    const struct ruleset *const ruleset = matcher->ruleset;
    bool has_any = false;
    for (size_t i = 0; i < ruleset->rules_count; i++) {
        const struct base_rule *const rule = &ruleset->rules[i];
        applies[i] = (rule->reports || rule->is_counted) &&
                     matcher_dataset_can(matcher, rule->expression, dataset);
        has_any |= applies[i];
    }
    return has_any;
}

static enum status gates_create(struct matcher *matcher)
{
    const size_t rules_count = matcher->ruleset->rules_count;
    bool *const applies = calloc(rules_count + 1, sizeof(*applies));
    matcher->candidates_words = (rules_count + 63) / 64;
    matcher->candidates = calloc(matcher->candidates_words + 1, sizeof(*matcher->candidates));
    matcher->found = calloc(rules_count + 1, sizeof(*matcher->found));
    enum status status = applies != NULL && matcher->candidates != NULL && matcher->found != NULL
                             ? STATUS_OK
                             : STATUS_NO_MEMORY;
    /* Behind the last dataset stands what an event of an unknown one meets. */
    const size_t datasets = matcher->ruleset->datasets.count;
    for (unsigned i = 0; i < DATASETS_MAX && status == STATUS_OK; i++) {
        if (i > datasets) {
            matcher->gates[i] = matcher->gates[datasets];
            continue;
        }
        /* Where there are allow entries, every event is looked at. */
        if (!dataset_rules(matcher, i, applies) && matcher->ruleset->allowances_count == 0)
            continue;
        matcher->gates[i] = calloc(1, sizeof(*matcher->gates[i]));
        status = matcher->gates[i] != NULL
                     ? gates_init(matcher->gates[i], matcher->ruleset, applies)
                     : STATUS_NO_MEMORY;
    }
    free(applies);
    return status;
}

enum status matcher_create(struct matcher **out, const struct ruleset *ruleset)
{
    struct matcher *const matcher = calloc(1, sizeof(*matcher));
    if (matcher == NULL)
        return STATUS_NO_MEMORY;
    matcher->ruleset = ruleset;
    for (uint32_t i = 0; i < ruleset->rules_count; i++) {
        if (ruleset->rules[i].detector_bit != RULE_NO_BIT)
            matcher->mask_rules[ruleset->rules[i].detector_bit] = i;
    }
    enum status status = scratch_init(matcher);
    if (status == STATUS_OK)
        status = regex_scratch_create(&matcher->regex_scratch);
    if (status == STATUS_OK)
        status = fields_init(matcher);
    if (status == STATUS_OK)
        status = matcher_settle(matcher);
    if (status == STATUS_OK)
        status = gates_create(matcher);
    if (status != STATUS_OK) {
        matcher_destroy(matcher);
        return status;
    }
    matcher->counters = (struct matcher_counters){0}; /* of events only */
    *out = matcher;
    return STATUS_OK;
}

static void matcher_destroy_gates(struct matcher *matcher)
{
    for (unsigned i = 0; i < DATASETS_MAX && i <= matcher->ruleset->datasets.count; i++) {
        if (matcher->gates[i] != NULL)
            gates_deinit(matcher->gates[i]);
        free(matcher->gates[i]);
    }
}

void matcher_destroy(struct matcher *matcher)
{
    if (matcher == NULL)
        return;
    matcher_destroy_gates(matcher);
    for (unsigned i = 0; matcher->fields != NULL && i < matcher->fields_count; i++) {
        struct matcher_field *const at = &matcher->fields[i];
        free(at->enumerated);
        free(at->absent);
        free(at->scratch);
        free(at->hits);
        memory_deinit(&at->memory);
    }
    hs_free_scratch(matcher->scratch);
    regex_scratch_destroy(matcher->regex_scratch);
    field_reader_destroy(matcher->reader);
    free(matcher->fields);
    free(matcher->rows);
    free(matcher->candidates);
    free(matcher->found);
    free(matcher);
}
