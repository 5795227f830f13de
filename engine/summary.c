#include "engine/summary.h"

#include <inttypes.h>

#include "engine/alert.h"
#include "engine/base/civil.h"
#include "rules/diagnosis.h"

static void print_rejected(const struct counters *counters, FILE *stream)
{
    const char *separator = " (";
    for (int i = 0; i < REJECT_COUNT; i++) {
        if (counters->rejected[i] == 0)
            continue;
        fprintf(stream, "%s%s %" PRIu64, separator, reject_reason_name((enum reject_reason)i),
                counters->rejected[i]);
        separator = ", ";
    }
    if (counters_rejected(counters) > 0)
        fputc(')', stream);
}

static uint64_t untold_of_allowed(const struct pipeline_result *result)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < ALLOWANCES_MAX; i++)
        sum += result->allowed[i].campaigns.untold;
    return sum;
}

/* What the memory cap has cost; nothing when it was not reached. */
static void print_memory(const struct pipeline_result *result, FILE *stream)
{
    const struct {
        uint64_t count;
        const char *text;
    } costs[] = {
        {result->released_early, "events ordered over a shorter time than asked"},
        {result->names_refused, "names not kept"},
        {result->detect.windows_evicted, "quiet windows dropped"},
        {result->detect.entries_forgotten, "attempts left their window early"},
        {result->detect.crowd_refused, "accounts of a source not learned"},
        {result->correlate.groups_evicted, "quiet groups of correlations dropped"},
        {result->correlate.events_forgotten, "events left their correlation early"},
        {result->campaigns.untold + untold_of_allowed(result),
         "attempts of campaigns not remembered"},
        {result->state_refused, "facts of the state not kept"},
    };
    for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
        if (costs[i].count > 0)
            fprintf(stream, "memory cap: %" PRIu64 " %s; raise --memory\n", costs[i].count,
                    costs[i].text);
    }
}

/* ---- what is allowed ------------------------------------------------------------------------- */

/* How an entry's time stands to that of the events. */
enum allowance_time { TIME_IN_FORCE, TIME_OVER, TIME_TO_COME };

static enum allowance_time allowance_time(const struct allowance *allowance,
                                          const struct pipeline_result *result)
{
    return allowance->until_ns < result->last_ns  ? TIME_OVER
           : allowance->from_ns > result->last_ns ? TIME_TO_COME
                                                  : TIME_IN_FORCE;
}

static uint64_t campaigns_found(const struct campaigns_counters *campaigns)
{
    return campaigns->opened - campaigns->merged;
}

static void print_allowance(const struct allowance *allowance, FILE *stream)
{
    fputs("allowed: ", stream);
    if (allowance->name[0] != '\0')
        fprintf(stream, "%s", shown_slice(slice_from_string(allowance->name)).text);
    else
        fprintf(stream, "%s line %" PRIu32, allowance->path, allowance->line);
}

static void print_count(uint64_t count, const char *one, const char *several, FILE *stream)
{
    fprintf(stream, "%" PRIu64 " %s", count, count == 1 ? one : several);
}

/* A found password is said in capitals: somebody who is allowed has it. */
static void print_hidden(const struct campaigns_counters *campaigns, FILE *stream)
{
    const uint64_t found = campaigns_found(campaigns);
    if (found == 0)
        return;
    fputs(", hid ", stream);
    print_count(found, "campaign", "campaigns", stream);
    if (campaigns->confirmed_accounts > 0) {
        fputs(" and ", stream);
        print_count(campaigns->confirmed_accounts, "account", "accounts", stream);
        fputs(" WITH A FOUND PASSWORD", stream);
    }
}

/* One line for each entry that has covered something, or is of no use any more. */
static void print_allowed(const struct summary *summary, FILE *stream)
{
    const struct pipeline_result *const result = &summary->result;
    size_t count = 0;
    const struct allowance *const allowances =
        summary->ruleset != NULL ? ruleset_allowances(summary->ruleset, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const struct covered_entry *const covered = &result->allowed[i].covered;
        const enum allowance_time time = allowance_time(&allowances[i], result);
        print_allowance(&allowances[i], stream);
        if (covered->sign_ins == 0) {
            fputs(time == TIME_TO_COME ? " has not begun yet" : " covered nothing", stream);
        } else {
            fputs(" covered ", stream);
            print_count(covered->sign_ins, "sign-in", "sign-ins", stream);
            fprintf(stream, " of %s", covered->is_incomplete ? "at least " : "");
            print_count(covered->accounts, "account", "accounts", stream);
            print_hidden(&result->allowed[i].campaigns, stream);
        }
        fputs(time == TIME_OVER ? "; its time is over, remove it\n" : "\n", stream);
    }
}

static const char *allowance_time_name(enum allowance_time time)
{
    static const char *const names[] = {
        [TIME_IN_FORCE] = "in_force", [TIME_OVER] = "over", [TIME_TO_COME] = "to_come"};
    return names[time];
}

static void write_allowed_entry(struct json_write *json, const struct allowance *allowance,
                                const struct pipeline_result *result,
                                const struct pipeline_allowed *allowed)
{
    const struct covered_entry *const covered = &allowed->covered;
    json_write_object_begin(json);
    alert_write_allowance(json, allowance);
    json_write_key_cstring(json, "time", allowance_time_name(allowance_time(allowance, result)));
    json_write_key_unsigned(json, "sign_ins", covered->sign_ins);
    json_write_key_unsigned(json, "right_passwords", covered->right_passwords);
    json_write_key_unsigned(json, "accounts", covered->accounts);
    json_write_key_bool(json, "incomplete", covered->is_incomplete);
    if (covered->sign_ins > 0) {
        json_write_key_time(json, "first", covered->first_ns);
        json_write_key_time(json, "last", covered->last_ns);
    }
    json_write_key_unsigned(json, "campaigns", campaigns_found(&allowed->campaigns));
    json_write_key_unsigned(json, "confirmed_accounts", allowed->campaigns.confirmed_accounts);
    json_write_key_unsigned(json, "rule_matches", covered->rule_matches);
    json_write_object_end(json);
}

static void write_allowed(const struct summary *summary, struct json_write *json)
{
    const struct pipeline_result *const result = &summary->result;
    size_t count = 0;
    const struct allowance *const allowances =
        summary->ruleset != NULL ? ruleset_allowances(summary->ruleset, &count) : NULL;
    uint64_t sign_ins = 0, campaigns = 0, confirmed = 0;
    for (size_t i = 0; i < count; i++) {
        sign_ins += result->allowed[i].covered.sign_ins;
        campaigns += campaigns_found(&result->allowed[i].campaigns);
        confirmed += result->allowed[i].campaigns.confirmed_accounts;
    }
    json_write_key_object(json, "allowed");
    json_write_key_unsigned(json, "sign_ins", sign_ins);
    json_write_key_unsigned(json, "campaigns", campaigns);
    json_write_key_unsigned(json, "confirmed_accounts", confirmed);
    json_write_key_array(json, "entries");
    for (size_t i = 0; i < count; i++)
        write_allowed_entry(json, &allowances[i], result, &result->allowed[i]);
    json_write_array_end(json);
    json_write_object_end(json);
}

/* ---- the whole ------------------------------------------------------------------------------- */

void summary_print(const struct summary *summary, FILE *stream)
{
    const struct pipeline_result *const result = &summary->result;
    const struct counters *const counters = &result->counters;
    fprintf(stream,
            "records: %" PRIu64 " read, %" PRIu64 " sign-ins, %" PRIu64 " not sign-ins, %" PRIu64
            " rejected",
            counters->read, counters->normalized, counters->not_sign_in,
            counters_rejected(counters));
    print_rejected(counters, stream);
    fprintf(stream, ", %" PRIu64 " duplicate, %" PRIu64 " late\n", counters->duplicate,
            counters->late);
    if (result->first_ns <= result->last_ns) {
        char first[CIVIL_TEXT_BYTES], last[CIVIL_TEXT_BYTES];
        civil_format(result->first_ns, first);
        civil_format(result->last_ns, last);
        fprintf(stream, "events: %s to %s, %" PRIu64 " accounts, %" PRIu64 " addresses\n", first,
                last, result->accounts, result->addresses);
    }
    if (counters->codes_unknown > 0)
        fprintf(stream, "unknown: %" PRIu64 " sign-ins with a result code that no table knows\n",
                counters->codes_unknown);
    print_memory(result, stream);
    if (result->saves_failed > 0)
        fprintf(stream, "state: %" PRIu64 " times it could not be saved before the end\n",
                result->saves_failed);
    if (result->runs.runs > 0)
        fprintf(stream, "on disk: %.1f MB of events for which memory was too small\n",
                (double)result->runs.bytes / 1e6);
    const uint64_t campaigns = campaigns_found(&result->campaigns);
    const uint64_t accounts = result->campaigns.confirmed_accounts;
    if (result->is_unordered)
        fprintf(stream, "found: not known, for the events could not be put in order\n");
    else
        fprintf(stream, "found: %" PRIu64 " %s, %" PRIu64 " %s with a found password\n", campaigns,
                campaigns == 1 ? "campaign" : "campaigns", accounts,
                accounts == 1 ? "account" : "accounts");
    if (!result->is_unordered)
        print_allowed(summary, stream);
    if (result->signals.matches + result->signals.lost > 0)
        fprintf(stream,
                "rules: %" PRIu64 " matches, %" PRIu64 " told, %" PRIu64 " held back, %" PRIu64
                " events lost for lack of memory\n",
                result->signals.matches, result->signals.told, result->signals.held_back,
                result->signals.lost);
    if (counters->searches_given_up > 0)
        fprintf(stream,
                "searches: %" PRIu64 " for expressions of rules were given up and count as not "
                "found\n",
                counters->searches_given_up);
    if (result->correlate.without_key + result->correlate.too_late > 0)
        fprintf(stream,
                "correlations: %" PRIu64 " events without a field of group-by, %" PRIu64
                " too late for their window\n",
                result->correlate.without_key, result->correlate.too_late);
    const double seconds = summary->seconds > 1e-9 ? summary->seconds : 1e-9;
    fprintf(stream, "speed: %.0f events/s, %.0f MB/s in %.2f s; peak memory %.1f MB\n",
            (double)counters->normalized / seconds,
            (double)summary->input.bytes_text / seconds / 1e6, summary->seconds,
            (double)summary->memory_peak / 1e6);
}

static void write_records(const struct counters *counters, struct json_write *json)
{
    json_write_key_object(json, "records");
    json_write_key_unsigned(json, "read", counters->read);
    json_write_key_unsigned(json, "normalized", counters->normalized);
    json_write_key_unsigned(json, "not_sign_in", counters->not_sign_in);
    json_write_key_unsigned(json, "rejected", counters_rejected(counters));
    json_write_key_object(json, "rejected_by_reason");
    for (int i = 0; i < REJECT_COUNT; i++)
        json_write_key_unsigned(json, reject_reason_name((enum reject_reason)i),
                                counters->rejected[i]);
    json_write_object_end(json);
    json_write_key_unsigned(json, "duplicate", counters->duplicate);
    json_write_key_unsigned(json, "filtered", counters->filtered);
    json_write_key_unsigned(json, "late", counters->late);
    json_write_key_unsigned(json, "future", counters->future);
    json_write_key_unsigned(json, "codes_unknown", counters->codes_unknown);
    json_write_key_unsigned(json, "addresses_malformed", counters->addresses_malformed);
    json_write_object_end(json);
}

static void write_memory(const struct summary *summary, struct json_write *json)
{
    const struct pipeline_result *const result = &summary->result;
    json_write_key_object(json, "memory");
    json_write_key_unsigned(json, "peak_bytes", summary->memory_peak);
    json_write_key_unsigned(json, "windows", result->detect.windows);
    json_write_key_unsigned(json, "released_early", result->released_early);
    json_write_key_unsigned(json, "runs_spilled", result->runs.runs);
    json_write_key_unsigned(json, "runs_merged", result->runs.merged);
    json_write_key_unsigned(json, "bytes_spilled", result->runs.bytes);
    json_write_key_unsigned(json, "names_refused", result->names_refused);
    json_write_key_unsigned(json, "windows_evicted", result->detect.windows_evicted);
    json_write_key_unsigned(json, "entries_forgotten", result->detect.entries_forgotten);
    json_write_key_unsigned(json, "crowd_refused", result->detect.crowd_refused);
    json_write_key_unsigned(json, "groups_evicted", result->correlate.groups_evicted);
    json_write_key_unsigned(json, "events_forgotten", result->correlate.events_forgotten);
    json_write_key_unsigned(json, "untold", result->campaigns.untold + untold_of_allowed(result));
    json_write_key_unsigned(json, "state_refused", result->state_refused);
    json_write_key_unsigned(json, "state_saves_failed", result->saves_failed);
    json_write_object_end(json);
}

void summary_write(const struct summary *summary, struct json_write *json)
{
    const struct pipeline_result *const result = &summary->result;
    json_write_object_begin(json);
    write_records(&result->counters, json);
    json_write_key_object(json, "events");
    if (result->first_ns <= result->last_ns) {
        json_write_key_time(json, "first", result->first_ns);
        json_write_key_time(json, "last", result->last_ns);
    }
    json_write_key_unsigned(json, "accounts", result->accounts);
    json_write_key_unsigned(json, "addresses", result->addresses);
    json_write_object_end(json);
    json_write_key_object(json, "found");
    json_write_key_unsigned(json, "campaigns", campaigns_found(&result->campaigns));
    json_write_key_unsigned(json, "confirmed_accounts", result->campaigns.confirmed_accounts);
    json_write_key_unsigned(json, "findings", result->campaigns.findings);
    json_write_object_end(json);
    write_allowed(summary, json);
    json_write_key_object(json, "rules");
    json_write_key_unsigned(json, "matches", result->signals.matches);
    json_write_key_unsigned(json, "told", result->signals.told);
    json_write_key_unsigned(json, "held_back", result->signals.held_back);
    json_write_key_unsigned(json, "lost", result->signals.lost);
    json_write_key_unsigned(json, "searches_given_up", result->counters.searches_given_up);
    json_write_key_unsigned(json, "without_key", result->correlate.without_key);
    json_write_key_unsigned(json, "too_late", result->correlate.too_late);
    json_write_object_end(json);
    json_write_key_object(json, "input");
    json_write_key_unsigned(json, "sources", summary->sources);
    json_write_key_unsigned(json, "bytes_read", summary->input.bytes_read);
    json_write_key_unsigned(json, "bytes_text", summary->input.bytes_text);
    json_write_key_unsigned(json, "blocks", summary->input.blocks);
    json_write_object_end(json);
    write_memory(summary, json);
    json_write_key_double(json, "seconds", summary->seconds);
    json_write_key_integer(json, "exit_status", status_exit_code(summary->status));
    json_write_object_end(json);
    json_write_newline(json);
}
