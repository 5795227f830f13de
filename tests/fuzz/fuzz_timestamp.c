/*
 * Any text as a time stamp: what is read lies in the range, and written back reads the same.
 */
#include "parsers/timestamp.h"

#include <assert.h>

#include "engine/base/civil.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    int64_t time_ns = 0, again_ns = 0;
    const struct slice text = slice_of((const char *)bytes, bytes_count);
    /* Where the order is told, one of the two is no date. */
    const struct timestamp_habits day_first = {.is_day_first = true};
    const bool is_day_first = timestamp_parse_as(text, &day_first, &time_ns) == TIMESTAMP_OK;
    assert(!is_day_first || timestamp_order(text) != TIMESTAMP_MONTH_FIRST);
    if (timestamp_parse(text, &time_ns) != TIMESTAMP_OK)
        return 0;
    assert(timestamp_order(text) != TIMESTAMP_DAY_FIRST);
    char written[CIVIL_TEXT_BYTES];
    const size_t written_bytes = civil_format(time_ns, written);
    const enum timestamp_result result =
        timestamp_parse(slice_of(written, written_bytes), &again_ns);
    /* A zone or a leap second can lead over the edge of the range, by a day at most. */
    assert(result == TIMESTAMP_OUT_OF_RANGE || (result == TIMESTAMP_OK && again_ns == time_ns));
    return 0;
}
