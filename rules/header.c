#include "rules/header.h"

enum { TITLE_BYTES_MAX = 256, UUID_BYTES = 36 };

static bool node_is_text(const struct node *node)
{
    return node->kind == NODE_SCALAR && !node_is_null(node) && node->text.bytes > 0;
}

/* ---- levels ------------------------------------------------------------------------------- */

/* The severities are the risk scores that Elastic's detection rules use for the same words, so that
 * findings sort alike in tools built around them. */
static const struct {
    const char *level;
    unsigned severity;
} levels[] = {
    {"informational", 5}, {"low", 21}, {"medium", 47}, {"high", 73}, {"critical", 99},
};
enum { LEVELS_COUNT = sizeof(levels) / sizeof(levels[0]) };

unsigned rule_level_severity(const struct node *level)
{
    static const unsigned without_level = 47;
    for (size_t i = 0; level != NULL && i < LEVELS_COUNT; i++) {
        if (slice_equals(level->text, slice_from_string(levels[i].level)))
            return levels[i].severity;
    }
    return without_level;
}

static bool level_check(const struct diagnosis *diagnosis, const struct node *level)
{
    const char *known[LEVELS_COUNT + 1] = {NULL};
    for (size_t i = 0; i < LEVELS_COUNT; i++) {
        known[i] = levels[i].level;
        if (slice_equals(level->text, slice_from_string(known[i])))
            return true;
    }
    diagnosis_unknown(diagnosis, RULE_LEVEL, level, 0, "level", level->text, known);
    return false;
}

/* ---- keys --------------------------------------------------------------------------------- */

enum header_shape { SHAPE_ANY, SHAPE_TEXT, SHAPE_TEXTS, SHAPE_MAPPING };

static const struct {
    const char *key;
    enum header_shape shape;
} header_keys[] = {
    {"title", SHAPE_ANY}, /* has a message of its own */
    {"id", SHAPE_TEXT},
    {"name", SHAPE_TEXT},
    {"description", SHAPE_TEXT},
    {"author", SHAPE_TEXT},
    {"level", SHAPE_TEXT},
    {"status", SHAPE_TEXT},
    {"license", SHAPE_TEXT},
    {"date", SHAPE_TEXT},
    {"modified", SHAPE_TEXT},
    {"taxonomy", SHAPE_TEXT},
    {"logsource", SHAPE_MAPPING},
    {"tags", SHAPE_TEXTS},
    {"falsepositives", SHAPE_ANY}, /* lists by the specification, plain text in the wild */
    {"references", SHAPE_ANY},
    {"related", SHAPE_ANY},
    {"fields", SHAPE_ANY},
    {"scope", SHAPE_ANY},
    {"detection", SHAPE_ANY},
    {"correlation", SHAPE_ANY},
    {"spraywatch", SHAPE_ANY},
    {"filter", SHAPE_ANY},
    {"allow", SHAPE_ANY},
    {"action", SHAPE_ANY},
};
enum { HEADER_KEYS_COUNT = sizeof(header_keys) / sizeof(header_keys[0]) };

static bool shape_check(const struct diagnosis *diagnosis, const struct node *key,
                        const struct node *value, enum header_shape shape)
{
    bool is_good = true;
    if (node_is_null(value))
        return true; /* the key stands there for its own sake */
    switch (shape) {
    case SHAPE_ANY:
        return true;
    case SHAPE_TEXT:
        if (node_is_text(value))
            return true;
        diagnosis_add(diagnosis, RULE_HEADER_VALUE, value, "`%s` is text", key->text.start);
        return false;
    case SHAPE_MAPPING:
        if (value->kind == NODE_MAPPING)
            return true;
        diagnosis_add(diagnosis, RULE_HEADER_VALUE, value, "`%s` is a mapping", key->text.start);
        return false;
    case SHAPE_TEXTS:
        break;
    }
    if (value->kind != NODE_SEQUENCE) {
        diagnosis_add(diagnosis, RULE_HEADER_VALUE, value, "`%s` is a list", key->text.start);
        return false;
    }
    for (size_t i = 0; i < value->count; i++) {
        if (node_is_text(value->items[i]))
            continue;
        diagnosis_add(diagnosis, RULE_HEADER_VALUE, value->items[i], "`%s` is a list of text",
                      key->text.start);
        is_good = false;
    }
    return is_good;
}

/* Keys of one's own are welcome; one that looks like a slip of the pen is worth a word. */
static void key_lint(const struct diagnosis *diagnosis, const struct node *key)
{
    const char *known[HEADER_KEYS_COUNT + 1] = {NULL};
    for (size_t i = 0; i < HEADER_KEYS_COUNT; i++)
        known[i] = header_keys[i].key;
    const char *const nearest = nearest_word(key->text, known);
    if (nearest != NULL)
        diagnosis_add(diagnosis, RULE_HEADER_KEY_SLIP, key,
                      "`%s` is no key of a rule and is not read; did you mean `%s`?",
                      shown_node(key).text, nearest);
}

static bool key_check(const struct diagnosis *diagnosis, const struct node *key,
                      const struct node *value)
{
    for (size_t i = 0; i < HEADER_KEYS_COUNT; i++) {
        if (slice_equals(key->text, slice_from_string(header_keys[i].key)))
            return shape_check(diagnosis, key, value, header_keys[i].shape);
    }
    key_lint(diagnosis, key);
    return true;
}

/* ---- values ------------------------------------------------------------------------------- */

static bool title_check(const struct diagnosis *diagnosis, const struct node *root)
{
    const struct node *const title = node_get(root, "title");
    if (title == NULL && node_get(root, "allow") != NULL)
        return true; /* its entries have reasons of their own */
    if (title == NULL || !node_is_text(title)) {
        diagnosis_add(diagnosis, RULE_TITLE, title != NULL ? title : root,
                      title != NULL ? "`title` is text" : "the rule has no `title`");
        return false;
    }
    if (title->text.bytes > TITLE_BYTES_MAX) {
        diagnosis_add(diagnosis, RULE_TITLE, title, "`title` is longer than 256 bytes");
        return false;
    }
    return true;
}

static bool is_uuid(struct slice text)
{
    if (text.bytes != UUID_BYTES)
        return false;
    for (size_t i = 0; i < text.bytes; i++) {
        const unsigned char byte = slice_fold_byte((unsigned char)text.start[i]);
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool is_hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
        if (is_dash ? byte != '-' : !is_hex)
            return false;
    }
    return true;
}

static void status_lint(const struct diagnosis *diagnosis, const struct node *status)
{
    static const char *const known[] = {"stable",     "test",        "experimental",
                                        "deprecated", "unsupported", NULL};
    for (size_t i = 0; known[i] != NULL; i++) {
        if (slice_equals(status->text, slice_from_string(known[i])))
            return;
    }
    diagnosis_unknown(diagnosis, RULE_STATUS_UNKNOWN, status, 0, "status", status->text, known);
}

static bool taxonomy_check(const struct diagnosis *diagnosis, const struct node *taxonomy)
{
    if (slice_equals(taxonomy->text, SLICE("sigma")))
        return true;
    diagnosis_add(diagnosis, RULE_TAXONOMY, taxonomy,
                  "the taxonomy `%s` is not known: its fields may mean something else",
                  shown_node(taxonomy).text);
    return false;
}

static const struct node *text_of(const struct node *root, const char *key)
{
    const struct node *const node = node_get(root, key);
    return node != NULL && node_is_text(node) ? node : NULL;
}

bool rule_header_read(struct rule_header *header, const struct diagnosis *diagnosis,
                      const struct node *root)
{
    bool is_good = title_check(diagnosis, root);
    for (size_t i = 0; i < root->count; i++)
        is_good &= key_check(diagnosis, node_key(root, i), node_value(root, i));
    *header = (struct rule_header){
        .title = text_of(root, "title"),
        .id = text_of(root, "id"),
        .name = text_of(root, "name"),
        .description = text_of(root, "description"),
        .author = text_of(root, "author"),
        .level = text_of(root, "level"),
        .status = text_of(root, "status"),
        .license = text_of(root, "license"),
        .date = text_of(root, "date"),
        .modified = text_of(root, "modified"),
        .references = node_get(root, "references"),
        .tags = node_get(root, "tags"),
    };
    if (header->id != NULL && !is_uuid(header->id->text))
        diagnosis_add(diagnosis, RULE_ID_NOT_UUID, header->id, "`%s` is no UUID",
                      shown_node(header->id).text);
    if (header->status != NULL)
        status_lint(diagnosis, header->status);
    if (text_of(root, "taxonomy") != NULL)
        is_good &= taxonomy_check(diagnosis, text_of(root, "taxonomy"));
    if (header->level != NULL)
        is_good &= level_check(diagnosis, header->level);
    return is_good;
}

struct slice rule_header_handle(const struct rule_header *header)
{
    const struct node *const node = header->name != NULL ? header->name
                                    : header->id != NULL ? header->id
                                                         : header->title;
    return node != NULL ? node->text : SLICE("(rule without a title)");
}
