#include "parsers/syslog.h"

#include "parsers/syslog_line.h"

enum { DETECT_LINES_MAX = 32 }; /* what is no syslog may stand before the first line that is */

/* ---- The head of a source ------------------------------------------------------------------ */

static struct slice take_line(struct slice *text)
{
    const struct slice line = slice_of(text->start, slice_find(*text, '\n'));
    *text = slice_from(*text, line.bytes + 1);
    return line;
}

bool syslog_detect_layout(struct slice head, enum layout *layout)
{
    struct syslog_frame frame;
    struct syslog_line line;
    const bool has_frames = syslog_frame_read(head, &frame) == SYSLOG_FRAME;
    struct slice rest = has_frames ? slice_from(head, frame.front) : head;
    for (unsigned i = 0; i < DETECT_LINES_MAX && rest.bytes > 0; i++) {
        syslog_line_read(take_line(&rest), &line);
        if (line.time.kind == SYSLOG_TIME_NONE &&
            (line.message.bytes == 0 || slice_starts_with(line.message, SLICE("{"))))
            continue; /* objects may stand among lines, but do not make lines of a source */
        *layout = has_frames ? LAYOUT_SYSLOG_FRAMES : LAYOUT_SYSLOG_LINES;
        return true;
    }
    return false;
}

bool syslog_first_date(struct slice head, struct source_date *date)
{
    struct syslog_frame frame;
    struct syslog_line line;
    if (syslog_frame_read(head, &frame) == SYSLOG_FRAME)
        head = slice_from(head, frame.front);
    while (head.bytes > 0) {
        syslog_line_read(take_line(&head), &line);
        if (line.time.kind == SYSLOG_TIME_NONE || line.time.month - 1 > 11 ||
            line.time.day - 1 > 30)
            continue;
        *date = (struct source_date){
            .year = line.time.year,
            .month = (uint8_t)line.time.month,
            .day = (uint8_t)line.time.day,
        };
        return true;
    }
    return false;
}

/* ---- Splitting ----------------------------------------------------------------------------- */

void syslog_split_init(struct syslog_split *split, enum layout layout, size_t line_bytes_max)
{
    *split = (struct syslog_split){
        .has_frames = layout == LAYOUT_SYSLOG_FRAMES,
        .line_bytes_max = line_bytes_max,
    };
}

/* Bytes of whole lines at the front; 0: none. */
static size_t lines_bytes(const struct syslog_split *split, struct slice text, bool at_end)
{
    if (at_end)
        return text.bytes;
    const struct slice fresh = slice_from(text, split->scanned);
    const char *const end = fresh.bytes > 0 ? memrchr(fresh.start, '\n', fresh.bytes) : NULL;
    return end != NULL ? (size_t)(end + 1 - text.start) : 0;
}

/* Drops what follows of a line that is too long, up to its line end. It counts when it begins. */
static struct record_cut drop_line(struct syslog_split *split, struct slice text, bool at_end)
{
    const size_t bytes = slice_find(text, '\n');
    const bool is_ended = bytes < text.bytes, is_first = !split->in_long;
    split->in_long = !is_ended && !at_end;
    return (struct record_cut){
        .skip = bytes + is_ended,
        .newlines_skipped = is_ended,
        .records_too_long = is_first,
    };
}

static struct record_cut split_lines(struct syslog_split *split, struct slice text, bool at_end)
{
    const size_t bytes = lines_bytes(split, text, at_end);
    split->scanned = 0;
    if (bytes > 0)
        return (struct record_cut){.bytes = bytes};
    if (text.bytes > split->line_bytes_max)
        return drop_line(split, text, at_end);
    split->scanned = text.bytes;
    return (struct record_cut){0};
}

/* Drops what follows of a frame that is too long. */
static struct record_cut drop_frame(struct syslog_split *split, struct slice text, bool is_first)
{
    const size_t bytes = split->frame_bytes < text.bytes ? (size_t)split->frame_bytes : text.bytes;
    struct record_cut cut = {.skip = bytes, .records_too_long = is_first};
    for (size_t at = 0; (at += slice_find(slice_of(text.start + at, bytes - at), '\n')) < bytes;
         at++)
        cut.newlines_skipped++;
    split->frame_bytes -= bytes;
    return cut;
}

/* The next frame or line: its bytes; 0: more are needed to tell; more than there are: too long. */
static uint64_t next_bytes(const struct syslog_split *split, struct slice text, bool at_end)
{
    struct syslog_frame frame;
    const enum syslog_frame_result result = syslog_frame_read(text, &frame);
    if (result == SYSLOG_FRAME_MAYBE && !at_end)
        return 0;
    if (result == SYSLOG_FRAME && frame.bytes > split->line_bytes_max)
        return frame.bytes;
    if (result == SYSLOG_FRAME && frame.bytes <= text.bytes)
        return frame.bytes;
    if (result == SYSLOG_FRAME && !at_end)
        return 0;
    const size_t bytes = slice_find(text, '\n');
    if (bytes < text.bytes)
        return bytes + 1;
    return at_end ? text.bytes : 0;
}

static bool is_long_frame(const struct syslog_split *split, struct slice text)
{
    struct syslog_frame frame;
    return syslog_frame_read(text, &frame) == SYSLOG_FRAME && frame.bytes > split->line_bytes_max;
}

static struct record_cut split_frames(struct syslog_split *split, struct slice text, bool at_end)
{
    struct record_cut cut = {0};
    while (cut.bytes < text.bytes) {
        const struct slice rest = slice_from(text, cut.bytes);
        if (is_long_frame(split, rest))
            break;
        const uint64_t bytes = next_bytes(split, rest, at_end);
        if (bytes == 0)
            break;
        cut.bytes += (size_t)bytes;
    }
    if (cut.bytes > 0 || text.bytes == 0)
        return cut;
    if (is_long_frame(split, text)) {
        struct syslog_frame frame;
        (void)syslog_frame_read(text, &frame);
        split->frame_bytes = frame.bytes;
        return drop_frame(split, text, true);
    }
    return text.bytes > split->line_bytes_max ? drop_line(split, text, at_end) : cut;
}

struct record_cut syslog_split_next(struct syslog_split *split, struct slice text, bool at_end)
{
    if (text.bytes == 0)
        return (struct record_cut){0};
    if (split->in_long)
        return drop_line(split, text, at_end);
    if (split->frame_bytes > 0)
        return drop_frame(split, text, false);
    return split->has_frames ? split_frames(split, text, at_end) : split_lines(split, text, at_end);
}
