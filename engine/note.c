#include "engine/note.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(void **items, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return true;
    const size_t grown = 2 * wanted;
    void *const memory = reallocarray(*items, grown, size);
    if (memory == NULL)
        return false;
    *items = memory;
    *capacity = grown;
    return true;
}

void notes_add(struct notes *notes, uint64_t position, int64_t now_ns, struct slice text)
{
    if (!reserve((void **)&notes->items, &notes->capacity, notes->count + 1,
                 sizeof(*notes->items)) ||
        !reserve((void **)&notes->text, &notes->bytes_capacity, notes->bytes + text.bytes, 1)) {
        notes->has_failed = true;
        return;
    }
    notes->items[notes->count++] =
        (struct note){.position = position, .now_ns = now_ns, .bytes = (uint32_t)text.bytes};
    memcpy(notes->text + notes->bytes, text.start, text.bytes);
    notes->bytes += text.bytes;
}

void notes_clear(struct notes *notes)
{
    notes->count = 0;
    notes->bytes = 0;
    notes->has_failed = false;
}

void notes_deinit(struct notes *notes)
{
    free(notes->items);
    free(notes->text);
    *notes = (struct notes){0};
}
