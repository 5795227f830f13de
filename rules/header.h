/*
 * The head of a rule document: everything beside `detection`, `correlation` and `spraywatch`.
 *
 * Points into the document. Pure but for the messages it adds; used by one thread, while rules are
 * compiled.
 */
#pragma once

#include "rules/diagnosis.h"
#include "rules/ruleset.h"

struct rule_header {
    /* Scalars, or NULL when absent or wrong. */
    const struct node *title, *id, *name, *description, *author, *level;
    const struct node *status, *license, *date, *modified;
    const struct node *tags;       /* a list of scalars, or NULL */
    const struct node *references; /* of any shape, or NULL */
};

/* Every mistake is told; false when there was one that is no warning. */
bool rule_header_read(struct rule_header *header, const struct diagnosis *diagnosis,
                      const struct node *root);

/* What to call the rule: its name, else its id, else its title. */
struct slice rule_header_handle(const struct rule_header *header);

/* 0 … 100, for a level or NULL. */
unsigned rule_level_severity(const struct node *level);
