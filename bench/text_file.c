#include "bench/text_file.h"

#include <stdlib.h>
#include <unistd.h>

enum status text_file_read(int fd, char **text, size_t *bytes)
{
    const off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return STATUS_IO;
    char *const buffer = calloc(1, (size_t)end + LIMIT_VECTOR_PADDING);
    if (buffer == NULL)
        return STATUS_NO_MEMORY;
    for (off_t done = 0; done < end;) {
        const ssize_t got = pread(fd, buffer + done, (size_t)(end - done), done);
        if (got <= 0) {
            free(buffer);
            return STATUS_IO;
        }
        done += got;
    }
    *text = buffer;
    *bytes = (size_t)end;
    return STATUS_OK;
}
