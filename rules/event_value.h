/*
 * The values of an event as rules see them: each field as text, some as a number too.
 *
 * Pure functions, any thread. A field that the event does not carry is absent; there is no empty
 * text, since events do not tell the two apart.
 */
#pragma once

#include "engine/vocabulary.h"

enum { EVENT_VALUE_BYTES = 64 }; /* longest text made here: an IPv6 network, a time */

/* The names behind `event.dataset`. */
struct dataset_names {
    const char *const *names;
    size_t count;
};

/* The field's text, in the event or in `buffer`; empty: absent. */
struct slice event_value_text(const struct event *event, enum event_field field,
                              struct dataset_names datasets, char buffer[EVENT_VALUE_BYTES]);

/* The field as a number, given its text: a plain decimal number as written; `@timestamp` is
 * milliseconds since the epoch. False when it is none. */
bool event_value_number(const struct event *event, enum event_field field, struct slice text,
                        double *number);

/* True for fields whose plain numbers are equal when their values are, however written. */
bool event_value_is_numeric(enum event_field field);

/* A plain decimal number: digits, a sign and a fraction at most. */
bool number_from_text(struct slice text, double *number);

/* The same in millionths, exactly: digits behind the sixth of the fraction are cut off. False as
 * well when it is 9200000000000 or more from zero. */
bool millionths_from_text(struct slice text, int64_t *millionths);

/* An address and nothing else; IPv4-mapped ones are IPv4. Stricter than reading one from a log,
 * which forgives ports and takes 0.0.0.0 for none: a rule means what it says. */
bool network_address_from_text(struct slice text, struct address *address);

struct network {
    struct address address; /* bits behind the prefix are zero */
    unsigned prefix_bits;   /* of the 128, so 96 more than written for IPv4 */
};

bool network_contains(const struct network *network, const struct address *address);

/* `address/bits` or one address. Returns NULL, or what is wrong with it. */
const char *network_from_text(struct slice text, struct network *network);
