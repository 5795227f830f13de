#include "engine/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "parsers/address.h"

enum {
    ACCOUNT_BYTES = 128,
    CONFIRMED_SHOWN = 20,
    WIDTH_MIN = 20,
};

struct screen_confirmed {
    char account[ACCOUNT_BYTES];
    char from[KEY_TEXT_BYTES];
    const char *stopped_by;
    int64_t at_ns;
    uint32_t sign_ins;
};

struct screen_row {
    uint32_t number;
    unsigned severity;
    int64_t start_ns, end_ns;
    char what[SCREEN_WHAT_BYTES]; /* rule and key, escaped */
    uint64_t attempts;
    size_t accounts, sources;
    double ratio;
    uint32_t confirmed_count;
    struct screen_confirmed *confirmed; /* CONFIRMED_SHOWN at most */
};

void screen_init(struct screen *screen, unsigned width, bool is_colored)
{
    *screen =
        (struct screen){.width = width < WIDTH_MIN ? WIDTH_MIN : width, .is_colored = is_colored};
}

void screen_deinit(struct screen *screen)
{
    for (size_t i = 0; i < screen->rows_count; i++)
        free(screen->rows[i].confirmed);
    free(screen->rows);
    free(screen->text);
    *screen = (struct screen){0};
}

/* ---- text ------------------------------------------------------------------------------------ */

static void screen_add(struct screen *screen, const char *text, size_t bytes)
{
    if (screen->bytes + bytes > screen->capacity) {
        const size_t capacity = 2 * (screen->bytes + bytes) + 256;
        char *const larger = realloc(screen->text, capacity);
        if (larger == NULL) {
            screen->has_failed = true;
            return;
        }
        screen->text = larger;
        screen->capacity = capacity;
    }
    memcpy(screen->text + screen->bytes, text, bytes);
    screen->bytes += bytes;
}

/* One character of UTF-8 at the front of `text`, which JSON decoding has made valid; its length. */
static size_t next_character(struct slice text, uint32_t *character)
{
    const unsigned char first = (unsigned char)text.start[0];
    size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (bytes > text.bytes)
        bytes = text.bytes;
    *character = bytes == 1 ? first : first & (0x7f >> bytes);
    for (size_t i = 1; i < bytes; i++)
        *character = *character << 6 | ((unsigned char)text.start[i] & 0x3f);
    return bytes;
}

/* C0, DEL, C1, zero-width and bidirectional controls, line separators: what could forge a line or
 * turn it around. */
static bool is_dangerous(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x61c ||
           (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x2069) || character == 0xfeff;
}

/* Wide characters by Unicode's East Asian Width property (W and F, version 14), in order. Whole
 * blocks where only a few in them are narrow: a line may be too short, never too long. */
static const struct {
    uint32_t first, last;
} wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x23f0, 0x23f0},   {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267f, 0x267f},   {0x2693, 0x2693},   {0x26a1, 0x26a1},
    {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},   {0x26ce, 0x26ce},
    {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},
    {0x2728, 0x2728},   {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27b0, 0x27b0},   {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe10, 0xfe1f},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
    {0x16fe0, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f19a},
    {0x1f200, 0x1faff}, {0x20000, 0x3fffd},
};

static unsigned character_columns(uint32_t character)
{
    if (character < wide[0].first)
        return 1;
    size_t low = 0, high = sizeof(wide) / sizeof(wide[0]);
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (character > wide[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof(wide) / sizeof(wide[0]) && character >= wide[low].first ? 2 : 1;
}

unsigned screen_columns(struct slice text)
{
    unsigned columns = 0;
    while (text.bytes > 0) {
        uint32_t character;
        const size_t bytes = next_character(text, &character);
        columns += character_columns(character);
        text = slice_from(text, bytes);
    }
    return columns;
}

void screen_escape(char *buffer, size_t buffer_bytes, struct slice text)
{
    size_t at = strlen(buffer);
    while (text.bytes > 0) {
        uint32_t character;
        const size_t bytes = next_character(text, &character);
        char escaped[16];
        size_t escaped_bytes = bytes;
        if (is_dangerous(character))
            escaped_bytes =
                (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)character);
        else
            memcpy(escaped, text.start, bytes);
        if (at + escaped_bytes + 1 > buffer_bytes)
            break;
        memcpy(buffer + at, escaped, escaped_bytes);
        at += escaped_bytes;
        text = slice_from(text, bytes);
    }
    buffer[at] = '\0';
}

/* Adds one line, cut to the terminal's width. `text` is escaped already. */
static void screen_line(struct screen *screen, const char *color, const char *text)
{
    struct slice rest = slice_from_string(text);
    size_t kept = 0;
    unsigned columns = 0;
    while (kept < rest.bytes) {
        uint32_t character;
        const size_t bytes = next_character(slice_from(rest, kept), &character);
        columns += character_columns(character);
        if (columns > screen->width)
            break;
        kept += bytes;
    }
    const bool is_colored = screen->is_colored && color != NULL;
    if (is_colored)
        screen_add(screen, color, strlen(color));
    screen_add(screen, text, kept);
    if (is_colored)
        screen_add(screen, "\033[0m", 4);
    screen_add(screen, "\n", 1);
}

void screen_format(struct screen *screen, const char *color, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    screen_line(screen, color, line);
}

/* "2024-02-01 09:31" */
static void time_text(int64_t time_ns, char text[CIVIL_TEXT_BYTES])
{
    civil_format(time_ns, text);
    text[10] = ' ';
    text[16] = '\0';
}

/* ---- news and rows ----------------------------------------------------------------------------
 */

void screen_what(const struct alert_context *context, const struct campaign *campaign, char *what,
                 size_t what_bytes)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(context->ruleset, &count);
    const struct detector *const detector = &detectors[campaign->headline.detector];
    const struct detector_key *const key = &detector->keys[campaign->headline.key_index];
    what[0] = '\0';
    screen_escape(what, what_bytes, slice_from_string(detector->title));
    for (unsigned i = 0; i < key->fields_count; i++) {
        char buffer[KEY_TEXT_BYTES];
        if (key->fields[i] == FIELD_TENANT)
            continue; /* the same everywhere for most people */
        screen_escape(what, what_bytes, SLICE(": "));
        screen_escape(what, what_bytes,
                      key_part_text(context->names, key, &campaign->headline, i, buffer));
        break;
    }
    /* The Detection Rule License wants the authors to be named with what their rules have found. */
    for (size_t i = 0; i < detector->given_authors.count; i++) {
        screen_escape(what, what_bytes, i == 0 ? SLICE(", by ") : SLICE(", "));
        screen_escape(what, what_bytes, slice_from_string(detector->given_authors.items[i]));
    }
}

static void confirmed_describe(const struct alert_context *context,
                               const struct confirmed *confirmed, struct screen_confirmed *shown)
{
    *shown = (struct screen_confirmed){
        .stopped_by = confirmed_stopped_by(confirmed),
        .at_ns = confirmed->first.time_ns,
        .sign_ins = confirmed->sign_ins,
    };
    screen_escape(shown->account, sizeof(shown->account),
                  names_text(context->names, TEXT_ACCOUNT, confirmed->first.account));
    if (confirmed->first.source > NAME_OTHER)
        address_format(&names_address(context->names, confirmed->first.source)->address,
                       shown->from);
    else
        strcpy(shown->from, "-");
}

static void row_add(struct screen *screen, const struct alert_context *context,
                    const struct campaign *campaign)
{
    if (screen->rows_count == screen->rows_capacity) {
        const size_t capacity = screen->rows_capacity == 0 ? 16 : 2 * screen->rows_capacity;
        struct screen_row *const rows = reallocarray(screen->rows, capacity, sizeof(*rows));
        if (rows == NULL) {
            screen->has_failed = true;
            return;
        }
        screen->rows = rows;
        screen->rows_capacity = capacity;
    }
    struct screen_row *const row = &screen->rows[screen->rows_count];
    *row = (struct screen_row){
        .number = campaign->number,
        .severity = alert_severity(context->ruleset, campaign),
        .start_ns = campaign->start_ns,
        .end_ns = campaign->end_ns,
        .attempts = campaign->attempts,
        .accounts = campaign->accounts.count,
        .sources = campaign->sources.count,
        .ratio = campaign->strongest.ratio,
        .confirmed_count = campaign->confirmed_count,
    };
    screen_what(context, campaign, row->what, sizeof(row->what));
    const uint32_t shown =
        row->confirmed_count < CONFIRMED_SHOWN ? row->confirmed_count : CONFIRMED_SHOWN;
    row->confirmed = shown > 0 ? calloc(shown, sizeof(*row->confirmed)) : NULL;
    if (shown > 0 && row->confirmed == NULL) {
        screen->has_failed = true;
        return;
    }
    for (uint32_t i = 0; i < shown; i++)
        confirmed_describe(context, &campaign->confirmed[i], &row->confirmed[i]);
    screen->rows_count++;
}

static const char *color_of(unsigned severity)
{
    return severity >= 85 ? "\033[1;31m" : severity >= 60 ? "\033[33m" : NULL;
}

void screen_tell(struct screen *screen, const struct alert_context *context,
                 const struct campaign *campaign, enum campaign_action action,
                 enum campaign_end end, int64_t time_ns)
{
    if (action == CAMPAIGN_CLOSED && end != CAMPAIGN_MERGED)
        row_add(screen, context, campaign);
    if (action == CAMPAIGN_CLOSED)
        return; /* the table at the end says it all */
    char time[CIVIL_TEXT_BYTES], what[SCREEN_WHAT_BYTES];
    time_text(time_ns, time);
    screen_what(context, campaign, what, sizeof(what));
    screen_format(screen, color_of(alert_severity(context->ruleset, campaign)),
                  "%s  %-7s  #%u  %zu accounts, %llu attempts, %zu sources%s: %s", time,
                  campaign_action_name(action), campaign->number, campaign->accounts.count,
                  (unsigned long long)campaign->attempts, campaign->sources.count,
                  campaign->confirmed_count > 0 ? ", passwords found" : "", what);
}

/* ---- the table ---------------------------------------------------------------------------------
 */

static int row_order(const void *left, const void *right)
{
    const struct screen_row *a = left, *b = right;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->start_ns != b->start_ns)
        return a->start_ns < b->start_ns ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static void ratio_text(double ratio, char text[16])
{
    if (ratio <= 0)
        strcpy(text, "-");
    else
        snprintf(text, 16, ratio < 100 ? "%.1fx" : "%.0fx", ratio);
}

static void table_row(struct screen *screen, const struct screen_row *row)
{
    char start[CIVIL_TEXT_BYTES], end[CIVIL_TEXT_BYTES], ratio[16];
    time_text(row->start_ns, start);
    time_text(row->end_ns, end);
    ratio_text(row->ratio, ratio);
    screen_format(screen, color_of(row->severity),
                  "%3u  %3u  %16s  %16s  %8zu  %9u  %8llu  %7zu  %7s  %s", row->number,
                  row->severity, start, end, row->accounts, row->confirmed_count,
                  (unsigned long long)row->attempts, row->sources, ratio, row->what);
}

static const char *stopped_text(const char *stopped_by)
{
    static const struct {
        const char *name, *text;
    } texts[] = {
        {"none", "signed in, nothing stopped it"},
        {"mfa", "stopped by multi-factor authentication"},
        {"policy", "stopped by access policy"},
        {"expired", "stopped: the password has expired"},
        {"disabled", "stopped: the account is disabled"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(stopped_by, texts[i].name) == 0)
            return texts[i].text;
    }
    return "stopped";
}

static void table_confirmed(struct screen *screen, const struct screen_row *row)
{
    const uint32_t shown =
        row->confirmed_count < CONFIRMED_SHOWN ? row->confirmed_count : CONFIRMED_SHOWN;
    for (uint32_t i = 0; i < shown; i++) {
        const struct screen_confirmed *const confirmed = &row->confirmed[i];
        char at[CIVIL_TEXT_BYTES], again[48] = "";
        time_text(confirmed->at_ns, at);
        if (confirmed->sign_ins > 1)
            snprintf(again, sizeof(again), ", %u more times", confirmed->sign_ins - 1);
        screen_format(screen, color_of(row->severity), "%3u  %s  %s from %s: %s%s", row->number, at,
                      confirmed->account, confirmed->from, stopped_text(confirmed->stopped_by),
                      again);
    }
    if (row->confirmed_count > shown)
        screen_format(screen, NULL, "%3u  ... and %u more", row->number,
                      row->confirmed_count - shown);
}

void screen_table(struct screen *screen)
{
    if (screen->rows_count == 0) {
        screen_line(screen, NULL, "No campaign found.");
        return;
    }
    qsort(screen->rows, screen->rows_count, sizeof(*screen->rows), row_order);
    screen_line(screen, NULL, "");
    screen_format(screen, "\033[1m", "%3s  %3s  %-16s  %-16s  %8s  %9s  %8s  %7s  %7s  %s", "#",
                  "SEV", "FIRST ATTEMPT", "LAST ATTEMPT", "ACCOUNTS", "CONFIRMED", "ATTEMPTS",
                  "SOURCES", "NORMAL", "WHAT");
    bool has_confirmed = false;
    for (size_t i = 0; i < screen->rows_count; i++) {
        table_row(screen, &screen->rows[i]);
        has_confirmed |= screen->rows[i].confirmed_count > 0;
    }
    if (!has_confirmed)
        return;
    screen_line(screen, NULL, "");
    screen_line(screen, "\033[1m", "Passwords found, change them first:");
    for (size_t i = 0; i < screen->rows_count; i++)
        table_confirmed(screen, &screen->rows[i]);
}
