#include "parsers/pam.h"

static const struct slice failure = {"authentication failure;", 23};

/* Services that are reached from where they run, or speak for themselves. `sshd` is here, too: but
 * as `sshd(pam_unix)`, a program name of old, PAM has a log of its own and is the only one there.
 */
static bool is_counted(struct slice service)
{
    static const struct slice others[] = {
        {"sshd", 4},          {"sudo", 4},    {"sudo-i", 6}, {"su", 2},
        {"su-l", 4},          {"cron", 4},    {"crond", 5},  {"polkit-1", 8},
        {"systemd-user", 12}, {"runuser", 7},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (slice_equals(service, others[i]))
            return false;
    }
    return service.bytes > 0;
}

/* Takes `pam_unix(SERVICE:auth): ` from the front of the message. Without a service of its own, as
 * in `pam_unix(auth): `, `pam_unix: `, `(pam_unix) ` and what has no module before it, the program
 * is the service. */
static struct slice take_service(struct slice program, struct slice *message)
{
    static const struct slice plain = {"authentication failure; logname=", 32};
    if (slice_starts_with(*message, plain) || slice_skip(message, SLICE("(pam_unix) ")) ||
        slice_skip(message, SLICE("pam_unix: ")))
        return program;
    const size_t open = slice_find(*message, '(');
    const struct slice inside = slice_from(*message, open + 1);
    const size_t close = slice_find(inside, ')');
    if (!slice_starts_with(*message, SLICE("pam_")) || close == inside.bytes)
        return slice_of("", 0);
    const struct slice service = slice_of(inside.start, close);
    const size_t colon = slice_find(service, ':');
    const bool has_service = slice_equals(slice_from(service, colon), SLICE(":auth"));
    if (!has_service && !slice_equals(service, SLICE("auth")))
        return slice_of("", 0);
    *message = slice_from(inside, close + 1);
    (void)slice_skip(message, SLICE(":"));
    while (message->bytes > 0 && message->start[0] == ' ')
        *message = slice_from(*message, 1);
    return has_service ? slice_of(service.start, colon) : program;
}

/* `vsftpd(pam_unix)` as a program. */
static struct slice old_service(struct slice program)
{
    const size_t open = slice_find(program, '(');
    return slice_starts_with(slice_from(program, open), SLICE("(pam_"))
               ? slice_of(program.start, open)
               : slice_of("", 0);
}

/* Where `key` stands in `text` from `start` on; the text's length when it does not. */
static size_t find(struct slice text, struct slice key, size_t start)
{
    if (start >= text.bytes)
        return text.bytes;
    const char *const found = memmem(text.start + start, text.bytes - start, key.start, key.bytes);
    return found != NULL ? (size_t)(found - text.start) : text.bytes;
}

/* Where the value of `rhost` begins; the text's length when it is not known for certain. */
static size_t find_host(struct slice text)
{
    static const struct slice first = {" ruser= rhost=", 14}, key = {" rhost=", 7};
    const size_t user = find(text, SLICE(" ruser="), 0);
    if (slice_starts_with(slice_from(text, user), first))
        return user + first.bytes;
    const size_t host = find(text, key, 0);
    size_t last = host;
    for (size_t next = host; next < text.bytes; next = find(text, key, next + 1))
        last = next;
    if (last == text.bytes || (last != host && find(text, SLICE(" user="), host) < text.bytes))
        return text.bytes;
    return last + key.bytes;
}

/* `user` behind the host; of an account that does not exist there is none, but many services give
 * the name that was typed as `ruser`. */
static struct slice find_account(struct slice text, size_t host, struct slice source)
{
    static const struct slice user = {" user=", 6}, ruser = {" ruser=", 7}, key = {" rhost=", 7};
    const size_t behind = find(text, user, host + source.bytes);
    if (behind < text.bytes)
        return slice_trim(slice_from(text, behind + user.bytes));
    const size_t before = find(text, ruser, 0) + ruser.bytes;
    const size_t end = host - key.bytes;
    return before < end ? slice_trim(slice_of(text.start + before, end - before)) : slice_of("", 0);
}

bool pam_read(struct slice program, struct slice message, struct login_line *line)
{
    const struct slice old = old_service(program);
    const struct slice service = old.bytes > 0 ? old : take_service(program, &message);
    if (!slice_starts_with(message, failure) || find(message, SLICE(" rhost="), 0) == message.bytes)
        return false;
    if (!is_counted(service) && !(old.bytes > 0 && slice_equals(old, SLICE("sshd"))))
        return false;
    *line = (struct login_line){
        .result = SLICE("failed"),
        .method = service,
        .family = SLICE("pam"),
    };
    const size_t start = find_host(message);
    if (start == message.bytes)
        return !slice_ends_with(message, SLICE(" rhost="));
    const struct slice rest = slice_from(message, start);
    line->source = slice_of(rest.start, slice_find(rest, ' '));
    if (line->source.bytes == 0)
        return false;
    line->account = find_account(message, start, line->source);
    return true;
}
