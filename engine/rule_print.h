/*
 * Rules for people: what `spraywatch rules` prints on a terminal.
 *
 * Prints to standard output. What a rule's author wrote is printed as JSON would have it, so that a
 * terminal shows it and never obeys it. Main thread.
 */
#pragma once

#include "engine/rule_book.h"

/* The rows of `rules list`. */
void rule_print_table(const struct rule_book *book);

/* The whole of one rule as it is understood. */
void rule_print_whole(const struct rule_book *book, const struct rule_entry *entry);

/* What a correlation counts or adds up, as ` of user.name`, and what it compares that with, as
 * `, at least 3, at most 5`. */
void rule_print_counted(const struct correlation *correlation);
void rule_print_bounds(const struct correlation *correlation);

/* One item of a detection as it was written, without a line end. */
void rule_print_item(const struct item_text *item);
