/* The options of the generator: defaults, scenarios, and the values of the command line. */
#include "bench/gen.h"

#include <stdlib.h>
#include <string.h>

#include "bench/gen_attacks.h"
#include "engine/base/civil.h"
#include "engine/base/slice.h"
#include "engine/base/units.h"

void gen_options_init(struct gen_options *options)
{
    *options = (struct gen_options){
        .seed = 1,
        .people_count = 2000,
        .tenants_count = 1,
        .start_s = INT64_C(1704067200), /* 2024-01-01, a Monday */
        .signins_per_day_milli = 2000,
    };
}

void gen_options_deinit(struct gen_options *options)
{
    free(options->attacks);
    options->attacks = NULL;
    options->attacks_count = 0;
}

/* ---- values ------------------------------------------------------------------------------ */

bool gen_parse_count(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        const uint64_t digit = (uint64_t)(unsigned char)*text - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (value > max)
        return false;
    *out = value;
    return true;
}

/* A decimal number in units of 10^-places; further digits are dropped. Gives where it ends. */
static const char *decimal_read(const char *text, int places, uint64_t *out)
{
    uint64_t value = 0;
    int digits = 0, behind = -1;
    for (; (*text >= '0' && *text <= '9') || (*text == '.' && behind < 0); text++) {
        if (*text == '.') {
            behind = 0;
            continue;
        }
        digits++;
        if (behind >= places)
            continue;
        if (value > UINT64_MAX / 10 - 1)
            return NULL;
        value = value * 10 + (uint64_t)(*text - '0');
        behind += behind >= 0;
    }
    for (int i = behind < 0 ? 0 : behind; i < places; i++) {
        if (value > UINT64_MAX / 10)
            return NULL;
        value *= 10;
    }
    *out = value;
    return digits > 0 ? text : NULL;
}

bool gen_parse_size(const char *text, uint64_t *out)
{
    return units_parse_size(slice_from_string(text), out);
}

bool gen_parse_share(const char *text, uint32_t *out)
{
    uint64_t millionths;
    const char *end = decimal_read(text, 6, &millionths);
    if (end == NULL)
        return false;
    if (*end == '%') {
        millionths /= 100;
        end++;
    }
    if (*end != '\0' || millionths > 1000000)
        return false;
    *out = (uint32_t)millionths;
    return true;
}

bool gen_parse_milli(const char *text, uint32_t max, uint32_t *out)
{
    uint64_t milli;
    const char *end = decimal_read(text, 3, &milli);
    if (end == NULL || *end != '\0' || milli > max)
        return false;
    *out = (uint32_t)milli;
    return true;
}

static bool digits_read(const char **text, int count, uint32_t *out)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++) {
        const char digit = (*text)[i];
        if (digit < '0' || digit > '9')
            return false;
        value = value * 10 + (uint32_t)(digit - '0');
    }
    *text += count;
    *out = value;
    return true;
}

static bool byte_read(const char **text, char byte)
{
    if (**text != byte)
        return false;
    (*text)++;
    return true;
}

bool gen_parse_date(const char *text, int64_t *out)
{
    uint32_t year, month, day, hour = 0, minute = 0;
    if (!digits_read(&text, 4, &year) || !byte_read(&text, '-') || !digits_read(&text, 2, &month) ||
        !byte_read(&text, '-') || !digits_read(&text, 2, &day))
        return false;
    if (*text == 'T' && (!byte_read(&text, 'T') || !digits_read(&text, 2, &hour) ||
                         !byte_read(&text, ':') || !digits_read(&text, 2, &minute)))
        return false;
    if (*text != '\0' || year < 1971 || month < 1 || month > 12 || day < 1 || hour > 23 ||
        minute > 59 || day > civil_month_days((int32_t)year, month))
        return false;
    const struct civil_date date = {.year = (int32_t)year, .month = month, .day = day};
    *out = civil_days(date) * CIVIL_DAY_SECONDS + hour * 3600 + minute * 60;
    return true;
}

/* ---- names ------------------------------------------------------------------------------- */

struct named {
    const char *name;
    const char *text;
};

static const struct named traps[GEN_TRAP_COUNT] = {
    [GEN_TRAP_NAT_MONDAY] = {"nat_monday",
                             "one egress address for a whole company, on Mondays too"},
    [GEN_TRAP_CARRIER_NAT] = {"carrier_nat", "all phones behind two addresses of each carrier"},
    [GEN_TRAP_EXPIRY_DAY] = {"expiry_day", "a quarter of the passwords expire on one morning"},
    [GEN_TRAP_STALE_PHONE] = {"stale_phone", "a phone retries an old password every five minutes"},
    [GEN_TRAP_SERVICE_SECRET] = {"service_secret", "programs that were not told of a new secret"},
    [GEN_TRAP_VPN_CHANGE] = {"vpn_change", "everybody moves to new egress addresses one morning"},
    [GEN_TRAP_IDP_OUTAGE] = {"idp_outage", "every sign-in fails with one error for 40 minutes"},
    [GEN_TRAP_GUEST_NETWORK] = {"guest_network", "a conference behind one address for two days"},
    [GEN_TRAP_TERMINAL_SERVER] = {"terminal_server", "two hundred people on one server"},
    [GEN_TRAP_LOCKOUT_ECHO] = {"lockout_echo", "locked people whose devices go on trying"},
};

static const char *const shapes[GEN_SHAPE_COUNT] = {
    [GEN_SHAPE_AZURE] = "azure",
    [GEN_SHAPE_GRAPH] = "graph",
    [GEN_SHAPE_GRAPH_ARRAY] = "graph-array",
    [GEN_SHAPE_GRAPH_VALUE] = "graph-value",
    [GEN_SHAPE_RECORDS] = "records",
    [GEN_SHAPE_CSV] = "csv",
    [GEN_SHAPE_SSHD] = "sshd",
    [GEN_SHAPE_SSHD_ISO] = "sshd-iso",
};

const char *gen_profile_name(size_t profile)
{
    return profile < GEN_PROFILES ? gen_profiles[profile].name : NULL;
}

const char *gen_profile_text(size_t profile)
{
    return profile < GEN_PROFILES ? gen_profiles[profile].text : NULL;
}

const char *gen_trap_name(enum gen_trap trap)
{
    return trap < GEN_TRAP_COUNT ? traps[trap].name : NULL;
}

const char *gen_trap_text(enum gen_trap trap)
{
    return trap < GEN_TRAP_COUNT ? traps[trap].text : NULL;
}

const char *gen_shape_name(enum gen_shape shape)
{
    return shape < GEN_SHAPE_COUNT ? shapes[shape] : NULL;
}

/* "a, b, c" of what a name function gives, for messages. */
static void names_join(const char *(*name)(size_t), char *out, size_t capacity)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; name(i) != NULL; i++) {
        const size_t bytes = strlen(name(i));
        if (used + bytes + 3 > capacity)
            return;
        if (i > 0) {
            memcpy(out + used, ", ", 2);
            used += 2;
        }
        memcpy(out + used, name(i), bytes + 1);
        used += bytes;
    }
}

static const char *trap_name_at(size_t index)
{
    return gen_trap_name((enum gen_trap)index);
}

static const char *shape_name_at(size_t index)
{
    return gen_shape_name((enum gen_shape)index);
}

static enum status unknown_name(const char *what, struct slice name, const char *(*names)(size_t),
                                const char *code, struct diagnostics *diagnostics)
{
    char list[512];
    names_join(names, list, sizeof list);
    diagnostics_add(diagnostics, SEVERITY_ERROR, code, NULL, 0, 0,
                    "unknown %s \"%.*s\"; there is %s", what,
                    (int)(name.bytes < 64 ? name.bytes : 64), name.start, list);
    return STATUS_USAGE;
}

/* The index of a name, or SIZE_MAX. */
static size_t name_find(struct slice name, const char *(*names)(size_t))
{
    for (size_t i = 0; names(i) != NULL; i++) {
        if (slice_equals(name, slice_from_string(names(i))))
            return i;
    }
    return SIZE_MAX;
}

/* Cuts the text before the first `byte` off `rest`. */
static struct slice part_next(struct slice *rest, char byte)
{
    const size_t at = slice_find(*rest, byte);
    const struct slice part = slice_of(rest->start, at);
    *rest = slice_from(*rest, at + 1);
    return part;
}

enum status gen_options_set_shape(struct gen_options *options, const char *text,
                                  struct diagnostics *diagnostics)
{
    const size_t index = name_find(slice_from_string(text), shape_name_at);
    if (index == SIZE_MAX)
        return unknown_name("shape", slice_from_string(text), shape_name_at, "G101", diagnostics);
    options->shape = (enum gen_shape)index;
    return STATUS_OK;
}

enum status gen_options_set_noise(struct gen_options *options, const char *text,
                                  struct diagnostics *diagnostics)
{
    struct slice rest = slice_from_string(text);
    uint32_t mask = 0;
    if (slice_equals(rest, SLICE("all"))) {
        mask = GEN_TRAPS_ALL;
    } else if (!slice_equals(rest, SLICE("none"))) {
        do {
            const struct slice name = part_next(&rest, ',');
            const size_t index = name_find(name, trap_name_at);
            if (index == SIZE_MAX)
                return unknown_name("noise", name, trap_name_at, "G102", diagnostics);
            mask |= 1u << index;
        } while (rest.bytes > 0);
    }
    options->traps = mask;
    return STATUS_OK;
}

/* ---- attacks ----------------------------------------------------------------------------- */

enum { ATTACK_COUNT_MAX = 10000000, ATTACK_VALUE_BYTES_MAX = 64 };

static bool u32_read(const char *text, uint32_t max, uint32_t *out)
{
    uint64_t value;
    if (!gen_parse_count(text, max, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool positive_read(const char *text, uint32_t *out)
{
    uint32_t value;
    if (!u32_read(text, ATTACK_COUNT_MAX, &value) || value == 0)
        return false;
    *out = value;
    return true;
}

static bool read_tenant(struct gen_attack_options *attack, const char *text)
{
    return u32_read(text, GEN_TENANTS_MAX - 1, &attack->tenant);
}

static bool read_tenants(struct gen_attack_options *attack, const char *text)
{
    return positive_read(text, &attack->tenants_count) && attack->tenants_count <= GEN_TENANTS_MAX;
}

static bool read_start(struct gen_attack_options *attack, const char *text)
{
    if (gen_parse_date(text, &attack->start_s))
        return true;
    attack->has_start_day = u32_read(text, GEN_DAYS_MAX, &attack->start_day);
    return attack->has_start_day;
}

static bool read_days(struct gen_attack_options *attack, const char *text)
{
    return positive_read(text, &attack->days) && attack->days <= GEN_DAYS_MAX;
}

static bool read_accounts(struct gen_attack_options *attack, const char *text)
{
    return positive_read(text, &attack->accounts_count);
}

/* "30/m", "5/h", "120/d"; without a unit a minute for tools, a day for campaigns. */
static bool read_rate(struct gen_attack_options *attack, const char *text)
{
    static const struct {
        char unit;
        uint32_t per_day;
    } units[] = {{'s', 86400}, {'m', 1440}, {'h', 24}, {'d', 1}};
    uint64_t milli, factor = gen_profiles[attack->profile].pacing == GEN_PACING_ROUNDS ? 1440 : 1;
    const char *end = decimal_read(text, 3, &milli);
    if (end == NULL || milli > UINT32_MAX)
        return false;
    if (*end == '/') {
        factor = 0;
        for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
            factor = end[1] == units[i].unit && end[2] == '\0' ? units[i].per_day : factor;
    } else if (*end != '\0') {
        return false;
    }
    const uint64_t rate = milli * factor / 1000;
    if (rate == 0 || rate > 1000 * 86400)
        return false;
    attack->rate_per_day = (uint32_t)rate;
    return true;
}

static bool read_sources(struct gen_attack_options *attack, const char *text)
{
    return positive_read(text, &attack->sources_count);
}

static bool read_passwords(struct gen_attack_options *attack, const char *text)
{
    return positive_read(text, &attack->passwords_count);
}

static bool read_wait(struct gen_attack_options *attack, const char *text)
{
    return positive_read(text, &attack->wait_minutes);
}

static bool read_unknown(struct gen_attack_options *attack, const char *text)
{
    return positive_read(text, &attack->unknown_count) && attack->unknown_count <= 1000000;
}

static bool read_yield(struct gen_attack_options *attack, const char *text)
{
    if (!gen_parse_share(text, &attack->yield_ppm))
        return false;
    attack->none_found = attack->yield_ppm == 0;
    return true;
}

static bool read_found(struct gen_attack_options *attack, const char *text)
{
    if (!u32_read(text, ATTACK_COUNT_MAX, &attack->found_count))
        return false;
    attack->none_found = attack->found_count == 0;
    return true;
}

/* Codes joined by "+", each of which shows that the password is right. */
static bool read_results(struct gen_attack_options *attack, const char *text)
{
    struct slice rest = slice_from_string(text);
    uint32_t count = 0, results[4];
    do {
        const struct slice part = part_next(&rest, '+');
        char digits[8];
        if (part.bytes == 0 || part.bytes >= sizeof digits || count == 4)
            return false;
        memcpy(digits, part.start, part.bytes);
        digits[part.bytes] = '\0';
        if (!u32_read(digits, UINT32_MAX, &results[count]))
            return false;
        const uint32_t index = gen_code_find(results[count]);
        if (index == GEN_CODES || !gen_codes[index].right)
            return false;
        count++;
    } while (rest.bytes > 0);
    memcpy(attack->results, results, count * sizeof results[0]);
    attack->results_count = count;
    return true;
}

static bool read_campaign(struct gen_attack_options *attack, const char *text)
{
    return gen_parse_count(text, UINT32_MAX, &attack->campaign);
}

static bool read_ipv6(struct gen_attack_options *attack, const char *text)
{
    uint32_t value;
    if (!u32_read(text, 1, &value))
        return false;
    attack->ipv6 = value == 1;
    return true;
}

static const struct attack_key {
    const char *name;
    bool (*read)(struct gen_attack_options *attack, const char *text);
    const char *wants;
} attack_keys[] = {
    {"tenant", read_tenant, "the number of a tenant, from 0"},
    {"tenants", read_tenants, "how many tenants"},
    {"start", read_start, "a date (2024-02-01, 2024-02-01T09:30) or a day of the log, from 0"},
    {"days", read_days, "how many days"},
    {"accounts", read_accounts, "how many accounts"},
    {"rate", read_rate, "attempts with a unit, for instance 30/m, 5/h or 120/d"},
    {"sources", read_sources, "how many source addresses"},
    {"passwords", read_passwords, "how many passwords"},
    {"wait", read_wait, "minutes between two passwords"},
    {"unknown", read_unknown, "how many names that do not exist, up to 1000000"},
    {"yield", read_yield, "a share of the accounts, for instance 1% or 0.01"},
    {"found", read_found, "how many accounts"},
    {"results", read_results, "up to four codes of a right password, for instance 0+50076+53003"},
    {"campaign", read_campaign, "a number"},
    {"ipv6", read_ipv6, "0 or 1"},
};
enum { ATTACK_KEYS = sizeof attack_keys / sizeof attack_keys[0] };

static const char *attack_key_name(size_t index)
{
    return index < ATTACK_KEYS ? attack_keys[index].name : NULL;
}

static enum status attack_set(struct gen_attack_options *attack, struct slice setting,
                              struct diagnostics *diagnostics)
{
    struct slice value = setting;
    const struct slice name = part_next(&value, '=');
    const size_t key = name_find(name, attack_key_name);
    if (key == SIZE_MAX)
        return unknown_name("attack parameter", name, attack_key_name, "G104", diagnostics);
    char text[ATTACK_VALUE_BYTES_MAX] = "";
    if (value.bytes < sizeof text)
        memcpy(text, value.start, value.bytes);
    if (!attack_keys[key].read(attack, text)) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G104", NULL, 0, 0,
                        "attack parameter %s=%.*s: wanted is %s", attack_keys[key].name,
                        (int)(value.bytes < 64 ? value.bytes : 64), value.start,
                        attack_keys[key].wants);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}

static enum status attack_append(struct gen_options *options,
                                 const struct gen_attack_options *attack,
                                 struct diagnostics *diagnostics)
{
    if (options->attacks_count >= GEN_ATTACKS_MAX) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G103", NULL, 0, 0,
                        "more than %d attacks in one log", GEN_ATTACKS_MAX);
        return STATUS_USAGE;
    }
    struct gen_attack_options *grown =
        realloc(options->attacks, (options->attacks_count + 1) * sizeof *grown);
    if (grown == NULL)
        return STATUS_NO_MEMORY;
    grown[options->attacks_count++] = *attack;
    options->attacks = grown;
    return STATUS_OK;
}

enum status gen_options_add_attack(struct gen_options *options, const char *text,
                                   struct diagnostics *diagnostics)
{
    struct slice rest = slice_from_string(text);
    const struct slice name = part_next(&rest, ':');
    const size_t profile = name_find(name, gen_profile_name);
    if (profile == SIZE_MAX)
        return unknown_name("attack profile", name, gen_profile_name, "G103", diagnostics);
    struct gen_attack_options attack = {.profile = (uint32_t)profile};
    while (rest.bytes > 0) {
        const enum status status = attack_set(&attack, part_next(&rest, ','), diagnostics);
        if (status != STATUS_OK)
            return status;
    }
    return attack_append(options, &attack, diagnostics);
}

/* ---- scenarios --------------------------------------------------------------------------- */

struct scenario {
    const char *name;
    const char *text;
    uint32_t people_count, days, signins_per_day_milli;
    bool is_noisy;
    const char *const *attacks; /* ends with NULL */
};

/* Midnight Blizzard's rise: February sprays at ten times January's volume (MSRC, 8 March 2024). */
static const char *const rise[] = {
    "midnight_blizzard:campaign=1,start=2024-01-01,days=31,accounts=80,rate=12/d,found=0",
    "midnight_blizzard:campaign=1,start=2024-02-01,days=29,accounts=130,rate=120/d,found=3,"
    "results=0+50076+53003",
    NULL,
};

static const char *const each[] = {
    "msolspray:start=8",
    "o365spray:start=9",
    "trevorspray:start=10",
    "teamfiltration:start=11",
    "credmaster:start=13",
    "go365:start=16",
    "botnet:start=7",
    "midnight_blizzard:start=7",
    "fasthttp:start=18",
    "peach_sandstorm:start=7",
    "noninteractive_botnet:start=9",
    NULL,
};

static const char *const nothing[] = {NULL};

static const struct scenario scenarios[] = {
    {"january-february", "two months, all noise, a distributed spray that grows tenfold", 1500, 60,
     700, true, rise},
    {"quiet", "four weeks of ordinary life with all noise and no attack", 2000, 28, 2000, true,
     nothing},
    {"every-profile", "four weeks with one attack of each profile, all noise", 3000, 28, 2000, true,
     each},
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

const char *gen_scenario_name(size_t scenario)
{
    return scenario < SCENARIOS ? scenarios[scenario].name : NULL;
}

const char *gen_scenario_text(size_t scenario)
{
    return scenario < SCENARIOS ? scenarios[scenario].text : NULL;
}

/* A larger scenario is attacked more; a smaller one has fewer people and the same attack, because
 * an attack on fewer accounts would be another one. */
static void attack_scale(struct gen_attack_options *attack, uint64_t scale_milli)
{
    if (scale_milli <= 1000)
        return;
    attack->accounts_count = (uint32_t)(attack->accounts_count * scale_milli / 1000);
    attack->rate_per_day = (uint32_t)(attack->rate_per_day * scale_milli / 1000);
}

enum status gen_options_set_scenario(struct gen_options *options, const char *name,
                                     uint32_t scale_milli, struct diagnostics *diagnostics)
{
    const size_t index = name_find(slice_from_string(name), gen_scenario_name);
    if (index == SIZE_MAX)
        return unknown_name("scenario", slice_from_string(name), gen_scenario_name, "G110",
                            diagnostics);
    const struct scenario *scenario = &scenarios[index];
    const uint64_t people = (uint64_t)scenario->people_count * scale_milli / 1000;
    if (people < 200 || people > GEN_PEOPLE_MAX) {
        diagnostics_add(diagnostics, SEVERITY_ERROR, "G111", NULL, 0, 0,
                        "scale %u.%03u gives %llu people; wanted are 200 to %d", scale_milli / 1000,
                        scale_milli % 1000, (unsigned long long)people, GEN_PEOPLE_MAX);
        return STATUS_USAGE;
    }
    options->people_count = (uint32_t)people;
    options->start_s = INT64_C(1704067200);
    options->days = scenario->days;
    options->signins_per_day_milli = scenario->signins_per_day_milli;
    options->traps = scenario->is_noisy ? GEN_TRAPS_ALL : 0;
    for (size_t i = 0; scenario->attacks[i] != NULL; i++) {
        const enum status status =
            gen_options_add_attack(options, scenario->attacks[i], diagnostics);
        if (status != STATUS_OK)
            return status;
        attack_scale(&options->attacks[options->attacks_count - 1], scale_milli);
    }
    return STATUS_OK;
}
