/*
 * Intake: the input as the user has described it, opened, with all that is needed to read it.
 *
 * The one way from the words of a command line (`-i`, `--tz`, `--year`, paths) to an open input,
 * for `scan`, `normalize`, `classify` and `explain` alike, so that all of them read the same bytes
 * the same way. Owned and used by one thread.
 */
#pragma once

#include "engine/input.h"
#include "engine/input_choice.h"

/* How the user has described the input. Texts are lent by whoever parsed them. */
struct intake_words {
    const char *input;        /* -i; NULL: what it is shows in its first bytes */
    const char *zone;         /* --tz, of times that name none; NULL: UTC */
    int32_t year;             /* --year, in which sources without years begin; 0: found */
    const char *const *paths; /* files, directories, "-" */
    size_t paths_count;       /* 0: standard input */
};

struct intake_options {
    struct intake_words words;
    const struct ruleset *ruleset;     /* what it needs is read of records; NULL: all there is */
    size_t block_bytes;                /* 0: LIMIT_BLOCK_BYTES */
    size_t line_bytes_max;             /* 0: LIMIT_LINE_BYTES */
    const volatile sig_atomic_t *stop; /* as in `input_options`; or NULL */
};

struct intake {
    struct input_choice choice;
    struct schema_set *schemas;
    struct zone *zone;
    struct input_options input_options;
    struct input *input;
};

/* Whatever is wrong is told in `diagnostics`, which are lent until the end: STATUS_CONFIG for a bad
 * `-i` or `--tz`, STATUS_NO_INPUT for a missing path. To be given to `intake_deinit` in any case.
 */
STATUS_CHECKED enum status intake_init(struct intake *intake, const struct intake_options *options,
                                       struct diagnostics *diagnostics);
void intake_deinit(struct intake *intake);

/* Opens the input once more, to be read from its beginning, after `intake_init` had succeeded. */
STATUS_CHECKED enum status intake_reopen(struct intake *intake, struct diagnostics *diagnostics);

/* ---- Command lines ------------------------------------------------------------------------- */

/* The long options of those commands that have nothing but these to say of their input, for
 * getopt_long; `i` is the short one. */
#define INTAKE_LONG_OPTIONS                                                                        \
    {.name = "input", .has_arg = required_argument, .val = 'i'},                                   \
        {.name = "tz", .has_arg = required_argument, .val = 'z'},                                  \
    {                                                                                              \
        .name = "year", .has_arg = required_argument, .val = 'y'                                   \
    }

/* What --year says; "auto" is 0. False: it is no year. */
bool intake_year_parse(const char *text, int32_t *year);

/* Takes the option that getopt has found, if it is one of these: STATUS_OK. STATUS_USAGE, with a
 * message on stderr when its value is wrong, and without one when it is none of these: getopt has
 * then said why. */
STATUS_CHECKED enum status intake_words_take(struct intake_words *words, int found,
                                             const char *value);
