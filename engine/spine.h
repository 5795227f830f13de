/*
 * The types that flow through the program. Data only: read this file to understand the program.
 *
 *   input --block--> parse workers --update--> order --attempt--> detection --finding--> report
 *                    record > event           in time     window > threshold       campaigns
 *
 * | type    | what it is                                   | valid until                        |
 * | block   | raw bytes holding whole records only         | its worker returns it to the input |
 * | record  | slices of one record's fields                | the parser's next record           |
 * | event   | one normalized sign-in, as slices            | the parser's next record           |
 * | update  | an event reduced to fixed size, with hashes  | its batch goes back to the worker  |
 * | attempt | an update with names replaced by indices     | its batch goes back to `order`     |
 * | finding | what a detector has to say about one key     | the report has taken it            |
 *
 * Everything is passed on, nothing is shared: whoever pushes one of these to the next stage does
 * not look at it again. Times are nanoseconds since the epoch, UTC, and always the event's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/slice.h"

/* ---- block: input -> parse workers ------------------------------------------------------- */

/* How records lie in the bytes of a source. Found once per source, from its first bytes. Which
 * reader a layout has is said by `parsers/format.c`. */
enum layout {
    LAYOUT_JSON_LINES,  /* one JSON object a line; a damaged line ends at its line end */
    LAYOUT_JSON_STREAM, /* objects of any shape; a block holds objects, blanks and commas only */
    LAYOUT_CSV, /* rows of cells below a row of column names, which is in `source_view.header` */
    LAYOUT_XML_EVENTS, /* `<Event …>…</Event>`, with or without a root around them */
    LAYOUT_SYSLOG_LINES,
    LAYOUT_SYSLOG_FRAMES, /* the same with a length before each, as TCP carries them (RFC 6587) */
    LAYOUT_COUNT
};

enum { SCHEMA_NONE = UINT8_MAX };

/* The day on which a source begins. All 0: not known, or not needed. */
struct source_date {
    int32_t year;
    uint8_t month, day;
};

struct zone;

/* What the head of a source says about all of it. Made once per source by the input stage, from its
 * bytes alone; immutable from then on, and kept as long as the input. */
struct source_view {
    enum layout layout;
    uint8_t schema;      /* whose records it begins with, in the schema set; or SCHEMA_NONE */
    bool is_forced;      /* the user has named the schema: no record is looked for in another */
    struct slice header; /* what goes before all records, such as a row of column names; as written,
                            with readable bytes for vector loads behind; empty: nothing */
    bool is_header_told; /* the source has none: `header` is what the schema says of its columns */
    struct source_date date; /* for times without year */
    bool is_day_first;       /* of dates with slashes, the first number is the day */
    const struct zone *zone; /* of times that name none, where format or schema say so; NULL: UTC */
};

struct block {
    uint64_t sequence; /* position in the input: 0, 1, 2 … over all sources */
    uint32_t source;   /* index of the file (or standard input) it comes from */
    enum layout layout;
    const struct source_view *view; /* NULL: nothing is known but the layout */
    uint64_t offset;                /* of text[0], in the decompressed bytes of its source */
    uint64_t newlines_skipped; /* line ends between the previous block's last byte and this one */
    uint64_t records_too_long; /* records dropped before this block for exceeding --max-line */
    uint64_t records_broken;   /* pieces of damaged text dropped before this block */
    size_t bytes;              /* of whole records in `text` */
    size_t capacity;           /* of `text`; LIMIT_VECTOR_PADDING readable bytes lie behind it */
    char *text;
};

/* ---- record: parser -> schema ------------------------------------------------------------ */

enum { RECORD_FIELDS_MAX = 64 }; /* fields one schema can name; presence is one 64-bit mask */

enum value_kind {
    VALUE_ABSENT,
    VALUE_TEXT,   /* a string, without its quotes */
    VALUE_NUMBER, /* as written */
    VALUE_TRUE,
    VALUE_FALSE,
    VALUE_NULL,
    VALUE_NESTED, /* an object or array, brackets included */
    VALUE_TIME,   /* a time as written; what it means is in `record.time_ns` */
};

/* How a VALUE_TEXT that is not plain is written. `format_text` reads them all. */
enum value_escapes {
    ESCAPES_JSON, /* backslashes, as in RFC 8259, section 7 */
    ESCAPES_CSV,  /* a quote stands twice, as in RFC 4180 */
    ESCAPES_XML,  /* character and entity references */
};

struct field_value {
    struct slice text;
    enum value_kind kind;
    bool escaped;    /* VALUE_TEXT that still holds escapes … */
    uint8_t escapes; /* … and which: enum value_escapes */
};

struct record {
    struct slice text; /* the whole record; shorter when the parser stopped early is not possible */
    uint64_t offset;   /* of text.start within its block */
    uint64_t newlines; /* line ends in the block before the record */
    uint64_t present;  /* bit n: values[n] was found */
    int64_t time_ns;   /* of the VALUE_TIME, when there is one */
    struct field_value values[RECORD_FIELDS_MAX];
};

/* ---- event: schema -> matcher, `normalize` ----------------------------------------------- */

/* What the identity provider answered. */
enum outcome {
    OUTCOME_SUCCESS,
    OUTCOME_WRONG_PASSWORD,
    OUTCOME_UNKNOWN_ACCOUNT,
    OUTCOME_LOCKED,
    OUTCOME_DISABLED,
    OUTCOME_EXPIRED_PASSWORD,
    OUTCOME_MFA_REQUIRED,
    OUTCOME_MFA_FAILED,
    OUTCOME_BLOCKED_BY_POLICY,
    OUTCOME_INTERRUPTED,
    OUTCOME_OTHER_FAILURE,
    OUTCOME_COUNT
};

/* What that answer reveals about the password that was tried. */
enum verdict { VERDICT_UNKNOWN, VERDICT_RIGHT, VERDICT_WRONG, VERDICT_UNTESTED, VERDICT_COUNT };

/* The text fields of an event. `engine/base/vocabulary.h` gives their ECS names. */
enum event_text {
    TEXT_ACCOUNT, /* canonical: what is counted */
    TEXT_TENANT,
    TEXT_USER_AGENT,
    TEXT_CLIENT_ID, /* the application that asked */
    TEXT_SOURCE_HOST,
    TEXT_CLIENT_NAME,
    TEXT_RESOURCE_NAME,
    TEXT_PROTOCOL,
    TEXT_COUNTED, /* the texts above can be keys of windows, the ones below cannot */
    TEXT_ACCOUNT_RAW = TEXT_COUNTED, /* as written */
    TEXT_ACCOUNT_ID,
    TEXT_EVENT_ID,
    TEXT_CORRELATION_ID,
    TEXT_SESSION_ID,
    TEXT_CODE, /* the provider's code, as written */
    TEXT_REASON,
    TEXT_COUNT
};

struct address {
    uint8_t bytes[16]; /* network order; IPv4 as ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2) */
};

enum event_flags {
    EVENT_HAS_SOURCE = 1u << 0, /* `source` is set: absent is absent, not 0.0.0.0 */
    EVENT_HAS_CODE = 1u << 1,
    EVENT_INTERACTIVE = 1u << 2, /* a person was there, as far as the log tells */
    EVENT_NONINTERACTIVE = 1u << 3,
    EVENT_VERDICT_PROVEN = 1u << 4, /* the log says so itself; not inferred from the code */
    EVENT_SOURCE_IPV6 = 1u << 5,    /* set by the order stage */
    EVENT_BY_HOST = 1u << 6, /* of an attempt that may have a second record: this one is by the */
    EVENT_BY_AUTHORITY = 1u << 7, /* computer signed in to; by the one that knows the password */
};

struct event {
    int64_t time_ns;
    struct address source;
    uint32_t asn;                  /* 0: not known */
    int32_t code;                  /* numeric code of the provider */
    uint16_t country;              /* two letters, first in the high byte; 0: not known */
    uint8_t dataset;               /* index into the schema's datasets */
    uint8_t outcome;               /* enum outcome */
    uint8_t verdict;               /* enum verdict */
    uint8_t flags;                 /* enum event_flags */
    struct slice text[TEXT_COUNT]; /* empty: absent */
};

/* ---- update: parse workers -> order ------------------------------------------------------ */

struct text_ref {
    uint64_t hash;   /* keyed; 0 with bytes 0: absent */
    uint32_t offset; /* into the batch's text */
    uint32_t bytes;
};

/* A value that a correlation needs of an event (rules/ruleset.h: draws), and its text, if it is
 * one, further on. */
struct drawn {
    uint64_t hash;  /* of the text, keyed */
    int64_t number; /* of a draw that is a number: millionths */
    uint32_t draw;
    uint32_t bytes; /* of the text; 0: a number */
};

struct update {
    int64_t time_ns;
    uint64_t id_hash;  /* keyed hash of dataset and event id; 0: the record carries none */
    uint64_t rules;    /* bit n: base rule n of the ruleset matches */
    uint64_t offset;   /* of the record, in its source */
    uint64_t newlines; /* line ends in the block before the record */
    /* In the batch's text from `hits_offset` on: the indices of the rules that matched and are
     * asked for by index, the values drawn for them, the texts of those one behind the other. */
    uint32_t hits_offset, hits_count, drawn_count;
    struct address source;
    uint64_t source_hash; /* keyed, of `source`; 0 without one */
    uint32_t asn;
    int32_t code;
    uint16_t country;
    uint8_t dataset, outcome, verdict, flags;
    uint8_t allowance; /* number of the allow entry that covers it (rules/ruleset.h); 0: none */
    struct text_ref text[TEXT_COUNTED];
};

/* ---- attempt: order -> detection --------------------------------------------------------- */

enum { NAME_NONE = 0 }; /* index 0 of every name table means: absent */

struct hit_value {
    int64_t number; /* of a draw that is a number */
    uint32_t draw;
    uint32_t name; /* else: index among the names that rules draw */
};

/* The rules that an attempt matched and that are asked for by index, with what was drawn. The order
 * stage's; nobody sees them further on. */
struct hits {
    uint32_t rules_count, values_count;
    struct hit_value values[]; /* and behind them the rules, ascending: see engine/hits.h */
};

struct attempt {
    int64_t time_ns;
    uint64_t sequence; /* position among all events in input order: breaks ties of time */
    uint64_t rules;
    uint64_t offset;
    uint64_t line;               /* from 1 */
    struct hits *hits;           /* NULL: none */
    uint32_t file;               /* index of the source */
    uint32_t source;             /* index into the address table; NAME_NONE: absent */
    uint32_t source_network;     /* index of its /24 or /64 in the same table */
    uint32_t source_site;        /* index of its /48 for IPv6, of its /24 for IPv4 */
    uint32_t name[TEXT_COUNTED]; /* indices into the name tables */
    uint32_t asn;
    int32_t code;
    uint16_t country;
    uint8_t dataset, outcome, verdict, flags;
    uint8_t familiar;      /* enum familiarity: has this account signed in like this before? */
    uint8_t is_late : 1;   /* it came after the watermark had passed its time */
    uint8_t allowance : 7; /* number of the allow entry that covers it; 0: none */
};

/* How an attempt compares with the account's own earlier sign-ins, as of its time. */
enum familiarity {
    FAMILIAR_NO_HISTORY = 0,        /* the account has never signed in before */
    FAMILIAR_HISTORY = 1u << 0,     /* it has … */
    FAMILIAR_NETWORK = 1u << 1,     /* … from this network */
    FAMILIAR_AGENT = 1u << 2,       /* … with this user agent and client */
    FAMILIAR_ASN = 1u << 3,         /* … from this autonomous system (or, without one, country) */
    FAMILIAR_SETTLED = 1u << 5,     /* … first so long ago that what is new now is news */
    FAMILIAR_SOURCE_USED = 1u << 4, /* any account has signed in from this network before */
    FAMILIAR_AGENT_COMMON = 1u << 6, /* that user agent and client is in ordinary use here */
    FAMILIAR_RETRY = 1u << 7, /* it failed from this network within the last day: nothing new */
};

/* ---- finding: detection -> report -------------------------------------------------------- */

/* One counted attempt as windows keep it and findings carry it: enough to be evidence. */
struct member {
    int64_t time_ns;
    uint64_t sequence;
    uint32_t counted; /* index of the value whose distinct count matters: most often the account */
    uint32_t source;
    uint32_t account;
    uint32_t source_network;
    uint32_t tenant;
    uint32_t user_agent;
    uint32_t client;
    uint32_t asn;
    uint64_t offset;
    uint64_t line;
    uint32_t file;
    int32_t code;
    uint16_t country;
    uint8_t outcome, verdict, flags, familiar;
};

enum finding_type {
    FINDING_OPENED,  /* a detector's condition became true for a key */
    FINDING_GREW,    /* one more attempt while it stays open */
    FINDING_SIGN_IN, /* a right password that may belong to a campaign (D5) */
};

enum { FINDING_KEY_PARTS_MAX = 4 };

struct finding {
    uint64_t position;                    /* of the attempt that caused it, in time order */
    int64_t time_ns;                      /* event time at which it became true */
    uint32_t first_member, members_count; /* in the list that travels with it */
    uint64_t window_id; /* hash of detector and key: the same for all findings of one window */
    uint32_t key[FINDING_KEY_PARTS_MAX];  /* values of the key's fields, as indices or numbers */
    uint32_t attempts, accounts, sources; /* in the window, when it became true */
    uint32_t threshold;                   /* accounts that were needed */
    uint32_t known_good;                  /* accounts that have signed in from there before (D1) */
    double baseline;    /* expected attempts for the span; 0 when none was learned */
    double ratio;       /* attempts / baseline */
    uint8_t type;       /* enum finding_type */
    uint8_t detector;   /* index into the ruleset's detectors */
    uint8_t key_index;  /* which of the detector's keys */
    uint8_t span_index; /* which of its spans */
    bool is_weak;       /* joins a campaign, but does not open one */
    uint8_t allowance;  /* number of the allow entry whose attempts alone it is about; 0: none */
};
