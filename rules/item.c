#include "rules/item.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/address.h"
#include "rules/glob.h"

enum { WILDCARD_ONES_MAX = 64 }; /* `?` of one value: each is a large piece of a pattern */

/* ---- field and modifiers ------------------------------------------------------------------ */

enum modifier {
    MODIFIER_CONTAINS = 1u << 0,
    MODIFIER_STARTSWITH = 1u << 1,
    MODIFIER_ENDSWITH = 1u << 2,
    MODIFIER_CASED = 1u << 3,
    MODIFIER_ALL = 1u << 4,
    MODIFIER_NEQ = 1u << 5,
    MODIFIER_EXISTS = 1u << 6,
    MODIFIER_CIDR = 1u << 7,
    MODIFIER_RE = 1u << 8,
    MODIFIER_RE_I = 1u << 9,
    MODIFIER_RE_M = 1u << 10,
    MODIFIER_RE_S = 1u << 11,
    MODIFIER_LT = 1u << 12,
    MODIFIER_LTE = 1u << 13,
    MODIFIER_GT = 1u << 14,
    MODIFIER_GTE = 1u << 15,
    MODIFIER_UNSUPPORTED = 1u << 16,

    MODIFIERS_PLACE = MODIFIER_CONTAINS | MODIFIER_STARTSWITH | MODIFIER_ENDSWITH,
    MODIFIERS_RE_FLAGS = MODIFIER_RE_I | MODIFIER_RE_M | MODIFIER_RE_S,
    MODIFIERS_RE = MODIFIER_RE | MODIFIERS_RE_FLAGS,
    MODIFIERS_NUMBER = MODIFIER_LT | MODIFIER_LTE | MODIFIER_GT | MODIFIER_GTE,
    MODIFIERS_LIST = MODIFIER_ALL | MODIFIER_NEQ,
};

/* What each modifier may stand beside. */
static const struct {
    const char *name;
    unsigned modifier;
    unsigned beside;
} modifiers[] = {
    {"contains", MODIFIER_CONTAINS, MODIFIER_CASED | MODIFIERS_LIST},
    {"startswith", MODIFIER_STARTSWITH, MODIFIER_CASED | MODIFIERS_LIST},
    {"endswith", MODIFIER_ENDSWITH, MODIFIER_CASED | MODIFIERS_LIST},
    {"cased", MODIFIER_CASED, MODIFIERS_PLACE | MODIFIERS_LIST},
    {"all", MODIFIER_ALL,
     MODIFIERS_PLACE | MODIFIER_CASED | MODIFIER_NEQ | MODIFIER_CIDR | MODIFIERS_RE |
         MODIFIERS_NUMBER},
    {"neq", MODIFIER_NEQ,
     MODIFIERS_PLACE | MODIFIER_CASED | MODIFIER_ALL | MODIFIER_CIDR | MODIFIERS_RE |
         MODIFIERS_NUMBER},
    {"exists", MODIFIER_EXISTS, 0},
    {"cidr", MODIFIER_CIDR, MODIFIERS_LIST},
    {"re", MODIFIER_RE, MODIFIERS_RE_FLAGS | MODIFIERS_LIST},
    {"i", MODIFIER_RE_I, MODIFIERS_RE | MODIFIERS_LIST},
    {"ignorecase", MODIFIER_RE_I, MODIFIERS_RE | MODIFIERS_LIST},
    {"m", MODIFIER_RE_M, MODIFIERS_RE | MODIFIERS_LIST},
    {"multiline", MODIFIER_RE_M, MODIFIERS_RE | MODIFIERS_LIST},
    {"s", MODIFIER_RE_S, MODIFIERS_RE | MODIFIERS_LIST},
    {"dotall", MODIFIER_RE_S, MODIFIERS_RE | MODIFIERS_LIST},
    {"lt", MODIFIER_LT, MODIFIERS_LIST},
    {"lte", MODIFIER_LTE, MODIFIERS_LIST},
    {"gt", MODIFIER_GT, MODIFIERS_LIST},
    {"gte", MODIFIER_GTE, MODIFIERS_LIST},
    {"base64", MODIFIER_UNSUPPORTED, 0},
    {"base64offset", MODIFIER_UNSUPPORTED, 0},
    {"wide", MODIFIER_UNSUPPORTED, 0},
    {"utf16le", MODIFIER_UNSUPPORTED, 0},
    {"utf16be", MODIFIER_UNSUPPORTED, 0},
    {"utf16", MODIFIER_UNSUPPORTED, 0},
    {"windash", MODIFIER_UNSUPPORTED, 0},
    {"expand", MODIFIER_UNSUPPORTED, 0},
    {"fieldref", MODIFIER_UNSUPPORTED, 0},
    {"minute", MODIFIER_UNSUPPORTED, 0},
    {"hour", MODIFIER_UNSUPPORTED, 0},
    {"day", MODIFIER_UNSUPPORTED, 0},
    {"week", MODIFIER_UNSUPPORTED, 0},
    {"month", MODIFIER_UNSUPPORTED, 0},
    {"year", MODIFIER_UNSUPPORTED, 0},
};
enum { MODIFIERS_COUNT = sizeof(modifiers) / sizeof(modifiers[0]) };

struct item {
    const struct node *key;
    enum event_field field;
    unsigned modifiers; /* enum modifier */
};

void item_scope_fail(struct item_scope *scope, enum status status)
{
    if (scope->status == STATUS_OK || status != STATUS_CONFIG)
        scope->status = status;
}

void item_field_names(const char *names[FIELD_COUNT + 1])
{
    for (int i = 0; i < FIELD_COUNT; i++)
        names[i] = field_name((enum event_field)i);
    names[FIELD_COUNT] = NULL;
}

#define COMPLAIN_AT(scope, code, node, offset, ...)                                                \
    (item_scope_fail(scope, STATUS_CONFIG),                                                        \
     diagnosis_add_at((scope)->diagnosis, code, node, offset, __VA_ARGS__))
#define COMPLAIN(scope, code, node, ...) COMPLAIN_AT(scope, code, node, 0, __VA_ARGS__)

static void complain_of_modifier(struct item_scope *scope, const struct node *key,
                                 struct slice word, size_t offset)
{
    const char *known[MODIFIERS_COUNT + 1] = {NULL};
    for (size_t i = 0; i < MODIFIERS_COUNT; i++)
        known[i] = modifiers[i].name;
    item_scope_fail(scope, STATUS_CONFIG);
    diagnosis_unknown(scope->diagnosis, RULE_MODIFIER_UNKNOWN, key, offset, "modifier", word,
                      known);
}

/* Adds the modifier at `offset` of the key; false after a mistake. */
static bool item_add_modifier(struct item_scope *scope, struct item *item, struct slice word,
                              size_t offset)
{
    size_t found = 0;
    while (found < MODIFIERS_COUNT && !slice_equals(word, slice_from_string(modifiers[found].name)))
        found++;
    if (found == MODIFIERS_COUNT) {
        complain_of_modifier(scope, item->key, word, offset);
        return false;
    }
    const unsigned modifier = modifiers[found].modifier;
    const char *const name = modifiers[found].name;
    if (modifier == MODIFIER_UNSUPPORTED) {
        COMPLAIN_AT(scope, RULE_MODIFIER_UNSUPPORTED, item->key, offset,
                    "the modifier `%s` is not supported yet", name);
        return false;
    }
    if ((item->modifiers & ~modifiers[found].beside) != 0) {
        COMPLAIN_AT(scope, RULE_MODIFIERS_CLASH, item->key, offset,
                    "`%s` cannot follow the modifiers before it", name);
        return false;
    }
    if ((modifier & MODIFIERS_RE_FLAGS) != 0 && (item->modifiers & MODIFIER_RE) == 0) {
        COMPLAIN_AT(scope, RULE_MODIFIERS_CLASH, item->key, offset, "`%s` needs `re` before it",
                    name);
        return false;
    }
    if ((modifier & (MODIFIER_RE | MODIFIER_CIDR)) != 0 && item->modifiers != 0) {
        COMPLAIN_AT(scope, RULE_MODIFIERS_CLASH, item->key, offset,
                    "`%s` must be the first modifier", name);
        return false;
    }
    item->modifiers |= modifier;
    return true;
}

static bool item_read_key(struct item_scope *scope, struct item *item)
{
    const struct slice text = item->key->text;
    size_t at = slice_find(text, '|');
    const struct slice name = slice_of(text.start, at);
    if (name.bytes == 0) {
        COMPLAIN(scope, RULE_KEYWORDS_UNSUPPORTED, item->key,
                 "keywords (values without a field) are not supported yet; name a field");
        return false;
    }
    item->field = field_by_name(name);
    bool is_good = item->field != FIELD_COUNT;
    if (!is_good) {
        const char *known[FIELD_COUNT + 1];
        item_field_names(known);
        item_scope_fail(scope, STATUS_CONFIG);
        diagnosis_unknown(scope->diagnosis, RULE_FIELD_UNKNOWN, item->key, 0, "field", name, known);
    }
    while (at < text.bytes) {
        const size_t begin = at + 1;
        const struct slice rest = slice_from(text, begin);
        const size_t bytes = slice_find(rest, '|');
        is_good &= item_add_modifier(scope, item, slice_of(rest.start, bytes), begin);
        at = begin + bytes;
    }
    if (is_good && (item->modifiers & MODIFIER_CIDR) != 0 && item->field != FIELD_SOURCE) {
        COMPLAIN(scope, RULE_MODIFIERS_CLASH, item->key, "`cidr` is for `source.ip`");
        return false;
    }
    return is_good;
}

/* ---- regular expressions ------------------------------------------------------------------ */

struct regex_findings {
    size_t empty_at;      /* offset of an empty alternative; SIZE_MAX: none */
    size_t class_byte_at; /* offset of a byte above 127 in a class; SIZE_MAX: none */
};

/* The end of the character class that begins at `at`: a `]` in first place is a member. */
static size_t regex_class_end(struct slice text, size_t at, struct regex_findings *findings)
{
    size_t i = at + 1;
    if (i < text.bytes && text.start[i] == '^')
        i++;
    for (bool is_first = true; i < text.bytes; i++, is_first = false) {
        if (text.start[i] == ']' && !is_first)
            return i;
        if (text.start[i] == '\\')
            i++;
        else if ((unsigned char)text.start[i] > 127 && findings->class_byte_at == SIZE_MAX)
            findings->class_byte_at = i;
    }
    return text.bytes;
}

/* Looks for what compiles but is hardly meant. */
static struct regex_findings regex_inspect(struct slice text)
{
    struct regex_findings findings = {.empty_at = SIZE_MAX, .class_byte_at = SIZE_MAX};
    bool is_empty = true; /* nothing yet in this alternative */
    bool has_bar = false; /* the alternative follows a `|` of its own group */
    for (size_t i = 0; i < text.bytes; i++) {
        const char byte = text.start[i];
        if ((byte == '|' && is_empty) || (byte == ')' && is_empty && has_bar)) {
            if (findings.empty_at == SIZE_MAX)
                findings.empty_at = i;
        }
        if (byte == '\\')
            i++;
        else if (byte == '[')
            i = regex_class_end(text, i, &findings);
        else if (byte == '(' && i + 2 < text.bytes && text.start[i + 1] == '?' &&
                 text.start[i + 2] == ':')
            i += 2;
        is_empty = byte == '|' || byte == '(';
        has_bar = byte == '|' || (has_bar && byte != '(' && byte != ')');
    }
    if (is_empty && has_bar && findings.empty_at == SIZE_MAX)
        findings.empty_at = text.bytes;
    return findings;
}

static bool regex_lint(struct item_scope *scope, const struct node *value)
{
    const struct regex_findings findings = regex_inspect(value->text);
    if (findings.empty_at != SIZE_MAX)
        diagnosis_add_at(scope->diagnosis, RULE_ALTERNATIVE_EMPTY, value, findings.empty_at,
                         "an alternative of this expression is empty and matches everything");
    if (findings.class_byte_at == SIZE_MAX)
        return true;
    COMPLAIN_AT(scope, RULE_REGEX_CLASS_BYTES, value, findings.class_byte_at,
                "expressions are matched byte by byte, and this character has several: write "
                "alternatives, `(a|b)`, instead of a class");
    return false;
}

static bool test_regex(struct item_scope *scope, const struct item *item, const struct node *value,
                       struct test *test)
{
    if (memchr(value->text.start, 0, value->text.bytes) != NULL) {
        COMPLAIN(scope, RULE_REGEX_VALUE, value, "a regular expression cannot hold a zero byte");
        return false;
    }
    if (value->text.bytes > LIMIT_TEXT_BYTES) {
        COMPLAIN(scope, RULE_VALUE_TOO_LONG, value, "longer than 1024 bytes");
        return false;
    }
    if (!regex_lint(scope, value))
        return false;
    test->kind = TEST_PATTERN;
    const char *const expression = arena_copy(scope->arena, value->text);
    if (expression == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    test->pattern = (struct pattern){
        .expression = expression,
        .ignores_case = (item->modifiers & MODIFIER_RE_I) != 0,
        .is_multiline = (item->modifiers & MODIFIER_RE_M) != 0,
        .dot_is_all = (item->modifiers & MODIFIER_RE_S) != 0,
    };
    bool matches_everything = false;
    struct pattern_error error;
    const enum status status = pattern_check(&test->pattern, &matches_everything, &error);
    if (status == STATUS_CONFIG)
        COMPLAIN(scope, RULE_REGEX_VALUE, value, "this regular expression is refused: %s",
                 error.text);
    else if (status != STATUS_OK)
        item_scope_fail(scope, status);
    else if (matches_everything)
        diagnosis_add(scope->diagnosis, RULE_MATCHES_EVERYTHING, value,
                      "this regular expression matches every value; to ask for presence write "
                      "`%s|exists: true`",
                      field_name(item->field));
    return status == STATUS_OK;
}

/* ---- text --------------------------------------------------------------------------------- */

static const char *outcome_ecs_at(int index)
{
    static const char *const names[] = {"success", "failure", "unknown"};
    return index < 3 ? names[index] : NULL;
}

/* The word number `index` of a field that has few; NULL behind the last, or when it has many. */
static const char *vocabulary_word(enum event_field field, int index)
{
    static const char *const truths[] = {"true", "false"};
    switch (field) {
    case FIELD_OUTCOME:
        return index < OUTCOME_COUNT ? outcome_name((enum outcome)index) : NULL;
    case FIELD_VERDICT:
        return index < VERDICT_COUNT ? verdict_name((enum verdict)index) : NULL;
    case FIELD_OUTCOME_ECS:
        return outcome_ecs_at(index);
    case FIELD_INTERACTIVE:
        return index < 2 ? truths[index] : NULL;
    default:
        return NULL;
    }
}

/* A value that the field can never have is a slip of the pen, and would silently match nothing. */
static bool vocabulary_check(struct item_scope *scope, const struct item *item,
                             const struct node *value, struct slice text)
{
    enum { WORDS_MAX = 16 };
    const char *known[WORDS_MAX + 1] = {NULL};
    int count = 0;
    for (; count < WORDS_MAX; count++) {
        known[count] = vocabulary_word(item->field, count);
        if (known[count] == NULL)
            break;
        if (slice_equals_folded(text, slice_from_string(known[count])))
            return true;
    }
    if (count == 0)
        return true;
    item_scope_fail(scope, STATUS_CONFIG);
    diagnosis_unknown(scope->diagnosis, RULE_VOCABULARY_VALUE, value, 0, field_name(item->field),
                      text, known);
    return false;
}

static bool test_exact(struct item_scope *scope, const struct item *item, const struct node *value,
                       const struct glob *glob, struct test *test)
{
    struct slice text = glob_literal(glob, scope->arena);
    if (text.start == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    if (!vocabulary_check(scope, item, value, text))
        return false;
    struct address address;
    if (item->field == FIELD_SOURCE && network_address_from_text(text, &address)) {
        char buffer[EVENT_VALUE_BYTES];
        const size_t bytes = address_format(&address, buffer);
        const char *const copy = arena_copy(scope->arena, slice_of(buffer, bytes));
        if (copy == NULL) {
            item_scope_fail(scope, STATUS_NO_MEMORY);
            return false;
        }
        text = slice_of(copy, bytes);
    }
    test->kind = (item->modifiers & MODIFIER_CASED) != 0 ? TEST_EQUALS_CASED : TEST_EQUALS;
    test->text = text;
    test->has_number = event_value_is_numeric(item->field) && node_to_double(value, &test->number);
    return true;
}

static void text_lint(struct item_scope *scope, const struct item *item, const struct node *value,
                      const struct glob *glob)
{
    if (glob->escaped_at != 0)
        diagnosis_add_at(scope->diagnosis, RULE_ESCAPE_SLIP, value, glob->escaped_at,
                         "`\\%c` is the character itself; for a backslash and then a wildcard "
                         "write `\\\\%c`",
                         value->text.start[glob->escaped_at + 1],
                         value->text.start[glob->escaped_at + 1]);
    if ((item->modifiers & MODIFIERS_PLACE) != 0 && glob_is_any(glob))
        diagnosis_add(scope->diagnosis, RULE_MATCHES_EVERYTHING, value,
                      "every value matches this; to ask for presence write `%s|exists: true`",
                      field_name(item->field));
}

static bool test_text(struct item_scope *scope, const struct item *item, const struct node *value,
                      struct test *test)
{
    if (value->text.bytes > 2 * LIMIT_TEXT_BYTES) {
        COMPLAIN(scope, RULE_VALUE_TOO_LONG, value, "longer than any value of an event");
        return false;
    }
    struct glob glob;
    if (!glob_read(&glob, scope->arena, value->text,
                   (item->modifiers & (MODIFIER_CONTAINS | MODIFIER_ENDSWITH)) != 0,
                   (item->modifiers & (MODIFIER_CONTAINS | MODIFIER_STARTSWITH)) != 0)) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    text_lint(scope, item, value, &glob);
    if (glob.count - glob.wildcards_count > LIMIT_TEXT_BYTES ||
        glob.ones_count > WILDCARD_ONES_MAX) {
        COMPLAIN(scope, RULE_VALUE_TOO_LONG, value,
                 "more than 1024 bytes or 64 `?`: no value of an event is meant");
        return false;
    }
    if (glob.count == 0) {
        test->kind = TEST_NEVER;
        diagnosis_add(scope->diagnosis, RULE_EMPTY_NEVER_MATCHES, value,
                      "events do not tell an empty value from none, so '' never matches; write "
                      "`null`");
        return true;
    }
    if (glob_is_any(&glob)) {
        test->kind = TEST_PRESENT;
        return true;
    }
    if (glob.wildcards_count == 0)
        return test_exact(scope, item, value, &glob, test);
    test->kind = TEST_PATTERN;
    test->pattern = (struct pattern){
        .expression = glob_expression(&glob, scope->arena),
        .ignores_case = (item->modifiers & MODIFIER_CASED) == 0,
        .dot_is_all = true,
    };
    if (test->pattern.expression == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    return test->pattern.expression != NULL;
}

/* ---- other values ------------------------------------------------------------------------- */

static bool test_number(struct item_scope *scope, const struct item *item, const struct node *value,
                        struct test *test)
{
    test->kind = (item->modifiers & MODIFIER_LT) != 0    ? TEST_LESS
                 : (item->modifiers & MODIFIER_LTE) != 0 ? TEST_LESS_OR_EQUAL
                 : (item->modifiers & MODIFIER_GT) != 0  ? TEST_GREATER
                                                         : TEST_GREATER_OR_EQUAL;
    if (node_to_double(value, &test->number))
        return true;
    COMPLAIN(scope, RULE_NUMBER_VALUE, value, "`%s` is no number (digits without quotes)",
             shown_node(value).text);
    return false;
}

static bool test_network(struct item_scope *scope, const struct node *value, struct test *test)
{
    test->kind = TEST_NETWORK;
    const char *const problem = network_from_text(value->text, &test->network);
    if (problem == NULL)
        return true;
    COMPLAIN(scope, RULE_NETWORK_VALUE, value, "`%s`: %s", shown_node(value).text, problem);
    return false;
}

static bool test_exists(struct item_scope *scope, const struct node *value, struct test *test)
{
    bool wanted = false;
    if (!node_to_bool(value, &wanted)) {
        COMPLAIN(scope, RULE_EXISTS_VALUE, value, "`exists` takes `true` or `false`");
        return false;
    }
    test->kind = wanted ? TEST_PRESENT : TEST_ABSENT;
    return true;
}

static bool test_null(struct item_scope *scope, const struct item *item, const struct node *value,
                      struct test *test)
{
    test->kind = TEST_ABSENT;
    if ((item->modifiers & ~(unsigned)MODIFIERS_LIST) == 0)
        return true;
    COMPLAIN(scope, RULE_VALUE_SHAPE, value,
             "`null` means that the field is absent and takes no modifier but `neq`");
    return false;
}

static bool test_read(struct item_scope *scope, const struct item *item, const struct node *value,
                      struct test *test)
{
    *test = (struct test){.node = value, .path = scope->diagnosis->path};
    if (value->kind != NODE_SCALAR) {
        COMPLAIN(scope, RULE_VALUE_SHAPE, value,
                 "a value is text or a number, not %s; nested fields are written with dots",
                 shown_node(value).text);
        return false;
    }
    if ((item->modifiers & MODIFIER_EXISTS) != 0)
        return test_exists(scope, value, test);
    if (node_is_null(value))
        return test_null(scope, item, value, test);
    if ((item->modifiers & MODIFIERS_NUMBER) != 0)
        return test_number(scope, item, value, test);
    if ((item->modifiers & MODIFIER_CIDR) != 0)
        return test_network(scope, value, test);
    if ((item->modifiers & MODIFIER_RE) != 0)
        return test_regex(scope, item, value, test);
    return test_text(scope, item, value, test);
}

/* ---- items -------------------------------------------------------------------------------- */

static const struct expression *item_expression(struct item_scope *scope, const struct item *item,
                                                unsigned bit)
{
    struct expression *const predicate =
        expression_join(scope->arena, EXPRESSION_PREDICATE, NULL, 0);
    const struct expression **const children = arena_take(scope->arena, 1, sizeof(*children));
    if (predicate == NULL || children == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    predicate->field = item->field;
    predicate->bit = bit;
    if ((item->modifiers & MODIFIER_NEQ) == 0)
        return predicate;
    children[0] = predicate;
    struct expression *const negation = expression_join(scope->arena, EXPRESSION_NOT, children, 1);
    if (negation == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    return negation;
}

static const struct expression *item_add(struct item_scope *scope, const struct item *item,
                                         const struct test *tests, size_t count)
{
    unsigned bit = 0;
    const enum status status = predicate_set_add(scope->predicates, item->field, tests, count,
                                                 (item->modifiers & MODIFIER_ALL) != 0, &bit);
    if (status == STATUS_OK)
        return item_expression(scope, item, bit);
    if (status == STATUS_CONFIG)
        COMPLAIN(scope, RULE_TOO_MANY_TESTS, item->key,
                 "more than %d items or %d values for `%s` over all rules", PREDICATES_MAX,
                 FIELD_TESTS_MAX, field_name(item->field));
    item_scope_fail(scope, status);
    return NULL;
}

/* Reads `count` values; NULL after a mistake or failure. Owned by the caller. */
static struct test *item_tests(struct item_scope *scope, const struct item *item,
                               const struct node *value, size_t count)
{
    struct test *const tests = calloc(count, sizeof(*tests));
    if (tests == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    bool is_good = true;
    for (size_t i = 0; i < count; i++)
        is_good &= test_read(scope, item, value->kind == NODE_SEQUENCE ? value->items[i] : value,
                             &tests[i]);
    if (is_good)
        return tests;
    free(tests);
    return NULL;
}

const struct expression *item_compile(struct item_scope *scope, const struct node *key,
                                      const struct node *value)
{
    struct item item = {.key = key};
    if (!item_read_key(scope, &item))
        return NULL;
    const bool is_list = value->kind == NODE_SEQUENCE;
    const size_t count = is_list ? value->count : 1;
    if (count == 0) {
        COMPLAIN(scope, RULE_VALUE_SHAPE, value, "the list of values is empty");
        return NULL;
    }
    if (is_list && (item.modifiers & MODIFIER_EXISTS) != 0) {
        COMPLAIN(scope, RULE_EXISTS_VALUE, value, "`exists` takes `true` or `false`");
        return NULL;
    }
    if (count == 1 && (item.modifiers & MODIFIER_ALL) != 0)
        diagnosis_add(scope->diagnosis, RULE_ALL_SINGLE, key,
                      "`all` means nothing for a single value");
    struct test *const tests = item_tests(scope, &item, value, count);
    if (tests == NULL)
        return NULL;
    const struct expression *const expression = item_add(scope, &item, tests, count);
    free(tests);
    return expression;
}
