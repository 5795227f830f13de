/*
 * The directory of --state: two generations of a state, and a lock.
 *
 *   state            what was written last
 *   state.previous   the generation before it
 *   state.new        while it is being written
 *   lock             held by the run that uses the directory
 *
 * Writing makes `state.new`, has it stored by the disk, renames `state` to `state.previous` and
 * then `state.new` to `state`, and has the directory stored. At every moment there is a whole
 * generation under one of the two names, so whatever ends the program, the next run finds one.
 * A generation that is damaged is never renamed over a good one. A run may write any number of
 * generations: what it reads stays the one that it has begun with.
 *
 * One thread.
 */
#pragma once

#include "engine/state_file.h"

struct state_dir;

/* Opens or makes the directory, takes the lock and finds the newest generation that is whole; says
 * in `diagnostics` when that is not the newest. STATUS_IO: it cannot be used, or another run uses
 * it; STATUS_DAMAGED: there are generations, but none is whole; STATUS_CONFIG: the newest is
 * another version's. */
STATUS_CHECKED enum status state_dir_open(struct state_dir **out, const char *path,
                                          struct diagnostics *diagnostics);
void state_dir_close(struct state_dir *dir);

/* A reader at the start of the generation that was there at opening; `*out` is NULL when nothing
 * was kept yet. */
STATUS_CHECKED enum status state_dir_read(struct state_dir *dir, struct state_reader **out);

/* A writer of the next generation. It counts once it is committed; `state_dir_close` gives it up.
 * Both say on stderr what is wrong. */
STATUS_CHECKED enum status state_dir_write(struct state_dir *dir, struct state_writer **out);
STATUS_CHECKED enum status state_dir_commit(struct state_dir *dir);

/* Reads a file to its end: is it a whole state? Adds what is wrong to `diagnostics` as an error or
 * a warning. */
STATUS_CHECKED enum status state_verify(FILE *stream, const char *path, enum severity severity,
                                        struct diagnostics *diagnostics);
