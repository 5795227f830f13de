#include "bench/score.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/limits.h"
#include "parsers/json.h"

enum slot { SLOT_ACTION, SLOT_CLOSED_BY, SLOT_USERS, SLOT_CONFIRMED };

static const struct record_path paths[] = {
    {"event.action", SLOT_ACTION},
    {"spraywatch.closed_by", SLOT_CLOSED_BY},
    {"related.user", SLOT_USERS},
    {"spraywatch.confirmed_users", SLOT_CONFIRMED},
};

/* Accounts of all attacks, to be found by name. */
struct target {
    char name[GEN_ACCOUNT_BYTES_MAX];
    uint32_t attack;
    bool is_confirmed; /* by the truth */
    bool is_told;      /* by the program */
};

struct targets {
    struct target *items; /* sorted by name */
    size_t count;
};

static int target_order(const void *left, const void *right)
{
    return strcmp(((const struct target *)left)->name, ((const struct target *)right)->name);
}

static enum status targets_init(struct targets *targets, const struct gen *gen)
{
    size_t total = 0;
    for (size_t i = 0; i < gen_truth_count(gen); i++)
        total += gen_truth_accounts_total(gen, i);
    targets->count = 0;
    targets->items = calloc(total + 1, sizeof(*targets->items));
    if (targets->items == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < gen_truth_count(gen); i++) {
        const struct gen_truth truth = gen_truth_at(gen, i);
        const size_t accounts = truth.is_attack ? gen_truth_accounts_total(gen, i) : 0;
        for (size_t n = 0; n < accounts; n++) {
            struct target *const target = &targets->items[targets->count];
            if (!gen_truth_account(gen, i, n, target->name))
                continue;
            target->attack = (uint32_t)i;
            for (size_t c = 0; c < truth.confirmed_count; c++)
                target->is_confirmed |= truth.confirmed[c].account == n;
            targets->count++;
        }
    }
    if (targets->count > 1)
        qsort(targets->items, targets->count, sizeof(*targets->items), target_order);
    return STATUS_OK;
}

/* The first of the targets with this name; the others follow it. */
static size_t targets_find(const struct targets *targets, const char *name)
{
    size_t low = 0, high = targets->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(targets->items[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Steps through the strings of a JSON array of plain strings. */
static bool next_string(struct slice *array, char name[GEN_ACCOUNT_BYTES_MAX])
{
    const size_t open = slice_find(*array, '"');
    if (open == array->bytes)
        return false;
    const struct slice rest = slice_from(*array, open + 1);
    const size_t bytes = slice_find(rest, '"');
    const size_t kept = bytes < GEN_ACCOUNT_BYTES_MAX ? bytes : GEN_ACCOUNT_BYTES_MAX - 1;
    memcpy(name, rest.start, kept);
    name[kept] = '\0';
    *array = slice_from(rest, bytes + 1);
    return true;
}

static void score_campaign(struct score *score, const struct gen *gen,
                           const struct targets *targets, const struct record *record,
                           uint32_t *hits, bool *is_found)
{
    const size_t attacks = gen_truth_count(gen);
    memset(hits, 0, attacks * sizeof(*hits));
    struct slice users = record->values[SLOT_USERS].text;
    uint32_t named = 0;
    char name[GEN_ACCOUNT_BYTES_MAX];
    while (next_string(&users, name)) {
        named++;
        for (size_t at = targets_find(targets, name);
             at < targets->count && strcmp(targets->items[at].name, name) == 0; at++)
            hits[targets->items[at].attack]++;
    }
    bool is_true = false;
    for (size_t i = 0; i < attacks; i++) {
        if (2 * hits[i] > named) {
            is_found[i] = true;
            is_true = true;
        }
    }
    score->campaigns++;
    score->false_campaigns += !is_true;
    struct slice confirmed = record->values[SLOT_CONFIRMED].text;
    while (next_string(&confirmed, name)) {
        bool is_known = false;
        for (size_t at = targets_find(targets, name);
             at < targets->count && strcmp(targets->items[at].name, name) == 0; at++) {
            targets->items[at].is_told = true;
            is_known |= targets->items[at].is_confirmed;
        }
        score->confirmed_false += !is_known;
    }
}

static bool is_final(const struct record *record)
{
    return slice_equals(record->values[SLOT_ACTION].text, SLICE("closed")) &&
           !slice_equals(record->values[SLOT_CLOSED_BY].text, SLICE("merged"));
}

static void score_sum(struct score *score, const struct gen *gen, const struct targets *targets,
                      const bool *is_found)
{
    for (size_t i = 0; i < gen_truth_count(gen); i++) {
        const struct gen_truth truth = gen_truth_at(gen, i);
        if (!truth.is_attack || truth.attempts == 0)
            continue;
        score->attacks++;
        score->found += is_found[i];
        score->missed += !is_found[i];
    }
    for (size_t i = 0; i < targets->count; i++) {
        score->confirmed += targets->items[i].is_confirmed;
        score->confirmed_found += targets->items[i].is_confirmed && targets->items[i].is_told;
    }
}

enum status score_documents(struct score *score, const struct gen *gen, struct slice documents)
{
    *score = (struct score){0};
    struct targets targets;
    struct json_paths *json_paths = NULL;
    enum status status = targets_init(&targets, gen);
    uint32_t *const hits = calloc(gen_truth_count(gen) + 1, sizeof(*hits));
    bool *const is_found = calloc(gen_truth_count(gen) + 1, sizeof(*is_found));
    if (status == STATUS_OK && (hits == NULL || is_found == NULL))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = json_paths_create(&json_paths, paths, sizeof(paths) / sizeof(paths[0]), NULL, 0);
    if (status == STATUS_OK) {
        const struct block block = {
            .layout = LAYOUT_JSON_LINES, .bytes = documents.bytes, .text = (char *)documents.start};
        struct json_reader reader;
        json_reader_init(&reader, json_paths, JSON_TIER_BEST, LIMIT_LINE_BYTES_MAX, &block);
        struct record record;
        enum record_result result;
        while ((result = json_reader_next(&reader, &record)) != RECORD_END) {
            if (result != RECORD_FOUND)
                status = STATUS_INTERNAL;
            else if (is_final(&record))
                score_campaign(score, gen, &targets, &record, hits, is_found);
        }
        score_sum(score, gen, &targets, is_found);
        json_paths_destroy(json_paths);
    }
    free(targets.items);
    free(hits);
    free(is_found);
    return status;
}
