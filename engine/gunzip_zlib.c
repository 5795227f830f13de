#include "engine/gunzip.h"

#include <stdint.h>
#include <stdlib.h>

#include <zlib.h>

/* A window of 32 KiB, and 16 for "a gzip header and trailer" (zlib.h, inflateInit2). */
enum { WINDOW_BITS_GZIP = 15 + 16 };

struct gunzip {
    z_stream stream;
};

enum status gunzip_create(struct gunzip **out)
{
    struct gunzip *const gunzip = calloc(1, sizeof(*gunzip));
    if (gunzip == NULL)
        return STATUS_NO_MEMORY;
    if (inflateInit2(&gunzip->stream, WINDOW_BITS_GZIP) != Z_OK) {
        free(gunzip);
        return STATUS_NO_MEMORY;
    }
    *out = gunzip;
    return STATUS_OK;
}

void gunzip_destroy(struct gunzip *gunzip)
{
    if (gunzip == NULL)
        return;
    (void)inflateEnd(&gunzip->stream);
    free(gunzip);
}

void gunzip_begin(struct gunzip *gunzip)
{
    (void)inflateReset(&gunzip->stream);
}

enum gunzip_result gunzip_step(struct gunzip *gunzip, const char *from, size_t from_bytes,
                               size_t *used, char *to, size_t to_bytes, size_t *made,
                               const char **reason)
{
    z_stream *const stream = &gunzip->stream;
    const uInt in = from_bytes < UINT32_MAX ? (uInt)from_bytes : UINT32_MAX;
    const uInt room = to_bytes < UINT32_MAX ? (uInt)to_bytes : UINT32_MAX;
    stream->next_in = (Bytef *)(uintptr_t)from; /* only read */
    stream->avail_in = in;
    stream->next_out = (Bytef *)to;
    stream->avail_out = room;
    const int result = inflate(stream, Z_NO_FLUSH);
    *used = in - stream->avail_in;
    *made = room - stream->avail_out;
    if (result == Z_STREAM_END)
        return GUNZIP_MEMBER_END;
    if (result == Z_OK || result == Z_BUF_ERROR)
        return GUNZIP_GOES_ON;
    *reason = stream->msg != NULL ? stream->msg : "damaged data";
    return GUNZIP_DAMAGED;
}

const char *gunzip_library(void)
{
    return "zlib";
}
