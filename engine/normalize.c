#include "engine/normalize.h"

#include "parsers/address.h"

static bool has_text(const struct event *event, enum event_text text)
{
    return event->text[text].bytes > 0;
}

static void write_text(struct json_write *json, const char *key, const struct event *event,
                       enum event_text text)
{
    if (has_text(event, text))
        json_write_key_string(json, key, event->text[text]);
}

/* `"outer":{"inner":…}`, for the objects that hold a single text. */
static void write_nested_text(struct json_write *json, const char *outer, const char *inner,
                              const struct event *event, enum event_text text)
{
    if (!has_text(event, text))
        return;
    json_write_key_object(json, outer);
    write_text(json, inner, event, text);
    json_write_object_end(json);
}

static void write_constant(struct json_write *json, const char *key, const char *text)
{
    json_write_key_string(json, key, slice_from_string(text));
}

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
    write_constant(json, "kind", "event");
    write_list(json, "category", "authentication");
    write_list(json, "type", "start");
    write_constant(json, "outcome", outcome_ecs((enum outcome)event->outcome));
    write_text(json, "code", event, TEXT_CODE);
    write_text(json, "reason", event, TEXT_REASON);
    write_text(json, "id", event, TEXT_EVENT_ID);
    write_dataset(json, schemas, event);
    json_write_object_end(json);
}

static void write_user(struct json_write *json, const struct event *event)
{
    if (!has_text(event, TEXT_ACCOUNT) && !has_text(event, TEXT_ACCOUNT_ID))
        return;
    json_write_key_object(json, "user");
    write_text(json, "name", event, TEXT_ACCOUNT);
    write_text(json, "email", event, TEXT_ACCOUNT_RAW);
    write_text(json, "id", event, TEXT_ACCOUNT_ID);
    json_write_object_end(json);
}

static void write_country(struct json_write *json, uint16_t country)
{
    const char letters[2] = {(char)(country >> 8), (char)(country & 0xff)};
    json_write_key_object(json, "geo");
    json_write_key_string(json, "country_iso_code", slice_of(letters, sizeof(letters)));
    json_write_object_end(json);
}

static void write_source(struct json_write *json, const struct event *event)
{
    const bool has_address = event->flags & EVENT_HAS_SOURCE;
    if (!has_address && !has_text(event, TEXT_SOURCE_HOST) && event->asn == 0 &&
        event->country == 0)
        return;
    json_write_key_object(json, "source");
    if (has_address) {
        char text[ADDRESS_TEXT_BYTES];
        const size_t bytes = address_format(&event->source, text);
        json_write_key_string(json, "ip", slice_of(text, bytes));
    }
    write_text(json, "domain", event, TEXT_SOURCE_HOST);
    if (event->asn != 0) {
        json_write_key_object(json, "as");
        json_write_key_unsigned(json, "number", event->asn);
        json_write_object_end(json);
    }
    if (event->country != 0)
        write_country(json, event->country);
    json_write_object_end(json);
}

static void write_log(struct json_write *json, const struct event_position *position)
{
    json_write_key_object(json, "log");
    json_write_key_object(json, "file");
    write_constant(json, "path", position->path);
    json_write_object_end(json);
    json_write_key_unsigned(json, "offset", position->offset);
    json_write_object_end(json);
}

static void write_client(struct json_write *json, const struct event *event)
{
    if (!has_text(event, TEXT_CLIENT_ID) && !has_text(event, TEXT_CLIENT_NAME))
        return;
    json_write_key_object(json, "client");
    write_text(json, "id", event, TEXT_CLIENT_ID);
    write_text(json, "name", event, TEXT_CLIENT_NAME);
    json_write_object_end(json);
}

/* What ECS has no word for. */
static void write_spraywatch(struct json_write *json, const struct event *event, uint64_t line)
{
    json_write_key_object(json, "spraywatch");
    write_constant(json, "outcome", outcome_name((enum outcome)event->outcome));
    write_constant(json, "password", verdict_name((enum verdict)event->verdict));
    json_write_key_bool(json, "password_proven", event->flags & EVENT_VERDICT_PROVEN);
    write_client(json, event);
    write_nested_text(json, "resource", "name", event, TEXT_RESOURCE_NAME);
    write_text(json, "protocol", event, TEXT_PROTOCOL);
    if (event->flags & (EVENT_INTERACTIVE | EVENT_NONINTERACTIVE))
        json_write_key_bool(json, "interactive", event->flags & EVENT_INTERACTIVE);
    write_nested_text(json, "correlation", "id", event, TEXT_CORRELATION_ID);
    write_nested_text(json, "session", "id", event, TEXT_SESSION_ID);
    json_write_key_unsigned(json, "line", line);
    json_write_object_end(json);
}

void normalize_event(struct json_write *json, const struct schema_set *schemas,
                     const struct event *event, const struct event_position *position)
{
    json_write_object_begin(json);
    json_write_key_time(json, "@timestamp", event->time_ns);
    json_write_key_object(json, "ecs");
    write_constant(json, "version", NORMALIZE_ECS_VERSION);
    json_write_object_end(json);
    write_event(json, schemas, event);
    write_user(json, event);
    write_source(json, event);
    write_nested_text(json, "user_agent", "original", event, TEXT_USER_AGENT);
    write_nested_text(json, "organization", "id", event, TEXT_TENANT);
    write_log(json, position);
    write_spraywatch(json, event, position->line);
    json_write_object_end(json);
    json_write_newline(json);
}
