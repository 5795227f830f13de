/*
 * How patterns of rules are best laid out in Hyperscan's databases: `pattern_layouts`.
 *
 * The patterns are those of rules as people write them: of each field half exact values, two fifths
 * parts of values, the rest expressions; and as many again for the user agent, which most rules
 * that exclude something ask for. The values of the records never repeat, since a value that does
 * is answered from memory. Every layout looks for the same patterns in the same values, must find
 * the same, and is measured in turns with the others; each figure is the fastest of its rounds.
 *
 * A program of its own, on Hyperscan's interface, so that layouts can be compared that the matcher
 * does not have. docs/decisions/0016-a-pattern-database-for-each-field.md says what came
 * of it.
 */
#include <hs.h>

#include "bench/micro/micro.h"
#include "engine/base/hash.h"

enum {
    ROUNDS = 15,
    RECORDS = 4000,
    FIELDS = 16,
    AGENT = 0,
    WORDS = 4000,
    PATTERNS_MAX = 2 * 3000,
    TEXT_BYTES = 64,
    BATCH_BYTES = 64 * 1024,
    RECORD_BYTES = FIELDS * (TEXT_BYTES + 4),
};

enum kind { KIND_EXACT, KIND_PART, KIND_EXPRESSION };

struct item {
    enum kind kind;
    unsigned field;
    char word[TEXT_BYTES];
};

struct value {
    unsigned bytes;
    char text[TEXT_BYTES];
};

static struct item items[PATTERNS_MAX];
static unsigned items_count;
static struct value values[RECORDS][FIELDS];

/* ---- rules and records ---------------------------------------------------------------------- */

static unsigned put_word(char *text, uint64_t number)
{
    return (unsigned)snprintf(text, TEXT_BYTES, "%c%" PRIx64 "word", (char)('a' + number % 26),
                              number % WORDS * 2654435761u);
}

static void items_make(unsigned rules_count)
{
    uint64_t seed = 7;
    items_count = 0;
    for (unsigned i = 0; i < 2 * rules_count; i++) {
        struct item *const item = &items[items_count++];
        const uint64_t kind = gen_splitmix(&seed) % 10;
        const unsigned field = (unsigned)(gen_splitmix(&seed) % FIELDS);
        item->kind = kind < 5 ? KIND_EXACT : kind < 9 ? KIND_PART : KIND_EXPRESSION;
        item->field = i % 2 == 0 ? field : AGENT;
        put_word(item->word, gen_splitmix(&seed));
    }
}

static void values_make(void)
{
    uint64_t seed = 11;
    for (unsigned i = 0; i < RECORDS; i++) {
        for (unsigned field = 0; field < FIELDS; field++) {
            struct value *const value = &values[i][field];
            const uint64_t number = gen_splitmix(&seed) % UINT32_MAX;
            value->bytes = put_word(value->text, number);
            value->bytes += (unsigned)snprintf(value->text + value->bytes,
                                               TEXT_BYTES - value->bytes, " %" PRIu64, number);
        }
    }
}

/* ---- databases ------------------------------------------------------------------------------ */

enum { LITERALS = 1, EXPRESSIONS = 2, EXACTS = 4 }; /* which items a database holds */
enum { ANY_FIELD = FIELDS };
enum shape {
    SHAPE_VALUE,  /* of one value */
    SHAPE_LINES,  /* of many, a line each */
    SHAPE_TAGGED, /* of all values of a record, each behind a byte that says its field */
};

struct source {
    char *texts[PATTERNS_MAX];
    const char *expressions[PATTERNS_MAX];
    unsigned flags[PATTERNS_MAX], ids[PATTERNS_MAX];
    size_t lengths[PATTERNS_MAX];
    unsigned count;
};

static struct source source; /* of the database being made */

static void fail(const char *what)
{
    fprintf(stderr, "pattern_layouts: %s\n", what);
    exit(EXIT_FAILURE);
}

/* Words are letters and digits alone, so nothing in them needs an escape. */
static void source_add(unsigned id, enum shape shape)
{
    static const char *const suffix[] = {"", "", "[0-9]+x?"};
    const struct item *const item = &items[id];
    const bool is_exact = item->kind == KIND_EXACT;
    const bool is_lines = shape == SHAPE_LINES;
    const char *const begin = !is_exact ? "" : is_lines ? "^" : "\\A";
    const char *const end = !is_exact ? "" : is_lines ? "$" : "\\z";
    char *text;
    const int written =
        shape == SHAPE_TAGGED
            ? asprintf(&text, "\\x%02x%s%s%s%s", 0x80 + item->field, is_exact ? "" : "[^\\n]*",
                       item->word, suffix[item->kind], is_exact ? "\\n" : "")
            : asprintf(&text, "%s%s%s%s", begin, item->word, suffix[item->kind], end);
    if (written < 0)
        fail("no memory");
    source.texts[source.count] = text;
    source.expressions[source.count] = text;
    source.lengths[source.count] = strlen(text);
    source.flags[source.count] = HS_FLAG_CASELESS | (is_lines ? HS_FLAG_MULTILINE : 0) |
                                 (shape == SHAPE_LINES ? 0 : HS_FLAG_SINGLEMATCH);
    source.ids[source.count++] = id;
}

static bool item_is_in(const struct item *item, unsigned field, unsigned sorts)
{
    static const unsigned sort[] = {EXACTS, LITERALS, EXPRESSIONS};
    return (field == ANY_FIELD || item->field == field) && (sort[item->kind] & sorts) != 0;
}

/* NULL: no item belongs into it. `is_literal`: by the interface for literals. */
static hs_database_t *database_make(unsigned field, unsigned sorts, enum shape shape,
                                    bool is_literal)
{
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;
    source.count = 0;
    for (unsigned i = 0; i < items_count; i++) {
        if (item_is_in(&items[i], field, sorts))
            source_add(i, shape);
    }
    if (source.count == 0)
        return NULL;
    const hs_error_t result =
        is_literal
            ? hs_compile_lit_multi(source.expressions, source.flags, source.ids, source.lengths,
                                   source.count, HS_MODE_BLOCK, NULL, &database, &error)
            : hs_compile_multi(source.expressions, source.flags, source.ids, source.count,
                               HS_MODE_BLOCK, NULL, &database, &error);
    if (result != HS_SUCCESS)
        fail(error != NULL ? error->message : "no database");
    for (unsigned i = 0; i < source.count; i++)
        free(source.texts[i]);
    return database;
}

/* ---- answers -------------------------------------------------------------------------------- */

/* What one pass finds: pairs of a record and a pattern, added up so that layouts can be compared.
 */
struct answer {
    uint64_t count, sum;
    unsigned record, field;
};

static void answer_add(struct answer *answer, unsigned record, unsigned id)
{
    answer->count++;
    answer->sum += (uint64_t)record * 7919 + id;
}

static int value_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *self)
{
    struct answer *const answer = self;
    (void)from, (void)to, (void)flags;
    answer_add(answer, answer->record, id);
    return 0;
}

static int field_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                       void *self)
{
    struct answer *const answer = self;
    (void)from, (void)to, (void)flags;
    if (items[id].field == answer->field)
        answer_add(answer, answer->record, id);
    return 0;
}

/* ---- exact values --------------------------------------------------------------------------- */

/* By hash: what stands at a word's place, by field. */
enum { SLOTS = 4 * PATTERNS_MAX };
static unsigned slots[SLOTS]; /* 1 + an item */

static uint64_t word_hash(const char *text, size_t bytes, unsigned field)
{
    return hash_bytes(hash_key_fixed(), text, bytes) + hash_mix(field);
}

static void slots_make(void)
{
    memset(slots, 0, sizeof(slots));
    for (unsigned i = 0; i < items_count; i++) {
        const struct item *const item = &items[i];
        uint64_t at = word_hash(item->word, strlen(item->word), item->field) % SLOTS;
        while (slots[at] != 0)
            at = (at + 1) % SLOTS;
        if (item->kind == KIND_EXACT)
            slots[at] = i + 1;
    }
}

static void exact_find(const struct value *value, struct answer *answer)
{
    for (uint64_t at = word_hash(value->text, value->bytes, answer->field) % SLOTS; slots[at] != 0;
         at = (at + 1) % SLOTS) {
        const struct item *const item = &items[slots[at] - 1];
        if (item->field == answer->field && strlen(item->word) == value->bytes &&
            memcmp(item->word, value->text, value->bytes) == 0)
            answer_add(answer, answer->record, slots[at] - 1);
    }
}

/* ---- layouts -------------------------------------------------------------------------------- */

enum layout {
    LAYOUT_BY_FIELD,     /* exact values by hash, a database for each field: the matcher's */
    LAYOUT_EXACT_INSIDE, /* exact values as patterns too */
    LAYOUT_LITERALS,     /* parts apart from expressions, by the interface for literals */
    LAYOUT_ONE,          /* one database of all fields, what belongs to others is dropped */
    LAYOUT_RECORD,       /* one search for each record, its values in one text */
    LAYOUT_LINES,        /* values of a field gathered, a line each, searched together */
    LAYOUTS,
};

static const char *const layout_names[LAYOUTS] = {
    "by field",           "by field, exact inside", "by field, literals apart",
    "one for all fields", "one search a record",    "by field, 64 KiB of values",
};

struct laid_out {
    hs_database_t *databases[2 * FIELDS]; /* NULL: none */
    hs_scratch_t *scratch;
    double compiled_seconds, fastest_seconds;
    size_t bytes;
    struct answer answer;
};

static void laid_out_init(struct laid_out *at, enum layout layout)
{
    const double start = clock_seconds();
    *at = (struct laid_out){0};
    for (unsigned field = 0; field < FIELDS; field++) {
        hs_database_t **const own = &at->databases[2 * field];
        if (layout == LAYOUT_BY_FIELD)
            own[0] = database_make(field, LITERALS | EXPRESSIONS, SHAPE_VALUE, false);
        else if (layout == LAYOUT_EXACT_INSIDE)
            own[0] = database_make(field, LITERALS | EXPRESSIONS | EXACTS, SHAPE_VALUE, false);
        else if (layout == LAYOUT_LINES)
            own[0] = database_make(field, LITERALS | EXPRESSIONS, SHAPE_LINES, false);
        if (layout == LAYOUT_LITERALS) {
            own[0] = database_make(field, LITERALS, SHAPE_VALUE, true);
            own[1] = database_make(field, EXPRESSIONS, SHAPE_VALUE, false);
        }
    }
    if (layout == LAYOUT_ONE)
        at->databases[0] = database_make(ANY_FIELD, LITERALS | EXPRESSIONS, SHAPE_VALUE, false);
    if (layout == LAYOUT_RECORD)
        at->databases[0] =
            database_make(ANY_FIELD, LITERALS | EXPRESSIONS | EXACTS, SHAPE_TAGGED, false);
    at->compiled_seconds = clock_seconds() - start;
    for (unsigned i = 0; i < 2 * FIELDS; i++) {
        size_t bytes = 0;
        if (at->databases[i] == NULL)
            continue;
        if (hs_database_size(at->databases[i], &bytes) != HS_SUCCESS ||
            hs_alloc_scratch(at->databases[i], &at->scratch) != HS_SUCCESS)
            fail("no scratch");
        at->bytes += bytes;
    }
}

static void laid_out_deinit(struct laid_out *at)
{
    hs_free_scratch(at->scratch);
    for (unsigned i = 0; i < 2 * FIELDS; i++)
        hs_free_database(at->databases[i]);
}

static void search(const struct laid_out *at, unsigned database, const char *text, size_t bytes,
                   match_event_handler found, void *self)
{
    if (at->databases[database] != NULL && hs_scan(at->databases[database], text, (unsigned)bytes,
                                                   0, at->scratch, found, self) != HS_SUCCESS)
        fail("a search failed");
}

static void search_values(struct laid_out *at, enum layout layout)
{
    struct answer *const answer = &at->answer;
    for (answer->record = 0; answer->record < RECORDS; answer->record++) {
        for (answer->field = 0; answer->field < FIELDS; answer->field++) {
            const struct value *const value = &values[answer->record][answer->field];
            if (layout != LAYOUT_EXACT_INSIDE)
                exact_find(value, answer);
            if (layout == LAYOUT_ONE) {
                search(at, 0, value->text, value->bytes, field_found, answer);
                continue;
            }
            search(at, 2 * answer->field, value->text, value->bytes, value_found, answer);
            search(at, 2 * answer->field + 1, value->text, value->bytes, value_found, answer);
        }
    }
}

static void search_records(struct laid_out *at)
{
    struct answer *const answer = &at->answer;
    for (answer->record = 0; answer->record < RECORDS; answer->record++) {
        char text[RECORD_BYTES];
        size_t bytes = 0;
        for (unsigned field = 0; field < FIELDS; field++) {
            const struct value *const value = &values[answer->record][field];
            text[bytes++] = (char)(0x80 + field);
            memcpy(text + bytes, value->text, value->bytes);
            bytes += value->bytes;
            text[bytes++] = '\n';
        }
        search(at, 0, text, bytes, value_found, answer);
    }
}

/* A line may be told of more than once for a pattern, but the ends of its matches only rise. */
struct lines {
    struct answer *answer;
    char *text;
    size_t bytes;
    unsigned *ends, *records; /* by line */
    unsigned count;
    unsigned *told; /* by pattern: 1 + the last line */
};

static int line_found(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
                      void *self)
{
    struct lines *const lines = self;
    unsigned low = 0, high = lines->count;
    (void)from, (void)flags;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (lines->ends[middle] < to)
            low = middle + 1;
        else
            high = middle;
    }
    if (lines->told[id] != low + 1)
        answer_add(lines->answer, lines->records[low], id);
    lines->told[id] = low + 1;
    return 0;
}

static void lines_search(struct laid_out *at, struct lines *lines, unsigned field)
{
    memset(lines->told, 0, PATTERNS_MAX * sizeof(*lines->told));
    search(at, 2 * field, lines->text, lines->bytes, line_found, lines);
    lines->bytes = 0;
    lines->count = 0;
}

static void search_lines(struct laid_out *at)
{
    static char text[BATCH_BYTES + TEXT_BYTES];
    static unsigned ends[BATCH_BYTES], records[BATCH_BYTES], told[PATTERNS_MAX];
    struct answer *const answer = &at->answer;
    struct lines lines = {
        .answer = answer, .text = text, .ends = ends, .records = records, .told = told};
    for (answer->field = 0; answer->field < FIELDS; answer->field++) {
        for (answer->record = 0; answer->record < RECORDS; answer->record++) {
            const struct value *const value = &values[answer->record][answer->field];
            exact_find(value, answer);
            memcpy(text + lines.bytes, value->text, value->bytes);
            lines.bytes += value->bytes;
            lines.records[lines.count] = answer->record;
            lines.ends[lines.count++] = (unsigned)lines.bytes;
            text[lines.bytes++] = '\n';
            if (lines.bytes >= BATCH_BYTES)
                lines_search(at, &lines, answer->field);
        }
        lines_search(at, &lines, answer->field);
    }
}

static void measure(struct laid_out *at, enum layout layout, bool is_first)
{
    at->answer = (struct answer){0};
    const double start = clock_seconds();
    if (layout == LAYOUT_RECORD)
        search_records(at);
    else if (layout == LAYOUT_LINES)
        search_lines(at);
    else
        search_values(at, layout);
    const double seconds = clock_seconds() - start;
    if (is_first || seconds < at->fastest_seconds)
        at->fastest_seconds = seconds;
}

static void measure_rules(unsigned rules_count)
{
    static struct laid_out all[LAYOUTS];
    items_make(rules_count);
    slots_make();
    for (unsigned i = 0; i < LAYOUTS; i++)
        laid_out_init(&all[i], (enum layout)i);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < LAYOUTS; i++)
            measure(&all[i], (enum layout)i, round == 0);
    }
    for (unsigned i = 0; i < LAYOUTS; i++) {
        const struct laid_out *const at = &all[i];
        printf("%4u rules, %-26s %7.0f ns/value   compiled in %7.3f s, %8zu bytes, found %" PRIu64
               "\n",
               rules_count, layout_names[i], at->fastest_seconds * 1e9 / (RECORDS * FIELDS),
               at->compiled_seconds, at->bytes, at->answer.count);
        if (at->answer.sum != all[0].answer.sum || at->answer.count != all[0].answer.count)
            fail("the layouts do not find the same");
        laid_out_deinit(&all[i]);
    }
}

int main(void)
{
    static const unsigned counts[] = {100, 1000, PATTERNS_MAX / 2};
    values_make();
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        measure_rules(counts[i]);
    return EXIT_SUCCESS;
}
