#include "parsers/account.h"

static bool is_placeholder(struct slice name)
{
    switch (name.bytes) {
    case 0:
        return true;
    case 1:
        return name.start[0] == '-';
    case 3:
        return slice_equals(name, SLICE("n/a"));
    case 4:
        return slice_equals(name, SLICE("null"));
    case 6:
        return slice_equals(name, SLICE("(null)"));
    case 36:
        return slice_equals(name, SLICE("00000000-0000-0000-0000-000000000000"));
    default:
        return false;
    }
}

/* The ASCII capitals among eight bytes: bit 5 of each, which is what makes them small. */
static inline uint64_t capitals_of(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t low = word & 0x7f * ones;
    const uint64_t from_a = low + (0x80 - 'A') * ones; /* bit 7: 'A' or behind */
    const uint64_t behind_z = low + (0x7f - 'Z') * ones;
    return (~word & from_a & ~behind_z & 0x80 * ones) >> 2;
}

static struct slice fold_short(struct slice name, char *scratch)
{
    for (size_t i = 0; i < name.bytes; i++)
        scratch[i] = (char)slice_fold_byte((unsigned char)name.start[i]);
    return slice_of(scratch, name.bytes);
}

/* Lower case, in words of eight bytes of which the last may overlap the one before. */
static struct slice fold(struct slice name, char *scratch)
{
    uint64_t word, found = 0;
    if (name.bytes < sizeof(word))
        return fold_short(name, scratch);
    const size_t last = name.bytes - sizeof(word);
    for (size_t i = 0; i < name.bytes; i += sizeof(word)) {
        const size_t at = i < last ? i : last;
        memcpy(&word, name.start + at, sizeof(word));
        const uint64_t capitals = capitals_of(word);
        found |= capitals;
        word |= capitals;
        memcpy(scratch + at, &word, sizeof(word));
    }
    return found != 0 ? slice_of(scratch, name.bytes) : name;
}

/* Could it be the name of a domain? Bytes that neither NetBIOS names nor DNS names have say no. */
static bool is_domain(struct slice name)
{
    for (size_t i = 0; i < name.bytes; i++) {
        if ((unsigned char)name.start[i] < ' ' || strchr("\"/\\:*?<>|,;=@", name.start[i]) != NULL)
            return false;
    }
    return name.bytes > 0;
}

/* What stands behind `DOMAIN\`, if anything does. The backslash may be written twice, as in texts
 * that were escaped once too often. */
static struct slice without_domain(struct slice name)
{
    const char *const backslash = memrchr(name.start, '\\', name.bytes);
    if (backslash == NULL || backslash + 1 == name.start + name.bytes)
        return name;
    struct slice domain = slice_of(name.start, (size_t)(backslash - name.start));
    domain.bytes -= slice_ends_with(domain, SLICE("\\"));
    return is_domain(domain) ? slice_from(name, (size_t)(backslash - name.start) + 1) : name;
}

struct slice account_canonical(struct slice written, char *scratch)
{
    struct slice name = without_domain(slice_trim(written));
    if (name.bytes > 1 && name.start[name.bytes - 1] == '.')
        name.bytes--;
    name = fold(name, scratch);
    return is_placeholder(name) ? slice_of(name.start, 0) : name;
}
