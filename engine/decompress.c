#include "engine/decompress.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

enum {
    RAW_BYTES = 256 * 1024, /* two of the longest compressed blocks (RFC 8878, section 3.1.1.2.4) */
    MAGIC_BYTES = 4,
    BLOCK_HEADER_BYTES = 3, /* RFC 8878, section 3.1.1.2 */
    FRAME_FIRST_BYTES = 5,  /* what ZSTD_initDStream asks for */
};

_Static_assert(RAW_BYTES >= 2 * (128 * 1024), "a compressed block fits whole");

/* What the bytes of a source are. */
enum form {
    FORM_UNKNOWN, /* too few bytes seen to tell */
    FORM_PLAIN,
    FORM_ZSTD,
    FORM_GZIP,
};

struct decompress {
    ZSTD_DCtx *zstd;
    struct feed *feed;
    enum form form;

    char *raw; /* RAW_BYTES bytes as they came, those from raw_start to raw_end not yet used */
    size_t raw_start, raw_end;

    uint64_t frame_offset; /* of the frame being read, in the source */
    bool is_in_frame;      /* false: the next byte, if any, begins one */
    bool is_full;          /* the last call filled its output: libzstd may hold more of it */
    size_t wanted;         /* bytes that libzstd would like to see next */

    enum decompress_result result; /* of this and every later read; DECOMPRESS_BYTES: go on */
    struct decompress_failure failure;
};

enum status decompress_create(struct decompress **out)
{
    struct decompress *const decompress = calloc(1, sizeof(*decompress));
    if (decompress == NULL)
        return STATUS_NO_MEMORY;
    decompress->raw = malloc(RAW_BYTES);
    decompress->zstd = ZSTD_createDCtx();
    if (decompress->raw == NULL || decompress->zstd == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(decompress->zstd, ZSTD_d_windowLogMax,
                                            DECOMPRESS_WINDOW_LOG_MAX))) {
        decompress_destroy(decompress);
        return STATUS_NO_MEMORY;
    }
    *out = decompress;
    return STATUS_OK;
}

void decompress_destroy(struct decompress *decompress)
{
    if (decompress == NULL)
        return;
    ZSTD_freeDCtx(decompress->zstd);
    free(decompress->raw);
    free(decompress);
}

void decompress_begin(struct decompress *decompress, struct feed *feed)
{
    decompress->feed = feed;
    decompress->form = FORM_UNKNOWN;
    decompress->raw_start = decompress->raw_end = 0;
    decompress->frame_offset = 0;
    decompress->is_in_frame = false;
    decompress->is_full = false;
    decompress->wanted = FRAME_FIRST_BYTES;
    decompress->result = DECOMPRESS_BYTES;
    (void)ZSTD_DCtx_reset(decompress->zstd, ZSTD_reset_session_only);
}

const struct decompress_failure *decompress_failure(const struct decompress *decompress)
{
    return &decompress->failure;
}

__attribute__((format(printf, 4, 5))) static void decompress_fail(struct decompress *decompress,
                                                                  enum status status,
                                                                  const char *code,
                                                                  const char *format, ...)
{
    decompress->result = DECOMPRESS_FAILED;
    decompress->failure.status = status;
    decompress->failure.code = code;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(decompress->failure.text, sizeof(decompress->failure.text), format, arguments);
    va_end(arguments);
}

/* ---- Raw bytes ---------------------------------------------------------------------------- */

static size_t raw_count(const struct decompress *decompress)
{
    return decompress->raw_end - decompress->raw_start;
}

/* The offset in the source of the next byte to be used. */
static unsigned long long raw_offset(const struct decompress *decompress)
{
    return decompress->feed->bytes_read - raw_count(decompress);
}

/* One read of the feed; false when nothing came, with the reason in `result`. */
static bool raw_read(struct decompress *decompress, char *to, size_t bytes, size_t *got)
{
    switch (feed_read(decompress->feed, to, bytes, got)) {
    case FEED_BYTES:
        return true;
    case FEED_END:
        decompress->result = DECOMPRESS_END;
        break;
    case FEED_STOPPED:
        decompress->result = DECOMPRESS_STOPPED;
        break;
    case FEED_FAILED:
        decompress_fail(decompress, STATUS_IO, "I121", "cannot read on at byte %llu: %s",
                        (unsigned long long)decompress->feed->bytes_read,
                        strerror(decompress->feed->error));
        break;
    }
    return false;
}

/* More raw bytes behind those already there. */
static bool raw_fill(struct decompress *decompress)
{
    if (decompress->raw_start > 0) {
        memmove(decompress->raw, decompress->raw + decompress->raw_start, raw_count(decompress));
        decompress->raw_end = raw_count(decompress);
        decompress->raw_start = 0;
    }
    size_t got;
    if (!raw_read(decompress, decompress->raw + decompress->raw_end,
                  RAW_BYTES - decompress->raw_end, &got))
        return false;
    decompress->raw_end += got;
    return true;
}

/* ---- What went wrong ---------------------------------------------------------------------- */

static void zstd_fail(struct decompress *decompress, size_t code)
{
    const char *const name = ZSTD_getErrorName(code);
    const unsigned long long frame = decompress->frame_offset;
    switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
        decompress_fail(decompress, STATUS_NO_MEMORY, "I123",
                        "no memory to decompress the zstd frame at byte %llu: %s", frame, name);
        break;
    case ZSTD_error_frameParameter_windowTooLarge:
        decompress_fail(decompress, STATUS_NO_INPUT, "I113",
                        "the zstd frame at byte %llu needs a window of more than %d MiB (%s); use "
                        "zstd -dc --long=31 | spraywatch",
                        frame, 1 << (DECOMPRESS_WINDOW_LOG_MAX - 20), name);
        break;
    default:
        decompress_fail(decompress, STATUS_DAMAGED, "I130",
                        "damaged zstd frame: at byte %llu, in the frame that begins at byte %llu: "
                        "%s; what came before is counted",
                        raw_offset(decompress), frame, name);
        break;
    }
}

/* The source has ended inside a frame. */
static void zstd_fail_short(struct decompress *decompress)
{
    decompress_fail(
        decompress, STATUS_DAMAGED, "I131",
        "cut off at byte %llu, inside the zstd frame that begins at byte %llu: %s; what "
        "came before is counted",
        (unsigned long long)decompress->feed->bytes_read,
        (unsigned long long)decompress->frame_offset,
        ZSTD_getErrorString(ZSTD_error_srcSize_wrong));
}

/* ---- What kind of bytes ------------------------------------------------------------------- */

/* RFC 8878, sections 3.1.1 (frames) and 3.1.2 (skippable frames). With fewer than four bytes:
 * whether they can be the beginning of such a number. */
static bool magic_is_zstd(const char *bytes, size_t count)
{
    static const unsigned char frame[MAGIC_BYTES] = {0x28, 0xb5, 0x2f, 0xfd};
    static const unsigned char skippable[MAGIC_BYTES] = {0x50, 0x2a, 0x4d, 0x18};
    const size_t compared = count < MAGIC_BYTES ? count : MAGIC_BYTES;
    if (compared == 0 || memcmp(bytes, frame, compared) == 0)
        return true;
    return ((unsigned char)bytes[0] & 0xf0) == skippable[0] &&
           memcmp(bytes + 1, skippable + 1, compared - 1) == 0;
}

/* RFC 1952, section 2.3.1. */
static bool magic_is_gzip(const char *bytes, size_t count)
{
    static const unsigned char gzip[] = {0x1f, 0x8b};
    return memcmp(bytes, gzip, count < sizeof(gzip) ? count : sizeof(gzip)) == 0;
}

/* `is_all`: no more bytes will come. Then two bytes of a magic number are enough, because no text
 * that we could read begins like that; a single one may be text. */
static enum form form_of(const char *bytes, size_t count, bool is_all)
{
    if (magic_is_gzip(bytes, count))
        return count >= 2 ? FORM_GZIP : is_all ? FORM_PLAIN : FORM_UNKNOWN;
    if (magic_is_zstd(bytes, count)) {
        if (count >= MAGIC_BYTES || (is_all && count >= 2))
            return FORM_ZSTD;
        return is_all ? FORM_PLAIN : FORM_UNKNOWN;
    }
    return FORM_PLAIN;
}

/* Reads until the first bytes tell the form. A source that ends or fails before has a form as well:
 * that of the bytes there are. */
static void form_find(struct decompress *decompress)
{
    while (decompress->form == FORM_UNKNOWN) {
        const bool has_more = raw_fill(decompress);
        if (!has_more && decompress->result == DECOMPRESS_STOPPED)
            return;
        decompress->form = form_of(decompress->raw, decompress->raw_end, !has_more);
    }
    if (decompress->form == FORM_GZIP)
        decompress_fail(decompress, STATUS_NO_INPUT, "I112",
                        "gzip is not read yet; use zcat | spraywatch");
    else if (decompress->form == FORM_ZSTD && decompress->result == DECOMPRESS_END)
        zstd_fail_short(decompress);
}

/* ---- Plain -------------------------------------------------------------------------------- */

/* The bytes that told the form are copied, all others are read straight to their place. */
static size_t plain_read(struct decompress *decompress, char *to, size_t bytes)
{
    size_t count = raw_count(decompress) < bytes ? raw_count(decompress) : bytes;
    memcpy(to, decompress->raw + decompress->raw_start, count);
    decompress->raw_start += count;

    while (count < bytes && decompress->result == DECOMPRESS_BYTES) {
        if (count > 0 && !feed_is_ready(decompress->feed))
            break;
        size_t got;
        if (raw_read(decompress, to + count, bytes - count, &got))
            count += got;
    }
    return count;
}

/* ---- zstd --------------------------------------------------------------------------------- */

/* Sees to it that the bytes at a frame's beginning are one. False when there is no further frame,
 * or it must be waited for although there is already something to give. */
static bool frame_begin(struct decompress *decompress, bool may_wait)
{
    while (raw_count(decompress) < MAGIC_BYTES) {
        if (!may_wait && !feed_is_ready(decompress->feed))
            return false;
        if (!raw_fill(decompress)) {
            if (decompress->result != DECOMPRESS_END)
                return false;
            break;
        }
    }
    decompress->frame_offset = raw_offset(decompress);
    const size_t count = raw_count(decompress);
    const bool is_magic = magic_is_zstd(decompress->raw + decompress->raw_start, count);
    if (is_magic && count >= MAGIC_BYTES) {
        decompress->is_in_frame = true;
        decompress->wanted = FRAME_FIRST_BYTES;
        return true;
    }
    if (decompress->result == DECOMPRESS_END && count > 0 && is_magic)
        zstd_fail_short(decompress);
    else if (!is_magic)
        decompress_fail(decompress, STATUS_DAMAGED, "I132",
                        "bytes that belong to no zstd frame follow at byte %llu: %s; what came "
                        "before is counted",
                        raw_offset(decompress), ZSTD_getErrorString(ZSTD_error_prefix_unknown));
    return false;
}

/* Hands libzstd the next piece. `wanted` counts the block and the header of the block behind it;
 * that header is held back for a call of its own, so that damage in it cannot take the block along.
 * For the same reason a call after full output brings no bytes: it only gives what was left. */
static void frame_step(struct decompress *decompress, ZSTD_outBuffer *out)
{
    size_t piece = decompress->wanted;
    if (piece > BLOCK_HEADER_BYTES)
        piece -= BLOCK_HEADER_BYTES;
    if (decompress->is_full)
        piece = 0;
    else if (piece > raw_count(decompress))
        piece = raw_count(decompress);

    ZSTD_inBuffer in = {.src = decompress->raw + decompress->raw_start, .size = piece};
    const size_t wanted = ZSTD_decompressStream(decompress->zstd, out, &in);
    if (ZSTD_isError(wanted)) {
        zstd_fail(decompress, wanted);
        return;
    }
    decompress->raw_start += in.pos;
    decompress->is_full = out->pos == out->size;
    decompress->wanted = wanted;
    if (wanted == 0) {
        decompress->is_in_frame = false;
        decompress->is_full = false;
    }
}

static size_t zstd_read(struct decompress *decompress, char *to, size_t bytes)
{
    ZSTD_outBuffer out = {.dst = to, .size = bytes};
    while (out.pos < out.size && decompress->result == DECOMPRESS_BYTES) {
        if (!decompress->is_in_frame && !frame_begin(decompress, out.pos == 0))
            break;
        if (!decompress->is_full && raw_count(decompress) == 0) {
            if (out.pos > 0 && !feed_is_ready(decompress->feed))
                break;
            if (!raw_fill(decompress)) {
                if (decompress->result == DECOMPRESS_END)
                    zstd_fail_short(decompress);
                break;
            }
        }
        frame_step(decompress, &out);
    }
    return out.pos;
}

enum decompress_result decompress_read(struct decompress *decompress, char *to, size_t bytes,
                                       size_t *got)
{
    assert(bytes > 0);
    if (decompress->form == FORM_UNKNOWN)
        form_find(decompress);

    size_t count = 0;
    if (decompress->form == FORM_PLAIN)
        count = plain_read(decompress, to, bytes);
    else if (decompress->form == FORM_ZSTD)
        count = zstd_read(decompress, to, bytes);
    if (count == 0)
        return decompress->result;
    *got = count;
    return DECOMPRESS_BYTES;
}
