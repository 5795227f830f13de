/*
 * Any bytes as syslog, as lines and as frames. Splitting them must not depend on the division into
 * calls, nothing may be read that is not there, and what is given is part of the text.
 *
 * The first byte chooses: bit 0 a short line limit, bit 1 frames, the rest how many bytes the
 * splitter is given at a time.
 */
#include "tests/support/syslog_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count == 0)
        return 0;
    const uint8_t choice = bytes[0];
    const struct slice text = slice_of((const char *)bytes + 1, bytes_count - 1);
    struct syslog_paths *const paths = syslog_test_paths();
    struct syslog_way way = {
        .paths = paths,
        .view = {.layout = choice & 2 ? LAYOUT_SYSLOG_FRAMES : LAYOUT_SYSLOG_LINES},
        .line_bytes_max = choice & 1 ? 64 : 1 << 20,
    };
    (void)syslog_first_date(text, &way.view.date);
    if (way.view.date.year == 0)
        way.view.date.year = 2023;
    struct syslog_dump whole = {0}, divided = {0};
    syslog_read_text(&way, text, text.bytes + 1, &whole);
    syslog_read_text(&way, text, 1 + (size_t)(choice >> 2), &divided);
    assert(whole.bytes == divided.bytes);
    assert(whole.bytes == 0 || memcmp(whole.text, divided.text, whole.bytes) == 0);
    assert(whole.newlines == divided.newlines && whole.records == divided.records);
    assert(whole.too_long == divided.too_long && whole.broken == divided.broken);
    syslog_dump_deinit(&whole);
    syslog_dump_deinit(&divided);
    syslog_paths_destroy(paths);
    return 0;
}
