#include "engine/signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "parsers/address.h"

#define HOUR_NS (3600 * CIVIL_SECOND_NS)

/* How often a rule was told of lately. */
struct signal_rate {
    int64_t hour_ns; /* when its hour began */
    bool has_hour;
    uint32_t told;
    uint64_t held_back; /* since its last document */
};

struct signals {
    struct signals_options options;
    struct signal_rate *rates; /* by rule */
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
    signals->rates = calloc(ruleset_rules_count(options->ruleset) + 1, sizeof(*signals->rates));
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

/* The same in every run over the same input: of the rule and the record. */
static void write_id(struct json_write *json, const struct rule_head *head, const char *file,
                     const struct attempt *attempt)
{
    struct hash_key key = hash_key_fixed();
    uint64_t halves[2];
    for (int i = 0; i < 2; i++) {
        key.k1 += (uint64_t)i;
        halves[i] = hash_bytes(key, head->id, strlen(head->id));
        halves[i] = hash_mix(halves[i] ^ hash_bytes(key, head->title, strlen(head->title)));
        halves[i] = hash_mix(halves[i] ^ hash_bytes(key, file, strlen(file)));
        halves[i] = hash_mix(halves[i] ^ hash_mix(attempt->offset + 1));
    }
    char text[33];
    snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, halves[0], halves[1]);
    json_write_key_cstring(json, "id", text);
}

static void write_event(struct json_write *json, const struct rule_head *head, const char *file,
                        const struct attempt *attempt)
{
    json_write_key_object(json, "event");
    json_write_key_string(json, "kind", SLICE("signal"));
    json_write_key_array(json, "category");
    json_write_string(json, SLICE("authentication"));
    json_write_array_end(json);
    json_write_key_array(json, "type");
    json_write_string(json, SLICE("info"));
    json_write_array_end(json);
    write_id(json, head, file, attempt);
    json_write_key_string(json, "action", SLICE("matched"));
    json_write_key_unsigned(json, "severity", head->severity);
    json_write_key_cstring(json, "outcome", outcome_ecs((enum outcome)attempt->outcome));
    json_write_key_string(json, "module", SLICE("spraywatch"));
    json_write_key_string(json, "dataset", SLICE("spraywatch.rule"));
    json_write_object_end(json);
}

static void write_rule(struct json_write *json, const struct rule_head *head)
{
    json_write_key_object(json, "rule");
    json_write_key_cstring(json, "id", head->id);
    json_write_key_cstring(json, "name", head->title);
    json_write_key_array(json, "author");
    if (head->author[0] != '\0')
        json_write_string(json, slice_from_string(head->author));
    json_write_array_end(json);
    json_write_object_end(json);
}

static struct slice source_text(const struct signals *signals, const struct attempt *attempt,
                                char buffer[KEY_TEXT_BYTES])
{
    if (attempt->source <= NAME_OTHER)
        return (struct slice){0};
    const struct address_entry *const entry =
        names_address(signals->options.names, attempt->source);
    return slice_of(buffer, address_format(&entry->address, buffer));
}

static struct slice account_text(const struct signals *signals, const struct attempt *attempt)
{
    return attempt->name[TEXT_ACCOUNT] == NAME_NONE
               ? (struct slice){0}
               : names_text(signals->options.names, TEXT_ACCOUNT, attempt->name[TEXT_ACCOUNT]);
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

static void write_own(struct json_write *json, const struct rule_head *head, const char *file,
                      const struct attempt *attempt, uint64_t held_back)
{
    json_write_key_object(json, "spraywatch");
    json_write_key_string(json, "kind", SLICE("rule"));
    json_write_key_cstring(json, "level", head->level);
    json_write_key_unsigned(json, "held_back", held_back);
    json_write_key_object(json, "evidence");
    json_write_key_cstring(json, "file", file);
    json_write_key_unsigned(json, "line", attempt->line);
    json_write_key_unsigned(json, "offset", attempt->offset);
    json_write_object_end(json);
    json_write_object_end(json);
}

static void document_write(struct signals *signals, const struct rule_head *head,
                           const struct attempt *attempt, uint64_t held_back)
{
    struct json_write *const json = &signals->json;
    char buffer[KEY_TEXT_BYTES];
    const char *const file = signals->options.files[attempt->file];
    json_write_object_begin(json);
    json_write_key_time(json, "@timestamp", attempt->time_ns);
    json_write_key_object(json, "ecs");
    json_write_key_string(json, "version", SLICE("9.4.0"));
    json_write_object_end(json);
    write_event(json, head, file, attempt);
    write_rule(json, head);
    alert_write_threat(json, head->tags, head->tags_count);
    write_related(json, source_text(signals, attempt, buffer), account_text(signals, attempt));
    write_own(json, head, file, attempt, held_back);
    json_write_object_end(json);
    json_write_newline(json);
}

/* For people the text parts are written as JSON strings, so that nothing in a log can move the
 * terminal. */
static void line_write(struct signals *signals, const struct rule_head *head,
                       const struct attempt *attempt)
{
    struct json_write *const json = &signals->json;
    char buffer[KEY_TEXT_BYTES];
    json_write_array_begin(json);
    json_write_time(json, attempt->time_ns);
    json_write_string(json, SLICE("rule"));
    json_write_string(json, slice_from_string(head->level));
    json_write_string(json, slice_from_string(head->title));
    json_write_string(json, account_text(signals, attempt));
    json_write_string(json, source_text(signals, attempt, buffer));
    if (head->author[0] != '\0')
        json_write_string(json, slice_from_string(head->author));
    json_write_array_end(json);
    json_write_newline(json);
}

/* ---- taking --------------------------------------------------------------------------------- */

/* Whether the rule may be told of now. */
static bool rate_allows(struct signal_rate *rate, int64_t now_ns)
{
    if (!rate->has_hour || civil_elapsed(now_ns, rate->hour_ns) >= HOUR_NS) {
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

static void rule_tell(struct signals *signals, uint32_t rule, const struct attempt *attempt,
                      struct notes *notes)
{
    struct signal_rate *const rate = &signals->rates[rule];
    signals->counters.matches++;
    if (!rate_allows(rate, signals->now_ns)) {
        signals->counters.held_back++;
        return;
    }
    const struct rule_head *const head = ruleset_rule_head(signals->options.ruleset, rule);
    json_write_reset(&signals->json);
    if (signals->options.format == FORMAT_JSONL)
        document_write(signals, head, attempt, rate->held_back);
    else
        line_write(signals, head, attempt);
    rate->held_back = 0;
    signals->counters.told++;
    if (!json_write_ok(&signals->json))
        notes->has_failed = true;
    notes_add(notes, signals->position, signals->now_ns, json_write_text(&signals->json));
}

void signals_take(struct signals *signals, const struct attempt *attempt, const uint32_t *hits,
                  size_t hits_count, struct notes *notes)
{
    signals->position++;
    if (attempt->time_ns > signals->now_ns)
        signals->now_ns = attempt->time_ns;
    for (size_t i = 0; i < hits_count; i++) {
        if (ruleset_rule_reports(signals->options.ruleset, hits[i]))
            rule_tell(signals, hits[i], attempt, notes);
    }
}

struct signals_counters signals_counters(const struct signals *signals)
{
    return signals->counters;
}
