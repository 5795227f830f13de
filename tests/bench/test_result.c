#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/result.h"

/* A file with this text; removed by the caller. */
static void put(char path[32], struct slice text)
{
    snprintf(path, 32, "/tmp/spraywatch-result-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.start, text.bytes), (ssize_t)text.bytes);
    close(fd);
}

static enum status read_text(struct result *result, struct slice text)
{
    char path[32];
    put(path, text);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status = result_read(result, path, &diagnostics);
    assert_int_equal(status == STATUS_OK, diagnostics.errors_count == 0);
    diagnostics_deinit(&diagnostics);
    unlink(path);
    return status;
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct result *const result = calloc(1, sizeof(*result)), *const again = malloc(sizeof(*again));
    assert_non_null(result);
    assert_non_null(again);
    result->tier = "scalar";
    snprintf(result->machine.cpu, sizeof(result->machine.cpu), "A \"CPU\"");
    result->has_score = result->has_plan = true;
    struct figure *const figure = result_add(result, "scan, 1 thread");
    figure->events = 1000;
    figure->accounts = 7;
    sample_add(&figure->seconds, 0.25);
    sample_add(&figure->seconds, 0.000125);
    sample_add(&figure->cpu_seconds, 0.5);
    sample_add(&result_add(result, "latency")->seconds, 3);

    struct json_write json;
    json_write_init(&json);
    result_write(result, &json);
    assert_true(json_write_ok(&json));
    assert_int_equal(read_text(again, json_write_text(&json)), STATUS_OK);
    json_write_deinit(&json);
    assert_int_equal(again->figures_count, 2);
    const struct figure *const found = result_find(again, "scan, 1 thread");
    assert_non_null(found);
    assert_int_equal(found->seconds.count, 2);
    assert_float_equal(found->seconds.values[0], 0.25, 1e-9);
    assert_float_equal(found->seconds.values[1], 0.000125, 1e-9);
    assert_non_null(result_find(again, "latency"));
    assert_null(result_find(again, "scan"));
    free(again);
    free(result);
}

static void what_is_no_result_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[1]",
        "{",
        "{\"version\":1}",
        "{\"version\":2,\"figures\":[]}",
        "{\"version\":1,\"figures\":[{}]}",
        "{\"version\":1,\"figures\":[{\"name\":\"x\"}]}",
        "{\"version\":1,\"figures\":[{\"name\":\"x\",\"seconds\":[]}]}",
        "{\"version\":1,\"figures\":[{\"name\":\"x\",\"seconds\":[0]}]}",
        "{\"version\":1,\"figures\":[{\"name\":\"x\",\"seconds\":[\"y\"]}]}",
    };
    struct result *const result = malloc(sizeof(*result));
    assert_non_null(result);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(read_text(result, slice_from_string(texts[i])), STATUS_CONFIG);
    free(result);
}

static void a_plan_says_how_many_threads_and_how_much_memory(void **state)
{
    (void)state;
    struct plan plan = {
        .rates = {{1, 100000, 1e8}, {2, 190000, 2e8}}, .rates_count = 2, .event_bytes = 100};
    plan_set_memory(&plan, 1000, 11000000, 101000, 111000000);
    assert_float_equal(plan.person_bytes, 1000, 1e-6);
    assert_int_equal(plan.base_bytes, 10000000);

    plan_add_need(&plan, 1000, UINT64_C(86400) * 10);     /* 40 events in the busiest second */
    plan_add_need(&plan, 1000, UINT64_C(86400) * 25000);  /* 100,000: more than 0.8 of a thread */
    plan_add_need(&plan, 1000, UINT64_C(86400) * 100000); /* 400,000 */
    assert_int_equal(plan.needs[0].threads, 1);
    assert_int_equal(plan.needs[0].memory_bytes, 11000000 + 40 * 900 * 100);
    assert_int_equal(plan.needs[1].threads, 2);
    assert_int_equal(plan.needs[2].threads, 0);
}

static void a_directory_is_named_after_day_and_processor(void **state)
{
    (void)state;
    struct machine machine = {.time = 1706745600};
    char name[64];
    snprintf(machine.cpu, sizeof(machine.cpu), "Intel(R) Xeon(R) Gold 6348 CPU @ 2.60GHz");
    machine_name(&machine, name, sizeof(name));
    assert_string_equal(name, "2024-02-01-intel-xeon-gold-6348-cpu");
    snprintf(machine.cpu, sizeof(machine.cpu), "../Core(TM) i7");
    machine_name(&machine, name, sizeof(name));
    assert_string_equal(name, "2024-02-01-core-i7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(what_is_no_result_is_refused),
        cmocka_unit_test(a_plan_says_how_many_threads_and_how_much_memory),
        cmocka_unit_test(a_directory_is_named_after_day_and_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
