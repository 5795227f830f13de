/*
 * A disk that fails when it is told to. Included by one file of a test program, it takes the place
 * of the C library's pwrite, pread and open for all of the program.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct disk {
    uint64_t writes, reads;    /* calls so far */
    uint64_t full_at;          /* this write and all after it fail; 0: none */
    uint64_t unreadable_at;    /* this read fails; 0: none */
    bool is_jerky;             /* calls are interrupted, or move less than asked */
    bool has_no_unnamed_files; /* O_TMPFILE is not supported */
} disk;

/* How much a jerky call moves; -1: it is interrupted. */
static ssize_t disk_part(uint64_t call, size_t bytes)
{
    if (!disk.is_jerky)
        return (ssize_t)bytes;
    if (call % 3 == 0) {
        errno = EINTR;
        return -1;
    }
    return (ssize_t)(bytes > 100 ? bytes / 2 : bytes);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
    disk.writes++;
    if (disk.full_at != 0 && disk.writes >= disk.full_at) {
        errno = ENOSPC;
        return -1;
    }
    const ssize_t part = disk_part(disk.writes, count);
    return part < 0 ? -1 : syscall(SYS_pwrite64, fd, bytes, (size_t)part, offset);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset)
{
    if (++disk.reads == disk.unreadable_at) {
        errno = EIO;
        return -1;
    }
    const ssize_t part = disk_part(disk.reads, count);
    return part < 0 ? -1 : syscall(SYS_pread64, fd, bytes, (size_t)part, offset);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (disk.has_no_unnamed_files && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
