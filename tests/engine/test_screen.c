#include "engine/screen.h"

#include "engine/base/utf8.h"
#include "engine/familiar.h"
#include "tests/support/attack.h"
#include "tests/support/check.h"

static struct attack attack;
static struct screen screen;

static void listen(void *listener, const struct campaign *campaign, enum campaign_action action,
                   enum campaign_end end, int64_t time_ns)
{
    const struct alert_context context = attack_context(&attack);
    screen_tell(listener, &context, campaign, action, end, time_ns);
}

static void begin(unsigned width, bool is_colored)
{
    attack_init(&attack);
    screen_init(&screen, width, is_colored);
    attack.listen = listen;
    attack.listener = &screen;
}

static void end(void)
{
    screen_deinit(&screen);
    attack_deinit(&attack);
}

/* What has been printed, ended by a zero byte that the screen does not print. */
static const char *printed(void)
{
    static char text[1 << 16];
    assert_true(screen.bytes < sizeof(text));
    memcpy(text, screen.text, screen.bytes);
    text[screen.bytes] = '\0';
    assert_false(screen.has_failed);
    return text;
}

/* The name of every place where a log's own text can reach the screen, for one attack. */
static void attack_with_names(const char *name)
{
    struct member members[12];
    for (uint32_t i = 0; i < 12; i++) {
        members[i] = attack_member(&attack, 1 + i, 1 + i, name, i);
        if (i == 3)
            members[i].account = members[i].counted = attack_name(&attack, TEXT_ACCOUNT, name);
    }
    attack_open(&attack, "distributed", 1, members, 12);
    struct member found = members[3];
    found.sequence = attack.sequence++;
    found.source = members[4].source;
    found.time_ns += 60 * ATTACK_SECOND;
    found.outcome = OUTCOME_SUCCESS;
    found.familiar = FAMILIAR_HISTORY;
    struct finding finding = attack_finding(&attack, "confirmed", 0, &found, 1);
    finding.type = FINDING_SIGN_IN;
    campaigns_take(attack.campaigns, &finding, &found);
    campaigns_end(attack.campaigns);
    screen_table(&screen);
    assert_int_equal(attack_confirmed(&attack), 1);
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void screen_tells_each_change_in_a_line_and_all_in_a_table(void **state)
{
    (void)state;
    begin(200, false);
    attack_spray(
        &attack, "fanout", 1,
        &(struct tries){
            .first_account = 1, .accounts = 12, .first_source = 7, .sources = 1, .agent = "curl"});
    assert_string_equal(printed(),
                        "2024-02-01 00:00  opened   #1  12 accounts, 12 attempts, "
                        "1 sources: One source, many accounts: 198.51.100.7, by somebody\n");
    attack_sign_in(&attack, 3, 7, "curl", 60, OUTCOME_MFA_REQUIRED, FAMILIAR_HISTORY);
    attack_sign_in(&attack, 3, 7, "curl", 61, OUTCOME_MFA_REQUIRED, FAMILIAR_HISTORY);
    assert_non_null(strstr(printed(), "updated  #1"));
    assert_non_null(strstr(printed(), "passwords found"));
    screen.bytes = 0;
    campaigns_end(attack.campaigns);
    assert_int_equal(screen.bytes, 0); /* closing is for the table to tell */
    screen_table(&screen);
    assert_string_equal(
        printed(),
        "\n"
        "  #  SEV  FIRST ATTEMPT     LAST ATTEMPT      ACCOUNTS  CONFIRMED  ATTEMPTS  SOURCES"
        "   NORMAL  WHAT\n"
        "  1   85  2024-02-01 00:00  2024-02-01 00:00        12          1        12        1"
        "        -  One source, many accounts: 198.51.100.7, by somebody\n"
        "\n"
        "Passwords found, change them first:\n"
        "  1  2024-02-01 00:01  user3@example.com from 198.51.100.7: stopped by multi-factor "
        "authentication, 1 more times\n");
    end();
}

static void screen_says_when_there_is_nothing(void **state)
{
    (void)state;
    begin(80, false);
    screen_table(&screen);
    assert_string_equal(printed(), "No campaign found.\n");
    end();
}

static void screen_puts_the_most_severe_first(void **state)
{
    (void)state;
    begin(200, false);
    for (uint32_t i = 0; i < 3; i++)
        attack_spray(&attack, "fanout", i,
                     &(struct tries){.first_account = 1 + 20 * i,
                                     .accounts = 12,
                                     .first_source = 1 + i,
                                     .sources = 1,
                                     .agent = "",
                                     .seconds = 60 * i});
    attack_sign_in(&attack, 45, 3, "", 300, OUTCOME_SUCCESS, FAMILIAR_HISTORY);
    campaigns_end(attack.campaigns);
    screen.bytes = 0;
    screen_table(&screen);
    const char *const third = strstr(printed(), "\n  3   95");
    const char *const first = strstr(printed(), "\n  1   73");
    const char *const second = strstr(printed(), "\n  2   73");
    assert_true(third != NULL && third < first && first < second);
    end();
}

static void screen_leaves_merged_campaigns_out_of_the_table(void **state)
{
    (void)state;
    begin(200, false);
    struct member members[24];
    struct tries tries = {
        .first_account = 1, .accounts = 12, .first_source = 1, .sources = 1, .agent = ""};
    attack_tries(&attack, &tries, members);
    tries.first_account = tries.seconds = 20;
    tries.first_source = 2;
    attack_tries(&attack, &tries, members + 12);
    attack_open(&attack, "fanout", 1, members, 12);
    attack_open(&attack, "fanout", 2, members + 12, 12);
    attack_open(&attack, "fanout", 3, members, 24);
    campaigns_end(attack.campaigns);
    assert_int_equal(screen.rows_count, 1);
    end();
}

/* ---- what may not happen --------------------------------------------------------------------- */

static bool is_harmless(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } dangerous[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x2069}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < sizeof(dangerous) / sizeof(dangerous[0]); i++) {
        if (character >= dangerous[i].first && character <= dangerous[i].last)
            return false;
    }
    return true;
}

/* Steps over the screen's own colors. */
static size_t color_bytes(struct slice text)
{
    if (!slice_starts_with(text, SLICE("\033[")))
        return 0;
    const size_t bytes = slice_find(text, 'm');
    for (size_t i = 2; i < bytes; i++)
        assert_true((text.start[i] >= '0' && text.start[i] <= '9') || text.start[i] == ';');
    return bytes + 1;
}

/* Every line is whole UTF-8 without anything that moves the cursor, and fits. */
static void require_harmless(unsigned width)
{
    struct slice text = slice_of(screen.text, screen.bytes);
    assert_true(screen.bytes > 0 && text.start[text.bytes - 1] == '\n');
    unsigned columns = 0;
    while (text.bytes > 0) {
        const size_t color = screen.is_colored ? color_bytes(text) : 0;
        const struct utf8_character character = utf8_first(text);
        size_t bytes = color;
        if (color == 0) {
            bytes = character.bytes;
            assert_true(character.valid);
            if (character.code == '\n') {
                columns = 0;
            } else {
                if (!is_harmless(character.code))
                    fail_msg("U+%04X is printed", character.code);
                columns += screen_columns(slice_of(text.start, bytes));
            }
        }
        if (columns > width)
            fail_msg("a line of %u columns in %u", columns, width);
        text = slice_from(text, bytes);
    }
}

static const char *const hostile[] = {
    "\x1b[2J\x1b]0;title\x07",
    "a\nOct 10 forged line\r\n",
    "\xc2\x9b"
    "31mred", /* CSI as one C1 control */
    "user\xe2\x80\xae"
    "moc.elpmaxe",                     /* right-to-left override */
    "\xe2\x81\xa6isolate\xe2\x81\xa9", /* left-to-right isolate */
    "zero\xe2\x80\x8bwidth\xef\xbb\xbf",
    "line\xe2\x80\xa8separator\xe2\x80\xa9",
    "\x7f\x08\x08\x08\t\v\f\x01",
    "\xd8\x9c"
    "arabic letter mark",
    "%s%n%d",
    "plain@example.com",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5",
    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
};

static void screen_prints_no_byte_that_a_log_could_use(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        for (int is_colored = 0; is_colored < 2; is_colored++) {
            begin(500, is_colored);
            attack_with_names(hostile[i]);
            require_harmless(500);
            end();
        }
    }
}

static void screen_shows_controls_as_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *name, *shown;
    } cases[] = {
        {"\x1b[2J", "\\u001b[2J"},
        {"a\nb", "a\\u000ab"},
        {"\xc2\x9b"
         "31m",
         "\\u009b31m"},
        {"a\xe2\x80\xae"
         "b",
         "a\\u202eb"},
        {"\xe6\x97\xa5", "\xe6\x97\xa5"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(500, false);
        attack_with_names(cases[i].name);
        char expected[64];
        snprintf(expected, sizeof(expected), "one tool: %s", cases[i].shown);
        assert_non_null(strstr(printed(), expected));
        snprintf(expected, sizeof(expected), "  %s from 198.51.100.5", cases[i].shown);
        assert_non_null(strstr(printed(), expected));
        end();
    }
}

static void screen_keeps_every_line_within_the_width(void **state)
{
    (void)state;
    for (unsigned width = 20; width < 200; width += 7) {
        for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
            begin(width, width % 2 == 0);
            attack_with_names(hostile[i]);
            require_harmless(width);
            end();
        }
    }
}

static void screen_cuts_long_names_on_a_character(void **state)
{
    (void)state;
    char name[1024] = "";
    for (int i = 0; i < 300; i++)
        strcat(name, i % 3 == 0 ? "\xe6\x97\xa5" : i % 3 == 1 ? "\xc3\xa9" : "\x1b");
    for (unsigned width = 100; width < 110; width++) {
        begin(width, false);
        attack_with_names(name);
        require_harmless(width);
        end();
    }
    begin(2000, false);
    attack_with_names(name);
    require_harmless(2000);
    end();
}

/* ---- columns --------------------------------------------------------------------------------- */

static void screen_counts_wide_characters_twice(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned columns;
    } cases[] = {
        {"", 0},
        {"abc", 3},
        {"\xc3\xa9", 1},                 /* e with acute */
        {"\xce\xa9", 1},                 /* omega */
        {"\xe6\x97\xa5\xe6\x9c\xac", 4}, /* two ideographs */
        {"\xed\x95\x9c", 2},             /* a Hangul syllable */
        {"\xef\xbd\x86", 2},             /* fullwidth f */
        {"\xef\xbd\xb1", 1},             /* halfwidth katakana a */
        {"\xf0\x9f\x98\x80", 2},         /* a grinning face */
        {"\xf0\xa0\x80\x80", 2},         /* an ideograph beyond the first plane */
        {"\xe2\x8c\x9a", 2},             /* a watch: wide, among narrow symbols */
        {"\xe2\x9c\x85", 2},             /* a check mark of the same kind */
        {"\xe2\x9c\x93", 1},             /* a plain check mark */
        {"\xf0\x9f\x83\x8f", 2},         /* a joker */
        {"\xf0\x97\x80\x80", 2},         /* a Tangut ideograph */
        {"\xe2\x86\x92", 1},             /* an arrow */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (screen_columns(slice_from_string(cases[i].text)) != cases[i].columns)
            fail_msg("%s takes %u columns", cases[i].text,
                     screen_columns(slice_from_string(cases[i].text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screen_tells_each_change_in_a_line_and_all_in_a_table),
        cmocka_unit_test(screen_says_when_there_is_nothing),
        cmocka_unit_test(screen_puts_the_most_severe_first),
        cmocka_unit_test(screen_leaves_merged_campaigns_out_of_the_table),
        cmocka_unit_test(screen_prints_no_byte_that_a_log_could_use),
        cmocka_unit_test(screen_shows_controls_as_escapes),
        cmocka_unit_test(screen_keeps_every_line_within_the_width),
        cmocka_unit_test(screen_cuts_long_names_on_a_character),
        cmocka_unit_test(screen_counts_wide_characters_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
