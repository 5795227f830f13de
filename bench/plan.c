#include "bench/plan.h"

#include <assert.h>

void plan_set_memory(struct plan *plan, uint64_t accounts_few, uint64_t bytes_few,
                     uint64_t accounts_many, uint64_t bytes_many)
{
    assert(accounts_few < accounts_many);
    /* Noise may make the larger scan take less; a person never costs less than nothing. */
    const uint64_t more = bytes_many > bytes_few ? bytes_many - bytes_few : 0;
    plan->person_bytes = (double)more / (double)(accounts_many - accounts_few);
    const double of_people = plan->person_bytes * (double)accounts_few;
    plan->base_bytes = of_people < (double)bytes_few ? bytes_few - (uint64_t)of_people : 0;
}

static unsigned plan_threads(const struct plan *plan, double events_per_second)
{
    for (unsigned i = 0; i < plan->rates_count; i++) {
        if (plan->rates[i].events_per_second * PLAN_LOAD >= events_per_second)
            return plan->rates[i].threads;
    }
    return 0;
}

void plan_add_need(struct plan *plan, uint64_t people, uint64_t events_per_day)
{
    assert(plan->needs_count < PLAN_NEEDS_MAX);
    const double rate = (double)events_per_day / 86400 * PLAN_PEAK;
    plan->needs[plan->needs_count++] = (struct plan_need){
        .people = people,
        .events_per_day = events_per_day,
        .events_per_second = rate,
        .threads = plan_threads(plan, rate),
        .memory_bytes = plan->base_bytes + (uint64_t)(plan->person_bytes * (double)people) +
                        (uint64_t)(rate * PLAN_LATENESS_SECONDS * (double)plan->event_bytes),
    };
}
