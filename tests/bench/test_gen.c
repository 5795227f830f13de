#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/command_gen.h"
#include "bench/gen.h"
#include "engine/base/slice.h"
#include "tests/support/json_oracle.h"

enum { RECORD_BYTES_LOW = 2000, RECORD_BYTES_HIGH = 4500 };

/* ---- a log in memory --------------------------------------------------------------------- */

struct log {
    struct gen *gen;
    char *text; /* ends with a zero byte */
    size_t bytes;
};

static struct gen *create(const struct gen_options *options)
{
    struct diagnostics diagnostics;
    struct gen *gen = NULL;
    diagnostics_init(&diagnostics);
    const enum status status = gen_create(&gen, options, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    assert_int_equal(status, STATUS_OK);
    return gen;
}

static struct log log_read(const struct gen_options *options, size_t call_bytes)
{
    struct log log = {.gen = create(options)};
    size_t capacity = 0, bytes;
    do {
        if (capacity - log.bytes < call_bytes + 1) {
            capacity = capacity * 2 + call_bytes + 1;
            log.text = realloc(log.text, capacity);
            assert_non_null(log.text);
        }
        bytes = gen_next(log.gen, log.text + log.bytes, call_bytes);
        assert_true(bytes <= call_bytes);
        log.bytes += bytes;
    } while (bytes > 0);
    log.text[log.bytes] = '\0';
    assert_int_equal(gen_status(log.gen), STATUS_OK);
    assert_int_equal(gen_counters(log.gen).bytes, log.bytes);
    return log;
}

static void log_deinit(struct log *log)
{
    gen_destroy(log->gen);
    free(log->text);
}

/* The next line without its end; false behind the last. */
static bool line_next(const struct log *log, size_t *at, struct slice *line)
{
    if (*at >= log->bytes)
        return false;
    const char *end = memchr(log->text + *at, '\n', log->bytes - *at);
    assert_non_null(end);
    *line = slice_of(log->text + *at, (size_t)(end - log->text) - *at);
    *at += line->bytes + 1;
    return true;
}

/* What stands behind the first `key` of a line. */
static const char *value_find(struct slice line, const char *key)
{
    const char *found = memmem(line.start, line.bytes, key, strlen(key));
    assert_non_null(found);
    return found + strlen(key);
}

/* The id of a record of Azure's shape, without the cost of the oracle. */
static void line_id(struct slice line, char id[37])
{
    memcpy(id, value_find(line, "\"properties\":{\"id\":\""), 36);
    id[36] = '\0';
}

static json_t *line_parse(struct slice line)
{
    json_error_t error;
    json_t *root = json_loadb(line.start, line.bytes, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("%s in %.*s", error.text, (int)line.bytes, line.start);
    return root;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL)
        fail_msg("no text %s", key);
    return text;
}

static json_int_t code_of(const json_t *properties)
{
    const json_t *code = json_object_get(json_object_get(properties, "status"), "errorCode");
    assert_true(json_is_integer(code));
    return json_integer_value(code);
}

static bool has_text(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

/* Milliseconds within 1 to 28 days of "2024-01-DDTHH:MM:SS.mmm…". */
static int64_t january_ms(const char *time)
{
    unsigned day, hour, minute, second, milli;
    /* A copy: sscanf measures all of its text, and here that can be the rest of the log. */
    char copy[24];
    memcpy(copy, time, sizeof copy - 1);
    copy[sizeof copy - 1] = '\0';
    assert_int_equal(
        sscanf(copy, "2024-01-%2uT%2u:%2u:%2u.%3u", &day, &hour, &minute, &second, &milli), 5);
    return ((((int64_t)day * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli;
}

static struct gen_options small(void)
{
    struct gen_options options;
    gen_options_init(&options);
    options.people_count = 300;
    options.days = 5;
    return options;
}

static void add_attack(struct gen_options *options, const char *text)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status = gen_options_add_attack(options, text, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    assert_int_equal(status, STATUS_OK);
}

static uint64_t fnv1a(const char *bytes, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* ---- the same bytes ---------------------------------------------------------------------- */

static uint64_t hash_of_seed(uint64_t seed, size_t call_bytes, enum gen_shape shape)
{
    struct gen_options options;
    gen_options_init(&options);
    options.seed = seed;
    options.bytes_max = 1 << 20;
    options.traps = GEN_TRAPS_ALL;
    options.disorder_s = 30;
    options.duplicates_ppm = 20000;
    options.shape = shape;
    add_attack(&options, "fasthttp:start=0");
    struct log log = log_read(&options, call_bytes);
    assert_true(log.bytes <= 1 << 20 && log.bytes > (1 << 20) - GEN_RECORD_BYTES_MAX);
    const uint64_t hash = fnv1a(log.text, log.bytes);
    log_deinit(&log);
    gen_options_deinit(&options);
    return hash;
}

static void gen_gives_the_same_bytes_for_the_same_seed(void **state)
{
    (void)state;
    const uint64_t hash = hash_of_seed(7, 1 << 16, GEN_SHAPE_AZURE);
    assert_int_equal(hash_of_seed(7, 1 << 16, GEN_SHAPE_AZURE), hash);
    assert_int_not_equal(hash_of_seed(8, 1 << 16, GEN_SHAPE_AZURE), hash);
}

static void gen_gives_the_same_bytes_for_every_size_of_call(void **state)
{
    (void)state;
    static const size_t sizes[] = {GEN_RECORD_BYTES_MAX + 1, 20000, 1 << 20};
    for (int shape = 0; shape < GEN_SHAPE_COUNT; shape++) {
        const uint64_t hash = hash_of_seed(7, GEN_RECORD_BYTES_MAX, (enum gen_shape)shape);
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
            assert_int_equal(hash_of_seed(7, sizes[i], (enum gen_shape)shape), hash);
    }
}

/* ---- records ----------------------------------------------------------------------------- */

/* What the steps of the authentication say must fit the code. */
static void check_proof(const json_t *properties)
{
    const json_t *steps = json_object_get(properties, "authenticationDetails");
    assert_true(json_is_array(steps));
    const json_t *first = json_array_get(steps, 0);
    const char *detail =
        first != NULL ? text_of(first, "authenticationStepResultDetail") : "no step";
    switch (code_of(properties)) {
    case 0:
        if (text_of(properties, "userPrincipalName")[0] != '\0')
            assert_true(json_is_true(json_object_get(first, "succeeded")));
        break;
    case 50126:
        assert_string_equal(detail, "Incorrect password");
        assert_true(json_is_false(json_object_get(first, "succeeded")));
        break;
    case 50074:
    case 50076:
    case 50079:
    case 500121:
        assert_int_equal(json_array_size(steps), 2);
        assert_true(json_is_false(json_object_get(json_array_get(steps, 1), "succeeded")));
        assert_string_equal(detail, "Correct password");
        break;
    case 53000:
    case 53003:
        assert_string_equal(detail, "Correct password");
        assert_string_equal(text_of(properties, "conditionalAccessStatus"), "failure");
        break;
    case 50034:
    case 50053:
    case 50057:
    case 90033:
        assert_string_equal(detail, "no step");
        break;
    default:
        break;
    }
}

static void check_properties(const json_t *properties)
{
    static const char *const texts[] = {
        "id",
        "createdDateTime",
        "userDisplayName",
        "userPrincipalName",
        "userId",
        "appId",
        "appDisplayName",
        "ipAddress",
        "userAgent",
        "clientAppUsed",
        "conditionalAccessStatus",
        "correlationId",
        "resourceId",
        "resourceDisplayName",
        "authenticationProtocol",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        text_of(properties, texts[i]);
    assert_true(json_is_integer(json_object_get(properties, "autonomousSystemNumber")));
    assert_true(json_is_boolean(json_object_get(properties, "isInteractive")));
    const json_t *location = json_object_get(properties, "location");
    assert_int_equal(strlen(text_of(location, "countryOrRegion")), 2);
    assert_true(
        json_is_number(json_object_get(json_object_get(location, "geoCoordinates"), "latitude")));
    const size_t policies =
        json_array_size(json_object_get(properties, "appliedConditionalAccessPolicies"));
    assert_in_range(policies, 2, 5);
    check_proof(properties);
}

static void check_envelope(const json_t *root, const json_t *properties)
{
    char code[16];
    snprintf(code, sizeof code, "%lld", (long long)code_of(properties));
    assert_string_equal(text_of(root, "resultType"), code);
    assert_string_equal(text_of(root, "callerIpAddress"), text_of(properties, "ipAddress"));
    assert_true(has_text(text_of(root, "category"), "SignInLogs"));
    assert_true(has_text(text_of(root, "resourceId"), text_of(root, "tenantId")));
    assert_int_equal(json_object_get(root, "resultDescription") == NULL, code_of(properties) == 0);
    const int64_t late_ms =
        january_ms(text_of(root, "time")) - january_ms(text_of(properties, "createdDateTime"));
    assert_in_range(late_ms, 2 * 60 * 1000 - 1, 12 * 60 * 1000 + 1);
}

/* One attack of each profile and all noise, so that every kind of record is there. */
static struct gen_options everything(enum gen_shape shape)
{
    struct gen_options options = small();
    options.people_count = 400;
    options.tenants_count = 2;
    options.days = 5;
    options.signins_per_day_milli = 300;
    options.noninteractive_ppm = 200000;
    options.traps = GEN_TRAPS_ALL;
    options.shape = shape;
    for (size_t i = 0; gen_profile_name(i) != NULL; i++)
        add_attack(&options, gen_profile_name(i));
    return options;
}

static void gen_writes_azure_records_in_order_of_time(void **state)
{
    (void)state;
    struct gen_options options = everything(GEN_SHAPE_AZURE);
    struct log log = log_read(&options, 1 << 20);
    char last[40] = "";
    struct slice line;
    uint64_t count = 0, successes = 0;
    for (size_t at = 0; line_next(&log, &at, &line); count++) {
        assert_in_range(line.bytes, RECORD_BYTES_LOW, RECORD_BYTES_HIGH);
        json_t *root = line_parse(line);
        const json_t *properties = json_object_get(root, "properties");
        check_properties(properties);
        check_envelope(root, properties);
        const char *time = text_of(properties, "createdDateTime");
        assert_int_equal(strlen(time), strlen("2024-01-01T00:00:00.0000000+00:00"));
        assert_true(strcmp(time, last) >= 0);
        snprintf(last, sizeof last, "%s", time);
        successes += code_of(properties) == 0;
        json_decref(root);
    }
    assert_true(count > 4000);
    assert_int_equal(gen_counters(log.gen).records, count);
    assert_int_equal(gen_counters(log.gen).successes, successes);
    assert_int_equal(gen_counters(log.gen).duplicates, 0);
    log_deinit(&log);
    gen_options_deinit(&options);
}

static void gen_writes_graph_records(void **state)
{
    (void)state;
    struct gen_options options = everything(GEN_SHAPE_GRAPH);
    struct log log = log_read(&options, 1 << 20);
    struct slice line;
    for (size_t at = 0; line_next(&log, &at, &line);) {
        assert_in_range(line.bytes, RECORD_BYTES_LOW, RECORD_BYTES_HIGH);
        json_t *root = line_parse(line);
        check_properties(root);
        assert_null(json_object_get(root, "properties"));
        assert_int_equal(json_array_size(json_object_get(root, "signInEventTypes")), 1);
        if (code_of(root) == 0)
            assert_string_equal(text_of(json_object_get(root, "status"), "failureReason"),
                                "Other.");
        json_decref(root);
    }
    log_deinit(&log);
    gen_options_deinit(&options);
}

static size_t count_starts(const struct log *log, const char *start)
{
    size_t count = 0;
    const char *at = log->text;
    while ((at = strstr(at, start)) != NULL) {
        count++;
        at++;
    }
    return count;
}

/* Every line has a time, a host and a process, and each sign-in one line that is its attempt, but
 * for those to which the directory did not answer. */
static void gen_writes_lines_of_sshd(void **state)
{
    (void)state;
    static const char *const shown[] = {"]: Accepted ", "]: Failed ", "]: Partial ",
                                        "]: fatal: Timeout "};
    static const enum gen_shape shapes[] = {GEN_SHAPE_SSHD, GEN_SHAPE_SSHD_ISO};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct gen_options options = everything(shapes[i]);
        struct log log = log_read(&options, 1 << 20);
        struct slice line;
        char last[40] = "";
        for (size_t at = 0; line_next(&log, &at, &line);) {
            char time[40] = "", host[64], day[4];
            unsigned process;
            /* A copy: see january_ms. */
            char copy[128];
            const size_t bytes = line.bytes < sizeof copy - 1 ? line.bytes : sizeof copy - 1;
            memcpy(copy, line.start, bytes);
            copy[bytes] = '\0';
            if (shapes[i] == GEN_SHAPE_SSHD)
                assert_int_equal(sscanf(copy, "Jan %2[ 0-9] %8[0-9:] %63s sshd[%u]: ", day, time,
                                        host, &process),
                                 4);
            else
                assert_int_equal(sscanf(copy, "2024-01-%39s %63s sshd[%u]: ", time, host, &process),
                                 3);
            assert_memory_equal(host, "gate", 4);
            if (shapes[i] == GEN_SHAPE_SSHD_ISO)
                assert_true(strcmp(time, last) >= 0);
            snprintf(last, sizeof last, "%s", time);
        }
        size_t attempts = 0;
        for (size_t kind = 0; kind < sizeof(shown) / sizeof(shown[0]); kind++)
            attempts += count_starts(&log, shown[kind]);
        const struct gen_counters counters = gen_counters(log.gen);
        assert_int_equal(attempts, counters.records);
        assert_int_equal(count_starts(&log, "]: Accepted ") - count_starts(&log, " (password exp"),
                         counters.successes);
        log_deinit(&log);
        gen_options_deinit(&options);
    }
}

static void gen_wraps_records_in_envelopes(void **state)
{
    (void)state;
    static const struct {
        enum gen_shape shape;
        const char *key; /* of the list; NULL: the list itself */
    } rows[] = {
        {GEN_SHAPE_GRAPH_ARRAY, NULL},
        {GEN_SHAPE_GRAPH_VALUE, "value"},
        {GEN_SHAPE_RECORDS, "records"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gen_options options = small();
        options.shape = rows[i].shape;
        options.events_max = 250;
        struct log log = log_read(&options, GEN_RECORD_BYTES_MAX);
        json_t *root = line_parse(slice_of(log.text, log.bytes));
        const json_t *list = rows[i].key != NULL ? json_object_get(root, rows[i].key) : root;
        assert_int_equal(json_array_size(list), 250);
        json_decref(root);
        log_deinit(&log);
    }
}

static void gen_ids_are_unique_but_for_duplicates(void **state)
{
    (void)state;
    struct gen_options options = small();
    options.duplicates_ppm = 50000;
    struct log log = log_read(&options, 1 << 20);
    json_t *ids = json_object();
    struct slice line;
    uint64_t repeated = 0;
    for (size_t at = 0; line_next(&log, &at, &line);) {
        char id[37];
        line_id(line, id);
        const json_t *first = json_object_get(ids, id);
        if (first != NULL) {
            repeated++;
            assert_int_equal(json_integer_value(first), (json_int_t)fnv1a(line.start, line.bytes));
        } else {
            json_object_set_new(ids, id, json_integer((json_int_t)fnv1a(line.start, line.bytes)));
        }
    }
    const struct gen_counters counters = gen_counters(log.gen);
    assert_int_equal(repeated, counters.duplicates);
    assert_in_range(repeated * 100 / counters.records, 3, 7);
    json_decref(ids);
    log_deinit(&log);
}

static void gen_disorder_stays_within_its_bound(void **state)
{
    (void)state;
    struct gen_options options = small();
    options.disorder_s = 90;
    struct log log = log_read(&options, 1 << 20);
    int64_t highest = 0, most = 0;
    struct slice line;
    for (size_t at = 0; line_next(&log, &at, &line);) {
        const int64_t time = january_ms(value_find(line, "\"createdDateTime\":\""));
        most = highest - time > most ? highest - time : most;
        highest = time > highest ? time : highest;
    }
    assert_in_range(most, 30 * 1000, 90 * 1000);
    log_deinit(&log);
}

static void gen_stops_at_each_bound(void **state)
{
    (void)state;
    struct gen_options options = small();
    options.days = 0;
    options.events_max = 321;
    struct log log = log_read(&options, 1 << 20);
    assert_int_equal(gen_counters(log.gen).records, 321);
    log_deinit(&log);

    options.events_max = 0;
    options.bytes_max = 3000000;
    log = log_read(&options, 1 << 20);
    assert_in_range(log.bytes, 3000000 - RECORD_BYTES_HIGH, 3000000);
    log_deinit(&log);

    options.bytes_max = 1; /* not even one record */
    log = log_read(&options, 1 << 20);
    assert_int_equal(log.bytes, 0);
    log_deinit(&log);

    options.bytes_max = 0; /* no bound at all: seven days */
    log = log_read(&options, 1 << 20);
    assert_true(has_text(log.text, "2024-01-07T"));
    assert_false(has_text(log.text, "\"createdDateTime\":\"2024-01-08T"));
    log_deinit(&log);
}

/* ---- people ------------------------------------------------------------------------------ */

static void gen_people_mostly_succeed_and_mistype_on_mondays(void **state)
{
    (void)state;
    struct gen_options options = small();
    options.people_count = 2000;
    options.days = 14;
    struct log log = log_read(&options, 1 << 20);
    uint64_t all = 0, success = 0, wrong = 0, morning[7] = {0}, morning_wrong[7] = {0};
    struct slice line;
    for (size_t at = 0; line_next(&log, &at, &line); all++) {
        /* Sixty thousand records: too many for the oracle, and not what is in question. */
        const char *code = value_find(line, "\"errorCode\":");
        const bool is_wrong = strncmp(code, "50126,", 6) == 0;
        success += strncmp(code, "0,", 2) == 0 || strncmp(code, "0}", 2) == 0;
        wrong += is_wrong;
        const int64_t ms = january_ms(value_find(line, "\"createdDateTime\":\""));
        const size_t weekday = (size_t)(ms / 86400000 - 1) % 7; /* the first is a Monday */
        const int64_t hour = ms / 3600000 % 24;
        if (hour >= 6 && hour < 9) { /* 7 to 10 in the middle of Europe */
            morning[weekday]++;
            morning_wrong[weekday] += is_wrong;
        }
    }
    assert_in_range(success * 1000 / all, 880, 960);
    assert_in_range(wrong * 1000 / all, 30, 80);
    const uint64_t monday = morning_wrong[0] * 10000 / morning[0];
    const uint64_t tuesday = morning_wrong[1] * 10000 / morning[1];
    assert_in_range(monday * 10 / tuesday, 20, 50);
    assert_true(morning[1] > 4 * morning[6]); /* Sunday */
    log_deinit(&log);
}

/* ---- attacks ----------------------------------------------------------------------------- */

/* All that can be known of an attack from the records alone. */
struct recount {
    uint64_t attempts, followups;
    json_t *accounts, *sources, *codes; /* sets, and counts by code */
    json_t *confirmed;                  /* account to code */
    char first[40], last[40];
};

static void recount_add(struct recount *recount, const json_t *properties, bool is_attempt)
{
    const char *account = text_of(properties, "userPrincipalName");
    const json_int_t code = code_of(properties);
    if (!is_attempt) {
        assert_int_equal(code, 0);
        assert_non_null(json_object_get(recount->confirmed, account));
        recount->followups++;
        return;
    }
    const char *time = text_of(properties, "createdDateTime");
    if (recount->attempts++ == 0)
        snprintf(recount->first, sizeof recount->first, "%.27s", time);
    snprintf(recount->last, sizeof recount->last, "%.27s", time);
    json_object_set_new(recount->accounts, account, json_true());
    json_object_set_new(recount->sources, text_of(properties, "ipAddress"), json_true());
    char key[16];
    snprintf(key, sizeof key, "%lld", (long long)code);
    const json_int_t seen = json_integer_value(json_object_get(recount->codes, key));
    json_object_set_new(recount->codes, key, json_integer(seen + 1));
    if (code != 50126 && code != 50034 && code != 50053 && code != 50057)
        json_object_set_new(recount->confirmed, account, json_integer(code));
}

/* The log's ids as a set. */
static json_t *ids_of(const struct log *log)
{
    json_t *ids = json_object();
    struct slice line;
    for (size_t at = 0; line_next(log, &at, &line);) {
        char id[37];
        line_id(line, id);
        json_object_set_new(ids, id, json_true());
    }
    return ids;
}

/* Found passwords are used in a browser, for applications that no attack is on. */
static bool is_followup(const json_t *properties)
{
    static const char *const applications[] = {"One Outlook Web", "OfficeHome", "Azure Portal"};
    if (strcmp(text_of(properties, "clientAppUsed"), "Browser") != 0)
        return false;
    for (size_t i = 0; i < sizeof applications / sizeof applications[0]; i++) {
        if (strcmp(text_of(properties, "appDisplayName"), applications[i]) == 0)
            return true;
    }
    return false;
}

/* People do the same with and without an attack: what is new in the log is the attack. */
static struct recount recount_of(const struct log *log, const json_t *quiet)
{
    struct recount recount = {.accounts = json_object(),
                              .sources = json_object(),
                              .codes = json_object(),
                              .confirmed = json_object()};
    struct slice line;
    size_t ordinary = 0;
    for (size_t at = 0; line_next(log, &at, &line);) {
        char id[37];
        line_id(line, id);
        if (json_object_get(quiet, id) != NULL) {
            ordinary++;
            continue;
        }
        json_t *root = line_parse(line);
        const json_t *properties = json_object_get(root, "properties");
        recount_add(&recount, properties, !is_followup(properties));
        json_decref(root);
    }
    assert_int_equal(ordinary, json_object_size(quiet));
    return recount;
}

static void recount_deinit(struct recount *recount)
{
    json_decref(recount->accounts);
    json_decref(recount->sources);
    json_decref(recount->codes);
    json_decref(recount->confirmed);
}

/* The truth file of a generator, parsed: an array of its objects. */
static json_t *truth_of(const struct gen *gen)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(gen_write_truth(gen, file), STATUS_OK);
    rewind(file);
    json_t *list = json_array();
    json_t *entry;
    while ((entry = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, NULL)) !=
           NULL)
        json_array_append_new(list, entry);
    assert_int_equal(json_array_size(list), gen_truth_count(gen));
    fclose(file);
    return list;
}

static void check_same_set(const json_t *list, const json_t *set)
{
    assert_int_equal(json_array_size(list), json_object_size(set));
    for (size_t i = 0; i < json_array_size(list); i++)
        assert_non_null(json_object_get(set, json_string_value(json_array_get(list, i))));
}

static void check_truth(const json_t *truth, const struct recount *recount, const char *name)
{
    assert_string_equal(text_of(truth, "profile"), name);
    assert_int_equal(json_integer_value(json_object_get(truth, "attempts")), recount->attempts);
    assert_int_equal(json_integer_value(json_object_get(truth, "followups")), recount->followups);
    assert_int_equal(json_integer_value(json_object_get(truth, "accounts_count")),
                     json_object_size(recount->accounts));
    assert_int_equal(json_integer_value(json_object_get(truth, "sources_count")),
                     json_object_size(recount->sources));
    assert_true(json_equal(json_object_get(truth, "outcomes"), recount->codes));
    check_same_set(json_object_get(truth, "accounts"), recount->accounts);
    assert_memory_equal(text_of(truth, "start"), recount->first, strlen(recount->first));
    assert_memory_equal(text_of(truth, "end"), recount->last, strlen(recount->last));
    const json_t *confirmed = json_object_get(truth, "confirmed");
    assert_int_equal(json_array_size(confirmed), json_object_size(recount->confirmed));
    for (size_t i = 0; i < json_array_size(confirmed); i++) {
        const json_t *entry = json_array_get(confirmed, i);
        const json_t *code = json_object_get(recount->confirmed, text_of(entry, "account"));
        assert_true(json_equal(json_object_get(entry, "code"), code));
    }
}

static void check_attack(const json_t *quiet, struct gen_options options, const char *attack)
{
    add_attack(&options, attack);
    struct log log = log_read(&options, 1 << 20);
    struct recount recount = recount_of(&log, quiet);
    json_t *truth = truth_of(log.gen);
    assert_true(recount.attempts >= 100);
    assert_true(json_object_size(recount.confirmed) > 0);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(attack, ":"), attack);
    check_truth(json_array_get(truth, 0), &recount, name);
    json_decref(truth);
    recount_deinit(&recount);
    log_deinit(&log);
    gen_options_deinit(&options);
}

static void gen_truth_equals_what_the_records_say(void **state)
{
    (void)state;
    struct gen_options options = small();
    options.days = 6;
    options.signins_per_day_milli = 100;
    struct log log = log_read(&options, 1 << 20);
    json_t *quiet = ids_of(&log);
    for (size_t i = 0; gen_profile_name(i) != NULL; i++) {
        char attack[128];
        snprintf(attack, sizeof attack, "%s:found=5", gen_profile_name(i));
        check_attack(quiet, options, attack);
    }
    check_attack(quiet, options, "trevorspray:ipv6=1,accounts=100,found=3,rate=60/m");
    check_attack(quiet, options, "msolspray:unknown=50,passwords=2,wait=5,found=2,results=0");
    json_decref(quiet);
    log_deinit(&log);
}

static void gen_cut_short_counts_only_what_was_written(void **state)
{
    (void)state;
    struct gen_options options = small();
    struct log log = log_read(&options, 1 << 20);
    json_t *quiet = ids_of(&log);
    log_deinit(&log);
    add_attack(&options, "o365spray:start=0,accounts=200,found=10");
    options.events_max = 700; /* the attack alone has more */
    log = log_read(&options, 1 << 20);
    json_t *truth = truth_of(log.gen);
    uint64_t attempts = 0;
    struct slice line;
    for (size_t at = 0; line_next(&log, &at, &line);) {
        char id[37];
        line_id(line, id);
        attempts += json_object_get(quiet, id) == NULL;
    }
    assert_in_range(attempts, 50, 699);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(truth, 0), "attempts")),
                     attempts);
    json_decref(truth);
    json_decref(quiet);
    log_deinit(&log);
    gen_options_deinit(&options);
}

static void gen_attacks_every_one_of_several_tenants(void **state)
{
    (void)state;
    struct gen_options options = small();
    options.tenants_count = 4;
    add_attack(&options, "go365:tenant=1,tenants=3,accounts=60");
    struct log log = log_read(&options, 1 << 20);
    assert_int_equal(gen_truth_count(log.gen), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct gen_truth truth = gen_truth_at(log.gen, i);
        assert_int_equal(truth.accounts_count, 60);
        assert_int_equal(truth.sources_count, 1);
        assert_true(has_text(log.text, truth.tenant));
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(truth.tenant, gen_truth_at(log.gen, other).tenant);
    }
    log_deinit(&log);
    gen_options_deinit(&options);
}

static void gen_january_february_rises_tenfold(void **state)
{
    (void)state;
    struct diagnostics diagnostics;
    struct gen_options options;
    diagnostics_init(&diagnostics);
    gen_options_init(&options);
    assert_int_equal(gen_options_set_scenario(&options, "january-february", 200, &diagnostics),
                     STATUS_OK);
    struct gen *gen = create(&options);
    char *buffer = malloc(1 << 20);
    assert_non_null(buffer);
    while (gen_next(gen, buffer, 1 << 20) > 0)
        continue;
    free(buffer);
    const struct gen_truth january = gen_truth_at(gen, 0), february = gen_truth_at(gen, 1);
    /* A day more in January, and in February accounts that need not be tried any more. */
    assert_in_range(february.attempts * 10 / january.attempts, 85, 105);
    assert_int_equal(january.confirmed_count, 0);
    assert_in_range(january.accounts_count, 60, 100);
    assert_in_range(february.accounts_count, 100, 150);
    assert_int_equal(february.sources_count, february.attempts);
    static const uint32_t codes[] = {0, 50076, 53003};
    assert_int_equal(february.confirmed_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(february.confirmed[i].code, codes[i]);
    char name[GEN_ACCOUNT_BYTES_MAX];
    assert_true(gen_truth_account(gen, 1, february.confirmed[0].account, name));
    assert_true(has_text(name, "legacy.test@"));
    assert_true(february.followups > 0);
    for (size_t i = 2; i < gen_truth_count(gen); i++) {
        if (gen_truth_at(gen, i).attempts == 0)
            fail_msg("no %s", gen_truth_at(gen, i).name);
    }
    gen_destroy(gen);
    gen_options_deinit(&options);
    diagnostics_deinit(&diagnostics);
}

/* ---- noise ------------------------------------------------------------------------------- */

static uint64_t count_of(const struct log *log, const char *part)
{
    uint64_t count = 0;
    struct slice line;
    for (size_t at = 0; line_next(log, &at, &line);)
        count += memmem(line.start, line.bytes, part, strlen(part)) != NULL;
    return count;
}

static void gen_noise_of_each_name_is_in_the_log(void **state)
{
    (void)state;
    /* What the records of a trap hold and no others do; NULL: told by the truth alone. */
    static const char *const marks[GEN_TRAP_COUNT] = {
        [GEN_TRAP_STALE_PHONE] = "Apple-iPhone14C5/2102.61",
        [GEN_TRAP_IDP_OUTAGE] = "\"errorCode\":90033",
        [GEN_TRAP_TERMINAL_SERVER] = "Edg/120.0.2210.61",
        [GEN_TRAP_VPN_CHANGE] = NULL,
    };
    for (int trap = 0; trap < GEN_TRAP_COUNT; trap++) {
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        struct gen_options options = small();
        options.days = 8;
        const char *name = gen_trap_name((enum gen_trap)trap);
        assert_int_equal(gen_options_set_noise(&options, name, &diagnostics), STATUS_OK);
        assert_int_equal(options.traps, 1u << trap);
        struct log log = log_read(&options, 1 << 20);
        assert_int_equal(gen_truth_count(log.gen), 1);
        const struct gen_truth truth = gen_truth_at(log.gen, 0);
        assert_string_equal(truth.name, name);
        assert_false(truth.is_attack);
        if (truth.attempts == 0)
            fail_msg("%s sends nothing", name);
        assert_true(truth.accounts_count > 0 && truth.start_ns < truth.end_ns);
        if (marks[trap] != NULL)
            assert_int_equal(count_of(&log, marks[trap]), truth.attempts);
        log_deinit(&log);
        diagnostics_deinit(&diagnostics);
    }
}

static void gen_noise_lists_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t traps;
    } rows[] = {
        {"all", GEN_TRAPS_ALL},
        {"none", 0},
        {"vpn_change", 1u << GEN_TRAP_VPN_CHANGE},
        {"carrier_nat,idp_outage,carrier_nat",
         1u << GEN_TRAP_CARRIER_NAT | 1u << GEN_TRAP_IDP_OUTAGE},
    };
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gen_options options = small();
        assert_int_equal(gen_options_set_noise(&options, rows[i].text, &diagnostics), STATUS_OK);
        assert_int_equal(options.traps, rows[i].traps);
    }
    diagnostics_deinit(&diagnostics);
}

/* ---- mistakes ---------------------------------------------------------------------------- */

static void gen_says_what_is_wrong_with_an_attack(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message; /* a part of it */
    } rows[] = {
        {"ddos", "unknown attack profile \"ddos\"; there is msolspray"},
        {"", "unknown attack profile"},
        {"go365:speed=1", "unknown attack parameter \"speed\""},
        {"go365:rate=fast", "wanted is attempts with a unit"},
        {"go365:rate=5/y", "wanted is attempts with a unit"},
        {"go365:rate=0", "wanted is attempts with a unit"},
        {"go365:accounts", "wanted is how many accounts"},
        {"go365:accounts=0", "wanted is how many accounts"},
        {"go365:accounts=-1", "wanted is how many accounts"},
        {"go365:yield=101%", "wanted is a share"},
        {"go365:results=50126", "codes of a right password"},
        {"go365:results=0+0+0+0+0", "codes of a right password"},
        {"go365:results=12345", "codes of a right password"},
        {"go365:start=2024-02-30", "wanted is a date"},
        {"go365:ipv6=yes", "wanted is 0 or 1"},
        {"go365:tenants=99999", "how many tenants"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diagnostics diagnostics;
        struct gen_options options = small();
        diagnostics_init(&diagnostics);
        assert_int_equal(gen_options_add_attack(&options, rows[i].text, &diagnostics),
                         STATUS_USAGE);
        assert_int_equal(options.attacks_count, 0);
        assert_int_equal(diagnostics.count, 1);
        if (!has_text(diagnostics.items[0].text, rows[i].message))
            fail_msg("%s: %s", rows[i].text, diagnostics.items[0].text);
        diagnostics_deinit(&diagnostics);
        gen_options_deinit(&options);
    }
}

static void gen_says_what_does_not_fit_together(void **state)
{
    (void)state;
    static const struct {
        const char *attack;
        struct gen_options options;
        const char *message;
    } rows[] = {
        {"go365:accounts=400", {.people_count = 300, .tenants_count = 1}, "its tenant has 300"},
        {"go365:accounts=200", {.people_count = 300, .tenants_count = 2}, "its tenant has 150"},
        {"go365:tenant=1", {.people_count = 300, .tenants_count = 1}, "but the log has 1"},
        {"go365:tenants=3", {.people_count = 300, .tenants_count = 2}, "but the log has 2"},
        {"go365:sources=9999", {.people_count = 300, .tenants_count = 1}, "at most 1536"},
        {"go365:start=2023-12-31", {.people_count = 300, .tenants_count = 1}, "starts before"},
        {"botnet:unknown=5", {.people_count = 300, .tenants_count = 1}, "tries no names"},
        {NULL, {.people_count = 0, .tenants_count = 1}, "people: wanted"},
        {NULL, {.people_count = 3, .tenants_count = 4}, "at least one person"},
        {NULL, {.people_count = 3, .tenants_count = 0}, "tenants: wanted"},
        {NULL, {.people_count = 3, .tenants_count = 1, .days = 1000000}, "days: wanted"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diagnostics diagnostics;
        struct gen_options options = rows[i].options;
        struct gen *gen = NULL;
        diagnostics_init(&diagnostics);
        options.start_s = 1704067200;
        if (rows[i].attack != NULL)
            add_attack(&options, rows[i].attack);
        assert_int_equal(gen_create(&gen, &options, &diagnostics), STATUS_USAGE);
        assert_null(gen);
        assert_int_equal(diagnostics.count, 1);
        if (!has_text(diagnostics.items[0].text, rows[i].message))
            fail_msg("%s: %s", rows[i].message, diagnostics.items[0].text);
        diagnostics_deinit(&diagnostics);
        gen_options_deinit(&options);
    }
}

static void gen_values_are_read_strictly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: refused */
    } dates[] = {
        {"2024-01-01", 1704067200},
        {"2024-02-29", 1709164800},
        {"2024-02-29T09:30", 1709199000},
        {"2023-02-29", -1},
        {"2024-13-01", -1},
        {"2024-1-1", -1},
        {"2024-01-01T", -1},
        {"2024-01-01T24:00", -1},
        {"2024-01-01 ", -1},
        {"1969-01-01", -1},
        {"", -1},
    };
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        int64_t seconds = -1;
        gen_parse_date(dates[i].text, &seconds);
        assert_int_equal(seconds, dates[i].seconds);
    }
    static const struct {
        const char *text;
        int64_t ppm;
    } shares[] = {
        {"0", 0},          {"1", 1000000},
        {"0.01", 10000},   {"1%", 10000},
        {"12.5%", 125000}, {"100%", 1000000},
        {"1.1", -1},       {"101%", -1},
        {"", -1},          {"%", -1},
        {".", -1},         {"0.5 ", -1},
        {"-0.5", -1},      {"99999999999999999999", -1},
    };
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
        uint32_t ppm = 0;
        const bool is_share = gen_parse_share(shares[i].text, &ppm);
        assert_int_equal(is_share ? (int64_t)ppm : -1, shares[i].ppm);
    }
    uint64_t value = 5;
    assert_true(gen_parse_count("18446744073709551615", UINT64_MAX, &value));
    assert_int_equal(value, UINT64_MAX);
    assert_false(gen_parse_count("18446744073709551616", UINT64_MAX, &value));
    assert_false(gen_parse_count("11", 10, &value));
    assert_false(gen_parse_count("", 10, &value));
    assert_false(gen_parse_count("1x", 10, &value));
    uint32_t milli;
    assert_true(gen_parse_milli("1.25", 5000, &milli));
    assert_int_equal(milli, 1250);
    assert_false(gen_parse_milli("5.001", 5000, &milli));
}

static void command_gen_exits_as_the_world_is(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[8];
        int status;
    } rows[] = {
        {{"gen", "--output", "/dev/null", "--events", "10"}, 0},
        {{"gen", "--events", "10", "--output", "/dev/null", "--truth", "/dev/null"}, 0},
        {{"gen", "--events", "1000", "--output", "/dev/full"}, 74},
        {{"gen", "--events", "1", "--output", "/dev/null", "--truth", "/dev/full", "--noise=all"},
         74},
        {{"gen", "--output", "/nonexistent/log"}, 74},
        {{"gen", "--truth", "/nonexistent/truth", "--output", "/dev/null"}, 74},
        {{"gen", "--colour"}, 2},
        {{"gen", "--days"}, 2},
        {{"gen", "--days", "0"}, 2},
        {{"gen", "file.ndjson"}, 2},
        {{"gen", "--bytes", "ten"}, 2},
        {{"gen", "--noise", "loud"}, 2},
        {{"gen", "--shape", "xml"}, 2},
        {{"gen", "--scenario", "march"}, 2},
        {{"gen", "--scenario", "quiet", "--scale", "0.001"}, 2},
        {{"gen", "--attack", "go365:accounts=9999", "--output", "/dev/null"}, 2},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        /* getopt(3) may change its arguments: copies. */
        char copies[8][64], *arguments[9] = {NULL};
        int count = 0;
        for (; count < 8 && rows[i].arguments[count] != NULL; count++) {
            snprintf(copies[count], sizeof copies[count], "%s", rows[i].arguments[count]);
            arguments[count] = copies[count];
        }
        const int status = command_gen(count, arguments);
        if (status != rows[i].status)
            fail_msg("row %zu (%s) exits with %d", i, rows[i].arguments[1], status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gen_gives_the_same_bytes_for_the_same_seed),
        cmocka_unit_test(gen_gives_the_same_bytes_for_every_size_of_call),
        cmocka_unit_test(gen_writes_azure_records_in_order_of_time),
        cmocka_unit_test(gen_writes_graph_records),
        cmocka_unit_test(gen_writes_lines_of_sshd),
        cmocka_unit_test(gen_wraps_records_in_envelopes),
        cmocka_unit_test(gen_ids_are_unique_but_for_duplicates),
        cmocka_unit_test(gen_disorder_stays_within_its_bound),
        cmocka_unit_test(gen_stops_at_each_bound),
        cmocka_unit_test(gen_people_mostly_succeed_and_mistype_on_mondays),
        cmocka_unit_test(gen_truth_equals_what_the_records_say),
        cmocka_unit_test(gen_cut_short_counts_only_what_was_written),
        cmocka_unit_test(gen_attacks_every_one_of_several_tenants),
        cmocka_unit_test(gen_january_february_rises_tenfold),
        cmocka_unit_test(gen_noise_of_each_name_is_in_the_log),
        cmocka_unit_test(gen_noise_lists_are_read),
        cmocka_unit_test(gen_says_what_is_wrong_with_an_attack),
        cmocka_unit_test(gen_says_what_does_not_fit_together),
        cmocka_unit_test(gen_values_are_read_strictly),
        cmocka_unit_test(command_gen_exits_as_the_world_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
