#include "rules/ruleset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/embedded.h"
#include "rules/compiled.h"
#include "rules/correlation.h"
#include "rules/detection.h"
#include "rules/directory.h"
#include "rules/header.h"

extern const struct embedded_file embedded_catalog[];
extern const size_t embedded_catalog_count;

enum { RULE_DOCUMENTS_MAX = 4096 };

enum rule_origin { ORIGIN_SHIPPED, ORIGIN_GIVEN };
enum rule_body { BODY_NONE, BODY_DETECTION, BODY_CORRELATION };

/* One rule document on its way to becoming a base rule or a detector. */
struct rule_document {
    struct diagnosis diagnosis;
    const struct node *root;
    struct rule_header header;
    enum rule_origin origin;
    enum rule_body body;
    bool is_replaced;   /* by a given document with its id or name */
    bool is_referenced; /* by some correlation */
    bool has_index;     /* compiled: rule_index is set */
    size_t rule_index;
};

/* Everything of one compilation. The steps are: parse all texts, read the headers, let given
 * documents replace shipped ones, compile detections, compile correlations with their references,
 * build the predicates. Each goes on after mistakes, so that all are told. */
struct compilation {
    struct ruleset *ruleset;
    struct diagnostics *diagnostics;
    struct document_file **files;
    size_t files_count;
    struct rule_document *documents;
    size_t documents_count, documents_capacity;
    bool is_incomplete; /* a text could not be parsed: references may be missing for that reason */
};

/* ---- reading ------------------------------------------------------------------------------ */

static enum rule_body body_read(const struct diagnosis *diagnosis, const struct node *root)
{
    const struct node *const detection = node_get(root, "detection");
    const struct node *const correlation = node_get(root, "correlation");
    const struct node *const filter = node_get(root, "filter");
    const struct node *const action = node_get(root, "action");
    if (filter != NULL || action != NULL) {
        diagnosis_add(diagnosis, RULE_DOCUMENT_UNSUPPORTED, filter != NULL ? filter : action,
                      "%s documents are not supported yet", filter != NULL ? "filter" : "`action`");
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
        return BODY_CORRELATION;
    if (correlates) {
        diagnosis_add(diagnosis, RULE_NO_BODY, correlation, "`correlation` is a mapping");
        return BODY_NONE;
    }
    if (detection != NULL)
        return BODY_DETECTION;
    diagnosis_add(diagnosis, RULE_NO_BODY, root,
                  "the document has neither a `detection` nor a `correlation`");
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

static void document_compare(struct rule_document *document, struct rule_document *earlier)
{
    const struct node *const shared = shared_handle(&document->header, &earlier->header);
    if (shared == NULL)
        return;
    if (earlier->origin == ORIGIN_SHIPPED && document->origin == ORIGIN_GIVEN) {
        earlier->is_replaced = true;
        return;
    }
    diagnosis_add(&document->diagnosis, RULE_DUPLICATE, shared,
                  "`%s` is the %s of another rule already: %s, line %" PRIu32,
                  shown_node(shared).text, shared == document->header.id ? "id" : "name",
                  earlier->diagnosis.path, earlier->root->line);
}

/* Shipped documents stand before given ones. */
static void documents_replace(struct compilation *compilation)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        for (size_t j = 0; j < i; j++)
            document_compare(&compilation->documents[i], &compilation->documents[j]);
    }
}

/* ---- base rules --------------------------------------------------------------------------- */

static void document_check_extension(const struct rule_document *document)
{
    const struct node *const extension = node_get(document->root, "spraywatch");
    if (extension != NULL)
        diagnosis_add(&document->diagnosis, RULE_EXTENSION_SHAPE, extension,
                      "a `spraywatch` block belongs to a document with a `correlation`");
}

static enum status detection_take(struct compilation *compilation, struct rule_document *document)
{
    struct ruleset *const ruleset = compilation->ruleset;
    document_check_extension(document);
    const struct node *const detection = node_get(document->root, "detection");
    struct program program = {0};
    const enum status status = detection_compile(&program, &ruleset->predicates, &ruleset->arena,
                                                 &document->diagnosis, detection);
    if (status != STATUS_OK)
        return status;
    if (ruleset->rules_count == RULES_MAX) {
        diagnosis_add(&document->diagnosis, RULE_TOO_MANY_RULES, document->root,
                      "more than %d base rules", RULES_MAX);
        program_destroy(&program);
        return STATUS_CONFIG;
    }
    const char *const name = arena_copy(&ruleset->arena, rule_header_handle(&document->header));
    if (name == NULL) {
        program_destroy(&program);
        return STATUS_NO_MEMORY;
    }
    document->has_index = true;
    document->rule_index = ruleset->rules_count;
    ruleset->rules[ruleset->rules_count++] = (struct base_rule){.name = name, .program = program};
    return STATUS_OK;
}

/* ---- detectors ---------------------------------------------------------------------------- */

static struct rule_document *document_by_handle(struct compilation *compilation, struct slice word)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        struct rule_document *const document = &compilation->documents[i];
        if (document->is_replaced)
            continue;
        const struct rule_header *const header = &document->header;
        if ((header->name != NULL && slice_equals(header->name->text, word)) ||
            (header->id != NULL && slice_equals_folded(header->id->text, word)))
            return document;
    }
    return NULL;
}

static enum status complain_of_reference(struct compilation *compilation,
                                         const struct diagnosis *diagnosis,
                                         const struct node *reference)
{
    if (compilation->is_incomplete)
        return STATUS_CONFIG; /* the file with the mistake may hold it */
    const char **const known = calloc(compilation->documents_count + 1, sizeof(*known));
    if (known == NULL)
        return STATUS_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        if (document->header.name != NULL && document->body == BODY_DETECTION &&
            !document->is_replaced)
            known[count++] = document->header.name->text.start;
    }
    diagnosis_unknown(diagnosis, RULE_REFERENCE_UNKNOWN, reference, 0, "rule", reference->text,
                      known);
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
    struct rule_document *const document = document_by_handle(compilation, reference->text);
    if (document == NULL)
        return complain_of_reference(compilation, diagnosis, reference);
    if (document->body == BODY_CORRELATION) {
        diagnosis_add(diagnosis, RULE_REFERENCE_CORRELATION, reference,
                      "`%s` is a correlation; correlations of correlations are not supported yet",
                      shown_node(reference).text);
        return STATUS_CONFIG;
    }
    document->is_referenced = true;
    if (!document->has_index)
        return STATUS_CONFIG; /* its own mistakes have been told */
    const uint64_t bit = UINT64_C(1) << document->rule_index;
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
    const bool is_list = node != NULL && node->kind == NODE_SEQUENCE;
    if (node == NULL || node->kind == NODE_MAPPING || (is_list && node->count == 0)) {
        diagnosis_add(diagnosis, RULE_CORRELATION_RULES, node != NULL ? node : correlation,
                      "the correlation needs `rules`: a list of names or ids of base rules");
        return STATUS_CONFIG;
    }
    enum status worst = STATUS_OK;
    for (size_t i = 0; i < (is_list ? node->count : 1); i++) {
        const enum status status =
            reference_resolve(compilation, diagnosis, is_list ? node->items[i] : node, rules);
        if (status != STATUS_OK && worst != STATUS_NO_MEMORY)
            worst = status;
    }
    return worst;
}

/* A copy in the ruleset; "" for NULL. NULL when there is no memory. */
static const char *text_keep(struct ruleset *ruleset, const struct node *node)
{
    return node != NULL ? arena_copy(&ruleset->arena, node->text) : "";
}

static bool tags_keep(struct ruleset *ruleset, struct detector *detector, const struct node *list)
{
    const bool is_list = list != NULL && list->kind == NODE_SEQUENCE;
    const size_t count = is_list ? list->count : 0;
    const char **const tags = arena_take(&ruleset->arena, count, sizeof(*tags));
    if (tags == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        tags[i] = arena_copy(&ruleset->arena, list->items[i]->text);
        if (tags[i] == NULL)
            return false;
    }
    detector->tags = tags;
    detector->tags_count = (unsigned)count;
    return true;
}

static bool header_keep(struct ruleset *ruleset, struct detector *detector,
                        const struct rule_header *header)
{
    detector->id = text_keep(ruleset, header->id);
    detector->name = text_keep(ruleset, header->name);
    detector->title = text_keep(ruleset, header->title);
    detector->description = text_keep(ruleset, header->description);
    detector->author = text_keep(ruleset, header->author);
    detector->level = text_keep(ruleset, header->level);
    detector->severity = rule_level_severity(header->level);
    return detector->id != NULL && detector->name != NULL && detector->title != NULL &&
           detector->description != NULL && detector->author != NULL && detector->level != NULL &&
           tags_keep(ruleset, detector, header->tags);
}

static enum status correlation_take(struct compilation *compilation,
                                    const struct rule_document *document)
{
    struct ruleset *const ruleset = compilation->ruleset;
    const struct node *const correlation = node_get(document->root, "correlation");
    struct detector detector = {0};
    const bool is_good = correlation_read(&detector, &document->diagnosis, correlation,
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
    if (!header_keep(ruleset, &detector, &document->header))
        return STATUS_NO_MEMORY;
    ruleset->detectors[ruleset->detectors_count++] = detector;
    return STATUS_OK;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static enum status bodies_take(struct compilation *compilation, enum rule_body body)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        struct rule_document *const document = &compilation->documents[i];
        if (document->body != body || document->is_replaced)
            continue;
        const enum status status = body == BODY_DETECTION ? detection_take(compilation, document)
                                                          : correlation_take(compilation, document);
        if (status != STATUS_OK && status != STATUS_CONFIG)
            return status; /* mistakes have been told and counted */
    }
    return STATUS_OK;
}

static void unused_rules_lint(const struct compilation *compilation)
{
    for (size_t i = 0; i < compilation->documents_count; i++) {
        const struct rule_document *const document = &compilation->documents[i];
        if (document->has_index && !document->is_referenced && document->origin == ORIGIN_GIVEN)
            diagnosis_add(&document->diagnosis, RULE_RULE_UNUSED, document->root,
                          "no correlation refers to this rule, so it reports nothing");
    }
}

static field_set key_fields(const struct detector *detector)
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

static field_set fields_of(const struct ruleset *ruleset)
{
    field_set fields = 0;
    for (size_t i = 0; i < ruleset->rules_count; i++) {
        const struct program *const program = &ruleset->rules[i].program;
        for (size_t j = 0; j < program->steps_count; j++)
            fields |= (field_set)1 << program->steps[j].field;
    }
    for (size_t i = 0; i < ruleset->detectors_count; i++)
        fields |= key_fields(&ruleset->detectors[i]);
    return fields;
}

static enum status compilation_finish(struct compilation *compilation, size_t errors_before)
{
    headers_read(compilation);
    documents_replace(compilation);
    enum status status = bodies_take(compilation, BODY_DETECTION);
    if (status == STATUS_OK)
        status = bodies_take(compilation, BODY_CORRELATION);
    if (status != STATUS_OK)
        return status;
    /* After a mistake a rule may be unused for no fault of its own. */
    if (compilation->diagnostics->errors_count == errors_before)
        unused_rules_lint(compilation);
    status = predicate_set_build(&compilation->ruleset->predicates, compilation->diagnostics);
    if (status == STATUS_OK && compilation->diagnostics->errors_count > errors_before)
        status = STATUS_CONFIG;
    if (status == STATUS_OK)
        compilation->ruleset->fields = fields_of(compilation->ruleset);
    return status;
}

static void compilation_deinit(struct compilation *compilation)
{
    for (size_t i = 0; i < compilation->files_count; i++)
        document_destroy(compilation->files[i]);
    free(compilation->files);
    free(compilation->documents);
}

/* Tests point to nodes and paths for messages; those end with the compilation. */
static void ruleset_forget_documents(struct ruleset *ruleset)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct field_predicates *const field = &ruleset->predicates.fields[i];
        for (size_t j = 0; j < field->tests_count; j++) {
            field->tests[j].node = NULL;
            field->tests[j].path = NULL;
        }
    }
}

static enum status ruleset_compile(struct ruleset **out, const struct rule_text *shipped,
                                   size_t shipped_count, const struct rule_text *given,
                                   size_t given_count, struct diagnostics *diagnostics)
{
    const size_t errors_before = diagnostics->errors_count;
    struct ruleset *const ruleset = calloc(1, sizeof(*ruleset));
    if (ruleset == NULL)
        return STATUS_NO_MEMORY;
    arena_init(&ruleset->arena);
    predicate_set_init(&ruleset->predicates);
    struct compilation compilation = {.ruleset = ruleset, .diagnostics = diagnostics};
    enum status status = texts_read(&compilation, shipped, shipped_count, ORIGIN_SHIPPED);
    if (status == STATUS_OK)
        status = texts_read(&compilation, given, given_count, ORIGIN_GIVEN);
    if (status == STATUS_OK)
        status = compilation_finish(&compilation, errors_before);
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
    return ruleset_compile(out, NULL, 0, texts, count, diagnostics);
}

static enum status ruleset_create_with_files(struct ruleset **out,
                                             const struct directory *directory,
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
                                 directory->count, diagnostics);
    for (size_t i = 0; paths != NULL && i < embedded_catalog_count; i++)
        free(paths[i]);
    free(paths);
    free(texts);
    return status;
}

enum status ruleset_create(struct ruleset **out, const char *directory,
                           struct diagnostics *diagnostics)
{
    struct directory files = {0};
    enum status status = STATUS_OK;
    if (directory != NULL)
        status = directory_read(&files, directory, diagnostics);
    if (status == STATUS_OK || status == STATUS_CONFIG) {
        /* What could be read is judged too, so that all mistakes are told at once. */
        struct ruleset *ruleset = NULL;
        const enum status compiled = ruleset_create_with_files(&ruleset, &files, diagnostics);
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

field_set ruleset_fields(const struct ruleset *ruleset)
{
    return ruleset->fields;
}

size_t ruleset_rules_count(const struct ruleset *ruleset)
{
    return ruleset->rules_count;
}

const char *ruleset_rule_name(const struct ruleset *ruleset, size_t rule_index)
{
    return ruleset->rules[rule_index].name;
}
