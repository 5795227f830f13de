/*
 * Internet addresses, as sign-in logs write them, to sixteen bytes and back.
 *
 * Pure functions, any thread. IPv4 is kept as ::ffff:a.b.c.d, so an address and its IPv4-mapped
 * IPv6 form are one. Ports, brackets, zone ids and the `ipv4:`/`ipv6:` in front are dropped:
 * `1.2.3.4:8085`, `[::1]:443`, `fe80::1%eth0`, `ipv4:1.2.3.4:62419`.
 *
 * Absent is absent: no text, `-`, `N/A`, `null`, `unknown`, and the unspecified addresses 0.0.0.0
 * and :: (what a log writes when it knows none). A text that is no address, such as a host name or
 * `225.01.00.16` (RFC 6943, section 3.1.1: is a leading zero octal?), is malformed; the caller
 * counts it and treats it as absent.
 */
#pragma once

#include "engine/spine.h"

enum address_result { ADDRESS_OK, ADDRESS_ABSENT, ADDRESS_MALFORMED };

/* Writes `*address` on ADDRESS_OK only. */
enum address_result address_parse(struct slice text, struct address *address);

/* Room for the longest text of `address_format`, its closing zero included. */
enum { ADDRESS_TEXT_BYTES = 46 };

/* Writes the canonical text and returns its length: dotted for IPv4 (mapped or not), RFC 5952 for
 * IPv6. */
size_t address_format(const struct address *address, char text[ADDRESS_TEXT_BYTES]);

/* The first `bits` of an address, the rest zero. The bits are those of the address's own family: 24
 * of an IPv4 address are its first three numbers. */
struct address address_prefix(const struct address *address, unsigned bits);

static inline bool address_is_ipv4(const struct address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

static inline bool address_equals(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static inline struct address address_from_ipv4(const uint8_t bytes[4])
{
    return (struct address){
        .bytes = {[10] = 0xff, [11] = 0xff, bytes[0], bytes[1], bytes[2], bytes[3]}};
}
