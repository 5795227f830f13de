/*
 * The canonical account: what is counted, so that one person is one account.
 *
 * A pure function, any thread. From the name as written,
 * - blanks at both ends go, and one dot at the end (`user@example.com.`, a rooted domain);
 * - ASCII letters become lower case, as providers compare sign-in names. Other characters stay as
 *   they are: user principal names are ASCII, and folding the rest would have to follow each
 *   directory's own collation;
 * - `DOMAIN\user`, `user@realm` and a guest's `user_home.org#EXT#@tenant` stay whole: which of them
 *   are one person is known to the directory, not to us, and joining wrongly hides accounts;
 * - what stands for nobody is absent: no text, `-`, `n/a`, `null`, `(null)` and the identifier
 *   00000000-0000-0000-0000-000000000000.
 * A name that somebody made unreadable (`ANONYMIZED`) is a name.
 */
#pragma once

#include "engine/base/slice.h"

/* Empty when absent. The result is part of `written` when that is canonical already, else it lies
 * in `scratch`, which has room for `written.bytes` bytes. */
struct slice account_canonical(struct slice written, char *scratch);
