/*
 * The `spraywatch:` block of a correlation: the kind of a detector and its parameters.
 *
 * Pure but for the messages it adds; used by one thread, while rules are compiled.
 */
#pragma once

#include "rules/diagnosis.h"
#include "rules/ruleset.h"

/* What the kind is called in documents, and in rules. Static. */
const char *detector_kind_name(enum detector_kind kind);

/* Fills kind, parameters and the further keys and spans of a detector whose correlation has been
 * read. False after a mistake, which has been told. */
bool extension_read(struct detector *detector, const struct diagnosis *diagnosis,
                    const struct node *extension);

/* A parameter of a detector's kind, as it holds. */
struct extension_parameter {
    const char *key, *part; /* `key: {part: number}`; without part `key: span` */
    bool is_span;
    bool is_whole;   /* a count: no number between two others */
    double min, max; /* of the number, as rules may write it */
    double number;
    int64_t span_ns;
};

/* The parameter number `index` of the detector's kind; false: there are no more. */
bool extension_parameter(const struct detector *detector, size_t index,
                         struct extension_parameter *parameter);

/* Gives the parameter number `index`, which is no span, a number that lies within its bounds. */
void extension_parameter_set(struct detector *detector, size_t index, double number);

/* Whether what was read of the correlation at `correlation` serves the detector's kind. */
bool extension_check(const struct detector *detector, const struct diagnosis *diagnosis,
                     const struct node *correlation);
