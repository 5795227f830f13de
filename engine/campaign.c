#include "engine/campaign.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/familiar.h"

enum {
    AGENT_OWN_ATTEMPTS = 10, /* from which a campaign can have a program of its own */
    OVERLAPS_MAX = 16,       /* campaigns that one finding can touch */
    LOOK_BACK_MAX = 100,     /* earlier sign-ins of an account or a source looked at again */
};

/* Attacks with the same ordinary program are one when so close in time. */
#define RECENT_NS (24 * CIVIL_HOUR_NS)

/* How long attempts are known by their sequence: longer than the longest window reaches back. */
#define ATTEMPT_MEMORY_NS (48 * CIVIL_HOUR_NS)

/* A finding belongs to a campaign that holds this share of its attempts … */
#define OVERLAP_EVENTS 0.3
/* … or of whose sources it comes, or whose program it uses, with this share. */
#define OVERLAP_SOURCES 0.5
#define OVERLAP_AGENT 0.8
/* … and is one of its programs when it made this share. */
#define PROGRAM_SHARE 0.1
/* What a campaign holds beside a finding looks like the finding when this share of it uses the same
 * program, … */
#define SAME_PROGRAM_SHARE 0.05
/* … or this share the same client. */
#define SAME_CLIENT_SHARE 0.5
/* A campaign that keeps less than this share of the accounts it opened with is no campaign. */
#define REMAINDER 0.5
/* A program stands for a campaign when it made this share of its attempts … */
#define AGENT_SHARE 0.5
/* … and sets it apart from others when it made nearly all. */
#define AGENT_OWN_SHARE 0.9

struct sign_in {
    struct member member;
    uint64_t same_account, same_source; /* number of an older one, 0: none */
    bool is_counted;                    /* some campaign has it */
};

struct attempt_note {
    uint64_t sequence;
    int64_t time_ns;
};

struct campaigns {
    struct campaigns_options options;
    const struct names *names;
    const struct detector *detectors;
    size_t detectors_count;

    struct campaign **items; /* by number - 1 */
    size_t count, capacity;
    size_t open_from; /* all campaigns before this are closed */

    struct table attempts;      /* sequence + 1 -> campaign number */
    struct attempt_note *notes; /* ring: what `attempts` holds, oldest first */
    size_t notes_start, notes_count, notes_capacity;
    struct table windows;     /* window id -> campaign number, with CONTEXT_BIT */
    struct table accounts;    /* account -> campaign number that tried it last */
    struct table sources;     /* address -> campaign number that came from it last */
    struct table tried_from;  /* address -> the account tried from it, or SEVERAL_ACCOUNTS */
    struct table agents;      /* user agent and client -> campaign number */
    struct table user_agents; /* user agent that is no account's own -> campaign number */
    struct table clients;     /* client of a distributed campaign -> campaign number */
    struct table known;       /* address -> when a campaign from there that is over had ended */
    struct table used;        /* user agent and client that some campaign has used -> its number */
    struct table programs;    /* user agent and client, whoever uses them -> campaign number */

    struct sign_in *sign_ins;                           /* ring, by number modulo its size */
    uint64_t sign_ins_count;                            /* numbers run from 1 */
    struct table sign_in_by_account, sign_in_by_source; /* -> newest number */

    int64_t start_ns, now_ns;
    bool has_started;
    int64_t quiet_from_ns; /* no campaign falls quiet before */
    struct campaigns_counters counters;
};

/* In `windows`: the window is a surge that joined another detector's campaign; its attempts are
 * ordinary failures for the larger part and are not counted as the campaign's. */
static const uint64_t CONTEXT_BIT = UINT64_C(1) << 63;

/* In `attempts`: it came through a window over a whole tenant or network, which says little about
 * whose it is. A window of a source or a program knows better and takes it. */
static const uint64_t BROAD_BIT = UINT64_C(1) << 62;

static const uint64_t SEVERAL_ACCOUNTS = UINT64_MAX;

/* ---- life ---------------------------------------------------------------------------------- */

enum status campaigns_create(struct campaigns **out, const struct campaigns_options *options,
                             const struct ruleset *ruleset, const struct names *names)
{
    struct campaigns *const campaigns = calloc(1, sizeof(*campaigns));
    if (campaigns == NULL)
        return STATUS_NO_MEMORY;
    campaigns->options = *options;
    campaigns->names = names;
    campaigns->detectors = ruleset_detectors(ruleset, &campaigns->detectors_count);
    campaigns->sign_ins = calloc(options->sign_ins_max, sizeof(*campaigns->sign_ins));
    if (campaigns->sign_ins == NULL) {
        campaigns_destroy(campaigns);
        return STATUS_NO_MEMORY;
    }
    table_init(&campaigns->attempts, campaigns->options.slab);
    table_init(&campaigns->windows, campaigns->options.slab);
    table_init(&campaigns->accounts, campaigns->options.slab);
    table_init(&campaigns->sources, campaigns->options.slab);
    table_init(&campaigns->tried_from, campaigns->options.slab);
    table_init(&campaigns->agents, campaigns->options.slab);
    table_init(&campaigns->user_agents, campaigns->options.slab);
    table_init(&campaigns->programs, campaigns->options.slab);
    table_init(&campaigns->clients, campaigns->options.slab);
    table_init(&campaigns->used, campaigns->options.slab);
    table_init(&campaigns->known, campaigns->options.slab);
    campaigns->quiet_from_ns = campaigns->start_ns = INT64_MAX;
    table_init(&campaigns->sign_in_by_account, campaigns->options.slab);
    table_init(&campaigns->sign_in_by_source, campaigns->options.slab);
    *out = campaigns;
    return STATUS_OK;
}

void campaigns_destroy(struct campaigns *campaigns)
{
    if (campaigns == NULL)
        return;
    for (size_t i = 0; i < campaigns->count; i++) {
        free(campaigns->items[i]->confirmed);
        free(campaigns->items[i]);
    }
    free(campaigns->items);
    free(campaigns->notes);
    free(campaigns->sign_ins);
    free(campaigns);
}

struct campaigns_counters campaigns_counters(const struct campaigns *campaigns)
{
    return campaigns->counters;
}

static bool put(struct campaigns *campaigns, struct table *table, uint64_t key, uint64_t value)
{
    uint64_t *const at = table_put(table, key, NULL);
    if (at == NULL) {
        campaigns->counters.untold++;
        return false;
    }
    *at = value;
    return true;
}

/* The campaign of a number as found in a table, merges followed; NULL for none. */
static struct campaign *campaign_at(const struct campaigns *campaigns, const uint64_t *number)
{
    if (number == NULL)
        return NULL;
    uint64_t at = *number & ~(CONTEXT_BIT | BROAD_BIT);
    while (at != 0 && campaigns->items[at - 1]->merged_into != 0)
        at = campaigns->items[at - 1]->merged_into;
    return at != 0 ? campaigns->items[at - 1] : NULL;
}

static struct campaign *open_campaign_at(const struct campaigns *campaigns, const uint64_t *number)
{
    struct campaign *const campaign = campaign_at(campaigns, number);
    return campaign != NULL && campaign->is_open ? campaign : NULL;
}

static void tell_at(struct campaigns *campaigns, struct campaign *campaign,
                    enum campaign_action action, enum campaign_end end, int64_t time_ns)
{
    campaign->told_attempts = campaign->attempts;
    campaign->told_accounts = campaign->accounts.count;
    campaign->changed_ns = time_ns;
    campaigns->options.listen(campaigns->options.listener, campaign, action, end, time_ns);
}

static void tell(struct campaigns *campaigns, struct campaign *campaign,
                 enum campaign_action action, enum campaign_end end)
{
    tell_at(campaigns, campaign, action, end, campaigns->now_ns);
}

/* ---- what a campaign holds ------------------------------------------------------------------ */

static enum campaign_stage stage_of(enum detector_kind kind)
{
    switch (kind) {
    case DETECTOR_ENUMERATION:
        return STAGE_ENUMERATION;
    case DETECTOR_LOCKOUT_STORM:
        return STAGE_LOCKOUTS;
    default: /* a password that was found comes as a sign-in, not as a window */
        return STAGE_SPRAY;
    }
}

static void campaign_reach(struct campaign *campaign, enum campaign_stage stage, int64_t time_ns)
{
    if (time_ns < campaign->stages_ns[stage])
        campaign->stages_ns[stage] = time_ns;
}

static uint64_t agent_key(const struct member *member)
{
    return (uint64_t)member->user_agent << 32 | member->client;
}

/* The program that made more than this share (half at least) of a campaign's attempts; 0: none did.
 */
static uint64_t campaign_agent(const struct campaign *campaign, double share)
{
    const uint64_t *const count = table_get(&campaign->agents, campaign->top_agent);
    return count != NULL && (double)*count > share * (double)campaign->attempts
               ? campaign->top_agent
               : 0;
}

static void campaign_find_top_agent(struct campaign *campaign)
{
    uint64_t most = 0;
    campaign->top_agent = 0;
    for (size_t i = 0; i < campaign->agents.capacity; i++) {
        const struct table_slot *const slot = &campaign->agents.slots[i];
        if (slot->key != 0 && slot->value > most) {
            most = slot->value;
            campaign->top_agent = slot->key;
        }
    }
}

/* A campaign that has a program of its own is another attack than what uses another one, even when
 * both share a network or the moment. */
static bool is_other_attack(const struct campaign *campaign, uint64_t agent)
{
    if (campaign->attempts < AGENT_OWN_ATTEMPTS)
        return false; /* too early to tell */
    const uint64_t own = campaign_agent(campaign, AGENT_OWN_SHARE);
    return own != 0 && agent != 0 && own != agent;
}

static bool count_in(struct campaign *campaign, struct table *table, uint64_t key, bool *is_new)
{
    *is_new = false;
    if (key == 0)
        return true;
    uint64_t *const count = table_put(table, key, is_new);
    if (count == NULL) {
        campaign->is_incomplete = true;
        return false;
    }
    (*count)++;
    return true;
}

static void count_agent(struct campaign *campaign, uint64_t agent)
{
    bool is_new;
    count_in(campaign, &campaign->agents, agent, &is_new);
    const uint64_t *const count = table_get(&campaign->agents, agent);
    const uint64_t *const top = table_get(&campaign->agents, campaign->top_agent);
    if (count != NULL && (top == NULL || *count > *top))
        campaign->top_agent = agent;
}

static void list_add(struct name_list *list, uint32_t item)
{
    if (list->count < CAMPAIGN_LIST_MAX)
        list->items[list->count++] = item;
}

static void evidence_add(struct campaign *campaign, const struct member *member)
{
    if (campaign->evidence_count < CAMPAIGN_EVIDENCE_MAX)
        campaign->evidence[campaign->evidence_count++] = *member;
}

static void confirmed_move(struct campaigns *campaigns, struct campaign *into,
                           struct campaign *from);

/* Forgets what a table of all campaigns says of this one's keys. */
static void forget_keys(struct campaigns *campaigns, const struct campaign *campaign,
                        const struct table *keys, struct table *of_all, struct table *beside)
{
    for (size_t i = 0; i < keys->capacity; i++) {
        const uint64_t key = keys->slots[i].key;
        if (key == 0 || campaign_at(campaigns, table_get(of_all, key)) != campaign)
            continue;
        table_remove(of_all, key);
        if (beside != NULL)
            table_remove(beside, key);
    }
}

/* It has been told for the last time: its tables are not needed any more, nor what leads to it. */
static void campaign_retire(struct campaigns *campaigns, struct campaign *campaign)
{
    campaign->is_open = false;
    forget_keys(campaigns, campaign, &campaign->accounts, &campaigns->accounts, NULL);
    forget_keys(campaigns, campaign, &campaign->agents, &campaigns->used, NULL);
    forget_keys(campaigns, campaign, &campaign->agents, &campaigns->programs, &campaigns->agents);
    forget_keys(campaigns, campaign, &campaign->sources, &campaigns->sources,
                &campaigns->tried_from);
    table_deinit(&campaign->accounts);
    table_deinit(&campaign->sources);
    table_deinit(&campaign->agents);
    table_deinit(&campaign->user_agents);
    table_deinit(&campaign->clients);
    table_deinit(&campaign->asns);
    table_deinit(&campaign->confirmed_at);
}

/* What opened a campaign has turned out to be others' attempts: nothing of its own is left. */
static void campaign_dissolve(struct campaigns *campaigns, struct campaign *campaign,
                              struct campaign *into)
{
    tell(campaigns, campaign, CAMPAIGN_CLOSED, CAMPAIGN_MERGED);
    confirmed_move(campaigns, into, campaign);
    campaign_retire(campaigns, campaign);
    campaign->merged_into = into->number;
    campaigns->counters.merged++;
}

static void list_remove(struct name_list *list, uint32_t item)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i] != item)
            continue;
        memmove(&list->items[i], &list->items[i + 1], (--list->count - i) * sizeof(list->items[0]));
        return;
    }
}

/* Counts one less; what is left with none is on no list either. */
static void count_out(struct table *table, uint64_t key, struct name_list *list)
{
    uint64_t *const count = table_get(table, key);
    if (count == NULL || --*count > 0)
        return;
    table_remove(table, key);
    if (list != NULL)
        list_remove(list, (uint32_t)key);
}

/* Takes back an attempt that turned out to be another campaign's. */
static void campaign_drop_member(struct campaign *campaign, const struct member *member)
{
    campaign->attempts--;
    campaign->outcomes[member->outcome]--;
    count_out(&campaign->accounts, member->account, &campaign->first_accounts);
    count_out(&campaign->sources, member->source, &campaign->first_sources);
    count_out(&campaign->agents, agent_key(member), NULL);
    if (agent_key(member) == campaign->top_agent)
        campaign_find_top_agent(campaign);
    count_out(&campaign->user_agents, member->user_agent, NULL);
    count_out(&campaign->clients, member->client, NULL);
    count_out(&campaign->asns, member->asn, NULL);
}

/* Remembers an attempt as counted. False: it has been counted before, here or in another campaign.
 * A window over a whole network may have brought it into a campaign whose program it does not use;
 * then it moves. */
static bool note_attempt(struct campaigns *campaigns, struct campaign *campaign,
                         const struct member *member, bool is_broad)
{
    const uint64_t value = campaign->number | (is_broad ? BROAD_BIT : 0);
    bool is_new;
    uint64_t *const number = table_put(&campaigns->attempts, member->sequence + 1, &is_new);
    if (number == NULL) {
        campaigns->counters.untold++;
        return true;
    }
    if (!is_new) {
        struct campaign *const holder = open_campaign_at(campaigns, number);
        const bool is_held_broadly = (*number & BROAD_BIT) != 0;
        if (holder == campaign && !is_broad)
            *number = value;
        if (holder == NULL || holder == campaign ||
            !(is_other_attack(holder, agent_key(member)) || (is_held_broadly && !is_broad)) ||
            is_other_attack(campaign, agent_key(member)))
            return false;
        campaign_drop_member(holder, member);
        *number = value;
        if (holder->accounts.count < REMAINDER * holder->first.accounts)
            campaign_dissolve(campaigns, holder, campaign);
        return true;
    }
    *number = value;
    if (campaigns->notes_count == campaigns->notes_capacity) {
        const size_t capacity =
            campaigns->notes_capacity == 0 ? 1024 : 2 * campaigns->notes_capacity;
        struct attempt_note *const notes = reallocarray(NULL, capacity, sizeof(*notes));
        if (notes == NULL) {
            campaigns->counters.untold++;
            return true; /* known for longer than needed */
        }
        for (size_t i = 0; i < campaigns->notes_count; i++)
            notes[i] = campaigns->notes[(campaigns->notes_start + i) % campaigns->notes_capacity];
        free(campaigns->notes);
        campaigns->notes = notes;
        campaigns->notes_start = 0;
        campaigns->notes_capacity = capacity;
    }
    campaigns
        ->notes[(campaigns->notes_start + campaigns->notes_count++) % campaigns->notes_capacity] =
        (struct attempt_note){.sequence = member->sequence, .time_ns = campaigns->now_ns};
    return true;
}

static void forget_attempts(struct campaigns *campaigns)
{
    while (campaigns->notes_count > 0) {
        const struct attempt_note *const note = &campaigns->notes[campaigns->notes_start];
        if (civil_elapsed(campaigns->now_ns, note->time_ns) <= ATTEMPT_MEMORY_NS)
            return;
        table_remove(&campaigns->attempts, note->sequence + 1);
        campaigns->notes_start = (campaigns->notes_start + 1) % campaigns->notes_capacity;
        campaigns->notes_count--;
    }
}

/* What a window over a whole network holds is not all of one attack. */
static bool campaign_admits(const struct campaign *campaign, const struct member *member)
{
    return !is_other_attack(campaign, agent_key(member)) ||
           table_get(&campaign->sources, member->source) != NULL;
}

static void campaign_add_member(struct campaigns *campaigns, struct campaign *campaign,
                                const struct member *member, bool is_broad)
{
    if (!campaign_admits(campaign, member) || !note_attempt(campaigns, campaign, member, is_broad))
        return;
    campaign->attempts++;
    campaign->outcomes[member->outcome]++;
    if (campaign->attempts == 1 || member->time_ns < campaign->start_ns)
        campaign->start_ns = member->time_ns;
    if (campaign->attempts == 1 || member->time_ns > campaign->end_ns)
        campaign->end_ns = member->time_ns;
    bool is_new;
    count_in(campaign, &campaign->accounts, member->account, &is_new);
    if (is_new)
        list_add(&campaign->first_accounts, member->account);
    count_in(campaign, &campaign->sources, member->source, &is_new);
    if (is_new)
        list_add(&campaign->first_sources, member->source);
    count_agent(campaign, agent_key(member));
    count_in(campaign, &campaign->user_agents, member->user_agent, &is_new);
    count_in(campaign, &campaign->clients, member->client, &is_new);
    count_in(campaign, &campaign->asns, member->asn, &is_new);
    evidence_add(campaign, member);
    put(campaigns, &campaigns->used, agent_key(member), campaign->number);
    if (member->account > NAME_OTHER)
        put(campaigns, &campaigns->accounts, member->account, campaign->number);
    if (member->source > NAME_OTHER) {
        put(campaigns, &campaigns->sources, member->source, campaign->number);
        const uint64_t *const tried = table_get(&campaigns->tried_from, member->source);
        put(campaigns, &campaigns->tried_from, member->source,
            tried == NULL || *tried == member->account ? member->account : SEVERAL_ACCOUNTS);
    }
}

static void table_merge(struct campaign *campaign, struct table *into, struct table *from,
                        struct name_list *list)
{
    for (size_t i = 0; i < from->capacity; i++) {
        if (from->slots[i].key == 0)
            continue;
        bool is_new;
        uint64_t *const value = table_put(into, from->slots[i].key, &is_new);
        if (value == NULL) {
            campaign->is_incomplete = true;
            continue;
        }
        *value += from->slots[i].value;
        if (is_new && list != NULL)
            list_add(list, (uint32_t)from->slots[i].key);
    }
    table_deinit(from);
}

/* ---- confirmed accounts --------------------------------------------------------------------- */

const char *confirmed_stopped_by(const struct confirmed *confirmed)
{
    if (confirmed->is_unstopped)
        return "none";
    switch ((enum outcome)confirmed->first.outcome) {
    case OUTCOME_MFA_REQUIRED:
    case OUTCOME_MFA_FAILED:
        return "mfa";
    case OUTCOME_BLOCKED_BY_POLICY:
        return "policy";
    case OUTCOME_EXPIRED_PASSWORD:
        return "expired";
    case OUTCOME_DISABLED:
        return "disabled";
    default:
        return "other";
    }
}

static struct confirmed *campaign_confirmed(const struct campaign *campaign, uint32_t account)
{
    const uint64_t *const index = table_get(&campaign->confirmed_at, account);
    return index != NULL ? &campaign->confirmed[*index] : NULL;
}

/* Adds an account that is not among the confirmed yet. False: there is no room. */
static bool confirmed_add(struct campaign *campaign, const struct confirmed *confirmed)
{
    if (campaign->confirmed_count == CAMPAIGN_CONFIRMED_MAX)
        return false;
    if (campaign->confirmed_count == campaign->confirmed_capacity) {
        const uint32_t capacity =
            campaign->confirmed_capacity == 0 ? 4 : 2 * campaign->confirmed_capacity;
        struct confirmed *const larger =
            reallocarray(campaign->confirmed, capacity, sizeof(*larger));
        if (larger == NULL)
            return false;
        campaign->confirmed = larger;
        campaign->confirmed_capacity = capacity;
    }
    uint64_t *const index = table_put(&campaign->confirmed_at, confirmed->first.account, NULL);
    if (index == NULL)
        return false;
    *index = campaign->confirmed_count;
    campaign->confirmed[campaign->confirmed_count++] = *confirmed;
    return true;
}

/* What one campaign knew of found passwords, another one knows now. */
static void confirmed_move(struct campaigns *campaigns, struct campaign *into,
                           struct campaign *from)
{
    for (uint32_t i = 0; i < from->confirmed_count; i++) {
        const struct confirmed *const moved = &from->confirmed[i];
        struct confirmed *const known = campaign_confirmed(into, moved->first.account);
        if (known != NULL) {
            known->sign_ins += moved->sign_ins;
            known->is_unstopped |= moved->is_unstopped;
            if (moved->last_ns > known->last_ns)
                known->last_ns = moved->last_ns;
        } else if (!confirmed_add(into, moved)) {
            into->is_incomplete = true;
            campaigns->counters.untold++;
        }
    }
    table_deinit(&from->confirmed_at);
}

/* Adds a sign-in to what is known of an account. True: the account is newly confirmed, or its first
 * full success has come. */
static bool campaign_confirm(struct campaigns *campaigns, struct campaign *campaign,
                             const struct member *member, enum confirmed_by by)
{
    const bool is_success = member->outcome == OUTCOME_SUCCESS;
    struct confirmed *const confirmed = campaign_confirmed(campaign, member->account);
    if (confirmed != NULL) {
        const bool is_news = is_success && !confirmed->is_unstopped;
        confirmed->sign_ins++;
        confirmed->is_unstopped |= is_success;
        if (member->time_ns > confirmed->last_ns)
            confirmed->last_ns = member->time_ns;
        return is_news;
    }
    const struct confirmed found = {.first = *member,
                                    .by = by,
                                    .sign_ins = 1,
                                    .last_ns = member->time_ns,
                                    .is_unstopped = is_success};
    if (!confirmed_add(campaign, &found)) {
        campaign->is_incomplete = true;
        campaigns->counters.untold++;
        return false;
    }
    campaigns->counters.confirmed_accounts++;
    return true;
}

static bool is_near(const struct campaigns *campaigns, const struct campaign *campaign,
                    int64_t time_ns)
{
    return time_ns >= campaign->start_ns - campaigns->options.memory_ns &&
           time_ns <= campaign->end_ns + campaigns->options.memory_ns;
}

static bool has_tried(const struct campaign *campaign, uint32_t account)
{
    return table_get(&campaign->accounts, account) != NULL;
}

/* Nothing about it is known from earlier sign-ins of the account, nor the network from anybody's.
 */
static bool is_all_new(uint8_t familiar)
{
    return (familiar & (FAMILIAR_NETWORK | FAMILIAR_AGENT | FAMILIAR_ASN | FAMILIAR_SOURCE_USED)) ==
           0;
}

/* Does it come with one of the programs of a campaign of many addresses, from where nobody signs
 * in? For a name that the campaign has not tried yet (pairs of names and passwords are tried once)
 * the program must be no ordinary one; for one that it has tried, an ordinary browser will do. */
static bool uses_its_program(const struct campaign *campaign, const struct member *member)
{
    static const uint8_t place = FAMILIAR_NETWORK | FAMILIAR_ASN | FAMILIAR_SOURCE_USED;
    const uint64_t *const count = table_get(&campaign->agents, agent_key(member));
    if ((member->familiar & place) != 0 || !campaign->is_distributed || count == NULL ||
        (double)*count < PROGRAM_SHARE * (double)campaign->attempts)
        return false;
    const bool is_usual = (member->familiar & (FAMILIAR_AGENT | FAMILIAR_AGENT_COMMON)) != 0;
    return !is_usual ||
           ((member->familiar & FAMILIAR_SETTLED) != 0 && has_tried(campaign, member->account));
}

/* The campaign that a sign-in belongs to, and why. NULL: none. docs/detection.md, D5. */
static struct campaign *sign_in_campaign(const struct campaigns *campaigns,
                                         const struct member *member, enum confirmed_by *by)
{
    const uint8_t familiar = member->familiar;

    struct campaign *campaign =
        open_campaign_at(campaigns, table_get(&campaigns->sources, member->source));
    *by = CONFIRMED_BY_SOURCE;
    /* Whoever mistypes a password and then gets it right comes from a place that has tried no other
     * account. And from a network that others use as well, or before the spray began, the program
     * must fit, too. */
    const uint64_t *const tried = table_get(&campaigns->tried_from, member->source);
    if (campaign != NULL && tried != NULL && *tried != member->account &&
        is_near(campaigns, campaign, member->time_ns) &&
        (((familiar & FAMILIAR_SOURCE_USED) == 0 && member->time_ns >= campaign->start_ns) ||
         table_get(&campaign->agents, agent_key(member)) != NULL))
        return campaign;

    campaign = open_campaign_at(campaigns, table_get(&campaigns->agents, agent_key(member)));
    *by = CONFIRMED_BY_AGENT;
    if (campaign != NULL && is_near(campaigns, campaign, member->time_ns) &&
        member->time_ns >= campaign->start_ns &&
        (familiar & (FAMILIAR_AGENT | FAMILIAR_AGENT_COMMON)) == 0 &&
        (has_tried(campaign, member->account) || (familiar & FAMILIAR_ASN) == 0))
        return campaign;

    campaign = open_campaign_at(campaigns, table_get(&campaigns->used, agent_key(member)));
    if (campaign != NULL && is_near(campaigns, campaign, member->time_ns) &&
        member->time_ns >= campaign->start_ns && uses_its_program(campaign, member))
        return campaign;

    campaign = open_campaign_at(campaigns, table_get(&campaigns->accounts, member->account));
    *by = CONFIRMED_BY_NEWNESS;
    const bool can_tell =
        (familiar & FAMILIAR_SETTLED) != 0 ||
        ((familiar & FAMILIAR_HISTORY) == 0 &&
         civil_elapsed(member->time_ns, campaigns->start_ns) > FAMILIAR_SETTLED_NS);
    if (campaign != NULL && can_tell && is_near(campaigns, campaign, member->time_ns) &&
        member->time_ns >= campaign->start_ns && is_all_new(familiar))
        return campaign;
    return NULL;
}

/* An account that is confirmed already: further use is reported with it when it is the sprayer's
 * program, from the network of the first use, or when all about it is new. What an account does
 * that had never signed in before its password was found is the sprayer's, too. */
static struct campaign *sign_in_of_confirmed(const struct campaigns *campaigns,
                                             const struct member *member)
{
    struct campaign *const campaign =
        open_campaign_at(campaigns, table_get(&campaigns->accounts, member->account));
    const struct confirmed *const confirmed =
        campaign != NULL ? campaign_confirmed(campaign, member->account) : NULL;
    if (confirmed == NULL)
        return NULL;
    const uint64_t agent = campaign_agent(campaign, AGENT_SHARE);
    const bool is_theirs = (agent != 0 && agent == agent_key(member)) ||
                           member->source_network == confirmed->first.source_network ||
                           (confirmed->first.familiar & FAMILIAR_HISTORY) == 0 ||
                           is_all_new(member->familiar);
    return is_theirs ? campaign : NULL;
}

/* The first detector of a kind; their number when there is none. */
static size_t detector_of(const struct campaigns *campaigns, enum detector_kind kind)
{
    size_t i = 0;
    while (i < campaigns->detectors_count && campaigns->detectors[i].kind != kind)
        i++;
    return i;
}

/* ---- known sources ----------------------------------------------------------------------------
 */

/* A campaign is over: its addresses are remembered. */
static void remember_sources(struct campaigns *campaigns, const struct campaign *campaign)
{
    if (!campaign->is_specific || /* it may hold anybody's addresses */
        detector_of(campaigns, DETECTOR_KNOWN_SOURCE) == campaigns->detectors_count)
        return;
    for (size_t i = 0; i < campaign->sources.capacity; i++) {
        if (campaign->sources.slots[i].key > NAME_OTHER)
            put(campaigns, &campaigns->known, campaign->sources.slots[i].key,
                (uint64_t)campaign->end_ns);
    }
}

static bool is_known_source(const struct campaigns *campaigns, uint32_t source, int64_t time_ns)
{
    const size_t detector = detector_of(campaigns, DETECTOR_KNOWN_SOURCE);
    const uint64_t *const ended_ns = table_get(&campaigns->known, source);
    return ended_ns != NULL && detector < campaigns->detectors_count &&
           time_ns > (int64_t)*ended_ns &&
           civil_elapsed(time_ns, (int64_t)*ended_ns) <=
               campaigns->detectors[detector].params.memory_ns;
}

/* Do most attempts of a finding come from known addresses? */
static bool is_from_known_sources(const struct campaigns *campaigns, const struct finding *finding,
                                  const struct member *members)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < finding->members_count; i++)
        known += is_known_source(campaigns, members[i].source, members[i].time_ns);
    return 2 * known > finding->members_count;
}

static struct campaign *campaign_open(struct campaigns *campaigns, const struct finding *finding);
static void campaign_identify(const struct campaigns *campaigns, struct campaign *campaign);
static void expect_quiet(struct campaigns *campaigns, const struct campaign *campaign);

/* A campaign that begins with a right password from a known address; NULL: this is none. People may
 * sign in from that network by now, or have done so all along: then it tells nothing. */
static struct campaign *campaign_of_known_source(struct campaigns *campaigns,
                                                 const struct member *member)
{
    if ((member->familiar & (FAMILIAR_NETWORK | FAMILIAR_SOURCE_USED)) != 0 ||
        !is_known_source(campaigns, member->source, member->time_ns))
        return NULL;
    const struct finding finding = {
        .time_ns = member->time_ns,
        .detector = (uint8_t)detector_of(campaigns, DETECTOR_KNOWN_SOURCE),
        .key = {member->tenant, member->source},
    };
    struct campaign *const campaign = campaign_open(campaigns, &finding);
    if (campaign == NULL)
        return NULL;
    campaign->detectors = UINT64_C(1) << finding.detector;
    campaign->is_specific = true;
    campaign->start_ns = campaign->end_ns = member->time_ns;
    evidence_add(campaign, member);
    campaign_identify(campaigns, campaign);
    expect_quiet(campaigns, campaign);
    return campaign;
}

/* A sign-in counts once, for the first campaign that it belongs to. */
static void sign_in_judge(struct campaigns *campaigns, struct sign_in *sign_in)
{
    if (sign_in->is_counted)
        return;
    const struct member *const member = &sign_in->member;
    enum confirmed_by by = CONFIRMED_BY_NEWNESS;
    struct campaign *campaign = sign_in_of_confirmed(campaigns, member);
    if (campaign == NULL)
        campaign = sign_in_campaign(campaigns, member, &by);
    const bool is_new = campaign == NULL;
    if (is_new) {
        campaign = campaign_of_known_source(campaigns, member);
        by = CONFIRMED_BY_MEMORY;
    }
    if (campaign == NULL)
        return;
    sign_in->is_counted = true;
    const bool was_known = campaign_confirmed(campaign, member->account) != NULL;
    const bool is_news = campaign_confirm(campaigns, campaign, member, by);
    const size_t detector = detector_of(campaigns, DETECTOR_CONFIRMED_PASSWORD);
    if (detector < campaigns->detectors_count)
        campaign->detectors |= UINT64_C(1) << detector;
    campaign_reach(campaign, STAGE_CONFIRMED, campaigns->now_ns);
    if (!was_known) {
        if (member->source > NAME_OTHER)
            put(campaigns, &campaigns->sources, member->source, campaign->number);
        put(campaigns, &campaigns->accounts, member->account, campaign->number);
    }
    if (is_news || is_new)
        tell(campaigns, campaign, is_new ? CAMPAIGN_OPENED : CAMPAIGN_UPDATED, CAMPAIGN_QUIET);
}

/* ---- remembered sign-ins -------------------------------------------------------------------- */

static struct sign_in *sign_in_at(const struct campaigns *campaigns, uint64_t number)
{
    if (number == 0 || number + campaigns->options.sign_ins_max <= campaigns->sign_ins_count)
        return NULL; /* its place has been taken by a newer one */
    return &campaigns->sign_ins[number & (campaigns->options.sign_ins_max - 1)];
}

static uint64_t newest(const struct table *table, uint64_t key)
{
    const uint64_t *const number = table_get(table, key);
    return number != NULL ? *number : 0;
}

static struct sign_in *sign_in_remember(struct campaigns *campaigns, const struct member *member)
{
    const uint64_t number = ++campaigns->sign_ins_count;
    struct sign_in *const sign_in =
        &campaigns->sign_ins[number & (campaigns->options.sign_ins_max - 1)];
    *sign_in = (struct sign_in){
        .member = *member,
        .same_account = newest(&campaigns->sign_in_by_account, member->account),
        .same_source = newest(&campaigns->sign_in_by_source, member->source),
    };
    put(campaigns, &campaigns->sign_in_by_account, member->account, number);
    if (member->source > NAME_OTHER)
        put(campaigns, &campaigns->sign_in_by_source, member->source, number);
    return sign_in;
}

/* A campaign has come to an account or source: were there right passwords before? */
static void look_back(struct campaigns *campaigns, const struct member *attempt)
{
    const int64_t oldest_ns = campaigns->now_ns - campaigns->options.memory_ns;
    struct sign_in *sign_in;
    unsigned looked_at = 0;
    for (uint64_t number = newest(&campaigns->sign_in_by_account, attempt->account);
         (sign_in = sign_in_at(campaigns, number)) != NULL &&
         sign_in->member.time_ns >= oldest_ns && looked_at < LOOK_BACK_MAX;
         number = sign_in->same_account, looked_at++)
        sign_in_judge(campaigns, sign_in);
    looked_at = 0;
    for (uint64_t number = newest(&campaigns->sign_in_by_source, attempt->source);
         (sign_in = sign_in_at(campaigns, number)) != NULL &&
         sign_in->member.time_ns >= oldest_ns && looked_at < LOOK_BACK_MAX;
         number = sign_in->same_source, looked_at++)
        sign_in_judge(campaigns, sign_in);
}

/* ---- joining -------------------------------------------------------------------------------- */

/* What a campaign and a finding have in common. */
struct overlap {
    struct campaign *campaign;
    uint32_t events; /* of the finding's attempts, the campaign holds so many, … */
    uint32_t agents, user_agents,
        clients;      /* … so many with the finding's program, and part of it */
    uint32_t sources; /* attempts from addresses of which the campaign holds others, too */
};

/* What most of a finding's attempts have in common; 0: nothing. */
struct likeness {
    uint64_t agent;
    uint32_t user_agent, client;
    bool is_own;   /* it is not what the accounts themselves, or many people, use */
    bool is_mixed; /* there are programs, and none of them is most of it */
};

struct overlaps {
    struct likeness likeness;
    struct overlap items[OVERLAPS_MAX];
    unsigned count;
};

/* A window over a whole tenant or network holds more than one attack. */
static bool is_broad(const struct campaigns *campaigns, const struct finding *finding)
{
    const struct detector *const detector = &campaigns->detectors[finding->detector];
    const struct detector_key *const key = &detector->keys[finding->key_index];
    if (detector->kind == DETECTOR_SURGE || detector->kind == DETECTOR_SHIFT ||
        detector->kind == DETECTOR_LOCKOUT_STORM)
        return true;
    for (unsigned i = 0; i < key->fields_count; i++) {
        if (key->fields[i] != FIELD_TENANT && key->fields[i] != FIELD_ASN &&
            key->fields[i] != FIELD_COUNTRY)
            return false;
    }
    return true;
}

/* Does the window count attempts whatever address they come from? */
static bool is_of_many_sources(const struct campaigns *campaigns, const struct finding *finding)
{
    const struct detector *const detector = &campaigns->detectors[finding->detector];
    const struct detector_key *const key = &detector->keys[finding->key_index];
    for (unsigned i = 0; i < key->fields_count; i++) {
        if (key->fields[i] == FIELD_SOURCE || key->fields[i] == FIELD_SOURCE_24 ||
            key->fields[i] == FIELD_SOURCE_64 || key->fields[i] == FIELD_SOURCE_48)
            return false;
    }
    return detector->kind != DETECTOR_COUNT && detector->kind != DETECTOR_SURGE;
}

/* The value that makes up most of a column of the members: Boyer and Moore's majority vote, then
 * the count. */
static uint64_t majority(const struct member *members, uint32_t count,
                         uint64_t (*value_of)(const struct member *))
{
    uint64_t candidate = 0;
    uint32_t votes = 0, holders = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t value = value_of(&members[i]);
        if (votes == 0)
            candidate = value;
        votes += value == candidate ? 1 : -1;
    }
    for (uint32_t i = 0; i < count; i++)
        holders += value_of(&members[i]) == candidate;
    return holders >= OVERLAP_AGENT * count ? candidate : 0;
}

static uint64_t user_agent_of(const struct member *member)
{
    return member->user_agent;
}

static uint64_t client_of(const struct member *member)
{
    return member->client;
}

static struct likeness finding_likeness(const struct finding *finding, const struct member *members)
{
    const uint32_t count = finding->members_count;
    struct likeness likeness = {.agent = majority(members, count, agent_key),
                                .user_agent = (uint32_t)majority(members, count, user_agent_of),
                                .client = (uint32_t)majority(members, count, client_of)};
    uint32_t usual = 0;
    for (uint32_t i = 0; i < count; i++)
        usual += (members[i].familiar & (FAMILIAR_AGENT | FAMILIAR_AGENT_COMMON)) != 0;
    likeness.is_own = 2 * usual <= count;
    for (uint32_t i = 0; i < count && likeness.agent == 0; i++)
        likeness.is_mixed |= agent_key(&members[i]) != 0;
    return likeness;
}

static struct overlap *overlap_of(struct overlaps *overlaps, struct campaign *campaign)
{
    for (unsigned i = 0; i < overlaps->count; i++) {
        if (overlaps->items[i].campaign == campaign)
            return &overlaps->items[i];
    }
    if (overlaps->count == OVERLAPS_MAX)
        return NULL;
    overlaps->items[overlaps->count] = (struct overlap){.campaign = campaign};
    return &overlaps->items[overlaps->count++];
}

static uint64_t source_in(const struct campaign *campaign, const struct member *member)
{
    return (uint64_t)campaign->number << 32 | member->source;
}

/* The attempts of a finding that open campaigns hold. `held`: how many of each from each source. */
static void overlap_events(const struct campaigns *campaigns, const struct finding *finding,
                           const struct member *members, struct overlaps *overlaps,
                           struct table *held)
{
    const struct likeness *const likeness = &overlaps->likeness;
    for (uint32_t i = 0; i < finding->members_count; i++) {
        const struct member *const member = &members[i];
        struct campaign *const holder =
            open_campaign_at(campaigns, table_get(&campaigns->attempts, member->sequence + 1));
        struct overlap *const overlap = holder != NULL ? overlap_of(overlaps, holder) : NULL;
        if (overlap == NULL)
            continue;
        overlap->events++;
        overlap->agents += agent_key(member) == likeness->agent;
        overlap->user_agents += member->user_agent == likeness->user_agent;
        overlap->clients += member->client == likeness->client;
        uint64_t *const count = table_put(held, source_in(holder, member), NULL);
        if (count != NULL)
            (*count)++;
    }
}

/* The attempts from sources from which a campaign holds more than what it shares with the finding.
 */
static void overlap_sources(const struct campaigns *campaigns, const struct finding *finding,
                            const struct member *members, struct overlaps *overlaps,
                            const struct table *held)
{
    for (uint32_t i = 0; i < finding->members_count; i++) {
        const struct member *const member = &members[i];
        if (member->source <= NAME_OTHER)
            continue;
        struct campaign *const campaign =
            open_campaign_at(campaigns, table_get(&campaigns->sources, member->source));
        if (campaign == NULL)
            continue;
        const uint64_t *const shared = table_get(held, source_in(campaign, member));
        const uint64_t *const all = table_get(&campaign->sources, member->source);
        if (shared != NULL && all != NULL && *all <= *shared)
            continue;
        struct overlap *const overlap = overlap_of(overlaps, campaign);
        if (overlap != NULL)
            overlap->sources++;
    }
}

static struct overlaps find_overlaps(struct campaigns *campaigns, const struct finding *finding,
                                     const struct member *members)
{
    struct overlaps overlaps = {.likeness = finding_likeness(finding, members)};
    struct table held;
    table_init(&held, campaigns->options.slab);
    overlap_events(campaigns, finding, members, &overlaps, &held);
    overlap_sources(campaigns, finding, members, &overlaps, &held);
    table_deinit(&held);
    return overlaps;
}

/* Of what the campaign holds beside the finding, is at least this share of `key`? */
static bool rest_has(const struct table *table, uint64_t key, uint32_t shared, uint64_t rest,
                     double share)
{
    const uint64_t *const count = key != 0 ? table_get(table, key) : NULL;
    return count != NULL && (double)(*count - (*count < shared ? *count : shared)) > 0 &&
           (double)(*count - shared) >= share * (double)rest;
}

/* Does what the campaign holds beside the finding look like the same attack? */
static bool fits(const struct overlap *overlap, const struct likeness *likeness,
                 const struct finding *finding)
{
    const struct campaign *const campaign = overlap->campaign;
    const uint64_t rest =
        campaign->attempts -
        (campaign->attempts < overlap->events ? campaign->attempts : overlap->events);
    if (rest < AGENT_OWN_ATTEMPTS || rest < overlap->events)
        return true; /* too early to tell, or the finding is most of it */
    if (likeness->agent == 0 && likeness->user_agent == 0 && likeness->client == 0)
        return true; /* nothing to tell it by */
    if (overlap->sources >= OVERLAP_SOURCES * finding->members_count)
        return true;
    if (rest_has(&campaign->agents, likeness->agent, overlap->agents, rest, SAME_PROGRAM_SHARE))
        return true;
    if (likeness->is_own && rest_has(&campaign->user_agents, likeness->user_agent,
                                     overlap->user_agents, rest, SAME_PROGRAM_SHARE))
        return true;
    return rest_has(&campaign->clients, likeness->client, overlap->clients, rest,
                    SAME_CLIENT_SHARE);
}

/* A network in which two attacks have met shows nothing but that. */
static bool is_only_mixture(const struct overlap *overlap, const struct likeness *likeness,
                            const struct finding *finding)
{
    return likeness->is_mixed && overlap->sources < OVERLAP_SOURCES * finding->members_count;
}

static bool overlaps_enough(const struct overlap *overlap, const struct finding *finding)
{
    return overlap->events >= OVERLAP_EVENTS * finding->members_count ||
           overlap->sources >= OVERLAP_SOURCES * finding->members_count;
}

/* The open campaign that a table names for a key, if it is not long ago. */
static struct campaign *recent_campaign(const struct campaigns *campaigns,
                                        const struct table *table, uint64_t key)
{
    struct campaign *const campaign =
        key != 0 ? open_campaign_at(campaigns, table_get(table, key)) : NULL;
    return campaign != NULL && civil_elapsed(campaigns->now_ns, campaign->end_ns) <= RECENT_NS
               ? campaign
               : NULL;
}

/* Do most of a finding's attempts come through operators, or with programs, that the campaign
 * knows?
 */
static bool is_of_same_pool(const struct campaign *campaign, const struct finding *finding,
                            const struct member *members)
{
    uint32_t asns = 0, agents = 0;
    for (uint32_t i = 0; i < finding->members_count; i++) {
        asns += members[i].asn != 0 && table_get(&campaign->asns, members[i].asn) != NULL;
        agents += table_get(&campaign->agents, agent_key(&members[i])) != NULL;
    }
    return 2 * asns > finding->members_count || 2 * agents > finding->members_count;
}

/* The open distributed campaign that uses the same client, through the same operators or with the
 * same programs: a botnet takes turns between user agents, and each window sees one of them. */
static struct campaign *campaign_of_pool(const struct campaigns *campaigns,
                                         const struct likeness *likeness,
                                         const struct finding *finding,
                                         const struct member *members)
{
    struct campaign *const campaign =
        recent_campaign(campaigns, &campaigns->clients, likeness->client);
    return campaign != NULL && is_of_same_pool(campaign, finding, members) ? campaign : NULL;
}

/* The open campaign that uses the same program. */
static struct campaign *campaign_alike(const struct campaigns *campaigns,
                                       const struct likeness *likeness,
                                       const struct finding *finding, const struct member *members)
{
    if (likeness->is_own) {
        struct campaign *found = NULL;
        if (likeness->agent != 0)
            found = open_campaign_at(campaigns, table_get(&campaigns->agents, likeness->agent));
        if (found == NULL)
            found = recent_campaign(campaigns, &campaigns->user_agents, likeness->user_agent);
        if (found != NULL)
            return found;
    }
    /* Addresses that take turns: an ordinary program will do, since each address has been found. */
    return is_of_many_sources(campaigns, finding)
               ? campaign_of_pool(campaigns, likeness, finding, members)
               : recent_campaign(campaigns, &campaigns->programs, likeness->agent);
}

static struct campaign *find_campaign(const struct campaigns *campaigns,
                                      const struct finding *finding, const struct member *members,
                                      const struct overlaps *overlaps)
{
    const struct likeness *const likeness = &overlaps->likeness;
    struct campaign *found = NULL;
    for (unsigned i = 0; i < overlaps->count; i++) {
        const struct overlap *const overlap = &overlaps->items[i];
        struct campaign *const campaign = overlap->campaign;
        if (overlaps_enough(overlap, finding) && !is_other_attack(campaign, likeness->agent) &&
            fits(overlap, likeness, finding) && (found == NULL || campaign->number < found->number))
            found = campaign;
    }
    if (found != NULL)
        return found;
    found = open_campaign_at(campaigns, table_get(&campaigns->windows, finding->window_id));
    if (found != NULL && !(is_broad(campaigns, finding) && found->is_specific))
        return found;
    return campaign_alike(campaigns, likeness, finding, members);
}

static void campaign_merge(struct campaigns *campaigns, struct campaign *into,
                           struct campaign *from)
{
    /* One that has just been opened has no times yet. */
    const bool has_times = into->attempts > 0 || into->evidence_count > 0;
    into->attempts += from->attempts;
    for (int i = 0; i < OUTCOME_COUNT; i++)
        into->outcomes[i] += from->outcomes[i];
    if (from->attempts > 0 && (!has_times || from->start_ns < into->start_ns))
        into->start_ns = from->start_ns;
    if (from->attempts > 0 && (!has_times || from->end_ns > into->end_ns))
        into->end_ns = from->end_ns;
    into->detectors |= from->detectors;
    for (int i = 0; i < STAGES_COUNT; i++)
        campaign_reach(into, (enum campaign_stage)i, from->stages_ns[i]);
    if (from->strongest.ratio > into->strongest.ratio)
        into->strongest = from->strongest;
    for (uint32_t i = 0; i < from->evidence_count; i++)
        evidence_add(into, &from->evidence[i]);
    tell(campaigns, from, CAMPAIGN_CLOSED, CAMPAIGN_MERGED);
    confirmed_move(campaigns, into, from);
    table_merge(into, &into->accounts, &from->accounts, &into->first_accounts);
    table_merge(into, &into->sources, &from->sources, &into->first_sources);
    table_merge(into, &into->agents, &from->agents, NULL);
    table_merge(into, &into->user_agents, &from->user_agents, NULL);
    table_merge(into, &into->clients, &from->clients, NULL);
    into->is_distributed |= from->is_distributed;
    into->is_specific |= from->is_specific;
    campaign_find_top_agent(into);
    table_merge(into, &into->asns, &from->asns, NULL);
    from->is_open = false;
    from->merged_into = into->number;
    campaigns->counters.merged++;
}

/* The same attack seen twice becomes one campaign. */
static bool merge_overlapping(struct campaigns *campaigns, struct campaign *campaign,
                              const struct finding *finding, const struct overlaps *overlaps)
{
    bool has_merged = false;
    for (unsigned i = 0; i < overlaps->count; i++) {
        struct campaign *const other = overlaps->items[i].campaign;
        if (other == campaign || !other->is_open ||
            is_other_attack(other, campaign_agent(campaign, AGENT_OWN_SHARE)) ||
            !fits(&overlaps->items[i], &overlaps->likeness, finding) ||
            is_only_mixture(&overlaps->items[i], &overlaps->likeness, finding) ||
            (is_broad(campaigns, finding) && other->is_specific))
            continue;
        if (overlaps->items[i].events < OVERLAP_EVENTS * finding->members_count &&
            (double)overlaps->items[i].events < OVERLAP_EVENTS * (double)other->attempts)
            continue;
        campaign_merge(campaigns, campaign, other);
        has_merged = true;
    }
    return has_merged;
}

/* ---- opening and growing --------------------------------------------------------------------- */

/* The id is made of rule, key as text and time of the first attempt: the same in every run. */
static void campaign_identify(const struct campaigns *campaigns, struct campaign *campaign)
{
    const struct detector *const detector = &campaigns->detectors[campaign->first.detector];
    const struct detector_key *const key = &detector->keys[campaign->first.key_index];
    struct hash_key first = hash_key_fixed();
    struct hash_key second = {.k0 = ~first.k0, .k1 = ~first.k1};
    const uint64_t numbers[] = {(uint64_t)campaign->start_ns, campaign->first.key_index,
                                campaign->number};
    campaign->id[0] = hash_bytes(first, detector->id, strlen(detector->id));
    campaign->id[1] = hash_bytes(second, numbers, sizeof(numbers));
    for (unsigned i = 0; i < key->fields_count; i++) {
        const enum event_text text = field_text(key->fields[i]);
        struct slice part = slice_of((const char *)&campaign->first.key[i], sizeof(uint32_t));
        if (text < TEXT_COUNTED)
            part = names_text(campaigns->names, text, campaign->first.key[i]);
        else if (key->fields[i] == FIELD_SOURCE || key->fields[i] == FIELD_SOURCE_24 ||
                 key->fields[i] == FIELD_SOURCE_64 || key->fields[i] == FIELD_SOURCE_48)
            part = slice_of((const char *)names_address(campaigns->names, campaign->first.key[i])
                                ->address.bytes,
                            16);
        first.k0 ^= campaign->id[0];
        second.k0 ^= campaign->id[1];
        campaign->id[0] = hash_bytes(first, part.start, part.bytes);
        campaign->id[1] = hash_bytes(second, part.start, part.bytes);
    }
}

static struct campaign *campaign_open(struct campaigns *campaigns, const struct finding *finding)
{
    if (campaigns->count == campaigns->capacity) {
        const size_t capacity = campaigns->capacity == 0 ? 16 : 2 * campaigns->capacity;
        struct campaign **const items =
            reallocarray(campaigns->items, capacity, sizeof(struct campaign *));
        if (items == NULL)
            return NULL;
        campaigns->items = items;
        campaigns->capacity = capacity;
    }
    struct campaign *const campaign = calloc(1, sizeof(*campaign));
    if (campaign == NULL)
        return NULL;
    for (int i = 0; i < STAGES_COUNT; i++)
        campaign->stages_ns[i] = STAGE_NEVER;
    campaigns->items[campaigns->count++] = campaign;
    campaign->number = (uint32_t)campaigns->count;
    campaign->is_open = true;
    campaign->first = campaign->headline = campaign->strongest = *finding;
    campaign->opened_ns = campaigns->now_ns;
    table_init(&campaign->accounts, campaigns->options.slab);
    table_init(&campaign->sources, campaigns->options.slab);
    table_init(&campaign->agents, campaigns->options.slab);
    table_init(&campaign->user_agents, campaigns->options.slab);
    table_init(&campaign->clients, campaigns->options.slab);
    table_init(&campaign->asns, campaigns->options.slab);
    table_init(&campaign->confirmed_at, campaigns->options.slab);
    campaigns->counters.opened++;
    return campaign;
}

static void campaign_note_strength(struct campaign *campaign, const struct finding *finding)
{
    if (finding->ratio <= campaign->strongest.ratio)
        return;
    const struct finding counts = campaign->strongest;
    campaign->strongest = *finding;
    if (finding->type == FINDING_GREW) { /* carries no counts of its own */
        campaign->strongest.attempts = counts.attempts;
        campaign->strongest.accounts = counts.accounts;
        campaign->strongest.sources = counts.sources;
    }
}

/* A finding of which others hold most is one more view of theirs: the campaign that holds most of
 * it, or NULL. */
static struct campaign *find_holder(const struct campaigns *campaigns,
                                    const struct finding *finding, const struct member *members,
                                    const struct overlaps *overlaps)
{
    uint32_t held = 0;
    for (uint32_t i = 0; i < finding->members_count; i++) {
        const struct campaign *const holder =
            open_campaign_at(campaigns, table_get(&campaigns->attempts, members[i].sequence + 1));
        held += holder != NULL && !is_other_attack(holder, agent_key(&members[i]));
    }
    const struct overlap *most = NULL;
    for (unsigned i = 0; i < overlaps->count; i++) {
        if (most == NULL || overlaps->items[i].events > most->events)
            most = &overlaps->items[i];
    }
    return most != NULL && held >= (1 - REMAINDER) * finding->members_count ? most->campaign : NULL;
}

static void expect_quiet(struct campaigns *campaigns, const struct campaign *campaign)
{
    const int64_t quiet_ns = civil_plus(campaign->end_ns, campaigns->options.quiet_ns);
    if (quiet_ns < campaigns->quiet_from_ns)
        campaigns->quiet_from_ns = quiet_ns;
}

/* Findings with the same program will find this campaign. */
static void remember_likeness(struct campaigns *campaigns, const struct campaign *campaign,
                              const struct likeness *likeness)
{
    if (campaign->is_distributed) {
        const uint64_t agent = campaign_agent(campaign, AGENT_SHARE);
        if (agent != 0)
            put(campaigns, &campaigns->agents, agent, campaign->number);
        if (likeness->client != 0)
            put(campaigns, &campaigns->clients, likeness->client, campaign->number);
    }
    if (likeness->agent != 0)
        put(campaigns, &campaigns->programs, likeness->agent, campaign->number);
    if (likeness->is_own && likeness->user_agent != 0)
        put(campaigns, &campaigns->user_agents, likeness->user_agent, campaign->number);
}

static void take_opened(struct campaigns *campaigns, const struct finding *finding,
                        const struct member *members)
{
    const bool broad = is_broad(campaigns, finding);
    const bool is_surge = campaigns->detectors[finding->detector].kind == DETECTOR_SURGE;
    const struct overlaps overlaps = find_overlaps(campaigns, finding, members);
    struct campaign *campaign = find_campaign(campaigns, finding, members, &overlaps);
    struct campaign *const holder =
        campaign == NULL && broad ? find_holder(campaigns, finding, members, &overlaps) : NULL;
    if (holder != NULL)
        campaign = holder;
    const bool is_new = campaign == NULL;
    const bool is_known = is_new && is_from_known_sources(campaigns, finding, members);
    if (is_new && finding->is_weak && !is_known)
        return;
    if (is_new)
        campaign = campaign_open(campaigns, finding);
    if (campaign == NULL) {
        campaigns->counters.untold++;
        return;
    }
    const bool joins_as_context =
        holder != NULL || (broad && !is_new && (is_surge || campaign->is_specific));
    const uint64_t detector_bit = UINT64_C(1) << finding->detector;
    const bool gains_detector = (campaign->detectors & detector_bit) == 0;
    campaign->detectors |= detector_bit;
    if (is_known)
        campaign->detectors |= UINT64_C(1) << detector_of(campaigns, DETECTOR_KNOWN_SOURCE);
    campaign_reach(campaign, stage_of(campaigns->detectors[finding->detector].kind),
                   campaigns->now_ns);
    campaign->is_specific |= !broad;
    campaign->is_distributed |= is_of_many_sources(campaigns, finding);
    campaign_note_strength(campaign, finding);
    if (!finding->is_weak && (!broad || !campaign->is_specific) &&
        campaigns->detectors[finding->detector].severity >
            campaigns->detectors[campaign->headline.detector].severity)
        campaign->headline = *finding;
    put(campaigns, &campaigns->windows, finding->window_id,
        campaign->number | (joins_as_context ? CONTEXT_BIT : 0));
    bool has_merged = false;
    if (!joins_as_context) {
        has_merged = merge_overlapping(campaigns, campaign, finding, &overlaps);
        for (uint32_t i = 0; i < finding->members_count; i++)
            campaign_add_member(campaigns, campaign, &members[i], broad);
        remember_likeness(campaigns, campaign, &overlaps.likeness);
    }
    if (is_new)
        campaign_identify(campaigns, campaign);
    if (is_new || gains_detector || has_merged ||
        campaign->accounts.count >= 2 * campaign->told_accounts)
        tell(campaigns, campaign, is_new ? CAMPAIGN_OPENED : CAMPAIGN_UPDATED, CAMPAIGN_QUIET);
    expect_quiet(campaigns, campaign);
    if (!joins_as_context) {
        for (uint32_t i = 0; i < finding->members_count; i++)
            look_back(campaigns, &members[i]);
    }
}

static void take_grew(struct campaigns *campaigns, const struct finding *finding,
                      const struct member *member)
{
    const uint64_t *const number = table_get(&campaigns->windows, finding->window_id);
    struct campaign *const campaign = open_campaign_at(campaigns, number);
    if (campaign == NULL)
        return;
    const bool is_context = (*number & CONTEXT_BIT) != 0;
    campaign_note_strength(campaign, finding);
    if (is_context)
        return;
    campaign_add_member(campaigns, campaign, member, is_broad(campaigns, finding));
    look_back(campaigns, member);
    if (campaign->attempts >= 2 * campaign->told_attempts ||
        campaign->accounts.count >= 2 * campaign->told_accounts)
        tell(campaigns, campaign, CAMPAIGN_UPDATED, CAMPAIGN_QUIET);
}

void campaigns_take(struct campaigns *campaigns, const struct finding *finding,
                    const struct member *members)
{
    campaigns_advance(campaigns, finding->time_ns);
    campaigns->counters.findings++;
    switch ((enum finding_type)finding->type) {
    case FINDING_OPENED:
        take_opened(campaigns, finding, members);
        break;
    case FINDING_GREW:
        take_grew(campaigns, finding, members);
        break;
    case FINDING_SIGN_IN:
        sign_in_judge(campaigns, sign_in_remember(campaigns, members));
        break;
    }
}

/* ---- time ------------------------------------------------------------------------------------ */

static void campaign_close(struct campaigns *campaigns, struct campaign *campaign,
                           enum campaign_end end, int64_t time_ns)
{
    tell_at(campaigns, campaign, CAMPAIGN_CLOSED, end, time_ns);
    remember_sources(campaigns, campaign);
    campaign_retire(campaigns, campaign);
}

/* The open campaign that has been quiet for longest; NULL when none is open. */
static struct campaign *quietest(struct campaigns *campaigns)
{
    struct campaign *found = NULL;
    for (size_t i = campaigns->open_from; i < campaigns->count; i++) {
        struct campaign *const campaign = campaigns->items[i];
        if (!campaign->is_open && i == campaigns->open_from)
            campaigns->open_from++;
        else if (campaign->is_open && (found == NULL || campaign->end_ns < found->end_ns))
            found = campaign;
    }
    return found;
}

int64_t campaigns_quiet_ns(struct campaigns *campaigns)
{
    const struct campaign *const campaign = quietest(campaigns);
    return campaign != NULL ? civil_plus(campaign->end_ns, campaigns->options.quiet_ns) : INT64_MAX;
}

void campaigns_advance(struct campaigns *campaigns, int64_t now_ns)
{
    if (!campaigns->has_started) {
        campaigns->has_started = true;
        campaigns->now_ns = now_ns;
        if (now_ns < campaigns->start_ns)
            campaigns->start_ns = now_ns;
    }
    if (now_ns <= campaigns->now_ns)
        return;
    campaigns->now_ns = now_ns;
    forget_attempts(campaigns);
    /* Each in the order and at the time at which it fell quiet, so it does not matter how often
     * this function is called. */
    if (now_ns <= campaigns->quiet_from_ns)
        return;
    const int64_t quiet_ns = campaigns->options.quiet_ns;
    struct campaign *campaign;
    while ((campaign = quietest(campaigns)) != NULL &&
           civil_elapsed(now_ns, campaign->end_ns) > quiet_ns)
        campaign_close(campaigns, campaign, CAMPAIGN_QUIET, campaign->end_ns + quiet_ns);
    campaigns->quiet_from_ns = INT64_MAX;
    if (campaign != NULL)
        expect_quiet(campaigns, campaign);
}

void campaigns_end(struct campaigns *campaigns)
{
    for (size_t i = campaigns->open_from; i < campaigns->count; i++) {
        if (campaigns->items[i]->is_open)
            campaign_close(campaigns, campaigns->items[i], CAMPAIGN_END_OF_INPUT,
                           campaigns->now_ns);
    }
}

/* ---- what lasts beyond a run ------------------------------------------------------------------
 */

void campaigns_set_start(struct campaigns *campaigns, int64_t start_ns)
{
    campaigns->start_ns = start_ns;
}

void campaigns_restore_known(struct campaigns *campaigns, uint32_t source, int64_t ended_ns)
{
    put(campaigns, &campaigns->known, source, (uint64_t)ended_ns);
}

void campaigns_visit_known(const struct campaigns *campaigns, campaigns_visitor *visit,
                           void *visitor)
{
    for (size_t i = 0; i < campaigns->known.capacity; i++) {
        const struct table_slot *const slot = &campaigns->known.slots[i];
        if (slot->key != 0)
            visit(visitor, (uint32_t)slot->key, (int64_t)slot->value);
    }
}
