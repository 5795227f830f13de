/*
 * Civil time: days and the clock, from and to nanoseconds since the epoch.
 *
 * The proleptic Gregorian calendar in UTC, without leap seconds, as POSIX counts. The two day
 * algorithms are Howard Hinnant's `days_from_civil` and `civil_from_days` ("chrono-Compatible
 * Low-Level Date Algorithms", 2013): March starts the year, so the leap day is its last. Pure
 * functions, any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CIVIL_SECOND_NS INT64_C(1000000000)
#define CIVIL_DAY_SECONDS INT64_C(86400)
#define CIVIL_HOUR_NS (3600 * CIVIL_SECOND_NS)
#define CIVIL_DAY_NS (24 * CIVIL_HOUR_NS)

/* From `then_ns` to `now_ns`; the times of a hostile log may lie further apart than can be said,
 * and then the answer is the longest that can. */
static inline int64_t civil_elapsed(int64_t now_ns, int64_t then_ns)
{
    int64_t span_ns;
    if (!__builtin_sub_overflow(now_ns, then_ns, &span_ns))
        return span_ns;
    return now_ns > then_ns ? INT64_MAX : INT64_MIN;
}

/* A span before a time and behind it; the first and the last time there are, where it is beyond. */
static inline int64_t civil_minus(int64_t time_ns, int64_t span_ns)
{
    int64_t result;
    return __builtin_sub_overflow(time_ns, span_ns, &result) ? INT64_MIN : result;
}

static inline int64_t civil_plus(int64_t time_ns, int64_t span_ns)
{
    int64_t result;
    return __builtin_add_overflow(time_ns, span_ns, &result) ? INT64_MAX : result;
}

/* How many whole units a time is behind the epoch, rounded down before 1970 as well; unit > 0. */
static inline int64_t civil_units(int64_t time, int64_t unit)
{
    return time / unit - (time % unit < 0);
}

/* Whole milliseconds since the epoch. */
static inline int64_t civil_milliseconds(int64_t time_ns)
{
    return civil_units(time_ns, 1000000);
}

struct civil_date {
    int32_t year;
    uint32_t month; /* 1 to 12 */
    uint32_t day;   /* 1 to 31 */
};

/* Days from 1970-01-01 to a date that exists. */
static inline int64_t civil_days(struct civil_date date)
{
    const int64_t year = (int64_t)date.year - (date.month <= 2);
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const uint32_t year_of_era = (uint32_t)(year - era * 400);
    const uint32_t month = date.month > 2 ? date.month - 3 : date.month + 9;
    const uint32_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    const uint32_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + (int64_t)day_of_era - 719468;
}

/* The date that lies `days` after 1970-01-01. */
static inline struct civil_date civil_from_days(int64_t days)
{
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const uint32_t day_of_era = (uint32_t)(days - era * 146097);
    const uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint32_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint32_t month = (5 * day_of_year + 2) / 153;
    const uint32_t calendar_month = month < 10 ? month + 3 : month - 9;
    return (struct civil_date){
        .year = (int32_t)((int64_t)year_of_era + era * 400) + (calendar_month <= 2),
        .month = calendar_month,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
}

/* 28 to 31; `month` from 1 to 12. */
static inline uint32_t civil_month_days(int32_t year, uint32_t month)
{
    if (month == 2)
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return 30 + ((month + (month >> 3)) & 1);
}

/* Room for the longest text of `civil_format`, its closing zero included. */
enum { CIVIL_TEXT_BYTES = 32 };

/* Writes a time as RFC 3339 in UTC, for instance `2024-02-01T09:31:07.120Z`, and returns its
 * length. The fraction has three digits, or six or nine when fewer would lose something. Every
 * int64 has a four-digit year, so texts sort as times do. */
size_t civil_format(int64_t time_ns, char text[CIVIL_TEXT_BYTES]);
