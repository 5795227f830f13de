#include "engine/normalize.h"

#include <stdlib.h>

#include "parsers/address.h"
#include "tests/support/check.h"
#include "tests/support/json_oracle.h"

static struct schema_set *schema;

static int create_schema(void **state)
{
    struct diagnostics diagnostics;
    (void)state;
    diagnostics_init(&diagnostics);
    const struct schema_set_options options = {.wanted = SCHEMA_WANTED_ALL};
    const enum status status = schema_set_create(&schema, &options, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    return status == STATUS_OK ? 0 : -1;
}

/* The number of a dataset hangs on the order of the schemas. */
static uint8_t dataset_of(const char *name)
{
    for (size_t i = 0; i < schema_set_datasets_count(schema); i++) {
        if (strcmp(schema_set_dataset_name(schema, i), name) == 0)
            return (uint8_t)i;
    }
    fail_msg("there is no dataset %s", name);
    return 0;
}

static int destroy_schema(void **state)
{
    (void)state;
    schema_set_destroy(schema);
    return 0;
}

static const struct event_position position = {"logs/a \"b\".json", 12345, 77};

static void check_line(const struct event *event, const char *expected)
{
    struct json_write json;
    json_write_init(&json);
    normalize_event(&json, schema, event, &position);
    const struct slice text = json_write_text(&json);
    if (!slice_equals(text, slice_from_string(expected)))
        fail_msg("wrote %.*snot   %s", (int)text.bytes, text.start, expected);
    json_write_deinit(&json);
}

static void normalize_writes_every_field_of_a_full_event(void **state)
{
    (void)state;
    const struct event event = {
        .dataset = dataset_of("entra.signin"),
        .time_ns = 1706779867123456700,
        .source = address_from_ipv4((const uint8_t[]){203, 0, 113, 7}),
        .asn = 64500,
        .code = 50126,
        .country = 'F' << 8 | 'R',
        .outcome = OUTCOME_WRONG_PASSWORD,
        .verdict = VERDICT_WRONG,
        .flags = EVENT_HAS_SOURCE | EVENT_HAS_CODE | EVENT_INTERACTIVE | EVENT_VERDICT_PROVEN,
        .text =
            {
                [TEXT_ACCOUNT] = SLICE("alice@example.com"),
                [TEXT_TENANT] = SLICE("tenant-1"),
                [TEXT_USER_AGENT] = SLICE("agent\n1"),
                [TEXT_CLIENT_ID] = SLICE("app-1"),
                [TEXT_SOURCE_HOST] = SLICE("host-1"),
                [TEXT_CLIENT_NAME] = SLICE("Office"),
                [TEXT_RESOURCE_NAME] = SLICE("Graph"),
                [TEXT_PROTOCOL] = SLICE("ropc"),
                [TEXT_ACCOUNT_RAW] = SLICE("Alice@Example.com"),
                [TEXT_ACCOUNT_ID] = SLICE("user-1"),
                [TEXT_EVENT_ID] = SLICE("event-1"),
                [TEXT_CORRELATION_ID] = SLICE("corr-1"),
                [TEXT_SESSION_ID] = SLICE("session-1"),
                [TEXT_CODE] = SLICE("50126"),
                [TEXT_REASON] = SLICE("Invalid."),
            },
    };
    check_line(
        &event,
        "{\"@timestamp\":\"2024-02-01T09:31:07.123456700Z\",\"ecs\":{\"version\":\"9.4.0\"},"
        "\"event\":{\"kind\":\"event\",\"category\":[\"authentication\"],\"type\":[\"start\"],"
        "\"outcome\":\"failure\",\"code\":\"50126\",\"reason\":\"Invalid.\",\"id\":\"event-1\","
        "\"module\":\"entra\",\"dataset\":\"entra.signin\"},"
        "\"user\":{\"name\":\"alice@example.com\",\"email\":\"Alice@Example.com\",\"id\":\"user-"
        "1\"},"
        "\"source\":{\"ip\":\"203.0.113.7\",\"domain\":\"host-1\",\"as\":{\"number\":64500},"
        "\"geo\":{\"country_iso_code\":\"FR\"}},"
        "\"user_agent\":{\"original\":\"agent\\n1\"},\"organization\":{\"id\":\"tenant-1\"},"
        "\"log\":{\"file\":{\"path\":\"logs/a \\\"b\\\".json\"},\"offset\":12345},"
        "\"spraywatch\":{\"outcome\":\"wrong_password\",\"password\":\"wrong\","
        "\"password_proven\":true,\"client\":{\"id\":\"app-1\",\"name\":\"Office\"},"
        "\"resource\":{\"name\":\"Graph\"},\"protocol\":\"ropc\",\"interactive\":true,"
        "\"correlation\":{\"id\":\"corr-1\"},\"session\":{\"id\":\"session-1\"},\"line\":77}}\n");
}

static void normalize_leaves_out_what_is_absent(void **state)
{
    (void)state;
    const struct event event = {.dataset = dataset_of("entra.signin"),
                                .outcome = OUTCOME_INTERRUPTED,
                                .verdict = VERDICT_UNKNOWN};
    check_line(
        &event,
        "{\"@timestamp\":\"1970-01-01T00:00:00.000Z\",\"ecs\":{\"version\":\"9.4.0\"},"
        "\"event\":{\"kind\":\"event\",\"category\":[\"authentication\"],\"type\":[\"start\"],"
        "\"outcome\":\"unknown\",\"module\":\"entra\",\"dataset\":\"entra.signin\"},"
        "\"log\":{\"file\":{\"path\":\"logs/a \\\"b\\\".json\"},\"offset\":12345},"
        "\"spraywatch\":{\"outcome\":\"interrupted\",\"password\":\"unknown\","
        "\"password_proven\":false,\"line\":77}}\n");
}

static json_t *get_dotted(json_t *object, const char *name)
{
    char copy[128], *rest = NULL;
    strncpy(copy, name, sizeof(copy) - 1);
    copy[sizeof(copy) - 1] = '\0';
    for (char *key = strtok_r(copy, ".", &rest); key != NULL; key = strtok_r(NULL, ".", &rest))
        object = json_object_get(object, key);
    return object;
}

/* A rule that names a field and a reader of the output mean the same place. */
static void normalize_puts_fields_where_their_names_say(void **state)
{
    (void)state;
    struct event event = {
        .source = address_from_ipv4((const uint8_t[]){203, 0, 113, 7}),
        .asn = 1,
        .country = 'F' << 8 | 'R',
        .flags = EVENT_HAS_SOURCE | EVENT_NONINTERACTIVE,
    };
    for (int i = 0; i < TEXT_COUNT; i++)
        event.text[i] = SLICE("text");
    struct json_write json;
    json_write_init(&json);
    normalize_event(&json, schema, &event, &position);
    const struct slice text = json_write_text(&json);
    json_t *const read = json_loadb(text.start, text.bytes, 0, NULL);
    assert_non_null(read);
    for (int i = 0; i < FIELD_COUNT; i++) {
        const char *const name = field_name((enum event_field)i);
        if (strchr(name, '/') == NULL && get_dotted(read, name) == NULL)
            fail_msg("no %s in %.*s", name, (int)text.bytes, text.start);
    }
    json_decref(read);
    json_write_deinit(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalize_writes_every_field_of_a_full_event),
        cmocka_unit_test(normalize_leaves_out_what_is_absent),
        cmocka_unit_test(normalize_puts_fields_where_their_names_say),
    };
    return cmocka_run_group_tests(tests, create_schema, destroy_schema);
}
