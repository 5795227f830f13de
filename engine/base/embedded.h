/*
 * Data files that are part of the program: schemas and shipped rules, made by tools/embed.py at
 * build time. Constant, any thread.
 */
#pragma once

#include <stddef.h>

struct embedded_file {
    const char *path; /* base name, for instance "entra.yml" */
    const char *text; /* zero-terminated */
    size_t bytes;
};
