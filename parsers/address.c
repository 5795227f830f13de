#include "parsers/address.h"

enum { GROUPS = 8 }; /* of 16 bits each */

static inline bool is_digit(char byte)
{
    return (unsigned char)(byte - '0') < 10;
}

/* ---- IPv4 ---------------------------------------------------------------------------------- */

/* Takes `a.b.c.d` from the front of `text`: how many bytes it has, or 0 when there is none. Decimal
 * without leading zeros only. */
static inline size_t take_ipv4(struct slice text, uint8_t bytes[4])
{
    size_t at = 0;
    for (unsigned part = 0; part < 4; part++) {
        if (part > 0 && (at >= text.bytes || text.start[at++] != '.'))
            return 0;
        if (at >= text.bytes || !is_digit(text.start[at]))
            return 0;
        unsigned value = (unsigned)(text.start[at++] - '0');
        while (at < text.bytes && is_digit(text.start[at])) {
            if (value == 0)
                return 0;
            value = value * 10 + (unsigned)(text.start[at++] - '0');
            if (value > 255)
                return 0;
        }
        bytes[part] = (uint8_t)value;
    }
    return at;
}

/* ---- IPv6 ---------------------------------------------------------------------------------- */

static int hex_value(char byte)
{
    if (is_digit(byte))
        return byte - '0';
    const char letter = (char)(byte | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Takes one to four hexadecimal digits from the front of `text`. */
static size_t take_group(struct slice text, unsigned *group)
{
    size_t digits = 0;
    *group = 0;
    while (digits < 4 && digits < text.bytes && hex_value(text.start[digits]) >= 0)
        *group = *group << 4 | (unsigned)hex_value(text.start[digits++]);
    return digits;
}

/* What has been read of an IPv6 text. */
struct ipv6_reading {
    uint8_t bytes[16];
    unsigned groups;
    int gap; /* the group that `::` stands before; -1: none yet */
};

static void add_group(struct ipv6_reading *reading, unsigned group)
{
    reading->bytes[2 * reading->groups] = (uint8_t)(group >> 8);
    reading->bytes[2 * reading->groups + 1] = (uint8_t)group;
    reading->groups++;
}

/* A dotted address may stand for the last two groups (RFC 4291, section 2.2, form 3). */
static bool read_dotted_end(struct ipv6_reading *reading, struct slice text)
{
    uint8_t bytes[4];
    if (reading->groups > GROUPS - 2 || take_ipv4(text, bytes) != text.bytes || text.bytes == 0)
        return false;
    add_group(reading, (unsigned)bytes[0] << 8 | bytes[1]);
    add_group(reading, (unsigned)bytes[2] << 8 | bytes[3]);
    return true;
}

/* Moves the groups behind the gap to the end. */
static bool close_gap(struct ipv6_reading *reading)
{
    if (reading->gap < 0)
        return reading->groups == GROUPS;
    if (reading->groups == GROUPS)
        return false;
    const size_t front = 2 * (size_t)reading->gap;
    const size_t back = 2 * (size_t)reading->groups - front;
    memmove(reading->bytes + 16 - back, reading->bytes + front, back);
    memset(reading->bytes + front, 0, 16 - back - front);
    return true;
}

static bool read_groups(struct ipv6_reading *reading, struct slice text)
{
    if (slice_starts_with(text, SLICE("::"))) {
        reading->gap = 0;
        text = slice_from(text, 2);
    }
    while (text.bytes > 0) {
        unsigned group;
        const size_t digits = take_group(text, &group);
        if (digits < text.bytes && text.start[digits] == '.')
            return read_dotted_end(reading, text);
        if (digits == 0 || reading->groups == GROUPS)
            return false;
        add_group(reading, group);
        text = slice_from(text, digits);
        if (text.bytes == 0)
            break;
        if (text.start[0] != ':' || text.bytes == 1)
            return false;
        text = slice_from(text, 1);
        if (text.start[0] == ':') {
            if (reading->gap >= 0)
                return false;
            reading->gap = (int)reading->groups;
            text = slice_from(text, 1);
        }
    }
    return true;
}

static bool read_ipv6(struct slice text, struct address *address)
{
    struct ipv6_reading reading = {.gap = -1};
    const size_t zone = slice_find(text, '%');
    if (zone + 1 == text.bytes) /* a zone id has at least one character (RFC 4007) */
        return false;
    if (!read_groups(&reading, slice_of(text.start, zone)) || !close_gap(&reading))
        return false;
    memcpy(address->bytes, reading.bytes, sizeof(address->bytes));
    return true;
}

/* ---- What stands around an address --------------------------------------------------------- */

static bool is_placeholder(struct slice text)
{
    static const char *const placeholders[] = {"-", "n/a", "null", "(null)", "none", "unknown"};
    if (text.bytes == 0)
        return true;
    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++) {
        if (slice_equals_folded(text, slice_from_string(placeholders[i])))
            return true;
    }
    return false;
}

/* Nothing, or a colon and a port. */
static bool is_port(struct slice text)
{
    if (text.bytes == 0)
        return true;
    if (text.start[0] != ':' || text.bytes < 2 || text.bytes > 6)
        return false;
    unsigned port = 0;
    for (size_t i = 1; i < text.bytes; i++) {
        if (!is_digit(text.start[i]))
            return false;
        port = port * 10 + (unsigned)(text.start[i] - '0');
    }
    return port <= 65535;
}

static bool read_bracketed(struct slice text, struct address *address)
{
    const size_t close = slice_find(text, ']');
    if (close == text.bytes || !is_port(slice_from(text, close + 1)))
        return false;
    return read_ipv6(slice_of(text.start + 1, close - 1), address);
}

/* `::ffff:192.0.2.1:51234`, as programs write a socket's address: behind an address that ends with
 * a dotted part nothing but a port can follow. */
static bool read_mapped_with_port(struct slice text, struct address *address)
{
    static const struct slice mapped_front = {"::ffff:", 7};
    uint8_t bytes[4];
    if (text.bytes < mapped_front.bytes ||
        !slice_equals_folded(slice_of(text.start, mapped_front.bytes), mapped_front))
        return false;
    text = slice_from(text, mapped_front.bytes);
    const size_t dotted = take_ipv4(text, bytes);
    if (dotted == 0 || !is_port(slice_from(text, dotted)))
        return false;
    *address = address_from_ipv4(bytes);
    return true;
}

static bool read_any(struct slice text, struct address *address)
{
    if (text.bytes > 5 && (slice_equals_folded(slice_of(text.start, 5), SLICE("ipv4:")) ||
                           slice_equals_folded(slice_of(text.start, 5), SLICE("ipv6:"))))
        text = slice_from(text, 5);
    if (text.start[0] == '[')
        return read_bracketed(text, address);
    uint8_t bytes[4];
    const size_t dotted = take_ipv4(text, bytes);
    if (dotted == 0)
        return read_mapped_with_port(text, address) || read_ipv6(text, address);
    if (!is_port(slice_from(text, dotted)))
        return false;
    *address = address_from_ipv4(bytes);
    return true;
}

/* 0.0.0.0 and ::, plain or mapped. */
static bool is_unspecified(const struct address *address)
{
    static const uint8_t zeros[16] = {0};
    return memcmp(address->bytes, zeros, sizeof(zeros)) == 0 ||
           (address_is_ipv4(address) && memcmp(address->bytes + 12, zeros, 4) == 0);
}

static enum address_result parse_general(struct slice text, struct address *address)
{
    text = slice_trim(text);
    if (is_placeholder(text))
        return ADDRESS_ABSENT;
    struct address found;
    if (!read_any(text, &found))
        return ADDRESS_MALFORMED;
    if (is_unspecified(&found))
        return ADDRESS_ABSENT;
    *address = found;
    return ADDRESS_OK;
}

enum address_result address_parse(struct slice text, struct address *address)
{
    /* Nearly every address of a log is a plain dotted one. */
    uint8_t bytes[4];
    if (text.bytes > 0 && take_ipv4(text, bytes) == text.bytes && bytes[0] != 0) {
        *address = address_from_ipv4(bytes);
        return ADDRESS_OK;
    }
    return parse_general(text, address);
}

/* ---- Back to text -------------------------------------------------------------------------- */

static char *put_decimal(char *at, unsigned value)
{
    if (value >= 100)
        *at++ = (char)('0' + value / 100);
    if (value >= 10)
        *at++ = (char)('0' + value / 10 % 10);
    *at++ = (char)('0' + value % 10);
    return at;
}

static char *put_hex(char *at, unsigned group)
{
    static const char digits[] = "0123456789abcdef";
    bool leading = true;
    for (int shift = 12; shift >= 0; shift -= 4) {
        const unsigned digit = group >> shift & 15;
        leading = leading && digit == 0 && shift > 0;
        if (!leading)
            *at++ = digits[digit];
    }
    return at;
}

static unsigned group_at(const struct address *address, unsigned index)
{
    return (unsigned)address->bytes[2 * index] << 8 | address->bytes[2 * index + 1];
}

struct run {
    unsigned first, count;
};

/* The run of zero groups that becomes `::`: the longest, the first of equals, never a single group
 * (RFC 5952, section 4.2). */
static struct run longest_zero_run(const struct address *address)
{
    struct run best = {0, 1}, current = {0, 0};
    for (unsigned i = 0; i < GROUPS; i++) {
        if (group_at(address, i) != 0) {
            current.count = 0;
            continue;
        }
        if (current.count++ == 0)
            current.first = i;
        if (current.count > best.count)
            best = current;
    }
    return best.count > 1 ? best : (struct run){GROUPS, 0};
}

static char *put_ipv6(char *at, const struct address *address)
{
    const struct run gap = longest_zero_run(address);
    for (unsigned i = 0; i < GROUPS; i++) {
        if (i == gap.first) {
            *at++ = ':';
            *at++ = ':';
            i += gap.count - 1;
            continue;
        }
        if (i > 0 && i != gap.first + gap.count)
            *at++ = ':';
        at = put_hex(at, group_at(address, i));
    }
    return at;
}

static char *put_ipv4(char *at, const uint8_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = '.';
        at = put_decimal(at, bytes[i]);
    }
    return at;
}

size_t address_format(const struct address *address, char text[ADDRESS_TEXT_BYTES])
{
    char *const end =
        address_is_ipv4(address) ? put_ipv4(text, address->bytes + 12) : put_ipv6(text, address);
    *end = '\0';
    return (size_t)(end - text);
}

struct address address_prefix(const struct address *address, unsigned bits)
{
    struct address prefix = {{0}};
    bits += address_is_ipv4(address) ? 96 : 0;
    if (bits > 128)
        bits = 128;
    memcpy(prefix.bytes, address->bytes, bits / 8);
    if (bits % 8 > 0)
        prefix.bytes[bits / 8] = (uint8_t)(address->bytes[bits / 8] & 0xff << (8 - bits % 8));
    return prefix;
}
