#include "engine/state_fact.h"

#include <assert.h>
#include <math.h>

#include "engine/base/civil.h"
#include "engine/baseline.h"
#include "engine/detect.h"
#include "engine/familiar.h"

/* A window is of use for BASELINE_IDLE_DAYS after its last use, which another state may know to be
 * later; but not for longer than its days are. */
#define WINDOW_KEEP_NS (BASELINE_DAYS * CIVIL_DAY_NS)

static const struct state_aspect span_aspects[STATE_SPAN_ASPECTS] = {
    [STATE_SPAN_NEWEST] = {.join = STATE_LARGEST, .values_count = 1},
    [STATE_SPAN_OLDEST] = {.join = STATE_SMALLEST, .values_count = 1},
};

static const struct state_aspect window_aspects[STATE_WINDOW_ASPECTS] = {
    [STATE_WINDOW_USED] = {.join = STATE_LARGEST, .values_count = 1, .keep_ns = WINDOW_KEEP_NS},
    [STATE_WINDOW_FROZEN] = {.join = STATE_NEWEST, .values_count = 3, .keep_ns = WINDOW_KEEP_NS},
    [STATE_WINDOW_SUM] = {.join = STATE_NEWEST, .values_count = 2, .keep_ns = WINDOW_KEEP_NS},
    [STATE_WINDOW_DAYS] = {.join = STATE_LARGEST,
                           .values_count = 2,
                           .number_ns = CIVIL_DAY_NS,
                           .keep_ns = BASELINE_DAYS * CIVIL_DAY_NS,
                           .has_origin = true,
                           .is_total = true},
    [STATE_WINDOW_HOURS] = {.join = STATE_LARGEST,
                            .values_count = 2,
                            .number_ns = CIVIL_HOUR_NS,
                            .keep_ns = BASELINE_HOURS * CIVIL_HOUR_NS,
                            .has_origin = true,
                            .is_total = true},
    [STATE_WINDOW_GOODS] = {.join = STATE_LARGEST,
                            .values_count = 1,
                            .number_ns = GOODS_NS,
                            .keep_ns = GOODS_BUCKETS * GOODS_NS,
                            .has_origin = true,
                            .is_total = true},
};

/* People come back after a year. */
#define PEOPLE_KEEP_NS (400 * CIVIL_DAY_NS)

static const struct state_aspect account_aspects[STATE_ACCOUNT_ASPECTS] = {
    [STATE_ACCOUNT_SIGNED_IN] = {.join = STATE_LARGEST,
                                 .values_count = 2,
                                 .keep_ns = PEOPLE_KEEP_NS},
    [STATE_ACCOUNT_FAILED] = {.join = STATE_NEWEST, .values_count = 3, .keep_ns = PEOPLE_KEEP_NS},
    [STATE_ACCOUNT_NETWORKS] = {.join = STATE_LARGEST,
                                .values_count = 1,
                                .keep_ns = PEOPLE_KEEP_NS,
                                .texts_count = 1,
                                .most = FAMILIAR_PLACES_MAX},
    [STATE_ACCOUNT_AGENTS] = {.join = STATE_LARGEST,
                              .values_count = 1,
                              .keep_ns = PEOPLE_KEEP_NS,
                              .texts_count = 2,
                              .most = FAMILIAR_PLACES_MAX},
    [STATE_ACCOUNT_PROVIDERS] = {.join = STATE_LARGEST,
                                 .values_count = 1,
                                 .keep_ns = PEOPLE_KEEP_NS,
                                 .texts_count = 1,
                                 .most = FAMILIAR_PROVIDERS_MAX},
};

static const struct state_aspect program_aspects[STATE_PROGRAM_ASPECTS] = {
    [STATE_PROGRAM_SIGN_INS] = {.join = STATE_LARGEST,
                                .values_count = 1,
                                .number_ns = STATE_MONTH_NS,
                                .keep_ns = PEOPLE_KEEP_NS,
                                .has_origin = true},
};

static const struct state_aspect place_aspects[STATE_PLACE_ASPECTS] = {
    [STATE_PLACE_LAST] = {.join = STATE_LARGEST, .values_count = 1, .keep_ns = PEOPLE_KEEP_NS},
};

/* What a kind's key consists of: so many texts, or, of a window, one and then pairs. */
static const struct {
    unsigned texts_count;
    bool has_pairs;
    unsigned aspects_count;
    const struct state_aspect *aspects;
} kinds[STATE_KINDS_END] = {
    [STATE_SPAN] = {.aspects_count = STATE_SPAN_ASPECTS, .aspects = span_aspects},
    [STATE_WINDOW] = {.texts_count = 1,
                      .has_pairs = true,
                      .aspects_count = STATE_WINDOW_ASPECTS,
                      .aspects = window_aspects},
    [STATE_ACCOUNT] = {.texts_count = 1,
                       .aspects_count = STATE_ACCOUNT_ASPECTS,
                       .aspects = account_aspects},
    [STATE_PROGRAM] = {.texts_count = 2,
                       .aspects_count = STATE_PROGRAM_ASPECTS,
                       .aspects = program_aspects},
    [STATE_NETWORK] = {.texts_count = 1,
                       .aspects_count = STATE_PLACE_ASPECTS,
                       .aspects = place_aspects},
    [STATE_VISIT] = {.texts_count = 3,
                     .aspects_count = STATE_PLACE_ASPECTS,
                     .aspects = place_aspects},
    [STATE_KNOWN] = {.texts_count = 1,
                     .aspects_count = STATE_PLACE_ASPECTS,
                     .aspects = place_aspects},
};

const struct state_aspect *state_aspect_of(enum state_kind kind, unsigned aspect)
{
    return &kinds[kind].aspects[aspect];
}

/* ---- reading ----------------------------------------------------------------------------------
 */

/* Most significant byte first, so that keys are in the order of numbers. */
static uint64_t number_at(const char *at, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

static void number_put(unsigned char *at, size_t bytes, uint64_t number)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(number >> (8 * (bytes - 1 - i)));
}

static bool take(struct slice *rest, size_t bytes, const char **at)
{
    if (rest->bytes < bytes)
        return false;
    *at = rest->start;
    *rest = slice_from(*rest, bytes);
    return true;
}

static bool take_text(struct slice *rest, struct state_fact *fact)
{
    const char *at;
    if (!take(rest, 2, &at))
        return false;
    const size_t bytes = number_at(at, 2);
    if (bytes > LIMIT_TEXT_BYTES || !take(rest, bytes, &at))
        return false;
    fact->texts[fact->texts_count++] = slice_of(at, bytes);
    return true;
}

static bool take_texts(struct slice *rest, struct state_fact *fact)
{
    unsigned count = kinds[fact->kind].texts_count;
    if (kinds[fact->kind].has_pairs) {
        const char *at;
        if (!take(rest, 1, &at) || (unsigned char)*at > (STATE_TEXTS_MAX - count) / 2)
            return false;
        count += 2u * (unsigned char)*at;
    }
    while (fact->texts_count < count) {
        if (!take_text(rest, fact))
            return false;
    }
    return true;
}

static bool values_are_possible(const struct state_fact *fact, const struct state_entry *entry)
{
    if (entry->values_count != fact->traits->values_count)
        return false;
    /* What is counted is not below 0, and what is a double is a number. */
    for (unsigned i = 0; i < entry->values_count && fact->traits->has_origin; i++) {
        if (entry->values[i] < 0 || entry->values[i] > UINT32_MAX)
            return false;
    }
    for (unsigned i = 1; i < entry->values_count && fact->kind == STATE_WINDOW &&
                         fact->traits->join == STATE_NEWEST;
         i++) {
        const double value = state_double_of(entry->values[i]);
        if (!isfinite(value) || signbit(value) != 0)
            return false;
    }
    return true;
}

bool state_fact_read(struct state_fact *fact, const struct state_entry *entry)
{
    *fact = (struct state_fact){0};
    struct slice rest = entry->key;
    const char *at;
    if (!take(&rest, 1, &at) || *at < STATE_SPAN || *at >= STATE_KINDS_END)
        return false;
    fact->kind = (enum state_kind) * at;
    if (!take_texts(&rest, fact))
        return false;
    fact->about = slice_of(entry->key.start, (size_t)(rest.start - entry->key.start));
    if (!take(&rest, 1, &at) || (unsigned char)*at >= kinds[fact->kind].aspects_count)
        return false;
    fact->aspect = (unsigned char)*at;
    fact->traits = state_aspect_of(fact->kind, fact->aspect);
    fact->front = slice_of(entry->key.start, fact->about.bytes + 1);
    for (unsigned i = 0; i < fact->traits->texts_count; i++) {
        if (!take_text(&rest, fact))
            return false;
    }
    if (fact->traits->number_ns > 0) {
        if (!take(&rest, 8, &at))
            return false;
        fact->number = (int64_t)(number_at(at, 8) ^ (UINT64_C(1) << 63));
        if (fact->number > INT64_MAX / fact->traits->number_ns ||
            fact->number < INT64_MIN / fact->traits->number_ns - 1)
            return false;
    }
    if (fact->traits->has_origin && !take(&rest, STATE_ORIGIN_BYTES, &at))
        return false;
    return rest.bytes == 0 && values_are_possible(fact, entry);
}

/* ---- joining ----------------------------------------------------------------------------------
 */

static bool is_newer(const int64_t *left, const int64_t *right, unsigned count)
{
    unsigned i = 0;
    while (i < count && left[i] == right[i])
        i++;
    return i < count && left[i] > right[i];
}

void state_join(const struct state_aspect *traits, int64_t *values, const int64_t *more)
{
    const bool all = traits->join == STATE_NEWEST && is_newer(more, values, traits->values_count);
    for (unsigned i = 0; i < traits->values_count; i++) {
        if (all || (traits->join == STATE_LARGEST && more[i] > values[i]) ||
            (traits->join == STATE_SMALLEST && more[i] < values[i]))
            values[i] = more[i];
    }
}

/* ---- making keys ------------------------------------------------------------------------------
 */

void state_key_begin(struct state_key *key, enum state_kind kind)
{
    key->at[0] = (unsigned char)kind;
    key->bytes = 1;
}

void state_key_text(struct state_key *key, struct slice text)
{
    assert(text.bytes <= LIMIT_TEXT_BYTES && key->bytes + 2 + text.bytes <= STATE_KEY_MAX);
    number_put(key->at + key->bytes, 2, text.bytes);
    memcpy(key->at + key->bytes + 2, text.start, text.bytes);
    key->bytes += 2 + text.bytes;
}

void state_key_count(struct state_key *key, unsigned pairs)
{
    key->at[key->bytes++] = (unsigned char)pairs;
}

void state_key_number(struct state_key *key, uint64_t number)
{
    char bytes[8];
    number_put((unsigned char *)bytes, sizeof(bytes), number);
    state_key_text(key, slice_of(bytes, sizeof(bytes)));
}

bool state_number_of(struct slice text, uint64_t *number)
{
    if (text.bytes != 8)
        return false;
    *number = number_at(text.start, 8);
    return true;
}

void state_key_aspect(struct state_key *key, unsigned aspect)
{
    key->at[key->bytes++] = (unsigned char)aspect;
}

size_t state_tail(unsigned char tail[STATE_TAIL_MAX], enum state_kind kind, unsigned aspect,
                  int64_t number)
{
    const struct state_aspect *const traits = state_aspect_of(kind, aspect);
    if (traits->texts_count > 0)
        return 0; /* the key is whole already */
    tail[0] = (unsigned char)aspect;
    if (traits->number_ns == 0)
        return 1;
    number_put(tail + 1, 8, (uint64_t)number ^ (UINT64_C(1) << 63));
    return STATE_TAIL_MAX;
}

void state_key_origin(struct state_key *key, uint64_t origin)
{
    assert(key->bytes + STATE_ORIGIN_BYTES <= STATE_KEY_MAX);
    number_put(key->at + key->bytes, STATE_ORIGIN_BYTES, origin);
    key->bytes += STATE_ORIGIN_BYTES;
}
