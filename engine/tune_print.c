#include "engine/tune_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/civil.h"

enum {
    CELL_BYTES = 48,
    NAMED_MAX = 3, /* campaigns named for a setting */
};

static const char bold[] = "\033[1m";

/* ---- cells ----------------------------------------------------------------------------------- */

static const char *number_text(double number, char cell[CELL_BYTES])
{
    snprintf(cell, CELL_BYTES, "%.10g", number);
    return cell;
}

static const char *count_text(size_t count, char cell[CELL_BYTES])
{
    if (count == 0)
        return "-";
    snprintf(cell, CELL_BYTES, "%zu", count);
    return cell;
}

static const char *rate_text(size_t count, double days, char cell[CELL_BYTES])
{
    const double rate = (double)count / days;
    snprintf(cell, CELL_BYTES, rate < 10 ? "%.2f" : "%.0f", rate);
    return cell;
}

/* How many campaigns are told later, and by how much at most. */
static const char *later_text(const struct comparison *comparison, char cell[CELL_BYTES])
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    if (comparison->later == 0)
        return "-";
    const int64_t seconds = comparison->later_ns_max / CIVIL_SECOND_NS;
    size_t unit = 0;
    while (unit < 3 && seconds < 2 * units[unit].seconds)
        unit++;
    snprintf(cell, CELL_BYTES, "%zu, %" PRId64 "%c", comparison->later,
             seconds / units[unit].seconds, units[unit].unit);
    return cell;
}

static const char *confirmed_text(const struct comparison *comparison, char cell[CELL_BYTES])
{
    char missed[CELL_BYTES] = "", added[CELL_BYTES] = "";
    if (comparison->confirmed_missed > 0)
        snprintf(missed, sizeof(missed), " -%zu", comparison->confirmed_missed);
    if (comparison->confirmed_added > 0)
        snprintf(added, sizeof(added), " +%zu", comparison->confirmed_added);
    if (snprintf(cell, CELL_BYTES, "%zu%s%s", comparison->confirmed, missed, added) >= CELL_BYTES)
        strcpy(cell, "...");
    return cell;
}

/* ---- the log and its detectors --------------------------------------------------------------- */

static void minute_text(int64_t time_ns, char text[CIVIL_TEXT_BYTES])
{
    civil_format(time_ns, text);
    text[10] = ' ';
    text[16] = '\0';
}

void tune_print_log(struct screen *screen, const struct tuned_log *log)
{
    char first[CIVIL_TEXT_BYTES], last[CIVIL_TEXT_BYTES], rate[CELL_BYTES];
    if (log->first_ns > log->last_ns) {
        screen_format(screen, NULL, "No sign-in was read.");
        return;
    }
    minute_text(log->first_ns, first);
    minute_text(log->last_ns, last);
    screen_format(screen, NULL, "%s to %s, %.1f days", first, last, log->days);
    screen_format(screen, NULL, "The rules as they are tell %zu %s, %s a day, and %zu found %s.",
                  log->campaigns, log->campaigns == 1 ? "campaign" : "campaigns",
                  rate_text(log->campaigns, log->days, rate), log->confirmed,
                  log->confirmed == 1 ? "password" : "passwords");
}

void tune_print_detector(struct screen *screen, const struct detector *detector)
{
    char title[SCREEN_WHAT_BYTES] = "";
    screen_escape(title, sizeof(title), slice_from_string(detector->name));
    screen_escape(title, sizeof(title), SLICE(": "));
    screen_escape(title, sizeof(title), slice_from_string(detector->title));
    screen_format(screen, NULL, "%s", "");
    screen_format(screen, bold, "%s", title);
}

/* ---- one threshold --------------------------------------------------------------------------- */

static bool is_different(const struct tuned_setting *setting, const struct tuned_setting *loaded)
{
    const struct comparison *const comparison = &setting->comparison;
    return comparison->campaigns != loaded->comparison.campaigns ||
           comparison->by_detector != loaded->comparison.by_detector ||
           comparison->by_it_alone != loaded->comparison.by_it_alone ||
           comparison->missed.count + comparison->added.count + comparison->later > 0 ||
           comparison->confirmed_missed + comparison->confirmed_added > 0;
}

static size_t loaded_index(const struct tuned *tuned)
{
    size_t index = 0;
    while (!tuned->settings[index].is_loaded)
        index++;
    return index;
}

/* As rules say it, with what is set beside it. */
static void name_text(const struct tuned *tuned, char name[SCREEN_WHAT_BYTES])
{
    const struct threshold *const threshold = &tuned->threshold;
    char number[CELL_BYTES];
    number_text(threshold->number, number);
    const int bytes =
        snprintf(name, SCREEN_WHAT_BYTES, "%s: {%s: %s}", threshold->key, threshold->part, number);
    if (threshold->floor_key != NULL && bytes > 0)
        snprintf(name + bytes, SCREEN_WHAT_BYTES - (size_t)bytes, " with %s: {%s: %s}",
                 threshold->floor_key, threshold->floor_part, number);
}

static void print_same(struct screen *screen, const struct tuned *tuned, const char *name)
{
    char first[CELL_BYTES], last[CELL_BYTES];
    screen_format(screen, NULL, "  %s: the same from %s to %s", name,
                  number_text(tuned->settings[0].number, first),
                  number_text(tuned->settings[tuned->settings_count - 1].number, last));
}

static void print_row(struct screen *screen, const struct tuned_log *log,
                      const struct tuned_setting *setting)
{
    const struct comparison *const comparison = &setting->comparison;
    char number[CELL_BYTES], rate[CELL_BYTES], by_it[CELL_BYTES], alone[CELL_BYTES],
        missed[CELL_BYTES], added[CELL_BYTES], later[CELL_BYTES], confirmed[CELL_BYTES];
    screen_format(
        screen, setting->is_loaded ? bold : NULL,
        "%c %7s  %9zu  %6s  %5s  %5s  %6s  %5s  %9s  %9s%s", setting->is_loaded ? '>' : ' ',
        number_text(setting->number, number), comparison->campaigns,
        rate_text(comparison->campaigns, log->days, rate),
        count_text(comparison->by_detector, by_it), count_text(comparison->by_it_alone, alone),
        count_text(comparison->missed.count, missed), count_text(comparison->added.count, added),
        later_text(comparison, later), confirmed_text(comparison, confirmed),
        setting->is_incomplete ? " (memory cap)" : "");
}

static bool list_has(const struct comparison_list *list, const struct trial_campaign *campaign)
{
    for (size_t i = 0; i < list->count; i++) {
        if (comparison_is_same(list->items[i], campaign))
            return true;
    }
    return false;
}

static void print_campaign(struct screen *screen, const char *number, const char *verb,
                           const struct trial_campaign *campaign)
{
    char start[CIVIL_TEXT_BYTES], confirmed[CELL_BYTES] = "";
    minute_text(campaign->start_ns, start);
    if (campaign->confirmed > 0)
        snprintf(confirmed, sizeof(confirmed), ", %u %s", campaign->confirmed,
                 campaign->confirmed == 1 ? "password" : "passwords");
    screen_format(screen, NULL, "  %7s %-6s %s  %zu accounts, %" PRIu64 " attempts%s", number, verb,
                  start, campaign->accounts, campaign->attempts, confirmed);
    screen_format(screen, NULL, "%17s%s", "", campaign->what);
}

/* The campaigns of a list that the setting nearer to the loaded one has not on its list. */
static void print_list(struct screen *screen, const struct tuned_setting *setting, const char *verb,
                       const struct comparison_list *list, const struct comparison_list *nearer)
{
    char number[CELL_BYTES];
    size_t count = 0;
    number_text(setting->number, number);
    for (size_t i = 0; i < list->count; i++) {
        if (list_has(nearer, list->items[i]))
            continue;
        if (count++ < NAMED_MAX)
            print_campaign(screen, number, verb, list->items[i]);
    }
    if (count > NAMED_MAX)
        screen_format(screen, NULL, "  %7s %-6s %zu more", number, verb, count - NAMED_MAX);
}

static void print_lists(struct screen *screen, const struct tuned *tuned)
{
    const size_t loaded = loaded_index(tuned);
    for (size_t i = 0; i < tuned->settings_count; i++) {
        const struct tuned_setting *const setting = &tuned->settings[i];
        if (i == loaded)
            continue;
        const struct comparison *const nearer =
            &tuned->settings[i < loaded ? i + 1 : i - 1].comparison;
        print_list(screen, setting, "misses", &setting->comparison.missed, &nearer->missed);
        print_list(screen, setting, "adds", &setting->comparison.added, &nearer->added);
    }
}

void tune_print(struct screen *screen, const struct tuned_log *log, const struct tuned *tuned)
{
    char name[SCREEN_WHAT_BYTES];
    bool differs = false;
    name_text(tuned, name);
    for (size_t i = 0; i < tuned->settings_count; i++)
        differs |= is_different(&tuned->settings[i], &tuned->settings[loaded_index(tuned)]);
    if (!differs) {
        print_same(screen, tuned, name);
        return;
    }
    screen_format(screen, NULL, "  %s", name);
    screen_format(screen, NULL, "%9s  %9s  %6s  %5s  %5s  %6s  %5s  %9s  %9s", "SETTING",
                  "CAMPAIGNS", "A DAY", "BY IT", "ALONE", "MISSED", "NEW", "LATER", "PASSWORDS");
    for (size_t i = 0; i < tuned->settings_count; i++)
        print_row(screen, log, &tuned->settings[i]);
    print_lists(screen, tuned);
}
