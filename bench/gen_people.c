#include "bench/gen_people.h"

enum { PPM = 1000000, CARRIER_EGRESS = 64, CARRIER_EGRESS_FEW = 2 };

/* Steps of an ordinary sign-in that the log shows as failures, in parts per million of visits. */
struct stumble {
    uint32_t ppm;
    uint8_t code;
    bool ends;     /* no success follows */
    bool mfa_done; /* the second factor is given just after */
    uint8_t seconds_min, seconds_max;
};

static const struct stumble stumbles[] = {
    {14000, GEN_CODE_MFA_NEEDED, false, true, 8, 45},
    {8000, GEN_CODE_MFA_CHANGED, false, true, 8, 45},
    {12000, GEN_CODE_STAY_SIGNED_IN, false, false, 3, 10},
    {7000, GEN_CODE_NO_SESSION, false, false, 2, 20},
    {3000, GEN_CODE_DEVICE_STEP, false, false, 2, 6},
    {3000, GEN_CODE_TOKEN_EXPIRED, false, false, 5, 60},
    {2000, GEN_CODE_MFA_DENIED, false, true, 30, 90},
    {1500, GEN_CODE_POLICY, true, false, 1, 1},
    {1000, GEN_CODE_CONSENT, false, false, 10, 40},
    {500, GEN_CODE_NOT_ASSIGNED, true, false, 1, 1},
    {500, GEN_CODE_DEVICE, true, false, 1, 1},
    {300, GEN_CODE_EXPIRED, false, false, 60, 250},
    {300, GEN_CODE_MFA_ENROL, false, true, 60, 250},
};

void gen_people_init(struct gen_people *people, const struct gen_population *population,
                     const struct gen_calendar *calendar, struct gen_queue *queue,
                     const struct gen_options *options)
{
    *people = (struct gen_people){
        .population = population,
        .calendar = calendar,
        .queue = queue,
        .noninteractive_ppm = options->noninteractive_ppm,
    };
    gen_random_init(&people->random, options->seed, UINT64_C(0x9e0971e));
    const uint64_t sum = gen_calendar_weight_sum();
    for (uint32_t hour = 0; hour < 168; hour++) {
        const uint64_t weekly = (uint64_t)options->signins_per_day_milli * 7;
        people->rates[hour] =
            (weekly * gen_calendar_weight(hour) << 32) / (UINT64_C(1000) * sum * 60);
    }
}

/* ---- one sign-in ------------------------------------------------------------------------- */

static struct gen_signin signin_of(const struct gen_people *people, uint32_t person, int64_t time,
                                   uint64_t salt)
{
    const struct gen_person *who = &people->population->people[person];
    const uint32_t tenant = people->population->sites[who->site].tenant;
    return (struct gen_signin){
        .time = time,
        .salt = salt,
        .chain = hash_mix(salt),
        .tenant = tenant,
        .account = person - people->population->tenants[tenant].people_first,
        .kind = GEN_ACCOUNT_PERSON,
        .version_lag = who->version_lag,
        .flags = who->mfa ? GEN_SIGNIN_MFA_CLAIM : 0,
    };
}

static void use_browser(struct gen_signin *signin, uint8_t agent, uint64_t salt)
{
    static const uint8_t apps[] = {GEN_APP_OFFICE_HOME, GEN_APP_OFFICE_HOME,   GEN_APP_OUTLOOK_WEB,
                                   GEN_APP_OUTLOOK_WEB, GEN_APP_TEAMS_WEB,     GEN_APP_SHAREPOINT,
                                   GEN_APP_SHAREPOINT,  GEN_APP_PEOPLE_PORTAL, GEN_APP_EXPENSES,
                                   GEN_APP_MY_APPS,     GEN_APP_AZURE_PORTAL};
    signin->app = apps[salt % sizeof apps];
    signin->agent = agent;
    signin->flags |= GEN_SIGNIN_BROWSER;
}

struct gen_signin gen_people_laptop(const struct gen_people *people, uint32_t person, int64_t time,
                                    uint64_t salt)
{
    struct client {
        uint8_t app, agent;
    };
    static const struct client windows[] = {
        {GEN_APP_OFFICE, GEN_AGENT_OFFICE_WINDOWS},
        {GEN_APP_TEAMS, GEN_AGENT_TEAMS_WINDOWS},
        {GEN_APP_ONEDRIVE, GEN_AGENT_ONEDRIVE},
        {GEN_APP_WINDOWS_SIGN_IN, GEN_AGENT_BROKER_WINDOWS},
        {GEN_APP_AUTH_BROKER, GEN_AGENT_BROKER_WINDOWS},
        {GEN_APP_DEVICE_REGISTRATION, GEN_AGENT_BROKER_WINDOWS},
    };
    const struct gen_person *who = &people->population->people[person];
    const bool is_mac =
        who->laptop_agent == GEN_AGENT_CHROME_MAC || who->laptop_agent == GEN_AGENT_SAFARI_MAC;
    struct gen_signin signin = signin_of(people, person, time, salt);
    const uint64_t draw = gen_mix(salt, 11);
    if (draw % 100 < 60) {
        use_browser(&signin, who->laptop_agent, draw >> 16);
    } else if (is_mac) {
        signin.app = draw >> 16 & 1 ? GEN_APP_OFFICE : GEN_APP_TEAMS;
        signin.agent = GEN_AGENT_OFFICE_MAC;
    } else {
        /* Device registration is rare: the last of the table gets a sixteenth. */
        const uint32_t roll = (uint32_t)(draw >> 16) % 16;
        const struct client *client = &windows[roll == 15 ? 5 : roll % 5];
        signin.app = client->app;
        signin.agent = client->agent;
    }
    if (who->managed)
        signin.flags |= GEN_SIGNIN_MANAGED;
    return signin;
}

struct gen_signin gen_people_phone(const struct gen_people *people, uint32_t person, int64_t time,
                                   uint64_t salt)
{
    const struct gen_person *who = &people->population->people[person];
    struct gen_signin signin = signin_of(people, person, time, salt);
    const uint64_t draw = gen_mix(salt, 12);
    signin.flags |= GEN_SIGNIN_PHONE;
    if (draw % 100 < 25) {
        use_browser(&signin, who->phone_agent, draw >> 16);
    } else {
        signin.app = draw >> 16 & 1 ? GEN_APP_OUTLOOK_MOBILE : GEN_APP_TEAMS_MOBILE;
        signin.agent = who->phone_mail_agent;
    }
    return signin;
}

/* ---- where it comes from ----------------------------------------------------------------- */

static void at_office(const struct gen_people *people, struct gen_signin *signin, uint32_t person)
{
    const struct gen_calendar *calendar = people->calendar;
    const struct gen_person *who = &people->population->people[person];
    const struct gen_site *site = &people->population->sites[who->site];
    const bool has_moved = gen_calendar_is_after_vpn_change(calendar, signin->time);
    /* A laptop keeps its egress and temporary address for the day. */
    const uint64_t day = (uint64_t)(signin->time / GEN_TICKS_PER_DAY);
    signin->source = gen_source_office(people->population, who->site,
                                       gen_mix(person, day << 1 | has_moved), has_moved);
    const uint32_t hour = gen_calendar_hour_of_week(signin->time, gen_country_hours[site->country]);
    if (has_moved && signin->time < calendar->vpn_change + GEN_TICKS_PER_DAY)
        signin->origin = 1 + GEN_TRAP_VPN_CHANGE;
    else if (gen_calendar_has(calendar, GEN_TRAP_NAT_MONDAY) && hour >= 7 && hour < 11 &&
             who->site % GEN_SITES_PER_TENANT == 0)
        signin->origin = 1 + GEN_TRAP_NAT_MONDAY;
}

static void at_home(const struct gen_people *people, struct gen_signin *signin, uint32_t person)
{
    const uint64_t day = (uint64_t)(signin->time / GEN_TICKS_PER_DAY);
    signin->source =
        gen_source_home(people->population, person, gen_mix(person, day << 8 | (signin->salt & 3)));
}

static void on_the_way(const struct gen_people *people, struct gen_signin *signin, uint32_t person)
{
    const struct gen_person *who = &people->population->people[person];
    const struct gen_site *site = &people->population->sites[who->site];
    const bool few = gen_calendar_has(people->calendar, GEN_TRAP_CARRIER_NAT);
    const uint32_t egress = few ? CARRIER_EGRESS_FEW : CARRIER_EGRESS;
    const uint64_t hour = (uint64_t)(signin->time / GEN_TICKS_PER_HOUR);
    signin->source = gen_source_carrier(
        site->country, (uint32_t)(gen_mix(person, hour) % egress) * 7 + site->country);
    if (few)
        signin->origin = 1 + GEN_TRAP_CARRIER_NAT;
}

static struct gen_signin visit_begin(struct gen_people *people, uint32_t person, int64_t time,
                                     const struct gen_setting *setting, bool is_work)
{
    const uint64_t salt = gen_random_next(&people->random);
    const uint32_t roll = gen_random_below(&people->random, 100);
    struct gen_signin signin;
    if (setting != NULL) {
        signin = gen_people_laptop(people, person, time, salt);
        use_browser(&signin, setting->agent, salt >> 32);
        signin.source = setting->source;
        signin.origin = setting->origin;
        signin.version_lag = 0;
    } else if (is_work ? roll < 80 : roll < 35) {
        signin = gen_people_laptop(people, person, time, salt);
        if (is_work && roll < 68)
            at_office(people, &signin, person);
        else
            at_home(people, &signin, person);
    } else {
        signin = gen_people_phone(people, person, time, salt);
        if (is_work ? roll < 88 : roll < 75)
            at_home(people, &signin, person);
        else if (is_work && roll < 94)
            at_office(people, &signin, person);
        else
            on_the_way(people, &signin, person);
    }
    return signin;
}

/* ---- visits ------------------------------------------------------------------------------ */

static void push(struct gen_people *people, struct gen_signin *signin, uint8_t code)
{
    signin->code = code;
    gen_queue_push(people->queue, signin);
    signin->salt = gen_random_next(&people->random);
}

static void wait_seconds(struct gen_people *people, struct gen_signin *signin, int64_t low,
                         int64_t high)
{
    signin->time += gen_random_between(&people->random, low * GEN_TICKS_PER_SECOND,
                                       high * GEN_TICKS_PER_SECOND);
}

/* On Monday mornings people have forgotten their passwords. */
static uint32_t typo_ppm(uint32_t hour_of_week)
{
    if (hour_of_week >= 7 && hour_of_week < 11)
        return 130000;
    return hour_of_week % 24 < 10 ? 44000 : 34000;
}

/* False when the person gives up. */
static bool mistype(struct gen_people *people, struct gen_signin *signin)
{
    const uint32_t roll = gen_random_below(&people->random, 100);
    const uint32_t count = roll < 76 ? 1 : roll < 95 ? 2 : 3;
    for (uint32_t i = 0; i < count; i++) {
        push(people, signin, GEN_CODE_WRONG_PASSWORD);
        wait_seconds(people, signin, 6, 40);
    }
    return gen_random_below(&people->random, 100) < 96;
}

static bool stumble(struct gen_people *people, struct gen_signin *signin)
{
    uint32_t roll = gen_random_below(&people->random, PPM);
    for (size_t i = 0; i < sizeof stumbles / sizeof stumbles[0]; i++) {
        const struct stumble *step = &stumbles[i];
        if (roll >= step->ppm) {
            roll -= step->ppm;
            continue;
        }
        if (step->mfa_done && (signin->flags & GEN_SIGNIN_MFA_CLAIM) == 0)
            return true;
        push(people, signin, step->code);
        wait_seconds(people, signin, step->seconds_min, step->seconds_max);
        if (step->mfa_done)
            signin->flags =
                (uint16_t)((signin->flags & ~GEN_SIGNIN_MFA_CLAIM) | GEN_SIGNIN_MFA_DONE);
        return !step->ends;
    }
    return true;
}

static void fail_in_outage(struct gen_people *people, struct gen_signin *signin)
{
    const uint32_t count = 1 + gen_random_below(&people->random, 3);
    signin->origin = 1 + GEN_TRAP_IDP_OUTAGE;
    for (uint32_t i = 0; i < count; i++) {
        if (!gen_calendar_open(people->calendar, GEN_TRAP_IDP_OUTAGE, signin->time))
            return;
        push(people, signin, GEN_CODE_OUTAGE);
        wait_seconds(people, signin, 15, 90);
    }
}

void gen_people_visit(struct gen_people *people, uint32_t person, int64_t time,
                      const struct gen_setting *setting)
{
    if (people->population->people[person].has_left)
        return;
    const struct gen_site *site =
        &people->population->sites[people->population->people[person].site];
    const uint32_t hour = gen_calendar_hour_of_week(time, gen_country_hours[site->country]);
    struct gen_signin signin =
        visit_begin(people, person, time, setting, gen_calendar_is_workday(hour));
    if (gen_calendar_open(people->calendar, GEN_TRAP_IDP_OUTAGE, time)) {
        fail_in_outage(people, &signin);
        return;
    }
    if (people->noninteractive_ppm > 0 &&
        gen_random_chance(&people->random, people->noninteractive_ppm)) {
        signin.flags |= GEN_SIGNIN_NONINTERACTIVE | GEN_SIGNIN_FIRST_CLAIM;
        const bool expired = gen_random_below(&people->random, 100) < 2;
        push(people, &signin, expired ? GEN_CODE_TOKEN_EXPIRED : GEN_CODE_SUCCESS);
        return;
    }
    const int64_t begin = signin.time;
    if (gen_random_chance(&people->random, typo_ppm(hour)) && !mistype(people, &signin))
        return;
    if (!stumble(people, &signin))
        return;
    /* Most visits that go well rest on an earlier one. */
    if (signin.time == begin && gen_random_below(&people->random, 100) < 65)
        signin.flags |= GEN_SIGNIN_FIRST_CLAIM;
    /* An outage may have begun since. */
    if (gen_calendar_open(people->calendar, GEN_TRAP_IDP_OUTAGE, signin.time))
        fail_in_outage(people, &signin);
    else
        push(people, &signin, GEN_CODE_SUCCESS);
}

/* ---- a minute ---------------------------------------------------------------------------- */

static int64_t time_in_minute(struct gen_people *people, int64_t start)
{
    return start +
           (int64_t)gen_random_below(&people->random, (uint32_t)(60 * GEN_TICKS_PER_SECOND));
}

static void site_minute(struct gen_people *people, const struct gen_site *site, int64_t start)
{
    const uint32_t hour = gen_calendar_hour_of_week(start, gen_country_hours[site->country]);
    const uint32_t count =
        gen_random_events(&people->random, people->rates[hour] * site->people_count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t person =
            site->people_first + gen_random_below(&people->random, site->people_count);
        gen_people_visit(people, person, time_in_minute(people, start), NULL);
    }
}

/* Programs sign in once an hour, around the clock. */
static void services_minute(struct gen_people *people, uint32_t tenant, int64_t start)
{
    const uint64_t minute = (uint64_t)(start / GEN_TICKS_PER_MINUTE);
    for (uint32_t special = GEN_SPECIAL_BACKUP; special < GEN_SPECIAL_COUNT; special++) {
        if ((minute + special * 17 + tenant) % 60 != 0)
            continue;
        struct gen_signin signin = {
            .time = time_in_minute(people, start),
            .salt = gen_random_next(&people->random),
            .chain = gen_random_next(&people->random),
            .tenant = tenant,
            .account = special,
            .kind = GEN_ACCOUNT_SPECIAL,
            .app = special == GEN_SPECIAL_CRM ? GEN_APP_AZURE_CLI : GEN_APP_EXCHANGE,
            .agent = GEN_AGENT_SERVICE,
            .flags = GEN_SIGNIN_ROPC,
            .source = gen_source_office_host(people->population,
                                             people->population->tenants[tenant].sites_first,
                                             GEN_OFFICE_SERVER),
        };
        if (gen_calendar_open(people->calendar, GEN_TRAP_IDP_OUTAGE, signin.time)) {
            fail_in_outage(people, &signin);
            continue;
        }
        /* The trap sends the failures of its account; until then and after it works. */
        if (special == GEN_SPECIAL_CRM &&
            gen_calendar_open(people->calendar, GEN_TRAP_SERVICE_SECRET, signin.time))
            continue;
        push(people, &signin, GEN_CODE_SUCCESS);
    }
}

void gen_people_minute(struct gen_people *people, int64_t start)
{
    const struct gen_population *population = people->population;
    for (uint32_t t = 0; t < population->tenants_count; t++) {
        const struct gen_tenant *tenant = &population->tenants[t];
        for (uint32_t s = 0; s < tenant->sites_count; s++)
            site_minute(people, &population->sites[tenant->sites_first + s], start);
        services_minute(people, t, start);
    }
}
