/*
 * The matcher with more and more rules of the kind that people write: prints what compiling them
 * takes, and how many records a second it judges. Each round meets the same records, so nearly all
 * values are remembered, as in a log; the rows without memory have records whose values never
 * repeat.
 */
#include "bench/micro/micro.h"

#include "rules/match.h"

enum {
    RUNS = 3, /* a round is long */
    RECORDS = 20000,
    WORDS = 4000,
    RULES_MOST = 3000,
    RULES_TEXT_BYTES = RULES_MOST * 1024,
    RECORD_BYTES = 1024,
};

static const char *const fields[] = {
    "userAgent",
    "AppDisplayName",
    "ResourceDisplayName",
    "properties.message",
    "ClientAppUsed",
    "Location",
    "UserPrincipalName",
    "riskState",
    "AppId",
    "ipAddress",
    "deviceDetail.os",
    "ConditionalAccessStatus",
    "ResultType",
    "AuthenticationDetails",
    "homeTenantId",
    "riskLevelDuringSignIn",
    "resourceTenantId",
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static void put_word(struct micro_text *text, uint64_t number)
{
    micro_put(text, "%c%" PRIx64 "word", (char)('a' + number % 26), number % WORDS * 2654435761u);
}

/* An item: half are exact values, a third looks for parts, the rest are expressions. */
static void put_item(struct micro_text *text, const char *field)
{
    const uint64_t kind = micro_draw(text) % 10;
    micro_put(text, "    '%s%s': '", field, kind < 5 ? "" : kind < 9 ? "|contains" : "|re");
    put_word(text, micro_draw(text));
    micro_put(text, kind < 9 ? "" : "[0-9]+x?");
    micro_put(text, "'\n");
}

static struct micro_text rules_make(unsigned count)
{
    struct micro_text text = {.capacity = RULES_TEXT_BYTES, .seed = 7};
    text.start = malloc(text.capacity);
    if (text.start == NULL)
        abort();
    for (unsigned i = 0; i < count; i++) {
        const uint64_t first = micro_draw(&text) % FIELDS;
        micro_put(&text,
                  "---\ntitle: Rule %u\nlogsource: {product: azure, service: signinlogs}\n"
                  "detection:\n  selection:\n    ResultType: '50126'\n",
                  i);
        put_item(&text, fields[first == 12 ? 0 : first]);
        micro_put(&text, "  filter:\n");
        put_item(&text, "userAgent");
        micro_put(&text, "  condition: selection and not filter\n");
    }
    return text;
}

struct run {
    struct matcher *matcher;
    const char *records; /* RECORD_BYTES each */
    uint64_t matches;
};

static char *records_make(uint64_t variety)
{
    char *const records = calloc(RECORDS, RECORD_BYTES);
    struct micro_text text = {.seed = 11};
    for (unsigned i = 0; i < RECORDS && records != NULL; i++) {
        text.start = records + (size_t)i * RECORD_BYTES;
        text.bytes = 0;
        text.capacity = RECORD_BYTES - LIMIT_VECTOR_PADDING;
        micro_put(&text, "{\"ResultType\":\"50126\"");
        for (unsigned field = 0; field < FIELDS; field++) {
            if (field == 12)
                continue;
            micro_put(&text, ",\"%s\":\"", fields[field]);
            const uint64_t value = micro_draw(&text) % variety;
            put_word(&text, value);
            micro_put(&text, " %" PRIu64 "\"", value);
        }
        micro_put(&text, "}");
    }
    if (records == NULL)
        abort();
    return records;
}

static void run_once(struct run *run)
{
    const struct event event = {.dataset = 0, .outcome = OUTCOME_WRONG_PASSWORD};
    run->matches = 0;
    for (unsigned i = 0; i < RECORDS; i++) {
        const struct subject subject = {
            .event = &event,
            .text = slice_from_string(run->records + (size_t)i * RECORD_BYTES),
            .layout = LAYOUT_JSON_LINES,
        };
        run->matches += matcher_match_record(run->matcher, &subject).rules_count;
    }
}

static void measure(const char *name, const struct ruleset *ruleset, unsigned rules_count,
                    const char *records, double compiled)
{
    struct run run = {.records = records};
    if (matcher_create(&run.matcher, ruleset) != STATUS_OK)
        abort();
    double fastest = 0;
    for (unsigned i = 0; i < RUNS; i++) {
        const double start = clock_seconds();
        run_once(&run);
        const double seconds = clock_seconds() - start;
        fastest = i == 0 || seconds < fastest ? seconds : fastest;
    }
    const struct matcher_counters counters = matcher_counters(run.matcher);
    printf("%4u rules, %-10s compiled in %6.3f s %10.0f records/s   matches %" PRIu64
           ", scans %" PRIu64 ", remembered %" PRIu64 "\n",
           rules_count, name, compiled, RECORDS / fastest, run.matches, counters.scans / RUNS,
           counters.remembered / RUNS);
    matcher_destroy(run.matcher);
}

static void measure_rules(unsigned rules_count, const char *repeating, const char *different)
{
    static const char *const datasets[] = {"entra.signin"};
    struct micro_text text = rules_make(rules_count);
    const struct rule_text rules = {.path = "bench.yml", .text = micro_text_slice(&text)};
    struct diagnostics diagnostics;
    struct ruleset *ruleset;
    diagnostics_init(&diagnostics);
    const double start = clock_seconds();
    enum status status = ruleset_create_from_texts(&ruleset, &rules, rules_count > 0, &diagnostics);
    const double compiled = clock_seconds() - start;
    if (status == STATUS_OK)
        status = ruleset_bind_datasets(ruleset, datasets, 1);
    if (status != STATUS_OK) {
        diagnostics_print(&diagnostics, stderr);
        exit(EXIT_FAILURE);
    }
    measure("repeating", ruleset, rules_count, repeating, compiled);
    measure("different", ruleset, rules_count, different, compiled);
    ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
    free(text.start);
}

int main(void)
{
    static const unsigned counts[] = {0, 100, 1000, RULES_MOST};
    char *const repeating = records_make(200), *const different = records_make(UINT32_MAX);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        measure_rules(counts[i], repeating, different);
    free(repeating);
    free(different);
    return EXIT_SUCCESS;
}
