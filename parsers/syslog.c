#include "parsers/syslog.h"

#include <stdlib.h>

#include "engine/base/civil.h"
#include "parsers/pam.h"
#include "parsers/sshd.h"
#include "parsers/timestamp.h"
#include "parsers/zone.h"

/* ---- Fields -------------------------------------------------------------------------------- */

enum field {
    FIELD_OF_TIME,
    FIELD_OF_HOST,
    FIELD_OF_PROGRAM,
    FIELD_OF_PID,
    FIELD_OF_MESSAGE,
    FIELD_OF_SERVICE,
    FIELD_OF_RESULT,
    FIELD_OF_METHOD,
    FIELD_OF_LOGIN,
    FIELD_OF_SOURCE,
    FIELD_OF_SOURCE_HOST,
    FIELD_OF_PORT,
    FIELD_OF_ID,
    FIELDS_COUNT
};

static const char *const names[FIELDS_COUNT] = {
    [FIELD_OF_TIME] = "time",
    [FIELD_OF_HOST] = "host",
    [FIELD_OF_PROGRAM] = "program",
    [FIELD_OF_PID] = "pid",
    [FIELD_OF_MESSAGE] = "message",
    [FIELD_OF_SERVICE] = "login.service",
    [FIELD_OF_RESULT] = "login.result",
    [FIELD_OF_METHOD] = "login.method",
    [FIELD_OF_LOGIN] = "login.account",
    [FIELD_OF_SOURCE] = "login.source",
    [FIELD_OF_SOURCE_HOST] = "login.host",
    [FIELD_OF_PORT] = "login.port",
    [FIELD_OF_ID] = "login.id",
};

struct syslog_paths {
    bool is_wanted[FIELDS_COUNT];
    uint8_t slots[FIELDS_COUNT];
};

static bool paths_add(struct syslog_paths *paths, const struct record_path *path, uint64_t *slots)
{
    char text[LIMIT_TEXT_BYTES];
    const struct slice written = slice_from_string(path->path);
    if (path->slot >= RECORD_FIELDS_MAX || (*slots >> path->slot & 1) != 0 ||
        written.bytes > sizeof(text))
        return false;
    *slots |= UINT64_C(1) << path->slot;
    const struct slice name = slice_of(text, record_path_unescape(written, text));
    for (int i = 0; i < FIELDS_COUNT; i++) {
        if (!slice_equals_folded(name, slice_from_string(names[i])))
            continue;
        if (paths->is_wanted[i])
            return false;
        paths->is_wanted[i] = true;
        paths->slots[i] = (uint8_t)path->slot;
    }
    return true;
}

enum status syslog_paths_create(struct syslog_paths **out, const struct record_path *paths,
                                size_t count)
{
    struct syslog_paths *const made = calloc(1, sizeof(*made));
    uint64_t slots = 0;
    if (made == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (!paths_add(made, &paths[i], &slots)) {
            free(made);
            return STATUS_CONFIG;
        }
    }
    *out = made;
    return STATUS_OK;
}

void syslog_paths_destroy(struct syslog_paths *paths)
{
    free(paths);
}

static void give(const struct syslog_reader *reader, struct record *record, enum field field,
                 struct slice text)
{
    if (!reader->paths->is_wanted[field] || text.bytes == 0)
        return;
    const unsigned slot = reader->paths->slots[field];
    record->values[slot] = (struct field_value){.text = text, .kind = VALUE_TEXT};
    record->present |= UINT64_C(1) << slot;
}

/* ---- Time ---------------------------------------------------------------------------------- */

/* The year of a day that is written without one. */
static int32_t year_of(const struct source_date *first, const struct syslog_time *time)
{
    const struct civil_date written = {first->year, time->month, time->day};
    const struct civil_date begin = {first->year, first->month, first->day};
    return civil_days(written) + 1 < civil_days(begin) ? first->year + 1 : first->year;
}

/* The day itself; false when there is none. Lines of one day follow each other. */
static bool find_day(struct syslog_reader *reader, const struct syslog_time *time, int64_t *day)
{
    const uint32_t key =
        (uint32_t)time->year << 9 | (uint32_t)time->month << 5 | (uint32_t)time->day;
    if (key == reader->day_key) {
        *day = reader->day;
        return true;
    }
    static const struct source_date unknown = {1970, 1, 1};
    const bool is_dated = reader->view != NULL && reader->view->date.month > 0;
    const int32_t year =
        time->year > 0 ? time->year : year_of(is_dated ? &reader->view->date : &unknown, time);
    if (time->day > civil_month_days(year, time->month))
        return false;
    reader->day_key = key;
    *day = reader->day = civil_days((struct civil_date){year, time->month, time->day});
    return true;
}

static bool find_time(struct syslog_reader *reader, const struct syslog_time *time,
                      int64_t *time_ns)
{
    const struct zone *const zone = reader->view != NULL ? reader->view->zone : NULL;
    if (time->kind == SYSLOG_TIME_ISO) {
        if (timestamp_parse(time->text, time_ns) != TIMESTAMP_OK)
            return false;
        if (!time->has_zone && zone != NULL) {
            int64_t seconds = *time_ns / CIVIL_SECOND_NS;
            int64_t fraction = *time_ns % CIVIL_SECOND_NS;
            seconds -= fraction < 0;
            fraction += fraction < 0 ? CIVIL_SECOND_NS : 0;
            *time_ns = zone_to_utc(zone, seconds) * CIVIL_SECOND_NS + fraction;
        }
        return true;
    }
    int64_t day;
    if (time->is_impossible || !find_day(reader, time, &day))
        return false;
    *time_ns = zone_to_utc(zone, day * CIVIL_DAY_SECONDS + time->second_of_day) * CIVIL_SECOND_NS +
               time->fraction_ns;
    return true;
}

static void give_time(const struct syslog_reader *reader, struct record *record)
{
    if (!reader->paths->is_wanted[FIELD_OF_TIME])
        return;
    give(reader, record, FIELD_OF_TIME, reader->line.time.text);
    if (!reader->has_time)
        return;
    record->values[reader->paths->slots[FIELD_OF_TIME]].kind = VALUE_TIME;
    record->time_ns = reader->time_ns;
}

/* ---- Attempts ------------------------------------------------------------------------------ */

/* `sshd`, `sshd-session`, `sshd-auth`; sshd writes under its own name, its children under theirs.
 */
static bool is_sshd(struct slice program)
{
    return slice_starts_with(program, SLICE("sshd")) &&
           (program.bytes == 4 || slice_equals(program, SLICE("sshd-session")) ||
            slice_equals(program, SLICE("sshd-auth")));
}

/* Who writes of the attempt; empty: it is none. */
static struct slice read_login(const struct syslog_line *line, struct login_line *login)
{
    if (is_sshd(line->program))
        return slice_of("sshd", sshd_read(line->message, login) ? 4 : 0);
    if (slice_equals(line->program, SLICE("dropbear")))
        return slice_of("dropbear", dropbear_read(line->message, login) ? 8 : 0);
    return slice_of("pam", pam_read(line->program, line->message, login) ? 3 : 0);
}

static char *put(char *to, const char *end, struct slice text)
{
    if (to == NULL || (size_t)(end - to) < text.bytes + 1)
        return NULL;
    if (text.bytes > 0)
        memcpy(to, text.start, text.bytes);
    to[text.bytes] = ' ';
    return to + text.bytes + 1;
}

/* The name goes last, so that whatever is in it cannot pass for something else. Of repeated lines,
 * each is one of its own. */
static void give_id(struct syslog_reader *reader, struct record *record,
                    const struct syslog_line *line, const struct login_line *login)
{
    if (login->family.bytes == 0 || line->pid.bytes == 0 || line->repeats != 1)
        return;
    char *const id = reader->scratch->id;
    const char *const end = id + sizeof(reader->scratch->id);
    const struct slice time = slice_of(line->time.text.start, line->time.whole_bytes);
    char *to = put(id, end, line->host);
    to = put(to, end, line->pid);
    to = put(to, end, login->family);
    to = put(to, end, time);
    to = put(to, end, login->account);
    if (to != NULL)
        give(reader, record, FIELD_OF_ID, slice_of(id, (size_t)(to - id) - 1));
}

/* With UseDNS, sshd writes names. An address has a colon, or a digit at both ends. */
static bool is_host_name(struct slice source)
{
    return source.bytes > 0 && slice_find(source, ':') == source.bytes &&
           ((unsigned char)(source.start[0] - '0') > 9 ||
            (unsigned char)(source.start[source.bytes - 1] - '0') > 9);
}

static void give_login(struct syslog_reader *reader, struct record *record,
                       const struct syslog_line *line)
{
    struct login_line login;
    const struct slice service = read_login(line, &login);
    if (service.bytes == 0)
        return;
    give(reader, record, FIELD_OF_SERVICE, service);
    give(reader, record, FIELD_OF_RESULT, login.result);
    give(reader, record, FIELD_OF_METHOD, login.method);
    give(reader, record, FIELD_OF_LOGIN, login.account);
    give(reader, record, is_host_name(login.source) ? FIELD_OF_SOURCE_HOST : FIELD_OF_SOURCE,
         login.source);
    give(reader, record, FIELD_OF_PORT, login.port);
    give_id(reader, record, line, &login);
}

/* ---- Records ------------------------------------------------------------------------------- */

void syslog_reader_init(struct syslog_reader *reader, const struct syslog_paths *paths,
                        struct syslog_scratch *scratch, size_t line_bytes_max,
                        const struct block *block)
{
    reader->paths = paths;
    reader->scratch = scratch;
    reader->view = block->view;
    reader->line_bytes_max = line_bytes_max;
    reader->has_frames = block->layout == LAYOUT_SYSLOG_FRAMES;
    reader->start = reader->at = block->text;
    reader->end = block->text + block->bytes;
    reader->newlines = 0;
    reader->repeats = 0;
    reader->day_key = 0;
    reader->line = (struct syslog_line){0};
}

static uint64_t count_newlines(struct slice text)
{
    uint64_t count = 0;
    for (size_t at = 0; (at += slice_find(slice_from(text, at), '\n')) < text.bytes; at++)
        count++;
    return count;
}

/* Passes over the next line or frame and gives it, without its line end. */
static struct slice take_line(struct syslog_reader *reader, uint64_t *newlines)
{
    const struct slice rest = slice_of(reader->at, (size_t)(reader->end - reader->at));
    struct syslog_frame frame;
    *newlines = 0;
    if (reader->has_frames && syslog_frame_read(rest, &frame) == SYSLOG_FRAME &&
        frame.bytes <= rest.bytes) {
        const struct slice whole = slice_of(rest.start, frame.bytes);
        *newlines = count_newlines(whole);
        reader->at += frame.bytes;
        return whole;
    }
    const size_t bytes = slice_find(rest, '\n');
    *newlines = bytes < rest.bytes;
    reader->at += bytes + *newlines;
    return slice_of(rest.start, bytes);
}

static bool is_blank(struct slice line)
{
    return (line.bytes == 0 || line.start[0] <= ' ') && slice_trim(line).bytes == 0;
}

/* Reads the line into the record. */
static enum record_result read_line(struct syslog_reader *reader, struct record *record)
{
    struct syslog_line *const line = &reader->line;
    record->present = 0;
    if (!syslog_line_follow(record->text, line)) {
        syslog_line_read(record->text, line);
        reader->has_time =
            line->time.kind != SYSLOG_TIME_NONE && find_time(reader, &line->time, &reader->time_ns);
    }
    if (line->repeats > SYSLOG_REPEATS_MAX)
        return RECORD_BROKEN;
    reader->repeats = line->repeats - 1;
    if (line->time.kind == SYSLOG_TIME_NONE) {
        give(reader, record, FIELD_OF_MESSAGE, line->message);
        return RECORD_FOUND;
    }
    give_time(reader, record);
    give(reader, record, FIELD_OF_HOST, line->host);
    give(reader, record, FIELD_OF_PROGRAM, line->program);
    give(reader, record, FIELD_OF_PID, line->pid);
    give(reader, record, FIELD_OF_MESSAGE, line->message);
    give_login(reader, record, line);
    return RECORD_FOUND;
}

enum record_result syslog_reader_next(struct syslog_reader *reader, struct record *record)
{
    uint64_t newlines;
    if (reader->repeats > 0) {
        const uint32_t left = reader->repeats - 1;
        const enum record_result result = read_line(reader, record);
        reader->repeats = left;
        return result;
    }
    while (reader->at < reader->end) {
        record->offset = (uint64_t)(reader->at - reader->start);
        record->newlines = reader->newlines;
        record->text = take_line(reader, &newlines);
        reader->newlines += newlines;
        if (is_blank(record->text))
            continue;
        if (record->text.bytes > reader->line_bytes_max)
            return RECORD_TOO_LONG;
        return read_line(reader, record);
    }
    return RECORD_END;
}
