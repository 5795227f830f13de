#include "engine/comparison.h"

#include <stdlib.h>

#include "engine/base/civil.h"

#define SHARED 0.5 /* of the accounts and of the sources of the smaller of two campaigns */

/* ---- two campaigns --------------------------------------------------------------------------- */

/* Do two sets share half of the smaller one? Beyond the end of a sample nothing is known of its
 * set, so only what lies before the earlier end is compared. An empty set says nothing. */
static bool is_shared(const struct trial_sample *a, const struct trial_sample *b)
{
    if (a->count == 0 || b->count == 0)
        return true;
    const uint64_t end_a = a->is_all ? UINT64_MAX : a->hashes[a->count - 1];
    const uint64_t end_b = b->is_all ? UINT64_MAX : b->hashes[b->count - 1];
    const uint64_t end = end_a < end_b ? end_a : end_b;
    uint32_t i = 0, j = 0, common = 0;
    while (i < a->count && j < b->count && a->hashes[i] <= end && b->hashes[j] <= end) {
        common += a->hashes[i] == b->hashes[j];
        const bool goes_a = a->hashes[i] <= b->hashes[j], goes_b = b->hashes[j] <= a->hashes[i];
        i += goes_a;
        j += goes_b;
    }
    while (i < a->count && a->hashes[i] <= end)
        i++;
    while (j < b->count && b->hashes[j] <= end)
        j++;
    return common >= SHARED * (i < j ? i : j);
}

bool comparison_is_same(const struct trial_campaign *a, const struct trial_campaign *b)
{
    return a->start_ns <= b->end_ns && b->start_ns <= a->end_ns &&
           is_shared(&a->account_sample, &b->account_sample) &&
           is_shared(&a->source_sample, &b->source_sample);
}

/* When the trial tells of the attack first; INT64_MAX: it does not. */
static int64_t told_ns(const struct trial *trial, const struct trial_campaign *attack)
{
    int64_t told_ns = INT64_MAX;
    for (size_t i = 0; i < trial->count; i++) {
        const struct trial_campaign *const campaign = &trial->campaigns[i];
        if (campaign->opened_ns < told_ns && comparison_is_same(campaign, attack))
            told_ns = campaign->opened_ns;
    }
    return told_ns;
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* Found passwords first, then severity and size. */
static int weight_order(const void *left, const void *right)
{
    const struct trial_campaign *const a = *(const struct trial_campaign *const *)left;
    const struct trial_campaign *const b = *(const struct trial_campaign *const *)right;
    if (a->confirmed != b->confirmed)
        return a->confirmed > b->confirmed ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    if (a->accounts != b->accounts)
        return a->accounts > b->accounts ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static bool list_init(struct comparison_list *list, size_t capacity)
{
    *list = (struct comparison_list){.items = calloc(capacity + 1, sizeof(*list->items))};
    return list->items != NULL;
}

static void list_add(struct comparison_list *list, const struct trial_campaign *campaign)
{
    list->items[list->count++] = campaign;
    list->attempts += campaign->attempts;
    list->accounts += campaign->accounts;
    list->confirmed += campaign->confirmed;
}

static void list_sort(struct comparison_list *list)
{
    qsort(list->items, list->count, sizeof(*list->items), weight_order);
}

/* ---- the comparison -------------------------------------------------------------------------- */

/* A confirmed password is found for a campaign that others have found. */
static uint64_t finders(const struct ruleset *ruleset)
{
    size_t count;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    uint64_t finders = 0;
    for (size_t i = 0; i < count; i++) {
        if (detectors[i].kind != DETECTOR_CONFIRMED_PASSWORD)
            finders |= UINT64_C(1) << i;
    }
    return finders;
}

/* How many of `items` the other list, ascending as well, does not have. */
static size_t lacking(const uint32_t *items, size_t count, const uint32_t *others,
                      size_t others_count)
{
    size_t lacking = 0, j = 0;
    for (size_t i = 0; i < count; i++) {
        while (j < others_count && others[j] < items[i])
            j++;
        lacking += j == others_count || others[j] != items[i];
    }
    return lacking;
}

static void compare_loaded(struct comparison *comparison, const struct trial *loaded,
                           const struct trial *tried)
{
    for (size_t i = 0; i < loaded->count; i++) {
        const struct trial_campaign *const campaign = &loaded->campaigns[i];
        const int64_t first_ns = told_ns(tried, campaign);
        if (first_ns == INT64_MAX) {
            list_add(&comparison->missed, campaign);
        } else if (first_ns > campaign->opened_ns) {
            const int64_t later_ns = civil_elapsed(first_ns, campaign->opened_ns);
            comparison->later++;
            if (later_ns > comparison->later_ns_max)
                comparison->later_ns_max = later_ns;
        }
    }
    list_sort(&comparison->missed);
}

enum status comparison_init(struct comparison *comparison, const struct ruleset *ruleset,
                            size_t detector, const struct trial *loaded, const struct trial *tried)
{
    const uint64_t bit = UINT64_C(1) << detector, all = finders(ruleset);
    *comparison = (struct comparison){
        .campaigns = tried->count,
        .confirmed = tried->confirmed_count,
        .confirmed_missed = lacking(loaded->confirmed, loaded->confirmed_count, tried->confirmed,
                                    tried->confirmed_count),
        .confirmed_added = lacking(tried->confirmed, tried->confirmed_count, loaded->confirmed,
                                   loaded->confirmed_count),
    };
    if (!list_init(&comparison->missed, loaded->count) ||
        !list_init(&comparison->added, tried->count)) {
        comparison_deinit(comparison);
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < tried->count; i++) {
        const struct trial_campaign *const campaign = &tried->campaigns[i];
        comparison->by_detector += (campaign->detectors & bit) != 0;
        comparison->by_it_alone += (campaign->detectors & all) == bit;
        if (told_ns(loaded, campaign) == INT64_MAX)
            list_add(&comparison->added, campaign);
    }
    list_sort(&comparison->added);
    compare_loaded(comparison, loaded, tried);
    return STATUS_OK;
}

void comparison_deinit(struct comparison *comparison)
{
    free(comparison->missed.items);
    free(comparison->added.items);
    *comparison = (struct comparison){0};
}
