/*
 * Input: paths or standard input, plain, zstd or gzip, as numbered blocks of whole records.
 *
 * Owned and used by one thread. It knows nothing of fields: it reads bytes, decompresses them,
 * makes UTF-8 of UTF-16, finds the layout of each source and whose records it holds from its first
 * bytes, and cuts at record boundaries (`parsers/format.h`). What a source holds before it turns
 * out damaged still counts.
 *
 * The records, their offsets and lines, the counts and the messages depend on the bytes alone: not
 * on block_bytes, on compression, or on how many bytes each read gives (lines that are too long are
 * counted here or by their reader, so their two counts belong together). Therefore the layout,
 * and with it the schema, is that of the first line if that is a whole record, and otherwise that
 * of the first 64 KiB, which are waited for.
 *
 * What goes wrong with a source, and what it makes of `input_status`:
 *
 * | code | what                                                            | status           |
 * | I101 | cannot be opened                                                | STATUS_NO_INPUT  |
 * | I102 | a directory cannot be read                                      | STATUS_NO_INPUT  |
 * | I103 | below a directory: a link to nothing, passed over               | a warning        |
 * | I104 | a directory without files                                       | a warning        |
 * | I113 | a zstd window of more than 128 MiB                              | STATUS_NO_INPUT  |
 * | I114 | begins like no known log                                          | STATUS_NO_INPUT  |
 * | I117 | its times have no year, and it was found from the file's time   | a warning        |
 * | I121 | a read failed                                                   | STATUS_IO        |
 * | I123 | no memory to decompress                                         | STATUS_NO_MEMORY |
 * | I130 | a zstd frame is damaged                                         | STATUS_DAMAGED   |
 * | I131 | … is cut off                                                    | STATUS_DAMAGED   |
 * | I132 | bytes that belong to no frame follow one                        | STATUS_DAMAGED   |
 * | I133 | a gzip member is damaged                                        | STATUS_DAMAGED   |
 * | I134 | … is cut off                                                    | STATUS_DAMAGED   |
 * | I135 | bytes that belong to no member follow one                       | STATUS_DAMAGED   |
 */
#pragma once

#include <signal.h>

#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/spine.h"
#include "parsers/schema_set.h"

struct input_options {
    const char *const *paths;         /* files, directories (walked in name order), "-" for stdin */
    size_t paths_count;               /* 0: standard input */
    size_t block_bytes;               /* 0: LIMIT_BLOCK_BYTES */
    size_t line_bytes_max;            /* 0: LIMIT_LINE_BYTES */
    const struct schema_set *schemas; /* lent; NULL: whose records these are is not asked */
    bool is_schema_forced;            /* with `schemas`: all sources are read by … */
    uint8_t schema;                   /* … this one */
    const struct zone *zone;          /* lent; of times that name none; NULL: UTC */
    int32_t year; /* in which sources without years begin; 0: found from when they were written */
    const volatile sig_atomic_t *stop; /* set by a signal handler: end at the next block; or NULL */
};

struct input;

enum input_result {
    INPUT_BLOCK, /* the block holds something */
    INPUT_END,   /* nothing more, ever */
};

/* Opens nothing yet but walks directories, so that a missing path is known before work starts:
 * STATUS_NO_INPUT with a message in `diagnostics` for each. */
STATUS_CHECKED enum status input_create(struct input **out, const struct input_options *options,
                                        struct diagnostics *diagnostics);
void input_destroy(struct input *input);

/* Fills `block` (its text and capacity are the caller's, made by `input_block_init`). Waits for
 * data on a pipe only when it has none at all to give, so a line written to us does not wait for
 * more; while more is there already, the block is filled. Problems with a source (unreadable,
 * damaged) are added to the diagnostics given at creation and kept in `input_status`; the other
 * sources are still read.
 *
 * A block without text tells what was dropped behind the last record of its source. The line of a
 * record is one more than the line ends before it: those in its source's blocks, and those they say
 * were skipped. When `stop` is set, what was read of an unfinished record is forgotten and counts
 * as nothing: it is not broken, we just did not wait for its end. */
enum input_result input_next(struct input *input, struct block *block);

/* Memory for one block: address space for the longest record, touched only where used. */
STATUS_CHECKED enum status input_block_init(struct block *block, const struct input *input);
void input_block_deinit(struct block *block);

/* STATUS_OK, or the most serious thing that went wrong so far, from the least to the most:
 * STATUS_DAMAGED, STATUS_NO_INPUT, STATUS_IO, STATUS_NO_MEMORY. */
enum status input_status(const struct input *input);

size_t input_sources_count(const struct input *input);
const char *input_source_path(const struct input *input, size_t source); /* "-" for stdin */

/* How a source is stored; constant texts, NULL while nothing of it has been read. */
struct input_form {
    const char *compression; /* "none", "gzip", "zstd" */
    const char *encoding;    /* "utf-8", "utf-16le", "utf-16be" */
    bool has_mark;           /* a byte order mark stands in front */
};
struct input_form input_source_form(const struct input *input, size_t source);

struct input_counters {
    uint64_t bytes_read; /* as they came: compressed when compressed */
    uint64_t bytes_text; /* decompressed */
    uint64_t blocks;
    uint64_t records_too_long; /* dropped by the splitter; also in the blocks */
    uint64_t records_broken;
};
struct input_counters input_counters(const struct input *input);
