/*
 * Allow entries: whose attempts the user does not want to be told of, until when, and why.
 *
 * A document with an `allow:` list says so (docs/rules.md). Each entry becomes an expression over
 * the fields of an event, as a rule's detection does, and is judged by the event's own time. Used
 * by one thread, while rules are compiled.
 */
#pragma once

#include "rules/compilation.h"

/* Adds the entries of a document to the ruleset. STATUS_CONFIG after a mistake, which has been
 * told. */
STATUS_CHECKED enum status allow_take(struct compilation *compilation,
                                      const struct rule_document *document);
