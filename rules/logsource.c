#include "rules/logsource.h"

#include <string.h>

#include "engine/base/embedded.h"

extern const struct embedded_file embedded_logsources[];

enum status logsources_read(struct logsources *logsources, struct diagnostics *diagnostics)
{
    const struct embedded_file *const embedded = &embedded_logsources[0];
    *logsources = (struct logsources){0};
    const enum status status =
        document_parse(&logsources->file, "builtin:logsources.yml",
                       slice_of(embedded->text, embedded->bytes), diagnostics);
    if (status != STATUS_OK)
        return status;
    logsources->entries = node_get(document_root(logsources->file, 0), "logsources");
    return logsources->entries != NULL && logsources->entries->kind == NODE_SEQUENCE
               ? STATUS_OK
               : STATUS_INTERNAL;
}

void logsources_deinit(struct logsources *logsources)
{
    if (logsources->file != NULL)
        document_destroy(logsources->file);
    *logsources = (struct logsources){0};
}

static const struct node *value_of(const struct node *node, const char *key)
{
    const struct node *const value = node_get(node, key);
    return value != NULL && value->kind == NODE_SCALAR && !node_is_null(value) ? value : NULL;
}

struct rule_logsource rule_logsource_of(const struct node *node)
{
    if (node == NULL || node->kind != NODE_MAPPING)
        return (struct rule_logsource){0};
    return (struct rule_logsource){.product = value_of(node, "product"),
                                   .service = value_of(node, "service"),
                                   .category = value_of(node, "category")};
}

static bool asks_for(const struct node *wanted, const struct node *given)
{
    return wanted == NULL || (given != NULL && slice_equals_folded(wanted->text, given->text));
}

bool rule_logsource_covers(const struct rule_logsource *wide, const struct rule_logsource *narrow)
{
    return asks_for(wide->product, narrow->product) && asks_for(wide->service, narrow->service) &&
           asks_for(wide->category, narrow->category);
}

static bool is_empty(const struct rule_logsource *rule)
{
    return rule->product == NULL && rule->service == NULL && rule->category == NULL;
}

size_t logsources_datasets(const struct logsources *logsources, const struct rule_logsource *rule,
                           struct slice datasets[LOGSOURCE_DATASETS_MAX], bool *is_any)
{
    size_t count = 0;
    *is_any = is_empty(rule);
    for (size_t i = 0; i < logsources->entries->count && !*is_any; i++) {
        const struct node *const entry = logsources->entries->items[i];
        const struct rule_logsource given = rule_logsource_of(entry);
        if (!rule_logsource_covers(rule, &given))
            continue;
        const struct node *const list = node_get(entry, "datasets");
        for (size_t j = 0; j < list->count && count < LOGSOURCE_DATASETS_MAX; j++) {
            datasets[count++] = list->items[j]->text;
            *is_any = *is_any || slice_equals(list->items[j]->text, SLICE("*"));
        }
    }
    return *is_any ? 0 : count;
}

size_t logsources_aliases(const struct logsources *logsources, const struct rule_logsource *rule,
                          struct slice name, const void **scope,
                          struct slice aliases[LOGSOURCE_ALIASES_MAX])
{
    char key[256];
    *scope = NULL;
    if (is_empty(rule) || name.bytes >= sizeof(key) || memchr(name.start, 0, name.bytes) != NULL)
        return 0;
    memcpy(key, name.start, name.bytes);
    key[name.bytes] = '\0';
    for (size_t i = 0; i < logsources->entries->count; i++) {
        const struct node *const entry = logsources->entries->items[i];
        const struct rule_logsource given = rule_logsource_of(entry);
        const struct node *const list = node_get(node_get(entry, "aliases"), key);
        if (list == NULL || !rule_logsource_covers(rule, &given))
            continue;
        size_t count = 0;
        for (; count < list->count && count < LOGSOURCE_ALIASES_MAX; count++)
            aliases[count] = list->items[count]->text;
        *scope = entry;
        return count;
    }
    return 0;
}
