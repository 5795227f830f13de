/*
 * Correlations as they are written: the `correlation` block of a document without a `spraywatch`
 * block. What the names in it stand for is found by rules/link.c, which knows all documents.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/diagnosis.h"
#include "rules/ruleset.h"

/* Points into the document. Nodes are NULL when absent. */
struct correlation_draft {
    enum correlation_type type;
    int64_t span_ns;
    struct correlation_bounds bounds;
    bool has_bounds;
    unsigned percentile;
    bool generates;
    const struct node *block;      /* all of it */
    const struct node *rules;      /* one name or a list; NULL: the expression names them */
    const struct node *group_by;   /* one name or a list; NULL: one group of all */
    const struct node *aliases;    /* a mapping of mappings */
    const struct node *counted;    /* one name or a list */
    const struct node *expression; /* a condition that is text */
};

/* Every mistake is told; false when there was one. */
bool correlation_read(struct correlation_draft *draft, const struct diagnosis *diagnosis,
                      const struct node *block);

/* What detectors read in the same way; each tells its mistakes and is false after one. The block is
 * all of `correlation`. */
bool correlation_keys_check(const struct diagnosis *diagnosis, const struct node *block);
bool correlation_type_read(enum correlation_type *type, const struct diagnosis *diagnosis,
                           const struct node *block);
bool correlation_timespan_read(int64_t *span_ns, const struct diagnosis *diagnosis,
                               const struct node *block);

/* Narrows the bounds of a type by one `operator: number`. */
bool correlation_operator_read(struct correlation_bounds *bounds, const struct diagnosis *diagnosis,
                               enum correlation_type type, const struct node *key,
                               const struct node *value);

/* Warns where a single event satisfies a condition about a count of `min` to `max`. */
void correlation_single_check(const struct diagnosis *diagnosis, const struct node *condition,
                              int64_t min, int64_t max);

/* True for types that read `field`, and for those that read it as a number. */
bool correlation_has_values(enum correlation_type type);
bool correlation_has_numbers(enum correlation_type type);

/* Whether it is known what the condition was about when it became true. A percentile is compared
 * and never computed, and of several ways through an order it does not matter which it was. */
bool correlation_tells_number(const struct correlation *correlation);

/* By nearest rank: which of `count` numbers in their order the percentile is, counted from 1. */
int64_t correlation_rank(const struct correlation *correlation, int64_t count);

/* `event_count` and so on. */
const char *correlation_type_name(enum correlation_type type);
