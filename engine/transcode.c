#include "engine/transcode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/utf8.h"

enum {
    FORM_BYTES = 4, /* two characters tell UTF-16 without a mark */
    WIDE_BYTES = 32 * 1024,
    /* A unit of two bytes becomes three at most, and one may have been kept from before. */
    TEXT_BYTES = WIDE_BYTES / 2 * 3 + 8,
};

enum form { FORM_UNKNOWN, FORM_PLAIN, FORM_LITTLE_ENDIAN, FORM_BIG_ENDIAN };

struct transcode {
    struct decompress *decompress;
    enum form form;
    enum decompress_result result; /* of this and every later read; DECOMPRESS_BYTES: go on */
    char wide[WIDE_BYTES];         /* as it came; `wide_bytes` of it are not used yet */
    size_t wide_bytes;
    uint16_t high;         /* the first half of a surrogate pair; 0: none waits */
    char text[TEXT_BYTES]; /* those from start to end have not been given */
    size_t text_start, text_end;
};

enum status transcode_create(struct transcode **out)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

void transcode_destroy(struct transcode *transcode)
{
    free(transcode);
}

void transcode_begin(struct transcode *transcode, struct decompress *decompress)
{
    transcode->decompress = decompress;
    transcode->form = FORM_UNKNOWN;
    transcode->result = DECOMPRESS_BYTES;
    transcode->wide_bytes = 0;
    transcode->high = 0;
    transcode->text_start = transcode->text_end = 0;
}

/* Reads on behind what is there already; false when nothing came, with the reason in `result`. */
static bool wide_fill(struct transcode *transcode)
{
    size_t got;
    const enum decompress_result result =
        decompress_read(transcode->decompress, transcode->wide + transcode->wide_bytes,
                        WIDE_BYTES - transcode->wide_bytes, &got);
    if (result != DECOMPRESS_BYTES) {
        transcode->result = result;
        return false;
    }
    transcode->wide_bytes += got;
    return true;
}

/* ---- Which form ---------------------------------------------------------------------------- */

static bool is_ascii(char byte)
{
    return byte > 0;
}

static enum form form_of(const char *head, size_t bytes)
{
    if (bytes >= 2 && memcmp(head, "\xff\xfe", 2) == 0)
        return FORM_LITTLE_ENDIAN;
    if (bytes >= 2 && memcmp(head, "\xfe\xff", 2) == 0)
        return FORM_BIG_ENDIAN;
    if (bytes < FORM_BYTES)
        return FORM_PLAIN;
    if (is_ascii(head[0]) && head[1] == 0 && is_ascii(head[2]) && head[3] == 0)
        return FORM_LITTLE_ENDIAN;
    if (head[0] == 0 && is_ascii(head[1]) && head[2] == 0 && is_ascii(head[3]))
        return FORM_BIG_ENDIAN;
    return FORM_PLAIN;
}

/* Whether these first bytes, fewer than FORM_BYTES, may still turn out to be UTF-16. */
static bool may_be_wide(const char *head, size_t bytes)
{
    const unsigned char first = (unsigned char)head[0];
    if (bytes == 1)
        return first < 0x80 || first >= 0xfe;
    return (head[0] == 0) != (head[1] == 0);
}

const char *transcode_form_name(const struct transcode *transcode)
{
    static const char *const names[] = {
        [FORM_UNKNOWN] = NULL,
        [FORM_PLAIN] = "utf-8",
        [FORM_LITTLE_ENDIAN] = "utf-16le",
        [FORM_BIG_ENDIAN] = "utf-16be",
    };
    return names[transcode->form];
}

static void form_find(struct transcode *transcode)
{
    while (transcode->form == FORM_UNKNOWN) {
        const size_t bytes = transcode->wide_bytes;
        const bool is_enough = bytes >= FORM_BYTES ||
                               (bytes > 0 && !may_be_wide(transcode->wide, bytes)) ||
                               (bytes >= 2 && form_of(transcode->wide, bytes) != FORM_PLAIN);
        if (is_enough || !wide_fill(transcode)) {
            if (!is_enough && transcode->result == DECOMPRESS_STOPPED)
                return;
            transcode->form = form_of(transcode->wide, transcode->wide_bytes);
        }
    }
}

/* ---- Converting ---------------------------------------------------------------------------- */

static void text_put(struct transcode *transcode, uint32_t code)
{
    transcode->text_end += utf8_encode(code, transcode->text + transcode->text_end);
}

/* RFC 2781, section 2.2. */
static void unit_put(struct transcode *transcode, uint16_t unit)
{
    const uint16_t high = transcode->high;
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    transcode->high = 0;
    if (high != 0 && is_low) {
        text_put(transcode, 0x10000 + ((uint32_t)(high & 0x3ff) << 10 | (unit & 0x3ff)));
        return;
    }
    if (high != 0)
        text_put(transcode, UTF8_REPLACEMENT);
    if (unit >= 0xd800 && unit < 0xdc00)
        transcode->high = unit;
    else
        text_put(transcode, is_low ? UTF8_REPLACEMENT : unit);
}

static void wide_convert(struct transcode *transcode)
{
    const bool is_little = transcode->form == FORM_LITTLE_ENDIAN;
    const size_t whole = transcode->wide_bytes & ~(size_t)1;
    for (size_t i = 0; i < whole; i += 2) {
        const unsigned first = (unsigned char)transcode->wide[i];
        const unsigned second = (unsigned char)transcode->wide[i + 1];
        unit_put(transcode, (uint16_t)(is_little ? first | second << 8 : first << 8 | second));
    }
    if (whole < transcode->wide_bytes) /* an odd byte waits for its other half */
        transcode->wide[0] = transcode->wide[whole];
    transcode->wide_bytes -= whole;
}

/* Nothing follows what was cut in the middle of a character. */
static void wide_end(struct transcode *transcode)
{
    if (transcode->high != 0 || transcode->wide_bytes > 0)
        text_put(transcode, UTF8_REPLACEMENT);
    transcode->high = 0;
    transcode->wide_bytes = 0;
}

static size_t wide_read(struct transcode *transcode, char *to, size_t bytes)
{
    if (transcode->text_start == transcode->text_end) {
        transcode->text_start = transcode->text_end = 0;
        /* What showed the form is there already. A single byte is half a character. */
        if (transcode->wide_bytes < 2 && transcode->result == DECOMPRESS_BYTES)
            (void)wide_fill(transcode);
        wide_convert(transcode);
        if (transcode->result != DECOMPRESS_BYTES && transcode->result != DECOMPRESS_STOPPED)
            wide_end(transcode);
    }
    const size_t ready = transcode->text_end - transcode->text_start;
    const size_t given = ready < bytes ? ready : bytes;
    memcpy(to, transcode->text + transcode->text_start, given);
    transcode->text_start += given;
    return given;
}

/* The bytes that showed the form are copied, all others are read straight to their place. */
static size_t plain_read(struct transcode *transcode, char *to, size_t bytes)
{
    const size_t given = transcode->wide_bytes < bytes ? transcode->wide_bytes : bytes;
    memcpy(to, transcode->wide, given);
    memmove(transcode->wide, transcode->wide + given, transcode->wide_bytes - given);
    transcode->wide_bytes -= given;
    size_t got = 0;
    if (given > 0 || transcode->result != DECOMPRESS_BYTES)
        return given;
    const enum decompress_result result = decompress_read(transcode->decompress, to, bytes, &got);
    if (result != DECOMPRESS_BYTES)
        transcode->result = result;
    return got;
}

enum decompress_result transcode_read(struct transcode *transcode, char *to, size_t bytes,
                                      size_t *got)
{
    if (transcode->form == FORM_UNKNOWN)
        form_find(transcode);
    size_t count = 0;
    if (transcode->form == FORM_PLAIN) {
        count = plain_read(transcode, to, bytes);
    } else if (transcode->form != FORM_UNKNOWN) {
        do {
            count = wide_read(transcode, to, bytes);
        } while (count == 0 && (transcode->result == DECOMPRESS_BYTES ||
                                transcode->text_start < transcode->text_end));
    }
    if (count == 0)
        return transcode->result;
    *got = count;
    return DECOMPRESS_BYTES;
}
