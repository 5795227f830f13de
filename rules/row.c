#include "rules/row.h"

/* A part of an expression: the places that it can begin and end at. None: it is made of `not`. */
struct part {
    uint64_t first, last;
};

struct reader {
    struct correlation_row *row;
    const struct diagnosis *diagnosis;
    const struct node *node;
    const struct expression **forbidden; /* behind each outer `not` */
    size_t forbidden_count;
    bool has_failed;
};

void row_of_all(struct correlation_row *row, unsigned sources_count)
{
    *row = (struct correlation_row){
        .places_count = sources_count, .first = 1, .last = UINT64_C(1) << (sources_count - 1)};
    for (unsigned i = 0; i < sources_count; i++) {
        row->places[i].source = (uint8_t)i;
        row->places[i].before = i > 0 ? UINT64_C(1) << (i - 1) : 0;
    }
}

static void fail(struct reader *reader, enum rule_code code, const char *text)
{
    if (!reader->has_failed)
        diagnosis_add(reader->diagnosis, code, reader->node, "%s", text);
    reader->has_failed = true;
}

static struct part place_add(struct reader *reader, unsigned source)
{
    struct correlation_row *const row = reader->row;
    if (row->places_count == CORRELATION_SOURCES_MAX) {
        fail(reader, RULE_TOO_MANY_PARTS, "a condition in order names at most 64 rules");
        return (struct part){0};
    }
    const uint64_t place = UINT64_C(1) << row->places_count;
    row->places[row->places_count++].source = (uint8_t)source;
    return (struct part){.first = place, .last = place};
}

static struct part part_follow(struct correlation_row *row, struct part left, struct part right)
{
    if (left.first == 0 || right.first == 0)
        return left.first == 0 ? right : left;
    for (uint64_t open = right.first; open != 0; open &= open - 1)
        row->places[__builtin_ctzll(open)].before |= left.last;
    return (struct part){.first = left.first, .last = right.last};
}

/* `is_outer`: nothing but `and` stands around it. */
static struct part part_read(struct reader *reader, const struct expression *expression,
                             bool is_outer)
{
    struct part whole = {0};
    switch (expression->kind) {
    case EXPRESSION_PREDICATE:
        return place_add(reader, expression->bit);
    case EXPRESSION_AND:
        for (size_t i = 0; i < expression->children_count; i++)
            whole = part_follow(reader->row, whole,
                                part_read(reader, expression->children[i], is_outer));
        return whole;
    case EXPRESSION_OR:
        for (size_t i = 0; i < expression->children_count; i++) {
            const struct part one = part_read(reader, expression->children[i], false);
            whole.first |= one.first;
            whole.last |= one.last;
        }
        return whole;
    case EXPRESSION_NOT:
        if (is_outer)
            reader->forbidden[reader->forbidden_count++] = expression->children[0];
        else
            fail(reader, RULE_CORRELATION_UNSUPPORTED,
                 "in `temporal_ordered`, `not` stands beside what is joined by the outermost "
                 "`and`, such as `a and b and not c`");
        return whole;
    }
    return whole;
}

static size_t nots_count(const struct expression *expression)
{
    size_t count = expression->kind == EXPRESSION_NOT;
    for (size_t i = 0; expression->kind == EXPRESSION_AND && i < expression->children_count; i++)
        count += nots_count(expression->children[i]);
    return count;
}

enum status row_read(struct correlation_row *row, struct arena *arena,
                     const struct diagnosis *diagnosis, const struct node *node,
                     const struct expression *expression)
{
    struct reader reader = {.row = row, .diagnosis = diagnosis, .node = node};
    reader.forbidden = arena_take(arena, nots_count(expression), sizeof(*reader.forbidden));
    if (reader.forbidden == NULL)
        return STATUS_NO_MEMORY;
    *row = (struct correlation_row){0};
    const struct part whole = part_read(&reader, expression, true);
    if (whole.first == 0)
        fail(&reader, RULE_CORRELATION_UNSUPPORTED,
             "`temporal_ordered` needs a rule that is not behind `not`");
    if (reader.has_failed)
        return STATUS_CONFIG;
    row->first = whole.first;
    row->last = whole.last;
    if (reader.forbidden_count == 0)
        return STATUS_OK;
    row->forbidden =
        expression_join(arena, EXPRESSION_OR, reader.forbidden, reader.forbidden_count);
    return row->forbidden != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}
