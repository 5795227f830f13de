#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/civil.h"
#include "engine/commands.h"
#include "engine/state_dir.h"
#include "engine/state_merge.h"

static const char usage[] =
    "usage: spraywatch state show STATE...\n"
    "       spraywatch state verify STATE...\n"
    "       spraywatch state merge STATE... --output DIR\n\n"
    "A STATE is a directory of --state, or one of its files.\n\n"
    "show: what is in it, how much that is, and of which time.\n"
    "verify: reads both generations; exit status 65 when one is damaged.\n"
    "merge: writes to DIR what all of them know, as its next generation. The order does not\n"
    "matter, nor how often a state is merged.\n\n"
    "  -o, --output DIR  a directory of --state; made when it is missing\n";

static enum status complain(const char *text)
{
    fprintf(stderr, "spraywatch: state: %s\n", text);
    return STATUS_USAGE;
}

/* ---- opening ----------------------------------------------------------------------------------
 */

/* A state that is only read. Its file is replaced, never changed, so no lock is needed. */
struct opened {
    char *path;
    FILE *stream;
    struct state_reader *reader;
};

static void opened_close(struct opened *opened)
{
    state_reader_destroy(opened->reader);
    if (opened->stream != NULL)
        fclose(opened->stream);
    free(opened->path);
    *opened = (struct opened){0};
}

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Opens a file; `name` is its name when `path` is a directory. */
static enum status opened_init(struct opened *opened, const char *path, const char *name)
{
    *opened = (struct opened){0};
    if (is_directory(path)) {
        if (asprintf(&opened->path, "%s/%s", path, name) < 0)
            opened->path = NULL;
    } else {
        opened->path = strdup(path);
    }
    if (opened->path == NULL)
        return STATUS_NO_MEMORY;
    opened->stream = fopen(opened->path, "re");
    return opened->stream != NULL ? STATUS_OK : STATUS_NO_INPUT;
}

static enum status say_unopened(const struct opened *opened)
{
    fprintf(stderr, "spraywatch: cannot open the state %s: %s\n", opened->path, strerror(errno));
    return STATUS_NO_INPUT;
}

/* Looks at all of the file, and makes a reader at its start. */
static enum status opened_read(struct opened *opened)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    enum status status = state_verify(opened->stream, opened->path, SEVERITY_ERROR, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    rewind(opened->stream);
    if (status == STATUS_OK)
        status = state_reader_create(&opened->reader, opened->stream);
    return status;
}

/* The newest generation of a state, verified. */
static enum status open_newest(struct opened *opened, const char *path)
{
    const enum status status = opened_init(opened, path, "state");
    return status == STATUS_OK         ? opened_read(opened)
           : status == STATUS_NO_INPUT ? say_unopened(opened)
                                       : status;
}

/* ---- show -------------------------------------------------------------------------------------
 */

static const char *const kind_names[STATE_KINDS_END] = {
    [STATE_SPAN] = "log",         [STATE_WINDOW] = "windows",   [STATE_ACCOUNT] = "accounts",
    [STATE_PROGRAM] = "programs", [STATE_NETWORK] = "networks", [STATE_VISIT] = "visits",
    [STATE_KNOWN] = "known",
};

struct shown {
    uint64_t things, facts, bytes; /* as if no key shared its front */
    int64_t first_ns, last_ns;
};

/* The time that a fact is of; false: it is of none. */
static bool fact_time(const struct state_fact *fact, const struct state_entry *entry,
                      int64_t *time_ns)
{
    *time_ns = entry->values[0];
    if (fact->traits->number_ns == 0)
        return true;
    return !__builtin_mul_overflow(fact->number, fact->traits->number_ns, time_ns);
}

static void shown_add(struct shown *shown, const struct state_fact *fact,
                      const struct state_entry *entry)
{
    int64_t time_ns;
    shown->facts++;
    shown->bytes += entry->key.bytes + 8 * entry->values_count;
    if (!fact_time(fact, entry, &time_ns))
        return;
    if (time_ns < shown->first_ns)
        shown->first_ns = time_ns;
    if (time_ns > shown->last_ns)
        shown->last_ns = time_ns;
}

static void shown_print(const char *name, const struct shown *shown)
{
    char first[CIVIL_TEXT_BYTES] = "-", last[CIVIL_TEXT_BYTES] = "-";
    if (shown->first_ns <= shown->last_ns) {
        civil_format(shown->first_ns, first);
        civil_format(shown->last_ns, last);
    }
    printf("%-9s %10llu %10llu %12llu  %-30s %s\n", name, (unsigned long long)shown->things,
           (unsigned long long)shown->facts, (unsigned long long)shown->bytes, first, last);
}

static enum status show(const char *path)
{
    struct opened opened;
    enum status status = open_newest(&opened, path);
    if (status != STATUS_OK) {
        opened_close(&opened);
        return status;
    }
    struct shown shown[STATE_KINDS_END];
    for (int kind = 0; kind < STATE_KINDS_END; kind++)
        shown[kind] = (struct shown){.first_ns = INT64_MAX, .last_ns = INT64_MIN};
    char about[STATE_KEY_MAX];
    size_t about_bytes = 0;
    struct state_entry entry;
    struct state_fact fact;
    while (state_reader_next(opened.reader, &entry) && state_fact_read(&fact, &entry)) {
        if (!slice_equals(slice_of(about, about_bytes), fact.about)) {
            memcpy(about, fact.about.start, fact.about.bytes);
            about_bytes = fact.about.bytes;
            shown[fact.kind].things++;
        }
        shown_add(&shown[fact.kind], &fact, &entry);
    }
    status = state_reader_status(opened.reader);
    printf("%s: %llu bytes, version %d\n", opened.path,
           (unsigned long long)state_reader_offset(opened.reader), STATE_VERSION);
    printf("%-9s %10s %10s %12s  %-30s %s\n", "", "THINGS", "FACTS", "BYTES", "FIRST", "LAST");
    for (int kind = STATE_SPAN; kind < STATE_KINDS_END; kind++)
        shown_print(kind_names[kind], &shown[kind]);
    opened_close(&opened);
    return status;
}

/* ---- verify -----------------------------------------------------------------------------------
 */

static enum status verify_one(const char *path, const char *name, bool *is_there)
{
    struct opened opened;
    enum status status = opened_init(&opened, path, name);
    *is_there = status == STATUS_OK;
    if (status == STATUS_OK)
        status = opened_read(&opened);
    else if (status == STATUS_NO_INPUT && errno == ENOENT && is_directory(path))
        status = STATUS_OK; /* a generation that was not written yet */
    else if (status == STATUS_NO_INPUT)
        status = say_unopened(&opened);
    if (*is_there)
        printf("%s: %s\n", opened.path, status == STATUS_OK ? "whole" : "damaged");
    opened_close(&opened);
    return status;
}

static enum status verify(const char *path)
{
    bool has_newest, has_previous = false;
    enum status status = verify_one(path, "state", &has_newest);
    if (is_directory(path)) {
        const enum status previous = verify_one(path, "state.previous", &has_previous);
        if (status == STATUS_OK)
            status = previous;
    }
    if (status == STATUS_OK && !has_newest) {
        fprintf(stderr, "spraywatch: there is no state in %s%s\n", path,
                has_previous ? ", only the generation before it" : "");
        return has_previous ? STATUS_DAMAGED : STATUS_NO_INPUT;
    }
    return status;
}

/* ---- merge ------------------------------------------------------------------------------------
 */

static enum status merge_write(struct opened *opened, size_t count, const char *output)
{
    struct state_source sources[STATE_SOURCES_MAX];
    for (size_t i = 0; i < count; i++)
        sources[i] = state_source_of(opened[i].reader);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct state_dir *dir = NULL;
    struct state_writer *writer;
    enum status status = state_dir_open(&dir, output, &diagnostics);
    diagnostics_print(&diagnostics, stderr);
    diagnostics_deinit(&diagnostics);
    if (status == STATUS_OK)
        status = state_dir_write(dir, &writer);
    if (status == STATUS_OK)
        status = state_merge(sources, count, writer);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = state_reader_status(opened[i].reader);
    if (status == STATUS_OK)
        status = state_dir_commit(dir);
    state_dir_close(dir);
    return status;
}

static enum status merge(char **paths, int count, const char *output)
{
    if (output == NULL)
        return complain("merge needs --output DIR");
    if (count > STATE_SOURCES_MAX)
        return complain("merge takes at most 64 states at a time; merge the results");
    struct opened opened[STATE_SOURCES_MAX] = {0};
    enum status status = STATUS_OK;
    for (int i = 0; i < count && status == STATUS_OK; i++)
        status = open_newest(&opened[i], paths[i]);
    if (status == STATUS_OK)
        status = merge_write(opened, (size_t)count, output);
    for (int i = 0; i < count; i++)
        opened_close(&opened[i]);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------
 */

static enum status run(const char *verb, char **paths, int count, const char *output)
{
    if (count == 0)
        return complain("which state? see spraywatch state --help");
    if (strcmp(verb, "merge") == 0)
        return merge(paths, count, output);
    if (output != NULL)
        return complain("only merge has an --output");
    enum status (*const act)(const char *path) = strcmp(verb, "show") == 0 ? show : verify;
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        const enum status of_one = act(paths[i]);
        if (status == STATUS_OK)
            status = of_one;
    }
    return status;
}

int command_state(int argc, char **argv)
{
    static const struct option long_options[] = {
        {.name = "help", .val = 'h'},
        {.name = "output", .has_arg = required_argument, .val = 'o'},
        {0}};
    const char *output = NULL;
    optind = 1;
    int found;
    while ((found = getopt_long(argc, argv, "ho:", long_options, NULL)) != -1) {
        if (found == 'h') {
            fputs(usage, stdout);
            return 0;
        }
        if (found != 'o')
            return status_exit_code(STATUS_USAGE); /* getopt has said why */
        output = optarg;
    }
    const char *const verb = optind < argc ? argv[optind] : "";
    if (strcmp(verb, "show") != 0 && strcmp(verb, "verify") != 0 && strcmp(verb, "merge") != 0)
        return status_exit_code(complain("show, verify or merge? see spraywatch state --help"));
    return status_exit_code(run(verb, argv + optind + 1, argc - optind - 1, output));
}
