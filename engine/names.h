/*
 * Names: every distinct account, user agent, client, tenant … and address once, as a small index.
 *
 * From here on the program counts indices, not strings: windows hold four bytes where a name would
 * stand, and comparing is exact. Texts are looked up by a keyed hash that the parse workers have
 * computed, so an attacker cannot make them collide.
 *
 * Owned by the order stage, which alone adds names. Entries and texts never move and never change
 * once made (they live in regions), so any other thread may read an index that reached it through
 * a ring. When the share of memory is used up, new names become NAME_OTHER: counted, named in the
 * summary, and never mistaken for an existing name.
 */
#pragma once

#include "engine/base/hash.h"
#include "engine/base/prefetch.h"
#include "engine/base/slab.h"
#include "engine/spine.h"

/* What rules draw from records has a table of its own, beside those of the event's texts. */
enum { NAMES_DRAWN = TEXT_COUNTED, NAMES_TABLES };

enum { NAME_OTHER = 1 }; /* index of "(over the memory cap)"; NAME_NONE is 0 */

struct name_entry {
    uint64_t hash;
    uint32_t offset; /* of the text in the text region */
    uint32_t bytes;
};

struct address_entry {
    struct address address; /* host bits are zero */
    uint32_t network;       /* index of the /24 (IPv4) or /64 (IPv6); itself for a network */
    uint32_t site;          /* index of the /24 (IPv4) or /48 (IPv6) */
    uint32_t asn;           /* of the address, as the source `asn_file` said first; 0: not yet */
    uint32_t asn_file;
    uint8_t prefix_bits; /* of 128: 128 for an address, 120 for an IPv4 /24, 64, 48 */
};

struct name_slot {
    uint32_t tag; /* upper half of the hash */
    uint32_t index;
};

struct name_table {
    struct region entries;   /* of struct name_entry or struct address_entry */
    struct name_slot *slots; /* open addressing, linear probing, load at most 1/2 */
    uint32_t slots_mask;
    uint32_t count; /* entries, the two reserved ones included */
};

struct names {
    struct name_table tables[NAMES_TABLES];
    struct name_table addresses;
    struct region text;
    struct slab slots;
    struct hash_key key;
    size_t bytes_max;
    uint32_t hosts;   /* addresses without their networks and sites */
    uint64_t refused; /* names that became NAME_OTHER */
};

/* `bytes_max`: this module's share of the memory cap. `key` is the one the workers hash with. */
STATUS_CHECKED enum status names_init(struct names *names, struct hash_key key, size_t bytes_max);
void names_deinit(struct names *names);

/* The index of a name, added when it is new. `hash` is hash_bytes(key, text). Absent text gives
 * NAME_NONE. */
uint32_t names_intern(struct names *names, unsigned kind, const char *text,
                      const struct text_ref *ref);

/* The keyed hash of an address or of a prefix of it. */
uint64_t names_address_hash(struct hash_key key, const struct address *address,
                            unsigned prefix_bits);

/* The index of an address, its /24 or /64 and its /48 added with it. `hash`: of all 128 bits. */
uint32_t names_intern_address(struct names *names, const struct address *address, uint64_t hash);

/* The same of a prefix alone: host bits are zero, `prefix_bits` is 120, 64 or 48. */
uint32_t names_intern_prefix(struct names *names, const struct address *prefix,
                             unsigned prefix_bits);

/* The AS number of an address: what the first record of the same source says that says anything.
 * Records need not say it again (see `once-per-address` of the schemas). */
uint32_t names_address_asn(struct names *names, uint32_t index, uint32_t file, uint32_t asn);

/*
 * A look-up goes from slot to entry to text, each of them somewhere else in memory. These ask the
 * CPU to fetch them, one after the other, some events ahead of the look-up.
 */
static inline const struct name_slot *names_slot(const struct name_table *table, uint64_t hash)
{
    return &table->slots[(uint32_t)hash & table->slots_mask];
}

static inline void names_prefetch_slot(const struct name_table *table, uint64_t hash)
{
    prefetch(names_slot(table, hash));
}

static inline void names_prefetch_entry(const struct name_table *table, uint64_t hash,
                                        size_t entry_bytes)
{
    prefetch(table->entries.start + names_slot(table, hash)->index * entry_bytes);
}

static inline void names_prefetch_text(const struct names *names, const struct name_table *table,
                                       uint64_t hash)
{
    const struct name_entry *const entries = (const struct name_entry *)table->entries.start;
    prefetch(names->text.start + entries[names_slot(table, hash)->index].offset);
}

struct slice names_text(const struct names *names, unsigned kind, uint32_t index);
const struct address_entry *names_address(const struct names *names, uint32_t index);

/* Distinct names known of a kind, and distinct addresses. */
uint32_t names_count(const struct names *names, enum event_text kind);
uint32_t names_address_count(const struct names *names);

/* Memory in use, of `bytes_max`. */
size_t names_bytes(const struct names *names);
