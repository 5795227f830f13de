/*
 * JSON records, as sign-in exports write them.
 *
 * Two jobs. `json_split` finds whole records in raw bytes for the input stage; `json_reader` finds
 * the wanted fields of one record after another for a parse worker. Both read strings and escapes
 * alike, so no byte inside a string can move a record's boundary.
 *
 * The reader is the hot path: it looks at 64 bytes at a time (AVX-512, AVX2 or scalar, chosen once
 * at start, all with the same answers), at single keys only where they may be wanted, and stops as
 * soon as all wanted fields are known.
 *
 * Contract
 * - Keys are compared without ASCII case, in any order. Of duplicate keys the first counts. A key
 * is a string that lies directly in an object whose keys are wanted, with a colon behind it.
 * - Values come as raw slices into the block; `json_text` decodes escapes and surrogate pairs and
 *   replaces what is no valid UTF-8 (each maximal bad part, and lone surrogates) by U+FFFD.
 * - Nesting deeper than LIMIT_JSON_DEPTH, or a damaged record, is reported and reading goes on at
 *   the next record. What lies behind the point where all wanted fields are known is checked only
 *   for the record's end.
 *
 * What is checked
 * - Everywhere: that strings are closed and hold no raw control character, that no backslash stands
 *   outside them, that as many brackets close as open, and the depth.
 * - Of wanted fields: that the value is a string, a number, a literal as RFC 8259 writes them, or
 *   has the brackets it must have, and that a comma or a brace follows.
 * - What stands between other strings and brackets is not looked at: a record with a comma too many
 *   is read as it was meant.
 * - Never an error: bytes that are not UTF-8, escapes that JSON does not know, lone surrogates,
 *   numbers beyond any range, `\u0000`. `json_text` shows what it makes of them.
 * - In LAYOUT_JSON_LINES a record has a line for itself: a line that does not begin with `{` (after
 *   blanks or a byte order mark), that ends inside its record or goes on behind it is broken. Blank
 *   lines are passed over.
 */
#pragma once

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "parsers/record.h"

/* ---- Choice of the vector unit ------------------------------------------------------------ */

enum json_tier { JSON_SCALAR, JSON_AVX2, JSON_AVX512, JSON_TIER_BEST };

/* The best tier that this CPU runs, and the name of a tier. */
enum json_tier json_tier_best(void);
const char *json_tier_name(enum json_tier tier);

/* ---- Finding whole records ---------------------------------------------------------------- */

/* The layout of a source from its first bytes (64 KiB are enough). One object a line is
 * LAYOUT_JSON_LINES; an array, an envelope object holding the records in an array under `value` or
 * `records` (any case), or pretty-printed objects are LAYOUT_JSON_STREAM. False when the bytes do
 * not start like JSON at all. A UTF-8 byte order mark is passed over. */
bool json_detect_layout(struct slice head, enum layout *layout);

/* State of one source's splitting; plain data, owned by the input stage. */
struct json_split {
    enum layout layout;
    size_t line_bytes_max;
    enum json_tier tier; /* the best one, unless a test sets another that this CPU runs */

    /* The rest is the splitter's own; `parsers/json_split.c` explains it. */
    uint8_t place;
    bool in_envelope, in_tail, in_damage, after_damage, begins_midline, line_is_blank, has_indent;
    uint8_t last, last_but_one;
    uint64_t arrays;
    size_t indent, record_indent;
    struct {
        size_t scanned, depth;
        uint64_t in_string, escape, kinds;
    } object;
};

void json_split_init(struct json_split *split, enum layout layout, size_t line_bytes_max);

/* `text` starts at the first byte not yet taken by an earlier call; the caller drops
 * `skip + bytes` of it before the next call. `at_end`: nothing follows, so a last line without line
 * end is a record, and an unfinished one is broken; calls go on until all is taken. The results,
 * added up, do not depend on how the bytes are divided over calls. More than line_bytes_max bytes
 * (and at least 4) always give something. Reads no byte behind the text.
 *
 * LAYOUT_JSON_LINES: a line too long is dropped here only when it is not there as a whole; else the
 * reader reports it, so the two counts belong together. LAYOUT_JSON_STREAM: records too long and
 * text without sound structure are dropped here. After damage, splitting goes on at the next line
 * that begins with `{` and is indented no deeper than the records before, or where records share a
 * line, at the next `{` behind `},`. */
struct record_cut json_split_next(struct json_split *split, struct slice text, bool at_end);

/* ---- Reading the fields of records -------------------------------------------------------- */

/* Paths are dotted keys ("properties.status.errorCode"); a backslash takes a dot, or another
 * backslash, into a key. An object or array can be wanted whole (VALUE_NESTED), beside paths into
 * it. Neither may several paths share a slot nor several slots a path: STATUS_CONFIG. */

/* When reading of a record may stop before its end: when all slots of `always` are present, and
 * either all of `otherwise` are, or the value of slot `quiet_slot` is written exactly `quiet_text`
 * (numbers and strings compare by their text). Up to JSON_STOPS_MAX alternatives; none: read all.
 *
 * Of `always`, the slot `once_slot` need not be waited for when the value of slot `once_by` is in
 * the reader's memory: what the one says follows from the other, and was read before. */
enum { JSON_STOPS_MAX = 8 };

struct json_stop {
    uint64_t always;
    uint64_t otherwise;
    unsigned quiet_slot;
    struct slice quiet_text; /* empty: no such shortcut */
    bool has_once;
    unsigned once_slot, once_by;
};

/* Texts of values that were met with what follows from them; a worker's own. Older ones give way to
 * newer ones: that costs time, never an answer. */
enum { JSON_MEMORY_PLACES = 8192 };

struct json_memory {
    struct hash_key key;
    uint64_t hashes[JSON_MEMORY_PLACES]; /* 0: free */
};

void json_memory_clear(struct json_memory *memory);
void json_memory_keep(struct json_memory *memory, struct slice text);
bool json_memory_holds(const struct json_memory *memory, struct slice text);

/* Compiled paths; immutable, shared by all workers. Copies what it is given. */
struct json_paths;

STATUS_CHECKED enum status json_paths_create(struct json_paths **out,
                                             const struct record_path *paths, size_t paths_count,
                                             const struct json_stop *stops, size_t stops_count);
void json_paths_destroy(struct json_paths *paths);

/* One worker's position in one block. Plain data; the block must outlive it. */
struct json_reader {
    const struct json_paths *paths;
    const struct json_memory *memory; /* NULL: none; may be set after `json_reader_init` */
    enum json_tier tier;
    enum layout layout;
    size_t line_bytes_max;
    const char *start, *at, *end;
    uint64_t newlines; /* line ends passed so far */
};

/* `tier`: JSON_TIER_BEST, or a certain one for tests. The block's text must be followed by
 * LIMIT_VECTOR_PADDING readable bytes. */
void json_reader_init(struct json_reader *reader, const struct json_paths *paths,
                      enum json_tier tier, size_t line_bytes_max, const struct block *block);
enum record_result json_reader_next(struct json_reader *reader, struct record *record);

/* Reads one object of a VALUE_NESTED array of objects, for fields such as
 * `authenticationDetails[]`: a reader over `array` whose records are its elements. */
void json_reader_init_array(struct json_reader *reader, const struct json_paths *paths,
                            enum json_tier tier, struct slice array);

/* The same over a single object. */
void json_reader_init_object(struct json_reader *reader, const struct json_paths *paths,
                             enum json_tier tier, struct slice object);

/* Decodes a VALUE_TEXT (or gives any other value as it is) into `scratch` when needed; otherwise
 * the slice itself is returned. A text is never longer than `scratch_bytes`, decoded or not, and
 * cut on a character; scratch of LIMIT_TEXT_BYTES holds every value the event keeps. A NUL
 * character, raw or `\u0000`, and an escape that JSON does not know become U+FFFD too, so the
 * result is valid UTF-8 without NUL bytes. */
struct slice json_text(const struct field_value *value, char *scratch, size_t scratch_bytes);
