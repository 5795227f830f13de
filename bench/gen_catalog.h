/*
 * The constant world of the generator: names, places, networks, applications, user agents, codes.
 *
 * Tables only; immutable, any thread. All people, companies and networks are invented: addresses
 * come from ranges reserved for documentation, benchmarks and private use (RFC 5737, 2544, 6598,
 * 1918, 3849), which the generator treats as if they were routed. Identifiers of well-known
 * applications and the texts of result codes are those that Entra ID writes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum {
    GEN_FIRST_NAMES = 64,
    GEN_LAST_NAMES = 128,
    GEN_DOMAIN_HEADS = 16,
    GEN_DOMAIN_TAILS = 16,
    GEN_PLACES_PER_COUNTRY = 4,
    GEN_VERSIONS = 16, /* of a browser: one for every four weeks, then the last one stays */
};

struct gen_name {
    const char *display;
    const char *login; /* as in account names */
};
extern const struct gen_name gen_first_names[];
extern const struct gen_name gen_last_names[];
extern const char *const gen_domain_heads[GEN_DOMAIN_HEADS];
extern const char *const gen_domain_tails[GEN_DOMAIN_TAILS];

/* Accounts that every tenant has beside its people. */
enum gen_special {
    GEN_SPECIAL_LEGACY_TEST, /* no second factor, owned by nobody */
    GEN_SPECIAL_TEST,
    GEN_SPECIAL_QA,
    GEN_SPECIAL_SANDBOX,
    GEN_SPECIAL_OLD_ADMIN,
    GEN_SPECIAL_TRAINING,
    GEN_SPECIAL_RECEPTION,
    GEN_SPECIAL_ARCHIVE,
    GEN_SPECIAL_AUDIT,
    GEN_SPECIAL_BACKUP, /* from here on service accounts, which sign in by themselves */
    GEN_SPECIAL_SCANNER,
    GEN_SPECIAL_CRM,
    GEN_SPECIAL_COUNT
};
extern const struct gen_name gen_specials[GEN_SPECIAL_COUNT];

enum gen_country {
    GEN_US,
    GEN_GB,
    GEN_DE,
    GEN_FR,
    GEN_NL,
    GEN_ES,
    GEN_IT,
    GEN_PL,
    GEN_BR,
    GEN_IN,
    GEN_CA,
    GEN_SE,
    GEN_RO,
    GEN_COUNTRIES
};
struct gen_place {
    const char *city, *state, *latitude, *longitude;
};
extern const char gen_country_codes[GEN_COUNTRIES][3];
extern const struct gen_place gen_places[GEN_COUNTRIES][GEN_PLACES_PER_COUNTRY];
extern const int8_t gen_country_hours[GEN_COUNTRIES]; /* offset from UTC of its offices */

/* An autonomous system and its IPv4 block. `bits` is the number of host bits. */
struct gen_network {
    uint32_t asn;
    uint8_t country;
    uint8_t bits;
    uint32_t base;
};
enum { GEN_RESIDENTIAL = 16, GEN_CARRIERS = 13, GEN_HOSTERS = 6, GEN_CLOUDS = 4, GEN_RELAYS = 4 };
enum {
    GEN_NETWORK_RESIDENTIAL = 0,
    GEN_NETWORK_CARRIER = GEN_NETWORK_RESIDENTIAL + GEN_RESIDENTIAL,
    GEN_NETWORK_HOSTER = GEN_NETWORK_CARRIER + GEN_CARRIERS,
    GEN_NETWORK_CLOUD = GEN_NETWORK_HOSTER + GEN_HOSTERS, /* one provider's regions */
    GEN_NETWORK_RELAY = GEN_NETWORK_CLOUD + GEN_CLOUDS,   /* exits of an anonymising network */
    GEN_NETWORKS = GEN_NETWORK_RELAY + GEN_RELAYS
};
extern const struct gen_network gen_networks[GEN_NETWORKS];

/* What an application is to the log: who asks, for what, and how. */
struct gen_app {
    const char *id, *name, *resource_id, *resource_name;
};
enum gen_app_index {
    GEN_APP_OFFICE_HOME,
    GEN_APP_OUTLOOK_WEB,
    GEN_APP_TEAMS_WEB,
    GEN_APP_SHAREPOINT,
    GEN_APP_AZURE_PORTAL,
    GEN_APP_MY_APPS,
    GEN_APP_PEOPLE_PORTAL, /* the company's own, one id for all tenants */
    GEN_APP_EXPENSES,
    GEN_APP_OFFICE,
    GEN_APP_TEAMS,
    GEN_APP_ONEDRIVE,
    GEN_APP_WINDOWS_SIGN_IN,
    GEN_APP_AUTH_BROKER,
    GEN_APP_OUTLOOK_MOBILE,
    GEN_APP_TEAMS_MOBILE,
    GEN_APP_EXCHANGE,
    GEN_APP_AAD_POWERSHELL,
    GEN_APP_AAD_POWERSHELL_GRAPH,
    GEN_APP_AZURE_CLI,
    GEN_APP_O365_SUITE,
    GEN_APP_DEVICE_REGISTRATION,
    GEN_APP_AAD_PASSTHROUGH, /* the client of the Windows sign-in asking for the directory */
    GEN_APP_CRM_SYNC,        /* a service principal */
    GEN_APPS
};
extern const struct gen_app gen_apps[GEN_APPS];

/* A family of user agents. In the texts, `#` stands for the major version and `~` for a minor one.
 */
struct gen_agent {
    const char *agent, *system, *browser;
    uint16_t version_first; /* in the first month */
};
enum gen_agent_index {
    GEN_AGENT_EDGE_WINDOWS,
    GEN_AGENT_CHROME_WINDOWS,
    GEN_AGENT_FIREFOX_WINDOWS,
    GEN_AGENT_CHROME_MAC,
    GEN_AGENT_SAFARI_MAC,
    GEN_AGENT_SAFARI_IPHONE,
    GEN_AGENT_CHROME_ANDROID,
    GEN_AGENT_OFFICE_WINDOWS,
    GEN_AGENT_OFFICE_MAC,
    GEN_AGENT_TEAMS_WINDOWS,
    GEN_AGENT_ONEDRIVE,
    GEN_AGENT_OUTLOOK_IPHONE,
    GEN_AGENT_OUTLOOK_ANDROID,
    GEN_AGENT_BROKER_WINDOWS,
    GEN_AGENT_SERVER_EDGE,
    GEN_AGENT_SERVICE,
    GEN_AGENT_ACTIVESYNC,
    GEN_AGENT_POWERSHELL, /* from here on agents of spraying tools; versions do not move */
    GEN_AGENT_CHROME_104,
    GEN_AGENT_AUTODISCOVER,
    GEN_AGENT_AZUREAD_PROVIDER,
    GEN_AGENT_TEAMS_OLD,
    GEN_AGENT_CHROME_131,
    GEN_AGENT_FIREFOX_OLD,
    GEN_AGENT_MSIE_10,
    GEN_AGENT_CHROME_79,
    GEN_AGENT_CHROME_80_WIN7,
    GEN_AGENT_OUTLOOK_2016,
    GEN_AGENT_FASTHTTP,
    GEN_AGENT_GO_CLIENT,
    GEN_AGENT_NONE,
    GEN_AGENTS
};
extern const struct gen_agent gen_agents[GEN_AGENTS];

/* What the steps of an authentication say. */
enum gen_proof {
    GEN_PROOF_NONE,    /* no step is listed */
    GEN_PROOF_WRONG,   /* the password was wrong */
    GEN_PROOF_RIGHT,   /* it was right and enough */
    GEN_PROOF_STOPPED, /* it was right, then a second factor was wanted */
    GEN_PROOF_BLOCKED, /* it was right, then a policy said no */
};
struct gen_code {
    uint32_t code;
    uint8_t proof;
    bool right;          /* an attacker learns that the password is right */
    const char *reason;  /* failureReason and resultDescription */
    const char *details; /* additionalDetails; NULL: none */
};
enum gen_code_index {
    GEN_CODE_SUCCESS,
    GEN_CODE_WRONG_PASSWORD, /* 50126 */
    GEN_CODE_UNKNOWN_USER,   /* 50034 */
    GEN_CODE_LOCKED,         /* 50053 */
    GEN_CODE_EXPIRED,        /* 50055 */
    GEN_CODE_EXPIRED_ONPREM, /* 50144 */
    GEN_CODE_DISABLED,       /* 50057 */
    GEN_CODE_MFA_NEEDED,     /* 50074 */
    GEN_CODE_MFA_CHANGED,    /* 50076 */
    GEN_CODE_MFA_ENROL,      /* 50079 */
    GEN_CODE_MFA_DENIED,     /* 500121 */
    GEN_CODE_POLICY,         /* 53003 */
    GEN_CODE_DEVICE,         /* 53000 */
    GEN_CODE_DEVICE_STEP,    /* 50097 */
    GEN_CODE_STAY_SIGNED_IN, /* 50140 */
    GEN_CODE_NO_SESSION,     /* 50058 */
    GEN_CODE_CONSENT,        /* 65001 */
    GEN_CODE_NOT_ASSIGNED,   /* 50105 */
    GEN_CODE_TOKEN_EXPIRED,  /* 70043 */
    GEN_CODE_OUTAGE,         /* 90033 */
    GEN_CODE_SECRET,         /* 7000215 */
    GEN_CODES
};
extern const struct gen_code gen_codes[GEN_CODES];

/* The index of a code; GEN_CODES when the generator does not know it. */
uint32_t gen_code_find(uint32_t code);
