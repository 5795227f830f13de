/*
 * Telltales: by what a record is recognised, from `when:` of a schema's shape.
 *
 * All of a shape's telltales must hold. Each is one of
 *
 *   {has: [a, b]}           one of these paths is there
 *   {lacks: [a, b]}         none of them is
 *   {path: a, is: [x, y*]}  the value is one of these texts; a `*` at the end stands for any rest,
 *                           one at the beginning for any text before
 *   {path: a, is-not: [x]}  it is there and none of them
 *
 * Texts compare without ASCII case. Of a list of texts, any element will do. Compiled at start-up,
 * immutable afterwards; texts are lent by the document.
 */
#pragma once

#include "parsers/path.h"

enum { TELLTALES_MAX = 8, TELLTALE_TEXTS_MAX = 48 };

struct telltale {
    enum { TELLTALE_HAS, TELLTALE_LACKS, TELLTALE_IS, TELLTALE_IS_NOT } kind;
    uint64_t slots;
    uint8_t slot; /* whose value is compared */
    uint8_t texts_first, texts_count;
    uint64_t beginnings; /* of the texts: see `beginning_of` */
};

struct telltales {
    size_t count;
    struct telltale items[TELLTALES_MAX];
    size_t texts_count;
    struct {
        struct slice text;
        bool is_prefix, is_suffix;
    } texts[TELLTALE_TEXTS_MAX];
};

/* Reads a list of telltales; `when` may be NULL: then all records are recognised. */
void telltales_read(struct telltales *telltales, const struct reading *reading,
                    const struct node *when, struct path_slots *slots);

/* `scratch` has room for LIMIT_TEXT_BYTES. */
bool telltales_hold(const struct telltales *telltales, const struct record *record, char *scratch);

/* The first that does not hold, for whoever explains; NULL: all do. */
const struct telltale *telltales_failing(const struct telltales *telltales,
                                         const struct record *record, char *scratch);

/* The reader's slots that must have been looked for before telltales can be asked. */
uint64_t telltales_slots(const struct telltales *telltales, const struct path_slots *slots);

/* Of these, those that a recognised record has for certain. */
uint64_t telltales_certain(const struct telltales *telltales, const struct path_slots *slots);
