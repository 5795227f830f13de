#include "parsers/containers.h"

#include "parsers/format.h"
#include "parsers/sshd.h"

enum status container_room_init(struct container_room *room)
{
    return xml_event_scratch_create(&room->xml, CONTAINERS_TEXT_BYTES);
}

void container_room_deinit(struct container_room *room)
{
    xml_event_scratch_destroy(room->xml);
    room->xml = NULL;
}

/* The bytes that a list of numbers gives, `[70,97,…]`; empty when it is no such list. */
static struct slice bytes_of(struct slice list, struct container_room *room)
{
    char *const start = room->text + room->used;
    size_t bytes = 0, at = 1;
    while (at < list.bytes && bytes < CONTAINERS_TEXT_BYTES - room->used) {
        unsigned number = 0, digits = 0;
        while (at < list.bytes && strchr(" \t\r\n,", list.start[at]) != NULL)
            at++;
        if (at < list.bytes && list.start[at] == ']')
            break;
        for (; at < list.bytes && (unsigned char)(list.start[at] - '0') < 10 && digits < 3; at++) {
            number = number * 10 + (unsigned)(list.start[at] - '0');
            digits++;
        }
        if (digits == 0 || number > UINT8_MAX)
            return slice_of("", 0);
        start[bytes++] = (char)number;
    }
    memset(start + bytes, 0, LIMIT_VECTOR_PADDING);
    room->used += bytes;
    return slice_of(start, bytes);
}

/* A string's text, decoded into the room; empty when it is none or there is no room left. */
static struct slice string_of(const struct field_value *value, struct container_room *room)
{
    const size_t left = CONTAINERS_TEXT_BYTES - room->used;
    if (value->kind != VALUE_TEXT || value->text.bytes >= left)
        return slice_of("", 0);
    char *const start = room->text + room->used;
    const struct slice decoded = format_text(value, start, left);
    memmove(start, decoded.start, decoded.bytes);
    memset(start + decoded.bytes, 0, LIMIT_VECTOR_PADDING);
    room->used += decoded.bytes;
    return slice_of(start, decoded.bytes);
}

static bool is_json(struct slice text)
{
    return text.bytes >= 2 && (text.start[0] == '{' || text.start[0] == '[');
}

/* The list, object or other text that a value is or holds. */
static struct slice contents_of(const struct field_value *value, struct container_room *room)
{
    if (value->kind == VALUE_NESTED)
        return value->text;
    return slice_trim(string_of(value, room));
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

/* ---- Parts of texts ------------------------------------------------------------------------ */

/* Takes the next `key=value` or `key="value"` off `rest`; false: there is none. */
static bool next_pair(struct slice *rest, struct slice *key, struct field_value *value)
{
    size_t at = 0;
    while (at < rest->bytes && strchr(" ,\t", rest->start[at]) != NULL)
        at++;
    *rest = slice_from(*rest, at);
    const size_t equals = slice_find(*rest, '=');
    if (equals == rest->bytes)
        return false;
    *key = slice_of(rest->start, equals);
    for (size_t i = key->bytes; i > 0; i--) { /* words before the key belong to nothing */
        if (rest->start[i - 1] == ' ' || rest->start[i - 1] == ',') {
            *key = slice_from(*key, i);
            break;
        }
    }
    *rest = slice_from(*rest, equals + 1);
    *value = (struct field_value){.kind = VALUE_TEXT};
    const bool is_quoted = rest->bytes > 0 && rest->start[0] == '"';
    size_t end = is_quoted;
    for (; end < rest->bytes; end++) {
        const char byte = rest->start[end];
        if (is_quoted ? byte == '"' : byte == ',' || byte == ' ')
            break;
        value->escaped |= is_quoted && byte == '\\';
        end += is_quoted && byte == '\\';
    }
    end = end < rest->bytes ? end : rest->bytes;
    value->text = slice_of(rest->start + is_quoted, end - is_quoted);
    *rest = slice_from(*rest, end + is_quoted);
    return true;
}

static void take_pairs(const struct container *container, struct slice text, struct record *record)
{
    struct field_value value;
    struct slice key;
    while (next_pair(&text, &key, &value)) {
        for (size_t i = 0; i < container->excerpts_count; i++) {
            const struct excerpt *const excerpt = &container->excerpts[i];
            if (excerpt->kind != EXCERPT_PAIR || !slice_equals_folded(key, excerpt->before) ||
                record->present >> excerpt->slot & 1)
                continue;
            record->values[excerpt->slot] = value;
            record->present |= UINT64_C(1) << excerpt->slot;
        }
    }
}

/* Where `part` begins in `text` for the last time; past its end when it never does. */
static size_t find_last(struct slice text, struct slice part)
{
    for (size_t at = text.bytes >= part.bytes ? text.bytes - part.bytes + 1 : 0; at > 0; at--) {
        if (memcmp(text.start + at - 1, part.start, part.bytes) == 0)
            return at - 1;
    }
    return text.bytes + 1;
}

static size_t find_first(struct slice text, struct slice part)
{
    const char *const found = memmem(text.start, text.bytes, part.start, part.bytes);
    return found != NULL ? (size_t)(found - text.start) : text.bytes + 1;
}

static void take_between(const struct excerpt *excerpt, struct slice text, struct record *record)
{
    const size_t before = excerpt->after.bytes > 0 ? find_first(text, excerpt->before)
                                                   : find_last(text, excerpt->before);
    if (before > text.bytes)
        return;
    struct slice part = slice_from(text, before + excerpt->before.bytes);
    if (excerpt->after.bytes > 0)
        part.bytes = excerpt->before.bytes > 0 ? find_last(part, excerpt->after)
                                               : find_first(part, excerpt->after);
    if (part.start + part.bytes > text.start + text.bytes)
        return;
    record->values[excerpt->slot] = (struct field_value){.text = part, .kind = VALUE_TEXT};
    record->present |= UINT64_C(1) << excerpt->slot;
}

static void take_sshd(const struct excerpt *excerpt, const struct login_line *line,
                      struct record *record)
{
    const char *const part = (const char *)line + path_sshd_parts[excerpt->sshd_part].offset;
    const struct slice *const text = (const struct slice *)(const void *)part;
    if (text->bytes == 0)
        return;
    record->values[excerpt->slot] = (struct field_value){.text = *text, .kind = VALUE_TEXT};
    record->present |= UINT64_C(1) << excerpt->slot;
}

static void open_text(const struct container *container, const struct field_value *value,
                      struct container_room *room, struct record *record)
{
    bool has_pairs = false;
    /* Of a list, its texts as they are written. */
    const bool is_list = value->kind == VALUE_NESTED;
    const struct slice text = is_list ? value->text : string_of(value, room);
    struct login_line line;
    const bool is_sshd =
        container->has_sshd && sshd_read(is_list ? bytes_of(text, room) : text, &line);
    for (size_t i = 0; i < container->excerpts_count; i++) {
        const struct excerpt *const excerpt = &container->excerpts[i];
        has_pairs |= excerpt->kind == EXCERPT_PAIR;
        if (excerpt->kind == EXCERPT_BETWEEN)
            take_between(excerpt, text, record);
        if (excerpt->kind == EXCERPT_SSHD && is_sshd)
            take_sshd(excerpt, &line, record);
    }
    if (has_pairs)
        take_pairs(container, text, record);
}

/* ---- XML ------------------------------------------------------------------------------------ */

/* All branches of an object lead to the one document. Its values are copied into the room, because
 * another container may be XML as well. */
static void open_xml(const struct container *container, struct slice contents,
                     struct container_room *room, struct record *record)
{
    const struct slice xml = slice_from(contents, slice_find(contents, '<'));
    if (xml.bytes == 0 || !xml_event_read(container->xml_paths, room->xml, xml, &room->element))
        return;
    for (size_t i = 0; i < container->inner_count; i++) {
        struct slice *const text = &room->element.values[i].text;
        if (!(room->element.present >> i & 1))
            continue;
        if (text->bytes > CONTAINERS_TEXT_BYTES - room->used) {
            room->element.present &= ~(UINT64_C(1) << i);
            continue;
        }
        memcpy(room->text + room->used, text->start, text->bytes);
        text->start = room->text + room->used;
        room->used += text->bytes;
    }
    take_outputs(container, UINT32_MAX, &room->element, record);
}

/* ---- One container ------------------------------------------------------------------------- */

static void open_container(const struct container *container, struct container_room *room,
                           struct record *record)
{
    if (!(record->present >> container->slot & 1))
        return;
    const struct field_value *const value = &record->values[container->slot];
    if (container->kind == CONTAINER_TEXT) {
        open_text(container, value, room, record);
        return;
    }
    const struct slice contents = contents_of(value, room);
    const struct slice text = is_json(contents) ? contents : slice_of("", 0);
    if (container->kind == CONTAINER_OBJECT && text.bytes == 0)
        open_xml(container, contents, room, record);
    if (container->scalar_slot != SLOT_NONE)
        take_scalar(container, value, text, record);
    if (container->outputs_count == 0 || text.bytes < 2 ||
        (text.start[0] == '[' && container->kind != CONTAINER_LIST))
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
