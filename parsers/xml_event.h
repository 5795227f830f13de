/*
 * Windows events as XML: `<Event …>…</Event>` records, as event viewers, collectors and exporters
 * of .evtx files write them.
 *
 * Two jobs. `xml_event_split` finds whole records in raw bytes for the input stage;
 * `xml_event_reader` finds the wanted fields of one record after another for a parse worker. Both
 * find records with the same scan, which follows quotes, CDATA sections, comments and processing
 * instructions, so nothing that stands inside of those moves a record's boundary.
 *
 * What a source is
 * - Records stand one behind the other, on one line each or pretty-printed, with or without the
 *   root `<Events>`, XML declarations, comments, byte order marks, and the "- " that copying out of
 *   a viewer leaves before elements. All that is passed over.
 * - Other text before a record on its own line (what a log shipper puts there) is passed over, too.
 *   Any other line that is no markup is a broken piece, and so is a stray tag.
 * - Records do not lie within each other: an `<Event` inside of a record says that the record was
 *   cut off. It is broken, and the new one begins there. So does a new one at the beginning of a
 *   line within a quoted attribute, where no `<` can be.
 * - The encoding is UTF-8, whatever a declaration says: the input stage has seen to that.
 *
 * What a record is read as
 * - The paths are those of `evtx_dump`, so that one schema reads both: elements are keys,
 *   `<Data Name="X">` is the key X, attributes lie under the key `#attributes`, and text is the
 *   value of its element, or of the key `#text` under it. Texts of `<Data>` elements without name
 *   are one value, the key `Data`, with line ends between them.
 * - Keys are compared without ASCII case. Of several with one name the first counts.
 * - An element with elements inside has no value, only keys.
 * - Values are VALUE_TEXT without escapes, without blanks around them.
 *
 * XML is read by expat. Documents with a DOCTYPE, or entities other than the five of XML, are
 * broken: nothing is ever expanded or fetched.
 */
#pragma once

#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "parsers/record.h"

/* ---- Finding whole records ---------------------------------------------------------------- */

/* Is this the head (64 KiB are enough) of such a source? What comes before the first `<Event` must
 * be what a source can begin with, or be on its line. */
bool xml_event_detect_layout(struct slice head, enum layout *layout);

/* Where the scan stands. */
struct xml_event_scan {
    uint8_t place;
    char last;          /* of a tag: the byte before; of a quoted value: its quote */
    bool is_opening;    /* inside the start tag of the record itself */
    bool is_line_start; /* nothing but blanks and dashes on this line so far */
    bool is_junk;       /* something else on this line, outside of records */
};

/* State of one source's splitting; plain data, owned by the input stage. */
struct xml_event_split {
    size_t line_bytes_max;
    struct xml_event_scan scan;
    size_t scanned; /* of the bytes not yet taken */
    size_t begin;   /* of the record that was begun, in them */
    bool in_record, is_dropping;
};

void xml_event_split_init(struct xml_event_split *split, size_t line_bytes_max);

/* As json_split_next. More than line_bytes_max bytes (and at least 16) always give something. Looks
 * at every byte a fixed number of times. Records longer than line_bytes_max are dropped here: what
 * follows is read from the record's end, or from the next line that begins with `<Event`. */
struct record_cut xml_event_split_next(struct xml_event_split *split, struct slice text,
                                       bool at_end);

/* ---- Reading the fields of records -------------------------------------------------------- */

/* Compiled paths; immutable, shared by all workers. Copies what it is given. */
struct xml_event_paths;

/* Neither may several paths share a slot nor several slots a path, and none may be empty:
 * STATUS_CONFIG. */
STATUS_CHECKED enum status xml_event_paths_create(struct xml_event_paths **out,
                                                  const struct record_path *paths,
                                                  size_t paths_count);
void xml_event_paths_destroy(struct xml_event_paths *paths);

/* One worker's parser, and the texts of the record that it has read last. */
struct xml_event_scratch;
STATUS_CHECKED enum status xml_event_scratch_create(struct xml_event_scratch **out,
                                                    size_t line_bytes_max);
void xml_event_scratch_destroy(struct xml_event_scratch *scratch);

/* One worker's position in one block. Plain data; block and scratch must outlive it. */
struct xml_event_reader {
    const struct xml_event_paths *paths;
    struct xml_event_scratch *scratch;
    size_t line_bytes_max;
    struct xml_event_scan scan;
    const char *start, *at, *end;
    uint64_t newlines; /* line ends passed so far */
};

/* `line_bytes_max` is not above that of the scratch. Reads no byte behind the block. */
void xml_event_reader_init(struct xml_event_reader *reader, const struct xml_event_paths *paths,
                           struct xml_event_scratch *scratch, size_t line_bytes_max,
                           const struct block *block);

/* RECORD_TOO_DEEP: elements within each other beyond LIMIT_JSON_DEPTH. The record's values lie in
 * the scratch until the next call. */
enum record_result xml_event_reader_next(struct xml_event_reader *reader, struct record *record);

/* Reads one document of any root element into a record, for XML that stands inside of a value.
 * `text` may begin with a declaration; what is behind the end of the root does not matter. False:
 * it is no sound XML, and the record has no values. */
bool xml_event_read(const struct xml_event_paths *paths, struct xml_event_scratch *scratch,
                    struct slice text, struct record *record);
