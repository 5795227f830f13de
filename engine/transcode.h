/*
 * Transcoding: the text of one source as UTF-8, whichever way it is written.
 *
 * UTF-16, as Windows and PowerShell write logs, is told by its byte order mark or, without one, by
 * its first two characters, which are ASCII in every log. Everything else passes as it is. A mark
 * becomes one of UTF-8; halves of surrogate pairs that stand alone, and a last odd byte, become
 * U+FFFD. Offsets in messages and evidence of such a source are those of its UTF-8 text.
 *
 * What comes out depends on the source's bytes alone. Owned and used by one thread.
 */
#pragma once

#include "engine/decompress.h"

struct transcode;

STATUS_CHECKED enum status transcode_create(struct transcode **out);
void transcode_destroy(struct transcode *transcode);

/* Begins a source, which `decompress` has begun; it is kept until the next begin. */
void transcode_begin(struct transcode *transcode, struct decompress *decompress);

/* How the source's text is encoded: "utf-8", "utf-16le" or "utf-16be"; NULL until its first bytes
 * are read. */
const char *transcode_form_name(const struct transcode *transcode);

/* The contract of `decompress_read`, for UTF-8. */
enum decompress_result transcode_read(struct transcode *transcode, char *to, size_t bytes,
                                      size_t *got);
