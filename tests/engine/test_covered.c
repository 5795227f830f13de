#include "engine/covered.h"

#include <stdlib.h>
#include <string.h>

#include "engine/hits.h"
#include "engine/names.h"
#include "tests/support/check.h"

#define SECOND INT64_C(1000000000)

enum { FIRST = 2 }; /* the first index of a name table that is a name */

/* The first of two rules reports for itself. */
static const char yaml[] = "title: A\n"
                           "detection: {s: {user.name: a}, condition: s}\n"
                           "---\n"
                           "title: B\n"
                           "name: b\n"
                           "detection: {s: {user.name: b}, condition: s}\n"
                           "---\n"
                           "title: C\n"
                           "correlation: {type: event_count, rules: [b], group-by: [user.name],\n"
                           "              timespan: 1h, condition: {gte: 2}}\n";

static struct ruleset *ruleset_of(const char *text)
{
    struct diagnostics diagnostics;
    struct ruleset *ruleset = NULL;
    diagnostics_init(&diagnostics);
    const struct rule_text rules = {.path = "test.yml", .text = slice_from_string(text)};
    assert_int_equal(ruleset_create_from_texts(&ruleset, &rules, 1, &diagnostics), STATUS_OK);
    diagnostics_deinit(&diagnostics);
    return ruleset;
}

static struct attempt attempt_of(uint8_t allowance, uint32_t account, int64_t time_ns)
{
    return (struct attempt){.time_ns = time_ns,
                            .allowance = allowance & ALLOWANCES_MAX,
                            .verdict = VERDICT_WRONG,
                            .name = {[TEXT_ACCOUNT] = account}};
}

static void take(struct covered *covered, struct attempt attempt)
{
    covered_take(covered, &attempt);
}

static void covered_counts_each_entry_for_itself(void **state)
{
    (void)state;
    struct ruleset *const ruleset = ruleset_of(yaml);
    struct covered covered;
    assert_int_equal(covered_init(&covered, ruleset, 1 << 20), STATUS_OK);
    take(&covered, attempt_of(1, FIRST, 5 * SECOND));
    take(&covered, attempt_of(1, FIRST, 3 * SECOND)); /* late */
    take(&covered, attempt_of(1, FIRST + 1, 4 * SECOND));
    take(&covered, attempt_of(ALLOWANCES_MAX, FIRST, 9 * SECOND));
    struct attempt right = attempt_of(1, NAME_NONE, 4 * SECOND);
    right.verdict = VERDICT_RIGHT;
    take(&covered, right);
    const struct covered_entry *const first = &covered.entries[0];
    assert_int_equal(first->sign_ins, 4);
    assert_int_equal(first->accounts, 2);
    assert_int_equal(first->right_passwords, 1);
    assert_true(first->first_ns == 3 * SECOND && first->last_ns == 5 * SECOND);
    assert_false(first->is_incomplete);
    assert_int_equal(covered.entries[ALLOWANCES_MAX - 1].sign_ins, 1);
    assert_int_equal(covered.entries[ALLOWANCES_MAX - 1].accounts, 1);
    assert_int_equal(covered.entries[1].sign_ins, 0);
    assert_true(covered.entries[1].first_ns > covered.entries[1].last_ns);
    covered_deinit(&covered);
    ruleset_destroy(ruleset);
}

static void covered_counts_matches_that_would_have_been_told(void **state)
{
    (void)state;
    struct ruleset *const ruleset = ruleset_of(yaml);
    struct covered covered;
    assert_int_equal(covered_init(&covered, ruleset, 1 << 20), STATUS_OK);
    const uint32_t rules[2] = {0, 1};
    struct hits *const both = malloc(sizeof(*both) + sizeof(rules));
    assert_non_null(both);
    both->rules_count = 2;
    both->values_count = 0;
    memcpy(both->values, rules, sizeof(rules)); /* behind no values */
    struct attempt attempt = attempt_of(1, FIRST, SECOND);
    attempt.hits = both;
    take(&covered, attempt);
    free(both);
    assert_int_equal(covered.entries[0].rule_matches, 1);
    covered_deinit(&covered);
    ruleset_destroy(ruleset);
}

static void covered_says_when_accounts_are_a_lower_bound(void **state)
{
    (void)state;
    struct ruleset *const ruleset = ruleset_of(yaml);
    struct covered covered;
    assert_int_equal(covered_init(&covered, ruleset, 4096), STATUS_OK);
    for (uint32_t i = 0; i < 1000; i++)
        take(&covered, attempt_of(1, FIRST + i, SECOND));
    assert_true(covered.entries[0].is_incomplete);
    assert_true(covered.entries[0].accounts > 0 && covered.entries[0].accounts < 1000);
    assert_int_equal(covered.entries[0].sign_ins, 1000);
    take(&covered, attempt_of(2, NAME_OTHER, SECOND)); /* no memory for its name */
    assert_true(covered.entries[1].is_incomplete);
    covered_deinit(&covered);
    ruleset_destroy(ruleset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covered_counts_each_entry_for_itself),
        cmocka_unit_test(covered_counts_matches_that_would_have_been_told),
        cmocka_unit_test(covered_says_when_accounts_are_a_lower_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
