/*
 * The inside of one compilation: all documents on their way to a ruleset, for the files that take
 * part in it (rules/compile.c, rules/link.c). One thread.
 */
#pragma once

#include "rules/cache.h"
#include "rules/compiled.h"
#include "rules/header.h"
#include "rules/item.h"

enum rule_origin { ORIGIN_SHIPPED, ORIGIN_GIVEN };
enum rule_body {
    BODY_NONE,
    BODY_DETECTION,
    BODY_CORRELATION,
    BODY_DETECTOR,
    BODY_FILTER,
    BODY_ALLOW
};

/* One rule document on its way to becoming a base rule or a detector. */
struct rule_document {
    struct diagnosis diagnosis;
    const struct node *root;
    struct rule_header header;
    enum rule_origin origin;
    enum rule_body body;
    bool is_replaced;   /* by a given document with its id or name … */
    size_t replaced_by; /* … the first of which is this one */
    bool is_taken;      /* it has become what it says, or its mistakes have been told */
    bool is_referenced; /* by some detector */
    struct rule_logsource logsource;
    const struct expression *expression; /* of a detection: its condition, with filters */
    bool has_index;                      /* compiled: rule_index is set */
    size_t link_index;                   /* of a correlation, among those being linked */
    size_t rule_index;                   /* of a rule, or of a correlation that is no detector */
    const struct rule_head *head;        /* of a detector or filter, once compiled */
    const struct expression *filter;     /* of a filter, once compiled */
    size_t detector_index;               /* of a detector, once compiled */
};

/* Everything of one compilation. The steps are: parse all texts, read the headers, let given
 * documents replace shipped ones, compile detections, compile detectors and correlations with their
 * references, build the predicates. Each goes on after mistakes, so that all are told. */
struct compilation {
    struct ruleset *ruleset;
    struct diagnostics *diagnostics;
    struct document_file **files;
    size_t files_count;
    struct rule_document *documents;
    size_t documents_count, documents_capacity;
    const struct node *allow_entries[ALLOWANCES_MAX]; /* behind the ruleset's allowances */
    struct logsources logsources;
    struct placeholders placeholders;
    struct cache *cache; /* NULL: none */
    char environment[PATTERN_ENVIRONMENT_BYTES];
    bool is_incomplete; /* a text could not be parsed: references may be missing for that reason */
};

/* Whether the document has this name or id. */
bool document_is_called(const struct rule_document *document, struct slice handle);

/* The document with this name or id that is not replaced; NULL: none. */
struct rule_document *compilation_find(struct compilation *compilation, struct slice handle);

/* Tells that `word`, which stands at `offset` of `reference`, is no rule. */
enum status compilation_miss(struct compilation *compilation, const struct diagnosis *diagnosis,
                             const struct node *reference, size_t offset, struct slice word);

/* Where the items of a document's detection, or fields of its events, are put. */
struct item_scope compilation_scope(struct compilation *compilation,
                                    const struct rule_document *document);

/* Adds an author to those of a finding, unless it is among them or "". Gives their new number. */
size_t authors_add(const char **authors, size_t count, const char *author);

/* Copies a head; false when there is no memory. */
bool compilation_keep_head(struct ruleset *ruleset, struct rule_head *head,
                           const struct rule_document *document);
