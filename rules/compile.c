#include "rules/ruleset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/embedded.h"
#include "engine/base/hash.h"
#include "rules/allow.h"
#include "rules/cache.h"
#include "rules/compilation.h"
#include "rules/detection.h"
#include "rules/detector.h"
#include "rules/directory.h"
#include "rules/link.h"

extern const struct embedded_file embedded_catalog[];
extern const size_t embedded_catalog_count;

/* ---- reading ------------------------------------------------------------------------------ */

static enum rule_body body_read(const struct diagnosis *diagnosis, const struct node *root)
{
    const struct node *const detection = node_get(root, "detection");
    const struct node *const correlation = node_get(root, "correlation");
    const struct node *const filter = node_get(root, "filter");
    const struct node *const action = node_get(root, "action");
    if (action != NULL) {
        diagnosis_add(
            diagnosis, RULE_DOCUMENT_UNSUPPORTED, action,
            "`action` is no longer part of Sigma: write what the documents have in common "
            "into each of them");
        return BODY_NONE;
    }
    const struct node *const allow = node_get(root, "allow");
    if (allow != NULL && detection == NULL && correlation == NULL && filter == NULL)
        return BODY_ALLOW;
    if (allow != NULL) {
        diagnosis_add(diagnosis, RULE_TWO_BODIES, allow,
                      "an `allow` list is a document of its own; separate them with `---`");
        return BODY_NONE;
    }
    if (filter != NULL && detection == NULL && correlation == NULL)
        return BODY_FILTER;
    if (filter != NULL) {
        diagnosis_add(diagnosis, RULE_TWO_BODIES, filter,
                      "a filter is a document of its own; separate them with `---`");
        return BODY_NONE;
    }
    /* A text under `correlation` is a note that some rules carry. */
    const bool correlates =
        correlation != NULL && (detection == NULL || correlation->kind != NODE_SCALAR);
    if (correlates && detection != NULL) {
        diagnosis_add(diagnosis, RULE_TWO_BODIES, correlation,
                      "a document has a `detection` or a `correlation`, not both; separate them "
                      "with `---`");
        return BODY_NONE;
    }
    if (correlates && correlation->kind == NODE_MAPPING)
        return node_get(root, "spraywatch") != NULL ? BODY_DETECTOR : BODY_CORRELATION;
    if (correlates) {
        diagnosis_add(diagnosis, RULE_NO_BODY, correlation, "`correlation` is a mapping");
        return BODY_NONE;
    }
    if (detection != NULL)
        return BODY_DETECTION;
    diagnosis_add(
        diagnosis, RULE_NO_BODY, root,
        "the document has neither a `detection` nor a `correlation`, `filter` or `allow`");
    return BODY_NONE;
}

static enum status documents_add(struct compilation *compilation, const struct node *root,
                                 const char *path, enum rule_origin origin)
{
    const struct diagnosis diagnosis = {.diagnostics = compilation->diagnostics, .path = path};
    if (compilation->documents_count == RULE_DOCUMENTS_MAX) {
        diagnosis_add(&diagnosis, RULE_TOO_MANY_RULES, root, "more than %d rule documents",
                      RULE_DOCUMENTS_MAX);
        return STATUS_CONFIG;
    }
    if (compilation->documents_count == compilation->documents_capacity) {
        const size_t capacity = 2 * compilation->documents_capacity + 16;
        struct rule_document *const documents =
            reallocarray(compilation->documents, capacity, sizeof(*documents));
        if (documents == NULL)
            return STATUS_NO_MEMORY;
        compilation->documents = documents;
        compilation->documents_capacity = capacity;
    }
    compilation->documents[compilation->documents_count++] =
        (struct rule_document){.diagnosis = diagnosis, .root = root, .origin = origin};
    return STATUS_OK;
}

static enum status file_take(struct compilation *compilation, const struct document_file *file,
                             enum rule_origin origin)
{
    const char *const path = document_path(file);
    const struct diagnosis diagnosis = {.diagnostics = compilation->diagnostics, .path = path};
    size_t found = 0;
    for (size_t i = 0; i < document_count(file); i++) {
        const struct node *const root = document_root(file, i);
        if (node_is_null(root))
            continue; /* nothing between two `---` */
        found++;
        if (root->kind != NODE_MAPPING) {
            diagnosis_add(&diagnosis, RULE_NOT_A_MAPPING, root,
                          "a rule is a mapping with `title` and `detection` or `correlation`");
            continue;
        }
        const enum status status = documents_add(compilation, root, path, origin);
        if (status != STATUS_OK)
            return status;
    }
    if (found == 0)
        diagnosis_add(&diagnosis, RULE_NO_DOCUMENTS, NULL, "the file holds no rule");
    return STATUS_OK;
}

static enum status texts_read(struct compilation *compilation, const struct rule_text *texts,
                              size_t count, enum rule_origin origin)
{
    struct document_file **const files =
        reallocarray(compilation->files, compilation->files_count + count + 1, sizeof(*files));
    if (files == NULL)
        return STATUS_NO_MEMORY;
    compilation->files = files;
    for (size_t i = 0; i < count; i++) {
        struct document_file *file = NULL;
        enum status status =
            document_parse(&file, texts[i].path, texts[i].text, compilation->diagnostics);
        if (status == STATUS_OK) {
            files[compilation->files_count++] = file;
            status = file_take(compilation, file, origin);
        } else {
            compilation->is_incomplete = true;
        }
        if (status != STATUS_OK && status != STATUS_CONFIG)
            return status;
    }
    return STATUS_OK;
}

static void headers_read(struct compilation *compilation)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        struct rule_document *const document = &compilation->documents[i];
        (void)rule_header_read(&document->header, &document->diagnosis, document->root);
        document->body = body_read(&document->diagnosis, document->root);
        document->logsource = rule_logsource_of(node_get(document->root, "logsource"));
    }
}

/* ---- replacement -------------------------------------------------------------------------- */

/* The first of the two nodes that both have, with the same text in `other`; NULL: none. */
static const struct node *shared_handle(const struct rule_header *header,
                                        const struct rule_header *other)
{
    if (header->id != NULL && other->id != NULL &&
        slice_equals_folded(header->id->text, other->id->text))
        return header->id;
    if (header->name != NULL && other->name != NULL &&
        slice_equals(header->name->text, other->name->text))
        return header->name;
    return NULL;
}

static void document_compare(struct compilation *compilation, size_t document_index,
                             size_t earlier_index)
{
    struct rule_document *const document = &compilation->documents[document_index];
    struct rule_document *const earlier = &compilation->documents[earlier_index];
    const struct node *const shared = shared_handle(&document->header, &earlier->header);
    if (shared == NULL)
        return;
    if (earlier->origin == ORIGIN_SHIPPED && document->origin == ORIGIN_GIVEN) {
        if (!earlier->is_replaced)
            earlier->replaced_by = document_index;
        earlier->is_replaced = true;
        return;
    }
    diagnosis_add(&document->diagnosis, RULE_DUPLICATE, shared,
                  "`%s` is the %s of another rule already: %s, line %" PRIu32,
                  shown_node(shared).text, shared == document->header.id ? "id" : "name",
                  earlier->diagnosis.path, earlier->root->line);
}

/* Of what a document is called by: equal for equal ones, 0 for none. */
struct handle_hashes {
    uint64_t id, name;
};

static uint64_t handle_hash(const struct node *handle)
{
    uint64_t hash = 1;
    for (size_t i = 0; handle != NULL && i < handle->text.bytes; i++)
        hash = hash_mix(hash ^ slice_fold_byte((unsigned char)handle->text.start[i]));
    return handle != NULL ? hash | 1 : 0;
}

/* Shipped documents stand before given ones. All pairs are met, so only hashes are compared. */
static enum status documents_replace(struct compilation *compilation)
{
    struct handle_hashes *const hashes = calloc(compilation->documents_count + 1, sizeof(*hashes));
    if (hashes == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        const struct handle_hashes own = {.id = handle_hash(document->header.id),
                                          .name = handle_hash(document->header.name)};
        for (size_t j = 0; j < i; j++) {
            if ((own.id != 0 && own.id == hashes[j].id) ||
                (own.name != 0 && own.name == hashes[j].name))
                document_compare(compilation, i, j);
        }
        hashes[i] = own;
    }
    free(hashes);
    return STATUS_OK;
}

/* ---- heads -------------------------------------------------------------------------------- */

/* A copy in the ruleset; "" for NULL. NULL when there is no memory. */
static const char *text_keep(struct ruleset *ruleset, const struct node *node)
{
    return node != NULL ? arena_copy(&ruleset->arena, node->text) : "";
}

/* The scalars of a list, or one alone. */
static bool texts_keep(struct ruleset *ruleset, struct rule_texts *texts, const struct node *node)
{
    const bool is_list = node != NULL && node->kind == NODE_SEQUENCE;
    const bool is_text = node != NULL && node->kind == NODE_SCALAR && !node_is_null(node);
    const size_t count = is_list ? node->count : is_text;
    const char **const items = arena_take(&ruleset->arena, count, sizeof(*items));
    if (items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        items[i] = arena_copy(&ruleset->arena, is_list ? node->items[i]->text : node->text);
        if (items[i] == NULL)
            return false;
    }
    *texts = (struct rule_texts){.items = items, .count = count};
    return true;
}

static bool tags_keep(struct ruleset *ruleset, struct rule_head *head, const struct node *list)
{
    struct rule_texts tags;
    if (!texts_keep(ruleset, &tags, list))
        return false;
    head->tags = tags.items;
    head->tags_count = (unsigned)tags.count;
    return true;
}

bool compilation_keep_head(struct ruleset *ruleset, struct rule_head *head,
                           const struct rule_document *document)
{
    const struct rule_header *const header = &document->header;
    const struct {
        const char **text;
        const struct node *node;
    } texts[] = {
        {&head->id, header->id},
        {&head->name, header->name},
        {&head->title, header->title},
        {&head->description, header->description},
        {&head->author, header->author},
        {&head->level, header->level},
        {&head->status, header->status},
        {&head->license, header->license},
        {&head->date, header->date},
        {&head->modified, header->modified},
        {&head->product, document->logsource.product},
        {&head->service, document->logsource.service},
        {&head->category, document->logsource.category},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i].text = text_keep(ruleset, texts[i].node);
        if (*texts[i].text == NULL)
            return false;
    }
    head->severity = rule_level_severity(header->level);
    head->line = document->root->line;
    head->path = arena_copy(&ruleset->arena, slice_from_string(document->diagnosis.path));
    return head->path != NULL && tags_keep(ruleset, head, header->tags) &&
           texts_keep(ruleset, &head->references, header->references);
}

/* The same in memory of its own; NULL when there is none. */
static const struct rule_head *head_keep_apart(struct ruleset *ruleset,
                                               const struct rule_document *document)
{
    struct rule_head *const head = arena_take(&ruleset->arena, 1, sizeof(*head));
    return head != NULL && compilation_keep_head(ruleset, head, document) ? head : NULL;
}

/* ---- base rules --------------------------------------------------------------------------- */

static void document_check_extension(const struct rule_document *document)
{
    const struct node *const extension = node_get(document->root, "spraywatch");
    if (extension != NULL)
        diagnosis_add(&document->diagnosis, RULE_EXTENSION_SHAPE, extension,
                      "a `spraywatch` block belongs to a document with a `correlation`");
}

struct item_scope compilation_scope(struct compilation *compilation,
                                    const struct rule_document *document)
{
    struct ruleset *const ruleset = compilation->ruleset;
    return (struct item_scope){
        .predicates = &ruleset->predicates,
        .pairs = &ruleset->pairs,
        .fields = &ruleset->fields_of_rules,
        .logsources = &compilation->logsources,
        .placeholders = &compilation->placeholders,
        .cache = compilation->cache,
        .logsource = document->logsource,
        .arena = &ruleset->arena,
        .diagnosis = &document->diagnosis,
        .status = STATUS_OK,
    };
}

/* `a and b`; NULL when there is no memory. */
static const struct expression *both(struct compilation *compilation, const struct expression *a,
                                     const struct expression *b)
{
    struct arena *const arena = &compilation->ruleset->arena;
    const struct expression **const children = arena_take(arena, 2, sizeof(*children));
    if (children == NULL)
        return NULL;
    children[0] = a;
    children[1] = b;
    return expression_join(arena, EXPRESSION_AND, children, 2);
}

static enum status detection_take(struct compilation *compilation, struct rule_document *document)
{
    document_check_extension(document);
    struct item_scope scope = compilation_scope(compilation, document);
    const struct expression *expression = NULL;
    const enum status status =
        detection_compile(&expression, &scope, node_get(document->root, "detection"));
    if (status != STATUS_OK)
        return status;
    const struct node *const logsource = node_get(document->root, "logsource");
    const struct expression *of_source = NULL;
    if (logsource != NULL && !item_compile_logsource(&scope, logsource, &of_source))
        return scope.status;
    if (of_source != NULL)
        expression = both(compilation, of_source, expression);
    if (expression == NULL)
        return STATUS_NO_MEMORY;
    document->expression = expression;
    return STATUS_OK;
}

/* ---- filters ------------------------------------------------------------------------------ */

static enum status filter_apply(struct compilation *compilation, const struct expression *filter,
                                struct rule_document *rule)
{
    if (rule->expression == NULL)
        return STATUS_OK; /* its own mistakes have been told */
    rule->expression = both(compilation, rule->expression, filter);
    return rule->expression != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

/* `rules: any`: every rule of the filter's log source. */
static enum status filter_apply_any(struct compilation *compilation,
                                    const struct rule_document *document,
                                    const struct expression *filter)
{
    enum status status = STATUS_OK;
    size_t found = 0;
    for (size_t i = 0; i < compilation->documents_count && status == STATUS_OK; i++) {
        struct rule_document *const rule = &compilation->documents[i];
        if (rule->body != BODY_DETECTION || rule->is_replaced ||
            !rule_logsource_covers(&document->logsource, &rule->logsource))
            continue;
        found++;
        status = filter_apply(compilation, filter, rule);
    }
    if (found == 0)
        diagnosis_add(&document->diagnosis, RULE_FILTER_UNUSED, document->root,
                      "no rule has the log source of this filter");
    return status;
}

static enum status filter_apply_to(struct compilation *compilation,
                                   const struct rule_document *document,
                                   const struct expression *filter, const struct node *reference)
{
    if (reference->kind != NODE_SCALAR || node_is_null(reference)) {
        diagnosis_add(&document->diagnosis, RULE_FILTER_RULES, reference,
                      "a name or id of a rule stands here");
        return STATUS_CONFIG;
    }
    struct rule_document *const rule = compilation_find(compilation, reference->text);
    if (rule == NULL)
        return compilation_miss(compilation, &document->diagnosis, reference, 0, reference->text);
    if (rule->body == BODY_DETECTION)
        return filter_apply(compilation, filter, rule);
    diagnosis_add(&document->diagnosis, RULE_FILTER_RULES, reference,
                  "a filter is for rules with a `detection`, which `%s` has not",
                  shown_node(reference).text);
    return STATUS_CONFIG;
}

static enum status filter_apply_all(struct compilation *compilation,
                                    const struct rule_document *document,
                                    const struct expression *filter)
{
    const struct node *const node = node_get(node_get(document->root, "filter"), "rules");
    if (node_items_count(node) == 0) {
        diagnosis_add(&document->diagnosis, RULE_FILTER_RULES, node != NULL ? node : document->root,
                      "the filter needs `rules`: a list of names or ids, or `any`");
        return STATUS_CONFIG;
    }
    if (node_is_word(node, "any"))
        return filter_apply_any(compilation, document, filter);
    enum status worst = STATUS_OK;
    for (size_t i = 0; i < node_items_count(node); i++) {
        const enum status status =
            filter_apply_to(compilation, document, filter, node_item(node, i));
        if (status != STATUS_OK && worst != STATUS_NO_MEMORY)
            worst = status;
    }
    return worst;
}

static enum status filter_take(struct compilation *compilation, struct rule_document *document)
{
    document_check_extension(document);
    struct item_scope scope = compilation_scope(compilation, document);
    const struct node *const node = node_get(document->root, "filter");
    const struct expression *expression = NULL;
    bool has_not = false;
    const enum status status = filter_compile(&expression, &scope, node, &has_not);
    if (status != STATUS_OK)
        return status;
    if (!has_not)
        diagnosis_add(&document->diagnosis, RULE_FILTER_WITHOUT_NOT, node_get(node, "condition"),
                      "a filter keeps what its condition matches; to exclude it write `not`");
    char *label = NULL;
    if (asprintf(&label, "filter %s", shown_slice(rule_header_handle(&document->header)).text) < 0)
        return STATUS_NO_MEMORY;
    struct arena *const arena = &compilation->ruleset->arena;
    document->filter =
        expression_labelled(arena, arena_copy(arena, slice_from_string(label)), expression);
    free(label);
    document->head = head_keep_apart(compilation->ruleset, document);
    if (document->filter == NULL || document->head == NULL)
        return STATUS_NO_MEMORY;
    return filter_apply_all(compilation, document, document->filter);
}

/* ---- programs ----------------------------------------------------------------------------- */

static enum status rules_grow(struct ruleset *ruleset)
{
    if (ruleset->rules_count < ruleset->rules_capacity)
        return STATUS_OK;
    const size_t capacity = 2 * ruleset->rules_capacity + 64;
    struct base_rule *const rules = reallocarray(ruleset->rules, capacity, sizeof(*rules));
    if (rules == NULL)
        return STATUS_NO_MEMORY;
    ruleset->rules = rules;
    ruleset->rules_capacity = capacity;
    return STATUS_OK;
}

static enum status program_take(struct compilation *compilation, struct rule_document *document)
{
    struct ruleset *const ruleset = compilation->ruleset;
    enum status status = rules_grow(ruleset);
    struct base_rule rule = {.detector_bit = RULE_NO_BIT};
    if (status == STATUS_OK)
        status = program_create(&rule.program, document->expression);
    if (status == STATUS_CONFIG)
        diagnosis_add(&document->diagnosis, RULE_CONDITION_TOO_LARGE,
                      node_get(node_get(document->root, "detection"), "condition"),
                      "the condition comes to more than %d tests", PROGRAM_STEPS_MAX);
    if (status != STATUS_OK)
        return status;
    rule.expression = document->expression;
    rule.reports = document->origin == ORIGIN_GIVEN;
    rule.name = arena_copy(&ruleset->arena, rule_header_handle(&document->header));
    if (rule.name == NULL || !compilation_keep_head(ruleset, &rule.head, document)) {
        program_destroy(&rule.program);
        return STATUS_NO_MEMORY;
    }
    document->has_index = true;
    document->rule_index = ruleset->rules_count;
    ruleset->rules[ruleset->rules_count++] = rule;
    return STATUS_OK;
}

static enum status programs_take(struct compilation *compilation)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        struct rule_document *const document = &compilation->documents[i];
        if (document->expression == NULL)
            continue;
        const enum status status = program_take(compilation, document);
        if (status != STATUS_OK && status != STATUS_CONFIG)
            return status;
    }
    return STATUS_OK;
}

/* ---- authors ------------------------------------------------------------------------------ */

size_t authors_add(const char **authors, size_t count, const char *author)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(authors[i], author) == 0)
            return count;
    }
    if (author[0] != '\0')
        authors[count++] = author;
    return count;
}

/* The authors of a detector and of the rules that it counts, each once; with `is_given`, of given
 * documents alone. */
static bool authors_keep(struct compilation *compilation, const struct rule_document *document,
                         const struct detector *detector, bool is_given, struct rule_texts *texts)
{
    struct ruleset *const ruleset = compilation->ruleset;
    const char **const authors = arena_take(&ruleset->arena, RULES_MAX + 1, sizeof(*authors));
    if (authors == NULL)
        return false;
    size_t count = 0;
    if (!is_given || document->origin == ORIGIN_GIVEN)
        count = authors_add(authors, count, detector->author);
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const counted = &compilation->documents[i];
        const struct base_rule *const rule =
            counted->has_index ? &ruleset->rules[counted->rule_index] : NULL;
        if (rule != NULL && rule->detector_bit != RULE_NO_BIT &&
            (detector->rules >> rule->detector_bit & 1) != 0 &&
            (!is_given || counted->origin == ORIGIN_GIVEN))
            count = authors_add(authors, count, rule->head.author);
    }
    *texts = (struct rule_texts){.items = authors, .count = count};
    return true;
}

/* ---- detectors ---------------------------------------------------------------------------- */

bool document_is_called(const struct rule_document *document, struct slice handle)
{
    const struct rule_header *const header = &document->header;
    return (header->name != NULL && slice_equals(header->name->text, handle)) ||
           (header->id != NULL && slice_equals_folded(header->id->text, handle));
}

struct rule_document *compilation_find(struct compilation *compilation, struct slice handle)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        struct rule_document *const document = &compilation->documents[i];
        if (!document->is_replaced && document_is_called(document, handle))
            return document;
    }
    return NULL;
}

enum status compilation_miss(struct compilation *compilation, const struct diagnosis *diagnosis,
                             const struct node *reference, size_t offset, struct slice word)
{
    if (compilation->is_incomplete)
        return STATUS_CONFIG; /* the file with the mistake may hold it */
    const char **const known = calloc(compilation->documents_count + 1, sizeof(*known));
    if (known == NULL)
        return STATUS_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        const bool is_rule = document->body == BODY_DETECTION || document->body == BODY_CORRELATION;
        if (document->header.name != NULL && is_rule && !document->is_replaced)
            known[count++] = document->header.name->text.start;
    }
    diagnosis_unknown(diagnosis, RULE_REFERENCE_UNKNOWN, reference, offset, "rule", word, known);
    free(known);
    return STATUS_CONFIG;
}

static enum status reference_resolve(struct compilation *compilation,
                                     const struct diagnosis *diagnosis,
                                     const struct node *reference, uint64_t *rules)
{
    if (reference->kind != NODE_SCALAR || node_is_null(reference)) {
        diagnosis_add(diagnosis, RULE_CORRELATION_RULES, reference,
                      "a name or id of a rule stands here");
        return STATUS_CONFIG;
    }
    struct rule_document *const document = compilation_find(compilation, reference->text);
    if (document == NULL)
        return compilation_miss(compilation, diagnosis, reference, 0, reference->text);
    if (document->body != BODY_DETECTION) {
        diagnosis_add(diagnosis, RULE_REFERENCE_CORRELATION, reference,
                      "`%s` has no `detection`; a detector counts what rules match",
                      shown_node(reference).text);
        return STATUS_CONFIG;
    }
    if (!document->has_index)
        return STATUS_CONFIG; /* its own mistakes have been told */
    struct base_rule *const rule = &compilation->ruleset->rules[document->rule_index];
    rule->reports = false;
    if (rule->detector_bit == RULE_NO_BIT) {
        diagnosis_add(diagnosis, RULE_TOO_MANY_RULES, reference,
                      "detectors refer to more than %d base rules", RULES_MAX);
        return STATUS_CONFIG;
    }
    const uint64_t bit = UINT64_C(1) << rule->detector_bit;
    if ((*rules & bit) != 0)
        diagnosis_add(diagnosis, RULE_REFERENCE_TWICE, reference,
                      "`%s` is named twice; an event counts once", shown_node(reference).text);
    *rules |= bit;
    return STATUS_OK;
}

static enum status references_resolve(struct compilation *compilation,
                                      const struct diagnosis *diagnosis,
                                      const struct node *correlation, uint64_t *rules)
{
    const struct node *const node = node_get(correlation, "rules");
    if (node_items_count(node) == 0) {
        diagnosis_add(diagnosis, RULE_CORRELATION_RULES, node != NULL ? node : correlation,
                      "the correlation needs `rules`: a list of names or ids of base rules");
        return STATUS_CONFIG;
    }
    enum status worst = STATUS_OK;
    for (size_t i = 0; i < node_items_count(node); i++) {
        const enum status status =
            reference_resolve(compilation, diagnosis, node_item(node, i), rules);
        if (status != STATUS_OK && worst != STATUS_NO_MEMORY)
            worst = status;
    }
    return worst;
}

static enum status detector_take(struct compilation *compilation, struct rule_document *document)
{
    struct ruleset *const ruleset = compilation->ruleset;
    const struct node *const correlation = node_get(document->root, "correlation");
    struct detector detector = {0};
    const bool is_good = detector_read(&detector, &document->diagnosis, correlation,
                                       node_get(document->root, "spraywatch"));
    const enum status status =
        references_resolve(compilation, &document->diagnosis, correlation, &detector.rules);
    if (status != STATUS_OK)
        return status;
    if (!is_good)
        return STATUS_CONFIG;
    if (ruleset->detectors_count == DETECTORS_MAX) {
        diagnosis_add(&document->diagnosis, RULE_TOO_MANY_RULES, document->root,
                      "more than %d detectors", DETECTORS_MAX);
        return STATUS_CONFIG;
    }
    const struct rule_head *const head = head_keep_apart(ruleset, document);
    if (head == NULL)
        return STATUS_NO_MEMORY;
    detector.id = head->id;
    detector.name = head->name;
    detector.title = head->title;
    detector.description = head->description;
    detector.author = head->author;
    detector.level = head->level;
    detector.tags = head->tags;
    detector.tags_count = head->tags_count;
    detector.severity = head->severity;
    if (!authors_keep(compilation, document, &detector, false, &detector.authors) ||
        !authors_keep(compilation, document, &detector, true, &detector.given_authors))
        return STATUS_NO_MEMORY;
    document->head = head;
    document->detector_index = ruleset->detectors_count;
    ruleset->detectors[ruleset->detectors_count++] = detector;
    return STATUS_OK;
}

/* ---- the mask ----------------------------------------------------------------------------- */

static void reference_mark(struct compilation *compilation, const struct node *reference)
{
    if (reference->kind != NODE_SCALAR)
        return;
    struct rule_document *const document = compilation_find(compilation, reference->text);
    if (document != NULL)
        document->is_referenced = true;
}

/* Gives the rules that detectors refer to their bits, in the order of the rules. */
static void bits_assign(struct compilation *compilation)
{
    struct ruleset *const ruleset = compilation->ruleset;
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        const struct node *const rules = node_get(node_get(document->root, "correlation"), "rules");
        if (document->body != BODY_DETECTOR || document->is_replaced || rules == NULL)
            continue;
        for (size_t j = 0; j < node_items_count(rules); j++)
            reference_mark(compilation, node_item(rules, j));
    }
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        if (document->is_referenced && document->has_index && ruleset->bits_count < RULES_MAX)
            ruleset->rules[document->rule_index].detector_bit = (uint8_t)ruleset->bits_count++;
    }
}

/* ---- entries ------------------------------------------------------------------------------ */

static enum rule_sort sort_of(const struct rule_document *document)
{
    switch (document->body) {
    case BODY_DETECTION:
        return SORT_RULE;
    case BODY_CORRELATION:
        return SORT_CORRELATION;
    case BODY_DETECTOR:
        return SORT_DETECTOR;
    default:
        return SORT_FILTER;
    }
}

static bool entry_keep(struct ruleset *ruleset, struct rule_entry *entry,
                       const struct rule_document *document)
{
    static const char *const bodies[] = {[SORT_RULE] = "detection",
                                         [SORT_CORRELATION] = "correlation",
                                         [SORT_DETECTOR] = "correlation",
                                         [SORT_FILTER] = "filter"};
    const enum rule_sort sort = sort_of(document);
    const struct node *const body = node_get(document->root, bodies[sort]);
    const struct node *const condition = node_get(body, "condition");
    const bool is_text = condition != NULL && condition->kind != NODE_MAPPING;
    *entry = (struct rule_entry){
        .head = sort == SORT_RULE          ? &ruleset->rules[document->rule_index].head
                : sort == SORT_CORRELATION ? &ruleset->correlations[document->rule_index].head
                                           : document->head,
        .sort = sort,
        .index = sort == SORT_DETECTOR ? document->detector_index : document->rule_index,
        .expression = sort == SORT_RULE ? document->expression : document->filter,
    };
    return texts_keep(ruleset, &entry->rules, sort == SORT_RULE ? NULL : node_get(body, "rules")) &&
           texts_keep(ruleset, &entry->conditions, is_text ? condition : NULL);
}

/* Of a compilation without mistakes: every document has become something. */
static enum status entries_keep(struct compilation *compilation)
{
    struct ruleset *const ruleset = compilation->ruleset;
    ruleset->entries =
        arena_take(&ruleset->arena, compilation->documents_count, sizeof(*ruleset->entries));
    if (ruleset->entries == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        if (document->is_replaced || document->body == BODY_ALLOW)
            continue;
        if (!entry_keep(ruleset, &ruleset->entries[ruleset->entries_count++], document))
            return STATUS_NO_MEMORY;
    }
    return STATUS_OK;
}

/* ---- the whole ---------------------------------------------------------------------------- */

/* What replaces a document takes its place: the order of detectors, which decides between findings
 * of one attempt, does not depend on whose they are. */
static struct rule_document *document_in_place(struct compilation *compilation, size_t index)
{
    struct rule_document *const document = &compilation->documents[index];
    return document->is_replaced ? &compilation->documents[document->replaced_by] : document;
}

static enum status bodies_take(struct compilation *compilation, enum rule_body body)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        struct rule_document *const document = document_in_place(compilation, i);
        if (document->body != body || document->is_taken)
            continue;
        document->is_taken = true;
        const enum status status = body == BODY_DETECTION ? detection_take(compilation, document)
                                   : body == BODY_FILTER  ? filter_take(compilation, document)
                                   : body == BODY_ALLOW   ? allow_take(compilation, document)
                                                          : detector_take(compilation, document);
        if (status != STATUS_OK && status != STATUS_CONFIG)
            return status; /* mistakes have been told and counted */
    }
    return STATUS_OK;
}

field_set detector_fields(const struct detector *detector)
{
    field_set fields = 0;
    for (unsigned i = 0; i < detector->keys_count; i++) {
        for (unsigned j = 0; j < detector->keys[i].fields_count; j++)
            fields |= (field_set)1 << detector->keys[i].fields[j];
    }
    if (detector->type == CORRELATION_VALUE_COUNT)
        fields |= (field_set)1 << detector->counted;
    return fields;
}

static enum status compilation_finish(struct compilation *compilation, size_t errors_before)
{
    headers_read(compilation);
    enum status status = documents_replace(compilation);
    if (status == STATUS_OK)
        status = bodies_take(compilation, BODY_DETECTION);
    if (status == STATUS_OK)
        status = bodies_take(compilation, BODY_FILTER);
    if (status == STATUS_OK)
        status = programs_take(compilation);
    if (status == STATUS_OK)
        status = bodies_take(compilation, BODY_ALLOW);
    bits_assign(compilation);
    if (status == STATUS_OK)
        status = bodies_take(compilation, BODY_DETECTOR);
    if (status == STATUS_OK)
        status = link_correlations(compilation);
    if (status == STATUS_OK)
        status = field_table_build(&compilation->ruleset->fields_of_rules);
    if (status != STATUS_OK)
        return status;
    status = predicate_set_build(&compilation->ruleset->predicates, compilation->cache,
                                 compilation->diagnostics);
    if (status == STATUS_OK && compilation->diagnostics->errors_count > errors_before)
        status = STATUS_CONFIG;
    return status == STATUS_OK ? entries_keep(compilation) : status;
}

static enum status compilation_open_cache(struct compilation *compilation, const char *directory)
{
    const enum status status = pattern_environment(compilation->environment);
    return status == STATUS_OK ? cache_open(&compilation->cache, directory,
                                            compilation->environment, compilation->diagnostics)
                               : status;
}

static void compilation_deinit(struct compilation *compilation)
{
    for (size_t i = 0; i < compilation->files_count; i++)
        document_destroy(compilation->files[i]);
    free(compilation->files);
    free(compilation->documents);
    logsources_deinit(&compilation->logsources);
    placeholders_deinit(&compilation->placeholders);
    cache_close(compilation->cache);
}

/* Tests point to nodes and paths for messages; those end with the compilation. */
static void ruleset_forget_documents(struct ruleset *ruleset)
{
    for (unsigned i = 0; i < ruleset->predicates.fields_count; i++) {
        struct field_predicates *const field = &ruleset->predicates.fields[i];
        for (size_t j = 0; j < field->tests_count; j++) {
            field->tests[j].node = NULL;
            field->tests[j].path = NULL;
        }
    }
}

static enum status ruleset_compile(struct ruleset **out, const struct rule_text *shipped,
                                   size_t shipped_count, const struct rule_text *given,
                                   size_t given_count, const struct ruleset_options *options,
                                   struct diagnostics *diagnostics)
{
    const size_t errors_before = diagnostics->errors_count;
    struct ruleset *const ruleset = calloc(1, sizeof(*ruleset));
    if (ruleset == NULL)
        return STATUS_NO_MEMORY;
    arena_init(&ruleset->arena);
    predicate_set_init(&ruleset->predicates);
    struct compilation compilation = {.ruleset = ruleset, .diagnostics = diagnostics};
    enum status status = field_table_init(&ruleset->fields_of_rules);
    if (status == STATUS_OK)
        status = logsources_read(&compilation.logsources, diagnostics);
    if (status == STATUS_OK && options->cache != NULL)
        status = compilation_open_cache(&compilation, options->cache);
    if (status == STATUS_OK && options->placeholders != NULL) {
        status = placeholders_read(&compilation.placeholders, options->placeholders, diagnostics);
        if (status == STATUS_CONFIG)
            status = STATUS_OK; /* told; the rules are judged all the same */
    }
    if (status == STATUS_OK)
        status = texts_read(&compilation, shipped, shipped_count, ORIGIN_SHIPPED);
    if (status == STATUS_OK)
        status = texts_read(&compilation, given, given_count, ORIGIN_GIVEN);
    if (status == STATUS_OK)
        status = compilation_finish(&compilation, errors_before);
    if (status == STATUS_OK && compilation.cache != NULL)
        cache_save(compilation.cache);
    compilation_deinit(&compilation);
    if (status != STATUS_OK) {
        ruleset_destroy(ruleset);
        return status;
    }
    ruleset_forget_documents(ruleset);
    *out = ruleset;
    return STATUS_OK;
}

enum status ruleset_create_from_texts(struct ruleset **out, const struct rule_text *texts,
                                      size_t count, struct diagnostics *diagnostics)
{
    const struct ruleset_options options = {0};
    return ruleset_compile(out, NULL, 0, texts, count, &options, diagnostics);
}

static enum status ruleset_create_with_files(struct ruleset **out,
                                             const struct directory *directory,
                                             const struct ruleset_options *options,
                                             struct diagnostics *diagnostics)
{
    const size_t count = embedded_catalog_count + directory->count;
    struct rule_text *const texts = calloc(count + 1, sizeof(*texts));
    char **const paths = calloc(embedded_catalog_count + 1, sizeof(*paths));
    enum status status = texts != NULL && paths != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < embedded_catalog_count; i++) {
        if (asprintf(&paths[i], "builtin:%s", embedded_catalog[i].path) < 0) {
            paths[i] = NULL;
            status = STATUS_NO_MEMORY;
            break;
        }
        texts[i] = (struct rule_text){
            .path = paths[i],
            .text = slice_of(embedded_catalog[i].text, embedded_catalog[i].bytes)};
    }
    for (size_t i = 0; status == STATUS_OK && i < directory->count; i++) {
        const struct directory_file *const file = &directory->files[i];
        texts[embedded_catalog_count + i] =
            (struct rule_text){.path = file->path, .text = slice_of(file->text, file->bytes)};
    }
    if (status == STATUS_OK)
        status = ruleset_compile(out, texts, embedded_catalog_count, texts + embedded_catalog_count,
                                 directory->count, options, diagnostics);
    for (size_t i = 0; paths != NULL && i < embedded_catalog_count; i++)
        free(paths[i]);
    free(paths);
    free(texts);
    return status;
}

enum status ruleset_create(struct ruleset **out, const char *directory,
                           struct diagnostics *diagnostics)
{
    const struct ruleset_options options = {.directory = directory};
    return ruleset_create_with(out, &options, diagnostics);
}

enum status ruleset_create_with(struct ruleset **out, const struct ruleset_options *options,
                                struct diagnostics *diagnostics)
{
    const char *const directory = options->directory;
    struct directory files = {0};
    enum status status = STATUS_OK;
    if (directory != NULL)
        status = directory_read(&files, directory, diagnostics);
    if (status == STATUS_OK || status == STATUS_CONFIG) {
        /* What could be read is judged too, so that all mistakes are told at once. */
        struct ruleset *ruleset = NULL;
        const enum status compiled =
            ruleset_create_with_files(&ruleset, &files, options, diagnostics);
        if (compiled == STATUS_OK && status == STATUS_OK)
            *out = ruleset;
        else
            ruleset_destroy(ruleset);
        if (compiled != STATUS_OK)
            status = compiled;
    }
    directory_deinit(&files);
    return status;
}

void ruleset_destroy(struct ruleset *ruleset)
{
    if (ruleset == NULL)
        return;
    for (size_t i = 0; i < ruleset->rules_count; i++)
        program_destroy(&ruleset->rules[i].program);
    for (size_t i = 0; i < ruleset->allowances_count; i++)
        program_destroy(&ruleset->allowance_programs[i]);
    free(ruleset->rules);
    free(ruleset->correlations);
    pair_set_deinit(&ruleset->pairs);
    field_table_deinit(&ruleset->fields_of_rules);
    predicate_set_deinit(&ruleset->predicates);
    arena_deinit(&ruleset->arena);
    free(ruleset);
}

enum status ruleset_bind_datasets(struct ruleset *ruleset, const char *const *names, size_t count)
{
    const char **const kept = arena_take(&ruleset->arena, count, sizeof(*kept));
    if (kept == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        kept[i] = arena_copy(&ruleset->arena, slice_from_string(names[i]));
        if (kept[i] == NULL)
            return STATUS_NO_MEMORY;
    }
    ruleset->datasets = (struct dataset_names){.names = kept, .count = count};
    return STATUS_OK;
}

const struct detector *ruleset_detectors(const struct ruleset *ruleset, size_t *count)
{
    *count = ruleset->detectors_count;
    return ruleset->detectors;
}

const struct rule_entry *ruleset_entries(const struct ruleset *ruleset, size_t *count)
{
    *count = ruleset->entries_count;
    return ruleset->entries;
}

size_t ruleset_rules_count(const struct ruleset *ruleset)
{
    return ruleset->rules_count;
}

const char *ruleset_rule_name(const struct ruleset *ruleset, size_t rule_index)
{
    return ruleset->rules[rule_index].name;
}

const struct rule_head *ruleset_rule_head(const struct ruleset *ruleset, size_t rule_index)
{
    return &ruleset->rules[rule_index].head;
}

bool ruleset_rule_reports(const struct ruleset *ruleset, size_t rule_index)
{
    return ruleset->rules[rule_index].reports;
}

const struct allowance *ruleset_allowances(const struct ruleset *ruleset, size_t *count)
{
    *count = ruleset->allowances_count;
    return ruleset->allowances;
}

const struct correlation *ruleset_correlations(const struct ruleset *ruleset, size_t *count)
{
    *count = ruleset->correlations_count;
    return ruleset->correlations;
}

const struct draw *ruleset_draws(const struct ruleset *ruleset, size_t *count)
{
    *count = ruleset->draws_count;
    return ruleset->draws;
}

const uint64_t *ruleset_rule_draws(const struct ruleset *ruleset, size_t rule_index)
{
    return ruleset->rules[rule_index].draws;
}
