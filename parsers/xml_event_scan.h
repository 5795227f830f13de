/*
 * The scan that splitter and reader of `parsers/xml_event.h` share: where records begin and end.
 *
 * Pure functions over plain state, any thread.
 */
#pragma once

#include "parsers/xml_event.h"

enum xml_event_token {
    XML_EVENT_MORE,  /* no more tokens in these bytes */
    XML_EVENT_BEGIN, /* a record begins at `*at`; one that had begun before is broken */
    XML_EVENT_END,   /* the record ends before `*at` */
    XML_EVENT_JUNK,  /* a line that ends before `*at` is no record and no markup */
};

void xml_event_scan_init(struct xml_event_scan *scan);

/* Goes on from `*at`. `is_dropping`: a line that begins with `<Event` is a record wherever it
 * stands. `at_end`: nothing follows the text. With XML_EVENT_MORE, all has been looked at that need
 * not be seen once more together with what follows; at the end, all. */
enum xml_event_token xml_event_scan_next(struct xml_event_scan *scan, struct slice text, size_t *at,
                                         bool is_dropping, bool at_end);
