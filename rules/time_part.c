#include "rules/time_part.h"

#include "engine/base/civil.h"
#include "parsers/timestamp.h"

bool time_of_text(struct slice text, int64_t *time_ns)
{
    double number = 0;
    return !number_from_text(text, &number) && timestamp_parse(text, time_ns) == TIMESTAMP_OK;
}

/* Monday is 1. 1970-01-01 was a Thursday. */
static int64_t weekday(int64_t days)
{
    return ((days + 3) % 7 + 7) % 7 + 1;
}

/* The number of the ISO week: that of the year in which the week's Thursday lies. */
static int64_t iso_week(int64_t days)
{
    const int64_t thursday = days - weekday(days) + 4;
    const struct civil_date date = civil_from_days(thursday);
    const int64_t first = civil_days((struct civil_date){.year = date.year, .month = 1, .day = 1});
    return (thursday - first) / 7 + 1;
}

double time_part(int64_t time_ns, enum value_part part)
{
    int64_t seconds = civil_units(time_ns, CIVIL_SECOND_NS);
    const int64_t days = civil_units(seconds, CIVIL_DAY_SECONDS);
    seconds -= days * CIVIL_DAY_SECONDS;
    const struct civil_date date = civil_from_days(days);
    switch (part) {
    case PART_MINUTE:
        return (double)(seconds / 60 % 60);
    case PART_HOUR:
        return (double)(seconds / 3600);
    case PART_DAY:
        return date.day;
    case PART_WEEK:
        return (double)iso_week(days);
    case PART_MONTH:
        return date.month;
    case PART_YEAR:
        return date.year;
    case PART_WHOLE:
        break;
    }
    return 0;
}
