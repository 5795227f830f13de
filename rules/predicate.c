#include "rules/predicate.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "parsers/address.h"
#include "rules/time_part.h"

void predicate_set_init(struct predicate_set *set)
{
    memset(set, 0, sizeof(*set));
}

void predicate_set_deinit(struct predicate_set *set)
{
    for (unsigned i = 0; i < set->fields_count; i++) {
        struct field_predicates *const field = &set->fields[i];
        free(field->predicates);
        free(field->tests);
        free(field->owners);
        free(field->folded.slots);
        free(field->folded.next);
        free(field->cased.slots);
        free(field->cased.next);
        free(field->others);
        pattern_database_destroy(field->database);
        for (size_t j = 0; field->regexes != NULL && j < field->tests_count; j++)
            regex_destroy(field->regexes[j]);
        free(field->regexes);
    }
    predicate_set_init(set);
}

/* Room for `more` items; false when there is no memory. */
static bool grow(void **items, size_t count, size_t *capacity, size_t more, size_t size)
{
    if (*items != NULL && *capacity - count >= more)
        return true;
    const size_t wanted = 2 * (count + more);
    void *const grown = reallocarray(*items, wanted, size);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

/* ---- the same asked twice ------------------------------------------------------------------ */

/* Not every member: what it leaves out, `test_equals` compares. */
static uint64_t test_hash(const struct test *test)
{
    const struct slice text =
        test->kind == TEST_PATTERN ? slice_from_string(test->pattern.expression) : test->text;
    return hash_mix(hash_bytes(hash_key_fixed(), text.start, text.bytes) + (uint64_t)test->kind);
}

static bool pattern_equals(const struct pattern *a, const struct pattern *b)
{
    return strcmp(a->expression, b->expression) == 0 && a->ignores_case == b->ignores_case &&
           a->is_multiline == b->is_multiline && a->dot_is_all == b->dot_is_all;
}

static bool test_equals(const struct test *a, const struct test *b)
{
    if (a->kind != b->kind || a->part != b->part || a->has_number != b->has_number)
        return false;
    if (a->has_number && a->number != b->number)
        return false;
    if (a->kind == TEST_PATTERN)
        return pattern_equals(&a->pattern, &b->pattern);
    if (a->kind == TEST_NETWORK)
        return memcmp(&a->network.address, &b->network.address, sizeof(a->network.address)) == 0 &&
               a->network.prefix_bits == b->network.prefix_bits;
    return slice_equals(a->text, b->text);
}

/* The predicate of just these tests, or the number of predicates. */
static size_t predicate_find(const struct field_predicates *field, const struct predicate *wanted,
                             const struct test *tests)
{
    for (size_t i = 0; i < field->predicates_count; i++) {
        const struct predicate *const known = &field->predicates[i];
        if (known->hash != wanted->hash || known->tests_count != wanted->tests_count ||
            known->needs_all != wanted->needs_all)
            continue;
        size_t same = 0;
        while (same < known->tests_count &&
               test_equals(&field->tests[known->first_test + same], &tests[same]))
            same++;
        if (same == known->tests_count)
            return i;
    }
    return field->predicates_count;
}

enum status predicate_set_add(struct predicate_set *set, unsigned field, const struct test *tests,
                              size_t tests_count, bool needs_all, unsigned *bit)
{
    struct field_predicates *const at = &set->fields[field];
    struct predicate predicate = {
        .first_test = (uint32_t)at->tests_count,
        .tests_count = (uint32_t)tests_count,
        .needs_all = needs_all,
        .uses = 1,
    };
    for (size_t i = 0; i < tests_count; i++)
        predicate.hash = hash_mix(predicate.hash ^ test_hash(&tests[i]));
    const size_t found = predicate_find(at, &predicate, tests);
    *bit = (unsigned)found;
    if (found < at->predicates_count) {
        at->predicates[found].uses++;
        return STATUS_OK;
    }
    if (at->predicates_count == PREDICATES_MAX || tests_count > FIELD_TESTS_MAX - at->tests_count)
        return STATUS_CONFIG;
    if (!grow((void **)&at->predicates, at->predicates_count, &at->predicates_capacity, 1,
              sizeof(*at->predicates)) ||
        !grow((void **)&at->tests, at->tests_count, &at->tests_capacity, tests_count,
              sizeof(*at->tests)))
        return STATUS_NO_MEMORY;
    memcpy(at->tests + at->tests_count, tests, tests_count * sizeof(*tests));
    if (field >= set->fields_count)
        set->fields_count = field + 1;
    at->predicates[at->predicates_count++] = predicate;
    at->tests_count += tests_count;
    return STATUS_OK;
}

/* ---- exact values ------------------------------------------------------------------------- */

static uint64_t text_hash(struct slice text, bool is_folded)
{
    /* The texts of rules are no attacker's choice, and a fixed key keeps runs alike. */
    if (!is_folded)
        return hash_bytes(hash_key_fixed(), text.start, text.bytes);
    char folded[LIMIT_TEXT_BYTES];
    const size_t bytes = text.bytes < sizeof(folded) ? text.bytes : sizeof(folded);
    for (size_t i = 0; i < bytes; i++)
        folded[i] = (char)slice_fold_byte((unsigned char)text.start[i]);
    return hash_bytes(hash_key_fixed(), folded, bytes);
}

static bool text_equals(struct slice a, struct slice b, bool is_folded)
{
    return is_folded ? slice_equals_folded(a, b) : slice_equals(a, b);
}

/* The slot where `text` is or would be. */
static size_t exact_table_slot(const struct exact_table *table, const struct test *tests,
                               struct slice text, bool is_folded)
{
    size_t slot = text_hash(text, is_folded) & (table->slots_count - 1);
    while (table->slots[slot] != 0 &&
           !text_equals(tests[table->slots[slot] - 1].text, text, is_folded))
        slot = (slot + 1) & (table->slots_count - 1);
    return slot;
}

static uint64_t length_bit(struct slice text)
{
    return UINT64_C(1) << (text.bytes < 63 ? text.bytes : 63);
}

static bool exact_table_build(struct exact_table *table, const struct test *tests,
                              size_t tests_count, enum test_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < tests_count; i++)
        count += tests[i].kind == kind;
    if (count == 0)
        return true;
    size_t slots_count = 4;
    while (slots_count < 2 * count)
        slots_count *= 2;
    table->slots = calloc(slots_count, sizeof(*table->slots));
    table->next = calloc(tests_count, sizeof(*table->next));
    if (table->slots == NULL || table->next == NULL)
        return false;
    table->slots_count = slots_count;
    for (size_t i = 0; i < tests_count; i++) {
        if (tests[i].kind != kind)
            continue;
        const size_t slot = exact_table_slot(table, tests, tests[i].text, kind == TEST_EQUALS);
        table->lengths |= length_bit(tests[i].text);
        table->next[i] = table->slots[slot];
        table->slots[slot] = (uint32_t)i + 1;
    }
    return true;
}

static void exact_table_find(const struct exact_table *table, const struct test *tests,
                             struct slice text, bool is_folded, uint64_t *hits)
{
    if ((table->lengths & length_bit(text)) == 0)
        return;
    for (uint32_t at = table->slots[exact_table_slot(table, tests, text, is_folded)]; at != 0;
         at = table->next[at - 1])
        bits_set(hits, at - 1);
}

/* ---- building ----------------------------------------------------------------------------- */

static bool owners_build(struct field_predicates *field)
{
    field->owners = calloc(field->tests_count, sizeof(*field->owners));
    if (field->owners == NULL)
        return false;
    for (size_t i = 0; i < field->predicates_count; i++) {
        const struct predicate *const predicate = &field->predicates[i];
        for (uint32_t j = 0; j < predicate->tests_count; j++)
            field->owners[predicate->first_test + j] = (uint32_t)i;
    }
    return true;
}

static bool others_build(struct field_predicates *field)
{
    field->others = calloc(field->tests_count + 1, sizeof(*field->others));
    if (field->others == NULL)
        return false;
    for (size_t i = 0; i < field->tests_count; i++) {
        const struct test *const test = &field->tests[i];
        const bool is_exact = test->kind == TEST_EQUALS || test->kind == TEST_EQUALS_CASED;
        if (test->kind != TEST_PATTERN && test->kind != TEST_NEVER &&
            (!is_exact || test->has_number))
            field->others[field->others_count++] = (uint32_t)i;
    }
    return true;
}

/* Tells of the pattern that Hyperscan refuses and takes it out, until the rest compiles. */
static enum status database_build(struct field_predicates *field, struct pattern *patterns,
                                  size_t count, struct cache *cache,
                                  struct diagnostics *diagnostics)
{
    enum status told = STATUS_OK;
    while (count > 0) {
        struct pattern_error error;
        const enum status status =
            pattern_database_create(&field->database, patterns, count, cache, &error);
        if (status != STATUS_CONFIG)
            return status != STATUS_OK ? status : told;
        told = STATUS_CONFIG;
        const size_t bad = error.pattern < count ? error.pattern : 0;
        const struct test *const test = &field->tests[patterns[bad].id];
        const struct diagnosis diagnosis = {.diagnostics = diagnostics, .path = test->path};
        diagnosis_add(&diagnosis, RULE_PATTERNS_TOGETHER, test->node,
                      "this pattern cannot be searched for together with the others: %s",
                      error.text);
        if (error.pattern >= count)
            break;
        memmove(&patterns[bad], &patterns[bad + 1], (count - bad - 1) * sizeof(*patterns));
        count--;
    }
    return told;
}

/* The rough pattern of a test exactly. It has compiled before, when the rule was read. */
static enum status regex_build(struct field_predicates *field, size_t test)
{
    if (field->regexes == NULL)
        field->regexes = calloc(field->tests_count, sizeof(*field->regexes));
    if (field->regexes == NULL)
        return STATUS_NO_MEMORY;
    struct pattern_error error;
    const enum status status =
        regex_create(&field->regexes[test], &field->tests[test].pattern, &error);
    return status == STATUS_CONFIG ? STATUS_INTERNAL : status;
}

static enum status field_predicates_build(struct field_predicates *field, struct cache *cache,
                                          struct diagnostics *diagnostics)
{
    if (!exact_table_build(&field->folded, field->tests, field->tests_count, TEST_EQUALS) ||
        !exact_table_build(&field->cased, field->tests, field->tests_count, TEST_EQUALS_CASED) ||
        !owners_build(field) || !others_build(field))
        return STATUS_NO_MEMORY;
    struct pattern *const patterns = calloc(field->tests_count, sizeof(*patterns));
    if (patterns == NULL)
        return STATUS_NO_MEMORY;
    size_t count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < field->tests_count && status == STATUS_OK; i++) {
        if (field->tests[i].kind != TEST_PATTERN)
            continue;
        patterns[count] = field->tests[i].pattern;
        patterns[count++].id = (unsigned)i;
        if (field->tests[i].pattern.is_rough)
            status = regex_build(field, i);
    }
    if (status == STATUS_OK)
        status = database_build(field, patterns, count, cache, diagnostics);
    free(patterns);
    return status;
}

enum status predicate_set_build(struct predicate_set *set, struct cache *cache,
                                struct diagnostics *diagnostics)
{
    enum status worst = STATUS_OK;
    for (unsigned i = 0; i < set->fields_count; i++) {
        if (set->fields[i].tests_count == 0)
            continue;
        const enum status status = field_predicates_build(&set->fields[i], cache, diagnostics);
        if (status != STATUS_OK && status != STATUS_CONFIG)
            return status;
        if (status != STATUS_OK)
            worst = status;
    }
    return worst;
}

/* ---- testing ------------------------------------------------------------------------------ */

static bool test_number(const struct test *test, double number)
{
    switch (test->kind) {
    case TEST_EQUALS:
    case TEST_EQUALS_CASED:
        return number == test->number;
    case TEST_LESS:
        return number < test->number;
    case TEST_LESS_OR_EQUAL:
        return number <= test->number;
    case TEST_GREATER:
        return number > test->number;
    case TEST_GREATER_OR_EQUAL:
        return number >= test->number;
    default:
        return false;
    }
}

/* Where the address of a value is: in the event, or in text that may carry a port. */
static bool value_address(const struct event *event, unsigned field, const struct rule_value *value,
                          struct address *address)
{
    if (field == FIELD_SOURCE) {
        *address = event->source;
        return value->text.bytes > 0;
    }
    return address_parse(value->text, address) == ADDRESS_OK;
}

/* What the tests of one value have in common, found out once. */
struct judged {
    bool has_number, has_address, has_time;
    double number;
    struct address address;
    int64_t time_ns;
};

static struct judged value_judge(const struct event *event, unsigned field,
                                 const struct rule_value *value)
{
    struct judged judged = {0};
    if (!value->exists || value->is_null)
        return judged;
    if (field == FIELD_TIME) {
        judged.has_number = event_value_number(event, FIELD_TIME, value->text, &judged.number);
        judged.time_ns = event->time_ns;
        judged.has_time = true;
        return judged;
    }
    judged.has_number = number_from_text(value->text, &judged.number);
    judged.has_address = value_address(event, field, value, &judged.address);
    judged.has_time = time_of_text(value->text, &judged.time_ns);
    return judged;
}

static bool test_holds(const struct test *test, const struct rule_value *value,
                       const struct judged *judged)
{
    const bool is_value = value->exists && !value->is_null;
    switch (test->kind) {
    case TEST_PRESENT:
        return is_value;
    case TEST_EXISTS:
        return value->exists;
    case TEST_ABSENT:
        return !value->exists;
    case TEST_NULL:
        return !is_value;
    case TEST_EMPTY:
        return is_value && value->text.bytes == 0;
    case TEST_NETWORK:
        return judged->has_address && network_contains(&test->network, &judged->address);
    case TEST_EQUALS:
    case TEST_EQUALS_CASED:
        if (test->part == PART_WHOLE && !value->is_number)
            return false;
        break;
    default:
        break;
    }
    if (test->part != PART_WHOLE)
        return judged->has_time && test_number(test, time_part(judged->time_ns, test->part));
    return judged->has_number && test_number(test, judged->number);
}

void field_predicates_test(const struct field_predicates *predicates, const struct event *event,
                           unsigned field, const struct rule_value *value, uint64_t *hits)
{
    if (value->text.bytes > 0) {
        exact_table_find(&predicates->folded, predicates->tests, value->text, true, hits);
        exact_table_find(&predicates->cased, predicates->tests, value->text, false, hits);
    }
    if (predicates->others_count == 0)
        return;
    const struct judged judged = value_judge(event, field, value);
    for (size_t i = 0; i < predicates->others_count; i++) {
        const uint32_t index = predicates->others[i];
        if (test_holds(&predicates->tests[index], value, &judged))
            bits_set(hits, index);
    }
}

/* The bits [first, first + count) of one word of a row, as a mask. */
static uint64_t word_mask(size_t word, size_t first, size_t count)
{
    const size_t begin = 64 * word, end = begin + 64;
    const size_t from = first > begin ? first - begin : 0;
    const size_t to = first + count < end ? first + count - begin : 64;
    const uint64_t below_to = to == 64 ? UINT64_MAX : (UINT64_C(1) << to) - 1;
    return below_to & (UINT64_MAX << from);
}

static bool all_hold(const struct predicate *predicate, const uint64_t *hits)
{
    const size_t first = predicate->first_test, count = predicate->tests_count;
    for (size_t word = first / 64; word <= (first + count - 1) / 64; word++) {
        const uint64_t mask = word_mask(word, first, count);
        if ((hits[word] & mask) != mask)
            return false;
    }
    return true;
}

void field_predicates_conclude(const struct field_predicates *predicates, const uint64_t *hits,
                               uint64_t *bits)
{
    memset(bits, 0, field_predicates_words(predicates) * sizeof(*bits));
    for (size_t word = 0; word <= (predicates->tests_count - 1) / 64; word++) {
        for (uint64_t open = hits[word]; open != 0; open &= open - 1) {
            const uint32_t owner = predicates->owners[64 * word + (unsigned)__builtin_ctzll(open)];
            const struct predicate *const predicate = &predicates->predicates[owner];
            if (!predicate->needs_all || all_hold(predicate, hits))
                bits_set(bits, owner);
        }
    }
}
