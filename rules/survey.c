#include "rules/survey.h"

#include "rules/compiled.h"

struct surveyed_field survey_field(const struct ruleset *ruleset, unsigned field)
{
    const struct field_table *const table = &ruleset->fields_of_rules;
    struct surveyed_field surveyed = {.name = field_table_name(table, field), .event = FIELD_COUNT};
    if (field < FIELD_COUNT) {
        surveyed.event = (enum event_field)field;
    } else if (field >= RULE_FIELD_RAW) {
        const struct raw_field *const raw = &table->fields[field - RULE_FIELD_RAW];
        surveyed.names = raw->names;
        surveyed.names_count = raw->names_count;
    }
    return surveyed;
}

enum { WORDS = RULE_FIELDS_MAX / 64 };

static void mark(const struct ruleset *ruleset, const struct expression *expression,
                 uint64_t marked[WORDS])
{
    for (size_t i = 0; i < expression->children_count; i++)
        mark(ruleset, expression->children[i], marked);
    if (expression->kind != EXPRESSION_PREDICATE ||
        (expression->item != NULL && expression->item->is_logsource))
        return;
    if (expression->field != RULE_FIELD_PAIRS) {
        bits_set(marked, expression->field);
        return;
    }
    const struct pair *const pair = &ruleset->pairs.items[expression->bit];
    bits_set(marked, pair->left);
    bits_set(marked, pair->right);
}

static size_t list_marked(const uint64_t marked[WORDS], unsigned fields[RULE_FIELDS_MAX])
{
    size_t count = 0;
    for (unsigned field = 0; field < RULE_FIELDS_MAX; field++) {
        if ((marked[field / 64] >> (field % 64) & 1) != 0)
            fields[count++] = field;
    }
    return count;
}

size_t survey_fields(const struct ruleset *ruleset, const struct expression *expression,
                     unsigned fields[RULE_FIELDS_MAX])
{
    uint64_t marked[WORDS] = {0};
    mark(ruleset, expression, marked);
    return list_marked(marked, fields);
}

size_t survey_draws(const struct ruleset *ruleset, const struct correlation *correlation,
                    unsigned fields[RULE_FIELDS_MAX])
{
    uint64_t marked[WORDS] = {0};
    for (unsigned i = 0; i < correlation->sources_count; i++) {
        const struct correlation_source *const source = &correlation->sources[i];
        for (unsigned j = 0; !source->is_correlation && j < correlation->parts_count; j++)
            bits_set(marked, ruleset->draws[source->parts[j]].field);
        for (unsigned j = 0; !source->is_correlation && j < correlation->counted_count; j++)
            bits_set(marked, ruleset->draws[source->counted[j]].field);
    }
    return list_marked(marked, fields);
}

bool survey_counts(const struct ruleset *ruleset, const struct detector *detector,
                   size_t rule_index)
{
    const uint8_t bit = ruleset->rules[rule_index].detector_bit;
    return bit != RULE_NO_BIT && (detector->rules >> bit & 1) != 0;
}
