#include "engine/visits.h"

#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/names.h"

enum { PLACES_START = 1024 };

enum status visits_init(struct visits *visits, size_t bytes_max)
{
    *visits = (struct visits){0};
    return slab_init(&visits->slab, bytes_max);
}

void visits_deinit(struct visits *visits)
{
    slab_deinit(&visits->slab);
}

/* Where it is, or the free place where it belongs. */
static struct visit *place_of(struct visit *places, size_t capacity, const struct visit *visit)
{
    const uint64_t pair = (uint64_t)visit->source << 32 | visit->account;
    size_t at = hash_mix(hash_mix(pair) ^ visit->tenant) & (capacity - 1);
    while (places[at].account != 0 &&
           (places[at].account != visit->account || places[at].source != visit->source ||
            places[at].tenant != visit->tenant))
        at = (at + 1) & (capacity - 1);
    return &places[at];
}

/* Load at most 3/4. */
static bool places_reserve(struct visits *visits)
{
    if (4 * (visits->count + 1) <= 3 * visits->capacity)
        return true;
    const size_t capacity = visits->capacity == 0 ? PLACES_START : 2 * visits->capacity;
    struct visit *const larger = slab_take(&visits->slab, capacity * sizeof(*larger));
    if (larger == NULL)
        return false;
    memset(larger, 0, capacity * sizeof(*larger));
    for (size_t i = 0; i < visits->capacity; i++) {
        if (visits->places[i].account != 0)
            *place_of(larger, capacity, &visits->places[i]) = visits->places[i];
    }
    slab_give(&visits->slab, visits->places, visits->capacity * sizeof(*larger));
    visits->places = larger;
    visits->capacity = capacity;
    return true;
}

static void visit_note(struct visits *visits, const struct visit *visit)
{
    struct visit *place =
        visits->capacity > 0 ? place_of(visits->places, visits->capacity, visit) : NULL;
    if (place == NULL || place->account == 0) {
        if (!places_reserve(visits)) {
            visits->refused++;
            return;
        }
        place = place_of(visits->places, visits->capacity, visit);
        *place = *visit;
        visits->count++;
    }
    if (visit->day > place->day)
        place->day = visit->day;
}

void visits_learn(struct visits *visits, const struct attempt *attempt)
{
    const uint32_t account = attempt->name[TEXT_ACCOUNT];
    const int64_t day = attempt->time_ns / (CIVIL_DAY_SECONDS * CIVIL_SECOND_NS);
    if (attempt->outcome != OUTCOME_SUCCESS || account <= NAME_OTHER ||
        attempt->source <= NAME_OTHER || attempt->name[TEXT_TENANT] == NAME_OTHER)
        return;
    const struct visit visit = {
        .account = account,
        .source = attempt->source,
        .tenant = attempt->name[TEXT_TENANT],
        .day = (uint32_t)(day < 0 ? 1 : day + 1),
    };
    visit_note(visits, &visit);
}

void visits_restore(struct visits *visits, uint32_t tenant, uint32_t source, uint32_t account)
{
    const struct visit visit = {.account = account, .source = source, .tenant = tenant};
    visit_note(visits, &visit);
}
