#include "rules/correlation.h"

#include "rules/event_value.h"
#include "rules/window_key.h"

enum { COUNT_MAX = 1000000000, PERCENTILE_DEFAULT = 50 /* the median */ };

static const char *const type_names[] = {
    [CORRELATION_EVENT_COUNT] = "event_count",
    [CORRELATION_VALUE_COUNT] = "value_count",
    [CORRELATION_VALUE_SUM] = "value_sum",
    [CORRELATION_VALUE_AVG] = "value_avg",
    [CORRELATION_VALUE_MEDIAN] = "value_median",
    [CORRELATION_VALUE_PERCENTILE] = "value_percentile",
    [CORRELATION_TEMPORAL] = "temporal",
    [CORRELATION_TEMPORAL_ORDERED] = "temporal_ordered",
};
enum { TYPES_COUNT = sizeof(type_names) / sizeof(type_names[0]) };

const char *correlation_type_name(enum correlation_type type)
{
    return type_names[type];
}

bool correlation_has_values(enum correlation_type type)
{
    return type == CORRELATION_VALUE_COUNT || correlation_has_numbers(type);
}

bool correlation_has_numbers(enum correlation_type type)
{
    return type == CORRELATION_VALUE_SUM || type == CORRELATION_VALUE_AVG ||
           type == CORRELATION_VALUE_MEDIAN || type == CORRELATION_VALUE_PERCENTILE;
}

bool correlation_tells_number(const struct correlation *correlation)
{
    return correlation->type != CORRELATION_VALUE_MEDIAN &&
           correlation->type != CORRELATION_VALUE_PERCENTILE &&
           (correlation->type != CORRELATION_TEMPORAL_ORDERED || correlation->expression == NULL);
}

int64_t correlation_rank(const struct correlation *correlation, int64_t count)
{
    const int64_t rank = (count * correlation->percentile + 99) / 100;
    return rank < 1 ? 1 : rank;
}

static bool is_temporal(enum correlation_type type)
{
    return type == CORRELATION_TEMPORAL || type == CORRELATION_TEMPORAL_ORDERED;
}

/* ---- type, time span, keys ------------------------------------------------------------------ */

bool correlation_type_read(enum correlation_type *type, const struct diagnosis *diagnosis,
                           const struct node *block)
{
    const struct node *const node = node_get(block, "type");
    if (node == NULL) {
        diagnosis_add(diagnosis, RULE_CORRELATION_TYPE, block,
                      "the correlation has no `type`, such as event_count or value_count");
        return false;
    }
    for (int i = 0; i < TYPES_COUNT; i++) {
        if (node_is_word(node, type_names[i])) {
            *type = (enum correlation_type)i;
            return true;
        }
    }
    const char *known[TYPES_COUNT + 1] = {NULL};
    for (int i = 0; i < TYPES_COUNT; i++)
        known[i] = type_names[i];
    diagnosis_unknown(diagnosis, RULE_CORRELATION_TYPE, node, 0, "type of correlation",
                      slice_from_string(shown_node(node).text), known);
    return false;
}

bool correlation_timespan_read(int64_t *span_ns, const struct diagnosis *diagnosis,
                               const struct node *block)
{
    const struct node *const node = node_get(block, "timespan");
    if (node != NULL)
        return window_span_read(span_ns, diagnosis, RULE_TIMESPAN, node);
    diagnosis_add(diagnosis, RULE_TIMESPAN, block, "the correlation has no `timespan`");
    return false;
}

static bool generate_read(struct correlation_draft *draft, const struct diagnosis *diagnosis)
{
    const struct node *const node = node_get(draft->block, "generate");
    if (node == NULL || node_to_bool(node, &draft->generates))
        return true;
    diagnosis_add(diagnosis, RULE_CORRELATION_UNSUPPORTED, node,
                  "`generate` is true or false, not `%s`", shown_node(node).text);
    return false;
}

static bool names_check(const struct diagnosis *diagnosis, enum rule_code code,
                        const struct node *node, const char *key)
{
    if (node == NULL)
        return true;
    bool is_good = node_items_count(node) > 0 && !node_is_null(node);
    for (size_t i = 0; is_good && i < node_items_count(node); i++) {
        const struct node *const item = node_item(node, i);
        is_good = item->kind == NODE_SCALAR && !node_is_null(item);
    }
    if (!is_good)
        diagnosis_add(diagnosis, code, node, "`%s` is a name or a list of names", key);
    return is_good;
}

static bool lists_read(struct correlation_draft *draft, const struct diagnosis *diagnosis)
{
    draft->rules = node_get(draft->block, "rules");
    draft->group_by = node_get(draft->block, "group-by");
    draft->aliases = node_get(draft->block, "aliases");
    bool is_good = names_check(diagnosis, RULE_CORRELATION_RULES, draft->rules, "rules");
    is_good &= names_check(diagnosis, RULE_GROUP_BY, draft->group_by, "group-by");
    if (draft->aliases != NULL && draft->aliases->kind != NODE_MAPPING) {
        diagnosis_add(diagnosis, RULE_ALIAS, draft->aliases,
                      "`aliases` is a mapping such as {who: {rule_a: user.name, rule_b: account}}");
        is_good = false;
    }
    return is_good;
}

bool correlation_keys_check(const struct diagnosis *diagnosis, const struct node *block)
{
    static const char *const known[] = {"type",      "rules",   "group-by", "timespan",
                                        "condition", "aliases", "generate", NULL};
    bool is_good = true;
    for (size_t i = 0; i < block->count; i++) {
        const struct node *const key = node_key(block, i);
        if (node_is_among(key, known))
            continue;
        is_good = false;
        if (node_is_word(key, "field"))
            diagnosis_add(diagnosis, RULE_CORRELATION_KEY, key,
                          "`field` belongs into the correlation's `condition`");
        else
            diagnosis_unknown(diagnosis, RULE_CORRELATION_KEY, key, 0, "key of `correlation`",
                              key->text, known);
    }
    return is_good;
}

/* ---- bounds --------------------------------------------------------------------------------- */

static void narrow_min(struct correlation_bounds *bounds, int64_t number, bool is_open)
{
    if (number > bounds->min || (number == bounds->min && is_open)) {
        bounds->min = number;
        bounds->min_is_open = is_open;
    }
}

static void narrow_max(struct correlation_bounds *bounds, int64_t number, bool is_open)
{
    if (number < bounds->max || (number == bounds->max && is_open)) {
        bounds->max = number;
        bounds->max_is_open = is_open;
    }
}

/* False: no operator. Where all that is compared is whole, `gt: n` is `gte: n + 1`; a mean is not.
 */
static bool bounds_narrow(struct correlation_bounds *bounds, enum correlation_type type,
                          const struct node *key, int64_t number)
{
    const bool is_open = type == CORRELATION_VALUE_AVG;
    const int64_t step = is_open ? 0 : 1;
    if (node_is_word(key, "gt"))
        narrow_min(bounds, number + step, is_open);
    else if (node_is_word(key, "gte"))
        narrow_min(bounds, number, false);
    else if (node_is_word(key, "lt"))
        narrow_max(bounds, number - step, is_open);
    else if (node_is_word(key, "lte"))
        narrow_max(bounds, number, false);
    else if (node_is_word(key, "eq")) {
        narrow_min(bounds, number, false);
        narrow_max(bounds, number, false);
    } else if (node_is_word(key, "neq")) {
        bounds->has_neq = true;
        bounds->neq = number;
    } else {
        return false;
    }
    return true;
}

static bool number_read(const struct diagnosis *diagnosis, enum correlation_type type,
                        const struct node *value, int64_t *number)
{
    if (correlation_has_numbers(type)) {
        if (value->kind == NODE_SCALAR && !value->quoted &&
            millionths_from_text(value->text, number))
            return true;
        diagnosis_add(diagnosis, RULE_CORRELATION_CONDITION, value,
                      "`%s` is no number such as 10 or 2.5", shown_node(value).text);
        return false;
    }
    if (node_to_integer(value, number) && *number >= 0 && *number <= COUNT_MAX)
        return true;
    diagnosis_add(diagnosis, RULE_CORRELATION_CONDITION, value,
                  "`%s` is no whole number between 0 and %d", shown_node(value).text, COUNT_MAX);
    return false;
}

bool correlation_operator_read(struct correlation_bounds *bounds, const struct diagnosis *diagnosis,
                               enum correlation_type type, const struct node *key,
                               const struct node *value)
{
    static const char *const known[] = {"gt",  "gte",   "lt",         "lte", "eq",
                                        "neq", "field", "percentile", NULL};
    struct correlation_bounds unused = *bounds;
    if (!bounds_narrow(&unused, type, key, 0)) {
        diagnosis_unknown(diagnosis, RULE_CONDITION_OPERATOR, key, 0, "operator", key->text, known);
        return false;
    }
    int64_t number = 0;
    return number_read(diagnosis, type, value, &number) && bounds_narrow(bounds, type, key, number);
}

static bool percentile_read(struct correlation_draft *draft, const struct diagnosis *diagnosis,
                            const struct node *key, const struct node *value)
{
    int64_t number = 0;
    if (draft->type != CORRELATION_VALUE_PERCENTILE) {
        diagnosis_add(diagnosis, RULE_COUNTED_FIELD, key,
                      "`percentile` means something for `value_percentile` only");
        return false;
    }
    if (!node_to_integer(value, &number) || number < 0 || number > 100) {
        diagnosis_add(diagnosis, RULE_CORRELATION_CONDITION, value,
                      "`%s` is no whole number between 0 and 100", shown_node(value).text);
        return false;
    }
    draft->percentile = (unsigned)number;
    return true;
}

void correlation_single_check(const struct diagnosis *diagnosis, const struct node *condition,
                              int64_t min, int64_t max)
{
    if (min <= 1 && max == 1)
        diagnosis_add(diagnosis, RULE_RANGE_AT_ONCE, condition,
                      "every key with a single event satisfies this condition, and of most keys "
                      "there is just one; say with another rule what is suspicious about it");
}

static bool bounds_check(const struct correlation_draft *draft, const struct diagnosis *diagnosis,
                         const struct node *condition)
{
    const struct correlation_bounds *const bounds = &draft->bounds;
    if (!draft->has_bounds) {
        diagnosis_add(diagnosis, RULE_CORRELATION_CONDITION, condition,
                      "the condition compares with nothing; write for instance `gte: 10`");
        return false;
    }
    /* A window begins with an event, so no count is 0. */
    const bool is_count = !correlation_has_numbers(draft->type);
    const bool is_point = bounds->min == bounds->max;
    if (bounds->min > bounds->max || (is_count && bounds->max < 1) ||
        (is_point && (bounds->min_is_open || bounds->max_is_open)) ||
        (is_point && bounds->has_neq && bounds->neq == bounds->min)) {
        diagnosis_add(diagnosis, RULE_RANGE_EMPTY, condition,
                      is_count ? "no count can satisfy this condition; windows without an event "
                                 "are not judged"
                               : "no number can satisfy this condition");
        return false;
    }
    if (is_count && !is_temporal(draft->type) && bounds->min <= 1 && bounds->max == INT64_MAX &&
        !bounds->has_neq)
        diagnosis_add(
            diagnosis, RULE_RANGE_AT_ONCE, condition,
            "the first event of each key satisfies this condition, so nothing is counted; "
            "a rule that no correlation names tells of each of its matches");
    if (is_count && !is_temporal(draft->type))
        correlation_single_check(diagnosis, condition, bounds->min, bounds->max);
    return true;
}

/* ---- condition ------------------------------------------------------------------------------ */

static bool counted_check(struct correlation_draft *draft, const struct diagnosis *diagnosis,
                          const struct node *condition)
{
    draft->counted = node_get(condition, "field");
    if (correlation_has_values(draft->type) && draft->counted == NULL) {
        diagnosis_add(diagnosis, RULE_COUNTED_FIELD, condition,
                      "`%s` needs the `field` whose values it is about", type_names[draft->type]);
        return false;
    }
    if (!correlation_has_values(draft->type) && draft->counted != NULL) {
        diagnosis_add(diagnosis, RULE_COUNTED_FIELD, draft->counted,
                      "`%s` takes no `field`; is `value_count` meant?", type_names[draft->type]);
        return false;
    }
    if (correlation_has_numbers(draft->type) && draft->counted->kind == NODE_SEQUENCE) {
        diagnosis_add(diagnosis, RULE_COUNTED_FIELD, draft->counted,
                      "the numbers are those of one field");
        return false;
    }
    return names_check(diagnosis, RULE_COUNTED_FIELD, draft->counted, "field");
}

static bool operators_read(struct correlation_draft *draft, const struct diagnosis *diagnosis,
                           const struct node *condition)
{
    bool is_good = true;
    for (size_t i = 0; i < condition->count; i++) {
        const struct node *const key = node_key(condition, i);
        const struct node *const value = node_value(condition, i);
        if (node_is_word(key, "field"))
            continue;
        if (node_is_word(key, "percentile")) {
            is_good &= percentile_read(draft, diagnosis, key, value);
            continue;
        }
        draft->has_bounds = true;
        is_good &= correlation_operator_read(&draft->bounds, diagnosis, draft->type, key, value);
    }
    return is_good;
}

static bool condition_map_read(struct correlation_draft *draft, const struct diagnosis *diagnosis,
                               const struct node *condition)
{
    const bool has_fields = counted_check(draft, diagnosis, condition);
    return operators_read(draft, diagnosis, condition) &&
           bounds_check(draft, diagnosis, condition) && has_fields;
}

static bool condition_read_any(struct correlation_draft *draft, const struct diagnosis *diagnosis)
{
    const struct node *const condition = node_get(draft->block, "condition");
    if (condition == NULL && is_temporal(draft->type))
        return true; /* all rules */
    if (condition == NULL) {
        diagnosis_add(diagnosis, RULE_CORRELATION_CONDITION, draft->block,
                      "the correlation has no `condition`");
        return false;
    }
    if (condition->kind == NODE_MAPPING)
        return condition_map_read(draft, diagnosis, condition);
    const bool is_text = condition->kind == NODE_SCALAR && !node_is_null(condition);
    if (is_text && is_temporal(draft->type)) {
        draft->expression = condition;
        return true;
    }
    diagnosis_add(diagnosis, is_text ? RULE_CORRELATION_UNSUPPORTED : RULE_CORRELATION_CONDITION,
                  condition,
                  is_text ? "a condition that is text goes with `temporal`; write a mapping such "
                            "as {gte: 10}"
                          : "the condition is a mapping such as {gte: 10}");
    return false;
}

bool correlation_read(struct correlation_draft *draft, const struct diagnosis *diagnosis,
                      const struct node *block)
{
    *draft = (struct correlation_draft){
        .block = block,
        .bounds = {.min = INT64_MIN, .max = INT64_MAX},
        .percentile = PERCENTILE_DEFAULT,
    };
    bool is_good = correlation_keys_check(diagnosis, block);
    const bool knows_type = correlation_type_read(&draft->type, diagnosis, block);
    is_good &= lists_read(draft, diagnosis);
    is_good &= correlation_timespan_read(&draft->span_ns, diagnosis, block);
    is_good &= generate_read(draft, diagnosis);
    if (knows_type)
        return condition_read_any(draft, diagnosis) && is_good;
    /* What is wrong whatever the type, all the same. */
    const struct node *const condition = node_get(block, "condition");
    if (condition != NULL && condition->kind == NODE_MAPPING)
        (void)operators_read(draft, diagnosis, condition);
    return false;
}
