#include "bench/log.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1024 * 1024 };

extern char **environ;

static enum status log_open(struct log *log)
{
    *log = log_none();
    log->fd = memfd_create("log", 0);
    if (log->fd < 0)
        return STATUS_IO;
    snprintf(log->path, sizeof(log->path), "/proc/self/fd/%d", log->fd);
    return STATUS_OK;
}

static enum status write_all(int fd, const char *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        const ssize_t written = write(fd, bytes + done, count - done);
        if (written > 0)
            done += (size_t)written;
        else if (written < 0 && errno != EINTR)
            return STATUS_IO;
    }
    return STATUS_OK;
}

static enum status log_fill(struct log *log)
{
    char *const chunk = malloc(CHUNK_BYTES);
    if (chunk == NULL)
        return STATUS_NO_MEMORY;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        const size_t bytes = gen_next(log->gen, chunk, CHUNK_BYTES);
        if (bytes == 0)
            break;
        status = write_all(log->fd, chunk, bytes);
    }
    free(chunk);
    return status == STATUS_OK ? gen_status(log->gen) : status;
}

enum status log_init(struct log *log, const struct gen_options *options,
                     struct diagnostics *diagnostics)
{
    enum status status = log_open(log);
    if (status == STATUS_OK)
        status = gen_create(&log->gen, options, diagnostics);
    if (status == STATUS_OK)
        status = log_fill(log);
    if (status != STATUS_OK) {
        log_deinit(log);
        return status;
    }
    const struct gen_counters counters = gen_counters(log->gen);
    log->events = counters.records;
    log->bytes = counters.bytes;
    return STATUS_OK;
}

static enum status run_filter(const char *const *command, int from, int to)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return STATUS_NO_MEMORY;
    pid_t child = -1;
    int result = posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    if (result == 0)
        result = posix_spawnp(&child, command[0], &actions, NULL, (char *const *)command, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (result != 0)
        return result == ENOENT ? STATUS_NO_INPUT : STATUS_IO;
    int ended;
    while (waitpid(child, &ended, 0) < 0) {
        if (errno != EINTR)
            return STATUS_IO;
    }
    return WIFEXITED(ended) && WEXITSTATUS(ended) == 0 ? STATUS_OK : STATUS_IO;
}

enum status log_init_compressed(struct log *log, const struct log *from, const char *const *command)
{
    enum status status = log_open(log);
    if (status == STATUS_OK && lseek(from->fd, 0, SEEK_SET) != 0)
        status = STATUS_IO;
    if (status == STATUS_OK)
        status = run_filter(command, from->fd, log->fd);
    if (status != STATUS_OK) {
        log_deinit(log);
        return status;
    }
    log->events = from->events;
    log->bytes = from->bytes;
    return STATUS_OK;
}

void log_deinit(struct log *log)
{
    gen_destroy(log->gen);
    if (log->fd >= 0)
        close(log->fd);
    *log = log_none();
}
