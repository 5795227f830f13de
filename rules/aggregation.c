#include "rules/aggregation.h"

#include <stdio.h>

#include "rules/diagnosis.h"

/* `function(field) by group, … operator number`, as far as it could be read. */
struct aggregation {
    struct slice function, field, number;
    struct slice groups; /* between `by` and the operator; empty: none */
    const char *comparison;
};

static struct slice skip_blanks(struct slice text)
{
    while (text.bytes > 0 && (text.start[0] == ' ' || text.start[0] == '\t' ||
                              text.start[0] == '\n' || text.start[0] == '\r'))
        text = slice_from(text, 1);
    return text;
}

static bool is_name_byte(char byte)
{
    const unsigned char folded = slice_fold_byte((unsigned char)byte);
    return (folded >= 'a' && folded <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '-' || byte == '.';
}

/* Takes the word at the front of `*rest`; empty when there is none. */
static struct slice take_word(struct slice *rest)
{
    *rest = skip_blanks(*rest);
    size_t bytes = 0;
    while (bytes < rest->bytes && is_name_byte(rest->start[bytes]))
        bytes++;
    const struct slice word = slice_of(rest->start, bytes);
    *rest = skip_blanks(slice_from(*rest, bytes));
    return word;
}

static bool take_byte(struct slice *rest, char byte)
{
    if (rest->bytes == 0 || rest->start[0] != byte)
        return false;
    *rest = skip_blanks(slice_from(*rest, 1));
    return true;
}

/* The operator at the front of `*rest`, as correlations call it; NULL when there is none. */
static const char *take_comparison(struct slice *rest)
{
    static const struct {
        const char *written, *name;
    } comparisons[] = {{">=", "gte"}, {"<=", "lte"}, {"==", "eq"},
                       {">", "gt"},   {"<", "lt"},   {"=", "eq"}};
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
        const struct slice written = slice_from_string(comparisons[i].written);
        if (!slice_starts_with(*rest, written))
            continue;
        *rest = skip_blanks(slice_from(*rest, written.bytes));
        return comparisons[i].name;
    }
    return NULL;
}

/* False: it is something else. */
static bool aggregation_read(struct aggregation *aggregation, struct slice text)
{
    struct slice rest = text;
    *aggregation = (struct aggregation){.function = take_word(&rest)};
    if (!take_byte(&rest, '('))
        return false;
    aggregation->field = take_word(&rest);
    if (!take_byte(&rest, ')'))
        return false;
    struct slice behind = rest;
    if (slice_equals_folded(take_word(&behind), SLICE("by"))) {
        aggregation->groups = behind;
        do {
            if (take_word(&behind).bytes == 0)
                return false;
        } while (take_byte(&behind, ','));
        aggregation->groups.bytes = (size_t)(behind.start - aggregation->groups.start);
        rest = behind;
    }
    aggregation->groups = slice_trim(aggregation->groups);
    aggregation->comparison = take_comparison(&rest);
    aggregation->number = take_word(&rest);
    return aggregation->comparison != NULL && aggregation->number.bytes > 0 && rest.bytes == 0;
}

/* The type of correlation that does what a function did; NULL: none does. */
static const char *type_of(const struct aggregation *aggregation)
{
    if (slice_equals_folded(aggregation->function, SLICE("count")))
        return aggregation->field.bytes > 0 ? "value_count" : "event_count";
    if (slice_equals_folded(aggregation->function, SLICE("sum")))
        return "value_sum";
    return slice_equals_folded(aggregation->function, SLICE("avg")) ? "value_avg" : NULL;
}

static const char *timespan_of(const struct node *timeframe)
{
    return timeframe != NULL && timeframe->kind == NODE_SCALAR && timeframe->text.bytes > 0
               ? timeframe->text.start
               : "10m";
}

static void advise_near(const struct node *timeframe, char advice[AGGREGATION_TEXT_BYTES])
{
    snprintf(advice, AGGREGATION_TEXT_BYTES,
             "make a rule with a `name` of each search identifier, and write a document with "
             "`correlation: {type: temporal, rules: [NAME, NAME], timespan: %s}`",
             shown_slice(slice_from_string(timespan_of(timeframe))).text);
}

void aggregation_advice(struct slice text, const struct node *timeframe,
                        char advice[AGGREGATION_TEXT_BYTES])
{
    struct aggregation aggregation;
    struct slice rest = text;
    if (slice_equals_folded(take_word(&rest), SLICE("near"))) {
        advise_near(timeframe, advice);
        return;
    }
    if (!aggregation_read(&aggregation, text)) {
        snprintf(advice, AGGREGATION_TEXT_BYTES,
                 "give this rule a `name` and write a second document with `correlation: {type: "
                 "event_count or value_count, rules: [name], group-by: [...], timespan: 10m, "
                 "condition: {gte: 10}}`");
        return;
    }
    const char *const type = type_of(&aggregation);
    if (type == NULL) {
        snprintf(advice, AGGREGATION_TEXT_BYTES,
                 "no correlation does what `%s` did; count with `event_count` or `value_count`",
                 shown_slice(aggregation.function).text);
        return;
    }
    const bool has_groups = aggregation.groups.bytes > 0, has_field = aggregation.field.bytes > 0;
    snprintf(
        advice, AGGREGATION_TEXT_BYTES,
        "end the condition before the `|`, give this rule a `name` and write a second document "
        "with `correlation: {type: %s, rules: [NAME], %s%s%stimespan: %s, condition: "
        "{%s%s%s%s: %s}}`",
        type, has_groups ? "group-by: [" : "",
        has_groups ? shown_slice(aggregation.groups).text : "", has_groups ? "], " : "",
        shown_slice(slice_from_string(timespan_of(timeframe))).text, has_field ? "field: " : "",
        has_field ? shown_slice(aggregation.field).text : "", has_field ? ", " : "",
        aggregation.comparison, shown_slice(aggregation.number).text);
}
