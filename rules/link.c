#include "rules/link.h"

#include <stdlib.h>

#include "rules/correlation.h"
#include "rules/row.h"
#include "rules/window_key.h"

enum link_state { LINK_OPEN, LINK_BEGUN, LINK_DONE };

/* One correlation on its way. */
struct link {
    struct rule_document *document;
    struct correlation_draft draft;
    enum link_state state;
    bool is_good; /* no mistake so far */
    bool knows_sources;
    struct rule_document *sources[CORRELATION_SOURCES_MAX];
    unsigned sources_count;
    const struct node *parts[CORRELATION_PARTS_MAX];
    unsigned parts_count;
    const struct node *counted[CORRELATION_COUNTED_MAX];
    unsigned counted_count;
};

struct linker {
    struct compilation *compilation;
    struct link *links;
    size_t links_count;
    enum status status; /* of what is no mistake */
};

#define COMPLAIN(link, code, node, ...)                                                            \
    ((link)->is_good = false, diagnosis_add(&(link)->document->diagnosis, code, node, __VA_ARGS__))

static const struct diagnosis *link_diagnosis(const struct link *link)
{
    return &link->document->diagnosis;
}

static void linker_fail(struct linker *linker, struct link *link, enum status status)
{
    if (status != STATUS_CONFIG)
        linker->status = status;
    link->is_good = false;
}

/* ---- sources -------------------------------------------------------------------------------- */

static void link_visit(struct linker *linker, struct link *link, unsigned depth);

static unsigned source_position(const struct link *link, const struct rule_document *document)
{
    unsigned at = 0;
    while (at < link->sources_count && link->sources[at] != document)
        at++;
    return at;
}

/* A correlation is a good source when it is linked already, or can be now. */
static void inner_visit(struct linker *linker, struct link *link, struct link *inner,
                        const struct node *node, struct slice word, unsigned depth)
{
    if (inner->state == LINK_BEGUN)
        COMPLAIN(link, RULE_CORRELATION_CYCLE, node, "`%s` counts itself, directly or over others",
                 shown_slice(word).text);
    else if (depth == LINK_DEPTH_MAX)
        COMPLAIN(link, RULE_TOO_MANY_PARTS, node, "correlations of correlations go at most %d deep",
                 LINK_DEPTH_MAX);
    else
        link_visit(linker, inner, depth + 1);
    link->is_good &= inner->is_good;
}

static void source_add(struct linker *linker, struct link *link, const struct node *node,
                       size_t offset, struct slice word, unsigned depth)
{
    struct compilation *const compilation = linker->compilation;
    struct rule_document *const document = compilation_find(compilation, word);
    if (document == NULL) {
        linker_fail(linker, link,
                    compilation_miss(compilation, link_diagnosis(link), node, offset, word));
        return;
    }
    if (document->body == BODY_DETECTOR || document->body == BODY_FILTER) {
        COMPLAIN(link, RULE_REFERENCE_CORRELATION, node,
                 "`%s` is a %s; a correlation counts rules and plain correlations",
                 shown_slice(word).text, document->body == BODY_FILTER ? "filter" : "detector");
        return;
    }
    if (source_position(link, document) < link->sources_count) {
        if (link->draft.rules != NULL) /* an expression may name it again */
            diagnosis_add(link_diagnosis(link), RULE_REFERENCE_TWICE, node,
                          "`%s` is named twice; an event counts once", shown_slice(word).text);
        return;
    }
    if (link->sources_count == CORRELATION_SOURCES_MAX) {
        COMPLAIN(link, RULE_TOO_MANY_PARTS, node, "a correlation counts at most %d rules",
                 CORRELATION_SOURCES_MAX);
        return;
    }
    if (document->body == BODY_CORRELATION)
        inner_visit(linker, link, &linker->links[document->link_index], node, word, depth);
    else
        link->is_good &= document->has_index; /* its own mistakes have been told */
    link->sources[link->sources_count++] = document;
}

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '_' || byte == '-';
}

/* The next name in an expression, from `*at` on; empty: there is none. */
static struct slice expression_name(struct slice text, size_t *at)
{
    while (*at < text.bytes) {
        if (!is_word_byte(text.start[*at])) {
            (*at)++;
            continue;
        }
        const size_t begin = *at;
        while (*at < text.bytes && is_word_byte(text.start[*at]))
            (*at)++;
        const struct slice word = slice_of(text.start + begin, *at - begin);
        if (!slice_equals_folded(word, SLICE("and")) && !slice_equals_folded(word, SLICE("or")) &&
            !slice_equals_folded(word, SLICE("not")))
            return word;
    }
    return slice_of(text.start + text.bytes, 0);
}

static void sources_read(struct linker *linker, struct link *link, unsigned depth)
{
    const struct correlation_draft *const draft = &link->draft;
    if (draft->rules == NULL && draft->expression == NULL) {
        COMPLAIN(link, RULE_CORRELATION_RULES, draft->block,
                 "the correlation needs `rules`: a list of names or ids of rules");
        return;
    }
    for (size_t i = 0; i < node_items_count(draft->rules); i++) {
        const struct node *const node = node_item(draft->rules, i);
        if (node->kind == NODE_SCALAR)
            source_add(linker, link, node, 0, node->text, depth);
    }
    if (draft->rules != NULL)
        return;
    const struct slice text = draft->expression->text;
    size_t at = 0;
    for (struct slice word = expression_name(text, &at); word.bytes > 0;
         word = expression_name(text, &at))
        source_add(linker, link, draft->expression, (size_t)(word.start - text.start), word, depth);
}

/* ---- names of fields ------------------------------------------------------------------------ */

/* The name of the field that stands for `name` in events of a source: that of the alias, else the
 * name itself. NULL after a mistake. */
static const struct node *name_of_source(struct link *link, const struct node *name,
                                         const struct rule_document *source)
{
    const struct node *const alias = node_get(link->draft.aliases, name->text.start);
    if (alias == NULL)
        return name;
    for (size_t i = 0; alias->kind == NODE_MAPPING && i < alias->count; i++) {
        if (document_is_called(source, node_key(alias, i)->text))
            return node_value(alias, i);
    }
    COMPLAIN(link, RULE_ALIAS, alias, "the alias `%s` does not say which field of `%s` it is",
             shown_node(name).text, shown_slice(rule_header_handle(&source->header)).text);
    return NULL;
}

/* A place among the draws; DRAWS_MAX after a mistake. */
static unsigned draw_take(struct linker *linker, struct link *link, const struct node *name,
                          struct draw draw)
{
    struct ruleset *const ruleset = linker->compilation->ruleset;
    for (unsigned i = 0; i < ruleset->draws_count; i++) {
        if (ruleset->draws[i].field == draw.field && ruleset->draws[i].is_number == draw.is_number)
            return i;
    }
    if (ruleset->draws_count == DRAWS_MAX) {
        COMPLAIN(link, RULE_TOO_MANY_PARTS, name,
                 "correlations group by and count at most %d fields over all rules", DRAWS_MAX);
        return DRAWS_MAX;
    }
    ruleset->draws[ruleset->draws_count] = draw;
    return (unsigned)ruleset->draws_count++;
}

/* Of a rule's events: a draw. */
static bool rule_locate(struct linker *linker, struct link *link, const struct node *name,
                        const struct rule_document *source, bool is_number, uint16_t *place)
{
    struct compilation *const compilation = linker->compilation;
    struct item_scope scope = compilation_scope(compilation, source);
    scope.diagnosis = link_diagnosis(link);
    struct draw draw = {.is_number = is_number};
    if (!item_field(&scope, name, name->text, &draw.field)) {
        linker_fail(linker, link, scope.status);
        return false;
    }
    const unsigned index = draw_take(linker, link, name, draw);
    if (index == DRAWS_MAX || !source->has_index)
        return false;
    compilation->ruleset->rules[source->rule_index].draws[index / 64] |= UINT64_C(1)
                                                                         << (index % 64);
    *place = (uint16_t)index;
    return true;
}

/* Of a correlation: a part of its key, which is all that is the same for what it has counted. */
static bool inner_locate(struct linker *linker, struct link *link, const struct node *name,
                         const struct rule_document *source, uint16_t *place)
{
    const struct link *const inner = &linker->links[source->link_index];
    for (unsigned i = 0; i < inner->parts_count; i++) {
        if (slice_equals(inner->parts[i]->text, name->text)) {
            *place = (uint16_t)i;
            return true;
        }
    }
    COMPLAIN(link, RULE_KEY_OF_INNER, name,
             "`%s` carries nothing but what it groups by, and `%s` is not among that",
             shown_slice(rule_header_handle(&source->header)).text, shown_node(name).text);
    return false;
}

static bool name_locate(struct linker *linker, struct link *link, const struct node *name,
                        const struct rule_document *source, bool is_number, uint16_t *place)
{
    const struct node *const field = name_of_source(link, name, source);
    if (field == NULL)
        return false;
    if (field->kind != NODE_SCALAR || node_is_null(field)) {
        COMPLAIN(link, RULE_ALIAS, field, "the name of a field stands here, not %s",
                 shown_node(field).text);
        return false;
    }
    return source->body == BODY_CORRELATION
               ? inner_locate(linker, link, field, source, place)
               : rule_locate(linker, link, field, source, is_number, place);
}

/* ---- lists of fields ------------------------------------------------------------------------ */

static void names_take(struct link *link, const struct node *list, const struct node **names,
                       unsigned *count, unsigned max)
{
    for (size_t i = 0; i < node_items_count(list); i++) {
        const struct node *const name = node_item(list, i);
        if (name->kind != NODE_SCALAR)
            continue; /* told */
        for (unsigned j = 0; j < *count; j++) {
            if (slice_equals(names[j]->text, name->text)) {
                COMPLAIN(link, RULE_KEY_FIELD, name, "`%s` stands twice in one key",
                         shown_node(name).text);
                return;
            }
        }
        if (*count == max) {
            COMPLAIN(link, RULE_TOO_MANY_PARTS, name, "at most %u fields go together", max);
            return;
        }
        names[(*count)++] = name;
    }
}

static bool is_among(const struct node *name, const struct node *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (slice_equals(names[i]->text, name->text))
            return true;
    }
    return false;
}

/* True when the key decides the value of a field. */
static bool key_fixes(const struct link *link, const struct node *name)
{
    struct detector_key key = {0};
    for (unsigned i = 0; i < link->parts_count; i++) {
        const enum event_field field = field_by_name(link->parts[i]->text);
        if (field != FIELD_COUNT && key.fields_count < DETECTOR_KEY_FIELDS_MAX)
            key.fields[key.fields_count++] = field;
    }
    const enum event_field field = field_by_name(name->text);
    return is_among(name, link->parts, link->parts_count) ||
           (field != FIELD_COUNT && window_key_fixes(&key, field));
}

static void counted_check(struct link *link)
{
    if (link->draft.type != CORRELATION_VALUE_COUNT || link->counted_count == 0)
        return;
    for (unsigned i = 0; i < link->counted_count; i++) {
        if (!key_fixes(link, link->counted[i]))
            return;
    }
    COMPLAIN(link, RULE_COUNTED_IN_KEY, link->draft.counted,
             "`%s` is the same for all events of a key of `group-by`, so its count is always 1",
             shown_node(link->counted[0]).text);
}

/* Sprays go over hosts: those that are kept apart by the host that has logged them are cut up. */
static void logging_host_check(struct link *link)
{
    static const char *const hosts[] = {"Computer",
                                        "ComputerName",
                                        "computer_name",
                                        "host.name",
                                        "host.hostname",
                                        "hostname",
                                        "Hostname",
                                        "DestinationHostname",
                                        "destination.domain",
                                        "destination.ip",
                                        "dst_host",
                                        "winlog.computer_name",
                                        NULL};
    for (unsigned i = 0; i < link->parts_count; i++) {
        if (!node_is_among(link->parts[i], hosts))
            return;
    }
    if (link->parts_count > 0)
        diagnosis_add(link_diagnosis(link), RULE_KEY_OF_LOGGING_HOST, link->parts[0],
                      "`%s` is the host that has logged the sign-in, so what one source tries on "
                      "many hosts is never counted together; group by the source, too",
                      shown_node(link->parts[0]).text);
}

/* Which of the sources is called so; their number: none. */
static unsigned source_named(const struct link *link, struct slice word)
{
    unsigned at = 0;
    while (at < link->sources_count && !document_is_called(link->sources[at], word))
        at++;
    return at;
}

static void aliases_check(struct link *link)
{
    const struct node *const aliases = link->draft.aliases;
    for (size_t i = 0; aliases != NULL && aliases->kind == NODE_MAPPING && i < aliases->count;
         i++) {
        const struct node *const name = node_key(aliases, i);
        const struct node *const fields = node_value(aliases, i);
        if (fields->kind != NODE_MAPPING) {
            COMPLAIN(link, RULE_ALIAS, fields,
                     "an alias is a mapping of rules to fields, such as {rule_a: user.name}");
            continue;
        }
        for (size_t j = 0; j < fields->count; j++) {
            if (source_named(link, node_key(fields, j)->text) == link->sources_count)
                COMPLAIN(link, RULE_ALIAS, node_key(fields, j),
                         "`%s` is none of the correlation's rules",
                         shown_node(node_key(fields, j)).text);
        }
        if (link->is_good && !is_among(name, link->parts, link->parts_count) &&
            !is_among(name, link->counted, link->counted_count))
            diagnosis_add(link_diagnosis(link), RULE_ALIAS_UNUSED, name,
                          "the alias `%s` is not used in `group-by` or `field`",
                          shown_node(name).text);
    }
}

/* ---- expressions ---------------------------------------------------------------------------- */

/* With `rules` beside it, the expression names just those. */
static bool expression_names_check(struct link *link)
{
    const struct node *const node = link->draft.expression;
    uint64_t named = 0;
    size_t at = 0;
    for (struct slice word = expression_name(node->text, &at); word.bytes > 0;
         word = expression_name(node->text, &at)) {
        const unsigned position = source_named(link, word);
        if (position < link->sources_count) {
            named |= UINT64_C(1) << position;
            continue;
        }
        link->is_good = false;
        diagnosis_add_at(link_diagnosis(link), RULE_RULES_DIFFER, node,
                         (size_t)(word.start - node->text.start), "`%s` is not among `rules`",
                         shown_slice(word).text);
        return false;
    }
    for (unsigned i = 0; i < link->sources_count; i++) {
        if ((named >> i & 1) != 0)
            continue;
        COMPLAIN(link, RULE_RULES_DIFFER, node, "`%s` is among `rules`, but not in the condition",
                 shown_slice(rule_header_handle(&link->sources[i]->header)).text);
        return false;
    }
    return true;
}

static bool expression_is_plain(struct link *link)
{
    const struct node *const node = link->draft.expression;
    const size_t star = slice_find(node->text, '*');
    size_t at = 0;
    struct slice word = expression_name(node->text, &at);
    while (word.bytes > 0 && !slice_equals_folded(word, SLICE("of")))
        word = expression_name(node->text, &at);
    if (star == node->text.bytes && word.bytes == 0)
        return true;
    COMPLAIN(link, RULE_CONDITION_SYNTAX, node,
             "a correlation's condition joins names of rules by `and`, `or`, `not` and "
             "parentheses");
    return false;
}

static const struct expression *expression_link(struct linker *linker, struct link *link)
{
    struct arena *const arena = &linker->compilation->ruleset->arena;
    struct identifier items[CORRELATION_SOURCES_MAX];
    struct identifiers identifiers = {.items = items};
    for (unsigned i = 0; i < link->sources_count; i++) {
        const struct rule_header *const header = &link->sources[i]->header;
        struct expression *const source = expression_join(arena, EXPRESSION_PREDICATE, NULL, 0);
        if (source == NULL) {
            linker_fail(linker, link, STATUS_NO_MEMORY);
            return NULL;
        }
        source->bit = i;
        items[identifiers.count++] = (struct identifier){
            .name = header->name != NULL ? header->name : header->id, .expression = source};
    }
    bool out_of_memory = false;
    const struct expression *const expression = condition_read(
        link_diagnosis(link), arena, link->draft.expression, &identifiers, &out_of_memory);
    if (expression == NULL)
        linker_fail(linker, link, out_of_memory ? STATUS_NO_MEMORY : STATUS_CONFIG);
    return expression;
}

/* The order of a `temporal_ordered`, whose expression has been linked. */
static void row_link(struct linker *linker, struct link *link, struct correlation *correlation)
{
    struct arena *const arena = &linker->compilation->ruleset->arena;
    struct correlation_row *const row = arena_take(arena, 1, sizeof(*row));
    enum status status = row != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    if (status == STATUS_OK && correlation->expression != NULL)
        status = row_read(row, arena, link_diagnosis(link), link->draft.expression,
                          correlation->expression);
    else if (status == STATUS_OK)
        row_of_all(row, link->sources_count);
    if (status != STATUS_OK)
        linker_fail(linker, link, status);
    correlation->row = row;
}

static void expression_condition_link(struct linker *linker, struct link *link,
                                      struct correlation *correlation)
{
    if (!link->knows_sources || !expression_is_plain(link) ||
        (link->draft.rules != NULL && !expression_names_check(link)))
        return;
    correlation->expression = expression_link(linker, link);
    if (correlation->expression == NULL)
        return;
    correlation->is_judged_at_end = expression_has_not(correlation->expression);
    if (correlation->type == CORRELATION_TEMPORAL_ORDERED)
        row_link(linker, link, correlation);
}

static void condition_link(struct linker *linker, struct link *link,
                           struct correlation *correlation)
{
    const bool is_temporal = correlation->type == CORRELATION_TEMPORAL;
    const bool is_ordered = correlation->type == CORRELATION_TEMPORAL_ORDERED;
    struct correlation_bounds *const bounds = &correlation->bounds;
    if (link->draft.expression != NULL) {
        expression_condition_link(linker, link, correlation);
        return;
    }
    if ((is_temporal || is_ordered) && !link->draft.has_bounds)
        bounds->min = link->sources_count;
    if ((is_temporal || is_ordered) && bounds->min > (int64_t)link->sources_count)
        COMPLAIN(link, RULE_RANGE_EMPTY, node_get(link->draft.block, "condition"),
                 "there are no more than %u rules", link->sources_count);
    else if (is_ordered && (bounds->min < (int64_t)link->sources_count || bounds->has_neq))
        COMPLAIN(link, RULE_CORRELATION_UNSUPPORTED, node_get(link->draft.block, "condition"),
                 "`temporal_ordered` is about all of its rules; leave `condition` away, or write "
                 "one such as `a and (b or c)`");
    correlation->is_judged_at_end = !is_ordered && (bounds->max != INT64_MAX || bounds->has_neq);
    if (is_ordered)
        row_link(linker, link, correlation);
}

/* ---- one correlation ------------------------------------------------------------------------ */

static bool source_link(struct linker *linker, struct link *link, unsigned position,
                        struct correlation_source *source)
{
    struct ruleset *const ruleset = linker->compilation->ruleset;
    const struct rule_document *const document = link->sources[position];
    const bool is_number = correlation_has_numbers(link->draft.type);
    bool is_good = document->has_index;
    *source = (struct correlation_source){.is_correlation = document->body == BODY_CORRELATION,
                                          .index = (uint32_t)document->rule_index};
    for (unsigned i = 0; i < link->parts_count; i++)
        is_good &= name_locate(linker, link, link->parts[i], document, false, &source->parts[i]);
    for (unsigned i = 0; i < link->counted_count; i++)
        is_good &=
            name_locate(linker, link, link->counted[i], document, is_number, &source->counted[i]);
    if (!is_good)
        return false;
    if (source->is_correlation)
        ruleset->correlations[source->index].reports &= link->draft.generates;
    else {
        ruleset->rules[source->index].is_counted = true;
        ruleset->rules[source->index].reports &= link->draft.generates;
    }
    return true;
}

/* NULL: no memory. */
static const char *const *texts_copy(struct arena *arena, const struct node *const *nodes,
                                     unsigned count)
{
    const char **const texts = arena_take(arena, count, sizeof(*texts));
    for (unsigned i = 0; texts != NULL && i < count; i++) {
        texts[i] = arena_copy(arena, nodes[i]->text);
        if (texts[i] == NULL)
            return NULL;
    }
    return texts;
}

static bool names_keep(struct ruleset *ruleset, struct correlation *correlation,
                       const struct link *link)
{
    correlation->parts = texts_copy(&ruleset->arena, link->parts, link->parts_count);
    correlation->parts_count = link->parts_count;
    correlation->counted = texts_copy(&ruleset->arena, link->counted, link->counted_count);
    correlation->counted_count = link->counted_count;
    return correlation->parts != NULL && correlation->counted != NULL &&
           compilation_keep_head(ruleset, &correlation->head, link->document);
}

/* The authors of the correlation and of all that it counts, each once; with `is_given`, of given
 * documents alone. What it counts is linked already. */
static bool authors_keep(struct ruleset *ruleset, const struct link *link,
                         const struct correlation *correlation, bool is_given,
                         struct rule_texts *texts)
{
    size_t count_max = 1;
    for (unsigned i = 0; i < correlation->sources_count; i++) {
        const struct correlation_source *const source = &correlation->sources[i];
        count_max +=
            source->is_correlation ? ruleset->correlations[source->index].authors.count : 1;
    }
    const char **const authors = arena_take(&ruleset->arena, count_max, sizeof(*authors));
    if (authors == NULL)
        return false;
    size_t count = 0;
    if (!is_given || link->document->origin == ORIGIN_GIVEN)
        count = authors_add(authors, count, correlation->head.author);
    for (unsigned i = 0; i < correlation->sources_count; i++) {
        const struct correlation_source *const source = &correlation->sources[i];
        if (source->is_correlation) {
            const struct correlation *const inner = &ruleset->correlations[source->index];
            const struct rule_texts *const more =
                is_given ? &inner->given_authors : &inner->authors;
            for (size_t j = 0; j < more->count; j++)
                count = authors_add(authors, count, more->items[j]);
        } else if (!is_given || link->sources[i]->origin == ORIGIN_GIVEN) {
            count = authors_add(authors, count, ruleset->rules[source->index].head.author);
        }
    }
    *texts = (struct rule_texts){.items = authors, .count = count};
    return true;
}

static void link_finish(struct linker *linker, struct link *link)
{
    struct ruleset *const ruleset = linker->compilation->ruleset;
    struct correlation correlation = {
        .type = link->draft.type,
        .reports = true,
        .span_ns = link->draft.span_ns,
        .bounds = link->draft.bounds,
        .percentile = link->draft.percentile,
        .sources_count = link->sources_count,
    };
    condition_link(linker, link, &correlation);
    correlation.sources =
        arena_take(&ruleset->arena, link->sources_count, sizeof(*correlation.sources));
    if (correlation.sources == NULL) {
        linker_fail(linker, link, STATUS_NO_MEMORY);
        return;
    }
    for (unsigned i = 0; i < link->sources_count; i++)
        link->is_good &= source_link(linker, link, i, &correlation.sources[i]);
    if (!link->is_good)
        return;
    if (!names_keep(ruleset, &correlation, link) ||
        !authors_keep(ruleset, link, &correlation, false, &correlation.authors) ||
        !authors_keep(ruleset, link, &correlation, true, &correlation.given_authors)) {
        linker_fail(linker, link, STATUS_NO_MEMORY);
        return;
    }
    link->document->has_index = true;
    link->document->rule_index = ruleset->correlations_count;
    ruleset->correlations[ruleset->correlations_count++] = correlation;
}

static void link_visit(struct linker *linker, struct link *link, unsigned depth)
{
    if (link->state != LINK_OPEN)
        return;
    link->state = LINK_BEGUN;
    link->is_good = correlation_read(&link->draft, link_diagnosis(link),
                                     node_get(link->document->root, "correlation"));
    names_take(link, link->draft.group_by, link->parts, &link->parts_count, CORRELATION_PARTS_MAX);
    names_take(link, link->draft.counted, link->counted, &link->counted_count,
               CORRELATION_COUNTED_MAX);
    const bool was_good = link->is_good;
    link->is_good = true;
    sources_read(linker, link, depth);
    link->knows_sources = link->is_good;
    link->is_good &= was_good;
    aliases_check(link);
    counted_check(link);
    logging_host_check(link);
    if (link->sources_count > 0)
        link_finish(linker, link);
    link->state = LINK_DONE;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static size_t correlations_count(const struct compilation *compilation)
{
    size_t count = 0;
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        count += document->body == BODY_CORRELATION && !document->is_replaced;
    }
    return count;
}

enum status link_correlations(struct compilation *compilation)
{
    struct ruleset *const ruleset = compilation->ruleset;
    const size_t count = correlations_count(compilation);
    struct linker linker = {.compilation = compilation, .status = STATUS_OK};
    linker.links = calloc(count + 1, sizeof(*linker.links));
    ruleset->correlations = calloc(count + 1, sizeof(*ruleset->correlations));
    if (linker.links == NULL || ruleset->correlations == NULL) {
        free(linker.links);
        return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < compilation->documents_count; i++) {
        struct rule_document *const document = &compilation->documents[i];
        if (document->body != BODY_CORRELATION || document->is_replaced)
            continue;
        document->link_index = linker.links_count;
        linker.links[linker.links_count++].document = document;
    }
    for (size_t i = 0; i < linker.links_count && linker.status == STATUS_OK; i++)
        link_visit(&linker, &linker.links[i], 1);
    free(linker.links);
    return linker.status;
}
