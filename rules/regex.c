#include "rules/regex.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct regex {
    pcre2_code *code;
};

struct regex_scratch {
    pcre2_match_context *limits;
    pcre2_match_data *match;
};

static uint32_t pattern_options(const struct pattern *pattern)
{
    /* Nothing in the expression itself may make it one of characters instead of bytes: texts of
     * logs need not be valid UTF-8. */
    return PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | (pattern->ignores_case ? PCRE2_CASELESS : 0) |
           (pattern->is_multiline ? PCRE2_MULTILINE : 0) | (pattern->dot_is_all ? PCRE2_DOTALL : 0);
}

static enum status code_create(pcre2_code **code, const struct pattern *pattern,
                               struct pattern_error *error)
{
    pcre2_compile_context *const context = pcre2_compile_context_create(NULL);
    if (context == NULL)
        return STATUS_NO_MEMORY;
    /* What PCRE2 was built with is no matter of rules. */
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_bsr(context, PCRE2_BSR_UNICODE);
    int number;
    size_t offset;
    *code = pcre2_compile((PCRE2_SPTR)pattern->expression, PCRE2_ZERO_TERMINATED,
                          pattern_options(pattern), &number, &offset, context);
    pcre2_compile_context_free(context);
    if (*code != NULL)
        return STATUS_OK;
    *error = (struct pattern_error){.pattern = 0, .offset = offset};
    pcre2_get_error_message(number, (PCRE2_UCHAR *)error->text, sizeof(error->text));
    return number == PCRE2_ERROR_HEAP_FAILED ? STATUS_NO_MEMORY : STATUS_CONFIG;
}

enum status regex_create(struct regex **out, const struct pattern *pattern,
                         struct pattern_error *error)
{
    struct regex *const regex = calloc(1, sizeof(*regex));
    if (regex == NULL)
        return STATUS_NO_MEMORY;
    const enum status status = code_create(&regex->code, pattern, error);
    if (status == STATUS_OK)
        *out = regex;
    else
        free(regex);
    return status;
}

void regex_destroy(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

enum status regex_scratch_create(struct regex_scratch **out)
{
    struct regex_scratch *const scratch = calloc(1, sizeof(*scratch));
    if (scratch == NULL)
        return STATUS_NO_MEMORY;
    scratch->limits = pcre2_match_context_create(NULL);
    scratch->match = pcre2_match_data_create(1, NULL); /* only whether there is a match */
    if (scratch->limits == NULL || scratch->match == NULL) {
        regex_scratch_destroy(scratch);
        return STATUS_NO_MEMORY;
    }
    pcre2_set_match_limit(scratch->limits, REGEX_STEPS_MAX);
    pcre2_set_heap_limit(scratch->limits, REGEX_MEMORY_KIB_MAX);
    *out = scratch;
    return STATUS_OK;
}

void regex_scratch_destroy(struct regex_scratch *scratch)
{
    if (scratch == NULL)
        return;
    pcre2_match_data_free(scratch->match);
    pcre2_match_context_free(scratch->limits);
    free(scratch);
}

enum regex_result regex_search(const struct regex *regex, struct regex_scratch *scratch,
                               struct slice text)
{
    if (text.bytes > REGEX_TEXT_BYTES_MAX)
        return REGEX_GIVEN_UP;
    const int result = pcre2_match(regex->code, (PCRE2_SPTR)text.start, text.bytes, 0, 0,
                                   scratch->match, scratch->limits);
    if (result >= 0)
        return REGEX_FOUND;
    return result == PCRE2_ERROR_NOMATCH ? REGEX_NONE : REGEX_GIVEN_UP;
}
