#include "parsers/coverage.h"

#include <string.h>

static bool shape_makes(const struct shape *shape, size_t dataset)
{
    if (shape->is_no_sign_in)
        return false;
    bool makes = shape->dataset_otherwise == dataset;
    for (size_t i = 0; i < shape->dataset_values_count && !makes; i++)
        makes = shape->dataset_values[i].dataset == dataset;
    return makes;
}

static size_t add_path(const char **paths, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(paths[i], path) == 0)
            return count;
    }
    if (count < COVERAGE_PATHS_MAX)
        paths[count++] = path;
    return count;
}

static size_t add_paths(const struct schema *schema, const struct field_paths *from,
                        const char **paths, size_t count)
{
    for (unsigned i = 0; i < from->count; i++)
        count = add_path(paths, count, schema->slots.items[from->slots[i]].path);
    return count;
}

enum event_field coverage_origin(enum event_field field)
{
    switch (field) {
    case FIELD_SOURCE_24:
    case FIELD_SOURCE_64:
    case FIELD_SOURCE_48:
        return FIELD_SOURCE;
    case FIELD_OUTCOME:
    case FIELD_OUTCOME_ECS:
    case FIELD_VERDICT:
        return FIELD_CODE;
    default:
        return field;
    }
}

size_t coverage_paths(const struct schema_set *set, size_t dataset, enum event_field field,
                      const char *paths[COVERAGE_PATHS_MAX])
{
    const enum event_field from = coverage_origin(field);
    size_t count = 0;
    for (size_t i = 0; i < schema_set_count(set); i++) {
        const struct schema *const schema = schema_set_at(set, i);
        for (size_t j = 0; j < schema->shapes_count; j++) {
            const struct shape *const shape = &schema->shapes[j];
            if (!shape_makes(shape, dataset))
                continue;
            count = add_paths(schema, &shape->fields[from], paths, count);
            const struct field_join *const join = from == FIELD_CODE   ? &shape->code_join
                                                  : from == FIELD_TIME ? &shape->time_join
                                                                       : NULL;
            for (size_t part = 0; join != NULL && part < join->count; part++)
                count = add_paths(schema, &join->parts[part], paths, count);
        }
    }
    return count;
}
