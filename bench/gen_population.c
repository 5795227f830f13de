#include "bench/gen_population.h"

#include <stdlib.h>

enum {
    POLICIES_MAX = 3,
    POLICY_BYTES_MAX = 320,
    AGENT_BYTES_MAX = 320, /* of one user agent, its system and browser */
    /* The five bits behind 2001:db8::/32 tell the networks apart: home networks have their index.
     */
    IPV6_OFFICE = 24,
    IPV6_HOSTER = 31,
};

_Static_assert((int)GEN_RESIDENTIAL <= (int)IPV6_OFFICE, "five bits tell the networks apart");
_Static_assert(GEN_TENANTS_MAX *GEN_SITES_PER_TENANT *GEN_OFFICE_ADDRESSES <= 1 << 17,
               "all offices fit in 198.18.0.0/15");

struct policy {
    const char *name;
    const char *grant;
    const char *session;
    bool wants_mfa;
    bool blocks;
};

/* The first one wants a second factor and the second one blocks; a tenant has both and perhaps one
 * of the others. */
static const struct policy policies[] = {
    {"Require MFA for all users", "\"Mfa\"", "", true, false},
    {"Block legacy authentication", "\"Block\"", "", false, true},
    {"Compliant device for administrators", "\"RequireCompliantDevice\"", "", false, false},
    {"Sign-in frequency", "", "\"SignInFrequency\"", false, false},
    {"Terms of use for guests", "\"TermsOfUse\"", "", false, false},
    {"App protection on phones", "\"RequireApprovedApp\",\"RequireCompliantApp\"", "", false,
     false},
    {"Limited downloads", "", "\"CloudAppSecurity\"", false, false},
};
enum { POLICIES_COUNT = sizeof policies / sizeof policies[0] };

/* Home countries of companies, the first most often. */
static const uint8_t tenant_countries[] = {GEN_US, GEN_DE, GEN_GB, GEN_US, GEN_FR,
                                           GEN_NL, GEN_US, GEN_SE, GEN_CA, GEN_ES};

static void policy_write(struct gen_text *text, const struct policy *policy, uint64_t id,
                         enum gen_policy_view view)
{
    const bool applies = (policy->wants_mfa && view != GEN_POLICY_NOT_APPLIED) ||
                         (policy->blocks && view == GEN_POLICY_BLOCKED);
    const bool failed = (policy->wants_mfa && view == GEN_POLICY_MFA_FAILED) ||
                        (policy->blocks && view == GEN_POLICY_BLOCKED);
    GEN_PUT(text, "{\"id\":\"");
    gen_text_uuid(text, hash_mix(id), hash_mix(id + 1));
    GEN_PUT(text, "\",\"displayName\":\"");
    gen_text_string(text, policy->name);
    GEN_PUT(text, "\",\"enforcedGrantControls\":[");
    gen_text_string(text, policy->grant);
    GEN_PUT(text, "],\"enforcedSessionControls\":[");
    gen_text_string(text, policy->session);
    GEN_PUT(text, "],\"result\":\"");
    gen_text_string(text, failed ? "failure" : applies ? "success" : "notApplied");
    if (applies)
        GEN_PUT(text, "\",\"conditionsSatisfied\":3,\"conditionsNotSatisfied\":0}");
    else
        GEN_PUT(text, "\",\"conditionsSatisfied\":1,\"conditionsNotSatisfied\":2}");
}

static void tenant_policies_write(struct gen_tenant *tenant, struct gen_text *text, uint64_t salt)
{
    const uint32_t extra = (uint32_t)(salt % 2);
    const uint32_t first = (uint32_t)((salt >> 8) % (POLICIES_COUNT - 2));
    for (int view = 0; view < GEN_POLICY_VIEWS; view++) {
        const char *start = text->at;
        gen_text_byte(text, '[');
        for (uint32_t i = 0; i < 2 + extra; i++) {
            const uint32_t index = i < 2 ? i : 2 + (first + i) % (POLICIES_COUNT - 2);
            if (i > 0)
                gen_text_byte(text, ',');
            policy_write(text, &policies[index], gen_mix(salt, index), (enum gen_policy_view)view);
        }
        gen_text_byte(text, ']');
        tenant->policies[view] = slice_of(start, (size_t)(text->at - start));
    }
}

static void tenant_init(struct gen_tenant *tenant, uint32_t index, uint64_t seed,
                        struct gen_text *text)
{
    const uint64_t salt = gen_mix(seed, UINT64_C(0x7e0a0000) + index);
    struct gen_text id = {.at = tenant->id};
    gen_text_uuid(&id, hash_mix(salt), hash_mix(salt + 1));
    *id.at = '\0';

    /* Names repeat after all pairs are used; a number then tells the domains apart. */
    const uint32_t pair = (index * 37 + (uint32_t)(seed % 256)) % 256;
    struct gen_text domain = {.at = tenant->domain};
    gen_text_string(&domain, gen_domain_heads[pair / 16]);
    gen_text_string(&domain, gen_domain_tails[pair % 16]);
    if (index >= 256)
        gen_text_number(&domain, index / 256 + 1);
    GEN_PUT(&domain, ".example");
    *domain.at = '\0';

    tenant->country = tenant_countries[salt % sizeof tenant_countries];
    tenant->names_offset = (uint32_t)(salt >> 16) % (GEN_FIRST_NAMES * GEN_LAST_NAMES);
    tenant_policies_write(tenant, text, salt >> 24);
}

/* Splits a tenant's people over its offices: most in the first, the rest evenly. */
static void tenant_sites_init(struct gen_population *population, uint32_t tenant_index,
                              bool one_address)
{
    struct gen_tenant *tenant = &population->tenants[tenant_index];
    const uint64_t salt = gen_mix(population->seed, UINT64_C(0x517e0000) + tenant_index);
    uint32_t count = 1 + (uint32_t)(salt % GEN_SITES_PER_TENANT);
    if (tenant->people_count < 200)
        count = 1;
    tenant->sites_first = tenant_index * GEN_SITES_PER_TENANT;
    tenant->sites_count = count;

    const uint32_t share = one_address ? 80 : 50;
    const uint32_t head = count == 1 ? tenant->people_count
                                     : (uint32_t)((uint64_t)tenant->people_count * share / 100);
    const uint32_t rest = count == 1 ? 0 : (tenant->people_count - head) / (count - 1);
    uint32_t first = tenant->people_first;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t site_salt = gen_mix(salt, i);
        struct gen_site *site = &population->sites[tenant->sites_first + i];
        site->tenant = tenant_index;
        site->people_first = first;
        site->people_count = i == 0           ? head
                             : i == count - 1 ? tenant->people_first + tenant->people_count - first
                                              : rest;
        first += site->people_count;
        site->asn = 65001 + (tenant->sites_first + i) % 400;
        site->country = i == 0 || site_salt % 2 == 0
                            ? tenant->country
                            : tenant_countries[(site_salt >> 8) % sizeof tenant_countries];
        site->place = (uint8_t)((site_salt >> 16) % GEN_PLACES_PER_COUNTRY);
        const uint32_t egress = 1 + site->people_count / 400;
        site->egress_count = (uint8_t)(egress < 4 ? egress : 4);
        if (one_address && i == 0)
            site->egress_count = 1;
        site->ipv6 = !(one_address && i == 0) && (site_salt >> 24) % 3 == 0;
    }
}

/* A home network in the country, the first one found from a random place on. */
static uint8_t home_network(uint8_t country, uint32_t from)
{
    for (uint32_t i = 0; i < GEN_RESIDENTIAL; i++) {
        const uint32_t index = GEN_NETWORK_RESIDENTIAL + (from + i) % GEN_RESIDENTIAL;
        if (gen_networks[index].country == country)
            return (uint8_t)index;
    }
    return GEN_NETWORK_RESIDENTIAL;
}

static void person_init(struct gen_person *person, uint32_t site_index, uint8_t country,
                        struct gen_random *random)
{
    static const uint8_t laptops[] = {
        GEN_AGENT_EDGE_WINDOWS, GEN_AGENT_EDGE_WINDOWS,   GEN_AGENT_EDGE_WINDOWS,
        GEN_AGENT_EDGE_WINDOWS, GEN_AGENT_CHROME_WINDOWS, GEN_AGENT_CHROME_WINDOWS,
        GEN_AGENT_CHROME_MAC,   GEN_AGENT_SAFARI_MAC,     GEN_AGENT_FIREFOX_WINDOWS};
    const bool iphone = gen_random_below(random, 100) < 58;
    person->site = site_index;
    person->home_network = home_network(country, gen_random_below(random, GEN_RESIDENTIAL));
    /* Homes are the even hosts: the odd ones are left to residential proxies. */
    person->home = gen_random_below(random, 1u << 19) * 2;
    person->laptop_agent = laptops[gen_random_below(random, sizeof laptops)];
    person->phone_agent = iphone ? GEN_AGENT_SAFARI_IPHONE : GEN_AGENT_CHROME_ANDROID;
    person->phone_mail_agent = iphone ? GEN_AGENT_OUTLOOK_IPHONE : GEN_AGENT_OUTLOOK_ANDROID;
    person->version_lag = (uint8_t)(gen_random_below(random, 10) == 0);
    person->mfa = gen_random_below(random, 100) < 93;
    person->ipv6_home = gen_random_below(random, 100) < 40;
    person->managed = gen_random_below(random, 100) < 85;
    person->has_left = gen_random_below(random, 100) < 2;
}

static void people_init(struct gen_population *population)
{
    struct gen_random random;
    gen_random_init(&random, population->seed, UINT64_C(0x9e091e));
    for (uint32_t s = 0; s < population->sites_count; s++) {
        const struct gen_site *site = &population->sites[s];
        for (uint32_t i = 0; i < site->people_count; i++)
            person_init(&population->people[site->people_first + i], s, site->country, &random);
    }
}

/* Copies a user agent's text with its versions put in. */
static struct slice agent_expand(struct gen_text *text, const char *pattern, uint32_t version)
{
    const char *start = text->at;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at == '#' || *at == '~')
            gen_text_number(text, version);
        else
            gen_text_byte(text, *at);
    }
    return slice_of(start, (size_t)(text->at - start));
}

static void agents_init(struct gen_population *population, struct gen_text *text)
{
    for (uint32_t a = 0; a < GEN_AGENTS; a++) {
        for (uint32_t v = 0; v < GEN_VERSIONS; v++) {
            const struct gen_agent *agent = &gen_agents[a];
            const uint32_t version = agent->version_first + v;
            population->agents[a][v] = (struct gen_agent_text){
                .agent = agent_expand(text, agent->agent, version),
                .system = agent_expand(text, agent->system, version),
                .browser = agent_expand(text, agent->browser, version),
            };
        }
    }
}

enum status gen_population_init(struct gen_population *population,
                                const struct gen_options *options, bool one_address)
{
    const uint32_t tenants_count = options->tenants_count;
    const size_t text_bytes =
        (size_t)tenants_count * GEN_POLICY_VIEWS * POLICIES_MAX * POLICY_BYTES_MAX +
        (size_t)GEN_AGENTS * GEN_VERSIONS * AGENT_BYTES_MAX;
    *population = (struct gen_population){
        .seed = options->seed,
        .tenants_count = tenants_count,
        .sites_count = tenants_count * GEN_SITES_PER_TENANT,
        .people_count = options->people_count,
        .tenants = calloc(tenants_count, sizeof(struct gen_tenant)),
        .sites = calloc((size_t)tenants_count * GEN_SITES_PER_TENANT, sizeof(struct gen_site)),
        .people = calloc(options->people_count, sizeof(struct gen_person)),
        .text = malloc(text_bytes),
    };
    if (population->tenants == NULL || population->sites == NULL || population->people == NULL ||
        population->text == NULL) {
        gen_population_deinit(population);
        return STATUS_NO_MEMORY;
    }
    struct gen_text text = {.at = population->text};
    agents_init(population, &text);
    for (uint32_t t = 0; t < tenants_count; t++) {
        struct gen_tenant *tenant = &population->tenants[t];
        const uint64_t people = population->people_count;
        tenant->people_first = (uint32_t)(people * t / tenants_count);
        tenant->people_count = (uint32_t)(people * (t + 1) / tenants_count) - tenant->people_first;
        tenant_init(tenant, t, population->seed, &text);
        tenant_sites_init(population, t, one_address);
    }
    people_init(population);
    return STATUS_OK;
}

void gen_population_deinit(struct gen_population *population)
{
    free(population->tenants);
    free(population->sites);
    free(population->people);
    free(population->text);
    *population = (struct gen_population){0};
}

/* ---- names ------------------------------------------------------------------------------- */

struct full_name {
    const struct gen_name *first;
    const struct gen_name *last;
    uint32_t repeat; /* 0: the first of this name */
};

/* Walks all pairs of names before one comes twice: the factor is odd and the count a power of two.
 */
static struct full_name person_name(const struct gen_tenant *tenant, uint32_t number)
{
    enum { PAIRS = GEN_FIRST_NAMES * GEN_LAST_NAMES };
    _Static_assert((PAIRS & (PAIRS - 1)) == 0, "an odd factor is a bijection");
    const uint32_t pair = (number * 2477u + tenant->names_offset) % PAIRS;
    return (struct full_name){
        .first = &gen_first_names[pair % GEN_FIRST_NAMES],
        .last = &gen_last_names[pair / GEN_FIRST_NAMES],
        .repeat = number / PAIRS,
    };
}

void gen_account_name(const struct gen_population *population, uint32_t tenant,
                      enum gen_account_kind kind, uint32_t number, struct gen_text *text)
{
    const struct gen_tenant *home = &population->tenants[tenant];
    if (kind == GEN_ACCOUNT_SPECIAL) {
        gen_text_string(text, gen_specials[number].login);
    } else if (kind == GEN_ACCOUNT_PRINCIPAL) {
        gen_text_string(text, gen_apps[number].name);
        return;
    } else {
        const struct full_name name = person_name(home, number);
        if (kind == GEN_ACCOUNT_UNKNOWN) {
            /* A form of name that this company does not use. */
            gen_text_byte(text, name.first->login[0]);
        } else {
            gen_text_string(text, name.first->login);
            gen_text_byte(text, '.');
        }
        gen_text_string(text, name.last->login);
        if (kind == GEN_ACCOUNT_UNKNOWN)
            gen_text_number(text, number);
        else if (name.repeat > 0)
            gen_text_number(text, name.repeat + 1);
    }
    gen_text_byte(text, '@');
    gen_text_string(text, home->domain);
}

void gen_account_display(const struct gen_population *population, uint32_t tenant,
                         enum gen_account_kind kind, uint32_t number, struct gen_text *text)
{
    if (kind == GEN_ACCOUNT_SPECIAL) {
        gen_text_string(text, gen_specials[number].display);
    } else if (kind == GEN_ACCOUNT_PRINCIPAL) {
        gen_text_string(text, gen_apps[number].name);
    } else if (kind == GEN_ACCOUNT_PERSON) {
        const struct full_name name = person_name(&population->tenants[tenant], number);
        gen_text_string(text, name.first->display);
        gen_text_byte(text, ' ');
        gen_text_string(text, name.last->display);
    }
}

/* ---- sources ----------------------------------------------------------------------------- */

static struct address address_ipv4(uint32_t value)
{
    struct address address = {.bytes = {[10] = 0xff, [11] = 0xff}};
    for (int i = 0; i < 4; i++)
        address.bytes[12 + i] = (uint8_t)(value >> (24 - 8 * i));
    return address;
}

/* 2001:db8::/32, then five bits for the network, 27 of prefix and the interface. */
static struct address address_ipv6(uint32_t network, uint64_t prefix, uint64_t interface)
{
    struct address address = {.bytes = {0x20, 0x01, 0x0d, 0xb8}};
    const uint32_t subnet = network << 27 | (uint32_t)(prefix & 0x07ffffff);
    for (int i = 0; i < 4; i++)
        address.bytes[4 + i] = (uint8_t)(subnet >> (24 - 8 * i));
    for (int i = 0; i < 8; i++)
        address.bytes[8 + i] = (uint8_t)(interface >> (56 - 8 * i));
    return address;
}

struct gen_source gen_source_network(uint32_t network, uint32_t host)
{
    const struct gen_network *block = &gen_networks[network];
    const uint32_t offset = host & ((1u << block->bits) - 1);
    return (struct gen_source){
        .address = address_ipv4(block->base + offset),
        .asn = block->asn,
        .country = block->country,
        /* Neighbours live in the same town. */
        .place =
            (uint8_t)(hash_mix((uint64_t)network << 32 | offset >> 10) % GEN_PLACES_PER_COUNTRY),
    };
}

struct gen_source gen_source_ipv6(uint32_t network, uint64_t prefix, uint64_t interface)
{
    struct gen_source source = gen_source_network(network, (uint32_t)prefix);
    const uint32_t bits = network < GEN_RESIDENTIAL ? network : IPV6_HOSTER;
    source.address = address_ipv6(bits, prefix, interface);
    return source;
}

struct gen_source gen_source_office_host(const struct gen_population *population, uint32_t site,
                                         uint32_t host)
{
    const struct gen_site *office = &population->sites[site];
    const uint32_t base = 198u << 24 | 18u << 16;
    return (struct gen_source){
        .address = address_ipv4(base + site * GEN_OFFICE_ADDRESSES + host),
        .asn = office->asn,
        .country = office->country,
        .place = office->place,
    };
}

struct gen_source gen_source_office(const struct gen_population *population, uint32_t site,
                                    uint64_t salt, bool is_new_egress)
{
    const struct gen_site *office = &population->sites[site];
    const uint32_t count = is_new_egress ? 1u : office->egress_count;
    const uint32_t first = is_new_egress ? GEN_OFFICE_EGRESS_NEW : GEN_OFFICE_EGRESS;
    struct gen_source source =
        gen_source_office_host(population, site, first + (uint32_t)(salt >> 8) % count);
    if (is_new_egress) {
        source.asn = 65401; /* the provider of the new VPN */
        source.place = (uint8_t)((office->place + 1) % GEN_PLACES_PER_COUNTRY);
    } else if (office->ipv6 && salt % 2 == 0) {
        source.address = address_ipv6(IPV6_OFFICE, site, gen_mix(population->seed, salt));
    }
    return source;
}

struct gen_source gen_source_home(const struct gen_population *population, uint32_t person,
                                  uint64_t salt)
{
    const struct gen_person *resident = &population->people[person];
    if (resident->ipv6_home && salt % 2 == 0)
        return gen_source_ipv6(resident->home_network,
                               gen_mix(resident->home, resident->home_network),
                               gen_mix(salt, resident->home));
    return gen_source_network(resident->home_network, resident->home);
}

struct gen_source gen_source_carrier(uint8_t country, uint32_t egress)
{
    return gen_source_network(GEN_NETWORK_CARRIER + (country < GEN_CARRIERS ? country : 0), egress);
}
