#include "engine/ocsf.h"

#include "engine/base/civil.h"
#include "engine/event_write.h"

/* https://schema.ocsf.io/1.8.0/classes/authentication */
enum {
    CATEGORY_IDENTITY = 3,
    CLASS_AUTHENTICATION = 3002,
    ACTIVITY_LOGON = 1,
    SEVERITY_INFORMATIONAL = 1,
    STATUS_OF_UNKNOWN = 0,
    STATUS_OF_SUCCESS = 1,
    STATUS_OF_FAILURE = 2,
};

static void write_class(struct json_write *json)
{
    json_write_key_unsigned(json, "category_uid", CATEGORY_IDENTITY);
    json_write_key_cstring(json, "category_name", "Identity & Access Management");
    json_write_key_unsigned(json, "class_uid", CLASS_AUTHENTICATION);
    json_write_key_cstring(json, "class_name", "Authentication");
    json_write_key_unsigned(json, "activity_id", ACTIVITY_LOGON);
    json_write_key_cstring(json, "activity_name", "Logon");
    json_write_key_unsigned(json, "type_uid", CLASS_AUTHENTICATION * 100 + ACTIVITY_LOGON);
    json_write_key_cstring(json, "type_name", "Authentication: Logon");
    json_write_key_unsigned(json, "severity_id", SEVERITY_INFORMATIONAL);
    json_write_key_cstring(json, "severity", "Informational");
}

static void write_status(struct json_write *json, const struct event *event)
{
    const struct slice outcome = slice_from_string(outcome_ecs((enum outcome)event->outcome));
    if (slice_equals(outcome, SLICE("success"))) {
        json_write_key_unsigned(json, "status_id", STATUS_OF_SUCCESS);
        json_write_key_cstring(json, "status", "Success");
    } else if (slice_equals(outcome, SLICE("failure"))) {
        json_write_key_unsigned(json, "status_id", STATUS_OF_FAILURE);
        json_write_key_cstring(json, "status", "Failure");
    } else {
        json_write_key_unsigned(json, "status_id", STATUS_OF_UNKNOWN);
        json_write_key_cstring(json, "status", "Unknown");
    }
    event_write_text(json, "status_code", event, TEXT_CODE);
    event_write_text(json, "status_detail", event, TEXT_REASON);
}

static bool is_one_of(unsigned char byte, const char *signs)
{
    const unsigned char folded = slice_fold_byte(byte);
    return (folded >= 'a' && folded <= 'z') || (byte >= '0' && byte <= '9') ||
           (byte != '\0' && strchr(signs, byte) != NULL);
}

static bool all_are(struct slice text, const char *signs)
{
    for (size_t i = 0; i < text.bytes; i++) {
        if (!is_one_of((unsigned char)text.start[i], signs))
            return false;
    }
    return text.bytes > 0;
}

/* An address as OCSF's type `email_t` wants it: a domain with a dot inside. */
static bool is_email(struct slice text)
{
    const size_t at = slice_find(text, '@');
    if (at == text.bytes)
        return false;
    const struct slice domain = slice_from(text, at + 1);
    const size_t dot = slice_find(domain, '.');
    return all_are(slice_of(text.start, at), "!#$%&'*+-/=?^_`{|}~.") && all_are(domain, "-.") &&
           dot > 0 && dot + 1 < domain.bytes;
}

static void write_user(struct json_write *json, const struct event *event)
{
    json_write_key_object(json, "user");
    event_write_text(json, "name", event, TEXT_ACCOUNT);
    if (is_email(event->text[TEXT_ACCOUNT]))
        event_write_text(json, "email_addr", event, TEXT_ACCOUNT);
    event_write_text(json, "uid", event, TEXT_ACCOUNT_ID);
    if (!event_has_text(event, TEXT_ACCOUNT) && !event_has_text(event, TEXT_ACCOUNT_ID))
        json_write_key_cstring(json, "name", "Unknown");
    json_write_object_end(json);
}

static void write_source(struct json_write *json, const struct event *event)
{
    const bool has_address = event->flags & EVENT_HAS_SOURCE;
    const bool has_host = event_has_text(event, TEXT_SOURCE_HOST);
    if (!has_address && !has_host && event->asn == 0 && event->country == 0)
        return;
    json_write_key_object(json, "src_endpoint");
    event_write_source(json, "ip", event);
    event_write_text(json, "hostname", event, TEXT_SOURCE_HOST);
    if (!has_address && !has_host)
        json_write_key_cstring(json, "name", "Unknown");
    event_write_asn(json, "autonomous_system", "number", event);
    event_write_country(json, "location", "country", event);
    json_write_object_end(json);
}

/* What was signed in to; the application that asked, where the log does not say. */
static void write_service(struct json_write *json, const struct event *event)
{
    const enum event_text name =
        event_has_text(event, TEXT_RESOURCE_NAME) ? TEXT_RESOURCE_NAME : TEXT_CLIENT_NAME;
    json_write_key_object(json, "service");
    if (event_has_text(event, name))
        event_write_text(json, "name", event, name);
    else
        json_write_key_cstring(json, "name", "Unknown");
    json_write_object_end(json);
}

static void write_metadata(struct json_write *json, const struct schema_set *schemas,
                           const struct event *event)
{
    json_write_key_object(json, "metadata");
    json_write_key_cstring(json, "version", OCSF_VERSION);
    json_write_key_object(json, "product");
    json_write_key_cstring(json, "name", "spraywatch");
    json_write_object_end(json);
    json_write_key_cstring(json, "log_name", schema_set_dataset_name(schemas, event->dataset));
    event_write_text(json, "uid", event, TEXT_EVENT_ID);
    event_write_text(json, "correlation_uid", event, TEXT_CORRELATION_ID);
    event_write_text(json, "tenant_uid", event, TEXT_TENANT);
    json_write_object_end(json);
}

static void write_unmapped(struct json_write *json, const struct event *event,
                           const struct event_position *position)
{
    json_write_key_object(json, "unmapped");
    json_write_key_time(json, "time", event->time_ns);
    event_write_text(json, "account_as_written", event, TEXT_ACCOUNT_RAW);
    json_write_key_cstring(json, "outcome", outcome_name((enum outcome)event->outcome));
    json_write_key_cstring(json, "password", verdict_name((enum verdict)event->verdict));
    json_write_key_bool(json, "password_proven", event->flags & EVENT_VERDICT_PROVEN);
    event_write_text(json, "client_id", event, TEXT_CLIENT_ID);
    event_write_text(json, "client_name", event, TEXT_CLIENT_NAME);
    if (event->flags & (EVENT_INTERACTIVE | EVENT_NONINTERACTIVE))
        json_write_key_bool(json, "interactive", event->flags & EVENT_INTERACTIVE);
    json_write_key_cstring(json, "file", position->path);
    json_write_key_unsigned(json, "offset", position->offset);
    json_write_key_unsigned(json, "line", position->line);
    json_write_object_end(json);
}

void ocsf_event(struct json_write *json, const struct schema_set *schemas,
                const struct event *event, const struct event_position *position)
{
    json_write_object_begin(json);
    write_class(json);
    json_write_key_integer(json, "time", civil_milliseconds(event->time_ns));
    write_status(json, event);
    write_user(json, event);
    write_source(json, event);
    event_write_nested_text(json, "http_request", "user_agent", event, TEXT_USER_AGENT);
    write_service(json, event);
    event_write_text(json, "auth_protocol", event, TEXT_PROTOCOL);
    event_write_nested_text(json, "session", "uid", event, TEXT_SESSION_ID);
    write_metadata(json, schemas, event);
    write_unmapped(json, event, position);
    json_write_object_end(json);
    json_write_newline(json);
}
