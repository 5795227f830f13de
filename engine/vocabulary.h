/*
 * The names of things: event fields in ECS, outcomes, password verdicts.
 *
 * One table for all who read or write them: rules, schemas, `normalize` and the findings document.
 * Constant data, any thread. Field names follow the Elastic Common Schema 9.4; what ECS has no word
 * for stands under `spraywatch.`.
 */
#pragma once

#include "engine/spine.h"

/* Every field of an event that a rule, a schema or the output can name. */
enum event_field {
    FIELD_TIME,           /* @timestamp */
    FIELD_ACCOUNT,        /* user.name: the canonical account */
    FIELD_ACCOUNT_RAW,    /* user.email: as written */
    FIELD_ACCOUNT_ID,     /* user.id */
    FIELD_SOURCE,         /* source.ip */
    FIELD_SOURCE_24,      /* source.ip/24: IPv4 only */
    FIELD_SOURCE_64,      /* source.ip/64: IPv6 only */
    FIELD_SOURCE_48,      /* source.ip/48: IPv6 only */
    FIELD_SOURCE_HOST,    /* source.domain */
    FIELD_ASN,            /* source.as.number */
    FIELD_COUNTRY,        /* source.geo.country_iso_code */
    FIELD_USER_AGENT,     /* user_agent.original */
    FIELD_CLIENT_ID,      /* spraywatch.client.id */
    FIELD_CLIENT_NAME,    /* spraywatch.client.name */
    FIELD_RESOURCE_NAME,  /* spraywatch.resource.name */
    FIELD_PROTOCOL,       /* spraywatch.protocol */
    FIELD_INTERACTIVE,    /* spraywatch.interactive */
    FIELD_TENANT,         /* organization.id */
    FIELD_DATASET,        /* event.dataset */
    FIELD_OUTCOME_ECS,    /* event.outcome: success, failure, unknown */
    FIELD_OUTCOME,        /* spraywatch.outcome */
    FIELD_VERDICT,        /* spraywatch.password */
    FIELD_CODE,           /* event.code */
    FIELD_REASON,         /* event.reason */
    FIELD_EVENT_ID,       /* event.id */
    FIELD_CORRELATION_ID, /* spraywatch.correlation.id */
    FIELD_SESSION_ID,     /* spraywatch.session.id */
    FIELD_COUNT
};

/* The ECS name of a field, for instance "source.ip". */
const char *field_name(enum event_field field);

/* The field with this exact name; FIELD_COUNT when there is none. */
enum event_field field_by_name(struct slice name);

/* Where a text field lies in `event.text`; TEXT_COUNT for fields that are no text. */
enum event_text field_text(enum event_field field);

const char *outcome_name(enum outcome outcome);  /* "wrong_password", … */
const char *verdict_name(enum verdict verdict);  /* "right", "wrong", "untested", "unknown" */
enum outcome outcome_by_name(struct slice name); /* OUTCOME_COUNT when there is none */
enum verdict verdict_by_name(struct slice name); /* VERDICT_COUNT when there is none */

/* ECS event.outcome: "success", "failure", or "unknown" for an interrupted sign-in. */
const char *outcome_ecs(enum outcome outcome);
