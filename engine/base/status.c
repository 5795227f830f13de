#include "engine/base/status.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int status_exit_code(enum status status)
{
    switch (status) {
    case STATUS_OK:
        return 0;
    case STATUS_USAGE:
        return 2;
    case STATUS_DAMAGED:
        return 65; /* EX_DATAERR */
    case STATUS_NO_INPUT:
        return 66; /* EX_NOINPUT */
    case STATUS_INTERNAL:
    case STATUS_NO_MEMORY:
        return 70; /* EX_SOFTWARE */
    case STATUS_IO:
        return 74; /* EX_IOERR */
    case STATUS_CONFIG:
        return 78; /* EX_CONFIG */
    }
    return 70;
}

void diagnostics_init(struct diagnostics *diagnostics)
{
    *diagnostics = (struct diagnostics){0};
}

void diagnostics_forget(struct diagnostics *diagnostics, size_t count)
{
    while (diagnostics->count > count) {
        struct diagnostic *const item = &diagnostics->items[--diagnostics->count];
        if (item->severity == SEVERITY_ERROR)
            diagnostics->errors_count--;
        free(item->file);
        free(item->text);
    }
}

void diagnostics_deinit(struct diagnostics *diagnostics)
{
    diagnostics_forget(diagnostics, 0);
    free(diagnostics->items);
    *diagnostics = (struct diagnostics){0};
}

/* File names and what they hold may come from anywhere: no control byte reaches a terminal. */
static void print_escaped(const char *text, FILE *stream)
{
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte == 0x7f)
            fprintf(stream, "\\x%02x", byte);
        else
            fputc(byte, stream);
    }
}

static void diagnostic_print(const struct diagnostic *diagnostic, FILE *stream)
{
    if (diagnostic->file != NULL) {
        print_escaped(diagnostic->file, stream);
        fputc(':', stream);
    }
    if (diagnostic->line > 0)
        fprintf(stream, "%u:%u:", diagnostic->line, diagnostic->column);
    if (diagnostic->file != NULL || diagnostic->line > 0)
        fputc(' ', stream);
    fprintf(stream, "%s", diagnostic->severity == SEVERITY_ERROR ? "error" : "warning");
    if (diagnostic->code != NULL)
        fprintf(stream, "[%s]", diagnostic->code);
    fputs(": ", stream);
    print_escaped(diagnostic->text, stream);
    fputc('\n', stream);
}

void diagnostics_add(struct diagnostics *diagnostics, enum severity severity, const char *code,
                     const char *file, uint32_t line, uint32_t column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);

    if (severity == SEVERITY_ERROR)
        diagnostics->errors_count++;
    if (diagnostics->count == diagnostics->capacity) {
        const size_t capacity = diagnostics->capacity == 0 ? 8 : 2 * diagnostics->capacity;
        struct diagnostic *items =
            reallocarray(diagnostics->items, capacity, sizeof(*diagnostics->items));
        if (items != NULL) {
            diagnostics->items = items;
            diagnostics->capacity = capacity;
        }
    }
    if (text == NULL || diagnostics->count == diagnostics->capacity) {
        fprintf(stderr, "spraywatch: %s: %s\n", code != NULL ? code : "error",
                text != NULL ? text : format);
        free(text);
        return;
    }
    diagnostics->items[diagnostics->count++] = (struct diagnostic){
        .severity = severity,
        .code = code,
        .file = file != NULL ? strdup(file) : NULL,
        .line = line,
        .column = column,
        .text = text,
    };
}

static int diagnostic_order(const void *left, const void *right)
{
    const struct diagnostic *a = left, *b = right;
    const int by_file = strcmp(a->file != NULL ? a->file : "", b->file != NULL ? b->file : "");
    if (by_file != 0)
        return by_file;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return strcmp(a->text, b->text);
}

void diagnostics_print(struct diagnostics *diagnostics, FILE *stream)
{
    if (diagnostics->count > 1)
        qsort(diagnostics->items, diagnostics->count, sizeof(*diagnostics->items),
              diagnostic_order);
    for (size_t i = 0; i < diagnostics->count; i++)
        diagnostic_print(&diagnostics->items[i], stream);
}
