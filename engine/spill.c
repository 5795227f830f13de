#include "engine/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/hash.h"

void spill_init(struct spill *spill, const char *directory)
{
    *spill = (struct spill){.directory = directory != NULL ? directory : SPILL_DIRECTORY};
}

void spill_deinit(struct spill *spill)
{
    if (spill->has_file)
        close(spill->fd);
    spill->has_file = false;
}

/* ---- what goes wrong -------------------------------------------------------------------------
 */

static enum status spill_cannot_write(const struct spill *spill)
{
    fprintf(stderr,
            "spraywatch: cannot put aside in %s what does not fit into memory: %s; make room "
            "there, choose another directory with --spill, or raise --memory\n",
            spill->directory, strerror(errno));
    return STATUS_IO;
}

static enum status spill_cannot_read(const struct spill *spill, const char *why)
{
    fprintf(stderr,
            "spraywatch: cannot read back what was put aside in %s: %s; choose another directory "
            "with --spill, or raise --memory\n",
            spill->directory, why);
    return STATUS_IO;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Where the file system makes no files without a name, it is taken away at once. */
static int file_create_named(const char *directory)
{
    char *path = NULL;
    if (asprintf(&path, "%s/spraywatch-XXXXXX", directory) < 0) {
        errno = ENOMEM;
        return -1;
    }
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0 && unlink(path) != 0) {
        close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}

static int file_create(const char *directory)
{
    const int fd = open(directory, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
    /* EISDIR: the kernel does not know the flag; see open(2). */
    return fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR) ? fd : file_create_named(directory);
}

static enum status spill_open(struct spill *spill)
{
    if (spill->has_file)
        return STATUS_OK;
    spill->fd = file_create(spill->directory);
    spill->has_file = spill->fd >= 0;
    return spill->has_file ? STATUS_OK : spill_cannot_write(spill);
}

enum status spill_try(const char *directory)
{
    struct spill spill;
    spill_init(&spill, directory);
    const enum status status = spill_open(&spill);
    spill_deinit(&spill);
    return status;
}

/* ---- pieces ----------------------------------------------------------------------------------
 */

static uint64_t checksum_of(const struct spill_piece *piece, uint64_t offset)
{
    struct hash_key key = hash_key_fixed();
    key.k0 ^= offset;
    key.k1 ^= piece->bytes;
    return hash_bytes(key, piece->payload, piece->bytes);
}

enum status spill_append(struct spill *spill, struct spill_piece *piece)
{
    const enum status status = spill_open(spill);
    if (status != STATUS_OK)
        return status;
    piece->checksum = checksum_of(piece, spill->bytes);
    const char *at = (const char *)piece;
    for (size_t left = sizeof(*piece) + piece->bytes; left > 0;) {
        const ssize_t written = pwrite(spill->fd, at, left, (off_t)spill->bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return spill_cannot_write(spill);
        at += written;
        left -= (size_t)written;
        spill->bytes += (uint64_t)written;
    }
    return STATUS_OK;
}

enum status spill_read(const struct spill *spill, uint64_t offset, struct spill_piece *piece,
                       size_t bytes_max)
{
    const size_t wanted = sizeof(*piece) + bytes_max;
    size_t there = 0;
    while (there < wanted) {
        const ssize_t count =
            pread(spill->fd, (char *)piece + there, wanted - there, (off_t)(offset + there));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return spill_cannot_read(spill, strerror(errno));
        if (count == 0)
            break; /* the last piece of all may be a short one */
        there += (size_t)count;
    }
    if (there < sizeof(*piece) || piece->bytes > there - sizeof(*piece) ||
        piece->checksum != checksum_of(piece, offset))
        return spill_cannot_read(spill, "it is not what was written");
    return STATUS_OK;
}
