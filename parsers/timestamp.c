#include "parsers/timestamp.h"

#include "engine/base/civil.h"

enum {
    YEAR_MIN = 1678, /* the first and last whole years whose nanoseconds fit an int64 */
    YEAR_MAX = 2261,
    FRACTION_DIGITS = 9,
};

/* A time as written, before anything is known to be possible. */
struct clock_reading {
    struct civil_date date;
    uint32_t hour, minute, second;
    uint32_t fraction_ns;
    bool has_zone;
    int32_t offset_minutes; /* east of UTC */
};

static bool is_leap_second_minute(int64_t minute_utc)
{
    if ((minute_utc % 1440 + 1440) % 1440 != 1439)
        return false;
    const int64_t day = (minute_utc - 1439) / 1440;
    const struct civil_date next = civil_from_days(day + 1);
    return next.day == 1 && (next.month == 1 || next.month == 7);
}

static inline enum timestamp_result reading_to_ns(const struct clock_reading *reading,
                                                  const struct zone *zone, int64_t *time_ns)
{
    const struct civil_date date = reading->date;
    if (date.month - 1 > 11 || date.day - 1 > 30 || reading->hour > 23 || reading->minute > 59 ||
        reading->second > 60)
        return TIMESTAMP_IMPOSSIBLE;
    if (date.day > 28 && date.day > civil_month_days(date.year, date.month))
        return TIMESTAMP_IMPOSSIBLE;
    if (date.year < YEAR_MIN || date.year > YEAR_MAX)
        return TIMESTAMP_OUT_OF_RANGE;

    const int64_t minutes = civil_days(date) * 1440 +
                            (int64_t)(reading->hour * 60 + reading->minute) -
                            reading->offset_minutes;
    if (reading->second == 60 && !is_leap_second_minute(minutes))
        return TIMESTAMP_IMPOSSIBLE;
    int64_t seconds = minutes * 60 + (int64_t)reading->second;
    if (zone != NULL && !reading->has_zone)
        seconds = zone_to_utc(zone, seconds);
    *time_ns = seconds * CIVIL_SECOND_NS + (int64_t)reading->fraction_ns;
    return TIMESTAMP_OK;
}

static inline bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') < 10;
}

/* ---- The usual form ------------------------------------------------------------------------ */

/* Nanoseconds in the last of that many fraction digits. */
static const uint32_t fraction_units[FRACTION_DIGITS + 1] = {
    1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1,
};

/* Two digits at `at`; above 99 when one is no digit. */
static inline uint32_t two_digits(const char *at)
{
    const uint32_t tens = (unsigned char)(at[0] - '0');
    const uint32_t ones = (unsigned char)(at[1] - '0');
    return tens > 9 || ones > 9 ? UINT32_MAX / 4 : tens * 10 + ones;
}

/* Every log line goes through here: `YYYY-MM-DDThh:mm:ss`, a fraction or none, `Z` or `+00:00`.
 * False means only that the text is not exactly that; the general reader then decides. */
static inline bool read_usual(struct slice text, struct clock_reading *reading)
{
    const char *at = text.start;
    if (text.bytes < 20 || at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' ||
        at[16] != ':')
        return false;
    const uint32_t century = two_digits(at), year = two_digits(at + 2);
    const uint32_t month = two_digits(at + 5), day = two_digits(at + 8);
    const uint32_t hour = two_digits(at + 11), minute = two_digits(at + 14);
    const uint32_t second = two_digits(at + 17);
    if ((century | year | month | day | hour | minute | second) > 127)
        return false;

    const char *const end = text.start + text.bytes;
    uint32_t fraction_ns = 0;
    at += 19;
    if (*at == '.') {
        const char *const first = ++at;
        while (at < end && is_digit(*at) && at - first < FRACTION_DIGITS)
            fraction_ns = fraction_ns * 10 + (uint32_t)(*at++ - '0');
        if (at == first)
            return false;
        fraction_ns *= fraction_units[at - first];
    }
    const size_t rest = (size_t)(end - at);
    if (!(rest == 1 && *at == 'Z') && !(rest == 6 && memcmp(at, "+00:00", 6) == 0))
        return false;
    *reading = (struct clock_reading){
        .date = {.year = (int32_t)(century * 100 + year), .month = month, .day = day},
        .hour = hour,
        .minute = minute,
        .second = second,
        .fraction_ns = fraction_ns,
        .has_zone = true,
    };
    return true;
}

/* ---- All forms ----------------------------------------------------------------------------- */

/* Takes between `digits_min` and `digits_max` digits from the front of `text`. */
static bool take_number(struct slice *text, unsigned digits_min, unsigned digits_max,
                        uint32_t *value)
{
    uint32_t number = 0;
    unsigned digits = 0;
    while (digits < digits_max && digits < text->bytes && is_digit(text->start[digits]))
        number = number * 10 + (uint32_t)(text->start[digits++] - '0');
    if (digits < digits_min)
        return false;
    *text = slice_from(*text, digits);
    *value = number;
    return true;
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->bytes == 0 || text->start[0] != byte)
        return false;
    *text = slice_from(*text, 1);
    return true;
}

static bool take_text(struct slice *text, struct slice wanted)
{
    if (!slice_starts_with(*text, wanted))
        return false;
    *text = slice_from(*text, wanted.bytes);
    return true;
}

/* Browsers write a narrow no-break space (U+202F) before AM and PM, as CLDR 42 has it; others, a
 * no-break space. */
static void skip_blanks(struct slice *text)
{
    while (take_byte(text, ' ') || take_text(text, SLICE("\xe2\x80\xaf")) ||
           take_text(text, SLICE("\xc2\xa0"))) {
    }
}

/* A fraction of a second behind `.` or `,`; none is fine, a mark without digits is not. */
static bool take_fraction(struct slice *text, uint32_t *fraction_ns)
{
    *fraction_ns = 0;
    if (!take_byte(text, '.') && !take_byte(text, ','))
        return true;
    unsigned digits = 0;
    for (; text->bytes > 0 && is_digit(text->start[0]); digits++) {
        if (digits < FRACTION_DIGITS)
            *fraction_ns = *fraction_ns * 10 + (uint32_t)(text->start[0] - '0');
        *text = slice_from(*text, 1);
    }
    for (unsigned i = digits; i < FRACTION_DIGITS; i++)
        *fraction_ns *= 10;
    return digits > 0;
}

static bool take_clock(struct slice *text, unsigned hour_digits_min, struct clock_reading *reading)
{
    return take_number(text, hour_digits_min, 2, &reading->hour) && take_byte(text, ':') &&
           take_number(text, 2, 2, &reading->minute) && take_byte(text, ':') &&
           take_number(text, 2, 2, &reading->second) && take_fraction(text, &reading->fraction_ns);
}

/* As spreadsheets write it: they leave out the seconds. */
static bool take_short_clock(struct slice *text, struct clock_reading *reading)
{
    return take_number(text, 1, 2, &reading->hour) && take_byte(text, ':') &&
           take_number(text, 2, 2, &reading->minute) &&
           (!take_byte(text, ':') || (take_number(text, 2, 2, &reading->second) &&
                                      take_fraction(text, &reading->fraction_ns)));
}

/* The rest of a text must be a zone or nothing. */
static enum timestamp_result read_zone(struct slice text, struct clock_reading *reading)
{
    skip_blanks(&text);
    reading->has_zone = text.bytes > 0;
    if (text.bytes == 0 || slice_equals_folded(text, SLICE("z")) ||
        slice_equals_folded(text, SLICE("utc")))
        return TIMESTAMP_OK;
    const bool west = text.start[0] == '-';
    if (!take_byte(&text, '+') && !take_byte(&text, '-'))
        return TIMESTAMP_UNREADABLE;
    uint32_t hours, minutes = 0;
    if (!take_number(&text, 2, 2, &hours))
        return TIMESTAMP_UNREADABLE;
    if (text.bytes > 0) {
        take_byte(&text, ':');
        if (!take_number(&text, 2, 2, &minutes) || text.bytes > 0)
            return TIMESTAMP_UNREADABLE;
    }
    if (hours > 23 || minutes > 59)
        return TIMESTAMP_IMPOSSIBLE;
    reading->offset_minutes = (int32_t)(hours * 60 + minutes) * (west ? -1 : 1);
    return TIMESTAMP_OK;
}

static enum timestamp_result read_year_first(struct slice text, struct clock_reading *reading)
{
    uint32_t year;
    if (!take_number(&text, 4, 4, &year) || !take_byte(&text, '-') ||
        !take_number(&text, 2, 2, &reading->date.month) || !take_byte(&text, '-') ||
        !take_number(&text, 2, 2, &reading->date.day))
        return TIMESTAMP_UNREADABLE;
    reading->date.year = (int32_t)year;
    if (!take_byte(&text, 'T') && !take_byte(&text, 't') && !take_byte(&text, ' '))
        return TIMESTAMP_UNREADABLE;
    if (!take_clock(&text, 2, reading))
        return TIMESTAMP_UNREADABLE;
    return read_zone(text, reading);
}

/* Takes AM or PM, if there is one, and turns the hour into one of 24. */
static enum timestamp_result take_half_day(struct slice *text, struct clock_reading *reading)
{
    skip_blanks(text);
    const struct slice word = slice_of(text->start, text->bytes < 2 ? text->bytes : 2);
    const bool afternoon = slice_equals_folded(word, SLICE("pm"));
    if (!afternoon && !slice_equals_folded(word, SLICE("am")))
        return TIMESTAMP_OK;
    *text = slice_from(*text, 2);
    if (reading->hour < 1 || reading->hour > 12)
        return TIMESTAMP_IMPOSSIBLE;
    reading->hour = reading->hour % 12 + (afternoon ? 12 : 0);
    return TIMESTAMP_OK;
}

/* Two numbers and a year. */
static bool take_year_last(struct slice *text, char mark, uint32_t *first, uint32_t *second,
                           int32_t *year)
{
    uint32_t number;
    if (!take_number(text, 1, 2, first) || !take_byte(text, mark) ||
        !take_number(text, 1, 2, second) || !take_byte(text, mark) ||
        !take_number(text, 4, 4, &number))
        return false;
    *year = (int32_t)number;
    return true;
}

static enum timestamp_result read_year_last(struct slice text, char mark, bool is_day_first,
                                            struct clock_reading *reading)
{
    uint32_t *const first = is_day_first ? &reading->date.day : &reading->date.month;
    uint32_t *const second = is_day_first ? &reading->date.month : &reading->date.day;
    if (!take_year_last(&text, mark, first, second, &reading->date.year))
        return TIMESTAMP_UNREADABLE;
    take_byte(&text, ',');
    if (!take_byte(&text, ' '))
        return TIMESTAMP_UNREADABLE;
    skip_blanks(&text);
    if (!take_short_clock(&text, reading))
        return TIMESTAMP_UNREADABLE;
    const enum timestamp_result result = take_half_day(&text, reading);
    return result != TIMESTAMP_OK ? result : read_zone(text, reading);
}

/* ---- Numbers since the epoch --------------------------------------------------------------- */

/* The size of a number tells its unit: seconds have nine to eleven digits from 1973 to 5138, and
 * every thousandfold has three more. Fewer digits are some other number, or a placeholder. */
static enum timestamp_result read_epoch(struct slice text, int64_t *time_ns)
{
    size_t digits = 0;
    int64_t value = 0;
    for (; digits < text.bytes && is_digit(text.start[digits]); digits++) {
        if (digits >= 19)
            return TIMESTAMP_UNREADABLE;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, text.start[digits] - '0', &value))
            return TIMESTAMP_OUT_OF_RANGE;
    }
    if (digits < 9)
        return TIMESTAMP_UNREADABLE;

    struct slice rest = slice_from(text, digits);
    uint32_t fraction_ns = 0;
    if (digits <= 11 && !take_fraction(&rest, &fraction_ns))
        return TIMESTAMP_UNREADABLE;
    if (rest.bytes > 0)
        return TIMESTAMP_UNREADABLE;
    const int64_t unit_ns = digits <= 11   ? CIVIL_SECOND_NS
                            : digits <= 14 ? 1000000
                            : digits <= 17 ? 1000
                                           : 1;
    if (value > INT64_C(9214646400) * (CIVIL_SECOND_NS / unit_ns)) /* 2262-01-01 */
        return TIMESTAMP_OUT_OF_RANGE;
    *time_ns = value * unit_ns + (int64_t)fraction_ns;
    return TIMESTAMP_OK;
}

/* Two points among the first six bytes; seconds since the epoch have at most one. */
static bool has_dotted_date(struct slice text)
{
    const struct slice front = slice_of(text.start, text.bytes < 6 ? text.bytes : 6);
    const size_t first = slice_find(front, '.');
    return first < front.bytes &&
           slice_find(slice_from(front, first + 1), '.') < front.bytes - first - 1;
}

static enum timestamp_result parse_general(struct slice text, const struct timestamp_habits *habits,
                                           int64_t *time_ns)
{
    struct clock_reading reading = {0};
    enum timestamp_result result = TIMESTAMP_UNREADABLE;
    text = slice_trim(text);
    if (text.bytes > 4 && text.start[4] == '-')
        result = read_year_first(text, &reading);
    else if (text.bytes > 4 && slice_find(slice_of(text.start, 4), '/') < 4)
        result = read_year_last(text, '/', habits->is_day_first, &reading);
    else if (has_dotted_date(text))
        result = read_year_last(text, '.', true, &reading);
    else
        return read_epoch(text, time_ns);
    return result != TIMESTAMP_OK ? result : reading_to_ns(&reading, habits->zone, time_ns);
}

enum timestamp_result timestamp_parse_as(struct slice text, const struct timestamp_habits *habits,
                                         int64_t *time_ns)
{
    struct clock_reading reading;
    if (read_usual(text, &reading))
        return reading_to_ns(&reading, NULL, time_ns);
    return parse_general(text, habits, time_ns);
}

enum timestamp_result timestamp_parse(struct slice text, int64_t *time_ns)
{
    static const struct timestamp_habits none;
    return timestamp_parse_as(text, &none, time_ns);
}

enum timestamp_order timestamp_order(struct slice text)
{
    enum { MONTHS = 12 };
    uint32_t first, second;
    int32_t year;
    text = slice_trim(text);
    if (!take_year_last(&text, '/', &first, &second, &year))
        return TIMESTAMP_NO_ORDER;
    if ((first > MONTHS) == (second > MONTHS))
        return TIMESTAMP_EITHER_FIRST;
    return first > MONTHS ? TIMESTAMP_DAY_FIRST : TIMESTAMP_MONTH_FIRST;
}
