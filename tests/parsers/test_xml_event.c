#include "parsers/xml_event.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

enum { RECORDS_MAX = 8, TEXT_MAX = 4096 };

static const struct record_path wanted[] = {
    {"Event.System.EventID", 0},
    {"Event.System.TimeCreated.#attributes.SystemTime", 1},
    {"Event.EventData.TargetUserName", 2},
    {"Event.EventData.Data", 3},
    {"Event.System.EventID.#attributes.Qualifiers", 4},
    {"Event.EventData.Data.#text", 5},
    {"Event.System.Computer.#text", 6},
    {"Event.UserData.AuditBase.User\\.Id", 7},
};

/* ---- Splitting and reading a source as the input stage does ---------------------------------- */

/* What was found, in order: the values of slot 2, with `!` for broken ones and `*` for too deep. */
struct found {
    char text[TEXT_MAX];
    size_t bytes;
    uint64_t newlines, broken, too_long, records;
};

static void found_add(struct found *found, struct slice text)
{
    assert_true(found->bytes + text.bytes + 2 < TEXT_MAX);
    memcpy(found->text + found->bytes, text.start, text.bytes);
    found->bytes += text.bytes;
    found->text[found->bytes++] = ',';
    found->text[found->bytes] = '\0';
}

static void read_block(struct found *found, const struct xml_event_paths *paths,
                       struct xml_event_scratch *scratch, size_t line_bytes_max, struct slice text)
{
    struct record record;
    struct xml_event_reader reader;
    const struct block block = {
        .layout = LAYOUT_XML_EVENTS, .text = (char *)(uintptr_t)text.start, .bytes = text.bytes};
    xml_event_reader_init(&reader, paths, scratch, line_bytes_max, &block);
    for (enum record_result result;
         (result = xml_event_reader_next(&reader, &record)) != RECORD_END;) {
        assert_true(record.text.start == text.start + record.offset);
        assert_true(record.offset + record.text.bytes <= text.bytes);
        found->records++;
        if (result == RECORD_FOUND)
            found_add(found, record.present >> 2 & 1 ? record.values[2].text : SLICE("?"));
        else
            found_add(found, result == RECORD_TOO_DEEP   ? SLICE("*")
                             : result == RECORD_TOO_LONG ? SLICE("+")
                                                         : SLICE("!"));
    }
    found->newlines += reader.newlines;
}

static struct found split_and_read(struct slice text, size_t line_bytes_max, size_t step)
{
    struct found found = {0};
    struct xml_event_paths *paths;
    struct xml_event_scratch *scratch;
    struct xml_event_split split;
    assert_int_equal(xml_event_paths_create(&paths, wanted, sizeof(wanted) / sizeof(wanted[0])),
                     STATUS_OK);
    assert_int_equal(xml_event_scratch_create(&scratch, 1 << 16), STATUS_OK);
    xml_event_split_init(&split, line_bytes_max);
    size_t at = 0, end = 0;
    do {
        end = text.bytes - end > step ? end + step : text.bytes;
        for (struct record_cut cut = {.skip = 1}; cut.skip + cut.bytes > 0;) {
            /* In memory of just this size, so that a sanitizer sees reads behind it. */
            char *const copy = malloc(end - at + 1);
            assert_non_null(copy);
            memcpy(copy, text.start + at, end - at);
            cut = xml_event_split_next(&split, slice_of(copy, end - at), end == text.bytes);
            found.newlines += cut.newlines_skipped;
            found.broken += cut.records_broken;
            found.too_long += cut.records_too_long;
            if (cut.bytes > 0)
                read_block(&found, paths, scratch, line_bytes_max,
                           slice_of(copy + cut.skip, cut.bytes));
            at += cut.skip + cut.bytes;
            free(copy);
        }
    } while (end < text.bytes);
    assert_int_equal(at, text.bytes);
    xml_event_scratch_destroy(scratch);
    xml_event_paths_destroy(paths);
    return found;
}

#define EVENT(name)                                                                                \
    "<Event xmlns='x'><System><EventID>1</EventID></System><EventData>"                            \
    "<Data Name='TargetUserName'>" name "</Data></EventData></Event>"

static const struct {
    const char *name, *text, *records;
    uint64_t broken;
} sources[] = {
    {"one a line", EVENT("a") "\n" EVENT("b") "\n", "a,b,", 0},
    {"no line ends", EVENT("a") EVENT("b") EVENT("c"), "a,b,c,", 0},
    {"a root", "<?xml version=\"1.0\"?>\n<Events>\n" EVENT("a") "\n</Events>\n", "a,", 0},
    {"a mark", "\xef\xbb\xbf" EVENT("a"), "a,", 0},
    {"declarations between", EVENT("a") "<?xml version='1.0' encoding='utf-16'?>" EVENT("b"),
     "a,b,", 0},
    {"copied from a viewer",
     "- <Event xmlns='x'>\n- <EventData>\n  <Data Name=\"TargetUserName\">\n a </Data>\n"
     "  </EventData>\n  </Event>\n- " EVENT("b"),
     "a,b,", 0},
    {"a shipper's words before", "Jan  1 host: " EVENT("a") "\n<13> " EVENT("b") "\n", "a,b,", 0},
    {"a line of junk", EVENT("a") "\njunk here\n" EVENT("b") "\n", "a,b,", 1},
    {"junk at the end", EVENT("a") "\njunk", "a,", 1},
    {"a stray end", "</Event>\n" EVENT("a") "\n", "a,", 1},
    {"a comment outside", "<!-- " EVENT("x") " -->" EVENT("a"), "a,", 0},
    {"a comment that stays open", EVENT("a") "<!-- " EVENT("x"), "a,", 1},
    {"an end in CDATA", EVENT("<![CDATA[</Event>]]>") EVENT("b"), "</Event>,b,", 0},
    {"an event in CDATA", EVENT("<![CDATA[" EVENT("x") "]]>") "\n" EVENT("b"), EVENT("x") ",b,", 0},
    {"an end in an attribute", "<Event a=\"</Event>\">" EVENT("b"), "b,", 1},
    {"an end in an attribute, closed", "<Event a=\"</Event>" EVENT("x") "\"></Event>" EVENT("b"),
     "!,b,", 0},
    {"an end in a comment", EVENT("a<!-- </Event> -->") EVENT("b"), "a,b,", 0},
    {"an end in an instruction", EVENT("a<?x </Event> ?>") EVENT("b"), "a,b,", 0},
    {"cut off in text", "<Event><System><EventID>1\n" EVENT("b"), "b,", 1},
    {"cut off in a tag", "<Event><Sys\n" EVENT("b"), "b,", 1},
    {"cut off in an attribute", "<Event><System a='1\n" EVENT("b"), "b,", 1},
    {"cut off in an attribute, indented", "<Event><System a='1\n  - " EVENT("b"), "b,", 1},
    {"cut off at the end", EVENT("a") "<Event><System>", "a,", 1},
    {"cut off in the end", EVENT("a") "<Event></Event", "a,", 1},
    {"unbalanced", "<Event><System></Event>\n" EVENT("b"), "!,b,", 0},
    {"an undefined entity", EVENT("&x;") EVENT("b"), "!,b,", 0},
    {"a document type", "<!DOCTYPE x [<!ENTITY x 'y'>]>\n" EVENT("b"), "b,", 1},
    {"a document type inside", "<Event><!DOCTYPE x></Event>" EVENT("b"), "!,b,", 0},
    {"names that begin alike", "<Events><EventX/></Events>\n" EVENT("a"), "a,", 1},
    {"data that begins alike", "<Event><EventData></EventData></Event>" EVENT("a"), "?,a,", 0},
    {"an empty record", "<Event/>" EVENT("a") "<Event />", "?,a,?,", 0},
    {"entities", EVENT("&lt;a&amp;&#x62;&gt;"), "<a&b>,", 0},
    {"another encoding declared", "<?xml version='1.0' encoding='utf-16'?>" EVENT("\xc3\xa9"),
     "\xc3\xa9,", 0},
    {"no UTF-8", EVENT("\xff") EVENT("b"), "!,b,", 0},
    {"a NUL byte in text", EVENT("a\x01") EVENT("b"), "!,b,", 0},
    {"nothing", "", "", 0},
    {"blanks", " \r\n \t\n", "", 0},
};

static void records_are_found_whatever_stands_around_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        const struct slice text = slice_from_string(sources[i].text);
        const struct found found = split_and_read(text, 4096, text.bytes + 1);
        if (strcmp(found.text, sources[i].records) != 0 || found.broken != sources[i].broken)
            print_message("%s: %s (%d broken)\n", sources[i].name, found.text, (int)found.broken);
        assert_string_equal(found.text, sources[i].records);
        assert_int_equal(found.broken, sources[i].broken);
    }
}

static void division_into_calls_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        const struct slice text = slice_from_string(sources[i].text);
        for (size_t line_bytes_max = 16; line_bytes_max < 400; line_bytes_max += 31) {
            const struct found whole = split_and_read(text, line_bytes_max, text.bytes + 1);
            for (size_t step = 1; step < 30; step++) {
                const struct found divided = split_and_read(text, line_bytes_max, step);
                assert_string_equal(divided.text, whole.text);
                assert_int_equal(divided.broken, whole.broken);
                assert_int_equal(divided.too_long, whole.too_long);
                assert_int_equal(divided.newlines, whole.newlines);
            }
        }
    }
}

static void records_too_long_are_dropped_alone(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text), "%s<Event>%0500d</Event>%s", EVENT("a"), 0, EVENT("b"));
    const struct found found = split_and_read(slice_from_string(text), 200, sizeof(text));
    assert_string_equal(found.text, "a,b,");
    assert_int_equal(found.too_long, 1);
    assert_int_equal(found.broken, 0);
    snprintf(text, sizeof(text), "%s<Event><![CDATA[%0500d\n%s", EVENT("a"), 0, EVENT("b"));
    const struct found open = split_and_read(slice_from_string(text), 200, sizeof(text));
    assert_string_equal(open.text, "a,b,");
    assert_int_equal(open.too_long, 1);
}

static void elements_too_deep_are_told(void **state)
{
    (void)state;
    char text[2000] = "<Event>";
    for (int i = 1; i < LIMIT_JSON_DEPTH; i++)
        strcat(text, "<a>");
    char *const end = text + strlen(text);
    for (int i = 1; i < LIMIT_JSON_DEPTH; i++)
        strcat(text, "</a>");
    strcat(text, "</Event>");
    assert_string_equal(split_and_read(slice_from_string(text), 4096, 4096).text, "?,");
    memmove(end + 7, end, strlen(end) + 1);
    memcpy(end, "<a></a>", 7);
    assert_string_equal(split_and_read(slice_from_string(text), 4096, 4096).text, "*,");
}

/* ---- Values -----------------------------------------------------------------------------------
 */

static const struct {
    const char *text;
    unsigned slot;
    const char *value; /* NULL: absent */
} values[] = {
    {"<Event><System><EventID Qualifiers='7'>4625</EventID></System></Event>", 0, "4625"},
    {"<Event><System><EventID Qualifiers='7'>4625</EventID></System></Event>", 4, "7"},
    {"<Event><System><TimeCreated SystemTime=\"2024-02-01T00:00:00Z\"/></System></Event>", 1,
     "2024-02-01T00:00:00Z"},
    {"<Event><System><Computer>\n  dc1 </Computer></System></Event>", 6, "dc1"},
    {"<event><SYSTEM><EventId>1</EventId></SYSTEM></event>", 0, "1"},
    {"<Event><System><EventID>1</EventID><EventID>2</EventID></System></Event>", 0, "1"},
    {"<Event><System><EventID>1<b/>2</EventID></System></Event>", 0, NULL},
    {"<Event><EventID>1</EventID></Event>", 0, NULL},
    {"<Event><EventData><Data Name='TargetUserName'/></EventData></Event>", 2, ""},
    {"<Event><EventData><Data Name='targetusername'>a</Data></EventData></Event>", 2, "a"},
    {"<Event><EventData><Data>a</Data><Data>b</Data></EventData></Event>", 3, "a\nb"},
    {"<Event><EventData><Data>a</Data> <Data/><Data>c</Data></EventData></Event>", 5, "a\n\nc"},
    {"<Event><EventData><Data></Data><Data>c</Data></EventData></Event>", 5, "c"},
    {"<Event><EventData><Data>a</Data><Data Name='TargetUserName'>x</Data><Data>b</Data>"
     "</EventData></Event>",
     3, "a"},
    {"<Event><EventData><Data Name='Data'>a</Data><Data>b</Data></EventData></Event>", 3, "b"},
    {"<Event><UserData><AuditBase><User.Id>u</User.Id></AuditBase></UserData></Event>", 7, "u"},
    {"<?xml version='1.0' encoding='utf-16'?><Event><UserData><AuditBase><User.Id>u</User.Id>"
     "</AuditBase></UserData></Event> behind",
     7, "u"},
};

static void values_have_the_paths_of_evtx_dump(void **state)
{
    (void)state;
    struct xml_event_paths *paths;
    struct xml_event_scratch *scratch;
    assert_int_equal(xml_event_paths_create(&paths, wanted, sizeof(wanted) / sizeof(wanted[0])),
                     STATUS_OK);
    assert_int_equal(xml_event_scratch_create(&scratch, 4096), STATUS_OK);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct record record;
        assert_true(xml_event_read(paths, scratch, slice_from_string(values[i].text), &record));
        assert_int_equal(record.present >> values[i].slot & 1, values[i].value != NULL);
        if (values[i].value == NULL)
            continue;
        const struct slice text = record.values[values[i].slot].text;
        if (!slice_equals(text, slice_from_string(values[i].value)))
            print_message("%s: %.*s\n", values[i].text, (int)text.bytes, text.start);
        assert_true(slice_equals(text, slice_from_string(values[i].value)));
    }
    xml_event_scratch_destroy(scratch);
    xml_event_paths_destroy(paths);
}

static void many_unnamed_values_take_linear_room(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static char text[COUNT * 16 + 100];
    size_t bytes = (size_t)sprintf(text, "<Event><EventData>");
    for (int i = 0; i < COUNT; i++)
        bytes += (size_t)sprintf(text + bytes, "<Data>x</Data>");
    sprintf(text + bytes, "</EventData></Event>");
    struct xml_event_paths *paths;
    struct xml_event_scratch *scratch;
    struct record record;
    assert_int_equal(xml_event_paths_create(&paths, wanted, sizeof(wanted) / sizeof(wanted[0])),
                     STATUS_OK);
    assert_int_equal(xml_event_scratch_create(&scratch, sizeof(text)), STATUS_OK);
    assert_true(xml_event_read(paths, scratch, slice_from_string(text), &record));
    assert_int_equal(record.values[3].text.bytes, 2 * COUNT - 1);
    xml_event_scratch_destroy(scratch);
    xml_event_paths_destroy(paths);
}

static void paths_that_cannot_be_followed_are_refused(void **state)
{
    (void)state;
    static const struct record_path lists[][2] = {
        {{"a", 0}, {"b", 0}}, {{"a", 0}, {"A", 1}},  {{"a..b", 0}, {"b", 1}},
        {{"", 0}, {"b", 1}},  {{"a.", 0}, {"b", 1}}, {{"a", 64}, {"b", 1}},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct xml_event_paths *paths;
        assert_int_equal(xml_event_paths_create(&paths, lists[i], 2), STATUS_CONFIG);
    }
}

static void sources_are_told_by_their_head(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        bool is_events;
    } heads[] = {
        {EVENT("a"), true},
        {"<?xml version='1.0'?><Events>" EVENT("a"), true},
        {"- <Event xmlns='x'>", true},
        {"<13>Jan 1 host " EVENT("a"), true},
        {"<Events/>", false},
        {"<EventData>", false},
        {"plain\n" EVENT("a"), false},
        {"", false},
        {"<html><body>", false},
    };
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        enum layout layout;
        assert_int_equal(xml_event_detect_layout(slice_from_string(heads[i].head), &layout),
                         heads[i].is_events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_found_whatever_stands_around_them),
        cmocka_unit_test(division_into_calls_changes_nothing),
        cmocka_unit_test(records_too_long_are_dropped_alone),
        cmocka_unit_test(elements_too_deep_are_told),
        cmocka_unit_test(values_have_the_paths_of_evtx_dump),
        cmocka_unit_test(many_unnamed_values_take_linear_room),
        cmocka_unit_test(paths_that_cannot_be_followed_are_refused),
        cmocka_unit_test(sources_are_told_by_their_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
