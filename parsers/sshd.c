#include "parsers/sshd.h"

/* ---- Words from either end ----------------------------------------------------------------- */

static bool skip_suffix(struct slice *text, struct slice suffix)
{
    if (!slice_ends_with(*text, suffix))
        return false;
    text->bytes -= suffix.bytes;
    return true;
}

/* Takes the first word and the blank behind it. */
static struct slice take_word(struct slice *text)
{
    const struct slice word = slice_of(text->start, slice_find(*text, ' '));
    *text = slice_from(*text, word.bytes + (word.bytes < text->bytes));
    return word;
}

static struct slice last_word(struct slice text)
{
    const char *const blank = text.bytes > 0 ? memrchr(text.start, ' ', text.bytes) : NULL;
    return blank != NULL ? slice_from(text, (size_t)(blank + 1 - text.start)) : text;
}

static bool is_number(struct slice text)
{
    for (size_t i = 0; i < text.bytes; i++) {
        if (text.start[i] < '0' || text.start[i] > '9')
            return false;
    }
    return text.bytes > 0;
}

/* Takes ` from SOURCE`, ` from SOURCE port N` or either with ` ssh2` from the end of `text`, which
 * is what sshd writes behind a name. */
static bool take_source(struct slice *text, struct login_line *line)
{
    struct slice rest = *text;
    if (!skip_suffix(&rest, SLICE(" ssh2")) && !skip_suffix(&rest, SLICE(" ssh1")))
        (void)skip_suffix(&rest, SLICE(" ssh"));
    while (skip_suffix(&rest, SLICE(" "))) /* some write two blanks before the protocol */
        ;
    struct slice word = last_word(rest);
    if (is_number(word)) {
        struct slice before = slice_of(rest.start, rest.bytes - word.bytes);
        if (skip_suffix(&before, SLICE(" port "))) {
            line->port = word;
            rest = before;
            word = last_word(rest);
        }
    }
    rest.bytes -= word.bytes;
    if (word.bytes == 0 || !skip_suffix(&rest, SLICE(" from ")))
        return false;
    line->source = word;
    *text = rest;
    return true;
}

/* ---- Lines that say more behind the protocol ------------------------------------------------ */

/* Where in `text`, from `start` on, ` port N ssh2` ends and nothing or `: ` follows; 0: nowhere. */
static size_t find_protocol(struct slice text, size_t start)
{
    static const struct slice protocol = {" ssh2", 5};
    for (size_t at = start; at + protocol.bytes <= text.bytes; at++) {
        const char *const blank = memchr(text.start + at, ' ', text.bytes - at);
        if (blank == NULL)
            return 0;
        at = (size_t)(blank - text.start);
        const struct slice rest = slice_from(text, at);
        if (!slice_starts_with(rest, protocol))
            continue;
        const struct slice behind = slice_from(rest, protocol.bytes);
        if (behind.bytes == 0 || slice_starts_with(behind, SLICE(": ")))
            return at + protocol.bytes;
    }
    return 0;
}

/* `NAME from SOURCE port N ssh2: KEY`. Name and key may both be chosen by the client; so only a
 * line that has one such place is read. Of an account that exists (`is_real`) the name holds no
 * blank, and the first place counts. */
static bool take_source_before_key(struct slice *text, bool is_real, struct login_line *line)
{
    const size_t end = find_protocol(*text, 0);
    if (end == 0)
        return take_source(text, line);
    struct slice front = slice_of(text->start, end);
    if (!is_real && find_protocol(*text, end) != 0)
        return false;
    if (!take_source(&front, line))
        return false;
    *text = front;
    return true;
}

static bool may_name_a_key(struct slice method)
{
    return slice_equals(method, SLICE("publickey")) || slice_equals(method, SLICE("hostbased")) ||
           slice_starts_with(method, SLICE("gssapi"));
}

/* ---- OpenSSH ------------------------------------------------------------------------------- */

static bool skip_unknown(struct slice *text)
{
    return slice_skip(text, SLICE("invalid user ")) || slice_skip(text, SLICE("illegal user "));
}

/* Behind `Failed `, `Accepted ` or `Partial `. */
static bool read_attempt(struct slice text, struct slice result, struct login_line *line)
{
    const struct slice method = take_word(&text);
    if (method.bytes == 0 || !slice_skip(&text, SLICE("for ")))
        return false;
    /* What sshd accepts at least in part is an account that exists. */
    const bool is_failed = slice_equals(result, SLICE("failed"));
    const bool is_unknown = is_failed && skip_unknown(&text);
    *line = (struct login_line){
        .result = is_unknown ? SLICE("failed-unknown") : result,
        .method = method,
    };
    if (slice_starts_with(method, SLICE("keyboard-interactive")))
        line->family = SLICE("pam");
    const bool is_read = may_name_a_key(method) ? take_source_before_key(&text, !is_failed, line)
                                                : take_source(&text, line);
    if (is_read)
        line->account = text;
    else
        line->port = slice_of("", 0);
    return true;
}

static bool skip_prefix_folded(struct slice *text, struct slice prefix)
{
    if (text->bytes < prefix.bytes ||
        !slice_equals_folded(slice_of(text->start, prefix.bytes), prefix))
        return false;
    *text = slice_from(*text, prefix.bytes);
    return true;
}

/* ` via ADDRESS`, the server's own, as macOS writes it at the end. */
static void skip_via(struct slice *text)
{
    const struct slice word = last_word(*text);
    struct slice before = slice_of(text->start, text->bytes - word.bytes);
    if (word.bytes > 0 && skip_suffix(&before, SLICE(" via ")))
        *text = before;
}

/* Behind `error: PAM: `: what pam_strerror says, ` for NAME from SOURCE`. */
static bool read_pam(struct slice text, struct login_line *line)
{
    static const struct slice reasons[] = {
        {"Authentication failure for ", 27}, /* Linux-PAM */
        {"authentication error for ", 25},   /* OpenPAM */
        {"User not known to the underlying authentication module for ", 59},
        {"unknown user for ", 17},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        struct slice name = text;
        if (!skip_prefix_folded(&name, reasons[i]))
            continue;
        const bool is_unknown = skip_unknown(&name) || i >= 2;
        *line = (struct login_line){
            .result = is_unknown ? SLICE("failed-unknown") : SLICE("failed"),
            .method = SLICE("keyboard-interactive/pam"),
            .family = SLICE("pam"),
        };
        skip_via(&name);
        if (take_source(&name, line))
            line->account = name;
        return true;
    }
    return false;
}

/* The process that speaks before the login marks its lines. */
static struct slice without_mark(struct slice message)
{
    skip_suffix(&message, SLICE(" [preauth]"));
    return message;
}

bool sshd_read(struct slice message, struct login_line *line)
{
    if (message.bytes == 0)
        return false;
    switch (message.start[0]) {
    case 'F':
        return slice_skip(&message, SLICE("Failed ")) &&
               read_attempt(without_mark(message), SLICE("failed"), line);
    case 'A':
        return slice_skip(&message, SLICE("Accepted ")) &&
               read_attempt(without_mark(message), SLICE("accepted"), line);
    case 'P':
        return slice_skip(&message, SLICE("Partial ")) &&
               read_attempt(without_mark(message), SLICE("partial"), line);
    case 'e':
        return slice_skip(&message, SLICE("error: PAM: ")) && read_pam(without_mark(message), line);
    default:
        return false;
    }
}

/* ---- Dropbear ------------------------------------------------------------------------------ */

/* `ADDRESS:PORT`, without brackets also around an address that has colons itself. */
static void split_port(struct slice text, struct login_line *line)
{
    size_t at = text.bytes;
    while (at > 0 && text.start[at - 1] != ':')
        at--;
    const struct slice port = slice_from(text, at);
    const bool has_port = at > 1 && is_number(port);
    line->source = has_port ? slice_of(text.start, at - 1) : text;
    line->port = has_port ? port : slice_of("", 0);
}

/* `'NAME' from ADDRESS:PORT`, with more words between. */
static bool read_quoted(struct slice text, struct slice result, struct slice method,
                        struct login_line *line)
{
    *line = (struct login_line){.result = result, .method = method};
    const struct slice source = last_word(text);
    text.bytes -= source.bytes;
    if (source.bytes == 0 || !skip_suffix(&text, SLICE(" from ")) || !slice_skip(&text, SLICE("'")))
        return true;
    /* Of a key, its fingerprint follows the name; what stands in quotes before that is the name. */
    size_t end = text.bytes;
    while (end > 0 && text.start[end - 1] != '\'')
        end--;
    if (end == 0)
        return true;
    split_port(source, line);
    line->account = slice_of(text.start, end - 1);
    return true;
}

/* `[PID] Mon DD HH:MM:SS `, which Dropbear puts before what it says to a standard error stream. */
static void skip_own_header(struct slice *text)
{
    static const size_t time_bytes = 16;
    struct slice rest = *text;
    if (!slice_skip(&rest, SLICE("[")))
        return;
    struct slice pid = take_word(&rest);
    if (skip_suffix(&pid, SLICE("]")) && is_number(pid) && rest.bytes > time_bytes &&
        rest.start[time_bytes - 1] == ' ' && rest.start[time_bytes - 4] == ':')
        *text = slice_from(rest, time_bytes);
}

bool dropbear_read(struct slice message, struct login_line *line)
{
    static const struct {
        struct slice start, result, method;
    } forms[] = {
        {{"Bad password attempt for ", 25}, {"failed", 6}, {"password", 8}},
        {{"bad password attempt for ", 25}, {"failed", 6}, {"password", 8}},
        {{"Bad PAM password attempt for ", 29}, {"failed", 6}, {"password", 8}},
        {{"Password auth succeeded for ", 28}, {"accepted", 8}, {"password", 8}},
        {{"password auth succeeded for ", 28}, {"accepted", 8}, {"password", 8}},
        {{"PAM password auth succeeded for ", 32}, {"accepted", 8}, {"password", 8}},
        {{"Pubkey auth succeeded for ", 26}, {"accepted", 8}, {"publickey", 9}},
        {{"pubkey auth succeeded for ", 26}, {"accepted", 8}, {"publickey", 9}},
    };
    skip_own_header(&message);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct slice rest = message;
        if (slice_skip(&rest, forms[i].start))
            return read_quoted(rest, forms[i].result, forms[i].method, line);
    }
    /* The name of an account that does not exist is not written. */
    if (slice_starts_with(message, SLICE("Login attempt for nonexistent user from ")) ||
        slice_starts_with(message, SLICE("login attempt for nonexistent user from "))) {
        *line = (struct login_line){
            .result = SLICE("failed-unknown"),
            .method = SLICE("password"),
        };
        split_port(last_word(message), line);
        return true;
    }
    return false;
}
