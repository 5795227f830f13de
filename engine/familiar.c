#include "engine/familiar.h"

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/names.h"

enum status familiar_init(struct familiar *familiar, size_t bytes_max)
{
    *familiar = (struct familiar){.bytes_max = bytes_max};
    enum status status = region_init(&familiar->accounts, bytes_max / 8 * 6);
    familiar->accounts_max = familiar->accounts.bytes_max / sizeof(struct familiar_account);
    if (status == STATUS_OK)
        status = slab_init(&familiar->slab, bytes_max / 8);
    if (status == STATUS_OK)
        status = region_init(&familiar->used, bytes_max / 8);
    if (status != STATUS_OK)
        familiar_deinit(familiar);
    table_init(&familiar->agents, &familiar->slab);
    table_init(&familiar->pairs, &familiar->slab);
    return status;
}

enum status familiar_keep_times(struct familiar *familiar)
{
    const size_t entry_bytes = sizeof(struct familiar_account) + sizeof(struct familiar_times);
    const size_t accounts_max = familiar->bytes_max / 8 * 6 / entry_bytes;
    region_deinit(&familiar->accounts);
    enum status status =
        region_init(&familiar->accounts, accounts_max * sizeof(struct familiar_account));
    if (status == STATUS_OK)
        status = region_init(&familiar->times, accounts_max * sizeof(struct familiar_times));
    familiar->accounts_max = accounts_max;
    return status;
}

void familiar_deinit(struct familiar *familiar)
{
    region_deinit(&familiar->accounts);
    region_deinit(&familiar->times);
    region_deinit(&familiar->used);
    slab_deinit(&familiar->slab);
}

struct familiar_account *familiar_account_at(const struct familiar *familiar, uint32_t account)
{
    if (account <= NAME_OTHER || account >= familiar->accounts_max)
        return NULL;
    return (struct familiar_account *)familiar->accounts.start + account;
}

struct familiar_times *familiar_times_at(const struct familiar *familiar, uint32_t account)
{
    if (account <= NAME_OTHER || account >= familiar->accounts_max || familiar->times.start == NULL)
        return NULL;
    return (struct familiar_times *)familiar->times.start + account;
}

static uint8_t *network_used_at(const struct familiar *familiar, uint32_t network)
{
    if (network <= NAME_OTHER || network >= familiar->used.bytes_max)
        return NULL;
    return (uint8_t *)familiar->used.start + network;
}

static uint64_t pair_of(uint32_t user_agent, uint32_t client)
{
    return (uint64_t)user_agent << 32 | client;
}

uint32_t familiar_agent(uint32_t user_agent, uint32_t client)
{
    const uint64_t pair = pair_of(user_agent, client);
    return pair == 0 ? 0 : (uint32_t)hash_mix(pair) | 1;
}

static uint32_t agent_of(const struct attempt *attempt)
{
    return familiar_agent(attempt->name[TEXT_USER_AGENT], attempt->name[TEXT_CLIENT_ID]);
}

/* Bit 31 keeps countries apart from AS numbers, which real allocations do not reach. */
static uint32_t provider_of(const struct attempt *attempt)
{
    if (attempt->asn != 0)
        return attempt->asn;
    return attempt->country != 0 ? UINT32_C(0x80000000) | attempt->country : 0;
}

static bool list_holds(const uint32_t *list, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == value)
            return true;
    }
    return false;
}

/* Moves `value` to the front, dropping the last when it is new. `times` may be NULL. */
static void list_touch(uint32_t *list, uint32_t *times, size_t count, uint32_t value,
                       uint32_t seconds)
{
    if (value == 0)
        return;
    size_t at = 0;
    while (at < count - 1 && list[at] != value)
        at++;
    memmove(list + 1, list, at * sizeof(*list));
    list[0] = value;
    if (times == NULL)
        return;
    memmove(times + 1, times, at * sizeof(*times));
    times[0] = seconds;
}

uint8_t familiar_judge(const struct familiar *familiar, const struct attempt *attempt)
{
    uint8_t judged = 0;
    const uint8_t *const used = network_used_at(familiar, attempt->source_network);
    if (used != NULL && *used != 0)
        judged |= FAMILIAR_SOURCE_USED;
    const uint32_t agent = agent_of(attempt);
    const uint64_t *const sign_ins = agent != 0 ? table_get(&familiar->agents, agent) : NULL;
    if (sign_ins != NULL && (uint32_t)*sign_ins >= FAMILIAR_COMMON_SIGN_INS)
        judged |= FAMILIAR_AGENT_COMMON;
    const struct familiar_account *const account =
        familiar_account_at(familiar, attempt->name[TEXT_ACCOUNT]);
    if (account == NULL)
        return judged;
    if (account->failed_network != NAME_NONE &&
        account->failed_network == attempt->source_network &&
        civil_elapsed(attempt->time_ns, account->failed_ns) <= FAMILIAR_RETRY_NS)
        judged |= FAMILIAR_RETRY;
    if (!account->has_signed_in)
        return judged;
    judged |= FAMILIAR_HISTORY;
    if (civil_elapsed(attempt->time_ns, account->first_ns) >= FAMILIAR_SETTLED_NS)
        judged |= FAMILIAR_SETTLED;
    if (attempt->source_network != NAME_NONE &&
        list_holds(account->networks, FAMILIAR_PLACES_MAX, attempt->source_network))
        judged |= FAMILIAR_NETWORK;
    if (agent != 0 && list_holds(account->agents, FAMILIAR_PLACES_MAX, agent))
        judged |= FAMILIAR_AGENT;
    const uint32_t provider = provider_of(attempt);
    if (provider != 0 && list_holds(account->providers, FAMILIAR_PROVIDERS_MAX, provider))
        judged |= FAMILIAR_ASN;
    return judged;
}

/* So that it can be told by content. Without memory for that, it does not last. */
static void agent_remember(struct familiar *familiar, uint32_t user_agent, uint32_t client)
{
    const uint32_t agent = familiar_agent(user_agent, client);
    uint64_t *const pair = agent != 0 ? table_put(&familiar->pairs, agent, NULL) : NULL;
    if (pair != NULL)
        *pair = pair_of(user_agent, client);
}

bool familiar_agent_pair(const struct familiar *familiar, uint32_t agent, uint32_t *user_agent,
                         uint32_t *client)
{
    const uint64_t *const pair = table_get(&familiar->pairs, agent);
    if (pair == NULL)
        return false;
    *user_agent = (uint32_t)(*pair >> 32);
    *client = (uint32_t)*pair;
    return *user_agent != NAME_OTHER && *client != NAME_OTHER;
}

/* Lists stand in the order of use, the newest first. */
void familiar_restore_place(uint32_t *list, uint32_t *times, size_t count, uint32_t value,
                            uint32_t seconds)
{
    size_t at = 0;
    while (at < count && list[at] != 0 && times[at] >= seconds)
        at++;
    if (at == count)
        return;
    memmove(list + at + 1, list + at, (count - at - 1) * sizeof(*list));
    memmove(times + at + 1, times + at, (count - at - 1) * sizeof(*times));
    list[at] = value;
    times[at] = seconds;
}

void familiar_restore_agent(struct familiar *familiar, uint32_t user_agent, uint32_t client,
                            uint32_t sign_ins)
{
    agent_remember(familiar, user_agent, client);
    uint64_t *const known =
        sign_ins > 0 ? table_put(&familiar->agents, familiar_agent(user_agent, client), NULL)
                     : NULL;
    if (known == NULL)
        return;
    const uint64_t sum = (*known >> 32) + sign_ins;
    const uint64_t total = sum < UINT32_MAX / 2 ? sum : UINT32_MAX / 2;
    *known = total << 32 | total;
}

void familiar_restore_network(struct familiar *familiar, uint32_t network)
{
    uint8_t *const used = network_used_at(familiar, network);
    if (used != NULL)
        *used = FAMILIAR_USED_BEFORE;
}

static void learn_failure(struct familiar_account *account, const struct attempt *attempt)
{
    account->failed_ns = attempt->time_ns;
    account->failed_network = attempt->source_network > NAME_OTHER ? attempt->source_network : 0;
}

static void learn_success(struct familiar *familiar, struct familiar_account *account,
                          const struct attempt *attempt)
{
    uint8_t *const used = network_used_at(familiar, attempt->source_network);
    if (used != NULL)
        *used = FAMILIAR_USED;
    if (account == NULL)
        return;
    /* Only what people use where they are at home is ordinary: a sprayer's successes are not. */
    const uint32_t agent = agent_of(attempt);
    if (agent != 0 && (attempt->familiar & FAMILIAR_NETWORK) != 0) {
        uint64_t *const sign_ins = table_put(&familiar->agents, agent, NULL);
        if (sign_ins != NULL)
            (*sign_ins)++; /* in the lower half */
    }
    if (!account->has_signed_in)
        account->first_ns = attempt->time_ns;
    account->has_signed_in = true;
    struct familiar_times *const times = familiar_times_at(familiar, attempt->name[TEXT_ACCOUNT]);
    const uint32_t seconds = familiar_seconds(attempt->time_ns);
    list_touch(account->networks, times != NULL ? times->networks : NULL, FAMILIAR_PLACES_MAX,
               attempt->source_network > NAME_OTHER ? attempt->source_network : 0, seconds);
    list_touch(account->agents, times != NULL ? times->agents : NULL, FAMILIAR_PLACES_MAX, agent,
               seconds);
    list_touch(account->providers, times != NULL ? times->providers : NULL, FAMILIAR_PROVIDERS_MAX,
               provider_of(attempt), seconds);
    if (times == NULL)
        return;
    if (attempt->time_ns > times->last_ns)
        times->last_ns = attempt->time_ns;
    agent_remember(familiar, attempt->name[TEXT_USER_AGENT], attempt->name[TEXT_CLIENT_ID]);
}

void familiar_learn(struct familiar *familiar, const struct attempt *attempt)
{
    struct familiar_account *const account =
        familiar_account_at(familiar, attempt->name[TEXT_ACCOUNT]);
    switch ((enum outcome)attempt->outcome) {
    case OUTCOME_SUCCESS:
        learn_success(familiar, account, attempt);
        break;
    case OUTCOME_WRONG_PASSWORD:
    case OUTCOME_UNKNOWN_ACCOUNT:
    case OUTCOME_LOCKED:
        if (account != NULL)
            learn_failure(account, attempt);
        break;
    default:
        break;
    }
}
