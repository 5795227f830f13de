/*
 * The population: tenants with their policies, offices with their addresses, people with their
 * devices and homes. Built once from the seed, then immutable; sixteen bytes a person, everything
 * else about them is computed from their number when it is needed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/gen.h"
#include "bench/gen_catalog.h"
#include "bench/gen_random.h"
#include "bench/gen_text.h"
#include "engine/spine.h"

enum {
    GEN_SITES_PER_TENANT = 4,
    GEN_DOMAIN_BYTES_MAX = 40,
    /* Addresses of an office's block: egress before and after the VPN change, servers. */
    GEN_OFFICE_EGRESS = 0,
    GEN_OFFICE_EGRESS_NEW = 4,
    GEN_OFFICE_SERVER = 6,
    GEN_OFFICE_TERMINAL = 7,
    GEN_OFFICE_ADDRESSES = 8,
};

/* How the conditional access policies of a tenant judge a sign-in. */
enum gen_policy_view {
    GEN_POLICY_SATISFIED,
    GEN_POLICY_NOT_APPLIED,
    GEN_POLICY_MFA_FAILED,
    GEN_POLICY_BLOCKED,
    GEN_POLICY_VIEWS
};

struct gen_tenant {
    char id[37];
    char domain[GEN_DOMAIN_BYTES_MAX];
    uint8_t country;
    uint32_t names_offset; /* where its people begin in the table of names */
    uint32_t people_first;
    uint32_t people_count;
    uint32_t sites_first;
    uint32_t sites_count;
    struct slice policies[GEN_POLICY_VIEWS]; /* JSON arrays, in the population's text */
};

struct gen_site {
    uint32_t tenant;
    uint32_t people_first;
    uint32_t people_count;
    uint32_t asn;
    uint8_t country;
    uint8_t place;
    uint8_t egress_count;
    bool ipv6; /* dual stack: half of its sign-ins come over IPv6 */
};

struct gen_person {
    uint32_t site;
    uint32_t home; /* host number in the home network */
    uint8_t home_network;
    uint8_t laptop_agent;
    uint8_t phone_agent;
    uint8_t phone_mail_agent;
    uint8_t version_lag; /* how many versions behind its browser is */
    bool mfa;
    bool ipv6_home;
    bool managed;  /* the laptop is known to the directory */
    bool has_left; /* the account is disabled and nobody uses it */
};

/* Where a sign-in comes from. */
struct gen_source {
    struct address address;
    uint32_t asn;
    uint8_t country;
    uint8_t place;
};

struct gen_agent_text {
    struct slice agent;
    struct slice system;
    struct slice browser;
};

struct gen_population {
    uint64_t seed;
    uint32_t tenants_count;
    uint32_t sites_count;
    uint32_t people_count;
    struct gen_tenant *tenants;
    struct gen_site *sites;
    struct gen_person *people;
    struct gen_agent_text agents[GEN_AGENTS][GEN_VERSIONS];
    char *text; /* what the slices point into */
};

/* `one_address`: the first office of every tenant holds most of its people behind one address. */
STATUS_CHECKED enum status gen_population_init(struct gen_population *population,
                                               const struct gen_options *options, bool one_address);
void gen_population_deinit(struct gen_population *population);

enum gen_account_kind {
    GEN_ACCOUNT_PERSON,    /* number: within the tenant */
    GEN_ACCOUNT_SPECIAL,   /* number: enum gen_special */
    GEN_ACCOUNT_UNKNOWN,   /* number: any; a name that does not exist in the tenant */
    GEN_ACCOUNT_PRINCIPAL, /* number: an application, enum gen_app_index */
};

void gen_account_name(const struct gen_population *population, uint32_t tenant,
                      enum gen_account_kind kind, uint32_t number, struct gen_text *text);
void gen_account_display(const struct gen_population *population, uint32_t tenant,
                         enum gen_account_kind kind, uint32_t number, struct gen_text *text);

/* Sources. `salt` chooses among what is equally likely: a temporary IPv6 address, an egress. */
struct gen_source gen_source_office(const struct gen_population *population, uint32_t site,
                                    uint64_t salt, bool is_new_egress);
struct gen_source gen_source_office_host(const struct gen_population *population, uint32_t site,
                                         uint32_t host);
struct gen_source gen_source_home(const struct gen_population *population, uint32_t person,
                                  uint64_t salt);
struct gen_source gen_source_carrier(uint8_t country, uint32_t egress);
struct gen_source gen_source_network(uint32_t network, uint32_t host);
struct gen_source gen_source_ipv6(uint32_t network, uint64_t prefix, uint64_t interface);
