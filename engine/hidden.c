#include "engine/hidden.h"

#include <stdlib.h>

#include "engine/base/civil.h"

/* The campaigns of one entry. */
struct hidden_entry {
    struct alert_context context;
    struct json_write *json;
    struct campaigns *campaigns;
};

struct hidden {
    struct hidden_options options;
    struct slab slab; /* of all campaigns */
    struct hidden_entry *entries;
    size_t entries_count;
    bool has_started;
    int64_t now_ns;
    int64_t quiet_from_ns; /* no campaign of any entry falls quiet before */
};

static void hidden_listen(void *listener, const struct campaign *campaign,
                          enum campaign_action action, enum campaign_end end, int64_t time_ns)
{
    struct hidden_entry *const entry = listener;
    if (entry->json != NULL)
        alert_write(entry->json, &entry->context, campaign, action, end, time_ns);
}

/* All entries together remember as many sign-ins as campaigns that are told. */
static uint32_t sign_ins_max(size_t entries_count)
{
    uint32_t count = CAMPAIGN_SIGN_INS_MAX;
    while (count * entries_count > CAMPAIGN_SIGN_INS_MAX)
        count /= 2;
    return count;
}

static enum status entry_init(struct hidden *hidden, struct hidden_entry *entry,
                              const struct allowance *allowance, size_t entries_count)
{
    const struct hidden_options *const options = &hidden->options;
    *entry = (struct hidden_entry){
        .json = options->json,
        .context = {.ruleset = options->ruleset,
                    .names = options->names,
                    .files = options->files,
                    .allowance = allowance},
    };
    const struct campaigns_options campaigns_options = {
        .quiet_ns = options->quiet_ns,
        .memory_ns = options->memory_ns,
        .slab = &hidden->slab,
        .sign_ins_max = sign_ins_max(entries_count),
        .listen = hidden_listen,
        .listener = entry,
    };
    return campaigns_create(&entry->campaigns, &campaigns_options, options->ruleset,
                            options->names);
}

enum status hidden_create(struct hidden **out, const struct hidden_options *options)
{
    struct hidden *const hidden = calloc(1, sizeof(*hidden));
    if (hidden == NULL)
        return STATUS_NO_MEMORY;
    size_t count;
    const struct allowance *const allowances = ruleset_allowances(options->ruleset, &count);
    hidden->options = *options;
    hidden->quiet_from_ns = INT64_MAX;
    hidden->entries = calloc(count, sizeof(*hidden->entries));
    enum status status =
        hidden->entries != NULL ? slab_init(&hidden->slab, options->bytes_max) : STATUS_NO_MEMORY;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = entry_init(hidden, &hidden->entries[i], &allowances[i], count);
        hidden->entries_count = i + 1;
    }
    if (status != STATUS_OK) {
        hidden_destroy(hidden);
        return status;
    }
    *out = hidden;
    return STATUS_OK;
}

void hidden_destroy(struct hidden *hidden)
{
    if (hidden == NULL)
        return;
    for (size_t i = 0; i < hidden->entries_count; i++)
        campaigns_destroy(hidden->entries[i].campaigns);
    free(hidden->entries);
    slab_deinit(&hidden->slab);
    free(hidden);
}

/* ---- time ----------------------------------------------------------------------------------- */

/* Whose campaign is the next to close, up to `now_ns`, and when; NULL: none. A campaign that was
 * quiet for long when it opened, by late events, closes when time goes on. */
static struct campaigns *next_to_close(const struct hidden *hidden, int64_t now_ns,
                                       int64_t *closing_ns)
{
    struct campaigns *next = NULL;
    *closing_ns = INT64_MAX;
    for (size_t i = 0; i < hidden->entries_count; i++) {
        struct campaigns *const campaigns = hidden->entries[i].campaigns;
        const int64_t quiet_ns = campaigns_quiet_ns(campaigns);
        const int64_t at_ns = civil_plus(quiet_ns > hidden->now_ns ? quiet_ns : hidden->now_ns, 1);
        if (quiet_ns == INT64_MAX || at_ns > now_ns || at_ns >= *closing_ns)
            continue;
        next = campaigns;
        *closing_ns = at_ns;
    }
    return next;
}

static void advance_all(struct hidden *hidden, int64_t now_ns)
{
    hidden->quiet_from_ns = INT64_MAX;
    for (size_t i = 0; i < hidden->entries_count; i++) {
        campaigns_advance(hidden->entries[i].campaigns, now_ns);
        const int64_t quiet_ns = campaigns_quiet_ns(hidden->entries[i].campaigns);
        if (quiet_ns < hidden->quiet_from_ns)
            hidden->quiet_from_ns = quiet_ns;
    }
}

/* Campaigns of different entries close in the order in which they fall quiet, so it does not matter
 * how often this function is called. */
void hidden_advance(struct hidden *hidden, int64_t now_ns)
{
    if (!hidden->has_started) {
        hidden->has_started = true;
        hidden->now_ns = now_ns;
        advance_all(hidden, now_ns);
    }
    if (now_ns <= hidden->now_ns)
        return;
    if (now_ns > hidden->quiet_from_ns) {
        int64_t closing_ns;
        struct campaigns *next;
        while ((next = next_to_close(hidden, now_ns, &closing_ns)) != NULL)
            campaigns_advance(next, closing_ns);
        advance_all(hidden, now_ns);
    }
    hidden->now_ns = now_ns;
}

/* ---- findings ------------------------------------------------------------------------------- */

void hidden_take(struct hidden *hidden, const struct finding *finding, const struct member *members)
{
    struct campaigns *const campaigns = hidden->entries[finding->allowance - 1].campaigns;
    hidden_advance(hidden, finding->time_ns);
    campaigns_take(campaigns, finding, members);
    const int64_t quiet_ns = campaigns_quiet_ns(campaigns);
    if (quiet_ns < hidden->quiet_from_ns)
        hidden->quiet_from_ns = quiet_ns;
}

void hidden_end(struct hidden *hidden)
{
    advance_all(hidden, hidden->now_ns);
    for (size_t i = 0; i < hidden->entries_count; i++)
        campaigns_end(hidden->entries[i].campaigns);
}

struct campaigns_counters hidden_counters(const struct hidden *hidden, size_t entry)
{
    return campaigns_counters(hidden->entries[entry].campaigns);
}
