/*
 * One syslog line: its time, host, program and message (`parsers/syslog.h` says what is read).
 *
 * Internal to the syslog module. Pure functions, any thread; linear in the line's length.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum syslog_time_kind {
    SYSLOG_TIME_NONE,
    SYSLOG_TIME_BSD, /* `Oct 11 22:14:15`: all below is set */
    SYSLOG_TIME_ISO, /* only the text, which nobody has looked at closely */
};

struct syslog_time {
    enum syslog_time_kind kind;
    bool has_zone; /* of SYSLOG_TIME_ISO */
    bool
        is_impossible; /* of SYSLOG_TIME_BSD: there is no such day in any month, or no such clock */
    struct slice text;
    size_t whole_bytes; /* of `text` without the fraction of the second, and what follows that */
    int32_t year;       /* 0: none is written */
    uint32_t month, day;
    int64_t second_of_day;
    uint32_t fraction_ns;
};

struct syslog_line {
    struct syslog_time time;
    struct slice host, program, pid; /* empty: absent */
    struct slice message;
    uint32_t repeats; /* how many such lines this one stands for; UINT32_MAX: more than can be */

    /* All before the message, when nothing behind it has a say in what is read of it; else empty.
     */
    struct slice front;
};

/* `text` has no line end. Without a time, nothing but `repeats` is set, and behind a priority, or
 * when it is a JSON object or begins with `date=`, the message. */
void syslog_line_read(struct slice text, struct syslog_line *line);

/* The same, for a line that begins just like the one that `line` was read from, as the lines of one
 * process often do: only the message is read. False: it begins otherwise, and nothing has changed.
 * The text of the line before must still be there. */
bool syslog_line_follow(struct slice text, struct syslog_line *line);

/* A length before a line, as in `48 <34>1 …`. */
struct syslog_frame {
    size_t front;   /* bytes of the length and the blank behind it */
    uint64_t bytes; /* of all, the length included */
};

enum syslog_frame_result {
    SYSLOG_NO_FRAME,
    SYSLOG_FRAME,
    SYSLOG_FRAME_MAYBE, /* too few bytes to tell */
};

enum syslog_frame_result syslog_frame_read(struct slice text, struct syslog_frame *frame);
