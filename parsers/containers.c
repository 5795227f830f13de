#include "parsers/containers.h"

#include "parsers/format.h"

/* The text of the list or object that a value is or holds; empty when it is neither. */
static struct slice contents_of(const struct field_value *value, struct container_room *room)
{
    if (value->kind == VALUE_NESTED)
        return value->text;
    const size_t left = CONTAINERS_TEXT_BYTES - room->used;
    if (value->kind != VALUE_TEXT || value->text.bytes < 2 || value->text.bytes >= left)
        return slice_of("", 0);
    char *const start = room->text + room->used;
    const struct slice decoded = format_text(value, start, left);
    memmove(start, decoded.start, decoded.bytes);
    memset(start + decoded.bytes, 0, LIMIT_VECTOR_PADDING);
    const struct slice text = slice_trim(slice_of(start, decoded.bytes));
    const bool is_json = text.bytes >= 2 && (text.start[0] == '{' || text.start[0] == '[');
    if (is_json)
        room->used += decoded.bytes + 1;
    return is_json ? text : slice_of("", 0);
}

/* ---- Objects ------------------------------------------------------------------------------ */

static bool branch_leads_here(const struct branch *branch, struct container_room *room)
{
    if (!branch->has_value)
        return true;
    if (!(room->element.present >> branch->key & 1))
        return false;
    const struct field_value *const value = &room->element.values[branch->key];
    const struct slice text = value->kind == VALUE_TEXT
                                  ? format_text(value, room->selector, sizeof(room->selector))
                                  : value->text;
    return slice_equals_folded(text, branch->value);
}

static void take_outputs(const struct container *container, uint32_t branches,
                         const struct record *element, struct record *record)
{
    for (size_t i = 0; i < container->outputs_count; i++) {
        const unsigned inner = container->outputs[i].inner, slot = container->outputs[i].slot;
        if (!(branches >> container->outputs[i].branch & 1) || !(element->present >> inner & 1))
            continue;
        record->values[slot] = element->values[inner];
        record->present |= UINT64_C(1) << slot;
    }
}

/* Reads objects until every branch has found its own. */
static void open_objects(const struct container *container, struct container_room *room,
                         struct json_reader *reader, struct record *record)
{
    uint32_t wanted = (UINT32_C(1) << container->branches_count) - 1;
    enum record_result result;
    while (wanted != 0 && (result = json_reader_next(reader, &room->element)) != RECORD_END) {
        uint32_t found = 0;
        if (result != RECORD_FOUND)
            continue;
        for (size_t i = 0; i < container->branches_count; i++) {
            if (wanted >> i & 1 && branch_leads_here(&container->branches[i], room))
                found |= UINT32_C(1) << i;
        }
        take_outputs(container, found, &room->element, record);
        wanted &= ~found;
    }
}

/* ---- Texts and numbers --------------------------------------------------------------------- */

static size_t scalar_bytes(struct slice text)
{
    size_t bytes = 0;
    while (bytes < text.bytes && (unsigned char)text.start[bytes] > ' ' &&
           strchr(",]}[{\"", text.start[bytes]) == NULL)
        bytes++;
    return bytes;
}

/* The first element of a list when it is a text or a number. */
static bool first_scalar(struct slice list, struct field_value *value)
{
    const struct slice text = slice_trim(slice_from(list, 1));
    *value = (struct field_value){.kind = VALUE_NUMBER};
    if (text.bytes == 0)
        return false;
    if (text.start[0] != '"') {
        value->text = slice_of(text.start, scalar_bytes(text));
        return value->text.bytes > 0;
    }
    value->kind = VALUE_TEXT;
    size_t end = 1;
    for (; end < text.bytes && text.start[end] != '"'; end++) {
        value->escaped |= text.start[end] == '\\';
        end += text.start[end] == '\\';
    }
    value->text = slice_of(text.start + 1, (end < text.bytes ? end : text.bytes) - 1);
    return end < text.bytes;
}

/* A text or number in place of a list is a list of one. */
static void take_scalar(const struct container *container, const struct field_value *value,
                        struct slice list, struct record *record)
{
    struct field_value *const scalar = &record->values[container->scalar_slot];
    if (list.bytes == 0 && (value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER))
        *scalar = *value;
    else if (list.bytes < 2 || list.start[0] != '[' || !first_scalar(list, scalar))
        return;
    record->present |= UINT64_C(1) << container->scalar_slot;
}

/* ---- One container ------------------------------------------------------------------------- */

static void open_container(const struct container *container, struct container_room *room,
                           struct record *record)
{
    if (!(record->present >> container->slot & 1))
        return;
    const struct field_value *const value = &record->values[container->slot];
    const struct slice text = contents_of(value, room);
    if (container->scalar_slot != SLOT_NONE)
        take_scalar(container, value, text, record);
    if (container->outputs_count == 0 || text.bytes < 2 ||
        (text.start[0] == '[' && !container->is_list))
        return;
    struct json_reader reader;
    if (text.start[0] == '[')
        json_reader_init_array(&reader, container->paths, JSON_TIER_BEST, text);
    else
        json_reader_init_object(&reader, container->paths, JSON_TIER_BEST, text);
    open_objects(container, room, &reader, record);
}

void containers_open(const struct path_slots *slots, struct container_room *room,
                     struct record *record)
{
    for (size_t i = 0; i < slots->containers_count; i++)
        open_container(&slots->containers[i], room, record);
}
