#include "engine/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct input_options input_options_of(const struct intake *intake,
                                             const struct intake_options *options,
                                             uint8_t schema_forced)
{
    return (struct input_options){
        .paths = options->words.paths,
        .paths_count = options->words.paths_count,
        .block_bytes = options->block_bytes,
        .line_bytes_max = options->line_bytes_max,
        .schemas = intake->schemas,
        .is_schema_forced = schema_forced != SCHEMA_NONE,
        .schema = schema_forced,
        .zone = intake->zone,
        .year = options->words.year,
        .stop = options->stop,
    };
}

enum status intake_init(struct intake *intake, const struct intake_options *options,
                        struct diagnostics *diagnostics)
{
    *intake = (struct intake){0};
    uint8_t schema_forced = SCHEMA_NONE;
    enum status status = input_choice_init(&intake->choice, options->words.input, diagnostics);
    if (status == STATUS_OK)
        status = input_choice_schemas(&intake->choice, options->ruleset, &intake->schemas,
                                      &schema_forced, diagnostics);
    if (status == STATUS_OK)
        status = input_choice_zone(options->words.zone, &intake->zone, diagnostics);
    if (status == STATUS_OK) {
        intake->input_options = input_options_of(intake, options, schema_forced);
        status = input_create(&intake->input, &intake->input_options, diagnostics);
    }
    return status;
}

enum status intake_reopen(struct intake *intake, struct diagnostics *diagnostics)
{
    input_destroy(intake->input);
    intake->input = NULL;
    return input_create(&intake->input, &intake->input_options, diagnostics);
}

void intake_deinit(struct intake *intake)
{
    if (intake->input != NULL)
        input_destroy(intake->input);
    if (intake->schemas != NULL)
        schema_set_destroy(intake->schemas);
    zone_destroy(intake->zone);
    input_choice_deinit(&intake->choice);
    *intake = (struct intake){0};
}

bool intake_year_parse(const char *text, int32_t *year)
{
    enum { YEAR_MIN = 1970, YEAR_MAX = 2261 }; /* nanoseconds since the epoch fit 64 bits */
    char *end;
    if (strcmp(text, "auto") == 0) {
        *year = 0;
        return true;
    }
    const unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < YEAR_MIN || number > YEAR_MAX)
        return false;
    *year = (int32_t)number;
    return true;
}

enum status intake_words_take(struct intake_words *words, int found, const char *value)
{
    if (found == 'i')
        words->input = strcmp(value, "auto") != 0 ? value : NULL;
    else if (found == 'z')
        words->zone = value;
    else if (found != 'y')
        return STATUS_USAGE;
    else if (!intake_year_parse(value, &words->year)) {
        fprintf(stderr, "spraywatch: --year cannot be '%s': it is a year like 2024, or auto\n",
                value);
        return STATUS_USAGE;
    }
    return STATUS_OK;
}
