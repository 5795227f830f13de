#include "engine/rule_verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/alert.h"
#include "engine/near_miss.h"
#include "engine/printed.h"
#include "engine/rule_print.h"
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

/* ---- counts --------------------------------------------------------------------------------- */

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
        printf(", at least %" PRId64 " needed", floor);
    if (detector->condition.max != INT64_MAX)
        printf(", at most %" PRId64, detector->condition.max);
    printf(": %s", truth);
}

static void print_held(const struct detect_look *look)
{
    const uint32_t count = look->counts.attempts;
    const uint32_t first = count > HELD_LINES_MAX ? count - HELD_LINES_MAX : 0;
    if (look->state == LOOK_BESIDE)
        fputs("; without this record, a retry or from a network in use", stdout);
    printf("; holds %s", count == 1 ? "line" : count == 0 ? "nothing" : "lines");
    for (uint32_t i = first; i < count; i++)
        printf("%s %" PRIu64, i > first ? "," : "", detect_look_member(look, i)->line);
    if (first > 0)
        printf(" and %" PRIu32 " before", first);
    putchar('\n');
}

static void print_name(const struct detector *detector)
{
    fputs("count     ", stdout);
    printed_column(slice_from_string(detector->name[0] != '\0' ? detector->name : detector->title),
                   0, NAME_BYTES_MAX);
}

static void print_window(const struct names *names, const struct detector *detector,
                         const struct detect_look *look)
{
    char span[KEY_TEXT_BYTES];
    span_text(detector->spans_ns[look->finding.span_index], span);
    print_name(detector);
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
           : state == LOOK_NO_KEY ? "does not count it: it lacks a field that windows are kept by"
                                  : "has no window of it: the memory cap was reached";
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
    print_name(detector);
    printf(" %s\n", absence_text(state));
}

static bool keeps_windows(enum detector_kind kind)
{
    return kind != DETECTOR_CONFIRMED_PASSWORD && kind != DETECTOR_KNOWN_SOURCE;
}

enum status rule_verdict_print_counts(const struct replay_options *options, uint32_t file,
                                      uint64_t offset, struct diagnostics *diagnostics)
{
    struct replay *replay = NULL;
    const enum status status = replay_create(&replay, options, diagnostics);
    if (status != STATUS_OK)
        return status;
    size_t count;
    const struct detector *const detectors = ruleset_detectors(options->ruleset, &count);
    const struct attempt *const attempt = replay_until(replay, file, offset);
    if (attempt == NULL)
        puts("count     in none: another record tells of the same attempt");
    for (size_t i = 0; attempt != NULL && i < count; i++) {
        if ((attempt->rules & detectors[i].rules) != 0 && keeps_windows(detectors[i].kind))
            print_detector(replay, attempt, &detectors[i], i);
    }
    replay_destroy(replay);
    return STATUS_OK;
}
