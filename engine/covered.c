#include "engine/covered.h"

#include "engine/hits.h"
#include "engine/names.h"

enum status covered_init(struct covered *covered, const struct ruleset *ruleset, size_t bytes_max)
{
    *covered = (struct covered){.ruleset = ruleset};
    for (size_t i = 0; i < ALLOWANCES_MAX; i++) {
        covered->entries[i].first_ns = INT64_MAX;
        covered->entries[i].last_ns = INT64_MIN;
    }
    table_init(&covered->accounts, &covered->slab);
    return slab_init(&covered->slab, bytes_max);
}

void covered_deinit(struct covered *covered)
{
    slab_deinit(&covered->slab);
}

static void account_take(struct covered *covered, struct covered_entry *entry,
                         const struct attempt *attempt)
{
    const uint32_t account = attempt->name[TEXT_ACCOUNT];
    bool is_new;
    if (account == NAME_NONE)
        return;
    if (account == NAME_OTHER) {
        entry->is_incomplete = true;
        return;
    }
    const uint64_t key = (uint64_t)attempt->allowance << 32 | account;
    if (table_put(&covered->accounts, key, &is_new) == NULL)
        entry->is_incomplete = true;
    else
        entry->accounts += is_new;
}

static uint64_t reports_count(const struct ruleset *ruleset, struct hits *hits)
{
    uint64_t count = 0;
    for (size_t i = 0; hits != NULL && i < hits->rules_count; i++)
        count += ruleset_rule_reports(ruleset, hits_rules(hits)[i]);
    return count;
}

void covered_take(struct covered *covered, const struct attempt *attempt)
{
    struct covered_entry *const entry = &covered->entries[attempt->allowance - 1];
    entry->sign_ins++;
    entry->right_passwords += attempt->verdict == VERDICT_RIGHT;
    entry->rule_matches += reports_count(covered->ruleset, attempt->hits);
    account_take(covered, entry, attempt);
    if (attempt->time_ns < entry->first_ns)
        entry->first_ns = attempt->time_ns;
    if (attempt->time_ns > entry->last_ns)
        entry->last_ns = attempt->time_ns;
}
