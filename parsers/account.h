/*
 * The canonical account: what is counted, so that one person is one account.
 *
 * A pure function, any thread. From the name as written,
 * - blanks at both ends go, and one dot at the end (`user@example.com.`, a rooted domain);
 * - ASCII letters become lower case, as providers compare sign-in names. Other characters stay as
 *   they are: user principal names are ASCII, and folding the rest would have to follow each
 *   directory's own collation;
 * - of `DOMAIN\user` the domain goes: the records of one Windows sign-in name it in three ways (the
 *   short name, the DNS name, not at all), and of `user` at an sshd there is none. A domain has no
 * bytes that NetBIOS and DNS names cannot have: with them before the backslash, the name stays
 * whole;
 * - `user@realm` and a guest's `user_home.org#EXT#@tenant` stay whole: they are user principal
 * names, the same at Entra ID, Okta, a Kerberos realm and wherever else people type an e-mail
 * address.
 *
 * So `CORP\alice`, `corp.example\alice` and `alice` are one account, and so is `alice@example.com`
 * everywhere. That `alice` and `alice@example.com` are one person is known to the directory, not to
 * us: they are two accounts. And accounts of one name in two domains are one account, which makes
 * counts lower, never higher;
 * - what stands for nobody is absent: no text, `-`, `n/a`, `null`, `(null)` and the identifier
 *   00000000-0000-0000-0000-000000000000.
 * A name that somebody made unreadable (`ANONYMIZED`) is a name.
 */
#pragma once

#include "engine/base/slice.h"

/* Empty when absent. The result is part of `written` when that is canonical already, else it lies
 * in `scratch`, which has room for `written.bytes` bytes. */
struct slice account_canonical(struct slice written, char *scratch);
