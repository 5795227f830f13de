#include "engine/alert.h"

#include <stdio.h>

#include "parsers/address.h"
#include "rules/extension.h"

enum {
    SEVERITY_STOPPED = 85,   /* a password was found, something stopped the sign-in */
    SEVERITY_UNSTOPPED = 95, /* nothing did */
    SEVERITY_AGREEMENT = 5,  /* more for every further detector */
    AGENTS_LISTED = 5,
    ASNS_LISTED = 10,
};

const char *campaign_action_name(enum campaign_action action)
{
    static const char *const names[] = {
        [CAMPAIGN_OPENED] = "opened",
        [CAMPAIGN_UPDATED] = "updated",
        [CAMPAIGN_CLOSED] = "closed",
    };
    return names[action];
}

static const char *confirmed_by_name(enum confirmed_by by)
{
    static const char *const names[] = {
        [CONFIRMED_BY_SOURCE] = "campaign_source",
        [CONFIRMED_BY_AGENT] = "campaign_agent",
        [CONFIRMED_BY_NEWNESS] = "new_infrastructure",
        [CONFIRMED_BY_MEMORY] = "known_source",
    };
    return names[by];
}

static const char *campaign_end_name(enum campaign_end end)
{
    static const char *const names[] = {
        [CAMPAIGN_QUIET] = "quiet",
        [CAMPAIGN_END_OF_INPUT] = "end_of_input",
        [CAMPAIGN_MERGED] = "merged",
    };
    return names[end];
}

static bool has_unstopped(const struct campaign *campaign)
{
    for (uint32_t i = 0; i < campaign->confirmed_count; i++) {
        if (campaign->confirmed[i].is_unstopped)
            return true;
    }
    return false;
}

unsigned alert_severity(const struct ruleset *ruleset, const struct campaign *campaign)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    unsigned severity = 0, agreeing = 0;
    for (size_t i = 0; i < count; i++) {
        if ((campaign->detectors >> i & 1) == 0 || detectors[i].kind == DETECTOR_CONFIRMED_PASSWORD)
            continue;
        agreeing++;
        if (detectors[i].severity > severity)
            severity = detectors[i].severity;
    }
    if (agreeing > 1)
        severity += (agreeing - 1) * SEVERITY_AGREEMENT;
    if (campaign->confirmed_count > 0 && severity < SEVERITY_STOPPED)
        severity = SEVERITY_STOPPED;
    if (has_unstopped(campaign) && severity < SEVERITY_UNSTOPPED)
        severity = SEVERITY_UNSTOPPED;
    return severity < 100 ? severity : 100;
}

void span_text(int64_t span_ns, char buffer[KEY_TEXT_BYTES])
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    const int64_t seconds = span_ns / 1000000000;
    /* A day is written 24h, as rules do. */
    size_t unit = seconds > 86400 ? 0 : 1;
    while (unit < 3 && seconds % units[unit].seconds != 0)
        unit++;
    snprintf(buffer, KEY_TEXT_BYTES, "%lld%c", (long long)(seconds / units[unit].seconds),
             units[unit].unit);
}

static struct slice address_text(const struct names *names, uint32_t index, const char *prefix,
                                 char buffer[KEY_TEXT_BYTES])
{
    if (index <= NAME_OTHER)
        return names_text(names, TEXT_ACCOUNT, index);
    size_t bytes = address_format(&names_address(names, index)->address, buffer);
    bytes += (size_t)snprintf(buffer + bytes, KEY_TEXT_BYTES - bytes, "%s", prefix);
    return slice_of(buffer, bytes);
}

struct slice key_part_text(const struct names *names, const struct detector_key *key,
                           const struct finding *finding, unsigned part,
                           char buffer[KEY_TEXT_BYTES])
{
    const enum event_field field = key->fields[part];
    const uint32_t value = finding->key[part];
    if (field_text(field) < TEXT_COUNTED)
        return names_text(names, field_text(field), value);
    int bytes;
    switch (field) {
    case FIELD_SOURCE:
        return address_text(names, value, "", buffer);
    case FIELD_SOURCE_24:
        return address_text(names, value, "/24", buffer);
    case FIELD_SOURCE_64:
        return address_text(names, value, "/64", buffer);
    case FIELD_SOURCE_48:
        return address_text(names, value, "/48", buffer);
    case FIELD_COUNTRY:
        bytes = snprintf(buffer, KEY_TEXT_BYTES, "%c%c", (int)(value >> 8), (int)(value & 0xff));
        break;
    case FIELD_OUTCOME:
        return slice_from_string(outcome_name((enum outcome)(value - 1)));
    case FIELD_OUTCOME_ECS:
        return slice_from_string(outcome_ecs((enum outcome)(value - 1)));
    case FIELD_VERDICT:
        return slice_from_string(verdict_name((enum verdict)(value - 1)));
    case FIELD_CODE:
        bytes = snprintf(buffer, KEY_TEXT_BYTES, "%d", (int)(value - 1));
        break;
    default:
        bytes = snprintf(buffer, KEY_TEXT_BYTES, "%u", value);
    }
    return slice_of(buffer, (size_t)bytes);
}

/* ---- parts of the document ----------------------------------------------------------------- */

static void write_event(struct json_write *json, const struct alert_context *context,
                        const struct campaign *campaign, enum campaign_action action)
{
    char id[33];
    const int id_bytes =
        snprintf(id, sizeof(id), "%016llx%016llx", (unsigned long long)campaign->id[0],
                 (unsigned long long)campaign->id[1]);
    json_write_key_object(json, "event");
    json_write_key_string(json, "kind",
                          context->allowance == NULL ? SLICE("alert") : SLICE("event"));
    json_write_key_array(json, "category");
    json_write_string(json, SLICE("authentication"));
    json_write_string(json, SLICE("intrusion_detection"));
    json_write_array_end(json);
    json_write_key_array(json, "type");
    json_write_string(json, SLICE("info"));
    json_write_array_end(json);
    json_write_key_string(json, "id", slice_of(id, (size_t)id_bytes));
    json_write_key_cstring(json, "action", campaign_action_name(action));
    json_write_key_unsigned(json, "severity", alert_severity(context->ruleset, campaign));
    json_write_key_time(json, "start", campaign->start_ns);
    json_write_key_time(json, "end", campaign->end_ns);
    json_write_key_string(json, "module", SLICE("spraywatch"));
    json_write_key_string(json, "dataset", SLICE("spraywatch.campaign"));
    json_write_object_end(json);
}

void alert_write_rule(struct json_write *json, const struct detector *detector)
{
    json_write_key_object(json, "rule");
    json_write_key_cstring(json, "id", detector->id);
    json_write_key_cstring(json, "name", detector->title);
    json_write_key_array(json, "author");
    for (size_t i = 0; i < detector->authors.count; i++)
        json_write_string(json, slice_from_string(detector->authors.items[i]));
    json_write_array_end(json);
    json_write_object_end(json);
}

/* ATT&CK tactics by Sigma tag (attack.mitre.org, enterprise). */
static const struct {
    const char *tag, *id;
} tactics[] = {
    {"attack.credential-access", "TA0006"}, {"attack.credential_access", "TA0006"},
    {"attack.initial-access", "TA0001"},    {"attack.initial_access", "TA0001"},
    {"attack.reconnaissance", "TA0043"},    {"attack.discovery", "TA0007"},
};

bool alert_technique(const char *tag, char technique[16])
{
    static const char prefix[] = "attack.t";
    if (strncmp(tag, prefix, sizeof(prefix) - 1) != 0 || strlen(tag) > sizeof(prefix) + 8)
        return false;
    snprintf(technique, 16, "T%s", tag + sizeof(prefix) - 1);
    return technique[1] >= '0' && technique[1] <= '9';
}

static void write_ids(struct json_write *json, const char *key, struct slice id)
{
    json_write_key_object(json, key);
    json_write_key_array(json, "id");
    json_write_string(json, id);
    json_write_array_end(json);
}

void alert_write_threat(struct json_write *json, const char *const *tags, unsigned tags_count)
{
    const char *tactic = NULL;
    char technique[16] = "";
    for (unsigned i = 0; i < tags_count; i++) {
        for (size_t t = 0; t < sizeof(tactics) / sizeof(tactics[0]) && tactic == NULL; t++) {
            if (strcmp(tags[i], tactics[t].tag) == 0)
                tactic = tactics[t].id;
        }
        char found[16];
        if (technique[0] == '\0' && alert_technique(tags[i], found))
            memcpy(technique, found, sizeof(technique));
    }
    if (tactic == NULL && technique[0] == '\0')
        return;
    json_write_key_object(json, "threat");
    json_write_key_string(json, "framework", SLICE("MITRE ATT&CK"));
    if (tactic != NULL) {
        write_ids(json, "tactic", slice_from_string(tactic));
        json_write_object_end(json);
    }
    if (technique[0] != '\0') {
        const struct slice whole = slice_from_string(technique);
        const size_t dot = slice_find(whole, '.');
        write_ids(json, "technique", slice_of(technique, dot));
        if (dot < whole.bytes) {
            write_ids(json, "subtechnique", whole);
            json_write_object_end(json);
        }
        json_write_object_end(json);
    }
    json_write_object_end(json);
}

static void write_address(struct json_write *json, const struct names *names, uint32_t index)
{
    char buffer[KEY_TEXT_BYTES];
    json_write_string(json, address_text(names, index, "", buffer));
}

static void write_related(struct json_write *json, const struct alert_context *context,
                          const struct campaign *campaign)
{
    json_write_key_object(json, "related");
    json_write_key_array(json, "ip");
    for (uint32_t i = 0; i < campaign->first_sources.count; i++)
        write_address(json, context->names, campaign->first_sources.items[i]);
    json_write_array_end(json);
    json_write_key_array(json, "user");
    for (uint32_t i = 0; i < campaign->first_accounts.count; i++)
        json_write_string(
            json, names_text(context->names, TEXT_ACCOUNT, campaign->first_accounts.items[i]));
    json_write_array_end(json);
    json_write_object_end(json);
}

static void write_confirmed(struct json_write *json, const struct alert_context *context,
                            const struct campaign *campaign)
{
    json_write_key_array(json, "confirmed_users");
    for (uint32_t i = 0; i < campaign->confirmed_count; i++)
        json_write_string(
            json, names_text(context->names, TEXT_ACCOUNT, campaign->confirmed[i].first.account));
    json_write_array_end(json);
    json_write_key_array(json, "confirmed");
    for (uint32_t i = 0; i < campaign->confirmed_count; i++) {
        const struct confirmed *const confirmed = &campaign->confirmed[i];
        const struct member *const first = &confirmed->first;
        json_write_object_begin(json);
        json_write_key_string(json, "user",
                              names_text(context->names, TEXT_ACCOUNT, first->account));
        json_write_key_time(json, "at", first->time_ns);
        if (first->source != NAME_NONE) {
            json_write_key(json, "ip");
            write_address(json, context->names, first->source);
        }
        json_write_key_cstring(json, "outcome", outcome_name((enum outcome)first->outcome));
        if ((first->flags & EVENT_HAS_CODE) != 0)
            json_write_key_integer(json, "code", first->code);
        json_write_key_bool(json, "proven", (first->flags & EVENT_VERDICT_PROVEN) != 0);
        json_write_key_cstring(json, "because", confirmed_by_name(confirmed->by));
        json_write_key_cstring(json, "stopped_by", confirmed_stopped_by(confirmed));
        json_write_key_unsigned(json, "sign_ins", confirmed->sign_ins);
        json_write_key_time(json, "last", confirmed->last_ns);
        json_write_key_cstring(json, "file", context->files[first->file]);
        json_write_key_unsigned(json, "offset", first->offset);
        json_write_key_unsigned(json, "line", first->line);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_key(struct json_write *json, const struct alert_context *context,
                      const struct detector *detector, const struct finding *finding)
{
    const struct detector_key *const key = &detector->keys[finding->key_index];
    json_write_key_object(json, "key");
    for (unsigned i = 0; i < key->fields_count; i++) {
        char buffer[KEY_TEXT_BYTES];
        if (finding->key[i] == NAME_NONE)
            continue; /* a tenant that the log does not name */
        json_write_key_string(json, field_name(key->fields[i]),
                              key_part_text(context->names, key, finding, i, buffer));
    }
    json_write_object_end(json);
}

/* Does `left` come before `right` where both are as frequent? */
typedef bool key_order(const struct names *names, uint64_t left, uint64_t right);

static bool numbers_order(const struct names *names, uint64_t left, uint64_t right)
{
    (void)names;
    return left < right;
}

static int text_order(const struct names *names, enum event_text kind, uint32_t left,
                      uint32_t right)
{
    const struct slice a = names_text(names, kind, left), b = names_text(names, kind, right);
    const int order = memcmp(a.start, b.start, a.bytes < b.bytes ? a.bytes : b.bytes);
    return order != 0 ? order : (a.bytes > b.bytes) - (a.bytes < b.bytes);
}

/* By content: which name has the lower index depends on the order of files and on earlier runs. */
static bool agents_order(const struct names *names, uint64_t left, uint64_t right)
{
    const int order =
        text_order(names, TEXT_USER_AGENT, (uint32_t)(left >> 32), (uint32_t)(right >> 32));
    return order != 0 ? order < 0
                      : text_order(names, TEXT_CLIENT_ID, (uint32_t)left, (uint32_t)right) < 0;
}

/* The most frequent keys of a table. */
static size_t table_top(const struct table *table, const struct names *names, key_order *is_before,
                        struct table_slot *top, size_t top_max)
{
    size_t count = 0;
    for (size_t i = 0; i < table->capacity; i++) {
        const struct table_slot slot = table->slots[i];
        if (slot.key == 0)
            continue;
        size_t at = count;
        while (at > 0 &&
               (slot.value > top[at - 1].value ||
                (slot.value == top[at - 1].value && is_before(names, slot.key, top[at - 1].key))))
            at--;
        if (at == top_max)
            continue;
        count += count < top_max;
        memmove(&top[at + 1], &top[at], (count - at - 1) * sizeof(*top));
        top[at] = slot;
    }
    return count;
}

static void write_infrastructure(struct json_write *json, const struct alert_context *context,
                                 const struct campaign *campaign)
{
    struct table_slot top[ASNS_LISTED > AGENTS_LISTED ? ASNS_LISTED : AGENTS_LISTED];
    size_t count = table_top(&campaign->agents, context->names, agents_order, top, AGENTS_LISTED);
    json_write_key_array(json, "agents");
    for (size_t i = 0; i < count; i++) {
        json_write_object_begin(json);
        json_write_key_string(
            json, "user_agent",
            names_text(context->names, TEXT_USER_AGENT, (uint32_t)(top[i].key >> 32)));
        json_write_key_string(json, "client",
                              names_text(context->names, TEXT_CLIENT_ID, (uint32_t)top[i].key));
        json_write_key_unsigned(json, "attempts", top[i].value);
        json_write_object_end(json);
    }
    json_write_array_end(json);
    count = table_top(&campaign->asns, context->names, numbers_order, top, ASNS_LISTED);
    json_write_key_array(json, "asns");
    for (size_t i = 0; i < count; i++) {
        json_write_object_begin(json);
        json_write_key_unsigned(json, "number", top[i].key);
        json_write_key_unsigned(json, "attempts", top[i].value);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_outcomes(struct json_write *json, const struct campaign *campaign)
{
    json_write_key_object(json, "outcomes");
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (campaign->outcomes[i] > 0)
            json_write_key_unsigned(json, outcome_name((enum outcome)i), campaign->outcomes[i]);
    }
    json_write_object_end(json);
}

static void write_detectors(struct json_write *json, const struct detector *detectors,
                            size_t detectors_count, const struct campaign *campaign)
{
    json_write_key_array(json, "detectors");
    for (size_t i = 0; i < detectors_count; i++) {
        if ((campaign->detectors >> i & 1) != 0)
            json_write_string(json, slice_from_string(detectors[i].name));
    }
    json_write_array_end(json);
}

static void write_evidence(struct json_write *json, const struct alert_context *context,
                           const struct campaign *campaign)
{
    json_write_key_array(json, "evidence");
    for (uint32_t i = 0; i < campaign->evidence_count; i++) {
        const struct member *const member = &campaign->evidence[i];
        json_write_object_begin(json);
        json_write_key_cstring(json, "file", context->files[member->file]);
        json_write_key_unsigned(json, "offset", member->offset);
        json_write_key_unsigned(json, "line", member->line);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_window(struct json_write *json, const struct detector *detector,
                         const struct finding *finding)
{
    char span[KEY_TEXT_BYTES];
    span_text(detector->spans_ns[finding->span_index], span);
    json_write_key_cstring(json, "window", span);
    json_write_key_object(json, "when_opened");
    json_write_key_time(json, "at", finding->time_ns);
    json_write_key_unsigned(json, "attempts", finding->attempts);
    json_write_key_unsigned(json, "accounts", finding->accounts);
    json_write_key_unsigned(json, "sources", finding->sources);
    json_write_key_unsigned(json, "threshold", finding->threshold);
    if (detector->kind == DETECTOR_SOURCE_FANOUT)
        json_write_key_unsigned(json, "known_good", finding->known_good);
    json_write_object_end(json);
}

static void write_stages(struct json_write *json, const struct campaign *campaign)
{
    static const char *const names[] = {[STAGE_ENUMERATION] = "enumeration",
                                        [STAGE_SPRAY] = "spray",
                                        [STAGE_LOCKOUTS] = "lockouts",
                                        [STAGE_CONFIRMED] = "confirmed"};
    int furthest = STAGES_COUNT - 1;
    while (furthest > 0 && campaign->stages_ns[furthest] == STAGE_NEVER)
        furthest--;
    json_write_key_cstring(json, "stage", names[furthest]);
    json_write_key_array(json, "stages");
    for (int i = 0; i < STAGES_COUNT; i++) {
        if (campaign->stages_ns[i] == STAGE_NEVER)
            continue;
        json_write_object_begin(json);
        json_write_key_cstring(json, "name", names[i]);
        json_write_key_time(json, "since", campaign->stages_ns[i]);
        json_write_object_end(json);
    }
    json_write_array_end(json);
}

static void write_baseline(struct json_write *json, const struct detector *detectors,
                           const struct campaign *campaign)
{
    const struct finding *const strongest = &campaign->strongest;
    if (strongest->ratio <= 0)
        return;
    const struct detector *const detector = &detectors[strongest->detector];
    char span[KEY_TEXT_BYTES];
    span_text(detector->spans_ns[strongest->span_index], span);
    json_write_key_object(json, "baseline");
    json_write_key_double(json, "value", strongest->baseline);
    json_write_key_double(json, "ratio", strongest->ratio);
    json_write_key_cstring(json, "window", span);
    json_write_key_cstring(json, "detector", detector->name);
    json_write_object_end(json);
}

void alert_write_allowance(struct json_write *json, const struct allowance *allowance)
{
    json_write_key_cstring(json, "name", allowance->name);
    json_write_key_cstring(json, "reason", allowance->reason);
    json_write_key_cstring(json, "file", allowance->path);
    json_write_key_unsigned(json, "line", allowance->line);
    if (allowance->from_ns != INT64_MIN)
        json_write_key_time(json, "from", allowance->from_ns);
    if (allowance->until_ns != INT64_MAX)
        json_write_key_time(json, "until", allowance->until_ns);
}

void alert_write(struct json_write *json, const struct alert_context *context,
                 const struct campaign *campaign, enum campaign_action action,
                 enum campaign_end end, int64_t time_ns)
{
    size_t detectors_count;
    const struct detector *const detectors = ruleset_detectors(context->ruleset, &detectors_count);
    const struct detector *const detector = &detectors[campaign->headline.detector];
    const size_t accounts = campaign->accounts.count, sources = campaign->sources.count;

    json_write_object_begin(json);
    json_write_key_time(json, "@timestamp", time_ns);
    json_write_key_object(json, "ecs");
    json_write_key_string(json, "version", SLICE("9.4.0"));
    json_write_object_end(json);
    write_event(json, context, campaign, action);
    alert_write_rule(json, detector);
    alert_write_threat(json, detector->tags, detector->tags_count);
    if (sources == 1) {
        json_write_key_object(json, "source");
        json_write_key(json, "ip");
        write_address(json, context->names, campaign->first_sources.items[0]);
        json_write_object_end(json);
    }
    write_related(json, context, campaign);
    json_write_key_object(json, "spraywatch");
    json_write_key_cstring(json, "kind", detector_kind_name(detector->kind));
    if (context->allowance != NULL) {
        json_write_key_object(json, "allowed_by");
        alert_write_allowance(json, context->allowance);
        json_write_object_end(json);
    }
    write_stages(json, campaign);
    if (action == CAMPAIGN_CLOSED)
        json_write_key_cstring(json, "closed_by", campaign_end_name(end));
    write_key(json, context, detector, &campaign->headline);
    json_write_key_unsigned(json, "attempts", campaign->attempts);
    json_write_key_unsigned(json, "accounts", accounts);
    json_write_key_unsigned(json, "sources", sources);
    write_outcomes(json, campaign);
    write_confirmed(json, context, campaign);
    write_baseline(json, detectors, campaign);
    write_window(json, detector, &campaign->headline);
    write_detectors(json, detectors, detectors_count, campaign);
    write_infrastructure(json, context, campaign);
    write_evidence(json, context, campaign);
    json_write_key_object(json, "truncated");
    json_write_key_unsigned(json, "ip", sources - campaign->first_sources.count);
    json_write_key_unsigned(json, "user", accounts - campaign->first_accounts.count);
    json_write_object_end(json);
    if (campaign->is_incomplete)
        json_write_key_bool(json, "incomplete", true);
    json_write_object_end(json);
    json_write_object_end(json);
    json_write_newline(json);
}
