/*
 * Gunzip: one gzip member after the other (RFC 1952), header and checksum included.
 *
 * Two files implement it, chosen when the program is built: `gunzip_isal.c` over ISA-L, which is
 * about two and a half times as fast as zlib, and `gunzip_zlib.c` where ISA-L is not to be had.
 * Owned and used by one thread.
 */
#pragma once

#include <stddef.h>

#include "engine/base/status.h"

struct gunzip;

STATUS_CHECKED enum status gunzip_create(struct gunzip **out);
void gunzip_destroy(struct gunzip *gunzip);

/* Begins a member; the next byte given is the first of its header. */
void gunzip_begin(struct gunzip *gunzip);

enum gunzip_result {
    GUNZIP_GOES_ON,    /* all input is used, or the output is full */
    GUNZIP_MEMBER_END, /* the checksum is right; what is unused belongs to what follows */
    GUNZIP_DAMAGED,    /* `*reason` says why; what was made before is good */
};

/* Takes up to `from_bytes` and gives up to `to_bytes`. After full output it may hold more of it,
 * and is asked again, if need be without input. */
enum gunzip_result gunzip_step(struct gunzip *gunzip, const char *from, size_t from_bytes,
                               size_t *used, char *to, size_t to_bytes, size_t *made,
                               const char **reason);

/* The library behind it, for `--version`. */
const char *gunzip_library(void);
