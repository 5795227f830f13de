/*
 * Messages of PAM's modules: `pam_unix(vsftpd:auth): authentication failure; … rhost=… user=…`.
 *
 * Pure functions over one message, any thread; linear in its length.
 *
 * They count only for services that say nothing better themselves and are reached over a network:
 * sshd has lines of its own, and sudo, su, cron and the like are no sign-ins from outside. Without
 * `rhost` there is nobody to look for, and the line is no attempt either. Several modules may be
 * asked about one password, so all lines are of the family `pam`.
 *
 * Who tried is `user`, at the end; without one, for an account that does not exist, it is what the
 * service gives as `ruser`.
 *
 * Log injection. `ruser` and `user` are chosen by the client, `rhost` stands between them. The
 * address is believed when `rhost=` stands there just once, or directly behind an empty `ruser=`,
 * or last in a line that has no `user=`; else the line is an attempt without account and source.
 */
#pragma once

#include "parsers/login_line.h"

/* `program`: who has written the line, and the service where the line names none. Old systems write
 * the module there: `vsftpd(pam_unix)`. */
bool pam_read(struct slice program, struct slice message, struct login_line *line);
