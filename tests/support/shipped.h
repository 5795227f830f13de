/*
 * The shipped rules, for a group of tests: `shipped_create` and `shipped_destroy` are its set-up
 * and tear-down.
 */
#pragma once

#include "rules/ruleset.h"
#include "tests/support/check.h"

static struct ruleset *shipped_ruleset;

static int shipped_create(void **state)
{
    (void)state;
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    const enum status status = ruleset_create(&shipped_ruleset, NULL, &diagnostics);
    diagnostics_deinit(&diagnostics);
    return status == STATUS_OK ? 0 : -1;
}

static int shipped_destroy(void **state)
{
    (void)state;
    ruleset_destroy(shipped_ruleset);
    return 0;
}
