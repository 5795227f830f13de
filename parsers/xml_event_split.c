#include "parsers/xml_event_scan.h"

enum place {
    OUTSIDE,
    OUTSIDE_TAG, /* of the root, or a processing instruction: up to `>` */
    OUTSIDE_COMMENT,
    AT_RECORD, /* at its first byte, which has been told */
    IN_TEXT,
    IN_TAG,
    IN_QUOTE, /* of an attribute's value */
    IN_END,   /* of the record, behind `</Event` */
    IN_CDATA,
    IN_COMMENT,
    IN_INSTRUCTION,
};

enum { LOOKAHEAD = 9 }; /* `<![CDATA[`: bytes that say what a `<` begins */

static const struct slice record_tag = SLICE("<Event");

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool starts(struct slice text, size_t at, struct slice word)
{
    return slice_starts_with(slice_from(text, at), word);
}

/* Is there a tag of this name at `at`, and not of a longer one? */
static bool is_tag(struct slice text, size_t at, struct slice word)
{
    if (!starts(text, at, word) || at + word.bytes == text.bytes)
        return false;
    const char next = text.start[at + word.bytes];
    return is_blank(next) || next == '>' || next == '/';
}

/* Can what begins at `at` be told? */
static bool is_seen(struct slice text, size_t at, bool at_end)
{
    return at_end || text.bytes - at >= LOOKAHEAD;
}

/* The position of `word`, or the first one that may be its beginning, at the end of the text. */
static size_t find_word(struct slice text, size_t from, struct slice word)
{
    while (from < text.bytes) {
        const char *const found = memchr(text.start + from, word.start[0], text.bytes - from);
        if (found == NULL)
            return text.bytes;
        from = (size_t)(found - text.start);
        const size_t left = text.bytes - from;
        if (memcmp(found, word.start, left < word.bytes ? left : word.bytes) == 0)
            return from;
        from++;
    }
    return text.bytes;
}

static void enter(struct xml_event_scan *scan, enum place place)
{
    scan->place = (uint8_t)place;
}

void xml_event_scan_init(struct xml_event_scan *scan)
{
    *scan = (struct xml_event_scan){.place = OUTSIDE, .is_line_start = true};
}

/* A record begins here. */
static enum xml_event_token begin(struct xml_event_scan *scan)
{
    enter(scan, AT_RECORD);
    scan->is_junk = scan->is_line_start = false;
    return XML_EVENT_BEGIN;
}

static void pass_name(struct xml_event_scan *scan, size_t *at)
{
    enter(scan, IN_TAG);
    scan->is_opening = true;
    scan->last = '\0';
    *at += record_tag.bytes;
}

static enum xml_event_token end(struct xml_event_scan *scan)
{
    enter(scan, OUTSIDE);
    scan->is_line_start = false;
    return XML_EVENT_END;
}

/* ---- Outside of records --------------------------------------------------------------------- */

static bool is_mark(char byte)
{
    return byte == '\xef' || byte == '\xbb' || byte == '\xbf'; /* of a byte order mark */
}

/* What a `<` outside of records begins. */
static void open_outside(struct xml_event_scan *scan, struct slice text, size_t *at)
{
    if (starts(text, *at, SLICE("<!--"))) {
        enter(scan, OUTSIDE_COMMENT);
        *at += 4;
        return;
    }
    const bool is_known = starts(text, *at, SLICE("<?")) || is_tag(text, *at, SLICE("<Events")) ||
                          is_tag(text, *at, SLICE("</Events"));
    if (is_known)
        enter(scan, OUTSIDE_TAG);
    else
        scan->is_junk = true;
    *at += 1;
}

static enum xml_event_token scan_outside(struct xml_event_scan *scan, struct slice text, size_t *at,
                                         bool at_end)
{
    while (*at < text.bytes) {
        const char byte = text.start[*at];
        if (byte == '<') {
            if (!is_seen(text, *at, at_end))
                return XML_EVENT_MORE;
            if (is_tag(text, *at, record_tag))
                return begin(scan);
            open_outside(scan, text, at);
            if (scan->place != OUTSIDE)
                return XML_EVENT_MORE;
            continue;
        }
        *at += 1;
        if (byte == '\n') {
            const bool was_junk = scan->is_junk;
            scan->is_junk = false;
            if (was_junk)
                return XML_EVENT_JUNK;
        } else if (!is_blank(byte) && byte != '-' && !is_mark(byte)) {
            scan->is_junk = true;
        }
    }
    return XML_EVENT_MORE;
}

/* A tag that is not closed before the next begins is junk. */
static void scan_outside_tag(struct xml_event_scan *scan, struct slice text, size_t *at)
{
    for (; *at < text.bytes; *at += 1) {
        const char byte = text.start[*at];
        if (byte != '>' && byte != '<')
            continue;
        scan->is_junk |= byte == '<';
        *at += byte == '>';
        enter(scan, OUTSIDE);
        return;
    }
}

/* ---- Inside of records ---------------------------------------------------------------------- */

/* Is there a record at the beginning of a line, where the scan would not look for any? Keeps track
 * of lines; the byte is at `at`. */
static bool begins_line(struct xml_event_scan *scan, struct slice text, size_t at)
{
    const char byte = text.start[at];
    if (byte == '\n')
        scan->is_line_start = true;
    else if (scan->is_line_start && byte == '<' && is_tag(text, at, record_tag))
        return true;
    else if (!is_blank(byte) && byte != '-')
        scan->is_line_start = false;
    return false;
}

/* What a `<` inside of a record's text begins. */
static enum xml_event_token open_inside(struct xml_event_scan *scan, struct slice text, size_t *at)
{
    static const struct {
        struct slice word;
        enum place place;
    } words[] = {
        {SLICE("<![CDATA["), IN_CDATA},
        {SLICE("<!--"), IN_COMMENT},
        {SLICE("<?"), IN_INSTRUCTION},
    };
    if (is_tag(text, *at, record_tag))
        return begin(scan);
    scan->is_line_start = false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (starts(text, *at, words[i].word)) {
            enter(scan, words[i].place);
            *at += words[i].word.bytes;
            return XML_EVENT_MORE;
        }
    }
    enter(scan, is_tag(text, *at, SLICE("</Event")) ? IN_END : IN_TAG);
    *at += 1;
    return XML_EVENT_MORE;
}

static enum xml_event_token scan_tag(struct xml_event_scan *scan, struct slice text, size_t *at)
{
    for (; *at < text.bytes; *at += 1) {
        const char byte = text.start[*at];
        if (byte == '"' || byte == '\'') {
            scan->last = byte;
            enter(scan, IN_QUOTE);
            *at += 1;
            return XML_EVENT_MORE;
        }
        if (byte == '<') { /* damage: expat will say so; whatever this begins is looked at */
            scan->is_opening = false;
            enter(scan, IN_TEXT);
            return XML_EVENT_MORE;
        }
        if (byte == '>') {
            const bool is_empty = scan->is_opening && scan->last == '/';
            scan->is_opening = false;
            *at += 1;
            enter(scan, IN_TEXT);
            return is_empty ? end(scan) : XML_EVENT_MORE;
        }
        scan->last = byte;
    }
    return XML_EVENT_MORE;
}

static enum xml_event_token scan_quote(struct xml_event_scan *scan, struct slice text, size_t *at,
                                       bool at_end)
{
    for (; *at < text.bytes; *at += 1) {
        const char byte = text.start[*at];
        if (byte == scan->last) {
            scan->is_line_start = false;
            enter(scan, IN_TAG);
            *at += 1;
            return XML_EVENT_MORE;
        }
        if (byte == '<' && !is_seen(text, *at, at_end))
            return XML_EVENT_MORE;
        if (begins_line(scan, text, *at))
            return begin(scan);
    }
    return XML_EVENT_MORE;
}

static enum xml_event_token scan_end_tag(struct xml_event_scan *scan, struct slice text, size_t *at)
{
    for (; *at < text.bytes; *at += 1) {
        if (text.start[*at] == '<') {
            enter(scan, IN_TEXT);
            return XML_EVENT_MORE;
        }
        if (text.start[*at] == '>') {
            *at += 1;
            return end(scan);
        }
    }
    return XML_EVENT_MORE;
}

/* Up to behind `closing`; then on in `next`. While dropping, lines are looked at as well. */
static enum xml_event_token scan_section(struct xml_event_scan *scan, struct slice text, size_t *at,
                                         struct slice closing, enum place next, bool is_dropping,
                                         bool at_end)
{
    const size_t found = find_word(text, *at, closing);
    for (; is_dropping && *at < found; *at += 1) {
        if (text.start[*at] == '<' && !is_seen(text, *at, at_end))
            return XML_EVENT_MORE;
        if (begins_line(scan, text, *at))
            return begin(scan);
    }
    *at = found;
    if (text.bytes - found < closing.bytes) {
        if (at_end)
            *at = text.bytes;
        return XML_EVENT_MORE;
    }
    *at = found + closing.bytes;
    enter(scan, next);
    return XML_EVENT_MORE;
}

static enum xml_event_token scan_text(struct xml_event_scan *scan, struct slice text, size_t *at,
                                      bool at_end)
{
    const char *const found = memchr(text.start + *at, '<', text.bytes - *at);
    *at = found != NULL ? (size_t)(found - text.start) : text.bytes;
    if (found == NULL || !is_seen(text, *at, at_end))
        return XML_EVENT_MORE;
    return open_inside(scan, text, at);
}

/* Goes on at one place, until it is left or there is a token. */
static enum xml_event_token scan_place(struct xml_event_scan *scan, struct slice text, size_t *at,
                                       bool is_dropping, bool at_end)
{
    switch ((enum place)scan->place) {
    case OUTSIDE:
        return scan_outside(scan, text, at, at_end);
    case OUTSIDE_TAG:
        scan_outside_tag(scan, text, at);
        return XML_EVENT_MORE;
    case OUTSIDE_COMMENT:
        return scan_section(scan, text, at, SLICE("-->"), OUTSIDE, false, at_end);
    case AT_RECORD:
        pass_name(scan, at);
        return XML_EVENT_MORE;
    case IN_TEXT:
        return scan_text(scan, text, at, at_end);
    case IN_TAG:
        return scan_tag(scan, text, at);
    case IN_QUOTE:
        return scan_quote(scan, text, at, at_end);
    case IN_END:
        return scan_end_tag(scan, text, at);
    case IN_CDATA:
        return scan_section(scan, text, at, SLICE("]]>"), IN_TEXT, is_dropping, at_end);
    case IN_COMMENT:
        return scan_section(scan, text, at, SLICE("-->"), IN_TEXT, is_dropping, at_end);
    case IN_INSTRUCTION:
        return scan_section(scan, text, at, SLICE("?>"), IN_TEXT, is_dropping, at_end);
    }
    return XML_EVENT_MORE;
}

enum xml_event_token xml_event_scan_next(struct xml_event_scan *scan, struct slice text, size_t *at,
                                         bool is_dropping, bool at_end)
{
    for (;;) {
        const uint8_t place = scan->place;
        const size_t from = *at;
        const enum xml_event_token token = scan_place(scan, text, at, is_dropping, at_end);
        if (token != XML_EVENT_MORE)
            return token;
        if (*at == text.bytes || (*at == from && scan->place == place))
            break;
    }
    if (at_end && scan->place <= OUTSIDE_COMMENT && (scan->is_junk || scan->place != OUTSIDE)) {
        xml_event_scan_init(scan);
        return XML_EVENT_JUNK; /* a last line without line end, or a tag that is not closed */
    }
    return XML_EVENT_MORE;
}

/* ---- Layout --------------------------------------------------------------------------------- */

bool xml_event_detect_layout(struct slice head, enum layout *layout)
{
    struct xml_event_scan scan;
    size_t at = 0;
    xml_event_scan_init(&scan);
    if (xml_event_scan_next(&scan, head, &at, false, true) != XML_EVENT_BEGIN)
        return false;
    *layout = LAYOUT_XML_EVENTS;
    return true;
}

/* ---- Splitting ------------------------------------------------------------------------------ */

void xml_event_split_init(struct xml_event_split *split, size_t line_bytes_max)
{
    *split = (struct xml_event_split){.line_bytes_max = line_bytes_max};
    xml_event_scan_init(&split->scan);
}

static uint64_t count_newlines(struct slice text)
{
    uint64_t count = 0;
    for (size_t i = 0; i < text.bytes; i++)
        count += text.start[i] == '\n';
    return count;
}

/* The records between `from` and `to` are given, and what lies before them is passed over. */
static struct record_cut give(struct xml_event_split *split, struct slice text,
                              struct record_cut cut, size_t from, size_t to)
{
    cut.skip = from;
    cut.bytes = to - from;
    cut.newlines_skipped = count_newlines(slice_of(text.start, from));
    split->scanned -= to;
    split->begin = split->begin > to ? split->begin - to : 0;
    return cut;
}

/* A record that has begun is scanned no further than it may be long, so that the moment it is found
 * too long does not depend on how many bytes there are. */
static size_t scan_end(const struct xml_event_split *split, struct slice text)
{
    const bool is_bounded = split->in_record && !split->is_dropping;
    const size_t left = text.bytes - (is_bounded ? split->begin : 0);
    return is_bounded && left > split->line_bytes_max ? split->begin + split->line_bytes_max + 1
                                                      : text.bytes;
}

/* Is a record that reaches to `end` at least one that is too long, and has not been counted? */
static bool is_over(const struct xml_event_split *split, size_t end)
{
    return split->in_record && !split->is_dropping && end - split->begin > split->line_bytes_max;
}

static void note_too_long(struct xml_event_split *split, struct record_cut *cut, size_t end)
{
    if (!is_over(split, end))
        return;
    split->is_dropping = true;
    cut->records_too_long++;
}

/* Takes in a token that is no record's end: what is broken is counted. */
static void take_token(struct xml_event_split *split, struct record_cut *cut,
                       enum xml_event_token token)
{
    if (token == XML_EVENT_JUNK) {
        cut->records_broken++;
        return;
    }
    note_too_long(split, cut, split->scanned);
    cut->records_broken += split->in_record && !split->is_dropping;
    split->in_record = true;
    split->is_dropping = false;
    split->begin = split->scanned;
}

/* No more tokens, and no whole record. */
static struct record_cut give_rest(struct xml_event_split *split, struct slice text,
                                   struct record_cut cut, bool at_end)
{
    if (at_end) {
        cut.records_broken += split->in_record && !split->is_dropping;
        split->in_record = split->is_dropping = false;
        split->scanned = text.bytes;
        return give(split, text, cut, text.bytes, text.bytes);
    }
    const size_t taken = split->in_record && !split->is_dropping ? split->begin : split->scanned;
    return give(split, text, cut, taken, taken);
}

/* The record has ended. True: it is one to be given. */
static bool take_end(struct xml_event_split *split, struct record_cut *cut)
{
    note_too_long(split, cut, split->scanned);
    const bool is_dropped = split->is_dropping;
    split->in_record = split->is_dropping = false;
    return !is_dropped;
}

/* Records with nothing but clean markup between them are given together. */
struct record_cut xml_event_split_next(struct xml_event_split *split, struct slice text,
                                       bool at_end)
{
    struct record_cut cut = {0};
    size_t run_start = 0, run_end = 0;
    for (;;) {
        const size_t end = scan_end(split, text);
        const bool was_inside = split->in_record;
        const enum xml_event_token token =
            xml_event_scan_next(&split->scan, slice_of(text.start, end), &split->scanned,
                                split->is_dropping, at_end && end == text.bytes);
        if (token == XML_EVENT_END && take_end(split, &cut)) {
            run_start = run_end == 0 ? split->begin : run_start;
            run_end = split->scanned;
            continue;
        }
        if (token == XML_EVENT_MORE && end == text.bytes && !is_over(split, end))
            return run_end > 0 ? give(split, text, cut, run_start, run_end)
                               : give_rest(split, text, cut, at_end);
        if (token == XML_EVENT_MORE)
            note_too_long(split, &cut, end);
        else if (token != XML_EVENT_END)
            take_token(split, &cut, token);
        const bool is_clean = token == XML_EVENT_BEGIN && !was_inside;
        if (run_end > 0 && !is_clean)
            return give(split, text, cut, run_start, run_end);
    }
}
