#include "parsers/zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/civil.h"

enum {
    ZONE_DAYS = 47482, /* 1970-01-01 to 2099-12-31 */
    ZONE_CHANGES_MAX = 1024,
    ZONE_NAME_BYTES = 64,
};

static const char zones_directory[] = "/usr/share/zoneinfo/";

struct zone {
    size_t count;
    int64_t offset_first; /* seconds east of UTC before the first change */
    struct {
        int64_t wall_seconds; /* from this time of the clock on … */
        int64_t offset;       /* … it is so many seconds ahead of UTC */
    } changes[ZONE_CHANGES_MAX];
};

/* ---- Offsets ------------------------------------------------------------------------------- */

static bool take_digits(const char **text, unsigned count, int64_t *value)
{
    int64_t number = 0;
    for (unsigned i = 0; i < count; i++) {
        const unsigned digit = (unsigned char)((*text)[i] - '0');
        if (digit > 9)
            return false;
        number = number * 10 + (int64_t)digit;
    }
    *text += count;
    *value = number;
    return true;
}

/* `+hh:mm`, `+hhmm`, `+hh` or `+h`. */
static bool read_offset(const char *text, int64_t *offset)
{
    const bool is_west = *text == '-';
    int64_t hours, minutes = 0;
    if (*text != '+' && *text != '-')
        return false;
    text++;
    if (!take_digits(&text, 2, &hours) && !take_digits(&text, 1, &hours))
        return false;
    if (*text == ':')
        text++;
    if (*text != '\0' && !take_digits(&text, 2, &minutes))
        return false;
    if (*text != '\0' || text[-1] == ':' || hours > 18 || minutes > 59)
        return false;
    *offset = (hours * 60 + minutes) * (is_west ? -60 : 60);
    return true;
}

/* ---- Names --------------------------------------------------------------------------------- */

/* A path below the directory of zones, which names a file of its kind. */
static bool is_name(const char *name)
{
    char path[sizeof(zones_directory) + ZONE_NAME_BYTES], kind[4];
    if (name[0] == '\0' || name[0] == '/' || name[0] == ':' || strstr(name, "..") != NULL ||
        strlen(name) >= ZONE_NAME_BYTES)
        return false;
    snprintf(path, sizeof(path), "%s%s", zones_directory, name);
    FILE *const file = fopen(path, "re");
    if (file == NULL)
        return false;
    const bool is_zone = fread(kind, 1, sizeof(kind), file) == sizeof(kind) &&
                         memcmp(kind, "TZif", sizeof(kind)) == 0;
    fclose(file);
    return is_zone;
}

static int64_t offset_at(int64_t utc_seconds)
{
    const time_t time = utc_seconds;
    struct tm wall;
    return localtime_r(&time, &wall) != NULL ? wall.tm_gmtoff : 0;
}

/* The second in (from, to] at which the offset becomes what it is at `to`. */
static int64_t find_change(int64_t from, int64_t to, int64_t offset)
{
    while (to - from > 1) {
        const int64_t middle = from + (to - from) / 2;
        if (offset_at(middle) == offset)
            to = middle;
        else
            from = middle;
    }
    return to;
}

static void add_changes(struct zone *zone)
{
    int64_t offset = zone->offset_first = offset_at(0);
    for (int64_t day = 1; day <= ZONE_DAYS && zone->count < ZONE_CHANGES_MAX; day++) {
        const int64_t after = offset_at(day * CIVIL_DAY_SECONDS);
        if (after == offset)
            continue;
        const int64_t change =
            find_change((day - 1) * CIVIL_DAY_SECONDS, day * CIVIL_DAY_SECONDS, after);
        zone->changes[zone->count].wall_seconds = change + (after > offset ? after : offset);
        zone->changes[zone->count++].offset = after;
        offset = after;
    }
}

static enum status set_zone(const char *name)
{
    const int failed = name != NULL ? setenv("TZ", name, 1) : unsetenv("TZ");
    tzset();
    return failed == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Asks the C library, whose zone is that of TZ, and leaves TZ as it was. */
static enum status read_named(struct zone *zone, const char *name)
{
    char path[sizeof(zones_directory) + ZONE_NAME_BYTES];
    const char *const set = getenv("TZ");
    char *const before = set != NULL ? strdup(set) : NULL;
    if (set != NULL && before == NULL)
        return STATUS_NO_MEMORY;
    snprintf(path, sizeof(path), ":%s%s", zones_directory, name);
    enum status status = set_zone(path);
    if (status == STATUS_OK)
        add_changes(zone);
    const enum status restored = set_zone(before);
    free(before);
    return status != STATUS_OK ? status : restored;
}

enum status zone_create(struct zone **out, const char *name)
{
    struct zone *const zone = calloc(1, sizeof(*zone));
    if (zone == NULL)
        return STATUS_NO_MEMORY;
    enum status status = STATUS_OK;
    if (strcmp(name, "UTC") != 0 && strcmp(name, "Z") != 0 &&
        !read_offset(name, &zone->offset_first))
        status = is_name(name) ? read_named(zone, name) : STATUS_CONFIG;
    if (status != STATUS_OK) {
        free(zone);
        return status;
    }
    *out = zone;
    return STATUS_OK;
}

void zone_destroy(struct zone *zone)
{
    free(zone);
}

int64_t zone_to_utc(const struct zone *zone, int64_t wall_seconds)
{
    if (zone == NULL)
        return wall_seconds;
    size_t low = 0, high = zone->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].wall_seconds <= wall_seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return wall_seconds - (low > 0 ? zone->changes[low - 1].offset : zone->offset_first);
}
