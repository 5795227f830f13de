/*
 * CSV records, as exports for spreadsheets write them: RFC 4180 and what comes of it in practice.
 *
 * Three jobs. `csv_front` looks at the first row of a source: the delimiter, and that there are
 * names of columns. `csv_split` finds whole rows in raw bytes for the input stage; `csv_reader`
 * finds the wanted cells of one row after another for a parse worker. All read quotes and line ends
 * alike, so no byte inside a quoted cell can move a boundary.
 *
 * Both hot loops look at 64 bytes at a time (AVX-512, AVX2 or scalar, chosen once at start, all
 * with the same answers). They take rows that are quoted as RFC 4180 says. A row that is not is
 * left to a byte-wise machine, which finds its end, and to libcsv, which says what is in its cells.
 *
 * What a row is
 * - Cells are divided by the source's delimiter: comma, semicolon or tab. A row ends at CR or LF
 *   outside quotes, so CRLF, CR CRLF and the like end it, too. Rows without anything but blanks are
 *   none.
 * - A cell that begins with `"`, after blanks, is quoted: delimiters and line ends inside belong to
 *   it, `""` is one quote. Behind the closing quote only blanks may follow. Anything else there is
 *   damage: the row is broken.
 * - In a cell that begins with anything else, quotes mean nothing.
 * - Blanks (and, unless it is the delimiter, the tab) around a cell do not count; inside quotes
 *   they do.
 * - A byte order mark before a row belongs to no cell: files are put together with cat.
 * - A row with fewer cells than the header has is read, and lacks the last columns: spreadsheets
 *   leave out empty cells at the end. A row with more cells is read when the surplus is empty; else
 *   it is ragged, for nobody knows which of its cells belongs to which column.
 * - A row that is the header once more is none.
 *
 * What happens after damage
 * - A row is broken when something stands behind a closing quote, when a quote is not closed before
 *   the end of the source, or when the row is longer than line_bytes_max and has line ends in it.
 *   Then the quote that was open is taken to have been open by mistake. The row's first line is
 *   dropped. Of the lines up to the point where the damage showed, those are records that are whole
 *   rows by themselves with just as many cells as the header; splitting goes on as usual at the
 *   last line that begins there. All of it counts as one broken record. Every line is looked at a
 *   fixed number of times, whatever stands in it.
 * - A row without line ends in it that is longer than line_bytes_max is too long. It is dropped up
 *   to its first line end.
 */
#pragma once

#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "parsers/json.h"

enum {
    CSV_COLUMNS_MAX = 2048,
    CSV_DELIMITERS_COUNT = 3,
    CSV_HEAD_BYTES = 64 * 1024, /* the header row lies within the first so many bytes of a source */
};

extern const char csv_delimiters[CSV_DELIMITERS_COUNT];

/* ---- The front of a source ---------------------------------------------------------------- */

struct csv_front {
    char delimiter;
    size_t names_count;          /* columns */
    size_t row_start, row_bytes; /* the header row, without line end */
    size_t bytes;                /* of all up to behind its line end */
};

/* Reads the front of a source from its first bytes: up to CSV_HEAD_BYTES, fewer when there are no
 * more. False when they do not look like the beginning of a CSV file: when there is no whole row,
 * or less than two columns have a name, or a name is no text, or it begins like JSON or XML. Passed
 * over before the header row: a byte order mark, blank lines, the line `sep=X` that names the
 * delimiter for Excel, and lines that begin with `#`, as Export-Csv of PowerShell writes; behind
 * `#Fields:`, as Exchange writes, stands the header row. */
bool csv_front_read(struct csv_front *front, struct slice head);

/* The same, for `parsers/format.c`. */
bool csv_detect_layout(struct slice head, enum layout *layout);

/* What goes into `source_view.header`: all of the front. */
struct slice csv_header(struct slice head);

/* ---- Finding whole rows ------------------------------------------------------------------- */

/* What the vector loop of the splitter knows behind a byte. */
struct csv_scan {
    uint64_t inside;                         /* all ones: inside quotes */
    uint64_t after_separator, after_closing; /* 1: the last byte was one */
};

/* State of one source's splitting; plain data, owned by the input stage. */
struct csv_split {
    char delimiter;
    size_t names_count;
    size_t line_bytes_max;
    enum json_tier tier; /* the best one, unless a test sets another that this CPU runs */

    /* The rest is the splitter's own; `parsers/csv_split.c` explains it. */
    uint8_t place;
    size_t header_bytes;  /* still to be passed over */
    size_t scanned;       /* bytes of the row that have been looked at */
    struct csv_scan scan; /* behind them, while the row is plain */
    bool is_odd;          /* the row is left to the machine … */
    uint8_t machine;      /* … which stands here */
    size_t damage_bytes;  /* from the next byte to where the damage showed */
    bool is_damage_counted;
};

/* `header`: what `csv_header` has given; for this call only. The first bytes to be split are those
 * of the header, but where `is_told` says that the source has none. */
void csv_split_init(struct csv_split *split, struct slice header, bool is_told,
                    size_t line_bytes_max);

/* As json_split_next. The header row is skipped. The results, added up, do not depend on how the
 * bytes are divided over calls; a call must have at least the bytes that were there before and are
 * not taken yet. More than line_bytes_max bytes (and at least 4) always give something. Reads no
 * byte behind the text. */
struct record_cut csv_split_next(struct csv_split *split, struct slice text, bool at_end);

/* ---- Reading the cells of rows ------------------------------------------------------------ */

/* The names of wanted columns; immutable, shared by all workers. A path is the name of a column,
 * written with backslashes where a schema's path needs them. Names are compared without ASCII case,
 * without blanks around them, and each run of blanks inside is one blank. */
struct csv_paths;

/* Copies what it is given. Neither may several paths share a slot nor several slots a path:
 * STATUS_CONFIG. */
STATUS_CHECKED enum status csv_paths_create(struct csv_paths **out, const struct record_path *paths,
                                            size_t paths_count);
void csv_paths_destroy(struct csv_paths *paths);

/* One worker's memory: where the cells of a row end, cells that are not in the block as they are
 * meant, and which columns of the last few sources are wanted. */
struct csv_scratch;
STATUS_CHECKED enum status csv_scratch_create(struct csv_scratch **out, size_t line_bytes_max);
void csv_scratch_destroy(struct csv_scratch *scratch);

struct csv_columns;

/* One worker's position in one block. Plain data; block and scratch must outlive it. While one is
 * in use, another may be initialised with the same scratch only if the records of the first are
 * done with. */
struct csv_reader {
    struct csv_columns *columns; /* in the scratch */
    struct csv_scratch *scratch;
    enum json_tier tier;
    size_t line_bytes_max;
    const char *start, *at, *end;
    uint64_t newlines; /* line ends passed so far */
};

/* `tier`: JSON_TIER_BEST, or a certain one for tests. The block has a view with the header. Its
 * text must be followed by LIMIT_VECTOR_PADDING readable bytes. `line_bytes_max` is not above that
 * of the scratch. */
void csv_reader_init(struct csv_reader *reader, const struct csv_paths *paths,
                     struct csv_scratch *scratch, enum json_tier tier, size_t line_bytes_max,
                     const struct block *block);

/* Values are VALUE_TEXT, with ESCAPES_CSV when quotes stand twice in them, and lie in the block or
 * in the scratch until the next call. Every slot that has a column is present: what is empty, or
 * behind the end of a short row, is an empty text. So it depends on the header alone which slots a
 * record has. */
enum record_result csv_reader_next(struct csv_reader *reader, struct record *record);

/* Of a VALUE_TEXT with ESCAPES_CSV: the contract of `json_text`. */
struct slice csv_text(const struct field_value *value, char *scratch, size_t scratch_bytes);
