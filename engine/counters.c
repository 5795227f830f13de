#include "engine/counters.h"

static const char *const reason_names[REJECT_COUNT] = {
    [REJECT_BROKEN_JSON] = "broken_json", [REJECT_TOO_DEEP] = "too_deep",
    [REJECT_TOO_LONG] = "too_long",       [REJECT_NO_TIME] = "no_time",
    [REJECT_BAD_TIME] = "bad_time",       [REJECT_NO_OUTCOME] = "no_outcome",
    [REJECT_RAGGED] = "ragged",
};

const char *reject_reason_name(enum reject_reason reason)
{
    return reason_names[reason];
}

void counters_add(struct counters *sum, const struct counters *more)
{
    sum->read += more->read;
    sum->normalized += more->normalized;
    sum->not_sign_in += more->not_sign_in;
    for (int i = 0; i < REJECT_COUNT; i++)
        sum->rejected[i] += more->rejected[i];
    sum->duplicate += more->duplicate;
    sum->filtered += more->filtered;
    sum->late += more->late;
    sum->future += more->future;
    sum->codes_unknown += more->codes_unknown;
    sum->addresses_malformed += more->addresses_malformed;
    sum->searches_given_up += more->searches_given_up;
}

uint64_t counters_rejected(const struct counters *counters)
{
    uint64_t rejected = 0;
    for (int i = 0; i < REJECT_COUNT; i++)
        rejected += counters->rejected[i];
    return rejected;
}

bool counters_hold(const struct counters *counters)
{
    return counters->read == counters->normalized + counters->not_sign_in +
                                 counters_rejected(counters) + counters->duplicate +
                                 counters->filtered;
}
