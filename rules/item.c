#include "rules/item.h"

#include <stdlib.h>
#include <string.h>

#include "parsers/address.h"
#include "rules/encode.h"
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
    MODIFIER_BASE64 = 1u << 16,
    MODIFIER_BASE64_OFFSET = 1u << 17,
    MODIFIER_UTF16_LE = 1u << 18,
    MODIFIER_UTF16_BE = 1u << 19,
    MODIFIER_UTF16 = 1u << 20,
    MODIFIER_WINDASH = 1u << 21,
    MODIFIER_EXPAND = 1u << 22,
    MODIFIER_FIELDREF = 1u << 23,
    MODIFIER_MINUTE = 1u << 24,
    MODIFIER_HOUR = 1u << 25,
    MODIFIER_DAY = 1u << 26,
    MODIFIER_WEEK = 1u << 27,
    MODIFIER_MONTH = 1u << 28,
    MODIFIER_YEAR = 1u << 29,

    MODIFIERS_PLACE = MODIFIER_CONTAINS | MODIFIER_STARTSWITH | MODIFIER_ENDSWITH,
    MODIFIERS_RE_FLAGS = MODIFIER_RE_I | MODIFIER_RE_M | MODIFIER_RE_S,
    MODIFIERS_RE = MODIFIER_RE | MODIFIERS_RE_FLAGS,
    MODIFIERS_NUMBER = MODIFIER_LT | MODIFIER_LTE | MODIFIER_GT | MODIFIER_GTE,
    MODIFIERS_LIST = MODIFIER_ALL | MODIFIER_NEQ,
    MODIFIERS_UTF16 = MODIFIER_UTF16_LE | MODIFIER_UTF16_BE | MODIFIER_UTF16,
    MODIFIERS_BASE64 = MODIFIER_BASE64 | MODIFIER_BASE64_OFFSET,
    MODIFIERS_ENCODE = MODIFIERS_UTF16 | MODIFIERS_BASE64,
    MODIFIERS_TIME = MODIFIER_MINUTE | MODIFIER_HOUR | MODIFIER_DAY | MODIFIER_WEEK |
                     MODIFIER_MONTH | MODIFIER_YEAR,
    MODIFIERS_TEXT = MODIFIERS_LIST | MODIFIER_CASED | MODIFIER_EXPAND,
    MODIFIERS_ANY = ~MODIFIER_EXISTS,
};

/* What may stand before each modifier. Those that change the value go from left to right, so UTF-16
 * comes before base64, and both before the place. */
static const struct {
    const char *name;
    unsigned modifier;
    unsigned behind;
} modifiers[] = {
    {"contains", MODIFIER_CONTAINS,
     MODIFIERS_TEXT | MODIFIERS_ENCODE | MODIFIER_WINDASH | MODIFIER_FIELDREF | MODIFIERS_RE},
    {"startswith", MODIFIER_STARTSWITH,
     MODIFIERS_TEXT | MODIFIERS_ENCODE | MODIFIER_WINDASH | MODIFIER_FIELDREF},
    {"endswith", MODIFIER_ENDSWITH,
     MODIFIERS_TEXT | MODIFIERS_ENCODE | MODIFIER_WINDASH | MODIFIER_FIELDREF},
    {"cased", MODIFIER_CASED,
     MODIFIERS_PLACE | MODIFIERS_LIST | MODIFIER_EXPAND | MODIFIERS_ENCODE | MODIFIER_WINDASH |
         MODIFIER_FIELDREF},
    {"all", MODIFIER_ALL, MODIFIERS_ANY & ~(unsigned)MODIFIER_ALL},
    {"neq", MODIFIER_NEQ, MODIFIERS_ANY & ~(unsigned)MODIFIER_NEQ},
    {"exists", MODIFIER_EXISTS, 0},
    {"cidr", MODIFIER_CIDR, MODIFIERS_LIST | MODIFIER_EXPAND},
    {"re", MODIFIER_RE, MODIFIERS_RE_FLAGS | MODIFIERS_LIST | MODIFIER_EXPAND},
    {"i", MODIFIER_RE_I, MODIFIERS_RE | MODIFIERS_LIST | MODIFIER_EXPAND | MODIFIER_CONTAINS},
    {"ignorecase", MODIFIER_RE_I,
     MODIFIERS_RE | MODIFIERS_LIST | MODIFIER_EXPAND | MODIFIER_CONTAINS},
    {"m", MODIFIER_RE_M, MODIFIERS_RE | MODIFIERS_LIST | MODIFIER_EXPAND | MODIFIER_CONTAINS},
    {"multiline", MODIFIER_RE_M,
     MODIFIERS_RE | MODIFIERS_LIST | MODIFIER_EXPAND | MODIFIER_CONTAINS},
    {"s", MODIFIER_RE_S, MODIFIERS_RE | MODIFIERS_LIST | MODIFIER_EXPAND | MODIFIER_CONTAINS},
    {"dotall", MODIFIER_RE_S, MODIFIERS_RE | MODIFIERS_LIST | MODIFIER_EXPAND | MODIFIER_CONTAINS},
    {"lt", MODIFIER_LT, MODIFIERS_LIST | MODIFIERS_TIME},
    {"lte", MODIFIER_LTE, MODIFIERS_LIST | MODIFIERS_TIME},
    {"gt", MODIFIER_GT, MODIFIERS_LIST | MODIFIERS_TIME},
    {"gte", MODIFIER_GTE, MODIFIERS_LIST | MODIFIERS_TIME},
    {"base64", MODIFIER_BASE64, MODIFIERS_TEXT | MODIFIERS_UTF16},
    {"base64offset", MODIFIER_BASE64_OFFSET, MODIFIERS_TEXT | MODIFIERS_UTF16},
    {"wide", MODIFIER_UTF16_LE, MODIFIERS_TEXT},
    {"utf16le", MODIFIER_UTF16_LE, MODIFIERS_TEXT},
    {"utf16be", MODIFIER_UTF16_BE, MODIFIERS_TEXT},
    {"utf16", MODIFIER_UTF16, MODIFIERS_TEXT},
    {"windash", MODIFIER_WINDASH, MODIFIERS_TEXT | MODIFIERS_PLACE},
    {"expand", MODIFIER_EXPAND,
     MODIFIERS_PLACE | MODIFIERS_LIST | MODIFIER_CASED | MODIFIER_WINDASH | MODIFIER_CIDR |
         MODIFIERS_RE},
    {"fieldref", MODIFIER_FIELDREF, MODIFIERS_PLACE | MODIFIERS_LIST | MODIFIER_CASED},
    {"minute", MODIFIER_MINUTE, MODIFIERS_LIST | MODIFIERS_NUMBER},
    {"hour", MODIFIER_HOUR, MODIFIERS_LIST | MODIFIERS_NUMBER},
    {"day", MODIFIER_DAY, MODIFIERS_LIST | MODIFIERS_NUMBER},
    {"week", MODIFIER_WEEK, MODIFIERS_LIST | MODIFIERS_NUMBER},
    {"month", MODIFIER_MONTH, MODIFIERS_LIST | MODIFIERS_NUMBER},
    {"year", MODIFIER_YEAR, MODIFIERS_LIST | MODIFIERS_NUMBER},
};
enum { MODIFIERS_COUNT = sizeof(modifiers) / sizeof(modifiers[0]) };

struct item {
    const struct node *key; /* of the mapping; of keywords, the first value */
    unsigned field;         /* a rule field */
    unsigned modifiers;     /* enum modifier */
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
    if ((item->modifiers & ~modifiers[found].behind) != 0) {
        COMPLAIN_AT(scope, RULE_MODIFIERS_CLASH, item->key, offset,
                    "`%s` cannot follow the modifiers before it", name);
        return false;
    }
    if ((modifier & MODIFIERS_RE_FLAGS) != 0 && (item->modifiers & MODIFIER_RE) == 0) {
        COMPLAIN_AT(scope, RULE_MODIFIERS_CLASH, item->key, offset, "`%s` needs `re` before it",
                    name);
        return false;
    }
    if ((modifier & (MODIFIER_RE | MODIFIER_CIDR)) != 0 &&
        (item->modifiers & ~(unsigned)MODIFIER_EXPAND) != 0) {
        COMPLAIN_AT(scope, RULE_MODIFIERS_CLASH, item->key, offset,
                    "`%s` must be the first modifier", name);
        return false;
    }
    item->modifiers |= modifier;
    return true;
}

/* A name under `spraywatch.` that is no field can only be a mistake; any other may stand in
 * records, but one that looks like a field's is worth a word. */
static bool name_check(struct item_scope *scope, const struct node *node, struct slice name)
{
    const char *known[FIELD_COUNT + 1];
    item_field_names(known);
    if (field_by_name(name) != FIELD_COUNT)
        return true;
    if (slice_starts_with(name, SLICE("spraywatch."))) {
        item_scope_fail(scope, STATUS_CONFIG);
        diagnosis_unknown(scope->diagnosis, RULE_FIELD_UNKNOWN, node, 0, "field", name, known);
        return false;
    }
    const char *const nearest =
        slice_find(name, '.') < name.bytes ? nearest_word(name, known) : NULL;
    if (nearest != NULL)
        diagnosis_add(scope->diagnosis, RULE_FIELD_SLIP, node,
                      "`%s` is looked for in the records themselves; is `%s` meant?",
                      shown_slice(name).text, nearest);
    return true;
}

bool item_field(struct item_scope *scope, const struct node *node, struct slice name,
                unsigned *field)
{
    if (name.bytes == 0) {
        COMPLAIN(scope, RULE_FIELD_UNKNOWN, node, "a field has a name");
        return false;
    }
    if (!name_check(scope, node, name))
        return false;
    struct slice aliases[LOGSOURCE_ALIASES_MAX];
    const void *alias_scope = NULL;
    const size_t aliases_count =
        logsources_aliases(scope->logsources, &scope->logsource, name, &alias_scope, aliases);
    const enum status status = field_table_take(scope->fields, scope->arena, name, alias_scope,
                                                aliases, aliases_count, field);
    if (status == STATUS_CONFIG)
        COMPLAIN(scope, RULE_FIELDS_TOO_MANY, node,
                 "more than %d fields over all rules, or a name of more than %d bytes or with too "
                 "many dots",
                 RULE_FIELDS_MAX - RULE_FIELD_RAW, RULE_FIELD_NAME_BYTES_MAX);
    else if (status != STATUS_OK)
        item_scope_fail(scope, status);
    return status == STATUS_OK;
}

static const char *item_field_name(const struct item_scope *scope, const struct item *item)
{
    return field_table_name(scope->fields, item->field);
}

/* Keywords are text to be found, and know nothing of fields. */
static bool keyword_modifiers_check(struct item_scope *scope, const struct item *item)
{
    const unsigned wrong = MODIFIER_EXISTS | MODIFIER_CIDR | MODIFIERS_NUMBER | MODIFIERS_TIME |
                           MODIFIER_FIELDREF | MODIFIER_STARTSWITH | MODIFIER_ENDSWITH;
    if (item->field != RULE_FIELD_RECORD || (item->modifiers & wrong) == 0)
        return true;
    COMPLAIN(scope, RULE_MODIFIERS_CLASH, item->key,
             "keywords are searched for in the whole record: this modifier needs a field before "
             "it");
    return false;
}

static bool item_read_key(struct item_scope *scope, struct item *item)
{
    const struct slice text = item->key->text;
    size_t at = slice_find(text, '|');
    const struct slice name = slice_of(text.start, at);
    bool is_good = true;
    if (name.bytes == 0 && at < text.bytes)
        item->field = RULE_FIELD_RECORD;
    else
        is_good = item_field(scope, item->key, name, &item->field);
    while (at < text.bytes) {
        const size_t begin = at + 1;
        const struct slice rest = slice_from(text, begin);
        const size_t bytes = slice_find(rest, '|');
        is_good &= item_add_modifier(scope, item, slice_of(rest.start, bytes), begin);
        at = begin + bytes;
    }
    return is_good && keyword_modifiers_check(scope, item);
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

static bool regex_lint(struct item_scope *scope, const struct node *value, struct slice text)
{
    const struct regex_findings findings = regex_inspect(text);
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
                       struct slice text, struct test *test)
{
    if (memchr(text.start, 0, text.bytes) != NULL) {
        COMPLAIN(scope, RULE_REGEX_VALUE, value, "a regular expression cannot hold a zero byte");
        return false;
    }
    if (text.bytes > LIMIT_TEXT_BYTES) {
        COMPLAIN(scope, RULE_VALUE_TOO_LONG, value, "longer than 1024 bytes");
        return false;
    }
    if (slice_starts_with(text, SLICE("(*"))) {
        COMPLAIN(scope, RULE_REGEX_VALUE, value,
                 "`(*` begins an option of the whole expression; expressions are matched byte by "
                 "byte, and flags are modifiers: `re|i`");
        return false;
    }
    if (!regex_lint(scope, value, text))
        return false;
    test->kind = TEST_PATTERN;
    const char *const expression = arena_copy(scope->arena, text);
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
    const enum status status =
        pattern_check(&test->pattern, scope->cache, &matches_everything, &error);
    if (status == STATUS_CONFIG)
        COMPLAIN_AT(scope, RULE_REGEX_VALUE, value, error.offset,
                    "this regular expression is refused: %s", error.text);
    else if (status != STATUS_OK)
        item_scope_fail(scope, status);
    else if (matches_everything)
        diagnosis_add(scope->diagnosis, RULE_MATCHES_EVERYTHING, value,
                      "this regular expression matches every value; to ask for presence write "
                      "`%s|exists: true`",
                      item_field_name(scope, item));
    return status == STATUS_OK;
}

/* ---- text --------------------------------------------------------------------------------- */

static const char *outcome_ecs_at(int index)
{
    static const char *const names[] = {"success", "failure", "unknown"};
    return index < 3 ? names[index] : NULL;
}

/* The word number `index` of a field that has few; NULL behind the last, or when it has many. */
static const char *vocabulary_word(unsigned field, int index)
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
    diagnosis_unknown(scope->diagnosis, RULE_VOCABULARY_VALUE, value, 0,
                      item_field_name(scope, item), text, known);
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
    const bool can_be_number =
        item->field >= RULE_FIELD_RAW || event_value_is_numeric((enum event_field)item->field);
    test->has_number = can_be_number && node_to_double(value, &test->number);
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
                      item_field_name(scope, item));
}

static bool glob_read_value(struct item_scope *scope, const struct item *item, struct slice text,
                            bool is_literal, struct glob *glob)
{
    const bool anywhere =
        item->field == RULE_FIELD_RECORD || (item->modifiers & MODIFIER_CONTAINS) != 0;
    const bool any_before = anywhere || (item->modifiers & MODIFIER_ENDSWITH) != 0;
    const bool any_after = anywhere || (item->modifiers & MODIFIER_STARTSWITH) != 0;
    const bool has_room = is_literal
                              ? glob_of_bytes(glob, scope->arena, text, any_before, any_after)
                              : glob_read(glob, scope->arena, text, any_before, any_after);
    if (!has_room) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    if ((item->modifiers & MODIFIER_WINDASH) != 0)
        glob_open_dashes(glob);
    return true;
}

static bool test_empty(struct item_scope *scope, const struct item *item, const struct node *value,
                       struct test *test)
{
    test->kind = item->field >= RULE_FIELD_RAW ? TEST_EMPTY : TEST_NEVER;
    if (test->kind == TEST_NEVER)
        diagnosis_add(scope->diagnosis, RULE_EMPTY_NEVER_MATCHES, value,
                      "`%s` does not tell an empty value from none, so '' never matches; write "
                      "`null`",
                      item_field_name(scope, item));
    return true;
}

static bool test_glob(struct item_scope *scope, const struct item *item, const struct node *value,
                      const struct glob *glob, struct test *test)
{
    const bool in_record = item->field == RULE_FIELD_RECORD;
    if (glob->count - glob->wildcards_count > LIMIT_TEXT_BYTES ||
        glob->ones_count > WILDCARD_ONES_MAX) {
        COMPLAIN(scope, RULE_VALUE_TOO_LONG, value,
                 "more than 1024 bytes or 64 `?`: no value of an event is meant");
        return false;
    }
    if (in_record && glob_is_any(glob)) {
        COMPLAIN(scope, RULE_VALUE_SHAPE, value, "a keyword is text that is to be found");
        return false;
    }
    if (glob->count == 0)
        return test_empty(scope, item, value, test);
    if (glob_is_any(glob)) {
        test->kind = TEST_PRESENT;
        return true;
    }
    if (glob->wildcards_count == 0)
        return test_exact(scope, item, value, glob, test);
    test->kind = TEST_PATTERN;
    test->pattern = (struct pattern){
        .expression = glob_expression(glob, scope->arena, in_record),
        .ignores_case = (item->modifiers & MODIFIER_CASED) == 0,
        .dot_is_all = true,
    };
    if (test->pattern.expression == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    return test->pattern.expression != NULL;
}

/* `%name%` without `expand` is text; old rules meant a placeholder by it. */
static void placeholder_lint(struct item_scope *scope, const struct node *value, struct slice text)
{
    const bool looks_like_one = text.bytes > 2 && text.start[0] == '%' &&
                                text.start[text.bytes - 1] == '%' &&
                                slice_find(slice_from(text, 1), '%') == text.bytes - 2 &&
                                slice_find(text, ' ') == text.bytes;
    if (looks_like_one)
        diagnosis_add(scope->diagnosis, RULE_PLACEHOLDER_PLAIN, value,
                      "`%s` is plain text here; a placeholder needs the modifier `expand`",
                      shown_slice(text).text);
}

static bool test_text(struct item_scope *scope, const struct item *item, const struct node *value,
                      struct slice text, struct test *test)
{
    if (text.bytes > 2 * LIMIT_TEXT_BYTES) {
        COMPLAIN(scope, RULE_VALUE_TOO_LONG, value, "longer than any value of an event");
        return false;
    }
    if ((item->modifiers & MODIFIER_EXPAND) == 0)
        placeholder_lint(scope, value, text);
    struct glob glob;
    if (!glob_read_value(scope, item, text, false, &glob))
        return false;
    text_lint(scope, item, value, &glob);
    return test_glob(scope, item, value, &glob, test);
}

/* ---- other values ------------------------------------------------------------------------- */

static enum value_part part_of(unsigned modifiers_given)
{
    return (modifiers_given & MODIFIER_MINUTE) != 0  ? PART_MINUTE
           : (modifiers_given & MODIFIER_HOUR) != 0  ? PART_HOUR
           : (modifiers_given & MODIFIER_DAY) != 0   ? PART_DAY
           : (modifiers_given & MODIFIER_WEEK) != 0  ? PART_WEEK
           : (modifiers_given & MODIFIER_MONTH) != 0 ? PART_MONTH
           : (modifiers_given & MODIFIER_YEAR) != 0  ? PART_YEAR
                                                     : PART_WHOLE;
}

static bool test_number(struct item_scope *scope, const struct item *item, const struct node *value,
                        struct test *test)
{
    test->kind = (item->modifiers & MODIFIER_LT) != 0    ? TEST_LESS
                 : (item->modifiers & MODIFIER_LTE) != 0 ? TEST_LESS_OR_EQUAL
                 : (item->modifiers & MODIFIER_GT) != 0  ? TEST_GREATER
                 : (item->modifiers & MODIFIER_GTE) != 0 ? TEST_GREATER_OR_EQUAL
                                                         : TEST_EQUALS;
    test->part = part_of(item->modifiers);
    test->has_number = true;
    if (node_to_double(value, &test->number))
        return true;
    COMPLAIN(scope, RULE_NUMBER_VALUE, value, "`%s` is no number (digits without quotes)",
             shown_node(value).text);
    return false;
}

static bool test_network(struct item_scope *scope, const struct node *value, struct slice text,
                         struct test *test)
{
    test->kind = TEST_NETWORK;
    const char *const problem = network_from_text(text, &test->network);
    if (problem == NULL)
        return true;
    COMPLAIN(scope, RULE_NETWORK_VALUE, value, "`%s`: %s", shown_slice(text).text, problem);
    return false;
}

static bool test_exists(struct item_scope *scope, const struct node *value, struct test *test)
{
    bool wanted = false;
    if (!node_to_bool(value, &wanted)) {
        COMPLAIN(scope, RULE_EXISTS_VALUE, value, "`exists` takes `true` or `false`");
        return false;
    }
    test->kind = wanted ? TEST_EXISTS : TEST_ABSENT;
    return true;
}

static bool test_null(struct item_scope *scope, const struct item *item, const struct node *value,
                      struct test *test)
{
    test->kind = TEST_NULL;
    if (item->field == RULE_FIELD_RECORD) {
        COMPLAIN(scope, RULE_VALUE_SHAPE, value, "`null` is no keyword");
        return false;
    }
    if ((item->modifiers & ~(unsigned)MODIFIERS_LIST) == 0)
        return true;
    COMPLAIN(scope, RULE_VALUE_SHAPE, value,
             "`null` means that the field is absent and takes no modifier but `neq`");
    return false;
}

/* ---- values ------------------------------------------------------------------------------- */

/* The tests that one value of a rule comes to: several when it stands for several. */
struct test_list {
    struct test *items; /* owned */
    size_t count, capacity;
};

static struct test *test_list_add(struct item_scope *scope, struct test_list *list,
                                  const struct node *value)
{
    if (list->count == list->capacity) {
        const size_t capacity = 2 * list->capacity + 8;
        struct test *const items = reallocarray(list->items, capacity, sizeof(*items));
        if (items == NULL) {
            item_scope_fail(scope, STATUS_NO_MEMORY);
            return NULL;
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count] = (struct test){.node = value, .path = scope->diagnosis->path};
    return &list->items[list->count++];
}

/* Adds the test of one encoded form. */
static bool tests_add_encoded(struct item_scope *scope, const struct item *item,
                              const struct node *value, struct slice bytes, struct test_list *list)
{
    struct test *const test = bytes.start != NULL ? test_list_add(scope, list, value) : NULL;
    if (test == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    struct glob glob;
    return glob_read_value(scope, item, bytes, true, &glob) &&
           test_glob(scope, item, value, &glob, test);
}

/* The bytes that a text with escapes stands for. False after a mistake. */
static bool literal_of(struct item_scope *scope, const struct node *value, struct slice text,
                       struct slice *bytes)
{
    struct glob glob;
    if (!glob_read(&glob, scope->arena, text, false, false)) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    if (glob.wildcards_count > 0) {
        COMPLAIN(scope, RULE_ENCODED_WILDCARD, value,
                 "a wildcard cannot be encoded; write `\\*` or `\\?` for the character itself");
        return false;
    }
    *bytes = glob_literal(&glob, scope->arena);
    if (bytes->start == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    return bytes->start != NULL;
}

static bool tests_add_text_encoded(struct item_scope *scope, const struct item *item,
                                   const struct node *value, struct slice text,
                                   struct test_list *list)
{
    struct slice bytes;
    if (!literal_of(scope, value, text, &bytes))
        return false;
    if ((item->modifiers & MODIFIERS_UTF16) != 0)
        bytes = encode_utf16(scope->arena, bytes, (item->modifiers & MODIFIER_UTF16_BE) != 0,
                             (item->modifiers & MODIFIER_UTF16) != 0);
    if ((item->modifiers & MODIFIERS_BASE64) == 0 || bytes.start == NULL)
        return tests_add_encoded(scope, item, value, bytes, list);
    if ((item->modifiers & MODIFIER_BASE64) != 0)
        return tests_add_encoded(scope, item, value, encode_base64(scope->arena, bytes), list);
    bool is_good = true;
    for (unsigned offset = 0; offset < ENCODE_OFFSETS && is_good; offset++)
        is_good = tests_add_encoded(scope, item, value,
                                    encode_base64_offset(scope->arena, bytes, offset), list);
    return is_good;
}

static bool tests_add_text(struct item_scope *scope, const struct item *item,
                           const struct node *value, struct slice text, struct test_list *list)
{
    if ((item->modifiers & MODIFIERS_ENCODE) != 0)
        return tests_add_text_encoded(scope, item, value, text, list);
    struct test *const test = test_list_add(scope, list, value);
    if (test == NULL)
        return false;
    if ((item->modifiers & MODIFIER_CIDR) != 0)
        return test_network(scope, value, text, test);
    if ((item->modifiers & MODIFIER_RE) != 0)
        return test_regex(scope, item, value, text, test);
    return test_text(scope, item, value, text, test);
}

static bool tests_add_expanded(struct item_scope *scope, const struct item *item,
                               const struct node *value, struct test_list *list)
{
    struct slice *texts;
    size_t count;
    const enum status status = placeholders_expand(scope->placeholders, scope->diagnosis,
                                                   scope->arena, value, &texts, &count);
    if (status != STATUS_OK) {
        item_scope_fail(scope, status);
        return false;
    }
    bool is_good = true;
    for (size_t i = 0; i < count && is_good; i++)
        is_good = tests_add_text(scope, item, value, texts[i], list);
    return is_good;
}

static bool tests_add(struct item_scope *scope, const struct item *item, const struct node *value,
                      struct test_list *list)
{
    if (value->kind != NODE_SCALAR) {
        COMPLAIN(scope, RULE_VALUE_SHAPE, value,
                 "a value is text or a number, not %s; nested fields are written with dots",
                 shown_node(value).text);
        return false;
    }
    const bool is_plain = (item->modifiers & (MODIFIERS_NUMBER | MODIFIERS_TIME)) != 0 ||
                          (item->modifiers & MODIFIER_EXISTS) != 0 || node_is_null(value);
    if (!is_plain)
        return (item->modifiers & MODIFIER_EXPAND) != 0
                   ? tests_add_expanded(scope, item, value, list)
                   : tests_add_text(scope, item, value, value->text, list);
    struct test *const test = test_list_add(scope, list, value);
    if (test == NULL)
        return false;
    if ((item->modifiers & MODIFIER_EXISTS) != 0)
        return test_exists(scope, value, test);
    if (node_is_null(value))
        return test_null(scope, item, value, test);
    return test_number(scope, item, value, test);
}

/* ---- items -------------------------------------------------------------------------------- */

static const struct expression *join(struct item_scope *scope, enum expression_kind kind,
                                     const struct expression **children, size_t count)
{
    struct expression *const joined = expression_join(scope->arena, kind, children, count);
    if (joined == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    else
        joined->item = scope->item;
    return joined;
}

static const struct expression *predicate_of(struct item_scope *scope, unsigned field, unsigned bit)
{
    struct expression *const predicate =
        expression_join(scope->arena, EXPRESSION_PREDICATE, NULL, 0);
    if (predicate == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    predicate->field = field;
    predicate->bit = bit;
    predicate->item = scope->item;
    return predicate;
}

static const struct expression *negation_of(struct item_scope *scope,
                                            const struct expression *expression)
{
    const struct expression **const children = arena_take(scope->arena, 1, sizeof(*children));
    if (children == NULL || expression == NULL) {
        if (children == NULL)
            item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    children[0] = expression;
    return join(scope, EXPRESSION_NOT, children, 1);
}

static const struct expression *item_add(struct item_scope *scope, const struct item *item,
                                         const struct test *tests, size_t count, bool needs_all)
{
    unsigned bit = 0;
    const enum status status =
        predicate_set_add(scope->predicates, item->field, tests, count, needs_all, &bit);
    if (status == STATUS_OK)
        return predicate_of(scope, item->field, bit);
    if (status == STATUS_CONFIG)
        COMPLAIN(scope, RULE_TOO_MANY_TESTS, item->key,
                 "more than %d different items or %d values for `%s` over all rules",
                 PREDICATES_MAX, FIELD_TESTS_MAX, item_field_name(scope, item));
    item_scope_fail(scope, status);
    return NULL;
}

/* Each value a predicate of its own, since what it stands for is alternatives. */
static const struct expression *item_all(struct item_scope *scope, const struct item *item,
                                         const struct node *value, size_t count)
{
    const struct expression **const children = arena_take(scope->arena, count, sizeof(*children));
    if (children == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        struct test_list list = {0};
        children[i] = NULL;
        if (tests_add(scope, item, node_item(value, i), &list))
            children[i] = item_add(scope, item, list.items, list.count, false);
        is_good &= children[i] != NULL;
        free(list.items);
    }
    return is_good ? join(scope, EXPRESSION_AND, children, count) : NULL;
}

static const struct expression *item_any(struct item_scope *scope, const struct item *item,
                                         const struct node *value, size_t count)
{
    const bool needs_all = (item->modifiers & MODIFIER_ALL) != 0;
    struct test_list list = {0};
    bool is_good = true;
    for (size_t i = 0; i < count; i++)
        is_good &= tests_add(scope, item, node_item(value, i), &list);
    const struct expression *const expression =
        is_good ? item_add(scope, item, list.items, list.count, needs_all) : NULL;
    free(list.items);
    return expression;
}

static const struct expression *pair_add(struct item_scope *scope, const struct item *item,
                                         const struct node *value)
{
    struct pair pair = {
        .left = item->field,
        .kind = (item->modifiers & MODIFIER_CONTAINS) != 0     ? PAIR_CONTAINS
                : (item->modifiers & MODIFIER_STARTSWITH) != 0 ? PAIR_STARTS_WITH
                : (item->modifiers & MODIFIER_ENDSWITH) != 0   ? PAIR_ENDS_WITH
                                                               : PAIR_EQUALS,
        .is_cased = (item->modifiers & MODIFIER_CASED) != 0,
    };
    if (value->kind != NODE_SCALAR || node_is_null(value)) {
        COMPLAIN(scope, RULE_VALUE_SHAPE, value, "`fieldref` takes the name of a field");
        return NULL;
    }
    if (!item_field(scope, value, value->text, &pair.right))
        return NULL;
    unsigned bit = 0;
    const enum status status = pair_set_add(scope->pairs, &pair, &bit);
    if (status == STATUS_OK)
        return predicate_of(scope, RULE_FIELD_PAIRS, bit);
    if (status == STATUS_CONFIG)
        COMPLAIN(scope, RULE_TOO_MANY_TESTS, item->key, "more than %d `fieldref` over all rules",
                 PAIRS_MAX);
    item_scope_fail(scope, status);
    return NULL;
}

static const struct expression *item_pairs(struct item_scope *scope, const struct item *item,
                                           const struct node *value, size_t count)
{
    const struct expression **const children = arena_take(scope->arena, count, sizeof(*children));
    if (children == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    bool is_good = true;
    for (size_t i = 0; i < count; i++) {
        children[i] = pair_add(scope, item, node_item(value, i));
        is_good &= children[i] != NULL;
    }
    const bool needs_all = (item->modifiers & MODIFIER_ALL) != 0;
    return is_good ? join(scope, needs_all ? EXPRESSION_AND : EXPRESSION_OR, children, count)
                   : NULL;
}

/* Begins what the expressions to be made of an item say that it was. NULL: no memory. */
static struct item_text *item_text_begin(struct item_scope *scope, const struct item *item,
                                         struct slice key, size_t values_count)
{
    struct item_text *const text = arena_take(scope->arena, 1, sizeof(*text));
    const char **const values = arena_take(scope->arena, values_count, sizeof(*values));
    const char *const kept = arena_copy(scope->arena, key);
    scope->item = NULL;
    if (text == NULL || values == NULL || kept == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    *text = (struct item_text){
        .key = kept,
        .values = values,
        .field = item->field,
        .line = item->key->line,
    };
    return text;
}

/* One value of it, of as many as were announced. False: no memory. */
static bool item_text_add(struct item_scope *scope, struct item_text *text, struct slice value)
{
    const char *const kept = arena_copy(scope->arena, value);
    if (kept == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    text->values[text->values_count++] = kept;
    return true;
}

/* The same for values that are nodes. */
static bool item_text_of(struct item_scope *scope, const struct item *item, struct slice key,
                         const struct node *value, size_t count)
{
    struct item_text *const text = item_text_begin(scope, item, key, count);
    bool is_kept = text != NULL;
    for (size_t i = 0; i < count && is_kept; i++) {
        const struct node *const at = node_item(value, i);
        is_kept = item_text_add(scope, text, node_is_null(at) ? SLICE("null") : at->text);
    }
    scope->item = text;
    return is_kept;
}

static const struct expression *item_values(struct item_scope *scope, const struct item *item,
                                            struct slice key, const struct node *value,
                                            size_t count)
{
    if (!item_text_of(scope, item, key, value, count))
        return NULL;
    const unsigned many = MODIFIERS_ENCODE | MODIFIER_EXPAND;
    const struct expression *const expression =
        (item->modifiers & MODIFIER_FIELDREF) != 0 ? item_pairs(scope, item, value, count)
        : (item->modifiers & MODIFIER_ALL) != 0 && (item->modifiers & many) != 0
            ? item_all(scope, item, value, count)
            : item_any(scope, item, value, count);
    if ((item->modifiers & MODIFIER_NEQ) == 0)
        return expression;
    return negation_of(scope, expression);
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
        COMPLAIN(scope, RULE_VALUE_SHAPE, value,
                 "the list of values is empty; for a field without a value write `null`");
        return NULL;
    }
    if (is_list && (item.modifiers & MODIFIER_EXISTS) != 0) {
        COMPLAIN(scope, RULE_EXISTS_VALUE, value, "`exists` takes `true` or `false`");
        return NULL;
    }
    if (count == 1 && (item.modifiers & MODIFIER_ALL) != 0)
        diagnosis_add(scope->diagnosis, RULE_ALL_SINGLE, key,
                      "`all` means nothing for a single value");
    return item_values(scope, &item, key->text, value, count);
}

/* An address or a network. */
static bool test_place(struct item_scope *scope, const struct item *item, const struct node *value,
                       struct test *test)
{
    struct address address;
    if (slice_find(value->text, '/') < value->text.bytes)
        return test_network(scope, value, value->text, test);
    if (network_address_from_text(value->text, &address))
        return test_text(scope, item, value, value->text, test);
    COMPLAIN(scope, RULE_NETWORK_VALUE, value, "`%s` is no address and no network",
             shown_node(value).text);
    return false;
}

static bool tests_add_plain(struct item_scope *scope, const struct item *item,
                            const struct node *value, struct test_list *list)
{
    if (value->kind != NODE_SCALAR || node_is_null(value) || value->text.bytes == 0) {
        COMPLAIN(scope, RULE_ALLOW_VALUE, value,
                 "the value of an allow entry is text or a number, or a list of them");
        return false;
    }
    int64_t number;
    if (item->field == FIELD_ASN && !node_to_integer(value, &number)) {
        COMPLAIN(scope, RULE_NUMBER_VALUE, value,
                 "`%s` is no number of an autonomous system (digits without quotes)",
                 shown_node(value).text);
        return false;
    }
    struct test *const test = test_list_add(scope, list, value);
    if (test == NULL)
        return false;
    return item->field == FIELD_SOURCE ? test_place(scope, item, value, test)
                                       : test_text(scope, item, value, value->text, test);
}

const struct expression *item_compile_plain(struct item_scope *scope, enum event_field field,
                                            const struct node *key, const struct node *value)
{
    const struct item item = {.key = key, .field = field};
    const size_t count = node_items_count(value);
    if (count == 0) {
        COMPLAIN(scope, RULE_ALLOW_VALUE, value,
                 "the value of an allow entry is text or a number, or a list of them");
        return NULL;
    }
    if (!item_text_of(scope, &item, key->text, value, count))
        return NULL;
    struct test_list list = {0};
    bool is_good = true;
    for (size_t i = 0; i < count; i++)
        is_good &= tests_add_plain(scope, &item, node_item(value, i), &list);
    const struct expression *const expression =
        is_good ? item_add(scope, &item, list.items, list.count, false) : NULL;
    free(list.items);
    return expression;
}

const struct expression *item_compile_keywords(struct item_scope *scope, const struct node *value)
{
    const struct item item = {.key = value, .field = RULE_FIELD_RECORD};
    return item_values(scope, &item, SLICE(""), value,
                       value->kind == NODE_SEQUENCE ? value->count : 1);
}

bool item_compile_logsource(struct item_scope *scope, const struct node *node,
                            const struct expression **expression)
{
    struct slice datasets[LOGSOURCE_DATASETS_MAX];
    bool is_any = false;
    const size_t count =
        logsources_datasets(scope->logsources, &scope->logsource, datasets, &is_any);
    *expression = NULL;
    if (is_any)
        return true;
    const struct item item = {.key = node, .field = FIELD_DATASET};
    struct item_text *const text = item_text_begin(scope, &item, SLICE("logsource"), count);
    struct test_list list = {0};
    bool is_good = text != NULL;
    for (size_t i = 0; i < count && is_good; i++)
        is_good = tests_add_text(scope, &item, node, datasets[i], &list) &&
                  item_text_add(scope, text, datasets[i]);
    if (text != NULL)
        text->is_logsource = true;
    scope->item = text;
    if (count == 0) {
        diagnosis_add(scope->diagnosis, RULE_LOGSOURCE_UNKNOWN, node,
                      "no log that is read here is of this log source, so the rule never matches");
        struct test *const never = test_list_add(scope, &list, node);
        is_good = never != NULL;
    }
    if (is_good)
        *expression = item_add(scope, &item, list.items, list.count, false);
    free(list.items);
    return *expression != NULL;
}
