/*
 * Statuses and diagnostics: how a function says that the world went wrong.
 *
 * A function that can fail because of the world (memory, files, configuration) returns an
 * `enum status`, marked no-discard, and writes its results only on success. What a person needs to
 * know goes into a `struct diagnostics`: a growing list owned by the caller and used by one thread.
 * Wrong data in a log is not a status; it is counted (see `engine/counters.h`).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum status {
    STATUS_OK,
    STATUS_USAGE,     /* the command line cannot be understood */
    STATUS_DAMAGED,   /* a container (for instance a zstd frame) is damaged */
    STATUS_NO_INPUT,  /* an input cannot be opened */
    STATUS_INTERNAL,  /* a broken promise of our own, or no memory */
    STATUS_NO_MEMORY, /* the system gave no memory */
    STATUS_IO,        /* reading or writing failed */
    STATUS_CONFIG,    /* a rule, schema or configuration file is wrong */
};

#define STATUS_CHECKED __attribute__((warn_unused_result))

/* The exit status of the program, from sysexits(3) where one fits (`docs/ARCHITECTURE.md`). */
int status_exit_code(enum status status);

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

/* One message for a person. `line` and `column` count from 1; 0 means that there is none. */
struct diagnostic {
    enum severity severity;
    const char *code; /* stable, static text such as "R101"; listed in docs/rules.md */
    char *file;       /* owned; may be NULL */
    uint32_t line;
    uint32_t column;
    char *text; /* owned; what is wrong and what to do */
};

struct diagnostics {
    struct diagnostic *items;
    size_t count;
    size_t capacity;
    size_t errors_count;
};

void diagnostics_init(struct diagnostics *diagnostics);
void diagnostics_deinit(struct diagnostics *diagnostics);

/* Adds one message. When there is no memory for it, it is printed to stderr at once. */
void diagnostics_add(struct diagnostics *diagnostics, enum severity severity, const char *code,
                     const char *file, uint32_t line, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* Forgets all messages but the first `count`. Before `diagnostics_print`, which sorts them. */
void diagnostics_forget(struct diagnostics *diagnostics, size_t count);

/* Prints `file:line:column: error[code]: text`, one line each, in the order of file, line, column.
 */
void diagnostics_print(struct diagnostics *diagnostics, FILE *stream);
