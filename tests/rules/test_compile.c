#include "rules/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/diagnosis.h"
#include "tests/support/check.h"

static enum status compile(struct ruleset **ruleset, const char *yaml,
                           struct diagnostics *diagnostics)
{
    const struct rule_text text = {.path = "test.yml", .text = slice_from_string(yaml)};
    return ruleset_create_from_texts(ruleset, &text, 1, diagnostics);
}

/* ---- mistakes ------------------------------------------------------------------------------ */

/* A detector that uses the base rule `n`, so that no rule is unused. */
#define USE                                                                                        \
    "---\n"                                                                                        \
    "title: C\n"                                                                                   \
    "correlation:\n"                                                                               \
    "  type: event_count\n"                                                                        \
    "  rules: n\n"                                                                                 \
    "  group-by: source.ip\n"                                                                      \
    "  timespan: 10m\n"                                                                            \
    "  condition: {gte: 5}\n"                                                                      \
    "spraywatch: {kind: count}\n"

/* The items of one search identifier begin on line 5. */
#define ITEMS(items)                                                                               \
    "title: T\n"                                                                                   \
    "name: n\n"                                                                                    \
    "detection:\n"                                                                                 \
    "  s:\n" items "  condition: s\n" USE

/* What follows `detection:` begins on line 4. */
#define DETECTION(body) "title: T\nname: n\ndetection:\n" body USE

/* The condition stands on line 6 and begins in column 14. */
#define CONDITION(condition)                                                                       \
    DETECTION("  sel_a: {user.name: a}\n"                                                          \
              "  sel_b: {user.name: b}\n"                                                          \
              "  condition: " condition "\n")

#define BASE "title: T\nname: n\ndetection: {s: {user.name: a}, condition: s}\n---\ntitle: C\n"

/* The keys of a correlation begin on line 7. */
#define CORRELATION(body) BASE "correlation:\n" body

/* The same of a detector. */
#define COUNT(body) CORRELATION(body "spraywatch: {kind: count}\n")

/* The keys of a spraywatch block begin on line 13. */
#define EXTENSION(body)                                                                            \
    BASE "correlation:\n"                                                                          \
         "  type: value_count\n"                                                                   \
         "  rules: [n]\n"                                                                          \
         "  group-by: [organization.id, source.ip]\n"                                              \
         "  timespan: 10m\n"                                                                       \
         "  condition: {field: user.name, gte: 10}\n"                                              \
         "spraywatch:\n" body

/* The keys of an allow entry begin on line 2, in column 5. */
#define ALLOW(first, others) "allow:\n  - " first "\n" others
#define ALLOW_REST "    reason: r\n    until: 2024-02-09\n"

static const struct {
    const char *code;
    uint32_t line, column;
    const char *yaml;
} mistakes[] = {
    /* YAML */
    {"D101", 1, 5, "a: b: c\n"},
    {"D102", 2, 1, "title: T\ntitle: U\n"},
    /* structure */
    {"R101", 1, 1, "- a\n- b\n"},
    {"R102", 1, 1, "title: T\n"},
    {"R102", 2, 14, "title: T\ncorrelation: [a]\n"},
    {"R103", 1, 1, "name: n\ndetection: {s: {user.name: a}, condition: s}\n" USE},
    {"R103", 10, 1,
     "title: T\nname: n\ndetection: {s: {user.name: a}, condition: s}\n---\n"
     "title: C\ncorrelation: {type: event_count, rules: n, group-by: source.ip, timespan: 10m, "
     "condition: {gte: 5}}\n\n\n---\n"
     "filter: {rules: n, f: {user.id: b}, condition: not f}\n"},
    {"R103", 1, 8, "title: [a]\nname: n\ndetection: {s: {user.name: a}, condition: s}\n" USE},
    {"R104", 1, 9, "author: {a: b}\n" ITEMS("    user.name: a\n")},
    {"R104", 1, 7, "tags: attack.t1110\n" ITEMS("    user.name: a\n")},
    {"R104", 1, 11, "tags: [a, {b: c}]\n" ITEMS("    user.name: a\n")},
    {"R104", 1, 12, "logsource: azure\n" ITEMS("    user.name: a\n")},
    {"R105", 2, 9, "title: T\naction: global\n"},
    {"R106", 2, 7, "title: T\nname: n\ndetection: {s: {user.name: a}, condition: s}\n" USE "---\n"},
    {"R107", 1, 8, "level: hihg\n" ITEMS("    user.name: a\n")},
    {"R108", 1, 1, "descripton: x\n" ITEMS("    user.name: a\n")},
    {"R111", 0, 0, "# nothing here\n"},
    {"R118", 1, 12, "logsource: {product: toaster}\n" ITEMS("    user.name: a\n")},
    {"R114", 1, 5, "id: 1234\n" ITEMS("    user.name: a\n")},
    {"R115", 4, 14,
     "title: T\nname: n\ndetection: {s: {user.name: a}, condition: s}\n"
     "correlation: {type: event_count}\n"},
    {"R116", 1, 11, "taxonomy: ours\n" ITEMS("    user.name: a\n")},
    {"R117", 1, 9, "status: stabel\n" ITEMS("    user.name: a\n")},
    /* detection */
    {"R201", 3, 12, "title: T\nname: n\ndetection: [a]\n" USE},
    {"R202", 4, 3, DETECTION("  s.x: {user.name: a}\n  condition: 1 of them\n")},
    {"R202", 4, 3, DETECTION("  not: {user.name: a}\n  condition: 1 of them\n")},
    {"R203", 4, 6, DETECTION("  s: {}\n  condition: s\n")},
    {"R203", 4, 6, DETECTION("  s: []\n  condition: s\n")},
    {"R203", 4, 5, DETECTION("  s:\n  condition: s\n")},
    {"R205", 5, 5, ITEMS("    spraywatch.outcom: locked\n")},
    {"R226", 5, 5, ITEMS("    user.nmae: a\n")},
    {"R227", 5, 23, ITEMS("    user.name|base64: 'a*'\n")},
    {"R229", 5, 16, ITEMS("    user.name: '%admins%'\n")},
    {"R225", 5, 23, ITEMS("    user.name|expand: '%admins%'\n")},
    {"R601", 2, 9, "title: T\nfilter: [a]\n"},
    {"R602", 1, 1, "title: T\nfilter: {s: {user.name: a}, condition: not s}\n"},
    {"R602", 2, 18,
     "title: T\nfilter: {rules: [c], s: {user.name: a}, condition: not s}\n---\n"
     "title: C\nname: c\ncorrelation: {type: event_count, rules: n, group-by: "
     "source.ip, timespan: 1m, condition: {gte: 5}}\n---\n"
     "title: T\nname: n\ndetection: {s: {user.name: a}, condition: s}\n"},
    {"R603", 2, 50,
     "title: T\nfilter: {rules: n, s: {user.name: a}, condition: s}\n---\n" DETECTION(
         "  s: {user.name: b}\n  condition: s\n")},
    {"R604", 1, 1,
     "title: T\nlogsource: {product: okta}\nfilter: {rules: any, s: {user.name: a}, "
     "condition: not s}\n"},
    {"R206", 5, 15, ITEMS("    user.name|contain: a\n")},
    {"R206", 5, 24, ITEMS("    user.name|contains|casd: a\n")},
    {"R206", 5, 15, ITEMS("    user.name|: a\n")},
    {"R208", 5, 26, ITEMS("    user.name|startswith|endswith: a\n")},
    {"R208", 5, 24, ITEMS("    user.name|contains|re: a\n")},
    {"R208", 5, 15, ITEMS("    user.name|i: a\n")},
    {"R208", 5, 19, ITEMS("    user.name|all|re: [a, b]\n")},
    {"R208", 5, 22, ITEMS("    user.name|exists|neq: true\n")},
    {"R208", 5, 22, ITEMS("    user.name|base64|wide: a\n")},
    {"R208", 5, 5, ITEMS("    '|cidr': 10.0.0.0/8\n")},
    {"R208", 5, 19, ITEMS("    event.code|lt|gt: 5\n")},
    {"R209", 5, 16, ITEMS("    user.name: {a: b}\n")},
    {"R209", 5, 20, ITEMS("    user.name: [a, [b]]\n")},
    {"R209", 5, 16, ITEMS("    user.name: []\n")},
    {"R209", 5, 25, ITEMS("    user.name|contains: null\n")},
    {"R210", 5, 23, ITEMS("    user.name|exists: yes\n")},
    {"R210", 5, 23, ITEMS("    user.name|exists: [true]\n")},
    {"R211", 5, 21, ITEMS("    event.code|gte: '5'\n")},
    {"R211", 5, 21, ITEMS("    event.code|gte: five\n")},
    {"R212", 5, 21, ITEMS("    source.ip|cidr: 10.0.0.1/8\n")},
    {"R212", 5, 21, ITEMS("    source.ip|cidr: 10.0.0.0/33\n")},
    {"R212", 5, 21, ITEMS("    source.ip|cidr: nowhere/8\n")},
    {"R212", 5, 21, ITEMS("    source.ip|cidr: 2001:db8::/129\n")},
    {"R213", 5, 22, ITEMS("    user.name|re: '(a'\n")},
    {"R213", 5, 27, ITEMS("    user.name|re: '(?=a)b('\n")},
    {"R213", 5, 19, ITEMS("    user.name|re: '(?R)'\n")},
    {"R213", 5, 19, ITEMS("    user.name|re: '\\Ka'\n")},
    {"R213", 5, 19, ITEMS("    user.name|re: '(*UTF8)a'\n")},
    {"R214", 5, 25, ITEMS("    spraywatch.outcome: wrong_pasword\n")},
    {"R214", 5, 34, ITEMS("    spraywatch.password: [right, rigth]\n")},
    {"R214", 5, 20, ITEMS("    event.outcome: failed\n")},
    {"R214", 5, 29, ITEMS("    spraywatch.interactive: maybe\n")},
    {"R215", 5, 16,
     ITEMS("    user.name: "
           "'a"
           "*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?"
           "*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?*?"
           "'\n")},
    {"R216", 5, 21, ITEMS("    user.name: 'CORP\\*'\n")},
    {"R216", 5, 28, ITEMS("    user.name: CORP\\admin\\x\\?\n")},
    {"R217", 5, 19, ITEMS("    user.name|re: '.*'\n")},
    {"R217", 5, 25, ITEMS("    user.name|contains: ''\n")},
    {"R218", 5, 23, ITEMS("    user.name|re: ^(a||b)$\n")},
    {"R219", 5, 5, ITEMS("    user.name|contains|all: a\n")},
    {"R220", 5, 16, ITEMS("    user.name: ''\n")},
    {"R222", 5, 3, DETECTION("  s: {user.name: a}\n  timeframe: 10m\n  condition: s\n")},
    {"R224", 5, 21, ITEMS("    user.name|re: a[\xc3\xa4\xc3\xb6]\n")},
    /* conditions */
    {"R230", 5, 26,
     DETECTION("  f: {event.code: 7}\n  s: {event.code: [5, 6, 7], user.name: a}\n"
               "  condition: s and not f\n")},
    {"R230", 5, 19,
     DETECTION("  f: {event.code: [7, 8]}\n  s: {event.code: '8'}\n"
               "  condition: not (f or not s)\n")},
    {"R301", 4, 3, DETECTION("  s: {user.name: a}\n")},
    {"R301", 5, 3, DETECTION("  s: {user.name: a}\n  conditon: {user.name: s}\n")},
    {"R302", 6, 14, CONDITION("{a: b}")},
    {"R302", 6, 14, CONDITION("''")},
    {"R302", 6, 22, CONDITION("[sel_a, [sel_b]]")},
    {"R303", 6, 20, CONDITION("sel_a sel_b")},
    {"R303", 6, 23, CONDITION("sel_a and")},
    {"R303", 6, 24, CONDITION("sel_a and or sel_b")},
    {"R303", 6, 20, CONDITION("sel_a & sel_b")},
    {"R303", 6, 14, CONDITION("2 of sel_*")},
    {"R303", 6, 14, CONDITION("some of sel_*")},
    {"R303", 6, 14, CONDITION("sel_* and sel_a")},
    {"R303", 6, 20, CONDITION("'1 of (sel_a, sel_b)'")},
    {"R303", 6, 18, CONDITION("1 of")},
    {"R304", 6, 14, CONDITION("(sel_a or sel_b")},
    {"R304", 6, 30, CONDITION("(sel_a or sel_b))")},
    {"R304", 6, 15, CONDITION("()")},
    {"R305", 6, 24, CONDITION("sel_b and sel_c or sel_a")},
    {"R306", 6, 32, CONDITION("sel_a or not 1 of filter_* and sel_b")},
    {"R307", 5, 3, CONDITION("sel_a")},
    {"R308", 6, 20, CONDITION("sel_a AND sel_b")},
    {"R308", 6, 14, CONDITION("NOT sel_a and sel_b")},
    {"R309", 6, 34, CONDITION("sel_a and not sel_b | count() by source.ip > 5")},
    {"R310", 6, 78,
     CONDITION("((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((sel_a")},
    /* detectors */
    {"R401", 9, 3,
     COUNT("  type: event_count\n  rules: n\n  group_by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R401", 8, 3,
     COUNT("  type: value_count\n  field: user.name\n  rules: n\n"
           "  group-by: source.ip\n  timespan: 10m\n"
           "  condition: {field: user.name, gte: 5}\n")},
    {"R402", 7, 3,
     COUNT("  rules: n\n  group-by: source.ip\n  timespan: 10m\n"
           "  condition: {gte: 5}\n")},
    {"R402", 7, 9,
     COUNT("  type: event_cuont\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R403", 7, 9,
     COUNT("  type: temporal\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R404", 7, 3,
     COUNT("  type: event_count\n  group-by: source.ip\n  timespan: 10m\n"
           "  condition: {gte: 5}\nn: n\n")},
    {"R405", 8, 10,
     COUNT("  type: event_count\n  rules: m\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R405", 8, 14,
     COUNT("  type: event_count\n  rules: [n, nn]\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R406", 15, 26,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\nname: c\n---\n"
           "title: D\ncorrelation: {rules: [n, c],\n  type: event_count,\n"
           "  group-by: source.ip, timespan: 1h, condition: {gte: 2}}\n")},
    {"R407", 7, 3,
     COUNT("  type: event_count\n  rules: n\n  timespan: 10m\n"
           "  condition: {gte: 5}\n")},
    {"R407", 9, 13,
     COUNT("  type: event_count\n  rules: n\n  group-by: []\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R408", 9, 14,
     COUNT("  type: event_count\n  rules: n\n  group-by: [source.ipp]\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R408", 9, 13,
     COUNT("  type: event_count\n  rules: n\n  group-by: event.reason\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R408", 9, 25,
     COUNT("  type: event_count\n  rules: n\n"
           "  group-by: [source.ip, source.ip]\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R409", 11, 22,
     COUNT("  type: value_count\n  rules: n\n  group-by: user.name\n"
           "  timespan: 10m\n  condition: {field: user.name, gte: 5}\n")},
    {"R409", 11, 22,
     COUNT("  type: value_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {field: source.ip/24, gte: 5}\n")},
    {"R410", 7, 3,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  condition: {gte: 5}\n")},
    {"R410", 10, 13,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10 m\n  condition: {gte: 5}\n")},
    {"R410", 10, 13,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 0m\n  condition: {gte: 5}\n")},
    {"R410", 10, 13,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 999999999w\n  condition: {gte: 5}\n")},
    {"R410", 10, 13,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 1Y\n  condition: {gte: 5}\n")},
    {"R411", 7, 3,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n")},
    {"R411", 11, 20,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: '5'}\n")},
    {"R411", 11, 14,
     COUNT("  type: value_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {field: user.name}\n")},
    {"R412", 11, 15,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gtee: 5}\n")},
    {"R413", 11, 15,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {neq: 5}\n")},
    {"R413", 11, 14,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: a and b\n")},
    {"R413", 12, 13,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n  generate: true\n")},
    {"R413", 12, 3,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n  aliases: {}\n")},
    {"R413", 11, 22,
     COUNT("  type: value_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n"
           "  condition: {field: [user.name, event.code], gte: 5}\n")},
    {"R414", 11, 14,
     COUNT("  type: value_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R414", 11, 22,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {field: user.name, gte: 5}\n")},
    {"R411", 11, 19,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gt: 9223372036854775807}\n")},
    {"R415", 11, 14,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5, lt: 5}\n")},
    {"R416", 11, 14,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {lt: 5}\n")},
    {"R417", 8, 14,
     COUNT("  type: event_count\n  rules: [n, n]\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R418", 11, 5,
     COUNT("  type: event_count\n  rules: n\n  group-by: [source.ip,\n"
           "    event.code, event.dataset, organization.id,\n"
           "    spraywatch.outcome]\n"
           "  timespan: 10m\n  condition: {gte: 5}\n")},
    /* correlations */
    {"R401", 9, 3,
     CORRELATION("  type: event_count\n  rules: n\n  group_by: source.ip\n"
                 "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R401", 8, 3,
     CORRELATION("  type: value_count\n  field: user.name\n  rules: n\n"
                 "  timespan: 10m\n  condition: {field: user.name, gte: 5}\n")},
    {"R402", 7, 3, CORRELATION("  rules: n\n  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R402", 7, 9, CORRELATION("  type: temporel\n  rules: n\n  timespan: 10m\n")},
    {"R404", 7, 3, CORRELATION("  type: event_count\n  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R404", 8, 10,
     CORRELATION("  type: event_count\n  rules: {n: n}\n  timespan: 10m\n"
                 "  condition: {gte: 5}\n")},
    {"R405", 8, 14,
     CORRELATION("  type: event_count\n  rules: [n, nn]\n  timespan: 10m\n"
                 "  condition: {gte: 5}\n")},
    {"R405", 9, 20, CORRELATION("  type: temporal\n  timespan: 10m\n  condition: n and m\n")},
    {"R406", 16, 26,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: source.ip\n"
                 "  timespan: 10m\n  condition: {gte: 5}\nspraywatch: {kind: count}\nname: c\n"
                 "---\ntitle: D\ncorrelation: {rules: [n, c],\n"
                 "  type: event_count, timespan: 1h, condition: {gte: 2}}\n")},
    {"R407", 9, 13,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: []\n"
                 "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R408", 9, 25,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: [source.ip, source.ip]\n"
                 "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R226", 9, 14,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: [source.ipp]\n"
                 "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R409", 11, 22,
     CORRELATION("  type: value_count\n  rules: n\n  group-by: source.ip\n"
                 "  timespan: 10m\n  condition: {field: source.ip/24, gte: 5}\n")},
    {"R409", 11, 22,
     CORRELATION("  type: value_count\n  rules: n\n  group-by: appId\n"
                 "  timespan: 10m\n  condition: {field: appId, gte: 5}\n")},
    {"R410", 7, 3, CORRELATION("  type: event_count\n  rules: n\n  condition: {gte: 5}\n")},
    {"R410", 9, 13,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 2y\n  condition: {gte: 5}\n")},
    {"R411", 7, 3, CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n")},
    {"R411", 10, 20,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: {gte: 2.5}\n")},
    {"R411", 10, 39,
     CORRELATION("  type: value_sum\n  rules: n\n  timespan: 10m\n"
                 "  condition: {field: event.code, gte: 1e3}\n")},
    {"R411", 10, 45,
     CORRELATION("  type: value_percentile\n  rules: n\n  timespan: 10m\n"
                 "  condition: {gte: 1, field: f, percentile: 101}\n")},
    {"R411", 10, 14,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: [a]\n")},
    {"R412", 10, 15,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: {gtee: 5}\n")},
    {"R413", 10, 14,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: n and n\n")},
    {"R413", 10, 14,
     CORRELATION("  type: temporal_ordered\n  rules: n\n  timespan: 10m\n"
                 "  condition: not n\n")},
    {"R413", 10, 14,
     CORRELATION("  type: temporal_ordered\n  rules: n\n  timespan: 10m\n"
                 "  condition: n and (n or not n)\n")},
    {"R413", 10, 14,
     CORRELATION("  type: temporal_ordered\n  rules: n\n  timespan: 10m\n"
                 "  condition: {gte: 1, neq: 1}\n")},
    {"R414", 10, 33,
     CORRELATION("  type: value_median\n  rules: n\n  timespan: 10m\n"
                 "  condition: {gte: 1, field: f, percentile: 50}\n")},
    {"R413", 11, 13,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: {gte: 5}\n"
                 "  generate: maybe\n")},
    {"R414", 10, 14,
     CORRELATION("  type: value_count\n  rules: n\n  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R414", 10, 22,
     CORRELATION("  type: temporal\n  rules: n\n  timespan: 10m\n"
                 "  condition: {field: user.name, gte: 1}\n")},
    {"R414", 10, 22,
     CORRELATION("  type: value_sum\n  rules: n\n  timespan: 10m\n"
                 "  condition: {field: [a, b], gte: 1}\n")},
    {"R414", 10, 15,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n"
                 "  condition: {percentile: 5, gte: 1}\n")},
    {"R415", 10, 14,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: {lt: 1}\n")},
    {"R415", 10, 14,
     CORRELATION("  type: value_avg\n  rules: n\n  timespan: 10m\n"
                 "  condition: {field: f, gt: 1, lte: 1}\n")},
    {"R415", 10, 14,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n"
                 "  condition: {eq: 3, neq: 3}\n")},
    {"R415", 10, 14,
     CORRELATION("  type: temporal\n  rules: n\n  timespan: 10m\n  condition: {gte: 2}\n")},
    {"R417", 8, 14,
     CORRELATION("  type: event_count\n  rules: [n, n]\n  timespan: 10m\n"
                 "  condition: {gte: 5}\n")},
    {"R419", 11, 14,
     CORRELATION("  type: value_count\n  rules: n\n  group-by: source.ip\n"
                 "  timespan: 10m\n  condition: {field: user_agent.original, gte: 1}\n")},
    {"R418", 9, 38,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: [a, b, c, d, e, f, g, h, i]\n"
                 "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R420", 8, 14,
     CORRELATION("  type: event_count\n  rules: [n, c]\n  timespan: 10m\n"
                 "  condition: {gte: 5}\nname: c\n")},
    {"R421", 15, 54,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: source.ip\n"
                 "  timespan: 10m\n  condition: {gte: 5}\nname: c\n---\n"
                 "title: D\ncorrelation: {rules: c, type: event_count, group-by: user.name,\n"
                 "  timespan: 1h, condition: {gte: 2}}\n")},
    {"R422", 10, 20,
     CORRELATION("  type: temporal\n  rules: n\n  timespan: 10m\n  condition: n and m\n")},
    {"R303", 10, 14,
     CORRELATION("  type: temporal\n  rules: n\n  timespan: 10m\n  condition: 1 of them\n")},
    {"R423", 11, 12,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: {gte: 5}\n"
                 "  aliases: [a]\n")},
    {"R423", 11, 19,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: {gte: 5}\n"
                 "  aliases: {who: {m: user.name}}\n")},
    {"R423", 12, 18,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: who\n  timespan: 10m\n"
                 "  condition: {gte: 5}\n  aliases: {who: {}}\n")},
    {"R419", 10, 14,
     CORRELATION("  type: value_count\n  rules: n\n  timespan: 10m\n"
                 "  condition: {field: user.name, eq: 1}\n")},
    {"R419", 11, 14,
     COUNT("  type: event_count\n  rules: n\n  group-by: source.ip\n"
           "  timespan: 10m\n  condition: {gte: 1, lt: 2}\n")},
    {"R425", 9, 13,
     CORRELATION("  type: event_count\n  rules: n\n  group-by: Computer\n"
                 "  timespan: 10m\n  condition: {gte: 5}\n")},
    {"R424", 11, 13,
     CORRELATION("  type: event_count\n  rules: n\n  timespan: 10m\n  condition: {gte: 5}\n"
                 "  aliases: {who: {n: user.name}}\n")},
    /* spraywatch */
    {"R501", 12, 13,
     BASE "correlation:\n"
          "  type: value_count\n"
          "  rules: [n]\n"
          "  group-by: [organization.id, source.ip]\n"
          "  timespan: 10m\n"
          "  condition: {field: user.name, gte: 10}\n"
          "spraywatch: source_fanout\n"},
    {"R501", 1, 13, "spraywatch: {kind: surge}\n" ITEMS("    user.name: a\n")},
    {"R502", 14, 3, EXTENSION("  kind: source_fanout\n  also_by: [source.ip/24]\n")},
    {"R502", 14, 16, EXTENSION("  kind: source_fanout\n  known-good: {flor: 10}\n")},
    {"R502", 14, 26, EXTENSION("  kind: source_fanout\n  attempts-per-account: {gte: 10}\n")},
    {"R503", 13, 3, EXTENSION("  also-by: [source.ip/24]\n")},
    {"R503", 13, 9, EXTENSION("  kind: source-fanout\n")},
    {"R504", 14, 3, EXTENSION("  kind: source_fanout\n  memory: 72h\n")},
    {"R504", 14, 3, EXTENSION("  kind: source_fanout\n  z: {gte: 6}\n")},
    {"R505", 14, 25, EXTENSION("  kind: source_fanout\n  attempts-per-account: 8\n")},
    {"R505", 14, 31, EXTENSION("  kind: source_fanout\n  attempts-per-account: {lte: many}\n")},
    {"R505", 14, 24, EXTENSION("  kind: low_and_slow\n  success-share: {lte: 1.5}\n")},
    {"R506", 14, 3 + 9, EXTENSION("  kind: source_fanout\n  also-by: {a: b}\n")},
    {"R506", 14, 13, EXTENSION("  kind: source_fanout\n  also-by: [source.ip]\n")},
    {"R506", 14, 13, EXTENSION("  kind: source_fanout\n  also-by: [organization.id]\n")},
    {"R507", 14, 19, EXTENSION("  kind: source_fanout\n  also-timespan: [10m]\n")},
    {"R507", 14, 19, EXTENSION("  kind: source_fanout\n  also-timespan: [1x]\n")},
    {"R408", 14, 13, EXTENSION("  kind: source_fanout\n  also-by: [source.ip/23]\n")},
    {"R409", 11, 22, EXTENSION("  kind: source_fanout\n  also-by: [[user.name, source.ip]]\n")},
    {"R418", 14, 31, EXTENSION("  kind: source_fanout\n  also-timespan: [1h, 2h, 3h, 4h]\n")},
    {"R508", 9, 13, EXTENSION("  kind: distributed\n")},
    {"R508", 9, 13, EXTENSION("  kind: source_fanout\n  also-by: [event.code]\n")},
    {"R508", 7, 9,
     BASE "correlation:\n"
          "  type: event_count\n"
          "  rules: [n]\n"
          "  group-by: [organization.id, source.ip]\n"
          "  timespan: 10m\n"
          "  condition: {gte: 10}\n"
          "spraywatch: {kind: source_fanout}\n"},
    /* allow */
    {"R115", 3, 8, "title: T\ndetection: {s: {user.name: a}, condition: s}\nallow: []\n"},
    {"R801", 1, 8, "allow: []\n"},
    {"R801", 1, 8, "allow: {user.name: a}\n"},
    {"R801", 2, 5, "allow:\n  - user.name\n"},
    {"R802", 2, 5, ALLOW("user.nmae: a", "    user.name: a\n" ALLOW_REST)},
    {"R802", 2, 14, ALLOW("user.name|endswith: a", "    user.name: a\n" ALLOW_REST)},
    {"R802", 2, 5, ALLOW("event.code: 5", "    user.name: a\n" ALLOW_REST)},
    {"R803", 2, 5, ALLOW("name: n", ALLOW_REST)},
    {"R804", 2, 16, ALLOW("user.name: {a: b}", ALLOW_REST)},
    {"R804", 2, 16, ALLOW("user.name: []", ALLOW_REST)},
    {"R804", 2, 20, ALLOW("user.name: [a, null]", ALLOW_REST)},
    {"R804", 2, 16, ALLOW("user.name: ''", ALLOW_REST)},
    {"R211", 2, 23, ALLOW("source.as.number: ours", ALLOW_REST)},
    {"R212", 2, 16, ALLOW("source.ip: gateway", ALLOW_REST)},
    {"R212", 2, 28, ALLOW("source.ip: [192.0.2.1, 192.0.2.1/24]", ALLOW_REST)},
    {"R805", 2, 5, ALLOW("user.name: a", "    until: never\n")},
    {"R805", 3, 13, ALLOW("user.name: a", "    reason: ''\n    until: never\n")},
    {"R805", 2, 11, ALLOW("name: [a]", "    user.name: a\n" ALLOW_REST)},
    {"R806", 6, 11,
     ALLOW("name: n",
           "    user.name: a\n" ALLOW_REST "  - name: n\n    user.name: b\n" ALLOW_REST)},
    {"R807", 2, 5, ALLOW("user.name: a", "    reason: r\n")},
    {"R807", 4, 12, ALLOW("user.name: a", "    reason: r\n    until: 2024-02-30\n")},
    {"R807", 4, 12, ALLOW("user.name: a", "    reason: r\n    until: 9/2/2024\n")},
    {"R807", 4, 12, ALLOW("user.name: a", "    reason: r\n    until: 2024-02-09T18:00:00\n")},
    {"R807", 4, 12, ALLOW("user.name: a", "    reason: r\n    until: [never]\n")},
    {"R807", 2, 11, ALLOW("from: never", "    user.name: a\n" ALLOW_REST)},
    {"R808", 2, 11, ALLOW("from: 2024-02-10", "    user.name: a\n" ALLOW_REST)},
    {"R809", 2, 16, ALLOW("source.ip: 0.0.0.0/1", ALLOW_REST)},
    {"R809", 2, 16, ALLOW("source.ip: [2001::/16, 192.0.2.1]", "    user.name: '*'\n" ALLOW_REST)},
    {"R810", 4, 12, ALLOW("source.ip: 192.0.2.0/24", "    reason: r\n    until: never\n")},
    {"R811", 5, 5,
     ALLOW("source.ip: 192.0.2.0/24",
           ALLOW_REST "  - source.ip: [192.0.2.1, 192.0.2.128/25]\n    user.name: a\n" ALLOW_REST)},
};

static void compile_tells_each_mistake_with_code_line_and_column(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        struct ruleset *ruleset = NULL;
        /* One case is about two files that name the same rule. */
        const bool is_twice = strcmp(mistakes[i].code, "R106") == 0;
        const struct rule_text texts[] = {
            {.path = "test.yml", .text = slice_from_string(mistakes[i].yaml)},
            {.path = "test.yml", .text = slice_from_string(mistakes[i].yaml)},
        };
        const enum status status =
            ruleset_create_from_texts(&ruleset, texts, is_twice ? 2 : 1, &diagnostics);
        const struct diagnostic *const told = diagnostics.count > 0 ? &diagnostics.items[0] : NULL;
        const bool is_right =
            diagnostics.count == 1 && strcmp(told->code, mistakes[i].code) == 0 &&
            told->line == mistakes[i].line && told->column == mistakes[i].column &&
            status == (told->severity == SEVERITY_ERROR ? STATUS_CONFIG : STATUS_OK) &&
            (ruleset != NULL) == (status == STATUS_OK);
        if (!is_right) {
            fprintf(stderr, "case %zu: wanted %s at %u:%u, status %d, got\n", i, mistakes[i].code,
                    mistakes[i].line, mistakes[i].column, (int)status);
            diagnostics_print(&diagnostics, stderr);
            failures++;
        }
        ruleset_destroy(ruleset);
        diagnostics_deinit(&diagnostics);
    }
    assert_int_equal(failures, 0);
}

static bool mistakes_have(const char *code)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        if (strcmp(mistakes[i].code, code) == 0)
            return true;
    }
    return false;
}

/* What narrows an entry in fields, values or time keeps it apart from the one before. */
static void allow_entries_that_only_overlap_are_no_mistake(void **state)
{
    (void)state;
    static const char *const entries[] = {
        "  - {source.ip: 192.0.2.0/24, user.name: a, reason: r, until: 2024-02-09}\n"
        "  - {source.ip: 192.0.2.1, reason: r, until: 2024-02-09}\n",
        "  - {source.ip: 192.0.2.0/25, reason: r, until: 2024-02-09}\n"
        "  - {source.ip: [192.0.2.1, 192.0.2.200], reason: r, until: 2024-02-09}\n",
        "  - {source.ip: 192.0.2.0/25, reason: r, until: 2024-02-09}\n"
        "  - {source.ip: 192.0.2.1, reason: r, until: 2024-02-10}\n",
        "  - {source.ip: 192.0.2.0/25, from: 2024-01-01, reason: r, until: 2024-02-09}\n"
        "  - {source.ip: 192.0.2.1, reason: r, until: 2024-02-09}\n",
        "  - {user_agent.original: 'a*', reason: r, until: 2024-02-09}\n"
        "  - {user_agent.original: 'ab*', reason: r, until: 2024-02-09}\n",
    };
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        char yaml[512];
        struct diagnostics diagnostics;
        struct ruleset *ruleset = NULL;
        diagnostics_init(&diagnostics);
        snprintf(yaml, sizeof(yaml), "allow:\n%s", entries[i]);
        assert_int_equal(compile(&ruleset, yaml, &diagnostics), STATUS_OK);
        diagnostics_print(&diagnostics, stderr);
        assert_int_equal(diagnostics.count, 0);
        ruleset_destroy(ruleset);
        diagnostics_deinit(&diagnostics);
    }
}

static void allow_entries_say_when_and_why(void **state)
{
    (void)state;
    static const char yaml[] = "title: What we do ourselves\n"
                               "allow:\n"
                               "  - name: test\n"
                               "    source.ip: 192.0.2.1\n"
                               "    reason: Ticket 4711\n"
                               "    from: 2024-02-01T09:30:00Z\n"
                               "    until: 2024-02-09\n"
                               "  - {user.name: scanner, reason: ours, until: never}\n";
    struct diagnostics diagnostics;
    struct ruleset *ruleset = NULL;
    size_t count;
    diagnostics_init(&diagnostics);
    assert_int_equal(compile(&ruleset, yaml, &diagnostics), STATUS_OK);
    const struct allowance *const allowances = ruleset_allowances(ruleset, &count);
    assert_int_equal(count, 2);
    assert_string_equal(allowances[0].name, "test");
    assert_string_equal(allowances[0].reason, "Ticket 4711");
    assert_string_equal(allowances[0].path, "test.yml");
    assert_int_equal(allowances[0].line, 3);
    /* date -u -d 2024-02-01T09:30:00Z +%s; a date's last day is part of the time */
    assert_int_equal(allowances[0].from_ns, INT64_C(1706779800) * 1000000000);
    assert_int_equal(allowances[0].until_ns, INT64_C(1707523200) * 1000000000 - 1);
    assert_string_equal(allowances[1].name, "");
    assert_true(allowances[1].from_ns == INT64_MIN && allowances[1].until_ns == INT64_MAX);
    assert_true(allowance_is_in_force(&allowances[0], allowances[0].until_ns));
    assert_false(allowance_is_in_force(&allowances[0], allowances[0].until_ns + 1));
    assert_true(allowance_is_in_force(&allowances[0], allowances[0].from_ns));
    assert_false(allowance_is_in_force(&allowances[0], allowances[0].from_ns - 1));
    ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
}

static void compile_bounds_allow_entries(void **state)
{
    (void)state;
    char yaml[ALLOWANCES_MAX * 80 + 256];
    size_t bytes = (size_t)snprintf(yaml, sizeof(yaml), "allow:\n");
    for (int i = 0; i <= ALLOWANCES_MAX; i++)
        bytes += (size_t)snprintf(yaml + bytes, sizeof(yaml) - bytes,
                                  "  - {user.name: u%d, reason: r, until: never}\n", i);
    struct diagnostics diagnostics;
    struct ruleset *ruleset = NULL;
    diagnostics_init(&diagnostics);
    assert_int_equal(compile(&ruleset, yaml, &diagnostics), STATUS_CONFIG);
    assert_int_equal(diagnostics.count, 1);
    assert_string_equal(diagnostics.items[0].code, "R112");
    assert_int_equal(diagnostics.items[0].line, ALLOWANCES_MAX + 2);
    diagnostics_deinit(&diagnostics);
}

/* Codes that need more than a text of their own are tested below. */
static void compile_has_a_case_for_every_code(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {"R109", "R110", "R112", "R119", "R120", "R121", "R221",
                                            "R223", "R228", "R701", "R702", "R703", "R704"};
    for (int i = 0; i < RULE_CODES_COUNT; i++) {
        const char *const code = rule_code_text((enum rule_code)i);
        bool is_tested = mistakes_have(code);
        for (size_t j = 0; j < sizeof(elsewhere) / sizeof(elsewhere[0]); j++)
            is_tested |= strcmp(elsewhere[j], code) == 0;
        if (!is_tested)
            fprintf(stderr, "no case for %s\n", code);
        assert_true(is_tested);
    }
}

static char *text_of_file(const char *path)
{
    FILE *const stream = fopen(path, "r");
    assert_non_null(stream);
    char *text = NULL;
    size_t capacity = 0;
    assert_true(getdelim(&text, &capacity, '\0', stream) > 0);
    fclose(stream);
    return text;
}

static void documentation_lists_every_code(void **state)
{
    (void)state;
    static const char *const yaml_codes[] = {"D101", "D102", "D103", "D104", "D105",
                                             "D106", "D107", "D108", "D109"};
    char *const text = text_of_file("docs/rules.md");
    for (size_t i = 0; i < sizeof(yaml_codes) / sizeof(yaml_codes[0]); i++)
        assert_non_null(strstr(text, yaml_codes[i]));
    for (int i = 0; i < RULE_CODES_COUNT; i++) {
        const char *const code = rule_code_text((enum rule_code)i);
        if (strstr(text, code) == NULL)
            fprintf(stderr, "docs/rules.md does not list %s\n", code);
        assert_non_null(strstr(text, code));
    }
    free(text);
}

static void compile_tells_all_mistakes_not_only_the_first(void **state)
{
    (void)state;
    static const char *const yaml = "title: A\n"
                                    "level: hgih\n"
                                    "detection:\n"
                                    "  s:\n"
                                    "    spraywatch.outcom: a\n"
                                    "    user.name|contians: b\n"
                                    "    source.ip|cidr: 10.0.0.1/8\n"
                                    "  condition: s and t\n"
                                    "---\n"
                                    "title: B\n"
                                    "correlation:\n"
                                    "  type: evnt_count\n"
                                    "  rules: [x, y]\n"
                                    "  group-by: sorce.ip\n"
                                    "  timespan: 10\n"
                                    "  condition: {gte: x, foo: 1}\n";
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    assert_int_equal(compile(&ruleset, yaml, &diagnostics), STATUS_CONFIG);
    assert_int_equal(diagnostics.errors_count, 11);
    diagnostics_deinit(&diagnostics);
}

static void compile_suggests_the_nearest_word(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *suggestion;
    } cases[] = {
        {ITEMS("    spraywatch.clint.id: a\n"), "`spraywatch.client.id`"},
        {ITEMS("    user.name|contians: a\n"), "`contains`"},
        {ITEMS("    spraywatch.outcome: wrong_pasword\n"), "`wrong_password`"},
        {CONDITION("sel_a or sel_b or se_lb"), "`sel_b`"},
        {CORRELATION("  type: event_count\n  rules: n\n  group_by: source.ip\n"
                     "  timespan: 10m\n  condition: {gte: 5}\n"),
         "`group-by`"},
        {EXTENSION("  kind: source_fanout\n  known_good: {floor: 10}\n"), "`known-good`"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        struct ruleset *ruleset = NULL;
        assert_int_equal(compile(&ruleset, cases[i].yaml, &diagnostics), STATUS_CONFIG);
        assert_non_null(strstr(diagnostics.items[0].text, cases[i].suggestion));
        diagnostics_deinit(&diagnostics);
    }
}

static void compile_does_not_blame_references_into_files_that_could_not_be_read(void **state)
{
    (void)state;
    const struct rule_text texts[] = {
        {.path = "a.yml", .text = SLICE("title: T\nname: n\nname: n\n")},
        {.path = "b.yml", .text = SLICE(USE)},
    };
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    assert_int_equal(ruleset_create_from_texts(&ruleset, texts, 2, &diagnostics), STATUS_CONFIG);
    assert_int_equal(diagnostics.count, 1);
    assert_string_equal(diagnostics.items[0].code, "D102");
    diagnostics_deinit(&diagnostics);
}

/* ---- bounds --------------------------------------------------------------------------------- */

struct text {
    char *start;
    size_t bytes;
    FILE *stream;
};

static FILE *text_open(struct text *text)
{
    *text = (struct text){0};
    text->stream = open_memstream(&text->start, &text->bytes);
    assert_non_null(text->stream);
    return text->stream;
}

static void expect_code(struct text *text, const char *code)
{
    fclose(text->stream);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    const enum status status = compile(&ruleset, text->start, &diagnostics);
    assert_int_equal(status, code != NULL ? STATUS_CONFIG : STATUS_OK);
    if (code != NULL)
        assert_string_equal(diagnostics.items[0].code, code);
    ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
    free(text->start);
}

static void write_rules(FILE *stream, int rules_count, int detectors_count)
{
    for (int i = 0; i < rules_count; i++)
        fprintf(stream, "---\ntitle: T\nname: n%d\ndetection: {s: {user.name: a}, condition: s}\n",
                i);
    for (int i = 0; i < detectors_count; i++)
        fprintf(stream,
                "---\ntitle: C\ncorrelation: {type: event_count, rules: n%d, group-by: source.ip, "
                "timespan: 1m, condition: {gte: 3}}\nspraywatch: {kind: count}\n",
                i % rules_count);
}

static void compile_bounds_rules_and_detectors(void **state)
{
    (void)state;
    struct text text;
    write_rules(text_open(&text), RULES_MAX, DETECTORS_MAX);
    expect_code(&text, NULL);
    write_rules(text_open(&text), RULES_MAX + 1, DETECTORS_MAX); /* one is not counted */
    expect_code(&text, NULL);
    FILE *const stream = text_open(&text);
    write_rules(stream, RULES_MAX + 1, 0);
    fprintf(stream, "---\ntitle: C\ncorrelation:\n  type: event_count\n  group-by: source.ip\n"
                    "  timespan: 1m\n  condition: {gte: 3}\n  rules: [n0");
    for (int i = 1; i <= RULES_MAX; i++)
        fprintf(stream, ", n%d", i);
    fprintf(stream, "]\nspraywatch: {kind: count}\n");
    expect_code(&text, "R112");
    write_rules(text_open(&text), RULES_MAX, DETECTORS_MAX + 1);
    expect_code(&text, "R112");
}

static void compile_bounds_the_fields_of_records(void **state)
{
    (void)state;
    struct text text;
    FILE *const stream = text_open(&text);
    fprintf(stream, "title: T\nname: n\ndetection:\n  s:\n");
    for (int i = 0; i < 1100; i++)
        fprintf(stream, "    field%d: x\n", i);
    fprintf(stream, "  condition: s\n" USE);
    expect_code(&text, "R228");
}

static void compile_bounds_the_items_of_a_field(void **state)
{
    (void)state;
    struct text text;
    FILE *const stream = text_open(&text);
    fprintf(stream, "title: T\nname: n\ndetection:\n  s:\n");
    for (int i = 0; i < 16400; i++)
        fprintf(stream, "    - user.name: u%d\n", i);
    fprintf(stream, "  condition: s\n" USE);
    expect_code(&text, "R221");
    FILE *const same = text_open(&text); /* what is asked again takes no room */
    fprintf(same, "title: T\nname: n\ndetection:\n  s:\n");
    for (int i = 0; i < 16400; i++)
        fprintf(same, "    - user.name: u%d\n", i % 2);
    fprintf(same, "  condition: s\n" USE);
    expect_code(&text, NULL);
}

static void compile_takes_long_lists_of_values(void **state)
{
    (void)state;
    struct text text;
    FILE *const stream = text_open(&text);
    fprintf(stream, "title: T\nname: n\ndetection:\n  s:\n    source.ip:\n");
    for (int i = 0; i < 20000; i++)
        fprintf(stream, "      - 10.%d.%d.1\n", i / 256, i % 256);
    fprintf(stream, "  condition: s\n" USE);
    expect_code(&text, NULL);
}

static void compile_bounds_the_size_of_a_condition(void **state)
{
    (void)state;
    struct text text;
    FILE *const stream = text_open(&text);
    fprintf(stream, "title: T\nname: n\ndetection:\n  s:\n");
    for (int i = 0; i < 1000; i++)
        fprintf(stream, "    - user.name: u%d\n", i);
    fprintf(stream, "  condition: s");
    for (int i = 0; i < 40; i++)
        fprintf(stream, " or not s");
    fprintf(stream, "\n" USE);
    expect_code(&text, "R310");
}

/* ---- what rules become ------------------------------------------------------------------------
 */

static const struct detector *only_detector(const struct ruleset *ruleset)
{
    size_t count = 0;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    assert_int_equal(count, 1);
    return detectors;
}

static struct ruleset *compile_good(const char *yaml)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    const enum status status = compile(&ruleset, yaml, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(diagnostics.count, 0);
    diagnostics_deinit(&diagnostics);
    return ruleset;
}

static const int64_t minute_ns = INT64_C(60) * 1000000000;

static void detectors_carry_what_their_document_says(void **state)
{
    (void)state;
    struct ruleset *const ruleset =
        compile_good("title: T\nname: n\nid: 8a0e0c9a-5d3c-4c4a-9c9b-0d3f5b1c2d3e\n"
                     "detection: {s: {user.name: a}, condition: s}\n"
                     "---\n"
                     "title: Many\n"
                     "id: 5c2d7a52-7f2e-4f0f-9f0c-1b7f6f5a4e3d\n"
                     "name: many\n"
                     "description: What it is\n"
                     "author: Somebody\n"
                     "level: critical\n"
                     "tags: [attack.t1110, attack.t1110.003]\n"
                     "remarks: {anything: goes}\n"
                     "correlation:\n"
                     "  type: value_count\n"
                     "  rules: [8A0E0C9A-5d3c-4c4a-9c9b-0d3f5b1c2d3e]\n"
                     "  group-by: [organization.id, source.ip]\n"
                     "  timespan: 10m\n"
                     "  condition: {field: user.name, gt: 9, lte: 100}\n"
                     "  generate: false\n"
                     "spraywatch:\n"
                     "  kind: source_fanout\n"
                     "  also-by: [source.ip/24, [source.ip/48]]\n"
                     "  also-timespan: [1h, 2d, 1w]\n"
                     "  attempts-per-account: {lte: 4.5}\n"
                     "  known-good: {sqrt: 2}\n");
    const struct detector *const detector = only_detector(ruleset);
    assert_string_equal(detector->id, "5c2d7a52-7f2e-4f0f-9f0c-1b7f6f5a4e3d");
    assert_string_equal(detector->name, "many");
    assert_string_equal(detector->title, "Many");
    assert_string_equal(detector->description, "What it is");
    assert_string_equal(detector->author, "Somebody");
    assert_string_equal(detector->level, "critical");
    assert_int_equal(detector->severity, 99);
    assert_int_equal(detector->tags_count, 2);
    assert_string_equal(detector->tags[1], "attack.t1110.003");
    assert_int_equal(detector->kind, DETECTOR_SOURCE_FANOUT);
    assert_int_equal(detector->type, CORRELATION_VALUE_COUNT);
    assert_int_equal(detector->rules, 1);
    assert_int_equal(detector->keys_count, 3);
    assert_int_equal(detector->keys[0].fields_count, 2);
    assert_int_equal(detector->keys[0].fields[0], FIELD_TENANT);
    assert_int_equal(detector->keys[0].fields[1], FIELD_SOURCE);
    assert_int_equal(detector->keys[1].fields_count, 2);
    assert_int_equal(detector->keys[1].fields[0], FIELD_TENANT);
    assert_int_equal(detector->keys[1].fields[1], FIELD_SOURCE_24);
    assert_int_equal(detector->keys[2].fields_count, 1);
    assert_int_equal(detector->keys[2].fields[0], FIELD_SOURCE_48);
    assert_int_equal(detector->spans_count, 4);
    assert_true(detector->spans_ns[0] == 10 * minute_ns);
    assert_true(detector->spans_ns[1] == 60 * minute_ns);
    assert_true(detector->spans_ns[2] == 2880 * minute_ns);
    assert_true(detector->spans_ns[3] == 7 * 1440 * minute_ns);
    assert_int_equal(detector->counted, FIELD_ACCOUNT);
    assert_true(detector->condition.min == 10 && detector->condition.max == 100);
    assert_true(detector->params.attempts_per_account_max == 4.5);
    assert_true(detector->params.known_good_floor == 10);
    assert_true(detector->params.known_good_sqrt == 2);
    assert_true(detector->params.known_good_share == 0.05);
    assert_int_equal(ruleset_rules_count(ruleset), 1);
    assert_string_equal(ruleset_rule_name(ruleset, 0), "n");
    ruleset_destroy(ruleset);
}

static void conditions_of_correlations_become_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        int64_t min, max;
    } cases[] = {
        {"{gt: 5}", 6, INT64_MAX}, {"{gte: 5}", 5, INT64_MAX}, {"{eq: 5}", 5, 5},
        {"{gte: 5, lt: 9}", 5, 8}, {"{gt: 5, lte: 9}", 6, 9},  {"{gte: 5, gt: 7}", 8, INT64_MAX},
        {"{gte: 1, eq: 2}", 2, 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char yaml[1024];
        snprintf(yaml, sizeof(yaml),
                 BASE "correlation: {type: event_count, rules: n, group-by: source.ip, "
                      "timespan: 90s, condition: %s}\n"
                      "spraywatch: {kind: count}\n",
                 cases[i].condition);
        struct ruleset *const ruleset = compile_good(yaml);
        const struct detector *const detector = only_detector(ruleset);
        assert_int_equal(detector->kind, DETECTOR_COUNT);
        assert_true(detector->condition.min == cases[i].min);
        assert_true(detector->condition.max == cases[i].max);
        assert_string_equal(detector->id, "");
        assert_int_equal(detector->severity, 47);
        ruleset_destroy(ruleset);
    }
}

/* ---- shipped rules and directories --------------------------------------------------------------
 */

static const struct detector *detector_named(const struct ruleset *ruleset, const char *name)
{
    size_t count = 0;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(detectors[i].name, name) == 0)
            return &detectors[i];
    }
    return NULL;
}

static void shipped_rules_compile_without_a_word(void **state)
{
    (void)state;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    assert_int_equal(ruleset_create(&ruleset, NULL, &diagnostics), STATUS_OK);
    assert_int_equal(diagnostics.count, 0);
    size_t count = 0;
    const struct detector *const detectors = ruleset_detectors(ruleset, &count);
    assert_int_equal(count, 15);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(strlen(detectors[i].id), 36);
        assert_true(strlen(detectors[i].title) > 0 && strlen(detectors[i].name) > 0);
        assert_true(strlen(detectors[i].description) > 0 && detectors[i].tags_count > 0);
        assert_string_equal(detectors[i].author, "spraywatch");
        assert_true(detectors[i].rules != 0);
    }
    assert_int_equal(detector_named(ruleset, "source_fanout")->keys_count, 4);
    assert_int_equal(detector_named(ruleset, "distributed_client")->spans_count, 3);
    assert_int_equal(detector_named(ruleset, "confirmed_password")->severity, 99);
    assert_int_equal(detector_named(ruleset, "surge_tenant")->kind, DETECTOR_SURGE);
    ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
}

/* A directory of its own. */
struct place {
    char path[64];
};

static struct place place_make(void)
{
    struct place place = {.path = "/tmp/spraywatch-rules-XXXXXX"};
    assert_non_null(mkdtemp(place.path));
    return place;
}

static void place_write(const struct place *place, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", place->path, name);
    FILE *const stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void place_remove(const struct place *place, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", place->path, name);
    assert_int_equal(remove(path), 0);
}

static void place_make_directory(const struct place *place, const char *name)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", place->path, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void directory_rules_add_to_and_replace_shipped_ones(void **state)
{
    (void)state;
    const struct place place = place_make();
    place_make_directory(&place, "sub");
    place_make_directory(&place, ".hidden");
    place_write(&place, ".hidden/bad.yml", "not: [valid\n");
    place_write(&place, ".bad.yml", "not: [valid\n");
    place_write(&place, "notes.txt", "not: [valid\n");
    place_write(&place, "sub/ours.yaml",
                "title: Ours\nname: ours\ncorrelation: {type: event_count, "
                "rules: credential_failure, group-by: source.ip, timespan: 1m, "
                "condition: {gte: 100}}\nspraywatch: {kind: count}\n");
    place_write(&place, "fanout.yml",
                "title: Slower\nname: source_fanout\nlevel: low\n"
                "correlation: {type: value_count, rules: [password_right], group-by: [source.ip], "
                "timespan: 1h, condition: {field: user.name, gte: 50}}\n"
                "spraywatch: {kind: source_fanout}\n");
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    assert_int_equal(ruleset_create(&ruleset, place.path, &diagnostics), STATUS_OK);
    assert_int_equal(diagnostics.count, 0);
    size_t count = 0;
    (void)ruleset_detectors(ruleset, &count);
    assert_int_equal(count, 16);
    assert_non_null(detector_named(ruleset, "ours"));
    const struct detector *const replaced = detector_named(ruleset, "source_fanout");
    assert_string_equal(replaced->title, "Slower");
    assert_true(replaced->condition.min == 50);
    /* It stands where the shipped one does. */
    struct ruleset *shipped = NULL;
    assert_int_equal(ruleset_create(&shipped, NULL, &diagnostics), STATUS_OK);
    assert_int_equal(replaced - ruleset_detectors(ruleset, &count),
                     detector_named(shipped, "source_fanout") - ruleset_detectors(shipped, &count));
    ruleset_destroy(shipped);
    ruleset_destroy(ruleset);
    diagnostics_deinit(&diagnostics);
    static const char *const names[] = {".hidden/bad.yml", ".bad.yml", "notes.txt", "sub/ours.yaml",
                                        "fanout.yml",      "sub",      ".hidden"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        place_remove(&place, names[i]);
    assert_int_equal(rmdir(place.path), 0);
}

static void expect_directory_code(const char *path, const char *code)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    assert_int_equal(ruleset_create(&ruleset, path, &diagnostics), STATUS_CONFIG);
    assert_null(ruleset);
    assert_int_equal(diagnostics.count, 1);
    assert_string_equal(diagnostics.items[0].code, code);
    diagnostics_deinit(&diagnostics);
}

static void directories_that_hold_no_readable_rule_are_mistakes(void **state)
{
    (void)state;
    const struct place place = place_make();
    expect_directory_code(place.path, "R110");
    expect_directory_code("/nowhere/at/all", "R109");
    place_make_directory(&place, "a.yml");
    expect_directory_code(place.path, "R110");
    place_remove(&place, "a.yml");

    char link_path[256];
    snprintf(link_path, sizeof(link_path), "%s/%s", place.path, "gone.yml");
    assert_int_equal(symlink("/nowhere/at/all", link_path), 0);
    expect_directory_code(place.path, "R109");
    place_remove(&place, "gone.yml");
    assert_int_equal(rmdir(place.path), 0);
}

static void documents_of_one_directory_do_not_replace_each_other(void **state)
{
    (void)state;
    const struct place place = place_make();
    place_write(&place, "a.yml",
                "title: T\nname: a\nid: 8a0e0c9a-5d3c-4c4a-9c9b-0d3f5b1c2d3e\n"
                "correlation: {type: event_count, rules: credential_failure, group-by: source.ip, "
                "timespan: 1m, condition: {gte: 100}}\n");
    place_write(&place, "b.yml",
                "title: T\nname: b\nid: 8A0E0C9A-5d3c-4c4a-9c9b-0d3f5b1c2d3e\n"
                "correlation: {type: event_count, rules: credential_failure, group-by: source.ip, "
                "timespan: 1m, condition: {gte: 100}}\n");
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct ruleset *ruleset = NULL;
    assert_int_equal(ruleset_create(&ruleset, place.path, &diagnostics), STATUS_CONFIG);
    assert_int_equal(diagnostics.count, 1);
    assert_string_equal(diagnostics.items[0].code, "R106");
    assert_non_null(strstr(diagnostics.items[0].file, "b.yml"));
    assert_non_null(strstr(diagnostics.items[0].text, "a.yml"));
    assert_int_equal(diagnostics.items[0].line, 3);
    diagnostics_deinit(&diagnostics);
    place_remove(&place, "a.yml");
    place_remove(&place, "b.yml");
    assert_int_equal(rmdir(place.path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compile_tells_each_mistake_with_code_line_and_column),
        cmocka_unit_test(compile_has_a_case_for_every_code),
        cmocka_unit_test(documentation_lists_every_code),
        cmocka_unit_test(allow_entries_that_only_overlap_are_no_mistake),
        cmocka_unit_test(allow_entries_say_when_and_why),
        cmocka_unit_test(compile_bounds_allow_entries),
        cmocka_unit_test(compile_tells_all_mistakes_not_only_the_first),
        cmocka_unit_test(compile_suggests_the_nearest_word),
        cmocka_unit_test(compile_does_not_blame_references_into_files_that_could_not_be_read),
        cmocka_unit_test(compile_bounds_rules_and_detectors),
        cmocka_unit_test(compile_bounds_the_fields_of_records),
        cmocka_unit_test(compile_bounds_the_items_of_a_field),
        cmocka_unit_test(compile_takes_long_lists_of_values),
        cmocka_unit_test(compile_bounds_the_size_of_a_condition),
        cmocka_unit_test(detectors_carry_what_their_document_says),
        cmocka_unit_test(conditions_of_correlations_become_ranges),
        cmocka_unit_test(shipped_rules_compile_without_a_word),
        cmocka_unit_test(directory_rules_add_to_and_replace_shipped_ones),
        cmocka_unit_test(directories_that_hold_no_readable_rule_are_mistakes),
        cmocka_unit_test(documents_of_one_directory_do_not_replace_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
