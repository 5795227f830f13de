#include "engine/printed.h"

#include <errno.h>
#include <stdio.h>

#include "engine/base/json_write.h"
#include "engine/base/utf8.h"

void printed_quote(struct slice text, size_t bytes_max)
{
    const bool is_cut = text.bytes > bytes_max;
    struct json_write json;
    json_write_init(&json);
    json_write_string(&json, is_cut ? utf8_cut(text, bytes_max) : text);
    const struct slice quoted = json_write_text(&json);
    fwrite(quoted.start, 1, quoted.bytes, stdout);
    json_write_deinit(&json);
    if (is_cut)
        fputs("...", stdout);
}

void printed_column(struct slice text, size_t width, size_t bytes_max)
{
    const bool is_cut = text.bytes > bytes_max;
    struct json_write json;
    json_write_init(&json);
    json_write_string(&json, is_cut ? utf8_cut(text, bytes_max) : text);
    const struct slice quoted = json_write_text(&json);
    const struct slice inner =
        quoted.bytes >= 2 ? slice_of(quoted.start + 1, quoted.bytes - 2) : SLICE("");
    size_t columns = is_cut ? 3 : 0;
    for (size_t i = 0; i < inner.bytes; i++)
        columns += (inner.start[i] & 0xc0) != 0x80; /* bytes that begin a character */
    fwrite(inner.start, 1, inner.bytes, stdout);
    fputs(is_cut ? "..." : "", stdout);
    if (width > 0)
        printf("%*s", (int)(columns < width ? width - columns + 1 : 1), "");
    json_write_deinit(&json);
}

void printed_share(uint64_t share, uint64_t all)
{
    const double percent = all > 0 ? 100.0 * (double)share / (double)all : 0;
    if (share == all || share == 0)
        printf("%.0f %%", percent);
    else
        printf("%.1f %%", percent < 0.1 ? 0.1 : percent > 99.9 ? 99.9 : percent);
}

bool printed_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fprintf(stderr, "spraywatch: cannot write: %s\n", strerror(errno));
    return false;
}
