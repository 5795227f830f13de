/*
 * Decompression: the text of one source, whether it comes compressed or plain.
 *
 * Wraps libzstd, and gzip through `engine/gunzip.h`. Which a source is follows from its first
 * bytes, never from its name. Memory is made once and used for one source after the other. Owned
 * and used by one thread.
 *
 * What comes out is a function of the source's bytes alone: not of how many bytes each read of the
 * feed gives, and not of how many are asked for at a time. That holds for damaged sources too, so
 * libzstd is handed exactly one piece of a frame at a time (a header or one compressed block): it
 * takes back everything a call has made when it meets damage later in that call.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/feed.h"

/* Of a frame's window, 128 MiB: what zstd(1) decompresses without being told, and the most memory
 * that hostile bytes can make us use. */
enum { DECOMPRESS_WINDOW_LOG_MAX = 27 };

struct decompress;

enum decompress_result {
    DECOMPRESS_BYTES,   /* at least one byte came */
    DECOMPRESS_END,     /* nothing more, ever */
    DECOMPRESS_STOPPED, /* the feed's stop flag is set */
    DECOMPRESS_FAILED,  /* `decompress_failure` says why; all that came before is good */
};

/* Why a source could not be read to its end. */
struct decompress_failure {
    enum status status; /* STATUS_DAMAGED, STATUS_NO_INPUT, STATUS_IO, STATUS_NO_MEMORY */
    const char *code;   /* of the diagnostic, static text */
    char text[256];     /* for a person, with the byte offset in the source as it is stored */
};

STATUS_CHECKED enum status decompress_create(struct decompress **out);
void decompress_destroy(struct decompress *decompress);

/* Begins a source. The feed is kept until the next begin. */
void decompress_begin(struct decompress *decompress, struct feed *feed);

/* Up to `bytes` (not 0) bytes of text. Goes on until they are full or the feed has nothing ready,
 * and waits only when there is nothing at all to give. After a result other than DECOMPRESS_BYTES
 * every further call gives the same. */
enum decompress_result decompress_read(struct decompress *decompress, char *to, size_t bytes,
                                       size_t *got);

/* How the source is compressed: "zstd", "gzip" or "none"; NULL until its first bytes are read. */
const char *decompress_form_name(const struct decompress *decompress);

/* Valid after DECOMPRESS_FAILED, until the next begin. */
const struct decompress_failure *decompress_failure(const struct decompress *decompress);
