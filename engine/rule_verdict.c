#include "engine/rule_verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/alert.h"
#include "engine/base/civil.h"
#include "engine/near_miss.h"
#include "engine/printed.h"
#include "engine/rule_book.h"
#include "engine/rule_print.h"
#include "rules/correlation.h"
#include "rules/survey.h"

enum {
    NAME_BYTES_MAX = 200,
    VALUE_BYTES_MAX = 200,
    NEAR_RULES_MAX = 10, /* told of; further ones are counted */
    VALUES_MAX = 4,      /* of a list */
    HELD_LINES_MAX = 20, /* of one window, the newest */
};

/* ---- rules ---------------------------------------------------------------------------------- */

/* The Detection Rule License wants the author to go with each match of a rule that somebody gave.
 */
static void print_rule(const struct ruleset *ruleset, size_t rule_index)
{
    const struct rule_head *const head = ruleset_rule_head(ruleset, rule_index);
    printed_column(slice_from_string(ruleset_rule_name(ruleset, rule_index)), 0, NAME_BYTES_MAX);
    if (head->author[0] == '\0' ||
        slice_starts_with(slice_from_string(head->path), SLICE("builtin:")))
        return;
    fputs(" by ", stdout);
    printed_quote(slice_from_string(head->author), NAME_BYTES_MAX);
}

static void print_value(void *self, const struct rule_value *value)
{
    unsigned *const count = self;
    if ((*count)++ < VALUES_MAX) {
        fputs(*count > 1 ? ", " : "", stdout);
        if (value->is_null)
            fputs("null", stdout);
        else
            printed_quote(value->text, VALUE_BYTES_MAX);
    }
}

/* What the record has where the item looks. */
static void print_found(struct matcher *matcher, const struct item_text *item)
{
    char buffer[EVENT_VALUE_BYTES];
    unsigned count = 0;
    if (item->field == RULE_FIELD_RECORD) {
        puts(" the record's text");
        return;
    }
    const struct rule_value value = matcher_value(matcher, item->field, buffer);
    fputs(" ", stdout);
    if (!value.exists)
        fputs("no such field", stdout);
    else if (value.is_list)
        matcher_values(matcher, &value, print_value, &count);
    else
        print_value(&count, &value);
    puts(count > VALUES_MAX ? ", ..." : "");
}

static void print_missed(struct matcher *matcher, const struct missed_item *missed)
{
    printf("          ");
    printed_column(slice_from_string(missed->label), 0, NAME_BYTES_MAX);
    fputs(": ", stdout);
    rule_print_item(missed->item);
    printf(" (line %" PRIu32 ") %s; the record has", missed->item->line,
           missed->must_hold ? "does not hold" : "holds and must not");
    print_found(matcher, missed->item);
}

static void print_near(const struct ruleset *ruleset, struct matcher *matcher)
{
    size_t entries_count, near_count = 0;
    const struct rule_entry *const entries = ruleset_entries(ruleset, &entries_count);
    for (size_t i = 0; i < entries_count; i++) {
        struct missed_item missed[MISSED_ITEMS_MAX];
        const size_t count =
            entries[i].sort == SORT_RULE ? near_miss(matcher, entries[i].expression, missed) : 0;
        if (count == 0 || ++near_count > NEAR_RULES_MAX)
            continue;
        fputs("nearly    ", stdout);
        print_rule(ruleset, entries[i].index);
        fputs(", ", stdout);
        printed_quote(slice_from_string(entries[i].head->path), NAME_BYTES_MAX);
        printf(" line %" PRIu32 "%s\n", entries[i].head->line,
               count > 1 ? "; one of these would do" : "");
        for (size_t j = 0; j < count; j++)
            print_missed(matcher, &missed[j]);
    }
    if (near_count > NEAR_RULES_MAX)
        printf("nearly    and %zu rules more\n", near_count - NEAR_RULES_MAX);
}

void rule_verdict_print(const struct ruleset *ruleset, struct matcher *matcher,
                        const struct subject *subject)
{
    const char *separator = "";
    fputs("rules     ", stdout);
    for (size_t i = 0; i < ruleset_rules_count(ruleset); i++) {
        if (!matcher_match_rule(matcher, subject, i))
            continue;
        fputs(separator, stdout);
        print_rule(ruleset, i);
        separator = ", ";
    }
    puts(separator[0] == '\0' ? "none matches" : "");
    matcher_look(matcher, subject);
    print_near(ruleset, matcher);
}

/* ---- allow entries --------------------------------------------------------------------------- */

static void print_allowance(const struct allowance *allowance)
{
    char text[CIVIL_TEXT_BYTES];
    if (allowance->name[0] != '\0')
        printed_column(slice_from_string(allowance->name), 0, NAME_BYTES_MAX);
    else
        fputs("an entry without name", stdout);
    fputs(", ", stdout);
    printed_quote(slice_from_string(allowance->path), NAME_BYTES_MAX);
    printf(" line %" PRIu32, allowance->line);
    if (allowance->from_ns != INT64_MIN) {
        civil_format(allowance->from_ns, text);
        printf(", from %s", text);
    }
    if (allowance->until_ns != INT64_MAX) {
        civil_format(allowance->until_ns, text);
        printf(", until %s", text);
    }
    fputs(": ", stdout);
    printed_quote(slice_from_string(allowance->reason), VALUE_BYTES_MAX);
}

void rule_verdict_print_allowances(const struct ruleset *ruleset, struct matcher *matcher,
                                   const struct subject *subject)
{
    size_t count;
    const struct allowance *const allowances = ruleset_allowances(ruleset, &count);
    bool is_allowed = false;
    matcher_look(matcher, subject);
    for (size_t i = 0; i < count; i++) {
        if (!matcher_holds(matcher, allowances[i].expression))
            continue;
        const bool is_in_force = allowance_is_in_force(&allowances[i], subject->event->time_ns);
        fputs("allowed   ", stdout);
        fputs(!is_in_force ? "not by " : is_allowed ? "also by " : "by ", stdout);
        print_allowance(&allowances[i]);
        puts(is_in_force ? "" : "; it is not in force at the time of the sign-in");
        is_allowed |= is_in_force;
    }
    if (count > 0 && !is_allowed)
        puts("allowed   no");
    if (is_allowed)
        puts("          no alert and no rule counts it; the counts below are kept apart for the "
             "entry");
}

/* ---- counts --------------------------------------------------------------------------------- */

static void print_count_name(const char *name)
{
    fputs("count     ", stdout);
    printed_column(slice_from_string(name), 0, NAME_BYTES_MAX);
}

/* Which of `count` lines are told: the newest. */
static size_t held_first(size_t count)
{
    return count > HELD_LINES_MAX ? count - HELD_LINES_MAX : 0;
}

static void print_held_line(size_t position, size_t count, uint64_t line)
{
    if (position == held_first(count))
        printf("; holds %s %" PRIu64, count == 1 ? "line" : "lines", line);
    else
        printf(", %" PRIu64, line);
    if (position + 1 == count && held_first(count) > 0)
        printf(" and %zu before", held_first(count));
}

static const char no_memory_text[] = "has no window of it: the memory cap was reached";

/* Why what counts such records keeps no window of this one. */
static const char *miss_text(enum correlate_miss miss)
{
    static const char *const texts[] = {
        [MISS_TOO_LATE] = "does not count it: it came when its window was over",
        [MISS_NO_KEY] = "does not count it: it lacks a field that windows are kept by",
        [MISS_NO_VALUE] = "does not count it: what would count is absent, or no number",
        [MISS_NOTHING] = no_memory_text,
    };
    return texts[miss];
}

static void print_absence(const char *name, const char *why)
{
    print_count_name(name);
    printf(" %s\n", why);
}

/* ---- counts of detectors -------------------------------------------------------------------- */

static void print_key(const struct names *names, const struct detector *detector,
                      const struct detect_look *look)
{
    const struct detector_key *const key = &detector->keys[look->finding.key_index];
    for (unsigned i = 0; i < key->fields_count; i++) {
        char buffer[KEY_TEXT_BYTES];
        printf("%s%s ", i > 0 ? " and " : " for ", field_name(key->fields[i]));
        printed_quote(key_part_text(names, key, &look->finding, i, buffer), VALUE_BYTES_MAX);
    }
}

/* What it takes: the threshold as it stands for this window, or without one the rule's own. */
static void print_need(const struct detector *detector, const struct detect_look *look)
{
    const int64_t floor =
        look->decision.threshold > 0 ? (int64_t)look->decision.threshold : detector->condition.min;
    const char *const truth = !look->decision.is_true  ? "not true"
                              : look->decision.is_weak ? "true for a known campaign only"
                                                       : "true";
    if (floor != INT64_MIN)
        printf(", at least %" PRId64, floor);
    if (detector->condition.max != INT64_MAX)
        printf(", at most %" PRId64, detector->condition.max);
    printf(" needed: %s", truth);
}

static void print_held(const struct detect_look *look)
{
    const uint32_t count = look->counts.attempts;
    if (look->state == LOOK_BESIDE)
        fputs("; without this record, a retry or from a network in use", stdout);
    if (count == 0)
        fputs("; holds nothing", stdout);
    for (uint32_t i = (uint32_t)held_first(count); i < count; i++)
        print_held_line(i, count, detect_look_member(look, i)->line);
    putchar('\n');
}

static const char *handle_of(const struct detector *detector)
{
    return detector->name[0] != '\0' ? detector->name : detector->title;
}

static void print_window(const struct names *names, const struct detector *detector,
                         const struct detect_look *look)
{
    char span[KEY_TEXT_BYTES];
    span_text(detector->spans_ns[look->finding.span_index], span);
    print_count_name(handle_of(detector));
    print_key(names, detector, look);
    printf(" within %s: ", span);
    if (detector->type == CORRELATION_VALUE_COUNT)
        printf("%" PRIu32 " distinct %s", look->counts.values, field_name(detector->counted));
    else
        printf("%" PRIu32 " events", look->counts.attempts);
    print_need(detector, look);
    print_held(look);
}

/* Why a detector whose rules match keeps no window of the attempt. */
static const char *absence_text(enum look_state state)
{
    return state == LOOK_FAMILIAR ? "does not count it: the account, or somebody, is at home there"
           : state == LOOK_NO_KEY ? miss_text(MISS_NO_KEY)
                                  : no_memory_text;
}

static void print_detector(struct replay *replay, const struct attempt *attempt,
                           const struct detector *detector, size_t index)
{
    struct detect *const detect = replay_detect(replay);
    enum look_state state = LOOK_NO_KEY;
    bool has_window = false;
    for (unsigned key = 0; key < detector->keys_count; key++) {
        for (unsigned span = 0; span < detector->spans_count; span++) {
            const struct detect_look look = detect_look(detect, attempt, index, key, span);
            if (look.state != LOOK_NO_KEY)
                state = look.state;
            if (look.state != LOOK_HELD && look.state != LOOK_BESIDE)
                continue;
            has_window = true;
            print_window(replay_names(replay), detector, &look);
        }
    }
    if (has_window)
        return;
    print_absence(handle_of(detector), absence_text(state));
}

static bool keeps_windows(enum detector_kind kind)
{
    return kind != DETECTOR_CONFIRMED_PASSWORD && kind != DETECTOR_KNOWN_SOURCE;
}

/* ---- counts of correlations ----------------------------------------------------------------- */

/* Those of its rules that the window has an event of. */
static void print_seen(const struct ruleset *ruleset, const struct correlation *rule,
                       uint64_t sources)
{
    size_t count;
    const struct rule_entry *const entries = ruleset_entries(ruleset, &count);
    const char *before = " (";
    printf("%d of %u rules", __builtin_popcountll(sources), rule->sources_count);
    for (unsigned i = 0; i < rule->sources_count; i++) {
        const struct correlation_source *const source = &rule->sources[i];
        const enum rule_sort sort = source->is_correlation ? SORT_CORRELATION : SORT_RULE;
        for (size_t j = 0; (sources >> i & 1) != 0 && j < count; j++) {
            if (entries[j].sort != sort || entries[j].index != source->index)
                continue;
            fputs(before, stdout);
            printed_column(slice_from_string(rule_entry_handle(&entries[j])), 0, NAME_BYTES_MAX);
            before = ", ";
        }
    }
    putchar(')');
}

static void print_number(const struct ruleset *ruleset, const struct correlation *rule,
                         const struct journal_window *window)
{
    switch (rule->type) {
    case CORRELATION_EVENT_COUNT:
        printf("%.15g events", window->number);
        return;
    case CORRELATION_VALUE_COUNT:
        printf("%.15g distinct values", window->number);
        rule_print_counted(rule);
        return;
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
        fputs(rule->type == CORRELATION_VALUE_SUM ? "the sum" : "the mean", stdout);
        break;
    case CORRELATION_VALUE_MEDIAN:
        fputs("the median", stdout);
        break;
    case CORRELATION_VALUE_PERCENTILE:
        printf("percentile %u", rule->percentile);
        break;
    case CORRELATION_TEMPORAL:
    case CORRELATION_TEMPORAL_ORDERED:
        print_seen(ruleset, rule, window->sources);
        return;
    }
    rule_print_counted(rule);
    printf(" is %.15g", window->number);
}

/* What the condition asks for, and whether it is so. */
static void print_truth(const struct rule_entry *entry, const struct correlation *rule,
                        const struct correlate_look *look)
{
    for (size_t i = 0; i < entry->conditions.count; i++) {
        fputs(", ", stdout);
        printed_quote(slice_from_string(entry->conditions.items[i]), VALUE_BYTES_MAX);
    }
    if (rule->expression == NULL)
        rule_print_bounds(rule);
    if (rule->type == CORRELATION_TEMPORAL_ORDERED)
        fputs(" in order", stdout);
    fputs(" needed: ", stdout);
    if (look->end_ns == INT64_MAX) {
        fputs(look->is_true ? "true" : "not true", stdout);
        return;
    }
    char text[CIVIL_TEXT_BYTES];
    civil_format(look->end_ns, text);
    printf("judged when its window ends, at %s", text);
}

static enum status print_group(struct replay *replay, const struct ruleset *ruleset,
                               const struct rule_entry *entry, const struct journal_entry *counted)
{
    size_t count;
    const struct correlation *const rule =
        &ruleset_correlations(ruleset, &count)[counted->correlation];
    const struct names *const names = replay_names(replay);
    struct correlate_look look;
    struct journal_window window;
    if (!correlate_look(replay_correlate(replay), counted->correlation, counted->group, &look)) {
        print_absence(rule_entry_handle(entry), no_memory_text);
        return STATUS_OK;
    }
    const enum status status =
        journal_window_init(&window, replay_journal(replay), counted, look.since_ns);
    if (status != STATUS_OK)
        return status;
    char span[KEY_TEXT_BYTES];
    span_text(rule->span_ns, span);
    print_count_name(rule_entry_handle(entry));
    for (unsigned i = 0; i < rule->parts_count; i++) {
        fputs(i > 0 ? " and " : " for ", stdout);
        printed_column(slice_from_string(rule->parts[i]), 0, NAME_BYTES_MAX);
        putchar(' ');
        printed_quote(names_text(names, NAMES_DRAWN, look.key[i]), VALUE_BYTES_MAX);
    }
    printf(" within %s: ", span);
    print_number(ruleset, rule, &window);
    print_truth(entry, rule, &look);
    for (size_t i = held_first(window.count); i < window.count; i++)
        print_held_line(i, window.count, window.entries[i].line);
    puts(window.is_incomplete ? "; older ones are missing, for the memory cap was reached" : "");
    journal_window_deinit(&window);
    return STATUS_OK;
}

/* A record may have made several hits that one group counts. */
static bool is_told(const struct journal *journal, size_t position, size_t step)
{
    const struct journal_entry *const entry = journal_newest(journal, position);
    for (size_t i = position + 1; i < step; i++) {
        const struct journal_entry *const older = journal_newest(journal, i);
        if (older->correlation == entry->correlation && older->group == entry->group)
            return true;
    }
    return false;
}

/* How many of the newest entries are of the attempt, or of hits that it has led to. */
static size_t step_count(const struct journal *journal, const struct attempt *attempt)
{
    size_t count = 0;
    const struct journal_entry *entry;
    while ((entry = journal_newest(journal, count)) != NULL && entry->file == attempt->file &&
           entry->offset == attempt->offset)
        count++;
    return count;
}

static enum status print_correlation(struct replay *replay, const struct ruleset *ruleset,
                                     const struct attempt *attempt, const struct rule_entry *entry)
{
    const struct journal *const journal = replay_journal(replay);
    const size_t step = step_count(journal, attempt);
    enum status status = STATUS_OK;
    bool is_counted = false;
    for (size_t i = step; i-- > 0 && status == STATUS_OK;) {
        const struct journal_entry *const counted = journal_newest(journal, i);
        if (counted->correlation != entry->index || is_told(journal, i, step))
            continue;
        is_counted = true;
        status = print_group(replay, ruleset, entry, counted);
    }
    const enum correlate_miss miss =
        correlate_miss(replay_correlate(replay), (uint32_t)entry->index, attempt);
    if (!is_counted && miss != MISS_NO_RULE)
        print_absence(rule_entry_handle(entry), miss_text(miss));
    return status;
}

/* ---- all counts ----------------------------------------------------------------------------- */

static enum status print_counts(struct replay *replay, const struct ruleset *ruleset,
                                const struct attempt *attempt)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if ((attempt->rules & detectors[i].rules) != 0 && keeps_windows(detectors[i].kind))
            print_detector(replay, attempt, &detectors[i], i);
    }
    const struct rule_entry *const entries = ruleset_entries(ruleset, &count);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (entries[i].sort == SORT_CORRELATION)
            status = print_correlation(replay, ruleset, attempt, &entries[i]);
    }
    return status;
}

enum status rule_verdict_print_counts(const struct replay_options *options, uint32_t file,
                                      uint64_t offset, struct diagnostics *diagnostics)
{
    struct replay *replay = NULL;
    enum status status = replay_create(&replay, options, diagnostics);
    if (status != STATUS_OK)
        return status;
    const struct attempt *const attempt = replay_until(replay, file, offset);
    status = replay_status(replay);
    if (status == STATUS_OK && attempt != NULL)
        status = print_counts(replay, options->ruleset, attempt);
    else if (status == STATUS_OK)
        puts("count     in none: another record tells of the same attempt");
    replay_destroy(replay);
    return status;
}
