#include "rules/detector.h"

#include "rules/correlation.h"
#include "rules/extension.h"
#include "rules/window_key.h"

/* ---- type --------------------------------------------------------------------------------- */

static bool type_read(struct detector *detector, const struct diagnosis *diagnosis,
                      const struct node *correlation)
{
    if (!correlation_type_read(&detector->type, diagnosis, correlation))
        return false;
    if (detector->type == CORRELATION_EVENT_COUNT || detector->type == CORRELATION_VALUE_COUNT)
        return true;
    diagnosis_add(diagnosis, RULE_CORRELATION_TYPE_UNSUPPORTED, node_get(correlation, "type"),
                  "a detector is of type event_count or value_count; without the `spraywatch` "
                  "block this may be of type `%s`",
                  correlation_type_name(detector->type));
    return false;
}

/* ---- group-by and timespan ------------------------------------------------------------------ */

static bool group_by_read(struct detector *detector, const struct diagnosis *diagnosis,
                          const struct node *correlation)
{
    const struct node *const node = node_get(correlation, "group-by");
    if (node == NULL && node_get(correlation, "group_by") != NULL)
        return false; /* told of as an unknown key */
    if (node == NULL || node_is_null(node) || node->kind == NODE_MAPPING ||
        (node->kind == NODE_SEQUENCE && node->count == 0)) {
        diagnosis_add(diagnosis, RULE_GROUP_BY, node != NULL ? node : correlation,
                      "`group-by` needs at least one field");
        return false;
    }
    if (!window_key_read(&detector->keys[0], diagnosis, node))
        return false;
    detector->keys_count = 1;
    return true;
}

static bool timespan_read(struct detector *detector, const struct diagnosis *diagnosis,
                          const struct node *correlation)
{
    if (!correlation_timespan_read(&detector->spans_ns[0], diagnosis, correlation))
        return false;
    detector->spans_count = 1;
    return true;
}

/* ---- condition ------------------------------------------------------------------------------ */

static bool operator_read(struct correlation_bounds *bounds, const struct diagnosis *diagnosis,
                          const struct node *key, const struct node *value)
{
    static const char *const unsupported[] = {"neq", "percentile", NULL};
    if (!node_is_among(key, unsupported))
        return correlation_operator_read(bounds, diagnosis, CORRELATION_EVENT_COUNT, key, value);
    diagnosis_add(diagnosis, RULE_CORRELATION_UNSUPPORTED, key,
                  "`%s` is not for the condition of a detector", shown_node(key).text);
    return false;
}

static bool counted_read(struct detector *detector, const struct diagnosis *diagnosis,
                         const struct node *node)
{
    if (node->kind == NODE_SEQUENCE) {
        diagnosis_add(diagnosis, RULE_CORRELATION_UNSUPPORTED, node,
                      "a detector counts the values of one field");
        return false;
    }
    detector->counted = window_key_field(diagnosis, node);
    return detector->counted != FIELD_COUNT;
}

static bool range_check(const struct detector *detector, const struct diagnosis *diagnosis,
                        const struct node *condition, size_t operators_count)
{
    const struct count_range range = detector->condition;
    if (operators_count == 0) {
        diagnosis_add(diagnosis, RULE_CORRELATION_CONDITION, condition,
                      "the condition compares with nothing; write for instance `gte: 10`");
        return false;
    }
    if (range.min > range.max || range.max < 0) {
        diagnosis_add(diagnosis, RULE_RANGE_EMPTY, condition,
                      "no count can satisfy this condition");
        return false;
    }
    if (range.min < 1)
        diagnosis_add(diagnosis, RULE_RANGE_WITHOUT_FLOOR, condition,
                      "nearly every window satisfies this condition while its count still rises; "
                      "add `gte` or `gt`");
    else
        correlation_single_check(diagnosis, condition, range.min, range.max);
    return true;
}

static bool condition_entries_read(struct detector *detector, const struct diagnosis *diagnosis,
                                   const struct node *condition)
{
    bool is_good = true;
    size_t operators_count = 0;
    struct correlation_bounds bounds = {.min = INT64_MIN, .max = INT64_MAX};
    for (size_t i = 0; i < condition->count; i++) {
        const struct node *const key = node_key(condition, i);
        const struct node *const value = node_value(condition, i);
        if (node_is_word(key, "field")) {
            is_good &= counted_read(detector, diagnosis, value);
        } else {
            operators_count++;
            is_good &= operator_read(&bounds, diagnosis, key, value);
        }
    }
    detector->condition = (struct count_range){.min = bounds.min, .max = bounds.max};
    return is_good && range_check(detector, diagnosis, condition, operators_count);
}

static bool condition_map_read(struct detector *detector, const struct diagnosis *diagnosis,
                               const struct node *correlation)
{
    const struct node *const condition = node_get(correlation, "condition");
    detector->condition = (struct count_range){.min = INT64_MIN, .max = INT64_MAX};
    detector->counted = FIELD_COUNT;
    if (condition == NULL) {
        diagnosis_add(diagnosis, RULE_CORRELATION_CONDITION, correlation,
                      "the correlation has no `condition`");
        return false;
    }
    if (condition->kind == NODE_MAPPING)
        return condition_entries_read(detector, diagnosis, condition);
    const bool is_text = condition->kind == NODE_SCALAR && !node_is_null(condition);
    diagnosis_add(diagnosis, is_text ? RULE_CORRELATION_UNSUPPORTED : RULE_CORRELATION_CONDITION,
                  condition,
                  is_text ? "the condition of a detector is a mapping such as {gte: 10}"
                          : "the condition is a mapping such as {gte: 10}");
    return false;
}

static bool counted_check(struct detector *detector, const struct diagnosis *diagnosis,
                          const struct node *correlation)
{
    const struct node *const condition = node_get(correlation, "condition");
    const struct node *const field = node_get(condition, "field");
    if (detector->type == CORRELATION_VALUE_COUNT && field == NULL) {
        diagnosis_add(diagnosis, RULE_COUNTED_FIELD, condition,
                      "`value_count` needs the `field` whose values count");
        return false;
    }
    if (detector->type == CORRELATION_EVENT_COUNT && field != NULL) {
        diagnosis_add(diagnosis, RULE_COUNTED_FIELD, field,
                      "`event_count` counts events and takes no `field`; is `value_count` meant?");
        return false;
    }
    return true;
}

static bool keys_check(const struct detector *detector, const struct diagnosis *diagnosis,
                       const struct node *correlation)
{
    if (detector->type != CORRELATION_VALUE_COUNT)
        return true;
    const struct node *const field = node_get(node_get(correlation, "condition"), "field");
    for (unsigned i = 0; i < detector->keys_count; i++) {
        if (!window_key_fixes(&detector->keys[i], detector->counted))
            continue;
        diagnosis_add(diagnosis, RULE_COUNTED_IN_KEY, field,
                      "`%s` is the same for all events of a key of `%s`, so its count is always 1",
                      field_name(detector->counted), i == 0 ? "group-by" : "also-by");
        return false;
    }
    return true;
}

/* ---- the block ------------------------------------------------------------------------------ */

static bool generate_check(const struct diagnosis *diagnosis, const struct node *value)
{
    bool generates = false;
    if (node_to_bool(value, &generates) && !generates)
        return true;
    diagnosis_add(diagnosis, RULE_CORRELATION_UNSUPPORTED, value,
                  "only `generate: false` is for detectors: their base rules do not report");
    return false;
}

/* What plain correlations may have and detectors may not. */
static bool plain_keys_check(const struct diagnosis *diagnosis, const struct node *correlation)
{
    const struct node *const generate = node_get(correlation, "generate");
    bool is_good = generate == NULL || generate_check(diagnosis, generate);
    for (size_t i = 0; i < correlation->count; i++) {
        if (!node_is_word(node_key(correlation, i), "aliases"))
            continue;
        diagnosis_add(diagnosis, RULE_CORRELATION_UNSUPPORTED, node_key(correlation, i),
                      "`aliases` are not for detectors");
        is_good = false;
    }
    return is_good;
}

bool detector_read(struct detector *detector, const struct diagnosis *diagnosis,
                   const struct node *correlation, const struct node *extension)
{
    bool is_good = correlation_keys_check(diagnosis, correlation);
    is_good &= plain_keys_check(diagnosis, correlation);
    const bool knows_type = type_read(detector, diagnosis, correlation);
    is_good &= group_by_read(detector, diagnosis, correlation);
    is_good &= timespan_read(detector, diagnosis, correlation);
    const bool knows_condition = condition_map_read(detector, diagnosis, correlation);
    is_good &= knows_type && knows_condition;
    const bool counts =
        knows_type && knows_condition && counted_check(detector, diagnosis, correlation);
    is_good &= counts;
    is_good &= extension_read(detector, diagnosis, extension);
    if (counts)
        is_good &= keys_check(detector, diagnosis, correlation);
    return is_good && extension_check(detector, diagnosis, correlation);
}
