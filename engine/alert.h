/*
 * Alerts: a campaign as a document, in the names of the Elastic Common Schema.
 *
 * One JSON object a line for every change of a campaign: the stable interface of the program
 * (docs/findings.schema.json). Pure: writes into the given JSON writer and nothing else.
 */
#pragma once

#include "engine/base/json_write.h"
#include "engine/campaign.h"

struct alert_context {
    const struct ruleset *ruleset;
    const struct names *names;
    const char *const *files;          /* paths of the sources, by index */
    const struct allowance *allowance; /* the allow entry that hides the campaigns; NULL: none */
};

/* Appends the document and its line end. */
void alert_write(struct json_write *json, const struct alert_context *context,
                 const struct campaign *campaign, enum campaign_action action,
                 enum campaign_end end, int64_t time_ns);

/* `rule`: which detector, and whose. */
void alert_write_rule(struct json_write *json, const struct detector *detector);

/* `threat`: what a rule's tags say in the words of ATT&CK, when they say something. */
void alert_write_threat(struct json_write *json, const char *const *tags, unsigned tags_count);

/* What an allow entry says of itself, as keys of the object that is open. */
void alert_write_allowance(struct json_write *json, const struct allowance *allowance);

/* The technique of a tag: "T1110.003" of `attack.t1110.003`; false for other tags. */
bool alert_technique(const char *tag, char technique[16]);

/* 0 to 100: the highest of the detectors' severities, more when several agree, when the rise is
 * tenfold, and most when a password was found. */
unsigned alert_severity(const struct ruleset *ruleset, const struct campaign *campaign);

/* "opened", "updated", "closed" */
const char *campaign_action_name(enum campaign_action action);

/* The value of part `part` of a finding's key as text, written to `buffer` where it has to be made:
 * a name, an address with its prefix, a number. */
enum { KEY_TEXT_BYTES = 64 };
struct slice key_part_text(const struct names *names, const struct detector_key *key,
                           const struct finding *finding, unsigned part,
                           char buffer[KEY_TEXT_BYTES]);

/* "10m", "24h", "7d": a span as rules write it. */
void span_text(int64_t span_ns, char buffer[KEY_TEXT_BYTES]);
