/*
 * Any bytes as YAML: they become a tree that can be walked, or a mistake with a message.
 */
#include <assert.h>

#include "engine/base/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

/* Visits every node; gives their number. */
static size_t walk(const struct node *node, size_t depth)
{
    assert(depth <= DOCUMENT_DEPTH_MAX && node->line > 0 && node->column > 0);
    if (node->kind == NODE_SCALAR) {
        int64_t integer;
        double number;
        bool truth;
        assert(node->text.start[node->text.bytes] == '\0');
        (void)node_to_integer(node, &integer);
        (void)node_to_double(node, &number);
        (void)node_to_bool(node, &truth);
        (void)node_is_null(node);
        assert(node_column(node, node->text.bytes) >= node->column);
        return 1;
    }
    const size_t children_count = node->kind == NODE_MAPPING ? 2 * node->count : node->count;
    size_t count = 1;
    for (size_t i = 0; i < children_count; i++)
        count += walk(node->items[i], depth + 1);
    for (size_t i = 0; node->kind == NODE_MAPPING && i < node->count; i++)
        assert(node_key(node, i)->kind == NODE_SCALAR);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct document_file *file = NULL;
    const enum status status =
        document_parse(&file, "fuzz.yml", slice_of((const char *)bytes, bytes_count), &diagnostics);
    assert((status == STATUS_OK) == (diagnostics.errors_count == 0));
    assert((status == STATUS_OK) == (file != NULL));
    size_t count = 0;
    for (size_t i = 0; file != NULL && i < document_count(file); i++)
        count += walk(document_root(file, i), 0);
    assert(count <= DOCUMENT_NODES_MAX);
    document_destroy(file);
    diagnostics_deinit(&diagnostics);
    return 0;
}
