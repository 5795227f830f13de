#include "engine/vocabulary.h"

static const struct {
    const char *name;
    enum event_text text;
} fields[FIELD_COUNT] = {
    [FIELD_TIME] = {"@timestamp", TEXT_COUNT},
    [FIELD_ACCOUNT] = {"user.name", TEXT_ACCOUNT},
    [FIELD_ACCOUNT_RAW] = {"user.email", TEXT_ACCOUNT_RAW},
    [FIELD_ACCOUNT_ID] = {"user.id", TEXT_ACCOUNT_ID},
    [FIELD_SOURCE] = {"source.ip", TEXT_COUNT},
    [FIELD_SOURCE_24] = {"source.ip/24", TEXT_COUNT},
    [FIELD_SOURCE_64] = {"source.ip/64", TEXT_COUNT},
    [FIELD_SOURCE_48] = {"source.ip/48", TEXT_COUNT},
    [FIELD_SOURCE_HOST] = {"source.domain", TEXT_SOURCE_HOST},
    [FIELD_ASN] = {"source.as.number", TEXT_COUNT},
    [FIELD_COUNTRY] = {"source.geo.country_iso_code", TEXT_COUNT},
    [FIELD_USER_AGENT] = {"user_agent.original", TEXT_USER_AGENT},
    [FIELD_CLIENT_ID] = {"spraywatch.client.id", TEXT_CLIENT_ID},
    [FIELD_CLIENT_NAME] = {"spraywatch.client.name", TEXT_CLIENT_NAME},
    [FIELD_RESOURCE_NAME] = {"spraywatch.resource.name", TEXT_RESOURCE_NAME},
    [FIELD_PROTOCOL] = {"spraywatch.protocol", TEXT_PROTOCOL},
    [FIELD_INTERACTIVE] = {"spraywatch.interactive", TEXT_COUNT},
    [FIELD_TENANT] = {"organization.id", TEXT_TENANT},
    [FIELD_DATASET] = {"event.dataset", TEXT_COUNT},
    [FIELD_OUTCOME_ECS] = {"event.outcome", TEXT_COUNT},
    [FIELD_OUTCOME] = {"spraywatch.outcome", TEXT_COUNT},
    [FIELD_VERDICT] = {"spraywatch.password", TEXT_COUNT},
    [FIELD_CODE] = {"event.code", TEXT_CODE},
    [FIELD_REASON] = {"event.reason", TEXT_REASON},
    [FIELD_EVENT_ID] = {"event.id", TEXT_EVENT_ID},
    [FIELD_CORRELATION_ID] = {"spraywatch.correlation.id", TEXT_CORRELATION_ID},
    [FIELD_SESSION_ID] = {"spraywatch.session.id", TEXT_SESSION_ID},
};

static const char *const outcomes[OUTCOME_COUNT] = {
    [OUTCOME_SUCCESS] = "success",
    [OUTCOME_WRONG_PASSWORD] = "wrong_password",
    [OUTCOME_UNKNOWN_ACCOUNT] = "unknown_account",
    [OUTCOME_LOCKED] = "locked",
    [OUTCOME_DISABLED] = "disabled",
    [OUTCOME_EXPIRED_PASSWORD] = "expired_password",
    [OUTCOME_MFA_REQUIRED] = "mfa_required",
    [OUTCOME_MFA_FAILED] = "mfa_failed",
    [OUTCOME_BLOCKED_BY_POLICY] = "blocked_by_policy",
    [OUTCOME_INTERRUPTED] = "interrupted",
    [OUTCOME_OTHER_FAILURE] = "other_failure",
};

static const char *const verdicts[VERDICT_COUNT] = {
    [VERDICT_UNKNOWN] = "unknown",
    [VERDICT_RIGHT] = "right",
    [VERDICT_WRONG] = "wrong",
    [VERDICT_UNTESTED] = "untested",
};

const char *field_name(enum event_field field)
{
    return fields[field].name;
}

enum event_text field_text(enum event_field field)
{
    return fields[field].text;
}

enum event_field field_by_name(struct slice name)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (slice_equals(name, slice_from_string(fields[i].name)))
            return (enum event_field)i;
    }
    return FIELD_COUNT;
}

const char *outcome_name(enum outcome outcome)
{
    return outcomes[outcome];
}

const char *verdict_name(enum verdict verdict)
{
    return verdicts[verdict];
}

enum outcome outcome_by_name(struct slice name)
{
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        if (slice_equals(name, slice_from_string(outcomes[i])))
            return (enum outcome)i;
    }
    return OUTCOME_COUNT;
}

enum verdict verdict_by_name(struct slice name)
{
    for (int i = 0; i < VERDICT_COUNT; i++) {
        if (slice_equals(name, slice_from_string(verdicts[i])))
            return (enum verdict)i;
    }
    return VERDICT_COUNT;
}

const char *outcome_ecs(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_SUCCESS:
        return "success";
    case OUTCOME_INTERRUPTED:
        return "unknown";
    default:
        return "failure";
    }
}
