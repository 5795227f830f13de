#include "rules/memory.h"

#include <stdlib.h>

#include "engine/base/hash.h"

enum { MEMORY_SLOTS_MIN = 1024 };

enum status memory_init(struct memory *memory, size_t row_words, uint64_t seed)
{
    size_t slots_count = MEMORY_SLOTS;
    while (slots_count > MEMORY_SLOTS_MIN &&
           slots_count * row_words * sizeof(uint64_t) > MEMORY_ROWS_BYTES_MAX)
        slots_count /= 2;
    *memory = (struct memory){
        .slots = calloc(slots_count, sizeof(*memory->slots)),
        .rows = calloc(slots_count * row_words, sizeof(*memory->rows)),
        .text = malloc(MEMORY_TEXT_BYTES),
        .row_words = row_words,
        .slots_count = slots_count,
        .used_max =
            slots_count / MEMORY_SLOTS_MIN * (MEMORY_USED_MAX * MEMORY_SLOTS_MIN / MEMORY_SLOTS),
        .seed = seed,
        .generation = 1,
    };
    if (memory->slots != NULL && memory->rows != NULL && memory->text != NULL)
        return STATUS_OK;
    memory_deinit(memory);
    return STATUS_NO_MEMORY;
}

void memory_deinit(struct memory *memory)
{
    free(memory->slots);
    free(memory->rows);
    free(memory->text);
    *memory = (struct memory){0};
}

static inline uint64_t read_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    return word;
}

static inline uint32_t read_half(const char *at)
{
    uint32_t half;
    memcpy(&half, at, sizeof(half));
    return half;
}

/* The two halves of a 128-bit product, folded: the mixing step of Wang Yi's wyhash. */
static inline uint64_t fold_product(uint64_t a, uint64_t b)
{
    const unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t memory_hash(const struct memory *memory, struct slice text)
{
    static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15); /* the golden ratio's fraction */
    const uint64_t key = memory->seed ^ odd;
    uint64_t hash = memory->seed ^ text.bytes, other = key;
    const char *at = text.start;
    size_t left = text.bytes;
    /* Two lanes, since a product takes longer than a load. */
    for (; left > 32; left -= 32, at += 32) {
        hash = fold_product(read_word(at) ^ hash, read_word(at + 8) ^ key);
        other = fold_product(read_word(at + 16) ^ other, read_word(at + 24) ^ key);
    }
    if (left > 16) {
        hash = fold_product(read_word(at) ^ hash, read_word(at + 8) ^ key);
        at += left - 16;
        left = 16;
    }
    uint64_t first = 0, last = 0;
    if (left >= 8) {
        first = read_word(at);
        last = read_word(at + left - 8);
    } else if (left > 0) {
        /* Three bytes tell all texts of up to three apart, two overlapping halves the longer. */
        first = left >= 4 ? read_half(at) | (uint64_t)read_half(at + left - 4) << 32
                          : (unsigned char)at[0] | (unsigned)(unsigned char)at[left / 2] << 8 |
                                (unsigned)(unsigned char)at[left - 1] << 16;
    }
    return fold_product(first ^ hash, last ^ other);
}

const uint64_t *memory_find(const struct memory *memory, struct slice text, uint64_t hash)
{
    const size_t mask = memory->slots_count - 1;
    for (size_t probe = 0; probe < MEMORY_PROBES_MAX; probe++) {
        const size_t index = (hash + probe) & mask;
        const struct memory_slot *const slot = &memory->slots[index];
        if (slot->generation != memory->generation)
            return NULL;
        if (slot->hash == hash && slot->bytes == text.bytes &&
            memcmp(memory->text + slot->offset, text.start, text.bytes) == 0)
            return memory->rows + index * memory->row_words;
    }
    return NULL;
}

static void memory_forget(struct memory *memory)
{
    memory->used = 0;
    memory->text_used = 0;
    memory->generation++;
    if (memory->generation == 0) {
        /* Old slots could seem to be of this generation again. */
        memset(memory->slots, 0, memory->slots_count * sizeof(*memory->slots));
        memory->generation = 1;
    }
}

/* The first free slot within the probes; slots_count: none. */
static size_t memory_free_slot(const struct memory *memory, uint64_t hash)
{
    for (size_t probe = 0; probe < MEMORY_PROBES_MAX; probe++) {
        const size_t index = (hash + probe) & (memory->slots_count - 1);
        if (memory->slots[index].generation != memory->generation)
            return index;
    }
    return memory->slots_count;
}

uint64_t *memory_add(struct memory *memory, struct slice text, uint64_t hash)
{
    if (text.bytes > LIMIT_TEXT_BYTES)
        return NULL;
    size_t index = memory_free_slot(memory, hash);
    if (index == memory->slots_count || memory->used == memory->used_max ||
        memory->text_used + text.bytes > MEMORY_TEXT_BYTES) {
        memory_forget(memory);
        index = memory_free_slot(memory, hash);
    }
    memcpy(memory->text + memory->text_used, text.start, text.bytes);
    memory->slots[index] = (struct memory_slot){
        .hash = hash,
        .generation = memory->generation,
        .offset = (uint32_t)memory->text_used,
        .bytes = (uint32_t)text.bytes,
    };
    memory->text_used += text.bytes;
    memory->used++;
    return memory->rows + index * memory->row_words;
}
