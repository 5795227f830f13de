#include "parsers/xml_event.h"

#include <assert.h>
#include <expat.h>
#include <stdlib.h>

#include "engine/base/arena.h"
#include "parsers/xml_event_scan.h"

enum {
    KEY_BYTES_MAX = 256,
    NO_SLOT = RECORD_FIELDS_MAX,
};

/* ---- Paths ---------------------------------------------------------------------------------- */

/* One key of the wanted paths, and those below it. */
struct xml_node {
    struct slice key;
    struct xml_node *next;  /* beside it */
    struct xml_node *child; /* the first below */
    uint8_t slot;           /* of its text; NO_SLOT */
};

struct xml_event_paths {
    struct arena arena;
    struct xml_node root;
};

static struct xml_node *find_child(const struct xml_node *node, struct slice key)
{
    for (struct xml_node *child = node->child; child != NULL; child = child->next) {
        if (slice_equals_folded(child->key, key))
            return child;
    }
    return NULL;
}

static struct xml_node *take_child(struct xml_event_paths *paths, struct xml_node *node,
                                   struct slice key)
{
    struct xml_node *child = find_child(node, key);
    if (child != NULL)
        return child;
    child = arena_take(&paths->arena, 1, sizeof(*child));
    const char *const copy = arena_copy(&paths->arena, key);
    if (child == NULL || copy == NULL)
        return NULL;
    *child =
        (struct xml_node){.key = slice_of(copy, key.bytes), .next = node->child, .slot = NO_SLOT};
    node->child = child;
    return child;
}

/* Bytes of the key at the front of a path. */
static size_t key_length(struct slice path)
{
    for (size_t i = 0; i < path.bytes; i++) {
        if (path.start[i] == '\\')
            i++;
        else if (path.start[i] == '.')
            return i;
    }
    return path.bytes;
}

/* `#text` below an element is the element's own text. */
static enum status add_path(struct xml_event_paths *paths, const struct record_path *path)
{
    struct xml_node *node = &paths->root;
    struct slice rest = slice_from_string(path->path);
    for (;;) {
        char key[KEY_BYTES_MAX];
        const size_t length = key_length(rest);
        if (length == 0 || length > sizeof(key))
            return STATUS_CONFIG;
        const struct slice name =
            slice_of(key, record_path_unescape(slice_of(rest.start, length), key));
        node = take_child(paths, node, name);
        if (node == NULL)
            return STATUS_NO_MEMORY;
        if (length == rest.bytes)
            break;
        rest = slice_from(rest, length + 1);
    }
    if (node->slot != NO_SLOT)
        return STATUS_CONFIG;
    node->slot = (uint8_t)path->slot;
    return STATUS_OK;
}

enum status xml_event_paths_create(struct xml_event_paths **out, const struct record_path *list,
                                   size_t list_count)
{
    struct xml_event_paths *const paths = calloc(1, sizeof(*paths));
    if (paths == NULL)
        return STATUS_NO_MEMORY;
    uint64_t slots = 0;
    paths->root.slot = NO_SLOT;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < list_count && status == STATUS_OK; i++) {
        if (list[i].slot >= RECORD_FIELDS_MAX || (slots >> list[i].slot & 1) != 0)
            status = STATUS_CONFIG;
        else
            status = add_path(paths, &list[i]);
        slots |= UINT64_C(1) << (list[i].slot % 64);
    }
    if (status != STATUS_OK) {
        xml_event_paths_destroy(paths);
        return status;
    }
    *out = paths;
    return STATUS_OK;
}

void xml_event_paths_destroy(struct xml_event_paths *paths)
{
    if (paths != NULL)
        arena_deinit(&paths->arena);
    free(paths);
}

/* ---- One document through expat ------------------------------------------------------------- */

/* An element that is open. */
struct open_element {
    const struct xml_node *node; /* NULL: nothing below it is wanted */
    size_t text_start;           /* in the scratch */
    bool has_elements;           /* so it has no text of its own */
    bool is_data;                /* `<Data>` without name … */
    bool goes_on;                /* … right behind another */
};

struct xml_event_scratch {
    XML_Parser parser;
    const struct xml_event_paths *paths;
    struct record *record;
    size_t depth;
    bool is_done, is_too_deep, is_refused;
    struct open_element open[LIMIT_JSON_DEPTH + 1]; /* open[0] is the document */
    bool has_data;                                  /* texts of `<Data>` without name lie … */
    size_t data_start, data_end;
    size_t text_bytes, text_bytes_max;
    char text[];
};

enum status xml_event_scratch_create(struct xml_event_scratch **out, size_t line_bytes_max)
{
    struct xml_event_scratch *const scratch = malloc(sizeof(*scratch) + line_bytes_max);
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    *scratch = (struct xml_event_scratch){.text_bytes_max = line_bytes_max};
    scratch->parser = XML_ParserCreate("UTF-8");
    if (scratch->parser == NULL) {
        free(scratch);
        return STATUS_NO_MEMORY;
    }
    *out = scratch;
    return STATUS_OK;
}

void xml_event_scratch_destroy(struct xml_event_scratch *scratch)
{
    if (scratch != NULL)
        XML_ParserFree(scratch->parser);
    free(scratch);
}

static void stop(struct xml_event_scratch *scratch, bool *reason)
{
    *reason = true;
    XML_StopParser(scratch->parser, XML_FALSE);
}

static void add_text(struct xml_event_scratch *scratch, const char *text, size_t bytes)
{
    if (bytes > scratch->text_bytes_max - scratch->text_bytes) {
        stop(scratch, &scratch->is_refused); /* markup is longer than what it says; never reached */
        return;
    }
    memcpy(scratch->text + scratch->text_bytes, text, bytes);
    scratch->text_bytes += bytes;
}

static uint64_t slot_bit(unsigned slot)
{
    return slot != NO_SLOT ? UINT64_C(1) << slot : 0;
}

/* The slot of an element's text, if it is wanted under `#text`. */
static unsigned text_slot(const struct xml_node *node)
{
    const struct xml_node *const text = find_child(node, SLICE("#text"));
    return text != NULL ? text->slot : NO_SLOT;
}

static void set_value(struct xml_event_scratch *scratch, unsigned slot, struct slice text)
{
    struct record *const record = scratch->record;
    if (slot == NO_SLOT || (record->present & slot_bit(slot)) != 0)
        return;
    record->values[slot] =
        (struct field_value){.text = slice_trim(text), .kind = VALUE_TEXT, .escapes = ESCAPES_XML};
    record->present |= slot_bit(slot);
}

static void take_attributes(struct xml_event_scratch *scratch, const struct xml_node *node,
                            const XML_Char **attributes)
{
    const struct xml_node *const list = find_child(node, SLICE("#attributes"));
    if (list == NULL)
        return;
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        const struct xml_node *const wanted = find_child(list, slice_from_string(attributes[i]));
        if (wanted == NULL)
            continue;
        const size_t start = scratch->text_bytes, bytes = strlen(attributes[i + 1]);
        add_text(scratch, attributes[i + 1], bytes);
        if (!scratch->is_refused)
            set_value(scratch, wanted->slot, slice_of(scratch->text + start, bytes));
    }
}

/* The key of an element: its name, but of `<Data Name="X">` that is X. */
static struct slice element_key(const XML_Char *name, const XML_Char **attributes, bool *is_data)
{
    *is_data = strcmp(name, "Data") == 0;
    for (size_t i = 0; *is_data && attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], "Name") != 0)
            continue;
        *is_data = false;
        return slice_from_string(attributes[i + 1]);
    }
    return slice_from_string(name);
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct xml_event_scratch *const scratch = user;
    if (scratch->depth == LIMIT_JSON_DEPTH) {
        stop(scratch, &scratch->is_too_deep);
        return;
    }
    struct open_element *const parent = &scratch->open[scratch->depth];
    struct open_element *const element = &scratch->open[++scratch->depth];
    bool is_data;
    const struct slice key = element_key(name, attributes, &is_data);
    const struct xml_node *const node = parent->node != NULL ? find_child(parent->node, key) : NULL;
    parent->has_elements = true;
    const bool goes_on =
        node != NULL && is_data && scratch->has_data && scratch->data_end == scratch->text_bytes;
    if (goes_on)
        add_text(scratch, "\n", 1); /* in the place of the markup between */
    if (node != NULL)
        take_attributes(scratch, node, attributes);
    *element = (struct open_element){
        .node = node, .is_data = is_data, .goes_on = goes_on, .text_start = scratch->text_bytes};
}

/* Texts of `<Data>` elements without name are one value. It grows as long as they follow each
 * other: then they lie one behind the other, with the line ends that `on_start` has put between
 * them. False: they are another group than the first. */
static bool join_data(struct xml_event_scratch *scratch, const struct open_element *element,
                      struct slice *text)
{
    const struct xml_node *const node = element->node;
    if (scratch->has_data && !element->goes_on)
        return false;
    if (!scratch->has_data)
        scratch->data_start = element->text_start;
    scratch->has_data = true;
    scratch->data_end = scratch->text_bytes;
    *text = slice_of(scratch->text + scratch->data_start, scratch->data_end - scratch->data_start);
    scratch->record->present &= ~(slot_bit(node->slot) | slot_bit(text_slot(node)));
    return true;
}

static void on_end(void *user, const XML_Char *name)
{
    struct xml_event_scratch *const scratch = user;
    const struct open_element *const element = &scratch->open[scratch->depth--];
    const struct xml_node *const node = element->node;
    (void)name;
    if (node != NULL && !element->has_elements) {
        struct slice text = slice_of(scratch->text + element->text_start,
                                     scratch->text_bytes - element->text_start);
        if (!element->is_data || join_data(scratch, element, &text)) {
            set_value(scratch, node->slot, text);
            set_value(scratch, text_slot(node), text);
        }
    }
    if (scratch->depth == 0)
        stop(scratch, &scratch->is_done);
}

static void on_text(void *user, const XML_Char *text, int bytes)
{
    struct xml_event_scratch *const scratch = user;
    const struct open_element *const element = &scratch->open[scratch->depth];
    if (element->node != NULL && !element->has_elements)
        add_text(scratch, text, (size_t)bytes);
}

static void on_doctype(void *user, const XML_Char *name, const XML_Char *system,
                       const XML_Char *public, int has_internal)
{
    struct xml_event_scratch *const scratch = user;
    (void)name, (void)system, (void)public, (void)has_internal;
    stop(scratch, &scratch->is_refused);
}

/* Whatever the outcome, the record has the values that were read until then. */
static void parse(const struct xml_event_paths *paths, struct xml_event_scratch *scratch,
                  struct slice text, struct record *record)
{
    XML_ParserReset(scratch->parser, "UTF-8");
    XML_SetUserData(scratch->parser, scratch);
    XML_SetElementHandler(scratch->parser, on_start, on_end);
    XML_SetCharacterDataHandler(scratch->parser, on_text);
    XML_SetStartDoctypeDeclHandler(scratch->parser, on_doctype);
    scratch->record = record;
    scratch->depth = scratch->text_bytes = 0;
    scratch->is_done = scratch->is_too_deep = scratch->is_refused = scratch->has_data = false;
    scratch->open[0] = (struct open_element){.node = &paths->root};
    record->present = 0;
    assert(text.bytes <= LIMIT_LINE_BYTES_MAX);
    (void)XML_Parse(scratch->parser, text.start, (int)text.bytes, XML_TRUE);
}

bool xml_event_read(const struct xml_event_paths *paths, struct xml_event_scratch *scratch,
                    struct slice text, struct record *record)
{
    record->text = text;
    record->present = 0;
    if (text.bytes <= scratch->text_bytes_max)
        parse(paths, scratch, text, record);
    if (text.bytes > scratch->text_bytes_max || !scratch->is_done) {
        record->present = 0;
        return false;
    }
    return true;
}

/* ---- One record after another --------------------------------------------------------------- */

void xml_event_reader_init(struct xml_event_reader *reader, const struct xml_event_paths *paths,
                           struct xml_event_scratch *scratch, size_t line_bytes_max,
                           const struct block *block)
{
    *reader = (struct xml_event_reader){
        .paths = paths,
        .scratch = scratch,
        .line_bytes_max = line_bytes_max,
        .start = block->text,
        .at = block->text,
        .end = block->text + block->bytes,
    };
    xml_event_scan_init(&reader->scan);
}

static uint64_t count_newlines(const char *from, const char *to)
{
    uint64_t count = 0;
    while (from < to && (from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
        from++;
        count++;
    }
    return count;
}

/* The record lies from `begin` to the reader's position. */
static enum record_result read_record(struct xml_event_reader *reader, const char *begin,
                                      struct record *record)
{
    struct xml_event_scratch *const scratch = reader->scratch;
    const struct slice text = slice_of(begin, (size_t)(reader->at - begin));
    if (text.bytes > reader->line_bytes_max || text.bytes > scratch->text_bytes_max)
        return RECORD_TOO_LONG;
    parse(reader->paths, scratch, text, record);
    if (scratch->is_done)
        return RECORD_FOUND;
    record->present = 0;
    return scratch->is_too_deep ? RECORD_TOO_DEEP : RECORD_BROKEN;
}

/* The next thing that is a record, or was meant to be one: from `*begin` to the reader's position.
 * False: there is none. `*is_whole`: it has an end. */
static bool find_record(struct xml_event_reader *reader, const char **begin, bool *is_whole)
{
    const struct slice text = slice_of(reader->at, (size_t)(reader->end - reader->at));
    bool has_begun = false;
    for (size_t at = 0;;) {
        const enum xml_event_token token =
            xml_event_scan_next(&reader->scan, text, &at, false, true);
        reader->at = text.start + at;
        if (token == XML_EVENT_BEGIN && !has_begun) {
            has_begun = true;
            *begin = reader->at;
            continue;
        }
        *is_whole = token == XML_EVENT_END;
        if (token == XML_EVENT_JUNK)
            *begin = text.start;
        return token != XML_EVENT_MORE || has_begun;
    }
}

enum record_result xml_event_reader_next(struct xml_event_reader *reader, struct record *record)
{
    const char *const from = reader->at;
    const char *begin = from;
    bool is_whole;
    record->present = 0;
    const bool is_found = find_record(reader, &begin, &is_whole);
    record->text = slice_of(begin, (size_t)(reader->at - begin));
    record->offset = (uint64_t)(begin - reader->start);
    record->newlines = reader->newlines + count_newlines(from, begin);
    reader->newlines = record->newlines + count_newlines(begin, reader->at);
    if (!is_found)
        return RECORD_END;
    return is_whole ? read_record(reader, begin, record) : RECORD_BROKEN;
}
