#include "bench/gen_noise.h"

enum {
    TERMINAL_PEOPLE = 200,
    GUEST_PEOPLE = 250,
    ECHO_PEOPLE = 3,
    ECHO_TYPOS = 12,
};

/* The repetitions of something periodic that fall into one minute. */
struct beats {
    int64_t begin, period;
    int64_t first, end; /* first <= n < end: begin + n * period lies in the minute */
};

static struct beats beats_in_minute(struct gen_window window, int64_t period, int64_t start)
{
    struct beats beats = {.begin = window.begin, .period = period};
    const int64_t from = start > window.begin ? start : window.begin;
    const int64_t minute_end = start + GEN_TICKS_PER_MINUTE;
    const int64_t until = minute_end < window.end ? minute_end : window.end;
    if (from >= until)
        return beats;
    beats.first = (from - window.begin + period - 1) / period;
    beats.end = (until - window.begin + period - 1) / period;
    return beats;
}

/* Time of a beat, a little late: timers and people are never exact. */
static int64_t beat_time(const struct beats *beats, int64_t n, uint64_t salt, int64_t late_seconds)
{
    return beats->begin + n * beats->period +
           (int64_t)(salt % (uint64_t)(late_seconds * GEN_TICKS_PER_SECOND));
}

static uint64_t beat_salt(const struct gen_noise *noise, enum gen_trap trap, int64_t begin,
                          int64_t n)
{
    return gen_mix(noise->population->seed ^ (uint64_t)begin, (uint64_t)trap << 48 | (uint64_t)n);
}

/* A person of the first tenant who still works there, the same for the same `n`. */
static uint32_t chosen_person(const struct gen_noise *noise, enum gen_trap trap, uint64_t n)
{
    const struct gen_tenant *tenant = &noise->population->tenants[0];
    const struct gen_person *people = &noise->population->people[tenant->people_first];
    uint32_t chosen = (uint32_t)(gen_mix(noise->population->seed + trap, n) % tenant->people_count);
    for (uint32_t i = 0; i < tenant->people_count && people[chosen].has_left; i++)
        chosen = (chosen + 1) % tenant->people_count;
    return tenant->people_first + chosen;
}

static void push(struct gen_noise *noise, struct gen_signin signin, enum gen_trap trap,
                 uint8_t code)
{
    signin.origin = 1 + (uint32_t)trap;
    signin.code = code;
    gen_queue_push(noise->queue, &signin);
}

/* A quarter of the people find their password expired, one after the other, and change it. */
static void expiry_day(struct gen_noise *noise, int64_t start)
{
    const struct gen_population *population = noise->population;
    const struct gen_tenant *tenant = &population->tenants[0];
    const int hours = gen_country_hours[tenant->country];
    const struct gen_window window =
        gen_calendar_window(noise->calendar, GEN_TRAP_EXPIRY_DAY, start, hours);
    const uint32_t count = tenant->people_count / 4;
    if (window.begin == window.end || count == 0)
        return;
    const struct beats beats = beats_in_minute(window, (window.end - window.begin) / count, start);
    for (int64_t n = beats.first; n < beats.end && n < count; n++) {
        const uint32_t person = tenant->people_first + (uint32_t)n * 4;
        if (population->people[person].has_left)
            continue;
        uint64_t salt = beat_salt(noise, GEN_TRAP_EXPIRY_DAY, window.begin, n);
        struct gen_signin signin =
            gen_people_laptop(noise->people, person, beat_time(&beats, n, salt, 60), salt);
        const bool moved = gen_calendar_is_after_vpn_change(noise->calendar, signin.time);
        signin.source = gen_source_office(population, population->people[person].site, salt, moved);
        const uint8_t code = salt >> 40 & 1 ? GEN_CODE_EXPIRED : GEN_CODE_EXPIRED_ONPREM;
        push(noise, signin, GEN_TRAP_EXPIRY_DAY, code);
        signin.time += (5 + (int64_t)(salt >> 44 & 15)) * GEN_TICKS_PER_SECOND;
        signin.salt = hash_mix(salt + 1);
        if (salt >> 41 & 1)
            push(noise, signin, GEN_TRAP_EXPIRY_DAY, code);
        signin.time += (60 + (int64_t)(salt >> 52 & 127)) * GEN_TICKS_PER_SECOND;
        signin.salt = hash_mix(salt + 2);
        push(noise, signin, GEN_TRAP_EXPIRY_DAY, GEN_CODE_SUCCESS);
    }
}

/* A phone knows an old password and tries it every five minutes, for days. */
static void stale_phone(struct gen_noise *noise, int64_t start)
{
    const struct gen_window window =
        gen_calendar_window(noise->calendar, GEN_TRAP_STALE_PHONE, start, 0);
    const struct beats beats = beats_in_minute(window, 5 * GEN_TICKS_PER_MINUTE, start);
    for (int64_t n = beats.first; n < beats.end; n++) {
        const uint32_t person = chosen_person(noise, GEN_TRAP_STALE_PHONE, (uint64_t)window.begin);
        const uint64_t salt = beat_salt(noise, GEN_TRAP_STALE_PHONE, window.begin, n);
        struct gen_signin signin =
            gen_people_phone(noise->people, person, beat_time(&beats, n, salt, 6), salt);
        const uint8_t country =
            noise->population->sites[noise->population->people[person].site].country;
        /* At home by night, with the carrier by day. */
        if (n / 96 % 3 == 0)
            signin.source = gen_source_home(noise->population, person, (uint64_t)n / 96 | 1);
        else
            signin.source = gen_source_carrier(country, (uint32_t)(n / 12 % 9) * 7 + country);
        signin.app = GEN_APP_EXCHANGE;
        signin.agent = GEN_AGENT_ACTIVESYNC;
        signin.flags = GEN_SIGNIN_BASIC | GEN_SIGNIN_PHONE;
        push(noise, signin, GEN_TRAP_STALE_PHONE,
             n % 30 >= 24 ? GEN_CODE_LOCKED : GEN_CODE_WRONG_PASSWORD);
    }
}

/* The secret was rotated, the programs were not told: an account and an application. */
static void service_secret(struct gen_noise *noise, int64_t start)
{
    const struct gen_window window =
        gen_calendar_window(noise->calendar, GEN_TRAP_SERVICE_SECRET, start, 0);
    const struct beats beats = beats_in_minute(window, 2 * GEN_TICKS_PER_MINUTE, start);
    for (int64_t n = beats.first; n < beats.end; n++) {
        const bool is_principal = n % 2 == 1;
        const uint64_t salt = beat_salt(noise, GEN_TRAP_SERVICE_SECRET, window.begin, n);
        const struct gen_signin signin = {
            .time = beat_time(&beats, n, salt, 2),
            .salt = salt,
            .chain = hash_mix(salt),
            .kind = is_principal ? GEN_ACCOUNT_PRINCIPAL : GEN_ACCOUNT_SPECIAL,
            .account = is_principal ? (uint32_t)GEN_APP_CRM_SYNC : (uint32_t)GEN_SPECIAL_CRM,
            .app = is_principal ? GEN_APP_CRM_SYNC : GEN_APP_AZURE_CLI,
            .agent = is_principal ? GEN_AGENT_NONE : GEN_AGENT_SERVICE,
            .flags = is_principal ? 0 : GEN_SIGNIN_ROPC,
            .source = gen_source_office_host(
                noise->population, noise->population->tenants[0].sites_first, GEN_OFFICE_SERVER),
        };
        push(noise, signin, GEN_TRAP_SERVICE_SECRET,
             is_principal ? GEN_CODE_SECRET : GEN_CODE_WRONG_PASSWORD);
    }
}

/* People of all tenants meet behind one address, in the daytime. */
static void guest_network(struct gen_noise *noise, int64_t start)
{
    const struct gen_population *population = noise->population;
    const struct gen_window window =
        gen_calendar_window(noise->calendar, GEN_TRAP_GUEST_NETWORK, start, 0);
    const int64_t hour = start / GEN_TICKS_PER_HOUR % 24;
    if (start < window.begin || start >= window.end || hour < 8 || hour >= 18)
        return;
    const uint32_t guests =
        population->people_count < GUEST_PEOPLE ? population->people_count : GUEST_PEOPLE;
    struct gen_setting setting = {
        .source = gen_source_network(GEN_NETWORK_RESIDENTIAL + 6, 9 * 1024 + 77),
        .origin = 1 + GEN_TRAP_GUEST_NETWORK,
    };
    /* Two visits in ten hours for each guest. */
    const uint32_t count =
        gen_random_events(&noise->people->random, ((uint64_t)guests * 2 << 32) / 600);
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t guest = gen_random_below(&noise->people->random, guests);
        const uint32_t person =
            (uint32_t)(gen_mix(population->seed ^ (uint64_t)window.begin, guest) %
                       population->people_count);
        const uint64_t late = gen_random_next(&noise->people->random);
        setting.agent = population->people[person].laptop_agent;
        gen_people_visit(noise->people, person,
                         start + (int64_t)(late % (uint64_t)GEN_TICKS_PER_MINUTE), &setting);
    }
}

/* Two hundred people work on one server. */
static void terminal_server(struct gen_noise *noise, int64_t start)
{
    const struct gen_population *population = noise->population;
    if (!gen_calendar_has(noise->calendar, GEN_TRAP_TERMINAL_SERVER))
        return;
    const uint32_t site_index = population->tenants[0].sites_first;
    const struct gen_site *site = &population->sites[site_index];
    const uint32_t hour = gen_calendar_hour_of_week(start, gen_country_hours[site->country]);
    if (!gen_calendar_is_workday(hour) || site->people_count == 0)
        return;
    const uint32_t count =
        site->people_count < TERMINAL_PEOPLE ? site->people_count : TERMINAL_PEOPLE;
    const struct gen_setting setting = {
        .source = gen_source_office_host(population, site_index, GEN_OFFICE_TERMINAL),
        .origin = 1 + GEN_TRAP_TERMINAL_SERVER,
        .agent = GEN_AGENT_SERVER_EDGE,
    };
    /* Two visits in three days for each of them. */
    const uint32_t visits =
        gen_random_events(&noise->people->random, ((uint64_t)count << 32) / 900);
    for (uint32_t i = 0; i < visits; i++) {
        const uint32_t person =
            site->people_first + gen_random_below(&noise->people->random, count);
        const uint64_t late = gen_random_next(&noise->people->random);
        gen_people_visit(noise->people, person,
                         start + (int64_t)(late % (uint64_t)GEN_TICKS_PER_MINUTE), &setting);
    }
}

/* A few people lock themselves out; their laptops and phones go on trying. */
static void lockout_echo(struct gen_noise *noise, int64_t start)
{
    const struct gen_population *population = noise->population;
    const struct gen_window window =
        gen_calendar_window(noise->calendar, GEN_TRAP_LOCKOUT_ECHO, start, 0);
    for (uint32_t i = 0; i < ECHO_PEOPLE; i++) {
        const struct gen_window own = {window.begin + i * 10 * GEN_TICKS_PER_MINUTE, window.end};
        const struct beats beats = beats_in_minute(own, 45 * GEN_TICKS_PER_SECOND, start);
        const uint32_t person =
            chosen_person(noise, GEN_TRAP_LOCKOUT_ECHO, (uint64_t)window.begin + i);
        const uint32_t site = population->people[person].site;
        for (int64_t n = beats.first; n < beats.end; n++) {
            const uint64_t salt = beat_salt(noise, GEN_TRAP_LOCKOUT_ECHO, own.begin, n);
            const int64_t time = beat_time(&beats, n, salt, 12);
            const bool moved = gen_calendar_is_after_vpn_change(noise->calendar, time);
            const bool is_phone = n >= ECHO_TYPOS && n % 3 == 1;
            struct gen_signin signin = is_phone
                                           ? gen_people_phone(noise->people, person, time, salt)
                                           : gen_people_laptop(noise->people, person, time, salt);
            if (is_phone)
                signin.source = gen_source_carrier(population->sites[site].country,
                                                   i * 7 + population->sites[site].country);
            else
                signin.source = gen_source_office(population, site, person, moved);
            push(noise, signin, GEN_TRAP_LOCKOUT_ECHO,
                 n < ECHO_TYPOS ? GEN_CODE_WRONG_PASSWORD : GEN_CODE_LOCKED);
        }
    }
}

void gen_noise_minute(struct gen_noise *noise, int64_t start)
{
    expiry_day(noise, start);
    stale_phone(noise, start);
    service_secret(noise, start);
    guest_network(noise, start);
    terminal_server(noise, start);
    lockout_echo(noise, start);
}
