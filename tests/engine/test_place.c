#include "engine/place.h"

#include "engine/base/hash.h"
#include "tests/support/check.h"
#include "tests/support/random.h"

enum { WINDOWS = 3 };

static uint32_t accounts_of(const struct places *places, uint64_t id)
{
    const struct place *const place = places_find(places, id);
    return place != NULL ? place->accounts : 0;
}

static void places_are_there_while_something_is_known_of_them(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct places places;
    places_init(&places, &slab);
    assert_null(places_find(&places, 77));

    struct place *place = places_need(&places, 77, WINDOWS);
    assert_non_null(place);
    assert_ptr_equal(places_need(&places, 77, WINDOWS), place);
    assert_ptr_equal(places_find(&places, 77), place);
    for (int i = 0; i < WINDOWS; i++)
        assert_null(place->windows[i]);
    place->live = 1;
    places_let_go(&places, place);
    assert_ptr_equal(places_find(&places, 77), place);
    place->live = 0;
    place->is_held = true;
    places_let_go(&places, place);
    assert_ptr_equal(places_find(&places, 77), place);
    place->is_held = false;
    places_let_go(&places, place);
    assert_null(places_find(&places, 77));

    places_learn(&places, 77, WINDOWS, 5);
    places_let_go(&places, places_find(&places, 77));
    assert_int_equal(accounts_of(&places, 77), 1);
    slab_deinit(&slab);
}

static void places_give_their_memory_back(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct places places;
    places_init(&places, &slab);
    places_let_go(&places, places_need(&places, 7, WINDOWS));
    const size_t bytes = slab.bytes_taken; /* of the table */
    for (uint64_t id = 1; id < 1000; id++)
        places_let_go(&places, places_need(&places, hash_mix(id), WINDOWS));
    assert_int_equal(slab.bytes_taken, bytes);
    slab_deinit(&slab);
}

static void a_population_counts_each_account_once(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 1 << 20), STATUS_OK);
    struct places places;
    places_init(&places, &slab);
    for (int again = 0; again < 3; again++) {
        places_learn(&places, 77, WINDOWS, 5);
        places_learn(&places, 77, WINDOWS, 6);
        places_learn(&places, 78, WINDOWS, 5);
    }
    assert_int_equal(accounts_of(&places, 77), 2);
    assert_int_equal(accounts_of(&places, 78), 1);
    assert_int_equal(accounts_of(&places, 79), 0);
    assert_int_equal(places.refused, 0);
    slab_deinit(&slab);
}

static uint64_t random_place(uint32_t number)
{
    return hash_mix(hash_mix(number + 1)) | 1;
}

static void populations_agree_with_an_array_when_they_grow(void **state)
{
    (void)state;
    enum { PLACES = 20, ACCOUNTS = 2000 };
    static bool is_known[PLACES][ACCOUNTS];
    struct random random = {.state = 1};
    struct slab slab;
    assert_int_equal(slab_init(&slab, 8 << 20), STATUS_OK);
    struct places places;
    places_init(&places, &slab);
    uint32_t sizes[PLACES] = {0};
    for (int i = 0; i < 50000; i++) {
        const uint32_t place = random_below(&random, PLACES),
                       account = random_below(&random, ACCOUNTS);
        sizes[place] += !is_known[place][account];
        is_known[place][account] = true;
        places_learn(&places, random_place(place), WINDOWS, account + 2);
    }
    for (uint32_t place = 0; place < PLACES; place++)
        assert_int_equal(accounts_of(&places, random_place(place)), sizes[place]);
    slab_deinit(&slab);
}

static void populations_learn_no_more_when_memory_is_used_up(void **state)
{
    (void)state;
    struct slab slab;
    assert_int_equal(slab_init(&slab, 20000), STATUS_OK);
    struct places places;
    places_init(&places, &slab);
    for (uint32_t account = 2; account < 5002; account++)
        places_learn(&places, 9, WINDOWS, account);
    const uint32_t size = accounts_of(&places, 9);
    assert_true(size > 500);
    assert_int_equal(size + places.refused, 5000);
    /* What is known stays known. */
    places_learn(&places, 9, WINDOWS, 2);
    assert_int_equal(size + places.refused, 5000);
    slab_deinit(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_there_while_something_is_known_of_them),
        cmocka_unit_test(places_give_their_memory_back),
        cmocka_unit_test(a_population_counts_each_account_once),
        cmocka_unit_test(populations_agree_with_an_array_when_they_grow),
        cmocka_unit_test(populations_learn_no_more_when_memory_is_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
