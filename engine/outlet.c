#include "engine/outlet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status outlet_init(struct outlet *outlet, int fd, const char *what, size_t held_bytes_max)
{
    *outlet = (struct outlet){.fd = fd, .what = what, .held_bytes_max = held_bytes_max};
    if (held_bytes_max > 0 && (outlet->held = malloc(held_bytes_max)) == NULL)
        return STATUS_NO_MEMORY;
    return STATUS_OK;
}

void outlet_deinit(struct outlet *outlet)
{
    free(outlet->held);
    outlet->held = NULL;
}

static void outlet_write(struct outlet *outlet, struct slice text)
{
    while (text.bytes > 0 && outlet->status == STATUS_OK && !outlet->is_unread) {
        const ssize_t written = write(outlet->fd, text.start, text.bytes);
        if (written >= 0) {
            text = slice_from(text, (size_t)written);
        } else if (errno == EPIPE) {
            outlet->is_unread = true;
        } else if (errno != EINTR) {
            fprintf(stderr, "spraywatch: cannot write %s: %s\n", outlet->what, strerror(errno));
            outlet->status = STATUS_IO;
        }
    }
}

void outlet_put(struct outlet *outlet, struct slice text)
{
    if (outlet->held == NULL) {
        outlet_write(outlet, text);
    } else if (text.bytes > outlet->held_bytes_max - outlet->held_bytes || outlet->is_overfull) {
        outlet->is_overfull = true;
    } else if (text.bytes > 0) {
        memcpy(outlet->held + outlet->held_bytes, text.start, text.bytes);
        outlet->held_bytes += text.bytes;
    }
}

void outlet_release(struct outlet *outlet)
{
    if (outlet->held != NULL)
        outlet_write(outlet, slice_of(outlet->held, outlet->held_bytes));
    outlet->held_bytes = 0;
}
