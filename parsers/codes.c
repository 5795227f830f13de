#include "parsers/codes.h"

#include <stdlib.h>

#include "engine/base/hash.h"

static const struct code_meaning unknown_meaning = {
    .outcome = OUTCOME_OTHER_FAILURE,
    .verdict = VERDICT_UNKNOWN,
};

/* ---- Looking up ---------------------------------------------------------------------------- */

/* Where `code` is, or where it would go. */
static inline size_t number_place(const struct codes *codes, int32_t code)
{
    size_t place = hash_mix((uint32_t)code) & (CODES_NUMBER_PLACES - 1);
    while (codes->numbers[place].used && codes->numbers[place].code != code)
        place = (place + 1) & (CODES_NUMBER_PLACES - 1);
    return place;
}

bool codes_find_number(const struct codes *codes, int32_t code, struct code_meaning *meaning)
{
    const size_t place = number_place(codes, code);
    *meaning = codes->numbers[place].used ? codes->numbers[place].meaning : unknown_meaning;
    return codes->numbers[place].used;
}

static uint64_t hash_folded(struct slice word)
{
    uint64_t hash = word.bytes;
    for (size_t i = 0; i < word.bytes; i++)
        hash = hash * 0x100000001b3 ^ slice_fold_byte((unsigned char)word.start[i]);
    return hash_mix(hash);
}

static inline size_t word_place(const struct codes *codes, struct slice word)
{
    size_t place = hash_folded(word) & (CODES_WORD_PLACES - 1);
    while (codes->words[place].word.bytes > 0 &&
           !slice_equals_folded(codes->words[place].word, word))
        place = (place + 1) & (CODES_WORD_PLACES - 1);
    return place;
}

static bool starts_folded(struct slice text, struct slice prefix)
{
    return text.bytes >= prefix.bytes &&
           slice_equals_folded(slice_of(text.start, prefix.bytes), prefix);
}

static const struct code_word *find_prefix(const struct codes *codes, struct slice word)
{
    const struct code_word *longest = NULL;
    for (size_t i = 0; i < codes->prefixes_count; i++) {
        const struct code_word *const prefix = &codes->prefixes[i];
        if (starts_folded(word, prefix->word) &&
            (longest == NULL || prefix->word.bytes > longest->word.bytes))
            longest = prefix;
    }
    return longest;
}

bool codes_find_word(const struct codes *codes, struct slice word, struct code_meaning *meaning)
{
    *meaning = unknown_meaning;
    if (word.bytes == 0)
        return false;
    const struct code_word *found = &codes->words[word_place(codes, word)];
    if (found->word.bytes == 0)
        found = find_prefix(codes, word);
    if (found != NULL)
        *meaning = found->meaning;
    return found != NULL;
}

static int digit_value(char byte)
{
    const unsigned char folded = slice_fold_byte((unsigned char)byte);
    if ((unsigned char)(folded - '0') < 10)
        return folded - '0';
    return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : 16;
}

static bool read_digits(struct slice digits, int base, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits.bytes; i++) {
        const int digit = digit_value(digits.start[i]);
        if (digit >= base || *value > UINT32_MAX)
            return false;
        *value = *value * (uint64_t)base + (uint64_t)digit;
    }
    return digits.bytes > 0;
}

bool codes_number(const struct codes *codes, struct slice written, int32_t *code)
{
    uint64_t value;
    if (codes->prefix.bytes > 0 && starts_folded(written, codes->prefix))
        written = slice_from(written, codes->prefix.bytes);
    if (starts_folded(written, SLICE("0x"))) {
        if (!read_digits(slice_from(written, 2), 16, &value) || value > UINT32_MAX)
            return false;
        *code = (int32_t)(uint32_t)value;
        return true;
    }
    const bool negative = written.bytes > 1 && written.start[0] == '-';
    if (!read_digits(slice_from(written, negative ? 1 : 0), 10, &value) ||
        value > (negative ? INT32_MAX : UINT32_MAX))
        return false;
    *code = negative ? -(int32_t)value : (int32_t)(uint32_t)value;
    return true;
}

static const struct node *find_row(const struct codes *codes, struct slice written)
{
    int32_t code;
    if (codes_number(codes, written, &code))
        return codes->number_rows[number_place(codes, code)];
    if (written.bytes == 0)
        return NULL;
    const size_t place = word_place(codes, written);
    if (codes->words[place].word.bytes > 0)
        return codes->word_rows[place];
    const struct code_word *const prefix = find_prefix(codes, written);
    return prefix != NULL ? codes->prefix_rows[prefix - codes->prefixes] : NULL;
}

bool codes_row(const struct codes *codes, struct slice written, struct code_row *row)
{
    const struct node *const node = find_row(codes, written);
    if (node == NULL)
        return false;
    *row = (struct code_row){.line = node->line};
    if (node->kind != NODE_MAPPING)
        return true; /* a result of the short form within a schema */
    const struct node *const note = node_get(node, "note");
    const struct node *const source =
        node_get(codes->sources, node_get(node, "source")->text.start);
    row->source = source->text;
    if (note != NULL && note->kind == NODE_SCALAR)
        row->note = note->text;
    return true;
}

/* ---- Reading ------------------------------------------------------------------------------- */

static bool read_outcome(const struct reading *reading, const struct node *node, uint8_t *outcome)
{
    const char *outcomes[OUTCOME_COUNT + 1] = {0};
    for (int i = 0; i < OUTCOME_COUNT; i++)
        outcomes[i] = outcome_name((enum outcome)i);
    *outcome = (uint8_t)(node->kind == NODE_SCALAR ? outcome_by_name(node->text) : OUTCOME_COUNT);
    if (*outcome == OUTCOME_COUNT)
        reading_complain_unknown(reading, node, "S105", "outcome", outcomes);
    return *outcome < OUTCOME_COUNT;
}

static bool read_meaning(const struct reading *reading, const struct node *row,
                         struct code_meaning *meaning)
{
    const char *verdicts[VERDICT_COUNT + 1] = {0};
    for (int i = 0; i < VERDICT_COUNT; i++)
        verdicts[i] = verdict_name((enum verdict)i);

    const struct node *const outcome = reading_get(reading, row, "outcome");
    const struct node *const password = reading_get(reading, row, "password");
    if (outcome == NULL || password == NULL)
        return false;
    const bool has_outcome = read_outcome(reading, outcome, &meaning->outcome);
    meaning->verdict =
        (uint8_t)(password->kind == NODE_SCALAR ? verdict_by_name(password->text) : VERDICT_COUNT);
    if (meaning->verdict == VERDICT_COUNT)
        reading_complain_unknown(reading, password, "S105", "password verdict", verdicts);
    return has_outcome && meaning->verdict < VERDICT_COUNT;
}

/* `row` is where it stands: a row of a table, or a result's name in the short form. */
static void add_number(struct codes *codes, const struct reading *reading, const struct node *row,
                       int32_t code, struct code_meaning meaning)
{
    const size_t place = number_place(codes, code);
    if (codes->numbers[place].used) {
        reading_complain(reading, row, "S106", "code %d is listed twice", code);
        return;
    }
    if (codes->numbers_count == CODES_NUMBERS_MAX) {
        reading_complain(reading, row, "S107", "more than %d codes", CODES_NUMBERS_MAX);
        return;
    }
    codes->numbers[place].used = true;
    codes->numbers[place].code = code;
    codes->numbers[place].meaning = meaning;
    codes->number_rows[place] = row;
    codes->numbers_count++;
}

static void add_prefix(struct codes *codes, const struct reading *reading, const struct node *row,
                       struct slice prefix, struct code_meaning meaning)
{
    for (size_t i = 0; i < codes->prefixes_count; i++) {
        if (slice_equals_folded(codes->prefixes[i].word, prefix)) {
            reading_complain(reading, row, "S106", "result '%.*s*' is listed twice",
                             (int)prefix.bytes, prefix.start);
            return;
        }
    }
    if (codes->prefixes_count == CODES_PREFIXES_MAX) {
        reading_complain(reading, row, "S107", "more than %d beginnings of results",
                         CODES_PREFIXES_MAX);
        return;
    }
    codes->prefix_rows[codes->prefixes_count] = row;
    codes->prefixes[codes->prefixes_count++] = (struct code_word){prefix, meaning};
}

static void add_word(struct codes *codes, const struct reading *reading, const struct node *row,
                     struct slice word, struct code_meaning meaning)
{
    if (slice_ends_with(word, SLICE("*"))) {
        add_prefix(codes, reading, row, slice_of(word.start, word.bytes - 1), meaning);
        return;
    }
    struct code_word *const place = &codes->words[word_place(codes, word)];
    if (place->word.bytes > 0) {
        reading_complain(reading, row, "S106", "result '%s' is listed twice", word.start);
        return;
    }
    if (codes->words_count == CODES_WORDS_MAX) {
        reading_complain(reading, row, "S107", "more than %d results in words", CODES_WORDS_MAX);
        return;
    }
    *place = (struct code_word){word, meaning};
    codes->word_rows[place - codes->words] = row;
    codes->words_count++;
}

/* Whoever doubts a row can look it up: its source must be one that the file describes. */
static bool check_source(const struct reading *reading, const struct node *row,
                         const struct node *sources)
{
    const struct node *const source = reading_get(reading, row, "source");
    const char *known[CODES_SOURCES_MAX + 1] = {0};
    if (source == NULL || sources == NULL || sources->kind != NODE_MAPPING)
        return false;
    for (size_t i = 0; i < sources->count && i < CODES_SOURCES_MAX; i++) {
        if (source->kind == NODE_SCALAR && slice_equals(source->text, node_key(sources, i)->text))
            return true;
        known[i] = node_key(sources, i)->text.start;
    }
    reading_complain_unknown(reading, source, "S105", "source of this table", known);
    return false;
}

static void read_row(struct codes *codes, const struct reading *reading, const struct node *row,
                     const struct node *sources)
{
    static const char *const keys[] = {"code", "outcome", "password", "source", "note", NULL};
    struct code_meaning meaning;
    struct slice written;
    if (!reading_mapping(reading, row, "a code", keys))
        return;
    const struct node *const code = reading_get(reading, row, "code");
    const bool sourced = check_source(reading, row, sources);
    if (code == NULL || !reading_text(reading, code, "code", &written) ||
        !read_meaning(reading, row, &meaning) || !sourced)
        return;
    int32_t number;
    if (codes_number(codes, written, &number))
        add_number(codes, reading, row, number, meaning);
    else
        add_word(codes, reading, row, written, meaning);
}

static bool read_sources(const struct reading *reading, const struct node *sources)
{
    if (sources->kind != NODE_MAPPING || sources->count == 0) {
        reading_complain(reading, sources, "S103",
                         "sources must be a mapping of name to description");
        return false;
    }
    if (sources->count > CODES_SOURCES_MAX) {
        reading_complain(reading, sources, "S107", "more than %d sources", CODES_SOURCES_MAX);
        return false;
    }
    for (size_t i = 0; i < sources->count; i++) {
        struct slice text;
        if (!reading_text(reading, node_key(sources, i), "a source's name", &text) ||
            !reading_text(reading, node_value(sources, i), "a source's description", &text))
            return false;
    }
    return true;
}

void codes_read(struct codes *codes, const struct reading *reading, const struct node *root)
{
    static const char *const keys[] = {"code-table", "prefix", "sources", "table", NULL};
    *codes = (struct codes){0};
    reading_mapping(reading, root, "a code table", keys);
    const struct node *const name = reading_get(reading, root, "code-table");
    if (name != NULL)
        reading_text(reading, name, "code-table", &codes->name);
    const struct node *const prefix = node_get(root, "prefix");
    if (prefix != NULL)
        reading_text(reading, prefix, "prefix", &codes->prefix);

    const struct node *const sources = reading_get(reading, root, "sources");
    const struct node *const table = reading_get(reading, root, "table");
    if (sources == NULL || !read_sources(reading, sources) || table == NULL ||
        !reading_sequence(reading, table, "table", CODES_NUMBERS_MAX + CODES_WORDS_MAX))
        return;
    codes->sources = sources;
    for (size_t i = 0; i < table->count; i++)
        read_row(codes, reading, table->items[i], sources);
}

void codes_read_results(struct codes *codes, const struct reading *reading,
                        const struct node *results)
{
    static const uint8_t usual[OUTCOME_COUNT] = {
        [OUTCOME_SUCCESS] = VERDICT_RIGHT,
        [OUTCOME_WRONG_PASSWORD] = VERDICT_WRONG,
        [OUTCOME_UNKNOWN_ACCOUNT] = VERDICT_UNTESTED,
        [OUTCOME_LOCKED] = VERDICT_UNKNOWN,
        [OUTCOME_DISABLED] = VERDICT_UNKNOWN,
        [OUTCOME_EXPIRED_PASSWORD] = VERDICT_RIGHT,
        [OUTCOME_MFA_REQUIRED] = VERDICT_RIGHT,
        [OUTCOME_MFA_FAILED] = VERDICT_RIGHT,
        [OUTCOME_BLOCKED_BY_POLICY] = VERDICT_UNKNOWN,
        [OUTCOME_INTERRUPTED] = VERDICT_UNKNOWN,
        [OUTCOME_OTHER_FAILURE] = VERDICT_UNKNOWN,
    };
    if (results->kind != NODE_MAPPING || results->count == 0) {
        reading_complain(reading, results, "S103", "results must be a mapping of text to outcome");
        return;
    }
    for (size_t i = 0; i < results->count; i++) {
        struct slice written;
        struct code_meaning meaning;
        int32_t number;
        if (!reading_text(reading, node_key(results, i), "a result", &written) ||
            !read_outcome(reading, node_value(results, i), &meaning.outcome))
            continue;
        meaning.verdict = usual[meaning.outcome];
        if (codes_number(codes, written, &number))
            add_number(codes, reading, node_key(results, i), number, meaning);
        else
            add_word(codes, reading, node_key(results, i), written, meaning);
    }
}

/* ---- All tables ---------------------------------------------------------------------------- */

struct codes *code_tables_add(struct code_tables *tables, const struct reading *reading,
                              const struct node *node)
{
    if (tables->count == CODE_TABLES_MAX) {
        reading_complain(reading, node, "S107", "more than %d code tables", CODE_TABLES_MAX);
        return NULL;
    }
    struct codes *const table = calloc(1, sizeof(*table));
    if (table != NULL)
        tables->items[tables->count++] = table;
    return table;
}

const struct codes *code_tables_find(const struct code_tables *tables,
                                     const struct reading *reading, const struct node *name)
{
    const char *known[CODE_TABLES_MAX + 1] = {0};
    size_t known_count = 0;
    for (size_t i = 0; i < tables->count; i++) {
        const struct codes *const table = tables->items[i];
        if (table->name.bytes == 0)
            continue;
        known[known_count++] = table->name.start;
        if (name->kind == NODE_SCALAR && slice_equals(name->text, table->name))
            return table;
    }
    reading_complain_unknown(reading, name, "S105", "code table", known);
    return NULL;
}

void code_tables_deinit(struct code_tables *tables)
{
    for (size_t i = 0; i < tables->count; i++)
        free(tables->items[i]);
    tables->count = 0;
}
