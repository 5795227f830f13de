#include "parsers/codes.h"

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

bool codes_find_word(const struct codes *codes, struct slice word, struct code_meaning *meaning)
{
    *meaning = unknown_meaning;
    for (size_t i = 0; i < codes->words_count; i++) {
        if (slice_equals_folded(codes->words[i].word, word)) {
            *meaning = codes->words[i].meaning;
            return true;
        }
    }
    return false;
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

static bool starts_folded(struct slice text, struct slice prefix)
{
    return text.bytes >= prefix.bytes &&
           slice_equals_folded(slice_of(text.start, prefix.bytes), prefix);
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
    if (!read_digits(slice_from(written, negative ? 1 : 0), 10, &value) || value > INT32_MAX)
        return false;
    *code = negative ? -(int32_t)value : (int32_t)value;
    return true;
}

/* ---- Reading ------------------------------------------------------------------------------- */

static bool read_meaning(const struct reading *reading, const struct node *row,
                         struct code_meaning *meaning)
{
    const char *outcomes[OUTCOME_COUNT + 1] = {0}, *verdicts[VERDICT_COUNT + 1] = {0};
    for (int i = 0; i < OUTCOME_COUNT; i++)
        outcomes[i] = outcome_name((enum outcome)i);
    for (int i = 0; i < VERDICT_COUNT; i++)
        verdicts[i] = verdict_name((enum verdict)i);

    const struct node *const outcome = reading_get(reading, row, "outcome");
    const struct node *const password = reading_get(reading, row, "password");
    if (outcome == NULL || password == NULL)
        return false;
    meaning->outcome =
        (uint8_t)(outcome->kind == NODE_SCALAR ? outcome_by_name(outcome->text) : OUTCOME_COUNT);
    meaning->verdict =
        (uint8_t)(password->kind == NODE_SCALAR ? verdict_by_name(password->text) : VERDICT_COUNT);
    if (meaning->outcome == OUTCOME_COUNT)
        reading_complain_unknown(reading, outcome, "S105", "outcome", outcomes);
    if (meaning->verdict == VERDICT_COUNT)
        reading_complain_unknown(reading, password, "S105", "password verdict", verdicts);
    return meaning->outcome < OUTCOME_COUNT && meaning->verdict < VERDICT_COUNT;
}

static void add_number(struct codes *codes, const struct reading *reading, const struct node *node,
                       int32_t code, struct code_meaning meaning)
{
    const size_t place = number_place(codes, code);
    if (codes->numbers[place].used) {
        reading_complain(reading, node, "S106", "code %d is listed twice", code);
        return;
    }
    if (codes->numbers_count == CODES_NUMBERS_MAX) {
        reading_complain(reading, node, "S107", "more than %d codes", CODES_NUMBERS_MAX);
        return;
    }
    codes->numbers[place].used = true;
    codes->numbers[place].code = code;
    codes->numbers[place].meaning = meaning;
    codes->numbers_count++;
}

static void add_word(struct codes *codes, const struct reading *reading, const struct node *node,
                     struct slice word, struct code_meaning meaning)
{
    struct code_meaning other;
    if (codes_find_word(codes, word, &other)) {
        reading_complain(reading, node, "S106", "result '%s' is listed twice", word.start);
        return;
    }
    if (codes->words_count == CODES_WORDS_MAX) {
        reading_complain(reading, node, "S107", "more than %d results in words", CODES_WORDS_MAX);
        return;
    }
    codes->words[codes->words_count].word = word;
    codes->words[codes->words_count].meaning = meaning;
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
        add_number(codes, reading, code, number, meaning);
    else
        add_word(codes, reading, code, written, meaning);
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
    for (size_t i = 0; i < table->count; i++)
        read_row(codes, reading, table->items[i], sources);
}
