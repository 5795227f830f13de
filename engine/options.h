/*
 * Options: the command line of `scan` and of `tune`, which runs the same scan again and again,
 * parsed once into an immutable struct and passed down.
 *
 * Defaults stand in one table in options.c, which --help prints. No environment variable and no
 * hidden file changes what the program does.
 */
#pragma once

#include "engine/base/status.h"
#include "engine/intake.h"
#include "parsers/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum output_format { FORMAT_AUTO, FORMAT_TABLE, FORMAT_JSONL };
enum order_mode { ORDER_AUTO, ORDER_STREAM, ORDER_HISTORY };

/* The commands that have these options; some are of one alone. */
enum options_command { OPTIONS_SCAN = 1, OPTIONS_TUNE };

/* What `tune` is to try; nothing: all thresholds of all detectors. */
enum { OPTIONS_DETECTORS_MAX = 64, OPTIONS_SETTINGS_MAX = 12 };

struct tune_words {
    const char *detectors[OPTIONS_DETECTORS_MAX]; /* names or ids */
    size_t detectors_count;
    const char *threshold; /* NULL: any */
    double settings[OPTIONS_SETTINGS_MAX];
    size_t settings_count;
    bool prints_rule; /* the rule with the setting, and nothing is tried */
};

struct options {
    struct intake_words words; /* into argv */
    enum output_format format;
    enum order_mode order;
    unsigned threads;
    const char *rules_directory;   /* NULL: shipped rules only */
    const char *placeholders_path; /* NULL: none are defined */
    const char *cache_directory;   /* of compiled patterns; NULL: none */
    const char *output_path;       /* NULL: stdout */
    const char *summary_path;      /* NULL: none */
    const char *allowed_path;      /* of what allow entries hide; NULL: nowhere */
    const char *state_path;        /* NULL: nothing lasts between runs */
    const char *spill_directory;   /* NULL: the usual one (engine/spill.h) */
    int64_t lateness_ns;
    int64_t skew_ns_max;
    int64_t state_every_ns; /* how often a stream saves its state; 0: at its end only */
    int64_t quiet_ns;       /* a campaign without attempts for so long is over */
    size_t line_bytes_max;
    size_t block_bytes;
    size_t memory_bytes;
    enum json_tier tier; /* --cpu */
    bool exit_code;      /* --exit-code */
    bool quiet;          /* -q: no summary */
    bool help;
    struct tune_words tune;
};

/* Reads `argv`, the sub-command's name first. STATUS_USAGE with a message on stderr otherwise. */
STATUS_CHECKED enum status options_parse(struct options *options, enum options_command command,
                                         int argc, char **argv);

/* What --help prints. */
void options_print_help(enum options_command command);

void options_defaults(struct options *options);
