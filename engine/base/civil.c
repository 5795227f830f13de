#include "engine/base/civil.h"

/* Writes `value` with exactly `digits` digits and returns the place behind them. */
static char *put_digits(char *at, uint32_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

static char *put_fraction(char *at, uint32_t fraction_ns)
{
    *at++ = '.';
    if (fraction_ns % 1000000 == 0)
        return put_digits(at, fraction_ns / 1000000, 3);
    if (fraction_ns % 1000 == 0)
        return put_digits(at, fraction_ns / 1000, 6);
    return put_digits(at, fraction_ns, 9);
}

size_t civil_format(int64_t time_ns, char text[CIVIL_TEXT_BYTES])
{
    int64_t seconds = time_ns / CIVIL_SECOND_NS;
    int64_t fraction_ns = time_ns % CIVIL_SECOND_NS;
    if (fraction_ns < 0) {
        fraction_ns += CIVIL_SECOND_NS;
        seconds--;
    }
    int64_t days = seconds / CIVIL_DAY_SECONDS;
    int64_t clock = seconds % CIVIL_DAY_SECONDS;
    if (clock < 0) {
        clock += CIVIL_DAY_SECONDS;
        days--;
    }

    const struct civil_date date = civil_from_days(days);
    char *at = put_digits(text, (uint32_t)date.year, 4);
    *at++ = '-';
    at = put_digits(at, date.month, 2);
    *at++ = '-';
    at = put_digits(at, date.day, 2);
    *at++ = 'T';
    at = put_digits(at, (uint32_t)(clock / 3600), 2);
    *at++ = ':';
    at = put_digits(at, (uint32_t)(clock / 60 % 60), 2);
    *at++ = ':';
    at = put_digits(at, (uint32_t)(clock % 60), 2);
    at = put_fraction(at, (uint32_t)fraction_ns);
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - text);
}
