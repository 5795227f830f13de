#include "bench/groups.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/latency.h"
#include "bench/log.h"
#include "bench/rulebook.h"
#include "bench/stage.h"
#include "bench/text_file.h"
#include "engine/order.h"

enum { CASES_MAX = 16, PEOPLE = 5000 };

struct groups {
    const struct groups_options *options;
    struct result *result;
    struct diagnostics *diagnostics;
    struct stages stages;
    int findings_fd;
};

/* ---- cases ----------------------------------------------------------------------------------- */

struct bench_case {
    char name[FIGURE_NAME_BYTES];
    const struct log *log;
    unsigned threads;     /* of a whole scan; 0: a stage alone */
    enum stage_kind kind; /* which */
    const char *rules_directory;
    bool is_stream;
    bool is_scored; /* what it finds is held against the truth of its log */
    struct figure *figure;
};

struct cases {
    struct bench_case items[CASES_MAX];
    unsigned count;
};

static struct bench_case *add_case(struct cases *cases, const struct log *log, const char *name)
{
    assert(cases->count < CASES_MAX);
    struct bench_case *const item = &cases->items[cases->count++];
    *item = (struct bench_case){.log = log};
    snprintf(item->name, sizeof(item->name), "%s", name);
    return item;
}

static void add_stage(struct cases *cases, const struct log *log, const char *name,
                      enum stage_kind kind)
{
    add_case(cases, log, name)->kind = kind;
}

static struct bench_case *add_scan(struct cases *cases, const struct log *log, const char *name,
                                   unsigned threads)
{
    struct bench_case *const item = add_case(cases, log, name);
    item->threads = threads;
    return item;
}

static enum status internal(struct groups *groups, const char *name, const char *text)
{
    diagnostics_add(groups->diagnostics, SEVERITY_ERROR, "B102", name, 0, 0, "%s", text);
    return STATUS_INTERNAL;
}

static enum status score(struct groups *groups, const struct log *log)
{
    char *documents = NULL;
    size_t bytes = 0;
    enum status status = text_file_read(groups->findings_fd, &documents, &bytes);
    if (status == STATUS_OK)
        status = score_documents(&groups->result->score, log->gen, slice_of(documents, bytes));
    groups->result->has_score = status == STATUS_OK;
    free(documents);
    return status;
}

static enum status run_scan(struct groups *groups, const struct bench_case *item,
                            const char *program, struct child_run *run)
{
    const struct child_options options = {
        .program = program,
        .path = item->log->path,
        .threads = item->threads,
        .rules_directory = item->rules_directory,
        .is_stream = item->is_stream,
        .findings_fd = groups->findings_fd,
    };
    return child_scan(run, &options, groups->diagnostics);
}

/* What the other program takes for the same. */
static enum status run_other(struct groups *groups, const struct bench_case *item)
{
    struct child_run run;
    const enum status status = run_scan(groups, item, groups->options->other, &run);
    if (status != STATUS_OK)
        return status;
    sample_add(&item->figure->other, run.seconds);
    item->figure->has_other_findings |= run.findings_hash != item->figure->findings_hash;
    return STATUS_OK;
}

static enum status run_own(struct groups *groups, const struct bench_case *item)
{
    struct figure *const figure = item->figure;
    struct child_run run;
    enum status status = run_scan(groups, item, groups->options->program, &run);
    if (status != STATUS_OK)
        return status;
    if (figure->seconds.count > 0 && run.findings_hash != figure->findings_hash)
        return internal(groups, item->name, "two runs have found different things");
    sample_add(&figure->seconds, run.seconds);
    sample_add(&figure->cpu_seconds, run.cpu_seconds);
    figure->findings_hash = run.findings_hash;
    figure->accounts = run.accounts;
    figure->addresses = run.addresses;
    if (run.memory_peak > figure->memory_peak)
        figure->memory_peak = run.memory_peak;
    if (item->is_scored && !groups->result->has_score)
        status = score(groups, item->log);
    return status;
}

static enum status run_case(struct groups *groups, const struct bench_case *item, unsigned round)
{
    if (item->threads == 0) {
        double seconds = 0;
        const enum status status =
            stages_run(&groups->stages, item->kind, item->log, &seconds, groups->diagnostics);
        if (status == STATUS_OK)
            sample_add(&item->figure->seconds, seconds);
        return status;
    }
    if (groups->options->other == NULL)
        return run_own(groups, item);
    /* Whoever comes second may find the caches warmer. The first round is ours, for `run_other`
     * wants to know what has been found. */
    const bool is_own_first = round % 2 == 0;
    enum status status = is_own_first ? run_own(groups, item) : run_other(groups, item);
    if (status == STATUS_OK)
        status = is_own_first ? run_other(groups, item) : run_own(groups, item);
    return status;
}

/* Cases over the same text and rules must find the same, however it is read. */
static enum status check_findings(struct groups *groups, const struct cases *cases)
{
    for (unsigned i = 0; i < cases->count; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct bench_case *const a = &cases->items[i], *const b = &cases->items[j];
            if (a->threads > 0 && b->threads > 0 && a->log == b->log &&
                a->rules_directory == b->rules_directory && a->is_stream == b->is_stream &&
                a->figure->findings_hash != b->figure->findings_hash)
                return internal(groups, a->name, "the threads have changed what is found");
        }
    }
    return STATUS_OK;
}

static enum status run_cases(struct groups *groups, struct cases *cases)
{
    for (unsigned i = 0; i < cases->count; i++) {
        struct bench_case *const item = &cases->items[i];
        item->figure = result_add(groups->result, item->name);
        item->figure->events = item->log->events;
        item->figure->bytes = item->log->bytes;
    }
    enum status status = STATUS_OK;
    for (unsigned round = 0; round < groups->options->rounds; round++) {
        for (unsigned i = 0; i < cases->count && status == STATUS_OK; i++)
            status = run_case(groups, &cases->items[i], round);
    }
    return status == STATUS_OK ? check_findings(groups, cases) : status;
}

/* ---- logs ------------------------------------------------------------------------------------ */

struct log_wish {
    const char *shape;      /* NULL: the generator's own */
    const char *attacks[4]; /* ended by NULL */
    uint32_t people;
    uint64_t bytes;
    bool has_traps;                 /* every innocent look-alike */
    uint32_t signins_per_day_milli; /* of a person; 0: the generator's own */
};

static enum status make_log(struct groups *groups, struct log *log, const struct log_wish *wish)
{
    struct gen_options options;
    gen_options_init(&options);
    options.seed = groups->options->seed;
    options.people_count = wish->people;
    options.bytes_max = wish->bytes;
    options.days = 0;
    options.traps = wish->has_traps ? GEN_TRAPS_ALL : 0;
    if (wish->signins_per_day_milli > 0)
        options.signins_per_day_milli = wish->signins_per_day_milli;
    enum status status = STATUS_OK;
    if (wish->shape != NULL)
        status = gen_options_set_shape(&options, wish->shape, groups->diagnostics);
    for (size_t i = 0; wish->attacks[i] != NULL && status == STATUS_OK; i++)
        status = gen_options_add_attack(&options, wish->attacks[i], groups->diagnostics);
    if (status == STATUS_OK)
        status = log_init(log, &options, groups->diagnostics);
    gen_options_deinit(&options);
    return status;
}

/* Ordinary life with everything that looks like an attack and is none, and a few attacks. */
static enum status make_main_log(struct groups *groups, struct log *log, const char *shape,
                                 uint64_t bytes)
{
    const struct log_wish wish = {
        .shape = shape,
        .attacks = {"msolspray:accounts=500,found=2", "trevorspray:accounts=400,ipv6=1",
                    "fasthttp:accounts=300"},
        .people = PEOPLE,
        .bytes = bytes,
        .has_traps = true,
    };
    return make_log(groups, log, &wish);
}

static uint64_t quarter(const struct groups *groups)
{
    return groups->options->bytes / 4;
}

/* ---- stages and threads ---------------------------------------------------------------------- */

/* 1, 2, 4 … and the most. */
static unsigned threads_after(unsigned threads, unsigned most)
{
    return threads == most ? 0 : 2 * threads < most ? 2 * threads : most;
}

/* Packed copies of the log; where the tool that packs is missing, there is nothing to measure. */
static enum status add_packed(struct groups *groups, struct cases *cases, const struct log *log,
                              struct log packed[2])
{
    static const char *const tools[2][3] = {{"zstd", "-qc", NULL}, {"gzip", "-c", NULL}};
    static const char *const names[2][2] = {{"decompress zstd", "scan zstd"},
                                            {"decompress gzip", "scan gzip"}};
    for (unsigned i = 0; i < 2; i++) {
        const enum status status = log_init_compressed(&packed[i], log, tools[i]);
        if (status == STATUS_NO_INPUT) {
            diagnostics_add(groups->diagnostics, SEVERITY_WARNING, "B103", tools[i][0], 0, 0,
                            "is not installed, so reading what it packs is not measured");
            continue;
        }
        if (status != STATUS_OK)
            return status;
        add_stage(cases, &packed[i], names[i][0], STAGE_DECOMPRESS);
        add_scan(cases, &packed[i], names[i][1], groups->options->threads);
    }
    return STATUS_OK;
}

static enum status run_stages(struct groups *groups)
{
    struct log log = log_none(), packed[2] = {log_none(), log_none()};
    struct cases cases = {0};
    enum status status =
        make_main_log(groups, &log, groups->options->shape, groups->options->bytes);
    add_stage(&cases, &log, "read", STAGE_READ);
    add_stage(&cases, &log, "read, parse", STAGE_PARSE);
    add_stage(&cases, &log, "read, parse, match", STAGE_MATCH);
    for (unsigned threads = 1; threads > 0;
         threads = threads_after(threads, groups->options->threads)) {
        char name[FIGURE_NAME_BYTES];
        snprintf(name, sizeof(name), "scan, %u thread%s", threads, threads == 1 ? "" : "s");
        add_scan(&cases, &log, name, threads)->is_scored = true;
    }
    if (status == STATUS_OK)
        status = add_packed(groups, &cases, &log, packed);
    if (status == STATUS_OK)
        status = run_cases(groups, &cases);
    struct plan *const plan = &groups->result->plan;
    for (unsigned i = 0; i < cases.count && status == STATUS_OK; i++) {
        const struct bench_case *const item = &cases.items[i];
        if (item->log != &log || item->threads == 0 || plan->rates_count == PLAN_THREADS_MAX)
            continue;
        const double seconds = sample_median(&item->figure->seconds);
        plan->rates[plan->rates_count++] =
            (struct plan_rate){.threads = item->threads,
                               .events_per_second = (double)log.events / seconds,
                               .bytes_per_second = (double)log.bytes / seconds};
    }
    log_deinit(&packed[1]);
    log_deinit(&packed[0]);
    log_deinit(&log);
    return status;
}

/* ---- formats --------------------------------------------------------------------------------- */

static enum status run_formats(struct groups *groups)
{
    struct log logs[GEN_SHAPE_COUNT];
    struct cases cases = {0};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < GEN_SHAPE_COUNT; i++)
        logs[i] = log_none();
    for (unsigned i = 0; i < GEN_SHAPE_COUNT && status == STATUS_OK; i++) {
        const char *const shape = gen_shape_name((enum gen_shape)i);
        char name[FIGURE_NAME_BYTES];
        snprintf(name, sizeof(name), "format %s", shape);
        status = make_main_log(groups, &logs[i], shape, quarter(groups));
        add_scan(&cases, &logs[i], name, groups->options->threads);
    }
    if (status == STATUS_OK)
        status = run_cases(groups, &cases);
    for (unsigned i = 0; i < GEN_SHAPE_COUNT; i++)
        log_deinit(&logs[i]);
    return status;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static enum status run_rules(struct groups *groups)
{
    static const struct {
        const char *name;
        unsigned rules_count;
    } wishes[] = {{"rules: 100 more", 100}, {"rules: 1000 more", 1000}, {"rules: 3000 more", 3000}};
    enum { WISHES = sizeof(wishes) / sizeof(wishes[0]) };
    struct log log = log_none();
    struct rulebook rules[WISHES] = {0};
    struct cases cases = {0};
    enum status status =
        make_main_log(groups, &log, groups->options->shape, groups->options->bytes);
    add_scan(&cases, &log, "rules: the shipped ones", groups->options->threads);
    for (unsigned i = 0; i < WISHES && status == STATUS_OK; i++) {
        status = rulebook_create_words(&rules[i], wishes[i].rules_count);
        add_scan(&cases, &log, wishes[i].name, groups->options->threads)->rules_directory =
            rules[i].path;
    }
    if (status == STATUS_OK)
        status = run_cases(groups, &cases);
    for (unsigned i = 0; i < WISHES; i++)
        rulebook_remove(&rules[i]);
    log_deinit(&log);
    return status;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static enum status run_keys(struct groups *groups)
{
    /* Within each pair the same number of attempts, within two days. */
    static const struct {
        const char *name, *attack;
    } wishes[] = {
        {"accounts of an attack: 100",
         "trevorspray:accounts=100,passwords=1000,rate=2000/m,wait=1,days=2,start=0"},
        {"accounts of an attack: 100000",
         "trevorspray:accounts=100000,passwords=1,rate=2000/m,wait=1,days=2,start=0"},
        {"sources of an attack: 1000",
         "botnet:accounts=100000,sources=1000,rate=2000/m,days=2,start=0"},
        {"sources of an attack: 1000000",
         "botnet:accounts=100000,sources=1000000,rate=2000/m,days=2,start=0"},
    };
    enum { WISHES = sizeof(wishes) / sizeof(wishes[0]), PEOPLE_MANY = 120000 };
    struct log logs[WISHES];
    struct cases cases = {0};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < WISHES; i++)
        logs[i] = log_none();
    for (unsigned i = 0; i < WISHES && status == STATUS_OK; i++) {
        const struct log_wish wish = {.shape = "sshd-iso",
                                      .attacks = {wishes[i].attack},
                                      .people = PEOPLE_MANY,
                                      /* so few that most of the log is the attack */
                                      .signins_per_day_milli = 250,
                                      .bytes = quarter(groups)};
        status = make_log(groups, &logs[i], &wish);
        add_scan(&cases, &logs[i], wishes[i].name, groups->options->threads);
    }
    if (status == STATUS_OK)
        status = run_cases(groups, &cases);
    for (unsigned i = 0; i < WISHES; i++)
        log_deinit(&logs[i]);
    return status;
}

/* ---- windows --------------------------------------------------------------------------------- */

enum { HOUR = 3600, WINDOWS = 3 };

struct window_wish {
    const char *name;
    unsigned seconds;
};

static enum status run_windows_over(struct groups *groups, const struct log *log,
                                    const struct window_wish wishes[WINDOWS], bool is_by_source)
{
    struct rulebook rules[WINDOWS] = {0};
    struct cases cases = {0};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < WINDOWS && status == STATUS_OK; i++) {
        status = rulebook_create_window(&rules[i], wishes[i].seconds, is_by_source);
        add_scan(&cases, log, wishes[i].name, groups->options->threads)->rules_directory =
            rules[i].path;
    }
    if (status == STATUS_OK)
        status = run_cases(groups, &cases);
    for (unsigned i = 0; i < WINDOWS; i++)
        rulebook_remove(&rules[i]);
    return status;
}

static enum status run_windows(struct groups *groups)
{
    static const struct window_wish wishes[] = {{"one more window of 1 h", HOUR},
                                                {"one more window of 24 h", 24 * HOUR},
                                                {"one more window of 30 d", 720 * HOUR}};
    struct log log = log_none();
    enum status status = make_main_log(groups, &log, groups->options->shape, quarter(groups));
    if (status == STATUS_OK)
        status = run_windows_over(groups, &log, wishes, true);
    log_deinit(&log);
    return status;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Ten attempts a second, each on an account that was not tried for long: the length of a window
 * decides how many distinct accounts it holds, and all else is the same. */
static enum status run_values(struct groups *groups)
{
    static const struct window_wish wishes[] = {{"values in a window: 10", 1},
                                                {"values in a window: 1000", 100},
                                                {"values in a window: 100000", 10000}};
    const struct log_wish wish = {
        .shape = "sshd-iso",
        .attacks = {"trevorspray:accounts=100000,passwords=10,rate=600/m,wait=1,days=2,start=0"},
        .people = 120000,
        .signins_per_day_milli = 250, /* so few that most of the log is the attack */
        .bytes = quarter(groups)};
    struct log log = log_none();
    enum status status = make_log(groups, &log, &wish);
    if (status == STATUS_OK)
        status = run_windows_over(groups, &log, wishes, false);
    log_deinit(&log);
    return status;
}

/* ---- people ---------------------------------------------------------------------------------- */

static enum status run_people(struct groups *groups)
{
    static const uint32_t people[2] = {1000, 100000};
    struct log logs[2] = {log_none(), log_none()};
    struct cases cases = {0};
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < 2 && status == STATUS_OK; i++) {
        const struct log_wish wish = {
            .shape = "csv", .people = people[i], .bytes = quarter(groups)};
        char name[FIGURE_NAME_BYTES];
        snprintf(name, sizeof(name), "%u people, as a stream", people[i]);
        status = make_log(groups, &logs[i], &wish);
        add_scan(&cases, &logs[i], name, groups->options->threads)->is_stream = true;
    }
    if (status == STATUS_OK)
        status = run_cases(groups, &cases);
    if (status == STATUS_OK) {
        const struct figure *const few = cases.items[0].figure, *const many = cases.items[1].figure;
        struct plan *const plan = &groups->result->plan;
        plan->event_bytes = sizeof(struct attempt) + sizeof(struct order_key);
        if (few->accounts < many->accounts) {
            plan_set_memory(plan, few->accounts, few->memory_peak, many->accounts,
                            many->memory_peak);
            groups->result->has_plan = plan->rates_count > 0;
        }
    }
    log_deinit(&logs[1]);
    log_deinit(&logs[0]);
    return status;
}

/* ---- latency --------------------------------------------------------------------------------- */

static enum status add_latency(struct groups *groups, const char *name,
                               const struct latency_options *options)
{
    struct figure *const figure = result_add(groups->result, name);
    figure->is_latency = true;
    figure->events_per_second = options->events_per_second;
    struct latency latency;
    const enum status status = latency_measure(&latency, options, groups->diagnostics);
    if (status != STATUS_OK)
        return status;
    if (latency.count == 0)
        return internal(groups, name, "no finding came of any line");
    figure->events = latency.count;
    sample_add(&figure->seconds, latency.p99);
    return STATUS_OK;
}

static enum status run_latency(struct groups *groups)
{
    /* So many people that a hundred matches of a rule in an hour are few of its sign-ins. */
    enum { PEOPLE_MANY = 100000, SLOW_EVENTS = 95 };
    struct log log = log_none();
    const struct log_wish wish = {.people = PEOPLE_MANY, .bytes = groups->options->bytes};
    enum status status = make_log(groups, &log, &wish);
    struct latency_options options = {.program = groups->options->program,
                                      .log = &log,
                                      .threads = groups->options->threads,
                                      .events_max = UINT64_MAX};
    struct latency fastest = {0};
    if (status == STATUS_OK)
        status = latency_measure(&fastest, &options, groups->diagnostics);
    if (status == STATUS_OK) {
        options.events_per_second = fastest.rate * PLAN_LOAD;
        status = add_latency(groups, "latency at 80 % load", &options);
    }
    if (status == STATUS_OK) {
        options.events_per_second = 1;
        options.events_max = SLOW_EVENTS;
        status = add_latency(groups, "latency at a line a second", &options);
    }
    log_deinit(&log);
    return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum status (*run)(struct groups *groups);
    const char *text;
} table[] = {
    {"stages", run_stages, "each stage, the whole for every number of threads, zstd and gzip"},
    {"formats", run_formats, "the whole for each format that can be generated"},
    {"rules", run_rules, "with 100, 1,000 and 3,000 rules more"},
    {"keys", run_keys, "few and many accounts and sources of an attack"},
    {"windows", run_windows, "with one window more, short to long"},
    {"values", run_values, "counting the distinct values of windows that hold few to many"},
    {"people", run_people, "memory for few and many people"},
    {"latency", run_latency, "a line in, its finding out, through a pipe; takes half a minute"},
};

const char *groups_name(size_t group)
{
    return group < sizeof(table) / sizeof(table[0]) ? table[group].name : NULL;
}

const char *groups_text(size_t group)
{
    return group < sizeof(table) / sizeof(table[0]) ? table[group].text : NULL;
}

enum status groups_run(struct result *result, const struct groups_options *options,
                       struct diagnostics *diagnostics)
{
    struct groups groups = {.options = options,
                            .result = result,
                            .diagnostics = diagnostics,
                            .findings_fd = memfd_create("findings", 0)};
    if (groups.findings_fd < 0)
        return STATUS_IO;
    enum status status = stages_init(&groups.stages, diagnostics);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]) && status == STATUS_OK; i++) {
        if (options->wanted == 0 || (options->wanted >> i & 1) != 0)
            status = table[i].run(&groups);
    }
    stages_deinit(&groups.stages);
    close(groups.findings_fd);
    return status;
}
