#include "engine/sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is known while one named path is walked. */
struct walk {
    struct sources *sources;
    struct diagnostics *diagnostics;
    void *seen; /* tsearch(3) tree of `struct identity`: files and directories already taken */
};

struct identity {
    dev_t device;
    ino_t inode;
};

static int identity_order(const void *left, const void *right)
{
    const struct identity *a = left, *b = right;
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->inode != b->inode)
        return a->inode < b->inode ? -1 : 1;
    return 0;
}

/* Remembers a file or directory; `is_new` is false when it was taken before. */
static enum status walk_remember(struct walk *walk, const struct stat *stat, bool *is_new)
{
    struct identity *identity = malloc(sizeof(*identity));
    if (identity == NULL)
        return STATUS_NO_MEMORY;
    *identity = (struct identity){.device = stat->st_dev, .inode = stat->st_ino};

    struct identity **const node = tsearch(identity, &walk->seen, identity_order);
    *is_new = node != NULL && *node == identity;
    if (!*is_new)
        free(identity);
    return node != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status sources_add(struct sources *sources, const char *path)
{
    if (sources->count == sources->capacity) {
        const size_t capacity = sources->capacity == 0 ? 16 : 2 * sources->capacity;
        char **const paths = reallocarray(sources->paths, capacity, sizeof(*paths));
        if (paths == NULL)
            return STATUS_NO_MEMORY;
        sources->paths = paths;
        sources->capacity = capacity;
    }
    char *const copy = strdup(path);
    if (copy == NULL)
        return STATUS_NO_MEMORY;
    sources->paths[sources->count++] = copy;
    return STATUS_OK;
}

static int entry_is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int entry_order(const struct dirent **left, const struct dirent **right)
{
    return strcmp((*left)->d_name, (*right)->d_name);
}

static enum status walk_below(struct walk *walk, const char *path);

static enum status walk_entry(struct walk *walk, const char *directory, const char *name)
{
    const size_t bytes = strlen(directory);
    const char *const separator = bytes > 0 && directory[bytes - 1] == '/' ? "" : "/";
    char *path = NULL;
    if (asprintf(&path, "%s%s%s", directory, separator, name) < 0)
        return STATUS_NO_MEMORY;
    const enum status status = walk_below(walk, path);
    free(path);
    return status;
}

/* A missing file must not hide the next one's: STATUS_NO_INPUT is kept, and walking goes on. */
static enum status walk_directory(struct walk *walk, const char *path)
{
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, entry_is_visible, entry_order);
    if (count < 0) {
        if (errno == ENOMEM)
            return STATUS_NO_MEMORY;
        diagnostics_add(walk->diagnostics, SEVERITY_ERROR, "I102", path, 0, 0,
                        "cannot read this directory: %s", strerror(errno));
        return STATUS_NO_INPUT;
    }

    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        if (status != STATUS_NO_MEMORY) {
            const enum status entry = walk_entry(walk, path, entries[i]->d_name);
            status = entry != STATUS_OK ? entry : status;
        }
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum status walk_file(struct walk *walk, const char *path)
{
    if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0) {
        diagnostics_add(walk->diagnostics, SEVERITY_ERROR, "I101", path, 0, 0,
                        "cannot open this file: %s", strerror(errno));
        return STATUS_NO_INPUT;
    }
    return sources_add(walk->sources, path);
}

/* An entry of a directory. The recursion ends because each level makes the path longer, and the
 * system refuses paths longer than PATH_MAX. */
static enum status walk_below(struct walk *walk, const char *path)
{
    struct stat about;
    if (stat(path, &about) < 0) {
        const bool is_nothing = errno == ENOENT || errno == ELOOP;
        diagnostics_add(walk->diagnostics, is_nothing ? SEVERITY_WARNING : SEVERITY_ERROR,
                        is_nothing ? "I103" : "I101", path, 0, 0,
                        is_nothing
                            ? "passed over, a link to nothing or a file that has just gone: %s"
                            : "cannot open this file: %s",
                        strerror(errno));
        return is_nothing ? STATUS_OK : STATUS_NO_INPUT;
    }
    if (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode))
        return STATUS_OK;

    bool is_new;
    const enum status status = walk_remember(walk, &about, &is_new);
    if (status != STATUS_OK || !is_new)
        return status;
    return S_ISDIR(about.st_mode) ? walk_directory(walk, path) : walk_file(walk, path);
}

/* A path of the command line: missing is an error, and a pipe or device is read as well. */
static enum status walk_named(struct walk *walk, const char *path)
{
    if (strcmp(path, "-") == 0)
        return sources_add(walk->sources, path);

    struct stat about;
    if (stat(path, &about) < 0) {
        diagnostics_add(walk->diagnostics, SEVERITY_ERROR, "I101", path, 0, 0,
                        "cannot open this file: %s", strerror(errno));
        return STATUS_NO_INPUT;
    }
    if (!S_ISDIR(about.st_mode))
        return walk_file(walk, path);

    const size_t count_before = walk->sources->count;
    bool is_new;
    enum status status = walk_remember(walk, &about, &is_new);
    if (status == STATUS_OK)
        status = walk_directory(walk, path);
    if (status == STATUS_OK && walk->sources->count == count_before)
        diagnostics_add(walk->diagnostics, SEVERITY_WARNING, "I104", path, 0, 0,
                        "this directory holds no file to read; names that begin with a dot are "
                        "passed over");
    return status;
}

enum status sources_init(struct sources *sources, const char *const *paths, size_t paths_count,
                         struct diagnostics *diagnostics)
{
    struct sources made = {0};
    enum status status = STATUS_OK;
    if (paths_count == 0)
        status = sources_add(&made, "-");
    for (size_t i = 0; i < paths_count && status != STATUS_NO_MEMORY; i++) {
        struct walk walk = {.sources = &made, .diagnostics = diagnostics};
        const enum status named = walk_named(&walk, paths[i]);
        tdestroy(walk.seen, free);
        status = named != STATUS_OK ? named : status;
    }
    if (status != STATUS_OK) {
        sources_deinit(&made);
        return status;
    }
    *sources = made;
    return STATUS_OK;
}

void sources_deinit(struct sources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        free(sources->paths[i]);
    free(sources->paths);
    *sources = (struct sources){0};
}
