/*
 * Any text as a condition: it is refused with a message, or the program that is made of it comes to
 * what the expression means, for every choice of identifiers that hold.
 */
#include <assert.h>
#include <stdlib.h>

#include "rules/condition.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count);

enum { IDENTIFIERS = 6, TEXT_BYTES_MAX = 4096 };

static const struct node names[IDENTIFIERS] = {
    {.text = {"a", 1}},     {.text = {"b", 1}},  {.text = {"sel_1", 5}},
    {.text = {"sel_2", 5}}, {.text = {"_x", 2}}, {.text = {"not-me", 6}},
};

static bool program_holds(const struct program *program, uint64_t bits)
{
    size_t at = program->steps_count - 1;
    while (at < PROGRAM_REJECT) {
        const struct step *const step = &program->steps[at];
        const size_t next = (bits >> step->bit & 1) != 0 ? step->if_true : step->if_false;
        assert(next < at || next >= PROGRAM_REJECT);
        at = next;
    }
    return at == PROGRAM_ACCEPT;
}

static void check_program(const struct expression *expression)
{
    struct program program;
    if (program_create(&program, expression) != STATUS_OK)
        return;
    for (uint64_t bits = 0; bits < UINT64_C(1) << IDENTIFIERS; bits++) {
        const bool holds = expression_holds(expression, bits);
        assert(program_holds(&program, bits) == holds);
        /* Without `not`, more that holds ends nothing. */
        for (unsigned i = 0; holds && !expression_has_not(expression) && i < IDENTIFIERS; i++)
            assert(expression_holds(expression, bits | UINT64_C(1) << i));
    }
    program_destroy(&program);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t bytes_count)
{
    if (bytes_count > TEXT_BYTES_MAX)
        return 0;
    struct diagnostics diagnostics;
    struct arena arena;
    struct identifier items[IDENTIFIERS];
    diagnostics_init(&diagnostics);
    arena_init(&arena);
    for (unsigned i = 0; i < IDENTIFIERS; i++) {
        struct expression *const one = expression_join(&arena, EXPRESSION_PREDICATE, NULL, 0);
        if (one == NULL)
            abort();
        one->bit = i;
        items[i] = (struct identifier){.name = &names[i], .expression = one};
    }
    const char *const text =
        arena_copy(&arena, slice_of((const char *)bytes, bytes_count)); /* closed by a zero */
    if (text == NULL)
        abort();
    struct identifiers identifiers = {.items = items, .count = IDENTIFIERS};
    const struct node node = {.line = 1, .column = 1, .text = slice_of(text, bytes_count)};
    const struct diagnosis diagnosis = {.diagnostics = &diagnostics, .path = "fuzz.yml"};
    bool out_of_memory = false;
    const struct expression *const expression =
        condition_read(&diagnosis, &arena, &node, &identifiers, &out_of_memory);
    assert(!out_of_memory && (expression == NULL) == (diagnostics.errors_count > 0));
    if (expression != NULL)
        check_program(expression);
    arena_deinit(&arena);
    diagnostics_deinit(&diagnostics);
    return 0;
}
