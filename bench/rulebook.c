#include "bench/rulebook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/hash.h"

static const char file_name[] = "bench.yml";

/* The file inside the new directory. */
static FILE *open_file(struct rulebook *rulebook)
{
    snprintf(rulebook->path, sizeof(rulebook->path), "%s/spraywatch-bench-XXXXXX", P_tmpdir);
    if (mkdtemp(rulebook->path) == NULL) {
        rulebook->path[0] = '\0';
        return NULL;
    }
    char path[sizeof(rulebook->path) + sizeof(file_name)];
    snprintf(path, sizeof(path), "%s/%s", rulebook->path, file_name);
    return fopen(path, "wxe");
}

static enum status close_file(struct rulebook *rulebook, FILE *file)
{
    const bool is_written = file != NULL && !ferror(file);
    if ((file != NULL && fclose(file) != 0) || !is_written) {
        rulebook_remove(rulebook);
        return STATUS_IO;
    }
    return STATUS_OK;
}

/* A word that no log holds: letters drawn by the rule's number. */
static void put_word(FILE *file, unsigned rule)
{
    uint64_t dice = hash_mix(rule + 1);
    for (unsigned i = 0; i < 9; i++, dice /= 26)
        fputc('a' + (int)(dice % 26), file);
    fprintf(file, "%u", rule);
}

enum status rulebook_create_words(struct rulebook *rulebook, unsigned rules_count)
{
    FILE *const file = open_file(rulebook);
    for (unsigned i = 0; file != NULL && i < rules_count; i++) {
        const bool asks_agent = i % 3 != 2;
        fprintf(file,
                "%stitle: Word %u\nid: 00000000-0000-4000-8000-%012u\nlogsource:\n"
                "  category: authentication\ndetection:\n  selection:\n    %s|contains: ",
                i > 0 ? "---\n" : "", i, i, asks_agent ? "user_agent.original" : "user.name");
        put_word(file, i);
        fputs("\n  condition: selection\nlevel: low\n", file);
    }
    return close_file(rulebook, file);
}

enum status rulebook_create_window(struct rulebook *rulebook, unsigned seconds, bool is_by_source)
{
    FILE *const file = open_file(rulebook);
    if (file != NULL)
        fprintf(file,
                "title: Accounts in a window\nname: bench_window\n"
                "id: 00000000-0000-4000-8000-000000000000\ncorrelation:\n  type: value_count\n"
                "  rules: [credential_failure]\n%s  timespan: %us\n"
                "  condition:\n    field: user.name\n    gte: 1000000000\nlevel: low\n",
                is_by_source ? "  group-by: [source.ip]\n" : "", seconds);
    return close_file(rulebook, file);
}

enum status rulebook_create_every(struct rulebook *rulebook)
{
    FILE *const file = open_file(rulebook);
    if (file != NULL)
        fputs("title: Every sign-in\nid: 00000000-0000-4000-8000-000000000000\nlogsource:\n"
              "  category: authentication\ndetection:\n  selection:\n    user.name|exists: true\n"
              "  condition: selection\nlevel: low\n",
              file);
    return close_file(rulebook, file);
}

void rulebook_remove(struct rulebook *rulebook)
{
    if (rulebook->path[0] == '\0')
        return;
    char path[sizeof(rulebook->path) + sizeof(file_name)];
    snprintf(path, sizeof(path), "%s/%s", rulebook->path, file_name);
    /* What cannot be removed is a small file left behind, which the next run does not trip over. */
    (void)unlink(path);
    (void)rmdir(rulebook->path);
    rulebook->path[0] = '\0';
}
