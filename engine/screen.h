/*
 * The screen: campaigns as a table for a person at a terminal.
 *
 * News are told in one line each as they come; at the end one table has all campaigns, the most
 * severe first, with their confirmed accounts below it. No byte of a log reaches the terminal
 * unescaped: control characters and bidirectional controls are shown as \u escapes. Lines are never
 * wider than the terminal.
 *
 * Owned by the report stage, or by whoever prints other tables. Writes text into a buffer that the
 * caller prints.
 */
#pragma once

#include "engine/alert.h"

struct screen_row;

enum { SCREEN_WHAT_BYTES = 256 };

struct screen {
    char *text; /* what is to be printed */
    size_t bytes, capacity;
    bool has_failed; /* no memory: text is missing */
    unsigned width;  /* columns of the terminal */
    bool is_colored;
    struct screen_row *rows; /* closed campaigns */
    size_t rows_count, rows_capacity;
};

void screen_init(struct screen *screen, unsigned width, bool is_colored);
void screen_deinit(struct screen *screen);

/* One line of news, and at a campaign's end its row for the table. */
void screen_tell(struct screen *screen, const struct alert_context *context,
                 const struct campaign *campaign, enum campaign_action action,
                 enum campaign_end end, int64_t time_ns);

/* The table of all campaigns that have closed. */
void screen_table(struct screen *screen);

/* What a campaign is called, rule and key, as text with its end: escaped, and cut on a character
 * where the buffer has no room. */
void screen_what(const struct alert_context *context, const struct campaign *campaign, char *what,
                 size_t what_bytes);

/* Appends `text` to the one with its end in `buffer`, escaped, and cut where there is no room. */
void screen_escape(char *buffer, size_t buffer_bytes, struct slice text);

/* Adds a line, cut to the screen's width; `color` is an escape sequence or NULL. What it is made of
 * is escaped already. */
void screen_format(struct screen *screen, const char *color, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The columns a text takes, counted in characters; wide East Asian characters take two. Exposed for
 * tests. */
unsigned screen_columns(struct slice text);
