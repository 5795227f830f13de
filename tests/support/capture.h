/*
 * Capture: everything that the input stage says about one source, for tests to compare.
 *
 * The text of the blocks is put back at its offsets, so that two ways of reading one source can be
 * compared whatever their blocks are. Blanks and commas are left out: a block may or may not hold
 * those between two records.
 */
#pragma once

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/input.h"

struct capture {
    char *text; /* of the records, at its offsets; zero where there is none, and behind its end */
    size_t bytes;
    uint64_t too_long, broken;
    uint64_t blocks;
    enum status status;
    struct diagnostics diagnostics;
};

static inline void capture_deinit(struct capture *capture)
{
    free(capture->text);
    diagnostics_deinit(&capture->diagnostics);
}

static inline uint64_t capture_newlines(const char *text, size_t bytes)
{
    uint64_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += text[i] == '\n';
    return count;
}

/* The block against the source as it was written: its text, and the line it says it begins on. */
static inline void capture_check(const struct block *block, uint64_t newlines,
                                 struct slice original)
{
    assert(block->offset <= original.bytes && block->bytes <= original.bytes - block->offset);
    if (block->bytes == 0)
        return;
    assert(memcmp(block->text, original.start + block->offset, block->bytes) == 0);
    assert(newlines == capture_newlines(original.start, block->offset));
}

/* Takes text of records; a line that is too long only its reader can drop, and the splitter drops
 * it instead when it is not there as a whole (`parsers/json.h`). Here both are counted alike. */
static inline void capture_copy(struct capture *capture, const struct block *block,
                                size_t line_bytes_max)
{
    for (size_t at = 0; at < block->bytes;) {
        size_t bytes = block->bytes - at;
        if (block->layout == LAYOUT_JSON_LINES)
            bytes = slice_find(slice_of(block->text + at, bytes), '\n');
        const bool is_too_long = block->layout == LAYOUT_JSON_LINES && bytes > line_bytes_max;
        capture->too_long += is_too_long;
        for (size_t i = at; !is_too_long && i < at + bytes; i++) {
            if (strchr(" \t\r\n,", block->text[i]) == NULL)
                capture->text[block->offset + i] = block->text[i];
        }
        at += bytes + (block->layout == LAYOUT_JSON_LINES);
    }
}

static inline void capture_add(struct capture *capture, const struct block *block,
                               size_t line_bytes_max)
{
    const size_t end = block->offset + block->bytes;
    assert(block->bytes == 0 || block->offset >= capture->bytes); /* in order, nothing twice */
    if (end > capture->bytes) {
        capture->text = realloc(capture->text, end + 1);
        assert(capture->text != NULL);
        memset(capture->text + capture->bytes, 0, end + 1 - capture->bytes);
        capture->bytes = end;
    }
    capture_copy(capture, block, line_bytes_max);
    capture->too_long += block->records_too_long;
    capture->broken += block->records_broken;
    capture->blocks++;
}

/* Reads one source to its end. `original`: the decompressed source, to be compared with every
 * block; empty when it is not known. */
static inline struct capture capture_read(const char *path, size_t block_bytes,
                                          size_t line_bytes_max, struct slice original)
{
    struct capture capture = {0};
    diagnostics_init(&capture.diagnostics);
    const struct input_options options = {.paths = &path,
                                          .paths_count = 1,
                                          .block_bytes = block_bytes,
                                          .line_bytes_max = line_bytes_max};
    struct input *input = NULL;
    struct block block;
    enum status status = input_create(&input, &options, &capture.diagnostics);
    if (status == STATUS_OK)
        status = input_block_init(&block, input);
    assert(status == STATUS_OK);

    uint64_t newlines = 0, too_long = 0;
    while (input_next(input, &block) == INPUT_BLOCK) {
        assert(block.sequence == capture.blocks && block.source == 0);
        assert(block.bytes <= block.capacity);
        for (size_t i = 0; i < LIMIT_VECTOR_PADDING; i++)
            assert(block.text[block.bytes + i] == 0);
        newlines += block.newlines_skipped;
        if (original.start != NULL)
            capture_check(&block, newlines, original);
        newlines += capture_newlines(block.text, block.bytes);
        too_long += block.records_too_long;
        capture_add(&capture, &block, line_bytes_max > 0 ? line_bytes_max : LIMIT_LINE_BYTES);
    }
    assert(input_next(input, &block) == INPUT_END);

    const struct input_counters counters = input_counters(input);
    assert(counters.blocks == capture.blocks);
    assert(counters.records_too_long == too_long);
    assert(counters.records_broken == capture.broken);
    capture.status = input_status(input);
    input_block_deinit(&block);
    input_destroy(input);
    return capture;
}

/* Where two captures of one source differ; NULL when they do not. The end of the text is left out,
 * where one of them may have given blanks. */
static inline const char *capture_difference(const struct capture *a, const struct capture *b)
{
    const size_t common = a->bytes < b->bytes ? a->bytes : b->bytes;
    const struct capture *const longer = a->bytes > b->bytes ? a : b;
    if (common > 0 && memcmp(a->text, b->text, common) != 0)
        return "text";
    for (size_t i = common; i < longer->bytes; i++) {
        if (longer->text[i] != 0)
            return "length of text";
    }
    if (a->too_long != b->too_long)
        return "records too long";
    if (a->broken != b->broken)
        return "broken records";
    if (a->status != b->status)
        return "status";
    if (a->diagnostics.count != b->diagnostics.count)
        return "number of messages";
    return NULL;
}
