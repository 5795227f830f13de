#include "rules/condition.h"

#include <stdlib.h>
#include <string.h>

#include "rules/aggregation.h"

/* ---- words -------------------------------------------------------------------------------- */

enum token_kind {
    TOKEN_END,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_WORD, /* an identifier, a pattern or a quantifier */
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_OF,
    TOKEN_PIPE,
    TOKEN_OTHER, /* a byte that no condition holds */
};

struct token {
    enum token_kind kind;
    struct slice text;
    size_t offset;
};

/* One reading of one condition: the grammar
 *   or := and {"or" and}    and := not {"and" not}    not := "not" not | "(" or ")" | selector
 *   selector := ("1" | "any" | "all") "of" ("them" | pattern) | identifier
 * by recursive descent. After the first mistake in the grammar the rest is not judged. */
struct reader {
    const struct diagnosis *diagnosis;
    struct arena *arena;
    const struct node *node;
    struct identifiers *identifiers;
    struct token token; /* the next one */
    size_t depth;
    const struct expression **pending; /* operands of rows that have begun, a stack */
    size_t pending_count, pending_capacity;
    bool has_failed;  /* the grammar was left */
    bool has_mistake; /* told, but reading can go on */
    bool out_of_memory;
};

static const struct {
    const char *word;
    enum token_kind kind;
} operators[] = {{"and", TOKEN_AND}, {"or", TOKEN_OR}, {"not", TOKEN_NOT}, {"of", TOKEN_OF}};

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '_' || byte == '-' || byte == '*';
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void reader_classify_word(struct reader *reader, struct token *token)
{
    token->kind = TOKEN_WORD;
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        const struct slice word = slice_from_string(operators[i].word);
        if (!slice_equals_folded(token->text, word))
            continue;
        token->kind = operators[i].kind;
        if (!slice_equals(token->text, word))
            diagnosis_add_at(reader->diagnosis, RULE_OPERATOR_CASE, reader->node, token->offset,
                             "write `%s` in lower case; other Sigma tools refuse `%s`",
                             operators[i].word, shown_slice(token->text).text);
    }
}

static void reader_advance(struct reader *reader)
{
    const struct slice text = reader->node->text;
    size_t at = reader->token.offset + reader->token.text.bytes;
    while (at < text.bytes && is_blank(text.start[at]))
        at++;
    struct token token = {.kind = TOKEN_END, .text = slice_of(text.start + at, 0), .offset = at};
    if (at < text.bytes) {
        token.text.bytes = 1;
        switch (text.start[at]) {
        case '(':
            token.kind = TOKEN_OPEN;
            break;
        case ')':
            token.kind = TOKEN_CLOSE;
            break;
        case '|':
            token.kind = TOKEN_PIPE;
            break;
        default:
            token.kind = TOKEN_OTHER;
        }
        while (is_word_byte(text.start[at]) && at < text.bytes)
            at++;
        if (at > token.offset) {
            token.text.bytes = at - token.offset;
            reader_classify_word(reader, &token);
        }
    }
    reader->token = token;
}

/* ---- identifiers -------------------------------------------------------------------------- */

/* `pattern` with `*` for any run of bytes, against the whole name. */
static bool pattern_matches(struct slice pattern, struct slice name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, resume = 0;
    while (n < name.bytes) {
        if (p < pattern.bytes && pattern.start[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.bytes && pattern.start[p] == name.start[n]) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.bytes && pattern.start[p] == '*')
        p++;
    return p == pattern.bytes;
}

static const char *nearest_identifier(const struct identifiers *identifiers, struct slice word)
{
    const char **const known = calloc(identifiers->count + 1, sizeof(*known));
    if (known == NULL)
        return NULL;
    for (size_t i = 0; i < identifiers->count; i++)
        known[i] = identifiers->items[i].name->text.start;
    const char *const nearest = nearest_word(word, known);
    free(known);
    return nearest;
}

static const struct expression *reader_mistake(struct reader *reader)
{
    reader->has_mistake = true;
    return NULL;
}

static const struct expression *reader_identifier(struct reader *reader, struct token token)
{
    for (size_t i = 0; i < reader->identifiers->count; i++) {
        struct identifier *const identifier = &reader->identifiers->items[i];
        if (slice_equals(identifier->name->text, token.text)) {
            identifier->is_used = true;
            return identifier->expression != NULL ? identifier->expression : reader_mistake(reader);
        }
    }
    const char *const nearest = nearest_identifier(reader->identifiers, token.text);
    diagnosis_add_at(reader->diagnosis, RULE_IDENTIFIER_UNDEFINED, reader->node, token.offset,
                     "`%s` is not defined in this detection%s%s%s", shown_slice(token.text).text,
                     nearest != NULL ? "; did you mean `" : "", nearest != NULL ? nearest : "",
                     nearest != NULL ? "`?" : "");
    return reader_mistake(reader);
}

struct expression *expression_join(struct arena *arena, enum expression_kind kind,
                                   const struct expression **children, size_t count)
{
    struct expression *const expression = arena_take(arena, 1, sizeof(*expression));
    if (expression != NULL)
        *expression =
            (struct expression){.kind = kind, .children = children, .children_count = count};
    return expression;
}

const struct expression *expression_labelled(struct arena *arena, const char *label,
                                             const struct expression *expression)
{
    const struct expression **const children = arena_take(arena, 1, sizeof(*children));
    if (children == NULL || label == NULL)
        return NULL;
    children[0] = expression;
    struct expression *const labelled = expression_join(arena, EXPRESSION_AND, children, 1);
    if (labelled != NULL)
        labelled->label = label;
    return labelled;
}

/* The identifiers that `pattern` stands for, joined by `kind`. A name that begins with `_` is left
 * out unless the pattern does too. */
static const struct expression *reader_selection(struct reader *reader, struct token pattern,
                                                 enum expression_kind kind)
{
    const bool is_them = slice_equals(pattern.text, SLICE("them"));
    const struct identifiers *const identifiers = reader->identifiers;
    const struct expression **const children =
        arena_take(reader->arena, identifiers->count, sizeof(*children));
    if (children == NULL) {
        reader->out_of_memory = true;
        return NULL;
    }
    size_t count = 0, found = 0;
    for (size_t i = 0; i < identifiers->count; i++) {
        struct identifier *const identifier = &identifiers->items[i];
        const struct slice name = identifier->name->text;
        if (name.bytes > 0 && name.start[0] == '_' && pattern.text.start[0] != '_')
            continue;
        if (!is_them && !pattern_matches(pattern.text, name))
            continue;
        identifier->is_used = true;
        found++;
        if (identifier->expression != NULL)
            children[count++] = identifier->expression;
    }
    if (found == 0)
        diagnosis_add_at(reader->diagnosis, RULE_PATTERN_MATCHES_NONE, reader->node, pattern.offset,
                         "`%s` matches no search identifier of this detection",
                         shown_slice(pattern.text).text);
    if (count == 0 || count < found)
        return reader_mistake(reader);
    struct expression *const joined = expression_join(reader->arena, kind, children, count);
    if (joined == NULL)
        reader->out_of_memory = true;
    return joined;
}

/* ---- grammar ------------------------------------------------------------------------------ */

static const struct expression *reader_fail(struct reader *reader, enum rule_code code,
                                            size_t offset, const char *text)
{
    if (!reader->has_failed)
        diagnosis_add_at(reader->diagnosis, code, reader->node, offset, "%s", text);
    reader->has_failed = true;
    return NULL;
}

static const struct expression *reader_pipe(struct reader *reader)
{
    char advice[AGGREGATION_TEXT_BYTES];
    const size_t offset = reader->token.offset;
    const struct slice text = slice_from(reader->node->text, offset);
    aggregation_advice(slice_from(text, 1), reader->identifiers->timeframe, advice);
    diagnosis_add_at(reader->diagnosis, RULE_PIPE_REMOVED, reader->node, offset,
                     "`%s` is no longer part of Sigma: %s", shown_slice(text).text, advice);
    reader->has_failed = true;
    return NULL;
}

static const struct expression *reader_unexpected(struct reader *reader)
{
    const struct token token = reader->token;
    if (reader->has_failed)
        return NULL;
    switch (token.kind) {
    case TOKEN_PIPE:
        return reader_pipe(reader);
    case TOKEN_END:
        return reader_fail(reader, RULE_CONDITION_SYNTAX, token.offset,
                           "the condition ends where a search identifier should follow");
    case TOKEN_CLOSE:
        return reader_fail(reader, RULE_CONDITION_PARENTHESIS, token.offset,
                           "`)` without its `(`, or nothing between the two");
    default:
        break;
    }
    diagnosis_add_at(reader->diagnosis, RULE_CONDITION_SYNTAX, reader->node, token.offset,
                     "`%s` cannot stand here", shown_slice(token.text).text);
    reader->has_failed = true;
    return NULL;
}

static const struct expression *reader_or(struct reader *reader);

static bool is_quantifier(struct slice word, enum expression_kind *kind)
{
    *kind = slice_equals_folded(word, SLICE("all")) ? EXPRESSION_AND : EXPRESSION_OR;
    return *kind == EXPRESSION_AND || slice_equals(word, SLICE("1")) ||
           slice_equals_folded(word, SLICE("any"));
}

static bool is_number(struct slice word)
{
    for (size_t i = 0; i < word.bytes; i++) {
        if ((unsigned char)(word.start[i] - '0') > 9)
            return false;
    }
    return word.bytes > 0;
}

static const struct expression *reader_selector(struct reader *reader)
{
    const struct token first = reader->token;
    reader_advance(reader);
    if (reader->token.kind != TOKEN_OF) {
        if (slice_find(first.text, '*') < first.text.bytes)
            return reader_fail(reader, RULE_CONDITION_SYNTAX, first.offset,
                               "a pattern needs `1 of` or `all of` before it");
        return reader_identifier(reader, first);
    }
    enum expression_kind kind;
    if (!is_quantifier(first.text, &kind))
        return reader_fail(reader, RULE_CONDITION_SYNTAX, first.offset,
                           is_number(first.text) ? "only `1 of`, `any of` and `all of` exist"
                                                 : "`1`, `any` or `all` must stand before `of`");
    reader_advance(reader);
    if (reader->token.kind != TOKEN_WORD)
        return reader_unexpected(reader);
    const struct token pattern = reader->token;
    reader_advance(reader);
    return reader_selection(reader, pattern, kind);
}

static const struct expression *reader_group(struct reader *reader)
{
    const size_t offset = reader->token.offset;
    reader_advance(reader);
    const struct expression *const inner = reader_or(reader);
    if (reader->has_failed)
        return NULL;
    if (reader->token.kind == TOKEN_END)
        return reader_fail(reader, RULE_CONDITION_PARENTHESIS, offset, "`(` without its `)`");
    if (reader->token.kind != TOKEN_CLOSE)
        return reader_unexpected(reader);
    reader_advance(reader);
    return inner;
}

static void reader_push(struct reader *reader, const struct expression *expression)
{
    if (reader->pending_count == reader->pending_capacity) {
        const size_t capacity = 2 * reader->pending_capacity + 16;
        const struct expression **const pending =
            reallocarray(reader->pending, capacity, sizeof(*pending));
        if (pending == NULL) {
            reader->out_of_memory = true;
            reader->has_failed = true;
            return;
        }
        reader->pending = pending;
        reader->pending_capacity = capacity;
    }
    reader->pending[reader->pending_count++] = expression;
}

/* The operands of a row that wait on the stack from `first` on, as one expression. */
static const struct expression *reader_join(struct reader *reader, enum expression_kind kind,
                                            size_t first)
{
    const size_t count = reader->pending_count - first;
    const struct expression **const children = arena_take(reader->arena, count, sizeof(*children));
    struct expression *const joined =
        children != NULL ? expression_join(reader->arena, kind, children, count) : NULL;
    if (joined == NULL) {
        reader->out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        children[i] = reader->pending[first + i];
    return joined;
}

/* `not` of what follows. */
static const struct expression *reader_negation(struct reader *reader,
                                                const struct expression *child)
{
    if (child == NULL)
        return NULL;
    const size_t pending_before = reader->pending_count;
    reader_push(reader, child);
    const struct expression *const joined =
        reader->has_failed ? NULL : reader_join(reader, EXPRESSION_NOT, pending_before);
    reader->pending_count = pending_before;
    return joined;
}

static const struct expression *reader_not(struct reader *reader)
{
    if (reader->depth == CONDITION_DEPTH_MAX)
        return reader_fail(reader, RULE_CONDITION_TOO_LARGE, reader->token.offset,
                           "more than 64 levels of `not` and parentheses");
    reader->depth++;
    const struct expression *expression = NULL;
    switch (reader->token.kind) {
    case TOKEN_NOT:
        reader_advance(reader);
        expression = reader_negation(reader, reader_not(reader));
        break;
    case TOKEN_OPEN:
        expression = reader_group(reader);
        break;
    case TOKEN_WORD:
        expression = reader_selector(reader);
        break;
    default:
        reader_unexpected(reader);
    }
    reader->depth--;
    return expression;
}

/* A row of operands with one operator between them; `operand` reads one. */
static const struct expression *
reader_row(struct reader *reader, enum token_kind between, enum expression_kind kind,
           const struct expression *(*operand)(struct reader *reader))
{
    const size_t pending_before = reader->pending_count;
    const struct expression *expression = operand(reader);
    if (reader->has_failed || reader->token.kind != between)
        return expression;
    bool has_all = expression != NULL;
    reader_push(reader, expression);
    while (!reader->has_failed && reader->token.kind == between) {
        reader_advance(reader);
        expression = operand(reader);
        has_all &= expression != NULL;
        reader_push(reader, expression);
    }
    expression = has_all && !reader->has_failed ? reader_join(reader, kind, pending_before) : NULL;
    reader->pending_count = pending_before;
    return expression;
}

static const struct expression *reader_and(struct reader *reader)
{
    return reader_row(reader, TOKEN_AND, EXPRESSION_AND, reader_not);
}

static const struct expression *reader_or(struct reader *reader)
{
    return reader_row(reader, TOKEN_OR, EXPRESSION_OR, reader_and);
}

static const struct expression *condition_read_text(struct reader *reader, const struct node *node)
{
    reader->node = node;
    reader->token = (struct token){0};
    reader->depth = 0;
    reader->has_failed = false;
    reader_advance(reader);
    const struct expression *const expression = reader_or(reader);
    if (!reader->has_failed && reader->token.kind != TOKEN_END)
        reader_unexpected(reader);
    return reader->has_failed || reader->has_mistake ? NULL : expression;
}

static bool node_is_text(const struct node *node)
{
    return node->kind == NODE_SCALAR && slice_trim(node->text).bytes > 0 && !node_is_null(node);
}

const struct expression *condition_read(const struct diagnosis *diagnosis, struct arena *arena,
                                        const struct node *node, struct identifiers *identifiers,
                                        bool *out_of_memory)
{
    struct reader reader = {.diagnosis = diagnosis, .arena = arena, .identifiers = identifiers};
    const bool is_list = node->kind == NODE_SEQUENCE && node->count > 0;
    const size_t count = is_list ? node->count : 1;
    const struct expression **const children = arena_take(arena, count, sizeof(*children));
    if (children == NULL) {
        *out_of_memory = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const struct node *const item = is_list ? node->items[i] : node;
        if (!node_is_text(item)) {
            diagnosis_add(diagnosis, RULE_CONDITION_SHAPE, item,
                          "a condition is text such as `selection and not filter`");
            reader.has_mistake = true;
            continue;
        }
        children[i] = condition_read_text(&reader, item);
        reader.has_mistake |= reader.has_failed;
    }
    free(reader.pending);
    *out_of_memory |= reader.out_of_memory;
    if (reader.has_mistake || reader.out_of_memory)
        return NULL;
    if (count == 1)
        return children[0];
    const struct expression *const joined = expression_join(arena, EXPRESSION_OR, children, count);
    *out_of_memory |= joined == NULL;
    return joined;
}

/* ---- expressions ------------------------------------------------------------------------- */

bool expression_holds(const struct expression *expression, uint64_t bits)
{
    if (expression->kind == EXPRESSION_PREDICATE)
        return (bits >> expression->bit & 1) != 0;
    if (expression->kind == EXPRESSION_NOT)
        return !expression_holds(expression->children[0], bits);
    const bool decisive = expression->kind == EXPRESSION_OR;
    for (size_t i = 0; i < expression->children_count; i++) {
        if (expression_holds(expression->children[i], bits) == decisive)
            return decisive;
    }
    return !decisive;
}

bool expression_has_not(const struct expression *expression)
{
    bool has_not = expression->kind == EXPRESSION_NOT;
    for (size_t i = 0; i < expression->children_count && !has_not; i++)
        has_not = expression_has_not(expression->children[i]);
    return has_not;
}

/* ---- program ------------------------------------------------------------------------------ */

struct writer {
    struct program *program;
    size_t capacity;
    enum status status;
};

static uint16_t writer_step(struct writer *writer, struct step step)
{
    struct program *const program = writer->program;
    if (program->steps_count == PROGRAM_STEPS_MAX) {
        writer->status = STATUS_CONFIG;
        return PROGRAM_REJECT;
    }
    if (program->steps_count == writer->capacity) {
        const size_t capacity = writer->capacity == 0 ? 16 : 2 * writer->capacity;
        struct step *const steps = reallocarray(program->steps, capacity, sizeof(*steps));
        if (steps == NULL) {
            writer->status = STATUS_NO_MEMORY;
            return PROGRAM_REJECT;
        }
        program->steps = steps;
        writer->capacity = capacity;
    }
    program->steps[program->steps_count] = step;
    return (uint16_t)program->steps_count++;
}

/* Writes the steps that decide `expression` and go on to `if_true` or `if_false`; gives the one to
 * begin with. Written from the end, so both ways on are always known. */
static uint16_t writer_expression(struct writer *writer, const struct expression *expression,
                                  uint16_t if_true, uint16_t if_false)
{
    uint16_t entry;
    switch (expression->kind) {
    case EXPRESSION_NOT:
        return writer_expression(writer, expression->children[0], if_false, if_true);
    case EXPRESSION_AND:
        entry = if_true;
        for (size_t i = expression->children_count; i-- > 0 && writer->status == STATUS_OK;)
            entry = writer_expression(writer, expression->children[i], entry, if_false);
        return entry;
    case EXPRESSION_OR:
        entry = if_false;
        for (size_t i = expression->children_count; i-- > 0 && writer->status == STATUS_OK;)
            entry = writer_expression(writer, expression->children[i], if_true, entry);
        return entry;
    case EXPRESSION_PREDICATE:
        break;
    }
    return writer_step(writer, (struct step){
                                   .bit = (uint16_t)expression->bit,
                                   .field = (uint16_t)expression->field,
                                   .if_true = if_true,
                                   .if_false = if_false,
                               });
}

enum status program_create(struct program *program, const struct expression *expression)
{
    *program = (struct program){0};
    struct writer writer = {.program = program};
    (void)writer_expression(&writer, expression, PROGRAM_ACCEPT, PROGRAM_REJECT);
    if (writer.status != STATUS_OK)
        program_destroy(program);
    return writer.status;
}

void program_destroy(struct program *program)
{
    free(program->steps);
    *program = (struct program){0};
}
