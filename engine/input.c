#include "engine/input.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "engine/decompress.h"
#include "engine/feed.h"
#include "engine/sources.h"
#include "engine/transcode.h"
#include "parsers/format.h"

/*
 * How bytes move. A source is read straight into the block that is to be given out. Whole records
 * at its front are left where they are; what follows them, on average half a record, is kept in the
 * `rest`, and the next block begins with a copy of it. Damaged text makes the splitter stop within
 * a block; then the rest holds further whole records, which are copied out of it piece by piece. So
 * no byte is moved more than a few times, whatever is in the text.
 */

enum {
    HEAD_BYTES = 64 * 1024, /* enough for format_detect */
    SHOWN_BYTES = 16,       /* of a source that is no JSON, in the message */
};

/* What the splitter has dropped since the last record. */
struct dropped {
    uint64_t newlines;
    uint64_t records_too_long;
    uint64_t records_broken;
};

/* A view of the sources that begin alike. The newest stands first. */
struct view_node {
    struct source_view view;
    struct view_node *next;
    char header[]; /* with LIMIT_VECTOR_PADDING bytes behind */
};

/* The source being read. */
struct source_reading {
    bool is_open;
    bool is_at_end; /* nothing follows what has been read */
    bool is_layout_known;
    bool is_mark_passed;            /* the place where a byte order mark can be lies behind us */
    bool is_line_tried;             /* the first line alone did not show the layout */
    bool is_refused;                /* not to be read any further */
    uint32_t source;                /* index of the source */
    const struct source_view *view; /* once the layout is known */
    struct feed feed;
    struct format_split split;
    uint64_t offset; /* of the first byte the splitter has not taken, in the decompressed source */
    struct dropped dropped; /* since the last record that was given out */
    bool is_rest_uncut;     /* the rest may hold whole records */
    size_t ready_bytes; /* whole records at the front of the rest, taken by the splitter already */
};

struct input {
    size_t block_bytes;
    size_t line_bytes_max;
    size_t capacity; /* of a block and of the rest */
    const volatile sig_atomic_t *stop;
    const struct schema_set *schemas;
    uint8_t schema_forced; /* SCHEMA_NONE: found from the bytes */
    const struct zone *zone;
    int32_t year;
    bool is_year_told;              /* what was found in its place */
    struct schema_scratch *scratch; /* to recognise records with */
    struct view_node *views;
    struct diagnostics *diagnostics;
    enum status status;
    struct sources sources;
    struct input_form *forms; /* of each source */
    size_t sources_begun;
    uint64_t sequence;
    struct input_counters counters; /* of closed sources, and of what was given out */
    struct decompress *decompress;
    struct transcode *transcode;
    struct source_reading reading;
    char *rest; /* `capacity` bytes; those from rest_start to rest_end wait for the next block */
    size_t rest_start, rest_end;
};

/* ---- Life --------------------------------------------------------------------------------- */

/* Address space: pages that are never used cost nothing. */
static char *pages_map(size_t bytes)
{
    void *const pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages != MAP_FAILED ? pages : NULL;
}

enum status input_create(struct input **out, const struct input_options *options,
                         struct diagnostics *diagnostics)
{
    struct input *const input = calloc(1, sizeof(*input));
    if (input == NULL)
        return STATUS_NO_MEMORY;
    input->diagnostics = diagnostics;
    input->stop = options->stop;
    input->schemas = options->schemas;
    input->zone = options->zone;
    input->year = options->year;
    input->schema_forced = options->is_schema_forced ? options->schema : SCHEMA_NONE;
    input->block_bytes = options->block_bytes > 0 ? options->block_bytes : LIMIT_BLOCK_BYTES;
    input->line_bytes_max =
        options->line_bytes_max > 0 ? options->line_bytes_max : LIMIT_LINE_BYTES;

    /* A whole head must fit even into the smallest block, so that the layout found does not depend
     * on its size. Behind a longest record there is then always room to see that it is too long. */
    const size_t front_bytes = input->block_bytes > HEAD_BYTES ? input->block_bytes : HEAD_BYTES;
    input->capacity = front_bytes + input->line_bytes_max;

    enum status status =
        sources_init(&input->sources, options->paths, options->paths_count, diagnostics);
    if (status == STATUS_OK &&
        (input->forms = calloc(input->sources.count + 1, sizeof(*input->forms))) == NULL)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = decompress_create(&input->decompress);
    if (status == STATUS_OK)
        status = transcode_create(&input->transcode);
    if (status == STATUS_OK)
        status = schema_scratch_create(&input->scratch, input->line_bytes_max);
    if (status == STATUS_OK && (input->rest = pages_map(input->capacity)) == NULL)
        status = STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        input_destroy(input);
        return status;
    }
    *out = input;
    return STATUS_OK;
}

static void source_close(struct input *input);

static void views_destroy(struct view_node *node)
{
    while (node != NULL) {
        struct view_node *const next = node->next;
        free(node);
        node = next;
    }
}

void input_destroy(struct input *input)
{
    if (input == NULL)
        return;
    if (input->reading.is_open)
        source_close(input);
    if (input->rest != NULL)
        munmap(input->rest, input->capacity);
    views_destroy(input->views);
    schema_scratch_destroy(input->scratch);
    transcode_destroy(input->transcode);
    decompress_destroy(input->decompress);
    sources_deinit(&input->sources);
    free(input->forms);
    free(input);
}

enum status input_block_init(struct block *block, const struct input *input)
{
    char *const text = pages_map(input->capacity + LIMIT_VECTOR_PADDING);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    *block = (struct block){.capacity = input->capacity, .text = text};
    return STATUS_OK;
}

void input_block_deinit(struct block *block)
{
    if (block->text != NULL)
        munmap(block->text, block->capacity + LIMIT_VECTOR_PADDING);
    *block = (struct block){0};
}

enum status input_status(const struct input *input)
{
    return input->status;
}

size_t input_sources_count(const struct input *input)
{
    return input->sources.count;
}

const char *input_source_path(const struct input *input, size_t source)
{
    return input->sources.paths[source];
}

struct input_form input_source_form(const struct input *input, size_t source)
{
    return input->forms[source];
}

struct input_counters input_counters(const struct input *input)
{
    struct input_counters counters = input->counters;
    counters.bytes_read += input->reading.feed.bytes_read;
    return counters;
}

static bool input_is_stopped(const struct input *input)
{
    return input->stop != NULL && *input->stop != 0;
}

/* Keeps the more serious of two things that went wrong. */
static void input_raise(struct input *input, enum status status)
{
    static const unsigned char seriousness[] = {
        [STATUS_OK] = 0,    [STATUS_DAMAGED] = 1, [STATUS_NO_INPUT] = 2,  [STATUS_IO] = 3,
        [STATUS_USAGE] = 4, [STATUS_CONFIG] = 4,  [STATUS_NO_MEMORY] = 5, [STATUS_INTERNAL] = 6,
    };
    if (seriousness[status] > seriousness[input->status])
        input->status = status;
}

/* What messages call the source being read. */
static const char *source_name(const struct input *input)
{
    const char *const path = input->sources.paths[input->reading.source];
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* ---- Layout of a source ------------------------------------------------------------------- */

static bool byte_is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Writes `text` so that it can be shown on a terminal. */
static void text_show(char *to, size_t to_bytes, struct slice text)
{
    size_t used = 0;
    for (size_t i = 0; i < text.bytes && used + sizeof("\\xff") <= to_bytes; i++) {
        const unsigned char byte = (unsigned char)text.start[i];
        const bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '\\' && byte != '"';
        used += (size_t)snprintf(to + used, to_bytes - used, is_plain ? "%c" : "\\x%02x", byte);
    }
}

static void source_refuse(struct input *input, const char *code, const char *reason,
                          struct slice head)
{
    char shown[SHOWN_BYTES * (sizeof("\\xff") - 1) + 1] = "";
    text_show(shown, sizeof(shown),
              head.bytes > SHOWN_BYTES ? slice_of(head.start, SHOWN_BYTES) : head);
    diagnostics_add(input->diagnostics, SEVERITY_ERROR, code, source_name(input), 0, 0,
                    "%s; it begins with \"%s\"", reason, shown);
    input_raise(input, STATUS_NO_INPUT);
    input->reading.is_refused = true;
}

/* Passes over a byte order mark; gives its length. False when more bytes are needed to tell. */
static bool mark_pass(struct input *input, struct slice text, size_t *length)
{
    static const struct slice mark = {"\xef\xbb\xbf", 3};
    struct source_reading *const reading = &input->reading;

    *length = 0;
    if (text.bytes < mark.bytes && slice_starts_with(mark, text) && !reading->is_at_end)
        return false;
    reading->is_mark_passed = true;
    if (slice_starts_with(text, mark))
        *length = mark.bytes;
    input->forms[reading->source] = (struct input_form){
        .compression = decompress_form_name(input->decompress),
        .encoding = transcode_form_name(input->transcode),
        .has_mark = *length > 0,
    };
    return true;
}

static bool dates_equal(const struct source_date *a, const struct source_date *b)
{
    return a->year == b->year && a->month == b->month && a->day == b->day;
}

/* The view for a source like this; the one before it, when that began alike. NULL: no memory. */
static const struct source_view *view_take(struct input *input, const struct source_view *view)
{
    const struct view_node *const last = input->views;
    if (last != NULL && last->view.layout == view->layout && last->view.schema == view->schema &&
        dates_equal(&last->view.date, &view->date) &&
        last->view.is_day_first == view->is_day_first &&
        last->view.is_header_told == view->is_header_told &&
        slice_equals(last->view.header, view->header))
        return &last->view;
    struct view_node *const node =
        calloc(1, sizeof(*node) + view->header.bytes + LIMIT_VECTOR_PADDING);
    if (node == NULL)
        return NULL;
    node->view = *view;
    node->view.header.start = node->header;
    if (view->header.bytes > 0)
        memcpy(node->header, view->header.start, view->header.bytes);
    node->next = input->views;
    input->views = node;
    return &node->view;
}

/* What a row is hangs on its columns: when no schema knows the first rows, none will know others.
 */
static bool columns_are_unknown(const struct source_view *view, struct slice head)
{
    return view->layout == LAYOUT_CSV && view->schema == SCHEMA_NONE &&
           slice_trim(slice_from(head, view->header.bytes)).bytes > 0;
}

/* When a source was last written to. What comes through a pipe is being written now: the only case
 * in which anything depends on the clock. */
static struct civil_date written_date(const struct source_reading *reading)
{
    struct stat about;
    const bool is_file = fstat(reading->feed.descriptor, &about) == 0 && S_ISREG(about.st_mode);
    const int64_t seconds = is_file ? about.st_mtime : time(NULL);
    return civil_from_days(seconds / CIVIL_DAY_SECONDS);
}

/* A source without years was begun on the last such day before it was written to. A day is allowed
 * for the zone. */
static int32_t year_before(const struct source_date *first, struct civil_date written)
{
    const struct civil_date begin = {written.year, first->month, first->day};
    return civil_days(begin) <= civil_days(written) + 1 ? written.year : written.year - 1;
}

/* The day on which a source begins, for formats whose times may have no year. */
static struct source_date source_begin(struct input *input, enum layout layout, struct slice head)
{
    struct source_date date = {0};
    if (!format_first_date(layout, head, &date) || date.year != 0)
        return date;
    date.year = input->year;
    if (date.year != 0)
        return date;
    date.year = year_before(&date, written_date(&input->reading));
    if (!input->is_year_told)
        diagnostics_add(input->diagnostics, SEVERITY_WARNING, "I117", source_name(input), 0, 0,
                        "its times have no year: they begin in %d, as far as the time tells at "
                        "which it was written; --year says it for certain",
                        (int)date.year);
    input->is_year_told = true;
    return date;
}

/* What `head` says about all of a source with this layout. */
static void layout_settle(struct input *input, enum layout layout, struct slice head)
{
    struct source_reading *const reading = &input->reading;
    struct source_view view = {
        .layout = layout,
        .schema = input->schema_forced,
        .is_forced = input->schema_forced != SCHEMA_NONE,
        .header = format_header(layout, head),
        .date = source_begin(input, layout, head),
        .zone = input->zone,
    };
    if (input->schemas != NULL && !view.is_forced)
        view.schema = schema_set_recognise(input->schemas, input->scratch, &view, head);
    if (input->schemas != NULL)
        schema_set_tell_columns(input->schemas, input->scratch, &view, head);
    if (input->schemas != NULL && columns_are_unknown(&view, head)) {
        source_refuse(input, "I116",
                      "no sign-in log has these columns; say with -i csv:MAP.yml what they are",
                      head);
        return;
    }
    if (view.schema != SCHEMA_NONE)
        view.is_day_first = schema_set_is_day_first(input->schemas, input->scratch, &view, head);
    reading->view = view_take(input, &view);
    reading->is_layout_known = reading->view != NULL;
    if (!reading->is_layout_known) {
        input_raise(input, STATUS_NO_MEMORY);
        reading->is_refused = true;
        return;
    }
    format_split_init(&reading->split, reading->view, input->line_bytes_max);
}

/* Asks the formats that the source may have: all, or those of the schema that the user named. */
static bool layout_detect(const struct input *input, struct slice head, bool is_line,
                          enum layout *layout)
{
    if (input->schema_forced == SCHEMA_NONE)
        return is_line ? format_detect_line(head, layout) : format_detect(head, layout);
    const unsigned formats = schema_set_at(input->schemas, input->schema_forced)->formats;
    for (int i = 0; i < FORMATS_COUNT; i++) {
        if (formats >> i & 1 && (is_line ? format_detect_line_as((enum format)i, head, layout)
                                         : format_detect_as((enum format)i, head, layout)))
            return true;
    }
    return false;
}

/* The layout from the first line, so that a live source of lines need not wait for more, or else
 * from the first HEAD_BYTES. Both are the same however few bytes each read gives. `text` begins
 * with the first byte that is not blank. */
static void layout_find(struct input *input, struct slice text)
{
    struct source_reading *const reading = &input->reading;
    const struct slice head =
        slice_of(text.start, text.bytes < HEAD_BYTES ? text.bytes : HEAD_BYTES);
    enum layout layout = LAYOUT_JSON_LINES;

    const size_t line_bytes = slice_find(head, '\n');
    if (!reading->is_line_tried && line_bytes < head.bytes) {
        const struct slice line = slice_of(head.start, line_bytes + 1);
        reading->is_line_tried = true;
        if (layout_detect(input, line, true, &layout)) {
            layout_settle(input, layout, line);
            return;
        }
    }
    if (head.bytes < HEAD_BYTES && !reading->is_at_end)
        return;
    if (layout_detect(input, head, false, &layout))
        layout_settle(input, layout, head);
    else
        source_refuse(input, "I114", "this begins like no log that is known", head);
}

/* Looks at the beginning of a source; gives how many bytes of it are no record: a byte order mark
 * and blanks. They belong to no layout, and there may be any number of them. */
static size_t source_look(struct input *input, struct slice text)
{
    struct source_reading *const reading = &input->reading;
    size_t passed = 0;
    if (!reading->is_mark_passed && (!mark_pass(input, text, &passed) || reading->is_refused))
        return passed;
    while (passed < text.bytes && byte_is_blank(text.start[passed])) {
        reading->dropped.newlines += text.start[passed] == '\n';
        passed++;
    }
    if (passed < text.bytes)
        layout_find(input, slice_from(text, passed));
    return passed;
}

/* ---- Cutting ------------------------------------------------------------------------------ */

/* What the splitter found at the front of some text. */
struct piece {
    size_t start, bytes;    /* whole records, next to each other; none when bytes is 0 */
    size_t taken;           /* from the text's start to the first byte not dealt with */
    struct dropped dropped; /* before the records */
};

static void dropped_add(struct dropped *dropped, const struct record_cut *cut)
{
    dropped->newlines += cut->newlines_skipped;
    dropped->records_too_long += cut->records_too_long;
    dropped->records_broken += cut->records_broken;
}

/* Asks the splitter until it has nothing more to say, or has dropped text behind records: those are
 * then a block of their own. */
static struct piece source_cut(struct input *input, struct slice text)
{
    struct source_reading *const reading = &input->reading;
    struct piece piece = {0};
    if (!reading->is_layout_known)
        piece.taken = source_look(input, text);
    reading->is_rest_uncut = false;

    while (reading->is_layout_known) {
        struct record_cut cut = {.bytes = reading->ready_bytes};
        reading->ready_bytes = 0;
        if (cut.bytes == 0)
            cut = format_split_next(&reading->split, slice_from(text, piece.taken),
                                    reading->is_at_end);
        dropped_add(&reading->dropped, &cut);
        piece.taken += cut.skip;
        if (piece.bytes > 0 && cut.skip > 0) {
            reading->ready_bytes = cut.bytes;
            reading->is_rest_uncut = true;
            break;
        }
        if (cut.bytes > 0 && piece.bytes == 0) {
            piece.start = piece.taken;
            piece.dropped = reading->dropped;
            reading->dropped = (struct dropped){0};
        }
        piece.bytes += cut.bytes;
        piece.taken += cut.bytes;
        if (cut.skip == 0 && cut.bytes == 0)
            break;
    }
    return piece;
}

/* ---- Giving out --------------------------------------------------------------------------- */

/* Completes the block, whose text is in place. */
static void block_finish(struct input *input, struct block *block, uint64_t offset, size_t bytes,
                         struct dropped dropped)
{
    block->sequence = input->sequence++;
    block->source = input->reading.source;
    block->layout = input->reading.split.layout;
    block->view = input->reading.view;
    block->offset = offset;
    block->newlines_skipped = dropped.newlines;
    block->records_too_long = dropped.records_too_long;
    block->records_broken = dropped.records_broken;
    block->bytes = bytes;
    memset(block->text + bytes, 0, LIMIT_VECTOR_PADDING);

    input->counters.blocks++;
    input->counters.records_too_long += dropped.records_too_long;
    input->counters.records_broken += dropped.records_broken;
}

/* Gives out whole records that the rest holds, or else moves it to the front of the block. */
static bool rest_give(struct input *input, struct block *block, size_t *filled)
{
    struct source_reading *const reading = &input->reading;
    if (reading->is_rest_uncut) {
        const char *const text = input->rest + input->rest_start;
        const struct piece piece =
            source_cut(input, slice_of(text, input->rest_end - input->rest_start));
        const uint64_t offset = reading->offset + piece.start;
        reading->offset += piece.taken;
        input->rest_start += piece.taken;
        if (piece.bytes > 0) {
            memcpy(block->text, text + piece.start, piece.bytes);
            block_finish(input, block, offset, piece.bytes, piece.dropped);
            return true;
        }
    }
    *filled = input->rest_end - input->rest_start;
    memcpy(block->text, input->rest + input->rest_start, *filled);
    input->rest_start = input->rest_end = 0;
    return false;
}

/* Gives out the whole records among the first bytes of the block; what follows becomes the rest. */
static bool block_give(struct input *input, struct block *block, size_t *filled)
{
    struct source_reading *const reading = &input->reading;
    const struct piece piece = source_cut(input, slice_of(block->text, *filled));
    const uint64_t offset = reading->offset + piece.start;
    reading->offset += piece.taken;
    if (piece.bytes == 0) {
        *filled -= piece.taken;
        if (piece.taken > 0)
            memmove(block->text, block->text + piece.taken, *filled);
        return false;
    }
    input->rest_start = 0;
    input->rest_end = *filled - piece.taken;
    memcpy(input->rest, block->text + piece.taken, input->rest_end);
    if (piece.start > 0)
        memmove(block->text, block->text + piece.start, piece.bytes);
    block_finish(input, block, offset, piece.bytes, piece.dropped);
    return true;
}

/* What was dropped behind the last record is told by a block without text. */
static bool dropped_give(struct input *input, struct block *block)
{
    const struct dropped dropped = input->reading.dropped;
    if (dropped.records_too_long == 0 && dropped.records_broken == 0)
        return false;
    input->reading.dropped = (struct dropped){0};
    block_finish(input, block, input->reading.offset, 0, dropped);
    return true;
}

/* ---- One source --------------------------------------------------------------------------- */

static void source_fail(struct input *input)
{
    const struct decompress_failure *const failure = decompress_failure(input->decompress);
    diagnostics_add(input->diagnostics, SEVERITY_ERROR, failure->code, source_name(input), 0, 0,
                    "%s", failure->text);
    input_raise(input, failure->status);
}

/* How much to read behind `filled` bytes: up to the block's size, and when no record ends there,
 * twice as much each time. */
static size_t source_read_bytes(const struct input *input, size_t filled)
{
    const size_t bytes = filled < input->block_bytes ? input->block_bytes - filled : filled;
    assert(filled < input->capacity); /* the splitter drops what is longer than a longest record */
    return bytes < input->capacity - filled ? bytes : input->capacity - filled;
}

/* Reads on behind the `filled` bytes of the block. False when we were told to stop. */
static bool source_read(struct input *input, struct block *block, size_t *filled)
{
    size_t got = 0;
    if (input_is_stopped(input))
        return false;
    switch (transcode_read(input->transcode, block->text + *filled,
                           source_read_bytes(input, *filled), &got)) {
    case DECOMPRESS_BYTES:
        break;
    case DECOMPRESS_STOPPED:
        return false;
    case DECOMPRESS_FAILED:
        source_fail(input);
        input->reading.is_at_end = true;
        break;
    case DECOMPRESS_END:
        input->reading.is_at_end = true;
        break;
    }
    *filled += got;
    input->counters.bytes_text += got;
    return true;
}

/* The next block of the source being read; false when there is none. When we are told to stop, what
 * has been read of an unfinished record is forgotten: it is not broken, we just did not wait. */
static bool source_next(struct input *input, struct block *block)
{
    struct source_reading *const reading = &input->reading;
    size_t filled;
    if (rest_give(input, block, &filled))
        return true;
    while (!reading->is_at_end && !reading->is_refused && source_read(input, block, &filled)) {
        if (block_give(input, block, &filled))
            return true;
    }
    return dropped_give(input, block);
}

static int path_open(const struct input *input, const char *path)
{
    if (strcmp(path, "-") == 0)
        return STDIN_FILENO;
    int descriptor;
    do { /* opening a named pipe waits for its writer */
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    } while (descriptor < 0 && errno == EINTR && !input_is_stopped(input));
    return descriptor;
}

/* Opens the next source. When that fails it is left closed, and the one after it is next. */
static void source_open(struct input *input)
{
    input->reading = (struct source_reading){.source = (uint32_t)input->sources_begun++};
    struct source_reading *const reading = &input->reading;
    input->rest_start = input->rest_end = 0;

    const int descriptor = path_open(input, input->sources.paths[reading->source]);
    struct stat about = {0};
    int error = descriptor < 0 || fstat(descriptor, &about) < 0 ? errno : 0;
    if (error == 0 && S_ISDIR(about.st_mode))
        error = EISDIR;
    if (error == 0) {
        feed_init(&reading->feed, descriptor, input->stop);
        decompress_begin(input->decompress, &reading->feed);
        transcode_begin(input->transcode, input->decompress);
        reading->is_open = true;
        return;
    }
    if (descriptor > STDIN_FILENO)
        close(descriptor);
    if (error == EINTR && input_is_stopped(input))
        return;
    diagnostics_add(input->diagnostics, SEVERITY_ERROR, "I101", source_name(input), 0, 0,
                    "cannot open this input: %s", strerror(error));
    input_raise(input, STATUS_NO_INPUT);
}

static void source_close(struct input *input)
{
    struct source_reading *const reading = &input->reading;
    if (strcmp(input->sources.paths[reading->source], "-") != 0)
        close(reading->feed.descriptor);
    input->counters.bytes_read += reading->feed.bytes_read;
    reading->feed.bytes_read = 0;
    reading->is_open = false;
}

enum input_result input_next(struct input *input, struct block *block)
{
    for (;;) {
        if (input->reading.is_open) {
            if (source_next(input, block))
                return INPUT_BLOCK;
            source_close(input);
        }
        if (input->sources_begun == input->sources.count || input_is_stopped(input))
            return INPUT_END;
        source_open(input);
    }
}
