/*
 * Runs a fuzz target as an ordinary test: replay FILE|DIR... gives every file, and first of all the
 * empty input, to LLVMFuzzerTestOneInput, and reports in TAP. What a target finds wrong, it says by
 * ending the program (assert, sanitizer), so an input that is survived has passed.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

struct tally {
    unsigned run_count;
    unsigned failed_count;
};

static void tally_say(struct tally *tally, bool passed, const char *name)
{
    tally->run_count += 1;
    tally->failed_count += !passed;
    printf("%sok %u - %s\n", passed ? "" : "not ", tally->run_count, name);
    fflush(stdout);
}

static void replay_bytes(struct tally *tally, const char *name, const uint8_t *bytes, size_t size)
{
    /* Should it end the program, this is the last line, and names the culprit. */
    printf("# %s, %zu bytes\n", name, size);
    fflush(stdout);
    LLVMFuzzerTestOneInput(bytes, size);
    tally_say(tally, true, name);
}

/* Into a buffer of exactly its size, so that the address sanitizer sees the first byte too many. */
static bool replay_file(struct tally *tally, const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    uint8_t *bytes = malloc(size + (size == 0));
    bool read = bytes != NULL && fread(bytes, 1, size, file) == size;
    fclose(file);
    if (read)
        replay_bytes(tally, path, bytes, size);
    free(bytes);
    return read;
}

static bool replay_directory(struct tally *tally, const char *path);

static void replay_path(struct tally *tally, const char *path)
{
    struct stat status;
    bool replayed = false;
    if (stat(path, &status) == 0)
        replayed = S_ISDIR(status.st_mode) ? replay_directory(tally, path)
                                           : replay_file(tally, path, (size_t)status.st_size);
    if (!replayed) {
        printf("# %s: %s\n", path, strerror(errno));
        tally_say(tally, false, path);
    }
}

/* In the order of the names: a failure is met at the same place every time. */
static bool replay_directory(struct tally *tally, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        return false;
    for (int index = 0; index < count; index += 1) {
        char *child = NULL;
        if (entries[index]->d_name[0] != '.' &&
            asprintf(&child, "%s/%s", path, entries[index]->d_name) > 0) {
            replay_path(tally, child);
            free(child);
        }
        free(entries[index]);
    }
    free(entries);
    return true;
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    struct tally tally = {0};
    replay_bytes(&tally, "(empty input)", nothing, 0);
    for (int index = 1; index < argc; index += 1)
        replay_path(&tally, argv[index]);
    printf("1..%u\n", tally.run_count);
    return tally.failed_count == 0 ? 0 : 1;
}
