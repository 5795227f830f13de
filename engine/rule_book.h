/*
 * A rule book: the rules in force together with the logs they are for, to be asked by people.
 *
 * Made for a command that tells of rules; nothing on the event path uses it. Owned by that command;
 * main thread.
 */
#pragma once

#include "parsers/schema_set.h"
#include "rules/match.h"
#include "rules/survey.h"

struct rule_book {
    struct ruleset *ruleset;
    struct schema_set *schemas; /* with the paths of all fields */
    struct matcher *matcher;
};

/* Mistakes are told to `diagnostics`. To be given to `rule_book_deinit` in any case. */
STATUS_CHECKED enum status rule_book_init(struct rule_book *book,
                                          const struct ruleset_options *options,
                                          struct diagnostics *diagnostics);
void rule_book_deinit(struct rule_book *book);

/* Gives the datasets of the schemas to rules that ask for them, before a matcher is made. */
STATUS_CHECKED enum status rules_bind_schemas(struct ruleset *ruleset,
                                              const struct schema_set *schemas);

/* The document with this name, id or title; NULL: there is none. */
const struct rule_entry *rule_entry_find(const struct ruleset *ruleset, struct slice word);

/* The name that is nearest to a word that is none; NULL: none is near. */
const char *rule_entry_nearest(const struct ruleset *ruleset, struct slice word);

/* What others call the document by: its name, else its id, else its title. */
const char *rule_entry_handle(const struct rule_entry *entry);

/* The detector, or the correlation that is none; NULL for others. */
const struct detector *rule_book_detector(const struct rule_book *book,
                                          const struct rule_entry *entry);
const struct correlation *rule_book_correlation(const struct rule_book *book,
                                                const struct rule_entry *entry);

/* Whether a detector or correlation counts another document, not over others. */
bool rule_book_counts(const struct rule_book *book, const struct rule_entry *counting,
                      const struct rule_entry *counted);

/* Whether what it finds is told for itself. */
bool rule_book_reports(const struct rule_book *book, const struct rule_entry *entry);

/* "rule", "filter", of a detector its kind, of another correlation its type. */
const char *rule_book_kind(const struct rule_book *book, const struct rule_entry *entry);

/* Whether a rule can match, or a correlation count, events of a dataset. A filter is for whatever
 * its rules are for: false. */
bool rule_book_is_for(const struct rule_book *book, const struct rule_entry *entry,
                      unsigned dataset);

/* The number of datasets that it is for; `*is_all`: of all. */
size_t rule_book_datasets(const struct rule_book *book, const struct rule_entry *entry,
                          bool *is_all);

/* The rule fields that it reads, those of window keys and counts with them. Gives their number. */
size_t rule_book_fields(const struct rule_book *book, const struct rule_entry *entry,
                        unsigned fields[RULE_FIELDS_MAX]);
