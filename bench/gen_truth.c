/* The truth: what the log really holds, as a structure and as JSON Lines. */
#include "bench/gen_state.h"

enum { SOURCES_LISTED_MAX = 100, TIME_BYTES = 32 };

/* ---- counting ---------------------------------------------------------------------------- */

static size_t account_bit(const struct gen *gen, const struct gen_signin *signin)
{
    const struct gen_population *population = &gen->population;
    const size_t people = population->people_count;
    switch ((enum gen_account_kind)signin->kind) {
    case GEN_ACCOUNT_SPECIAL:
        return people + (size_t)signin->tenant * GEN_SPECIAL_COUNT + signin->account;
    case GEN_ACCOUNT_PRINCIPAL:
        return people + (size_t)population->tenants_count * GEN_SPECIAL_COUNT + signin->account;
    case GEN_ACCOUNT_PERSON:
    case GEN_ACCOUNT_UNKNOWN: /* only attacks try names that do not exist */
        break;
    }
    return population->tenants[signin->tenant].people_first + signin->account;
}

void gen_label(struct gen *gen, FILE *stream)
{
    gen->labels = stream;
}

static void time_print(int64_t ticks, FILE *stream);

static void label_print(const struct gen *gen, uint32_t attack_index,
                        const struct gen_signin *signin)
{
    const struct gen_attack *attack = &gen->attacks[attack_index];
    char name[GEN_ACCOUNT_BYTES_MAX], address[64];
    gen_truth_account(gen, attack_index, signin->target, name);
    struct gen_text text = {.at = address};
    gen_writer_address(&signin->source.address, &text);
    fprintf(gen->labels, "{\"attack\":%u,\"profile\":\"%s\",\"time\":", attack_index,
            attack->profile->name);
    time_print(signin->time, gen->labels);
    fprintf(gen->labels, ",\"user\":\"%s\",\"ip\":\"%.*s\",\"right\":%s,\"followup\":%s}\n", name,
            (int)(text.at - address), address,
            gen_codes[signin->code].right && signin->kind != GEN_ACCOUNT_UNKNOWN ? "true" : "false",
            (signin->flags & GEN_SIGNIN_FOLLOWUP) != 0 ? "true" : "false");
}

void gen_truth_count_signin(struct gen *gen, const struct gen_signin *signin)
{
    const uint32_t entry = signin->origin - 1;
    if (entry >= GEN_TRAP_COUNT) {
        gen_attack_count(&gen->attacks[entry - GEN_TRAP_COUNT], signin);
        if (gen->labels != NULL)
            label_print(gen, entry - GEN_TRAP_COUNT, signin);
        return;
    }
    struct gen_trap_count *trap = &gen->traps[entry];
    if (trap->records++ == 0 || signin->time < trap->first_time)
        trap->first_time = signin->time;
    if (signin->time > trap->last_time)
        trap->last_time = signin->time;
    const size_t bit = account_bit(gen, signin);
    uint64_t *word = &trap->accounts_seen[bit / 64];
    trap->accounts_count += (*word >> bit % 64 & 1) == 0;
    *word |= UINT64_C(1) << bit % 64;
}

/* ---- as a structure ---------------------------------------------------------------------- */

static size_t traps_count(const struct gen *gen)
{
    return (size_t)__builtin_popcount(gen->options.traps & GEN_TRAPS_ALL);
}

/* The index-th of the traps that are wanted. */
static enum gen_trap trap_at(const struct gen *gen, size_t index)
{
    uint32_t trap = 0;
    for (;; trap++) {
        if ((gen->options.traps >> trap & 1) != 0 && index-- == 0)
            return (enum gen_trap)trap;
    }
}

size_t gen_truth_count(const struct gen *gen)
{
    return gen->attacks_count + traps_count(gen);
}

static struct gen_truth attack_truth(const struct gen_attack *attack)
{
    return (struct gen_truth){
        .name = attack->profile->name,
        .tenant = attack->population->tenants[attack->tenant].id,
        .is_attack = true,
        .start_ns = attack->first_time * 100,
        .end_ns = attack->last_time * 100,
        .attempts = attack->attempts_count,
        .accounts_count = attack->accounts_count,
        .sources_count = attack->sources_count,
        .followups = attack->followups_count,
        .confirmed = attack->confirmed,
        .confirmed_count = attack->confirmed_count,
    };
}

struct gen_truth gen_truth_at(const struct gen *gen, size_t index)
{
    if (index < gen->attacks_count)
        return attack_truth(&gen->attacks[index]);
    const enum gen_trap kind = trap_at(gen, index - gen->attacks_count);
    const struct gen_trap_count *trap = &gen->traps[kind];
    return (struct gen_truth){
        .name = gen_trap_name(kind),
        .tenant = gen->population.tenants[0].id,
        .start_ns = trap->first_time * 100,
        .end_ns = trap->last_time * 100,
        .attempts = trap->records,
        .accounts_count = trap->accounts_count,
    };
}

size_t gen_truth_accounts_total(const struct gen *gen, size_t index)
{
    return index < gen->attacks_count ? gen->attacks[index].targets_count : 0;
}

bool gen_truth_account(const struct gen *gen, size_t index, size_t n,
                       char name[GEN_ACCOUNT_BYTES_MAX])
{
    const struct gen_attack *attack = &gen->attacks[index];
    const struct gen_target *target = &attack->targets[n];
    struct gen_text text = {.at = name};
    gen_account_name(&gen->population, attack->tenant, (enum gen_account_kind)target->kind,
                     target->account, &text);
    *text.at = '\0';
    return target->is_tried;
}

/* ---- as JSON Lines ----------------------------------------------------------------------- */

static void time_print(int64_t ticks, FILE *stream)
{
    if (ticks == 0) {
        fputs("null", stream);
        return;
    }
    struct gen_date date = {.day = -1};
    char buffer[TIME_BYTES];
    struct gen_text text = {.at = buffer};
    gen_writer_time(&date, ticks, &text);
    fprintf(stream, "\"%.*sZ\"", (int)(text.at - buffer), buffer);
}

static void outcomes_print(const struct gen_attack *attack, FILE *stream)
{
    const char *comma = "";
    fputs(",\"outcomes\":{", stream);
    for (uint32_t code = 0; code < GEN_CODES; code++) {
        if (attack->codes_count[code] == 0)
            continue;
        fprintf(stream, "%s\"%u\":%llu", comma, gen_codes[code].code,
                (unsigned long long)attack->codes_count[code]);
        comma = ",";
    }
    fputc('}', stream);
}

static void fingerprint_print(const struct gen_attack *attack, FILE *stream)
{
    const struct gen_profile *profile = attack->profile;
    fputs(",\"user_agents\":[", stream);
    for (uint32_t i = 0; i < profile->agents_count; i++)
        fprintf(stream, "%s\"%s\"", i > 0 ? "," : "", gen_agents[profile->agents[i]].agent);
    fputs("],\"client_ids\":[", stream);
    for (uint32_t i = 0; i < profile->apps_count; i++)
        fprintf(stream, "%s\"%s\"", i > 0 ? "," : "", gen_apps[profile->apps[i]].id);
    fputc(']', stream);
}

/* The first of the addresses; the count beside them is complete. */
static void sources_print(const struct gen_attack *attack, FILE *stream)
{
    uint32_t listed = 0;
    fputs(",\"sources\":[", stream);
    for (uint32_t i = 0; i < attack->options.sources_count && listed < SOURCES_LISTED_MAX; i++) {
        if ((attack->sources_seen[i / 64] >> i % 64 & 1) == 0)
            continue;
        char buffer[64];
        struct gen_text text = {.at = buffer};
        const struct gen_source source = gen_attack_source(attack, i);
        gen_writer_address(&source.address, &text);
        fprintf(stream, "%s\"%.*s\"", listed++ > 0 ? "," : "", (int)(text.at - buffer), buffer);
    }
    fputc(']', stream);
}

static void accounts_print(const struct gen *gen, size_t index, FILE *stream)
{
    char name[GEN_ACCOUNT_BYTES_MAX];
    const char *comma = "";
    fputs(",\"accounts\":[", stream);
    for (size_t n = 0; n < gen_truth_accounts_total(gen, index); n++) {
        if (!gen_truth_account(gen, index, n, name))
            continue;
        fprintf(stream, "%s\"%s\"", comma, name);
        comma = ",";
    }
    fputc(']', stream);
}

static void confirmed_print(const struct gen *gen, size_t index, FILE *stream)
{
    const struct gen_attack *attack = &gen->attacks[index];
    char name[GEN_ACCOUNT_BYTES_MAX];
    fputs(",\"confirmed\":[", stream);
    for (uint32_t i = 0; i < attack->confirmed_count; i++) {
        const struct gen_confirmed *confirmed = &attack->confirmed[i];
        gen_truth_account(gen, index, confirmed->account, name);
        fprintf(stream, "%s{\"account\":\"%s\",\"time\":", i > 0 ? "," : "", name);
        time_print(confirmed->time_ns / 100, stream);
        fprintf(stream, ",\"code\":%u}", confirmed->code);
    }
    fputc(']', stream);
}

static void entry_print(const struct gen *gen, size_t index, FILE *stream)
{
    const struct gen_truth truth = gen_truth_at(gen, index);
    fprintf(stream, "{\"kind\":\"%s\",\"%s\":\"%s\",\"tenant\":\"%s\",\"start\":",
            truth.is_attack ? "attack" : "noise", truth.is_attack ? "profile" : "trap", truth.name,
            truth.tenant);
    time_print(truth.start_ns / 100, stream);
    fputs(",\"end\":", stream);
    time_print(truth.end_ns / 100, stream);
    fprintf(stream, ",\"attempts\":%llu,\"accounts_count\":%llu",
            (unsigned long long)truth.attempts, (unsigned long long)truth.accounts_count);
    if (truth.is_attack) {
        const struct gen_attack *attack = &gen->attacks[index];
        fprintf(stream, ",\"sources_count\":%llu,\"followups\":%llu",
                (unsigned long long)truth.sources_count, (unsigned long long)truth.followups);
        outcomes_print(attack, stream);
        fingerprint_print(attack, stream);
        confirmed_print(gen, index, stream);
        accounts_print(gen, index, stream);
        sources_print(attack, stream);
    }
    fputs("}\n", stream);
}

enum status gen_write_truth(const struct gen *gen, FILE *stream)
{
    for (size_t i = 0; i < gen_truth_count(gen); i++)
        entry_print(gen, i, stream);
    return fflush(stream) == 0 && !ferror(stream) ? STATUS_OK : STATUS_IO;
}
