#include "engine/base/document.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "engine/base/arena.h"

enum { NEAREST_WORD_BYTES_MAX = 64, ANCHORS_MAX = 256, MERGED_PAIRS_MAX = 256 };

struct document_file {
    struct arena arena; /* holds nodes and texts */
    const char *path;
    const struct node **roots;
    size_t roots_count;
};

/* A name that aliases may stand for. What it takes is counted for each of them, so that no text
 * stands for more than the bounds allow. */
struct anchor {
    struct slice name;
    const struct node *node;
    size_t nodes_count; /* with all below it */
    size_t height;      /* levels of collections */
    bool is_open;       /* the collection has not ended */
};

/* A collection that has begun and not yet ended. */
struct open_collection {
    struct node *node;
    size_t first;        /* its first item in `pending` */
    size_t anchor;       /* ANCHORS_MAX: none */
    size_t nodes_before; /* this one */
    size_t height;       /* of what it holds so far */
};

/* Builds nodes from libyaml's events without recursion: items of open collections wait on one
 * stack and are copied behind their collection when it ends. */
struct builder {
    struct document_file *file;
    struct diagnostics *diagnostics;
    const struct node **pending;
    size_t pending_count, pending_capacity;
    struct open_collection open[DOCUMENT_DEPTH_MAX];
    size_t depth;
    size_t nodes_count; /* those that aliases stand for counted each time */
    struct anchor anchors[ANCHORS_MAX];
    size_t anchors_count;
    bool out_of_memory;
    bool stopped; /* a bound was passed: the rest is not read */
};

static void builder_complain(struct builder *builder, const char *code, yaml_mark_t mark,
                             const char *text)
{
    diagnostics_add(builder->diagnostics, SEVERITY_ERROR, code, builder->file->path,
                    (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, "%s", text);
}

static bool builder_push(struct builder *builder, const struct node *node)
{
    if (builder->pending_count == builder->pending_capacity) {
        const size_t capacity = builder->pending_capacity == 0 ? 64 : 2 * builder->pending_capacity;
        const struct node **const pending =
            reallocarray(builder->pending, capacity, sizeof(*pending));
        if (pending == NULL) {
            builder->out_of_memory = true;
            return false;
        }
        builder->pending = pending;
        builder->pending_capacity = capacity;
    }
    builder->pending[builder->pending_count++] = node;
    return true;
}

/* A new node at `mark`, already an item of the innermost open collection; NULL ends the reading. */
static struct node *builder_node(struct builder *builder, enum node_kind kind, yaml_mark_t mark)
{
    if (builder->nodes_count == DOCUMENT_NODES_MAX) {
        builder_complain(builder, "D107", mark, "the document has more than 1000000 nodes");
        builder->stopped = true;
        return NULL;
    }
    struct node *const node = arena_take(&builder->file->arena, 1, sizeof(*node));
    if (node == NULL) {
        builder->out_of_memory = true;
        return NULL;
    }
    builder->nodes_count++;
    node->kind = kind;
    node->line = (uint32_t)mark.line + 1;
    node->column = (uint32_t)mark.column + 1;
    return builder_push(builder, node) ? node : NULL;
}

/* ---- anchors and aliases ------------------------------------------------------------------- */

/* Notes the anchor of a node that has just begun; gives its index, ANCHORS_MAX without one. */
static size_t anchor_add(struct builder *builder, const yaml_char_t *name, const struct node *node,
                         yaml_mark_t mark)
{
    if (name == NULL)
        return ANCHORS_MAX;
    if (builder->anchors_count == ANCHORS_MAX) {
        builder_complain(builder, "D107", mark, "the document has more than 256 anchors");
        builder->stopped = true;
        return ANCHORS_MAX;
    }
    const char *const copy =
        arena_copy(&builder->file->arena, slice_from_string((const char *)name));
    if (copy == NULL) {
        builder->out_of_memory = true;
        return ANCHORS_MAX;
    }
    builder->anchors[builder->anchors_count] = (struct anchor){
        .name = slice_from_string(copy), .node = node, .nodes_count = 1, .height = 0};
    return builder->anchors_count++;
}

/* The innermost open collection holds something with so many levels. */
static void height_note(struct builder *builder, size_t height)
{
    if (builder->depth > 0 && builder->open[builder->depth - 1].height < height)
        builder->open[builder->depth - 1].height = height;
}

/* The latest of that name; NULL: there is none. */
static const struct anchor *anchor_find(const struct builder *builder, struct slice name)
{
    for (size_t i = builder->anchors_count; i > 0; i--) {
        if (slice_equals(builder->anchors[i - 1].name, name))
            return &builder->anchors[i - 1];
    }
    return NULL;
}

static void builder_alias(struct builder *builder, const yaml_event_t *event)
{
    const struct slice name = slice_from_string((const char *)event->data.alias.anchor);
    const struct anchor *const anchor = anchor_find(builder, name);
    if (anchor == NULL || anchor->is_open) {
        builder_complain(builder, "D103", event->start_mark,
                         anchor == NULL ? "no anchor (`&name`) of this name stands before"
                                        : "an alias cannot stand within what it stands for");
        (void)builder_node(builder, NODE_SCALAR, event->start_mark);
        return;
    }
    if (anchor->nodes_count > DOCUMENT_NODES_MAX - builder->nodes_count) {
        builder_complain(builder, "D107", event->start_mark,
                         "the document has more than 1000000 nodes, those behind aliases counted "
                         "each time");
        builder->stopped = true;
        return;
    }
    if (builder->depth + anchor->height > DOCUMENT_DEPTH_MAX) {
        builder_complain(builder, "D106", event->start_mark, "more than 32 levels of nesting");
        builder->stopped = true;
        return;
    }
    builder->nodes_count += anchor->nodes_count;
    height_note(builder, anchor->height);
    (void)builder_push(builder, anchor->node);
}

/* ---- scalars and collections --------------------------------------------------------------- */

static size_t characters_count(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.bytes; i++)
        count += ((unsigned char)text.start[i] & 0xc0) != 0x80;
    return count;
}

/* Text is verbatim when it takes exactly its own length in the file, quotes aside: escapes, doubled
 * quotes and folded lines all take more. */
static bool scalar_is_verbatim(const yaml_event_t *event, struct slice text)
{
    const yaml_scalar_style_t style = event->data.scalar.style;
    if (event->start_mark.line != event->end_mark.line || style == YAML_LITERAL_SCALAR_STYLE ||
        style == YAML_FOLDED_SCALAR_STYLE)
        return false;
    const size_t quotes = style == YAML_PLAIN_SCALAR_STYLE ? 0 : 2;
    return event->end_mark.column - event->start_mark.column == characters_count(text) + quotes;
}

static void builder_tag(struct builder *builder, const yaml_char_t *tag, yaml_mark_t mark)
{
    if (tag != NULL)
        builder_complain(builder, "D105", mark,
                         "tags (`!name`) are not supported; quote the value to make it text");
}

static void builder_scalar(struct builder *builder, const yaml_event_t *event)
{
    builder_tag(builder, event->data.scalar.tag, event->start_mark);
    struct node *const node = builder_node(builder, NODE_SCALAR, event->start_mark);
    if (node == NULL)
        return;
    const struct slice text =
        slice_of((const char *)event->data.scalar.value, event->data.scalar.length);
    char *const copy = arena_copy(&builder->file->arena, text);
    if (copy == NULL) {
        builder->out_of_memory = true;
        return;
    }
    node->text = slice_of(copy, text.bytes);
    (void)anchor_add(builder, event->data.scalar.anchor, node, event->start_mark);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->verbatim = scalar_is_verbatim(event, node->text);
}

static void builder_begin(struct builder *builder, enum node_kind kind, const yaml_event_t *event)
{
    builder_tag(builder,
                kind == NODE_MAPPING ? event->data.mapping_start.tag
                                     : event->data.sequence_start.tag,
                event->start_mark);
    if (builder->depth == DOCUMENT_DEPTH_MAX) {
        builder_complain(builder, "D106", event->start_mark, "more than 32 levels of nesting");
        builder->stopped = true;
        return;
    }
    const size_t nodes_before = builder->nodes_count;
    struct node *const node = builder_node(builder, kind, event->start_mark);
    if (node == NULL)
        return;
    const size_t anchor = anchor_add(builder,
                                     kind == NODE_MAPPING ? event->data.mapping_start.anchor
                                                          : event->data.sequence_start.anchor,
                                     node, event->start_mark);
    if (anchor < ANCHORS_MAX)
        builder->anchors[anchor].is_open = true;
    builder->open[builder->depth++] = (struct open_collection){.node = node,
                                                               .first = builder->pending_count,
                                                               .anchor = anchor,
                                                               .nodes_before = nodes_before};
}

static int key_order(const void *left, const void *right)
{
    const struct node *const a = *(const struct node *const *)left;
    const struct node *const b = *(const struct node *const *)right;
    const size_t bytes = a->text.bytes < b->text.bytes ? a->text.bytes : b->text.bytes;
    const int order = bytes > 0 ? memcmp(a->text.start, b->text.start, bytes) : 0;
    if (order != 0)
        return order;
    if (a->text.bytes != b->text.bytes)
        return a->text.bytes < b->text.bytes ? -1 : 1;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

/* Sorted, so that a mapping of any size is checked in n log n steps. */
static void builder_check_keys(struct builder *builder, const struct node *mapping)
{
    const struct node **const keys = calloc(mapping->count + 1, sizeof(*keys));
    if (keys == NULL) {
        builder->out_of_memory = true;
        return;
    }
    size_t keys_count = 0;
    for (size_t i = 0; i < mapping->count; i++) {
        const struct node *const key = node_key(mapping, i);
        if (key->kind != NODE_SCALAR)
            diagnostics_add(builder->diagnostics, SEVERITY_ERROR, "D108", builder->file->path,
                            key->line, key->column, "a key must be a word, not a list or mapping");
        else
            keys[keys_count++] = key;
    }
    qsort(keys, keys_count, sizeof(*keys), key_order);
    for (size_t i = 1; i < keys_count; i++) {
        if (slice_equals(keys[i - 1]->text, keys[i]->text))
            diagnostics_add(builder->diagnostics, SEVERITY_ERROR, "D102", builder->file->path,
                            keys[i]->line, keys[i]->column,
                            "`%.*s` stands twice in one mapping, before on line %" PRIu32,
                            (int)keys[i]->text.bytes, keys[i]->text.start, keys[i - 1]->line);
    }
    free(keys);
}

static bool is_merge_key(const struct node *key)
{
    return key->kind == NODE_SCALAR && !key->quoted && slice_equals(key->text, SLICE("<<"));
}

/* Whether one of the pairs has this key. */
static bool has_key(const struct node *const *items, size_t items_count, const struct node *key)
{
    for (size_t i = 0; i + 1 < items_count; i += 2) {
        if (items[i]->kind == NODE_SCALAR && slice_equals(items[i]->text, key->text))
            return true;
    }
    return false;
}

/* Adds the pairs of a mapping whose keys are not there yet; false: too many. */
static bool pairs_merge(const struct node **items, size_t *items_count, const struct node *from)
{
    for (size_t i = 0; i < from->count; i++) {
        if (has_key(items, *items_count, node_key(from, i)))
            continue;
        if (*items_count == 2 * (size_t)MERGED_PAIRS_MAX)
            return false;
        items[(*items_count)++] = node_key(from, i);
        items[(*items_count)++] = node_value(from, i);
    }
    return true;
}

/* Puts the pairs behind merge keys (https://yaml.org/type/merge.html) in their place: what the
 * mapping says itself goes first, then what stands earlier. */
static void builder_merge(struct builder *builder, size_t first)
{
    const struct node **const own = builder->pending + first;
    const size_t own_count = builder->pending_count - first;
    size_t merge_keys_count = 0;
    for (size_t i = 0; i + 1 < own_count; i += 2)
        merge_keys_count += is_merge_key(own[i]);
    if (merge_keys_count == 0)
        return;
    const struct node *items[2 * MERGED_PAIRS_MAX];
    size_t items_count = 0;
    bool is_good = own_count <= 2 * (size_t)MERGED_PAIRS_MAX;
    for (size_t i = 0; is_good && i + 1 < own_count; i += 2) {
        if (is_merge_key(own[i]))
            continue;
        items[items_count++] = own[i];
        items[items_count++] = own[i + 1];
    }
    for (size_t i = 0; is_good && i + 1 < own_count; i += 2) {
        const struct node *const value = own[i + 1];
        const bool is_list = value->kind == NODE_SEQUENCE;
        for (size_t j = 0; is_merge_key(own[i]) && is_good && j < (is_list ? value->count : 1);
             j++) {
            const struct node *const from = is_list ? value->items[j] : value;
            is_good = from->kind == NODE_MAPPING && pairs_merge(items, &items_count, from);
        }
    }
    for (size_t i = 0; !is_good && i + 1 < own_count; i += 2) {
        if (is_merge_key(own[i])) {
            diagnostics_add(builder->diagnostics, SEVERITY_ERROR, "D104", builder->file->path,
                            own[i]->line, own[i]->column,
                            "a merge key (`<<`) takes a mapping or a list of mappings, and 256 "
                            "keys come together at most");
            return;
        }
    }
    builder->pending_count = first;
    for (size_t i = 0; i < items_count; i++)
        (void)builder_push(builder, items[i]);
}

static void builder_end(struct builder *builder)
{
    const struct open_collection closing = builder->open[--builder->depth];
    struct node *const node = closing.node;
    height_note(builder, closing.height + 1);
    if (closing.anchor < ANCHORS_MAX) {
        struct anchor *const anchor = &builder->anchors[closing.anchor];
        anchor->is_open = false;
        anchor->height = closing.height + 1;
        anchor->nodes_count = builder->nodes_count - closing.nodes_before;
    }
    if (node->kind == NODE_MAPPING)
        builder_merge(builder, closing.first);
    const size_t items_count = builder->pending_count - closing.first;
    const struct node **const items =
        arena_take(&builder->file->arena, items_count, sizeof(*items));
    if (items == NULL) {
        builder->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < items_count; i++)
        items[i] = builder->pending[closing.first + i];
    builder->pending_count = closing.first;
    node->items = items;
    node->count = node->kind == NODE_MAPPING ? items_count / 2 : items_count;
    if (node->kind == NODE_MAPPING)
        builder_check_keys(builder, node);
}

static void builder_take(struct builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        builder_scalar(builder, event);
        break;
    case YAML_DOCUMENT_START_EVENT:
        builder->anchors_count = 0;
        break;
    case YAML_ALIAS_EVENT:
        builder_alias(builder, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        builder_begin(builder, NODE_SEQUENCE, event);
        break;
    case YAML_MAPPING_START_EVENT:
        builder_begin(builder, NODE_MAPPING, event);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder_end(builder);
        break;
    default: /* start and end of the stream, ends of documents; a root stays pending between them */
        break;
    }
}

/* The reader of bytes knows an offset only; line and column are counted anew. */
static yaml_mark_t mark_of_offset(struct slice text, size_t offset)
{
    const struct slice before = slice_of(text.start, offset < text.bytes ? offset : text.bytes);
    yaml_mark_t mark = {0};
    size_t line_start = 0;
    for (size_t i = 0; i < before.bytes; i++) {
        if (before.start[i] == '\n') {
            mark.line++;
            line_start = i + 1;
        }
    }
    mark.column = characters_count(slice_from(before, line_start));
    return mark;
}

static void complain_of_syntax(struct builder *builder, const yaml_parser_t *parser,
                               struct slice text)
{
    const char *const problem = parser->problem != NULL ? parser->problem : "cannot be read";
    const bool is_bytes = parser->error == YAML_READER_ERROR;
    const yaml_mark_t mark =
        is_bytes ? mark_of_offset(text, parser->problem_offset) : parser->problem_mark;
    char context[128] = "";
    if (!is_bytes && parser->context != NULL)
        snprintf(context, sizeof(context), " %s (line %zu)", parser->context,
                 parser->context_mark.line + 1);
    diagnostics_add(builder->diagnostics, SEVERITY_ERROR, "D101", builder->file->path,
                    (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, "not valid YAML: %s%s",
                    problem, context);
}

static void builder_run(struct builder *builder, struct slice text)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        builder->out_of_memory = true;
        return;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.start, text.bytes);
    bool at_end = false;
    while (!at_end && !builder->stopped && !builder->out_of_memory) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            if (parser.error == YAML_MEMORY_ERROR)
                builder->out_of_memory = true;
            else
                complain_of_syntax(builder, &parser, text);
            break;
        }
        at_end = event.type == YAML_STREAM_END_EVENT;
        builder_take(builder, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static struct document_file *document_create(const char *path)
{
    struct document_file *const file = calloc(1, sizeof(*file));
    if (file == NULL)
        return NULL;
    arena_init(&file->arena);
    file->path = arena_copy(&file->arena, slice_from_string(path));
    if (file->path == NULL) {
        document_destroy(file);
        return NULL;
    }
    return file;
}

enum status document_parse(struct document_file **out, const char *path, struct slice text,
                           struct diagnostics *diagnostics)
{
    const size_t errors_before = diagnostics->errors_count;
    if (text.bytes > DOCUMENT_BYTES_MAX) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "D109", path, 0, 0,
                        "the file is larger than 16 MiB");
        return STATUS_CONFIG;
    }
    struct document_file *const file = document_create(path);
    if (file == NULL)
        return STATUS_NO_MEMORY;
    struct builder builder = {.file = file, .diagnostics = diagnostics};
    builder_run(&builder, text);
    if (!builder.out_of_memory && diagnostics->errors_count == errors_before) {
        file->roots = builder.pending;
        file->roots_count = builder.pending_count;
        *out = file;
        return STATUS_OK;
    }
    free(builder.pending);
    document_destroy(file);
    return builder.out_of_memory ? STATUS_NO_MEMORY : STATUS_CONFIG;
}

void document_destroy(struct document_file *file)
{
    if (file == NULL)
        return;
    free(file->roots);
    arena_deinit(&file->arena);
    free(file);
}

const char *document_path(const struct document_file *file)
{
    return file->path;
}

size_t document_count(const struct document_file *file)
{
    return file->roots_count;
}

const struct node *document_root(const struct document_file *file, size_t index)
{
    return file->roots[index];
}

const struct node *node_get(const struct node *node, const char *key)
{
    if (node == NULL || node->kind != NODE_MAPPING)
        return NULL;
    const struct slice wanted = slice_from_string(key);
    for (size_t i = 0; i < node->count; i++) {
        if (slice_equals(node_key(node, i)->text, wanted))
            return node_value(node, i);
    }
    return NULL;
}

uint32_t node_column(const struct node *node, size_t offset)
{
    if (!node->verbatim)
        return node->column;
    const size_t bytes = offset < node->text.bytes ? offset : node->text.bytes;
    const size_t characters = characters_count(slice_of(node->text.start, bytes));
    return node->column + (node->quoted ? 1 : 0) + (uint32_t)characters;
}

static bool node_is_plain(const struct node *node)
{
    return node != NULL && node->kind == NODE_SCALAR && !node->quoted;
}

bool node_is_null(const struct node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    if (!node_is_plain(node))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (slice_equals(node->text, slice_from_string(words[i])))
            return true;
    }
    return false;
}

bool node_to_bool(const struct node *node, bool *value)
{
    if (!node_is_plain(node))
        return false;
    const bool is_true = slice_equals(node->text, SLICE("true"));
    if (!is_true && !slice_equals(node->text, SLICE("false")))
        return false;
    *value = is_true;
    return true;
}

static size_t digits_at(struct slice text, size_t at)
{
    size_t count = 0;
    while (at + count < text.bytes && (unsigned char)(text.start[at + count] - '0') < 10)
        count++;
    return count;
}

/* Digits without a leading zero, which would mean an octal number or an identifier. */
static size_t whole_digits_at(struct slice text, size_t at)
{
    const size_t count = digits_at(text, at);
    return count > 1 && text.start[at] == '0' ? 0 : count;
}

bool node_to_integer(const struct node *node, int64_t *value)
{
    if (!node_is_plain(node))
        return false;
    const struct slice text = node->text;
    const size_t sign = text.bytes > 0 && text.start[0] == '-' ? 1 : 0;
    const size_t digits = whole_digits_at(text, sign);
    if (digits == 0 || sign + digits != text.bytes)
        return false;
    int64_t number = 0;
    for (size_t i = sign; i < text.bytes; i++) {
        const int64_t digit = text.start[i] - '0';
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, digit, &number))
            return false;
    }
    /* Counted downwards, since the smallest number has no positive twin. */
    if (sign == 0 && __builtin_sub_overflow((int64_t)0, number, &number))
        return false;
    *value = number;
    return true;
}

bool node_to_double(const struct node *node, double *value)
{
    if (!node_is_plain(node))
        return false;
    const struct slice text = node->text;
    const size_t sign = text.bytes > 0 && text.start[0] == '-' ? 1 : 0;
    size_t at = sign + whole_digits_at(text, sign);
    if (at == sign)
        return false;
    if (at < text.bytes && text.start[at] == '.') {
        const size_t digits = digits_at(text, at + 1);
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    if (at != text.bytes)
        return false;
    *value = strtod(text.start, NULL); /* the text is zero-terminated */
    return true;
}

/* Edit distance with transpositions (optimal string alignment); letters compare without case. */
static unsigned word_distance(struct slice a, struct slice b)
{
    unsigned rows[3][NEAREST_WORD_BYTES_MAX + 1];
    for (size_t j = 0; j <= b.bytes; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.bytes; i++) {
        unsigned *const now = rows[i % 3];
        const unsigned *const before = rows[(i - 1) % 3];
        now[0] = (unsigned)i;
        const unsigned char x = slice_fold_byte((unsigned char)a.start[i - 1]);
        for (size_t j = 1; j <= b.bytes; j++) {
            const unsigned char y = slice_fold_byte((unsigned char)b.start[j - 1]);
            unsigned best = before[j - 1] + (x != y);
            best = before[j] + 1 < best ? before[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && x == slice_fold_byte((unsigned char)b.start[j - 2]) &&
                y == slice_fold_byte((unsigned char)a.start[i - 2])) {
                const unsigned swapped = rows[(i - 2) % 3][j - 2] + 1;
                best = swapped < best ? swapped : best;
            }
            now[j] = best;
        }
    }
    return rows[a.bytes % 3][b.bytes];
}

const char *nearest_word(struct slice word, const char *const *known)
{
    if (word.bytes == 0 || word.bytes > NEAREST_WORD_BYTES_MAX)
        return NULL;
    const char *nearest = NULL;
    unsigned nearest_distance = UINT32_MAX;
    for (; *known != NULL; known++) {
        const struct slice candidate = slice_from_string(*known);
        if (candidate.bytes > NEAREST_WORD_BYTES_MAX)
            continue;
        const size_t longer = candidate.bytes > word.bytes ? candidate.bytes : word.bytes;
        /* A third of the letters wrong is still a slip; more is another word. */
        const unsigned allowed = longer < 3 ? 1 : (unsigned)(longer / 3);
        const unsigned distance = word_distance(word, candidate);
        if (distance <= allowed && distance < nearest_distance && distance < longer) {
            nearest = *known;
            nearest_distance = distance;
        }
    }
    return nearest;
}
