/*
 * Log sources: which datasets a rule's `logsource` means, and other names of its fields.
 *
 * Read once from rules/logsources.yml, which is part of the program; used by one thread, while
 * rules are compiled.
 */
#pragma once

#include "rules/diagnosis.h"

enum { LOGSOURCE_ALIASES_MAX = 6, LOGSOURCE_DATASETS_MAX = 64 };

struct logsources {
    struct document_file *file;
    const struct node *entries; /* a list of mappings */
};

/* What a rule says: NULL for what it does not. */
struct rule_logsource {
    const struct node *product, *service, *category;
};

STATUS_CHECKED enum status logsources_read(struct logsources *logsources,
                                           struct diagnostics *diagnostics);
void logsources_deinit(struct logsources *logsources);

/* From the `logsource` of a document; NULL: any. */
struct rule_logsource rule_logsource_of(const struct node *node);

/* True when `narrow` asks for all that `wide` does: what is of the one is of the other. */
bool rule_logsource_covers(const struct rule_logsource *wide, const struct rule_logsource *narrow);

/* The datasets that it means, as Sigma values with `*`. `*is_any`: all of them; then there is no
 * list. */
size_t logsources_datasets(const struct logsources *logsources, const struct rule_logsource *rule,
                           struct slice datasets[LOGSOURCE_DATASETS_MAX], bool *is_any);

/* Further names of a field, and in `*scope` which entry they are from (NULL: none). */
size_t logsources_aliases(const struct logsources *logsources, const struct rule_logsource *rule,
                          struct slice name, const void **scope,
                          struct slice aliases[LOGSOURCE_ALIASES_MAX]);
