/*
 * CSV records, as exports for spreadsheets write them: RFC 4180 and what comes of it in practice.
 *
 * Three jobs. `csv_header` reads the first row of a source: the delimiter and the names of the
 * columns. `csv_split` finds whole rows in raw bytes for the input stage; `csv_reader` finds the
 * wanted cells of one row after another for a parse worker. All read quotes and line ends alike, so
 * no byte inside a quoted cell can move a boundary.
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

enum { CSV_COLUMNS_MAX = 2048 };

/* ---- The header --------------------------------------------------------------------------- */

/* Immutable once created; belongs to a source and is lent to all that read it. */
struct csv_header {
    char delimiter;
    size_t bytes;        /* from the source's start to behind the header row and its line end */
    uint64_t newlines;   /* line ends in these */
    size_t names_count;  /* columns */
    struct slice *names; /* as written, without blanks around, inner runs of blanks as one blank */
    char *text;          /* what the names point to */
};

/* Reads the header of a source from its first bytes (64 KiB are enough); `at_end`: there are no
 * more. `*out` is NULL when they do not look like the beginning of a CSV file: when there is no
 * whole row, or it has less than two columns, or a name that is empty or no text, or it begins like
 * JSON or XML. Passed over before it: a byte order mark, blank lines, the line `sep=X` that names
 * the delimiter for Excel, and lines that begin with `#`, as Export-Csv of PowerShell writes. */
STATUS_CHECKED enum status csv_header_create(struct csv_header **out, struct slice head,
                                             bool at_end);
void csv_header_destroy(struct csv_header *header);

/* The first column of this name, compared without ASCII case and with each run of blanks as one;
 * names_count when there is none. */
size_t csv_header_find(const struct csv_header *header, struct slice name);

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

/* `header` is needed for this call only. The first bytes to be split are the source's first. */
void csv_split_init(struct csv_split *split, const struct csv_header *header,
                    size_t line_bytes_max);

/* As json_split_next. The header row is skipped. The results, added up, do not depend on how the
 * bytes are divided over calls; a call must have at least the bytes that were there before and are
 * not taken yet. More than line_bytes_max bytes (and at least 4) always give something. Reads no
 * byte behind the text. */
struct json_cut csv_split_next(struct csv_split *split, struct slice text, bool at_end);

/* ---- Reading the cells of rows ------------------------------------------------------------ */

/* Which cells fill which slots; immutable, shared by all workers. */
struct csv_columns;

/* A path is the name of a column. Of columns with the same name the first that holds something
 * wins. `found` gets a bit for each slot that some column can fill. The header must stay. Neither
 * may several paths share a slot nor several slots a path: STATUS_CONFIG. */
STATUS_CHECKED enum status csv_columns_create(struct csv_columns **out,
                                              const struct csv_header *header,
                                              const struct json_path *paths, size_t paths_count,
                                              uint64_t *found);
void csv_columns_destroy(struct csv_columns *columns);

/* One worker's memory for cells that are not in the block as they are meant. */
struct csv_scratch;
STATUS_CHECKED enum status csv_scratch_create(struct csv_scratch **out, size_t line_bytes_max);
void csv_scratch_destroy(struct csv_scratch *scratch);

enum csv_result {
    CSV_RECORD,
    CSV_END,    /* no further row in the block */
    CSV_BROKEN, /* damaged; record->text is what was passed over */
    CSV_RAGGED, /* more cells than columns */
    CSV_TOO_LONG,
};

/* One worker's position in one block. Plain data; block, columns and scratch must outlive it. */
struct csv_reader {
    const struct csv_columns *columns;
    struct csv_scratch *scratch;
    enum json_tier tier;
    size_t line_bytes_max;
    const char *start, *at, *end;
    uint64_t newlines;   /* line ends passed so far */
    uint64_t rows_short; /* records so far that have fewer cells than the header */
};

/* `tier`: JSON_TIER_BEST, or a certain one for tests. The block's text must be followed by
 * LIMIT_VECTOR_PADDING readable bytes. */
void csv_reader_init(struct csv_reader *reader, const struct csv_columns *columns,
                     struct csv_scratch *scratch, enum json_tier tier, size_t line_bytes_max,
                     const struct block *block);

/* Values are VALUE_TEXT without escapes; what is empty is absent. They lie in the block or in the
 * scratch, with LIMIT_VECTOR_PADDING readable bytes behind them, until the next call. */
enum csv_result csv_reader_next(struct csv_reader *reader, struct record *record);
