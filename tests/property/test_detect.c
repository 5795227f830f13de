#include "engine/detect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/oracle/naive.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

/* Random streams and random detectors: the engine says exactly what counting everything again says,
 * and says it whoever owns which partitions. */

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum {
    STREAMS_SHORT = 1600, /* minutes and hours */
    STREAMS_LONG = 750,   /* days and weeks */
    ATTEMPTS_MAX = 600,
    DETECTORS_TRIED = 4,
    YAML_BYTES = 8192,
    PARTS_MAX = 8,
};

#define BYTES_MAX ((size_t)256 << 20)

/* ---- random rules ---------------------------------------------------------------------------- */

struct yaml {
    char text[YAML_BYTES];
    size_t bytes;
};

static void yaml_add(struct yaml *yaml, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void yaml_add(struct yaml *yaml, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int bytes =
        vsnprintf(yaml->text + yaml->bytes, YAML_BYTES - yaml->bytes, format, arguments);
    va_end(arguments);
    assert_true(bytes >= 0 && (size_t)bytes < YAML_BYTES - yaml->bytes);
    yaml->bytes += (size_t)bytes;
}

static const char base_rules[] =
    "title: Failed\n"
    "name: failed\n"
    "detection:\n"
    "  s: {spraywatch.outcome: [wrong_password, locked, unknown_account]}\n"
    "  condition: s\n"
    "---\n"
    "title: Right\n"
    "name: right\n"
    "detection: {s: {spraywatch.password: right}, condition: s}\n";

/* Spans that may stand together, the first of each pair or triple being `timespan`. */
static const char *const spans_short[][2] = {
    {"10s", NULL}, {"1m", NULL}, {"2m", "[10m]"}, {"10m", "[1m, 20m]"}, {"1h", "[5m]"}};
static const char *const spans_long[][2] = {
    {"1h", NULL}, {"15m", "[60m, 24h]"}, {"1h", "[24h]"}, {"24h", "[3h]"}, {"3d", "[1d]"}};

static const char *const group_by[] = {
    "[organization.id]",
    "[organization.id, user_agent.original, spraywatch.client.id]",
    "[organization.id, source.as.number]",
    "[spraywatch.client.id]",
    "[user.name]",
    "[source.ip]",
    "[spraywatch.outcome, source.as.number]",
};

static const char *pick(struct random *random, const char *const *words, uint32_t count)
{
    return words[random_below(random, count)];
}

static void add_count(struct yaml *yaml, struct random *random, const char *const span[2])
{
    static const char *const counted[] = {"user.name", "source.ip", "spraywatch.outcome",
                                          "user_agent.original"};
    static const char *const conditions[] = {"gte: 2", "gte: 4", "gt: 5", "gte: 2, lte: 4",
                                             "eq: 3"};
    const bool is_value_count = random_below(random, 2) == 0;
    const char *const keys = pick(random, group_by, sizeof(group_by) / sizeof(group_by[0]));
    const char *field = pick(random, counted, 4);
    while (strstr(keys, field) != NULL)
        field = pick(random, counted, 4);
    yaml_add(yaml, "  type: %s\n  rules: [%s]\n  group-by: %s\n  timespan: %s\n",
             is_value_count ? "value_count" : "event_count",
             random_below(random, 3) == 0 ? "failed, right" : "failed", keys, span[0]);
    yaml_add(yaml, "  condition: {");
    if (is_value_count)
        yaml_add(yaml, "field: %s, ", field);
    yaml_add(yaml, "%s}\nspraywatch: {kind: count}\n", pick(random, conditions, 5));
}

static void add_correlation(struct yaml *yaml, struct random *random, const char *keys,
                            const char *const span[2], uint32_t accounts_max)
{
    yaml_add(yaml,
             "  type: value_count\n  rules: [failed]\n  group-by: %s\n  timespan: %s\n"
             "  condition: {field: user.name, gte: %u}\n",
             keys, span[0], 1 + random_below(random, accounts_max));
}

static void add_fanout(struct yaml *yaml, struct random *random, const char *const span[2])
{
    add_correlation(yaml, random, "[organization.id, source.ip]", span, 5);
    yaml_add(yaml,
             "spraywatch:\n  kind: source_fanout\n"
             "  also-by: [source.ip/24, source.ip/64, source.ip/48]\n"
             "  attempts-per-account: {lte: %u.5}\n"
             "  known-good: {floor: %u, sqrt: 0.%u, share: 0.%u}\n",
             1 + random_below(random, 3), random_below(random, 5), random_below(random, 10),
             random_below(random, 6));
}

static void add_distributed(struct yaml *yaml, struct random *random, const char *const span[2])
{
    static const char *const histories[] = {"1s", "1h", "2d", "7d"};
    add_correlation(yaml, random, pick(random, group_by, 4), span, 4);
    yaml_add(yaml,
             "spraywatch:\n  kind: distributed\n  attempts-per-account: {lte: %u.5}\n"
             "  sources: {gte: %u}\n  sources-per-account: {gte: 0.%u}\n"
             "  success-share: {lte: 0.%u}\n  ratio: {gte: 1.%u}\n  history: %s\n",
             1 + random_below(random, 3), 1 + random_below(random, 3), random_below(random, 7),
             2 + random_below(random, 7), random_below(random, 10), pick(random, histories, 4));
}

static void add_surge(struct yaml *yaml, struct random *random, const char *const span[2])
{
    static const char *const histories[] = {"1s", "1h", "2d", "7d"};
    add_correlation(yaml, random, pick(random, group_by, 4), span, 3);
    yaml_add(yaml,
             "spraywatch:\n  kind: surge\n  ratio: {gte: %u, elevated: 1.%u}\n"
             "  z: {gte: %u.5}\n  accounts: {gte: %u}\n  history: %s\n",
             2 + random_below(random, 3), random_below(random, 10), random_below(random, 3),
             1 + random_below(random, 3), pick(random, histories, 4));
}

static void add_low_and_slow(struct yaml *yaml, struct random *random, const char *const span[2])
{
    add_correlation(yaml, random, pick(random, group_by, 4), span, 6);
    yaml_add(yaml,
             "spraywatch:\n  kind: low_and_slow\n  accounts: {longer: %u, known: %u}\n"
             "  attempts-per-account: {lte: %u.5}\n  success-share: {lte: 0.%u}\n",
             2 + random_below(random, 8), 1 + random_below(random, 3), 1 + random_below(random, 3),
             1 + random_below(random, 8));
}

static void add_enumeration(struct yaml *yaml, struct random *random, const char *const span[2])
{
    add_correlation(yaml, random, pick(random, group_by, 4), span, 3);
    yaml_add(yaml, "spraywatch:\n  kind: enumeration\n  unknown-share: {gte: 0.%u}\n",
             random_below(random, 8));
}

static void add_lockout_storm(struct yaml *yaml, struct random *random, const char *const span[2])
{
    static const char *const histories[] = {"1s", "1h", "2d", "7d"};
    add_correlation(yaml, random, pick(random, group_by, 4), span, 4);
    yaml_add(yaml, "spraywatch:\n  kind: lockout_storm\n  ratio: {gte: 1.%u}\n  history: %s\n",
             random_below(random, 10), pick(random, histories, 4));
}

static void add_shift(struct yaml *yaml, struct random *random, const char *const span[2])
{
    static const char *const histories[] = {"1s", "1h", "2d", "7d"};
    add_correlation(yaml, random, pick(random, group_by, 4), span, 4);
    yaml_add(yaml,
             "spraywatch:\n  kind: shift\n  cusum: {rise: %u.5, alarm: %u.%u}\n"
             "  attempts-per-account: {lte: %u.5}\n  history: %s\n",
             1 + random_below(random, 4), 1 + random_below(random, 4), random_below(random, 10),
             1 + random_below(random, 3), pick(random, histories, 4));
}

static void add_detector(struct yaml *yaml, struct random *random, unsigned number, bool is_long)
{
    const char *const *const span =
        is_long ? spans_long[random_below(random, 5)] : spans_short[random_below(random, 5)];
    const uint32_t kind = random_below(random, is_long ? 10 : 7);
    yaml_add(yaml, "---\ntitle: D%u\nname: d%u\ncorrelation:\n", number, number);
    switch (kind) {
    case 0:
        add_count(yaml, random, span);
        return;
    case 1:
        add_fanout(yaml, random, span);
        break;
    case 2:
        add_distributed(yaml, random, span);
        break;
    case 3:
        add_low_and_slow(yaml, random, span);
        break;
    case 4:
        add_enumeration(yaml, random, span);
        break;
    case 5:
        add_lockout_storm(yaml, random, span);
        break;
    case 6:
    case 7:
        add_shift(yaml, random, span);
        break;
    default:
        add_surge(yaml, random, span);
    }
    if (span[1] != NULL)
        yaml_add(yaml, "  also-timespan: %s\n", span[1]);
}

static struct ruleset *random_ruleset(struct random *random, bool is_long, struct yaml *yaml)
{
    yaml->bytes = 0;
    yaml_add(yaml, "%s", base_rules);
    const unsigned count = 1 + random_below(random, DETECTORS_TRIED);
    for (unsigned i = 0; i < count; i++)
        add_detector(yaml, random, i, is_long);
    yaml_add(yaml, "---\ntitle: Confirmed\nname: confirmed\ncorrelation:\n  type: value_count\n"
                   "  rules: [right]\n  group-by: [organization.id]\n  timespan: 24h\n"
                   "  condition: {field: user.name, gte: 1}\n"
                   "spraywatch: {kind: confirmed_password}\n");
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const struct rule_text text = {.path = "random.yml", .text = slice_of(yaml->text, yaml->bytes)};
    struct ruleset *ruleset = NULL;
    const enum status status = ruleset_create_from_texts(&ruleset, &text, 1, &diagnostics);
    if (status != STATUS_OK)
        diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    assert_int_equal(status, STATUS_OK);
    return ruleset;
}

/* ---- random streams -------------------------------------------------------------------------- */

/* What a stream is drawn from: small enough that thresholds are met now and then. */
struct vocabulary {
    uint32_t accounts, sources, agents, clients, tenants, asns;
    uint32_t success_percent, familiar_percent, late_percent;
};

struct stream {
    struct attempt attempts[ATTEMPTS_MAX];
    uint32_t count;
    uint64_t failed, right; /* bits of the base rules */
};

static struct vocabulary random_vocabulary(struct random *random)
{
    return (struct vocabulary){
        .accounts = 2 + random_below(random, 20),
        .sources = 1 + random_below(random, 12),
        .agents = 1 + random_below(random, 3),
        .clients = 1 + random_below(random, 2),
        .tenants = 1 + random_below(random, 2),
        .asns = 1 + random_below(random, 3),
        .success_percent = random_below(random, 40),
        .familiar_percent = random_below(random, 30),
        .late_percent = random_below(random, 2) == 0 ? 0 : random_below(random, 40),
    };
}

/* Sometimes absent, now and then over the memory cap, mostly one of a few. */
static uint32_t random_name(struct random *random, uint32_t count)
{
    const uint32_t kind = random_below(random, 40);
    return kind == 0 ? NAME_NONE : kind == 1 ? 1 : 2 + random_below(random, count);
}

/* Sources 2, 3, 4 … ; every other one is IPv6, four share a network, eight a site. */
static void random_source(struct random *random, uint32_t count, struct attempt *attempt)
{
    attempt->source = random_name(random, count);
    if (attempt->source <= 1) {
        attempt->source_network = attempt->source_site = attempt->source;
        return;
    }
    const bool is_ipv6 = attempt->source % 2 == 1;
    attempt->source_network = 100 + attempt->source / 8 * 2 + is_ipv6;
    attempt->source_site = is_ipv6 ? 200 + attempt->source / 16 : attempt->source_network;
    if (is_ipv6)
        attempt->flags |= EVENT_SOURCE_IPV6;
}

static uint8_t random_outcome(struct random *random, const struct vocabulary *vocabulary)
{
    static const uint8_t failures[] = {OUTCOME_WRONG_PASSWORD, OUTCOME_UNKNOWN_ACCOUNT,
                                       OUTCOME_WRONG_PASSWORD, OUTCOME_LOCKED,
                                       OUTCOME_MFA_REQUIRED,   OUTCOME_INTERRUPTED};
    return random_below(random, 100) < vocabulary->success_percent
               ? OUTCOME_SUCCESS
               : failures[random_below(random, sizeof(failures))];
}

/* How the times of a stream run on. */
enum pace {
    PACE_MINUTES, /* bursts, hours between them */
    PACE_WEEKS,   /* hours between attempts, now and then a gap of weeks */
    PACE_WEEKLY,  /* at the same hours of every week, never as many */
    PACE_SIEGE,   /* quiet days, then months without one */
    PACE_COUNT
};

static int64_t random_step(struct random *random, enum pace pace, uint32_t number)
{
    const uint32_t kind = random_below(random, 100);
    if (pace == PACE_SIEGE)
        return (number < 5 ? 20 * 3600 : 3600 + random_below(random, 5 * 3600)) * SECOND;
    if (kind < 30)
        return 0; /* equal times */
    switch (pace) {
    case PACE_MINUTES:
        return (kind < 97 ? random_below(random, 20) : random_below(random, 7200)) * SECOND;
    case PACE_WEEKLY:
        return kind < 98 ? random_below(random, 300) * SECOND
                         : 7 * DAY - random_below(random, 3600) * SECOND;
    default:
        if (kind < 60)
            return random_below(random, 300) * SECOND;
        return kind < 99 ? random_below(random, 9 * 3600) * SECOND
                         : random_below(random, 45) * DAY + random_below(random, 86400) * SECOND;
    }
}

static void random_times(struct random *random, struct stream *stream, enum pace pace,
                         uint32_t late_percent)
{
    static const uint32_t late_seconds[PACE_COUNT] = {1500, 30 * 3600, 7200, 30 * 3600};
    int64_t now_ns = 19000 * DAY + random_below(random, 86400) * SECOND;
    for (uint32_t i = 0; i < stream->count; i++) {
        struct attempt *const attempt = &stream->attempts[i];
        now_ns += random_step(random, pace, i);
        attempt->time_ns = now_ns;
        attempt->is_late = random_below(random, 100) < late_percent;
        if (attempt->is_late)
            attempt->time_ns -= random_below(random, late_seconds[pace]) * SECOND;
    }
}

static void random_stream(struct random *random, struct stream *stream, enum pace pace)
{
    const struct vocabulary vocabulary = random_vocabulary(random);
    stream->count = pace == PACE_SIEGE ? ATTEMPTS_MAX : 100 + random_below(random, 300);
    for (uint32_t i = 0; i < stream->count; i++) {
        struct attempt *const attempt = &stream->attempts[i];
        *attempt = (struct attempt){
            .sequence = i,
            .offset = 100 * i,
            .line = i + 1,
            .asn = random_below(random, vocabulary.asns + 1),
            .outcome = random_outcome(random, &vocabulary),
            .name = {[TEXT_ACCOUNT] = random_name(random, vocabulary.accounts),
                     [TEXT_TENANT] = random_name(random, vocabulary.tenants),
                     [TEXT_USER_AGENT] = random_name(random, vocabulary.agents),
                     [TEXT_CLIENT_ID] = random_name(random, vocabulary.clients)},
        };
        random_source(random, vocabulary.sources, attempt);
        if (random_below(random, 100) < vocabulary.familiar_percent)
            attempt->familiar = (uint8_t)random_below(random, 256);
        if (attempt->outcome == OUTCOME_SUCCESS || attempt->outcome == OUTCOME_MFA_REQUIRED) {
            attempt->verdict = VERDICT_RIGHT;
            attempt->rules |= stream->right;
        } else if (attempt->outcome != OUTCOME_INTERRUPTED) {
            attempt->verdict = VERDICT_WRONG;
            attempt->rules |= stream->failed;
        }
    }
    random_times(random, stream, pace, vocabulary.late_percent);
}

/* ---- running --------------------------------------------------------------------------------- */

static struct span span;

/* Cuts the stream into spans of random size. */
static void run_detect(struct detect *detect, const struct stream *stream, struct random random,
                       struct findings *findings)
{
    for (uint32_t at = 0; at < stream->count;) {
        span.count = 1 + random_below(&random, 100);
        if (span.count > stream->count - at)
            span.count = stream->count - at;
        memcpy(span.attempts, &stream->attempts[at], span.count * sizeof(struct attempt));
        detect_span(detect, &span, findings);
        at += span.count;
    }
}

static const struct findings *sorted_parts;

static int finding_order(const void *left, const void *right)
{
    const uint32_t *const l = left, *const r = right;
    const struct finding *const a = &sorted_parts[l[0]].items[l[1]];
    const struct finding *const b = &sorted_parts[r[0]].items[r[1]];
    if (a->position != b->position)
        return a->position < b->position ? -1 : 1;
    if (a->detector != b->detector)
        return a->detector < b->detector ? -1 : 1;
    return (a->key_index > b->key_index) - (a->key_index < b->key_index);
}

/* The findings of all owners in one order, as the report takes them. */
static void merge(const struct findings *parts, unsigned parts_count, struct findings *merged)
{
    size_t count = 0, members_count = 0;
    for (unsigned i = 0; i < parts_count; i++) {
        count += parts[i].count;
        members_count += parts[i].members_count;
    }
    uint32_t(*const order)[2] = calloc(count + 1, sizeof(*order));
    merged->items = calloc(count + 1, sizeof(struct finding));
    merged->members = calloc(members_count + 1, sizeof(struct member));
    assert_true(order != NULL && merged->items != NULL && merged->members != NULL);
    size_t at = 0;
    for (unsigned i = 0; i < parts_count; i++) {
        for (size_t j = 0; j < parts[i].count; j++) {
            order[at][0] = i;
            order[at++][1] = (uint32_t)j;
        }
    }
    sorted_parts = parts;
    qsort(order, count, sizeof(*order), finding_order);
    for (size_t i = 0; i < count; i++) {
        const struct findings *const part = &parts[order[i][0]];
        struct finding *const finding = &merged->items[merged->count++];
        *finding = part->items[order[i][1]];
        memcpy(merged->members + merged->members_count, part->members + finding->first_member,
               finding->members_count * sizeof(struct member));
        finding->first_member = (uint32_t)merged->members_count;
        merged->members_count += finding->members_count;
    }
    free(order);
}

static void run_owners(const struct ruleset *ruleset, const struct stream *stream,
                       unsigned owners_count, struct random random, struct findings *merged)
{
    struct findings parts[PARTS_MAX] = {0};
    for (unsigned i = 0; i < owners_count; i++) {
        struct detect *detect = NULL;
        assert_int_equal(detect_create(&detect, detectors_of(ruleset), i, owners_count, BYTES_MAX),
                         STATUS_OK);
        run_detect(detect, stream, random, &parts[i]);
        const struct detect_counters counters = detect_counters(detect);
        assert_int_equal(counters.entries_forgotten, 0);
        assert_int_equal(counters.windows_evicted, 0);
        detect_destroy(detect);
    }
    merge(parts, owners_count, merged);
    for (unsigned i = 0; i < owners_count; i++)
        findings_deinit(&parts[i]);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool is_close(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static const char *member_difference(const struct member *a, const struct member *b)
{
    if (a->sequence != b->sequence || a->time_ns != b->time_ns)
        return "another attempt";
    if (a->counted != b->counted || a->account != b->account || a->source != b->source)
        return "another value";
    if (a->source_network != b->source_network || a->tenant != b->tenant ||
        a->user_agent != b->user_agent || a->client != b->client || a->asn != b->asn)
        return "another place or program";
    if (a->offset != b->offset || a->line != b->line || a->file != b->file)
        return "another record";
    if (a->outcome != b->outcome || a->verdict != b->verdict || a->flags != b->flags ||
        a->familiar != b->familiar)
        return "another outcome";
    return NULL;
}

static const char *finding_difference(const struct finding *a, const struct finding *b)
{
    if (a->position != b->position || a->time_ns != b->time_ns)
        return "moment";
    if (a->type != b->type)
        return "type";
    if (a->detector != b->detector || a->key_index != b->key_index ||
        memcmp(a->key, b->key, sizeof(a->key)) != 0)
        return "window";
    if (a->span_index != b->span_index)
        return "span";
    if (a->attempts != b->attempts || a->accounts != b->accounts || a->sources != b->sources)
        return "counts";
    if (a->threshold != b->threshold || a->known_good != b->known_good)
        return "threshold";
    if (!is_close(a->baseline, b->baseline) || !is_close(a->ratio, b->ratio))
        return "baseline";
    if (a->is_weak != b->is_weak)
        return "weakness";
    return a->members_count != b->members_count ? "number of members" : NULL;
}

static void finding_print(const char *who, const struct finding *finding)
{
    print_error("%s: position %llu type %u detector %u key %u (%u %u %u) span %u: %u attempts, %u "
                "values, %u sources, threshold %u, good %u, baseline %g, ratio %g, %u members\n",
                who, (unsigned long long)finding->position, finding->type, finding->detector,
                finding->key_index, finding->key[0], finding->key[1], finding->key[2],
                finding->span_index, finding->attempts, finding->accounts, finding->sources,
                finding->threshold, finding->known_good, finding->baseline, finding->ratio,
                finding->members_count);
}

/* Where they differ; NULL when they do not. */
static const char *difference(const struct findings *engine, const struct findings *oracle,
                              size_t *at)
{
    for (*at = 0; *at < engine->count && *at < oracle->count; (*at)++) {
        const struct finding *const a = &engine->items[*at], *const b = &oracle->items[*at];
        const char *found = finding_difference(a, b);
        for (uint32_t i = 0; i < a->members_count && found == NULL; i++)
            found = member_difference(&engine->members[a->first_member + i],
                                      &oracle->members[b->first_member + i]);
        if (found != NULL)
            return found;
    }
    return engine->count != oracle->count ? "number of findings" : NULL;
}

static void require_same(const struct findings *engine, const struct findings *oracle,
                         uint64_t seed, unsigned owners_count, const struct yaml *yaml)
{
    size_t at;
    const char *const found = difference(engine, oracle, &at);
    if (found == NULL)
        return;
    print_error("seed %llu, %u owners, finding %zu of %zu and %zu: %s differs\n",
                (unsigned long long)seed, owners_count, at, engine->count, oracle->count, found);
    if (at < engine->count)
        finding_print("engine", &engine->items[at]);
    if (at < oracle->count)
        finding_print("oracle", &oracle->items[at]);
    fail_msg("seed %llu, rules:\n%.*s", (unsigned long long)seed, (int)yaml->bytes, yaml->text);
}

/* ---- the properties -------------------------------------------------------------------------- */

struct tally_of_findings {
    size_t opened[DETECTOR_SHIFT + 1], grew, sign_ins, weak, with_baseline, later_span;
};

static void note_findings(struct tally_of_findings *said, const struct findings *findings,
                          const struct ruleset *ruleset)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *const finding = &findings->items[i];
        if (finding->type == FINDING_OPENED)
            said->opened[detectors[finding->detector].kind]++;
        said->grew += finding->type == FINDING_GREW;
        said->sign_ins += finding->type == FINDING_SIGN_IN;
        said->weak += finding->is_weak;
        said->with_baseline += finding->ratio > 0;
        said->later_span += finding->span_index > 0;
    }
}

static void bind_rules(struct stream *stream, const struct ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset_rules_count(ruleset); i++) {
        const char *const name = ruleset_rule_name(ruleset, i);
        if (strcmp(name, "failed") == 0)
            stream->failed = UINT64_C(1) << i;
        if (strcmp(name, "right") == 0)
            stream->right = UINT64_C(1) << i;
    }
}

static void try_stream(uint64_t seed, bool is_long, struct tally_of_findings *said)
{
    static struct stream stream;
    static struct yaml yaml;
    struct random random = {.state = seed};
    struct ruleset *const ruleset = random_ruleset(&random, is_long, &yaml);
    bind_rules(&stream, ruleset);
    random_stream(&random, &stream, !is_long ? PACE_MINUTES : (enum pace)(1 + seed % 3));

    struct findings expected = {0};
    struct naive *const naive = naive_create(ruleset);
    for (uint32_t i = 0; i < stream.count; i++)
        naive_take(naive, &stream.attempts[i], &expected);
    naive_destroy(naive);
    note_findings(said, &expected, ruleset);

    /* One owner of all partitions, and several of some. */
    const unsigned owners[] = {1, 2u << random_below(&random, 3)};
    for (int i = 0; i < 2; i++) {
        struct findings found = {0};
        run_owners(ruleset, &stream, owners[i], random, &found);
        require_same(&found, &expected, seed, owners[i], &yaml);
        findings_deinit(&found);
    }
    findings_deinit(&expected);
    ruleset_destroy(ruleset);
}

/* Streams that lead to nothing prove nothing. */
static void require_variety(const struct tally_of_findings *said, bool is_long)
{
    assert_true(said->opened[DETECTOR_COUNT] > 500);
    assert_true(said->opened[DETECTOR_SOURCE_FANOUT] > 500);
    assert_true(said->opened[DETECTOR_DISTRIBUTED] > 500);
    assert_true(said->grew > 1000);
    assert_true(said->sign_ins > 1000);
    assert_true(said->later_span > 100);
    if (!is_long)
        return;
    assert_true(said->opened[DETECTOR_SURGE] > 500);
    assert_true(said->weak > 100);
    assert_true(said->with_baseline > 500);
}

static void detect_agrees_with_counting_everything_again(void **state)
{
    (void)state;
    struct tally_of_findings said = {0};
    for (uint64_t seed = 1; seed <= STREAMS_SHORT; seed++)
        try_stream(seed, false, &said);
    require_variety(&said, false);
}

static void detect_agrees_with_counting_again_over_weeks(void **state)
{
    (void)state;
    struct tally_of_findings said = {0};
    for (uint64_t seed = 1000001; seed <= 1000000 + STREAMS_LONG; seed++)
        try_stream(seed, true, &said);
    require_variety(&said, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detect_agrees_with_counting_everything_again),
        cmocka_unit_test(detect_agrees_with_counting_again_over_weeks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
