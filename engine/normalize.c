#include "engine/normalize.h"

#include "engine/event_write.h"

/* A list with one text. */
static void write_list(struct json_write *json, const char *key, const char *text)
{
    json_write_key_array(json, key);
    json_write_string(json, slice_from_string(text));
    json_write_array_end(json);
}

/* event.module is what a dataset's name begins with: "entra" of "entra.signin". */
static void write_dataset(struct json_write *json, const struct schema_set *schemas,
                          const struct event *event)
{
    const struct slice dataset =
        slice_from_string(schema_set_dataset_name(schemas, event->dataset));
    json_write_key_string(json, "module", slice_of(dataset.start, slice_find(dataset, '.')));
    json_write_key_string(json, "dataset", dataset);
}

static void write_event(struct json_write *json, const struct schema_set *schemas,
                        const struct event *event)
{
    json_write_key_object(json, "event");
    json_write_key_cstring(json, "kind", "event");
    write_list(json, "category", "authentication");
    write_list(json, "type", "start");
    json_write_key_cstring(json, "outcome", outcome_ecs((enum outcome)event->outcome));
    event_write_text(json, "code", event, TEXT_CODE);
    event_write_text(json, "reason", event, TEXT_REASON);
    event_write_text(json, "id", event, TEXT_EVENT_ID);
    write_dataset(json, schemas, event);
    json_write_object_end(json);
}

static void write_user(struct json_write *json, const struct event *event)
{
    if (!event_has_text(event, TEXT_ACCOUNT) && !event_has_text(event, TEXT_ACCOUNT_ID))
        return;
    json_write_key_object(json, "user");
    event_write_text(json, "name", event, TEXT_ACCOUNT);
    event_write_text(json, "email", event, TEXT_ACCOUNT_RAW);
    event_write_text(json, "id", event, TEXT_ACCOUNT_ID);
    json_write_object_end(json);
}

static void write_source(struct json_write *json, const struct event *event)
{
    const bool has_address = event->flags & EVENT_HAS_SOURCE;
    if (!has_address && !event_has_text(event, TEXT_SOURCE_HOST) && event->asn == 0 &&
        event->country == 0)
        return;
    json_write_key_object(json, "source");
    event_write_source(json, "ip", event);
    event_write_text(json, "domain", event, TEXT_SOURCE_HOST);
    event_write_asn(json, "as", "number", event);
    event_write_country(json, "geo", "country_iso_code", event);
    json_write_object_end(json);
}

static void write_log(struct json_write *json, const struct event_position *position)
{
    json_write_key_object(json, "log");
    json_write_key_object(json, "file");
    json_write_key_cstring(json, "path", position->path);
    json_write_object_end(json);
    json_write_key_unsigned(json, "offset", position->offset);
    json_write_object_end(json);
}

static void write_client(struct json_write *json, const struct event *event)
{
    if (!event_has_text(event, TEXT_CLIENT_ID) && !event_has_text(event, TEXT_CLIENT_NAME))
        return;
    json_write_key_object(json, "client");
    event_write_text(json, "id", event, TEXT_CLIENT_ID);
    event_write_text(json, "name", event, TEXT_CLIENT_NAME);
    json_write_object_end(json);
}

/* What ECS has no word for. */
static void write_spraywatch(struct json_write *json, const struct event *event, uint64_t line)
{
    json_write_key_object(json, "spraywatch");
    json_write_key_cstring(json, "outcome", outcome_name((enum outcome)event->outcome));
    json_write_key_cstring(json, "password", verdict_name((enum verdict)event->verdict));
    json_write_key_bool(json, "password_proven", event->flags & EVENT_VERDICT_PROVEN);
    write_client(json, event);
    event_write_nested_text(json, "resource", "name", event, TEXT_RESOURCE_NAME);
    event_write_text(json, "protocol", event, TEXT_PROTOCOL);
    if (event->flags & (EVENT_INTERACTIVE | EVENT_NONINTERACTIVE))
        json_write_key_bool(json, "interactive", event->flags & EVENT_INTERACTIVE);
    event_write_nested_text(json, "correlation", "id", event, TEXT_CORRELATION_ID);
    event_write_nested_text(json, "session", "id", event, TEXT_SESSION_ID);
    json_write_key_unsigned(json, "line", line);
    json_write_object_end(json);
}

void normalize_event(struct json_write *json, const struct schema_set *schemas,
                     const struct event *event, const struct event_position *position)
{
    json_write_object_begin(json);
    json_write_key_time(json, "@timestamp", event->time_ns);
    json_write_key_object(json, "ecs");
    json_write_key_cstring(json, "version", NORMALIZE_ECS_VERSION);
    json_write_object_end(json);
    write_event(json, schemas, event);
    write_user(json, event);
    write_source(json, event);
    event_write_nested_text(json, "user_agent", "original", event, TEXT_USER_AGENT);
    event_write_nested_text(json, "organization", "id", event, TEXT_TENANT);
    write_log(json, position);
    write_spraywatch(json, event, position->line);
    json_write_object_end(json);
    json_write_newline(json);
}
