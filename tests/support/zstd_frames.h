/*
 * zstd frames for tests, made at run time. The one place outside `engine/decompress.c` that
 * includes libzstd's header.
 *
 * All functions append to a stream and stop the program when there is no memory: a test cannot go
 * on then. Compressed frames carry a checksum, so that any change of them can be noticed.
 */
#pragma once

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

/* One frame holding `text`, in blocks of at most `block_bytes` of it (0: as libzstd likes). */
static inline void zstd_write_frame(FILE *to, const char *text, size_t bytes, size_t block_bytes)
{
    ZSTD_CCtx *const zstd = ZSTD_createCCtx();
    const size_t capacity = ZSTD_compressBound(bytes) + 64 * (bytes + 1);
    char *const frame = malloc(capacity);
    assert(zstd != NULL && frame != NULL);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);

    ZSTD_outBuffer out = {.dst = frame, .size = capacity};
    size_t left = 1;
    for (size_t at = 0; block_bytes > 0 && at + block_bytes < bytes; at += block_bytes) {
        ZSTD_inBuffer in = {.src = text + at, .size = block_bytes};
        left = ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_flush);
        assert(left == 0);
    }
    const size_t done = block_bytes > 0 && bytes > 0 ? (bytes - 1) / block_bytes * block_bytes : 0;
    ZSTD_inBuffer in = {.src = text + done, .size = bytes - done};
    left = ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end);
    assert(left == 0);

    fwrite(frame, 1, out.pos, to);
    free(frame);
    ZSTD_freeCCtx(zstd);
}

static inline void zstd_write_number(FILE *to, uint32_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        fputc((int)(number >> (8 * i) & 0xff), to);
}

/* A skippable frame (RFC 8878, section 3.1.2). */
static inline void zstd_write_skippable(FILE *to, unsigned kind, const char *text, size_t bytes)
{
    zstd_write_number(to, UINT32_C(0x184D2A50) + (kind & 15), 4);
    zstd_write_number(to, (uint32_t)bytes, 4);
    fwrite(text, 1, bytes, to);
}

/* A frame with one uncompressed block, saying that it needs a window of 2^window_log bytes (RFC
 * 8878, section 3.1.1): made by hand, because libzstd would really use that much memory. */
static inline void zstd_write_window(FILE *to, const char *text, size_t bytes, unsigned window_log)
{
    zstd_write_number(to, UINT32_C(0xFD2FB528), 4);
    fputc(0, to);
    fputc((int)((window_log - 10) << 3), to);
    zstd_write_number(to, (uint32_t)(bytes << 3 | 1), 3);
    fwrite(text, 1, bytes, to);
}
