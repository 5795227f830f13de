#include "rules/diagnosis.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *text;
    enum severity severity;
} codes[RULE_CODES_COUNT] = {
#define RULE_CODE_ROW(name, code, level) [RULE_##name] = {.text = code, .severity = level},
    RULE_CODES(RULE_CODE_ROW)
#undef RULE_CODE_ROW
};

const char *rule_code_text(enum rule_code code)
{
    return codes[code].text;
}

enum severity rule_code_severity(enum rule_code code)
{
    return codes[code].severity;
}

__attribute__((format(printf, 5, 0))) static void
diagnosis_add_list(const struct diagnosis *diagnosis, enum rule_code code, uint32_t line,
                   uint32_t column, const char *format, va_list arguments)
{
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    diagnostics_add(diagnosis->diagnostics, codes[code].severity, codes[code].text, diagnosis->path,
                    line, column, "%s", text != NULL ? text : "(no memory)");
    free(text);
}

void diagnosis_add(const struct diagnosis *diagnosis, enum rule_code code, const struct node *node,
                   const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diagnosis_add_list(diagnosis, code, node != NULL ? node->line : 0,
                       node != NULL ? node->column : 0, format, arguments);
    va_end(arguments);
}

void diagnosis_add_at(const struct diagnosis *diagnosis, enum rule_code code,
                      const struct node *node, size_t offset, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diagnosis_add_list(diagnosis, code, node->line,
                       offset == 0 ? node->column : node_column(node, offset), format, arguments);
    va_end(arguments);
}

void diagnosis_unknown(const struct diagnosis *diagnosis, enum rule_code code,
                       const struct node *node, size_t offset, const char *what, struct slice word,
                       const char *const *known)
{
    const char *const nearest = nearest_word(word, known);
    if (nearest != NULL)
        diagnosis_add_at(diagnosis, code, node, offset, "unknown %s `%s`; did you mean `%s`?", what,
                         shown_slice(word).text, nearest);
    else
        diagnosis_add_at(diagnosis, code, node, offset, "unknown %s `%s`", what,
                         shown_slice(word).text);
}

struct shown shown_slice(struct slice word)
{
    enum { BYTES_MAX = 128 };
    struct shown shown;
    const size_t bytes = word.bytes < BYTES_MAX ? word.bytes : BYTES_MAX;
    size_t at = 0;
    for (; at < bytes; at++) {
        const unsigned char byte = (unsigned char)word.start[at];
        shown.text[at] = byte < 0x20 || byte == 0x7f ? '?' : word.start[at];
    }
    if (bytes < word.bytes) {
        /* Not in the middle of a character. */
        while (at > 0 && ((unsigned char)word.start[at] & 0xc0) == 0x80)
            at--;
        memcpy(shown.text + at, "...", 3);
        at += 3;
    }
    shown.text[at] = '\0';
    return shown;
}

struct shown shown_node(const struct node *node)
{
    switch (node->kind) {
    case NODE_SEQUENCE:
        return shown_slice(SLICE("a list"));
    case NODE_MAPPING:
        return shown_slice(SLICE("a mapping"));
    case NODE_SCALAR:
        break;
    }
    return shown_slice(node->text);
}
