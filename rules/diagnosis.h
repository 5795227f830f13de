/*
 * The mistakes that rule documents can hold, and how they are told.
 *
 * A diagnosis is a place to put messages about one file. Codes are stable: docs/rules.md lists each
 * with an example, and a code is never used again for something else. Used by one thread, while
 * rules are compiled.
 */
#pragma once

#include "engine/base/document.h"
#include "engine/base/status.h"

/* name, code, severity */
#define RULE_CODES(X)                                                                              \
    X(NOT_A_MAPPING, "R101", SEVERITY_ERROR)                                                       \
    X(NO_BODY, "R102", SEVERITY_ERROR)                                                             \
    X(TITLE, "R103", SEVERITY_ERROR)                                                               \
    X(HEADER_VALUE, "R104", SEVERITY_ERROR)                                                        \
    X(DOCUMENT_UNSUPPORTED, "R105", SEVERITY_ERROR)                                                \
    X(DUPLICATE, "R106", SEVERITY_ERROR)                                                           \
    X(LEVEL, "R107", SEVERITY_ERROR)                                                               \
    X(HEADER_KEY_SLIP, "R108", SEVERITY_WARNING)                                                   \
    X(UNREADABLE, "R109", SEVERITY_ERROR)                                                          \
    X(NO_FILES, "R110", SEVERITY_ERROR)                                                            \
    X(NO_DOCUMENTS, "R111", SEVERITY_WARNING)                                                      \
    X(TOO_MANY_RULES, "R112", SEVERITY_ERROR)                                                      \
    X(ID_NOT_UUID, "R114", SEVERITY_WARNING)                                                       \
    X(TWO_BODIES, "R115", SEVERITY_ERROR)                                                          \
    X(TAXONOMY, "R116", SEVERITY_ERROR)                                                            \
    X(STATUS_UNKNOWN, "R117", SEVERITY_WARNING)                                                    \
    X(LOGSOURCE_UNKNOWN, "R118", SEVERITY_WARNING)                                                 \
    X(PLACEHOLDERS, "R119", SEVERITY_ERROR)                                                        \
    X(CACHE_UNUSED, "R120", SEVERITY_WARNING)                                                      \
    X(CACHE_UNWRITTEN, "R121", SEVERITY_WARNING)                                                   \
    X(DETECTION_SHAPE, "R201", SEVERITY_ERROR)                                                     \
    X(IDENTIFIER_NAME, "R202", SEVERITY_ERROR)                                                     \
    X(DEFINITION_EMPTY, "R203", SEVERITY_ERROR)                                                    \
    X(FIELD_UNKNOWN, "R205", SEVERITY_ERROR)                                                       \
    X(MODIFIER_UNKNOWN, "R206", SEVERITY_ERROR)                                                    \
    X(MODIFIERS_CLASH, "R208", SEVERITY_ERROR)                                                     \
    X(VALUE_SHAPE, "R209", SEVERITY_ERROR)                                                         \
    X(EXISTS_VALUE, "R210", SEVERITY_ERROR)                                                        \
    X(NUMBER_VALUE, "R211", SEVERITY_ERROR)                                                        \
    X(NETWORK_VALUE, "R212", SEVERITY_ERROR)                                                       \
    X(REGEX_VALUE, "R213", SEVERITY_ERROR)                                                         \
    X(VOCABULARY_VALUE, "R214", SEVERITY_ERROR)                                                    \
    X(VALUE_TOO_LONG, "R215", SEVERITY_ERROR)                                                      \
    X(ESCAPE_SLIP, "R216", SEVERITY_WARNING)                                                       \
    X(MATCHES_EVERYTHING, "R217", SEVERITY_WARNING)                                                \
    X(ALTERNATIVE_EMPTY, "R218", SEVERITY_WARNING)                                                 \
    X(ALL_SINGLE, "R219", SEVERITY_WARNING)                                                        \
    X(EMPTY_NEVER_MATCHES, "R220", SEVERITY_WARNING)                                               \
    X(TOO_MANY_TESTS, "R221", SEVERITY_ERROR)                                                      \
    X(TIMEFRAME_REMOVED, "R222", SEVERITY_ERROR)                                                   \
    X(PATTERNS_TOGETHER, "R223", SEVERITY_ERROR)                                                   \
    X(REGEX_CLASS_BYTES, "R224", SEVERITY_ERROR)                                                   \
    X(PLACEHOLDER_UNKNOWN, "R225", SEVERITY_ERROR)                                                 \
    X(FIELD_SLIP, "R226", SEVERITY_WARNING)                                                        \
    X(ENCODED_WILDCARD, "R227", SEVERITY_ERROR)                                                    \
    X(FIELDS_TOO_MANY, "R228", SEVERITY_ERROR)                                                     \
    X(PLACEHOLDER_PLAIN, "R229", SEVERITY_WARNING)                                                 \
    X(VALUE_EXCLUDED, "R230", SEVERITY_WARNING)                                                    \
    X(CONDITION_MISSING, "R301", SEVERITY_ERROR)                                                   \
    X(CONDITION_SHAPE, "R302", SEVERITY_ERROR)                                                     \
    X(CONDITION_SYNTAX, "R303", SEVERITY_ERROR)                                                    \
    X(CONDITION_PARENTHESIS, "R304", SEVERITY_ERROR)                                               \
    X(IDENTIFIER_UNDEFINED, "R305", SEVERITY_ERROR)                                                \
    X(PATTERN_MATCHES_NONE, "R306", SEVERITY_ERROR)                                                \
    X(IDENTIFIER_UNUSED, "R307", SEVERITY_WARNING)                                                 \
    X(OPERATOR_CASE, "R308", SEVERITY_WARNING)                                                     \
    X(PIPE_REMOVED, "R309", SEVERITY_ERROR)                                                        \
    X(CONDITION_TOO_LARGE, "R310", SEVERITY_ERROR)                                                 \
    X(CORRELATION_KEY, "R401", SEVERITY_ERROR)                                                     \
    X(CORRELATION_TYPE, "R402", SEVERITY_ERROR)                                                    \
    X(CORRELATION_TYPE_UNSUPPORTED, "R403", SEVERITY_ERROR)                                        \
    X(CORRELATION_RULES, "R404", SEVERITY_ERROR)                                                   \
    X(REFERENCE_UNKNOWN, "R405", SEVERITY_ERROR)                                                   \
    X(REFERENCE_CORRELATION, "R406", SEVERITY_ERROR)                                               \
    X(GROUP_BY, "R407", SEVERITY_ERROR)                                                            \
    X(KEY_FIELD, "R408", SEVERITY_ERROR)                                                           \
    X(COUNTED_IN_KEY, "R409", SEVERITY_ERROR)                                                      \
    X(TIMESPAN, "R410", SEVERITY_ERROR)                                                            \
    X(CORRELATION_CONDITION, "R411", SEVERITY_ERROR)                                               \
    X(CONDITION_OPERATOR, "R412", SEVERITY_ERROR)                                                  \
    X(CORRELATION_UNSUPPORTED, "R413", SEVERITY_ERROR)                                             \
    X(COUNTED_FIELD, "R414", SEVERITY_ERROR)                                                       \
    X(RANGE_EMPTY, "R415", SEVERITY_ERROR)                                                         \
    X(RANGE_WITHOUT_FLOOR, "R416", SEVERITY_WARNING)                                               \
    X(REFERENCE_TWICE, "R417", SEVERITY_WARNING)                                                   \
    X(TOO_MANY_PARTS, "R418", SEVERITY_ERROR)                                                      \
    X(RANGE_AT_ONCE, "R419", SEVERITY_WARNING)                                                     \
    X(CORRELATION_CYCLE, "R420", SEVERITY_ERROR)                                                   \
    X(KEY_OF_INNER, "R421", SEVERITY_ERROR)                                                        \
    X(RULES_DIFFER, "R422", SEVERITY_ERROR)                                                        \
    X(ALIAS, "R423", SEVERITY_ERROR)                                                               \
    X(ALIAS_UNUSED, "R424", SEVERITY_WARNING)                                                      \
    X(KEY_OF_LOGGING_HOST, "R425", SEVERITY_WARNING)                                               \
    X(FILTER_SHAPE, "R601", SEVERITY_ERROR)                                                        \
    X(FILTER_RULES, "R602", SEVERITY_ERROR)                                                        \
    X(FILTER_WITHOUT_NOT, "R603", SEVERITY_WARNING)                                                \
    X(FILTER_UNUSED, "R604", SEVERITY_WARNING)                                                     \
    X(CASES, "R701", SEVERITY_ERROR)                                                               \
    X(CASE_KEY, "R702", SEVERITY_ERROR)                                                            \
    X(CASE_VALUE, "R703", SEVERITY_ERROR)                                                          \
    X(CASE_RULE, "R704", SEVERITY_ERROR)                                                           \
    X(EXTENSION_SHAPE, "R501", SEVERITY_ERROR)                                                     \
    X(EXTENSION_KEY, "R502", SEVERITY_ERROR)                                                       \
    X(KIND, "R503", SEVERITY_ERROR)                                                                \
    X(KEY_NOT_OF_KIND, "R504", SEVERITY_ERROR)                                                     \
    X(PARAMETER_VALUE, "R505", SEVERITY_ERROR)                                                     \
    X(ALSO_BY, "R506", SEVERITY_ERROR)                                                             \
    X(ALSO_TIMESPAN, "R507", SEVERITY_ERROR)                                                       \
    X(KIND_MISFIT, "R508", SEVERITY_ERROR)                                                         \
    X(ALLOW_SHAPE, "R801", SEVERITY_ERROR)                                                         \
    X(ALLOW_KEY, "R802", SEVERITY_ERROR)                                                           \
    X(ALLOW_WHO, "R803", SEVERITY_ERROR)                                                           \
    X(ALLOW_VALUE, "R804", SEVERITY_ERROR)                                                         \
    X(ALLOW_TEXT, "R805", SEVERITY_ERROR)                                                          \
    X(ALLOW_NAME, "R806", SEVERITY_ERROR)                                                          \
    X(ALLOW_TIME, "R807", SEVERITY_ERROR)                                                          \
    X(ALLOW_NEVER_BEGINS, "R808", SEVERITY_ERROR)                                                  \
    X(ALLOW_WIDE, "R809", SEVERITY_WARNING)                                                        \
    X(ALLOW_UNBOUNDED, "R810", SEVERITY_WARNING)                                                   \
    X(ALLOW_IDLE, "R811", SEVERITY_WARNING)

enum rule_code {
#define RULE_CODE_NAME(name, code, severity) RULE_##name,
    RULE_CODES(RULE_CODE_NAME)
#undef RULE_CODE_NAME
        RULE_CODES_COUNT
};

const char *rule_code_text(enum rule_code code);
enum severity rule_code_severity(enum rule_code code);

struct diagnosis {
    struct diagnostics *diagnostics;
    const char *path;
};

/* About `node` (NULL: about the file). */
void diagnosis_add(const struct diagnosis *diagnosis, enum rule_code code, const struct node *node,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* About the byte at `offset` of the scalar `node`. */
void diagnosis_add_at(const struct diagnosis *diagnosis, enum rule_code code,
                      const struct node *node, size_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* "unknown WHAT `word`", with the nearest of `known` (ended by NULL) when one is near. */
void diagnosis_unknown(const struct diagnosis *diagnosis, enum rule_code code,
                       const struct node *node, size_t offset, const char *what, struct slice word,
                       const char *const *known);

/* A word as it may be printed: without control bytes, and not too long. */
struct shown {
    char text[136];
};
struct shown shown_slice(struct slice word);
struct shown shown_node(const struct node *node); /* "a list", "a mapping" for those */
