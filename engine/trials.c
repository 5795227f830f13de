#include "engine/trials.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"

struct lane {
    struct trials *trials;
    struct slab slab;
    struct campaigns *campaigns; /* NULL for the loaded detectors: the report has them */
    struct trial trial;
};

struct trials {
    const struct ruleset *ruleset;
    size_t loaded_count; /* detectors of the ruleset */
    struct setting settings[TRIALS_MAX];
    size_t settings_count;
    struct detector detectors[DETECTORS_MAX]; /* those of the ruleset, then the settings */
    const struct alert_context *context;
    struct lane lanes[1 + TRIALS_MAX]; /* of the loaded detectors, then of the settings */
    bool has_failed;                   /* no memory: campaigns are missing */
};

/* ---- life ------------------------------------------------------------------------------------ */

size_t trials_room(const struct ruleset *ruleset)
{
    const size_t left = DETECTORS_MAX - detectors_of(ruleset).count;
    return left < TRIALS_MAX ? left : TRIALS_MAX;
}

enum status trials_create(struct trials **out, const struct ruleset *ruleset,
                          const struct setting *settings, size_t settings_count)
{
    assert(settings_count <= trials_room(ruleset));
    struct trials *const trials = calloc(1, sizeof(*trials));
    if (trials == NULL)
        return STATUS_NO_MEMORY;
    trials->ruleset = ruleset;
    const struct detectors loaded = detectors_of(ruleset);
    trials->loaded_count = loaded.count;
    memcpy(trials->detectors, loaded.items, loaded.count * sizeof(*loaded.items));
    for (size_t i = 0; i < settings_count; i++) {
        struct detector *const tried = &trials->detectors[loaded.count + i];
        trials->settings[trials->settings_count++] = settings[i];
        *tried = loaded.items[settings[i].detector];
        threshold_set(tried, settings[i].threshold, settings[i].number);
    }
    for (size_t i = 0; i <= settings_count; i++)
        trials->lanes[i].trials = trials;
    *out = trials;
    return STATUS_OK;
}

static void trial_deinit(struct trial *trial)
{
    for (size_t i = 0; i < trial->count; i++) {
        free(trial->campaigns[i].account_sample.hashes);
        free(trial->campaigns[i].source_sample.hashes);
    }
    free(trial->campaigns);
    free(trial->confirmed);
}

static void lane_close(struct lane *lane)
{
    campaigns_destroy(lane->campaigns);
    lane->campaigns = NULL;
    slab_deinit(&lane->slab);
}

void trials_destroy(struct trials *trials)
{
    if (trials == NULL)
        return;
    for (size_t i = 0; i <= trials->settings_count; i++) {
        lane_close(&trials->lanes[i]);
        trial_deinit(&trials->lanes[i].trial);
    }
    free(trials);
}

struct detectors trials_detectors(const struct trials *trials)
{
    return (struct detectors){.items = trials->detectors,
                              .count = trials->loaded_count + trials->settings_count};
}

/* ---- what a campaign leaves ------------------------------------------------------------------ */

static int hash_order(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Of a table's keys and, beside them, the confirmed accounts or where they were confirmed from. */
static bool sample_take(struct trial_sample *sample, const struct table *table,
                        const struct campaign *campaign, bool is_of_sources)
{
    uint64_t *const hashes =
        reallocarray(NULL, table->count + campaign->confirmed_count + 1, sizeof(*hashes));
    size_t count = 0, kept = 0;
    if (hashes == NULL)
        return false;
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].key > NAME_OTHER)
            hashes[count++] = hash_mix(table->slots[i].key);
    }
    for (uint32_t i = 0; i < campaign->confirmed_count; i++) {
        const struct member *const first = &campaign->confirmed[i].first;
        const uint32_t name = is_of_sources ? first->source : first->account;
        if (name > NAME_OTHER)
            hashes[count++] = hash_mix(name);
    }
    qsort(hashes, count, sizeof(*hashes), hash_order);
    for (size_t i = 0; i < count && kept < TRIAL_SAMPLE_MAX; i++) {
        if (kept == 0 || hashes[i] != hashes[kept - 1])
            hashes[kept++] = hashes[i];
    }
    uint64_t *const smaller = reallocarray(hashes, kept + 1, sizeof(*hashes));
    *sample = (struct trial_sample){.hashes = smaller != NULL ? smaller : hashes,
                                    .count = (uint32_t)kept,
                                    .is_all = kept < TRIAL_SAMPLE_MAX};
    return true;
}

static bool confirmed_take(struct trial *trial, const struct campaign *campaign)
{
    const size_t wanted = trial->confirmed_count + campaign->confirmed_count;
    if (wanted > trial->confirmed_capacity) {
        uint32_t *const larger = reallocarray(trial->confirmed, 2 * wanted, sizeof(*larger));
        if (larger == NULL)
            return false;
        trial->confirmed = larger;
        trial->confirmed_capacity = 2 * wanted;
    }
    for (uint32_t i = 0; i < campaign->confirmed_count; i++)
        trial->confirmed[trial->confirmed_count++] = campaign->confirmed[i].first.account;
    return true;
}

static struct trial_campaign *campaign_new(struct trial *trial)
{
    if (trial->count == trial->capacity) {
        const size_t capacity = 2 * trial->capacity + 16;
        struct trial_campaign *const larger =
            reallocarray(trial->campaigns, capacity, sizeof(*larger));
        if (larger == NULL)
            return NULL;
        trial->campaigns = larger;
        trial->capacity = capacity;
    }
    struct trial_campaign *const campaign = &trial->campaigns[trial->count++];
    *campaign = (struct trial_campaign){0};
    return campaign;
}

static void lane_hear(void *listener, const struct campaign *campaign, enum campaign_action action,
                      enum campaign_end end, int64_t time_ns)
{
    struct lane *const lane = listener;
    const struct alert_context *const context = lane->trials->context;
    (void)time_ns;
    if (action != CAMPAIGN_CLOSED || end == CAMPAIGN_MERGED)
        return;
    struct trial_campaign *const left = campaign_new(&lane->trial);
    if (left == NULL) {
        lane->trials->has_failed = true;
        return;
    }
    memcpy(left->id, campaign->id, sizeof(left->id));
    left->number = campaign->number;
    left->severity = alert_severity(context->ruleset, campaign);
    left->detectors = campaign->detectors;
    left->start_ns = campaign->start_ns;
    left->end_ns = campaign->end_ns;
    left->opened_ns = campaign->opened_ns;
    left->attempts = campaign->attempts;
    left->accounts = campaign->accounts.count;
    left->sources = campaign->sources.count;
    left->confirmed = campaign->confirmed_count;
    screen_what(context, campaign, left->what, sizeof(left->what));
    if (!sample_take(&left->account_sample, &campaign->accounts, campaign, false) ||
        !sample_take(&left->source_sample, &campaign->sources, campaign, true) ||
        !confirmed_take(&lane->trial, campaign))
        lane->trials->has_failed = true;
}

void trials_hear_loaded(void *trials, const struct campaign *campaign, enum campaign_action action,
                        enum campaign_end end, int64_t time_ns)
{
    lane_hear(&((struct trials *)trials)->lanes[0], campaign, action, end, time_ns);
}

/* ---- the run --------------------------------------------------------------------------------- */

enum status trials_begin(struct trials *trials, const struct campaigns_options *options,
                         size_t bytes_max, const struct alert_context *context)
{
    enum status status = STATUS_OK;
    trials->context = context;
    for (size_t i = 1; i <= trials->settings_count && status == STATUS_OK; i++) {
        struct lane *const lane = &trials->lanes[i];
        struct campaigns_options campaigns_options = *options;
        campaigns_options.listen = lane_hear;
        campaigns_options.listener = lane;
        campaigns_options.slab = &lane->slab;
        status = slab_init(&lane->slab, bytes_max);
        if (status == STATUS_OK)
            status = campaigns_create(&lane->campaigns, &campaigns_options, trials->ruleset,
                                      context->names);
    }
    return status;
}

size_t trials_detector(const struct trials *trials, const struct finding *finding)
{
    return finding->detector < trials->loaded_count
               ? finding->detector
               : trials->settings[finding->detector - trials->loaded_count].detector;
}

void trials_take(struct trials *trials, const struct finding *finding, const struct member *members)
{
    if (finding->allowance != 0)
        return;
    if (finding->detector >= trials->loaded_count) {
        struct finding replacing = *finding;
        replacing.detector = (uint8_t)trials_detector(trials, finding);
        const size_t setting = finding->detector - trials->loaded_count;
        campaigns_take(trials->lanes[1 + setting].campaigns, &replacing, members);
        return;
    }
    for (size_t i = 0; i < trials->settings_count; i++) {
        if (trials->settings[i].detector != finding->detector)
            campaigns_take(trials->lanes[1 + i].campaigns, finding, members);
    }
}

void trials_advance(struct trials *trials, int64_t now_ns)
{
    for (size_t i = 1; i <= trials->settings_count; i++)
        campaigns_advance(trials->lanes[i].campaigns, now_ns);
}

static int name_order(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static void confirmed_sort(struct trial *trial)
{
    size_t kept = 0;
    if (trial->confirmed_count > 0)
        qsort(trial->confirmed, trial->confirmed_count, sizeof(*trial->confirmed), name_order);
    for (size_t i = 0; i < trial->confirmed_count; i++) {
        if (kept == 0 || trial->confirmed[i] != trial->confirmed[kept - 1])
            trial->confirmed[kept++] = trial->confirmed[i];
    }
    trial->confirmed_count = kept;
}

enum status trials_end(struct trials *trials)
{
    for (size_t i = 0; i <= trials->settings_count; i++) {
        struct lane *const lane = &trials->lanes[i];
        if (lane->campaigns != NULL) {
            campaigns_end(lane->campaigns);
            lane->trial.untold = campaigns_counters(lane->campaigns).untold;
            lane_close(lane);
        }
        confirmed_sort(&lane->trial);
    }
    return trials->has_failed ? STATUS_NO_MEMORY : STATUS_OK;
}

/* ---- afterwards ------------------------------------------------------------------------------ */

const struct trial *trials_loaded(const struct trials *trials)
{
    return &trials->lanes[0].trial;
}

const struct trial *trials_of(const struct trials *trials, size_t setting_index)
{
    return &trials->lanes[1 + setting_index].trial;
}
