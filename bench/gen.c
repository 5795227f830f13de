#include "bench/gen.h"

#include <assert.h>
#include <stdlib.h>

#include "bench/gen_state.h"

enum { DAYS_DEFAULT = 7, DUPLICATE_SECONDS_MAX = 60 };

/* The last day of the year 9999: time stamps have four digits for the year. */
#define LAST_DAY INT64_C(2932896)

/* What stands around the records of each shape. A line ends right after its record, so that every
 * call gives whole lines. */
struct envelope {
    struct slice head, between, after, tail;
};

/* The columns of the download, as its newest form writes them. */
static const char csv_header[] =
    "Date (UTC),Request ID,User agent,Correlation ID,User ID,User,Username,User type,"
    "Cross tenant access type,Incoming token type,Authentication Protocol,"
    "Unique token identifier,Original transfer method,Client credential type,"
    "Token Protection - Sign In Session,Token Protection - Sign In Session StatusCode,"
    "Application,Application ID ,App owner tenant ID,Resource,Resource ID ,"
    "Resource tenant ID,Resource owner tenant ID,Home tenant ID,Home tenant name,"
    "IP address,Location,Status,Sign-in error code,Failure reason,Client app,Device ID,"
    "Browser,Operating System,Compliant,Managed,Join Type,"
    "Multifactor authentication result,Multifactor authentication auth method,"
    "Multifactor authentication auth detail,Authentication requirement,"
    "Sign-in identifier,Session ID,IP address (seen by resource),"
    "Through Global Secure Access,Global Secure Access IP address,"
    "Autonomous system  number,Flagged for review,Token issuer type,Incoming token type,"
    "Token issuer name,Latency,Conditional Access,Managed Identity type,"
    "Associated Resource Id,Federated Token Id,Federated Token Issuer"
    "\r\n";

static const struct envelope envelopes[GEN_SHAPE_COUNT] = {
    [GEN_SHAPE_AZURE] = {.after = {"\n", 1}},
    [GEN_SHAPE_GRAPH] = {.after = {"\n", 1}},
    [GEN_SHAPE_GRAPH_ARRAY] = {{"[", 1}, {",\n", 2}, {"", 0}, {"]\n", 2}},
    [GEN_SHAPE_GRAPH_VALUE] = {{"{\"value\":[", 10}, {",\n", 2}, {"", 0}, {"]}\n", 3}},
    [GEN_SHAPE_RECORDS] = {{"{\"records\":[", 12}, {",\n", 2}, {"", 0}, {"]}\n", 3}},
    [GEN_SHAPE_CSV] = {.head = {csv_header, sizeof(csv_header) - 1}, .after = {"\r\n", 2}},
    [GEN_SHAPE_SSHD] = {.after = {"\n", 1}},
    [GEN_SHAPE_SSHD_ISO] = {.after = {"\n", 1}},
};

/* ---- life -------------------------------------------------------------------------------- */

static enum status options_check(const struct gen_options *options, struct diagnostics *diagnostics)
{
    const struct {
        bool is_wrong;
        const char *text;
    } checks[] = {
        {options->people_count < 1 || options->people_count > GEN_PEOPLE_MAX,
         "people: wanted are 1 to 10000000"},
        {options->tenants_count < 1 || options->tenants_count > GEN_TENANTS_MAX,
         "tenants: wanted are 1 to 4096"},
        {options->tenants_count > options->people_count,
         "every tenant needs at least one person: fewer tenants or more people"},
        {options->days > GEN_DAYS_MAX, "days: wanted are at most 36500"},
        {options->signins_per_day_milli > 1000000, "sign-ins per day: wanted are at most 1000"},
        {options->disorder_s > 86400, "disorder: wanted are at most 86400 seconds"},
        {options->shape >= GEN_SHAPE_COUNT, "shape: unknown"},
        {options->start_s < 86400 * 365 || options->start_s / 86400 > LAST_DAY - GEN_DAYS_MAX - 1,
         "start: wanted is a date from 1971-01-01 to 9900-01-01"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (!checks[i].is_wrong)
            continue;
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G112", NULL, 0, 0, "%s", checks[i].text);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

/* Completes every attack and makes one for each of its tenants. */
static enum status attacks_init(struct gen *gen, const struct gen_options *options,
                                struct diagnostics *diagnostics)
{
    struct gen_attack_options resolved[1];
    size_t total = 0;
    for (size_t i = 0; i < options->attacks_count; i++) {
        resolved[0] = options->attacks[i];
        const enum status status = gen_attack_resolve(resolved, i, options, diagnostics);
        if (status != STATUS_OK)
            return status;
        total += resolved[0].tenants_count;
    }
    gen->attacks = calloc(total + 1, sizeof *gen->attacks);
    if (gen->attacks == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < options->attacks_count; i++) {
        resolved[0] = options->attacks[i];
        enum status status = gen_attack_resolve(resolved, i, options, diagnostics);
        for (uint32_t t = 0; t < resolved[0].tenants_count && status == STATUS_OK; t++) {
            const uint32_t origin = 1 + GEN_TRAP_COUNT + (uint32_t)gen->attacks_count;
            status = gen_attack_init(&gen->attacks[gen->attacks_count], resolved, &gen->population,
                                     resolved[0].tenant + t, origin, gen->end);
            gen->attacks_count += status == STATUS_OK;
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status traps_init(struct gen *gen)
{
    const size_t bits = (size_t)gen->population.people_count +
                        (size_t)gen->population.tenants_count * GEN_SPECIAL_COUNT + GEN_APPS;
    for (int t = 0; t < GEN_TRAP_COUNT; t++) {
        if (!gen_calendar_has(&gen->calendar, (enum gen_trap)t))
            continue;
        gen->traps[t].accounts_seen = calloc((bits + 63) / 64, sizeof(uint64_t));
        if (gen->traps[t].accounts_seen == NULL)
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

static enum status gen_init(struct gen *gen, const struct gen_options *options,
                            struct diagnostics *diagnostics)
{
    gen->options = *options;
    gen->options.attacks = NULL; /* the caller's */
    gen->options.attacks_count = 0;
    if (options->days == 0 && options->bytes_max == 0 && options->events_max == 0)
        gen->options.days = DAYS_DEFAULT;
    const int64_t start = options->start_s * GEN_TICKS_PER_SECOND;
    gen->minute = start / GEN_TICKS_PER_MINUTE * GEN_TICKS_PER_MINUTE;
    gen->end = gen->options.days > 0 ? start + (int64_t)gen->options.days * GEN_TICKS_PER_DAY
                                     : LAST_DAY * GEN_TICKS_PER_DAY;

    gen_calendar_init(&gen->calendar, &gen->options);
    gen_queue_init(&gen->queue, gen->end, (int64_t)options->disorder_s * GEN_TICKS_PER_SECOND);
    enum status status = gen_population_init(&gen->population, &gen->options,
                                             gen_calendar_has(&gen->calendar, GEN_TRAP_NAT_MONDAY));
    if (status != STATUS_OK)
        return status;
    gen_people_init(&gen->people, &gen->population, &gen->calendar, &gen->queue, &gen->options);
    gen->noise = (struct gen_noise){
        .population = &gen->population,
        .calendar = &gen->calendar,
        .people = &gen->people,
        .queue = &gen->queue,
    };
    gen_writer_init(&gen->writer, &gen->population, options->shape);
    status = traps_init(gen);
    return status == STATUS_OK ? attacks_init(gen, options, diagnostics) : status;
}

enum status gen_create(struct gen **out, const struct gen_options *options,
                       struct diagnostics *diagnostics)
{
    enum status status = options_check(options, diagnostics);
    if (status != STATUS_OK)
        return status;
    struct gen *gen = calloc(1, sizeof *gen);
    if (gen == NULL)
        return STATUS_NO_MEMORY;
    status = gen_init(gen, options, diagnostics);
    if (status != STATUS_OK) {
        gen_destroy(gen);
        return status;
    }
    *out = gen;
    return STATUS_OK;
}

void gen_destroy(struct gen *gen)
{
    if (gen == NULL)
        return;
    for (size_t i = 0; i < gen->attacks_count; i++)
        gen_attack_deinit(&gen->attacks[i]);
    free(gen->attacks);
    for (int t = 0; t < GEN_TRAP_COUNT; t++)
        free(gen->traps[t].accounts_seen);
    gen_queue_deinit(&gen->queue);
    gen_population_deinit(&gen->population);
    free(gen);
}

/* ---- records ----------------------------------------------------------------------------- */

static void minute_queue(struct gen *gen)
{
    gen_people_minute(&gen->people, gen->minute);
    gen_noise_minute(&gen->noise, gen->minute);
    for (size_t i = 0; i < gen->attacks_count; i++)
        gen_attack_minute(&gen->attacks[i], gen->minute, &gen->queue);
    gen->minute += GEN_TICKS_PER_MINUTE;
}

/* The next sign-in of the log. What later minutes bring cannot arrive before they begin. */
static bool signin_next(struct gen *gen, struct gen_signin *signin)
{
    while (gen->minute < gen->end) {
        if (gen_queue_pop(&gen->queue, gen->minute, signin))
            return true;
        if (gen->queue.is_out_of_memory)
            return false;
        minute_queue(gen);
    }
    return gen_queue_pop(&gen->queue, INT64_MAX, signin);
}

static void duplicate_maybe(struct gen *gen, const struct gen_signin *signin)
{
    const uint32_t share = gen->options.duplicates_ppm;
    if (share == 0 || (signin->flags & GEN_SIGNIN_DUPLICATE) != 0)
        return;
    const uint64_t draw = gen_mix(signin->salt, 8);
    if (draw % 1000000 >= share)
        return;
    const int64_t later = 1 + (int64_t)(draw >> 32) % DUPLICATE_SECONDS_MAX;
    gen_queue_push_duplicate(&gen->queue, signin, signin->arrival + later * GEN_TICKS_PER_SECOND);
}

static void signin_count(struct gen *gen, const struct gen_signin *signin, size_t bytes)
{
    gen->counters.records++;
    gen->counters.bytes += bytes;
    if ((signin->flags & GEN_SIGNIN_DUPLICATE) != 0) {
        gen->counters.duplicates++;
        return;
    }
    gen->counters.successes += signin->code == GEN_CODE_SUCCESS;
    if (signin->origin != GEN_ORIGIN_NONE)
        gen_truth_count_signin(gen, signin);
}

/* Writes a record with what stands before it. Gives 0 when a bound of the log does not allow it. */
static size_t record_write(struct gen *gen, char *buffer)
{
    const struct envelope *envelope = &envelopes[gen->options.shape];
    const struct gen_options *options = &gen->options;
    struct gen_signin signin;
    if ((options->events_max > 0 && gen->counters.records >= options->events_max) ||
        !signin_next(gen, &signin))
        return 0;
    struct gen_text text = {.at = buffer};
    gen_text_slice(&text, gen->has_begun ? envelope->between : envelope->head);
    gen_writer_signin(&gen->writer, &signin, &text);
    gen_text_slice(&text, envelope->after);
    const size_t bytes = (size_t)(text.at - buffer);
    assert(bytes + envelope->tail.bytes <= GEN_RECORD_BYTES_MAX);
    if (options->bytes_max > 0 &&
        gen->counters.bytes + bytes + envelope->tail.bytes > options->bytes_max)
        return 0;
    gen->has_begun = true;
    signin_count(gen, &signin, bytes);
    duplicate_maybe(gen, &signin);
    return bytes;
}

/* Closes the envelope; a log without records is an empty list. */
static size_t tail_write(struct gen *gen, char *buffer)
{
    const struct envelope *envelope = &envelopes[gen->options.shape];
    struct gen_text text = {.at = buffer};
    if (!gen->has_begun)
        gen_text_slice(&text, envelope->head);
    gen_text_slice(&text, envelope->tail);
    gen->has_ended = true;
    const size_t bytes = (size_t)(text.at - buffer);
    gen->counters.bytes += bytes;
    return bytes;
}

size_t gen_next(struct gen *gen, char *buffer, size_t capacity)
{
    assert(capacity >= GEN_RECORD_BYTES_MAX);
    size_t used = 0;
    while (!gen->has_ended && capacity - used >= GEN_RECORD_BYTES_MAX) {
        const size_t bytes = record_write(gen, buffer + used);
        used += bytes > 0 ? bytes : tail_write(gen, buffer + used);
    }
    return used;
}

enum status gen_status(const struct gen *gen)
{
    return gen->queue.is_out_of_memory ? STATUS_NO_MEMORY : STATUS_OK;
}

struct gen_counters gen_counters(const struct gen *gen)
{
    return gen->counters;
}
