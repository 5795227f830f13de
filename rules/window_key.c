#include "rules/window_key.h"

#include "rules/item.h"

enum { SPAN_DAYS_MAX = 366, SPAN_DIGITS_MAX = 9 };

static const int64_t second_ns = INT64_C(1000000000);
static const int64_t day_ns = INT64_C(86400) * 1000000000;

/* An attempt carries these; the others stay behind in the record (`engine/spine.h`). */
static bool is_carried(enum event_field field)
{
    switch (field) {
    case FIELD_SOURCE:
    case FIELD_SOURCE_24:
    case FIELD_SOURCE_64:
    case FIELD_SOURCE_48:
    case FIELD_ASN:
    case FIELD_COUNTRY:
    case FIELD_INTERACTIVE:
    case FIELD_DATASET:
    case FIELD_OUTCOME_ECS:
    case FIELD_OUTCOME:
    case FIELD_VERDICT:
    case FIELD_CODE:
        return true;
    default:
        return field_text(field) < TEXT_COUNTED;
    }
}

enum event_field window_key_field(const struct diagnosis *diagnosis, const struct node *node)
{
    if (node->kind != NODE_SCALAR) {
        diagnosis_add(diagnosis, RULE_KEY_FIELD, node, "the name of a field stands here, not %s",
                      shown_node(node).text);
        return FIELD_COUNT;
    }
    const enum event_field field = field_by_name(node->text);
    if (field == FIELD_COUNT) {
        const char *known[FIELD_COUNT + 1];
        item_field_names(known);
        if (nearest_word(node->text, known) == NULL)
            diagnosis_add(diagnosis, RULE_KEY_FIELD, node,
                          "`%s` is a field of records alone: rules can match it, but windows are "
                          "kept by and count only fields that every sign-in has, such as "
                          "source.ip or user.name",
                          shown_node(node).text);
        else
            diagnosis_unknown(diagnosis, RULE_KEY_FIELD, node, 0, "field", node->text, known);
        return FIELD_COUNT;
    }
    if (is_carried(field))
        return field;
    diagnosis_add(diagnosis, RULE_KEY_FIELD, node,
                  "`%s` can be matched by rules but not be grouped by or counted",
                  field_name(field));
    return FIELD_COUNT;
}

static bool window_key_add(struct detector_key *key, const struct diagnosis *diagnosis,
                           const struct node *node)
{
    const enum event_field field = window_key_field(diagnosis, node);
    if (field == FIELD_COUNT)
        return false;
    if (window_key_has(key, field)) {
        diagnosis_add(diagnosis, RULE_KEY_FIELD, node, "`%s` stands twice in one key",
                      field_name(field));
        return false;
    }
    if (key->fields_count == DETECTOR_KEY_FIELDS_MAX) {
        diagnosis_add(diagnosis, RULE_TOO_MANY_PARTS, node, "a key has at most %d fields",
                      DETECTOR_KEY_FIELDS_MAX);
        return false;
    }
    key->fields[key->fields_count++] = field;
    return true;
}

bool window_key_read(struct detector_key *key, const struct diagnosis *diagnosis,
                     const struct node *node)
{
    *key = (struct detector_key){0};
    if (node->kind != NODE_SEQUENCE)
        return window_key_add(key, diagnosis, node);
    bool is_good = true;
    for (size_t i = 0; i < node->count; i++)
        is_good &= window_key_add(key, diagnosis, node->items[i]);
    return is_good;
}

bool window_key_has(const struct detector_key *key, enum event_field field)
{
    for (unsigned i = 0; i < key->fields_count; i++) {
        if (key->fields[i] == field)
            return true;
    }
    return false;
}

bool window_key_equals(const struct detector_key *a, const struct detector_key *b)
{
    for (unsigned i = 0; i < a->fields_count; i++) {
        if (!window_key_has(b, a->fields[i]))
            return false;
    }
    return a->fields_count == b->fields_count;
}

bool window_key_fixes(const struct detector_key *key, enum event_field field)
{
    /* A value on the left decides the value on the right. */
    static const struct {
        enum event_field finer, coarser;
    } decided[] = {
        {FIELD_SOURCE, FIELD_SOURCE_24},    {FIELD_SOURCE, FIELD_SOURCE_64},
        {FIELD_SOURCE, FIELD_SOURCE_48},    {FIELD_SOURCE_64, FIELD_SOURCE_48},
        {FIELD_OUTCOME, FIELD_OUTCOME_ECS},
    };
    if (window_key_has(key, field))
        return true;
    for (size_t i = 0; i < sizeof(decided) / sizeof(decided[0]); i++) {
        if (decided[i].coarser == field && window_key_has(key, decided[i].finer))
            return true;
    }
    return false;
}

static int64_t unit_ns(char unit)
{
    switch (unit) {
    case 's':
        return second_ns;
    case 'm':
        return 60 * second_ns;
    case 'h':
        return 3600 * second_ns;
    case 'd':
        return day_ns;
    case 'w':
        return 7 * day_ns;
    case 'M':
        return 2629746 * second_ns; /* a twelfth of a year, as pySigma has it */
    case 'y':
        return 31556952 * second_ns; /* 365.2425 days */
    default:
        return 0;
    }
}

bool window_span_read(int64_t *span_ns, const struct diagnosis *diagnosis, enum rule_code code,
                      const struct node *node)
{
    const struct slice text = node->kind == NODE_SCALAR ? node->text : (struct slice){0};
    int64_t number = 0;
    size_t digits = 0;
    while (digits < text.bytes && (unsigned char)(text.start[digits] - '0') < 10 &&
           digits <= SPAN_DIGITS_MAX)
        number = 10 * number + (text.start[digits++] - '0');
    const int64_t unit = digits + 1 == text.bytes ? unit_ns(text.start[digits]) : 0;
    if (digits == 0 || digits > SPAN_DIGITS_MAX || unit == 0) {
        diagnosis_add(diagnosis, code, node,
                      "`%s` is no time span: a whole number and one of s, m, h, d, w, M, y, "
                      "for instance 10m",
                      shown_node(node).text);
        return false;
    }
    if (number == 0 || number > SPAN_DAYS_MAX * day_ns / unit) {
        diagnosis_add(diagnosis, code, node, "a time span lies between 1s and %dd", SPAN_DAYS_MAX);
        return false;
    }
    *span_ns = number * unit;
    return true;
}
