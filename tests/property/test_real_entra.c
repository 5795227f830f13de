/*
 * Sign-ins from other people's systems, kept beside the project and not in it: what was counted of
 * each file by hand must come out of the schema too. Looks into $SPRAYWATCH_DATA, else
 * ../shared/data; without the data every test is skipped.
 *
 * The manifest's row of a file says, among other things,
 *   26 sign-in events: 11 failed, 15 ok, 0 other; 18 users; 12 source IPs; FIRST … LAST; codes
 * 0×12, …
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "parsers/address.h"
#include "parsers/schema_set.h"
#include "parsers/timestamp.h"
#include "tests/support/check.h"
#include "tests/support/json_oracle.h"

enum {
    EVENTS_MAX = 256,
    NAME_BYTES = 256,
    PATH_BYTES = 512,
};

/* What the schema says of one file. */
struct facts {
    size_t records_count, events_count, not_sign_ins_count, rejected_count;
    size_t failed_count, ok_count;
    size_t accounts_count, sources_count, codes_count;
    char accounts[EVENTS_MAX][NAME_BYTES];
    char sources[EVENTS_MAX][NAME_BYTES];
    char codes[EVENTS_MAX][NAME_BYTES];
    size_t code_events[EVENTS_MAX];
    int64_t first_ns, last_ns;
};

/* ---- Files --------------------------------------------------------------------------------- */

static const char *data_folder(void)
{
    const char *const chosen = getenv("SPRAYWATCH_DATA");
    return chosen != NULL ? chosen : "../shared/data";
}

/* A file of the data with 64 readable bytes behind it, or NULL. */
static char *read_file(const char *name, size_t *bytes)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/real/%s", data_folder(), name);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    char *const text = size >= 0 ? calloc(1, (size_t)size + LIMIT_VECTOR_PADDING) : NULL;
    *bytes = text != NULL ? fread(text, 1, (size_t)size, file) : 0;
    fclose(file);
    return text;
}

static char *need_file(const char *name, size_t *bytes)
{
    char *const text = read_file(name, bytes);
    if (text == NULL)
        fail_msg("%s/real/%s is not there", data_folder(), name);
    return text;
}

/* ---- What the schema says ------------------------------------------------------------------ */

/* The place of `text` among `names`, a new one when it is not there yet. */
static size_t intern(char names[][NAME_BYTES], size_t *count, struct slice text)
{
    assert_true(text.bytes < NAME_BYTES);
    for (size_t i = 0; i < *count; i++) {
        if (slice_equals(slice_from_string(names[i]), text))
            return i;
    }
    assert_true(*count < EVENTS_MAX);
    memcpy(names[*count], text.start, text.bytes);
    names[*count][text.bytes] = '\0';
    return (*count)++;
}

static void add_event(struct facts *facts, const struct event *event)
{
    if (facts->events_count++ == 0)
        facts->first_ns = facts->last_ns = event->time_ns;
    if (event->time_ns < facts->first_ns)
        facts->first_ns = event->time_ns;
    if (event->time_ns > facts->last_ns)
        facts->last_ns = event->time_ns;
    /* The manifest knows success and failure only: interrupted sign-ins have a code other than 0.
     */
    facts->ok_count += event->outcome == OUTCOME_SUCCESS;
    facts->failed_count += event->outcome != OUTCOME_SUCCESS;
    if (event->text[TEXT_ACCOUNT].bytes > 0)
        intern(facts->accounts, &facts->accounts_count, event->text[TEXT_ACCOUNT]);
    if (event->flags & EVENT_HAS_SOURCE) {
        char text[ADDRESS_TEXT_BYTES];
        const size_t bytes = address_format(&event->source, text);
        intern(facts->sources, &facts->sources_count, slice_of(text, bytes));
    }
    facts->code_events[intern(facts->codes, &facts->codes_count, event->text[TEXT_CODE])]++;
}

static struct schema_set *create_schema(uint32_t wanted)
{
    struct schema_set *schema = NULL;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    assert_int_equal(
        schema_set_create(&schema, &(struct schema_set_options){.wanted = wanted}, &diagnostics),
        STATUS_OK);
    diagnostics_deinit(&diagnostics);
    return schema;
}

static void gather(struct facts *facts, uint32_t wanted, const char *text, size_t bytes)
{
    static struct record record;
    struct schema_set *const schema = create_schema(wanted);
    struct schema_scratch *scratch;
    struct format_reader reader;
    struct event event;
    const struct block block = {
        .layout = LAYOUT_JSON_STREAM, .text = (char *)(uintptr_t)text, .bytes = bytes};
    assert_int_equal(schema_scratch_create(&scratch, LIMIT_LINE_BYTES), STATUS_OK);
    *facts = (struct facts){0};
    format_reader_init(&reader, schema_set_paths(schema, NULL, block.layout), NULL, JSON_TIER_BEST,
                       LIMIT_LINE_BYTES, &block);
    enum record_result result;
    while ((result = format_reader_next(&reader, &record)) != RECORD_END) {
        assert_int_equal(result, RECORD_FOUND);
        facts->records_count++;
        const enum schema_result said =
            schema_set_apply(schema, scratch, NULL, block.layout, &record, &event);
        if (said == SCHEMA_EVENT)
            add_event(facts, &event);
        else if (said == SCHEMA_NOT_SIGN_IN)
            facts->not_sign_ins_count++;
        else
            facts->rejected_count++;
    }
    assert_int_equal(schema_counters(scratch).codes_unknown, 0);
    schema_scratch_destroy(scratch);
    schema_set_destroy(schema);
}

/* ---- What the manifest says ---------------------------------------------------------------- */

/* The manifest's row of `name`, zero-terminated; NULL when there is none. The caller frees it. */
static char *manifest_row(const char *name)
{
    size_t bytes;
    char *const manifest = need_file("MANIFEST.md", &bytes);
    char start[PATH_BYTES];
    snprintf(start, sizeof(start), "| %s |", name);
    const char *const at = strstr(manifest, start);
    char *const row = at != NULL ? strndup(at, strcspn(at, "\n")) : NULL;
    free(manifest);
    return row;
}

/* The number that stands before `words` in the row. */
static size_t number_before(const char *row, const char *words)
{
    const char *at = strstr(row, words);
    if (at == NULL)
        fail_msg("no '%s' in %s", words, row);
    while (at > row && at[-1] >= '0' && at[-1] <= '9')
        at--;
    return strtoul(at, NULL, 10);
}

/* FIRST and LAST of "IPs; FIRST … LAST; codes". */
static void check_times(const char *row, const struct facts *facts)
{
    const char *const first = strstr(row, "source IPs; ") + strlen("source IPs; ");
    const char *const between = strstr(first, " \xe2\x80\xa6 ");
    assert_non_null(between);
    const char *const last = between + strlen(" \xe2\x80\xa6 ");
    int64_t first_ns, last_ns;
    assert_int_equal(timestamp_parse(slice_of(first, (size_t)(between - first)), &first_ns),
                     TIMESTAMP_OK);
    assert_int_equal(timestamp_parse(slice_of(last, strcspn(last, ";")), &last_ns), TIMESTAMP_OK);
    assert_int_equal(facts->first_ns, first_ns);
    assert_int_equal(facts->last_ns, last_ns);
}

/* Every "CODE×COUNT" behind "codes". */
static void check_codes(const char *row, const struct facts *facts)
{
    static const char times[] = "\xc3\x97";
    const char *at = strstr(row, "; codes ");
    size_t listed = 0;
    assert_non_null(at);
    at += strlen("; codes ");
    for (;;) {
        const char *const mark = strstr(at, times);
        if (mark == NULL)
            break;
        const struct slice code = slice_of(at, (size_t)(mark - at));
        char *end;
        const size_t count = strtoul(mark + strlen(times), &end, 10);
        size_t found = 0;
        for (size_t i = 0; i < facts->codes_count; i++) {
            if (slice_equals(slice_from_string(facts->codes[i]), code))
                found = facts->code_events[i];
        }
        if (found != count)
            fail_msg("code %.*s: %zu, not %zu", (int)code.bytes, code.start, found, count);
        listed++;
        if (strncmp(end, ", ", 2) != 0)
            break;
        at = end + 2;
    }
    assert_int_equal(listed, facts->codes_count);
}

/* A file, and how it differs from what its row counts, for a reason that stands beside it. */
struct difference {
    const char *name;
    long sources;
};

static void check_file(const struct difference *file, uint32_t wanted)
{
    static struct facts facts;
    size_t bytes;
    char *const text = need_file(file->name, &bytes);
    char *const row = manifest_row(file->name);
    assert_non_null(row);
    gather(&facts, wanted, text, bytes);
    print_message("# %s: %zu records, %zu sign-ins: %zu failed, %zu ok; %zu users; %zu sources\n",
                  file->name, facts.records_count, facts.events_count, facts.failed_count,
                  facts.ok_count, facts.accounts_count, facts.sources_count);
    assert_int_equal(facts.records_count, number_before(row, " JSON lines"));
    assert_int_equal(facts.events_count, number_before(row, " sign-in events"));
    assert_int_equal(facts.rejected_count, 0);
    assert_int_equal(facts.failed_count, number_before(row, " failed"));
    assert_int_equal(facts.ok_count, number_before(row, " ok"));
    assert_int_equal(facts.accounts_count, number_before(row, " users"));
    assert_int_equal(facts.sources_count, (long)number_before(row, " source IPs") + file->sources);
    check_codes(row, &facts);
    check_times(row, &facts);
    free(row);
    free(text);
}

/* ---- The tests ----------------------------------------------------------------------------- */

static const struct difference files[] = {
    {.name = "panther_analysis/azure_monitor_tests.ndjson"},
    {.name = "splunk_security_content/azure_monitor_aad.ndjson"},
    /* One of the counted sources is no address but a GUID. */
    {.name = "sekoia_intake_formats/entra_azure_monitor.raw.ndjson", .sources = -1},
    {.name = "sekoia_intake_formats/entra_graph.raw.ndjson"},
    {.name = "tenzir_library/graph_sign-ins.ndjson"},
};

static void schema_counts_in_real_logs_what_was_counted_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        check_file(&files[i], SCHEMA_WANTED_ALL);
}

/* Reading less of each record must not change what is always wanted. */
static void schema_counts_the_same_when_it_stops_early(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        check_file(&files[i], 0);
}

static const char *expected_text(json_t *expected, const char *outer, const char *inner)
{
    const char *const text =
        json_string_value(json_object_get(json_object_get(expected, outer), inner));
    return text != NULL ? text : "";
}

/* A peer's normalization of one event: address, name as written, id, outcome and code agree
 * wherever the peer says something. */
static void check_peer(const struct schema_set *schema, struct schema_scratch *scratch,
                       const char *name)
{
    static struct record record;
    size_t bytes;
    char *const file = need_file(name, &bytes);
    json_t *const test = json_loadb(file, bytes, 0, NULL);
    assert_non_null(test);
    json_t *const expected = json_object_get(test, "expected");
    const char *const message =
        json_string_value(json_object_get(json_object_get(test, "input"), "message"));
    const size_t message_bytes = strlen(message);
    char *const text = calloc(1, message_bytes + LIMIT_VECTOR_PADDING);
    assert_non_null(text);
    memcpy(text, message, message_bytes);

    struct format_reader reader;
    struct event event;
    const struct block block = {.layout = LAYOUT_JSON_STREAM, .text = text, .bytes = message_bytes};
    format_reader_init(&reader, schema_set_paths(schema, NULL, block.layout), NULL, JSON_TIER_BEST,
                       LIMIT_LINE_BYTES, &block);
    assert_int_equal(format_reader_next(&reader, &record), RECORD_FOUND);
    if (schema_set_apply(schema, scratch, NULL, block.layout, &record, &event) == SCHEMA_EVENT) {
        char address[ADDRESS_TEXT_BYTES] = "";
        if (event.flags & EVENT_HAS_SOURCE)
            address_format(&event.source, address);
        assert_string_equal(address, expected_text(expected, "source", "ip"));
        const char *const email = expected_text(expected, "user", "email");
        const char *const id = expected_text(expected, "user", "id");
        const char *const outcome = expected_text(expected, "event", "outcome");
        if (*email != '\0')
            assert_true(slice_equals(event.text[TEXT_ACCOUNT_RAW], slice_from_string(email)));
        if (*id != '\0')
            assert_true(slice_equals(event.text[TEXT_ACCOUNT_ID], slice_from_string(id)));
        if (*outcome != '\0')
            assert_string_equal(outcome_ecs((enum outcome)event.outcome), outcome);
        const char *code = expected_text(expected, "error", "code");
        if (*code == '\0')
            code = expected_text(expected, "event", "code");
        assert_true(slice_equals(event.text[TEXT_CODE], slice_from_string(code)));
    } else {
        /* A directory audit: the peer gives it no code. */
        assert_string_equal(expected_text(expected, "error", "code"), "");
        assert_string_equal(expected_text(expected, "event", "code"), "");
    }
    free(text);
    json_decref(test);
    free(file);
}

static void schema_agrees_with_a_peer_event_by_event(void **state)
{
    (void)state;
    static const char *const folders[] = {"sekoia_intake_formats/entra_azure_monitor",
                                          "sekoia_intake_formats/entra_graph"};
    struct schema_set *const schema = create_schema(SCHEMA_WANTED_ALL);
    struct schema_scratch *scratch;
    size_t compared = 0;
    assert_int_equal(schema_scratch_create(&scratch, LIMIT_LINE_BYTES), STATUS_OK);
    for (size_t i = 0; i < 2; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof(path), "%s/real/%s", data_folder(), folders[i]);
        DIR *const folder = opendir(path);
        if (folder == NULL)
            continue;
        for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            if (!slice_ends_with(slice_from_string(entry->d_name), SLICE(".json")))
                continue;
            char name[PATH_BYTES + NAME_BYTES];
            snprintf(name, sizeof(name), "%s/%s", folders[i], entry->d_name);
            check_peer(schema, scratch, name);
            compared++;
        }
        closedir(folder);
    }
    schema_scratch_destroy(scratch);
    schema_set_destroy(schema);
    assert_true(compared > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_counts_in_real_logs_what_was_counted_by_hand),
        cmocka_unit_test(schema_counts_the_same_when_it_stops_early),
        cmocka_unit_test(schema_agrees_with_a_peer_event_by_event),
    };
    size_t bytes;
    char *const manifest = read_file("MANIFEST.md", &bytes);
    if (manifest == NULL) {
        printf("1..0 # SKIP no data in %s\n", data_folder());
        return 0;
    }
    free(manifest);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
