/*
 * Syslog: lines of services, as syslogd, rsyslog, journalctl and their kin write or send them.
 *
 * Two jobs, with the words of all readers (`parsers/record.h`): `syslog_split` finds whole lines
 * for the input stage, `syslog_reader` reads header and message of one after another for a parse
 * worker.
 *
 * What a line is
 * - `[<PRI>]TIME [HOST] PROGRAM[PID]: MESSAGE` with TIME as `Oct 11 22:14:15` (RFC 3164; also with
 *   a year, or a fraction) or as ISO 8601 with or without zone (rsyslog, journalctl, macOS), or
 *   `<PRI>1 TIME HOST PROGRAM PID MSGID DATA MESSAGE` (RFC 5424). Host, `[PID]` and `<PRI>` may be
 *   missing. `<PRI>MESSAGE` without a time has no field but the message, which may name one: so do
 *   FortiGates; and so has a line that is a JSON object. Any other line without a time is a record
 *   that no schema knows.
 * - `time="TIME" MESSAGE` with an ISO 8601 time, quoted or not: of a program that writes a log of
 *   pairs by itself, without host and program.
 * - In a stream that begins with one, `LENGTH MESSAGE` frames (RFC 6587, section 3.4.1) may follow
 *   each other with or without line ends between; a line may stand in place of any. In a stream of
 *   lines a length is believed only when it is that of the rest of its line: else a line that
 *   somebody sends could swallow those behind it.
 * - `message repeated N times: [ MESSAGE]` stands for N records, which are given one by one. More
 *   than SYSLOG_REPEATS_MAX are not believed: the record is broken. `last message repeated N
 *   times` is a record without message: what it repeats may be in another block.
 * - What rsyslog makes of a line end at the end of a message (`#015`, `#012`) is not part of it.
 *
 * Times without year are read from `source_view.date`, the first day of the source: a day that lies
 * more than one day before it, by the calendar, is one of the next year. So a source may span a
 * year but for a day, and what a line says does not depend on the lines before it. Times without
 * zone are in `source_view.zone`.
 *
 * A record has the fields below, as far as its line has them; a path is the name of a field.
 *
 * | path                           | is                                                       |
 * | ------------------------------ | -------------------------------------------------------- |
 * | time                           | VALUE_TIME, or VALUE_TEXT when there is no such time     |
 * | host, program, pid, message    | of every line                                            |
 * | login.service                  | who writes of the attempt: `sshd`, `dropbear` or `pam`   |
 * | login.result, .method, .account| of a line about one attempt (`parsers/login_line.h`)     |
 * | login.source, .host, .port    | where from: an address or a host name, as written        |
 * | login.id                       | what two lines about the same attempt have in common     |
 */
#pragma once

#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "parsers/record.h"
#include "parsers/syslog_line.h"

enum {
    SYSLOG_REPEATS_MAX = 10000,
    SYSLOG_ID_BYTES = 512,
};

/* The layout of a source from its first bytes: one of the first lines is a syslog line. */
bool syslog_detect_layout(struct slice head, enum layout *layout);

/* The first day that `head` names. False when no line names one. A year of 0: it names no year. */
bool syslog_first_date(struct slice head, struct source_date *date);

/* State of one source's splitting; plain data. */
struct syslog_split {
    bool has_frames;
    bool in_long; /* inside a line that is dropped for its length … */
    size_t line_bytes_max;
    size_t scanned;       /* bytes at the front that hold no line end */
    uint64_t frame_bytes; /* still to be dropped of a frame that is too long */
};

void syslog_split_init(struct syslog_split *split, enum layout layout, size_t line_bytes_max);

/* The contract of `json_split_next`. */
struct record_cut syslog_split_next(struct syslog_split *split, struct slice text, bool at_end);

/* Which fields are wanted; immutable, shared by all workers. */
struct syslog_paths;

/* STATUS_CONFIG when slots or names are shared. A name that is no field is never found. */
STATUS_CHECKED enum status syslog_paths_create(struct syslog_paths **out,
                                               const struct record_path *paths, size_t count);
void syslog_paths_destroy(struct syslog_paths *paths);

/* Where a reader puts the values that it makes. Plain data. */
struct syslog_scratch {
    char id[SYSLOG_ID_BYTES];
};

/* One worker's position in one block. Plain data; block and scratch must outlive it. */
struct syslog_reader {
    const struct syslog_paths *paths;
    struct syslog_scratch *scratch;
    const struct source_view *view;
    size_t line_bytes_max;
    bool has_frames;
    const char *start, *at, *end;
    uint64_t newlines;       /* line ends passed so far */
    uint32_t repeats;        /* how often the record is still to be given */
    uint32_t day_key;        /* of the day read last … */
    int64_t day;             /* … in days since the epoch */
    struct syslog_line line; /* the last one … */
    bool has_time;           /* … whose time is possible, … */
    int64_t time_ns;         /* … and is this */
};

void syslog_reader_init(struct syslog_reader *reader, const struct syslog_paths *paths,
                        struct syslog_scratch *scratch, size_t line_bytes_max,
                        const struct block *block);

/* Values lie in the block, in the scratch or are constants, and are valid until the next call. */
enum record_result syslog_reader_next(struct syslog_reader *reader, struct record *record);
