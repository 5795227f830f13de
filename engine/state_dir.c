#include "engine/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/state_fact.h"

enum { GENERATIONS = 2 };

static const char *const names[GENERATIONS] = {"state", "state.previous"};
static const char name_new[] = "state.new";

struct state_dir {
    char *path;
    int directory, lock;
    int generation; /* which one is whole; GENERATIONS: none is there */
    int base;       /* the one at opening, whatever it is called now; -1: there was none */
    FILE *reading, *writing;
    struct state_reader *reader;
    struct state_writer *writer;
};

enum status state_verify(FILE *stream, const char *path, enum severity severity,
                         struct diagnostics *diagnostics)
{
    struct state_reader *reader;
    enum status status = state_reader_create(&reader, stream);
    if (status != STATUS_OK)
        return status;
    struct state_entry entry;
    struct state_fact fact;
    bool is_known = true;
    while (is_known && state_reader_next(reader, &entry))
        is_known = state_fact_read(&fact, &entry);
    status = is_known ? state_reader_status(reader) : STATUS_DAMAGED;
    if (status == STATUS_CONFIG)
        diagnostics_add(diagnostics, SEVERITY_ERROR, "K106", path, 0, 0,
                        "%s; use that version, or move the state away to begin anew",
                        state_reader_problem(reader));
    else if (status != STATUS_OK)
        diagnostics_add(diagnostics, severity, "K101", path, 0, 0, "%s (at byte %llu)",
                        is_known ? state_reader_problem(reader) : "a fact is damaged",
                        (unsigned long long)state_reader_offset(reader));
    state_reader_destroy(reader);
    return status;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

static FILE *dir_stream(const struct state_dir *dir, const char *name, int flags, const char *mode)
{
    const int fd = openat(dir->directory, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *const stream = fd >= 0 ? fdopen(fd, mode) : NULL;
    if (fd >= 0 && stream == NULL)
        close(fd);
    return stream;
}

static void dir_complain(const struct state_dir *dir, const char *what,
                         struct diagnostics *diagnostics)
{
    diagnostics_add(diagnostics, SEVERITY_ERROR, "K102", dir->path, 0, 0, "%s: %s", what,
                    strerror(errno));
}

static enum status dir_lock(struct state_dir *dir, struct diagnostics *diagnostics)
{
    if (mkdir(dir->path, 0700) != 0 && errno != EEXIST) {
        dir_complain(dir, "the directory cannot be made", diagnostics);
        return STATUS_IO;
    }
    dir->directory = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir->directory < 0) {
        dir_complain(dir, "the directory cannot be opened", diagnostics);
        return STATUS_IO;
    }
    dir->lock = openat(dir->directory, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (dir->lock < 0) {
        dir_complain(dir, "its lock cannot be opened", diagnostics);
        return STATUS_IO;
    }
    if (flock(dir->lock, LOCK_EX | LOCK_NB) == 0)
        return STATUS_OK;
    if (errno == EWOULDBLOCK)
        diagnostics_add(
            diagnostics, SEVERITY_ERROR, "K103", dir->path, 0, 0,
            "another run uses this state; wait for its end or choose another directory");
    else
        dir_complain(dir, "its lock cannot be taken", diagnostics);
    return STATUS_IO;
}

/* Is this generation whole? `*is_there` tells one that is not from none. */
static enum status dir_try(struct state_dir *dir, int generation, bool *is_there,
                           struct diagnostics *diagnostics)
{
    char *path = NULL;
    FILE *const stream = dir_stream(dir, names[generation], O_RDONLY, "r");
    *is_there = stream != NULL || errno != ENOENT;
    if (stream == NULL && !*is_there)
        return STATUS_OK;
    if (asprintf(&path, "%s/%s", dir->path, names[generation]) < 0)
        path = NULL;
    enum status status = STATUS_IO;
    if (stream == NULL)
        diagnostics_add(diagnostics, SEVERITY_ERROR, "K102", path, 0, 0, "it cannot be opened: %s",
                        strerror(errno));
    else
        status = state_verify(stream, path, SEVERITY_WARNING, diagnostics);
    if (stream != NULL && fclose(stream) != 0 && status == STATUS_OK)
        status = STATUS_IO;
    free(path);
    return status;
}

static enum status dir_choose(struct state_dir *dir, struct diagnostics *diagnostics)
{
    bool has_damaged = false, is_newest_missing = false;
    for (int i = 0; i < GENERATIONS; i++) {
        bool is_there;
        const enum status status = dir_try(dir, i, &is_there, diagnostics);
        if (status == STATUS_DAMAGED) {
            has_damaged = true;
            continue;
        }
        if (status != STATUS_OK)
            return status;
        if (!is_there) {
            is_newest_missing |= i == 0;
            continue;
        }
        dir->generation = i;
        dir->base = openat(dir->directory, names[i], O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (dir->base < 0) {
            dir_complain(dir, "the state cannot be opened", diagnostics);
            return STATUS_IO;
        }
        if (i > 0)
            diagnostics_add(diagnostics, SEVERITY_WARNING, "K104", dir->path, 0, 0,
                            "%s: the generation before it is used, and what the last run has "
                            "learned is lost",
                            is_newest_missing ? "there is no whole state" : "the state is damaged");
        return STATUS_OK;
    }
    if (!has_damaged)
        return STATUS_OK;
    diagnostics_add(diagnostics, SEVERITY_ERROR, "K105", dir->path, 0, 0,
                    "no generation of the state is whole; move the directory away to begin anew");
    return STATUS_DAMAGED;
}

enum status state_dir_open(struct state_dir **out, const char *path,
                           struct diagnostics *diagnostics)
{
    struct state_dir *const dir = calloc(1, sizeof(*dir));
    if (dir == NULL)
        return STATUS_NO_MEMORY;
    dir->directory = dir->lock = dir->base = -1;
    dir->generation = GENERATIONS;
    dir->path = strdup(path);
    enum status status = dir->path == NULL ? STATUS_NO_MEMORY : dir_lock(dir, diagnostics);
    if (status == STATUS_OK)
        status = dir_choose(dir, diagnostics);
    if (status != STATUS_OK) {
        state_dir_close(dir);
        return status;
    }
    *out = dir;
    return STATUS_OK;
}

static void dir_end_reading(struct state_dir *dir)
{
    state_reader_destroy(dir->reader);
    dir->reader = NULL;
    if (dir->reading != NULL)
        fclose(dir->reading);
    dir->reading = NULL;
}

/* Gives up what was not committed. */
static void dir_end_writing(struct state_dir *dir)
{
    state_writer_destroy(dir->writer);
    dir->writer = NULL;
    if (dir->writing != NULL) {
        fclose(dir->writing);
        unlinkat(dir->directory, name_new, 0);
    }
    dir->writing = NULL;
}

void state_dir_close(struct state_dir *dir)
{
    if (dir == NULL)
        return;
    dir_end_reading(dir);
    dir_end_writing(dir);
    if (dir->base >= 0)
        close(dir->base);
    if (dir->lock >= 0)
        close(dir->lock); /* which gives it back */
    if (dir->directory >= 0)
        close(dir->directory);
    free(dir->path);
    free(dir);
}

/* ---- reading and writing ----------------------------------------------------------------------
 */

static enum status dir_fail(const struct state_dir *dir)
{
    fprintf(stderr,
            "spraywatch: cannot write the state to %s: %s; what was kept before is as it "
            "was\n",
            dir->path, strerror(errno));
    return STATUS_IO;
}

enum status state_dir_read(struct state_dir *dir, struct state_reader **out)
{
    dir_end_reading(dir);
    *out = NULL;
    if (dir->base < 0)
        return STATUS_OK;
    const int fd = lseek(dir->base, 0, SEEK_SET) == 0 ? fcntl(dir->base, F_DUPFD_CLOEXEC, 0) : -1;
    dir->reading = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (dir->reading == NULL) {
        if (fd >= 0)
            close(fd);
        fprintf(stderr, "spraywatch: cannot read the state in %s: %s\n", dir->path,
                strerror(errno));
        return STATUS_IO;
    }
    const enum status status = state_reader_create(&dir->reader, dir->reading);
    *out = dir->reader;
    return status;
}

enum status state_dir_write(struct state_dir *dir, struct state_writer **out)
{
    dir_end_writing(dir);
    dir->writing = dir_stream(dir, name_new, O_WRONLY | O_CREAT | O_TRUNC, "w");
    if (dir->writing == NULL)
        return dir_fail(dir);
    const enum status status = state_writer_create(&dir->writer, dir->writing);
    if (status == STATUS_OK)
        *out = dir->writer;
    return status;
}

enum status state_dir_commit(struct state_dir *dir)
{
    dir_end_reading(dir);
    if (state_writer_end(dir->writer) != STATUS_OK || fsync(fileno(dir->writing)) != 0)
        return dir_fail(dir);
    FILE *const written = dir->writing;
    dir->writing = NULL;
    if (fclose(written) != 0)
        return dir_fail(dir);
    if (dir->generation == 0 && renameat(dir->directory, names[0], dir->directory, names[1]) != 0)
        return dir_fail(dir);
    if (renameat(dir->directory, name_new, dir->directory, names[0]) != 0 ||
        fsync(dir->directory) != 0)
        return dir_fail(dir);
    dir->generation = 0;
    return STATUS_OK;
}
