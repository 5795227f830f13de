#include "bench/gen_lines.h"

#include "engine/base/civil.h"

enum { HOSTS_PER_TENANT = 4, PID_FIRST = 1000, PID_COUNT = 4000000 };
enum { PORT_FIRST = 32768, PORT_COUNT = 28232 }; /* Linux' range of ephemeral ports */
enum { UID_FIRST = 10000, FINGERPRINT_CHARACTERS = 43 };

/* How a server sees what a directory answers. */
enum ending {
    ENDING_FAILED,   /* the password is refused, whatever the reason */
    ENDING_ACCEPTED, /* in */
    ENDING_EXPIRED,  /* in, to set a new password */
    ENDING_UNKNOWN,  /* there is no such account */
    ENDING_PARTIAL,  /* the password is right, and a second factor is wanted */
    ENDING_DENIED,   /* the password is right, and PAM's account rules refuse it */
    ENDING_KEY,      /* a step that shows no password: a key that is not known */
    ENDING_SILENT,   /* the directory does not answer, and the connection ends */
};

static const uint8_t endings[GEN_CODES] = {
    [GEN_CODE_SUCCESS] = ENDING_ACCEPTED,    [GEN_CODE_UNKNOWN_USER] = ENDING_UNKNOWN,
    [GEN_CODE_EXPIRED] = ENDING_EXPIRED,     [GEN_CODE_EXPIRED_ONPREM] = ENDING_EXPIRED,
    [GEN_CODE_MFA_NEEDED] = ENDING_PARTIAL,  [GEN_CODE_MFA_CHANGED] = ENDING_PARTIAL,
    [GEN_CODE_MFA_ENROL] = ENDING_PARTIAL,   [GEN_CODE_MFA_DENIED] = ENDING_PARTIAL,
    [GEN_CODE_POLICY] = ENDING_DENIED,       [GEN_CODE_DEVICE] = ENDING_DENIED,
    [GEN_CODE_NOT_ASSIGNED] = ENDING_DENIED, [GEN_CODE_DEVICE_STEP] = ENDING_KEY,
    [GEN_CODE_STAY_SIGNED_IN] = ENDING_KEY,  [GEN_CODE_NO_SESSION] = ENDING_KEY,
    [GEN_CODE_CONSENT] = ENDING_KEY,         [GEN_CODE_TOKEN_EXPIRED] = ENDING_KEY,
    [GEN_CODE_OUTAGE] = ENDING_SILENT,
};

/* ---- what lines are made of -------------------------------------------------------------- */

/* Texts that the lines of a sign-in share, written once. */
struct parts {
    const struct gen_signin *signin;
    struct slice front; /* time, host, program and process, and the blank behind them */
    struct slice account, address, port;
    char storage[512];
};

static struct slice part_end(const struct gen_text *text, const char *start)
{
    return slice_of(start, (size_t)(text->at - start));
}

/* `Jan  1 09:30:00`: RFC 3164, section 4.1.2. */
static void time_bsd(struct gen_date *date, int64_t ticks, struct gen_text *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const int64_t day = ticks / GEN_TICKS_PER_DAY;
    if (date->day != day) {
        const struct civil_date civil = civil_from_days(day);
        memcpy(date->text, months + 3 * (civil.month - 1), 3);
        date->text[3] = ' ';
        date->text[4] = civil.day < 10 ? ' ' : (char)('0' + civil.day / 10);
        date->text[5] = (char)('0' + civil.day % 10);
        date->text[6] = ' ';
        date->day = day;
    }
    gen_text_bytes(text, date->text, 7);
    gen_text_clock(text, (uint32_t)(ticks % GEN_TICKS_PER_DAY / GEN_TICKS_PER_SECOND));
}

/* As rsyslog writes RFC 3339: microseconds and an offset. */
static void time_iso(struct gen_date *date, int64_t ticks, struct gen_text *text)
{
    gen_writer_time(date, ticks, text);
    text->at--;
    GEN_PUT(text, "+00:00");
}

static void parts_init(struct parts *parts, struct gen_writer *writer,
                       const struct gen_signin *signin)
{
    const struct gen_population *population = writer->population;
    parts->signin = signin;
    struct gen_text text = {.at = parts->storage};
    const char *start = text.at;
    if (writer->shape == GEN_SHAPE_SSHD_ISO)
        time_iso(&writer->date, signin->time, &text);
    else
        time_bsd(&writer->date, signin->time, &text);
    GEN_PUT(&text, " gate");
    gen_text_number(&text, 1 + gen_mix(signin->chain, 9) % HOSTS_PER_TENANT);
    gen_text_byte(&text, '.');
    gen_text_string(&text, population->tenants[signin->tenant].domain);
    GEN_PUT(&text, " sshd[");
    gen_text_number(&text, PID_FIRST + gen_mix(signin->chain, 10) % PID_COUNT);
    GEN_PUT(&text, "]: ");
    parts->front = part_end(&text, start);
    start = text.at;
    gen_account_name(population, signin->tenant, (enum gen_account_kind)signin->kind,
                     signin->account, &text);
    parts->account = part_end(&text, start);
    start = text.at;
    gen_writer_address(&signin->source.address, &text);
    parts->address = part_end(&text, start);
    start = text.at;
    gen_text_number(&text, PORT_FIRST + gen_mix(signin->salt, 1) % PORT_COUNT);
    parts->port = part_end(&text, start);
}

static bool has(const struct parts *parts, enum gen_signin_flags flag)
{
    return (parts->signin->flags & flag) != 0;
}

static void message(const struct parts *parts, struct gen_text *text, const char *start)
{
    gen_text_slice(text, parts->front);
    gen_text_string(text, start);
}

/* `NAME from ADDRESS port N`. */
static void put_where(const struct parts *parts, struct gen_text *text)
{
    gen_text_slice(text, parts->account);
    GEN_PUT(text, " from ");
    gen_text_slice(text, parts->address);
    GEN_PUT(text, " port ");
    gen_text_slice(text, parts->port);
}

/* What `ssh-keygen -l` shows of the account's key. */
static void put_key(const struct parts *parts, struct gen_text *text)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t bits = 0;
    GEN_PUT(text, ": ED25519 SHA256:");
    for (unsigned i = 0; i < FINGERPRINT_CHARACTERS; i++, bits >>= 6) {
        if (i % 10 == 0)
            bits = gen_mix(parts->signin->account, i);
        gen_text_byte(text, base64[bits & 63]);
    }
}

/* ---- lines ------------------------------------------------------------------------------- */

static void attempt(const struct parts *parts, const char *start, struct gen_text *text)
{
    message(parts, text, start);
    put_where(parts, text);
    GEN_PUT(text, " ssh2");
}

static void closed(const struct parts *parts, const char *who, struct gen_text *text)
{
    message(parts, text, "Connection closed by ");
    gen_text_string(text, who);
    gen_text_slice(text, parts->account);
    gen_text_byte(text, ' ');
    gen_text_slice(text, parts->address);
    GEN_PUT(text, " port ");
    gen_text_slice(text, parts->port);
    GEN_PUT(text, " [preauth]");
}

/* Linux-PAM names only accounts that it knows. */
static void pam_failure(const struct parts *parts, bool is_known, struct gen_text *text)
{
    message(parts, text,
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 "
            "tty=ssh ruser= rhost=");
    gen_text_slice(text, parts->address);
    if (is_known) {
        GEN_PUT(text, "  user=");
        gen_text_slice(text, parts->account);
    }
    gen_text_byte(text, '\n');
}

static void write_accepted(const struct parts *parts, bool is_expired, struct gen_text *text)
{
    if (is_expired) {
        message(parts, text, "pam_unix(sshd:account): expired password for user ");
        gen_text_slice(text, parts->account);
        GEN_PUT(text, " (password expired)\n");
    }
    if (has(parts, GEN_SIGNIN_FIRST_CLAIM) || has(parts, GEN_SIGNIN_NONINTERACTIVE)) {
        attempt(parts, "Accepted publickey for ", text);
        put_key(parts, text);
    } else if (has(parts, GEN_SIGNIN_MFA_DONE)) {
        attempt(parts, "Accepted keyboard-interactive/pam for ", text);
    } else {
        attempt(parts, "Accepted password for ", text);
    }
    gen_text_byte(text, '\n');
    message(parts, text, "pam_unix(sshd:session): session opened for user ");
    gen_text_slice(text, parts->account);
    GEN_PUT(text, "(uid=");
    gen_text_number(text, UID_FIRST + parts->signin->account);
    GEN_PUT(text, ") by (uid=0)");
}

static void write_failed(const struct parts *parts, struct gen_text *text)
{
    pam_failure(parts, true, text);
    attempt(parts, "Failed password for ", text);
    gen_text_byte(text, '\n');
    closed(parts, "authenticating user ", text);
}

static void write_unknown(const struct parts *parts, struct gen_text *text)
{
    message(parts, text, "Invalid user ");
    put_where(parts, text);
    gen_text_byte(text, '\n');
    message(parts, text, "pam_unix(sshd:auth): check pass; user unknown\n");
    pam_failure(parts, false, text);
    attempt(parts, "Failed password for invalid user ", text);
    gen_text_byte(text, '\n');
    closed(parts, "invalid user ", text);
}

static void write_denied(const struct parts *parts, struct gen_text *text)
{
    attempt(parts, "Failed password for ", text);
    gen_text_byte(text, '\n');
    message(parts, text, "fatal: Access denied for user ");
    gen_text_slice(text, parts->account);
    GEN_PUT(text, " by PAM account configuration [preauth]");
}

void gen_lines_signin(struct gen_writer *writer, const struct gen_signin *signin,
                      struct gen_text *text)
{
    struct parts parts;
    parts_init(&parts, writer, signin);
    const enum ending ending = endings[signin->code];
    switch (ending) {
    case ENDING_ACCEPTED:
    case ENDING_EXPIRED:
        write_accepted(&parts, ending == ENDING_EXPIRED, text);
        return;
    case ENDING_FAILED:
        write_failed(&parts, text);
        return;
    case ENDING_UNKNOWN:
        write_unknown(&parts, text);
        return;
    case ENDING_PARTIAL:
        attempt(&parts, "Partial password for ", text);
        gen_text_byte(text, '\n');
        closed(&parts, "authenticating user ", text);
        return;
    case ENDING_DENIED:
        write_denied(&parts, text);
        return;
    case ENDING_KEY:
        attempt(&parts, "Failed publickey for ", text);
        put_key(&parts, text);
        gen_text_byte(text, '\n');
        closed(&parts, "authenticating user ", text);
        return;
    case ENDING_SILENT:
        message(&parts, text, "fatal: Timeout before authentication for ");
        gen_text_slice(text, parts.address);
        GEN_PUT(text, " port ");
        gen_text_slice(text, parts.port);
        return;
    }
}
