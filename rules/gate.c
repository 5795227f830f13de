#include "rules/gate.h"

#include <stdlib.h>

enum truth expression_known(const struct expression *expression, unsigned field,
                            const uint64_t *row)
{
    if (expression->kind == EXPRESSION_PREDICATE) {
        if (expression->field != field)
            return TRUTH_OPEN;
        return (row[expression->bit / 64] >> (expression->bit % 64) & 1) != 0 ? TRUTH_TRUE
                                                                              : TRUTH_FALSE;
    }
    if (expression->kind == EXPRESSION_NOT) {
        const enum truth inner = expression_known(expression->children[0], field, row);
        return inner == TRUTH_OPEN ? TRUTH_OPEN : inner == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
    }
    const enum truth decisive = expression->kind == EXPRESSION_AND ? TRUTH_FALSE : TRUTH_TRUE;
    enum truth truth = decisive == TRUTH_FALSE ? TRUTH_TRUE : TRUTH_FALSE;
    for (size_t i = 0; i < expression->children_count; i++) {
        const enum truth child = expression_known(expression->children[i], field, row);
        if (child == decisive)
            return decisive;
        if (child == TRUTH_OPEN)
            truth = TRUTH_OPEN;
    }
    return truth;
}

/* ---- choosing ----------------------------------------------------------------------------- */

#define NO_GATE UINT64_MAX

/* What it costs to look at a field for every event, and how little it tells apart. */
static uint64_t field_cost(unsigned field)
{
    switch (field) {
    case FIELD_DATASET:
    case FIELD_OUTCOME_ECS:
    case FIELD_VERDICT:
        return 1000;
    case FIELD_OUTCOME:
    case FIELD_INTERACTIVE:
        return 400;
    case RULE_FIELD_RECORD:
        return 10000; /* all of it is searched */
    case RULE_FIELD_PAIRS:
        return 2000;
    default:
        return field < RULE_FIELD_RAW ? 5 : 10;
    }
}

/* What many rules ask alike, such as the code of an event, lets all of them through at once. */
static uint64_t predicate_cost(const struct predicate_set *predicates,
                               const struct expression *expression)
{
    const uint64_t cost = field_cost(expression->field);
    return expression->field == RULE_FIELD_PAIRS
               ? cost
               : cost + predicates->fields[expression->field].predicates[expression->bit].uses;
}

static uint64_t gate_cost(const struct predicate_set *predicates,
                          const struct expression *expression)
{
    uint64_t cost = expression->kind == EXPRESSION_AND ? NO_GATE : 0;
    switch (expression->kind) {
    case EXPRESSION_PREDICATE:
        return predicate_cost(predicates, expression);
    case EXPRESSION_NOT:
        return NO_GATE;
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        break;
    }
    for (size_t i = 0; i < expression->children_count; i++) {
        const uint64_t child = gate_cost(predicates, expression->children[i]);
        if (expression->kind == EXPRESSION_AND)
            cost = child < cost ? child : cost;
        else
            cost = child == NO_GATE || cost == NO_GATE ? NO_GATE : cost + child;
    }
    return cost;
}

/* One predicate that lets a rule through. */
struct pass {
    uint32_t field, bit, rule;
};

struct passes {
    struct pass *items;
    size_t count, capacity;
};

static bool passes_add(struct passes *passes, struct pass pass)
{
    if (passes->count == passes->capacity) {
        const size_t capacity = 2 * passes->capacity + 64;
        struct pass *const items = reallocarray(passes->items, capacity, sizeof(*items));
        if (items == NULL)
            return false;
        passes->items = items;
        passes->capacity = capacity;
    }
    passes->items[passes->count++] = pass;
    return true;
}

/* Adds the predicates of the cheapest gate. */
static bool gate_collect(const struct predicate_set *predicates, struct passes *passes,
                         const struct expression *expression, uint32_t rule)
{
    if (expression->kind == EXPRESSION_PREDICATE)
        return passes_add(
            passes,
            (struct pass){.field = expression->field, .bit = expression->bit, .rule = rule});
    if (expression->kind == EXPRESSION_OR) {
        bool has_room = true;
        for (size_t i = 0; i < expression->children_count && has_room; i++)
            has_room = gate_collect(predicates, passes, expression->children[i], rule);
        return has_room;
    }
    size_t best = 0;
    for (size_t i = 1; i < expression->children_count; i++) {
        if (gate_cost(predicates, expression->children[i]) <
            gate_cost(predicates, expression->children[best]))
            best = i;
    }
    return gate_collect(predicates, passes, expression->children[best], rule);
}

static int pass_order(const void *left, const void *right)
{
    const struct pass *const a = left, *const b = right;
    if (a->field != b->field)
        return a->field < b->field ? -1 : 1;
    if (a->bit != b->bit)
        return a->bit < b->bit ? -1 : 1;
    return a->rule < b->rule ? -1 : a->rule > b->rule;
}

/* ---- building ----------------------------------------------------------------------------- */

static bool gate_field_init(struct gate_field *at, const struct ruleset *ruleset, unsigned field)
{
    const size_t predicates = field == RULE_FIELD_PAIRS
                                  ? ruleset->pairs.count
                                  : ruleset->predicates.fields[field].predicates_count;
    *at = (struct gate_field){.field = field, .words = (predicates + 63) / 64};
    at->mask = calloc(at->words + 1, sizeof(*at->mask));
    at->bits = calloc(predicates + 1, sizeof(*at->bits));
    return at->mask != NULL && at->bits != NULL;
}

static enum status gates_fill(struct gates *gates, const struct ruleset *ruleset,
                              const struct passes *passes)
{
    gates->fields = calloc(passes->count + 1, sizeof(*gates->fields));
    gates->rules = calloc(passes->count + 1, sizeof(*gates->rules));
    if (gates->fields == NULL || gates->rules == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < passes->count; i++) {
        const struct pass *const pass = &passes->items[i];
        if (i == 0 || pass->field != passes->items[i - 1].field) {
            if (!gate_field_init(&gates->fields[gates->fields_count++], ruleset, pass->field))
                return STATUS_NO_MEMORY;
        }
        struct gate_field *const at = &gates->fields[gates->fields_count - 1];
        struct gate_bit *const bit = &at->bits[pass->bit];
        if (bit->count == 0)
            bit->first = (uint32_t)gates->rules_count;
        at->mask[pass->bit / 64] |= UINT64_C(1) << (pass->bit % 64);
        bit->count++;
        gates->rules[gates->rules_count++] = pass->rule;
    }
    return STATUS_OK;
}

enum status gates_init(struct gates *gates, const struct ruleset *ruleset, const bool *applies)
{
    *gates = (struct gates){0};
    gates->always = calloc(ruleset->rules_count + 1, sizeof(*gates->always));
    if (gates->always == NULL)
        return STATUS_NO_MEMORY;
    const struct predicate_set *const predicates = &ruleset->predicates;
    struct passes passes = {0};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < ruleset->rules_count && status == STATUS_OK; i++) {
        const struct expression *const expression = ruleset->rules[i].expression;
        if (!applies[i])
            continue;
        if (gate_cost(predicates, expression) == NO_GATE)
            gates->always[gates->always_count++] = i;
        else if (!gate_collect(predicates, &passes, expression, i))
            status = STATUS_NO_MEMORY;
    }
    if (passes.count > 0)
        qsort(passes.items, passes.count, sizeof(*passes.items), pass_order);
    if (status == STATUS_OK)
        status = gates_fill(gates, ruleset, &passes);
    free(passes.items);
    if (status != STATUS_OK)
        gates_deinit(gates);
    return status;
}

void gates_deinit(struct gates *gates)
{
    for (size_t i = 0; i < gates->fields_count; i++) {
        free(gates->fields[i].mask);
        free(gates->fields[i].bits);
    }
    free(gates->fields);
    free(gates->rules);
    free(gates->always);
    *gates = (struct gates){0};
}
