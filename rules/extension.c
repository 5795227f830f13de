#include "rules/extension.h"

#include <math.h>

#include "rules/window_key.h"

#define KIND_BIT(kind) (1u << DETECTOR_##kind)

static const char *const kind_names[] = {
    [DETECTOR_COUNT] = "count",
    [DETECTOR_SOURCE_FANOUT] = "source_fanout",
    [DETECTOR_DISTRIBUTED] = "distributed",
    [DETECTOR_CONFIRMED_PASSWORD] = "confirmed_password",
    [DETECTOR_SURGE] = "surge",
    [DETECTOR_LOW_AND_SLOW] = "low_and_slow",
    [DETECTOR_ENUMERATION] = "enumeration",
    [DETECTOR_LOCKOUT_STORM] = "lockout_storm",
    [DETECTOR_KNOWN_SOURCE] = "known_source",
    [DETECTOR_SHIFT] = "shift",
};
enum { KINDS_COUNT = sizeof(kind_names) / sizeof(kind_names[0]) };

const char *detector_kind_name(enum detector_kind kind)
{
    return kind_names[kind];
}

static const int64_t hour_ns = INT64_C(3600) * 1000000000;

/* What holds when a rule does not say otherwise; docs/rules.md quotes this table. */
static const struct detector_params defaults[KINDS_COUNT] = {
    [DETECTOR_SOURCE_FANOUT] =
        {
            .attempts_per_account_max = 8,
            .known_good_floor = 10,
            .known_good_sqrt = 3,
            .known_good_share = 0.05,
        },
    [DETECTOR_DISTRIBUTED] =
        {
            .attempts_per_account_max = 2,
            .sources_min = 5,
            .sources_per_account_min = 0.5,
            .success_share_max = 0.5,
            .ratio_min = 5,
            .history_min_ns = 48 * hour_ns,
        },
    [DETECTOR_CONFIRMED_PASSWORD] = {.memory_ns = 72 * hour_ns},
    [DETECTOR_SURGE] =
        {
            .ratio_min = 10,
            .ratio_elevated = 4,
            .z_min = 6,
            .accounts_min = 20,
            .history_min_ns = 168 * hour_ns,
        },
    [DETECTOR_LOW_AND_SLOW] =
        {
            .attempts_per_account_max = 2,
            .success_share_max = 0.1,
            .accounts_longer = 15,
            .accounts_known = 3,
        },
    [DETECTOR_ENUMERATION] = {.unknown_share_min = 0.5},
    [DETECTOR_LOCKOUT_STORM] = {.ratio_min = 5, .history_min_ns = 48 * hour_ns},
    [DETECTOR_KNOWN_SOURCE] = {.memory_ns = 90 * 24 * hour_ns},
    [DETECTOR_SHIFT] =
        {
            .cusum_rise = 3,
            .cusum_alarm = 12,
            .attempts_per_account_max = 2,
            .history_min_ns = 168 * hour_ns,
        },
};

enum parameter_type { PARAMETER_NUMBER, PARAMETER_COUNT, PARAMETER_SPAN };

/* The parameters: `key: { part: value }`, or `key: value` for those without a part. */
static const struct parameter {
    const char *key, *part;
    enum parameter_type type;
    unsigned kinds;
    size_t offset; /* in struct detector_params */
    double min, max;
} parameters[] = {
#define PARAMETER_AT(member) offsetof(struct detector_params, member)
    {"attempts-per-account", "lte", PARAMETER_NUMBER,
     KIND_BIT(SOURCE_FANOUT) | KIND_BIT(DISTRIBUTED) | KIND_BIT(LOW_AND_SLOW) | KIND_BIT(SHIFT),
     PARAMETER_AT(attempts_per_account_max), 1, 1e6},
    {"known-good", "floor", PARAMETER_NUMBER, KIND_BIT(SOURCE_FANOUT),
     PARAMETER_AT(known_good_floor), 0, 1e9},
    {"known-good", "sqrt", PARAMETER_NUMBER, KIND_BIT(SOURCE_FANOUT), PARAMETER_AT(known_good_sqrt),
     0, 1e6},
    {"known-good", "share", PARAMETER_NUMBER, KIND_BIT(SOURCE_FANOUT),
     PARAMETER_AT(known_good_share), 0, 1e6},
    {"success-share", "lte", PARAMETER_NUMBER, KIND_BIT(DISTRIBUTED) | KIND_BIT(LOW_AND_SLOW),
     PARAMETER_AT(success_share_max), 0, 1},
    {"sources", "gte", PARAMETER_COUNT, KIND_BIT(DISTRIBUTED), PARAMETER_AT(sources_min), 1, 1e9},
    {"sources-per-account", "gte", PARAMETER_NUMBER, KIND_BIT(DISTRIBUTED),
     PARAMETER_AT(sources_per_account_min), 0, 1e6},
    {"ratio", "gte", PARAMETER_NUMBER,
     KIND_BIT(DISTRIBUTED) | KIND_BIT(SURGE) | KIND_BIT(LOCKOUT_STORM), PARAMETER_AT(ratio_min), 1,
     1e9},
    {"ratio", "elevated", PARAMETER_NUMBER, KIND_BIT(SURGE), PARAMETER_AT(ratio_elevated), 1, 1e9},
    {"z", "gte", PARAMETER_NUMBER, KIND_BIT(SURGE), PARAMETER_AT(z_min), 0, 1e9},
    {"accounts", "gte", PARAMETER_COUNT, KIND_BIT(SURGE), PARAMETER_AT(accounts_min), 1, 1e9},
    {"accounts", "longer", PARAMETER_COUNT, KIND_BIT(LOW_AND_SLOW), PARAMETER_AT(accounts_longer),
     1, 1e9},
    {"accounts", "known", PARAMETER_COUNT, KIND_BIT(LOW_AND_SLOW), PARAMETER_AT(accounts_known), 1,
     1e9},
    {"unknown-share", "gte", PARAMETER_NUMBER, KIND_BIT(ENUMERATION),
     PARAMETER_AT(unknown_share_min), 0, 1},
    {"cusum", "rise", PARAMETER_NUMBER, KIND_BIT(SHIFT), PARAMETER_AT(cusum_rise), 1.01, 1e6},
    {"cusum", "alarm", PARAMETER_NUMBER, KIND_BIT(SHIFT), PARAMETER_AT(cusum_alarm), 0.01, 1e6},
    {"history", NULL, PARAMETER_SPAN,
     KIND_BIT(DISTRIBUTED) | KIND_BIT(SURGE) | KIND_BIT(LOCKOUT_STORM) | KIND_BIT(SHIFT),
     PARAMETER_AT(history_min_ns), 0, 0},
    {"memory", NULL, PARAMETER_SPAN, KIND_BIT(CONFIRMED_PASSWORD) | KIND_BIT(KNOWN_SOURCE),
     PARAMETER_AT(memory_ns), 0, 0},
#undef PARAMETER_AT
};
enum { PARAMETERS_COUNT = sizeof(parameters) / sizeof(parameters[0]) };

/* ---- kind --------------------------------------------------------------------------------- */

static bool kind_read(struct detector *detector, const struct diagnosis *diagnosis,
                      const struct node *extension)
{
    const struct node *const node = node_get(extension, "kind");
    if (node == NULL) {
        diagnosis_add(diagnosis, RULE_KIND, extension, "the `spraywatch` block has no `kind`");
        return false;
    }
    if (node->kind == NODE_SCALAR) {
        for (int i = 0; i < KINDS_COUNT; i++) {
            if (node_is_word(node, kind_names[i])) {
                detector->kind = (enum detector_kind)i;
                detector->params = defaults[i];
                return true;
            }
        }
    }
    const char *known[KINDS_COUNT + 1] = {NULL};
    for (int i = 0; i < KINDS_COUNT; i++)
        known[i] = kind_names[i];
    diagnosis_unknown(diagnosis, RULE_KIND, node, 0, "kind",
                      slice_from_string(shown_node(node).text), known);
    return false;
}

/* ---- parameters --------------------------------------------------------------------------- */

static void parameter_write(const struct parameter *parameter, struct detector_params *params,
                            double number)
{
    char *const target = (char *)params + parameter->offset;
    const int64_t count = (int64_t)number;
    if (parameter->type == PARAMETER_COUNT)
        memcpy(target, &count, sizeof(count));
    else
        memcpy(target, &number, sizeof(number));
}

static bool parameter_read_number(const struct parameter *parameter, struct detector_params *params,
                                  const struct diagnosis *diagnosis, const struct node *node)
{
    double number = 0;
    const bool is_count = parameter->type == PARAMETER_COUNT;
    if (!node_to_double(node, &number) || (is_count && number != floor(number))) {
        diagnosis_add(diagnosis, RULE_PARAMETER_VALUE, node, "`%s` is no %snumber",
                      shown_node(node).text, is_count ? "whole " : "");
        return false;
    }
    if (number < parameter->min || number > parameter->max) {
        diagnosis_add(diagnosis, RULE_PARAMETER_VALUE, node, "`%s: %s` lies between %g and %g",
                      parameter->key, parameter->part, parameter->min, parameter->max);
        return false;
    }
    parameter_write(parameter, params, number);
    return true;
}

/* One `part: value` of the mapping behind `key`. */
static bool part_read(struct detector *detector, const struct diagnosis *diagnosis, const char *key,
                      const struct node *part, const struct node *value)
{
    const char *known[PARAMETERS_COUNT + 1] = {NULL};
    size_t known_count = 0;
    for (size_t i = 0; i < PARAMETERS_COUNT; i++) {
        const struct parameter *const parameter = &parameters[i];
        if (strcmp(parameter->key, key) != 0 || (parameter->kinds & (1u << detector->kind)) == 0)
            continue;
        if (node_is_word(part, parameter->part))
            return parameter_read_number(parameter, &detector->params, diagnosis, value);
        known[known_count++] = parameter->part;
    }
    diagnosis_unknown(diagnosis, RULE_EXTENSION_KEY, part, 0, "part of this parameter", part->text,
                      known);
    return false;
}

static bool parameter_read(struct detector *detector, const struct diagnosis *diagnosis,
                           const struct parameter *parameter, const struct node *value)
{
    if (parameter->type == PARAMETER_SPAN) {
        int64_t span_ns = 0;
        if (!window_span_read(&span_ns, diagnosis, RULE_PARAMETER_VALUE, value))
            return false;
        memcpy((char *)&detector->params + parameter->offset, &span_ns, sizeof(span_ns));
        return true;
    }
    if (value->kind != NODE_MAPPING || value->count == 0) {
        diagnosis_add(diagnosis, RULE_PARAMETER_VALUE, value,
                      "write `%s: {%s: <number>}`, not `%s`", parameter->key, parameter->part,
                      shown_node(value).text);
        return false;
    }
    bool is_good = true;
    for (size_t i = 0; i < value->count; i++)
        is_good &= part_read(detector, diagnosis, parameter->key, node_key(value, i),
                             node_value(value, i));
    return is_good;
}

/* ---- further keys and spans ---------------------------------------------------------------- */

static bool key_append(struct detector *detector, const struct diagnosis *diagnosis,
                       const struct node *node, const struct detector_key *key)
{
    for (unsigned i = 0; i < detector->keys_count; i++) {
        if (window_key_equals(&detector->keys[i], key)) {
            diagnosis_add(diagnosis, RULE_ALSO_BY, node,
                          "this key stands in `group-by` or `also-by` already");
            return false;
        }
    }
    if (detector->keys_count == DETECTOR_KEYS_MAX) {
        diagnosis_add(diagnosis, RULE_TOO_MANY_PARTS, node, "a detector has at most %d keys",
                      DETECTOR_KEYS_MAX);
        return false;
    }
    detector->keys[detector->keys_count++] = *key;
    return true;
}

/* A list is a whole key. A field alone takes the place of the last field of `group-by`, so that
 * `group-by: [organization.id, source.ip]` and `also-by: [source.ip/24]` stay within one tenant. */
static bool also_by_read_one(struct detector *detector, const struct diagnosis *diagnosis,
                             const struct node *node)
{
    struct detector_key key;
    if (node->kind == NODE_SEQUENCE && node->count == 0) {
        diagnosis_add(diagnosis, RULE_ALSO_BY, node, "a key needs at least one field");
        return false;
    }
    if (!window_key_read(&key, diagnosis, node))
        return false;
    if (detector->keys_count == 0)
        return true; /* group-by was a mistake already; nothing to compare with */
    if (node->kind != NODE_SEQUENCE) {
        const enum event_field field = key.fields[0];
        key = detector->keys[0];
        key.fields[key.fields_count - 1] = field;
        struct detector_key others = key;
        others.fields_count--;
        if (window_key_has(&others, field)) {
            diagnosis_add(diagnosis, RULE_ALSO_BY, node,
                          "`%s` takes the place of the last field of `group-by`, where it would "
                          "stand twice",
                          field_name(field));
            return false;
        }
    }
    return key_append(detector, diagnosis, node, &key);
}

static bool also_by_read(struct detector *detector, const struct diagnosis *diagnosis,
                         const struct node *value)
{
    if (value->kind == NODE_SCALAR)
        return also_by_read_one(detector, diagnosis, value);
    if (value->kind == NODE_MAPPING || value->count == 0) {
        diagnosis_add(diagnosis, RULE_ALSO_BY, value,
                      "`also-by` is a list of fields, or of lists of fields");
        return false;
    }
    bool is_good = true;
    for (size_t i = 0; i < value->count; i++)
        is_good &= also_by_read_one(detector, diagnosis, value->items[i]);
    return is_good;
}

static bool also_timespan_read_one(struct detector *detector, const struct diagnosis *diagnosis,
                                   const struct node *node)
{
    int64_t span_ns = 0;
    if (!window_span_read(&span_ns, diagnosis, RULE_ALSO_TIMESPAN, node))
        return false;
    for (unsigned i = 0; i < detector->spans_count; i++) {
        if (detector->spans_ns[i] == span_ns) {
            diagnosis_add(diagnosis, RULE_ALSO_TIMESPAN, node,
                          "this span stands in `timespan` or `also-timespan` already");
            return false;
        }
    }
    if (detector->spans_count == DETECTOR_SPANS_MAX) {
        diagnosis_add(diagnosis, RULE_TOO_MANY_PARTS, node, "a detector has at most %d spans",
                      DETECTOR_SPANS_MAX);
        return false;
    }
    detector->spans_ns[detector->spans_count++] = span_ns;
    return true;
}

static bool also_timespan_read(struct detector *detector, const struct diagnosis *diagnosis,
                               const struct node *value)
{
    if (value->kind == NODE_SCALAR)
        return also_timespan_read_one(detector, diagnosis, value);
    if (value->kind == NODE_MAPPING || value->count == 0) {
        diagnosis_add(diagnosis, RULE_ALSO_TIMESPAN, value,
                      "`also-timespan` is a list such as [60m, 24h]");
        return false;
    }
    bool is_good = true;
    for (size_t i = 0; i < value->count; i++)
        is_good &= also_timespan_read_one(detector, diagnosis, value->items[i]);
    return is_good;
}

/* ---- the block ---------------------------------------------------------------------------- */

static void complain_of_key(const struct diagnosis *diagnosis, const struct node *key)
{
    const char *known[PARAMETERS_COUNT + 4] = {"kind", "also-by", "also-timespan"};
    for (size_t i = 0; i < PARAMETERS_COUNT; i++)
        known[3 + i] = parameters[i].key;
    diagnosis_unknown(diagnosis, RULE_EXTENSION_KEY, key, 0, "key of `spraywatch`", key->text,
                      known);
}

static bool entry_read(struct detector *detector, const struct diagnosis *diagnosis,
                       bool knows_kind, const struct node *key, const struct node *value)
{
    if (node_is_word(key, "kind"))
        return true;
    if (node_is_word(key, "also-by"))
        return also_by_read(detector, diagnosis, value);
    if (node_is_word(key, "also-timespan"))
        return also_timespan_read(detector, diagnosis, value);
    const struct parameter *of_other_kind = NULL;
    for (size_t i = 0; i < PARAMETERS_COUNT; i++) {
        if (!node_is_word(key, parameters[i].key))
            continue;
        if (knows_kind && (parameters[i].kinds & (1u << detector->kind)) != 0)
            return parameter_read(detector, diagnosis, &parameters[i], value);
        of_other_kind = &parameters[i];
    }
    if (of_other_kind == NULL)
        complain_of_key(diagnosis, key);
    else if (knows_kind)
        diagnosis_add(diagnosis, RULE_KEY_NOT_OF_KIND, key, "`%s` means nothing for the kind `%s`",
                      of_other_kind->key, kind_names[detector->kind]);
    return false;
}

bool extension_read(struct detector *detector, const struct diagnosis *diagnosis,
                    const struct node *extension)
{
    if (extension->kind != NODE_MAPPING) {
        diagnosis_add(diagnosis, RULE_EXTENSION_SHAPE, extension,
                      "`spraywatch` is a mapping that begins with `kind`");
        return false;
    }
    const bool knows_kind = kind_read(detector, diagnosis, extension);
    bool is_good = knows_kind;
    for (size_t i = 0; i < extension->count; i++)
        is_good &= entry_read(detector, diagnosis, knows_kind, node_key(extension, i),
                              node_value(extension, i));
    if (is_good && detector->kind == DETECTOR_SURGE &&
        detector->params.ratio_elevated > detector->params.ratio_min) {
        const struct node *const ratio = node_get(extension, "ratio");
        diagnosis_add(diagnosis, RULE_PARAMETER_VALUE, ratio != NULL ? ratio : extension,
                      "`ratio: elevated` is at most `ratio: gte`");
        return false;
    }
    return is_good;
}

/* ---- kind and correlation ------------------------------------------------------------------ */

static bool misfit(const struct diagnosis *diagnosis, const struct node *node,
                   enum detector_kind kind, const char *wants)
{
    diagnosis_add(diagnosis, RULE_KIND_MISFIT, node, "the kind `%s` needs %s", kind_names[kind],
                  wants);
    return false;
}

static bool key_has_source(const struct detector_key *key)
{
    return window_key_has(key, FIELD_SOURCE) || window_key_has(key, FIELD_SOURCE_24) ||
           window_key_has(key, FIELD_SOURCE_64) || window_key_has(key, FIELD_SOURCE_48);
}

bool extension_check(const struct detector *detector, const struct diagnosis *diagnosis,
                     const struct node *correlation)
{
    const enum detector_kind kind = detector->kind;
    if (kind == DETECTOR_COUNT)
        return true;
    const struct node *const type = node_get(correlation, "type");
    const struct node *const condition = node_get(correlation, "condition");
    const struct node *const group_by = node_get(correlation, "group-by");
    bool is_good = true;
    if (kind != DETECTOR_SURGE &&
        (detector->type != CORRELATION_VALUE_COUNT || detector->counted != FIELD_ACCOUNT))
        is_good = misfit(diagnosis, type, kind,
                         "`type: value_count` with `field: user.name`: it counts accounts");
    if (detector->condition.min < 1)
        is_good = misfit(diagnosis, condition, kind, "a lower bound (`gte` or `gt`) of 1 or more");
    for (unsigned i = 0; i < detector->keys_count; i++) {
        const struct detector_key *const key = &detector->keys[i];
        if (kind == DETECTOR_SOURCE_FANOUT && !key_has_source(key)) {
            is_good =
                misfit(diagnosis, group_by, kind, "`source.ip` or one of its networks in each key");
            break;
        }
        if (kind == DETECTOR_DISTRIBUTED && window_key_has(key, FIELD_SOURCE)) {
            is_good = misfit(diagnosis, group_by, kind,
                             "keys without `source.ip`: it counts the sources within a key");
            break;
        }
    }
    return is_good;
}

/* ---- for people --------------------------------------------------------------------------- */

/* The parameter number `index` of a kind; NULL: there are no more. */
static const struct parameter *parameter_of(enum detector_kind kind, size_t index)
{
    for (size_t at = 0; at < PARAMETERS_COUNT; at++) {
        if ((parameters[at].kinds & (1u << kind)) != 0 && index-- == 0)
            return &parameters[at];
    }
    return NULL;
}

bool extension_parameter(const struct detector *detector, size_t index,
                         struct extension_parameter *parameter)
{
    const struct parameter *const row = parameter_of(detector->kind, index);
    if (row == NULL)
        return false;
    const char *const from = (const char *)&detector->params + row->offset;
    int64_t count = 0;
    *parameter = (struct extension_parameter){
        .key = row->key,
        .part = row->part,
        .is_span = row->type == PARAMETER_SPAN,
        .is_whole = row->type == PARAMETER_COUNT,
        .min = row->min,
        .max = row->max,
    };
    if (row->type == PARAMETER_NUMBER) {
        memcpy(&parameter->number, from, sizeof(parameter->number));
        return true;
    }
    memcpy(&count, from, sizeof(count));
    parameter->number = (double)count;
    parameter->span_ns = count;
    return true;
}

void extension_parameter_set(struct detector *detector, size_t index, double number)
{
    parameter_write(parameter_of(detector->kind, index), &detector->params, number);
}
