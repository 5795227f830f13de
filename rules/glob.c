#include "rules/glob.h"

#include <stdio.h>
#include <string.h>

/* One well-formed character of UTF-8, for patterns that are compiled over bytes: the values of logs
 * are not known to be valid UTF-8, which Hyperscan's own UTF-8 mode demands. */
#define ONE_CHARACTER                                                                              \
    "(?:[\\x00-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf][\\x80-\\xbf]|"         \
    "[\\xf0-\\xf4][\\x80-\\xbf][\\x80-\\xbf][\\x80-\\xbf])"

/* What Windows programs take for a dash: hyphen, slash, en dash, em dash, horizontal bar. */
#define ANY_DASH "(?:-|/|\\xe2\\x80[\\x93-\\x95])"

static void glob_push(struct glob *glob, unsigned symbol)
{
    if (symbol == GLOB_ANY && glob->count > 0 && glob->symbols[glob->count - 1] == GLOB_ANY)
        return; /* `**` is `*` */
    glob->symbols[glob->count++] = (uint16_t)symbol;
    glob->ones_count += symbol == GLOB_ONE;
    glob->wildcards_count += symbol >= GLOB_ANY;
}

bool glob_read(struct glob *glob, struct arena *arena, struct slice text, bool any_before,
               bool any_after)
{
    *glob = (struct glob){.symbols = arena_take(arena, text.bytes + 2, sizeof(*glob->symbols))};
    if (glob->symbols == NULL)
        return false;
    if (any_before)
        glob_push(glob, GLOB_ANY);
    bool is_escaped = false;
    for (size_t i = 0; i < text.bytes; i++) {
        const unsigned char byte = (unsigned char)text.start[i];
        if (is_escaped) {
            is_escaped = false;
            if (byte != '*' && byte != '?' && byte != '\\')
                glob_push(glob, '\\');
            else if (byte != '\\' && i > 1 && glob->escaped_at == 0)
                glob->escaped_at = i - 1;
            glob_push(glob, byte);
        } else if (byte == '\\') {
            is_escaped = true;
        } else {
            glob_push(glob, byte == '*' ? GLOB_ANY : byte == '?' ? GLOB_ONE : byte);
        }
    }
    if (is_escaped)
        glob_push(glob, '\\');
    if (any_after)
        glob_push(glob, GLOB_ANY);
    return true;
}

bool glob_of_bytes(struct glob *glob, struct arena *arena, struct slice bytes, bool any_before,
                   bool any_after)
{
    *glob = (struct glob){.symbols = arena_take(arena, bytes.bytes + 2, sizeof(*glob->symbols))};
    if (glob->symbols == NULL)
        return false;
    if (any_before)
        glob_push(glob, GLOB_ANY);
    for (size_t i = 0; i < bytes.bytes; i++)
        glob_push(glob, (unsigned char)bytes.start[i]);
    if (any_after)
        glob_push(glob, GLOB_ANY);
    return true;
}

static bool is_word_symbol(unsigned symbol)
{
    return (symbol >= '0' && symbol <= '9') || (symbol >= 'A' && symbol <= 'Z') ||
           (symbol >= 'a' && symbol <= 'z') || symbol == '_' || (symbol >= 0x80 && symbol < 256);
}

void glob_open_dashes(struct glob *glob)
{
    for (size_t i = 0; i + 1 < glob->count; i++) {
        const unsigned symbol = glob->symbols[i];
        if ((symbol != '-' && symbol != '/') || !is_word_symbol(glob->symbols[i + 1]) ||
            (i > 0 && is_word_symbol(glob->symbols[i - 1])))
            continue;
        glob->symbols[i] = GLOB_DASH;
        glob->wildcards_count++;
        glob->ones_count++;
    }
}

struct slice glob_literal(const struct glob *glob, struct arena *arena)
{
    char *const text = arena_take(arena, glob->count + 1, 1);
    if (text == NULL)
        return (struct slice){0};
    for (size_t i = 0; i < glob->count; i++)
        text[i] = (char)glob->symbols[i];
    return slice_of(text, glob->count);
}

static bool is_letter_or_digit(unsigned byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

static char *write_symbol(char *at, unsigned symbol, bool in_record)
{
    if (symbol == GLOB_DASH)
        return stpcpy(at, ANY_DASH);
    if (in_record && symbol == '\\')
        return stpcpy(at, "\\x5c{1,2}");
    if (in_record && (symbol == '"' || symbol == '/'))
        return at + sprintf(at, "\\x5c?\\x%02x", symbol);
    if (symbol == GLOB_ANY)
        return stpcpy(at, ".*");
    if (symbol == GLOB_ONE)
        return stpcpy(at, ONE_CHARACTER);
    if (is_letter_or_digit(symbol)) {
        *at++ = (char)symbol;
        return at;
    }
    return at + sprintf(at, "\\x%02x", symbol);
}

char *glob_expression(const struct glob *glob, struct arena *arena, bool in_record)
{
    const size_t bytes =
        (in_record ? 10 : 4) * glob->count + glob->ones_count * sizeof(ONE_CHARACTER) + 8;
    char *const expression = arena_take(arena, bytes, 1);
    if (expression == NULL)
        return NULL;
    /* A `*` at an end is what an expression without its anchor means anyway. */
    const bool open_before = glob->count > 0 && glob->symbols[0] == GLOB_ANY;
    const bool open_after = glob->count > 0 && glob->symbols[glob->count - 1] == GLOB_ANY;
    char *at = expression;
    if (!open_before)
        at = stpcpy(at, "\\A");
    for (size_t i = open_before; i + open_after < glob->count; i++)
        at = write_symbol(at, glob->symbols[i], in_record);
    if (!open_after)
        at = stpcpy(at, "\\z");
    *at = '\0';
    return expression;
}
