/*
 * Rules as JSON, for programs: what `spraywatch rules` prints into a pipe.
 *
 * Pure: writes into the given JSON writer and nothing else. The documents are described in
 * docs/rules.md. Main thread.
 */
#pragma once

#include "engine/base/json_write.h"
#include "engine/rule_book.h"

/* What one rule is, in a line of `rules list`. */
void rule_write_row(struct json_write *json, const struct rule_book *book,
                    const struct rule_entry *entry);

/* The whole of one rule as it is understood, in one line. */
void rule_write_whole(struct json_write *json, const struct rule_book *book,
                      const struct rule_entry *entry);
