#include "parsers/syslog_line.h"

#include <endian.h>

enum { LENGTH_DIGITS_MAX = 8 };

static inline bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') < 10;
}

static inline struct slice skip_blanks(struct slice text)
{
    while (text.bytes > 0 && text.start[0] == ' ')
        text = slice_from(text, 1);
    return text;
}

/* ---- Frames -------------------------------------------------------------------------------- */

enum syslog_frame_result syslog_frame_read(struct slice text, struct syslog_frame *frame)
{
    uint64_t length = 0;
    size_t digits = 0;
    while (digits < text.bytes && is_digit(text.start[digits]) && digits <= LENGTH_DIGITS_MAX)
        length = length * 10 + (uint64_t)(text.start[digits++] - '0');
    if (text.bytes > 0 && text.start[0] == '0')
        return SYSLOG_NO_FRAME;
    if (digits == text.bytes && digits <= LENGTH_DIGITS_MAX)
        return SYSLOG_FRAME_MAYBE;
    if (digits == 0 || digits > LENGTH_DIGITS_MAX || text.start[digits] != ' ')
        return SYSLOG_NO_FRAME;
    if (digits + 1 == text.bytes)
        return SYSLOG_FRAME_MAYBE;
    if (text.start[digits + 1] != '<')
        return SYSLOG_NO_FRAME;
    *frame = (struct syslog_frame){.front = digits + 1, .bytes = digits + 1 + length};
    return SYSLOG_FRAME;
}

/* ---- Time ---------------------------------------------------------------------------------- */

#define MONTH(first, second, third)                                                                \
    ((uint32_t)(first) << 16 | (uint32_t)(second) << 8 | (uint32_t)(third))

/* 1 to 12; 0: no month. */
static uint32_t month_of(const char *text)
{
    switch (MONTH((unsigned char)text[0], (unsigned char)text[1], (unsigned char)text[2])) {
    case MONTH('J', 'a', 'n'):
        return 1;
    case MONTH('F', 'e', 'b'):
        return 2;
    case MONTH('M', 'a', 'r'):
        return 3;
    case MONTH('A', 'p', 'r'):
        return 4;
    case MONTH('M', 'a', 'y'):
        return 5;
    case MONTH('J', 'u', 'n'):
        return 6;
    case MONTH('J', 'u', 'l'):
        return 7;
    case MONTH('A', 'u', 'g'):
        return 8;
    case MONTH('S', 'e', 'p'):
        return 9;
    case MONTH('O', 'c', 't'):
        return 10;
    case MONTH('N', 'o', 'v'):
        return 11;
    case MONTH('D', 'e', 'c'):
        return 12;
    default:
        return 0;
    }
}

/* Two digits; above 99 when they are none. */
static inline uint32_t two_digits(const char *at)
{
    const uint32_t tens = (unsigned char)(at[0] - '0'), ones = (unsigned char)(at[1] - '0');
    return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/* Bytes of a fraction, its point included. */
static size_t read_fraction(struct slice text, uint32_t *fraction_ns)
{
    uint32_t unit = 100000000;
    size_t bytes = 1;
    *fraction_ns = 0;
    if (text.bytes < 2 || (text.start[0] != '.' && text.start[0] != ',') ||
        !is_digit(text.start[1]))
        return 0;
    for (; bytes < text.bytes && is_digit(text.start[bytes]); bytes++, unit /= 10)
        *fraction_ns += unit * (uint32_t)(text.start[bytes] - '0');
    return bytes;
}

/* `hh:mm:ss` with a fraction or none, and then a blank, a colon or the end. Gives its bytes. */
static size_t read_clock(struct slice text, struct syslog_time *time)
{
    if (text.bytes < 8 || text.start[2] != ':' || text.start[5] != ':')
        return 0;
    const uint32_t hour = two_digits(text.start), minute = two_digits(text.start + 3);
    const uint32_t second = two_digits(text.start + 6);
    if (hour > 99 || minute > 99 || second > 99)
        return 0;
    time->is_impossible |= hour > 23 || minute > 59 || second > 59;
    const size_t bytes = 8 + read_fraction(slice_from(text, 8), &time->fraction_ns);
    if (bytes < text.bytes && text.start[bytes] != ' ' && text.start[bytes] != ':')
        return 0;
    time->second_of_day = (int64_t)(hour * 3600 + minute * 60 + second);
    return bytes;
}

/* `Oct 11 22:14:15`, `Oct  1 …`, `Oct 1 …`, `Oct 11 2003 …`. Gives its bytes. */
static size_t read_bsd(struct slice text, struct syslog_time *time)
{
    if (text.bytes < 14 || text.start[3] != ' ' || (time->month = month_of(text.start)) == 0)
        return 0;
    size_t at = text.start[4] == ' ' ? 5 : 4;
    uint32_t day = 0;
    for (unsigned i = 0; i < 2 && is_digit(text.start[at]); i++)
        day = day * 10 + (uint32_t)(text.start[at++] - '0');
    if (text.start[at] != ' ')
        return 0;
    time->is_impossible = day < 1 || day > 31;
    time->day = day;
    at++;
    if (at + 5 <= text.bytes && text.start[at + 4] == ' ') {
        const uint32_t century = two_digits(text.start + at),
                       rest = two_digits(text.start + at + 2);
        if (century < 17 || century > 22 || rest > 99)
            return 0;
        time->year = (int32_t)(century * 100 + rest);
        at += 5;
    }
    const size_t clock = read_clock(slice_from(text, at), time);
    time->whole_bytes = at + 8;
    return clock > 0 ? at + clock : 0;
}

/* `Z`, `+hh:mm`, `+hhmm` or `+hh`. Gives its bytes. */
static size_t zone_bytes(struct slice text)
{
    if (text.bytes > 0 && (text.start[0] == 'Z' || text.start[0] == 'z'))
        return 1;
    if (text.bytes < 3 || (text.start[0] != '+' && text.start[0] != '-') ||
        two_digits(text.start + 1) > 99)
        return 0;
    if (text.bytes >= 6 && text.start[3] == ':' && two_digits(text.start + 4) <= 99)
        return 6;
    return text.bytes >= 5 && two_digits(text.start + 3) <= 99 ? 5 : 3;
}

/* `2023-10-11T22:14:15.003+02:00` with a blank in place of the T, and with or without fraction and
 * zone. Gives its bytes. */
static size_t read_iso(struct slice text, struct syslog_time *time)
{
    const char *const at = text.start;
    uint32_t fraction_ns;
    if (text.bytes < 19 || at[4] != '-' || at[7] != '-' || (at[10] != 'T' && at[10] != ' ') ||
        at[13] != ':' || at[16] != ':')
        return 0;
    const uint32_t century = two_digits(at), rest = two_digits(at + 2);
    time->month = two_digits(at + 5);
    time->day = two_digits(at + 8);
    if (century > 99 || rest > 99 || time->month > 99 || time->day > 99 ||
        two_digits(at + 11) > 99 || two_digits(at + 14) > 99 || two_digits(at + 17) > 99)
        return 0;
    size_t bytes = 19 + read_fraction(slice_from(text, 19), &fraction_ns);
    const size_t zone = zone_bytes(slice_from(text, bytes));
    bytes += zone;
    if (bytes < text.bytes && at[bytes] != ' ' && at[bytes] != ':')
        return 0;
    time->whole_bytes = 19;
    time->has_zone = zone > 0;
    time->year = (int32_t)(century * 100 + rest);
    return bytes;
}

/* Takes a time from the front. */
static bool take_time(struct slice *text, struct syslog_time *time)
{
    *time = (struct syslog_time){.kind = SYSLOG_TIME_NONE};
    if (text->bytes == 0)
        return false;
    const bool is_iso = is_digit(text->start[0]);
    const size_t bytes = is_iso ? read_iso(*text, time) : read_bsd(*text, time);
    if (bytes == 0)
        return false;
    time->kind = is_iso ? SYSLOG_TIME_ISO : SYSLOG_TIME_BSD;
    time->text = slice_of(text->start, bytes);
    *text = slice_from(*text, bytes);
    return true;
}

/* Takes `time="TIME"` or `time=TIME` from the front, as programs write it that log in pairs. */
static bool take_named_time(struct slice *text, struct syslog_time *time)
{
    static const struct slice key = {"time=", 5};
    struct slice rest = *text;
    if (!slice_skip(&rest, key))
        return false;
    const bool is_quoted = slice_skip(&rest, SLICE("\""));
    struct slice value = slice_of(rest.start, slice_find(rest, is_quoted ? '"' : ' '));
    rest = slice_from(rest, value.bytes + is_quoted);
    if (!take_time(&value, time) || value.bytes > 0 || time->kind != SYSLOG_TIME_ISO) {
        *time = (struct syslog_time){.kind = SYSLOG_TIME_NONE};
        return false;
    }
    *text = rest;
    return true;
}

/* Whether the text is in pairs of which the first is a date. */
static bool begins_with_date(struct slice text)
{
    return slice_skip(&text, SLICE("date=")) && text.bytes > 0 &&
           is_digit(text.start[text.start[0] == '"' && text.bytes > 1]);
}

/* ---- Header -------------------------------------------------------------------------------- */

/* `<0>` to `<191>`; anything else stays. */
static void skip_priority(struct slice *text)
{
    size_t at = 1;
    if (text->bytes < 3 || text->start[0] != '<')
        return;
    while (at < 4 && at < text->bytes && is_digit(text->start[at]))
        at++;
    if (at > 1 && at < text->bytes && text->start[at] == '>')
        *text = slice_from(*text, at + 1);
}

static struct slice take_word(struct slice *text)
{
    const struct slice word = slice_of(text->start, slice_find(*text, ' '));
    *text = skip_blanks(slice_from(*text, word.bytes));
    return word;
}

/* Without the directory it was started from and the brackets that some put around it. */
static struct slice plain_program(struct slice program)
{
    if (program.bytes > 2 && program.start[0] == '(' && program.start[program.bytes - 1] == ')')
        program = slice_of(program.start + 1, program.bytes - 2);
    for (size_t i = program.bytes; i > 0; i--) {
        if (program.start[i - 1] == '/')
            return slice_from(program, i);
    }
    return program;
}

/* `[PROGRAM]` or `[PROGRAM]:`, as metalog writes it, without a pid. */
static bool take_bracketed_tag(struct slice *text, struct syslog_line *line)
{
    const size_t close = slice_find(*text, ']');
    if (close < 2 || close == text->bytes || slice_find(*text, ' ') < close)
        return false;
    const struct slice program = slice_of(text->start + 1, close - 1);
    struct slice rest = slice_from(*text, close + 1);
    if (rest.bytes > 0 && rest.start[0] == ':')
        rest = slice_from(rest, 1);
    if (rest.bytes == 0 || rest.start[0] != ' ')
        return false;
    line->program = plain_program(program);
    *text = skip_blanks(rest);
    return true;
}

/* Bit 7 of each byte that is 0, and of some behind (above) the first such. */
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
}

/* Where the first blank, bracket or colon stands, eight bytes at a time. */
static size_t find_tag_end(struct slice text)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);
    size_t at = 0;
    for (uint64_t word; at + sizeof(word) <= text.bytes; at += sizeof(word)) {
        memcpy(&word, text.start + at, sizeof(word));
        word = le64toh(word);
        const uint64_t found = zero_bytes(word ^ ' ' * ones) | zero_bytes(word ^ '[' * ones) |
                               zero_bytes(word ^ ':' * ones);
        if (found != 0)
            return at + (size_t)__builtin_ctzll(found) / 8;
    }
    while (at < text.bytes && text.start[at] != '[' && text.start[at] != ':' &&
           text.start[at] != ' ')
        at++;
    return at;
}

/* `PROGRAM:`, `PROGRAM[PID]:` or `PROGRAM[PID]`. False: what stands there is none. */
static bool take_tag(struct slice *text, struct syslog_line *line)
{
    if (text->bytes > 0 && text->start[0] == '[')
        return take_bracketed_tag(text, line);
    const size_t at = find_tag_end(*text);
    if (at == 0 || at == text->bytes || text->start[at] == ' ')
        return false;
    const struct slice program = slice_of(text->start, at);
    struct slice rest = slice_from(*text, at);
    struct slice pid = slice_of(text->start, 0);
    if (rest.start[0] == '[') {
        const size_t close = slice_find(rest, ']');
        const size_t blank = slice_find(rest, ' ');
        if (close == rest.bytes || blank < close)
            return false;
        pid = slice_of(rest.start + 1, close - 1);
        rest = slice_from(rest, close + 1);
    }
    if (rest.bytes > 0 && rest.start[0] == ':')
        rest = slice_from(rest, 1);
    if (rest.bytes > 0 && rest.start[0] != ' ')
        return false;
    line->program = plain_program(program);
    line->pid = pid;
    *text = skip_blanks(rest);
    return true;
}

/* `[HOST] TAG MESSAGE`: the host is missing when the tag comes at once. */
static void read_bsd_header(struct slice text, struct syslog_line *line)
{
    if (text.bytes > 0 && text.start[0] == ':')
        text = slice_from(text, 1);
    text = skip_blanks(text);
    if (!take_tag(&text, line)) {
        line->host = take_word(&text);
        if (slice_starts_with(text, SLICE(": "))) /* as Cisco's devices write it */
            text = skip_blanks(slice_from(text, 1));
        (void)take_tag(&text, line);
    }
    line->message = text;
}

/* Passes over structured data: `-`, or elements `[id name="value" …]` with `\"`, `\]` and `\\`
 * inside of values (RFC 5424, section 6.3). What is damaged is left as part of the message. */
static struct slice skip_data(struct slice text)
{
    if (slice_starts_with(text, SLICE("-")))
        return slice_from(text, 1);
    const struct slice whole = text;
    while (text.bytes > 0 && text.start[0] == '[') {
        bool in_value = false;
        size_t at = 1;
        for (; at < text.bytes && (in_value || text.start[at] != ']'); at++) {
            if (text.start[at] == '"')
                in_value = !in_value;
            else if (in_value && text.start[at] == '\\')
                at++;
        }
        if (at >= text.bytes)
            return whole;
        text = slice_from(text, at + 1);
    }
    return text;
}

static struct slice take_value(struct slice *text)
{
    const struct slice word = take_word(text);
    return slice_equals(word, SLICE("-")) ? slice_of(word.start, 0) : word;
}

/* `HOST PROGRAM PID MSGID DATA MESSAGE`. */
static void read_ietf_header(struct slice text, struct syslog_line *line)
{
    static const struct slice mark = {"\xef\xbb\xbf", 3};
    text = skip_blanks(text);
    line->host = take_value(&text);
    line->program = plain_program(take_value(&text));
    line->pid = take_value(&text);
    (void)take_word(&text);
    text = skip_blanks(skip_data(text));
    line->message = slice_starts_with(text, mark) ? slice_from(text, mark.bytes) : text;
}

/* ---- Message ------------------------------------------------------------------------------- */

/* A line end at the end, as rsyslog writes it, is no part of the message. */
static struct slice trim_end(struct slice text)
{
    for (;;) {
        if (text.bytes >= 4 && text.start[text.bytes - 4] == '#' &&
            (slice_ends_with(text, SLICE("#015")) || slice_ends_with(text, SLICE("#012")) ||
             slice_ends_with(text, SLICE("#011"))))
            text.bytes -= 4;
        else if (text.bytes > 0 &&
                 (text.start[text.bytes - 1] == ' ' || text.start[text.bytes - 1] == '\r' ||
                  text.start[text.bytes - 1] == '\n'))
            text.bytes--;
        else
            return text;
    }
}

/* `[ID 702911 auth.notice] `, as Solaris writes before messages. */
static struct slice skip_id(struct slice text)
{
    if (!slice_starts_with(text, SLICE("[ID ")))
        return text;
    const size_t close = slice_find(text, ']');
    return close < text.bytes ? skip_blanks(slice_from(text, close + 1)) : text;
}

/* `message repeated N times: [ MESSAGE]`. */
static void read_repeats(struct syslog_line *line)
{
    static const struct slice front = {"message repeated ", 17}, behind = {" times: [", 9};
    line->repeats = 1;
    if (!slice_starts_with(line->message, front) || !slice_ends_with(line->message, SLICE("]")))
        return;
    struct slice text = slice_from(line->message, front.bytes);
    uint64_t number = 0;
    size_t digits = 0;
    for (; digits < text.bytes && is_digit(text.start[digits]); digits++)
        number =
            number > UINT32_MAX / 16 ? number : number * 10 + (uint64_t)(text.start[digits] - '0');
    text = slice_from(text, digits);
    if (digits == 0 || number == 0 || !slice_starts_with(text, behind))
        return;
    text = skip_blanks(slice_from(text, behind.bytes));
    text.bytes -= text.bytes > 0;
    line->message = trim_end(text);
    line->repeats = digits > 9 ? UINT32_MAX : (uint32_t)number;
}

/* A length is believed here when it is that of the line. */
static struct slice skip_length(struct slice text)
{
    struct syslog_frame frame;
    if (syslog_frame_read(text, &frame) != SYSLOG_FRAME)
        return text;
    /* The length may or may not count what the line ends with: a carriage return, a line feed. */
    const size_t bytes_min = text.bytes - slice_ends_with(text, SLICE("\r"));
    const bool is_whole = frame.bytes >= bytes_min && frame.bytes <= text.bytes + 1;
    return is_whole ? slice_from(text, frame.front) : text;
}

static void read_message(struct syslog_line *line)
{
    line->message = skip_id(trim_end(line->message));
    read_repeats(line);
}

/* With a tag, all before the message is read from itself: a host ends at a blank, a tag before one.
 * Not with a length before the line, which is believed or not for what comes behind. */
static void note_front(const char *start, struct syslog_line *line)
{
    const bool may_have_length = is_digit(start[0]) && line->time.text.start != start;
    if (line->program.bytes == 0 || line->message.bytes == 0 || may_have_length)
        return;
    line->front = slice_of(start, (size_t)(line->message.start - start));
    if (line->host.bytes == 0)
        line->host = slice_of(start, 0);
    if (line->pid.bytes == 0)
        line->pid = slice_of(start, 0);
}

void syslog_line_read(struct slice text, struct syslog_line *line)
{
    const char *const start = text.start;
    *line = (struct syslog_line){.repeats = 1};
    text = skip_blanks(skip_length(text));
    const struct slice whole = text;
    skip_priority(&text);
    const bool is_ietf = text.start != whole.start && slice_starts_with(text, SLICE("1 "));
    if (is_ietf)
        text = skip_blanks(slice_from(text, 2));
    if (!is_ietf && take_named_time(&text, &line->time)) {
        line->message = trim_end(skip_blanks(text));
        return;
    }
    if (!take_time(&text, &line->time)) {
        /* Objects, and pairs as devices save them, may stand there without any header. */
        const bool is_bare = slice_starts_with(text, SLICE("{")) || begins_with_date(text);
        if ((text.start != whole.start || is_bare) && !is_ietf)
            line->message = trim_end(text);
        return;
    }
    if (is_ietf) {
        read_ietf_header(text, line);
    } else {
        read_bsd_header(text, line);
        note_front(start, line);
    }
    read_message(line);
}

bool syslog_line_follow(struct slice text, struct syslog_line *line)
{
    const size_t bytes = line->front.bytes;
    if (bytes == 0 || text.bytes <= bytes || text.start[bytes] == ' ' ||
        memcmp(text.start, line->front.start, bytes) != 0)
        return false;
    const ptrdiff_t way = text.start - line->front.start;
    line->front.start += way;
    line->time.text.start += way;
    line->host.start += way;
    line->program.start += way;
    line->pid.start += way;
    line->message = slice_from(text, bytes);
    read_message(line);
    return true;
}
