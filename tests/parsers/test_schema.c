#include "parsers/schema_set.h"

#include <stdio.h>
#include <stdlib.h>

#include "parsers/address.h"
#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What scanning wants: by far not all fields. */
#define WANTED_SOME                                                                                \
    ((1u << FIELD_USER_AGENT) | (1u << FIELD_ASN) | (1u << FIELD_TENANT) | (1u << FIELD_CLIENT_ID))

/* One schema, its scratch, and the last record given to it. */
struct bench {
    struct schema_set *set;
    struct schema_scratch *scratch;
    struct record record;
    char *text;
};

static void bench_init(struct bench *bench, uint32_t wanted)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    *bench = (struct bench){0};
    const struct schema_set_options options = {.wanted = wanted};
    const enum status status = schema_set_create(&bench->set, &options, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    assert_int_equal(status, STATUS_OK);
    diagnostics_deinit(&diagnostics);
    assert_int_equal(schema_scratch_create(&bench->scratch, LIMIT_LINE_BYTES), STATUS_OK);
}

static void bench_deinit(struct bench *bench)
{
    schema_scratch_destroy(bench->scratch);
    schema_set_destroy(bench->set);
    free(bench->text);
}

/* The event of one JSON record. */
static enum schema_result bench_apply(struct bench *bench, const char *json, struct event *event)
{
    const size_t bytes = strlen(json);
    struct format_reader reader;
    free(bench->text);
    bench->text = calloc(1, bytes + LIMIT_VECTOR_PADDING);
    assert_non_null(bench->text);
    memcpy(bench->text, json, bytes);
    const struct source_view view = {.layout = LAYOUT_JSON_STREAM, .schema = 0};
    const struct block block = {
        .layout = view.layout, .view = &view, .text = bench->text, .bytes = bytes};
    format_reader_init(&reader, schema_set_paths(bench->set, &view, view.layout), NULL,
                       JSON_TIER_BEST, LIMIT_LINE_BYTES, &block);
    const enum record_result result = format_reader_next(&reader, &bench->record);
    if (result != RECORD_FOUND)
        fail_msg("no record (%d): %s", (int)result, json);
    return schema_set_apply(bench->set, bench->scratch, &view, view.layout, &bench->record, event);
}

static void check_event_text(const struct event *event, enum event_text text, const char *expected)
{
    if (!slice_equals(event->text[text], slice_from_string(expected)))
        fail_msg("text %d is '%.*s', not '%s'", (int)text, (int)event->text[text].bytes,
                 event->text[text].start, expected);
}

/* ---- Whole records ------------------------------------------------------------------------- */

#define AZURE_HEAD                                                                                 \
    "{\"time\":\"2024-02-01T09:41:00Z\",\"category\":\"SignInLogs\",\"tenantId\":\"tenant-1\","    \
    "\"resultType\":\"50126\",\"callerIpAddress\":\"198.51.100.9\",\"properties\":{"

static const char azure_failure[] = AZURE_HEAD
    "\"id\":\"event-1\",\"createdDateTime\":\"2024-02-01T09:31:07.1234567+00:00\","
    "\"userPrincipalName\":\"Alice@Example.COM\",\"userId\":\"user-1\",\"appId\":\"app-1\","
    "\"appDisplayName\":\"Office 365\",\"ipAddress\":\"203.0.113.7\","
    "\"status\":{\"errorCode\":50126,\"failureReason\":\"Invalid username or password.\"},"
    "\"clientAppUsed\":\"Browser\",\"userAgent\":\"agent\\/1 \\u00e9\","
    "\"location\":{\"city\":\"Paris\",\"countryOrRegion\":\"fr\"},\"correlationId\":\"corr-1\","
    "\"isInteractive\":true,\"resourceDisplayName\":\"Graph\",\"sessionId\":\"session-1\","
    "\"authenticationDetails\":[],\"autonomousSystemNumber\":64500,"
    "\"authenticationProtocol\":\"none\"}}";

static void schema_reads_an_azure_monitor_sign_in(void **state)
{
    (void)state;
    struct bench bench;
    struct event event;
    bench_init(&bench, SCHEMA_WANTED_ALL);
    assert_int_equal(bench_apply(&bench, azure_failure, &event), SCHEMA_EVENT);
    assert_int_equal(event.time_ns, 1706779867123456700);
    assert_string_equal(schema_set_dataset_name(bench.set, event.dataset), "entra.signin");
    assert_int_equal(event.outcome, OUTCOME_WRONG_PASSWORD);
    assert_int_equal(event.verdict, VERDICT_WRONG);
    assert_int_equal(event.code, 50126);
    assert_int_equal(event.flags, EVENT_HAS_SOURCE | EVENT_HAS_CODE | EVENT_INTERACTIVE);
    assert_int_equal(event.asn, 64500);
    assert_int_equal(event.country, 'F' << 8 | 'R');
    const struct address expected = address_from_ipv4((const uint8_t[]){203, 0, 113, 7});
    assert_true(address_equals(&event.source, &expected));
    static const char *const texts[TEXT_COUNT] = {
        [TEXT_ACCOUNT] = "alice@example.com",
        [TEXT_TENANT] = "tenant-1",
        [TEXT_USER_AGENT] = "agent/1 \xc3\xa9",
        [TEXT_CLIENT_ID] = "app-1",
        [TEXT_SOURCE_HOST] = "",
        [TEXT_CLIENT_NAME] = "Office 365",
        [TEXT_RESOURCE_NAME] = "Graph",
        [TEXT_PROTOCOL] = "Browser",
        [TEXT_ACCOUNT_RAW] = "Alice@Example.COM",
        [TEXT_ACCOUNT_ID] = "user-1",
        [TEXT_EVENT_ID] = "event-1",
        [TEXT_CORRELATION_ID] = "corr-1",
        [TEXT_SESSION_ID] = "session-1",
        [TEXT_CODE] = "50126",
        [TEXT_REASON] = "Invalid username or password.",
    };
    for (int i = 0; i < TEXT_COUNT; i++)
        check_event_text(&event, (enum event_text)i, texts[i]);
    bench_deinit(&bench);
}

static void schema_reads_a_graph_sign_in(void **state)
{
    (void)state;
    struct bench bench;
    struct event event;
    bench_init(&bench, SCHEMA_WANTED_ALL);
    assert_int_equal(
        bench_apply(&bench,
                    "{\"id\":\"g-1\",\"createdDateTime\":\"2024-02-01T09:31:07Z\","
                    "\"userPrincipalName\":\"bob@example.com\",\"userId\":\"user-2\","
                    "\"appId\":\"app-2\",\"ipAddress\":\"2001:db8::7\",\"isInteractive\":false,"
                    "\"status\":{\"errorCode\":0,\"failureReason\":\"Other.\"},"
                    "\"location\":{\"countryOrRegion\":\"DE\"},\"homeTenantId\":\"tenant-2\"}",
                    &event),
        SCHEMA_EVENT);
    assert_int_equal(event.outcome, OUTCOME_SUCCESS);
    assert_int_equal(event.verdict, VERDICT_RIGHT);
    assert_int_equal(event.flags, EVENT_HAS_SOURCE | EVENT_HAS_CODE | EVENT_NONINTERACTIVE);
    check_event_text(&event, TEXT_ACCOUNT, "bob@example.com");
    check_event_text(&event, TEXT_EVENT_ID, "g-1");
    check_event_text(&event, TEXT_TENANT, "tenant-2");
    check_event_text(&event, TEXT_REASON, "");
    bench_deinit(&bench);
}

/* ---- One thing at a time ------------------------------------------------------------------- */

struct record_case {
    const char *json;
    enum schema_result result;
    const char *dataset;
    enum outcome outcome;
    enum verdict verdict;
    unsigned flags;
};

static void check_records(uint32_t wanted, const struct record_case *cases, size_t count)
{
    struct bench bench;
    bench_init(&bench, wanted);
    for (size_t i = 0; i < count; i++) {
        const struct record_case *const expected = &cases[i];
        struct event event;
        const enum schema_result result = bench_apply(&bench, expected->json, &event);
        if (result != expected->result)
            fail_msg("%s: %s", schema_result_name(result), expected->json);
        if (result != SCHEMA_EVENT)
            continue;
        if (event.outcome != expected->outcome || event.verdict != expected->verdict ||
            event.flags != expected->flags ||
            strcmp(schema_set_dataset_name(bench.set, event.dataset), expected->dataset) != 0)
            fail_msg("%s, %s, %s, flags %x: %s", schema_set_dataset_name(bench.set, event.dataset),
                     outcome_name((enum outcome)event.outcome),
                     verdict_name((enum verdict)event.verdict), event.flags, expected->json);
    }
    bench_deinit(&bench);
}

static void schema_tells_sign_ins_from_other_records(void **state)
{
    (void)state;
    const unsigned interactive = EVENT_HAS_CODE | EVENT_INTERACTIVE;
    const unsigned silent = EVENT_HAS_CODE | EVENT_NONINTERACTIVE;
#define RECORD(category)                                                                           \
    "{\"time\":\"2024-02-01T09:31:07Z\",\"category\":\"" category "\",\"resultType\":\"0\"}"
    const struct record_case cases[] = {
        {RECORD("SignInLogs"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS, VERDICT_RIGHT,
         interactive},
        {RECORD("signinlogs"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS, VERDICT_RIGHT,
         interactive},
        {RECORD("NonInteractiveUserSignInLogs"), SCHEMA_EVENT, "entra.noninteractive",
         OUTCOME_SUCCESS, VERDICT_RIGHT, silent},
        {RECORD("ServicePrincipalSignInLogs"), SCHEMA_EVENT, "entra.service_principal",
         OUTCOME_SUCCESS, VERDICT_RIGHT, silent},
        {RECORD("ManagedIdentitySignInLogs"), SCHEMA_EVENT, "entra.managed_identity",
         OUTCOME_SUCCESS, VERDICT_UNTESTED, silent},
        {RECORD("MicrosoftServicePrincipalSignInLogs"), SCHEMA_EVENT,
         "entra.microsoft_service_principal", OUTCOME_SUCCESS, VERDICT_UNTESTED, silent},
        {RECORD("ADFSSignInLogs"), SCHEMA_EVENT, "entra.adfs", OUTCOME_SUCCESS, VERDICT_RIGHT,
         interactive},
        {RECORD("AuditLogs"), .result = SCHEMA_NOT_SIGN_IN},
        {RECORD(""), .result = SCHEMA_NOT_SIGN_IN},
        {"{}", .result = SCHEMA_NOT_SIGN_IN},
        {"{\"category\":null,\"createdDateTime\":\"2024-02-01T09:31:07Z\"}",
         .result = SCHEMA_NOT_SIGN_IN},
        {"{\"activityDisplayName\":\"Add user\",\"createdDateTime\":\"2024-02-01T09:31:07Z\","
         "\"userId\":\"u\",\"appId\":\"a\"}",
         .result = SCHEMA_NOT_SIGN_IN},
        {"{\"createdDateTime\":\"2024-02-01T09:31:07Z\",\"userId\":\"u\",\"appId\":\"a\"}",
         .result = SCHEMA_NO_OUTCOME},
        {"{\"createdDateTime\":\"2024-02-01T09:31:07Z\",\"userId\":\"u\",\"status\":{\"errorCode\":"
         "50126},"
         "\"signInEventTypes\":[\"nonInteractiveUser\"]}",
         SCHEMA_EVENT, "entra.noninteractive", OUTCOME_WRONG_PASSWORD, VERDICT_WRONG, silent},
        {"{\"createdDateTime\":\"2024-02-01T09:31:07Z\",\"userId\":\"u\",\"status\":{\"errorCode\":"
         "50126},"
         "\"signInEventTypes\":[]}",
         SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD, VERDICT_WRONG, interactive},
        {"{\"category\":\"SignInLogs\",\"resultType\":\"0\"}", .result = SCHEMA_NO_TIME},
        {"{\"category\":\"SignInLogs\",\"resultType\":\"0\",\"time\":null}",
         .result = SCHEMA_NO_TIME},
        {"{\"category\":\"SignInLogs\",\"resultType\":\"0\",\"time\":\"2024-02-30T00:00:00Z\"}",
         .result = SCHEMA_BAD_TIME},
        {"{\"category\":\"SignInLogs\",\"resultType\":\"0\",\"time\":\"yesterday\"}",
         .result = SCHEMA_BAD_TIME},
        {"{\"category\":\"SignInLogs\",\"time\":\"2024-02-01T09:31:07Z\"}",
         .result = SCHEMA_NO_OUTCOME},
        {"{\"category\":\"SignInLogs\",\"time\":\"2024-02-01T09:31:07Z\",\"resultType\":\"\"}",
         .result = SCHEMA_NO_OUTCOME},
    };
#undef RECORD
    check_records(SCHEMA_WANTED_ALL, cases, COUNT(cases));
    check_records(WANTED_SOME, cases, COUNT(cases));
}

static void schema_knows_codes_and_words(void **state)
{
    (void)state;
    const unsigned coded = EVENT_HAS_CODE | EVENT_INTERACTIVE;
#define RESULT(result)                                                                             \
    "{\"time\":\"2024-02-01T09:31:07Z\",\"category\":\"SignInLogs\",\"resultType\":" result "}"
#define RESULTS(status, result)                                                                    \
    "{\"time\":\"2024-02-01T09:31:07Z\",\"category\":\"SignInLogs\",\"resultType\":" result        \
    ",\"properties\":{\"status\":{\"errorCode\":" status "}}}"
    const struct record_case cases[] = {
        {RESULT("\"50126\""), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD, VERDICT_WRONG,
         coded},
        {RESULT("50126"), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD, VERDICT_WRONG,
         coded},
        {RESULT("\"AADSTS50126\""), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD,
         VERDICT_WRONG, coded},
        {RESULT("\"aadsts50076\""), SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_REQUIRED,
         VERDICT_RIGHT, coded},
        {RESULT("50034"), SCHEMA_EVENT, "entra.signin", OUTCOME_UNKNOWN_ACCOUNT, VERDICT_UNTESTED,
         coded},
        {RESULT("50053"), SCHEMA_EVENT, "entra.signin", OUTCOME_LOCKED, VERDICT_UNKNOWN, coded},
        {RESULT("50057"), SCHEMA_EVENT, "entra.signin", OUTCOME_DISABLED, VERDICT_UNKNOWN, coded},
        {RESULT("50055"), SCHEMA_EVENT, "entra.signin", OUTCOME_EXPIRED_PASSWORD, VERDICT_RIGHT,
         coded},
        {RESULT("500121"), SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_FAILED, VERDICT_RIGHT, coded},
        {RESULT("53003"), SCHEMA_EVENT, "entra.signin", OUTCOME_BLOCKED_BY_POLICY, VERDICT_RIGHT,
         coded},
        {RESULT("530035"), SCHEMA_EVENT, "entra.signin", OUTCOME_BLOCKED_BY_POLICY, VERDICT_UNKNOWN,
         coded},
        {RESULT("90072"), SCHEMA_EVENT, "entra.signin", OUTCOME_BLOCKED_BY_POLICY, VERDICT_RIGHT,
         coded},
        {RESULT("50140"), SCHEMA_EVENT, "entra.signin", OUTCOME_INTERRUPTED, VERDICT_UNKNOWN,
         coded},
        {RESULT("50058"), SCHEMA_EVENT, "entra.signin", OUTCOME_INTERRUPTED, VERDICT_UNTESTED,
         coded},
        {RESULT("50097"), SCHEMA_EVENT, "entra.signin", OUTCOME_INTERRUPTED, VERDICT_UNKNOWN,
         coded},
        {RESULT("7000215"), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD, VERDICT_WRONG,
         coded},
        {RESULT("80002"), SCHEMA_EVENT, "entra.signin", OUTCOME_OTHER_FAILURE, VERDICT_UNKNOWN,
         coded},
        {RESULT("12345"), SCHEMA_EVENT, "entra.signin", OUTCOME_OTHER_FAILURE, VERDICT_UNKNOWN,
         coded},
        {RESULT("\"Success\""), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS, VERDICT_RIGHT,
         EVENT_INTERACTIVE},
        {RESULT("\"FAILURE\""), SCHEMA_EVENT, "entra.signin", OUTCOME_OTHER_FAILURE,
         VERDICT_UNKNOWN, EVENT_INTERACTIVE},
        {RESULT("\"AADSTS\""), SCHEMA_EVENT, "entra.signin", OUTCOME_OTHER_FAILURE, VERDICT_UNKNOWN,
         EVENT_INTERACTIVE},
        {RESULT("99999999999"), SCHEMA_EVENT, "entra.signin", OUTCOME_OTHER_FAILURE,
         VERDICT_UNKNOWN, EVENT_INTERACTIVE},
        /* The sign-in's own code outranks the export's result. */
        {RESULTS("50053", "\"Failure\""), SCHEMA_EVENT, "entra.signin", OUTCOME_LOCKED,
         VERDICT_UNKNOWN, coded},
        {RESULTS("null", "\"50126\""), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD,
         VERDICT_WRONG, coded},
        {RESULTS("\"\"", "\"50126\""), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD,
         VERDICT_WRONG, coded},
        {RESULTS("{}", "\"50126\""), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD,
         VERDICT_WRONG, coded},
    };
#undef RESULT
#undef RESULTS
    check_records(SCHEMA_WANTED_ALL, cases, COUNT(cases));
    check_records(WANTED_SOME, cases, COUNT(cases));
}

#define PROOF(code, details)                                                                       \
    "{\"time\":\"2024-02-01T09:31:07Z\",\"category\":\"SignInLogs\",\"properties\":{\"status\":"   \
    "{\"errorCode\":" code "},\"authenticationDetails\":" details "}}"
#define CORRECT                                                                                    \
    "{\"authenticationMethod\":\"Password\",\"succeeded\":true,"                                   \
    "\"authenticationStepResultDetail\":\"Correct password\"}"
#define SUCCEEDED "{\"authenticationMethod\":\"Password\",\"succeeded\":true}"
#define INCORRECT                                                                                  \
    "{\"authenticationMethod\":\"Password\",\"succeeded\":false,"                                  \
    "\"authenticationStepResultDetail\":\"Incorrect password\"}"
#define CLAIM                                                                                      \
    "{\"authenticationMethod\":\"Previously "                                                      \
    "satisfied\",\"succeeded\":true,\"authenticationStepResultDetail\":\"First factor "            \
    "requirement satisfied by claim in the token\"}"
#define MFA_CLAIM                                                                                  \
    "{\"authenticationMethod\":\"Previously "                                                      \
    "satisfied\",\"succeeded\":true,\"authenticationStepResultDetail\":\"MFA requirement "         \
    "satisfied by claim in the token\"}"
#define HELLO "{\"authenticationMethod\":\"Windows Hello for Business\",\"succeeded\":true}"

static void schema_lets_authentication_details_outrank_the_code(void **state)
{
    (void)state;
    const unsigned inferred = EVENT_HAS_CODE | EVENT_INTERACTIVE;
    const unsigned proven = inferred | EVENT_VERDICT_PROVEN;
    const struct record_case failures[] = {
        {PROOF("50076", "[" CORRECT "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_REQUIRED,
         VERDICT_RIGHT, proven},
        {PROOF("50076", "[" MFA_CLAIM "," CORRECT "]"), SCHEMA_EVENT, "entra.signin",
         OUTCOME_MFA_REQUIRED, VERDICT_RIGHT, proven},
        {PROOF("50053", "[" SUCCEEDED "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_LOCKED,
         VERDICT_RIGHT, proven},
        {PROOF("50126", "[" INCORRECT "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_WRONG_PASSWORD,
         VERDICT_WRONG, proven},
        {PROOF("50097", "[" INCORRECT "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_INTERRUPTED,
         VERDICT_WRONG, proven},
        {PROOF("50158", "[" CLAIM "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_REQUIRED,
         VERDICT_UNTESTED, proven},
        {PROOF("50158", "[" CLAIM "," CORRECT "]"), SCHEMA_EVENT, "entra.signin",
         OUTCOME_MFA_REQUIRED, VERDICT_RIGHT, proven},
        {PROOF("50158", "[]"), SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_REQUIRED, VERDICT_RIGHT,
         inferred},
        {PROOF("50158", "null"), SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_REQUIRED, VERDICT_RIGHT,
         inferred},
        {PROOF("50158", "[{\"authenticationMethod\":\"Password\"}]"), SCHEMA_EVENT, "entra.signin",
         OUTCOME_MFA_REQUIRED, VERDICT_RIGHT, inferred},
        {PROOF("50158", "[1,\"x\",null,[]]"), SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_REQUIRED,
         VERDICT_RIGHT, inferred},
        {PROOF("50158",
               "\"[{\\\"authenticationMethod\\\":\\\"Password\\\",\\\"succeeded\\\":false,"
               "\\\"authenticationStepResultDetail\\\":\\\"INCORRECT password, again\\\"}]\""),
         SCHEMA_EVENT, "entra.signin", OUTCOME_MFA_REQUIRED, VERDICT_WRONG, proven},
    };
    const struct record_case successes_whole[] = {
        {PROOF("0", "[" CORRECT "," MFA_CLAIM "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS,
         VERDICT_RIGHT, proven},
        {PROOF("0", "[" CLAIM "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS, VERDICT_UNTESTED,
         proven},
        {PROOF("0", "[" HELLO "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS, VERDICT_UNTESTED,
         proven},
        {PROOF("0", "[" MFA_CLAIM "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS,
         VERDICT_RIGHT, inferred},
    };
    /* Without all fields, the proof of a success is not looked at, even where it was read. */
    const struct record_case successes_some[] = {
        {PROOF("0", "[" CORRECT "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS, VERDICT_RIGHT,
         inferred},
        {PROOF("0", "[" CLAIM "]"), SCHEMA_EVENT, "entra.signin", OUTCOME_SUCCESS, VERDICT_RIGHT,
         inferred},
    };
    check_records(SCHEMA_WANTED_ALL, failures, COUNT(failures));
    check_records(WANTED_SOME, failures, COUNT(failures));
    check_records(SCHEMA_WANTED_ALL, successes_whole, COUNT(successes_whole));
    check_records(WANTED_SOME, successes_some, COUNT(successes_some));
}

static void schema_takes_the_first_path_that_holds_something(void **state)
{
    (void)state;
    static const struct {
        const char *properties;
        const char *account, *raw, *id;
        bool has_source;
        uint64_t addresses_malformed;
    } cases[] = {
        {"\"userPrincipalName\":\"A@X\"", "a@x", "A@X", "", true, 0},
        {"\"userPrincipalName\":\"\",\"signInIdentifier\":\"B@X\"", "b@x", "B@X", "", true, 0},
        {"\"userPrincipalName\":null,\"signInIdentifier\":\"-\",\"alternateSignInName\":\"C@X\"",
         "c@x", "C@X", "", true, 0},
        {"\"servicePrincipalName\":\"Robot\",\"servicePrincipalId\":\"sp-1\"", "robot", "Robot",
         "sp-1", true, 0},
        {"\"servicePrincipalId\":\"sp-1\"", "sp-1", "sp-1", "sp-1", true, 0},
        {"\"userId\":\"u-1\",\"userPrincipalName\":\"N/A\"", "u-1", "u-1", "u-1", true, 0},
        {"\"userId\":\"00000000-0000-0000-0000-000000000000\"", "", "", "", true, 0},
        {"\"userPrincipalName\":\"A\\u0040X\"", "a@x", "A@X", "", true, 0},
        {"\"userPrincipalName\":17", "17", "17", "", true, 0},
        {"\"ipAddress\":\"\"", "", "", "", true, 0},
        {"\"ipAddress\":\"77777777-7777-7777-7777-777777777777\"", "", "", "", false, 1},
        {"\"ipAddress\":\"0.0.0.0\"", "", "", "", false, 0},
    };
    struct bench bench;
    uint64_t malformed = 0;
    bench_init(&bench, SCHEMA_WANTED_ALL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char json[512];
        struct event event;
        snprintf(
            json, sizeof(json),
            "{\"time\":\"2024-02-01T09:31:07Z\",\"category\":\"SignInLogs\",\"resultType\":\"0\","
            "\"callerIpAddress\":\"192.0.2.1:80\",\"properties\":{%s}}",
            cases[i].properties);
        assert_int_equal(bench_apply(&bench, json, &event), SCHEMA_EVENT);
        check_event_text(&event, TEXT_ACCOUNT, cases[i].account);
        check_event_text(&event, TEXT_ACCOUNT_RAW, cases[i].raw);
        check_event_text(&event, TEXT_ACCOUNT_ID, cases[i].id);
        assert_int_equal((event.flags & EVENT_HAS_SOURCE) != 0, cases[i].has_source);
        malformed += cases[i].addresses_malformed;
        assert_int_equal(schema_counters(bench.scratch).addresses_malformed, malformed);
    }
    bench_deinit(&bench);
}

static void schema_counts_codes_that_it_does_not_know(void **state)
{
    (void)state;
    struct bench bench;
    struct event event;
    bench_init(&bench, WANTED_SOME);
    bench_apply(&bench, PROOF("80001", "[]"), &event);
    assert_int_equal(schema_counters(bench.scratch).codes_unknown, 0);
    bench_apply(&bench, PROOF("4711", "[]"), &event);
    bench_apply(&bench, PROOF("\"Perhaps\"", "[]"), &event);
    assert_int_equal(schema_counters(bench.scratch).codes_unknown, 2);
    bench_deinit(&bench);
}

/* A success shows the same whether its keys come early or late, unless all fields are wanted. */
static void schema_reads_fields_of_failures_from_failures_only(void **state)
{
    (void)state;
    enum { WANTED_REASON = WANTED_SOME | 1u << FIELD_REASON };
#define EARLY(code) "{\"resultDescription\":\"why\"," BODY(code) "}"
#define LATE(code) "{" BODY(code) ",\"resultDescription\":\"why\"}"
#define BODY(code)                                                                                 \
    "\"category\":\"SignInLogs\",\"tenantId\":\"t\",\"properties\":{\"id\":\"i\","                 \
    "\"createdDateTime\":\"2024-02-01T09:31:07Z\",\"userPrincipalName\":\"a@x\","                  \
    "\"ipAddress\":\"192.0.2.1\",\"appId\":\"app\",\"userAgent\":\"ua\","                          \
    "\"status\":{\"errorCode\":" code "},\"autonomousSystemNumber\":64500}"
    static const struct {
        uint32_t wanted;
        const char *json, *reason;
    } cases[] = {
        {WANTED_REASON, LATE("0"), ""},        {WANTED_REASON, EARLY("0"), ""},
        {WANTED_REASON, LATE("50126"), "why"}, {WANTED_REASON, EARLY("50126"), "why"},
        {SCHEMA_WANTED_ALL, LATE("0"), "why"}, {SCHEMA_WANTED_ALL, EARLY("0"), "why"},
        {UINT32_MAX, LATE("0"), "why"},
    };
#undef EARLY
#undef LATE
#undef BODY
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bench bench;
        struct event event;
        bench_init(&bench, cases[i].wanted);
        assert_int_equal(bench_apply(&bench, cases[i].json, &event), SCHEMA_EVENT);
        check_event_text(&event, TEXT_REASON, cases[i].reason);
        check_event_text(&event, TEXT_USER_AGENT, "ua");
        check_event_text(&event, TEXT_CLIENT_ID, "app");
        check_event_text(&event, TEXT_TENANT, "t");
        assert_int_equal(event.asn, 64500);
        bench_deinit(&bench);
    }
}

/* The first path is there, so reading could stop; but it holds nothing, and another one follows. */
static void schema_finds_a_value_behind_the_point_where_reading_stops(void **state)
{
    (void)state;
    static const char *const nothing[] = {"\"\"", "null", "\"-\"", "{}"};
    static const uint32_t wanted[] = {0, WANTED_SOME, SCHEMA_WANTED_ALL};
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct bench bench;
        bench_init(&bench, wanted[i]);
        for (size_t j = 0; j < COUNT(nothing); j++) {
            char json[512];
            struct event event;
            snprintf(json, sizeof(json),
                     "{\"category\":\"SignInLogs\",\"tenantId\":\"t\",\"properties\":{\"id\":\"i\","
                     "\"createdDateTime\":%s,\"userPrincipalName\":%s,\"ipAddress\":%s,"
                     "\"userAgent\":\"ua\",\"appId\":\"a\",\"autonomousSystemNumber\":1,"
                     "\"status\":{\"errorCode\":0},\"signInIdentifier\":\"Late@X\"},"
                     "\"callerIpAddress\":\"192.0.2.1\",\"time\":\"2024-02-01T09:31:07Z\"}",
                     nothing[j], nothing[j], nothing[j]);
            assert_int_equal(bench_apply(&bench, json, &event), SCHEMA_EVENT);
            check_event_text(&event, TEXT_ACCOUNT, "late@x");
            assert_int_equal(event.time_ns, 1706779867000000000);
            assert_true(event.flags & EVENT_HAS_SOURCE);
        }
        bench_deinit(&bench);
    }
}

static void schema_cuts_long_texts_on_a_character(void **state)
{
    (void)state;
    enum { LONG_BYTES = 3 * LIMIT_TEXT_BYTES };
    static const char *const fillers[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x91",
                                          "\\u20ac"};
    struct bench bench;
    char *const json = malloc(LONG_BYTES * 8);
    assert_non_null(json);
    bench_init(&bench, SCHEMA_WANTED_ALL);
    for (size_t i = 0; i < COUNT(fillers); i++) {
        struct event event;
        strcpy(json,
               "{\"time\":\"2024-02-01T09:31:07Z\",\"category\":\"SignInLogs\",\"resultType\":"
               "\"0\",\"properties\":{\"userAgent\":\"");
        char *at = json + strlen(json);
        for (int j = 0; j < LONG_BYTES; j++)
            at = stpcpy(at, fillers[i]);
        strcpy(at, "\"}}");
        assert_int_equal(bench_apply(&bench, json, &event), SCHEMA_EVENT);
        const struct slice text = event.text[TEXT_USER_AGENT];
        assert_in_range(text.bytes, LIMIT_TEXT_BYTES - 3, LIMIT_TEXT_BYTES);
        if (fillers[i][0] != '\\')
            assert_int_equal(text.bytes % strlen(fillers[i]), 0);
    }
    free(json);
    bench_deinit(&bench);
}

static void schema_reads_countries_and_networks_or_leaves_them_out(void **state)
{
    (void)state;
    static const struct {
        const char *properties;
        uint16_t country;
        uint32_t asn;
    } cases[] = {
        {"\"location\":{\"countryOrRegion\":\"US\"},\"autonomousSystemNumber\":1", 'U' << 8 | 'S',
         1},
        {"\"location\":{\"countryOrRegion\":\"us\"},\"autonomousSystemNumber\":\"AS64500\"",
         'U' << 8 | 'S', 64500},
        {"\"location\":{\"countryOrRegion\":\"Germany\"},\"autonomousSystemNumber\":\"64500\"",
         'D' << 8 | 'E', 64500},
        {"\"location\":{\"countryOrRegion\":\"Utopia\"},\"autonomousSystemNumber\":\"64500\"", 0,
         64500},
        {"\"location\":{\"countryOrRegion\":\"U1\"},\"autonomousSystemNumber\":-1", 0, 0},
        {"\"location\":{\"countryOrRegion\":\"\"},\"autonomousSystemNumber\":4294967296", 0, 0},
        {"\"location\":\"US\",\"autonomousSystemNumber\":null", 0, 0},
        {"\"autonomousSystemNumber\":4294967295", 0, UINT32_MAX},
    };
    struct bench bench;
    bench_init(&bench, SCHEMA_WANTED_ALL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char json[512];
        struct event event;
        snprintf(
            json, sizeof(json),
            "{\"time\":\"2024-02-01T09:31:07Z\",\"category\":\"SignInLogs\",\"resultType\":\"0\","
            "\"properties\":{%s}}",
            cases[i].properties);
        assert_int_equal(bench_apply(&bench, json, &event), SCHEMA_EVENT);
        assert_int_equal(event.country, cases[i].country);
        assert_int_equal(event.asn, cases[i].asn);
    }
    bench_deinit(&bench);
}

/* ---- Schema files -------------------------------------------------------------------------- */

static const char good_table[] =
    "code-table: t\n"
    "sources: {s: a source}\n"
    "table:\n"
    "  - {code: 0x18, outcome: wrong_password, password: wrong, source: s}\n"
    "  - {code: OK, outcome: success, password: right, source: s}\n";

static const char good_schema[] = "schema: v\n"
                                  "code-table: t\n"
                                  "datasets: [{name: v.login}]\n"
                                  "shapes:\n"
                                  "  - name: one\n"
                                  "    when: [{has: [kind]}]\n"
                                  "    dataset: {otherwise: v.login}\n"
                                  "    fields:\n"
                                  "      '@timestamp': [when]\n"
                                  "      user.name: [who]\n"
                                  "      event.code: [result]\n";

/* Another vendor is another file. */
static void schema_works_for_another_vendor(void **state)
{
    (void)state;
    struct diagnostics diagnostics;
    struct bench bench = {0};
    struct event event;
    const struct schema_text texts[] = {{"v.yml", slice_from_string(good_schema)},
                                        {"t.yml", slice_from_string(good_table)}};
    diagnostics_init(&diagnostics);
    assert_int_equal(schema_set_create_from_texts(&bench.set, texts, 2,
                                                  &(struct schema_set_options){0}, &diagnostics),
                     STATUS_OK);
    assert_int_equal(schema_scratch_create(&bench.scratch, LIMIT_LINE_BYTES), STATUS_OK);
    assert_int_equal(
        bench_apply(&bench,
                    "{\"kind\":1,\"when\":1700000000123,\"who\":\"Z\",\"result\":\"0x00000018\"}",
                    &event),
        SCHEMA_EVENT);
    assert_int_equal(event.time_ns, 1700000000123000000);
    assert_int_equal(event.outcome, OUTCOME_WRONG_PASSWORD);
    assert_int_equal(event.code, 24);
    assert_int_equal(event.flags, EVENT_HAS_CODE);
    assert_int_equal(bench_apply(&bench,
                                 "{\"kind\":1,\"when\":1700000000,\"who\":\"Z\",\"result\":\"ok\"}",
                                 &event),
                     SCHEMA_EVENT);
    assert_int_equal(event.outcome, OUTCOME_SUCCESS);
    check_event_text(&event, TEXT_ACCOUNT, "z");
    assert_int_equal(bench_apply(&bench, "{\"when\":1700000000}", &event), SCHEMA_NOT_SIGN_IN);
    bench_deinit(&bench);
    diagnostics_deinit(&diagnostics);
}

/* `text` with the first `old` replaced by `new`; the caller frees it. */
static char *replaced(const char *text, const char *old, const char *new)
{
    const char *const at = strstr(text, old);
    char *made;
    assert_non_null(at);
    assert_true(asprintf(&made, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) > 0);
    return made;
}

static void schema_names_every_mistake_with_its_place(void **state)
{
    (void)state;
    static const struct {
        bool in_table;
        const char *old, *new;
        const char *code;
        uint32_t line;
        const char *part; /* of the message */
    } cases[] = {
        {false, "datasets:", "dataset:", "S101", 3, "did you mean 'datasets'"},
        {false, "    fields:", "    field:", "S101", 8, "did you mean 'fields'"},
        {false, "has:", "hass:", "S101", 6, "did you mean 'has'"},
        {false, "code-table: t\n", "", "S102", 1, "'code-table' is missing"},
        {false, "      event.code: [result]\n", "", "S102", 9, "'event.code' is missing"},
        {false, "when: [{has: [kind]}]", "when: [{has: [kind], lacks: [x]}]", "S102", 6, "either"},
        {false, "[who]", "who", "S103", 10, "must be a list"},
        {false, "[who]", "[[who]]", "S103", 10, "a path must be a text"},
        {false, "[who]", "[]", "S103", 10, "at least one path"},
        {false, "[who]", "{paths: [who], only-on-failure: perhaps}", "S103", 10, "true or false"},
        {false, "[who]", "[a, b, c, d, e, f, g, h, i]", "S107", 10, "at most 8"},
        {false, "user.name", "user.nam", "S104", 10, "did you mean 'user.name'"},
        {false, "user.name", "event.outcome", "S104", 10, "is no field that a schema can fill"},
        {false, "code-table: t", "code-table: tt", "S105", 2, "did you mean 't'"},
        {false, "otherwise: v.login", "otherwise: v.logon", "S105", 7, "did you mean 'v.login'"},
        {false, "[{name: v.login}]", "[{name: v.login, password: rigth}]", "S105", 3, "verdict"},
        {false, "[{name: v.login}]", "[{name: v.login}, {name: v.login}]", "S106", 3, "twice"},
        {false, "[who]", "[a..b]", "S108", 10, "a key is empty"},
        {false, "shapes:", "shapes: {}\nx:", "S103", 4, "must be a list"},
        {true, "outcome: wrong_password", "outcome: wrong_pasword", "S105", 4,
         "did you mean 'wrong_password'"},
        {true, "password: right", "password: correct", "S105", 5, "password verdict"},
        {true, "source: s}", "source: z}", "S105", 4, "source of this table"},
        {true, "code: OK", "code: 24", "S106", 5, "listed twice"},
        {true, ", source: s}", "}", "S102", 4, "'source' is missing"},
        {true, "{s: a source}", "{}", "S103", 2, "sources"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct diagnostics diagnostics;
        struct schema_set *schema = NULL;
        char *const schema_yaml = replaced(good_schema, cases[i].in_table ? "schema" : cases[i].old,
                                           cases[i].in_table ? "schema" : cases[i].new);
        char *const table_yaml = replaced(good_table, cases[i].in_table ? cases[i].old : "table",
                                          cases[i].in_table ? cases[i].new : "table");
        const struct schema_text texts[] = {{"v.yml", slice_from_string(schema_yaml)},
                                            {"t.yml", slice_from_string(table_yaml)}};
        diagnostics_init(&diagnostics);
        assert_int_equal(
            schema_set_create_from_texts(&schema, texts, 2,
                                         &(struct schema_set_options){.wanted = SCHEMA_WANTED_ALL},
                                         &diagnostics),
            STATUS_CONFIG);
        assert_null(schema);
        bool found = false;
        for (size_t j = 0; j < diagnostics.count; j++) {
            const struct diagnostic *const said = &diagnostics.items[j];
            found |= strcmp(said->code, cases[i].code) == 0 && said->line == cases[i].line &&
                     strstr(said->text, cases[i].part) != NULL &&
                     strcmp(said->file, cases[i].in_table ? "t.yml" : "v.yml") == 0;
        }
        if (!found) {
            diagnostics_print(&diagnostics, stderr);
            fail_msg("'%s' for '%s': no %s about '%s' on line %u", cases[i].new, cases[i].old,
                     cases[i].code, cases[i].part, cases[i].line);
        }
        diagnostics_deinit(&diagnostics);
        free(schema_yaml);
        free(table_yaml);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_reads_an_azure_monitor_sign_in),
        cmocka_unit_test(schema_reads_a_graph_sign_in),
        cmocka_unit_test(schema_tells_sign_ins_from_other_records),
        cmocka_unit_test(schema_knows_codes_and_words),
        cmocka_unit_test(schema_lets_authentication_details_outrank_the_code),
        cmocka_unit_test(schema_takes_the_first_path_that_holds_something),
        cmocka_unit_test(schema_counts_codes_that_it_does_not_know),
        cmocka_unit_test(schema_reads_fields_of_failures_from_failures_only),
        cmocka_unit_test(schema_finds_a_value_behind_the_point_where_reading_stops),
        cmocka_unit_test(schema_cuts_long_texts_on_a_character),
        cmocka_unit_test(schema_reads_countries_and_networks_or_leaves_them_out),
        cmocka_unit_test(schema_works_for_another_vendor),
        cmocka_unit_test(schema_names_every_mistake_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
