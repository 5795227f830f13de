/*
 * Containers: what the paths of a schema say lies inside of lists and strings, of one record.
 *
 * Works after the format's reader: opens each container that the record has, in the order of
 * `path_slots`, and adds what it finds to the record's slots. What is opened is read with the JSON
 * reader, or as XML by that of `parsers/xml_event.h`, so everything that they say of hostile text
 * holds. A string is decoded into the room given; one that does not fit, or is neither, is a
 * container without contents. The work is bounded by a small multiple of the record's length: a
 * list is read once, whatever the number of paths into it.
 */
#pragma once

#include "parsers/path.h"

enum { CONTAINERS_TEXT_BYTES = 1024 * 1024 }; /* of all strings of one record that hold JSON */

/* A worker's own room. */
struct container_room {
    struct record element;
    size_t used; /* of `text`; what was opened for the record before is gone */
    struct xml_event_scratch *xml;
    char selector[LIMIT_TEXT_BYTES];
    char text[CONTAINERS_TEXT_BYTES + LIMIT_VECTOR_PADDING];
};

STATUS_CHECKED enum status container_room_init(struct container_room *room);
void container_room_deinit(struct container_room *room);

/* Values come as slices into the record's own text or into `room`, valid until the next call that
 * forgets (sets `used` to 0). The record's text must be followed by LIMIT_VECTOR_PADDING readable
 * bytes. */
void containers_open(const struct path_slots *slots, struct container_room *room,
                     struct record *record);
