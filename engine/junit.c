#include "engine/junit.h"

#include <string.h>

#include "engine/base/slice.h"
#include "engine/base/utf8.h"

static const char *entity_of(char byte)
{
    switch (byte) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

/* Characters that XML 1.0 has (section 2.2): tab, line end and what is no control character. */
static bool is_character(uint32_t code)
{
    return code >= 0x20 ? code < 0x7f || (code > 0x9f && code != 0xfffe && code != 0xffff)
                        : code == '\t' || code == '\n';
}

static void write_text(FILE *stream, const char *text)
{
    struct slice rest = slice_from_string(text);
    while (rest.bytes > 0) {
        const struct utf8_character character = utf8_first(rest);
        const char *const entity = entity_of(rest.start[0]);
        if (entity != NULL)
            fputs(entity, stream);
        else if (character.valid && is_character(character.code))
            fwrite(rest.start, 1, character.bytes, stream);
        else
            fputs("\xef\xbf\xbd", stream);
        rest = slice_from(rest, character.bytes);
    }
}

static void write_attribute(FILE *stream, const char *name, const char *text)
{
    fprintf(stream, " %s=\"", name);
    write_text(stream, text);
    fputc('"', stream);
}

static void write_case(FILE *stream, const char *suite, const struct rule_case *rule_case)
{
    const char *const kind = rule_case->is_broken ? "error" : "failure";
    fputs("    <testcase", stream);
    write_attribute(stream, "classname", suite);
    write_attribute(stream, "name", rule_case->directory);
    fprintf(stream, " assertions=\"%zu\"", rule_case->checks);
    if (rule_case->failures[0] == '\0') {
        fputs("/>\n", stream);
        return;
    }
    fprintf(stream, ">\n      <%s", kind);
    write_attribute(stream, "message",
                    rule_case->is_broken ? "the case could not be run"
                                         : "not what the case expects");
    fputc('>', stream);
    write_text(stream, rule_case->failures);
    fprintf(stream, "</%s>\n    </testcase>\n", kind);
}

void junit_write(FILE *stream, const char *name, const struct rule_cases *cases)
{
    const struct rule_cases_result result = rule_cases_result(cases);
    char counts[128];
    snprintf(counts, sizeof(counts), " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", cases->count,
             result.failed, result.broken);
    fprintf(stream, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites%s>\n  <testsuite",
            counts);
    write_attribute(stream, "name", name);
    fprintf(stream, "%s>\n", counts);
    for (size_t i = 0; i < cases->count; i++)
        write_case(stream, name, &cases->items[i]);
    fputs("  </testsuite>\n</testsuites>\n", stream);
}
