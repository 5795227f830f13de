#include "tests/oracle/naive.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define MINUTE_NS (INT64_C(60) * 1000000000)
#define HOUR_NS (60 * MINUTE_NS)
#define DAY_NS (24 * HOUR_NS)
#define QUARTER_NS (15 * MINUTE_NS)

enum {
    ALERTS_MAX = 4096,
    VALUES_MAX = 512, /* indices and numbers that may be counted */
    HOURS_FROM = 24,  /* a surge knows hours from this attempt on */
    DAYS_USED = 28,
    DAYS_KEPT = 64,
    IDLE_DAYS = 35,
};

struct alert {
    int64_t time_ns;
    bool knows_hours; /* hours before were not kept, so none of them can be left out */
};

/* What a key's past has left behind. */
struct naive_window {
    size_t detector;
    unsigned key_index;
    uint32_t parts[FINDING_KEY_PARTS_MAX];
    size_t born;     /* attempts before this one are forgotten */
    int64_t born_ns; /* the stream's time then */
    bool is_over;    /* nothing in it could count any more; it may begin again */
    int64_t now_ns;  /* newest time of its attempts and sign-ins */
    int64_t used_ns; /* the stream's time at its last attempt or sign-in */
    bool is_open, is_weak;
    unsigned open_span;
    int64_t true_ns;
    struct alert alerts[ALERTS_MAX];
    size_t alerts_count;
    bool has_frozen;
    double frozen_median, frozen_deviation;
    double sum, rate, dispersion; /* of a shift */
    int64_t sum_ns, rate_hour;
};

struct naive {
    const struct detector *detectors;
    size_t detectors_count;
    struct attempt *attempts;
    int64_t *met_ns; /* of each: the stream's time when it came */
    size_t count, capacity;
    struct naive_window **windows;
    size_t windows_count, windows_capacity;
    int64_t start_ns, now_ns;
    size_t *members; /* scratch: indices of the window's attempts, in order of time */
    bool seen[VALUES_MAX];
};

enum role { ROLE_NONE, ROLE_COUNTED, ROLE_RETRY, ROLE_SIGN_IN };

/* ---- life ------------------------------------------------------------------------------------ */

struct naive *naive_create(const struct ruleset *ruleset)
{
    struct naive *const naive = calloc(1, sizeof(*naive));
    assert(naive != NULL);
    naive->detectors = ruleset_detectors(ruleset, &naive->detectors_count);
    return naive;
}

void naive_destroy(struct naive *naive)
{
    for (size_t i = 0; i < naive->windows_count; i++)
        free(naive->windows[i]);
    free(naive->windows);
    free(naive->attempts);
    free(naive->met_ns);
    free(naive->members);
    free(naive);
}

static void naive_keep(struct naive *naive, const struct attempt *attempt)
{
    if (naive->count == naive->capacity) {
        naive->capacity = naive->capacity == 0 ? 256 : 2 * naive->capacity;
        naive->attempts = reallocarray(naive->attempts, naive->capacity, sizeof(struct attempt));
        naive->met_ns = reallocarray(naive->met_ns, naive->capacity, sizeof(int64_t));
        naive->members = reallocarray(naive->members, naive->capacity, sizeof(size_t));
        assert(naive->attempts != NULL && naive->met_ns != NULL && naive->members != NULL);
    }
    naive->attempts[naive->count++] = *attempt;
    if (naive->count == 1)
        naive->start_ns = naive->now_ns = attempt->time_ns;
    if (attempt->time_ns > naive->now_ns)
        naive->now_ns = attempt->time_ns;
    naive->met_ns[naive->count - 1] = naive->now_ns;
}

/* ---- which attempts belong to a window ------------------------------------------------------- */

static uint32_t value_of(const struct attempt *attempt, enum event_field field)
{
    const bool is_ipv6 = (attempt->flags & EVENT_SOURCE_IPV6) != 0;
    switch (field) {
    case FIELD_ACCOUNT:
        return attempt->name[TEXT_ACCOUNT];
    case FIELD_TENANT:
        return attempt->name[TEXT_TENANT];
    case FIELD_USER_AGENT:
        return attempt->name[TEXT_USER_AGENT];
    case FIELD_CLIENT_ID:
        return attempt->name[TEXT_CLIENT_ID];
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
    case FIELD_OUTCOME:
        return 1u + attempt->outcome;
    default:
        assert(!"a field that the oracle knows");
        return 0;
    }
}

static bool key_of(const struct attempt *attempt, const struct detector_key *key,
                   uint32_t parts[FINDING_KEY_PARTS_MAX])
{
    for (unsigned i = 0; i < FINDING_KEY_PARTS_MAX; i++) {
        parts[i] = 0;
        if (i >= key->fields_count)
            continue;
        const enum event_field field = key->fields[i];
        parts[i] = value_of(attempt, field);
        const bool is_number = field == FIELD_ASN || field == FIELD_OUTCOME;
        if ((parts[i] == 0 && field != FIELD_TENANT) || (parts[i] == 1 && !is_number))
            return false;
    }
    return true;
}

static bool is_one_of(enum detector_kind kind, unsigned kinds)
{
    return (kinds >> kind & 1) != 0;
}

static bool has_baseline(enum detector_kind kind)
{
    return is_one_of(kind, 1u << DETECTOR_DISTRIBUTED | 1u << DETECTOR_SURGE |
                               1u << DETECTOR_LOCKOUT_STORM | 1u << DETECTOR_SHIFT);
}

/* Attempts that are no evidence: from the account's own networks; for a shift, from wherever
 * anything is known. A locked account counts wherever it is. */
static bool is_no_evidence(enum detector_kind kind, uint8_t familiar)
{
    if (kind == DETECTOR_SHIFT &&
        (familiar & (FAMILIAR_NETWORK | FAMILIAR_ASN | FAMILIAR_SOURCE_USED)) != 0)
        return true;
    return (familiar & FAMILIAR_NETWORK) != 0 &&
           is_one_of(kind, 1u << DETECTOR_DISTRIBUTED | 1u << DETECTOR_SURGE |
                               1u << DETECTOR_LOW_AND_SLOW);
}

/* What an attempt is to a detector, whatever the key. */
static enum role role_of(const struct detector *detector, const struct attempt *attempt)
{
    const enum detector_kind kind = detector->kind;
    if (kind == DETECTOR_KNOWN_SOURCE)
        return ROLE_NONE;
    if ((attempt->rules & detector->rules) != 0 && !is_no_evidence(kind, attempt->familiar)) {
        const bool skips_retries =
            is_one_of(kind, ~(1u << DETECTOR_COUNT | 1u << DETECTOR_SOURCE_FANOUT |
                              1u << DETECTOR_CONFIRMED_PASSWORD));
        if (kind == DETECTOR_LOW_AND_SLOW && (attempt->familiar & FAMILIAR_SOURCE_USED) != 0)
            return ROLE_RETRY; /* told beside others, as a retry is */
        return skips_retries && (attempt->familiar & FAMILIAR_RETRY) != 0 ? ROLE_RETRY
                                                                          : ROLE_COUNTED;
    }
    const bool wants_sign_ins =
        is_one_of(kind, 1u << DETECTOR_SOURCE_FANOUT | 1u << DETECTOR_DISTRIBUTED |
                            1u << DETECTOR_LOW_AND_SLOW);
    return wants_sign_ins && attempt->outcome == OUTCOME_SUCCESS ? ROLE_SIGN_IN : ROLE_NONE;
}

static int64_t longest_span_ns(const struct detector *detector)
{
    int64_t longest = 0;
    for (unsigned i = 0; i < detector->spans_count; i++)
        longest = detector->spans_ns[i] > longest ? detector->spans_ns[i] : longest;
    return longest;
}

/* How long a sign-in is remembered, for a fan-out window that a failure may begin. */
static int64_t recent_ns(const struct naive *naive)
{
    int64_t longest = 0;
    for (size_t i = 0; i < naive->detectors_count; i++) {
        const int64_t span_ns = longest_span_ns(&naive->detectors[i]);
        if (naive->detectors[i].kind == DETECTOR_SOURCE_FANOUT && span_ns > longest)
            longest = span_ns;
    }
    return longest;
}

/* Is the attempt among those that the window has seen, or recalled when it began? */
static bool is_known(const struct naive *naive, const struct naive_window *window, size_t index,
                     enum role role)
{
    return index >= window->born ||
           (role == ROLE_SIGN_IN &&
            naive->detectors[window->detector].kind == DETECTOR_SOURCE_FANOUT &&
            naive->met_ns[index] >= window->born_ns - recent_ns(naive));
}

static bool belongs(const struct naive *naive, const struct naive_window *window, size_t index,
                    enum role role)
{
    const struct detector *const detector = &naive->detectors[window->detector];
    uint32_t parts[FINDING_KEY_PARTS_MAX];
    return role_of(detector, &naive->attempts[index]) == role &&
           key_of(&naive->attempts[index], &detector->keys[window->key_index], parts) &&
           memcmp(parts, window->parts, sizeof(parts)) == 0;
}

/* The window's attempts in order of time, those that came first before others of the same time. */
static size_t collect(struct naive *naive, const struct naive_window *window, enum role role)
{
    size_t count = 0;
    for (size_t i = 0; i < naive->count; i++) {
        if (!is_known(naive, window, i, role) || !belongs(naive, window, i, role))
            continue;
        size_t at = count++;
        for (;
             at > 0 && naive->attempts[naive->members[at - 1]].time_ns > naive->attempts[i].time_ns;
             at--)
            naive->members[at] = naive->members[at - 1];
        naive->members[at] = i;
    }
    return count;
}

/* ---- counting -------------------------------------------------------------------------------- */

/* What a detector counts of an attempt: for an enumeration only names that do not exist. */
static enum event_field field_counted(const struct detector *detector,
                                      const struct attempt *attempt)
{
    return detector->kind == DETECTOR_ENUMERATION && attempt->outcome != OUTCOME_UNKNOWN_ACCOUNT
               ? FIELD_COUNT
               : detector->counted;
}

/* How many different values a detector counts among the members from `from` on. */
static uint32_t distinct_counted(struct naive *naive, const struct detector *detector, size_t from,
                                 size_t count)
{
    uint32_t values = 0;
    memset(naive->seen, 0, sizeof(naive->seen));
    for (size_t i = from; i < count; i++) {
        const struct attempt *const attempt = &naive->attempts[naive->members[i]];
        const enum event_field field = field_counted(detector, attempt);
        const uint32_t value = field < FIELD_COUNT ? value_of(attempt, field) : 0;
        assert(value < VALUES_MAX);
        values += value != 0 && !naive->seen[value];
        naive->seen[value] = true;
    }
    return values;
}

/* How many different values of a field the first `count` members from `from` on have; 0 is none. */
static uint32_t distinct(struct naive *naive, size_t from, size_t count, enum event_field field)
{
    uint32_t values = 0;
    if (field >= FIELD_COUNT)
        return 0;
    memset(naive->seen, 0, sizeof(naive->seen));
    for (size_t i = from; i < count; i++) {
        const uint32_t value = value_of(&naive->attempts[naive->members[i]], field);
        assert(value < VALUES_MAX);
        values += value != 0 && !naive->seen[value];
        naive->seen[value] = true;
    }
    return values;
}

static size_t first_within(const struct naive *naive, size_t count, int64_t oldest_ns)
{
    size_t first = 0;
    while (first < count && naive->attempts[naive->members[first]].time_ns < oldest_ns)
        first++;
    return first;
}

/* Accounts that have ever signed in with this key. */
static uint32_t known_good(struct naive *naive, const struct naive_window *window)
{
    uint32_t accounts = 0;
    memset(naive->seen, 0, sizeof(naive->seen));
    for (size_t i = 0; i < naive->count; i++) {
        const uint32_t account = naive->attempts[i].name[TEXT_ACCOUNT];
        if (account <= 1 || naive->seen[account] || !belongs(naive, window, i, ROLE_SIGN_IN))
            continue;
        naive->seen[account] = true;
        accounts++;
    }
    return accounts;
}

/* Sign-ins of the last span, in whole quarter-hours, 96 of them at most; a slow detector's are the
 * longer by as much as its longest span is longer than a day. */
static double sign_ins(const struct naive *naive, const struct naive_window *window,
                       int64_t span_ns)
{
    const struct detector *const detector = &naive->detectors[window->detector];
    int64_t part_ns = QUARTER_NS;
    for (unsigned i = 0; i < detector->spans_count && detector->kind == DETECTOR_LOW_AND_SLOW; i++)
        part_ns = detector->spans_ns[i] / 96 > part_ns ? detector->spans_ns[i] / 96 : part_ns;
    const int64_t now = window->now_ns / part_ns;
    int64_t first = (window->now_ns - span_ns) / part_ns;
    first = first < now - 95 ? now - 95 : first;
    double count = 0;
    for (size_t i = window->born; i < naive->count; i++) {
        const int64_t quarter = naive->attempts[i].time_ns / part_ns;
        count += quarter >= first && belongs(naive, window, i, ROLE_SIGN_IN);
    }
    return count;
}

/* ---- the baseline ---------------------------------------------------------------------------- */

struct baseline_guess {
    unsigned samples;
    double median, deviation;
    int64_t unit_ns;
};

static int value_order(const void *left, const void *right)
{
    const double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static double middle(double *values, unsigned count)
{
    qsort(values, count, sizeof(*values), value_order);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static struct baseline_guess guess_of(double *values, unsigned count, int64_t unit_ns)
{
    struct baseline_guess guess = {.samples = count, .unit_ns = unit_ns};
    if (count == 0)
        return guess;
    guess.median = middle(values, count);
    for (unsigned i = 0; i < count; i++)
        values[i] = fabs(values[i] - guess.median);
    guess.deviation = middle(values, count);
    return guess;
}

static bool was_alerted(const struct naive_window *window, int64_t unit, int64_t unit_ns)
{
    for (size_t i = 0; i < window->alerts_count; i++) {
        if (window->alerts[i].time_ns / unit_ns == unit &&
            (unit_ns == DAY_NS || window->alerts[i].knows_hours))
            return true;
    }
    return false;
}

/* Attempts of the window in one day or hour; those before the `skip`-th to come are not counted. */
static double count_in(const struct naive *naive, const struct naive_window *window, int64_t unit,
                       int64_t unit_ns, unsigned skip)
{
    double count = 0;
    unsigned number = 0;
    for (size_t i = window->born; i < naive->count; i++) {
        if (!belongs(naive, window, i, ROLE_COUNTED))
            continue;
        count += ++number >= skip && naive->attempts[i].time_ns / unit_ns == unit;
    }
    return count;
}

/* The newest day of which the window knows anything. */
static int64_t newest_day(const struct naive *naive, const struct naive_window *window)
{
    int64_t newest = naive->attempts[window->born].time_ns / DAY_NS;
    for (size_t i = window->born; i < naive->count; i++) {
        const int64_t day = naive->attempts[i].time_ns / DAY_NS;
        if (day > newest && belongs(naive, window, i, ROLE_COUNTED))
            newest = day;
    }
    for (size_t i = 0; i < window->alerts_count; i++) {
        if (window->alerts[i].time_ns / DAY_NS > newest)
            newest = window->alerts[i].time_ns / DAY_NS;
    }
    return newest;
}

static struct baseline_guess guess_days(const struct naive *naive,
                                        const struct naive_window *window)
{
    double values[DAYS_USED];
    unsigned count = 0;
    const int64_t kept_from = newest_day(naive, window) - DAYS_KEPT;
    for (int64_t day = window->now_ns / DAY_NS - 1;
         day * DAY_NS >= naive->start_ns && day > kept_from && count < DAYS_USED; day--) {
        if (!was_alerted(window, day, DAY_NS))
            values[count++] = count_in(naive, window, day, DAY_NS, 0);
    }
    return guess_of(values, count, DAY_NS);
}

static struct baseline_guess guess_hours(const struct naive *naive,
                                         const struct naive_window *window)
{
    double values[12];
    unsigned count = 0;
    for (int64_t week = 1; week <= 4; week++) {
        for (int64_t beside = -1; beside <= 1; beside++) {
            const int64_t hour = window->now_ns / HOUR_NS - week * 7 * 24 + beside;
            if (hour * HOUR_NS >= naive->start_ns && !was_alerted(window, hour, HOUR_NS))
                values[count++] = count_in(naive, window, hour, HOUR_NS, HOURS_FROM);
        }
    }
    return guess_of(values, count, HOUR_NS);
}

/* `events`: the window's attempts so far. */
static struct baseline_guess guess(const struct naive *naive, struct naive_window *window,
                                   const struct detector *detector, int64_t span_ns, size_t events)
{
    const bool keeps_hours = detector->kind == DETECTOR_SURGE || detector->kind == DETECTOR_SHIFT;
    if (keeps_hours && events >= HOURS_FROM && span_ns < DAY_NS) {
        const struct baseline_guess hours = guess_hours(naive, window);
        if (hours.samples > 0)
            return hours;
    }
    struct baseline_guess days = guess_days(naive, window);
    if (days.samples >= 2) {
        window->has_frozen = true;
        window->frozen_median = days.median;
        window->frozen_deviation = days.deviation;
    } else if (window->has_frozen) {
        days = (struct baseline_guess){.samples = 1,
                                       .median = window->frozen_median,
                                       .deviation = window->frozen_deviation,
                                       .unit_ns = DAY_NS};
    }
    return days;
}

/* ---- judging --------------------------------------------------------------------------------- */

struct verdict_of_span {
    bool is_true;
    size_t first;          /* of the members in the span */
    struct finding counts; /* attempts, accounts, sources, threshold, known_good, baseline, … */
};

static void compare_with_baseline(struct finding *counts, const struct baseline_guess *baseline,
                                  int64_t span_ns, double *z)
{
    const double scale = (double)span_ns / (double)baseline->unit_ns;
    const double median = baseline->median * scale;
    counts->baseline = median > 1 ? median : 1;
    counts->ratio = counts->attempts / counts->baseline;
    *z = (counts->attempts - median) /
         (1.4826 * baseline->deviation * scale + sqrt(counts->baseline));
}

static bool judge_fanout(struct naive *naive, const struct naive_window *window,
                         const struct detector *detector, int64_t span_ns, struct finding *counts)
{
    const struct detector_params *const params = &detector->params;
    counts->known_good = known_good(naive, window);
    const double people = counts->known_good;
    double needed = detector->condition.min > 0 ? (double)detector->condition.min : 0;
    if (params->known_good_floor > needed)
        needed = params->known_good_floor;
    if (params->known_good_sqrt * sqrt(people) > needed)
        needed = params->known_good_sqrt * sqrt(people);
    if (params->known_good_share * people > needed)
        needed = params->known_good_share * people;
    counts->threshold = (uint32_t)ceil(needed);
    const size_t good = collect(naive, window, ROLE_SIGN_IN);
    const uint32_t succeeded =
        distinct(naive, first_within(naive, good, window->now_ns - span_ns), good, FIELD_ACCOUNT);
    return counts->accounts >= counts->threshold && counts->accounts > succeeded &&
           counts->attempts <= params->attempts_per_account_max * counts->accounts;
}

static bool judge_distributed(const struct naive *naive, struct naive_window *window,
                              const struct detector *detector, int64_t span_ns, size_t events,
                              struct finding *counts)
{
    const struct detector_params *const params = &detector->params;
    const struct baseline_guess baseline = guess(naive, window, detector, span_ns, events);
    const double good = sign_ins(naive, window, span_ns);
    if (counts->accounts < counts->threshold || counts->sources < params->sources_min ||
        counts->attempts > params->attempts_per_account_max * counts->accounts ||
        counts->sources < params->sources_per_account_min * counts->accounts ||
        good > params->success_share_max * (good + counts->attempts))
        return false;
    if (naive->now_ns - naive->start_ns < params->history_min_ns || baseline.samples == 0)
        return true;
    double z;
    compare_with_baseline(counts, &baseline, span_ns, &z);
    return counts->ratio >= params->ratio_min;
}

static bool judge_surge(const struct naive *naive, struct naive_window *window,
                        const struct detector *detector, int64_t span_ns, size_t events,
                        struct finding *counts)
{
    const struct detector_params *const params = &detector->params;
    const struct baseline_guess baseline = guess(naive, window, detector, span_ns, events);
    if (counts->accounts < counts->threshold || baseline.samples == 0 ||
        naive->now_ns - naive->start_ns < params->history_min_ns)
        return false;
    double z;
    compare_with_baseline(counts, &baseline, span_ns, &z);
    counts->is_weak = counts->ratio < params->ratio_min;
    return z >= params->z_min && counts->ratio >= params->ratio_elevated;
}

static bool judge_low_and_slow(const struct naive *naive, const struct naive_window *window,
                               const struct detector *detector, unsigned span,
                               struct finding *counts)
{
    const struct detector_params *const params = &detector->params;
    const int64_t span_ns = detector->spans_ns[span];
    const double days = span_ns > DAY_NS ? (double)span_ns / (double)DAY_NS : 1;
    const double good = sign_ins(naive, window, span_ns);
    if (span > 0)
        counts->threshold = (uint32_t)params->accounts_longer;
    if (counts->attempts > params->attempts_per_account_max * counts->accounts * days ||
        good > params->success_share_max * (good + counts->attempts))
        return false;
    if (counts->accounts >= counts->threshold)
        return true;
    counts->is_weak = span == 0 && counts->accounts >= params->accounts_known;
    return counts->is_weak;
}

static bool judge_lockout(const struct naive *naive, struct naive_window *window,
                          const struct detector *detector, int64_t span_ns, size_t events,
                          struct finding *counts)
{
    const struct baseline_guess baseline = guess(naive, window, detector, span_ns, events);
    if (naive->now_ns - naive->start_ns < detector->params.history_min_ns || baseline.samples == 0)
        return true;
    double z;
    compare_with_baseline(counts, &baseline, span_ns, &z);
    return counts->ratio >= detector->params.ratio_min;
}

static bool judge_shift(const struct naive *naive, struct naive_window *window,
                        const struct detector *detector, int64_t span_ns, size_t events,
                        struct finding *counts)
{
    const struct detector_params *const params = &detector->params;
    const struct baseline_guess baseline = guess(naive, window, detector, span_ns, events);
    if (naive->now_ns - naive->start_ns < params->history_min_ns ||
        window->sum < params->cusum_alarm ||
        counts->attempts > params->attempts_per_account_max * counts->accounts)
        return false;
    double z;
    compare_with_baseline(counts, &baseline, span_ns, &z);
    return true;
}

/* The cumulative sum of a shift, after the newest attempt was added: what time has taken away at
 * the expected rate, and what the attempt adds when its account has not been seen in the span. */
static void sum_up(struct naive *naive, struct naive_window *window,
                   const struct detector *detector, bool is_new)
{
    const struct detector_params *const params = &detector->params;
    const size_t events = collect(naive, window, ROLE_COUNTED);
    if (window->now_ns / HOUR_NS != window->rate_hour) {
        window->rate_hour = window->now_ns / HOUR_NS;
        window->rate = 1.0 / 24;
        window->dispersion = 1;
        const struct baseline_guess days = guess_days(naive, window);
        if (days.samples > 0 && days.median / 24 > window->rate)
            window->rate = days.median / 24;
        const double sigma = 1.4826 * days.deviation;
        if (days.samples > 0 && days.median > 0 && sigma * sigma / days.median > 1)
            window->dispersion = sigma * sigma / days.median;
        if (events >= HOURS_FROM) {
            const struct baseline_guess hours = guess_hours(naive, window);
            if (hours.samples > 0 && hours.median > window->rate)
                window->rate = hours.median;
        }
    }
    if (window->now_ns > window->sum_ns) {
        const double hours = ((double)window->now_ns - (double)window->sum_ns) / (double)HOUR_NS;
        window->sum -= window->rate * (params->cusum_rise - 1) / window->dispersion * hours;
        if (window->sum < 0)
            window->sum = 0;
        window->sum_ns = window->now_ns;
    }
    if (is_new)
        window->sum += log(params->cusum_rise) / window->dispersion;
    if (window->sum > 2 * params->cusum_alarm)
        window->sum = 2 * params->cusum_alarm;
}

/* Is the detector's condition true of one span, and with which counts? */
static struct verdict_of_span judge(struct naive *naive, struct naive_window *window, unsigned span)
{
    const struct detector *const detector = &naive->detectors[window->detector];
    const int64_t span_ns = detector->spans_ns[span];
    const size_t events = collect(naive, window, ROLE_COUNTED);
    struct verdict_of_span verdict = {.first =
                                          first_within(naive, events, window->now_ns - span_ns)};
    struct finding *const counts = &verdict.counts;
    counts->attempts = (uint32_t)(events - verdict.first);
    counts->accounts = distinct_counted(naive, detector, verdict.first, events);
    counts->sources = distinct(naive, verdict.first, events, FIELD_SOURCE);

    const struct count_range range = detector->condition;
    counts->threshold = range.min > 0 ? (uint32_t)range.min : 0;
    if (detector->kind == DETECTOR_COUNT) {
        const int64_t count =
            detector->type == CORRELATION_EVENT_COUNT ? counts->attempts : counts->accounts;
        verdict.is_true = range.min <= count && count <= range.max;
        return verdict;
    }
    if (detector->params.accounts_min > counts->threshold)
        counts->threshold = (uint32_t)detector->params.accounts_min;
    if (detector->kind == DETECTOR_LOW_AND_SLOW) {
        verdict.is_true = judge_low_and_slow(naive, window, detector, span, counts);
        return verdict;
    }
    if (counts->accounts < counts->threshold)
        return verdict;
    if (detector->kind == DETECTOR_ENUMERATION)
        verdict.is_true = counts->accounts >= detector->params.unknown_share_min * counts->attempts;
    else if (detector->kind == DETECTOR_LOCKOUT_STORM)
        verdict.is_true = judge_lockout(naive, window, detector, span_ns, events, counts);
    else if (detector->kind == DETECTOR_SHIFT)
        verdict.is_true = judge_shift(naive, window, detector, span_ns, events, counts);
    else if (detector->kind == DETECTOR_SOURCE_FANOUT)
        verdict.is_true = judge_fanout(naive, window, detector, span_ns, counts);
    else if (detector->kind == DETECTOR_DISTRIBUTED)
        verdict.is_true = judge_distributed(naive, window, detector, span_ns, events, counts);
    else
        verdict.is_true = judge_surge(naive, window, detector, span_ns, events, counts);
    return verdict;
}

/* ---- findings -------------------------------------------------------------------------------- */

static struct finding *say(struct naive *naive, struct findings *findings,
                           const struct finding *said)
{
    if (findings->count == findings->capacity) {
        findings->capacity = findings->capacity == 0 ? 64 : 2 * findings->capacity;
        findings->items = reallocarray(findings->items, findings->capacity, sizeof(struct finding));
        assert(findings->items != NULL);
    }
    struct finding *const finding = &findings->items[findings->count++];
    *finding = *said;
    finding->position = naive->count;
    finding->time_ns = naive->now_ns;
    finding->first_member = (uint32_t)findings->members_count;
    return finding;
}

static void say_member(struct findings *findings, struct finding *finding,
                       const struct attempt *attempt, enum event_field counted)
{
    if (findings->members_count == findings->members_capacity) {
        findings->members_capacity =
            findings->members_capacity == 0 ? 256 : 2 * findings->members_capacity;
        findings->members =
            reallocarray(findings->members, findings->members_capacity, sizeof(struct member));
        assert(findings->members != NULL);
    }
    finding->members_count++;
    findings->members[findings->members_count++] = (struct member){
        .time_ns = attempt->time_ns,
        .sequence = attempt->sequence,
        .counted = counted < FIELD_COUNT ? value_of(attempt, counted) : 0,
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

static struct finding finding_of(const struct naive_window *window, size_t number)
{
    struct finding finding = {.window_id = number + 1,
                              .detector = (uint8_t)window->detector,
                              .key_index = (uint8_t)window->key_index};
    memcpy(finding.key, window->parts, sizeof(finding.key));
    return finding;
}

static void fire(struct naive *naive, struct naive_window *window)
{
    window->true_ns = naive->now_ns;
    assert(window->alerts_count < ALERTS_MAX);
    window->alerts[window->alerts_count++] =
        (struct alert){.time_ns = window->now_ns,
                       .knows_hours = collect(naive, window, ROLE_COUNTED) >= HOURS_FROM};
}

static void open_episode(struct naive *naive, struct naive_window *window, unsigned span,
                         const struct verdict_of_span *verdict, size_t number,
                         struct findings *findings)
{
    const struct detector *const detector = &naive->detectors[window->detector];
    struct finding said = finding_of(window, number);
    said.type = FINDING_OPENED;
    said.span_index = (uint8_t)span;
    said.attempts = verdict->counts.attempts;
    said.accounts = verdict->counts.accounts;
    said.sources = verdict->counts.sources;
    said.threshold = verdict->counts.threshold;
    said.known_good = verdict->counts.known_good;
    said.baseline = verdict->counts.baseline;
    said.ratio = verdict->counts.ratio;
    said.is_weak = verdict->counts.is_weak;
    struct finding *const finding = say(naive, findings, &said);
    const size_t events = collect(naive, window, ROLE_COUNTED);
    for (size_t i = verdict->first; i < events; i++)
        say_member(findings, finding, &naive->attempts[naive->members[i]],
                   field_counted(detector, &naive->attempts[naive->members[i]]));
    window->is_open = true;
    window->is_weak = said.is_weak;
    window->open_span = span;
    fire(naive, window);
}

static void tell_growth(struct naive *naive, const struct naive_window *window, double baseline,
                        double ratio, size_t number, struct findings *findings)
{
    struct finding said = finding_of(window, number);
    said.type = FINDING_GREW;
    said.span_index = (uint8_t)window->open_span;
    said.baseline = baseline;
    said.ratio = ratio;
    struct finding *const finding = say(naive, findings, &said);
    const struct attempt *const attempt = &naive->attempts[naive->count - 1];
    say_member(findings, finding, attempt,
               field_counted(&naive->detectors[window->detector], attempt));
}

/* Has the newest attempt brought an account that no other attempt of the first span has? */
static bool is_new_to_first_span(struct naive *naive, const struct naive_window *window)
{
    const struct detector *const detector = &naive->detectors[window->detector];
    const struct attempt *const newest = &naive->attempts[naive->count - 1];
    const uint32_t account = value_of(newest, detector->counted);
    const int64_t oldest_ns = window->now_ns - detector->spans_ns[0];
    const size_t events = collect(naive, window, ROLE_COUNTED);
    if (account == 0 || newest->time_ns < oldest_ns)
        return false;
    for (size_t i = first_within(naive, events, oldest_ns); i < events; i++) {
        if (naive->members[i] != naive->count - 1 &&
            value_of(&naive->attempts[naive->members[i]], detector->counted) == account)
            return false;
    }
    return true;
}

/* An episode opens with the first span whose condition is true; from then on every attempt is told,
 * until no span's condition has been true for as long as the span that opened it. */
static void take_counted(struct naive *naive, struct naive_window *window, size_t number,
                         struct findings *findings)
{
    const struct detector *const detector = &naive->detectors[window->detector];
    double baseline = 0, ratio = 0;
    bool is_true = false;
    if (detector->kind == DETECTOR_SHIFT)
        sum_up(naive, window, detector, is_new_to_first_span(naive, window));
    for (unsigned span = 0; span < detector->spans_count; span++) {
        const struct verdict_of_span verdict = judge(naive, window, span);
        if (verdict.is_true && (!window->is_open || (window->is_weak && !verdict.counts.is_weak))) {
            open_episode(naive, window, span, &verdict, number, findings);
            return;
        }
        is_true |= verdict.is_true;
        if (verdict.is_true && verdict.counts.ratio > ratio) {
            baseline = verdict.counts.baseline;
            ratio = verdict.counts.ratio;
        }
    }
    if (is_true)
        fire(naive, window);
    if (window->is_open)
        tell_growth(naive, window, baseline, ratio, number, findings);
}

/* ---- one attempt ----------------------------------------------------------------------------- */

static void window_begin(struct naive *naive, struct naive_window *window)
{
    window->born = naive->count - 1;
    window->born_ns = naive->now_ns;
    window->is_over = false;
    window->now_ns = naive->attempts[naive->count - 1].time_ns;
    window->is_open = window->has_frozen = false;
    window->sum = 0;
    window->sum_ns = window->now_ns;
    window->rate_hour = INT64_MIN;
    window->alerts_count = 0;
    const size_t recalled = collect(naive, window, ROLE_SIGN_IN);
    if (naive->detectors[window->detector].kind == DETECTOR_SOURCE_FANOUT && recalled > 0) {
        const int64_t newest_ns = naive->attempts[naive->members[recalled - 1]].time_ns;
        window->now_ns = newest_ns > window->now_ns ? newest_ns : window->now_ns;
    }
}

static int64_t idle_ns_max(const struct detector *detector)
{
    if (has_baseline(detector->kind))
        return IDLE_DAYS * DAY_NS;
    return longest_span_ns(detector);
}

enum { NO_WINDOW = -1 };

/* The number of the window; one that is over or that nobody has used for long begins again, but not
 * for a sign-in that a fan-out window would count. */
static long window_number(struct naive *naive, size_t detector, unsigned key_index, enum role role,
                          const uint32_t parts[FINDING_KEY_PARTS_MAX])
{
    const enum detector_kind kind = naive->detectors[detector].kind;
    const bool begins =
        role != ROLE_SIGN_IN || (kind != DETECTOR_SOURCE_FANOUT && kind != DETECTOR_LOW_AND_SLOW);
    for (size_t i = 0; i < naive->windows_count; i++) {
        struct naive_window *const window = naive->windows[i];
        if (window->detector != detector || window->key_index != key_index ||
            memcmp(window->parts, parts, sizeof(window->parts)) != 0)
            continue;
        if (!window->is_over &&
            naive->now_ns - window->used_ns <= idle_ns_max(&naive->detectors[detector]))
            return (long)i;
        window->is_over = true;
        if (!begins)
            return NO_WINDOW;
        window_begin(naive, window);
        return (long)i;
    }
    if (!begins)
        return NO_WINDOW;
    if (naive->windows_count == naive->windows_capacity) {
        naive->windows_capacity = naive->windows_capacity == 0 ? 64 : 2 * naive->windows_capacity;
        naive->windows =
            reallocarray(naive->windows, naive->windows_capacity, sizeof(struct naive_window *));
        assert(naive->windows != NULL);
    }
    struct naive_window *const window = calloc(1, sizeof(*window));
    assert(window != NULL);
    window->detector = detector;
    window->key_index = key_index;
    memcpy(window->parts, parts, sizeof(window->parts));
    window_begin(naive, window);
    naive->windows[naive->windows_count] = window;
    return (long)naive->windows_count++;
}

/* A fan-out window is over when a sign-in comes and no failure is left in it. */
static bool has_ended(struct naive *naive, const struct naive_window *window)
{
    const struct detector *const detector = &naive->detectors[window->detector];
    const size_t events = collect(naive, window, ROLE_COUNTED);
    return detector->kind == DETECTOR_SOURCE_FANOUT && !window->is_open &&
           first_within(naive, events, window->now_ns - longest_span_ns(detector)) == events;
}

static void take_for_key(struct naive *naive, size_t detector_index, unsigned key_index,
                         enum role role, const uint32_t parts[FINDING_KEY_PARTS_MAX],
                         struct findings *findings)
{
    const struct detector *const detector = &naive->detectors[detector_index];
    const struct attempt *const attempt = &naive->attempts[naive->count - 1];
    const long found = window_number(naive, detector_index, key_index, role, parts);
    if (found == NO_WINDOW)
        return;
    const size_t number = (size_t)found;
    struct naive_window *const window = naive->windows[number];
    if (attempt->time_ns > window->now_ns)
        window->now_ns = attempt->time_ns;
    window->used_ns = naive->now_ns;
    if (role == ROLE_SIGN_IN) {
        window->is_over = has_ended(naive, window);
        return;
    }
    if (window->is_open && naive->now_ns - window->true_ns > detector->spans_ns[window->open_span])
        window->is_open = false;
    if (role == ROLE_COUNTED)
        take_counted(naive, window, number, findings);
    else if (window->is_open)
        tell_growth(naive, window, 0, 0, number, findings);
}

static void take_sign_in(struct naive *naive, size_t detector_index, struct findings *findings)
{
    const struct attempt *const attempt = &naive->attempts[naive->count - 1];
    const bool is_usual = (attempt->familiar & FAMILIAR_AGENT) != 0 ||
                          (attempt->familiar & FAMILIAR_AGENT_COMMON) != 0;
    if (((attempt->familiar & FAMILIAR_NETWORK) != 0 && is_usual) ||
        attempt->name[TEXT_ACCOUNT] <= 1)
        return;
    const struct finding said = {.type = FINDING_SIGN_IN,
                                 .detector = (uint8_t)detector_index,
                                 .key = {attempt->name[TEXT_ACCOUNT]}};
    struct finding *const finding = say(naive, findings, &said);
    finding->time_ns = attempt->time_ns;
    say_member(findings, finding, attempt, FIELD_ACCOUNT);
}

void naive_take(struct naive *naive, const struct attempt *attempt, struct findings *findings)
{
    naive_keep(naive, attempt);
    for (size_t i = 0; i < naive->detectors_count; i++) {
        const struct detector *const detector = &naive->detectors[i];
        const enum role role = role_of(detector, attempt);
        for (unsigned key = 0; key < detector->keys_count && role != ROLE_NONE; key++) {
            uint32_t parts[FINDING_KEY_PARTS_MAX];
            if (!key_of(attempt, &detector->keys[key], parts))
                continue;
            if (detector->kind == DETECTOR_CONFIRMED_PASSWORD)
                take_sign_in(naive, i, findings);
            else
                take_for_key(naive, i, key, role, parts, findings);
        }
    }
}
