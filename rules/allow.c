#include "rules/allow.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"
#include "parsers/address.h"
#include "parsers/timestamp.h"

enum {
    NAME_BYTES_MAX = 128,
    REASON_BYTES_MAX = 1024,
    DATE_BYTES = 10, /* 2024-02-01 */
    /* Networks with fewer bits are larger than what one owner has: IANA gives registries IPv4 by
     * /8, and registries give providers IPv6 by /32 (RFC 6177, RIPE-738). */
    WIDE_IPV4_BITS = 8,
    WIDE_IPV6_BITS = 32,
    IPV4_OFFSET_BITS = 96, /* of an IPv4 prefix within the 128 bits of `struct network` */
};

/* ---- keys --------------------------------------------------------------------------------- */

/* What may say who is allowed; everything else of an event is what happened. */
static const enum event_field who_fields[] = {
    FIELD_SOURCE,     FIELD_SOURCE_HOST, FIELD_ASN,    FIELD_ACCOUNT,
    FIELD_USER_AGENT, FIELD_CLIENT_ID,   FIELD_TENANT,
};
static const char *const other_keys[] = {"name", "reason", "from", "until"};

enum {
    WHO_FIELDS_COUNT = sizeof(who_fields) / sizeof(who_fields[0]),
    OTHER_KEYS_COUNT = sizeof(other_keys) / sizeof(other_keys[0]),
};

/* FIELD_COUNT: the key does not say who. */
static enum event_field who_field(struct slice key)
{
    for (size_t i = 0; i < WHO_FIELDS_COUNT; i++) {
        if (slice_equals(key, slice_from_string(field_name(who_fields[i]))))
            return who_fields[i];
    }
    return FIELD_COUNT;
}

static bool is_other_key(struct slice key)
{
    for (size_t i = 0; i < OTHER_KEYS_COUNT; i++) {
        if (slice_equals(key, slice_from_string(other_keys[i])))
            return true;
    }
    return false;
}

static void complain_of_key(const struct diagnosis *diagnosis, const struct node *key)
{
    const char *known[WHO_FIELDS_COUNT + OTHER_KEYS_COUNT + 1] = {NULL};
    for (size_t i = 0; i < WHO_FIELDS_COUNT; i++)
        known[i] = field_name(who_fields[i]);
    for (size_t i = 0; i < OTHER_KEYS_COUNT; i++)
        known[WHO_FIELDS_COUNT + i] = other_keys[i];
    const size_t bar = slice_find(key->text, '|');
    if (bar < key->text.bytes && who_field(slice_of(key->text.start, bar)) != FIELD_COUNT)
        diagnosis_add_at(diagnosis, RULE_ALLOW_KEY, key, bar,
                         "an allow entry takes no modifiers: networks and wildcards are written "
                         "as values");
    else if (field_by_name(key->text) != FIELD_COUNT)
        diagnosis_add(diagnosis, RULE_ALLOW_KEY, key,
                      "`%s` does not say who is allowed; fields that do are source.ip, "
                      "source.domain, source.as.number, user.name, user_agent.original, "
                      "spraywatch.client.id and organization.id",
                      shown_node(key).text);
    else
        diagnosis_unknown(diagnosis, RULE_ALLOW_KEY, key, 0, "key of an allow entry", key->text,
                          known);
}

/* ---- texts and times ---------------------------------------------------------------------- */

/* A text of an entry, copied; "" when it is absent. False after a mistake or without memory. */
static bool text_read(struct item_scope *scope, const struct node *entry, const char *key,
                      size_t bytes_max, const char **text)
{
    const struct node *const node = node_get(entry, key);
    *text = "";
    if (node == NULL)
        return true;
    if (node->kind != NODE_SCALAR || node_is_null(node) || node->text.bytes == 0 ||
        node->text.bytes > bytes_max) {
        diagnosis_add(scope->diagnosis, RULE_ALLOW_TEXT, node, "`%s` is text of at most %zu bytes",
                      key, bytes_max);
        item_scope_fail(scope, STATUS_CONFIG);
        return false;
    }
    *text = arena_copy(scope->arena, node->text);
    if (*text == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    return *text != NULL;
}

/* A date, `2024-02-01`, or a time, `2024-02-01T09:30:00Z`. */
static bool time_from_text(struct slice text, bool is_last, int64_t *time_ns)
{
    const bool is_date = text.bytes == DATE_BYTES;
    char buffer[CIVIL_TEXT_BYTES];
    if ((!is_date && (text.bytes <= DATE_BYTES || text.bytes >= sizeof(buffer) - 1 ||
                      text.start[DATE_BYTES] != 'T' || text.start[text.bytes - 1] != 'Z')) ||
        memchr(text.start, '/', text.bytes) != NULL)
        return false;
    const int bytes = snprintf(buffer, sizeof(buffer), "%.*s%s", (int)text.bytes, text.start,
                               is_date ? "T00:00:00Z" : "");
    if (timestamp_parse(slice_of(buffer, (size_t)bytes), time_ns) != TIMESTAMP_OK)
        return false;
    if (is_date && is_last)
        *time_ns = civil_plus(*time_ns, CIVIL_DAY_NS - 1); /* a day belongs to the time whole */
    return true;
}

static bool time_read(struct item_scope *scope, const struct node *node, bool is_last,
                      int64_t *time_ns)
{
    if (node->kind == NODE_SCALAR && time_from_text(node->text, is_last, time_ns))
        return true;
    diagnosis_add(scope->diagnosis, RULE_ALLOW_TIME, node,
                  is_last ? "`%s` is no date or time in UTC: write 2024-02-15, "
                            "2024-02-15T18:00:00Z or never"
                          : "`%s` is no date or time in UTC: write 2024-02-01 or "
                            "2024-02-01T09:00:00Z",
                  shown_node(node).text);
    item_scope_fail(scope, STATUS_CONFIG);
    return false;
}

static void times_read(struct item_scope *scope, const struct node *entry,
                       struct allowance *allowance)
{
    const struct node *const from = node_get(entry, "from");
    const struct node *const until = node_get(entry, "until");
    allowance->from_ns = INT64_MIN;
    allowance->until_ns = INT64_MAX;
    if (until == NULL) {
        diagnosis_add(scope->diagnosis, RULE_ALLOW_TIME, entry,
                      "the entry does not say `until` when: give a date, or `never`");
        item_scope_fail(scope, STATUS_CONFIG);
        return;
    }
    const bool has_from = from == NULL || time_read(scope, from, false, &allowance->from_ns);
    const bool has_until =
        node_is_word(until, "never") || time_read(scope, until, true, &allowance->until_ns);
    if (!has_from || !has_until || allowance->from_ns <= allowance->until_ns)
        return;
    diagnosis_add(scope->diagnosis, RULE_ALLOW_NEVER_BEGINS, from,
                  "the entry is never in force: it begins after it has ended");
    item_scope_fail(scope, STATUS_CONFIG);
}

/* ---- who ---------------------------------------------------------------------------------- */

static const struct expression *who_read(struct item_scope *scope, const struct node *entry)
{
    const struct expression **const parts = arena_take(scope->arena, entry->count, sizeof(*parts));
    if (parts == NULL) {
        item_scope_fail(scope, STATUS_NO_MEMORY);
        return NULL;
    }
    size_t count = 0;
    for (size_t i = 0; i < entry->count; i++) {
        const struct node *const key = node_key(entry, i);
        const enum event_field field = who_field(key->text);
        if (field != FIELD_COUNT) {
            parts[count++] = item_compile_plain(scope, field, key, node_value(entry, i));
        } else if (!is_other_key(key->text)) {
            complain_of_key(scope->diagnosis, key);
            item_scope_fail(scope, STATUS_CONFIG);
        }
    }
    if (count == 0 && scope->status == STATUS_OK) {
        diagnosis_add(scope->diagnosis, RULE_ALLOW_WHO, entry,
                      "the entry does not say who is allowed: give source.ip, user.name, "
                      "user_agent.original or another field that does");
        item_scope_fail(scope, STATUS_CONFIG);
    }
    if (scope->status != STATUS_OK)
        return NULL;
    const struct expression *const who =
        count == 1 ? parts[0] : expression_join(scope->arena, EXPRESSION_AND, parts, count);
    if (who == NULL)
        item_scope_fail(scope, STATUS_NO_MEMORY);
    return who;
}

/* ---- what is allowed widely, for long, or twice -------------------------------------------- */

static bool is_wide_network(struct slice text)
{
    struct network network;
    if (network_from_text(text, &network) != NULL)
        return false;
    return address_is_ipv4(&network.address) && network.prefix_bits >= IPV4_OFFSET_BITS
               ? network.prefix_bits < IPV4_OFFSET_BITS + WIDE_IPV4_BITS
               : network.prefix_bits < WIDE_IPV6_BITS;
}

/* Whether the value stands for several: a network or a pattern. */
static bool is_many(enum event_field field, struct slice text)
{
    const bool is_pattern =
        slice_find(text, '*') < text.bytes || slice_find(text, '?') < text.bytes;
    return field == FIELD_SOURCE ? slice_find(text, '/') < text.bytes : is_pattern;
}

static bool is_everything(enum event_field field, struct slice text)
{
    return field == FIELD_SOURCE ? is_wide_network(text) : slice_equals(text, SLICE("*"));
}

static bool value_has(enum event_field field, const struct node *value,
                      bool has(enum event_field field, struct slice text))
{
    for (size_t i = 0; i < node_items_count(value); i++) {
        if (has(field, node_item(value, i)->text))
            return true;
    }
    return false;
}

/* All fields of an entry must hold, so one that is narrow makes it so. */
static void extent_lint(const struct item_scope *scope, const struct node *entry,
                        const struct allowance *allowance)
{
    bool is_wide = true, has_many = true;
    const struct node *first = NULL;
    for (size_t i = 0; i < entry->count; i++) {
        const enum event_field field = who_field(node_key(entry, i)->text);
        const struct node *const value = node_value(entry, i);
        if (field == FIELD_COUNT)
            continue;
        first = first != NULL ? first : value;
        is_wide &= value_has(field, value, is_everything);
        has_many &= value_has(field, value, is_many);
    }
    if (is_wide)
        diagnosis_add(scope->diagnosis, RULE_ALLOW_WIDE, first,
                      "the entry covers nearly everybody, so next to nothing will be found while "
                      "it is in force");
    else if (has_many && allowance->until_ns == INT64_MAX)
        diagnosis_add(scope->diagnosis, RULE_ALLOW_UNBOUNDED, node_get(entry, "until"),
                      "the entry covers many and never ends; give a date, so that somebody looks "
                      "at it again");
}

/* Does the value `wider` hold for all that `narrower` does? */
static bool value_covers(enum event_field field, struct slice wider, struct slice narrower)
{
    struct network outer, inner;
    if (field == FIELD_SOURCE)
        return network_from_text(wider, &outer) == NULL &&
               network_from_text(narrower, &inner) == NULL &&
               outer.prefix_bits <= inner.prefix_bits && network_contains(&outer, &inner.address);
    return slice_equals_folded(wider, narrower) || slice_equals(wider, SLICE("*"));
}

static bool values_cover(enum event_field field, const struct node *wider,
                         const struct node *narrower)
{
    for (size_t i = 0; i < node_items_count(narrower); i++) {
        bool is_covered = false;
        for (size_t j = 0; j < node_items_count(wider) && !is_covered; j++)
            is_covered =
                value_covers(field, node_item(wider, j)->text, node_item(narrower, i)->text);
        if (!is_covered)
            return false;
    }
    return narrower != NULL;
}

static bool entry_covers(const struct node *wider, const struct node *narrower)
{
    for (size_t i = 0; i < wider->count; i++) {
        const enum event_field field = who_field(node_key(wider, i)->text);
        if (field != FIELD_COUNT &&
            !values_cover(field, node_value(wider, i),
                          node_get(narrower, node_key(wider, i)->text.start)))
            return false;
    }
    return true;
}

/* An attempt counts for the first entry that covers it, so one behind an entry that covers all of
 * it never counts any. */
static void idle_lint(const struct compilation *compilation, const struct item_scope *scope,
                      const struct node *entry, const struct allowance *allowance)
{
    const struct ruleset *const ruleset = compilation->ruleset;
    for (size_t i = 0; i < ruleset->allowances_count; i++) {
        const struct allowance *const earlier = &ruleset->allowances[i];
        if (earlier->from_ns > allowance->from_ns || earlier->until_ns < allowance->until_ns ||
            !entry_covers(compilation->allow_entries[i], entry))
            continue;
        diagnosis_add(scope->diagnosis, RULE_ALLOW_IDLE, entry,
                      "all that the entry covers is covered before it: %s, line %u", earlier->path,
                      earlier->line);
        return;
    }
}

static void name_check(const struct compilation *compilation, struct item_scope *scope,
                       const struct node *entry, const struct allowance *allowance)
{
    const struct ruleset *const ruleset = compilation->ruleset;
    for (size_t i = 0; allowance->name[0] != '\0' && i < ruleset->allowances_count; i++) {
        const struct allowance *const earlier = &ruleset->allowances[i];
        if (strcmp(earlier->name, allowance->name) != 0)
            continue;
        diagnosis_add(scope->diagnosis, RULE_ALLOW_NAME, node_get(entry, "name"),
                      "`%s` is the name of another entry already: %s, line %u",
                      shown_node(node_get(entry, "name")).text, earlier->path, earlier->line);
        item_scope_fail(scope, STATUS_CONFIG);
        return;
    }
}

/* ---- entries ------------------------------------------------------------------------------ */

static enum status entry_keep(struct compilation *compilation, const struct diagnosis *diagnosis,
                              const struct node *entry, const struct allowance *allowance)
{
    struct ruleset *const ruleset = compilation->ruleset;
    const size_t index = ruleset->allowances_count;
    if (index == ALLOWANCES_MAX) {
        diagnosis_add(diagnosis, RULE_TOO_MANY_RULES, entry,
                      "more than %d allow entries; one can list any number of addresses",
                      ALLOWANCES_MAX);
        return STATUS_CONFIG;
    }
    const enum status status =
        program_create(&ruleset->allowance_programs[index], allowance->expression);
    if (status != STATUS_OK)
        return status; /* one step for each field: never too many */
    ruleset->allowances[index] = *allowance;
    compilation->allow_entries[index] = entry;
    ruleset->allowances_count++;
    return STATUS_OK;
}

static enum status entry_take(struct compilation *compilation, const struct rule_document *document,
                              const struct node *entry)
{
    const struct diagnosis *const diagnosis = &document->diagnosis;
    if (entry->kind != NODE_MAPPING) {
        diagnosis_add(diagnosis, RULE_ALLOW_SHAPE, entry,
                      "an allow entry is a mapping of who is allowed, `reason` and `until`");
        return STATUS_CONFIG;
    }
    struct item_scope scope = compilation_scope(compilation, document);
    struct allowance allowance = {.line = entry->line};
    if (node_get(entry, "reason") == NULL) {
        diagnosis_add(diagnosis, RULE_ALLOW_TEXT, entry,
                      "the entry has no `reason`, which whoever reads it later needs");
        item_scope_fail(&scope, STATUS_CONFIG);
    }
    const bool has_name = text_read(&scope, entry, "name", NAME_BYTES_MAX, &allowance.name);
    (void)text_read(&scope, entry, "reason", REASON_BYTES_MAX, &allowance.reason);
    times_read(&scope, entry, &allowance);
    if (has_name)
        name_check(compilation, &scope, entry, &allowance);
    allowance.expression = who_read(&scope, entry);
    allowance.path = arena_copy(scope.arena, slice_from_string(diagnosis->path));
    if (allowance.path == NULL)
        item_scope_fail(&scope, STATUS_NO_MEMORY);
    if (scope.status != STATUS_OK)
        return scope.status;
    extent_lint(&scope, entry, &allowance);
    idle_lint(compilation, &scope, entry, &allowance);
    return entry_keep(compilation, diagnosis, entry, &allowance);
}

enum status allow_take(struct compilation *compilation, const struct rule_document *document)
{
    const struct node *const list = node_get(document->root, "allow");
    if (list->kind != NODE_SEQUENCE || list->count == 0) {
        diagnosis_add(&document->diagnosis, RULE_ALLOW_SHAPE, list,
                      "`allow` is a list of entries: who is allowed, `reason` and `until`");
        return STATUS_CONFIG;
    }
    enum status worst = STATUS_OK;
    for (size_t i = 0; i < list->count; i++) {
        const enum status status = entry_take(compilation, document, list->items[i]);
        if (status != STATUS_OK && worst != STATUS_NO_MEMORY)
            worst = status;
    }
    return worst;
}
