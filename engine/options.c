#include "engine/options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/units.h"
#include "engine/spill.h"

#define MINUTE_NS (INT64_C(60) * 1000000000)
#define HOUR_NS (60 * MINUTE_NS)

/* One row an option: the one place for names, defaults and help. */
enum option_id {
    OPTION_FORMAT,
    OPTION_OUTPUT,
    OPTION_INPUT,
    OPTION_ZONE,
    OPTION_YEAR,
    OPTION_RULES,
    OPTION_PLACEHOLDERS,
    OPTION_CACHE,
    OPTION_ORDER,
    OPTION_LATENESS,
    OPTION_SKEW,
    OPTION_QUIET_AFTER,
    OPTION_MEMORY,
    OPTION_THREADS,
    OPTION_LINE,
    OPTION_BLOCK,
    OPTION_CPU,
    OPTION_SPILL,
    OPTION_STATE,
    OPTION_STATE_EVERY,
    OPTION_SUMMARY,
    OPTION_ALLOWED,
    OPTION_EXIT_CODE,
    OPTION_DETECTOR,
    OPTION_THRESHOLD,
    OPTION_SETTINGS,
    OPTION_RULE,
    OPTION_QUIET,
    OPTION_HELP,
    OPTION_COUNT
};

static const struct {
    const char *name, *argument, *fallback, *help;
    char letter;
    enum options_command only; /* of this command; 0: of all */
} rows[OPTION_COUNT] = {
    [OPTION_FORMAT] = {"format", "NAME", "auto",
                       "table, jsonl, or auto: a table on a terminal, JSON Lines elsewhere", 'f'},
    [OPTION_OUTPUT] = {"output", "FILE", "-", "where findings go; - is standard output", 'o',
                       OPTIONS_SCAN},
    [OPTION_INPUT] =
        {"input", "NAME", "auto",
         "what the input is: a schema's name (entra, okta, ...), json:FILE or another\n"
         "format with a mapping file; auto: found from the first bytes",
         'i'},
    [OPTION_ZONE] = {"tz", "ZONE", "UTC",
                     "the zone of local times that name none, as in syslog: Europe/Berlin,\n"
                     "+02:00, ...",
                     0},
    [OPTION_YEAR] = {"year", "YEAR", "auto",
                     "the year in which syslog files without years begin; auto: found from when\n"
                     "they were written",
                     0},
    [OPTION_RULES] = {"rules", "DIR", "none", "Sigma rules that add to or replace the shipped ones",
                      'r'},
    [OPTION_PLACEHOLDERS] = {"placeholders", "FILE", "none",
                             "YAML file with what %name% in rules stands for", 0},
    [OPTION_CACHE] = {"rules-cache", "DIR", "none",
                      "keep compiled rules there and start from them next time", 0},
    [OPTION_ORDER] = {"order", "NAME", "auto",
                      "stream: events wait for the lateness; history: all input is ordered by\n"
                      "time; auto: history for files, stream for standard input",
                      0, OPTIONS_SCAN},
    [OPTION_LATENESS] = {"lateness", "TIME", "15m", "how late an event of a stream may come", 0},
    [OPTION_SKEW] = {"max-skew", "TIME", "24h",
                     "how far ahead an event may be and still move the time", 0},
    [OPTION_QUIET_AFTER] = {"quiet-after", "TIME", "72h",
                            "a campaign without attempts for so long is over", 0},
    [OPTION_MEMORY] = {"memory", "SIZE", "1GiB", "the most memory that events and windows may take",
                       'm'},
    [OPTION_THREADS] = {"threads", "N", "all cores", "threads to use, 1 to 64", 'j'},
    [OPTION_LINE] = {"max-line", "SIZE", "1MiB", "longer records are skipped and counted", 0},
    [OPTION_BLOCK] = {"block-size", "SIZE", "256KiB", "bytes read at a time", 0},
    [OPTION_CPU] = {"cpu", "NAME", "auto", "vector unit to use: auto, avx512, avx2 or scalar", 0},
    [OPTION_SPILL] = {"spill", "DIR", SPILL_DIRECTORY,
                      "where files without a name hold the events of a history that do not fit\n"
                      "into memory",
                      0},
    [OPTION_STATE] = {"state", "DIR", "none", "keep there, between runs, what is normal", 0,
                      OPTIONS_SCAN},
    [OPTION_STATE_EVERY] =
        {"state-every", "TIME", "1d",
         "of a stream: save it again after so much of the log's time; 0s: at its\n"
         "end only",
         0, OPTIONS_SCAN},
    [OPTION_SUMMARY] = {"summary-json", "FILE", "none", "write the summary as JSON", 0,
                        OPTIONS_SCAN},
    [OPTION_ALLOWED] = {"allowed", "FILE", "none",
                        "write there, as JSON Lines, the campaigns that allow entries hide", 0,
                        OPTIONS_SCAN},
    [OPTION_EXIT_CODE] = {"exit-code", NULL, NULL, "exit with 1 when a campaign was found", 0,
                          OPTIONS_SCAN},
    [OPTION_DETECTOR] = {"detector", "NAME", "all",
                         "try this detector's thresholds only; may stand more than once", 'd',
                         OPTIONS_TUNE},
    [OPTION_THRESHOLD] = {"threshold", "NAME", "all",
                          "try this one only, named as in rules: condition, ratio.gte, ...", 't',
                          OPTIONS_TUNE},
    [OPTION_SETTINGS] = {"settings", "N,N,...", "half to three times",
                         "the numbers to try, 12 at most; of the condition, or of --threshold", 's',
                         OPTIONS_TUNE},
    [OPTION_RULE] = {"rule", NULL, NULL,
                     "print the detector as a rule with the one of --settings; reads no log", 0,
                     OPTIONS_TUNE},
    [OPTION_QUIET] = {"quiet", NULL, NULL, "no summary on standard error", 'q'},
    [OPTION_HELP] = {"help", NULL, NULL, "print this", 'h'},
};

_Static_assert(LIMIT_THREADS == 64, "the help of --threads says so");
_Static_assert(OPTIONS_SETTINGS_MAX == 12, "the help of --settings says so");

static const struct {
    const char *name, *usage;
} commands[] = {
    [OPTIONS_SCAN] =
        {"scan", "usage: spraywatch [scan] [option]... [FILE|DIR|-]...\n\n"
                 "Finds password-spraying campaigns in sign-in logs: plain or zstd, from files,\n"
                 "directories or standard input.\n\n"},
    [OPTIONS_TUNE] =
        {"tune",
         "usage: spraywatch tune [option]... FILE|DIR...\n\n"
         "For each detector: how many campaigns a scan of these logs would tell at other\n"
         "settings of its thresholds, one at a time, and which it would have missed. Reads\n"
         "the logs once for every few thresholds.\n\n"},
};

void options_defaults(struct options *options)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *options = (struct options){
        .format = FORMAT_AUTO,
        .order = ORDER_AUTO,
        .threads = cores < 1               ? 1
                   : cores > LIMIT_THREADS ? LIMIT_THREADS
                                           : (unsigned)cores,
        .lateness_ns = 15 * MINUTE_NS,
        .skew_ns_max = 24 * HOUR_NS,
        .quiet_ns = 72 * HOUR_NS,
        .state_every_ns = 24 * HOUR_NS,
        .line_bytes_max = LIMIT_LINE_BYTES,
        .block_bytes = LIMIT_BLOCK_BYTES,
        .memory_bytes = (size_t)1 << 30,
        .tier = JSON_TIER_BEST,
    };
}

static void print_option(enum option_id id)
{
    const struct slice help = slice_from_string(rows[id].help);
    char left[64];
    const int bytes =
        rows[id].letter != 0
            ? snprintf(left, sizeof(left), "  -%c, --%s", rows[id].letter, rows[id].name)
            : snprintf(left, sizeof(left), "      --%s", rows[id].name);
    if (rows[id].argument != NULL)
        snprintf(left + bytes, sizeof(left) - (size_t)bytes, " %s", rows[id].argument);
    size_t line_end = slice_find(help, '\n');
    printf("%-28s %.*s", left, (int)line_end, help.start);
    for (struct slice rest = slice_from(help, line_end + 1); rest.bytes > 0;
         rest = slice_from(rest, line_end + 1)) {
        line_end = slice_find(rest, '\n');
        printf("\n%-28s %.*s", "", (int)line_end, rest.start);
    }
    if (rows[id].fallback != NULL)
        printf(" [%s]", rows[id].fallback);
    putchar('\n');
}

static bool has_option(enum options_command command, int id)
{
    return rows[id].only == 0 || rows[id].only == command;
}

void options_print_help(enum options_command command)
{
    fputs(commands[command].usage, stdout);
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (has_option(command, id))
            print_option((enum option_id)id);
    }
    printf("\nTIME is a number with s, m, h, d or w; SIZE one with K, M or G (KiB, MiB, GiB).\n");
}

/* ---- values ------------------------------------------------------------------------------------
 */

struct choice {
    const char *name;
    int value;
};

static bool choose(const char *text, const struct choice *choices, size_t count, int *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, choices[i].name) == 0) {
            *value = choices[i].value;
            return true;
        }
    }
    return false;
}

static bool parse_choice(enum option_id id, const char *text, int *value)
{
    static const struct choice formats[] = {
        {"auto", FORMAT_AUTO}, {"table", FORMAT_TABLE}, {"jsonl", FORMAT_JSONL}};
    static const struct choice orders[] = {
        {"auto", ORDER_AUTO}, {"stream", ORDER_STREAM}, {"history", ORDER_HISTORY}};
    static const struct choice tiers[] = {{"auto", JSON_TIER_BEST},
                                          {"avx512", JSON_AVX512},
                                          {"avx2", JSON_AVX2},
                                          {"scalar", JSON_SCALAR}};
    switch (id) {
    case OPTION_FORMAT:
        return choose(text, formats, sizeof(formats) / sizeof(formats[0]), value);
    case OPTION_ORDER:
        return choose(text, orders, sizeof(orders) / sizeof(orders[0]), value);
    default:
        return choose(text, tiers, sizeof(tiers) / sizeof(tiers[0]), value) &&
               (*value == JSON_TIER_BEST || *value <= (int)json_tier_best());
    }
}

static bool parse_count(const char *text, unsigned min, unsigned max, unsigned *value)
{
    char *end;
    const unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < min || number > max)
        return false;
    *value = (unsigned)number;
    return true;
}

static bool parse_time(const char *text, int64_t *value)
{
    return units_parse_duration(slice_from_string(text), value);
}

static bool parse_size(const char *text, uint64_t min, uint64_t max, size_t *value)
{
    uint64_t bytes;
    if (!units_parse_size(slice_from_string(text), &bytes) || bytes < min || bytes > max)
        return false;
    *value = (size_t)bytes;
    return true;
}

/* Numbers with commas between them. */
static bool parse_settings(const char *text, struct tune_words *words)
{
    words->settings_count = 0;
    for (;;) {
        char *end;
        const double number = strtod(text, &end);
        if (text[0] < '0' || text[0] > '9' || !isfinite(number) ||
            words->settings_count == OPTIONS_SETTINGS_MAX)
            return false;
        words->settings[words->settings_count++] = number;
        if (*end == '\0')
            return true;
        if (*end != ',')
            return false;
        text = end + 1;
    }
}

static bool option_take(struct options *options, enum option_id id, const char *text)
{
    int choice;
    switch (id) {
    case OPTION_FORMAT:
        if (!parse_choice(id, text, &choice))
            return false;
        options->format = (enum output_format)choice;
        return true;
    case OPTION_ORDER:
        if (!parse_choice(id, text, &choice))
            return false;
        options->order = (enum order_mode)choice;
        return true;
    case OPTION_CPU:
        if (!parse_choice(id, text, &choice))
            return false;
        options->tier = (enum json_tier)choice;
        return true;
    case OPTION_OUTPUT:
        options->output_path = text;
        return true;
    case OPTION_INPUT:
        options->words.input = strcmp(text, "auto") != 0 ? text : NULL;
        return true;
    case OPTION_ZONE:
        options->words.zone = text;
        return true;
    case OPTION_YEAR:
        return intake_year_parse(text, &options->words.year);
    case OPTION_RULES:
        options->rules_directory = text;
        return true;
    case OPTION_PLACEHOLDERS:
        options->placeholders_path = text;
        return true;
    case OPTION_STATE:
        options->state_path = text;
        return true;
    case OPTION_SPILL:
        options->spill_directory = text;
        return true;
    case OPTION_CACHE:
        options->cache_directory = text;
        return true;
    case OPTION_SUMMARY:
        options->summary_path = text;
        return true;
    case OPTION_ALLOWED:
        options->allowed_path = text;
        return true;
    case OPTION_LATENESS:
        return parse_time(text, &options->lateness_ns);
    case OPTION_SKEW:
        return parse_time(text, &options->skew_ns_max);
    case OPTION_STATE_EVERY:
        return parse_time(text, &options->state_every_ns);
    case OPTION_QUIET_AFTER:
        return parse_time(text, &options->quiet_ns);
    case OPTION_MEMORY:
        return parse_size(text, 1 << 20, UINT64_C(1) << 44, &options->memory_bytes);
    case OPTION_LINE:
        return parse_size(text, 64, LIMIT_LINE_BYTES_MAX, &options->line_bytes_max);
    case OPTION_BLOCK:
        return parse_size(text, 1, LIMIT_LINE_BYTES_MAX, &options->block_bytes);
    case OPTION_THREADS:
        return parse_count(text, 1, LIMIT_THREADS, &options->threads);
    case OPTION_EXIT_CODE:
        return options->exit_code = true;
    case OPTION_DETECTOR:
        if (options->tune.detectors_count == OPTIONS_DETECTORS_MAX)
            return false;
        options->tune.detectors[options->tune.detectors_count++] = text;
        return true;
    case OPTION_RULE:
        return options->tune.prints_rule = true;
    case OPTION_THRESHOLD:
        options->tune.threshold = text;
        return true;
    case OPTION_SETTINGS:
        return parse_settings(text, &options->tune);
    case OPTION_QUIET:
        return options->quiet = true;
    case OPTION_HELP:
        return options->help = true;
    case OPTION_COUNT:
        break;
    }
    return false;
}

enum status options_parse(struct options *options, enum options_command command, int argc,
                          char **argv)
{
    struct option long_options[OPTION_COUNT + 1] = {0};
    char letters[3 * OPTION_COUNT + 2] = ":";
    size_t letters_count = 1, long_count = 0;
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (!has_option(command, id))
            continue;
        long_options[long_count++] = (struct option){
            .name = rows[id].name,
            .has_arg = rows[id].argument != NULL ? required_argument : no_argument,
            .val = 256 + id,
        };
        if (rows[id].letter != 0) {
            letters[letters_count++] = rows[id].letter;
            if (rows[id].argument != NULL)
                letters[letters_count++] = ':';
        }
    }
    options_defaults(options);
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (found == ':' || found == '?') {
            fprintf(stderr, "spraywatch: %s %s; see spraywatch %s --help\n",
                    found == ':' ? "a value is missing for" : "unknown option", argv[optind - 1],
                    commands[command].name);
            return STATUS_USAGE;
        }
        int id = found - 256;
        for (int i = 0; found < 256 && i < OPTION_COUNT; i++) {
            if (rows[i].letter == found)
                id = i;
        }
        if (!option_take(options, (enum option_id)id, optarg)) {
            fprintf(stderr, "spraywatch: --%s cannot be '%s': %s\n", rows[id].name, optarg,
                    rows[id].help);
            return STATUS_USAGE;
        }
    }
    options->words.paths = (const char *const *)(argv + optind);
    options->words.paths_count = (size_t)(argc - optind);
    return STATUS_OK;
}
