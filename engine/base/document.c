#include "engine/base/document.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "engine/base/arena.h"

enum { NEAREST_WORD_BYTES_MAX = 64 };

struct document_file {
    struct arena arena; /* holds nodes and texts */
    const char *path;
    const struct node **roots;
    size_t roots_count;
};

/* A collection that has begun and not yet ended. */
struct open_collection {
    struct node *node;
    size_t first; /* its first item in `pending` */
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
    size_t nodes_count;
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
    struct node *const node = builder_node(builder, kind, event->start_mark);
    if (node == NULL)
        return;
    builder->open[builder->depth++] =
        (struct open_collection){.node = node, .first = builder->pending_count};
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
        else if (!key->quoted && slice_equals(key->text, SLICE("<<")))
            diagnostics_add(builder->diagnostics, SEVERITY_ERROR, "D104", builder->file->path,
                            key->line, key->column,
                            "merge keys (`<<`) are not supported; write the keys out");
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

static void builder_end(struct builder *builder)
{
    const struct open_collection closing = builder->open[--builder->depth];
    struct node *const node = closing.node;
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
    case YAML_ALIAS_EVENT:
        builder_complain(builder, "D103", event->start_mark,
                         "aliases (`*name`) are not supported; write the value out");
        (void)builder_node(builder, NODE_SCALAR, event->start_mark);
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
    default: /* starts and ends of stream and document; a root stays pending between them */
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
