#include "engine/input_choice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/document.h"
#include "rules/match.h"

static enum status complain(struct diagnostics *diagnostics, const char *path, const char *what)
{
    diagnostics_add(diagnostics, SEVERITY_ERROR, "S110", path, 0, 0, "%s", what);
    return STATUS_CONFIG;
}

static enum status unreadable(struct diagnostics *diagnostics, const char *path)
{
    diagnostics_add(diagnostics, SEVERITY_ERROR, "S110", path, 0, 0,
                    "cannot read this mapping file: %s", strerror(errno));
    return STATUS_CONFIG;
}

/* One byte more than a document may have shows that it is too long. */
static enum status mapping_read(struct input_choice *choice, const char *path,
                                struct diagnostics *diagnostics)
{
    FILE *const file = fopen(path, "re");
    if (file == NULL)
        return unreadable(diagnostics, path);
    choice->text = malloc(DOCUMENT_BYTES_MAX + 1);
    if (choice->text == NULL) {
        fclose(file);
        return STATUS_NO_MEMORY;
    }
    const size_t bytes = fread(choice->text, 1, DOCUMENT_BYTES_MAX + 1, file);
    const enum status status = ferror(file) ? unreadable(diagnostics, path) : STATUS_OK;
    fclose(file);
    choice->has_mapping = true;
    choice->mapping = (struct schema_text){path, slice_of(choice->text, bytes)};
    return status;
}

enum status input_choice_init(struct input_choice *choice, const char *argument,
                              struct diagnostics *diagnostics)
{
    *choice = (struct input_choice){0};
    if (argument == NULL)
        return STATUS_OK;
    const char *const colon = strchr(argument, ':');
    if (colon == NULL) {
        choice->name = argument;
        return STATUS_OK;
    }
    choice->format = format_by_name(slice_of(argument, (size_t)(colon - argument)));
    if (choice->format == FORMATS_COUNT) {
        char known[256] = "";
        for (int i = 0; i < FORMATS_COUNT; i++) {
            strncat(known, i > 0 ? ", " : "", sizeof(known) - strlen(known) - 1);
            strncat(known, format_name((enum format)i), sizeof(known) - strlen(known) - 1);
        }
        diagnostics_add(diagnostics, SEVERITY_ERROR, "S110", NULL, 0, 0,
                        "-i %s: what stands before the colon is no format; there are %s", argument,
                        known);
        return STATUS_CONFIG;
    }
    if (colon[1] == '\0')
        return complain(diagnostics, argument, "a mapping file must follow the colon");
    return mapping_read(choice, colon + 1, diagnostics);
}

void input_choice_deinit(struct input_choice *choice)
{
    free(choice->text);
    *choice = (struct input_choice){0};
}

enum status input_choice_zone(const char *name, struct zone **zone, struct diagnostics *diagnostics)
{
    *zone = NULL;
    if (name == NULL)
        return STATUS_OK;
    const enum status status = zone_create(zone, name);
    if (status == STATUS_CONFIG)
        diagnostics_add(diagnostics, SEVERITY_ERROR, "S112", NULL, 0, 0,
                        "--tz %s: there is no such zone; it is an offset like +02:00, or a name of "
                        "the time zone data base like Europe/Berlin (Debian's package tzdata)",
                        name);
    return status;
}

static enum status find_named(const struct input_choice *choice, const struct schema_set *set,
                              uint8_t *schema, struct diagnostics *diagnostics)
{
    const char *known[SCHEMA_NONE + 1] = {0};
    for (size_t i = 0; i < schema_set_count(set); i++)
        known[i] = schema_set_at(set, i)->name.start;
    *schema = schema_set_find(set, slice_from_string(choice->name));
    if (*schema != SCHEMA_NONE)
        return STATUS_OK;
    const char *const nearest = nearest_word(slice_from_string(choice->name), known);
    diagnostics_add(diagnostics, SEVERITY_ERROR, "S110", NULL, 0, 0,
                    "-i %s: there is no such schema%s%s%s", choice->name,
                    nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                    nearest != NULL ? "'?" : "");
    return STATUS_CONFIG;
}

static uint32_t wanted_of(void *matcher, struct slice dataset)
{
    return matcher_fields(matcher, dataset);
}

enum status input_choice_schemas(const struct input_choice *choice, const struct ruleset *ruleset,
                                 struct schema_set **set, uint8_t *schema,
                                 struct diagnostics *diagnostics)
{
    struct schema_set_options options = {
        .wanted = SCHEMA_WANTED_ALL,
        .mapping = choice->has_mapping ? &choice->mapping : NULL,
        .mapping_format = choice->format,
    };
    struct matcher *matcher = NULL;
    enum status status = STATUS_OK;
    if (ruleset != NULL) {
        status = matcher_create(&matcher, ruleset);
        options.wanted = 0;
        options.wanted_of = wanted_of;
        options.self = matcher;
    }
    if (status == STATUS_OK)
        status = schema_set_create(set, &options, diagnostics);
    matcher_destroy(matcher);
    *schema = SCHEMA_NONE;
    if (status != STATUS_OK)
        return status;
    if (choice->has_mapping)
        *schema = (uint8_t)(schema_set_count(*set) - 1);
    return choice->name != NULL ? find_named(choice, *set, schema, diagnostics) : STATUS_OK;
}
