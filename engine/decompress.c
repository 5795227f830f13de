#include "engine/decompress.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "engine/gunzip.h"

enum {
    RAW_BYTES = 256 * 1024, /* two of the longest compressed blocks (RFC 8878, section 3.1.1.2.4) */
    MAGIC_BYTES = 4,
    BLOCK_HEADER_BYTES = 3, /* RFC 8878, section 3.1.1.2 */
    FRAME_FIRST_BYTES = 5,  /* what ZSTD_initDStream asks for */
    GZIP_PIECE_BYTES = 16 * 1024,
    GZIP_TEXT_BYTES = 64 * 1024,
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
    struct gunzip *gunzip;
    struct feed *feed;
    enum form form;

    char *raw; /* RAW_BYTES bytes as they came, those from raw_start to raw_end not yet used */
    size_t raw_start, raw_end;

    uint64_t frame_offset; /* of the frame, or gzip member, being read, in the source */
    bool is_in_frame;      /* false: the next byte, if any, begins one */
    bool is_full;          /* the last call filled its output: the library may hold more of it */
    size_t wanted;         /* bytes that libzstd would like to see next */

    size_t piece_left;           /* of the piece of a gzip member that is being read */
    char *text;                  /* GZIP_TEXT_BYTES bytes of text; … */
    size_t text_start, text_end; /* … those from start to end have not been given */

    enum decompress_result result; /* of this and every later read; DECOMPRESS_BYTES: go on */
    struct decompress_failure failure;
};

enum status decompress_create(struct decompress **out)
{
    struct decompress *const decompress = calloc(1, sizeof(*decompress));
    if (decompress == NULL)
        return STATUS_NO_MEMORY;
    decompress->raw = malloc(RAW_BYTES);
    decompress->text = malloc(GZIP_TEXT_BYTES);
    decompress->zstd = ZSTD_createDCtx();
    if (gunzip_create(&decompress->gunzip) != STATUS_OK || decompress->raw == NULL ||
        decompress->text == NULL || decompress->zstd == NULL ||
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
    gunzip_destroy(decompress->gunzip);
    free(decompress->raw);
    free(decompress->text);
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
    decompress->piece_left = 0;
    decompress->text_start = decompress->text_end = 0;
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

const char *decompress_form_name(const struct decompress *decompress)
{
    static const char *const names[] = {
        [FORM_UNKNOWN] = NULL, [FORM_PLAIN] = "none", [FORM_ZSTD] = "zstd", [FORM_GZIP] = "gzip"};
    return names[decompress->form];
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
    if (decompress->form == FORM_ZSTD && decompress->result == DECOMPRESS_END)
        zstd_fail_short(decompress);
    if (decompress->form == FORM_GZIP && decompress->result == DECOMPRESS_END)
        decompress->result = DECOMPRESS_BYTES; /* the feed says so again */
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

/* ---- gzip --------------------------------------------------------------------------------- */

/*
 * ISA-L keeps back some text that it has made when it meets damage, and how much depends on how its
 * calls were made. So they are always made alike: pieces of GZIP_PIECE_BYTES from the member's
 * first byte on, into a buffer of GZIP_TEXT_BYTES that begins anew only when it was full.
 */

static void gzip_fail_short(struct decompress *decompress)
{
    decompress_fail(decompress, STATUS_DAMAGED, "I134",
                    "cut off at byte %llu, inside the gzip member that begins at byte %llu; what "
                    "came before is counted",
                    (unsigned long long)decompress->feed->bytes_read,
                    (unsigned long long)decompress->frame_offset);
}

/* Sees to it that `bytes` raw bytes are there, or all that will ever be. False when they must be
 * waited for and may not, or cannot be read. */
static bool gzip_need(struct decompress *decompress, size_t bytes, bool may_wait)
{
    while (raw_count(decompress) < bytes) {
        if (!may_wait && !feed_is_ready(decompress->feed))
            return false;
        if (raw_fill(decompress))
            continue;
        if (decompress->result != DECOMPRESS_END)
            return false;
        decompress->result = DECOMPRESS_BYTES; /* not before all of them are used */
        return true;
    }
    return true;
}

/* Zeros may fill up the space behind the last member, as on tapes; gzip(1) passes them over. */
static bool zeros_pass(struct decompress *decompress, bool may_wait)
{
    for (;;) {
        if (!gzip_need(decompress, 1, may_wait))
            return false;
        if (raw_count(decompress) == 0 || decompress->raw[decompress->raw_start] != 0)
            return true;
        while (raw_count(decompress) > 0 && decompress->raw[decompress->raw_start] == 0)
            decompress->raw_start++;
    }
}

/* As `frame_begin`, for a member. */
static bool member_begin(struct decompress *decompress, bool may_wait)
{
    enum { MEMBER_MAGIC_BYTES = 2 };
    if (!zeros_pass(decompress, may_wait) || !gzip_need(decompress, MEMBER_MAGIC_BYTES, may_wait))
        return false;
    const size_t count = raw_count(decompress);
    decompress->frame_offset = raw_offset(decompress);
    if (count == 0) {
        decompress->result = DECOMPRESS_END;
    } else if (!magic_is_gzip(decompress->raw + decompress->raw_start, count)) {
        decompress_fail(decompress, STATUS_DAMAGED, "I135",
                        "bytes that belong to no gzip member follow at byte %llu; what came before "
                        "is counted",
                        raw_offset(decompress));
    } else if (count < MEMBER_MAGIC_BYTES) {
        gzip_fail_short(decompress);
    } else {
        gunzip_begin(decompress->gunzip);
        decompress->is_in_frame = true;
        decompress->is_full = false;
        decompress->piece_left = 0;
        return true;
    }
    return false;
}

static void member_step(struct decompress *decompress)
{
    size_t used, made;
    const char *reason;
    const size_t room = GZIP_TEXT_BYTES - decompress->text_end;
    switch (gunzip_step(decompress->gunzip, decompress->raw + decompress->raw_start,
                        decompress->piece_left, &used, decompress->text + decompress->text_end,
                        room, &made, &reason)) {
    case GUNZIP_GOES_ON:
        break;
    case GUNZIP_MEMBER_END:
        decompress->is_in_frame = false;
        break;
    case GUNZIP_DAMAGED:
        decompress_fail(decompress, STATUS_DAMAGED, "I133",
                        "damaged gzip member that begins at byte %llu: %s; what came before is "
                        "counted",
                        (unsigned long long)decompress->frame_offset, reason);
        break;
    }
    decompress->raw_start += used;
    decompress->piece_left -= used;
    decompress->text_end += made;
    decompress->is_full = made == room;
}

/* One step on; false when there is none, or it must be waited for and may not. */
static bool gzip_advance(struct decompress *decompress, bool may_wait)
{
    if (decompress->text_end == GZIP_TEXT_BYTES)
        decompress->text_start = decompress->text_end = 0;
    if (!decompress->is_in_frame && !member_begin(decompress, may_wait))
        return false;
    if (decompress->piece_left == 0 && !decompress->is_full) {
        if (!gzip_need(decompress, GZIP_PIECE_BYTES, may_wait))
            return false;
        const size_t count = raw_count(decompress);
        if (count == 0) {
            gzip_fail_short(decompress);
            return false;
        }
        decompress->piece_left = count < GZIP_PIECE_BYTES ? count : GZIP_PIECE_BYTES;
    }
    member_step(decompress);
    return true;
}

static size_t gzip_read(struct decompress *decompress, char *to, size_t bytes)
{
    size_t count = 0;
    while (count < bytes) {
        const size_t ready = decompress->text_end - decompress->text_start;
        const size_t given = ready < bytes - count ? ready : bytes - count;
        memcpy(to + count, decompress->text + decompress->text_start, given);
        decompress->text_start += given;
        count += given;
        if (given == 0 &&
            (decompress->result != DECOMPRESS_BYTES || !gzip_advance(decompress, count == 0)))
            break;
    }
    return count;
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
    else if (decompress->form == FORM_GZIP)
        count = gzip_read(decompress, to, bytes);
    if (count == 0)
        return decompress->result;
    *got = count;
    return DECOMPRESS_BYTES;
}
