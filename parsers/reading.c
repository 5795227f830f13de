#include "parsers/reading.h"

#include <stdarg.h>
#include <stdio.h>

enum { MESSAGE_BYTES = 512 };

void reading_complain(const struct reading *reading, const struct node *node, const char *code,
                      const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    diagnostics_add(reading->diagnostics, SEVERITY_ERROR, code, reading->path, node->line,
                    node->column, "%s", message);
}

void reading_complain_unknown(const struct reading *reading, const struct node *word,
                              const char *code, const char *what, const char *const *known)
{
    if (word->kind != NODE_SCALAR) {
        reading_complain(reading, word, "S103", "%s must be a text", what);
        return;
    }
    const char *const nearest = nearest_word(word->text, known);
    if (nearest != NULL)
        reading_complain(reading, word, code, "'%.*s' is no %s; did you mean '%s'?",
                         (int)word->text.bytes, word->text.start, what, nearest);
    else
        reading_complain(reading, word, code, "'%.*s' is no %s", (int)word->text.bytes,
                         word->text.start, what);
}

bool reading_mapping(const struct reading *reading, const struct node *node, const char *what,
                     const char *const *known)
{
    if (node->kind != NODE_MAPPING) {
        reading_complain(reading, node, "S103", "%s must be a mapping", what);
        return false;
    }
    bool all_known = true;
    for (size_t i = 0; i < node->count; i++) {
        if (node_is_among(node_key(node, i), known))
            continue;
        char known_as[MESSAGE_BYTES];
        snprintf(known_as, sizeof(known_as), "key of %s", what);
        reading_complain_unknown(reading, node_key(node, i), "S101", known_as, known);
        all_known = false;
    }
    return all_known;
}

const struct node *reading_get(const struct reading *reading, const struct node *mapping,
                               const char *key)
{
    const struct node *value = node_get(mapping, key);
    if (value == NULL)
        reading_complain(reading, mapping, "S102", "'%s' is missing", key);
    return value;
}

bool reading_text(const struct reading *reading, const struct node *node, const char *what,
                  struct slice *text)
{
    if (node->kind != NODE_SCALAR || node->text.bytes == 0 || node_is_null(node)) {
        reading_complain(reading, node, "S103", "%s must be a text", what);
        return false;
    }
    *text = node->text;
    return true;
}

bool reading_sequence(const struct reading *reading, const struct node *node, const char *what,
                      size_t count_max)
{
    if (node->kind != NODE_SEQUENCE) {
        reading_complain(reading, node, "S103", "%s must be a list", what);
        return false;
    }
    if (node->count > count_max) {
        reading_complain(reading, node, "S107", "%s: at most %zu are possible", what, count_max);
        return false;
    }
    return true;
}

bool reading_bool(const struct reading *reading, const struct node *node, const char *what,
                  bool *value)
{
    if (node_to_bool(node, value))
        return true;
    reading_complain(reading, node, "S103", "%s must be true or false", what);
    return false;
}
