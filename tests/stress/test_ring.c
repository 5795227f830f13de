#include "engine/base/ring.h"

#include <pthread.h>

#include "engine/base/wait.h"
#include "tests/support/check.h"

/* Objects go to the other thread and come back, each written by whoever holds it: the sanitizer
 * sees a race wherever the hand-over does not order the accesses. */
enum { OBJECTS = 8, ROUNDS = 200000 };

struct object {
    uint64_t number;
    uint64_t twice;
};

struct rig {
    struct ring there, back;
    struct bell bell;
    struct object objects[OBJECTS];
    uint64_t sum;
    bool is_ordered;
};

static void push_waiting(struct rig *rig, struct ring *ring, void *object)
{
    for (;;) {
        const uint32_t seen = bell_count(&rig->bell);
        if (ring_push(ring, object))
            break;
        bell_wait(&rig->bell, seen);
    }
    bell_ring(&rig->bell);
}

static void *pop_waiting(struct rig *rig, struct ring *ring)
{
    for (;;) {
        const uint32_t seen = bell_count(&rig->bell);
        void *const object = ring_pop(ring);
        if (object != NULL) {
            bell_ring(&rig->bell);
            return object;
        }
        bell_wait(&rig->bell, seen);
    }
}

static void *consume(void *self)
{
    struct rig *const rig = self;
    uint64_t expected = 0;
    for (;;) {
        struct object *const object = pop_waiting(rig, &rig->there);
        if (object->number == UINT64_MAX)
            return NULL;
        rig->is_ordered &= object->number == expected++ && object->twice == 2 * object->number;
        rig->sum += object->number;
        object->twice = 0;
        push_waiting(rig, &rig->back, object);
    }
}

static void ring_hands_over_in_order(unsigned capacity)
{
    static struct rig rig;
    rig = (struct rig){.is_ordered = true};
    bell_init(&rig.bell);
    assert_int_equal(ring_init(&rig.there, capacity), STATUS_OK);
    assert_int_equal(ring_init(&rig.back, OBJECTS), STATUS_OK);
    for (int i = 0; i < OBJECTS - 1; i++)
        assert_true(ring_push(&rig.back, &rig.objects[i]));
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, consume, &rig), 0);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct object *const object = pop_waiting(&rig, &rig.back);
        *object = (struct object){.number = i, .twice = 2 * i};
        sum += i;
        push_waiting(&rig, &rig.there, object);
    }
    rig.objects[OBJECTS - 1].number = UINT64_MAX;
    push_waiting(&rig, &rig.there, &rig.objects[OBJECTS - 1]);
    pthread_join(thread, NULL);
    assert_true(rig.is_ordered);
    assert_int_equal(rig.sum, sum);
    ring_deinit(&rig.there);
    ring_deinit(&rig.back);
}

static void ring_of_two_slots_hands_over_in_order(void **state)
{
    (void)state;
    ring_hands_over_in_order(1);
}

static void ring_of_many_slots_hands_over_in_order(void **state)
{
    (void)state;
    ring_hands_over_in_order(OBJECTS);
}

static void ring_is_full_at_its_capacity(void **state)
{
    (void)state;
    struct ring ring;
    int object;
    assert_int_equal(ring_init(&ring, 3), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(ring_has_room(&ring));
        assert_true(ring_push(&ring, &object));
    }
    assert_false(ring_has_room(&ring));
    assert_false(ring_push(&ring, &object));
    assert_int_equal(ring_count(&ring), 3);
    assert_ptr_equal(ring_pop(&ring), &object);
    assert_true(ring_has_room(&ring));
    ring_deinit(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_is_full_at_its_capacity),
        cmocka_unit_test(ring_of_two_slots_hands_over_in_order),
        cmocka_unit_test(ring_of_many_slots_hands_over_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
