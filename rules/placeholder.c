#include "rules/placeholder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules/directory.h"

static bool is_value(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node_is_null(node);
}

static bool values_check(const struct diagnosis *diagnosis, const struct node *name,
                         const struct node *value)
{
    bool is_good = is_value(value) || (value->kind == NODE_SEQUENCE && value->count > 0);
    for (size_t i = 0; value->kind == NODE_SEQUENCE && i < value->count; i++)
        is_good &= is_value(value->items[i]);
    if (!is_good)
        diagnosis_add(diagnosis, RULE_PLACEHOLDERS, value, "`%s` needs a value or a list of values",
                      shown_node(name).text);
    return is_good;
}

static enum status root_check(struct placeholders *placeholders, const struct diagnosis *diagnosis)
{
    const struct node *const root =
        document_count(placeholders->file) == 1 ? document_root(placeholders->file, 0) : NULL;
    if (root == NULL || root->kind != NODE_MAPPING) {
        diagnosis_add(diagnosis, RULE_PLACEHOLDERS, root,
                      "the file of placeholders is one mapping, `name: [value, ...]`");
        return STATUS_CONFIG;
    }
    bool is_good = true;
    for (size_t i = 0; i < root->count; i++)
        is_good &= values_check(diagnosis, node_key(root, i), node_value(root, i));
    placeholders->root = root;
    return is_good ? STATUS_OK : STATUS_CONFIG;
}

enum status placeholders_read(struct placeholders *placeholders, const char *path,
                              struct diagnostics *diagnostics)
{
    *placeholders = (struct placeholders){0};
    size_t bytes = 0;
    enum status status = directory_read_file(path, &placeholders->text, &bytes, diagnostics);
    if (status == STATUS_OK)
        status = document_parse(&placeholders->file, path, slice_of(placeholders->text, bytes),
                                diagnostics);
    if (status == STATUS_OK)
        status =
            root_check(placeholders, &(struct diagnosis){.diagnostics = diagnostics, .path = path});
    if (status != STATUS_OK)
        placeholders_deinit(placeholders);
    return status;
}

void placeholders_deinit(struct placeholders *placeholders)
{
    if (placeholders->file != NULL)
        document_destroy(placeholders->file);
    free(placeholders->text);
    *placeholders = (struct placeholders){0};
}

/* ---- expanding ---------------------------------------------------------------------------- */

struct expansion {
    const struct placeholders *placeholders;
    const struct diagnosis *diagnosis;
    struct arena *arena;
    const struct node *node;
    struct slice *texts; /* what has been read so far comes to */
    size_t count;
};

static bool is_name_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '_' || byte == '-' || byte == '.';
}

/* The end of the placeholder that begins at `at`: its second `%`. False when none does. */
static bool placeholder_end(struct slice text, size_t at, size_t *end)
{
    size_t i = at + 1;
    while (i < text.bytes && is_name_byte(text.start[i]))
        i++;
    *end = i;
    return i > at + 1 && i < text.bytes && text.start[i] == '%';
}

/* Appends each of `tails` to each text. */
static enum status expansion_multiply(struct expansion *expansion, const struct slice *tails,
                                      size_t tails_count)
{
    if (tails_count > PLACEHOLDER_VALUES_MAX / expansion->count) {
        diagnosis_add(expansion->diagnosis, RULE_PLACEHOLDERS, expansion->node,
                      "this value comes to more than %d values", PLACEHOLDER_VALUES_MAX);
        return STATUS_CONFIG;
    }
    const size_t count = expansion->count * tails_count;
    struct slice *const texts = arena_take(expansion->arena, count, sizeof(*texts));
    if (texts == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const struct slice head = expansion->texts[i / tails_count], tail = tails[i % tails_count];
        char *const text = arena_take(expansion->arena, head.bytes + tail.bytes + 1, 1);
        if (text == NULL)
            return STATUS_NO_MEMORY;
        memcpy(text, head.start, head.bytes);
        memcpy(text + head.bytes, tail.start, tail.bytes);
        texts[i] = slice_of(text, head.bytes + tail.bytes);
    }
    expansion->texts = texts;
    expansion->count = count;
    return STATUS_OK;
}

static enum status complain_of_name(const struct expansion *expansion, struct slice name,
                                    size_t offset)
{
    const struct node *const root = expansion->placeholders->root;
    if (root == NULL) {
        diagnosis_add_at(expansion->diagnosis, RULE_PLACEHOLDER_UNKNOWN, expansion->node, offset,
                         "the placeholder `%%%s%%` is not defined; give a file with its values: "
                         "--placeholders FILE",
                         shown_slice(name).text);
        return STATUS_CONFIG;
    }
    const char **const known = calloc(root->count + 1, sizeof(*known));
    if (known == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < root->count; i++)
        known[i] = node_key(root, i)->text.start;
    diagnosis_unknown(expansion->diagnosis, RULE_PLACEHOLDER_UNKNOWN, expansion->node, offset,
                      "placeholder", name, known);
    free(known);
    return STATUS_CONFIG;
}

static enum status expansion_name(struct expansion *expansion, struct slice name, size_t offset)
{
    const struct node *const root = expansion->placeholders->root;
    const struct node *found = NULL;
    for (size_t i = 0; root != NULL && i < root->count && found == NULL; i++) {
        if (slice_equals(node_key(root, i)->text, name))
            found = node_value(root, i);
    }
    if (found == NULL)
        return complain_of_name(expansion, name, offset);
    if (found->kind == NODE_SCALAR)
        return expansion_multiply(expansion, &found->text, 1);
    struct slice *const tails = arena_take(expansion->arena, found->count, sizeof(*tails));
    if (tails == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < found->count; i++)
        tails[i] = found->items[i]->text;
    return expansion_multiply(expansion, tails, found->count);
}

enum status placeholders_expand(const struct placeholders *placeholders,
                                const struct diagnosis *diagnosis, struct arena *arena,
                                const struct node *node, struct slice **texts, size_t *count)
{
    struct slice begin = SLICE("");
    struct expansion expansion = {.placeholders = placeholders,
                                  .diagnosis = diagnosis,
                                  .arena = arena,
                                  .node = node,
                                  .texts = &begin,
                                  .count = 1};
    const struct slice text = node->text;
    enum status status = STATUS_OK;
    size_t from = 0; /* of the plain text that is waiting */
    for (size_t at = 0; at < text.bytes && status == STATUS_OK;) {
        size_t end;
        const bool is_escape =
            text.start[at] == '\\' && at + 1 < text.bytes && text.start[at + 1] == '%';
        const bool is_name = text.start[at] == '%' && placeholder_end(text, at, &end);
        if (!is_escape && !is_name) {
            at++;
            continue;
        }
        const struct slice plain = slice_of(text.start + from, at - from);
        status = expansion_multiply(&expansion, &plain, 1);
        if (is_escape) {
            from = at + 1;
            at += 2;
        } else {
            if (status == STATUS_OK)
                status =
                    expansion_name(&expansion, slice_of(text.start + at + 1, end - at - 1), at);
            from = at = end + 1;
        }
    }
    const struct slice rest = slice_from(text, from);
    if (status == STATUS_OK)
        status = expansion_multiply(&expansion, &rest, 1);
    *texts = expansion.texts;
    *count = expansion.count;
    return status;
}
