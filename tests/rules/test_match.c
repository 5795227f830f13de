#include "rules/match.h"

#include <arpa/inet.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/timestamp.h"
#include "tests/support/check.h"

/* ---- events from words ----------------------------------------------------------------------- */

static const char *const dataset_names[] = {"entra.signin", "okta.system"};

/* The texts of an event's fields, and the event made of them. */
struct sample {
    char text[FIELD_COUNT][80]; /* "": absent */
    struct event event;
};

static uint32_t number_of(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

static void sample_set_source(struct event *event, const char *text)
{
    const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(event->source.bytes, mapped, sizeof(mapped));
    if (inet_pton(AF_INET, text, event->source.bytes + 12) != 1)
        assert_int_equal(inet_pton(AF_INET6, text, event->source.bytes), 1);
    event->flags |= EVENT_HAS_SOURCE;
}

/* Fills the event from the texts. */
static void sample_finish(struct sample *sample)
{
    struct event *const event = &sample->event;
    *event = (struct event){.dataset = 255};
    for (int i = 0; i < FIELD_COUNT; i++) {
        const char *const text = sample->text[i];
        if (text[0] == '\0')
            continue;
        switch (i) {
        case FIELD_SOURCE:
            sample_set_source(event, text);
            break;
        case FIELD_ASN:
            event->asn = number_of(text);
            break;
        case FIELD_COUNTRY:
            event->country = (uint16_t)((unsigned char)text[0] << 8 | (unsigned char)text[1]);
            break;
        case FIELD_INTERACTIVE:
            event->flags |= strcmp(text, "true") == 0 ? EVENT_INTERACTIVE : EVENT_NONINTERACTIVE;
            break;
        case FIELD_DATASET:
            event->dataset = strcmp(text, dataset_names[1]) == 0;
            break;
        case FIELD_OUTCOME:
            event->outcome = (uint8_t)outcome_by_name(slice_from_string(text));
            break;
        case FIELD_VERDICT:
            event->verdict = (uint8_t)verdict_by_name(slice_from_string(text));
            break;
        case FIELD_CODE:
            event->text[TEXT_CODE] = slice_from_string(text);
            break;
        default:
            if (field_text((enum event_field)i) != TEXT_COUNT)
                event->text[field_text((enum event_field)i)] = slice_from_string(text);
        }
    }
    /* What always has a value. */
    strcpy(sample->text[FIELD_OUTCOME], outcome_name(event->outcome));
    strcpy(sample->text[FIELD_VERDICT], verdict_name(event->verdict));
    strcpy(sample->text[FIELD_OUTCOME_ECS], outcome_ecs(event->outcome));
    strcpy(sample->text[FIELD_TIME], "1970-01-01T00:00:00.000Z");
}

/* Reads `field=value;field=value`. */
static void sample_read(struct sample *sample, const char *words)
{
    *sample = (struct sample){0};
    for (const char *at = words; *at != '\0';) {
        const size_t name = strcspn(at, "=");
        const size_t value = strcspn(at + name + 1, ";");
        const enum event_field field = field_by_name(slice_of(at, name));
        assert_true(field != FIELD_COUNT && value < sizeof(sample->text[0]));
        memcpy(sample->text[field], at + name + 1, value);
        at += name + 1 + value;
        at += *at == ';';
    }
    sample_finish(sample);
}

static struct ruleset *compile(const char *yaml)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const struct rule_text text = {.path = "test.yml", .text = slice_from_string(yaml)};
    struct ruleset *ruleset = NULL;
    const enum status status = ruleset_create_from_texts(&ruleset, &text, 1, &diagnostics);
    if (status != STATUS_OK) {
        diagnostics_print(&diagnostics, stderr);
        fprintf(stderr, "%s\n", yaml);
    }
    assert_int_equal(status, STATUS_OK);
    diagnostics_deinit(&diagnostics);
    assert_int_equal(ruleset_bind_datasets(ruleset, dataset_names, 2), STATUS_OK);
    return ruleset;
}

/* What matches, by the index of the rule: none of these rules is counted by a detector. */
static uint64_t match_bits(struct matcher *matcher, const struct subject *subject)
{
    const struct matches matches = matcher_match_record(matcher, subject);
    uint64_t bits = 0;
    for (size_t i = 0; i < matches.rules_count; i++)
        bits |= UINT64_C(1) << matches.rules[i];
    return bits;
}

static uint64_t match_event(struct matcher *matcher, const struct event *event)
{
    const struct subject subject = {.event = event};
    return match_bits(matcher, &subject);
}

static uint64_t match_once(const char *yaml, const struct event *event)
{
    struct ruleset *const ruleset = compile(yaml);
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    const uint64_t matched = match_event(matcher, event);
    /* The second time is answered from memory. */
    assert_true(match_event(matcher, event) == matched);
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
    return matched;
}

/* ---- operators ----------------------------------------------------------------------------------
 */

static const struct {
    bool matches;
    const char *items; /* of the selection, in flow style */
    const char *event;
} items[] = {
    /* whole values, without case */
    {true, "{user.name: alice}", "user.name=Alice"},
    {true, "{user.name: ALICE}", "user.name=alice"},
    {false, "{user.name: alice}", "user.name=alice2"},
    {false, "{user.name: alice}", "user.name=alic"},
    {false, "{user.name: alice}", ""},
    {true, "{user.name: [bob, alice]}", "user.name=alice"},
    {false, "{user.name: [bob, carol]}", "user.name=alice"},
    {false, "{user.name: \xc3\x84}", "user.name=\xc3\xa4"},
    {true, "{user.name: \xc3\x84x}", "user.name=\xc3\x84X"},
    /* wildcards and escapes */
    {true, "{user.name: 'a*'}", "user.name=ABC"},
    {true, "{user.name: '*c'}", "user.name=abc"},
    {true, "{user.name: '*b*'}", "user.name=abc"},
    {true, "{user.name: 'a*c'}", "user.name=ac"},
    {true, "{user.name: 'a?c'}", "user.name=abc"},
    {true, "{user.name: 'a?c'}",
     "user.name=a\xc3\xa4"
     "c"},
    {false, "{user.name: 'a??c'}",
     "user.name=a\xc3\xa4"
     "c"},
    {false, "{user.name: 'a?c'}", "user.name=ac"},
    {false, "{user.name: 'a*'}", "user.name=ba"},
    {false, "{user.name: '*c'}", "user.name=cb"},
    {true, "{user.name: '*'}", "user.name=x"},
    {false, "{user.name: '*'}", ""},
    {true, "{user.name: '\\*a'}", "user.name=*a"},
    {false, "{user.name: '\\*a'}", "user.name=ba"},
    {true, "{user.name: '\\?'}", "user.name=?"},
    {true, "{user.name: 'CORP\\bob'}", "user.name=corp\\bob"},
    {true, "{user.name: 'CORP\\\\bob'}", "user.name=corp\\bob"},
    {true, "{user.name: 'CORP\\\\*'}", "user.name=corp\\bob"},
    {false, "{user.name: 'CORP\\*'}", "user.name=corp\\bob"},
    {true, "{user.name: 'CORP\\*'}", "user.name=corp*"},
    {true, "{user.name: 'CORP\\\\\\*'}", "user.name=corp\\*"},
    {true, "{user.name: 'CORP\\\\\\\\x'}", "user.name=corp\\\\x"},
    {true, "{user.name: 'CORP\\'}", "user.name=corp\\"},
    {true, "{user.name: 'a.c'}", "user.name=a.c"},
    {false, "{user.name: 'a.*c'}", "user.name=abc"},
    {true, "{user.name: '*a(b)[c]{2}+^$|*'}", "user.name=xa(b)[c]{2}+^$|y"},
    {true, "{user.name: 'x*'}", "user.name=x\n"},
    {false, "{user.name: '*x'}", "user.name=x\n"},
    {true, "{user.name: 'a**b'}", "user.name=aXb"},
    /* modifiers of text */
    {true, "{user_agent.original|contains: AXIOS}", "user_agent.original=x axios/1"},
    {false, "{user_agent.original|contains: axios}", "user_agent.original=axi os"},
    {true, "{user_agent.original|contains: ['x y', axios]}", "user_agent.original=axios"},
    {true, "{user_agent.original|contains|all: [a, b]}", "user_agent.original=xbxa"},
    {false, "{user_agent.original|contains|all: [a, b]}", "user_agent.original=xax"},
    {true, "{user_agent.original|contains|all: [a, a]}", "user_agent.original=xax"},
    {true, "{user_agent.original|contains: 'a*b'}", "user_agent.original=xaybz"},
    {true, "{user_agent.original|contains: '\\*'}", "user_agent.original=a*b"},
    {false, "{user_agent.original|contains: '\\*'}", "user_agent.original=ab"},
    {true, "{user_agent.original|startswith: py}", "user_agent.original=Python"},
    {false, "{user_agent.original|startswith: py}", "user_agent.original=cpython"},
    {true, "{user_agent.original|endswith: /7}", "user_agent.original=curl/7"},
    {false, "{user_agent.original|endswith: /7}", "user_agent.original=curl/7.1"},
    {true, "{user.name|cased: Alice}", "user.name=Alice"},
    {false, "{user.name|cased: Alice}", "user.name=alice"},
    {false, "{user.name|contains|cased: LI}", "user.name=alice"},
    {true, "{user.name|cased|contains: li}", "user.name=alice"},
    {true, "{user.name|neq: bob}", "user.name=alice"},
    {false, "{user.name|neq: alice}", "user.name=alice"},
    {true, "{user.name|neq: alice}", ""},
    {false, "{user.name|neq: [bob, alice]}", "user.name=alice"},
    {true, "{user.name|contains|neq: x}", "user.name=alice"},
    {true, "{user.name|contains|all|neq: [a, x]}", "user.name=alice"},
    /* presence */
    {true, "{user.name|exists: true}", "user.name=a"},
    {false, "{user.name|exists: true}", ""},
    {true, "{user.name|exists: false}", ""},
    {false, "{user.name|exists: false}", "user.name=a"},
    {true, "{user.name: null}", ""},
    {true, "{user.name: ~}", ""},
    {false, "{user.name: null}", "user.name=a"},
    {true, "{user.name: 'null'}", "user.name=NULL"},
    {true, "{user.name: [null, a]}", "user.name=a"},
    {true, "{user.name: [null, a]}", ""},
    {false, "{user.name: ''}", ""},
    {false, "{user.name: ''}", "user.name=a"},
    {true, "{user.name|neq: null}", "user.name=a"},
    /* regular expressions */
    {true, "{user.name|re: '^a.*e$'}", "user.name=alice"},
    {false, "{user.name|re: '^A.*e$'}", "user.name=alice"},
    {true, "{user.name|re|i: '^A.*E$'}", "user.name=alice"},
    {true, "{user.name|re: 'li'}", "user.name=alice"},
    {true, "{user.name|re: '\\d{2}'}", "user.name=ab12"},
    {false, "{user.name|re: '\\d{3}'}", "user.name=ab12"},
    {true, "{user.name|re|m: '^b$'}", "user.name=a\nb"},
    {false, "{user.name|re: '^b$'}", "user.name=a\nb"},
    {true, "{user.name|re|s: 'a.b'}", "user.name=a\nb"},
    {false, "{user.name|re: 'a.b'}", "user.name=a\nb"},
    {true, "{user.name|re|ignorecase|multiline|dotall: '^B.C$'}", "user.name=a\nb\nc"},
    {true, "{user.name|re: ['x', 'a']}", "user.name=a"},
    {false, "{user.name|re|all: ['x', 'a']}", "user.name=a"},
    {true, "{user.name|re: '^(svc|adm)_'}", "user.name=adm_x"},
    {false, "{user.name|re: '^$'}", "user.name=a"},
    {false, "{user.name|re: '^$'}", ""},
    /* addresses */
    {true, "{source.ip: 198.51.100.7}", "source.ip=198.51.100.7"},
    {false, "{source.ip: 198.51.100.7}", "source.ip=198.51.100.70"},
    {true, "{source.ip: '::ffff:198.51.100.7'}", "source.ip=198.51.100.7"},
    {true, "{source.ip: '2001:DB8:0:0::1'}", "source.ip=2001:db8::1"},
    {true, "{source.ip: '198.51.*'}", "source.ip=198.51.100.7"},
    {true, "{source.ip|cidr: 198.51.100.0/24}", "source.ip=198.51.100.7"},
    {false, "{source.ip|cidr: 198.51.100.0/24}", "source.ip=198.51.101.7"},
    {true, "{source.ip|cidr: [10.0.0.0/8, '2001:db8::/32']}", "source.ip=2001:db8::9"},
    {false, "{source.ip|cidr: '2001:db8::/33'}", "source.ip=2001:db8:8000::9"},
    {true, "{source.ip|cidr: 0.0.0.0/0}", "source.ip=1.2.3.4"},
    {false, "{source.ip|cidr: 0.0.0.0/0}", "source.ip=2001:db8::9"},
    {false, "{source.ip|cidr: '::/0'}", ""},
    {false, "{source.ip|cidr: '::/0'}", "source.ip=1.2.3.4"},
    {true, "{source.ip|cidr: '::/0'}", "source.ip=2001:db8::9"},
    {true, "{source.ip|cidr: '::ffff:1.2.3.0/120'}", "source.ip=1.2.3.4"},
    {true, "{source.ip|cidr: 1.2.3.4}", "source.ip=1.2.3.4"},
    {true, "{source.ip|cidr|neq: 10.0.0.0/8}", "source.ip=1.2.3.4"},
    {true, "{source.ip/24: 198.51.100.0/24}", "source.ip=198.51.100.7"},
    {true, "{source.ip/24: null}", "source.ip=2001:db8::9"},
    {true, "{source.ip/64: '2001:db8::/64'}", "source.ip=2001:db8::9"},
    {true, "{source.ip/48: '2001:db8:1::/48'}", "source.ip=2001:db8:1:2::9"},
    {true, "{source.ip/48: null}", "source.ip=198.51.100.7"},
    /* numbers */
    {true, "{event.code: 50053}", "event.code=50053"},
    {true, "{event.code: '50053'}", "event.code=50053"},
    {true, "{event.code: 50053}", "event.code=0050053"},
    {false, "{event.code: '50053'}", "event.code=0050053"},
    {true, "{event.code: 0xC000006A}", "event.code=0xc000006a"},
    {false, "{user.name: 12}", "user.name=012"},
    {true, "{user.name: 12}", "user.name=12"},
    {true, "{event.code|gte: 50053}", "event.code=50053"},
    {true, "{event.code|gt: 50052.5}", "event.code=50053"},
    {false, "{event.code|gt: 50053}", "event.code=50053"},
    {true, "{event.code|lt: 50054}", "event.code=50053"},
    {true, "{event.code|lte: 50053}", "event.code=50053"},
    {false, "{event.code|lte: 50052}", "event.code=50053"},
    {false, "{event.code|lte: 50052}", "event.code=abc"},
    {false, "{event.code|lte: 50052}", ""},
    {true, "{event.code|lt|neq: 5}", "event.code=abc"},
    {true, "{event.code|lt: 0}", "event.code=-1"},
    {true, "{source.as.number: 64500}", "source.as.number=64500"},
    {true, "{source.as.number|gte: 64500}", "source.as.number=64501"},
    {true, "{source.as.number: null}", ""},
    {true, "{'@timestamp|lte': 0}", ""},
    {false, "{'@timestamp|gt': 0}", ""},
    {true, "{'@timestamp|startswith': '1970-'}", ""},
    /* words of the vocabulary */
    {true, "{spraywatch.outcome: locked}", "spraywatch.outcome=locked"},
    {true, "{spraywatch.outcome: Locked}", "spraywatch.outcome=locked"},
    {false, "{spraywatch.outcome: locked}", "spraywatch.outcome=success"},
    {true, "{event.outcome: failure}", "spraywatch.outcome=locked"},
    {true, "{event.outcome: unknown}", "spraywatch.outcome=interrupted"},
    {true, "{spraywatch.password: right}", "spraywatch.password=right"},
    {true, "{spraywatch.outcome|startswith: mfa}", "spraywatch.outcome=mfa_failed"},
    {true, "{spraywatch.interactive: true}", "spraywatch.interactive=true"},
    {true, "{spraywatch.interactive: 'false'}", "spraywatch.interactive=false"},
    {true, "{spraywatch.interactive: null}", ""},
    {true, "{event.dataset: entra.signin}", "event.dataset=entra.signin"},
    {false, "{event.dataset: entra.signin}", "event.dataset=okta.system"},
    {true, "{event.dataset: null}", ""},
    {true, "{source.geo.country_iso_code: de}", "source.geo.country_iso_code=DE"},
    {true, "{source.geo.country_iso_code: [fr, de]}", "source.geo.country_iso_code=DE"},
    {true, "{source.geo.country_iso_code: null}", ""},
    /* maps and lists */
    {true, "{user.name: a, event.code: 5}", "user.name=a;event.code=5"},
    {false, "{user.name: a, event.code: 5}", "user.name=a;event.code=6"},
    {true, "[{user.name: b}, {event.code: 6}]", "user.name=a;event.code=6"},
    {false, "[{user.name: b}, {event.code: 5}]", "user.name=a;event.code=6"},
    {true, "[[{user.name: b}], [{event.code: 6}, {event.code: 7}]]", "event.code=7"},
    {true, "{user.name|contains: a, user.name|endswith: b}", "user.name=cab"},
};

static void match_judges_items_as_sigma_says(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
        char yaml[1024];
        snprintf(yaml, sizeof(yaml), "title: T\ndetection:\n  s: %s\n  condition: s\n",
                 items[i].items);
        struct sample sample;
        sample_read(&sample, items[i].event);
        const bool matches = match_once(yaml, &sample.event) == 1;
        if (matches != items[i].matches) {
            fprintf(stderr, "%s on %s: wanted %d\n", items[i].items, items[i].event,
                    items[i].matches);
            failures++;
        }
    }
    assert_int_equal(failures, 0);
}

static void match_judges_conditions_as_sigma_says(void **state)
{
    (void)state;
    /* The event has a and b, and neither c nor _d. */
    static const struct {
        bool matches;
        const char *condition;
    } cases[] = {
        {true, "sel_a"},
        {false, "sel_c"},
        {true, "sel_a and sel_b"},
        {false, "sel_a and sel_c"},
        {true, "sel_c or sel_a"},
        {true, "not sel_c"},
        {true, "not not sel_a"},
        {true, "sel_c and sel_c or sel_a"},
        {false, "sel_c and (sel_c or sel_a)"},
        {true, "sel_a or sel_b and sel_c"},
        {true, "not sel_c and sel_a"},
        {false, "not (sel_c or sel_a)"},
        {true, "1 of sel_*"},
        {true, "any of sel_*"},
        {false, "all of sel_*"},
        {true, "all of sel_a*"},
        {false, "all of them"},
        {true, "1 of them"},
        {false, "1 of _*"},
        {false, "1 of *d"}, /* names that begin with `_` need a pattern that does; `d` is false */
        {true, "1 of *_a"},
        {true, "all of sel_a or sel_c"},
        {true, "not all of sel_*"},
        {true, "sel_a and not 1 of sel_c*"},
        {true, "['sel_c', 'sel_a']"},
        {true, "SEL_DUMMY or sel_a"},
        {true, "'sel_a AND sel_b'"},
        {true, "((sel_a)and(sel_b))"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char yaml[1024];
        snprintf(yaml, sizeof(yaml),
                 "title: T\ndetection:\n  sel_a: {user.name: x}\n  sel_b: {event.code: 5}\n"
                 "  sel_c: {user.name: y}\n  _d: {user.name: z}\n  d: {user.name: z}\n"
                 "  SEL_DUMMY: {user.name: z}\n  condition: %s\n",
                 cases[i].condition);
        struct sample sample;
        sample_read(&sample, "user.name=x;event.code=5");
        const bool matches = match_once(yaml, &sample.event) == 1;
        if (matches != cases[i].matches)
            fprintf(stderr, "%s\n", cases[i].condition);
        assert_int_equal(matches, cases[i].matches);
    }
}

/* ---- an independent matcher
 * ----------------------------------------------------------------------- */

enum { RANDOM_VALUES_MAX = 4, RANDOM_ITEMS_MAX = 3, RANDOM_SELECTIONS_MAX = 4, RANDOM_RULES = 8 };

enum random_operation {
    OP_PLAIN,
    OP_CONTAINS,
    OP_STARTSWITH,
    OP_ENDSWITH,
    OP_RE,
    OP_RE_I,
    OP_CIDR,
    OP_EXISTS,
    OP_NULL,
    OP_LT,
    OP_LTE,
    OP_GT,
    OP_GTE
};

struct random_item {
    enum event_field field;
    enum random_operation operation;
    bool all, neq, cased;
    char values[RANDOM_VALUES_MAX][40];
    int values_count;
};

struct random_selection {
    struct random_item items[RANDOM_ITEMS_MAX];
    int items_count;
    bool is_list; /* of one-item mappings: any of them */
};

struct random_rule {
    struct random_selection selections[RANDOM_SELECTIONS_MAX];
    int selections_count;
    char condition[512]; /* in prefix form for the naive evaluation: & | ! and digits */
};

static uint64_t random_state;

static unsigned random_below(unsigned bound)
{
    /* xorshift64* (Vigna, 2016) */
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static void random_text(char *text, const char *const *letters, unsigned letters_count,
                        unsigned length_max)
{
    text[0] = '\0';
    for (unsigned left = random_below(length_max + 1); left > 0; left--)
        strcat(text, letters[random_below(letters_count)]);
}

static const enum event_field random_fields[] = {
    FIELD_ACCOUNT, FIELD_ACCOUNT,     FIELD_USER_AGENT, FIELD_CLIENT_NAME, FIELD_SOURCE,
    FIELD_ASN,     FIELD_CODE,        FIELD_OUTCOME,    FIELD_VERDICT,     FIELD_OUTCOME_ECS,
    FIELD_COUNTRY, FIELD_INTERACTIVE, FIELD_DATASET,    FIELD_SESSION_ID,
};
enum { RANDOM_FIELDS_COUNT = sizeof(random_fields) / sizeof(random_fields[0]) };

static const char *const addresses[] = {"10.0.0.1", "10.0.1.1", "192.0.2.7", "2001:db8::1",
                                        "2001:db8:1::1"};
static const char *const networks[] = {"10.0.0.0/24",   "10.0.0.0/8",    "192.0.2.7/32",
                                       "2001:db8::/32", "2001:db8::/48", "0.0.0.0/0"};
static const char *const expressions[] = {"a",      "^a",       "b$",   "^a+b*$", "[ab][^a]",
                                          "(a|b)-", "^.{2,3}$", "A|-b", "\\*",    "^$"};

static void random_word(char *text, enum event_field field)
{
    static const char *const words[] = {"a", "b", "A", "B", "-", "ab", "\xc3\xa4", "*", "?", "\\"};
    static const char *const countries[] = {"DE", "FR", "de"};
    switch (field) {
    case FIELD_SOURCE:
        strcpy(text, addresses[random_below(5)]);
        break;
    case FIELD_ASN:
        sprintf(text, "%u", 1 + random_below(6));
        break;
    case FIELD_CODE:
        sprintf(text, "%s%u", random_below(4) == 0 ? "0" : "", random_below(6));
        break;
    case FIELD_OUTCOME:
        strcpy(text, outcome_name((enum outcome)random_below(OUTCOME_COUNT)));
        break;
    case FIELD_VERDICT:
        strcpy(text, verdict_name((enum verdict)random_below(VERDICT_COUNT)));
        break;
    case FIELD_OUTCOME_ECS:
        strcpy(text, random_below(2) == 0 ? "success" : "failure");
        break;
    case FIELD_COUNTRY:
        strcpy(text, countries[random_below(3)]);
        break;
    case FIELD_INTERACTIVE:
        strcpy(text, random_below(2) == 0 ? "true" : "false");
        break;
    case FIELD_DATASET:
        strcpy(text, dataset_names[random_below(2)]);
        break;
    default:
        random_text(text, words, 10, 4);
    }
}

static bool is_number_operator(enum random_operation operation)
{
    return operation >= OP_LT;
}

static void random_value(struct random_item *item, char *text)
{
    if (item->operation == OP_RE || item->operation == OP_RE_I)
        strcpy(text, expressions[random_below(10)]);
    else if (item->operation == OP_CIDR)
        strcpy(text, networks[random_below(6)]);
    else if (is_number_operator(item->operation))
        sprintf(text, "%u", random_below(6));
    else if (item->operation == OP_EXISTS)
        strcpy(text, random_below(2) == 0 ? "true" : "false");
    else
        random_word(text, item->field);
}

static void random_item(struct random_item *item)
{
    *item = (struct random_item){.field = random_fields[random_below(RANDOM_FIELDS_COUNT)]};
    item->operation = (enum random_operation)random_below(OP_GTE + 1);
    if ((item->operation == OP_CIDR) && item->field != FIELD_SOURCE)
        item->operation = OP_PLAIN;
    if (is_number_operator(item->operation) && item->field != FIELD_ASN &&
        item->field != FIELD_CODE)
        item->operation = OP_CONTAINS;
    item->neq = item->operation != OP_EXISTS && random_below(5) == 0;
    item->cased = item->operation <= OP_ENDSWITH && random_below(4) == 0;
    item->values_count = item->operation == OP_EXISTS || item->operation == OP_NULL
                             ? 1
                             : 1 + (int)random_below(RANDOM_VALUES_MAX);
    item->all = item->operation != OP_EXISTS && random_below(4) == 0;
    for (int i = 0; i < item->values_count; i++)
        random_value(item, item->values[i]);
}

static void random_condition(struct random_rule *rule, int depth)
{
    char *const at = rule->condition + strlen(rule->condition);
    const unsigned choice = depth == 0 ? 0 : random_below(4);
    if (choice == 0) {
        at[0] = (char)('0' + random_below((unsigned)rule->selections_count));
        at[1] = '\0';
        return;
    }
    at[0] = choice == 1 ? '!' : choice == 2 ? '&' : '|';
    at[1] = '\0';
    random_condition(rule, depth - 1);
    if (choice != 1)
        random_condition(rule, depth - 1);
}

static void random_rule(struct random_rule *rule)
{
    *rule = (struct random_rule){.selections_count = 1 + (int)random_below(RANDOM_SELECTIONS_MAX)};
    for (int i = 0; i < rule->selections_count; i++) {
        struct random_selection *const selection = &rule->selections[i];
        selection->is_list = random_below(3) == 0;
        selection->items_count = 1 + (int)random_below(RANDOM_ITEMS_MAX);
        for (int j = 0; j < selection->items_count; j++)
            random_item(&selection->items[j]);
    }
    random_condition(rule, 4);
}

/* ---- writing it down */

static void value_write(FILE *stream, const struct random_item *item, const char *value)
{
    const bool is_plain_number = value[0] >= '1' && value[0] <= '9' && value[1] == '\0';
    if (item->operation == OP_NULL)
        fputs("null", stream);
    else if (item->operation == OP_EXISTS || is_number_operator(item->operation) || is_plain_number)
        fputs(value, stream);
    else
        fprintf(stream, "'%s'", value);
}

static void item_write(FILE *stream, const struct random_item *item)
{
    static const char *const names[] = {"",      "|contains", "|startswith", "|endswith", "|re",
                                        "|re|i", "|cidr",     "|exists",     "",          "|lt",
                                        "|lte",  "|gt",       "|gte"};
    fprintf(stream, "'%s%s%s%s%s': ", field_name(item->field), names[item->operation],
            item->cased ? "|cased" : "", item->all ? "|all" : "", item->neq ? "|neq" : "");
    if (item->operation == OP_EXISTS) {
        value_write(stream, item, item->values[0]);
        return;
    }
    fputc('[', stream);
    for (int i = 0; i < item->values_count; i++) {
        fputs(i > 0 ? ", " : "", stream);
        value_write(stream, item, item->values[i]);
    }
    fputc(']', stream);
}

static const char *condition_write(FILE *stream, const char *prefix)
{
    if (*prefix >= '0' && *prefix <= '9') {
        fprintf(stream, "s%c", *prefix);
        return prefix + 1;
    }
    fputs(*prefix == '!' ? "not (" : "(", stream);
    const char *next = condition_write(stream, prefix + 1);
    if (*prefix != '!') {
        fputs(*prefix == '&' ? " and " : " or ", stream);
        next = condition_write(stream, next);
    }
    fputc(')', stream);
    return next;
}

static void rule_write(FILE *stream, const struct random_rule *rule)
{
    fprintf(stream, "---\ntitle: T\ndetection:\n");
    for (int i = 0; i < rule->selections_count; i++) {
        const struct random_selection *const selection = &rule->selections[i];
        fprintf(stream, "  s%d:\n", i);
        for (int j = 0; j < selection->items_count; j++) {
            fputs(selection->is_list ? "    - " : "    ", stream);
            item_write(stream, &selection->items[j]);
            fputc('\n', stream);
        }
    }
    fputs("  condition: ", stream);
    condition_write(stream, rule->condition);
    fputc('\n', stream);
}

/* ---- judging it, slowly */

static unsigned char folded(char byte, bool cased)
{
    return cased ? (unsigned char)byte : slice_fold_byte((unsigned char)byte);
}

static size_t character_bytes(const char *text)
{
    size_t bytes = 1;
    while (((unsigned char)text[bytes] & 0xc0) == 0x80)
        bytes++;
    return bytes;
}

/* The glob, read from Sigma's own writing as it goes. `open_end`: more may follow. */
static bool naive_glob(const char *glob, const char *text, bool cased, bool open_end)
{
    if (*glob == '\0')
        return open_end || *text == '\0';
    if (*glob == '*') {
        for (;; text++) {
            if (naive_glob(glob + 1, text, cased, open_end))
                return true;
            if (*text == '\0')
                return false;
        }
    }
    if (*text == '\0')
        return false;
    if (*glob == '?')
        return naive_glob(glob + 1, text + character_bytes(text), cased, open_end);
    if (*glob == '\\' && (glob[1] == '*' || glob[1] == '?' || glob[1] == '\\'))
        glob++;
    return folded(*glob, cased) == folded(*text, cased) &&
           naive_glob(glob + 1, text + 1, cased, open_end);
}

static bool naive_glob_anywhere(const char *glob, const char *text, bool cased, bool open_end)
{
    for (;; text++) {
        if (naive_glob(glob, text, cased, open_end))
            return true;
        if (*text == '\0')
            return false;
    }
}

static bool naive_regex(const char *expression, const char *text, bool ignores_case)
{
    regex_t regex;
    assert_int_equal(
        regcomp(&regex, expression, REG_EXTENDED | REG_NOSUB | (ignores_case ? REG_ICASE : 0)), 0);
    const bool matches = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

static bool naive_cidr(const char *network, const char *text)
{
    char address[64];
    const size_t bytes = strcspn(network, "/");
    memcpy(address, network, bytes);
    address[bytes] = '\0';
    unsigned char a[16], b[16];
    const int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;
    if (inet_pton(family, address, a) != 1 || inet_pton(family, text, b) != 1)
        return false;
    for (int bit = 0; bit < atoi(network + bytes + 1); bit++) {
        const int mask = 128 >> (bit % 8);
        if ((a[bit / 8] & mask) != (b[bit / 8] & mask))
            return false;
    }
    return true;
}

static bool naive_value(const struct random_item *item, const char *value, const char *text)
{
    const bool is_present = text[0] != '\0';
    if (item->operation == OP_NULL)
        return !is_present;
    if (item->operation == OP_EXISTS)
        return is_present == (strcmp(value, "true") == 0);
    if (!is_present)
        return false;
    const bool is_number = strspn(text, "0123456789") == strlen(text);
    switch (item->operation) {
    case OP_PLAIN:
        if ((item->field == FIELD_CODE || item->field == FIELD_ASN) && is_number &&
            value[0] >= '1' && value[0] <= '9' && value[1] == '\0' && atoi(text) == atoi(value))
            return true;
        return naive_glob(value, text, item->cased, false);
    case OP_CONTAINS:
        return naive_glob_anywhere(value, text, item->cased, true);
    case OP_STARTSWITH:
        return naive_glob(value, text, item->cased, true);
    case OP_ENDSWITH:
        return naive_glob_anywhere(value, text, item->cased, false);
    case OP_RE:
    case OP_RE_I:
        return naive_regex(value, text, item->operation == OP_RE_I);
    case OP_CIDR:
        return naive_cidr(value, text);
    case OP_LT:
        return is_number && atoi(text) < atoi(value);
    case OP_LTE:
        return is_number && atoi(text) <= atoi(value);
    case OP_GT:
        return is_number && atoi(text) > atoi(value);
    case OP_GTE:
        return is_number && atoi(text) >= atoi(value);
    default:
        return false;
    }
}

static bool naive_item(const struct random_item *item, const struct sample *sample)
{
    bool result = item->all;
    for (int i = 0; i < item->values_count; i++) {
        const bool holds = naive_value(item, item->values[i], sample->text[item->field]);
        result = item->all ? result && holds : result || holds;
    }
    return result != item->neq;
}

static bool naive_selection(const struct random_selection *selection, const struct sample *sample)
{
    bool result = !selection->is_list;
    for (int i = 0; i < selection->items_count; i++) {
        const bool holds = naive_item(&selection->items[i], sample);
        result = selection->is_list ? result || holds : result && holds;
    }
    return result;
}

static bool naive_condition(const struct random_rule *rule, const struct sample *sample,
                            const char **at)
{
    const char symbol = *(*at)++;
    if (symbol >= '0' && symbol <= '9')
        return naive_selection(&rule->selections[symbol - '0'], sample);
    const bool first = naive_condition(rule, sample, at);
    if (symbol == '!')
        return !first;
    const bool second = naive_condition(rule, sample, at);
    return symbol == '&' ? first && second : first || second;
}

static bool naive_rule(const struct random_rule *rule, const struct sample *sample)
{
    const char *at = rule->condition;
    return naive_condition(rule, sample, &at);
}

/* Two items of one mapping with the same key are not YAML. */
static bool rule_is_writable(const struct random_rule *rule)
{
    for (int i = 0; i < rule->selections_count; i++) {
        const struct random_selection *const selection = &rule->selections[i];
        for (int j = 0; j < selection->items_count; j++) {
            for (int k = 0; k < j; k++) {
                if (selection->items[j].field == selection->items[k].field && !selection->is_list)
                    return false;
            }
        }
    }
    return true;
}

static void random_sample(struct sample *sample)
{
    *sample = (struct sample){0};
    for (int i = 0; i < RANDOM_FIELDS_COUNT; i++) {
        const enum event_field field = random_fields[i];
        if (random_below(6) > 0)
            random_word(sample->text[field], field);
        if (field == FIELD_OUTCOME_ECS)
            sample->text[field][0] = '\0';
    }
    sample_finish(sample);
}

static void match_agrees_with_a_naive_matcher_on_random_rules(void **state)
{
    (void)state;
    enum { RULESETS = 80, EVENTS = 60 };
    size_t combinations = 0, matches = 0;
    for (uint64_t seed = 1; seed <= RULESETS; seed++) {
        random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
        struct random_rule rules[RANDOM_RULES];
        char *yaml = NULL;
        size_t bytes = 0;
        FILE *const stream = open_memstream(&yaml, &bytes);
        for (int i = 0; i < RANDOM_RULES; i++) {
            do {
                random_rule(&rules[i]);
            } while (!rule_is_writable(&rules[i]));
            rule_write(stream, &rules[i]);
        }
        fclose(stream);
        struct ruleset *const ruleset = compile(yaml);
        struct matcher *matcher = NULL;
        assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
        for (int i = 0; i < EVENTS; i++) {
            struct sample sample;
            random_sample(&sample);
            const uint64_t matched = match_event(matcher, &sample.event);
            for (int j = 0; j < RANDOM_RULES; j++) {
                const bool wanted = naive_rule(&rules[j], &sample);
                if (((matched >> j) & 1) != wanted) {
                    fprintf(stderr, "seed %llu, rule %d, event %d: wanted %d\n%s\n",
                            (unsigned long long)seed, j, i, wanted, yaml);
                    for (int k = 0; k < FIELD_COUNT; k++)
                        fprintf(stderr, "  %s: %s\n", field_name((enum event_field)k),
                                sample.text[k]);
                    fail();
                }
                combinations++;
                matches += wanted;
            }
        }
        matcher_destroy(matcher);
        ruleset_destroy(ruleset);
        free(yaml);
    }
    assert_true(combinations >= 20000);
    /* A generator whose rules never or always match would prove little. */
    assert_true(matches > combinations / 10 && matches < combinations / 10 * 9);
}

/* ---- memory -------------------------------------------------------------------------------------
 */

static void match_scans_each_distinct_value_once(void **state)
{
    (void)state;
    struct ruleset *const ruleset =
        compile("title: T\ndetection: {s: {user_agent.original|contains: axios}, condition: s}\n");
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    static const char *const agents[] = {"axios/1.7", "curl/8", "Mozilla/5.0"};
    for (int i = 0; i < 300; i++) {
        struct event event = {0};
        event.text[TEXT_USER_AGENT] = slice_from_string(agents[i % 3]);
        assert_int_equal(match_event(matcher, &event), i % 3 == 0);
    }
    assert_int_equal(matcher_counters(matcher).scans, 3);
    assert_int_equal(matcher_counters(matcher).remembered, 297);
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

static void match_stays_right_when_memory_is_full(void **state)
{
    (void)state;
    struct ruleset *const ruleset = compile("title: T\ndetection: {s: {user.name|endswith: '7', "
                                            "user.name|neq: 'u77'}, condition: s}\n");
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 60000; i++) {
            char name[64];
            const int bytes = snprintf(name, sizeof(name), "u%d", i);
            struct event event = {0};
            event.text[TEXT_ACCOUNT] = slice_of(name, (size_t)bytes);
            assert_int_equal(match_event(matcher, &event), i % 10 == 7 && i != 77);
        }
    }
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

static void match_takes_texts_of_any_length_and_content(void **state)
{
    (void)state;
    struct ruleset *const ruleset =
        compile("title: T\ndetection: {s: {user.name|contains: 'x?y'}, condition: s}\n");
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    enum { BYTES = 5000 };
    char *const text = malloc(BYTES);
    assert_non_null(text);
    for (size_t bytes = 1; bytes <= BYTES; bytes += 1 + bytes / 3) {
        memset(text, 'a', bytes);
        struct event event = {0};
        event.text[TEXT_ACCOUNT] = slice_of(text, bytes);
        assert_int_equal(match_event(matcher, &event), 0);
        if (bytes < 3)
            continue;
        memcpy(text + bytes - 3, "xay", 3);
        assert_int_equal(match_event(matcher, &event), 1);
        memcpy(text + bytes - 3,
               "x\xff"
               "y",
               3); /* no character */
        assert_int_equal(match_event(matcher, &event), 0);
        memcpy(text + bytes - 3, "x\0y", 3);
        assert_int_equal(match_event(matcher, &event), 1);
    }
    free(text);
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

static void match_settles_by_outcome_without_looking_at_texts(void **state)
{
    (void)state;
    struct ruleset *const ruleset =
        compile("title: T\ndetection: {s: {user_agent.original|contains: a, "
                "spraywatch.outcome: wrong_password}, condition: s}\nname: n\n"
                "---\ntitle: C\ncorrelation: {type: event_count, rules: n, group-by: source.ip, "
                "timespan: 1m, condition: {gte: 5}}\nspraywatch: {kind: count}\n");
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    struct event event = {.outcome = OUTCOME_SUCCESS};
    event.text[TEXT_USER_AGENT] = SLICE("abc");
    assert_int_equal(matcher_match(matcher, &event), 0);
    assert_int_equal(matcher_counters(matcher).scans, 0);
    event.outcome = OUTCOME_WRONG_PASSWORD;
    assert_int_equal(matcher_match(matcher, &event), 1);
    assert_int_equal(matcher_counters(matcher).scans, 1);
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

static void match_knows_no_dataset_before_names_are_bound(void **state)
{
    (void)state;
    const struct rule_text text = {
        .path = "t.yml",
        .text = SLICE("title: T\ndetection: {s: {event.dataset: entra.signin}, condition: s}\n")};
    for (int is_bound = 0; is_bound < 2; is_bound++) {
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        struct ruleset *ruleset = NULL;
        assert_int_equal(ruleset_create_from_texts(&ruleset, &text, 1, &diagnostics), STATUS_OK);
        diagnostics_deinit(&diagnostics);
        if (is_bound)
            assert_int_equal(ruleset_bind_datasets(ruleset, dataset_names, 2), STATUS_OK);
        struct matcher *matcher = NULL;
        assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
        const struct event event = {.dataset = 0};
        assert_int_equal(match_event(matcher, &event), is_bound);
        matcher_destroy(matcher);
        ruleset_destroy(ruleset);
    }
}

/* ---- what is extracted ----------------------------------------------------------------------- */

static void fields_are_those_that_can_be_asked_for(void **state)
{
    (void)state;
#define BIT(field) ((field_set)1 << FIELD_##field)
#define RULE(items) "title: T\nname: n\ndetection: {s: {" items "}, condition: s}\n"
#define COUNTS(group, field, extension)                                                            \
    "---\ntitle: C\ncorrelation: {type: value_count, rules: n, timespan: 1h, group-by: [" group    \
    "],\n  condition: {field: " field ", gte: 3}}\nspraywatch: {kind: " extension "}\n"
    static const char count[] = COUNTS("organization.id", "spraywatch.client.id", "count");
    static const char fanout[] = COUNTS("organization.id, source.ip", "user.name", "source_fanout");
    static const struct {
        const char *rule, *detector;
        field_set entra, okta;
    } cases[] = {
        {RULE("user.name: a"), "", BIT(ACCOUNT), BIT(ACCOUNT)},
        {RULE("user.name: a"), count, BIT(ACCOUNT) | BIT(TENANT) | BIT(CLIENT_ID),
         BIT(ACCOUNT) | BIT(TENANT) | BIT(CLIENT_ID)},
        /* What only events of one dataset can match is not read of others'. */
        {RULE("event.dataset: okta.system, user.name: a"), count, 0,
         BIT(DATASET) | BIT(ACCOUNT) | BIT(TENANT) | BIT(CLIENT_ID)},
        {RULE("event.dataset|startswith: okta, user.name: a"), "", 0, BIT(DATASET) | BIT(ACCOUNT)},
        /* A source fan-out counts sign-ins, too. */
        {RULE("event.dataset: okta.system, user_agent.original: a"), fanout,
         BIT(ACCOUNT) | BIT(TENANT) | BIT(SOURCE),
         BIT(DATASET) | BIT(USER_AGENT) | BIT(ACCOUNT) | BIT(TENANT) | BIT(SOURCE)},
    };
#undef COUNTS
#undef RULE
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char yaml[1024];
        snprintf(yaml, sizeof(yaml), "%s%s", cases[i].rule, cases[i].detector);
        struct ruleset *const ruleset = compile(yaml);
        struct matcher *matcher = NULL;
        assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
        assert_int_equal(matcher_fields(matcher, SLICE("entra.signin")), cases[i].entra);
        assert_int_equal(matcher_fields(matcher, SLICE("okta.system")), cases[i].okta);
        matcher_destroy(matcher);
        ruleset_destroy(ruleset);
    }
#undef BIT
}

/* ---- records ------------------------------------------------------------------------------------
 */

static const struct {
    bool matches;
    const char *items;
    const char *record;
} record_items[] = {
    /* names: a key as it stands, keys at the dots, lists */
    {true, "{ResultType: 50126}", "{\"ResultType\":\"50126\"}"},
    {true, "{ResultType: 50126}", "{\"ResultType\":50126}"},
    {true, "{ResultType: '50126'}", "{\"ResultType\":50126}"},
    {true, "{Level: 5}", "{\"Level\":5.0}"},
    {false, "{Level: 5}", "{\"Level\":\"5.0\"}"},
    {true, "{properties.riskState: atRisk}", "{\"properties\":{\"riskState\":\"atrisk\"}}"},
    {true, "{properties.riskState: atRisk}", "{\"properties.riskState\":\"atRisk\"}"},
    {true, "{a.b.c: x}", "{\"a\":{\"b\":{\"c\":\"x\"}}}"},
    {false, "{a.b.c: x}", "{\"a\":{\"b\":\"x\"}}"},
    {true, "{list: b}", "{\"list\":[\"a\",\"b\"]}"},
    {false, "{list: b}", "{\"list\":[\"a\",\"c\"]}"},
    {true, "{list: b}", "{\"list\":[[\"b\"]]}"},
    {true, "{'list|contains|all': [aa, bb]}", "{\"list\":[\"xaa\",\"bbx\"]}"},
    {true, "{target.displayName: Bob}",
     "{\"target\":[{\"displayName\":\"Al\"},{\"displayName\":\"Bob\"}]}"},
    {true, "{a.target.displayName: Bob}", "{\"a\":{\"target\":[{\"displayName\":\"Bob\"}]}}"},
    {true, "{'a.b|exists': true}", "{\"a\":[{\"c\":1},{\"b\":[]}]}"},
    {false, "{'a.b|exists': true}", "{\"a\":[{\"c\":1},{}]}"},
    {true, "{a.b: null}", "{\"a\":[{\"b\":[]}]}"},
    {true, "{flag: true}", "{\"flag\":true}"},
    {true, "{flag: 'True'}", "{\"flag\":true}"},
    {false, "{flag: true}", "{\"flag\":false}"},
    {true, "{name: \"a\\tb\"}", "{\"name\":\"a\\tb\"}"},
    {true, "{name: \"\xc3\xa4\"}", "{\"name\":\"\\u00e4\"}"},
    /* names that differ in case alone are one field, and both can be asked for */
    {true, "{resultType: 1, ResultType: 1}", "{\"ResultType\":1}"},
    {true, "{status.x: 1, Status.X: 1}", "{\"status\":{\"x\":1}}"},
    /* nothing, null and empty */
    {true, "{a: null}", "{}"},
    {true, "{a: null}", "{\"a\":null}"},
    {true, "{a: null}", "{\"a\":[]}"},
    {false, "{a: null}", "{\"a\":\"\"}"},
    {true, "{a: ''}", "{\"a\":\"\"}"},
    {false, "{a: ''}", "{\"a\":null}"},
    {false, "{a: ''}", "{}"},
    {true, "{'a|exists': true}", "{\"a\":null}"},
    {true, "{'a|exists': true}", "{\"a\":\"\"}"},
    {true, "{'a|exists': false}", "{\"b\":1}"},
    {false, "{'a|exists': false}", "{\"a\":\"x\"}"},
    {true, "{a: '*'}", "{\"a\":\"\"}"},
    {false, "{a: '*'}", "{\"a\":null}"},
    {true, "{'a|neq': x}", "{}"},
    {false, "{'a|neq': x}", "{\"a\":\"X\"}"},
    {true, "{a: [null, x]}", "{}"},
    /* base64 and its kin */
    {true, "{'a|base64': foo}", "{\"a\":\"Zm9v\"}"},
    {true, "{'a|base64offset|contains': foobar}", "{\"a\":\"Zm9vYmFy\"}"},
    {true, "{'a|base64offset|contains': foobar}", "{\"a\":\"eGZvb2Jhcg==\"}"},
    {true, "{'a|base64offset|contains': foobar}", "{\"a\":\"eHhmb29iYXJ4\"}"},
    {false, "{'a|base64offset|contains': foobar}", "{\"a\":\"eHhmb29Yb29i\"}"},
    {true, "{'a|wide|base64offset|contains': ping}", "{\"a\":\"cABpAG4AZwA=\"}"},
    {true, "{'a|utf16|base64': A}", "{\"a\":\"//5BAA==\"}"},
    {true, "{'a|utf16be|base64': A}", "{\"a\":\"AEE=\"}"},
    {true, "{'a|base64offset|contains|all': [foo, bar]}", "{\"a\":\"Zm9v YmFy\"}"},
    {false, "{'a|base64offset|contains|all': [foo, bar]}", "{\"a\":\"Zm9v\"}"},
    /* dashes */
    {true, "{'a|windash|contains': ' -f '}", "{\"a\":\"x /f y\"}"},
    {true, "{'a|windash|contains': ' -f '}",
     "{\"a\":\"x \xe2\x80\x93"
     "f y\"}"},
    {false, "{'a|windash|contains': ' -f '}", "{\"a\":\"x +f y\"}"},
    {true, "{'a|windash|contains': 'a-f'}", "{\"a\":\"a-f\"}"},
    {false, "{'a|windash|contains': 'a-f'}", "{\"a\":\"a/f\"}"},
    /* numbers, networks, times */
    {true, "{'n|gte': 5}", "{\"n\":5}"},
    {true, "{'n|lt': 5}", "{\"n\":\"4.5\"}"},
    {false, "{'n|lt': 5}", "{\"n\":\"four\"}"},
    {true, "{'ip|cidr': 10.0.0.0/8}", "{\"ip\":\"10.1.2.3\"}"},
    {true, "{'ip|cidr': 10.0.0.0/8}", "{\"ip\":\"::ffff:10.1.2.3\"}"},
    {true, "{'ip|cidr': 10.0.0.0/8}", "{\"ip\":\"10.1.2.3:443\"}"},
    {true, "{'ip|cidr': [192.0.2.0/24, 'fe80::/10']}", "{\"ip\":\"fe80::1\"}"},
    {false, "{'ip|cidr': 10.0.0.0/8}", "{\"ip\":\"11.1.2.3\"}"},
    {true, "{'t|hour': 23}", "{\"t\":\"2024-02-29T23:59:00Z\"}"},
    {true, "{'t|hour|gte': 22}", "{\"t\":\"2024-02-29T23:59:00Z\"}"},
    {true, "{'t|minute': 59}", "{\"t\":\"2024-02-29T23:59:00Z\"}"},
    {true, "{'t|day': 29}", "{\"t\":\"2024-02-29T23:59:00Z\"}"},
    {true, "{'t|month': 2}", "{\"t\":\"2024-02-29T23:59:00Z\"}"},
    {true, "{'t|year': 2024}", "{\"t\":\"2024-02-29T23:59:00Z\"}"},
    {true, "{'t|week': 9}", "{\"t\":\"2024-02-29T23:59:00Z\"}"},
    {true, "{'t|week': 53}", "{\"t\":\"2021-01-03T12:00:00Z\"}"},
    {true, "{'t|week': 1}", "{\"t\":\"2018-12-31T12:00:00Z\"}"},
    {false, "{'t|hour': 23}", "{\"t\":\"never\"}"},
    /* two fields */
    {true, "{'a|fieldref': b}", "{\"a\":\"X\",\"b\":\"x\"}"},
    {false, "{'a|fieldref|cased': b}", "{\"a\":\"X\",\"b\":\"x\"}"},
    {false, "{'a|fieldref': b}", "{\"a\":\"X\"}"},
    {true, "{'a|fieldref|neq': b}", "{\"a\":\"X\"}"},
    {true, "{'a|fieldref|startswith': b}", "{\"a\":\"abc\",\"b\":\"AB\"}"},
    {true, "{'a|fieldref|endswith': b}", "{\"a\":\"abc\",\"b\":\"BC\"}"},
    {true, "{'a|fieldref|contains': b}", "{\"a\":\"abc\",\"b\":\"b\"}"},
    {false, "{'a|fieldref|startswith': b}", "{\"a\":\"abc\",\"b\":\"BC\"}"},
    {true, "{'a|fieldref': b}", "{\"a\":[\"1\",\"2\"],\"b\":[\"3\",\"2\"]}"},
    /* expressions that Hyperscan knows roughly */
    {true, "{'a|re': 'x(?=y)'}", "{\"a\":\"axy\"}"},
    {false, "{'a|re': 'x(?=y)'}", "{\"a\":\"axz\"}"},
    {true, "{'a|re': '^(?!.*admin).*@'}", "{\"a\":\"bob@x\"}"},
    {false, "{'a|re': '^(?!.*admin).*@'}", "{\"a\":\"badmin@x\"}"},
    {true, "{'a|re|i': '(?<=\\.)EXE$'}", "{\"a\":\"b.exe\"}"},
    {false, "{'a|re|i': '(?<=\\.)EXE$'}", "{\"a\":\"bexe\"}"},
    {true, "{'a|re': '^(.)\\1$'}", "{\"a\":\"xx\"}"},
    {false, "{'a|re': '^(.)\\1$'}", "{\"a\":\"xy\"}"},
    {false, "{'a|re': '^a++a'}", "{\"a\":\"aaa\"}"},
    {false, "{'a|re': '^(?>a|ab)c'}", "{\"a\":\"abc\"}"},
    {true, "{'a|re': ['(?!)', 'b']}", "{\"a\":\"b\"}"},
    {true, "{'|re': 'w(?!0)[o0]rd'}", "{\"a\":\"word\"}"},
    {false, "{'|re': 'w(?!0)[o0]rd'}", "{\"a\":\"w0rd\"}"},
    /* keywords */
    {true, "word", "{\"a\":\"some WORDs\"}"},
    {false, "word", "{\"a\":\"wor d\"}"},
    {true, "[one, two]", "{\"a\":\"two\"}"},
    {true, "{'|all': [one, two]}", "{\"a\":\"two\",\"b\":\"one\"}"},
    {false, "{'|all': [one, two]}", "{\"a\":\"two\"}"},
    {true, "'CORP\\bob'", "{\"a\":\"corp\\\\bob\"}"},
    {true, "'say \"hi\"'", "{\"a\":\"say \\\"hi\\\"\"}"},
    {true, "[{a: x}, word]", "{\"a\":\"y\",\"b\":\"word\"}"},
    {true, "[{a: x}, word]", "{\"a\":\"x\"}"},
    {true, "{'|re': 'w[o0]rd'}", "{\"a\":\"w0rd\"}"},
    {true, "50126", "{\"a\":50126}"},
};

static void match_reads_fields_of_records_by_their_own_names(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < sizeof(record_items) / sizeof(record_items[0]); i++) {
        char yaml[512], record[512 + 128] = {0};
        snprintf(yaml, sizeof(yaml), "title: T\ndetection:\n  s: %s\n  condition: s\n",
                 record_items[i].items);
        snprintf(record, sizeof(record), "%s", record_items[i].record);
        struct ruleset *const ruleset = compile(yaml);
        struct matcher *matcher = NULL;
        assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
        const struct event event = {.dataset = 0};
        const struct subject subject = {
            .event = &event, .text = slice_from_string(record), .layout = LAYOUT_JSON_LINES};
        for (int round = 0; round < 2; round++) { /* the second is answered from memory */
            if ((match_bits(matcher, &subject) != 0) == record_items[i].matches)
                continue;
            fprintf(stderr, "%s on %s: wanted %d, round %d\n", record_items[i].items, record,
                    record_items[i].matches, round);
            failures++;
        }
        matcher_destroy(matcher);
        ruleset_destroy(ruleset);
    }
    assert_int_equal(failures, 0);
}

/* Three rules of three log sources, and one of any. */
static void match_asks_only_rules_of_the_events_log_source(void **state)
{
    (void)state;
    struct ruleset *const ruleset =
        compile("title: A\nlogsource: {product: azure, service: signinlogs}\n"
                "detection: {s: {ResultType: 50126}, condition: s}\n---\n"
                "title: B\nlogsource: {product: okta}\n"
                "detection: {s: {ResultType: null}, condition: s}\n---\n"
                "title: C\nlogsource: {category: authentication}\n"
                "detection: {s: {event.code: 50126}, condition: s}\n---\n"
                "title: D\ndetection: {s: {event.code: 50126}, condition: not s}\n");
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    struct event event = {.dataset = 0};
    event.text[TEXT_CODE] = SLICE("50126");
    assert_int_equal(match_event(matcher, &event), 1 | 4); /* ResultType by its alias */
    event.dataset = 1;
    assert_int_equal(match_event(matcher, &event), 2 | 4);
    event.dataset = 77; /* one without a name */
    assert_int_equal(match_event(matcher, &event), 4);
    event.text[TEXT_CODE] = SLICE("0");
    assert_int_equal(match_event(matcher, &event), 8);
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

/* A text for which looking ahead takes for ever: it ends, counts as not found, and is counted for
 * each event, since nothing of it is remembered. */
static void match_gives_up_searches_without_end(void **state)
{
    (void)state;
    struct ruleset *const ruleset = compile(
        "title: T\ndetection:\n  s: {'user.name|re': '^(?=(a|aa)+[bc])a'}\n  condition: s\n");
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    struct event event = {.dataset = 0};
    event.text[TEXT_ACCOUNT] =
        SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    for (unsigned i = 1; i <= 2; i++) {
        assert_int_equal(match_event(matcher, &event), 0);
        assert_int_equal(matcher_counters(matcher).given_up, i);
    }
    event.text[TEXT_ACCOUNT] = SLICE("aaaab");
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(match_event(matcher, &event), 1);
    assert_int_equal(matcher_counters(matcher).given_up, 2);
    assert_int_equal(matcher_counters(matcher).remembered, 1);
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

/* Names of many keys have many ways to their value; all of their aliases count. */
static void match_follows_every_alias(void **state)
{
    (void)state;
    static const struct {
        const char *field, *record;
    } cases[] = {
        {"properties.message", "{\"properties\":{\"message\":\"x\"}}"},
        {"properties.message", "{\"properties\":{\"status\":{\"failureReason\":\"x\"}}}"},
        {"properties.message", "{\"properties\":{\"status\":[{\"failureReason\":\"x\"}]}}"},
        {"properties.riskState", "{\"riskState\":\"x\"}"},
        {"properties.riskState", "{\"properties\":[{\"a\":1}],\"riskState\":\"x\"}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char yaml[256], record[512] = {0};
        snprintf(yaml, sizeof(yaml),
                 "title: T\nlogsource: {product: azure, service: signinlogs}\n"
                 "detection: {s: {%s: x}, condition: s}\n",
                 cases[i].field);
        snprintf(record, sizeof(record), "%s", cases[i].record);
        struct ruleset *const ruleset = compile(yaml);
        struct matcher *matcher = NULL;
        assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
        const struct event event = {.dataset = 0};
        const struct subject subject = {
            .event = &event, .text = slice_from_string(record), .layout = LAYOUT_JSON_LINES};
        assert_int_equal(match_bits(matcher, &subject), 1);
        matcher_destroy(matcher);
        ruleset_destroy(ruleset);
    }
}

static void filters_narrow_the_rules_they_name(void **state)
{
    (void)state;
    struct ruleset *const ruleset = compile(
        "title: F\nlogsource: {product: azure}\nfilter:\n  rules: [a]\n  s: {user.name: bob}\n"
        "  condition: not s\n---\n"
        "title: G\nlogsource: {product: okta}\nfilter:\n  rules: any\n  s: {user.name: al}\n"
        "  condition: not s\n---\n"
        "title: A\nname: a\nlogsource: {product: azure}\n"
        "detection: {s: {event.code: 1}, condition: s}\n---\n"
        "title: B\nlogsource: {product: okta, service: okta}\n"
        "detection: {s: {event.code: 1}, condition: s}\n");
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    static const struct {
        uint8_t dataset;
        const char *account;
        uint64_t wanted;
    } cases[] = {{0, "bob", 0}, {0, "al", 1}, {1, "bob", 2}, {1, "al", 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event event = {.dataset = cases[i].dataset};
        event.text[TEXT_CODE] = SLICE("1");
        event.text[TEXT_ACCOUNT] = slice_from_string(cases[i].account);
        assert_int_equal(match_event(matcher, &event), cases[i].wanted);
    }
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

static void shipped_rules_name_failures_and_right_passwords(void **state)
{
    (void)state;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    assert_int_equal(ruleset_create(&ruleset, NULL, &diagnostics), STATUS_OK);
    diagnostics_deinit(&diagnostics);
    struct matcher *matcher = NULL;
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    assert_string_equal(ruleset_rule_name(ruleset, 0), "credential_failure");
    assert_string_equal(ruleset_rule_name(ruleset, 1), "password_right");
    assert_string_equal(ruleset_rule_name(ruleset, 2), "account_locked");
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
            const struct event event = {.outcome = (uint8_t)outcome, .verdict = (uint8_t)verdict};
            const bool failed = outcome == OUTCOME_WRONG_PASSWORD ||
                                outcome == OUTCOME_UNKNOWN_ACCOUNT || outcome == OUTCOME_LOCKED;
            const uint64_t wanted = (failed ? 1 : 0) | (verdict == VERDICT_RIGHT ? 2 : 0) |
                                    (outcome == OUTCOME_LOCKED ? 4 : 0);
            assert_int_equal(matcher_match(matcher, &event), wanted);
        }
    }
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
}

/* The number of the entry that has an event, by its words: `field=value`. */
static void match_finds_the_first_allow_entry_in_force(void **state)
{
    (void)state;
    static const char yaml[] =
        "allow:\n"
        "  - {source.ip: [192.0.2.7, 198.51.100.0/24], user.name: 'svc-*', reason: r,\n"
        "     from: 2024-01-02, until: 2024-01-03}\n"
        "  - {source.ip: '2001:db8::/48', reason: r, until: 2024-01-04}\n"
        "  - {source.as.number: 64500, reason: r, until: never}\n"
        "  - {user_agent.original: 'pen?est/*', organization.id: T, reason: r, until: never}\n"
        "  - {user.name: SVC-A, reason: r, until: never}\n";
    static const struct {
        uint8_t wanted;
        const char *time, *source, *account, *agent, *tenant, *asn;
    } cases[] = {
        {1, "2024-01-02T12:00:00Z", "192.0.2.7", "svc-a", "", "", ""},
        {1, "2024-01-03T12:00:00Z", "198.51.100.200", "SVC-B", "", "", "64500"},
        {5, "2024-01-04T12:00:00Z", "192.0.2.7", "svc-a", "", "", ""}, /* the first is over */
        {5, "2024-01-01T12:00:00Z", "192.0.2.7", "svc-a", "", "", ""}, /* and has not begun */
        {0, "2024-01-02T12:00:00Z", "192.0.2.7", "bob", "", "", ""},   /* all fields must hold */
        {0, "2024-01-02T12:00:00Z", "192.0.2.8", "svc-b", "", "", ""},
        {0, "2024-01-02T12:00:00Z", "", "svc-b", "", "", ""}, /* what is absent does not hold */
        {2, "2024-01-04T12:00:00Z", "2001:db8::1", "bob", "", "", ""},
        {0, "2024-01-04T12:00:00Z", "2001:db8:1::1", "bob", "", "", ""},
        {3, "2030-01-01T12:00:00Z", "203.0.113.1", "bob", "", "", "64500"},
        {4, "2030-01-01T12:00:00Z", "203.0.113.1", "bob", "Pentest/2", "t", ""},
        {0, "2030-01-01T12:00:00Z", "203.0.113.1", "bob", "pentest/2", "u", ""},
    };
    const struct rule_text text = {.path = "test.yml", .text = slice_from_string(yaml)};
    struct diagnostics diagnostics;
    struct ruleset *ruleset = NULL;
    struct matcher *matcher = NULL;
    diagnostics_init(&diagnostics);
    assert_int_equal(ruleset_create_from_texts(&ruleset, &text, 1, &diagnostics), STATUS_OK);
    assert_int_equal(diagnostics.count, 0);
    assert_int_equal(matcher_create(&matcher, ruleset), STATUS_OK);
    assert_true(matcher_fields(matcher, SLICE("entra.signin")) ==
                (1u << FIELD_SOURCE | 1u << FIELD_ACCOUNT | 1u << FIELD_ASN |
                 1u << FIELD_USER_AGENT | 1u << FIELD_TENANT));
    assert_true(matcher_asks(matcher, FIELD_ASN) && !matcher_asks(matcher, FIELD_CLIENT_ID));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sample sample = {0};
        strcpy(sample.text[FIELD_SOURCE], cases[i].source);
        strcpy(sample.text[FIELD_ACCOUNT], cases[i].account);
        strcpy(sample.text[FIELD_USER_AGENT], cases[i].agent);
        strcpy(sample.text[FIELD_TENANT], cases[i].tenant);
        strcpy(sample.text[FIELD_ASN], cases[i].asn);
        sample_finish(&sample);
        assert_int_equal(timestamp_parse(slice_from_string(cases[i].time), &sample.event.time_ns),
                         TIMESTAMP_OK);
        const struct subject subject = {.event = &sample.event};
        assert_int_equal(matcher_match_record(matcher, &subject).allowance, cases[i].wanted);
    }
    matcher_destroy(matcher);
    ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match_judges_items_as_sigma_says),
        cmocka_unit_test(match_judges_conditions_as_sigma_says),
        cmocka_unit_test(match_agrees_with_a_naive_matcher_on_random_rules),
        cmocka_unit_test(fields_are_those_that_can_be_asked_for),
        cmocka_unit_test(match_reads_fields_of_records_by_their_own_names),
        cmocka_unit_test(match_asks_only_rules_of_the_events_log_source),
        cmocka_unit_test(match_gives_up_searches_without_end),
        cmocka_unit_test(match_follows_every_alias),
        cmocka_unit_test(filters_narrow_the_rules_they_name),
        cmocka_unit_test(match_finds_the_first_allow_entry_in_force),
        cmocka_unit_test(match_scans_each_distinct_value_once),
        cmocka_unit_test(match_stays_right_when_memory_is_full),
        cmocka_unit_test(match_takes_texts_of_any_length_and_content),
        cmocka_unit_test(match_settles_by_outcome_without_looking_at_texts),
        cmocka_unit_test(match_knows_no_dataset_before_names_are_bound),
        cmocka_unit_test(shipped_rules_name_failures_and_right_passwords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
