#include "engine/correlate.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/hits.h"
#include "engine/latest.h"
#include "rules/condition.h"
#include "rules/correlation.h"
#include "rules/event_value.h"

enum { BYTES_MIN = 64 * 1024, MOMENTS_MIN = 4 };

#define NEVER INT64_MIN
typedef __int128 wide;

/* An event that has to leave again: a ring of them, oldest first. */
struct moment {
    int64_t time_ns;
    int64_t number; /* of types that read numbers */
};

struct moments {
    struct moment *items;
    uint32_t capacity; /* 0 or a power of two */
    uint32_t start, count;
};

/* What is needed of numbers: how many lie below each bound, and how many up to it. */
struct totals {
    wide sum;
    int64_t count;
    int64_t below_min, upto_max, below_neq, upto_neq;
};

struct group {
    uint64_t id;
    struct group *quieter, *later;
    int64_t touched_ns; /* last event; of a window that is judged at its end, the first */
    int64_t true_ns;    /* when the condition last held; NEVER */
    union {
        struct {
            struct totals totals;
            struct moments moments;
        };
        struct latest latest;
        struct table values; /* at the end: distinct values */
        struct {
            uint64_t seen;    /* sources in the window; of those judged at the end */
            uint64_t at_tick; /* in order: sources at `tick_ns`, the latest time */
            int64_t tick_ns;
        };
    };
    struct correlate_evidence evidence; /* at the end: the last event */
    uint32_t key[CORRELATION_PARTS_MAX];
    int64_t times_ns[]; /* together: when each source was last seen; in order: of each place, the
                           latest start of a way up to it */
};

/* One place where a rule or correlation is counted. */
struct user {
    uint32_t correlation;
    uint32_t source; /* position among its sources */
};

struct users {
    uint32_t *first; /* of each, and behind the last; in `items` */
    struct user *items;
};

struct watched {
    const struct correlation *rule;
    struct group *quietest, *latest; /* ends of the list of groups */
    size_t group_bytes;
};

/* What comes to one correlation at `now_ns`. */
struct happening {
    uint32_t key[CORRELATION_PARTS_MAX];
    uint64_t sources; /* those that matched, by position */
    bool has_value;
    uint64_t value; /* of counted fields */
    int64_t number;
    const struct correlate_evidence *evidence;
};

struct correlate {
    struct correlate_options options;
    struct slab slab;
    struct table groups; /* id -> struct group */
    uint64_t seed;
    struct watched *watched;
    uint32_t watched_count;
    uint32_t *ending; /* those judged at the end */
    uint32_t ending_count;
    struct users of_rules, of_correlations;
    int64_t now_ns;
    int64_t next_end_ns; /* of the windows that are judged at their end; INT64_MAX: none */
    uint64_t epoch;      /* of the attempt at hand */
    uint64_t *rule_epochs;
    uint64_t *pending; /* a bit for each correlation */
    size_t pending_words;
    struct hit_value drawn[DRAWS_MAX];
    uint64_t drawn_epochs[DRAWS_MAX];
    struct correlate_counters counters;
};

/* ---- creation ------------------------------------------------------------------------------- */

/* Who counts what: counts first, then places. */
static enum status users_init(struct users *users, const struct correlation *correlations,
                              size_t count, bool of_correlations, size_t owners_count)
{
    users->first = calloc(owners_count + 2, sizeof(*users->first));
    if (users->first == NULL)
        return STATUS_NO_MEMORY;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned j = 0; j < correlations[i].sources_count; j++) {
            const struct correlation_source *const source = &correlations[i].sources[j];
            if (source->is_correlation != of_correlations)
                continue;
            users->first[source->index + 2]++;
            total++;
        }
    }
    for (size_t i = 2; i < owners_count + 2; i++)
        users->first[i] += users->first[i - 1];
    users->items = calloc(total + 1, sizeof(*users->items));
    if (users->items == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < correlations[i].sources_count; j++) {
            const struct correlation_source *const source = &correlations[i].sources[j];
            if (source->is_correlation == of_correlations)
                users->items[users->first[source->index + 1]++] =
                    (struct user){.correlation = i, .source = j};
        }
    }
    return STATUS_OK;
}

static unsigned times_count(const struct correlation *rule)
{
    if (rule->type == CORRELATION_TEMPORAL_ORDERED)
        return rule->row->places_count;
    return rule->type == CORRELATION_TEMPORAL && !rule->is_judged_at_end ? rule->sources_count : 0;
}

static enum status watched_init(struct correlate *correlate)
{
    size_t count;
    const struct correlation *const rules =
        ruleset_correlations(correlate->options.ruleset, &count);
    correlate->watched_count = (uint32_t)count;
    correlate->watched = calloc(count + 1, sizeof(*correlate->watched));
    correlate->ending = calloc(count + 1, sizeof(*correlate->ending));
    correlate->pending_words = count / 64 + 1;
    correlate->pending = calloc(correlate->pending_words, sizeof(*correlate->pending));
    const size_t rules_count = ruleset_rules_count(correlate->options.ruleset);
    correlate->rule_epochs = calloc(rules_count + 1, sizeof(*correlate->rule_epochs));
    if (correlate->watched == NULL || correlate->ending == NULL || correlate->pending == NULL ||
        correlate->rule_epochs == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        struct watched *const watched = &correlate->watched[i];
        watched->rule = &rules[i];
        watched->group_bytes = sizeof(struct group) + times_count(&rules[i]) * sizeof(int64_t);
        if (rules[i].is_judged_at_end)
            correlate->ending[correlate->ending_count++] = i;
    }
    const enum status status = users_init(&correlate->of_rules, rules, count, false, rules_count);
    return status == STATUS_OK ? users_init(&correlate->of_correlations, rules, count, true, count)
                               : status;
}

enum status correlate_create(struct correlate **out, const struct correlate_options *options)
{
    struct correlate *const correlate = calloc(1, sizeof(*correlate));
    if (correlate == NULL)
        return STATUS_NO_MEMORY;
    correlate->options = *options;
    correlate->seed = hash_key_random().k0;
    correlate->now_ns = INT64_MIN;
    correlate->next_end_ns = INT64_MAX;
    enum status status = slab_init(&correlate->slab,
                                   options->bytes_max > BYTES_MIN ? options->bytes_max : BYTES_MIN);
    table_init(&correlate->groups, &correlate->slab);
    if (status == STATUS_OK)
        status = watched_init(correlate);
    if (status != STATUS_OK) {
        correlate_destroy(correlate);
        return status;
    }
    *out = correlate;
    return STATUS_OK;
}

void correlate_destroy(struct correlate *correlate)
{
    if (correlate == NULL)
        return;
    slab_deinit(&correlate->slab);
    free(correlate->watched);
    free(correlate->ending);
    free(correlate->pending);
    free(correlate->rule_epochs);
    free(correlate->of_rules.first);
    free(correlate->of_rules.items);
    free(correlate->of_correlations.first);
    free(correlate->of_correlations.items);
    free(correlate);
}

struct correlate_counters correlate_counters(const struct correlate *correlate)
{
    return correlate->counters;
}

/* ---- moments and totals --------------------------------------------------------------------- */

static struct moment *moment_at(const struct moments *moments, uint32_t position)
{
    return &moments->items[(moments->start + position) & (moments->capacity - 1)];
}

static bool moments_add(struct moments *moments, struct slab *slab, struct moment moment)
{
    if (moments->count == moments->capacity) {
        const uint32_t capacity = moments->capacity == 0 ? MOMENTS_MIN : 2 * moments->capacity;
        struct moment *const larger = slab_take(slab, capacity * sizeof(*larger));
        if (larger == NULL)
            return false;
        for (uint32_t i = 0; i < moments->count; i++)
            larger[i] = *moment_at(moments, i);
        slab_give(slab, moments->items, moments->capacity * sizeof(*larger));
        moments->items = larger;
        moments->capacity = capacity;
        moments->start = 0;
    }
    moments->count++;
    *moment_at(moments, moments->count - 1) = moment;
    return true;
}

static struct moment moments_drop(struct moments *moments)
{
    const struct moment first = *moment_at(moments, 0);
    moments->start = (moments->start + 1) & (moments->capacity - 1);
    moments->count--;
    return first;
}

/* `step` is 1 for a number that comes, -1 for one that goes. */
static void totals_add(struct totals *totals, const struct correlation_bounds *bounds,
                       int64_t number, int step)
{
    totals->sum += (wide)number * step;
    totals->count += step;
    totals->below_min += number < bounds->min ? step : 0;
    totals->upto_max += number <= bounds->max ? step : 0;
    totals->below_neq += number < bounds->neq ? step : 0;
    totals->upto_neq += number <= bounds->neq ? step : 0;
}

/* ---- judging -------------------------------------------------------------------------------- */

static bool whole_holds(const struct correlation_bounds *bounds, wide number)
{
    return number >= bounds->min && number <= bounds->max &&
           !(bounds->has_neq && number == bounds->neq);
}

static bool mean_holds(const struct correlation_bounds *bounds, const struct totals *totals)
{
    const wide min = (wide)bounds->min * totals->count, max = (wide)bounds->max * totals->count;
    if (bounds->min != INT64_MIN && (bounds->min_is_open ? totals->sum <= min : totals->sum < min))
        return false;
    if (bounds->max != INT64_MAX && (bounds->max_is_open ? totals->sum >= max : totals->sum > max))
        return false;
    return !(bounds->has_neq && totals->sum == (wide)bounds->neq * totals->count);
}

static bool percentile_holds(const struct correlation *rule, const struct totals *totals)
{
    const struct correlation_bounds *const bounds = &rule->bounds;
    const int64_t rank = correlation_rank(rule, totals->count);
    return totals->below_min < rank && totals->upto_max >= rank &&
           !(bounds->has_neq && totals->below_neq < rank && totals->upto_neq >= rank);
}

static bool sources_hold(const struct correlation *rule, uint64_t seen)
{
    return rule->expression != NULL ? expression_holds(rule->expression, seen)
                                    : whole_holds(&rule->bounds, __builtin_popcountll(seen));
}

static uint64_t sources_since(const struct correlation *rule, const struct group *group,
                              int64_t since_ns)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < rule->sources_count; i++)
        seen |= (uint64_t)(group->times_ns[i] != NEVER && group->times_ns[i] >= since_ns) << i;
    return seen;
}

/* The latest start of a way up to one of these places; NEVER: there is none. */
static int64_t row_start(const struct group *group, uint64_t places)
{
    int64_t latest_ns = NEVER;
    for (uint64_t open = places; open != 0; open &= open - 1) {
        const int64_t start_ns = group->times_ns[__builtin_ctzll(open)];
        latest_ns = start_ns > latest_ns ? start_ns : latest_ns;
    }
    return latest_ns;
}

/* `*number`: what the condition was about. */
static bool group_holds(const struct correlation *rule, const struct group *group, int64_t now_ns,
                        double *number)
{
    const int64_t since_ns = civil_minus(now_ns, rule->span_ns);
    int64_t count = 0;
    switch (rule->type) {
    case CORRELATION_EVENT_COUNT:
        count = rule->is_judged_at_end ? group->totals.count : group->moments.count;
        break;
    case CORRELATION_VALUE_COUNT:
        count = rule->is_judged_at_end ? (int64_t)group->values.count : group->latest.count;
        break;
    case CORRELATION_VALUE_SUM:
        *number = (double)group->totals.sum / 1e6;
        return whole_holds(&rule->bounds, group->totals.sum);
    case CORRELATION_VALUE_AVG:
        *number = (double)group->totals.sum / 1e6 / (double)group->totals.count;
        return mean_holds(&rule->bounds, &group->totals);
    case CORRELATION_VALUE_MEDIAN:
    case CORRELATION_VALUE_PERCENTILE:
        return percentile_holds(rule, &group->totals);
    case CORRELATION_TEMPORAL: {
        const uint64_t seen =
            rule->is_judged_at_end ? group->seen : sources_since(rule, group, since_ns);
        *number = __builtin_popcountll(seen);
        return sources_hold(rule, seen);
    }
    case CORRELATION_TEMPORAL_ORDERED: {
        const int64_t start_ns = row_start(group, rule->row->last);
        *number = rule->sources_count;
        return start_ns != NEVER && (rule->is_judged_at_end || start_ns >= since_ns) &&
               (rule->row->forbidden == NULL ||
                !expression_holds(rule->row->forbidden, group->seen));
    }
    }
    *number = (double)count;
    return whole_holds(&rule->bounds, count);
}

/* ---- groups --------------------------------------------------------------------------------- */

static uint64_t key_id(const struct correlate *correlate, uint32_t index, const uint32_t *key)
{
    uint64_t id = hash_mix(correlate->seed ^ (index + UINT64_C(1)));
    for (unsigned i = 0; i < correlate->watched[index].rule->parts_count; i++)
        id = hash_mix(id ^ key[i]);
    return id != 0 ? id : 1;
}

static void group_unlink(struct watched *watched, struct group *group)
{
    if (group->quieter != NULL)
        group->quieter->later = group->later;
    else
        watched->quietest = group->later;
    if (group->later != NULL)
        group->later->quieter = group->quieter;
    else
        watched->latest = group->quieter;
}

static void group_link(struct watched *watched, struct group *group)
{
    group->later = NULL;
    group->quieter = watched->latest;
    if (watched->latest != NULL)
        watched->latest->later = group;
    else
        watched->quietest = group;
    watched->latest = group;
}

static void group_init(struct correlate *correlate, const struct watched *watched,
                       struct group *group)
{
    const struct correlation *const rule = watched->rule;
    if (rule->type == CORRELATION_VALUE_COUNT && rule->is_judged_at_end)
        table_init(&group->values, &correlate->slab);
    else if (rule->type == CORRELATION_VALUE_COUNT)
        latest_init(&group->latest, &correlate->slab);
    for (unsigned i = 0; i < times_count(rule); i++)
        group->times_ns[i] = NEVER;
}

static void group_free(struct correlate *correlate, struct watched *watched, struct group *group)
{
    const struct correlation *const rule = watched->rule;
    if (rule->type == CORRELATION_VALUE_COUNT && rule->is_judged_at_end)
        table_deinit(&group->values);
    else if (rule->type == CORRELATION_VALUE_COUNT)
        latest_deinit(&group->latest);
    else if (rule->type == CORRELATION_EVENT_COUNT || correlation_has_numbers(rule->type))
        slab_give(&correlate->slab, group->moments.items,
                  group->moments.capacity * sizeof(*group->moments.items));
    table_remove(&correlate->groups, group->id);
    group_unlink(watched, group);
    slab_give(&correlate->slab, group, watched->group_bytes);
}

/* Groups that no window reaches back to; false: there was none. */
static bool groups_expire(struct correlate *correlate, struct watched *watched)
{
    if (watched->rule->is_judged_at_end)
        return false; /* they go when they are judged */
    const int64_t since_ns = civil_minus(correlate->now_ns, watched->rule->span_ns);
    bool has_any = false;
    while (watched->quietest != NULL && watched->quietest->touched_ns < since_ns) {
        group_free(correlate, watched, watched->quietest);
        has_any = true;
    }
    return has_any;
}

/* The memory of other groups than `kept`; false: there is none. */
static bool room_make(struct correlate *correlate, const struct group *kept)
{
    bool has_any = false;
    struct watched *quietest_of = NULL;
    struct group *quietest = NULL;
    for (uint32_t i = 0; i < correlate->watched_count; i++) {
        struct watched *const watched = &correlate->watched[i];
        has_any |= groups_expire(correlate, watched);
        struct group *const first = watched->quietest != NULL && watched->quietest == kept
                                        ? watched->quietest->later
                                        : watched->quietest;
        if (first != NULL && (quietest == NULL || first->touched_ns < quietest->touched_ns)) {
            quietest = first;
            quietest_of = watched;
        }
    }
    if (has_any || quietest == NULL)
        return has_any;
    group_free(correlate, quietest_of, quietest);
    correlate->counters.groups_evicted++;
    return true;
}

static struct group *group_create(struct correlate *correlate, struct watched *watched, uint64_t id,
                                  const uint32_t *key)
{
    struct group *group;
    while ((group = slab_take(&correlate->slab, watched->group_bytes)) == NULL) {
        if (!room_make(correlate, NULL))
            return NULL;
    }
    uint64_t *kept;
    while ((kept = table_put(&correlate->groups, id, NULL)) == NULL) {
        if (!room_make(correlate, NULL)) {
            slab_give(&correlate->slab, group, watched->group_bytes);
            return NULL;
        }
    }
    memset(group, 0, watched->group_bytes);
    *kept = (uint64_t)(uintptr_t)group;
    group->id = id;
    group->touched_ns = correlate->now_ns;
    group->true_ns = NEVER;
    memcpy(group->key, key, watched->rule->parts_count * sizeof(*key));
    group_init(correlate, watched, group);
    group_link(watched, group);
    if (watched->rule->is_judged_at_end) {
        const int64_t end_ns = civil_plus(correlate->now_ns, watched->rule->span_ns);
        if (end_ns < correlate->next_end_ns)
            correlate->next_end_ns = end_ns;
    }
    return group;
}

static struct group *group_take(struct correlate *correlate, uint32_t index, const uint32_t *key)
{
    struct watched *const watched = &correlate->watched[index];
    groups_expire(correlate, watched);
    const uint64_t id = key_id(correlate, index, key);
    const uint64_t *const known = table_get(&correlate->groups, id);
    if (known == NULL)
        return group_create(correlate, watched, id, key);
    struct group *const group = (struct group *)(uintptr_t)*known;
    if (!watched->rule->is_judged_at_end) {
        group_unlink(watched, group);
        group_link(watched, group);
        group->touched_ns = correlate->now_ns;
    }
    return group;
}

/* ---- what a group keeps --------------------------------------------------------------------- */

static void group_drop(const struct correlation *rule, struct group *group)
{
    if (rule->type == CORRELATION_VALUE_COUNT) {
        latest_drop(&group->latest);
        return;
    }
    const struct moment moment = moments_drop(&group->moments);
    if (correlation_has_numbers(rule->type))
        totals_add(&group->totals, &rule->bounds, moment.number, -1);
}

static void group_expire(const struct correlation *rule, struct group *group, int64_t since_ns)
{
    if (rule->is_judged_at_end)
        return;
    if (rule->type == CORRELATION_VALUE_COUNT) {
        latest_expire(&group->latest, since_ns);
    } else if (rule->type == CORRELATION_EVENT_COUNT || correlation_has_numbers(rule->type)) {
        while (group->moments.count > 0 && moment_at(&group->moments, 0)->time_ns < since_ns)
            group_drop(rule, group);
    }
}

/* Sources that match at one time may follow each other in any order. */
static void row_add(const struct correlation_row *row, struct group *group, uint64_t sources,
                    int64_t now_ns)
{
    if (group->tick_ns != now_ns)
        group->at_tick = 0;
    group->tick_ns = now_ns;
    group->at_tick |= sources;
    group->seen |= sources;
    for (unsigned i = 0; i < row->places_count; i++) {
        if ((group->at_tick >> row->places[i].source & 1) == 0)
            continue;
        const bool is_first = (row->first >> i & 1) != 0;
        const int64_t start_ns = is_first ? now_ns : row_start(group, row->places[i].before);
        if (start_ns > group->times_ns[i])
            group->times_ns[i] = start_ns;
    }
}

/* The least that the condition asks for is all that is kept; a group has one event at least. */
static uint32_t count_needed(const struct correlation *rule)
{
    return rule->bounds.min > 1 ? (uint32_t)rule->bounds.min : 1;
}

/* False: no memory, nothing has changed. */
static bool group_add(struct correlate *correlate, const struct correlation *rule,
                      struct group *group, const struct happening *happening)
{
    const int64_t now_ns = correlate->now_ns;
    switch (rule->type) {
    case CORRELATION_EVENT_COUNT:
        if (rule->is_judged_at_end) {
            group->totals.count++;
            return true;
        }
        if (group->moments.count == count_needed(rule))
            moments_drop(&group->moments);
        return moments_add(&group->moments, &correlate->slab, (struct moment){.time_ns = now_ns});
    case CORRELATION_VALUE_COUNT:
        return rule->is_judged_at_end
                   ? table_put(&group->values, happening->value, NULL) != NULL
                   : latest_add(&group->latest, happening->value, now_ns, count_needed(rule));
    case CORRELATION_VALUE_SUM:
    case CORRELATION_VALUE_AVG:
    case CORRELATION_VALUE_MEDIAN:
    case CORRELATION_VALUE_PERCENTILE:
        if (!rule->is_judged_at_end &&
            !moments_add(&group->moments, &correlate->slab,
                         (struct moment){.time_ns = now_ns, .number = happening->number}))
            return false;
        totals_add(&group->totals, &rule->bounds, happening->number, 1);
        return true;
    case CORRELATION_TEMPORAL:
        if (rule->is_judged_at_end) {
            group->seen |= happening->sources;
            return true;
        }
        for (uint64_t open = happening->sources; open != 0; open &= open - 1)
            group->times_ns[__builtin_ctzll(open)] = now_ns;
        return true;
    case CORRELATION_TEMPORAL_ORDERED:
        row_add(rule->row, group, happening->sources, now_ns);
        return true;
    }
    return true;
}

/* True when there is an oldest event that can go before its time. */
static bool group_can_drop(const struct correlation *rule, const struct group *group)
{
    if (rule->is_judged_at_end)
        return false;
    return rule->type == CORRELATION_VALUE_COUNT ? group->latest.count > 0
                                                 : group->moments.count > 0;
}

/* False: there was no memory, and the event is not counted. */
static bool group_note(struct correlate *correlate, const struct correlation *rule,
                       struct group *group, const struct happening *happening)
{
    while (!group_add(correlate, rule, group, happening)) {
        if (room_make(correlate, group))
            continue;
        correlate->counters.events_forgotten++;
        if (!group_can_drop(rule, group))
            return false;
        group_drop(rule, group);
    }
    return true;
}

/* ---- happenings ------------------------------------------------------------------------------ */

static void happening_take(struct correlate *correlate, uint32_t index,
                           const struct happening *happening);

/* What one hit is to the correlations that count it. */
static void hit_pass_on(struct correlate *correlate, const struct correlate_hit *hit)
{
    const struct users *const users = &correlate->of_correlations;
    const uint32_t end = users->first[hit->correlation + 1];
    for (uint32_t i = users->first[hit->correlation]; i < end; i++) {
        const struct user *const user = &users->items[i];
        const struct correlation *const rule = correlate->watched[user->correlation].rule;
        const struct correlation_source *const source = &rule->sources[user->source];
        struct happening happening = {
            .sources = UINT64_C(1) << user->source,
            .has_value = true,
            .value = correlate->seed,
            .evidence = &hit->evidence,
        };
        for (unsigned j = 0; j < rule->parts_count; j++)
            happening.key[j] = hit->key[source->parts[j]];
        for (unsigned j = 0; j < rule->counted_count; j++)
            happening.value = hash_mix(happening.value ^ hit->key[source->counted[j]]);
        happening.value = happening.value != 0 ? happening.value : 1;
        if (correlation_has_numbers(rule->type))
            happening.has_value = millionths_from_text(
                names_text(correlate->options.names, NAMES_DRAWN, hit->key[source->counted[0]]),
                &happening.number);
        happening_take(correlate, user->correlation, &happening);
    }
}

static void hit_tell(struct correlate *correlate, struct correlate_hit *hit, double number)
{
    hit->time_ns = correlate->now_ns;
    hit->number = number;
    correlate->options.tell(correlate->options.self, hit);
    hit_pass_on(correlate, hit);
}

/* Judges the group at an event: true when an episode begins. */
static bool episode_begins(const struct correlation *rule, struct group *group, int64_t now_ns,
                           double *number)
{
    if (!group_holds(rule, group, now_ns, number))
        return false;
    const bool begins =
        group->true_ns == NEVER || group->true_ns < civil_minus(now_ns, rule->span_ns);
    group->true_ns = now_ns;
    return begins;
}

static void happening_tell(const struct correlate *correlate, uint32_t index,
                           const struct group *group, const struct happening *happening)
{
    const struct correlate_counted counted = {
        .correlation = index,
        .group = group->id,
        .time_ns = correlate->now_ns,
        .sources = happening->sources,
        .value = happening->value,
        .number = happening->number,
        .evidence = happening->evidence,
    };
    if (correlate->options.counted != NULL)
        correlate->options.counted(correlate->options.self, &counted);
}

/* What is counted may end other groups, and a hit is passed on: so it is the last thing done. */
static void happening_take(struct correlate *correlate, uint32_t index,
                           const struct happening *happening)
{
    const struct correlation *const rule = correlate->watched[index].rule;
    if (correlation_has_values(rule->type) && !happening->has_value)
        return;
    struct group *const group = group_take(correlate, index, happening->key);
    if (group == NULL) {
        correlate->counters.events_forgotten++;
        return;
    }
    group_expire(rule, group, civil_minus(correlate->now_ns, rule->span_ns));
    if (!group_note(correlate, rule, group, happening))
        return;
    happening_tell(correlate, index, group, happening);
    if (rule->is_judged_at_end) {
        group->evidence = *happening->evidence;
        return;
    }
    double number = 0;
    if (!episode_begins(rule, group, correlate->now_ns, &number))
        return;
    struct correlate_hit hit = {
        .correlation = index, .key = happening->key, .evidence = *happening->evidence};
    hit_tell(correlate, &hit, number);
}

/* ---- ends of windows ------------------------------------------------------------------------ */

static int64_t end_of_first(const struct watched *watched)
{
    return civil_plus(watched->quietest->touched_ns, watched->rule->span_ns);
}

/* The correlation whose first window ends first; NULL: none is open. */
static struct watched *next_ending(const struct correlate *correlate)
{
    struct watched *next = NULL;
    for (uint32_t i = 0; i < correlate->ending_count; i++) {
        struct watched *const watched = &correlate->watched[correlate->ending[i]];
        if (watched->quietest != NULL &&
            (next == NULL || end_of_first(watched) < end_of_first(next)))
            next = watched;
    }
    return next;
}

/* The first window to end is judged; false: none is open. */
static bool window_end(struct correlate *correlate)
{
    struct watched *const watched = next_ending(correlate);
    if (watched == NULL)
        return false;
    struct group *const group = watched->quietest;
    uint32_t key[CORRELATION_PARTS_MAX];
    memcpy(key, group->key, sizeof(key));
    struct correlate_hit hit = {.correlation = (uint32_t)(watched - correlate->watched),
                                .key = key,
                                .evidence = group->evidence};
    double number = 0;
    const bool holds = group_holds(watched->rule, group, correlate->now_ns, &number);
    correlate->now_ns = end_of_first(watched);
    group_free(correlate, watched, group);
    const struct watched *const next = next_ending(correlate);
    correlate->next_end_ns = next != NULL ? end_of_first(next) : INT64_MAX;
    if (holds)
        hit_tell(correlate, &hit, number);
    return true;
}

void correlate_advance(struct correlate *correlate, int64_t time_ns)
{
    if (time_ns <= correlate->now_ns)
        return;
    while (correlate->next_end_ns < time_ns)
        (void)window_end(correlate);
    correlate->now_ns = time_ns;
}

void correlate_end(struct correlate *correlate)
{
    while (window_end(correlate))
        ;
}

struct correlate_evidence correlate_evidence_of(const struct attempt *attempt)
{
    return (struct correlate_evidence){
        .time_ns = attempt->time_ns,
        .line = attempt->line,
        .offset = attempt->offset,
        .file = attempt->file,
        .source = attempt->source,
        .account = attempt->name[TEXT_ACCOUNT],
        .outcome = attempt->outcome,
    };
}

/* ---- attempts ------------------------------------------------------------------------------- */

/* The name behind a draw; NAME_NONE: the event has none, or it could not be kept. */
static uint32_t drawn_name(const struct correlate *correlate, uint16_t draw)
{
    if (correlate->drawn_epochs[draw] != correlate->epoch)
        return NAME_NONE;
    const uint32_t name = correlate->drawn[draw].name;
    return name == NAME_OTHER ? NAME_NONE : name;
}

static bool key_draw(const struct correlate *correlate, const struct correlation *rule,
                     const struct correlation_source *source, uint32_t *key)
{
    for (unsigned i = 0; i < rule->parts_count; i++) {
        key[i] = drawn_name(correlate, source->parts[i]);
        if (key[i] == NAME_NONE)
            return false;
    }
    return true;
}

static void value_draw(const struct correlate *correlate, const struct correlation *rule,
                       const struct correlation_source *source, struct happening *happening)
{
    if (happening->has_value)
        return;
    if (correlation_has_numbers(rule->type)) {
        happening->has_value = correlate->drawn_epochs[source->counted[0]] == correlate->epoch;
        happening->number = correlate->drawn[source->counted[0]].number;
        return;
    }
    uint64_t value = correlate->seed;
    for (unsigned i = 0; i < rule->counted_count; i++) {
        const uint32_t name = drawn_name(correlate, source->counted[i]);
        if (name == NAME_NONE)
            return;
        value = hash_mix(value ^ name);
    }
    happening->has_value = true;
    happening->value = value != 0 ? value : 1;
}

/* An attempt is one event for each key that its rules give it. */
static void attempt_take(struct correlate *correlate, uint32_t index,
                         const struct correlate_evidence *evidence)
{
    const struct correlation *const rule = correlate->watched[index].rule;
    if (evidence->time_ns < civil_minus(correlate->now_ns, rule->span_ns)) {
        correlate->counters.too_late++;
        return;
    }
    struct happening happenings[CORRELATION_SOURCES_MAX];
    unsigned count = 0;
    bool lacks_key = false;
    for (unsigned i = 0; i < rule->sources_count; i++) {
        const struct correlation_source *const source = &rule->sources[i];
        if (source->is_correlation || correlate->rule_epochs[source->index] != correlate->epoch)
            continue;
        struct happening *const added = &happenings[count];
        *added = (struct happening){.evidence = evidence};
        if (!key_draw(correlate, rule, source, added->key)) {
            lacks_key = true;
            continue;
        }
        unsigned same = 0;
        while (memcmp(happenings[same].key, added->key, sizeof(added->key)) != 0)
            same++;
        happenings[same].sources |= UINT64_C(1) << i;
        value_draw(correlate, rule, source, &happenings[same]);
        count += same == count;
    }
    correlate->counters.without_key += lacks_key;
    for (unsigned i = 0; i < count; i++)
        happening_take(correlate, index, &happenings[i]);
}

/* Marks the rules and values of an attempt, and the correlations that count it. */
static void hits_mark(struct correlate *correlate, struct hits *hits)
{
    for (uint32_t i = 0; i < hits->values_count; i++) {
        correlate->drawn[hits->values[i].draw] = hits->values[i];
        correlate->drawn_epochs[hits->values[i].draw] = correlate->epoch;
    }
    const uint32_t *const rules = hits_rules(hits);
    const struct users *const users = &correlate->of_rules;
    for (uint32_t i = 0; i < hits->rules_count; i++) {
        correlate->rule_epochs[rules[i]] = correlate->epoch;
        for (uint32_t at = users->first[rules[i]]; at < users->first[rules[i] + 1]; at++) {
            const uint32_t index = users->items[at].correlation;
            correlate->pending[index / 64] |= UINT64_C(1) << (index % 64);
        }
    }
}

void correlate_take(struct correlate *correlate, const struct attempt *attempt, struct hits *hits)
{
    correlate_advance(correlate, attempt->time_ns);
    correlate->epoch++;
    if (hits == NULL || correlate->watched_count == 0)
        return;
    hits_mark(correlate, hits);
    const struct correlate_evidence evidence = correlate_evidence_of(attempt);
    for (size_t word = 0; word < correlate->pending_words; word++) {
        for (uint64_t open = correlate->pending[word]; open != 0; open &= open - 1)
            attempt_take(correlate, (uint32_t)(64 * word) + (unsigned)__builtin_ctzll(open),
                         &evidence);
        correlate->pending[word] = 0;
    }
}

/* ---- for whoever explains ----------------------------------------------------------------- */

bool correlate_look(const struct correlate *correlate, uint32_t index, uint64_t group,
                    struct correlate_look *look)
{
    const struct correlation *const rule = correlate->watched[index].rule;
    const uint64_t *const known = table_get(&correlate->groups, group);
    if (known == NULL)
        return false;
    const struct group *const found = (const struct group *)(uintptr_t)*known;
    *look = (struct correlate_look){.key = found->key, .end_ns = INT64_MAX};
    if (rule->is_judged_at_end) {
        look->since_ns = found->touched_ns;
        look->end_ns = civil_plus(found->touched_ns, rule->span_ns);
        return true;
    }
    double number = 0;
    look->since_ns = civil_minus(correlate->now_ns, rule->span_ns);
    look->is_true = group_holds(rule, found, correlate->now_ns, &number);
    return true;
}

enum correlate_miss correlate_miss(const struct correlate *correlate, uint32_t index,
                                   const struct attempt *attempt)
{
    const struct correlation *const rule = correlate->watched[index].rule;
    enum correlate_miss miss = MISS_NO_RULE;
    for (unsigned i = 0; i < rule->sources_count; i++) {
        const struct correlation_source *const source = &rule->sources[i];
        struct happening happening = {0};
        if (source->is_correlation || correlate->rule_epochs[source->index] != correlate->epoch)
            continue;
        if (attempt->time_ns < civil_minus(correlate->now_ns, rule->span_ns))
            return MISS_TOO_LATE;
        const bool has_key = key_draw(correlate, rule, source, happening.key);
        if (has_key)
            value_draw(correlate, rule, source, &happening);
        const bool has_value = happening.has_value || !correlation_has_values(rule->type);
        const enum correlate_miss own = !has_key     ? MISS_NO_KEY
                                        : !has_value ? MISS_NO_VALUE
                                                     : MISS_NOTHING;
        miss = own > miss ? own : miss;
    }
    return miss;
}
