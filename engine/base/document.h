/*
 * YAML text to a tree of nodes that know their line and column.
 *
 * Wraps libyaml. Owned by whoever parsed it; immutable afterwards, so any thread may read it. The
 * text of scalars is kept as written (after YAML's own quoting and escapes), with the style,
 * because `50053`, `0x18` and `'null'` mean different things to different readers. What an alias
 * stands for is the node of its anchor itself, so a node may be found at several places, and has
 * the line of the first; merge keys are gone. Duplicate keys, depth and size beyond the bounds
 * below are errors with a position.
 */
#pragma once

#include "engine/base/slice.h"
#include "engine/base/status.h"

enum {
    DOCUMENT_BYTES_MAX = 16 * 1024 * 1024,
    DOCUMENT_DEPTH_MAX = 32,
    DOCUMENT_NODES_MAX = 1000000, /* those that aliases stand for counted each time */
};

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node {
    enum node_kind kind;
    uint32_t line, column; /* from 1 */
    bool quoted;           /* a scalar written with quotes or as a block: always text */
    bool verbatim;         /* its text stands as it is at line:column, behind a quote if quoted */
    struct slice text;     /* of a scalar; zero-terminated behind its end */
    const struct node *const *items; /* of a sequence: count items; of a mapping: key, value, … */
    size_t count;                    /* items of a sequence, pairs of a mapping */
};

struct document_file; /* one text, one or more documents */

/* Parses `text`, which is copied where needed. `path` is for messages. Adds every mistake libyaml
 * lets us see to `diagnostics` (codes D1xx) and returns STATUS_CONFIG when there was one. */
STATUS_CHECKED enum status document_parse(struct document_file **out, const char *path,
                                          struct slice text, struct diagnostics *diagnostics);
void document_destroy(struct document_file *file);

const char *document_path(const struct document_file *file);
size_t document_count(const struct document_file *file);
const struct node *document_root(const struct document_file *file, size_t index);

/* The value of `key` in a mapping, NULL when it is absent or `node` is no mapping. */
const struct node *node_get(const struct node *node, const char *key);

static inline const struct node *node_key(const struct node *mapping, size_t pair)
{
    return mapping->items[2 * pair];
}

static inline const struct node *node_value(const struct node *mapping, size_t pair)
{
    return mapping->items[2 * pair + 1];
}

/* The column of the byte at `offset` of a scalar's text; the scalar's own when its text was written
 * in another form (escapes, several lines), where nothing better is known. */
uint32_t node_column(const struct node *node, size_t offset);

/* A scalar with exactly this text. */
static inline bool node_is_word(const struct node *node, const char *word)
{
    return node->kind == NODE_SCALAR && slice_equals(node->text, slice_from_string(word));
}

/* Whether it is one of `words`, a list that ends with NULL. */
static inline bool node_is_among(const struct node *node, const char *const *words)
{
    while (*words != NULL && !node_is_word(node, *words))
        words++;
    return *words != NULL;
}

/* Where one value may stand for a list of one: how many there are (0: none, or a mapping), and one
 * of them. */
static inline size_t node_items_count(const struct node *node)
{
    if (node == NULL || node->kind == NODE_MAPPING)
        return 0;
    return node->kind == NODE_SEQUENCE ? node->count : 1;
}

static inline const struct node *node_item(const struct node *node, size_t index)
{
    return node->kind == NODE_SEQUENCE ? node->items[index] : node;
}

/* A plain `~`, `null`, `Null`, `NULL` or empty scalar. */
bool node_is_null(const struct node *node);

/* Plain `true` or `false`; false is returned when it is neither. */
bool node_to_bool(const struct node *node, bool *value);

/* Plain decimal integer; false when it is none or does not fit. */
bool node_to_integer(const struct node *node, int64_t *value);

/* Plain decimal number; false when it is none. */
bool node_to_double(const struct node *node, double *value);

/* The member of `known` (ended by NULL) nearest to `word` by edit distance; NULL when none is near
 * enough to be meant. */
const char *nearest_word(struct slice word, const char *const *known);
