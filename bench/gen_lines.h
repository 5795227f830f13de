/*
 * Lines: a sign-in as sshd and PAM write it to the log of a server.
 *
 * The people, attacks and truth are those of the other shapes; a server says less of them. No line
 * names the tenant, the application, the user agent or the country; a locked, a disabled and a
 * wrong password are one failure; a right password that a policy refuses is a failure, too. What a
 * sign-in becomes stands in `endings` of gen_lines.c. Most sign-ins are several lines, of which one
 * is the attempt (parsers/sshd.h), as in a real log.
 *
 * The texts of the messages are those of OpenSSH 9 (auth.c, auth2.c, session.c) and Linux-PAM.
 */
#pragma once

#include "bench/gen_records.h"

/* Writes one or more lines, the last one without its end; less than GEN_RECORD_BYTES_MAX bytes. */
void gen_lines_signin(struct gen_writer *writer, const struct gen_signin *signin,
                      struct gen_text *text);
