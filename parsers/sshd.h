/*
 * Messages of OpenSSH's server, and of Dropbear: who tried to log in, how, from where, with which
 * result.
 *
 * Pure functions over one message (a line without its header), any thread; linear in its length.
 *
 * Which lines count. OpenSSH writes up to four lines about one attempt. `Failed … for …` and
 * `Accepted … for …` are written once for each, with all that matters, so these are the attempts;
 * so is `Partial … for …`, where AuthenticationMethods asks for one more factor.
 * `Invalid user …` comes when a name is first seen, before any password; `pam_unix(sshd:auth): …`
 * beside the others; `maximum authentication attempts …`, `Disconnected from …` and so on after
 * them: none of these is an attempt. One exception: at its usual level of detail sshd does not
 * write `Failed keyboard-interactive/pam` for the first tries of a real account, but always `error:
 * PAM: Authentication failure for …`. Both are read and have the same `family`; whoever counts
 * takes one.
 *
 * Log injection. The name of the account is whatever the client says, so it may hold blanks and
 * look like any part of the line. All behind it is sshd's own: a line is therefore read from its
 * end, and the address is the last word behind the last ` from `. Behind `Failed publickey` the
 * client's certificate adds free text at the end, too; when such a line can be read in two ways, it
 * is an attempt without account and source.
 */
#pragma once

#include "parsers/login_line.h"

/* False: no attempt. Slices lie in `message` or are constants. */
bool sshd_read(struct slice message, struct login_line *line);
bool dropbear_read(struct slice message, struct login_line *line);
