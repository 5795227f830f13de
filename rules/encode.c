#include "rules/encode.h"

#include "engine/base/utf8.h"

static size_t put_unit(char *to, unsigned unit, bool is_big)
{
    to[is_big] = (char)(unit & 0xff);
    to[!is_big] = (char)(unit >> 8);
    return 2;
}

struct slice encode_utf16(struct arena *arena, struct slice text, bool is_big, bool has_mark)
{
    char *const to = arena_take(arena, 2 * text.bytes + 3, 1);
    if (to == NULL)
        return (struct slice){0};
    size_t bytes = 0;
    if (has_mark)
        bytes += put_unit(to, 0xfeff, false);
    for (size_t at = 0; at < text.bytes;) {
        const struct utf8_character next = utf8_first(slice_from(text, at));
        uint32_t character = next.valid ? next.code : (unsigned char)text.start[at];
        at += next.valid ? next.bytes : 1;
        if (character > 0xffff) {
            bytes += put_unit(to + bytes, 0xd800 + ((character - 0x10000) >> 10), is_big);
            character = 0xdc00 + ((character - 0x10000) & 0x3ff);
        }
        bytes += put_unit(to + bytes, character, is_big);
    }
    return slice_of(to, bytes);
}

struct slice encode_base64(struct arena *arena, struct slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *const to = arena_take(arena, (bytes.bytes + 2) / 3 * 4 + 1, 1);
    if (to == NULL)
        return (struct slice){0};
    size_t written = 0;
    for (size_t i = 0; i < bytes.bytes; i += 3) {
        const size_t left = bytes.bytes - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.start[i] << 16;
        if (left > 1)
            group |= (uint32_t)(unsigned char)bytes.start[i + 1] << 8;
        if (left > 2)
            group |= (unsigned char)bytes.start[i + 2];
        to[written++] = digits[group >> 18];
        to[written++] = digits[group >> 12 & 63];
        to[written++] = left > 1 ? digits[group >> 6 & 63] : '=';
        to[written++] = left > 2 ? digits[group & 63] : '=';
    }
    return slice_of(to, written);
}

struct slice encode_base64_offset(struct arena *arena, struct slice bytes, unsigned offset)
{
    /* Characters that also hold bits of what stands before and after (pySigma's tables). */
    static const size_t cut_front[ENCODE_OFFSETS] = {0, 2, 3}, cut_back[ENCODE_OFFSETS] = {0, 3, 2};
    char *const shifted = arena_take(arena, bytes.bytes + offset + 1, 1);
    if (shifted == NULL)
        return (struct slice){0};
    memset(shifted, ' ', offset);
    memcpy(shifted + offset, bytes.start, bytes.bytes);
    const size_t count = bytes.bytes + offset;
    const struct slice whole = encode_base64(arena, slice_of(shifted, count));
    const size_t cut = cut_front[offset] + cut_back[count % 3];
    if (whole.start == NULL)
        return whole;
    return slice_of(whole.start + cut_front[offset], whole.bytes > cut ? whole.bytes - cut : 0);
}
