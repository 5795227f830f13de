#include "rules/detection.h"

#include <stdlib.h>
#include <string.h>

enum { IDENTIFIER_BYTES_MAX = 128 };

static const struct expression *definition_compile(struct item_scope *scope,
                                                   const struct node *node);

static const struct expression *scope_complain(struct item_scope *scope, enum rule_code code,
                                               const struct node *node, const char *text)
{
    diagnosis_add(scope->diagnosis, code, node, "%s", text);
    item_scope_fail(scope, STATUS_CONFIG);
    return NULL;
}

/* The items of a mapping (joined by `and`) or the elements of a list (joined by `or`). */
static const struct expression *definition_join(struct item_scope *scope, const struct node *node)
{
    const struct expression **const children =
        arena_take(scope->arena, node->count, sizeof(*children));
    if (children == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    bool has_all = true;
    for (size_t i = 0; i < node->count; i++) {
        children[i] = node->kind == NODE_MAPPING
                          ? item_compile(scope, node_key(node, i), node_value(node, i))
                          : definition_compile(scope, node->items[i]);
        has_all &= children[i] != NULL;
    }
    if (!has_all)
        return NULL;
    if (node->count == 1)
        return children[0];
    struct expression *const joined =
        expression_join(scope->arena, node->kind == NODE_MAPPING ? EXPRESSION_AND : EXPRESSION_OR,
                        children, node->count);
    if (joined == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    return joined;
}

/* True when nothing in the list is a mapping or list: then its values are keywords. */
static bool is_keywords(const struct node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != NODE_SCALAR)
            return false;
    }
    return node->kind == NODE_SEQUENCE && node->count > 0;
}

/* Recursion ends with the document's own depth. */
static const struct expression *definition_compile(struct item_scope *scope,
                                                   const struct node *node)
{
    const bool is_scalar = node->kind == NODE_SCALAR;
    if (is_scalar ? node_is_null(node) || node->text.bytes == 0 : node->count == 0)
        return scope_complain(scope, RULE_DEFINITION_EMPTY, node,
                              "this definition is empty; it needs at least one `field: value`");
    if (is_scalar || is_keywords(node))
        return item_compile_keywords(scope, node);
    return definition_join(scope, node);
}

static bool is_condition_word(struct slice name)
{
    static const char *const words[] = {"and", "or", "not", "of", "them", "all", "any", "1"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_equals_folded(name, slice_from_string(words[i])))
            return true;
    }
    return false;
}

static bool is_identifier(struct slice name)
{
    for (size_t i = 0; i < name.bytes; i++) {
        const char byte = name.start[i];
        if ((slice_fold_byte((unsigned char)byte) < 'a' ||
             slice_fold_byte((unsigned char)byte) > 'z') &&
            (byte < '0' || byte > '9') && byte != '_' && byte != '-')
            return false;
    }
    return name.bytes > 0 && name.bytes <= IDENTIFIER_BYTES_MAX;
}

static void identifier_check(struct item_scope *scope, const struct node *name)
{
    if (!is_identifier(name->text))
        diagnosis_add(scope->diagnosis, RULE_IDENTIFIER_NAME, name,
                      "`%s` is no search identifier: letters, digits, `_` and `-`, at most 128",
                      shown_node(name).text);
    else if (is_condition_word(name->text))
        diagnosis_add(scope->diagnosis, RULE_IDENTIFIER_NAME, name,
                      "`%s` is a word of conditions and cannot be a search identifier",
                      shown_node(name).text);
    else
        return;
    item_scope_fail(scope, STATUS_CONFIG);
}

static bool identifiers_read(struct item_scope *scope, const struct node *detection, bool is_filter,
                             struct identifiers *identifiers)
{
    identifiers->items = arena_take(scope->arena, detection->count, sizeof(*identifiers->items));
    if (identifiers->items == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return false;
    }
    for (size_t i = 0; i < detection->count; i++) {
        const struct node *const name = node_key(detection, i);
        const struct node *const value = node_value(detection, i);
        if (slice_equals(name->text, SLICE("condition")) ||
            (is_filter && slice_equals(name->text, SLICE("rules"))))
            continue;
        if (slice_equals(name->text, SLICE("timeframe")) && value->kind == NODE_SCALAR) {
            identifiers->timeframe = value;
            scope_complain(scope, RULE_TIMEFRAME_REMOVED, name,
                           "`timeframe` is no longer part of Sigma: write a correlation document "
                           "with `timespan`");
            continue;
        }
        identifier_check(scope, name);
        const struct expression *expression = definition_compile(scope, value);
        if (expression != NULL) {
            expression =
                expression_labelled(scope->arena, arena_copy(scope->arena, name->text), expression);
            if (expression == NULL)
                item_scope_fail(scope, STATUS_NO_MEMORY);
        }
        identifiers->items[identifiers->count++] =
            (struct identifier){.name = name, .expression = expression};
    }
    return true;
}

static void complain_of_no_condition(struct item_scope *scope, const struct node *detection,
                                     const struct identifiers *identifiers)
{
    static const char *const known[] = {"condition", NULL};
    for (size_t i = 0; i < identifiers->count; i++) {
        const struct node *const name = identifiers->items[i].name;
        if (nearest_word(name->text, known) == NULL)
            continue;
        diagnosis_add(scope->diagnosis, RULE_CONDITION_MISSING, name,
                      "the detection has no `condition`; is `%s` meant to be it?",
                      shown_node(name).text);
        item_scope_fail(scope, STATUS_CONFIG);
        return;
    }
    scope_complain(scope, RULE_CONDITION_MISSING, detection, "the detection has no `condition`");
}

static void identifiers_lint(const struct item_scope *scope, const struct identifiers *identifiers)
{
    for (size_t i = 0; i < identifiers->count; i++) {
        if (!identifiers->items[i].is_used)
            diagnosis_add(scope->diagnosis, RULE_IDENTIFIER_UNUSED, identifiers->items[i].name,
                          "the condition does not use `%s`",
                          shown_node(identifiers->items[i].name).text);
    }
}

/* ---- values that are asked for and excluded ------------------------------------------------- */

enum { USES_MAX = 64 }; /* identifiers looked at */

/* The identifiers that must hold, and those that must not, for a condition to. */
struct uses {
    const char *asked[USES_MAX], *excluded[USES_MAX];
    size_t asked_count, excluded_count;
};

static void uses_collect(struct uses *uses, const struct expression *expression, bool is_asked)
{
    if (expression->label != NULL) {
        size_t *const count = is_asked ? &uses->asked_count : &uses->excluded_count;
        if (*count < USES_MAX)
            (is_asked ? uses->asked : uses->excluded)[(*count)++] = expression->label;
        return;
    }
    const bool below = expression->kind == EXPRESSION_NOT ? !is_asked : is_asked;
    const enum expression_kind needs_all = is_asked ? EXPRESSION_AND : EXPRESSION_OR;
    if (expression->kind != EXPRESSION_NOT && expression->kind != needs_all)
        return;
    for (size_t i = 0; i < expression->children_count; i++)
        uses_collect(uses, expression->children[i], below);
}

static bool has_value(const struct node *list, const struct node *value)
{
    if (list->kind == NODE_SCALAR)
        return value->kind == NODE_SCALAR && node_is_null(list) == node_is_null(value) &&
               slice_equals_folded(list->text, value->text);
    for (size_t i = 0; list->kind == NODE_SEQUENCE && i < list->count; i++) {
        if (list->items[i]->kind == NODE_SCALAR && has_value(list->items[i], value))
            return true;
    }
    return false;
}

/* Values of `asked` that stand in `excluded`, too, which is all that the identifier `name` says. */
static void values_lint(const struct item_scope *scope, const struct node *asked,
                        const struct node *excluded, const char *name)
{
    for (size_t i = 0; i < node_items_count(asked); i++) {
        const struct node *const value = node_item(asked, i);
        if (value->kind == NODE_SCALAR && has_value(excluded, value))
            diagnosis_add(
                scope->diagnosis, RULE_VALUE_EXCLUDED, value,
                "`%s` stands in `%s`, too, which the condition excludes: it never matches",
                shown_node(value).text, name);
    }
}

/* Only an exclusion of a single item decides by itself. */
static void excluded_lint(const struct item_scope *scope, const struct node *detection,
                          const struct expression *condition)
{
    struct uses uses = {0};
    uses_collect(&uses, condition, true);
    for (size_t i = 0; i < uses.excluded_count; i++) {
        const struct node *const excluded = node_get(detection, uses.excluded[i]);
        if (excluded == NULL || excluded->kind != NODE_MAPPING || excluded->count != 1)
            continue;
        const char *const key = node_key(excluded, 0)->text.start;
        const bool needs_several =
            strstr(key, "|all") != NULL && node_value(excluded, 0)->count > 1;
        for (size_t j = 0; j < uses.asked_count && !needs_several; j++) {
            const struct node *const asked = node_get(node_get(detection, uses.asked[j]), key);
            if (asked != NULL)
                values_lint(scope, asked, node_value(excluded, 0), uses.excluded[i]);
        }
    }
}

static enum status block_compile(const struct expression **expression, struct item_scope *scope,
                                 const struct node *node, bool is_filter)
{
    struct identifiers identifiers = {0};
    if (!identifiers_read(scope, node, is_filter, &identifiers))
        return scope->status;
    const struct node *const condition = node_get(node, "condition");
    if (condition == NULL) {
        complain_of_no_condition(scope, node, &identifiers);
        return scope->status;
    }
    bool out_of_memory = false;
    const struct expression *const found =
        condition_read(scope->diagnosis, scope->arena, condition, &identifiers, &out_of_memory);
    if (found == NULL)
        item_scope_fail(scope, out_of_memory ? STATUS_NO_MEMORY : STATUS_CONFIG);
    else
        identifiers_lint(scope, &identifiers);
    if (found != NULL)
        excluded_lint(scope, node, found);
    if (scope->status == STATUS_OK)
        *expression = found;
    return scope->status;
}

enum status detection_compile(const struct expression **expression, struct item_scope *scope,
                              const struct node *node)
{
    if (node->kind != NODE_MAPPING) {
        scope_complain(scope, RULE_DETECTION_SHAPE, node,
                       "`detection` is a mapping of search identifiers and a `condition`");
        return scope->status;
    }
    return block_compile(expression, scope, node, false);
}

enum status filter_compile(const struct expression **expression, struct item_scope *scope,
                           const struct node *node, bool *has_not)
{
    if (node->kind != NODE_MAPPING) {
        scope_complain(scope, RULE_FILTER_SHAPE, node,
                       "`filter` is a mapping of `rules`, search identifiers and a `condition`");
        return scope->status;
    }
    const enum status status = block_compile(expression, scope, node, true);
    if (status == STATUS_OK)
        *has_not = expression_has_not(*expression);
    return status;
}
