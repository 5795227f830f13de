#include "parsers/csv_columns.h"

#include <stdlib.h>

#include "parsers/csv_names.h"

static bool check_paths(const struct json_path *paths, size_t count)
{
    uint64_t slots = 0;
    for (size_t i = 0; i < count; i++) {
        if (paths[i].slot >= RECORD_FIELDS_MAX || (slots >> paths[i].slot & 1) != 0)
            return false;
        slots |= UINT64_C(1) << paths[i].slot;
    }
    return true;
}

/* The path that names a column; `count` when none does, more when several do. */
static size_t find_path(const struct json_path *paths, size_t count, struct slice name)
{
    size_t found = count;
    for (size_t i = 0; i < count; i++) {
        if (csv_name_is(name, slice_from_string(paths[i].path)))
            found = found == count ? i : count + 1;
    }
    return found;
}

enum status csv_columns_create(struct csv_columns **out, const struct csv_header *header,
                               const struct json_path *paths, size_t paths_count, uint64_t *found)
{
    if (!check_paths(paths, paths_count))
        return STATUS_CONFIG;
    struct csv_columns *const columns =
        calloc(1, sizeof(*columns) + header->names_count * sizeof(columns->wanted[0]));
    if (columns == NULL)
        return STATUS_NO_MEMORY;
    *columns = (struct csv_columns){.header = header, .ends_max = 1};
    uint64_t slots = 0;
    for (size_t column = 0; column < header->names_count; column++) {
        const size_t path = find_path(paths, paths_count, header->names[column]);
        if (path > paths_count) {
            csv_columns_destroy(columns);
            return STATUS_CONFIG;
        }
        if (path == paths_count)
            continue;
        columns->ends_max = column + 1;
        columns->wanted[columns->wanted_count++] =
            (struct csv_wanted){.column = (uint16_t)column, .slot = (uint8_t)paths[path].slot};
        slots |= UINT64_C(1) << paths[path].slot;
    }
    *found = slots;
    *out = columns;
    return STATUS_OK;
}

void csv_columns_destroy(struct csv_columns *columns)
{
    free(columns);
}
