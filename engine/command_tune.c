/*
 * Every run reads the log once and tries a few settings beside the loaded rules, with which each
 * comparison is made; so nothing passes from one run to the next but what has been told.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/civil.h"
#include "engine/base/clock.h"
#include "engine/commands.h"
#include "engine/rule_book.h"
#include "engine/rule_yaml.h"
#include "engine/scan.h"
#include "engine/summary.h"
#include "engine/tune_print.h"
#include "engine/tune_write.h"

_Static_assert((int)OPTIONS_SETTINGS_MAX <= (int)TRIALS_MAX,
               "all settings of one threshold fit into a run");

/* The part of --memory that a run takes as its own: with the windows and the campaigns of all
 * settings it comes to no more than all of it. */
#define SHARE_RUN 0.36

struct tune {
    struct options options; /* of each run */
    struct scan scan;
    struct tuned *tuned; /* thresholds to be tried, by detector */
    size_t tuned_count;
    size_t said; /* diagnostics before anything was read */
    bool has_read;
    bool expects_order;
    bool is_one_by_one; /* memory is too short for two thresholds in one run */
    bool shows_progress;
    size_t incomplete_count; /* settings told for which it was too short even so */
    struct summary summary;  /* of the first run */
    struct tuned_log log;
    struct screen screen;
    struct json_write json;
};

static enum status complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static enum status complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("spraywatch: tune: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return STATUS_USAGE;
}

/* ---- what to try ----------------------------------------------------------------------------- */

/* A name as `condition`, `ratio` or `ratio.gte`. */
static bool is_called(const struct threshold *threshold, const char *name)
{
    const size_t bytes = strlen(threshold->key);
    return strncmp(name, threshold->key, bytes) == 0 &&
           (name[bytes] == '\0' ||
            (name[bytes] == '.' && strcmp(name + bytes + 1, threshold->part) == 0));
}

static bool is_wanted(const struct tune_words *words, const struct threshold *threshold)
{
    if (words->threshold != NULL)
        return is_called(threshold, words->threshold);
    return words->settings_count == 0 || strcmp(threshold->key, "condition") == 0;
}

static int number_order(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The numbers to try, ascending, each once, the loaded one among them. */
static enum status settings_choose(struct tuned *tuned, const struct tune_words *words)
{
    double numbers[OPTIONS_SETTINGS_MAX + 1];
    size_t count = words->settings_count;
    if (count == 0)
        count = threshold_ladder(&tuned->threshold, numbers);
    else
        memcpy(numbers, words->settings, count * sizeof(*numbers));
    for (size_t i = 0; i < count; i++) {
        if (numbers[i] == tuned->threshold.number ||
            threshold_admits(&tuned->threshold, numbers[i]))
            continue;
        return complain(
            "%.10g is no setting of %s.%s of the detector '%s': it is a %snumber from %g "
            "to %g",
            numbers[i], tuned->threshold.key, tuned->threshold.part, tuned->detector->name,
            tuned->threshold.is_whole ? "whole " : "", tuned->threshold.min, tuned->threshold.max);
    }
    if (words->settings_count > 0)
        numbers[count++] = tuned->threshold.number;
    qsort(numbers, count, sizeof(*numbers), number_order);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && numbers[i] == numbers[i - 1])
            continue;
        tuned->settings[tuned->settings_count++] = (struct tuned_setting){
            .number = numbers[i], .is_loaded = numbers[i] == tuned->threshold.number};
    }
    return STATUS_OK;
}

static enum status plan_threshold(struct tune *tune, size_t detector_index, size_t threshold_index,
                                  const struct threshold *threshold)
{
    struct tuned *const larger =
        reallocarray(tune->tuned, tune->tuned_count + 1, sizeof(*tune->tuned));
    if (larger == NULL)
        return STATUS_NO_MEMORY;
    tune->tuned = larger;
    struct tuned *const tuned = &tune->tuned[tune->tuned_count++];
    *tuned = (struct tuned){
        .detector = &detectors_of(tune->scan.ruleset).items[detector_index],
        .detector_index = detector_index,
        .threshold_index = threshold_index,
        .threshold = *threshold,
    };
    const enum status status = settings_choose(tuned, &tune->options.tune);
    if (status == STATUS_OK && tuned->settings_count - 1 > trials_room(tune->scan.ruleset))
        return complain("%zu detectors leave room for %zu settings at a time: load fewer, or try "
                        "fewer --settings",
                        detectors_of(tune->scan.ruleset).count, trials_room(tune->scan.ruleset));
    return status;
}

static enum status plan_detector(struct tune *tune, size_t detector_index)
{
    const struct detector *const detector = &detectors_of(tune->scan.ruleset).items[detector_index];
    struct threshold threshold;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && threshold_of(detector, i, &threshold); i++) {
        if (is_wanted(&tune->options.tune, &threshold))
            status = plan_threshold(tune, detector_index, i, &threshold);
    }
    return status;
}

static enum status plan_named(struct tune *tune, const char *name)
{
    const struct rule_entry *const entry =
        rule_entry_find(tune->scan.ruleset, slice_from_string(name));
    const char *const nearest = rule_entry_nearest(tune->scan.ruleset, slice_from_string(name));
    if (entry == NULL && nearest != NULL)
        return complain("no detector is called '%s'; did you mean '%s'?", name, nearest);
    if (entry == NULL)
        return complain("no detector is called '%s'; `spraywatch rules list` names them", name);
    if (entry->sort != SORT_DETECTOR)
        return complain("'%s' is no detector; only these have thresholds to try", name);
    const size_t before = tune->tuned_count;
    const enum status status = plan_detector(tune, entry->index);
    if (status == STATUS_OK && tune->tuned_count == before)
        return complain(
            "the detector '%s' has no such threshold; `spraywatch rules show` tells its "
            "parameters",
            name);
    return status;
}

static enum status plan(struct tune *tune)
{
    const struct tune_words *const words = &tune->options.tune;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < words->detectors_count && status == STATUS_OK; i++)
        status = plan_named(tune, words->detectors[i]);
    const size_t count = words->detectors_count > 0 ? 0 : detectors_of(tune->scan.ruleset).count;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = plan_detector(tune, i);
    if (status == STATUS_OK && tune->tuned_count == 0)
        return complain(
            "no detector has a threshold '%s'; `spraywatch rules show` tells those of one",
            words->threshold != NULL ? words->threshold : "condition");
    return status;
}

/* How many thresholds from `first` on are tried in one run. */
static size_t run_thresholds(const struct tune *tune, size_t first)
{
    const size_t room = trials_room(tune->scan.ruleset);
    size_t count = 0, settings = 0;
    while (first + count < tune->tuned_count) {
        settings += tune->tuned[first + count].settings_count - 1;
        if (settings > room)
            break;
        count++;
    }
    return count;
}

/* ---- a run ----------------------------------------------------------------------------------- */

static enum status run_trials(struct tune *tune, const struct tuned *tuned, size_t tuned_count,
                              struct trials **trials)
{
    struct setting settings[TRIALS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < tuned_count; i++) {
        for (size_t j = 0; j < tuned[i].settings_count; j++) {
            if (!tuned[i].settings[j].is_loaded)
                settings[count++] = (struct setting){.detector = tuned[i].detector_index,
                                                     .threshold = tuned[i].threshold_index,
                                                     .number = tuned[i].settings[j].number};
        }
    }
    return trials_create(trials, tune->scan.ruleset, settings, count);
}

/* What was damaged or could not be opened is left out, and said at the end. */
static bool goes_on(enum status status)
{
    return status == STATUS_OK || status == STATUS_DAMAGED || status == STATUS_NO_INPUT;
}

/* Reads the whole input. As in a scan, what turns out to be disordered is read a second time. */
static enum status run_read(struct tune *tune, const struct tuned *tuned, size_t tuned_count,
                            struct trials **trials, struct pipeline_result *result)
{
    trials_destroy(*trials);
    *trials = NULL;
    enum status status = run_trials(tune, tuned, tuned_count, trials);
    if (status != STATUS_OK)
        return status;
    const struct scan_outputs nowhere = {.findings = STDOUT_FILENO, .hidden = -1};
    struct pipeline_options options =
        scan_pipeline(&tune->scan, &tune->options, &nowhere, tune->expects_order);
    options.trials = *trials;
    status = pipeline_run(&options, result);
    return status == STATUS_OK ? input_status(tune->scan.intake.input) : status;
}

/* Has the memory cap cost anything that depends on the settings? */
static bool is_incomplete(const struct pipeline_result *result, const struct trial *tried)
{
    return result->released_early + result->names_refused + result->detect.windows_evicted +
               result->detect.entries_forgotten + result->detect.crowd_refused +
               result->campaigns.untold + tried->untold >
           0;
}

static enum status run_compare(const struct tune *tune, struct tuned *tuned, size_t tuned_count,
                               const struct trials *trials, const struct pipeline_result *result)
{
    enum status status = STATUS_OK;
    size_t number = 0;
    for (size_t i = 0; i < tuned_count; i++) {
        for (size_t j = 0; j < tuned[i].settings_count && status == STATUS_OK; j++) {
            struct tuned_setting *const setting = &tuned[i].settings[j];
            const struct trial *const tried =
                setting->is_loaded ? trials_loaded(trials) : trials_of(trials, number++);
            setting->is_incomplete = is_incomplete(result, tried);
            status = comparison_init(&setting->comparison, tune->scan.ruleset,
                                     tuned[i].detector_index, trials_loaded(trials), tried);
        }
    }
    return status;
}

static size_t incomplete_count(const struct tuned *tuned, size_t tuned_count)
{
    size_t count = 0;
    for (size_t i = 0; i < tuned_count; i++) {
        for (size_t j = 0; j < tuned[i].settings_count; j++)
            count += tuned[i].settings[j].is_incomplete;
    }
    return count;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static enum status tell_text(struct slice text)
{
    if (fwrite(text.start, 1, text.bytes, stdout) == text.bytes && fflush(stdout) == 0)
        return STATUS_OK;
    fprintf(stderr, "spraywatch: cannot write: %s\n", strerror(errno));
    return STATUS_IO;
}

static enum status tell_screen(struct tune *tune)
{
    const struct slice text = slice_of(tune->screen.text, tune->screen.bytes);
    const enum status status = tune->screen.has_failed ? STATUS_NO_MEMORY : tell_text(text);
    tune->screen.bytes = 0;
    return status;
}

static enum status tell_json(struct tune *tune)
{
    const enum status status =
        json_write_ok(&tune->json) ? tell_text(json_write_text(&tune->json)) : STATUS_NO_MEMORY;
    json_write_reset(&tune->json);
    return status;
}

static enum status tell_run(struct tune *tune, size_t first, size_t count)
{
    const bool is_table = tune->options.format == FORMAT_TABLE;
    if (is_table && first == 0)
        tune_print_log(&tune->screen, &tune->log);
    for (size_t i = first; i < first + count; i++) {
        const struct tuned *const tuned = &tune->tuned[i];
        if (!is_table) {
            tune_write(&tune->json, &tune->log, tuned);
            continue;
        }
        if (i == 0 || tune->tuned[i - 1].detector != tuned->detector)
            tune_print_detector(&tune->screen, tuned->detector);
        tune_print(&tune->screen, &tune->log, tuned);
    }
    return is_table ? tell_screen(tune) : tell_json(tune);
}

static void show_progress(const struct tune *tune, size_t thresholds_done)
{
    if (tune->shows_progress)
        fprintf(stderr, "\rtune: %zu of %zu thresholds tried ...", thresholds_done,
                tune->tuned_count);
}

static void hide_progress(const struct tune *tune)
{
    if (tune->shows_progress)
        fputs("\r\033[K", stderr);
}

/* ---- all runs -------------------------------------------------------------------------------- */

static void log_note(struct tune *tune, const struct pipeline_result *result,
                     const struct trial *loaded)
{
    const double days =
        (double)civil_elapsed(result->last_ns, result->first_ns) / (double)CIVIL_DAY_NS;
    tune->log = (struct tuned_log){
        .ruleset = tune->scan.ruleset,
        .first_ns = result->first_ns,
        .last_ns = result->last_ns,
        .days = result->first_ns <= result->last_ns && days > 1 ? days : 1,
        .campaigns = loaded->count,
        .confirmed = loaded->confirmed_count,
    };
}

static void run_forget(struct tuned *tuned, size_t tuned_count)
{
    for (size_t i = 0; i < tuned_count; i++) {
        for (size_t j = 0; j < tuned[i].settings_count; j++)
            comparison_deinit(&tuned[i].settings[j].comparison);
    }
}

/* Reads the input for the thresholds from `first` on, from its beginning where it has been read. */
static enum status run(struct tune *tune, size_t first, size_t count, struct trials **trials,
                       struct pipeline_result *result)
{
    struct tuned *const tuned = &tune->tuned[first];
    enum status status = tune->has_read ? scan_reopen(&tune->scan, tune->said) : STATUS_OK;
    tune->has_read = true;
    if (status == STATUS_OK)
        status = run_read(tune, tuned, count, trials, result);
    if (goes_on(status) && result->is_abandoned) {
        tune->expects_order = false;
        status = scan_reopen(&tune->scan, tune->said);
        if (status == STATUS_OK)
            status = run_read(tune, tuned, count, trials, result);
    }
    if (!goes_on(status))
        return status;
    const enum status compared = run_compare(tune, tuned, count, *trials, result);
    return compared == STATUS_OK ? status : compared;
}

/* Tries as many thresholds from `first` on as fit into a run, or one where memory was too short for
 * more; `*count`: how many. */
static enum status try_thresholds(struct tune *tune, size_t first, size_t *count)
{
    struct trials *trials = NULL;
    struct pipeline_result result = {0};
    const double start = clock_seconds();
    *count = tune->is_one_by_one ? 1 : run_thresholds(tune, first);
    enum status status = run(tune, first, *count, &trials, &result);
    if (goes_on(status) && *count > 1 && incomplete_count(&tune->tuned[first], *count) > 0) {
        run_forget(&tune->tuned[first], *count);
        tune->is_one_by_one = true;
        *count = 1;
        status = run(tune, first, *count, &trials, &result);
    }
    tune->incomplete_count += incomplete_count(&tune->tuned[first], *count);
    if (first == 0 && goes_on(status)) {
        tune->summary.result = result;
        tune->summary.ruleset = tune->scan.ruleset;
        tune->summary.input = input_counters(tune->scan.intake.input);
        tune->summary.seconds = clock_seconds() - start;
        log_note(tune, &result, trials_loaded(trials));
    }
    hide_progress(tune);
    const enum status told = goes_on(status) ? tell_run(tune, first, *count) : status;
    run_forget(&tune->tuned[first], *count);
    trials_destroy(trials);
    return told != STATUS_OK ? told : status;
}

static enum status tune_all(struct tune *tune)
{
    enum status status = STATUS_OK;
    for (size_t first = 0, count; first < tune->tuned_count && goes_on(status); first += count) {
        show_progress(tune, first);
        status = try_thresholds(tune, first, &count);
    }
    hide_progress(tune);
    return status;
}

/* Each run reads the input anew. */
static enum status check_paths(const struct intake_words *words)
{
    struct stat about;
    if (words->paths_count == 0)
        return complain("the logs are read more than once: name files or directories");
    for (size_t i = 0; i < words->paths_count; i++) {
        if (strcmp(words->paths[i], "-") == 0 ||
            (stat(words->paths[i], &about) == 0 && !S_ISREG(about.st_mode) &&
             !S_ISDIR(about.st_mode)))
            return complain("the logs are read more than once: name files or directories, not '%s'",
                            words->paths[i]);
    }
    return STATUS_OK;
}

static enum status tune_init(struct tune *tune, const struct options *options)
{
    *tune = (struct tune){.options = *options};
    if (tune->options.format == FORMAT_AUTO)
        tune->options.format = isatty(STDOUT_FILENO) ? FORMAT_TABLE : FORMAT_JSONL;
    assert(SHARE_RUN * (1 + TRIALS_MAX * SHARE_CAMPAIGNS + (TRIALS_WINDOWS - 1) * SHARE_DETECT) <=
           1);
    tune->options.memory_bytes = (size_t)((double)tune->options.memory_bytes * SHARE_RUN);
    tune->expects_order = scan_expects_order(options);
    tune->shows_progress = isatty(STDERR_FILENO) && !options->quiet;
    json_write_init(&tune->json);
    screen_init(&tune->screen, scan_terminal_width(STDOUT_FILENO),
                isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL);
    enum status status = scan_init(&tune->scan, options);
    tune->said = tune->scan.diagnostics.count;
    if (status == STATUS_OK)
        status = plan(tune);
    return status;
}

static void tune_deinit(struct tune *tune)
{
    scan_deinit(&tune->scan);
    screen_deinit(&tune->screen);
    json_write_deinit(&tune->json);
    free(tune->tuned);
}

/* ---- a rule to keep -------------------------------------------------------------------------- */

static const struct rule_entry *entry_of(const struct ruleset *ruleset, size_t detector_index)
{
    size_t count, at = 0;
    const struct rule_entry *const entries = ruleset_entries(ruleset, &count);
    while (entries[at].sort != SORT_DETECTOR || entries[at].index != detector_index)
        at++;
    return &entries[at];
}

static enum status rule_print(const struct tune *tune)
{
    const struct tune_words *const words = &tune->options.tune;
    if (words->detectors_count != 1 || words->settings_count != 1 || tune->tuned_count != 1)
        return complain("--rule wants one --detector, one of --settings and, unless that is of the "
                        "condition, one --threshold");
    const struct tuned *const tuned = &tune->tuned[0];
    struct detector detector = *tuned->detector;
    threshold_set(&detector, tuned->threshold_index, words->settings[0]);
    return rule_yaml_print(stdout, entry_of(tune->scan.ruleset, tuned->detector_index), &detector);
}

/* Rules alone are needed. */
static int command_rule(const struct options *options)
{
    const struct ruleset_options rules = {
        .directory = options->rules_directory,
        .placeholders = options->placeholders_path,
        .cache = options->cache_directory,
    };
    struct tune tune = {.options = *options};
    diagnostics_init(&tune.scan.diagnostics);
    enum status status =
        options->words.paths_count > 0
            ? complain("--rule reads no log; leave '%s' out", options->words.paths[0])
            : ruleset_create_with(&tune.scan.ruleset, &rules, &tune.scan.diagnostics);
    if (status == STATUS_OK)
        status = plan(&tune);
    if (status == STATUS_OK)
        status = rule_print(&tune);
    if (status == STATUS_NO_MEMORY)
        fprintf(stderr, "spraywatch: out of memory\n");
    diagnostics_print(&tune.scan.diagnostics, stderr);
    tune_deinit(&tune);
    return status_exit_code(status);
}

int command_tune(int argc, char **argv)
{
    struct options options;
    enum status status = options_parse(&options, OPTIONS_TUNE, argc, argv);
    if (status != STATUS_OK)
        return status_exit_code(status);
    if (options.help) {
        options_print_help(OPTIONS_TUNE);
        return 0;
    }
    if (options.tune.prints_rule)
        return command_rule(&options);
    status = check_paths(&options.words);
    if (status != STATUS_OK)
        return status_exit_code(status);
    struct tune tune;
    status = tune_init(&tune, &options);
    const bool has_begun = status == STATUS_OK;
    if (has_begun)
        status = tune_all(&tune);
    if (status == STATUS_NO_MEMORY)
        fprintf(stderr, "spraywatch: out of memory\n");
    diagnostics_print(&tune.scan.diagnostics, stderr);
    if (tune.incomplete_count > 0)
        fprintf(stderr,
                "spraywatch: tune: memory was too short for %zu settings, which a scan may tell "
                "otherwise; raise --memory\n",
                tune.incomplete_count);
    if (has_begun && !options.quiet) {
        tune.summary.memory_peak = scan_memory_peak();
        summary_print(&tune.summary, stderr);
    }
    tune_deinit(&tune);
    return status_exit_code(status);
}
