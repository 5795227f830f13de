#include "engine/key_plan.h"

#include <stddef.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/names.h"

/* ---- values -------------------------------------------------------------------------------- */

/* One outcome for all that ECS calls the same. */
static unsigned outcome_class(uint8_t outcome)
{
    return outcome == OUTCOME_SUCCESS || outcome == OUTCOME_INTERRUPTED ? outcome
                                                                        : OUTCOME_OTHER_FAILURE;
}

uint32_t attempt_value(const struct attempt *attempt, enum event_field field)
{
    const enum event_text text = field_text(field);
    if (text < TEXT_COUNTED)
        return attempt->name[text];
    const bool is_ipv6 = (attempt->flags & EVENT_SOURCE_IPV6) != 0;
    switch (field) {
    case FIELD_SOURCE:
        return attempt->source;
    case FIELD_SOURCE_24:
        return is_ipv6 ? 0 : attempt->source_network;
    case FIELD_SOURCE_64:
        return is_ipv6 ? attempt->source_network : 0;
    case FIELD_SOURCE_48:
        return is_ipv6 ? attempt->source_site : 0;
    case FIELD_ASN:
        return attempt->asn;
    case FIELD_COUNTRY:
        return attempt->country;
    case FIELD_DATASET:
        return attempt->dataset + 1u;
    case FIELD_OUTCOME:
        return attempt->outcome + 1u;
    case FIELD_OUTCOME_ECS:
        return outcome_class(attempt->outcome) + 1u;
    case FIELD_VERDICT:
        return attempt->verdict + 1u;
    case FIELD_CODE:
        return (attempt->flags & EVENT_HAS_CODE) != 0 ? (uint32_t)attempt->code + 1u : 0;
    case FIELD_INTERACTIVE:
        return (attempt->flags & EVENT_INTERACTIVE) != 0      ? 1
               : (attempt->flags & EVENT_NONINTERACTIVE) != 0 ? 2
                                                              : 0;
    default:
        return 0; /* the compiler of rules lets no other field be a key */
    }
}

/* Where a name's index lies in an attempt; 0: the field is no name. */
static uint16_t name_offset(enum event_field field)
{
    const enum event_text text = field_text(field);
    if (text < TEXT_COUNTED)
        return (uint16_t)(offsetof(struct attempt, name) + text * sizeof(uint32_t));
    switch (field) {
    case FIELD_SOURCE:
        return offsetof(struct attempt, source);
    case FIELD_SOURCE_24:
    case FIELD_SOURCE_64:
        return offsetof(struct attempt, source_network);
    case FIELD_SOURCE_48:
        return offsetof(struct attempt, source_site);
    default:
        return 0;
    }
}

/* ---- plans --------------------------------------------------------------------------------- */

static struct key_plan key_plan_of(size_t index, const struct detector_key *key)
{
    struct key_plan plan = {
        .seed = hash_mix(index + 1),
        .parts_count = (uint8_t)key->fields_count,
    };
    for (unsigned i = 0; i < key->fields_count; i++) {
        const enum event_field field = key->fields[i];
        plan.parts[i] = (struct key_part){
            .field = field,
            .name_offset = name_offset(field),
            .needs_ipv4 = field == FIELD_SOURCE_24,
            .needs_ipv6 = field == FIELD_SOURCE_64 || field == FIELD_SOURCE_48,
            /* Graph v1.0 sign-ins name no tenant; they are one tenant, not none. */
            .may_be_absent = field == FIELD_TENANT,
        };
    }
    return plan;
}

/* Fields in another order are another key: findings tell of them in theirs. */
static bool has_fields(const struct key_plan *plan, const struct detector_key *key)
{
    for (unsigned i = 0; i < plan->parts_count && i < key->fields_count; i++) {
        if (plan->parts[i].field != key->fields[i])
            return false;
    }
    return plan->parts_count == key->fields_count;
}

static size_t find_or_add(struct key_plans *plans, const struct detector_key *key)
{
    size_t at = 0;
    while (at < plans->count && !has_fields(&plans->items[at], key))
        at++;
    if (at == plans->count)
        plans->items[plans->count++] = key_plan_of(at, key);
    return at;
}

void key_plans_make(struct key_plans *plans, const struct detector *detectors, size_t count)
{
    plans->count = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned key = 0; key < detectors[i].keys_count; key++) {
            const size_t at = find_or_add(plans, &detectors[i].keys[key]);
            struct key_plan *const plan = &plans->items[at];
            plan->detectors |= UINT64_C(1) << i;
            plan->rank[i] = plan->detectors_count++;
            plan->key_index[i] = (uint8_t)key;
            plans->of[i][key] = (uint16_t)at;
        }
    }
}

bool key_plan_read(const struct key_plan *plan, const struct attempt *attempt,
                   uint32_t parts[FINDING_KEY_PARTS_MAX])
{
    const bool is_ipv6 = (attempt->flags & EVENT_SOURCE_IPV6) != 0;
    for (unsigned i = 0; i < FINDING_KEY_PARTS_MAX; i++)
        parts[i] = 0;
    for (unsigned i = 0; i < plan->parts_count; i++) {
        const struct key_part *const part = &plan->parts[i];
        uint32_t value;
        if (part->name_offset != 0) {
            memcpy(&value, (const char *)attempt + part->name_offset, sizeof(value));
            if (value == NAME_OTHER || (is_ipv6 ? part->needs_ipv4 : part->needs_ipv6))
                return false;
        } else {
            value = attempt_value(attempt, part->field);
        }
        if (value == 0 && !part->may_be_absent)
            return false;
        parts[i] = value;
    }
    return true;
}

uint64_t key_plan_place(const struct key_plan *plan, const uint32_t parts[FINDING_KEY_PARTS_MAX])
{
    uint64_t id = hash_mix(plan->seed ^ ((uint64_t)parts[0] << 32 | parts[1]));
    if (plan->parts_count > 2)
        id = hash_mix(id ^ ((uint64_t)parts[2] << 32 | parts[3]));
    return id | 1;
}
