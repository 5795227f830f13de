#include "engine/familiar.h"

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/names.h"

enum status familiar_init(struct familiar *familiar, size_t bytes_max)
{
    *familiar = (struct familiar){.bytes_max = bytes_max};
    enum status status = region_init(&familiar->accounts, bytes_max / 8 * 6);
    if (status == STATUS_OK)
        status = slab_init(&familiar->slab, bytes_max / 8);
    if (status == STATUS_OK)
        status = region_init(&familiar->used, bytes_max / 8);
    if (status != STATUS_OK)
        familiar_deinit(familiar);
    table_init(&familiar->agents, &familiar->slab);
    return status;
}

void familiar_deinit(struct familiar *familiar)
{
    region_deinit(&familiar->accounts);
    region_deinit(&familiar->used);
    slab_deinit(&familiar->slab);
}

/* NULL: the account has no index, or one beyond this module's share of memory. */
static struct familiar_account *account_at(const struct familiar *familiar, uint32_t account)
{
    if (account <= NAME_OTHER ||
        (account + (size_t)1) * sizeof(struct familiar_account) > familiar->accounts.bytes_max)
        return NULL;
    return (struct familiar_account *)familiar->accounts.start + account;
}

static uint8_t *network_used_at(const struct familiar *familiar, uint32_t network)
{
    if (network <= NAME_OTHER || network >= familiar->used.bytes_max)
        return NULL;
    return (uint8_t *)familiar->used.start + network;
}

static uint32_t agent_of(const struct attempt *attempt)
{
    const uint64_t pair =
        (uint64_t)attempt->name[TEXT_USER_AGENT] << 32 | attempt->name[TEXT_CLIENT_ID];
    return pair == 0 ? 0 : (uint32_t)hash_mix(pair) | 1;
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

/* Moves `value` to the front, dropping the last when it is new. */
static void list_touch(uint32_t *list, size_t count, uint32_t value)
{
    if (value == 0)
        return;
    size_t at = 0;
    while (at < count - 1 && list[at] != value)
        at++;
    memmove(list + 1, list, at * sizeof(*list));
    list[0] = value;
}

uint8_t familiar_judge(const struct familiar *familiar, const struct attempt *attempt)
{
    uint8_t judged = 0;
    const uint8_t *const used = network_used_at(familiar, attempt->source_network);
    if (used != NULL && *used != 0)
        judged |= FAMILIAR_SOURCE_USED;
    const uint32_t agent = agent_of(attempt);
    const uint64_t *const sign_ins = agent != 0 ? table_get(&familiar->agents, agent) : NULL;
    if (sign_ins != NULL && *sign_ins >= FAMILIAR_COMMON_SIGN_INS)
        judged |= FAMILIAR_AGENT_COMMON;
    const struct familiar_account *const account =
        account_at(familiar, attempt->name[TEXT_ACCOUNT]);
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
        *used = 1;
    if (account == NULL)
        return;
    /* Only what people use where they are at home is ordinary: a sprayer's successes are not. */
    const uint32_t agent = agent_of(attempt);
    if (agent != 0 && (attempt->familiar & FAMILIAR_NETWORK) != 0) {
        uint64_t *const sign_ins = table_put(&familiar->agents, agent, NULL);
        if (sign_ins != NULL)
            (*sign_ins)++;
    }
    if (!account->has_signed_in)
        account->first_ns = attempt->time_ns;
    account->has_signed_in = true;
    list_touch(account->networks, FAMILIAR_PLACES_MAX,
               attempt->source_network > NAME_OTHER ? attempt->source_network : 0);
    list_touch(account->agents, FAMILIAR_PLACES_MAX, agent);
    list_touch(account->providers, FAMILIAR_PROVIDERS_MAX, provider_of(attempt));
}

void familiar_learn(struct familiar *familiar, const struct attempt *attempt)
{
    struct familiar_account *const account = account_at(familiar, attempt->name[TEXT_ACCOUNT]);
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
