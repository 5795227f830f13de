/*
 * The container of a state: facts in ascending order of their keys, in checksummed frames.
 *
 * A fact is a key (any bytes) and up to three numbers; `engine/state_fact.h` says what they mean.
 * docs/state.md has the layout. Frames are read one at a time, so a state of any size is read and
 * written in the same little memory, and every frame's checksum covers all frames before it: what
 * is cut off, exchanged or changed is found. The checksum finds damage, not forgery: whoever can
 * write the file can make another.
 *
 * The stream is lent. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

enum {
    STATE_VERSION = 1,
    STATE_KEY_MAX = 10000, /* bytes of a key: four texts of LIMIT_TEXT_BYTES and their names */
    STATE_VALUES_MAX = 3,
    STATE_FRAME_MAX = 65536,
};

struct state_entry {
    struct slice key; /* lent until the next call */
    int64_t values[STATE_VALUES_MAX];
    unsigned values_count;
};

/* Below, at or above 0, as memcmp; a key comes before those that it begins. */
int state_key_order(struct slice left, struct slice right);

struct state_reader;

STATUS_CHECKED enum status state_reader_create(struct state_reader **out, FILE *stream);
void state_reader_destroy(struct state_reader *reader);

/* The next entry; false at the end, and at the first mistake. */
bool state_reader_next(struct state_reader *reader, struct state_entry *entry);

/* After `state_reader_next` gave false. STATUS_DAMAGED, STATUS_IO, or STATUS_CONFIG when another
 * version has written it; `state_reader_problem` says what is wrong then. */
enum status state_reader_status(const struct state_reader *reader);
const char *state_reader_problem(const struct state_reader *reader);

/* Bytes read so far: where a mistake was met. */
uint64_t state_reader_offset(const struct state_reader *reader);

struct state_writer;

STATUS_CHECKED enum status state_writer_create(struct state_writer **out, FILE *stream);
void state_writer_destroy(struct state_writer *writer);

/* Entries come in ascending order. What cannot be written is said by `state_writer_end`. */
void state_writer_add(struct state_writer *writer, const struct state_entry *entry);

/* The last frame. STATUS_IO with errno set. */
STATUS_CHECKED enum status state_writer_end(struct state_writer *writer);
