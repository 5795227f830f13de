/*
 * The content of a file that is open, from its beginning to its end. Any thread.
 */
#pragma once

#include <stddef.h>

#include "engine/base/limits.h"
#include "engine/base/status.h"

/* `*text`: the caller's to free, followed by LIMIT_VECTOR_PADDING bytes of zero. */
STATUS_CHECKED enum status text_file_read(int fd, char **text, size_t *bytes);
