#include "rules/event_value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "parsers/address.h"

_Static_assert(EVENT_VALUE_BYTES >= ADDRESS_TEXT_BYTES + sizeof("/48"), "a network has room");
_Static_assert((int)EVENT_VALUE_BYTES >= (int)CIVIL_TEXT_BYTES, "a time has room");

enum { MAPPED_BITS = 96, NUMBER_BYTES_MAX = 48 };

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool network_address_from_text(struct slice text, struct address *address)
{
    char buffer[EVENT_VALUE_BYTES];
    if (text.bytes == 0 || text.bytes >= sizeof(buffer) ||
        memchr(text.start, 0, text.bytes) != NULL)
        return false;
    memcpy(buffer, text.start, text.bytes);
    buffer[text.bytes] = '\0';
    struct address found;
    memcpy(found.bytes, mapped_prefix, sizeof(mapped_prefix));
    if (inet_pton(AF_INET, buffer, found.bytes + 12) != 1 &&
        inet_pton(AF_INET6, buffer, found.bytes) != 1)
        return false;
    *address = found;
    return true;
}

static void address_mask(struct address *address, unsigned prefix_bits)
{
    for (unsigned i = 0; i < sizeof(address->bytes); i++) {
        const unsigned first = 8 * i;
        const unsigned kept = prefix_bits <= first       ? 0
                              : prefix_bits - first >= 8 ? 8
                                                         : prefix_bits - first;
        address->bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
}

bool network_contains(const struct network *network, const struct address *address)
{
    /* `::/0` and its like are networks of IPv6, though IPv4 is kept within its space. */
    if (network->prefix_bits < MAPPED_BITS && address_is_ipv4(address))
        return false;
    struct address masked = *address;
    address_mask(&masked, network->prefix_bits);
    return memcmp(&masked, &network->address, sizeof(masked)) == 0;
}

/* False unless it is a plain number up to 128. */
static bool prefix_from_text(struct slice text, unsigned *bits)
{
    if (text.bytes == 0 || text.bytes > 3)
        return false;
    unsigned number = 0;
    for (size_t i = 0; i < text.bytes; i++) {
        if ((unsigned char)(text.start[i] - '0') > 9)
            return false;
        number = 10 * number + (unsigned)(text.start[i] - '0');
    }
    *bits = number;
    return true;
}

const char *network_from_text(struct slice text, struct network *network)
{
    const size_t slash = slice_find(text, '/');
    struct network found = {.prefix_bits = 128};
    const struct slice address_text = slice_of(text.start, slash);
    if (!network_address_from_text(address_text, &found.address))
        return "not an IPv4 or IPv6 network such as 198.51.100.0/24";
    if (slash < text.bytes) {
        const bool is_dotted = slice_find(address_text, ':') == address_text.bytes;
        unsigned bits = 0;
        if (!prefix_from_text(slice_from(text, slash + 1), &bits) || bits > (is_dotted ? 32 : 128))
            return "the number behind the slash is no prefix length";
        found.prefix_bits = is_dotted ? bits + MAPPED_BITS : bits;
    }
    const struct address written = found.address;
    address_mask(&found.address, found.prefix_bits);
    if (memcmp(&written, &found.address, sizeof(written)) != 0)
        return "the address has bits set behind its prefix; write the network's own address";
    *network = found;
    return NULL;
}

bool number_from_text(struct slice text, double *number)
{
    char buffer[NUMBER_BYTES_MAX];
    if (text.bytes == 0 || text.bytes >= sizeof(buffer))
        return false;
    size_t digits = 0, points = 0;
    for (size_t i = 0; i < text.bytes; i++) {
        const char byte = text.start[i];
        if ((unsigned char)(byte - '0') < 10)
            digits++;
        else if (byte == '.' && digits > 0 && i + 1 < text.bytes)
            points++;
        else if (byte != '-' || i > 0)
            return false;
        buffer[i] = byte;
    }
    if (digits == 0 || points > 1)
        return false;
    buffer[text.bytes] = '\0';
    *number = strtod(buffer, NULL);
    return true;
}

bool millionths_from_text(struct slice text, int64_t *millionths)
{
    enum { FRACTION_DIGITS = 6 };
    static const int64_t whole_max = INT64_C(9200000000000);
    const bool is_negative = text.bytes > 0 && text.start[0] == '-';
    size_t at = is_negative;
    const size_t whole_at = at;
    int64_t whole = 0;
    for (; at < text.bytes && (unsigned char)(text.start[at] - '0') < 10; at++) {
        whole = 10 * whole + (text.start[at] - '0');
        if (whole >= whole_max)
            return false;
    }
    if (at == whole_at || (at < text.bytes && (text.start[at] != '.' || at + 1 == text.bytes)))
        return false;
    int64_t unit = 1;
    for (int i = 0; i < FRACTION_DIGITS; i++)
        unit *= 10;
    int64_t sum = whole * unit;
    for (at++; at < text.bytes; at++) {
        const int64_t digit = text.start[at] - '0';
        if (digit < 0 || digit > 9)
            return false;
        unit /= 10;
        sum += digit * unit;
    }
    *millionths = is_negative ? -sum : sum;
    return true;
}

/* `2024-02-01T09:31:07.120Z`: rules see whole milliseconds. */
static size_t time_to_text(int64_t time_ns, char buffer[EVENT_VALUE_BYTES])
{
    enum { MILLISECONDS_BYTES = sizeof("2024-02-01T09:31:07.120") - 1 };
    (void)civil_format(time_ns, buffer);
    buffer[MILLISECONDS_BYTES] = 'Z';
    return MILLISECONDS_BYTES + 1;
}

/* A network of the source; absent when the source is of the other family. */
static size_t source_network_to_text(const struct event *event, bool of_v4, unsigned prefix_bits,
                                     unsigned written_bits, char buffer[EVENT_VALUE_BYTES])
{
    if ((event->flags & EVENT_HAS_SOURCE) == 0 || address_is_ipv4(&event->source) != of_v4)
        return 0;
    struct address network = event->source;
    address_mask(&network, prefix_bits);
    const size_t bytes = address_format(&network, buffer);
    const int more = snprintf(buffer + bytes, EVENT_VALUE_BYTES - bytes, "/%u", written_bits);
    return bytes + (more > 0 ? (size_t)more : 0);
}

static struct slice text_of_flags(uint8_t flags)
{
    if ((flags & EVENT_INTERACTIVE) != 0)
        return SLICE("true");
    if ((flags & EVENT_NONINTERACTIVE) != 0)
        return SLICE("false");
    return (struct slice){0};
}

static size_t country_to_text(uint16_t country, char buffer[EVENT_VALUE_BYTES])
{
    if (country == 0)
        return 0;
    buffer[0] = (char)(country >> 8);
    buffer[1] = (char)(country & 0xff);
    return 2;
}

static struct slice code_text(const struct event *event, char buffer[EVENT_VALUE_BYTES])
{
    const struct slice written = event->text[TEXT_CODE];
    if (written.bytes > 0 || (event->flags & EVENT_HAS_CODE) == 0)
        return written;
    const int bytes = snprintf(buffer, EVENT_VALUE_BYTES, "%" PRId32, event->code);
    return slice_of(buffer, bytes > 0 ? (size_t)bytes : 0);
}

struct slice event_value_text(const struct event *event, enum event_field field,
                              struct dataset_names datasets, char buffer[EVENT_VALUE_BYTES])
{
    size_t bytes = 0;
    switch (field) {
    case FIELD_TIME:
        bytes = time_to_text(event->time_ns, buffer);
        break;
    case FIELD_SOURCE:
        if ((event->flags & EVENT_HAS_SOURCE) != 0)
            bytes = address_format(&event->source, buffer);
        break;
    case FIELD_SOURCE_24:
        bytes = source_network_to_text(event, true, MAPPED_BITS + 24, 24, buffer);
        break;
    case FIELD_SOURCE_64:
        bytes = source_network_to_text(event, false, 64, 64, buffer);
        break;
    case FIELD_SOURCE_48:
        bytes = source_network_to_text(event, false, 48, 48, buffer);
        break;
    case FIELD_ASN:
        if (event->asn != 0)
            bytes = (size_t)snprintf(buffer, EVENT_VALUE_BYTES, "%" PRIu32, event->asn);
        break;
    case FIELD_COUNTRY:
        bytes = country_to_text(event->country, buffer);
        break;
    case FIELD_INTERACTIVE:
        return text_of_flags(event->flags);
    case FIELD_DATASET:
        return event->dataset < datasets.count ? slice_from_string(datasets.names[event->dataset])
                                               : (struct slice){0};
    case FIELD_OUTCOME_ECS:
        return slice_from_string(outcome_ecs(event->outcome));
    case FIELD_OUTCOME:
        return slice_from_string(outcome_name(event->outcome));
    case FIELD_VERDICT:
        return slice_from_string(verdict_name(event->verdict));
    case FIELD_CODE:
        return code_text(event, buffer);
    default:
        return event->text[field_text(field)];
    }
    return slice_of(buffer, bytes);
}

bool event_value_number(const struct event *event, enum event_field field, struct slice text,
                        double *number)
{
    if (field == FIELD_TIME) {
        *number = (double)civil_milliseconds(event->time_ns);
        return true;
    }
    return number_from_text(text, number);
}

bool event_value_is_numeric(enum event_field field)
{
    return field == FIELD_ASN || field == FIELD_CODE || field == FIELD_TIME;
}
