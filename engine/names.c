#include "engine/names.h"

#include "parsers/address.h"

enum {
    SLOTS_START = 1024,
    ENTRY_BYTES_ESTIMATED = 48, /* entry, two slots and a text: how many entries a cap can hold */
};

static enum status table_init(struct names *names, struct name_table *table, size_t entry_bytes)
{
    const size_t entries_max = names->bytes_max / ENTRY_BYTES_ESTIMATED + 2;
    enum status status = region_init(&table->entries, entries_max * entry_bytes);
    if (status != STATUS_OK)
        return status;
    table->slots = slab_take(&names->slots, SLOTS_START * sizeof(struct name_slot));
    if (table->slots == NULL)
        return STATUS_NO_MEMORY;
    memset(table->slots, 0, SLOTS_START * sizeof(struct name_slot));
    table->slots_mask = SLOTS_START - 1;
    /* The entries of NAME_NONE and NAME_OTHER, never found by a look-up. */
    if (region_take(&table->entries, 2 * entry_bytes, 8) == NULL)
        return STATUS_NO_MEMORY;
    table->count = 2;
    return STATUS_OK;
}

enum status names_init(struct names *names, struct hash_key key, size_t bytes_max)
{
    *names = (struct names){.key = key, .bytes_max = bytes_max};
    /* Every table starts with some slots, whatever the cap. */
    const size_t slots_bytes = bytes_max + (NAMES_TABLES + 2) * 2 * SLOTS_START * 8;
    enum status status = slab_init(&names->slots, slots_bytes);
    const size_t text_bytes = bytes_max < UINT32_MAX ? bytes_max : UINT32_MAX;
    if (status == STATUS_OK)
        status = region_init(&names->text, text_bytes + 64);
    if (status == STATUS_OK)
        status = table_init(names, &names->addresses, sizeof(struct address_entry));
    for (int kind = 0; kind < NAMES_TABLES && status == STATUS_OK; kind++)
        status = table_init(names, &names->tables[kind], sizeof(struct name_entry));
    if (status != STATUS_OK)
        names_deinit(names);
    return status;
}

void names_deinit(struct names *names)
{
    for (int kind = 0; kind < NAMES_TABLES; kind++)
        region_deinit(&names->tables[kind].entries);
    region_deinit(&names->addresses.entries);
    region_deinit(&names->text);
    slab_deinit(&names->slots);
}

size_t names_bytes(const struct names *names)
{
    size_t bytes =
        names->text.bytes_used + names->slots.bytes_taken + names->addresses.entries.bytes_used;
    for (int kind = 0; kind < NAMES_TABLES; kind++)
        bytes += names->tables[kind].entries.bytes_used;
    return bytes;
}

static struct name_entry *table_name(const struct name_table *table, uint32_t index)
{
    return (struct name_entry *)table->entries.start + index;
}

static struct address_entry *table_address(const struct name_table *table, uint32_t index)
{
    return (struct address_entry *)table->entries.start + index;
}

static void slot_put(struct name_slot *slots, uint32_t mask, uint64_t hash, uint32_t index)
{
    uint32_t at = (uint32_t)hash & mask;
    while (slots[at].index != 0)
        at = (at + 1) & mask;
    slots[at] = (struct name_slot){.tag = (uint32_t)(hash >> 32), .index = index};
}

uint64_t names_address_hash(struct hash_key key, const struct address *address,
                            unsigned prefix_bits)
{
    uint8_t bytes[17];
    memcpy(bytes, address->bytes, 16);
    bytes[16] = (uint8_t)prefix_bits;
    return hash_bytes(key, bytes, sizeof(bytes));
}

static uint64_t entry_hash(const struct names *names, const struct name_table *table,
                           uint32_t index)
{
    if (table != &names->addresses)
        return table_name(table, index)->hash;
    const struct address_entry *const entry = table_address(table, index);
    return names_address_hash(names->key, &entry->address, entry->prefix_bits);
}

/* Room for one more entry: doubles the slots when half are used. False: the cap is reached. */
static bool table_reserve(struct names *names, struct name_table *table)
{
    if (names_bytes(names) >= names->bytes_max && table->count > SLOTS_START / 4)
        return false;
    const uint32_t slots_count = table->slots_mask + 1;
    if (2 * (table->count + 1) <= slots_count)
        return true;
    const size_t bytes = 2 * (size_t)slots_count * sizeof(struct name_slot);
    if (names_bytes(names) + bytes > names->bytes_max || slots_count > UINT32_MAX / 4)
        return false;
    struct name_slot *const slots = slab_take(&names->slots, bytes);
    if (slots == NULL)
        return false;
    memset(slots, 0, bytes);
    for (uint32_t index = 2; index < table->count; index++)
        slot_put(slots, 2 * slots_count - 1, entry_hash(names, table, index), index);
    slab_give(&names->slots, table->slots, slots_count * sizeof(struct name_slot));
    table->slots = slots;
    table->slots_mask = 2 * slots_count - 1;
    return true;
}

uint32_t names_intern(struct names *names, unsigned kind, const char *text,
                      const struct text_ref *ref)
{
    if (ref->bytes == 0)
        return NAME_NONE;
    struct name_table *const table = &names->tables[kind];
    const uint32_t tag = (uint32_t)(ref->hash >> 32);
    for (uint32_t at = (uint32_t)ref->hash & table->slots_mask; table->slots[at].index != 0;
         at = (at + 1) & table->slots_mask) {
        if (table->slots[at].tag != tag)
            continue;
        const struct name_entry *const entry = table_name(table, table->slots[at].index);
        if (entry->hash == ref->hash && entry->bytes == ref->bytes &&
            memcmp(names->text.start + entry->offset, text, ref->bytes) == 0)
            return table->slots[at].index;
    }

    struct name_entry *entry = NULL;
    char *copy = NULL;
    if (table_reserve(names, table)) {
        copy = region_take(&names->text, ref->bytes, 1);
        if (copy != NULL)
            entry = region_take(&table->entries, sizeof(*entry), 8);
    }
    if (entry == NULL) {
        names->refused++;
        return NAME_OTHER;
    }
    memcpy(copy, text, ref->bytes);
    *entry = (struct name_entry){
        .hash = ref->hash,
        .offset = (uint32_t)(copy - names->text.start),
        .bytes = ref->bytes,
    };
    const uint32_t index = table->count++;
    slot_put(table->slots, table->slots_mask, ref->hash, index);
    return index;
}

/* Finds or adds one entry; sets `*is_new`. Prefixes are whole bytes: 120, 64, 48 and 128. */
static uint32_t address_intern(struct names *names, const struct address *address,
                               unsigned prefix_bits, uint64_t hash, bool *is_new)
{
    struct name_table *const table = &names->addresses;
    *is_new = false;
    for (uint32_t at = (uint32_t)hash & table->slots_mask; table->slots[at].index != 0;
         at = (at + 1) & table->slots_mask) {
        if (table->slots[at].tag != (uint32_t)(hash >> 32))
            continue;
        const struct address_entry *const entry = table_address(table, table->slots[at].index);
        if (entry->prefix_bits == prefix_bits &&
            memcmp(&entry->address, address, sizeof(*address)) == 0)
            return table->slots[at].index;
    }
    struct address_entry *const entry =
        table_reserve(names, table) ? region_take(&table->entries, sizeof(*entry), 4) : NULL;
    if (entry == NULL) {
        names->refused++;
        return NAME_OTHER;
    }
    const uint32_t index = table->count++;
    *entry = (struct address_entry){
        .address = *address, .network = index, .site = index, .prefix_bits = (uint8_t)prefix_bits};
    slot_put(table->slots, table->slots_mask, hash, index);
    *is_new = true;
    return index;
}

uint32_t names_intern_prefix(struct names *names, const struct address *prefix,
                             unsigned prefix_bits)
{
    bool is_new;
    return address_intern(names, prefix, prefix_bits,
                          names_address_hash(names->key, prefix, prefix_bits), &is_new);
}

uint32_t names_intern_address(struct names *names, const struct address *address, uint64_t hash)
{
    bool is_new;
    const uint32_t index = address_intern(names, address, 128, hash, &is_new);
    if (!is_new)
        return index;
    names->hosts++;
    const bool is_ipv4 = address_is_ipv4(address);
    const struct address network = address_prefix(address, is_ipv4 ? 24 : 64);
    const uint32_t network_index = names_intern_prefix(names, &network, is_ipv4 ? 120 : 64);
    uint32_t site_index = network_index;
    if (!is_ipv4) {
        const struct address site = address_prefix(address, 48);
        site_index = names_intern_prefix(names, &site, 48);
    }
    struct address_entry *const entry = table_address(&names->addresses, index);
    entry->network = network_index;
    entry->site = site_index;
    return index;
}

uint32_t names_address_asn(struct names *names, uint32_t index, uint32_t file, uint32_t asn)
{
    struct address_entry *const entry = table_address(&names->addresses, index);
    if (entry->asn == 0 || entry->asn_file != file) {
        entry->asn = asn;
        entry->asn_file = file;
    }
    return entry->asn;
}

struct slice names_text(const struct names *names, unsigned kind, uint32_t index)
{
    if (index == NAME_NONE)
        return slice_of("", 0);
    if (index == NAME_OTHER)
        return SLICE("(over the memory cap)");
    const struct name_entry *const entry = table_name(&names->tables[kind], index);
    return slice_of(names->text.start + entry->offset, entry->bytes);
}

const struct address_entry *names_address(const struct names *names, uint32_t index)
{
    return table_address(&names->addresses, index);
}

uint32_t names_count(const struct names *names, enum event_text kind)
{
    return names->tables[kind].count - 2;
}

uint32_t names_address_count(const struct names *names)
{
    return names->hosts;
}
