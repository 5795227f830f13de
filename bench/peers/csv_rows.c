/*
 * The failed sign-ins of a portal download, read by libcsv alone: `csv_rows FILE` prints address,
 * hour and account of each. What spraywatch would be like without a reader of its own, had it
 * nothing to do but query Q. One of the peers of `./dev bench peers`.
 */
#include <csv.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024, CELL_BYTES_MAX = 256 };

enum column { COLUMN_TIME, COLUMN_ACCOUNT, COLUMN_ADDRESS, COLUMN_CODE, COLUMN_COUNT };

static const char *const column_names[COLUMN_COUNT] = {"Date (UTC)", "Username", "IP address",
                                                       "Sign-in error code"};

struct rows {
    bool is_past_header;
    unsigned cell;                  /* index in its row */
    unsigned columns[COLUMN_COUNT]; /* where they stand, as the header says */
    char cells[COLUMN_COUNT][CELL_BYTES_MAX];
};

static void take_cell(void *bytes, size_t count, void *self)
{
    struct rows *const rows = self;
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        if (!rows->is_past_header && count == strlen(column_names[i]) &&
            memcmp(bytes, column_names[i], count) == 0)
            rows->columns[i] = rows->cell;
        if (rows->is_past_header && rows->columns[i] == rows->cell && count < CELL_BYTES_MAX) {
            memcpy(rows->cells[i], bytes, count);
            rows->cells[i][count] = '\0';
        }
    }
    rows->cell++;
}

static bool has_failed(const char *code)
{
    return strcmp(code, "50126") == 0 || strcmp(code, "50053") == 0 || strcmp(code, "50034") == 0;
}

static void take_row(int end, void *self)
{
    (void)end;
    struct rows *const rows = self;
    if (rows->is_past_header && has_failed(rows->cells[COLUMN_CODE]))
        printf("%s %.13s %s\n", rows->cells[COLUMN_ADDRESS], rows->cells[COLUMN_TIME],
               rows->cells[COLUMN_ACCOUNT]);
    rows->is_past_header = true;
    rows->cell = 0;
}

int main(int argc, char **argv)
{
    static char text[READ_BYTES];
    static struct rows rows;
    struct csv_parser parser;
    const int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0 || csv_init(&parser, 0) != 0)
        return EXIT_FAILURE;
    ssize_t bytes;
    while ((bytes = read(fd, text, sizeof(text))) > 0) {
        if (csv_parse(&parser, text, (size_t)bytes, take_cell, take_row, &rows) != (size_t)bytes)
            return EXIT_FAILURE;
    }
    csv_fini(&parser, take_cell, take_row, &rows);
    csv_free(&parser);
    return bytes == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
