#include "engine/visits.h"

#include "engine/names.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

#define DAY (INT64_C(86400) * 1000000000)

static struct attempt sign_in(uint32_t tenant, uint32_t source, uint32_t account, int64_t day)
{
    return (struct attempt){
        .time_ns = day * DAY,
        .outcome = OUTCOME_SUCCESS,
        .source = source,
        .name = {[TEXT_TENANT] = tenant, [TEXT_ACCOUNT] = account},
    };
}

/* NULL: it is not there. */
static const struct visit *find(const struct visits *visits, const struct attempt *attempt)
{
    for (size_t i = 0; i < visits->capacity; i++) {
        const struct visit *const visit = &visits->places[i];
        if (visit->account == attempt->name[TEXT_ACCOUNT] && visit->source == attempt->source &&
            visit->tenant == attempt->name[TEXT_TENANT])
            return visit;
    }
    return NULL;
}

static void visits_keep_each_once_with_its_last_day(void **state)
{
    (void)state;
    struct visits visits;
    assert_int_equal(visits_init(&visits, 1 << 20), STATUS_OK);
    const struct attempt first = sign_in(2, 3, 4, 100), again = sign_in(2, 3, 4, 107),
                         late = sign_in(2, 3, 4, 103), other = sign_in(2, 4, 3, 100);
    visits_learn(&visits, &first);
    visits_learn(&visits, &again);
    visits_learn(&visits, &late);
    visits_learn(&visits, &other);
    assert_int_equal(visits.count, 2);
    assert_int_equal(find(&visits, &first)->day, 108);
    assert_int_equal(find(&visits, &other)->day, 101);
    visits_deinit(&visits);
}

static void visits_are_made_by_sign_ins_with_names_and_source(void **state)
{
    (void)state;
    struct visits visits;
    assert_int_equal(visits_init(&visits, 1 << 20), STATUS_OK);
    struct attempt cases[] = {
        sign_in(2, NAME_NONE, 4, 1),  sign_in(2, NAME_OTHER, 4, 1), sign_in(2, 3, NAME_NONE, 1),
        sign_in(2, 3, NAME_OTHER, 1), sign_in(NAME_OTHER, 3, 4, 1), sign_in(2, 3, 4, 1),
    };
    cases[5].outcome = OUTCOME_WRONG_PASSWORD;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        visits_learn(&visits, &cases[i]);
    assert_int_equal(visits.count, 0);
    const struct attempt nameless = sign_in(NAME_NONE, 3, 4, 1);
    visits_learn(&visits, &nameless);
    assert_int_equal(visits.count, 1);
    visits_deinit(&visits);
}

static void visits_of_earlier_runs_have_no_day_until_they_happen_again(void **state)
{
    (void)state;
    struct visits visits;
    assert_int_equal(visits_init(&visits, 1 << 20), STATUS_OK);
    const struct attempt again = sign_in(2, 3, 4, -5);
    visits_restore(&visits, 2, 3, 4);
    assert_int_equal(find(&visits, &again)->day, 0);
    visits_learn(&visits, &again);
    assert_int_equal(find(&visits, &again)->day, 1);
    visits_restore(&visits, 2, 3, 4);
    assert_int_equal(find(&visits, &again)->day, 1);
    assert_int_equal(visits.count, 1);
    visits_deinit(&visits);
}

static void visits_learn_no_more_when_memory_is_used_up(void **state)
{
    (void)state;
    struct visits visits;
    assert_int_equal(visits_init(&visits, 128 << 10), STATUS_OK);
    struct random random = {.state = 1};
    uint64_t learned = 0;
    for (int i = 0; i < 20000; i++) {
        const struct attempt attempt =
            sign_in(2, 2 + random_below(&random, 500), 2 + random_below(&random, 500), 1);
        learned += find(&visits, &attempt) == NULL;
        visits_learn(&visits, &attempt);
    }
    assert_true(visits.count > 1000);
    assert_int_equal(visits.count + visits.refused, learned);
    visits_deinit(&visits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(visits_keep_each_once_with_its_last_day),
        cmocka_unit_test(visits_are_made_by_sign_ins_with_names_and_source),
        cmocka_unit_test(visits_of_earlier_runs_have_no_day_until_they_happen_again),
        cmocka_unit_test(visits_learn_no_more_when_memory_is_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
