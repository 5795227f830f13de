/*
 * The choice of `-i`: how the user says what the input is, when it shall not be found out.
 *
 *   -i NAME         a schema by its name, for instance `entra`
 *   -i FORMAT:FILE  a mapping file of one's own (docs/schemas.md) for that format: `csv:map.yml`
 *
 * Plain data of whoever starts reading; used by one thread. It must outlive the schema set.
 */
#pragma once

#include "parsers/schema_set.h"
#include "parsers/zone.h"
#include "rules/ruleset.h"

struct input_choice {
    const char *name; /* of a schema; NULL: a mapping, or no choice */
    bool has_mapping;
    enum format format; /* of the mapping */
    struct schema_text mapping;
    char *text; /* of the mapping; owned */
};

/* Reads the argument (NULL: no choice) and the file that it names. STATUS_CONFIG with a message
 * when the format is none or the file cannot be read. To be given to `input_choice_deinit` in any
 * case. */
STATUS_CHECKED enum status input_choice_init(struct input_choice *choice, const char *argument,
                                             struct diagnostics *diagnostics);
void input_choice_deinit(struct input_choice *choice);

/* The zone that `--tz` names (NULL: none is named, and `*zone` is NULL). STATUS_CONFIG with a
 * message when there is no such zone. For `zone_destroy`. */
STATUS_CHECKED enum status input_choice_zone(const char *name, struct zone **zone,
                                             struct diagnostics *diagnostics);

/* Makes the schema set that the choice needs, and says which schema is chosen (SCHEMA_NONE: none).
 * Of a record is read what the rules need; NULL: all there is. */
STATUS_CHECKED enum status input_choice_schemas(const struct input_choice *choice,
                                                const struct ruleset *ruleset,
                                                struct schema_set **set, uint8_t *schema,
                                                struct diagnostics *diagnostics);
