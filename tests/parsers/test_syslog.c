#include "tests/support/syslog_text.h"

#include "parsers/zone.h"
#include "tests/support/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct source_date first_day = {.year = 2023, .month = 12, .day = 30};

static void read_lines(const char *text, enum layout layout, size_t step, struct syslog_dump *dump)
{
    struct syslog_paths *const paths = syslog_test_paths();
    const struct syslog_way way = {
        .paths = paths,
        .view = {.layout = layout, .date = first_day},
        .line_bytes_max = 4096,
    };
    syslog_read_text(&way, slice_from_string(text), step, dump);
    syslog_paths_destroy(paths);
}

struct line_case {
    const char *line, *expected; /* as `syslog_dump` writes it, without the line end */
};

static void check_lines(const struct line_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct syslog_dump dump = {0};
        read_lines(cases[i].line, LAYOUT_SYSLOG_LINES, 1000, &dump);
        const size_t bytes = strlen(cases[i].expected);
        if (dump.bytes != bytes + 1 || memcmp(dump.text, cases[i].expected, bytes) != 0)
            fail_msg("'%s' gave '%s'", cases[i].line, dump.text);
        syslog_dump_deinit(&dump);
    }
}

static void syslog_reads_headers_of_every_form(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {"Jan  2 03:04:05 h p[7]: text", "1704164645|h|p|7||||||||"},
        {"Jan 2 03:04:05 h p[7]: text", "1704164645|h|p|7||||||||"},
        {"Jan 02 03:04:05 h p[7]: text", "1704164645|h|p|7||||||||"},
        {"Jan  2 03:04:05.25 h p[7]: text", "1704164645|h|p|7||||||||"},
        {"Jan  2 2022 03:04:05 h p[7]: text", "1641092645|h|p|7||||||||"},
        {"<34>Jan  2 03:04:05 h p: text", "1704164645|h|p|||||||||"},
        {"Jan  2 03:04:05 p[7]: text", "1704164645||p|7||||||||"},
        {"Jan  2 03:04:05 h /usr/sbin/p[7]: text", "1704164645|h|p|7||||||||"},
        {"Jan  2 03:04:05 h (p)[7]: text", "1704164645|h|p|7||||||||"},
        {"Jan  2 03:04:05 h [p]: text", "1704164645|h|p|||||||||"},
        {"Jan  2 03:04:05 [p] text", "1704164645||p|||||||||"},
        {"time=\"2024-01-02T04:04:05+01:00\" k=v", "1704164645|||||||||||"},
        {"time=2024-01-02T03:04:05Z k=v", "1704164645|||||||||||"},
        {"time=later k=v", "|||||||||||"},
        {"Jan  2 03:04:05 h no tag here", "1704164645|h||||||||||"},
        {"2024-01-02T03:04:05Z h p[7]: text", "1704164645|h|p|7||||||||"},
        {"2024-01-02T04:04:05.123456+01:00 h p[7]: text", "1704164645|h|p|7||||||||"},
        {"2024-01-01 20:04:05.801612-0700  h p[7]: text", "1704164645|h|p|7||||||||"},
        {"2024-01-02 03:04:05 h p[7]: text", "1704164645|h|p|7||||||||"},
        {"<165>1 2024-01-02T03:04:05.003Z h p 7 ID1 - text", "1704164645|h|p|7||||||||"},
        {"<165>1 2024-01-02T03:04:05Z h p 7 ID1 [a x=\"]\\\"\"][b] text",
         "1704164645|h|p|7||||||||"},
        {"<165>1 2024-01-02T03:04:05Z - - - - - text", "1704164645|||||||||||"},
        {"Jan 32 03:04:05 h p[7]: text", "Jan 32 03:04:05|h|p|7||||||||"},
        {"Feb 30 03:04:05 h p[7]: text", "Feb 30 03:04:05|h|p|7||||||||"},
        {"Jan  2 03:60:05 h p[7]: text", "Jan  2 03:60:05|h|p|7||||||||"},
        {"Jan  2 2022 03:04:05 h : p: text", "1641092645|h|p|||||||||"},
        {"<189>date=2024-01-02 key=value", "|||||||||||"},
        {"Jan  2", "|||||||||||"},
        {"nothing that has a time", "|||||||||||"},
        {"2024", "|||||||||||"},
        {"<165>1 ", "|||||||||||"},
        {"5 <1>", "|||||||||||"},
    };
    check_lines(cases, COUNT(cases));
}

#define AT "Jan  2 03:04:05 h sshd[7]: "
#define IS "1704164645|h|sshd|7|sshd|"

static void sshd_lines_tell_of_attempts(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {AT "Failed password for u from 192.0.2.1 port 22 ssh2",
         IS "failed|password|u|192.0.2.1||22|"},
        {AT " Failed password for u from 192.0.2.1 port 22 ssh2",
         IS "failed|password|u|192.0.2.1||22|"},
        {AT "Failed password for u from 192.0.2.1 port 22", IS "failed|password|u|192.0.2.1||22|"},
        {AT "Failed password for u from 192.0.2.1", IS "failed|password|u|192.0.2.1|||"},
        {AT "Failed password for u from 192.0.2.1 ssh2", IS "failed|password|u|192.0.2.1|||"},
        {AT "Failed password for u from 192.0.2.1 port 22 ssh2 [preauth]",
         IS "failed|password|u|192.0.2.1||22|"},
        {AT "Failed password for u from 192.0.2.1 port 22 ssh2#015#012",
         IS "failed|password|u|192.0.2.1||22|"},
        {AT "Failed password for u from 2001:db8::1 port 22 ssh2",
         IS "failed|password|u|2001:db8::1||22|"},
        {AT "Failed password for u from a.example port 22 ssh2",
         IS "failed|password|u||a.example|22|"},
        {AT "Failed password for invalid user u from 192.0.2.1 port 22 ssh2",
         IS "failed-unknown|password|u|192.0.2.1||22|"},
        {AT "Failed password for illegal user u from 192.0.2.1 port 22 ssh2",
         IS "failed-unknown|password|u|192.0.2.1||22|"},
        {AT "Failed password for invalid user  from 192.0.2.1 port 22 ssh2",
         IS "failed-unknown|password||192.0.2.1||22|"},
        {AT "[ID 800047 auth.info] Failed password for u from 192.0.2.1 port 22 ssh2",
         IS "failed|password|u|192.0.2.1||22|"},
        {AT "Accepted publickey for u from 192.0.2.1 port 22 ssh2: RSA SHA256:A",
         IS "accepted|publickey|u|192.0.2.1||22|"},
        {AT "Partial password for u from 192.0.2.1 port 22 ssh2",
         IS "partial|password|u|192.0.2.1||22|"},
        {AT "Partial publickey for invalid user u from 192.0.2.1 port 22 ssh2: RSA SHA256:A",
         IS "partial|publickey|invalid user u|192.0.2.1||22|"},
        {AT "Failed publickey for u from 192.0.2.1 port 22 ssh2: RSA SHA256:A",
         IS "failed|publickey|u|192.0.2.1||22|"},
        {AT "Failed none for u from 192.0.2.1 port 22 ssh2", IS "failed|none|u|192.0.2.1||22|"},
        {AT "error: PAM: Authentication failure for u from 192.0.2.1",
         IS "failed|keyboard-interactive/pam|u|192.0.2.1|||h 7 pam Jan  2 03:04:05 u"},
        {AT "error: PAM: unknown user for illegal user u from 192.0.2.1",
         IS "failed-unknown|keyboard-interactive/pam|u|192.0.2.1|||h 7 pam Jan  2 03:04:05 u"},
        {AT "error: PAM: authentication failure for u from 192.0.2.1 via 198.51.100.1",
         IS "failed|keyboard-interactive/pam|u|192.0.2.1|||h 7 pam Jan  2 03:04:05 u"},
        {AT "error: PAM: Authentication error for u from a.example via 198.51.100.1",
         IS "failed|keyboard-interactive/pam|u||a.example||h 7 pam Jan  2 03:04:05 u"},
        {AT "error: PAM: Authentication failure for u from 9.9.9.9 via x from 192.0.2.1",
         IS "failed|keyboard-interactive/pam|u from 9.9.9.9 via x|192.0.2.1|||"
            "h 7 pam Jan  2 03:04:05 u from 9.9.9.9 via x"},
        {AT "Failed password for u from 192.0.2.1 port 22  ssh2",
         IS "failed|password|u|192.0.2.1||22|"},
        {AT "Failed keyboard-interactive/pam for u from 192.0.2.1 port 22 ssh2",
         IS "failed|keyboard-interactive/pam|u|192.0.2.1||22|h 7 pam Jan  2 03:04:05 u"},
    };
    check_lines(cases, COUNT(cases));
}

static void other_lines_of_an_attempt_are_none(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "Invalid user u from 192.0.2.1 port 22",
        "pam_unix(sshd:auth): check pass; user unknown",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
        "rhost=192.0.2.1  user=u",
        "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1",
        "error: maximum authentication attempts exceeded for u from 192.0.2.1 port 22 ssh2 "
        "[preauth]",
        "Postponed keyboard-interactive for u from 192.0.2.1 port 22 ssh2 [preauth]",
        "Disconnected from authenticating user u 192.0.2.1 port 22 [preauth]",
        "Connection closed by 192.0.2.1 port 22",
        "Failed to release session: Interrupted system call",
        "Failed",
        "Failed password",
        "Accepted ",
        "Partial ",
        "",
    };
    for (size_t i = 0; i < COUNT(messages); i++) {
        char line[512];
        snprintf(line, sizeof(line), AT "%s", messages[i]);
        check_lines(&(struct line_case){line, "1704164645|h|sshd|7||||||||"}, 1);
    }
}

static void other_services_count_by_their_pam_lines(void **state)
{
    (void)state;
#define PAM                                                                                        \
    "Jan  2 03:04:05 h d[7]: pam_unix(d:auth): authentication failure; logname= uid=0 euid=0 "     \
    "tty=t "
#define PAM_IS "1704164645|h|d|7|pam|failed|d|"
    static const struct line_case cases[] = {
        {PAM "ruser=u rhost=192.0.2.1  user=u", PAM_IS "u|192.0.2.1|||h 7 pam Jan  2 03:04:05 u"},
        {PAM "ruser= rhost=192.0.2.1", PAM_IS "|192.0.2.1|||h 7 pam Jan  2 03:04:05 "},
        {PAM "ruser= rhost=192.0.2.1  user=u rhost=9.9.9.9",
         PAM_IS "u rhost=9.9.9.9|192.0.2.1|||h 7 pam Jan  2 03:04:05 u rhost=9.9.9.9"},
        {PAM "ruser=u rhost=192.0.2.1", PAM_IS "u|192.0.2.1|||h 7 pam Jan  2 03:04:05 u"},
        {PAM "ruser=u rhost=9.9.9.9 rhost=192.0.2.1",
         PAM_IS "u rhost=9.9.9.9|192.0.2.1|||h 7 pam Jan  2 03:04:05 u rhost=9.9.9.9"},
        {PAM "ruser=u user=x rhost=192.0.2.1",
         PAM_IS "u user=x|192.0.2.1|||h 7 pam Jan  2 03:04:05 u user=x"},
        {PAM "ruser=x ruser= rhost=9.9.9.9 rhost=192.0.2.1", PAM_IS
         "x ruser= rhost=9.9.9.9|192.0.2.1|||h 7 pam Jan  2 03:04:05 x ruser= rhost=9.9.9.9"},
        {PAM "ruser=u rhost=9.9.9.9  user=x rhost=192.0.2.1  user=u",
         PAM_IS "||||h 7 pam Jan  2 03:04:05 "},
        {PAM "ruser=u rhost=", "1704164645|h|d|7||||||||"},
        {"Jan  2 03:04:05 h sudo: pam_unix(sudo:auth): authentication failure; logname=u uid=1 "
         "euid=0 "
         "tty=t ruser=u rhost=192.0.2.1  user=u",
         "1704164645|h|sudo|||||||||"},
        {"Jan  2 03:04:05 h d: (pam_unix) authentication failure; logname= uid=0 euid=0 tty=t "
         "ruser= "
         "rhost=192.0.2.1  user=u",
         "1704164645|h|d||pam|failed|d|u|192.0.2.1|||"},
        {"Jan  2 03:04:05 h d: pam_unix: authentication failure; logname= uid=0 euid=0 tty=t "
         "ruser=u rhost=192.0.2.1",
         "1704164645|h|d||pam|failed|d|u|192.0.2.1|||"},
        {"Jan  2 03:04:05 h d: pam_sss(auth): authentication failure; logname= uid=0 euid=0 tty=t "
         "ruser= rhost=192.0.2.1  user=u",
         "1704164645|h|d||pam|failed|d|u|192.0.2.1|||"},
        {"Jan  2 03:04:05 h d: authentication failure; logname= uid=0 euid=0 tty=t ruser= "
         "rhost=192.0.2.1  user=u",
         "1704164645|h|d||pam|failed|d|u|192.0.2.1|||"},
        {"Jan  2 03:04:05 h su: (pam_unix) authentication failure; logname= uid=0 euid=0 tty=t "
         "ruser= rhost=192.0.2.1  user=u",
         "1704164645|h|su|||||||||"},
        {"Jan  2 03:04:05 h sshd(pam_unix)[7]: authentication failure; logname= uid=0 euid=0 tty=t "
         "ruser= rhost=192.0.2.1  user=u",
         "1704164645|h|sshd(pam_unix)|7|pam|failed|sshd|u|192.0.2.1|||h 7 pam Jan  2 03:04:05 u"},
    };
    check_lines(cases, COUNT(cases));
}

static void dropbear_lines_tell_of_attempts(void **state)
{
    (void)state;
#define DROP "Jan  2 03:04:05 h dropbear[7]: "
#define DROP_IS "1704164645|h|dropbear|7|dropbear|"
    static const struct line_case cases[] = {
        {DROP "Bad password attempt for 'u' from 192.0.2.1:5",
         DROP_IS "failed|password|u|192.0.2.1||5|"},
        {DROP "bad PAM password attempt for 'u'", "1704164645|h|dropbear|7||||||||"},
        {DROP "Password auth succeeded for 'u' from 192.0.2.1:5",
         DROP_IS "accepted|password|u|192.0.2.1||5|"},
        {DROP "Pubkey auth succeeded for 'u' with key md5 a:b from 192.0.2.1:5",
         DROP_IS "accepted|publickey|u|192.0.2.1||5|"},
        {DROP "Bad password attempt for 'u' from 9.9.9.9:1' from 192.0.2.1:5",
         DROP_IS "failed|password|u' from 9.9.9.9:1|192.0.2.1||5|"},
        {DROP "Bad password attempt for 'u' from 2001:db8::1:5",
         DROP_IS "failed|password|u|2001:db8::1||5|"},
        {DROP "Login attempt for nonexistent user from ::ffff:192.0.2.1:5",
         DROP_IS "failed-unknown|password||::ffff:192.0.2.1||5|"},
        {DROP "[7] Jan 02 03:04:05 Bad password attempt for 'u' from 192.0.2.1:5",
         DROP_IS "failed|password|u|192.0.2.1||5|"},
        {DROP "Login attempt for nonexistent user from 192.0.2.1:5",
         DROP_IS "failed-unknown|password||192.0.2.1||5|"},
    };
    check_lines(cases, COUNT(cases));
}

/* What an attacker may call himself. */
static const char *const pieces[] = {
    "root",
    " ",
    "invalid user ",
    " from 9.9.9.9",
    " from 9.9.9.9 port 22",
    " from 9.9.9.9 port 22 ssh2",
    " from 9.9.9.9 port 22 ssh2 [preauth]",
    "Accepted password for root from 9.9.9.9 port 22 ssh2",
    ": RSA SHA256:A",
    "]: Accepted password for root",
    "message repeated 5 times: [ ",
    "#012Jan  1 00:00:00 h sshd[1]: Accepted password for root from 9.9.9.9 port 22 ssh2",
    "'",
    "rhost=9.9.9.9  user=root",
    "\\\"",
    "|",
    "\xff\xc3",
    " port ",
    " ssh2",
};

/* Whatever the name is made of: the source, the result and the name itself are what they are. */
static void no_name_changes_what_a_line_says(void **state)
{
    (void)state;
    static const char *const starts[] = {"Failed password for ",
                                         "Failed password for invalid user ",
                                         "Failed none for invalid user "};
    static const char *const results[] = {"failed|password", "failed-unknown|password",
                                          "failed-unknown|none"};
    size_t count = 0;
    for (size_t form = 0; form < COUNT(starts); form++) {
        for (size_t i = 0; i < COUNT(pieces) * COUNT(pieces); i++) {
            char name[512], line[1024], expected[1024];
            snprintf(name, sizeof(name), "x%s%s", pieces[i / COUNT(pieces)],
                     pieces[i % COUNT(pieces)]);
            snprintf(line, sizeof(line), AT "%s%s from 192.0.2.1 port 5 ssh2", starts[form], name);
            snprintf(expected, sizeof(expected), IS "%s|%s|192.0.2.1||5|", results[form], name);
            check_lines(&(struct line_case){line, expected}, 1);
            count++;
        }
    }
    assert_true(count >= 300);
}

/* Text may follow the protocol here, so a name can make the line ambiguous: then it has no source,
 * and in no case a false one. */
static void no_name_moves_the_source_of_a_failed_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pieces) * COUNT(pieces); i++) {
        char line[1024];
        struct syslog_dump dump = {0};
        snprintf(line, sizeof(line),
                 AT
                 "Failed publickey for x%s from 192.0.2.1 port 5 ssh2: RSA-CERT ID y%s (serial 0)",
                 pieces[i / COUNT(pieces)], pieces[i % COUNT(pieces)]);
        read_lines(line, LAYOUT_SYSLOG_LINES, 1000, &dump);
        const bool is_true = strstr(dump.text, "|192.0.2.1||5|") != NULL;
        const bool is_without = strstr(dump.text, "failed|publickey|||||") != NULL;
        if (is_true == is_without)
            fail_msg("'%s' gave '%s'", line, dump.text);
        syslog_dump_deinit(&dump);
    }
}

/* The header of a line that begins like the one before it is not read again. */
static void a_line_is_read_alike_whatever_stands_before_it(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "Jan  2 03:04:05 h sshd[7]:",
        "Jan  2 03:04:05 h sshd[7]",
        "Jan  2 03:04:05 h sshd:",
        "Jan  2 03:04:05 sshd[7]:",
        "Jan  2 03:04:05 h",
        "Jan  2 03:04:05 h[1 sshd[7]:",
        "Jan  2 03:04:05 h[1] sshd[7]:",
        "Jan 32 03:04:05 h sshd[7]:",
        "<34>Jan  2 03:04:05 h sshd[7]:",
        "  <34>Jan  2 03:04:05 h sshd[7]:",
        "94 <34>Jan  2 03:04:05 h sshd:",
        "2024-01-02T03:04:05Z h sshd[7]:",
        "2024-01-02 03:04:05 h /sshd:",
        "<34>1 2024-01-02T03:04:05Z h sshd 7 - -",
        "<34>1 2024-01-02T03:04:05Z h sshd 7 - [a b=\"c\"",
        "Jan  2 03:04:05 h : sshd:",
        "Jan  2 03:04:05 h [sshd]",
        "Jan  2 03:04:05 [sshd]:",
        "time=\"2024-01-02T03:04:05Z\"",
    };
    static const char *const messages[] = {
        "",
        " ",
        " Failed password for u from 192.0.2.1 port 22 ssh2",
        "  Failed password for u from 192.0.2.1 port 22 ssh2\r",
        "\tFailed password for u from 192.0.2.1 port 22 ssh2",
        " sshd[9]: Failed password for u from 192.0.2.1 port 22 ssh2#015",
        " ] Failed password for u from 192.0.2.1 port 22 ssh2",
        " [ID 7 auth.info] Accepted password for u from 192.0.2.1 port 22 ssh2 [preauth]",
        " message repeated 2 times: [ Failed password for u from 192.0.2.1]",
        " pam_unix(x:auth): authentication failure; ruser= rhost=192.0.2.1 user=u",
    };
    enum { LINES = COUNT(headers) * COUNT(messages) };
    char lines[LINES][192];
    struct syslog_dump alone[LINES] = {0};
    for (size_t i = 0; i < LINES; i++) {
        snprintf(lines[i], sizeof(lines[i]), "%s%s\n", headers[i / COUNT(messages)],
                 messages[i % COUNT(messages)]);
        read_lines(lines[i], LAYOUT_SYSLOG_LINES, 1000, &alone[i]);
    }
    for (size_t i = 0; i < (size_t)LINES * LINES; i++) {
        char text[2 * sizeof(lines[0])], expected[1024];
        struct syslog_dump dump = {0};
        snprintf(text, sizeof(text), "%s%s", lines[i / LINES], lines[i % LINES]);
        snprintf(expected, sizeof(expected), "%s%s", alone[i / LINES].text, alone[i % LINES].text);
        read_lines(text, LAYOUT_SYSLOG_LINES, 1000, &dump);
        if (strcmp(dump.text, expected) != 0)
            fail_msg("'%s' gave '%s'", text, dump.text);
        syslog_dump_deinit(&dump);
    }
    for (size_t i = 0; i < LINES; i++)
        syslog_dump_deinit(&alone[i]);
}

static void repeated_messages_are_so_many_records(void **state)
{
    (void)state;
    struct syslog_dump dump = {0};
    read_lines(AT
               "message repeated 3 times: [ Failed password for u from 192.0.2.1 port 22 ssh2]\n" AT
               "message repeated 99999999999 times: [ Failed password for u from 192.0.2.1]\n" AT
               "message repeated 0 times: [ Failed password for u from 192.0.2.1]\n",
               LAYOUT_SYSLOG_LINES, 1000, &dump);
    assert_int_equal(dump.records, 5);
    assert_int_equal(dump.broken, 1);
    assert_string_equal(dump.text, IS "failed|password|u|192.0.2.1||22|\n" IS
                                      "failed|password|u|192.0.2.1||22|\n" IS
                                      "failed|password|u|192.0.2.1||22|\n"
                                      "1704164645|h|sshd|7||||||||\n");
    syslog_dump_deinit(&dump);
}

static void years_turn_when_the_calendar_starts_again(void **state)
{
    (void)state;
    static const struct line_case cases[] = {
        {"Dec 30 00:00:00 h p: t", "1703894400|h|p|||||||||"},
        {"Dec 29 00:00:00 h p: t", "1703808000|h|p|||||||||"}, /* a day out of order */
        {"Dec 31 23:59:59 h p: t", "1704067199|h|p|||||||||"},
        {"Jan  1 00:00:00 h p: t", "1704067200|h|p|||||||||"},
        {"Feb 29 00:00:00 h p: t", "1709164800|h|p|||||||||"},
        {"Dec 28 00:00:00 h p: t", "1735344000|h|p|||||||||"},
    };
    check_lines(cases, COUNT(cases));
}

static void syslog_is_split_alike_however_it_comes(void **state)
{
    (void)state;
    static const char lines[] = "\n" AT "Failed password for u from 192.0.2.1\r\n\n"
                                "48 <1>Jan  2 03:04:05 h p: t\n"
                                "<13>Jan  2 03:04:05 h p: the last one";
    static const char frames[] = "28 <1>Jan  2 03:04:05 h p: one\n28 <1>Jan  2 03:04:05 h p: \ntwo"
                                 "27 <1>Jan  2 03:04:05 h p: tri<2>Jan  2 03:04:05 h p: a line\n"
                                 "99999 <1>Jan  2 03:04:05 h p: too long, and all that follows";
    for (int form = 0; form < 2; form++) {
        const enum layout layout = form == 0 ? LAYOUT_SYSLOG_LINES : LAYOUT_SYSLOG_FRAMES;
        const char *const text = form == 0 ? lines : frames;
        struct syslog_dump whole = {0};
        read_lines(text, layout, sizeof(lines) + sizeof(frames), &whole);
        assert_int_equal(whole.records, form == 0 ? 3 : 5);
        assert_int_equal(whole.too_long, form == 0 ? 0 : 1);
        for (size_t step = 1; step < 60; step++) {
            struct syslog_dump divided = {0};
            read_lines(text, layout, step, &divided);
            assert_string_equal(divided.text, whole.text);
            assert_int_equal(divided.records, whole.records);
            assert_int_equal(divided.newlines, whole.newlines);
            syslog_dump_deinit(&divided);
        }
        syslog_dump_deinit(&whole);
    }
}

static void long_lines_are_dropped_and_counted_once(void **state)
{
    (void)state;
    struct syslog_paths *const paths = syslog_test_paths();
    const struct syslog_way way = {
        .paths = paths,
        .view = {.layout = LAYOUT_SYSLOG_LINES, .date = first_day},
        .line_bytes_max = 64,
    };
    char text[512];
    const int bytes = snprintf(text, sizeof(text),
                               "Jan  2 03:04:05 h p: one\nJan %0200d\n"
                               "Jan  2 03:04:05 h p: two\nJan %0100d",
                               1, 2);
    for (size_t step = 1; step < 500; step++) {
        struct syslog_dump dump = {0};
        syslog_read_text(&way, slice_of(text, (size_t)bytes), step, &dump);
        assert_int_equal(dump.too_long, 2);
        assert_int_equal(dump.records, 4);
        assert_int_equal(dump.newlines, 3);
        syslog_dump_deinit(&dump);
    }
    syslog_paths_destroy(paths);
}

static void zones_follow_their_rules(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t wall, utc;
    } cases[] = {
        {"UTC", 1700000000, 1700000000},
        {"+02:00", 1700000000, 1699992800},
        {"-0530", 1700000000, 1700019800},
        {"+9", 1700000000, 1699967600},
        {"Europe/Berlin", 1704067200, 1704063600}, /* winter: +1 */
        {"Europe/Berlin", 1719792000, 1719784800}, /* summer: +2 */
        {"Europe/Berlin", 1711850399, 1711846799}, /* 2024-03-31 01:59:59 */
        {"Europe/Berlin", 1711852200, 1711848600}, /* 02:30, which does not exist: as at +1 */
        {"Europe/Berlin", 1711854000, 1711846800}, /* 03:00: +2 */
        {"Europe/Berlin", 1729996200, 1729989000}, /* 2024-10-27 02:30, the first of two */
        {"Europe/Berlin", 1729998000, 1729994400}, /* 03:00: +1 */
        {"America/New_York", 1704067200, 1704085200},
        {"Asia/Kolkata", 1704067200, 1704047400},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct zone *zone = NULL;
        assert_int_equal(zone_create(&zone, cases[i].name), STATUS_OK);
        if (zone_to_utc(zone, cases[i].wall) != cases[i].utc)
            fail_msg("%s %lld gave %lld", cases[i].name, (long long)cases[i].wall,
                     (long long)zone_to_utc(zone, cases[i].wall));
        zone_destroy(zone);
    }
}

static void what_is_no_zone_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"",       "Europe",   "Europe/Nowhere", "../etc/passwd",
                                        "/etc",   "+1:",      "+1:2",           "+19:00",
                                        "+01:60", "zone.tab", ":UTC",           "02:00"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct zone *zone = NULL;
        if (zone_create(&zone, names[i]) != STATUS_CONFIG)
            fail_msg("'%s' was taken for a zone", names[i]);
    }
}

static void a_head_shows_layout_and_first_day(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int layout; /* -1: none */
        struct source_date date;
    } cases[] = {
        {"Oct 11 22:14:15 h p: t\n", LAYOUT_SYSLOG_LINES, {0, 10, 11}},
        {"# a comment\nOct 11 22:14:15 h p: t\n", LAYOUT_SYSLOG_LINES, {0, 10, 11}},
        {"2024-02-03T22:14:15Z h p: t\n", LAYOUT_SYSLOG_LINES, {2024, 2, 3}},
        {"27 <1>Oct 11 22:14:15 h p: one27 <1>", LAYOUT_SYSLOG_FRAMES, {0, 10, 11}},
        {"<1>1 2024-02-03T22:14:15Z h p - - - t", LAYOUT_SYSLOG_LINES, {2024, 2, 3}},
        {"<189>date=2024-02-03 time=01:02:03 logid=1\n", LAYOUT_SYSLOG_LINES, {0}},
        {"time,user,ip\n2024,a,b\n", -1, {0}},
        {"", -1, {0}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum layout layout;
        struct source_date date = {0};
        const struct slice head = slice_from_string(cases[i].head);
        const bool is_known = syslog_detect_layout(head, &layout);
        assert_int_equal(is_known ? (int)layout : -1, cases[i].layout);
        assert_int_equal(syslog_first_date(head, &date), cases[i].date.month > 0);
        assert_int_equal(date.year, cases[i].date.year);
        assert_int_equal(date.month, cases[i].date.month);
        assert_int_equal(date.day, cases[i].date.day);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syslog_reads_headers_of_every_form),
        cmocka_unit_test(sshd_lines_tell_of_attempts),
        cmocka_unit_test(other_lines_of_an_attempt_are_none),
        cmocka_unit_test(other_services_count_by_their_pam_lines),
        cmocka_unit_test(dropbear_lines_tell_of_attempts),
        cmocka_unit_test(no_name_changes_what_a_line_says),
        cmocka_unit_test(no_name_moves_the_source_of_a_failed_key),
        cmocka_unit_test(a_line_is_read_alike_whatever_stands_before_it),
        cmocka_unit_test(repeated_messages_are_so_many_records),
        cmocka_unit_test(years_turn_when_the_calendar_starts_again),
        cmocka_unit_test(syslog_is_split_alike_however_it_comes),
        cmocka_unit_test(long_lines_are_dropped_and_counted_once),
        cmocka_unit_test(zones_follow_their_rules),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(a_head_shows_layout_and_first_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
