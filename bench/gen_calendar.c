#include "bench/gen_calendar.h"

enum { MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, ANY_DAY, CYCLE_DAYS = 28 };

/* Where in its 28 days a trap is open: on the first such weekday after `day`. */
struct opening {
    uint8_t weekday;
    uint8_t day;
    uint16_t minute;
    uint16_t minutes;
};

static const struct opening openings[GEN_TRAP_COUNT] = {
    [GEN_TRAP_EXPIRY_DAY] = {TUESDAY, 0, 450, 180},
    [GEN_TRAP_STALE_PHONE] = {ANY_DAY, 2, 720, 8 * 1440},
    [GEN_TRAP_SERVICE_SECRET] = {ANY_DAY, 3, 540, 4 * 1440},
    [GEN_TRAP_IDP_OUTAGE] = {FRIDAY, 0, 780, 40},
    [GEN_TRAP_GUEST_NETWORK] = {WEDNESDAY, 0, 480, 1440 + 600},
    [GEN_TRAP_LOCKOUT_ECHO] = {THURSDAY, 0, 540, 120},
};

/* 1970-01-01 was a Thursday. */
static int64_t weekday_on_or_after(int64_t day, uint8_t weekday)
{
    if (weekday == ANY_DAY)
        return day;
    return day + ((int64_t)weekday - (day + THURSDAY) % 7 + 7) % 7;
}

void gen_calendar_init(struct gen_calendar *calendar, const struct gen_options *options)
{
    const int64_t start_day = options->start_s / 86400;
    /* The VPN changes once, late enough for the old addresses to be well known. */
    const int64_t change_day = weekday_on_or_after(start_day + options->days / 3, WEDNESDAY);
    *calendar = (struct gen_calendar){
        .traps = options->traps,
        .start_day = start_day,
        .vpn_change = change_day * GEN_TICKS_PER_DAY + 5 * GEN_TICKS_PER_HOUR,
    };
}

bool gen_calendar_has(const struct gen_calendar *calendar, enum gen_trap trap)
{
    return (calendar->traps >> trap & 1) != 0;
}

struct gen_window gen_calendar_window(const struct gen_calendar *calendar, enum gen_trap trap,
                                      int64_t time, int hours)
{
    if (!gen_calendar_has(calendar, trap))
        return (struct gen_window){0};
    const struct opening *opening = &openings[trap];
    const int64_t days = time / GEN_TICKS_PER_DAY - calendar->start_day;
    const int64_t cycle_day = calendar->start_day + days / CYCLE_DAYS * CYCLE_DAYS;
    const int64_t day = weekday_on_or_after(cycle_day + opening->day, opening->weekday);
    const int64_t begin = day * GEN_TICKS_PER_DAY + opening->minute * GEN_TICKS_PER_MINUTE -
                          hours * GEN_TICKS_PER_HOUR;
    return (struct gen_window){begin, begin + opening->minutes * GEN_TICKS_PER_MINUTE};
}

bool gen_calendar_open(const struct gen_calendar *calendar, enum gen_trap trap, int64_t time)
{
    const struct gen_window window = gen_calendar_window(calendar, trap, time, 0);
    return time >= window.begin && time < window.end;
}

bool gen_calendar_is_after_vpn_change(const struct gen_calendar *calendar, int64_t time)
{
    return gen_calendar_has(calendar, GEN_TRAP_VPN_CHANGE) && time >= calendar->vpn_change;
}

uint32_t gen_calendar_hour_of_week(int64_t time, int hours)
{
    const int64_t hour = time / GEN_TICKS_PER_HOUR + hours;
    const int64_t day = hour / 24;
    return (uint32_t)((day + THURSDAY) % 7 * 24 + hour % 24);
}

uint32_t gen_calendar_weight(uint32_t hour_of_week)
{
    static const uint8_t workday[24] = {2,  1,  1,  1,  2,  4,  10, 35, 90, 110, 95, 80,
                                        60, 80, 90, 80, 65, 45, 25, 18, 14, 10,  7,  4};
    static const uint8_t weekend[24] = {2,  1,  1,  1,  1,  1,  2,  4,  8,  12, 14, 13,
                                        12, 12, 11, 10, 10, 11, 12, 12, 10, 8,  5,  3};
    const uint32_t day = hour_of_week / 24, hour = hour_of_week % 24;
    if (day >= 5)
        return weekend[hour];
    if (day == MONDAY && hour >= 8 && hour < 10)
        return workday[hour] * 5u / 4u;
    return workday[hour];
}

uint32_t gen_calendar_weight_sum(void)
{
    uint32_t sum = 0;
    for (uint32_t hour = 0; hour < 168; hour++)
        sum += gen_calendar_weight(hour);
    return sum;
}

bool gen_calendar_is_workday(uint32_t hour_of_week)
{
    return hour_of_week < 5 * 24 && hour_of_week % 24 >= 8 && hour_of_week % 24 < 18;
}
