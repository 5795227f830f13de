/*
 * A spill: bytes that do not fit into memory, put aside on disk.
 *
 * One file without a name, made when the first piece is written: nothing of it stays behind however
 * the program ends. Pieces are appended and read back by where they lie. Each carries a checksum of
 * its bytes and its place, so that what a disk gives back is what was written there, or an error.
 *
 * Owned and used by one thread. `directory` is lent until the end. What goes wrong is said on
 * stderr, with what to do about it, and is STATUS_IO.
 */
#pragma once

#include <stdbool.h>

#include "engine/base/status.h"

/* Where a spill lies unless it is told. Not /tmp: on many systems that is memory, the very thing
 * that there is too little of, whereas /var/tmp is for files that are large and stay (Filesystem
 * Hierarchy Standard 3.0, section 5.15). */
#define SPILL_DIRECTORY "/var/tmp"

struct spill {
    const char *directory;
    bool has_file;
    int fd;
    uint64_t bytes; /* written so far, heads included */
};

/* A piece in the memory of the caller: its head, and room for what it holds. */
struct spill_piece {
    uint64_t checksum;
    uint64_t bytes; /* used of `payload` */
    char payload[];
};

/* Opens nothing yet. `directory` NULL: SPILL_DIRECTORY. */
void spill_init(struct spill *spill, const char *directory);
void spill_deinit(struct spill *spill);

/* Whether a file can be made there at all: to be asked before much work is done. */
STATUS_CHECKED enum status spill_try(const char *directory);

/* Appends a piece, whose head is filled in but for the checksum. */
STATUS_CHECKED enum status spill_append(struct spill *spill, struct spill_piece *piece);

/* Reads the piece that begins `offset` bytes from the start, of which the payload has at most
 * `bytes_max` bytes. */
STATUS_CHECKED enum status spill_read(const struct spill *spill, uint64_t offset,
                                      struct spill_piece *piece, size_t bytes_max);
