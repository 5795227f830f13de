#include "engine/detect.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/hash.h"
#include "engine/base/prefetch.h"
#include "engine/cusum.h"
#include "engine/key_plan.h"
#include "engine/names.h"
#include "engine/place.h"
#include "engine/recent.h"

#define MOVE_NS (INT64_C(60) * 1000000000)

enum {
    HOURS_AFTER_EVENTS = 24, /* attempts from which a surge window keeps hours, too */
    EVICT_TRIES = 16,
};

/* Sign-ins per quarter-hour, or per hours where a span is longer than a day: the share of successes
 * needs no more exactness than that. */
struct goods {
    int64_t bucket_ns, bucket_last;
    uint32_t counts[GOODS_BUCKETS];
};

_Static_assert(GOODS_NS *GOODS_BUCKETS == CIVIL_DAY_NS, "a day of buckets");

struct window {
    uint64_t id;
    struct place *place; /* whose window it is; it stays as long as this */
    uint32_t key[FINDING_KEY_PARTS_MAX];
    uint8_t detector, key_index;
    uint8_t allowance; /* number of the allow entry whose attempts alone it holds; 0: none */
    bool is_open;
    bool is_weak; /* open, but told as weak only */
    uint8_t open_span;
    int64_t true_ns;  /* when its condition was last true */
    int64_t now_ns;   /* its own time: of its newest attempt or success; late ones come behind */
    int64_t last_ns;  /* when it was last used */
    int64_t moved_ns; /* when it last became the newest of its list */
    struct window *older, *newer; /* of its detector, by last use */
    struct tally failed;
    struct tally succeeded;       /* source fan-out only */
    struct goods *goods;          /* where the kind counts them */
    struct baseline *baseline;    /* where the kind has one */
    struct cusum *cusum;          /* shift only */
    struct baseline_stats frozen; /* last baseline that had enough days */
    uint32_t events;
};

/* The windows of one detector: all are needed equally long after their last use, so the oldest is
 * the first to go. */
struct window_list {
    struct window *oldest, *newest;
    int64_t expire_ns; /* before this, the oldest is still needed */
};

struct partition {
    struct slab slab;
    struct places places;
    struct window_list lists[DETECTORS_MAX];
    struct recent recent; /* sign-ins that windows of failures would count */
    uint64_t windows, evicted, forgotten;
};

/* What a detector of each kind needs; see docs/detection.md. */
struct kind_traits {
    /* Distinct accounts that succeeded: in the same spans, and ever. Successes alone are no window:
     * it begins with a failure and ends when none is left in it. */
    bool counts_successes;
    bool counts_goods;        /* sign-ins, coarsely */
    bool begins_with_failure; /* sign-ins before the first attempt are of no interest */
    bool has_baseline;
    bool skips_familiar; /* an attempt from where the account signs in is no evidence … */
    bool skips_used;     /* nor is one from a network in use, which is told of beside others only */
    bool skips_retries;  /* … and its repetition from the same place is no more evidence */
    bool wants_foreign;  /* only what comes from where all is new: network, operator, to anybody */
};

static const struct kind_traits traits_of[] = {
    [DETECTOR_COUNT] = {0},
    [DETECTOR_SOURCE_FANOUT] = {.counts_successes = true},
    [DETECTOR_DISTRIBUTED] = {.counts_goods = true,
                              .has_baseline = true,
                              .skips_familiar = true,
                              .skips_retries = true},
    [DETECTOR_CONFIRMED_PASSWORD] = {0},
    [DETECTOR_SURGE] = {.has_baseline = true, .skips_familiar = true, .skips_retries = true},
    [DETECTOR_LOW_AND_SLOW] = {.counts_goods = true,
                               .begins_with_failure = true,
                               .skips_familiar = true,
                               .skips_used = true,
                               .skips_retries = true},
    [DETECTOR_ENUMERATION] = {.skips_retries = true},
    [DETECTOR_LOCKOUT_STORM] = {.has_baseline = true, .skips_retries = true},
    [DETECTOR_KNOWN_SOURCE] = {0},
    [DETECTOR_SHIFT] = {.has_baseline = true,
                        .skips_familiar = true,
                        .skips_retries = true,
                        .wants_foreign = true},
};

/* What one attempt is to the detectors that have one key. */
struct work {
    uint64_t id;       /* of the place */
    uint64_t counts;   /* detectors whose windows count it: a bit each */
    uint64_t succeeds; /* detectors that it counts against: it is a success */
    uint64_t sign_ins; /* detectors that are told of it, and keep no windows */
    uint32_t parts[FINDING_KEY_PARTS_MAX];
    uint32_t attempt; /* index in the span */
    uint16_t plan;
    uint8_t partition;
};

enum {
    PLACES_AHEAD = 8,  /* works whose places are fetched before they are done … */
    WINDOWS_AHEAD = 4, /* … and then their windows */
    WORK_MAX = 128,    /* listed at a time */
};

struct worklist {
    uint32_t count;
    struct work items[WORK_MAX + KEY_PLANS_MAX];
};

/* Detectors by what they do, a bit each. */
struct detector_masks {
    uint64_t by_rule[RULES_MAX]; /* that count what a rule matches */
    uint64_t sign_ins;           /* that look for confirmed passwords, and keep no windows */
    uint64_t learn;              /* that count successes, and learn the populations of places */
    uint64_t succeed;            /* that sign-ins count against, these included */
    uint64_t begin_with_success; /* whose windows a success may begin */
    uint64_t skip_familiar, want_foreign;
};

struct detect {
    const struct detector *detectors;
    size_t detectors_count;
    int64_t span_ns_max[DETECTORS_MAX];
    int64_t recent_ns; /* how long sign-ins may still be asked for */
    struct detector_masks masks;
    struct key_plans plans;
    bool owns[PARTITIONS_COUNT];
    struct partition partitions[PARTITIONS_COUNT];
    uint64_t position; /* attempts seen */
    int64_t start_ns;  /* time of the first, or of earlier runs' */
    int64_t now_ns;
    struct worklist worklist; /* of a part of the span being applied */
};

/* ---- findings ------------------------------------------------------------------------------ */

void findings_clear(struct findings *findings)
{
    findings->count = 0;
    findings->members_count = 0;
    findings->is_end = false;
    notes_clear(&findings->notes);
}

void findings_deinit(struct findings *findings)
{
    free(findings->items);
    free(findings->members);
    notes_deinit(&findings->notes);
    *findings = (struct findings){0};
}

static struct finding *findings_new(struct findings *findings)
{
    if (findings->count == findings->capacity) {
        const size_t capacity = findings->capacity == 0 ? 64 : 2 * findings->capacity;
        struct finding *const items =
            reallocarray(findings->items, capacity, sizeof(*findings->items));
        if (items == NULL) {
            findings->has_failed = true;
            return NULL;
        }
        findings->items = items;
        findings->capacity = capacity;
    }
    struct finding *const finding = &findings->items[findings->count++];
    *finding = (struct finding){.first_member = (uint32_t)findings->members_count};
    return finding;
}

static void findings_add_member(struct findings *findings, struct finding *finding,
                                const struct member *member)
{
    if (findings->members_count == findings->members_capacity) {
        const size_t capacity =
            findings->members_capacity == 0 ? 256 : 2 * findings->members_capacity;
        struct member *const members =
            reallocarray(findings->members, capacity, sizeof(*findings->members));
        if (members == NULL) {
            findings->has_failed = true;
            return;
        }
        findings->members = members;
        findings->members_capacity = capacity;
    }
    findings->members[findings->members_count++] = *member;
    finding->members_count++;
}

/* Attempts that an allow entry covers have places of their own, as if it were part of each key. */
static inline uint64_t place_id(const struct key_plan *plan,
                                const uint32_t parts[FINDING_KEY_PARTS_MAX], unsigned allowance)
{
    const uint64_t id = key_plan_place(plan, parts);
    return allowance == 0 ? id : hash_mix(id ^ hash_mix(allowance)) | 1;
}

/* By the high bits; the table uses the low bits of another mix. */
static inline uint8_t partition_of(uint64_t place_id)
{
    return (uint8_t)((place_id >> 61) % PARTITIONS_COUNT);
}

/* ---- life --------------------------------------------------------------------------------- */

static struct detector_masks masks_of(const struct detector *detectors, size_t count)
{
    struct detector_masks masks = {0};
    for (size_t i = 0; i < count; i++) {
        const struct kind_traits *const traits = &traits_of[detectors[i].kind];
        const uint64_t bit = UINT64_C(1) << i;
        if (detectors[i].kind == DETECTOR_KNOWN_SOURCE)
            continue; /* the report judges the sign-ins that a confirmed password is looked for in
                       */
        for (uint64_t rules = detectors[i].rules; rules != 0; rules &= rules - 1)
            masks.by_rule[__builtin_ctzll(rules)] |= bit;
        masks.sign_ins |= detectors[i].kind == DETECTOR_CONFIRMED_PASSWORD ? bit : 0;
        masks.learn |= traits->counts_successes ? bit : 0;
        masks.succeed |= traits->counts_successes || traits->counts_goods ? bit : 0;
        masks.begin_with_success |= traits->counts_goods && !traits->begins_with_failure ? bit : 0;
        masks.skip_familiar |= traits->skips_familiar ? bit : 0;
        masks.want_foreign |= traits->wants_foreign ? bit : 0;
    }
    return masks;
}

struct detectors detectors_of(const struct ruleset *ruleset)
{
    struct detectors detectors;
    detectors.items = ruleset_detectors(ruleset, &detectors.count);
    return detectors;
}

enum status detect_create(struct detect **out, struct detectors detectors, unsigned first,
                          unsigned step, size_t bytes_max)
{
    assert(detectors.count <= DETECTORS_MAX);
    struct detect *const detect = calloc(1, sizeof(*detect));
    if (detect == NULL)
        return STATUS_NO_MEMORY;
    detect->start_ns = INT64_MAX;
    detect->detectors = detectors.items;
    detect->detectors_count = detectors.count;
    detect->masks = masks_of(detect->detectors, detect->detectors_count);
    key_plans_make(&detect->plans, detect->detectors, detect->detectors_count);
    for (size_t i = 0; i < detect->detectors_count; i++) {
        const struct detector *const detector = &detect->detectors[i];
        for (unsigned span = 0; span < detector->spans_count; span++) {
            if (detector->spans_ns[span] > detect->span_ns_max[i])
                detect->span_ns_max[i] = detector->spans_ns[span];
        }
        if (traits_of[detector->kind].counts_successes &&
            detect->span_ns_max[i] > detect->recent_ns)
            detect->recent_ns = detect->span_ns_max[i];
    }
    for (unsigned i = first; i < PARTITIONS_COUNT; i += step) {
        struct partition *const partition = &detect->partitions[i];
        if (slab_init(&partition->slab, bytes_max / PARTITIONS_COUNT) != STATUS_OK) {
            detect_destroy(detect);
            return STATUS_NO_MEMORY;
        }
        places_init(&partition->places, &partition->slab);
        recent_init(&partition->recent, &partition->slab);
        for (int list = 0; list < DETECTORS_MAX; list++)
            partition->lists[list].expire_ns = INT64_MIN;
        detect->owns[i] = true;
    }
    *out = detect;
    return STATUS_OK;
}

void detect_destroy(struct detect *detect)
{
    if (detect == NULL)
        return;
    for (unsigned i = 0; i < PARTITIONS_COUNT; i++) {
        if (detect->owns[i])
            slab_deinit(&detect->partitions[i].slab);
    }
    free(detect);
}

struct detect_counters detect_counters(const struct detect *detect)
{
    struct detect_counters sum = {0};
    for (unsigned i = 0; i < PARTITIONS_COUNT; i++) {
        const struct partition *const partition = &detect->partitions[i];
        if (!detect->owns[i])
            continue;
        sum.windows += partition->windows;
        sum.windows_evicted += partition->evicted;
        sum.entries_forgotten += partition->forgotten;
        sum.crowd_refused += partition->places.refused;
        sum.bytes += partition->slab.bytes_taken;
    }
    return sum;
}

/* ---- windows ------------------------------------------------------------------------------- */

static void window_unlink(struct partition *partition, struct window *window)
{
    struct window_list *const list = &partition->lists[window->detector];
    *(window->older != NULL ? &window->older->newer : &list->oldest) = window->newer;
    *(window->newer != NULL ? &window->newer->older : &list->newest) = window->older;
    window->older = window->newer = NULL;
}

static void window_link_newest(struct partition *partition, struct window *window)
{
    struct window_list *const list = &partition->lists[window->detector];
    window->older = list->newest;
    window->newer = NULL;
    *(list->newest != NULL ? &list->newest->newer : &list->oldest) = window;
    list->newest = window;
}

static void window_destroy(struct partition *partition, struct window *window)
{
    struct place *const place = window->place;
    const unsigned detector = window->detector;
    window_unlink(partition, window);
    tally_deinit(&window->failed, &partition->slab);
    tally_deinit(&window->succeeded, &partition->slab);
    if (window->baseline != NULL) {
        baseline_deinit(window->baseline, &partition->slab);
        slab_give(&partition->slab, window->baseline, sizeof(*window->baseline));
    }
    slab_give(&partition->slab, window->goods, sizeof(*window->goods));
    slab_give(&partition->slab, window->cusum, sizeof(*window->cusum));
    slab_give(&partition->slab, window, sizeof(*window));
    partition->windows--;
    place->live &= ~(UINT64_C(1) << detector);
    places_let_go(&partition->places, place);
}

/* A window is over when it was not used for so long that nothing in it can still count. */
static int64_t window_keep_ns(const struct detect *detect, const struct window *window)
{
    return window->baseline != NULL ? BASELINE_IDLE_DAYS * CIVIL_DAY_NS
                                    : detect->span_ns_max[window->detector];
}

/* A detector's windows that are over are dropped, a few whenever it is used. */
static void partition_expire(const struct detect *detect, struct partition *partition,
                             size_t detector)
{
    struct window_list *const list = &partition->lists[detector];
    for (int i = 0; i < 2 && detect->now_ns > list->expire_ns; i++) {
        struct window *const window = list->oldest;
        if (window == NULL)
            return;
        const int64_t keep_ns = window_keep_ns(detect, window);
        if (civil_elapsed(detect->now_ns, window->last_ns) <= keep_ns) {
            list->expire_ns = civil_plus(window->last_ns, keep_ns);
            return;
        }
        window_destroy(partition, window);
    }
}

/* The window of a list that should go first: quiet for long, and not open when one near it is not.
 */
static struct window *list_candidate(const struct window_list *list, const struct window *spared)
{
    struct window *window = list->oldest;
    for (int i = 0; i < EVICT_TRIES && window != NULL && (window->is_open || window == spared); i++)
        window = window->newer;
    return window != spared ? window : NULL;
}

/* Policy at the memory cap: the window that has been quiet for longest goes, open ones last. */
static bool partition_evict(struct partition *partition, const struct window *spared)
{
    struct window *found = NULL;
    for (int i = 0; i < DETECTORS_MAX; i++) {
        struct window *const window = list_candidate(&partition->lists[i], spared);
        if (window != NULL &&
            (found == NULL || window->is_open < found->is_open ||
             (window->is_open == found->is_open && window->last_ns < found->last_ns)))
            found = window;
    }
    if (found == NULL)
        return false;
    window_destroy(partition, found);
    partition->evicted++;
    return true;
}

static void *partition_take(struct partition *partition, size_t bytes, const struct window *spared)
{
    void *piece = slab_take(&partition->slab, bytes);
    while (piece == NULL && partition_evict(partition, spared))
        piece = slab_take(&partition->slab, bytes);
    if (piece != NULL)
        memset(piece, 0, bytes);
    return piece;
}

/* The share of sign-ins is taken over every span of a slow detector, else over a day at most. */
static void goods_init(struct goods *goods, enum detector_kind kind, int64_t span_ns_max,
                       int64_t time_ns)
{
    goods->bucket_ns = GOODS_NS;
    if (kind == DETECTOR_LOW_AND_SLOW && span_ns_max / GOODS_BUCKETS > goods->bucket_ns)
        goods->bucket_ns = span_ns_max / GOODS_BUCKETS;
    goods->bucket_last = time_ns / goods->bucket_ns;
}

/* Where a place has the window of one of the detectors of its key. */
static struct window **place_window(const struct key_plan *plan, struct place *place,
                                    unsigned detector)
{
    return &place->windows[plan->rank[detector]];
}

/* The place is held. */
static struct window *window_create(const struct detect *detect, struct partition *partition,
                                    const struct key_plan *plan, struct place *place,
                                    unsigned detector_index,
                                    const uint32_t parts[FINDING_KEY_PARTS_MAX], unsigned allowance,
                                    int64_t time_ns)
{
    const struct detector *const detector = &detect->detectors[detector_index];
    const struct kind_traits *const traits = &traits_of[detector->kind];
    struct window *const window = partition_take(partition, sizeof(*window), NULL);
    if (window == NULL)
        return NULL;
    *place_window(plan, place, detector_index) = window;
    place->live |= UINT64_C(1) << detector_index;
    partition->windows++;
    window->id = (place->id ^ hash_mix(detector_index + 1)) | 1;
    window->place = place;
    window->now_ns = time_ns;
    memcpy(window->key, parts, sizeof(window->key));
    window->detector = (uint8_t)detector_index;
    window->key_index = plan->key_index[detector_index];
    window->allowance = (uint8_t)allowance;
    tally_init(&window->failed, sizeof(struct member), detector->spans_count);
    tally_init(&window->succeeded, sizeof(struct tally_entry), detector->spans_count);
    window_link_newest(partition, window);
    if (traits->has_baseline) {
        window->baseline = partition_take(partition, sizeof(*window->baseline), window);
        if (window->baseline != NULL)
            baseline_init(window->baseline, time_ns);
    }
    if (traits->counts_goods) {
        window->goods = partition_take(partition, sizeof(*window->goods), window);
        if (window->goods != NULL)
            goods_init(window->goods, detector->kind, detect->span_ns_max[detector_index], time_ns);
    }
    if (detector->kind == DETECTOR_SHIFT) {
        window->cusum = partition_take(partition, sizeof(*window->cusum), window);
        if (window->cusum != NULL)
            cusum_init(window->cusum, time_ns);
    }
    return window;
}

/* The place's window; NULL: it has none. One that is over but still waits to be dropped is dropped
 * here: whether it did wait depends on other keys, and no result may. */
static struct window *window_find(const struct detect *detect, struct partition *partition,
                                  const struct key_plan *plan, struct place *place,
                                  unsigned detector)
{
    if ((place->live >> detector & 1) == 0)
        return NULL;
    struct window *const window = *place_window(plan, place, detector);
    if (civil_elapsed(detect->now_ns, window->last_ns) <= window_keep_ns(detect, window))
        return window;
    window_destroy(partition, window);
    return NULL;
}

/* Notes the use. All that a window holds is counted back from the window's own time, so that events
 * which all come late are still seen together; for events in order it is the stream's. The list is
 * kept in order of use roughly: a window moves to its end only when it has not for a while, which
 * spares its neighbours in memory. */
static void window_use(const struct detect *detect, struct partition *partition,
                       struct window *window, int64_t time_ns)
{
    if (time_ns > window->now_ns)
        window->now_ns = time_ns;
    window->last_ns = detect->now_ns;
    if (civil_elapsed(detect->now_ns, window->moved_ns) < MOVE_NS && window->moved_ns != 0)
        return;
    window->moved_ns = detect->now_ns;
    if (partition->lists[window->detector].newest != window) {
        window_unlink(partition, window);
        window_link_newest(partition, window);
    }
}

/* The same by somebody who asks what is in the window. */
static void window_touch(const struct detect *detect, struct partition *partition,
                         struct window *window, int64_t time_ns)
{
    const int64_t *const spans_ns = detect->detectors[window->detector].spans_ns;
    window_use(detect, partition, window, time_ns);
    tally_advance(&window->failed, &partition->slab, spans_ns, window->now_ns);
    tally_advance(&window->succeeded, &partition->slab, spans_ns, window->now_ns);
}

/* ---- successes ------------------------------------------------------------------------------ */

static unsigned goods_slot(int64_t bucket)
{
    return (unsigned)((bucket % GOODS_BUCKETS + GOODS_BUCKETS) % GOODS_BUCKETS);
}

uint32_t goods_at(const struct goods *goods, int64_t bucket)
{
    return bucket <= goods->bucket_last && goods->bucket_last - bucket < GOODS_BUCKETS
               ? goods->counts[goods_slot(bucket)]
               : 0;
}

void goods_add(struct goods *goods, int64_t bucket, uint32_t count)
{
    if (bucket - goods->bucket_last >= GOODS_BUCKETS) {
        memset(goods->counts, 0, sizeof(goods->counts));
        goods->bucket_last = bucket;
    }
    while (goods->bucket_last < bucket)
        goods->counts[goods_slot(++goods->bucket_last)] = 0;
    if (goods->bucket_last - bucket < GOODS_BUCKETS)
        goods->counts[goods_slot(bucket)] += count;
}

/* Sign-ins of the last `span_ns`, counted in whole buckets. */
static uint64_t goods_count(const struct goods *goods, int64_t now_ns, int64_t span_ns)
{
    const int64_t now = now_ns / goods->bucket_ns;
    int64_t first = civil_minus(now_ns, span_ns) / goods->bucket_ns;
    if (first <= now - GOODS_BUCKETS)
        first = now - GOODS_BUCKETS + 1;
    if (first <= goods->bucket_last - GOODS_BUCKETS)
        first = goods->bucket_last - GOODS_BUCKETS + 1;
    uint64_t count = 0;
    for (int64_t bucket = first; bucket <= goods->bucket_last; bucket++)
        count += goods->counts[goods_slot(bucket)];
    return count;
}

static int64_t recent_since(const struct detect *detect)
{
    return civil_minus(detect->now_ns, detect->recent_ns);
}

/* A window that begins knows the sign-ins before it; they may be newer than the late attempt that
 * begins it, and then its time is theirs. */
static void window_recall(const struct detect *detect, struct partition *partition,
                          struct window *window)
{
    const int64_t *const spans_ns = detect->detectors[window->detector].spans_ns;
    const size_t count = recent_recall(&partition->recent, window->place->id, recent_since(detect));
    for (size_t i = 0; i < count; i++) {
        const struct recent_entry *const entry = recent_recalled(&partition->recent, i);
        if (entry->time_ns > window->now_ns)
            window->now_ns = entry->time_ns;
    }
    tally_advance(&window->succeeded, &partition->slab, spans_ns, window->now_ns);
    for (size_t i = 0; i < count; i++) {
        const struct recent_entry *const entry = recent_recalled(&partition->recent, i);
        const struct tally_entry success = {
            .time_ns = entry->time_ns, .sequence = entry->sequence, .counted = entry->account};
        partition->forgotten += tally_add(&window->succeeded, &partition->slab, spans_ns, &success);
    }
}

/* Learns from a sign-in through a place that a failure may come through. */
static void place_learn(const struct detect *detect, struct partition *partition,
                        const struct work *work, const struct attempt *attempt)
{
    const uint32_t account = attempt->name[TEXT_ACCOUNT];
    if (account > NAME_OTHER)
        places_learn(&partition->places, work->id, detect->plans.items[work->plan].detectors_count,
                     account);
    const struct recent_entry recent = {
        .id = work->id,
        .time_ns = attempt->time_ns,
        .met_ns = detect->now_ns,
        .sequence = attempt->sequence,
        .account = account,
    };
    partition->forgotten += recent_add(&partition->recent, &recent, recent_since(detect));
}

/* A sign-in that a window counts by account; successes alone are no window. */
static void apply_good(const struct detect *detect, struct partition *partition,
                       struct window *window, const struct attempt *attempt)
{
    window_touch(detect, partition, window, attempt->time_ns);
    if (tally_is_empty(&window->failed) && !window->is_open) {
        window_destroy(partition, window);
        return;
    }
    const struct tally_entry entry = {.time_ns = attempt->time_ns,
                                      .sequence = attempt->sequence,
                                      .counted = attempt->name[TEXT_ACCOUNT]};
    partition->forgotten += tally_add(&window->succeeded, &partition->slab,
                                      detect->detectors[window->detector].spans_ns, &entry);
}

/* A sign-in that counts against a window, if there is one or it begins one. */
static void apply_success(const struct detect *detect, struct partition *partition,
                          const struct work *work, struct place *place, unsigned detector,
                          const struct attempt *attempt)
{
    const struct key_plan *const plan = &detect->plans.items[work->plan];
    struct window *window = window_find(detect, partition, plan, place, detector);
    if (window == NULL && (detect->masks.begin_with_success >> detector & 1) != 0)
        window = window_create(detect, partition, plan, place, detector, work->parts,
                               attempt->allowance, attempt->time_ns);
    if (window == NULL)
        return;
    if ((detect->masks.learn >> detector & 1) != 0) {
        apply_good(detect, partition, window, attempt);
        return;
    }
    window_use(detect, partition, window, attempt->time_ns);
    if (window->goods != NULL)
        goods_add(window->goods, attempt->time_ns / window->goods->bucket_ns, 1);
}

/* ---- attempts ------------------------------------------------------------------------------- */

static struct member member_of(const struct attempt *attempt, enum event_field counted)
{
    return (struct member){
        .time_ns = attempt->time_ns,
        .sequence = attempt->sequence,
        .counted = counted < FIELD_COUNT ? attempt_value(attempt, counted) : 0,
        .source = attempt->source,
        .account = attempt->name[TEXT_ACCOUNT],
        .source_network = attempt->source_network,
        .tenant = attempt->name[TEXT_TENANT],
        .user_agent = attempt->name[TEXT_USER_AGENT],
        .client = attempt->name[TEXT_CLIENT_ID],
        .asn = attempt->asn,
        .offset = attempt->offset,
        .line = attempt->line,
        .file = attempt->file,
        .code = attempt->code,
        .country = attempt->country,
        .outcome = attempt->outcome,
        .verdict = attempt->verdict,
        .flags = attempt->flags,
        .familiar = attempt->familiar,
    };
}

/* Days or hours, whichever fits the span; where too few were left out of alerts, the last good. */
static void counts_add_baseline(const struct detect *detect, struct window *window, int64_t span_ns,
                                struct window_counts *counts)
{
    if (window->baseline == NULL)
        return;
    if (span_ns < CIVIL_DAY_NS && window->baseline->hours != NULL) {
        counts->baseline = baseline_hours(window->baseline, detect->start_ns, window->now_ns);
        counts->baseline_ns = CIVIL_HOUR_NS;
        if (counts->baseline.samples > 0)
            return;
    }
    counts->baseline = baseline_days(window->baseline, detect->start_ns, window->now_ns);
    counts->baseline_ns = CIVIL_DAY_NS;
    if (counts->baseline.samples >= 2) {
        window->frozen = counts->baseline;
        window->frozen.samples = 1;
    } else if (window->frozen.samples > 0) {
        counts->baseline = window->frozen;
    }
}

static struct window_counts window_counts(const struct detect *detect, const struct window *window,
                                          unsigned span, int64_t span_ns)
{
    const struct tally_counts *const failed = &window->failed.counts[span];
    return (struct window_counts){
        .attempts = failed->attempts,
        .values = failed->values,
        .sources = failed->sources,
        .succeeded = window->succeeded.counts[span].values,
        .successes =
            window->goods != NULL ? goods_count(window->goods, window->now_ns, span_ns) : 0,
        .known_good = window->place->accounts,
        .history_ns = civil_elapsed(detect->now_ns, detect->start_ns),
        .baseline_ns = CIVIL_DAY_NS,
    };
}

static struct decision window_decide(const struct detect *detect, struct window *window,
                                     unsigned span, struct window_counts *counts)
{
    const struct detector *const detector = &detect->detectors[window->detector];
    const int64_t span_ns = detector->spans_ns[span];
    /* Most windows are far from every threshold: look at the cheap counts first. */
    const struct tally_counts *const failed = &window->failed.counts[span];
    if (detector->kind != DETECTOR_COUNT && (int64_t)failed->values < decide_values_min(detector))
        return (struct decision){0};
    *counts = window_counts(detect, window, span, span_ns);
    switch (detector->kind) {
    case DETECTOR_COUNT:
        return decide_count(detector, counts);
    case DETECTOR_SOURCE_FANOUT:
        return decide_source_fanout(detector, counts);
    case DETECTOR_DISTRIBUTED:
        counts_add_baseline(detect, window, span_ns, counts);
        return decide_distributed(detector, span, counts);
    case DETECTOR_SURGE:
        counts_add_baseline(detect, window, span_ns, counts);
        return decide_surge(detector, span, counts);
    case DETECTOR_LOW_AND_SLOW:
        return decide_low_and_slow(detector, span, counts);
    case DETECTOR_ENUMERATION:
        return decide_enumeration(detector, counts);
    case DETECTOR_LOCKOUT_STORM:
        counts_add_baseline(detect, window, span_ns, counts);
        return decide_lockout_storm(detector, span, counts);
    case DETECTOR_SHIFT:
        counts_add_baseline(detect, window, span_ns, counts);
        counts->cusum = window->cusum != NULL ? window->cusum->sum : 0;
        return decide_shift(detector, span, counts);
    case DETECTOR_CONFIRMED_PASSWORD:
    case DETECTOR_KNOWN_SOURCE:
        break;
    }
    return (struct decision){0};
}

static void finding_describe(struct finding *finding, const struct detect *detect,
                             const struct window *window)
{
    finding->position = detect->position;
    finding->time_ns = detect->now_ns;
    finding->window_id = window->id;
    memcpy(finding->key, window->key, sizeof(finding->key));
    finding->detector = window->detector;
    finding->key_index = window->key_index;
    finding->allowance = window->allowance;
}

static void window_open(struct detect *detect, struct window *window, unsigned span,
                        const struct window_counts *counts, const struct decision *decision,
                        struct findings *findings)
{
    struct finding *const finding = findings_new(findings);
    if (finding == NULL)
        return;
    finding_describe(finding, detect, window);
    finding->type = FINDING_OPENED;
    finding->span_index = (uint8_t)span;
    finding->attempts = counts->attempts;
    finding->accounts = counts->values;
    finding->sources = counts->sources;
    finding->threshold = decision->threshold;
    finding->known_good = counts->known_good;
    finding->baseline = decision->expected;
    finding->ratio = decision->ratio;
    finding->is_weak = decision->is_weak;
    for (uint32_t i = 0; i < counts->attempts; i++)
        findings_add_member(findings, finding, tally_entry_at(&window->failed, span, i));
}

/* A window that stays open tells of every further attempt, so that the campaign's counts are whole.
 */
static void window_grow(struct detect *detect, struct window *window, const struct member *member,
                        double baseline, double ratio, struct findings *findings)
{
    struct finding *const finding = findings_new(findings);
    if (finding == NULL)
        return;
    finding_describe(finding, detect, window);
    finding->type = FINDING_GREW;
    finding->span_index = window->open_span;
    finding->baseline = baseline;
    finding->ratio = ratio;
    findings_add_member(findings, finding, member);
}

/* Judges the window after an attempt was added to it. */
static void window_judge(struct detect *detect, struct window *window, const struct member *member,
                         struct findings *findings)
{
    const struct detector *const detector = &detect->detectors[window->detector];
    bool is_true = false;
    double baseline = 0, ratio = 0;
    for (unsigned span = 0; span < detector->spans_count; span++) {
        struct window_counts counts;
        const struct decision decision = window_decide(detect, window, span, &counts);
        if (!decision.is_true)
            continue;
        if (decision.ratio > ratio) {
            baseline = decision.expected;
            ratio = decision.ratio;
        }
        is_true = true;
        /* What was told as weak is told again when it is not weak any more. */
        if (!window->is_open || (window->is_weak && !decision.is_weak)) {
            window->is_open = true;
            window->is_weak = decision.is_weak;
            window->open_span = (uint8_t)span;
            window_open(detect, window, span, &counts, &decision, findings);
            window->true_ns = detect->now_ns;
            if (window->baseline != NULL)
                baseline_mark_alert(window->baseline, window->now_ns);
            return;
        }
    }
    if (is_true) {
        window->true_ns = detect->now_ns;
        if (window->baseline != NULL)
            baseline_mark_alert(window->baseline, window->now_ns);
    }
    if (window->is_open)
        window_grow(detect, window, member, baseline, ratio, findings);
}

/* Only names that do not exist count for enumeration; what else fails is an attempt beside them. */
static enum event_field counted_field(const struct detector *detector,
                                      const struct attempt *attempt)
{
    return detector->kind == DETECTOR_ENUMERATION && attempt->outcome != OUTCOME_UNKNOWN_ACCOUNT
               ? FIELD_COUNT
               : detector->counted;
}

/* Adds the attempt to the cumulative sum, when its account is new to the span. */
static void window_sum(const struct detect *detect, struct window *window, bool is_new)
{
    const struct detector_params *const params = &detect->detectors[window->detector].params;
    if (window->baseline != NULL && cusum_wants_rate(window->cusum, window->now_ns)) {
        const struct baseline_stats days = baseline_days(window->baseline, detect->start_ns,
                                                         window->now_ns),
                                    hours = baseline_hours(window->baseline, detect->start_ns,
                                                           window->now_ns);
        cusum_set_rate(window->cusum, window->now_ns, &days, &hours);
    }
    cusum_note(window->cusum, window->now_ns, is_new, params->cusum_rise, params->cusum_alarm);
}

/* The window of an attempt that counts; NULL: no memory for a new one. */
static struct window *window_of(const struct detect *detect, struct partition *partition,
                                const struct work *work, struct place *place, unsigned detector,
                                const struct attempt *attempt)
{
    const struct key_plan *const plan = &detect->plans.items[work->plan];
    struct window *window = window_find(detect, partition, plan, place, detector);
    if (window != NULL)
        return window;
    window = window_create(detect, partition, plan, place, detector, work->parts,
                           attempt->allowance, attempt->time_ns);
    if (window != NULL && (detect->masks.learn >> detector & 1) != 0)
        window_recall(detect, partition, window);
    return window;
}

/* Is it no evidence, but part of what happened when there is other evidence? */
static bool is_beside(const struct kind_traits *traits, const struct attempt *attempt)
{
    return (traits->skips_retries && (attempt->familiar & FAMILIAR_RETRY) != 0) ||
           (traits->skips_used && (attempt->familiar & FAMILIAR_SOURCE_USED) != 0);
}

static bool keeps_hours(const struct detector *detector)
{
    return detector->kind == DETECTOR_SURGE || detector->kind == DETECTOR_SHIFT;
}

static void apply_attempt(struct detect *detect, struct partition *partition,
                          const struct work *work, struct place *place, unsigned detector_index,
                          const struct attempt *attempt, struct findings *findings)
{
    const struct detector *const detector = &detect->detectors[detector_index];
    struct window *const window =
        window_of(detect, partition, work, place, detector_index, attempt);
    if (window == NULL) {
        partition->forgotten++;
        return;
    }
    window_touch(detect, partition, window, attempt->time_ns);
    /* The episode is over when the condition has not been true for a whole span. */
    if (window->is_open &&
        civil_elapsed(detect->now_ns, window->true_ns) > detector->spans_ns[window->open_span])
        window->is_open = false;
    const struct member member = member_of(attempt, counted_field(detector, attempt));
    if (is_beside(&traits_of[detector->kind], attempt)) {
        if (window->is_open) /* no evidence, but part of what happened */
            window_grow(detect, window, &member, 0, 0, findings);
        return;
    }
    window->events++;
    const uint32_t values_before = window->failed.counts[0].values;
    unsigned forgotten = tally_add(&window->failed, &partition->slab, detector->spans_ns, &member);
    partition->forgotten += forgotten;
    if (window->baseline != NULL) {
        if (keeps_hours(detector) && window->events == HOURS_AFTER_EVENTS)
            baseline_keep_hours(window->baseline, &partition->slab);
        baseline_note(window->baseline, attempt->time_ns);
    }
    if (window->cusum != NULL)
        window_sum(detect, window, window->failed.counts[0].values > values_before);
    window_judge(detect, window, &member, findings);
}

/* A right password that is out of the ordinary: the report knows whether it matters. */
static void apply_sign_in(struct detect *detect, size_t detector_index,
                          const struct attempt *attempt, struct findings *findings)
{
    if (attempt->name[TEXT_ACCOUNT] <= NAME_OTHER)
        return;
    struct finding *const finding = findings_new(findings);
    if (finding == NULL)
        return;
    finding->position = detect->position;
    finding->time_ns = attempt->time_ns;
    finding->type = FINDING_SIGN_IN;
    finding->detector = (uint8_t)detector_index;
    finding->allowance = attempt->allowance;
    finding->key[0] = attempt->name[TEXT_ACCOUNT];
    const struct member member = member_of(attempt, FIELD_ACCOUNT);
    findings_add_member(findings, finding, &member);
}

/* A sign-in from where the account is not at home, or with a program that nobody uses. */
static bool is_out_of_the_ordinary(const struct attempt *attempt)
{
    static const uint8_t usual = FAMILIAR_AGENT | FAMILIAR_AGENT_COMMON;
    return (attempt->familiar & FAMILIAR_NETWORK) == 0 || (attempt->familiar & usual) == 0;
}

/* The detectors that count the attempt: their rules match it, and it is evidence for them. */
static uint64_t counting_detectors(const struct detector_masks *masks,
                                   const struct attempt *attempt)
{
    static const uint8_t homely = FAMILIAR_NETWORK | FAMILIAR_ASN | FAMILIAR_SOURCE_USED;
    uint64_t detectors = 0;
    for (uint64_t rules = attempt->rules; rules != 0; rules &= rules - 1)
        detectors |= masks->by_rule[__builtin_ctzll(rules)];
    if ((attempt->familiar & FAMILIAR_NETWORK) != 0)
        detectors &= ~masks->skip_familiar;
    if ((attempt->familiar & homely) != 0)
        detectors &= ~masks->want_foreign;
    if (!is_out_of_the_ordinary(attempt))
        detectors &= ~masks->sign_ins;
    return detectors;
}

/* Lists what the attempt is to the places whose partitions are ours. */
static void list_work(const struct detect *detect, const struct attempt *attempt,
                      uint32_t attempt_index, struct worklist *list)
{
    const bool is_success = attempt->outcome == OUTCOME_SUCCESS;
    const uint64_t counts = counting_detectors(&detect->masks, attempt);
    const uint64_t succeeds = is_success ? detect->masks.succeed & ~counts : 0;
    for (size_t i = 0; i < detect->plans.count; i++) {
        const struct key_plan *const plan = &detect->plans.items[i];
        struct work *const work = &list->items[list->count];
        if ((plan->detectors & (counts | succeeds)) == 0 ||
            !key_plan_read(plan, attempt, work->parts))
            continue;
        work->id = place_id(plan, work->parts, attempt->allowance);
        work->partition = partition_of(work->id);
        if (!detect->owns[work->partition])
            continue;
        work->counts = plan->detectors & counts & ~detect->masks.sign_ins;
        work->sign_ins = plan->detectors & counts & detect->masks.sign_ins;
        work->succeeds = plan->detectors & succeeds;
        work->attempt = attempt_index;
        work->plan = (uint16_t)i;
        list->count++;
        const struct partition *const partition = &detect->partitions[work->partition];
        places_prefetch(&partition->places, work->id);
        if ((work->succeeds & detect->masks.learn) != 0) {
            places_prefetch_pair(&partition->places, work->id, attempt->name[TEXT_ACCOUNT]);
            recent_prefetch(&partition->recent, work->id);
        }
    }
}

/* Asks the CPU to fetch the place of a work, whose slot in the table has been fetched. */
static void work_prefetch_place(const struct detect *detect, const struct work *work)
{
    const struct place *const place =
        places_find(&detect->partitions[work->partition].places, work->id);
    if (place != NULL)
        prefetch_to_write(place);
}

/* Asks the CPU to fetch the windows of a work, whose place has been fetched. */
static void work_prefetch_windows(const struct detect *detect, const struct work *work)
{
    struct place *const place = places_find(&detect->partitions[work->partition].places, work->id);
    if (place == NULL)
        return;
    for (uint64_t left = place->live & (work->counts | work->succeeds); left != 0;
         left &= left - 1) {
        const unsigned detector = (unsigned)__builtin_ctzll(left);
        const struct window *const window =
            *place_window(&detect->plans.items[work->plan], place, detector);
        for (size_t at = 0; at < sizeof(*window); at += 64)
            prefetch_to_write((const char *)window + at);
    }
}

/* What the attempt is to each detector that has windows for the place, or shall have one. */
static void place_apply(struct detect *detect, struct partition *partition, const struct work *work,
                        struct place *place, const struct attempt *attempt,
                        struct findings *findings)
{
    const uint64_t succeeds = work->succeeds & (place->live | detect->masks.begin_with_success);
    for (uint64_t left = succeeds | work->counts; left != 0; left &= left - 1) {
        const unsigned detector = (unsigned)__builtin_ctzll(left);
        const uint64_t bit = left & -left;
        if ((work->counts & bit) != 0)
            apply_attempt(detect, partition, work, place, detector, attempt, findings);
        else
            apply_success(detect, partition, work, place, detector, attempt);
        partition_expire(detect, partition, detector);
    }
}

/* The place that a work is about; one that nothing is known of is made when something shall be.
 * NULL: none, or there is no memory for it. */
static struct place *work_place(const struct detect *detect, struct partition *partition,
                                const struct work *work)
{
    struct place *place = places_find(&partition->places, work->id);
    if (place != NULL || (work->counts | (work->succeeds & detect->masks.begin_with_success)) == 0)
        return place;
    const unsigned windows_count = detect->plans.items[work->plan].detectors_count;
    place = places_need(&partition->places, work->id, windows_count);
    while (place == NULL && partition_evict(partition, NULL))
        place = places_need(&partition->places, work->id, windows_count);
    if (place == NULL)
        partition->forgotten += (unsigned)__builtin_popcountll(work->counts);
    return place;
}

static void work_do(struct detect *detect, const struct work *work, const struct attempt *attempt,
                    struct findings *findings)
{
    struct partition *const partition = &detect->partitions[work->partition];
    for (uint64_t left = work->sign_ins; left != 0; left &= left - 1)
        apply_sign_in(detect, (size_t)__builtin_ctzll(left), attempt, findings);
    if ((work->succeeds & detect->masks.learn) != 0)
        place_learn(detect, partition, work, attempt);
    struct place *const place = work_place(detect, partition, work);
    if (place == NULL)
        return;
    place->is_held = true; /* its windows may go while others are made */
    place_apply(detect, partition, work, place, attempt, findings);
    place->is_held = false;
    places_let_go(&partition->places, place);
}

static void detect_begin(struct detect *detect, const struct attempt *attempt)
{
    detect->position++;
    if (detect->position == 1) {
        detect->now_ns = attempt->time_ns;
        if (attempt->time_ns < detect->start_ns)
            detect->start_ns = attempt->time_ns;
    }
    if (attempt->time_ns > detect->now_ns)
        detect->now_ns = attempt->time_ns;
}

void detect_span(struct detect *detect, const struct span *span, struct findings *findings)
{
    struct worklist *const list = &detect->worklist;
    findings->sequence = span->sequence;
    findings->is_end = span->is_end;
    for (uint32_t listed = 0, begun = 0; listed < span->count;) {
        list->count = 0;
        for (; listed < span->count && list->count < WORK_MAX; listed++)
            list_work(detect, &span->attempts[listed], listed, list);
        for (uint32_t i = 0; i < list->count; i++) {
            if (i + PLACES_AHEAD < list->count)
                work_prefetch_place(detect, &list->items[i + PLACES_AHEAD]);
            if (i + WINDOWS_AHEAD < list->count)
                work_prefetch_windows(detect, &list->items[i + WINDOWS_AHEAD]);
            const struct work *const work = &list->items[i];
            for (; begun <= work->attempt; begun++)
                detect_begin(detect, &span->attempts[begun]);
            work_do(detect, work, &span->attempts[work->attempt], findings);
        }
        for (; begun < listed; begun++)
            detect_begin(detect, &span->attempts[begun]);
    }
    findings->time_ns = detect->now_ns;
}

/* ---- what lasts beyond a run ---------------------------------------------------------------- */

static struct lasting window_lend(struct window *window)
{
    return (struct lasting){
        .detector = window->detector,
        .key_index = window->key_index,
        .key = window->key,
        .last_ns = window->last_ns,
        .events = &window->events,
        .baseline = window->baseline,
        .goods = window->goods,
        .cusum = window->cusum,
        .frozen = &window->frozen,
    };
}

void detect_visit(const struct detect *detect, detect_visitor *visit, void *visitor)
{
    for (unsigned i = 0; i < PARTITIONS_COUNT; i++) {
        for (size_t list = 0; list < detect->detectors_count; list++) {
            for (struct window *window = detect->partitions[i].lists[list].oldest; window != NULL;
                 window = window->newer) {
                const struct lasting lasting = window_lend(window);
                if (lasting.baseline != NULL && window->allowance == 0)
                    visit(visitor, &lasting);
            }
        }
    }
}

void detect_set_start(struct detect *detect, int64_t start_ns)
{
    detect->start_ns = start_ns;
}

bool detect_restore(struct detect *detect, size_t detector, unsigned key_index,
                    const uint32_t key[FINDING_KEY_PARTS_MAX], int64_t last_ns,
                    struct lasting *lasting)
{
    const struct key_plan *const plan = &detect->plans.items[detect->plans.of[detector][key_index]];
    const uint64_t id = place_id(plan, key, 0);
    struct partition *const partition = &detect->partitions[partition_of(id)];
    if (!detect->owns[partition_of(id)] ||
        !traits_of[detect->detectors[detector].kind].has_baseline)
        return false;
    struct place *const place = places_need(&partition->places, id, plan->detectors_count);
    if (place == NULL || (place->live >> detector & 1) != 0)
        return false;
    place->is_held = true;
    struct window *const window =
        window_create(detect, partition, plan, place, (unsigned)detector, key, 0, last_ns);
    place->is_held = false;
    places_let_go(&partition->places, place);
    if (window == NULL || window->baseline == NULL)
        return false;
    window->last_ns = last_ns;
    *lasting = window_lend(window);
    return true;
}

void detect_restore_hours(struct detect *detect, const struct lasting *lasting, bool has_hours)
{
    if (!keeps_hours(&detect->detectors[lasting->detector]) ||
        (!has_hours && *lasting->events < HOURS_AFTER_EVENTS))
        return;
    const uint16_t plan = detect->plans.of[lasting->detector][lasting->key_index];
    const uint8_t partition = partition_of(place_id(&detect->plans.items[plan], lasting->key, 0));
    baseline_keep_hours(lasting->baseline, &detect->partitions[partition].slab);
}

void detect_restore_visit(struct detect *detect, const struct attempt *visit)
{
    for (size_t i = 0; i < detect->plans.count; i++) {
        const struct key_plan *const plan = &detect->plans.items[i];
        uint32_t parts[FINDING_KEY_PARTS_MAX];
        if ((plan->detectors & detect->masks.learn) == 0 || !key_plan_read(plan, visit, parts))
            continue;
        const uint64_t id = place_id(plan, parts, 0);
        if (detect->owns[partition_of(id)])
            places_learn(&detect->partitions[partition_of(id)].places, id, plan->detectors_count,
                         visit->name[TEXT_ACCOUNT]);
    }
}

/* ---- looking ------------------------------------------------------------------------------- */

struct detect_look detect_look(struct detect *detect, const struct attempt *attempt,
                               size_t detector, unsigned key_index, unsigned span_index)
{
    const struct detector *const at = &detect->detectors[detector];
    const struct kind_traits *const traits = &traits_of[at->kind];
    const struct key_plan *const plan = &detect->plans.items[detect->plans.of[detector][key_index]];
    struct detect_look look = {.state = LOOK_NO_KEY};
    uint32_t parts[FINDING_KEY_PARTS_MAX];
    if (!key_plan_read(plan, attempt, parts))
        return look;
    look.state = LOOK_NO_WINDOW;
    if (at->kind == DETECTOR_CONFIRMED_PASSWORD || at->kind == DETECTOR_KNOWN_SOURCE)
        return look;
    look.state = LOOK_FAMILIAR;
    if ((counting_detectors(&detect->masks, attempt) >> detector & 1) == 0)
        return look;
    const uint64_t id = place_id(plan, parts, attempt->allowance);
    struct partition *const partition = &detect->partitions[partition_of(id)];
    struct place *const place = places_find(&partition->places, id);
    struct window *const window =
        place != NULL ? window_find(detect, partition, plan, place, (unsigned)detector) : NULL;
    look.state = LOOK_NO_WINDOW;
    if (window == NULL)
        return look;
    look.state = is_beside(traits, attempt) ? LOOK_BESIDE : LOOK_HELD;
    look.held = &window->failed;
    finding_describe(&look.finding, detect, window);
    look.finding.span_index = (uint8_t)span_index;
    look.decision = window_decide(detect, window, span_index, &look.counts);
    look.counts = window_counts(detect, window, span_index, at->spans_ns[span_index]);
    return look;
}

const struct member *detect_look_member(const struct detect_look *look, uint32_t index)
{
    return tally_entry_at(look->held, look->finding.span_index, index);
}
