#include "parsers/csv_columns.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/base/hash.h"
#include "parsers/csv_machine.h"
#include "parsers/csv_names.h"

/* ---- Paths -------------------------------------------------------------------------------- */

static bool has_name(const struct csv_paths *paths, struct slice name)
{
    for (size_t i = 0; i < paths->count; i++) {
        if (csv_name_is(paths->items[i].name, name))
            return true;
    }
    return false;
}

static bool add_path(struct csv_paths *paths, const struct record_path *path, char **text_end)
{
    const struct slice written = slice_from_string(path->path);
    struct slice name = slice_of(*text_end, record_path_unescape(written, *text_end));
    if (path->slot >= RECORD_FIELDS_MAX || (paths->slots >> path->slot & 1) != 0 ||
        has_name(paths, name))
        return false;
    name = csv_name_write(*text_end, name);
    *text_end += name.bytes;
    paths->slots |= UINT64_C(1) << path->slot;
    paths->items[paths->count].name = name;
    paths->items[paths->count++].slot = (uint8_t)path->slot;
    return true;
}

static uint64_t fingerprint_of(const struct csv_paths *paths)
{
    uint64_t fingerprint = 1;
    for (size_t i = 0; i < paths->count; i++) {
        const struct slice name = paths->items[i].name;
        fingerprint = hash_mix(fingerprint ^ paths->items[i].slot) ^
                      hash_bytes(hash_key_fixed(), name.start, name.bytes);
    }
    return fingerprint != 0 ? fingerprint : 1;
}

enum status csv_paths_create(struct csv_paths **out, const struct record_path *paths,
                             size_t paths_count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < paths_count; i++)
        bytes += strlen(paths[i].path);
    struct csv_paths *const made = calloc(1, sizeof(*made) + bytes + 1);
    if (made == NULL)
        return STATUS_NO_MEMORY;
    char *text_end = made->text;
    for (size_t i = 0; i < paths_count; i++) {
        if (!add_path(made, &paths[i], &text_end)) {
            free(made);
            return STATUS_CONFIG;
        }
    }
    made->fingerprint = fingerprint_of(made);
    *out = made;
    return STATUS_OK;
}

void csv_paths_destroy(struct csv_paths *paths)
{
    free(paths);
}

/* ---- Columns ------------------------------------------------------------------------------- */

struct slice csv_pass_marks(struct slice row, char delimiter)
{
    static const struct slice byte_order_mark = {.start = "\xef\xbb\xbf", .bytes = 3};
    for (;;) {
        if (slice_starts_with(row, byte_order_mark))
            row = slice_from(row, byte_order_mark.bytes);
        else if (row.bytes > 0 && csv_is_blank(row.start[0], delimiter))
            row = slice_from(row, 1);
        else
            return row;
    }
}

bool csv_columns_are(const struct csv_columns *columns, const struct csv_paths *paths,
                     struct slice header)
{
    return columns->fingerprint == paths->fingerprint &&
           slice_equals(slice_of(columns->header, columns->header_bytes), header);
}

struct naming {
    struct csv_columns *columns;
    char *text_end;
};

static void take_name(void *taker, size_t column, struct slice text)
{
    struct naming *const naming = taker;
    if (column >= CSV_COLUMNS_MAX)
        return;
    naming->columns->names[column] = csv_name_write(naming->text_end, text);
    naming->text_end += naming->columns->names[column].bytes;
}

static void find_wanted(struct csv_columns *columns, const struct csv_paths *paths)
{
    for (size_t column = 0; column < columns->front.names_count; column++) {
        for (size_t i = 0; i < paths->count; i++) {
            if (!csv_name_is(columns->names[column], paths->items[i].name))
                continue;
            const uint64_t slot = UINT64_C(1) << paths->items[i].slot;
            columns->ends_max = column + 1;
            columns->wanted[columns->wanted_count++] = (struct csv_wanted){
                .column = (uint16_t)column,
                .slot = paths->items[i].slot,
                .is_again = (columns->found & slot) != 0,
            };
            columns->found |= slot;
        }
    }
}

void csv_columns_find(struct csv_columns *columns, const struct csv_paths *paths,
                      struct slice header, struct csv_cells *cells)
{
    assert(header.bytes <= sizeof(columns->header));
    columns->fingerprint = paths->fingerprint;
    columns->header_bytes = header.bytes;
    memcpy(columns->header, header.start, header.bytes);
    const bool is_front = csv_front_read(&columns->front, slice_of(columns->header, header.bytes));
    assert(is_front);
    (void)is_front;
    columns->found = 0;
    columns->ends_max = 1;
    columns->wanted_count = 0;
    struct naming naming = {.columns = columns, .text_end = columns->text};
    const struct slice row =
        slice_of(columns->header + columns->front.row_start, columns->front.row_bytes);
    const size_t names_count =
        csv_cells_read(cells, columns->front.delimiter,
                       csv_pass_marks(row, columns->front.delimiter), take_name, &naming);
    assert(names_count == columns->front.names_count);
    (void)names_count;
    find_wanted(columns, paths);
}

struct comparison {
    const struct csv_columns *columns;
    bool differs;
};

static void compare_name(void *taker, size_t column, struct slice text)
{
    struct comparison *const comparison = taker;
    const struct csv_columns *const columns = comparison->columns;
    comparison->differs = comparison->differs || column >= columns->front.names_count ||
                          !csv_name_is(columns->names[column], text);
}

bool csv_columns_are_header(const struct csv_columns *columns, struct slice row,
                            struct csv_cells *cells)
{
    struct comparison comparison = {.columns = columns};
    const char delimiter = columns->front.delimiter;
    const size_t names_count =
        csv_cells_read(cells, delimiter, csv_pass_marks(row, delimiter), compare_name, &comparison);
    return names_count == columns->front.names_count && !comparison.differs;
}
