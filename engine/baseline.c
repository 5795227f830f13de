#include "engine/baseline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"

enum { HOUR_ALERTED = 0x8000, HOUR_COUNT_MAX = 0x7fff };

static unsigned day_slot(int64_t day)
{
    return (unsigned)((uint64_t)day % BASELINE_DAYS);
}

static unsigned hour_slot(int64_t hour)
{
    return (unsigned)(((hour % BASELINE_HOURS) + BASELINE_HOURS) % BASELINE_HOURS);
}

void baseline_init(struct baseline *baseline, int64_t time_ns)
{
    *baseline = (struct baseline){
        .day_last = civil_units(time_ns, CIVIL_DAY_NS),
        .hour_last = civil_units(time_ns, CIVIL_HOUR_NS),
    };
}

void baseline_keep_hours(struct baseline *baseline, struct slab *slab)
{
    if (baseline->hours != NULL)
        return;
    baseline->kept_hours.is_valid = false;
    baseline->hours = slab_take(slab, BASELINE_HOURS * sizeof(uint16_t));
    if (baseline->hours != NULL)
        memset(baseline->hours, 0, BASELINE_HOURS * sizeof(uint16_t));
}

void baseline_deinit(struct baseline *baseline, struct slab *slab)
{
    slab_give(slab, baseline->hours, BASELINE_HOURS * sizeof(uint16_t));
    baseline->hours = NULL;
}

static void day_clear(struct baseline *baseline, int64_t day)
{
    baseline->days[day_slot(day)] = 0;
    baseline->days_alerted &= ~(UINT64_C(1) << day_slot(day));
}

/* What happens on the newest day is in no statistics that were asked for on that day. */
static void forget_kept(struct baseline *baseline, int64_t day, int64_t hour)
{
    if (day != baseline->day_last || day != baseline->kept_days.unit)
        baseline->kept_days.is_valid = false;
    if (hour != baseline->hour_last || hour != baseline->kept_hours.unit)
        baseline->kept_hours.is_valid = false;
}

static void baseline_roll(struct baseline *baseline, int64_t day, int64_t hour)
{
    forget_kept(baseline, day, hour);
    if (day - baseline->day_last >= BASELINE_DAYS)
        baseline->day_last = day - BASELINE_DAYS;
    while (baseline->day_last < day)
        day_clear(baseline, ++baseline->day_last);
    if (hour - baseline->hour_last >= BASELINE_HOURS)
        baseline->hour_last = hour - BASELINE_HOURS;
    while (baseline->hour_last < hour) {
        baseline->hour_last++;
        if (baseline->hours != NULL)
            baseline->hours[hour_slot(baseline->hour_last)] = 0;
    }
}

void baseline_note(struct baseline *baseline, int64_t time_ns)
{
    const int64_t day = civil_units(time_ns, CIVIL_DAY_NS),
                  hour = civil_units(time_ns, CIVIL_HOUR_NS);
    baseline_roll(baseline, day, hour);
    if (baseline->day_last - day < BASELINE_DAYS)
        baseline->days[day_slot(day)]++;
    if (baseline->hours != NULL && baseline->hour_last - hour < BASELINE_HOURS) {
        uint16_t *const count = &baseline->hours[hour_slot(hour)];
        if ((*count & HOUR_COUNT_MAX) < HOUR_COUNT_MAX)
            (*count)++;
    }
}

void baseline_mark_alert(struct baseline *baseline, int64_t time_ns)
{
    const int64_t day = civil_units(time_ns, CIVIL_DAY_NS),
                  hour = civil_units(time_ns, CIVIL_HOUR_NS);
    baseline_roll(baseline, day, hour);
    if (baseline->day_last - day < BASELINE_DAYS)
        baseline->days_alerted |= UINT64_C(1) << day_slot(day);
    if (baseline->hours != NULL && baseline->hour_last - hour < BASELINE_HOURS)
        baseline->hours[hour_slot(hour)] |= HOUR_ALERTED;
}

struct baseline_slot baseline_day_at(const struct baseline *baseline, int64_t day)
{
    if (day > baseline->day_last || baseline->day_last - day >= BASELINE_DAYS)
        return (struct baseline_slot){0};
    const unsigned slot = day_slot(day);
    return (struct baseline_slot){.count = baseline->days[slot],
                                  .is_alerted = (baseline->days_alerted >> slot & 1) != 0};
}

struct baseline_slot baseline_hour_at(const struct baseline *baseline, int64_t hour)
{
    if (baseline->hours == NULL || hour > baseline->hour_last ||
        baseline->hour_last - hour >= BASELINE_HOURS)
        return (struct baseline_slot){0};
    const uint16_t kept = baseline->hours[hour_slot(hour)];
    return (struct baseline_slot){.count = kept & HOUR_COUNT_MAX,
                                  .is_alerted = (kept & HOUR_ALERTED) != 0};
}

void baseline_add_day(struct baseline *baseline, int64_t day, struct baseline_slot more)
{
    baseline_roll(baseline, day, baseline->hour_last);
    if (baseline->day_last - day >= BASELINE_DAYS)
        return;
    const unsigned slot = day_slot(day);
    if (__builtin_add_overflow(baseline->days[slot], more.count, &baseline->days[slot]))
        baseline->days[slot] = UINT32_MAX;
    baseline->days_alerted |= (uint64_t)more.is_alerted << slot;
}

void baseline_add_hour(struct baseline *baseline, int64_t hour, struct baseline_slot more)
{
    baseline_roll(baseline, baseline->day_last, hour);
    if (baseline->hours == NULL || baseline->hour_last - hour >= BASELINE_HOURS)
        return;
    uint16_t *const kept = &baseline->hours[hour_slot(hour)];
    const uint64_t count = (uint64_t)(*kept & HOUR_COUNT_MAX) + more.count;
    *kept = (uint16_t)((*kept & HOUR_ALERTED) | (more.is_alerted ? HOUR_ALERTED : 0) |
                       (count < HOUR_COUNT_MAX ? count : HOUR_COUNT_MAX));
}

static int value_compare(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median_of(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), value_compare);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static struct baseline_stats stats_of(double *values, unsigned count)
{
    if (count == 0)
        return (struct baseline_stats){0};
    const double median = median_of(values, count);
    for (unsigned i = 0; i < count; i++)
        values[i] = fabs(values[i] - median);
    return (struct baseline_stats){
        .samples = count, .median = median, .deviation = median_of(values, count)};
}

static struct baseline_stats days_before(const struct baseline *baseline, int64_t start_ns,
                                         int64_t today)
{
    double values[BASELINE_DAYS_USED];
    unsigned count = 0;
    const int64_t first =
        civil_units(start_ns + CIVIL_DAY_NS - 1, CIVIL_DAY_NS); /* the first whole day */
    for (int64_t day = today - 1;
         day >= first && day > baseline->day_last - BASELINE_DAYS && count < BASELINE_DAYS_USED;
         day--) {
        if (day > baseline->day_last) { /* nothing has happened since: a day of none */
            values[count++] = 0;
            continue;
        }
        if ((baseline->days_alerted >> day_slot(day) & 1) == 0)
            values[count++] = baseline->days[day_slot(day)];
    }
    return stats_of(values, count);
}

static struct baseline_stats hours_before(const struct baseline *baseline, int64_t start_ns,
                                          int64_t this_hour)
{
    enum { WEEKS = 4, NEIGHBOURS = 3, WEEK_HOURS = 7 * 24 };
    double values[WEEKS * NEIGHBOURS];
    unsigned count = 0;
    const int64_t first = civil_units(start_ns + CIVIL_HOUR_NS - 1, CIVIL_HOUR_NS);
    for (int week = 1; week <= WEEKS && baseline->hours != NULL; week++) {
        for (int beside = -1; beside <= 1; beside++) {
            const int64_t hour = this_hour - week * WEEK_HOURS + beside;
            if (hour < first || hour <= baseline->hour_last - BASELINE_HOURS)
                continue;
            const uint16_t kept = hour > baseline->hour_last ? 0 : baseline->hours[hour_slot(hour)];
            if ((kept & HOUR_ALERTED) == 0)
                values[count++] = kept;
        }
    }
    return stats_of(values, count);
}

static bool is_kept(const struct baseline_kept *kept, int64_t start_ns, int64_t unit)
{
    return kept->is_valid && kept->start_ns == start_ns && kept->unit == unit;
}

struct baseline_stats baseline_days(struct baseline *baseline, int64_t start_ns, int64_t now_ns)
{
    const int64_t today = civil_units(now_ns, CIVIL_DAY_NS);
    if (!is_kept(&baseline->kept_days, start_ns, today))
        baseline->kept_days =
            (struct baseline_kept){true, start_ns, today, days_before(baseline, start_ns, today)};
    return baseline->kept_days.stats;
}

struct baseline_stats baseline_hours(struct baseline *baseline, int64_t start_ns, int64_t now_ns)
{
    const int64_t hour = civil_units(now_ns, CIVIL_HOUR_NS);
    if (!is_kept(&baseline->kept_hours, start_ns, hour))
        baseline->kept_hours =
            (struct baseline_kept){true, start_ns, hour, hours_before(baseline, start_ns, hour)};
    return baseline->kept_hours.stats;
}
