/*
 * Campaigns: findings that belong to one attack, told as one alert over its life.
 *
 * A finding joins the open campaign that already holds its attempts, its window, its sources or its
 * program; otherwise it opens a new one. Where a finding shows that two campaigns are one, the
 * younger is merged into the older. A right password joins as a *confirmed* account when it comes
 * from the campaign's sources or program, or, for an account that the campaign has tried, from
 * where everything is new to that account. Sign-ins are remembered for a while, so a password found
 * before the campaign was noticed is found, too.
 *
 * Owned by the report stage; takes findings in the order of event time, so everything here, ids
 * included, is a function of the input alone. Names are read by index from the order stage's
 * tables.
 */
#pragma once

#include "engine/base/table.h"
#include "engine/names.h"
#include "rules/ruleset.h"

enum {
    CAMPAIGN_LIST_MAX = 100, /* accounts and sources named in a document, in order of first try */
    CAMPAIGN_EVIDENCE_MAX = 10, /* sample records */
    CAMPAIGN_CONFIRMED_MAX = 10000,
    CAMPAIGN_SIGN_INS_MAX = 1 << 16, /* `sign_ins_max` where there is but one set of campaigns */
};

enum campaign_action { CAMPAIGN_OPENED, CAMPAIGN_UPDATED, CAMPAIGN_CLOSED };

/* How far an attack has come; a later stage may be reached without the earlier ones. */
enum campaign_stage {
    STAGE_ENUMERATION, /* it looks for names that exist */
    STAGE_SPRAY,       /* it tries passwords */
    STAGE_LOCKOUTS,    /* it locks accounts in numbers */
    STAGE_CONFIRMED,   /* it has found a password */
    STAGES_COUNT,
};

/* When a stage has not been reached. */
#define STAGE_NEVER INT64_MAX

enum campaign_end { CAMPAIGN_QUIET, CAMPAIGN_END_OF_INPUT, CAMPAIGN_MERGED };

/* Why a sign-in counts as the sprayer's. */
enum confirmed_by {
    CONFIRMED_BY_SOURCE,  /* from an address that sprayed */
    CONFIRMED_BY_AGENT,   /* with the program (user agent and client) that sprayed */
    CONFIRMED_BY_NEWNESS, /* tried by the campaign, then used from where all is new to it */
    CONFIRMED_BY_MEMORY,  /* from an address of a campaign that had ended before */
};

struct confirmed {
    struct member first; /* the sign-in that confirmed it */
    enum confirmed_by by;
    uint32_t sign_ins; /* right passwords seen, the first included */
    int64_t last_ns;
    bool is_unstopped; /* at least one of them was a full success */
};

struct name_list {
    uint32_t items[CAMPAIGN_LIST_MAX];
    uint32_t count; /* in items */
};

struct campaign {
    uint32_t number; /* 1, 2, 3 … in order of opening */
    uint64_t id[2];
    bool is_open;
    bool is_distributed;      /* a window of many sources has found it, too */
    bool is_specific;         /* a window of a source or program has found it, too */
    uint32_t merged_into;     /* number, or 0 */
    uint64_t detectors;       /* bit n: detector n of the ruleset */
    struct finding first;     /* the finding that opened it; its members are not kept */
    struct finding headline;  /* the first of the severest detector: what it is called */
    struct finding strongest; /* the one with the highest ratio to its baseline */
    int64_t start_ns, end_ns; /* first and last attempt */
    int64_t opened_ns, changed_ns;
    int64_t stages_ns[STAGES_COUNT]; /* when each was first seen; STAGE_NEVER */
    uint64_t attempts;
    uint64_t outcomes[OUTCOME_COUNT];
    struct table accounts;             /* account -> attempts */
    struct table sources;              /* address -> attempts */
    struct table agents;               /* user agent and client -> attempts */
    struct table user_agents, clients; /* each alone -> attempts */
    uint64_t top_agent;                /* the key with most attempts in `agents`; 0: none */
    struct table asns;                 /* ASN -> attempts */
    struct name_list first_accounts, first_sources;
    struct member evidence[CAMPAIGN_EVIDENCE_MAX];
    uint32_t evidence_count;
    struct confirmed *confirmed; /* in order of confirmation */
    uint32_t confirmed_count, confirmed_capacity;
    struct table confirmed_at;             /* account -> its index in `confirmed` */
    uint64_t told_attempts, told_accounts; /* when it was last told of */
    bool is_incomplete;                    /* memory ran out: distinct counts are lower bounds */
};

/* Hears of every change. The campaign is lent for the call. */
typedef void campaign_listener(void *listener, const struct campaign *campaign,
                               enum campaign_action action, enum campaign_end end, int64_t time_ns);

struct campaigns_options {
    int64_t quiet_ns;      /* a campaign without attempts for so long is closed */
    int64_t memory_ns;     /* how long accounts and sign-ins are remembered */
    struct slab *slab;     /* lent: what tables and lists take their memory from */
    uint32_t sign_ins_max; /* right passwords from unfamiliar places remembered; a power of two */
    campaign_listener *listen;
    void *listener;
};

struct campaigns;

STATUS_CHECKED enum status campaigns_create(struct campaigns **out,
                                            const struct campaigns_options *options,
                                            const struct ruleset *ruleset,
                                            const struct names *names);
void campaigns_destroy(struct campaigns *campaigns);

/* One finding with its members, in the order of `position`. */
void campaigns_take(struct campaigns *campaigns, const struct finding *finding,
                    const struct member *members);

/* When the next of the open campaigns falls quiet, if nothing more belongs to it; INT64_MAX: none
 * is open. */
int64_t campaigns_quiet_ns(struct campaigns *campaigns);

/* Event time has come to `now_ns`: campaigns that fell quiet before are closed. */
void campaigns_advance(struct campaigns *campaigns, int64_t now_ns);

/* Nothing follows: open campaigns are told a last time, as closed by the end of input. */
void campaigns_end(struct campaigns *campaigns);

/* What lasts beyond a run: since when the log was watched, and the addresses of campaigns that are
 * over, in no order, with when they were. Told of before the first finding and after the last. */
void campaigns_set_start(struct campaigns *campaigns, int64_t start_ns);
void campaigns_restore_known(struct campaigns *campaigns, uint32_t source, int64_t ended_ns);

typedef void campaigns_visitor(void *visitor, uint32_t source, int64_t ended_ns);
void campaigns_visit_known(const struct campaigns *campaigns, campaigns_visitor *visit,
                           void *visitor);

struct campaigns_counters {
    uint64_t opened, confirmed_accounts, merged;
    uint64_t findings;
    uint64_t untold; /* members or sign-ins not remembered for want of memory */
};
struct campaigns_counters campaigns_counters(const struct campaigns *campaigns);

/* "none", "mfa", "policy", "expired", "disabled": what stopped a sign-in with the right password.
 */
const char *confirmed_stopped_by(const struct confirmed *confirmed);
