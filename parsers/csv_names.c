#include "parsers/csv_names.h"

static bool is_blank(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct slice csv_name_write(char *to, struct slice name)
{
    size_t bytes = 0;
    name = slice_trim(name);
    for (size_t i = 0; i < name.bytes; i++) {
        if (!is_blank(name.start[i]))
            to[bytes++] = name.start[i];
        else if (!is_blank(name.start[i - 1]))
            to[bytes++] = ' ';
    }
    return slice_of(to, bytes);
}

bool csv_name_is(struct slice name, struct slice written)
{
    size_t at = 0;
    written = slice_trim(written);
    for (size_t i = 0; i < written.bytes; i++) {
        const char byte = is_blank(written.start[i]) ? ' ' : written.start[i];
        if (byte == ' ' && is_blank(written.start[i - 1]))
            continue;
        if (at == name.bytes ||
            slice_fold_byte((unsigned char)name.start[at]) != slice_fold_byte((unsigned char)byte))
            return false;
        at++;
    }
    return at == name.bytes;
}
