/*
 * A code table: what a provider's answers mean, from a YAML file of parsers/schemas/.
 *
 * Filled at start-up, immutable afterwards, any thread. Numbers are found through an
 * open-addressing hash table that is never more than half full, and so are words (results without a
 * code), without ASCII case. A word that ends in `*` stands for all that begin like it and have no
 * row of their own; of several, the longest counts. The table lends the texts of the document it
 * was read from.
 */
#pragma once

#include "engine/vocabulary.h"
#include "parsers/reading.h"

enum {
    CODES_NUMBERS_MAX = 512,
    CODES_NUMBER_PLACES = 2 * CODES_NUMBERS_MAX, /* a power of two: half of them stay free */
    CODES_WORDS_MAX = 512,
    CODES_WORD_PLACES = 2 * CODES_WORDS_MAX,
    CODES_PREFIXES_MAX = 64,
    CODES_SOURCES_MAX = 16,
    CODE_TABLES_MAX = 64,
};

struct code_meaning {
    uint8_t outcome; /* enum outcome */
    uint8_t verdict; /* enum verdict */
};

struct codes {
    struct slice name;
    struct slice prefix; /* what stands before a number in texts ("AADSTS"); empty: nothing */
    size_t numbers_count;
    struct {
        int32_t code;
        bool used;
        struct code_meaning meaning;
    } numbers[CODES_NUMBER_PLACES];
    size_t words_count;
    struct code_word {
        struct slice word; /* empty: a free place */
        struct code_meaning meaning;
    } words[CODES_WORD_PLACES];
    size_t prefixes_count;
    struct code_word prefixes[CODES_PREFIXES_MAX];

    /* Where each of them stands in the document, beside the tables that look-ups touch. */
    const struct node *sources;
    const struct node *number_rows[CODES_NUMBER_PLACES];
    const struct node *word_rows[CODES_WORD_PLACES];
    const struct node *prefix_rows[CODES_PREFIXES_MAX];
};

/* A row of the table, for whoever wants to check it. */
struct code_row {
    uint32_t line;       /* in the table's file */
    struct slice source; /* who says so; empty: the schema itself */
    struct slice note;   /* empty: none */
};

/* All tables, so that schemas can name them. */
struct code_tables {
    size_t count;
    struct codes *items[CODE_TABLES_MAX];
};

/* Adds an empty table; NULL, with a complaint if `CODE_TABLES_MAX` is reached, else for want of
 * memory. */
struct codes *code_tables_add(struct code_tables *tables, const struct reading *reading,
                              const struct node *node);

/* The table that `name` names; NULL, with a complaint, when there is none. */
const struct codes *code_tables_find(const struct code_tables *tables,
                                     const struct reading *reading, const struct node *name);
void code_tables_deinit(struct code_tables *tables);

/* Reads the root of a code table's document; mistakes become diagnostics. */
void codes_read(struct codes *codes, const struct reading *reading, const struct node *root);

/* Reads the short form within a schema: a mapping of result to outcome, whose verdict is the usual
 * one of that outcome. */
void codes_read_results(struct codes *codes, const struct reading *reading,
                        const struct node *results);

/* A result as it is written: is it a number (with or without the prefix), and which? Decimal, or
 * hexadecimal behind 0x, within 32 bits. */
bool codes_number(const struct codes *codes, struct slice written, int32_t *code);

/* False when the table does not have it; the meaning is then another failure that says nothing. */
bool codes_find_number(const struct codes *codes, int32_t code, struct code_meaning *meaning);
bool codes_find_word(const struct codes *codes, struct slice word, struct code_meaning *meaning);

/* The row that a result was found in, as it is written; false when no row has it. */
bool codes_row(const struct codes *codes, struct slice written, struct code_row *row);
