/*
 * What one line of a service's own log says about one attempt to log in. Data only: the readers of
 * such lines (`parsers/sshd.h`, `parsers/pam.h`) fill it, `parsers/syslog.c` gives it to schemas.
 */
#pragma once

#include "engine/base/slice.h"

struct login_line {
    struct slice result; /* a word of the reader's own, for code tables; never empty */
    struct slice method; /* how the password, key or the like was shown; or the PAM service */
    struct slice account;
    struct slice source; /* address or host name, as written; empty: the line says none for sure */
    struct slice port;
    /* Another line may tell of the same attempt: lines of one process that agree in family, account
     * and second are one. Empty: nothing else tells of it. */
    struct slice family;
};
