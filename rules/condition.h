/*
 * Conditions: the boolean expression over a rule's search identifiers, and the program made of it.
 *
 * Expressions live in an arena while rules are compiled (one thread). A program is immutable: a row
 * of steps, each a test of one predicate bit with two ways on, evaluated without a stack and never
 * testing more than the answer needs.
 */
#pragma once

#include "engine/base/arena.h"
#include "engine/base/document.h"
#include "engine/vocabulary.h"
#include "rules/diagnosis.h"

enum {
    CONDITION_DEPTH_MAX = 64, /* of `not` and parentheses */
    PROGRAM_STEPS_MAX = 32768,
    PROGRAM_ACCEPT = 0xffff, /* ways on that end a program */
    PROGRAM_REJECT = 0xfffe,
};

/* An item, a row of keywords or a log source as its author wrote it, for people. In the arena. */
struct item_text {
    const char *key;     /* `ResultType|contains`; "" for keywords */
    const char **values; /* as written; of a log source, the datasets that it means */
    size_t values_count;
    unsigned field; /* a rule field */
    bool is_logsource;
    uint32_t line;
};

enum expression_kind { EXPRESSION_PREDICATE, EXPRESSION_AND, EXPRESSION_OR, EXPRESSION_NOT };

struct expression {
    enum expression_kind kind;
    unsigned field; /* of a predicate: a rule field */
    unsigned bit;   /* of a predicate, within its field */
    const struct expression **children;
    size_t children_count;
    const char *label;            /* a search identifier or filter that this is all of; NULL */
    const struct item_text *item; /* that this is all or a part of; NULL: made of several */
};

/* `expression` under a name, for people. NULL when there is no memory. */
const struct expression *expression_labelled(struct arena *arena, const char *label,
                                             const struct expression *expression);

/* A search identifier: its name, and what it stands for (NULL when that was a mistake). */
struct identifier {
    const struct node *name;
    const struct expression *expression;
    bool is_used;
};

struct identifiers {
    struct identifier *items;
    size_t count;
    const struct node *timeframe; /* that stood beside them in old Sigma; NULL: none */
};

/* What `node`, the value of `condition`, says. NULL after a mistake, which has been told, or when
 * there is no memory (then `*out_of_memory` is set). Marks the identifiers it uses. */
const struct expression *condition_read(const struct diagnosis *diagnosis, struct arena *arena,
                                        const struct node *node, struct identifiers *identifiers,
                                        bool *out_of_memory);

/* `children` is kept; NULL when there is no memory. */
struct expression *expression_join(struct arena *arena, enum expression_kind kind,
                                   const struct expression **children, size_t count);

/* Whether it holds when the predicates whose bits are set in `bits` are those that do. */
bool expression_holds(const struct expression *expression, uint64_t bits);

/* Whether a predicate that begins to hold can end what held before. */
bool expression_has_not(const struct expression *expression);

struct step {
    uint16_t bit;
    uint16_t field;
    uint16_t if_true, if_false; /* an earlier step, or PROGRAM_ACCEPT or PROGRAM_REJECT */
};

struct program {
    struct step *steps; /* begins with the last, owned */
    size_t steps_count;
};

/* STATUS_CONFIG: it would have more than PROGRAM_STEPS_MAX steps. */
STATUS_CHECKED enum status program_create(struct program *program,
                                          const struct expression *expression);
void program_destroy(struct program *program);
