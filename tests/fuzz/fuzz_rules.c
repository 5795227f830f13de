/*
 * Any bytes as rules: they are refused with a message, or become a ruleset whose matcher gives the
 * same answer for the same event however often it is asked.
 */
#include <assert.h>

#include "rules/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

static struct event event_number(unsigned number)
{
    struct event event = {
        .time_ns = (int64_t)number * 1000000007,
        .source = {.bytes = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = (uint8_t)number}},
        .asn = number,
        .code = (int32_t)number,
        .country = number % 2 != 0 ? 'D' << 8 | 'E' : 0,
        .dataset = (uint8_t)number,
        .outcome = (uint8_t)(number % OUTCOME_COUNT),
        .verdict = (uint8_t)(number % VERDICT_COUNT),
        .flags = (uint8_t)(number % 32),
    };
    static const char *const texts[] = {"", "alice", "CORP\\bob", "axios/1.7.2", "\xff\x00\xc3"};
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        event.text[i] = slice_from_string(texts[(number + i) % 5]);
    return event;
}

static void match_all(const struct ruleset *ruleset)
{
    enum { EVENTS = 24 };
    struct matcher *matcher = NULL;
    if (matcher_create(&matcher, ruleset) != STATUS_OK)
        return;
    uint64_t first[EVENTS];
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < EVENTS; i++) {
            const struct event event = event_number(i);
            const uint64_t matched = matcher_match(matcher, &event);
            assert(round == 0 || matched == first[i]);
            first[i] = matched;
            for (size_t rule = 0; rule < ruleset_rules_count(ruleset); rule++) {
                const struct subject subject = {.event = &event};
                (void)matcher_match_rule(matcher, &subject, rule);
            }
        }
    }
    matcher_destroy(matcher);
}

static void check_detectors(const struct ruleset *ruleset)
{
    size_t count = 0;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    assert(count <= DETECTORS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct detector *const detector = &detectors[i];
        assert(detector->rules != 0 && detector->severity <= 100);
        assert(detector->keys_count >= 1 && detector->keys_count <= DETECTOR_KEYS_MAX);
        assert(detector->spans_count >= 1 && detector->spans_count <= DETECTOR_SPANS_MAX);
        assert(detector->condition.min <= detector->condition.max);
        for (unsigned j = 0; j < detector->spans_count; j++)
            assert(detector->spans_ns[j] > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    static const char *const datasets[] = {"entra.signin", "okta.system"};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const struct rule_text text = {
        .path = "fuzz.yml",
        .text = slice_of((const char *)bytes, bytes_count),
    };
    struct ruleset *ruleset = NULL;
    const enum status status = ruleset_create_from_texts(&ruleset, &text, 1, &diagnostics);
    assert(status == STATUS_OK || status == STATUS_CONFIG);
    assert((status == STATUS_OK) == (diagnostics.errors_count == 0));
    if (status == STATUS_OK) {
        check_detectors(ruleset);
        if (ruleset_bind_datasets(ruleset, datasets, 2) == STATUS_OK)
            match_all(ruleset);
    }
    ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
    return 0;
}
