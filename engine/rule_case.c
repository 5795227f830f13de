#include "engine/rule_case.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/pipeline.h"
#include "engine/readout.h"
#include "engine/replay.h"
#include "engine/rule_book.h"
#include "rules/directory.h"

enum {
    CASES_DEPTH_MAX = 16,
    CASES_MAX = 4096,
    LINES_KEPT_MAX = 100000, /* of one rule; further ones are only counted */
    LINES_SHOWN_MAX = 20,
};

static const char case_file[] = "case.yml";

/* ---- finding cases -------------------------------------------------------------------------- */

static enum status cases_add(struct rule_cases *cases, const char *directory)
{
    if (cases->count == cases->capacity) {
        const size_t capacity = 2 * cases->capacity + 16;
        struct rule_case *const items = reallocarray(cases->items, capacity, sizeof(*items));
        if (items == NULL)
            return STATUS_NO_MEMORY;
        cases->items = items;
        cases->capacity = capacity;
    }
    struct rule_case *const added = &cases->items[cases->count++];
    *added = (struct rule_case){
        .directory = strdup(directory), .title = strdup(""), .failures = strdup("")};
    return added->directory != NULL && added->title != NULL && added->failures != NULL
               ? STATUS_OK
               : STATUS_NO_MEMORY;
}

static enum status cases_complain(const char *path, const char *text,
                                  struct diagnostics *diagnostics)
{
    const struct diagnosis diagnosis = {.diagnostics = diagnostics, .path = path};
    diagnosis_add(&diagnosis, RULE_CASES, NULL, "%s", text);
    return STATUS_CONFIG;
}

static enum status cases_walk(struct rule_cases *cases, const char *path, unsigned depth,
                              struct diagnostics *diagnostics);

static enum status cases_walk_below(struct rule_cases *cases, DIR *stream, const char *path,
                                    unsigned depth, struct diagnostics *diagnostics)
{
    enum status status = STATUS_OK;
    const struct dirent *entry;
    while (status == STATUS_OK && (entry = readdir(stream)) != NULL) {
        struct stat facts;
        if (entry->d_name[0] == '.')
            continue;
        char *const below = directory_join(path, entry->d_name);
        if (below == NULL)
            return STATUS_NO_MEMORY;
        if (stat(below, &facts) == 0 && S_ISDIR(facts.st_mode))
            status = cases_walk(cases, below, depth + 1, diagnostics);
        free(below);
    }
    return status;
}

/* A directory with a case file is a case, and nothing below it is another. */
static enum status cases_walk(struct rule_cases *cases, const char *path, unsigned depth,
                              struct diagnostics *diagnostics)
{
    char *const file = directory_join(path, case_file);
    if (file == NULL)
        return STATUS_NO_MEMORY;
    const bool is_case = access(file, F_OK) == 0;
    free(file);
    if (is_case && cases->count == CASES_MAX)
        return cases_complain(path, "more than 4096 cases", diagnostics);
    if (is_case)
        return cases_add(cases, path);
    if (depth > CASES_DEPTH_MAX)
        return cases_complain(path, "more than 16 levels of directories", diagnostics);
    DIR *const stream = opendir(path);
    if (stream == NULL)
        return cases_complain(path, strerror(errno), diagnostics);
    const enum status status = cases_walk_below(cases, stream, path, depth, diagnostics);
    closedir(stream);
    return status;
}

static int case_order(const void *left, const void *right)
{
    const struct rule_case *const a = left, *const b = right;
    return strcmp(a->directory, b->directory);
}

enum status rule_cases_find(struct rule_cases *cases, const char *path,
                            struct diagnostics *diagnostics)
{
    *cases = (struct rule_cases){0};
    const enum status status = cases_walk(cases, path, 0, diagnostics);
    if (status == STATUS_OK && cases->count == 0)
        return cases_complain(path, "holds no case: a directory with a `case.yml`", diagnostics);
    if (cases->count > 1)
        qsort(cases->items, cases->count, sizeof(*cases->items), case_order);
    return status;
}

void rule_cases_deinit(struct rule_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        free(cases->items[i].directory);
        free(cases->items[i].title);
        free(cases->items[i].failures);
    }
    free(cases->items);
    *cases = (struct rule_cases){0};
}

struct rule_cases_result rule_cases_result(const struct rule_cases *cases)
{
    struct rule_cases_result result = {0};
    for (size_t i = 0; i < cases->count; i++) {
        const struct rule_case *const at = &cases->items[i];
        result.broken += at->is_broken;
        result.failed += !at->is_broken && at->failures[0] != '\0';
    }
    result.passed = cases->count - result.broken - result.failed;
    return result;
}

/* ---- one case ------------------------------------------------------------------------------- */

/* The lines of the records at which a rule matched or a correlation became true. */
struct found_lines {
    uint64_t *items;
    size_t count, capacity; /* kept */
    uint64_t total;
};

struct running {
    struct rule_case *rule_case;
    struct diagnosis diagnosis;
    char *path; /* of the case file; owned */
    char *text;
    struct document_file *file;
    const struct node *root;
    char *rules_path, *placeholders_path, *input_path; /* owned; NULL: none */
    const char *input_paths[1];
    struct intake_words words;
    struct ruleset_options rules;
    struct ruleset *ruleset;
    const struct rule_entry *entries;
    size_t entries_count;
    const struct node **wanted; /* by entry: what is expected; NULL: nothing is said */
    struct found_lines *found;  /* by entry */
    FILE *failures;
};

static enum status complain(struct running *running, enum rule_code code, const struct node *node,
                            const char *text)
{
    diagnosis_add(&running->diagnosis, code, node, "%s", text);
    return STATUS_CONFIG;
}

static const char *const case_keys[] = {
    "title",  "rules",     "placeholders",       "input", "as", "tz", "year",
    "expect", "campaigns", "confirmed-accounts", NULL};

/* The text of a key, in `*text` as long as the document; NULL without one. */
static enum status text_read(struct running *running, const char *key, const char **text)
{
    const struct node *const node = node_get(running->root, key);
    *text = NULL;
    if (node == NULL)
        return STATUS_OK;
    if (node->kind != NODE_SCALAR || node_is_null(node) || node->text.bytes == 0)
        return complain(running, RULE_CASE_VALUE, node, "text stands here");
    *text = node->text.start;
    return STATUS_OK;
}

/* The same of a path, from the case's directory. */
static enum status path_read(struct running *running, const char *key, char **path)
{
    const char *text;
    const enum status status = text_read(running, key, &text);
    *path = NULL;
    if (status != STATUS_OK || text == NULL)
        return status;
    *path = text[0] == '/' ? strdup(text) : directory_join(running->rule_case->directory, text);
    return *path != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status root_read(struct running *running)
{
    size_t bytes;
    enum status status =
        directory_read_file(running->path, &running->text, &bytes, running->diagnosis.diagnostics);
    if (status == STATUS_OK)
        status = document_parse(&running->file, running->path, slice_of(running->text, bytes),
                                running->diagnosis.diagnostics);
    if (status != STATUS_OK)
        return status;
    if (document_count(running->file) != 1 || document_root(running->file, 0)->kind != NODE_MAPPING)
        return complain(running, RULE_CASE_VALUE, NULL, "a case file is one mapping");
    running->root = document_root(running->file, 0);
    for (size_t i = 0; i < running->root->count; i++) {
        const struct node *const key = node_key(running->root, i);
        if (node_is_among(key, case_keys))
            continue;
        diagnosis_unknown(&running->diagnosis, RULE_CASE_KEY, key, 0, "key of a case", key->text,
                          case_keys);
        status = STATUS_CONFIG;
    }
    return status;
}

/* Without `rules`, those in the directory `rules` of the case; without that, the command's. */
static enum status rules_choose(struct running *running, const struct rule_case_options *options)
{
    struct stat facts;
    running->rules = *options->rules;
    enum status status = path_read(running, "rules", &running->rules_path);
    if (status == STATUS_OK && running->rules_path == NULL) {
        running->rules_path = directory_join(running->rule_case->directory, "rules");
        if (running->rules_path == NULL)
            return STATUS_NO_MEMORY;
        if (stat(running->rules_path, &facts) != 0 || !S_ISDIR(facts.st_mode)) {
            free(running->rules_path);
            running->rules_path = NULL;
        }
    }
    if (status == STATUS_OK)
        status = path_read(running, "placeholders", &running->placeholders_path);
    if (running->rules_path != NULL)
        running->rules.directory = running->rules_path;
    if (running->placeholders_path != NULL)
        running->rules.placeholders = running->placeholders_path;
    return status;
}

static enum status head_read(struct running *running)
{
    const char *title, *year;
    struct stat facts;
    enum status status = text_read(running, "title", &title);
    if (status == STATUS_OK && title != NULL) {
        free(running->rule_case->title);
        running->rule_case->title = strdup(title);
        status = running->rule_case->title != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK)
        status = text_read(running, "as", &running->words.input);
    if (status == STATUS_OK)
        status = text_read(running, "tz", &running->words.zone);
    if (status == STATUS_OK)
        status = text_read(running, "year", &year);
    if (status == STATUS_OK && year != NULL && !intake_year_parse(year, &running->words.year))
        status =
            complain(running, RULE_CASE_VALUE, node_get(running->root, "year"), "this is no year");
    if (status == STATUS_OK)
        status = path_read(running, "input", &running->input_path);
    if (status == STATUS_OK && running->input_path == NULL)
        status = complain(running, RULE_CASE_VALUE, NULL, "the case has no `input`");
    if (status == STATUS_OK && (stat(running->input_path, &facts) != 0 || !S_ISREG(facts.st_mode)))
        status = complain(running, RULE_CASE_VALUE, node_get(running->root, "input"),
                          "this is no file that can be read");
    running->input_paths[0] = running->input_path;
    running->words.paths = running->input_paths;
    running->words.paths_count = 1;
    return status;
}

/* ---- expectations --------------------------------------------------------------------------- */

/* A list of lines, or `{count: N}`. */
static enum status wanted_check(struct running *running, const struct node *value)
{
    int64_t number;
    const struct node *const count = node_get(value, "count");
    bool is_good = value->kind == NODE_SEQUENCE ||
                   (value->kind == NODE_MAPPING && value->count == 1 && count != NULL &&
                    node_to_integer(count, &number) && number >= 0);
    for (size_t i = 0; value->kind == NODE_SEQUENCE && i < value->count; i++)
        is_good &= node_to_integer(value->items[i], &number) && number > 0;
    return is_good ? STATUS_OK
                   : complain(running, RULE_CASE_VALUE, value,
                              "a list of line numbers stands here, or `{count: N}`");
}

static enum status expectation_read(struct running *running, const struct node *key,
                                    const struct node *value)
{
    const struct rule_entry *const entry = rule_entry_find(running->ruleset, key->text);
    if (entry == NULL) {
        const char *const nearest = rule_entry_nearest(running->ruleset, key->text);
        diagnosis_add(&running->diagnosis, RULE_CASE_RULE, key, "no rule is called `%s`%s%s%s",
                      shown_node(key).text, nearest != NULL ? "; did you mean `" : "",
                      nearest != NULL ? nearest : "", nearest != NULL ? "`?" : "");
        return STATUS_CONFIG;
    }
    size_t detectors_count;
    const struct detector *const detectors = ruleset_detectors(running->ruleset, &detectors_count);
    if (entry->sort == SORT_FILTER)
        return complain(running, RULE_CASE_RULE, key,
                        "a filter finds nothing itself: name the rules that it narrows");
    if (entry->sort == SORT_DETECTOR &&
        (detectors[entry->index].kind == DETECTOR_CONFIRMED_PASSWORD ||
         detectors[entry->index].kind == DETECTOR_KNOWN_SOURCE))
        return complain(running, RULE_CASE_RULE, key,
                        "detectors of this kind judge campaigns: expect `campaigns` and "
                        "`confirmed-accounts`");
    running->wanted[entry - running->entries] = value;
    return wanted_check(running, value);
}

static enum status expectations_read(struct running *running)
{
    const struct node *const expect = node_get(running->root, "expect");
    running->entries = ruleset_entries(running->ruleset, &running->entries_count);
    running->wanted = calloc(running->entries_count + 1, sizeof(*running->wanted));
    running->found = calloc(running->entries_count + 1, sizeof(*running->found));
    if (running->wanted == NULL || running->found == NULL)
        return STATUS_NO_MEMORY;
    if (expect == NULL || node_is_null(expect))
        return STATUS_OK;
    if (expect->kind != NODE_MAPPING)
        return complain(running, RULE_CASE_VALUE, expect,
                        "`expect` is a mapping of rules to the lines at which they match");
    enum status worst = STATUS_OK;
    for (size_t i = 0; i < expect->count; i++) {
        const enum status status =
            expectation_read(running, node_key(expect, i), node_value(expect, i));
        if (status != STATUS_OK)
            worst = status;
    }
    return worst;
}

/* ---- what is found -------------------------------------------------------------------------- */

static bool found_add(struct found_lines *found, uint64_t line)
{
    found->total++;
    if (found->count == LINES_KEPT_MAX)
        return true;
    if (found->count == found->capacity) {
        const size_t capacity = 2 * found->capacity + 16;
        uint64_t *const items = reallocarray(found->items, capacity, sizeof(*items));
        if (items == NULL)
            return false;
        found->items = items;
        found->capacity = capacity;
    }
    found->items[found->count++] = line;
    return true;
}

/* Rules that would be told of, and those that the case names. */
static bool is_asked(const struct running *running, size_t entry)
{
    const struct rule_entry *const at = &running->entries[entry];
    return running->wanted[entry] != NULL ||
           (at->sort == SORT_RULE
                ? ruleset_rule_reports(running->ruleset, at->index)
                : at->sort != SORT_FILTER &&
                      !slice_starts_with(slice_from_string(at->head->path), SLICE("builtin:")));
}

static bool record_match(struct running *running, struct matcher *matcher,
                         const struct readout_item *item)
{
    const struct subject subject = {
        .event = item->event,
        .text = item->record->text,
        .view = item->view,
        .layout = item->layout,
    };
    bool has_room = true;
    matcher_look(matcher, &subject);
    for (size_t i = 0; i < running->entries_count && has_room; i++) {
        if (running->entries[i].sort == SORT_RULE && is_asked(running, i) &&
            matcher_holds(matcher, running->entries[i].expression))
            has_room = found_add(&running->found[i], item->position.line);
    }
    return has_room;
}

static enum status records_match(struct running *running)
{
    struct readout *readout = NULL;
    struct matcher *matcher = NULL;
    struct readout_item item;
    enum status status = readout_create(&readout, &running->words, running->diagnosis.diagnostics);
    if (status == STATUS_OK)
        status = rules_bind_schemas(running->ruleset, readout_schemas(readout));
    if (status == STATUS_OK)
        status = matcher_create(&matcher, running->ruleset);
    while (status == STATUS_OK && readout_next(readout, &item)) {
        if (item.kind == READOUT_SIGN_IN && !record_match(running, matcher, &item))
            status = STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK)
        status = readout_status(readout);
    matcher_destroy(matcher);
    if (readout != NULL)
        readout_destroy(readout);
    return status;
}

/* Detectors that became true at a record, by any of their keys and spans; what only adds to known
 * campaigns did not. */
static bool findings_take(struct running *running, const struct findings *findings, uint64_t line)
{
    uint64_t opened = 0;
    bool has_room = true;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *const finding = &findings->items[i];
        if (finding->type == FINDING_OPENED && !finding->is_weak && finding->allowance == 0)
            opened |= UINT64_C(1) << finding->detector;
    }
    for (size_t i = 0; i < running->entries_count && opened != 0 && has_room; i++) {
        if (running->entries[i].sort == SORT_DETECTOR &&
            (opened >> running->entries[i].index & 1) != 0)
            has_room = found_add(&running->found[i], line);
    }
    return has_room;
}

/* The same of other correlations, in the last step. */
static bool hits_take(struct running *running, const struct replay *replay)
{
    size_t count;
    const struct replay_hit *const hits = replay_hits(replay, &count);
    if (count == SIZE_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (running->entries[at].sort != SORT_CORRELATION ||
               running->entries[at].index != hits[i].correlation)
            at++;
        if (!found_add(&running->found[at], hits[i].line))
            return false;
    }
    return true;
}

static enum status windows_open(struct running *running)
{
    struct options defaults;
    options_defaults(&defaults);
    const struct replay_options options = {
        .words = running->words,
        .ruleset = running->ruleset,
        .memory_bytes = defaults.memory_bytes,
    };
    struct replay *replay = NULL;
    enum status status = replay_create(&replay, &options, running->diagnosis.diagnostics);
    const struct attempt *attempt;
    const struct findings *findings;
    while (status == STATUS_OK && (attempt = replay_step(replay, &findings)) != NULL) {
        if (!findings_take(running, findings, attempt->line) || !hits_take(running, replay))
            status = STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK && !hits_take(running, replay))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = replay_status(replay);
    replay_destroy(replay);
    return status;
}

/* ---- comparison ----------------------------------------------------------------------------- */

static void print_lines(FILE *to, const struct found_lines *found)
{
    if (found->total == 0)
        fputs("at no line", to);
    for (size_t i = 0; i < found->count && i < LINES_SHOWN_MAX; i++)
        fprintf(to, "%s%" PRIu64, i == 0 ? "at line " : ", ", found->items[i]);
    if (found->total > LINES_SHOWN_MAX)
        fprintf(to, " and %" PRIu64 " more", found->total - LINES_SHOWN_MAX);
}

static void print_wanted(FILE *to, const struct node *wanted)
{
    const struct node *const count = wanted != NULL ? node_get(wanted, "count") : NULL;
    if (count != NULL)
        fprintf(to, "%s times", count->text.start);
    else if (wanted == NULL || wanted->count == 0)
        fputs("at no line", to);
    for (size_t i = 0; count == NULL && wanted != NULL && i < wanted->count; i++)
        fprintf(to, "%s%s", i == 0 ? "at line " : ", ", wanted->items[i]->text.start);
}

static bool is_as_wanted(const struct found_lines *found, const struct node *wanted)
{
    int64_t number = 0;
    if (wanted == NULL)
        return found->total == 0;
    if (wanted->kind == NODE_MAPPING) {
        (void)node_to_integer(node_get(wanted, "count"), &number);
        return found->total == (uint64_t)number;
    }
    if (found->total != wanted->count || found->count != wanted->count)
        return false;
    for (size_t i = 0; i < wanted->count; i++) {
        (void)node_to_integer(wanted->items[i], &number);
        if (found->items[i] != (uint64_t)number)
            return false;
    }
    return true;
}

static void lines_compare(struct running *running)
{
    for (size_t i = 0; i < running->entries_count; i++) {
        if (!is_asked(running, i))
            continue;
        running->rule_case->checks++;
        if (is_as_wanted(&running->found[i], running->wanted[i]))
            continue;
        fprintf(running->failures, "%s: expected ",
                shown_slice(slice_from_string(rule_entry_handle(&running->entries[i]))).text);
        print_wanted(running->failures, running->wanted[i]);
        fputs(", found ", running->failures);
        print_lines(running->failures, &running->found[i]);
        fputc('\n', running->failures);
    }
}

static enum status number_compare(struct running *running, const char *key, uint64_t found)
{
    const struct node *const node = node_get(running->root, key);
    int64_t wanted;
    if (node == NULL)
        return STATUS_OK;
    if (!node_to_integer(node, &wanted) || wanted < 0)
        return complain(running, RULE_CASE_VALUE, node, "a number stands here");
    running->rule_case->checks++;
    if (found != (uint64_t)wanted)
        fprintf(running->failures, "%s: expected %" PRId64 ", found %" PRIu64 "\n", key, wanted,
                found);
    return STATUS_OK;
}

/* Scans the log, and throws away what is reported but for the figures. */
static enum status scan(struct running *running, struct campaigns_counters *campaigns)
{
    struct options defaults;
    struct intake intake;
    struct pipeline_result result;
    options_defaults(&defaults);
    const struct intake_options intake_options = {
        .words = running->words,
        .ruleset = running->ruleset,
    };
    const int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return STATUS_IO;
    enum status status = intake_init(&intake, &intake_options, running->diagnosis.diagnostics);
    if (status == STATUS_OK) {
        const struct pipeline_options options = {
            .threads = 1,
            .input = intake.input,
            .schemas = intake.schemas,
            .ruleset = running->ruleset,
            .files = running->input_paths,
            .line_bytes_max = defaults.line_bytes_max,
            .tier = JSON_TIER_BEST,
            .memory_bytes = defaults.memory_bytes,
            .lateness_ns = defaults.lateness_ns,
            .skew_ns_max = defaults.skew_ns_max,
            .quiet_ns = defaults.quiet_ns,
            .is_history = true,
            .fd = fd,
            .hidden_fd = -1,
            .format = FORMAT_JSONL,
        };
        status = pipeline_run(&options, &result);
    }
    if (status == STATUS_OK)
        status = input_status(intake.input);
    if (status == STATUS_OK)
        *campaigns = result.campaigns;
    intake_deinit(&intake);
    close(fd);
    return status;
}

/* What a scan reports, when the case says anything of it. */
static enum status campaigns_compare(struct running *running)
{
    struct campaigns_counters campaigns;
    if (node_get(running->root, "campaigns") == NULL &&
        node_get(running->root, "confirmed-accounts") == NULL)
        return STATUS_OK;
    enum status status = scan(running, &campaigns);
    if (status == STATUS_OK)
        status = number_compare(running, "campaigns", campaigns.opened);
    if (status == STATUS_OK)
        status = number_compare(running, "confirmed-accounts", campaigns.confirmed_accounts);
    return status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void running_deinit(struct running *running)
{
    for (size_t i = 0; running->found != NULL && i < running->entries_count; i++)
        free(running->found[i].items);
    free(running->found);
    free(running->wanted);
    ruleset_destroy(running->ruleset);
    free(running->rules_path);
    free(running->placeholders_path);
    free(running->input_path);
    if (running->file != NULL)
        document_destroy(running->file);
    free(running->text);
    free(running->path);
}

static enum status running_run(struct running *running, const struct rule_case_options *options)
{
    enum status status = root_read(running);
    if (status == STATUS_OK)
        status = head_read(running);
    if (status == STATUS_OK)
        status = rules_choose(running, options);
    if (status == STATUS_OK)
        status =
            ruleset_create_with(&running->ruleset, &running->rules, running->diagnosis.diagnostics);
    if (status == STATUS_OK)
        status = expectations_read(running);
    if (status == STATUS_OK)
        status = records_match(running);
    if (status == STATUS_OK)
        status = windows_open(running);
    if (status == STATUS_OK) {
        lines_compare(running);
        status = campaigns_compare(running);
    }
    return status;
}

/* The first error since `from`, for the case's own report; all are in the diagnostics. */
static void print_reason(FILE *to, const struct diagnostics *diagnostics, size_t from)
{
    for (size_t i = from; i < diagnostics->count; i++) {
        const struct diagnostic *const at = &diagnostics->items[i];
        if (at->severity != SEVERITY_ERROR)
            continue;
        fprintf(to, "%s:%" PRIu32 ": %s\n", at->file != NULL ? at->file : "", at->line, at->text);
        return;
    }
    fputs("it could not be run\n", to);
}

enum status rule_case_run(struct rule_case *rule_case, const struct rule_case_options *options,
                          struct diagnostics *diagnostics)
{
    struct running running = {.rule_case = rule_case};
    char *failures = NULL;
    size_t failures_bytes;
    const size_t told_before = diagnostics->count;
    running.path = directory_join(rule_case->directory, case_file);
    running.failures = open_memstream(&failures, &failures_bytes);
    enum status status = STATUS_NO_MEMORY;
    if (running.path != NULL && running.failures != NULL) {
        running.diagnosis = (struct diagnosis){.diagnostics = diagnostics, .path = running.path};
        status = running_run(&running, options);
        if (status != STATUS_OK)
            print_reason(running.failures, diagnostics, told_before);
    }
    if (running.failures != NULL && fclose(running.failures) == 0) {
        free(rule_case->failures);
        rule_case->failures = failures;
    } else {
        free(failures);
        status = STATUS_NO_MEMORY;
    }
    rule_case->is_broken = status != STATUS_OK;
    running_deinit(&running);
    return status;
}
