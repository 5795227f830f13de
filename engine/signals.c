#include "engine/signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/hits.h"
#include "parsers/address.h"
#include "rules/correlation.h"

/* How often a rule was told of lately. */
struct signal_rate {
    int64_t hour_ns; /* when its hour began */
    bool has_hour;
    uint32_t told;
    uint64_t held_back; /* since its last document */
};

struct signals {
    struct signals_options options;
    struct signal_rate *rates; /* by rule, then by correlation */
    struct json_write json;
    uint64_t position;
    int64_t now_ns;
    struct signals_counters counters;
};

enum status signals_create(struct signals **out, const struct signals_options *options)
{
    struct signals *const signals = calloc(1, sizeof(*signals));
    if (signals == NULL)
        return STATUS_NO_MEMORY;
    signals->options = *options;
    signals->now_ns = INT64_MIN;
    json_write_init(&signals->json);
    size_t correlations_count;
    (void)ruleset_correlations(options->ruleset, &correlations_count);
    signals->rates = calloc(ruleset_rules_count(options->ruleset) + correlations_count + 1,
                            sizeof(*signals->rates));
    if (signals->rates == NULL) {
        signals_destroy(signals);
        return STATUS_NO_MEMORY;
    }
    *out = signals;
    return STATUS_OK;
}

void signals_destroy(struct signals *signals)
{
    if (signals == NULL)
        return;
    json_write_deinit(&signals->json);
    free(signals->rates);
    free(signals);
}

/* ---- documents ------------------------------------------------------------------------------ */

/* What is told: a rule's match, or with `hit` and `rule` that of a correlation. */
struct told {
    const struct rule_head *head;
    /* The Detection Rule License wants the authors to be named with what their rules have found:
     * for a correlation also those of what it counts; to people, those of given rules. */
    struct rule_texts authors, given_authors;
    int64_t time_ns;
    const struct correlate_evidence *evidence;
    const char *file;
    uint64_t held_back;
    const struct correlate_hit *hit;
    const struct correlation *rule;
};

static struct slice key_text(const struct signals *signals, const struct told *told, unsigned part)
{
    return names_text(signals->options.names, NAMES_DRAWN, told->hit->key[part]);
}

/* The same in every run over the same input: of the rule, the record, and the key of a group. */
static void write_id(const struct signals *signals, struct json_write *json,
                     const struct told *told)
{
    struct hash_key key = hash_key_fixed();
    uint64_t halves[2];
    for (int i = 0; i < 2; i++) {
        key.k1 += (uint64_t)i;
        halves[i] = hash_bytes(key, told->head->id, strlen(told->head->id));
        halves[i] =
            hash_mix(halves[i] ^ hash_bytes(key, told->head->title, strlen(told->head->title)));
        halves[i] = hash_mix(halves[i] ^ hash_bytes(key, told->file, strlen(told->file)));
        halves[i] = hash_mix(halves[i] ^ hash_mix(told->evidence->offset + 1));
        for (unsigned part = 0; told->hit != NULL && part < told->rule->parts_count; part++) {
            const struct slice text = key_text(signals, told, part);
            halves[i] = hash_mix(halves[i] ^ hash_bytes(key, text.start, text.bytes));
        }
    }
    char text[33];
    snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, halves[0], halves[1]);
    json_write_key_cstring(json, "id", text);
}

static void write_event(const struct signals *signals, struct json_write *json,
                        const struct told *told)
{
    json_write_key_object(json, "event");
    json_write_key_string(json, "kind", SLICE("signal"));
    json_write_key_array(json, "category");
    json_write_string(json, SLICE("authentication"));
    json_write_array_end(json);
    json_write_key_array(json, "type");
    json_write_string(json, SLICE("info"));
    json_write_array_end(json);
    write_id(signals, json, told);
    json_write_key_string(json, "action", SLICE("matched"));
    json_write_key_unsigned(json, "severity", told->head->severity);
    json_write_key_cstring(json, "outcome", outcome_ecs((enum outcome)told->evidence->outcome));
    json_write_key_string(json, "module", SLICE("spraywatch"));
    json_write_key_string(json, "dataset", SLICE("spraywatch.rule"));
    json_write_object_end(json);
}

static void write_authors(struct json_write *json, const struct rule_texts *authors)
{
    for (size_t i = 0; i < authors->count; i++)
        json_write_string(json, slice_from_string(authors->items[i]));
}

static void write_rule(struct json_write *json, const struct told *told)
{
    json_write_key_object(json, "rule");
    json_write_key_cstring(json, "id", told->head->id);
    json_write_key_cstring(json, "name", told->head->title);
    json_write_key_array(json, "author");
    write_authors(json, &told->authors);
    json_write_array_end(json);
    json_write_object_end(json);
}

static struct slice source_text(const struct signals *signals,
                                const struct correlate_evidence *evidence,
                                char buffer[KEY_TEXT_BYTES])
{
    if (evidence->source <= NAME_OTHER)
        return (struct slice){0};
    const struct address_entry *const entry =
        names_address(signals->options.names, evidence->source);
    return slice_of(buffer, address_format(&entry->address, buffer));
}

static struct slice account_text(const struct signals *signals,
                                 const struct correlate_evidence *evidence)
{
    return evidence->account == NAME_NONE
               ? (struct slice){0}
               : names_text(signals->options.names, TEXT_ACCOUNT, evidence->account);
}

static void write_related(struct json_write *json, struct slice source, struct slice account)
{
    json_write_key_object(json, "related");
    json_write_key_array(json, "ip");
    if (source.bytes > 0)
        json_write_string(json, source);
    json_write_array_end(json);
    json_write_key_array(json, "user");
    if (account.bytes > 0)
        json_write_string(json, account);
    json_write_array_end(json);
    json_write_object_end(json);
}

static void write_correlation(const struct signals *signals, struct json_write *json,
                              const struct told *told)
{
    json_write_key_object(json, "correlation");
    json_write_key_cstring(json, "type", correlation_type_name(told->rule->type));
    json_write_key_integer(json, "timespan", told->rule->span_ns / CIVIL_SECOND_NS);
    if (correlation_tells_number(told->rule))
        json_write_key_double(json, "number", told->hit->number);
    json_write_key_object(json, "group");
    for (unsigned part = 0; part < told->rule->parts_count; part++)
        json_write_key_string(json, told->rule->parts[part], key_text(signals, told, part));
    json_write_object_end(json);
    json_write_object_end(json);
}

static void write_own(const struct signals *signals, struct json_write *json,
                      const struct told *told)
{
    json_write_key_object(json, "spraywatch");
    json_write_key_cstring(json, "kind", told->hit != NULL ? "correlation" : "rule");
    json_write_key_cstring(json, "level", told->head->level);
    json_write_key_unsigned(json, "held_back", told->held_back);
    if (told->hit != NULL)
        write_correlation(signals, json, told);
    json_write_key_object(json, "evidence");
    json_write_key_cstring(json, "file", told->file);
    json_write_key_unsigned(json, "line", told->evidence->line);
    json_write_key_unsigned(json, "offset", told->evidence->offset);
    json_write_object_end(json);
    json_write_object_end(json);
}

static void document_write(struct signals *signals, const struct told *told)
{
    struct json_write *const json = &signals->json;
    char buffer[KEY_TEXT_BYTES];
    json_write_object_begin(json);
    json_write_key_time(json, "@timestamp", told->time_ns);
    json_write_key_object(json, "ecs");
    json_write_key_string(json, "version", SLICE("9.4.0"));
    json_write_object_end(json);
    write_event(signals, json, told);
    write_rule(json, told);
    alert_write_threat(json, told->head->tags, told->head->tags_count);
    write_related(json, source_text(signals, told->evidence, buffer),
                  account_text(signals, told->evidence));
    write_own(signals, json, told);
    json_write_object_end(json);
    json_write_newline(json);
}

/* For people the text parts are written as JSON strings, so that nothing in a log can move the
 * terminal. A correlation shows the values of its key instead of an account and a source. */
static void line_write(struct signals *signals, const struct told *told)
{
    struct json_write *const json = &signals->json;
    char buffer[KEY_TEXT_BYTES];
    json_write_array_begin(json);
    json_write_time(json, told->time_ns);
    json_write_string(json, told->hit != NULL ? SLICE("correlation") : SLICE("rule"));
    json_write_string(json, slice_from_string(told->head->level));
    json_write_string(json, slice_from_string(told->head->title));
    if (told->hit == NULL) {
        json_write_string(json, account_text(signals, told->evidence));
        json_write_string(json, source_text(signals, told->evidence, buffer));
    }
    for (unsigned part = 0; told->hit != NULL && part < told->rule->parts_count; part++)
        json_write_string(json, key_text(signals, told, part));
    write_authors(json, &told->given_authors);
    json_write_array_end(json);
    json_write_newline(json);
}

/* ---- taking --------------------------------------------------------------------------------- */

/* Whether the rule may be told of now. */
static bool rate_allows(struct signal_rate *rate, int64_t now_ns)
{
    if (!rate->has_hour || civil_elapsed(now_ns, rate->hour_ns) >= CIVIL_HOUR_NS) {
        rate->has_hour = true;
        rate->hour_ns = now_ns;
        rate->told = 0;
    }
    if (rate->told == SIGNALS_PER_HOUR) {
        rate->held_back++;
        return false;
    }
    rate->told++;
    return true;
}

/* `now_ns`: the time that the rate is measured by. */
static void signals_tell(struct signals *signals, struct told *told, struct signal_rate *rate,
                         int64_t now_ns, struct notes *notes)
{
    signals->counters.matches++;
    if (!rate_allows(rate, now_ns)) {
        signals->counters.held_back++;
        return;
    }
    told->held_back = rate->held_back;
    told->file = signals->options.files[told->evidence->file];
    json_write_reset(&signals->json);
    if (signals->options.format == FORMAT_JSONL)
        document_write(signals, told);
    else
        line_write(signals, told);
    rate->held_back = 0;
    signals->counters.told++;
    if (!json_write_ok(&signals->json))
        notes->has_failed = true;
    notes_add(notes, signals->position, signals->now_ns, json_write_text(&signals->json));
}

void signals_begin(struct signals *signals, const struct attempt *attempt)
{
    signals->position++;
    if (attempt->time_ns > signals->now_ns)
        signals->now_ns = attempt->time_ns;
}

void signals_take(struct signals *signals, const struct attempt *attempt, struct hits *hits,
                  struct notes *notes)
{
    const struct ruleset *const ruleset = signals->options.ruleset;
    const uint32_t *const rules = hits != NULL ? hits_rules(hits) : NULL;
    for (size_t i = 0; hits != NULL && i < hits->rules_count; i++) {
        if (!ruleset_rule_reports(ruleset, rules[i]))
            continue;
        const struct correlate_evidence evidence = correlate_evidence_of(attempt);
        const struct rule_head *const head = ruleset_rule_head(ruleset, rules[i]);
        const struct rule_texts author = {.items = &head->author, .count = head->author[0] != '\0'};
        struct told told = {
            .head = head,
            .authors = author,
            .given_authors = author, /* shipped rules report nothing by themselves */
            .time_ns = attempt->time_ns,
            .evidence = &evidence,
        };
        signals_tell(signals, &told, &signals->rates[rules[i]], signals->now_ns, notes);
    }
}

void signals_take_hit(struct signals *signals, const struct correlate_hit *hit, struct notes *notes)
{
    const struct ruleset *const ruleset = signals->options.ruleset;
    size_t count;
    const struct correlation *const rule = &ruleset_correlations(ruleset, &count)[hit->correlation];
    if (!rule->reports)
        return;
    struct told told = {
        .head = &rule->head,
        .authors = rule->authors,
        .given_authors = rule->given_authors,
        .time_ns = hit->time_ns,
        .evidence = &hit->evidence,
        .hit = hit,
        .rule = rule,
    };
    struct signal_rate *const rate =
        &signals->rates[ruleset_rules_count(ruleset) + hit->correlation];
    signals_tell(signals, &told, rate, hit->time_ns, notes);
}

struct signals_counters signals_counters(const struct signals *signals)
{
    return signals->counters;
}
