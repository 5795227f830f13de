#include "rules/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIRECTORY_DEPTH_MAX = 16, DIRECTORY_FILES_MAX = 4096 };

static void complain(struct diagnostics *diagnostics, const char *path, enum rule_code code,
                     const char *text)
{
    const struct diagnosis diagnosis = {.diagnostics = diagnostics, .path = path};
    diagnosis_add(&diagnosis, code, NULL, "%s", text);
}

/* Reads up to one byte more than a document may have, so that a longer file shows as such. */
static enum status text_read(int descriptor, char **text, size_t *bytes)
{
    size_t capacity = 16 * 1024, used = 0;
    char *buffer = malloc(capacity);
    while (buffer != NULL) {
        const ssize_t got = read(descriptor, buffer + used, capacity - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            free(buffer);
            return STATUS_IO;
        }
        used += (size_t)got;
        if (got == 0 || used > DOCUMENT_BYTES_MAX) {
            *text = buffer;
            *bytes = used;
            return STATUS_OK;
        }
        if (used == capacity) {
            char *const grown = realloc(buffer, 2 * capacity);
            if (grown == NULL)
                free(buffer);
            buffer = grown;
            capacity *= 2;
        }
    }
    return STATUS_NO_MEMORY;
}

enum status directory_read_file(const char *path, char **text, size_t *bytes,
                                struct diagnostics *diagnostics)
{
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        complain(diagnostics, path, RULE_UNREADABLE, strerror(errno));
        return STATUS_CONFIG;
    }
    enum status status = text_read(descriptor, text, bytes);
    if (status == STATUS_IO) {
        complain(diagnostics, path, RULE_UNREADABLE, strerror(errno));
        status = STATUS_CONFIG;
    }
    close(descriptor);
    return status;
}

/* Takes `path`. */
static enum status directory_add_file(struct directory *directory, char *path,
                                      struct diagnostics *diagnostics)
{
    if (directory->count == DIRECTORY_FILES_MAX) {
        complain(diagnostics, path, RULE_TOO_MANY_RULES, "more than 4096 rule files");
        free(path);
        return STATUS_CONFIG;
    }
    if (directory->count == directory->capacity) {
        const size_t capacity = directory->capacity == 0 ? 16 : 2 * directory->capacity;
        struct directory_file *const files =
            reallocarray(directory->files, capacity, sizeof(*files));
        if (files == NULL) {
            free(path);
            return STATUS_NO_MEMORY;
        }
        directory->files = files;
        directory->capacity = capacity;
    }
    struct directory_file file = {.path = path};
    const enum status status = directory_read_file(path, &file.text, &file.bytes, diagnostics);
    if (status != STATUS_OK) {
        free(path);
        return status;
    }
    directory->files[directory->count++] = file;
    return STATUS_OK;
}

static bool is_rule_name(const char *name)
{
    const struct slice text = slice_from_string(name);
    return slice_ends_with(text, SLICE(".yml")) || slice_ends_with(text, SLICE(".yaml"));
}

static enum status directory_walk(struct directory *directory, const char *path, unsigned depth,
                                  struct diagnostics *diagnostics);

char *directory_join(const char *directory, const char *name)
{
    const size_t bytes = strlen(directory);
    const bool has_slash = bytes > 0 && directory[bytes - 1] == '/';
    char *path = NULL;
    return asprintf(&path, "%s%s%s", directory, has_slash ? "" : "/", name) < 0 ? NULL : path;
}

static enum status directory_take_entry(struct directory *directory, const char *parent,
                                        const char *name, unsigned depth,
                                        struct diagnostics *diagnostics)
{
    char *const path = directory_join(parent, name);
    if (path == NULL)
        return STATUS_NO_MEMORY;
    struct stat facts;
    enum status status = STATUS_OK;
    if (stat(path, &facts) != 0) {
        if (is_rule_name(name)) {
            complain(diagnostics, path, RULE_UNREADABLE, strerror(errno));
            status = STATUS_CONFIG;
        }
    } else if (S_ISDIR(facts.st_mode)) {
        status = directory_walk(directory, path, depth + 1, diagnostics);
    } else if (is_rule_name(name) && !S_ISREG(facts.st_mode)) {
        complain(diagnostics, path, RULE_UNREADABLE, "is no regular file");
        status = STATUS_CONFIG;
    } else if (is_rule_name(name)) {
        return directory_add_file(directory, path, diagnostics);
    }
    free(path);
    return status;
}

static enum status directory_walk(struct directory *directory, const char *path, unsigned depth,
                                  struct diagnostics *diagnostics)
{
    if (depth > DIRECTORY_DEPTH_MAX) {
        complain(diagnostics, path, RULE_UNREADABLE, "more than 16 levels of directories");
        return STATUS_CONFIG;
    }
    DIR *const stream = opendir(path);
    if (stream == NULL) {
        complain(diagnostics, path, RULE_UNREADABLE, strerror(errno));
        return STATUS_CONFIG;
    }
    enum status worst = STATUS_OK;
    for (;;) {
        errno = 0;
        const struct dirent *const entry = readdir(stream);
        if (entry == NULL)
            break;
        if (entry->d_name[0] == '.')
            continue;
        const enum status status =
            directory_take_entry(directory, path, entry->d_name, depth, diagnostics);
        if (status != STATUS_OK && worst != STATUS_NO_MEMORY)
            worst = status;
        if (status == STATUS_NO_MEMORY)
            break;
    }
    if (worst == STATUS_OK && errno != 0) {
        complain(diagnostics, path, RULE_UNREADABLE, strerror(errno));
        worst = STATUS_CONFIG;
    }
    closedir(stream);
    return worst;
}

static int file_order(const void *left, const void *right)
{
    const struct directory_file *const a = left, *const b = right;
    return strcmp(a->path, b->path);
}

enum status directory_read(struct directory *directory, const char *path,
                           struct diagnostics *diagnostics)
{
    *directory = (struct directory){0};
    enum status status = directory_walk(directory, path, 0, diagnostics);
    if (status == STATUS_OK && directory->count == 0) {
        complain(diagnostics, path, RULE_NO_FILES, "holds no rule file (*.yml or *.yaml)");
        status = STATUS_CONFIG;
    }
    if (directory->count > 1)
        qsort(directory->files, directory->count, sizeof(*directory->files), file_order);
    return status;
}

void directory_deinit(struct directory *directory)
{
    for (size_t i = 0; i < directory->count; i++) {
        free(directory->files[i].path);
        free(directory->files[i].text);
    }
    free(directory->files);
    *directory = (struct directory){0};
}
