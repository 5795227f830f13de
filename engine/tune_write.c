#include "engine/tune_write.h"

#include <stdio.h>

#include "engine/base/civil.h"
#include "engine/normalize.h"
#include "rules/extension.h"

enum { LISTED_MAX = 20 }; /* campaigns named in a document */

static void write_detectors(struct json_write *json, const struct ruleset *ruleset,
                            uint64_t detectors)
{
    size_t count;
    const struct detector *const all = ruleset_detectors(ruleset, &count);
    json_write_key_array(json, "detectors");
    for (size_t i = 0; i < count; i++) {
        if ((detectors >> i & 1) != 0)
            json_write_string(json, slice_from_string(all[i].name));
    }
    json_write_array_end(json);
}

static void write_campaign(struct json_write *json, const struct ruleset *ruleset,
                           const struct trial_campaign *campaign)
{
    char id[33];
    snprintf(id, sizeof(id), "%016llx%016llx", (unsigned long long)campaign->id[0],
             (unsigned long long)campaign->id[1]);
    json_write_object_begin(json);
    json_write_key_cstring(json, "id", id);
    json_write_key_cstring(json, "what", campaign->what);
    json_write_key_unsigned(json, "severity", campaign->severity);
    json_write_key_time(json, "start", campaign->start_ns);
    json_write_key_time(json, "end", campaign->end_ns);
    write_detectors(json, ruleset, campaign->detectors);
    json_write_key_unsigned(json, "attempts", campaign->attempts);
    json_write_key_unsigned(json, "accounts", campaign->accounts);
    json_write_key_unsigned(json, "sources", campaign->sources);
    json_write_key_unsigned(json, "confirmed", campaign->confirmed);
    json_write_object_end(json);
}

static void write_list(struct json_write *json, const struct ruleset *ruleset, const char *key,
                       const struct comparison_list *list)
{
    json_write_key_object(json, key);
    json_write_key_unsigned(json, "campaigns", list->count);
    json_write_key_unsigned(json, "attempts", list->attempts);
    json_write_key_unsigned(json, "accounts", list->accounts);
    json_write_key_unsigned(json, "confirmed", list->confirmed);
    json_write_key_array(json, "largest");
    for (size_t i = 0; i < list->count && i < LISTED_MAX; i++)
        write_campaign(json, ruleset, list->items[i]);
    json_write_array_end(json);
    json_write_object_end(json);
}

static void write_log(struct json_write *json, const struct tuned_log *log)
{
    json_write_key_object(json, "log");
    if (log->first_ns <= log->last_ns) {
        json_write_key_time(json, "start", log->first_ns);
        json_write_key_time(json, "end", log->last_ns);
    }
    json_write_key_double(json, "days", log->days);
    json_write_object_end(json);
}

/* `{"condition": {"gte": 15}}`: what a rule with the setting says. */
static void write_rule_part(struct json_write *json, const char *key, const char *part,
                            double number)
{
    json_write_key_object(json, key);
    json_write_key_double(json, part, number);
    json_write_object_end(json);
}

static void write_setting(struct json_write *json, const struct tuned_log *log,
                          const struct tuned *tuned, const struct tuned_setting *setting)
{
    const struct detector *const detector = tuned->detector;
    const struct comparison *const comparison = &setting->comparison;
    json_write_object_begin(json);
    json_write_key_object(json, "ecs");
    json_write_key_cstring(json, "version", NORMALIZE_ECS_VERSION);
    json_write_object_end(json);
    json_write_key_object(json, "event");
    json_write_key_cstring(json, "kind", "metric");
    json_write_key_cstring(json, "module", "spraywatch");
    json_write_key_cstring(json, "dataset", "spraywatch.tuning");
    json_write_object_end(json);
    alert_write_rule(json, detector);
    json_write_key_object(json, "spraywatch");
    json_write_key_cstring(json, "detector", detector->name);
    json_write_key_cstring(json, "kind", detector_kind_name(detector->kind));
    json_write_key_object(json, "threshold");
    write_rule_part(json, tuned->threshold.key, tuned->threshold.part, setting->number);
    if (tuned->threshold.floor_key != NULL)
        write_rule_part(json, tuned->threshold.floor_key, tuned->threshold.floor_part,
                        setting->number);
    json_write_object_end(json);
    json_write_key_double(json, "setting", setting->number);
    json_write_key_double(json, "loaded_setting", tuned->threshold.number);
    json_write_key_bool(json, "is_loaded", setting->is_loaded);
    write_log(json, log);
    json_write_key_unsigned(json, "campaigns", comparison->campaigns);
    json_write_key_double(json, "campaigns_per_day", (double)comparison->campaigns / log->days);
    json_write_key_unsigned(json, "by_detector", comparison->by_detector);
    json_write_key_unsigned(json, "by_detector_alone", comparison->by_it_alone);
    json_write_key_unsigned(json, "confirmed", comparison->confirmed);
    json_write_key_unsigned(json, "confirmed_missed", comparison->confirmed_missed);
    json_write_key_unsigned(json, "confirmed_added", comparison->confirmed_added);
    write_list(json, log->ruleset, "missed", &comparison->missed);
    write_list(json, log->ruleset, "added", &comparison->added);
    json_write_key_object(json, "later");
    json_write_key_unsigned(json, "campaigns", comparison->later);
    json_write_key_double(json, "seconds_max",
                          (double)comparison->later_ns_max / (double)CIVIL_SECOND_NS);
    json_write_object_end(json);
    json_write_key_bool(json, "incomplete", setting->is_incomplete);
    json_write_object_end(json);
    json_write_object_end(json);
    json_write_newline(json);
}

void tune_write(struct json_write *json, const struct tuned_log *log, const struct tuned *tuned)
{
    for (size_t i = 0; i < tuned->settings_count; i++)
        write_setting(json, log, tuned, &tuned->settings[i]);
}
